"""What kinds of planning tasks share: plans read in the notations that people use, and replayed on sets of facts."""

import copy
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np

from zeroloop.contracts import Task, Verdict
from zeroloop.envs._strips import EVERYTHING, Fact, Operator, Problem, read_problem
from zeroloop.errors import TaskError
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._planner import Action, grounded
from zeroloop.tasks._refinement import refined

MAX_LENGTH = 50_000
"""Characters of a plan that is read as text."""
MAX_SENTENCE = 2_000
"""Characters of a sentence."""

State: TypeAlias = set[Fact]
Template: TypeAlias = tuple[str, list[str], str]
"""A name, parameters, and a phrase with the parameters in braces, or ""."""

_COMMENT = re.compile(r"^[ \t]*;.*$", re.MULTILINE)
_GROUP = re.compile(r"\(([^()]*)\)")
_BETWEEN = re.compile(r"\n|;|,|->|→")
_NUMBERED = re.compile(r"(?:step\s*)?\d{1,6}(?:\.\d{1,6})?\s*[.:)]\s*", re.ASCII)
_SAME = str.maketrans({"‐": "-", "‑": "-", "−": "-", "–": "-", "[": " ", "]": " ", '"': " ", "'": " ", "`": " "})
_SLOT = re.compile(r"\{([^{}]+)\}")
_SENTENCE = re.compile(r"(.+?): (now|it is no longer true that) (.+)\.")


