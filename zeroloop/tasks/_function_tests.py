"""Arguments for functions: hidden tests, examples that tell programs apart, and programs that are wrong."""

import ast
import functools
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, zip_longest
from typing import Any, TypeAlias, TypeVar

import numpy as np

from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import MOST_BROUGHT, Language, language
from zeroloop.programs.named import named_functions
from zeroloop.programs.reader import read, read_with_names
from zeroloop.programs.terms import Function, Hole, Production, Term, read_signature
from zeroloop.programs.values import FailedError, LimitError, is_exact, is_short
from zeroloop.seeding import stream
from zeroloop.tasks._algorithms import algorithms
from zeroloop.tasks._specifications import UNDEFINED, Specification, specifications

T = TypeVar("T")
Case: TypeAlias = tuple[list[Any], Any]
"""Arguments, and what the function returns for them."""
HIDDEN, POOL, CANDIDATES, BATTERY, SHOWN = 24, 28, 300, 80, 6
"""Hidden tests; cases that examples are chosen from, and that both are; cases that tell functions apart; examples."""
FEW_ROUNDS = 400
"""Rounds that programs like a reference get: those that never end would take most of the time."""
MOST_CHANGED = 120
"""Programs like a reference that examples have to tell from it."""
EDGES: dict[str, tuple[Any, ...]] = {
    "list": ([], [0], [1, 1], [-1]),
    "filled": ([0], [1, 1], [-1], [2, 1]),
    "int": (0, 1, -1, 10),
    "natural": (0, 1, 2, 3),
    "positive": (1, 2, 3, 4),
    "text": ("", "a", "bb", "ab"),
    "word": ("a", "bb", "ab", "ba"),
    "large": (0, 7, 10, 99),
    "ascending": ([], [0], [1, 1], [-1, 2]),
    "rotated": ([1], [2, 1], [5, 1, 3], [1, 2, 4]),
    "words": ([], ["a"], ["b", "a"], ["bb", "a", "bb"]),
    "tally": ({}, {"a": 1}, {"b": 2, "a": 1}, {"a": 3, "b": 3}),
    "table": ({}, {1: 1}, {2: 5, 1: 7}, {3: 1, 1: 1}),
}
LETTERS = "aabbceexyz"


def agrees(expected: Any, found: Any) -> bool:
    """Whether both are the same value of the same type, as are all their parts."""
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(agrees, expected, found))
    if isinstance(expected, dict) and isinstance(found, dict):
        same = expected.keys() == found.keys() and {*map(type, expected)} == {*map(type, found)}
        return same and all(agrees(each, found[key]) for key, each in expected.items())
    return type(expected) is type(found) and bool(expected == found)


def in_domain(value: Any, domain: str) -> bool:
    """Whether a function may be called with this."""
    if domain in ("list", "filled", "ascending", "rotated"):
        whole = isinstance(value, list) and len(value) <= 100 and all(in_domain(each, "int") for each in value)
        return whole and (domain == "list" or _SHAPES[domain](value))
    if domain == "words":
        return isinstance(value, list) and len(value) <= 100 and all(in_domain(each, "text") for each in value)
    if domain in ("tally", "table"):
        key = "text" if domain == "tally" else "int"
        whole = isinstance(value, dict) and len(value) <= 100
        return whole and all(in_domain(each, key) and in_domain(value[each], "int") for each in value)
    if domain in ("text", "word"):
        return isinstance(value, str) and len(value) <= 200 and (domain == "text" or len(value) > 0)
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    low, high = {"int": (-(10**9), 10**9), "natural": (0, 100), "positive": (1, 100), "large": (0, 10**9)}[domain]
    return low <= value <= high


def _is_rotated(values: list[int]) -> bool:
    return len({*values}) == len(values) > 0 and sum(a > b for a, b in pairwise([*values, values[0]])) <= 1


_SHAPES: dict[str, Callable[[list[int]], bool]] = {
    "filled": bool,
    "ascending": lambda values: values == sorted(values),
    "rotated": _is_rotated,
}


def to_json(value: Any) -> Any:
    """The value as tasks have it: keys of JSON are texts."""
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else value


