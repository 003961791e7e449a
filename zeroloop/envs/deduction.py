"""Deduction: prove a statement from facts and rules, by rules, by suppositions, and by cases."""

import functools
import hashlib
import itertools
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._deduction_problem import VARIABLES, Literal, Problem, Rule, read_problem
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.vocabulary import ID, encode

NUM_TOKENS = 128
NUM_ACTIONS = 96
MAX_OPEN = 4
"""Cases that wait for their turn; where there are so many, no rule opens another one."""
MAX_INSTANCES = 6_000
"""Rules with individuals for their variables that are looked at."""
SUPPOSE, DENY = -1, -2
"""The moves that are no rules: to suppose what the goal is conditional on, and that the goal is false."""
_SPARE, _STEPS = 5, 9
"""Columns of the first row."""
_STATED, _SUPPOSED, _DENIED = range(3)
"""What is left to be shown: the goal as it is stated, its conclusion, or a contradiction."""

EXAMPLE: Task = {
    "individuals": ["Ulo", "Mirk"],
    "predicates": {"dax": "noun", "wug": "noun", "glim": "adjective", "florp": "verb"},
    "facts": [["florp", "Ulo", "Mirk"], ["not", "glim", "Mirk"]],
    "rules": [
        {"if": [["dax", "x"], ["florp", "x", "y"]], "then": [["glim", "y"], ["wug", "x"]]},
        {"if": [["wug", "x"]], "then": [["glim", "x"]]},
        {"if": [["wug", "x"], ["glim", "x"]], "then": [["florp", "x", "x"]]},
    ],
    "goal": {"if": [["dax", "Ulo"]], "then": [["florp", "Ulo", "Ulo"]]},
    "par": 4,
    "max_steps": 6,
}


@dataclass(frozen=True)
class Proof:
    """What is known and to be shown, and the cases that wait.

    levels: what has been learned, as bits of literals, while so many cases were waiting; all of it is known now.
    waiting: of each case the literal that it supposes, by number, and what is to be shown there; what is known there
    are the levels up to its place. status: what is to be shown now. proved: nothing is left to be shown.
    """

    scene: "Scene" = field(repr=False, compare=False)
    levels: tuple[int, ...]
    waiting: tuple[tuple[int, int], ...]
    status: int
    steps_left: int
    proved: bool = False
    steps: tuple[int, ...] = ()

    @property
    def known(self) -> int:
        """All levels together."""
        return functools.reduce(int.__or__, self.levels)


class Instance(NamedTuple):
    """A rule by number with individuals for its variables: its literals by number, and its premises as bits."""

    rule: int
    premises: tuple[int, ...]
    need: int
    conclusions: tuple[int, ...]


