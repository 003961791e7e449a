"""Golden: the papers' parameter counts and one segment against NumPy in float64. Properties: gradients, batches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from zeroloop.errors import CheckpointError, SettingError, UnknownNameError
from zeroloop.networks import value_of
from zeroloop.networks._reasoner import Actions, Inputs, Reasoner
from zeroloop.networks.hrm import HRMAgent, HRMConfig, create_hrm_agent
from zeroloop.networks.plain import PlainConfig, create_plain_agent
from zeroloop.networks.trm import TRMAgent, TRMConfig, create_trm_agent
from zeroloop.observers import ANCHORS

HRM = HRMConfig(
    h_dim=16, l_dim=8, num_h_layers=1, num_l_layers=2, head_dim=4, vocab_size=20, max_tokens=12, predict_tokens=True
)
TRM = TRMConfig(latent_dim=8, num_layers=2, head_dim=4, vocab_size=20, max_tokens=12, predict_tokens=True)
PLAIN = PlainConfig(dim=8, num_layers=2, head_dim=4, vocab_size=20, max_tokens=12, predict_tokens=True, value="wdl")


def make(kind: str, **changes: object) -> Reasoner:
    torch.manual_seed(0)
    agents: dict[str, Callable[[], Reasoner]] = {
        "hrm": lambda: create_hrm_agent(HRM.model_copy(update=changes)),
        "trm": lambda: create_trm_agent(TRM.model_copy(update=changes)),
        "plain": lambda: create_plain_agent(PLAIN.model_copy(update=changes)),
    }
    return agents[kind]()


def exact(agent: Reasoner) -> Reasoner:
    """`agent` in float64, where rounding differs by far less than any answer that is wrong."""
    agent.compute_dtype = torch.float64
    return agent.double()


def inputs(rows: int = 5, length: int = 7) -> Inputs:
    random = torch.Generator().manual_seed(1)
    return Inputs(
        torch.randint(1, 20, (rows, length), generator=random),
        torch.randint(0, 9, (rows, length, 2), generator=random),
        actions=Actions(
            torch.randint(1, 20, (2 * rows, 3), generator=random),
            torch.randint(-1, length, (2 * rows, ANCHORS), generator=random),
            torch.arange(rows).repeat_interleave(2),
        ),
    )


def part(batch: Inputs, rows: list[int]) -> Inputs:
    actions = batch.actions
    assert actions is not None and batch.coordinates is not None
    chosen = torch.tensor([i for row in rows for i in (2 * row, 2 * row + 1)])
    few = Actions(actions.tokens[chosen], actions.anchors[chosen], torch.arange(len(rows)).repeat_interleave(2))
    return Inputs(batch.tokens[rows], batch.coordinates[rows], actions=few)


def test_the_seed_paths_lead_to_the_same_agents() -> None:
    from src.agents.hrm_agent import create_hrm_agent as hrm
    from src.agents.trm_agent import create_trm_agent as trm
    from src.training import system_config

    assert (hrm, trm) == (create_hrm_agent, create_trm_agent)
    small = hrm(system_config.HRMConfig(h_dim=128, l_dim=64), device="cpu")
    assert (
        small.get_parameter_count() > 0 and small.predict(torch.ones(2, 5, dtype=torch.long), 1).output.policy is None
    )
    value = trm(system_config.TRMConfig(latent_dim=64, num_recursions=2)).predict(torch.ones(2, 5, dtype=torch.long))
    assert value.output.value.shape == (2, 65)


# ---- golden ---------------------------------------------------------------------------------------------------------


def test_parameter_counts_are_the_papers() -> None:
    assert create_hrm_agent(HRMConfig.preset("sudoku")).get_parameter_count() == 27_275_266
    assert create_trm_agent(TRMConfig.preset("sudoku")).get_parameter_count() == 6_828_034
    assert create_trm_agent(TRMConfig.preset("sudoku-mlp")).get_parameter_count() == 5_028_866


@pytest.mark.parametrize("agent", [HRMAgent(HRMConfig.preset("sudoku")), TRMAgent(TRMConfig.preset("sudoku-mlp"))])
def test_initial_statistics_are_the_papers(agent: Reasoner) -> None:
    for name, weight in agent.named_parameters():
        if name == "prefix" or name == "halt_head.weight":
            assert not weight.any(), name
        elif name == "halt_head.bias":
            assert (weight == -5).all()
        else:
            inputs_ = weight.shape[1]  # of the layer; the embedding has the width here, as it asks for 1/sqrt(h)
            std = inputs_**-0.5
            assert weight.std().item() == pytest.approx(std, rel=0.03), name
            assert weight.mean().item() == pytest.approx(0, abs=4 * std / weight.numel() ** 0.5), name
            assert weight.abs().max().item() <= 2 * std / 0.8796 * 1.001, name
    for name in ("h_init", "l_init"):
        buffer = agent.get_buffer(name)
        assert not buffer.requires_grad and buffer.std().item() == pytest.approx(1, rel=0.1)
        assert buffer.abs().max().item() <= 2 / 0.8796 * 1.001
    tokens = torch.randint(0, 11, (4, 81))
    x = agent.embed(Inputs(tokens))[:, agent.config.prefix_tokens :]
    assert x.std().item() == pytest.approx(1, rel=0.05), "token embeddings are scaled to unit variance"


class NumPyNetwork:
    """One segment, written out in NumPy from the papers' equations, to be compared with the modules."""

    def __init__(self, agent: Reasoner) -> None:
        self.w = {name: tensor.detach().numpy() for name, tensor in agent.state_dict().items()}

    def norm(self, x: np.ndarray) -> np.ndarray:
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)

    def rotate(self, x: np.ndarray) -> np.ndarray:
        half = x.shape[-1] // 2
        angle = np.arange(len(x))[:, None] * 10_000.0 ** (-np.arange(half) * 2 / x.shape[-1])
        a, b = x[:, :half], x[:, half:]
        return np.concatenate((a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)), 1)

    def attention(self, x: np.ndarray, name: str, head: int = 4) -> np.ndarray:
        dim = x.shape[1]
        q, k, v = (x @ w.T for w in np.split(self.w[f"{name}.qkv.weight"], 3))
        mixed = np.empty_like(x)
        for i in range(0, dim, head):
            one = slice(i, i + head)
            scores = self.rotate(q[:, one]) @ self.rotate(k[:, one]).T / np.sqrt(head)
            weights = np.exp(scores - scores.max(1, keepdims=True))
            mixed[:, one] = weights / weights.sum(1, keepdims=True) @ v[:, one]
        return mixed @ self.w[f"{name}.output.weight"].T

    def swiglu(self, x: np.ndarray, name: str) -> np.ndarray:
        gate, up = np.split(x @ self.w[f"{name}.gate_up.weight"].T, 2, axis=1)
        return (gate / (1 + np.exp(-gate)) * up) @ self.w[f"{name}.down.weight"].T

    def stack(self, x: np.ndarray, name: str, blocks: int) -> np.ndarray:
        for i in range(blocks):
            x = self.norm(x + self.attention(x, f"{name}.blocks.{i}.mixer"))
            x = self.norm(x + self.swiglu(x, f"{name}.blocks.{i}.mlp"))
        return x

    def embed(self, tokens: np.ndarray, width: int) -> np.ndarray:
        return np.concatenate((self.w["prefix"][0], self.w["embedding"][tokens])) * np.sqrt(width)


