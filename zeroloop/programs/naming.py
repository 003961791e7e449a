"""Programs with other names for the variables that they bind."""

import re
from collections.abc import Mapping, Sequence

from zeroloop.programs.terms import Production


def renamed(term: Sequence[Production], names: Sequence[Sequence[str]]) -> tuple[Production, ...]:
    """The program with `names` for what each of its productions binds; it prints and comes to the same otherwise."""
    found, _ = _renamed(term, names, 0, {}, 0)
    return tuple(found)


def _renamed(
    term: Sequence[Production], names: Sequence[Sequence[str]], at: int, known: Mapping[str, str], depth: int
) -> tuple[list[Production], int]:
    """The part of the term that begins at a place. known: new names. depth: variables that are bound around it."""
    part = term[at]
    new = {variable.name: name for variable, name in zip(part.bound, names[at], strict=True)}
    value = known.get(part.value, part.value) if part.op == "variable" else part.value
    pieces = (value,) if part.op == "variable" else tuple(_replaced(piece, new) for piece in part.pieces)
    bound = tuple(variable._replace(name=new[variable.name]) for variable in part.bound)
    found = [part._replace(pieces=pieces, value=value, bound=bound)]
    at += 1
    for hole in part.holes:
        inside = len(hole.scope) > depth
        below, at = _renamed(term, names, at, {**known, **new} if inside else known, len(hole.scope))
        found += below
    return found, at


def _replaced(piece: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda match: names.get(match[0], match[0]), piece)
