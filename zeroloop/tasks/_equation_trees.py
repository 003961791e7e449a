"""Equations in x as two trees: read, solved, written, and folded. All that the files of this kind have in common."""

import re
from fractions import Fraction
from typing import TypeAlias

from zeroloop.envs.equation import LARGEST, MAX_SIZE
from zeroloop.errors import TaskError
from zeroloop.tasks._notation import (
    Expression,
    Negation,
    Operation,
    evaluate,
    joined,
    leaves,
    names,
    naming,
    parse_equation,
)
from zeroloop.tasks._rationals import write_number

NO_SOLUTION, ALL_NUMBERS = "no solution", "all numbers"

Sides: TypeAlias = tuple[Expression, Expression]


def read_equation(statement: str) -> Sides:
    """Both sides, as plain_tree gives them. Raises TaskError where the equation is not linear in x alone."""
    with naming("equation"):
        left, right = map(plain_tree, parse_equation(statement))
        for side in (left, right):
            if others := names(side) - {"x"}:
                raise TaskError(f"the variable must be x, not {', '.join(sorted(others))}")
            linear(side)
    return left, right


def plain_tree(tree: Expression) -> Expression:
    """The tree with -1 * t for signs, and one number for fractions in lowest terms."""
    if isinstance(tree, Negation):
        return Operation("*", Fraction(-1), plain_tree(tree.inner))
    if isinstance(tree, Operation):
        return joined(tree.operator, plain_tree(tree.left), plain_tree(tree.right))
    return tree


def linear(tree: Expression) -> tuple[Fraction, Fraction]:
    """a and b of a * x + b. Raises TaskError for what is not linear, or divides by anything but a number."""
    if isinstance(tree, Fraction):
        return Fraction(0), tree
    if isinstance(tree, str):
        return Fraction(1), Fraction(0)
    assert isinstance(tree, Operation)
    (a, b), (c, d) = linear(tree.left), linear(tree.right)
    if tree.operator == "+":
        return a + c, b + d
    if tree.operator == "-":
        return a - c, b - d
    if tree.operator == "/":
        if not isinstance(tree.right, Fraction) or d == 0:
            raise TaskError("answer: only numbers other than 0 can be divided by")
        return a / d, b / d
    if names(tree.left) and names(tree.right):
        raise TaskError("answer: a product of x and x is not linear")
    return a * d + b * c, b * d


def solution_of(sides: Sides) -> Fraction | str:
    """The number that solves the equation, or the words where not exactly one does."""
    (a, b), (c, d) = map(linear, sides)
    if a != c:
        return (d - b) / (a - c)
    return ALL_NUMBERS if b == d else NO_SOLUTION


def is_solved(sides: Sides) -> bool:
    """Whether it is "x = number", or an equation of two numbers."""
    return isinstance(sides[1], Fraction) and isinstance(sides[0], Fraction | str)


def is_fraction(tree: Expression) -> bool:
    """Whether it is one number over another, with or without signs."""
    if isinstance(tree, Negation):
        return is_fraction(tree.inner)
    if not isinstance(tree, Operation) or tree.operator != "/":
        return False
    return not isinstance(tree.left, Operation) and not isinstance(tree.right, Operation)


def fits(sides: Sides) -> bool:
    """Whether the environment has room for the equation and its numbers."""
    numbers = [leaf for side in sides for leaf in leaves(side) if isinstance(leaf, Fraction)]
    size = len(re.sub(r"[ ()]", "", write_equation(sides)))
    return size <= MAX_SIZE and all(max(abs(each.numerator), each.denominator) <= LARGEST for each in numbers)


def write(tree: Expression) -> str:
    """The tree as text, with the brackets it needs."""
    if not isinstance(tree, Operation):
        return write_number(tree) if isinstance(tree, Fraction) else str(tree)
    left, right = write(tree.left), write(tree.right)
    if tree.operator in "*/":
        if isinstance(tree.left, Operation) and tree.left.operator in "+-":
            left = f"({left})"
        if isinstance(tree.right, Operation) or "/" in right:
            right = f"({right})"
    elif isinstance(tree.right, Operation) and tree.right.operator in "+-":
        right = f"({right})"
    return f"{left} {tree.operator} {right}"


def write_equation(sides: Sides) -> str:
    """Both sides as text."""
    return f"{write(sides[0])} = {write(sides[1])}"


def folded_sides(sides: Sides) -> Sides:
    """Both sides with all evaluated and simplified that can be."""
    return _folded(sides[0]), _folded(sides[1])


def _folded(tree: Expression) -> Expression:
    if not isinstance(tree, Operation):
        return tree
    inner = Operation(tree.operator, _folded(tree.left), _folded(tree.right))
    result = evaluated(inner)
    if result is not None:
        return result if max(abs(result.numerator), result.denominator) <= LARGEST else inner
    simple = simplified(inner)
    return inner if simple is None else simple


def evaluated(tree: Operation) -> Fraction | None:
    """The value of an operation with two numbers; None for others."""
    return evaluate(tree) if isinstance(tree.left, Fraction) and isinstance(tree.right, Fraction) else None


def simplified(tree: Operation) -> Expression | None:
    """What an operation with 0 or 1, or t - t, comes to; None for others."""
    operator, left, right = tree
    if operator == "*" and 0 in (left, right):
        return Fraction(0)
    if (operator in "+-" and right == 0) or (operator in "*/" and right == 1):
        return left
    if (operator == "+" and left == 0) or (operator == "*" and left == 1):
        return right
    return Fraction(0) if operator == "-" and left == right else None
