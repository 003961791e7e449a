"""Grades against evaluators whose moves and values are known in advance."""

import numpy as np
import pytest

from zeroloop import registry
from zeroloop.contracts import Environment, Float32, Leaves
from zeroloop.errors import SettingError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.grading import Grade, grade, mean_grade, playing_settings
from zeroloop.run.positions import Position, read_positions, shipped_sets
from zeroloop.search.settings import SearchSettings


class FirstEvaluator:
    """Prefers the first legal action (or the last), and gives every state the value 0.25."""

    def __init__(self, last: bool = False) -> None:
        self._sign = 1 if last else -1

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        values = np.full(len(leaves.slots), 0.25, np.float32)
        return (self._sign * np.asarray(leaves.actions)).astype(np.float32), values


@pytest.fixture(scope="module")
def game() -> Environment:
    environment: Environment = registry.load("envs", "connect_four").environment()
    return environment


def positions_of(game: Environment, name: str, count: int) -> list[Position]:
    return read_positions(shipped_sets("choose")[name], game)[:count]


def test_the_bare_network_by_hand(game: Environment) -> None:
    state = game.initial_state()
    rows = [
        {0: 3, 1: 3, 2: 1, 3: 0, 4: -1, 5: 0, 6: 1},  # first: optimal; last: same class, slower
        {0: -2, 1: 0, 2: 0, 3: 0, 4: -1, 5: 0, 6: 0},  # first: loses a draw; last: optimal
        {0: -9, 1: -8, 2: -7, 3: -7, 4: -7, 5: -7, 6: -9},  # lost anyway: strong errors only
        {0: -1, 1: 1, 2: -1, 3: -1, 4: -1, 5: 0, 6: -1},  # both lose a won game
    ]
    positions = [Position("", state, scores) for scores in rows]
    first = grade(game, FirstEvaluator(), positions, SearchSettings(), 0)
    assert (first.positions, first.simulations) == (4, 0)
    assert (first.weak_error, first.strong_error) == (0.5, 0.75)
    assert first.value_mae == pytest.approx((0.75 + 0.25 + 1.25 + 0.75) / 4)
    last = grade(game, FirstEvaluator(last=True), positions, SearchSettings(), 0)
    assert (last.weak_error, last.strong_error) == (0.25, 0.75)


def test_a_search_that_proves_everything_makes_no_weak_error(game: Environment) -> None:
    late = [position for position in positions_of(game, "end-easy", 1000) if len(position.moves) >= 36]
    result = grade(game, UniformEvaluator(), late, SearchSettings(), 3000)
    assert (result.weak_error, result.value_mae) == (0, 0)
    assert result.positions == len(late) > 100


def test_more_search_makes_fewer_errors(game: Environment) -> None:
    positions = positions_of(game, "middle-easy", 300)
    errors = [
        grade(game, UniformEvaluator(), positions, SearchSettings(), simulations).weak_error
        for simulations in (0, 20, 400)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_chunks_do_not_change_the_grade(game: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    positions = positions_of(game, "middle-medium", 30)

    def figures(simulations: int) -> tuple[float, float, float]:
        result = grade(game, UniformEvaluator(), positions, SearchSettings(), simulations)
        return result.weak_error, result.strong_error, result.value_mae

    whole = [figures(0), figures(50)]
    monkeypatch.setattr("zeroloop.run.grading.CHUNK", 7)
    assert [figures(0), figures(50)] == whole


def test_what_cannot_be_graded(game: Environment) -> None:
    with pytest.raises(SettingError, match="got 1 and -1"):
        grade(game, UniformEvaluator(), positions_of(game, "end-easy", 1), SearchSettings(), -1)
    with pytest.raises(SettingError, match="got 0 and 10"):
        grade(game, UniformEvaluator(), [], SearchSettings(), 10)


def test_mean_over_sets() -> None:
    mean = mean_grade([Grade(1000, 0.1, 0.2, 0.3, 600, 2.0), Grade(1000, 0.3, 0.4, 0.1, 600, 3.0)])
    assert (mean.positions, mean.simulations, mean.seconds) == (2000, 600, 5.0)
    assert (mean.weak_error, mean.strong_error, mean.value_mae) == pytest.approx((0.2, 0.3, 0.2))


def test_settings_for_measuring_strength() -> None:
    settings = SearchSettings(num_simulations=32, forced_playouts=2.0, max_nodes=40, c_puct=2.5)
    playing = playing_settings(settings, 600)
    assert (playing.num_simulations, playing.forced_playouts, playing.max_nodes, playing.c_puct) == (600, 0, 0, 2.5)
