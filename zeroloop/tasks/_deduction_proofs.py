"""Proofs as people write them: lines are read, and replayed on sets of literals."""

import itertools
import re
from typing import Any, NamedTuple

from zeroloop.envs._deduction_problem import Literal, Problem
from zeroloop.errors import TaskError

MAX_LENGTH = 50_000
"""Characters of a proof that is read as text."""
MAX_LINE = 1_000

_SAME = str.maketrans({"’": "'", "\u00a0": " ", "∨": " or ", "∧": " and ", "¬": " not "})
_NUMBERED = re.compile(r"(?:[-*•]\s*|(?:step\s*)?\d{1,4}\s*[.:)]\s*)", re.ASCII)
_END = re.compile(r"q\.?\s?e\.?\s?d|∎|□")
_TAIL = r"((?:[;,] ?(?:first|it is left|in the other|as was|a contradiction).*)?)"
_SINCE = r"(?:(?:since|because|as) (.+?), (?:so |then )?)?"
_SUPPOSE = re.compile(rf"(?:suppose|assume)(?: that)?:? (.+?){_TAIL}")
_BY_RULE = re.compile(rf"{_SINCE}(?:either )?(.+?),? (?:by|from|using|\() ?rule (\d{{1,3}})\)?{_TAIL}", re.ASCII)
_RULE = re.compile(rf"(?:by |from |using )?rule (\d{{1,3}})\s?[:,]?\s?{_SINCE}(?:either )?(.+?){_TAIL}", re.ASCII)
_PART = re.compile(
    r"[;,] ?(?:(first) suppose that (.+?)|(it is left) to show (?:that )?(.+?)|(in the other) case (.+?)"
    r"|(as was) to be shown|(a contradiction))(?=[;,]|$)"
)
_IS = re.compile(r"([a-z]+) is (not )?(?:an? )?([a-z]+)")
_DOES = re.compile(r"([a-z]+) (?:(does not) ([a-z]+)|([a-z]+)s) ([a-z]+)")

Event = tuple[str, frozenset[Literal]]
"""What a step did beside what it says: a word, and the literals that it is about."""


class Step(NamedTuple):
    """One line. rule: its number, None where something is supposed. premises: None where the line does not say them.
    events: what the line says beyond that, None where that is nothing."""

    rule: int | None
    premises: frozenset[Literal] | None
    literals: tuple[Literal, ...]
    events: tuple[Event, ...] | None


class Reader:
    """Reads the sentences of a problem's proofs; upper and lower case are the same."""

    def __init__(self, problem: Problem) -> None:
        self._names = {name.lower(): name for name in problem.individuals}
        self._classes = dict(problem.predicates)

    def steps(self, answer: Any, most: int) -> list[Step]:
        """The lines of a text, or the entries of a list. Raises TaskError for anything else, for more than `most`, and
        for a line that cannot be understood."""
        if isinstance(answer, str):
            if len(answer) > MAX_LENGTH:
                raise TaskError(f"answer: {len(answer)} characters are too many; at most {MAX_LENGTH} are read")
            answer = answer.splitlines()
        if not isinstance(answer, list | tuple) or not all(isinstance(each, str) for each in answer):
            raise TaskError(f"answer: expected the lines of a proof, not {type(answer).__name__}")
        lines = [line for line in answer if line.strip()]
        if lines and _END.fullmatch(plain(lines[-1])):
            lines.pop()
        if not 1 <= len(lines) <= most:
            raise TaskError(f"answer: expected 1 to {most} steps, one a line, not {len(lines)}")
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(self.step(line))
            except TaskError as error:
                raise TaskError(f"step {number} ({line[:80]!r}): {error}") from None
        return found

    def step(self, line: str) -> Step:
        """What one line says. Raises TaskError where it cannot be understood."""
        text = plain(line)
        if found := _SUPPOSE.fullmatch(text):
            return Step(None, None, self.literals(found[1], "and"), self.events(found[2]))
        if found := _RULE.fullmatch(text):
            number, premises, conclusions, tail = found.groups()
        elif found := _BY_RULE.fullmatch(text):
            premises, conclusions, number, tail = found.groups()
        else:
            raise TaskError("it must be of the form 'rule 1: ...', '... by rule 1' or 'suppose ...'")
        stated = None if premises is None else frozenset(self.literals(premises, "and"))
        return Step(int(number), stated, self.literals(conclusions, "or"), self.events(tail))

    def literals(self, text: str, word: str) -> tuple[Literal, ...]:
        """Several, joined by "and" or by "or"."""
        parts = re.split(rf",? {word} (?:that )?", text)
        found = tuple(map(self.literal, parts))
        if len({*found}) < len(found):
            raise TaskError(f"{text[:80]!r} says the same twice")
        return found

    def literal(self, text: str) -> Literal:
        """Such as "ulo is not a dax" or "ulo florps mirk"."""
        terms: tuple[str, ...]
        if found := _IS.fullmatch(text):
            name, negation, word = found.groups()
            terms, verb = (name,), False
        elif found := _DOES.fullmatch(text):
            name, negation, base, conjugated, other = found.groups()
            word, terms, verb = base or conjugated, (name, other), True
        else:
            raise TaskError(f"{text[:80]!r} cannot be understood")
        if word not in self._classes or (self._classes[word] == "verb") != verb:
            raise TaskError(f"{text[:80]!r} has no predicate that there is; known: {', '.join(self._classes)}")
        unknown = [term for term in terms if term not in self._names]
        if unknown:
            raise TaskError(f"there is no {unknown[0][:40]!r}; known: {', '.join(self._names.values())}")
        return Literal(not negation, word, tuple(self._names[term] for term in terms))

    def events(self, text: str) -> tuple[Event, ...] | None:
        """What is said about cases, and about what is left to be shown."""
        found, at = list[Event](), 0
        while at < len(text):
            part = _PART.match(text, at)
            if part is None:
                raise TaskError(f"{text[at:][:80]!r} cannot be understood")
            at = part.end()
            word, about = [each for each in (*part.groups(), "") if each is not None][:2]
            literals = () if about in ("", "a contradiction") else self.literals(about, "or")
            found.append((word, frozenset(literals)))
        return tuple(found) or None


