"""Calculate: evaluate an expression, one operation on two numbers at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import text
from zeroloop.vocabulary import ID, encode

MAX_OPERATIONS = 24
MAX_LENGTH = 200
"""Characters of an expression, at most."""
MAX_DEPTH = 50
"""Brackets within brackets."""
EXAMPLE: Task = {"expression": "3 + 4 * (2 - 5)"}

_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2}
_PIECE = re.compile(r"\s*(?:([0-9]+|[-+*/()])|(\S))")


class Operation(NamedTuple):
    """left operator right, with one of + - * /."""

    operator: str
    left: "Tree"
    right: "Tree"


Tree: TypeAlias = Operation | int | Fraction
"""An expression. Integers are ints, and a quotient of integers in lowest terms is a number and no operation."""


class Reduction(NamedTuple):
    """left operator right = result, of two numbers.

    path: the way to it in the tree, 0 for left and 1 for right. columns: where both numbers begin in the line.
    """

    path: tuple[int, ...]
    operator: str
    left: int | Fraction
    right: int | Fraction
    result: int | Fraction
    columns: tuple[int, int]


@dataclass(frozen=True)
class Expression:
    """What is left to calculate, as a tree and as text, and what can be calculated in it."""

    tree: Tree
    text: str
    reductions: tuple[Reduction, ...]


class Calculate(MoveListEnvironment[Expression, Reduction]):
    """An operation on two numbers becomes its result until one number is left, which scores 1: any order leads there.

    Of operations that are the same the leftmost is listed.
    """

    name: ClassVar[str] = "calculate"
    num_actions = MAX_OPERATIONS // 2
    num_tokens = 96

    def initial_state(self, task: Task | None = None) -> Expression:
        """The expression `task["expression"]`: integers with + - * / and brackets.

        Raises TaskError where it is none, has nothing to calculate, divides by zero, or would not fit into the tokens
        on any way to its value.
        """
        task = EXAMPLE if task is None else task
        tree = _Parser(text(task, "expression", MAX_LENGTH)).whole()
        operations = _count(tree)
        if not 1 <= operations <= MAX_OPERATIONS:
            raise TaskError(f"expression has {operations} operations; from 1 to {MAX_OPERATIONS} can be calculated")
        value, width = _extent(tree)
        if (needed := 1 + max(width, len(str(value)))) > self.num_tokens:
            raise TaskError(f"expression needs up to {needed} tokens; at most {self.num_tokens} are shown")
        return _laid_out(tree)

    def list_moves(self, state: Expression) -> tuple[Reduction, ...]:
        """Every operation on two numbers."""
        return state.reductions

    def apply(self, state: Expression, move: Reduction) -> Expression:
        """The result instead of the operation."""
        return _laid_out(_replaced(state.tree, move.path, move.result))

    def score(self, state: Expression) -> float:
        """1, as each operation was replaced by its value."""
        return float(not isinstance(state.tree, Operation))

    def key(self, state: Expression) -> str:
        """The expression."""
        return state.text

    def describe(self, state: Expression) -> str:
        """The expression."""
        return state.text

    def move_name(self, state: Expression, move: Reduction) -> str:
        """Such as "4 * (-3)"."""
        return f"{_operand(move.left)} {move.operator} {_operand(move.right)}"

    def tokens(self, state: Expression, symmetry: int = 0) -> Int16:
        """The characters in a line, each in the row of its depth in brackets."""
        symbols = [ID["calculate"], *encode(state.text.replace(" ", ""))]
        tokens = np.empty((len(symbols), 3), np.int16)
        tokens[:, 0], tokens[:, 2] = symbols, np.arange(len(symbols))
        opening, closing = tokens[:, 0] == ID["("], tokens[:, 0] == ID[")"]
        tokens[:, 1] = np.cumsum(opening) - np.cumsum(closing) + closing
        return tokens

    def move_tokens(self, state: Expression, move: Reduction) -> tuple[list[int], list[int]]:
        """The operator; about the tokens that both numbers begin with."""
        return [ID[move.operator]], [1 + column for column in move.columns]

    def answer(self, state: Expression) -> str | None:
        """The value, such as "-3" or "7/2"."""
        return None if isinstance(state.tree, Operation) else str(state.tree)

    def move_claim(self, state: Expression, move: Reduction) -> str:
        """Such as "4 * (-3) = -12, which leaves 3 + (-12)."."""
        return f"{self.move_name(state, move)} = {move.result}, which leaves {self.apply(state, move).text}."


def _joined(operator: str, left: Tree, right: Tree) -> Tree:
    """The operation, or the number that a quotient in lowest terms is."""
    if operator == "/" and isinstance(left, int) and isinstance(right, int) and right > 1 and gcd(left, right) == 1:
        return Fraction(left, right)
    return Operation(operator, left, right)


def _calculated(operator: str, a: int | Fraction, b: int | Fraction) -> int | Fraction:
    """The exact value. Raises TaskError for a division by zero."""
    value: int | Fraction
    if operator == "+":
        value = a + b
    elif operator == "-":
        value = a - b
    elif operator == "*":
        value = a * b
    elif b:
        value = Fraction(a) / b
    else:
        raise TaskError("expression divides by zero")
    return value.numerator if value.denominator == 1 else value


def _replaced(tree: Tree, path: tuple[int, ...], value: int | Fraction) -> Tree:
    """The tree with a number at the end of a path."""
    if not path:
        return value
    assert isinstance(tree, Operation)
    if path[0]:
        return _joined(tree.operator, tree.left, _replaced(tree.right, path[1:], value))
    return _joined(tree.operator, _replaced(tree.left, path[1:], value), tree.right)


def _laid_out(tree: Tree) -> Expression:
    line: list[str] = []
    found: dict[tuple[str, int | Fraction, int | Fraction], Reduction] = {}
    _write(tree, (), line, found)
    return Expression(tree, "".join(line), tuple(found.values()))


def _write(
    tree: Tree,
    path: tuple[int, ...],
    line: list[str],
    found: dict[tuple[str, int | Fraction, int | Fraction], Reduction],
) -> None:
    """Add the characters of a tree to a line, and what can be calculated in it to what was found."""
    if not isinstance(tree, Operation):
        line.extend(str(tree))
        return
    operator, left, right = tree
    start = len(line)
    _write_operand(tree, 0, path, line, found)
    line.append(f" {operator} ")
    second = len(line)
    _write_operand(tree, 1, path, line, found)
    if not isinstance(left, Operation) and not isinstance(right, Operation) and (operator, left, right) not in found:
        result = _calculated(operator, left, right)
        found[operator, left, right] = Reduction(path, operator, left, right, result, (start, second))


def _write_operand(
    tree: Operation,
    side: int,
    path: tuple[int, ...],
    line: list[str],
    found: dict[tuple[str, int | Fraction, int | Fraction], Reduction],
) -> None:
    child = (tree.left, tree.right)[side]
    if not isinstance(child, Operation):
        line.extend(_operand(child))
    elif _needs_brackets(tree, side):
        line.append("(")
        _write(child, (*path, side), line, found)
        line.append(")")
    else:
        _write(child, (*path, side), line, found)


def _operand(value: int | Fraction) -> str:
    """A number beside an operator."""
    shown = str(value)
    return shown if shown.isdigit() else f"({shown})"


def _needs_brackets(tree: Operation, side: int) -> bool:
    """Whether the operation on a side of another one is written in brackets."""
    child = (tree.left, tree.right)[side]
    return isinstance(child, Operation) and _BINDING[child.operator] < _BINDING[tree.operator] + side


def _count(tree: Tree) -> int:
    return 1 + _count(tree.left) + _count(tree.right) if isinstance(tree, Operation) else 0


def _extent(tree: Tree) -> tuple[int | Fraction, int]:
    """The value, and the most characters that the tree takes before it is a number (0 where it is one)."""
    if not isinstance(tree, Operation):
        return tree, 0
    values, width = [], 1
    for side, child in enumerate((tree.left, tree.right)):
        value, inside = _extent(child)
        values.append(value)
        width += max(len(_operand(value)), inside + 2 * _needs_brackets(tree, side))
    return _calculated(tree.operator, *values), width


class _Parser:
    """expression = term {("+" | "-") term}; term = factor {("*" | "/") factor}; factor = {sign} (number | brackets)."""

    def __init__(self, source: str) -> None:
        self.pieces = list(self._pieces(source))
        self.at = self.depth = 0

    def _pieces(self, source: str) -> Iterator[str]:
        for match in _PIECE.finditer(source):
            if match[2]:
                raise TaskError(f"expression has {match[2]!r}; allowed are whole numbers, + - * / and brackets")
            yield match[1]

    def whole(self) -> Tree:
        tree = self.expression()
        if self.at < len(self.pieces):
            raise TaskError(f"expression has {self.peek()!r} where it should end or go on with an operator")
        return tree

    def peek(self) -> str:
        return self.pieces[self.at] if self.at < len(self.pieces) else ""

    def take(self) -> str:
        self.at += 1
        return self.pieces[self.at - 1]

    def expression(self) -> Tree:
        tree = self.term()
        while self.peek() in ("+", "-"):
            tree = _joined(self.take(), tree, self.term())
        return tree

    def term(self) -> Tree:
        tree = self.factor()
        while self.peek() in ("*", "/"):
            tree = _joined(self.take(), tree, self.factor())
        return tree

    def factor(self) -> Tree:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self.take() == "-"
        tree = self.atom()
        if not negative:
            return tree
        if isinstance(tree, Operation):
            raise TaskError("expression has a sign before brackets; write -(2 + 3) as 0 - (2 + 3)")
        return -tree

    def atom(self) -> Tree:
        if self.peek().isdigit():
            return int(self.take())
        if self.peek() != "(":
            raise TaskError(f"expression has {self.peek()!r} where a number or a bracket should begin")
        self.take()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TaskError(f"expression has brackets nested more than {MAX_DEPTH} deep")
        tree = self.expression()
        if self.peek() != ")":
            raise TaskError("expression has a bracket that is not closed")
        self.take()
        self.depth -= 1
        return tree


def environment() -> Calculate:
    """An expression in whole numbers."""
    return Calculate()
