"""How the environment of programs shows what is wanted, and a program, in tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zeroloop.envs._moves import text_tokens
from zeroloop.observers import Int16
from zeroloop.programs.classes import Calls
from zeroloop.programs.language import LETTERS, Language
from zeroloop.programs.rules import SYMBOL
from zeroloop.programs.terms import (
    BLOCK,
    BODY,
    HOLES,
    INT,
    MAP,
    STEPS,
    TALLY,
    Class,
    Function,
    Hole,
    Production,
    Signature,
    Variable,
)
from zeroloop.vocabulary import ID, encode

MOST_TOKENS = 128
TREE_ROW = 16
"""Row of the tree's root in tokens; the header is in row 0, and examples follow it."""


def symbol(each: Production | Hole) -> int:
    """Of a production or hole in a term."""
    return each.symbols[0] if isinstance(each, Production) else _HOLE[each.type]


_HOLE = {kind: ID[text[0]] for kind, text in HOLES.items()}
_HOLE |= {MAP: ID["Q"], TALLY: ID["U"], BLOCK: ID["{"], STEPS: ID[";"], BODY: ID["@"]}


def shown_language(signature: Signature, spoken: Language, helpers: tuple[Function, ...]) -> list[int]:
    """Types, features, constants and functions that are known."""
    header = [ID["program"], *encode("".join(LETTERS[each.type] for each in signature.parameters))]
    header += [ID[">"], ID[LETTERS[signature.returns]], *(ID[f"feature {each}"] for each in sorted(spoken.features))]
    for digit in (each.value for each in spoken.constants[INT] if each.value in range(3, 10)):
        header += [ID["item"], ID[str(digit)]]
    for letter, constant in spoken.lettered:
        header += [ID["item"], ID[letter], *encode(constant)]
    for op in sorted(spoken.without):
        header += [ID["!"], SYMBOL[op]]
    for number, helper in enumerate(helpers, "recursion" in spoken.features):
        header += [SYMBOL[f"call {number}"], *encode(helper.signature.name)]
    return header


def shown_class(whole: Class, signature: Signature, spoken: Language) -> list[list[int]]:
    """Rows of symbols: the language of a method and the fields; then a row for each other method, as it is so far."""
    header = shown_language(signature, spoken, ())
    for variable, initial in whole.fields:
        header += [
            ID["own"],
            ID[LETTERS[variable.type]],
            *encode(initial.symbol if isinstance(initial, Variable) else _shown(initial)),
        ]
    rows = [header]
    for number, each in enumerate(whole.methods):
        name, parameters, returns = each.signature
        types = "".join(LETTERS[parameter.type] for parameter in parameters)
        if name == signature.name:
            header += encode(_METHODS[number])
        else:
            body = map(symbol, each.term)
            rows.append([ID["block"], *encode(f"{_METHODS[number]}{types}>{LETTERS[returns]}"), *body])
    return rows


_METHODS = "ABCDEFGH"
"""How the methods of a class are shown."""


def shown_calls(whole: Class, calls: Calls, results: list[Any]) -> list[int]:
    """Such as A3A4B>4 for two calls that return nothing, and one that returns 4, after what it is made of."""
    letter = {each.signature.name: _METHODS[number] for number, each in enumerate(whole.methods)}
    said = ["" if result is None else f">{_shown(result)}" for result in results]
    texts = (
        f"{letter.get(name, '')}{';'.join(map(_shown, arguments))}{after}"
        for (name, arguments), after in zip(calls, said, strict=True)
    )
    return [ID["number"], *encode("".join(texts))]


def shown_case(values: list[Any], result: Any) -> list[int]:
    """Such as 3,1;2>4 for a list and an integer."""
    return [ID["number"], *encode(f"{';'.join(map(_shown, values))}>{_shown(result)}")]


def fitting(first: list[list[int]], examples: Sequence[list[int]], size: int) -> int:
    """How many of the examples, each a row of symbols, have room after the `first` rows and beside a function of `size`
    productions."""
    room = MOST_TOKENS - sum(map(len, first)) - 3 - size
    count = 0
    while count < min(len(examples), TREE_ROW - 1 - len(first)) and len(examples[count]) <= room:
        room -= len(examples[count])
        count += 1
    return count


def in_rows(rows: Sequence[list[int]]) -> Int16:
    """Tokens of rows of symbols."""
    return np.concatenate([text_tokens(symbols, row) for row, symbols in enumerate(rows)])


def _shown(value: Any) -> str:
    """A value in few characters; its type is known."""
    if isinstance(value, list):
        return ",".join(map(_shown, value))
    if isinstance(value, dict):
        return ",".join(f"{_shown(key)}:{_shown(each)}" for key, each in sorted(value.items()))
    if isinstance(value, bool):
        return "T" if value else "F"
    return f'"{value}"' if isinstance(value, str) else str(value)
