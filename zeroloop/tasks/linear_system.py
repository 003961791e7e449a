"""Systems of linear equations: one solution, none, or all of infinitely many, exactly, in few row operations."""

import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations
from math import gcd
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._kinds import Kind, correct, endless, wrong
from zeroloop.tasks._notation import (
    Expression,
    Negation,
    Operation,
    evaluate,
    names,
    parse_equation,
    parse_expression,
    parse_number,
    plain,
    respaced,
    write_number,
)

VARIABLES = "xyzw"
LARGEST, CHARACTERS = 9_999, 120
"""What the rules allow (zeroloop/envs/linear_system.py): entries, and characters of all rows together."""
MOST_OPERATIONS = 200
"""Operations of an answer that are read."""

_NOTHING = re.compile(r"none|(there (is|are) )?no solutions?( exists?)?|inconsistent|(the )?empty set|∅|\{ *\}")
_OR = re.compile(r"\b(?:and)\b|[;\n&∧]", re.IGNORECASE)
_OPERATION = re.compile(
    r"swap rows (?P<a>\d) and (?P<b>\d)|divide row (?P<row>\d) by (?P<by>-?\d{1,9}(?:/[1-9]\d{0,8})?)|"
    r"add (?P<factor>-?\d{1,9}(?:/[1-9]\d{0,8})?) \* row (?P<source>\d) to row (?P<target>\d)"
)
_CLAIM = re.compile(
    r"Swapping rows (?P<a>\d) and (?P<b>\d) makes row (?P=a) (?P<first>\([^)]+\)) "
    r"and row (?P=b) (?P<second>\([^)]+\))\.|"
    r"Dividing row (?P<row>\d) by (?P<by>-?\d{1,9}(?:/[1-9]\d{0,8})?) makes row (?P=row) (?P<divided>\([^)]+\))\.|"
    r"Adding (?P<factor>-?\d{1,9}(?:/[1-9]\d{0,8})?) times row (?P<source>\d) to row (?P<target>\d) "
    r"makes row (?P=target) (?P<sum>\([^)]+\))\."
)

Vector: TypeAlias = list[Fraction]
Rows: TypeAlias = list[Vector]
"""Augmented rows: the coefficients, then the right-hand side."""


