"""An environment and an evaluator made of hashes, to test searches on trees of every shape.

Nothing is stored: the number of actions, their ids, rewards and endings of a state all follow from a hash of the path
that led there. Single agent or two players, ragged action sets, rewards on the way, discounts.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zeroloop.contracts import Environment, Float32, Int32, Leaves, State, Transition
from zeroloop.errors import IllegalActionError

_MASK = (1 << 64) - 1


def digest(*parts: object) -> int:
    """A 64-bit hash of the parts' `repr`, the same on every platform and in every process."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "little")


def _unit(*parts: object) -> float:
    return digest(*parts) / (_MASK + 1)


@dataclass(frozen=True)
class ToyEnvironment:
    """A random game tree; equal fields give equal trees.

    seed: which tree. num_players: 1 or 2. max_actions: a state has 1 to so many actions, with gaps between their ids.
    max_depth: every path ends by then. end_chance: share of steps that end the episode earlier. gamma: discount of a
    single agent's steps (two players: -1). step_reward: the largest reward on the way, single agent only.
    A state is the path of actions from the root.
    """

    seed: int = 0
    num_players: int = 2
    max_actions: int = 5
    max_depth: int = 8
    end_chance: float = 0.15
    gamma: float = 0.9
    step_reward: float = 0.0
    name: str = field(default="toy", repr=False)
    version: int = field(default=1, repr=False)
    observation_shape: tuple[int, int, int] = field(default=(1, 1, 1), repr=False)

    @property
    def num_actions(self) -> int:
        return 2 * self.max_actions

    @property
    def symmetries(self) -> Int32:
        return np.arange(self.num_actions, dtype=np.int32)[None]

    def initial_state(self, task: dict[str, Any] | None = None) -> State:
        return ()

    def legal_actions(self, state: State) -> list[int]:
        if self._ended(state):
            return []
        count = 1 + digest(self.seed, "count", state) % self.max_actions
        return [2 * i + digest(self.seed, "gap", state, i) % 2 for i in range(count)]

    def step(self, state: State, action: int) -> Transition:
        if action not in self.legal_actions(state):
            raise IllegalActionError(f"action {action} is not legal here; legal: {self.legal_actions(state)}")
        after = (*state, action)
        if self._ended(after):
            results = (0.0, 0.5, 1.0) if self.num_players == 1 else (-1.0, 0.0, 1.0)
            return Transition(after, results[digest(self.seed, "result", after) % 3], 0.0, True)
        if self.num_players == 2:
            return Transition(after, 0.0, -1.0, False)
        return Transition(after, self.step_reward * _unit(self.seed, "reward", after), self.gamma, False)

    def _ended(self, state: State) -> bool:
        return len(state) >= self.max_depth or (len(state) > 0 and _unit(self.seed, "end", state) < self.end_chance)

    def key(self, state: State) -> State:
        return state

    def observe(self, state: State, symmetry: int = 0) -> Float32:
        return np.full(self.observation_shape, _unit(self.seed, "observe", state), np.float32)

    def describe(self, state: State) -> str:
        return f"after actions {list(state)}"

    def action_name(self, state: State, action: int) -> str:
        return str(action)

    def parse_action(self, state: State, text: str) -> int:
        legal = self.legal_actions(state)
        if not text.isdecimal() or int(text) not in legal:
            raise IllegalActionError(f"{text!r} is not an action here; legal: {legal}")
        return int(text)


@dataclass(frozen=True)
class HashEvaluator:
    """Logits within +-`spread` and values that look random but follow from the state's key alone.

    Both are multiples of `step`, so that equal numbers, and with them ties in the search, do occur.
    """

    environment: Environment
    seed: int = 0
    spread: float = 2.0
    step: float = 0.125

    def evaluate(self, state: State) -> tuple[Float32, float]:
        """Logits float32 over the legal actions and the value of one state, for its mover."""
        key = self.environment.key(state)
        lowest = 0.0 if self.environment.num_players == 1 else -1.0
        logits = [self._draw(-self.spread, self.spread, key, a) for a in self.environment.legal_actions(state)]
        return np.array(logits, np.float32), self._draw(lowest, 1.0, key)

    def _draw(self, low: float, high: float, *parts: object) -> float:
        return round((low + (high - low) * _unit(self.seed, *parts)) / self.step) * self.step

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        rows = [self.evaluate(leaves.environment.read(int(slot))) for slot in leaves.slots]
        logits = np.concatenate([np.zeros(0, np.float32), *(row[0] for row in rows)])
        return logits, np.array([row[1] for row in rows], np.float32)
