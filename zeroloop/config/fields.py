"""What a settings model accepts: its fields by path, their types in words, and values made from text."""

import ast
import inspect
import itertools
import json
import textwrap
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

FREE: Any = Any
"""The type of everything inside a free mapping such as game options."""


def parts(annotation: Any) -> list[Any]:
    """The members of a union, or the annotation alone; constraints in `Annotated` are left out."""
    if typing.get_origin(annotation) is typing.Annotated:
        return parts(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [part for each in typing.get_args(annotation) for part in parts(each)]
    return [annotation]


def allows(annotation: Any, *kinds: Any) -> bool:
    """Whether a type, or one member of a union, is one of `kinds`."""
    return any((typing.get_origin(part) or part) in kinds for part in parts(annotation))


def nullable(annotation: Any) -> bool:
    """Whether None is a value of the type."""
    return annotation is FREE or allows(annotation, type(None), None)


def group(annotation: Any) -> type[BaseModel] | None:
    """The nested settings model that a field holds, None for a plain setting."""
    models = [part for part in parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
    return models[0] if models else None


def annotation_at(model: type[BaseModel] | None, path: str) -> Any:
    """The type of the setting or group at a path; FREE inside a free mapping, None where there is no such setting."""
    annotation: Any = model
    for word in path.split("."):
        here = group(annotation)
        if here is None:
            return FREE if annotation is FREE or allows(annotation, dict) else None
        if word not in here.model_fields:
            return None
        annotation = here.model_fields[word].annotation
    return annotation


def documentation(model: type[BaseModel]) -> dict[str, str]:
    """Field -> the string literal below it, on one line; empty where the source is not at hand."""
    texts: dict[str, str] = {}
    for each in reversed([base for base in model.__mro__ if issubclass(base, BaseModel) and base is not BaseModel]):
        try:
            body = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        except OSError:
            continue
        statements = body.body if isinstance(body, ast.ClassDef) else []
        for field, note in itertools.pairwise(statements):
            match field, note:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    texts[name] = " ".join(text.split())
    return texts


def kind(annotation: Any) -> str:
    """What a setting takes, for people: `int`, `puct|gumbel`, `float or none`, `list of int`."""
    words = []
    for part in parts(annotation):
        origin, arguments = typing.get_origin(part), typing.get_args(part)
        if origin is typing.Literal:
            words.append("|".join(str(choice) for choice in arguments))
        elif origin in (list, tuple, set, frozenset):
            inner = list(dict.fromkeys(kind(each) for each in arguments if each is not Ellipsis))
            words.append(f"list of {' or '.join(inner)}" if inner else "list")
        elif part is FREE or origin is dict or part is dict:
            words.append("any value")
        else:
            words.append("none" if part is type(None) else getattr(part, "__name__", str(part)))
    return " or ".join(words)


def from_text(annotation: Any, text: str) -> Any:
    """A word of the command line as a value of roughly the right type; pydantic converts and checks the rest."""
    if nullable(annotation) and text.lower() == "none":
        return None
    if annotation is FREE or allows(annotation, dict) or text.startswith("["):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    if allows(annotation, list, tuple, set, frozenset):
        return [word.strip() for word in text.split(",") if word.strip()]
    return text


def normalise(annotation: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values with underscores for dashes, and None for "none" where the field allows None."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        inner = annotation_at(annotation, name)
        if isinstance(value, Mapping):
            value = normalise(inner, value)
        elif inner is not None and nullable(inner) and value == "none":
            value = None
        result[name] = value
    return result


def plain(value: Any) -> Any:
    """A JSON value with "none" for None, which TOML cannot write."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return "none" if value is None else value


def show(value: Any) -> str:
    """A value as it would be written in a settings file or on the command line, shortened to 80 characters."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    value = plain(value)
    text = value if isinstance(value, str) and value else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
