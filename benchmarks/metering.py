"""What the throughput benchmarks share: the game, a network, positions, a metered evaluator, the machine."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from zeroloop.contracts import Float32, Leaves, State
from zeroloop.envs import connect_four
from zeroloop.evaluators.compiled import compile_network
from zeroloop.evaluators.engines import Engine
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.networks import PlanesNetwork, resnet
from zeroloop.observers import PlanesObserver
from zeroloop.run.players import random_observations
from zeroloop.seeding import stream

ENVIRONMENT = connect_four.environment()
OBSERVER = PlanesObserver(ENVIRONMENT.observation_shape)


def machine() -> dict[str, Any]:
    """Where this runs, and how busy it was when it began."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    packages = " ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "openvino"))
    return {
        "cpu": names[0].partition(":")[2].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "versions": f"Python {platform.python_version()} {packages}",
        "load_average": round(os.getloadavg()[0], 2),
    }


def random_network(channels: int, blocks: int) -> resnet.ResNet:
    """Random weights, activations normalised on random play, logits of standard deviation 1: opinions about as strong
    as a trained network's, so that searches go deep, but wrong ones."""
    torch.manual_seed(1)
    network = resnet.build(resnet.Config(channels=channels, blocks=blocks), ENVIRONMENT)
    planes = torch.from_numpy(random_observations(ENVIRONMENT, OBSERVER, 256, stream(1, "planes")))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # take the statistics of the next batch as they are
    with torch.no_grad():
        network.train()(planes)
        policy, wdl = network.eval()(planes)
        network.policy.weight /= policy.std()
        network.wdl.weight /= wdl.std()
    return network


def random_positions(count: int, different: bool, plies: int = 10) -> list[State]:
    """`count` open positions after 0 to `plies` random moves, a number drawn uniformly for each. Early positions occur
    several times, as they do when as many games are played at once, unless all are to be `different`."""
    rng = stream(1, "roots")
    found: dict[Any, State] = {}
    while len(found) < count:
        state = ENVIRONMENT.initial_state()
        for _ in range(rng.integers(plies + 1)):
            if legal := ENVIRONMENT.legal_actions(state):
                state = ENVIRONMENT.step(state, int(rng.choice(legal))).state
        if ENVIRONMENT.legal_actions(state):
            found[ENVIRONMENT.key(state) if different else len(found)] = state
    return list(found.values())


class Meter:
    """The int8 evaluator of a network; counts the rows, the seconds, and the seconds in its engines."""

    def __init__(self, network: PlanesNetwork) -> None:
        planes = random_observations(ENVIRONMENT, OBSERVER, 128, stream(1, "calibration"))
        self.inner = compile_network(network, planes, EvaluatorSettings(backend="int8"))
        self.inner.runner.engines = [MeteredEngine(engine, self) for engine in self.inner.runner.engines]
        self.version = 0
        self.rows, self.seconds, self.engine_seconds = 0, 0.0, 0.0

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        start = time.perf_counter()
        answers = self.inner(leaves)
        self.seconds += time.perf_counter() - start
        self.rows += len(answers[1])
        return answers


class MeteredEngine:
    """An engine that adds its seconds to those of a meter."""

    def __init__(self, engine: Engine, meter: Meter) -> None:
        self.observations, self.policy, self.values = engine.observations, engine.policy, engine.values
        self._engine, self._meter = engine, meter

    def run(self) -> None:
        start = time.perf_counter()
        self._engine.run()
        self._meter.engine_seconds += time.perf_counter() - start