def test_one_segment_of_hrm_in_float64() -> None:
    agent = exact(make("hrm"))
    tokens = inputs(1, 5).tokens
    net = NumPyNetwork(agent)
    x = net.embed(tokens[0].numpy(), 8)
    z_h, z_l = np.tile(net.w["h_init"], (6, 1)), np.tile(net.w["l_init"], (6, 1))
    for _ in range(2):
        for _ in range(2):
            z_l = net.stack(z_l + z_h @ net.w["down.weight"].T + x, "l_net", 2)
        z_h = net.stack(z_h + z_l @ net.w["up.weight"].T, "h_net", 1)
    carry, output = agent(None, Inputs(tokens))
    np.testing.assert_allclose(carry.z_h[0].numpy(), z_h, atol=1e-6)
    np.testing.assert_allclose(carry.z_l[0].numpy(), z_l, atol=1e-6)
    np.testing.assert_allclose(output.tokens[0].detach().numpy(), z_h[1:] @ net.w["token_head.weight"].T, atol=1e-6)
    assert output.halt.tolist() == [[-5, -5]]


def test_one_segment_of_trm_in_float64() -> None:
    agent = exact(make("trm"))
    tokens = inputs(1, 5).tokens
    net = NumPyNetwork(agent)
    x = net.embed(tokens[0].numpy(), 8)
    z_h, z_l = np.tile(net.w["h_init"], (6, 1)), np.tile(net.w["l_init"], (6, 1))
    for _ in range(3):
        for _ in range(6):
            z_l = net.stack(z_l + z_h + x, "net", 2)
        z_h = net.stack(z_h + z_l, "net", 2)
    carry, _ = agent(None, Inputs(tokens))
    # Angles are float32, and 42 passes through two blocks amplify that.
    np.testing.assert_allclose(carry.z_h[0].numpy(), z_h, atol=1e-4)
    np.testing.assert_allclose(carry.z_l[0].numpy(), z_l, atol=1e-4)


