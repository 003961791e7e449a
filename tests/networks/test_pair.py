"""HRM and TRM as one network for a search: the laws of every network, and that they learn."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from zeroloop.envs import connect_four, path_finding, tic_tac_toe
from zeroloop.errors import SettingError
from zeroloop.evaluators.compiled import compile_network
from zeroloop.evaluators.network import NetworkEvaluator
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.networks import reasoners, value_of
from zeroloop.run.players import random_observations
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import NetworkConformance, random_leaves
from zeroloop.testing.toy import ToyEnvironment
from zeroloop.vocabulary import ID

SMALL = {"width": 16, "head_dim": 8}
HALTING = ["policy.halt_head.weight", "policy.halt_head.bias", "value.halt_head.weight", "value.halt_head.bias"]


class TestConnectFour(NetworkConformance):
    environment = connect_four.environment()
    untrained = HALTING

    def network(self):
        torch.manual_seed(1)
        return reasoners.build(reasoners.Config(**SMALL), self.environment)


class TestPathFinding(NetworkConformance):
    environment = path_finding.environment(4, 4, 1)
    untrained = HALTING

    def network(self):
        torch.manual_seed(1)
        config = reasoners.Config(**SMALL, value="categorical", segments=2, training_segments=3)
        return reasoners.build(config, self.environment)


def test_it_learns_what_it_is_shown():
    environment = tic_tac_toe.environment()
    torch.manual_seed(1)
    network = reasoners.build(reasoners.Config(**SMALL), environment)
    case = TestConnectFour()
    case.environment = environment
    shown = case.shown(network, 32)
    fields = network.observer.fields(shown)
    legal = fields.action_tokens[:, :, 0] > 0
    best = torch.tensor([int(np.flatnonzero(row)[-1]) for row in legal.numpy()])
    outcomes = fields.tokens[:, 4].long() - ID["empty"]  # what lies in the middle: nothing, own, other
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(80):
        loss = torch.zeros(())
        for heads in network.forward_training(shown):
            policy = heads["policy"].masked_fill(~legal, -1e9)
            loss = loss + F.cross_entropy(policy, best) + F.cross_entropy(heads["value"], outcomes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    policy, value = network(shown)
    assert (policy.masked_fill(~legal, -1e9).argmax(1) == best).float().mean() > 0.9
    assert (value_of(value) - (1 - outcomes)).abs().mean() < 0.3


@pytest.mark.parametrize("environment", [connect_four.environment(), path_finding.environment(4, 4, 1)], ids=str)
@pytest.mark.parametrize("backend", ["auto", "int8", "bf16", "fp32"])
def test_the_pair_is_compiled_by_tracing(environment, backend):
    torch.manual_seed(1)
    network = reasoners.build(reasoners.Config(**SMALL, segments=2, value="categorical"), environment)
    shown = random_observations(environment, network.observer, 40, stream(1, "compiled"))
    evaluator = compile_network(network, shown, EvaluatorSettings(backend=backend, batch_sizes=(16, 4)))
    assert evaluator.backend == {"int8": "bf16"}.get(backend, backend) or backend == "auto"
    assert evaluator.error.value < 0.02 and evaluator.error.policy < 0.02
    if evaluator.backend == "fp32":
        assert max(evaluator.error) < 1e-5
    leaves = random_leaves(environment, 21, stream(2, "compiled"))
    logits, values = evaluator(leaves)
    eager_logits, eager_values = NetworkEvaluator(network)(leaves)
    np.testing.assert_allclose(logits, eager_logits, atol=0.05)
    np.testing.assert_allclose(values, eager_values, atol=0.05)


def test_an_environment_without_tokens_is_refused():
    with pytest.raises(SettingError, match="cannot be observed as tokens; give it num_tokens"):
        reasoners.build(reasoners.Config(), ToyEnvironment(seed=1))
