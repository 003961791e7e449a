"""Proofs that a puzzle has one solution: the solver of the constraint kinds beside CP-SAT of OR-tools, which also says
whether the proofs are right. Needs the extra `tasks`."""

import importlib.util
import time
from typing import Any

import numpy as np

from zeroloop.contracts import Task
from zeroloop.seeding import stream
from zeroloop.tasks import graph_colouring, latin_square, sudoku, zebra
from zeroloop.tasks._constraint_solver import Puzzle, Solver
from zeroloop.tasks._constraints import ConstraintKind

KINDS: tuple[ConstraintKind, ...] = (latin_square.kind(), sudoku.kind(), graph_colouring.kind(), zebra.kind())
MOST = 1_000_000
"""States that our solver may look at: more than any of these takes."""


def run(quick: bool = False) -> dict[str, Any]:
    """By kind, over the hardest tasks (difficulty 0.9 to 1) and the same without a part of what is given, which often
    have several solutions: milliseconds for "none, one or several", the mean and the largest, states that ours looked
    at, and in how many the two disagree."""
    if importlib.util.find_spec("ortools") is None:
        return {"left out": 'OR-tools is not installed: pip install "zeroloop[tasks]"'}
    cp_sat_count(Puzzle(1, (1,), ()))  # what it imports is not measured
    return {kind.name: measured(kind, 1 if quick else 40) for kind in KINDS}


def measured(kind: ConstraintKind, count: int) -> dict[str, float]:
    """Of one kind."""
    rng = stream(1, "uniqueness", kind.name)
    tasks = [kind.make(rng, float(rng.uniform(0.9, 1))) for _ in range(count)]
    puzzles = [kind.statement(task).puzzle for task in [*tasks, *(weakened(kind, task) for task in tasks)]]
    found, times, nodes = [], [], []
    for puzzle in puzzles:
        start = time.process_time()
        ours = Solver(puzzle).solve(2, most=MOST)
        middle = time.process_time()
        theirs = cp_sat_count(puzzle)
        times.append((1e3 * (middle - start), 1e3 * (time.process_time() - middle)))
        found.append((len(ours.solutions), theirs))
        nodes.append(ours.nodes)
    mean, most = np.mean(times, axis=0), np.max(times, axis=0)
    return {
        "puzzles": len(puzzles),
        "with one solution": sum(ours == 1 for ours, _ in found),
        "disagreements": sum(ours != theirs for ours, theirs in found),
        "ours, ms": float(mean[0]),
        "ours, ms at most": float(most[0]),
        "states at most": max(nodes),
        "CP-SAT, ms": float(mean[1]),
        "CP-SAT, ms at most": float(most[1]),
    }


def weakened(kind: ConstraintKind, task: Task) -> Task:
    """The task without the first number, edge or clue."""
    if "grid" in task:
        cells = np.array(task["grid"])
        cells[tuple(np.argwhere(cells)[0])] = 0
        return {**task, "grid": cells.tolist()}
    part = "edges" if "edges" in task else "clues"
    return {**task, part: task[part][1:]}


def cp_sat_count(puzzle: Puzzle, limit: int = 2) -> int:
    """The number of solutions, counted up to `limit`, by CP-SAT on one thread: solve, exclude what was found, and solve
    again. Where values are interchangeable, colours appear in the order of their first variable."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    variables = [
        model.new_int_var_from_domain(
            cp_model.Domain.from_values([value for value in range(puzzle.size) if domain >> value & 1]), ""
        )
        for domain in puzzle.domains
    ]
    for group in puzzle.groups:
        model.add_all_different([variables[i] for i in group])
    for name, a, b in puzzle.relations:
        first, second = variables[a], variables[b]
        if name == "same":
            model.add(first == second)
        elif name == "different":
            model.add(first != second)
        elif name == "next_to":
            model.add_linear_expression_in_domain(second - first, cp_model.Domain.from_values([-1, 1]))
        else:
            model.add(second == first + 1) if name == "just_left_of" else model.add(first < second)
    if puzzle.interchangeable:
        largest = model.new_constant(-1)
        for variable in variables:
            model.add(variable <= largest + 1)
            after = model.new_int_var(-1, puzzle.size - 1, "")
            model.add_max_equality(after, [largest, variable])
            largest = after
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    for count in range(limit):
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return count
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        model.add_forbidden_assignments(variables, [tuple(map(solver.value, variables))])
    return limit
