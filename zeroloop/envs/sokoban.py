"""Sokoban: push boxes through a room until each stands on a goal.

A room is a list of equal rows in the usual signs: `#` wall, ` ` floor, `.` goal, `$` box, `*` box on a goal, `@` the
person, `+` the person on a goal. What is beyond the border is wall.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer
from zeroloop.vocabulary import ID, encode

LARGEST_SIDE = 10
MOST_BOXES = 24
"""Each can be pushed in four directions, which makes 96 moves."""
MAX_STEPS = 999
DIRECTIONS = ("up", "right", "down", "left")
STRIDE = LARGEST_SIDE + 1
"""Cell (row, column) is bit `(row + 1) * STRIDE + column`: the last bit of each row, and what is around all rows, is
wall."""
_SHIFTS = (-STRIDE, 1, STRIDE, -1)
_LOOKS = np.array(
    [ID[name] for name in ("empty", "free", "block", "block", "target", "goal", "done", "done", "wall")], np.int16
)
"""Symbols of a cell by what is there: 1 the person can walk there, 2 a box, 4 a goal; 8 is wall."""

EXAMPLE: Task = {"initial_state": ["#####", "#@  #", "# $ #", "# . #", "#####"], "max_steps": 9}


@dataclass(frozen=True)
class Store:
    """Where the boxes are and where the person can walk to, as bits, and how often may still be pushed.

    person: the cell; the rules ask only for what is around it. pushes: those that were made, (cell, direction).
    """

    room: "Room" = field(repr=False, compare=False)
    boxes: int
    walk: int
    steps_left: int
    person: int = field(compare=False)
    pushes: tuple[tuple[int, int], ...] = field(default=(), compare=False)


class Sokoban(MoveListEnvironment[Store, tuple[int, int]]):
    """Push boxes until all of them stand on goals (score 1), or until no push is left or of any use (score 0).

    A move is one push of a box, by one cell; the person walks to where it is pushed from. A push to a cell from which
    no push ever leads to a goal, whatever the other boxes do, is left out: nothing is lost, and such ends would only be
    recognised at the end of the episode.

    What a network is shown: a token for each cell, in which floor and goals that the person can walk to differ from the
    others; the pushes left below.
    """

    name: ClassVar[str] = "sokoban"
    num_actions = 4 * MOST_BOXES
    num_tokens = LARGEST_SIDE**2 + 1 + len(str(MAX_STEPS))

    def initial_state(self, task: Task | None = None) -> Store:
        """the start of `task["initial_state"]`. Raises TaskError where the task is broken, and where no box can be
        pushed."""
        task = EXAMPLE if task is None else task
        steps = integer(task, "max_steps", 1, MAX_STEPS)
        rows = task.get("initial_state")
        if not isinstance(rows, list | tuple) or not all(isinstance(row, str) for row in rows):
            raise TaskError("initial_state must be a list of texts")
        room = _room(tuple(rows))
        state = Store(room, room.boxes, _around(1 << room.person, room.floor & ~room.boxes), steps, room.person)
        if room.boxes == room.goals:
            raise TaskError("initial_state: all boxes stand on goals already; nothing is left to be done")
        if not self.moves(state):
            raise TaskError("initial_state: no box can be pushed to where it could come to a goal")
        return state

    def list_moves(self, state: Store) -> list[tuple[int, int]]:
        """By cell of the box, then up, right, down, left."""
        room, boxes = state.room, state.boxes
        if not state.steps_left or boxes == room.goals:
            return []
        free = room.alive & ~boxes
        found = []
        for direction, shift in enumerate(_SHIFTS):
            movable = boxes & _shifted(state.walk, shift) & _shifted(free, -shift)
            found += [(cell, direction) for cell in _bits(movable)]
        return sorted(found)

    def apply(self, state: Store, move: tuple[int, int]) -> Store:
        """The person stands where the box was."""
        cell, direction = move
        boxes = state.boxes ^ 1 << cell ^ 1 << cell + _SHIFTS[direction]
        walk = _around(1 << cell, state.room.floor & ~boxes)
        return Store(state.room, boxes, walk, state.steps_left - 1, cell, (*state.pushes, move))

    def score(self, state: Store) -> float:
        """1 where every box stands on a goal."""
        return float(state.boxes == state.room.goals)

    def key(self, state: Store) -> tuple[int, ...]:
        """The room, the boxes, where the person can walk to, and the pushes left; not how it came to that."""
        room = state.room
        return *room.size, room.floor, room.goals, state.boxes, state.walk, state.steps_left

    def describe(self, state: Store) -> str:
        """The room, and the pushes left."""
        signs = "@+"[state.room.goals >> state.person & 1]
        drawn = [
            [
                signs
                if cell == state.person
                else " $.*"[(state.boxes >> cell & 1) + 2 * (state.room.goals >> cell & 1)]
                for cell in row
            ]
            for row in state.room.cells
        ]
        for row, column in state.room.walls:
            drawn[row][column] = "#"
        return "\n".join([*map("".join, drawn), f"pushes left: {state.steps_left}"])

    def move_name(self, state: Store, move: tuple[int, int]) -> str:
        """Such as "push 3 4 right": row and column of the box, counted from 1."""
        return f"push {_row(move[0])} {_column(move[0])} {DIRECTIONS[move[1]]}"

    def tokens(self, state: Store, symmetry: int = 0) -> Int16:
        """See the class."""
        room = state.room
        looks = room.looks + _flags(state.walk) + 2 * _flags(state.boxes)
        steps = (ID["steps left"], *encode(str(state.steps_left)))
        tokens = np.empty((len(room.blank) + len(steps), 3), np.int16)
        tokens[: len(room.blank)] = room.blank
        tokens[: len(room.blank), 0] = _LOOKS[looks[room.order]]
        tokens[len(room.blank) :] = [(symbol, room.size[0], column) for column, symbol in enumerate(steps)]
        return tokens

    def move_tokens(self, state: Store, move: tuple[int, int]) -> tuple[Sequence[int], Sequence[int]]:
        """The direction, about the box and where it goes."""
        place = state.room.place
        return [ID[DIRECTIONS[move[1]]]], [place[move[0]], place[move[0] + _SHIFTS[move[1]]]]

    def answer(self, state: Store) -> str:
        """All steps since the start as u, r, d, l, pushes as U, R, D, L, by shortest walks."""
        room, boxes, person = state.room, state.room.boxes, state.room.person
        text = ""
        for cell, direction in state.pushes:
            text += _way(person, cell - _SHIFTS[direction], room.floor & ~boxes) + "URDL"[direction]
            boxes ^= 1 << cell ^ 1 << cell + _SHIFTS[direction]
            person = cell
        return text

    def move_claim(self, state: Store, move: tuple[int, int]) -> str:
        """Such as "Go to row 3, column 2 and push the box at row 3, column 3 right to row 3, column 4: 1 of 2 boxes are
        on goals then."."""
        cell, shift = move[0], _SHIFTS[move[1]]
        after = self.apply(state, move)
        done, every = (after.boxes & state.room.goals).bit_count(), after.boxes.bit_count()
        return (
            f"Go to {_named(cell - shift)} and push the box at {_named(cell)} {DIRECTIONS[move[1]]} to "
            f"{_named(cell + shift)}: {done} of {every} boxes are on goals then."
        )


