"""Countdown: reach a target by combining two numbers at a time, each number used once."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, combinations
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment, remembered, text_tokens
from zeroloop.observers import ACTION_TOKENS, Int16
from zeroloop.task_fields import integer, integers
from zeroloop.vocabulary import ID, encode

MAX_NUMBERS = 6
MAX_VALUE = 10**5
"""Largest numerator and denominator; operations that lead beyond it are left out."""
EXAMPLE: Task = {"numbers": [4, 7, 8, 8], "target": 24}


Value: TypeAlias = int | Fraction
"""Whole numbers are integers, which are ten times as fast."""


@dataclass(frozen=True)
class Numbers:
    """What is left: values in descending order, and how each was made."""

    values: tuple[Value, ...]
    texts: tuple[str, ...]
    target: int


class Combination(NamedTuple):
    """values[first] operator values[second] = result."""

    first: int
    second: int
    operator: str
    result: Value


class Countdown(MoveListEnvironment[Numbers, Combination]):
    """Two numbers become one until one is left: the score is 1 where that is the target, and 0 elsewhere.

    Of operations that come to the same one is listed: equal numbers count as one, and of 2 + 2 and 2 * 2 only the sum
    is there. Differences are not negative unless the target is: all else can be reached without, since signs can be
    moved up an expression until two meet.
    """

    name: ClassVar[str] = "countdown"
    version: ClassVar[int] = 3
    num_actions = MAX_NUMBERS * (MAX_NUMBERS - 1) // 2 * 6
    num_tokens = 2 + 7 + MAX_NUMBERS * 14

    def initial_state(self, task: Task | None = None) -> Numbers:
        """The numbers of `task["numbers"]` and its `target`. Raises TaskError where these are no integers in range."""
        task = task or EXAMPLE
        numbers = sorted(integers(task, "numbers", 1, MAX_VALUE, least=2, most=MAX_NUMBERS), reverse=True)
        target = integer(task, "target", -MAX_VALUE, MAX_VALUE)
        return Numbers(tuple(numbers), tuple(map(str, numbers)), target)

    def list_moves(self, state: Numbers) -> list[Combination]:
        """Every pair with the operations that come to different results within range."""
        found: list[Combination] = []
        seen: set[tuple[Value, Value]] = set()
        for (i, a), (j, b) in combinations(enumerate(state.values), 2):
            if (a, b) not in seen:
                seen.add((a, b))
                found += [
                    Combination(j, i, operator, result) if turned else Combination(i, j, operator, result)
                    for operator, turned, result in _results(a, b, state.target < 0)
                ]
        return found

    def apply(self, state: Numbers, move: Combination) -> Numbers:
        """The result instead of both numbers."""
        pair = move.first, move.second
        text = f" {move.operator} ".join(_bracketed(state.texts[i]) for i in pair)
        kept = [(v, t) for i, (v, t) in enumerate(zip(state.values, state.texts, strict=True)) if i not in pair]
        values, texts = zip(*sorted([*kept, (move.result, text)], key=lambda each: -each[0]), strict=True)
        return Numbers(values, texts, state.target)

    def score(self, state: Numbers) -> float:
        """1 at the target."""
        return float(state.values == (state.target,))

    def key(self, state: Numbers) -> tuple[tuple[Value, ...], int]:
        """The values and the target; how they were made does not matter."""
        return state.values, state.target

    def describe(self, state: Numbers) -> str:
        """The numbers that are left with what they were made of, and the target."""
        pairs = zip(state.values, state.texts, strict=True)
        made = ", ".join(text if text == str(value) else f"{text} = {value}" for value, text in pairs)
        return f"{made}; target {state.target}"

    def move_name(self, state: Numbers, move: Combination) -> str:
        """Such as "8 * 3"."""
        return f"{_shown(state.values[move.first])} {move.operator} {_shown(state.values[move.second])}"

    def tokens(self, state: Numbers, symmetry: int = 0) -> Int16:
        """The target, and each number behind a token of its own, in a row of its own."""
        rows = [[ID["countdown"], ID["target"], *encode(str(state.target))]]
        rows += [[ID["number"], *encode(str(value))] for value in state.values]
        return np.concatenate([text_tokens(symbols, row) for row, symbols in enumerate(rows)])

    def move_tokens(self, state: Numbers, move: Combination) -> tuple[list[int], list[int]]:
        """The operator and the result, as far as there is room; about the tokens that both numbers begin with."""
        starts = remembered(state, "_starts", lambda: self._starts(state))
        return _written(move.operator, move.result), [starts[move.first], starts[move.second]]

    def _starts(self, state: Numbers) -> list[int]:
        """The token that each number begins with."""
        lengths = [2 + len(str(state.target)), *(1 + len(str(value)) for value in state.values)]
        return list(accumulate(lengths))

    def answer(self, state: Numbers) -> str | None:
        """The whole expression."""
        return state.texts[0] if len(state.values) == 1 else None

    def move_claim(self, state: Numbers, move: Combination) -> str:
        """Such as "8 * 3 = 24."."""
        return f"{self.move_name(state, move)} = {move.result}."


@lru_cache(1 << 16)
def _written(operator: str, result: Value) -> list[int]:
    return encode(f"{operator}{result}"[:ACTION_TOKENS])


@lru_cache(1 << 16)
def _results(a: Value, b: Value, negative: bool) -> tuple[tuple[str, bool, Value], ...]:
    """What a >= b come to within range: operator, whether b stands first, result. negative: whether b - a may be."""
    found = [("+", False, _value(a + b)), ("*", False, _value(a * b)), ("-", False, _value(a - b))]
    if negative:
        found.append(("-", True, _value(b - a)))
    if b:
        found.append(("/", False, _quotient(a, b)))
    if a:
        found.append(("/", True, _quotient(b, a)))
    plainest = {result: (operator, turned, result) for operator, turned, result in reversed(found)}
    return tuple(
        each
        for each in found
        if each == plainest[each[2]] and abs(each[2].numerator) <= MAX_VALUE and each[2].denominator <= MAX_VALUE
    )


def _quotient(a: Value, b: Value) -> Value:
    if isinstance(a, int) and isinstance(b, int) and a % b == 0:
        return a // b
    return _value(Fraction(a, b))


def _value(number: Value) -> Value:
    return number.numerator if number.denominator == 1 else number


def _bracketed(text: str) -> str:
    return text if text.isdigit() else f"({text})"


def _shown(value: Value) -> str:
    return _bracketed(str(value))


def environment() -> Countdown:
    """Up to six numbers and a target."""
    return Countdown()
