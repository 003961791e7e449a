"""The pair of reasoners in the compiled core: answers of the torch network, alike in any company and room."""

import copy
from functools import cache

import numpy as np
import pytest
import torch

from zeroloop._native import NativeReasoners, ReasonerAgent
from zeroloop.envs import connect_four, path_finding
from zeroloop.evaluators.compiled import backends, build_runner, compile_network
from zeroloop.evaluators.engines import run_observations
from zeroloop.evaluators.native_reasoner import NativeRunner, is_native
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.networks import reasoners, resnet, value_of
from zeroloop.networks._native_reasoner import weights
from zeroloop.observers import TokensObserver
from zeroloop.run.players import make_environment, random_observations
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import EvaluatorConformance

ENVIRONMENTS = {
    "path_finding": ("path_finding", {"height": 5, "width": 5}),
    "countdown": ("tasks", {"kinds": ["countdown"], "difficulty": [0.0, 0.5]}),
    "equation": ("tasks", {"kinds": ["equation"], "difficulty": [0.0, 0.5]}),
}
SMALL = {"width": 16, "head_dim": 8}
CONFIGS = {
    "small": SMALL,
    "deep": {**SMALL, "hrm_layers": 2, "trm_layers": 2, "h_cycles": 2, "l_cycles": 3, "value": "categorical"},
    "alike heads": {**SMALL, "local": False, "head_dim": 16},
    "odd widths": {"width": 20, "head_dim": 4, "expansion": 1.7},
    "odd inner": {**SMALL, "hrm": {"inner_multiple": 1, "expansion": 2.1}, "trm": {"inner_multiple": 7}},
    "two widths": {**SMALL, "hrm": {"h_dim": 32, "l_dim": 24, "num_h_layers": 2, "prefix_tokens": 3, "h_cycles": 2}},
    "by place": {
        **SMALL,
        "local": False,
        "hrm": {"positions": "rope", "prefix_tokens": 2},
        "trm": {"positions": "rope"},
    },
    "no prefix": {**SMALL, "hrm": {"prefix_tokens": 0}, "trm": {"value_bins": 3, "value": "categorical"}},
}
SEVERAL = {**SMALL, "segments": 3, "root_segments": 5}


@cache
def case(environment="countdown", rows=24):
    """The environment, and observations of it."""
    name, options = ENVIRONMENTS[environment]
    built = make_environment(name, options)
    return built, random_observations(built, TokensObserver.of(built), rows, stream(1, "native"))


def network_for(environment, options, seed=1):
    """A pair whose weights, biases too, are not those of a fresh one."""
    torch.manual_seed(seed)
    network = reasoners.build(reasoners.Config(**options), environment).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return network


def eager(network, shown):
    with torch.no_grad():
        policy, value = network(torch.from_numpy(shown))
    return policy.numpy(), value_of(value).numpy()


def assert_close(answers, expected, atol=1e-4):
    for answer, right in zip(answers, expected, strict=True):
        np.testing.assert_allclose(answer, right, atol=atol)


def assert_equal(answers, expected):
    assert all(map(np.array_equal, answers, expected))


class TestEvaluator(EvaluatorConformance):
    environment = connect_four.environment()

    def evaluator(self):
        network = network_for(self.environment, SMALL)
        shown = random_observations(self.environment, network.observer, 16, stream(1, "shown"))
        evaluator = compile_network(network, shown, EvaluatorSettings(backend="native"))
        assert evaluator.backend == evaluator.choice == "native" and max(evaluator.error) < 1e-6
        return evaluator