class Replay:
    """A proof so far. known: what is known in the present case. aim: what is to be shown there: "all" of the goal, its
    "conclusion", or a "contradiction". waiting: cases, each as known, aim and literal. finished: nothing is left."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.known = {*problem.facts}
        self.aim = "all" if problem.goal.premises else "conclusion"
        self.waiting: list[tuple[set[Literal], str, Literal]] = []
        self.finished = False

    def take(self, step: Step) -> tuple[Event, ...]:
        """Make a step, and say what it did beside. Raises TaskError where it does not follow."""
        if self.finished:
            raise TaskError("the proof is finished before it")
        events = list[Event]()
        if step.rule is None:
            self._suppose({*step.literals}, events)
        else:
            self._apply(step, events)
        while self._is_ended(events):
            if not self.waiting:
                self.finished = True
                break
            self.known, self.aim, literal = self.waiting.pop()
            self.known.add(literal)
            events.append(("in the other", frozenset([literal])))
        return tuple(events)

    def _suppose(self, literals: set[Literal], events: list[Event]) -> None:
        goal = self.problem.goal
        denial = {Literal(not each.positive, each.predicate, each.terms) for each in goal.conclusions}
        if self.aim == "all" and literals == {*goal.premises}:
            self.aim = "conclusion"
            events.append(("it is left", frozenset(goal.conclusions)))
        elif self.aim == "conclusion" and literals == denial:
            self.aim = "contradiction"
            events.append(("it is left", frozenset()))
        else:
            allowed = {"all": goal.premises, "conclusion": denial}.get(self.aim)
            raise TaskError(
                f"only {self.problem.joined(sorted(allowed))} may be supposed here"
                if allowed
                else "nothing may be supposed here"
            )
        self.known |= literals

    def _apply(self, step: Step, events: list[Event]) -> None:
        rules, names = self.problem.rules, self.problem.individuals
        assert step.rule is not None
        if not 1 <= step.rule <= len(rules):
            raise TaskError(f"there is no rule {step.rule}; they are numbered 1 to {len(rules)}")
        rule, fits = rules[step.rule - 1], False
        for chosen in itertools.product(names, repeat=len(rule.variables)):
            instance = rule.put(dict(zip(rule.variables, chosen, strict=True)))
            if {*instance.conclusions} == {*step.literals}:
                fits = True
                if {*instance.premises} <= self.known and step.premises in (None, frozenset(instance.premises)):
                    break
        else:
            what = "its premises are not known, or not those" if fits else f"rule {step.rule} does not say that"
            raise TaskError(f"{what}: {self.problem.joined(step.literals, 'or')}")
        first, *others = step.literals
        for other in others:
            self.waiting.append(({*self.known}, self.aim, other))
            events.append(("first", frozenset([first])))
        self.known.add(first)

    def _is_ended(self, events: list[Event]) -> bool:
        """Whether the present case is finished, and how."""
        if not self.known.isdisjoint(self.problem.goal.conclusions):
            events.append(("as was", frozenset()))
        elif any(Literal(not each.positive, each.predicate, each.terms) in self.known for each in self.known):
            events.append(("a contradiction", frozenset()))
        else:
            return False
        return True


def plain(line: str) -> str:
    """A line in small letters without its number and the full stop."""
    if len(line) > MAX_LINE:
        raise TaskError(f"{len(line)} characters are too many; at most {MAX_LINE} are read")
    text = " ".join(line.translate(_SAME).lower().split())
    text = text.replace("isn't", "is not").replace("doesn't", "does not")
    number = _NUMBERED.match(text)
    return text[number.end() if number else 0 :].removesuffix(".").strip()
