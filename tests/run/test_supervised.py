"""Supervised runs: what they leave, exact resume, early stopping, and what stops them."""

import json

import numpy as np
import pytest
import torch

from zeroloop.errors import CheckpointError, DivergedError, SettingError, UnknownNameError
from zeroloop.learning import checkpoint as checkpoints
from zeroloop.learning.deep_supervision import DeepSupervision
from zeroloop.reports import SilentReporter
from zeroloop.run.settings import SupervisedSettings
from zeroloop.run.supervised import grade_answers, load_solver, train_supervised

SMALL = {
    "puzzle": "sudoku",
    "puzzle_options": {"box_height": 2, "box_width": 2, "least_clues": 8, "most_clues": 12},
    "network": "trm",
    "network_options": {"latent_dim": 16, "head_dim": 8, "num_layers": 1, "h_cycles": 1, "num_recursions": 2},
    "iterations": 3,
    "train_puzzles": 60,
    "validation_puzzles": 12,
    "test_puzzles": 20,
    "steps_per_iteration": 4,
    "learner": {"batch_size": 8},
}


def settings(**changes):
    return SupervisedSettings.model_validate(SMALL | changes)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "straight"
    train_supervised(settings(), directory, resume=False, reporter=SilentReporter())
    return directory


def same_end(left, right):
    first, second = (checkpoints.load(run / "checkpoints/iteration_3.pt") for run in (left, right))
    first.training.pop("seconds"), second.training.pop("seconds")
    content = [{"weights": each.weights, "training": each.training} for each in (first, second)]
    return checkpoints.digest(content[0]) == checkpoints.digest(content[1])


