"""The fastest evaluator that this machine can make of a network and that still is the same player."""

import copy
import logging
import time
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import torch

from zeroloop.contracts import Float32
from zeroloop.errors import MissingExtraError, SettingError
from zeroloop.evaluators.cuda_graph import CudaEngine, CudaPartEngine
from zeroloop.evaluators.engines import (
    EngineEvaluator,
    FixedRunner,
    Runner,
    SegmentRunner,
    SizedRunner,
    run_observations,
)
from zeroloop.evaluators.native_reasoner import NativeRunner, is_native
from zeroloop.evaluators.network import TorchEngine, TorchPartEngine, eager_evaluator
from zeroloop.evaluators.openvino_graph import (
    OpenVinoEngine,
    OpenVinoPartEngine,
    Range,
    activation_ranges,
    load_openvino,
)
from zeroloop.evaluators.settings import Backend, EvaluatorSettings
from zeroloop.networks import GameNetwork, PlanesNetwork, SegmentedNetwork, Valued, value_of
from zeroloop.observers import Observations, TokensObserver

logger = logging.getLogger(__name__)

BACKENDS: tuple[Backend, ...] = ("int8", "bf16", "native", "fp32", "torch")
"""From the fastest to the most exact; what is rejected is replaced by a later one."""
_OPENVINO: tuple[Backend, ...] = ("int8", "bf16", "fp32")
"""Those that a CPU runs in OpenVINO."""


class EvaluationError(NamedTuple):
    """Distance to eager float32 on real positions: mean |value difference|, mean total variation of the policies."""

    value: float
    policy: float


def evaluation_error(reference: tuple[Float32, Float32], answers: tuple[Float32, Float32]) -> EvaluationError:
    """How far `answers` are from `reference`; each is (policy logits [n, A], values [n])."""
    (logits, values), (other_logits, other_values) = reference, answers
    distance = np.abs(_softmax(logits) - _softmax(other_logits)).sum(1).mean() / 2
    return EvaluationError(float(np.abs(values - other_values).mean()), float(distance))


def _softmax(logits: Float32) -> Float32:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    result: Float32 = powers / powers.sum(1, keepdims=True)
    return result


def build_runner(network: GameNetwork, backend: str, positions: Observations, sizes: Sequence[int]) -> Runner:
    """`network` in `backend`, with an engine per batch size, all with equal answers: torch only gets the first size
    (see NetworkEvaluator), and of the others those are left out whose answers differ from the first's. Where some of
    the `positions` need less room than others, so do their engines. The core takes rows of any number and size."""
    if backend == "native":
        assert is_native(network)
        return NativeRunner(network)
    network = copy.deepcopy(network).eval().requires_grad_(False)
    full, observer = _fixed_size(network, backend, positions, sizes), network.observer
    smaller = network.smaller(positions)
    if not smaller:
        return full
    assert isinstance(observer, TokensObserver)
    runners = []
    for less, view in smaller:
        some = less.cut(positions[less.fits(positions, observer)], observer)
        runners.append((less, _fixed_size(view, backend, some, sizes)))
    return SizedRunner(full, observer, runners)


def _fixed_size(network: GameNetwork, backend: str, positions: Observations, sizes: Sequence[int]) -> Runner:
    """`build_runner` for observations of one size."""
    ranges = None
    if backend == "int8" and isinstance(network, PlanesNetwork):
        ranges = activation_ranges(network, positions)
    if backend == "torch":
        sizes = sizes[:1]
    sets = [_engines(network, backend, size, ranges) for size in sizes]
    sample = positions[: sizes[0]]
    expected = run_observations(_runner(network, sets[:1]), sample)
    kept = sets[:1]
    for each in sets[1:]:
        if all(map(np.array_equal, expected, run_observations(_runner(network, [each]), sample))):
            kept.append(each)
    return _runner(network, kept)


