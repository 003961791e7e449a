"""The productions of the language, whatever the variables of a program are."""

from collections.abc import Iterator
from typing import NamedTuple

from zeroloop.programs.terms import BLOCK, BODY, BOOL, INT, LIST, MAP, NONE, STEPS, STR, TALLY, TYPES, WORDS, target
from zeroloop.vocabulary import ID

FEATURES = ("let", "if", "loop", "while", "pair", "list", "map", "words", "slice", "text", "recursion")
"""What a task may allow besides expressions: new variables, branches, loops, loops with a condition, two assignments
at once, lists that change, maps, lists of texts, parts of lists and texts, texts of numbers, calls of itself."""
STATEMENTS = frozenset(("let", "if", "loop", "while", "pair", "list"))
"""Features whose functions are statements rather than one expression."""

# How tightly an expression binds (the Python Language Reference, 6.17).
IF, OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, ATOM = range(1, 10)


class Rule(NamedTuple):
    """A production: `_` in its text are its holes; `x`, `i` and `v` the variable that it binds.

    types: of its holes. inside: holes that see what it binds. binds: the role and the type of that.
    """

    type: str
    op: str
    text: str
    types: tuple[str, ...]
    strength: int = ATOM
    strengths: tuple[int, ...] = ()
    inside: tuple[int, ...] = ()
    binds: tuple[str, str] | None = None
    feature: str = ""


def _expressions() -> Iterator[Rule]:
    yield from _integers()
    yield from _truths()
    for kind in (STR, LIST, WORDS):
        yield Rule(kind, "+", "_ + _", (kind, kind), SUM, (SUM, PRODUCT))
        yield Rule(kind, "reverse", "_[::-1]", (kind,), ATOM, (ATOM,))
        yield Rule(kind, "from", "_[_:]", (kind, INT), ATOM, (ATOM, IF))
        yield Rule(kind, "to", "_[:_]", (kind, INT), ATOM, (ATOM, IF))
        yield Rule(kind, "between", "_[_:_]", (kind, INT, INT), ATOM, (ATOM, IF, IF), feature="slice")
    yield from _texts()
    yield from _lists()


def _integers() -> Iterator[Rule]:
    for sign, strength in (("+", SUM), ("-", SUM), ("*", PRODUCT), ("//", PRODUCT), ("%", PRODUCT)):
        yield Rule(INT, sign, f"_ {sign} _", (INT, INT), strength, (strength, strength + 1))
    yield Rule(INT, "abs", "abs(_)", (INT,))
    yield Rule(INT, "min of two", "min(_, _)", (INT, INT))
    yield Rule(INT, "max of two", "max(_, _)", (INT, INT))
    yield Rule(INT, "if", "_ if _ else _", (INT, BOOL, INT), IF, (OR, OR, IF))
    for kind, op in ((LIST, "len"), (STR, "len of str"), (WORDS, "len of words"), (MAP, "len of map")):
        yield Rule(INT, op, "len(_)", (kind,))
    yield Rule(INT, "len of tally", "len(_)", (TALLY,))
    yield Rule(INT, "item", "_[_]", (LIST, INT), ATOM, (ATOM, IF))
    for name in ("sum", "min", "max"):
        yield Rule(INT, name, f"{name}(_)", (LIST,))
    yield Rule(INT, "count", "_.count(_)", (LIST, INT), ATOM, (ATOM, IF))
    yield Rule(INT, "count in str", "_.count(_)", (STR, STR), ATOM, (ATOM, IF))
    yield Rule(INT, "count in words", "_.count(_)", (WORDS, STR), ATOM, (ATOM, IF))
    yield Rule(INT, "get", "_.get(_, _)", (MAP, INT, INT), ATOM, (ATOM, IF, IF))
    yield Rule(INT, "get of tally", "_.get(_, _)", (TALLY, STR, INT), ATOM, (ATOM, IF, IF))


