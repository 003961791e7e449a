"""Episodes: tasks solved step by step by search, and recorded."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from pydantic import ConfigDict, Field

from zeroloop import vocabulary
from zeroloop.config import Layer, merge
from zeroloop.contracts import Evaluator, Float32, Leaves, State, Task, TaskKind, TranslatingEnvironment
from zeroloop.data.packing import recorded
from zeroloop.devices import checked_device
from zeroloop.errors import SettingError, ZeroloopError
from zeroloop.evaluators.cached import CachedEvaluator, VersionedEvaluator
from zeroloop.evaluators.compiled import compile_network, ready_evaluator
from zeroloop.evaluators.network import eager_evaluator
from zeroloop.evaluators.rollout import RolloutEvaluator
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.networks._reasoner import Reasoner
from zeroloop.networks.reasoners import Reasoners
from zeroloop.observers import Observations, TokensObserver
from zeroloop.records import Action, MCTSTrace, Outcome, SelfPlayEpisode
from zeroloop.search import SearchSettings
from zeroloop.seeding import stream
from zeroloop.selfplay.service import SearchService, Seat
from zeroloop.tasks import kind_of
from zeroloop.tasks._mixture import MAX_ACTIONS, MAX_TOKENS, Mixture


class MCTSConfig(SearchSettings):
    """How an episode is searched: `mcts_config` of the generator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lookahead: bool = False
    """Tasks have many actions, and trying each of them takes longer than it saves."""
    value_range: Literal["auto", "fixed", "minmax"] = "auto"  # type: ignore[assignment]
    """`auto`: rescaled in each tree for tasks of one agent, fixed for games."""
    noise: bool = False
    """Root noise, for training."""
    temperature_steps: int = Field(0, ge=0)
    """Steps whose actions are drawn by the search's policy; the others are the best ones."""


