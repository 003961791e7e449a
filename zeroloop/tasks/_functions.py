"""What kinds of functions have in common: write one that does what is asked; it is run on tests that nobody saw."""

import ast
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._program_goals import LARGEST
from zeroloop.errors import TaskError
from zeroloop.programs import python
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.reader import read_sketch
from zeroloop.programs.terms import Function, Term, read_signature
from zeroloop.sandbox import Call, run
from zeroloop.task_fields import one_of, text
from zeroloop.tasks._code import LANGUAGES, LEAST_EXAMPLES, CodeKind, is_right, mixed, open_parts, refused, sketched
from zeroloop.tasks._code_chain import FalseChainError, followed, start
from zeroloop.tasks._code_languages import Asked
from zeroloop.tasks._function_tests import Case, Study, agrees, behaviour, from_json, shown_cases, study, tests, to_json
from zeroloop.tasks._kinds import correct, drawn
from zeroloop.tasks._specifications import UNDEFINED, Specification


class Statement(NamedTuple):
    """What a task asks: the function's name, its language, what it is to do, and the examples that everybody sees."""

    name: str
    language: str
    specification: Specification
    visible: list[Case]


class FunctionsKind(CodeKind):
    """Functions to be written in one of the languages, or finished where a sketch is given.

    A subclass says what they are to do (`specifications`, `chosen`).
    """

    defines = "function"

    @property
    def specifications(self) -> Mapping[str, Specification]:
        """What functions are to do, by key."""
        raise NotImplementedError

    def chosen(self, rng: np.random.Generator, difficulty: float) -> tuple[Specification, int]:
        """A specification for a difficulty, and how many productions of its reference are left open."""
        raise NotImplementedError

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Examples are chosen so that they rule out as many wrong programs as they can."""
        while True:
            found, size = self.chosen(rng, difficulty)
            task = self.asked(rng, found, size)
            if len(task["test_cases"]) >= LEAST_EXAMPLES:
                break
        return self.in_language({**task, "difficulty": difficulty}, drawn(rng, [*LANGUAGES]))

    def asked(self, rng: np.random.Generator, found: Specification, size: int) -> Task:
        """A task in Python without words for people, with the examples that its states have room for.

        size: productions of the reference that are open; where that is not all, the rest is its sketch.
        """
        known = study(found.key)
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "language": "python",
            "function_name": found.name,
            "signature": found.signature,
            "spec": found.key,
            "constants": list(known.constants),
            "max_size": min(LARGEST, size + 3 + size // 4),
        }
        if found.features:
            task["features"] = list(found.features)
        if found.helpers:
            task["helpers"] = list(found.helpers)
        if found.without:
            task["without"] = list(found.without)
        if size < len(known.term):
            task["sketch"] = python.one_line(sketched(rng, known.term, size))
        cases = [
            {"input": [*map(to_json, arguments)], "output": to_json(result)}
            for arguments, result in shown_cases(known, rng)
        ]
        by_length = sorted(cases, key=lambda case: len(str(case)))
        cases.remove(by_length[0])
        for each in ([by_length[0], *cases], by_length):
            task["test_cases"] = each
            fitting = len(self.environment(task).initial_state(task).goal.examples)
            if fitting >= LEAST_EXAMPLES:
                break
        return {**task, "test_cases": task["test_cases"][:fitting]}

    def in_language(self, task: Task, language: str) -> Task:
        """See TranslatingKind."""
        known = study(task["spec"])
        term = _sketch(task, known) if "sketch" in task else None
        visible = _visible(task, known.specification)
        written = {"problem": _problem(known, visible, language, term), "answer": known.source(language)}
        return {**task, "language": language, **written}

    def read(self, task: Task) -> Statement:
        """The specification and the examples, which must be as it says."""
        language = one_of(task, "language", LANGUAGES)
        name = text(task, "function_name", 100)
        if not name.isidentifier():
            raise TaskError(f"function_name {name!r} cannot be the name of a function")
        key = text(task, "spec", 200)
        found = self.specifications.get(key)
        if found is None:
            raise TaskError(f"spec {key[:80]!r} is unknown; tasks of this kind are made by the generator")
        if text(task, "signature", 500) != found.signature.replace(f" {found.name}(", f" {name}(", 1):
            raise TaskError(f"signature must be {found.signature!r}, with the name {name!r}")
        return Statement(name, language, found, _visible(task, found))

    def tried(self, problem: Statement, source: str) -> Verdict:
        """See CodeKind."""
        cases = [*problem.visible, *tests(problem.specification.key)]
        return _tried(problem.language, source, problem.name, repr(cases), len(problem.visible))

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The reference of the specification, whose cost is the number of productions to write.

        Without steps where the task's sketch is not one of the reference.
        """
        problem = self.read(task)
        known = study(problem.specification.key)
        source = re.sub(rf"\b{problem.specification.name}\b", problem.name, known.source(problem.language))
        parts = open_parts(_sketch(task, known), known.term) if "sketch" in task else known.term
        return Solution(source, tuple(part.name for part in parts), len(parts), len(parts))

    def structure(self, task: Task) -> str:
        """What the function does, on arguments that depend on its types alone: names do not matter."""
        return behaviour(self.read(task).specification.key)

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says, in Python, what is written into the first hole, and what the body is then; the function
        that they lead to is run as Python, whatever the task's language is."""
        problem = self.read(task)
        signature = text(task, "signature", 500)
        try:
            first = text(task, "sketch") if "sketch" in task else start(signature, task.get("features", []))
            body = followed(first, claims)
        except FalseChainError as error:
            return str(error)
        helpers = python.source(*study(problem.specification.key).helpers)
        verdict = self.judge(problem._replace(language="python"), f"{helpers}\n{signature}:\n{body}")
        return None if verdict.verdict == "correct" else f"the function is {verdict.verdict}: {verdict.evidence}"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[str]:
        """The reference as people write it: comments, other names, helpers, in a Markdown fence."""
        made = LANGUAGES[task["language"]].notations(_asked(task))
        while True:
            yield drawn(rng, made)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Programs with one thing wrong, that know the examples alone, that print, raise, end or never end."""
        language, asked, known = LANGUAGES[task["language"]], _asked(task), study(task["spec"])
        shown = drawn(rng, asked.visible)[1]
        others = (shown, str(shown), [shown], {"answer": asked.source}, None, asked.source.encode(), float("nan"))
        wrong_ones = language.wrong(asked)

        def running() -> str:
            return known.wrong_source(rng, task["language"]) if rng.integers(5) == 0 else drawn(rng, wrong_ones)

        return mixed(rng, (*language.broken(asked), *others), running, language.endless(asked))


def _sketch(task: Task, known: Study) -> Term:
    """Raises TaskError."""
    return read_sketch(known.language, text(task, "sketch"))


def _problem(known: Study, cases: Sequence[Case], language: str, sketch: Term | None) -> str:
    """What is asked, in words."""
    found, dialect = known.specification, DIALECTS[language]
    signature = read_signature(found.signature)
    lines = [f"Write a {dialect.noun} {dialect.head(signature)} that returns {found.says}."]
    if found.promises:
        lines[0] += f" {found.promises}"
    if known.helpers:
        lines += ["An answer has this in it, too, and may call it:", dialect.source(*known.helpers).rstrip()]
    if sketch is not None:
        whole = dialect.source(Function(signature, sketch)).rstrip()
        lines += ["It may be written by filling in what is in capitals here:", whole]
    lines += ["Examples:", *(dialect.example(found.name, *case) for case in cases)]
    return "\n".join(lines)


def _visible(task: Task, found: Specification) -> list[Case]:
    """The examples. Raises TaskError where they are none, or say something else than the specification."""
    cases = task.get("test_cases")
    if not isinstance(cases, list) or len(cases) > 100:
        raise TaskError("test_cases must be a list of at most 100 examples {'input': [...], 'output': ...}")
    visible = []
    for number, case in enumerate(cases):
        given = case.get("input") if isinstance(case, dict) else None
        if not isinstance(given, list) or len(given) != len(found.parameters) or "output" not in case:
            raise TaskError(f"test_cases[{number}] needs an input of {len(found.parameters)} values, and an output")
        arguments = []
        for value, (name, domain) in zip(given, found.parameters, strict=True):
            try:
                arguments.append(from_json(value, domain))
            except ValueError:
                raise TaskError(f"test_cases[{number}]: {repr(value)[:60]} is not what {name} may be") from None
        try:
            result = found.result(arguments)
        except UNDEFINED:
            raise TaskError(f"test_cases[{number}]: nothing is to be returned for this input") from None
        if not agrees(to_json(result), case["output"]):
            raise TaskError(f"test_cases[{number}] contradicts the specification, which says {repr(result)[:60]}")
        visible.append((arguments, result))
    return visible


def _asked(task: Task) -> Asked:
    """What right and wrong answers to a task that was made here are of."""
    known = study(task["spec"])
    visible = _visible(task, known.specification)
    hidden = tests(task["spec"])
    shown = [arguments for arguments, _ in visible]
    unseen = next(result for arguments, result in hidden if arguments not in shown)
    other = next(result for result in (*(result for _, result in hidden), None) if result != unseen)
    signature = read_signature(task["signature"])
    return Asked(signature, task["answer"], known.specification.says, visible, other)


@functools.lru_cache(maxsize=512)
def _tried(language: str, source: str, name: str, shown: str, visible: int) -> Verdict:
    """The verdict on a source after a run; the same source is not run twice on the same cases (arguments, result).

    Raises SandboxError, and StalledError.
    """
    cases: list[Case] = ast.literal_eval(shown)
    outcomes = run(language, source, [Call(name, arguments) for arguments, _ in cases]).outcomes
    for number, (outcome, (arguments, result)) in enumerate(zip(outcomes, cases, strict=True)):
        if not is_right(outcome, result):
            test = f"{'example' if number < visible else 'hidden test'} {name}({', '.join(map(repr, arguments))})"
            return refused(test[:200], outcome, result)
    return correct(evidence=f"{visible} examples and {len(cases) - visible} hidden tests passed")
