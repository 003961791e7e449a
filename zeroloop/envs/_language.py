"""A small typed language of functions: its productions.

Its types are int, bool, str and list (of integers); a program means what the Python it is printed as means. A term is
a sequence of productions in the order in which they are printed, each with a fixed number of holes for those that
follow, so that the first hole of a term is the leftmost one of its text.
"""

import functools
import keyword
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from zeroloop.errors import TaskError
from zeroloop.vocabulary import ID

INT, BOOL, STR, LIST = "int", "bool", "str", "list"
ANNOTATIONS = {"int": INT, "bool": BOOL, "str": STR, "list[int]": LIST}
LETTERS = {INT: "i", BOOL: "b", STR: "s", LIST: "l"}
"""How a type is shown in tokens."""
HOLES = {INT: "INT", BOOL: "BOOL", STR: "STR", LIST: "LIST"}
"""How a hole is printed; no variable has capitals."""
MOST_PARAMETERS, MOST_CONSTANTS, MOST_ITEMS = 4, 8, 3


class Variable(NamedTuple):
    """A parameter, or what a loop binds. symbol: how it is shown in tokens."""

    name: str
    type: str
    symbol: str


class Hole(NamedTuple):
    """What is still to be written: a term of a type. scope: the variables that loops around it bind."""

    type: str
    scope: tuple[Variable, ...]


class Production(NamedTuple):
    """One way to fill a hole.

    op: of `Rule`, or "variable" or "constant". pieces: the text around its holes. holes: what is to be written next.
    name: the text with types for holes. symbols: ids that tell it from others that fill the same hole.
    """

    op: str
    pieces: tuple[str, ...]
    strength: int
    strengths: tuple[int, ...]
    holes: tuple[Hole, ...]
    name: str
    symbols: tuple[int, ...]
    value: Any = None


Term: TypeAlias = tuple[Production | Hole, ...]

# How tightly an expression binds (the Python Language Reference, 6.17).
_IF, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _ATOM = range(1, 10)


class Rule(NamedTuple):
    """A production whatever the variables: `_` are its holes, `x` and `result` the variables that a loop binds.

    inside: holes that see these variables.
    """

    type: str
    op: str
    text: str
    types: tuple[str, ...]
    strength: int = _ATOM
    strengths: tuple[int, ...] = ()
    inside: tuple[int, ...] = ()