class Family(NamedTuple):
    """All solutions: a point, and a basis of what may be added to it; empty where there is one solution."""

    point: Vector
    basis: list[Vector]


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
            matrix = _drawn(rng, difficulty)
            found = _Reference(matrix).best() if _fits_at_first(matrix) else None
            if found is None or found.cost < 2:
                continue
            family = _solutions(_fractions(matrix))
            return {
                "type": self.type,
                "kind": self.name,
                "difficulty": difficulty,
                "problem": _problem(matrix),
                "matrix": matrix,
                "reference": found.cost,
                "answer": _answer(family),
                "steps": list(found.steps),
            }

    def read(self, task: Task) -> Statement:
        """The matrix, and what is true of it."""
        rows = _fractions(_matrix(task))
        reference = integer(task, "reference", 0, 1_000) if "reference" in task else None
        return Statement(rows, _solutions(rows), reference)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The solution against the equations, exactly: that it is all of them, and no more. An answer that shows its
        row operations is also scored by their number: they are done again from the task's matrix."""
        if isinstance(answer, str) and (text := plain(answer)).startswith("{") and ":" in text:
            answer = _from_json(text)
        if isinstance(answer, dict) and "operations" in answer:
            if set(answer) != {"solution", "operations"}:
                raise TaskError("answer: expected the fields solution and operations")
            verdict = self._judge_solution(problem, answer["solution"])
            if verdict.verdict != "correct":
                return verdict
            cost = _cost(problem.rows, answer["operations"])
            reference = problem.reference if problem.reference is not None else _reference(problem.rows)
            score = min(1.0, reference / cost) if cost else 1.0
            return correct(score, f"{verdict.evidence}; {cost} operations, the reference needs {reference}")
        return self._judge_solution(problem, answer)

    def _judge_solution(self, problem: Statement, answer: Any) -> Verdict:
        """The verdict on a solution alone."""
        stated = _stated(answer, len(problem.rows[0]) - 1)
        if stated is None or problem.solutions is None:
            if stated is None and problem.solutions is None:
                return correct(evidence="the equations contradict one another")
            return wrong("there is a solution" if stated is None else "there is no solution")
        for row in problem.rows:
            if _product(row, stated.point) != row[-1]:
                return wrong("the point does not solve every equation")
            if any(_product(row, vector) for vector in stated.basis):
                return wrong("a vector of the basis is not in the null space")
        dimension = len(problem.solutions.basis)
        if len(stated.basis) != dimension or _rank(stated.basis) != dimension:
            return wrong(f"the null space has {dimension} dimensions, the answer states {len(stated.basis)} vectors")
        return correct(evidence=f"it solves {len(problem.rows)} equations; dimension {dimension} of the null space")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The best of Gauss-Jordan elimination in every order of pivots, and of a beam search."""
        matrix = _matrix(task)
        found = _Reference(matrix).best()
        family = _solutions(_fractions(matrix))
        if found is None:
            return Solution(_answer(family), (), 0, 0)
        return Solution(_answer(family), found.steps, found.cost, found.nodes)

    def structure(self, task: Task) -> str:
        """The rows without common factors, in the order of equations and unknowns that comes first."""
        rows = [_primitive(row) for row in _matrix(task)]
        orders = permutations(range(len(rows[0]) - 1))
        return str(min(sorted(_primitive([*(row[i] for i in order), row[-1]]) for row in rows) for order in orders))

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is a row operation with the row that it makes; the last one must leave a solved matrix."""
        rows = self.read(task).rows
        for claim in claims:
            found = _CLAIM.fullmatch(claim) if len(claim) <= 1_000 else None
            if found is None:
                return f"not readable: {claim[:200]!r}"
            try:
                changed = _operated(rows, found.groupdict())
                stated = [found[name] for name in ("first", "second", "divided", "sum") if found[name]]
            except TaskError as error:
                return f"{error}: {claim!r}"
            if stated != [_row_text(rows[at]) for at in changed]:
                return f"not true: {claim!r}"
        return None if claims and _is_solved(rows) else "the matrix is not solved"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Mappings, lists, points, equations, with decimals and with parameters."""
        family, count = self.read(task).solutions, len(task["matrix"][0]) - 1
        if family is None:
            words = ("no solution", "No solutions.", "inconsistent", "none", "∅", "there is no solution")
            return endless(lambda: words[int(rng.integers(len(words)))], rng=rng)
        variables = VARIABLES[:count]
        if family.basis:
            return endless(
                lambda: _answer(_other_basis(family, rng)),
                lambda: json.dumps(_answer(_other_basis(family, rng))),
                lambda: {key: _numbers(value) for key, value in _answer(_other_basis(family, rng)).items()},
                lambda: ", ".join(_parametric(_other_basis(family, rng))),
                lambda: dict(zip(variables, _parametric(family, bare=True), strict=True)),
                rng=rng,
            )

        def written() -> list[str]:
            return [_rewritten(value, rng) for value in family.point]

        return endless(
            lambda: dict(zip(variables, written(), strict=True)),
            lambda: dict(zip(variables[::-1], written()[::-1], strict=True)),
            lambda: json.dumps(dict(zip(variables, written(), strict=True))),
            lambda: _numbers(list(map(str, family.point))),
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
                if any(_product(row, point) != row[-1] for row in problem.rows):
                    return point

        def answered(point: Vector, basis: list[Vector]) -> Any:
            return _answer(Family(point, basis))

        def without_operations() -> Any:
            steps = task["steps"][: int(rng.integers(len(task["steps"])))]
            return {"solution": task["answer"], "operations": steps}

        wrong_basis = [[*vector[:-1], vector[-1] + 1] for vector in family.basis]
        in_null_space = [v for v in wrong_basis if not any(_product(row, v) for row in problem.rows)]
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
            lambda: [None, True, [], {}, "", "x", [["1"]], {"x": None}, {"particular": 1}, float("inf")][
                int(rng.integers(10))
            ],
            rng=rng,
        )


# ---- linear algebra --------------------------------------------------------------------------------------------------


def _matrix(task: Task) -> list[list[int]]:
    """The rows of `task["matrix"]`. Raises TaskError where it is none."""
    rows = task.get("matrix") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not 2 <= len(rows) <= 4:
        raise TaskError("matrix must be a list of 2 to 4 rows")
    found = [integers({"matrix": row}, "matrix", -LARGEST, LARGEST, least=3, most=5) for row in rows]
    if len({len(row) for row in found}) > 1:
        raise TaskError("matrix must have rows of equal length")
    return found


def _fractions(matrix: Sequence[Sequence[int]]) -> Rows:
    return [[Fraction(number) for number in row] for row in matrix]


def _product(row: Vector, vector: Vector) -> Fraction:
    """The left-hand side of an equation."""
    return sum((a * x for a, x in zip(row, vector, strict=False)), Fraction(0))


def _eliminated(rows: Sequence[Vector]) -> tuple[Rows, list[int]]:
    """Reduced row echelon form by the textbook, and the columns of its pivots, the last column among them."""
    work, pivots = [list(row) for row in rows], list[int]()
    for column in range(len(work[0]) if work else 0):
        at = len(pivots)
        chosen = next((i for i in range(at, len(work)) if work[i][column]), None)
        if chosen is None:
            continue
        work[at], work[chosen] = work[chosen], work[at]
        work[at] = [number / work[at][column] for number in work[at]]
        for i, row in enumerate(work):
            if i != at and row[column]:
                work[i] = [a - row[column] * b for a, b in zip(row, work[at], strict=True)]
        pivots.append(column)
    return work, pivots


def _rank(vectors: Sequence[Vector]) -> int:
    return len(_eliminated(vectors)[1])


def _solutions(rows: Rows) -> Family | None:
    """All of them; None where there are none."""
    work, pivots = _eliminated(rows)
    count = len(rows[0]) - 1
    if count in pivots:
        return None
    point, basis = [Fraction(0)] * count, []
    for row, pivot in zip(work, pivots, strict=False):
        point[pivot] = row[-1]
    for free in range(count):
        if free not in pivots:
            vector = [Fraction(int(i == free)) for i in range(count)]
            for row, pivot in zip(work, pivots, strict=False):
                vector[pivot] = -row[free]
            basis.append(vector)
    return Family(point, basis)


def _is_solved(rows: Rows) -> bool:
    """Whether a row says 0 = c, or the rows are what the textbook's elimination gives."""
    if any(row[-1] and not any(row[:-1]) for row in rows):
        return True
    coefficients = [row[:-1] for row in rows]
    return _eliminated(coefficients)[0] == coefficients


