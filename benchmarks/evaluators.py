"""How fast networks are evaluated: backends, sizes, batch sizes, a second thread, refresh, and the cache's own cost.

    zeroloop bench evaluators [--quick] [--json]

Single-threaded figures unless said otherwise; close other programs first.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from zeroloop.contracts import LeafRows
from zeroloop.envs import connect_four
from zeroloop.evaluators import compiled
from zeroloop.evaluators.cached import CachedEvaluator
from zeroloop.evaluators.compiled import build_runner, compile_network, positions_per_second
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.networks import resnet
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import observations, random_leaves, some_rows

SIZES = ((32, 2), (32, 4), (48, 4), (64, 4), (64, 6))
BATCHES = (8, 16, 32, 64, 128, 256)
ENVIRONMENT = connect_four.environment()


def run(quick: bool) -> dict[str, Any]:
    """Positions/s by network, backend and batch size; milliseconds and nanoseconds where the name says so."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        leaves = random_leaves(ENVIRONMENT, 1024, stream(1, "benchmark"))
        sizes = SIZES[1:4:2] if quick else SIZES
        return {
            "positions_per_second": {f"{c}x{b}": backends(c, b, leaves, quick) for c, b in sizes},
            "two_threads_over_one": second_thread(leaves, quick),
            "refresh_ms": {f"{c}x{b}": refresh_ms(c, b, leaves) for c, b in sizes},
            "cache_ns_per_row": cache_cost(leaves, quick),
        }
    finally:
        torch.set_num_threads(threads)


def network(channels: int, blocks: int) -> resnet.ResNet:
    torch.manual_seed(1)
    return resnet.build(resnet.Config(channels=channels, blocks=blocks), ENVIRONMENT).eval()


def backends(channels: int, blocks: int, leaves: LeafRows, quick: bool) -> dict[str, dict[str, float]]:
    """Positions/s of bare engines by batch size."""
    shown, net = observations(leaves), network(channels, blocks)
    positions = shown[:128]
    batches, repeats = (BATCHES[2:3], 5) if quick else (BATCHES, 30)

    def speed(backend: str, size: int) -> float:
        return positions_per_second(build_runner(net, backend, positions, (size,)), shown[:size], repeats)

    return {backend: {f"batch {size}": speed(backend, size) for size in batches} for backend in compiled.backends(net)}


def second_thread(leaves: LeafRows, quick: bool) -> float:
    """Positions/s of two threads with an int8 64x4 evaluator each, over those of one."""
    settings, positions = EvaluatorSettings(backend="int8"), observations(leaves)
    evaluators = [compile_network(network(64, 4), positions, settings) for _ in range(2)]
    batch, repeats = some_rows(leaves, np.arange(256, dtype=np.int32)), 10 if quick else 60

    def work(evaluator: Any) -> None:
        for _ in range(repeats):
            evaluator(batch)

    def both() -> None:
        threads = [threading.Thread(target=work, args=(evaluator,)) for evaluator in evaluators]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    one = min(seconds(lambda: work(evaluators[0])) for _ in range(3))
    return 2 * one / min(seconds(both) for _ in range(3))


def refresh_ms(channels: int, blocks: int, leaves: LeafRows) -> float:
    """Milliseconds from new weights to an int8 evaluator that has been checked against eager."""
    net = network(channels, blocks)
    evaluator = compile_network(net, observations(leaves), EvaluatorSettings(backend="int8"))
    return 1e3 * min(seconds(lambda: evaluator.refresh(net)) for _ in range(5))


def cache_cost(leaves: LeafRows, quick: bool) -> dict[str, float]:
    """Nanoseconds a row that the cache adds to an evaluation that costs nothing, batches of 256."""
    batches = [some_rows(leaves, np.arange(i, i + 256, dtype=np.int32)) for i in range(0, 1024, 256)]
    cached, repeats = CachedEvaluator(UniformEvaluator()), 20 if quick else 200

    def evaluate() -> None:
        for batch in batches:
            cached(batch)

    def evaluate_anew() -> None:
        cached._cache.clear()
        evaluate()

    def clear() -> None:
        cached._cache.clear()

    hit, anew, empty = (min(seconds(each) for _ in range(repeats)) for each in (evaluate, evaluate_anew, clear))
    return {"hit": 1e9 * hit / 1024, "miss": 1e9 * (anew - empty) / 1024}


def seconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
