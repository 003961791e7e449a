"""Connect Four on a board of any size: the 7x6 game runs natively, other sizes on NumPy arrays."""

from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from zeroloop import _native
from zeroloop.contracts import Action, BatchEnvironment, Float32, Int32, Request, Transition, UInt8, UInt64
from zeroloop.envs._helpers import after_moves, board_tokens, legal_csr, task_moves
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.observers import Int16, TokenFields
from zeroloop.seeding import stream
from zeroloop.vocabulary import ID

Bool = npt.NDArray[np.bool_]


class Position(NamedTuple):
    """The stones of the player to move, and of both players.

    Square (column, row) is bit `column * (height + 1) + row`, row 0 at the bottom; the bit above a column stays 0.
    """

    own: int
    mask: int


class ConnectFour:
    """Players drop stones into columns in turn; `connect` in a line win, a full board is a draw.

    Actions are columns 0..width-1, shown as 1..width. Observation planes: the mover's stones, the opponent's; row 0 is
    the top row. Symmetries: identity, mirror.
    Raises SettingError where a size is not a positive integer or no line of `connect` fits on the board.
    """

    name = "connect_four"
    version = 1
    num_players = 2

    def __init__(self, width: int = 7, height: int = 6, connect: int = 4) -> None:
        for setting, value in {"width": width, "height": height, "connect": connect}.items():
            if not isinstance(value, int) or value < 1:
                raise SettingError(f"connect_four.{setting} must be an integer of at least 1, not {value!r}")
        if connect > max(width, height):
            raise SettingError(
                f"connect_four.connect {connect} does not fit on a board of {width}x{height}; "
                f"allowed: 1 to {max(width, height)}, or choose a larger width or height"
            )
        self.width, self.height, self.connect = width, height, connect
        self.num_actions = width
        self.observation_shape = (2, height, width)
        self.symmetries: Int32 = np.array([range(width), range(width)[::-1]], np.int32)
        self.num_tokens = width * height
        self._stride = height + 1
        self._columns = [((1 << height) - 1) << (c * self._stride) for c in range(width)]
        self._board = sum(self._columns)
        self._bottom = sum(1 << (c * self._stride) for c in range(width))

    def initial_state(self, task: dict[str, Any] | None = None) -> Position:
        """The empty board, or the board after `task["moves"]` such as "4455"."""
        return self.from_moves(task_moves(task))

    def from_moves(self, text: str) -> Position:
        """The position after columns such as "4455" (from 10 columns on: "4 4 11").

        Raises IllegalActionError naming the move and why it is illegal.
        """
        return cast(Position, after_moves(self, Position(0, 0), text))

    def legal_actions(self, state: Position) -> list[Action]:
        """Columns with room, none when the game is over."""
        return [] if self._over(state) else self._open_columns(state)

    def step(self, state: Position, action: Action) -> Transition:
        """Drop a stone. Reward 1 for a line, 0 otherwise."""
        if not 0 <= action < self.width or self._over(state) or self._is_full(state, action):
            raise IllegalActionError(self._refusal(state, str(action + 1)))
        square = (state.mask + self._bottom) & self._columns[action]
        after = Position(state.own ^ state.mask, state.mask | square)
        won = self._has_line(state.own | square)
        terminal = won or after.mask == self._board
        return Transition(after, float(won), 0.0 if terminal else -1.0, terminal)

    def key(self, state: Position) -> int:
        """own + mask: in each column between two successive masks, hence unique; mover and winner follow from it."""
        return state.own + state.mask

    def observe(self, state: Position, symmetry: int = 0) -> Float32:
        """Planes [2, height, width]: the mover's stones, the opponent's."""
        planes = np.array([self._cells(state.own), self._cells(state.own ^ state.mask)], np.float32)
        return np.ascontiguousarray(planes[:, :, ::-1]) if symmetry else planes

    def tokens(self, state: Position, symmetry: int = 0) -> Int16:
        """A token for each square."""
        return board_tokens(self.observe(state, symmetry))

    def action_tokens(self, state: Position, action: Action, symmetry: int = 0) -> tuple[list[int], list[int]]:
        """To drop a stone onto the square where it will lie."""
        stones = (state.mask & self._columns[action]).bit_count()
        return [ID["drop"]], [(self.height - 1 - stones) * self.width + int(self.symmetries[symmetry, action])]

    def batch_tokens(self, batch: BatchEnvironment, slots: Int32, symmetries: UInt8, fields: TokenFields) -> None:
        """The same for many slots at once, into empty fields."""
        planes = np.empty((len(slots), *self.observation_shape), np.float32)
        batch.observe(slots, symmetries, planes)
        tokens = board_tokens(planes)
        fields.tokens[...], fields.coordinates[...] = tokens[..., 0], tokens[..., 1:]
        free = self.height - planes.sum((1, 2), dtype=np.int32)  # in each column of the turned board
        over = np.diff(batch.legal(slots)[0]) == 0
        open_columns = (free > 0) & ~over[:, None]
        fields.action_tokens[..., 0] = np.where(open_columns, ID["drop"], 0)
        fields.anchors[..., 0] = np.where(open_columns, (free - 1) * self.width + np.arange(self.width), -1)

    def describe(self, state: Position) -> str:
        """The board from above, first player X, with column numbers and whose turn it is or how it ended."""
        mover, other = "XO" if state.mask.bit_count() % 2 == 0 else "OX"
        own, opponent = self._cells(state.own), self._cells(state.own ^ state.mask)
        size = len(str(self.width))
        lines = [
            " ".join((mover if o else other if p else ".").rjust(size) for o, p in zip(*rows, strict=True))
            for rows in zip(own, opponent, strict=True)
        ]
        lines.append(" ".join(str(c + 1).rjust(size) for c in range(self.width)))
        if self._has_line(state.own ^ state.mask):
            return "\n".join([*lines, f"{other} has won"])
        return "\n".join([*lines, "draw" if state.mask == self._board else f"{mover} to move"])

    def action_name(self, state: Position, action: Action) -> str:
        """The column's number, counted from 1."""
        return str(action + 1)

    def parse_action(self, state: Position, text: str) -> Action:
        """The column with that number. Raises IllegalActionError where it does not exist or is full."""
        text = text.strip()
        action = int(text) - 1 if text.isascii() and text.isdigit() else -1
        if action not in self.legal_actions(state):
            raise IllegalActionError(self._refusal(state, text))
        return action

    def answer(self, state: Position) -> None:
        """None: positions do not hold the moves that led to them, which are what a task's answer lists."""

    def claim(self, state: Position, action: Action) -> str:
        """Such as "X plays column 4: row 1, and wins with 4 in a row: (1, 1), (2, 1), (3, 1), (4, 1)."."""
        square = (state.mask + self._bottom) & self._columns[action]
        end = ""
        if self._has_line(state.own | square):
            line = ", ".join(f"({column + 1}, {row + 1})" for column, row in self._line(state.own | square))
            end = f", and wins with {self.connect} in a row: {line}"
        elif state.mask | square == self._board:
            end = ", and the board is full: a draw"
        row = (state.mask & self._columns[action]).bit_count() + 1
        return f"{'XO'[state.mask.bit_count() % 2]} plays column {action + 1}: row {row}{end}."

    def batch(self, num_slots: int, lookahead: bool = True) -> "NativeStates | BoardStates":
        """Positions by slot: native bitboards for 7x6 connect 4, NumPy boards for other sizes."""
        native = (self.width, self.height, self.connect) == (7, 6, 4)
        return NativeStates(self, num_slots, lookahead) if native else BoardStates(self, num_slots, lookahead)

    def _is_full(self, state: Position, action: Action) -> bool:
        return state.mask & self._columns[action] == self._columns[action]

    def _open_columns(self, state: Position) -> list[Action]:
        return [a for a in range(self.width) if not self._is_full(state, a)]

    def _over(self, state: Position) -> bool:
        return state.mask == self._board or self._has_line(state.own ^ state.mask)

    def _has_line(self, stones: int) -> bool:
        for shift in (1, self._stride - 1, self._stride, self._stride + 1):
            line = stones
            for _ in range(self.connect - 1):
                line &= line >> shift
            if line:
                return True
        return False

    def _line(self, stones: int) -> list[tuple[int, int]]:
        """The squares (column, row) of the first line of stones that have one."""
        for shift in (1, self._stride - 1, self._stride, self._stride + 1):
            line = stones
            for _ in range(self.connect - 1):
                line &= line >> shift
            if line:
                first = (line & -line).bit_length() - 1
                return [divmod(first + step * shift, self._stride) for step in range(self.connect)]
        raise ValueError("no line")

    def _cells(self, stones: int) -> list[list[int]]:
        return [[stones >> (c * self._stride + r) & 1 for c in range(self.width)] for r in range(self.height)[::-1]]

    def _refusal(self, state: Position, text: str) -> str:
        if self._over(state):
            return f"column {text} cannot be played: the game is over"
        known = text.isascii() and text.isdigit() and 1 <= int(text) <= self.width
        why = f"column {text} is full" if known else f"there is no column {text!r}"
        return f"{why}; allowed: {', '.join(str(a + 1) for a in self._open_columns(state))}"


