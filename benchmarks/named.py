"""Well-known functions, and methods of well-known classes: which of them a search writes, with equal priors or
guided by a network.

    zeroloop bench named
    python -m benchmarks.named --checkpoint RUN|FILE [--simulations K ...]
"""

import argparse
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zeroloop.contracts import Evaluator, Task
from zeroloop.envs._program_goals import LARGEST
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.programs.designs import design
from zeroloop.programs.named import named_functions
from zeroloop.run.players import load_player, search_settings
from zeroloop.run.trials import verdicts
from zeroloop.seeding import stream
from zeroloop.tasks import algorithm, class_design
from zeroloop.tasks._algorithms import algorithms
from zeroloop.tasks._kinds import is_held_out, kind_of
from zeroloop.tasks._mixture import Mixture

CLASSES = ("stack", "queue", "counter 1", "account 1 5", "min stack", "lru cache 2", "data processor 0 2")
"""Designs of well-known classes."""


def run(quick: bool = False) -> dict[str, dict[str, Any]]:
    """Without a network, by name."""
    if quick:
        return dict([*functions(["is_even"], 1, (10,)), *methods(CLASSES[:1], 1, (10,))])
    return dict([*functions([*named_functions()], 2, (200,)), *methods(CLASSES, 1, (200,))])


def functions(
    names: Sequence[str], count: int, simulations: Sequence[int], evaluator: Evaluator | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of the well-known functions, with half of their productions open and with as many as tasks leave at most: what
    `_row` says of `count` tasks, which differ in what is open and in the examples."""
    kind = algorithm.kind()
    for each in (algorithms()[f"algorithm {name}"] for name in names):
        for size in sorted({each.size // 2, min(LARGEST - 5, round(each.size * each.most_open))}):
            tasks = [kind.asked(stream(number, "named", each.name, size), each, size) for number in range(count)]
            yield f"{each.name}, {size} of {each.size} open", _row(tasks, simulations, evaluator)


def methods(
    designs: Sequence[str], count: int, simulations: Sequence[int], evaluator: Evaluator | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Likewise, of each method of the designs, which is all open but for the largest, then of all but the last in turn,
    and of all; their tasks differ in the examples."""
    kind = class_design.kind()
    for key in designs:
        names = [each.signature.name for each in design(key).whole.methods]
        for opened in (*([name] for name in names), names[:-1], names):
            size = sum(len(design(key).whole.method(name).term) for name in opened)
            most = min(size, LARGEST - 8) if len(opened) == 1 else size
            rngs = [stream(number, "named", key, *opened) for number in range(count)]
            tasks = [task for rng in rngs if (task := kind.asked(rng, key, opened, most))["test_cases"]]
            if tasks:
                yield f"{key}: {', '.join(opened)}, {most} of {size} open", _row(tasks, simulations, evaluator)


def _row(tasks: Sequence[Task], simulations: Sequence[int], evaluator: Evaluator | None) -> dict[str, Any]:
    """Whether training never draws what the tasks ask for, and for each number of simulations a move the share that is
    solved, hidden tests included, with `evaluator` (none: equal priors, no values)."""
    mixture, guide = Mixture([tasks[0]["kind"]]), UniformEvaluator() if evaluator is None else evaluator
    asked = [{**task, "task_id": str(number), "problem": ""} for number, task in enumerate(tasks)]
    row: dict[str, Any] = {"held out": is_held_out(kind_of(asked[0]), asked[0])}
    for each in simulations:
        found = verdicts(mixture, guide, asked, search_settings(mixture), each)
        row[f"{each} simulations a move"] = float(np.mean([verdict.verdict == "correct" for verdict in found]))
    return row


def main() -> None:
    """Measures a trained network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="a run directory or checkpoint whose network to measure")
    parser.add_argument("--simulations", type=int, nargs="+", default=[200], help="a move")
    parser.add_argument("--count", type=int, default=4, help="tasks of each")
    options = parser.parse_args()
    evaluator = load_player(options.checkpoint).evaluator()
    asked = options.count, options.simulations, evaluator
    for name, row in itertools.chain(functions([*named_functions()], *asked), methods(CLASSES, *asked)):
        print(json.dumps({"name": name, **row}), flush=True)


if __name__ == "__main__":
    main()
