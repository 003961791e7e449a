"""Shortest derivations by the rules of do-calculus, and smallest hedges."""

import functools
from collections.abc import Collection, Iterator
from heapq import heappop, heappush
from itertools import combinations
from typing import NamedTuple

from zeroloop.envs._causal_graph import Graph, closure, graph_of, reached
from zeroloop.envs.identification import MAX_TERMS
from zeroloop.tasks._causal import Arrow, downstream, upstream


class Statement(NamedTuple):
    """What a task asks. arcs: pairs of variables with a hidden common cause."""

    names: tuple[str, ...]
    arrows: tuple[Arrow, ...]
    arcs: tuple[Arrow, ...]
    treatment: int
    outcome: int


class Hedge(NamedTuple):
    """Its larger and its smaller set, ascending, and the pairs of sets that were looked at."""

    larger: tuple[int, ...]
    smaller: tuple[int, ...]
    nodes: int


class Derivation(NamedTuple):
    """Moves of the environment, the answer's text, and the terms that were looked at."""

    steps: tuple[str, ...]
    text: str
    nodes: int


class _Term(NamedTuple):
    """P(target | do(does), given) without regard to primes; sets as bits."""

    target: int
    does: int
    given: int


def smallest_hedge(statement: Statement) -> Hedge | None:
    """One that shows that the effect cannot be identified; None where it can be (Shpitser & Pearl 2006)."""
    others, nodes = [v for v in range(len(statement.names)) if v != statement.treatment], 0
    for size in range(1, len(others) + 1):
        for rest in combinations(others, size):
            larger = {statement.treatment, *rest}
            if not _connected(statement.arcs, larger):
                continue
            for inner in range(1, size + 1):
                for smaller in combinations(rest, inner):
                    nodes += 1
                    if hedge_objection(statement, larger, {*smaller}) is None:
                        return Hedge(tuple(sorted(larger)), smaller, nodes)
    return None


def hedge_objection(statement: Statement, larger: set[int], smaller: set[int]) -> str | None:
    """Why two sets are no hedge: both have to contain forests with the same roots, edges that lead there with at most
    one from each variable, and have to be connected by hidden causes; the treatment is in the larger one alone, and the
    roots have an effect on the outcome that does not go through the treatment."""
    if not smaller or not smaller <= larger:
        return "the smaller set is empty, or not within the larger one"
    if statement.treatment in smaller or statement.treatment not in larger:
        return "the treatment must be in the larger set, and not in the smaller one"
    kept = [arrow for arrow in statement.arrows if arrow[1] != statement.treatment]
    roots = smaller & upstream(kept, [statement.outcome])
    for name, some in (("larger", larger), ("smaller", smaller)):
        if not _connected(statement.arcs, some):
            return f"hidden causes do not connect the {name} set"
        if not some <= upstream([arrow for arrow in statement.arrows if {*arrow} <= some], roots):
            return f"within the {name} set, not all variables lead to roots that have an effect on the outcome"
    return None


def _connected(arcs: Collection[Arrow], some: set[int]) -> bool:
    inside = [arc for arc in arcs if {*arc} <= some]
    return some == downstream([*inside, *((b, a) for a, b in inside)], [min(some)])


@functools.lru_cache(maxsize=1024)
def shortest_derivation(statement: Statement) -> Derivation | None:
    """The fewest steps that leave no do, by variables that come before the outcome; None where the rules do not come to
    that with two values of each variable and few terms. Terms are solved in the order of their costs (Knuth 1977)."""
    start, options = _Term(statement.outcome, 1 << statement.treatment, 0), _Options(statement)
    ways = dict[_Term, list[tuple[str, tuple[_Term, ...]]]]()
    users = dict[_Term, list[tuple[_Term, str, tuple[_Term, ...]]]]()
    waiting, ready = [start], list[tuple[int, int, _Term, str, tuple[_Term, ...]]]()
    while waiting:
        term = waiting.pop()
        if term not in ways:
            ways[term] = [*options.of(term)] if term.does else []
            for move, new in ways[term]:
                waiting += new
                for each in new:
                    users.setdefault(each, []).append((term, move, new))
    costs = {term: 0 for term in ways if not term.does}
    best = dict[_Term, tuple[str, tuple[_Term, ...]]]()
    solved = [*costs]
    while start not in costs:
        for each in solved:
            for term, move, new in users.get(each, ()):
                if term not in costs and all(part in costs for part in new):
                    heappush(ready, (1 + sum(costs[part] for part in new), len(ready), term, move, new))
        while ready and ready[0][2] in costs:
            heappop(ready)
        if not ready:
            return None
        cost, _, term, move, new = heappop(ready)
        costs[term], best[term], solved = cost, (move, new), [term]
    return _told(statement, start, best, len(ways))


