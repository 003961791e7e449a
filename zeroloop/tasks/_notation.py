"""Numbers and expressions in the notations that people use, read exactly and without running anything.

expression = term {("+" | "-") term}      term = factor {("*" | "/" | juxtaposition) factor}
factor = ["-" | "+"] atom                 atom = number | name | "(" expression ")"
"""

import math
import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np

from zeroloop.errors import TaskError

MAX_LENGTH = 1_000
"""Characters of a text that is read; a longer one is refused before anything else."""
MAX_DEPTH = 50
"""Brackets within brackets."""
MAX_DIGITS = 100
"""Digits of one number."""

_SAME = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "⁄": "/", "[": "(", "]": ")", "\u00a0": " "})
_LETTERS = string.ascii_letters
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?|\.\d+)|([A-Za-z]\w*)|(.))", re.ASCII)
_NUMBER = re.compile(r"[+-]?\s*(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


class Operation(NamedTuple):
    """left operator right, with one of + - * /."""

    operator: str
    left: "Expression"
    right: "Expression"


class Negation(NamedTuple):
    """The negative of an expression, written with a sign."""

    inner: "Expression"


Expression: TypeAlias = Operation | Negation | Fraction | str
"""A tree: operations, numbers, and names of variables."""


def plain(text: str) -> str:
    """`text` with ASCII signs for the typographic ones. Raises TaskError where it is too long."""
    if len(text) > MAX_LENGTH:
        raise TaskError(f"answer: {len(text)} characters are too many; at most {MAX_LENGTH} are read")
    return text.translate(_SAME).strip()


def parse_number(value: object) -> Fraction:
    """The exact value of a number or of a text such as "-3", "2/3", "0.75", "1e3", "6 / 4".

    Raises TaskError for anything else: NaN, infinity, booleans, names, division by zero.
    """
    if isinstance(value, bool) or value is None:
        raise TaskError(f"answer: {value!r} is not a number")
    if isinstance(value, int | Fraction):
        return Fraction(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TaskError(f"answer: {value!r} is not a finite number")
        return Fraction(repr(value))  # what was written, and not the nearest binary fraction
    if not isinstance(value, str):
        raise TaskError(f"answer: expected a number, not {type(value).__name__}")
    text = plain(value)
    if len(text) <= MAX_DIGITS and _NUMBER.fullmatch(text):
        return Fraction(text.replace(" ", ""))
    tree = parse_expression(text)
    if names(tree):
        raise TaskError(f"answer: expected a number, not the expression {text!r}")
    return evaluate(tree)


def parse_expression(text: str) -> Expression:
    """The tree of an expression in + - * / and brackets, with juxtaposition for products ("2x", "3(x + 1)").

    Raises TaskError that says what is wrong and where.
    """
    return _Reader(plain(text)).whole()


def parse_equation(text: str) -> tuple[Expression, Expression]:
    """Both sides of "left = right". Raises TaskError."""
    sides = plain(text).split("=")
    if len(sides) != 2:
        raise TaskError(f"answer: expected one equals sign, found {len(sides) - 1} in {text[:80]!r}")
    return parse_expression(sides[0]), parse_expression(sides[1])


def evaluate(tree: Expression, values: dict[str, Fraction] | None = None) -> Fraction:
    """The exact value of `tree`. Raises TaskError for a division by zero or a name without a value."""
    if isinstance(tree, Fraction):
        return tree
    if isinstance(tree, str):
        if values is None or tree not in values:
            raise TaskError(f"answer: {tree!r} has no value here")
        return values[tree]
    if isinstance(tree, Negation):
        return -evaluate(tree.inner, values)
    left, right = evaluate(tree.left, values), evaluate(tree.right, values)
    if tree.operator == "+":
        return left + right
    if tree.operator == "-":
        return left - right
    if tree.operator == "*":
        return left * right
    if right == 0:
        raise TaskError("answer: division by zero")
    return left / right


def names(tree: Expression) -> set[str]:
    """The variables in `tree`."""
    return {leaf for leaf in leaves(tree) if isinstance(leaf, str)}


def leaves(tree: Expression) -> Iterator[Fraction | str]:
    """The numbers and variables of `tree`, from left to right."""
    if isinstance(tree, Operation):
        yield from leaves(tree.left)
        yield from leaves(tree.right)
    elif isinstance(tree, Negation):
        yield from leaves(tree.inner)
    else:
        yield tree


def parts(tree: Expression, signs: str, inverted: bool = False) -> Iterator[tuple[str, Expression]]:
    """What a sum ("+-") adds and takes away, or a product ("*/") multiplies and divides by, however it is bracketed:
    each with its sign."""
    if isinstance(tree, Operation) and tree.operator in signs:
        yield from parts(tree.left, signs, inverted)
        yield from parts(tree.right, signs, inverted ^ (tree.operator == signs[1]))
    else:
        yield signs[inverted], tree


def in_order(tree: Expression, between: str = "") -> str:
    """The tree as text in which the order of terms and factors, and brackets of sums in sums, do not matter."""
    if not isinstance(tree, Operation):
        return str(tree)
    signed = parts(tree, "+-" if tree.operator in "+-" else "*/")
    return f"({between.join(sorted(f'{sign}{in_order(part, between)}' for sign, part in signed))})"


def count_operations(tree: Expression) -> int:
    """The operations of a tree without signs."""
    return 1 + count_operations(tree.left) + count_operations(tree.right) if isinstance(tree, Operation) else 0


def joined(operator: str, left: Expression, right: Expression) -> Expression:
    """The operation, or the one number that a quotient of whole numbers in lowest terms is."""
    if operator == "/" and isinstance(left, Fraction) and isinstance(right, Fraction):
        whole = left.denominator == right.denominator == 1 < right.numerator
        if whole and math.gcd(left.numerator, right.numerator) == 1:
            return left / right
    return Operation(operator, left, right)


@contextmanager
def naming(field: str) -> Iterator[None]:
    """TaskErrors inside are about this field of a task, and not about an answer."""
    try:
        yield
    except TaskError as error:
        raise TaskError(f"{field}: {str(error).removeprefix('answer: ')}") from None


def respaced(text: str, rng: np.random.Generator) -> str:
    """`text` with other numbers of spaces around its signs, which mean nothing."""
    pieces = re.split(r"\s*([-+*/()=×÷−,])\s*", text)
    return "".join(" " * int(rng.integers(3)) + piece for piece in pieces).strip()


class _Reader:
    """Recursive descent over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [match.group(match.lastindex or 0) for match in _TOKEN.finditer(text) if match.lastindex]
        self.at = 0

    def whole(self) -> Expression:
        if not self.tokens:
            raise TaskError("answer: expected an expression, found nothing")
        tree = self.expression(0)
        if self.at < len(self.tokens):
            raise self.unexpected()
        return tree

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def expression(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise TaskError(f"answer: brackets are nested more than {MAX_DEPTH} deep")
        tree = self.term(depth)
        while self.peek() in ("+", "-"):
            operator = self.tokens[self.at]
            self.at += 1
            tree = Operation(operator, tree, self.term(depth))
        return tree

    def term(self, depth: int) -> Expression:
        tree = self.factor(depth)
        while (token := self.peek()) and (token in "*/(" or token[0] in _LETTERS):
            operator = token if token in "*/" else "*"
            self.at += token in "*/"
            tree = Operation(operator, tree, self.factor(depth))
        return tree

    def factor(self, depth: int) -> Expression:
        signs = 0
        while self.peek() in ("+", "-"):
            signs += self.tokens[self.at] == "-"
            self.at += 1
        tree = self.atom(depth)
        for _ in range(signs % 2):
            tree = -tree if isinstance(tree, Fraction) else Negation(tree)
        return tree

    def atom(self, depth: int) -> Expression:
        token = self.peek()
        if not token or (token in "*/)" and token != "("):
            raise self.unexpected()
        self.at += 1
        if token == "(":
            tree = self.expression(depth + 1)
            if self.peek() != ")":
                raise TaskError(f"answer: a bracket is not closed in {self.text[:80]!r}")
            self.at += 1
            return tree
        if token[0] in "0123456789.":
            if len(token) > MAX_DIGITS:
                raise TaskError(f"answer: a number has {len(token)} digits; at most {MAX_DIGITS} are read")
            return Fraction(token)
        if token[0] in _LETTERS:
            return token
        raise TaskError(f"answer: unexpected {token!r} in {self.text[:80]!r}")

    def unexpected(self) -> TaskError:
        token = self.peek()
        what = f"unexpected {token!r}" if token else "the end comes too soon"
        return TaskError(f"answer: {what} in {self.text[:80]!r}")
