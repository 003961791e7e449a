"""Effects by brute force, and the fewest multiplications that find them from tables."""

import functools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import NamedTuple

from zeroloop.envs._causal_tables import Model, Question

World = tuple[int, ...]
"""A value for each variable."""


class Plan(NamedTuple):
    """Moves of the environment, the multiplications that they take, and the pairs of tables that were looked at."""

    steps: tuple[str, ...]
    cost: int
    nodes: int


def causal_order(model: Model) -> list[int]:
    """The variables, each after its causes."""
    found = list[int]()
    while len(found) < len(model.names):
        found += [v for v, causes in enumerate(model.parents) if v not in found and {*causes} <= {*found}]
    return found


@functools.lru_cache(maxsize=4096)
def effect(model: Model, question: Question) -> Fraction | None:
    """What is asked, by going through all worlds: the truncated factorisation, or for a counterfactual the worlds that
    fit what is given, each again with the other treatment. None where no world fits."""
    if not question.counterfactual:
        return chance(
            model, question.outcome, question.value, dict(question.given), {question.treatment: question.forced}
        )
    fitting = hitting = 0
    order = causal_order(model)
    for world, weight in worlds(model):
        if all(world[v] == value for v, value in question.given):
            imagined = [*world]
            for v in order:
                if v == question.treatment:
                    imagined[v] = question.forced
                elif model.parents[v]:
                    imagined[v] = int(_likely(model, v, imagined) > 0)
            fitting += weight
            hitting += weight * (imagined[question.outcome] == question.value)
    return Fraction(hitting, fitting) if fitting else None


def chance(
    model: Model, outcome: int, value: int, given: Mapping[int, int], forced: Mapping[int, int]
) -> Fraction | None:
    """How likely a value is where some are given after others were forced; None where that cannot be."""
    fitting = hitting = 0
    for world, weight in worlds(model, tuple(sorted(forced.items()))):
        if all(world[v] == seen for v, seen in given.items()):
            fitting += weight
            hitting += weight * (world[outcome] == value)
    return Fraction(hitting, fitting) if fitting else None


@functools.lru_cache(maxsize=64)
def worlds(model: Model, forced: tuple[tuple[int, int], ...] = ()) -> list[tuple[World, int]]:
    """All worlds that can be, with weights in proportion to their probabilities."""
    order, values = causal_order(model), dict(forced)
    found = [((0,) * len(order), 1)]
    for v in order:
        new = []
        for world, weight in found:
            likely, scale = _likely(model, v, world), model.scales[v]
            if v in values:
                likely, scale = values[v], 1
            for value, chance_of in ((0, scale - likely), (1, likely)):
                if chance_of:
                    new.append(((*world[:v], value, *world[v + 1 :]), weight * chance_of))
        found = new
    return found


def shortcuts(model: Model, question: Question) -> set[Fraction]:
    """What is found by seeing instead of forcing or the other way round, without some of what is given, or for any case
    instead of the one at hand."""
    does = {question.treatment: question.forced}
    others = {v: seen for v, seen in question.given if v not in (question.treatment, question.outcome)}
    tries: list[tuple[dict[int, int], dict[int, int]]] = [(others | does, {}), (does, {}), (others, {}), ({}, {})]
    if question.counterfactual:
        facts = {v: seen for v, seen in question.given if v != question.outcome}
        tries += [({}, does), (others, does), (facts, {})]
    elif others:
        tries += [({}, does), ({}, does | others)]
    found = [chance(model, question.outcome, question.value, *each) for each in tries]
    return {each for each in found if each is not None}


class _Start(NamedTuple):
    """Where the multiplications begin. steps: what led there. names: of variables and copies. tables: the variables of
    each table that is left, as bits, by the number that it is named after."""

    steps: tuple[str, ...]
    names: tuple[str, ...]
    target: int
    tables: dict[int, int]


