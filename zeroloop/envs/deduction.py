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
from zeroloop.envs._deduction_problem import MAX_PREDICATES, VARIABLES, Literal, Problem, Rule, read_problem
from zeroloop.envs._moves import MoveListEnvironment, text_tokens
from zeroloop.errors import TaskError
from zeroloop.observers import ACTION_TOKENS, ANCHORS, Int16
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
_APART = 3
"""Between rows, so that what is in one row is nearer than what is not."""
_OTHERS = "?!"
"""The second and third variable of a rule; the first one is not written."""
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
    """A rule by number with individuals for its variables: its literals by number, and its premises as bits; places:
    of each premise, its first place in the rule."""

    rule: int
    premises: tuple[int, ...]
    places: tuple[int, ...]
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

    What a network is shown: the first row has what is to be shown, how many steps are to spare, and steps left. Facts
    have one token each, in the row of their first individual: a capital letter for the predicate, or a small one for
    its opposite; the column tells the second individual, and how many cases were waiting. Each rule that can be applied
    at some time has a row: its conclusions, whose symbols say that they are conclusions, and then its premises, in the
    letters of facts; the first term stands before a literal and the second one behind it, but for the variable that
    appears first, which is left out. The goal has the row after these, with its conclusions as premises. Then come the
    cases that wait. Individuals and predicates are numbered as they appear, the goal's first.
    """

    name: ClassVar[str] = "deduction"
    version: ClassVar[int] = 2
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
        """What is learned: a symbol for what it is good for, and literals, each as predicate and individuals; about the
        tokens of rules where it is wanted. The symbol says that it ends the case, as "target" or (a contradiction)
        "refute"; that a rule can be applied then, "deduce"; that no rule needs it, "dead end"; else "free"; of what
        splits the proof, "feature pair"."""
        return state.scene.described(state, move)

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
    splits, and the instances that have it, as premises and number. even: bits of the positive literals. texts, looks,
    written: of each literal its sentence, its token as of a fact, and its symbols. order: of individuals. fixed: tokens
    of all states. first: of each rule the place of the first token. header: the symbol of the environment. signature:
    equal where rules, goal and steps to spare differ in names alone.
    Raises TaskError where a state may need more moves or tokens than there are.
    """

    header: ClassVar[str] = "deduction"

    def __init__(self, problem: Problem) -> None:
        self.problem, self.spare = problem, problem.max_steps - problem.par
        self.order = {name: number for number, name in enumerate(problem.individuals)}
        self._base = dict[str, int]()
        self.texts = list[str]()
        for word, kind in problem.predicates:
            self._base[word] = len(self.texts) // 2
            for terms in itertools.product(problem.individuals, repeat=1 + (kind == "verb")):
                self.texts += [problem.says(Literal(positive, word, terms)) for positive in (True, False)]
        self.even = sum(1 << place for place in range(0, len(self.texts), 2))
        self.start, self.condition = self.mask(problem.facts), self.mask(problem.goal.premises)
        self.goal = self.mask(problem.goal.conclusions)
        self.denial = self.mask(literal.opposite for literal in problem.goal.conclusions)
        self.instances = self._instances()
        found = dict[tuple[int, ...], list[tuple[int, int]]]()
        for number, instance in enumerate(self.instances):
            found.setdefault(instance.conclusions, []).append((instance.need, number))
        self.groups = [(sum(1 << each for each in ends), len(ends) > 1, group) for ends, group in found.items()]
        self._draw()
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
            every, ends = ([self.number(literal, values) for literal in part] for part in rule)
            premises, conclusions = (tuple(dict.fromkeys(part)) for part in (every, ends))
            need = sum(1 << each for each in premises)
            if not any(need >> each & 1 for each in conclusions):
                yield Instance(number, premises, tuple(map(every.index, premises)), need, conclusions)

    def _check_sizes(self) -> None:
        goal, most = self.problem.goal, self.problem.max_steps
        learned = self.start.bit_count() + most + len(goal.premises) + len(goal.conclusions)
        cases = min(MAX_OPEN, sum(splits for _, splits, _ in self.groups))
        tokens = len(self.fixed) + 2 + min(learned, self._possible.bit_count()) + 3 * cases
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
        for place, (literal, status) in enumerate(state.waiting):
            parts.append(_row(self.written[literal], _APART * (self._last + place), status))
        return np.concatenate(parts)

    def counted(self, left: int) -> Int16:
        """int16 [T, 3]: a number of steps."""
        return _row(encode(str(left)), 0, _STEPS + 1)

    def shown_rules(self) -> set[int]:
        """The rules that can be applied at some time; no other one makes a difference."""
        return {instance.rule for instance in self.instances}

    def described(self, state: Proof, move: int) -> tuple[list[int], list[int]]:
        """Symbols and anchors of a move: see Deduction.move_tokens."""
        known = state.known
        if move < 0:
            learned, kind = tuple(bits(self.condition if move == SUPPOSE else self.denial)), "suppose"
        else:
            learned, kind = self.instances[move].conclusions, "feature pair"
        wanting = [self._wanting(each, known) for each in learned[:ANCHORS]]
        if move >= 0 and len(learned) == 1:
            kind = self._use(learned[0], known, wanting[0])
        symbols = [ID[kind], *(symbol for each in learned for symbol in self.written[each])][:ACTION_TOKENS]
        if len(wanting) == 1:
            return symbols, [place for _, place in wanting[0][:ANCHORS]]
        return symbols, [each[0][1] if each else 0 for each in wanting]

    def _use(self, literal: int, known: int, wanting: list[tuple[int, int]]) -> str:
        """What it is good for to learn a literal, as a symbol."""
        if 1 << literal & self.goal:
            return "target"
        if known >> (literal ^ 1) & 1:
            return "refute"
        return "dead end" if not wanting else "free" if wanting[0][0] else "deduce"

    def _wanting(self, literal: int, known: int) -> list[tuple[int, int]]:
        """Where a literal is a premise of a rule with new conclusions, of each rule once, as the number of its premises
        that are missing without the literal, and the place of the token; those that miss the fewest are first."""
        if 1 << literal & self.goal:
            return [(0, self._aim)]
        if known >> (literal ^ 1) & 1:
            return [(0, 1)]
        known |= 1 << literal
        found = dict[int, int]()
        for need, block, place in self._wants.get(literal, ()):
            if not known & block:
                missing = (need & ~known).bit_count()
                found[place] = min(missing, found.get(place, missing))
        return sorted((missing, place) for place, missing in found.items())

    def _draw(self) -> None:
        """Prepares the tokens of all states."""
        shown, goal = sorted(self.shown_rules()), self.problem.goal
        # The goal is drawn as a rule whose premises end the proof, and whose conclusions are what may be supposed.
        rows = [
            *((number, self.problem.rules[number]) for number in shown),
            (-1, Rule(goal.conclusions, goal.premises)),
        ]
        digits, letters = self._named([rows[-1][1], *(rule for _, rule in rows)])
        self._look(digits, letters)
        count = len(digits)
        parts = [_row([ID[self.header], ID["goal"]], 0, 0)]
        parts += [_row([ID[string.digits[place]]], _APART * (1 + place), 0) for place in range(count)]
        parts += [_row([ID["target"], *encode(str(self.spare))], 0, _SPARE), _row([ID["steps left"]], 0, _STEPS)]
        self._last = 1 + count
        self.first, premises = dict[int, int](), dict[int, list[int]]()
        for number, rule in rows:
            self.first[number] = start = sum(map(len, parts))
            symbols, places = _symbols(rule, digits, letters)
            premises[number] = [start + place for place in places]
            parts.append(_row(symbols, _APART * self._last, 0))
            self._last += 1
        self.fixed, self._aim = np.concatenate(parts), premises[-1][0]
        self._wants = dict[int, list[tuple[int, int, int]]]()
        for instance in self.instances:
            block = sum(1 << each for each in instance.conclusions)
            for premise, place in zip(instance.premises, instance.places, strict=True):
                self._wants.setdefault(premise, []).append((instance.need, block, premises[instance.rule][place]))
        named = (
            [*map(digits.get, self.order)],
            [(letters[word], kind == "verb") for word, kind in self.problem.predicates],
        )
        self.signature = hashlib.blake2b(self.fixed.tobytes() + repr(named).encode(), digest_size=16).hexdigest()

    def _named(self, rules: Iterable[Rule]) -> tuple[dict[str, int], dict[str, int]]:
        """Numbers of individuals and of predicates, in the order of their appearance in rules, and then in facts."""
        literals = [*(each for rule in rules for part in rule for each in part), *self.problem.facts]
        names = dict.fromkeys([*(term for each in literals for term in each.terms), *self.order])
        words = dict.fromkeys([*(each.predicate for each in literals), *self._base])
        digits = {name: place for place, name in enumerate(name for name in names if name in self.order)}
        return digits, {word: place for place, word in enumerate(words)}

    def _look(self, digits: dict[str, int], letters: dict[str, int]) -> None:
        """Prepares the tokens of literals as facts, and in rows."""
        self._width = len(digits) + 2
        self.written, looks = list[list[int]](), list[tuple[int, int, int]]()
        for word, kind in self.problem.predicates:
            for terms in itertools.product(self.order, repeat=1 + (kind == "verb")):
                first, *others = (digits[name] for name in terms)
                for positive in (True, False):
                    symbol = ID[_letter(letters[word], positive)]
                    self.written.append([symbol, *(ID[string.digits[each]] for each in (first, *others))])
                    looks.append((symbol, _APART * (1 + first), 2 + others[0] if others else 1))
        self.looks = np.array(looks, np.int16)


