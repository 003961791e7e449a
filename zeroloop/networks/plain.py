"""A plain pre-norm transformer behind the same interface: what recursion has to be better than at equal cost."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from zeroloop.devices import checked_device
from zeroloop.networks._reasoner import Carry, Reasoner, ReasonerConfig
from zeroloop.networks._transformer import Attention, Block, Context, Stack, rms_norm


class PlainConfig(ReasonerConfig):
    """Settings of a plain transformer."""

    dim: int = Field(256, ge=4)
    num_layers: int = Field(6, ge=1)

    def dims(self) -> dict[str, int]:
        """The width."""
        return {"dim": self.dim}

    @property
    def segments(self) -> int:
        """One: there is no state to go on from."""
        return 1

    @classmethod
    def presets(cls) -> Mapping[str, "PlainConfig"]:
        """`small`, `sudoku`: about as many layers to pass in a training step as HRM and TRM of that name have."""
        return _PRESETS


_PRESETS: Mapping[str, PlainConfig] = {
    "small": PlainConfig(dim=128, num_layers=10, head_dim=32),
    "sudoku": PlainConfig(dim=512, num_layers=23, vocab_size=11, max_tokens=81, predict_tokens=True),
}

Config = PlainConfig


class PreNormBlock(Block):
    """x = x + mixer(rms(x)); x = x + swiglu(rms(x)), which trains more easily than post-norm when stacked high."""

    def forward(self, x: Tensor, context: Context) -> Tensor:
        """[n, T, dim] -> [n, T, dim]."""
        assert isinstance(self.mixer, Attention)
        x = x + self.mixer(rms_norm(x), context)
        y: Tensor = x + self.mlp(rms_norm(x))
        return y


class PlainTransformer(Reasoner):
    """z_h = rms(blocks(x)), in one segment; z_l is not used."""

    kind: ClassVar[str] = "plain"
    config_class: ClassVar[type[ReasonerConfig]] = PlainConfig

    def __init__(self, config: PlainConfig) -> None:
        super().__init__(config)
        self.net = Stack(config.num_layers, config.dim, config.block_sizes, block=PreNormBlock)

    def segment(self, carry: Carry, x: Tensor, context: Context) -> Carry:
        """See the class."""
        return carry._replace(z_h=rms_norm(self.net(x, context)))


Agent = PlainTransformer


def create_plain_agent(config: PlainConfig | None = None, device: str | torch.device = "cpu") -> PlainTransformer:
    """An untrained transformer on `device` (cpu, cuda, cuda:N, mps)."""
    return PlainTransformer(config or PlainConfig()).to(checked_device(device))
