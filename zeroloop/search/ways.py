"""The best way to an end of the episode that any simulation came upon, where a single agent acts.

A search averages over what it tries, and may turn away from an end that it has seen. Rules without chance lead there
again, so that nothing need be lost (Schadd et al. 2008, "Single-Player Monte-Carlo Tree Search").
"""

from typing import NamedTuple

import numpy as np

from zeroloop import _native
from zeroloop.contracts import Int32, Request


class Way(NamedTuple):
    """Actions from a root to an end of the episode, and the return that they earn."""

    earned: float
    actions: tuple[int, ...]


class Ways:
    """Follows the requests of a forest whose slots are used once, and the leaves that answer them.

    num_slots: of the states. sources: int32 [B], the slot that the root of each tree is copied from. best: the best way
    from each root so far.
    """

    def __init__(self, num_slots: int, sources: Int32) -> None:
        self.best: list[Way | None] = [None] * len(sources)
        self._trees, self._parents, self._actions = (np.full(num_slots, -1, np.int32) for _ in range(3))
        self._trees[sources] = np.arange(len(sources))
        self._earned, self._weights = np.zeros(num_slots), np.ones(num_slots)

    def note(self, request: Request, leaves: _native.Leaves) -> None:
        """Take in one round."""
        slots, parents, stepped = request.slots, request.parent_slots, request.actions >= 0
        self._trees[slots] = self._trees[parents]
        self._parents[slots], self._actions[slots] = np.where(stepped, parents, -1), request.actions
        self._earned[slots] = self._earned[parents] + np.where(stepped, self._weights[parents] * leaves.rewards, 0)
        self._weights[slots] = np.where(stepped, self._weights[parents] * leaves.discounts, 1)
        for slot in slots[leaves.terminals & stepped].tolist():
            self._take(slot, float(self._earned[slot]))
        if not len(leaves.outcomes):
            return
        of_entries = np.repeat(slots, np.diff(leaves.all_offsets))
        for entry in np.flatnonzero(~np.isnan(leaves.outcomes)).tolist():
            slot = int(of_entries[entry])
            earned = float(self._earned[slot] + self._weights[slot] * leaves.outcomes[entry])
            self._take(slot, earned, int(leaves.all_actions[entry]))

    def _take(self, slot: int, earned: float, *last: int) -> None:
        tree = int(self._trees[slot])
        known = self.best[tree]
        if known is None or earned > known.earned:
            self.best[tree] = Way(earned, (*self._path(slot), *last))

    def _path(self, slot: int) -> list[int]:
        found = []
        while self._parents[slot] >= 0:
            found.append(int(self._actions[slot]))
            slot = int(self._parents[slot])
        return found[::-1]
