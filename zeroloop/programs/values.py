"""What the operations of the language come to: the semantics that all printed programs share.

An operation without a value for its operands raises FailedError, and nothing is claimed about what printed programs do
then. Integers stay within 2**53 - 1, so that the numbers of JavaScript and Java are exact. Division rounds down, and
remainders have the sign of the divisor. Indices are at least 0, but for a negative number that the program names, which
counts from the end. Parts that are cut out have bounds of at least 0, which are clamped to the length. Texts are
printable ASCII. Lists and maps are values: what is bound to a name changes under this name alone.
"""

from collections.abc import Callable, Sequence
from typing import Any

LARGEST_INTEGER = 2**53 - 1
LONGEST = 1_000
"""Length of a value that an evaluation may reach."""
MOST_ROUNDS, MOST_DEPTH = 4_000, 40
"""Rounds of all loops and calls that an evaluation may take, and calls that are open at once."""
LONGEST_SHOWN, LARGEST_SHOWN = 100, 10**12
"""Length of a value, and size of an integer, that an example may hold."""


class FailedError(Exception):
    """A program has no value for its arguments, because an operation has none there."""


class LimitError(FailedError):
    """An evaluation was given up: it takes too long, or its values grow too large."""


def is_short(value: Any) -> bool:
    """Whether an example may hold a value."""
    if isinstance(value, list | tuple):
        return len(value) <= LONGEST_SHOWN and all(map(is_short, value))
    if isinstance(value, dict):
        return is_short([*value, *value.values()])
    return abs(value) < LARGEST_SHOWN if isinstance(value, int) else len(value) <= LONGEST_SHOWN


def is_exact(value: Any) -> bool:
    """Whether the integers of a value are within the limits."""
    if isinstance(value, list):
        return all(map(is_exact, value))
    if isinstance(value, dict):
        return is_exact([*value, *value.values()])
    return not isinstance(value, int) or -LARGEST_INTEGER <= value <= LARGEST_INTEGER


def bounded(value: int) -> int:
    """The integer. Raises LimitError where it is too large."""
    if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return value
    raise LimitError("an integer is too large")


def _add(a: int, b: int) -> int:
    return bounded(a + b)


def _subtract(a: int, b: int) -> int:
    return bounded(a - b)


def _multiply(a: int, b: int) -> int:
    return bounded(a * b)


def _divide(a: int, b: int) -> int:
    return a // b


def _remainder(a: int, b: int) -> int:
    return a % b


def _joined(a: Any, b: Any) -> Any:
    if len(a) + len(b) > LONGEST:
        raise LimitError("a value is too long")
    return a + b


def _repeated(text: str, times: int) -> str:
    if times < 0:
        raise FailedError("a text cannot be repeated a negative number of times")
    if len(text) * times > LONGEST:
        raise LimitError("a text is too long")
    return text * times


def _sum(values: list[int]) -> int:
    bounded(sum(map(abs, values)))
    return sum(values)


def _at(values: Sequence[Any], index: int) -> Any:
    if index < 0:
        raise FailedError("an index is negative")
    return values[index]


def from_end(values: Sequence[Any], index: int) -> Any:
    """The element at a negative index that the program names."""
    return values[index]


def _from(values: Any, start: int) -> Any:
    if start < 0:
        raise FailedError("the start of a part is negative")
    return values[start:]


def _to(values: Any, end: int) -> Any:
    if end < 0:
        raise FailedError("the end of a part is negative")
    return values[:end]


def _between(values: Any, start: int, end: int) -> Any:
    return _to(values, end)[start:] if start >= 0 else _from(values, start)


def _count_in_text(text: str, part: str) -> int:
    if not part:
        raise FailedError("the empty text cannot be counted")
    return text.count(part)


def _split(text: str, by: str) -> list[str]:
    if not by:
        raise FailedError("a text cannot be split at the empty text")
    return text.split(by)


def _join(by: str, words: list[str]) -> str:
    if len(by) * len(words) + sum(map(len, words)) > LONGEST:
        raise LimitError("a text is too long")
    return by.join(words)


def _range(n: int) -> list[int]:
    if n > LONGEST:
        raise LimitError("a range is too long")
    return list(range(n))


def rounds(start: int, end: int) -> range:
    """What a loop counts over. Raises LimitError where it is long."""
    if end - start > MOST_ROUNDS:
        raise LimitError("a loop is too long")
    return range(start, end)


def appended(values: list[Any], value: Any) -> None:
    """Puts a value at the end of a list. Raises LimitError where the list is long."""
    if len(values) >= LONGEST:
        raise LimitError("a list is too long")
    values.append(value)


def put(values: list[Any], index: int, value: Any) -> None:
    """Puts a value in place of another. Raises FailedError, or LookupError, where there is none."""
    if index < 0:
        raise FailedError("an index is negative")
    values[index] = value


def put_in_map(values: dict[Any, int], key: Any, value: int) -> None:
    """Puts a value under a key. Raises LimitError where the map is large."""
    if len(values) >= LONGEST:
        raise LimitError("a map is too large")
    values[key] = value


def deleted(values: dict[Any, int], key: Any) -> None:
    """Takes a key and its value out of a map. Raises FailedError where it has none."""
    if key not in values:
        raise FailedError("a map does not have a key")
    del values[key]


def _contains(a: Any, b: Any) -> bool:
    return a in b


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "-": _subtract,
    "//": _divide,
    "%": _remainder,
    "abs": abs,
    "min of two": min,
    "max of two": max,
    **dict.fromkeys(("len", "len of str", "len of words", "len of map", "len of tally"), len),
    **dict.fromkeys(("item", "item of words"), _at),
    "sum": _sum,
    "min": min,
    "max": max,
    **dict.fromkeys(("count", "count in words"), lambda a, b: a.count(b)),
    "count in str": _count_in_text,
    **dict.fromkeys(("get", "get of tally"), lambda a, b, c: a.get(b, c)),
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "not": lambda a: not a,
    **dict.fromkeys(("in", "in str", "in words", "key", "key of tally"), _contains),
    **dict.fromkeys(("==", "== of str", "== of list", "== of words"), _equal),
    "reverse": lambda a: a[::-1],
    "from": _from,
    "to": _to,
    "between": _between,
    "upper": str.upper,
    "lower": str.lower,
    "join": _join,
    "split": _split,
    "text": str,
    **dict.fromkeys(("sorted", "keys", "keys of tally"), sorted),
    "range": _range,
    "list": lambda a: [a],
}


def function(op: str, kind: str) -> Callable[..., Any]:
    """What an operation comes to whose result is of type `kind`."""
    if op == "+":
        return _add if kind == "int" else _joined
    if op == "*":
        return _multiply if kind == "int" else _repeated
    return FUNCTIONS[op]
