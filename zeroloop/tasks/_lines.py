"""An exact solver for games in which players put stones on a board in turn, and a line of so many in a row wins.

Written apart from the environments. Square i of a lane is bit `lane * (length + 1) + i`, where lanes are the columns of
a board that stones are dropped onto, from the bottom up, and the rows of one that they are placed on; the bit above
each lane stays 0, so that no line runs from one lane into the next.
"""

import functools
import random
from collections.abc import Iterator
from typing import NamedTuple

MAX_NODES = 4_000
"""Positions that are looked at before the value of one is given up as unknown."""


class Shape(NamedTuple):
    """The rules: so many lanes of so many squares, `connect` in a row win. drop: stones fall to the first free square
    of a lane."""

    lanes: int
    length: int
    connect: int
    drop: bool


class Analysis(NamedTuple):
    """What is known about a position.

    value: 1, 0 or -1 for the player to move, None where it was too much work. line: squares (lane, index) to the end of
    the game, where both play as well as they can; of unknown value, where the first player does not lose. nodes:
    positions looked at.
    """

    value: int | None
    line: tuple[tuple[int, int], ...]
    nodes: int


def value(shape: Shape, own: int, other: int, max_nodes: int) -> int | None:
    """1, 0 or -1 for the player to move, None where more nodes are needed; the position must not be over."""
    try:
        return _Solver(shape, max_nodes).value(own, other)
    except _TooMuchError:
        return None


def luck(shape: Shape, own: int, other: int, games: int, seed: int) -> tuple[float, float]:
    """The shares of random games from a position that its mover does not lose, and that it wins."""
    solver, generator = _Solver(shape, 0), random.Random(seed)
    results = [solver.play_randomly(own, other, generator) for _ in range(games)]
    return sum(result >= 0 for result in results) / games, results.count(1) / games


class _TooMuchError(Exception):
    """More nodes than were allowed."""


@functools.lru_cache(maxsize=4096)
def analyse(shape: Shape, own: int, other: int, max_nodes: int = MAX_NODES) -> Analysis | None:
    """The analysis of a position that is not over, given as the squares of the mover and of the other; None where the
    value is unknown, and no game was found that the mover does not lose."""
    solver = _Solver(shape, max_nodes)
    try:
        value, line = solver.value(own, other), [*solver.line(own, other)]
    except _TooMuchError:
        found = _Solver(shape, max_nodes).harmless(own, other)
        if found is None:
            return None
        value, line = None, found
    return Analysis(value, tuple(map(solver.square, line)), solver.nodes)


