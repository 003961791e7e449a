"""Reasoners in the compiled core: which of them it knows, the layout of their weights, and training in float32.

The core (native/reasoner*) needs no padding and no pass over memory for each operation: on one CPU core a training step
takes a third to two thirds of eager torch's time (docs/decisions/0016-native-training.md).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from zeroloop._native import ReasonerAgent, ReasonerMemory, ReasonerTraining
from zeroloop.contracts import Float32
from zeroloop.networks._heads import PointerPolicy, ValueHead
from zeroloop.networks._reasoner import Reasoner
from zeroloop.networks._transformer import Attention, Block, Linear, Stack
from zeroloop.networks.hrm import HRMAgent
from zeroloop.networks.trm import TRMAgent
from zeroloop.observers import TokensObserver

AXES = {"rope": 1, "coordinates": 2}
"""Axes that positions turn attention by, where the core knows how."""


def is_known(agent: Reasoner) -> bool:
    """Whether the core computes `agent`: its tokens have rotary positions and attend to each other, and it has a value
    or points at actions."""
    config = agent.config
    attends = type(agent) is HRMAgent or (type(agent) is TRMAgent and config.mixer == "attention")
    return (
        attends
        and config.positions in AXES
        and (agent.value_head is not None or isinstance(agent.policy_head, PointerPolicy))
    )


def is_trained(agent: Reasoner) -> bool:
    """Whether the core trains `agent` as it is: on a CPU, in float32."""
    dtypes = {agent.compute_dtype, agent.embedding.dtype}
    return is_known(agent) and agent.embedding.device.type == "cpu" and dtypes == {torch.float32}


def answers(
    agent: Reasoner, observer: TokensObserver, observations: Tensor, segments: int
) -> list[tuple[Tensor, Tensor]]:
    """Answer and halt logit [n] after each of `segments` segments, with gradients; see ReasonerPart.answers.

    Raises ValueError for observations int16 [n, size] that no observer makes.
    """
    found = weights(agent)
    config = agent.config
    through = 1 if config.gradient == "one_step" else config.l_cycles
    memory = _SPARE.pop() if _SPARE else ReasonerMemory()
    core = ReasonerTraining(
        packed(agent, found, through),
        memory,
        np.ascontiguousarray(observations.numpy()),
        observer.num_tokens,
        observer.num_actions,
        segments,
    )
    logits, halts = _Answers.apply(core, memory, segments, len(observations), list(found), *found.values())  # type: ignore[no-untyped-call]
    return list(zip(logits, halts, strict=True))


class _Answers(torch.autograd.Function):
    """Answers [segments, n, outputs] and halt logits [segments, n] from weights [rows, columns]."""

    @staticmethod
    def forward(
        ctx: Any,
        core: ReasonerTraining,
        memory: ReasonerMemory,
        segments: int,
        rows: int,
        names: list[str],
        *found: Tensor,
    ) -> Any:
        ctx.core, ctx.memory, ctx.names, ctx.shapes = core, memory, names, [weight.shape for weight in found]
        logits, halts = torch.zeros(segments, rows, core.outputs), torch.empty(segments, rows)
        core.forward(logits.numpy(), halts.numpy())
        return logits, halts

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        found = [torch.zeros(shape) for shape in ctx.shapes]
        logits, halts = (each.contiguous().numpy() for each in gradients)
        named = {name: each.numpy() for name, each in zip(ctx.names, found, strict=True)}
        ctx.core.backward(logits, halts, named)
        _SPARE.append(ctx.memory)
        return None, None, None, None, None, *found


_SPARE: list[ReasonerMemory] = []
"""Of passes that are over, as fresh pages would take a tenth of the time. Lists are safe to share between threads."""


def packed(agent: Reasoner, found: Mapping[str, Tensor], through: int = 0) -> ReasonerAgent:
    """`weights(agent)` as the core reads them. through: for training, see ReasonerAgent."""
    config = agent.config
    arrays: dict[str, Float32] = {
        name: np.ascontiguousarray(weight.detach().float().cpu().numpy()) for name, weight in found.items()
    }
    return ReasonerAgent(
        arrays, config.head_dim, config.h_cycles, config.l_cycles, AXES[config.positions], config.local, through
    )


def weights(agent: Reasoner) -> dict[str, Tensor]:
    """The weights of `agent` [rows, columns], by the names that native/reasoner.cpp reads, in the order that it wants;
    what depends on weights alone is computed. Gradients flow through.

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
        found |= _blocks("low", agent.l_net)
        found |= _blocks("high", agent.h_net)
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
        found |= {"query": head.query.weight * width**-0.5, "kinds": head.bias(symbols)[:, 0]}
    else:
        for name in ("first", "gate", "output"):
            layer = getattr(head, name)
            found |= {f"{name}.weight": layer.weight, f"{name}.bias": _bias(layer)}
    return {name: weight.reshape(-1, weight.shape[-1]) for name, weight in found.items()}


def _bias(layer: Linear) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _blocks(name: str, stack: Stack) -> Iterator[tuple[str, Tensor]]:
    """The layers of all blocks, by names such as NAME.0.qkv."""
    for index, block in enumerate(stack.blocks):
        assert isinstance(block, Block) and isinstance(block.mixer, Attention)
        qkv, down = block.mixer.qkv.weight, block.mlp.down.weight
        dim, spare = len(down), -down.shape[1] % _GROUP
        queries_and_keys = _paired(qkv[: 2 * dim].view(2 * block.mixer.heads, 2, -1, dim))
        scale = (dim // block.mixer.heads) ** -0.5
        gates_and_ups = F.pad(block.mlp.gate_up.weight.view(1, 2, -1, dim), (0, 0, 0, spare))
        yield f"{name}.{index}.qkv", torch.cat((queries_and_keys[:dim] * scale, queries_and_keys[dim:], qkv[2 * dim :]))
        yield f"{name}.{index}.output", block.mixer.output.weight
        yield f"{name}.{index}.gate_up", _paired(gates_and_ups)
        yield f"{name}.{index}.down", F.pad(down, (0, spare))


def _paired(weight: Tensor) -> Tensor:
    """Rows of `weight` [n, 2, units, dim], in groups of two of the first and two of the second half."""
    n, _, units, dim = weight.shape
    return weight.reshape(n, 2, units // 2, 2, dim).transpose(1, 2).flatten(0, 3)


_GROUP = 4
"""What the core wants inner sizes to be multiples of: kGroup in native/reasoner_kernels.hpp."""
