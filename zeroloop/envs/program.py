"""Program synthesis: a function is written from the outside in, one production at a time, to fit some examples."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._language import (
    BOOL,
    HOLES,
    INT,
    LETTERS,
    LIST,
    MOST_CONSTANTS,
    Hole,
    Language,
    Production,
    Signature,
    Term,
    language,
    read_signature,
)
from zeroloop.envs._language_text import one_line, source
from zeroloop.envs._language_values import LONGEST_SHOWN, FailedError, evaluator, is_short
from zeroloop.envs._moves import MoveListEnvironment, text_tokens
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer, one_of, text
from zeroloop.vocabulary import ID, encode

MOST_TOKENS = 128
LARGEST = 30
"""Productions that a function may have."""
SIMPLE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789 -_.,")
"""Characters of texts that programs name."""
DIGITS = (0, 1, 2)
"""Integers that every program may name."""
TREE_ROW = 16
"""Row of the tree's root in tokens; the header is in row 0, and examples follow it."""
EXAMPLE: Task = {
    "language": "python",
    "signature": "def sum_list(numbers: list[int]) -> int",
    "test_cases": [
        {"input": [[3, 1]], "output": 4},
        {"input": [[]], "output": 0},
        {"input": [[2, 7, -1]], "output": 8},
    ],
    "max_size": 6,
}


@dataclass(frozen=True, eq=False)
class Goal:
    """What a program is to do: examples (arguments, result) that are shown, and how they are."""

    signature: Signature
    language: Language
    examples: tuple[tuple[list[Any], Any], ...]
    shown: Int16
    key: bytes


@dataclass(frozen=True)
class Program:
    """A function with holes.

    at: the place of the first hole, -1 where there is none. holes: how many there are. left: productions that may still
    be used, at least one for each hole.
    """

    goal: Goal
    term: Term
    at: int
    holes: int
    left: int


class Synthesis(MoveListEnvironment[Program, Production]):
    """The leftmost hole is filled until there is none: the score is 1 where the function fits all examples shown.

    A program without a value for an example (a division by zero, too many iterations) does not fit it. Examples are
    used as far as their tokens have room, from the first on; the others are neither shown nor checked.
    """

    name: ClassVar[str] = "program"
    num_actions = 40
    num_tokens = MOST_TOKENS

    def initial_state(self, task: Task | None = None) -> Program:
        """A hole for the whole function with the `signature` of `task`, its `test_cases`, and up to `max_size`
        productions, which may name `constants`. Raises TaskError where one of these is broken."""
        task = task or EXAMPLE
        one_of(task, "language", ("python",))
        signature = read_signature(text(task, "signature", 500))
        most = integer(task, "max_size", 1, LARGEST)
        spoken = language(signature, _constants(task))
        return Program(_goal(signature, spoken, _examples(task, signature), most), spoken.start, 0, 1, most)

    def list_moves(self, state: Program) -> Sequence[Production]:
        """Productions for the first hole that leave enough for all holes."""
        if state.at < 0:
            return ()
        hole = state.term[state.at]
        assert isinstance(hole, Hole)
        return state.goal.language.moves(hole, len(state.term) == 1, state.left - state.holes)

    def apply(self, state: Program, move: Production) -> Program:
        """The hole becomes the production with its own holes."""
        at, term = state.at, state.term
        term = (*term[:at], move, *move.holes, *term[at + 1 :])
        holes = state.holes - 1 + len(move.holes)
        at = next((i for i in range(at + 1, len(term)) if isinstance(term[i], Hole)), -1) if holes else -1
        return Program(state.goal, term, at, holes, state.left - 1)

    def score(self, state: Program) -> float:
        """1 where every example that is shown has the right result."""
        function = evaluator(state.goal.signature, state.term)
        try:
            return float(all(function(arguments) == result for arguments, result in state.goal.examples))
        except FailedError:
            return 0.0

    def key(self, state: Program) -> Hashable:
        """The term in tokens, what is left, and the goal as it is shown."""
        return state.goal.key, bytes(map(_symbol, state.term)), state.left

    def describe(self, state: Program) -> str:
        """The function with its holes, the examples, and what is left."""
        name = state.goal.signature.name
        calls = "".join(
            f"{name}({', '.join(map(repr, arguments))}) == {result!r}\n" for arguments, result in state.goal.examples
        )
        return f"{source(state.goal.signature, state.term)}{calls}{state.left} productions left"

    def move_name(self, state: Program, move: Production) -> str:
        """Such as "int + int"."""
        return move.name

    def tokens(self, state: Program, symmetry: int = 0) -> Int16:
        """What is wanted, what is left, and the term: one token for each production or hole, whose row is its depth."""
        shown = state.goal.shown
        tokens = np.empty((len(shown) + 3 + len(state.term), 3), np.int16)
        tokens[: len(shown)] = shown
        rows, open_at = [], [0]
        for each in state.term:
            depth = open_at.pop()
            rows.append(TREE_ROW + depth)
            if isinstance(each, Production):
                open_at += [depth + 1] * len(each.holes)
        symbols = [ID["steps left"], *encode(f"{state.left:02}"), *map(_symbol, state.term)]
        tokens[len(shown) :, 0] = symbols
        tokens[len(shown) :, 1] = [TREE_ROW - 1, TREE_ROW - 1, TREE_ROW - 1, *rows]
        tokens[len(shown) :, 2] = [0, 1, 2, *range(len(rows))]
        return tokens

    def move_tokens(self, state: Program, move: Production) -> tuple[Sequence[int], Sequence[int]]:
        """The production, and the types of its holes; about the hole that it fills."""
        return move.symbols, (len(state.goal.shown) + 3 + state.at,)

    def answer(self, state: Program) -> str | None:
        """The function as Python."""
        return None if state.holes else source(state.goal.signature, state.term)

    def move_claim(self, state: Program, move: Production) -> str:
        """Such as 'Fill the first hole with "sum(LIST)": the body is now "return sum(LIST)".'."""
        term = self.apply(state, move).term
        return f'Fill the first hole with "{_alone(move)}": the body is now "{one_line(term)}".'


