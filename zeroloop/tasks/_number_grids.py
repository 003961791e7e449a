"""What Latin squares and Sudoku share: grids of numbers in tasks, statements and answers."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.task_fields import integers
from zeroloop.tasks._constraint_chain import Wording
from zeroloop.tasks._constraint_solver import Puzzle
from zeroloop.tasks._constraints import ConstraintKind, Statement
from zeroloop.tasks._kinds import drawn, endless
from zeroloop.tasks._notation import plain

_ROW = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_BETWEEN_ROWS = re.compile(r"\s*[\n/;|]\s*")
_NUMBER = re.compile(r"\d{1,2}", re.ASCII)
Rows = list[list[int]]


class NumberGridKind(ConstraintKind):
    """The base of puzzles on a square grid in which every row and column, and every box, holds each number once."""

    most: ClassVar[int] = 10
    """Rows, at most."""

    def boxes(self, task: Task, side: int) -> list[tuple[int, ...]]:
        """The cells of each box. Raises TaskError."""
        return []

    def statement(self, task: Task) -> Statement:
        """The grid, with the rules for rows, columns and boxes."""
        grid = _read_grid(task, self.most)
        side = len(grid)
        cells = range(side * side)
        rows = [tuple(cell for cell in cells if cell // side == line) for line in range(side)]
        columns = [tuple(cell for cell in cells if cell % side == line) for line in range(side)]
        boxes = self.boxes(task, side)
        domains = tuple(1 << number >> 1 if number else (1 << side) - 1 for row in grid for number in row)
        wording = Wording(
            names=tuple(f"row {cell // side + 1}, column {cell % side + 1}" for cell in cells),
            values=tuple(str(number) for number in range(1, side + 1)),
            verb="is",
            only=f"every other number is in its {'row, column or box' if boxes else 'row or column'}",
        )
        return Statement(Puzzle(side, domains, (*rows, *columns, *boxes)), wording)

    def values(self, statement: Statement, answer: Any) -> tuple[int, ...]:
        """The numbers of all cells, less one."""
        side = statement.puzzle.size
        rows = _read_rows(answer, side)
        if len(rows) != side or any(len(row) != side for row in rows):
            shape = f"{len(rows)} rows of {', '.join(map(str, sorted({len(row) for row in rows})[:5]))}"
            raise TaskError(f"answer: expected {side} rows of {side} numbers, not {shape}")
        for i, row in enumerate(rows):
            for j, number in enumerate(row):
                if not 1 <= number <= side:
                    raise TaskError(f"answer: row {i + 1}, column {j + 1} is no number from 1 to {side}")
        return tuple(number - 1 for row in rows for number in row)

    def answer(self, statement: Statement, values: Sequence[int]) -> Rows:
        """Rows of numbers."""
        return rows_of([value + 1 for value in values])

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The solution as lists and as lines of numbers, with and without spaces, commas and brackets."""
        rows = task["answer"]
        return endless(lambda: _written(rows, rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The solution with a number changed, two exchanged or two lines exchanged, renamed, cut off or too long; the
        puzzle itself; and what is no grid."""
        rows: Rows = task["answer"]
        side = len(rows)

        def copy() -> Rows:
            return [[*row] for row in rows]

        def changed() -> Rows:
            grid, (i, j) = copy(), rng.integers(side, size=2).tolist()
            grid[i][j] = drawn(rng, [n for n in range(side + 2) if n != grid[i][j]])
            return grid

        def exchanged() -> Rows:
            grid, i = copy(), int(rng.integers(side))
            a, b = rng.choice(side, 2, replace=False).tolist()
            grid[i][a], grid[i][b] = grid[i][b], grid[i][a]
            return grid

        def lines() -> Rows:
            grid = copy()
            a, b = rng.choice(side, 2, replace=False).tolist()
            grid[a], grid[b] = grid[b], grid[a]
            if agrees(task["grid"], grid):  # neither row is given a number: the rows themselves tell them apart
                return changed()
            return grid

        def cut() -> Rows:
            grid = copy()
            narrow, short = [row[:-1] for row in grid], [*grid[:-1], grid[-1][:-1]]
            return drawn(rng, [grid[:-1], grid[1:], narrow, short, [*grid, grid[0]]])

        def unreadable() -> Any:
            text = "\n".join(" ".join(map(str, row)) for row in rows)
            flat = [number for row in rows for number in row]
            return drawn(
                rng,
                [
                    *(None, True, "", {}, [], flat[0], flat, {"answer": rows}, [rows]),
                    *(f"{text} x", f"x{text}", f"-{text}"),
                    [[float(number) + 0.5 for number in row] for row in rows],
                    [[str(number) for number in row] for row in rows],
                    [*rows[:-1], None],
                    f"{text}\n{text}",
                    text.replace(str(rows[0][0]), "?"),
                ],
            )

        return endless(
            lambda: _written(changed(), rng),
            lambda: _written(exchanged(), rng),
            lambda: _written(lines(), rng),
            lambda: _written(cut(), rng),
            lambda: _written(task["grid"], rng),
            unreadable,
            rng=rng,
        )


def agrees(grid: Rows, rows: Rows) -> bool:
    """Whether rows have the numbers that a grid gives."""
    return all(
        given in (0, number)
        for row, filled in zip(grid, rows, strict=True)
        for given, number in zip(row, filled, strict=True)
    )


def rows_of(numbers: Sequence[int]) -> Rows:
    """The rows of a square grid, from its cells row by row."""
    side = int(len(numbers) ** 0.5)
    return [list(numbers[i : i + side]) for i in range(0, len(numbers), side)]


def drawing(grid: Rows) -> str:
    """Lines of numbers, with dots for empty cells."""
    return "\n".join(" ".join(str(number or ".") for number in row) for row in grid)


def _read_grid(task: Task, most: int) -> Rows:
    """The rows of `grid`. Raises TaskError where they are no square with something to fill in."""
    rows = task.get("grid") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not 2 <= len(rows) <= most:
        raise TaskError(f"grid must be a list of 2 to {most} rows of numbers, 0 for an empty cell")
    side = len(rows)
    names = [f"grid[{i}]" for i in range(side)]
    grid = [integers({name: row}, name, 0, side, side, side) for name, row in zip(names, rows, strict=True)]
    if all(map(all, grid)):
        raise TaskError("grid: nothing is left to fill in; empty cells are 0")
    return grid


def _read_rows(answer: Any, side: int) -> Rows:
    """The rows of an answer: lists of numbers; lines of numbers with spaces or commas between them, or of single
    digits, set apart by new lines, "/", ";" or "|"; or lists in brackets. Raises TaskError."""
    if isinstance(answer, str):
        text = plain(answer)
        inner = _ROW.findall(text) if text.startswith(("[", "(")) else []
        if inner and _ROW.sub("", text).strip("()[], \n"):
            raise TaskError(f"answer: expected rows of numbers, not {answer[:80]!r}")
        return [_line(line, side) for line in inner or _BETWEEN_ROWS.split(text)]
    if not isinstance(answer, list | tuple) or len(answer) > side + 1:
        raise TaskError(f"answer: expected {side} rows of numbers, not {type(answer).__name__}")
    return [_line(row, side) for row in answer]


def _line(row: Any, side: int) -> list[int]:
    if isinstance(row, str):
        words = row.replace(",", " ").split()
        if len(words) == 1 and side < 10:
            words = [*words[0]]
        if len(row) > 100 or not all(map(_NUMBER.fullmatch, words)):
            raise TaskError(f"answer: expected a row of numbers such as '1 2 3', not {row[:80]!r}")
        return [int(word) for word in words]
    if not isinstance(row, list | tuple) or len(row) > side + 1:
        raise TaskError(f"answer: expected rows of {side} numbers, not {type(row).__name__}")
    if not all(type(number) is int for number in row):  # a boolean is no number, and neither is 1.0
        raise TaskError("answer: expected rows of whole numbers")
    return list(row)


def _written(rows: Rows, rng: np.random.Generator) -> Any:
    """Rows as lists or as text, in a randomly chosen notation."""
    texts = [drawn(rng, [" ", ", ", ","]).join(map(str, row)) for row in rows]
    together = ["".join(map(str, row)) for row in rows] if len(rows) < 10 else texts
    ways = [
        rows,
        tuple(map(tuple, rows)),
        texts,
        together,
        "\n".join(texts),
        "\n".join(together),
        f"\n{drawing(rows)}\n" if all(map(all, rows)) else texts,
        drawn(rng, ["/", " / ", ";", "; ", " | "]).join(texts),
        "/".join(together),
        f"[{', '.join(f'[{text}]' for text in texts)}]",
        str(rows),
    ]
    return drawn(rng, ways)
