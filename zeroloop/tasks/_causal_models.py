"""What causal effects are in numbers: random models of a graph, in exact arithmetic."""

from collections.abc import Collection

import numpy as np

from zeroloop.seeding import stream
from zeroloop.tasks._causal import Arrow, upstream

_PRIME = 2**31 - 1


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
        likely = rng.integers(1, _PRIME, [2 if v in family and v != variable else 1 for v in kept])
        factor = np.concatenate([1 - likely, likely], kept.index(variable)) % _PRIME
        natural = natural * factor % _PRIME
        if variable != treatment:
            forced = forced * factor % _PRIME
    x, y = kept.index(treatment), kept.index(outcome)
    order = [x, y, *(kept.index(v) for v in chosen)]
    order += [axis for axis in range(len(kept)) if axis not in order]
    shape = (2, 2, 2 ** len(chosen), -1)
    observed = (natural.transpose(order).reshape(shape).sum(3) % _PRIME).tolist()
    effect = (forced.transpose(order).reshape(shape).sum((2, 3)) % _PRIME).tolist()
    for value in (0, 1):
        formula = 0
        for z in range(2 ** len(chosen)):
            given = observed[value][0][z] + observed[value][1][z]
            weight = sum(observed[a][b][z] for a in (0, 1) for b in (0, 1))
            formula += observed[value][1][z] * pow(given, _PRIME - 2, _PRIME) * weight
        if formula % _PRIME != effect[value][1]:
            return False
    return True
