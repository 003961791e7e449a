"""The first hole of a function that is written from left to right: where it is evaluated, and what it must come to."""

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from zeroloop.programs.classes import Case, starter
from zeroloop.programs.demands import (
    FREE,
    NEVER,
    SOME,
    Demanded,
    is_known,
    may_refuse,
    meets,
    of_condition,
    of_filtered,
    of_operand,
    strictly,
)
from zeroloop.programs.layout import POPS
from zeroloop.programs.terms import BLOCK, BODY, NONE, STEPS, TARGETS, Class, Hole, Production, Signature, Term, tree
from zeroloop.programs.values import FailedError
from zeroloop.programs.vectors import (
    FAILED,
    OVER,
    Environments,
    Items,
    UnknownError,
    Vector,
    combined,
    evaluated,
    items,
    leaf,
)


class Place(NamedTuple):
    """Where an expression or statements are evaluated, and what is demanded of them there.

    environments: None where they are not known, such as where what a loop goes over is still to be written.
    """

    environments: Environments | None
    demands: tuple[Demanded, ...]


NOWHERE = Place(None, ())


class Open(NamedTuple):
    """A production some of whose holes are not filled.

    starts: where it and its finished operands begin in the term. parts: what these come to, None where it is not
    known. within: the items that its next operands see. above: the production whose operand it is.
    """

    production: Production
    place: Place
    starts: tuple[int, ...]
    parts: tuple[Vector | None, ...] = ()
    within: Items | None = None
    above: "Open | None" = None


@dataclass(frozen=True)
class Focus:
    """The first hole, or the end of a term.

    above: the production whose hole it is; where there is none, `whole` is the place of the function. is_dead: however
    the holes are filled, the function does not do what is wanted.
    """

    above: Open | None = None
    whole: Place = NOWHERE
    is_dead: bool = False

    @functools.cached_property
    def place(self) -> Place:
        """Where the first hole is evaluated; found when it is asked for, as most functions are never written on."""
        return self.whole if self.above is None else _place(self.above)

    @functools.cached_property
    def has_values(self) -> bool:
        """Whether it is known of some example what the first hole must come to."""
        return any(map(is_known, self.place.demands))


END, DEAD = Focus(), Focus(is_dead=True)


def start(signature: Signature, examples: Sequence[tuple[list[Any], Any]]) -> Focus:
    """The focus on a function of which nothing is written, and which must fit examples (arguments, result)."""
    names = [each.name for each in signature.parameters]
    environments = tuple(dict(zip(names, arguments, strict=True)) for arguments, _ in examples)
    return Focus(whole=Place(environments, tuple(result for _, result in examples)))


def start_of_method(whole: Class, name: str, unwritten: Collection[str], cases: Sequence[Case]) -> Focus:
    """The focus on a method of which nothing is written, in a class that must fit cases of calls on a new object.

    unwritten: other methods that have no bodies yet. What is known is the first call of the method in each case, unless
    one of these is called before; it is a dead end at once where calls before it do not come to what is wanted.
    """
    signature = whole.method(name).signature
    run = starter(whole.without({name, *unwritten}))
    names = [each.name for each in signature.parameters]
    environments, demands = list[Mapping[str, Any]](), list[Demanded]()
    for calls, results in cases:
        first = next((at for at, (called, _) in enumerate(calls) if called == name or called in unwritten), len(calls))
        try:
            found, kept = run(calls[:first])
        except FailedError:
            return DEAD
        if found != results[:first]:
            return DEAD
        if first < len(calls) and calls[first][0] == name:
            environments.append({**kept, **dict(zip(names, calls[first][1], strict=True))})
            demands.append(SOME if signature.returns == NONE else results[first])
    return Focus(whole=Place(tuple(environments), tuple(demands))) if environments else END


def advanced(focus: Focus, term: Term, at: int) -> Focus:
    """The focus on the first hole from `at` on, or on the end; it was on a hole that is filled at `at` now."""
    while at < len(term) and not focus.is_dead:
        head = term[at]
        if isinstance(head, Hole):
            break
        focus = _filled(focus, term, at, head)
        at += 1
    return focus


def _filled(focus: Focus, term: Term, at: int, head: Production) -> Focus:
    place = focus.place
    if head.holes:
        return _next(Open(head, place, (at,), above=focus.above), term, at + 1)
    if place.environments is None:
        value = None
    elif head.type in TARGETS:
        value = (head.value,) * len(place.environments)
    else:
        value = leaf(head, place.environments)
    return _closed(place, focus.above, value, term, at, at + 1)


def _closed(place: Place, above: Open | None, value: Vector | None, term: Term, at: int, end: int) -> Focus:
    """What follows once the part of the term from `at` to `end` is finished, which comes to `value`."""
    if value is not None and not all(map(meets, place.demands, value)):
        return DEAD
    if above is None:
        return END
    above = above._replace(starts=(*above.starts, at), parts=(*above.parts, value))
    if OVER.get(above.production.op) == len(above.parts) - 1:
        above = _with_items(above, term)
    return _next(above, term, end)


def _next(open_: Open, term: Term, end: int) -> Focus:
    """The focus on the next hole of a production, or on what follows it."""
    production, number = open_.production, len(open_.parts)
    if number == len(production.holes):
        return _closed(open_.place, open_.above, _value(open_, term), term, open_.starts[0], end)
    focus = Focus(open_)
    return DEAD if may_refuse(production, number) and NEVER in focus.place.demands else focus


