"""What functions are to do: families of specifications, each with an oracle in plain Python and a reference.

The oracle is what verification asks. It is written apart from the reference, which is a program of the language that
the search writes in; sizes are numbers of productions of the reference.
"""

import functools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from zeroloop.tasks._specification_table import ORACLES, ROWS

UNDEFINED = (ArithmeticError, LookupError, ValueError)
"""What an oracle raises for arguments that the function is never called with."""
PROMISES = {
    "filled": "{} is never empty",
    "word": "{} is never empty",
    "natural": "{} is at least 0",
    "positive": "{} is at least 1",
    "large": "{} is at least 0",
    "ascending": "{} is in ascending order",
    "rotated": "{} is an ascending list of different numbers whose beginning was moved to its end",
}
_DOMAINS = {
    "int": "int natural positive large",
    "list[int]": "list filled ascending rotated",
    "str": "text word",
    "list[str]": "words",
    "dict[int, int]": "table",
    "dict[str, int]": "tally",
}
ANNOTATIONS = {domain: annotation for annotation, domains in _DOMAINS.items() for domain in domains.split()}
"""Of what is drawn from a domain."""


@dataclass(frozen=True)
class Specification:
    """One function.

    key: names it in tasks. parameters: names and domains. says: what it returns, in English. body: the reference.
    promise: about the arguments, besides what the domains promise. family: of those that are made alike. features: of
    the language that the reference needs. helpers: well-known functions that it calls. most_open: share of it that
    tasks leave open, at most. without: operations of the language that would do all of it.
    """

    key: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    returns: str
    says: str
    body: str
    size: int
    oracle: Callable[..., Any]
    promise: str = ""
    family: str = "named"
    features: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    most_open: float = 1.0
    without: tuple[str, ...] = ()

    def result(self, arguments: Sequence[Any]) -> Any:
        """What the oracle says, which may change its arguments. Raises one of UNDEFINED where it says nothing."""
        return self.oracle(*(each.copy() if isinstance(each, list | dict) else each for each in arguments))

    @property
    def signature(self) -> str:
        """As Python, without a colon."""
        parameters = ", ".join(f"{name}: {ANNOTATIONS[domain]}" for name, domain in self.parameters)
        return f"def {self.name}({parameters}) -> {self.returns}"

    @property
    def promises(self) -> str:
        """What may be relied on, as a sentence; empty where nothing is promised."""
        found = [PROMISES[domain].format(name) for name, domain in self.parameters if domain in PROMISES]
        text = ", and ".join([*found, *([self.promise] if self.promise else [])])
        return f"It is promised that {text}." if text else ""


class Property(NamedTuple):
    """Of an integer x: as Python, its size, in English after "numbers that", and for the oracle."""

    key: str
    text: str
    size: int
    says: str
    holds: Callable[[int], bool]


class Mapping(NamedTuple):
    """Of an integer x: as Python, its size, in English before the numbers, and for the oracle."""

    key: str
    text: str
    size: int
    says: str
    of: Callable[[int], int]


