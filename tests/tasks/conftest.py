"""What tests of deduction and entailment share: problems small enough to try everything."""

from collections.abc import Callable

import numpy as np
import pytest

from zeroloop.envs._deduction_problem import Literal, Problem, Rule


@pytest.fixture
def small_problem() -> Callable[[np.random.Generator, int, int], Problem]:
    def make(rng: np.random.Generator, least_rules: int, most_rules: int) -> Problem:
        """Six atoms, and so many rules with up to two premises and conclusions of either sign."""
        people, words = ("Ulo", "Mirk"), ("dax", "wug", "zorb")

        def some(terms: tuple[str, ...], least: int, most: int) -> tuple[Literal, ...]:
            drawn = [
                Literal(bool(rng.random() < 0.6), words[int(rng.integers(3))], (terms[int(rng.integers(len(terms)))],))
                for _ in range(int(rng.integers(least, most + 1)))
            ]
            return tuple({each[1:]: each for each in drawn}.values())

        drawn_rules = (
            Rule(some(("x", "Ulo", "y"), 0, 2), some(("x", "Mirk"), 1, 2))
            for _ in range(int(rng.integers(least_rules, most_rules + 1)))
        )
        kept = dict.fromkeys(rule for rule in drawn_rules if not {*rule.premises} & {*rule.conclusions})
        facts, goal = some(people, 0, 2), Rule(some(people, 0, 1), some(people, 1, 2))
        return Problem(people, tuple((word, "noun") for word in words), facts, tuple(kept), goal, 8, 8)

    return make
