"""Causal graphs as kinds check them, apart from the environments: moral graphs, and paths in sentences; and text."""

import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from zeroloop.envs._causal_graph import NO_NAMES
from zeroloop.errors import TaskError
from zeroloop.tasks._kinds import drawn

Arrow = tuple[int, int]
"""Cause and effect."""

_STEP = re.compile(r" (->|<-) ")
_SYLLABLES = [a + b for a in "bdfgklmnprstvwz" for b in "aeiou"]
_ENDINGS = ("", "n", "l", "r", "s", "x", "k", "m")
_EFFECTS = (
    "{0} directly affects {1}",
    "{0} is a direct cause of {1}",
    "{0} has a direct influence on {1}",
    "A change in {0} directly changes {1}",
    "{0} acts directly on {1}",
)


def upstream(arrows: Collection[Arrow], variables: Iterable[int]) -> set[int]:
    """The variables and their ancestors."""
    found = {*variables}
    while more := {cause for cause, effect in arrows if effect in found} - found:
        found |= more
    return found


def downstream(arrows: Collection[Arrow], variables: Iterable[int]) -> set[int]:
    """The variables and their descendants."""
    return upstream([(effect, cause) for cause, effect in arrows], variables)


def moral(arrows: Collection[Arrow], variables: Iterable[int]) -> dict[int, set[int]]:
    """Neighbours of each variable in the moral graph of the ancestors of `variables`: what separates there does so in
    the causal graph, and the other way round (Lauritzen et al. 1990)."""
    kept = upstream(arrows, variables)
    near: dict[int, set[int]] = {v: set() for v in kept}
    for child in kept:
        family = [cause for cause, effect in arrows if effect == child] + [child]
        for one in family:
            near[one] |= {other for other in family if other != one}
    return near


def way_round(near: Mapping[int, set[int]], start: int, end: int, cut: Collection[int]) -> list[int] | None:
    """The inside of a shortest path that meets no variable of `cut`; None where there is no path."""
    before = {start: start}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        if at == end:
            path = []
            while (at := before[at]) != start:
                path.append(at)
            return path[::-1]
        for other in sorted(near[at]):
            if other not in before and other not in cut:
                before[other] = at
                queue.append(other)
    return None


def separated(arrows: Collection[Arrow], one: int, other: int, given: Collection[int]) -> bool:
    """Whether a set blocks every path between two variables."""
    return way_round(moral(arrows, {one, other, *given}), one, other, given) is None


def read_path(text: str, names: Sequence[str], arrows: Collection[Arrow]) -> list[int]:
    """The variables of a path such as "A <- B -> C". Raises TaskError where it is none of the graph."""
    words = _STEP.split(text)
    if len(words) < 3 or not all(name in names for name in words[::2]):
        raise TaskError(f"{text[:80]!r} is no path")
    path = [names.index(name) for name in words[::2]]
    for sign, one, other in zip(words[1::2], path, path[1:], strict=False):
        if ((one, other) if sign == "->" else (other, one)) not in arrows:
            raise TaskError(f"{text[:80]!r}: there is no edge {names[one]} {sign} {names[other]}")
    if len({*path}) < len(path):
        raise TaskError(f"{text[:80]!r} meets a variable twice")
    return path


def blocked_at(arrows: Collection[Arrow], path: Sequence[int], given: Collection[int]) -> int | None:
    """The first variable that blocks a path: a collider without descendants in the set, or another one in the set."""
    for before, at, after in zip(path, path[1:], path[2:], strict=False):
        if (before, at) in arrows and (after, at) in arrows:
            if not downstream(arrows, [at]) & {*given}:
                return at
        elif at in given:
            return at
    return None


def invented_names(rng: np.random.Generator, count: int) -> list[str]:
    """Different words that mean nothing."""
    found = dict[str, None]()
    while len(found) < count:
        word = "".join(drawn(rng, _SYLLABLES) for _ in range(2)) + drawn(rng, _ENDINGS)
        if word not in NO_NAMES:
            found[word.capitalize()] = None
    return [*found]


def facts(rng: np.random.Generator, names: Sequence[str], arrows: Iterable[Arrow]) -> list[str]:
    """A sentence for each cause, in random order."""
    effects: dict[int, list[int]] = {}
    for cause, effect in sorted(arrows):
        effects.setdefault(cause, []).append(effect)
    return [
        drawn(rng, _EFFECTS).format(names[cause], listed([names[i] for i in rng.permutation(effects[cause])])) + "."
        for cause in rng.permutation([*effects]).tolist()
    ]


def listed(words: Sequence[str]) -> str:
    """Such as "A, B and C"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def shortest_open_path(
    arrows: Collection[Arrow], one: int, other: int, given: Collection[int]
) -> tuple[list[int] | None, int]:
    """A shortest open path, or None, and the steps that were looked at: step follows step where what is between does
    not block; a shortest open walk meets no variable twice."""
    near: dict[int, set[int]] = {}
    for cause, effect in sorted(arrows):
        near.setdefault(cause, set()).add(effect)
        near.setdefault(effect, set()).add(cause)
    before: dict[Arrow, Arrow | None] = {(one, first): None for first in sorted(near.get(one, ()))}
    queue = deque(before)
    while queue:
        step = queue.popleft()
        if step[1] == other:
            path, at = [other], before[step]
            while at is not None:
                path.append(at[1])
                at = before[at]
            return [one, *reversed(path)], len(before)
        for new in ((step[1], far) for far in sorted(near[step[1]])):
            if new not in before and new[1] not in step and blocked_at(arrows, (*step, new[1]), given) is None:
                before[new] = step
                queue.append(new)
    return None, len(before)
