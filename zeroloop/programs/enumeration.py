"""The smallest program that fits examples, by enumeration: from small to large, one of all that do the same.

Expressions are put together from those that were found before (bottom up), and two with the same values for all
examples count as one (observational equivalence; Albarghouthi et al. 2013, Udupa et al. 2013). What is evaluated for
each item of a list is enumerated for each list anew: its values for the items of this list are all that matters there,
so that nothing is merged that an example could tell apart.
"""

import itertools
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from zeroloop.programs.canonical import in_order
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import MOST_BROUGHT, Language
from zeroloop.programs.rules import ACCUMULATORS
from zeroloop.programs.terms import LIST, MAP, TALLY, WORDS, Hole, Production, Signature, Term, Variable
from zeroloop.programs.values import FailedError
from zeroloop.programs.vectors import FAILED, OVER, Environments, Items, UnknownError, Vector, combined, items, leaf

Program: TypeAlias = tuple[Production, ...]
Example: TypeAlias = tuple[list[Any], Any]
"""Arguments, and the result for them."""


class Enumerated(NamedTuple):
    """term: the program, None where none was found. evaluated: candidates of which it was asked what they come to."""

    term: Program | None
    evaluated: int


def enumerate_programs(
    signature: Signature, language: Language, examples: Sequence[Example], most_evaluated: int, most_size: int = 30
) -> Enumerated:
    """The first program of the smallest size that fits all examples.

    Every candidate is counted whose values are computed, parts of programs as well as whole ones. Functions of
    statements, and those that call functions, are enumerated whole, and none is merged with another.
    """
    search = _Search(signature, language, examples, most_evaluated)
    try:
        for size in range(1, most_size + 1):
            for term in search.fitting(size):
                return Enumerated(term, search.evaluated)
    except _SpentError:
        pass
    return Enumerated(None, search.evaluated)


def terms(language: Language, hole: Hole, size: int, whole: bool = False) -> Iterator[Program]:
    """All ways to fill a hole with `size` productions; of two orders of operands that do not matter, one."""
    for production in language.moves(hole, whole, min(size - 1, MOST_BROUGHT)):
        for sizes in _shares(size - 1, len(production.holes)):
            for operands in _filled(language, production.holes, sizes):
                if in_order(production, operands):
                    yield _term(production, operands)


def _filled(language: Language, holes: Sequence[Hole], sizes: Sequence[int]) -> Iterator[tuple[Program, ...]]:
    if not holes:
        yield ()
        return
    for first in terms(language, holes[0], sizes[0]):
        for others in _filled(language, holes[1:], sizes[1:]):
            yield (first, *others)


def _shares(size: int, count: int) -> Iterator[tuple[int, ...]]:
    """All ways to share out `size` productions among `count` holes, at least one for each."""
    if count == 0:
        if size == 0:
            yield ()
        return
    for first in range(1, size - count + 2):
        for others in _shares(size - first, count - 1):
            yield (first, *others)


def _term(production: Production, operands: Sequence[Program]) -> Program:
    return (production, *itertools.chain.from_iterable(operands))


class _SpentError(Exception):
    """As many candidates were evaluated as were allowed."""


class _Search:
    """What has been evaluated, and what is wanted."""

    def __init__(
        self, signature: Signature, language: Language, examples: Sequence[Example], most_evaluated: int
    ) -> None:
        self.signature, self.language, self.examples = signature, language, examples
        self.evaluated, self.most_evaluated = 0, most_evaluated
        names = [each.name for each in signature.parameters]
        environments = tuple(dict(zip(names, arguments, strict=True)) for arguments, _ in examples)
        self.wanted = tuple(result for _, result in examples)
        self.root = _Bank(self, (), environments)
        self.is_whole = language.has_statements or bool(language.callable)

    def count(self) -> None:
        """One more candidate. Raises _SpentError."""
        if self.evaluated == self.most_evaluated:
            raise _SpentError
        self.evaluated += 1

    def fitting(self, size: int) -> Iterator[Program]:
        """Programs of a size that fit the examples."""
        if self.is_whole:
            (hole,) = self.language.start
            assert isinstance(hole, Hole)
            yield from self._tried(terms(self.language, hole, size, True))
            return
        for found in self.root.grown(self.language.returns, size):
            if found.values == self.wanted and self._fits(found.term):
                yield found.term
        yield from self._tried(self._loops(size))

    def _tried(self, programs: Iterator[Program]) -> Iterator[Program]:
        """Those that fit; all that are looked at count."""
        for each in programs:
            self.count()
            if self._fits(each):
                yield each

    def _fits(self, term: Term) -> bool:
        evaluate = evaluator(self.signature, term)
        try:
            return all(evaluate(arguments) == result for arguments, result in self.examples)
        except FailedError:
            return False

    def _loops(self, size: int) -> Iterator[Program]:
        """Functions that are a loop with an accumulator."""
        (hole,) = self.language.start
        assert isinstance(hole, Hole)
        for production in self.language.moves(hole, True, MOST_BROUGHT):
            if production.op not in ACCUMULATORS:
                continue
            first, over, body = production.holes
            for sizes in _shares(size - 1, 3):
                for each in self.root.of(over.type, sizes[1]):
                    bodies = self.root.bodies(production, each.values)
                    starts = self.root.of(first.type, sizes[0])
                    for start, inner in itertools.product(starts, bodies.of(body.type, sizes[2]) if bodies else ()):
                        yield _term(production, (start.term, each.term, inner))


