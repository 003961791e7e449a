"""Rational numbers: integers in their place, and the texts that people write for them and for sums of terms."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

import numpy as np

from zeroloop.tasks._kinds import drawn


def over_one_denominator(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """Numerators over the least common denominator, and that denominator."""
    denominator = lcm(*(value.denominator for value in values))
    return [value.numerator * (denominator // value.denominator) for value in values], denominator


def primitive(numbers: Sequence[int]) -> list[int]:
    """The numbers without a common divisor, the first that is not 0 made positive."""
    common = gcd(*numbers) or 1
    first = next((number for number in numbers if number), 1)
    return [number // (common if first > 0 else -common) for number in numbers]


def write_number(value: Fraction) -> str:
    """The number as "3", "-3" or "2/3"."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def json_number(value: Fraction) -> int | str:
    """The number as JSON has it: 3, -3 or "2/3"."""
    return value.numerator if value.denominator == 1 else write_number(value)


def rewritten(value: Fraction, rng: np.random.Generator, *others: str) -> str:
    """The number in lowest terms or not, as a decimal where it is a short one, or as one of `others`."""
    texts = [write_number(value), f"{2 * value.numerator}/{2 * value.denominator}", *others]
    if 10**4 % value.denominator == 0:
        texts.append(str(float(value)))
    return drawn(rng, texts)


def term(number: int | Fraction, name: str) -> str:
    """Such as "-3x", "x^2", "(1/2)x" or "5"; empty where it is 0."""
    if not number:
        return ""
    size = str(abs(number))
    if name:
        size = {"1": ""}.get(size, f"({size})" if "/" in size else size)
    return f"{'-' if number < 0 else ''}{size}{name}"


def sum_of(terms: Iterable[str]) -> str:
    """The terms with signs between them, without those that are empty; "0" where there are none."""
    return " + ".join(filter(None, terms)).replace("+ -", "- ") or "0"