def _properties() -> Iterator[Property]:
    yield Property("positive", "x > 0", 3, "are positive", partial(_above, 0))
    yield Property("negative", "x < 0", 3, "are negative", partial(_below, 0))
    yield Property("not_zero", "x != 0", 3, "are not 0", bool)
    for k in (1, 2, 3, 4, 5, 6, 8, 10, 12):
        yield Property(f"above_{k}", f"x > {k}", 3, f"are greater than {k}", partial(_above, k))
    for k in (1, 2, 3, 4, 5, 7, 9, 11):
        yield Property(f"below_{k}", f"x < {k}", 3, f"are less than {k}", partial(_below, k))
    yield Property("even", "x % 2 == 0", 5, "are even", partial(_leaves, 2, 0))
    yield Property("odd", "x % 2 == 1", 5, "are odd", partial(_leaves, 2, 1))
    for k in (3, 4, 5, 6, 7):
        yield Property(f"multiple_of_{k}", f"x % {k} == 0", 5, f"are divisible by {k}", partial(_leaves, k, 0))
    for k in (3, 4, 5):
        says = f"are not divisible by {k}"
        yield Property(f"not_multiple_of_{k}", f"x % {k} != 0", 5, says, _neither(partial(_leaves, k, 0)))
    for k, rest in ((3, 1), (3, 2), (4, 1), (4, 3), (5, 1), (5, 2)):
        says = f"are {rest} more than a multiple of {k}"
        yield Property(f"{rest}_mod_{k}", f"x % {k} == {rest}", 5, says, partial(_leaves, k, rest))
    for k in (10, 20, 50):
        far = _neither(partial(_between, -math.isqrt(k), math.isqrt(k)))
        yield Property(f"with_square_above_{k}", f"x * x > {k}", 5, f"have squares greater than {k}", far)
    for low, high in ((0, 5), (1, 8), (2, 7), (3, 9), (4, 12)):
        text, says = f"x >= {low} and x <= {high}", f"are from {low} to {high}"
        yield Property(f"from_{low}_to_{high}", text, 7, says, partial(_between, low, high))
    for k in (2, 4, 6):
        even = _both(_neither(partial(_leaves, 2, 1)), partial(_above, k))
        text, says = f"x % 2 == 0 and x > {k}", f"are even and greater than {k}"
        yield Property(f"even_above_{k}", text, 9, says, even)
        either = _neither(_both(partial(_leaves, 2, 0), _neither(partial(_below, k))))
        text, says = f"x % 2 == 1 or x < {k}", f"are odd or less than {k}"
        yield Property(f"odd_or_below_{k}", text, 9, says, either)
        text, says = f"x % 3 == 0 and x < {3 * k}", f"are divisible by 3 and less than {3 * k}"
        both = _both(partial(_leaves, 3, 0), partial(_below, 3 * k))
        yield Property(f"multiple_of_3_below_{3 * k}", text, 9, says, both)


def _above(k: int, x: int) -> bool:
    return x - k >= 1


def _below(k: int, x: int) -> bool:
    return k - x >= 1


def _between(low: int, high: int, x: int) -> bool:
    return x in range(low, high + 1)


def _leaves(k: int, rest: int, x: int) -> bool:
    return (x - rest) // k * k == x - rest


def _neither(holds: Callable[[int], bool]) -> Callable[[int], bool]:
    return lambda x: not holds(x)


def _both(first: Callable[[int], bool], second: Callable[[int], bool]) -> Callable[[int], bool]:
    return lambda x: all((first(x), second(x)))


def _mappings() -> Iterator[Mapping]:
    yield Mapping("absolute", "abs(x)", 2, "the absolute values of", lambda x: max(x, -x))
    yield Mapping("square", "x * x", 3, "the squares of", lambda x: x**2)
    for k, word in ((2, "twice"), (3, "three times"), (4, "four times"), (5, "five times")):
        yield Mapping(f"times_{k}", f"{k} * x", 3, f"{word} each of", partial(_linear, k, 0))
    for k in (1, 2, 3, 5):
        yield Mapping(f"plus_{k}", f"x + {k}", 3, f"{k} more than each of", partial(_linear, 1, k))
    for k in (1, 5, 10):
        yield Mapping(f"{k}_minus", f"{k} - x", 3, f"{k} minus each of", partial(_linear, -1, k))
    for k, word in ((2, "half"), (3, "a third of"), (4, "a quarter of")):
        yield Mapping(f"over_{k}", f"x // {k}", 3, f"{word} each (rounded down) of", partial(_part, k))
    for k in (3, 4, 5):
        yield Mapping(f"mod_{k}", f"x % {k}", 3, f"the remainders modulo {k} of", partial(_rest, k))
    for k, j in ((2, 1), (3, 1), (3, 2), (5, 2)):
        says = f"{j} more than {k} times each of"
        yield Mapping(f"times_{k}_plus_{j}", f"{k} * x + {j}", 5, says, partial(_linear, k, j))
    for k in (1, 3):
        says = f"{k} more than the squares of"
        yield Mapping(f"square_plus_{k}", f"x * x + {k}", 5, says, partial(_square_and, k))
    yield Mapping("cube", "x * x * x", 5, "the cubes of", lambda x: x**3)


def _linear(k: int, j: int, x: int) -> int:
    return j - -k * x


