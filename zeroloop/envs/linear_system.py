"""Systems of linear equations: bring the augmented matrix to reduced row echelon form in few row operations."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment, remembered
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer, integers
from zeroloop.vocabulary import ID, encode

MAX_ROWS, MAX_COLUMNS = 4, 4
VARIABLES = "xyzw"
MAX_ENTRY = 9_999
"""Largest numerator and denominator; operations that lead beyond it are left out."""
MAX_CHARACTERS = 120
"""Of all entries as text; each row has an equal share, and operations that lead beyond it are left out."""
EXAMPLE: Task = {"matrix": [[2, 1, 5], [1, -1, 1]], "reference": 4}
_WIDTH = 10
"""Characters of an entry, at most, and so columns of tokens that each column of the matrix takes."""

Row: TypeAlias = tuple[int, ...]
"""Entries times their common denominator, which comes last; without a common divisor."""


@dataclass(frozen=True)
class Matrix:
    """The augmented matrix, the operations that led to it, and the number that a good solver needs.

    The steps that are left and the operations done add up to what `budget` gives for the size of the matrix.
    """

    rows: tuple[Row, ...]
    steps_left: int
    reference: int
    operations: tuple[str, ...] = ()


class RowOperation(NamedTuple):
    """What is done: "swap" of rows `source` and `target`; "divide" row `target` by its entry in `column`; "add" the
    multiple of row `source` to row `target` that makes the entry in `column` 0. row: what becomes of row `target`."""

    kind: str
    source: int
    target: int
    column: int
    row: Row


_SYMBOLS = {"swap": (ID["rule 0"],), "divide": (ID["rule 1"],), "add": (ID["rule 2"],)}


class LinearSystem(MoveListEnvironment[Matrix, RowOperation]):
    """Row operations until the matrix is in reduced row echelon form, or a row says 0 = c: solved.

    The score is min(1, reference / operations), and 0 where the steps run out.
    """

    name: ClassVar[str] = "linear_system"
    num_actions = MAX_ROWS * (MAX_ROWS - 1) // 2 + MAX_ROWS * MAX_COLUMNS + MAX_ROWS * (MAX_ROWS - 1) * MAX_COLUMNS
    num_tokens = 4 + MAX_ROWS + MAX_CHARACTERS

    def initial_state(self, task: Task | None = None) -> Matrix:
        """The system of `task["matrix"]`: in each row the coefficients and then the right-hand side, integers; and its
        `reference`, a number of operations. Raises TaskError where these are broken or too large."""
        task = task or EXAMPLE
        rows = read_matrix(task)
        reference = integer(task, "reference", 0, 1_000)
        for row in rows:
            if _texts(row) is None or len("".join(_texts(row) or ())) > MAX_CHARACTERS // len(rows):
                raise TaskError(f"matrix: a row must have at most {MAX_CHARACTERS // len(rows)} characters")
        return Matrix(rows, budget(len(rows), len(rows[0]) - 2), reference)

    def list_moves(self, state: Matrix) -> list[RowOperation]:
        """Swaps, divisions by an entry, and eliminations of an entry; none twice."""
        if state.steps_left == 0 or _is_solved(state.rows):
            return []
        return list(_operations(state.rows))

    def apply(self, state: Matrix, move: RowOperation) -> Matrix:
        """The rows after the operation."""
        rows = list(state.rows)
        if move.kind == "swap":
            rows[move.source] = rows[move.target]
        rows[move.target] = move.row
        operations = *state.operations, self.move_name(state, move)
        return Matrix(tuple(rows), state.steps_left - 1, state.reference, operations)

    def score(self, state: Matrix) -> float:
        """The reference over the operations, at most 1; 0 for a matrix that is not solved."""
        if not _is_solved(state.rows):
            return 0.0
        return min(1.0, state.reference / len(state.operations)) if state.operations else 1.0

    def key(self, state: Matrix) -> tuple[tuple[Row, ...], int, int]:
        """The matrix, the steps left and the reference; which operations led there does not matter."""
        return state.rows, state.steps_left, state.reference

    def describe(self, state: Matrix) -> str:
        """The rows, and the steps that are left."""
        return "\n".join([*map(_written, state.rows), f"{state.steps_left} steps left"])

    def move_name(self, state: Matrix, move: RowOperation) -> str:
        """Such as "add -3/2 * row 1 to row 2"."""
        if move.kind == "swap":
            return f"swap rows {move.source + 1} and {move.target + 1}"
        if move.kind == "divide":
            row = state.rows[move.target]
            return f"divide row {move.target + 1} by {_ratio(row[move.column], row[-1])}"
        return f"add {_factor(state.rows, move)} * row {move.source + 1} to row {move.target + 1}"

    def tokens(self, state: Matrix, symmetry: int = 0) -> Int16:
        """The steps that are left; then each row of the matrix in a row, each of its columns ten wide."""
        return self._shown(state)[0]

    def move_tokens(self, state: Matrix, move: RowOperation) -> tuple[Sequence[int], Sequence[int]]:
        """The kind; about the entry that changes to 0 or 1, and the one that does it; of a swap, about both rows."""
        starts = self._shown(state)[1]
        changed = starts[move.target][move.column]
        if move.kind == "divide":
            return _SYMBOLS["divide"], [changed]
        return _SYMBOLS[move.kind], [changed, starts[move.source][move.column]]

    def _shown(self, state: Matrix) -> tuple[Int16, list[list[int]]]:
        """The tokens, and where each entry begins; made once for each state object."""
        return remembered(state, "_tokens", lambda: _write(state))

    def answer(self, state: Matrix) -> dict[str, Any] | None:
        """The solution and the operations that show it."""
        if not _is_solved(state.rows):
            return None
        return {"solution": _solution(state.rows), "operations": list(state.operations)}

    def move_claim(self, state: Matrix, move: RowOperation) -> str:
        """Such as "Adding -3/2 times row 1 to row 2 makes row 2 (0, 1/2 | 4)."."""
        target = move.target + 1
        if move.kind == "swap":
            first, second = _written(move.row), _written(state.rows[move.target])
            source = move.source + 1
            return f"Swapping rows {source} and {target} makes row {source} {second} and row {target} {first}."
        if move.kind == "divide":
            row = state.rows[move.target]
            done = f"Dividing row {target} by {_ratio(row[move.column], row[-1])}"
        else:
            done = f"Adding {_factor(state.rows, move)} times row {move.source + 1} to row {target}"
        return f"{done} makes row {target} {_written(move.row)}."


def budget(rows: int, variables: int) -> int:
    """Operations that may be used on a matrix of this size."""
    return 2 * rows * variables + 2


def read_matrix(task: Task) -> tuple[Row, ...]:
    """The rows of `task["matrix"]`. Raises TaskError where it is none."""
    rows = task.get("matrix") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not 2 <= len(rows) <= MAX_ROWS:
        raise TaskError(f"matrix must be a list of 2 to {MAX_ROWS} rows")
    found = [integers({"matrix": row}, "matrix", -MAX_ENTRY, MAX_ENTRY, 3, MAX_COLUMNS + 1) for row in rows]
    if len({len(row) for row in found}) > 1:
        raise TaskError("matrix must have rows of equal length")
    return tuple((*row, 1) for row in found)


# ---- row operations --------------------------------------------------------------------------------------------------


def _operations(rows: tuple[Row, ...]) -> Iterator[RowOperation]:
    count, variables = len(rows), len(rows[0]) - 2
    limit = MAX_CHARACTERS // count
    for i in range(count):
        for j in range(i + 1, count):
            if rows[i] != rows[j]:
                yield RowOperation("swap", i, j, 0, rows[i])
    for i, row in enumerate(rows):
        for column in range(variables):
            entry = row[column]
            if entry not in (0, row[-1]) and entry not in row[:column]:
                divided = _divided(row, column, limit)
                if divided is not None:
                    yield RowOperation("divide", i, i, column, divided)
    for i, source in enumerate(rows):
        for j, target in enumerate(rows):
            if i == j:
                continue
            seen: list[Row] = []
            for column in range(variables):
                if source[column] and target[column]:
                    result = _eliminated(source, target, column, limit)
                    if result is not None and result not in seen:
                        seen.append(result)
                        yield RowOperation("add", i, j, column, result)


@functools.lru_cache(maxsize=50_000)
def _divided(row: Row, column: int, limit: int) -> Row | None:
    """The row over one of its entries; None where it is too large."""
    entry = row[column]
    if entry < 0:
        return _reduced([-number for number in row[:-1]], -entry, limit)
    return _reduced(row[:-1], entry, limit)


@functools.lru_cache(maxsize=200_000)
def _eliminated(source: Row, target: Row, column: int, limit: int) -> Row | None:
    """target - (its entry / the source's entry) * source; None where it is too large.

    With entries t/d and s/e that is (t s' - s t')/(d s') in each column, where t' and s' stand in `column`: the
    source's denominator cancels.
    """
    by, times = source[column], target[column]
    if by < 0:
        by, times = -by, -times
    numbers = [t * by - s * times for t, s in zip(target[:-1], source[:-1], strict=True)]
    return _reduced(numbers, target[-1] * by, limit)


def _reduced(numbers: Sequence[int], denominator: int, limit: int) -> Row | None:
    common = gcd(*numbers, denominator)
    row = *(number // common for number in numbers), denominator // common
    texts = _texts(row)
    return row if texts is not None and sum(map(len, texts)) <= limit else None


@functools.lru_cache(maxsize=100_000)
def _texts(row: Row) -> tuple[str, ...] | None:
    """The entries of a row; None where one is too large."""
    texts = []
    for number in row[:-1]:
        common = gcd(number, row[-1])
        top, bottom = number // common, row[-1] // common
        if abs(top) > MAX_ENTRY or bottom > MAX_ENTRY:
            return None
        texts.append(f"{top}/{bottom}" if bottom > 1 else str(top))
    return tuple(texts)


def _ratio(top: int, bottom: int) -> str:
    """The fraction in lowest terms."""
    common = gcd(top, bottom) * (1 if bottom > 0 else -1)
    top, bottom = top // common, bottom // common
    return f"{top}/{bottom}" if bottom > 1 else str(top)


def _factor(rows: tuple[Row, ...], move: RowOperation) -> str:
    """How often the source is added to the target."""
    source, target, column = rows[move.source], rows[move.target], move.column
    return _ratio(-target[column] * source[-1], target[-1] * source[column])


def _is_solved(rows: tuple[Row, ...]) -> bool:
    """Whether the matrix is in reduced row echelon form, or a row says 0 = c with c other than 0."""
    variables = len(rows[0]) - 2
    pivots = [next((column for column in range(variables) if row[column]), variables) for row in rows]
    if any(pivot == variables and row[variables] for pivot, row in zip(pivots, rows, strict=True)):
        return True
    last = -1
    for pivot, row in zip(pivots, rows, strict=True):
        if pivot < variables:
            if pivot <= last or row[pivot] != row[-1] or sum(other[pivot] != 0 for other in rows) > 1:
                return False
            last = pivot
        else:
            last = variables
    return True


def _solution(rows: tuple[Row, ...]) -> Any:
    """What a solved matrix says: a mapping, "no solution", or one solution and a basis of the null space."""
    variables = len(rows[0]) - 2
    pivots = [next((column for column in range(variables) if row[column]), variables) for row in rows]
    if any(pivot == variables and row[variables] for pivot, row in zip(pivots, rows, strict=True)):
        return "no solution"
    of_pivot = {pivot: row for pivot, row in zip(pivots, rows, strict=True) if pivot < variables}
    columns = range(variables)
    point = ["0" if i not in of_pivot else _ratio(of_pivot[i][variables], of_pivot[i][-1]) for i in columns]
    if len(of_pivot) == variables:
        return dict(zip(VARIABLES, point, strict=False))
    basis = [
        [str(int(i == free)) if i not in of_pivot else _ratio(-of_pivot[i][free], of_pivot[i][-1]) for i in columns]
        for free in columns
        if free not in of_pivot
    ]
    return {"particular": point, "null_space": basis}


# ---- text and tokens -------------------------------------------------------------------------------------------------


def _written(row: Row) -> str:
    """Such as "(2, -1/2 | 3)"."""
    texts = _texts(row) or ()
    return f"({', '.join(texts[:-1])} | {texts[-1]})"


def _write(state: Matrix) -> tuple[Int16, list[list[int]]]:
    symbols = [ID["system"], ID["steps left"], *encode(str(state.steps_left))]
    rows, columns = [0] * len(symbols), list(range(len(symbols)))
    starts: list[list[int]] = []
    bar = _WIDTH * (len(state.rows[0]) - 2)
    for i, row in enumerate(state.rows, 1):
        starts.append([])
        texts = _texts(row) or ()
        for j, text in enumerate(texts):
            column = _WIDTH * j
            if column == bar:
                symbols.append(ID["|"])
                rows.append(i)
                columns.append(bar)
                column += 1
            starts[-1].append(len(symbols))
            symbols += _encoded(text)
            rows += [i] * len(text)
            columns += range(column, column + len(text))
    tokens = np.array((symbols, rows, columns), np.int16).T.copy()
    tokens.setflags(write=False)
    return tokens, starts


@functools.lru_cache(maxsize=20_000)
def _encoded(text: str) -> tuple[int, ...]:
    return tuple(encode(text))


def environment() -> LinearSystem:
    """Two to four equations in two to four unknowns."""
    return LinearSystem()
