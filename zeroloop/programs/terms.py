"""Programs as terms: types, holes and productions.

A term is a sequence of productions in preorder, each with a fixed number of holes for those that follow, so that the
first hole of a term is the leftmost one of its Python text.
"""

import keyword
import re
from collections.abc import Collection
from typing import Any, NamedTuple, TypeAlias

from zeroloop.errors import TaskError

INT, BOOL, STR, LIST, WORDS, MAP, TALLY = "int", "bool", "str", "list", "words", "map", "tally"
TYPES = (INT, BOOL, STR, LIST, WORDS, MAP, TALLY)
CONTAINERS = (LIST, WORDS, MAP, TALLY)
"""Types whose values programs change in place."""
NONE = "none"
"""What a method returns that returns nothing."""
BLOCK, STEPS, BODY = "block", "steps", "body"
"""Statements that end in a return; those of a branch; those of a loop, which may also end in a break."""
ANNOTATIONS = {
    "int": INT,
    "bool": BOOL,
    "str": STR,
    "list[int]": LIST,
    "list[str]": WORDS,
    "dict[int, int]": MAP,
    "dict[str, int]": TALLY,
}
WRITTEN = {NONE: "None", **{kind: text for text, kind in ANNOTATIONS.items()}}
"""Annotation of each type."""
ITEMS = {LIST: INT, WORDS: STR, STR: STR, MAP: INT, TALLY: STR}
"""Type of what a loop over a value binds; of a map, that of its keys."""
MOST_PARAMETERS = 4


def target(kind: str) -> str:
    """The type of a hole for the name of a variable of type `kind`, which is given a new value."""
    return f"{kind} name"


TARGETS = {target(kind): kind for kind in TYPES}
HOLES = {
    **{kind: kind.upper() for kind in TYPES},
    **dict.fromkeys(TARGETS, "NAME"),
    BLOCK: "BLOCK",
    STEPS: "STEPS",
    BODY: "STEPS",
}
"""How a hole is printed; no variable has capitals."""
LEAST = {BLOCK: 2}
"""Productions that filling a hole takes, at least, where that is more than one."""


class Variable(NamedTuple):
    """A parameter, a field of an object, or what a loop or `let` binds.

    symbol: how it is shown in tokens. role: parameter, field, item or local.
    """

    name: str
    type: str
    symbol: str
    role: str


class Hole(NamedTuple):
    """What is still to be written: a term of a type. scope: the variables that were bound around it and before it."""

    type: str
    scope: tuple[Variable, ...]


class Production(NamedTuple):
    """One way to fill a hole of a type.

    op: of `Rule`, or "variable", "constant" or "call". pieces: the Python text around its holes. holes: what is to be
    written next. name: the text with types for holes. symbols: ids that tell it from others that fill the same hole.
    value: of a constant; of others a text: the variable's or the function's name. bound: variables that it binds.
    """

    type: str
    op: str
    pieces: tuple[str, ...]
    strength: int
    strengths: tuple[int, ...]
    holes: tuple[Hole, ...]
    name: str
    symbols: tuple[int, ...]
    value: Any = None
    bound: tuple[Variable, ...] = ()

    @property
    def least(self) -> int:
        """Productions that its holes take, at least."""
        return sum(LEAST.get(hole.type, 1) for hole in self.holes)


Term: TypeAlias = tuple[Production | Hole, ...]


class Node(NamedTuple):
    """A production or hole with what fills its holes."""

    head: Production | Hole
    children: tuple["Node", ...]

    @property
    def op(self) -> str:
        """The op of its production; empty for a hole."""
        return self.head.op if isinstance(self.head, Production) else ""

    @property
    def type(self) -> str:
        """The type of the hole that it fills, or is."""
        return self.head.type

    @property
    def name(self) -> str:
        """Of a variable, target or called function; what is printed for a hole."""
        return str(self.head.value) if isinstance(self.head, Production) else HOLES[self.head.type]

    @property
    def value(self) -> Any:
        """Of a constant."""
        return self.head.value if isinstance(self.head, Production) else None

    @property
    def bound(self) -> tuple[Variable, ...]:
        """The variables that it binds."""
        return self.head.bound if isinstance(self.head, Production) else ()


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


def preorder(node: Node) -> Term:
    """The tree as a term."""
    return (node.head, *(part for child in node.children for part in preorder(child)))


