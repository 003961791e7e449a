"""Hierarchical Reasoning Model: a slow state H and a fast state L with a network each (arXiv 2506.21734)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from zeroloop.devices import checked_device
from zeroloop.networks._reasoner import Carry, Reasoner, ReasonerConfig
from zeroloop.networks._transformer import Context, Linear, Stack


class HRMConfig(ReasonerConfig):
    """Settings of an HRM. The defaults make the agent that gives the policy of a search."""

    h_dim: int = Field(512, ge=4)
    """Width of the slow state."""
    l_dim: int = Field(256, ge=4)
    """Width of the fast state; where it differs from h_dim, two learned maps lead from one to the other."""
    num_h_layers: int = Field(2, ge=1)
    num_l_layers: int = Field(4, ge=1)
    gradient: Literal["one_step", "last_cycle"] = "one_step"
    """The paper's one-step gradient; or the whole last cycle, which TRM's ablation found far better."""
    max_segments: int = Field(16, ge=1)
    policy: Literal["off", "pointer", "linear"] = "pointer"

    def dims(self) -> dict[str, int]:
        """Widths of z_h and z_l."""
        return {"h_dim": self.h_dim, "l_dim": self.l_dim}

    @property
    def segments(self) -> int:
        """The most segments."""
        return self.max_segments

    @classmethod
    def presets(cls) -> Mapping[str, "HRMConfig"]:
        """`sudoku`, `maze`: the paper's. `small`: for two cores."""
        return _PRESETS


_PAPER = HRMConfig(
    h_dim=512,
    l_dim=512,
    num_h_layers=4,
    num_l_layers=4,
    vocab_size=11,
    max_tokens=81,
    q_continue=True,
    predict_tokens=True,
    policy="off",
)
_PRESETS: Mapping[str, HRMConfig] = {
    "sudoku": _PAPER,
    "maze": _PAPER.model_copy(update={"vocab_size": 6, "max_tokens": 900}),
    "small": HRMConfig(h_dim=128, l_dim=128, num_h_layers=2, num_l_layers=2, head_dim=32, gradient="last_cycle"),
}

Config = HRMConfig


class HRMAgent(Reasoner):
    """z_l = Lnet(z_l, W_down z_h + x); z_h = Hnet(z_h, W_up z_l); a net adds its arguments and runs its blocks."""

    kind: ClassVar[str] = "hrm"
    config_class: ClassVar[type[ReasonerConfig]] = HRMConfig

    def __init__(self, config: HRMConfig) -> None:
        super().__init__(config)
        h, low = config.h_dim, config.l_dim
        self.h_net = Stack(config.num_h_layers, h, config.block_sizes)
        self.l_net = Stack(config.num_l_layers, low, config.block_sizes)
        self.down = Linear(h, low) if h != low else None
        self.up = Linear(low, h) if h != low else None

    def update_low(self, carry: Carry, x: Tensor, context: Context) -> Tensor:
        """See the class."""
        z_h = carry.z_h if self.down is None else self.down(carry.z_h)
        y: Tensor = self.l_net(carry.z_l + (z_h + x), context)
        return y

    def update_high(self, carry: Carry, context: Context) -> Tensor:
        """See the class."""
        z_l = carry.z_l if self.up is None else self.up(carry.z_l)
        y: Tensor = self.h_net(carry.z_h + z_l, context)
        return y


Agent = HRMAgent


def create_hrm_agent(config: HRMConfig | None = None, device: str | torch.device = "cpu") -> HRMAgent:
    """An untrained HRM on `device` (cpu, cuda, cuda:N, mps); weights are drawn from torch's global generator."""
    return HRMAgent(config or HRMConfig()).to(checked_device(device))
