"""Tic-tac-toe on a board of any size up to 64 squares: sets of squares are the bits of integers."""

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from zeroloop import _native
from zeroloop.contracts import Action, Float32, Int32, Request, Transition, UInt8, UInt64
from zeroloop.envs._helpers import after_moves, board_tokens, legal_csr, parse_by_name, task_moves
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.observers import Int16
from zeroloop.seeding import stream
from zeroloop.vocabulary import ID

Bool = npt.NDArray[np.bool_]

LARGEST = 64
"""Squares of a board, at most."""


@dataclass(frozen=True, slots=True)
class Position:
    """The squares of the player to move, and the opponent's: bit i for square i, in reading order.

    moves: squares taken since the start of the episode; no rule and no comparison of positions looks at them.
    """

    own: int
    opponent: int
    moves: tuple[Action, ...] = field(default=(), compare=False, repr=False)


class _Board:
    """What follows from the size alone.

    symmetries: int32 [S, squares], where each square goes. sources: where each comes from. runs: for each of the four
    directions the distance between neighbours in bits, and the set of squares at which a line begins.
    """

    def __init__(self, width: int, height: int, connect: int) -> None:
        for setting, value in {"width": width, "height": height, "connect": connect}.items():
            if not isinstance(value, int) or value < 1:
                raise SettingError(f"tic_tac_toe.{setting} must be an integer of at least 1, not {value!r}")
        if width * height > LARGEST:
            raise SettingError(
                f"tic_tac_toe: {width}x{height} are {width * height} squares; allowed: at most {LARGEST}, so choose a "
                "smaller width or height"
            )
        if connect > max(width, height):
            raise SettingError(
                f"tic_tac_toe.connect {connect} does not fit on a board of {width}x{height}; "
                f"allowed: 1 to {max(width, height)}, or choose a larger width or height"
            )
        self.width, self.height, self.connect = width, height, connect
        self.squares = width * height
        self.full = (1 << self.squares) - 1
        self.symmetries = _symmetries(width, height)
        self.sources = np.argsort(self.symmetries, axis=1)
        self.runs = [(down * width + right, self._starts(down, right)) for down, right in _DIRECTIONS]
        self.places = np.arange(self.squares, dtype=np.uint64)

    def _starts(self, down: int, right: int) -> int:
        """The squares at which a line in that direction can begin, without leaving the board."""
        reach = self.connect - 1
        rows = range(self.height - reach * down)
        columns = range(max(0, -reach * right), self.width - max(0, reach * right))
        return sum(1 << row * self.width + column for row in rows for column in columns)

    def has_line(self, squares: int) -> bool:
        """Whether the set of squares has a line."""
        for distance, starts in self.runs:
            line = squares & starts
            for step in range(1, self.connect):
                line &= squares >> step * distance
            if line:
                return True
        return False

    def have_lines(self, squares: UInt64) -> Bool:
        """bool [n]: which of many sets have a line."""
        found = np.zeros(len(squares), np.uint64)
        for distance, starts in self.runs:
            line = squares & np.uint64(starts)
            for step in range(1, self.connect if starts else 1):
                line &= squares >> np.uint64(step * distance)
            found |= line
        return cast(Bool, found != 0)

    def line(self, squares: int) -> list[int]:
        """The squares of the first line in a set that has one."""
        for distance, starts in self.runs:
            for square in range(self.squares):
                run = [square + step * distance for step in range(self.connect)]
                if starts >> square & 1 and all(squares >> each & 1 for each in run):
                    return run
        raise ValueError("no line")

    def unpack(self, squares: UInt64) -> Bool:
        """bool [..., squares]: many sets square by square."""
        return cast(Bool, (squares[..., None] >> self.places & np.uint64(1)).astype(np.bool_))


_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))


def _symmetries(width: int, height: int) -> Int32:
    """Of a square board the four turns and the turns of its mirror image, of an oblong one half of them."""
    board = np.arange(width * height).reshape(height, width)
    if width == height:
        images = [np.rot90(side, turns) for side in (board, board.T) for turns in range(4)]
    else:
        images = [np.rot90(side, turns) for side in (board, board[:, ::-1]) for turns in (0, 2)]
    return np.array([np.argsort(image.ravel()) for image in images], np.int32)


