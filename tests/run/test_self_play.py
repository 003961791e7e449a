"""The loop over tasks: it learns, compares, saves, and goes on exactly where it was."""

import asyncio
import json

import numpy as np
import pytest
import torch

from zeroloop.errors import CheckpointError, SettingError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.networks.hrm import HRMConfig, create_hrm_agent
from zeroloop.networks.trm import TRMConfig, create_trm_agent
from zeroloop.run.self_play import SelfPlayTrainer
from zeroloop.tasks import BaseTaskGenerator, MathProblemGenerator, MCTSSearchTaskGenerator, is_held_out, kind_of

CONFIG = {
    "games_per_iteration": 8,
    "batch_size": 16,
    "parallel_batch_size": 8,
    "max_buffer_size": 12,
    "eval_games": 4,
    "max_steps": 6,
    "timeout": None,
    "mcts": {"num_simulations": 6},
    "difficulty_range": (0.0, 0.3),
    "learner": {"precision": "fp32"},
}


def trainer(path, **changes) -> SelfPlayTrainer:
    torch.manual_seed(3)
    hrm = create_hrm_agent(HRMConfig(h_dim=16, l_dim=16, num_h_layers=1, num_l_layers=1, head_dim=8))
    trm = create_trm_agent(TRMConfig(latent_dim=16, num_layers=1, head_dim=8, h_cycles=1, l_cycles=1))
    made = SelfPlayTrainer(hrm, trm, {**CONFIG, **changes}, checkpoint_dir=path)
    made.task_generators = {
        "math": MathProblemGenerator((0.0, 0.3), seed=5, kinds=["countdown", "calculate"]),
        "search": MCTSSearchTaskGenerator((0.0, 0.3), seed=6, kinds=["tour", "tic_tac_toe"]),
    }
    return made


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Two iterations, and the trainer after them."""
    made = trainer(tmp_path_factory.mktemp("straight"))
    before = {name: weight.clone() for name, weight in made.hrm_agent.state_dict().items()}
    metrics = [asyncio.run(made.iteration(i)) for i in range(2)]
    return made, before, metrics


def weights(made: SelfPlayTrainer) -> dict[str, torch.Tensor]:
    return {**made.learner.updater.network.state_dict(), **{f"best {n}": w for n, w in made._best.items()}}


def test_an_iteration_trains_and_measures(finished):
    made, before, metrics = finished
    assert any((before[name] != weight).any() for name, weight in made.hrm_agent.state_dict().items())
    for each in metrics:
        assert each["episodes"] == 8 and each["error_rate"] == 0 and 0 <= each["success_rate"] <= 1
        assert 0 <= each["eval_success_rate"] <= 1 and each["steps"] > 0 and each["policy_loss"] > 0
        assert each["low"] <= each["difference"] <= each["high"]
    assert made.best_model_metric == metrics[-1]["best_model_metric"]
    assert len(made.episode_buffer) == 12, "the buffer keeps the newest"


def test_quality_metrics_summarise_the_iterations(finished):
    made, _, metrics = finished
    found = made.get_quality_metrics()
    rates = [each["success_rate"] for each in metrics]
    assert found["avg_success_rate"] == pytest.approx(sum(rates) / 2)
    assert found["success_rate_trend"] == pytest.approx(rates[1] - rates[0])
    assert found["total_episodes_generated"] == 16 and found["best_success_rate"] == max(rates)
    usage = made.get_resource_usage()
    assert usage["memory_used_gb"] > 0 and 0 <= usage["memory_percent"] <= 100 and usage["cpu_percent"] >= 0


def test_an_interrupted_run_ends_in_the_same_bits(finished, tmp_path):
    straight = finished[0]
    first = trainer(tmp_path)
    asyncio.run(first.iteration(0))
    again = trainer(tmp_path)
    again.load_checkpoint(tmp_path / "iteration_0.pt")
    assert again.current_iteration == 0 and len(again.episode_buffer) == 8
    asyncio.run(again.iteration(1))
    expected, found = weights(straight), weights(again)
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []


def test_what_is_held_out_is_never_trained_on(finished):
    made = finished[0]
    for episode in made.episode_buffer:
        task = episode.metadata["task"]
        assert not is_held_out(kind_of(task), task)
    tasks = made._held_out(6)
    assert all(is_held_out(kind_of(task), task) for task in tasks)
    assert json.dumps(tasks) == json.dumps(made._held_out(6)), "the same ones each time"


def test_generators_of_ones_own_are_played(tmp_path):
    class Words(BaseTaskGenerator):
        def generate(self, num_tasks):
            return [
                {"task_id": f"word_{i}", "type": "word", "difficulty": 0.1, "problem": "Write a.", "answer": "a"}
                for i in range(num_tasks)
            ]

    made = trainer(tmp_path)
    made.task_generators = {"words": Words()}
    episodes = asyncio.run(made.run_self_play(3))
    assert len(episodes) == 3 and all(episode.outcome != "error" for episode in episodes)
    assert "eval_success_rate" in asyncio.run(made.evaluate_models(2))


class Middle(UniformEvaluator):
    """Knows that the middle is best."""

    def __call__(self, leaves):
        _, values = super().__call__(leaves)
        return np.where(leaves.actions == 4, 9, 0).astype(np.float32), values


def test_new_networks_meet_the_best_ones_at_games(tmp_path, monkeypatch):
    made = trainer(tmp_path, mcts={"num_simulations": 2, "proofs": False})
    made.task_generators = {"games": MCTSSearchTaskGenerator((0.0, 0.0), seed=6, kinds=["tic_tac_toe"])}
    (task,) = made.task_generators["games"].generate(1)
    monkeypatch.setattr(made, "_held_out", lambda count: [{**task, "moves": ""}] * count)
    made.generator.use(UniformEvaluator())
    monkeypatch.setattr(made, "_equip", lambda challenger, _: challenger.use(Middle()))
    found = asyncio.run(made.evaluate_models(2))
    assert found["eval_success_rate"] > 0.5 and found["eval_success_rate"] + found["best_success_rate"] == 1
    assert found["difference"] == pytest.approx(found["eval_success_rate"] - found["best_success_rate"])
    assert found["improved"]


def test_training_on_examples_that_are_given(finished):
    made = finished[0]
    data = made.data_extractor.extract_examples(made.episode_buffer)
    steps = made.learner.updater.steps
    found = made.train(data)
    assert found["steps"] > steps and found["states"] == len(data["value"])


def test_agents_come_back_from_a_checkpoint(finished):
    made = finished[0]
    path = made._save_checkpoint(7, best=True)
    other = SelfPlayTrainer(config=CONFIG)
    other.load_checkpoint(path.parent / "best_model.pt")
    assert other.current_iteration == 7 and other.best_model_metric == made.best_model_metric
    assert other.hrm_agent.config == made.hrm_agent.config


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"games_per_iterations": 5}, "did you mean games_per_iteration"),
        ({"batch_size": 0}, r"batch_size: 0 is not allowed"),
        ({"mcts": {"c_pukt": 1}}, "c_pukt: unknown setting in mcts_config; did you mean c_puct"),
        ({"difficulty_range": (0.9, 0.1)}, "must rise within 0 to 1"),
    ],
)
def test_wrong_settings_are_refused(config, message):
    with pytest.raises(SettingError, match=message):
        SelfPlayTrainer(config=config)


def test_wrong_calls_are_refused(tmp_path):
    made = trainer(tmp_path)
    with pytest.raises(SettingError, match="num_games must be an integer of at least 0, not -1"):
        asyncio.run(made.run_self_play(-1))
    with pytest.raises(SettingError, match="num_eval_games must be at least 2"):
        asyncio.run(made.evaluate_models(1))
    made.task_generators = {}
    with pytest.raises(SettingError, match="task_generators is empty"):
        asyncio.run(made.run_self_play(1))


def test_a_checkpoint_of_another_run_is_refused(tmp_path, finished):
    made = trainer(tmp_path)
    with pytest.raises(CheckpointError):
        made.load_checkpoint(tmp_path / "nothing.pt")
    (tmp_path / "junk.pt").write_bytes(b"junk")
    with pytest.raises(CheckpointError):
        made.load_checkpoint(tmp_path / "junk.pt")
