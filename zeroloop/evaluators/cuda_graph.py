"""Networks on a CUDA device as CUDA graphs: a pass of a reasoner is hundreds of kernels, and one launch this way.

Shapes are static: one graph for each batch size, replayed on a stream of its own.
"""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from zeroloop.contracts import Float32
from zeroloop.networks import GameNetwork, Part, value_of
from zeroloop.observers import Observations, Observer

_CAPTURING = threading.Lock()
_WARM_UPS = 3
"""Passes before the capture: libraries choose their kernels and reserve memory in the first ones."""


class CudaGraph:
    """`function` of tensors on one CUDA device: fill `inputs`, call `replay`, read `outputs`; within `stream`."""

    def __init__(self, function: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor]) -> None:
        self.inputs = inputs
        self.stream = torch.cuda.Stream(inputs[0].device)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        self.stream.wait_stream(torch.cuda.current_stream(inputs[0].device))
        with _CAPTURING, torch.inference_mode():
            with torch.cuda.stream(self.stream):
                for _ in range(_WARM_UPS):
                    function(*inputs)
            self.stream.synchronize()
            # Other threads train meanwhile: "thread_local" lets them.
            with torch.cuda.graph(self._graph, stream=self.stream, capture_error_mode="thread_local"):
                self.outputs = function(*inputs)

    def replay(self) -> None:
        """Compute `outputs` from `inputs`."""
        self._graph.replay()


class CudaEngine:
    """A network as a CUDA graph; see zeroloop.evaluators.engines.Engine.

    dtype: of the activations, bfloat16 or float32.
    """

    def __init__(self, network: GameNetwork, batch_size: int, dtype: torch.dtype) -> None:
        device = next(network.parameters()).device
        autocast = network.train_in(dtype)

        def answer(observations: Tensor) -> tuple[Tensor, Tensor]:
            # The cache of autocast would keep tensors of the graph alive outside of it.
            with torch.autocast("cuda", autocast, enabled=autocast == torch.bfloat16, cache_enabled=False):
                policy, value = network(observations)
            return policy.float(), value_of(value)

        host = torch.from_numpy(np.zeros((batch_size, *network.observer.shape), network.observer.dtype)).pin_memory()
        self._graph = CudaGraph(answer, [host.to(device)])
        self._pairs = [(output, _pinned(output)) for output in self._graph.outputs]
        self._host = host
        self.observations: Observations = host.numpy()
        self.policy, self.values = (pinned.numpy() for _, pinned in self._pairs)

    def run(self) -> None:
        with torch.cuda.stream(self._graph.stream):
            self._graph.inputs[0].copy_(self._host, non_blocking=True)
            self._graph.replay()
            for output, pinned in self._pairs:
                pinned.copy_(output, non_blocking=True)
        self._graph.stream.synchronize()


class CudaPartEngine:
    """One segment of a part as a CUDA graph; see zeroloop.evaluators.engines.PartEngine. States stay on the device."""

    def __init__(self, part: Part, observer: Observer, batch_size: int) -> None:
        self._start = part.start()
        self._device = self._start[0].device
        host = torch.from_numpy(np.zeros((batch_size, *observer.shape), observer.dtype)).pin_memory()
        carry = [state.expand(batch_size, *state.shape).clone() for state in self._start]

        def segment(observations: Tensor, *carry: Tensor) -> tuple[Tensor, ...]:
            answer, halt, *after = part(observations, *carry)
            return answer.float(), halt.float(), *after

        self._graph = CudaGraph(segment, [host.to(self._device), *carry])
        self._host = host
        self._pairs = [(output, _pinned(output)) for output in self._graph.outputs[:2]]
        self.observations: Observations = host.numpy()
        self.answer: Float32
        self.halt: Float32
        self.answer, self.halt = (pinned.numpy() for _, pinned in self._pairs)

    def states(self, rows: int) -> list[Tensor]:
        """See PartEngine."""
        return [state.expand(rows, *state.shape).clone() for state in self._start]

    def run(self, states: list[Tensor], rows: npt.NDArray[np.int64]) -> None:
        """See PartEngine."""
        used = len(rows)
        self._graph.stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.inference_mode(), torch.cuda.stream(self._graph.stream):
            places = torch.from_numpy(rows).to(self._device)
            observations, *carry = self._graph.inputs
            observations.copy_(self._host, non_blocking=True)
            for state, entry in zip(states, carry, strict=True):
                entry[:used] = state[places]
            self._graph.replay()
            for state, after in zip(states, self._graph.outputs[2:], strict=True):
                state[places] = after[:used]
            for output, pinned in self._pairs:
                pinned.copy_(output, non_blocking=True)
        self._graph.stream.synchronize()


def _pinned(tensor: Tensor) -> Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
