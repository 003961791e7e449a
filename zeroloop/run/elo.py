"""Strength from results: Elo differences, intervals of match scores, ratings of all checkpoints of a run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroloop.errors import UsageError

Float64 = npt.NDArray[np.float64]

ELO_PER_NAT = 400 / math.log(10)
Z95 = 1.959964


@dataclass(frozen=True)
class Result:
    """Games between two players, counted for the first."""

    first: str
    second: str
    wins: int
    draws: int
    losses: int


@dataclass(frozen=True)
class Rating:
    """A player's strength in Elo against the anchor, with a 95 % interval; games: number played."""

    name: str
    elo: float
    low: float
    high: float
    games: int


def expected_score(elo: float) -> float:
    """Expected score in (0, 1) of a player who is `elo` stronger."""
    return 1 / (1 + 10 ** (-elo / 400))


def elo_difference(score: float) -> float:
    """The Elo difference at which `score` in (0, 1) is expected; infinite at the ends."""
    if score <= 0 or score >= 1:
        return math.copysign(math.inf, score - 0.5)
    return 400 * math.log10(score / (1 - score))


def score_interval(pairs: Sequence[int]) -> tuple[float, float]:
    """A 95 % interval for the expected score per game, inside [0, 1] even for perfect scores.

    Wilson's interval (1927), for as many independent all-or-nothing trials as have the variance of these pairs.
    """
    count, mean, variance = pair_statistics(pairs)
    if count == 0:
        return 0.0, 1.0
    spread = mean * (1 - mean)
    trials = count * spread / variance if spread > 0 else count
    centre = (mean + Z95**2 / (2 * trials)) / (1 + Z95**2 / trials)
    half = Z95 / (1 + Z95**2 / trials) * math.sqrt(spread / trials + Z95**2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def pair_statistics(pairs: Sequence[int]) -> tuple[int, float, float]:
    """Number, mean and variance of pair scores in [0, 1], from the number of pairs that made 0, 1/2, 1, 3/2, 2 points.

    One imaginary pair of the largest spread that is possible around 1/2 keeps the variance of few or equal pairs
    from being taken for certainty.
    """
    counts, scores = np.asarray(pairs, dtype=float), np.linspace(0, 1, 5)
    count = int(counts.sum())
    if count == 0:
        return 0, 0.5, 0.25
    mean = float(counts @ scores) / count
    variance = (float(counts @ (scores - mean) ** 2) + 0.25) / (count + 1)
    return count, mean, variance


def ratings(names: Sequence[str], results: Sequence[Result], prior_games: float = 0.5) -> list[Rating]:
    """The maximum-likelihood rating of each of `names`, in that order; the first is the anchor with 0.

    Bradley-Terry, a draw counting as half a win. `prior_games` virtual drawn games between any two who met keep the
    rating of a perfect score finite. Intervals come from the Fisher information of p(1 - p) per game; they are
    somewhat too wide where many games are drawn or openings are paired.
    Raises UsageError where a player is unknown, or is linked to the anchor by no chain of games.
    """
    scores, games = _tables(names, results)
    prior = np.where(games > 0, prior_games, 0.0)
    _check_linked(names, games)
    strength, information = _maximum(scores + prior / 2, games + prior)
    deviation = np.zeros(len(names))
    deviation[1:] = np.sqrt(np.diag(np.linalg.inv(information[1:, 1:])))
    elo, margin = strength * ELO_PER_NAT, Z95 * deviation * ELO_PER_NAT
    return [
        Rating(name, float(elo[i]), float(elo[i] - margin[i]), float(elo[i] + margin[i]), int(games[i].sum()))
        for i, name in enumerate(names)
    ]


def _tables(names: Sequence[str], results: Sequence[Result]) -> tuple[Float64, Float64]:
    """Points that row scored against column, and games between them; float64 [n, n]."""
    index = {name: i for i, name in enumerate(names)}
    scores = np.zeros((len(names), len(names)))
    games = np.zeros_like(scores)
    for result in results:
        for name in (result.first, result.second):
            if name not in index:
                raise UsageError(f"a result names the player {name!r}; rated are {', '.join(names)}")
        i, j = index[result.first], index[result.second]
        if i == j:
            continue  # a player against itself says nothing
        count = result.wins + result.draws + result.losses
        scores[i, j] += result.wins + result.draws / 2
        scores[j, i] += result.losses + result.draws / 2
        games[i, j] += count
        games[j, i] += count
    return scores, games


def _check_linked(names: Sequence[str], games: Float64) -> None:
    linked = np.zeros(len(names), dtype=bool)
    linked[:1] = True
    for _ in names:
        linked |= (games[linked] > 0).any(axis=0)
    if not linked.all():
        raise UsageError(
            f"no chain of games links {names[int(np.argmin(linked))]!r} to {names[0]!r}; play a match between them"
        )


def _maximum(scores: Float64, games: Float64) -> tuple[Float64, Float64]:
    """Strengths in nats (natural logarithm of the odds) and the information matrix there, by Newton's method."""
    strength = np.zeros(len(scores))
    while True:
        chance = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
        gradient = (scores - games * chance).sum(axis=1)
        weight = games * chance * (1 - chance)
        information = np.diag(weight.sum(axis=1)) - weight
        step = np.zeros_like(strength)
        step[1:] = np.linalg.solve(information[1:, 1:], gradient[1:])
        size = np.abs(step).max(initial=0.0)
        if size < 1e-9:
            return strength, information
        # Far from the maximum the curvature is nearly flat, and a full step would overshoot.
        strength += step / max(1.0, size)
