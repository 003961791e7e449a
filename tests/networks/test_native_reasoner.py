"""Training reasoners in the compiled core: answers and gradients of torch, the same bits each time."""

import copy

import numpy as np
import pytest
import torch

from zeroloop._native import NativeReasoners, ReasonerMemory, ReasonerTraining
from zeroloop.data.replay import Batch
from zeroloop.errors import DivergedError
from zeroloop.evaluators.engines import run_observations
from zeroloop.evaluators.native_reasoner import NativeRunner
from zeroloop.learning.learner import Learner, by_room
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import reasoners
from zeroloop.networks._native_reasoner import is_trained, packed, weights
from zeroloop.observers import TokensObserver
from zeroloop.run.players import make_environment, random_observations
from zeroloop.seeding import stream
from zeroloop.vocabulary import PAD

MIXED = ("tasks", {"kinds": ["countdown", "equation"], "difficulty": [0.0, 0.5]})
ENVIRONMENTS = {"path_finding": ("path_finding", {"height": 5, "width": 5}), "tasks": MIXED}
SMALL = {"width": 16, "head_dim": 8}
ONE_STEP = {"gradient": "one_step"}
CONFIGS = {
    "small": SMALL,
    "deep": {**SMALL, "hrm_layers": 2, "trm_layers": 2, "h_cycles": 2, "l_cycles": 3, "value": "categorical"},
    "one step": {**SMALL, "hrm": ONE_STEP, "trm": {**ONE_STEP, "l_cycles": 3, "h_cycles": 2}, "training_segments": 3},
    "alike heads": {**SMALL, "local": False, "head_dim": 16, "l_cycles": 1},
    "odd widths": {"width": 20, "head_dim": 4, "expansion": 1.7, "training_segments": 1},
    "odd inner": {**SMALL, "hrm": {"inner_multiple": 1, "expansion": 2.1}, "trm": {"inner_multiple": 7}},
    "two widths": {
        **SMALL,
        "hrm": {"h_dim": 32, "l_dim": 24, "num_l_layers": 2, "prefix_tokens": 2, "h_cycles": 2, "q_continue": True},
        "trm": {"prefix_tokens": 3, "num_prefixes": 2},
    },
    "by place": {
        **SMALL,
        "local": False,
        "hrm": {"positions": "rope", "prefix_tokens": 2},
        "trm": {"positions": "rope"},
    },
    "no prefix": {**SMALL, "hrm": {"prefix_tokens": 0}, "trm": {"value_bins": 3, "value": "categorical"}},
}


def case(name="tasks", options=SMALL, rows=24):
    """A pair whose weights, biases too, are not those of a fresh one, and observations."""
    environment = make_environment(*ENVIRONMENTS[name])
    torch.manual_seed(1)
    network = reasoners.build(reasoners.Config(**options), environment)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return network, torch.from_numpy(random_observations(environment, network.observer, rows, stream(1, "native")))


def trained(network, shown, native):
    """Answers, and the gradients of a loss that all of them are in."""
    network.native = native
    network.zero_grad()
    answers = [answer for each in network.forward_training(shown) for answer in each.values()]
    shares = [torch.randn(each.shape, generator=torch.Generator().manual_seed(1)) for each in answers]
    sum((each * share).sum() for each, share in zip(answers, shares, strict=True)).backward()
    return answers, {name: parameter.grad for name, parameter in network.named_parameters()}


def assert_close(found, right, tolerance=1e-4):
    """Within `tolerance` of the greatest number."""
    found, right = found.detach().numpy(), right.detach().numpy()
    np.testing.assert_allclose(found, right, rtol=0, atol=tolerance * np.abs(right).max(initial=0))


