"""The 0/1 knapsack: pack items of as much value as possible into a limited weight."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer, integers
from zeroloop.vocabulary import ID, encode

MAX_ITEMS = 24
MAX_NUMBER = 40
"""Largest weight and value of an item: two digits each, and three in sum."""
MAX_SUM = MAX_ITEMS * MAX_NUMBER
EXAMPLE: Task = {"weights": [5, 4, 6, 3], "values": [10, 8, 13, 5], "capacity": 10, "best": 21}
DONE = -1
"""The move that leaves the other items where they are."""

_OPEN, _PACKED, _GONE = (ID[name] for name in ("item", "own", "empty"))


@dataclass(frozen=True, eq=False)
class Items:
    """What stays the same in an episode: the items, the weight that can be carried, and the largest value.

    blank: int16 [T, 3], a row of tokens for each item, none of which can be packed. starts: where each row begins.
    """

    weights: tuple[int, ...]
    values: tuple[int, ...]
    capacity: int
    best: int
    blank: Int16
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Packing:
    """packed: items in ascending order. open: those that may still follow. room: weight left. value: of what is in."""

    items: Items
    packed: tuple[int, ...]
    open: tuple[int, ...]
    room: int
    value: int


class Knapsack(MoveListEnvironment[Packing, int]):
    """A move packs an item that fits and comes after all that are packed, so that one way leads to each set of items.

    The end is where none is left, or by "done", once something is packed. The score is the value of what is packed by
    the largest value, `task["best"]`.
    """

    name: ClassVar[str] = "knapsack"
    num_actions = MAX_ITEMS
    num_tokens = MAX_ITEMS * 5 + 2 + 2 * len(str(MAX_SUM))

    def initial_state(self, task: Task | None = None) -> Packing:
        """Nothing packed of the items with `weights` and `values`. Raises TaskError where these are no integers in
        range, none fits the `capacity`, or `best` is out of range."""
        task = task or EXAMPLE
        weights = tuple(integers(task, "weights", 1, MAX_NUMBER, least=1, most=MAX_ITEMS))
        values = tuple(integers(task, "values", 1, MAX_NUMBER, least=len(weights), most=len(weights)))
        capacity, best = integer(task, "capacity", 1, MAX_SUM), integer(task, "best", 1, MAX_SUM)
        fitting = tuple(item for item, weight in enumerate(weights) if weight <= capacity)
        if not fitting:
            raise TaskError(f"capacity is {capacity}, and no item is that light; at least one must fit")
        return Packing(Items(weights, values, capacity, best, *_blank(weights, values)), (), fitting, capacity, 0)

    def list_moves(self, state: Packing) -> list[int]:
        """The open items, and `DONE` where something is packed."""
        return [*state.open, DONE] if state.packed and state.open else [*state.open]

    def apply(self, state: Packing, move: int) -> Packing:
        """The item packed, and those before it and too heavy ones closed; or all closed."""
        if move == DONE:
            return Packing(state.items, state.packed, (), state.room, state.value)
        weights = state.items.weights
        room = state.room - weights[move]
        still = tuple([item for item in state.open if item > move and weights[item] <= room])
        return Packing(state.items, (*state.packed, move), still, room, state.value + state.items.values[move])

    def score(self, state: Packing) -> float:
        """The value by the largest value."""
        return min(1.0, state.value / state.items.best)

    def key(self, state: Packing) -> tuple[Any, ...]:
        """The items, and which of them are packed and open."""
        items = state.items
        return items.weights, items.values, items.capacity, items.best, state.packed, state.open

    def describe(self, state: Packing) -> str:
        """What is packed, and what can still be, with weight and value."""
        packed, left = (
            ", ".join(f"{i} (weight {state.items.weights[i]}, value {state.items.values[i]})" for i in those) or "none"
            for those in (state.packed, state.open)
        )
        weight = state.items.capacity - state.room
        return f"weight {weight} of {state.items.capacity}, value {state.value}; packed: {packed}; open: {left}"

    def move_name(self, state: Packing, move: int) -> str:
        """Such as "pack 4", or "done"."""
        return "done" if move == DONE else f"pack {move}"

    def tokens(self, state: Packing, symmetry: int = 0) -> Int16:
        """A row for each item: whether it is open, packed or neither, its weight and its value; then a row with the
        weight that is left and the value so far. Digits of equal place stand in one column."""
        blank, starts = state.items.blank, state.items.starts
        room, value = str(state.room), str(state.value)
        tokens = np.empty((len(blank) + 2 + len(room) + len(value), 3), np.int16)
        tokens[: len(blank)] = blank
        for item in state.packed:
            tokens[starts[item], 0] = _PACKED
        for item in state.open:
            tokens[starts[item], 0] = _OPEN
        end = tokens[len(blank) :]
        end[:, 0] = [ID["knapsack"], *encode(room), ID["number"], *encode(value)]
        end[:, 1] = len(starts)
        end[:, 2] = [0, *range(4 - len(room), 4), 4, *range(8 - len(value), 8)]
        return tokens

    def move_tokens(self, state: Packing, move: int) -> tuple[list[int], list[int]]:
        """The weight that is left after it; about the row of the item."""
        if move == DONE:
            return [ID["done"]], []
        return [_OPEN, *encode(str(state.room - state.items.weights[move]))], [state.items.starts[move]]

    def answer(self, state: Packing) -> list[int] | None:
        """The packed items."""
        return None if state.open else [*state.packed]

    def move_claim(self, state: Packing, move: int) -> str:
        """Such as "Pack item 4 (weight 7, value 12): weight 19 of 40, value 31."."""
        items, after = state.items, self.apply(state, move)
        sums = f"weight {items.capacity - after.room} of {items.capacity}, value {after.value}."
        if move == DONE:
            return f"Leave the other items: {sums}"
        return f"Pack item {move} (weight {items.weights[move]}, value {items.values[move]}): {sums}"


def _blank(weights: tuple[int, ...], values: tuple[int, ...]) -> tuple[Int16, tuple[int, ...]]:
    rows: list[tuple[int, int, int]] = []
    starts = []
    for item, (weight, value) in enumerate(zip(weights, values, strict=True)):
        starts.append(len(rows))
        rows.append((_GONE, item, 0))
        for text, end in ((str(weight), 3), (str(value), 5)):
            columns = range(end - len(text), end)
            rows += [(symbol, item, column) for symbol, column in zip(encode(text), columns, strict=True)]
    return np.array(rows, np.int16), tuple(starts)


def environment() -> Knapsack:
    """Up to 24 items of weights and values up to 40."""
    return Knapsack()