class SelfPlayEpisodeGenerator:
    """Solves tasks by Monte Carlo tree search, guided by agents, and records everything.

    hrm_agent: gives the priors; without it they are uniform. trm_agent: gives the values; without it they come from
    random play to the end. mcts_config: settings of MCTSConfig by name. device: where agents are used; one that is
    elsewhere is moved. parallel: episodes that run at once; others wait. seed: of all randomness, which follows from it
    and the task's task_id alone.

    Raises SettingError for an unknown device, and for agents without the head that their part needs.
    """

    def __init__(
        self,
        hrm_agent: Reasoner | None = None,
        trm_agent: Reasoner | None = None,
        mcts_config: Mapping[str, Any] | None = None,
        device: str = "cpu",
        parallel: int = 128,
        seed: int = 0,
    ) -> None:
        self.device = checked_device(device)
        self.mcts_config = mcts_settings(mcts_config or {})
        self.hrm_agent = _moved("hrm_agent", hrm_agent, self.device, needs_policy=True)
        self.trm_agent = _moved("trm_agent", trm_agent, self.device, needs_policy=False)
        if isinstance(parallel, bool) or not isinstance(parallel, int) or parallel < 1:
            raise SettingError(f"parallel must be an integer of at least 1, not {parallel!r}")
        self.parallel, self.seed = parallel, seed
        self._evaluator: VersionedEvaluator | None = None
        self._mixtures = {players: Mixture(num_players=players) for players in (1, 2)}
        self._services: dict[tuple[asyncio.AbstractEventLoop, int], SearchService] = {}

    # ---- episodes ---------------------------------------------------------------------------------------------------

    async def generate_episode(self, task: Task, max_steps: int = 50, timeout: float | None = 60.0) -> SelfPlayEpisode:
        """The record of solving `task` in at most `max_steps` steps and `timeout` seconds.

        Whatever is wrong with the task or its rules ends in an episode with the outcome "error" and the reason; await
        many at once, and their searches share every network call. The time begins when the episode does, not while it
        waits for others.
        """
        if isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 0:
            raise SettingError(f"max_steps must be an integer of at least 0, not {max_steps!r}")
        if timeout is not None and not timeout > 0:
            raise SettingError(f"timeout must be a number of seconds above 0, or None, not {timeout!r}")
        began = time.perf_counter()
        try:
            kind = kind_of(task)
            environment = self._mixtures[kind.environment(task).num_players]
            start = environment.initial_state(task)
        except Exception as error:
            return _broken(task, error)
        episode = _Recorder(task, kind, environment, start)
        async with self._service(environment).seat() as seat:
            episode.started = time.perf_counter()
            try:
                async with asyncio.timeout(timeout):
                    await self._solve(episode, seat, max_steps)
                    outcome = await episode.verified()
            except TimeoutError:
                outcome = "timeout"
                episode.metadata["reason"] = f"not finished after {timeout} seconds"
            except ZeroloopError as error:
                outcome = "error"
                episode.metadata["reason"] = str(error)
        episode.metadata["seconds"] = time.perf_counter() - began
        return episode.record(outcome)

    async def _solve(self, episode: "_Recorder", seat: Seat, max_steps: int) -> None:
        """Search and act until the episode is over."""
        rng = stream(self.seed, "episode", str(episode.task.get("task_id", "")))
        while episode.open and len(episode.actions) < max_steps:
            action, trace = await self._run_mcts_simulation(seat, episode, rng)
            self._execute_action(episode, action, trace)

    async def _run_mcts_simulation(
        self, seat: Seat, episode: "_Recorder", rng: np.random.Generator
    ) -> tuple[int, MCTSTrace]:
        """One search from where the episode is: the chosen action and the record of the search."""
        config = self.mcts_config
        temperature = 1.0 if len(episode.actions) < config.temperature_steps else 0.0
        return await seat.search(
            episode.state, config.num_simulations, rng, temperature, config.noise, episode.last_action
        )

    def _execute_action(self, episode: "_Recorder", action: int, trace: MCTSTrace) -> None:
        """Take a step, and record it."""
        episode.step(action, trace)

    # ---- searches ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take the agents' weights as they are now."""
        self._evaluator = None
        self._services.clear()

    def evaluator(
        self, positions: Observations | None = None, settings: EvaluatorSettings | None = None
    ) -> VersionedEvaluator:
        """What guides the searches; with `settings`, compiled for `positions` as they say, where that needs any."""
        rollouts = RolloutEvaluator(self.seed)
        if self.hrm_agent is None and self.trm_agent is None:
            return rollouts
        network = Reasoners(self.hrm_agent, self.trm_agent, TokensObserver(MAX_TOKENS, MAX_ACTIONS)).eval()
        guided: VersionedEvaluator
        if settings is not None and settings.backend == "torch":
            guided = eager_evaluator(network)
        elif settings is None or positions is None or settings.backend == "native":
            guided = ready_evaluator(network)
        else:
            guided = compile_network(network, positions, settings)
        return guided if self.trm_agent is not None else _WithValuesOf(guided, rollouts)

    def use(self, evaluator: VersionedEvaluator) -> None:
        """Search with `evaluator` from now on."""
        self.refresh()
        self._evaluator = evaluator

    @property
    def guide(self) -> VersionedEvaluator:
        """What guides the searches now."""
        if self._evaluator is None:
            self._evaluator = self.evaluator()
        return self._evaluator

    def _service(self, environment: Mixture) -> SearchService:
        """The service of this event loop for tasks of so many players."""
        loop = asyncio.get_running_loop()
        self._services = {key: each for key, each in self._services.items() if not key[0].is_closed()}
        found = self._services.get((loop, environment.num_players))
        if found is None:
            settings = search_settings(self.mcts_config, environment.num_players)
            remembering = CachedEvaluator(self.guide)
            found = SearchService(environment, remembering, settings, self.parallel)
            self._services[loop, environment.num_players] = found
        return found


