"""The travelling salesperson: from city 0 through every other city once and back, on as short a way as possible."""

from dataclasses import dataclass
from math import isqrt
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer, integers
from zeroloop.vocabulary import ID, encode

MIN_CITIES, MAX_CITIES = 3, 12
SIDE = 32
"""Rows and columns of the grid that cities lie on, numbered from 0."""
MAX_LENGTH = MAX_CITIES * 44
"""No tour is longer: opposite corners of the grid are 44 apart."""
EXAMPLE: Task = {"cities": [[2, 3], [20, 25], [4, 28], [30, 6], [16, 11], [9, 17]], "best": 96}

_CITY, _DONE, _AGENT, _GOAL = (ID[name] for name in ("city", "done", "agent", "goal"))


@dataclass(frozen=True, eq=False)
class Cities:
    """What stays the same in an episode: (row, column) of each city, their distances, and the shortest length.

    blank: int16 [n, 3], the tokens of cities that nobody has been to.
    """

    places: tuple[tuple[int, int], ...]
    distances: tuple[tuple[int, ...], ...]
    best: int
    blank: Int16


@dataclass(frozen=True)
class Path:
    """Cities in the order of the visit, and the length of the way so far: with the return, where it is complete."""

    cities: Cities
    visited: tuple[int, ...]
    length: int


class Tour(MoveListEnvironment[Path, int]):
    """A move goes to a city that was not visited yet; after the last one the way leads back to city 0 by itself.

    The score is the shortest length, `task["best"]`, by the length of the tour. Distances are Euclidean, rounded to the
    nearest integer.
    """

    name: ClassVar[str] = "tour"
    num_actions = MAX_CITIES - 1
    num_tokens = MAX_CITIES + 1 + len(str(MAX_LENGTH))

    def initial_state(self, task: Task | None = None) -> Path:
        """In city 0 of `task["cities"]`. Raises TaskError where they are not different places on the grid, or `best`
        is no length of a tour."""
        task = task or EXAMPLE
        places = _places(task)
        distances = tuple(tuple(_distance(a, b) for b in places) for a in places)
        blank = np.array([(_CITY, *place) for place in places], np.int16)
        return Path(Cities(places, distances, integer(task, "best", 1, MAX_LENGTH), blank), (0,), 0)

    def list_moves(self, state: Path) -> list[int]:
        """The cities that were not visited."""
        return [city for city in range(len(state.cities.places)) if city not in state.visited]

    def apply(self, state: Path, move: int) -> Path:
        """In that city, or back in city 0 if it was the last one."""
        visited, distances = (*state.visited, move), state.cities.distances
        length = state.length + distances[state.visited[-1]][move]
        if len(visited) == len(distances):
            length += distances[move][0]
        return Path(state.cities, visited, length)

    def score(self, state: Path) -> float:
        """The shortest length by that of the tour."""
        return min(1.0, state.cities.best / state.length)

    def key(self, state: Path) -> tuple[Any, ...]:
        """The cities, which of them were visited, the last one and the length; the order does not matter."""
        cities = state.cities
        return cities.places, cities.best, tuple(sorted(state.visited)), state.visited[-1], state.length

    def describe(self, state: Path) -> str:
        """The way so far, its length, and where the cities that are left lie."""
        way = " - ".join(map(str, state.visited))
        left = ", ".join(f"{city} at {state.cities.places[city]}" for city in self.moves(state))
        if not left:
            return f"way {way} - 0, length {state.length}"
        here = state.cities.places[state.visited[-1]]
        return f"way {way}, length {state.length}, now at {here}; start at {state.cities.places[0]}; left: {left}"

    def move_name(self, state: Path, move: int) -> str:
        """Such as "go to 3"."""
        return f"go to {move}"

    def tokens(self, state: Path, symmetry: int = 0) -> Int16:
        """A token for each city at its place: where the way is now, the start, visited ones and others; then the length
        of the way so far in the row below the grid."""
        blank, count = state.cities.blank, len(state.cities.blank)
        length = str(state.length)
        tokens = np.empty((count + 1 + len(length), 3), np.int16)
        tokens[:count] = blank
        tokens[list(state.visited), 0] = _DONE
        tokens[0, 0] = _GOAL
        tokens[state.visited[-1], 0] = _AGENT
        tokens[count:, 0], tokens[count:, 1] = [ID["tour"], *encode(length)], SIDE
        tokens[count:, 2] = [0, *range(4 - len(length), 4)]  # digits of equal place stand in one column
        return tokens

    def move_tokens(self, state: Path, move: int) -> tuple[list[int], list[int]]:
        """The distance; about the city where the way is now, and the one that it leads to."""
        here = state.visited[-1]
        return [_CITY, *encode(str(state.cities.distances[here][move]))], [here, move]

    def answer(self, state: Path) -> list[int] | None:
        """The cities in the order of the visit, starting with 0."""
        return [*state.visited] if len(state.visited) == len(state.cities.places) else None

    def move_claim(self, state: Path, move: int) -> str:
        """Such as "Go from city 3 to city 5: distance 7, total 19."."""
        here, distances, after = state.visited[-1], state.cities.distances, self.apply(state, move)
        step, total = distances[here][move], f"total {after.length}."
        if len(after.visited) < len(distances):
            return f"Go from city {here} to city {move}: distance {step}, {total}"
        home = distances[move][0]
        return f"Go from city {here} to city {move} and back to city 0: distances {step} and {home}, {total}"


def _places(task: Task) -> tuple[tuple[int, int], ...]:
    rows = task.get("cities") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not MIN_CITIES <= len(rows) <= MAX_CITIES:
        raise TaskError(f"cities must be a list of {MIN_CITIES} to {MAX_CITIES} places [row, column]")
    found = []
    for city, place in enumerate(rows):
        name = f"cities[{city}]"
        row, column = integers({name: place}, name, 0, SIDE - 1, least=2, most=2)
        found.append((row, column))
    if len({*found}) < len(found):
        raise TaskError("cities: two of them lie at the same place; each needs a place of its own")
    return tuple(found)


def _distance(a: tuple[int, int], b: tuple[int, int]) -> int:
    """The Euclidean distance, rounded to the nearest integer: floor(2 * distance) is exact, and halves do not occur."""
    return (isqrt(4 * ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)) + 1) // 2


def environment() -> Tour:
    """Three to twelve cities on a grid of 32 rows and columns."""
    return Tour()
