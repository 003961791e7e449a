"""Values from random play to the end: Monte Carlo tree search as it was before networks (Coulom 2006)."""

import random

import numpy as np

from zeroloop.contracts import BatchEnvironment, Environment, Float32, Leaves, State
from zeroloop.seeding import stream_seed


class RolloutEvaluator:
    """Logits 0 and, as value, the return of one uniformly random playout.

    Randomness is derived from the seed and the state alone: the same state always gets the same answer, whatever else
    is in the batch. Batch environments may bring `rollout(slots int32 [n], seed) -> float32 [n]`, fast and under the
    same law; others are played by their plain rules.
    """

    version = 0

    def __init__(self, seed: int) -> None:
        self._seed = stream_seed(seed, "rollout") >> 64

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        batch, slots = leaves.environment, leaves.slots
        native = getattr(batch, "rollout", None)
        values = native(slots, self._seed) if native else self._play_all(batch, leaves)
        return np.zeros(len(leaves.actions), np.float32), values

    def _play_all(self, batch: BatchEnvironment, leaves: Leaves) -> Float32:
        keys, symmetries = batch.keys(leaves.slots)
        rows = zip(leaves.slots.tolist(), keys.tolist(), symmetries.tolist(), strict=True)
        values = [
            playout(batch.environment, batch.read(slot), symmetry, random.Random(self._seed ^ key))
            for slot, key, symmetry in rows
        ]
        return np.array(values, np.float32)


def playout(environment: Environment, state: State, symmetry: int, generator: random.Random) -> float:
    """The return of uniformly random play from `state` for its mover.

    Actions are drawn in the order they have on the board transformed by `symmetry`: mirror images of a state, each
    with the symmetry that makes it canonical, play mirror images of one game.
    """
    total, factor = 0.0, 1.0
    order = environment.symmetries[symmetry].tolist()
    while actions := environment.legal_actions(state):
        if order:
            actions = sorted(actions, key=order.__getitem__)
        state, reward, discount, terminal = environment.step(state, actions[generator.randrange(len(actions))])
        total += factor * reward
        factor *= discount
        if terminal:
            break
    return total
