"""The symbols that all token observations are written in: one vocabulary for games, puzzles, mathematics and code.

A symbol's id is its place in `SYMBOLS`. Networks are built for `SIZE` ids, so that symbols can be added at the end
without changing the shape of a weight; a symbol is never moved or removed.
"""

import string

SIZE = 256
PAD = 0
"""Id of padding: what rows shorter than their batch end in. Attention never sees it."""

_BOARD = ("empty", "own", "other", "wall", "agent", "goal", "steps left")
_ACTIONS = ("place", "drop", "up", "right", "down", "left")
_TASKS = (
    *("calculate", "countdown", "equation", "quadratic", "system", "tour", "knapsack", "job shop", "program", "plan"),
    *("text", "target", "number", "item", "city", "job", "machine", "block", "hole", "done", "free", "end"),
)
_RULES = tuple(f"rule {number}" for number in range(88))
_FEATURES = tuple(
    f"feature {name}"
    for name in ("let", "if", "loop", "while", "pair", "list", "map", "words", "slice", "text", "recursion")
)
_CONSTRAINTS = (
    *("latin square", "sudoku", "colouring", "zebra", "dead end", "deduce"),
    *("unequal", "same", "next to", "left of", "just left of"),
)
_REASONING = ("deduction", "suppose", "adjustment", "edge", "d-separation", "effect", "identification", "refute")
SYMBOLS = ("pad", *_BOARD, *_ACTIONS, *string.printable[:95], *_TASKS, *_RULES, *_FEATURES, *_CONSTRAINTS, *_REASONING)
"""Every symbol: padding, parts of boards, kinds of actions, the printable characters of ASCII and the space, what tasks
are about, rules that each environment numbers for itself, features of the language of programs, constraints, steps of
proofs, and causal graphs."""

ID = {symbol: index for index, symbol in enumerate(SYMBOLS)}
"""Symbol to id."""


def encode(text: str) -> list[int]:
    """The ids of the characters of `text`. Raises ValueError for a character that is not printable ASCII."""
    wrong = [character for character in text if character not in ID]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not in the vocabulary; allowed are the printable ASCII characters")
    return [ID[character] for character in text]


def readable_ids(text: str) -> list[int]:
    """The ids of the characters of any text: white space becomes a space, what is not in the vocabulary a "?"."""
    return [ID.get(" " if character.isspace() else character, ID["?"]) for character in text]
