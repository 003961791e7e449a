"""Finding the kind of a task, and the base that kinds share."""

import functools
import hashlib
import itertools
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from zeroloop import registry
from zeroloop.contracts import SolvingEnvironment, Task, TaskKind, Verdict
from zeroloop.errors import TaskError, ZeroloopError, unknown_name

T = TypeVar("T")

TEXT = "text"
"""The kind of tasks that name none: their answer is written out."""


class Kind:
    """The base of task kinds: what most have in common. See contracts.TaskKind for what the rest must do."""

    name: ClassVar[str]
    family: ClassVar[str]
    type: ClassVar[str]
    version: ClassVar[int] = 1
    num_players: ClassVar[int] = 1
    min_score: ClassVar[float] = 1.0
    environment_name: ClassVar[str]
    """The environment, a file in `zeroloop/envs`."""

    def environment_options(self, task: Task) -> dict[str, Any]:
        """Arguments of the environment for a task."""
        return {}

    def environment(self, task: Task) -> SolvingEnvironment:
        """See TaskKind. Tasks with equal options share one environment."""
        options = tuple(sorted(self.environment_options(task).items()))
        return _environment(self.environment_name, options)

    def verify(self, task: Task, answer: Any) -> Verdict:
        """See TaskKind. TaskErrors become verdicts: of the task "error", of the answer "wrong"; so does whatever else
        goes wrong: "error", since it says nothing about the answer."""
        try:
            problem = self.read(task)
        except TaskError as error:
            return Verdict("error", 0.0, f"the task is broken: {error}")
        except Exception as error:
            return Verdict("error", 0.0, f"the verifier failed: {type(error).__name__}: {error}")
        try:
            return self.judge(problem, answer)
        except TaskError as error:
            return wrong(str(error))
        except Exception as error:
            return Verdict("error", 0.0, f"the verifier failed: {type(error).__name__}: {error}")

    def read(self, task: Task) -> Any:
        """What the task states, for `judge`. Raises TaskError where it is broken."""
        raise NotImplementedError

    def judge(self, problem: Any, answer: Any) -> Verdict:
        """The verdict on any answer to a problem that `read` gave. Raises TaskError for what is no answer at all."""
        raise NotImplementedError


_identities: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
_numbers = itertools.count()


@functools.lru_cache(maxsize=256)
def _environment(name: str, options: tuple[tuple[str, Any], ...]) -> SolvingEnvironment:
    environment: SolvingEnvironment = registry.build("envs", name, dict(options))
    _identities[environment] = f"{name}{dict(options) if options else ''}"
    return environment


def identity(environment: SolvingEnvironment) -> str:
    """Text that differs between environments whose rules do: name and options of those that kinds build."""
    known = _identities.get(environment)
    if known is None:
        known = _identities[environment] = f"{environment.name} #{next(_numbers)}"
    return known


HELD_OUT = 8
"""One structure in so many is held out."""


def is_held_out(kind: TaskKind, task: Task) -> bool:
    """Whether tasks of this structure are for evaluation; all others may be trained on."""
    text = f"{kind.name} {kind.structure(task)}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") % HELD_OUT == 0


@functools.cache
def kind(name: str) -> TaskKind:
    """The kind called `name`. Raises UnknownNameError with the nearest one."""
    found: TaskKind = registry.build("tasks", name, {})
    return found


def kinds(family: str | None = None) -> list[TaskKind]:
    """All kinds, or those of a family, by name. Raises UnknownNameError for a family that has none."""
    every = [kind(name) for name in registry.names("tasks")]
    if family is None:
        return every
    if found := [each for each in every if each.family == family]:
        return found
    raise unknown_name("family", family, {each.family for each in every})


def kind_of(task: Task) -> TaskKind:
    """The kind that a task names in `kind`; without one, tasks with `problem` and `answer` are of the kind "text".

    Raises TaskError where there is no such kind, or the task is no mapping of fields.
    """
    if not isinstance(task, dict):
        raise TaskError(f"a task is a mapping of fields, not {type(task).__name__}")
    name = task.get("kind")
    if name is None:
        if "problem" not in task or "answer" not in task:
            raise TaskError(
                f"kind is missing; a task of type {task.get('type')!r} without one needs `problem` and `answer`"
            )
        name = TEXT
    if not isinstance(name, str):
        raise TaskError(f"kind must be text, not {name!r}")
    try:
        return kind(name)
    except ZeroloopError as error:
        raise TaskError(f"kind: {error}") from None


def verify(task: Task, answer: Any) -> Verdict:
    """The verdict on an answer to any task; never raises."""
    try:
        found = kind_of(task)
    except TaskError as error:
        return Verdict("error", 0.0, f"the task is broken: {error}")
    return found.verify(task, answer)


def drawn(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices, each as likely as the others."""
    return choices[int(rng.integers(len(choices)))]


def endless(*makers: Callable[[], Any], rng: np.random.Generator) -> Iterator[Any]:
    """What randomly chosen makers make, without end."""
    while True:
        yield drawn(rng, makers)()


def correct(score: float = 1.0, evidence: str = "") -> Verdict:
    """A right answer."""
    return Verdict("correct", score, evidence)


def wrong(evidence: str) -> Verdict:
    """A wrong answer."""
    return Verdict("wrong", 0.0, evidence)