class _Found(NamedTuple):
    """An expression, and what it comes to."""

    term: Program
    values: Vector


class _Bank:
    """Expressions that see the same variables in the same environments: of those that do the same, the smallest.

    hidden: a variable that they do not look at.
    """

    def __init__(
        self, search: _Search, scope: tuple[Variable, ...], environments: Environments, hidden: str = ""
    ) -> None:
        self.search, self.scope, self.environments, self.hidden = search, scope, environments, hidden
        self._found: dict[tuple[str, int], list[_Found]] = {}
        self._seen: dict[str, set[Hashable]] = {}
        self._inner: dict[Hashable, _Bank] = {}
        self._bodies: dict[_Bank, _Bodies] = {}

    def of(self, kind: str, size: int) -> list[_Found]:
        """Those of a type and size."""
        for smaller in range(1, size + 1):
            if (kind, smaller) not in self._found:
                for _ in self.grown(kind, smaller):
                    pass
        return self._found[kind, size]

    def grown(self, kind: str, size: int) -> Iterator[_Found]:
        """Those of a type and size as they are found, once all smaller ones of the type have been."""
        found = self._found[kind, size] = []
        seen = self._seen.setdefault(kind, set())
        for each in self._made(kind, size):
            self.search.count()
            key = _frozen(kind, each.values)
            if key in seen or (key and all(value is FAILED for value in each.values)):
                continue  # (where it never has a value, it is never asked for one, and any other does as well)
            seen.add(key)
            found.append(each)
            yield each

    def _made(self, kind: str, size: int) -> Iterator[_Found]:
        for production in self.search.language.moves(Hole(kind, self.scope), False, MOST_BROUGHT):
            if not production.holes:
                if size == 1 and (production.op != "variable" or production.value != self.hidden):
                    yield _Found((production,), leaf(production, self.environments))
                continue
            for sizes in _shares(size - 1, len(production.holes)):
                for operands, within in self._operands(production, sizes):
                    if in_order(production, [each.term for each in operands]):
                        heads = [production, *(each.term[0] for each in operands)]
                        values = combined(heads, [each.values for each in operands], within)
                        yield _Found(_term(production, [each.term for each in operands]), values)

    def _operands(
        self, production: Production, sizes: Sequence[int]
    ) -> Iterator[tuple[tuple[_Found, ...], Items | None]]:
        """Operands of these sizes, and the items where some of them see one."""
        if (place := OVER.get(production.op)) is None:
            choices = [self.of(hole.type, size) for hole, size in zip(production.holes, sizes, strict=True)]
            yield from ((operands, None) for operands in itertools.product(*choices))
            return
        for over in self.of(production.holes[place].type, sizes[place]):
            try:
                within = items(production, self.environments, over.values)
            except UnknownError:
                continue
            inner = self._inside(production, within)
            choices = [
                [over] if number == place else inner.of(hole.type, size)
                for number, (hole, size) in enumerate(zip(production.holes, sizes, strict=True))
            ]
            yield from ((operands, within) for operands in itertools.product(*choices))

    def _inside(self, production: Production, within: Items) -> "_Bank":
        key = production.bound, within.key
        if key not in self._inner:
            scope = (*self.scope, *production.bound)
            hidden = self.hidden or (production.bound[1].name if len(production.bound) > 1 else "")
            self._inner[key] = _Bank(self.search, scope, within.environments, hidden)
        return self._inner[key]

    def bodies(self, production: Production, over: Vector) -> "_Bodies | None":
        """Bodies of a loop with an accumulator over lists or texts with these values."""
        try:
            inner = self._inside(production, items(production, self.environments, over))
        except UnknownError:
            return None
        if inner not in self._bodies:
            self._bodies[inner] = _Bodies(inner)
        return self._bodies[inner]


class _Bodies:
    """What may follow in a loop with an accumulator: parts that look at it may come to anything, and are not merged."""

    def __init__(self, bank: _Bank) -> None:
        self.bank, self.language = bank, bank.search.language
        self._looking: dict[tuple[str, int], list[Program]] = {}

    def of(self, kind: str, size: int) -> Iterator[Program]:
        """Those of a type and size."""
        yield from (each.term for each in self.bank.of(kind, size))
        yield from self._that_look(kind, size)

    def _that_look(self, kind: str, size: int) -> list[Program]:
        found = self._looking.get((kind, size))
        if found is None:
            found = self._looking[kind, size] = [*self._made(kind, size)]
        return found

    def _made(self, kind: str, size: int) -> Iterator[Program]:
        for production in self.language.moves(Hole(kind, self.bank.scope), False, MOST_BROUGHT):
            for sizes in _shares(size - 1, len(production.holes)):
                for operands in itertools.product(*map(self._operands, production.holes, sizes)):
                    term = _term(production, operands)
                    looks = any(each.op == "variable" and each.value == self.bank.hidden for each in term)
                    if looks and in_order(production, operands):
                        yield term

    def _operands(self, hole: Hole, size: int) -> list[Program]:
        return [*(self.of(hole.type, size) if hole.scope == self.bank.scope else terms(self.language, hole, size))]


def _frozen(kind: str, values: Vector) -> Hashable:
    """The values as a key."""
    if kind in (LIST, WORDS):
        return tuple(value if value is FAILED else tuple(value) for value in values)
    if kind in (MAP, TALLY):
        return tuple(value if value is FAILED else frozenset(value.items()) for value in values)
    return values
