"""How strong a network is during a run, against exactly scored positions, where the game ships some."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from zeroloop.contracts import Environment, Evaluator
from zeroloop.run.grading import Grade, grade, mean_grade
from zeroloop.run.positions import Position, read_positions, shipped_sets
from zeroloop.run.settings import GradingSettings
from zeroloop.search import SearchSettings
from zeroloop.seeding import stream

BARE_POSITIONS = 250
"""Positions of each set that grade the bare network after every iteration."""


class Yardstick:
    """The `choose` half of the shipped positions of a game; empty for games without."""

    def __init__(self, environment: Environment, search: SearchSettings, settings: GradingSettings) -> None:
        self.environment, self.search, self.settings = environment, search, settings
        self.sets: dict[str, list[Position]] = {}
        if settings.positions and environment.name == "connect_four" and environment.observation_shape[1:] == (6, 7):
            self.sets = {name: read_positions(path, environment) for name, path in shipped_sets("choose").items()}

    @property
    def available(self) -> bool:
        return bool(self.sets)

    def bare(self, evaluator: Evaluator) -> float:
        """Mean weak error in [0, 1] of the network without search."""
        return mean_grade([self._grade(p[:BARE_POSITIONS], evaluator, 0) for p in self.sets.values()]).weak_error

    def searched(self, evaluators: Sequence[Evaluator]) -> dict[str, Grade]:
        """The grade of each set with `grading.simulations` per move; one thread per evaluator."""
        shares = [list(self.sets)[index :: len(evaluators)] for index in range(len(evaluators))]

        def work(evaluator: Evaluator, names: list[str]) -> dict[str, Grade]:
            count, simulations = self.settings.positions, self.settings.simulations
            return {name: self._grade(self.sets[name][:count], evaluator, simulations) for name in names}

        with ThreadPoolExecutor(len(evaluators)) as pool:
            parts = list(pool.map(work, evaluators, shares))
        found = {name: found for part in parts for name, found in part.items()}
        return {name: found[name] for name in self.sets}

    def _grade(self, positions: list[Position], evaluator: Evaluator, simulations: int) -> Grade:
        rng = stream(0, "yardstick")
        return grade(self.environment, evaluator, positions, self.search, simulations, rng)
