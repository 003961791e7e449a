"""What can be learned from the episodes of solving tasks, and its way to a network."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset

from zeroloop.data.examples import win_draw_loss
from zeroloop.data.packing import observations, sizes
from zeroloop.data.replay import Batch
from zeroloop.errors import SettingError, unknown_name
from zeroloop.observers import TokensObserver
from zeroloop.records import ExampleType, MCTSTrace, SelfPlayEpisode, TrainingExample
from zeroloop.vocabulary import readable_ids

EXAMPLE_TYPES: tuple[ExampleType, ...] = ("policy", "value", "reasoning", "negative")


class TrainingDataExtractor:
    """Turns episodes into examples of four types; everything can be recomputed from the episodes.

    success_weight, failure_weight: of examples from episodes that succeeded, and from others. margin: by how much less
    an action must be worth than the best one, after at least `least_visits` visits of each, to be a negative example.
    value_lambda: of the value target, a TD(lambda) return over the search's root values; 1 is how the episode ended.
    Episodes with the outcome "error" teach nothing. Raises SettingError for numbers out of range.
    """

    def __init__(
        self,
        success_weight: float = 1.0,
        failure_weight: float = 0.3,
        margin: float = 0.2,
        least_visits: int = 4,
        value_lambda: float = 0.8,
    ) -> None:
        for name, value, most in (
            ("success_weight", success_weight, math.inf),
            ("failure_weight", failure_weight, math.inf),
            ("margin", margin, 2.0),
            ("value_lambda", value_lambda, 1.0),
        ):
            if not 0 <= value <= most or value == math.inf:
                raise SettingError(f"{name} must be a number from 0 to {most}, not {value!r}")
        self.success_weight, self.failure_weight = success_weight, failure_weight
        self.margin, self.least_visits, self.value_lambda = margin, least_visits, value_lambda

    def extract_examples(self, episodes: Iterable[SelfPlayEpisode]) -> dict[str, list[TrainingExample]]:
        """The examples of all episodes by type."""
        found: dict[str, list[TrainingExample]] = {name: [] for name in EXAMPLE_TYPES}
        for episode in episodes:
            if episode.outcome == "error":
                continue
            found["policy"] += self._extract_policy_examples(episode)
            found["value"] += self._extract_value_examples(episode)
            found["reasoning"] += self._extract_reasoning_examples(episode)
            found["negative"] += self._extract_negative_examples(episode)
        return found

    def _extract_policy_examples(self, episode: SelfPlayEpisode) -> list[TrainingExample]:
        """State -> share of each action that the search recommends. A search that proved all actions bad says nothing;
        nor does one that never asked for priors and values, unless it proved something."""
        found = []
        for step, trace in enumerate(episode.mcts_traces):
            if not trace.action_weights or _hopeless(trace):
                continue
            found.append(self._example(episode, step, "policy", dict(trace.action_weights)))
        return found

    def _extract_value_examples(self, episode: SelfPlayEpisode) -> list[TrainingExample]:
        """State -> expected return for the player to move, exact where the search proved it."""
        two_players = episode.metadata.get("num_players", 1) == 2
        found = []
        target = 0.0
        for step in range(len(episode.mcts_traces) - 1, -1, -1):
            trace = episode.mcts_traces[step]
            sign = -1.0 if two_players and step % 2 else 1.0
            later = sign * episode.rewards[step] + (-target if two_players else target)
            last = step == len(episode.mcts_traces) - 1
            share = 1.0 if last and _ended(episode) else 0.0 if last else self.value_lambda
            target = (1 - share) * trace.root_value + share * later
            if trace.proven and (exact := _exact(trace)) is not None:
                target = exact
            target = max(-1.0, min(1.0, target))
            found.append(self._example(episode, step, "value", target))
        return found[::-1]

    def _extract_reasoning_examples(self, episode: SelfPlayEpisode) -> list[TrainingExample]:
        """Query -> chain of true sentences, of successful episodes."""
        if episode.outcome != "success" or not episode.metadata.get("claims"):
            return []
        task = episode.metadata["task"]
        chain = "\n".join(episode.metadata["claims"])
        metadata = {"query": task["problem"], "answer": episode.metadata.get("answer"), **_about(episode)}
        if "translations" in episode.metadata:
            metadata["translations"] = episode.metadata["translations"]
        state = torch.tensor(readable_ids(task["problem"]), dtype=torch.int16)
        return [
            TrainingExample(f"{episode.task_id}/reasoning", "reasoning", state, chain, self.success_weight, metadata)
        ]

    def _extract_negative_examples(self, episode: SelfPlayEpisode) -> list[TrainingExample]:
        """State -> actions known to be bad, and why: a proved dead end, or searched and worse by the margin."""
        found = []
        for step, trace in enumerate(episode.mcts_traces):
            if bad := self._bad_actions(trace):
                found.append(self._example(episode, step, "negative", bad))
        return found

    def _bad_actions(self, trace: MCTSTrace) -> dict[str, str]:
        visits, values = trace.visit_counts, trace.q_values
        searched = [name for name in values if visits.get(name, 0) >= self.least_visits or name in trace.proven]
        if len(searched) < 2:
            return {}
        best = max(searched, key=lambda name: values[name])
        if values[best] <= 0 and best in trace.proven:
            return {}  # all is lost, so that no action is worse than another
        found = {}
        for name in searched:
            behind = values[best] - values[name]
            if name in trace.proven and behind > 1e-6:
                found[name] = f"proved to return {values[name]:g}; {best!r} returns {values[best]:.3f}"
            elif behind >= self.margin:
                found[name] = (
                    f"returns {values[name]:.3f} after {visits[name]} visits; {best!r} returns {values[best]:.3f}"
                )
        return found

    def _example(self, episode: SelfPlayEpisode, step: int, kind: ExampleType, target: Any) -> TrainingExample:
        state = episode.states[step]
        assert state.representation is not None
        weight = self.success_weight if episode.outcome == "success" else self.failure_weight
        trace = episode.mcts_traces[step]
        metadata = {"step": step, "state_id": state.state_id, "actions": list(trace.visit_counts), **_about(episode)}
        return TrainingExample(f"{episode.task_id}/{step}/{kind}", kind, state.representation, target, weight, metadata)


class SelfPlayDataset(Dataset[dict[str, Any]]):
    """Examples of one type as items {"state", "target", "weight", "metadata"}; `collate_examples` makes batches.

    Raises SettingError for an unknown type, and for examples of another.
    """

    def __init__(self, examples: Sequence[TrainingExample], example_type: str) -> None:
        if example_type not in EXAMPLE_TYPES:
            raise SettingError(f"example_type: {unknown_name('type', example_type, EXAMPLE_TYPES)}")
        for example in examples:
            if example.example_type != example_type:
                raise SettingError(f"examples: {example.example_id} is of type {example.example_type}")
        self.examples, self.example_type = list(examples), example_type

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> dict[str, Any]:
        example = self.examples[index]
        return {
            "state": example.state,
            "target": example.target,
            "weight": example.weight,
            "metadata": example.metadata,
        }


def collate_examples(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A batch of items of one SelfPlayDataset: states padded to the longest, weights float32 [n], targets by type.

    policy and negative: `target` float32 [n, A], in the order of each state's actions; value: float32 [n]; reasoning: a
    list of texts. `state`: int16 observations [n, size] (see zeroloop/data/packing.py), or ids [n, T] of queries.
    """
    targets = [item["target"] for item in items]
    weights = torch.tensor([item["weight"] for item in items], dtype=torch.float32)
    states = [item["state"] for item in items]
    if isinstance(targets[0], str):
        shown = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)
        return {"state": shown, "target": targets, "weight": weights}
    shown = torch.from_numpy(observations(states))
    if isinstance(targets[0], dict):
        names = [item["metadata"]["actions"] for item in items]
        target: Any = torch.from_numpy(_rows(targets, names, max(sizes(state)[1] for state in states)))
    else:
        target = torch.tensor(targets, dtype=torch.float32)
    return {"state": shown, "target": target, "weight": weights}


