"""The learner learns, repeats itself exactly, and continues exactly from its saved state."""

import copy
import io
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from zeroloop.data.replay import Batch
from zeroloop.envs import tic_tac_toe
from zeroloop.errors import CheckpointError, DivergedError
from zeroloop.learning.learner import Learner
from zeroloop.learning.optimization import learning_rate
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import resnet

PRECISIONS = ["fp32", "bf16"]


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_small_set_is_learned_by_heart(network: resnet.ResNet, batch: Batch, precision: str) -> None:
    settings = LearnerSettings(precision=precision, warmup_steps=10, ema_decay=0.9, learning_rate=5e-3)
    learner = Learner(network, settings)
    before = learner.train([batch], 0)
    learner.train([batch] * 150, 0)
    after = learner.train([batch], 0)
    # Targets are one-hot: every loss can reach 0, and starts near log 6 (policies) and log 3 (value).
    assert before["policy_loss"] > 1.5 and before["value_loss"] > 1
    assert after["policy_loss"] < 0.05 and after["value_loss"] < 0.05
    assert after["policy_accuracy"] == 1 and after["value_error"] < 0.05
    with torch.no_grad():  # the averaged weights have learned it too
        policy, wdl = learner.updater.average(torch.from_numpy(batch.observations))
    legal = policy.masked_fill(~torch.from_numpy(batch.legal), -1e9)
    assert (legal.argmax(1).numpy() == batch.policy.argmax(1)).all()
    assert (wdl.argmax(1).numpy() == batch.wdl.argmax(1)).all()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_same_inputs_give_the_same_weights(network: resnet.ResNet, batch: Batch, precision: str) -> None:
    learners = [Learner(copy.deepcopy(network), LearnerSettings(precision=precision)) for _ in range(2)]
    metrics = [learner.train([batch] * 5, 0.7) for learner in learners]
    assert metrics[0] == metrics[1]
    assert same(learners[0].weights(), learners[1].weights())


def test_another_thread_gives_the_same_weights(network: resnet.ResNet, batch: Batch) -> None:
    here, there = (Learner(copy.deepcopy(network), LearnerSettings()) for _ in range(2))
    here.train([batch] * 3, 0)
    thread = threading.Thread(target=there.train, args=([batch] * 3, 0))
    thread.start()
    thread.join()
    assert same(here.weights(), there.weights())


@pytest.mark.parametrize("precision", PRECISIONS)
def test_saved_and_loaded_it_continues_bit_for_bit(network: resnet.ResNet, batch: Batch, precision: str) -> None:
    settings = LearnerSettings(precision=precision)
    straight = Learner(copy.deepcopy(network), settings)
    straight.train([batch] * 4, 0.2)
    buffer = io.BytesIO()
    torch.save(straight.state_dict(), buffer)
    buffer.seek(0)
    torch.manual_seed(99)
    resumed = Learner(resnet.build(network.config, tic_tac_toe.environment()), settings)
    resumed.load_state_dict(torch.load(buffer, weights_only=True))
    assert straight.train([batch] * 4, 0.8) == resumed.train([batch] * 4, 0.8)
    assert same(straight.weights(), resumed.weights())
    assert same(straight.state_dict()["network"], resumed.state_dict()["network"])


def test_the_average_follows_the_weights_and_the_statistics(network: resnet.ResNet, batch: Batch) -> None:
    learner = Learner(network, LearnerSettings(ema_decay=0.5))
    history = [copy.deepcopy(network.state_dict())]
    for _ in range(3):
        learner.train([batch], 0)
        history.append(copy.deepcopy(network.state_dict()))
    for name in ("stem.conv.weight", "stem.norm.running_mean"):
        expected = history[0][name]
        for step, current in enumerate(history[1:], start=1):
            decay = min(0.5, (1 + step) / (10 + step))
            expected = decay * expected + (1 - decay) * current[name]
        torch.testing.assert_close(learner.weights()[name], expected)
    assert learner.weights()["stem.norm.num_batches_tracked"] == 3


def test_weights_are_a_copy(network: resnet.ResNet, batch: Batch) -> None:
    learner = Learner(network, LearnerSettings())
    before = learner.weights()
    kept = {name: tensor.clone() for name, tensor in before.items()}
    learner.train([batch], 0)
    assert same(before, kept) and not same(before, learner.weights())


def test_the_learning_rate_warms_up_and_decays(network: resnet.ResNet, batch: Batch) -> None:
    peak = LearnerSettings(warmup_steps=0, learning_rate=1.0)
    rates = [learning_rate(peak, 0, progress) for progress in (0, 0.5, 0.75, 1, 2)]
    assert rates == pytest.approx([1, 1, 0.55, 0.1, 0.1])
    learner = Learner(network, LearnerSettings(warmup_steps=3, learning_rate=0.01))
    seen = []
    for _ in range(5):
        learner.train([batch], 1.0)
        seen.append(learner.updater.optimizer.param_groups[0]["lr"])
    assert seen == pytest.approx([0.00025, 0.0005, 0.00075, 0.001, 0.001])


def test_only_matrices_and_convolutions_decay(network: resnet.ResNet) -> None:
    decayed, free = Learner(network, LearnerSettings()).updater.optimizer.param_groups
    assert decayed["weight_decay"] == 1e-4 and free["weight_decay"] == 0
    assert {weight.dim() for weight in decayed["params"]} == {2, 4}
    assert {weight.dim() for weight in free["params"]} == {1}
    assert len(decayed["params"]) + len(free["params"]) == len(list(network.parameters()))


def test_divergence_is_reported_with_the_remedy(network: resnet.ResNet, batch: Batch) -> None:
    bad = replace(batch, observations=np.full_like(batch.observations, np.nan))
    learner = Learner(network, LearnerSettings())
    kept = {name: tensor.clone() for name, tensor in learner.state_dict()["network"].items()}
    with pytest.raises(DivergedError, match=r"diverged at step 0: .*lower learner\.learning_rate") as caught:
        learner.train([bad], 0)
    assert np.isnan(caught.value.batch["observations"]).all()
    parameters = dict(network.named_parameters())
    assert all(torch.equal(kept[name], parameters[name]) for name in parameters), "nothing was learned from it"


def test_no_batches_are_refused(network: resnet.ResNet) -> None:
    with pytest.raises(ValueError, match="at least one batch"):
        Learner(network, LearnerSettings()).train([], 0)


@pytest.mark.parametrize("change", ["other size", "no optimizer"])
def test_the_state_of_another_network_is_refused(network: resnet.ResNet, change: str) -> None:
    learner = Learner(network, LearnerSettings())
    other = resnet.build(resnet.Config(channels=8, blocks=1), tic_tac_toe.environment())
    state: dict[str, Any] = Learner(other, LearnerSettings()).state_dict()
    if change == "no optimizer":
        state = {name: value for name, value in learner.state_dict().items() if name != "optimizer"}
    with pytest.raises(CheckpointError, match="not of this network"):
        learner.load_state_dict(state)


def test_settings_out_of_range_are_refused() -> None:
    for bad in ({"learning_rate": 0}, {"ema_decay": 1.0}, {"batch_size": 0}, {"precision": "int8"}, {"lr": 1}):
        with pytest.raises(ValidationError):
            LearnerSettings.model_validate(bad)