class _Recorder:
    """An episode while it lasts."""

    def __init__(self, task: Task, kind: TaskKind, environment: Mixture, start: State) -> None:
        self.task, self.kind, self.environment = task, kind, environment
        self.started = time.perf_counter()
        self.state = start
        self.last_action = -1
        self.actions: list[Action] = []
        self.rewards: list[float] = []
        self.traces: list[MCTSTrace] = []
        self.states = [recorded(environment, start)]
        self.claims: list[str] = []
        self.metadata: dict[str, Any] = {"task": task, "num_players": environment.num_players}
        self._sign = 1.0

    @property
    def open(self) -> bool:
        return len(self.environment.legal_actions(self.state)) > 0

    def step(self, action: int, trace: MCTSTrace) -> None:
        claim = self.environment.claim(self.state, action)
        self.claims.append(claim)
        parameters = {"index": action, "claim": claim}
        confidence = trace.action_weights.get(trace.selected_action, 0.0)
        self.actions.append(Action(trace.selected_action, self.state.environment.name, parameters, confidence))
        self.traces.append(trace)
        self.state, reward, discount, _ = self.environment.step(self.state, action)
        self.rewards.append(self._sign * reward)
        self._sign *= -1.0 if discount < 0 else 1.0
        self.states.append(recorded(self.environment, self.state))
        self.last_action = action

    async def verified(self) -> Outcome:
        """How the episode ended, by the verifier."""
        if self.open:
            self.metadata["reason"] = f"not finished after {len(self.actions)} steps"
            return "max_steps_reached"
        answer = self.environment.answer(self.state)
        if answer is None and self.environment.num_players == 2:
            answer = [action.action_id for action in self.actions]  # a game is what was played
        self.metadata["answer"] = answer
        if answer is None:
            self.metadata["reason"] = "the episode ended without an answer"
            return "failure"
        verdict = await asyncio.to_thread(self.kind.verify, self.task, answer)
        self.metadata |= {"verdict": verdict.verdict, "score": verdict.score, "evidence": verdict.evidence}
        if verdict.verdict == "correct" and verdict.score >= self.kind.min_score - 1e-9:
            if isinstance(self.state.environment, TranslatingEnvironment):
                self.metadata["translations"] = self.state.environment.translations(self.state.state)
            return "success"
        if verdict.verdict in ("error", "timeout"):
            self.metadata["reason"] = verdict.evidence
            return "error" if verdict.verdict == "error" else "failure"
        self.metadata["reason"] = verdict.evidence
        return "failure"

    def record(self, outcome: Outcome) -> SelfPlayEpisode:
        return SelfPlayEpisode(
            task_id=str(self.task.get("task_id", "")),
            initial_state=self.states[0],
            actions=self.actions,
            states=self.states,
            rewards=self.rewards,
            mcts_traces=self.traces,
            outcome=outcome,
            metadata=self.metadata | {"claims": self.claims},
        )


class _WithValuesOf:
    """The logits of one evaluator and the values of another."""

    version = 0

    def __init__(self, policy: Evaluator, values: Evaluator) -> None:
        self._policy, self._values = policy, values

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        return self._policy(leaves)[0], self._values(leaves)[1]


def _broken(task: Any, error: Exception) -> SelfPlayEpisode:
    """The episode of a task that cannot be begun."""
    identity = task.get("task_id", "") if isinstance(task, dict) else ""
    reason = str(error) if isinstance(error, ZeroloopError) else f"{type(error).__name__}: {error}"
    return SelfPlayEpisode(str(identity), None, [], [], [], [], "error", {"task": task, "reason": reason})


def mcts_settings(config: Mapping[str, Any]) -> MCTSConfig:
    """The settings with these names. Raises SettingError that says which of them is wrong, and what was meant."""
    return merge(MCTSConfig, Layer(dict(config), "mcts_config"))


def search_settings(config: MCTSConfig, num_players: int) -> SearchSettings:
    """The search of tasks with so many players."""
    chosen = config.model_dump(include=set(SearchSettings.model_fields))
    if config.value_range == "auto":
        chosen["value_range"] = "fixed" if num_players == 2 else "minmax"
    return SearchSettings(**chosen)


def _moved(name: str, agent: Reasoner | None, device: torch.device, needs_policy: bool) -> Reasoner | None:
    """`agent` on `device`. Raises SettingError where it cannot give what it is for."""
    if agent is None:
        return None
    if not isinstance(agent, Reasoner):
        raise SettingError(f"{name} must be made by create_hrm_agent or create_trm_agent, not {type(agent).__name__}")
    config = agent.config
    if needs_policy and config.policy != "pointer":
        raise SettingError(f"{name} has the policy {config.policy!r}; make one with policy='pointer'")
    if not needs_policy and config.value == "off":
        raise SettingError(f"{name} has no value head; make one with value='categorical'")
    if config.vocab_size < vocabulary.SIZE:
        raise SettingError(
            f"{name} is of another vocabulary: it knows {config.vocab_size} symbols, and tasks are written in "
            f"{vocabulary.SIZE}; make one with vocab_size={vocabulary.SIZE}"
        )
    if config.max_tokens < MAX_TOKENS or getattr(config, "mixer", "attention") == "mlp":
        raise SettingError(f"{name} must take inputs of any length up to {MAX_TOKENS}; set max_tokens and mixer")
    return agent.to(device)