def _engines(network: GameNetwork, backend: str, size: int, ranges: Sequence[Range] | None) -> tuple[Any, ...]:
    """What computes `network` at one batch size: one engine, or one for each of its parts."""
    observer, on_cuda = network.observer, _device(network).type == "cuda"
    precision, dtype = ("bf16", torch.bfloat16) if backend == "bf16" else ("f32", torch.float32)
    if not thinks(network):
        if backend == "torch":
            return (TorchEngine(network, size),)
        return (CudaEngine(network, size, dtype) if on_cuda else OpenVinoEngine(network, size, precision, ranges),)
    parts = network.policy_part, Valued(network.value_part)
    if backend == "torch":
        return tuple(TorchPartEngine(part, observer, size) for part in parts)
    if on_cuda:
        network.train_in(dtype)
        return tuple(CudaPartEngine(part, observer, size) for part in parts)
    return tuple(OpenVinoPartEngine(part, observer, size, precision) for part in parts)


def _device(network: GameNetwork) -> torch.device:
    return next(network.parameters()).device


def _runner(network: GameNetwork, sets: Sequence[tuple[Any, ...]]) -> Runner:
    if not thinks(network):
        return FixedRunner([engine for (engine,) in sets])
    policy, value = zip(*sets, strict=True)
    return SegmentRunner(policy, value, network.segments, network.root_segments, network.halting)


def thinks(network: GameNetwork) -> TypeGuard[SegmentedNetwork]:
    """Whether rows of `network` may take different numbers of segments."""
    return isinstance(network, SegmentedNetwork) and max(network.segments, network.root_segments) > 1


def positions_per_second(runner: Runner, positions: Observations, repeats: int = 5) -> float:
    """Measured speed on real `positions`, the best of a few runs."""
    run_observations(runner, positions)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run_observations(runner, positions)
        seconds.append(time.perf_counter() - start)
    return len(positions) / min(seconds)


class CompiledEvaluator(EngineEvaluator):
    """A frozen copy of a network in the first backend of `ladder` whose error is within tolerance.

    Which one that is depends on weights and positions alone, never on timing or on earlier weights.
    positions: real observations [n, *shape] for activation ranges and errors.
    backend, error: what runs now, and its distance to eager float32. choice: what `refresh` tries first.
    """

    def __init__(
        self, network: GameNetwork, positions: Observations, ladder: Sequence[Backend], settings: EvaluatorSettings
    ) -> None:
        self._settings = settings
        self._positions = check_positions(network, positions)[: settings.calibration_positions]
        self._ladder = tuple(ladder)
        runner, self.backend, self.error = self._build(network)
        super().__init__(runner, network.observer)

    @property
    def choice(self) -> Backend:
        return self._ladder[0]

    def refresh(self, network: GameNetwork) -> None:
        """Evaluate with the weights of `network` from now on."""
        self.runner, self.backend, self.error = self._build(network)
        self.version += 1

    def _build(self, network: GameNetwork) -> tuple[Runner, str, EvaluationError]:
        reference = eager_answers(network, self._positions)
        for backend in self._ladder:
            runner = build_runner(network, backend, self._positions, self._settings.batch_sizes)
            error = evaluation_error(reference, run_observations(runner, self._positions))
            if backend == "torch" or self._tolerable(error):
                logger.info("%s: value error %.4f, policy error %.4f", backend, *error)
                return runner, backend, error
            warnings.warn(
                f"evaluator backend {backend!r} is too far from the network: value error {error.value:.4f}"
                f" (allowed {self._settings.max_value_error}), policy error {error.policy:.4f}"
                f" (allowed {self._settings.max_policy_error}); using a slower, more exact one",
                stacklevel=3,
            )
        raise AssertionError("a ladder ends with 'torch'")

    def _tolerable(self, error: EvaluationError) -> bool:
        return error.value <= self._settings.max_value_error and error.policy <= self._settings.max_policy_error


