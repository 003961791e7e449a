"""The part that all networks share: observe, run in fixed batch sizes, gather legal logits."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from zeroloop.contracts import Float32, Int32, Leaves, UInt8
from zeroloop.errors import SettingError
from zeroloop.observers import Observations, Observer


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


def run_engines(
    engines: Sequence[Engine], rows: int, fill: Callable[[slice, Observations], None]
) -> tuple[Float32, Float32]:
    """Policy logits float32 [rows, num_actions] and values float32 [rows]; `fill(some_rows, out)` writes the
    observations of these rows into `out` [len(some_rows), *shape]."""
    policy = np.empty((rows, engines[0].policy.shape[1]), np.float32)
    values = np.empty(rows, np.float32)
    for index, begin, used in plan_chunks(rows, [len(engine.values) for engine in engines]):
        engine, chunk = engines[index], slice(begin, begin + used)
        fill(chunk, engine.observations[:used])
        engine.run()
        policy[chunk], values[chunk] = engine.policy[:used], engine.values[:used]
    return policy, values


class EngineEvaluator:
    """Evaluates every state in its canonical orientation, so that mirror images get the same answer.

    observer: what the network is shown. engines: by descending batch size; their answers for a row must be equal to the
    last bit, which keeps answers independent of batch mates. version: changes when the weights do.
    """

    def __init__(self, engines: Sequence[Engine], observer: Observer) -> None:
        self.version = 0
        self._engines, self._observer = engines, observer

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        batch, slots = leaves.environment, leaves.slots
        _, symmetries = batch.keys(slots)

        def observe(rows: slice, out: Observations) -> None:
            self._observer(batch, slots[rows], symmetries[rows], out)

        policy, values = run_engines(self._engines, len(slots), observe)
        return legal_logits(policy, leaves, symmetries, batch.environment.symmetries), values


def run_observations(engines: Sequence[Engine], observations: Observations) -> tuple[Float32, Float32]:
    """Policy logits float32 [n, num_actions] and values float32 [n] of observations [n, *shape]."""

    def take(rows: slice, out: Observations) -> None:
        out[:] = observations[rows]

    return run_engines(engines, len(observations), take)


def check_batch_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """`sizes`, if there are some, positive and strictly descending. Raises SettingError otherwise."""
    if not sizes or min(sizes) < 1 or any(a <= b for a, b in itertools.pairwise(sizes)):
        raise SettingError(f"batch_sizes must be one or more positive sizes, largest first, not {tuple(sizes)}")
    return tuple(sizes)