class _Solver:
    """Alpha-beta search with a window of one value, with memory; see `reaches`."""

    def __init__(self, shape: Shape, max_nodes: int) -> None:
        self.shape, self.max_nodes, self.nodes = shape, max_nodes, 0
        self.stride = shape.length + 1
        lane = (1 << shape.length) - 1
        self.board = sum(lane << number * self.stride for number in range(shape.lanes))
        self.bottom = sum(1 << number * self.stride for number in range(shape.lanes))
        self.shifts = (1, self.stride, self.stride + 1, self.stride - 1)
        self.memory: dict[tuple[int, int, int], bool] = {}
        self.forced: dict[tuple[int, int], bool] = {}
        self.completed: dict[int, int] = {}
        self.central = _weights(shape.connect, self.board, self.shifts)

    def square(self, bit: int) -> tuple[int, int]:
        """The lane and the place in it of a square given as its bit."""
        return divmod(bit.bit_length() - 1, self.stride)

    def playable(self, taken: int) -> int:
        """The squares on which a stone can be put."""
        return (taken + self.bottom) & self.board if self.shape.drop else self.board & ~taken

    def has_line(self, stones: int) -> bool:
        """Whether there is a line."""
        for shift in self.shifts:
            line = stones
            for step in range(1, self.shape.connect):
                line &= stones >> step * shift
            if line:
                return True
        return False

    def completing(self, stones: int) -> int:
        """The squares, free or not, that make a line of the stones beside them."""
        found = self.completed.get(stones)
        if found is None:
            found = self.completed[stones] = self._completing(stones)
        return found

    def _completing(self, stones: int) -> int:
        found, last = 0, self.shape.connect - 1
        if last == 3:  # by far the most frequent case, and half of all time
            for shift in self.shifts:
                up, down = stones >> shift, stones << shift
                up2, down2 = up & stones >> 2 * shift, down & stones << 2 * shift
                found |= up2 & (stones >> 3 * shift | down) | down2 & (stones << 3 * shift | up)
            return found & self.board
        for shift in self.shifts:
            before = [-1]
            for step in range(shift, last * shift + 1, shift):
                before.append(before[-1] & stones >> step)
            behind, step = -1, 0
            for after in reversed(before):
                found |= behind & after
                step += shift
                behind &= stones << step
        return found & self.board

    def value(self, own: int, other: int) -> int:
        """1, 0 or -1 for the mover, of a position that is not over."""
        return 1 if self.reaches(own, other, 1) else 0 if self.reaches(own, other, 0) else -1

    def after(self, own: int, other: int, move: int) -> int:
        """The value for the other player once the mover has made a move."""
        own |= move
        if self.has_line(own):
            return -1
        return self.value(other, own) if (own | other) != self.board else 0

    def reaches(self, own: int, other: int, goal: int) -> bool:
        """Whether the value for the mover is at least `goal`, 1 or 0."""
        found = self._at_once(own, other, goal)
        if found is not None:
            return found
        key = own, other, goal
        found = self.memory.get(key)
        if found is None:
            self.nodes += 1
            if self.nodes > self.max_nodes:
                raise _TooMuchError
            found = self.memory[key] = self._reaches(own, other, goal)
        return found

    def _at_once(self, own: int, other: int, goal: int) -> bool | None:
        """The same where it can be seen without a search, None elsewhere."""
        taken = own | other
        playable = self.playable(taken)
        if not playable:
            return goal == 0
        if self.completing(own) & playable:
            return True
        free = self.board & ~taken
        if goal == 0 and not self.has_line(other | free):
            return True
        if goal == 1 and not self.has_line(own | free):
            return False
        return None if self.candidates(own, other) else False

    def _reaches(self, own: int, other: int, goal: int) -> bool:
        if goal == 1 and self.forces(own, other):
            return True
        return any(not self.reaches(other, own | move, 1 - goal) for move in self.ordered(own, other))

    def candidates(self, own: int, other: int) -> int:
        """The moves that do not lose at once, for a mover who cannot win at once; none where all do."""
        taken = own | other
        playable, threats = self.playable(taken), self.completing(other) & ~taken
        must = threats & playable
        if must:
            playable = must if must & must - 1 == 0 else 0
        if self.shape.drop:
            playable &= ~(threats >> 1)  # a stone there would carry the other player's last one
        return playable

    def ordered(self, own: int, other: int) -> list[int]:
        """The candidates, those that threaten more and lie nearer to the middle first."""
        moves = [*_bits(self.candidates(own, other))]
        if len(moves) < 2:
            return moves
        free = self.board & ~(own | other)
        scores = {move: (self.completing(own | move) & free).bit_count() for move in moves}
        return sorted(moves, key=lambda move: (-scores[move], -self.central[move]))

    def forces(self, own: int, other: int) -> bool:
        """Whether the mover wins by moves each of which threatens to win with the next."""
        key = own, other
        found = self.forced.get(key)
        if found is None:
            self.nodes += 1
            if self.nodes > self.max_nodes:
                raise _TooMuchError
            found = self.forced[key] = self._forces(own, other)
        return found

    def _forces(self, own: int, other: int) -> bool:
        taken = own | other
        for move in _bits(self.candidates(own, other)):
            after = own | move
            playable = self.playable(taken | move)
            threats = self.completing(after) & ~taken & playable
            if not threats or self.completing(other) & playable:
                continue
            if threats & threats - 1:
                return True
            reply = other | threats
            then = self.playable(taken | move | threats)
            if self.completing(after) & then or (then and self.forces(after, reply)):
                return True
        return False

    def line(self, own: int, other: int) -> Iterator[int]:
        """Moves to the end of the game, as good as can be on both sides."""
        value = self.value(own, other)
        while True:
            winning = self.completing(own) & self.playable(own | other)
            moves = [*_bits(winning)] or self.ordered(own, other) or [*_bits(self.playable(own | other))]
            move = next(each for each in moves if value == -1 or -self.after(own, other, each) >= value)
            yield move
            own, other, value = other, own | move, -value
            if self.has_line(other) or (own | other) == self.board:
                return

    def harmless(self, own: int, other: int) -> list[int] | None:
        """Moves to the end of a game that who makes the first one does not lose, with the help of the other; None where
        there are none, or more nodes are needed to find them."""
        moves: list[int] = []
        return moves if self._harmless(own, other, moves) else None

    def _harmless(self, own: int, other: int, moves: list[int]) -> bool:
        playable = self.playable(own | other)
        if not playable:
            return True
        self.nodes += 1
        if self.nodes > self.max_nodes:
            return False
        completing, ours = self.completing(own) & playable, len(moves) % 2 == 0
        if completing and ours:
            moves.append(completing & -completing)
            return True
        for move in _bits(playable & ~completing):
            moves.append(move)
            if self._harmless(other, own | move, moves):
                return True
            moves.pop()
        return False

    def play_randomly(self, own: int, other: int, generator: random.Random) -> int:
        """The result of a random game for who makes the first move."""
        sign, moves = 1, [*_bits(self.playable(own | other))]
        while moves:
            at = int(generator.random() * len(moves))
            own |= moves[at]
            if self.has_line(own):
                return sign
            above = moves[at] << 1 & self.board if self.shape.drop else 0
            moves[at] = above or moves[-1]
            if not above:
                moves.pop()
            own, other, sign = other, own, -sign
        return 0


@functools.lru_cache(maxsize=64)
def _weights(connect: int, board: int, shifts: tuple[int, ...]) -> dict[int, int]:
    """For each square of a board the number of lines through it."""
    weights = dict.fromkeys(_bits(board), 0)
    for shift in shifts:
        for first in weights:
            line = [first << step * shift for step in range(connect)]
            if all(square in weights for square in line):
                for square in line:
                    weights[square] += 1
    return weights


def _bits(squares: int) -> Iterator[int]:
    """The squares of a set, each as a set of its own, lowest first."""
    while squares:
        yield squares & -squares
        squares &= squares - 1
