"""What every kind of training shares: rates, averaged weights, precision, the state that resume needs."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from zeroloop.errors import CheckpointError, DivergedError

Network = TypeVar("Network", bound=nn.Module)


class UpdateSettings(Protocol):
    """The settings of an `Updater`."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def final_learning_rate(self) -> float: ...
    @property
    def warmup_steps(self) -> int: ...
    @property
    def gradient_clip(self) -> float: ...
    @property
    def ema_decay(self) -> float: ...


class Updater(Generic[Network]):
    """Changes the weights of `network` in place, and keeps `average`, their exponential moving average.

    steps: updates so far.
    """

    def __init__(self, network: Network, optimizer: torch.optim.Optimizer, settings: UpdateSettings) -> None:
        self.network, self.optimizer, self.settings = network, optimizer, settings
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.steps = 0

    def rate(self, progress: float) -> float:
        """The learning rate of the next update at `progress` (0 to 1) of a run."""
        return learning_rate(self.settings, self.steps, progress)

    def update(self, loss: Tensor, progress: float, batch: Callable[[], Mapping[str, Any]]) -> Tensor:
        """One step down the gradient of `loss`; the norm of that gradient before it was clipped.

        Raises DivergedError, which keeps the arrays that `batch` gives for inspection, where `loss` is not finite; the
        weights are as before.
        """
        if not bool(loss.isfinite()):
            raise DivergedError(
                f"training diverged at step {self.steps}: loss {float(loss.detach())}; lower learner.learning_rate "
                f"(now {self.settings.learning_rate}) and resume from the last checkpoint",
                batch(),
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(progress)
        self.optimizer.step()
        self.steps += 1
        update_average(self.average, self.network, self.settings.ema_decay, self.steps)
        return norm

    def state_dict(self) -> dict[str, Any]:
        """All that training depends on, as tensors and plain data; not a copy: save or clone before training on."""
        return {
            "network": dict(self.network.state_dict()),
            "average": dict(self.average.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state_dict()`, bit for bit. Raises CheckpointError when it is of a different network."""
        try:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.steps = int(state["steps"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"the training state is not of this network: {str(error).splitlines()[0]}; resume with the settings "
                "that the run was started with"
            ) from error


def learning_rate(settings: UpdateSettings, steps: int, progress: float) -> float:
    """The step size after `steps` steps at `progress` (0 to 1) of a run.

    It rises linearly over the warm-up, stays at `learning_rate` up to half-way, then falls linearly to the share
    `final_learning_rate` of it.
    """
    warmup = min((steps + 1) / (settings.warmup_steps + 1), 1)
    decay = 1 - (1 - settings.final_learning_rate) * min(max(2 * progress - 1, 0), 1)
    return settings.learning_rate * warmup * decay


def decayed_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups: decay for matrices and convolutions, none for biases, scales and start vectors."""
    parameters = list(network.parameters())
    return [
        {"params": [weight for weight in parameters if weight.dim() > 1], "weight_decay": weight_decay},
        {"params": [weight for weight in parameters if weight.dim() <= 1], "weight_decay": 0.0},
    ]


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float, steps: int) -> None:
    """Move `average` towards `network` by 1 - `decay`; copy what is not a floating-point number.

    Early on the average spans a tenth of the steps so far, so that it forgets the untrained weights.
    """
    share = 1 - min(decay, (1 + steps) / (10 + steps))
    pairs = list(zip(_tensors(average), _tensors(network), strict=True))
    floating = [pair for pair in pairs if pair[0].is_floating_point()]
    torch._foreach_lerp_([mean for mean, _ in floating], [current for _, current in floating], share)
    for mean, current in pairs:
        if not mean.is_floating_point():
            mean.copy_(current)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def compute_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The dtype of activations: bfloat16 for "bf16", and for "auto" where `device` multiplies it in hardware."""
    if precision == "bf16" or (precision == "auto" and _native_bf16(device)):
        return torch.bfloat16
    return torch.float32


def _native_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
