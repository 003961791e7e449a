"""Examples in, weights out."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zeroloop.data.replay import Batch
from zeroloop.learning.compilation import compile_blocks
from zeroloop.learning.losses import losses, targets
from zeroloop.learning.optimization import Updater, compute_dtype, decayed_groups
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import GameNetwork
from zeroloop.observers import TokensObserver


class Learner:
    """Trains `network` in place and keeps an exponential moving average of its weights, which is what plays.

    The network's `forward_training` gives the logits that `losses` reads. The learner never
    sets the number of threads: the caller does (`torch.set_num_threads`), and for fixed inputs and thread count the
    result is the same bit for bit.
    """

    def __init__(self, network: GameNetwork, settings: LearnerSettings) -> None:
        self.settings = settings
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = next(network.parameters()).device
        groups = decayed_groups(network, settings.weight_decay)
        optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
        self.updater = Updater(self.network, optimizer, settings)
        if settings.compile:
            compile_blocks(self.network)
        dtype = compute_dtype(settings.precision, self.device)
        self._autocast = None if dtype == torch.float32 else network.train_in(dtype)

    def train(self, batches: Iterable[Batch | Sequence[Batch]], progress: float) -> dict[str, float]:
        """Means over one step per batch: the scalars of `losses` and gradient_norm; plus steps and learning_rate.

        A batch may come in parts of different sizes, which are learned from in one step. progress: share of the run
        that is over, 0 to 1; it sets the learning rate of all these steps. Raises DivergedError with the batch when a
        loss is not finite, before it changes a weight; ValueError when there are no batches.
        """
        self.network.train()
        watched = [self._step(batch, progress) for batch in batches]
        if not watched:
            raise ValueError("train() needs at least one batch")
        names = list(watched[0])
        means = torch.stack([torch.stack([step[name] for name in names]) for step in watched]).mean(0)
        metrics = dict(zip(names, means.tolist(), strict=True))
        return {**metrics, "steps": self.updater.steps, "learning_rate": self.updater.rate(progress)}

    def weights(self) -> dict[str, Tensor]:
        """A copy of the averaged weights and batch-norm statistics, by name: what plays and what checkpoints keep; on
        the CPU."""
        return {name: tensor.to("cpu", copy=True) for name, tensor in self.updater.average.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """See Updater."""
        return self.updater.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See Updater."""
        self.updater.load_state_dict(state)

    def _step(self, batch: Batch | Sequence[Batch], progress: float) -> dict[str, Tensor]:
        parts = by_room(batch, self.network) if isinstance(batch, Batch) else batch
        rows = sum(map(len, parts))
        found = [self._losses(part) for part in parts]
        results = {
            name: torch.stack([len(part) / rows * each[name] for part, each in zip(parts, found, strict=True)]).sum()
            for name in found[0]
        }
        norm = self.updater.update(results["loss"], progress, lambda: _arrays(parts))
        return {**{name: value.detach() for name, value in results.items()}, "gradient_norm": norm}

    def _losses(self, batch: Batch) -> dict[str, Tensor]:
        target = targets(batch, self.device)
        network = self.network if batch.observer is None else self.network.seen_by(batch.observer)
        with torch.autocast(self.device.type, self._autocast, enabled=self._autocast is not None):
            predictions = network.forward_training(target.observations)
        return losses(predictions, target, self.settings)


def by_room(batch: Batch, network: GameNetwork) -> list[Batch]:
    """`batch` in parts of rows that need about as much room, where the network pads and has smaller views of itself."""
    full, views = network.observer, network.smaller(None) if network.pads else []
    if not views:
        return [batch]
    assert isinstance(full, TokensObserver)
    parts, rest = [], np.arange(len(batch))
    for observer in (*(observer for observer, _ in views), full):
        fits = observer.fits(batch.observations[rest], full)
        if fits.any():
            parts.append(batch.part(rest[fits], observer, full))
            rest = rest[~fits]
    return parts


def _arrays(parts: Sequence[Batch]) -> dict[str, Any]:
    """The arrays of all parts by name, for inspection."""
    return {
        f"{name}_{index}" if index else name: value
        for index, part in enumerate(parts)
        for name, value in vars(part).items()
        if isinstance(value, np.ndarray)
    }
