"""Random programs of every production, and arguments for them: what printers and the interpreter are compared on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import Language, language
from zeroloop.programs.rules import FEATURES
from zeroloop.programs.terms import (
    BOOL,
    INT,
    LEAST,
    LIST,
    MAP,
    STR,
    TALLY,
    TARGETS,
    TYPES,
    WORDS,
    WRITTEN,
    Function,
    Hole,
    Production,
    Signature,
    Term,
    read_signature,
)
from zeroloop.programs.values import FailedError

CONSTANTS = (0, 1, 2, 3, -1, -2, 10, 9999, "a", "b-", ", ")
LETTERS = "aabbcxyzXY 01-,"


class Case(NamedTuple):
    """A program of a language, its helpers, and calls (arguments, value) that have a value."""

    spoken: Language
    function: Function
    helpers: tuple[Function, ...]
    calls: list[tuple[list[Any], Any]]


def random_case(rng: np.random.Generator, name: str, inputs: int) -> Case:
    """A program with the values that it has for `inputs` arguments, at least one of them."""
    while True:
        helpers = (_function(rng, f"{name}_helper", 8, ())[1],) if rng.integers(4) == 0 else ()
        spoken, function = _function(rng, name, int(rng.integers(4, 50)), tuple(each.signature for each in helpers))
        evaluate = evaluator(function.signature, function.term, helpers)
        types = [each.type for each in function.signature.parameters]
        calls = []
        for number in range(inputs):
            arguments = [random_value(rng, kind) for kind in types]
            try:
                calls.append((arguments, evaluate(arguments)))
            except FailedError:
                if not calls and number > 1:
                    break  # (most of these never have a value, and take long to say so)
        if calls:
            return Case(spoken, function, helpers, calls)


def random_value(rng: np.random.Generator, kind: str) -> Any:
    """A value of a type: edges, and what is a little larger."""
    if kind == BOOL:
        return bool(rng.integers(2))
    if kind == INT:
        span = (3, 12, 120, 10**6)[int(rng.integers(4))]
        return int(rng.integers(-span // 2, span + 1))
    length = int(rng.integers(0, 7))
    if kind == STR:
        return "".join(LETTERS[int(i)] for i in rng.integers(len(LETTERS), size=length))
    item = {LIST: INT, WORDS: STR, MAP: INT, TALLY: STR}[kind]
    values = [random_value(rng, item) for _ in range(length)]
    if kind in (LIST, WORDS):
        return values
    return {value: int(rng.integers(-9, 10)) for value in values}


def _function(
    rng: np.random.Generator, name: str, size: int, helpers: tuple[Signature, ...]
) -> tuple[Language, Function]:
    """A function of up to `size` productions with random parameters, type and features, and their language."""
    kinds = [TYPES[int(i)] for i in rng.choice(len(TYPES), int(rng.integers(1, 4)), p=_SHARES)]
    returns = WRITTEN[TYPES[int(rng.choice(len(TYPES), p=_SHARES))]]
    parameters = ", ".join(f"{'abcd'[number]}: {WRITTEN[kind]}" for number, kind in enumerate(kinds))
    signature = read_signature(f"def {name}({parameters}) -> {returns}")
    features = [each for each in FEATURES if rng.integers(3)] if rng.integers(5) else []
    spoken = language(signature, CONSTANTS[: int(rng.integers(3, 11))], features, helpers)
    return spoken, Function(signature, random_term(rng, spoken, size), "something or other" if rng.integers(2) else "")


_SHARES = [0.27, 0.08, 0.2, 0.25, 0.08, 0.06, 0.06]


def random_term(rng: np.random.Generator, spoken: Language, size: int) -> Term:
    """A term of about `size` productions: in each hole, all operations are alike, and all productions of one.

    Expressions are not deep, so that there are many statements. More productions are used only where a hole could not
    be filled otherwise.
    """
    (start,) = spoken.start
    holes: list[tuple[Hole | Production, int]] = [(start, 0)]
    term: list[Production | Hole] = []
    while holes:
        hole, depth = holes.pop()
        assert isinstance(hole, Hole)
        least = LEAST.get(hole.type, 1) - 1
        left = size - len(term) - 1 - sum(LEAST.get(each.type, 1) for each, _ in holes)
        is_expression = hole.type in TYPES
        if is_expression and depth > int(rng.integers(4)):
            left = 0
        moves = spoken.moves(hole, not term, max(left, least))
        if left > 2:  # (programs that end at once would be most of all)
            moves = tuple(each for each in moves if each.holes or rng.integers(3) == 0) or moves
        changes = tuple(each for each in moves if each.holes and each.holes[0].type in TARGETS)
        if changes and rng.integers(3) == 0:
            moves = changes
        ops = sorted({each.op for each in moves})
        op = ops[int(rng.integers(len(ops)))]
        chosen = _one(rng, [each for each in moves if each.op == op])
        term.append(chosen)
        holes += ((each, depth + 1 if is_expression else 0) for each in reversed(chosen.holes))
    return tuple(term)


def _one(rng: np.random.Generator, among: Sequence[Production]) -> Production:
    return among[int(rng.integers(len(among)))]
