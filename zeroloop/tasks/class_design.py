"""Classes: one method of a class is to be written; the whole class is run on calls that nobody saw."""

import ast
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.program import LARGEST, read_calls
from zeroloop.errors import TaskError
from zeroloop.programs import python
from zeroloop.programs.designs import FAMILIES, KEYS, Design, design
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.reader import read_sketch
from zeroloop.programs.terms import BLOCK, HOLES, NONE, STEPS, Hole, Term
from zeroloop.sandbox import Call, run
from zeroloop.task_fields import one_of, text
from zeroloop.tasks._class_answers import FORMS
from zeroloop.tasks._class_models import results
from zeroloop.tasks._class_tests import Case, behaviour, hidden_tests, shown_cases, study
from zeroloop.tasks._code import LANGUAGES, LEAST_EXAMPLES, CodeKind, is_right, mixed, open_parts, refused, sketched
from zeroloop.tasks._code_chain import FalseChainError, followed
from zeroloop.tasks._function_tests import agrees, to_json
from zeroloop.tasks._kinds import correct, drawn

SMALLEST, SIZES = 2, 13
"""Productions that the easiest tasks leave open, and how many more the hardest do."""
MOST_WRITTEN = 3
"""So many times what is open is in the whole method, at most."""

LONGEST = (7, 5, 4, 3)
"""Calls that an example has at most, until there is room for enough examples."""


class Statement(NamedTuple):
    """What a task asks: the language, the design, the method that is open, and the examples that everybody sees."""

    language: str
    design: Design
    method: str
    visible: list[Case]

    @property
    def name(self) -> str:
        """The class's."""
        return self.design.whole.name


class ClassKind(CodeKind):
    """Dial: how much of a method is left to be written, which is all of it, or the rest of a sketch."""

    name = "class_design"
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
            if len(task["test_cases"]) >= LEAST_EXAMPLES:
                break
        return self.in_language({**task, "difficulty": difficulty}, drawn(rng, [*LANGUAGES]))

    def asked(self, rng: np.random.Generator, key: str, method: str, size: int) -> Task:
        """A task in Python without words for people, with the examples that its states have room for.

        size: productions of the method that are open; where that is not all, the rest is its sketch.
        """
        known = study(key, method)
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "language": "python",
            "class_name": known.design.whole.name,
            "design": key,
            "method": method,
            "max_size": min(LARGEST, size + 3 + size // 4),
        }
        if size < len(known.term):
            task["sketch"] = python.one_line(sketched(rng, known.term, size))
        for most in LONGEST:
            task["test_cases"] = [_written(case) for case in shown_cases(known, rng, most)]
            try:
                fitting = len(self.environment(task).initial_state(task).goal.examples)
            except TaskError:
                fitting = 0  # (the first example has no room)
            if fitting >= LEAST_EXAMPLES:
                break
        return {**task, "test_cases": task["test_cases"][:fitting]}

    def in_language(self, task: Task, language: str) -> Task:
        """See TranslatingKind."""
        return {**task, "language": language, "problem": _problem(self.read(task), task, language)} | {
            "answer": study(task["design"], task["method"]).source(language)
        }

    def read(self, task: Task) -> Statement:
        """The design and the examples, which must be as it says."""
        language = one_of(task, "language", LANGUAGES)
        key = text(task, "design", 100)
        if key not in KEYS:
            raise TaskError(f"design {key!r} is unknown; tasks of this kind are made by the generator")
        found = design(key)
        method = one_of(task, "method", found.languages)
        if text(task, "class_name", 100) != found.whole.name:
            raise TaskError(f"class_name must be {found.whole.name!r}")
        return Statement(language, found, method, _visible(task, found))

    def tried(self, problem: Statement, source: str) -> Verdict:
        """See CodeKind; the tests are calls."""
        return _tried(problem.language, source, problem.design.key, repr(problem.visible))

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The design, whose cost is the number of productions to write.

        Without steps where the task's sketch is not one of the method.
        """
        problem = self.read(task)
        known = study(problem.design.key, problem.method)
        parts = open_parts(_sketch(task, problem), known.term) if "sketch" in task else known.term
        steps = tuple(part.name for part in parts)
        return Solution(known.source(problem.language), steps, len(parts), len(parts))

    def structure(self, task: Task) -> str:
        """The method, and what the class does on calls that depend on its signatures alone."""
        problem = self.read(task)
        return f"{problem.design.family} {problem.method} {behaviour(problem.design.key)}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says, in Python, what is written into the first hole, and what the method's body is then; the
        class that they lead to is run as Python, whatever the task's language is."""
        problem = self.read(task)
        whole, method = problem.design.whole, problem.design.whole.method(problem.method)
        start = HOLES[STEPS if method.signature.returns == NONE else BLOCK]
        try:
            body = followed(text(task, "sketch") if "sketch" in task else start, claims)
        except FalseChainError as error:
            return str(error)
        others = whole._replace(methods=tuple(each for each in whole.methods if each != method))
        lines = f"{python.method_head(method.signature)}:\n{body}".splitlines()
        source = "\n".join([python.class_source(others), *(f"    {line}" for line in lines), ""])
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
        known = study(task["design"], task["method"])
        signature = known.function.signature
        others = (None, [source], {"answer": source}, source.encode(), 1)
        wrong_ones = forms.wrong(source, name, signature)

        def running() -> str:
            return known.wrong_source(rng, task["language"]) if rng.integers(2) else drawn(rng, wrong_ones)

        return mixed(rng, (*forms.broken(source, name), *others), running, forms.endless(source, name, signature))