class TicTacToe:
    """`connect` in a row win, a full board is a draw. Actions are squares from 0 in reading order, shown from 1 on.

    Observation planes: the mover's squares, the opponent's. Symmetries: the eight of the square, or the four of an
    oblong board.
    Raises SettingError where a size is not a positive integer, there are too many squares, or no line fits.
    """

    name = "tic_tac_toe"
    version = 1
    num_players = 2
    _board = _Board(3, 3, 3)

    def __init__(self, width: int = 3, height: int = 3, connect: int = 3) -> None:
        self._board = _Board(width, height, connect)

    @property
    def width(self) -> int:
        """Squares in a row of the board."""
        return self._board.width

    @property
    def height(self) -> int:
        """Rows of the board."""
        return self._board.height

    @property
    def connect(self) -> int:
        """Squares in a line that wins."""
        return self._board.connect

    @property
    def num_actions(self) -> int:
        """One for each square."""
        return self._board.squares

    @property
    def num_tokens(self) -> int:
        """One for each square."""
        return self._board.squares

    @property
    def observation_shape(self) -> tuple[int, int, int]:
        """See PlanesEnvironment."""
        return 2, self._board.height, self._board.width

    @property
    def symmetries(self) -> Int32:
        """See Environment."""
        return self._board.symmetries

    def initial_state(self, task: dict[str, Any] | None = None) -> Position:
        """The empty board, or the board after `task["moves"]` such as "519" (from 10 squares on: "5 12 9").

        Raises IllegalActionError naming the move and why it is illegal.
        """
        reached: Position = after_moves(self, Position(0, 0), task_moves(task))
        return Position(reached.own, reached.opponent)

    def legal_actions(self, state: Position) -> list[Action]:
        """Free squares, none when the game is over."""
        if self._board.has_line(state.opponent):
            return []
        free = ~(state.own | state.opponent)
        return [square for square in range(self._board.squares) if free >> square & 1]

    def step(self, state: Position, action: Action) -> Transition:
        """Take a square. Reward 1 for a line, 0 otherwise."""
        board, taken = self._board, state.own | state.opponent
        if not 0 <= action < board.squares or taken >> action & 1 or board.has_line(state.opponent):
            free = ", ".join(str(a + 1) for a in self.legal_actions(state)) or "none, the game is over"
            raise IllegalActionError(f"square {action + 1} cannot be taken; allowed: {free}")
        own = state.own | 1 << action
        won = board.has_line(own)
        terminal = won or own | state.opponent == board.full
        after = Position(state.opponent, own, (*state.moves, action))
        return Transition(after, float(won), 0.0 if terminal else -1.0, terminal)

    def key(self, state: Position) -> Position:
        """The position itself; its moves are not compared."""
        return state

    def observe(self, state: Position, symmetry: int = 0) -> Float32:
        """Planes [2, height, width]: the mover's squares, the opponent's."""
        plain = self._board.unpack(np.array([state.own, state.opponent], np.uint64))
        turned: Float32 = np.take(plain, self._board.sources[symmetry], axis=1).astype(np.float32)
        return turned.reshape(self.observation_shape)

    def tokens(self, state: Position, symmetry: int = 0) -> Int16:
        """A token for each square."""
        return board_tokens(self.observe(state, symmetry))

    def action_tokens(self, state: Position, action: Action, symmetry: int = 0) -> tuple[list[int], list[int]]:
        """To place a stone on a square."""
        return [ID["place"]], [int(self.symmetries[symmetry, action])]

    def describe(self, state: Position) -> str:
        """The board, first player X, free squares by their number, and whose turn it is or how it ended."""
        mover, other = self._signs(state)
        squares, width = self._board.squares, self._board.width
        numbers = [str(square + 1).rjust(len(str(squares))) for square in range(squares)]
        signs = [
            (mover if state.own >> i & 1 else other if state.opponent >> i & 1 else number).rjust(len(number))
            for i, number in enumerate(numbers)
        ]
        lost = self._board.has_line(state.opponent)
        end = f"{other} has won" if lost else f"{mover} to move" if self.legal_actions(state) else "draw"
        return "\n".join([*(" ".join(signs[i : i + width]) for i in range(0, squares, width)), end])

    def action_name(self, state: Position, action: Action) -> str:
        """The square's number, counted from 1 in reading order."""
        return str(action + 1)

    def parse_action(self, state: Position, text: str) -> Action:
        """The free square with that number. Raises IllegalActionError with the free ones."""
        return parse_by_name(self, state, text)

    def answer(self, state: Position) -> list[str]:
        """The squares taken since the start, by both players in turn."""
        return [str(action + 1) for action in state.moves]

    def claim(self, state: Position, action: Action) -> str:
        """Such as "X plays square 9: row 3, column 3, and wins with 3 in a row: 1, 5, 9."."""
        own = state.own | 1 << action
        row, column = divmod(action, self._board.width)
        end = ""
        if self._board.has_line(own):
            line = ", ".join(str(square + 1) for square in self._board.line(own))
            end = f", and wins with {self._board.connect} in a row: {line}"
        elif own | state.opponent == self._board.full:
            end = ", and the board is full: a draw"
        return f"{self._signs(state)[0]} plays square {action + 1}: row {row + 1}, column {column + 1}{end}."

    def _signs(self, state: Position) -> tuple[str, str]:
        """The signs of the mover and of the other; X began."""
        return ("X", "O") if (state.own | state.opponent).bit_count() % 2 == 0 else ("O", "X")

    def batch(self, num_slots: int, lookahead: bool = True) -> "TicTacToeStates":
        """Positions by slot, stepped with operations on the bits of whole arrays."""
        return TicTacToeStates(self, num_slots, lookahead)