def _truths() -> Iterator[Rule]:
    for sign in ("==", "!=", "<", "<=", ">", ">="):
        yield Rule(BOOL, sign, f"_ {sign} _", (INT, INT), COMPARE, (SUM, SUM))
    yield Rule(BOOL, "and", "_ and _", (BOOL, BOOL), AND, (AND, NOT))
    yield Rule(BOOL, "or", "_ or _", (BOOL, BOOL), OR, (OR, AND))
    yield Rule(BOOL, "not", "not _", (BOOL,), NOT, (NOT,))
    within = {"in": (INT, LIST), "in str": (STR, STR), "in words": (STR, WORDS), "key": (INT, MAP)}
    for op, types in {**within, "key of tally": (STR, TALLY)}.items():
        yield Rule(BOOL, op, "_ in _", types, COMPARE, (SUM, SUM))
    for kind, op in ((STR, "== of str"), (LIST, "== of list"), (WORDS, "== of words")):
        yield Rule(BOOL, op, "_ == _", (kind, kind), COMPARE, (SUM, SUM))
    for name in ("any", "all"):
        yield Rule(BOOL, name, f"{name}(_ for x in _)", (BOOL, LIST), ATOM, (IF, OR), (0,), ("item", INT))


def _texts() -> Iterator[Rule]:
    yield Rule(STR, "*", "_ * _", (STR, INT), PRODUCT, (PRODUCT, SIGN))
    yield Rule(STR, "item", "_[_]", (STR, INT), ATOM, (ATOM, IF))
    yield Rule(STR, "upper", "_.upper()", (STR,), ATOM, (ATOM,))
    yield Rule(STR, "lower", "_.lower()", (STR,), ATOM, (ATOM,))
    yield Rule(STR, "if", "_ if _ else _", (STR, BOOL, STR), IF, (OR, OR, IF))
    yield Rule(STR, "item of words", "_[_]", (WORDS, INT), ATOM, (ATOM, IF))
    yield Rule(STR, "join", "_.join(_)", (STR, WORDS), ATOM, (ATOM, IF))
    yield Rule(STR, "text", "str(_)", (INT,), feature="text")


def _lists() -> Iterator[Rule]:
    yield Rule(LIST, "sorted", "sorted(_)", (LIST,))
    yield Rule(LIST, "range", "list(range(_))", (INT,))
    yield Rule(LIST, "list", "[_]", (INT,))
    x = ("item", INT)
    yield Rule(LIST, "map", "[_ for x in _]", (INT, LIST), ATOM, (IF, OR), (0,), x)
    yield Rule(LIST, "filter", "[x for x in _ if _]", (LIST, BOOL), ATOM, (OR, OR), (1,), x)
    yield Rule(LIST, "map and filter", "[_ for x in _ if _]", (INT, LIST, BOOL), ATOM, (IF, OR, OR), (0, 2), x)
    yield Rule(LIST, "keys", "sorted(_)", (MAP,))
    yield Rule(WORDS, "sorted", "sorted(_)", (WORDS,))
    yield Rule(WORDS, "list", "[_]", (STR,))
    yield Rule(WORDS, "split", "_.split(_)", (STR, STR), ATOM, (ATOM, IF))
    yield Rule(WORDS, "keys of tally", "sorted(_)", (TALLY,))


RULES = {kind: [rule for rule in _expressions() if rule.type == kind] for kind in TYPES}
ACCUMULATORS = {"for": LIST, "for of str": STR}
"""Loops with an accumulator, which only a whole function without other statements can be; and what they go over."""
ACCUMULATOR_TEXT = "result = _; for x in _: result = _; return result"


def statement_rules(kind: str, returns: str) -> Iterator[Rule]:
    """What a hole for statements can be, in a function that returns `returns`; their last hole is what follows."""
    if kind == BLOCK:
        yield Rule(kind, "return", "return _", (returns,))
    else:
        yield Rule(kind, "end", "pass", ())
    if kind == BODY:
        yield Rule(kind, "break", "break", (), feature="loop")
    for each in TYPES:
        yield Rule(kind, f"let {each}", "v = _\n_", (each, kind), inside=(1,), binds=("local", each), feature="let")
    for each in TYPES:
        yield Rule(kind, f"set {each}", "_ = _\n_", (target(each), each, kind), feature="let")
    number = target(INT)
    yield Rule(kind, "pair", "_, _ = _, _\n_", (number, number, INT, INT, kind), feature="pair")
    yield from _changes(kind)
    yield from _branches(kind, returns)
    yield from _loops(kind)