def _rules() -> Iterator[Rule]:
    for sign, strength in (("+", _SUM), ("-", _SUM), ("*", _PRODUCT), ("//", _PRODUCT), ("%", _PRODUCT)):
        yield Rule(INT, sign, f"_ {sign} _", (INT, INT), strength, (strength, strength + 1))
    yield Rule(INT, "abs", "abs(_)", (INT,))
    yield Rule(INT, "min of two", "min(_, _)", (INT, INT))
    yield Rule(INT, "max of two", "max(_, _)", (INT, INT))
    yield Rule(INT, "if", "_ if _ else _", (INT, BOOL, INT), _IF, (_OR, _OR, _IF))
    yield Rule(INT, "len", "len(_)", (LIST,))
    yield Rule(INT, "len of str", "len(_)", (STR,))
    yield Rule(INT, "item", "_[_]", (LIST, INT), _ATOM, (_ATOM, _IF))
    for name in ("sum", "min", "max"):
        yield Rule(INT, name, f"{name}(_)", (LIST,))
    yield Rule(INT, "count", "_.count(_)", (LIST, INT), _ATOM, (_ATOM, _IF))
    yield Rule(INT, "count in str", "_.count(_)", (STR, STR), _ATOM, (_ATOM, _IF))
    for sign in ("==", "!=", "<", "<=", ">", ">="):
        yield Rule(BOOL, sign, f"_ {sign} _", (INT, INT), _COMPARE, (_SUM, _SUM))
    yield Rule(BOOL, "and", "_ and _", (BOOL, BOOL), _AND, (_AND, _NOT))
    yield Rule(BOOL, "or", "_ or _", (BOOL, BOOL), _OR, (_OR, _AND))
    yield Rule(BOOL, "not", "not _", (BOOL,), _NOT, (_NOT,))
    yield Rule(BOOL, "in", "_ in _", (INT, LIST), _COMPARE, (_SUM, _SUM))
    yield Rule(BOOL, "in str", "_ in _", (STR, STR), _COMPARE, (_SUM, _SUM))
    yield Rule(BOOL, "== of str", "_ == _", (STR, STR), _COMPARE, (_SUM, _SUM))
    yield Rule(BOOL, "== of list", "_ == _", (LIST, LIST), _COMPARE, (_SUM, _SUM))
    for name in ("any", "all"):
        yield Rule(BOOL, name, f"{name}(_ for x in _)", (BOOL, LIST), _ATOM, (_IF, _OR), (0,))
    for kind in (STR, LIST):
        yield Rule(kind, "+", "_ + _", (kind, kind), _SUM, (_SUM, _PRODUCT))
        yield Rule(kind, "reverse", "_[::-1]", (kind,), _ATOM, (_ATOM,))
        yield Rule(kind, "from", "_[_:]", (kind, INT), _ATOM, (_ATOM, _IF))
        yield Rule(kind, "to", "_[:_]", (kind, INT), _ATOM, (_ATOM, _IF))
    yield Rule(STR, "*", "_ * _", (STR, INT), _PRODUCT, (_PRODUCT, _SIGN))
    yield Rule(STR, "item", "_[_]", (STR, INT), _ATOM, (_ATOM, _IF))
    yield Rule(STR, "upper", "_.upper()", (STR,), _ATOM, (_ATOM,))
    yield Rule(STR, "lower", "_.lower()", (STR,), _ATOM, (_ATOM,))
    yield Rule(STR, "if", "_ if _ else _", (STR, BOOL, STR), _IF, (_OR, _OR, _IF))
    yield Rule(LIST, "sorted", "sorted(_)", (LIST,))
    yield Rule(LIST, "range", "list(range(_))", (INT,))
    yield Rule(LIST, "list", "[_]", (INT,))
    yield Rule(LIST, "map", "[_ for x in _]", (INT, LIST), _ATOM, (_IF, _OR), (0,))
    yield Rule(LIST, "filter", "[x for x in _ if _]", (LIST, BOOL), _ATOM, (_OR, _OR), (1,))
    yield Rule(LIST, "map and filter", "[_ for x in _ if _]", (INT, LIST, BOOL), _ATOM, (_IF, _OR, _OR), (0, 2))


RULES = {kind: [rule for rule in _rules() if rule.type == kind] for kind in (INT, BOOL, STR, LIST)}
LOOPS = {"for": LIST, "for of str": STR}
"""Loops with an accumulator, which only a whole function can be; and what they go over."""
LOOP_TEXT = "result = _; for x in _: result = _; return result"
_SIGNS = {
    **dict(zip("+-*%<>", "+-*%<>", strict=True)),
    "//": "/",
    "if": "?",
    "==": "=",
    "!=": "~",
    "<=": "[",
    ">=": "]",
    "and": "&",
    "or": "|",
    "not": "!",
}
_NAMED = (
    *(
        "abs",
        "min of two",
        "max of two",
        "len",
        "len of str",
        "item",
        "sum",
        "min",
        "max",
        "count",
        "count in str",
        "in",
    ),
    *("in str", "== of str", "== of list", "any", "all", "reverse", "from", "to", "upper", "lower", "sorted", "range"),
    *("list", "map", "filter", "map and filter", "for", "for of str"),
)
SYMBOL = {op: ID[sign] for op, sign in _SIGNS.items()} | {op: ID[f"rule {i}"] for i, op in enumerate(_NAMED)}
"""Of each op; the type of the hole tells apart those that share one."""
LETTERED = "CDEGHJKM"
"""Names, in tokens, of constants that are no digits."""


