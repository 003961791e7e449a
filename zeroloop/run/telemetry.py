"""What a run tells its reporter and writes to its metrics: counts, rates, results. See zeroloop/reports.py."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from zeroloop.run.arena import MatchResult
from zeroloop.run.hosts import Hosts
from zeroloop.run.settings import RunSettings
from zeroloop.run.yardstick import AnyGrade

Fields = dict[str, Any]


@dataclass(frozen=True)
class TrainingOutcome:
    """How a run ended: its directory, iterations done, Elo of the best network (untrained = 0), and grades by set; of
    tasks also those of a search without a network."""

    directory: Path
    iterations: int
    elo: float
    before: dict[str, AnyGrade]
    after: dict[str, AnyGrade]
    unguided: dict[str, AnyGrade]

    def fields(self) -> Fields:
        """The outcome in numbers: errors as `weak_error_before.SET`, `weak_error_after.mean` and so on."""
        fields: Fields = {"run": str(self.directory), "iterations": self.iterations, "elo": self.elo}
        for name, grades in (("before", self.before), ("after", self.after), ("unguided", self.unguided)):
            fields |= {f"{grade.measure}_{name}.{key}": grade.error for key, grade in grades.items()}
            if len(grades) > 1:
                fields |= {f"{measure}_{name}.mean": mean for measure, mean in mean_error(grades).items()}
        return fields


@dataclass(frozen=True)
class Totals:
    """Counts since the run began, and the seconds of wall time it has been running; demonstrated: moves of classical
    solvers, which are in none of the others."""

    games: int
    moves: int
    simulations: int
    demonstrated: int
    seconds: float

    def rates(self, before: "Totals") -> Fields:
        """Speeds since `before`."""
        seconds = max(self.seconds - before.seconds, 1e-9)
        return {
            "games_per_minute": 60 * (self.games - before.games) / seconds,
            "positions_per_second": (self.moves - before.moves) / seconds,
            "simulations_per_second": (self.simulations - before.simulations) / seconds,
        }


class Telemetry:
    """Reads the hosts of a run, whose clock starts at `seconds` (what earlier processes spent on it)."""

    def __init__(self, settings: RunSettings, hosts: Hosts, seconds: float) -> None:
        self.settings, self.hosts = settings, hosts
        self._began = time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def totals(self) -> Totals:
        statistics = self.hosts.statistics
        names = "games", "moves", "simulations", "demonstrated"
        counts = {name: sum(getattr(each, name) for each in statistics) for name in names}
        return Totals(**counts, seconds=self.seconds)

    def live(self, iteration: int, elo: float, before: Totals) -> Fields:
        """Numbers of the moment, with speeds since `before`."""
        now = self.totals()
        fraction = self._fraction(iteration, now)
        return {
            "iteration": iteration,
            "iterations": self.settings.iterations,
            "phase": "self-play and learning",
            "fraction": fraction,
            "games": now.games,
            "positions": now.moves,
            "positions_demonstrated": now.demonstrated,
            "simulations": now.simulations,
            **now.rates(before),
            "elo": elo,
            "memory_gib": _memory() / 2**30,
            "seconds": now.seconds,
            "seconds_left": now.seconds * (1 - fraction) / fraction if fraction > 0.01 else None,
        }

    def _fraction(self, iteration: int, now: Totals) -> float:
        """Share of the run that is over, the moves of the running iteration included."""
        if self.settings.iterations is None:
            assert self.settings.minutes is not None
            return min(1.0, now.seconds / (60 * self.settings.minutes))
        quota = self.settings.selfplay.moves_per_iteration
        running = self.hosts.remaining
        share = (quota - running) / quota if running else 0.0
        return min(1.0, (iteration + share) / self.settings.iterations)


def mean_error(grades: dict[str, AnyGrade]) -> dict[str, float]:
    """The unweighted mean of the errors of `grades`, by the name of their measure; empty without grades."""
    if not grades:
        return {}
    measure = next(iter(grades.values())).measure
    return {measure: sum(grade.error for grade in grades.values()) / len(grades)}


def match_fields(match: MatchResult) -> Fields:
    """A match as metrics."""
    return {
        "match_wins": match.wins,
        "match_draws": match.draws,
        "match_losses": match.losses,
        "promoted": match.promoted,
    }


def match_text(iteration: int, match: MatchResult) -> str:
    """A match as a line for people."""
    elo, low, high = match.elo
    verdict = "promoted" if match.promoted else "the best stays"
    counts = f"+{match.wins} ={match.draws} -{match.losses}"
    return f"match at iteration {iteration}: {counts}, Elo {elo:+.0f} [{low:+.0f}, {high:+.0f}], {verdict}"


def _memory() -> int:
    """Bytes that this process and those that it started hold."""
    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


def summary(settings: RunSettings, parameters: int, backend: str, directory: Path, iteration: int | None) -> Fields:
    """What a run is going to do, in words; `iteration` where it resumes."""
    return {
        "game": settings.game,
        "network": f"{settings.network}, {parameters:,} parameters",
        "backend": backend,
        "threads": settings.threads,
        "end": settings.end,
        "run": str(directory),
        "resumed": None if iteration is None else f"iteration {iteration}",
    }
