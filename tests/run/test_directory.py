"""A run directory is created whole, used by one process at a time, and loses nothing complete."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from zeroloop.errors import RunDirectoryError
from zeroloop.run.directory import RunDirectory, is_run


def test_a_new_run_holds_its_settings_and_can_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "a"
    with RunDirectory.create(path, "seed = 1\n"):
        assert is_run(path)
    with RunDirectory.open(path) as run:
        assert run.read_config() == "seed = 1\n"
        run.write_config("seed = 2\n")
        assert run.read_config() == "seed = 2\n"


def test_an_existing_run_is_not_overwritten(tmp_path: Path) -> None:
    RunDirectory.create(tmp_path / "a", "seed = 1\n").close()
    with pytest.raises(RunDirectoryError, match="continue it with --resume"):
        RunDirectory.create(tmp_path / "a", "seed = 2\n")
    with RunDirectory.open(tmp_path / "a") as run:
        assert run.read_config() == "seed = 1\n"


def test_an_empty_directory_can_become_a_run(tmp_path: Path) -> None:
    RunDirectory.create(tmp_path, "").close()


@pytest.mark.parametrize("name", ["notes.txt", "lockets"])
def test_a_directory_with_other_files_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(RunDirectoryError, match="not empty and not a run"):
        RunDirectory.create(tmp_path, "")
    with pytest.raises(RunDirectoryError, match=r"is not a run: it has no config\.toml"):
        RunDirectory.open(tmp_path)


def test_a_run_that_never_was_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="no such run to resume"):
        RunDirectory.open(tmp_path / "never_was")
    assert not (tmp_path / "never_was").exists()


def test_a_run_killed_before_its_settings_were_written_can_be_resumed_or_started(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / ".config.toml.tmp").touch()
    with RunDirectory.open(tmp_path):
        assert not is_run(tmp_path)
    RunDirectory.create(tmp_path, "").close()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in [tmp_path / "file", tmp_path / "file" / "run"]:
        with pytest.raises(RunDirectoryError, match="file"):
            RunDirectory.create(path, "")


def test_a_run_in_use_is_refused_with_the_process(tmp_path: Path) -> None:
    in_use = pytest.raises(RunDirectoryError, match=f"in use by process {os.getpid()};")
    with RunDirectory.create(tmp_path / "a", ""), in_use:
        RunDirectory.open(tmp_path / "a")
    RunDirectory.open(tmp_path / "a").close()


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from zeroloop.run.directory import RunDirectory\n"
        f"run = RunDirectory.create(Path({str(tmp_path / 'a')!r}), ''); print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        with pytest.raises(RunDirectoryError, match=f"in use by process {process.pid};"):
            RunDirectory.open(tmp_path / "a")
        process.send_signal(signal.SIGKILL)
    RunDirectory.open(tmp_path / "a").close()


def test_metrics_lose_the_torn_line_and_what_follows_the_resumed_iteration(tmp_path: Path) -> None:
    with RunDirectory.create(tmp_path / "a", "") as run:
        for iteration in (1, 2, 3):
            run.append_metrics({"iteration": iteration, "loss": 0.5 / iteration})
        with (run.path / "metrics.jsonl").open("a") as file:
            file.write('{"iteration": 4, "lo')
        assert [record["iteration"] for record in run.read_metrics()] == [1, 2, 3]
        assert [record["loss"] for record in run.rewind_metrics(2)] == [0.5, 0.25]
        run.append_metrics({"iteration": 3, "loss": 0.1})
        assert [record["loss"] for record in run.read_metrics()] == [0.5, 0.25, 0.1]
        assert (run.path / "metrics.jsonl").read_text().count("\n") == 3


def test_metrics_of_a_new_run_are_empty(tmp_path: Path) -> None:
    with RunDirectory.create(tmp_path / "a", "") as run:
        assert run.read_metrics() == [] == run.rewind_metrics(0)


def test_checkpoints_are_numbered(tmp_path: Path) -> None:
    with RunDirectory.create(tmp_path / "a", "") as run:
        for name in ("iteration_10.pt", "iteration_2.pt", "best_model.pt", ".iteration_11.pt.tmp", "iteration_x.pt"):
            (run.checkpoints / name).touch()
        assert run.saved_iterations() == [2, 10]
        assert run.checkpoint(2).is_file() and run.best_checkpoint.is_file()
        assert run.episodes.is_dir() and run.reports.is_dir()
