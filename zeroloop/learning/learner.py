"""Examples in, weights out."""

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from zeroloop.data.replay import Batch
from zeroloop.learning.losses import losses, targets
from zeroloop.learning.optimization import (
    check_finite,
    compute_dtype,
    decayed_groups,
    learning_rate,
    restoring,
    update_average,
)
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import GameNetwork


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
        groups = decayed_groups(network, settings.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
        dtype = compute_dtype(settings.precision, self.device)
        self._autocast = None if dtype == torch.float32 else network.train_in(dtype)

    def train(self, batches: Iterable[Batch], progress: float) -> dict[str, float]:
        """Means over one step per batch: the scalars of `losses` and gradient_norm; plus steps and learning_rate.

        progress: share of the run that is over, 0 to 1; it sets the learning rate of all these steps.
        Raises DivergedError with the batch when a loss is not finite, before it changes a weight; ValueError when there
        are no batches.
        """
        self.network.train()
        watched = [self._step(batch, progress) for batch in batches]
        if not watched:
            raise ValueError("train() needs at least one batch")
        names = list(watched[0])
        means = torch.stack([torch.stack([step[name] for name in names]) for step in watched]).mean(0)
        metrics = dict(zip(names, means.tolist(), strict=True))
        rate = learning_rate(self.settings, self.steps, progress)
        return {**metrics, "steps": self.steps, "learning_rate": rate}

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
        with restoring():
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.steps = int(state["steps"])

    def _step(self, batch: Batch, progress: float) -> dict[str, Tensor]:
        target = targets(batch, self.device)
        with torch.autocast(self.device.type, self._autocast, enabled=self._autocast is not None):
            predictions = self.network.forward_training(target.observations)
        results = losses(predictions, target, self.settings)
        check_finite(results["loss"], self.steps, self.settings.learning_rate, lambda: vars(batch))
        self.optimizer.zero_grad(set_to_none=True)
        results["loss"].backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, self.steps, progress)
        self.optimizer.step()
        self.steps += 1
        update_average(self.average, self.network, self.settings.ema_decay, self.steps)
        return {**{name: value.detach() for name, value in results.items()}, "gradient_norm": norm}
