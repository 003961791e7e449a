"""Imports go down only: the contracts of import-linter in pyproject.toml hold."""

from pathlib import Path

import pytest
from importlinter import cli


def test_imports_go_down_only(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Path(__file__).parents[1] / "pyproject.toml"
    status = cli.lint_imports(config_filename=str(settings), no_cache=True, no_logo=True)
    assert status == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out