class Signature(NamedTuple):
    """def name(parameters) -> returns."""

    name: str
    parameters: tuple[Variable, ...]
    returns: str

    def text(self) -> str:
        """As Python, without a colon."""
        annotation = {kind: text for text, kind in ANNOTATIONS.items()}
        parameters = ", ".join(f"{each.name}: {annotation[each.type]}" for each in self.parameters)
        return f"def {self.name}({parameters}) -> {annotation[self.returns]}"


_NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}", re.ASCII)
_SIGNATURE = re.compile(r"def (\w+)\((.*)\) -> ([\w\[\]]+)", re.ASCII)
_TAKEN = {
    "int",
    "bool",
    "str",
    "list",
    "true",
    "false",
    "none",
    "abs",
    "min",
    "max",
    "len",
    "sum",
    "any",
    "all",
    "sorted",
}
_TAKEN |= {"range", "from", "to", "result", *keyword.kwlist}


def read_signature(text: str) -> Signature:
    """The signature in `text`. Raises TaskError for names and types that the language does not have."""
    match = _SIGNATURE.fullmatch(text)
    if match is None or match[3] not in ANNOTATIONS:
        raise TaskError(
            f"signature must be like 'def f(a: int, b: list[int]) -> str' with the types {', '.join(ANNOTATIONS)}, "
            f"not {text[:120]!r}"
        )
    parameters: list[Variable] = []
    for part in match[2].split(", "):
        name, _, annotation = part.partition(": ")
        if not _NAME.fullmatch(name) or name in _TAKEN or annotation not in ANNOTATIONS:
            raise TaskError(
                f"signature: {part[:80]!r} is no parameter 'name: type' in lower case, of a type it may have"
            )
        parameters.append(Variable(name, ANNOTATIONS[annotation], "abcd"[len(parameters) % 4]))
    names = [match[1], *(each.name for each in parameters)]
    if len(parameters) > MOST_PARAMETERS or len(set(names)) < len(names):
        raise TaskError(f"signature: at most {MOST_PARAMETERS} parameters, with names of their own, not {names}")
    if not _NAME.fullmatch(match[1]) or match[1] in _TAKEN:
        raise TaskError(f"signature: {match[1][:80]!r} cannot be the name of the function; use lower case")
    return Signature(match[1], tuple(parameters), ANNOTATIONS[match[3]])


