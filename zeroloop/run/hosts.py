"""The actors of a run with all that they play by, and what they do side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from zeroloop.contracts import Environment
from zeroloop.data.episodes import GameEpisode
from zeroloop.data.examples import Examples
from zeroloop.evaluators.cached import CacheStatistics
from zeroloop.evaluators.settings import Backend
from zeroloop.observers import Observations
from zeroloop.run.actor_host import ActorHost, Host
from zeroloop.run.actor_process import ActorProcess
from zeroloop.run.league import Weights
from zeroloop.run.settings import RunSettings
from zeroloop.run.yardstick import AnyGrade, Grading, Yardstick
from zeroloop.selfplay.actor import ActorStatistics

Result = TypeVar("Result")


def in_processes(settings: RunSettings, environment: Environment) -> bool:
    """Whether each actor gets a process of its own: as `selfplay.processes` says, else where several would play at once
    by rules that are not native."""
    if settings.selfplay.processes is not None:
        return settings.selfplay.processes
    native = hasattr(environment, "batch")
    return not native and min(settings.selfplay.actors, settings.threads) > 1


class Hosts:
    """A host for each actor, in order; each method is what all of them do at once."""

    def __init__(self, settings: RunSettings, environment: Environment) -> None:
        indices = range(settings.selfplay.actors)
        self.each: list[Host]
        if in_processes(settings, environment):
            self.each = [ActorProcess(settings, index) for index in indices]
        else:
            yardstick = Yardstick(environment, settings.search, settings.grading)
            self.each = [ActorHost(settings, index, environment, yardstick) for index in indices]

    def take_weights(self, weights: Weights, shown: Observations, backend: Backend) -> None:
        """See ActorHost."""
        self._together(lambda host: host.take_weights(weights, shown, backend))

    def begin_iteration(self, iteration: int, quota: int) -> None:
        """See Actor; `quota`: moves of each."""
        self._together(lambda host: host.begin_iteration(iteration, quota))

    def take_games(self) -> tuple[list[GameEpisode], list[Examples]]:
        """The games finished since the last call, and the examples in them."""
        games, found = zip(*self._together(lambda host: host.take_games()), strict=True)
        return [game for some in games for game in some], [some for some in found if some is not None]

    def grades(self, how: Grading) -> dict[str, AnyGrade]:
        """The grade of each set of the yardstick."""
        names = self.each[0].sets()
        shares = {host: names[index :: len(self.each)] for index, host in enumerate(self.each)}
        parts = self._together(lambda host: host.grades(shares[host], how))
        found = {name: grade for part in parts for name, grade in part.items()}
        return {name: found[name] for name in names}

    def states(self) -> list[dict[str, Any]]:
        """See Actor."""
        return self._together(lambda host: host.state())

    def restore(self, states: Sequence[dict[str, Any]]) -> None:
        """Continue from what `states` returned."""
        for host, state in zip(self.each, states, strict=True):
            host.restore(state)

    @property
    def statistics(self) -> list[ActorStatistics]:
        """Of the actors."""
        return [host.standing.statistics for host in self.each]

    @property
    def remaining(self) -> int:
        """Moves of all quotas that are still to be made."""
        return sum(host.remaining for host in self.each)

    def cache_hit_rate(self) -> float | None:
        """Share of leaves that needed no evaluation since the weights came; None where there is no cache."""
        counts = [host.standing.cache for host in self.each if host.standing.cache is not None]
        return CacheStatistics(*np.sum(counts, axis=0).tolist()).saved if counts else None

    def close(self) -> None:
        """End what runs in processes."""
        self._together(lambda host: host.close())

    def _together(self, work: Callable[[Host], Result]) -> list[Result]:
        with ThreadPoolExecutor(len(self.each)) as pool:
            return list(pool.map(work, self.each))
