"""What algorithms are to do: families of specifications whose references have branches, loops, lists, maps and helpers.

Oracles are written apart from the references, as in _specifications.py.
"""

import functools
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, dropwhile, groupby, takewhile
from typing import Any, NamedTuple

from zeroloop.programs import python
from zeroloop.programs.named import named_functions
from zeroloop.tasks._algorithm_table import ORACLES, ROWS
from zeroloop.tasks._specification_table import ORACLES as SIMPLE_ORACLES
from zeroloop.tasks._specifications import MAPPINGS, PROPERTIES, Mapping, Property, Specification

LARGEST_PROPERTY = 9
"""Productions of the properties that loops look for."""


def _specification(key: str, parameters: str, returns: str, says: str, **more: Any) -> Specification:
    """A specification whose function is named after its key. parameters: such as "numbers: list, k: int"."""
    pairs = tuple((part.split(": ")[0], part.split(": ")[1]) for part in parameters.split(", "))
    return Specification(f"algorithm {key}", key.replace(" ", "_"), pairs, returns, says, **more)


# ---- those with names ----------------------------------------------------------------------------------------------


class _Known(NamedTuple):
    """A well-known function: domains of its parameters, size, oracle, and what its tasks leave open, at most.

    without: operations that would do all of it.
    """

    domains: str
    size: int
    oracle: Callable[..., Any]
    most_open: float = 1.0
    without: tuple[str, ...] = ()


def _binary_search(numbers: list[int], target: int) -> int:
    """The index that halving finds: of equal numbers it need not be the first."""
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high - 1) // 2
        if numbers[middle] == target:
            return middle
        low, high = (middle + 1, high) if numbers[middle] < target else (low, middle)
    return -1


_KNOWN = {
    "sum_list": _Known("list", 12, SIMPLE_ORACLES["sum list"], 1.0, ("sum",)),
    "reverse_string": _Known("text", 2, SIMPLE_ORACLES["reverse string"]),
    "is_even": _Known("int", 5, lambda n: n & 1 == 0),
    "factorial": _Known("natural", 15, SIMPLE_ORACLES["factorial"]),
    "binary_search": _Known("ascending int", 45, _binary_search, 0.5),
    "merge": _Known("ascending ascending", 57, lambda a, b: sorted([*a, *b]), 0.5, ("sorted",)),
    "merge_sort": _Known("list", 21, sorted, 0.5, ("sorted",)),
    "fibonacci": _Known("natural", 17, lambda n: _recurrence(0, 1, 1, 1, n)),
    "prime_check": _Known("natural", 28, SIMPLE_ORACLES["prime check"]),
}


def _known() -> Iterator[Specification]:
    for name, each in _KNOWN.items():
        function, helpers, features, _ = named_functions()[name]
        yield Specification(
            key=f"algorithm {name}",
            name=name,
            parameters=tuple(
                (variable.name, domain)
                for variable, domain in zip(function.signature.parameters, each.domains.split(), strict=True)
            ),
            returns=function.signature.text().partition(" -> ")[2],
            says=function.says,
            body="\n".join(python.body_lines(function.term)),
            size=each.size,
            oracle=each.oracle,
            family=name,
            features=features,
            helpers=tuple(helper.signature.name for helper in helpers),
            most_open=each.most_open,
            without=each.without,
        )


def _table() -> Iterator[Specification]:
    for row in ROWS:
        for value in row.values:
            texts = [text if value is None else text.replace("{k}", value) for text in row.texts]
            key, parameters, returns, says, body, promise = texts
            oracle = ORACLES[row.key]
            if value is not None:
                oracle = partial(oracle, int(value) if value.isdigit() else value)
            yield _specification(
                key,
                parameters,
                returns,
                says,
                body=body,
                size=row.size,
                oracle=oracle,
                promise=promise,
                family=row.key,
                features=row.features,
                without=row.without,
            )


# ---- loops over numbers with a property ----------------------------------------------------------------------------


class _Search(NamedTuple):
    """What a loop finds of the numbers with a property: its key, type, English with {}, reference, size without the
    property, features, and its oracle, which gets for each number whether it has the property."""

    key: str
    returns: str
    says: str
    body: str
    size: int
    features: str
    of: Callable[[list[int], list[bool]], Any]


