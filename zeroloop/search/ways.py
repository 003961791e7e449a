"""The best way to an end of the episode that comes up where a single agent acts: played, or seen in a simulation.

A search averages over what it tries, and may turn away from an end that it has seen. Rules without chance lead there
again, so that nothing need be lost (Schadd et al. 2008, "Single-Player Monte-Carlo Tree Search").
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zeroloop import _native
from zeroloop.contracts import Int32, Request


class Way(NamedTuple):
    """Actions from the start to an end of the episode, and the return that they earn."""

    earned: float
    actions: tuple[int, ...]


class Ways:
    """Follows what is played and searched in a forest, one episode in each tree.

    num_slots: of the states. sources: int32 [B], the slot of each episode's present state, which the root of its tree
    is copied from. best: the best way from each start so far; no action and a return of 0 where none has come up.
    """

    def __init__(self, num_slots: int, sources: Int32) -> None:
        self.best = [Way(0.0, ())] * len(sources)
        self._played: list[list[int]] = [[] for _ in sources]
        self._trees, self._parents, self._actions = (np.full(num_slots, -1, np.int32) for _ in range(3))
        self._trees[sources] = np.arange(len(sources))
        self._earned, self._weights = np.zeros(num_slots), np.ones(num_slots)
        self._most = np.full(len(sources), -np.inf)

    def play(self, trees: Int32, request: Request, leaves: _native.Leaves) -> None:
        """Take in moves that are played in these trees: the states in their sources are stepped where they are."""
        slots = request.slots
        self._earned[slots] += self._weights[slots] * leaves.rewards
        self._weights[slots] *= leaves.discounts
        for tree, action in zip(trees.tolist(), request.actions.tolist(), strict=True):
            self._played[tree].append(action)
        for slot in slots[leaves.terminals]:
            self._take(slot, self._earned[slot])

    def keep(self, forest: _native.Forest, trees: Int32) -> None:
        """After searches began in these trees: what used to be children of the roots may be roots now."""
        self._parents[[int(slots[0]) for tree in trees if len(slots := forest.tree(int(tree))["node_slot"])]] = -1

    def note(self, request: Request, leaves: _native.Leaves) -> None:
        """Take in one round of simulations."""
        slots, parents, stepped = request.slots, request.parent_slots, request.actions >= 0
        self._trees[slots] = self._trees[parents]
        self._parents[slots], self._actions[slots] = np.where(stepped, parents, -1), request.actions
        self._earned[slots] = self._earned[parents] + np.where(stepped, self._weights[parents] * leaves.rewards, 0)
        self._weights[slots] = self._weights[parents] * np.where(stepped, leaves.discounts, 1)
        ended = slots[leaves.terminals & stepped]
        for row in self._better(ended, self._earned[ended]):
            self._take(ended[row], self._earned[ended[row]])
        if not len(leaves.outcomes):
            return
        before = np.repeat(slots, np.diff(leaves.all_offsets))
        earned = self._earned[before] + self._weights[before] * leaves.outcomes
        for entry in self._better(before, earned):
            self._take(before[entry], earned[entry], leaves.all_actions[entry])

    def _better(self, slots: Int32, earned: npt.NDArray[np.float64]) -> list[int]:
        """Which of these earn more than what is known; unknown outcomes (NaN) do not."""
        found: list[int] = np.flatnonzero(earned > self._most[self._trees[slots]]).tolist()
        return found

    def _take(self, slot: int, earned: float, *last: int) -> None:
        tree = self._trees[slot]
        if earned > self._most[tree]:  # of a round's several, each may be better than the one before
            self._most[tree] = earned
            self.best[tree] = Way(float(earned), (*self._played[tree], *self._path(slot), *map(int, last)))

    def _path(self, slot: int) -> list[int]:
        found = []
        while self._parents[slot] >= 0:
            found.append(int(self._actions[slot]))
            slot = int(self._parents[slot])
        return found[::-1]
