"""Arguments for functions: hidden tests, examples that tell programs apart, and programs that are wrong."""

import ast
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any, TypeAlias

import numpy as np

from zeroloop.programs import python
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import MOST_BROUGHT, Language, language
from zeroloop.programs.reader import read
from zeroloop.programs.terms import Function, Hole, Production, Term, Variable, read_signature
from zeroloop.programs.values import FailedError, is_exact, is_short
from zeroloop.seeding import stream
from zeroloop.tasks._specifications import UNDEFINED, Specification, specifications

Case: TypeAlias = tuple[list[Any], Any]
"""Arguments, and what the function returns for them."""
HIDDEN, POOL, CANDIDATES, BATTERY, SHOWN = 24, 28, 300, 80, 6
"""Hidden tests; cases that examples are chosen from, and that both are; cases that tell functions apart; examples."""
EDGES: dict[str, tuple[Any, ...]] = {
    "list": ([], [0], [1, 1], [-1]),
    "filled": ([0], [1, 1], [-1], [2, 1]),
    "int": (0, 1, -1, 10),
    "natural": (0, 1, 2, 3),
    "positive": (1, 2, 3, 4),
    "text": ("", "a", "bb", "ab"),
    "word": ("a", "bb", "ab", "ba"),
}
LETTERS = "aabbceexyz"


def agrees(expected: Any, found: Any) -> bool:
    """Whether both are the same value of the same type, as are all their parts."""
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(agrees, expected, found))
    return type(expected) is type(found) and bool(expected == found)


