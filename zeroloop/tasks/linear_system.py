"""Systems of linear equations: one solution, none, or all of infinitely many, exactly, in few row operations.

Beside this file: _linear_system_rows.py calculates with rows, _linear_system_answers.py reads answers, and
_linear_system_reference.py solves systems.
"""

import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._linear_system_answers import (
    VARIABLES,
    from_json,
    other_basis,
    parametric,
    read_answer,
    write_answer,
)
from zeroloop.tasks._linear_system_reference import LARGEST, Reference, fewest_operations, fits_at_first
from zeroloop.tasks._linear_system_rows import (
    NUMBER,
    Family,
    Rows,
    Vector,
    all_solutions,
    cost_of,
    fractions,
    is_solved,
    operated,
    product,
    rank,
    row_text,
)
from zeroloop.tasks._notation import plain, respaced
from zeroloop.tasks._rationals import json_number, primitive, rewritten, sum_of, term

_CLAIM = re.compile(
    r"Swapping rows (?P<a>\d) and (?P<b>\d) makes row (?P=a) (?P<first>\([^)]+\)) "
    r"and row (?P=b) (?P<second>\([^)]+\))\.|"
    rf"Dividing row (?P<row>\d) by (?P<by>{NUMBER}) makes row (?P=row) (?P<divided>\([^)]+\))\.|"
    rf"Adding (?P<factor>{NUMBER}) times row (?P<source>\d) to row (?P<target>\d) "
    r"makes row (?P=target) (?P<sum>\([^)]+\))\."
)


class Statement(NamedTuple):
    """What a task asks: the augmented rows, all solutions or None, and the operations that a good solver needs."""

    rows: Rows
    solutions: Family | None
    reference: int | None


