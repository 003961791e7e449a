"""What every kind of training shares: rates, averaged weights, precision, the state that resume needs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from zeroloop.errors import CheckpointError, DivergedError


class Schedule(Protocol):
    """The settings that `learning_rate` reads."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def final_learning_rate(self) -> float: ...
    @property
    def warmup_steps(self) -> int: ...


def learning_rate(settings: Schedule, steps: int, progress: float) -> float:
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


def check_finite(loss: Tensor, steps: int, rate: float, batch: Callable[[], Mapping[str, Any]]) -> None:
    """Raises DivergedError, which keeps the arrays that `batch` gives for inspection, where `loss` is not finite."""
    if not bool(loss.isfinite()):
        raise DivergedError(
            f"training diverged at step {steps}: loss {float(loss.detach())}; lower learner.learning_rate (now {rate}) "
            "and resume from the last checkpoint",
            batch(),
        )


@contextmanager
def restoring() -> Iterator[None]:
    """Errors of a training state that does not fit, as CheckpointError."""
    try:
        yield
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"the training state is not of this network: {str(error).splitlines()[0]}; resume with the settings that "
            "the run was started with"
        ) from error
