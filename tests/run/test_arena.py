"""The match, the sequential test's error rates, and the paired comparison of returns."""

import numpy as np
import pytest
from pydantic import ValidationError

from zeroloop import registry
from zeroloop.errors import SettingError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.arena import (
    ArenaSettings,
    compare_returns,
    match_result,
    play,
    play_match,
    random_openings,
    solved,
    sprt,
    student_quantile,
)
from zeroloop.run.elo import expected_score
from zeroloop.search.settings import SearchSettings
from zeroloop.seeding import stream


def simulated_decisions(elo: float, settings: ArenaSettings, matches: int, rng: np.random.Generator) -> list[str]:
    """What the test decides in matches whose candidate is `elo` stronger; a third of the games are drawn.

    The two games of a pair share a random advantage of the opening, as real ones do.
    """
    decisions = []
    for _ in range(matches):
        counts, decision = np.zeros(5, dtype=int), "undecided"
        while decision == "undecided" and counts.sum() < settings.num_pairs:
            advantage = rng.choice([-0.1, 0.1], size=settings.block_pairs)
            win = expected_score(elo) - 1 / 6
            draws = rng.random((2, settings.block_pairs))
            points = sum(
                np.where(draw < win + sign * advantage, 2, np.where(draw < win + sign * advantage + 1 / 3, 1, 0))
                for draw, sign in zip(draws, (1, -1), strict=True)
            )
            counts += np.bincount(points, minlength=5)
            decision = sprt(counts.tolist(), settings)[1]
        decisions.append(decision)
    return decisions


@pytest.mark.parametrize("block", [4, 16])
def test_the_sequential_test_holds_its_error_rates(block: int) -> None:
    settings = ArenaSettings(num_pairs=10_000, block_pairs=block, elo0=0, elo1=60, alpha=0.05, beta=0.1)
    rng = np.random.default_rng(3)
    promoted = np.mean([d == "promote" for d in simulated_decisions(0, settings, 600, rng)])
    kept = np.mean([d == "keep" for d in simulated_decisions(60, settings, 600, rng)])
    assert promoted <= 0.05 + 0.02
    assert kept <= 0.10 + 0.025
    assert "undecided" not in simulated_decisions(30, settings, 50, rng)


def test_the_likelihood_ratio_by_hand() -> None:
    """24 pairs of mean 3/4 and variance (24 / 16 + 1/4) / 25 = 0.07, hypotheses 1/2 and 10/11."""
    llr, decision = sprt([0, 0, 12, 0, 12], ArenaSettings(elo0=0, elo1=400))
    assert llr == pytest.approx(24 * (10 / 11 - 1 / 2) * (1.5 - 1 / 2 - 10 / 11) / (2 * 0.07))
    assert decision == "promote"
    assert sprt([12, 0, 12, 0, 0], ArenaSettings())[1] == "keep"
    assert sprt([0, 0, 0, 0, 0], ArenaSettings()) == (0, "undecided")


def test_results_count_games_and_pairs() -> None:
    result = match_result([(1, 1), (1, -1), (0, 1), (0, 0), (-1, -1), (1, 1)], ArenaSettings())
    assert (result.wins, result.draws, result.losses) == (6, 3, 3)
    assert result.pairs == (1, 0, 2, 1, 2)
    assert result.score == pytest.approx(7.5 / 12)
    estimate, low, high = result.elo
    assert low < estimate < high


def test_what_promotes() -> None:
    ahead, behind = [(1, 1), (1, -1)], [(-1, -1), (1, -1)]
    assert match_result(ahead, ArenaSettings()).decision == "undecided"
    assert match_result(ahead, ArenaSettings()).promoted  # undecided, but above 50 %
    assert not match_result(behind, ArenaSettings()).promoted
    assert not match_result([(1, -1)], ArenaSettings()).promoted
    assert match_result(behind, ArenaSettings(promotion="always")).promoted
    assert match_result(ahead, ArenaSettings(promotion="score")).promoted
    slightly_ahead = [(1, -1)] * 3000 + [(1, 0)]
    kept = match_result(slightly_ahead, ArenaSettings())
    assert (kept.decision, kept.promoted) == ("keep", False)
    assert match_result(slightly_ahead, ArenaSettings(promotion="score")).promoted


def test_settings_that_contradict_themselves() -> None:
    with pytest.raises(ValidationError, match=r"arena\.elo1 is 0\.0"):
        ArenaSettings(elo0=5, elo1=0)
    with pytest.raises(ValidationError, match=r"arena\.max_opening_plies is 2"):
        ArenaSettings(min_opening_plies=3, max_opening_plies=2)
    with pytest.raises(ValidationError, match="simulations"):
        ArenaSettings(simulations=0)


