"""Backtracking with propagation: all solutions of a puzzle up to a limit, and the states that were looked at."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import NamedTuple

import numpy as np

from zeroloop.errors import TaskError

MAX_NODES = 5_000
"""States that a search looks at before it gives up."""


class Relation(NamedTuple):
    """What two variables have to do with each other: "same", "different", "next_to", "left_of", "just_left_of"."""

    name: str
    a: int
    b: int


class Puzzle(NamedTuple):
    """Variables with values from 0 to `size` - 1.

    domains: the values that each may have, as bits. groups: variables that differ from each other; where there are as
    many as values, each value is one's. interchangeable: whether values are alike, but for who has them.
    """

    size: int
    domains: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    relations: tuple[Relation, ...] = ()
    interchangeable: bool = False


class Found(NamedTuple):
    """Solutions, and the number of states that were looked at."""

    solutions: list[tuple[int, ...]]
    nodes: int


class TooHardError(TaskError):
    """A search has looked at as many states as it may."""


def is_solution(puzzle: Puzzle, values: Sequence[int]) -> bool:
    """Whether values are in their domains, differ within groups and are related as they must be."""
    return (
        all(domain >> value & 1 for domain, value in zip(puzzle.domains, values, strict=True))
        and all(len({values[i] for i in group}) == len(group) for group in puzzle.groups)
        and all(holds(name, values[a], values[b]) for name, a, b in puzzle.relations)
    )


def holds(relation: str, a: int, b: int) -> bool:
    """Whether values of two variables are as a relation says."""
    if relation == "next_to":
        return abs(a - b) == 1
    if relation == "just_left_of":
        return a + 1 == b
    if relation == "left_of":
        return a < b
    return (a == b) == (relation == "same")


class Solver:
    """Searches one puzzle. `narrow` takes values away until none is left that one look at a constraint excludes.

    thorough: whether relations are looked at before one of their variables is decided, and groups for values that only
    one variable can have. Without, it is forward checking.
    """

    def __init__(self, puzzle: Puzzle, thorough: bool = True) -> None:
        self.puzzle, self._thorough = puzzle, thorough
        self._constraints: list[tuple[int, ...] | Relation] = [*puzzle.groups, *puzzle.relations]
        self._of: list[list[int]] = [[] for _ in puzzle.domains]
        for index, constraint in enumerate(self._constraints):
            for variable in _variables(constraint):
                self._of[variable].append(index)
        self._nodes = 0

    def narrow(self, domains: list[int], of: Iterable[int] | None = None) -> bool:
        """Narrow `domains`, where those of some variables are new, and say whether there may be a solution still."""
        waiting = set(range(len(self._constraints)) if of is None else (i for v in of for i in self._of[v]))
        if not all(domains):
            return False
        while waiting:
            constraint = self._constraints[waiting.pop()]
            narrow = self._relate if isinstance(constraint, Relation) else self._differ
            changed = list[int]()
            if not narrow(constraint, domains, changed):  # type: ignore[arg-type]
                return False
            for variable in changed:
                waiting.update(self._of[variable])
        return True

    def _differ(self, group: tuple[int, ...], domains: list[int], changed: list[int]) -> bool:
        once = twice = taken = 0
        for variable in group:
            domain = domains[variable]
            twice |= once & domain
            once |= domain
            if domain & (domain - 1) == 0:
                if taken & domain:
                    return False
                taken |= domain
        alone = 0
        if self._thorough and len(group) == self.puzzle.size:
            if once != (1 << self.puzzle.size) - 1:
                return False
            alone = once & ~twice
        for variable in group:
            domain = domains[variable]
            if domain & (domain - 1):
                left = domain & alone or domain & ~taken
                if not left or left & alone & (left - 1):  # two values that can be only here
                    return False
                if left != domain:
                    domains[variable] = left
                    changed.append(variable)
        return True

    def _relate(self, relation: Relation, domains: list[int], changed: list[int]) -> bool:
        there, back = _supports(relation.name, self.puzzle.size)
        for variable, other, supports in ((relation.a, relation.b, there), (relation.b, relation.a, back)):
            against = domains[other]
            if against & (against - 1) and not self._thorough:
                continue
            left = sum(1 << value for value, support in enumerate(supports) if support & against) & domains[variable]
            if not left:
                return False
            if left != domains[variable]:
                domains[variable] = left
                changed.append(variable)
        return True

    def solve(
        self,
        limit: int,
        rng: np.random.Generator | None = None,
        most: int = MAX_NODES,
        domains: Sequence[int] | None = None,
    ) -> Found:
        """Up to `limit` solutions: always the variable with the fewest values next, its values in order, or with `rng`
        in a random one; with other `domains` than the puzzle's where they are given. Raises TooHardError where that
        takes more than `most` states."""
        self._nodes = 1
        start = [*(self.puzzle.domains if domains is None else domains)]
        solutions = self._search(start, rng, most) if self.narrow(start) else iter(())
        return Found([*islice(solutions, limit)], self._nodes)

    def _search(self, domains: list[int], rng: np.random.Generator | None, most: int) -> Iterator[tuple[int, ...]]:
        choice = self.choice(domains)
        if choice is None:
            yield tuple(domain.bit_length() - 1 for domain in domains)
            return
        variable, values = choice
        for value in values if rng is None else rng.permutation(values).tolist():
            self._nodes += 1
            if self._nodes > most:
                raise TooHardError(f"the puzzle is too hard to be checked: more than {most} states were looked at")
            after = [*domains]
            after[variable] = 1 << value
            if self.narrow(after, [variable]):
                yield from self._search(after, rng, most)

    def choice(self, domains: Sequence[int]) -> tuple[int, list[int]] | None:
        """The first of the undecided variables with the fewest values, and these, but for values that are alike; None
        where all are decided."""
        open_ones = [(domain.bit_count(), i) for i, domain in enumerate(domains) if domain & (domain - 1)]
        if not open_ones:
            return None
        variable = min(open_ones)[1]
        values = [value for value in range(self.puzzle.size) if domains[variable] >> value & 1]
        if self.puzzle.interchangeable:
            used = {domain.bit_length() - 1 for domain in domains if not domain & (domain - 1)}
            fresh = [value for value in range(self.puzzle.size) if value not in used]
            values = [value for value in values if value in used or value == fresh[0]]
        return variable, values

    def easiest(self, domains: Sequence[int], variables: Sequence[int]) -> int | None:
        """The first of the variables that has one value left after the fewest rounds, in each of which every constraint
        is looked at by itself; None where none ever has. There has to be a solution."""
        known = [*domains]
        while True:
            narrowed = [*known]
            for constraint in self._constraints:
                after = [*known]
                narrow = self._relate if isinstance(constraint, Relation) else self._differ
                narrow(constraint, after, [])  # type: ignore[arg-type]
                for variable in _variables(constraint):
                    narrowed[variable] &= after[variable]
            for variable in variables:
                if not narrowed[variable] & (narrowed[variable] - 1):
                    return variable
            if narrowed == known:
                return None
            known = narrowed

    def dive(self) -> tuple[int, ...] | None:
        """What guesses come to that are never taken back, always the lowest value of the most constrained variable: a
        solution, or None."""
        domains = [*self.puzzle.domains]
        alive = self.narrow(domains)
        while alive and (choice := self.choice(domains)) is not None:
            variable, values = choice
            domains[variable] = 1 << values[0]
            alive = self.narrow(domains, [variable])
        return tuple(domain.bit_length() - 1 for domain in domains) if alive else None


def explained(puzzle: Puzzle, solution: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Guesses that lead to a solution by forward checking: each time the value that is easiest to see.

    That is the one that takes the fewest rounds of looking at every constraint by itself, and of these that of the most
    constrained variable; where nothing shows, as where values are alike, the most constrained variable has its value.
    room: values that the variables to choose from may have together, the most constrained ones first.
    """
    plain, careful = Solver(puzzle, thorough=False), Solver(puzzle)
    domains, guesses = [*puzzle.domains], list[tuple[int, int]]()
    plain.narrow(domains)
    while (choice := plain.choice(domains)) is not None:
        seen = None if puzzle.interchangeable else careful.easiest(domains, _most_constrained(domains, room))
        variable = choice[0] if seen is None else seen
        guesses.append((variable, solution[variable]))
        domains[variable] = 1 << solution[variable]
        plain.narrow(domains, [variable])
    return guesses


def _most_constrained(domains: Sequence[int], room: int) -> list[int]:
    """Undecided variables, those with the fewest values first, as many as have `room` values together."""
    undecided = sorted((domain.bit_count(), i) for i, domain in enumerate(domains) if domain & (domain - 1))
    together = accumulate(count for count, _ in undecided)
    return [variable for (_, variable), values in zip(undecided, together, strict=True) if values <= room]


def _variables(constraint: tuple[int, ...] | Relation) -> tuple[int, ...]:
    return (constraint.a, constraint.b) if isinstance(constraint, Relation) else constraint


@lru_cache
def _supports(relation: str, size: int) -> tuple[list[int], list[int]]:
    """For each value of the first variable, the values of the second that go with it, as bits; and the other way."""
    there = [sum(1 << b for b in range(size) if holds(relation, a, b)) for a in range(size)]
    back = [sum(1 << a for a in range(size) if holds(relation, a, b)) for b in range(size)]
    return there, back