def compile_network(
    network: GameNetwork, positions: Observations, settings: EvaluatorSettings | None = None
) -> CompiledEvaluator:
    """The evaluator for `network` that `settings` ask for, checked on real `positions` as its observer shows them.

    Warns and falls back to a slower backend where openvino is missing, where the network cannot be exported, and where
    the error is too large. Raises SettingError where positions are missing or of another shape.
    """
    settings = settings or EvaluatorSettings()
    known = backends(network)
    ladder = known if settings.backend == "auto" else BACKENDS[BACKENDS.index(settings.backend) :]
    ladder = tuple(backend for backend in ladder if backend in known)
    if _device(network).type == "cpu" and {*ladder} & {*_OPENVINO} and (reason := why_not_openvino(network)):
        ladder = tuple(backend for backend in ladder if backend not in _OPENVINO)
        if ladder == ("torch",):
            warnings.warn(f"{reason}; running torch eagerly, several times slower", stacklevel=2)
    if settings.backend == "auto" and len(ladder) > 1:
        ladder = by_speed(network, ladder, positions, settings)
    return CompiledEvaluator(network, positions, ladder, settings)


def ready_evaluator(network: GameNetwork) -> EngineEvaluator:
    """What evaluates `network` at once, without positions to check it on: the core where that computes it, with the
    weights of now, else torch eagerly, with those that the network has whenever it is asked."""
    if "native" in backends(network):
        assert is_native(network)
        return EngineEvaluator(NativeRunner(network), network.observer)
    return eager_evaluator(network)


def backends(network: GameNetwork) -> tuple[Backend, ...]:
    """What `network` could run in where it is, from the fastest to the most exact: convolutions are quantised on a CPU,
    pairs of reasoners run in the core; of other devices only CUDA has graphs."""
    device = _device(network).type
    if device not in ("cpu", "cuda"):
        return ("torch",)
    lacks = {"int8"} if device == "cuda" or not isinstance(network, PlanesNetwork) else set()
    if device == "cuda" or not is_native(network):
        lacks.add("native")
    return tuple(backend for backend in BACKENDS if backend not in lacks)


def why_not_openvino(network: GameNetwork) -> str | None:
    """The reason why `network` cannot run in OpenVINO, or None."""
    if isinstance(network, PlanesNetwork):
        if type(network).export_graph is PlanesNetwork.export_graph:
            return f"{type(network).__name__} has no export_graph, so it cannot be compiled"
    elif not network.traceable:
        return f"{type(network).__name__} is not traceable, so it cannot be compiled"
    try:
        load_openvino()
    except MissingExtraError as error:
        return str(error)
    return None


def by_speed(
    network: GameNetwork, known: Sequence[Backend], positions: Observations, settings: EvaluatorSettings
) -> tuple[Backend, ...]:
    """The `known` backends by measured speed, fastest first, up to and including "torch"."""
    positions = check_positions(network, positions)[: settings.calibration_positions]
    size = settings.batch_sizes[0]
    shown = np.resize(positions, (size, *positions.shape[1:]))
    runners = {backend: build_runner(network, backend, positions, [size]) for backend in known}
    speeds = {backend: positions_per_second(runner, shown) for backend, runner in runners.items()}
    for backend, speed in speeds.items():
        logger.info("%s: %.0f positions/s", backend, speed)
    order = sorted(known, key=lambda backend: -speeds[backend])
    return tuple(order[: order.index("torch") + 1])


@torch.inference_mode()
def eager_answers(network: GameNetwork, positions: Observations) -> tuple[Float32, Float32]:
    """(policy logits [n, num_actions], values [n]) of the torch module itself, in float32 and evaluation mode."""
    policy, value = copy.deepcopy(network).eval()(torch.from_numpy(positions).to(_device(network)))
    return policy.cpu().numpy(), value_of(value).cpu().numpy()


def check_positions(network: GameNetwork, positions: Observations) -> Observations:
    """`positions` as a contiguous array. Raises SettingError unless there are some, of the network's shape."""
    shape = network.observer.shape
    if len(positions) == 0 or positions.shape[1:] != shape:
        raise SettingError(
            f"evaluator: calibration needs positions of shape [n, {', '.join(map(str, shape))}]"
            f" with n >= 1, not {list(positions.shape)}; observe a few real states"
        )
    return np.ascontiguousarray(positions, network.observer.dtype)
