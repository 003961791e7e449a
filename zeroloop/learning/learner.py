"""Examples in, weights out."""

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from zeroloop.data.replay import Batch
from zeroloop.errors import CheckpointError, ZeroloopError
from zeroloop.learning.losses import losses, targets
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import GameNetwork


def lr_at(progress: float, final: float) -> float:
    """The share of the peak learning rate at `progress` (0 to 1) of a run: 1 up to half-way, then linear to `final`."""
    return 1 - (1 - final) * min(max(2 * progress - 1, 0), 1)


class Learner:
    """Trains `network` in place and keeps `average`, its exponential moving average, which is what plays.

    The network's `forward_training` gives the logits that `losses` reads. The learner never
    sets the number of threads: the caller does (`torch.set_num_threads`), and for fixed inputs and thread count the
    result is the same bit for bit.
    """

    def __init__(self, network: GameNetwork, settings: LearnerSettings) -> None:
        self.settings = settings
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.steps = 0
        self.device = next(network.parameters()).device
        matrices = [weight for weight in network.parameters() if weight.dim() > 1]
        vectors = [weight for weight in network.parameters() if weight.dim() <= 1]
        groups = [
            {"params": matrices, "weight_decay": settings.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
        bf16 = settings.precision == "bf16" or (settings.precision == "auto" and native_bf16(self.device))
        self._autocast = network.train_in(torch.bfloat16) if bf16 else None

    def train(self, batches: Iterable[Batch], progress: float) -> dict[str, float]:
        """Means over one step per batch: the scalars of `losses` and gradient_norm; plus steps and learning_rate.

        progress: share of the run that is over, 0 to 1; it sets the learning rate of all these steps.
        Raises ZeroloopError when a loss is not finite; ValueError when there are no batches.
        """
        self.network.train()
        watched = [self._step(batch, progress) for batch in batches]
        if not watched:
            raise ValueError("train() needs at least one batch")
        names = list(watched[0])
        means = torch.stack([torch.stack([step[name] for name in names]) for step in watched]).mean(0)
        metrics = dict(zip(names, means.tolist(), strict=True))
        if not torch.isfinite(means).all():
            raise ZeroloopError(
                f"training diverged before step {self.steps}: loss {metrics['loss']}; lower learning.learning_rate "
                f"(now {self.settings.learning_rate}) and resume from the last checkpoint"
            )
        return {**metrics, "steps": self.steps, "learning_rate": self._learning_rate(progress)}

    def weights(self) -> dict[str, Tensor]:
        """A copy of the averaged weights and batch-norm statistics, by name: what plays and what checkpoints keep."""
        return {name: tensor.clone() for name, tensor in self.average.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """All that training depends on, as tensors and plain data; not a copy: save or clone before training on."""
        return {
            "network": dict(self.network.state_dict()),
            "average": dict(self.average.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
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

    def _step(self, batch: Batch, progress: float) -> dict[str, Tensor]:
        target = targets(batch, self.device)
        with torch.autocast(self.device.type, self._autocast, enabled=self._autocast is not None):
            predictions = self.network.forward_training(target.observations)
        results = losses(predictions, target, self.settings)
        self.optimizer.zero_grad(set_to_none=True)
        results["loss"].backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate(progress)
        self.optimizer.step()
        self.steps += 1
        self._update_average()
        return {**{name: value.detach() for name, value in results.items()}, "gradient_norm": norm}

    def _learning_rate(self, progress: float) -> float:
        warmup = min((self.steps + 1) / (self.settings.warmup_steps + 1), 1)
        return self.settings.learning_rate * warmup * lr_at(progress, self.settings.final_learning_rate)

    @torch.no_grad()
    def _update_average(self) -> None:
        """Early on the average spans a tenth of the steps so far, so that it forgets the untrained weights."""
        decay = min(self.settings.ema_decay, (1 + self.steps) / (10 + self.steps))
        for mean, current in zip(self._tensors(self.average), self._tensors(self.network), strict=True):
            if mean.is_floating_point():
                mean.lerp_(current, 1 - decay)
            else:
                mean.copy_(current)

    @staticmethod
    def _tensors(module: nn.Module) -> list[Tensor]:
        return [*module.parameters(), *module.buffers()]


def native_bf16(device: torch.device) -> bool:
    """Whether `device` multiplies bfloat16 in hardware (elsewhere it is emulated, slower than float32)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
