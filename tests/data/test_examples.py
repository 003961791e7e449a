"""Targets by hand, and laws of what is derived from games."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from zeroloop.contracts import Environment
from zeroloop.data.episodes import FAST, FULL, OPENING, GameEpisode
from zeroloop.data.examples import Examples, ExampleSettings, examples, win_draw_loss
from zeroloop.envs import connect_four, tic_tac_toe
from zeroloop.errors import RunDirectoryError
from zeroloop.observers import PlanesObserver

RandomGames = Callable[[Environment, int], list[GameEpisode]]
NAN = float("nan")


@pytest.fixture
def won() -> GameEpisode:
    """X: 0 1 2 (the top row), O: 3 4. Plies: opening, full, fast, full, full; the last wins."""
    weights = [[0.5, 0.5], [0.25, 0.75], [1.0]]
    return GameEpisode(
        environment="tic_tac_toe",
        environment_version=tic_tac_toe.environment().version,
        actor=0,
        game=0,
        iteration=0,
        opening=1,
        outcome=1.0,
        actions=np.array([0, 3, 1, 4, 2]),
        kinds=np.array([OPENING, FULL, FAST, FULL, FULL]),
        root_values=np.array([NAN, -0.5, 0.1, 0.2, 0.9]),
        raw_values=np.array([NAN, 0, 0, 0, 0]),
        proven=np.array([NAN, NAN, NAN, NAN, 1.0]),
        policy_offsets=np.array([0, 0, 2, 2, 4, 5]),
        policy_actions=np.array([3, 4, 4, 5, 2]),
        policy_visits=np.array([5, 5, 1, 3, 9]),
        policy_weights=np.concatenate(weights),
        policy_priors=np.array([0.5, 0.5, 0.5, 0.5, 0.25]),
        policy_values=np.zeros(5),
    )


def derive(episodes: list[GameEpisode], **settings: float) -> Examples:
    return examples(tic_tac_toe.environment(), episodes, ExampleSettings(**settings), PlanesObserver((2, 3, 3)))


def row(**entries: float) -> np.ndarray:
    out = np.zeros(9, np.float32)
    for action, value in entries.items():
        out[int(action[1:])] = value
    return out


def test_targets_by_hand(won: GameEpisode) -> None:
    got = derive([won], value_lambda=0.5, surprise_weight=0.5)
    # Ply 4 is proven: 1. Ply 3 (O): (0.2 - 1) / 2 = -0.4. Ply 2: (0.1 + 0.4) / 2. Ply 1 (O): (-0.5 - 0.25) / 2.
    np.testing.assert_allclose(got.wdl, [[0, 0.625, 0.375], [0, 0.6, 0.4], [1, 0, 0]], atol=1e-6)
    np.testing.assert_array_equal(got.policy, [row(a3=0.5, a4=0.5), row(a4=0.25, a5=0.75), row(a2=1)])
    # After ply 1 a fast search played 1; after ply 3 a full search knew 2; then the game ended.
    np.testing.assert_array_equal(got.reply, [row(a1=1), row(a2=1), row()])
    np.testing.assert_array_equal(got.legal[0], [False] + [True] * 8)
    np.testing.assert_array_equal(got.legal[2], [i in (2, 5, 6, 7, 8) for i in range(9)])
    surprise = [0.0, 0.25 * np.log(0.5) + 0.75 * np.log(1.5), np.log(4)]
    np.testing.assert_allclose(got.surprise, surprise, atol=1e-6)
    np.testing.assert_allclose(got.weight, 0.5 + 0.5 * np.array(surprise) / np.mean(surprise), atol=1e-6)


@pytest.mark.parametrize(("value_lambda", "expected"), [(1.0, [0, 0, 1]), (0.0, [0, 0.5, 0.5])])
def test_lambda_leads_from_the_root_value_to_the_end(
    won: GameEpisode, value_lambda: float, expected: list[float]
) -> None:
    np.testing.assert_allclose(derive([won], value_lambda=value_lambda).wdl[0], expected, atol=1e-6)


def test_lambda_may_change_from_iteration_to_iteration(won: GameEpisode) -> None:
    settings = {"value_lambda": 0.5, "final_value_lambda": 1.0, "value_lambda_iterations": 4}
    for iteration, fixed in ((0, 0.5), (2, 0.75), (4, 1.0), (9, 1.0)):
        got, expected = derive([replace(won, iteration=iteration)], **settings), derive([won], value_lambda=fixed)
        np.testing.assert_allclose(got.wdl, expected.wdl)


def test_a_proof_without_the_network_is_no_surprise(won: GameEpisode) -> None:
    got = derive([replace(won, policy_visits=np.array([5, 5, 1, 3, 0]))])
    assert got.surprise[2] == 0 and got.weight[2] == 0.5


def test_a_proof_hides_what_was_played_after_it(won: GameEpisode) -> None:
    blundered = replace(won, outcome=-1.0, proven=np.array([NAN, NAN, 1.0, NAN, NAN]))
    np.testing.assert_allclose(derive([blundered], value_lambda=1.0).wdl[0], [0, 0, 1])


def test_a_draw_is_a_draw_and_a_game_cut_short_keeps_its_outcome(won: GameEpisode) -> None:
    drawn = replace(won, outcome=0.0)
    np.testing.assert_allclose(
        derive([replace(drawn, proven=np.full(5, NAN))], value_lambda=1).wdl[:2], [[0, 1, 0], [0, 1, 0]]
    )
    cut = replace(
        won,
        **{name: getattr(won, name)[:4] for name in ("actions", "kinds", "root_values", "raw_values", "proven")},
        policy_offsets=won.policy_offsets[:5],
        **{f"policy_{name}": getattr(won, f"policy_{name}")[:4] for name in ("actions", "visits", "weights", "values")},
        policy_priors=won.policy_priors[:4],
    )
    got = derive([cut], value_lambda=1)
    np.testing.assert_allclose(got.wdl, [[0, 0, 1], [0, 0, 1]])
    np.testing.assert_array_equal(got.reply[1], row())


def test_win_draw_loss_has_the_given_mean() -> None:
    values = np.array([1.0, 0.0, -1.0, 0.25, -0.5])
    table = win_draw_loss(values)
    np.testing.assert_allclose(table, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.25, 0.75, 0], [0, 0.5, 0.5]])


@pytest.mark.parametrize("module", [tic_tac_toe, connect_four], ids=["plain", "native"])
def test_every_row_agrees_with_the_plain_rules(module: object, random_games: RandomGames) -> None:
    environment = module.environment()  # type: ignore[attr-defined]
    games = random_games(environment, 12)
    observer = PlanesObserver(environment.observation_shape)
    got, k = examples(environment, games, ExampleSettings(value_lambda=1), observer), 0
    for game in games:
        state, sign = environment.initial_state(None), 1
        for ply, action in enumerate(game.actions):
            if game.kinds[ply] == FULL:
                np.testing.assert_array_equal(got.observations[k], environment.observe(state))
                assert np.flatnonzero(got.legal[k]).tolist() == list(environment.legal_actions(state))
                later = [
                    (-1) ** (i - ply) * game.proven[i] for i in range(ply, len(game)) if not np.isnan(game.proven[i])
                ]
                expected = later[0] if later else sign * game.outcome
                np.testing.assert_array_equal(got.wdl[k], win_draw_loss(np.array([expected]))[0])
                k += 1
            state, sign = environment.step(state, int(action)).state, -sign
    assert k == len(got)
    np.testing.assert_allclose(got.policy.sum(1), 1, atol=1e-5)


def test_examples_do_not_depend_on_the_games_beside_them(random_games: RandomGames) -> None:
    games = random_games(tic_tac_toe.environment(), 6)
    together, alone = derive(games), [derive([game]) for game in games]
    for name in ("observations", "policy", "legal", "wdl", "reply", "surprise", "weight"):
        np.testing.assert_array_equal(getattr(together, name), np.concatenate([getattr(one, name) for one in alone]))
    assert len(derive([])) == 0


def test_weights_have_mean_one_in_each_game(random_games: RandomGames) -> None:
    for game in random_games(tic_tac_toe.environment(), 6):
        got = derive([game], surprise_weight=0.7)
        assert not len(got) or got.weight.mean() == pytest.approx(1, abs=1e-5)


def test_games_under_other_rules_are_refused(won: GameEpisode) -> None:
    for other in (
        replace(won, environment="chess"),
        replace(won, environment_version=99),
        replace(won, actions=np.array([0, 3, 1, 4, 4])[[0, 1, 2, 1, 4]]),
        replace(won, actions=np.array([0, 3, 1, 4, 2]), policy_actions=np.array([0, 4, 4, 5, 2])),
    ):
        with pytest.raises(RunDirectoryError, match="episodes do not fit tic_tac_toe"):
            derive([other])


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValidationError):
        ExampleSettings(value_lambda=1.5)
    with pytest.raises(ValidationError):
        ExampleSettings.model_validate({"q_wieght": 0.5})
