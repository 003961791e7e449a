"""Operands that a smaller program does without: x + 0, a list reversed twice, the length of a sorted list.

Where an expression with such an operand has a value, a smaller one has the same.
"""

from zeroloop.programs.terms import Production

_EMPTY = ()
"""Value of the productions [] and {}."""
_LENGTHS = {f"len{of}" for of in ("", " of str", " of words", " of map", " of tally")}
_COUNTS = {"count", "count in str", "count in words"}
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
_ORDERS: set[object] = {"sorted", "reverse", _EMPTY}
_CASES: set[object] = {"upper", "lower", ""}
_FLAGS: set[object] = {True, False}
_NONE: frozenset[object] = frozenset()

_NEEDLESS: dict[tuple[str, str, int], set[object]] = {
    **{("int", "+", place): {0} for place in (0, 1)},
    ("int", "-", 1): {0},
    **{("int", "*", place): {0, 1} for place in (0, 1)},
    **{("int", sign, 0): {0} for sign in ("//", "%")},
    **{("int", sign, 1): {0, 1} for sign in ("//", "%")},
    ("int", "abs", 0): {"abs", *_LENGTHS, *_COUNTS},
    ("int", "len", 0): {*_ORDERS, "map", "list"},
    ("int", "len of str", 0): {"reverse", *_CASES},
    ("int", "len of words", 0): {*_ORDERS, "list"},
    **{("int", fold, 0): {*_ORDERS, "list"} for fold in ("sum", "min", "max")},
    ("int", "item", 0): {_EMPTY, "list"},
    ("str", "item of words", 0): {_EMPTY, "list"},
    ("str", "item", 0): {""},
    **{("int", count, 0): {*_ORDERS, ""} for count in _COUNTS},
    ("int", "count in str", 1): {""},
    ("bool", "not", 0): {"not", *_COMPARISONS, *_FLAGS},
    **{("bool", op, place): _FLAGS for op in ("and", "or") for place in (0, 1)},
    **{("bool", op, 1): {*_ORDERS, "list"} for op in ("in", "in words")},
    ("bool", "in str", 0): {""},
    ("bool", "any", 0): {False},
    ("bool", "all", 0): {True},
    **{("bool", op, 1): {_EMPTY} for op in ("any", "all")},
    **{(kind, "if", 1): _FLAGS for kind in ("int", "str")},
    **{(kind, "+", place): {_EMPTY, ""} for kind in ("str", "list", "words") for place in (0, 1)},
    **{(kind, "reverse", 0): {"reverse", "list", _EMPTY, ""} for kind in ("str", "list", "words")},
    **{(kind, part, 0): {_EMPTY, ""} for kind in ("str", "list", "words") for part in ("from", "to", "between")},
    **{(kind, part, 1): {0} for kind in ("str", "list", "words") for part in ("from", "to", "between")},
    **{(kind, "between", 2): {0} for kind in ("str", "list", "words")},
    ("str", "*", 0): {""},
    ("str", "*", 1): {0, 1},
    **{("str", case, 0): _CASES for case in ("upper", "lower")},
    ("str", "join", 1): {_EMPTY, "list"},
    ("list", "sorted", 0): {*_ORDERS, "range", "list", "keys"},
    ("words", "sorted", 0): {*_ORDERS, "list", "keys of tally"},
    ("list", "range", 0): {0},
    ("list", "keys", 0): {_EMPTY},
    ("words", "keys of tally", 0): {_EMPTY},
    ("list", "map", 1): {_EMPTY},
    ("list", "filter", 0): {_EMPTY},
    ("list", "filter", 1): _FLAGS,
    ("list", "map and filter", 1): {_EMPTY},
    ("list", "map and filter", 2): _FLAGS,
}
"""For the type, op and place of a hole: the ops, and the values of constants, that need not fill it."""


def is_needless(head: Production, place: int, operand: Production) -> bool:
    """Whether a smaller program does without an operand in this place of a production."""
    needless = _NEEDLESS.get((head.type, head.op, place), _NONE)
    if operand.op == "constant":
        return operand.value in needless
    if operand.op == "variable":  # (a list of each of its items is the list)
        return place == 0 and head.op in ("map", "map and filter") and operand.value == head.bound[0].name
    return operand.op in needless
