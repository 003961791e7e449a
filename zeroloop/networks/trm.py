"""Tiny Recursive Model: one small network that refines an answer and a latent state in turns (arXiv 2510.04871)."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from zeroloop.devices import checked_device
from zeroloop.errors import SettingError
from zeroloop.networks._reasoner import Carry, Inputs, Reasoner, ReasonerConfig
from zeroloop.networks._transformer import Context, Stack


class TRMConfig(ReasonerConfig):
    """Settings of a TRM. The defaults make the agent that gives the value of a search."""

    latent_dim: int = Field(256, ge=4)
    """Width of both states."""
    num_layers: int = Field(2, ge=1)
    h_cycles: int = Field(3, ge=1)
    """T of the paper: how often the answer is refined in a segment, the last time with a gradient."""
    l_cycles: int = Field(6, ge=1)
    """n of the paper: updates of the latent state before the answer is refined."""
    mixer: Literal["attention", "mlp"] = "attention"
    """What mixes tokens; "mlp" is for inputs of exactly `max_tokens` tokens."""
    num_recursions: int = Field(16, ge=1)
    """The most segments that a row may take."""
    value: Literal["off", "wdl", "categorical"] = "categorical"

    @model_validator(mode="after")
    def _no_positions(self) -> Self:
        if self.mixer == "mlp" and self.positions != "off":
            raise ValueError(f"positions must be 'off' with the mixer 'mlp', not {self.positions!r}")
        return self

    def dims(self) -> dict[str, int]:
        """The width of both states."""
        return {"latent_dim": self.latent_dim}

    @property
    def segments(self) -> int:
        """The most segments."""
        return self.num_recursions

    @classmethod
    def presets(cls) -> Mapping[str, "TRMConfig"]:
        """`sudoku` (attention), `sudoku-mlp`, `maze`: the paper's. `small`, `small-mlp`: for two cores."""
        return _PRESETS


_PAPER = TRMConfig(latent_dim=512, vocab_size=11, max_tokens=81, prefix_tokens=16, predict_tokens=True, value="off")
_SMALL = TRMConfig(latent_dim=128, h_cycles=2, l_cycles=3, head_dim=32)
_PRESETS: Mapping[str, TRMConfig] = {
    "sudoku": _PAPER,
    "sudoku-mlp": _PAPER.model_copy(update={"mixer": "mlp", "positions": "off"}),
    "maze": _PAPER.model_copy(update={"vocab_size": 6, "max_tokens": 900, "l_cycles": 4}),
    "small": _SMALL,
    "small-mlp": _SMALL.model_copy(update={"mixer": "mlp", "positions": "off"}),
}

Config = TRMConfig


class TRMAgent(Reasoner):
    """z_l = net(z_l, z_h + x); z_h = net(z_h, z_l); the net adds its arguments and runs its blocks."""

    kind: ClassVar[str] = "trm"
    config_class: ClassVar[type[ReasonerConfig]] = TRMConfig

    def __init__(self, config: TRMConfig) -> None:
        super().__init__(config)
        length = config.prefix_tokens + config.max_tokens if config.mixer == "mlp" else None
        self.net = Stack(config.num_layers, config.latent_dim, config.block_sizes, length)

    def check(self, inputs: Inputs) -> None:
        """See Reasoner; the mixer "mlp" takes inputs of one length."""
        super().check(inputs)
        length, most = inputs.tokens.shape[1], self.config.max_tokens
        if self.config.mixer == "mlp" and length != most:
            raise SettingError(
                f"inputs.tokens must be [rows, {most}] for the mixer 'mlp', not {list(inputs.tokens.shape)}; set "
                f"max_tokens to {length}, or the mixer to 'attention'"
            )

    def update_low(self, carry: Carry, x: Tensor, context: Context) -> Tensor:
        """See the class."""
        y: Tensor = self.net(carry.z_l + (carry.z_h + x), context)
        return y

    def update_high(self, carry: Carry, context: Context) -> Tensor:
        """See the class."""
        y: Tensor = self.net(carry.z_h + carry.z_l, context)
        return y


Agent = TRMAgent


def create_trm_agent(config: TRMConfig | None = None, device: str | torch.device = "cpu") -> TRMAgent:
    """An untrained TRM on `device` (cpu, cuda, cuda:N, mps); weights are drawn from torch's global generator."""
    return TRMAgent(config or TRMConfig()).to(checked_device(device))