def _operated(rows: Rows, operation: dict[str, str | None]) -> list[int]:
    """Do a row operation in place; the rows that changed. Raises TaskError for one that is none."""

    def row(name: str) -> int:
        at = int(operation[name] or 0) - 1
        if not 0 <= at < len(rows):
            raise TaskError(f"answer: there is no row {at + 1}")
        return at

    if operation["a"]:
        a, b = row("a"), row("b")
        rows[a], rows[b] = rows[b], rows[a]
        return [a, b]
    by = operation["by"] or operation["factor"] or ""
    if Fraction(by) == 0:
        raise TaskError("answer: a row operation by 0")
    if operation["by"]:
        at = row("row")
        rows[at] = [number / Fraction(by) for number in rows[at]]
    else:
        source, at = row("source"), row("target")
        if source == at:
            raise TaskError("answer: a row is added to itself")
        rows[at] = [a + Fraction(by) * b for a, b in zip(rows[at], rows[source], strict=True)]
    if any(max(abs(number.numerator), number.denominator) > 10**60 for number in rows[at]):
        raise TaskError("answer: a row operation leads to numbers that are too large")
    return [at]


def _cost(start: Rows, operations: Any) -> int:
    """How many operations there are. Raises TaskError where they do not solve the matrix."""
    if not isinstance(operations, list | tuple) or len(operations) > MOST_OPERATIONS:
        raise TaskError(f"answer: operations must be a list of at most {MOST_OPERATIONS}")
    rows = list(start)
    for operation in operations:
        found = _OPERATION.fullmatch(operation) if isinstance(operation, str) and len(operation) < 80 else None
        if found is None:
            shown = repr(operation[:80]) if isinstance(operation, str) else f"a {type(operation).__name__}"
            raise TaskError(f"answer: {shown} is no row operation such as 'add -3/2 * row 1 to row 2'")
        _operated(rows, found.groupdict())
    if not _is_solved(rows):
        raise TaskError("answer: the operations do not lead to reduced row echelon form")
    return len(operations)


