"""What kinds of programs have in common: answers are sources in a language, which are run in the sandbox."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Verdict
from zeroloop.errors import SandboxError, TaskError
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.terms import TARGETS, Hole, Production, Term
from zeroloop.sandbox import Outcome
from zeroloop.tasks._code_java import Java
from zeroloop.tasks._code_javascript import JavaScript
from zeroloop.tasks._code_languages import CodeLanguage
from zeroloop.tasks._code_python import Python
from zeroloop.tasks._function_tests import agrees
from zeroloop.tasks._kinds import Kind, drawn, wrong

LANGUAGES: dict[str, CodeLanguage] = {each.name: each for each in (Python(), JavaScript(), Java())}
LEAST_EXAMPLES = 2
"""Examples that a task shows, at least."""


class StalledError(Exception):
    """The clock ran out, which says nothing about the answer."""


class CodeKind(Kind):
    """Programs to be written in one of the languages, or finished where a sketch is given.

    A subclass says what an answer `defines`, a function or a class, how one is `tried`, and what is asked for: what
    `read` gives has its `language` and its `name`.
    """

    family = "code"
    environment_name = "program"
    defines: ClassVar[str]

    def judge(self, problem: Any, answer: Any) -> Verdict:
        """The source is run on the examples, and on tests that are derived from the specification alone."""
        title = DIALECTS[problem.language].title
        if not isinstance(answer, str):
            raise TaskError(f"answer: expected {title} source as text, not {type(answer).__name__}")
        source = LANGUAGES[problem.language].readable(answer, problem.name, self.defines)
        try:
            return self.tried(problem, source)
        except SandboxError as error:
            return Verdict("error", 0.0, f"{title} cannot be run here: {error}")
        except StalledError as error:
            return Verdict("timeout", 0.0, str(error))

    def tried(self, problem: Any, source: str) -> Verdict:
        """The verdict on a source after a run. Raises SandboxError, and StalledError."""
        raise NotImplementedError


def is_right(outcome: Outcome, wanted: Any) -> bool:
    """Whether a call returned what was wanted."""
    return outcome.kind == "returned" and agrees(wanted, outcome.value)


def refused(test: str, outcome: Outcome, wanted: Any) -> Verdict:
    """The verdict on a program that failed a test. Raises StalledError."""
    if outcome.kind == "stalled":
        raise StalledError(f"{test}: {outcome.detail}")
    return wrong(f"{test} is {repr(wanted)[:80]}, but {_said(outcome)}")


def _said(outcome: Outcome) -> str:
    if outcome.kind == "returned":
        return f"it returned {repr(outcome.value)[:80]}"
    return f"the program {outcome.kind}: {outcome.detail}" if outcome.kind != "missing" else outcome.detail


def mixed(
    rng: np.random.Generator, broken: Sequence[Any], running: Callable[[], str], endless: Sequence[str]
) -> Iterator[Any]:
    """Wrong answers without end: a third are no programs; few never end, as each of those takes its time."""
    while True:
        if rng.integers(3) == 0:
            yield drawn(rng, broken)
        else:
            yield drawn(rng, endless) if rng.integers(200) == 0 else running()


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
