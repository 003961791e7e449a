"""The command itself: help, unknown words, exit codes, and never a traceback."""

import subprocess
import sys

import pytest

from zeroloop.cli import COMMANDS
from zeroloop.errors import CheckpointError, SettingError


def test_help_names_every_command(zeroloop):
    answer = zeroloop("--help")
    assert answer.code == 0
    assert all(name in answer.out for name in COMMANDS)
    assert zeroloop().code == 2
    assert zeroloop("--version").out.startswith("zeroloop 0.")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(zeroloop, command):
    answer = zeroloop(command, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"usage: zeroloop {command}")


@pytest.mark.parametrize(("word", "nearest"), [("trian", "train"), ("benhc", "bench"), ("nonsense", "known: bench")])
def test_an_unknown_command_gets_the_nearest(zeroloop, word, nearest):
    zeroloop(word).refused(2, f"unknown command '{word}'", nearest)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_refused(zeroloop, command):
    needed = {
        "train": ["tic_tac_toe"],
        "evaluate": ["x"],
        "generate": ["math", "--tasks", "1", "--out", "-"],
        "verify": ["x"],
        "pddl": ["export"],
        "play": ["x"],
    }
    zeroloop(command, *needed.get(command, []), "--jsno", "1").refused(2, "--jsno")


@pytest.mark.parametrize(
    ("problem", "code", "line"),
    [
        (SettingError("search.x: no\n  such"), 2, "error: search.x: no such"),
        (CheckpointError("broken"), 1, "error: broken"),
        (OSError(28, "No space left on device"), 1, "error: [Errno 28] No space left on device"),
        (KeyError("k"), 1, "error: unexpected KeyError: 'k'; this is a fault of Zeroloop"),
    ],
)
def test_every_failure_is_one_line_and_an_exit_code(zeroloop, monkeypatch, problem, code, line):
    def fail(words):
        raise problem

    monkeypatch.setattr("zeroloop.cli.list.run", fail)
    zeroloop("list").refused(code, line)
    monkeypatch.setenv("ZEROLOOP_TRACEBACK", "1")
    with pytest.raises(type(problem)):
        zeroloop("list")


def test_ctrl_c_has_its_own_exit_code(zeroloop, monkeypatch):
    def interrupt(words):
        raise KeyboardInterrupt

    monkeypatch.setattr("zeroloop.cli.list.run", interrupt)
    assert zeroloop("list").code == 130


def test_a_reader_that_leaves_early_is_no_failure_worth_a_traceback():
    script = "import sys; from zeroloop.cli import main; sys.exit(main(['train', '--help']))"
    command = f'{sys.executable} -c "{script}" | head -n 1'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("usage: zeroloop train")
    assert done.stderr == ""
