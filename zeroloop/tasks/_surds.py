"""Numbers such as (1 + sqrt(5))/2, exactly; and polynomials in x over them, in the notations that people use.

expression = term {("+" | "-" | "±" | "∓") term}      term = factor {("*" | "/" | juxtaposition) factor}
factor = {"+" | "-" | "±" | "∓"} power                power = atom ["^" atom]
atom = number | "x" | "sqrt" atom | "√" atom | "\\frac" atom atom | "(" expression ")"
"""

import re
from fractions import Fraction
from math import gcd, isqrt
from typing import NamedTuple, TypeAlias

from zeroloop.errors import TaskError
from zeroloop.tasks._notation import MAX_DEPTH, MAX_DIGITS, plain
from zeroloop.tasks._rationals import write_number

MAX_RADICAND = 10**12
MAX_TERMS = 12
"""Different roots in one number."""
MAX_BITS = 2_000
"""Of a numerator or denominator."""

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?|\.\d+)|(\\?sqrt|\\frac|√|x)|(\*\*|.))", re.ASCII | re.IGNORECASE)
_SAME = str.maketrans({"{": "(", "}": ")", "²": "2"})
_LATEX = re.compile(r"\\(?:left|right|quad|,|;|!|displaystyle)(?![a-z])|\$")
_WORDS = ((r"\pm", "±"), (r"\mp", "∓"), (r"\cdot", "*"), (r"\times", "*"), ("+-", "±"), ("+/-", "±"), ("-+", "∓"))


class Surd(NamedTuple):
    """The sum of c * sqrt(n) over `terms` (n, c): n square-free and ascending, c not 0. Zero has no terms."""

    terms: tuple[tuple[int, Fraction], ...]

    def is_rational(self) -> bool:
        """Whether it has no root."""
        return all(n == 1 for n, _ in self.terms)

    def rational(self) -> Fraction:
        """The part without a root."""
        return self.terms[0][1] if self.terms and self.terms[0][0] == 1 else Fraction(0)


ZERO, ONE = Surd(()), Surd(((1, Fraction(1)),))
Polynomial: TypeAlias = tuple[Surd, Surd, Surd]
"""c + b x + a x^2 as (c, b, a)."""


def number(value: int | Fraction) -> Surd:
    """A rational number. Raises TaskError where it is too large."""
    return _surd({1: Fraction(value)})


def add(a: Surd, b: Surd) -> Surd:
    """The sum. Raises TaskError where it has too many terms, or too large ones."""
    terms = dict(a.terms)
    for n, c in b.terms:
        terms[n] = terms.get(n, Fraction(0)) + c
    return _surd(terms)


def negative(a: Surd) -> Surd:
    """The negative."""
    return Surd(tuple((n, -c) for n, c in a.terms))