@functools.lru_cache(maxsize=4096)
def plan(model: Model, question: Question) -> Plan:
    """The cheapest way: what does not matter goes first; then, of all ways to make one table of two that share a
    variable, the one with the fewest multiplications, by the best split of each set of tables. Variables go as soon as
    one table alone has them."""
    start = _start(model, question)
    numbers, scopes = [*start.tables], [*start.tables.values()]
    full = (1 << len(numbers)) - 1
    union = [0] * (full + 1)
    for some in range(1, full + 1):
        union[some] = union[some & some - 1] | scopes[(some & -some).bit_length() - 1]
    shown = [union[some] & (union[full ^ some] | 1 << start.target) for some in range(full + 1)]
    costs: list[float] = [0.0] * (full + 1)
    splits, nodes = [0] * (full + 1), 0
    for some in range(1, full + 1):
        part = rest = some & some - 1
        costs[some] = inf if rest else 0.0
        while part:
            nodes += 1
            cost = costs[some ^ part] + costs[part]
            if cost < costs[some]:
                one, other = shown[some ^ part], shown[part]
                cost += 1 << (one | other).bit_count()
                if cost < costs[some] and (one & other or not one or not other):
                    costs[some], splits[some] = cost, part
            part = (part - 1) & rest
    steps = [*start.steps]

    def follow(some: int) -> int:
        """The steps that make one table of some; what it is named after."""
        if not (part := splits[some]):
            return numbers[some.bit_length() - 1]
        one, other = sorted((follow(some ^ part), follow(part)))
        steps.append(f"multiply {start.names[one]} and {start.names[other]}")
        gone = (shown[some ^ part] | shown[part]) & ~shown[some]
        steps.extend(f"sum {start.names[v]}" for v in range(len(start.names)) if gone >> v & 1)
        return one

    follow(full)
    steps.append("normalise" if question.given else "read")
    return Plan(tuple(steps), int(costs[full]), nodes)


def greedy_cost(model: Model, question: Question) -> int:
    """The multiplications where each next one is the cheapest."""
    start = _start(model, question)
    tables, cost = [*start.tables.values()], 0
    while len(tables) > 1:
        pairs = [(a, b) for i, a in enumerate(tables) for b in tables[i + 1 :] if a & b or not a or not b]
        one, other = min(pairs, key=lambda pair: (pair[0] | pair[1]).bit_count())
        cost += 1 << (one | other).bit_count()
        tables.remove(one)
        tables.remove(other)
        rest = functools.reduce(int.__or__, tables, 1 << start.target)
        tables.append((one | other) & rest)
    return cost


def _start(model: Model, question: Question) -> _Start:
    """Cut or imagine, set what has a value, and sum out what does not matter."""
    size, parents, x = len(model.names), model.parents, question.treatment
    names = (*(name.lower() for name in model.names), *(f"{name.lower()}*" for name in model.names))
    causes = {v: {*parents[v]} for v in range(size)}
    fixed = {v for v, _ in question.given}
    order, steps = causal_order(model), list[str]()
    if question.counterfactual:
        changed = {x}
        for v in order:
            if question.copies >> v & 1:
                causes[v + size] = {p + size if p in changed else p for p in parents[v] if p != x}
                changed.add(v)
                steps.append(f"imagine {names[v]}")
        order += [v + size for v in order if v + size in causes]
    else:
        del causes[x]
        fixed.add(x)
        steps.append(f"cut {names[x]}")
    steps += [f"set {names[v]}" for v in sorted(fixed)]
    target = question.outcome + size * question.counterfactual
    needed, new = set[int](), {target, *fixed}
    while new:
        needed |= new
        new = {cause for v in new for cause in causes.get(v, ())} - needed
    steps += [f"sum {names[v]}" for v in reversed(order) if v in causes and v not in needed]
    tables = {v: sum(1 << w for w in {v, *causes[v]} - fixed) for v in sorted(causes) if v in needed}
    return _Start(tuple(steps), names, target, tables)


def _likely(model: Model, variable: int, values: Sequence[int]) -> int:
    """The probability of 1, times the scale of the table."""
    row = 0
    for cause in model.parents[variable]:
        row = 2 * row + values[cause]
    return model.tables[variable][row]