def _written(case: Case) -> dict[str, Any]:
    """An example as plain JSON."""
    calls, found = case
    return {"input": [[name, *map(to_json, arguments)] for name, arguments in calls], "output": [*map(to_json, found)]}


@functools.cache
def _methods(size: int) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Designs and methods of which so much can be open, by the family and the method."""
    keys = {family.name: [key for key in KEYS if KEYS[key][0] is family] for family in FAMILIES}
    return {
        (family, each.signature.name): [(key, each.signature.name) for key in found]
        for family, found in keys.items()
        for each in design(found[0]).whole.methods  # (numbers change no sizes)
        if size <= len(each.term) <= MOST_WRITTEN * size
    }


def _problem(problem: Statement, task: Task, language: str) -> str:
    """What is asked, in words."""
    dialect, whole = DIALECTS[language], problem.design.whole
    hole = STEPS if whole.method(problem.method).signature.returns == NONE else BLOCK
    term: Term = _sketch(task, problem) if "sketch" in task else (Hole(hole, ()),)
    return "\n".join(
        [
            f"Finish the {dialect.title} class `{whole.name}`: write what is in capitals in its method "
            f"`{problem.method}`, which does what its comment says. The answer is the whole class.",
            dialect.class_source(whole.replaced(problem.method, term)).rstrip(),
            "Examples, each of calls on a new object:",
            *(dialect.calls(*case) for case in problem.visible),
        ]
    )


def _sketch(task: Task, problem: Statement) -> Term:
    """Raises TaskError."""
    return read_sketch(problem.design.languages[problem.method], text(task, "sketch"))


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
    made: list[Call] = []
    for calls, _ in cases:
        at = len(made)
        made += [Call(design(key).whole.name, []), *(Call(*call, receiver=at) for call in calls)]
    outcomes = iter(run(language, source, made).outcomes)
    for number, (calls, wanted) in enumerate(cases):
        new, *found = itertools.islice(outcomes, 1 + len(calls))
        for at, (outcome, result) in enumerate(zip(found, wanted, strict=True)):
            if not is_right(outcome, result):
                so_far = DIALECTS["python"].calls(calls[: at + 1], [None] * (at + 1))
                test = f"{'example' if number < len(visible) else 'hidden test'} {so_far[-200:]}"
                return refused(test, new if new.kind != "returned" else outcome, result)
    return correct(evidence=f"{len(visible)} examples and {len(cases) - len(visible)} hidden tests passed")


def kind() -> ClassKind:
    """Designs of classes, each with tests of its own."""
    return ClassKind()