class PlanningKind(Kind):
    """The base of kinds whose answer is a plan for a STRIPS problem: a subclass makes and solves the problems.

    operators, phrases, types: those of its tasks, as they write them. object_types: what objects may be.
    """

    family = "reasoning"
    type = "planning"
    environment_name = "strips"
    operators: ClassVar[Sequence[dict[str, Any]]]
    phrases: ClassVar[dict[str, str]]
    types: ClassVar[dict[str, str]] = {}
    object_types: ClassVar[Sequence[str]]

    def read(self, task: Task) -> Problem:
        """The problem in a task's fields, which must have the operators of this kind and objects of its types."""
        problem = read_problem(task)
        if {*map(_shape, problem.operators)} != self._shapes:
            names = joined([each["name"] for each in self.operators])
            raise TaskError(f"operators must be {names} as in {self.name}, in any order")
        if dict(problem.types) != self.types:
            raise TaskError(f"types must be {self.types or 'missing'} as in {self.name}")
        for name, kind in problem.objects:
            if kind not in self.object_types:
                raise TaskError(f"objects: {name} is of type {kind}; allowed: {', '.join(self.object_types)}")
        return problem

    @functools.cached_property
    def _shapes(self) -> frozenset[Any]:
        """The shapes of the operators."""
        fields = {
            "objects": {f"some-{name}": name for name in self.object_types},
            **({"types": self.types} if self.types else {}),
            "operators": self.operators,
            "initial_state": [],
            "goal_state": [["done"]],
            "max_steps": 1,
        }
        return frozenset(map(_shape, read_problem(fields).operators))

    def as_strips(self, task: Task) -> Task:
        """The fields of a STRIPS problem (zeroloop/envs/_strips.py) whose plans answer the task."""
        return task

    def structure(self, task: Task) -> str:
        """What holds and shall hold but for the names of objects; see `structure`."""
        return structure(self.read(task))

    def task(
        self,
        difficulty: float,
        text: str,
        objects: dict[str, str],
        initial: Sequence[Sequence[str]],
        goal: Sequence[Sequence[str]],
        max_steps: int,
    ) -> Task:
        """The task with this statement, without an answer."""
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": text,
            "objects": objects,
            **({"types": {**self.types}} if self.types else {}),
            "operators": copy.deepcopy([*self.operators]),
            **({"phrases": {**self.phrases}} if self.phrases else {}),
            "initial_state": [[*fact] for fact in initial],
            "goal_state": [[*fact] for fact in goal],
            "available_actions": [
                " ".join([each["name"], *(name for name, _ in each["parameters"])]) for each in self.operators
            ],
            "max_steps": max_steps,
        }

    def clauses(self, facts: Sequence[Sequence[str]]) -> str:
        """Facts in English, joined."""
        return joined([self.phrases[predicate].format(*arguments) for predicate, *arguments in facts])

    def judge(self, problem: Problem, answer: Any) -> Verdict:
        """That each action can be done after the ones before it, and that the goal holds after the last."""
        plan = read_plan(problem, answer)
        if len(plan) > problem.max_steps:
            return wrong(f"{len(plan)} actions are too many; at most {problem.max_steps} are allowed")
        state = after(problem, plan)
        for fact in problem.goal:
            if fact not in state:
                return wrong(f"after {len(plan)} actions the goal ({' '.join(fact)}) does not hold")
        return correct(evidence=f"a valid plan of {len(plan)} actions")

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says what is done and all that is true since then and was not before, or, where that is
        nothing, all that is no longer true; the goal holds after the last one, and not before."""
        problem = self.read(task)
        state, goal = {*problem.initial}, {*problem.goal}
        for claim in claims:
            if goal <= state:
                return f"the goal is reached before {claim[:200]!r}"
            try:
                action, come, stated = self._understood(problem, claim)
                following = done(problem, state, action)
            except TaskError as error:
                return f"{claim[:200]!r}: {error}"
            new, lost = following - state, state - following
            if stated != (new if come else lost) or (new and not come):
                return f"not true, or not all of it: {claim[:200]!r}"
            state = following
        if len(claims) > problem.max_steps:
            return f"{len(claims)} steps are too many; at most {problem.max_steps} are allowed"
        return None if goal <= state else "the goal is not reached"

    def wording(self, problem: Problem) -> tuple[list[Template], list[Template]]:
        """What actions and facts are called: as this kind says, whatever a task does."""
        doing = [(each.name, [name for name, _ in each.parameters], "") for each in problem.operators]
        for operator in self.operators:
            if "phrase" in operator:
                doing.append((operator["name"], [name for name, _ in operator["parameters"]], operator["phrase"]))
        clauses = [
            (name, [str(place) for place in range(arity)], self.phrases.get(name, ""))
            for name, arity in problem.predicates
        ]
        return doing, clauses

    def _understood(self, problem: Problem, claim: str) -> tuple[Action, bool, State]:
        """What a sentence says: an action, facts, and whether these come to be true (or cease to be)."""
        sentence = _SENTENCE.fullmatch(claim.lower()) if len(claim) <= MAX_SENTENCE else None
        if sentence is None:
            raise TaskError("no sentence of the form '...: now ... .'")
        doing, clauses = self.wording(problem)
        action = _matched(doing, sentence[1])
        facts = [_matched(clauses, text) for text in re.split(r", | and ", sentence[3])]
        if action is None or None in facts:
            raise TaskError("it cannot be understood")
        return action, sentence[2] == "now", {fact for fact in facts if fact}

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known plan as a list, as lines, in brackets, with numbers, as calls, and in words."""
        problem = self.read(task)
        plan = read_plan(problem, task["answer"])
        return endless(lambda: _written(problem, plan, rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known plan with one thing wrong: an action less, two exchanged, another object, one too many, the end cut
        off, a name or a number of arguments that does not exist; and what is no plan."""
        problem = self.read(task)
        plan = read_plan(problem, task["answer"])

        def failing(change: Callable[[], list[Action]]) -> Any:
            """Some changed plans are as good as the known one; these are not wanted."""
            for _ in range(100):
                changed = change()
                if not solves(problem, changed):
                    return _written(problem, changed, rng)
            return _written(problem, plan[:-1], rng)

        def place() -> int:
            return int(rng.integers(len(plan)))

        def replaced(at: int, action: Sequence[str]) -> list[Action]:
            return [*plan[:at], tuple(action), *plan[at + 1 :]]

        def less() -> list[Action]:
            at = place()
            return [*plan[:at], *plan[at + 1 :]]

        def exchanged() -> list[Action]:
            i, j = sorted(rng.integers(len(plan), size=2).tolist())
            return [*plan[:i], plan[j], *plan[i + 1 : j], plan[i], *plan[j + 1 :]] if i < j else plan[::-1]

        def other_object() -> list[Action]:
            at = place()
            action = [*plan[at]]
            if len(action) > 1:
                action[int(rng.integers(1, len(action)))] = drawn(rng, [name for name, _ in problem.objects])
            return replaced(at, action)

        def one_more() -> list[Action]:
            return [*plan, random_action(problem, after(problem, plan), rng) or plan[-1]]

        def one_goal_short() -> list[Action]:
            """The longest beginning of the plan after which one fact of the goal is missing."""
            state, short = {*problem.initial}, len(plan) - 1
            for i, action in enumerate(plan):
                short = i if sum(fact not in state for fact in problem.goal) == 1 else short
                state = done(problem, state, action)
            return plan[:short]

        def too_long() -> list[Action]:
            """There and back at the start, as often as it takes; the rest of the plan is right."""
            start = {*problem.initial}
            for _ in range(50):
                there = random_action(problem, start, rng)
                middle = done(problem, start, there) if there else start
                back = random_action(problem, middle, rng)
                if there and back and done(problem, middle, back) == start:
                    return [there, back] * (problem.max_steps // 2 + 1) + plan
            return plan[:-1]

        def misnamed() -> Any:
            at = place()
            name = drawn(rng, ["jump", f"{plan[at][0]}x", plan[at][0][:-1], f"not-{plan[at][0]}"])
            return [" ".join(action) for action in replaced(at, (name, *plan[at][1:]))]

        def miscounted() -> Any:
            at = place()
            changed = [(*plan[at], plan[at][-1]), plan[at][:-1], (*plan[at], "table")][int(rng.integers(3))]
            return [" ".join(action) for action in replaced(at, changed)]

        def no_plan() -> Any:
            names = [" ".join(action) for action in plan]
            text = ", ".join(names)
            made: tuple[Any, ...] = (
                *(None, True, "", len(plan), "the goal is reached", [], {}, {"answer": names}, [names], [names, names]),
                *([*names, None], [*range(len(plan))], f"{text}!", f"{text}, x", f"({text}", f"{text} {text}"),
            )
            return drawn(rng, made)

        changes = (less, exchanged, other_object, one_more, one_goal_short, too_long)
        makers = [functools.partial(failing, change) for change in changes]
        return endless(*makers, misnamed, miscounted, no_plan, rng=rng)


def joined(parts: Sequence[str]) -> str:
    """Such as "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def named(problem: Problem, *kinds: str) -> list[str]:
    """The objects of these types, in order."""
    return [name for name, kind in problem.objects if kind in kinds]


def _shape(operator: Operator) -> tuple[Any, ...]:
    """An operator but for the names of its parameters, the order of its facts, and its phrase."""
    place = {name: f"?{number}" for number, (name, _) in enumerate(operator.parameters)}

    def facts(part: Sequence[Fact]) -> tuple[Fact, ...]:
        return tuple(sorted((fact[0], *(place.get(term, term) for term in fact[1:])) for fact in part))

    pairs = ([("=", *pair) for pair in pairs] for pairs in (operator.equal, operator.unequal))
    parts = (operator.needs, operator.bars, *pairs, operator.add, operator.delete)
    return operator.name, tuple(kind for _, kind in operator.parameters), *map(facts, parts)


def structure(problem: Problem) -> str:
    """Equal for problems that differ in the names of objects and parameters, and in order, alone; hardly ever for
    others.

    Objects and facts refine each other's colours, see `refined`.
    """
    number = {name: i for i, (name, _) in enumerate(problem.objects)}
    labels, edges = [kind for _, kind in problem.objects], list[tuple[int, int, str]]()
    for part, facts in (("start", problem.initial), ("goal", problem.goal)):
        for predicate, *names in facts:
            edges += [(len(labels), number[name], str(place)) for place, name in enumerate(names)]
            labels.append(f"{part} {predicate}")
    operators = sorted(repr(_shape(each)) for each in problem.operators)
    return refined([*labels, *operators, repr(sorted(problem.types))], edges)


def after(problem: Problem, plan: Sequence[Action]) -> State:
    """The facts after all actions of a plan. Raises TaskError for the first that cannot be done."""
    state = {*problem.initial}
    for number, action in enumerate(plan, 1):
        try:
            state = done(problem, state, action)
        except TaskError as error:
            raise TaskError(f"action {number} ({' '.join(action)[:80]}): {error}") from None
    return state


def solves(problem: Problem, plan: Sequence[Action]) -> bool:
    """Whether a plan can be done, reaches the goal, and is no longer than it may be."""
    try:
        return len(plan) <= problem.max_steps and {*problem.goal} <= after(problem, plan)
    except TaskError:
        return False


def done(problem: Problem, state: State, action: Action) -> State:
    """The facts after one action. Raises TaskError where the operator's conditions do not hold, or types are wrong."""
    operator = next((each for each in problem.operators if each.name == action[0]), None)
    if operator is None:
        raise TaskError(f"there is no such action; known: {', '.join(each.name for each in problem.operators)}")
    values = _bound(problem, operator, action[1:])

    def facts(part: Sequence[Fact]) -> State:
        return {(fact[0], *(values.get(term, term) for term in fact[1:])) for fact in part}

    missing, barred = facts(operator.needs) - state, facts(operator.bars) & state
    if missing:
        raise TaskError(f"({' '.join(min(missing))}) does not hold")
    if barred:
        raise TaskError(f"({' '.join(min(barred))}) holds, and must not")
    for pairs, equal in ((operator.equal, True), (operator.unequal, False)):
        for x, y in pairs:
            if (values.get(x, x) == values.get(y, y)) != equal:
                raise TaskError(f"{x} and {y} must {'' if equal else 'not '}be the same")
    return state - facts(operator.delete) | facts(operator.add)


def _bound(problem: Problem, operator: Operator, arguments: Sequence[str]) -> dict[str, str]:
    """The object for each parameter. Raises TaskError where number, names or types do not fit."""
    if len(arguments) != len(operator.parameters):
        raise TaskError(f"{operator.name} has {len(operator.parameters)} arguments, not {len(arguments)}")
    types, parents = dict(problem.objects), dict(problem.types)
    for (name, wanted), value in zip(operator.parameters, arguments, strict=True):
        if value not in types:
            raise TaskError(f"there is no object {value[:40]!r}")
        kinds = [types[value]]
        while kinds[-1] in parents:
            kinds.append(parents[kinds[-1]])
        if wanted not in (*kinds, EVERYTHING):
            raise TaskError(f"{name} must be a {wanted}, and {value} is a {types[value]}")
    return {name: value for (name, _), value in zip(operator.parameters, arguments, strict=True)}


def random_action(problem: Problem, state: State, rng: np.random.Generator) -> Action | None:
    """One of the actions that can be done and change something; None where there is none."""
    actions = [rule.action for rule in grounded(problem).rules]
    for action in (actions[int(i)] for i in rng.permutation(len(actions))):
        try:
            if done(problem, state, action) != state:
                return action
        except TaskError:
            continue
    return None


# ---- plans as people write them --------------------------------------------------------------------------------------


def read_plan(problem: Problem, answer: Any) -> list[Action]:
    """The actions in a list of texts or of lists of words, or in a text: "(stack a b)" as in files of planners,
    "stack a b", "stack(a, b)", "Stack a on b", one in a line or between commas, semicolons or arrows, with or without
    numbers.

    Raises TaskError for what cannot be read, and for more than `max_steps` actions in a list.
    """
    if isinstance(answer, str):
        if len(answer) > MAX_LENGTH:
            raise TaskError(f"answer: {len(answer)} characters are too many; at most {MAX_LENGTH} are read")
        parts: Sequence[Any] = _parts(answer)
        if not parts:
            raise TaskError("answer: expected actions, found none")
    elif isinstance(answer, list | tuple):
        parts = answer
    else:
        raise TaskError(f"answer: expected a list of actions, not {type(answer).__name__}")
    if len(parts) > problem.max_steps:
        raise TaskError(f"answer: {len(parts)} actions are too many; at most {problem.max_steps} are allowed")
    words = [_words(part, number) for number, part in enumerate(parts, 1)]
    names = {_joined([each.name]): each for each in problem.operators}
    if len(names) < len(problem.operators):  # two differ by hyphens alone
        names = {each.name: each for each in problem.operators}
    return [_action(problem, names, each) for each in words]


def _parts(text: str) -> list[list[str]]:
    """The words of each action in a text, without brackets, numbers and comments."""
    text = _COMMENT.sub("", text.translate(_SAME).lower())
    text = _GROUP.sub(lambda group: f" {group[1].replace(',', ' ')} ;", text)
    found = []
    for part in _BETWEEN.split(text):
        part = part.strip().removesuffix(".")
        number = _NUMBERED.match(part)
        if words := part[number.end() if number else 0 :].split():
            found.append(words)
    return found


def _words(part: Any, number: int) -> list[str]:
    """The words of one entry of a list."""
    if isinstance(part, list | tuple) and 1 <= len(part) <= 20 and all(isinstance(each, str) for each in part):
        return [each[:100].strip().lower() for each in part]
    if isinstance(part, str) and len(part) <= 1_000 and len(parts := _parts(part)) == 1:
        return parts[0]
    shown = repr(part[:40]) if isinstance(part, str) else type(part).__name__
    raise TaskError(f"answer: action {number} must be an operator and its arguments, not {shown}")


def _action(problem: Problem, names: dict[str, Operator], words: list[str]) -> Action:
    for count in (1, 2):
        operator = names.get(_joined(words[:count]))
        if operator is not None and len(words) == count + len(operator.parameters):
            return operator.name, *words[count:]
    doing = [(each.name, [name for name, _ in each.parameters], each.phrase) for each in problem.operators]
    found = _matched(doing, " ".join(words))
    if found is None:
        usage = ", ".join(" ".join((each.name, *(name for name, _ in each.parameters))) for each in problem.operators)
        raise TaskError(f"answer: {' '.join(words)[:80]!r} is no action; known: {usage}")
    return found


def _joined(words: Sequence[str]) -> str:
    """Words as one, without hyphens: "pick-up", "pick_up", "pickup" and "pick up" mean the same."""
    return "".join(words).replace("-", "").replace("_", "")


def _matched(templates: Sequence[Template], text: str) -> tuple[str, ...] | None:
    """The name and the arguments of the template that `text` follows, None where there is none; any may also be written
    as "(name argument argument)"."""
    words = text[1:-1].split() if text.startswith("(") and text.endswith(")") else []
    for name, parameters, phrase in templates:
        if words[:1] == [name] and len(words) == 1 + len(parameters):
            return name, *words[1:]
        # What is in braces stands at the odd places.
        pieces = _SLOT.split(phrase)
        pattern = "([a-z0-9_-]+)".join(map(re.escape, pieces[::2]))
        if phrase and (found := re.fullmatch(pattern, text)):
            values = dict(zip(pieces[1::2], found.groups(), strict=True))
            return name, *(values[parameter] for parameter in parameters)
    return None


def _written(problem: Problem, plan: Sequence[Action], rng: np.random.Generator) -> Any:
    """A plan in one of the notations."""
    names = [" ".join(action) for action in plan]
    phrases = {each.name: (each.phrase, [name for name, _ in each.parameters]) for each in problem.operators}
    notation = int(rng.integers(12))
    if notation == 0:
        return names
    if notation == 1:
        return [[*action] for action in plan]
    if notation == 2:
        return tuple(f"({name.upper()})" for name in names)
    if notation == 3:
        return "\n".join(f"({name})" for name in names)
    if notation == 4:
        return "\n".join(f"{number}. {name}" for number, name in enumerate(names, 1))
    if notation == 5:
        return "; ".join(f"{action[0]}({', '.join(action[1:])})" for action in plan)
    if notation == 6:
        return " -> ".join(name.capitalize() for name in names)
    if notation == 7:
        return "\n".join([*(f"{number}: ({name})" for number, name in enumerate(names)), f"; cost = {len(plan)}"])
    if notation == 8:
        return str(names)
    if notation == 9:
        spaced = [" ".join([action[0].replace("-", " ", 1), *action[1:]]) for action in plan]
        return "\n".join(f"Step {number}: {name}" for number, name in enumerate(spaced, 1))
    if notation == 10 and all(phrases.get(action[0], ("", []))[0] for action in plan):
        texts = []
        for name, *arguments in plan:
            phrase, parameters = phrases[name]
            for parameter, argument in zip(parameters, arguments, strict=True):
                phrase = phrase.replace(f"{{{parameter}}}", argument)
            texts.append(f"{phrase.capitalize()}.")
        return "\n".join(texts)
    return ", ".join(names)