def from_json(value: Any, domain: str) -> Any:
    """A value of a task. Raises ValueError where the function may not be called with it."""
    if domain == "table" and isinstance(value, dict):
        value = {int(key): each for key, each in value.items() if isinstance(key, str) and str(int(key)) == key}
    if not in_domain(value, domain):
        raise ValueError(f"{repr(value)[:60]} is not in the domain {domain}")
    return value


def _draw(rng: np.random.Generator, domain: str, size: int) -> Any:
    """A value; size 1 is for people to read, larger ones are larger."""
    if domain in ("list", "filled"):
        length = int(rng.integers(domain == "filled", 4 * size + 2))
        high = int(rng.choice([6, 12, 15])) * size
        numbers = rng.integers(-high // 2, high + 1, length).tolist()
        shape = int(rng.integers(8))
        if shape == 0:
            return sorted(numbers)
        if shape == 1:
            return [*numbers[: length // 2], *numbers[: (length + 1) // 2][::-1]]
        return numbers[:1] * length if shape == 2 else numbers
    if domain == "ascending":
        return sorted(_draw(rng, "list", size))
    if domain == "rotated":
        values = sorted({*_draw(rng, "filled", size)})
        at = int(rng.integers(len(values)))
        return values[at:] + values[:at]
    if domain in ("words", "tally", "table"):
        return _draw_collection(rng, domain, size)
    if domain == "large":
        return int(rng.integers(10 ** int(rng.integers(1, 2 * size + 3))))
    if domain in ("text", "word"):
        length = int(rng.integers(domain == "word", 4 * size + 3))
        letters = "".join(LETTERS[int(i)] for i in rng.integers(len(LETTERS), size=length))
        return letters[: length // 2] + letters[: (length + 1) // 2][::-1] if rng.integers(5) == 0 else letters
    low, high = {"int": (-10, 20), "natural": (0, 8), "positive": (1, 9)}[domain]
    return (
        int(rng.integers(low * size, high * size + 1)) if domain == "int" else int(rng.integers(low, high * size + 1))
    )


def _draw_collection(rng: np.random.Generator, domain: str, size: int) -> Any:
    """Words, or a map from words or numbers to numbers; words occur more than once."""
    length = int(rng.integers(2 * size + 2))
    if domain == "table":
        return {int(rng.integers(1, 5 * size + 1)): int(rng.integers(-3, 8)) for _ in range(length)}
    words = ["".join(LETTERS[int(i)] for i in rng.integers(len(LETTERS), size=rng.integers(1, 4))) for _ in range(4)]
    drawn = [words[int(i)] for i in rng.integers(len(words), size=length)]
    return drawn if domain == "words" else {word: int(rng.integers(-3, 8)) for word in drawn}


_ITEMS: dict[str, type] = {"int": int, "text": str}
"""Types of items that a value of a domain may be one of."""


def _arguments(rng: np.random.Generator, domains: Sequence[str], size: int) -> list[Any]:
    """A value for each parameter; later ones often have to do with the first."""
    found: list[Any] = []
    for domain in domains:
        value = _draw(rng, domain, size)
        first = found[0] if found else None
        if first and rng.integers(2):
            if domain == "list" and isinstance(first, list):
                value = [first[int(i)] for i in rng.permutation(len(first))][: int(rng.integers(1, len(first) + 2))]
            elif isinstance(first, list) and isinstance(first[0], _ITEMS.get(domain, ())):
                value = first[int(rng.integers(len(first)))]
            elif domain == "tally" and isinstance(first, list | dict):
                value = {**value, **dict.fromkeys([*first][:2], int(rng.integers(1, 8)))}
            elif domain == "table" and isinstance(first, list):
                value = {**value, **dict.fromkeys(first[:2], int(rng.integers(1, 8)))}
            elif domain in ("text", "word") and isinstance(first, str):
                at = int(rng.integers(len(first))) * int(rng.integers(2))
                value = first[at : at + int(rng.integers(1, 4))]
        found.append(value)
    return found


@functools.lru_cache(maxsize=256)
def _candidates(purpose: str, domains: tuple[str, ...], sizes: tuple[int, ...]) -> list[list[Any]]:
    """Arguments, the edges first, none twice; the same for all functions with such parameters."""
    rng = stream(0, purpose, *domains)
    edges = [[EDGES[domain][(number + shift) % 4] for shift, domain in enumerate(domains)] for number in range(4)]
    drawn = [_arguments(rng, domains, sizes[number % len(sizes)]) for number in range(CANDIDATES)]
    return [*{repr(arguments): arguments for arguments in [*edges, *drawn]}.values()]


def _cases(purpose: str, specification: Specification, sizes: tuple[int, ...], count: int) -> tuple[Case, ...]:
    """`count` cases or fewer, where something is defined: edges, and others with all results that come up alike.

    Results are exact in all languages that answers may be written in.
    """
    domains = tuple(domain for _, domain in specification.parameters)
    by_result: dict[str, list[Case]] = {}
    edges: list[Case] = []
    for number, arguments in enumerate(_candidates(purpose, domains, sizes)):
        try:
            result = specification.result(arguments)
        except UNDEFINED:
            continue
        if not is_exact(result):
            continue
        if number < 4:
            edges.append((arguments, result))
        else:
            by_result.setdefault(repr(result), []).append((arguments, result))
    rounds = zip_longest(*by_result.values())
    return (*edges, *islice((case for cases in rounds for case in cases if case), count - len(edges)))


@functools.lru_cache(maxsize=4096)
def tests(key: str) -> tuple[Case, ...]:
    """The hidden tests of a specification: they depend on nothing else."""
    return _cases("hidden tests", specification(key), (1, 2, 3), HIDDEN)


def specification(key: str) -> Specification:
    """That of any kind of function."""
    return specifications().get(key) or algorithms()[key]


@dataclass(frozen=True, eq=False)
class Study:
    """What is known of a specification.

    language: what the reference and other programs are terms of. helpers: what they may call. term, function: the
    reference, and with names for people. pool: cases that examples are chosen from. wrong: programs that end and fail
    hidden tests, and the places in the pool where each fails, as bits. returning: those that return another value, so
    that they are wrong in every language. trivial: a constant, an argument or another tiny program does it.
    """

    specification: Specification
    language: Language
    helpers: tuple[Function, ...]
    constants: tuple[int | str, ...]
    term: tuple[Production, ...]
    function: Function
    pool: tuple[Case, ...]
    wrong: tuple[tuple[Term, int], ...]
    returning: tuple[Term, ...]
    trivial: bool

    def source(self, dialect: str) -> str:
        """The reference, after its helpers."""
        return DIALECTS[dialect].source(*self.helpers, self.function)

    def wrong_source(self, rng: np.random.Generator, dialect: str) -> str:
        """One of the wrong programs."""
        term = self.returning[int(rng.integers(len(self.returning)))]
        return DIALECTS[dialect].source(*self.helpers, self.function._replace(term=term))


@functools.lru_cache(maxsize=1024)
def study(key: str) -> Study:
    """See Study."""
    found = specification(key)
    signature = read_signature(found.signature)
    constants = tuple(dict.fromkeys(_constants(found.body)))
    named = [named_functions()[name].function for name in found.helpers]
    spoken = language(
        signature, (0, 1, 2, *constants), found.features, [each.signature for each in named], found.without
    )
    term = read(spoken, found.body)
    hidden = tests(key)
    pool = _cases("examples", found, (1, 1, 2), POOL)
    wrong: list[tuple[Term, int]] = []
    returning: list[Term] = []
    trivial = False
    for each in (*_tiny(spoken), *changed(spoken, term)):
        function = evaluator(signature, each, named, FEW_ROUNDS)
        failure = next((said for case in hidden if (said := _failure(function, case))), "")
        if failure not in ("", "endless"):
            wrong.append((each, sum(1 << i for i, case in enumerate(pool) if _failure(function, case))))
            returning += [each] if failure == "another value" else []
        trivial = trivial or (not failure and len(each) < len(term))
    return Study(
        found,
        spoken,
        tuple(named),
        constants,
        term,
        Function(signature, read_with_names(spoken, found.body)),
        pool,
        tuple(wrong),
        tuple(returning),
        trivial,
    )


def shown_cases(known: Study, rng: np.random.Generator) -> list[Case]:
    """Examples, each of which rules out, for its length, many wrong programs that fewer than two do before it."""
    left = [index for index, case in enumerate(known.pool) if all(map(is_short, (*case[0], case[1])))]
    return telling(known.pool, left, [mask for _, mask in known.wrong], SHOWN, rng)


def telling(pool: Sequence[T], left: list[int], wrong: Sequence[int], count: int, rng: np.random.Generator) -> list[T]:
    """Up to `count` cases of a pool, of those whose places are `left`, each of which rules out, for its length, many
    wrong programs that fewer than two do before it. wrong: the places in the pool where each fails, as bits."""
    rng.shuffle(left)
    alive = [(mask, 2) for mask in wrong if mask]
    chosen: list[int] = []
    while left and len(chosen) < count:
        best = left[0]
        if alive:
            best = max(left, key=lambda i: sum(mask >> i & 1 for mask, _ in alive) / (10 + len(repr(pool[i]))))
        left.remove(best)
        chosen.append(best)
        alive = [(mask, more) for mask, times in alive if (more := times - (mask >> best & 1))]
    return [pool[i] for i in chosen]


def _failure(function: Callable[[Sequence[Any]], Any], case: Case) -> str:
    """What is wrong with a function for a case; empty where it is right."""
    try:
        return "" if agrees(case[1], function(case[0])) else "another value"
    except LimitError:
        return "endless"
    except FailedError:
        return "no value"


def _constants(body: str) -> Iterator[int | str]:
    """Numbers and texts of a program, but for those that every program may name."""
    tree = ast.parse(body)
    signs = {id(node.operand): -1 for node in ast.walk(tree) if isinstance(node, ast.UnaryOp)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.value
        elif isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
            value = node.value * signs.get(id(node), 1)
            if value not in (0, 1, 2):
                yield value


@functools.lru_cache(maxsize=4096)
def behaviour(key: str) -> str:
    """Types, and a digest of what comes out for arguments that depend on the types alone: equal for functions that do
    the same."""
    found = specification(key)
    domains = [domain for _, domain in found.parameters]
    types = f"{' '.join(domains)} -> {found.returns}"
    results = []
    for arguments in _candidates("behaviour", tuple(domains), (1, 2, 3))[:BATTERY]:
        try:
            result = found.result(arguments)
            results.append(repr(sorted(result.items()) if isinstance(result, dict) else result))
        except UNDEFINED:
            results.append("undefined")
    return f"{types} {hashlib.blake2b(' '.join(results).encode(), digest_size=12).hexdigest()}"


def _tiny(spoken: Language) -> Iterator[Term]:
    """All programs that return an expression of one production, or of two."""
    (hole,) = spoken.start
    assert isinstance(hole, Hole)
    start: tuple[Production, ...] = ()
    if spoken.has_statements:
        start = tuple(each for each in spoken.moves(hole, True, MOST_BROUGHT) if each.op == "return")
        (hole,) = start[0].holes
    for first in spoken.moves(hole, not start, 1):
        for second in spoken.moves(first.holes[0], False, 0) if first.holes else (None,):
            yield (*start, first) if second is None else (*start, first, second)


def changed(spoken: Language, term: tuple[Production, ...]) -> Iterator[Term]:
    """Programs with another production in one place of the term: all, or MOST_CHANGED of them at even distances."""
    found = [*_changes(spoken, term)]
    return itertools.islice(found, 0, None, -(-len(found) // MOST_CHANGED) or 1)


def _changes(spoken: Language, term: tuple[Production, ...]) -> Iterator[Term]:
    holes = [*spoken.start]
    for at, part in enumerate(term):
        hole = holes.pop()
        assert isinstance(hole, Hole)
        for other in spoken.moves(hole, at == 0, MOST_BROUGHT):
            if other.holes == part.holes and other != part:
                yield (*term[:at], other, *term[at + 1 :])
        holes += reversed(part.holes)