class Signature(NamedTuple):
    """def name(parameters) -> returns."""

    name: str
    parameters: tuple[Variable, ...]
    returns: str

    def text(self) -> str:
        """As Python, without a colon."""
        parameters = ", ".join(f"{each.name}: {WRITTEN[each.type]}" for each in self.parameters)
        return f"def {self.name}({parameters}) -> {WRITTEN[self.returns]}"


class Function(NamedTuple):
    """A function that may have holes. says: what it returns, in one line, for its documentation; may be empty."""

    signature: Signature
    term: Term
    says: str = ""


class Field(NamedTuple):
    """What an object keeps from call to call, and its value at first, which is empty where that is a list or map; a
    variable where it is what the constructor is called with."""

    variable: Variable
    initial: Any


class Class(NamedTuple):
    """A class of objects whose fields only its own methods see. says: what it is, in one sentence.

    parameters: of its constructor, which keeps them in fields.
    """

    name: str
    fields: tuple[Field, ...]
    methods: tuple[Function, ...]
    says: str
    parameters: tuple[Variable, ...] = ()

    def method(self, name: str) -> Function:
        """The method of that name. Raises KeyError where there is none."""
        return {each.signature.name: each for each in self.methods}[name]

    def replaced(self, name: str, term: Term) -> "Class":
        """The class with another body for a method."""
        methods = (each._replace(term=term) if each.signature.name == name else each for each in self.methods)
        return self._replace(methods=tuple(methods))

    def without(self, names: Collection[str]) -> "Class":
        """The class without some methods."""
        return self._replace(methods=tuple(each for each in self.methods if each.signature.name not in names))


FIELD = "self._"
"""How the name of a field begins."""


def with_field_names(term: Term, prefix: str) -> Term:
    """The term with another beginning for the names of fields."""
    found = []
    for each in term:
        if isinstance(each, Production) and each.op == "variable" and each.value.startswith(FIELD):
            name = prefix + each.value.removeprefix(FIELD)
            each = each._replace(pieces=(name,), value=name)
        found.append(each)
    return tuple(found)


_NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}", re.ASCII)
_SIGNATURE = re.compile(r"def (\w+)\((.*)\) -> ([\w\[\], ]+)", re.ASCII)
_PARAMETER = re.compile(r"(\w+): ([\w\[\]]+(?:, \w+\])?)(?:, |$)", re.ASCII)
_BUILT_IN = "int bool str list dict abs min max len sum any all sorted range true false none null result from to each"
_OTHER_LANGUAGES = """
    abstract arguments assert boolean byte case catch char class const debugger default delete do double enum eval
    export extends final finally float function goto if implements instanceof interface let long native new of package
    private protected public record sealed short static strictfp super switch synchronized this throw throws transient
    typeof undefined var void volatile yield
"""
TAKEN = {*_BUILT_IN.split(), *_OTHER_LANGUAGES.split(), *keyword.kwlist}
"""Names that no variable and no function may have in one of the languages."""


def read_signature(text: str) -> Signature:
    """The signature in `text`. Raises TaskError for names and types that the language does not have."""
    match = _SIGNATURE.fullmatch(text)
    if match is None or match[3] not in ANNOTATIONS:
        raise TaskError(
            f"signature must be like 'def f(a: int, b: list[int]) -> str' with the types {'; '.join(ANNOTATIONS)}, "
            f"not {text[:120]!r}"
        )
    parameters = _parameters(match[2])
    names = [match[1], *(each.name for each in parameters)]
    if len(parameters) > MOST_PARAMETERS or len(set(names)) < len(names):
        raise TaskError(f"signature: at most {MOST_PARAMETERS} parameters, with names of their own, not {names}")
    if not _NAME.fullmatch(match[1]) or match[1] in TAKEN:
        raise TaskError(f"signature: {match[1][:80]!r} cannot be the name of the function; use lower case")
    return Signature(match[1], parameters, ANNOTATIONS[match[3]])


def _parameters(text: str) -> tuple[Variable, ...]:
    found: list[Variable] = []
    at = 0
    while at < len(text) or not found:
        match = _PARAMETER.match(text, at)
        if match is None or not _NAME.fullmatch(match[1]) or match[1] in TAKEN or match[2] not in ANNOTATIONS:
            raise TaskError(
                f"signature: {text[at : at + 80]!r} is no parameter 'name: type' in lower case, of a type it may have"
            )
        found.append(Variable(match[1], ANNOTATIONS[match[2]], "abcd"[len(found) % 4], "parameter"))
        at = match.end()
    if text.endswith(", "):
        raise TaskError(f"signature: a parameter is missing at the end of {text[-80:]!r}")
    return tuple(found)
