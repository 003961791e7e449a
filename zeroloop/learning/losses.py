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
    avoid: Tensor | None


def targets(batch: Batch, device: torch.device) -> Targets:
    """`batch` as tensors; on a CPU they share its memory. Planes are channels_last, as convolutions like them."""
    arrays = {name: getattr(batch, name) for name in Targets._fields}
    found = {name: None if each is None else torch.from_numpy(each).to(device) for name, each in arrays.items()}
    first = found.pop("observations")
    assert first is not None
    found["observations"] = first.contiguous(memory_format=torch.channels_last) if first.dim() == 4 else first
    return Targets(**found)  # type: ignore[arg-type]


def soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """[n] nats: cross-entropy of each row of `logits` with its distribution; 0 where `target` is all zero."""
    return -(target * functional.log_softmax(logits.float(), dim=-1)).sum(-1)


def losses(predictions: Sequence[dict[str, Tensor]], target: Targets, settings: LearnerSettings) -> dict[str, Tensor]:
    """Scalars to minimise (`loss`) and to watch, each a mean over the batch with the examples' weights.

    predictions: for each answer that is trained, logits `policy` [n, A] and `value` [n, 3] or [n, bins], and where the
    network has these heads `reply` and `soft_policy` [n, A], of any floating type. Scalars are means over the answers.
    Where there are several answers with halt logits `policy_halt` and `value_halt` [n], these are trained too.
    A network may have the policy or the value alone. Returns loss, policy_loss, avoid_loss, value_loss, reply_loss,
    soft_policy_loss, halt_loss (nats); without gradient, unweighted: policy_entropy (of the prediction, nats),
    policy_accuracy (share of equal arg max), value_error (mean absolute).
    """
    found = [_losses(answer, target, settings) for answer in predictions]
    means = {name: torch.stack([each[name] for each in found]).mean() for name in found[0]}
    if len(predictions) > 1 and ("policy_halt" in predictions[0] or "value_halt" in predictions[0]):
        means["halt_loss"] = _halt_loss(predictions, target, settings)
        means["loss"] = means["loss"] + settings.halt_weight * means["halt_loss"]
    return means


def _halt_loss(predictions: Sequence[dict[str, Tensor]], target: Targets, settings: LearnerSettings) -> Tensor:
    """Mean nats: whether an answer is already what the last one will be, within `halt_tolerance`."""
    found = []
    for each in predictions[:-1]:
        for name, distance in _distances(each, predictions[-1], target).items():
            settled = (distance <= settings.halt_tolerance).float()
            found.append(functional.binary_cross_entropy_with_logits(each[f"{name}_halt"].float(), settled))
    return torch.stack(found).mean()


@torch.no_grad()
def _distances(answer: dict[str, Tensor], last: dict[str, Tensor], target: Targets) -> dict[str, Tensor]:
    """[n] how far the policy and the value of an answer are from those of the last one."""
    found = {}
    if "policy_halt" in answer:
        policy, final = (_legal_logits(each, target).softmax(-1) for each in (answer, last))
        found["policy"] = (policy - final).abs().sum(-1) / 2
    if "value_halt" in answer:
        found["value"] = (value_of(answer["value"]) - value_of(last["value"])).abs()
    return found


def _legal_logits(predictions: dict[str, Tensor], target: Targets) -> Tensor:
    return predictions["policy"].float().masked_fill(~target.legal, _ILLEGAL)


def _losses(predictions: dict[str, Tensor], target: Targets, settings: LearnerSettings) -> dict[str, Tensor]:
    def mean(rows: Tensor) -> Tensor:
        return (rows * target.weight).mean()

    parts: dict[str, Tensor] = {}
    observed: dict[str, Tensor] = {}
    weights = {"value_loss": settings.value_weight, "reply_loss": settings.reply_weight}
    weights |= {"soft_policy_loss": settings.soft_policy_weight, "avoid_loss": settings.avoid_weight}
    if "policy" in predictions:
        logits = _legal_logits(predictions, target)
        parts["policy_loss"] = mean(soft_cross_entropy(logits, target.policy))
        if target.avoid is not None:
            parts["avoid_loss"] = mean(unlikelihood(logits, target.avoid))
        observed |= _observed_policy(logits.detach(), target)
    if "value" in predictions:
        value = predictions["value"]
        parts["value_loss"] = mean(soft_cross_entropy(value, _value_target(target, value)))
        observed["value_error"] = (value_of(value.detach()) - (target.wdl[:, 0] - target.wdl[:, 2])).abs().mean()
    if "reply" in predictions:
        parts["reply_loss"] = mean(soft_cross_entropy(predictions["reply"], target.reply))
    if "soft_policy" in predictions:
        soft_logits = predictions["soft_policy"].float().masked_fill(~target.legal, _ILLEGAL)
        soft = target.policy ** (1 / settings.soft_policy_temperature)
        parts["soft_policy_loss"] = mean(soft_cross_entropy(soft_logits, soft / soft.sum(-1, keepdim=True)))
    total = torch.stack([weights.get(name, 1.0) * part for name, part in parts.items()]).sum()
    return {"loss": total, **parts, **observed}


def unlikelihood(logits: Tensor, avoid: Tensor) -> Tensor:
    """[n] nats: -log(1 - p) of each action, weighted by `avoid` [n, A] (Welleck et al. 2020)."""
    probabilities = logits.float().softmax(-1)
    return -(avoid * torch.log1p(-probabilities.clamp(max=1 - 1e-4))).sum(-1)


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


@torch.no_grad()
def _observed_policy(logits: Tensor, target: Targets) -> dict[str, Tensor]:
    return {
        "policy_entropy": soft_cross_entropy(logits, logits.softmax(-1)).mean(),
        "policy_accuracy": (logits.argmax(-1) == target.policy.argmax(-1)).float().mean(),
    }
