"""The same search and self-play with mctx and pgx (JAX on the CPU), to compare `zeroloop bench throughput` with.

Needs an environment of its own, without Zeroloop:

    python -m venv peers && peers/bin/pip install mctx pgx && peers/bin/python benchmarks/peers.py [--quick]

Connect Four, a ResNet 64x4 of random weights with folded normalisation, float32; PUCT with Dirichlet noise; temperature
1 for 14 plies, then the most visited move. One core: the process is pinned to it. Two cores: one process that has both,
or two that are pinned to one each. Compilation is not counted. Prints JSON; about ten minutes.
"""

import argparse
import functools
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import jax
import jax.numpy as jnp
import mctx
import pgx
from jax import Array, lax

ENVIRONMENT = pgx.make("connect_four")
HEIGHT, WIDTH, PLANES = 6, 7, 2
SAMPLING_PLIES = 14


# ---- the network ----------------------------------------------------------------------------------------------------


def parameters(channels: int, blocks: int) -> dict[str, list[tuple[Array, Array]]]:
    """Random weights and zero biases by layer, in the shapes of zeroloop.networks.resnet."""
    keys = iter(jax.random.split(jax.random.key(1), 2 * blocks + 6))

    def layer(*shape: int) -> tuple[Array, Array]:
        inputs = shape[0] if len(shape) == 2 else shape[0] * shape[1] * shape[2]
        return jax.random.normal(next(keys), shape) * (2 / inputs) ** 0.5, jnp.zeros(shape[-1])

    return {
        "stem": [layer(3, 3, PLANES, channels)],
        "blocks": [layer(3, 3, channels, channels) for _ in range(2 * blocks)],
        "policy": [layer(1, 1, channels, 32), layer(32 * HEIGHT * WIDTH, WIDTH)],
        "value": [layer(1, 1, channels, 8), layer(8 * HEIGHT * WIDTH, 64), layer(64, 3)],
    }


def conv(x: Array, layer: tuple[Array, Array]) -> Array:
    weight, bias = layer
    return lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias


def linear(x: Array, layer: tuple[Array, Array]) -> Array:
    return x.reshape(len(x), -1) @ layer[0] + layer[1]


def network(layers: dict[str, list[tuple[Array, Array]]], planes: Array) -> tuple[Array, Array]:
    """Policy logits [n, 7] and values [n] of observations [n, 6, 7, 2]."""
    x = jax.nn.relu(conv(planes.astype(jnp.float32), layers["stem"][0]))
    for first, second in zip(layers["blocks"][::2], layers["blocks"][1::2], strict=True):
        x = jax.nn.relu(x + conv(jax.nn.relu(conv(x, first)), second))
    policy_conv, policy = layers["policy"]
    value_conv, hidden, wdl = layers["value"]
    value = jax.nn.softmax(linear(jax.nn.relu(linear(jax.nn.relu(conv(x, value_conv)), hidden)), wdl))
    return linear(jax.nn.relu(conv(x, policy_conv)), policy), value[:, 0] - value[:, 2]


# ---- search and self-play -------------------------------------------------------------------------------------------


def evaluate(layers: Any, states: Any) -> tuple[Array, Array]:
    logits, values = network(layers, states.observation)
    return jnp.where(states.legal_action_mask, logits, jnp.finfo(logits.dtype).min), values


def simulate(layers: Any, key: Array, actions: Array, states: Any) -> tuple[mctx.RecurrentFnOutput, Any]:
    """One step of every tree: the rules, then the network."""
    movers = states.current_player
    states = jax.vmap(ENVIRONMENT.step)(states, actions)
    logits, values = evaluate(layers, states)
    over = states.terminated
    step = mctx.RecurrentFnOutput(
        reward=states.rewards[jnp.arange(len(movers)), movers],
        discount=jnp.where(over, 0.0, -1.0),
        prior_logits=logits,
        value=jnp.where(over, 0.0, values),
    )
    return step, states


def search(layers: Any, key: Array, states: Any, simulations: int) -> Array:
    """The chosen action of each state."""
    logits, values = evaluate(layers, states)
    return mctx.muzero_policy(
        layers,
        key,
        mctx.RootFnOutput(prior_logits=logits, value=values, embedding=states),
        simulate,
        simulations,
        invalid_actions=~states.legal_action_mask,
        dirichlet_alpha=1.0,
        temperature=jnp.where(states._step_count < SAMPLING_PLIES, 1.0, 0.0)[:, None],
    ).action


def play(layers: Any, key: Array, states: Any, simulations: int) -> tuple[Any, Array]:
    """One move in every game; finished games begin anew. Lengths [n] of the games that ended, 0 for others."""
    search_key, start_key = jax.random.split(key)
    states = jax.vmap(ENVIRONMENT.step)(states, search(layers, search_key, states, simulations))
    lengths = jnp.where(states.terminated, states._step_count, 0)
    fresh = new_games(start_key, len(lengths))

    def restart(new: Array, old: Array) -> Array:
        return jnp.where(states.terminated.reshape(-1, *[1] * (old.ndim - 1)), new, old)

    return jax.tree.map(restart, fresh, states), lengths


