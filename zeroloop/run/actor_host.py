"""An actor with all that it plays by: its network, compiled, and the yardstick that grades it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from zeroloop.contracts import Environment
from zeroloop.data.episodes import GameEpisode
from zeroloop.data.examples import Examples, examples
from zeroloop.devices import checked_device
from zeroloop.evaluators.cached import CacheStatistics
from zeroloop.evaluators.compiled import compile_network
from zeroloop.evaluators.settings import Backend
from zeroloop.observers import Observations
from zeroloop.run.league import Weights
from zeroloop.run.players import cached, make_network
from zeroloop.run.settings import RunSettings
from zeroloop.run.yardstick import AnyGrade, Grading, Yardstick
from zeroloop.selfplay import Actor
from zeroloop.selfplay.actor import ActorStatistics


class Standing(NamedTuple):
    """Moves of its quota that an actor is still to make, its counts, and those of its evaluator's cache (None without
    one)."""

    remaining: int
    statistics: ActorStatistics
    cache: CacheStatistics | None


class Host(Protocol):
    """What a run asks of an actor, wherever that is: see ActorHost."""

    @property
    def standing(self) -> Standing: ...
    @property
    def remaining(self) -> int: ...
    def take_weights(self, weights: Weights, shown: Observations, backend: Backend) -> None: ...
    def begin_iteration(self, iteration: int, quota: int) -> None: ...
    def play(self, moves: int) -> None: ...
    def take_games(self) -> tuple[list[GameEpisode], Examples | None]: ...
    def sets(self) -> list[str]: ...
    def grades(self, names: Sequence[str], how: Grading) -> dict[str, AnyGrade]: ...
    def state(self) -> dict[str, Any]: ...
    def restore(self, state: dict[str, Any]) -> None: ...
    def close(self) -> None: ...


class ActorHost:
    """An actor in this process; its environment and yardstick may be shared with others here, its network is not."""

    def __init__(self, settings: RunSettings, index: int, environment: Environment, yardstick: Yardstick) -> None:
        self._settings, self._environment, self._yardstick = settings, environment, yardstick
        network = make_network(settings.network, settings.network_options, environment, settings.seed)
        self._network = network.to(checked_device(settings.device))
        self._actor = Actor(environment, index, settings.seed, settings.search, settings.selfplay)
        self._evaluator: Any = None

    @property
    def standing(self) -> Standing:
        """Of the moment."""
        return Standing(self.remaining, self._actor.statistics, getattr(self._evaluator, "statistics", None))

    @property
    def remaining(self) -> int:
        """Moves of the quota that are still to be made."""
        return self._actor.remaining

    def take_weights(self, weights: Weights, shown: Observations, backend: Backend) -> None:
        """Play and grade with `weights` from the next iteration on; compiled code is checked on `shown`, real
        positions."""
        self._network.load_state_dict(weights)
        settings = self._settings.evaluator.model_copy(update={"backend": backend})
        self._evaluator = cached(compile_network(self._network, shown, settings), settings)

    def begin_iteration(self, iteration: int, quota: int) -> None:
        """See Actor."""
        self._actor.begin_iteration(iteration, self._evaluator, quota)

    def play(self, moves: int) -> None:
        """See Actor."""
        self._actor.play(moves)

    def take_games(self) -> tuple[list[GameEpisode], Examples | None]:
        """The games finished since the last call, and the examples in them; None where there is no game."""
        games = self._actor.take_episodes()
        if not games:
            return [], None
        return games, examples(self._environment, games, self._settings.examples, self._network.observer)

    def sets(self) -> list[str]:
        """The names of the yardstick's sets, in order; all hosts have the same."""
        return self._yardstick.names

    def grades(self, names: Sequence[str], how: Grading) -> dict[str, AnyGrade]:
        """Of the sets of the yardstick that are named."""
        return self._yardstick.grades(self._evaluator, names, how)

    def state(self) -> dict[str, Any]:
        """See Actor."""
        return self._actor.state()

    def restore(self, state: dict[str, Any]) -> None:
        """See Actor."""
        self._actor.restore(state)

    def close(self) -> None:
        """Nothing to end."""