def _longest(has: list[bool]) -> int:
    return max((len([*run]) for holds, run in groupby(has) if holds), default=0)


_SEARCHES = (
    _Search(
        "first place",
        "int",
        "the index of the first one of those numbers that {}, or -1 where there is none",
        "i = 0\nfor x in numbers:\n    if {}:\n        return i\n    i += 1\nreturn -1",
        14,
        "let if loop",
        lambda numbers, has: has.index(True) if True in has else -1,
    ),
    _Search(
        "last place",
        "int",
        "the index of the last one of those numbers that {}, or -1 where there is none",
        "place = -1\ni = 0\nfor x in numbers:\n    if {}:\n        place = i\n    i += 1\nreturn place",
        19,
        "let if loop",
        lambda numbers, has: max((i for i, holds in enumerate(has) if holds), default=-1),
    ),
    _Search(
        "all places",
        "list[int]",
        "the indices of those numbers that {}",
        "places = []\ni = 0\nfor x in numbers:\n    if {}:\n        places.append(i)\n    i += 1\nreturn places",
        19,
        "let if loop list",
        lambda numbers, has: [i for i, holds in enumerate(has) if holds],
    ),
    _Search(
        "longest run",
        "int",
        "how many neighbouring numbers there are, at most, that all {}",
        "best = 0\nrun = 0\nfor x in numbers:\n    if {}:\n        run += 1\n        best = max(best, run)\n    else:\n"
        "        run = 0\nreturn best",
        25,
        "let if loop",
        lambda numbers, has: _longest(has),
    ),
    _Search(
        "runs",
        "int",
        "into how many parts of neighbours those numbers fall that {}",
        "parts = 0\ninside = False\nfor x in numbers:\n    if {}:\n        if not inside:\n            parts += 1\n"
        "        inside = True\n    else:\n        inside = False\nreturn parts",
        27,
        "let if loop",
        lambda numbers, has: sum(holds for holds, _ in groupby(has)),
    ),
    _Search(
        "before first",
        "list[int]",
        "the numbers before the first one of those that {}, or all where there is none",
        "found = []\nfor x in numbers:\n    if {}:\n        break\n    found.append(x)\nreturn found",
        12,
        "let if loop list",
        lambda numbers, has: [x for x, _ in takewhile(lambda pair: not pair[1], zip(numbers, has, strict=True))],
    ),
    _Search(
        "from first",
        "list[int]",
        "the first one of those numbers that {}, and all after it",
        "found = []\nstarted = False\nfor x in numbers:\n    if {}:\n        started = True\n    if started:\n"
        "        found.append(x)\nreturn found",
        20,
        "let if loop list",
        lambda numbers, has: [x for x, _ in dropwhile(lambda pair: not pair[1], zip(numbers, has, strict=True))],
    ),
    _Search(
        "sum before first",
        "int",
        "the sum of the numbers before the first one of those that {}, or of all where there is none",
        "total = 0\nfor x in numbers:\n    if {}:\n        return total\n    total += x\nreturn total",
        14,
        "let if loop",
        lambda numbers, has: sum(numbers[: has.index(True)] if True in has else numbers),
    ),
    _Search(
        "running count",
        "list[int]",
        "for each number, how many up to it {}",
        "counts = []\ncount = 0\nfor x in numbers:\n    if {}:\n        count += 1\n    counts.append(count)\n"
        "return counts",
        19,
        "let if loop list",
        lambda numbers, has: [*accumulate(map(int, has))],
    ),
    _Search(
        "twice where",
        "list[int]",
        "the numbers, where each of those that {} comes twice in a row",
        "found = []\nfor x in numbers:\n    found.append(x)\n    if {}:\n        found.append(x)\nreturn found",
        15,
        "let if loop list",
        lambda numbers, has: [x for x, holds in zip(numbers, has, strict=True) for _ in range(1 + holds)],
    ),
)


def _searches() -> Iterator[Specification]:
    for search in _SEARCHES:
        for p in PROPERTIES:
            if p.size <= LARGEST_PROPERTY:
                yield _specification(
                    f"{search.key} {p.key}",
                    "numbers: list",
                    search.returns,
                    search.says.format(p.says),
                    body=search.body.replace("{}", p.text),
                    size=search.size + p.size,
                    oracle=partial(_searched, search, p),
                    family=search.key,
                    features=tuple(search.features.split()),
                )


