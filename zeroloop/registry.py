"""Finds the games, networks and other parts by their file name, and those of third parties by entry point.

A file `zeroloop/envs/my_game.py` is the game `my_game`: there is no list to edit. Other distributions add theirs with
an entry point of the group `zeroloop.envs` that names a module. Nothing is imported before it is asked for.
"""

import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from zeroloop.errors import unknown_name

_KINDS = {"envs": "game", "networks": "network", "puzzles": "puzzle"}


def names(package: str) -> list[str]:
    """The names in `zeroloop.<package>`, sorted: its files, without those that start with `_`, and entry points."""
    return sorted({*_files(package), *_entry_points(package)})


def load(package: str, name: str) -> Any:
    """The module called `name` in `zeroloop.<package>`; a file of ours goes before an entry point of the same name.

    Raises UnknownNameError with the nearest known name.
    """
    if name in _files(package):
        return importlib.import_module(f"zeroloop.{package}.{name}")
    found = _entry_points(package)
    if name not in found:
        raise unknown_name(_KINDS.get(package, package.removesuffix("s")), name, names(package))
    return found[name].load()


def _files(package: str) -> set[str]:
    parent: ModuleType = importlib.import_module(f"zeroloop.{package}")
    return {module.name for module in pkgutil.iter_modules(parent.__path__) if not module.name.startswith("_")}


def _entry_points(package: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"zeroloop.{package}")}
