"""Quadratic equations: all real solutions, exactly.

Beside this file: _quadratic_answers.py reads answers, _quadratic_reference.py solves equations, and
_quadratic_chain.py checks chains. Roots are exact numbers of _surds.py.
"""

import functools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, isqrt
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.tasks import _quadratic_chain
from zeroloop.tasks import _surds as surds
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._notation import parse_number, respaced
from zeroloop.tasks._quadratic_answers import latex, read_answer, rewritten_root, shown, together, write_answer
from zeroloop.tasks._quadratic_reference import Plan
from zeroloop.tasks._rationals import json_number, over_one_denominator, primitive, sum_of, term
from zeroloop.tasks._surds import Polynomial, Surd

LARGEST = 100_000
"""Largest coefficient of an equation over the integers, with everything on one side."""


class Statement(NamedTuple):
    """What a task asks: left and right side as (constant, coefficient of x, of x^2); all on one side, a x^2 + b x + c
    = 0 in integers without a common divisor and a > 0; and its real solutions."""

    left: Polynomial
    right: Polynomial
    a: int
    b: int
    c: int
    roots: tuple[Surd, ...]


class Quadratic(Kind):
    """Dial: integer roots with x^2; then double roots, and c = 0; then rational roots; then irrational ones, and
    none; then these with other coefficients of x^2. Terms on both sides, common factors and fractions come in between.
    """

    name = "quadratic"
    family = "math"
    type = "quadratic"
    environment_name = "quadratic"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Equations whose reference solution is too long for the rules are drawn again."""
        while True:
            left, right = _dressed(rng, difficulty, _shaped(rng, difficulty))
            task: Task = {
                "type": self.type,
                "kind": self.name,
                "difficulty": difficulty,
                "problem": f"Find all real solutions of {_equation_text(left, right)}.",
                "left": [json_number(each) for each in left],
                "right": [json_number(each) for each in right],
            }
            solution = self.solve(task)
            if solution.steps:
                return {**task, "answer": solution.answer, "steps": list(solution.steps)}

    def read(self, task: Task) -> Statement:
        """The equation, with everything on one side too."""
        left, right = _coefficients(task, "left"), _coefficients(task, "right")
        terms = [p - q for p, q in zip(left, right, strict=True)]
        if not terms[0]:
            raise TaskError("left and right have the same coefficient of x^2, so that the equation is not quadratic")
        a, b, c = primitive(over_one_denominator(terms)[0])
        if max(a, abs(b), abs(c)) > LARGEST:
            raise TaskError(f"left and right must have coefficients up to {LARGEST} over the integers")
        return Statement(_polynomial(left), _polynomial(right), a, b, c, _roots(a, b, c))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The answer's numbers against the equation and against Vieta's sums: exact, complete, and no more."""
        stated = read_answer(answer)
        if stated is None:
            if problem.b**2 >= 4 * problem.a * problem.c:
                return wrong("there are real solutions")
            return correct(evidence=f"the discriminant {problem.b**2 - 4 * problem.a * problem.c} is negative")
        if len(stated) > 2:
            return wrong(f"a quadratic equation has at most two solutions, not {len(stated)}")
        for root in stated:
            if _value(problem.left, root) != _value(problem.right, root):
                return wrong(f"{shown(root)} does not solve the equation")
        first, second = stated[0], stated[-1]
        total, product = Fraction(-problem.b, problem.a), Fraction(problem.c, problem.a)
        if surds.add(first, second) != surds.number(total) or surds.multiply(first, second) != surds.number(product):
            return wrong("a solution is missing, or stated twice")
        return correct(evidence=f"both sides agree; the sum of the roots is {total}, their product {product}")

    def solve(self, task: Task) -> Solution:
        """See TaskKind. By factoring where the roots are rational, otherwise by completing the square."""
        problem = self.read(task)
        plan = Plan(_rationals(problem.left), _rationals(problem.right))
        steps = tuple(plan.steps) if plan.usable else ()
        return Solution(write_answer(problem.roots), steps, len(plan.steps), plan.nodes)

    def structure(self, task: Task) -> str:
        """The equation with everything on one side, without a common factor."""
        problem = self.read(task)
        return f"{problem.a} {problem.b} {problem.c}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence replaces an equation that is left by others with the same solutions, and says how."""
        problem = self.read(task)
        start = _equation_text(_rationals(problem.left), _rationals(problem.right))
        return _quadratic_chain.check(start, claims, functools.partial(self.judge, problem))

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Lists, sets, decimals, roots apart and together, "or", "and", "x1 = ...", typographic signs, LaTeX."""
        problem = self.read(task)
        if not problem.roots:
            words = ("no real solution", "No real solutions.", "none", "∅", "there is no real solution", "{}")
            return endless(lambda: drawn(rng, words), lambda: "no real roots", rng=rng)
        exact = [surds.write(root) for root in problem.roots]

        def written() -> list[str]:
            texts = [rewritten_root(root, rng) for root in problem.roots]
            return texts[::-1] if rng.integers(2) else texts

        return endless(
            lambda: " or ".join(f"x = {text}" for text in written()),
            lambda: ", ".join(f"x{i} = {text}" for i, text in enumerate(written(), 1)),
            lambda: " and ".join(written()),
            lambda: "; ".join(f"x_{i} = {text}" for i, text in enumerate(written(), 1)),
            lambda: f"{{{', '.join(written())}}}",
            lambda: f"x ∈ {{{', '.join(written())}}}",
            lambda: f"({', '.join(written())})",
            # Without a space between them, plus and minus mean both signs.
            lambda: respaced(", ".join(written()), rng).replace("+-", "+ -").replace("-", "−"),
            lambda: written(),
            lambda: [
                json_number(root.rational()) if root.is_rational() else surds.write(root) for root in problem.roots
            ],
            lambda: [f"x = {text}" for text in written()],
            lambda: latex(problem.a, problem.b, problem.c),
            lambda: together(problem.a, problem.b, problem.c),
            lambda: ", ".join(exact * 2) if len(exact) == 1 else ", ".join(exact),
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Missing, additional, negated and rounded solutions, small changes, and no answer at all."""
        problem = self.read(task)
        roots = list(problem.roots) or list(_roots(problem.a, problem.b, -abs(problem.c) - 1))
        texts = [surds.write(root) for root in roots]
        one = surds.write(
            surds.add(roots[-1], surds.number(Fraction(int(rng.integers(1, 5)), int(rng.integers(1, 4)))))
        )
        negated = [surds.negative(root) for root in roots]
        wrong_sign = negated if set(negated) != set(roots) else [surds.add(root, surds.ONE) for root in negated]
        rounded = [f"{_decimal(root):.4f}" for root in roots]
        decimal = rounded if any(surds.read_number(r) != [x] for r, x in zip(rounded, roots, strict=True)) else ["0.1"]
        return endless(
            lambda: f"x = {texts[0]}" if len(texts) == 2 else f"x = {texts[0]} or x = {one}",
            lambda: f"x = {texts[0]} or x = {one}",
            lambda: [*texts, one],
            lambda: " or ".join(f"x = {surds.write(root)}" for root in wrong_sign),
            lambda: [surds.write(root) for root in wrong_sign],
            lambda: ", ".join(decimal),
            lambda: [float(text) for text in decimal],
            lambda: "no real solution" if problem.roots else f"x = {texts[0]}",
            lambda: f"x = {texts[0]}, x = {texts[0]}, x = {texts[0]}",
            lambda: drawn(rng, ["x", "infinitely many", "", "x = ", f"{texts[0]} or", "all real numbers"]),
            lambda: drawn(rng, [None, True, [], {}, [[texts[0]]], {"x": None}, float("nan")]),
            rng=rng,
        )


