"""The recipes that ship: named run configurations, one TOML file each, described by their first comment line."""

from importlib import resources
from importlib.resources.abc import Traversable

from zeroloop.config import Layer, parse_toml
from zeroloop.errors import unknown_name


def recipes() -> dict[str, str]:
    """Name -> what the recipe is for."""
    return {name: file.read_text("utf-8").partition("\n")[0].lstrip("# ") for name, file in sorted(_files().items())}


def read_recipe(name: str, preset: str | None = None) -> list[Layer]:
    """The settings of a recipe and, over them, those of one of its presets (by default the first, if it has any).

    Raises UnknownNameError with the nearest known one.
    """
    files = _files()
    if name not in files:
        raise unknown_name("recipe", name, files)
    layer = parse_toml(files[name].read_text("utf-8"), f"recipe {name}")
    values = dict(layer.values)
    presets = values.pop("presets", {})
    base = Layer(values, layer.place)
    preset = preset or next(iter(presets), None)
    if preset is None:
        return [base]
    if preset not in presets:
        raise unknown_name(f"preset of recipe {name}:", preset, presets)
    return [base, Layer(presets[preset], f"recipe {name}, preset {preset}")]


def _files() -> dict[str, Traversable]:
    directory = resources.files("zeroloop.run") / "recipes"
    return {file.name.removesuffix(".toml"): file for file in directory.iterdir() if file.name.endswith(".toml")}
