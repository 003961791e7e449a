"""Functions that are one expression, or one loop: write one in Python, JavaScript or Java that does what is asked."""

import functools
from collections.abc import Mapping

import numpy as np

from zeroloop.tasks._function_tests import study
from zeroloop.tasks._functions import FunctionsKind
from zeroloop.tasks._specifications import Specification, specifications

SMALLEST, SIZES = 2, 15
"""Size of the easiest references, and how much larger the hardest are."""


class FunctionKind(FunctionsKind):
    """Dial: how large the smallest known program is, from `sum(numbers)` to conditions and loops in one another."""

    name = "function"
    type = "function"

    @property
    def specifications(self) -> Mapping[str, Specification]:
        return specifications()

    def chosen(self, rng: np.random.Generator, difficulty: float) -> tuple[Specification, int]:
        """One of a size that fits the difficulty, of every family alike; none that a shorter program fits."""
        aim = SMALLEST + SIZES * min(1.0, max(0.0, difficulty))
        groups = [group for size, found in _by_size().items() if abs(size - aim) <= 1 for group in found]
        weights = np.sqrt([len(group) for group in groups])
        weights /= weights.sum()
        while True:
            group = groups[int(rng.choice(len(groups), p=weights))]
            found = group[int(rng.integers(len(group)))]
            if not study(found.key).trivial:
                return found, found.size


@functools.cache
def _by_size() -> dict[int, list[list[Specification]]]:
    """For each size, the specifications of each family."""
    found: dict[int, dict[str, list[Specification]]] = {}
    for each in specifications().values():
        found.setdefault(each.size, {}).setdefault(each.family, []).append(each)
    return {size: [*families.values()] for size, families in found.items()}


def kind() -> FunctionKind:
    """Specifications of functions, each with tests of its own."""
    return FunctionKind()
