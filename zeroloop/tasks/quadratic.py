"""Quadratic equations: all real solutions, exactly."""

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, isqrt, lcm
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.tasks import _surds as surds
from zeroloop.tasks._kinds import Kind, correct, endless, wrong
from zeroloop.tasks._notation import parse_number, respaced
from zeroloop.tasks._surds import Polynomial, Surd

LARGEST = 100_000
"""Largest coefficient of an equation over the integers, with everything on one side."""
LARGEST_NUMERATOR, LARGEST_DENOMINATOR, LARGEST_CHOICE, MOST_STEPS = 9_999, 999, 24, 20
"""What the rules allow (zeroloop/envs/quadratic.py): the reference names no steps beyond it."""

_NOTHING = re.compile(
    r"none|(there (is|are) )?no( real)?( (solutions?|roots?|numbers?|values?))( exists?)?( (in|over) r)?|"
    r"(the )?empty set|(x *= *|[sl] *= *)?(∅|\{ *\}|\\emptyset|\\varnothing)"
)
_VARIABLE = re.compile(r"[xX](_?[({]?\d[)}]?)?|[SL]")
_BOTH = re.compile(r"[xX]_?[({]?\s*1\s*[,/]\s*2\s*[)}]?\s*=")
_OR = re.compile(r"\b(?:or|and)\b|[;\n∨|&]|\\(?:lor|vee)\b", re.IGNORECASE)
_DOUBLE = re.compile(r"\(?\b(?:double(?: root)?|twice|multiplicity 2|repeated)\)?$", re.IGNORECASE)
_SUBSCRIPTS = str.maketrans("₁₂", "12")


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
            left, right = _dressed(rng, difficulty, _drawn(rng, difficulty))
            task: Task = {
                "type": self.type,
                "kind": self.name,
                "difficulty": difficulty,
                "problem": f"Find all real solutions of {_equation_text(left, right)}.",
                "left": [_plain(term) for term in left],
                "right": [_plain(term) for term in right],
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
        den = lcm(*(term.denominator for term in terms))
        a, b, c = (term.numerator * (den // term.denominator) for term in terms)
        common = gcd(a, b, c) * (1 if a > 0 else -1)
        a, b, c = a // common, b // common, c // common
        if max(a, abs(b), abs(c)) > LARGEST:
            raise TaskError(f"left and right must have coefficients up to {LARGEST} over the integers")
        return Statement(_polynomial(left), _polynomial(right), a, b, c, _roots(a, b, c))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The answer's numbers against the equation and against Vieta's sums: exact, complete, and no more."""
        stated = _stated(answer)
        if stated is None:
            if problem.b**2 >= 4 * problem.a * problem.c:
                return wrong("there are real solutions")
            return correct(evidence=f"the discriminant {problem.b**2 - 4 * problem.a * problem.c} is negative")
        if len(stated) > 2:
            return wrong(f"a quadratic equation has at most two solutions, not {len(stated)}")
        for root in stated:
            if _value(problem.left, root) != _value(problem.right, root):
                return wrong(f"{_shown(root)} does not solve the equation")
        first, second = stated[0], stated[-1]
        total, product = Fraction(-problem.b, problem.a), Fraction(problem.c, problem.a)
        if surds.add(first, second) != surds.number(total) or surds.multiply(first, second) != surds.number(product):
            return wrong("a solution is missing, or stated twice")
        return correct(evidence=f"both sides agree; the sum of the roots is {total}, their product {product}")

    def solve(self, task: Task) -> Solution:
        """See TaskKind. By factoring where the roots are rational, otherwise by completing the square."""
        problem = self.read(task)
        plan = _Plan()
        plan.equation(_rationals(problem.left), _rationals(problem.right))
        steps = tuple(plan.steps) if plan.fits and len(plan.steps) <= MOST_STEPS else ()
        return Solution(_answer(problem.roots), steps, len(plan.steps), plan.nodes)

    def structure(self, task: Task) -> str:
        """The equation with everything on one side, without a common factor."""
        problem = self.read(task)
        return f"{problem.a} {problem.b} {problem.c}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence replaces an equation that is left by others with the same solutions, and says how."""
        problem = self.read(task)
        left: list[str] | None = None
        for claim in claims:
            try:
                found = _CLAIM.fullmatch(claim) if len(claim) <= 1_000 else None
                if found is None:
                    return f"not readable: {claim[:200]!r}"
                before = found["before"] or found["last"]
                after = found["after"].split(" or ") if found["after"] else []
                if left is None:
                    if before != _equation_text(_rationals(problem.left), _rationals(problem.right)):
                        return f"not the equation of the task: {claim!r}"
                    left = [before]
                if before not in left:
                    return f"does not follow from the sentences before: {claim!r}"
                if not _true(found["reason"], _sides(before), [side for text in after for side in _sides(text)]):
                    return f"not true: {claim!r}"
            except TaskError as error:
                return f"not readable: {claim!r}: {error}"
            at = left.index(before)
            left[at : at + 1] = after
        if left is None:
            return "nothing is solved"
        try:
            return self._solved(problem, left)
        except TaskError as error:
            return f"not readable: {error}"

    def _solved(self, problem: Statement, left: list[str]) -> str | None:
        """None where the equations that are left say what x is, in simplest form."""
        roots = []
        for text in left:
            name, _, value = text.partition(" = ")
            if name != "x" or "x" in value or "±" in value:
                return f"not solved: {text!r}"
            stated = surds.read_number(value)[0]
            for radicand in surds.radicands(value):
                if radicand.denominator > 1 or radicand < 2 or surds.extracted(radicand.numerator)[0] > 1:
                    return f"not in simplest form: {text!r}"
            roots.append(stated)
        verdict = self.judge(problem, [surds.write(root) for root in dict.fromkeys(roots)] or "no real solution")
        return None if verdict.verdict == "correct" else verdict.evidence

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Lists, sets, decimals, roots apart and together, "or", "and", "x1 = ...", typographic signs, LaTeX."""
        problem = self.read(task)
        if not problem.roots:
            words = ("no real solution", "No real solutions.", "none", "∅", "there is no real solution", "{}")
            return endless(lambda: words[int(rng.integers(len(words)))], lambda: "no real roots", rng=rng)
        exact = [surds.write(root) for root in problem.roots]

        def written() -> list[str]:
            texts = [_rewritten(root, rng) for root in problem.roots]
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
            lambda: [_plain(root.rational()) if root.is_rational() else surds.write(root) for root in problem.roots],
            lambda: [f"x = {text}" for text in written()],
            lambda: _latex(problem),
            lambda: _together(problem),
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
            lambda: ["x", "infinitely many", "", "x = ", f"{texts[0]} or", "all real numbers"][int(rng.integers(6))],
            lambda: [None, True, [], {}, [[texts[0]]], {"x": None}, float("nan")][int(rng.integers(7))],
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


# ---- answers ---------------------------------------------------------------------------------------------------------


def _stated(answer: Any) -> list[Surd] | None:
    """The solutions that an answer states; None where it says that there are none. Raises TaskError for no answer."""
    if isinstance(answer, str):
        return _stated_in_text(answer)
    if isinstance(answer, dict):
        if not answer or not all(isinstance(key, str) and len(key) < 9 and _VARIABLE.fullmatch(key) for key in answer):
            raise TaskError("answer: a mapping must have the names x, or x1 and x2")
        return _stated_in_list([part for value in answer.values() for part in _listed(value)])
    if isinstance(answer, list | tuple):
        return _stated_in_list(answer)
    return [surds.number(parse_number(answer))]


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _stated_in_list(parts: Sequence[Any]) -> list[Surd] | None:
    """The solutions of a list of numbers and texts. An empty list is no answer: "no real solution" is said in words."""
    if not 1 <= len(parts) <= 8:
        raise TaskError(f"answer: expected 1 or 2 solutions, found {len(parts)}")
    found: list[Surd] = []
    for part in parts:
        if isinstance(part, str):
            stated = _stated_in_text(part)
            if stated is None and len(parts) == 1:
                return None
            found += stated or []
        else:
            found.append(surds.number(parse_number(part)))
    if not found:
        raise TaskError("answer: no solution is stated")
    return found


def _stated_in_text(text: str) -> list[Surd] | None:
    text = re.sub(r"\\(?:text|mathrm)\s*\{([^{}]*)\}", r"\1", surds.tidy(text)).translate(_SUBSCRIPTS)
    text = text.replace("\\{", "{").replace("\\}", "}").strip().rstrip(".").strip()
    if _NOTHING.fullmatch(" ".join(text.lower().split())):
        return None
    text = re.sub(r"∈|\\in\b", "=", _BOTH.sub("x =", text))
    name, equals, rest = text.partition("=")
    if equals and _VARIABLE.fullmatch(name.strip()) and _enclosed(rest.strip()):
        text = rest.strip()
    pieces = _pieces(_OR.sub(",", text[1:-1] if _enclosed(text) else text))
    if len(pieces) > 8:
        raise TaskError(f"answer: expected 1 or 2 solutions, found {len(pieces)}")
    found: list[Surd] = []
    for piece in pieces:
        *sides, value = _DOUBLE.sub("", piece.strip()).split("=")
        if not all(_VARIABLE.fullmatch(side.strip()) for side in sides):
            raise TaskError(f"answer: expected 'x = number', not {piece[:80]!r}")
        found += surds.read_number(value)
    return found


def _enclosed(text: str) -> bool:
    """Whether the first bracket closes at the end."""
    if len(text) < 2 or text[0] not in "({" or text[-1] not in ")}":
        return False
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in "({") - (sign in ")}")
        if depth == 0:
            return at == len(text) - 1
    return False


def _pieces(text: str) -> list[str]:
    """Parts between commas outside of brackets."""
    pieces, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "({") - (sign in ")}")
        if sign == "," and depth == 0:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def _answer(roots: Sequence[Surd]) -> str:
    return " or ".join(f"x = {surds.write(root)}" for root in roots) or "no real solution"


def _shown(root: Surd) -> str:
    text = surds.write(root) if len(root.terms) <= 2 else "a sum of several roots"
    return text if len(text) < 80 else f"{text[:80]}..."


# ---- chains ----------------------------------------------------------------------------------------------------------

_CLAIM = re.compile(
    r"(?P<reason>[^:=]+): (?:(?P<before>[^:]+?) becomes (?P<after>[^:]+)|(?P<last>[^:]+) has no real solution)\."
)
_SAME_SIDES = (
    *("Split the middle term", "Take a common factor out of the first pair", "Combine like terms", "Factor"),
    *("Take a common factor out of the second pair", "Multiply out", "Simplify the root", "Write as a square"),
)
_SAME_SOLUTIONS = ("Set each factor to zero", "Take square roots", "Take the root of zero", "Write both cases")
_ADDED = re.compile(r"(Add|Subtract) (.+) (?:to|from) both sides")
_SCALED = re.compile(r"(Multiply|Divide) both sides by (.+)")

Sides = list[tuple[Polynomial, Polynomial]]
"""Left and right of an equation; of two equations where there is a "±"."""


def _sides(text: str) -> Sides:
    """Raises TaskError for what is no equation."""
    sides = text.split(" = ")
    if len(sides) != 2:
        raise TaskError(f"answer: expected one equation, not {text[:80]!r}")
    left, right = map(surds.read_polynomial, sides)
    count = max(len(left), len(right))
    return [(left[i % len(left)], right[i % len(right)]) for i in range(count)]


def _true(reason: str, before: Sides, after: Sides) -> bool:
    """Whether a sentence is: the solutions stay the same, and what the reason says was done."""
    if not after:
        zero = _zero(before)
        return reason == "No square is negative" and _discriminant_is_negative(zero)
    if not _same_solutions(_zero(before), _zero(after)):
        return False
    if reason in _SAME_SOLUTIONS:
        return True
    if reason in _SAME_SIDES:
        return sorted(before) == sorted(after)
    if found := _ADDED.fullmatch(reason):
        term = surds.read_polynomial(found[2])[0]
        if found[1] == "Subtract":
            term = surds.negative_polynomial(term)
        moved = [tuple(surds.add_polynomials(side, term) for side in sides) for sides in before]
    elif found := _SCALED.fullmatch(reason):
        number = surds.read_number(found[2])[0]
        number = number if found[1] == "Multiply" else surds.inverse(number)
        factor = number, surds.ZERO, surds.ZERO
        moved = [tuple(surds.multiply_polynomials(side, factor) for side in sides) for sides in before]
    else:
        return False
    return sorted(moved) == sorted(after)


def _zero(sides: Sides) -> Polynomial:
    """The polynomial that is zero at the solutions of the equations."""
    product = surds.ONE, surds.ZERO, surds.ZERO
    for left, right in sides:
        product = surds.multiply_polynomials(product, surds.subtract_polynomials(left, right))
    return product


def _same_solutions(first: Polynomial, second: Polynomial) -> bool:
    """Whether two polynomials have the same real zeros: one is a multiple of the other, or of its square."""
    if surds.proportional(first, second):
        return True
    return any(
        not line[2].terms and line[1].terms and surds.proportional(surds.multiply_polynomials(line, line), other)
        for line, other in ((first, second), (second, first))
    )


def _discriminant_is_negative(zero: Polynomial) -> bool:
    c, b, a = (term.rational() for term in zero)
    return all(term.is_rational() for term in zero) and bool(a) and b * b < 4 * a * c


# ---- the reference ---------------------------------------------------------------------------------------------------


class _Plan:
    """The steps to all solutions, by name. fits: all numbers are in range. nodes: splits tried, and steps."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.tried = 0
        self.fits = True

    @property
    def nodes(self) -> int:
        """States that were looked at."""
        return self.tried + len(self.steps)

    def equation(self, left: Sequence[Fraction], right: Sequence[Fraction]) -> None:
        """Everything to the left, in small integers."""
        terms = list(left)
        for at, name in enumerate(("x^2", "x", "")):
            if right[at]:
                self.add(-right[at], name)
                terms[at] -= right[at]
        den = lcm(*(term.denominator for term in terms))
        if den > 1:
            self.steps.append(f"multiply both sides by {den}")
        a, b, c = (int(term * den) for term in terms)
        self.within(a, b, c)
        for p in (2, 3, 5, 7):
            while gcd(a, b, c) % p == 0:
                self.steps.append(f"divide both sides by {p}")
                a, b, c = a // p, b // p, c // p
        if a < 0:
            self.steps.append("multiply both sides by -1")
            a, b, c = -a, -b, -c
        discriminant = b * b - 4 * a * c
        if discriminant == 0 and isqrt(a) ** 2 == a:
            self.steps += ["write as a square"] * (a > 1 or b != 0) + ["take the root of zero"]
            self.line(isqrt(a), b // (2 * isqrt(a)))
        elif c == 0 and b:
            self.steps += ["take out x", "set each factor to zero"]
            self.line(a, b)
        elif b == 0 or (split := self.split(a, b, c)) is None:
            self.square(a, b, c)
        else:
            self.group(a, c, *split)

    def split(self, a: int, b: int, c: int) -> tuple[int, int] | None:
        """p + q = b with p q = a c, |p| <= |q|, and factors small enough."""
        for size in range(1, min(isqrt(abs(a * c)), LARGEST_CHOICE) + 1):
            for p in (-size, size):
                self.tried += 1
                q = b - p
                if p * q == a * c and size <= abs(q) and max(gcd(a, p), gcd(q, c)) <= LARGEST_CHOICE:
                    return p, q
        return None

    def group(self, a: int, c: int, p: int, q: int) -> None:
        """a x^2 + p x + q x + c as k x (m x + n) + l (m x + n)."""
        k = gcd(a, p)
        m, n = a // k, p // k
        factor = q // m
        self.steps.append(f"split {_sum((_term(p + q, 'x'),))} into {_sum((_term(p, 'x'), _term(q, 'x')))}")
        self.steps.append(f"take {_term(k, 'x')} out of the first pair")
        self.steps.append(f"take {factor} out of the second pair")
        self.steps.append(f"factor out {_sum((_term(m, 'x'), _term(n, '')))}")
        self.steps.append("set each factor to zero")
        self.line(k, factor)
        if (k, factor) != (m, n):
            self.line(m, n)

    def square(self, a: int, b: int, c: int) -> None:
        """a x^2 + b x = -c as a square."""
        h, k = Fraction(b, 2 * a), Fraction(-c, a)
        if c:
            self.add(Fraction(-c), "")
        if a != 1:
            self.steps.append(f"divide both sides by {a}")
        if h:
            self.add(h * h, "")
        common = lcm(h.denominator**2, k.denominator)
        self.within(common, 2 * h * common, h * h * common, k * common, (h * h + k) * common, Fraction(1, common))
        self.steps += ["write as a square"] * bool(h)
        value = h * h + k
        if value < 0:
            self.steps.append("see that no square is negative")
            return
        self.steps.append("take square roots" if value else "take the root of zero")
        inside = self.root(value) if value else 0
        if h:
            self.add(-h, "")
        if value:
            self.steps.append("write both cases")
        self.within(inside)

    def root(self, value: Fraction) -> int:
        """sqrt(value) without squares and fractions; what is left under it."""
        top, bottom = value.numerator, value.denominator
        if bottom > 1:
            outside, inside = surds.extracted(bottom)
            if inside == 1:
                self.steps.append(f"take 1/{outside} out of the root")
            else:
                self.steps.append(f"rationalise the root by 1/{bottom}")
                top *= bottom
        self.within(top)
        outside, inside = surds.extracted(top)
        if outside > 1:
            self.steps.append(f"take {outside} out of the root")
        return inside

    def line(self, m: int, h: int) -> None:
        """m x + h = 0."""
        if h:
            self.add(Fraction(-h), "")
        if m != 1:
            self.steps.append(f"divide both sides by {m}")

    def add(self, number: Fraction, name: str) -> None:
        """A term on both sides."""
        self.within(number)
        term = _term(abs(number), name)
        self.steps.append(f"subtract {term} from both sides" if number < 0 else f"add {term} to both sides")

    def within(self, *numbers: int | Fraction) -> None:
        """Note whether numbers are in range."""
        for number in numbers:
            if abs(number.numerator) > LARGEST_NUMERATOR or number.denominator > LARGEST_DENOMINATOR:
                self.fits = False


# ---- making tasks ----------------------------------------------------------------------------------------------------


def _integer(rng: np.random.Generator, low: int, high: int) -> int:
    """From low to high, but not 0."""
    while True:
        if number := int(rng.integers(low, high + 1)):
            return number


def _drawn(rng: np.random.Generator, difficulty: float) -> tuple[int, int, int]:
    """a x^2 + b x + c = 0 of a shape that fits the difficulty."""
    shapes = _SHAPES[max(0, int(difficulty * len(_SHAPES)) - 2) : int(difficulty * len(_SHAPES)) + 1]
    choices = [shape for level in shapes for shape in level]
    shape, size = choices[int(rng.integers(len(choices)))], 5 + int(10 * difficulty)
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
        _sum(_term(term, name) for term, name in zip(side, ("x^2", "x", ""), strict=True)) for side in (left, right)
    )
    return " = ".join(sides)


def _term(number: int | Fraction, name: str) -> str:
    """Such as "-3x", "x^2", "(1/2)x" or "5"; empty where it is 0."""
    if not number:
        return ""
    size = str(abs(number))
    if name:
        size = {"1": ""}.get(size, f"({size})" if "/" in size else size)
    return f"{'-' if number < 0 else ''}{size}{name}"


def _sum(terms: Any) -> str:
    """Terms with signs between them."""
    text = " + ".join(filter(None, terms)) or "0"
    return text.replace("+ -", "- ")


# ---- answers to try --------------------------------------------------------------------------------------------------


def _plain(number: Fraction) -> int | str:
    """As JSON has it."""
    return number.numerator if number.denominator == 1 else str(number)


def _decimal(root: Surd) -> float:
    return math.fsum(float(c) * math.sqrt(n) for n, c in root.terms)


def _rewritten(root: Surd, rng: np.random.Generator) -> str:
    """A root in one of the ways that it can be written."""
    if root.is_rational():
        value = root.rational()
        texts = [
            str(value),
            f"{2 * value.numerator}/{2 * value.denominator}",
            f"+{value}" if value > 0 else f"({value})",
        ]
        if 10**4 % value.denominator == 0:
            texts.append(str(float(value)))
        return texts[int(rng.integers(len(texts)))]
    v, (n, c) = root.rational(), root.terms[-1]
    sign = "-" if c < 0 else "+"
    under = n * c.numerator**2
    texts = [
        surds.write(root),
        surds.write(root).replace("sqrt(", "√("),
        surds.write(root).replace("*sqrt(", "sqrt(").replace("sqrt", "\\sqrt"),
        f"{v} {sign} sqrt({under})/{c.denominator}",
        f"({v}) {sign} √{under}/{c.denominator}",
        f"{sign}({under})^(1/2)/{c.denominator} + {v}",
        f"{v} {sign} sqrt({Fraction(under, c.denominator**2)})",
    ]
    return texts[int(rng.integers(len(texts)))]


def _latex(problem: Statement) -> str:
    """Both roots by the formula in LaTeX."""
    discriminant = problem.b**2 - 4 * problem.a * problem.c
    return rf"$x = \frac{{{-problem.b} \pm \sqrt{{{discriminant}}}}}{{{2 * problem.a}}}$"


def _together(problem: Statement) -> str:
    """Both roots with one sign."""
    discriminant = problem.b**2 - 4 * problem.a * problem.c
    return f"x1,2 = ({-problem.b} ± √{discriminant})/({2 * problem.a})"


def kind() -> Quadratic:
    """One equation."""
    return Quadratic()
