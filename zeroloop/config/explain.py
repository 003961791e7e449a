"""Sentences for settings that were refused: the path, the value, what is allowed, and the nearest right word."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from zeroloop.config.fields import annotation_at, group, show


@dataclass(frozen=True)
class Layer:
    """Values from one place, as nested mappings, and how that place is called in an error.

    `place` is a file or recipe; empty means the command line, whose paths are shown as they are typed there.
    """

    values: dict[str, Any]
    place: str = ""

    def show(self, path: str) -> str:
        """The path as it is written in this place."""
        return path if self.place else "--" + path.replace("_", "-")

    def holds(self, path: str) -> bool:
        """Whether the layer says anything at or below a path."""
        values: Any = self.values
        for word in path.split("."):
            if not isinstance(values, Mapping) or word not in values:
                return False
            values = values[word]
        return True


NOWHERE = Layer({}, "the defaults")


def paths(model: type[BaseModel], prefix: str = "") -> list[str]:
    """The path of every setting of a model in the order of declaration, groups expanded."""
    result = []
    for name, field in model.model_fields.items():
        inner = group(field.annotation)
        result += paths(inner, f"{prefix}{name}.") if inner else [prefix + name]
    return result


def unknown(model: type[BaseModel], path: str, layer: Layer) -> str:
    """The sentence for an unknown path, with the nearest known one."""
    known = paths(model)
    close = _nearest(path, known)
    place = f" in {layer.place}" if layer.place else ""
    remedy = f"did you mean {layer.show(close)}?" if close else f"known: {_some(known)}"
    return f"{layer.show(path)}: unknown setting{place}; {remedy}"


def _nearest(path: str, known: Sequence[str]) -> str | None:
    """The right setting in another group, else a similar path, else a similar last word; None where nothing is near."""
    last = path.rpartition(".")[2]
    by_word = {name.rpartition(".")[2]: name for name in reversed(known)}
    if last in by_word:
        return by_word[last]
    whole = difflib.get_close_matches(path, known, n=1, cutoff=0.7)
    word = difflib.get_close_matches(last, by_word, n=1, cutoff=0.7)
    return whole[0] if whole else by_word[word[0]] if word else None


def is_group(model: type[BaseModel], path: str, layer: Layer) -> str:
    """The sentence for a plain value where a group of settings is."""
    members = [layer.show(f"{path}.{name}") for name in model.model_fields]
    return f"{layer.show(path)}: is a group of settings; give one of {', '.join(members)}"


def explain(model: type[BaseModel], problem: ValidationError, layers: Sequence[Layer]) -> str:
    """One sentence per setting that was refused; several messages about one setting are its alternatives."""
    grouped: dict[str, list[Any]] = {}
    for error in problem.errors():
        grouped.setdefault(_path(model, error), []).append(error)
    return "; ".join(_sentence(model, path, errors, layers) for path, errors in grouped.items())


def _some(known: Sequence[str]) -> str:
    return ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")


def _path(model: type[BaseModel], error: Any) -> str:
    """The setting an error is about: pydantic's location less the indices and union members it appends."""
    words: list[str] = []
    for part in error["loc"]:
        longer = ".".join([*words, str(part)])
        if not isinstance(part, str) or (annotation_at(model, longer) is None and error["type"] != "extra_forbidden"):
            break
        words.append(part)
    return ".".join(words)


def _sentence(model: type[BaseModel], path: str, errors: Sequence[Any], layers: Sequence[Layer]) -> str:
    layer = next((layer for layer in reversed(layers) if layer.holds(path)), NOWHERE)
    first = errors[0]
    if first["type"] == "extra_forbidden":
        return unknown(model, path, layer)
    place = f" (in {layer.place})" if layer.place and layer is not NOWHERE else ""
    if first["type"] == "missing":
        return f"{path}: has no default, so it must be set"
    inner = group(annotation_at(model, path)) if path else None
    if inner and not isinstance(first["input"], Mapping):
        return is_group(inner, path, layer) + place
    allowed = " or ".join(dict.fromkeys(_allowed(error) for error in errors))
    if isinstance(first["input"], Mapping) and first["type"] in ("value_error", "assertion_error"):
        # A rule between settings, not about one value; it may name the settings itself.
        return f"{allowed}{place}" if allowed.startswith(path) else f"{path}: {allowed}{place}"
    return f"{layer.show(path)}: {show(first['input'])} is not allowed{place}; {allowed}"


def _allowed(error: Any) -> str:
    """What pydantic would have taken, in our words, with the nearest right word for a wrong choice."""
    text = re.sub(r"^(Input should be|Value error,|Assertion failed,)\s*", "", error["msg"])
    text = re.sub(r", (unable to parse|unable to interpret|got a number with).*$", "", text)
    if error["type"] in ("value_error", "assertion_error"):
        return text
    close: list[str] = []
    if error["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        close = difflib.get_close_matches(str(error["input"]), choices, n=1, cutoff=0.5)
    return f"must be {text}" + (f"; did you mean {close[0]!r}?" if close else "")
