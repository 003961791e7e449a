"""STRIPS planning: whatever a task's own operators do to its facts, until its goal holds."""

import functools
import itertools
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._grounding import Ground, Instance, bits, digest
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.envs._strips import Fact, Problem, fill, read_problem
from zeroloop.errors import TaskError
from zeroloop.observers import ANCHORS, Int16
from zeroloop.vocabulary import ID, encode

NUM_TOKENS = 128
NUM_ACTIONS = 96
ROW = 8
"""How far the rows of two objects are apart: what is in one row is nearer than what is in the next."""

_OBJECTS = string.ascii_lowercase + string.digits
_HOLDS = string.ascii_uppercase
"""Letters of predicates in facts that hold; types have those that are left."""
_GOALS = string.punctuation
"""Signs of predicates in facts that shall hold."""
_CODE = string.printable[:94]
_CODE_LENGTH = 3

EXAMPLE: Task = {
    "objects": {"a": "block", "b": "block", "c": "block"},
    "operators": [
        {
            "name": "move",
            "parameters": [["x", "block"], ["y", "block"], ["z", "block"]],
            "preconditions": [["clear", "x"], ["on", "x", "y"], ["clear", "z"], ["not", "=", "x", "z"]],
            "add": [["on", "x", "z"], ["clear", "y"]],
            "delete": [["on", "x", "y"], ["clear", "z"]],
        },
        {
            "name": "lower",
            "parameters": [["x", "block"], ["y", "block"]],
            "preconditions": [["clear", "x"], ["on", "x", "y"]],
            "add": [["ontable", "x"], ["clear", "y"]],
            "delete": [["on", "x", "y"]],
        },
        {
            "name": "lift",
            "parameters": [["x", "block"], ["z", "block"]],
            "preconditions": [["clear", "x"], ["ontable", "x"], ["clear", "z"], ["not", "=", "x", "z"]],
            "add": [["on", "x", "z"]],
            "delete": [["ontable", "x"], ["clear", "z"]],
        },
    ],
    "initial_state": [["on", "c", "a"], ["ontable", "a"], ["ontable", "b"], ["clear", "c"], ["clear", "b"]],
    "goal_state": [["on", "a", "b"], ["on", "b", "c"]],
    "max_steps": 12,
}
"""Sussman's anomaly, with blocks that are moved in one go."""


@dataclass(frozen=True)
class World:
    """The facts that hold, as bits, the steps that are left and those that were taken, by instance, and the facts
    before the last one, -1 at the start."""

    scene: "Scene" = field(repr=False, compare=False)
    facts: int
    steps_left: int
    plan: tuple[int, ...] = ()
    before: int = -1


