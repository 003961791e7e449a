"""How close search and self-play come to the speed of the bare network, what the cache adds, what a second core adds.

    zeroloop bench throughput [--quick] [--json]
    python -m benchmarks.throughput [--quick] [--checkpoint RUN|FILE]

Connect Four with an int8 ResNet 64x4 of random weights, or the network of a checkpoint. What is compared runs in turns
in one process; ratios are medians over the rounds, speeds the best round's. Close other programs first: ten minutes.
"""

import argparse
import copy
import functools
import json
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from benchmarks.metering import ENVIRONMENT, Meter, machine, random_network, random_positions
from zeroloop.contracts import Evaluator, LeafRows, State
from zeroloop.evaluators.cached import CachedEvaluator
from zeroloop.networks import PlanesNetwork
from zeroloop.run.players import load_player
from zeroloop.search import SearchSettings, batch_environment, make_forest, search
from zeroloop.seeding import stream
from zeroloop.selfplay import Actor, SelfPlaySettings
from zeroloop.testing.evaluators import random_leaves, some_rows

KINDS: dict[str, dict[str, Any]] = {
    "plain": {"proofs": False, "lookahead": False, "reuse_subtree": False},
    "shipped": {},
}
"""plain: every simulation costs an evaluation, unless it ends in a finished game. shipped: the default settings."""


def run(quick: bool) -> dict[str, Any]:
    """Speeds and ratios for a network of random weights."""
    return measure(random_network(16, 1) if quick else random_network(64, 4), quick)


def measure(network: PlanesNetwork, quick: bool) -> dict[str, Any]:
    """Speeds and ratios for `network`; `quick` shows that it works, and little more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        result: dict[str, Any] = {"machine": machine()}
        trees, budgets, rounds = (32, (4, 8), 1) if quick else (512, (64, 400), 3)
        for name in ("drawn", "different"):
            states = random_positions(trees, different=name == "different")
            for simulations in budgets:
                found = compare_searches(network, states, simulations, rounds)
                result[f"search, {name} roots, {simulations} simulations"] = found
        for kind, cache in (("plain", False), ("shipped", False), ("shipped", True)):
            play = SelfPlay(network, kind, cache, games=8 if quick else 192, simulations=4 if quick else 64)
            found = play.compare_cores(0.1 if quick else 20.0, rounds)
            result[f"self-play, {kind}, {'cache' if cache else 'no cache'}"] = found
        return result
    finally:
        torch.set_num_threads(threads)


# ---- search ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """One measurement: simulations (bare: evaluations) and rows evaluated a second, share of the time in engines."""

    speed: float
    rows: float
    engines: float


def sample(meter: Meter, work: Callable[[], int]) -> Sample:
    """How fast `work` does the number of simulations that it returns."""
    rows, engines, start = meter.rows, meter.engine_seconds, time.perf_counter()
    count = work()
    seconds = time.perf_counter() - start
    return Sample(count / seconds, (meter.rows - rows) / seconds, (meter.engine_seconds - engines) / seconds)


def compare_searches(network: PlanesNetwork, states: list[State], simulations: int, rounds: int) -> dict[str, Any]:
    """One core: searches of all `states` at once, with and without a cache that starts empty, against bare evaluations.

    bare: batches of as many positions of random play are observed, evaluated, and their legal logits gathered.
    """
    meter, batches = Meter(network), bare_batches(len(states))
    meter(batches[0])

    def bare() -> int:
        return sum(len(meter(batches[i % len(batches)])[1]) for i in range(simulations // 2))

    def searched(kind: str, cache: bool) -> int:
        evaluator, settings = CachedEvaluator(meter) if cache else meter, SearchSettings(num_simulations=simulations)
        found = search(ENVIRONMENT, evaluator, states, settings.model_copy(update=KINDS[kind]))
        return int(found.simulations.sum())

    work: dict[str, Callable[[], int]] = {"bare": bare}
    for kind in KINDS:
        work[kind] = functools.partial(searched, kind, False)
        work[f"{kind}, cache"] = functools.partial(searched, kind, True)
    samples: dict[str, list[Sample]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, each in work.items():
            samples[name].append(sample(meter, each))
    speeds = {name: [each.speed for each in found] for name, found in samples.items()}
    rows = {name: [each.rows for each in found] for name, found in samples.items()}
    return {
        "backend": meter.inner.backend,
        "per second": {name: max(found) for name, found in speeds.items()},
        "simulations over bare evaluations": {kind: ratio(speeds[kind], speeds["bare"]) for kind in KINDS},
        "evaluations over bare evaluations": {kind: ratio(rows[kind], speeds["bare"]) for kind in KINDS},
        "gain by the cache": {kind: ratio(speeds[f"{kind}, cache"], speeds[kind]) for kind in KINDS},
        "evaluations a simulation": {name: ratio(rows[name], speeds[name]) for name in work if name != "bare"},
        "share of engines in bare": statistics.median(each.engines for each in samples["bare"]),
        "shares of time": {
            "plain": shares(meter, meter, states, simulations),
            "plain, cache": shares(meter, CachedEvaluator(meter), states, simulations),
        },
    }


def bare_batches(trees: int) -> list[LeafRows]:
    """Eight batches of `trees` positions of random play."""
    leaves = random_leaves(ENVIRONMENT, 8 * trees, stream(1, "bare"))
    order = stream(1, "order").permutation(8 * trees).astype(np.int32)
    return [some_rows(leaves, rows) for rows in np.split(order, 8)]


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The median over the rounds."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


def shares(meter: Meter, evaluator: Evaluator, states: Sequence[State], simulations: int) -> dict[str, float]:
    """Shares of a plain search's time: the network itself, what evaluators do around it, the tree, the rules."""
    settings = SearchSettings(num_simulations=simulations).model_copy(update=KINDS["plain"])
    forest, trees = make_forest(len(states), settings), np.arange(len(states), dtype=np.int32)
    batch = batch_environment(ENVIRONMENT, forest.num_slots + len(states), lookahead=False)
    sources = (forest.num_slots + trees).astype(np.int32)
    for slot, state in zip(sources, states, strict=True):
        batch.write(int(slot), state)
    no_noise, no_moves = np.zeros(len(trees) + 1, np.int32), np.full_like(trees, -1)
    forest.begin(trees, sources, np.full_like(trees, simulations), no_moves, no_noise, np.zeros(0, np.float32))
    clock, network = time.perf_counter, meter.engine_seconds
    tree = rules = evaluation = 0.0
    while True:
        start = clock()
        request = forest.select()
        if not len(request):
            break
        selected = clock()
        leaves = batch.expand(request)
        stepped = clock()
        answers = evaluator(leaves)
        evaluated = clock()
        forest.expand(leaves, *answers)
        tree += clock() - evaluated + selected - start
        rules += stepped - selected
        evaluation += evaluated - stepped
    network, total = meter.engine_seconds - network, tree + rules + evaluation
    parts = {"network": network, "evaluators": evaluation - network, "tree": tree, "rules": rules}
    return {name: seconds / total for name, seconds in parts.items()}


