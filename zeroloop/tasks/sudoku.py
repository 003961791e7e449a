"""Sudoku: each number once in every row, column and box."""

import numpy as np

from zeroloop import _native
from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.task_fields import integers
from zeroloop.tasks._number_grids import NumberGridKind, drawing, rows_of

_SHAPES = ((2, 2), (2, 3), (3, 3))
_CLUES = ((4, 8), (8, 16), (17, 36))
"""By shape: the fewest clues that a puzzle may have, which minimal ones hardly ever reach, and those of easy ones."""


class Sudoku(NumberGridKind):
    """Dial: 2 x 2, 2 x 3 and 3 x 3 boxes, ever fewer clues, and from 3 x 3 on rounds of a search for harder puzzles."""

    name = "sudoku"
    version = 2
    most = 9

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        at = min(2, int(3.2 * difficulty))
        height, width = _SHAPES[at]
        within = 3.2 * difficulty - at if at < 2 else (difficulty - 2 / 3.2) / (1 - 2 / 3.2)
        few, many = _CLUES[at]
        clues = round(many + (few - many) * min(1.0, 1.2 * within))
        rounds = round(20 * within) if at == 2 else 0
        seed = int(rng.integers(1 << 63))
        grids, answers = _native.sudoku_generate(seed, 1, height, width, clues, clues, rounds)
        grid, answer = (rows_of(np.asarray(each).ravel().tolist()) for each in (grids, answers))
        side = height * width
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"Solve this Sudoku: fill in the empty cells, shown as dots, so that every row, every column and every "
                f"box of {height} rows and {width} columns holds each of the numbers 1 to {side} exactly once. There "
                f"is one solution.\n\n{drawing(grid)}\n\nAnswer with the {side} rows."
            ),
            "grid": grid,
            "box": [height, width],
        }
        solution = self.solve(task)
        assert solution is not None and solution.answer == answer, "the grid was made from its solution"
        return {**task, "answer": solution.answer, "steps": [*solution.steps]}

    def boxes(self, task: Task, side: int) -> list[tuple[int, ...]]:
        """The cells of each box, boxes from left to right and from top to bottom."""
        height, width = integers(task, "box", 1, 9, least=2, most=2)
        if height * width != side:
            raise TaskError(f"box {height} x {width} must have as many cells as the grid has rows, {side}")
        return [
            tuple((top + i) * side + left + j for i in range(height) for j in range(width))
            for top in range(0, side, height)
            for left in range(0, side, width)
        ]


def kind() -> Sudoku:
    """A grid with boxes."""
    return Sudoku()
