"""Finds the games, networks and other parts by their file name, and those of third parties by entry point.

A file `zeroloop/envs/my_game.py` is the game `my_game`: there is no list to edit. Other distributions add theirs with
an entry point of the group `zeroloop.envs` that names a module. Nothing is imported before it is asked for.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from zeroloop.errors import SettingError, unknown_name

_BUILDERS = {"envs": "environment", "puzzles": "puzzle", "tasks": "kind"}
_KINDS = {"envs": "game", "networks": "network", "puzzles": "puzzle", "tasks": "kind of task"}


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


def build(package: str, name: str, options: Mapping[str, Any]) -> Any:
    """The game ("envs"), puzzle ("puzzles") or kind of task ("tasks") called `name`, made with `options`.

    Raises UnknownNameError, or SettingError for options that it does not take.
    """
    kind = _KINDS[package]
    make = getattr(load(package, name), _BUILDERS[package])
    try:
        return make(**options)
    except TypeError as error:
        raise SettingError(f"{kind}_options: {error}; see `zeroloop list` for the options of {name!r}") from error


def _files(package: str) -> set[str]:
    parent: ModuleType = importlib.import_module(f"zeroloop.{package}")
    return {module.name for module in pkgutil.iter_modules(parent.__path__) if not module.name.startswith("_")}


def _entry_points(package: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"zeroloop.{package}")}
