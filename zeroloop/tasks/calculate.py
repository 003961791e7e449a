"""Calculate: the value of an expression in + - * / and brackets, one operation at a time."""

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.task_fields import text
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._notation import (
    Expression,
    Negation,
    Operation,
    count_operations,
    evaluate,
    in_order,
    joined,
    naming,
    parse_expression,
    parse_number,
    plain,
)
from zeroloop.tasks._rationals import write_number

MAX_OPERATIONS = 24
MAX_LENGTH = 200
SIZES = (9, 20, 50, 100, 500, 1000, 9999)
"""Largest number in an expression, from easy tasks to hard ones."""
LARGEST, FINEST = 999_999, 99
"""Numerator and denominator of any value on the way, at most."""
FRACTIONS_FROM = 0.7
"""The difficulty from which there are fractions."""

_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2}
_ALLOWED = re.compile(r"[0-9+\-*/()\s]*", re.ASCII)
_JUXTAPOSED = re.compile(r"[0-9)]\s*\(")
_WRITTEN_OUT = re.compile(r"[+-]?\s*(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?|\d+\s*/\s*(\d+))", re.ASCII)


class Statement(NamedTuple):
    """What a task asks: an expression in which quotients in lowest terms are numbers, and its value."""

    tree: Expression
    value: Fraction


