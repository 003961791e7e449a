"""Algorithms: functions with loops, branches, lists, maps and helpers, from nothing or from a sketch."""

import functools
from collections.abc import Mapping

import numpy as np

from zeroloop.tasks._algorithms import algorithms
from zeroloop.tasks._function_tests import study
from zeroloop.tasks._functions import FunctionsKind
from zeroloop.tasks._specifications import Specification

SMALLEST, SIZES = 3, 20
"""Productions that the easiest tasks leave open, and how many more the hardest do."""


class AlgorithmKind(FunctionsKind):
    """Dial: how much of the smallest known program is left to be written; what is not comes as a sketch.

    A task leaves between a fifth of its program and all of it open.
    """

    name = "algorithm"
    type = "algorithm"

    @property
    def specifications(self) -> Mapping[str, Specification]:
        return algorithms()

    def chosen(self, rng: np.random.Generator, difficulty: float) -> tuple[Specification, int]:
        """One with enough to write; none that a shorter program fits. Large families are drawn more often than small
        ones, but less so than by their size."""
        size = round(SMALLEST + SIZES * min(1.0, max(0.0, difficulty)))
        families = [
            fitting
            for group in _families().values()
            if (fitting := [each for each in group if size <= each.size * each.most_open and each.size <= 5 * size])
        ]
        weights = np.array([len(group) ** 0.75 for group in families])
        weights /= weights.sum()
        while True:
            group = families[int(rng.choice(len(families), p=weights))]
            found = group[int(rng.integers(len(group)))]
            if not study(found.key).trivial:
                return found, size


@functools.cache
def _families() -> dict[str, list[Specification]]:
    found: dict[str, list[Specification]] = {}
    for each in algorithms().values():
        found.setdefault(each.family, []).append(each)
    return found


def kind() -> AlgorithmKind:
    """Specifications of algorithms, each with tests of its own."""
    return AlgorithmKind()
