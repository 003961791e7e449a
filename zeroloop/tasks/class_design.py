"""Classes: methods of a class are to be written; the whole class is run on calls that nobody saw."""

import ast
import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._program_goals import LARGEST, LARGEST_CLASS
from zeroloop.envs._program_tasks import methods_of, read_calls
from zeroloop.errors import TaskError
from zeroloop.programs import python
from zeroloop.programs.classes import Case, constructor
from zeroloop.programs.designs import FAMILIES, KEYS, Design, design
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.reader import read_sketch
from zeroloop.programs.terms import BLOCK, HOLES, NONE, STEPS, Term
from zeroloop.sandbox import Call, run
from zeroloop.task_fields import one_of, text
from zeroloop.tasks._class_answers import FORMS
from zeroloop.tasks._class_models import results
from zeroloop.tasks._class_tests import behaviour, hidden_tests, shown_cases, study
from zeroloop.tasks._code import LANGUAGES, LEAST_EXAMPLES, CodeKind, is_right, mixed, open_parts, refused, sketched
from zeroloop.tasks._code_chain import FalseChainError, followed
from zeroloop.tasks._function_tests import agrees, to_json
from zeroloop.tasks._kinds import correct, drawn

SMALLEST, SIZES = 2, 13
"""Productions that the easiest tasks leave open, and how many more the hardest do."""
MOST_WRITTEN = 3
"""So many times what is open is in the whole method, at most."""
EASIER, NEAR = 2, 2
"""Several open methods are as hard as one with so many times fewer productions, which is so near to the dial's size."""

LONGEST = (7, 5, 4, 3)
"""Calls that an example has at most, until there is room for enough examples."""


class Statement(NamedTuple):
    """What a task asks: the language, the design, the methods that are open, and the examples that everybody sees."""

    language: str
    design: Design
    methods: tuple[str, ...]
    visible: list[Case]

    @property
    def name(self) -> str:
        """The class's."""
        return self.design.whole.name


