"""The league keeps the better network, and rates all that played."""

import pytest
import torch

from zeroloop.run.arena import ArenaSettings, match_result
from zeroloop.run.league import League

WON, LOST = (1.0, 1.0), (-1.0, -1.0)


def weights(value):
    return {"w": torch.full((2,), float(value))}


def match(won):
    return match_result([WON if won else LOST] * 40, ArenaSettings())


def test_a_winner_becomes_the_best_and_a_loser_does_not():
    league = League(weights(0))
    assert league.elo == 0
    league.judge(5, weights(5), match(won=True))
    league.judge(10, weights(10), match(won=False))
    assert league.best_iteration == 5
    assert torch.equal(league.best["w"], weights(5)["w"])
    assert league.elo > 300
    assert [rating.name for rating in league.ratings()] == ["iteration_0", "iteration_5", "iteration_10"]


def test_state_and_restore_give_the_same_league():
    league = League(weights(0))
    league.judge(5, weights(5), match(won=True))
    other = League(weights(1))
    other.restore(league.state())
    assert other.best_iteration == 5
    assert other.elo == pytest.approx(league.elo)
