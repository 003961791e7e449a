"""What a STRIPS problem says, read from the fields of a task: names, operators and facts, and no rules.

After Fikes & Nilsson (1971), with typed parameters, constants, equality and negative preconditions as in PDDL 1.2
(McDermott et al. 1998). As there, upper and lower case are the same.
"""

import re
from collections.abc import Collection
from typing import Any, NamedTuple, TypeAlias

from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer

MAX_OBJECTS = 200
MAX_OPERATORS = 32
MAX_PARAMETERS = 7
MAX_LITERALS = 40
"""Preconditions, or added or deleted facts, of one operator."""
MAX_FACTS = 2_000
"""Facts of `initial_state` or `goal_state`."""
MAX_STEPS = 999
EVERYTHING = "object"
"""The type that all others are of."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"\??[a-z0-9][a-z0-9_-]{0,39}")
_PHRASE = re.compile(r"(?:[a-z0-9 '_-]|\{[^{}]+\}){1,200}")
_SLOT = re.compile(r"\{([^{}]+)\}")

Fact: TypeAlias = tuple[str, ...]
"""A predicate and its arguments."""


class Operator(NamedTuple):
    """What can be done with objects of given types.

    parameters: (name, type) each. The facts are about parameters, or about objects that are no parameters. needs, bars:
    what must hold and what must not. equal, unequal: pairs of parameters. add goes before delete where they meet.
    phrase: an English imperative with each parameter in braces; "" for none.
    """

    name: str
    parameters: tuple[tuple[str, str], ...]
    needs: tuple[Fact, ...]
    bars: tuple[Fact, ...]
    equal: tuple[tuple[str, str], ...]
    unequal: tuple[tuple[str, str], ...]
    add: tuple[Fact, ...]
    delete: tuple[Fact, ...]
    phrase: str


class Problem(NamedTuple):
    """A task's statement; equal statements are equal, and can be hashed.

    objects: (name, type) each. types: (type, the type that it is a part of) each. predicates: (name, arguments) each,
    in the order in which they appear. phrases: (predicate, English clause with its arguments as {0}, {1}, ...) each.
    """

    objects: tuple[tuple[str, str], ...]
    types: tuple[tuple[str, str], ...]
    predicates: tuple[tuple[str, int], ...]
    operators: tuple[Operator, ...]
    initial: tuple[Fact, ...]
    goal: tuple[Fact, ...]
    max_steps: int
    phrases: tuple[tuple[str, str], ...]


def read_problem(task: Task) -> Problem:
    """The problem in `objects`, `operators`, `initial_state`, `goal_state` and `max_steps`; optional are `types`, which
    maps a type to the one that it is a part of, and `phrases`, which maps predicates to English clauses.

    Raises TaskError that names the field where something is missing, unknown or too large, and where the goal holds at
    the start.
    """
    if not isinstance(task, dict):
        raise TaskError(f"a task is a mapping of fields, not {type(task).__name__}")
    objects = _pairs(task, "objects", MAX_OBJECTS)
    types = _pairs(task, "types", MAX_OBJECTS) if "types" in task else ()
    _check_types(dict(types))
    reader = _Reader({name for name, _ in objects}, {EVERYTHING}.union(*types, (type for _, type in objects)))
    operators = reader.operators(_listed(task, "operators", "operators", MAX_OPERATORS))
    initial = reader.facts(task, "initial_state", MAX_FACTS, reader.objects)
    goal = reader.facts(task, "goal_state", MAX_FACTS, reader.objects, least=1)
    if {*goal} <= {*initial}:
        raise TaskError("goal_state: all of it holds in initial_state already; nothing is left to be done")
    steps = integer(task, "max_steps", 1, MAX_STEPS)
    phrases = reader.phrases(task["phrases"]) if "phrases" in task else ()
    return Problem(objects, types, tuple(reader.arities.items()), operators, initial, goal, steps, phrases)


def fill(phrase: str, values: dict[str, str]) -> str:
    """`phrase` with what is in braces replaced."""
    return _SLOT.sub(lambda slot: values[slot[1]], phrase)


def objects_of(type_name: str, problem: Problem) -> list[str]:
    """The objects of a type and of the types that are parts of it, in order."""
    parents, found = dict(problem.types), []
    for name, kind in problem.objects:
        while kind != type_name and kind in parents:
            kind = parents[kind]
        if type_name in (kind, EVERYTHING):
            found.append(name)
    return found


def bound(fact: Fact, values: dict[str, str]) -> Fact:
    """The fact with values instead of the variables that have some."""
    return fact[0], *(values.get(term, term) for term in fact[1:])


class _Reader:
    """Reads facts and operators, and keeps how many arguments each predicate has."""

    def __init__(self, objects: Collection[str], types: Collection[str]) -> None:
        self.objects, self.types = objects, types
        self.arities: dict[str, int] = {}

    def operators(self, values: list[Any]) -> tuple[Operator, ...]:
        found: dict[str, Operator] = {}
        for number, value in enumerate(values):
            operator = self.operator(value, f"operators[{number}]")
            if operator.name in found:
                raise TaskError(f"operators[{number}].name: there are two operators {operator.name!r}")
            found[operator.name] = operator
        return tuple(found.values())

    def operator(self, value: Any, where: str) -> Operator:
        if not isinstance(value, dict):
            raise TaskError(f"{where} must be a mapping of fields, not {type(value).__name__}")
        if "name" not in value:
            raise TaskError(f"{where}.name is missing")
        name, parameters = _name(value["name"], f"{where}.name"), self.parameters(value, where)
        names = [each for each, _ in parameters]
        known = {*names, *self.objects}
        needs, bars, equal, unequal = self.preconditions(value, where, known)
        add, delete = (self.facts(value, field, MAX_LITERALS, known, f"{where}.") for field in ("add", "delete"))
        if not add and not delete:
            raise TaskError(f"{where}: adds and deletes nothing; give it an effect")
        phrase = _phrase(value["phrase"], f"{where}.phrase", names) if "phrase" in value else ""
        return Operator(name, parameters, needs, bars, equal, unequal, add, delete, phrase)

    def parameters(self, value: dict[str, Any], where: str) -> tuple[tuple[str, str], ...]:
        found: dict[str, str] = {}
        for i, pair in enumerate(_listed(value, "parameters", f"{where}.parameters", MAX_PARAMETERS, least=0)):
            here = f"{where}.parameters[{i}]"
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise TaskError(f"{here} must be a name and a type, such as ['x', 'block']")
            name, type_name = _name(pair[0], here, _VARIABLE), _name(pair[1], here)
            if name in found:
                raise TaskError(f"{here}: there are two parameters {name!r}")
            if type_name not in self.types:
                raise TaskError(f"{here}: unknown type {type_name!r}; known: {', '.join(sorted(self.types))}")
            found[name] = type_name
        return tuple(found.items())

    def preconditions(
        self, value: dict[str, Any], where: str, known: Collection[str]
    ) -> tuple[tuple[Fact, ...], tuple[Fact, ...], tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        facts: dict[bool, dict[Fact, None]] = {True: {}, False: {}}
        pairs: dict[bool, dict[tuple[str, str], None]] = {True: {}, False: {}}
        for i, literal in enumerate(_listed(value, "preconditions", f"{where}.preconditions", MAX_LITERALS, least=0)):
            here = f"{where}.preconditions[{i}]"
            words = [*literal] if isinstance(literal, list | tuple) else literal
            true = not (isinstance(words, list) and words[:1] == ["not"])
            words = words if true else words[1:]
            if isinstance(words, list) and words[:1] == ["="]:
                terms = [_known(word, here, known) for word in words[1:3]]
                if len(words) != 3:
                    raise TaskError(f"{here}: '=' has two arguments, not {len(words) - 1}")
                pairs[true][terms[0], terms[1]] = None
            else:
                facts[true][self.fact(words, here, known)] = None
        return tuple(facts[True]), tuple(facts[False]), tuple(pairs[True]), tuple(pairs[False])

    def facts(
        self, value: dict[str, Any], field: str, most: int, known: Collection[str], inside: str = "", least: int = 0
    ) -> tuple[Fact, ...]:
        where = inside + field
        listed = _listed(value, field, where, most, least)
        return tuple(dict.fromkeys(self.fact(each, f"{where}[{i}]", known) for i, each in enumerate(listed)))

    def fact(self, value: Any, where: str, known: Collection[str]) -> Fact:
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= 1 + MAX_PARAMETERS:
            raise TaskError(f"{where} must be a list of a predicate and its arguments, such as ['on', 'a', 'b']")
        predicate = _name(value[0], where)
        if predicate == "not":
            raise TaskError(f"{where}: only preconditions may be negated")
        arguments = [_known(word, where, known) for word in value[1:]]
        expected = self.arities.setdefault(predicate, len(arguments))
        if len(arguments) != expected:
            raise TaskError(f"{where}: {predicate} has {expected} arguments elsewhere, and {len(arguments)} here")
        return predicate, *arguments

    def phrases(self, value: Any) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, dict):
            raise TaskError(f"phrases must map predicates to clauses, not {type(value).__name__}")
        found = {}
        for key, text in value.items():
            predicate = _known(key, "phrases", self.arities)
            found[predicate] = _phrase(text, f"phrases.{predicate}", [str(i) for i in range(self.arities[predicate])])
        return tuple(found.items())


def _pairs(task: Task, field: str, most: int) -> tuple[tuple[str, str], ...]:
    """A mapping of names to names."""
    if field not in task:
        raise TaskError(f"{field} is missing; it maps names to types")
    value = task[field]
    if not isinstance(value, dict) or not 1 <= len(value) <= most:
        size = f"a mapping of {len(value)}" if isinstance(value, dict) else type(value).__name__
        raise TaskError(f"{field} must map 1 to {most} names to types, not {size}")
    found = {_name(key, field): _name(each, field) for key, each in value.items()}
    if len(found) != len(value):
        raise TaskError(f"{field}: two names differ in upper and lower case only")
    return tuple(found.items())


def _check_types(parents: dict[str, str]) -> None:
    for name in parents:
        above, seen = name, set[str]()
        while above in parents:
            if above in seen or above == EVERYTHING:
                raise TaskError(f"types: {name!r} is a part of itself")
            seen.add(above)
            above = parents[above]


def _listed(value: dict[str, Any], field: str, where: str, most: int, least: int = 1) -> list[Any]:
    if field not in value:
        raise TaskError(f"{where} is missing")
    found = value[field]
    if not isinstance(found, list | tuple):
        raise TaskError(f"{where} must be a list, not {type(found).__name__}")
    if not least <= len(found) <= most:
        raise TaskError(f"{where} must be a list of {least} to {most}, not of {len(found)}")
    return [*found]


def _name(value: Any, where: str, pattern: re.Pattern[str] = _NAME) -> str:
    if not isinstance(value, str):
        raise TaskError(f"{where}: names are text, not {type(value).__name__}")
    name = value[:100].lower()
    if not pattern.fullmatch(name):
        raise TaskError(f"{where}: {value[:50]!r} is no name; allowed are up to 40 letters, digits, '-' and '_'")
    return name


def _known(value: Any, where: str, known: Collection[str]) -> str:
    name = _name(value, where, _VARIABLE)
    if name not in known:
        raise TaskError(f"{where}: unknown name {name!r}; known: {', '.join(sorted(known))}")
    return name


def _phrase(value: Any, where: str, slots: Collection[str]) -> str:
    """A phrase in lower case in which each of `slots` stands in braces once, as a word of its own."""
    if not isinstance(value, str):
        raise TaskError(f"{where} must be text, not {type(value).__name__}")
    text = value[:300].lower()
    apart = not re.search(r"[^ ]\{|\}[^ ]", text)  # or else it could not be told where a name ends
    if not _PHRASE.fullmatch(text) or not apart or sorted(_SLOT.findall(text)) != sorted(slots):
        braces = ", ".join(f"{{{slot}}}" for slot in slots) or "no braces"
        raise TaskError(f"{where} must be words with {braces}, each once, and no other signs; not {value[:60]!r}")
    if re.search(r"\band\b", text):
        raise TaskError(f"{where}: 'and' joins clauses, and may not be in one")
    return text
