"""How well an evaluator solves held-out tasks of a single-agent environment."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Evaluator, TaskEnvironment
from zeroloop.run.arena import play
from zeroloop.run.grading import playing_settings
from zeroloop.search import SearchSettings
from zeroloop.seeding import stream


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
    rng: np.random.Generator,
) -> TaskGrade:
    """The grade of one episode for each task, all played at once without noise."""
    began = time.perf_counter()
    # One simulation goes to the move with the largest prior: the bare network's choice.
    playing = playing_settings(settings, max(1, simulations))
    if simulations == 0:
        playing = playing.model_copy(update={"root_policy": "puct", "proofs": False, "lookahead": False})
    starts = [environment.initial_state(task) for task in tasks]
    returns = play(environment, [evaluator], starts, [0] * len(starts), playing, rng)
    excess = np.array([environment.excess(task, float(found)) for task, found in zip(tasks, returns, strict=True)])
    solved = np.isfinite(excess)
    mean = float(excess[solved].mean()) if solved.any() else None
    good = float(np.mean([environment.succeeds(*each) for each in zip(tasks, returns.tolist(), strict=True)]))
    seconds = time.perf_counter() - began
    return TaskGrade(len(starts), float(solved.mean()), good, mean, simulations, seconds)