class NativeStates(_native.ConnectFourStates):
    """The 7x6 game in C++ (native/connect_four.hpp)."""

    def __init__(self, environment: ConnectFour, num_slots: int, lookahead: bool) -> None:
        super().__init__(num_slots, lookahead)
        self.environment = environment

    def read(self, slot: int) -> Position:
        return Position(*super().read(slot))


class BoardStates:
    """Any board size as int8 arrays [num_slots, height, width]: 1 the mover's stones, -1 the opponent's, 0 empty.

    A margin of `connect - 1` empty squares around each board spares the line test its bounds.
    """

    def __init__(self, environment: ConnectFour, num_slots: int, lookahead: bool) -> None:
        self.environment = environment
        self._lookahead = lookahead
        self._margin = environment.connect - 1
        shape = (environment.height + 2 * self._margin, environment.width + 2 * self._margin)
        self._boards = np.zeros((num_slots, *shape), np.int8)
        self._stones = np.zeros((num_slots, environment.width), np.int32)
        self._over = np.zeros(num_slots, np.bool_)
        self._weights = _key_weights(environment.width, environment.height)

    def write(self, slot: int, state: Position) -> None:
        own, opponent = self.environment.observe(state)
        self._inner(slot)[...] = own - opponent
        self._stones[slot] = (own + opponent).sum(0)
        self._over[slot] = not self.environment.legal_actions(state)

    def read(self, slot: int) -> Position:
        board = self._inner(slot)[::-1].T  # columns, bottom square first: the order of the bits
        bits = [(np.pad(stones, ((0, 0), (0, 1))).ravel()) for stones in (board == 1, board != 0)]
        return Position(*(sum(1 << int(i) for i in np.flatnonzero(row)) for row in bits))

    def expand(self, request: Request) -> _native.Leaves:
        """Every row stepped; see contracts.BatchEnvironment."""
        slots, parents, actions = request.slots, request.parent_slots, request.actions
        for array in (self._boards, self._stones, self._over):
            array[slots] = array[parents]
        rewards = np.zeros(len(slots), np.float32)
        moves = np.flatnonzero(actions != -1)
        rewards[moves] = self._drop(slots[moves], actions[moves])
        over = self._over[slots]
        offsets, rows, legal = legal_csr(self._legal_mask(slots))
        outcomes = self._outcomes(slots[rows], legal) if self._lookahead else None
        discounts = np.where(over, 0, -1).astype(np.float32)
        return _native.Leaves.from_arrays(self, slots, rewards, discounts, over, offsets, legal, outcomes)

    def legal(self, slots: Int32) -> tuple[Int32, Int32]:
        offsets, _, actions = legal_csr(self._legal_mask(slots))
        return offsets, actions

    def keys(self, slots: Int32) -> tuple[UInt64, UInt8]:
        """Exact keys where the board has at most 64 bits (one more a column than squares), else hashes."""
        board = self._inner(slots)
        values = np.where(board == 1, 2, board != 0).astype(np.uint64)
        key = (values * self._weights).sum((1, 2), dtype=np.uint64)
        mirror = (values * self._weights[:, ::-1]).sum((1, 2), dtype=np.uint64)
        return np.minimum(key, mirror), (mirror < key).astype(np.uint8)

    def observe(self, slots: Int32, symmetries: UInt8, out: Float32) -> None:
        board = self._inner(slots)
        board = np.where(symmetries[:, None, None] == 1, board[:, :, ::-1], board)
        out[:, 0], out[:, 1] = board == 1, board == -1

    def _inner(self, slots: int | Int32) -> npt.NDArray[np.int8]:
        m, environment = self._margin, self.environment
        return self._boards[slots][..., m : m + environment.height, m : m + environment.width]

    def _legal_mask(self, slots: Int32) -> Bool:
        return (self._stones[slots] < self.environment.height) & ~self._over[slots, None]

    def _drop(self, slots: Int32, actions: Int32) -> Bool:
        """Play one action in each slot; True where it completes a line."""
        known = (actions >= 0) & (actions < self.environment.width)
        if not known.all() or (self._stones[slots, actions] >= self.environment.height).any():
            raise IllegalActionError("a request asks for a column that does not exist or is full")
        wins = self._completes(slots, actions)
        m = self._margin
        self._boards[slots, m + self.environment.height - 1 - self._stones[slots, actions], m + actions] = 1
        self._boards[slots] *= -1
        self._stones[slots, actions] += 1
        self._over[slots] = wins | (self._stones[slots].sum(1) == self.environment.width * self.environment.height)
        return wins

    def _completes(self, slots: Int32, columns: Int32) -> Bool:
        """Whether a stone of the mover in that column makes a line."""
        row = self._margin + self.environment.height - 1 - self._stones[slots, columns]
        column = self._margin + columns
        found = np.zeros(len(slots), np.bool_)
        for down, right in ((1, 0), (0, 1), (1, 1), (1, -1)):
            length = np.ones(len(slots), np.int32)
            for sign in (1, -1):
                unbroken = np.ones(len(slots), np.bool_)
                for distance in range(sign, sign * self.environment.connect, sign):
                    unbroken &= self._boards[slots, row + distance * down, column + distance * right] == 1
                    length += unbroken
            found |= length >= self.environment.connect
        return found

    def _outcomes(self, slots: Int32, actions: Int32) -> Float32:
        """The exact return of actions that end the game at once, NaN for the others."""
        last = self._stones[slots].sum(1) == self.environment.width * self.environment.height - 1
        return np.where(self._completes(slots, actions), 1, np.where(last, 0, np.nan)).astype(np.float32)


def _key_weights(width: int, height: int) -> UInt64:
    """Weights [height, width] of a key: powers of two, as in ConnectFour.key, or random odd numbers."""
    if width * (height + 1) > 64:
        return stream(0, "connect_four", width, height).integers(1 << 63, size=(height, width), dtype=np.uint64) * 2 + 1
    bits = np.arange(width) * (height + 1) + np.arange(height)[::-1, None]
    return cast(UInt64, np.uint64(1) << bits.astype(np.uint64))


def environment(width: int = 7, height: int = 6, connect: int = 4) -> ConnectFour:
    """Connect Four on a board of the given size."""
    return ConnectFour(width, height, connect)
