"""How well an evaluator solves held-out tasks of a single-agent environment."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Evaluator, Task, TaskEnvironment, Verdict
from zeroloop.run.arena import Played, solved
from zeroloop.run.grading import playing_settings
from zeroloop.search import SearchSettings
from zeroloop.seeding import stream
from zeroloop.tasks import verify
from zeroloop.tasks._mixture import Mixture


@dataclass(frozen=True)
class TaskGrade:
    """Episodes on `tasks` tasks, the best move each time with `simulations` per move; 0 is the bare network.

    solved: share in [0, 1] that reached the goal. good: share that did so well enough for the environment (`succeeds`).
    excess: mean excess of the solved ones over the best, None where none was. seconds: wall time.
    """

    measure: ClassVar[str] = "not_good"
    """What `error` is called in metrics."""

    tasks: int
    solved: float
    good: float
    excess: float | None
    simulations: int
    seconds: float

    @property
    def error(self) -> float:
        """Share of tasks without a good solution."""
        return 1 - self.good


def held_out_tasks(environment: TaskEnvironment, count: int, seed: int = 0) -> list[dict[str, Any]]:
    """`count` tasks that training never draws, from a stream of their own."""
    rng = stream(seed, "held-out tasks", environment.name)
    return [environment.sample_task(rng, held_out=True) for _ in range(count)]


def by_sort(environment: TaskEnvironment, tasks: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The tasks of each sort, by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for task in tasks:
        found.setdefault(environment.sort(task), []).append(task)
    return dict(sorted(found.items()))


def grade_tasks(
    environment: TaskEnvironment,
    evaluator: Evaluator,
    tasks: Sequence[dict[str, Any]],
    settings: SearchSettings,
    simulations: int,
    on_end: Callable[[int], None] = lambda ended: None,
) -> TaskGrade:
    """The grade of one episode for each task, all played at once without noise; on_end is told how many have ended."""
    began = time.perf_counter()
    returns = _played(environment, evaluator, tasks, settings, simulations, on_end).returns
    excess = np.array([environment.excess(task, float(found)) for task, found in zip(tasks, returns, strict=True)])
    solved = np.isfinite(excess)
    mean = float(excess[solved].mean()) if solved.any() else None
    good = float(np.mean([environment.succeeds(*each) for each in zip(tasks, returns.tolist(), strict=True)]))
    seconds = time.perf_counter() - began
    return TaskGrade(len(tasks), float(solved.mean()), good, mean, simulations, seconds)


@dataclass(frozen=True)
class VerifiedGrade:
    """What the verifier says of answers to `tasks` tasks, whatever the rules rewarded.

    solved: share in [0, 1] that is correct. good: share that scores as much as the kind wants. score: mean. excess:
    mean of what the correct ones cost above the best; None where none is correct, or answers are only right or wrong.
    errors: answers of which nothing is known, because a verifier failed or took too long; they count as not correct.
    """

    tasks: int
    solved: float
    good: float
    score: float
    excess: float | None
    errors: int


def verdicts(
    mixture: Mixture,
    evaluator: Evaluator,
    tasks: Sequence[Task],
    settings: SearchSettings,
    simulations: int,
    on_end: Callable[[int], None] = lambda ended: None,
) -> list[Verdict]:
    """The verifier's verdict on the answer of one episode for each task, played as `grade_tasks` does."""
    states = _played(mixture, evaluator, tasks, settings, simulations, on_end).states
    return [verify(task, mixture.answer(state)) for task, state in zip(tasks, states, strict=True)]


def verified_grade(mixture: Mixture, tasks: Sequence[Task], found: Sequence[Verdict]) -> VerifiedGrade:
    """The grade of tasks whose answers got these verdicts."""
    scores = [verdict.score for verdict in found]
    good = [mixture.succeeds(*each) for each in zip(tasks, scores, strict=True)]
    excess = [mixture.excess(task, score) for task, score in zip(tasks, scores, strict=True) if score > 0]
    mean = float(np.mean(excess)) if excess and mixture.has_costs(tasks[0]) else None
    errors = sum(verdict.verdict in ("error", "timeout") for verdict in found)
    solved = float(np.mean([verdict.verdict == "correct" for verdict in found]))
    return VerifiedGrade(len(tasks), solved, float(np.mean(good)), float(np.mean(scores)), mean, errors)


def _played(
    environment: TaskEnvironment,
    evaluator: Evaluator,
    tasks: Sequence[Task],
    settings: SearchSettings,
    simulations: int,
    on_end: Callable[[int], None],
) -> Played:
    """How one episode for each task ended; all played at once without noise."""
    # One simulation goes to the move with the largest prior: the bare network's choice.
    playing = playing_settings(settings, max(1, simulations))
    if simulations == 0:
        playing = playing.model_copy(update={"root_policy": "puct", "proofs": False, "lookahead": False})
    starts = [environment.initial_state(task) for task in tasks]
    return solved(environment, evaluator, starts, playing, on_end)