def _part(k: int, x: int) -> int:
    return math.floor(Fraction(x, k))


def _rest(k: int, x: int) -> int:
    return next(rest for rest in range(k) if _leaves(k, rest, x))


def _square_and(k: int, x: int) -> int:
    return x**2 + k


PROPERTIES, MAPPINGS = tuple(_properties()), tuple(_mappings())
_NUMBERS = (("numbers", "list"),)
_SUCH = "there is always such a number"


class _Fold(NamedTuple):
    """What is made of a list: its name, the English before it, the reference with room for a comprehension and without,
    the size that it adds, the type, the oracle, and a promise."""

    name: str
    says: str
    text: str
    size: int
    returns: str
    of: Callable[[list[int]], Any]
    promise: str = ""


_FOLDS = (
    _Fold("sum", "the sum of", "sum({})", 1, "int", lambda values: functools.reduce(lambda a, b: a + b, values, 0)),
    _Fold("largest", "the largest of", "max({})", 1, "int", lambda values: sorted(values)[-1], _SUCH),
    _Fold("smallest", "the smallest of", "min({})", 1, "int", lambda values: sorted(values)[0], _SUCH),
    _Fold("last", "the last of", "[{}][-1]", 2, "int", lambda values: values.pop(), _SUCH),
    _Fold("list", "a list, in order, of", "[{}]", 0, "list[int]", lambda values: [*values]),
    _Fold("sorted", "an ascending list of", "sorted({})", 1, "list[int]", lambda values: sorted(values)),
)


def _folds() -> Iterator[Specification]:
    """Those numbers of a list that have a property, or all of them, mapped, and put together."""
    for fold in _FOLDS:
        for mapping in (None, *MAPPINGS):
            for property_ in (None, *PROPERTIES):
                if mapping is None and property_ is None:
                    continue
                parts = [part.key for part in (mapping, property_) if part is not None]
                text = mapping.text if mapping else "x"
                condition = f" if {property_.text}" if property_ else ""
                says = f"those numbers that {property_.says}" if property_ else "the numbers"
                yield Specification(
                    f"{fold.name} {' '.join(parts)}",
                    f"{fold.name}_{'_'.join(parts)}",
                    (("numbers", "filled" if fold.promise and property_ is None else "list"),),
                    fold.returns,
                    f"{fold.says} {f'{mapping.says} ' if mapping else ''}{says}",
                    fold.text.format(f"{text} for x in numbers{condition}"),
                    fold.size + 2 + (mapping.size if mapping else 0) + (property_.size if property_ else 0),
                    _folding(fold, mapping, property_),
                    fold.promise if property_ else "",
                )


def _folding(fold: _Fold, mapping: Mapping | None, property_: Property | None) -> Callable[[list[int]], Any]:
    def oracle(numbers: list[int]) -> Any:
        kept = [x for x in numbers if property_ is None or property_.holds(x)]
        return fold.of([mapping.of(x) for x in kept] if mapping else kept)

    return oracle


def _of(
    key: str,
    parameters: str,
    returns: str,
    says: str,
    body: str,
    size: int,
    oracle: Callable[..., Any],
    promise: str = "",
) -> Specification:
    """A specification whose function is named after its key. parameters: such as "numbers: list, k: int"."""
    pairs = tuple((part.split(": ")[0], part.split(": ")[1]) for part in parameters.split(", "))
    name = key.replace(" ", "_")
    return Specification(key, name, pairs, returns, says, body, size, oracle, promise)