def multiply(a: Surd, b: Surd) -> Surd:
    """The product. Raises TaskError as `add` does."""
    terms: dict[int, Fraction] = {}
    for n, c in a.terms:
        for m, d in b.terms:
            common = gcd(n, m)
            radicand = (n // common) * (m // common)
            terms[radicand] = terms.get(radicand, Fraction(0)) + c * d * common
    return _surd(terms)


def inverse(a: Surd) -> Surd:
    """1 / a, for a number with at most one root. Raises TaskError for others, and for zero."""
    if not a.terms:
        raise TaskError("answer: division by zero")
    roots = [(n, c) for n, c in a.terms if n != 1]
    if len(roots) > 1:
        raise TaskError("answer: a division by a sum of several roots is not read")
    v, (n, c) = a.rational(), roots[0] if roots else (1, Fraction(0))
    norm = v * v - c * c * n  # not 0: sqrt(n) is irrational where c is not 0
    return _surd({1: v / norm, n: -c / norm} if roots else {1: 1 / v})


def square_root(value: Fraction) -> Surd:
    """The root of a rational number. Raises TaskError for a negative or too large one."""
    if value < 0:
        raise TaskError(f"answer: the root of the negative number {_short(value)} is not real")
    radicand = value.numerator * value.denominator
    if radicand > MAX_RADICAND:
        raise TaskError(f"answer: the root of {_short(value)} is not read; at most {MAX_RADICAND} may stand under one")
    outside, inside = extracted(radicand)
    return _surd({inside: Fraction(outside, value.denominator)})


def extracted(radicand: int) -> tuple[int, int]:
    """(s, n) with radicand = s^2 n and n square-free, for 0 to MAX_RADICAND."""
    outside, inside, rest, p = 1, 1, radicand, 2
    while p * p * p <= rest:
        while rest % (p * p) == 0:
            outside, rest = outside * p, rest // (p * p)
        if rest % p == 0:
            inside, rest = inside * p, rest // p
        p += 1 if p == 2 else 2
    last = isqrt(rest)  # what is left is 1, a prime, the square of one, or the product of two
    return (outside * last, inside) if last * last == rest else (outside, inside * rest)


def write(a: Surd) -> str:
    """A number with at most one root over one denominator, such as "(1 - sqrt(5))/2" or "2*sqrt(3)"."""
    if a.is_rational():
        return write_number(a.rational())
    v, (n, c) = a.rational(), a.terms[-1]
    den = v.denominator * c.denominator // gcd(v.denominator, c.denominator)
    size = abs(c) * den
    root = f"sqrt({n})" if size == 1 else f"{size}*sqrt({n})"
    sign = "-" if c < 0 else ""
    if not v:
        return f"{sign}{root}" + (f"/{den}" if den > 1 else "")
    both = f"{v * den} {sign or '+'} {root}"
    return f"({both})/{den}" if den > 1 else both


def tidy(text: str) -> str:
    """`text` with plain signs for those of print and LaTeX. Raises TaskError where it is too long."""
    text = _LATEX.sub(" ", plain(text))
    for word, sign in _WORDS:
        text = text.replace(word, sign)
    return text


def read_number(text: str) -> list[Surd]:
    """The number that `text` states, or both where it has a "±". Raises TaskError for anything else."""
    return [value[0] for value in read_polynomial(text, variable=False)]


def read_polynomial(text: str, variable: bool = True) -> list[Polynomial]:
    """The polynomial in x of degree at most 2 that `text` states, or both where it has a "±". Raises TaskError."""
    text = tidy(text).translate(_SAME)
    signs = (1, -1) if "±" in text or "∓" in text else (1,)
    return [_Reader(text, sign, variable).whole() for sign in signs]


def radicands(text: str) -> list[Fraction]:
    """What stands under the roots of a text that `read_polynomial` reads."""
    reader = _Reader(tidy(text).translate(_SAME), 1, True)
    reader.whole()
    return reader.radicands


def add_polynomials(a: Polynomial, b: Polynomial) -> Polynomial:
    """The sum."""
    return add(a[0], b[0]), add(a[1], b[1]), add(a[2], b[2])


def negative_polynomial(a: Polynomial) -> Polynomial:
    """The negative."""
    return negative(a[0]), negative(a[1]), negative(a[2])


def subtract_polynomials(a: Polynomial, b: Polynomial) -> Polynomial:
    """The difference."""
    return add_polynomials(a, negative_polynomial(b))


def multiply_polynomials(a: Polynomial, b: Polynomial) -> Polynomial:
    """The product. Raises TaskError where its degree is above 2."""
    sums = [ZERO] * 5
    for i, c in enumerate(a):
        for j, d in enumerate(b):
            if c.terms and d.terms:
                sums[i + j] = add(sums[i + j], multiply(c, d))
    if sums[3].terms or sums[4].terms:
        raise TaskError("answer: a power of x above 2")
    return sums[0], sums[1], sums[2]


def proportional(a: Polynomial, b: Polynomial) -> bool:
    """Whether one is a number other than 0 times the other."""
    if [bool(c.terms) for c in a] != [bool(c.terms) for c in b]:
        return False
    return all(multiply(a[i], b[j]) == multiply(a[j], b[i]) for i in range(3) for j in range(i))


def _surd(terms: dict[int, Fraction]) -> Surd:
    kept = tuple(sorted((n, c) for n, c in terms.items() if n and c))
    if len(kept) > MAX_TERMS:
        raise TaskError(f"answer: more than {MAX_TERMS} different roots in one number")
    for n, c in kept:
        if n > MAX_RADICAND or max(c.numerator.bit_length(), c.denominator.bit_length()) > MAX_BITS:
            raise TaskError("answer: a number is too large to be read")
    return Surd(kept)


def _short(value: Fraction) -> str:
    text = str(value)
    return text if len(text) < 40 else f"{text[:40]}..."


def _constant(value: Surd) -> Polynomial:
    return value, ZERO, ZERO


class _Reader:
    """Recursive descent that computes as it reads. sign: that of "±". radicands: seen under roots."""

    def __init__(self, text: str, sign: int, variable: bool) -> None:
        self.text, self.sign, self.variable = text, sign, variable
        self.tokens = [match.group(match.lastindex or 0).lower() for match in _TOKEN.finditer(text) if match.lastindex]
        self.at = 0
        self.radicands: list[Fraction] = []

    def whole(self) -> Polynomial:
        if not self.tokens:
            raise TaskError("answer: expected a number, found nothing")
        value = self.expression(0)
        if self.at < len(self.tokens):
            raise self.unexpected()
        return value

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise self.unexpected()
        self.at += 1
        return token

    def signed(self, token: str) -> int:
        """1 or -1 for a sign."""
        return {"+": 1, "-": -1, "±": self.sign, "∓": -self.sign}[token]

    def expression(self, depth: int) -> Polynomial:
        if depth > MAX_DEPTH:
            raise TaskError(f"answer: brackets are nested more than {MAX_DEPTH} deep")
        value = self.term(depth)
        while (token := self.peek()) and token in "+-±∓":
            self.at += 1
            term = self.term(depth)
            value = add_polynomials(value, term if self.signed(token) > 0 else negative_polynomial(term))
        return value

    def term(self, depth: int) -> Polynomial:
        value = self.factor(depth)
        while (token := self.peek()) and (token in ("*", "/") or self.begins_atom(token)):
            self.at += token in ("*", "/")
            other = self.factor(depth) if token in ("*", "/") else self.power(depth)
            if token == "/":
                if other[1].terms or other[2].terms:
                    raise TaskError("answer: a division by x")
                other = _constant(inverse(other[0]))
            value = multiply_polynomials(value, other)
        return value

    def begins_atom(self, token: str) -> bool:
        """Whether a factor may follow without a sign: not a number, so that "1 2" is no product."""
        return token in ("(", "x", "√", "sqrt", "\\sqrt", "\\frac")

    def factor(self, depth: int) -> Polynomial:
        sign = 1
        while (token := self.peek()) and token in "+-±∓":
            self.at += 1
            sign *= self.signed(token)
        value = self.power(depth)
        return value if sign > 0 else negative_polynomial(value)

    def power(self, depth: int) -> Polynomial:
        base = self.atom(depth)
        if self.peek() not in ("^", "**"):
            return base
        self.at += 1
        exponent = self.atom(depth)
        if exponent in (_constant(ONE), _constant(number(2))):
            return base if exponent == _constant(ONE) else multiply_polynomials(base, base)
        if exponent == _constant(number(Fraction(1, 2))):
            return self.root(base)
        raise TaskError("answer: powers other than 1, 2 and 1/2 are not read")

    def atom(self, depth: int) -> Polynomial:
        token = self.take()
        if token in ("sqrt", "\\sqrt", "√"):
            if depth > MAX_DEPTH:
                raise TaskError(f"answer: roots are nested more than {MAX_DEPTH} deep")
            return self.root(self.atom(depth + 1))
        if token == "\\frac":
            top, bottom = self.atom(depth + 1), self.atom(depth + 1)
            if bottom[1].terms or bottom[2].terms:
                raise TaskError("answer: a division by x")
            return multiply_polynomials(top, _constant(inverse(bottom[0])))
        if token == "(":
            value = self.expression(depth + 1)
            if self.peek() != ")":
                raise TaskError(f"answer: a bracket is not closed in {self.text[:80]!r}")
            self.at += 1
            return value
        if token[0].isdigit() or token[0] == ".":
            if len(token) > MAX_DIGITS:
                raise TaskError(f"answer: a number has {len(token)} digits; at most {MAX_DIGITS} are read")
            if not token.isascii() or token == ".":
                raise self.unexpected(token)
            return _constant(number(Fraction(token)))
        if token == "x" and self.variable:
            return ZERO, ONE, ZERO
        raise self.unexpected(token)

    def root(self, inner: Polynomial) -> Polynomial:
        if inner[1].terms or inner[2].terms or not inner[0].is_rational():
            raise TaskError("answer: only roots of numbers without roots are read")
        value = inner[0].rational()
        self.radicands.append(value)
        return _constant(square_root(value))

    def unexpected(self, token: str = "") -> TaskError:
        token = token or self.peek()
        what = f"unexpected {token[:40]!r}" if token else "the end comes too soon"
        return TaskError(f"answer: {what} in {self.text[:80]!r}")
