"""Latin squares with holes: each number once in every row and every column."""

import numpy as np

from zeroloop.contracts import Task
from zeroloop.tasks._constraint_solver import Puzzle, Solver
from zeroloop.tasks._number_grids import NumberGridKind, Rows, drawing, rows_of


class LatinSquare(NumberGridKind):
    """Dial: 4 to 10 rows, and the share of empty cells, from 45 to 60 %.

    Of some squares with so many holes the one that takes the reference the longest is chosen.
    """

    name = "latin_square"
    version = 2

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        side = 4 + min(6, int(7 * difficulty))
        holes = round(side * side * (0.45 + 0.15 * difficulty))
        candidates = [_dug(rng, side, holes) for _ in range(1 + round(2 * difficulty))]
        grid = max(candidates, key=lambda each: Solver(_puzzle(each)).solve(limit=1).nodes)
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"Fill in the empty cells of this {side} x {side} grid, shown as dots, so that every row and every "
                f"column holds each of the numbers 1 to {side} exactly once. There is one solution.\n\n"
                f"{drawing(grid)}\n\nAnswer with the {side} rows."
            ),
            "grid": grid,
        }
        solution = self.solve(task)
        assert solution is not None, "the grid was made from its solution"
        return {**task, "answer": solution.answer, "steps": [*solution.steps]}


def _puzzle(grid: Rows) -> Puzzle:
    side = len(grid)
    lines = [tuple(range(i * side, i * side + side)) for i in range(side)]
    lines += [tuple(range(i, side * side, side)) for i in range(side)]
    domains = (1 << number >> 1 if number else (1 << side) - 1 for row in grid for number in row)
    return Puzzle(side, tuple(domains), tuple(lines))


def _dug(rng: np.random.Generator, side: int, holes: int) -> Rows:
    """A random square without some numbers, as many as `holes` where so many can go: each went only where no other
    number fits its cell."""
    solver = Solver(_puzzle([[0] * side for _ in range(side)]))
    anything = (1 << side) - 1
    domains = [1 << value for value in solver.solve(limit=1, rng=rng).solutions[0]]
    left = holes
    for cell in rng.permutation(side * side).tolist():
        if not left:
            break
        others = [*domains[:cell], anything & ~domains[cell], *domains[cell + 1 :]]
        if not solver.solve(limit=1, domains=others).solutions:
            domains[cell] = anything
            left -= 1
    return rows_of([domain.bit_length() if domain & (domain - 1) == 0 else 0 for domain in domains])


def kind() -> LatinSquare:
    """A square with holes."""
    return LatinSquare()
