"""Entailment: prove a statement from facts and rules, or find a world in which they hold and it does not."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._deduction_problem import Problem, read_problem
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.envs.deduction import EXAMPLE, NUM_ACTIONS, NUM_TOKENS, Deduction, Proof, Scene, bits
from zeroloop.errors import TaskError
from zeroloop.observers import ANCHORS, Int16
from zeroloop.vocabulary import ID

REFUTE = -3
"""The move that says that the goal does not follow."""
REFUTED = "It does not follow"
_HEADER = 6
"""Tokens of a state, at most, that are neither always there nor literals."""


class Clause(NamedTuple):
    """A rule by number with individuals for its variables, for worlds: if all atoms in `need` are true, so is one in
    `repairs`; both as bits of positive literals. premises, conclusions: its literals by number."""

    rule: int
    need: int
    repairs: int
    premises: tuple[int, ...]
    conclusions: tuple[int, ...]


@dataclass(frozen=True)
class World:
    """A beginning of a counter-example. true: positive literals, as bits; all others are false. chosen: those of them
    that were let be so, by number, in order."""

    scene: "WorldScene" = field(repr=False, compare=False)
    true: int
    chosen: tuple[int, ...] = ()


class Entailment(MoveListEnvironment[Proof | World, int]):
    """Deduction (zeroloop/envs/deduction.py) with one more first move: to say that the goal does not follow.

    Then a counter-model is made (as in SATCHMO, Manthey and Bry 1988): the facts hold, the goal does not, and all else
    is false at first. A move lets an atom be true that a rule wants which does not hold: one of its conclusions, or
    what one of its premises denies. Score 1 when all rules hold; 0 when one cannot be made to hold any more, or there
    is no room for more atoms. Nothing is taken back, so that where a rule wants one thing or another a choice may be
    wrong.

    What a network is shown is as in deduction, with the literals that are given or chosen in a world.
    """

    name: ClassVar[str] = "entailment"
    num_actions = NUM_ACTIONS
    num_tokens = NUM_TOKENS

    def __init__(self) -> None:
        self._proofs = Deduction()

    def initial_state(self, task: Task | None = None) -> Proof:
        """The facts of `task`. Raises TaskError where it is broken, or may need more tokens or moves than there are."""
        return _scene(read_problem(EXAMPLE if task is None else task)).begin()

    def list_moves(self, state: Proof | World) -> list[int]:
        """Of a proof, to refute the goal is the last of the first moves; of a world, atoms in their order."""
        if isinstance(state, World):
            return state.scene.choices(state)
        return [*self._proofs.list_moves(state), *[REFUTE] * (not state.steps)]

    def apply(self, state: Proof | World, move: int) -> Proof | World:
        """The proof or the world goes on."""
        if isinstance(state, World):
            return World(state.scene, state.true | 1 << move, (*state.chosen, move))
        return _refuted(state) if move == REFUTE else self._proofs.apply(state, move)

    def score(self, state: Proof | World) -> float:
        """Of a world 1 if all rules hold."""
        return float(state.scene.holds(state.true)) if isinstance(state, World) else self._proofs.score(state)

    def key(self, state: Proof | World) -> tuple[object, ...]:
        """The rules and the goal but for names, and the state but for how it was reached."""
        if isinstance(state, World):
            return state.scene.signature, state.scene.given, state.true, len(state.chosen)
        return *self._proofs.key(state), not state.steps

    def describe(self, state: Proof | World) -> str:
        """Of a world what is true, and the rules that do not hold."""
        if not isinstance(state, World):
            return self._proofs.describe(state)
        scene = state.scene
        broken = sorted({clause.rule + 1 for clause in scene.broken(state.true)})
        lines = f"true: {scene.sentence(bits(state.true), ', ')}", f"all else is false, {scene.aim(0)[5:]} too"
        return "\n".join((*lines, f"rules that do not hold: {', '.join(map(str, broken)) or 'none'}"))

    def move_name(self, state: Proof | World, move: int) -> str:
        """Such as "refute", and "let ulo be so: ulo is a dax"."""
        if isinstance(state, World):
            return f"let it be so that {state.scene.texts[move]}".lower()
        return "refute" if move == REFUTE else self._proofs.move_name(state, move)

    def tokens(self, state: Proof | World, symmetry: int = 0) -> Int16:
        """See the class."""
        return state.scene.world_tokens(state) if isinstance(state, World) else self._proofs.tokens(state)

    def move_tokens(self, state: Proof | World, move: int) -> tuple[Sequence[int], Sequence[int]]:
        """An atom is about the first rules that want it."""
        if isinstance(state, World):
            return state.scene.described_atom(state.true, move)
        return ([ID["refute"]], [1]) if move == REFUTE else self._proofs.move_tokens(state, move)

    def answer(self, state: Proof | World) -> list[str]:
        """The steps so far, or what is true beside the facts."""
        if not isinstance(state, World):
            return self._proofs.answer(state)
        scene = state.scene
        return [REFUTED, *(scene.texts[each] for each in (*bits(scene.assumed & ~scene.start), *state.chosen))]

    def move_claim(self, state: Proof | World, move: int) -> str:
        """Such as "Since Ulo is a dax, rule 1 wants Ulo is glim or Ulo is a wug: imagine that Ulo is glim, too." """
        if not isinstance(state, World) and move != REFUTE:
            return self._proofs.move_claim(state, move)
        after = self.apply(state, move)
        assert isinstance(after, World)
        scene = after.scene
        if isinstance(state, World):
            clause = scene.wanting(state.true, move)
            since = f"Since {scene.sentence(clause.premises, ' and ')}, rule" if clause.premises else "Rule"
            wanted = scene.sentence(clause.conclusions, " or ")
            text = f"{since} {clause.rule + 1} wants {wanted}: imagine that {scene.texts[move]}, too"
        else:
            denied = scene.sentence(bits(scene.condition | scene.denial), " and ")
            text = f"Imagine that {denied}, and that nothing else is so beside the facts"
        return f"{text}{'; now every rule holds, so that it does not follow' * scene.holds(after.true)}."


class WorldScene(Scene):
    """given: facts and what refutes the goal, as bits of literals; assumed: the positive ones; false: those that it
    denies, as bits of the positive ones. clauses: those that may ever not hold. room: atoms that have tokens left."""

    header = "refute"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.room = NUM_TOKENS - len(self.fixed) - _HEADER - self.given.bit_count()
        wanted = functools.reduce(int.__or__, (clause.repairs for clause in self.clauses), 0)
        if self.room < 1 or wanted.bit_count() > NUM_ACTIONS:
            raise TaskError(
                f"rules: {wanted.bit_count()} atoms may be wanted, of which {NUM_ACTIONS} are allowed, and there are "
                f"tokens for {max(0, self.room)}; use fewer or shorter ones"
            )

    def shown_rules(self) -> set[int]:
        """Those that may be broken in a world, too."""
        self.given = self.start | self.condition | self.denial
        self.assumed, self.false = self.given & self.even, self.given >> 1 & self.even
        self.clauses = self._clauses()
        return super().shown_rules() | {clause.rule for clause in self.clauses}

    def _clauses(self) -> list[Clause]:
        """Those whose atoms may all become true."""
        every = [clause for number in range(len(self.problem.rules)) for clause in self._clauses_of(number)]
        possible, before = self.assumed, -1
        while possible != before:
            before = possible
            for clause in every:
                if possible & clause.need == clause.need:
                    possible |= clause.repairs
        return [clause for clause in every if possible & clause.need == clause.need]

    def _clauses_of(self, number: int) -> list[Clause]:
        rule, found = self.problem.rules[number], dict[tuple[int, int], Clause]()
        for chosen in itertools.product(range(len(self.order)), repeat=len(rule.variables)):
            values = {**self.order, **dict(zip(rule.variables, chosen, strict=True))}
            premises, conclusions = (
                tuple(dict.fromkeys(self.number(literal, values) for literal in part)) for part in rule
            )
            true = sum(1 << each for each in {*premises, *(each ^ 1 for each in conclusions)})
            need, repairs = true & self.even, true >> 1 & self.even
            if not need & repairs:
                found.setdefault((need, repairs), Clause(number, need, repairs & ~self.false, premises, conclusions))
        return [*found.values()]

    def broken(self, true: int) -> list[Clause]:
        """Rules with individuals that do not hold, in order."""
        return [each for each in self.clauses if true & each.need == each.need and not true & each.repairs]

    def holds(self, true: int) -> bool:
        """Whether all rules do, and nothing given is denied."""
        return not true & self.false and not self.broken(true)

    def choices(self, world: World) -> list[int]:
        """Atoms that rules want; none where a rule wants what cannot be, or there is no room."""
        broken = self.broken(world.true)
        if len(world.chosen) == self.room or world.true & self.false or not all(each.repairs for each in broken):
            return []
        return [*bits(functools.reduce(int.__or__, (each.repairs for each in broken), 0))]

    def wanting(self, true: int, atom: int) -> Clause:
        """The first rule that does not hold and wants an atom."""
        return next(each for each in self.broken(true) if each.repairs >> atom & 1)

    def described_atom(self, true: int, atom: int) -> tuple[list[int], list[int]]:
        """Symbols and anchors of a move."""
        rules = dict.fromkeys(each.rule for each in self.broken(true) if each.repairs >> atom & 1)
        return self.written[atom], [self.first[rule] for rule in rules][:ANCHORS]

    def world_tokens(self, world: World) -> Int16:
        """int16 [T, 3] of a world."""
        left = self.room - len(world.chosen)
        found = [self.fixed.copy(), self.counted(left), self.looks[[*bits(self.given | world.true)]]]
        found[0][1] = ID["done" if self.holds(world.true) else "goal"], 0, 4
        return np.concatenate(found)


def _refuted(state: Proof) -> World:
    assert isinstance(state.scene, WorldScene)
    return World(state.scene, state.scene.assumed)


@functools.lru_cache(maxsize=256)
def _scene(problem: Problem) -> WorldScene:
    return WorldScene(problem)


def environment() -> Entailment:
    """Proofs from facts and rules, or worlds where they hold and a statement does not."""
    return Entailment()
