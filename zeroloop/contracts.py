"""The protocols between the layers: Environment, BatchEnvironment, Leaves, Evaluator, TaskKind.

Conventions: n rows (leaves), m legal actions of all rows together in CSR form: the actions of row i are
`actions[offsets[i]:offsets[i + 1]]`. Values are the expected return for the player to move: [-1, 1] in two-player
games, [0, 1] in single-agent tasks. An edge's value is `reward + discount * value(child)`; `discount` is -1 where the
opponent moves next, gamma in (0, 1] for a single agent, 0 when the episode ended.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

Int32: TypeAlias = npt.NDArray[np.int32]
UInt64: TypeAlias = npt.NDArray[np.uint64]
UInt8: TypeAlias = npt.NDArray[np.uint8]
Bool: TypeAlias = npt.NDArray[np.bool_]
Float32: TypeAlias = npt.NDArray[np.float32]

State: TypeAlias = Any
Action: TypeAlias = int


class Transition(NamedTuple):
    """What one action did: the next state, the mover's reward, the discount of what follows, and whether it ended.

    Law: `terminal` implies `discount == 0`.
    """

    state: State
    reward: float
    discount: float
    terminal: bool


@runtime_checkable
class Environment(Protocol):
    """Rules and nothing else, one state at a time. States are immutable; `step` is pure.

    Networks see a state through one of the protocols of zeroloop/observers.py.

    name: the registered name, the file's name in `zeroloop/envs`.
    version: raised whenever behaviour changes; stored in checkpoints and episodes.
    num_players: 1 or 2 (alternating, zero-sum).
    num_actions: actions are 0..num_actions-1, or any integers where it is 0. What one of them means may depend on the
        state: where actions vary freely, action i is the i-th of the state's list.
    symmetries: int32 [S, num_actions]; row s maps an action to the same action on the s-th transformed board, row 0 is
        the identity. One identity row where there is no symmetry.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def num_players(self) -> int: ...
    @property
    def num_actions(self) -> int: ...
    @property
    def symmetries(self) -> Int32: ...

    def initial_state(self, task: dict[str, Any] | None = None) -> State:
        """The start of an episode; `task` (plain JSON) selects among starts where there are several."""

    def legal_actions(self, state: State) -> Sequence[Action]:
        """Finite, ascending, deterministic; empty exactly when `state` is terminal."""

    def step(self, state: State, action: Action) -> Transition:
        """The transition for a legal action. Raises IllegalActionError otherwise."""

    def key(self, state: State) -> Hashable:
        """Equal for two states exactly when legal actions, dynamics and observation are equal."""

    def describe(self, state: State) -> str:
        """The state as text for a terminal: a board, true in every detail."""

    def action_name(self, state: State, action: Action) -> str:
        """The action in the notation people use for this game."""

    def parse_action(self, state: State, text: str) -> Action:
        """The action meant by `text`. Raises IllegalActionError with what was allowed."""


@runtime_checkable
class TaskEnvironment(Environment, Protocol):
    """An environment whose episodes start from tasks that it makes itself."""

    def sample_task(self, rng: np.random.Generator, held_out: bool = False) -> dict[str, Any]:
        """A task (plain JSON) that can be solved, for `initial_state`; one that is `held_out` is for evaluation, and
        never drawn otherwise where the environment can tell."""

    def excess(self, task: dict[str, Any], episode_return: float) -> float:
        """How much worse an episode from the start of `task` was than the best one, as a share of the best: 0 where it
        was as good, infinite where it failed. Found exactly, and not by the rules above."""

    def succeeds(self, task: dict[str, Any], episode_return: float) -> bool:
        """Whether such an episode counts as a good solution."""

    def sort(self, task: dict[str, Any]) -> str:
        """A name for tasks of its sort, which are graded apart from others; "tasks" where all are of one."""


@runtime_checkable
class GradedTaskEnvironment(TaskEnvironment, Protocol):
    """An environment whose tasks have a "difficulty", in a range (easiest, hardest)."""

    @property
    def difficulty(self) -> tuple[float, float]: ...

    def sample_task(
        self, rng: np.random.Generator, held_out: bool = False, limit: Callable[[str], float] | None = None
    ) -> dict[str, Any]:
        """See TaskEnvironment. limit: the hardest difficulty by the sort of the task, where it is below the range's."""


@runtime_checkable
class DemonstratingEnvironment(TaskEnvironment, Protocol):
    """An environment that knows how its tasks are solved."""

    def demonstration(self, task: dict[str, Any]) -> Sequence[Action]:
        """The actions of a classical solver from the start of `task` to its end; none where it knows no solution."""


@runtime_checkable
class SolvingEnvironment(Environment, Protocol):
    """An environment in which a task is solved step by step, and that says what each step did."""

    def answer(self, state: State) -> Any:
        """The answer to the task that a finished state stands for, as the task's kind verifies it; None for none."""

    def claim(self, state: State, action: Action) -> str:
        """One true sentence about what a legal action does, from which it can be checked without this environment."""


@runtime_checkable
class TranslatingEnvironment(SolvingEnvironment, Protocol):
    """One whose answers can be written in several languages."""

    def translations(self, state: State) -> dict[str, str]:
        """The answer of a finished state in every language, by the names that tasks have for them in `language`."""