class Room:
    """What never changes, as bits, and how it looks.

    size: rows and columns. alive: floor from which a box could be pushed to a goal if it were alone. boxes, person: at
    the start. order: cells in reading order; place: their numbers in it. blank: tokens of all cells. looks: see _LOOKS,
    of every bit.
    """

    def __init__(self, size: tuple[int, int], floor: int, goals: int, boxes: int, person: int) -> None:
        self.size, self.floor, self.goals, self.boxes, self.person = size, floor, goals, boxes, person
        self.alive = _alive(floor, goals)
        self.cells = [[_cell(row, column) for column in range(size[1])] for row in range(size[0])]
        order = [cell for row in self.cells for cell in row]
        self.place = {cell: number for number, cell in enumerate(order)}
        self.walls = [(_row(cell) - 1, _column(cell) - 1) for cell in order if not floor >> cell & 1]
        self.order = np.array(order)
        self.looks = np.where(_flags(floor), 4 * _flags(goals), 8).astype(np.int16)
        self.blank = np.array([(0, _row(cell) - 1, _column(cell) - 1) for cell in order], np.int16)


@functools.lru_cache(maxsize=256)
def _room(rows: tuple[str, ...]) -> Room:
    """The room that rows show. Raises TaskError where they show none."""
    if not 1 <= len(rows) <= LARGEST_SIDE or not 1 <= len(rows[0]) <= LARGEST_SIDE or len({*map(len, rows)}) > 1:
        raise TaskError(f"initial_state must be 1 to {LARGEST_SIDE} texts of equal lengths from 1 to {LARGEST_SIDE}")
    bits = dict.fromkeys("# .$*@+", 0)
    for row, signs in enumerate(rows):
        for column, sign in enumerate(signs):
            if sign not in bits:
                raise TaskError(
                    f"initial_state: {sign!r} in row {row + 1} is no sign of a room; allowed: '#', ' ' and . $ * @ +"
                )
            bits[sign] |= 1 << _cell(row, column)
    boxes, goals, person = bits["$"] | bits["*"], bits["."] | bits["*"] | bits["+"], bits["@"] | bits["+"]
    if person.bit_count() != 1:
        raise TaskError(f"initial_state must have one person, @ or +, not {person.bit_count()}")
    if boxes.bit_count() != goals.bit_count() or not 1 <= boxes.bit_count() <= MOST_BOXES:
        raise TaskError(
            f"initial_state must have as many boxes as goals, 1 to {MOST_BOXES}, not {boxes.bit_count()} and "
            f"{goals.bit_count()}"
        )
    floor = bits[" "] | boxes | goals | person
    return Room((len(rows), len(rows[0])), floor, goals, boxes, person.bit_length() - 1)


