"""What programs of the language come to: evaluated in this process, without running them as Python, within limits."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from zeroloop.envs._language import Node, Production, Signature, Term, tree

MOST_ITERATIONS = 2_000
"""Rounds of all loops that an evaluation may take."""
LONGEST, MOST_BITS = 1_000, 256
"""Length of a value, and size of an integer, that an evaluation may reach."""
LONGEST_SHOWN, LARGEST_SHOWN = 100, 10**12
"""Length of a value, and size of an integer, that an example may hold."""


class FailedError(Exception):
    """A program has no value for its arguments, because an operation has none there."""


class LimitError(FailedError):
    """An evaluation was given up; in Python there may be a value."""


Values: TypeAlias = dict[Any, Any]
"""Of variables by name; 0 is the number of iterations that are left."""
Run: TypeAlias = Callable[[Values], Any]


def evaluator(signature: Signature, term: Term) -> Callable[[Sequence[Any]], Any]:
    """The function as a function of a list of arguments, which raises FailedError. Nothing is run as Python."""
    run, names = _run(tree(term)), [variable.name for variable in signature.parameters]

    def function(arguments: Sequence[Any]) -> Any:
        values: Values = dict(zip(names, arguments, strict=True))
        values[0] = MOST_ITERATIONS
        try:
            return run(values)
        except (ArithmeticError, LookupError, ValueError) as error:
            raise FailedError(str(error)) from None

    return function


def _run(node: Node) -> Run:
    """The meaning of a term, put together once for all arguments."""
    head = node.head
    assert isinstance(head, Production), "a program with holes has no value"
    if head.op == "constant":
        constant = head.value
        return lambda values: constant
    if head.op == "variable":
        name = head.value
        return lambda values: values[name]
    parts = [_run(child) for child in node.children]
    if head.op in _SPECIAL:
        return _SPECIAL[head.op](head.value, *parts)
    function: Callable[..., Any] = _FUNCTIONS[head.op]
    first = parts[0]
    if len(parts) == 1:
        return lambda values: function(first(values))
    second = parts[1]
    return lambda values: function(first(values), second(values))


def is_short(value: Any) -> bool:
    """Whether an example may hold a value."""
    if isinstance(value, list):
        return len(value) <= LONGEST_SHOWN and all(map(is_short, value))
    return abs(value) < LARGEST_SHOWN if isinstance(value, int) else len(value) <= LONGEST_SHOWN


def _limited(value: Any) -> Any:
    too_large = value.bit_length() > MOST_BITS if isinstance(value, int) else len(value) > LONGEST
    if too_large:
        raise LimitError("a value is too large")
    return value


def _times(a: Any, b: int) -> Any:
    if isinstance(a, str) and len(a) * b > LONGEST:
        raise LimitError("a text is too long")
    return _limited(a * b)


def _range(n: int) -> list[int]:
    if n > LONGEST:
        raise LimitError("a range is too long")
    return list(range(n))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: _limited(a + b),
    "-": lambda a, b: _limited(a - b),
    "*": _times,
    "//": operator.floordiv,
    "%": operator.mod,
    "abs": abs,
    "min of two": min,
    "max of two": max,
    "len": len,
    "len of str": len,
    "item": operator.getitem,
    "sum": lambda a: _limited(sum(a)),
    "min": min,
    "max": max,
    "count": lambda a, b: a.count(b),
    "count in str": lambda a, b: a.count(b),
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "not": operator.not_,
    "in": lambda a, b: a in b,
    "in str": lambda a, b: a in b,
    "== of str": operator.eq,
    "== of list": operator.eq,
    "reverse": lambda a: a[::-1],
    "from": lambda a, b: a[b:],
    "to": lambda a, b: a[:b],
    "upper": str.upper,
    "lower": str.lower,
    "sorted": sorted,
    "range": _range,
    "list": lambda a: [a],
}


def _rounds(values: Values, name: str, over: Sequence[Any]) -> Iterator[None]:
    """One round for each item, while there are iterations left."""
    for item in over:
        values[0] -= 1
        if values[0] < 0:
            raise LimitError("too many iterations")
        values[name] = item
        yield


def _if(_: Any, then: Run, condition: Run, otherwise: Run) -> Run:
    return lambda values: then(values) if condition(values) else otherwise(values)


def _and(_: Any, first: Run, second: Run) -> Run:
    return lambda values: first(values) and second(values)


def _or(_: Any, first: Run, second: Run) -> Run:
    return lambda values: first(values) or second(values)


def _any(bound: Any, body: Run, over: Run) -> Run:
    return lambda values: any(body(values) for _ in _rounds(values, bound[0], over(values)))


def _all(bound: Any, body: Run, over: Run) -> Run:
    return lambda values: all(body(values) for _ in _rounds(values, bound[0], over(values)))


def _map(bound: Any, body: Run, over: Run) -> Run:
    return lambda values: [body(values) for _ in _rounds(values, bound[0], over(values))]


def _filter(bound: Any, over: Run, keep: Run) -> Run:
    name = bound[0]
    return lambda values: [values[name] for _ in _rounds(values, name, over(values)) if keep(values)]


def _map_and_filter(bound: Any, body: Run, over: Run, keep: Run) -> Run:
    return lambda values: [body(values) for _ in _rounds(values, bound[0], over(values)) if keep(values)]


def _for(bound: Any, first: Run, over: Run, body: Run) -> Run:
    item, result = bound

    def run(values: Values) -> Any:
        start, items = first(values), over(values)
        values[result] = start
        for _ in _rounds(values, item, items):
            values[result] = body(values)
        return values[result]

    return run


_SPECIAL: dict[str, Callable[..., Run]] = {
    "if": _if,
    "and": _and,
    "or": _or,
    "any": _any,
    "all": _all,
    "map": _map,
    "filter": _filter,
    "map and filter": _map_and_filter,
    "for": _for,
    "for of str": _for,
}
