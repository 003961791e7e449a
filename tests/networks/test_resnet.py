from types import SimpleNamespace

import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional as F

from zeroloop.envs import connect_four, tic_tac_toe
from zeroloop.errors import SettingError
from zeroloop.networks import resnet
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import NetworkConformance, observations, random_leaves
from zeroloop.testing.toy import ToyEnvironment


class TestConnectFour(NetworkConformance):
    environment = connect_four.environment()

    def network(self):
        torch.manual_seed(1)
        return resnet.build(resnet.Config(channels=16, blocks=2), self.environment)


class TestTicTacToe(NetworkConformance):
    environment = tic_tac_toe.environment()

    def network(self):
        torch.manual_seed(2)
        return resnet.build(resnet.Config(channels=8, blocks=0), self.environment)


def test_training_heads_are_those_that_losses_know():
    network = resnet.build(resnet.Config(channels=8, blocks=1), tic_tac_toe.environment())
    assert set(network.forward_training(torch.zeros(2, *network.observer.shape))[0]) == {
        "policy",
        "value",
        "reply",
        "soft_policy",
    }


def test_it_learns_what_it_is_shown():
    environment = connect_four.environment()
    torch.manual_seed(1)
    network = resnet.build(resnet.Config(channels=8, blocks=1), environment)
    planes = torch.from_numpy(observations(random_leaves(environment, 32, stream(1, "fit"))))
    targets = torch.from_numpy(stream(1, "targets").integers(0, 3, 32))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(50):
        policy, wdl = network(planes)
        loss = F.cross_entropy(wdl, targets) + F.cross_entropy(policy, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.3


def test_a_board_without_fixed_actions_is_refused():
    class Free(ToyEnvironment):
        num_actions = 0

    with pytest.raises(SettingError, match=r"'resnet' needs a fixed set of actions.*'free'"):
        resnet.build(resnet.Config(), Free(name="free"))


def test_an_environment_without_planes_is_refused():
    with pytest.raises(SettingError, match=r"network: object cannot be observed as planes; give it observation_shape"):
        resnet.build(resnet.Config(), SimpleNamespace(name="object"))


@pytest.mark.parametrize("setting", [{"channels": 0}, {"blocks": -1}, {"chanels": 8}])
def test_bad_settings_are_refused(setting):
    with pytest.raises(ValidationError):
        resnet.Config(**setting)