# ---- answers ---------------------------------------------------------------------------------------------------------


def _stated(answer: Any, count: int) -> Family | None:
    """The solutions that an answer states; None where it says that there are none. Raises TaskError for no answer."""
    if isinstance(answer, str):
        return _stated_in_text(plain(answer), count)
    if isinstance(answer, list | tuple):
        return Family(_vector(answer, count), [])
    if not isinstance(answer, dict):
        raise TaskError(f"answer: expected a mapping of the unknowns, a list or text, not {type(answer).__name__}")
    if set(answer) == {"particular", "null_space"}:
        basis = answer["null_space"]
        if not isinstance(basis, list | tuple) or len(basis) > 4:
            raise TaskError("answer: null_space must be a list of at most 4 vectors")
        return Family(_vector(answer["particular"], count), [_vector(vector, count) for vector in basis])
    if not answer or not set(answer) <= set(VARIABLES[:count]):
        raise TaskError(f"answer: a mapping must have the unknowns {', '.join(VARIABLES[:count])}")
    forms = {}
    for name, value in answer.items():
        forms[name] = _form(parse_expression(value)) if isinstance(value, str) else {"": parse_number(value)}
    return _family(forms, count)


def _vector(values: Any, count: int) -> Vector:
    if not isinstance(values, list | tuple) or len(values) != count:
        raise TaskError(f"answer: expected a list of {count} numbers")
    return [parse_number(value) for value in values]


def _stated_in_text(text: str, count: int) -> Family | None:
    text = text.rstrip(".").strip()
    if _NOTHING.fullmatch(" ".join(text.lower().split())):
        return None
    point, together = text, f"({','.join(VARIABLES[:count])})="
    if "".join(text.split()).startswith(together):
        point = text.partition("=")[2].strip()
    if "=" not in point:
        inner = point[1:-1] if point[:1] in ("(", "{") and point[-1:] in (")", "}") and "," in point else point
        return Family(_vector(inner.split(","), count), [])
    forms: dict[str, Form] = {}
    for piece in _OR.sub(",", text).split(","):
        name, right = parse_equation(piece)
        if not isinstance(name, str) or name not in VARIABLES[:count] or name in forms:
            raise TaskError(f"answer: expected each unknown once, as in 'x = 1/2', not {piece.strip()[:80]!r}")
        forms[name] = _form(right)
    return _family(forms, count)


def _from_json(text: str) -> Any:
    """The value of a text whose square brackets have become round ones, as those of expressions are."""
    try:
        return json.loads(text.replace("(", "[").replace(")", "]"))
    except (ValueError, RecursionError):
        raise TaskError(f"answer: not readable: {text[:80]!r}") from None


Form: TypeAlias = dict[str, Fraction]
"""Coefficients of names; of "" is the constant."""


def _form(tree: Expression) -> Form:
    """A linear expression. Raises TaskError for others."""
    if isinstance(tree, Fraction):
        return {"": tree}
    if isinstance(tree, str):
        return {tree: Fraction(1)}
    if isinstance(tree, Negation):
        return _times(_form(tree.inner), Fraction(-1))
    left, right = _form(tree.left), _form(tree.right)
    if tree.operator in "+-":
        sign = 1 if tree.operator == "+" else -1
        return {name: left.get(name, Fraction(0)) + sign * right.get(name, Fraction(0)) for name in {**left, **right}}
    if tree.operator == "*" and names(tree.left):
        left, right = right, left
    factor = evaluate(Operation("/", Fraction(1), tree.right)) if tree.operator == "/" else left.get("", Fraction(0))
    if tree.operator == "/":
        return _times(left, factor)
    if set(left) - {""}:
        raise TaskError("answer: a product of unknowns or parameters")
    return _times(right, factor)


