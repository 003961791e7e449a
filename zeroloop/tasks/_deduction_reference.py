"""Shortest proofs, and worlds in which facts and rules are true together: both by exhaustive search."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from zeroloop.envs._deduction_problem import VARIABLES, Literal, Problem, Rule
from zeroloop.errors import TaskError

MAX_NODES = 20_000
"""Sequents that the search for a shortest proof looks at."""
MAX_MODEL_NODES = 1_000
"""Partial models that are looked at."""
MAX_INSTANCES = 6_000
STATED, SUPPOSED, DENIED = range(3)

Move = tuple[int, ...] | None
"""The conclusions that a rule is applied for, by number; None where something is supposed."""


class TooHardError(TaskError):
    """A search has looked at as much as it may."""


class Found(NamedTuple):
    """A shortest proof as lines; None where there is none within the limit. nodes: sequents that were looked at."""

    lines: list[str] | None
    nodes: int


def shortest_proof(problem: Problem, limit: int, most: int = MAX_NODES) -> Found:
    """A proof with the fewest steps, if there is one of at most `limit`. Raises TooHardError after `most` sequents."""
    search = _Search(problem, most)
    proof = search.shortest(search.start, STATED if problem.goal.premises else SUPPOSED, limit)
    return Found(None if proof is None else search.lines(proof), search.nodes)


def forward_chaining(problem: Problem) -> list[str]:
    """The first steps, as many as there may be, of a prover without a plan."""
    search = _Search(problem, MAX_NODES)
    return search.lines(itertools.islice(search.forward(), problem.max_steps))


class _Search:
    """Iterative deepening (Korf 1985) over sequents: what is known, as bits of literals, and what is to be shown.

    Only rules that may lead to the end of some case are applied. Literals are numbered so that opposites differ in the
    last bit.
    """

    def __init__(self, problem: Problem, most: int) -> None:
        self.problem, self.most, self.nodes = problem, most, 0
        self._numbers = dict[Literal, int]()
        self._literals = list[Literal]()
        goal = problem.goal
        self.start, self.condition = self._mask(problem.facts), self._mask(goal.premises)
        self.goal = self._mask(goal.conclusions)
        self.denial = self._mask(each.opposite for each in goal.conclusions)
        self.reached = self._reached()
        self._even = sum(1 << place for place in range(0, len(self._literals), 2))
        self.groups = self._useful(self.reached)
        self._least = dict[tuple[int, int], int]()

    def _number(self, literal: Literal) -> int:
        if literal not in self._numbers:
            for each in (Literal(True, *literal[1:]), Literal(False, *literal[1:])):
                self._numbers[each] = len(self._literals)
                self._literals.append(each)
        return self._numbers[literal]

    def _mask(self, literals: Iterable[Literal]) -> int:
        return sum(1 << self._number(literal) for literal in literals)

    def _reached(self) -> dict[tuple[int, ...], list[tuple[int, int]]]:
        """By conclusions, the rules and premises that give them, of all that can be applied at some time."""
        goal, found = self.problem.goal, dict[tuple[int, ...], dict[tuple[int, int], None]]()
        known = _Known()
        known.learn([*self.problem.facts, *goal.premises, *(each.opposite for each in goal.conclusions)])
        waiting = [*enumerate(self.problem.rules, 1)]
        while waiting:
            before = {sort: len(literals) for sort, literals in known.sorts.items()}
            for number, rule in waiting:
                for values in [*known.matches(rule, self.problem.individuals)]:
                    premises, conclusions = ([each.put(values) for each in part] for part in rule)
                    ends = tuple(dict.fromkeys(map(self._number, conclusions)))
                    need = self._mask({*premises})
                    if not any(need >> each & 1 for each in ends):
                        found.setdefault(ends, {})[number, need] = None
                        known.learn(conclusions)
            grown = {sort for sort, literals in known.sorts.items() if len(literals) > before.get(sort, 0)}
            waiting = [
                (number, rule)
                for number, rule in enumerate(self.problem.rules, 1)
                if any(premise[:2] in grown for premise in rule.premises)
            ]
        return {ends: sorted(group) for ends, group in found.items()}

    def _useful(
        self, reached: dict[tuple[int, ...], list[tuple[int, int]]]
    ) -> list[tuple[tuple[int, ...], int, list[tuple[int, int]]]]:
        """Those all of whose conclusions may help to end a case, with the bits of conclusions."""
        possible = self.start | self.condition | self.denial
        for ends in reached:
            possible |= sum(1 << each for each in ends)
        useful, before = self.goal | (possible & self._opposites(possible)), 0
        while useful != before:
            before = useful
            for ends, group in reached.items():
                if all(useful >> each & 1 for each in ends):
                    for _, need in group:
                        useful |= need
        return [
            (ends, sum(1 << each for each in ends), group)
            for ends, group in reached.items()
            if all(useful >> each & 1 for each in ends)
        ]

    def _opposites(self, mask: int) -> int:
        return (mask & self._even) << 1 | (mask >> 1 & self._even)

    def _is_ended(self, known: int) -> bool:
        return bool(known & self.goal or known & known >> 1 & self._even)

    def shortest(self, known: int, status: int, limit: int) -> tuple[Move, ...] | None:
        """The steps that end a case and all that come of it; None where these are more than `limit`."""
        for budget in range(limit + 1):
            found = self._search(known, status, budget)
            if found is not None:
                return found
            if self._least[known, status] > limit:
                return None
        return None

    def _search(self, known: int, status: int, budget: int) -> tuple[Move, ...] | None:
        """Any steps that do, at most `budget`."""
        if self._is_ended(known):
            return ()
        sequent = known, status
        least = self._least.get(sequent)
        if least is None:
            least = self._least[sequent] = self._bound(known, status)
        if least > budget:
            return None
        self.nodes += 1
        if self.nodes > self.most:
            raise TooHardError(f"the proof is too hard to find: more than {self.most} sequents were looked at")
        for ends, mask, group in self.groups:
            if known & mask or not any(known & need == need for _, need in group):
                continue
            found = self._cases(known, status, ends, budget - 1)
            if found is not None:
                return ends, *found
        if status != DENIED:
            more = self.condition if status == STATED else self.denial
            found = self._search(known | more, status + 1, budget - 1)
            if found is not None:
                return None, *found
        self._least[sequent] = budget + 1
        return None

    def _cases(self, known: int, status: int, ends: tuple[int, ...], budget: int) -> tuple[Move, ...] | None:
        """The steps after one that gives these conclusions."""
        if len(ends) == 1:
            return self._search(known | 1 << ends[0], status, budget)
        first = self.shortest(known | 1 << ends[0], status, budget)
        if first is None:
            return None
        second = self._search(known | 1 << ends[1], status, budget - len(first))
        return None if second is None else (*first, *second)

    def _bound(self, known: int, status: int) -> int:
        """A number of steps that no proof can do without: all that can be done is done at once, in one case."""
        steps = 0
        while not self._is_ended(known):
            before, steps = known, steps + 1
            for _, mask, group in self.groups:
                if known & mask != mask and any(before & need == need for _, need in group):
                    known |= mask
            if status != DENIED:
                known |= self.condition if status == STATED else self.denial
                status += 1
            elif known == before:
                return 1 << 30
        return steps

    def lines(self, proof: Iterable[Move]) -> list[str]:
        """A proof in words; of several rules that give the same, the first is named."""
        known, status = self.start, STATED if self.problem.goal.premises else SUPPOSED
        waiting, found = list[tuple[int, int]](), list[str]()
        for ends in proof:
            if ends is None:
                more = self.condition if status == STATED else self.denial
                found.append(f"Suppose {self.problem.joined(self._said(more))}")
                known, status = known | more, status + 1
            else:
                rule = next(rule for rule, need in self.reached[ends] if known & need == need)
                said = self.problem.joined([self._literals[each] for each in ends], "or")
                found.append(f"Rule {rule}: {said}")
                waiting += [(known | 1 << other, status) for other in ends[1:]]
                known |= 1 << ends[0]
            while self._is_ended(known) and waiting:
                known, status = waiting.pop()
        return found

    def _said(self, mask: int) -> list[Literal]:
        order = {word: place for place, (word, _) in enumerate(self.problem.predicates)}
        names = self.problem.individuals
        said = [each for number, each in enumerate(self._literals) if mask >> number & 1]
        return sorted(
            said, key=lambda each: (order[each.predicate], [*map(names.index, each.terms)], not each.positive)
        )

    def forward(self) -> Iterator[Move]:
        """Steps without a plan, to the end of the proof or for ever: what the goal is conditional on is supposed, then
        all rules are applied in their order, those with cases last; where none is left, the goal is denied."""
        known, status = self.start, STATED if self.problem.goal.premises else SUPPOSED
        waiting = list[tuple[int, int]]()
        order = sorted(self.reached.items(), key=lambda each: (len(each[0]), each[1]))
        while True:
            possible = (
                ends
                for ends, group in order
                if not any(known >> each & 1 for each in ends) and any(known & need == need for _, need in group)
            )
            ends = None if status == STATED else next(possible, None)
            if ends is None and status == DENIED:
                return
            yield ends
            if ends is None:
                known, status = known | (self.condition if status == STATED else self.denial), status + 1
            else:
                waiting += [(known | 1 << other, status) for other in ends[1:]]
                known |= 1 << ends[0]
            while self._is_ended(known):
                if not waiting:
                    return
                known, status = waiting.pop()


class _Known:
    """Literals by sign and predicate, in the order in which they were learned."""

    def __init__(self) -> None:
        self.sorts = dict[tuple[bool, str], dict[Literal, None]]()

    def learn(self, literals: Iterable[Literal]) -> None:
        """Note literals."""
        for literal in literals:
            self.sorts.setdefault(literal[:2], {})[literal] = None

    def matches(
        self, rule: Rule, names: Sequence[str], place: int = 0, values: dict[str, str] | None = None
    ) -> Iterator[dict[str, str]]:
        """The ways to put individuals for the variables of a rule such that its premises are known; values: those of
        the premises before `place`."""
        values = values or {}
        if place == len(rule.premises):
            free = [name for name in rule.variables if name not in values]
            for chosen in itertools.product(names, repeat=len(free)):
                yield {**values, **dict(zip(free, chosen, strict=True))}
            return
        premise = rule.premises[place]
        for literal in self.sorts.get(premise[:2], ()):
            extended = {**values}
            for term, name in zip(premise.terms, literal.terms, strict=True):
                if (extended.setdefault(term, name) if term in VARIABLES else term) != name:
                    break
            else:
                yield from self.matches(rule, names, place + 1, extended)


class FoundWorld(NamedTuple):
    """Atoms that are true in a world, and all others are not, in the order in which rules want them: beside those that
    are given none can be left out. nodes: partial worlds that were looked at, and atoms."""

    atoms: list[Literal]
    nodes: int


def is_consistent(problem: Problem) -> bool:
    """Whether facts and rules can all be true. Raises TooHardError."""
    return find_world(problem, problem.facts) is not None


def counter_world(problem: Problem) -> FoundWorld | None:
    """A world in which facts and rules hold, and the goal does not; None where it follows. Raises TooHardError."""
    goal = problem.goal
    return find_world(problem, [*problem.facts, *goal.premises, *(each.opposite for each in goal.conclusions)])


def find_world(problem: Problem, given: Sequence[Literal]) -> FoundWorld | None:
    """A world in which rules hold, and what is given. Raises TooHardError.

    What is not decided counts as false; where an instance of a rule is not true then, one of its atoms has to be true.
    """
    atoms = dict[tuple[str, tuple[str, ...]], int]()
    clauses, nodes = _clauses(problem, atoms), 0
    start, false = (
        sum({1 << atoms.setdefault(each[1:], len(atoms)) for each in given if each.positive == sign})
        for sign in (True, False)
    )
    if start & false:
        return None
    stack = [(start, false)]
    while stack:
        true, false = stack.pop()
        nodes += 1
        if nodes > MAX_MODEL_NODES:
            raise TooHardError(
                f"rules: whether they agree is too hard to tell: {MAX_MODEL_NODES} models were looked at"
            )
        before, choice, possible = -1, 0, True
        while before != true and possible:
            before, choice = true, 0
            for yes, no in clauses:
                if yes & true or no & true != no:
                    continue
                free = yes & ~false
                if free & (free - 1):
                    choice = free
                    continue
                possible = bool(free)
                true |= free
                if not possible:
                    break
        if possible and not choice:
            order, literals = _least(clauses, start, true), [Literal(True, *atom) for atom in atoms]
            return FoundWorld([literals[place] for place in order], nodes + len(order))
        for place in _bits(choice) if possible else ():
            stack.append((true | 1 << place, false))
            false |= 1 << place
    return None


def _least(clauses: list[tuple[int, int]], start: int, true: int) -> list[int]:
    """The atoms of a world without which it would be none, in the order in which rules want them, beside those that it
    starts with."""
    while True:
        for place in [*_bits(true & ~start)]:
            less = true & ~(1 << place)
            if all(yes & less or no & less != no for yes, no in clauses):
                true = less
        order, now = list[int](), start
        while wanted := next((yes & true for yes, no in clauses if not yes & now and no & now == no), 0):
            order.append((wanted & -wanted).bit_length() - 1)
            now |= wanted & -wanted
        if now == true:
            return order
        true = now


def _clauses(problem: Problem, atoms: dict[tuple[str, tuple[str, ...]], int]) -> list[tuple[int, int]]:
    """Of each instance of a rule the atoms, as bits: one of the first is true, or one of the second is not. Atoms are
    numbered as they come. Raises TooHardError where there are too many."""
    ways = sum(len(problem.individuals) ** len(rule.variables) for rule in problem.rules)
    if ways > MAX_INSTANCES:
        raise TooHardError(f"rules: {ways} ways to apply them are too many; at most {MAX_INSTANCES} are allowed")
    found = set[tuple[int, int]]()
    for rule in problem.rules:
        parts = [(each.positive != (part == 0), *each[1:]) for part, side in enumerate(rule) for each in side]
        variables = rule.variables
        for chosen in itertools.product(problem.individuals, repeat=len(variables)):
            values, sides = dict(zip(variables, chosen, strict=True)), [0, 0]
            for positive, predicate, terms in parts:
                atom = predicate, tuple(values.get(term, term) for term in terms)
                sides[not positive] |= 1 << atoms.setdefault(atom, len(atoms))
            if not sides[0] & sides[1]:
                found.add((sides[0], sides[1]))
    return sorted(found)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
