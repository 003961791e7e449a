"""OpenVINO inference graphs, built node by node from a network's `export_graph`."""

import functools
import sys
import threading
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zeroloop.contracts import Float32
from zeroloop.errors import MissingExtraError
from zeroloop.evaluators.network import HostPartEngine
from zeroloop.networks import GameNetwork, Node, Part, PlanesNetwork, value_of
from zeroloop.observers import Observations, Observer

Range = tuple[float, float]
_TRACING = threading.Lock()
"""Torch keeps the state of a trace in global variables; two at once spoil each other."""
LEVELS = 256  # of an 8-bit activation


@functools.cache
def load_openvino() -> Any:
    """The openvino package, with its telemetry off. Raises MissingExtraError where it is not installed.

    Importing openvino reports the import to Google Analytics through openvino_telemetry, unless that package cannot be
    imported: then openvino uses its own empty stand-in. A None in sys.modules makes it so, for this process only.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError(
            f"openvino cannot be imported ({error}); install the extra that brings it: pip install 'zeroloop[cpu]'"
        ) from error
    return openvino


class CalibrationOps:
    """Computes with tensors and notes the range of everything that enters a convolution, in order of first use."""

    def __init__(self) -> None:
        self.ranges: list[Range] = []
        self._seen: list[Tensor] = []

    def conv(self, x: Tensor, weight: Tensor, bias: Tensor, residual: Tensor | None = None) -> Tensor:
        if not any(x is seen for seen in self._seen):
            self._seen.append(x)
            self.ranges.append(activation_range(x))
        y = F.conv2d(x, weight, bias, padding="same")
        return F.relu(y if residual is None else y + residual)

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor, relu: bool = False) -> Tensor:
        y = F.linear(x.flatten(1), weight, bias)
        return F.relu(y) if relu else y


def activation_range(x: Tensor) -> Range:
    """The smallest and largest value, made symmetric where there are negative ones.

    The maximum, and not a percentile below it: clipping cost more accuracy than coarser steps on trained networks
    (docs/benchmarks.md).
    """
    low, high = float(x.min()), float(x.max())
    if low >= 0:
        return 0.0, max(high, 1e-6)
    bound = max(-low, high)
    return -bound * LEVELS / (LEVELS - 2), bound


@torch.no_grad()
def activation_ranges(network: PlanesNetwork, positions: Float32) -> list[Range]:
    """Ranges of the activations of `network` on real positions float32 [n, C, H, W], for `OpenVinoOps`."""
    ops = CalibrationOps()
    network.export_graph(ops, torch.from_numpy(positions).contiguous(memory_format=torch.channels_last))
    return ops.ranges


class OpenVinoOps:
    """Builds graph nodes; with `ranges`, convolutions compute in 8 bits.

    Weights are symmetric with one scale an output channel, activations have one scale a tensor: what oneDNN runs
    fastest (Jacob et al. 2018 describe the arithmetic).
    """

    def __init__(self, ranges: Sequence[Range] | None) -> None:
        load_openvino()
        import openvino.opset13

        self._op = openvino.opset13
        self._ranges = ranges
        self._quantised: list[tuple[Node, Node]] = []

    def conv(self, x: Node, weight: Tensor, bias: Tensor, residual: Node | None = None) -> Node:
        op, pad = self._op, [weight.shape[2] // 2] * 2
        y = op.convolution(self._quantise(x), self._weights(weight), [1, 1], pad, pad, [1, 1])
        y = op.add(y, op.constant(_numpy(bias).reshape(1, -1, 1, 1)))
        if residual is not None:
            y = op.add(y, self._quantise(residual))
        return op.relu(y)

    def linear(self, x: Node, weight: Tensor, bias: Tensor, relu: bool = False) -> Node:
        op = self._op
        flat = op.reshape(x, op.constant(np.array([0, -1])), special_zero=True)
        y = op.add(op.matmul(flat, op.constant(_numpy(weight)), False, True), op.constant(_numpy(bias)[None]))
        return op.relu(y) if relu else y

    def win_minus_loss(self, wdl: Node) -> Node:
        """Values [B, 1] from wdl logits [B, 3]."""
        op = self._op
        return op.matmul(op.softmax(wdl, 1), op.constant(np.array([[1.0], [0.0], [-1.0]], np.float32)), False, False)

    def _quantise(self, x: Node) -> Node:
        if self._ranges is None:
            return x
        for known, quantised in self._quantised:
            if known is x:
                return quantised
        low, high = (np.float32(bound) for bound in self._ranges[len(self._quantised)])
        quantised = self._op.fake_quantize(x, low, high, low, high, LEVELS)
        self._quantised.append((x, quantised))
        return quantised

    def _weights(self, weight: Tensor) -> Node:
        op, array = self._op, _numpy(weight)
        if self._ranges is None:
            return op.constant(array)
        scale = np.maximum(np.abs(array).max(axis=(1, 2, 3), keepdims=True) / 127, np.float32(1e-12))
        rounded = np.rint(array / scale).astype(np.int8)
        return op.multiply(op.convert(op.constant(rounded), "f32"), op.constant(scale))


def _numpy(tensor: Tensor) -> Float32:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())


def exported_graph(network: PlanesNetwork, batch_size: int, ranges: Sequence[Range] | None) -> Any:
    """The model planes -> policy logits, values [B, 1] that `export_graph` builds."""
    openvino = load_openvino()
    import openvino.opset13 as op

    ops = OpenVinoOps(ranges)
    planes = op.parameter([batch_size, *network.observer.shape], np.float32)
    with torch.no_grad():
        policy, wdl = network.export_graph(ops, planes)
    return openvino.Model([op.result(policy), op.result(ops.win_minus_loss(wdl))], [planes])


def traced_graph(module: nn.Module, inputs: Sequence[npt.NDArray[Any]]) -> Any:
    """The model that computes `module`, from a trace of its `forward` for inputs of these shapes and dtypes."""
    openvino = load_openvino()
    examples = tuple(torch.from_numpy(array) for array in inputs)
    with _TRACING, torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's own deprecation, and that shapes become constants
        # A function, not the module: a third of the time, and weights become constants either way.
        trace = torch.jit.trace(lambda *tensors: module(*tensors), examples, check_trace=False)  # type: ignore[no-untyped-call]
        graph = openvino.convert_model(trace, example_input=examples)
    graph.reshape({index: list(array.shape) for index, array in enumerate(inputs)})
    return graph


class _PolicyAndValue(nn.Module):
    def __init__(self, network: GameNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        policy, value = self.network(observations)
        return policy, value_of(value).unsqueeze(1)


class CompiledGraph:
    """A model of OpenVINO on one thread, between arrays that it shares: fill `inputs`, call `run`, read `outputs`.

    Each belongs to one thread at a time; several run side by side, as inference releases the GIL.
    precision: "f32" or "bf16", of what is not quantised.
    """

    def __init__(self, graph: Any, precision: str, inputs: Sequence[npt.NDArray[Any]]) -> None:
        openvino = load_openvino()
        settings = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # engines of several threads would be pinned to the same core
            "INFERENCE_PRECISION_HINT": precision,
        }
        self._request = _core().compile_model(graph, "CPU", settings).create_infer_request()
        self.inputs = inputs
        self.outputs: list[Float32] = [np.zeros(list(each.shape), np.float32) for each in graph.outputs]
        for index, array in enumerate(self.inputs):
            self._request.set_input_tensor(index, openvino.Tensor(array, shared_memory=True))
        for index, array in enumerate(self.outputs):
            self._request.set_output_tensor(index, openvino.Tensor(array, shared_memory=True))

    def run(self) -> None:
        self._request.infer()


class OpenVinoEngine:
    """A network compiled for one batch size; see zeroloop.evaluators.engines.Engine and CompiledGraph.

    ranges: from `activation_ranges` for 8-bit convolutions, else None.
    """

    def __init__(self, network: GameNetwork, batch_size: int, precision: str, ranges: Sequence[Range] | None) -> None:
        self.observations: Observations = np.zeros((batch_size, *network.observer.shape), network.observer.dtype)
        if isinstance(network, PlanesNetwork):
            graph = exported_graph(network, batch_size, ranges)
        else:
            graph = traced_graph(_PolicyAndValue(network), [self.observations])
        self._graph = CompiledGraph(graph, precision, [self.observations])
        self.policy, values = self._graph.outputs
        self.values: Float32 = values[:, 0]

    def run(self) -> None:
        self._graph.run()


class OpenVinoPartEngine(HostPartEngine):
    """One segment of a part of a network; see zeroloop.evaluators.engines.PartEngine and CompiledGraph."""

    def __init__(self, part: Part, observer: Observer, batch_size: int, precision: str) -> None:
        super().__init__(part, observer, batch_size)
        inputs = [self.observations, *self.carry]
        self._graph = CompiledGraph(traced_graph(part, inputs), precision, inputs)
        self.answer, self.halt, *self.after = self._graph.outputs

    def segment(self) -> None:
        """See HostPartEngine."""
        self._graph.run()


@functools.cache
def _core() -> Any:
    return load_openvino().Core()