def _times(form: Form, factor: Fraction) -> Form:
    return {name: factor * number for name, number in form.items()}


def _family(forms: dict[str, Form], count: int) -> Family:
    """Points and directions of unknowns that are given by parameters; an unknown without a form is one itself."""
    variables = VARIABLES[:count]
    free = [name for name in variables if forms.get(name, {name: 1}) == {name: 1}]
    given = {name: form for name, form in forms.items() if name not in free}
    used = sorted({name for form in given.values() for name in form if name and name not in variables})
    if len(used) > 4:
        raise TaskError(f"answer: {len(used)} parameters are too many")
    if any(name in given for form in given.values() for name in form):
        raise TaskError("answer: give each unknown by numbers and parameters, not by other given unknowns")
    zero = Fraction(0)
    point = [given[name].get("", zero) if name in given else zero for name in variables]
    basis = [
        [given[name].get(free_name, zero) if name in given else Fraction(int(name == free_name)) for name in variables]
        for free_name in [*free, *used]
    ]
    return Family(point, basis)


def _answer(family: Family | None) -> Any:
    """In the form that the environment gives."""
    if family is None:
        return "no solution"
    point = list(map(write_number, family.point))
    if not family.basis:
        return dict(zip(VARIABLES, point, strict=False))
    return {"particular": point, "null_space": [list(map(write_number, vector)) for vector in family.basis]}


def _numbers(value: Any) -> Any:
    """Integers as JSON has them."""
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    return int(value) if "/" not in value else value


def _rewritten(value: Fraction, rng: np.random.Generator) -> str:
    """A number in one of the ways that it can be written."""
    texts = [str(value), f"{2 * value.numerator}/{2 * value.denominator}"]
    if 10**4 % value.denominator == 0:
        texts.append(str(float(value)))
    return texts[int(rng.integers(len(texts)))]


def _other_basis(family: Family, rng: np.random.Generator) -> Family:
    """The same solutions from another point, with other directions."""
    first, *others = family.basis
    scale, shift = Fraction(int(rng.integers(1, 4))), Fraction(int(rng.integers(-3, 4)))
    point = [p + shift * v for p, v in zip(family.point, first, strict=True)]
    changed = [[v + scale * u for u, v in zip(first, other, strict=True)] for other in others]
    return Family(point, [*changed, [-scale * v for v in first]])


def _parametric(family: Family, bare: bool = False) -> list[str]:
    """One expression with the parameters r, s, t for each unknown, with its name before it unless `bare`."""
    found = []
    for i, name in enumerate(VARIABLES[: len(family.point)]):
        text = str(family.point[i])
        for parameter, vector in zip("rst", family.basis, strict=False):
            if vector[i]:
                text += f" {'-' if vector[i] < 0 else '+'} {abs(vector[i])}*{parameter}"
        found.append(text if bare else f"{name} = {text}")
    return found


# ---- the reference ---------------------------------------------------------------------------------------------------

Row: TypeAlias = tuple[int, ...]
"""Entries over their common denominator, which comes last."""


class Elimination(NamedTuple):
    """The multiple of row `source` is added to row `target` that makes its entry in `column` 0."""

    source: int
    target: int
    column: int


class Found(NamedTuple):
    """The fewest operations that were found, by name; nodes: matrices that were looked at."""

    cost: int
    steps: tuple[str, ...]
    nodes: int


_BEAM = {2: 16, 3: 20, 4: 12}
"""Matrices that the beam search keeps at a time, by the number of rows."""


