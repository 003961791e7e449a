"""Which of two evaluators is stronger: paired games, a sequential test, and the decision to promote.

Games come in pairs: both evaluators play the same opening from both sides, so that a lopsided opening cancels out.
The score of a pair for the candidate is 0, 1/4, 1/2, 3/4 or 1 (the "pentanomial" statistics); the sequential
probability ratio test works on pairs, by a normal approximation (M. Van den Bergh, "A practical introduction to the
GSPRT", 2016).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from zeroloop.contracts import Environment, Evaluator, State, TaskEnvironment
from zeroloop.errors import SettingError
from zeroloop.run.elo import elo_difference, expected_score, pair_statistics, score_interval
from zeroloop.run.grading import playing_settings
from zeroloop.search import search, solve
from zeroloop.search.settings import SearchSettings

Float64 = npt.NDArray[np.float64]
Decision = Literal["promote", "keep", "undecided"]

TIED = 1e-6
"""Returns of the same task that differ by less are equal."""
DRAWS_OF_AN_OPENING = 200
"""Random openings drawn for each one wanted, before a game counts as having too few."""


class ArenaSettings(BaseModel):
    """How a candidate is matched against the best so far, and what promotes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    simulations: int = Field(64, ge=1)
    """Simulations per move of both sides."""
    num_pairs: int = Field(96, ge=1)
    """Pairs of games at most (twice as many tasks in single-agent environments)."""
    block_pairs: int = Field(32, ge=1)
    """Pairs played at once; the test looks after each block."""
    min_opening_plies: int = Field(1, ge=0)
    max_opening_plies: int = Field(6, ge=0)
    """Openings are this many uniformly random moves, both ends included."""
    promotion: Literal["sprt", "score", "always"] = "sprt"
    """`sprt`: play until the test decides, then as it says. `score`: play all pairs; promote above 50 %. `always`:
    play all pairs for the record, and promote."""
    elo0: float = 0.0
    """The test's null hypothesis: the candidate is no more than this many Elo stronger."""
    elo1: float = 50.0
    """The alternative: at least this many Elo stronger."""
    alpha: float = Field(0.05, gt=0, lt=0.5)
    """Probability of promoting a candidate of strength `elo0`."""
    beta: float = Field(0.05, gt=0, lt=0.5)
    """Probability of keeping the old best when the candidate has strength `elo1`."""

    @model_validator(mode="after")
    def _ordered(self) -> "ArenaSettings":
        if self.elo1 <= self.elo0:
            raise ValueError(f"arena.elo1 is {self.elo1}; it must be larger than arena.elo0, {self.elo0}")
        if self.max_opening_plies < self.min_opening_plies:
            raise ValueError(
                f"arena.max_opening_plies is {self.max_opening_plies}; it must be at least arena.min_opening_plies, "
                f"{self.min_opening_plies}"
            )
        return self


@dataclass(frozen=True)
class MatchResult:
    """A match as the candidate sees it.

    pairs: number of pairs in which it scored 0, 1/2, 1, 3/2, 2 points. llr: logarithm of the likelihood ratio of elo1
    over elo0. decision: what the test says. promoted: what follows, see `ArenaSettings.promotion`; where the test is
    undecided at the last pair, a score above 50 % promotes.
    """

    wins: int
    draws: int
    losses: int
    pairs: tuple[int, int, int, int, int]
    llr: float
    decision: Decision
    promoted: bool

    @property
    def games(self) -> int:
        """Games played."""
        return self.wins + self.draws + self.losses

    @property
    def score(self) -> float:
        """Points per game in [0, 1]; 0.5 before the first game."""
        return (self.wins + self.draws / 2) / self.games if self.games else 0.5

    @property
    def elo(self) -> tuple[float, float, float]:
        """Elo difference with the ends of its 95 % interval: (estimate, low, high); infinite for a perfect score."""
        low, high = score_interval(self.pairs)
        return elo_difference(self.score), elo_difference(low), elo_difference(high)


