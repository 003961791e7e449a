"""The parts that HRM, TRM and the plain transformer share: initialisation, rotary positions, attention, blocks.

Sources: Hierarchical Reasoning Model (Wang et al. 2025, arXiv 2506.21734) and Tiny Recursive Model (Jolicoeur-Martineau
2025, arXiv 2510.04871), whose published code fixes the details that the papers leave open. Activations may run in
bfloat16 over float32 weights; normalisation, rotation and heads compute in float32 all the same.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NORM_EPS = 1e-5
ROPE_THETA = 10_000.0
SHORT = 128
"""Tokens up to which attention on a CPU is computed in parts; see `attend`."""
_TRUNCATION = 2.0
_TRUNCATED_STD = 0.8796256610342398
"""Standard deviation of a standard normal truncated at two sigma."""


@torch.no_grad()
def truncated_normal_(tensor: Tensor, std: float) -> Tensor:
    """`tensor`, filled from a normal truncated at two sigma whose standard deviation after truncation is `std`.

    `torch.nn.init.trunc_normal_` does not make up for what truncation takes away, hence the wider normal.
    """
    sigma = std / _TRUNCATED_STD
    if std == 0:
        return tensor.zero_()
    return nn.init.trunc_normal_(tensor, std=sigma, a=-_TRUNCATION * sigma, b=_TRUNCATION * sigma)


def rms_norm(x: Tensor) -> Tensor:
    """`x` divided by its root mean square over the last dimension, without a learned scale; in float32 at least."""
    return F.rms_norm(wide(x), x.shape[-1:], eps=NORM_EPS).to(x.dtype)


def wide(x: Tensor) -> Tensor:
    """`x` in float32, or in float64 where it is that already (tests compute in it)."""
    return x if x.dtype == torch.float64 else x.float()


class Linear(nn.Module):
    """x @ weight.T [+ bias] in the dtype of x: weight float32 [outputs, inputs], truncated normal 1/sqrt(inputs)."""

    def __init__(self, inputs: int, outputs: int, bias: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(truncated_normal_(torch.empty(outputs, inputs), inputs**-0.5))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.cast_weight: Tensor | None = None
        """The weight in the dtype of the activations while a pass lasts; see `cast_weights`."""

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight if self.cast_weight is None else self.cast_weight
        return F.linear(x, weight.to(x.dtype), None if self.bias is None else self.bias.to(x.dtype))


@contextmanager
def cast_weights(module: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Within this context every Linear of `module` keeps its weight in `dtype`, cast once and not once a call.

    A recursive network calls each layer dozens of times a pass. Gradients reach the float32 weight through the cast.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, Linear) and layer.weight.dtype != dtype]
    for layer in layers:
        layer.cast_weight = layer.weight.to(dtype)
    try:
        yield
    finally:
        for layer in layers:
            layer.cast_weight = None


class Rotation(NamedTuple):
    """Cosines and sines float32 [n or 1, T, 1, 1, head_dim / 2] of the angle of each position and frequency."""

    cos: Tensor
    sin: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """`x` [n, T, k, heads, head_dim] with pairs (i, i + head_dim / 2) turned by their angle (Su et al. 2021)."""
        first, second = wide(x).chunk(2, dim=-1)
        cos, sin = self.cos, self.sin
        return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1).to(x.dtype)


def rotation(coordinates: Tensor, head_dim: int) -> Rotation:
    """The rotation for `coordinates` [n or 1, T, k], whose k axes share the frequencies evenly.

    Frequency f of axis a turns pair a * head_dim / (2 k) + f.
    """
    dim = head_dim // coordinates.shape[2]
    frequencies = ROPE_THETA ** (-torch.arange(0, dim, 2, dtype=torch.float32, device=coordinates.device) / dim)
    angles = (coordinates.float().unsqueeze(-1) * frequencies).flatten(2)[:, :, None, None]
    return Rotation(angles.cos(), angles.sin())


class Context(NamedTuple):
    """What every layer of a pass reads.

    rotation: where positions rotate. bias: by number of heads, what attention adds to its scores, [n or 1, heads or 1,
    T or 1, T]; see `attention_bias`. Empty where it adds nothing.
    """

    rotation: Rotation | None
    bias: Mapping[int, Tensor]

    def take(self, rows: Tensor) -> "Context":
        """The context of some rows."""
        turn = self.rotation
        if turn is not None and len(turn.cos) > 1:
            turn = Rotation(turn.cos[rows], turn.sin[rows])
        return Context(turn, {heads: each[rows] if len(each) > 1 else each for heads, each in self.bias.items()})


def attention_bias(heads: int, visible: Tensor | None, distance: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """What is added to the scores of attention with so many heads: -inf for hidden keys, less for far ones.

    visible: bool [n, 1, 1, T] or None. distance: float32 [n or 1, 1, T, T] or None. Where there are distances, each
    head but the last, which sees everything alike, looks less at what is far away, at a rate of its own: 2, 1, 1/2,
    ... (after ALiBi, Press et al. 2022). Between hundreds of tokens the few neighbours would else be lost in the
    average that an untrained head attends to.
    """
    bias: Tensor | None = None
    if distance is not None:
        slopes = [2.0 ** (1 - head) for head in range(heads - 1)] + [0.0]
        bias = torch.cat([-slope * distance for slope in slopes], dim=1).to(dtype)
    if visible is None:
        return bias
    shown = torch.zeros((), dtype=dtype, device=visible.device) if bias is None else bias
    return torch.where(visible, shown, -torch.inf)


class Attention(nn.Module):
    """Bidirectional multi-head attention without bias or dropout: [n, T, dim] -> [n, T, dim]."""

    def __init__(self, dim: int, head_dim: int) -> None:
        super().__init__()
        self.heads = dim // head_dim
        self.qkv = Linear(dim, 3 * dim)
        self.output = Linear(dim, dim)

    def forward(self, x: Tensor, context: Context) -> Tensor:
        n, length, dim = x.shape
        qk, v = self.qkv(x).view(n, length, 3, self.heads, dim // self.heads).split((2, 1), dim=2)
        if context.rotation is not None:
            qk = context.rotation(qk)
        q, k = qk.transpose(1, 3).unbind(2)
        y = attend(q, k, v.squeeze(2).transpose(1, 2), context.bias.get(self.heads))
        mixed: Tensor = self.output(y.transpose(1, 2).reshape(n, length, dim))
        return mixed


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """softmax(q k^T / sqrt(head_dim) + bias) v; q, k, v [n, heads, T, head_dim], bias broadcast to [n, heads, T, T].

    On a CPU, torch's fused kernel trains short sequences up to seven times as slowly as its parts do, and long ones
    slowly in bfloat16 (docs/decisions/0009).
    """
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    if q.shape[2] > SHORT:
        bias = None if bias is None else wide(bias)
        long: Tensor = F.scaled_dot_product_attention(wide(q), wide(k), wide(v), attn_mask=bias).to(v.dtype)
        return long
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if bias is not None:
        scores = scores + bias
    short: Tensor = scores.softmax(-1) @ v
    return short


class BlockSizes(NamedTuple):
    """Sizes of a block beside its width; see ReasonerConfig."""

    head_dim: int
    expansion: float
    inner_multiple: int

    def inner(self, dim: int) -> int:
        """The inner size of a SwiGLU: two thirds of `expansion * dim`, rounded up to a multiple of `inner_multiple`."""
        return self.inner_multiple * math.ceil(round(self.expansion * dim * 2 / 3) / self.inner_multiple)


class SwiGLU(nn.Module):
    """down(silu(gate(x)) * up(x)) without bias over the last dimension (Shazeer 2020)."""

    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.gate_up = Linear(dim, 2 * inner)
        self.down = Linear(inner, dim)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        y: Tensor = self.down(F.silu(gate) * up)
        return y


class Block(nn.Module):
    """Post-norm: x = rms(x + mixer(x)); x = rms(x + swiglu(x)).

    The mixer is attention or, for inputs of one fixed length, a SwiGLU over the token axis (TRM-MLP). In that case the
    first norm is over the tokens too, the axis that was mixed, as in the published code.
    """

    def __init__(self, dim: int, sizes: BlockSizes, mixed_length: int | None = None) -> None:
        super().__init__()
        self.mixer = (
            Attention(dim, sizes.head_dim) if mixed_length is None else SwiGLU(mixed_length, sizes.inner(mixed_length))
        )
        self.mlp = SwiGLU(dim, sizes.inner(dim))

    def forward(self, x: Tensor, context: Context) -> Tensor:
        if isinstance(self.mixer, Attention):
            x = rms_norm(x + self.mixer(x, context))
        else:
            columns = x.transpose(1, 2)
            x = rms_norm(columns + self.mixer(columns)).transpose(1, 2)
        return rms_norm(x + self.mlp(x))


class Stack(nn.Module):
    """Blocks in a row: [n, T, dim] -> [n, T, dim]."""

    def __init__(
        self,
        blocks: int,
        dim: int,
        sizes: BlockSizes,
        mixed_length: int | None = None,
        block: type[Block] = Block,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(block(dim, sizes, mixed_length) for _ in range(blocks))

    def forward(self, x: Tensor, context: Context) -> Tensor:
        for block in self.blocks:
            x = block(x, context)
        return x