def new_games(key: Array, count: int) -> Any:
    return jax.vmap(ENVIRONMENT.init)(jax.random.split(key, count))


# ---- measurements, each in a process of its own ---------------------------------------------------------------------


def search_speed(layers: Any, trees: int, simulations: int, repeats: int) -> float:
    """Simulations a second of CPU time, the best of a few searches from the start of the game; for a pinned process."""
    states = new_games(jax.random.key(2), trees)
    compiled = jax.jit(search, static_argnums=3).lower(layers, jax.random.key(3), states, simulations).compile()
    times = []
    for index in range(repeats):
        start = time.process_time()
        compiled(layers, jax.random.key(index), states).block_until_ready()
        times.append(time.process_time() - start)
    return trees * simulations / min(times)


def selfplay_speed(layers: Any, trees: int, simulations: int, moves: int, barrier: Any = None) -> dict[str, float]:
    """Moves a second and moves a game, after `moves` moves in each game that let the games fall out of step."""
    states = new_games(jax.random.key(os.getpid()), trees)
    step = jax.jit(play, static_argnums=3).lower(layers, jax.random.key(3), states, simulations).compile()
    for index in range(moves):
        states, _ = step(layers, jax.random.key(index), states)
    if barrier is not None:
        barrier.wait()
    ended, start = [], time.perf_counter()
    for index in range(moves, 2 * moves):
        states, lengths = step(layers, jax.random.key(index), states)
        ended += [int(length) for length in lengths if length]
    return {"moves": trees * moves / (time.perf_counter() - start), "moves a game": sum(ended) / max(1, len(ended))}


def measured(send: Any, size: tuple[int, int], measure: Callable[..., Any]) -> None:
    send.send(measure(parameters(*size)))


def apart(cores: Sequence[set[int]], size: tuple[int, int], measure: Callable[..., Any]) -> list[Any]:
    """The results of `measure`, run at the same time in one new process for each set of cores, pinned to that set."""
    context, own = multiprocessing.get_context("spawn"), os.sched_getaffinity(0)
    pipes = [context.Pipe(duplex=False) for _ in cores]
    for (_, send), allowed in zip(pipes, cores, strict=True):
        os.sched_setaffinity(0, allowed)  # inherited, before the new process makes its threads
        context.Process(target=measured, args=(send, size, measure), daemon=True).start()
    os.sched_setaffinity(0, own)
    for _, send in pipes:
        send.close()
    return [receive.recv() for receive, _ in pipes]


def compare(quick: bool) -> dict[str, Any]:
    """Speeds on one core and on two."""
    size, simulations = ((16, 1), (4, 8)) if quick else ((64, 4), (64, 400))
    batches, moves, repeats = ((8,), 2, 1) if quick else ((64, 192, 512), 42, 3)
    first, second = sorted(os.sched_getaffinity(0))[:2]

    def one_core(trees: int, count: int) -> float:
        measure = functools.partial(search_speed, trees=trees, simulations=count, repeats=repeats)
        return float(apart([{first}], size, measure)[0])

    few = {str(trees): one_core(trees, simulations[0]) for trees in batches}
    best = int(max(few, key=lambda trees: few[trees]))
    many = one_core(best, simulations[1])
    games = functools.partial(selfplay_speed, trees=best, simulations=simulations[0], moves=moves)
    both = multiprocessing.get_context("spawn").Barrier(2)
    alone = apart([{first}], size, games)
    shared = apart([{first, second}], size, games)
    split = apart([{first}, {second}], size, functools.partial(games, barrier=both))
    return {
        "versions": " ".join(f"{name} {version(name)}" for name in ("jax", "mctx", "pgx")),
        "load average": os.getloadavg()[0],
        f"simulations a second, one core, {simulations[0]} simulations, by trees": few,
        f"simulations a second, one core, {simulations[1]} simulations, {best} trees": many,
        f"self-play, {simulations[0]} simulations, {best} games a process": {
            "one core": rates(alone),
            "two cores, one process": rates(shared),
            "two cores, two processes": rates(split),
        },
    }


def rates(parts: Sequence[dict[str, float]]) -> dict[str, float | None]:
    """Moves a second, moves a game, and games a minute of all processes together."""
    moves = sum(part["moves"] for part in parts)
    length = sum(part["moves a game"] for part in parts) / len(parts)
    return {"moves a second": moves, "moves a game": length, "games a minute": 60 * moves / length if length else None}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes: shows that it works")
    print(json.dumps(compare(parser.parse_args().quick), indent=2))
