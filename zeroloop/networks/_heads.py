"""Heads of reasoners: a policy that points at actions, a value. They compute in float32 at least."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zeroloop import vocabulary
from zeroloop.networks._transformer import Linear, truncated_normal_, wide
from zeroloop.observers import ACTION_TOKENS, ANCHORS


class Actions(NamedTuple):
    """The legal actions of all rows together.

    tokens: [m, K <= ACTION_TOKENS] ids, padded with 0. anchors: [m, ANCHORS] indices of the tokens that the action is
    about, -1 where none is. rows: [m] the row that each action belongs to, ascending.
    """

    tokens: Tensor
    anchors: Tensor
    rows: Tensor


class ActionStates(nn.Module):
    """What the network sees in each action, float32 [m, width of H]: its tokens, and the states of the tokens that it
    is about, each in its role; to be taken through an activation."""

    def __init__(self, h_dim: int, l_dim: int) -> None:
        super().__init__()
        self.places = nn.Parameter(truncated_normal_(torch.empty(ACTION_TOKENS, l_dim), 1.0))
        self.words = Linear(l_dim, h_dim)
        self.anchor = Linear(ANCHORS * h_dim, h_dim)
        self.mix = Linear(h_dim, h_dim, bias=True)

    def forward(self, z_h: Tensor, prefix: int, described: Tensor, actions: Actions) -> Tensor:
        """described: [m, K, width of L], the embedded tokens of each action."""
        used = (actions.tokens != vocabulary.PAD).unsqueeze(-1)
        words = (self.words(described * self.places[: described.shape[1]]) * used).sum(1)
        has_anchor = (actions.anchors >= 0).unsqueeze(-1)
        about = wide(z_h[actions.rows.unsqueeze(-1), actions.anchors.clamp(min=0) + prefix]) * has_anchor
        mixed: Tensor = self.mix(words + self.anchor(about.flatten(1)))
        return mixed


class PointerPolicy(nn.Module):
    """Scores each action by itself, so that their number may vary from row to row; float32.

    logit = <W_q first, W_k a> / sqrt(d) + bias(kind of a), where the kind is the action's first token.
    """

    def __init__(self, h_dim: int, l_dim: int) -> None:
        super().__init__()
        self.states = ActionStates(h_dim, l_dim)
        self.query = small(Linear(h_dim, h_dim))
        self.key = Linear(h_dim, h_dim)
        self.bias = small(Linear(l_dim, 1))

    def forward(self, z_h: Tensor, prefix: int, described: Tensor, actions: Actions) -> Tensor:
        """Logits [m]; see ActionStates."""
        key = self.key(F.silu(self.states(z_h, prefix, described, actions)))
        query = self.query(wide(z_h[:, 0]))[actions.rows]
        logits: Tensor = (query * key).sum(-1) * key.shape[-1] ** -0.5 + self.bias(described[:, 0]).squeeze(-1)
        return logits


class ValueHead(nn.Module):
    """Logits [n, outputs] from the first state and what can be done; float32.

    A state is worth what its actions lead to, and what the network knows of these is where they lead, not in its first
    state: see docs/decisions/0011-values-look-at-actions.md. The head takes a mean of the first state and of each
    legal action, weighted by gates of its own. Without actions it has the first state alone.
    """

    def __init__(self, h_dim: int, l_dim: int, outputs: int) -> None:
        super().__init__()
        self.states = ActionStates(h_dim, l_dim)
        self.first = Linear(h_dim, h_dim, bias=True)
        self.gate = small(Linear(h_dim, 1, bias=True))
        self.output = small(Linear(h_dim, outputs, bias=True))

    def forward(self, z_h: Tensor, prefix: int, described: Tensor | None, actions: Actions | None) -> Tensor:
        """See ActionStates."""
        first = self.first(wide(z_h[:, 0]))
        seen = F.silu(first)
        weight = self.gate(seen).sigmoid()
        total = weight * seen
        if actions is not None and described is not None:
            legal = (actions.tokens[:, :1] != vocabulary.PAD).to(first)
            seen = F.silu(first[actions.rows] + self.states(z_h, prefix, described, actions))
            gates = self.gate(seen).sigmoid() * legal
            total = total.index_add(0, actions.rows, gates * seen)
            weight = weight.index_add(0, actions.rows, gates)
        y: Tensor = self.output(total / weight)
        return y


def small(layer: Linear) -> Linear:
    """`layer` with a tenth of its weights: an untrained network should have next to no opinion."""
    with torch.no_grad():
        layer.weight.mul_(0.1)
    return layer
