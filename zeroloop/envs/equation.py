"""Linear equations in x, rewritten one small rule at a time until x stands alone."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd
from re import ASCII, compile
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment, remembered
from zeroloop.errors import TaskError
from zeroloop.observers import ACTION_TOKENS, Int16
from zeroloop.task_fields import integer, text
from zeroloop.vocabulary import ID, encode

MAX_SIZE = 48
"""Tokens of an equation; moves that lead beyond it are left out."""
LARGEST = 9_999
"""Largest numerator and denominator; moves that lead beyond it are left out."""
MAX_STEPS = 99
MAX_SHARED = 6
"""Different terms, and different numbers, that both sides can be changed by: the first ones in the equation."""
MAX_DEPTH = 20
"""Brackets and signs within each other in the text of a task."""
EXAMPLE: Task = {"equation": "2x + 3 = 7", "max_steps": 30}

# ---- trees ----------------------------------------------------------------------------------------------------------


class Number(NamedTuple):
    """The fraction p / q in lowest terms, q > 0."""

    p: int
    q: int
    size: int
    signs: int


class Variable(NamedTuple):
    """x."""

    size: int = 1
    signs: int = 0


class Node(NamedTuple):
    """left sign right, with one of + - * /; what is divided by is a number.

    size: its tokens. signs: its operations.
    """

    sign: str
    left: "Tree"
    right: "Tree"
    size: int
    signs: int


Tree: TypeAlias = Number | Variable | Node
Builder: TypeAlias = Callable[[str, Tree, Tree], Tree]


@lru_cache(4096)
def number(p: int, q: int = 1) -> Number:
    """p / q in lowest terms."""
    if q < 0:
        p, q = -p, -q
    if (common := gcd(p, q)) > 1:
        p, q = p // common, q // common
    return Number(p, q, len(str(p)) + (len(str(q)) + 1 if q > 1 else 0), 0)


X, ZERO, ONE, MINUS_ONE = Variable(), number(0), number(1), number(-1)
FLIPPED = {"+": "-", "-": "+"}


def node(sign: str, left: Tree, right: Tree) -> Tree:
    """The tree as it is, but that a whole number over another is one number where the fraction is in lowest terms."""
    if sign == "/" and isinstance(left, Number) and isinstance(right, Number) and left.q == right.q == 1 < right.p:
        found = number(left.p, right.p)
        if found.q == right.p:
            return found
    return Node(sign, left, right, left.size + right.size + 1, left.signs + right.signs + 1)


def folded(sign: str, left: Tree, right: Tree) -> Tree:
    """The tree of two folded ones with its operation evaluated or simplified where that is possible."""
    if isinstance(left, Number) and isinstance(right, Number):
        found: Tree | None = evaluated(sign, left, right)
    else:
        found = simplified(sign, left, right)
    return node(sign, left, right) if found is None else found


def evaluated(sign: str, a: Number, b: Number) -> Number | None:
    """The result of an operation with two numbers; None where it is too large."""
    if sign == "*":
        result = number(a.p * b.p, a.q * b.q)
    elif sign == "/":
        result = number(a.p * b.q, a.q * b.p)
    else:
        right = b.p * a.q
        result = number(a.p * b.q + (right if sign == "+" else -right), a.q * b.q)
    return result if abs(result.p) <= LARGEST and result.q <= LARGEST else None


def simplified(sign: str, left: Tree, right: Tree) -> Tree | None:
    """What t + 0, 0 + t, t - 0, t - t, 1 * t, t * 1, 0 * t, t * 0 and t / 1 are; None for anything else."""
    if sign == "*":
        if ZERO in (left, right):
            return ZERO
        return right if left == ONE else left if right == ONE else None
    if sign == "/":
        return left if right == ONE else None
    if right == ZERO:
        return left
    if sign == "+":
        return right if left == ZERO else None
    return ZERO if left == right else None


def contains_x(tree: Tree) -> bool:
    """Whether x occurs in the tree."""
    if isinstance(tree, Node):
        return contains_x(tree.left) or contains_x(tree.right)
    return isinstance(tree, Variable)


def written(tree: Tree) -> str:
    """The tree as text, with the brackets it needs."""
    if isinstance(tree, Number):
        return str(tree.p) if tree.q == 1 else f"{tree.p}/{tree.q}"
    if isinstance(tree, Variable):
        return "x"
    left, right = written(tree.left), written(tree.right)
    product = tree.sign in "*/"
    if product and isinstance(tree.left, Node) and tree.left.sign in "+-":
        left = f"({left})"
    if isinstance(tree.right, Number):
        bracketed = product and tree.right.q > 1
    else:
        bracketed = isinstance(tree.right, Node) and (product or tree.right.sign in "+-")
    return f"{left} {tree.sign} ({right})" if bracketed else f"{left} {tree.sign} {right}"


# ---- rules ----------------------------------------------------------------------------------------------------------

RULES = (
    *("swap sides", "add", "subtract", "multiply", "divide", "evaluate", "simplify", "commute", "exchange"),
    *("associate left", "associate right", "distribute", "factor", "as sum", "as product"),
)
_VERBS = dict.fromkeys(RULES, "Rewrite") | {
    "evaluate": "Evaluate",
    "simplify": "Simplify",
    "commute": "Reorder",
    "exchange": "Reorder",
    "associate left": "Regroup",
    "associate right": "Regroup",
    "distribute": "Expand",
    "factor": "Factor",
}
_BOTH = {
    "add": ("add {} to both sides", "+"),
    "subtract": ("subtract {} from both sides", "-"),
    "multiply": ("multiply both sides by {}", "*"),
    "divide": ("divide both sides by {}", "/"),
}


class Rewrite(NamedTuple):
    """A rule at one place of a tree.

    place: the operation's number among those of the tree, from the left, from 1. sign, other: the tokens of the
    operation, and of the operand that matters most. before: the part that is rewritten. tree: the whole afterwards.
    """

    rule: str
    place: int
    sign: int
    other: int
    before: Tree
    tree: Tree


@lru_cache(4096)
def rewrites(tree: Tree, build: Builder) -> tuple[Rewrite, ...]:
    """All that the rules make of a tree: of its left operand, of itself, of its right operand."""
    if not isinstance(tree, Node):
        return ()
    sign, left, right = tree.sign, tree.left, tree.right
    begin, signs = left.size + 1, left.signs + 1
    found = [
        Rewrite(rule, place, at, other, before, build(sign, inner, right))
        for rule, place, at, other, before, inner in rewrites(left, build)
    ]
    others = _mark(left), begin + _mark(right)
    found += [
        Rewrite(rule, signs, left.size, others[of_right], tree, after) for rule, of_right, after in _rules(tree, build)
    ]
    found += [
        Rewrite(rule, place + signs, at + begin, other + begin, before, build(sign, left, inner))
        for rule, place, at, other, before, inner in rewrites(right, build)
    ]
    return tuple(each for each in found if each.tree != tree)


def _mark(tree: Tree) -> int:
    """The token that stands for a tree: the sign of its operation, the first one of a number."""
    return tree.left.size if isinstance(tree, Node) else 0


def _rules(tree: Node, build: Builder) -> Iterator[tuple[str, bool, Tree]]:
    """Rules for the operation itself: name, whether the right operand matters most, result."""
    sign, left, right = tree.sign, tree.left, tree.right
    if isinstance(left, Number) and isinstance(right, Number):
        if (value := evaluated(sign, left, right)) is not None:
            yield "evaluate", True, value
        return
    if (simple := simplified(sign, left, right)) is not None:
        yield "simplify", True, simple
        return
    if sign in "+*" and left != right:
        yield "commute", True, build(sign, right, left)
    yield from (_sum_rules if sign in "+-" else _product_rules)(sign, left, right, build)


def _sum_rules(sign: str, left: Tree, right: Tree, build: Builder) -> Iterator[tuple[str, bool, Tree]]:
    if isinstance(left, Node) and left.sign in "+-":
        yield "exchange", False, build(left.sign, build(sign, left.left, right), left.right)
        inner = sign if left.sign == "+" else FLIPPED[sign]
        yield "associate right", False, build(left.sign, left.left, build(inner, left.right, right))
    if isinstance(right, Node) and right.sign in "+-":
        outer = right.sign if sign == "+" else FLIPPED[right.sign]
        yield "associate left", True, build(outer, build(sign, left, right.left), right.right)
    if (together := _factored(sign, left, right, build)) is not None:
        yield "factor", True, together
    if sign == "-":
        if isinstance(right, Number):
            negative: Tree = number(-right.p, right.q)
        elif isinstance(right, Node) and right.sign == "*" and isinstance(right.left, Number):
            negative = build("*", number(-right.left.p, right.left.q), right.right)
        else:
            negative = build("*", MINUS_ONE, right)
        yield "as sum", True, build("+", left, negative)


def _product_rules(sign: str, left: Tree, right: Tree, build: Builder) -> Iterator[tuple[str, bool, Tree]]:
    """Of products, and of quotients by a number. Nothing is ever divided by what has x in it."""
    if isinstance(left, Node) and left.sign in "*/":
        yield "exchange", False, build(left.sign, build(sign, left.left, right), left.right)
        if left.sign == "*":
            yield "associate right", False, build("*", left.left, build(sign, left.right, right))
        elif sign == "*":
            yield "associate right", False, build("*", left.left, build("/", right, left.right))
    if sign == "*" and isinstance(right, Node) and right.sign in "*/":
        yield "associate left", True, build(right.sign, build("*", left, right.left), right.right)
    if _is_open_sum(right):
        assert isinstance(right, Node)
        a, b = build("*", left, right.left), build("*", left, right.right)
        yield "distribute", True, build(right.sign, a, b)
    elif _is_open_sum(left):
        assert isinstance(left, Node)
        a, b = build(sign, left.left, right), build(sign, left.right, right)
        yield "distribute", False, build(left.sign, a, b)
    if sign == "/":
        assert isinstance(right, Number)
        yield "as product", True, build("*", number(right.q, right.p), left)


def _is_open_sum(tree: Tree) -> bool:
    """Whether it is a sum or difference that cannot just be evaluated."""
    if not isinstance(tree, Node) or tree.sign in "*/":
        return False
    return not (isinstance(tree.left, Number) and isinstance(tree.right, Number))


def _factored(sign: str, left: Tree, right: Tree, build: Builder) -> Tree | None:
    """a * t + b * t as (a + b) * t, where t + b * t has a = 1; t * a + t * b as t * (a + b); a / n + b / n as
    (a + b) / n; None where nothing is shared."""
    a, t = _coefficient(left)
    b, u = _coefficient(right)
    if t == u and not isinstance(t, Number):
        return build("*", build(sign, a, b), t)
    if not isinstance(left, Node) or not isinstance(right, Node) or left.sign != right.sign or left.sign in "+-":
        return None
    if left.right == right.right:
        return build(left.sign, build(sign, left.left, right.left), left.right)
    if left.left == right.left and left.sign == "*":
        return build("*", left.left, build(sign, left.right, right.right))
    return None


def _coefficient(tree: Tree) -> tuple[Number, Tree]:
    if isinstance(tree, Node) and tree.sign == "*" and isinstance(tree.left, Number):
        return tree.left, tree.right
    return ONE, tree


# ---- environment ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """left = right, and how many moves may still be made."""

    left: Tree
    right: Tree
    steps_left: int


class Move(NamedTuple):
    """A rule, and the equation left = right that it leads to.

    place: number of the operation that it is about, 0 where it is about both sides. anchors: the tokens it is about.
    part: what is rewritten, or the term that both sides are changed by; left and right are as they were in that case,
    as most of these moves are never made.
    """

    rule: str
    place: int
    anchors: tuple[int, ...]
    part: Tree
    left: Tree
    right: Tree


HEADER = 3
"""Tokens before the equation: the steps that are left."""


class Equation(MoveListEnvironment[State, Move]):
    """An equation becomes "x = number": the score is 1 there, and 0 where the steps run out before.

    Every rule keeps the set of solutions as it is. So an equation without x whose numbers differ shows that there is no
    solution, and one whose numbers are equal that every number is one; both are finished too, with score 1.

    fold: evaluate operations with two numbers, and remove 0 and 1, after every move; each is a move elsewhere.
    """

    name: ClassVar[str] = "equation"
    num_actions = 64
    num_tokens = HEADER + MAX_SIZE

    def __init__(self, fold: bool = False) -> None:
        self.fold = fold
        self._build: Builder = folded if fold else node

    def initial_state(self, task: Task | None = None) -> State:
        """The equation of `task["equation"]`, to be solved in `max_steps`, or 99. Raises TaskError where it is not
        linear in x, divides by anything but numbers, is too long, or solved already."""
        task = task or EXAMPLE
        left, right = _Reader(text(task, "equation", 300), self._build).sides()
        state = State(left, right, integer(task, "max_steps", 1, MAX_STEPS, MAX_STEPS))
        if left.size + right.size + 1 > MAX_SIZE:
            raise TaskError(f"equation: it has {left.size + right.size + 1} signs and digits; at most {MAX_SIZE} fit")
        if _solved(state):
            raise TaskError(f"equation: {self.describe(state)!r} is solved already")
        return state

    def list_moves(self, state: State) -> list[Move]:
        """Rules at all places from left to right, then both sides swapped and changed by what occurs in them."""
        if not state.steps_left or _solved(state):
            return []
        left, right, build = state.left, state.right, self._build
        room, middle = MAX_SIZE - 1, HEADER + left.size
        found = [
            Move(rule, place, (HEADER + sign, HEADER + other), part, tree, right)
            for rule, place, sign, other, part, tree in rewrites(left, build)
            if tree.size + right.size <= room
        ]
        found += [
            Move(rule, left.signs + place, (middle + 1 + sign, middle + 1 + other), part, left, tree)
            for rule, place, sign, other, part, tree in rewrites(right, build)
            if left.size + tree.size <= room
        ]
        if left != right:
            found.append(Move("swap sides", 0, (middle,), left, right, left))
        shared = [(rule, *each) for each in _terms(left, right) for rule in ("add", "subtract")]
        shared += [(rule, *each) for each in _numbers(left, right) for rule in ("multiply", "divide")]
        size = left.size + right.size
        for rule, term, at in shared:
            move = Move(rule, 0, (HEADER + at,), term, left, right)
            if size + 2 * (term.size + 1) <= room or (self.fold and sum(s.size for s in self._sides(move)) <= room):
                found.append(move)
        return found[: self.num_actions]

    def _sides(self, move: Move) -> tuple[Tree, Tree]:
        """The equation that the move leads to."""
        if move.rule not in _BOTH:
            return move.left, move.right
        sign = _BOTH[move.rule][1]
        return self._build(sign, move.left, move.part), self._build(sign, move.right, move.part)

    def apply(self, state: State, move: Move) -> State:
        """The equation that the move leads to."""
        return State(*self._sides(move), state.steps_left - 1)

    def score(self, state: State) -> float:
        """1 where it is solved."""
        return float(_solved(state))

    def key(self, state: State) -> Hashable:
        """The equation and the steps that are left, as they are shown: that is all there is."""
        return self.tokens(state).tobytes()

    def describe(self, state: State) -> str:
        """Such as "2 * x + 3 = 7; 30 steps left"."""
        return f"{_equation(state.left, state.right)}; {state.steps_left} steps left"

    def move_name(self, state: State, move: Move) -> str:
        """Such as "subtract 3 from both sides", or "evaluate 7 - 3 at sign 4": the fourth of the signs + - * /."""
        if move.place:
            return f"{move.rule} {written(move.part)} at sign {move.place}"
        return _BOTH[move.rule][0].format(written(move.part)) if move.rule in _BOTH else move.rule

    def tokens(self, state: State, symmetry: int = 0) -> Int16:
        """The steps that are left, then the equation without brackets: rows are depths in the tree, and tell how it
        hangs together. Numbers have "~" for their minus and ":" for their fraction bar."""
        return remembered(state, "_tokens", lambda: self._shown(state))

    def _shown(self, state: State) -> Int16:
        symbols, rows = [ID["steps left"], *_DIGITS[state.steps_left]], [0] * HEADER
        _show(state.left, 1, symbols, rows)
        symbols.append(_SIGNS["="])
        rows.append(0)
        _show(state.right, 1, symbols, rows)
        found = np.empty((len(symbols), 3), np.int16)
        found[:, 0], found[:, 1], found[:, 2] = symbols, rows, np.arange(len(symbols))
        return found

    def move_tokens(self, state: State, move: Move) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rule, and the beginning of the term that both sides are changed by; about its operation and operand."""
        return _move_ids(move.rule, move.part if move.rule in _BOTH else None), move.anchors

    def answer(self, state: State) -> str | None:
        """Such as "x = 7/3", "no solution" or "all numbers"; None where it is not solved."""
        if not _solved(state):
            return None
        if isinstance(state.left, Variable):
            return _equation(state.left, state.right)
        return "all numbers" if state.left == state.right else "no solution"

    def move_claim(self, state: State, move: Move) -> str:
        """Such as "Subtract 3 from both sides: 2 * x + 3 - 3 = 7 - 3." or "Evaluate 7 - 3 as 4: 2 * x = 4."."""
        after = _equation(*self._sides(move))
        if isinstance(move.part, Node) and move.place:
            results = {rule: result for rule, _, result in _rules(move.part, node)}
            return f"{_VERBS[move.rule]} {written(move.part)} as {written(results[move.rule])}: {after}."
        return f"{self.move_name(state, move).capitalize()}: {after}."


