"""Pairs of reasoners in the compiled core: the fastest float32 on a CPU, without padding, refreshed in milliseconds."""

from typing import TypeGuard

import numpy as np
import torch

from zeroloop._native import NativeReasoners
from zeroloop.contracts import Bool, Float32
from zeroloop.evaluators.engines import Fill
from zeroloop.networks import GameNetwork
from zeroloop.networks._native_reasoner import is_known, packed, weights
from zeroloop.networks.reasoners import Reasoners


def is_native(network: GameNetwork) -> TypeGuard[Reasoners]:
    """Whether the core computes `network`: a pair of agents that it knows, which answer what they should."""
    if not isinstance(network, Reasoners):
        return False
    policy, value = network.agents
    return (policy is None or (is_known(policy) and policy.value_head is None)) and (
        value is None or (is_known(value) and value.value_head is not None)
    )


class NativeRunner:
    """A copy of the weights of `network`, which `is_native`; see zeroloop.evaluators.engines.Runner.

    instructions: one of `NativeReasoners.instruction_sets()`; empty for the best that this machine has.
    """

    def __init__(self, network: Reasoners, instructions: str = "") -> None:
        self.segments, self.root_segments = network.segments, network.root_segments
        self.halting, self.distinguishes_roots = network.halting, network.segments != network.root_segments
        self._observer = network.observer
        observer = network.observer
        with torch.no_grad():
            policy, value = (None if agent is None else packed(agent, weights(agent)) for agent in network.agents)
        self._core = NativeReasoners(policy, value, observer.num_tokens, observer.num_actions, instructions)

    def __call__(self, rows: int, fill: Fill, roots: Bool | None) -> tuple[Float32, Float32]:
        """See Runner. Raises ValueError for observations that no observer makes."""
        observations = np.empty((rows, *self._observer.shape), self._observer.dtype)
        fill(slice(0, rows), observations)
        budgets = np.full(rows, self.segments, np.int32)
        if roots is not None:
            budgets[roots] = self.root_segments
        policy, values = np.empty((rows, self._observer.num_actions), np.float32), np.empty(rows, np.float32)
        self._core.evaluate(observations, budgets, self.halting, policy, values)
        return policy, values
