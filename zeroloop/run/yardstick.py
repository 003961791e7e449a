"""How strong a network is during a run: on exactly scored positions where the game ships some, or on held-out tasks."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from zeroloop.contracts import Environment, Evaluator, TaskEnvironment
from zeroloop.run.grading import Grade, grade
from zeroloop.run.positions import Position, are_shipped_for, read_positions, shipped_sets
from zeroloop.run.settings import GradingSettings
from zeroloop.run.trials import TaskGrade, by_sort, grade_tasks, held_out_tasks
from zeroloop.search import SearchSettings
from zeroloop.seeding import stream

AnyGrade: TypeAlias = Grade | TaskGrade

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
    def available(self) -> bool:
        return bool(self._sets)

    def bare(self, evaluator: Evaluator) -> dict[str, float]:
        """The mean error in [0, 1] of the network without search, by the name of its measure."""
        grades = [grade_of(evaluator, 0, 0) for grade_of in self._sets.values()]
        return {grades[0].measure: sum(grade.error for grade in grades) / len(grades)} if grades else {}

    def searched(self, evaluators: Sequence[Evaluator]) -> dict[str, AnyGrade]:
        """The grade of each set with `grading.simulations` per move; one thread per evaluator."""
        shares = [list(self._sets)[index :: len(evaluators)] for index in range(len(evaluators))]

        def work(evaluator: Evaluator, names: list[str]) -> dict[str, AnyGrade]:
            count, simulations = self.settings.positions, self.settings.simulations
            return {name: self._sets[name](evaluator, count, simulations) for name in names}

        with ThreadPoolExecutor(len(evaluators)) as pool:
            parts = list(pool.map(work, evaluators, shares))
        found = {name: found for part in parts for name, found in part.items()}
        return {name: found[name] for name in self._sets}

    def _positions(
        self, environment: Environment, positions: list[Position]
    ) -> Callable[[Evaluator, int, int], AnyGrade]:
        def grade_of(evaluator: Evaluator, count: int, simulations: int) -> AnyGrade:
            some = positions[: count or BARE_POSITIONS]
            return grade(environment, evaluator, some, self.search, simulations, stream(0, "yardstick"))

        return grade_of

    def _tasks(
        self, environment: TaskEnvironment, tasks: list[dict[str, Any]]
    ) -> Callable[[Evaluator, int, int], AnyGrade]:
        def grade_of(evaluator: Evaluator, count: int, simulations: int) -> AnyGrade:
            some = tasks[: count or BARE_TASKS]
            return grade_tasks(environment, evaluator, some, self.search, simulations, stream(0, "yardstick"))

        return grade_of