def _searched(search: _Search, p: Property, numbers: list[int]) -> Any:
    return search.of(numbers, [p.holds(x) for x in numbers])


# ---- numbers that follow from one another --------------------------------------------------------------------------


def _running() -> Iterator[Specification]:
    for m in MAPPINGS:
        yield _specification(
            f"running sums {m.key}",
            "numbers: list",
            "list[int]",
            f"for each number, the sum of {m.says} the numbers up to it",
            body=f"sums = []\ntotal = 0\nfor x in numbers:\n    total += {m.text}\n    sums.append(total)\nreturn sums",
            size=RUNNING + m.size,
            oracle=partial(_running_sums, m),
            family="running sums",
            features=("let", "loop", "list"),
        )


def _running_sums(m: Mapping, numbers: list[int]) -> list[int]:
    return [*accumulate(map(m.of, numbers))]


RUNNING, RECURRENCE, SORTING = 16, 17, 40
"""Sizes of the references of families, without what differs."""
_RECURRENCES = (
    *((2, 1, 1, 1), (1, 1, 1, 1), (0, 1, 2, 1), (1, 1, 2, 1), (0, 1, 1, 2), (1, 1, 1, 2), (0, 1, 3, 1), (1, 2, 1, 1)),
    *((0, 2, 1, 1), (1, 2, 2, 1), (2, 2, 2, 1), (2, 0, 1, 1), (1, 0, 1, 2), (0, 1, 2, 2)),
)
"""First two numbers; how often the one before and the one two before count."""


def _recurrences() -> Iterator[Specification]:
    for first, second, p, q in _RECURRENCES:
        step = f"{'b' if p == 1 else f'{p} * b'} + {'a' if q == 1 else f'{q} * a'}"
        says = (
            f"{'' if p == 1 else f'{p} times '}the one before plus {'' if q == 1 else f'{q} times '}the one before that"
        )
        yield _specification(
            f"recurrence {first} {second} {p} {q}",
            "n: natural",
            "int",
            f"the number in place n, from 0, of {first}, {second} and so on, where each is {says}",
            body=f"a = {first}\nb = {second}\nfor i in range(n):\n    a, b = b, {step}\nreturn a",
            size=RECURRENCE + 2 * ((p > 1) + (q > 1)),
            oracle=partial(_recurrence, first, second, p, q),
            family="recurrence",
            features=("let", "loop", "pair"),
        )


def _recurrence(first: int, second: int, p: int, q: int, n: int) -> int:
    values = [first, second]
    while len(values) <= n:
        values.append(p * values[-1] + q * values[-2])
    return values[n]


_SORT_KEYS: tuple[tuple[str, str, str, int, Callable[[int], int]], ...] = (
    ("size", "absolute value", "abs({})", 1, abs),
    ("last digit", "remainder modulo 10", "{} % 10", 2, lambda x: x % 10),
    ("rest by 3", "remainder modulo 3", "{} % 3", 2, lambda x: x % 3),
    ("half", "half of it, rounded down", "{} // 2", 2, lambda x: x // 2),
)


def _sortings() -> Iterator[Specification]:
    for name, says, key, size, of in _SORT_KEYS:
        greater = f"{key.format('found[i - 1]')} > {key.format('x')}"
        yield _specification(
            f"sorted by {name}",
            "numbers: list",
            "list[int]",
            f"the numbers in ascending order of their {says}, equal ones in the order in which they were",
            body=f"found = []\nfor x in numbers:\n    i = len(found)\n    while i > 0 and {greater}:\n        i -= 1\n"
            "    found = found[:i] + [x] + found[i:]\nreturn found",
            size=SORTING + 2 * size,
            oracle=partial(_sorted_by, of),
            family="sorted by",
            features=("let", "loop", "while", "list"),
        )


def _sorted_by(of: Callable[[int], int], numbers: list[int]) -> list[int]:
    return sorted(numbers, key=of)


@functools.cache
def algorithms() -> dict[str, Specification]:
    """All of them by key, in a fixed order."""
    makers = (_known, _table, _searches, _running, _recurrences, _sortings)
    return {each.key: each for maker in makers for each in maker()}