class Calculate(Kind):
    """Dial: 2 to 12 operations, numbers of 1 to 4 digits, and fractions from 0.7."""

    name = "calculate"
    family = "math"
    type = "arithmetic"
    environment_name = "calculate"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Values from -1 to 1 are left out, as anyone would guess them first."""
        operations, largest = 2 + round(10 * difficulty), SIZES[min(int(7 * difficulty), 6)]
        while True:
            tree = _grown(rng, operations, largest, difficulty >= FRACTIONS_FROM)
            expression, value = _written(tree), evaluate(tree)
            if abs(value) <= 1 or count_operations(tree) != operations:
                continue
            task: Task = {
                "type": self.type,
                "kind": self.name,
                "difficulty": difficulty,
                "problem": f"Calculate: {expression}",
                "expression": expression,
                "answer": write_number(value),
            }
            try:
                self.environment(task).initial_state(task)
            except TaskError:  # longer than an observation
                continue
            return task

    def read(self, task: Task) -> Statement:
        """The expression and its value."""
        source = text(task, "expression", MAX_LENGTH)
        if not _ALLOWED.fullmatch(source) or _JUXTAPOSED.search(source):
            raise TaskError("expression must be of whole numbers, + - * / and brackets")
        with naming("expression"):
            tree = _simple(parse_expression(source))
            value = evaluate(tree)
        if not 1 <= count_operations(tree) <= MAX_OPERATIONS:
            raise TaskError(f"expression must have 1 to {MAX_OPERATIONS} operations, not {count_operations(tree)}")
        return Statement(tree, value)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """That it is the value, written out as one number; "=" may stand before it."""
        if isinstance(answer, str):
            answer = plain(answer).removeprefix("=").strip()
        value = read_number(answer)
        if value != problem.value:
            return wrong("that is not the value of the expression")
        return correct(evidence=f"{_written(problem.tree)} = {write_number(value)}")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The leftmost operation first; every number and operation is looked at once."""
        tree, value = self.read(task)
        nodes, steps = 2 * count_operations(tree) + 1, []
        while isinstance(tree, Operation):
            operation, _, tree = next(_reductions(tree))
            steps.append(_written(operation))
        return Solution(write_number(value), tuple(steps), len(steps), nodes)

    def structure(self, task: Task) -> str:
        """The expression with the terms of sums, and the factors of products, in order."""
        return in_order(self.read(task).tree, " ")

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is "a * b = c, which leaves EXPRESSION.": an operation of the expression that the sentence
        before it left, its value, and the expression with the value in its place."""
        tree = self.read(task).tree
        for claim in claims:
            made, _, rest = claim.removesuffix(".").partition(" = ")
            stated, _, left = rest.partition(", which leaves ")
            try:
                operation, value, after = (_simple(parse_expression(part)) for part in (made, stated, left))
            except TaskError as error:
                return f"not readable: {claim[:200]!r}: {error}"
            found = [(result, remains) for each, result, remains in _reductions(tree) if each == operation]
            if not found:
                return f"not an operation that can be done: {claim!r}"
            if found[0][0] != value:
                return f"not true: {claim!r}"
            if all(after != remains for _, remains in found):
                return f"that is not what is left: {claim!r}"
            tree = after
        return None if isinstance(tree, Fraction) else "there is more to calculate"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The value as text with spaces, signs and an equals sign; as a decimal and as a number where that is exact."""
        value = self.read(task).value
        shown = write_number(value)
        makers: list[Callable[[], Any]] = [
            lambda: shown,
            lambda: f" {shown} ",
            lambda: f"= {shown}",
            lambda: shown.replace("/", " / ").replace("-", "−"),
            lambda: shown if shown.startswith("-") else f"+{shown}",
        ]
        if value.denominator == 1:
            makers += [lambda: int(value), lambda: float(value), lambda: f"{value}.0", lambda: f"{value}/1"]
        elif 10**6 % value.denominator == 0:
            makers += [lambda: float(value), lambda: str(float(value))]
        return endless(*makers, rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Other values, what is not yet calculated, and what is no number at all."""
        expression, value = task["expression"], self.read(task).value
        shown = write_number(value)
        return endless(
            lambda: write_number(value + int(rng.integers(1, 10))),
            lambda: write_number(value - Fraction(1, int(rng.integers(1, 10)))),
            lambda: write_number(-value),
            lambda: write_number(1 / value),
            lambda: float(value) + 0.001,
            lambda: f"{shown}{int(rng.integers(10))}" if "/" not in shown else f"{shown}1",
            lambda: f"{2 * value.numerator}/{2 * value.denominator}",
            lambda: str(rng.choice([expression, f"{expression} = {shown}", f"x = {shown}", f"{shown} + 0", ""])),
            lambda: str(rng.choice([f"= = {shown}", f"{shown} {shown}", f"about {shown}", f"{shown}!", "x", "one"])),
            lambda: drawn(rng, [[shown], {"answer": shown}, None, True, float("nan")]),
            rng=rng,
        )


def read_number(value: object) -> Fraction:
    """The exact value of a number that is written out: 3, 3.5, "-3", "0.75", "1e3", or "7/2" in lowest terms.

    Raises TaskError for anything else, such as an expression that is still to be calculated: "14/4", "3 + 4".
    """
    if not isinstance(value, str):
        return parse_number(value)
    match = _WRITTEN_OUT.fullmatch(plain(value))
    if match is None:
        raise TaskError(f"answer: expected a number that is written out, not {value[:80]!r}")
    number = parse_number(value)
    if match[1] is not None and int(match[1]) != number.denominator:
        raise TaskError(f"answer: {value[:80]!r} is not in lowest terms")
    return number


def _simple(tree: Expression) -> Expression:
    """The tree in which quotients in lowest terms are numbers. Raises TaskError for a sign before an operation."""
    if isinstance(tree, Negation):
        inner = _simple(tree.inner)
        if not isinstance(inner, Fraction):
            raise TaskError("a sign may only stand before a number; write -(2 + 3) as 0 - (2 + 3)")
        return -inner
    if isinstance(tree, Operation):
        return joined(tree.operator, _simple(tree.left), _simple(tree.right))
    return tree


def _reductions(tree: Expression) -> Iterator[tuple[Operation, Fraction, Expression]]:
    """From left to right each operation on two numbers, its value, and the tree with the value in its place."""
    if not isinstance(tree, Operation):
        return
    operator, left, right = tree
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        value = evaluate(tree)
        yield tree, value, value
    for operation, value, after in _reductions(left):
        yield operation, value, joined(operator, after, right)
    for operation, value, after in _reductions(right):
        yield operation, value, joined(operator, left, after)


def _written(tree: Expression, bracketed: bool = False) -> str:
    """The tree as text, with the brackets that it needs, and negative numbers and fractions in some too."""
    if isinstance(tree, Operation):
        binding = _BINDING[tree.operator]
        sides = []
        for side, child in enumerate((tree.left, tree.right)):
            looser = isinstance(child, Operation) and _BINDING[child.operator] < binding + side
            sides.append(_written(child, looser or not isinstance(child, Operation)))
        shown = f" {tree.operator} ".join(sides)
    else:
        assert isinstance(tree, Fraction)
        shown = write_number(tree)
    return f"({shown})" if bracketed and not shown.isdigit() else shown


def _grown(rng: np.random.Generator, operations: int, largest: int, fractions: bool) -> Expression:
    """A random expression whose operations all have values in range, whole ones where there are to be no fractions."""
    if operations == 0:
        if fractions and rng.integers(5) == 0:
            return Fraction(int(rng.integers(1, 10)), int(rng.integers(2, 10)))
        return Fraction(int(rng.integers(1, largest + 1)))
    while True:
        before = int(rng.integers(operations))
        left = _grown(rng, before, largest, fractions)
        right = _grown(rng, operations - 1 - before, largest, fractions)
        operator = drawn(rng, "+-*/")
        divisor = evaluate(right)
        if operator == "/" and before == 0 and divisor.denominator == 1 and 1 < abs(divisor) <= largest // 2:
            left = abs(divisor) * int(rng.integers(2, largest // abs(divisor) + 1))
        if operator == "/" and divisor == 0:
            continue
        tree = joined(operator, left, right)
        value = evaluate(tree)
        if abs(value.numerator) <= LARGEST and value.denominator <= (FINEST if fractions else 1):
            return tree


def kind() -> Calculate:
    """Expressions in whole numbers, and in fractions where they are hard."""
    return Calculate()
