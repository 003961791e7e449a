"""The reference solver of linear systems: few row operations, found by elimination in every order and a beam search."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd
from typing import NamedTuple, TypeAlias

from zeroloop.tasks._linear_system_rows import Rows, Vector, all_solutions, eliminated, fractions, is_solved
from zeroloop.tasks._rationals import over_one_denominator

LARGEST, CHARACTERS = 9_999, 120
"""What the rules allow (zeroloop/envs/linear_system.py): entries, and characters of all rows together."""

Row: TypeAlias = tuple[int, ...]
"""Entries over their common denominator, which comes last."""

_BEAM = {2: 16, 3: 20, 4: 12}
"""Matrices that the beam search keeps at a time, by the number of rows."""


class Elimination(NamedTuple):
    """The multiple of row `source` is added to row `target` that makes its entry in `column` 0."""

    source: int
    target: int
    column: int


class Found(NamedTuple):
    """The fewest operations that were found, by name; nodes: matrices that were looked at."""

    cost: int
    steps: tuple[str, ...]
    nodes: int


class Reference:
    """The shortest of many solutions of a matrix: Gauss-Jordan elimination with pivots in every order, and a beam
    search over all eliminations. Divisions and swaps come last: none of them makes an entry 0."""

    def __init__(self, matrix: Sequence[Sequence[int]]) -> None:
        self.start = tuple(_reduced([*row, 1]) for row in matrix)
        self.count, self.variables = len(matrix), len(matrix[0]) - 1
        self.limit = CHARACTERS // self.count
        rows = fractions(matrix)
        self.pivots = eliminated([row[:-1] for row in rows])[1]
        self.consistent = all_solutions(rows) is not None
        self.columns = self.pivots if self.consistent else list(range(self.variables))
        self.nodes = 0
        self.seen: dict[tuple[tuple[Row, ...], frozenset[int], frozenset[int]], int] = {}
        self.steps: tuple[str, ...] | None = None

    def best(self) -> Found | None:
        """None where no solution stays within the limits of the rules."""
        if is_solved(fractions([row[:-1] for row in self.start])):
            return Found(0, (), 1)
        self.gauss_jordan(self.start, [], frozenset(range(self.count)), frozenset(self.columns))
        if self.consistent:
            self.beam()
        return Found(len(self.steps), self.steps, self.nodes) if self.steps is not None else None

    def gauss_jordan(
        self, rows: tuple[Row, ...], done: list[Elimination], rows_left: frozenset[int], left: frozenset[int]
    ) -> None:
        """Every order of pivots."""
        self.nodes += 1
        if self.steps is not None and len(done) >= len(self.steps):
            return
        place = rows, rows_left, left
        if self.seen.get(place, len(done) + 1) <= len(done):
            return
        self.seen[place] = len(done)
        places = [(i, c) for i in sorted(rows_left) for c in sorted(left) if rows[i][c]]
        if not places and self.consistent:
            self.finish(rows, done)
        for i, column in places:
            after, steps = rows, list(done)
            for j in range(self.count):
                if j == i or not after[j][column]:
                    continue
                row = self.eliminate(after, i, j, column)
                if row is None:
                    break
                after = (*after[:j], row, *after[j + 1 :])
                steps.append(Elimination(i, j, column))
                if not self.consistent and row[self.variables] and not any(row[: self.variables]):
                    self.finish(after, _needed(steps))
                    break
            else:
                self.gauss_jordan(after, steps, rows_left - {i}, left - {column})

    def beam(self) -> None:
        """All eliminations in pivot columns; kept are the matrices with the fewest entries to eliminate."""
        level: list[tuple[tuple[Row, ...], list[Elimination]]] = [(self.start, [])]
        seen = {self.start}
        while level and (self.steps is None or len(level[0][1]) + 1 < len(self.steps)):
            following: list[tuple[int, int, tuple[Row, ...], list[Elimination]]] = []
            for rows, done in level:
                for elimination, after in self.eliminations(rows):
                    if after in seen:
                        continue
                    seen.add(after)
                    self.nodes += 1
                    entries = sum(row[column] != 0 for row in after for column in self.columns)
                    if entries == len(self.columns):
                        self.finish(after, [*done, elimination])
                    else:
                        size = sum(abs(number) for row in after for number in row)
                        following.append((entries, size, after, [*done, elimination]))
            following.sort(key=lambda each: each[:3])
            level = [(after, done) for _, _, after, done in following[: _BEAM[self.count]]]

    def eliminations(self, rows: tuple[Row, ...]) -> Iterator[tuple[Elimination, tuple[Row, ...]]]:
        """What each leads to."""
        for i in range(self.count):
            for j in range(self.count):
                for column in self.columns:
                    if i != j and rows[i][column] and rows[j][column]:
                        row = self.eliminate(rows, i, j, column)
                        if row is not None:
                            yield Elimination(i, j, column), (*rows[:j], row, *rows[j + 1 :])

    def eliminate(self, rows: tuple[Row, ...], i: int, j: int, column: int) -> Row | None:
        """Row j without its entry in the column; None where it is too large for the rules."""
        source, target = rows[i], rows[j]
        by, times = source[column], target[column]
        row = _reduced([*(t * by - s * times for t, s in zip(target[:-1], source, strict=False)), target[-1] * by])
        return row if _fits(row, self.limit) else None

    def finish(self, rows: tuple[Row, ...], eliminations: Sequence[Elimination]) -> None:
        """Keep the steps if they are the fewest: the eliminations, then the divisions and swaps that are needed."""
        work, steps = [list(map(Fraction, row[:-1])) for row in self.start], list[str]()
        for i, j, column in eliminations:
            factor = -work[j][column] / work[i][column]
            work[j] = [a + factor * b for a, b in zip(work[j], work[i], strict=True)]
            steps.append(f"add {factor} * row {i + 1} to row {j + 1}")
        if self.consistent:
            for at, row in enumerate(work):
                pivot = next((row[column] for column in self.pivots if row[column]), Fraction(1))
                if pivot != 1:
                    work[at] = [number / pivot for number in row]
                    steps.append(f"divide row {at + 1} by {pivot}")
                    if not _fits(_row(work[at]), self.limit):
                        return
            for place, column in enumerate(self.pivots):
                at = next(i for i, row in enumerate(work) if row[column])
                if at != place:
                    work[at], work[place] = work[place], work[at]
                    steps.append(f"swap rows {place + 1} and {at + 1}")
        if self.steps is None or len(steps) < len(self.steps):
            self.steps = tuple(steps)


def _needed(eliminations: Sequence[Elimination]) -> list[Elimination]:
    """Those that the row changed last depends on."""
    kept, rows = list[Elimination](), {eliminations[-1].target}
    for elimination in reversed(eliminations):
        if elimination.target in rows:
            rows.add(elimination.source)
            kept.append(elimination)
    return kept[::-1]


def _reduced(numbers: Sequence[int]) -> Row:
    """Without a common divisor, and with a denominator above 0."""
    common = gcd(*numbers) * (1 if numbers[-1] > 0 else -1)
    return tuple(number // common for number in numbers)


def _row(numbers: Vector) -> Row:
    numerators, denominator = over_one_denominator(numbers)
    return *numerators, denominator


def _fits(row: Row, limit: int) -> bool:
    """Whether the entries are small enough, and short enough as text."""
    length = 0
    for number in row[:-1]:
        common = gcd(number, row[-1])
        top, bottom = abs(number) // common, row[-1] // common
        if top > LARGEST or bottom > LARGEST:
            return False
        length += len(str(top)) + (number < 0) + (1 + len(str(bottom)) if bottom > 1 else 0)
    return length <= limit


def fits_at_first(matrix: Sequence[Sequence[int]]) -> bool:
    """Whether the rules allow to begin with it."""
    return all(_fits((*row, 1), CHARACTERS // len(matrix)) for row in matrix)


def fewest_operations(rows: Rows) -> int:
    """How many the reference needs; 0 where it finds no way."""
    found = Reference([[int(number) for number in row] for row in rows]).best()
    return found.cost if found else 0
