"""Plans for any STRIPS problem: best-first search by the additive estimate of Bonet & Geffner (2001)."""

import functools
import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from zeroloop.envs._strips import Fact, Operator, Problem, bound, objects_of
from zeroloop.errors import TaskError
from zeroloop.tasks._shortest import shortest

MAX_BINDINGS = 50_000
"""Partial choices of objects for the parameters of operators that are looked at."""
MAX_EXPANDED = 5_000
"""States that are expanded for a plan."""
MAX_TRIED = 1_000_000
"""Actions that are tried in them."""
GREED = 3
"""How much more an action that is still estimated counts than one that was done."""

Action: TypeAlias = tuple[str, ...]
"""An operator's name and its arguments."""


class Rule(NamedTuple):
    """An action that can be done where `need` holds and nothing of `bar`, as bits: `facts & keep | add`. needs, adds:
    the same as numbers of facts."""

    action: Action
    need: int
    bar: int
    keep: int
    add: int
    needs: tuple[int, ...]
    adds: tuple[int, ...]


class Grounded(NamedTuple):
    """What may ever be done if nothing was ever deleted. missing: facts of the goal that never hold even then."""

    rules: tuple[Rule, ...]
    facts: int
    start: int
    goal: int
    missing: tuple[Fact, ...]


def found_plan(problem: Problem) -> tuple[list[str] | None, int]:
    """A plan of at most `max_steps` actions, which need not be a shortest one, and the number of states that were
    expanded; no plan where there is none, or where that takes more of them than MAX_EXPANDED and MAX_TRIED allow.

    Raises TaskError, see `grounded`.
    """
    world = grounded(problem)
    if world.missing:
        return None, 0
    plan, expanded = shortest(
        world.start,
        partial(_successors, rules=world.rules),
        partial(_estimate, world=world),
        lambda facts: facts & world.goal == world.goal,
        min(MAX_EXPANDED, MAX_TRIED // max(1, len(world.rules))),
    )
    return (None if plan is None or len(plan) > problem.max_steps else [" ".join(each) for each in plan]), expanded


@functools.lru_cache(maxsize=64)
def grounded(problem: Problem) -> Grounded:
    """Operators with objects, by what can be reached. Raises TaskError where more than MAX_BINDINGS are to be looked
    at."""
    reached = dict.fromkeys(problem.initial)
    actions: dict[Action, tuple[Sequence[Fact], ...]] = {}
    counter = _Counter()
    before = -1
    while before < len(reached) + len(actions):
        before = len(reached) + len(actions)
        index: dict[Fact, list[Fact]] = {}
        for fact in reached:
            for beginning in (fact[:1], fact[:2]) if len(fact) > 1 else (fact,):
                index.setdefault(beginning, []).append(fact)
        for operator in problem.operators:
            for values in _bindings(problem, operator, index, counter):
                action = operator.name, *(values[name] for name, _ in operator.parameters)
                if action not in actions:
                    parts = (operator.needs, operator.bars, operator.add, operator.delete)
                    actions[action] = tuple([bound(fact, values) for fact in part] for part in parts)
                    reached.update(dict.fromkeys(actions[action][2]))
    number = {fact: i for i, fact in enumerate(reached)}

    def mask(facts: Sequence[Fact]) -> int:
        return sum(1 << number[fact] for fact in {*facts} if fact in number)

    rules = tuple(
        Rule(
            action,
            mask(need),
            mask(bar),
            ~mask(delete),
            mask(add),
            tuple(number[x] for x in need),
            tuple(number[x] for x in add),
        )
        for action, (need, bar, add, delete) in actions.items()
    )
    missing = tuple(fact for fact in problem.goal if fact not in number)
    return Grounded(rules, len(number), mask(problem.initial), mask(problem.goal), missing)


class _Counter:
    """Counts what is looked at."""

    count = 0

    def __call__(self) -> None:
        self.count += 1
        if self.count > MAX_BINDINGS:
            raise TaskError(
                f"operators: there are more than {MAX_BINDINGS} ways to choose objects for their parameters; use fewer"
            )


def _bindings(
    problem: Problem, operator: Operator, index: dict[Fact, list[Fact]], counter: _Counter
) -> Iterator[dict[str, str]]:
    """The objects for all parameters with which the preconditions hold, but for those that bar something.

    index: the facts that hold by predicate, and by predicate and first argument.
    """
    allowed = {name: objects_of(kind, problem) for name, kind in operator.parameters}
    names = [*allowed]
    chosen: list[tuple[int, dict[str, str]]] = [(0, {})]
    while chosen:
        done, values = chosen.pop()
        counter()
        if done < len(operator.needs):
            need = operator.needs[done]
            beginning = bound(need[:2], values)
            for fact in index.get(need[:1] if beginning[-1] in allowed else beginning, ()):
                counter()
                found = _unified(need, fact, values, allowed)
                if found is not None:
                    chosen.append((done + 1, found))
        elif done < len(operator.needs) + len(names):
            name = names[done - len(operator.needs)]
            chosen += [
                (done + 1, {**values, name: each}) for each in ([values[name]] if name in values else allowed[name])
            ]
        elif all(
            (values.get(x, x) == values.get(y, y)) == same
            for pairs, same in ((operator.equal, True), (operator.unequal, False))
            for x, y in pairs
        ):
            yield values


def _unified(need: Fact, fact: Fact, values: dict[str, str], allowed: dict[str, list[str]]) -> dict[str, str] | None:
    """`values` with what makes the precondition this fact; None where nothing does."""
    found = values
    for term, name in zip(need[1:], fact[1:], strict=True):
        if term not in allowed:
            if term != name:
                return None
        elif found.get(term, name) != name or name not in allowed[term]:
            return None
        elif term not in found:
            found = {**found, term: name}
    return found


def _successors(facts: int, rules: Sequence[Rule]) -> Iterator[tuple[Action, int]]:
    for rule in rules:
        if facts & rule.need == rule.need and not facts & rule.bar:
            after = facts & rule.keep | rule.add
            if after != facts:
                yield rule.action, after


def _estimate(facts: int, world: Grounded) -> float:
    """How much the facts of the goal cost together, if nothing was ever deleted and no action served two of them."""
    costs = [0.0 if facts >> i & 1 else math.inf for i in range(world.facts)]
    changed = True
    while changed:
        changed = False
        for rule in world.rules:
            cost = 1 + sum([costs[i] for i in rule.needs])
            for i in rule.adds:
                if cost < costs[i]:
                    costs[i], changed = cost, True
    return GREED * sum(costs[i] for i in range(world.facts) if world.goal >> i & 1)
