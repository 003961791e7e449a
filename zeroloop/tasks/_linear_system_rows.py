"""Augmented rows of linear systems: elimination by the textbook, all solutions, and row operations."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from zeroloop.errors import TaskError
from zeroloop.tasks._rationals import write_number

MOST_OPERATIONS = 200
"""Operations of an answer that are read."""

NUMBER = r"-?\d{1,9}(?:/[1-9]\d{0,8})?"
"""A number of an operation, such as "-3/2"."""

_OPERATION = re.compile(
    rf"swap rows (?P<a>\d) and (?P<b>\d)|divide row (?P<row>\d) by (?P<by>{NUMBER})|"
    rf"add (?P<factor>{NUMBER}) \* row (?P<source>\d) to row (?P<target>\d)"
)

Vector: TypeAlias = list[Fraction]
Rows: TypeAlias = list[Vector]
"""Augmented rows: the coefficients, then the right-hand side."""


class Family(NamedTuple):
    """All solutions: a point, and a basis of what may be added to it; empty where there is one solution."""

    point: Vector
    basis: list[Vector]


def fractions(matrix: Sequence[Sequence[int]]) -> Rows:
    """The same rows, to calculate with."""
    return [[Fraction(number) for number in row] for row in matrix]


def product(row: Vector, vector: Vector) -> Fraction:
    """The left-hand side of an equation."""
    return sum((a * x for a, x in zip(row, vector, strict=False)), Fraction(0))


def eliminated(rows: Sequence[Vector]) -> tuple[Rows, list[int]]:
    """Reduced row echelon form by the textbook, and the columns of its pivots, the last column among them."""
    work, pivots = [list(row) for row in rows], list[int]()
    for column in range(len(work[0]) if work else 0):
        at = len(pivots)
        chosen = next((i for i in range(at, len(work)) if work[i][column]), None)
        if chosen is None:
            continue
        work[at], work[chosen] = work[chosen], work[at]
        work[at] = [number / work[at][column] for number in work[at]]
        for i, row in enumerate(work):
            if i != at and row[column]:
                work[i] = [a - row[column] * b for a, b in zip(row, work[at], strict=True)]
        pivots.append(column)
    return work, pivots


def rank(vectors: Sequence[Vector]) -> int:
    """How many are independent."""
    return len(eliminated(vectors)[1])


def all_solutions(rows: Rows) -> Family | None:
    """All of them; None where there are none."""
    work, pivots = eliminated(rows)
    count = len(rows[0]) - 1
    if count in pivots:
        return None
    point, basis = [Fraction(0)] * count, []
    for row, pivot in zip(work, pivots, strict=False):
        point[pivot] = row[-1]
    for free in range(count):
        if free not in pivots:
            vector = [Fraction(int(i == free)) for i in range(count)]
            for row, pivot in zip(work, pivots, strict=False):
                vector[pivot] = -row[free]
            basis.append(vector)
    return Family(point, basis)


def is_solved(rows: Rows) -> bool:
    """Whether a row says 0 = c, or the rows are what the textbook's elimination gives."""
    if any(row[-1] and not any(row[:-1]) for row in rows):
        return True
    coefficients = [row[:-1] for row in rows]
    return eliminated(coefficients)[0] == coefficients


def row_text(row: Vector) -> str:
    """Such as "(2, -1/2 | 3)"."""
    return f"({', '.join(map(write_number, row[:-1]))} | {write_number(row[-1])})"


# ---- row operations --------------------------------------------------------------------------------------------------


def operated(rows: Rows, operation: dict[str, str | None]) -> list[int]:
    """Do a row operation in place; the rows that changed. Raises TaskError for one that is none."""

    def row(name: str) -> int:
        at = int(operation[name] or 0) - 1
        if not 0 <= at < len(rows):
            raise TaskError(f"answer: there is no row {at + 1}")
        return at

    if operation["a"]:
        a, b = row("a"), row("b")
        rows[a], rows[b] = rows[b], rows[a]
        return [a, b]
    by = operation["by"] or operation["factor"] or ""
    if Fraction(by) == 0:
        raise TaskError("answer: a row operation by 0")
    if operation["by"]:
        at = row("row")
        rows[at] = [number / Fraction(by) for number in rows[at]]
    else:
        source, at = row("source"), row("target")
        if source == at:
            raise TaskError("answer: a row is added to itself")
        rows[at] = [a + Fraction(by) * b for a, b in zip(rows[at], rows[source], strict=True)]
    if any(max(abs(number.numerator), number.denominator) > 10**60 for number in rows[at]):
        raise TaskError("answer: a row operation leads to numbers that are too large")
    return [at]


def cost_of(start: Rows, operations: Any) -> int:
    """How many operations there are. Raises TaskError where they do not solve the matrix."""
    if not isinstance(operations, list | tuple) or len(operations) > MOST_OPERATIONS:
        raise TaskError(f"answer: operations must be a list of at most {MOST_OPERATIONS}")
    rows = list(start)
    for operation in operations:
        found = _OPERATION.fullmatch(operation) if isinstance(operation, str) and len(operation) < 80 else None
        if found is None:
            shown = repr(operation[:80]) if isinstance(operation, str) else f"a {type(operation).__name__}"
            raise TaskError(f"answer: {shown} is no row operation such as 'add -3/2 * row 1 to row 2'")
        operated(rows, found.groupdict())
    if not is_solved(rows):
        raise TaskError("answer: the operations do not lead to reduced row echelon form")
    return len(operations)