# ---- gradients ------------------------------------------------------------------------------------------------------


def calls_with_gradient(agent: Reasoner, names: list[str]) -> dict[str, list[bool]]:
    """Which calls of each stack compute a gradient, in order, during one segment."""
    seen: dict[str, list[bool]] = {name: [] for name in names}
    for name in names:
        agent.get_submodule(name).register_forward_hook(
            lambda _module, _args, result, name=name: seen[name].append(result.requires_grad)
        )
    agent(None, inputs())
    return seen


def test_hrm_learns_through_one_step_by_default() -> None:
    assert calls_with_gradient(make("hrm"), ["l_net", "h_net"]) == {
        "l_net": [False, False, False, True],
        "h_net": [False, True],
    }


def test_hrm_learns_through_its_last_cycle_where_asked_to() -> None:
    assert calls_with_gradient(make("hrm", gradient="last_cycle"), ["l_net", "h_net"]) == {
        "l_net": [False, False, True, True],
        "h_net": [False, True],
    }


def test_trm_learns_through_its_whole_last_recursion() -> None:
    assert calls_with_gradient(make("trm"), ["net"]) == {"net": [False] * 14 + [True] * 7}


@pytest.mark.parametrize("kind", ["hrm", "trm", "plain"])
def test_every_parameter_of_a_used_head_receives_a_gradient(kind: str) -> None:
    agent = make(kind)
    carry, output = agent(None, inputs())
    torch.manual_seed(3)
    # Random weights: the last norm makes plain sums of squares constant.
    sum((head * torch.randn_like(head)).sum() for head in output if head is not None).backward()
    for name, weight in agent.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name
    assert not any(state.requires_grad for state in carry), "the carry is detached between segments"


# ---- batches --------------------------------------------------------------------------------------------------------