class Deduction(MoveListEnvironment[Proof, int]):
    """Learn what follows, until all is shown (score 1 within par, falling to 1/2 at the last step allowed), or until no
    step is left or possible (score 0).

    A move is a rule with individuals whose premises are known and whose conclusions are not; of several with equal
    conclusions the first counts. A rule with two conclusions splits the proof: the first one is supposed, and the case
    of the second waits. The other moves are to suppose what the goal is conditional on, and then the opposite of its
    conclusion. A case ends by itself, and the last one that waits goes on, when its goal is known or something is
    known together with its opposite. So a state is a stack of sequents "known, to be shown", as in sequent calculus
    (Gentzen 1935). Tasks are described in zeroloop/envs/_deduction_problem.py.

    What a network is shown, one token for a literal: its symbol is the predicate, a capital letter, or a small one for
    its opposite. Facts are in the row of their first individual; the column tells the second one, and how many cases
    were waiting. Each rule has a row, the goal another one, and each case that waits; there the column tells the place
    in the rule, and the variables or individuals. The first row has steps left and how many of them are to spare.
    """

    name: ClassVar[str] = "deduction"
    num_actions = NUM_ACTIONS
    num_tokens = NUM_TOKENS

    def initial_state(self, task: Task | None = None) -> Proof:
        """The facts of `task`. Raises TaskError where it is broken, or may need more tokens or moves than there are,
        and where no rule can be applied and nothing supposed."""
        problem = read_problem(EXAMPLE if task is None else task)
        start = _scene(problem).begin()
        if not self.moves(start):
            raise TaskError("rules: none of them can be applied, and there is nothing to suppose")
        return start

    def list_moves(self, state: Proof) -> list[int]:
        """Conclusions by the first rules that have them, and by individuals; to suppose something is last."""
        if state.proved or not state.steps_left:
            return []
        scene, known = state.scene, state.known
        found = []
        for block, splits, instances in scene.groups:
            if known & block or (splits and len(state.waiting) == MAX_OPEN):
                continue
            for need, number in instances:
                if known & need == need:
                    found.append(number)
                    break
        if state.status == _STATED:
            found.append(SUPPOSE)
        elif state.status == _SUPPOSED and known & scene.denial != scene.denial:
            found.append(DENY)
        return found

    def apply(self, state: Proof, move: int) -> Proof:
        """Cases that end thereby are left."""
        return _after(state, move)[0]

    def score(self, state: Proof) -> float:
        """1 for a proof with steps to spare, 1/2 for one that took all."""
        spare = state.scene.spare
        return min(1.0, 0.5 + 0.5 * state.steps_left / spare if spare else 1.0) * state.proved

    def key(self, state: Proof) -> tuple[object, ...]:
        """The rules and the goal but for names, and the state but for how it was reached."""
        return state.scene.signature, state.levels, state.waiting, state.status, state.steps_left, state.proved

    def describe(self, state: Proof) -> str:
        """What is known, what is to be shown, and the cases that wait."""
        scene = state.scene
        lines = [f"known: {scene.sentence(bits(state.known), ', ')}"]
        lines += [f"to be shown: {'nothing' if state.proved else scene.aim(state.status)}"]
        for literal, status in reversed(state.waiting):
            lines.append(f"waiting: the case that {scene.texts[literal]}, to be shown: {scene.aim(status)}")
        return "\n".join([*lines, f"steps left: {state.steps_left}"])

    def move_name(self, state: Proof, move: int) -> str:
        """Such as "rule 3: ulo is a dax or mirk is glim", or "suppose ulo is a dax"."""
        return state.scene.line(move).lower()

    def tokens(self, state: Proof, symmetry: int = 0) -> Int16:
        """See the class."""
        return state.scene.tokens(state)

    def move_tokens(self, state: Proof, move: int) -> tuple[Sequence[int], Sequence[int]]:
        """The conclusions of a rule, each as predicate and individuals, about the rule's first conclusion and the
        individual that it is about."""
        return state.scene.described[move]

    def answer(self, state: Proof) -> list[str]:
        """The steps so far."""
        return [state.scene.line(move) for move in state.steps]

    def move_claim(self, state: Proof, move: int) -> str:
        """Such as "Since Ulo is a dax, Ulo is glim or Mirk is glim by rule 3; first suppose that Ulo is glim.": what
        follows from what, or is supposed, and which cases end thereby."""
        scene, (_, endings) = state.scene, _after(state, move)
        if move >= 0:
            instance = scene.instances[move]
            premises = scene.sentence(instance.premises, " and ")
            text = f"{f'Since {premises}, ' if premises else ''}{scene.sentence(instance.conclusions, ' or ')}"
            text += f" by rule {instance.rule + 1}"
            if len(instance.conclusions) > 1:
                text += f"; first suppose that {scene.texts[instance.conclusions[0]]}"
        else:
            supposed = scene.condition if move == SUPPOSE else scene.denial
            text = f"Suppose that {scene.sentence(bits(supposed), ' and ')}; it is left to show "
            text += scene.aim(state.status + 1)
        for shown, following in endings:
            text += ", as was to be shown" if shown else ", a contradiction"
            text += f"; in the other case {scene.texts[following]}" if following is not None else ""
        return f"{text}."


