"""Graph colouring: no edge joins two vertices of the same colour."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._constraint_chain import Wording
from zeroloop.tasks._constraint_solver import Puzzle, Solver
from zeroloop.tasks._constraints import ConstraintKind, Statement, lower_case
from zeroloop.tasks._kinds import drawn, endless

COLOURS = ("red", "green", "blue", "yellow")
MAX_VERTICES, MAX_EDGES = 32, 90

_PART = re.compile(r"(?:vertex\s*)?(\d{1,3})\s*(?::|=|->|→|-|is)?\s*([a-z]+)", re.ASCII)
_BETWEEN = re.compile(r"\s*[,;\n]\s*")


class GraphColouring(ConstraintKind):
    """Dial: 6 to 30 vertices with 3 colours, from 1.6 to 2.3 edges a vertex, which is near the threshold of 2.35.

    A colouring is planted, each colour at the same number of vertices; any proper colouring is right. Of some graphs
    the one that takes the reference the longest is chosen.
    """

    name = "graph_colouring"
    unique = False

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        count, colours = 6 + min(24, round(24 * difficulty)), 3
        size = round(count * (1.6 + 0.7 * difficulty))
        graphs = [_planted(rng, count, colours, size) for _ in range(1 + round(7 * difficulty))]
        edges = max(graphs, key=lambda each: Solver(_puzzle(count, colours, each)).solve(limit=1).nodes)
        names = ", ".join(COLOURS[: colours - 1]) + f" and {COLOURS[colours - 1]}"
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"A graph has the vertices 1 to {count} and these edges: {', '.join(f'{a}-{b}' for a, b in edges)}. "
                f"Colour each vertex {names} so that no edge joins two vertices of the same colour, and answer with "
                "the colour of each vertex, such as '1: red, 2: green, ...'."
            ),
            "vertices": count,
            "colours": colours,
            "edges": [[a, b] for a, b in edges],
        }
        solution = self.solve(task)
        assert solution is not None, "a colouring was planted"
        return {**task, "answer": solution.answer, "steps": [*solution.steps]}

    def statement(self, task: Task) -> Statement:
        """The graph."""
        count, colours = integer(task, "vertices", 1, MAX_VERTICES), integer(task, "colours", 2, len(COLOURS))
        edges = task.get("edges")
        if not isinstance(edges, list | tuple) or len(edges) > MAX_EDGES:
            raise TaskError(f"edges must be a list of at most {MAX_EDGES} pairs of vertices from 1 to {count}")
        pairs = list[tuple[int, int]]()
        for index, edge in enumerate(edges):
            name = f"edges[{index}]"
            a, b = sorted(integers({name: edge}, name, 1, count, least=2, most=2))
            if a == b or (a, b) in pairs:
                raise TaskError(f"{name} joins vertex {a} with itself, or is there twice; each edge joins another pair")
            pairs.append((a, b))
        wording = Wording(
            names=tuple(f"vertex {vertex}" for vertex in range(1, count + 1)),
            values=COLOURS[:colours],
            verb="is",
            only="every other colour is at a neighbour",
        )
        return Statement(_puzzle(count, colours, pairs), wording)

    def values(self, statement: Statement, answer: Any) -> tuple[int, ...]:
        """The number of each vertex's colour, from a mapping, a list in the order of vertices, or a text such as
        "1: red, 2: green" or "vertex 1 is red; vertex 2 is green"."""
        count = len(statement.puzzle.domains)
        names = {name: number for number, name in enumerate(statement.wording.values)}
        found = dict[int, int]()
        for vertex, colour in _pairs(answer, count):
            if not 1 <= vertex <= count or vertex in found:
                raise TaskError(f"answer: vertex {vertex} is coloured twice, or is none from 1 to {count}")
            if colour not in names:
                raise TaskError(f"answer: {colour[:20]!r} is none of the colours {', '.join(names)}")
            found[vertex] = names[colour]
        if missing := [vertex for vertex in range(1, count + 1) if vertex not in found]:
            raise TaskError(f"answer: vertex {missing[0]} has no colour")
        return tuple(found[vertex] for vertex in range(1, count + 1))

    def answer(self, statement: Statement, values: Sequence[int]) -> dict[str, str]:
        """The colour of each vertex."""
        return {str(vertex): COLOURS[value] for vertex, value in enumerate(values, 1)}

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known colouring, and those with other colours for its own, as mappings, lists and text."""
        colours = [*task["answer"].values()]
        names = COLOURS[: task["colours"]]

        def renamed() -> list[str]:
            new = dict(zip(names, rng.permutation(names).tolist(), strict=True))
            return [new[colour] for colour in colours]

        return endless(lambda: _written(renamed(), rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known colouring with the colour of a neighbour at some vertex, without a vertex, with a colour that there
        is not; and what is no colouring."""
        colours = [*task["answer"].values()]
        count = len(colours)

        def clash() -> list[str]:
            a, b = drawn(rng, task["edges"])
            if rng.integers(2):
                a, b = b, a
            return [*colours[: a - 1], colours[b - 1], *colours[a:]]

        def other() -> list[str]:
            at = int(rng.integers(count))
            return [*colours[:at], drawn(rng, ["purple", "re", "none", "redd"]), *colours[at + 1 :]]

        def less() -> Any:
            at = int(rng.integers(count))
            return drawn(rng, [colours[:at] + colours[at + 1 :], [*colours, colours[at]]])

        def twice() -> str:
            text = ", ".join(f"{vertex}: {colour}" for vertex, colour in enumerate(colours, 1))
            return f"{text}, {int(rng.integers(1, count + 1))}: {drawn(rng, colours)}"

        def unreadable() -> Any:
            numbers = [COLOURS.index(colour) for colour in colours]
            text = ", ".join(colours)
            return drawn(
                rng,
                [
                    *(None, True, "", 3, {}, [], numbers, [colours], {"answer": task["answer"]}),
                    *(f"{text}!", f"1: {text}"),
                    {colour: str(vertex) for vertex, colour in enumerate(colours, 1)},
                    {str(vertex): colour for vertex, colour in enumerate(colours)},
                    {**task["answer"], str(count + 1): "red"},
                    {**task["answer"], "1": None},
                ],
            )

        return endless(
            lambda: _written(clash(), rng),
            lambda: _written(clash(), rng),
            lambda: _written(other(), rng),
            lambda: _written(less(), rng),
            twice,
            unreadable,
            rng=rng,
        )


def _puzzle(count: int, colours: int, edges: Sequence[tuple[int, int]]) -> Puzzle:
    """Edges are groups of two."""
    groups = tuple((a - 1, b - 1) for a, b in sorted(edges))
    return Puzzle(colours, ((1 << colours) - 1,) * count, groups, interchangeable=True)


def _planted(rng: np.random.Generator, count: int, colours: int, size: int) -> list[tuple[int, int]]:
    """`size` edges between vertices that a hidden colouring, drawn evenly, keeps apart; every vertex has one."""
    while True:
        colour = rng.permutation(np.arange(count) % colours)
        possible = [(a, b) for a, b in combinations(range(1, count + 1), 2) if colour[a - 1] != colour[b - 1]]
        chosen = sorted(possible[i] for i in rng.choice(len(possible), size, replace=False))
        if len({vertex for edge in chosen for vertex in edge}) == count:
            return chosen


def _pairs(answer: Any, count: int) -> list[tuple[int, str]]:
    """Vertices and colours in an answer, in any order. Raises TaskError."""
    if isinstance(answer, str):
        words = _BETWEEN.split(lower_case(answer))
        if all(word in COLOURS for word in words):
            return [*enumerate(words, 1)]
        parts = [_PART.fullmatch(word) for word in words]
        if None in parts:
            raise TaskError(f"answer: expected colours such as '1: red, 2: green', not {answer[:80]!r}")
        return [(int(part[1]), part[2]) for part in parts if part]
    if isinstance(answer, dict):
        items = [*answer.items()]
    elif isinstance(answer, list | tuple):
        items = [*enumerate(answer, 1)]
    else:
        raise TaskError(f"answer: expected a mapping of vertices to colours, not {type(answer).__name__}")
    if len(items) > count:
        raise TaskError(f"answer: {len(items)} vertices are too many; there are {count}")
    found = []
    for key, colour in items:
        vertex = int(key) if isinstance(key, str) and key.isdecimal() and len(key) < 4 else key
        if type(vertex) is not int or not isinstance(colour, str):
            raise TaskError("answer: expected numbers of vertices, and names of colours")
        found.append((vertex, colour.strip().lower()))
    return found


def _written(colours: Sequence[str], rng: np.random.Generator) -> Any:
    """Colours of the vertices in a randomly chosen notation."""
    items = [*enumerate(colours, 1)]
    rng.shuffle(items)
    items = [(int(vertex), str(colour)) for vertex, colour in items]
    sign = drawn(rng, [": ", " = ", ":", " is ", " -> ", " - "])
    between = drawn(rng, [", ", "; ", "\n", ","])
    ways: list[Any] = [
        {str(vertex): colour for vertex, colour in items},
        dict(items),
        list(colours),
        ", ".join(colours),
        between.join(f"{vertex}{sign}{colour}" for vertex, colour in items),
        between.join(f"vertex {vertex} is {colour}" for vertex, colour in items),
        between.join(f"Vertex {vertex}: {colour.capitalize()}" for vertex, colour in items),
        str({str(vertex): colour for vertex, colour in items}),
    ]
    return drawn(rng, ways)


def kind() -> GraphColouring:
    """A graph and colours."""
    return GraphColouring()