def _told(
    statement: Statement, start: _Term, best: dict[_Term, tuple[str, tuple[_Term, ...]]], nodes: int
) -> Derivation | None:
    """The steps in the environment's order, which is that of the first term with a do, and what is left."""
    names, steps = statement.names, list[str]()
    free = {(statement.treatment, 0), (statement.outcome, 0)}
    words = {v: (v, 0) for v in range(len(names))}
    terms: list[tuple[_Term, dict[int, tuple[int, int]]]] = [(start, words)]
    while (place := next((i for i, (term, _) in enumerate(terms) if term.does), None)) is not None:
        term, words = terms[place]
        move, new = best[term]
        steps.append(move)
        if len(new) == 2:
            v = new[1].target
            used = free | {at[each.target] for each, at in terms}
            unused = [(v, primes) for primes in (0, 1) if (v, primes) not in used]
            if not unused or len(terms) == MAX_TERMS:
                return None
            words = {**words, v: unused[0]}
        terms[place : place + 1] = [(each, words) for each in new]
    bound = {at[term.target] for term, at in terms} - free

    def word(at: tuple[int, int]) -> str:
        return names[at[0]] + "'" * at[1]

    text = f"sum_{{{', '.join(map(word, sorted(bound)))}}} " if bound else ""
    for term, at in terms:
        given = ", ".join(word(at[v]) for v in range(len(names)) if term.given >> v & 1)
        text += f"P({word(at[term.target])}{' | ' if given else ''}{given}) "
    return Derivation(tuple(steps), text.strip(), nodes)


class _Options:
    """What each rule makes of terms."""

    def __init__(self, statement: Statement) -> None:
        size = len(statement.names)
        hidden = [(size + number, end) for number, arc in enumerate(statement.arcs) for end in arc]
        self.arrows = [*statement.arrows, *hidden]
        self.names = [name.lower() for name in (*statement.names, *[""] * len(statement.arcs))]
        self.useful = upstream(statement.arrows, [statement.outcome])
        self._cuts = dict[tuple[int, int], Graph]()
        self._reached = dict[tuple[int, int, int, int], int]()

    def of(self, term: _Term) -> Iterator[tuple[str, tuple[_Term, ...]]]:
        """The names of moves, and the terms after each."""
        target, does, given = term
        for v in self.useful - {target}:
            bit, word = 1 << v, self.names[v]
            if not (does | given) & bit:
                yield f"sum over {word}", (_Term(target, does, given | bit), _Term(v, does, given))
            elif given & bit:
                rest = given & ~bit
                if self._apart(does, 0, v, target, does | rest):
                    yield f"ignore {word}", (_Term(target, does, rest),)
                if self._apart(does, bit, v, target, does | rest):
                    yield f"do {word}", (_Term(target, does | bit, rest),)
            else:
                rest = does & ~bit
                if self._apart(rest, bit, v, target, rest | given):
                    yield f"see {word}", (_Term(target, rest, given | bit),)
                leads_on = closure(self._cut(rest, 0).parents, given) & bit
                if self._apart(rest if leads_on else does, 0, v, target, rest | given):
                    yield f"drop {word}", (_Term(target, rest, given),)

    def _apart(self, into: int, out: int, one: int, other: int, given: int) -> bool:
        """Whether a set separates two variables in the graph without edges into and out of some."""
        place = into, out, one, given
        if place not in self._reached:
            self._reached[place] = reached(self._cut(into, out), one, given)
        return not self._reached[place] >> other & 1

    def _cut(self, into: int, out: int) -> Graph:
        if (into, out) not in self._cuts:
            kept = [(a, b) for a, b in self.arrows if not (into >> b & 1 or out >> a & 1)]
            self._cuts[into, out] = graph_of(self.names, kept)
        return self._cuts[into, out]