def _symbols(rule: Rule, digits: dict[str, int], letters: dict[str, int]) -> tuple[list[int], list[int]]:
    """A rule in a row, conclusions first, and the places of its premises; see Deduction."""
    terms = (term for part in reversed(rule) for literal in part for term in literal.terms if term in VARIABLES)
    signs = dict(zip(dict.fromkeys(terms), ("", *_OTHERS), strict=False))
    signs |= {name: string.digits[digit] for name, digit in digits.items()}
    symbols, places = list[int](), list[int]()
    for concluded, literals in ((True, rule.conclusions), (False, rule.premises)):
        for literal in literals:
            letter, (subject, *others) = letters[literal.predicate], (encode(signs[term]) for term in literal.terms)
            symbols += subject
            places += [len(symbols)] * (not concluded)
            name = f"rule {letter + MAX_PREDICATES * (not literal.positive)}"
            symbols.append(ID[name if concluded else _letter(letter, literal.positive)])
            symbols += others[0] if others else []
    return symbols, places


def _letter(number: int, positive: bool) -> str:
    return (string.ascii_uppercase if positive else string.ascii_lowercase)[number]


def _row(symbols: Sequence[int], row: int, column: int) -> Int16:
    """int16 [T, 3]: symbols side by side."""
    tokens = text_tokens(symbols, row)
    tokens[:, 2] += column
    return tokens


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
