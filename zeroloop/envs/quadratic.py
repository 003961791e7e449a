"""Quadratic equations: find all real roots by the steps that a person writes down, without a formula."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, isqrt, lcm
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment, remembered
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.vocabulary import ID, encode

MAX_NUMERATOR, MAX_DENOMINATOR = 9_999, 999
"""Steps that lead to larger numbers are left out."""
MAX_STEPS = 20
MAX_CHOICE = 24
"""Largest part of a split middle term (of the two the smaller one), and largest factor that is taken out of a pair."""
EXAMPLE: Task = {"left": [2, 7, 0], "right": [0, 0, 15]}

Number: TypeAlias = int | Fraction


class Form(NamedTuple):
    """One equation, by its shape; what it says with its numbers:

    equation: (a, b, c, d, e, f, n) is (a x^2 + b x + c)/n = (d x^2 + e x + f)/n, without a common divisor.
    pairs: (k, a, p, m, q, c) is k x (a x + p) + m (q x + c) = 0; k or m is 0 where nothing was taken out yet.
    product: (a, b, c, d) is (a x + b)(c x + d) = 0.
    square: (m, h, k) is (m x + h)^2 = k.
    both signs: (m, h, v, c, n) is m x + h = v +- c sqrt(n), with c and n above 0.
    linear: (m, h, v, c, n) is m x + h = v + c sqrt(n); n is 1 where c is 0.
    """

    shape: str
    numbers: tuple[Any, ...]


@dataclass(frozen=True)
class Equations:
    """x solves the task's equation exactly when it solves one of these; the first unsolved one is worked on."""

    forms: tuple[Form, ...]
    steps_left: int


class Rewriting(NamedTuple):
    """The first unsolved equation becomes those of `result`.

    reason: of the claim; where it is empty, the name. symbols: what is done. slot: the number that it is about, by
    place; -1 for none.
    """

    name: str
    reason: str
    symbols: tuple[int, ...]
    slot: int
    result: tuple[Form, ...]


_SHAPES = {  # the symbol of a shape, and the letters of its numbers
    "equation": ("rule 26", "abcdef"),
    "pairs": ("rule 27", "kapmqc"),
    "product": ("rule 28", "abcd"),
    "square": ("rule 29", "mhk"),
    "both signs": ("rule 30", "mhvcn"),
    "linear": ("rule 31", "mhvcn"),
}
_RULES = (
    *("subtract", "multiply", "divide", "divide by", "split", "take out", "first pair", "second pair", "combine"),
    *("factor", "zero product", "expand", "square", "roots", "negative", "zero", "root", "denominator", "rational"),
    *("cases", "add"),
)
_RULE = {name: ID[f"rule {number}"] for number, name in enumerate(_RULES)}
_ADDITIONS = tuple("abcdefg")
"""Letters of the numbers that may be added to complete a square, in the order of `_additions`."""


