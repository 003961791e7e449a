"""Tic-tac-toe: small enough to look every rule up in a table of the 512 sets of squares."""

from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from zeroloop import _native
from zeroloop.contracts import Action, Float32, Int32, Request, Transition, UInt8, UInt64
from zeroloop.envs._helpers import after_moves, board_tokens, legal_csr, parse_by_name, task_moves
from zeroloop.errors import IllegalActionError
from zeroloop.observers import Int16
from zeroloop.vocabulary import ID

Bool = npt.NDArray[np.bool_]

_FULL = 0b111_111_111
_LINES = (0b111, 0b111_000, 0b111_000_000, 0b001_001_001, 0b010_010_010, 0b100_100_100, 0b100_010_001, 0b001_010_100)


def _symmetries() -> Int32:
    """[8, 9]: where each square goes under the four turns of the board, and the turns of its mirror image."""
    board = np.arange(9).reshape(3, 3)
    images = [np.rot90(side, turns) for side in (board, board.T) for turns in range(4)]
    return np.array([np.argsort(image.ravel()) for image in images], np.int32)


_SYMMETRIES = _symmetries()
# Indexed by a set of squares, bit i for square i: has it a line, its squares as booleans, its images.
_SETS = np.arange(_FULL + 1)
_WON = np.any([(_SETS & line) == line for line in _LINES], axis=0)
_SQUARES = (_SETS[:, None] >> np.arange(9) & 1).astype(np.bool_)
_IMAGES = np.array([(_SQUARES << image.astype(np.int64)).sum(1) for image in _SYMMETRIES], np.int32)


class Position(NamedTuple):
    """The squares of the player to move, and the opponent's: bit i for square i, in reading order."""

    own: int
    opponent: int


class TicTacToe:
    """Three in a row win, a full board is a draw. Actions are squares 0..8 in reading order, shown as 1..9.

    Observation planes: the mover's squares, the opponent's. Symmetries: the eight of the square.
    """

    name = "tic_tac_toe"
    version = 1
    num_players = 2
    num_actions = 9
    observation_shape = (2, 3, 3)
    symmetries = _SYMMETRIES
    num_tokens = 9

    def initial_state(self, task: dict[str, Any] | None = None) -> Position:
        """The empty board, or the board after `task["moves"]` such as "519".

        Raises IllegalActionError naming the move and why it is illegal.
        """
        return cast(Position, after_moves(self, Position(0, 0), task_moves(task)))

    def legal_actions(self, state: Position) -> list[Action]:
        """Free squares, none when the game is over."""
        if _WON[state.opponent]:
            return []
        return [square for square in range(9) if not (state.own | state.opponent) >> square & 1]

    def step(self, state: Position, action: Action) -> Transition:
        """Take a square. Reward 1 for a line, 0 otherwise."""
        if action not in self.legal_actions(state):
            free = ", ".join(str(a + 1) for a in self.legal_actions(state)) or "none, the game is over"
            raise IllegalActionError(f"square {action + 1} cannot be taken; allowed: {free}")
        own = state.own | 1 << action
        won = bool(_WON[own])
        terminal = won or own | state.opponent == _FULL
        return Transition(Position(state.opponent, own), float(won), 0.0 if terminal else -1.0, terminal)

    def key(self, state: Position) -> Position:
        """The position itself."""
        return state

    def observe(self, state: Position, symmetry: int = 0) -> Float32:
        """Planes [2, 3, 3]: the mover's squares, the opponent's."""
        planes: Float32 = _SQUARES[_IMAGES[symmetry][list(state)]].reshape(2, 3, 3).astype(np.float32)
        return planes

    def tokens(self, state: Position, symmetry: int = 0) -> Int16:
        """A token for each square."""
        return board_tokens(self.observe(state, symmetry))

    def action_tokens(self, state: Position, action: Action, symmetry: int = 0) -> tuple[list[int], list[int]]:
        """To place a stone on a square."""
        return [ID["place"]], [int(self.symmetries[symmetry, action])]

    def describe(self, state: Position) -> str:
        """The board, first player X, free squares by their number, and whose turn it is or how it ended."""
        mover, other = "XO" if (state.own | state.opponent).bit_count() % 2 == 0 else "OX"
        signs = [mover if state.own >> i & 1 else other if state.opponent >> i & 1 else str(i + 1) for i in range(9)]
        end = (
            f"{other} has won" if _WON[state.opponent] else f"{mover} to move" if self.legal_actions(state) else "draw"
        )
        return "\n".join([*(" ".join(signs[i : i + 3]) for i in (0, 3, 6)), end])

    def action_name(self, state: Position, action: Action) -> str:
        """The square's number, counted from 1 in reading order."""
        return str(action + 1)

    def parse_action(self, state: Position, text: str) -> Action:
        """The free square with that number. Raises IllegalActionError with the free ones."""
        return parse_by_name(self, state, text)

    def batch(self, num_slots: int, lookahead: bool = True) -> "TicTacToeStates":
        """Positions by slot, stepped with table look-ups over whole arrays."""
        return TicTacToeStates(self, num_slots, lookahead)


