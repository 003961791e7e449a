"""Networks ready to play: built from settings, or loaded from a checkpoint or a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from pydantic import ValidationError

from zeroloop import registry
from zeroloop.contracts import Environment, State, TaskEnvironment
from zeroloop.errors import SettingError, UsageError
from zeroloop.evaluators.cached import CachedEvaluator, VersionedEvaluator
from zeroloop.evaluators.compiled import compile_network
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.learning import checkpoint as checkpoints
from zeroloop.networks import GameNetwork
from zeroloop.observers import Observations, Observer
from zeroloop.search import SearchSettings
from zeroloop.search.slots import batch_environment
from zeroloop.seeding import stream, stream_seed

Network = TypeVar("Network")


@dataclass(frozen=True)
class Player:
    """A network that plays a game. checkpoint: where its weights came from, None when untrained."""

    environment: Environment
    network: GameNetwork
    checkpoint: checkpoints.Checkpoint | None

    def evaluator(self, settings: EvaluatorSettings | None = None) -> VersionedEvaluator:
        """The network compiled for this machine, behind a cache; calibrated on random positions of the game."""
        settings = settings or EvaluatorSettings()
        count, rng = settings.calibration_positions, stream(0, "calibration")
        shown = random_observations(self.environment, self.network.observer, count, rng)
        return cached(compile_network(self.network, shown, settings), settings)


def search_settings(environment: Environment) -> SearchSettings:
    """How players search outside of training: the defaults; returns of a single agent are rescaled in each tree."""
    return SearchSettings(value_range="fixed" if environment.num_players == 2 else "minmax")


def cached(evaluator: VersionedEvaluator, settings: EvaluatorSettings) -> VersionedEvaluator:
    """`evaluator` behind a cache of its own, where the settings give it entries."""
    return CachedEvaluator(evaluator, settings.cache_entries) if settings.cache_entries else evaluator


def make_environment(game: str, options: Mapping[str, Any]) -> Environment:
    """The game called `game`. Raises UnknownNameError, or SettingError for options it does not take."""
    environment: Environment = registry.build("envs", game, options)
    return environment


def make_network(name: str, options: Mapping[str, Any], environment: Environment, seed: int) -> GameNetwork:
    """A fresh network with weights drawn from `seed`. Raises SettingError for options it does not take."""
    module = registry.load("networks", name)
    config = network_config(module, options)
    network: GameNetwork = seeded(seed, lambda: module.build(config, environment))
    return network


def network_config(module: Any, options: Mapping[str, Any]) -> Any:
    """The `Config` of a network's module. Raises SettingError for an option that it does not take."""
    try:
        return module.Config(**options)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, ("network_options", *first["loc"])))
        allowed = ", ".join(module.Config.model_fields)
        got = f", got {first['input']!r}" if first["loc"] else ""
        raise SettingError(f"{path}: {first['msg']}{got}; known: {allowed}") from error


def seeded(seed: int, build: Callable[[], Network]) -> Network:
    """What `build` makes with weights drawn from `seed`; torch's global generator is as before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "network") % 2**63)
        return build()


def load_player(source: str, game: str | None = None) -> Player:
    """The player in a checkpoint file or a run directory (its best model), or the untrained network of a `game`.

    Raises CheckpointError for a file that cannot be loaded or is of another game than `game`.
    """
    if source == "untrained":
        if game is None:
            raise UsageError("an untrained network needs a game: add --game NAME, see `zeroloop list`")
        environment = make_environment(game, {})
        return Player(environment, make_network("resnet", {}, environment, seed=0), None)
    path = checkpoint_path(source)
    if game is not None and game not in registry.names("envs"):
        make_environment(game, {})
    saved = checkpoints.load(path, environment=game)
    environment = make_environment(saved.environment, saved.environment_options)
    saved = checkpoints.load(path, environment=game, environment_version=environment.version)
    network = make_network(saved.network, saved.network_config, environment, seed=0)
    saved.load_into(network)
    return Player(environment, network.eval(), saved)


def untrained(player: Player) -> Player:
    """The same network with weights as drawn."""
    if player.checkpoint is None:
        return player
    network = make_network(player.checkpoint.network, player.checkpoint.network_config, player.environment, seed=0)
    return replace(player, network=network.eval(), checkpoint=None)


def checkpoint_path(source: str) -> Path:
    """The checkpoint file that `source` names: itself, or the best model of a run directory."""
    path = Path(source)
    return path / "checkpoints" / "best_model.pt" if path.is_dir() else path


def random_observations(
    environment: Environment, observer: Observer, count: int, rng: np.random.Generator
) -> Observations:
    """[count, *shape]: observations of positions reached by random play, at all stages of the game."""

    def start() -> State:
        return environment.initial_state(
            environment.sample_task(rng) if isinstance(environment, TaskEnvironment) else None
        )

    batch = batch_environment(environment, count, lookahead=False)
    state = start()
    for row in range(count):
        batch.write(row, state)
        state = environment.step(state, int(rng.choice(environment.legal_actions(state)))).state
        if not environment.legal_actions(state):
            state = start()
    shown = np.empty((count, *observer.shape), observer.dtype)
    observer(batch, np.arange(count, dtype=np.int32), np.zeros(count, np.uint8), shown)
    return shown
