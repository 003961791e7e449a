"""Elo on cases worked out by hand, and on players of known strength."""

import math

import numpy as np
import pytest

from zeroloop.errors import UsageError
from zeroloop.run.elo import Result, elo_difference, expected_score, pair_statistics, ratings, score_interval


def test_score_and_elo_are_inverse() -> None:
    assert expected_score(0) == 0.5
    assert expected_score(400) == pytest.approx(10 / 11)
    assert elo_difference(10 / 11) == pytest.approx(400)
    assert elo_difference(1) == math.inf
    assert elo_difference(0) == -math.inf


def test_two_players_by_hand() -> None:
    """15 points of 20 without a prior: odds 3, information 20 * 3/4 * 1/4 per squared nat."""
    first, second = ratings(["old", "new"], [Result("new", "old", wins=14, draws=2, losses=4)], prior_games=0)
    assert (first.elo, first.low, first.high, first.games) == (0, 0, 0, 20)
    assert second.elo == pytest.approx(400 * math.log10(3))
    assert second.high - second.elo == pytest.approx(1.959964 / math.sqrt(20 * 3 / 16) * 400 / math.log(10))
    assert second.elo - second.low == pytest.approx(second.high - second.elo)


def test_a_chain_of_matches_adds_up() -> None:
    """Without a cycle each link is its own maximum, so that differences add and variances add."""
    results = [Result("b", "a", 3, 0, 1), Result("b", "c", 1, 0, 9)]
    a, b, c = ratings(["a", "b", "c"], results, prior_games=0)
    assert (a.elo, b.elo) == (0, pytest.approx(400 * math.log10(3)))
    assert c.elo == pytest.approx(400 * math.log10(27))
    variance = 1 / (4 * 3 / 16) + 1 / (10 * 9 / 100)
    assert c.high - c.elo == pytest.approx(1.959964 * math.sqrt(variance) * 400 / math.log(10))
    assert (a.games, b.games, c.games) == (4, 14, 10)


def test_a_perfect_score_stays_finite() -> None:
    """100 of 100 with half a virtual drawn game: 100.25 points against 0.25."""
    _, best = ratings(["a", "b"], [Result("b", "a", 100, 0, 0)])
    assert best.elo == pytest.approx(400 * math.log10(401))
    assert best.high - best.elo > 400


def test_known_strengths_are_found() -> None:
    rng = np.random.default_rng(1)
    truth = {"a": 0.0, "b": 150.0, "c": 90.0, "d": 600.0}
    results = []
    for first in truth:
        for second in truth:
            if first < second:
                wins = int(rng.binomial(400, expected_score(truth[first] - truth[second])))
                results.append(Result(first, second, wins, 0, 400 - wins))
    for rating in ratings(list(truth), results):
        assert rating.low - 1e-9 <= truth[rating.name] <= rating.high + 1e-9


def test_order_and_repetition_of_results_do_not_matter() -> None:
    together = ratings(["a", "b"], [Result("a", "b", 3, 2, 5)], prior_games=0)
    apart = ratings(["a", "b"], [Result("b", "a", 5, 1, 1), Result("a", "b", 2, 1, 0), Result("a", "a", 9, 0, 0)], 0)
    assert together == apart


def test_unlinked_and_unknown_players_are_errors() -> None:
    with pytest.raises(UsageError, match="no chain of games links 'c' to 'a'"):
        ratings(["a", "b", "c", "d"], [Result("a", "b", 1, 0, 1), Result("c", "d", 1, 0, 1)])
    with pytest.raises(UsageError, match="names the player 'x'"):
        ratings(["a", "b"], [Result("a", "x", 1, 0, 1)])
    assert ratings(["only"], [])[0].elo == 0


def test_pair_statistics_by_hand() -> None:
    """Scores 1/2, 1/2, 1, 1: variance (4 / 16 + 1/4) / 5 with the imaginary pair."""
    assert pair_statistics([0, 0, 2, 0, 2]) == (4, 0.75, pytest.approx(0.1))
    assert pair_statistics([0, 0, 0, 0, 0]) == (0, 0.5, 0.25)


def test_intervals_hold_the_true_score() -> None:
    """Coverage over 2,000 matches of 40 pairs is 95 % within sampling error, also for a lopsided match."""
    rng = np.random.default_rng(2)
    for chances in ([0.1, 0.2, 0.4, 0.2, 0.1], [0.0, 0.0, 0.1, 0.2, 0.7], [0.02, 0.03, 0.9, 0.03, 0.02]):
        truth = float(np.dot(chances, np.linspace(0, 1, 5)))
        intervals = [score_interval(rng.multinomial(40, chances).tolist()) for _ in range(2000)]
        coverage = np.mean([low <= truth <= high for low, high in intervals])
        assert 0.93 <= coverage <= 0.995, chances


def test_interval_of_perfect_and_empty_matches() -> None:
    low, high = score_interval([0, 0, 0, 0, 20])
    assert 0.8 < low < 0.9 and high == pytest.approx(1)
    assert score_interval([0, 0, 0, 0, 0]) == (0, 1)