def _changes(kind: str) -> Iterator[Rule]:
    """Lists and maps that change in place."""
    yield Rule(kind, "append", "_.append(_)\n_", (target(LIST), INT, kind), feature="list")
    yield Rule(kind, "append of words", "_.append(_)\n_", (target(WORDS), STR, kind), feature="list")
    yield Rule(kind, "put", "_[_] = _\n_", (target(LIST), INT, INT, kind), feature="list")
    for op, text in (("pop", "v = _.pop()\n_"), ("pop first", "v = _.pop(0)\n_")):
        yield Rule(kind, op, text, (target(LIST), kind), inside=(1,), binds=("local", INT), feature="list")
    yield Rule(kind, "put in map", "_[_] = _\n_", (target(MAP), INT, INT, kind), feature="map")
    yield Rule(kind, "put in tally", "_[_] = _\n_", (target(TALLY), STR, INT, kind), feature="map")
    yield Rule(kind, "delete from map", "del _[_]\n_", (target(MAP), INT, kind), feature="map")
    yield Rule(kind, "delete from tally", "del _[_]\n_", (target(TALLY), STR, kind), feature="map")


def _branches(kind: str, returns: str) -> Iterator[Rule]:
    inner = BODY if kind == BODY else STEPS
    if returns != NONE:
        yield Rule(kind, "if return", "if _:\n    return _\n_", (BOOL, returns, kind), feature="if")
    yield Rule(kind, "when", "if _:\n    _\n_", (BOOL, inner, kind), feature="if")
    yield Rule(kind, "when else", "if _:\n    _\nelse:\n    _\n_", (BOOL, inner, inner, kind), feature="if")


def _loops(kind: str) -> Iterator[Rule]:
    for op, over, item in (("each", LIST, INT), ("each of str", STR, STR), ("each of words", WORDS, STR)):
        text = "for x in _:\n    _\n_"
        yield Rule(kind, op, text, (over, BODY, kind), 0, (IF, IF, IF), (1,), ("item", item), "loop")
    text = "for i in range(_, _):\n    _\n_"
    yield Rule(kind, "count up", text, (INT, INT, BODY, kind), inside=(2,), binds=("counter", INT), feature="loop")
    yield Rule(kind, "while", "while _:\n    _\n_", (BOOL, BODY, kind), feature="while")


_SIGNS = {sign: sign for sign in "+-*%<>"}
_SIGNS |= {"//": "/", "if": "?", "==": "=", "!=": "~", "<=": "[", ">=": "]", "and": "&", "or": "|", "not": "!"}
_NUMBERED = (
    *("abs", "min of two", "max of two", "len", "len of str", "item", "sum", "min", "max", "count", "count in str"),
    *("in", "in str", "== of str", "== of list", "any", "all", "reverse", "from", "to", "upper", "lower", "sorted"),
    *("range", "list", "map", "filter", "map and filter", "for", "for of str", "between", "len of words"),
    *("len of map", "len of tally", "count in words", "get", "get of tally", "in words", "== of words", "key"),
    *("key of tally", "item of words", "join", "text", "keys", "split", "keys of tally", "return", "end", "break"),
    *(f"let {kind}" for kind in TYPES),
    *(f"set {kind}" for kind in TYPES),
    *("pair", "append", "append of words", "put", "put in map", "put in tally", "if return", "when", "when else"),
    *("each", "each of str", "each of words", "count up", "while", "call 0", "call 1", "call 2", "call 3"),
    *("pop", "pop first", "delete from map", "delete from tally"),
)
SYMBOL = {op: ID[sign] for op, sign in _SIGNS.items()} | {op: ID[f"rule {i}"] for i, op in enumerate(_NUMBERED)}
"""Of each op; the type of the hole tells apart those that share one."""
