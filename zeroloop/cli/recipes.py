"""The recipes that ship: named run configurations, one TOML file each, described by their first comment line."""

from importlib import resources
from importlib.resources.abc import Traversable

from zeroloop.config import Layer, parse_toml
from zeroloop.errors import unknown_name


def recipes() -> dict[str, str]:
    """Name -> what the recipe is for."""
    return {name: file.read_text("utf-8").partition("\n")[0].lstrip("# ") for name, file in sorted(_files().items())}


def read_recipe(name: str) -> Layer:
    """The settings of a recipe. Raises UnknownNameError with the nearest known one."""
    files = _files()
    if name not in files:
        raise unknown_name("recipe", name, files)
    return parse_toml(files[name].read_text("utf-8"), f"recipe {name}")


def _files() -> dict[str, Traversable]:
    directory = resources.files("zeroloop.run") / "recipes"
    return {file.name.removesuffix(".toml"): file for file in directory.iterdir() if file.name.endswith(".toml")}
