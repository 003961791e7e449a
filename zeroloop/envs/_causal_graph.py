"""Causal graphs: how tasks give them, what open paths reach, and paths as text."""

import re
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.task_fields import one_of

MAX_VARIABLES = 16
MAX_EDGES = 40
_NAME = re.compile(r"[A-Za-z]{1,20}")
NO_NAMES = ("and", "none", "nothing", "set")
"""Words that answers are written with."""


class Graph(NamedTuple):
    """parents, children: of each variable, as bits. Sets of variables are bits everywhere here."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    children: tuple[int, ...]


def read_names(task: Task) -> tuple[str, ...]:
    """The names of the variables. Raises TaskError where they are no words, or two are the same."""
    names = task.get("variables")
    if not isinstance(names, list | tuple) or not 2 <= len(names) <= MAX_VARIABLES:
        raise TaskError(f"variables must be a list of 2 to {MAX_VARIABLES} names")
    if not all(isinstance(name, str) and _NAME.fullmatch(name) and name.lower() not in NO_NAMES for name in names):
        raise TaskError(f"variables must be words of 1 to 20 letters from a to z, and none of {', '.join(NO_NAMES)}")
    if len({name.lower() for name in names}) < len(names):
        raise TaskError("variables: two have the same name; each needs one of its own")
    return tuple(names)


def read_edges(task: Task, names: Sequence[str]) -> list[tuple[int, int]]:
    """Cause and effect of each edge, by number. Raises TaskError where there are other variables, or a cycle."""
    rows = task.get("edges")
    if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= MAX_EDGES:
        raise TaskError(f"edges must be a list of 1 to {MAX_EDGES} pairs such as ['{names[0]}', '{names[1]}']")
    edges = list[tuple[int, int]]()
    for index, row in enumerate(rows):
        if not isinstance(row, list | tuple) or len(row) != 2 or not all(name in names for name in row):
            raise TaskError(f"edges[{index}] must be a pair of variables: a cause and its effect")
        edges.append((names.index(row[0]), names.index(row[1])))
    if len({*edges}) < len(edges):
        raise TaskError("edges: one is there twice; give each once")
    left, going = {*range(len(names))}, True
    while going:  # variables without causes among those that are left go, until none does
        caused = {effect for cause, effect in edges if cause in left}
        going = not left <= caused
        left &= caused
    if left:
        raise TaskError(
            f"edges: there is a cycle among {', '.join(names[i] for i in sorted(left))}; effects come later"
        )
    return edges


def read_pair(task: Task, names: Sequence[str], first: str, second: str) -> tuple[int, int]:
    """Two different variables that two fields name. Raises TaskError."""
    one, other = (names.index(one_of(task, field, names)) for field in (first, second))
    if one == other:
        raise TaskError(f"{first} and {second} are both {names[one]}; they must differ")
    return one, other


def graph_of(names: Sequence[str], edges: Sequence[tuple[int, int]]) -> Graph:
    """The graph with these edges."""
    parents, children = [0] * len(names), [0] * len(names)
    for cause, effect in edges:
        parents[effect] |= 1 << cause
        children[cause] |= 1 << effect
    return Graph(tuple(names), tuple(parents), tuple(children))


@lru_cache(1 << MAX_VARIABLES)
def members(bits: int) -> tuple[int, ...]:
    """The numbers in a set, ascending."""
    return tuple(number for number in range(bits.bit_length()) if bits >> number & 1)


def closure(nearest: Sequence[int], bits: int) -> int:
    """A set with all its ancestors, where `nearest` are parents, or descendants, where they are children."""
    found, new = bits, bits
    while new:
        new = _union(nearest, new) & ~found
        found |= new
    return found


def reached(graph: Graph, start: int, given: int) -> int:
    """The variables that an open path leads to from `start`, given a set (Bayes ball, Shachter 1998)."""
    opened, begin = closure(graph.parents, given), 1 << start
    new_up, new_down = graph.parents[start], graph.children[start]
    up, down = new_up, new_down
    while new_up | new_down:
        through = (new_up | new_down) & ~given
        rising = (new_up & ~given) | (new_down & opened)
        new_up = _union(graph.parents, rising) & ~up & ~begin
        new_down = _union(graph.children, through) & ~down & ~begin
        up |= new_up
        down |= new_down
    return up | down


def open_path(graph: Graph, start: int, end: int, given: int) -> list[int] | None:
    """A shortest open path; None where the set blocks all. A shortest open walk meets no variable twice."""
    opened = closure(graph.parents, given)
    before: dict[tuple[int, bool], tuple[int, bool] | None] = {(start, False): None}
    queue = deque(before)
    while queue:
        at = queue.popleft()
        variable, from_parent = at
        if variable == end:
            path = [end]
            while (step := before[at]) is not None:
                path.append(step[0])
                at = step
            return path[::-1]
        is_given = given >> variable & 1
        onward = 0 if is_given else graph.children[variable]
        back = graph.parents[variable] if (opened >> variable & 1 if from_parent else not is_given) else 0
        for bits, down in ((back, False), (onward, True)):
            for other in members(bits & ~(1 << start)):
                if (other, down) not in before:
                    before[other, down] = at
                    queue.append((other, down))
    return None


def directed_path(graph: Graph, start: int, end: int) -> list[int]:
    """A path along the arrows, which must exist."""
    path = [start]
    while path[-1] != end:
        nearer = graph.children[path[-1]]
        path.append(next(other for other in members(nearer) if closure(graph.children, 1 << other) >> end & 1))
    return path


def passes(graph: Graph, path: Sequence[int], variable: int) -> bool:
    """Whether a variable is inside a path and no collider there, so that it blocks it once it is given."""
    if variable not in path[1:-1]:
        return False
    at = path.index(variable)
    return not all(graph.children[path[near]] >> variable & 1 for near in (at - 1, at + 1))


def written_path(graph: Graph, path: Sequence[int]) -> str:
    """Such as "A <- B -> C"."""
    text = graph.names[path[0]]
    for one, other in pairwise(path):
        text += f" {'->' if graph.children[one] >> other & 1 else '<-'} {graph.names[other]}"
    return text


def _union(table: Sequence[int], bits: int) -> int:
    found = 0
    for number in members(bits):
        found |= table[number]
    return found