@pytest.mark.parametrize("options", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_answers_and_gradients_are_those_of_torch(name, options):
    network, shown = case(name, options)
    lengths = (network.observer.fields(shown.numpy()).tokens != PAD).sum(1)
    assert name != "tasks" or lengths.max() > 2 * lengths.min()
    expected, right = trained(network, shown, native=False)
    answers, gradients = trained(network, shown, native=True)
    assert not network.pads
    for answer, other in zip(answers, expected, strict=True):
        assert_close(answer, other)
    for parameter, gradient in gradients.items():
        assert (gradient is None) == (right[parameter] is None), parameter
        if gradient is not None:
            assert_close(gradient, right[parameter], 3e-4)  # rounding the weights changes those of "deep" by 1e-4


@pytest.mark.parametrize("missing", ["policy", "value"])
def test_an_agent_learns_alone(missing):
    both, shown = case()
    agents = list(both.agents)
    agents[missing == "value"] = None
    alone = reasoners.Reasoners(*agents, both.observer)
    _, right = trained(both, shown, native=True)
    trained(alone, shown, native=True)
    part = "value_part" if missing == "policy" else "policy_part"
    for name, parameter in getattr(alone, part).named_parameters():
        assert torch.equal(parameter.grad, right[f"{part}.{name}"])


def test_the_same_batch_gives_the_same_bits():
    network, shown = case(rows=40)
    answers, gradients = trained(network, shown, native=True)
    again, same = trained(network, shown, native=True)
    assert all(map(torch.equal, answers, again))
    assert all(torch.equal(gradient, same[name]) for name, gradient in gradients.items())
    order = torch.from_numpy(stream(1, "order").permutation(40))
    moved, _ = trained(network, shown[order], native=True)
    assert all(torch.equal(answer[order], other) for answer, other in zip(answers, moved, strict=True))
    network.segments, network.halting = network.training_segments, False
    policy, _ = run_observations(NativeRunner(network), shown.numpy())
    assert np.array_equal(policy, network.forward_training(shown)[-1]["policy"].detach())


@pytest.mark.parametrize("options", [CONFIGS["deep"], CONFIGS["two widths"]], ids=["deep", "two widths"])
def test_instruction_sets_hardly_differ(options):
    network, shown = case(options=options)
    agent, layout = network.agents[0], network.observer
    found = {name: weight.detach() for name, weight in weights(agent).items()}
    results = []
    for instructions in NativeReasoners.instruction_sets():
        sizes = layout.num_tokens, layout.num_actions
        memory = ReasonerMemory()
        core = ReasonerTraining(packed(agent, found, 1), memory, shown.numpy(), *sizes, 2, instructions)
        answers, halts = np.zeros((2, 24, core.outputs), np.float32), np.zeros((2, 24), np.float32)
        core.forward(answers, halts)
        gradients = {name: np.zeros(weight.shape, np.float32) for name, weight in found.items()}
        core.backward(answers, halts, gradients)
        results.append([answers, halts, *gradients.values()])
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            assert_close(torch.from_numpy(two), torch.from_numpy(one))


def batch_for(network, shown):
    legal = network.observer.fields(shown.numpy()).action_tokens[:, :, 0] > 0
    rows = len(shown)
    return Batch(
        observations=shown.numpy(),
        policy=(legal / legal.sum(1, keepdims=True)).astype(np.float32),
        legal=legal,
        wdl=np.tile(np.array([0.7, 0, 0.3], np.float32), (rows, 1)),
        reply=np.zeros(legal.shape, np.float32),
        weight=np.ones(rows, np.float32),
    )


def test_a_learner_takes_the_same_steps():
    network, shown = case()
    batch = batch_for(network, shown)
    settings = LearnerSettings(precision="fp32", warmup_steps=0)
    assert len(by_room(batch, network)) == 1
    learned = []
    for native in (False, True):
        other = copy.deepcopy(network)
        other.native = native
        learner = Learner(other, settings)
        metrics = [learner.train([batch], 0) for _ in range(3)]
        learned.append((metrics, other.state_dict()))
    (expected, right), (metrics, state) = learned
    for one, two in zip(metrics, expected, strict=True):
        assert one == pytest.approx(two, rel=1e-3)
    for name, weight in state.items():
        # Adam makes a full step of the least gradient, so that a few numbers may well differ.
        apart = (weight - right[name]).abs()
        assert apart.float().mean() < 1e-4, name


def test_losses_that_are_not_finite_are_refused_as_ever():
    network, shown = case()
    with torch.no_grad():
        network.policy_part.agent.h_init[0] = torch.nan
    before = copy.deepcopy(network.state_dict())
    with pytest.raises(DivergedError, match="diverged at step 0: loss nan"):
        Learner(network, LearnerSettings(precision="fp32")).train([batch_for(network, shown)], 0)
    after = network.state_dict()
    assert all(torch.equal(after[name], weight) for name, weight in before.items() if "h_init" not in name)


def test_other_precision_and_other_agents_are_left_to_torch():
    network, _ = case()
    assert all(map(is_trained, network.agents)) and not network.pads
    assert network.seen_by(TokensObserver(200, 100)).pads is False
    network.train_in(torch.bfloat16)
    assert not any(map(is_trained, network.agents)) and network.pads
    assert not any(map(is_trained, case()[0].double().agents))
    assert not is_trained(case(options={**SMALL, "local": False, "hrm": {"positions": "learned"}})[0].agents[0])
    network, _ = case()
    network.native = False
    assert network.pads and network.seen_by(network.observer).pads


def test_what_does_not_fit_is_refused():
    network, shown = case()
    agent, layout = network.agents[0], network.observer
    found = {name: weight.detach() for name, weight in weights(agent).items()}
    sizes, memory = (layout.num_tokens, layout.num_actions), ReasonerMemory()
    with pytest.raises(ValueError, match="agent: it is not packed for training"):
        ReasonerTraining(packed(agent, found), memory, shown.numpy(), *sizes, 1)
    with pytest.raises(ValueError, match="through must be from 0 to l_cycles"):
        packed(agent, found, 3)
    with pytest.raises(ValueError, match="observations must be"):
        ReasonerTraining(packed(agent, found, 1), memory, shown.numpy(), layout.num_tokens + 1, layout.num_actions, 1)
    with pytest.raises(ValueError, match="segments must be at least 1"):
        ReasonerTraining(packed(agent, found, 1), memory, shown.numpy(), *sizes, 0)
    core = ReasonerTraining(packed(agent, found, 1), memory, shown.numpy(), *sizes, 1)
    answers, halts = np.zeros((1, 24, layout.num_actions), np.float32), np.zeros((1, 24), np.float32)
    gradients = {name: np.zeros(weight.shape, np.float32) for name, weight in found.items()}
    with pytest.raises(ValueError, match="backward: forward comes first"):
        core.backward(answers, halts, gradients)
    with pytest.raises(ValueError, match=r"halts must be \[1, 24\]"):
        core.forward(answers, halts[:, :5].copy())
    core.forward(answers, halts)
    with pytest.raises(ValueError, match="gradients: words must be"):
        core.backward(answers, halts, {**gradients, "words": gradients["query"]})
    core.backward(answers, halts, gradients)
    with pytest.raises(ValueError, match="backward: forward comes first"):
        core.backward(answers, halts, gradients)
