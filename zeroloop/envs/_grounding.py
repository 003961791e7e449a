"""STRIPS problems with objects for all parameters: facts as bits of integers, and what can hold at once."""

import functools
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from zeroloop.envs._strips import Fact, Operator, Problem, bound, objects_of
from zeroloop.errors import TaskError

MAX_BINDINGS = 20_000
"""Partial choices of objects for the parameters of all operators that are looked at."""
MAX_INSTANCES = 1_000
"""Operators with objects for their parameters."""
MAX_CHANGING = 1_000
"""Facts that may change, or that the goal asks for."""


class Instance(NamedTuple):
    """An operator, by number, with objects for its parameters."""

    operator: int
    arguments: tuple[str, ...]
    needs: tuple[Fact, ...]
    bars: tuple[Fact, ...]
    adds: tuple[Fact, ...]
    deletes: tuple[Fact, ...]


class Rule(NamedTuple):
    """The same with facts as bits: it can be applied where `need` holds and nothing of `bar`; `facts & keep | add`."""

    need: int
    bar: int
    keep: int
    add: int


class Ground:
    """A problem that can be played by integer operations.

    facts: those that may change, or that the goal asks for; bit i of an integer stands for facts[i]. constant: those
    that hold in all states. goals: in an order of their own. start, goal: as bits. instances, rules: what may ever be
    done, in a fixed order. together: for each fact those that may hold at the same time, itself among them; 0 where it
    can never hold.
    Raises TaskError where there are too many instances or facts.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        found = list(_instances(problem))
        # The numbers of facts do not depend on which facts that may change hold at the start.
        changing = (fact for instance in found for fact in (*instance.adds, *instance.deletes))
        self.goals = self._in_order(problem.goal)
        self.facts: tuple[Fact, ...] = tuple(dict.fromkeys([*changing, *self.goals]))
        if len(self.facts) > MAX_CHANGING:
            raise TaskError(f"operators: {len(self.facts)} facts may change; at most {MAX_CHANGING} are allowed")
        self._number = {fact: number for number, fact in enumerate(self.facts)}
        self.constant = self._in_order(fact for fact in problem.initial if fact not in self._number)
        self.start, self.goal = self.mask(problem.initial), self.mask(problem.goal)
        found = [each for each in found if self._is_possible(each)]
        rules = [
            Rule(self.mask(each.needs), self.mask(each.bars), ~self.mask(each.deletes), self.mask(each.adds))
            for each in found
        ]
        self.together = _together(rules, len(self.facts), self.start)
        reached = [i for i, rule in enumerate(rules) if compatible(rule.need, self.together) & rule.need == rule.need]
        self.instances, self.rules = [found[i] for i in reached], [rules[i] for i in reached]

    def mask(self, facts: Iterable[Fact]) -> int:
        """The bits of facts; those without a number have none."""
        return functools.reduce(int.__or__, (1 << self._number[fact] for fact in facts if fact in self._number), 0)

    def _in_order(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """Facts by predicate and then by arguments, in an order that depends on no name."""
        predicates = {name: number for number, (name, _) in enumerate(self.problem.predicates)}
        objects = {name: number for number, (name, _) in enumerate(self.problem.objects)}
        return tuple(sorted(facts, key=lambda fact: (predicates[fact[0]], *(objects[each] for each in fact[1:]))))

    def _is_possible(self, instance: Instance) -> bool:
        """Whether it asks for no fact that never holds, and bars none that always holds."""
        never = any(fact not in self._number and fact not in self.constant for fact in instance.needs)
        return not never and not any(fact in self.constant for fact in instance.bars)

    def most_facts(self, weights: Sequence[int]) -> int:
        """A bound on the weight of the facts that hold in one state, of those that may change."""
        everything = (1 << len(self.facts)) - 1
        apart = [everything & ~others for others in self.together]
        return _most_at_once([weight if self.together[i] else 0 for i, weight in enumerate(weights)], apart)

    def most_moves(self) -> int:
        """A bound on the number of instances that can be applied in one state."""
        needing, barring = [0] * len(self.facts), [0] * len(self.facts)
        for number, rule in enumerate(self.rules):
            for fact in bits(rule.need):
                needing[fact] |= 1 << number
            for fact in bits(rule.bar):
                barring[fact] |= 1 << number
        everything, apart = (1 << len(self.facts)) - 1, []
        for rule in self.rules:
            others = everything & ~compatible(rule.need, self.together) | rule.bar
            against = [needing[fact] for fact in bits(others)] + [barring[fact] for fact in bits(rule.need)]
            apart.append(functools.reduce(int.__or__, against, 0))
        return _most_at_once([1] * len(self.rules), apart)


def bits(number: int) -> Iterator[int]:
    """The places of the bits of `number`, from the lowest."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def compatible(facts: int, together: Sequence[int]) -> int:
    """What may hold where all of `facts` hold."""
    common = functools.reduce(int.__or__, together, 0)
    for fact in bits(facts):
        common &= together[fact]
    return common


