"""What expressions come to in many environments at once: productions are applied to the values of their operands.

This is what the interpreter says, for whoever evaluates the same parts again and again: operands are values, not terms.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias

from zeroloop.programs.terms import LIST, MAP, TALLY, WORDS, Node, Production
from zeroloop.programs.values import MOST_ROUNDS, FailedError, from_end, function


class _Nothing(Enum):
    FAILED = "no value"


FAILED: Final = _Nothing.FAILED
"""Stands where an expression has no value."""
Vector: TypeAlias = tuple[Any, ...]
"""A value for each environment, or FAILED."""
Environments: TypeAlias = tuple[Mapping[str, Any], ...]
"""Values of variables by name."""
OVER = {"filter": 0, "map": 1, "map and filter": 1, "any": 1, "all": 1}
"""Expressions that bind an item, and which operand they go over."""


class UnknownError(Exception):
    """What an expression comes to is not followed here: calls, loops with an accumulator, too many items."""


class Items(NamedTuple):
    """Environments for what is evaluated for each item: one for each different item in each environment around it.

    owners: of each, the place of the environment around it. places: for each environment around them, those of its
    items in turn. key: equal where the environments around are equal and these are, too.
    """

    environments: Environments
    owners: tuple[int, ...]
    places: tuple[tuple[int, ...], ...]
    key: tuple[tuple[Any, ...], ...]


def items(production: Production, environments: Environments, over: Vector) -> Items:
    """The items of what a production goes over. Raises UnknownError where there are too many."""
    name = production.bound[0].name
    found: list[Mapping[str, Any]] = []
    owners: list[int] = []
    places, key = [], []
    for owner, (environment, values) in enumerate(zip(environments, over, strict=True)):
        values = () if values is FAILED else values
        different = sorted(set(values))
        place = {value: len(found) + number for number, value in enumerate(different)}
        found += [{**environment, name: value} for value in different]
        owners += [owner] * len(different)
        places.append(tuple(place[value] for value in values))
        key.append(tuple(different))
        if len(found) > MOST_ROUNDS:
            raise UnknownError("too many items")
    return Items(tuple(found), tuple(owners), tuple(places), tuple(key))


def evaluated(node: Node, environments: Environments) -> Vector:
    """What an expression without holes comes to. Raises UnknownError."""
    head = node.head
    assert isinstance(head, Production)
    if not head.holes:
        return leaf(head, environments)
    if (place := OVER.get(head.op)) is None:
        if head.bound or head.op == "call":
            raise UnknownError(f"{head.op} is not followed")
        return combined(node_heads(node), [evaluated(child, environments) for child in node.children])
    over = evaluated(node.children[place], environments)
    within = items(head, environments, over)
    parts = [
        over if number == place else evaluated(child, within.environments) for number, child in enumerate(node.children)
    ]
    return combined(node_heads(node), parts, within)


def node_heads(node: Node) -> list[Any]:
    """The productions of a node and of its operands."""
    return [node.head, *(child.head for child in node.children)]


def leaf(production: Production, environments: Environments) -> Vector:
    """What a production without holes comes to."""
    value = production.value
    if production.op == "variable":
        return tuple(environment[value] for environment in environments)
    if production.type in (LIST, WORDS):
        value = []
    elif production.type in (MAP, TALLY):
        value = {}
    return (value,) * len(environments)


def combined(heads: Sequence[Production], parts: Sequence[Vector], within: Items | None = None) -> Vector:
    """What a production comes to. heads: it, and those of its operands. parts: what the operands come to.

    within: of one that binds an item, whose operands that see the item are evaluated for each of them.
    """
    production = heads[0]
    op = production.op
    if within is not None:
        return _BINDING[op](within.places, *parts)
    if op in _LAZY:
        return tuple(map(_LAZY[op], *parts))
    of = from_end if op in ("item", "item of words") and _is_negative(heads[2]) else function(op, production.type)
    return _applied(of, parts)


def _is_negative(head: Production) -> bool:
    return head.op == "constant" and bool(head.value < 0)


def _applied(of: Callable[..., Any], parts: Sequence[Vector]) -> Vector:
    found: list[Any] = []
    for values in zip(*parts, strict=True):
        if any(value is FAILED for value in values):
            found.append(FAILED)
            continue
        try:
            found.append(of(*values))
        except (FailedError, ArithmeticError, LookupError, ValueError):
            found.append(FAILED)
    return tuple(found)


def _if(then: Any, condition: Any, otherwise: Any) -> Any:
    return FAILED if condition is FAILED else then if condition else otherwise


def _and(first: Any, second: Any) -> Any:
    return second if first is True else first


def _or(first: Any, second: Any) -> Any:
    return second if first is False else first


_LAZY: dict[str, Callable[..., Any]] = {"if": _if, "and": _and, "or": _or}
_Places: TypeAlias = Sequence[tuple[int, ...]]


def _found(of: Callable[[tuple[int, ...]], Any], places: _Places, over: Vector) -> Vector:
    return tuple(FAILED if values is FAILED else of(inside) for inside, values in zip(places, over, strict=True))


def _first(body: Vector, stop: bool) -> Callable[[tuple[int, ...]], Any]:
    """Of the values in turn, the first that is `stop` or no value; else the other."""
    return lambda inside: next((body[i] for i in inside if body[i] is stop or body[i] is FAILED), not stop)


def _listed(kept: Iterator[Any]) -> Any:
    values = [*kept]
    return FAILED if any(value is FAILED for value in values) else values


def _any(places: _Places, body: Vector, over: Vector) -> Vector:
    return _found(_first(body, True), places, over)


def _all(places: _Places, body: Vector, over: Vector) -> Vector:
    return _found(_first(body, False), places, over)


def _map(places: _Places, body: Vector, over: Vector) -> Vector:
    return _found(lambda inside: _listed(body[i] for i in inside), places, over)


def _filter(places: _Places, over: Vector, keep: Vector) -> Vector:
    found: list[Any] = []
    for inside, values in zip(places, over, strict=True):
        kept = [keep[i] for i in inside]
        failed = values is FAILED or any(each is FAILED for each in kept)
        found.append(FAILED if failed else [x for x, each in zip(values, kept, strict=True) if each])
    return tuple(found)


def _map_and_filter(places: _Places, body: Vector, over: Vector, keep: Vector) -> Vector:
    def kept(inside: tuple[int, ...]) -> Any:
        return _listed(body[i] if keep[i] is True else FAILED for i in inside if keep[i] is not False)

    return _found(kept, places, over)


_BINDING: dict[str, Callable[..., Vector]] = {
    "any": _any,
    "all": _all,
    "map": _map,
    "filter": _filter,
    "map and filter": _map_and_filter,
}
