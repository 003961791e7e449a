"""Golden: losses and the optimiser by hand. Properties: rows, halting, resume, divergence."""

import copy
import math

import pytest
import torch
from torch._inductor.exc import InvalidCxxCompiler

from zeroloop.errors import CheckpointError, DivergedError, SettingError
from zeroloop.learning import compilation
from zeroloop.learning.adam_atan2 import AdamATan2
from zeroloop.learning.deep_supervision import DeepSupervision, stablemax_cross_entropy
from zeroloop.learning.settings import SupervisionSettings
from zeroloop.networks._reasoner import Inputs
from zeroloop.networks.hrm import HRMAgent, HRMConfig
from zeroloop.networks.trm import TRMAgent, TRMConfig

SHAPE = {"head_dim": 4, "vocab_size": 7, "max_tokens": 4, "predict_tokens": True, "policy": "off", "value": "off"}
PLACES = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])


def learner(agent=None, seed=1, **changes):
    torch.manual_seed(0)
    if agent is None:
        agent = TRMAgent(TRMConfig(latent_dim=16, num_layers=1, h_cycles=1, l_cycles=2, num_recursions=3, **SHAPE))
    settings = SupervisionSettings(**({"batch_size": 6, "precision": "fp32", "warmup_steps": 0} | changes))
    return DeepSupervision(agent, settings, PLACES, seed)


class Puzzles:
    """Rotate each token by one; remembers how many puzzles each step drew."""

    def __init__(self):
        self.drawn = []

    def __call__(self, step, count):
        self.drawn.append((step, count))
        questions = torch.randint(1, 7, (count, 4), generator=torch.Generator().manual_seed(step))
        return questions, questions % 6 + 1


def test_stablemax_by_hand():
    logits = torch.tensor([[1.0, -1.0, 0.0], [3.0, 0.0, -4.0]])  # s: 2, 1/2, 1 and 4, 1, 1/5
    expected = [-math.log(2 / 3.5), -math.log(0.2 / 5.2)]
    assert stablemax_cross_entropy(logits, torch.tensor([0, 2])).tolist() == pytest.approx(expected)
    assert torch.isfinite(stablemax_cross_entropy(torch.tensor([[1e20, -1e20]]), torch.tensor([1]))).all()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:The .grad attribute")  # torch's, about itself
def test_compiled_blocks_learn_the_same():
    plain, compiled = (learner(compile=compiled) for compiled in (False, True))
    puzzles = Puzzles()
    for _ in range(3):
        plain.step(puzzles, 0), compiled.step(puzzles, 0)
    for expected, found in zip(plain.network.parameters(), compiled.network.parameters(), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)


def test_compiling_without_a_compiler_is_refused(monkeypatch):
    def missing():
        raise InvalidCxxCompiler

    monkeypatch.setattr(compilation, "get_cpp_compiler", missing)
    with pytest.raises(SettingError, match=r"no C\+\+ compiler was found; .* --learner.compile=false"):
        learner(compile=True)


def test_adam_atan2_by_hand():
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = AdamATan2([weight], lr=0.1, betas=(0.9, 0.95), weight_decay=0.5)
    mean = square = 0.0
    value = 1.0
    for step, gradient in enumerate((0.3, -2.0), start=1):
        weight.grad = torch.tensor([gradient])
        optimizer.step()
        mean, square = 0.9 * mean + 0.1 * gradient, 0.95 * square + 0.05 * gradient**2
        value *= 1 - 0.1 * 0.5
        value -= 0.1 / (1 - 0.9**step) * math.atan2(mean, math.sqrt(square / (1 - 0.95**step)))
        assert weight.item() == pytest.approx(value, rel=1e-5)


def test_adam_atan2_does_not_see_the_scale_of_the_loss():
    ends = []
    for scale in (1.0, 1e-6):
        weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        optimizer = AdamATan2([weight], lr=0.01)
        for _ in range(20):
            weight.grad = scale * weight.detach() ** 3
            optimizer.step()
        ends.append(weight.detach())
    assert torch.allclose(*ends, atol=1e-5)


def never(halt):
    return torch.zeros(len(halt), dtype=torch.bool)


def always(halt):
    return ~never(halt)


def test_rows_are_replaced_when_they_have_taken_all_segments():
    teacher, puzzles = learner(), Puzzles()
    teacher.network.wants_to_halt = never
    halted = [int(teacher.step(puzzles, 0.0)["halted"]) for _ in range(7)]
    assert halted == [0, 0, 6, 0, 0, 6, 0]
    assert puzzles.drawn == [(0, 6), (3, 6), (6, 6)]