@pytest.mark.parametrize("options", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("instructions", NativeReasoners.instruction_sets())
def test_answers_are_those_of_torch(name, options, instructions):
    environment, shown = case(name)
    network = network_for(environment, options)
    policy, values = run_observations(NativeRunner(network, instructions), shown)
    assert policy.dtype == values.dtype == np.float32
    assert_close((policy, values), eager(network, shown))


@pytest.mark.parametrize("options", [CONFIGS["small"], CONFIGS["two widths"], SEVERAL], ids=str)
@pytest.mark.parametrize("instructions", NativeReasoners.instruction_sets())
def test_a_row_is_answered_alike_in_any_company(options, instructions):
    environment, shown = case("equation", 60)
    network = network_for(environment, options)
    halt_at_will(network, shown)
    runner = NativeRunner(network, instructions)
    together = run_observations(runner, shown)
    order = stream(1, "order").permutation(len(shown))
    assert_equal(run_observations(runner, shown[order]), [answer[order] for answer in together])
    for row in range(len(shown)):
        assert_equal(run_observations(runner, shown[row : row + 1]), [answer[row : row + 1] for answer in together])


def test_more_room_changes_nothing():
    environment, shown = case("countdown")
    network = network_for(environment, SMALL)
    less = network.observer
    more = TokensObserver(less.num_tokens + 13, less.num_actions + 5)
    roomy = np.zeros((len(shown), *more.shape), np.int16)
    old, new = less.fields(shown), more.fields(roomy)
    new.anchors[...] = -1
    for before, after in zip(old, new, strict=True):
        after[:, : before.shape[1]] = before
    policy, values = run_observations(NativeRunner(network), shown)
    roomy_policy, roomy_values = run_observations(NativeRunner(network.seen_by(more)), roomy)
    assert_equal((roomy_policy[:, : less.num_actions], roomy_values), (policy, values))
    assert not roomy_policy[:, less.num_actions :].any()


def halt_at_will(network, shown):
    """Has about half of the rows halt in one of the first two segments."""
    with torch.no_grad():
        for part in (network.policy_part, network.value_part):
            head = part.agent.halt_head
            head.weight.normal_(std=head.weight.shape[1] ** -0.5)
            head.bias.zero_()
            halts = torch.stack([halt for _, halt in part.answers(torch.from_numpy(shown), 2)])
            head.bias -= halts.amax(0).quantile(0.52)


@pytest.mark.parametrize("halting", [True, False])
def test_rows_halt_by_themselves_and_roots_later(halting):
    environment, shown = case("countdown")
    network = network_for(environment, SEVERAL)
    halt_at_will(network, shown)
    network.halting = halting
    longer = copy.deepcopy(network)
    longer.segments = network.root_segments
    roots = np.arange(len(shown)) % 3 == 0
    leaf, root = eager(network, shown), eager(longer, shown)
    expected = [
        np.where(roots.reshape(-1, *[1] * (one.ndim - 1)), two, one) for one, two in zip(leaf, root, strict=True)
    ]
    runner = NativeRunner(network)
    assert runner.distinguishes_roots
    assert_close(run_observations(runner, shown, roots), expected)
    network.halting = not halting
    assert np.abs(eager(network, shown)[1] - leaf[1]).max() > 1e-3, "halting matters here"


@pytest.mark.parametrize("missing", ["policy", "value"])
def test_a_missing_agent_answers_nothing(missing):
    environment, shown = case("path_finding")
    both = network_for(environment, SMALL)
    agents = [both.policy_part.agent, both.value_part.agent]
    agents[missing == "value"] = None
    alone = reasoners.Reasoners(*agents, both.observer).eval()
    answers = run_observations(NativeRunner(alone), shown)
    assert not answers[missing == "value"].any()
    assert_close(answers, eager(alone, shown))


def test_instruction_sets_hardly_differ():
    environment, shown = case("equation")
    network = network_for(environment, CONFIGS["deep"])
    first, *others = (
        run_observations(NativeRunner(network, each), shown) for each in NativeReasoners.instruction_sets()
    )
    for other in others:
        assert_close(other, first, atol=1e-5)
    with pytest.raises(ValueError, match="no instruction set 'abacus'"):
        NativeRunner(network, "abacus")


def test_numbers_that_are_not_finite_come_out_as_such():
    environment, shown = case("path_finding")
    network = network_for(environment, SMALL)
    with torch.no_grad():
        for part in (network.policy_part, network.value_part):
            part.agent.h_init[0] = torch.nan
    policy, values = run_observations(NativeRunner(network), shown)
    legal = network.observer.fields(shown).action_tokens[:, :, 0] > 0
    assert np.isnan(values).all() and (np.isnan(policy) == legal).all()


def test_far_coordinates_and_opinions_are_survived():
    environment, shown = case("path_finding")
    network = network_for(environment, SMALL)
    far = shown.copy()
    network.observer.fields(far).coordinates[...] *= 300
    with torch.no_grad():
        for parameter in network.parameters():
            parameter *= 4
    assert_close(run_observations(NativeRunner(network), far), eager(network, far), atol=2e-2)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda fields: fields.tokens.__setitem__((3, 1), 256), "id 256 is not in the vocabulary of 256"),
        (lambda fields: fields.tokens.__setitem__((3, 1), -1), "id -1 is not in the vocabulary"),
        (lambda fields: fields.action_tokens.__setitem__((2, 0, 0), 999), "id 999 is not in the vocabulary"),
        (lambda fields: fields.action_tokens.__setitem__((2, 0, 5), -7), "id -7 is not in the vocabulary"),
        (lambda fields: fields.anchors.__setitem__((2, 0, 0), 99), "about token 99 of 25"),
        (lambda fields: fields.anchors.__setitem__((2, 0, 1), -2), "about token -2 of 25"),
        (lambda fields: fields.tokens.__setitem__((1, 4), 0), "padding must come after all tokens"),
        (lambda fields: fields.tokens.__setitem__(0, 0), "a row has no tokens"),
    ],
)
def test_observations_that_no_observer_makes_are_refused(spoil, message):
    environment, shown = case("path_finding")
    network = network_for(environment, SMALL)
    shown = shown.copy()
    fields = network.observer.fields(shown)
    fields.action_tokens[2, 0, 0] = 8
    fields.tokens[:, 25:] = 0
    spoil(fields)
    with pytest.raises(ValueError, match=message):
        run_observations(NativeRunner(network), shown)