# ---- self-play ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Played:
    """What some threads did in a window of time: rates a second, games a minute, share of the time in engines."""

    moves: float
    simulations: float
    games: float
    engines: float


class SelfPlay:
    """Two actors that play whole games from the empty board, every move with the full search."""

    def __init__(self, network: PlanesNetwork, kind: str, cache: bool, games: int, simulations: int) -> None:
        search = SearchSettings(num_simulations=simulations).model_copy(update=KINDS[kind])
        settings = SelfPlaySettings(
            games_per_actor=games, full_search_fraction=1, fast_simulations=simulations, opening_fraction=0
        )
        self.cache = cache
        self.actors = [(Actor(ENVIRONMENT, index, 1, search, settings), Meter(network)) for index in range(2)]
        self.window = 0

    def compare_cores(self, seconds: float, rounds: int) -> dict[str, Any]:
        """One thread and two, in turns, after a window that lets the games fall out of step.

        Each window begins with an empty cache, as an iteration of training does.
        """
        self.play(self.actors, seconds)
        one, two = [], []
        for index in range(rounds):
            one.append(self.play(self.actors[index % 2 :][:1], seconds))
            two.append(self.play(self.actors, seconds))
        episodes = [episode for actor, _ in self.actors for episode in actor.take_episodes()]
        return {
            "one thread": vars(best(one)),
            "two threads": vars(best(two)),
            "moves a game": statistics.mean(len(episode.actions) for episode in episodes) if episodes else None,
            "second core": ratio([each.moves for each in two], [each.moves for each in one]),
        }

    def play(self, actors: Sequence[tuple[Actor, Meter]], seconds: float) -> Played:
        """Play with one thread an actor for about this long."""
        self.window += 1
        with ThreadPoolExecutor(len(actors)) as pool:
            return sum_up(list(pool.map(lambda pair: self._play(pair[0], pair[1], seconds), actors)))

    def _play(self, actor: Actor, meter: Meter, seconds: float) -> Played:
        actor.begin_iteration(self.window, CachedEvaluator(meter) if self.cache else meter, 1 << 60)
        before, engines, start = copy.copy(actor.statistics), meter.engine_seconds, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            actor.play(1)
        now = actor.statistics
        return Played(
            moves=(now.moves - before.moves) / elapsed,
            simulations=(now.simulations - before.simulations) / elapsed,
            games=60 * (now.games - before.games) / elapsed,
            engines=(meter.engine_seconds - engines) / elapsed,
        )


def sum_up(parts: Sequence[Played]) -> Played:
    """The threads together."""
    return Played(
        moves=sum(each.moves for each in parts),
        simulations=sum(each.simulations for each in parts),
        games=sum(each.games for each in parts),
        engines=statistics.mean(each.engines for each in parts),
    )


def best(windows: Sequence[Played]) -> Played:
    """The window with the most moves; games, which are few, averaged over all windows."""
    return replace(max(windows, key=lambda each: each.moves), games=statistics.mean(each.games for each in windows))


def main() -> None:
    """Print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes: shows that it works")
    parser.add_argument("--checkpoint", help="a run directory or checkpoint whose network to measure")
    options = parser.parse_args()
    network = load_player(options.checkpoint).network if options.checkpoint else None
    print(json.dumps(measure(network, options.quick) if network else run(options.quick), indent=2))


if __name__ == "__main__":
    main()
