"""OR-tools, where it is installed, counts the solutions of puzzles that our solver counts."""

import importlib.util

import pytest

from benchmarks.uniqueness import KINDS, cp_sat_count, weakened
from zeroloop.seeding import stream
from zeroloop.tasks._constraint_solver import Puzzle, Relation, Solver

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ortools") is None, reason="OR-tools (extra tasks) is missing")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_both_find_one_solution_or_several(kind):
    counts = set()
    for seed in range(4):
        task = kind.make(stream(seed, "second opinion", kind.name), 0.2 + seed / 5)
        for each in (task, weakened(kind, task)):
            puzzle = kind.statement(each).puzzle
            found = len(Solver(puzzle).solve(3).solutions)
            assert cp_sat_count(puzzle, 3) == found
            counts.add(found)
        if kind.unique:
            assert cp_sat_count(kind.statement(task).puzzle) == 1
    assert len(counts) > 1 or not kind.unique


def test_colourings_that_differ_by_the_names_of_colours_are_one():
    edges = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    for colours, used, count in ((3, edges, 0), (4, edges, 1), (3, edges[:5], 1), (3, edges[:4], 2)):
        puzzle = Puzzle(colours, ((1 << colours) - 1,) * 4, used, interchangeable=True)
        assert cp_sat_count(puzzle, 5) == len(Solver(puzzle).solve(5).solutions) == count


def test_both_count_the_solutions_of_random_puzzles():
    names, counts = ("same", "different", "next_to", "left_of", "just_left_of"), set()
    for seed in range(40):
        rng = stream(seed, "second opinion")
        size = int(rng.integers(2, 5))
        relations = tuple(
            Relation(names[int(rng.integers(5))], *map(int, rng.choice(6, 2, replace=False))) for _ in range(3)
        )
        domains = tuple(int(each) for each in rng.integers(1, 1 << size, 6))
        puzzle = Puzzle(size, domains, ((0, 1), tuple(range(2, 2 + size))), relations)
        found = len(Solver(puzzle).solve(5).solutions)
        assert cp_sat_count(puzzle, 5) == found
        counts.add(found)
    assert {0, 1, 2} <= counts
