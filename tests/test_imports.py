"""Every module imports, and `zeroloop` starts without the slow ones."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import zeroloop

MODULES = sorted(module.name for module in pkgutil.walk_packages(zeroloop.__path__, "zeroloop."))


def test_the_walk_finds_the_modules() -> None:
    assert {"zeroloop.cli.train", "zeroloop.run.trainer", "zeroloop._native"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_module_imports(name: str) -> None:
    importlib.import_module(name)


@pytest.mark.parametrize("modules", ["zeroloop.cli", "zeroloop.cli.train", "zeroloop.cli.doctor, zeroloop.cli.bench"])
def test_commands_start_without_torch(modules: str) -> None:
    """A run's directory must be on disk before slow imports, see zeroloop/cli/train.py."""
    script = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