def close(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return torch.allclose(a, b, atol=1e-8)


POSITIONS: list[dict[str, Any]] = [
    {"positions": "rope"},
    {"positions": "learned"},
    {"positions": "coordinates"},
    {"positions": "coordinates", "local": True},
]


@pytest.mark.parametrize("positions", POSITIONS, ids=str)
@pytest.mark.parametrize("kind", ["hrm", "trm", "plain"])
def test_a_row_is_answered_alike_alone_and_in_a_batch(kind: str, positions: dict[str, Any]) -> None:
    agent, batch = exact(make(kind, **positions)), inputs()
    together = agent.predict(batch, 3)
    for row in range(5):
        alone = agent.predict(part(batch, [row]), 3)
        policy = None if alone.output.policy is None else together.output.policy[2 * row : 2 * row + 2]
        assert close(alone.output.policy, policy)
        for name in ("halt", "tokens", "value"):
            one, all_ = getattr(alone.output, name), getattr(together.output, name)
            assert close(one, None if all_ is None else all_[row : row + 1]), name


@pytest.mark.parametrize("positions", POSITIONS, ids=str)
@pytest.mark.parametrize("kind", ["hrm", "trm", "plain"])
def test_padding_changes_nothing(kind: str, positions: dict[str, Any]) -> None:
    agent, batch = exact(make(kind, **positions)), inputs()
    padded = batch._replace(
        tokens=torch.nn.functional.pad(batch.tokens, (0, 4)),
        coordinates=torch.nn.functional.pad(batch.coordinates, (0, 0, 0, 4)),
    )
    plain, more = agent.predict(batch, 3).output, agent.predict(padded, 3).output
    assert close(plain.halt, more.halt) and close(plain.policy, more.policy) and close(plain.value, more.value)
    assert plain.tokens is not None and more.tokens is not None
    assert close(plain.tokens, more.tokens[:, :7])


def test_coordinates_may_be_given_once_for_all_rows() -> None:
    agent, batch = exact(make("trm", positions="coordinates", local=True)), inputs()
    same = torch.arange(14).view(1, 7, 2)
    once = agent.predict(batch._replace(coordinates=same), 3).output
    each = agent.predict(batch._replace(coordinates=same.expand(len(batch.tokens), -1, -1)), 3).output
    assert close(once.tokens, each.tokens) and close(once.policy, each.policy)


def test_local_needs_coordinates() -> None:
    with pytest.raises(ValueError, match="local needs the positions 'coordinates', not 'rope'"):
        TRMConfig(positions="rope", local=True)


def halting(agent: Reasoner) -> Reasoner:
    """`agent` with a rule that lets every third state halt."""
    torch.manual_seed(5)
    torch.nn.init.normal_(agent.halt_head.weight)
    agent.wants_to_halt = lambda halt: (halt[:, 0] * 1000).floor() % 3 == 0  # type: ignore[method-assign]
    return agent


@pytest.mark.parametrize("kind", ["hrm", "trm"])
def test_rows_halt_one_by_one_and_are_frozen_from_then_on(kind: str) -> None:
    agent, batch = halting(exact(make(kind, h_cycles=1, l_cycles=1))), inputs(rows=24)
    result = agent.predict(batch, 6)
    assert len(result.segments.unique()) > 2, "rows that halt at different segments"
    for row in range(24):
        count = int(result.segments[row])
        alone = agent.predict(part(batch, [row]), count, halt=False).output
        assert close(alone.tokens, result.output.tokens[row : row + 1])
        assert close(alone.halt, result.output.halt[row : row + 1])
        if count < 6:
            assert bool(agent.wants_to_halt(alone.halt))
        for earlier in range(1, count):
            assert not bool(agent.wants_to_halt(agent.predict(part(batch, [row]), earlier, halt=False).output.halt))


def test_without_halting_every_row_takes_all_segments() -> None:
    result = halting(make("trm")).predict(inputs(), 4, halt=False)
    assert result.segments.tolist() == [4] * 5


def test_training_and_evaluation_mode_answer_alike() -> None:
    agent, batch = make("hrm"), inputs()
    assert torch.equal(agent.train().predict(batch, 2).output.tokens, agent.eval().predict(batch, 2).output.tokens)


@pytest.mark.parametrize("kind", ["hrm", "trm", "plain"])
def test_heads_and_norms_answer_in_float32_over_bfloat16_states(kind: str) -> None:
    # One cycle: long recursions of random weights amplify the rounding of single tokens.
    agent, batch = make(kind, **({} if kind == "plain" else {"h_cycles": 1, "l_cycles": 1})), inputs()
    fine = agent.predict(batch, 2).output
    agent.compute_dtype = torch.bfloat16
    carry, output = agent(None, batch)
    assert carry.z_h.dtype == torch.bfloat16
    assert all(head is None or head.dtype == torch.float32 for head in output)
    rough = agent.predict(batch, 2).output
    assert (fine.tokens - rough.tokens).abs().mean() < 0.1


# ---- heads ----------------------------------------------------------------------------------------------------------


def test_a_pointer_policy_follows_its_actions() -> None:
    agent, batch = exact(make("hrm")), inputs(rows=2)
    logits = agent.predict(batch, 1).output.policy
    assert logits is not None
    actions = batch.actions
    assert actions is not None
    swapped = actions._replace(tokens=actions.tokens[[1, 0, 3, 2]], anchors=actions.anchors[[1, 0, 3, 2]])
    assert close(agent.predict(batch._replace(actions=swapped), 1).output.policy, logits[[1, 0, 3, 2]])
    assert logits[0] != logits[1]
    longer = actions._replace(tokens=torch.nn.functional.pad(actions.tokens, (0, 1)))
    assert close(agent.predict(batch._replace(actions=longer), 1).output.policy, logits), "padding of actions"


@pytest.mark.parametrize("kind", ["hrm", "trm", "plain"])
def test_a_value_looks_at_the_legal_actions_and_at_nothing_else(kind: str) -> None:
    agent, batch = exact(make(kind, value="wdl")).eval(), inputs()
    actions = batch.actions
    assert actions is not None
    value = answers(agent, batch)

    swapped = torch.arange(10).view(5, 2).flip(1).flatten()
    same = Actions(actions.tokens[swapped], actions.anchors[swapped], actions.rows)
    assert torch.allclose(answers(agent, batch._replace(actions=same)), value, rtol=0, atol=1e-12)

    padding = Actions(
        torch.cat([actions.tokens, torch.zeros_like(actions.tokens[:3])]),
        torch.cat([actions.anchors, torch.full((3, ANCHORS), -1)]),
        torch.cat([actions.rows, torch.full((3,), 4)]),
    )
    assert torch.allclose(answers(agent, batch._replace(actions=padding)), value, rtol=0, atol=1e-12)

    elsewhere = actions.anchors.clone()
    elsewhere[2] = (elsewhere[2] + 2) % 7
    moved = (answers(agent, batch._replace(actions=actions._replace(anchors=elsewhere))) - value).abs().amax(1)
    assert moved[1] > 1e-9 and moved[[0, 2, 3, 4]].max() < 1e-12


def answers(agent: Reasoner, batch: Inputs) -> Tensor:
    value = agent.predict(batch).output.value
    assert value is not None
    return value


def test_values_are_expected_returns() -> None:
    sure = torch.tensor([[9.0, -9.0, -9.0], [-9.0, 9.0, -9.0], [-9.0, -9.0, 9.0]])
    assert torch.allclose(value_of(sure), torch.tensor([1.0, 0.0, -1.0]), atol=1e-4)
    bins = torch.full((1, 65), -20.0)
    bins[0, 48] = 20
    assert value_of(bins).item() == pytest.approx(0.5)


def test_a_linear_policy_has_a_logit_for_every_action() -> None:
    agent = create_hrm_agent(HRMConfig(**{**HRM.model_dump(), "policy": "linear", "num_actions": 6}))
    assert agent.predict(inputs()._replace(actions=None), 1).output.policy.shape == (5, 6)


# ---- files and bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hrm", "trm", "plain"])
def test_a_saved_network_comes_back(kind: str, tmp_path: Path) -> None:
    agent, path = make(kind), tmp_path / "agent.safetensors"
    agent.save(path)
    loaded = type(agent).load(path)
    assert loaded.config == agent.config
    assert torch.equal(loaded.predict(inputs(), 2).output.halt, agent.predict(inputs(), 2).output.halt)


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "agent.safetensors"
    make("hrm").save(path)
    with pytest.raises(CheckpointError, match="kind 'hrm', not 'trm'"):
        TRMAgent.load(path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'\\"h_dim\\":16', b'\\"h_dim\\":32'))
    with pytest.raises(CheckpointError, match="does not fit the configuration"):
        HRMAgent.load(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError, match="cannot read"):
        HRMAgent.load(path)
    with pytest.raises(CheckpointError, match="cannot read"):
        HRMAgent.load(tmp_path / "missing")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda b: b._replace(tokens=b.tokens + 19), "holds id .*vocabulary has 0 to 19"),
        (lambda b: b._replace(tokens=-b.tokens), "holds id -"),
        (lambda b: b._replace(tokens=b.tokens.float()), "as integers"),
        (lambda b: b._replace(tokens=b.tokens.repeat(1, 2)), "1 to 12 tokens"),
        (lambda b: b._replace(tokens=b.tokens[:, :0]), "1 to 12 tokens"),
        (lambda b: b._replace(tokens=b.tokens.to("meta")), "is on meta, the network on cpu"),
        (lambda b: b._replace(coordinates=b.coordinates * float("nan")), "not finite"),
        (lambda b: b._replace(coordinates=b.coordinates[:, 1:]), "coordinates must be"),
        (lambda b: b._replace(prefixes=torch.tensor([0, 0, 0, 0, 1])), "prefixes must be from 0 to 0"),
        (lambda b: b._replace(actions=Actions(*(t[2:] for t in b.actions))), "at least one action"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(wrong: Callable[[Inputs], Inputs], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make("hrm").predict(wrong(inputs()))


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"h_dim 100 must be a multiple of head_dim 64; choose e\.g\. 128"):
        HRMConfig(h_dim=100)
    with pytest.raises(ValueError, match="positions must be 'off' with the mixer 'mlp'"):
        TRMConfig(mixer="mlp")
    with pytest.raises(ValueError, match="num_actions"):
        HRMConfig(policy="linear")
    with pytest.raises(UnknownNameError, match="did you mean 'sudoku'"):
        TRMConfig.preset("sudko")
    with pytest.raises(SettingError, match="allowed: auto, cpu, cuda, cuda:N, mps"):
        create_hrm_agent(HRM, device="gpu")
    with pytest.raises(SettingError, match="segments must be at least 1"):
        make("trm").predict(inputs(), 0)
    with pytest.raises(SettingError, match="needs the row and column"):
        make("trm", positions="coordinates").predict(inputs()._replace(coordinates=None))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_here_is_named() -> None:
    with pytest.raises(SettingError, match="'cuda:1' is not here"):
        create_trm_agent(TRM, device="cuda:1")