class Strips(MoveListEnvironment[World, int]):
    """Apply operators until all facts of the goal hold (score 1), or until no step is left or possible (score 0).

    A move is an operator with objects for its parameters whose preconditions hold, and which changes a fact, and not
    back to what was before the last move, which no shortest plan does. Tasks are described in zeroloop/envs/_strips.py.

    What a network is shown: a row for each object, with its letter in the middle, what holds of it now to the right and
    what shall hold to the left, mirrored. A fact is in the row of its first argument: the letter of the predicate, and
    the letters of the other arguments. In goals predicates have a sign of their own, and another one while the fact
    holds, from which a network learned blocks much faster. Facts that never change are shown too, and types where there
    are several, as one more predicate. Names are not shown, but letters given in order; what the operators do is shown
    as a code of three characters, which differs between domains.
    """

    name: ClassVar[str] = "strips"
    version: ClassVar[int] = 2
    num_actions = NUM_ACTIONS
    num_tokens = NUM_TOKENS

    def initial_state(self, task: Task | None = None) -> World:
        """The initial state of `task`. Raises TaskError where the task is broken, or needs more tokens or actions than
        there may be in some state, and where nothing can be done at the start."""
        problem = read_problem(EXAMPLE if task is None else task)
        scene = _scene(problem)
        start = World(scene, scene.start, problem.max_steps)
        if not self.moves(start):
            raise TaskError("operators: none of them can be applied in initial_state")
        return start

    def list_moves(self, state: World) -> list[int]:
        """Operators in their order, each with objects in their order."""
        scene, facts, useless = state.scene, state.facts, (state.facts, state.before)
        if not state.steps_left or facts & scene.goal == scene.goal:
            return []
        return [
            number
            for number, (need, bar, keep, add) in enumerate(scene.rules)
            if facts & need == need and not facts & bar and facts & keep | add not in useless
        ]

    def apply(self, state: World, move: int) -> World:
        """What is deleted goes, then what is added comes."""
        _, _, keep, add = state.scene.rules[move]
        return World(state.scene, state.facts & keep | add, state.steps_left - 1, (*state.plan, move), state.facts)

    def score(self, state: World) -> float:
        """1 where the goal holds."""
        return float(state.facts & state.scene.goal == state.scene.goal)

    def key(self, state: World) -> tuple[Any, ...]:
        """The problem but for names, the facts, the steps that are left, and the moves: one may be missing that would
        lead back. How else the state was reached does not matter."""
        return state.scene.signature, state.facts, state.steps_left, self.moves(state)

    def describe(self, state: World) -> str:
        """What holds, what shall hold and does not yet, and the steps that are left."""
        scene = state.scene
        holds = [*scene.constant, *(scene.facts[i] for i in bits(state.facts))]
        open_goals = [scene.facts[i] for i in bits(scene.goal & ~state.facts)]
        lines = ["holds: " + ", ".join(map(" ".join, holds)), "goal: " + ", ".join(map(" ".join, open_goals))]
        lines[1] = lines[1] if open_goals else "goal: reached"
        return "\n".join([*lines, f"steps left: {state.steps_left}"])

    def move_name(self, state: World, move: int) -> str:
        """Such as "stack a b"."""
        return state.scene.names[move]

    def tokens(self, state: World, symmetry: int = 0) -> Int16:
        """See the class. Objects come first, in order; the steps left are in the last row."""
        return state.scene.tokens(state.facts, state.steps_left)

    def move_tokens(self, state: World, move: int) -> tuple[Sequence[int], Sequence[int]]:
        """The operator by its number, about its first two objects; the letters of the others behind it."""
        return state.scene.described[move]

    def answer(self, state: World) -> list[str]:
        """The plan so far."""
        return [state.scene.names[move] for move in state.plan]

    def move_claim(self, state: World, move: int) -> str:
        """Such as "Unstack c from a: now the hand holds c and a is clear.": what was not true before; where nothing is
        added, what is no longer true."""
        scene, instance = state.scene, state.scene.instances[move]
        _, _, keep, add = scene.rules[move]
        after = state.facts & keep | add
        action = scene.phrase(instance)
        come = scene.clauses(fact for fact in instance.adds if scene.mask([fact]) & after & ~state.facts)
        gone = scene.clauses(fact for fact in instance.deletes if scene.mask([fact]) & ~after & state.facts)
        changed = f"now {come}" if come else f"it is no longer true that {gone}"
        return f"{action[:1].upper()}{action[1:]}: {changed}."