class TicTacToeStates:
    """Positions by slot: int32 [num_slots] sets of squares of the mover and of the opponent."""

    def __init__(self, environment: TicTacToe, num_slots: int, lookahead: bool) -> None:
        self.environment = environment
        self._lookahead = lookahead
        self._own = np.zeros(num_slots, np.int32)
        self._opponent = np.zeros(num_slots, np.int32)

    def write(self, slot: int, state: Position) -> None:
        self._own[slot], self._opponent[slot] = state

    def read(self, slot: int) -> Position:
        return Position(int(self._own[slot]), int(self._opponent[slot]))

    def expand(self, request: Request) -> _native.Leaves:
        """Every row stepped; see contracts.BatchEnvironment."""
        slots, actions = request.slots, request.actions
        own, opponent = self._own[request.parent_slots], self._opponent[request.parent_slots]
        moved, square = actions != -1, np.int32(1) << np.maximum(actions, 0)
        if ((actions > 8) | moved & ((own | opponent) & square != 0)).any():
            raise IllegalActionError("a request asks for a square that does not exist or is taken")
        own, opponent = np.where(moved, opponent, own), np.where(moved, own | square, opponent)
        self._own[slots], self._opponent[slots] = own, opponent
        offsets, rows, legal = legal_csr(_legal_mask(own, opponent))
        terminal = offsets[1:] == offsets[:-1]
        rewards = (moved & _WON[opponent]).astype(np.float32)
        discounts = np.where(terminal, 0, -1).astype(np.float32)
        outcomes = _outcomes(own[rows], opponent[rows], legal) if self._lookahead else None
        return _native.Leaves.from_arrays(self, slots, rewards, discounts, terminal, offsets, legal, outcomes)

    def legal(self, slots: Int32) -> tuple[Int32, Int32]:
        offsets, _, actions = legal_csr(_legal_mask(self._own[slots], self._opponent[slots]))
        return offsets, actions

    def keys(self, slots: Int32) -> tuple[UInt64, UInt8]:
        """Exact keys: the smallest of the eight images, and which it is."""
        images = _IMAGES[:, self._own[slots]] << 9 | _IMAGES[:, self._opponent[slots]]
        return images.min(0).astype(np.uint64), images.argmin(0).astype(np.uint8)

    def observe(self, slots: Int32, symmetries: UInt8, out: Float32) -> None:
        for plane, squares in enumerate((self._own[slots], self._opponent[slots])):
            out[:, plane] = _SQUARES[_IMAGES[symmetries, squares]].reshape(-1, 3, 3)


def _legal_mask(own: Int32, opponent: Int32) -> Bool:
    return cast(Bool, ~_SQUARES[own | opponent] & ~_WON[opponent][:, None])


def _outcomes(own: Int32, opponent: Int32, actions: Int32) -> Float32:
    """The exact return of actions that end the game at once, NaN for the others."""
    after = own | np.int32(1) << actions
    return np.where(_WON[after], 1, np.where((after | opponent) == _FULL, 0, np.nan)).astype(np.float32)


def environment() -> TicTacToe:
    """Tic-tac-toe."""
    return TicTacToe()