def _alone(move: Production) -> str:
    """The production with names for its holes."""
    return one_line((move, *move.holes)).removeprefix("return ")


def _symbol(each: Production | Hole) -> int:
    return each.symbols[0] if isinstance(each, Production) else _HOLE[each.type]


_HOLE = {kind: ID[text[0]] for kind, text in HOLES.items()}


def _constants(task: Task) -> tuple[int | str, ...]:
    """0, 1, 2 and those of the task. Raises TaskError for others than small integers and short simple texts."""
    given = task.get("constants", [])
    if not isinstance(given, list | tuple) or len(given) > MOST_CONSTANTS:
        raise TaskError(f"constants must be a list of at most {MOST_CONSTANTS} integers and texts")
    found: list[int | str] = list(DIGITS)
    for each in given:
        simple = (
            isinstance(each, str)
            and 1 <= len(each) <= 8
            and set(each) <= set("abcdefghijklmnopqrstuvwxyz0123456789 -_.,")
        )
        small = isinstance(each, int) and not isinstance(each, bool) and abs(each) <= 9_999
        if not simple and not small:
            raise TaskError(
                "constants must be integers from -9999 to 9999, or texts of 1 to 8 letters, digits, spaces and -_.,"
            )
        if each not in found:
            found.append(each)
    return tuple(found)


def _examples(task: Task, signature: Signature) -> tuple[tuple[list[Any], Any], ...]:
    """Arguments and results. Raises TaskError for values that are not of the signature's types."""
    cases = task.get("test_cases")
    if not isinstance(cases, list) or not 1 <= len(cases) <= 100:
        raise TaskError("test_cases must be a list of 1 to 100 examples {'input': [...], 'output': ...}")
    types = [variable.type for variable in signature.parameters]
    found = []
    for number, case in enumerate(cases):
        values = case.get("input") if isinstance(case, dict) else None
        if not isinstance(values, list) or len(values) != len(types) or "output" not in case:
            raise TaskError(f"test_cases[{number}] must be {{'input': [{len(types)} values], 'output': ...}}")
        for value, kind in zip([*values, case["output"]], [*types, signature.returns], strict=True):
            if not _fits(value, kind):
                raise TaskError(f"test_cases[{number}] has a value that is no {kind}, or too large: {repr(value)[:60]}")
        found.append(([list(value) if isinstance(value, list) else value for value in values], case["output"]))
    return tuple(found)


def _fits(value: Any, kind: str) -> bool:
    if kind == LIST:
        return isinstance(value, list) and len(value) <= LONGEST_SHOWN and all(_fits(each, INT) for each in value)
    if kind == INT:
        return isinstance(value, int) and not isinstance(value, bool) and is_short(value)
    if kind == BOOL:
        return isinstance(value, bool)
    return isinstance(value, str) and is_short(value) and all(character in ID for character in value)


def _goal(signature: Signature, spoken: Language, examples: tuple[tuple[list[Any], Any], ...], most: int) -> Goal:
    """The examples that have room in the tokens. Raises TaskError where the first one has none."""
    header = [ID["program"], *encode("".join(LETTERS[each.type] for each in signature.parameters))]
    header += [ID[">"], ID[LETTERS[signature.returns]]]
    for letter, constant in spoken.lettered:
        header += [ID["item"], ID[letter], *encode(constant)]
    rows = [header]
    room = MOST_TOKENS - len(header) - 3 - most
    for values, result in examples:
        row = [ID["number"], *encode(f"{';'.join(map(_shown, values))}>{_shown(result)}")]
        room -= len(row)
        if room < 0 or len(rows) >= TREE_ROW - 1:
            break
        rows.append(row)
    if len(rows) < 2:
        raise TaskError(f"test_cases[0] is too long: {MOST_TOKENS} tokens have to show it, constants and the function")
    shown = np.concatenate([text_tokens(symbols, row) for row, symbols in enumerate(rows)])
    return Goal(signature, spoken, examples[: len(rows) - 1], shown, shown.tobytes())


def _shown(value: Any) -> str:
    """A value in few characters; its type is known."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "T" if value else "F"
    return f'"{value}"' if isinstance(value, str) else str(value)


def environment() -> Synthesis:
    """Functions of integers, truth values, texts and lists of integers."""
    return Synthesis()
