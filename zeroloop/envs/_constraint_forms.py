"""Latin squares, Sudoku, colourings and zebra puzzles as variables with domains: how tasks of each form are read."""

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._constraint_problem import Problem
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer, integers
from zeroloop.vocabulary import ID, encode

MIN_SIDE, MAX_SIDE = 2, 10
"""Rows and columns of Latin squares; Sudoku's are products of two numbers from 1, and at most 9."""
MAX_SUDOKU = 9
MAX_VERTICES, MAX_EDGES = 32, 90
COLOURS = ("red", "green", "blue", "yellow")
"""A puzzle has the first two to four of them."""
MAX_HOUSES, MAX_ATTRIBUTES, MAX_CLUES = 5, 5, 60
RELATIONS = ("same", "different", "next_to", "left_of", "just_left_of")
"""What a clue may say of the houses of two items; "at" and "not_at" are about one item and a house."""
PERSONS = {
    "name": "{}",
    "colour": "the owner of the {} house",
    "pet": "the person with the {}",
    "drink": "the person who drinks {}",
    "instrument": "the person who plays the {}",
    "job": "the {}",
}
"""How the person in a house is called by an attribute; others are called "the person whose ATTRIBUTE is ITEM"."""

_ARC_SYMBOLS = {"same": "same", "next_to": "next to", "left_of": "left of", "just_left_of": "just left of"}
_HEADER_ROW = 40
"""Below all that is at a place of its own."""


def read_latin_square(task: Task) -> Problem:
    """`grid`: rows of numbers, 0 where there is none."""
    side, cells = _grid(task, MIN_SIDE, MAX_SIDE)
    return _numbers(("latin square", side), side, cells, ())