def _selections() -> Iterator[Specification]:
    """How many numbers have a property, whether any or all do, and what is done to those only."""
    for p in PROPERTIES:
        of, says, size = p.holds, p.says, p.size
        numbers = "numbers: list"
        body = f"len([x for x in numbers if {p.text}])"
        yield _of(f"count {p.key}", numbers, "int", f"how many numbers {says}", body, 3 + size, partial(_count, of))
        body = f"any({p.text} for x in numbers)"
        yield _of(f"any {p.key}", numbers, "bool", f"whether some numbers {says}", body, 2 + size, partial(_some, of))
        body = f"all({p.text} for x in numbers)"
        yield _of(f"all {p.key}", numbers, "bool", f"whether all numbers {says}", body, 2 + size, partial(_every, of))
        body = f"result = 1\nfor x in numbers:\n    result *= x if {p.text} else 1"
        says = f"the product of those numbers that {p.says} (1 without any)"
        yield _of(f"product {p.key}", numbers, "int", says, body, 8 + size, partial(_product, of))
        for m in MAPPINGS:
            become = partial(_become, of, m.of)
            says = f"after each x among those that {p.says} has become {m.text}"
            body = f"{m.text} if {p.text} else x for x in numbers"
            key, size = f"{m.key} where {p.key}", 5 + p.size + m.size
            yield _of(
                f"sum {key}",
                numbers,
                "int",
                f"the sum of the numbers, {says}",
                f"sum({body})",
                size,
                partial(_total, become),
            )
            yield _of(f"list {key}", numbers, "list[int]", f"the numbers, {says}", f"[{body}]", size - 1, become)


def _count(holds: Callable[[int], bool], numbers: list[int]) -> int:
    return sum(1 for x in numbers if holds(x))


def _some(holds: Callable[[int], bool], numbers: list[int]) -> bool:
    return _count(holds, numbers) > 0


def _every(holds: Callable[[int], bool], numbers: list[int]) -> bool:
    return _count(holds, numbers) == len(numbers)


def _product(holds: Callable[[int], bool], numbers: list[int]) -> int:
    return math.prod(x for x in numbers if holds(x))


def _become(holds: Callable[[int], bool], change: Callable[[int], int], numbers: list[int]) -> list[int]:
    return [change(x) if holds(x) else x for x in numbers]


def _total(change: Callable[[list[int]], list[int]], numbers: list[int]) -> int:
    return sum(change(numbers))


def _integers() -> Iterator[Specification]:
    """Properties and mappings of one integer, and of all integers up to one."""
    for p in PROPERTIES:
        if p.size > 3:
            says = f"whether n {p.says.replace('are ', 'is ', 1).replace('have squares', 'has a square', 1)}"
            yield _of(f"is {p.key}", "n: int", "bool", says, _of_n(p.text), p.size, p.holds)
        body, says = f"sum(x for x in range(n + 1) if {p.text})", f"the sum of those integers from 0 to n that {p.says}"
        yield _of(f"sum to n {p.key}", "n: natural", "int", says, body, 6 + p.size, partial(_up_to, sum, p.holds))
        body, says = f"len([x for x in range(n + 1) if {p.text}])", f"how many integers from 0 to n {p.says}"
        yield _of(f"count to n {p.key}", "n: natural", "int", says, body, 6 + p.size, partial(_up_to, len, p.holds))
    for m in MAPPINGS:
        formula = _of_n(m.text)
        yield _of(f"formula {m.key}", "n: int", "int", f"the value of {formula}", formula, m.size, m.of)
        body, says = f"sum({m.text} for x in range(n + 1))", f"the sum of {m.text} over all integers x from 0 to n"
        yield _of(f"sum to n {m.key}", "n: natural", "int", says, body, 6 + m.size, partial(_sum_up_to, m.of))


def _of_n(text: str) -> str:
    return re.sub(r"\bx\b", "n", text)


def _up_to(fold: Callable[[list[int]], int], holds: Callable[[int], bool], n: int) -> int:
    return fold([x for x in range(n + 1) if holds(x)])


def _sum_up_to(of: Callable[[int], int], n: int) -> int:
    return sum(map(of, range(n + 1)))


def _named() -> Iterator[Specification]:
    """Those of the table."""
    for row in ROWS:
        for k in row.values:
            oracle = ORACLES[row.key] if k is None else partial(ORACLES[row.key], k)
            texts = [text if k is None else text.replace("{k}", str(k)) for text in row.texts]
            key, parameters, returns, says, body, promise = texts
            yield _of(key, parameters, returns, says, body, row.size, oracle, promise)


@functools.cache
def specifications() -> dict[str, Specification]:
    """All of them by key, in a fixed order."""
    made = [replace(each, family=each.key.split()[0]) for maker in (_folds, _selections, _integers) for each in maker()]
    return {specification.key: specification for specification in (*_named(), *made)}
