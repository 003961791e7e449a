"""Simulations per second of the search alone: native Connect Four, an evaluator that costs nothing, one thread.

Lookahead and proofs are on, every tree starts from the empty board. The best of several runs is reported, because other
work on the machine can only slow a run down.
"""

import time
from typing import Any

import numpy as np

from zeroloop.envs.connect_four import ConnectFour
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.search import SearchSettings, advance, batch_environment, make_forest

CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "64 trees, 64 simulations": (64, {"num_simulations": 64}),
    "512 trees, 64 simulations": (512, {"num_simulations": 64}),
    "512 trees, 400 simulations": (512, {"num_simulations": 400}),
    "64 trees, 64 simulations, gumbel": (64, {"num_simulations": 64, "root_policy": "gumbel"}),
    "1 tree, 800 simulations, 8 leaves": (1, {"num_simulations": 800, "leaves_per_tree": 8}),
}


def run(quick: bool = False) -> dict[str, dict[str, float]]:
    """Simulations per second of each case."""
    seconds = 0.3 if quick else 3.0
    return {"simulations/s": {name: measure(trees, settings, seconds) for name, (trees, settings) in CASES.items()}}


def measure(num_trees: int, settings: dict[str, Any], seconds: float) -> float:
    """The highest simulations per second among the searches that fit into `seconds`, at least two."""
    forest = make_forest(num_trees, SearchSettings(**settings))
    batch = batch_environment(ConnectFour(), forest.num_slots + num_trees)
    evaluator, trees = UniformEvaluator(), np.arange(num_trees, dtype=np.int32)
    sources = (forest.num_slots + trees).astype(np.int32)
    for slot in sources:
        batch.write(int(slot), (0, 0))
    budgets = np.full(num_trees, settings["num_simulations"], np.int32)
    unknown, offsets = np.full(num_trees, -1, np.int32), np.zeros(num_trees + 1, np.int32)
    rates: list[float] = []
    end = time.perf_counter() + seconds
    while len(rates) < 2 or time.perf_counter() < end:
        forest.begin(trees, sources, budgets, unknown, offsets, np.zeros(0, np.float32))
        before, start = forest.total_simulations, time.perf_counter()
        while advance(forest, batch, evaluator):
            pass
        rates.append((forest.total_simulations - before) / (time.perf_counter() - start))
        forest.take_finished()
    return max(rates)


if __name__ == "__main__":
    for name, rate in run()["simulations/s"].items():
        print(f"{name:<36} {rate / 1e6:6.2f} M simulations/s")