class Lesson(NamedTuple):
    """All that is to be learned about one state."""

    value: TrainingExample
    policy: TrainingExample | None
    negative: TrainingExample | None


def lessons(examples: Mapping[str, Sequence[TrainingExample]]) -> list[Lesson]:
    """The examples of states, put together by state; those without a value are left out."""
    policies, negatives = (
        {example.example_id.rpartition("/")[0]: example for example in examples.get(name, ())}
        for name in ("policy", "negative")
    )
    found = []
    for example in examples.get("value", ()):
        place = example.example_id.rpartition("/")[0]
        found.append(Lesson(example, policies.get(place), negatives.get(place)))
    return found


def learner_batch(chosen: Sequence[Lesson]) -> Batch:
    """What a learner takes, with just enough room for the largest state."""
    packed = [lesson.value.state for lesson in chosen]
    counts = [sizes(each) for each in packed]
    width = max(actions for _, actions in counts)
    observer = TokensObserver(max(tokens for tokens, _ in counts), width)
    names = [lesson.value.metadata["actions"] for lesson in chosen]
    policy, avoid = (
        _rows([each.target if each else {} for each in examples], names, width)
        for examples in ([lesson.policy for lesson in chosen], [lesson.negative for lesson in chosen])
    )
    value = np.array([lesson.value.target for lesson in chosen])
    return Batch(
        observations=observations(packed, observer),
        policy=policy,
        legal=np.arange(width) < np.array([actions for _, actions in counts])[:, None],
        wdl=win_draw_loss(value).astype(np.float32),
        reply=np.zeros_like(policy),
        weight=np.array([lesson.value.weight for lesson in chosen], np.float32),
        avoid=avoid / np.maximum(avoid.sum(1, keepdims=True), 1),
        observer=observer,
    )


def _rows(targets: Sequence[dict[str, Any]], names: Sequence[Sequence[str]], width: int) -> Any:
    """float32 [n, width]: targets by action_id in the order of the actions; reasons count as 1."""
    rows = np.zeros((len(targets), width), np.float32)
    for row, target, order in zip(rows, targets, names, strict=True):
        if target:
            numbers = [target.get(name, 0.0) for name in order]
            row[: len(order)] = [1.0 if isinstance(number, str) else number for number in numbers]
    return rows


def _about(episode: SelfPlayEpisode) -> dict[str, Any]:
    task = episode.metadata["task"]
    return {"task_id": episode.task_id, "outcome": episode.outcome, "kind": task.get("kind"), "type": task.get("type")}


def _ended(episode: SelfPlayEpisode) -> bool:
    """Whether the last state was a final one, so that the rewards say all there is."""
    return not episode.states or episode.states[-1].representation is None


def _exact(trace: MCTSTrace) -> float | None:
    """The return of the root where the search proved it: every action is proven, or one returns all there is."""
    best = max(trace.proven.values())
    return best if best >= 1 or len(trace.proven) == len(trace.visit_counts) else None


def _hopeless(trace: MCTSTrace) -> bool:
    return len(trace.proven) == len(trace.visit_counts) and max(trace.proven.values()) <= 0