class _Reference:
    """The shortest of many solutions of a matrix: Gauss-Jordan elimination with pivots in every order, and a beam
    search over all eliminations. Divisions and swaps come last: none of them makes an entry 0."""

    def __init__(self, matrix: Sequence[Sequence[int]]) -> None:
        self.start = tuple(_reduced([*row, 1]) for row in matrix)
        self.count, self.variables = len(matrix), len(matrix[0]) - 1
        self.limit = CHARACTERS // self.count
        rows = _fractions(matrix)
        self.pivots = _eliminated([row[:-1] for row in rows])[1]
        self.consistent = _solutions(rows) is not None
        self.columns = self.pivots if self.consistent else list(range(self.variables))
        self.nodes = 0
        self.seen: dict[tuple[tuple[Row, ...], frozenset[int], frozenset[int]], int] = {}
        self.steps: tuple[str, ...] | None = None

    def best(self) -> Found | None:
        """None where no solution stays within the limits of the rules."""
        if _is_solved(_fractions([row[:-1] for row in self.start])):
            return Found(0, (), 1)
        self.gauss_jordan(self.start, [], frozenset(range(self.count)), frozenset(self.columns))
        if self.consistent:
            self.beam()
        return Found(len(self.steps), self.steps, self.nodes) if self.steps is not None else None

    def gauss_jordan(
        self, rows: tuple[Row, ...], done: list[Elimination], rows_left: frozenset[int], left: frozenset[int]
    ) -> None:
        """Every order of pivots."""
        self.nodes += 1
        if self.steps is not None and len(done) >= len(self.steps):
            return
        place = rows, rows_left, left
        if self.seen.get(place, len(done) + 1) <= len(done):
            return
        self.seen[place] = len(done)
        places = [(i, c) for i in sorted(rows_left) for c in sorted(left) if rows[i][c]]
        if not places and self.consistent:
            self.finish(rows, done)
        for i, column in places:
            after, steps = rows, list(done)
            for j in range(self.count):
                if j == i or not after[j][column]:
                    continue
                row = self.eliminate(after, i, j, column)
                if row is None:
                    break
                after = (*after[:j], row, *after[j + 1 :])
                steps.append(Elimination(i, j, column))
                if not self.consistent and row[self.variables] and not any(row[: self.variables]):
                    self.finish(after, _needed(steps))
                    break
            else:
                self.gauss_jordan(after, steps, rows_left - {i}, left - {column})

    def beam(self) -> None:
        """All eliminations in pivot columns; kept are the matrices with the fewest entries to eliminate."""
        level: list[tuple[tuple[Row, ...], list[Elimination]]] = [(self.start, [])]
        seen = {self.start}
        while level and (self.steps is None or len(level[0][1]) + 1 < len(self.steps)):
            following: list[tuple[int, int, tuple[Row, ...], list[Elimination]]] = []
            for rows, done in level:
                for elimination, after in self.eliminations(rows):
                    if after in seen:
                        continue
                    seen.add(after)
                    self.nodes += 1
                    entries = sum(row[column] != 0 for row in after for column in self.columns)
                    if entries == len(self.columns):
                        self.finish(after, [*done, elimination])
                    else:
                        size = sum(abs(number) for row in after for number in row)
                        following.append((entries, size, after, [*done, elimination]))
            following.sort(key=lambda each: each[:3])
            level = [(after, done) for _, _, after, done in following[: _BEAM[self.count]]]

    def eliminations(self, rows: tuple[Row, ...]) -> Iterator[tuple[Elimination, tuple[Row, ...]]]:
        """What each leads to."""
        for i in range(self.count):
            for j in range(self.count):
                for column in self.columns:
                    if i != j and rows[i][column] and rows[j][column]:
                        row = self.eliminate(rows, i, j, column)
                        if row is not None:
                            yield Elimination(i, j, column), (*rows[:j], row, *rows[j + 1 :])

    def eliminate(self, rows: tuple[Row, ...], i: int, j: int, column: int) -> Row | None:
        """Row j without its entry in the column; None where it is too large for the rules."""
        source, target = rows[i], rows[j]
        by, times = source[column], target[column]
        row = _reduced([*(t * by - s * times for t, s in zip(target[:-1], source, strict=False)), target[-1] * by])
        return row if _fits(row, self.limit) else None

    def finish(self, rows: tuple[Row, ...], eliminations: Sequence[Elimination]) -> None:
        """Keep the steps if they are the fewest: the eliminations, then the divisions and swaps that are needed."""
        work, steps = [list(map(Fraction, row[:-1])) for row in self.start], list[str]()
        for i, j, column in eliminations:
            factor = -work[j][column] / work[i][column]
            work[j] = [a + factor * b for a, b in zip(work[j], work[i], strict=True)]
            steps.append(f"add {factor} * row {i + 1} to row {j + 1}")
        if self.consistent:
            for at, row in enumerate(work):
                pivot = next((row[column] for column in self.pivots if row[column]), Fraction(1))
                if pivot != 1:
                    work[at] = [number / pivot for number in row]
                    steps.append(f"divide row {at + 1} by {pivot}")
                    if not _fits(_row(work[at]), self.limit):
                        return
            for place, column in enumerate(self.pivots):
                at = next(i for i, row in enumerate(work) if row[column])
                if at != place:
                    work[at], work[place] = work[place], work[at]
                    steps.append(f"swap rows {place + 1} and {at + 1}")
        if self.steps is None or len(steps) < len(self.steps):
            self.steps = tuple(steps)


