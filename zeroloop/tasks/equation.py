"""Linear equations in x, solved by small rules: brackets, x on both sides and fractions as the difficulty rises.

Beside this file: _equation_trees.py reads and writes both sides, _equation_reference.py solves them, and
_equation_chain.py checks chains.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.equation import MAX_STEPS
from zeroloop.errors import SettingError, TaskError
from zeroloop.task_fields import integer, one_of, text
from zeroloop.tasks import _equation_chain
from zeroloop.tasks._equation_reference import stays_in_range, walk
from zeroloop.tasks._equation_trees import (
    ALL_NUMBERS,
    NO_SOLUTION,
    Sides,
    fits,
    is_fraction,
    read_equation,
    solution_of,
    write_equation,
)
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._notation import evaluate, in_order, leaves, parse_expression, parse_number, plain, respaced
from zeroloop.tasks._rationals import sum_of, term, write_number

GRANULARITIES = ("fine", "coarse")


class Statement(NamedTuple):
    """What a task asks: both sides, and all that solves them."""

    sides: Sides
    solution: Fraction | str


class Equation(Kind):
    """Dial: what is one to five fine steps, or one or two coarse ones, from solved; ax = c; ax + b = c; brackets on one
    side; x on both sides; brackets and x on both sides; fractions and larger numbers.

    granularity: of the tasks made, "fine" where each evaluation and simplification is a move of its own, or "coarse".
    """

    name = "equation"
    family = "math"
    type = "algebra"
    environment_name = "equation"

    def __init__(self, granularity: str = "fine") -> None:
        if granularity not in GRANULARITIES:
            raise SettingError(f"granularity must be one of {', '.join(GRANULARITIES)}, not {granularity!r}")
        self.granularity = granularity

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Exactly one number solves it, and the reference needs about half of the steps."""
        level, within = divmod(difficulty * (1 + len(_MAKERS)), 1)
        while True:
            maker = _MAKERS[int(rng.integers(2))] if level == 0 else _MAKERS[min(len(_MAKERS), int(level)) - 1]
            statement = maker(rng)
            sides = read_equation(statement)
            solution = solution_of(sides)
            if isinstance(solution, str) or abs(solution.numerator) > 99 or solution.denominator > 12:
                continue
            path = list(walk(sides, self.granularity == "coarse"))
            if level == 0:
                begin = len(path) - 1 - int(within * (5 if self.granularity == "fine" else 2))
                if begin < 1:
                    continue
                sides, path = path[begin - 1].sides, path[begin:]
                statement = write_equation(sides)
            if not path or not fits(sides) or not stays_in_range(path) or 2 * len(path) + 8 > MAX_STEPS:
                continue
            if sides[0] != "x" or not is_fraction(sides[1]):
                break
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": f"Solve for x: {statement}.",
            "equation": statement,
            "granularity": self.granularity,
            "max_steps": 2 * len(path) + 8,
            "answer": f"x = {write_number(solution)}",
        }

    def environment_options(self, task: Task) -> dict[str, Any]:
        """Whether it folds by itself."""
        return {"fold": _granularity(task) == "coarse"}

    def read(self, task: Task) -> Statement:
        """Both sides, and what solves them."""
        _granularity(task)
        sides = read_equation(text(task, "equation", 300))
        return Statement(sides, solution_of(sides))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The number stated, put in for x on both sides; where not exactly one solves it, the words for that."""
        if isinstance(problem.solution, str):
            said = plain(answer).lower().removesuffix(".") if isinstance(answer, str) else ""
            if said in _SAID[problem.solution]:
                return correct(evidence=f"the equation has {problem.solution} that solves it")
            return wrong(f"expected {problem.solution!r}")
        value = _stated(answer)
        left, right = (evaluate(side, {"x": value}) for side in problem.sides)
        if left != right:
            return wrong(f"for that x the left side is {_short(left)}, and the right side is {_short(right)}")
        return correct(evidence=f"both sides are {_short(left)} for that x")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Evaluate and simplify, expand brackets, bring like terms together and factor them, bring x to
        the left and numbers to the right, divide; nodes are the rules applied."""
        sides, solution = self.read(task)
        path = tuple(walk(sides, _granularity(task) == "coarse"))
        most = integer(task, "max_steps", 1, MAX_STEPS, default=MAX_STEPS)
        usable = 1 <= len(path) <= most and stays_in_range(path)
        answer = solution if isinstance(solution, str) else f"x = {write_number(solution)}"
        return Solution(answer, tuple(step.name for step in path) if usable else (), len(path), len(path))

    def structure(self, task: Task) -> str:
        """The equation with its sides, terms and factors in order, and no brackets around sums in sums."""
        return " = ".join(sorted(in_order(side) for side in self.read(task).sides))

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is "Verb part as part: equation.", or says what is done to both sides: the equation is the one
        before with just that changed, and has the same solutions; the last one is "x = number"."""
        return _equation_chain.check(self.read(task).sides, claims, _granularity(task) == "coarse")

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The number and "x = number", with other signs, as a fraction that is not reduced, and as a decimal."""
        value = parse_number(task["answer"].removeprefix("x = "))
        shown = write_number(value)

        def widened() -> str:
            factor = int(rng.integers(2, 9))
            return f"{value.numerator * factor}/{value.denominator * factor}"

        decimal = float(value) if 10**6 % value.denominator == 0 else value
        return endless(
            lambda: task["answer"],
            lambda: respaced(task["answer"], rng),
            lambda: respaced(f"{shown} = x", rng).translate(str.maketrans("-/", "−÷")),
            lambda: shown,
            lambda: f"x={widened()}",
            lambda: f"x = ({shown})",
            lambda: f"x = {decimal}",
            lambda: {"x": shown},
            lambda: value.numerator if value.denominator == 1 else value,
            lambda: decimal,
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Numbers nearby and with the wrong sign, what solves an equation that differs in one digit, equations not
        solved yet, and what only looks like a number."""
        statement = self.read(task)
        value = statement.solution
        assert isinstance(value, Fraction)
        shown = write_number(value)

        def nearby() -> Fraction:
            delta = Fraction(int(rng.integers(1, 5)), int(rng.integers(1, 4)))
            values = [value + delta, value - delta, -value, value * 2, value / 2, 1 / value if value else value]
            return _other(values, value, rng)

        def of_another_equation() -> Fraction:
            digits = [match.start() for match in re.finditer(r"\d", task["equation"])]
            values = [value + 1]
            for _ in range(4):
                at = drawn(rng, digits)
                changed = f"{task['equation'][:at]}{rng.integers(1, 10)}{task['equation'][at + 1 :]}"
                try:
                    found = solution_of(read_equation(changed))
                except TaskError:
                    continue  # a divisor became 0
                values += [found] if isinstance(found, Fraction) else []
            return _other(values, value, rng)

        factor = int(rng.integers(2, 9))
        unsolved = [
            *(f"{factor}x = {value * factor}", f"{factor} * x = {shown} * {factor}", f"x + 1 = {value + 1}"),
            *(task["equation"], f"x = {value + factor} - {factor}", f"x = {shown} * x / x", f"x = {shown} * (x / x)"),
            *(f"x = x + {shown} - x", f"-x = {write_number(-value)}", f"x - ({shown}) = 0", f"x = {shown} + 0 * x"),
        ]
        others = [
            *(f"x = {shown} = {shown}", f"y = {shown}", f"x = {shown}, x = {value + 1}", f"{shown} or {value + 1}"),
            *("x", f"x = {shown}x", f"x > {shown}", NO_SOLUTION, ALL_NUMBERS, "", "x =", "x = x"),
            f"{shown} = {shown}",
        ]
        strange = [None, True, [shown], {"y": shown}, {"x": shown, "y": 1}, {"answer": shown}, float("nan")]
        return endless(
            nearby,
            lambda: f"x = {write_number(nearby())}",
            lambda: f"x = {write_number(of_another_equation())}",
            lambda: float(value) + 1e-6,
            lambda: drawn(rng, unsolved),
            lambda: drawn(rng, others),
            lambda: drawn(rng, strange),
            rng=rng,
        )


_SAID = {
    NO_SOLUTION: (NO_SOLUTION, "no solutions", "none", "∅"),
    ALL_NUMBERS: (ALL_NUMBERS, "every number", "all real numbers", "infinitely many solutions"),
}


def _granularity(task: Task) -> str:
    found: str = one_of(task, "granularity", GRANULARITIES, default="fine")
    return found


def _other(values: Sequence[Fraction], value: Fraction, rng: np.random.Generator) -> Fraction:
    return drawn(rng, [each for each in values if each != value])


def _short(value: Fraction) -> str:
    small = max(value.numerator.bit_length(), value.denominator.bit_length()) <= 128
    return str(value) if small else "another number, which is too long to show"


def _stated(answer: Any) -> Fraction:
    """The number that an answer says x is. Raises TaskError where it says none."""
    if isinstance(answer, Mapping):
        if list(answer) != ["x"]:
            raise TaskError('answer: expected a mapping with "x" alone')
        answer = answer["x"]
    if not isinstance(answer, str):
        return parse_number(answer)
    shown = plain(answer)
    if "=" in shown:
        sides = [side.strip() for side in shown.split("=")]
        if len(sides) != 2 or sides.count("x") != 1:
            raise TaskError('answer: expected "x = number", with x alone on its side')
        shown = sides[0] if sides[1] == "x" else sides[1]
    if len(list(leaves(tree := parse_expression(shown)))) > 1 and not is_fraction(tree):
        raise TaskError("answer: expected a number, not something to calculate")
    return parse_number(shown)


# ---- making ---------------------------------------------------------------------------------------------------------


def _nonzero(rng: np.random.Generator, largest: int, least: int = 1) -> int:
    """A number from `least` to `largest`, or the negative of one."""
    return int(rng.integers(least, largest + 1)) * (1 if rng.integers(3) else -1)


def _sum(rng: np.random.Generator, *terms: str) -> str:
    """The terms in any order, with signs between them; terms that are "0" are left out."""
    return sum_of(terms[i] for i in rng.permutation(len(terms)) if terms[i] != "0")


def _swapped(rng: np.random.Generator, left: str, right: str) -> str:
    """The equation, one time in four with its sides swapped."""
    return f"{right} = {left}" if rng.integers(4) == 0 else f"{left} = {right}"


def _one_product(rng: np.random.Generator) -> str:
    """Such as "3x = 12" or "x/3 = 4"."""
    a, x = _nonzero(rng, 9, 2), _nonzero(rng, 12)
    if rng.integers(4) == 0:
        return _swapped(rng, f"x/{abs(a)}", str(x))
    return _swapped(rng, f"{a}x", str(a * x))


def _product_and_number(rng: np.random.Generator) -> str:
    """Such as "2x + 3 = 7"."""
    a, b, x = _nonzero(rng, 9), _nonzero(rng, 12), _nonzero(rng, 12)
    return _swapped(rng, _sum(rng, term(a, "x"), str(b)), str(a * x + b))


def _brackets(rng: np.random.Generator) -> str:
    """Such as "3(2x - 4) + 5 = 11"."""
    a, b, c, x = _nonzero(rng, 6, 2), _nonzero(rng, 4), _nonzero(rng, 9), _nonzero(rng, 12)
    d = _nonzero(rng, 9) if rng.integers(2) else 0
    bracket = term(a, f"({_sum(rng, term(b, 'x'), str(c))})")
    return _swapped(rng, _sum(rng, bracket, str(d)), str(a * (b * x + c) + d))


def _x_on_both_sides(rng: np.random.Generator) -> str:
    """Such as "5x - 3 = 2x + 9"."""
    a, c, b, x = _nonzero(rng, 9), _nonzero(rng, 9), _nonzero(rng, 15), _nonzero(rng, 12)
    return f"{_sum(rng, term(a, 'x'), str(b))} = {_sum(rng, term(c, 'x'), str((a - c) * x + b))}"


def _brackets_on_both_sides(rng: np.random.Generator) -> str:
    """Such as "3(2x - 4) + 5 = 2(x + 1) - 1"."""
    (a, b, c), (e, f, g) = ((_nonzero(rng, 6, 2), _nonzero(rng, 4), _nonzero(rng, 9)) for _ in range(2))
    d, x = _nonzero(rng, 12), _nonzero(rng, 12)
    rest = a * (b * x + c) + d - e * (f * x + g)
    left, right = (
        term(factor, f"({_sum(rng, term(inner, 'x'), str(number))})")
        for factor, inner, number in ((a, b, c), (e, f, g))
    )
    return f"{_sum(rng, left, str(d))} = {_sum(rng, right, str(rest))}"


def _fractions(rng: np.random.Generator) -> str:
    """Such as "(2x - 5)/3 + 12 = 4(x - 1/2) - 3x/4"."""
    return f"{_with_fractions(rng)} = {_with_fractions(rng)}"


def _with_fractions(rng: np.random.Generator) -> str:
    inner = _sum(rng, term(_nonzero(rng, 5), "x"), str(_nonzero(rng, 12)))
    part = Fraction(_nonzero(rng, 20), int(rng.integers(2, 7)))
    kinds = [
        f"({inner})/{rng.integers(2, 7)}",
        term(_nonzero(rng, 9, 2), f"({_sum(rng, 'x', write_number(part))})"),
        term(_nonzero(rng, 9, 2), f"({inner})"),
    ]
    share = Fraction(_nonzero(rng, 7), int(rng.integers(2, 7)))
    divided = term(share.numerator, "x") + (f"/{share.denominator}" if share.denominator > 1 else "")
    others = [divided, str(_nonzero(rng, 60))]
    left_out = int(rng.integers(3))
    return _sum(rng, drawn(rng, kinds), *others[:left_out], *others[left_out + 1 :])


_MAKERS = (
    *(_one_product, _product_and_number, _brackets),
    *(_x_on_both_sides, _brackets_on_both_sides, _fractions),
)


def kind(granularity: str = "fine") -> Equation:
    """Linear equations, by default solved in fine steps."""
    return Equation(granularity)