def test_openings_are_distinct_undecided_and_repeatable() -> None:
    game = registry.load("envs", "connect_four").environment()
    settings = ArenaSettings(num_pairs=200, min_opening_plies=2, max_opening_plies=8)
    openings = random_openings(game, settings, stream(1, "openings"))
    assert len({game.key(state) for state in openings}) == 200
    for state in openings:
        steps = [game.step(state, action) for action in game.legal_actions(state)]
        assert steps and not any(step.reward > 0 for step in steps)
    again = random_openings(game, settings, stream(1, "openings"))
    assert [game.key(state) for state in openings] == [game.key(state) for state in again]


def test_too_few_openings_are_an_error() -> None:
    game = registry.load("envs", "tic_tac_toe").environment()
    settings = ArenaSettings(num_pairs=20, min_opening_plies=0, max_opening_plies=1)
    with pytest.raises(SettingError, match=r"num_pairs is 20, but tic_tac_toe has about 10 undecided"):
        random_openings(game, settings, stream(1, "openings"))


def test_an_evaluator_against_itself_scores_half() -> None:
    """Both games of a pair are the same game from both sides, so that every pair is one point each."""
    game = registry.load("envs", "connect_four").environment()
    settings = ArenaSettings(simulations=16, num_pairs=24, block_pairs=12)
    uniform = UniformEvaluator()
    result = play_match(game, uniform, uniform, SearchSettings(), settings, stream(1, "match"))
    assert result.pairs == (0, 0, 24, 0, 0)
    assert (result.games, result.score, result.wins) == (48, 0.5, result.losses)


class LeftmostEvaluator:
    """A weak opinion: strongly prefers the leftmost action, and values every state 0."""

    def __call__(self, leaves):  # type: ignore[no-untyped-def]
        offsets = np.asarray(leaves.offsets)
        ranks = np.arange(offsets[-1]) - np.repeat(offsets[:-1], np.diff(offsets))
        return (-5 * ranks).astype(np.float32), np.zeros(len(leaves.slots), np.float32)


def test_the_stronger_evaluator_is_promoted_early() -> None:
    game = registry.load("envs", "connect_four").environment()
    settings = ArenaSettings(simulations=30, num_pairs=60, block_pairs=20)
    strong, weak = UniformEvaluator(), LeftmostEvaluator()
    result = play_match(game, strong, weak, SearchSettings(), settings, stream(2, "match"))
    assert result.decision == "promote" and result.promoted
    assert result.games < 120
    mirrored = play_match(game, weak, strong, SearchSettings(), settings, stream(2, "match"))
    assert mirrored.decision == "keep" and not mirrored.promoted


def test_perfect_play_of_tic_tac_toe_is_drawn() -> None:
    game = registry.load("envs", "tic_tac_toe").environment()
    uniform = UniformEvaluator()
    settings = SearchSettings(num_simulations=2000)
    returns = play(game, [uniform, uniform], [game.initial_state()] * 2, [0, 1], settings).returns
    assert returns.tolist() == [0, 0]


def test_a_single_agent_keeps_its_seat() -> None:
    """On grids this small the search finds the cheapest way, whose discounted return is known exactly."""
    module = registry.load("envs", "path_finding")
    grid = module.environment(height=3, width=3, colors=0, gamma=0.9)
    tasks = [module.generate(stream(1, "task", index), 3, 3, 0) for index in range(10)]
    starts = [grid.initial_state(task) for task in tasks]
    settings = SearchSettings(num_simulations=300, value_range="minmax")
    returns = solved(grid, UniformEvaluator(), starts, settings).returns
    assert returns == pytest.approx([grid.gamma ** module.shortest_cost(task) for task in tasks])


def test_returns_are_compared_in_pairs() -> None:
    rng = np.random.default_rng(4)
    difficulty = rng.random(50)
    noise = rng.normal(0, 0.02, (2, 50))
    better = compare_returns(difficulty + 0.05 + noise[0], difficulty + noise[1], ArenaSettings())
    assert better.decision == "promote" and better.promoted and better.low < 0.05 < better.high
    worse = compare_returns(difficulty - 0.05, difficulty + noise[0], ArenaSettings())
    assert worse.decision == "keep" and not worse.promoted
    level = compare_returns(difficulty, difficulty, ArenaSettings())
    assert (level.decision, level.promoted, level.difference) == ("undecided", False, 0)
    with pytest.raises(SettingError, match="at least 2 tasks"):
        compare_returns(difficulty[:1], difficulty[:1], ArenaSettings())


def test_student_quantiles_of_the_tables() -> None:
    assert student_quantile(0.975, 5) == pytest.approx(2.571, rel=0.01)
    assert student_quantile(0.975, 30) == pytest.approx(2.042, rel=0.001)
    assert student_quantile(0.95, 10) == pytest.approx(1.812, rel=0.002)
