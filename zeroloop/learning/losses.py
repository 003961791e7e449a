"""Losses over a batch of examples, as data."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from zeroloop.data.replay import Batch
from zeroloop.learning.settings import LearnerSettings

_ILLEGAL = -1e9  # finite, so that 0 * log-probability is 0 and not NaN


class Targets(NamedTuple):
    """A Batch as tensors on the network's device; see zeroloop.data.replay.Batch for shapes."""

    planes: Tensor
    policy: Tensor
    legal: Tensor
    wdl: Tensor
    reply: Tensor
    weight: Tensor


def targets(batch: Batch, device: torch.device) -> Targets:
    """`batch` as tensors; on a CPU they share its memory. Planes are channels_last, as convolutions like them."""
    tensors = [torch.from_numpy(getattr(batch, name)).to(device) for name in Targets._fields]
    return Targets(tensors[0].contiguous(memory_format=torch.channels_last), *tensors[1:])


def soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """[n] nats: cross-entropy of each row of `logits` with its distribution; 0 where `target` is all zero."""
    return -(target * functional.log_softmax(logits.float(), dim=-1)).sum(-1)


def losses(predictions: dict[str, Tensor], target: Targets, settings: LearnerSettings) -> dict[str, Tensor]:
    """Scalars to minimise (`loss`) and to watch, each a mean over the batch with the examples' weights.

    predictions: logits `policy`, `reply`, `soft_policy` [n, A] and `wdl` [n, 3], of any floating type.
    Returns loss, policy_loss, value_loss, reply_loss, soft_policy_loss (nats); without gradient and unweighted:
    policy_entropy (of the prediction, nats), policy_accuracy (share of equal arg max), value_error (mean absolute).
    """

    def mean(rows: Tensor) -> Tensor:
        return (rows * target.weight).mean()

    logits = predictions["policy"].float().masked_fill(~target.legal, _ILLEGAL)
    soft_logits = predictions["soft_policy"].float().masked_fill(~target.legal, _ILLEGAL)
    soft = target.policy ** (1 / settings.soft_policy_temperature)
    parts = {
        "policy_loss": mean(soft_cross_entropy(logits, target.policy)),
        "value_loss": mean(soft_cross_entropy(predictions["wdl"], target.wdl)),
        "reply_loss": mean(soft_cross_entropy(predictions["reply"], target.reply)),
        "soft_policy_loss": mean(soft_cross_entropy(soft_logits, soft / soft.sum(-1, keepdim=True))),
    }
    total = (
        parts["policy_loss"]
        + settings.value_weight * parts["value_loss"]
        + settings.reply_weight * parts["reply_loss"]
        + settings.soft_policy_weight * parts["soft_policy_loss"]
    )
    return {"loss": total, **parts, **_observed(logits.detach(), predictions["wdl"].detach(), target)}


def _observed(logits: Tensor, wdl: Tensor, target: Targets) -> dict[str, Tensor]:
    with torch.no_grad():
        probabilities = logits.softmax(-1)
        outcome = wdl.float().softmax(-1)
        error = (outcome[:, 0] - outcome[:, 2]) - (target.wdl[:, 0] - target.wdl[:, 2])
        return {
            "policy_entropy": soft_cross_entropy(logits, probabilities).mean(),
            "policy_accuracy": (logits.argmax(-1) == target.policy.argmax(-1)).float().mean(),
            "value_error": error.abs().mean(),
        }