class ClassKind(CodeKind):
    """Dial: how much is left to be written: a method, or the rest of its sketch; or all methods but one, or all, which
    are written one after the other."""

    name = "class_design"
    version = 2
    type = "class"
    defines = "class"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Families with many designs are drawn more often than others, but less so than by their size."""
        size = round(SMALLEST + SIZES * min(1.0, max(0.0, difficulty)))
        groups = [*_methods(size).values()]
        weights = np.array([len(group) ** 0.75 for group in groups])
        while True:
            group = groups[int(rng.choice(len(groups), p=weights / weights.sum()))]
            task = self.asked(rng, *group[int(rng.integers(len(group)))], size)
            if task["test_cases"]:
                break
        return self.in_language({**task, "difficulty": difficulty}, drawn(rng, [*LANGUAGES]))

    def asked(self, rng: np.random.Generator, key: str, methods: Sequence[str], size: int) -> Task:
        """A task in Python without words for people, with the examples that its states have room for; none where that
        are too few for a method.

        size: productions of the method that are open; where that is not all, the rest is its sketch. Several methods
        are open whole.
        """
        known = [study(key, name) for name in methods]
        several = len(known) > 1
        size = sum(len(each.term) for each in known) if several else size
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "language": "python",
            "class_name": known[0].design.whole.name,
            "design": key,
            "methods": [*methods],
            "max_size": min(LARGEST_CLASS if several else LARGEST, size + 3 + size // 4),
        }
        if size < len(known[0].term):
            task["sketch"] = python.one_line(sketched(rng, known[0].term, size))
        for most in LONGEST:
            chosen = itertools.zip_longest(*(shown_cases(each, rng, most) for each in known))
            written = [_written(case) for cases in chosen for case in cases if case]
            task["test_cases"] = [each for at, each in enumerate(written) if each not in written[:at]]
            counted, fewest = self._counted(task)
            if fewest >= LEAST_EXAMPLES:
                return {**task, "test_cases": counted}
        return {**task, "test_cases": []}

    def _counted(self, task: Task) -> tuple[list[dict[str, Any]], int]:
        """The examples that states have room for, and how many are shown for the method with the fewest."""
        try:
            stages = self.environment(task).initial_state(task).goal.stages
        except TaskError:
            return [], 0  # (an example that has to be shown has no room)
        found = [_written(case) for stage in stages for case in stage.cases]
        return [each for each in task["test_cases"] if each in found], min(len(stage.rows) for stage in stages)

    def in_language(self, task: Task, language: str) -> Task:
        """See TranslatingKind."""
        return {**task, "language": language, "problem": _problem(self.read(task), task, language)} | {
            "answer": study(task["design"], task["methods"][0]).source(language)
        }

    def read(self, task: Task) -> Statement:
        """The design and the examples, which must be as it says."""
        language = one_of(task, "language", LANGUAGES)
        key = text(task, "design", 100)
        if key not in KEYS:
            raise TaskError(f"design {key!r} is unknown; tasks of this kind are made by the generator")
        found = design(key)
        methods = methods_of(task, found)
        if text(task, "class_name", 100) != found.whole.name:
            raise TaskError(f"class_name must be {found.whole.name!r}")
        return Statement(language, found, methods, _visible(task, found))

    def tried(self, problem: Statement, source: str) -> Verdict:
        """See CodeKind; the tests are calls."""
        return _tried(problem.language, source, problem.design.key, repr(problem.visible))

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The design, whose cost is the number of productions to write.

        Without steps where the task's sketch is not one of the method.
        """
        problem = self.read(task)
        known = [study(problem.design.key, name) for name in problem.methods]
        parts = [part for each in known for part in each.term]
        if "sketch" in task:
            parts = open_parts(_sketch(task, problem), parts)
        steps = tuple(part.name for part in parts)
        return Solution(known[0].source(problem.language), steps, len(parts), len(parts))

    def structure(self, task: Task) -> str:
        """The methods, and what the class does on calls that depend on its signatures alone."""
        problem = self.read(task)
        return f"{problem.design.family} {' '.join(problem.methods)} {behaviour(problem.design.key)}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says, in Python, what is written into the first hole, and what the method's body is then; the
        class that they lead to is run as Python, whatever the task's language is."""
        problem = self.read(task)
        whole = problem.design.whole
        source = python.class_source(whole.without(problem.methods))
        try:
            for name, said in zip(problem.methods, _by_method(problem.methods, claims), strict=True):
                signature = whole.method(name).signature
                start = HOLES[STEPS if signature.returns == NONE else BLOCK]
                body = followed(text(task, "sketch") if "sketch" in task else start, said)
                lines = f"{python.method_head(signature)}:\n{body}".splitlines()
                source += "\n" + "".join(f"    {line}\n" for line in lines)
        except FalseChainError as error:
            return str(error)
        verdict = self.judge(problem._replace(language="python"), source)
        return None if verdict.verdict == "correct" else f"the class is {verdict.verdict}: {verdict.evidence}"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[str]:
        """The class as people write it: comments, other names, base classes, in a Markdown fence."""
        made = FORMS[task["language"]].notations(task["answer"], task["class_name"])
        while True:
            yield drawn(rng, made)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Classes with one thing wrong, that print, raise, end or never end."""
        forms, source, name = FORMS[task["language"]], task["answer"], task["class_name"]
        known = [study(task["design"], method) for method in task["methods"]]
        others = (None, [source], {"answer": source}, source.encode(), 1)
        signatures = [each.function.signature for each in known]
        wrong_ones = [wrong for each in signatures for wrong in forms.wrong(source, name, each)]
        endless = [each for signature in signatures for each in forms.endless(source, name, signature)]

        def running() -> str:
            return drawn(rng, known).wrong_source(rng, task["language"]) if rng.integers(2) else drawn(rng, wrong_ones)

        return mixed(rng, (*forms.broken(source, name), *others), running, endless)


def _written(case: Case) -> dict[str, Any]:
    """An example as plain JSON."""
    calls, found = case
    return {"input": [[name, *map(to_json, arguments)] for name, arguments in calls], "output": [*map(to_json, found)]}


_OF_METHOD = re.compile(r"In (\w+), fill (.*)", re.DOTALL)


def _by_method(methods: Sequence[str], claims: Sequence[str]) -> list[list[str]]:
    """The sentences about each of the methods, as they are about one. Raises FalseChainError where they are not about
    one after the other."""
    if len(methods) == 1:
        return [[*claims]]
    said = [match.groups() if (match := _OF_METHOD.fullmatch(claim)) else ("", "") for claim in claims]
    groups = [(name, [f"Fill {rest}" for _, rest in group]) for name, group in itertools.groupby(said, lambda x: x[0])]
    if [name for name, _ in groups] != [*methods]:
        raise FalseChainError(f"the sentences must be about {', '.join(methods)} in turn")
    return [group for _, group in groups]


@functools.cache
def _methods(size: int) -> dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]:
    """Designs and the methods that can be open where so much is to be written, by the family and the methods."""
    found: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
    for family in FAMILIES:
        keys = [key for key in KEYS if KEYS[key][0] is family]
        sizes = {each.signature.name: len(each.term) for each in design(keys[0]).whole.methods}  # (the same for all)
        names = tuple(sizes)
        opened: list[tuple[str, ...]] = [(name,) for name in names if size <= sizes[name] <= MOST_WRITTEN * size]
        several = (names, *(tuple(name for name in names if name != given) for given in names))
        opened += [
            each for each in several if len(each) > 1 and abs(sum(sizes[name] for name in each) - EASIER * size) <= NEAR
        ]
        found.update({(family.name, *each): [(key, each) for key in keys] for each in opened})
    return found


def _problem(problem: Statement, task: Task, language: str) -> str:
    """What is asked, in words."""
    dialect, whole = DIALECTS[language], problem.design.whole
    for name in problem.methods:
        whole = whole.replaced(
            name, _sketch(task, problem) if "sketch" in task else problem.design.languages[name].start
        )
    names = " and ".join(f"`{name}`" for name in problem.methods)
    which = f"method {names}, which does what its comment says"
    if len(problem.methods) > 1:
        which = f"methods {names}, which do what their comments say"
    return "\n".join(
        [
            f"Finish the {dialect.title} class `{whole.name}`: write what is in capitals in its {which}. "
            "The answer is the whole class.",
            dialect.class_source(whole).rstrip(),
            "Examples, each of calls on a new object:",
            *(dialect.calls(*case) for case in problem.visible),
        ]
    )


def _sketch(task: Task, problem: Statement) -> Term:
    """Raises TaskError."""
    return read_sketch(problem.design.languages[problem.methods[0]], text(task, "sketch"))


def _visible(task: Task, asked: Design) -> list[Case]:
    """The examples. Raises TaskError where they are none, or say something else than the design."""
    cases = task.get("test_cases")
    if not isinstance(cases, list) or len(cases) > 100:
        raise TaskError("test_cases must be a list of at most 100 examples {'input': [...], 'output': [...]}")
    visible = []
    for number, case in enumerate(cases):
        calls, found = read_calls(f"test_cases[{number}]", case, asked.whole)
        if not agrees(wanted := results(asked, calls), found):
            raise TaskError(f"test_cases[{number}] contradicts the design, which says {repr(wanted)[:100]}")
        visible.append((calls, found))
    return visible


@functools.lru_cache(maxsize=512)
def _tried(language: str, source: str, key: str, shown: str) -> Verdict:
    """The verdict on a source after a run; the same source is not run twice on the same examples.

    Raises SandboxError, and StalledError.
    """
    visible: list[Case] = ast.literal_eval(shown)
    cases = [*visible, *hidden_tests(key)]
    whole = design(key).whole
    first = len(constructor(whole))
    made: list[Call] = []
    for calls, _ in cases:
        at = len(made)
        arguments = [value for _, given in calls[:first] for value in given]
        made += [Call(whole.name, arguments), *(Call(*call, receiver=at) for call in calls[first:])]
    outcomes = iter(run(language, source, made).outcomes)
    for number, (calls, wanted) in enumerate(cases):
        new, *found = itertools.islice(outcomes, 1 + len(calls) - first)
        for at, (outcome, result) in enumerate(zip(found, wanted[first:], strict=True), first):
            if not is_right(outcome, result):
                so_far = DIALECTS["python"].calls(calls[: at + 1], [None] * (at + 1))
                test = f"{'example' if number < len(visible) else 'hidden test'} {so_far[-200:]}"
                return refused(test, new if new.kind != "returned" else outcome, result)
    return correct(evidence=f"{len(visible)} examples and {len(cases) - len(visible)} hidden tests passed")


def kind() -> ClassKind:
    """Designs of classes, each with tests of its own."""
    return ClassKind()
