"""Chains of reasoning in bulk: those of reference solutions, read again, and with one word of one sentence changed.

One family, and more of it: python -m benchmarks.chains --family reasoning --seconds 75
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from zeroloop.contracts import Task, TaskKind
from zeroloop.seeding import stream
from zeroloop.tasks import kinds
from zeroloop.tasks._kinds import drawn
from zeroloop.testing.tasks import walked

OPPOSITES = (
    *(("left", "right"), ("up", "down"), ("<-", "->"), ("is", "is not"), ("on", "in"), ("open", "blocked")),
    *(("Pick up", "Put down"), ("Load", "Unload"), ("Stack", "Unstack"), ("first", "second"), ("above", "below")),
    *(("plus", "minus"), ("Add", "Subtract"), ("Multiply", "Divide"), ("north", "south"), ("east", "west")),
)
"""What is changed for a direction, each into the other."""
_OPPOSITE = dict((*OPPOSITES, *((second, first) for first, second in OPPOSITES)))
_DIRECTION = re.compile("|".join(rf"(?<!\S){re.escape(each)}(?!\S)" for each in sorted(_OPPOSITE, key=len)[::-1]))
_WAY = re.compile(r"\b(from (?:the )?)([\w-]+)( (?:on )?to (?:the )?)([\w-]+)")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NO_DATA = ("problem", "answer", "steps", "type", "kind", "task_id", "language", "available_actions")
_NO_NAMES = {"not", "if", "then", "is", "the", "noun", "verb", "adjective"}
_ONE = "both sides by -1:"
"""Here to multiply is to divide."""
_SHOWN = 3


def run(quick: bool = False) -> dict[str, dict[str, Any]]:
    """By kind: see `chains`."""
    if quick:
        return {kind.name: chains(kind, 2, 1.0) for kind in kinds("math")}
    return {kind.name: chains(kind, 10_000, 35.0) for kind in kinds()}


def chains(kind: TaskKind, count: int, seconds: float) -> dict[str, Any]:
    """Chains of at most `count` tasks over all difficulties, as many as are made in `seconds`.

    true: accepted by the second reader. rejected: why others were not. changed: chains with one false sentence, by what
    is changed in it. harmless: changed ones that were accepted, and rightly: the environment says the same of another
    move there. accepted: false ones that were, with examples.
    """
    found, reasons, changed = Counter[str](), Counter[str](), Counter[str]()
    examples, began = list[str](), time.perf_counter()
    order = stream(1, "order", kind.name).permutation(count)
    for number in order.tolist():
        if time.perf_counter() - began > seconds and found:
            break
        rng = stream(1, "chains", kind.name, number)
        task = kind.make(rng, round((number + 0.5) / count, 4))
        solution = kind.solve(task)
        if solution is None or not solution.steps:
            found["without steps"] += 1
            continue
        claims = walked(kind, task, *solution.steps).claims
        found["chains"], found["sentences"] = found["chains"] + 1, found["sentences"] + len(claims)
        if reason := kind.check_chain(task, claims):
            reasons[reason[:80]] += 1
            continue
        found["true"] += 1
        for what, place, sentence in changes(task, claims, rng):
            if kind.check_chain(task, [*claims[:place], sentence, *claims[place + 1 :]]) is not None:
                changed[what] += 1
            elif sentence in true_sentences(kind, task, solution.steps[:place]):
                found["harmless"] += 1
            else:
                changed[what] += 1
                found["accepted"] += 1
                examples.append(f"{sentence} | {claims[place]}")
    return {
        **{name: found[name] for name in ("chains", "true", "sentences", "without steps")},
        "rejected": dict(reasons.most_common(10)),
        "changed": dict(changed),
        "harmless": found["harmless"],
        "accepted": found["accepted"],
        **({"examples": examples[:_SHOWN]} if examples else {}),
        "seconds": time.perf_counter() - began,
    }


def changes(task: Task, claims: list[str], rng: np.random.Generator) -> Iterator[tuple[str, int, str]]:
    """At most one change of each sort: what, the place of the sentence, and what it becomes."""
    names = sorted({word for name, value in task.items() if name not in _NO_DATA for word in _words(value)} - _NO_NAMES)
    for what, pattern in (("number", _NUMBER), ("name", _WORD), ("direction", _DIRECTION), ("way", _WAY)):
        spots = [
            (place, spot)
            for place, claim in enumerate(claims)
            for spot in pattern.finditer(claim)
            if (what != "name" or spot[0] in names) and (what != "direction" or _ONE not in claim)
        ]
        if not spots:
            continue
        place, spot = drawn(rng, spots)
        if what == "number":
            other = str(max(0, int(spot[0]) + drawn(rng, (-2, -1, 1, 2))))
        elif what == "name":
            other = drawn(rng, names)
        elif what == "direction":
            other = _OPPOSITE[spot[0]]
        else:
            other = f"{spot[1]}{spot[4]}{spot[3]}{spot[2]}"
        if other != spot[0]:
            yield what, place, claims[place][: spot.start()] + other + claims[place][spot.end() :]


def _words(value: Any) -> Iterator[str]:
    """The words in a field of a task."""
    if isinstance(value, str):
        yield from _WORD.findall(value)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _words(name)
            yield from _words(each)
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)


def true_sentences(kind: TaskKind, task: Task, steps: tuple[str, ...]) -> set[str]:
    """All that the environment says of the moves after these steps."""
    environment, state, _, _ = walked(kind, task, *steps)
    return {environment.claim(state, action) for action in environment.legal_actions(state)}


def main() -> None:
    """Print a line of JSON for each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", help="only this one")
    parser.add_argument("--chains", type=int, default=10_000, help="of each kind, at most")
    parser.add_argument("--seconds", type=float, default=75.0, help="for each kind, about")
    options = parser.parse_args()
    for kind in kinds(options.family):
        print(json.dumps({kind.name: chains(kind, options.chains, options.seconds)}), flush=True)


if __name__ == "__main__":
    main()