def test_a_run_leaves_what_it_promises(finished):
    lines = [json.loads(line) for line in (finished / "metrics.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in lines] == [1, 2, 3]
    assert lines[-1]["steps"] == 12 and lines[-1]["puzzles"] >= 8
    report = json.loads((finished / "reports/training.json").read_text())
    assert {*report["test"]} == {"best_average", "best_raw", "last_average", "last_raw"}
    assert all(grade["puzzles"] == 20 for grade in report["test"].values())


class StopAfter(SilentReporter):
    """Presses Ctrl-C in the second iteration."""

    def progress(self, fields):
        if fields.get("iteration") == 1 and fields["steps"] == 6:
            raise KeyboardInterrupt


def test_an_interrupted_run_ends_in_the_same_bits(finished, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train_supervised(settings(), tmp_path / "run", resume=False, reporter=StopAfter())
    train_supervised(settings(), tmp_path / "run", resume=True, reporter=SilentReporter())
    assert same_end(finished, tmp_path / "run")


CURRICULUM = [
    {"until": 0.3, "puzzle_options": {"height": 5, "width": 5}, "batch_size": 4},
    {"until": 0.6, "puzzle_options": {"height": 7, "width": 7}},
]
MAZES = {
    "puzzle": "maze",
    "puzzle_options": {"height": 9, "width": 7},
    "network_options": SMALL["network_options"] | {"positions": "coordinates", "local": True},
    "curriculum": CURRICULUM,
}


def test_a_curriculum_comes_before_the_puzzle_itself_and_is_resumed_exactly(tmp_path):
    train_supervised(settings(**MAZES), tmp_path / "straight", resume=False, reporter=SilentReporter())
    lines = [json.loads(line) for line in (tmp_path / "straight/metrics.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in lines] == [0, 1, 2]
    assert ["exact" in line for line in lines] == [False, False, True], "easier puzzles are not graded"
    with pytest.raises(KeyboardInterrupt):
        train_supervised(settings(**MAZES), tmp_path / "run", resume=False, reporter=StopAfter())
    first = checkpoints.load(tmp_path / "run/checkpoints/iteration_1.pt")
    assert first.training["learner"]["rows"]["questions"].shape == (4, 25)
    train_supervised(settings(**MAZES), tmp_path / "run", resume=True, reporter=SilentReporter())
    assert same_end(tmp_path / "straight", tmp_path / "run")


def test_a_solver_is_loaded_with_puzzles_it_never_saw(finished):
    solver = load_solver(str(finished))
    assert solver is not None and {*solver.networks} == {"average", "raw"}
    report = json.loads((finished / "reports/training.json").read_text())
    grade = grade_answers(solver.networks["average"], solver.puzzle, solver.test)
    assert grade.puzzles == len(solver.test) == 20
    assert grade.exact == pytest.approx(report["test"]["best_average"]["exact"], abs=0.1)  # bfloat16 against float32
    last = load_solver(str(finished / "checkpoints/iteration_3.pt"))
    assert last is not None
    weights = (dict(each.networks["raw"].named_parameters())["embedding"] for each in (last, solver))
    assert all(torch.isfinite(each).all() for each in weights)


def test_grades_do_not_depend_on_the_rows_at_once(finished):
    solver = load_solver(str(finished))
    assert solver is not None
    grades = [grade_answers(solver.networks["raw"], solver.puzzle, solver.test, rows=rows) for rows in (1, 7, 64)]
    assert len({(grade.exact, grade.valid, grade.segments) for grade in grades}) == 1


def test_a_run_that_stalls_ends_early(tmp_path):
    train_supervised(settings(iterations=50, patience=2), tmp_path / "run", resume=False, reporter=SilentReporter())
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    grades = [json.loads(line)["exact"] for line in lines]
    assert len(grades) < 50
    assert max(grades[-2:]) <= max(grades[:-2])


def test_divergence_keeps_the_rows_and_the_last_checkpoint(tmp_path, monkeypatch):
    step = DeepSupervision.step

    def poisoned(self, draw, progress):
        if self.updater.steps == 6:
            with torch.no_grad():
                self.network.embedding.fill_(float("nan"))
        return step(self, draw, progress)

    monkeypatch.setattr(DeepSupervision, "step", poisoned)
    with pytest.raises(DivergedError, match="diverged at step 6"):
        train_supervised(settings(), tmp_path / "run", resume=False, reporter=SilentReporter())
    rows = np.load(tmp_path / "run/reports/diverged.npz")
    assert rows["questions"].shape == (8, 16) and rows["answers"].min() >= 2
    kept = checkpoints.load(tmp_path / "run/checkpoints/iteration_1.pt")
    assert all(torch.isfinite(weight).all() for weight in kept.weights.values())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"puzzle": "sudok"}, UnknownNameError, "unknown puzzle 'sudok'; did you mean 'sudoku'"),
        ({"puzzle_options": {"size": 4}}, SettingError, "puzzle_options: .*size"),
        ({"network": "resnet", "network_options": {}}, SettingError, "choose hrm, trm or plain"),
        ({"network_preset": "smal"}, UnknownNameError, "unknown preset 'smal'; did you mean 'small'"),
        ({"network_options": {"latent_dim": 100}}, SettingError, "latent_dim 100 must be a multiple of head_dim 64"),
        ({"puzzle_options": {"box_height": 1, "box_width": 2}}, SettingError, "too few different puzzles"),
        (
            MAZES | {"puzzle_options": {"height": 5, "width": 7}},
            SettingError,
            r"the network cannot take stage 2: inputs.tokens must be \[rows, 1 to 35 tokens\], not \[1, 49\]",
        ),
        (
            MAZES | {"network_options": SMALL["network_options"] | {"mixer": "mlp", "positions": "off"}},
            SettingError,
            "stage 1: .* for the mixer 'mlp', not",
        ),
    ],
)
def test_what_cannot_run_is_refused(changes, error, message, tmp_path):
    with pytest.raises(error, match=message):
        train_supervised(settings(**changes), tmp_path / "run", resume=False, reporter=SilentReporter())


def test_a_checkpoint_of_other_puzzles_is_refused(finished):
    other = settings(puzzle_options=SMALL["puzzle_options"] | {"least_clues": 4})
    with pytest.raises(CheckpointError, match="environment options"):
        train_supervised(other, finished, resume=True, reporter=SilentReporter())


def test_stages_end_one_after_the_other():
    with pytest.raises(ValueError, match=r"not at \[0.6, 0.3\]; raise `until`"):
        settings(**MAZES | {"curriculum": CURRICULUM[::-1]})