class LinearSystem(Kind):
    """Dial: two unknowns, then three, then four; larger numbers; from the middle on, systems with no solution or with
    infinitely many, and with more or fewer equations than unknowns."""

    name = "linear_system"
    family = "math"
    type = "system"
    environment_name = "linear_system"
    min_score = 1 / 1.2

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Systems that the reference solves in less than two operations are drawn again."""
        while True:
            matrix = _random_matrix(rng, difficulty)
            found = Reference(matrix).best() if fits_at_first(matrix) else None
            if found is None or found.cost < 2:
                continue
            family = all_solutions(fractions(matrix))
            return {
                "type": self.type,
                "kind": self.name,
                "difficulty": difficulty,
                "problem": _problem(matrix),
                "matrix": matrix,
                "reference": found.cost,
                "answer": write_answer(family),
                "steps": list(found.steps),
            }

    def read(self, task: Task) -> Statement:
        """The matrix, and what is true of it."""
        rows = fractions(_read_matrix(task))
        reference = integer(task, "reference", 0, 1_000) if "reference" in task else None
        return Statement(rows, all_solutions(rows), reference)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The solution against the equations, exactly: that it is all of them, and no more. An answer that shows its
        row operations is also scored by their number: they are done again from the task's matrix."""
        if isinstance(answer, str) and (text := plain(answer)).startswith("{") and ":" in text:
            answer = from_json(text)
        if isinstance(answer, dict) and "operations" in answer:
            if set(answer) != {"solution", "operations"}:
                raise TaskError("answer: expected the fields solution and operations")
            verdict = self._judge_solution(problem, answer["solution"])
            if verdict.verdict != "correct":
                return verdict
            cost = cost_of(problem.rows, answer["operations"])
            reference = problem.reference if problem.reference is not None else fewest_operations(problem.rows)
            score = min(1.0, reference / cost) if cost else 1.0
            return correct(score, f"{verdict.evidence}; {cost} operations, the reference needs {reference}")
        return self._judge_solution(problem, answer)

    def _judge_solution(self, problem: Statement, answer: Any) -> Verdict:
        """The verdict on a solution alone."""
        stated = read_answer(answer, len(problem.rows[0]) - 1)
        if stated is None or problem.solutions is None:
            if stated is None and problem.solutions is None:
                return correct(evidence="the equations contradict one another")
            return wrong("there is a solution" if stated is None else "there is no solution")
        for row in problem.rows:
            if product(row, stated.point) != row[-1]:
                return wrong("the point does not solve every equation")
            if any(product(row, vector) for vector in stated.basis):
                return wrong("a vector of the basis is not in the null space")
        dimension = len(problem.solutions.basis)
        if len(stated.basis) != dimension or rank(stated.basis) != dimension:
            return wrong(f"the null space has {dimension} dimensions, the answer states {len(stated.basis)} vectors")
        return correct(evidence=f"it solves {len(problem.rows)} equations; dimension {dimension} of the null space")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The best of Gauss-Jordan elimination in every order of pivots, and of a beam search."""
        matrix = _read_matrix(task)
        found = Reference(matrix).best()
        family = all_solutions(fractions(matrix))
        if found is None:
            return Solution(write_answer(family), (), 0, 0)
        return Solution(write_answer(family), found.steps, found.cost, found.nodes)

    def structure(self, task: Task) -> str:
        """The rows without common factors, in the order of equations and unknowns that comes first."""
        rows = [primitive(row) for row in _read_matrix(task)]
        orders = permutations(range(len(rows[0]) - 1))
        return str(min(sorted(primitive([*(row[i] for i in order), row[-1]]) for row in rows) for order in orders))

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is a row operation with the row that it makes; the last one must leave a solved matrix."""
        rows = self.read(task).rows
        for claim in claims:
            found = _CLAIM.fullmatch(claim) if len(claim) <= 1_000 else None
            if found is None:
                return f"not readable: {claim[:200]!r}"
            try:
                changed = operated(rows, found.groupdict())
                stated = [found[name] for name in ("first", "second", "divided", "sum") if found[name]]
            except TaskError as error:
                return f"{error}: {claim!r}"
            if stated != [row_text(rows[at]) for at in changed]:
                return f"not true: {claim!r}"
        return None if claims and is_solved(rows) else "the matrix is not solved"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Mappings, lists, points, equations, with decimals and with parameters."""
        family, count = self.read(task).solutions, len(task["matrix"][0]) - 1
        if family is None:
            words = ("no solution", "No solutions.", "inconsistent", "none", "∅", "there is no solution")
            return endless(lambda: drawn(rng, words), rng=rng)
        variables = VARIABLES[:count]
        if family.basis:
            return endless(
                lambda: write_answer(other_basis(family, rng)),
                lambda: json.dumps(write_answer(other_basis(family, rng))),
                lambda: write_answer(other_basis(family, rng), json_number),
                lambda: ", ".join(parametric(other_basis(family, rng))),
                lambda: dict(zip(variables, parametric(family, bare=True), strict=True)),
                rng=rng,
            )

        def written() -> list[str]:
            return [rewritten(value, rng) for value in family.point]

        return endless(
            lambda: dict(zip(variables, written(), strict=True)),
            lambda: dict(zip(variables[::-1], written()[::-1], strict=True)),
            lambda: json.dumps(dict(zip(variables, written(), strict=True))),
            lambda: list(map(json_number, family.point)),
            lambda: written(),
            lambda: f"({', '.join(written())})",
            lambda: respaced(", ".join(f"{n} = {v}" for n, v in zip(variables, written(), strict=True)), rng),
            lambda: " and ".join(f"{n} = {v}" for n, v in zip(variables, written(), strict=True)),
            lambda: "\n".join(f"{n}={v}" for n, v in zip(variables, written(), strict=True)).replace("-", "−"),
            lambda: {"particular": written(), "null_space": []},
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """One number changed, one left out, a basis that is too small, dependent or wrong, and no answer at all."""
        problem = self.read(task)
        count = len(task["matrix"][0]) - 1
        family = problem.solutions or Family([Fraction(int(n)) for n in rng.integers(-5, 6, count)], [])
        variables = VARIABLES[:count]

        def changed() -> Vector:
            """A point that solves nothing: moved out of the solutions."""
            while True:
                point = list(family.point)
                point[int(rng.integers(count))] += Fraction(int(rng.integers(1, 5)), int(rng.integers(1, 4)))
                if any(product(row, point) != row[-1] for row in problem.rows):
                    return point

        def answered(point: Vector, basis: list[Vector]) -> Any:
            return write_answer(Family(point, basis))

        def without_operations() -> Any:
            steps = task["steps"][: int(rng.integers(len(task["steps"])))]
            return {"solution": task["answer"], "operations": steps}

        wrong_basis = [[*vector[:-1], vector[-1] + 1] for vector in family.basis]
        in_null_space = [v for v in wrong_basis if not any(product(row, v) for row in problem.rows)]
        return endless(
            lambda: answered(changed(), family.basis),
            lambda: dict(zip(variables, map(str, changed()), strict=True)),
            lambda: ", ".join(f"{n} = {v}" for n, v in zip(variables, changed(), strict=True)),
            lambda: [str(value) for value in changed()],
            lambda: dict(zip(variables[:-1], map(str, changed()), strict=False)),
            lambda: answered(family.point, family.basis[:-1]) if family.basis else answered(changed(), []),
            lambda: answered(family.point, [*family.basis, [Fraction(0)] * count]) if family.basis else [str(1)],
            lambda: answered(family.point, wrong_basis) if wrong_basis and not in_null_space else "x = 1 and",
            lambda: answered(family.point, [*family.basis[:-1], family.basis[0]] * 2) if family.basis else "x + y = 1",
            lambda: "no solution" if problem.solutions else "infinitely many solutions",
            without_operations,
            lambda: {"solution": dict(zip(variables, map(str, changed()), strict=True)), "operations": task["steps"]},
            lambda: {"solution": task["answer"], "operations": ["add 1 * row 1 to row 1"]},
            lambda: drawn(rng, [None, True, [], {}, "", "x", [["1"]], {"x": None}, {"particular": 1}, float("inf")]),
            rng=rng,
        )


def _read_matrix(task: Task) -> list[list[int]]:
    """The rows of `task["matrix"]`. Raises TaskError where it is none."""
    rows = task.get("matrix") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not 2 <= len(rows) <= 4:
        raise TaskError("matrix must be a list of 2 to 4 rows")
    found = [integers({"matrix": row}, "matrix", -LARGEST, LARGEST, least=3, most=5) for row in rows]
    if len({len(row) for row in found}) > 1:
        raise TaskError("matrix must have rows of equal length")
    return found


# ---- making tasks ----------------------------------------------------------------------------------------------------


def _random_matrix(rng: np.random.Generator, difficulty: float) -> list[list[int]]:
    """A matrix of a size and kind that fit the difficulty."""
    level = difficulty * 3 + float(rng.random())
    unknowns = 2 if level < 1.3 else 3 if level < 2.9 else 4
    special = rng.random() < 0.8 * (difficulty - 0.25)
    equations = unknowns
    if special:
        equations = min(4, max(2, unknowns + int(rng.integers(-1, 2))))
    largest = 3 + int(4 * difficulty) if unknowns < 4 else 3
    density = 1.0 if unknowns == 2 else 0.85 if unknowns == 3 else 0.7
    rows = [_coefficients(rng, unknowns, largest, density) for _ in range(equations)]
    if special and equations >= unknowns:
        dependent = max(1, equations - unknowns + int(rng.integers(0, 2)))
        for at in range(equations - dependent, equations):
            rows[at] = _combined(rng, rows[: equations - dependent])
    point = [int(number) for number in rng.integers(-6, 7, unknowns)]
    right = [sum(a * x for a, x in zip(row, point, strict=True)) for row in rows]
    if rng.random() < (0.5 if special else difficulty - 0.4):
        right[int(rng.integers(equations))] += int(rng.integers(1, 6))
    order = rng.permutation(equations).tolist()
    return [[*rows[i], right[i]] for i in order]


def _coefficients(rng: np.random.Generator, count: int, largest: int, density: float) -> list[int]:
    """Some of them 0, but not all."""
    while True:
        row = rng.integers(-largest, largest + 1, count) * (rng.random(count) < density)
        if row.any():
            return [int(number) for number in row]


def _combined(rng: np.random.Generator, rows: Sequence[Sequence[int]]) -> list[int]:
    """A sum of multiples of rows that is not 0."""
    while True:
        factors = [int(f) for f in rng.choice((-2, -1, 1, 2), len(rows))]
        row = [sum(f * row[i] for f, row in zip(factors, rows, strict=True)) for i in range(len(rows[0]))]
        if any(row):
            return row


def _problem(matrix: Sequence[Sequence[int]]) -> str:
    sums = [sum_of(term(number, name) for number, name in zip(row[:-1], VARIABLES, strict=False)) for row in matrix]
    equations = [f"{left} = {row[-1]}" for left, row in zip(sums, matrix, strict=True)]
    return (
        f"Find all solutions of the system {', '.join(equations)}, with as few row operations on its augmented matrix "
        "as possible."
    )


def kind() -> LinearSystem:
    """One system."""
    return LinearSystem()
