"""Pairs of reasoners in the compiled core: the fastest float32 on a CPU, without padding, refreshed in milliseconds."""

from typing import TypeGuard

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from zeroloop._native import NativeReasoners, ReasonerAgent
from zeroloop.contracts import Bool, Float32
from zeroloop.evaluators.engines import Fill
from zeroloop.networks import GameNetwork, Part
from zeroloop.networks._heads import PointerPolicy, ValueHead
from zeroloop.networks._reasoner import Reasoner
from zeroloop.networks._transformer import Linear, Stack
from zeroloop.networks.hrm import HRMAgent
from zeroloop.networks.reasoners import ReasonerPart, Reasoners
from zeroloop.networks.trm import TRMAgent


def is_native(network: GameNetwork) -> TypeGuard[Reasoners]:
    """Whether the core computes `network`: a pair whose tokens have coordinates and attend to each other."""
    if not isinstance(network, Reasoners):
        return False
    policy, value = _agent(network.policy_part), _agent(network.value_part)
    return (policy is None or (_is_known(policy) and policy.config.policy == "pointer" and not policy.value_head)) and (
        value is None or (_is_known(value) and value.value_head is not None)
    )


def _is_known(agent: Reasoner) -> bool:
    config = agent.config
    attends = type(agent) is HRMAgent or (type(agent) is TRMAgent and config.mixer == "attention")
    return attends and config.positions == "coordinates"


def _agent(part: Part) -> Reasoner | None:
    return part.agent if isinstance(part, ReasonerPart) else None


class NativeRunner:
    """A copy of the weights of `network`, which `is_native`; see zeroloop.evaluators.engines.Runner.

    instructions: one of `NativeReasoners.instruction_sets()`; empty for the best that this machine has.
    """

    def __init__(self, network: Reasoners, instructions: str = "") -> None:
        self.segments, self.root_segments = network.segments, network.root_segments
        self.halting, self.distinguishes_roots = network.halting, network.segments != network.root_segments
        self._observer = network.observer
        policy, value = (_packed(_agent(part)) for part in (network.policy_part, network.value_part))
        observer = network.observer
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


def _packed(agent: Reasoner | None) -> ReasonerAgent | None:
    if agent is None:
        return None
    config = agent.config
    arrays = {name: _matrix(tensor) for name, tensor in weights(agent).items()}
    return ReasonerAgent(arrays, config.head_dim, config.h_cycles, config.l_cycles, config.local)


def _matrix(tensor: Tensor) -> Float32:
    """[rows, columns]; vectors are one row."""
    matrix = tensor.detach().reshape(-1, tensor.shape[-1])
    array: Float32 = np.ascontiguousarray(matrix.float().cpu().numpy())
    return array


@torch.no_grad()
def weights(agent: Reasoner) -> dict[str, Tensor]:
    """The weights of `agent` by the names that native/reasoner.cpp reads; what depends on weights alone is computed.

    words: what each symbol adds to an action at each place. kinds: the policy's bias of each first symbol.
    """
    symbols = agent.embedding * agent.embed_scale
    found = {
        "embedding": symbols,
        "prefix": agent.prefix[0] * agent.embed_scale,
        "h_init": agent.h_init,
        "l_init": agent.l_init,
        "halt.weight": agent.halt_head.weight[0],
        "halt.bias": _bias(agent.halt_head)[:1],
    }
    if isinstance(agent, HRMAgent):
        found |= _blocks("low", agent.l_net) | _blocks("high", agent.h_net)
        if agent.down is not None and agent.up is not None:
            found |= {"down": agent.down.weight, "up": agent.up.weight}
    else:
        assert isinstance(agent, TRMAgent)
        found |= _blocks("low", agent.net)
    head = agent.value_head or agent.policy_head
    assert isinstance(head, PointerPolicy | ValueHead)
    states = head.states
    shown = F.pad(symbols[1:], (0, 0, 1, 0))  # PAD says nothing
    found |= {
        "words": states.words(shown * states.places[:, None]).flatten(0, 1),
        "anchors.weight": states.anchors.weight,
        "anchors.bias": _bias(states.anchors).view(-1, states.words.weight.shape[0]),
    }
    if isinstance(head, PointerPolicy):
        width = head.query.weight.shape[0]
        return found | {"query": head.query.weight * width**-0.5, "kinds": head.bias(symbols)[:, 0]}
    for name in ("first", "gate", "output"):
        layer = getattr(head, name)
        found |= {f"{name}.weight": layer.weight, f"{name}.bias": _bias(layer)}
    return found


def _bias(layer: Linear) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _blocks(name: str, stack: Stack) -> dict[str, Tensor]:
    """The layers of all blocks, by names such as NAME.0.qkv."""
    found = {}
    for path, weight in stack.state_dict().items():  # blocks.0.mixer.qkv.weight
        _, index, _, layer, _ = path.split(".")
        found[f"{name}.{index}.{layer}"] = weight
    return found