def _after(state: Proof, move: int) -> tuple[Proof, list[tuple[bool, int | None]]]:
    """The state after a move; and of each case that ended by it, whether its goal was known (else there was a
    contradiction), and the literal of the case that went on then, None where none did."""
    scene, status, waiting = state.scene, state.status, state.waiting
    levels, endings = [*state.levels], list[tuple[bool, int | None]]()
    if move >= 0:
        first, *others = scene.instances[move].conclusions
        if others:
            waiting += ((others[0], status),)
            levels.append(0)
        levels[-1] |= 1 << first
    else:
        levels[-1] |= scene.condition if move == SUPPOSE else scene.denial
        status += 1
    while (shown := scene.is_shown(levels)) or scene.is_contradiction(levels):
        if not waiting:
            endings.append((shown, None))
            break
        (literal, status), waiting = waiting[-1], waiting[:-1]
        levels.pop()
        levels[-1] |= 1 << literal
        endings.append((shown, literal))
    proved = bool(endings) and endings[-1][1] is None
    steps = (*state.steps, move)
    return Proof(scene, tuple(levels), waiting, status, state.steps_left - 1, proved, steps), endings


class Scene:
    """A problem with literals as bits, and how it looks and reads: all that does not depend on the state.

    Literal 2 i says that atom i is true, and 2 i + 1 that it is not; atoms are numbered by predicate and individuals.
    start, condition, denial: the facts, what the goal is conditional on, and the opposites of its conclusions.
    instances: what may ever be applied. groups: of each conclusion the bits of which none may be known, whether it
    splits, and the instances that have it, as premises and number. texts, looks: of each literal, its token as of a
    fact. even: bits of the positive ones. order: of individuals. fixed: tokens of all states. first: of each rule, and
    of the goal, the place of the first token. header: the symbol of the environment. described: of each move, symbols
    and anchors. signature: equal where rules, goal and steps to spare differ in names alone.
    Raises TaskError where a state may need more moves or tokens than there are.
    """

    header: ClassVar[str] = "deduction"

    def __init__(self, problem: Problem) -> None:
        self.problem, self.spare = problem, problem.max_steps - problem.par
        self.order = {name: number for number, name in enumerate(problem.individuals)}
        count, total = len(problem.individuals), 0
        self._base = dict[str, int]()
        self.texts, looks = list[str](), list[tuple[int, int, int]]()
        for letter, (word, kind) in enumerate(problem.predicates):
            self._base[word] = total
            for terms in itertools.product(problem.individuals, repeat=1 + (kind == "verb")):
                total += 1
                places = [self.order[name] for name in terms]
                for positive, letters in ((True, string.ascii_uppercase), (False, string.ascii_lowercase)):
                    self.texts.append(problem.says(Literal(positive, word, terms)))
                    looks.append((ID[letters[letter]], 1 + places[0], 2 + places[1] if places[1:] else 1))
        self.looks = np.array(looks, np.int16)
        self.even = sum(1 << 2 * atom for atom in range(total))
        self.start, self.condition = self.mask(problem.facts), self.mask(problem.goal.premises)
        self.goal = self.mask(problem.goal.conclusions)
        self.denial = self.mask(literal.opposite for literal in problem.goal.conclusions)
        self.instances = self._instances()
        found = dict[tuple[int, ...], list[tuple[int, int]]]()
        for number, instance in enumerate(self.instances):
            found.setdefault(instance.conclusions, []).append((instance.need, number))
        self.groups = [(sum(1 << each for each in ends), len(ends) > 1, group) for ends, group in found.items()]
        self._draw(count)
        self._check_sizes()

    def begin(self) -> Proof:
        """The start of a proof."""
        status = _STATED if self.problem.goal.premises else _SUPPOSED
        return Proof(self, (self.start,), (), status, self.problem.max_steps)

    def mask(self, literals: Iterable[Literal]) -> int:
        """Their bits."""
        return sum(1 << self.number(literal, self.order) for literal in literals)

    def number(self, literal: Literal, values: dict[str, int]) -> int:
        """The number of a literal with individuals, by number, for its terms."""
        place = 0
        for term in literal.terms:
            place = place * len(self.order) + values[term]
        return 2 * (self._base[literal.predicate] + place) + (not literal.positive)

    def is_shown(self, levels: Sequence[int]) -> bool:
        """Whether a conclusion of the goal is known."""
        return any(level & self.goal for level in levels)

    def is_contradiction(self, levels: Sequence[int]) -> bool:
        """Whether something is known together with its opposite."""
        known = functools.reduce(int.__or__, levels)
        return bool(known & known >> 1 & self.even)

    def _instances(self) -> list[Instance]:
        """Rules with individuals that can be applied at some time: premises follow from what is given or may be
        supposed. Raises TaskError where there are too many."""
        count = len(self.order)
        looked_at = sum(count ** len(rule.variables) for rule in self.problem.rules)
        if looked_at > MAX_INSTANCES:
            raise TaskError(f"rules: {looked_at} ways to apply them are too many; at most {MAX_INSTANCES} are allowed")
        every = [each for number, rule in enumerate(self.problem.rules) for each in self._instances_of(number, rule)]
        possible, before = self.start | self.condition | self.denial, 0
        while possible != before:
            before = possible
            for instance in every:
                if possible & instance.need == instance.need:
                    for each in instance.conclusions:
                        possible |= 1 << each
        self._possible = possible
        return [instance for instance in every if possible & instance.need == instance.need]

    def _instances_of(self, number: int, rule: Rule) -> Iterator[Instance]:
        names = rule.variables
        for chosen in itertools.product(range(len(self.order)), repeat=len(names)):
            values = {**self.order, **dict(zip(names, chosen, strict=True))}
            parts = [dict.fromkeys(self.number(literal, values) for literal in part) for part in rule]
            premises, conclusions = map(tuple, parts)
            need = sum(1 << each for each in premises)
            if not any(need >> each & 1 for each in conclusions):
                yield Instance(number, premises, need, conclusions)

    def _check_sizes(self) -> None:
        goal, most = self.problem.goal, self.problem.max_steps
        learned = self.start.bit_count() + most + len(goal.premises) + len(goal.conclusions)
        tokens = len(self.fixed) + 6 + min(learned, self._possible.bit_count()) + MAX_OPEN
        for name, what, number, allowed in (
            ("rules", "moves in one state", len(self.groups) + 1, NUM_ACTIONS),
            ("rules", "tokens for one state", tokens, NUM_TOKENS),
        ):
            if number > allowed:
                raise TaskError(
                    f"{name}: there may be {number} {what}, and {allowed} are allowed; use fewer or shorter ones"
                )

    # ---- text -------------------------------------------------------------------------------------------------------

    def sentence(self, literals: Iterable[int], between: str) -> str:
        """Literals by number, in English."""
        return between.join(self.texts[each] for each in literals)

    def aim(self, status: int) -> str:
        """What is to be shown."""
        if status == _DENIED:
            return "a contradiction"
        shown = self.problem.joined(self.problem.goal.conclusions, "or")
        if status == _SUPPOSED:
            return f"that {shown}"
        return f"that if {self.problem.joined(self.problem.goal.premises)}, then {shown}"

    def line(self, move: int) -> str:
        """A step as a line of a proof."""
        if move < 0:
            return f"Suppose {self.sentence(bits(self.condition if move == SUPPOSE else self.denial), ' and ')}"
        return f"Rule {self.instances[move].rule + 1}: {self.sentence(self.instances[move].conclusions, ' or ')}"

    # ---- tokens -----------------------------------------------------------------------------------------------------

    def tokens(self, state: Proof) -> Int16:
        """int16 [T, 3] of a state: what is always there, steps, facts by level, cases that wait."""
        parts = [self.fixed.copy(), self.counted(state.steps_left)]
        parts[0][1] = ID["done" if state.proved else "goal"], 0, 1 + state.status
        for level, learned in enumerate(state.levels):
            part = self.looks[[*bits(learned)]]
            part[:, 2] += level * self._width
            parts.append(part)
        if state.waiting:
            rows = []
            for place, (literal, status) in enumerate(state.waiting):
                symbol, row, column = self.looks[literal].tolist()
                rows.append((symbol, self._last + place, (status * len(self.order) + row - 1) * self._width + column))
            parts.append(np.array(rows, np.int16))
        return np.concatenate(parts)

    def counted(self, left: int) -> Int16:
        """int16 [T, 3]: a number of steps."""
        return np.array([(symbol, 0, _STEPS + 1 + i) for i, symbol in enumerate(encode(str(left)))], np.int16)

    def _draw(self, count: int) -> None:
        """Prepares the tokens of all states, and the moves."""
        self._width = count + 2
        self._last = count + len(self.problem.rules) + 2
        self._letters = {word: number for number, (word, _) in enumerate(self.problem.predicates)}
        codes = {**{name: 1 + i for i, name in enumerate(VARIABLES)}, **{k: 4 + i for k, i in self.order.items()}}
        tokens = [(ID[self.header], 0, 0), (ID["goal"], 0, 1)]
        tokens += [(ID[string.digits[i]], 1 + i, 0) for i in range(count)]
        self.first = list[int]()
        for place, rule in enumerate((*self.problem.rules, self.problem.goal)):
            self.first.append(len(tokens))
            slots = [*enumerate(rule.conclusions), *enumerate(rule.premises, 2)]
            for slot, literal in slots:
                column = 0
                for term in (*literal.terms, *[""] * (2 - len(literal.terms))):
                    column = column * (count + 4) + codes.get(term, 0)
                tokens.append((self._symbol(literal), 1 + count + place, slot * (count + 4) ** 2 + column))
        tokens += [(ID["target"], 0, _SPARE)]
        tokens += [(symbol, 0, _SPARE + 1 + i) for i, symbol in enumerate(encode(str(self.spare)))]
        tokens += [(ID["steps left"], 0, _STEPS)]
        self.fixed = np.array(tokens, np.int16)
        self.signature = hashlib.blake2b(self.fixed.tobytes(), digest_size=16).hexdigest()
        self.described: dict[int, tuple[list[int], list[int]]] = {
            move: ([ID["suppose"]], [1]) for move in (SUPPOSE, DENY)
        }
        for number, instance in enumerate(self.instances):
            parts = [self.described_literal(instance.rule, each) for each in instance.conclusions]
            self.described[number] = [symbol for symbols, _ in parts for symbol in symbols], parts[0][1]

    def described_literal(self, rule: int, literal: int) -> tuple[list[int], list[int]]:
        """Predicate and individuals of a literal, and the first tokens of a rule and of the first individual."""
        symbol, row, column = self.looks[literal].tolist()
        second = [ID[string.digits[column - 2]]] if column > 1 else []
        return [symbol, ID[string.digits[row - 1]], *second], [self.first[rule], 1 + row]

    def _symbol(self, literal: Literal) -> int:
        letters = string.ascii_uppercase if literal.positive else string.ascii_lowercase
        return ID[letters[self._letters[literal.predicate]]]


def bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@functools.lru_cache(maxsize=256)
def _scene(problem: Problem) -> Scene:
    return Scene(problem)


def environment() -> Deduction:
    """Proofs from facts and rules, with up to 128 tokens and 96 moves in a state."""
    return Deduction()
