"""The chain checker of equations: each sentence says what is done, and the equation that it leads to."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from zeroloop.errors import TaskError
from zeroloop.tasks._equation_trees import (
    Sides,
    folded_sides,
    is_solved,
    linear,
    plain_tree,
    read_equation,
    solution_of,
)
from zeroloop.tasks._notation import Expression, Operation, joined, leaves, parse_expression

_SENTENCE = re.compile(r"(.*): ([^:]*)\.", re.ASCII)
_REWRITE = re.compile(r"(Evaluate|Simplify|Reorder|Regroup|Expand|Factor|Rewrite) (.+) as (.+)", re.ASCII)
_BOTH = (
    ("+", re.compile(r"Add (.+) to both sides", re.ASCII)),
    ("-", re.compile(r"Subtract (.+) from both sides", re.ASCII)),
    ("*", re.compile(r"Multiply both sides by (.+)", re.ASCII)),
    ("/", re.compile(r"Divide both sides by (.+)", re.ASCII)),
)


def check(start: Sides, claims: Sequence[str], coarse: bool) -> str | None:
    """What is wrong with a chain that begins with an equation; None where nothing is. coarse: all that can be evaluated
    and simplified is, after each sentence."""
    sides, solution = folded_sides(start) if coarse else start, solution_of(start)
    for claim in claims:
        try:
            said, equation = _said(claim)
            after = read_equation(equation)
            if solution_of(after) != solution:
                return f"the solutions change: {claim!r}"
            allowed = _what_follows(sides, said)
            if after not in (map(folded_sides, allowed) if coarse else allowed):
                return f"not true, or not what comes next: {claim!r}"
        except TaskError as error:
            return f"not readable: {claim!r}: {error}"
        sides = after
    return None if is_solved(sides) else "it is not solved"


def _said(claim: str) -> tuple[str, str]:
    """What a sentence says is done, and the equation that it ends in."""
    if not isinstance(claim, str) or len(claim) > 1_000 or (match := _SENTENCE.fullmatch(claim)) is None:
        raise TaskError('answer: expected "What is done: equation."')
    return match[1], match[2]


def _what_follows(sides: Sides, said: str) -> list[Sides]:
    """The equations that what is said to be done allows after `sides`. Raises TaskError where it is not true."""
    left, right = sides
    if said == "Swap sides":
        return [(right, left)]
    for operator, pattern in _BOTH:
        if (match := pattern.fullmatch(said)) is not None:
            term = plain_tree(parse_expression(match[1]))
            if operator in "*/" and (not isinstance(term, Fraction) or term == 0):
                raise TaskError("answer: both sides can be multiplied and divided only by numbers other than 0")
            return [(joined(operator, left, term), joined(operator, right, term))]
    if (match := _REWRITE.fullmatch(said)) is None:
        raise TaskError("answer: unknown step")
    before, after = (plain_tree(parse_expression(part)) for part in match.groups()[1:])
    if linear(before) != linear(after) or not _deserves(match[1], before, after):
        raise TaskError(f"answer: not true: {said!r}")
    found = [(tree, right) for tree in _replaced(left, before, after)]
    return found + [(left, tree) for tree in _replaced(right, before, after)]


def _deserves(verb: str, before: Expression, after: Expression) -> bool:
    """Whether a rewriting is of the kind that its verb says."""
    numbers, results = Counter(_whole_leaves(before)), Counter(_whole_leaves(after))
    if verb == "Evaluate":
        return "x" not in numbers and isinstance(after, Fraction)
    if verb == "Simplify":
        return results.total() < numbers.total()
    return verb not in ("Reorder", "Regroup") or numbers == results


def _whole_leaves(tree: Expression) -> Iterator[int | str]:
    """The variables and whole numbers of `tree`: two for each fraction."""
    for leaf in leaves(tree):
        if isinstance(leaf, str):
            yield leaf
        else:
            yield from (leaf.numerator, leaf.denominator)[: 1 + (leaf.denominator > 1)]


def _replaced(tree: Expression, before: Expression, after: Expression) -> Iterator[Expression]:
    """The tree with one of its parts that are `before` replaced."""
    if tree == before:
        yield after
    if isinstance(tree, Operation):
        yield from (joined(tree.operator, left, tree.right) for left in _replaced(tree.left, before, after))
        yield from (joined(tree.operator, tree.left, right) for right in _replaced(tree.right, before, after))
