"""Clues for zebra puzzles: as many as one solution takes, of relations that make it easy or hard."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from zeroloop.tasks._constraint_solver import Puzzle, Relation, Solver, holds

_EASY = {"at": 2.0, "not_at": 0.5, "same": 3.0, "different": 0.5, "next_to": 1.0, "left_of": 0.5, "just_left_of": 1.0}
_HARD = {"at": 0.1, "not_at": 0.7, "same": 1.5, "different": 2.0, "next_to": 3.0, "left_of": 2.0, "just_left_of": 0.7}

Clue = tuple[str, int, int]
"""Relation, variable, and the other variable or the house, all from 0."""


def puzzle_of(houses: int, attributes: int, clues: Sequence[Clue]) -> Puzzle:
    """Items as variables: those of one attribute differ, and clues say the rest."""
    domains = [(1 << houses) - 1] * (houses * attributes)
    relations = list[Relation]()
    for relation, a, b in clues:
        if relation == "at":
            domains[a] &= 1 << b
        elif relation == "not_at":
            domains[a] &= ~(1 << b)
        else:
            relations.append(Relation(relation, a, b))
    groups = tuple(tuple(range(start, start + houses)) for start in range(0, len(domains), houses))
    return Puzzle(houses, tuple(domains), groups, tuple(relations))


def drawn_clues(rng: np.random.Generator, houses: int, attributes: int, difficulty: float) -> list[Clue]:
    """Clues about a random solution that has no other beside it.

    As long as there is another, a clue is added that it breaks; then clues that are not needed are taken away, all of
    them at difficulty 1, and half of them at 0.
    """
    values = [house for _ in range(attributes) for house in rng.permutation(houses).tolist()]
    possible = _true_clues(values, houses)
    weights = {name: (1 - difficulty) * easy + difficulty * _HARD[name] for name, easy in _EASY.items()}
    clues = list[Clue]()
    while other := _other(values, houses, attributes, clues):
        breaking = {
            name: found
            for name, each in possible.items()
            if (found := [clue for clue in each if not _is_true(clue, other)])
        }
        chances = np.array([weights[name] for name in breaking])
        relation = [*breaking][int(rng.choice(len(breaking), p=chances / chances.sum()))]
        clues.append(breaking[relation][int(rng.integers(len(breaking[relation])))])
    for clue in [clues[i] for i in rng.permutation(len(clues))]:
        fewer = [each for each in clues if each != clue]
        if rng.random() < 0.5 + difficulty / 2 and not _other(values, houses, attributes, fewer):
            clues = fewer
    return [clues[i] for i in rng.permutation(len(clues))]


def _other(values: Sequence[int], houses: int, attributes: int, clues: Sequence[Clue]) -> tuple[int, ...] | None:
    """A solution that is not `values`."""
    solutions = Solver(puzzle_of(houses, attributes, clues)).solve(limit=2).solutions
    return next((solution for solution in solutions if solution != tuple(values)), None)


def _true_clues(values: Sequence[int], houses: int) -> dict[str, list[Clue]]:
    """All that is true of a solution, by relation; "same" and "different" of items of different attributes."""
    found: dict[str, list[Clue]] = {name: [] for name in _EASY}
    for variable, value in enumerate(values):
        found["at"].append(("at", variable, value))
        found["not_at"] += [("not_at", variable, house) for house in range(houses) if house != value]
    for a, b in permutations(range(len(values)), 2):
        for name in ("same", "different", "next_to", "left_of", "just_left_of"):
            symmetric = name in ("same", "different", "next_to")
            trivial = name in ("same", "different") and a // houses == b // houses
            if holds(name, values[a], values[b]) and not trivial and not (symmetric and a > b):
                found[name].append((name, a, b))
    return {name: clues for name, clues in found.items() if clues}


def _is_true(clue: Clue, values: Sequence[int]) -> bool:
    relation, a, b = clue
    if relation in ("at", "not_at"):
        return (values[a] == b) == (relation == "at")
    return holds(relation, values[a], values[b])


def named(clues: Sequence[Clue], attributes: Mapping[str, Sequence[str]]) -> list[list[Any]]:
    """Clues as tasks write them: items by name, houses from 1."""
    items = [item for each in attributes.values() for item in each]
    return [[name, items[a], b + 1 if name in ("at", "not_at") else items[b]] for name, a, b in clues]
