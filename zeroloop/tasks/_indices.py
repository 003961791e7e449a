"""Lists of indices, such as the cities of a tour, in the notations that people use."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zeroloop.errors import TaskError
from zeroloop.tasks._notation import plain

_BETWEEN = re.compile(r"\s*(?:,|;|->|→|-)\s*|\s+")
_INDEX = re.compile(r"\d{1,3}", re.ASCII)
_SEPARATORS = (", ", ",", " ", "  ", "-", " - ", " -> ", "->", " → ", "; ", " – ")


def read_indices(answer: Any, size: int, most: int) -> list[int]:
    """The indices from 0 to `size - 1` in a list, or in a text such as "0-3-2", "0, 3, 2", "[0; 3; 2]" or "0 -> 3".

    Raises TaskError where there are none, more than `most`, or others.
    """
    if isinstance(answer, str):
        text = plain(answer)
        if text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
        words = _BETWEEN.split(text)
        if not all(map(_INDEX.fullmatch, words)):
            raise TaskError(f"answer: expected indices such as '0, 3, 2', not {answer[:80]!r}")
        values: Sequence[Any] = [int(word) for word in words]
    elif isinstance(answer, list | tuple):
        values = answer
    else:
        raise TaskError(f"answer: expected a list of indices, not {type(answer).__name__}")
    if not 1 <= len(values) <= most:
        raise TaskError(f"answer: expected 1 to {most} indices, not {len(values)}")
    for place, value in enumerate(values):
        if type(value) is not int or not 0 <= value < size:  # a boolean is no index, and neither is 1.0
            raise TaskError(f"answer: entry {place} is no integer from 0 to {size - 1}")
    return [*values]


def written(indices: Sequence[int], rng: np.random.Generator) -> list[int] | str:
    """The indices as a list or as text, in a randomly chosen notation."""
    if rng.integers(4) == 0:
        return [*indices]
    text = _SEPARATORS[int(rng.integers(len(_SEPARATORS)))].join(map(str, indices))
    return (text, f"[{text}]", f"({text})", f" {text} ")[int(rng.integers(4))]


def unreadable(indices: Sequence[int], rng: np.random.Generator) -> Any:
    """Something that looks like these indices, and is no list of indices."""
    text = ", ".join(map(str, indices))
    makers: tuple[Callable[[], Any], ...] = (
        lambda: [[*indices]],
        lambda: [[index] for index in indices],
        lambda: [float(index) for index in indices],
        lambda: [*indices[:-1], indices[-1] + 0.5],
        lambda: [str(index) for index in indices],
        lambda: [*indices, None],
        lambda: [-1, *indices],
        lambda: {"answer": [*indices]},
        lambda: f"{text},",
        lambda: f"{text}.5",
        lambda: f"[{text}",
        lambda: f"{text}, x",
        lambda: f"-{text}",
        lambda: (None, True, "", [], float("nan"), indices[0], sum(indices) + 0.5)[int(rng.integers(7))],
    )
    return makers[int(rng.integers(len(makers)))]()