_RULE_IDS = {rule: ID[f"rule {number}"] for number, rule in enumerate(RULES)}
_SIGNS = {sign: ID[sign] for sign in "+-*/=x"}
_DIGITS = [encode(f"{steps:02}") for steps in range(MAX_STEPS + 1)]


def _solved(state: State) -> bool:
    return isinstance(state.right, Number) and not isinstance(state.left, Node)


def _equation(left: Tree, right: Tree) -> str:
    return f"{written(left)} = {written(right)}"


def _terms(left: Tree, right: Tree) -> list[tuple[Tree, int]]:
    """The first different terms of the sums on both sides, but 0, each with its token in the equation."""
    found: dict[Tree, int] = {}
    waiting = [(right, left.size + 1), (left, 0)]
    while waiting:
        tree, at = waiting.pop()
        if isinstance(tree, Node) and tree.sign in "+-":
            waiting += [(tree.right, at + tree.left.size + 1), (tree.left, at)]
        elif tree != ZERO:
            found.setdefault(tree, at + _mark(tree))
    return list(found.items())[:MAX_SHARED]


def _numbers(left: Tree, right: Tree) -> list[tuple[Tree, int]]:
    """The first different numbers in the equation, but 0 and 1, each with its first token."""
    found: dict[Tree, int] = {}
    waiting = [(right, left.size + 1), (left, 0)]
    while waiting:
        tree, at = waiting.pop()
        if isinstance(tree, Node):
            waiting += [(tree.right, at + tree.left.size + 1), (tree.left, at)]
        elif isinstance(tree, Number) and tree not in (ZERO, ONE):
            found.setdefault(tree, at)
    return list(found.items())[:MAX_SHARED]


