"""What runs in a process of its own: makes entries of data sets of the package reasoning-gym, and scores answers.

A request is a line of JSON with `data_set`, `config`, `index` and perhaps an `answer`. It is answered by a line with
the entry's question and answer, and, where there is an answer, by another one with the score that the data set gives
it; or with a `problem`, in words.
"""

import functools
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any

MEMORY = 2 * 2**30
"""Bytes that the process may have."""
_EXAMPLES = ("example_correct_answer", "example_answer", "possible_answer")
"""What an answer is called in entries that have several right ones."""


def main() -> None:
    """Serves requests until nobody asks for more."""
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # some data sets print
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for line in sys.stdin:
        for reply in replies(json.loads(line)):
            print(json.dumps(reply), file=results, flush=True)


def replies(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines that answer a request."""
    try:
        place = request["data_set"], json.dumps(request["config"], sort_keys=True), request["index"]
        entry = _entry(*place)
        yield {"question": entry["question"], "answer": _answer(entry)}
        if "answer" in request:
            yield {"score": float(_data_set(*place[:2]).score_answer(request["answer"], entry))}
    except Exception as problem:
        yield {"problem": f"{type(problem).__name__}: {str(problem)[:200]}"}


@functools.lru_cache(maxsize=16)
def _data_set(name: str, config: str) -> Any:
    import reasoning_gym

    return reasoning_gym.create_dataset(name, **json.loads(config))


@functools.lru_cache(maxsize=256)
def _entry(name: str, config: str, index: int) -> dict[str, Any]:
    entry: dict[str, Any] = _data_set(name, config)[index]
    return entry


def _answer(entry: dict[str, Any]) -> str | None:
    """A right answer, as text; None where the entry has none."""
    found = [entry["answer"], *(entry["metadata"].get(name) for name in _EXAMPLES)]
    first = next((each for each in found if each is not None), None)
    return first if first is None or isinstance(first, str) else json.dumps(first)


if __name__ == "__main__":
    main()