# ---- numbers ---------------------------------------------------------------------------------------------------------


def _coefficients(task: Task, name: str) -> list[Fraction]:
    """Those of x^2, x and 1. Raises TaskError for anything else."""
    values = task.get(name) if isinstance(task, dict) else None
    if not isinstance(values, list | tuple) or len(values) != 3:
        raise TaskError(f"{name} must be a list of the coefficients of x^2, x and 1")
    found = []
    for value in values:
        small = abs(value) <= LARGEST if isinstance(value, int) else isinstance(value, str) and len(value) <= 12
        if isinstance(value, bool) or not small:
            raise TaskError(f"{name} must hold integers up to {LARGEST} and texts such as '3/2'")
        try:
            found.append(parse_number(value))
        except TaskError as error:
            raise TaskError(f"{name}: {error}") from None
    return found


def _polynomial(terms: Sequence[Fraction]) -> Polynomial:
    a, b, c = map(surds.number, terms)
    return c, b, a


def _rationals(side: Polynomial) -> list[Fraction]:
    return [term.rational() for term in side[::-1]]


def _roots(a: int, b: int, c: int) -> tuple[Surd, ...]:
    """The real roots, each once, for a > 0."""
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return ()
    centre = surds.number(Fraction(-b, 2 * a))
    if discriminant == 0:
        return (centre,)
    root = surds.multiply(surds.square_root(Fraction(discriminant)), surds.number(Fraction(1, 2 * a)))
    return surds.add(centre, root), surds.add(centre, surds.negative(root))


def _value(side: Polynomial, x: Surd) -> Surd:
    """What a side is for an x."""
    c, b, a = side
    return surds.add(surds.multiply(surds.add(surds.multiply(a, x), b), x), c)


