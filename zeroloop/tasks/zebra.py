"""Zebra puzzles: who lives in which house, from clues about neighbours, names, pets and more."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._constraint_forms import person
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._constraint_chain import Wording
from zeroloop.tasks._constraint_solver import TooHardError
from zeroloop.tasks._constraints import ConstraintKind, Statement, lower_case
from zeroloop.tasks._kinds import drawn, endless
from zeroloop.tasks._zebra_clues import Clue, drawn_clues, named, puzzle_of
from zeroloop.tasks._zebra_text import ITEMS, statement

_SIZES = ((3, 3), (3, 4), (4, 4), (4, 5), (5, 5))
"""Houses and attributes."""
_MAX_CLUES = 60
_RELATIONS = ("same", "different", "next_to", "left_of", "just_left_of")
_PART = re.compile(r"(.+?)\s*(?::|=|->|→|(?:lives |is |)in)\s*(?:house\s*)?(\d{1,2})", re.ASCII)
_BETWEEN = re.compile(r"\s*[,;\n]\s*")
_WORD = re.compile(r"[A-Za-z]{1,20}")


class Zebra(ConstraintKind):
    """Dial: 3 houses and 3 attributes to 5 and 5, ever fewer clues, and more that say little."""

    name = "zebra"
    version = 2

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Every clue is needed at difficulty 1."""
        houses, count = _SIZES[min(4, int(5 * difficulty))]
        kinds = ["name", *rng.permutation([name for name in ITEMS if name != "name"])[: count - 1].tolist()]
        attributes = {name: rng.permutation(ITEMS[name])[:houses].tolist() for name in kinds}
        clues = named(_clues_of(rng, houses, count, difficulty), attributes)
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": statement(houses, attributes, clues, rng),
            "houses": houses,
            "attributes": attributes,
            "clues": clues,
        }
        solution = self.solve(task)
        assert solution is not None, "clues are true of a solution"
        return {**task, "answer": solution.answer, "steps": [*solution.steps]}

    def statement(self, task: Task) -> Statement:
        """The items as variables, and what the clues say of them."""
        houses = integer(task, "houses", 2, 5)
        attributes = _attributes(task, houses)
        items = [*chain.from_iterable(attributes.values())]
        puzzle = puzzle_of(houses, len(attributes), _clues(task, items, houses))
        wording = Wording(
            names=tuple(person(name, item) for name, each in attributes.items() for item in each),
            values=tuple(f"house {house}" for house in range(1, houses + 1)),
            verb="lives in",
            only="no other house is left",
        )
        return Statement(puzzle, wording, tuple(items))

    def values(self, statement: Statement, answer: Any) -> tuple[int, ...]:
        """The house of each item, less one: from a mapping of items to houses, a list of houses with their items by
        attribute, or a text such as "Alba: 2, cat: 1" or "Alba lives in house 2; the person with the cat is in 1"."""
        names = dict[str, int]()
        for number, (item, name) in enumerate(zip(statement.labels, statement.wording.names, strict=True)):
            names |= {item.lower(): number, f"the {item.lower()}": number, name.lower(): number}
        found = dict[int, int]()
        for item, house in _pairs(answer, len(statement.labels)):
            if item not in names:
                raise TaskError(f"answer: {item[:40]!r} is nothing that the puzzle asks for")
            if names[item] in found:
                raise TaskError(f"answer: {item[:40]!r} is in two houses")
            if not 1 <= house <= statement.puzzle.size:
                raise TaskError(f"answer: there is no house {house}; they are 1 to {statement.puzzle.size}")
            found[names[item]] = house - 1
        if missing := [item for number, item in enumerate(statement.labels) if number not in found]:
            raise TaskError(f"answer: it does not say where {missing[0]} is")
        return tuple(found[number] for number in range(len(statement.labels)))

    def answer(self, statement: Statement, values: Sequence[int]) -> dict[str, int]:
        """The house of each item."""
        return {item: value + 1 for item, value in zip(statement.labels, values, strict=True)}

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The solution as a mapping, as a list of houses, and as text with items or persons."""
        return endless(lambda: _written(task["attributes"], task["answer"], rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The solution with two items or all items of two houses exchanged, one moved, turned round, left out, named
        twice, or in a house that there is not; and what is no answer."""
        attributes, houses, right = task["attributes"], task["houses"], task["answer"]
        items = [*right]

        def exchanged() -> dict[str, int]:
            a, b = drawn(rng, [*attributes.values()])[:2] if rng.integers(3) == 0 else _two(attributes, rng)
            return {**right, a: right[b], b: right[a]}

        def moved() -> dict[str, int]:
            item = drawn(rng, items)
            return {**right, item: drawn(rng, [n for n in range(houses + 2) if n != right[item]])}

        def renumbered() -> dict[str, int]:
            new = rng.permutation(houses).tolist()
            if new == sorted(new):
                new.reverse()
            return {item: new[house - 1] + 1 for item, house in right.items()}

        def less() -> dict[str, int]:
            item = drawn(rng, items)
            return {each: house for each, house in right.items() if each != item}

        def more() -> Any:
            name = drawn(rng, ["zebra", "water lily", f"{items[0]}x", "house"])
            twice = f"{', '.join(f'{item}: {house}' for item, house in right.items())}, {items[0]}: {right[items[0]]}"
            return drawn(rng, [{**right, name: 1}, {**less(), name: 1}, twice])

        def unreadable() -> Any:
            text = ", ".join(f"{item}: {house}" for item, house in right.items())
            numbers = [*right.values()]
            return drawn(
                rng,
                [
                    *(None, True, "", 3, {}, [], numbers, [right], {"answer": right}, f"{text}!", f"{text}, x", items),
                    {item: str(house) for item, house in right.items()},
                    {item: house + 0.5 for item, house in right.items()},
                    {house: item for item, house in right.items()},
                    text.replace(":", " "),
                ],
            )

        return endless(
            lambda: _written(attributes, exchanged(), rng),
            lambda: _written(attributes, exchanged(), rng),
            lambda: _written(attributes, renumbered(), rng),
            moved,
            less,
            more,
            unreadable,
            rng=rng,
        )


