"""Linear equations in x, solved by small rules: brackets, x on both sides and fractions as the difficulty rises."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.equation import LARGEST, MAX_SIZE, MAX_STEPS
from zeroloop.errors import SettingError, TaskError
from zeroloop.task_fields import integer, one_of, text
from zeroloop.tasks._kinds import Kind, correct, endless, wrong
from zeroloop.tasks._notation import (
    Expression,
    Negation,
    Operation,
    evaluate,
    leaves,
    names,
    parse_equation,
    parse_expression,
    parse_number,
    plain,
    respaced,
    write_number,
)

GRANULARITIES = ("fine", "coarse")
NO_SOLUTION, ALL_NUMBERS = "no solution", "all numbers"
MAX_RULES = 400
"""Rules that the reference applies at most; equations that people write take far fewer."""

Sides: TypeAlias = tuple[Expression, Expression]


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
            sides = _read(statement)
            solution = _solution(sides)
            if isinstance(solution, str) or abs(solution.numerator) > 99 or solution.denominator > 12:
                continue
            path = list(_walk(sides, self.granularity == "coarse"))
            if level == 0:
                begin = len(path) - 1 - int(within * (5 if self.granularity == "fine" else 2))
                if begin < 1:
                    continue
                sides, path = path[begin - 1].sides, path[begin:]
                statement = _write_equation(sides)
            if not path or not _fits(sides) or not _stays_in_range(path) or 2 * len(path) + 8 > MAX_STEPS:
                continue
            if sides[0] != "x" or not _is_fraction(sides[1]):
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
        sides = _read(text(task, "equation", 300))
        return Statement(sides, _solution(sides))

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
        path = tuple(_walk(sides, _granularity(task) == "coarse"))
        most = integer(task, "max_steps", 1, MAX_STEPS, default=MAX_STEPS)
        usable = 1 <= len(path) <= most and _stays_in_range(path)
        answer = solution if isinstance(solution, str) else f"x = {write_number(solution)}"
        return Solution(answer, tuple(step.name for step in path) if usable else (), len(path), len(path))

    def structure(self, task: Task) -> str:
        """The equation with its sides, terms and factors in order, and no brackets around sums in sums."""
        return " = ".join(sorted(_ordered(side) for side in self.read(task).sides))

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is "Verb part as part: equation.", or says what is done to both sides: the equation is the one
        before with just that changed, and has the same solutions; the last one is "x = number"."""
        coarse = _granularity(task) == "coarse"
        start = self.read(task)
        sides = _folded_sides(start.sides) if coarse else start.sides
        for claim in claims:
            try:
                after = _read(_after(claim))
                if _solution(after) != start.solution:
                    return f"the solutions change: {claim!r}"
                allowed = _what_follows(sides, claim)
                if after not in (map(_folded_sides, allowed) if coarse else allowed):
                    return f"not true, or not what comes next: {claim!r}"
            except TaskError as error:
                return f"not readable: {claim!r}: {error}"
            sides = after
        return None if _is_solved(sides) else "it is not solved"

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
                at = digits[int(rng.integers(len(digits)))]
                changed = f"{task['equation'][:at]}{rng.integers(1, 10)}{task['equation'][at + 1 :]}"
                try:
                    found = _solution(_read(changed))
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
            *(
                f"x = {shown} = {shown}",
                f"y = {shown}",
                f"x = {shown}, x = {value + 1}",
                f"{shown} or {value + 1}",
                "x",
            ),
            *(f"x = {shown}x", f"x > {shown}", NO_SOLUTION, ALL_NUMBERS, "", "x =", "x = x", f"{shown} = {shown}"),
        ]
        strange = [None, True, [shown], {"y": shown}, {"x": shown, "y": 1}, {"answer": shown}, float("nan")]
        return endless(
            nearby,
            lambda: f"x = {write_number(nearby())}",
            lambda: f"x = {write_number(of_another_equation())}",
            lambda: float(value) + 1e-6,
            lambda: unsolved[int(rng.integers(len(unsolved)))],
            lambda: others[int(rng.integers(len(others)))],
            lambda: strange[int(rng.integers(len(strange)))],
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
    different = [each for each in values if each != value]
    return different[int(rng.integers(len(different)))]


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
    if len(list(leaves(tree := parse_expression(shown)))) > 1 and not _is_fraction(tree):
        raise TaskError("answer: expected a number, not something to calculate")
    return parse_number(shown)


def _is_fraction(tree: Expression) -> bool:
    """Whether it is one number over another, with or without signs."""
    if isinstance(tree, Negation):
        return _is_fraction(tree.inner)
    if not isinstance(tree, Operation) or tree.operator != "/":
        return False
    return not isinstance(tree.left, Operation) and not isinstance(tree.right, Operation)


# ---- reading --------------------------------------------------------------------------------------------------------


def _read(statement: str) -> Sides:
    """Both sides, as _plain_tree gives them. Raises TaskError where the equation is not linear in x alone."""
    try:
        left, right = map(_plain_tree, parse_equation(statement))
        for side in (left, right):
            if names(side) - {"x"}:
                raise TaskError(f"answer: the variable must be x, not {', '.join(sorted(names(side) - {'x'}))}")
            _linear(side)
    except TaskError as error:
        raise TaskError(f"equation: {str(error).removeprefix('answer: ')}") from None
    return left, right


def _plain_tree(tree: Expression) -> Expression:
    """The tree with -1 * t for signs, and one number for fractions in lowest terms."""
    if isinstance(tree, Negation):
        return Operation("*", Fraction(-1), _plain_tree(tree.inner))
    if isinstance(tree, Operation):
        return _tree(tree.operator, _plain_tree(tree.left), _plain_tree(tree.right))
    return tree


def _tree(operator: str, left: Expression, right: Expression) -> Expression:
    if operator == "/" and isinstance(left, Fraction) and isinstance(right, Fraction):
        whole = left.denominator == right.denominator == 1 < right.numerator
        if whole and (left / right).denominator == right.numerator:
            return left / right
    return Operation(operator, left, right)


def _linear(tree: Expression) -> tuple[Fraction, Fraction]:
    """a and b of a * x + b. Raises TaskError for what is not linear, or divides by anything but a number."""
    if isinstance(tree, Fraction):
        return Fraction(0), tree
    if isinstance(tree, str):
        return Fraction(1), Fraction(0)
    assert isinstance(tree, Operation)
    (a, b), (c, d) = _linear(tree.left), _linear(tree.right)
    if tree.operator == "+":
        return a + c, b + d
    if tree.operator == "-":
        return a - c, b - d
    if tree.operator == "/":
        if not isinstance(tree.right, Fraction) or d == 0:
            raise TaskError("answer: only numbers other than 0 can be divided by")
        return a / d, b / d
    if names(tree.left) and names(tree.right):
        raise TaskError("answer: a product of x and x is not linear")
    return a * d + b * c, b * d


def _solution(sides: Sides) -> Fraction | str:
    """The number that solves the equation, or the words where not exactly one does."""
    (a, b), (c, d) = map(_linear, sides)
    if a != c:
        return (d - b) / (a - c)
    return ALL_NUMBERS if b == d else NO_SOLUTION


def _is_solved(sides: Sides) -> bool:
    """Whether it is "x = number", or an equation of two numbers."""
    return isinstance(sides[1], Fraction) and isinstance(sides[0], Fraction | str)


def _fits(sides: Sides) -> bool:
    """Whether the environment has room for the equation and its numbers."""
    numbers = [leaf for side in sides for leaf in leaves(side) if isinstance(leaf, Fraction)]
    size = len(re.sub(r"[ ()]", "", _write_equation(sides)))
    return size <= MAX_SIZE and all(max(abs(each.numerator), each.denominator) <= LARGEST for each in numbers)


def _stays_in_range(path: Sequence["Step"]) -> bool:
    """Whether the environment has room for all of a walk that ends solved."""
    return _is_solved(path[-1].sides) and all(_fits(step.sides) for step in path)


def _ordered(tree: Expression) -> str:
    """The tree as text in which the order of terms and factors does not matter."""
    if not isinstance(tree, Operation):
        return str(tree)
    pair = "+-" if tree.operator in "+-" else "*/"
    parts = sorted(f"{sign}{_ordered(part)}" for sign, part in _parts(tree, pair, pair[0]))
    return f"({''.join(parts)})"


def _parts(tree: Expression, pair: str, sign: str) -> Iterator[tuple[str, Expression]]:
    """What a sum adds and takes away, or a product multiplies and divides by."""
    if isinstance(tree, Operation) and tree.operator in pair:
        yield from _parts(tree.left, pair, sign)
        yield from _parts(tree.right, pair, sign if tree.operator == pair[0] else pair[1 - pair.index(sign)])
    else:
        yield sign, tree


def _write(tree: Expression) -> str:
    """The tree as text, with the brackets it needs."""
    if not isinstance(tree, Operation):
        return write_number(tree) if isinstance(tree, Fraction) else str(tree)
    left, right = _write(tree.left), _write(tree.right)
    if tree.operator in "*/":
        if isinstance(tree.left, Operation) and tree.left.operator in "+-":
            left = f"({left})"
        if isinstance(tree.right, Operation) or "/" in right:
            right = f"({right})"
    elif isinstance(tree.right, Operation) and tree.right.operator in "+-":
        right = f"({right})"
    return f"{left} {tree.operator} {right}"


def _write_equation(sides: Sides) -> str:
    return f"{_write(sides[0])} = {_write(sides[1])}"


# ---- making ---------------------------------------------------------------------------------------------------------


def _nonzero(rng: np.random.Generator, largest: int, least: int = 1) -> int:
    """A number from `least` to `largest`, or the negative of one."""
    return int(rng.integers(least, largest + 1)) * (1 if rng.integers(3) else -1)


def _times(factor: int, what: str) -> str:
    """Such as "3x", "x", "-x"."""
    return what if factor == 1 else f"-{what}" if factor == -1 else f"{factor}{what}"


def _sum(rng: np.random.Generator, *terms: str) -> str:
    """The terms in any order, with signs between them; terms that are "0" are left out."""
    order: list[str] = [terms[i] for i in rng.permutation(len(terms)).tolist() if terms[i] != "0"]
    first, *others = order or ["0"]
    return first + "".join(f" - {term[1:]}" if term[0] == "-" else f" + {term}" for term in others)


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
    return _swapped(rng, _sum(rng, _times(a, "x"), str(b)), str(a * x + b))


def _brackets(rng: np.random.Generator) -> str:
    """Such as "3(2x - 4) + 5 = 11"."""
    a, b, c, x = _nonzero(rng, 6, 2), _nonzero(rng, 4), _nonzero(rng, 9), _nonzero(rng, 12)
    d = _nonzero(rng, 9) if rng.integers(2) else 0
    bracket = _times(a, f"({_sum(rng, _times(b, 'x'), str(c))})")
    return _swapped(rng, _sum(rng, bracket, str(d)), str(a * (b * x + c) + d))


def _x_on_both_sides(rng: np.random.Generator) -> str:
    """Such as "5x - 3 = 2x + 9"."""
    a, c, b, x = _nonzero(rng, 9), _nonzero(rng, 9), _nonzero(rng, 15), _nonzero(rng, 12)
    return f"{_sum(rng, _times(a, 'x'), str(b))} = {_sum(rng, _times(c, 'x'), str((a - c) * x + b))}"


def _brackets_on_both_sides(rng: np.random.Generator) -> str:
    """Such as "3(2x - 4) + 5 = 2(x + 1) - 1"."""
    (a, b, c), (e, f, g) = ((_nonzero(rng, 6, 2), _nonzero(rng, 4), _nonzero(rng, 9)) for _ in range(2))
    d, x = _nonzero(rng, 12), _nonzero(rng, 12)
    rest = a * (b * x + c) + d - e * (f * x + g)
    left, right = (
        _times(factor, f"({_sum(rng, _times(inner, 'x'), str(number))})")
        for factor, inner, number in ((a, b, c), (e, f, g))
    )
    return f"{_sum(rng, left, str(d))} = {_sum(rng, right, str(rest))}"


def _fractions(rng: np.random.Generator) -> str:
    """Such as "(2x - 5)/3 + 12 = 4(x - 1/2) - 3x/4"."""
    return f"{_with_fractions(rng)} = {_with_fractions(rng)}"


def _with_fractions(rng: np.random.Generator) -> str:
    inner = _sum(rng, _times(_nonzero(rng, 5), "x"), str(_nonzero(rng, 12)))
    part = Fraction(_nonzero(rng, 20), int(rng.integers(2, 7)))
    kinds = [
        f"({inner})/{rng.integers(2, 7)}",
        _times(_nonzero(rng, 9, 2), f"({_sum(rng, 'x', write_number(part))})"),
        _times(_nonzero(rng, 9, 2), f"({inner})"),
    ]
    share = Fraction(_nonzero(rng, 7), int(rng.integers(2, 7)))
    divided = _times(share.numerator, "x") + (f"/{share.denominator}" if share.denominator > 1 else "")
    others = [divided, str(_nonzero(rng, 60))]
    left_out = int(rng.integers(3))
    return _sum(rng, kinds[int(rng.integers(3))], *others[:left_out], *others[left_out + 1 :])


_MAKERS = (
    *(_one_product, _product_and_number, _brackets),
    *(_x_on_both_sides, _brackets_on_both_sides, _fractions),
)

# ---- the reference: a strategy of rules -----------------------------------------------------------------------------

Rule: TypeAlias = Callable[[Operation], Expression | None]


class Step(NamedTuple):
    """A rule applied: the name of the move, and the equation then."""

    name: str
    sides: Sides


def _walk(sides: Sides, coarse: bool) -> Iterator[Step]:
    """The steps from an equation to its solution."""
    if coarse:
        sides = _folded_sides(sides)
    for _ in range(MAX_RULES):
        if _is_solved(sides):
            return
        step = _rewritten(sides) or _moved(sides)
        sides = _folded_sides(step.sides) if coarse else step.sides
        yield Step(step.name, sides)


def _rewritten(sides: Sides) -> Step | None:
    """The first rule of the strategy that can be applied, at the first and innermost place of the left or right
    side."""
    left, right = sides
    for name, rule in _STRATEGY:
        if (found := _first(left, rule)) is not None:
            before, place, tree = found
            return Step(f"{name} {_write(before)} at sign {place}", (tree, right))
        if (found := _first(right, rule)) is not None:
            before, place, tree = found
            return Step(f"{name} {_write(before)} at sign {place + _signs(left)}", (left, tree))
    return None


def _first(tree: Expression, rule: Rule) -> tuple[Expression, int, Expression] | None:
    """The first part that the rule applies to, operands before operations: itself, the number of its sign, the whole
    tree afterwards."""
    if not isinstance(tree, Operation):
        return None
    operator, left, right = tree
    if (found := _first(left, rule)) is not None:
        return found[0], found[1], _tree(operator, found[2], right)
    sign = _signs(left) + 1
    if (found := _first(right, rule)) is not None:
        return found[0], found[1] + sign, _tree(operator, left, found[2])
    result = rule(tree)
    return None if result is None else (tree, sign, result)


def _signs(tree: Expression) -> int:
    return _signs(tree.left) + 1 + _signs(tree.right) if isinstance(tree, Operation) else 0


def _moved(sides: Sides) -> Step:
    """What is done to both sides once each is a sum of at most one term with x and one number."""
    left, right = sides
    (x_left, number_left), (x_right, _) = _simple_terms(left), _simple_terms(right)
    if x_left is None:
        return Step("swap sides", (right, left))
    sign, term = x_right or number_left or ("", None)
    if term is not None:
        operator, verb = ("-", "subtract") if sign == "+" else ("+", "add")
        name = f"{verb} {_write(term)} {'from' if operator == '-' else 'to'} both sides"
        return Step(name, (Operation(operator, left, term), Operation(operator, right, term)))
    assert isinstance(left, Operation)
    return Step(
        f"divide both sides by {_write(left.left)}", (_tree("/", left, left.left), _tree("/", right, left.left))
    )


SignedTerm: TypeAlias = tuple[str, Expression]


def _simple_terms(tree: Expression) -> tuple[SignedTerm | None, SignedTerm | None]:
    """The term with x and the number of a sum, each with its sign; None for 0 and what there is none of."""
    with_x = number = None
    for sign, term in _parts(tree, "+-", "+"):
        if names(term):
            with_x = sign, term
        elif term:
            number = sign, term
    return with_x, number


def _is_x_term(tree: Expression) -> bool:
    """Whether it is x or number * x."""
    return tree == "x" or (
        isinstance(tree, Operation) and tree.operator == "*" and isinstance(tree.left, Fraction) and tree.right == "x"
    )


def _is_sum(tree: Expression) -> bool:
    return isinstance(tree, Operation) and tree.operator in "+-"


def _alike(a: Expression, b: Expression) -> bool:
    """Whether both are terms with x, or both numbers."""
    return (_is_x_term(a) and _is_x_term(b)) or (isinstance(a, Fraction) and isinstance(b, Fraction))


def _flipped(operator: str, by: str) -> str:
    """`operator` as it is in brackets behind `by`."""
    return operator if by == "+" else "-" if operator == "+" else "+"


def _evaluated(tree: Operation) -> Expression | None:
    return evaluate(tree) if isinstance(tree.left, Fraction) and isinstance(tree.right, Fraction) else None


def _simplified(tree: Operation) -> Expression | None:
    operator, left, right = tree
    if operator == "*" and 0 in (left, right):
        return Fraction(0)
    if (operator in "+-" and right == 0) or (operator in "*/" and right == 1):
        return left
    if (operator == "+" and left == 0) or (operator == "*" and left == 1):
        return right
    return Fraction(0) if operator == "-" and left == right else None


def _factored(tree: Operation) -> Expression | None:
    if tree.operator not in "+-" or not (_is_x_term(tree.left) and _is_x_term(tree.right)):
        return None
    a, b = (term.left if isinstance(term, Operation) else Fraction(1) for term in (tree.left, tree.right))
    return Operation("*", Operation(tree.operator, a, b), "x")


def _expanded(tree: Operation) -> Expression | None:
    operator, left, right = tree
    if operator == "*" and isinstance(right, Operation) and _is_sum(right):
        return Operation(right.operator, _tree("*", left, right.left), _tree("*", left, right.right))
    if operator in "*/" and isinstance(left, Operation) and _is_sum(left):
        return Operation(left.operator, _tree(operator, left.left, right), _tree(operator, left.right, right))
    return None


def _number_first(tree: Operation) -> Expression | None:
    swapped = tree.operator == "*" and isinstance(tree.right, Fraction)
    return Operation("*", tree.right, tree.left) if swapped else None


def _without_brackets(tree: Operation) -> Expression | None:
    """a + (b + c) as (a + b) + c, and number * (number * t) as (number * number) * t."""
    operator, left, right = tree
    if not isinstance(right, Operation):
        return None
    if operator in "+-" and right.operator in "+-":
        return Operation(_flipped(right.operator, operator), Operation(operator, left, right.left), right.right)
    if operator == right.operator == "*" and isinstance(left, Fraction) and isinstance(right.left, Fraction):
        return Operation("*", Operation("*", left, right.left), right.right)
    return None


def _divided_number(tree: Operation) -> Expression | None:
    """(number * t) / number as (number / number) * t."""
    operator, left, right = tree
    if operator == "/" and isinstance(left, Operation) and left.operator == "*" and isinstance(left.left, Fraction):
        return Operation("*", _tree("/", left.left, right), left.right)
    return None


def _as_product(tree: Operation) -> Expression | None:
    divided = tree.operator == "/" and isinstance(tree.right, Fraction) and not isinstance(tree.left, Fraction)
    return Operation("*", 1 / evaluate(tree.right), tree.left) if divided else None


def _as_sum(tree: Operation) -> Expression | None:
    """0 - number * x as 0 + -number * x."""
    operator, left, right = tree
    if operator != "-" or left != 0 or not _is_x_term(right):
        return None
    if isinstance(right, Operation):
        return Operation("+", left, Operation("*", -evaluate(right.left), right.right))
    return Operation("+", left, Operation("*", Fraction(-1), right))


def _grouped(tree: Operation) -> Expression | None:
    """a + b + c as a + (b + c), where b and c are alike."""
    operator, left, right = tree
    if operator not in "+-" or not isinstance(left, Operation) or not _is_sum(left) or not _alike(left.right, right):
        return None
    return Operation(left.operator, left.left, Operation(_flipped(operator, left.operator), left.right, right))


def _exchanged(tree: Operation) -> Expression | None:
    """a + b + c as a + c + b, where c is like a part of a."""
    operator, left, right = tree
    if operator not in "+-" or not isinstance(left, Operation) or not _is_sum(left):
        return None
    if not any(_alike(part, right) for _, part in _parts(left.left, "+-", "+")):
        return None
    return Operation(left.operator, Operation(operator, left.left, right), left.right)


_STRATEGY: tuple[tuple[str, Rule], ...] = (
    ("evaluate", _evaluated),
    ("simplify", _simplified),
    ("factor", _factored),
    ("distribute", _expanded),
    ("commute", _number_first),
    ("associate left", _without_brackets),
    ("exchange", _divided_number),
    ("as product", _as_product),
    ("as sum", _as_sum),
    ("associate right", _grouped),
    ("exchange", _exchanged),
)


def _folded_sides(sides: Sides) -> Sides:
    """Both sides with all evaluated and simplified that can be."""
    return _folded(sides[0]), _folded(sides[1])


def _folded(tree: Expression) -> Expression:
    if not isinstance(tree, Operation):
        return tree
    inner = Operation(tree.operator, _folded(tree.left), _folded(tree.right))
    result = _evaluated(inner)
    if isinstance(result, Fraction):
        return result if max(abs(result.numerator), result.denominator) <= LARGEST else inner
    simple = _simplified(inner)
    return inner if simple is None else simple


# ---- chains ---------------------------------------------------------------------------------------------------------

_SENTENCE = re.compile(r"(.*): ([^:]*)\.", re.ASCII)
_REWRITE = re.compile(r"(Evaluate|Simplify|Reorder|Regroup|Expand|Factor|Rewrite) (.+) as (.+)", re.ASCII)
_BOTH = (
    ("+", re.compile(r"Add (.+) to both sides", re.ASCII)),
    ("-", re.compile(r"Subtract (.+) from both sides", re.ASCII)),
    ("*", re.compile(r"Multiply both sides by (.+)", re.ASCII)),
    ("/", re.compile(r"Divide both sides by (.+)", re.ASCII)),
)


def _after(claim: str) -> str:
    """The equation that a sentence ends in."""
    return str(_said(claim)[2])


def _said(claim: str) -> re.Match[str]:
    if not isinstance(claim, str) or len(claim) > 1_000 or (match := _SENTENCE.fullmatch(claim)) is None:
        raise TaskError('answer: expected "What is done: equation."')
    return match


def _what_follows(sides: Sides, claim: str) -> list[Sides]:
    """The equations that the first half of a sentence allows after `sides`. Raises TaskError where it is not true."""
    left, right = sides
    said = _said(claim)[1]
    if said == "Swap sides":
        return [(right, left)]
    for operator, pattern in _BOTH:
        if (match := pattern.fullmatch(said)) is not None:
            term = _plain_tree(parse_expression(match[1]))
            if operator in "*/" and (not isinstance(term, Fraction) or term == 0):
                raise TaskError("answer: both sides can be multiplied and divided only by numbers other than 0")
            return [(_tree(operator, left, term), _tree(operator, right, term))]
    if (match := _REWRITE.fullmatch(said)) is None:
        raise TaskError("answer: unknown step")
    before, after = (_plain_tree(parse_expression(part)) for part in match.groups()[1:])
    if _linear(before) != _linear(after) or not _deserves(match[1], before, after):
        raise TaskError(f"answer: not true: {said!r}")
    found = [(tree, right) for tree in _replaced(left, before, after)]
    return found + [(left, tree) for tree in _replaced(right, before, after)]


def _deserves(verb: str, before: Expression, after: Expression) -> bool:
    """Whether a rewriting is of the kind that its verb says."""
    numbers, results = Counter(_whole_leaves(before)), Counter(_whole_leaves(after))
    if verb == "Evaluate":
        return "x" not in numbers and isinstance(after, Fraction)
    if verb == "Simplify":
        return results.total() < numbers.total()
    return verb not in ("Reorder", "Regroup") or numbers == results


def _whole_leaves(tree: Expression) -> Iterator[int | str]:
    """The variables and whole numbers of `tree`: two for each fraction."""
    for leaf in leaves(tree):
        if isinstance(leaf, str):
            yield leaf
        else:
            yield from (leaf.numerator, leaf.denominator)[: 1 + (leaf.denominator > 1)]


def _replaced(tree: Expression, before: Expression, after: Expression) -> Iterator[Expression]:
    """The tree with one of its parts that are `before` replaced."""
    if tree == before:
        yield after
    if isinstance(tree, Operation):
        yield from (_tree(tree.operator, left, tree.right) for left in _replaced(tree.left, before, after))
        yield from (_tree(tree.operator, tree.left, right) for right in _replaced(tree.right, before, after))


def kind(granularity: str = "fine") -> Equation:
    """Linear equations, by default solved in fine steps."""
    return Equation(granularity)
