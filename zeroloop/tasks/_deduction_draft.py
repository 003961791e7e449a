"""Random facts and rules with a proof of given length in them, and with many more that apply and lead nowhere."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from zeroloop.envs._deduction_problem import MAX_STEPS, VARIABLES, Literal, Problem, Rule
from zeroloop.tasks._deduction_text import NAMES, WORDS
from zeroloop.tasks._kinds import drawn

T = TypeVar("T")

_AT_ONCE = 10

_FORMS = ("cases", "denial", "condition", "condition cases", "denial cases", "condition denial", "cases cases")
"""What proofs need beside rules: those of two are for the hardest tasks."""


def draft(rng: np.random.Generator, difficulty: float, room: int, is_good: Callable[[Problem], bool]) -> Problem | None:
    """A problem whose goal has a proof of some 2 to 12 steps, hidden among 4 to 36 other facts and rules, as far as
    there is room for them and the problem stays good; None where it is not even good without them. room: for literals,
    beside two and a half for each step. par and max_steps are left open."""
    steps, distractors = proof_length(difficulty), round(4 + 32 * difficulty)
    form = "" if difficulty < 0.4 or steps < 4 else drawn(rng, _FORMS[: 3 if difficulty < 0.65 else len(_FORMS)])
    plant = _Plant(rng, difficulty)
    goal = plant.build(steps, form)
    found = plant.problem(goal)
    if not is_good(found):
        return None
    room -= round(2.5 * steps)
    for _ in range(2 * distractors):
        before = dict(plant.facts), dict(plant.rules), [*plant.live]
        have = len(plant.facts) + len(plant.rules)
        for _ in range(min(_AT_ONCE, distractors)):
            plant.distract(goal)
        if plant.size() > room or not is_good(problem := plant.problem(goal)):
            plant.facts, plant.rules, plant.live = before
            continue
        found = problem
        distractors -= len(plant.facts) + len(plant.rules) - have
        if distractors <= 0:
            break
    return found


def proof_length(difficulty: float) -> int:
    """The steps of the proof that is planted."""
    return round(2 + 10 * difficulty)


class _Plant:
    """Facts and rules as they grow. planned: instances of the rules of the proof. live: literals that may be known.
    dead, never: words that the proof does without; of the second nothing will be known."""

    def __init__(self, rng: np.random.Generator, difficulty: float) -> None:
        self.rng, self.difficulty = rng, difficulty
        count = 3 + round(1.5 * difficulty + 0.5 * rng.random())
        self.names = [NAMES[i] for i in rng.permutation(len(NAMES))[:count].tolist()]
        self.words = dict[str, str]()
        for kind, number in (("noun", 12), ("adjective", 9), ("verb", 2 + round(2 * difficulty))):
            for i in rng.permutation(len(WORDS[kind]))[:number].tolist():
                self.words[WORDS[kind][i]] = kind
        plain = [word for word, kind in self.words.items() if kind != "verb"]
        self.dead, self.never = plain[::7], plain[1::7]
        self.facts = dict[Literal, None]()
        self.rules = dict[Rule, None]()
        self.planned = list[Rule]()
        self.live = list[Literal]()
        self._atoms = set[tuple[str, tuple[str, ...]]]()

    # ---- the proof --------------------------------------------------------------------------------------------------

    def build(self, steps: int, form: str) -> Rule:
        """The goal, with facts and rules that prove it in so many steps; form: what else the proof needs."""
        goal, seeds = self.fresh(drawn(self.rng, self.names)), list[Literal]()
        condition = (self.fresh(drawn(self.rng, self.names)),) if "condition" in form else ()
        seeds += condition
        denied = "denial" in form
        if denied:
            seeds.append(goal.opposite)
        self.live += seeds
        self._prove(None if denied else goal, steps - len(seeds), seeds, form.count("cases"))
        return Rule(condition, (goal,))

    def _prove(self, target: Literal | None, steps: int, seeds: list[Literal], splits: int) -> None:
        """Rules that lead from seeds to the target, or to a contradiction, with so many splits."""
        least = 2 * splits + 1  # each split takes a step, and each case one at least
        if not splits or steps < least:
            self._derive(target or self._fact(drawn(self.rng, self.names)).opposite, max(1, steps), seeds)
            return
        rng = self.rng
        before = int(rng.integers((steps - least) // 2 + 1))
        first = int(rng.integers(1, steps - before - 1 - 2 * (splits - 1)))
        second = steps - before - 1 - first
        about = drawn(rng, self.names)
        shared, inside = (seeds, []) if rng.random() < 0.5 else ([], seeds)
        cases = self.fresh(about), self.fresh(about if rng.random() < 0.6 else drawn(rng, self.names))
        self._add(self._premises(about, before, shared), cases)
        # The first case may end in a contradiction; were it so in both, what is given would contradict itself.
        self._prove(target if rng.random() < 0.75 else None, first, [cases[0], *inside], 0)
        self._prove(target, second, [cases[1], *inside], splits - 1)

    def _derive(self, target: Literal, steps: int, seeds: list[Literal]) -> None:
        """A tree of rules from seeds and new facts to the target."""
        self._add(self._premises(target.terms[0], steps - 1, seeds), (target,))

    def _premises(self, about: str, steps: int, seeds: list[Literal]) -> list[Literal]:
        """Literals that are derived from seeds in so many steps; without steps, the seeds and facts."""
        rng, premises = self.rng, list[Literal]()
        other = drawn(rng, [name for name in self.names if name != about])
        if steps == 0:
            premises = [*seeds]
            if not seeds or rng.random() < 0.4:
                premises.append(self._fact(about if rng.random() < 0.6 else other))
        else:
            left = int(rng.integers(1, steps)) if steps > 1 and rng.random() < 0.35 else steps
            for number, part in enumerate([left, steps - left] if left < steps else [steps]):
                derived = self.fresh(about if rng.random() < 0.6 else other)
                self._derive(derived, part, seeds if number == 0 else [])
                premises.append(derived)
            if len(premises) == 1 and rng.random() < 0.35:
                premises.append(self._fact(about))
        linked = {about}.union(*(each.terms for each in premises if len(each.terms) > 1))
        for name in dict.fromkeys(each.terms[0] for each in premises):
            if name not in linked:
                premises.append(self._fact(about, name) if rng.random() < 0.5 else self._fact(name, about))
                linked.add(name)
        return premises

    def fresh(self, *about: str) -> Literal:
        """A literal about these individuals that nothing has been said of; one individual may be related to another."""
        if len(about) == 1 and self.rng.random() < 0.15 * (self.difficulty > 0.2):
            about = about[0], drawn(self.rng, self.names)
        words = [word for word, kind in self.words.items() if (kind == "verb") == (len(about) == 2)]
        words = [word for word in words if word not in (*self.dead, *self.never)]
        used = {word for word, _ in self._atoms}
        words = [word for word in words if word not in used and len(about) == 1] or words
        free = [word for word in words if (word, about) not in self._atoms] or words
        word = drawn(self.rng, free)
        self._atoms.add((word, about))
        return Literal(len(about) == 2 or bool(self.rng.random() < 0.8), word, about)

    def _fact(self, *about: str) -> Literal:
        """A fact, often one that is known already."""
        known = [each for each in self.facts if each.terms == about]
        literal = drawn(self.rng, known) if known and self.rng.random() < len(about) / 2 else self.fresh(*about)
        self.facts[literal] = None
        self.live.append(literal)
        return literal

    def _add(self, premises: Sequence[Literal], conclusions: tuple[Literal, ...]) -> None:
        instance = Rule(tuple(dict.fromkeys(premises)), conclusions)
        self.planned.append(instance)
        self.rules[lifted(instance)] = None
        self.live += conclusions

    # ---- what leads nowhere -----------------------------------------------------------------------------------------

    def distract(self, goal: Rule) -> None:
        """A fact or a rule more that is not needed, sometimes none."""
        drawn(self.rng, [self._same_of_another, self._dead_end, self._near_miss])()
        for each in (*goal.conclusions, *goal.premises):
            self.facts.pop(each, None)
            self.facts.pop(each.opposite, None)

    def size(self) -> int:
        """Literals of facts and rules."""
        return len(self.facts) + sum(len(part) for rule in self.rules for part in rule)

    def _same_of_another(self) -> None:
        """A premise of the proof, of other individuals."""
        instance = drawn(self.rng, self.planned)
        swapped = dict(zip(self.names, [self.names[i] for i in self.rng.permutation(len(self.names))], strict=True))
        for premise in instance.premises:
            literal = premise.put(swapped)
            if premise in self.facts and literal.opposite not in self.facts and self.rng.random() < 0.8:
                self.facts[literal] = None

    def _dead_end(self) -> None:
        """A rule from what is known to what nothing follows from but more of that kind."""
        rng = self.rng
        first, second = drawn(rng, self.live), drawn(rng, self.live)
        about = first.terms[0]
        sources = [first, second] if about in second.terms and first != second and rng.random() < 0.5 else [first]
        split = self.difficulty >= 0.4 and rng.random() < 0.1
        ends = [Literal(True, word, (about,)) for word in {*(drawn(rng, self.dead) for _ in range(1 + split))}]
        ends = [end for end in sorted(ends) if end not in sources]
        if ends:
            self.rules.setdefault(lifted(Rule(tuple(sources), tuple(ends))))
            self.live += ends

    def _near_miss(self) -> None:
        """A rule of the proof with another premise."""
        rng, instance = self.rng, drawn(self.rng, self.planned)
        place = int(rng.integers(len(instance.premises)))
        premise = instance.premises[place]
        if len(premise.terms) == 1 and rng.random() < 0.6:
            other = premise._replace(predicate=drawn(rng, self.never))
        else:
            other = premise.opposite
        premises = [*instance.premises[:place], other, *instance.premises[place + 1 :]]
        if not {other, other.opposite} & {*instance.premises, *instance.conclusions, *self.live} - {premise}:
            self.rules.setdefault(lifted(Rule(tuple(premises), instance.conclusions)))

    # ---- the problem ------------------------------------------------------------------------------------------------

    def problem(self, goal: Rule) -> Problem:
        """All of it in random order; words that do not appear are left out."""
        facts, rules = self._shuffled(self.facts), self._shuffled(self.rules)
        literals = [*facts, *goal.premises, *goal.conclusions]
        literals += [each for rule in rules for part in rule for each in part]
        spoken = {each.predicate for each in literals}
        words = self._shuffled((word, kind) for word, kind in self.words.items() if word in spoken)
        names = {term for each in literals for term in each.terms}
        individuals = tuple(name for name in self.names if name in names)
        return Problem(individuals, tuple(words), tuple(facts), tuple(rules), goal, MAX_STEPS, MAX_STEPS)

    def _shuffled(self, values: Iterable[T]) -> list[T]:
        listed = [*values]
        return [listed[i] for i in self.rng.permutation(len(listed)).tolist()]


def lifted(instance: Rule) -> Rule:
    """The rule that an instance is of: with variables for the individuals of its premises, if there are enough."""
    known = {term for premise in instance.premises for term in premise.terms}
    terms = (term for part in reversed(instance) for literal in part for term in literal.terms if term in known)
    return instance.put(dict(zip(dict.fromkeys(terms), VARIABLES, strict=False)))
