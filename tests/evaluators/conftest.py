"""A network that has learned a little, so that activations and opinions are not those of a fresh one."""

import sys

import pytest
import torch
from torch.nn import functional as F

from zeroloop.envs import connect_four
from zeroloop.evaluators import openvino_graph
from zeroloop.networks import resnet
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import observations, random_leaves

torch.set_num_threads(1)  # two would wait for each other on tensors this small


@pytest.fixture(scope="session")
def environment():
    return connect_four.environment()


@pytest.fixture(scope="session")
def positions(environment):
    return observations(random_leaves(environment, 256, stream(1, "positions")))


def trained(environment, positions, seed=1, steps=25):
    """A small network after a few steps of supervised training: who has more stones in the middle columns."""
    torch.manual_seed(seed)
    network = resnet.build(resnet.Config(channels=16, blocks=2), environment)
    planes = torch.from_numpy(positions)
    columns = planes[:, 0, :, 2:5].sum((1, 2)) - planes[:, 1, :, 2:5].sum((1, 2))
    wdl, policy = 1 - columns.sign().long(), planes.sum((1, 2)).argmin(1)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    for _ in range(steps):
        policy_logits, wdl_logits = network(planes)
        loss = F.cross_entropy(policy_logits, policy) + F.cross_entropy(wdl_logits, wdl)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


@pytest.fixture(scope="session")
def network(environment, positions):
    return trained(environment, positions)


@pytest.fixture(scope="session")
def other_network(environment, positions):
    return trained(environment, positions, seed=2)


@pytest.fixture
def without_openvino(monkeypatch):
    openvino_graph.load_openvino.cache_clear()
    monkeypatch.setitem(sys.modules, "openvino", None)
    yield
    openvino_graph.load_openvino.cache_clear()