def _needed(eliminations: Sequence[Elimination]) -> list[Elimination]:
    """Those that the row changed last depends on."""
    kept, rows = list[Elimination](), {eliminations[-1].target}
    for elimination in reversed(eliminations):
        if elimination.target in rows:
            rows.add(elimination.source)
            kept.append(elimination)
    return kept[::-1]


def _reduced(numbers: Sequence[int]) -> Row:
    """Without a common divisor, and with a denominator above 0."""
    common = gcd(*numbers) * (1 if numbers[-1] > 0 else -1)
    return tuple(number // common for number in numbers)


def _row(numbers: Vector) -> Row:
    den = 1
    for number in numbers:
        den = den * number.denominator // gcd(den, number.denominator)
    return tuple(int(number * den) for number in [*numbers, Fraction(1)])


def _fits(row: Row, limit: int) -> bool:
    """Whether the entries are small enough, and short enough as text."""
    length = 0
    for number in row[:-1]:
        common = gcd(number, row[-1])
        top, bottom = abs(number) // common, row[-1] // common
        if top > LARGEST or bottom > LARGEST:
            return False
        length += len(str(top)) + (number < 0) + (1 + len(str(bottom)) if bottom > 1 else 0)
    return length <= limit


def _reference(rows: Rows) -> int:
    found = _Reference([[int(number) for number in row] for row in rows]).best()
    return found.cost if found else 0


def _fits_at_first(matrix: Sequence[Sequence[int]]) -> bool:
    return all(_fits((*row, 1), CHARACTERS // len(matrix)) for row in matrix)


# ---- making tasks ----------------------------------------------------------------------------------------------------


def _drawn(rng: np.random.Generator, difficulty: float) -> list[list[int]]:
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
    equations = [f"{_sum(row[:-1])} = {row[-1]}" for row in matrix]
    return (
        f"Find all solutions of the system {', '.join(equations)}, with as few row operations on its augmented matrix "
        "as possible."
    )


def _sum(coefficients: Sequence[int]) -> str:
    """Such as "2x - y"."""
    text = ""
    for number, name in zip(coefficients, VARIABLES, strict=False):
        if number:
            size = name if abs(number) == 1 else f"{abs(number)}{name}"
            text += (" - " if number < 0 else " + ") + size
    return ("-" if text[1] == "-" else "") + text[3:] if text else "0"


def _row_text(row: Vector) -> str:
    """Such as "(2, -1/2 | 3)"."""
    return f"({', '.join(map(write_number, row[:-1]))} | {write_number(row[-1])})"


def _primitive(row: Sequence[int]) -> list[int]:
    """Without a common divisor, the first number above 0."""
    common = gcd(*row) or 1
    first = next((number for number in row if number), 1)
    return [number // (common if first > 0 else -common) for number in row]


def kind() -> LinearSystem:
    """One system."""
    return LinearSystem()