class Language:
    """The productions of functions with these parameters.

    constants: integers and texts that programs may name, besides what they always may: True, False, "" and [].
    start: a hole for the whole function.
    """

    def __init__(self, parameters: tuple[Variable, ...], returns: str, constants: tuple[int | str, ...]) -> None:
        self.parameters = parameters
        self.types = {each.type for each in parameters} | {returns, INT, BOOL}
        if INT in {each.type for each in parameters}:
            self.types.add(LIST)  # range
        self.constants = self._constants(constants)
        self.start: Term = (Hole(returns, ()),)
        self._moves: dict[tuple[Hole, bool, int], tuple[Production, ...]] = {}

    def moves(self, hole: Hole, whole: bool, room: int) -> tuple[Production, ...]:
        """What can fill a hole. whole: it is the whole function. room: holes that a production may bring, at most."""
        room = min(room, 3)
        found = self._moves.get((hole, whole, room))
        if found is None:
            every = [*self._leaves(hole), *self._inner(hole), *(self._loops(hole) if whole else ())]
            found = self._moves[hole, whole, room] = tuple(each for each in every if len(each.holes) <= room)
        return found

    def _leaves(self, hole: Hole) -> Iterator[Production]:
        for variable in (*self.parameters, *hole.scope):
            if variable.type == hole.type:
                symbols = ID[variable.symbol], ID[LETTERS[hole.type]]
                yield Production("variable", (variable.name,), _ATOM, (), (), variable.name, symbols, variable.name)
        yield from self.constants[hole.type]

    def _inner(self, hole: Hole) -> Iterator[Production]:
        items = sum(variable.symbol != "r" for variable in hole.scope)
        for rule in RULES[hole.type]:
            if self.types.issuperset(rule.types) and (not rule.inside or items < MOST_ITEMS):
                yield self._production(rule, hole.scope, (self._item(INT, hole.scope),))

    def _loops(self, hole: Hole) -> Iterator[Production]:
        result = Variable("result", hole.type, "r")
        for op, over in LOOPS.items():
            if over in self.types:
                rule = Rule(hole.type, op, LOOP_TEXT, (hole.type, over, hole.type), 0, (_IF, _IF, _IF), (2,))
                item = self._item(STR if over == STR else INT, hole.scope)
                yield self._production(rule, hole.scope, (item, result))

    def _item(self, kind: str, scope: tuple[Variable, ...]) -> Variable:
        """The variable of a new loop, with a name that nothing else has."""
        taken = {variable.name for variable in (*self.parameters, *scope)}
        name = next(name for name in ("cdefghkm" if kind == STR else "xyzwuvts") if name not in taken)
        return Variable(name, kind, "xyzw"[sum(variable.symbol != "r" for variable in scope)])

    def _production(self, rule: Rule, scope: tuple[Variable, ...], bound: tuple[Variable, ...]) -> Production:
        text = re.sub(r"\bx\b", bound[0].name, rule.text) if rule.inside else rule.text
        pieces = tuple(text.split("_"))
        holes = tuple(
            Hole(kind, (*scope, *bound) if number in rule.inside else scope) for number, kind in enumerate(rule.types)
        )
        name = "".join(part for pair in zip(pieces, (*rule.types, ""), strict=True) for part in pair)
        symbols = (SYMBOL[rule.op], *(ID[LETTERS[kind]] for kind in rule.types))
        strengths = rule.strengths or (_IF,) * len(holes)
        value = tuple(variable.name for variable in bound)
        return Production(rule.op, pieces, rule.strength, strengths, holes, name, symbols, value)

    def _constants(self, constants: tuple[int | str, ...]) -> dict[str, list[Production]]:
        found: dict[str, list[Production]] = {kind: [] for kind in HOLES}
        self.lettered: list[tuple[str, str]] = []
        """Letter and text of the constants that are no digits."""

        def add(kind: str, text: str, value: Any, symbol: str, strength: int = _ATOM) -> None:
            symbols = ID[symbol], ID[LETTERS[kind]]
            found[kind].append(Production("constant", (text,), strength, (), (), text.lower(), symbols, value))

        for value in constants:
            text = f'"{value}"' if isinstance(value, str) else str(value)
            symbol = text
            if len(text) > 1:
                symbol = LETTERED[len(self.lettered)]
                self.lettered.append((symbol, text))
            negative = isinstance(value, int) and value < 0
            add(STR if isinstance(value, str) else INT, text, value, symbol, _SIGN if negative else _ATOM)
        for flag in (True, False):
            add(BOOL, str(flag), flag, str(flag)[0])
        add(STR, '""', "", '"')
        add(LIST, "[]", [], ".")
        return found


def language(signature: Signature, constants: tuple[int | str, ...]) -> Language:
    """The language of functions with this signature, whatever their name; equal ones are shared."""
    return _language(signature.parameters, signature.returns, constants)


_language = functools.lru_cache(maxsize=1024)(Language)


class Node(NamedTuple):
    """A production or hole with what fills its holes."""

    head: Production | Hole
    children: tuple["Node", ...]


def tree(term: Term) -> Node:
    """The term as a tree."""
    node, _ = _node(term, 0)
    return node


def _node(term: Term, at: int) -> tuple[Node, int]:
    head = term[at]
    at += 1
    children = []
    for _ in head.holes if isinstance(head, Production) else ():
        child, at = _node(term, at)
        children.append(child)
    return Node(head, tuple(children)), at
