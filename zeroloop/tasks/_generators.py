"""Generators: from a seed to tasks, of a family or of your own making."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task, TaskKind, TranslatingKind
from zeroloop.errors import SettingError, unknown_name
from zeroloop.sandbox import LANGUAGES
from zeroloop.seeding import stream
from zeroloop.tasks._kinds import drawn, kinds
from zeroloop.tasks._reasoning_gym import entry_place, entry_task, known, refusal


class BaseTaskGenerator:
    """Makes tasks of its own: subclasses say what `generate` makes, from `self.rng` and `self.difficulty_range`.

    rng: a NumPy generator that depends on the seed and the class's name alone, so that equal seeds give equal tasks,
    and different classes and seeds unrelated ones. Without a seed, one is drawn, and kept in `self.seed`.
    Raises SettingError for a range that is not within [0, 1] or inverted, and for a seed that is no integer >= 0.
    """

    def __init__(self, difficulty_range: tuple[float, float] = (0.1, 1.0), seed: int | None = None) -> None:
        try:
            low, high = map(float, difficulty_range)
        except (TypeError, ValueError):
            raise SettingError(f"difficulty_range must be two numbers, not {difficulty_range!r}") from None
        if not 0 <= low <= high <= 1:
            raise SettingError(f"difficulty_range must rise within 0 to 1, not {low} to {high}; e.g. (0.1, 1.0)")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
            raise SettingError(f"seed must be an integer of at least 0, not {seed!r}")
        self.difficulty_range = (low, high)
        self.seed = secrets.randbits(63) if seed is None else int(seed)
        self.rng = stream(self.seed, "tasks", type(self).__name__)

    def generate(self, num_tasks: int) -> list[Task]:
        """The next `num_tasks` tasks."""
        raise NotImplementedError

    def _difficulty_to_params(self, difficulty: float) -> dict[str, Any]:
        """What a difficulty means for tasks of this generator; for subclasses to say."""
        return {"difficulty": difficulty}


class FamilyTaskGenerator(BaseTaskGenerator):
    """Tasks of every type of a family alike, and of every kind of a type.

    kinds: names of the kinds to choose among; None for all of the family.
    """

    family: ClassVar[str]

    def __init__(
        self,
        difficulty_range: tuple[float, float] = (0.1, 1.0),
        seed: int | None = None,
        kinds: list[str] | None = None,
    ) -> None:
        super().__init__(difficulty_range, seed)
        self._by_type = _by_type(self.family, kinds)

    def generate(self, num_tasks: int) -> list[Task]:
        """The next `num_tasks` tasks. Raises SettingError for a negative number."""
        if isinstance(num_tasks, bool) or not isinstance(num_tasks, int | np.integer) or num_tasks < 0:
            raise SettingError(f"num_tasks must be an integer of at least 0, not {num_tasks!r}")
        return [self._task() for _ in range(num_tasks)]

    def _task(self) -> Task:
        types = list(self._by_type)
        choices = self._by_type[types[int(self.rng.integers(len(types)))]]
        kind = choices[int(self.rng.integers(len(choices)))]
        difficulty = round(float(self.rng.uniform(*self.difficulty_range)), 4)
        identity = f"{kind.name}-{self.rng.integers(1 << 48):012x}"
        return {"task_id": identity, **self._made(kind, difficulty)}

    def _made(self, kind: TaskKind, difficulty: float) -> Task:
        return kind.make(self.rng, difficulty)


def _by_type(family: str, names: list[str] | None) -> dict[str, list[TaskKind]]:
    found: dict[str, list[TaskKind]] = {}
    every = kinds(family)
    known = [kind.name for kind in every]
    for name in names or ():
        if name not in known:
            raise SettingError(f"kinds: the family {family} has no {name!r}; known: {', '.join(known)}")
    for kind in every:
        if names is None or kind.name in names:
            found.setdefault(kind.type, []).append(kind)
    return found


class MathProblemGenerator(FamilyTaskGenerator):
    """Arithmetic, linear equations, quadratic equations and systems."""

    family = "math"


class CodeGenerationTaskGenerator(FamilyTaskGenerator):
    """Functions, algorithms and methods of classes.

    languages: "python", "javascript", "java" or some of them, alike; None is each kind's own mix, which has all. It
    does not depend on what is installed: the same seed gives the same tasks everywhere.
    """

    family = "code"

    def __init__(
        self,
        difficulty_range: tuple[float, float] = (0.1, 1.0),
        seed: int | None = None,
        kinds: list[str] | None = None,
        languages: Sequence[str] | None = None,
    ) -> None:
        super().__init__(difficulty_range, seed, kinds)
        if isinstance(languages, str) or (languages is not None and not languages):
            raise SettingError(f"languages must be a list such as ['python', 'java'], not {languages!r}")
        for each in languages or ():
            if each not in LANGUAGES:
                raise SettingError(f"languages: {unknown_name('language', each, LANGUAGES)}")
        self.languages = None if languages is None else list(languages)

    def _made(self, kind: TaskKind, difficulty: float) -> Task:
        task = super()._made(kind, difficulty)
        if self.languages is None or not isinstance(kind, TranslatingKind):
            return task
        return kind.in_language(task, drawn(self.rng, self.languages))


class MultiStepReasoningGenerator(FamilyTaskGenerator):
    """Deduction, causality, planning, constraints."""

    family = "reasoning"


class MCTSSearchTaskGenerator(FamilyTaskGenerator):
    """Games, optimisation, path finding."""

    family = "search"


class ReasoningGymTaskGenerator(BaseTaskGenerator):
    """Tasks of a data set of the package reasoning-gym, which the extra `tasks` brings.

    config: settings of the data set; others than its seed and size, which the generator chooses.
    refusal: why answers are not judged, such as a scorer that gives full scores to wrong ones; None where they are.
    Raises UnknownNameError for a data set that is not known; making tasks raises MissingExtraError without the package,
    and TaskError where it takes no such settings.
    """

    def __init__(self, data_set: str, seed: int | None = None, config: Mapping[str, Any] | None = None) -> None:
        super().__init__(seed=seed)
        self.data_set, self.refusal = known(data_set), refusal(data_set)
        self.config = dict(config or {})
        self._made = 0

    def generate(self, num_tasks: int) -> list[Task]:
        """The next `num_tasks` tasks."""
        numbers = range(self._made, self._made + num_tasks)
        self._made += num_tasks
        return [entry_task(entry_place(self.seed, self.data_set, number, self.config)) for number in numbers]
