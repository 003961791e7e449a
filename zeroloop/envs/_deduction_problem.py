"""What a task of deduction says, read from its fields, and how it reads in English."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer

MAX_INDIVIDUALS = 8
MAX_PREDICATES = 26
MAX_FACTS = 60
MAX_RULES = 60
MAX_PREMISES = 4
MAX_STEPS = 60
VARIABLES = ("x", "y", "z")
CLASSES = ("noun", "adjective", "verb")

_NAME = re.compile(r"[A-Z][a-z]{1,11}")
_WORD = re.compile(r"[a-z]{2,12}")
_RESERVED = re.compile(
    "an|and|as|because|by|case|does|either|first|if|in|is|it|itself|not|or|rule|since|so|something|suppose|that"
)
"""Words of sentences, which mean nothing else."""


class Literal(NamedTuple):
    """That a predicate holds of its terms, or does not."""

    positive: bool
    predicate: str
    terms: tuple[str, ...]

    @property
    def opposite(self) -> "Literal":
        """The same with "not", or without it."""
        return Literal(not self.positive, self.predicate, self.terms)

    def put(self, values: dict[str, str]) -> "Literal":
        """With individuals for variables."""
        return Literal(self.positive, self.predicate, tuple(values.get(term, term) for term in self.terms))


class Rule(NamedTuple):
    """If all premises hold, so does one of the conclusions."""

    premises: tuple[Literal, ...]
    conclusions: tuple[Literal, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """In the order in which they appear."""
        terms = (term for literal in (*self.premises, *self.conclusions) for term in literal.terms)
        return tuple(dict.fromkeys(term for term in terms if term in VARIABLES))

    def put(self, values: dict[str, str]) -> "Rule":
        """With individuals for variables."""
        return Rule(*(tuple(literal.put(values) for literal in part) for part in self))


class Problem(NamedTuple):
    """A task's statement; equal statements are equal, and can be hashed.

    predicates: (word, class) each; verbs relate two individuals, nouns and adjectives are about one. goal: a rule
    without variables. par: a proof of so many steps has the full score; max_steps: a longer one is none.
    """

    individuals: tuple[str, ...]
    predicates: tuple[tuple[str, str], ...]
    facts: tuple[Literal, ...]
    rules: tuple[Rule, ...]
    goal: Rule
    par: int
    max_steps: int

    def says(self, literal: Literal) -> str:
        """Such as "Ulo is not a dax", "Ulo is glim" or "Ulo does not florp Mirk"."""
        subject, word, kind = literal.terms[0], literal.predicate, dict(self.predicates)[literal.predicate]
        if kind == "verb":
            return f"{subject} {f'{word}s' if literal.positive else f'does not {word}'} {literal.terms[1]}"
        article = "" if kind == "adjective" else "an " if word[0] in "aeiou" else "a "
        return f"{subject} is {'' if literal.positive else 'not '}{article}{word}"

    def joined(self, literals: Iterable[Literal], word: str = "and") -> str:
        """Several in one sentence."""
        return f" {word} ".join(map(self.says, literals))


def read_problem(task: Task) -> Problem:
    """The problem in `individuals`, `predicates`, `facts`, `rules`, `goal`, `par` and `max_steps`.

    A literal is a list such as ["dax", "Ulo"] or ["not", "florp", "x", "Ulo"]; a rule, and the goal, is a mapping with
    literals in "if" and one or two in "then".
    Raises TaskError that names the field where something is missing, unknown or too large, and where facts contradict
    each other or the goal is among them.
    """
    if not isinstance(task, dict):
        raise TaskError(f"a task is a mapping of fields, not {type(task).__name__}")
    individuals = _individuals(_listed(task, "individuals", MAX_INDIVIDUALS, 1))
    reader = _Reader(individuals, _predicates(task.get("predicates")))
    facts = tuple(reader.literal(each, f"facts[{i}]") for i, each in enumerate(_listed(task, "facts", MAX_FACTS)))
    problem = Problem(individuals, tuple(reader.predicates.items()), facts, (), Rule((), ()), 0, 0)
    for place, fact in enumerate(facts):
        if fact in facts[:place] or fact.opposite in facts[:place]:
            what = "stands there twice" if fact in facts[:place] else "contradicts an earlier fact"
            raise TaskError(f"facts[{place}]: {problem.says(fact)}, which {what}")
    rules = list[Rule]()
    for place, each in enumerate(_listed(task, "rules", MAX_RULES, 1)):
        rule = reader.rule(each, f"rules[{place}]", VARIABLES)
        if rule in rules:
            raise TaskError(f"rules[{place}] is the same as rules[{rules.index(rule)}]")
        rules.append(rule)
    goal = reader.rule(task.get("goal"), "goal", ())
    known = next((each for each in goal.conclusions if each in (*facts, *goal.premises)), None)
    if known is not None:
        raise TaskError(f"goal: {problem.says(known)} is given; nothing is left to be shown")
    par = integer(task, "par", 1, MAX_STEPS)
    most = integer(task, "max_steps", par, MAX_STEPS)
    return problem._replace(rules=tuple(rules), goal=goal, par=par, max_steps=most)


class _Reader:
    """Reads literals and rules about known individuals and predicates."""

    def __init__(self, individuals: Sequence[str], predicates: dict[str, str]) -> None:
        self.individuals, self.predicates = individuals, predicates

    def literal(self, value: Any, field: str, variables: Sequence[str] = ()) -> Literal:
        """What a list of words says."""
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise TaskError(f"{field} must be a list of words such as ['not', 'dax', 'Ulo'], not {_shown(value)}")
        positive = value[:1] not in (["not"], ("not",))
        word, *terms = value[not positive :] or [""]
        if word not in self.predicates:
            raise TaskError(f"{field}: {word[:40]!r} is no predicate; known: {', '.join(self.predicates)}")
        count = 2 if self.predicates[word] == "verb" else 1
        if len(terms) != count or not {*terms} <= {*self.individuals, *variables}:
            allowed = ", ".join([*self.individuals, *variables])
            raise TaskError(f"{field}: {word} needs {count} of {allowed}, not {_shown(' '.join(terms))}")
        return Literal(positive, word, tuple(terms))

    def rule(self, value: Any, field: str, variables: Sequence[str]) -> Rule:
        """A mapping with "if" and "then"."""
        if not isinstance(value, dict) or {*value} != {"if", "then"}:
            raise TaskError(f'{field} must be a mapping with "if" and "then", not {_shown(value)}')
        found = []
        for part, least, most in (("if", 0, MAX_PREMISES), ("then", 1, 2)):
            listed = value[part]
            if not isinstance(listed, list | tuple) or not least <= len(listed) <= most:
                raise TaskError(f"{field}: {part} must be a list of {least} to {most} literals, not {_shown(listed)}")
            literals = tuple(self.literal(each, f"{field}: {part}", variables) for each in listed)
            if len({*literals}) < len(literals):
                raise TaskError(f"{field}: {part} says the same twice")
            found.append(literals)
        if {*found[0]} & {*found[1]}:
            raise TaskError(f"{field}: what is under then is under if, too")
        return Rule(*found)


def _individuals(names: list[Any]) -> tuple[str, ...]:
    for place, name in enumerate(names):
        if not isinstance(name, str) or not _NAME.fullmatch(name) or _RESERVED.fullmatch(name.lower()):
            raise TaskError(f"individuals[{place}] must be a name such as 'Ulo', not {_shown(name)}")
        if name in names[:place]:
            raise TaskError(f"individuals[{place}]: {name} stands there twice")
    return tuple(names)


def _predicates(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not 1 <= len(value) <= MAX_PREDICATES:
        raise TaskError(f"predicates must be a mapping of 1 to {MAX_PREDICATES} words, not {_shown(value)}")
    for word, kind in value.items():
        if not isinstance(word, str) or not _WORD.fullmatch(word) or _RESERVED.fullmatch(word):
            raise TaskError(
                f"predicates: {_shown(word)} must be a word of 2 to 12 small letters, and none of sentences"
            )
        if kind not in CLASSES:
            raise TaskError(f"predicates: {word} must be one of {', '.join(CLASSES)}, not {_shown(kind)}")
    return {**value}


def _listed(task: Task, name: str, most: int, least: int = 0) -> list[Any]:
    value = task.get(name)
    if not isinstance(value, list | tuple) or not least <= len(value) <= most:
        raise TaskError(f"{name} must be a list of {least} to {most} entries, not {_shown(value)}")
    return [*value]


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return repr(value[:40]) if isinstance(value, str) else type(value).__name__