def play_match(
    environment: Environment,
    candidate: Evaluator,
    best: Evaluator,
    search_settings: SearchSettings,
    settings: ArenaSettings,
    rng: np.random.Generator,
) -> MatchResult:
    """The result of a match from distinct random openings drawn with `rng`; where one agent solves tasks, see
    `match_on_tasks`.

    Searches are without noise or temperature: only the openings vary. With `promotion = "sprt"` the match stops after
    the first block of pairs on which the test decides.
    """
    playing = playing_settings(search_settings, settings.simulations)
    if isinstance(environment, TaskEnvironment):
        return match_on_tasks(environment, candidate, best, playing, settings, rng)
    openings = random_openings(environment, settings, rng)
    outcomes: list[tuple[float, float]] = []
    for start in range(0, len(openings), settings.block_pairs):
        block = openings[start : start + settings.block_pairs]
        seats = [0] * len(block) + [1] * len(block)
        returns = play(environment, [candidate, best], block + block, seats, playing).returns
        first, second = np.split(returns, 2)  # of the side to move, which is the candidate in the first half
        outcomes += zip(first, -second, strict=True)
        if settings.promotion == "sprt" and sprt(_pair_counts(outcomes), settings)[1] != "undecided":
            break
    return match_result(outcomes, settings)


def match_on_tasks(
    environment: TaskEnvironment,
    candidate: Evaluator,
    best: Evaluator,
    playing: SearchSettings,
    settings: ArenaSettings,
    rng: np.random.Generator,
) -> MatchResult:
    """Both solve the same `2 * num_pairs` tasks, drawn with `rng`; the larger return wins a task.

    What promotes is the difference of the mean returns (`compare_returns`).
    """
    starts = [environment.initial_state(environment.sample_task(rng)) for _ in range(2 * settings.num_pairs)]
    ours, theirs = (solved(environment, side, starts, playing).returns for side in (candidate, best))
    difference = ours - theirs
    outcomes = np.where(np.abs(difference) < TIED, 0.0, difference).reshape(-1, 2)
    comparison = compare_returns(ours, theirs, settings)
    result = match_result([(float(first), float(second)) for first, second in outcomes], settings)
    return replace(result, decision=comparison.decision, promoted=comparison.promoted)


def match_result(outcomes: Sequence[tuple[float, float]], settings: ArenaSettings) -> MatchResult:
    """The result of pairs of games, each game's outcome +1, 0 or -1 for the candidate."""
    games = np.sign([outcome for pair in outcomes for outcome in pair])
    pairs = _pair_counts(outcomes)
    llr, decision = sprt(pairs, settings)
    promoted = _promoted(decision, float(games.sum()) > 0, settings)
    wins, draws, losses = (int((games == outcome).sum()) for outcome in (1, 0, -1))
    return MatchResult(wins, draws, losses, pairs, llr, decision, promoted)


def sprt(pairs: Sequence[int], settings: ArenaSettings) -> tuple[float, Decision]:
    """The log-likelihood ratio of `elo1` over `elo0`, and what the sequential test concludes from it.

    llr = n (s1 - s0) (2 mean - s0 - s1) / (2 variance), with the expected scores s0, s1 of the hypotheses and the
    variance of a pair's score. Wald's bounds: promote at log((1 - beta) / alpha), keep at log(beta / (1 - alpha)).
    """
    count, mean, variance = pair_statistics(pairs)
    if count == 0:
        return 0.0, "undecided"
    score0, score1 = expected_score(settings.elo0), expected_score(settings.elo1)
    llr = count * (score1 - score0) * (2 * mean - score0 - score1) / (2 * variance)
    if llr >= math.log((1 - settings.beta) / settings.alpha):
        return llr, "promote"
    if llr <= math.log(settings.beta / (1 - settings.alpha)):
        return llr, "keep"
    return llr, "undecided"


def _promoted(decision: Decision, ahead: bool, settings: ArenaSettings) -> bool:
    if settings.promotion == "always":
        return True
    if settings.promotion == "score" or decision == "undecided":
        return ahead
    return decision == "promote"


def _pair_counts(outcomes: Sequence[tuple[float, float]]) -> tuple[int, int, int, int, int]:
    points = np.array([int(np.sign(first) + np.sign(second)) + 2 for first, second in outcomes], dtype=np.int64)
    a, b, c, d, e = (int(count) for count in np.bincount(points, minlength=5))
    return a, b, c, d, e


def random_openings(environment: Environment, settings: ArenaSettings, rng: np.random.Generator) -> list[State]:
    """`settings.num_pairs` distinct states after random moves, none finished or won with the next move.

    Raises SettingError where the game has too few such openings.
    """
    openings: dict[object, State] = {}
    for _ in range(settings.num_pairs * DRAWS_OF_AN_OPENING):
        state = _random_state(environment, settings, rng)
        if not _decided(environment, state):
            openings.setdefault(environment.key(state), state)
        if len(openings) == settings.num_pairs:
            return list(openings.values())
    raise SettingError(
        f"arena.num_pairs is {settings.num_pairs}, but {environment.name} has about {len(openings)} undecided openings "
        f"of {settings.min_opening_plies} to {settings.max_opening_plies} plies; "
        "lower arena.num_pairs or raise arena.max_opening_plies"
    )