def in_domain(value: Any, domain: str) -> bool:
    """Whether a function may be called with this."""
    if domain in ("list", "filled"):
        whole = isinstance(value, list) and len(value) <= 100 and all(in_domain(each, "int") for each in value)
        return whole and (domain == "list" or len(value) > 0)
    if domain in ("text", "word"):
        return isinstance(value, str) and len(value) <= 200 and (domain == "text" or len(value) > 0)
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return {"int": -(10**9) <= value <= 10**9, "natural": 0 <= value <= 100, "positive": 1 <= value <= 100}[domain]


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
    if domain in ("text", "word"):
        length = int(rng.integers(domain == "word", 4 * size + 3))
        letters = "".join(LETTERS[int(i)] for i in rng.integers(len(LETTERS), size=length))
        return letters[: length // 2] + letters[: (length + 1) // 2][::-1] if rng.integers(5) == 0 else letters
    low, high = {"int": (-10, 20), "natural": (0, 8), "positive": (1, 9)}[domain]
    return (
        int(rng.integers(low * size, high * size + 1)) if domain == "int" else int(rng.integers(low, high * size + 1))
    )


def _arguments(rng: np.random.Generator, domains: Sequence[str], size: int) -> list[Any]:
    """A value for each parameter; later ones often have to do with the first."""
    found: list[Any] = []
    for domain in domains:
        value = _draw(rng, domain, size)
        first = found[0] if found else None
        if first and rng.integers(2):
            if domain == "list" and isinstance(first, list):
                value = [first[int(i)] for i in rng.permutation(len(first))][: int(rng.integers(1, len(first) + 2))]
            elif domain == "int" and isinstance(first, list):
                value = first[int(rng.integers(len(first)))]
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
            result = specification.oracle(*_copied(arguments))
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


def _copied(arguments: Sequence[Any]) -> list[Any]:
    return [list(value) if isinstance(value, list) else value for value in arguments]


@functools.lru_cache(maxsize=4096)
def tests(key: str) -> tuple[Case, ...]:
    """The hidden tests of a specification: they depend on nothing else."""
    return _cases("hidden tests", specifications()[key], (1, 2, 3), HIDDEN)


@dataclass(frozen=True, eq=False)
class Study:
    """What is known of a specification.

    term, source: the reference. pool: cases that examples are chosen from. wrong: programs that fail hidden tests, and
    the places in the pool where each fails, as bits. trivial: a constant, an argument or another tiny program does it.
    """

    specification: Specification
    parameters: tuple[Variable, ...]
    constants: tuple[int | str, ...]
    term: tuple[Production, ...]
    source: str
    pool: tuple[Case, ...]
    wrong: tuple[tuple[Term, int], ...]
    trivial: bool

    @property
    def body(self) -> str:
        """The reference without its signature."""
        return self.source.partition("\n")[2]

    def wrong_source(self, rng: np.random.Generator) -> str:
        """One of the wrong programs."""
        term, _ = self.wrong[int(rng.integers(len(self.wrong)))]
        return python.source(Function(read_signature(self.specification.signature), term))


@functools.lru_cache(maxsize=1024)
def study(key: str) -> Study:
    """See Study."""
    specification = specifications()[key]
    signature = read_signature(specification.signature)
    constants = tuple(dict.fromkeys(_constants(specification.body)))
    spoken = language(signature, (0, 1, 2, *constants))
    term = read(spoken, specification.body)
    hidden = tests(key)
    pool = _cases("examples", specification, (1, 1, 2), POOL)
    wrong, trivial = [], False
    for each in (*_tiny(spoken), *_changed(spoken, term)):
        function = evaluator(signature, each)
        if not all(_right(function, case) for case in hidden):
            wrong.append((each, sum(1 << i for i, case in enumerate(pool) if not _right(function, case))))
        elif len(each) < len(term):
            trivial = True
    return Study(
        specification,
        signature.parameters,
        constants,
        term,
        python.source(Function(signature, term)),
        pool,
        tuple(wrong),
        trivial,
    )


def shown_cases(known: Study, rng: np.random.Generator) -> list[Case]:
    """Examples, each of which rules out, for its length, many wrong programs that fewer than two do before it."""
    left = [index for index, case in enumerate(known.pool) if all(map(is_short, (*case[0], case[1])))]
    rng.shuffle(left)
    alive = [(mask, 2) for _, mask in known.wrong if mask]
    chosen: list[int] = []
    while left and len(chosen) < SHOWN:
        best = left[0]
        if alive:
            best = max(left, key=lambda i: sum(mask >> i & 1 for mask, _ in alive) / (10 + len(repr(known.pool[i]))))
        left.remove(best)
        chosen.append(best)
        alive = [(mask, more) for mask, times in alive if (more := times - (mask >> best & 1))]
    return [known.pool[i] for i in chosen]


def _right(function: Callable[[Sequence[Any]], Any], case: Case) -> bool:
    try:
        return agrees(case[1], function(case[0]))
    except FailedError:
        return False


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
    specification = specifications()[key]
    domains = [domain for _, domain in specification.parameters]
    types = f"{' '.join(domains)} -> {specification.returns}"
    results = []
    for arguments in _candidates("behaviour", tuple(domains), (1, 2, 3))[:BATTERY]:
        try:
            results.append(repr(specification.oracle(*_copied(arguments))))
        except UNDEFINED:
            results.append("undefined")
    return f"{types} {hashlib.blake2b(' '.join(results).encode(), digest_size=12).hexdigest()}"


def _tiny(spoken: Language) -> Iterator[Term]:
    """All programs of one production, or of two."""
    (hole,) = spoken.start
    assert isinstance(hole, Hole)
    for first in spoken.moves(hole, True, 1):
        for second in spoken.moves(first.holes[0], False, 0) if first.holes else (None,):
            yield (first,) if second is None else (first, second)


def _changed(spoken: Language, term: tuple[Production, ...]) -> Iterator[Term]:
    """All programs with another production in one place of the term."""
    holes = [*spoken.start]
    for at, part in enumerate(term):
        hole = holes.pop()
        assert isinstance(hole, Hole)
        for other in spoken.moves(hole, at == 0, MOST_BROUGHT):
            if other.holes == part.holes and other != part:
                yield (*term[:at], other, *term[at + 1 :])
        holes += reversed(part.holes)