# ---- making tasks ----------------------------------------------------------------------------------------------------


def _integer(rng: np.random.Generator, low: int, high: int) -> int:
    """From low to high, but not 0."""
    while True:
        if number := int(rng.integers(low, high + 1)):
            return number


def _shaped(rng: np.random.Generator, difficulty: float) -> tuple[int, int, int]:
    """a x^2 + b x + c = 0 of a shape that fits the difficulty."""
    shapes = _SHAPES[max(0, int(difficulty * len(_SHAPES)) - 2) : int(difficulty * len(_SHAPES)) + 1]
    choices = [shape for level in shapes for shape in level]
    shape, size = drawn(rng, choices), 5 + int(10 * difficulty)
    while True:
        a, b, c = shape(rng, size)
        if gcd(a, b, c) == 1:
            return a, b, c


def _integral(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """Two integer roots."""
    r, s = _integer(rng, -size, size), _integer(rng, -size, size)
    return (1, -r - s, r * s) if r != s else (0, 0, 0)


def _through_zero(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """One root is 0."""
    return int(rng.integers(1, 4)), _integer(rng, -size, size), 0


def _double(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """A double root."""
    m, n = int(rng.integers(1, 4)), _integer(rng, -size, size)
    return m * m, 2 * m * n, n * n


def _one_fraction(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """An integer and a fraction."""
    m, n, r = int(rng.integers(2, 5)), _integer(rng, -size, size), _integer(rng, -size, size)
    return m, n - m * r, -n * r


def _two_fractions(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """Two fractions."""
    (m, n), (u, v) = ((int(rng.integers(2, 6)), _integer(rng, -size, size)) for _ in range(2))
    return m * u, m * v + n * u, n * v


def _surd_pair(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """An integer with a root added and subtracted."""
    return _not_square(1, 2 * int(rng.integers(-size // 2, size // 2 + 1)), _integer(rng, -3 * size, size))


def _halved_surd_pair(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """The same over 2."""
    return _not_square(1, 2 * int(rng.integers(-size // 2, size // 2)) + 1, _integer(rng, -3 * size, size))


def _divided_surd_pair(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """The same over more."""
    return _not_square(int(rng.integers(2, 6)), int(rng.integers(-size, size + 1)), _integer(rng, -size, size))


def _none(rng: np.random.Generator, size: int) -> tuple[int, int, int]:
    """No real root."""
    a, b, c = int(rng.integers(1, 4)), int(rng.integers(-size, size + 1)), int(rng.integers(1, 2 * size))
    return (a, b, c) if b * b < 4 * a * c else (0, 0, 0)


def _not_square(a: int, b: int, c: int) -> tuple[int, int, int]:
    discriminant = b * b - 4 * a * c
    return (a, b, c) if discriminant > 0 and isqrt(discriminant) ** 2 != discriminant else (0, 0, 0)


_SHAPES = (
    (_integral,),
    (_integral, _through_zero),
    (_one_fraction, _double),
    (_one_fraction, _surd_pair),
    (_two_fractions, _surd_pair, _none),
    (_two_fractions, _halved_surd_pair, _none),
    (_two_fractions, _divided_surd_pair, _none),
)
"""By rising difficulty; each is mixed with the two before it."""


def _dressed(
    rng: np.random.Generator, difficulty: float, terms: tuple[int, int, int]
) -> tuple[list[Fraction], list[Fraction]]:
    """The equation with a common factor, with terms on the right, and with fractions, as the difficulty has it."""
    factor = int(rng.integers(2, 6)) if rng.random() < difficulty - 0.2 else 1
    left, right = [Fraction(factor * term) for term in terms], [Fraction(0)] * 3
    for at in range(3):
        if rng.random() < 1.5 * (difficulty - 0.15):
            moved = Fraction(_integer(rng, -9, 9))
            if left[at] + moved or at:
                left[at] += moved
                right[at] += moved
    if rng.random() < difficulty - 0.4:
        den = int(rng.integers(2, 7))
        left, right = [term / den for term in left], [term / den for term in right]
    if rng.random() < difficulty - 0.2:
        left, right = right, left
    return left, right


def _equation_text(left: Sequence[Fraction], right: Sequence[Fraction]) -> str:
    sides = (
        sum_of(term(number, name) for number, name in zip(side, ("x^2", "x", ""), strict=True))
        for side in (left, right)
    )
    return " = ".join(sides)


def _decimal(root: Surd) -> float:
    return math.fsum(float(c) * math.sqrt(n) for n, c in root.terms)


def kind() -> Quadratic:
    """One equation."""
    return Quadratic()
