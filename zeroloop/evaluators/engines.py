"""The part that all networks share: observe, run in fixed batch sizes, gather legal logits."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from zeroloop.contracts import Bool, Float32, Int32, Leaves, UInt8
from zeroloop.errors import SettingError
from zeroloop.observers import Observations, Observer, TokensObserver

Int64: TypeAlias = npt.NDArray[np.int64]


class Engine(Protocol):
    """A network at one batch size B: fill `observations`, call `run`, read `policy` and `values`.

    observations: [B, *shape] of the network's observer. policy: logits float32 [B, num_actions]. values: float32 [B],
    win minus loss probability for the mover. All three arrays stay the same objects for the engine's life.
    """

    observations: Observations
    policy: Float32
    values: Float32

    def run(self) -> None: ...


def plan_chunks(rows: int, sizes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(index into sizes, first row, rows used) of the batches that cover `rows` rows; sizes descend.

    >>> list(plan_chunks(75, (32, 8)))
    [(0, 0, 32), (0, 32, 32), (1, 64, 8), (1, 72, 3)]
    """
    begin = 0
    for index, size in enumerate(sizes):
        smaller = sizes[index + 1] if index + 1 < len(sizes) else 0
        while begin < rows:
            rest = rows - begin
            if smaller and -(-rest // smaller) * smaller < size:
                break  # batches of the next size cover the rest with less padding
            used = min(rest, size)
            yield index, begin, used
            begin += used


def legal_logits(policy: Float32, leaves: Leaves, symmetries: UInt8, action_maps: Int32) -> Float32:
    """float32 [m] in CSR order: the logits of legal actions, from policies float32 [n, num_actions] of states that
    were observed under `symmetries` [n]."""
    rows = np.repeat(np.arange(len(symmetries)), np.diff(leaves.offsets))
    logits: Float32 = policy[rows, action_maps[symmetries[rows], leaves.actions]]
    return logits


Fill: TypeAlias = Callable[[slice, Observations], None]
"""`fill(some_rows, out)` writes the observations of these rows into `out` [len(some_rows), *shape]."""


class Runner(Protocol):
    """A network over any number of rows.

    distinguishes_roots: whether rows are answered differently at the root of a search.
    """

    distinguishes_roots: bool

    def __call__(self, rows: int, fill: Fill, roots: Bool | None) -> tuple[Float32, Float32]:
        """Policy logits float32 [rows, num_actions] and values float32 [rows]; roots: bool [rows], None for no row."""


class FixedRunner:
    """The same computation for every row. engines: by descending batch size."""

    distinguishes_roots = False

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.engines = engines

    def __call__(self, rows: int, fill: Fill, roots: Bool | None) -> tuple[Float32, Float32]:
        """See Runner."""
        policy = np.empty((rows, self.engines[0].policy.shape[1]), np.float32)
        values = np.empty(rows, np.float32)
        for index, begin, used in plan_chunks(rows, [len(engine.values) for engine in self.engines]):
            engine, chunk = self.engines[index], slice(begin, begin + used)
            fill(chunk, engine.observations[:used])
            engine.run()
            policy[chunk], values[chunk] = engine.policy[:used], engine.values[:used]
        return policy, values


class PartEngine(Protocol):
    """One segment of a Part of a network at one batch size B: fill `observations`, call `run`, read the rest.

    answer: float32 [B, num_actions] policy logits, or values [B, 1]. halt: float32 [B, 1], above 0 where the row should
    halt.
    """

    observations: Observations
    answer: Float32
    halt: Float32

    def states(self, rows: int) -> Any:
        """The first states of `rows` rows, wherever this engine keeps them; for the engines of all batch sizes."""

    def run(self, states: Any, rows: Int64) -> None:
        """One segment, from `states` of some rows, at most B, whose observations come first; changes their states."""


class SegmentRunner:
    """Segment after segment until each row halts; those that go on are compacted into batches of the engines' sizes.

    A row that has halted takes part no more: its answer and its states are final. policy, value: engines of the two
    parts by descending batch size. segments, root_segments: the most for a leaf, and at the root of a search.
    halting: False to give every row the most.
    """

    def __init__(
        self,
        policy: Sequence[PartEngine],
        value: Sequence[PartEngine],
        segments: int,
        root_segments: int,
        halting: bool = True,
    ) -> None:
        self.policy, self.value = policy, value
        self.segments, self.root_segments, self.halting = segments, root_segments, halting
        self.distinguishes_roots = segments != root_segments

    def __call__(self, rows: int, fill: Fill, roots: Bool | None) -> tuple[Float32, Float32]:
        """See Runner."""
        first = self.policy[0].observations
        observations = np.empty((rows, *first.shape[1:]), first.dtype)
        fill(slice(0, rows), observations)
        budgets = np.full(rows, self.segments)
        if roots is not None:
            budgets[roots] = self.root_segments
        policy, _ = think(self.policy, observations, budgets, self.halting)
        values, _ = think(self.value, observations, budgets, self.halting)
        return policy, values[:, 0]


def think(
    engines: Sequence[PartEngine], observations: Observations, budgets: Int64, halting: bool = True
) -> tuple[Float32, Int64]:
    """Answers [n, k] and the segments taken [n] of observations [n, *shape], at most `budgets` [n] segments each."""
    rows = len(observations)
    answers = np.empty((rows, engines[0].answer.shape[1]), np.float32)
    taken = np.zeros(rows, np.int64)
    halted = np.zeros(rows, np.bool_)
    states = engines[0].states(rows)
    going = np.arange(rows)
    while len(going):
        for index, begin, used in plan_chunks(len(going), [len(engine.halt) for engine in engines]):
            engine, chunk = engines[index], going[begin : begin + used]
            engine.observations[:used] = observations[chunk]
            engine.run(states, chunk)
            answers[chunk], halted[chunk] = engine.answer[:used], halting & (engine.halt[:used, 0] > 0)
        taken[going] += 1
        going = going[~halted[going] & (taken[going] < budgets[going])]
    return answers, taken


class SizedRunner:
    """Rows by the room that their observations need: each goes to the first of several networks that has it.

    full: for whatever `observer` shows. smaller: for observations that these observers have room for, too, the
    cheapest first.
    """

    def __init__(
        self, full: Runner, observer: TokensObserver, smaller: Sequence[tuple[TokensObserver, Runner]]
    ) -> None:
        self.full, self._observer, self._smaller = full, observer, smaller
        self.distinguishes_roots = full.distinguishes_roots

    def __call__(self, rows: int, fill: Fill, roots: Bool | None) -> tuple[Float32, Float32]:
        """See Runner."""
        full = self._observer
        observations: Observations = np.empty((rows, *full.shape), full.dtype)
        fill(slice(0, rows), observations)
        policy, values = np.zeros((rows, full.num_actions), np.float32), np.empty(rows, np.float32)
        rest = np.arange(rows)
        for observer, runner in (*self._smaller, (full, self.full)):
            fits = observer.fits(observations[rest], full)
            chosen, rest = rest[fits], rest[~fits]
            if len(chosen):
                some = None if roots is None else roots[chosen]
                found, values[chosen] = run_observations(runner, observer.cut(observations[chosen], full), some)
                policy[chosen, : observer.num_actions] = found
        return policy, values


class EngineEvaluator:
    """Evaluates every state in its canonical orientation, so that mirror images get the same answer.

    observer: what the network is shown. runner: its engines must answer a row equally to the last bit, which keeps
    answers independent of batch mates. version: changes when the weights do.
    """

    def __init__(self, runner: Runner, observer: Observer) -> None:
        self.version = 0
        self.runner, self._observer = runner, observer

    @property
    def distinguishes_roots(self) -> bool:
        """Whether a state may be answered differently at the root of a search."""
        return self.runner.distinguishes_roots

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        batch, slots = leaves.environment, leaves.slots
        _, symmetries = batch.keys(slots)

        def observe(rows: slice, out: Observations) -> None:
            self._observer(batch, slots[rows], symmetries[rows], out)

        policy, values = self.runner(len(slots), observe, leaves.roots)
        return legal_logits(policy, leaves, symmetries, batch.environment.symmetries), values


def run_observations(runner: Runner, observations: Observations, roots: Bool | None = None) -> tuple[Float32, Float32]:
    """Policy logits float32 [n, num_actions] and values float32 [n] of observations [n, *shape], as of leaves where
    `roots` [n] does not say otherwise."""

    def take(rows: slice, out: Observations) -> None:
        out[:] = observations[rows]

    return runner(len(observations), take, roots)


def check_batch_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """`sizes`, if there are some, positive and strictly descending. Raises SettingError otherwise."""
    if not sizes or min(sizes) < 1 or any(a <= b for a, b in itertools.pairwise(sizes)):
        raise SettingError(f"batch_sizes must be one or more positive sizes, largest first, not {tuple(sizes)}")
    return tuple(sizes)