def test_arrays_that_do_not_fit_are_refused():
    environment, shown = case("path_finding")
    agent = network_for(environment, SMALL).policy_part.agent
    packed = {name: np.atleast_2d(tensor.detach().numpy()) for name, tensor in weights(agent).items()}
    sizes = {"head_dim": 8, "h_cycles": 1, "l_cycles": 1, "axes": 2, "local": True}
    core = NativeReasoners(ReasonerAgent(packed, **sizes), None, 2, 2)
    answers = np.zeros((4, 2), np.float32), np.zeros(4, np.float32)
    with pytest.raises(ValueError, match=r"observations must be \[24, 22\]"):
        core.evaluate(shown, np.ones(24, np.int32), True, *answers)
    one = np.tile(np.array([5, 0, 0] + [0] * 19, np.int16), (4, 1))
    with pytest.raises(ValueError, match="budgets and values must have 4 entries"):
        core.evaluate(one, np.ones(3, np.int32), True, *answers)
    with pytest.raises(ValueError, match="a budget of at least one segment"):
        core.evaluate(one, np.zeros(4, np.int32), True, *answers)
    core.evaluate(one, np.ones(4, np.int32), True, *answers)
    with pytest.raises(ValueError, match="value: this agent has no value head"):
        NativeReasoners(None, ReasonerAgent(packed, **sizes), 2, 2)
    with pytest.raises(ValueError, match=r"low.0.qkv must be \[48, 16\], not \[48, 15\]"):
        ReasonerAgent({**packed, "low.0.qkv": packed["low.0.qkv"][:, :-1].copy()}, **sizes)
    with pytest.raises(ValueError, match="words is missing"):
        ReasonerAgent({name: weight for name, weight in packed.items() if name != "words"}, **sizes)
    with pytest.raises(ValueError, match="head_dim must be a multiple of 4"):
        ReasonerAgent(packed, **{**sizes, "head_dim": 6})
    with pytest.raises(ValueError, match="axes must be 1 or 2, and 2 where attention is local"):
        ReasonerAgent(packed, **{**sizes, "axes": 1})


def test_only_what_the_core_computes_is_offered():
    environment, _ = case("path_finding")
    assert backends(network_for(environment, SMALL)) == ("bf16", "native", "fp32", "torch")
    others = [
        network_for(environment, {**SMALL, "local": False, "hrm": {"positions": "learned"}}),
        network_for(environment, {**SMALL, "local": False, "trm": {"mixer": "mlp", "positions": "off"}}),
        network_for(environment, {**SMALL, "hrm": {"policy": "linear", "num_actions": environment.num_actions}}),
        network_for(environment, {**SMALL, "trm": {"value": "off"}}),
        resnet.build(resnet.Config(channels=8, blocks=1), connect_four.environment()),
    ]
    assert not any(map(is_native, others))


@pytest.mark.parametrize("backend", ["auto", "bf16", "native"])
def test_it_needs_no_openvino(without_openvino, backend):
    environment = path_finding.environment(4, 4, 1)
    network = network_for(environment, SMALL)
    shown = random_observations(environment, network.observer, 24, stream(1, "without"))
    evaluator = compile_network(network, shown, EvaluatorSettings(backend=backend))
    assert evaluator.backend == "native" or (backend == "auto" and evaluator.backend == "torch")  # whichever is faster
    other = network_for(environment, SMALL, seed=2)
    evaluator.refresh(other)
    assert evaluator.version == 1
    fresh = build_runner(other, evaluator.backend, shown, (32,))
    assert_equal(run_observations(evaluator.runner, shown), run_observations(fresh, shown))
