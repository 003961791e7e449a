"""Expressions over what is observed, such as "sum_{z} P(y | x, z) P(z)": read, valued in random models, and rewritten.

product = factor {["*"] factor | "/" factor}
factor = "sum_{" names "}" product | "P(" names ["|" names] ")" | "(" product ")"      a sum goes as far as it can
names = name {"," name}      a name may have primes, for another value of the variable
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from zeroloop.errors import TaskError
from zeroloop.tasks._causal_models import PRIME
from zeroloop.tasks._kinds import drawn

T = TypeVar("T")

MAX_TEXT = 2_000
"""Characters of a text that is read."""
MAX_DEPTH = 20
"""Brackets and sums within each other."""
MAX_AXES = 12
"""Different variables, those with primes for themselves, that a part of an expression depends on."""

_TOKEN = re.compile(r"\s*((?i:sum_)|[A-Za-z]+'*|.)", re.ASCII)
_SAME = str.maketrans({"[": "(", "]": ")", "∑": "Σ", "σ": "Σ", "·": "*", "×": "*", "′": "'", "’": "'", "∣": "|"})


class Variable(NamedTuple):
    """A value of a variable, by its number; those with different primes vary apart."""

    number: int
    primes: int


class Probability(NamedTuple):
    """P(of | given)."""

    of: tuple[Variable, ...]
    given: tuple[Variable, ...]


class Product(NamedTuple):
    """Its factors multiplied, by the inverse of those that are marked."""

    factors: tuple[tuple["Expression", bool], ...]


class Sum(NamedTuple):
    """The sum over all values of some variables."""

    over: tuple[Variable, ...]
    inner: "Expression"


Expression: TypeAlias = Probability | Product | Sum


def parse(text: str, names: Sequence[str]) -> Expression:
    """The tree of an expression. Raises TaskError that says what is wrong."""
    if len(text) > MAX_TEXT:
        raise TaskError(f"answer: {len(text)} characters are too many; at most {MAX_TEXT} are read")
    return _Reader(text.translate(_SAME).replace("Σ_", "sum_").strip(), names).whole()


def value(tree: Expression, joint: npt.NDArray[np.int64]) -> tuple[tuple[Variable, ...], npt.NDArray[np.int64]]:
    """The variables that an expression depends on, ascending, and its values, with an axis for each, where the
    variables have this joint distribution. Raises TaskError where there are too many."""
    if isinstance(tree, Probability):
        return _probability(tree, joint)
    if isinstance(tree, Sum):
        axes, numbers = value(tree.inner, joint)
        gone = tuple(place for place, axis in enumerate(axes) if axis in tree.over)
        times = 2 ** len({*tree.over} - {*axes})  # an inner part that does not depend on a variable counts twice
        return tuple(axis for axis in axes if axis not in tree.over), numbers.sum(gone) % PRIME * times % PRIME
    parts = [(*value(factor, joint), inverted) for factor, inverted in tree.factors]
    axes = tuple(sorted({axis for part in parts for axis in part[0]}))
    if len(axes) > MAX_AXES:
        raise TaskError(f"answer: a part depends on {len(axes)} variables; at most {MAX_AXES} are tried")
    whole = np.ones((2,) * len(axes), np.int64)
    for of, numbers, inverted in parts:
        shape = [2 if axis in of else 1 for axis in axes]
        whole = whole * (_inverse(numbers) if inverted else numbers).reshape(shape) % PRIME
    return axes, whole


def write(tree: Expression, names: Sequence[str]) -> str:
    """The expression as text."""
    if isinstance(tree, Probability):
        of, given = (", ".join(_word(each, names) for each in those) for those in tree)
        return f"P({of} | {given})" if given else f"P({of})"
    if isinstance(tree, Sum):
        return f"sum_{{{', '.join(_word(each, names) for each in tree.over)}}} {write(tree.inner, names)}"
    text = ""
    for factor, inverted in tree.factors:
        part = write(factor, names)
        bare = isinstance(factor, Probability)
        text += f"{' / ' if inverted else ' ' * bool(text)}{part if bare else f'({part})'}"
    return text


def varied(tree: Expression, free: Sequence[Variable], rng: np.random.Generator) -> Expression:
    """A sum of a product of probabilities, or such a product, in another form that is the same for all distributions:
    other orders, other primes of what is summed over, nested sums, and quotients instead of conditions."""
    over, inner = (tree.over, tree.inner) if isinstance(tree, Sum) else ((), tree)
    new = dict[Variable, Variable]()
    for each in over:
        taken = {*free, *new.values()}
        new[each] = drawn(rng, [v for primes in range(3) if (v := Variable(each.number, primes)) not in taken])
    factors = list[tuple[Expression, bool]]()
    for factor, _ in inner.factors if isinstance(inner, Product) else ((inner, False),):
        assert isinstance(factor, Probability)
        of, given = (tuple(new.get(each, each) for each in _shuffled(those, rng)) for those in factor)
        if given and rng.integers(5) == 0:
            factors += [(Probability(_shuffled((*of, *given), rng), ()), False), (Probability(given, ()), True)]
        else:
            factors.append((Probability(of, given), False))
    if not any(inverted for _, inverted in factors):
        factors = list(_shuffled(factors, rng))
    found: Expression = Product(tuple(factors)) if len(factors) > 1 else factors[0][0]
    names = _shuffled(tuple(new.values()), rng)
    if len(names) > 1 and rng.integers(2):
        return Sum(names[:1], Sum(names[1:], found))
    return Sum(names, found) if names else found


def spoilt(tree: Expression, rng: np.random.Generator) -> Expression:
    """Such a sum with one thing changed, which is hardly ever the same: a condition or a factor less, another prime, or
    one variable less that is summed over."""
    over, inner = (tree.over, tree.inner) if isinstance(tree, Sum) else ((), tree)
    factors = [factor for factor, _ in inner.factors] if isinstance(inner, Product) else [inner]
    at, way = int(rng.integers(len(factors))), int(rng.integers(4))
    chosen = factors[at]
    assert isinstance(chosen, Probability)
    of, given = chosen
    if way == 0 and given:
        gone = drawn(rng, given)
        factors[at] = Probability(of, tuple(each for each in given if each != gone))
    elif way == 1 and len(factors) > 1:
        del factors[at]
    elif way == 2 and over:
        left = drawn(rng, over)
        over = tuple(each for each in over if each != left)
    else:
        turned = drawn(rng, (*of, *given))
        other = turned._replace(primes=1 - turned.primes)
        of, given = (tuple(other if each == turned else each for each in those) for those in (of, given))
        factors[at] = Probability(of, given)
    found: Expression = Product(tuple((factor, False) for factor in factors)) if len(factors) > 1 else factors[0]
    return Sum(over, found) if over else found


def _shuffled(those: Sequence[T], rng: np.random.Generator) -> tuple[T, ...]:
    return tuple(those[i] for i in rng.permutation(len(those)).tolist())


def _probability(tree: Probability, joint: npt.NDArray[np.int64]) -> tuple[tuple[Variable, ...], npt.NDArray[np.int64]]:
    axes = tuple(sorted((*tree.of, *tree.given)))
    rest = tuple(number for number in range(joint.ndim) if number not in {axis.number for axis in axes})
    numbers = joint.sum(rest) % PRIME
    if tree.given:
        whole = numbers.sum(tuple(place for place, axis in enumerate(axes) if axis in tree.of), keepdims=True) % PRIME
        numbers = numbers * _inverse(whole) % PRIME
    return axes, numbers


def _inverse(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    flat = [pow(each, PRIME - 2, PRIME) for each in numbers.ravel().tolist()]
    return np.array(flat, np.int64).reshape(numbers.shape)


def _word(variable: Variable, names: Sequence[str]) -> str:
    return names[variable.number] + "'" * variable.primes


class _Reader:
    """Recursive descent over the tokens of a text."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.text, self.numbers = text, {name.lower(): number for number, name in enumerate(names)}
        self.tokens = [match[1] for match in _TOKEN.finditer(text)]
        self.at = 0

    def whole(self) -> Expression:
        tree = self.product(0)
        if self.at < len(self.tokens):
            raise self.unexpected()
        return tree

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, token: str) -> None:
        if self.peek() != token:
            raise self.unexpected()
        self.at += 1

    def product(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise TaskError(f"answer: brackets and sums are nested more than {MAX_DEPTH} deep")
        factors = [(self.factor(depth), False)]
        while (token := self.peek()) not in ("", ")"):
            self.at += token in "*/"
            factors.append((self.factor(depth), token == "/"))
        return Product(tuple(factors)) if len(factors) > 1 else factors[0][0]

    def factor(self, depth: int) -> Expression:
        token = self.peek()
        if token == "(":
            self.at += 1
            inner = self.product(depth + 1)
            self.take(")")
            return inner
        if token.lower() == "sum_":
            self.at += 1
            return Sum(self.bound(), self.product(depth + 1))
        if token in ("P", "p"):
            self.at += 1
            self.take("(")
            of, given = self.names(), tuple[Variable, ...]()
            if self.peek() == "|":
                self.at += 1
                given = self.names()
            self.take(")")
            if len({each.number for each in (*of, *given)}) < len(of) + len(given):
                raise TaskError("answer: a variable is twice in one probability")
            return Probability(of, given)
        raise self.unexpected()

    def bound(self) -> tuple[Variable, ...]:
        if self.peek() != "{":
            return (self.name(),)
        self.at += 1
        found = self.names()
        self.take("}")
        if len({*found}) < len(found):
            raise TaskError("answer: a sum goes over a variable twice")
        return found

    def names(self) -> tuple[Variable, ...]:
        found = [self.name()]
        while self.peek() == ",":
            self.at += 1
            found.append(self.name())
        return tuple(found)

    def name(self) -> Variable:
        token = self.peek()
        word = token.rstrip("'")
        if word.lower() not in self.numbers:
            raise self.unexpected()
        self.at += 1
        return Variable(self.numbers[word.lower()], len(token) - len(word))

    def unexpected(self) -> TaskError:
        what = f"unexpected {self.peek()[:20]!r}" if self.peek() else "the end comes too soon"
        return TaskError(f"answer: {what} in {self.text[:80]!r}")