Task: TypeAlias = dict[str, Any]
"""Plain JSON: task_id, type, kind, difficulty, problem, and what the kind needs to start an episode and to verify."""


class Verdict(NamedTuple):
    """What a verifier found.

    verdict: "error" where the task or the answer's program is broken, which says nothing about the answer's truth.
    score: in [0, 1]; 0 unless correct; below 1 where a correct answer is not the best one. evidence: what was checked.
    """

    verdict: Literal["correct", "wrong", "error", "timeout"]
    score: float
    evidence: str


class Solution(NamedTuple):
    """What a reference solver found.

    answer: as verified. steps: names of the actions that lead to it, in order; empty where the solver knows none.
    cost: what the task wants small (steps, where it names nothing else). nodes: states that the solver looked at.
    """

    answer: Any
    steps: tuple[str, ...]
    cost: float
    nodes: int


class TaskKind(Protocol):
    """One kind of verifiable task: how it is made, solved and checked. One file in `zeroloop/tasks` each.

    name: the file's name; `kind` of its tasks. family: math, code, reasoning, search, or another. type: the `type` of
    its tasks. version: raised whenever a verdict could change. num_players: 2 for games. min_score: from which an
    answer counts as a success.
    """

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def num_players(self) -> int: ...
    @property
    def min_score(self) -> float: ...

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """A task of this difficulty in [0, 1], without task_id: solvable unless its `solvable` is False."""

    def environment(self, task: Task) -> SolvingEnvironment:
        """The environment that the task is solved in. Raises TaskError where the task is broken."""

    def verify(self, task: Task, answer: Any) -> Verdict:
        """The verdict on an answer in the form that the environment gives, or in notations people use. It is written
        apart from the environment, from the task's statement, in exact arithmetic. Never raises."""

    def solve(self, task: Task) -> Solution | None:
        """What a classical solver finds; None where the task has no solution."""

    def structure(self, task: Task) -> str:
        """Equal for tasks that are the same but for names and order: train and test never share one."""

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """None where every sentence is true, follows from the ones before, and the last one solves the task; else what
        is wrong with the first that does not. It re-reads the text, without the environment."""

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Endless correct answers, in all the ways that people write them."""

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Endless wrong answers that look right."""


@runtime_checkable
class TranslatingKind(TaskKind, Protocol):
    """One whose answers are programs in the language that a task names in `language`."""

    def in_language(self, task: Task, language: str) -> Task:
        """A task that `make` gave, for another language. Tests and structure are the same."""


class Request(Protocol):
    """Leaves that the forest wants expanded: apply `actions[i]` to the state in `parent_slots[i]`, keep the result in
    `slots[i]`. Action -1 means: copy, do not step. `len(request)` rows; arrays are int32 [n]."""

    @property
    def parent_slots(self) -> Int32: ...
    @property
    def actions(self) -> Int32: ...
    @property
    def slots(self) -> Int32: ...
    def __len__(self) -> int: ...


class Leaves(Protocol):
    """Expanded states that wait for an evaluation: the live rows of a request (not terminal, not already decided).

    environment: the BatchEnvironment that holds them.
    slots: int32 [n]. offsets: int32 [n + 1]. actions: int32 [m], ascending in each row.
    roots: bool [n], the rows that a search begins at, which may be thought about for longer; None where no row is.
    """

    @property
    def environment(self) -> "BatchEnvironment": ...
    @property
    def slots(self) -> Int32: ...
    @property
    def offsets(self) -> Int32: ...
    @property
    def actions(self) -> Int32: ...
    @property
    def roots(self) -> Bool | None: ...


class LeafRows(NamedTuple):
    """A plain implementation of Leaves, for evaluators that pass part of a batch on."""

    environment: "BatchEnvironment"
    slots: Int32
    offsets: Int32
    actions: Int32
    roots: Bool | None = None


class BatchEnvironment(Protocol):
    """The same rules over an array of states, addressed by slot 0..num_slots-1."""

    @property
    def environment(self) -> Environment:
        """The rules that the states follow."""

    def write(self, slot: int, state: State) -> None:
        """Put a state of `environment` into a slot."""

    def read(self, slot: int) -> State:
        """The state in a slot, as `environment` represents it."""

    def expand(self, request: Any) -> Any:
        """Step every row of a `_native.Request`; returns a `_native.Leaves` over all rows (see search/slots.py)."""

    def legal(self, slots: Int32) -> tuple[Int32, Int32]:
        """Legal actions of the given slots as CSR: offsets int32 [n + 1], actions int32 [m]."""

    def keys(self, slots: Int32) -> tuple[UInt64, UInt8]:
        """Cache keys uint64 [n] of the canonical transform of each state, and the symmetry [n] that leads to it.

        Equal keys mean equal canonical states (64-bit hashes may collide once in about 1e19 pairs; small games are
        exact).
        """

    def observe(self, slots: Int32, symmetries: UInt8, out: Float32) -> None:
        """Planes of each state under the given symmetry, into `out` float32 [n, C, H, W] (C-contiguous); of
        environments that have planes."""


class Evaluator(Protocol):
    """Policy logits and values for a batch of leaves.

    Law: the answer for a row never depends on the other rows of its batch.
    """

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        """logits over legal actions, float32 [m] in CSR order; values float32 [n] for the player to move."""
