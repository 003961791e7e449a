"""The chain checker of quadratic equations: each sentence replaces an equation by others, and says how."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from zeroloop.contracts import Verdict
from zeroloop.errors import TaskError
from zeroloop.tasks import _surds as surds
from zeroloop.tasks._surds import Polynomial

_CLAIM = re.compile(
    r"(?P<reason>[^:=]+): (?:(?P<before>[^:]+?) becomes (?P<after>[^:]+)|(?P<last>[^:]+) has no real solution)\."
)
_OF_PAIR = {"Take a common factor out of the first pair": -1, "Take a common factor out of the second pair": 0}
"""A term of the other pair, which stays as it is."""
_SAME_SIDES = (
    *("Split the middle term", "Combine like terms", "Factor", "Multiply out", "Simplify the root"),
    *("Write as a square", *_OF_PAIR),
)
_SAME_SOLUTIONS = ("Set each factor to zero", "Take square roots", "Take the root of zero", "Write both cases")
_ADDED = re.compile(r"(Add|Subtract) (.+) (?:to|from) both sides")
_SCALED = re.compile(r"(Multiply|Divide) both sides by (.+)")
_TERM = re.compile(r"(?:\([^()]*\)|[^()+\-])+")

Sides = list[tuple[Polynomial, Polynomial]]
"""Left and right of an equation; of two equations where there is a "±"."""


def check(start: str, claims: Sequence[str], judge: Callable[[Any], Verdict]) -> str | None:
    """What is wrong with a chain that begins with an equation; None where nothing is. judge: of the solutions that the
    equations in the end say."""
    left: list[str] | None = None
    for claim in claims:
        try:
            found = _CLAIM.fullmatch(claim) if len(claim) <= 1_000 else None
            if found is None:
                return f"not readable: {claim[:200]!r}"
            before = found["before"] or found["last"]
            after = found["after"].split(" or ") if found["after"] else []
            if left is None:
                if before != start:
                    return f"not the equation of the task: {claim!r}"
                left = [before]
            if before not in left:
                return f"does not follow from the sentences before: {claim!r}"
            reason = found["reason"]
            is_true = _true(reason, _sides(before), [side for text in after for side in _sides(text)])
            if not is_true or not all(_other_pair_stays(reason, before, text) for text in after):
                return f"not true: {claim!r}"
        except TaskError as error:
            return f"not readable: {claim!r}: {error}"
        at = left.index(before)
        left[at : at + 1] = after
    if left is None:
        return "nothing is solved"
    try:
        return _solved(left, judge)
    except TaskError as error:
        return f"not readable: {error}"


def _solved(left: Sequence[str], judge: Callable[[Any], Verdict]) -> str | None:
    """None where the equations that are left say what x is, in simplest form."""
    roots = []
    for text in left:
        name, _, value = text.partition(" = ")
        if name != "x" or "x" in value or "±" in value:
            return f"not solved: {text!r}"
        stated = surds.read_number(value)[0]
        for radicand in surds.radicands(value):
            if radicand.denominator > 1 or radicand < 2 or surds.extracted(radicand.numerator)[0] > 1:
                return f"not in simplest form: {text!r}"
        roots.append(stated)
    verdict = judge([surds.write(root) for root in dict.fromkeys(roots)] or "no real solution")
    return None if verdict.verdict == "correct" else verdict.evidence


def _true(reason: str, before: Sides, after: Sides) -> bool:
    """Whether a sentence is: the solutions stay the same, and what the reason says was done."""
    if not after:
        zero = _zero(before)
        return reason == "No square is negative" and _discriminant_is_negative(zero)
    if not _same_solutions(_zero(before), _zero(after)):
        return False
    if reason in _SAME_SOLUTIONS:
        return True
    if reason in _SAME_SIDES:
        return sorted(before) == sorted(after)
    if found := _ADDED.fullmatch(reason):
        term = surds.read_polynomial(found[2])[0]
        if found[1] == "Subtract":
            term = surds.negative_polynomial(term)
        moved = [tuple(surds.add_polynomials(side, term) for side in sides) for sides in before]
    elif found := _SCALED.fullmatch(reason):
        number = surds.read_number(found[2])[0]
        number = number if found[1] == "Multiply" else surds.inverse(number)
        factor = number, surds.ZERO, surds.ZERO
        moved = [tuple(surds.multiply_polynomials(side, factor) for side in sides) for sides in before]
    else:
        return False
    return sorted(moved) == sorted(after)


def _other_pair_stays(reason: str, before: str, after: str) -> bool:
    """Whether it does, where the reason is about one of two pairs of terms."""
    if reason not in _OF_PAIR:
        return True
    first, second = (_TERM.findall(text.partition(" = ")[0])[_OF_PAIR[reason]].strip() for text in (before, after))
    return bool(first == second)


def _sides(text: str) -> Sides:
    """Raises TaskError for what is no equation."""
    sides = text.split(" = ")
    if len(sides) != 2:
        raise TaskError(f"answer: expected one equation, not {text[:80]!r}")
    left, right = map(surds.read_polynomial, sides)
    count = max(len(left), len(right))
    return [(left[i % len(left)], right[i % len(right)]) for i in range(count)]


def _zero(sides: Sides) -> Polynomial:
    """The polynomial that is zero at the solutions of the equations."""
    product = surds.ONE, surds.ZERO, surds.ZERO
    for left, right in sides:
        product = surds.multiply_polynomials(product, surds.subtract_polynomials(left, right))
    return product


def _same_solutions(first: Polynomial, second: Polynomial) -> bool:
    """Whether two polynomials have the same real zeros: one is a multiple of the other, or of its square."""
    if surds.proportional(first, second):
        return True
    return any(
        not line[2].terms and line[1].terms and surds.proportional(surds.multiply_polynomials(line, line), other)
        for line, other in ((first, second), (second, first))
    )


def _discriminant_is_negative(zero: Polynomial) -> bool:
    c, b, a = (term.rational() for term in zero)
    return all(term.is_rational() for term in zero) and bool(a) and b * b < 4 * a * c
