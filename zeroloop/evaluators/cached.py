"""An evaluator that remembers: what was evaluated before, or stands twice in a batch, is not evaluated again."""

from typing import NamedTuple, Protocol

import numpy as np

from zeroloop import _native
from zeroloop.contracts import Environment, Evaluator, Float32, LeafRows, Leaves

ROOT, NO_ROOT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0)
"""What is added to the keys of roots, which are remembered apart, and of other states."""
NO_ANSWERS = (np.zeros(0, np.float32), np.zeros(0, np.float32))


class VersionedEvaluator(Evaluator, Protocol):
    """An evaluator whose `version` changes whenever its answers do."""

    @property
    def version(self) -> int: ...


class CacheStatistics(NamedTuple):
    """Rows since the evaluator was made: found in the cache, found twice in one batch, evaluated."""

    hits: int
    duplicates: int
    misses: int

    @property
    def saved(self) -> float:
        """Share of rows that needed no evaluation."""
        return 1.0 - self.misses / max(1, sum(self))


class CachedEvaluator:
    """The answers of `inner`, to the last bit, from a memory of `capacity` positions (about 80 bytes plus 4 a legal
    action each).

    Law: `inner` answers a state and its mirror images alike, and independently of batch mates; all evaluators of this
    package do. Roots are remembered apart from leaves where `inner.distinguishes_roots`.
    Made for one thread: sharing it would make answers' origin, and so the speed, depend on timing.
    The memory holds one version of one environment at a time, and is cleared when either changes.
    """

    def __init__(self, inner: VersionedEvaluator, capacity: int = 1 << 18) -> None:
        self.inner = inner
        self._cache = _native.EvaluationCache(capacity)
        self._roots_apart: bool = getattr(inner, "distinguishes_roots", False)
        self._content: tuple[Environment | None, int] = (None, inner.version)

    @property
    def version(self) -> int:
        """The version of the inner evaluator."""
        return self.inner.version

    @property
    def statistics(self) -> CacheStatistics:
        return CacheStatistics(self._cache.hits, self._cache.duplicates, self._cache.misses)

    def __len__(self) -> int:
        return len(self._cache)

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        batch, slots = leaves.environment, leaves.slots
        self._clear_if_stale(batch.environment)
        keys, symmetries = batch.keys(slots)
        roots = leaves.roots if self._roots_apart else None
        if roots is not None:
            keys = keys ^ np.where(roots, ROOT, NO_ROOT)
        missing, offsets, actions = self._cache.begin(
            keys, symmetries, leaves.offsets, leaves.actions, batch.environment.symmetries
        )
        answers = NO_ANSWERS
        if len(missing):
            answers = self.inner(
                LeafRows(batch, slots[missing], offsets, actions, None if roots is None else roots[missing])
            )
        logits, values = self._cache.finish(*answers)
        return logits, values

    def _clear_if_stale(self, environment: Environment) -> None:
        known, version = self._content
        if known is not environment or version != self.inner.version:
            self._cache.clear()
            self._content = (environment, self.inner.version)
