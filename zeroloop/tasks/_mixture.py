"""Tasks of many kinds as one environment, so that one forest searches them all and one network learns them all."""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar, NamedTuple
from weakref import WeakSet

import numpy as np

from zeroloop.contracts import Action, Int32, SolvingEnvironment, State, Task, TaskKind, Transition
from zeroloop.errors import SettingError, TaskError
from zeroloop.observers import Int16, TokenEnvironment, action_row
from zeroloop.tasks._kinds import TEXT, identity, is_held_out, kind_of, kinds

MAX_TOKENS = 128
"""Tokens of a state, at most, where the task is solved together with others."""
MAX_ACTIONS = 96
"""Actions of a state, likewise."""
_DRAWS = 1_000


class Placed(NamedTuple):
    """A state, the environment whose state it is, and the discount of its steps."""

    environment: Any
    state: State
    discount: float


class Mixture:
    """Every state keeps the rules of the environment that its task is solved in.

    `sample_task` draws a type of task, then one of its kinds, then a difficulty, each uniformly; kinds: their names,
    where empty all that a single agent solves. A task that may need more than `num_tokens` or `num_actions` is refused.
    discount: of each step where an answer is only right or wrong, so that short ways to right ones are worth more.
    Raises SettingError for unknown kinds, for difficulties that do not rise within 0 to 1, and for other discounts
    than above 0 and up to 1.
    """

    name: ClassVar[str] = "tasks"
    version: ClassVar[int] = 2

    def __init__(
        self,
        kinds: Sequence[str] = (),
        difficulty: Sequence[float] = (0.1, 1.0),
        num_tokens: int = MAX_TOKENS,
        num_actions: int = MAX_ACTIONS,
        num_players: int = 1,
        discount: float = 1.0,
    ) -> None:
        if not 0 < discount <= 1:
            raise SettingError(f"tasks.discount must be above 0 and at most 1, not {discount!r}; e.g. 0.98")
        self.discount = float(discount)
        if len(difficulty) != 2 or not 0 <= difficulty[0] <= difficulty[1] <= 1:
            raise SettingError(f"tasks.difficulty must be two numbers that rise within 0 to 1, not {difficulty!r}")
        self.num_players, self.num_tokens, self.num_actions = num_players, num_tokens, num_actions
        self.symmetries: Int32 = np.arange(num_actions, dtype=np.int32)[None]
        self.difficulty = (float(difficulty[0]), float(difficulty[1]))
        self._types = self._grouped(kinds)
        self._checked: WeakSet[SolvingEnvironment] = WeakSet()
        self.kinds = [kind.name for group in self._types for kind in group]

    def of(self, kinds: Sequence[str], difficulty: Sequence[float] | None = None) -> "Mixture":
        """The same limits for other tasks."""
        limits = self.num_tokens, self.num_actions, self.num_players
        return Mixture(kinds, difficulty or self.difficulty, *limits, self.discount)

    # ---- tasks ------------------------------------------------------------------------------------------------------

    def sample_task(
        self, rng: np.random.Generator, held_out: bool = False, limit: Callable[[str], float] | None = None
    ) -> Task:
        """See GradedTaskEnvironment; what is held out differs in structure from all that is not.

        Raises SettingError where a kind makes no such task.
        """
        kinds = self._types[int(rng.integers(len(self._types)))]
        kind = kinds[int(rng.integers(len(kinds)))]
        easiest, hardest = self.difficulty
        if limit is not None:
            hardest = min(hardest, limit(kind.name))
        for _ in range(_DRAWS):
            task = kind.make(rng, round(float(rng.uniform(easiest, hardest)), 4))
            if is_held_out(kind, task) == held_out:
                return task
        raise SettingError(f"tasks.kinds: {kind.name} has too few different tasks of this difficulty; widen the range")

    def demonstration(self, task: Task) -> list[Action]:
        """See DemonstratingEnvironment: what the kind's own solver does."""
        try:
            solution = kind_of(task).solve(task)
        except TaskError:  # too hard for it
            solution = None
        actions, state = [], self.initial_state(task)
        for step in solution.steps if solution else ():
            actions.append(self.parse_action(state, step))
            state = self.step(state, actions[-1]).state
        return actions

    def excess(self, task: Task, episode_return: float) -> float:
        """See TaskEnvironment: scores are what the best answer costs as a share of what this one does."""
        if episode_return <= 0:
            return math.inf
        return 1 / episode_return - 1 if self.has_costs(task) else 0.0

    def has_costs(self, task: Task) -> bool:
        """Whether one right answer may be better than another."""
        return not _is_right_or_wrong(kind_of(task))

    def succeeds(self, task: Task, episode_return: float) -> bool:
        """See TaskEnvironment."""
        kind = kind_of(task)
        return episode_return > 0 if _is_right_or_wrong(kind) else episode_return >= kind.min_score - 1e-6

    def sort(self, task: Task) -> str:
        """The kind."""
        return kind_of(task).name

    def _grouped(self, names: Sequence[str]) -> list[list[TaskKind]]:
        """The kinds with these names by type."""
        known = {kind.name: kind for kind in kinds()}
        found: dict[str, list[TaskKind]] = {}
        usual = [kind.name for kind in known.values() if kind.num_players == self.num_players and kind.name != TEXT]
        for name in names or usual:
            if name not in known:
                raise SettingError(f"tasks.kinds: no kind is called {name!r}; known: {', '.join(known)}")
            found.setdefault(known[name].type, []).append(known[name])
        return list(found.values())

    # ---- Environment ------------------------------------------------------------------------------------------------

    def initial_state(self, task: Task | None = None) -> Placed:
        """The start of a task. Raises TaskError where the task is broken, or too large to be solved with others."""
        if task is None:
            task = self.sample_task(np.random.default_rng(0))
        kind = kind_of(task)
        environment = kind.environment(task)
        if environment not in self._checked:
            self._check(environment)
            self._checked.add(environment)
        discount = self.discount if _is_right_or_wrong(kind) else 1.0
        return Placed(environment, environment.initial_state(task), discount)

    def _check(self, environment: SolvingEnvironment) -> None:
        if not isinstance(environment, TokenEnvironment):
            raise TaskError(f"kind: {environment.name} cannot be observed as tokens (zeroloop/observers.py)")
        for what in ("num_players", "num_tokens", "num_actions"):
            need, most = getattr(environment, what), getattr(self, what)
            if need > most or (what == "num_players" and need != most):
                raise TaskError(f"kind: {environment.name} has {what} {need}, and what it is solved with {most}")

    def legal_actions(self, state: Placed) -> Sequence[Action]:
        legal: Sequence[Action] = state.environment.legal_actions(state.state)
        return legal

    def step(self, state: Placed, action: Action) -> Transition:
        after, reward, discount, terminal = state.environment.step(state.state, action)
        return Transition(state._replace(state=after), reward, discount * state.discount, terminal)

    def key(self, state: Placed) -> Hashable:
        return identity(state.environment), state.environment.key(state.state)

    def describe(self, state: Placed) -> str:
        text: str = state.environment.describe(state.state)
        return text

    def action_name(self, state: Placed, action: Action) -> str:
        name: str = state.environment.action_name(state.state, action)
        return name

    def parse_action(self, state: Placed, text: str) -> Action:
        action: Action = state.environment.parse_action(state.state, text)
        return action

    def answer(self, state: Placed) -> Any:
        return state.environment.answer(state.state)

    def claim(self, state: Placed, action: Action) -> str:
        text: str = state.environment.claim(state.state, action)
        return text

    def tokens(self, state: Placed, symmetry: int = 0) -> Int16:
        tokens: Int16 = state.environment.tokens(state.state)
        return tokens

    def action_tokens(self, state: Placed, action: Action, symmetry: int = 0) -> tuple[Sequence[int], Sequence[int]]:
        found: tuple[Sequence[int], Sequence[int]] = state.environment.action_tokens(state.state, action)
        return found

    def action_rows(self, state: Placed) -> list[tuple[int, ...]]:
        environment = state.environment
        if hasattr(environment, "action_rows"):
            rows: list[tuple[int, ...]] = environment.action_rows(state.state)
            return rows
        return [action_row(*environment.action_tokens(state.state, action)) for action in self.legal_actions(state)]


def _is_right_or_wrong(kind: TaskKind) -> bool:
    """Whether nothing but the best score counts, so that all others are 0."""
    return kind.min_score == 1


def environment(
    kinds: Sequence[str] = (),
    difficulty: Sequence[float] = (0.1, 1.0),
    num_tokens: int = MAX_TOKENS,
    num_actions: int = MAX_ACTIONS,
    discount: float = 1.0,
) -> Mixture:
    """Tasks of the given kinds, solved by one agent."""
    return Mixture(kinds, difficulty, num_tokens, num_actions, discount=discount)
