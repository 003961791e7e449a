"""What kinds of functions have in common: write one that does what is asked; it is run on tests that nobody saw."""

import ast
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.program import LARGEST
from zeroloop.errors import SandboxError, TaskError
from zeroloop.programs import python
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.reader import read_sketch
from zeroloop.programs.terms import TARGETS, Function, Hole, Production, Term, read_signature
from zeroloop.sandbox import Call, Outcome, run
from zeroloop.task_fields import one_of, text
from zeroloop.tasks._code_chain import FalseChainError, followed, start
from zeroloop.tasks._code_java import Java
from zeroloop.tasks._code_javascript import JavaScript
from zeroloop.tasks._code_languages import Asked, CodeLanguage
from zeroloop.tasks._code_python import Python
from zeroloop.tasks._function_tests import Case, Study, agrees, behaviour, from_json, shown_cases, study, tests, to_json
from zeroloop.tasks._kinds import Kind, correct, drawn, wrong
from zeroloop.tasks._specifications import UNDEFINED, Specification

LANGUAGES: dict[str, CodeLanguage] = {each.name: each for each in (Python(), JavaScript(), Java())}
LEAST_EXAMPLES = 2
"""Examples that a task shows, at least."""


class Statement(NamedTuple):
    """What a task asks: the function's name, its language, what it is to do, and the examples that everybody sees."""

    name: str
    language: str
    specification: Specification
    visible: list[Case]


class CodeKind(Kind):
    """Functions to be written in one of the languages, or finished where a sketch is given.

    A subclass says what they are to do (`specifications`, `chosen`).
    """

    family = "code"
    environment_name = "program"

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

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The source is run on the examples and on tests that are derived from the specification alone."""
        title = DIALECTS[problem.language].title
        if not isinstance(answer, str):
            raise TaskError(f"answer: expected {title} source as text, not {type(answer).__name__}")
        source = LANGUAGES[problem.language].readable(answer, problem.name)
        cases = [*problem.visible, *tests(problem.specification.key)]
        try:
            return _tried(problem.language, source, problem.name, repr(cases), len(problem.visible))
        except SandboxError as error:
            return Verdict("error", 0.0, f"{title} cannot be run here: {error}")
        except StalledError as error:
            return Verdict("timeout", 0.0, str(error))

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
        broken, running, endless = language.broken(asked), language.wrong(asked), language.endless(asked)
        while True:
            result = drawn(rng, asked.visible)[1]
            others = (
                result,
                str(result),
                [result],
                {"answer": asked.source},
                None,
                asked.source.encode(),
                float("nan"),
            )
            if rng.integers(3) == 0:
                yield drawn(rng, (*broken, drawn(rng, others)))
            elif rng.integers(200) == 0:
                yield drawn(rng, endless)
            else:
                yield known.wrong_source(rng, task["language"]) if rng.integers(5) == 0 else drawn(rng, running)


def sketched(rng: np.random.Generator, term: Sequence[Production], size: int) -> Term:
    """The program with some of its parts open, which have `size` productions together, or a little fewer where names
    that are assigned to are all that would be left. Large parts are more likely."""
    ends = [_end(term, at) for at in range(len(term))]
    inside: set[int] = set()
    while len(inside) < size:
        parts = [{*range(at, ends[at])} for at in range(len(term)) if term[at].type not in TARGETS]
        fitting = [part for part in parts if 0 < len(part - inside) <= size - len(inside)]
        if not fitting:
            break
        weights = np.array([*map(len, fitting)], float)
        inside |= fitting[int(rng.choice(len(fitting), p=weights / weights.sum()))]
    return _opened(term, inside)


def _opened(term: Sequence[Production], inside: set[int]) -> Term:
    """The program with holes for the parts whose places are `inside`."""
    found: list[Production | Hole] = []
    holes: list[Hole | None] = [None]
    at = 0
    while at < len(term):
        hole = holes.pop()
        if at in inside and hole is not None:
            found.append(hole)
            at = _end(term, at)
        else:
            found.append(term[at])
            holes += reversed(term[at].holes)
            at += 1
    return tuple(found)


def _end(term: Sequence[Production], at: int) -> int:
    """Where the part that begins at a place ends."""
    left = 1
    while left:
        left += len(term[at].holes) - 1
        at += 1
    return at


def _sketch(task: Task, known: Study) -> Term:
    """Raises TaskError."""
    return read_sketch(known.language, text(task, "sketch"))


def open_parts(sketch: Term, reference: Sequence[Production]) -> list[Production]:
    """What the reference has in the holes of a sketch, in order; nothing where the rest of the sketch differs."""
    found: list[Production] = []
    at = 0
    for each in sketch:
        if isinstance(each, Production):
            if each != reference[at]:
                return []
            at += 1
        else:
            end = _end(reference, at)
            found += reference[at:end]
            at = end
    return found


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


class StalledError(Exception):
    """The clock ran out, which says nothing about the answer."""


@functools.lru_cache(maxsize=512)
def _tried(language: str, source: str, name: str, shown: str, visible: int) -> Verdict:
    """The verdict on a source after a run; the same source is not run twice on the same cases (arguments, result).

    Raises SandboxError, and StalledError.
    """
    cases: list[Case] = ast.literal_eval(shown)
    outcomes = run(language, source, [Call(name, arguments) for arguments, _ in cases]).outcomes
    for number, (outcome, (arguments, result)) in enumerate(zip(outcomes, cases, strict=True)):
        if outcome.kind == "returned" and agrees(result, outcome.value):
            continue
        test = "example" if number < visible else "hidden test"
        call = f"{test} {name}({', '.join(map(repr, arguments))})"
        if outcome.kind == "stalled":
            raise StalledError(f"{call}: {outcome.detail}")
        return wrong(f"{call[:200]} is {repr(result)[:80]}, but {said(outcome)}")
    return correct(evidence=f"{visible} examples and {len(cases) - visible} hidden tests passed")


def said(outcome: Outcome) -> str:
    """What became of a call, in words."""
    if outcome.kind == "returned":
        return f"it returned {repr(outcome.value)[:80]}"
    return f"the program {outcome.kind}: {outcome.detail}" if outcome.kind != "missing" else outcome.detail
