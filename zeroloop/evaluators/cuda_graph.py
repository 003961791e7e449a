"""Networks as CUDA graphs: a pass of a reasoner is hundreds of kernels, and one launch this way.

Shapes are static: one graph for each batch size, replayed on a stream of its own.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from zeroloop.contracts import Float32
from zeroloop.evaluators.engines import Int64
from zeroloop.networks import GameNetwork, Part, value_of
from zeroloop.observers import Observations, Observer

_CAPTURING = threading.Lock()
_WARM_UPS = 3
"""Passes before the capture: libraries choose their kernels and reserve memory in the first ones."""


class CudaGraph:
    """`function` of observations and states on one CUDA device, recorded: its first `answers` results, and the states.

    observations: to be filled, [B, *shape]. answers: float32 [B, ...], of the last `replay`. carry, after: the states
    before and after, on the device.
    """

    def __init__(
        self,
        function: Callable[..., Sequence[Tensor]],
        observer: Observer,
        batch_size: int,
        device: torch.device,
        carry: Sequence[Tensor] = (),
        answers: int = 2,
    ) -> None:
        self._host = torch.from_numpy(np.zeros((batch_size, *observer.shape), observer.dtype)).pin_memory()
        self._shown = self._host.to(device)
        self.observations: Observations = self._host.numpy()
        self.carry = carry
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        with _CAPTURING, torch.inference_mode():
            with self.stream():
                for _ in range(_WARM_UPS):
                    function(self._shown, *carry)
            # Other threads train meanwhile: "thread_local" lets them.
            with torch.cuda.graph(self._graph, stream=self._stream, capture_error_mode="thread_local"):
                results = function(self._shown, *carry)
        self.after = results[answers:]
        self._answers = [(each, torch.empty(each.shape, pin_memory=True)) for each in results[:answers]]
        self.answers: list[Float32] = [pinned.numpy() for _, pinned in self._answers]

    @contextmanager
    def stream(self) -> Iterator[None]:
        """What is done in this context is done on the graph's stream, after what came before; it is over at the end."""
        self._stream.wait_stream(torch.cuda.current_stream(self._stream.device))
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            yield
        self._stream.synchronize()

    def replay(self) -> None:
        """Compute everything from `observations` and `carry`; within `stream`."""
        self._shown.copy_(self._host, non_blocking=True)
        self._graph.replay()
        for result, pinned in self._answers:
            pinned.copy_(result, non_blocking=True)


class CudaEngine:
    """A network as a CUDA graph; see zeroloop.evaluators.engines.Engine.

    dtype: of the activations, bfloat16 or float32.
    """

    def __init__(self, network: GameNetwork, batch_size: int, dtype: torch.dtype) -> None:
        autocast = network.train_in(dtype)

        def answer(observations: Tensor) -> tuple[Tensor, Tensor]:
            # The cache of autocast would keep tensors of the graph alive outside of it.
            with torch.autocast("cuda", autocast, enabled=autocast == torch.bfloat16, cache_enabled=False):
                policy, value = network(observations)
            return policy.float(), value_of(value)

        self._graph = CudaGraph(answer, network.observer, batch_size, next(network.parameters()).device)
        self.observations = self._graph.observations
        self.policy, self.values = self._graph.answers

    def run(self) -> None:
        with self._graph.stream():
            self._graph.replay()


class CudaPartEngine:
    """One segment of a part as a CUDA graph; see zeroloop.evaluators.engines.PartEngine. States stay on the device."""

    def __init__(self, part: Part, observer: Observer, batch_size: int) -> None:
        self._start = part.start()
        self._device = self._start[0].device

        def segment(observations: Tensor, *carry: Tensor) -> tuple[Tensor, ...]:
            answer, halt, *after = part(observations, *carry)
            return answer.float(), halt.float(), *after

        self._graph = CudaGraph(segment, observer, batch_size, self._device, self.states(batch_size))
        self.observations = self._graph.observations
        self.answer, self.halt = self._graph.answers

    def states(self, rows: int) -> list[Tensor]:
        """See PartEngine."""
        return [state.expand(rows, *state.shape).clone() for state in self._start]

    def run(self, states: list[Tensor], rows: Int64) -> None:
        """See PartEngine."""
        used = len(rows)
        with self._graph.stream():
            places = torch.from_numpy(rows).to(self._device)
            for state, entry in zip(states, self._graph.carry, strict=True):
                entry[:used] = state[places]
            self._graph.replay()
            for state, after in zip(states, self._graph.after, strict=True):
                state[places] = after[:used]
