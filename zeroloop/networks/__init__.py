"""Networks: one file each, with a settings class `Config` and `build(config, environment) -> PlanesNetwork`."""

from typing import Any, Protocol

from torch import Tensor, nn

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


class PlanesNetwork(nn.Module):
    """Policy and value from planes float32 [n, C, H, W]; what networks in this package derive from.

    observation_shape: (C, H, W). num_actions: size of the fixed action space.
    """

    observation_shape: tuple[int, int, int]
    num_actions: int

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Policy logits [n, num_actions] and wdl logits [n, 3]: win, draw, loss for the mover."""
        raise NotImplementedError

    def forward_training(self, planes: Tensor) -> dict[str, Tensor]:
        """Logits of every head: "policy", "wdl" and auxiliary ones that only training uses."""
        raise NotImplementedError

    def export_graph(self, ops: GraphOps, planes: Node) -> tuple[Node, Node]:
        """The two answers of `forward` in evaluation mode, computed with `ops`: evaluators compile this."""
        raise NotImplementedError
