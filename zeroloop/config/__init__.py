"""Settings: merged from layers (recipe < file < command line), checked with errors that name the path, kept as TOML.

A settings model is a frozen pydantic class with `extra="forbid"`, documented by the strings below its fields. Nested
models are groups, and a path is written `search.num_simulations` (`--search.num-simulations` on the command line;
dashes and underscores mean the same everywhere). TOML has no null, so the word "none" stands for None wherever a field
allows None.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import BaseModel, ValidationError

from zeroloop.config.explain import Layer, explain, is_group, paths, unknown
from zeroloop.config.fields import (
    allows,
    annotation_at,
    documentation,
    from_text,
    group,
    kind,
    normalise,
    nullable,
    plain,
    show,
)
from zeroloop.errors import SettingError

__all__ = ["Layer", "SettingDoc", "describe", "differences", "dump", "merge"]
__all__ += ["parse_overrides", "parse_toml", "read_toml"]

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class SettingDoc:
    """One entry of help: where a setting is, what it takes, what it is when left out, and what it means."""

    path: str
    kind: str
    default: str
    text: str


def read_toml(path: Path) -> Layer:
    """The settings in a TOML file. Raises SettingError when it is missing, unreadable or malformed (with the line)."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingError(f"{path}: no such settings file") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingError(f"{path}: cannot be read as a settings file: {problem}") from None
    return parse_toml(text, str(path))


def parse_toml(text: str, place: str) -> Layer:
    """The settings in TOML text; `place` is its name in errors. Raises SettingError when it is malformed."""
    try:
        return Layer(tomllib.loads(text), place)
    except tomllib.TOMLDecodeError as problem:
        raise SettingError(f"{place}: malformed TOML: {problem}") from None


def parse_overrides(model: type[BaseModel], arguments: Sequence[str]) -> Layer:
    """The layer given by `--group.setting VALUE`, `--group.setting=VALUE` or, for a switch, `--group.setting` alone.

    Raises SettingError for an unknown path, a group without a member, a missing value or a word that is no option.
    """
    values: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, text = word[2:].partition("=")
        if not word.startswith("--") or not name:
            raise SettingError(f"{word!r}: unexpected argument; settings are written --group.setting VALUE")
        annotation = _setting(model, name.replace("-", "_"))
        if not equals and rest and not rest[0].startswith("--"):
            text = rest.pop(0)
        elif not equals and allows(annotation, bool):
            text = "true"
        elif not equals:
            raise SettingError(f"--{name}: needs a value ({kind(annotation)})")
        _put(values, name.replace("-", "_").split("."), from_text(annotation, text))
    return Layer(values)


def merge(model: type[Model], *layers: Layer) -> Model:
    """The settings that the layers, later ones over earlier ones, and the model's defaults make together.

    Raises SettingError naming every setting that is unknown or not allowed, and the layer it stands in.
    """
    clean = [Layer(normalise(model, layer.values), layer.place) for layer in layers]
    merged = _group_defaults(model)
    for layer in clean:
        _overlay(merged, layer.values)
    try:
        settings = model.model_validate(merged)
    except ValidationError as problem:
        raise SettingError(explain(model, problem, clean)) from None
    for path, value in _flatten(settings.model_dump()):
        if isinstance(value, float) and not math.isfinite(value):
            raise SettingError(f"{path}: {value} is not allowed; must be a finite number")
    return settings


def dump(settings: BaseModel) -> str:
    """Complete TOML text of the settings: `merge(type(settings), parse_toml(text, place))` gives them back."""
    return tomli_w.dumps(plain(settings.model_dump(mode="json")))


def differences(left: BaseModel, right: BaseModel) -> dict[str, tuple[Any, Any]]:
    """Path -> (left, right) of every setting in which two settings of one model differ; None where there is none."""
    flat_left, flat_right = (dict(_flatten(each.model_dump(mode="json"))) for each in (left, right))
    every = sorted(flat_left.keys() | flat_right.keys())
    pairs = {path: (flat_left.get(path), flat_right.get(path)) for path in every}
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def describe(model: type[BaseModel]) -> Iterator[SettingDoc]:
    """Every setting of a model in the order of declaration, groups expanded."""
    defaults = dict(_flatten(_group_defaults(model)))
    for path in paths(model):
        parent, _, name = path.rpartition(".")
        owner = group(annotation_at(model, parent) if parent else model) or model
        field = owner.model_fields[name]
        default = defaults.get(path, field.get_default(call_default_factory=True))
        shown = "required" if field.is_required() and path not in defaults else show(default)
        yield SettingDoc(path, kind(field.annotation), shown, documentation(owner).get(name, ""))


def _setting(model: type[BaseModel], path: str) -> Any:
    """The type of the setting at a path of the command line."""
    annotation, typed = annotation_at(model, path), Layer({})
    if annotation is None:
        raise SettingError(unknown(model, path, typed))
    inner = group(annotation)
    if inner and not nullable(annotation):
        raise SettingError(is_group(inner, path, typed))
    return annotation


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    for word in path[:-1]:
        if not isinstance(values.get(word), dict):
            values[word] = {}
        values = values[word]
    values[path[-1]] = value


def _group_defaults(model: type[BaseModel]) -> dict[str, Any]:
    """What each group holds by default: a layer that sets one of its members leaves the others at these."""
    defaults = {name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()}
    return {name: value.model_dump() for name, value in defaults.items() if isinstance(value, BaseModel)}


def _overlay(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _overlay(base[key], value)
        elif isinstance(value, Mapping):
            base[key] = {}
            _overlay(base[key], value)
        else:
            base[key] = value


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
