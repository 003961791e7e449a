"""The travelling salesperson: the shortest tour through cities on a grid."""

import functools
import re
from collections.abc import Iterator, Sequence
from math import isqrt
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.tour import MAX_CITIES, MAX_LENGTH, MIN_CITIES, SIDE
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._indices import read_indices, unreadable, written
from zeroloop.tasks._kinds import Kind, correct, endless, wrong

Place = tuple[int, int]

_GO = re.compile(r"Go from city (\d{1,3}) to city (\d{1,3}): distance (\d{1,6}), total (\d{1,6})\.", re.ASCII)
_LAST = re.compile(
    r"Go from city (\d{1,3}) to city (\d{1,3}) and back to city 0: "
    r"distances (\d{1,6}) and (\d{1,6}), total (\d{1,6})\.",
    re.ASCII,
)


class Statement(NamedTuple):
    """What a task asks: the cities' places, and the length of the shortest tour."""

    cities: tuple[Place, ...]
    best: int


class Shortest(NamedTuple):
    """A shortest tour, its length, and the states that were looked at to find it."""

    tour: tuple[int, ...]
    length: int
    nodes: int


class Tour(Kind):
    """Dial: 5 to 12 cities. The score is the shortest length by that of the tour; a success is at most 2 % longer."""

    name = "tour"
    family = "search"
    type = "optimization"
    min_score = 0.98
    environment_name = "tour"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Cities lie anywhere on the grid."""
        count = 5 + min(7, int(8 * difficulty))
        cells = rng.choice(SIDE * SIDE, count, replace=False).tolist()
        cities = tuple(divmod(cell, SIDE) for cell in cells)
        shortest = _shortest(cities)
        where = ", ".join(f"{city} at {place}" for city, place in enumerate(cities))
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"Find the shortest tour that starts in city 0, visits each of the cities 1 to {count - 1} once and "
                "returns to city 0. The distance of two cities is their Euclidean distance, rounded to the nearest "
                f"integer. The cities lie at these points (row, column): {where}. "
                "Answer with the cities in the order of the visit, starting with 0."
            ),
            "cities": [[*place] for place in cities],
            "best": shortest.length,
            "answer": [*shortest.tour],
            "steps": [*_steps(shortest.tour)],
        }

    def read(self, task: Task) -> Statement:
        """The cities, and the shortest length: computed where the task does not say it."""
        cities = _cities(task)
        best = integer(task, "best", 1, MAX_LENGTH) if "best" in task else _shortest(cities).length
        return Statement(cities, best)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """Every city once, from city 0, with or without the return; the length is measured anew."""
        count = len(problem.cities)
        tour = read_indices(answer, count, count + 1)
        if tour[0] != 0:
            return wrong("the tour does not start in city 0")
        if len(tour) == count + 1 and tour.pop() != 0:
            return wrong("the tour does not return to city 0")
        if missing := sorted({*range(count)} - {*tour}):
            return wrong(f"city {missing[0]} is not visited")
        length = _length(problem.cities, tour)
        if length < problem.best:
            return Verdict("error", 0.0, f"the task is broken: best is {problem.best}, but a tour of {length} exists")
        return correct(problem.best / length, f"the length is {length}, the shortest is {problem.best}")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Dynamic programming over sets of cities (Held and Karp 1962)."""
        tour, length, nodes = _shortest(_cities(task))
        return Solution([*tour], _steps(tour), length, nodes)

    def baseline(self, task: Task) -> list[int]:
        """The tour of the nearest neighbour: always to the nearest city not visited, the first of those."""
        cities = _cities(task)
        tour, left = [0], [*range(1, len(cities))]
        while left:
            tour.append(min(left, key=lambda city: _distance(cities[tour[-1]], cities[city])))
            left.remove(tour[-1])
        return tour

    def structure(self, task: Task) -> str:
        """The cities without order, moved to the corner, and the first of their turned and mirrored images."""
        rows = np.array(_cities(task))
        images = []
        for points in (rows, rows[:, ::-1]):
            for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                image = points * signs
                images.append(sorted((image - image.min(axis=0)).tolist()))
        return str(min(images))

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence goes on from where the one before ended, with the right distances; the last one goes home."""
        cities, best = self.read(task)
        here, left, total, home = 0, {*range(1, len(cities))}, 0, False
        for claim in claims:
            match = _GO.fullmatch(claim) or _LAST.fullmatch(claim)
            if match is None:
                return f"not readable: {claim!r}"
            begin, end, *distances, stated = map(int, match.groups())
            if home:
                return f"after the end: {claim!r}"
            if begin != here or end not in left:
                return f"not the way, or not a city that is left: {claim!r}"
            home = len(distances) == 2
            steps = [_distance(cities[begin], cities[end])] + [_distance(cities[end], cities[0])] * home
            total += sum(steps)
            if distances != steps or stated != total:
                return f"not true: {claim!r}"
            left.remove(end)
            here = end
        if left or not home:
            return "the tour is not complete"
        if best / total < self.min_score:
            return f"the tour is not good enough: {total} where {best} is possible"
        return None

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known tour in both directions, with and without the return, as lists and as text."""
        tour = list(task["answer"])
        back = [0, *tour[:0:-1]]
        return endless(
            lambda: written(tour, rng),
            lambda: written(back, rng),
            lambda: written([*tour, 0], rng),
            lambda: written([*back, 0], rng),
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Tours that leave a city out, visit one twice, begin or end elsewhere, or are no lists of cities."""
        tour = list(task["answer"])
        count = len(tour)

        def place() -> int:
            return int(rng.integers(1, count))

        def one_missing() -> list[int]:
            at = place()
            return [*tour[:at], *tour[at + 1 :], *[0] * int(rng.integers(2))]

        def one_twice() -> list[int]:
            at, again = place(), place()
            return [*tour[:at], tour[again], *tour[at:]]

        def another_city() -> list[int]:
            at = place()
            other = (*tour[:at], *tour[at + 1 :], count, count + 7)[int(rng.integers(count + 1))]
            return [*tour[:at], other, *tour[at + 1 :]]

        def elsewhere() -> list[int]:
            at = place()
            return [*tour[at:], *tour[:at], *[tour[at]] * int(rng.integers(2))]

        return endless(
            lambda: written(one_missing(), rng),
            lambda: written(one_twice(), rng),
            lambda: written(another_city(), rng),
            lambda: written(elsewhere(), rng),
            lambda: written([*tour, tour[place()]], rng),
            lambda: written([*tour, 0, 0], rng),
            lambda: [*tour[:-1], 10**20],
            lambda: unreadable(tour, rng),
            rng=rng,
        )


def _cities(task: Task) -> tuple[Place, ...]:
    """The places of the cities. Raises TaskError."""
    rows = task.get("cities") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not MIN_CITIES <= len(rows) <= MAX_CITIES:
        raise TaskError(f"cities must be a list of {MIN_CITIES} to {MAX_CITIES} places [row, column]")
    cities = tuple(_place(city, place) for city, place in enumerate(rows))
    if len({*cities}) < len(cities):
        raise TaskError("cities: two of them lie at the same place; each needs a place of its own")
    return cities


def _place(city: int, place: Any) -> Place:
    name = f"cities[{city}]"
    row, column = integers({name: place}, name, 0, SIDE - 1, least=2, most=2)
    return row, column


def _distance(a: Place, b: Place) -> int:
    """The integer nearest to the Euclidean distance: (root + 1/2)^2 is root^2 + root + 1/4, and that is no integer."""
    square = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
    root = isqrt(square)
    return root + (square > root * root + root)


def _length(cities: Sequence[Place], tour: Sequence[int]) -> int:
    """The length with the return."""
    return sum(_distance(cities[a], cities[b]) for a, b in zip(tour, [*tour[1:], tour[0]], strict=True))


@functools.lru_cache(maxsize=1024)
def _shortest(cities: tuple[Place, ...]) -> Shortest:
    """Held and Karp's dynamic programme: the shortest way from city 0 through each set of cities to each city in it,
    for all sets of one size at once."""
    distances = np.array([[_distance(a, b) for b in cities] for a in cities])
    count = len(cities) - 1  # city 0 is in no set; city c is bit c - 1
    between, home = distances[1:, 1:], distances[0, 1:]
    sets = np.arange(1 << count)
    sizes = sum((sets >> city) & 1 for city in range(count))
    lengths = np.full((1 << count, count), 1 << 40)
    lengths[1 << np.arange(count), np.arange(count)] = home
    for size in range(2, count + 1):
        for city in range(count):
            those = sets[(sizes == size) & (sets >> city & 1 == 1)]
            lengths[those, city] = (lengths[those ^ 1 << city] + between[:, city]).min(axis=1)
    visited = (1 << count) - 1
    length = int((lengths[visited] + home).min())
    backwards = [int((lengths[visited] + home).argmin())]
    while visited := visited ^ 1 << backwards[-1]:
        backwards.append(int((lengths[visited] + between[backwards[-1]]).argmin()))
    return Shortest((0, *(city + 1 for city in reversed(backwards))), length, count << (count - 1))


def _steps(tour: Sequence[int]) -> tuple[str, ...]:
    """The moves of the environment."""
    return tuple(f"go to {city}" for city in tour[1:])


def kind() -> Tour:
    """Cities on a grid."""
    return Tour()