class TicTacToeStates:
    """Positions by slot: uint64 [num_slots] sets of squares of the mover and of the opponent, and the moves of each."""

    def __init__(self, environment: TicTacToe, num_slots: int, lookahead: bool) -> None:
        self.environment = environment
        self._lookahead = lookahead
        self._board = environment._board
        self._own = np.zeros(num_slots, np.uint64)
        self._opponent = np.zeros(num_slots, np.uint64)
        self._moves = np.zeros((num_slots, self._board.squares), np.uint8)
        self._lengths = np.zeros(num_slots, np.uint8)
        weights = _key_weights(self._board.squares)
        self._weights = [np.ascontiguousarray(side[self._board.symmetries].T) for side in weights]

    def write(self, slot: int, state: Position) -> None:
        self._own[slot], self._opponent[slot] = state.own, state.opponent
        self._moves[slot, : len(state.moves)], self._lengths[slot] = state.moves, len(state.moves)

    def read(self, slot: int) -> Position:
        moves = self._moves[slot, : self._lengths[slot]].tolist()
        return Position(int(self._own[slot]), int(self._opponent[slot]), tuple(moves))

    def expand(self, request: Request) -> _native.Leaves:
        """Every row stepped; see contracts.BatchEnvironment."""
        slots, parents, actions = request.slots, request.parent_slots, request.actions
        own, opponent = self._own[parents], self._opponent[parents]
        moved = actions != -1
        known = (actions >= -1) & (actions < self._board.squares)
        square = np.uint64(1) << np.where(known & moved, actions, 0).astype(np.uint64)
        if (~known | moved & ((own | opponent) & square != 0)).any():
            raise IllegalActionError("a request asks for a square that does not exist or is taken")
        own, opponent = np.where(moved, opponent, own), np.where(moved, own | square, opponent)
        self._own[slots], self._opponent[slots] = own, opponent
        self._remember(slots, parents, actions)
        won = self._board.have_lines(opponent)
        offsets, rows, legal = legal_csr(~self._board.unpack(own | opponent) & ~won[:, None])
        terminal = offsets[1:] == offsets[:-1]
        rewards = (moved & won).astype(np.float32)
        discounts = np.where(terminal, 0, -1).astype(np.float32)
        outcomes = self._outcomes(own[rows], opponent[rows], legal) if self._lookahead else None
        return _native.Leaves.from_arrays(self, slots, rewards, discounts, terminal, offsets, legal, outcomes)

    def _remember(self, slots: Int32, parents: Int32, actions: Int32) -> None:
        """Copy the moves of the parents, and add the actions to them."""
        moved = actions != -1
        moves, lengths = self._moves[parents], self._lengths[parents]
        moves[moved, lengths[moved]] = actions[moved]
        self._moves[slots], self._lengths[slots] = moves, lengths + moved

    def _outcomes(self, own: UInt64, opponent: UInt64, actions: Int32) -> Float32:
        """The exact return of actions that end the game at once, NaN for the others."""
        after = own | np.uint64(1) << actions.astype(np.uint64)
        full = (after | opponent) == np.uint64(self._board.full)
        return np.where(self._board.have_lines(after), 1, np.where(full, 0, np.nan)).astype(np.float32)

    def legal(self, slots: Int32) -> tuple[Int32, Int32]:
        own, opponent = self._own[slots], self._opponent[slots]
        won = self._board.have_lines(opponent)
        offsets, _, actions = legal_csr(~self._board.unpack(own | opponent) & ~won[:, None])
        return offsets, actions

    def keys(self, slots: Int32) -> tuple[UInt64, UInt8]:
        """The smallest key of all images, and which it is: exact on boards of up to 32 squares, else hashes."""
        own, opponent = (self._board.unpack(side[slots]).astype(np.uint64) for side in (self._own, self._opponent))
        images = own @ self._weights[0] + opponent @ self._weights[1]
        return images.min(1), images.argmin(1).astype(np.uint8)

    def observe(self, slots: Int32, symmetries: UInt8, out: Float32) -> None:
        sources = self._board.sources[symmetries]
        for plane, squares in enumerate((self._own[slots], self._opponent[slots])):
            turned = np.take_along_axis(self._board.unpack(squares), sources, axis=1)
            out[:, plane] = turned.reshape(-1, self._board.height, self._board.width)


def _key_weights(squares: int) -> tuple[UInt64, UInt64]:
    """What a square of the mover and one of the opponent add to a key: a bit of its own, or a random number."""
    if squares > 32:
        draws = stream(0, "tic_tac_toe", squares).integers(1 << 63, size=(2, squares), dtype=np.uint64)
        return draws[0] * 2 + 1, draws[1] * 2 + 1
    bits = np.uint64(1) << np.arange(2 * squares, dtype=np.uint64)
    return bits[squares:], bits[:squares]


def environment(width: int = 3, height: int = 3, connect: int = 3) -> TicTacToe:
    """Tic-tac-toe on a board of the given size."""
    return TicTacToe(width, height, connect)
