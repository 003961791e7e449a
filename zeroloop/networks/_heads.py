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
    """What the network sees in each action, float32 [m, width of H]: its symbols, and the states of the tokens that it
    is about, each in its role; to be taken through an activation.

    Both are linear in what they see, so that symbols and states go through the matrices before they are gathered: once
    for each symbol and token, not once for each action, of which there are many more.
    """

    def __init__(self, h_dim: int, l_dim: int) -> None:
        super().__init__()
        self.places = nn.Parameter(truncated_normal_(torch.empty(ACTION_TOKENS, l_dim), 1.0))
        self.words = Linear(l_dim, h_dim)
        self.anchors = Linear(h_dim, ANCHORS * h_dim, bias=True)

    def forward(self, z_h: Tensor, prefix: int, symbols: Tensor, actions: Actions) -> Tensor:
        """symbols: [vocab_size, width of L], the embedding of each."""
        n, _, h_dim = z_h.shape
        size, count = len(symbols), actions.tokens.shape[1]
        shown = F.pad(symbols[1:], (0, 0, 1, 0))  # PAD says nothing
        words = self.words(shown * self.places[:count, None]).flatten(0, 1)
        chosen = actions.tokens + size * torch.arange(count, device=z_h.device)
        # A place of its own, with nothing in it, is what an action without an anchor is about.
        states = F.pad(self.anchors(wide(z_h[:, prefix:])), (0, 0, 1, 0)).view(n, -1, ANCHORS, h_dim)
        roles = torch.arange(ANCHORS, device=z_h.device)
        about = states[actions.rows.unsqueeze(-1), actions.anchors + 1, roles]
        seen: Tensor = F.embedding(chosen, words).sum(1) + about.sum(1)
        return seen


class PointerPolicy(nn.Module):
    """Scores each action by itself, so that their number may vary from row to row; float32.

    logit = <W first, a> / sqrt(d) + bias(kind of a), where the kind is the action's first symbol.
    """

    def __init__(self, h_dim: int, l_dim: int) -> None:
        super().__init__()
        self.states = ActionStates(h_dim, l_dim)
        self.query = small(Linear(h_dim, h_dim))
        self.bias = small(Linear(l_dim, 1))

    def forward(self, z_h: Tensor, prefix: int, symbols: Tensor, actions: Actions) -> Tensor:
        """Logits [m]; see ActionStates."""
        seen = F.silu(self.states(z_h, prefix, symbols, actions))
        query = self.query(wide(z_h[:, 0]))[actions.rows]
        logits: Tensor = (query * seen).sum(-1) * seen.shape[-1] ** -0.5 + self.bias(symbols)[actions.tokens[:, 0], 0]
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

    def forward(self, z_h: Tensor, prefix: int, symbols: Tensor, actions: Actions | None) -> Tensor:
        """See ActionStates."""
        first = self.first(wide(z_h[:, 0]))
        seen = F.silu(first)
        weight = self.gate(seen).sigmoid()
        total = weight * seen
        if actions is not None:
            legal = (actions.tokens[:, :1] != vocabulary.PAD).to(first)
            seen = F.silu(first[actions.rows] + self.states(z_h, prefix, symbols, actions))
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
