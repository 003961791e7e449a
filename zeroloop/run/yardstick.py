"""How strong a network is during a run: on exactly scored positions where the game ships some, or on held-out tasks."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from zeroloop.contracts import Environment, Evaluator, TaskEnvironment
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.grading import Grade, grade
from zeroloop.run.positions import Position, are_shipped_for, read_positions, shipped_sets
from zeroloop.run.settings import GradingSettings
from zeroloop.run.trials import TaskGrade, by_sort, grade_tasks, held_out_tasks
from zeroloop.search import SearchSettings

AnyGrade: TypeAlias = Grade | TaskGrade
Grading: TypeAlias = Literal["bare", "searched", "unguided"]
"""The network alone, on a few of each set; with `grading.simulations` per move; a search of as many without it."""

BARE_POSITIONS = 250
"""Positions of each set that grade the bare network after every iteration."""
BARE_TASKS = 50
"""Tasks that do so."""


def restored_grade(fields: dict[str, Any]) -> AnyGrade:
    """The grade with these fields."""
    return TaskGrade(**fields) if "tasks" in fields else Grade(**fields)


class Yardstick:
    """The `choose` half of the shipped positions of a game, or tasks; empty for games without."""

    def __init__(self, environment: Environment, search: SearchSettings, settings: GradingSettings) -> None:
        self.search, self.settings = search, settings
        self._sets: dict[str, Callable[[Evaluator, int, int], AnyGrade]] = {}
        if not settings.positions:
            return
        if isinstance(environment, TaskEnvironment):
            sorts = by_sort(environment, held_out_tasks(environment, max(settings.positions, BARE_TASKS)))
            self._sets = {name: self._tasks(environment, tasks) for name, tasks in sorts.items()}
        elif are_shipped_for(environment):
            sets = {name: read_positions(path, environment) for name, path in shipped_sets("choose").items()}
            self._sets = {name: self._positions(environment, positions) for name, positions in sets.items()}

    @property
    def names(self) -> list[str]:
        """Of the sets, in order."""
        return list(self._sets)

    def grades(self, evaluator: Evaluator, names: Sequence[str], how: Grading) -> dict[str, AnyGrade]:
        """The grade of each set that is named."""
        if how == "bare":
            return {name: self._sets[name](evaluator, 0, 0) for name in names}
        searching = UniformEvaluator() if how == "unguided" else evaluator
        count, simulations = self.settings.positions, self.settings.simulations
        return {name: self._sets[name](searching, count, simulations) for name in names}

    def _positions(
        self, environment: Environment, positions: list[Position]
    ) -> Callable[[Evaluator, int, int], AnyGrade]:
        def grade_of(evaluator: Evaluator, count: int, simulations: int) -> AnyGrade:
            some = positions[: count or BARE_POSITIONS]
            return grade(environment, evaluator, some, self.search, simulations)

        return grade_of

    def _tasks(
        self, environment: TaskEnvironment, tasks: list[dict[str, Any]]
    ) -> Callable[[Evaluator, int, int], AnyGrade]:
        def grade_of(evaluator: Evaluator, count: int, simulations: int) -> AnyGrade:
            some = tasks[: count or BARE_TASKS]
            return grade_tasks(environment, evaluator, some, self.search, simulations)

        return grade_of