def _cell(row: int, column: int) -> int:
    return (row + 1) * STRIDE + column


def _row(cell: int) -> int:
    """Counted from 1."""
    return cell // STRIDE


def _column(cell: int) -> int:
    """Counted from 1."""
    return cell % STRIDE + 1


def _named(cell: int) -> str:
    return f"row {_row(cell)}, column {_column(cell)}"


def _shifted(bits: int, shift: int) -> int:
    return bits << shift if shift > 0 else bits >> -shift


def _bits(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _flags(bits: int) -> Int16:
    """0 or 1 for each bit."""
    size = (LARGEST_SIDE + 2) * STRIDE // 8 + 1
    return np.unpackbits(np.frombuffer(bits.to_bytes(size, "little"), np.uint8), bitorder="little").astype(np.int16)


def _around(start: int, free: int) -> int:
    """The free cells that can be walked to, the start among them."""
    found = start
    while True:
        more = (found | found << 1 | found >> 1 | found << STRIDE | found >> STRIDE) & free
        if more == found:
            return found
        found = more


def _way(start: int, end: int, free: int) -> str:
    """A shortest walk as letters; the end can be reached."""
    reached = [1 << start]
    while not reached[-1] >> end & 1:
        found = reached[-1]
        reached.append((found | found << 1 | found >> 1 | found << STRIDE | found >> STRIDE) & free)
    letters = ""
    for before in reversed(reached[:-1]):
        direction = next(d for d in range(4) if before >> end - _SHIFTS[d] & 1)
        letters, end = "urdl"[direction] + letters, end - _SHIFTS[direction]
    return letters


def _alive(floor: int, goals: int) -> int:
    """The cells from which a box that is alone can be pushed to a goal, found by pulling one away from each goal."""
    found = goals
    while True:
        more = found
        for shift in _SHIFTS:
            # A box at `cell` comes from `cell - shift`, pushed from `cell - 2 * shift`.
            more |= _shifted(found, -shift) & floor & _shifted(floor, shift)
        if more == found:
            return found
        found = more


def environment() -> Sokoban:
    """Rooms of up to 10 x 10 cells with up to 24 boxes."""
    return Sokoban()
