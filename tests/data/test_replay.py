"""The replay window: its size, its draws, its symmetries, and that it can be rebuilt exactly."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from zeroloop.contracts import Environment
from zeroloop.data.episodes import EpisodeStore, GameEpisode
from zeroloop.data.examples import Examples, ExampleSettings, examples
from zeroloop.data.replay import Batch, ReplaySettings, ReplayWindow
from zeroloop.envs import connect_four, tic_tac_toe
from zeroloop.errors import RunDirectoryError
from zeroloop.observers import PlanesObserver
from zeroloop.seeding import stream

RandomGames = Callable[[Environment, int], list[GameEpisode]]
GAME = tic_tac_toe.environment()


def numbered(start: int, count: int, weights: np.ndarray | None = None) -> Examples:
    """Examples that carry their number in the value target."""
    numbers = np.arange(start, start + count, dtype=np.float32)
    return Examples(
        observations=np.zeros((count, *GAME.observation_shape), np.float16),
        policy=np.eye(9, dtype=np.float32)[np.arange(count) % 9],
        legal=np.ones((count, 9), np.bool_),
        wdl=np.stack([numbers, numbers, numbers], axis=1),
        reply=np.zeros((count, 9), np.float32),
        surprise=np.zeros(count, np.float32),
        weight=np.ones(count, np.float32) if weights is None else weights.astype(np.float32),
    )


def drawn(window: ReplayWindow, count: int = 4000) -> np.ndarray:
    return window.sample(stream(0, "draw"), count).wdl[:, 0].astype(int)


def assert_same(left: Batch, right: Batch) -> None:
    for field in fields(Batch):
        np.testing.assert_array_equal(getattr(left, field.name), getattr(right, field.name))


@pytest.mark.parametrize("weighting", ["sampling", "loss"])
def test_the_window_holds_the_newest_share(weighting: str) -> None:
    window = ReplayWindow(
        GAME,
        ReplaySettings(fraction=0.5, min_size=10, max_size=40, weighting=weighting),
        PlanesObserver(GAME.observation_shape),
    )
    sizes = []
    for part, start in enumerate(range(0, 120, 8), start=1):
        window.append(numbered(start, 8), part)
        sizes.append(len(window))
        assert set(drawn(window)) == set(range(start + 8 - len(window), start + 8))
    assert sizes == [8, 10, 12, 16, 20, 24, 28, 32, 36, 40, 40, 40, 40, 40, 40]


def test_one_append_larger_than_the_window() -> None:
    window = ReplayWindow(
        GAME, ReplaySettings(fraction=1, min_size=1, max_size=7), PlanesObserver(GAME.observation_shape)
    )
    window.append(numbered(0, 3), 1)
    window.append(numbered(3, 20), 2)
    assert set(drawn(window)) == set(range(16, 23))


def test_weights_act_on_frequency_or_on_loss() -> None:
    weights = np.array([0.0, 1.0, 3.0])
    window = ReplayWindow(GAME, ReplaySettings(symmetries=False), PlanesObserver(GAME.observation_shape))
    window.append(numbered(0, 3, weights), 1)
    counts = np.bincount(drawn(window), minlength=3)
    assert counts[0] == 0
    assert counts[2] / counts[1] == pytest.approx(3, rel=0.15)
    assert (window.sample(stream(0, "draw"), 5).weight == 1).all()
    window = ReplayWindow(GAME, ReplaySettings(weighting="loss"), PlanesObserver(GAME.observation_shape))
    window.append(numbered(0, 3, weights), 1)
    batch = window.sample(stream(0, "draw"), 50)
    np.testing.assert_array_equal(batch.weight, weights[batch.wdl[:, 0].astype(int)])


@pytest.mark.parametrize("environment", [tic_tac_toe.environment(), connect_four.environment()], ids=lambda e: e.name)
def test_each_drawn_row_is_a_recorded_one_under_one_symmetry(
    environment: Environment, random_games: RandomGames
) -> None:
    """Property: planes, policy, legal moves and reply are turned together, as the environment turns them."""
    games = random_games(environment, 20)
    recorded = examples(environment, games, ExampleSettings(), PlanesObserver(environment.observation_shape))
    window = ReplayWindow(environment, ReplaySettings(), PlanesObserver(environment.observation_shape))
    window.append(recorded, 1)
    turned, places = {}, environment.symmetries
    for game in games:
        state = environment.initial_state(None)
        for action in game.actions:
            for symmetry in range(len(places)):
                turned.setdefault(environment.observe(state, symmetry).tobytes(), []).append((state, symmetry))
            state = environment.step(state, int(action)).state
    rows = {row.tobytes(): index for index, row in enumerate(recorded.policy)}
    batch = window.sample(stream(2, "draw"), 300)
    seen = set()
    for planes, policy, legal, reply in zip(batch.observations, batch.policy, batch.legal, batch.reply, strict=True):
        for state, symmetry in turned[planes.tobytes()]:
            index = rows.get(policy[places[symmetry]].tobytes())
            if index is not None:
                np.testing.assert_array_equal(reply[places[symmetry]], recorded.reply[index])
                assert np.flatnonzero(legal[places[symmetry]]).tolist() == list(environment.legal_actions(state))
                seen.add(symmetry)
                break
        else:
            raise AssertionError("a batch row is not a recorded position")
    assert seen == set(range(len(places)))


def test_the_same_seed_draws_the_same_batch(random_games: RandomGames) -> None:
    recorded = examples(GAME, random_games(GAME, 20), ExampleSettings(), PlanesObserver(GAME.observation_shape))
    batches = []
    for _ in range(2):
        window = ReplayWindow(GAME, ReplaySettings(), PlanesObserver(GAME.observation_shape))
        window.append(recorded, 1)
        batches.append(window.sample(stream(5, "draw"), 32))
    assert_same(*batches)
    assert batches[0].observations.dtype == np.float32
    assert batches[0].observations.shape == (32, *GAME.observation_shape)


def test_rebuilt_from_the_store_it_draws_the_same(tmp_path: Path, random_games: RandomGames) -> None:
    settings, derived = ReplaySettings(fraction=0.5, min_size=10, max_size=30), ExampleSettings()
    store, window, games = (
        EpisodeStore(tmp_path),
        ReplayWindow(GAME, settings, PlanesObserver(GAME.observation_shape)),
        random_games(GAME, 40),
    )
    for start in range(0, 32, 4):
        part = store.append(games[start : start + 4])
        window.append(
            examples(GAME, games[start : start + 4], derived, PlanesObserver(GAME.observation_shape)), part.number
        )
    state = window.state()
    store.append(games[32:])  # played after the checkpoint
    again = ReplayWindow(GAME, settings, PlanesObserver(GAME.observation_shape))
    again.restore(state, store, GAME, derived)
    assert again.state() == state
    for draw in range(3):
        assert_same(window.sample(stream(draw, "draw"), 64), again.sample(stream(draw, "draw"), 64))


def test_missing_or_foreign_parts_are_refused(tmp_path: Path, random_games: RandomGames) -> None:
    store = EpisodeStore(tmp_path)
    window = ReplayWindow(GAME, ReplaySettings(), PlanesObserver(GAME.observation_shape))
    store.append(random_games(GAME, 3))
    with pytest.raises(RunDirectoryError, match=r"lacks some of the parts 1\.\.2"):
        window.restore({"total": 10, "part": 2}, store, GAME, ExampleSettings())
    with pytest.raises(RunDirectoryError, match="but the checkpoint counted 10000"):
        window.restore({"total": 10_000, "part": 1}, store, GAME, ExampleSettings())


def test_an_empty_window_and_bad_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="replay window is empty"):
        ReplayWindow(GAME, ReplaySettings(), PlanesObserver(GAME.observation_shape)).sample(stream(0, "draw"), 1)
    with pytest.raises(ValidationError, match="must not exceed max_size"):
        ReplaySettings(min_size=10, max_size=5)
