"""Directions as people write them."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zeroloop.errors import TaskError
from zeroloop.tasks._kinds import endless

VECTORS = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}
"""Rows go down, columns to the right."""
_SIGNS = {
    **{sign: direction for direction in VECTORS for sign in (direction[0], direction)},
    **dict(zip("↑→↓←", VECTORS, strict=True)),
    **dict(zip("^>v<", VECTORS, strict=True)),
}
_LONGEST_TEXT = 10_000


def read_directions(answer: Any) -> list[str]:
    """The directions in a list or a text such as "right, up", "RU" or "→↑". Raises TaskError."""
    words: list[Any]
    if isinstance(answer, str):
        if len(answer) > _LONGEST_TEXT:
            raise TaskError(f"answer: {len(answer)} characters are too many; at most {_LONGEST_TEXT} are read")
        words = re.split(
            r"[\s,;]+", answer.replace("->", " ").translate(dict.fromkeys(map(ord, "[]()\"'"), " ")).strip()
        )
        words = [part for word in words for part in ([word] if word.lower() in _SIGNS else word)]
    elif isinstance(answer, list | tuple):
        words = [*answer[:_LONGEST_TEXT]]
    else:
        raise TaskError(f"answer: expected a list of directions, not {type(answer).__name__}")
    for word in words:
        if not isinstance(word, str) or word.strip().lower() not in _SIGNS:
            shown = repr(word[:40]) if isinstance(word, str) else type(word).__name__
            raise TaskError(f"answer: {shown} is no direction; allowed: {', '.join(VECTORS)}")
    return [_SIGNS[word.strip().lower()] for word in words]


def notations(names: Sequence[str], rng: np.random.Generator) -> Iterator[Any]:
    """Endless lists and texts of these directions: words, first letters or arrows."""
    arrows = dict(zip(VECTORS, "↑→↓←", strict=True))
    return endless(
        lambda: [*names],
        lambda: [name[0].upper() for name in names],
        lambda: [arrows[name] for name in names],
        lambda: [" ", ", ", ",", "\n", " -> ", "; "][int(rng.integers(6))].join(names),
        lambda: " ".join(names).upper(),
        lambda: "".join(name[0] for name in names).upper(),
        lambda: " ".join(name[0] for name in names),
        lambda: "".join(arrows[name] for name in names),
        lambda: json.dumps([*names]),
        rng=rng,
    )
