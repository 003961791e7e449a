"""Mazes: mark the cells of a shortest way from start to goal; in the mazes made here there is exactly one."""

import numpy as np

from zeroloop import _native
from zeroloop.errors import SettingError
from zeroloop.puzzles import Bool, Int64, Pairs, UInt8, UInt64, scramble

_WALL, _FLOOR, _START, _GOAL, _WAY = range(1, 6)
_SIGNS = "?# SGo"


class Maze:
    """Perfect mazes of height x width cells, border included, carved depth-first.

    least_share, most_share: the goal's distance from the start, as a share of the greatest there is.
    """

    name = "maze"
    version = 1
    vocab_size = 6

    def __init__(self, height: int, width: int, least_share: float, most_share: float) -> None:
        if min(height, width) < 5:
            raise SettingError(f"maze.height {height} and width {width} must be at least 5")
        if not 0 <= least_share <= most_share <= 1:
            raise SettingError(
                f"maze shares must be 0 <= least_share <= most_share <= 1, not {least_share} to {most_share}"
            )
        self.height, self.width, self._shares = height, width, (least_share, most_share)
        cells = np.arange(height * width)
        self.coordinates: Int64 = np.stack((cells // width, cells % width), axis=1)

    def generate(self, seed: int, count: int) -> Pairs:
        """See zeroloop.puzzles.Puzzle."""
        shape, rows = (count, self.height * self.width), np.arange(count)
        walls, starts, goals, ways = _native.maze_generate(seed % 2**64, count, self.height, self.width, *self._shares)
        questions = np.where(np.asarray(walls).reshape(shape) == 1, _WALL, _FLOOR).astype(np.uint8)
        answers = np.where(np.asarray(ways).reshape(shape) == 1, _WAY, questions).astype(np.uint8)
        for grid in (questions, answers):
            grid[rows, np.asarray(starts)], grid[rows, np.asarray(goals)] = _START, _GOAL
        return Pairs(questions, answers)

    def augment(self, pairs: Pairs, rng: np.random.Generator) -> Pairs:
        """Each maze flipped and, where it is square, turned."""
        chosen = rng.integers(len(self._images), size=len(pairs))
        cells = self._images[chosen]
        return Pairs(*(np.take_along_axis(grid, cells, 1) for grid in pairs))

    @property
    def _images(self) -> Int64:
        """[symmetries, T]: the cell that each symmetry brings to each place."""
        grid = np.arange(self.height * self.width).reshape(self.height, self.width)
        flips = [grid[::a, ::b] for a in (1, -1) for b in (1, -1)]
        if self.height == self.width:
            flips += [flip.T for flip in flips]
        return np.stack([flip.reshape(-1) for flip in flips])

    def fingerprint(self, questions: UInt8) -> UInt64:
        """The smallest hash among all symmetries of the maze."""
        places = scramble(np.arange(1, questions.shape[1] + 1, dtype=np.uint64))
        hashes = [scramble(places * questions[:, cells]).sum(1) for cells in self._images]
        least: UInt64 = np.min(hashes, axis=0)
        return least

    def valid(self, questions: UInt8, answers: UInt8) -> Bool:
        """Nothing but floor was changed, and what was marked is a way from start to goal of the smallest length."""
        marked = answers == _WAY
        kept = np.where(marked, questions == _FLOOR, questions == answers).all(1)
        ends = (questions == _START) | (questions == _GOAL)
        way = marked | ends
        length = self._distance(questions, questions != _WALL)
        valid: Bool = kept & (self._distance(questions, way) == length) & (way.sum(1) == length + 1) & (length > 0)
        return valid

    def _distance(self, questions: UInt8, open_cells: Bool) -> Int64:
        """[n] steps from start to goal over open cells, -1 where there is no way."""
        shape = (len(questions), self.height, self.width)
        reached, goal = (questions == _START).reshape(shape), (questions == _GOAL).reshape(shape)
        free = open_cells.reshape(shape)
        steps = np.full(len(questions), -1, np.int64)
        for count in range(1, self.height * self.width):
            spread = reached.copy()
            spread[:, 1:] |= reached[:, :-1]
            spread[:, :-1] |= reached[:, 1:]
            spread[:, :, 1:] |= reached[:, :, :-1]
            spread[:, :, :-1] |= reached[:, :, 1:]
            spread &= free
            if (spread == reached).all():
                break
            reached = spread
            steps[(reached & goal).any((1, 2)) & (steps < 0)] = count
        return steps

    def show(self, tokens: UInt8) -> str:
        """Rows of `#` wall, `S` start, `G` goal, `o` way."""
        text = "".join(_SIGNS[token] for token in tokens)
        return "\n".join(text[i : i + self.width] for i in range(0, len(text), self.width))


def puzzle(height: int = 15, width: int = 15, least_share: float = 0.5, most_share: float = 1.0) -> Maze:
    """Perfect mazes of height x width cells, border included."""
    return Maze(height, width, least_share, most_share)
