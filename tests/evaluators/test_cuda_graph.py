"""On machines with a CUDA device only."""

import numpy as np
import pytest
import torch

from zeroloop.envs import connect_four
from zeroloop.evaluators.compiled import build_runner, compile_network
from zeroloop.evaluators.engines import run_observations, think
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.networks import GameNetwork, reasoners, resnet
from zeroloop.run.players import random_observations
from zeroloop.seeding import stream

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
CONFIGS = [
    (resnet, resnet.Config(channels=16, blocks=2)),
    (reasoners, reasoners.Config(width=32, head_dim=16, segments=1)),
    (reasoners, reasoners.Config(width=32, head_dim=16, segments=4)),
]


def a_network(module, config) -> GameNetwork:
    torch.manual_seed(3)
    return module.build(config, connect_four.environment()).eval()


def shown(network: GameNetwork):
    return random_observations(connect_four.environment(), network.observer, 100, stream(1, "cuda"))


@pytest.mark.parametrize(("module", "config"), CONFIGS)
@pytest.mark.parametrize(("backend", "largest"), [("fp32", 1e-3), ("bf16", 0.05)])
def test_graphs_answer_as_the_cpu_does(module, config, backend, largest):
    network = a_network(module, config)
    positions = shown(network)
    policy, value = run_observations(build_runner(network, "torch", positions, (32,)), positions)
    runner = build_runner(network.cuda(), backend, positions, (32, 8))
    for _ in range(2):  # a graph is replayed with other inputs each time
        cuda_policy, cuda_value = run_observations(runner, positions)
        np.testing.assert_allclose(cuda_policy, policy, atol=largest)
        np.testing.assert_allclose(cuda_value, value, atol=largest)


def test_the_fastest_backend_on_cuda_is_a_graph():
    network = a_network(*CONFIGS[0]).cuda()
    assert compile_network(network, shown(network), EvaluatorSettings()).backend in ("bf16", "fp32")


def test_rows_think_for_as_long_as_they_may():
    network = a_network(*CONFIGS[2])
    runner = build_runner(network.cuda(), "fp32", shown(network), (32, 8))
    _, taken = think(runner.policy, shown(network), np.arange(1, 101) % 4 + 1, halting=False)
    assert (taken == np.arange(1, 101) % 4 + 1).all()
