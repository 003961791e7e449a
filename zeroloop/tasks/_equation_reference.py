"""The reference solver of equations: a strategy of rules, which never looks ahead."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from zeroloop.tasks._equation_trees import (
    Sides,
    evaluated,
    fits,
    folded_sides,
    is_solved,
    simplified,
    write,
)
from zeroloop.tasks._notation import Expression, Operation, count_operations, evaluate, joined, names, parts

MAX_RULES = 400
"""Rules that the reference applies at most; equations that people write take far fewer."""

Rule: TypeAlias = Callable[[Operation], Expression | None]
SignedTerm: TypeAlias = tuple[str, Expression]


class Step(NamedTuple):
    """A rule applied: the name of the move, and the equation then."""

    name: str
    sides: Sides


def walk(sides: Sides, coarse: bool) -> Iterator[Step]:
    """The steps from an equation to its solution."""
    if coarse:
        sides = folded_sides(sides)
    for _ in range(MAX_RULES):
        if is_solved(sides):
            return
        step = _rewritten(sides) or _moved(sides)
        sides = folded_sides(step.sides) if coarse else step.sides
        yield Step(step.name, sides)


def stays_in_range(path: Sequence[Step]) -> bool:
    """Whether the environment has room for all of a walk that ends solved."""
    return is_solved(path[-1].sides) and all(fits(step.sides) for step in path)


def _rewritten(sides: Sides) -> Step | None:
    """The first rule of the strategy that can be applied, at the first and innermost place of the left or right
    side."""
    left, right = sides
    for name, rule in _STRATEGY:
        if (found := _first(left, rule)) is not None:
            before, place, tree = found
            return Step(f"{name} {write(before)} at sign {place}", (tree, right))
        if (found := _first(right, rule)) is not None:
            before, place, tree = found
            return Step(f"{name} {write(before)} at sign {place + count_operations(left)}", (left, tree))
    return None


def _first(tree: Expression, rule: Rule) -> tuple[Expression, int, Expression] | None:
    """The first part that the rule applies to, operands before operations: itself, the number of its sign, the whole
    tree afterwards."""
    if not isinstance(tree, Operation):
        return None
    operator, left, right = tree
    if (found := _first(left, rule)) is not None:
        return found[0], found[1], joined(operator, found[2], right)
    sign = count_operations(left) + 1
    if (found := _first(right, rule)) is not None:
        return found[0], found[1] + sign, joined(operator, left, found[2])
    result = rule(tree)
    return None if result is None else (tree, sign, result)


def _moved(sides: Sides) -> Step:
    """What is done to both sides once each is a sum of at most one term with x and one number."""
    left, right = sides
    (x_left, number_left), (x_right, _) = _simple_terms(left), _simple_terms(right)
    if x_left is None:
        return Step("swap sides", (right, left))
    sign, term = x_right or number_left or ("", None)
    if term is not None:
        operator, verb = ("-", "subtract") if sign == "+" else ("+", "add")
        name = f"{verb} {write(term)} {'from' if operator == '-' else 'to'} both sides"
        return Step(name, (Operation(operator, left, term), Operation(operator, right, term)))
    assert isinstance(left, Operation)
    return Step(
        f"divide both sides by {write(left.left)}", (joined("/", left, left.left), joined("/", right, left.left))
    )


def _simple_terms(tree: Expression) -> tuple[SignedTerm | None, SignedTerm | None]:
    """The term with x and the number of a sum, each with its sign; None for 0 and what there is none of."""
    with_x = number = None
    for sign, term in parts(tree, "+-"):
        if names(term):
            with_x = sign, term
        elif term:
            number = sign, term
    return with_x, number


# ---- rules -----------------------------------------------------------------------------------------------------------


def _factored(tree: Operation) -> Expression | None:
    if tree.operator not in "+-" or not (_is_x_term(tree.left) and _is_x_term(tree.right)):
        return None
    a, b = (term.left if isinstance(term, Operation) else Fraction(1) for term in (tree.left, tree.right))
    return Operation("*", Operation(tree.operator, a, b), "x")


def _expanded(tree: Operation) -> Expression | None:
    operator, left, right = tree
    if operator == "*" and isinstance(right, Operation) and _is_sum(right):
        return Operation(right.operator, joined("*", left, right.left), joined("*", left, right.right))
    if operator in "*/" and isinstance(left, Operation) and _is_sum(left):
        return Operation(left.operator, joined(operator, left.left, right), joined(operator, left.right, right))
    return None


def _number_first(tree: Operation) -> Expression | None:
    swapped = tree.operator == "*" and isinstance(tree.right, Fraction)
    return Operation("*", tree.right, tree.left) if swapped else None


def _without_brackets(tree: Operation) -> Expression | None:
    """a + (b + c) as (a + b) + c, and number * (number * t) as (number * number) * t."""
    operator, left, right = tree
    if not isinstance(right, Operation):
        return None
    if operator in "+-" and right.operator in "+-":
        return Operation(_flipped(right.operator, operator), Operation(operator, left, right.left), right.right)
    if operator == right.operator == "*" and isinstance(left, Fraction) and isinstance(right.left, Fraction):
        return Operation("*", Operation("*", left, right.left), right.right)
    return None


def _divided_number(tree: Operation) -> Expression | None:
    """(number * t) / number as (number / number) * t."""
    operator, left, right = tree
    if operator == "/" and isinstance(left, Operation) and left.operator == "*" and isinstance(left.left, Fraction):
        return Operation("*", joined("/", left.left, right), left.right)
    return None


def _as_product(tree: Operation) -> Expression | None:
    divided = tree.operator == "/" and isinstance(tree.right, Fraction) and not isinstance(tree.left, Fraction)
    return Operation("*", 1 / evaluate(tree.right), tree.left) if divided else None


def _as_sum(tree: Operation) -> Expression | None:
    """0 - number * x as 0 + -number * x."""
    operator, left, right = tree
    if operator != "-" or left != 0 or not _is_x_term(right):
        return None
    if isinstance(right, Operation):
        return Operation("+", left, Operation("*", -evaluate(right.left), right.right))
    return Operation("+", left, Operation("*", Fraction(-1), right))


def _grouped(tree: Operation) -> Expression | None:
    """a + b + c as a + (b + c), where b and c are alike."""
    operator, left, right = tree
    if operator not in "+-" or not isinstance(left, Operation) or not _is_sum(left) or not _alike(left.right, right):
        return None
    return Operation(left.operator, left.left, Operation(_flipped(operator, left.operator), left.right, right))


def _exchanged(tree: Operation) -> Expression | None:
    """a + b + c as a + c + b, where c is like a part of a."""
    operator, left, right = tree
    if operator not in "+-" or not isinstance(left, Operation) or not _is_sum(left):
        return None
    if not any(_alike(part, right) for _, part in parts(left.left, "+-")):
        return None
    return Operation(left.operator, Operation(operator, left.left, right), left.right)


_STRATEGY: tuple[tuple[str, Rule], ...] = (
    ("evaluate", evaluated),
    ("simplify", simplified),
    ("factor", _factored),
    ("distribute", _expanded),
    ("commute", _number_first),
    ("associate left", _without_brackets),
    ("exchange", _divided_number),
    ("as product", _as_product),
    ("as sum", _as_sum),
    ("associate right", _grouped),
    ("exchange", _exchanged),
)


def _is_x_term(tree: Expression) -> bool:
    """Whether it is x or number * x."""
    return tree == "x" or (
        isinstance(tree, Operation) and tree.operator == "*" and isinstance(tree.left, Fraction) and tree.right == "x"
    )


def _is_sum(tree: Expression) -> bool:
    return isinstance(tree, Operation) and tree.operator in "+-"


def _alike(a: Expression, b: Expression) -> bool:
    """Whether both are terms with x, or both numbers."""
    return (_is_x_term(a) and _is_x_term(b)) or (isinstance(a, Fraction) and isinstance(b, Fraction))


def _flipped(operator: str, by: str) -> str:
    """`operator` as it is in brackets behind `by`."""
    return operator if by == "+" else "-" if operator == "+" else "+"