def read_sudoku(task: Task) -> Problem:
    """`grid`: rows of numbers, 0 where there is none; `box`: [height, width] of a box."""
    height, width = integers(task, "box", 1, MAX_SUDOKU, least=2, most=2)
    side, cells = _grid(task, MIN_SIDE, MAX_SUDOKU)
    if height * width != side:
        raise TaskError(f"box {height} x {width} must have as many cells as the grid has rows, {side}")
    boxes: list[list[int]] = [[] for _ in range(side)]
    for cell in range(side * side):
        boxes[cell // side // height * height + cell % side // width].append(cell)
    return _numbers(("sudoku", side, height, width), side, cells, tuple(map(tuple, boxes)))


def read_colouring(task: Task) -> Problem:
    """`vertices`: how many; `edges`: pairs of vertices, numbered from 1; `colours`: how many."""
    count, colours = integer(task, "vertices", 1, MAX_VERTICES), integer(task, "colours", 2, len(COLOURS))
    edges = _edges(task, count)
    full = (1 << colours) - 1
    tokens = [(0, vertex, vertex) for vertex in range(count)] + _header("colouring", colours)
    tokens += [(ID["unequal"], a, b) for a, b in sorted(edges)]
    return Problem(
        given=("colouring", count, colours, tuple(sorted(edges))),
        domains=(full,) * count,
        peers=_peers(count, edges),
        arcs=((),) * count,
        names=tuple(f"vertex {vertex + 1}" for vertex in range(count)),
        values=COLOURS[:colours],
        verb="is",
        only="every other colour is at a neighbour",
        blank=np.array(tokens, np.int16),
        by_count=False,
        interchangeable=True,
        answer=_colours,
    )


def read_zebra(task: Task) -> Problem:
    """`houses`: how many; `attributes`: name to items, one for each house; `clues`: see `RELATIONS`."""
    houses = integer(task, "houses", 2, MAX_HOUSES)
    attributes = _attributes(task, houses)
    items = [item for of_attribute in attributes.values() for item in of_attribute]
    numbers = {item: number for number, item in enumerate(items)}
    domains = [(1 << houses) - 1] * len(items)
    relations = list[tuple[str, int, int]]()
    for clue in _clues(task, numbers, houses):
        if clue[0] in ("at", "not_at"):
            bit = 1 << clue[2] - 1
            domains[clue[1]] &= bit if clue[0] == "at" else ~bit
            if not domains[clue[1]]:
                raise TaskError(f"clues: no house is left for {items[clue[1]]}")
        else:
            relations.append(clue)
    groups = tuple(tuple(range(start, start + houses)) for start in range(0, len(items), houses))
    unequal = [(a, b) for relation, a, b in relations if relation == "different"]
    unequal += [(a, b) for group in groups for a in group for b in group if a < b]
    return Problem(
        given=("zebra", houses, len(attributes), tuple(sorted(relations))),
        domains=tuple(domains),
        peers=_peers(len(items), unequal),
        arcs=_arcs(len(items), houses, relations),
        names=tuple(person(attribute, item) for attribute in attributes for item in attributes[attribute]),
        values=tuple(f"house {house + 1}" for house in range(houses)),
        verb="lives in",
        only="no other house is left",
        blank=_zebra_tokens(houses, len(attributes), relations),
        by_count=False,
        interchangeable=False,
        answer=partial(_houses, items),
    )


def person(attribute: str, item: str) -> str:
    """The person with this item."""
    return PERSONS.get(attribute, f"the person whose {attribute} is {{}}").format(item)


# ---- grids -----------------------------------------------------------------------------------------------------------


def _grid(task: Task, least: int, most: int) -> tuple[int, list[int]]:
    """The side of a square, and its cells row by row. Raises TaskError."""
    rows = task.get("grid") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not least <= len(rows) <= most:
        raise TaskError(f"grid must be a list of {least} to {most} rows of numbers, 0 for an empty cell")
    side = len(rows)
    cells = list[int]()
    for index, row in enumerate(rows):
        name = f"grid[{index}]"
        cells += integers({name: row}, name, 0, side, least=side, most=side)
    if all(cells):
        raise TaskError("grid: nothing is left to fill in; empty cells are 0")
    return side, cells


def _numbers(header: tuple[Any, ...], side: int, cells: list[int], boxes: tuple[tuple[int, ...], ...]) -> Problem:
    """Cells with numbers, each once in every row, column and box."""
    rows = tuple(tuple(range(row * side, row * side + side)) for row in range(side))
    columns = tuple(tuple(range(column, side * side, side)) for column in range(side))
    groups = (*rows, *columns, *boxes)
    tokens = [(0, cell // side, cell % side) for cell in range(side * side)] + _header(*header)
    return Problem(
        given=header,
        domains=tuple(1 << number - 1 if number else (1 << side) - 1 for number in cells),
        peers=_peers(side * side, [(a, b) for group in groups for a in group for b in group if a < b]),
        arcs=((),) * (side * side),
        names=tuple(f"row {cell // side + 1}, column {cell % side + 1}" for cell in range(side * side)),
        values=tuple(str(number + 1) for number in range(side)),
        verb="is",
        only=f"every other number is in its {'row, column or box' if boxes else 'row or column'}",
        blank=np.array(tokens, np.int16),
        by_count=True,
        interchangeable=False,
        answer=partial(_rows, side),
    )


# ---- fields of the other forms ---------------------------------------------------------------------------------------


def _edges(task: Task, count: int) -> set[tuple[int, int]]:
    """Pairs of vertices from 0, the lower one first. Raises TaskError."""
    rows = task.get("edges")
    if not isinstance(rows, list | tuple) or len(rows) > MAX_EDGES:
        raise TaskError(f"edges must be a list of at most {MAX_EDGES} pairs of vertices from 1 to {count}")
    found = set()
    for index, row in enumerate(rows):
        name = f"edges[{index}]"
        a, b = sorted(integers({name: row}, name, 1, count, least=2, most=2))
        if a == b or (a - 1, b - 1) in found:
            raise TaskError(f"{name} joins vertex {a} with itself, or is there twice; each edge joins another pair")
        found.add((a - 1, b - 1))
    return found


def _attributes(task: Task, houses: int) -> dict[str, list[str]]:
    """Items by attribute. Raises TaskError where they are not as many as houses, or two are called the same."""
    found = task.get("attributes")
    if not isinstance(found, dict) or not 1 <= len(found) <= MAX_ATTRIBUTES:
        raise TaskError(f"attributes must be a mapping of 1 to {MAX_ATTRIBUTES} names to lists of items")
    for name, items in found.items():
        _word("attributes", name)
        if not isinstance(items, list | tuple) or len(items) != houses:
            raise TaskError(f"attributes: {name!r} must have a list of {houses} items, one for each house")
        for item in items:
            _word("attributes", item)
    words = [item.lower() for item in chain.from_iterable(found.values())]
    if len({*words}) < len(words):
        raise TaskError("attributes: two items are called the same; each needs a name of its own")
    return {name: list(items) for name, items in found.items()}


def _word(name: str, text: Any) -> None:
    if not isinstance(text, str) or not 1 <= len(text) <= 20 or not (text.isascii() and text.isalpha()):
        raise TaskError(f"{name}: names must be words of 1 to 20 letters from a to z, not {type(text).__name__}")


def _clues(task: Task, numbers: dict[str, int], houses: int) -> list[tuple[str, int, int]]:
    """Relation, item, and the other item or the house. Raises TaskError."""
    rows = task.get("clues")
    if not isinstance(rows, list | tuple) or len(rows) > MAX_CLUES:
        raise TaskError(f"clues must be a list of at most {MAX_CLUES} lists such as ['next_to', 'Alba', 'cat']")
    found = []
    for index, row in enumerate(rows):
        name = f"clues[{index}]"
        if not isinstance(row, list | tuple) or len(row) != 3 or not all(isinstance(each, str) for each in row[:2]):
            raise TaskError(f"{name} must be a relation, an item, and another item or a house")
        relation, item, other = row
        if item not in numbers:
            raise TaskError(f"{name}: {item[:20]!r} is no item of the attributes")
        if relation in ("at", "not_at"):
            found.append((relation, numbers[item], integers({name: [other]}, name, 1, houses)[0]))
        elif relation not in RELATIONS:
            raise TaskError(f"{name}: the relation must be one of at, not_at, {', '.join(RELATIONS)}")
        elif not isinstance(other, str) or other not in numbers or other == item:
            raise TaskError(f"{name} must end with another item of the attributes")
        else:
            found.append((relation, numbers[item], numbers[other]))
    return found


# ---- answers ---------------------------------------------------------------------------------------------------------


def _rows(side: int, values: Sequence[int]) -> list[list[int]]:
    return [[value + 1 for value in values[i : i + side]] for i in range(0, side * side, side)]


def _colours(values: Sequence[int]) -> dict[str, str]:
    return {str(vertex): COLOURS[value] for vertex, value in enumerate(values, 1)}


def _houses(items: Sequence[str], values: Sequence[int]) -> dict[str, int]:
    return {item: value + 1 for item, value in zip(items, values, strict=True)}


# ---- parts of problems -----------------------------------------------------------------------------------------------


def _peers(count: int, unequal: Sequence[tuple[int, int]] | set[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    found: list[set[int]] = [set() for _ in range(count)]
    for a, b in unequal:
        found[a].add(b)
        found[b].add(a)
    return tuple(tuple(sorted(others)) for others in found)


def _arcs(
    count: int, houses: int, relations: Sequence[tuple[str, int, int]]
) -> tuple[tuple[tuple[int, tuple[int, ...]], ...], ...]:
    found: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in range(count)]
    for relation, a, b in relations:
        if relation in _ARC_SYMBOLS:
            there, back = _tables(relation, houses)
            found[a].append((b, there))
            found[b].append((a, back))
    return tuple(map(tuple, found))


@lru_cache
def _tables(relation: str, houses: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For each house of one item, those of the other that a relation allows, as bits: from the first, and back."""
    full, each = (1 << houses) - 1, [1 << house for house in range(houses)]
    if relation == "same":
        return (tuple(each),) * 2
    if relation == "next_to":
        return (tuple((bit << 1 | bit >> 1) & full for bit in each),) * 2
    if relation == "just_left_of":
        return tuple(bit << 1 & full for bit in each), tuple(bit >> 1 for bit in each)
    return tuple(full & ~(bit | bit - 1) for bit in each), tuple(bit - 1 for bit in each)


def _header(name: str, *sizes: int) -> list[tuple[int, int, int]]:
    """Tokens that say which puzzle it is, and of which size."""
    symbols = [ID[name], *(symbol for size in sizes for symbol in encode(f"{size} "))]
    return [(symbol, _HEADER_ROW, column) for column, symbol in enumerate(symbols)]


def _zebra_tokens(houses: int, attributes: int, relations: Sequence[tuple[str, int, int]]) -> Int16:
    """An item is at the place (i, i), where i is 5 times its attribute's number plus its own; a clue about two is where
    the row of the one crosses the column of the other."""
    places = [MAX_HOUSES * attribute + item for attribute in range(attributes) for item in range(houses)]
    tokens = [(0, place, place) for place in places] + _header("zebra", houses, attributes)
    tokens += [(ID[_ARC_SYMBOLS.get(name, "unequal")], places[a], places[b]) for name, a, b in sorted(relations)]
    return np.array(tokens, np.int16)