def digest(*parts: object) -> bytes:
    """A hash of the text of plain values."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


def _instances(problem: Problem) -> Iterator[Instance]:
    """Every operator with all objects of the right types that agree with the facts that never change.

    Raises TaskError where they are too many.
    """
    changing = {fact[0] for operator in problem.operators for fact in (*operator.add, *operator.delete)}
    holds = {*problem.initial, *(("=", name, name) for name, _ in problem.objects)}
    looked_at = made = 0
    for number, operator in enumerate(problem.operators):
        candidates = [objects_of(type_name, problem) for _, type_name in operator.parameters]
        checks = _checks(operator, changing)
        chosen: list[tuple[str, ...]] = [()]
        while chosen:
            arguments = chosen.pop()
            looked_at += 1
            if looked_at > MAX_BINDINGS or made > MAX_INSTANCES:
                raise TaskError(
                    f"operators: {operator.name} can be applied to its objects in too many ways; with all operators "
                    f"there may be {MAX_INSTANCES}. Use fewer objects, or operators with fewer parameters"
                )
            values = dict(zip((name for name, _ in operator.parameters), arguments, strict=False))
            if any((bound(fact, values) in holds) != true for fact, true in checks[len(arguments)]):
                continue
            if len(arguments) < len(candidates):
                chosen += [(*arguments, each) for each in reversed(candidates[len(arguments)])]
                continue
            made += 1
            parts = (operator.needs, operator.bars, operator.add, operator.delete)
            yield Instance(number, arguments, *(tuple(bound(fact, values) for fact in part) for part in parts))


def _checks(operator: Operator, changing: set[str]) -> list[list[tuple[Fact, bool]]]:
    """For each number of parameters that are chosen, the literals that can be told then: those that never change."""
    place = {name: number for number, (name, _) in enumerate(operator.parameters, 1)}
    literals = [(fact, True) for fact in operator.needs] + [(fact, False) for fact in operator.bars]
    literals += [(("=", *pair), True) for pair in operator.equal] + [(("=", *pair), False) for pair in operator.unequal]
    found: list[list[tuple[Fact, bool]]] = [[] for _ in range(len(operator.parameters) + 1)]
    for fact, true in literals:
        if fact[0] not in changing:
            found[max((place.get(term, 0) for term in fact[1:]), default=0)].append((fact, true))
    return found


def _together(rules: Sequence[Rule], count: int, start: int) -> list[int]:
    """For each fact those that may hold at the same time as it in some state that can be reached.

    Pairs are never missed, but may be in excess: the reachability of pairs of Blum & Furst (1997) and of h^2 in
    Haslum & Geffner (2000), in which negative preconditions are taken to hold.
    """
    together = [start if start >> fact & 1 else 0 for fact in range(count)]
    reached, changed = start, True
    while changed:
        changed = False
        for rule in rules:
            if reached & rule.need != rule.need:
                continue
            beside = reached
            for fact in bits(rule.need):
                beside &= together[fact]
            if beside & rule.need != rule.need:
                continue
            after = beside & rule.keep | rule.add
            for fact in bits(rule.add):
                new = after & ~together[fact]
                if new:
                    together[fact] |= new
                    for other in bits(new):
                        together[other] |= 1 << fact
                    changed = True
        reached = functools.reduce(int.__or__, together, 0)
    return together


def _most_at_once(weights: Sequence[int], apart: Sequence[int]) -> int:
    """A bound on the weight of items of which no two are apart: they are put in groups, all of a group apart."""
    total, groups = 0, list[int]()
    for item in sorted(range(len(weights)), key=lambda i: -weights[i]):
        for number, common in enumerate(groups):
            if common >> item & 1:
                groups[number] = common & apart[item]
                break
        else:
            groups.append(apart[item])
            total += weights[item]
    return total
