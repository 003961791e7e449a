"""The base of environments whose actions vary freely: what can be done is a list of moves that each state has."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from zeroloop.contracts import Action, Int32, Task, Transition
from zeroloop.envs._helpers import parse_by_name
from zeroloop.errors import IllegalActionError
from zeroloop.observers import Int16, action_row

S = TypeVar("S")
M = TypeVar("M")
T = TypeVar("T")


class MoveListEnvironment(ABC, Generic[S, M]):
    """A task of a single agent, solved by moves: action i is the i-th move of the state's list.

    A subclass says what follows from a state (`list_moves`, `apply`), what a finished state is worth (`score`), and how
    both look. A state without moves is finished; the only reward is its score, undiscounted. States are frozen
    dataclasses without slots, and hold the steps that are left where moves could go on for ever.

    num_actions: moves that a state has, at most. num_tokens: tokens that show a state, at most.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    num_players = 1
    num_actions: int
    num_tokens: int

    # ---- what a subclass says ---------------------------------------------------------------------------------------

    @abstractmethod
    def initial_state(self, task: Task | None = None) -> S:
        """The start of `task`, or of an example. Raises TaskError where the task is broken."""

    @abstractmethod
    def list_moves(self, state: S) -> Sequence[M]:
        """What can be done, in a fixed order; empty where the state is finished."""

    @abstractmethod
    def apply(self, state: S, move: M) -> S:
        """The state after one of its moves."""

    @abstractmethod
    def score(self, state: S) -> float:
        """What a finished state is worth, in [0, 1]."""

    @abstractmethod
    def key(self, state: S) -> Hashable:
        """See Environment: all that moves, scores and tokens depend on."""

    @abstractmethod
    def describe(self, state: S) -> str:
        """See Environment."""

    @abstractmethod
    def move_name(self, state: S, move: M) -> str:
        """The move in lower case, different from that of every other move of the state."""

    @abstractmethod
    def tokens(self, state: S, symmetry: int = 0) -> Int16:
        """See TokenEnvironment."""

    @abstractmethod
    def move_tokens(self, state: S, move: M) -> tuple[Sequence[int], Sequence[int]]:
        """Symbols and anchors of a move; see TokenEnvironment.action_tokens."""

    @abstractmethod
    def answer(self, state: S) -> Any:
        """See SolvingEnvironment."""

    @abstractmethod
    def move_claim(self, state: S, move: M) -> str:
        """See SolvingEnvironment.claim."""

    # ---- Environment ------------------------------------------------------------------------------------------------

    @property
    def symmetries(self) -> Int32:
        """None but the identity."""
        return np.arange(self.num_actions, dtype=np.int32)[None]

    def moves(self, state: S) -> Sequence[M]:
        """`list_moves`, listed once for each state object."""
        return remembered(state, "_moves", lambda: tuple(self.list_moves(state)))

    def legal_actions(self, state: S) -> range:
        """One for each move."""
        return range(len(self.moves(state)))

    def step(self, state: S, action: Action) -> Transition:
        """Make a move."""
        moves = self.moves(state)
        if not 0 <= action < len(moves):
            allowed = f"0 to {len(moves) - 1}" if moves else "none, the episode is over"
            raise IllegalActionError(f"action {action} is not possible here; allowed: {allowed}")
        after = self.apply(state, moves[action])
        if self.moves(after):
            return Transition(after, 0.0, 1.0, False)
        return Transition(after, self.score(after), 0.0, True)

    def action_name(self, state: S, action: Action) -> str:
        """See `move_name`."""
        return self.move_name(state, self.moves(state)[action])

    def parse_action(self, state: S, text: str) -> Action:
        """The move with that name. Raises IllegalActionError with those that are possible."""
        return parse_by_name(self, state, text)

    def action_tokens(self, state: S, action: Action, symmetry: int = 0) -> tuple[Sequence[int], Sequence[int]]:
        """See `move_tokens`."""
        return self.move_tokens(state, self.moves(state)[action])

    def action_rows(self, state: S) -> list[tuple[int, ...]]:
        """See TokenEnvironment."""
        return [action_row(*self.move_tokens(state, move)) for move in self.moves(state)]

    def claim(self, state: S, action: Action) -> str:
        """See `move_claim`."""
        return self.move_claim(state, self.moves(state)[action])


def remembered(state: object, name: str, find: Callable[[], T]) -> T:
    """What `find` returns, found once for each state object and kept in its attribute `name`."""
    memory = vars(state)
    if name not in memory:
        memory[name] = find()
    found: T = memory[name]
    return found


def text_tokens(symbols: Sequence[int], row: int = 0) -> Int16:
    """int16 [T, 3]: symbols one after the other in one row."""
    tokens = np.empty((len(symbols), 3), np.int16)
    tokens[:, 0], tokens[:, 1], tokens[:, 2] = symbols, row, np.arange(len(symbols))
    return tokens
