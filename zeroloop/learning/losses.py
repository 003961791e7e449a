"""Losses over a batch of examples, as data."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from zeroloop.data.replay import Batch
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import value_of

_ILLEGAL = -1e9  # finite, so that 0 * log-probability is 0 and not NaN


class Targets(NamedTuple):
    """A Batch as tensors on the network's device; see zeroloop.data.replay.Batch for shapes."""

    observations: Tensor
    policy: Tensor
    legal: Tensor
    wdl: Tensor
    reply: Tensor
    weight: Tensor


def targets(batch: Batch, device: torch.device) -> Targets:
    """`batch` as tensors; on a CPU they share its memory. Planes are channels_last, as convolutions like them."""
    first, *others = (torch.from_numpy(getattr(batch, name)).to(device) for name in Targets._fields)
    return Targets(first.contiguous(memory_format=torch.channels_last) if first.dim() == 4 else first, *others)


def soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """[n] nats: cross-entropy of each row of `logits` with its distribution; 0 where `target` is all zero."""
    return -(target * functional.log_softmax(logits.float(), dim=-1)).sum(-1)


def losses(predictions: Sequence[dict[str, Tensor]], target: Targets, settings: LearnerSettings) -> dict[str, Tensor]:
    """Scalars to minimise (`loss`) and to watch, each a mean over the batch with the examples' weights.

    predictions: for each answer that is trained, logits `policy` [n, A] and `value` [n, 3] or [n, bins], and where the
    network has these heads `reply` and `soft_policy` [n, A], of any floating type. Scalars are means over the answers.
    Where there are several answers with halt logits `policy_halt` and `value_halt` [n], these are trained too.
    Returns loss, policy_loss, value_loss, reply_loss, soft_policy_loss, halt_loss (nats); without gradient, unweighted:
    policy_entropy (of the prediction, nats), policy_accuracy (share of equal arg max), value_error (mean absolute).
    """
    found = [_losses(answer, target, settings) for answer in predictions]
    means = {name: torch.stack([each[name] for each in found]).mean() for name in found[0]}
    if len(predictions) > 1 and "policy_halt" in predictions[0]:
        means["halt_loss"] = _halt_loss(predictions, target, settings)
        means["loss"] = means["loss"] + settings.halt_weight * means["halt_loss"]
    return means


def _halt_loss(predictions: Sequence[dict[str, Tensor]], target: Targets, settings: LearnerSettings) -> Tensor:
    """Mean nats: whether an answer is already what the last one will be, within `halt_tolerance`."""
    policies = [_legal_logits(each, target).detach().softmax(-1) for each in predictions]
    values = [value_of(each["value"].detach()) for each in predictions]
    found = []
    for each, policy, value in zip(predictions[:-1], policies[:-1], values[:-1], strict=True):
        distances = {
            "policy_halt": (policy - policies[-1]).abs().sum(-1) / 2,
            "value_halt": (value - values[-1]).abs(),
        }
        for name, distance in distances.items():
            settled = (distance <= settings.halt_tolerance).float()
            found.append(functional.binary_cross_entropy_with_logits(each[name].float(), settled))
    return torch.stack(found).mean()


def _legal_logits(predictions: dict[str, Tensor], target: Targets) -> Tensor:
    return predictions["policy"].float().masked_fill(~target.legal, _ILLEGAL)


def _losses(predictions: dict[str, Tensor], target: Targets, settings: LearnerSettings) -> dict[str, Tensor]:
    def mean(rows: Tensor) -> Tensor:
        return (rows * target.weight).mean()

    logits = _legal_logits(predictions, target)
    parts = {
        "policy_loss": mean(soft_cross_entropy(logits, target.policy)),
        "value_loss": mean(soft_cross_entropy(predictions["value"], _value_target(target, predictions["value"]))),
    }
    total = parts["policy_loss"] + settings.value_weight * parts["value_loss"]
    if "reply" in predictions:
        parts["reply_loss"] = mean(soft_cross_entropy(predictions["reply"], target.reply))
        total = total + settings.reply_weight * parts["reply_loss"]
    if "soft_policy" in predictions:
        soft_logits = predictions["soft_policy"].float().masked_fill(~target.legal, _ILLEGAL)
        soft = target.policy ** (1 / settings.soft_policy_temperature)
        parts["soft_policy_loss"] = mean(soft_cross_entropy(soft_logits, soft / soft.sum(-1, keepdim=True)))
        total = total + settings.soft_policy_weight * parts["soft_policy_loss"]
    return {"loss": total, **parts, **_observed(logits.detach(), predictions["value"].detach(), target)}


def _value_target(target: Targets, logits: Tensor) -> Tensor:
    """What value logits are compared with: win, draw and loss [n, 3], or two-hot weights [n, bins] on [-1, 1]."""
    if logits.shape[-1] == 3:
        return target.wdl
    return two_hot(target.wdl[:, 0] - target.wdl[:, 2], logits.shape[-1])


def two_hot(values: Tensor, bins: int) -> Tensor:
    """[n, bins] weights on the two of `bins` points between -1 and 1 that are next to each value [n]; their mean is the
    value (Schrittwieser 2020, appendix F)."""
    place = (values + 1) / 2 * (bins - 1)
    low = place.floor().clamp(0, bins - 2)
    share = (place - low).unsqueeze(-1)
    weights = torch.zeros(len(values), bins, device=values.device)
    weights.scatter_(1, low.long().unsqueeze(-1), 1 - share)
    return weights.scatter_(1, low.long().unsqueeze(-1) + 1, share)


def _observed(logits: Tensor, value: Tensor, target: Targets) -> dict[str, Tensor]:
    with torch.no_grad():
        probabilities = logits.softmax(-1)
        error = value_of(value) - (target.wdl[:, 0] - target.wdl[:, 2])
        return {
            "policy_entropy": soft_cross_entropy(logits, probabilities).mean(),
            "policy_accuracy": (logits.argmax(-1) == target.policy.argmax(-1)).float().mean(),
            "value_error": error.abs().mean(),
        }