class Scene(Ground):
    """A problem with facts as bits, and how it looks and reads: all that does not depend on the state is made once.

    names, described: of each instance, what it is called, and its symbols and anchors. signature: equal for problems
    that differ in names, in what holds at the start, and in the number of steps alone.
    Raises TaskError where a state may need more moves, tokens or letters than there are.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._phrases = dict(problem.phrases)
        self._order = {name: number for number, (name, _) in enumerate(problem.objects)}
        self._predicates = {name: number for number, (name, _) in enumerate(problem.predicates)}
        self._types = _numbered_types(problem)
        self._has_types = len({kind for _, kind in problem.objects}) > 1
        self._check_sizes()
        domain = self._domain()
        kinds = [self._types[kind] for _, kind in problem.objects]
        facts = [[self._plain(fact, {}) for fact in part] for part in (self.constant, self.goals)]
        self.signature = digest(domain, kinds, facts).hex()
        self._draw(int.from_bytes(digest(domain), "little"))
        self.names = [_written(problem.operators[each.operator].name, each.arguments) for each in self.instances]
        self.described = [self._described(instance) for instance in self.instances]

    def _check_sizes(self) -> None:
        signs = len(self._predicates) + (len(self._types) if self._has_types else 0)
        fixed = len(self._order) * (1 + self._has_types) + 2 + _CODE_LENGTH + len(str(self.problem.max_steps))
        fixed += sum(max(1, len(fact) - 1) for fact in (*self.constant, *self.problem.goal))
        tokens = fixed + self.most_facts([max(1, len(fact) - 1) for fact in self.facts])
        for name, what, number, most in (
            ("objects", "objects", len(self._order), len(_OBJECTS)),
            ("operators", "predicates and types", signs, len(_HOLDS)),
            ("operators", "moves in one state", self.most_moves(), NUM_ACTIONS),
            ("objects", "tokens for one state", tokens, NUM_TOKENS),
        ):
            if number > most:
                raise TaskError(f"{name}: there may be {number} {what}, and {most} are allowed; use fewer objects")

    def _domain(self) -> list[object]:
        """What the operators do, without names."""
        found: list[object] = [[self._types.get(each, -1) for each in pair] for pair in self.problem.types]
        for operator in self.problem.operators:
            place = {name: -1 - number for number, (name, _) in enumerate(operator.parameters)}
            parts = (operator.needs, operator.bars, operator.add, operator.delete)
            pairs = [[[place.get(x, self._order.get(x)) for x in pair] for pair in part] for part in operator[4:6]]
            kinds = [self._types[kind] for _, kind in operator.parameters]
            found.append((kinds, pairs, [sorted(self._plain(fact, place) for fact in part) for part in parts]))
        return found

    def _plain(self, fact: Fact, place: dict[str, int]) -> tuple[int, ...]:
        """A fact in numbers; place: those of parameters."""
        return self._predicates[fact[0]], *(place.get(term, self._order.get(term, 0)) for term in fact[1:])

    # ---- text -------------------------------------------------------------------------------------------------------

    def phrase(self, instance: Instance) -> str:
        """What is done, in English, or as "(stack a b)" where the problem has no phrase for it."""
        operator = self.problem.operators[instance.operator]
        if not operator.phrase:
            return f"({_written(operator.name, instance.arguments)})"
        names = (name for name, _ in operator.parameters)
        return fill(operator.phrase, dict(zip(names, instance.arguments, strict=True)))

    def clauses(self, facts: Iterable[Fact]) -> str:
        """Facts in English, joined; as "(on a b)" where the problem has no phrase for them."""
        texts = []
        for predicate, *arguments in facts:
            phrase = self._phrases.get(predicate, f"({_written(predicate, arguments)})")
            texts.append(fill(phrase, {str(place): name for place, name in enumerate(arguments)}))
        return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)

    # ---- tokens -----------------------------------------------------------------------------------------------------

    def tokens(self, facts: int, steps_left: int) -> Int16:
        """int16 [T, 3] of a state: what is there in every state, the facts, the steps left."""
        rows: list[int] = []
        for fact in bits(facts):
            rows += self._rows[fact]
        steps = self._steps.get(steps_left)
        if steps is None:
            symbols = [ID["steps left"], *encode(str(steps_left))]
            drawn = [(symbol, self._last, self._center + i) for i, symbol in enumerate(symbols)]
            steps = self._steps[steps_left] = np.array(drawn, np.int16)
        shown = np.concatenate((self._fixed, self._table.take(rows, axis=0), steps))
        for fact in bits(facts & self.goal):
            place, symbol = self._met[fact]
            shown[place, 0] = symbol
        return shown

    def _draw(self, code: int) -> None:
        """Prepares the tokens; code: the number that the characters stand for."""
        objects = self.problem.objects
        self._letters = {name: ID[letter] for (name, _), letter in zip(objects, _OBJECTS, strict=False)}
        self._offsets = self._columns()
        self._last = ROW * (len(objects) + 1)
        self._center = max([_CODE_LENGTH, *(self._offsets[fact] + max(0, len(fact) - 2) for fact in self.goals)])
        tokens = [(self._letters[name], self._row(name), self._center) for name, _ in objects]
        tokens += [(ID["plan"], 0, self._center)]
        for place in range(_CODE_LENGTH):
            code, digit = divmod(code, len(_CODE))
            tokens += [(ID[_CODE[digit]], self._last, self._center - 1 - place)]
        if self._has_types:
            signs = [ID[_HOLDS[len(self._predicates) + self._types[kind]]] for _, kind in objects]
            tokens += [
                (sign, self._row(name), self._center + 1) for sign, (name, _) in zip(signs, objects, strict=True)
            ]
        for fact in self.constant:
            tokens += self._fact(fact, _HOLDS, 1)
        self._met: dict[int, tuple[int, int]] = {}  # where the sign of a goal fact is, and what it is while that holds
        for fact in self.goals:
            self._met[self.facts.index(fact)] = len(tokens), ID[f"rule {31 - self._predicates[fact[0]]}"]
            tokens += self._fact(fact, _GOALS, -1)
        self._fixed = np.array(tokens, np.int16)
        drawn = [self._fact(fact, _HOLDS, 1) for fact in self.facts]
        self._table = np.array([token for each in drawn for token in each], np.int16)
        ends = [0, *itertools.accumulate(map(len, drawn))]
        self._rows = [range(*ends[i : i + 2]) for i in range(len(drawn))]
        self._steps: dict[int, Int16] = {}

    def _columns(self) -> dict[Fact, int]:
        """How far from the middle each fact is shown: relations of two objects nearest.

        Facts of one predicate and first argument are all in one place where they have up to two arguments. Where they
        have more, what belongs to which could not be told, and each has a place of its own.
        """
        found, free = dict[Fact, int](), {False: 1, True: 1 + self._has_types}
        for predicate, arity in sorted(self.problem.predicates, key=lambda each: (each[1] > 2, each[1] < 2)):
            start, counts = free[arity > 0], Counter[Fact]()
            for fact in dict.fromkeys([*self.constant, *self.facts]):
                if fact[0] == predicate:
                    found[fact] = start + arity * counts[fact[:2]]
                    counts[fact[:2]] += arity > 2
            free[arity > 0] += max(1, arity) * max([1, *counts.values()])
        return found

    def _row(self, name: str) -> int:
        return ROW * (1 + self._order[name])

    def _fact(self, fact: Fact, signs: str, side: int) -> list[tuple[int, int, int]]:
        """The tokens of a fact on one side of the middle."""
        row = self._row(fact[1]) if len(fact) > 1 else 0
        symbols = [ID[signs[self._predicates[fact[0]]]], *(self._letters[name] for name in fact[2:])]
        return [(symbol, row, self._center + side * (self._offsets[fact] + i)) for i, symbol in enumerate(symbols)]

    def _described(self, instance: Instance) -> tuple[list[int], list[int]]:
        """Symbols and anchors."""
        others = [self._letters[name] for name in instance.arguments[ANCHORS:]]
        return [ID[f"rule {instance.operator}"], *others], [self._order[name] for name in instance.arguments[:ANCHORS]]


def _written(name: str, arguments: Iterable[str]) -> str:
    return " ".join((name, *arguments))


def _numbered_types(problem: Problem) -> dict[str, int]:
    """Types by number: those of parameters first, so that it depends on the operators more than on the objects."""
    kinds = [kind for operator in problem.operators for _, kind in operator.parameters]
    kinds += [kind for _, kind in problem.objects] + [kind for pair in problem.types for kind in pair]
    return {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}


@functools.lru_cache(maxsize=256)
def _scene(problem: Problem) -> Scene:
    return Scene(problem)


def environment() -> Strips:
    """Any STRIPS problem with up to 128 tokens and 96 moves in a state."""
    return Strips()