def test_a_row_goes_on_from_its_own_states_until_it_halts():
    teacher, puzzles = learner(learning_rate=1e-9), Puzzles()
    teacher.network.wants_to_halt = lambda halt: torch.arange(len(halt)) % 2 == 0
    teacher.settings = teacher.settings.model_copy(update={"halt_exploration": 0.0})
    first = teacher.step(puzzles, 0.0)
    assert int(first["halted"]) == 3 and int(first["segments"]) == 3
    rows, carry = copy.deepcopy(teacher.rows()), teacher._carry
    teacher.step(puzzles, 0.0)
    assert puzzles.drawn == [(0, 6), (1, 3)]
    assert torch.equal(teacher.rows()["questions"][1::2], rows["questions"][1::2])
    assert teacher.rows()["taken"].tolist() == [1, 2] * 3
    alone = Inputs(rows["questions"][1:2])
    kept, _ = teacher.network(carry.take(torch.tensor([1])), alone)
    assert torch.allclose(teacher._carry.z_h[1], kept.z_h[0], atol=1e-4)


def test_exploration_keeps_rows_from_halting_at_once():
    for exploration, halted in ((0.0, 6), (1.0, 0)):
        teacher = learner(halt_exploration=exploration)
        teacher.network.wants_to_halt = always
        assert int(teacher.step(Puzzles(), 0.0)["halted"]) == halted


def test_a_small_problem_is_learned_and_halting_with_it():
    teacher, puzzles = learner(batch_size=64, learning_rate=1e-2), Puzzles()
    seen = [teacher.step(puzzles, 0.0) for _ in range(150)]
    exact = [float(step["exact"]) / max(1.0, float(step["halted"])) for step in seen]
    assert sum(exact[:10]) / 10 < 0.2 < 0.95 < sum(exact[-10:]) / 10
    assert float(seen[-1]["segments"]) / float(seen[-1]["halted"]) < 2


def test_without_deep_supervision_only_last_segments_teach():
    agent = TRMAgent(TRMConfig(latent_dim=16, num_recursions=3, deep_supervision=False, **SHAPE))
    teacher = learner(agent, weight_decay=0.0)
    teacher.network.wants_to_halt = never
    before = copy.deepcopy(agent.state_dict())
    for _ in range(2):
        assert float(teacher.step(Puzzles(), 0.0)["loss"]) == 0
    assert all(torch.equal(before[name], tensor) for name, tensor in agent.state_dict().items())
    assert float(teacher.step(Puzzles(), 0.0)["loss"]) > 0


def test_q_continue_learns_the_worth_of_one_more_segment():
    config = HRMConfig(h_dim=8, l_dim=8, num_h_layers=1, num_l_layers=1, max_segments=2, q_continue=True, **SHAPE)
    teacher, puzzles = learner(HRMAgent(config)), Puzzles()
    torch.nn.init.normal_(teacher.network.halt_head.weight)
    teacher.step(puzzles, 0.0)
    inputs = teacher._inputs()
    halt = teacher.network(teacher._carry, inputs)[1].halt.detach()
    target = teacher._future(teacher._carry, inputs, torch.tensor([True, False] * 3))
    assert torch.allclose(target[::2], halt[::2, 0].sigmoid())
    assert torch.allclose(target[1::2], halt[1::2].amax(1).sigmoid())


def test_a_resumed_learner_continues_bit_for_bit():
    straight, first = learner(), learner()
    for _ in range(5):
        straight.step(Puzzles(), 0.5)
    for _ in range(2):
        first.step(Puzzles(), 0.5)
    second = learner(seed=9)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for _ in range(3):
        second.step(Puzzles(), 0.5)
    for name, tensor in straight.network.state_dict().items():
        assert torch.equal(tensor, second.network.state_dict()[name]), name
    for name, tensor in straight.updater.average.state_dict().items():
        assert torch.equal(tensor, second.updater.average.state_dict()[name]), name


def test_a_state_of_another_network_is_refused():
    state = learner().state_dict()
    other = TRMAgent(TRMConfig(latent_dim=8, num_layers=1, num_recursions=3, **SHAPE))
    with pytest.raises(CheckpointError, match="not of this network"):
        learner(other).load_state_dict(state)


def test_a_loss_that_is_not_finite_stops_training_before_it_is_learned_from():
    teacher = learner()
    teacher.step(Puzzles(), 0.0)
    with torch.no_grad():
        teacher.network.token_head.weight[0, 0] = float("nan")
    before = copy.deepcopy(teacher.updater.average.state_dict())
    with pytest.raises(DivergedError, match=r"training diverged at step 1: loss nan; lower learner\.learning_rate"):
        teacher.step(Puzzles(), 0.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.updater.average.state_dict().items())
    assert teacher.updater.steps == 1


@pytest.mark.parametrize("optimizer", ["adamw", "adam_atan2"])
@pytest.mark.parametrize("loss", ["softmax", "stablemax"])
def test_every_optimiser_and_loss_makes_progress(optimizer, loss):
    teacher, puzzles = learner(optimizer=optimizer, loss=loss, batch_size=32, learning_rate=5e-3), Puzzles()
    losses = [float(teacher.step(puzzles, 0.0)["token_loss"]) for _ in range(40)]
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