def _two(attributes: Mapping[str, Sequence[str]], rng: np.random.Generator) -> list[str]:
    """Two items of one attribute."""
    each = drawn(rng, [*attributes.values()])
    return [each[i] for i in rng.choice(len(each), 2, replace=False)]


def _attributes(task: Task, houses: int) -> dict[str, list[str]]:
    """The items of each attribute. Raises TaskError where they are not as many as houses, or not told apart."""
    found = task.get("attributes")
    if not isinstance(found, dict) or not 1 <= len(found) <= 5:
        raise TaskError("attributes must be a mapping of 1 to 5 names to lists of items")
    for name, items in found.items():
        if not isinstance(items, list | tuple) or len(items) != houses:
            raise TaskError(f"attributes: each must have a list of {houses} items, one for each house")
        if not all(isinstance(word, str) and _WORD.fullmatch(word) for word in (name, *items)):
            raise TaskError("attributes: names and items must be words of 1 to 20 letters from a to z")
    words = [item.lower() for item in chain.from_iterable(found.values())]
    if len({*words}) < len(words):
        raise TaskError("attributes: two items are called the same; each needs a name of its own")
    return {name: [*items] for name, items in found.items()}


def _clues(task: Task, items: Sequence[str], houses: int) -> list[Clue]:
    """What the clues say, with items and houses by number. Raises TaskError."""
    rows = task.get("clues")
    if not isinstance(rows, list | tuple) or len(rows) > _MAX_CLUES:
        raise TaskError(f"clues must be a list of at most {_MAX_CLUES} lists such as ['next_to', 'Alba', 'cat']")
    found = list[Clue]()
    for index, row in enumerate(rows):
        name = f"clues[{index}]"
        if not isinstance(row, list | tuple) or len(row) != 3 or not isinstance(row[0], str) or row[1] not in items:
            raise TaskError(f"{name} must be a relation, an item, and another item or a house")
        relation, item, other = row
        if relation in ("at", "not_at"):
            found.append((relation, items.index(item), integers({name: [other]}, name, 1, houses)[0] - 1))
        elif relation in _RELATIONS and other in items and other != item:
            found.append((relation, items.index(item), items.index(other)))
        else:
            raise TaskError(f"{name}: {relation[:20]!r} must be at or not_at with a house, or one of {_RELATIONS}")
    return found


def _pairs(answer: Any, count: int) -> list[tuple[str, int]]:
    """Items in lower case and their houses, in any order. Raises TaskError."""
    if isinstance(answer, str):
        parts = [_PART.fullmatch(part) if len(part) <= 80 else None for part in _BETWEEN.split(lower_case(answer))]
        if None in parts:
            raise TaskError(f"answer: expected houses such as 'Alba: 2, cat: 1', not {answer[:80]!r}")
        return [(part[1], int(part[2])) for part in parts if part]
    if isinstance(answer, dict):
        pairs = [*answer.items()]
    elif isinstance(answer, list | tuple) and all(isinstance(house, dict) for house in answer[:count]):
        pairs = [(item, number) for number, house in enumerate(answer[:count], 1) for item in house.values()]
    else:
        raise TaskError(f"answer: expected a mapping of items to houses, not {type(answer).__name__}")
    if not all(isinstance(item, str) and type(house) is int for item, house in pairs):
        raise TaskError("answer: expected words, and numbers of houses")
    return [(item.strip().lower(), house) for item, house in pairs]


def _written(attributes: Mapping[str, Sequence[str]], houses: Mapping[str, int], rng: np.random.Generator) -> Any:
    """Where items are, in a randomly chosen notation."""
    attribute_of = {item: name for name, items in attributes.items() for item in items}
    items = [str(item) for item in rng.permutation([*houses])]
    sign = drawn(rng, [": ", " = ", ":", " -> ", " is in house ", " in house "])
    between = drawn(rng, [", ", "; ", "\n"])
    by_house = [
        {attribute_of[item]: item for item in items if houses[item] == number} for number in range(1, len(items) + 1)
    ]
    together = [house for house in by_house if house]
    ways: list[Any] = [
        {item: houses[item] for item in items},
        between.join(f"{item}{sign}{houses[item]}" for item in items),
        between.join(f"{person(attribute_of[item], item)} lives in house {houses[item]}" for item in items),
        between.join(f"{item.capitalize()}: {houses[item]}" for item in items),
        str({item: houses[item] for item in items}),
    ]
    if sum(map(len, together)) == len(items) and len({*map(len, together)}) == 1:
        ways.append(together)
    return drawn(rng, ways)


def _clues_of(rng: np.random.Generator, houses: int, attributes: int, difficulty: float) -> list[Clue]:
    """Clues about the first solution whose uniqueness is found out in time."""
    while True:
        try:
            return drawn_clues(rng, houses, attributes, difficulty)
        except TooHardError:
            continue


def kind() -> Zebra:
    """Houses in a row, and clues."""
    return Zebra()