class Quadratic(MoveListEnvironment[Equations, Rewriting]):
    """Rewrite an equation, which may fall into two, until each one left says what x is: then the score is 1.

    No step changes the set of real solutions. The score is 0 where the steps run out.
    """

    name: ClassVar[str] = "quadratic"
    num_actions = 80
    num_tokens = 112

    def initial_state(self, task: Task | None = None) -> Equations:
        """The equation of `task["left"]` and `task["right"]`, each the coefficients of x^2, x and 1 as integers or
        texts such as "3/2". Raises TaskError where these are none, too large, or x^2 cancels out."""
        task = task or EXAMPLE
        terms = [*_coefficients(task, "left"), *_coefficients(task, "right")]
        if terms[0] == terms[3]:
            raise TaskError("left and right have the same coefficient of x^2, so that the equation is not quadratic")
        common = lcm(*(term.denominator for term in terms))
        form = _equation([term.numerator * (common // term.denominator) for term in terms], common)
        if form is None:
            raise TaskError(
                f"left and right over a common denominator must have numerators up to {MAX_NUMERATOR} and a "
                f"denominator up to {MAX_DENOMINATOR}"
            )
        return Equations((form,), MAX_STEPS)

    def list_moves(self, state: Equations) -> list[Rewriting]:
        """Steps for the first unsolved equation; of two that lead to the same, the first."""
        at = _unsolved(state)
        if at is None or state.steps_left == 0:
            return []
        form = state.forms[at]
        found: dict[tuple[Form, ...], Rewriting] = {}
        for move in _MOVES[form.shape](form.numbers):
            found.setdefault(move.result, move)
        return list(found.values())

    def apply(self, state: Equations, move: Rewriting) -> Equations:
        """The result instead of the equation."""
        at = _unsolved(state)
        assert at is not None
        return Equations((*state.forms[:at], *move.result, *state.forms[at + 1 :]), state.steps_left - 1)

    def score(self, state: Equations) -> float:
        """1 where everything is solved."""
        return float(_unsolved(state) is None)

    def key(self, state: Equations) -> tuple[tuple[Form, ...], int]:
        """The equations and the steps that are left."""
        return state.forms, state.steps_left

    def describe(self, state: Equations) -> str:
        """The equations, and the steps that are left."""
        return f"{_alternatives(state.forms)}; {state.steps_left} steps left"

    def move_name(self, state: Equations, move: Rewriting) -> str:
        """Such as "divide both sides by 3"."""
        return move.name

    def tokens(self, state: Equations, symmetry: int = 0) -> Int16:
        """The steps that are left, then each equation: its shape, and in a row of its own each number that is not 0."""
        return self._shown(state)[0]

    def move_tokens(self, state: Equations, move: Rewriting) -> tuple[Sequence[int], Sequence[int]]:
        """The rule and a number that was chosen for it; about the number that it uses."""
        starts = self._shown(state)[1]
        return move.symbols, [starts[move.slot]] if move.slot >= 0 else []

    def _shown(self, state: Equations) -> tuple[Int16, list[int]]:
        """The tokens, and where each number of the first unsolved equation begins; made once for each state object."""
        return remembered(state, "_tokens", lambda: _write(state, _unsolved(state)))

    def answer(self, state: Equations) -> str | None:
        """Such as "x = 2 or x = -3/2" or "no real solution"."""
        return _alternatives(state.forms) if _unsolved(state) is None else None

    def move_claim(self, state: Equations, move: Rewriting) -> str:
        """Such as "Add 1 to both sides: x^2 - 1 = 0 becomes x^2 = 1."."""
        at = _unsolved(state)
        assert at is not None
        reason = move.reason or move.name[0].upper() + move.name[1:]
        before = _text(state.forms[at])
        if not move.result:
            return f"{reason}: {before} has no real solution."
        return f"{reason}: {before} becomes {_alternatives(move.result)}."


# ---- what can be done ------------------------------------------------------------------------------------------------


def _equation_moves(numbers: tuple[int, ...]) -> Iterator[Rewriting]:
    *terms, den = numbers
    yield from _transpositions(terms, den)
    yield from _scalings(terms, den)
    a, b, c, d, e, f = terms
    if not (d or e or f) and den == 1:
        if c:
            yield from _splits(a, b, c)
        elif b:
            for k in _divisors(gcd(a, b)):
                result = Form("product", (k, 0, a // k, b // k))
                yield Rewriting(f"take out {_term(k, 'x')}", "Factor", _chosen("take out", k), 0, (result,))
    if not (d or e):
        if b and not c:
            yield from _additions(a, b, f, den)
        if (square := _square(a, b, c, f, den)) is not None:
            if a == den and not b:
                yield _root_of_square(square.numbers)  # x^2 = k is written as one
            else:
                yield Rewriting("write as a square", "", _chosen("square"), -1, (square,))


def _transpositions(terms: list[int], den: int) -> Iterator[Rewriting]:
    """Each term brought to the other side."""
    for at, term in enumerate(terms):
        if term:
            after = terms.copy()
            after[at] = 0
            after[(at + 3) % 6] -= term
            if (form := _equation(after, den)) is not None:
                name = _addition(Fraction(-term, den), ("x^2", "x", "")[at % 3])
                yield Rewriting(name, "", _chosen("subtract"), at, (form,))


def _scalings(terms: list[int], den: int) -> Iterator[Rewriting]:
    """Both sides multiplied by denominators and by what makes the square complete, or divided by coefficients."""
    own = [den // gcd(term, den) for term in terms if term]
    leading = abs(terms[0]) if den == 1 else 0
    for k in (*own, den, leading, 4 * leading, 4, -1):
        if k not in (0, 1) and (form := _equation([term * k for term in terms], den)) is not None:
            yield Rewriting(f"multiply both sides by {k}", "", _chosen("multiply", k), -1, (form,))
    for at, term in enumerate(terms):
        if term and abs(term) != den:
            flip = 1 if term > 0 else -1
            if (form := _equation([flip * other for other in terms], abs(term))) is not None:
                name = f"divide both sides by {Fraction(term, den)}"
                yield Rewriting(name, "", _chosen("divide"), at, (form,))
    common = gcd(*terms)
    for k in (2, 3, 5, 7):
        if common % k == 0:
            smaller = Form("equation", (*(term // k for term in terms), den))
            yield Rewriting(f"divide both sides by {k}", "", _chosen("divide by", k), -1, (smaller,))


def _splits(a: int, b: int, c: int) -> Iterator[Rewriting]:
    """b x as p x + q x. One of p and q is at most sqrt(|a c|) where p q = a c, which is what the grouping needs."""
    for size in range(1, min(isqrt(abs(a * c)), MAX_CHOICE) + 1):
        for p in (size, -size):
            q = b - p
            if q and (abs(p) < abs(q) or (abs(p) == abs(q) and p <= q)):
                name = f"split {_sum((_term(b, 'x'),))} into {_sum((_term(p, 'x'), _term(q, 'x')))}"
                result = Form("pairs", (0, a, p, 0, q, c))
                yield Rewriting(name, "Split the middle term", _chosen("split", p), 1, (result,))


def _additions(a: int, b: int, f: int, den: int) -> Iterator[Rewriting]:
    """Numbers made of the coefficients, added to both sides of a x^2 + b x = f: one of them makes the left a square."""
    high, low = Fraction(a, den), Fraction(b, den)
    half = low / 2
    numbers = (half * half, low * low, half, half * half / 4, half / high, (half / high) ** 2, half * half / high)
    for letter, number in zip(_ADDITIONS, numbers, strict=True):
        n, d = number.numerator, number.denominator
        form = _equation([a * d, b * d, n * den, 0, 0, f * d + n * den], den * d)
        if form is not None:
            yield Rewriting(_addition(number, ""), "", (_RULE["add"], ID[letter]), 1, (form,))


def _square(a: int, b: int, c: int, f: int, den: int) -> Form | None:
    """a x^2 + b x + c = f as a square, where the left is one."""
    if a <= 0 or b * b != 4 * a * c:
        return None
    common = gcd(a, den)
    top, bottom = isqrt(a // common), isqrt(den // common)
    if top * top * common != a or bottom * bottom * common != den:
        return None
    m, h = Fraction(top, bottom), Fraction(b * bottom, 2 * top * den)
    return Form("square", (m, h, Fraction(f, den))) if _fits(h) else None


def _pairs_moves(numbers: tuple[int, ...]) -> Iterator[Rewriting]:
    k, a, p, m, q, c = numbers
    if not k:
        for factor in _divisors(gcd(a, p)):
            form = Form("pairs", (factor, a // factor, p // factor, m, q, c))
            name = f"take {_term(factor, 'x')} out of the first pair"
            reason = "Take a common factor out of the first pair"
            yield Rewriting(name, reason, _chosen("first pair", factor), 1, (form,))
    if not m:
        for size in _divisors(gcd(q, c)):
            for factor in (size, -size):
                form = Form("pairs", (k, a, p, factor, q // factor, c // factor))
                name = f"take {factor} out of the second pair"
                reason = "Take a common factor out of the second pair"
                yield Rewriting(name, reason, _chosen("second pair", factor), 4, (form,))
    if k and m and (a, p) == (q, c):
        form = Form("product", (k, m, a, p))
        yield Rewriting(f"factor out {_linear(a, p)}", "Factor", _chosen("factor"), -1, (form,))
    k, m = k or 1, m or 1
    form = Form("equation", (k * a, k * p + m * q, m * c, 0, 0, 0, 1))
    yield Rewriting("combine like terms", "", _chosen("combine"), -1, (form,))


def _product_moves(numbers: tuple[int, ...]) -> Iterator[Rewriting]:
    a, b, c, d = numbers
    factors = [_linear_form(Fraction(a), Fraction(b), Fraction(0))]
    if (a, b) != (c, d):
        factors.append(_linear_form(Fraction(c), Fraction(d), Fraction(0)))
    yield Rewriting("set each factor to zero", "", _chosen("zero product"), -1, tuple(factors))
    form = Form("equation", (a * c, a * d + b * c, b * d, 0, 0, 0, 1))
    yield Rewriting("multiply out", "", _chosen("expand"), -1, (form,))


def _square_moves(numbers: tuple[Fraction, ...]) -> Iterator[Rewriting]:
    yield _root_of_square(numbers)
    m, h, k = numbers
    terms = (m * m, 2 * m * h, h * h, k)
    den = lcm(*(term.denominator for term in terms))
    a, b, c, f = (term.numerator * (den // term.denominator) for term in terms)
    if (whole := _equation([a, b, c, 0, 0, f], den)) is not None:
        yield Rewriting("multiply out", "", _chosen("expand"), -1, (whole,))


def _root_of_square(numbers: tuple[Fraction, ...]) -> Rewriting:
    """What follows for m x + h from its square."""
    m, h, k = numbers
    if k < 0:
        return Rewriting("see that no square is negative", "No square is negative", _chosen("negative"), -1, ())
    if k == 0:
        return Rewriting("take the root of zero", "", _chosen("zero"), -1, (_linear_form(m, h, k),))
    form = Form("both signs", (m, h, Fraction(0), Fraction(1), k))
    return Rewriting("take square roots", "", _chosen("roots"), -1, (form,))


def _both_signs_moves(numbers: tuple[Any, ...]) -> Iterator[Rewriting]:
    m, h, v, c, n = numbers
    if n == 1:
        cases = _linear_form(m, h, v + c), _linear_form(m, h, v - c)
    else:
        cases = Form("linear", (m, h, v, c, n)), Form("linear", (m, h, v, -c, n))
    if _fits(*cases[0].numbers, *cases[1].numbers):
        yield Rewriting("write both cases", "", _chosen("cases"), -1, cases)
    yield from _side_moves("both signs", numbers)


def _linear_moves(numbers: tuple[Any, ...]) -> Iterator[Rewriting]:
    return _side_moves("linear", numbers)


def _side_moves(shape: str, numbers: tuple[Any, ...]) -> Iterator[Rewriting]:
    """m x + h = v + c sqrt(n) with a simpler root, with numbers on the other side, or scaled."""
    m, h, v, c, n = numbers
    found = _root_moves(m, h, v, c, n) if c else []
    if h:
        found.append((_addition(-h, ""), _chosen("subtract"), 1, (m, 0, v - h, c, n)))
    if v:
        found.append((_addition(-v, ""), _chosen("subtract"), 2, (m, h - v, 0, c, n)))
    for at, by in ((0, m), (1, h), (2, v)):
        if by not in (0, 1, -1):
            name = f"divide both sides by {by}"
            found.append((name, _chosen("divide"), at, (m / by, h / by, v / by, c / by, n)))
    for by in (lcm(m.denominator, h.denominator, v.denominator), -1):
        if by != 1 and by <= MAX_NUMERATOR:
            name = f"multiply both sides by {by}"
            found.append((name, _chosen("multiply", by), -1, (m * by, h * by, v * by, c * by, n)))
    for name, symbols, slot, (m, h, v, c, n) in found:
        if shape == "both signs":
            c = abs(c)
        elif n == 1:
            v, c = v + c, Fraction(0)
        if _fits(m, h, v, c, n):
            after = Fraction(m), Fraction(h), Fraction(v), c, n
            yield Rewriting(name, "Simplify the root" if slot == 4 else "", symbols, slot, (Form(shape, after),))


_Side: TypeAlias = tuple[str, tuple[int, ...], int, tuple[Any, ...]]
"""Name, symbols and slot of a move, and the numbers of the form that it leads to."""


def _root_moves(m: Fraction, h: Fraction, v: Fraction, c: Fraction, n: Fraction) -> list[_Side]:
    """c sqrt(n) with a square taken out of the root, or without a fraction under it."""
    top, bottom = n.numerator, n.denominator
    found: list[_Side] = []
    for s in _square_divisors(top):
        after = Fraction(top // (s * s), bottom)
        found.append((f"take {s} out of the root", _chosen("root", s), 4, (m, h, v, c * s, after)))
    for s in _square_divisors(bottom):
        after = Fraction(top, bottom // (s * s))
        found.append((f"take 1/{s} out of the root", _chosen("denominator", s), 4, (m, h, v, c / s, after)))
    if bottom > 1:
        after = Fraction(top * bottom)
        found.append((f"rationalise the root by 1/{bottom}", _chosen("rational"), 4, (m, h, v, c / bottom, after)))
    return found


_MOVES: dict[str, Callable[[tuple[Any, ...]], Iterator[Rewriting]]] = {
    "equation": _equation_moves,
    "pairs": _pairs_moves,
    "product": _product_moves,
    "square": _square_moves,
    "both signs": _both_signs_moves,
    "linear": _linear_moves,
}


# ---- numbers ---------------------------------------------------------------------------------------------------------


def _equation(terms: Sequence[int], den: int) -> Form | None:
    """Without common divisors; None where the numbers are too large."""
    common = gcd(*terms, den)
    if common > 1:
        terms, den = [term // common for term in terms], den // common
    if den > MAX_DENOMINATOR or max(terms) > MAX_NUMERATOR or min(terms) < -MAX_NUMERATOR:
        return None
    return Form("equation", (*terms, den))


def _linear_form(m: Fraction, h: Fraction, v: Fraction) -> Form:
    return Form("linear", (m, h, v, Fraction(0), Fraction(1)))


def _fits(*numbers: Number) -> bool:
    return all(abs(each.numerator) <= MAX_NUMERATOR and each.denominator <= MAX_DENOMINATOR for each in numbers)


def _divisors(number: int) -> list[int]:
    """Those up to MAX_CHOICE, of a number that is not 0."""
    return [k for k in range(1, min(abs(number), MAX_CHOICE) + 1) if number % k == 0]


def _square_divisors(number: int) -> list[int]:
    """Every s above 1 whose square divides the number."""
    return [s for s in range(2, isqrt(number) + 1) if number % (s * s) == 0]


def _unsolved(state: Equations) -> int | None:
    """The place of the first equation that does not say what x is, with a root in simplest form."""
    for at, form in enumerate(state.forms):
        if form.shape != "linear":
            return at
        m, h, _, c, n = form.numbers
        if m != 1 or h or (c and (n.denominator != 1 or n == 1 or _square_divisors(n.numerator))):
            return at
    return None


def _coefficients(task: Task, name: str) -> list[Fraction]:
    """Three numbers. Raises TaskError for anything else."""
    values = task.get(name) if isinstance(task, dict) else None
    if not isinstance(values, list | tuple) or len(values) != 3:
        raise TaskError(f"{name} must be a list of the coefficients of x^2, x and 1")
    return [_coefficient(value, name) for value in values]


def _coefficient(value: Any, name: str) -> Fraction:
    if isinstance(value, str) and len(value) <= 12:
        top, slash, bottom = value.removeprefix("-").partition("/")
        if top.isascii() and top.isdigit() and (not slash or (bottom.isascii() and bottom.isdigit() and int(bottom))):
            return Fraction(value)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMERATOR:
        return Fraction(value)
    shown = repr(value) if isinstance(value, str) and len(value) < 40 else f"a {type(value).__name__} that is neither"
    raise TaskError(f"{name} must hold integers up to {MAX_NUMERATOR} and texts such as '3/2', not {shown}")


# ---- text and tokens -------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=10_000)
def _chosen(rule: str, number: int | None = None) -> tuple[int, ...]:
    return (_RULE[rule],) if number is None else (_RULE[rule], *encode(str(number)))


def _addition(number: Fraction, name: str) -> str:
    """What it is called to add a term to both sides."""
    term = _term(abs(number), name)
    return f"subtract {term} from both sides" if number < 0 else f"add {term} to both sides"


def _term(number: Number, name: str) -> str:
    """Such as "-3x", "x^2", "(1/2)x" or "5"; empty where it is 0."""
    if not number:
        return ""
    if not name:
        return str(number)
    written = str(abs(number))
    size = "" if written == "1" else f"({written})" if "/" in written else written
    return f"{'-' if number < 0 else ''}{size}{name}"


def _sum(terms: Iterable[str]) -> str:
    """Terms with signs between them."""
    text = ""
    for term in filter(None, terms):
        if not text:
            text = term
        else:
            text += f" - {term[1:]}" if term[0] == "-" else f" + {term}"
    return text or "0"


def _quadratic(a: Number, b: Number, c: Number) -> str:
    return _sum((_term(a, "x^2"), _term(b, "x"), _term(c, "")))


def _linear(m: Number, h: Number) -> str:
    return _sum((_term(m, "x"), _term(h, "")))


def _root(v: Fraction, c: Fraction, n: Fraction, sign: str) -> str:
    """v + c sqrt(n), or with "±" both, over a common denominator; such as "(1 + sqrt(5))/2"."""
    if not c:
        return str(v)
    den = lcm(v.denominator, c.denominator)
    size = abs(c) * den
    part = str(size) if n == 1 else f"sqrt({n})" if size == 1 else f"{size}*sqrt({n})"
    if not v:
        return f"{sign if sign != '+' else ''}{part}" + (f"/{den}" if den > 1 else "")
    return f"({v * den} {sign} {part})/{den}" if den > 1 else f"{v} {sign} {part}"


def _text(form: Form) -> str:
    """The equation."""
    numbers = form.numbers
    if form.shape == "equation":
        a, b, c, d, e, f = (Fraction(term, numbers[6]) for term in numbers[:6])
        return f"{_quadratic(a, b, c)} = {_quadratic(d, e, f)}"
    if form.shape == "pairs":
        k, a, p, m, q, c = numbers
        first = [f"{_term(k, 'x')}({_linear(a, p)})"] if k else [_term(a, "x^2"), _term(p, "x")]
        second = [f"{_term(m, '')}({_linear(q, c)})"] if m else [_term(q, "x"), _term(c, "")]
        return f"{_sum([*first, *second])} = 0"
    if form.shape == "product":
        a, b, c, d = numbers
        return f"({_linear(a, b)})({_linear(c, d)}) = 0" if b else f"{_term(a, 'x')}({_linear(c, d)}) = 0"
    if form.shape == "square":
        m, h, k = numbers
        return f"({_linear(m, h)})^2 = {k}"
    m, h, v, c, n = numbers
    sign = "±" if form.shape == "both signs" else "+" if c > 0 else "-"
    return f"{_linear(m, h)} = {_root(v, c, n, sign)}"


def _alternatives(forms: Iterable[Form]) -> str:
    """The equations, each once, with "or" between them."""
    return " or ".join(dict.fromkeys(map(_text, forms))) or "no real solution"


def _write(state: Equations, unsolved: int | None) -> tuple[Int16, list[int]]:
    """Tokens, and the index of the first token of each number of the unsolved equation (-1 where it is not shown)."""
    left = str(state.steps_left)
    symbols = [ID["quadratic"], ID["steps left"], *encode(left)]
    rows, columns = [0] * len(symbols), list(range(len(symbols)))
    starts: list[int] = []
    for at, form in enumerate(state.forms):
        symbol, letters = _SHAPES[form.shape]
        row = 1 + 7 * at
        symbols.append(ID[symbol])
        rows.append(row)
        columns.append(0)
        den = form.numbers[6] if form.shape == "equation" else 1
        for slot, letter in enumerate(letters):
            number = form.numbers[slot]
            shown = bool(number) and (slot < 4 or len(letters) != 5 or bool(form.numbers[3]))
            if at == unsolved:
                starts.append(len(symbols) if shown else -1)
            if shown:
                written = [ID[letter], *encode(str(Fraction(number, den) if den > 1 else number))]
                symbols += written
                rows += [row + 1 + slot] * len(written)
                columns += range(len(written))
    tokens = np.array((symbols, rows, columns), np.int16).T.copy()
    tokens.setflags(write=False)
    return tokens, starts


def environment() -> Quadratic:
    """One equation with coefficients in Q."""
    return Quadratic()
