"""What a part of a program must come to, so that the whole comes to what is wanted (deduction from the outside in).

A demand is made of a hole in each environment: a value; or one of `Demand`; or a `Condition` that the value must meet.
It never says more than what follows, so that what does not meet it cannot be a part of a program that does what is
wanted.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from zeroloop.programs.terms import Production
from zeroloop.programs.vectors import FAILED, Vector


class Demand(Enum):
    """FREE: nothing, it may not even be evaluated. SOME: any value. NEVER: what no value meets."""

    FREE = "nothing"
    SOME = "any value"
    NEVER = "no value does"


FREE, SOME, NEVER = Demand.FREE, Demand.SOME, Demand.NEVER


class Condition(NamedTuple):
    """What a value must pass."""

    passes: Callable[[Any], bool]


Demanded: TypeAlias = Any
"""A value, a Demand or a Condition."""


_OPEN = (Demand, Condition)


def is_known(demand: Demanded) -> bool:
    """Whether a demand is one value."""
    return demand.__class__ not in _OPEN


def meets(demand: Demanded, value: Any) -> bool:
    """Whether a value, or FAILED, is what is demanded."""
    if demand is FREE:
        return True
    if value is FAILED or demand is NEVER:
        return False
    if demand is SOME:
        return True
    return demand.passes(value) if isinstance(demand, Condition) else bool(demand == value)


def strictly(demands: Sequence[Demanded]) -> tuple[Demanded, ...]:
    """Any value, wherever one is demanded of what it is part of."""
    return tuple([FREE if demand is FREE else SOME for demand in demands])


def of_operand(
    production: Production, demands: Sequence[Demanded], before: Sequence[Vector | None]
) -> tuple[Demanded, ...]:
    """What is demanded of the next operand of a production that binds nothing.

    demands: of the production. before: what the operands before it come to, None where that is not known.
    """
    unknown = (None,) * len(demands)
    if (lazy := _LAZY.get(production.op)) is not None:
        values = [part or unknown for part in before]
        return tuple(
            [FREE if demand is FREE else lazy(demand, *each) for demand, *each in zip(demands, *values, strict=True)]
        )
    rules = _RULES.get((production.type, production.op)) or _RULES.get(("", production.op), ())
    known = [part for part in before if part is not None]
    if len(known) < len(before) or len(before) >= len(rules):
        return strictly(demands)
    rule = rules[len(before)]
    return tuple(
        [
            rule(demand, *each) if is_known(demand) else FREE if demand is FREE else SOME
            for demand, *each in zip(demands, *known, strict=True)
        ]
    )


# ---- operands that may not be evaluated ------------------------------------------------------------------------------


def _of_if(demand: Demanded, *before: Any) -> Demanded:
    if not before:
        return FREE
    if len(before) == 1:
        return SOME if before[0] is None or meets(demand, before[0]) else False
    return demand if before[1] is False else FREE


def _of_and(demand: Demanded, *before: Any) -> Demanded:
    if not before:
        return True if demand is True else SOME
    return demand if before[0] is True else FREE


def _of_or(demand: Demanded, *before: Any) -> Demanded:
    if not before:
        return False if demand is False else SOME
    return demand if before[0] is False else FREE


_LAZY: dict[str, Callable[..., Demanded]] = {"if": _of_if, "and": _of_and, "or": _of_or}


# ---- operands that are ---------------------------------------------------------------------------------------------


def _some(wanted: Any, *before: Any) -> Demanded:
    return SOME


def _where(holds: Callable[[Any], bool], of: Callable[[Any], Demanded] = _some) -> Callable[[Any], Demanded]:
    """No value does where the result does not have a property; else what `of` says."""
    return lambda wanted: of(wanted) if holds(wanted) else NEVER


def _second_factor(wanted: int, first: int) -> Demanded:
    if first == 0:
        return NEVER if wanted else SOME
    return NEVER if wanted % first else wanted // first


def _first_times(wanted: str) -> Demanded:
    return Condition(lambda text: text == wanted[: len(text)] and bool(text)) if wanted else SOME


def _times(wanted: str, text: str) -> Demanded:
    if not wanted:
        return SOME if not text else 0
    count = len(wanted) // len(text)
    return count if text * count == wanted else NEVER


def _second_of(best: Callable[[int, int], int]) -> Callable[[int, int], Demanded]:
    """Of min or max: what the second must be where the first is known."""

    def second(wanted: int, first: int) -> Demanded:
        return Condition(lambda value: best(value, wanted) == wanted) if first == wanted else wanted

    return second


def _first_of(best: Callable[[int, int], int]) -> Callable[[int], Demanded]:
    return lambda wanted: Condition(lambda value: best(value, wanted) == wanted)


def _from_number(wanted: str) -> Demanded:
    try:
        number = int(wanted)
    except ValueError:
        return NEVER
    return number if str(number) == wanted else NEVER


def _equal_to(wanted: bool, first: Any) -> Demanded:
    return first if wanted else Condition(lambda value: value != first)


def _rises(values: Sequence[Any]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _end_of(wanted: Any) -> Demanded:
    return Condition(lambda value: value[len(value) - len(wanted) :] == wanted if wanted else True)


def _beginning_of(wanted: Any) -> Demanded:
    return Condition(lambda value: value[: len(wanted)] == wanted)


def _natural(wanted: int) -> bool:
    return wanted >= 0


_RULES: dict[tuple[str, str], tuple[Callable[..., Demanded], ...]] = {
    ("int", "+"): (_some, lambda wanted, first: wanted - first),
    ("int", "-"): (_some, lambda wanted, first: first - wanted),
    ("int", "*"): (_some, _second_factor),
    ("int", "abs"): (_where(_natural),),
    ("int", "min of two"): (_first_of(min), _second_of(min)),
    ("int", "max of two"): (_first_of(max), _second_of(max)),
    ("int", "item"): (lambda wanted: Condition(lambda values: wanted in values),),
    ("", "count"): (lambda wanted: Condition(lambda values: 0 <= wanted <= len(values)),),
    **{("int", f"len{of}"): (_where(_natural),) for of in ("", " of str", " of words", " of map", " of tally")},
    ("bool", "not"): (lambda wanted: not wanted,),
    **{("bool", f"=={of}"): (_some, _equal_to) for of in ("", " of str", " of list", " of words")},
    ("bool", "!="): (_some, lambda wanted, first: _equal_to(not wanted, first)),
    ("", "+"): (
        lambda wanted: Condition(lambda value: value == wanted[: len(value)]),
        lambda wanted, first: wanted[len(first) :],
    ),
    ("", "reverse"): (lambda wanted: wanted[::-1],),
    ("", "from"): (_end_of, lambda wanted, whole: len(whole) - len(wanted) if wanted else SOME),
    ("", "to"): (_beginning_of, lambda wanted, whole: len(wanted) if len(wanted) < len(whole) else SOME),
    ("str", "*"): (_first_times, _times),
    ("str", "item"): (_where(lambda wanted: len(wanted) == 1, lambda wanted: Condition(lambda text: wanted in text)),),
    ("str", "item of words"): (lambda wanted: Condition(lambda words: wanted in words),),
    ("str", "upper"): (_where(lambda wanted: wanted == wanted.upper()),),
    ("str", "lower"): (_where(lambda wanted: wanted == wanted.lower()),),
    ("str", "text"): (_from_number,),
    ("", "sorted"): (_where(lambda wanted: wanted == sorted(wanted)),),
    ("", "keys"): (_where(_rises),),
    ("", "keys of tally"): (_where(_rises),),
    ("list", "range"): (_where(lambda wanted: wanted == [*range(len(wanted))], lambda wanted: len(wanted) or SOME),),
    ("", "list"): (_where(lambda wanted: len(wanted) == 1, lambda wanted: wanted[0]),),
}
"""For each type (or any) and op: what is demanded of its operands in turn, of those that are not lazy."""

_REFUSING = {
    (op, 0) for op in ("abs", "upper", "lower", "text", "sorted", "keys", "keys of tally", "range", "list", "item")
}
_REFUSING |= {("*", 1), *((f"len{of}", 0) for of in ("", " of str", " of words", " of map", " of tally"))}


def may_refuse(production: Production, place: int) -> bool:
    """Whether NEVER can be what is demanded of an operand in this place."""
    return (production.op, place) in _REFUSING


# ---- items -----------------------------------------------------------------------------------------------------------


def of_filtered(demand: Demanded) -> Demanded:
    """What is demanded of what a filter goes over: equal items are all kept or all dropped."""
    if not is_known(demand):
        return FREE if demand is FREE else SOME
    return Condition(lambda values: [x for x in values if x in demand] == demand)


def of_condition(demand: Demanded, item: Any, is_mapped: bool) -> Demanded:
    """What is demanded of the condition of a filter for an item.

    demand: of the list that is made. item: what is in it where the condition holds, FAILED where it has no value, None
    where that is not known. is_mapped: different items may come to the same.
    """
    if demand is FREE or item is None:
        return FREE
    if item is FAILED:
        return False
    if not is_known(demand):
        return SOME
    return item in demand and (SOME if is_mapped else True)
