"""Networks: one file each, with a settings class `Config` and `build(config, environment) -> GameNetwork`."""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from zeroloop.observers import Observations, Observer, TokensObserver

Node = Any


class GraphOps(Protocol):
    """The few operations that inference needs.

    `Node` is whatever the implementation computes with: tensors while calibrating, graph nodes while compiling.
    Weights are float32 tensors with batch normalisation already folded in.
    """

    def conv(self, x: Node, weight: Tensor, bias: Tensor, residual: Node | None = None) -> Node:
        """relu(conv(x) + bias [+ residual]), stride 1, "same" padding; weight [out, in, k, k] with odd k."""

    def linear(self, x: Node, weight: Tensor, bias: Tensor, relu: bool = False) -> Node:
        """flatten(x) @ weight.T + bias, then relu where asked for; weight [out, in]."""


def value_of(logits: Tensor) -> Tensor:
    """float32 [n] expected return from value logits: win minus loss of [n, 3], or the mean of [n, bins] on [-1, 1]."""
    probs = logits.softmax(-1) if logits.dtype == torch.float64 else logits.float().softmax(-1)
    if probs.shape[-1] == 3:
        return probs[:, 0] - probs[:, 2]
    return probs @ torch.linspace(-1, 1, probs.shape[-1], dtype=probs.dtype, device=probs.device)


class GameNetwork(nn.Module):
    """Policy and value from observations; what networks that a search can use derive from.

    observer: makes the observations. num_actions: size of the fixed action space.
    """

    observer: Observer
    num_actions: int
    traceable: bool = False
    """Whether `forward` does the same operations for every input of a shape, so that tracing it once captures it."""

    @property
    def pads(self) -> bool:
        """Whether training fills every row up to the size of the observer, so that smaller views save time."""
        return True

    def train_in(self, dtype: torch.dtype) -> torch.dtype | None:
        """Compute activations in `dtype` from now on, over float32 weights; returns the dtype that is left to
        `torch.autocast`, which is all of it unless a network casts by itself."""
        return dtype

    def seen_by(self, observer: TokensObserver) -> "GameNetwork":
        """The same network, sharing its weights, for what another observer shows; of networks over tokens."""
        raise NotImplementedError

    def smaller(self, observations: Observations | None) -> "list[tuple[TokensObserver, GameNetwork]]":
        """The same network, sharing its weights, for observations that need less room, the smallest first: those worth
        having for `observations` [n, *shape], or all."""
        return []

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Policy logits [n, num_actions] and value logits as `value_of` reads them, for the mover."""
        raise NotImplementedError

    def forward_training(self, observations: Tensor) -> list[dict[str, Tensor]]:
        """Logits of every head: "policy", "value" and auxiliary ones that only training uses. One entry for each answer
        that is trained: a network that thinks in segments answers after each."""
        raise NotImplementedError


class Part(nn.Module):
    """One answer of a SegmentedNetwork: the policy or the value, from states that it keeps between segments."""

    def start(self) -> list[Tensor]:
        """The states that every row begins with, without the row dimension."""
        raise NotImplementedError

    def forward(self, observations: Tensor, *carry: Tensor) -> tuple[Tensor, ...]:
        """After one more segment: the answer (policy logits [n, num_actions], or value logits for `value_of`), the halt
        logit [n, 1], above 0 where the row should halt, then the states."""
        raise NotImplementedError


class Valued(Part):
    """A value part whose answer is the expected return [n, 1]."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.part = part

    def start(self) -> list[Tensor]:
        """See Part."""
        return self.part.start()

    def forward(self, observations: Tensor, *carry: Tensor) -> tuple[Tensor, ...]:
        """See Part."""
        logits, *rest = self.part(observations, *carry)
        return value_of(logits).unsqueeze(1), *rest


class SilentPart(Part):
    """Stands for a part that is missing: answers 0, at once. num_outputs: logits of an answer."""

    def __init__(self, num_outputs: int) -> None:
        super().__init__()
        self.num_outputs = num_outputs

    def start(self) -> list[Tensor]:
        """None."""
        return []

    def forward(self, observations: Tensor, *carry: Tensor) -> tuple[Tensor, ...]:
        """See Part."""
        zero = observations[:, :1].float() * 0  # of the input, so that a trace of it has one
        return zero.expand(-1, self.num_outputs), zero + 1


class SegmentedNetwork(GameNetwork):
    """A GameNetwork that thinks about each row for as long as it needs.

    policy_part and value_part take one segment after another, and each row of each halts by itself. `forward` answers
    after at most `segments`, as for leaves. root_segments: the most at the root of a search.
    """

    policy_part: Part
    value_part: Part
    segments: int
    root_segments: int
    halting: bool = True
    """Whether rows halt by themselves; if not, each takes the most segments."""


class PlanesNetwork(GameNetwork):
    """A GameNetwork over planes float32 [n, C, H, W] that can be compiled."""

    def export_graph(self, ops: GraphOps, planes: Node) -> tuple[Node, Node]:
        """The two answers of `forward` in evaluation mode, computed with `ops`: evaluators compile this."""
        raise NotImplementedError
