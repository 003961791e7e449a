"""The names and calls of the document that this project was created from."""

import asyncio
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def test_every_name_is_there():
    from training import self_play_generator

    for name in self_play_generator.__all__:
        assert getattr(self_play_generator, name).__doc__


def test_an_episode_as_it_is_drawn():
    from training.self_play_generator import MathProblemGenerator, SelfPlayEpisodeGenerator

    generator = SelfPlayEpisodeGenerator(device="cpu", mcts_config={"num_simulations": 20})
    tasks = MathProblemGenerator(seed=42).generate(1)
    episode = asyncio.run(generator.generate_episode(task=tasks[0], max_steps=20, timeout=60.0))
    assert episode.outcome in ("success", "failure", "max_steps_reached")
    assert len(episode.mcts_traces) == episode.episode_length == len(episode.actions) == len(episode.rewards)
    assert episode.total_reward == sum(episode.rewards)


@pytest.mark.parametrize("number", [1, 5, 6])
def test_examples_run(number, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["self_play_example.py", str(number)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "training/examples/self_play_example.py"), run_name="__main__")
    assert ended.value.code == 0
    assert f"{number}. " in capsys.readouterr().out