def _random_state(environment: Environment, settings: ArenaSettings, rng: np.random.Generator) -> State:
    state = environment.initial_state()
    for _ in range(rng.integers(settings.min_opening_plies, settings.max_opening_plies, endpoint=True)):
        legal = environment.legal_actions(state)
        if not legal:
            break
        state = environment.step(state, legal[int(rng.integers(len(legal)))]).state
    return state


def _decided(environment: Environment, state: State) -> bool:
    steps = [environment.step(state, action) for action in environment.legal_actions(state)]
    return not steps or any(step.terminal and step.reward > 0 for step in steps)


class Played(NamedTuple):
    """The last state of each episode, and the return float64 [n] of whoever moves first."""

    states: list[State]
    returns: Float64


def play(
    environment: Environment,
    evaluators: Sequence[Evaluator],
    starts: Sequence[State],
    seats: Sequence[int],
    settings: SearchSettings,
) -> Played:
    """How games of two end that are all played at once with best moves; see `solved` for a single agent.

    Game i starts in `starts[i]` with evaluator `seats[i]` to move.
    """
    states, movers = list(starts), np.array(seats)
    returns, weight = np.zeros(len(states)), np.ones(len(states))
    live = np.array([len(environment.legal_actions(state)) > 0 for state in states], dtype=bool)
    while live.any():
        actions = np.zeros(len(states), dtype=np.int32)
        for seat, evaluator in enumerate(evaluators):
            rows = np.flatnonzero(live & (movers == seat))
            if len(rows):
                result = search(environment, evaluator, [states[row] for row in rows.tolist()], settings)
                actions[rows] = result.chosen
        for row in np.flatnonzero(live).tolist():
            step = environment.step(states[row], int(actions[row]))
            returns[row] += weight[row] * step.reward
            weight[row] *= step.discount
            states[row], live[row] = step.state, not step.terminal
            if step.discount < 0:
                movers[row] = 1 - movers[row]
    return Played(states, returns)


def solved(
    environment: Environment,
    evaluator: Evaluator,
    starts: Sequence[State],
    settings: SearchSettings,
    on_end: Callable[[int], None] = lambda ended: None,
) -> Played:
    """How episodes of a single agent end that are all played at once: each as well as any way that came up in it.
    on_end: is told how many have ended."""
    ways, states = solve(environment, evaluator, starts, settings, on_end), []
    for state, way in zip(starts, ways, strict=True):
        for action in way.actions:
            state = environment.step(state, action).state
        states.append(state)
    return Played(states, np.array([way.earned for way in ways]))


@dataclass(frozen=True)
class ReturnComparison:
    """Mean return of candidate minus best on the same tasks, with a 95 % interval; promoted: see `compare_returns`."""

    tasks: int
    difference: float
    low: float
    high: float
    decision: Decision
    promoted: bool


def compare_returns(candidate: Float64, best: Float64, settings: ArenaSettings) -> ReturnComparison:
    """Whether the candidate's returns float64 [n] are better than the best's on the same n tasks, by a paired t test.

    The test promotes or keeps where a one-sided test at level alpha (or beta, for keeping) shows a difference; where
    it is undecided, a positive mean difference promotes. Raises SettingError for fewer than 2 tasks.
    """
    differences = np.asarray(candidate, dtype=np.float64) - np.asarray(best, dtype=np.float64)
    count, mean = len(differences), float(differences.mean())
    if count < 2:
        raise SettingError(f"arena.num_pairs is {count}; comparing returns needs at least 2 tasks")
    error = float(differences.std(ddof=1)) / math.sqrt(count)
    margin = student_quantile(0.975, count - 1) * error
    decision: Decision = "undecided"
    if mean > student_quantile(1 - settings.alpha, count - 1) * error:
        decision = "promote"
    elif -mean > student_quantile(1 - settings.beta, count - 1) * error:
        decision = "keep"
    return ReturnComparison(
        count, mean, mean - margin, mean + margin, decision, _promoted(decision, mean > 0, settings)
    )


def student_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t, within 1 % from 5 degrees of freedom on (Abramowitz and Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(probability)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
