"""The loop: a run leaves what it promises, continues exactly, and refuses what it cannot do."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from zeroloop.data.episodes import DEMONSTRATION, EpisodeStore
from zeroloop.errors import ActorLostError, CheckpointError, RunDirectoryError, SettingError, UnknownNameError
from zeroloop.learning import checkpoint as checkpoints
from zeroloop.reports import SilentReporter
from zeroloop.run.players import load_player
from zeroloop.run.settings import RunSettings
from zeroloop.run.trainer import train
from zeroloop.tasks import is_held_out, kind_of

SMALL = {
    "game": "tic_tac_toe",
    "network_options": {"channels": 8, "blocks": 1},
    "iterations": 3,
    "search": {"num_simulations": 16, "forced_playouts": 2.0},
    "selfplay": {"games_per_actor": 16, "moves_per_iteration": 400, "opening_plies": 3, "archive_fraction": 0.2},
    "learner": {"batch_size": 32},
    "evaluator": {"backend": "torch"},
    "arena": {"simulations": 8, "num_pairs": 16, "max_opening_plies": 3},
    "arena_every": 2,
}


def settings(**changes):
    return RunSettings.model_validate(SMALL | changes)


def tensors(tree, path=""):
    if torch.is_tensor(tree):
        yield path, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from tensors(value, f"{path}/{key}")
    elif isinstance(tree, list | tuple):
        for key, value in enumerate(tree):
            yield from tensors(value, f"{path}/{key}")


def assert_same_end(left, right, iteration):
    first, second = (
        dict(tensors(torch.load(run / f"checkpoints/iteration_{iteration}.pt", weights_only=True)))
        for run in (left, right)
    )
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "straight"
    return train(settings(), directory, resume=False, reporter=SilentReporter())


def test_a_run_directory_holds_all_that_happened(finished):
    run = finished.directory
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in lines] == [1, 2, 3]
    assert lines[-1]["policy_loss"] > 0
    games = list(EpisodeStore(run / "episodes").read())
    assert len(games) == lines[-1]["games"]
    assert json.loads((run / "reports/training.json").read_text())["iterations"] == 3
    assert (run / "config.toml").exists()
    assert load_player(str(run)).checkpoint.training is None


def test_the_weights_move_and_the_average_is_what_is_kept(finished):
    paths = [finished.directory / f"checkpoints/iteration_{n}.pt" for n in (0, 3)]
    before, after = (checkpoints.load(path).weights for path in paths)
    assert any(not torch.equal(before[name], after[name]) for name in before)


class StopAfter(SilentReporter):
    """Presses Ctrl-C in the second iteration."""

    def progress(self, fields):
        if fields.get("iteration") == 1:
            raise KeyboardInterrupt


def test_an_interrupted_run_ends_in_the_same_bits(finished, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(settings(), tmp_path / "run", resume=False, reporter=StopAfter())
    train(settings(), tmp_path / "run", resume=True, reporter=SilentReporter())
    assert_same_end(finished.directory, tmp_path / "run", 3)


def test_a_killed_run_ends_in_the_same_bits(finished, tmp_path):
    program = (
        "import sys; from pathlib import Path\n"
        "from test_trainer import settings, SilentReporter, train\n"
        "train(settings(), Path(sys.argv[1]), sys.argv[2] == 'resume', SilentReporter())"
    )
    run = tmp_path / "run"

    def start(mode):
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
        return subprocess.Popen([sys.executable, "-c", program, str(run), mode], env=environment)

    for iteration in (0, 1):
        process = start("resume" if iteration else "new")
        while not (run / f"checkpoints/iteration_{iteration}.pt").exists():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(0.05 * iteration)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start("resume").wait(timeout=120) == 0
    assert_same_end(finished.directory, run, 3)


def test_a_finished_run_can_be_resumed_to_no_effect(finished):
    again = train(settings(), finished.directory, resume=True, reporter=SilentReporter())
    assert again.iterations == 3
    assert again.elo == finished.elo


def test_other_worker_counts_give_the_same_bits(finished, tmp_path):
    train(settings(workers=1), tmp_path / "run", resume=False, reporter=SilentReporter())
    assert_same_end(finished.directory, tmp_path / "run", 3)


def actor_processes():
    """Those of this process that have not ended; the sandbox keeps others."""
    found = []
    for each in psutil.Process().children():
        with contextlib.suppress(psutil.ZombieProcess):
            found += [each] * any("actor_process" in word for word in each.cmdline())
    return found


APART = {"selfplay": SMALL["selfplay"] | {"processes": True}}


def test_actors_in_processes_give_the_same_bits_also_interrupted(finished, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(settings(**APART), tmp_path / "run", resume=False, reporter=StopAfter())
    assert not actor_processes()
    train(settings(**APART), tmp_path / "run", resume=True, reporter=SilentReporter())
    assert_same_end(finished.directory, tmp_path / "run", 3)


class KillAnActor(SilentReporter):
    """Ends one of the processes in the second iteration."""

    def progress(self, fields):
        if fields.get("iteration") == 1:
            actor_processes()[0].kill()


def test_an_actor_that_is_lost_stops_the_run_with_a_remedy(tmp_path):
    with pytest.raises(ActorLostError, match=r"status -9.*resume the run"):
        train(settings(**APART), tmp_path / "run", resume=False, reporter=KillAnActor())
    assert not actor_processes()
    assert (tmp_path / "run/checkpoints/iteration_1.pt").exists()


def test_the_cache_changes_nothing(finished, tmp_path):
    evaluator = {"backend": "torch", "cache_entries": 0}
    train(settings(evaluator=evaluator), tmp_path / "run", resume=False, reporter=SilentReporter())
    assert_same_end(finished.directory, tmp_path / "run", 3)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"game": "conect_four"}, UnknownNameError, "connect_four"),
        ({"selfplay": {"curriculum": True}}, SettingError, "selfplay.curriculum"),
        ({"network": "resnte"}, UnknownNameError, "resnet"),
        ({"network_options": {"chanels": 3}}, SettingError, "network_options.chanels"),
        ({"game": "connect_four", "game_options": {"widht": 3}}, SettingError, "game_options"),
        ({"game": "connect_four", "game_options": {"width": 3, "height": 3}}, SettingError, "connect"),
        ({"game": "path_finding", "game_options": {"height": 0}}, SettingError, "path_finding.height"),
        ({"network": "reasoners", "network_options": {"width": 33}}, ValueError, "multiple of head_dim"),
        ({"search": {"num_simulations": 64, "max_nodes": 10}}, ValueError, "max_nodes"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_written(changes, error, message, tmp_path):
    with pytest.raises(error, match=message):
        train(settings(**changes), tmp_path / "run", resume=False, reporter=SilentReporter())
    assert not (tmp_path / "run").exists()


TASKS = {
    "game": "path_finding",
    "game_options": {"height": 4, "width": 4, "colors": 1},
    "network": "reasoners",
    "network_options": {"width": 16, "head_dim": 8, "value": "categorical"},
    "search": {"num_simulations": 8, "value_range": "minmax"},
    "selfplay": {"games_per_actor": 8, "moves_per_iteration": 120, "opening_plies": 3},
    "learner": {"batch_size": 16},
    "arena": {"simulations": 4, "num_pairs": 3},
    "grading": {"positions": 6, "simulations": 8},
}


def test_reasoners_learn_tasks_and_resume_exactly(tmp_path):
    straight = train(settings(**TASKS), tmp_path / "a", resume=False, reporter=SilentReporter())
    assert {*straight.after} == {"tasks"} and straight.after["tasks"].tasks == 6
    lines = [json.loads(line) for line in (tmp_path / "a/metrics.jsonl").read_text().splitlines()]
    assert all(0 <= line["not_good"] <= 1 for line in lines) and lines[-1]["policy_loss"] > 0
    assert all(episode.task for episode in EpisodeStore(tmp_path / "a/episodes").read())
    with pytest.raises(KeyboardInterrupt):
        train(settings(**TASKS), tmp_path / "b", resume=False, reporter=StopAfter())
    train(settings(**TASKS), tmp_path / "b", resume=True, reporter=SilentReporter())
    assert_same_end(tmp_path / "a", tmp_path / "b", 3)
    assert load_player(str(tmp_path / "a")).network.num_actions == 4


def test_tasks_of_many_kinds_are_learned_together_and_resumed_exactly(tmp_path):
    mixed = TASKS | {"game": "tasks", "game_options": {"kinds": ["tour", "countdown"], "difficulty": [0.0, 0.3]}}
    mixed |= {"evaluator": {"backend": "torch"}, "iterations": 2}
    mixed |= {"selfplay": TASKS["selfplay"] | {"demonstrations": 0.3}}
    straight = train(settings(**mixed), tmp_path / "a", resume=False, reporter=SilentReporter())
    assert {*straight.after} == {*straight.unguided} == {"tour", "countdown"}
    episodes = list(EpisodeStore(tmp_path / "a/episodes").read())
    *_, last = map(json.loads, (tmp_path / "a/metrics.jsonl").read_text().splitlines())
    assert last["positions_demonstrated"] == sum((episode.kinds == DEMONSTRATION).sum() for episode in episodes) > 0
    tasks = [episode.task for episode in episodes]
    assert {task["kind"] for task in tasks} == {"tour", "countdown"}
    assert not any(is_held_out(kind_of(task), task) for task in tasks)
    with pytest.raises(KeyboardInterrupt):
        train(settings(**mixed), tmp_path / "b", resume=False, reporter=StopAfter())
    train(settings(**mixed), tmp_path / "b", resume=True, reporter=SilentReporter())
    assert_same_end(tmp_path / "a", tmp_path / "b", 2)


def test_reasoners_learn_games(tmp_path):
    reasoners = {"network": "reasoners", "network_options": TASKS["network_options"] | {"value": "wdl"}}
    small = {"selfplay": TASKS["selfplay"], "iterations": 2, "learner": {"batch_size": 16}}
    outcome = train(settings(**reasoners, **small), tmp_path / "run", resume=False, reporter=SilentReporter())
    before, after = (checkpoints.load(outcome.directory / f"checkpoints/iteration_{n}.pt").weights for n in (0, 2))
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    assert any(name.startswith("policy_part.") for name in moved)
    assert any(name.startswith("value_part.") for name in moved)


def test_the_checkpoint_of_another_game_is_refused(finished):
    with pytest.raises(CheckpointError, match="tic_tac_toe"):
        load_player(str(finished.directory), game="connect_four")


def test_a_directory_with_a_run_is_not_overwritten(finished):
    with pytest.raises(RunDirectoryError, match="resume"):
        train(settings(), finished.directory, resume=False, reporter=SilentReporter())