@lru_cache(4096)
def _number_ids(value: Number) -> list[int]:
    return encode(written(value).replace("-", "~").replace("/", ":"))


@lru_cache(4096)
def _move_ids(rule: str, term: Tree | None) -> tuple[int, ...]:
    symbols = [_RULE_IDS[rule]]
    if term is not None:
        _show(term, 0, symbols, [])
    return tuple(symbols[:ACTION_TOKENS])


def _show(tree: Tree, depth: int, symbols: list[int], rows: list[int]) -> None:
    if isinstance(tree, Node):
        _show(tree.left, depth + 1, symbols, rows)
        symbols.append(_SIGNS[tree.sign])
        rows.append(depth)
        _show(tree.right, depth + 1, symbols, rows)
    elif isinstance(tree, Number):
        symbols += _number_ids(tree)
        rows += [depth] * tree.size
    else:
        symbols.append(_SIGNS["x"])
        rows.append(depth)


_TOKEN = compile(r"\s*(?:(\d+(?:\.\d+)?)|(\S))", ASCII)
_SAME = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "[": "(", "]": ")"})


class _Reader:
    """Recursive descent over "3(x + 2) - x/2 = 7"."""

    def __init__(self, source: str, build: Builder) -> None:
        self.tokens = [match[1] or match[2] for match in _TOKEN.finditer(source.translate(_SAME))]
        self.at = 0
        self.build = build

    def sides(self) -> tuple[Tree, Tree]:
        left = self.sum(0)
        if self.take("=") is None:
            raise self.unexpected()
        right = self.sum(0)
        if self.at < len(self.tokens):
            raise self.unexpected()
        return left, right

    def take(self, signs: str) -> str | None:
        """The next token where it is one of `signs`."""
        if self.at < len(self.tokens) and self.tokens[self.at] in signs:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def sum(self, depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise TaskError(f"equation: brackets and signs are nested more than {MAX_DEPTH} deep")
        tree = self.product(depth)
        while (sign := self.take("+-")) is not None:
            tree = self.build(sign, tree, self.product(depth))
        return tree

    def product(self, depth: int) -> Tree:
        tree = self.factor(depth)
        while self.at < len(self.tokens) and self.tokens[self.at] in "*/x(":
            sign = self.take("*/")
            tree = self.checked(sign or "*", tree, self.factor(depth) if sign else self.atom(depth))
        return tree

    def checked(self, sign: str, left: Tree, right: Tree) -> Tree:
        """left * right or left / right, linear in x, and divided only by a number that is not 0."""
        if sign == "/" and (not isinstance(right, Number) or right == ZERO):
            raise TaskError("equation: only numbers other than 0 can be divided by")
        if sign == "*" and contains_x(left) and contains_x(right):
            raise TaskError("equation: a product of x and x is not linear")
        return self.build(sign, left, right)

    def factor(self, depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise TaskError(f"equation: brackets and signs are nested more than {MAX_DEPTH} deep")
        if (sign := self.take("+-")) is None:
            return self.atom(depth)
        inner = self.factor(depth + 1)
        if sign == "+":
            return inner
        return number(-inner.p, inner.q) if isinstance(inner, Number) else self.build("*", MINUS_ONE, inner)

    def atom(self, depth: int) -> Tree:
        if self.take("x") is not None:
            return X
        if self.take("(") is not None:
            tree = self.sum(depth + 1)
            if self.take(")") is None:
                raise self.unexpected()
            return tree
        if self.at == len(self.tokens) or not self.tokens[self.at][0].isdigit():
            raise self.unexpected()
        value = Fraction(self.tokens[self.at])
        self.at += 1
        if value.numerator > LARGEST or value.denominator > LARGEST:
            raise TaskError(f"equation: {self.tokens[self.at - 1][:20]} is too large or too fine; at most {LARGEST}")
        return number(value.numerator, value.denominator)

    def unexpected(self) -> TaskError:
        """What is wrong with the next token."""
        found = f"unexpected {self.tokens[self.at]!r}" if self.at < len(self.tokens) else "the end comes too soon"
        return TaskError(f"equation: {found}; expected an equation in x such as '2x + 3 = 7'")


def environment(fold: bool = False) -> Equation:
    """Equations solved in fine steps, or with `fold` in coarse ones."""
    return Equation(fold)
