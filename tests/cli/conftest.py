"""Runs of the command line inside the test process, and one small trained run that tests share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from zeroloop.cli import main


class Answer(NamedTuple):
    """What a command line answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which must be one JSON object and nothing else."""
        return json.loads(self.out)

    def refused(self, code: int, *parts: str) -> None:
        """Assert that the command failed with one line on stderr that has all the parts."""
        assert (self.code, self.out) == (code, ""), self
        assert self.err.startswith("error: ")
        assert self.err.count("\n") == 1, self.err
        for part in parts:
            assert part in self.err


Command = Callable[..., Answer]

TINY = ["--selfplay.moves-per-iteration", "200", "--selfplay.games-per-actor", "8", "--arena.num-pairs", "2"]


@pytest.fixture
def zeroloop(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """`zeroloop("train", ...)` in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZEROLOOP_TRACEBACK", raising=False)

    def command(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return command


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two tiny iterations of tic-tac-toe."""
    path = tmp_path_factory.mktemp("runs") / "tiny"
    assert main(["train", "tic_tac_toe", "--iterations", "2", "--seed", "3", "--run", str(path), *TINY]) == 0
    return path
