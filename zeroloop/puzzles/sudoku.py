"""Sudoku of any size: every row, column and box holds each digit once; puzzles have one solution."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from zeroloop import _native
from zeroloop.errors import SettingError
from zeroloop.puzzles import Bool, Int64, Pairs, UInt8, UInt64, scramble

_BLANK = 1  # token of an empty cell; digit d is token d + 1
_DIGITS = "123456789ABCDEFGHIJKLMNOP"


class Sudoku:
    """Puzzles on boxes of box_height x box_width cells, dug from random solutions.

    least_clues, most_clues: a puzzle is dug until it is minimal or has a number of clues between the two, drawn anew
    for each. hardening: rounds of local search for puzzles that need more guesses.
    """

    name = "sudoku"
    version = 1

    def __init__(self, box_height: int, box_width: int, least_clues: int, most_clues: int, hardening: int) -> None:
        side = box_height * box_width
        if box_height < 1 or box_width < 1 or not 2 <= side <= len(_DIGITS):
            raise SettingError(
                f"sudoku.box_height {box_height} times box_width {box_width} must be from 2 to {len(_DIGITS)}"
            )
        if not 0 <= least_clues <= most_clues <= side * side:
            raise SettingError(
                f"sudoku clues must be 0 <= least_clues <= most_clues <= {side * side}, not {least_clues} to "
                f"{most_clues}"
            )
        if hardening < 0:
            raise SettingError(f"sudoku.hardening must be at least 0, not {hardening}")
        self.box_height, self.box_width, self.side = box_height, box_width, side
        self._clues, self._hardening = (least_clues, most_clues), hardening
        self.vocab_size = side + 2
        cells = np.arange(side * side)
        self.coordinates: Int64 = np.stack((cells // side, cells % side), axis=1)

    def generate(self, seed: int, count: int) -> Pairs:
        """See zeroloop.puzzles.Puzzle."""
        shape = (count, self.side * self.side)
        found = _native.sudoku_generate(
            seed % 2**64, count, self.box_height, self.box_width, *self._clues, self._hardening
        )
        questions, answers = (np.asarray(grids).reshape(shape) + np.uint8(1) for grids in found)
        return Pairs(questions, answers)

    def augment(self, pairs: Pairs, rng: np.random.Generator) -> Pairs:
        """Digits renamed, rows and columns permuted within and among their bands, and square boxes transposed."""
        n, side = len(pairs), self.side
        rows = self._line_order(n, self.box_height, rng)
        columns = self._line_order(n, self.box_width, rng)
        cells = rows[:, :, None] * side + columns[:, None, :]
        if self.box_height == self.box_width:
            flipped = rng.random(n) < 0.5
            cells[flipped] = cells[flipped].swapaxes(1, 2)
        cells = cells.reshape(n, -1)
        names = np.empty((n, side + 2), np.uint8)
        names[:, :2] = (0, _BLANK)
        names[:, 2:] = rng.permuted(np.tile(np.arange(2, side + 2, dtype=np.uint8), (n, 1)), axis=1)
        renamed = (np.take_along_axis(names, np.take_along_axis(grid, cells, 1), 1) for grid in pairs)
        return Pairs(*renamed)

    def _line_order(self, n: int, band: int, rng: np.random.Generator) -> Int64:
        """[n, side]: lines shuffled within bands of `band` lines, and bands among each other."""
        bands = self.side // band
        starts = rng.permuted(np.tile(np.arange(bands) * band, (n, 1)), axis=1)
        within = rng.permuted(np.tile(np.arange(band), (n * bands, 1)), axis=1).reshape(n, bands, band)
        order: Int64 = (starts[:, :, None] + within).reshape(n, self.side)
        return order

    def fingerprint(self, questions: UInt8) -> UInt64:
        """Colour refinement: a cell's colour gathers those of its row, column and box, and of the cells that hold its
        digit. No symmetry changes the sum over all cells."""
        given = np.asarray(questions > _BLANK)
        colors = given.astype(np.uint64)
        same = (questions[:, :, None] == questions[:, None, :]) & given[:, :, None]
        for round_ in range(4):
            mixed = scramble(colors + np.uint64(round_ + 1))
            rows, columns, boxes = (mixed @ line for line in self._lines)
            digits = np.einsum("nij,nj->ni", same, mixed)
            colors = mixed + scramble(rows) + scramble(columns)
            colors = scramble(colors + scramble(boxes + np.uint64(3)) + scramble(digits + np.uint64(11)))
        total: UInt64 = scramble(colors).sum(1)
        return total

    @cached_property
    def _lines(self) -> list[UInt64]:
        """Three matrices uint64 [cells, cells]: 1 where two cells share their row, column, box."""
        return [(unit[:, None] == unit[None, :]).astype(np.uint64) for unit in self._units]

    @cached_property
    def _units(self) -> list[npt.NDArray[np.int64]]:
        """The row, the column and the box of each cell, [cells] each."""
        row, column = self.coordinates.T
        return [row, column, row // self.box_height * self.box_height + column // self.box_width]

    def valid(self, questions: UInt8, answers: UInt8) -> Bool:
        """Clues kept, and each digit once in every row, column and box."""
        kept = ((questions == _BLANK) | (questions == answers)).all(1)
        inside: Bool = np.all((answers > _BLANK) & (answers < self.vocab_size), axis=1)
        digits = np.where(inside[:, None], answers, 2).astype(np.uint32) - 2
        complete = np.ones(len(answers), np.bool_)
        for unit in self._units:
            seen = np.zeros((len(answers), self.side), np.uint32)
            for index in range(self.side):
                seen[:, index] = np.bitwise_or.reduce(np.uint32(1) << digits[:, unit == index], axis=1)
            complete &= (seen == (1 << self.side) - 1).all(1)
        valid: Bool = kept & inside & complete
        return valid

    def show(self, tokens: UInt8) -> str:
        """Rows of digits, `.` for an empty cell."""
        text = "".join("." if token == _BLANK else _DIGITS[token - 2] for token in tokens)
        return "\n".join(" ".join(text[i : i + self.side]) for i in range(0, len(text), self.side))


def puzzle(
    box_height: int = 3, box_width: int = 3, least_clues: int = 0, most_clues: int = 0, hardening: int = 10
) -> Sudoku:
    """Sudoku on boxes of box_height x box_width cells; the defaults give hard minimal 9x9 puzzles."""
    return Sudoku(box_height, box_width, least_clues, most_clues, hardening)