def is_clear(focus: Focus, production: Production) -> bool:
    """Whether a production is no dead end before its holes are filled, without a closer look."""
    return not (may_refuse(production, 0) and focus.has_values)


def _with_items(open_: Open, term: Term) -> Open:
    """Once it is known what a production goes over: the items, and what an operand before comes to for each."""
    over = open_.parts[-1]
    if over is None or open_.place.environments is None:
        return open_
    try:
        within = items(open_.production, open_.place.environments, over)
        before = [
            evaluated(tree(term[open_.starts[1] : open_.starts[2]]), within.environments) for _ in open_.parts[:-1]
        ]
    except UnknownError:
        return open_
    return open_._replace(parts=(*before, over), within=within)


def _value(open_: Open, term: Term) -> Vector | None:
    """What a production comes to whose holes are filled; None where it is not known."""
    production, parts = open_.production, open_.parts
    if production.type in (BLOCK, STEPS, BODY):
        return _value_of_statement(production, parts)
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    heads: list[Any] = [term[start] for start in open_.starts]
    return combined(heads, known, open_.within)


def _value_of_statement(production: Production, parts: Sequence[Vector | None]) -> Vector | None:
    if production.op == "return" or production.op.startswith(_ASSIGNING):
        return parts[-1]
    if production.op != "if return" or None in parts:
        return None
    condition, value, others = parts
    assert condition and value and others
    return tuple(
        a if holds is True else FAILED if holds is FAILED else b
        for holds, a, b in zip(condition, value, others, strict=True)
    )


def _place(open_: Open) -> Place:
    """Where the next operand of a production is evaluated, and what it must come to there."""
    production, number, (environments, demands) = open_.production, len(open_.parts), open_.place
    if environments is None:
        return NOWHERE
    if production.type in (BLOCK, STEPS, BODY):
        return _place_in_statement(open_)
    if production.op in OVER:
        return _place_beside_items(open_)
    if production.op == "call" or (number == 2 and production.bound):
        return NOWHERE  # (what a loop with an accumulator comes to in between is not known)
    if production.bound:
        return Place(environments, strictly(demands))
    return Place(environments, of_operand(production, demands, open_.parts))


def _place_beside_items(open_: Open) -> Place:
    """Of a production that binds an item: what it goes over, and the condition after it. Else it is not known yet."""
    op, number, (environments, demands) = open_.production.op, len(open_.parts), open_.place
    if number == OVER[op]:
        return Place(environments, tuple(map(of_filtered, demands)) if op == "filter" else strictly(demands))
    within = open_.within
    if within is None:
        return NOWHERE
    if op == "filter":
        name = open_.production.bound[0].name
        kept = [environment[name] for environment in within.environments]
    else:
        kept = list(open_.parts[0] or ())
    found = zip(within.owners, kept, strict=True)
    return Place(
        within.environments, tuple(of_condition(demands[owner], item, op != "filter") for owner, item in found)
    )


def _place_in_statement(open_: Open) -> Place:
    """In statements that are known to be run once, as there was no loop before them."""
    production, number, (environments, demands) = open_.production, len(open_.parts), open_.place
    op, parts = production.op, open_.parts
    assert environments is not None
    if op == "return":
        return open_.place
    if op.startswith(_ASSIGNING):
        if number < len(production.holes) - 1:
            is_name = production.holes[number].type in TARGETS
            return Place(environments, (FREE,) * len(demands) if is_name else strictly(demands))
        after = _assigned(production, environments, parts)
        return NOWHERE if after is None else Place(after, demands)
    if op != "if return":
        return NOWHERE
    if number == 0:
        return Place(environments, strictly(demands))
    condition = parts[0] or (None,) * len(demands)
    wanted = number == 1
    return Place(
        environments,
        tuple(demand if holds is wanted else FREE for demand, holds in zip(demands, condition, strict=True)),
    )


_ASSIGNING = ("let ", "set ", "append", "pop")
"""How operations begin after which a variable, or two, have other values."""


def _assigned(
    production: Production, environments: Environments, parts: Sequence[Vector | None]
) -> Environments | None:
    """The environments after a statement whose parts come to these; None where that is not known."""
    value = parts[-1]
    if value is None:
        return None
    if production.op in POPS:
        name, at = production.bound[0].name, slice(0, 1) if production.op == "pop first" else slice(-1, None)
        return tuple(_popped(each, of, name, at) for each, of in zip(environments, value, strict=True))
    if production.op.startswith("let "):
        name = production.bound[0].name
    else:
        assert parts[0] is not None
        name = parts[0][0] if parts[0] else ""  # (the same in all environments)
    if production.op.startswith("append"):
        value = tuple(
            FAILED if FAILED in (each[name], v) else [*each[name], v]
            for each, v in zip(environments, value, strict=True)
        )
    return tuple({**each, name: v} for each, v in zip(environments, value, strict=True))


def _popped(environment: Mapping[str, Any], of: str, name: str, at: slice) -> Mapping[str, Any]:
    """The variables after the item in a place of a list is bound to a name, and taken out."""
    values = environment[of]
    if values is FAILED or not values:
        return {**environment, name: FAILED, of: FAILED}
    left = [*values]
    taken, left[at] = left[at], []
    return {**environment, name: taken[0], of: left}
