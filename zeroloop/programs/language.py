"""Which productions can fill which hole of a function."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from zeroloop.errors import TaskError
from zeroloop.programs.identities import is_needless
from zeroloop.programs.rules import (
    ACCUMULATOR_TEXT,
    ACCUMULATORS,
    ATOM,
    FEATURES,
    IF,
    RULES,
    SIGN,
    STATEMENTS,
    SYMBOL,
    Rule,
    statement_rules,
)
from zeroloop.programs.terms import (
    BLOCK,
    BODY,
    BOOL,
    INT,
    LIST,
    MAP,
    NONE,
    STEPS,
    STR,
    TALLY,
    TARGETS,
    TYPES,
    WORDS,
    Hole,
    Production,
    Signature,
    Term,
    Variable,
)
from zeroloop.vocabulary import ID

MOST_CONSTANTS, MOST_ITEMS, MOST_LOCALS, MOST_HELPERS = 8, 3, 6, 3
MOST_BROUGHT = 8
"""Productions that the holes of one production take, at least: never more than this."""
LETTERS = {kind: kind[0] for kind in TYPES} | {BLOCK: "{", STEPS: ";", BODY: "@"}
"""How a type is shown in tokens."""
LETTERS |= dict.fromkeys((*TARGETS, NONE), "n")
LETTERED = "CDEGHJKM"
"""Names, in tokens, of constants that are no digits."""
_LOCALS = "mnopqu"
"""Symbols of locals, in the order in which they are bound."""
_NAMES = {
    INT: "count value other rest limit step",
    BOOL: "found flag done",
    STR: "line piece letters",
    LIST: "values items others",
    WORDS: "words names lines",
    MAP: "table index",
    TALLY: "counts totals",
}
_ITEM_NAMES = {INT: "x y z w u v t s", STR: "c d e f g h k m", "counter": "i j k p q"}
_WORD = re.compile(r"\b[xiv]\b")


class Language:
    """The productions of functions with these parameters.

    constants: integers and texts that programs may name, besides what they always may: True, False, "", [] and {}.
    features: of FEATURES. callable: signatures of functions that may be called. without: operations that it lacks.
    start: a hole for the whole function.
    """

    def __init__(
        self,
        parameters: tuple[Variable, ...],
        returns: str,
        constants: tuple[int | str, ...],
        features: frozenset[str] = frozenset(),
        callable: tuple[Signature, ...] = (),
        without: frozenset[str] = frozenset(),
    ) -> None:
        self.parameters, self.returns, self.features, self.callable = parameters, returns, features, callable
        self.without = without
        self.types = self._types({each.type for each in parameters} | {returns, INT, BOOL})
        self.constants = self._constants(constants)
        self.has_statements = not STATEMENTS.isdisjoint(features)
        whole = BLOCK if self.has_statements else returns
        self.start: Term = (Hole(STEPS if returns == NONE else whole, ()),)
        self._moves: dict[tuple[Hole, bool, int], tuple[Production, ...]] = {}
        self._beneath: dict[tuple[str, str, int, Hole, int], tuple[Production, ...]] = {}

    def _types(self, types: set[str]) -> set[str]:
        """Types that values may have: those of the signatures, and what the features are about."""
        for each in self.callable:
            types |= {each.returns, *(parameter.type for parameter in each.parameters)}
        if INT in {each.type for each in self.parameters} or "list" in self.features:
            types.add(LIST)  # range
        if "words" in self.features:
            types |= {STR, WORDS}
        if "text" in self.features:
            types.add(STR)
        if "map" in self.features:
            types |= {TALLY, WORDS} if STR in types else {MAP, LIST}
        return types

    def moves_beneath(self, head: Production, place: int, hole: Hole, room: int) -> tuple[Production, ...]:
        """What can fill a hole in this place of a production, but for what a smaller program does without."""
        room = min(room, MOST_BROUGHT)
        key = head.type, head.op, place, hole, room
        found = self._beneath.get(key)
        if found is None:
            every = self.moves(hole, False, room)
            found = self._beneath[key] = tuple(each for each in every if not is_needless(head, place, each))
        return found

    def moves(self, hole: Hole, whole: bool, room: int) -> tuple[Production, ...]:
        """What can fill a hole. whole: it is the whole function. room: productions that its own holes may take."""
        room = min(room, MOST_BROUGHT)
        found = self._moves.get((hole, whole, room))
        if found is None:
            every = [*self._leaves(hole), *self._inner(hole), *(self._accumulators(hole) if whole else ())]
            found = self._moves[hole, whole, room] = tuple(each for each in every if each.least <= room)
        return found

    def _leaves(self, hole: Hole) -> Iterator[Production]:
        for variable in self._named(hole):
            symbols = ID[variable.symbol], ID[LETTERS[hole.type]]
            name = variable.name
            yield Production(hole.type, "variable", (name,), ATOM, (), (), name, symbols, name)
        yield from self.constants.get(hole.type, ())

    def _named(self, hole: Hole) -> list[Variable]:
        """The variables that can fill a hole: of targets, those that may change."""
        scope = (*self.parameters, *hole.scope)
        if (kind := TARGETS.get(hole.type)) is None:
            return [variable for variable in scope if variable.type == hole.type]
        local = kind in (LIST, WORDS, MAP, TALLY)
        roles = ("local", "field") if local else ("local", "field", "parameter")
        return [variable for variable in scope if variable.type == kind and variable.role in roles]

    def _inner(self, hole: Hole) -> Iterator[Production]:
        statements = hole.type in (BLOCK, STEPS, BODY)
        for rule in statement_rules(hole.type, self.returns) if statements else RULES.get(hole.type, ()):
            if (not rule.feature or rule.feature in self.features) and rule.op not in self.without:
                yield from self._made(rule, hole)
        for number, each in enumerate(self.callable):
            if each.returns == hole.type:
                yield self._call(number, each, hole)

    def _made(self, rule: Rule, hole: Hole) -> Iterator[Production]:
        """The production of a rule, where there are values of its types, names to assign to, and symbols for more."""
        targets = [kind for kind in rule.types if kind in TARGETS]
        usual = {kind for kind in rule.types if kind in TYPES} | {TARGETS[kind] for kind in targets}
        if not self.types.issuperset(usual) or not all(self._named(Hole(kind, hole.scope)) for kind in targets):
            return
        bound: tuple[Variable, ...] = ()
        if rule.binds:
            role, kind = rule.binds
            local = role == "local"
            taken = sum((variable.role == "local") == local for variable in hole.scope if variable.symbol != "r")
            if taken >= (MOST_LOCALS if local else MOST_ITEMS):
                return
            bound = (self._local(kind, hole.scope) if local else self._item(kind, hole.scope, role),)
        yield self._production(rule, hole.scope, bound)

    def _call(self, number: int, called: Signature, hole: Hole) -> Production:
        holes = tuple(Hole(parameter.type, hole.scope) for parameter in called.parameters)
        pieces = (f"{called.name}(", *(", ",) * (len(holes) - 1), ")")
        name = f"{called.name}({', '.join(each.type for each in holes)})"
        symbols = (SYMBOL[f"call {number}"], *(ID[LETTERS[each.type]] for each in holes))
        return Production(hole.type, "call", pieces, ATOM, (IF,) * len(holes), holes, name, symbols, called.name)

    def _accumulators(self, hole: Hole) -> Iterator[Production]:
        result = Variable("result", hole.type, "r", "local")
        for op, over in ACCUMULATORS.items():
            if over in self.types and not self.has_statements:
                rule = Rule(hole.type, op, ACCUMULATOR_TEXT, (hole.type, over, hole.type), 0, (IF, IF, IF), (2,))
                item = self._item(STR if over == STR else INT, hole.scope, "item")
                yield self._production(rule, hole.scope, (item, result))

    def _item(self, kind: str, scope: tuple[Variable, ...], role: str) -> Variable:
        """The variable of a new loop, with a name that nothing else has."""
        name = self._fresh(_ITEM_NAMES["counter" if role == "counter" else kind], scope)
        bound = sum(variable.role != "local" for variable in scope)
        return Variable(name, kind, "xyzw"[bound], role)

    def _local(self, kind: str, scope: tuple[Variable, ...]) -> Variable:
        """A new local, with a name that nothing else has; the first one of the function's type is its result."""
        first = "result " if kind == self.returns else ""
        bound = sum(variable.role == "local" for variable in scope)
        return Variable(self._fresh(first + _NAMES[kind], scope), kind, _LOCALS[bound], "local")

    def _fresh(self, names: str, scope: tuple[Variable, ...]) -> str:
        taken = {variable.name for variable in (*self.parameters, *scope)} | {each.name for each in self.callable}
        pool = names.split()
        numbered = (f"{pool[-1]}{number}" for number in range(2, 2 + len(taken) + 1))
        return next(name for name in (*pool, *numbered) if name not in taken)

    def _production(self, rule: Rule, scope: tuple[Variable, ...], bound: tuple[Variable, ...]) -> Production:
        text = _WORD.sub(bound[0].name, rule.text) if bound else rule.text
        pieces = tuple(text.split("_"))
        holes = tuple(
            Hole(kind, (*scope, *bound) if number in rule.inside else scope) for number, kind in enumerate(rule.types)
        )
        name = "".join(part for pair in zip(pieces, (*rule.types, ""), strict=True) for part in pair)
        symbols = (SYMBOL[rule.op], *(ID[LETTERS[kind]] for kind in rule.types))
        strengths = rule.strengths or (IF,) * len(holes)
        short = " ".join(name.removesuffix(f"\n{rule.type}").split())
        return Production(rule.type, rule.op, pieces, rule.strength, strengths, holes, short, symbols, None, bound)

    def _constants(self, constants: tuple[int | str, ...]) -> dict[str, list[Production]]:
        found: dict[str, list[Production]] = {kind: [] for kind in TYPES}
        self.lettered: list[tuple[str, str]] = []
        """Letter and text of the constants that are no digits."""

        def add(kind: str, text: str, value: Any, symbol: str, strength: int = ATOM) -> None:
            symbols = ID[symbol], ID[LETTERS[kind]]
            found[kind].append(Production(kind, "constant", (text,), strength, (), (), text.lower(), symbols, value))

        for value in constants:
            text = f'"{value}"' if isinstance(value, str) else str(value)
            symbol = text
            if len(text) > 1:
                symbol = LETTERED[len(self.lettered)]
                self.lettered.append((symbol, text))
            negative = isinstance(value, int) and value < 0
            add(STR if isinstance(value, str) else INT, text, value, symbol, SIGN if negative else ATOM)
        for flag in (True, False):
            add(BOOL, str(flag), flag, str(flag)[0])
        add(STR, '""', "", '"')
        for kind in (LIST, WORDS):
            add(kind, "[]", (), ".")
        for kind in (MAP, TALLY):
            add(kind, "{}", (), ".")
        return found


def language(
    signature: Signature,
    constants: tuple[int | str, ...],
    features: Sequence[str] = (),
    helpers: Sequence[Signature] = (),
    without: Sequence[str] = (),
    fields: tuple[Variable, ...] = (),
) -> Language:
    """The language of functions with this signature; equal ones are shared. The name counts only where it is called.

    fields: of the object whose method the function is.

    Raises TaskError for unknown features and operations, and for too many helpers.
    """
    if unknown := sorted(set(features) - set(FEATURES)):
        raise TaskError(f"features: {unknown[0]!r} is none; known are {', '.join(FEATURES)}")
    if unknown := sorted(set(without) - (set(SYMBOL) - {"return", "end"})):
        raise TaskError(f"without: {unknown[0]!r} is no operation; some are {', '.join([*SYMBOL][:40])}")
    if len(helpers) > MOST_HELPERS:
        raise TaskError(f"helpers: at most {MOST_HELPERS}, not {len(helpers)}")
    itself = (signature,) if "recursion" in features else ()
    called = (*itself, *helpers)
    return _language(
        (*signature.parameters, *fields), signature.returns, constants, frozenset(features), called, frozenset(without)
    )


_language = functools.lru_cache(maxsize=1024)(Language)
