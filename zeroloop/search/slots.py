"""States by slot for environments that only have plain rules, so that the forest drives them like native ones."""

import hashlib
import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from zeroloop import _native
from zeroloop.contracts import BatchEnvironment, Environment, Float32, Int32, Request, State, UInt8, UInt64
from zeroloop.observers import PlanesEnvironment


class SlotStates:
    """A BatchEnvironment over plain rules: one Python object per slot."""

    def __init__(self, environment: Environment, num_slots: int, lookahead: bool = True) -> None:
        self.environment = environment
        self._states: list[State] = [None] * num_slots
        self._digests: list[bytes | None] = [None] * num_slots
        self._lookahead = lookahead

    def write(self, slot: int, state: State) -> None:
        self._states[slot], self._digests[slot] = state, None

    def read(self, slot: int) -> State:
        return self._states[slot]

    def expand(self, request: Request) -> _native.Leaves:
        """Every row stepped; see contracts.BatchEnvironment."""
        rows = [self._expand(*row) for row in zip(request.parent_slots, request.actions, request.slots, strict=True)]
        legal = [row[0] for row in rows]
        actions = np.array([a for row in legal for a in row], np.int32)
        outcomes = np.array([o for row in rows for o in row[3]], np.float32) if self._lookahead else None
        return _native.Leaves.from_arrays(
            self,
            request.slots,
            np.array([row[1] for row in rows], np.float32),
            np.array([row[2] for row in rows], np.float32),
            np.array([not row for row in legal], np.bool_),
            _offsets(legal),
            actions,
            outcomes,
        )

    def _expand(self, parent: int, action: int, slot: int) -> tuple[list[int], float, float, list[float]]:
        state, reward, discount = self._states[parent], 0.0, 0.0
        if action >= 0:
            state, reward, discount, _ = self.environment.step(state, int(action))
        self.write(slot, state)
        legal = list(self.environment.legal_actions(state))
        return legal, reward, discount, [self._outcome(state, a) for a in legal] if self._lookahead else []

    def _outcome(self, state: State, action: int) -> float:
        transition = self.environment.step(state, action)
        return transition.reward if transition.terminal else math.nan

    def legal(self, slots: Int32) -> tuple[Int32, Int32]:
        rows = [list(self.environment.legal_actions(self._states[slot])) for slot in slots]
        return _offsets(rows), np.array([a for row in rows for a in row], np.int32)

    def keys(self, slots: Int32) -> tuple[UInt64, UInt8]:
        """Hashes of the environment's own keys; no symmetry is used."""
        keys = np.frombuffer(b"".join(map(self._digest, slots.tolist())), np.uint64)
        return keys, np.zeros(len(keys), np.uint8)

    def _digest(self, slot: int) -> bytes:
        """That of the state in a slot, made once."""
        found = self._digests[slot]
        if found is None:
            found = self._digests[slot] = self.digest(self.environment.key(self._states[slot]))
        return found

    @staticmethod
    def digest(key: Hashable) -> bytes:
        """Eight bytes for an environment's key."""
        return hashlib.blake2b(repr(key).encode(), digest_size=8).digest()

    def observe(self, slots: Int32, symmetries: UInt8, out: Float32) -> None:
        environment = self.environment
        assert isinstance(environment, PlanesEnvironment)
        for row, (slot, symmetry) in enumerate(zip(slots, symmetries, strict=True)):
            out[row] = environment.observe(self._states[slot], int(symmetry))


def state_id(environment: Environment, state: State) -> str:
    """16 hexadecimal digits, equal for equal states."""
    return SlotStates.digest(environment.key(state)).hex()


def _offsets(rows: list[list[int]]) -> Int32:
    return np.cumsum([0, *map(len, rows)], dtype=np.int32)


def batch_environment(environment: Environment, num_slots: int, lookahead: bool = True) -> BatchEnvironment:
    """The environment's own batch where it has one (`environment.batch`), else its plain rules by slot."""
    own: Any = getattr(environment, "batch", None)
    batch: BatchEnvironment = (
        own(num_slots, lookahead) if own is not None else SlotStates(environment, num_slots, lookahead)
    )
    return batch
