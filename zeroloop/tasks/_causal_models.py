"""What causal effects are in numbers: random models of a graph, in exact arithmetic."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zeroloop.seeding import stream
from zeroloop.tasks._causal import Arrow, upstream

PRIME = 2**31 - 1
"""Numbers are integers modulo this."""
_HIDDEN_VALUES = 3


class Observed(NamedTuple):
    """A random model of variables with two values and of hidden causes with three. joint: what is seen, an axis for
    each variable. effect: the probability of each value of an outcome where the treatment is forced to each, [2, 2]."""

    joint: npt.NDArray[np.int64]
    effect: npt.NDArray[np.int64]


def adjustment_is_exact(
    arrows: Collection[Arrow], treatment: int, outcome: int, chosen: Collection[int], seed: int = 1
) -> bool:
    """Whether the adjustment formula, sum over z of P(y | x, z) P(z), is the truncated factorisation, P(y | do(x)), in
    a random model of variables with two values.

    Both are ratios of polynomials in the parameters of the model, which are drawn from the integers modulo a prime:
    where the formula holds for the graph, both are equal, and where it does not, by a chance of about one in a million
    (Schwartz 1980). A denominator that happens to be 0 is as rare.
    """
    rng = stream(seed, "causal model")
    kept = sorted(upstream(arrows, {treatment, outcome, *chosen}))
    natural = np.ones((2,) * len(kept), np.int64)
    forced = natural.copy()
    for variable in kept:
        family = {variable, *(cause for cause, effect in arrows if effect == variable)}
        likely = rng.integers(1, PRIME, [2 if v in family and v != variable else 1 for v in kept])
        factor = np.concatenate([1 - likely, likely], kept.index(variable)) % PRIME
        natural = natural * factor % PRIME
        if variable != treatment:
            forced = forced * factor % PRIME
    x, y = kept.index(treatment), kept.index(outcome)
    order = [x, y, *(kept.index(v) for v in chosen)]
    order += [axis for axis in range(len(kept)) if axis not in order]
    shape = (2, 2, 2 ** len(chosen), -1)
    observed = (natural.transpose(order).reshape(shape).sum(3) % PRIME).tolist()
    effect = (forced.transpose(order).reshape(shape).sum((2, 3)) % PRIME).tolist()
    for value in (0, 1):
        formula = 0
        for z in range(2 ** len(chosen)):
            given = observed[value][0][z] + observed[value][1][z]
            weight = sum(observed[a][b][z] for a in (0, 1) for b in (0, 1))
            formula += observed[value][1][z] * pow(given, PRIME - 2, PRIME) * weight
        if formula % PRIME != effect[value][1]:
            return False
    return True


def observed(
    count: int, arrows: Collection[Arrow], arcs: Collection[Arrow], treatment: int, outcome: int, seed: int = 1
) -> Observed:
    """Such a model of `count` variables, in which each arc is a hidden cause of its two ends. See adjustment_is_exact
    about chances; the effect is the truncated factorisation."""
    rng = stream(seed, "model with hidden causes")
    sizes = [2] * count + [_HIDDEN_VALUES] * len(arcs)
    hidden = [(count + number, end) for number, arc in enumerate(arcs) for end in arc]
    natural = np.ones(sizes, np.int64)
    for number in range(len(arcs)):
        weights = rng.integers(1, PRIME, _HIDDEN_VALUES)
        weights[-1] = (1 - weights[:-1].sum()) % PRIME
        natural = natural * weights.reshape([-1 if axis == count + number else 1 for axis in range(len(sizes))]) % PRIME
    forced = natural.copy()
    for variable in range(count):
        family = {cause for cause, effect in (*arrows, *hidden) if effect == variable}
        likely = rng.integers(1, PRIME, [size if axis in family else 1 for axis, size in enumerate(sizes)])
        factor = np.concatenate([1 - likely, likely], variable) % PRIME
        natural = natural * factor % PRIME
        if variable != treatment:
            forced = forced * factor % PRIME
    others = tuple(axis for axis in range(len(sizes)) if axis not in (treatment, outcome))
    effect = forced.sum(others) % PRIME
    joint = natural.sum(tuple(range(count, len(sizes)))) % PRIME
    return Observed(joint, effect if treatment < outcome else effect.T)
