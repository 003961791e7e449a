"""What a program is to do: a function, or the open methods of a class one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from zeroloop.contracts import Task
from zeroloop.envs._program_tasks import (
    call_examples_of,
    constants_of,
    design_of,
    examples_of,
    helpers_of,
    methods_of,
    names_of,
)
from zeroloop.envs._program_tokens import fitting, in_rows, shown_calls, shown_case, shown_class, shown_language
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.programs import focus as focuses
from zeroloop.programs.classes import Case
from zeroloop.programs.designs import Design
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.focus import Focus
from zeroloop.programs.language import Language, language
from zeroloop.programs.reader import read_sketch
from zeroloop.programs.terms import LEAST, Class, Function, Hole, Production, Signature, Term, read_signature
from zeroloop.task_fields import integer, one_of, text

LARGEST, LARGEST_CLASS = 30, 60
"""Productions that a function may have, and that the open methods of a class may have together."""


class Stage(NamedTuple):
    """A method that is open. cases: calls that it must fit; rows: tokens of those that are shown meanwhile."""

    name: str
    language: Language
    cases: tuple[Case, ...]
    rows: tuple[list[int], ...]

    @property
    def least(self) -> int:
        """Productions that it takes, at least."""
        return least(self.language.start)


@dataclass(frozen=True, eq=False)
class Goal:
    """What a program is to do: examples (arguments, result) that it must fit once it is written, and how all is shown.

    helpers: functions that it may call. dialect: the language of the answer. start: the focus on a hole for the whole
    function. whole: the class whose method it is, with holes for what is still to be written; arguments are then calls
    of methods, the result what each returns. stages: of this method, and of those after it. method: its name, where
    several are open. owed: productions that those after it take, at least.
    """

    signature: Signature
    language: Language
    helpers: tuple[Function, ...]
    dialect: str
    examples: tuple[tuple[Any, Any], ...]
    shown: Int16
    key: bytes
    start: Focus
    whole: Class | None = None
    stages: tuple[Stage, ...] = ()
    method: str = ""
    owed: int = 0


class Start(NamedTuple):
    """What an episode begins with, and productions that may be used; they must fill at least `needed`."""

    goal: Goal
    term: Term
    needed: int
    most: int


def of_function(task: Task) -> Start:
    """Raises TaskError."""
    dialect = one_of(task, "language", DIALECTS)
    signature = read_signature(text(task, "signature", 500))
    helpers = helpers_of(task)
    features, without = names_of(task, "features"), names_of(task, "without")
    spoken = language(signature, constants_of(task), features, [each.signature for each in helpers], without)
    term, needed, most, size = _started(task, spoken, 0, LARGEST)
    header = [shown_language(signature, spoken, helpers)]
    cases = examples_of(task, signature)
    rows = _with_room(header, [shown_case(*case) for case in cases], size, "test_cases[0]")
    shown = in_rows([*header, *rows])
    examples = cases[: len(rows)]
    focus = focuses.start(signature, examples)
    return Start(Goal(signature, spoken, helpers, dialect, examples, shown, shown.tobytes(), focus), term, needed, most)


def of_class(task: Task) -> Start:
    """The `methods` of a `design`, which is a name of zeroloop.programs.designs, are written one after the other; each
    of the `test_cases` has calls as its input, [[method, arguments...], ...], and what they return as its output.

    While a method is written, the cases that call it are shown, as far as there is room. A case that is never shown
    does not count; one that counts must be fitted once all methods that it calls are there. Raises TaskError.
    """
    found = design_of(task)
    dialect = one_of(task, "language", DIALECTS)
    names = methods_of(task, found)
    if "sketch" in task and len(names) > 1:
        raise TaskError("sketch: only where one method is open, as all of several are written")
    whole, spoken = found.whole, found.languages[names[0]]
    for name in names:
        whole = whole.replaced(name, found.languages[name].start)
    owed = sum(least(found.languages[name].start) for name in names[1:])
    term, needed, most, size = _started(task, spoken, owed, LARGEST if len(names) == 1 else LARGEST_CLASS)
    stages = _stages(found, whole, names, call_examples_of(task, whole), size)
    return Start(_of_method(whole, stages, dialect, len(names) > 1), term, needed, most)


def after(goal: Goal, term: Term) -> Goal:
    """The goal of the next method, once a method is written that fits its examples."""
    assert goal.whole
    whole = goal.whole.replaced(goal.signature.name, term)
    return _of_method(whole, goal.stages[1:], goal.dialect, True)


def _of_method(whole: Class, stages: tuple[Stage, ...], dialect: str, several: bool) -> Goal:
    stage, *others = stages
    signature, unwritten = whole.method(stage.name).signature, {each.name for each in others}
    shown = in_rows([*shown_class(whole, signature, stage.language), *stage.rows])
    key = shown.tobytes() + (repr([each.cases for each in stages]).encode() if several else b"")
    examples = tuple(case for case in stage.cases if unwritten.isdisjoint(name for name, _ in case[0]))
    return Goal(
        *(signature, stage.language, (), dialect, examples, shown, key),
        focuses.start_of_method(whole, stage.name, unwritten, stage.cases),
        whole,
        stages,
        stage.name if several else "",
        sum(each.least for each in others),
    )


def _stages(found: Design, whole: Class, names: Sequence[str], cases: Sequence[Case], size: int) -> tuple[Stage, ...]:
    """size: of all open methods together. Raises TaskError where no case calls one of them, or none has room."""
    called = [{name for name, _ in calls} for calls, _ in cases]
    rows = [shown_calls(whole, *case) for case in cases]
    calling, shown = {}, {}
    for name in names:
        calling[name] = [
            at for at, each in enumerate(called) if name in each or (name == names[0] and not each & {*names})
        ]
        if not calling[name]:
            raise TaskError(f"test_cases: none calls the method {name}, which is open")
        first = shown_class(whole, whole.method(name).signature, found.languages[name])
        where = f"test_cases[{calling[name][0]}]"
        shown[name] = _with_room(first, [rows[at] for at in calling[name]], size, where)
    counting = {at for name in names for at in calling[name][: len(shown[name])]}
    return tuple(
        Stage(
            name,
            found.languages[name],
            tuple(cases[at] for at in calling[name] if at in counting),
            tuple(shown[name]),
        )
        for name in names
    )


def _with_room(first: list[list[int]], rows: list[list[int]], size: int, where: str) -> list[list[int]]:
    """The rows that have room. Raises TaskError where the first one, which shows `where`, has none."""
    count = fitting(first, rows, size)
    if not count:
        raise TaskError(f"{where} is too long: with what may be written it takes more tokens than a state has")
    return rows[:count]


def least(term: Term) -> int:
    """Productions that the holes of a term take, at least."""
    return sum(LEAST.get(each.type, 1) for each in term if isinstance(each, Hole))


def _started(task: Task, spoken: Language, owed: int, largest: int) -> tuple[Term, int, int, int]:
    """What an episode begins with; productions that are needed and that there are at most; and of the whole, at most.

    Raises TaskError.
    """
    most = integer(task, "max_size", 1, largest)
    start = read_sketch(spoken, text(task, "sketch", 4_000)) if "sketch" in task else spoken.start
    needed = least(start) + owed
    if most < needed:
        raise TaskError(f"max_size must be at least {needed} to fill what is open, not {most}")
    return start, needed, most, most + sum(isinstance(each, Production) for each in start)
