"""Losses by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from zeroloop.data.replay import Batch
from zeroloop.learning.losses import losses, soft_cross_entropy, targets
from zeroloop.learning.settings import LearnerSettings

CPU = torch.device("cpu")


@pytest.fixture
def small() -> Batch:
    """Two rows, three actions; the third is illegal in row 0, and row 1 has no reply."""
    return Batch(
        observations=np.zeros((2, 1, 2, 2), np.float32),
        policy=np.array([[0.5, 0.5, 0], [0, 0, 1]], np.float32),
        legal=np.array([[True, True, False], [True, True, True]]),
        wdl=np.array([[1, 0, 0], [0.25, 0.5, 0.25]], np.float32),
        reply=np.array([[0, 1, 0], [0, 0, 0]], np.float32),
        weight=np.ones(2, np.float32),
    )


def zeros() -> dict[str, torch.Tensor]:
    heads = {name: torch.zeros(2, 3, requires_grad=True) for name in ("policy", "reply", "soft_policy", "value")}
    heads["policy"] = torch.tensor([[0.0, 0.0, 50.0], [0.0, 0.0, 0.0]], requires_grad=True)
    return heads


def test_uniform_predictions_by_hand(small: Batch) -> None:
    got = losses([zeros()], targets(small, CPU), LearnerSettings(reply_weight=0.5, soft_policy_weight=2))
    two, three = np.log(2), np.log(3)
    expected = {
        "policy_loss": (two + three) / 2,  # the illegal action's large logit does not count
        "value_loss": three,
        "reply_loss": three / 2,  # the game ended after row 1
        "soft_policy_loss": (two + three) / 2,
        "policy_entropy": (two + three) / 2,
        "policy_accuracy": 0.5,  # arg max is the first action: right in row 0, wrong in row 1
        "value_error": 0.5,
    }
    for name, value in expected.items():
        assert got[name].item() == pytest.approx(value, abs=1e-6), name
    assert got["loss"].item() == pytest.approx((two + three) / 2 * 3 + three + three / 4, abs=1e-5)


def test_the_soft_target_is_the_flattened_policy(small: Batch) -> None:
    peaked = replace(small, policy=np.array([[0.9984, 0.0016, 0], [1, 0, 0]], np.float32))
    heads = zeros()
    root = np.array([0.9984**0.25, 0.0016**0.25])  # about 1 and 0.2
    heads["soft_policy"] = torch.tensor([[*np.log(root / root.sum()), -30.0], [30.0, 0.0, 0.0]]).float()
    got = losses([heads], targets(peaked, CPU), LearnerSettings())
    share = root / root.sum()
    assert got["soft_policy_loss"].item() == pytest.approx(-(share * np.log(share)).sum() / 2, abs=1e-5)


def test_weights_scale_rows(small: Batch) -> None:
    weighted = replace(small, weight=np.array([2, 0], np.float32))
    got = losses([zeros()], targets(weighted, CPU), LearnerSettings())
    assert got["policy_loss"].item() == pytest.approx(np.log(2), abs=1e-6)


def test_illegal_logits_get_no_gradient(small: Batch) -> None:
    heads = zeros()
    losses([heads], targets(small, CPU), LearnerSettings())["loss"].backward()
    assert heads["policy"].grad is not None and heads["soft_policy"].grad is not None
    assert heads["policy"].grad[0, 2] == 0 and heads["soft_policy"].grad[0, 2] == 0
    assert heads["reply"].grad is not None
    assert (heads["reply"].grad[1] == 0).all()


def test_soft_cross_entropy_is_zero_without_a_target() -> None:
    assert soft_cross_entropy(torch.randn(2, 3), torch.zeros(2, 3)).tolist() == [0, 0]
