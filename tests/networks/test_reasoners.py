"""HRM and TRM as one network for a search: the laws of every network, and that they learn."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from zeroloop.data.replay import Batch
from zeroloop.envs import connect_four, path_finding, tic_tac_toe
from zeroloop.errors import SettingError
from zeroloop.evaluators.cached import CachedEvaluator
from zeroloop.evaluators.compiled import build_runner, compile_network
from zeroloop.evaluators.engines import run_observations, think
from zeroloop.evaluators.network import NetworkEvaluator
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.learning.learner import Learner
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import reasoners, value_of
from zeroloop.observers import Int16
from zeroloop.run.players import random_observations
from zeroloop.search import SearchSettings, search
from zeroloop.seeding import stream
from zeroloop.tasks._mixture import Mixture
from zeroloop.testing.evaluators import NetworkConformance, random_leaves
from zeroloop.testing.toy import ToyEnvironment
from zeroloop.vocabulary import ID

SMALL = {"width": 16, "head_dim": 8}


class TestConnectFour(NetworkConformance):
    environment = connect_four.environment()

    def network(self):
        torch.manual_seed(1)
        return reasoners.build(reasoners.Config(**SMALL), self.environment)


class TestPathFinding(NetworkConformance):
    environment = path_finding.environment(4, 4, 1)

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
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    for _ in range(150):
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


@pytest.mark.parametrize(
    "environment", [connect_four.environment(), path_finding.environment(4, 4, 1)], ids=["connect_four", "paths"]
)
@pytest.mark.parametrize("backend", ["auto", "int8", "bf16", "native", "fp32"])
def test_the_pair_is_compiled_by_tracing(environment, backend):
    torch.manual_seed(1)
    network = reasoners.build(reasoners.Config(**SMALL, segments=2, value="categorical"), environment)
    shown = random_observations(environment, network.observer, 40, stream(1, "compiled"))
    evaluator = compile_network(network, shown, EvaluatorSettings(backend=backend, batch_sizes=(16, 4)))
    assert evaluator.backend == {"int8": "bf16"}.get(backend, backend) or backend == "auto"
    assert evaluator.error.value < 0.02 and evaluator.error.policy < 0.02
    if evaluator.backend in ("native", "fp32"):
        assert max(evaluator.error) < 1e-5
    leaves = random_leaves(environment, 21, stream(2, "compiled"))
    logits, values = evaluator(leaves)
    eager_logits, eager_values = NetworkEvaluator(network)(leaves)
    np.testing.assert_allclose(logits, eager_logits, atol=0.05)
    np.testing.assert_allclose(values, eager_values, atol=0.05)


def test_an_environment_without_tokens_is_refused():
    with pytest.raises(SettingError, match="cannot be observed as tokens; give it num_tokens"):
        reasoners.build(reasoners.Config(), ToyEnvironment(seed=1))


def test_the_agents_may_have_sizes_of_their_own():
    hrm = {"h_dim": 64, "l_dim": 32, "num_l_layers": 2, "h_cycles": 2}
    config = reasoners.Config(**SMALL, hrm=hrm, trm={"latent_dim": 16, "l_cycles": 6})
    network = reasoners.build(config, path_finding.environment(4, 4, 1))
    policy, value = (part.agent.config for part in (network.policy_part, network.value_part))
    assert (policy.h_dim, policy.l_dim, policy.num_l_layers, policy.h_cycles, policy.l_cycles) == (64, 32, 2, 2, 2)
    assert (value.latent_dim, value.h_cycles, value.l_cycles) == (16, 1, 6)
    assert policy.max_tokens == value.max_tokens == network.observer.num_tokens


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 20, "head_dim": 16}, "hrm: .*h_dim 20 must be a multiple of head_dim 16"),
        ({"trm": {"latent_dim": 40}}, "trm: .*latent_dim 40 must be a multiple of head_dim 16"),
        ({"hrm": {"layers": 2}}, r"hrm\.layers: Extra inputs"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        reasoners.Config(**options)


def opinionated(network: reasoners.Reasoners, shown: Int16) -> reasoners.Reasoners:
    """`network` with halt heads that stop at about half of `shown` in one of the first three segments."""
    for part in (network.policy_part, network.value_part):
        head = part.agent.halt_head
        with torch.no_grad():
            head.weight.normal_(std=head.weight.shape[1] ** -0.5)
            head.bias.zero_()
            halts = torch.stack([halt for _, halt in part.answers(torch.from_numpy(shown), 3)])
            head.bias -= halts.amax(0).quantile(0.52)
    return network.eval()


@pytest.mark.parametrize("backend", ["torch", "fp32"])
def test_rows_that_halt_are_final_and_the_others_go_on(backend):
    environment = connect_four.environment()
    torch.manual_seed(3)
    network = reasoners.build(reasoners.Config(**SMALL, segments=4), environment)
    shown = random_observations(environment, network.observer, 21, stream(1, "halting"))
    opinionated(network, shown)
    runner = build_runner(network, backend, shown, (8, 4))
    policy, values = run_observations(runner, shown)
    eager, value = network(torch.from_numpy(shown))
    np.testing.assert_allclose(policy, eager.detach(), atol=1e-4)
    np.testing.assert_allclose(values, value_of(value).detach(), atol=1e-4)
    budgets = np.full(21, 4)
    _, taken = think(runner.policy, shown, budgets)
    assert 4 in taken and taken.min() < 4, "some rows halt early, others never"
    _, all_taken = think(runner.policy, shown, budgets, halting=False)
    assert (all_taken == 4).all()


def test_roots_are_thought_about_for_longer_and_remembered_apart():
    environment = connect_four.environment()
    torch.manual_seed(3)
    network = reasoners.build(reasoners.Config(**SMALL, segments=1, root_segments=3), environment).eval()
    shown = random_observations(environment, network.observer, 8, stream(1, "roots"))
    leaves = random_leaves(environment, 6, stream(2, "roots"))
    roots = np.array([True, False] * 3)
    cached = CachedEvaluator(compile_network(network, shown, EvaluatorSettings(backend="fp32")))
    _, plain = cached(leaves)
    _, mixed = cached(leaves._replace(roots=roots))
    assert (plain[~roots] == mixed[~roots]).all() and (plain[roots] != mixed[roots]).all()
    assert cached.statistics.hits == 3
    _, again = cached(leaves)
    assert (again == plain).all()


def test_searches_mark_their_roots():
    environment = connect_four.environment()
    seen = []

    def evaluator(leaves):
        seen.append(None if leaves.roots is None else leaves.roots.tolist())
        return np.zeros(len(leaves.actions), np.float32), np.zeros(len(leaves.slots), np.float32)

    search(environment, evaluator, [environment.initial_state()] * 2, SearchSettings(num_simulations=3))
    assert seen[0] == [True, True] and all(each is None for each in seen[1:])


def test_halting_is_learned():
    environment = connect_four.environment()
    torch.manual_seed(1)
    network = reasoners.build(reasoners.Config(**SMALL, training_segments=3), environment)
    batch = Batch(
        observations=random_observations(environment, network.observer, 16, stream(1, "halt")),
        policy=np.full((16, 7), 1 / 7, np.float32),
        legal=np.ones((16, 7), np.bool_),
        wdl=np.full((16, 3), 1 / 3, np.float32),
        reply=np.zeros((16, 7), np.float32),
        weight=np.ones(16, np.float32),
    )
    learner = Learner(network, LearnerSettings(halt_weight=1, learning_rate=0.01, warmup_steps=0))
    first = learner.train([batch], 0)["halt_loss"]
    last = learner.train([batch] * 100, 0)["halt_loss"]
    assert first > 3 and last < first / 3, "answers of an untrained network hardly change, so it learns to halt"


def test_smaller_rooms_give_the_same_answers():
    environment = Mixture(["countdown", "tour", "job_shop"])
    torch.manual_seed(1)
    network = reasoners.build(reasoners.Config(**SMALL, value="categorical"), environment).eval()
    shown = random_observations(environment, network.observer, 60, stream(1, "rooms"))
    assert len(network.smaller(shown)) > 1, "many states need less room than the largest"
    expected, value = network(torch.from_numpy(shown))
    for backend in ("torch", "fp32"):
        runner = build_runner(network, backend, shown, (8,))
        policy, values = run_observations(runner, shown)
        np.testing.assert_allclose(policy, expected.detach(), atol=1e-4)
        np.testing.assert_allclose(values, value_of(value).detach(), atol=1e-4)
        order = stream(1, "order").permutation(60)
        again = run_observations(runner, shown[order])
        assert np.array_equal(again[0], policy[order]) and np.array_equal(again[1], values[order])


def test_a_missing_agent_answers_nothing():
    environment = path_finding.environment(4, 4, 1)
    both = reasoners.build(reasoners.Config(**SMALL), environment)
    shown = random_observations(environment, both.observer, 9, stream(1, "missing"))
    alone = reasoners.Reasoners(both.policy_part.agent, None, both.observer, segments=2).eval()
    for backend in ("torch", "fp32"):
        policy, values = run_observations(build_runner(alone, backend, shown, (4,)), shown)
        assert not values.any() and policy.any()
    only = reasoners.Reasoners(None, both.value_part.agent, both.observer).eval()
    policy, value = only(torch.from_numpy(shown))
    assert not policy.any() and value.any()
    assert {*only.forward_training(torch.from_numpy(shown))[0]} == {"value", "value_halt"}
