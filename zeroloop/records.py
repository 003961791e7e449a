"""What an episode of solving a task leaves behind: plain records, for people and for training."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import torch

Outcome: TypeAlias = Literal["success", "failure", "timeout", "error", "max_steps_reached"]
"""How an episode ended: with an answer that the verifier accepts; with none or a wrong one; out of time; with a broken
task or a failed verifier; out of steps."""
ExampleType: TypeAlias = Literal["policy", "value", "reasoning", "negative"]


@dataclass
class Action:
    """A step that was taken.

    action_id: its name, unique among the actions of its state. action_type: the environment's name. parameters: its
    number among the legal actions, and the claim about what it does. confidence: share of the search's policy.
    """

    action_id: str
    action_type: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    confidence: float = 0.0


@dataclass
class State:
    """A state that was visited.

    state_id: equal for equal states. representation: what a network is shown, see zeroloop/data/packing.py; None for
    finished states. raw_state: the environment's own. metadata: its description for people.
    """

    state_id: str
    representation: "torch.Tensor | None"
    raw_state: Any = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class MCTSTrace:
    """One search, as its tree was when it ended.

    visit_counts, q_values, prior_probs: by action_id, of the root; an action without visits has no q_value.
    tree_depth: steps from the root to the deepest state that was evaluated. search_time: seconds from when the search
    was asked for to its end. value_estimates: by state_id, the mean return of every state in the tree; the root first.
    action_weights: by action_id, what a policy should learn from the search; sums to 1. proven: by action_id, the exact
    return of actions for which the search proved it.
    """

    root_state_id: str
    num_simulations: int
    visit_counts: dict[str, int]
    q_values: dict[str, float]
    prior_probs: dict[str, float]
    selected_action: str
    tree_depth: int
    search_time: float
    value_estimates: dict[str, float]
    action_weights: dict[str, float] = field(default_factory=dict)
    proven: dict[str, float] = field(default_factory=dict)

    @property
    def root_value(self) -> float:
        """The mean return of the root."""
        return self.value_estimates[self.root_state_id]


@dataclass
class SelfPlayEpisode:
    """Everything that happened in one episode: T actions, T + 1 states, T rewards, T traces.

    metadata: `task`; `verdict`, `score` and `evidence` where an answer was verified, `answer`; `claims`, a sentence for
    each action; `translations`, of a right program, in all languages; `reason` where it ended without an answer;
    `seconds`.

    Computed: total_reward, the sum of rewards. episode_length: T. search_efficiency: share of all visits of the roots'
    actions that went to those that were taken. solution_path: the actions of a success, empty otherwise.
    """

    task_id: str
    initial_state: Any
    actions: list[Action]
    states: list[State]
    rewards: list[float]
    mcts_traces: list[MCTSTrace]
    outcome: Outcome
    metadata: dict[str, Any] = field(default_factory=dict)

    total_reward: float = field(init=False)
    episode_length: int = field(init=False)
    search_efficiency: float = field(init=False)
    solution_path: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.total_reward = float(sum(self.rewards))
        self.episode_length = len(self.actions)
        visits = sum(sum(trace.visit_counts.values()) for trace in self.mcts_traces)
        taken = sum(trace.visit_counts.get(trace.selected_action, 0) for trace in self.mcts_traces)
        self.search_efficiency = taken / visits if visits else 0.0
        solved = self.outcome == "success"
        self.solution_path = [action.action_id for action in self.actions] if solved else []


@dataclass
class TrainingExample:
    """Something to learn, derived from an episode.

    state: what a network is shown, see zeroloop/data/packing.py; for "reasoning" the ids of the query's symbols.
    target: "policy": share of each action_id, sums to 1. "value": the return. "reasoning": the chain as text.
    "negative": by action_id, why the action is bad. weight: how much it counts.
    """

    example_id: str
    example_type: ExampleType
    state: "torch.Tensor"
    target: Any
    weight: float = 1.0
    metadata: dict[str, Any] = field(default_factory=dict)
