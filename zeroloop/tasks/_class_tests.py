"""Calls of methods: hidden tests, examples that tell programs apart, and methods that are wrong."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeroloop.programs.classes import Calls, Case, constructor, runner
from zeroloop.programs.designs import Design, design
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.language import Language
from zeroloop.programs.terms import BOOL, INT, LIST, STR, Function, Production, Signature, Term
from zeroloop.programs.values import FailedError, LimitError
from zeroloop.seeding import stream
from zeroloop.tasks._class_models import results
from zeroloop.tasks._function_tests import LETTERS, agrees, changed, telling

HIDDEN, MORE, POOL, BATTERY, SHOWN = 24, 120, 60, 50, 5
"""Random cases that are hidden tests, and that more of them, examples, and a digest are made from; examples."""
_DOMAINS = {"key": (1, 4), "amount": (-1, 14), "capacity": (0, 4), "balance": (0, 15), "start": (-3, 4), "step": (1, 4)}
"""Integers that parameters of these names may be; others are small integers of both signs."""


def _value(rng: np.random.Generator, name: str, kind: str) -> Any:
    if kind == INT:
        low, high = _DOMAINS.get(name, (-4, 9))
        return int(rng.integers(low, high + 1))
    if kind == BOOL:
        return bool(rng.integers(2))
    if kind == STR:
        return LETTERS[int(rng.integers(4))] * int(rng.integers(1, 3))
    assert kind == LIST
    return rng.integers(-3, 8, int(rng.integers(4))).tolist()


def _calls(rng: np.random.Generator, signatures: list[Signature]) -> list[tuple[str, list[Any]]]:
    """One after the other; one argument in three is one that such a parameter had before."""
    used: dict[str, list[Any]] = {}
    found = []
    for name, parameters, _ in signatures:
        arguments = []
        for each in parameters:
            before = used.setdefault(each.name, [])
            again = before and rng.integers(3) == 0
            before.append(before[rng.integers(len(before))] if again else _value(rng, each.name, each.type))
            arguments.append(before[-1])
        found.append((name, arguments))
    return found


def _cases(purpose: str, found: Design, count: int, longest: int, closing: bool) -> tuple[Case, ...]:
    """Each method called alone; then `count` cases of two calls or more, none twice. Each prefers some methods,
    and often calls one several times in a row. closing: at the end each method is called, to show what others did."""
    made, signatures = constructor(found.whole), [each.signature for each in found.whole.methods]
    rng = stream(0, purpose, *(f"{each.name} {each.parameters}" for each in (*made, *signatures)))
    drawn = [_calls(rng, [*made, each]) for each in signatures]
    for _ in range(count):
        weights = rng.dirichlet(np.full(len(signatures), 0.6))
        chosen = rng.choice(len(signatures), int(rng.integers(2, longest + 1)), p=weights).tolist()
        for at in range(1, len(chosen)):
            chosen[at] = chosen[at - rng.integers(2)]
        called = (*made, *(signatures[number] for number in chosen), *(signatures if closing else ()))
        drawn.append(_calls(rng, [*called]))
    return tuple((calls, results(found, calls)) for calls in {repr(calls): calls for calls in drawn}.values())


@functools.lru_cache(maxsize=1024)
def hidden_tests(key: str) -> tuple[Case, ...]:
    """The hidden tests of a design: they depend on nothing else.

    Random cases, and one more for each method with another production in one place that none of those tells apart.
    """
    found = design(key)
    cases = [*_cases("hidden calls", found, HIDDEN, 12, True)]
    more = _cases("more hidden calls", found, MORE, 16, True)
    for each in found.whole.methods:
        name = each.signature.name
        for term in changed(found.languages[name], written(each.term)):
            run = runner(found.whole.replaced(name, term))
            if not any(_failure(run, case) for case in cases):
                cases += next(([case] for case in more if _failure(run, case)), [])
    return tuple(cases)


def written(term: Term) -> tuple[Production, ...]:
    """A term without holes."""
    return tuple(each for each in term if isinstance(each, Production))


@functools.lru_cache(maxsize=4096)
def behaviour(key: str) -> str:
    """A digest of what calls return that depend on the signatures alone: equal for classes that do the same."""
    cases = _cases("behaviour of calls", design(key), BATTERY, 16, True)
    return hashlib.blake2b(repr(cases).encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, eq=False)
class Study:
    """What is known of a method of a design.

    language, term: what its body is a term of, and the reference. pool: cases that examples are chosen from. wrong:
    bodies that end and fail hidden tests, and the places in the pool where each fails, as bits. returning: those that
    return another value, so that they are wrong in every language.
    """

    design: Design
    function: Function
    language: Language
    term: tuple[Production, ...]
    pool: tuple[Case, ...]
    wrong: tuple[tuple[Term, int], ...]
    returning: tuple[Term, ...]

    def source(self, dialect: str) -> str:
        """The reference."""
        return DIALECTS[dialect].class_source(self.design.whole)

    def wrong_source(self, rng: np.random.Generator, dialect: str) -> str:
        """The class with a wrong method."""
        term = self.returning[int(rng.integers(len(self.returning)))]
        return DIALECTS[dialect].class_source(self.design.whole.replaced(self.function.signature.name, term))


@functools.lru_cache(maxsize=512)
def study(key: str, name: str) -> Study:
    """See Study."""
    found = design(key)
    function, spoken = found.whole.method(name), found.languages[name]
    term = written(function.term)
    hidden, pool = hidden_tests(key), _cases("examples of calls", found, POOL, 7, False)
    pool = tuple(case for case in pool if any(called == name for called, _ in case[0]))
    wrong: list[tuple[Term, int]] = []
    returning: list[Term] = []
    for each in changed(spoken, term):
        run = runner(found.whole.replaced(name, each))
        failure = next((said for case in hidden if (said := _failure(run, case))), "")
        if failure not in ("", "endless"):
            wrong.append((each, sum(1 << i for i, case in enumerate(pool) if _failure(run, case))))
            returning += [each] if failure == "another value" else []
    return Study(found, function, spoken, term, pool, tuple(wrong), tuple(returning))


def shown_cases(known: Study, rng: np.random.Generator, most: int) -> list[Case]:
    """Examples of up to `most` calls, each of which some wrong method fails; see `telling`."""
    masks = [mask for _, mask in known.wrong]
    telling_any = functools.reduce(int.__or__, masks, 0)
    left = [i for i, (calls, _) in enumerate(known.pool) if len(calls) <= most and telling_any >> i & 1]
    return telling(known.pool, left, masks, SHOWN, rng)


def _failure(run: Callable[[Calls], list[Any]], case: Case) -> str:
    """What is wrong with a class for a case; empty where it is right."""
    try:
        return "" if agrees(case[1], run(case[0])) else "another value"
    except LimitError:
        return "endless"
    except FailedError:
        return "no value"
