"""A torch network as an evaluator, run eagerly: the reference that faster ones are measured against."""

import copy
from collections.abc import Sequence

import numpy as np
import torch

from zeroloop.contracts import Float32
from zeroloop.evaluators.engines import EngineEvaluator, FixedRunner, Int64, SizedRunner, check_batch_sizes
from zeroloop.networks import GameNetwork, Part, value_of
from zeroloop.observers import Observations, Observer, TokensObserver


class TorchEngine:
    """A torch module at one batch size; see zeroloop.evaluators.engines.Engine."""

    def __init__(self, module: GameNetwork, batch_size: int) -> None:
        self._module = module
        observer = module.observer
        self.observations: Observations = np.zeros((batch_size, *observer.shape), observer.dtype)
        self.policy: Float32 = np.zeros((batch_size, module.num_actions), np.float32)
        self.values: Float32 = np.zeros(batch_size, np.float32)
        # The tensors share memory with the arrays.
        self._observations, self._policy = torch.from_numpy(self.observations), torch.from_numpy(self.policy)
        self._values = torch.from_numpy(self.values)

    def run(self) -> None:
        with torch.inference_mode():
            parameter = next(self._module.parameters())
            shown = self._observations.to(parameter.device)
            policy, value = self._module(shown.to(parameter.dtype) if shown.is_floating_point() else shown)
            self._policy.copy_(policy)
            self._values.copy_(value_of(value))


class HostPartEngine:
    """A PartEngine whose states are arrays.

    start: the first states, float32 [...] each. carry, after: the states before and after a segment, [B, ...] each.
    """

    start: Sequence[Float32]
    carry: Sequence[Float32]
    after: Sequence[Float32]

    def __init__(self, part: Part, observer: Observer, batch_size: int) -> None:
        self.observations: Observations = np.zeros((batch_size, *observer.shape), observer.dtype)
        self.start = [state.detach().cpu().numpy() for state in part.start()]
        self.carry = [np.zeros((batch_size, *state.shape), np.float32) for state in self.start]

    def states(self, rows: int) -> list[Float32]:
        """See PartEngine."""
        return [np.repeat(state[None], rows, axis=0) for state in self.start]

    def run(self, states: list[Float32], rows: Int64) -> None:
        """See PartEngine."""
        for state, entry in zip(states, self.carry, strict=True):
            entry[: len(rows)] = state[rows]
        self.segment()
        for state, result in zip(states, self.after, strict=True):
            state[rows] = result[: len(rows)]

    def segment(self) -> None:
        """From `observations` and `carry` to `answer`, `halt` and `after`."""
        raise NotImplementedError


class TorchPartEngine(HostPartEngine):
    """One segment of a part of a torch network; see zeroloop.evaluators.engines.PartEngine."""

    def __init__(self, part: Part, observer: Observer, batch_size: int) -> None:
        super().__init__(part, observer, batch_size)
        self._part = part
        self._device = next((state.device for state in part.start()), torch.device("cpu"))
        self.segment()

    def segment(self) -> None:
        """See HostPartEngine."""
        with torch.inference_mode():
            shown = [torch.from_numpy(array).to(self._device) for array in (self.observations, *self.carry)]
            answer, halt, *after = self._part(*shown)
        self.answer, self.halt, *self.after = (tensor.cpu().numpy() for tensor in (answer, halt, *after))


def eager_evaluator(network: GameNetwork, batch_size: int = 8) -> EngineEvaluator:
    """An evaluator that shares its weights with `network`; smaller observations take smaller networks."""
    full = FixedRunner([TorchEngine(network, batch_size)])
    smaller = [(observer, FixedRunner([TorchEngine(view, batch_size)])) for observer, view in network.smaller(None)]
    if not smaller:
        return EngineEvaluator(full, network.observer)
    assert isinstance(network.observer, TokensObserver)
    return EngineEvaluator(SizedRunner(full, network.observer, smaller), network.observer)


class NetworkEvaluator(EngineEvaluator):
    """A frozen copy of a torch network; `refresh` copies new weights in.

    device, dtype: where and in what precision it runs; float32 on the CPU is the reference.
    batch_size: the one size everything is padded to. A second one for small remainders would break the law that
    answers do not depend on batch mates: matrix products of 8 and of 32 rows round differently.
    """

    def __init__(
        self,
        network: GameNetwork,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        batch_size: int = 32,
    ) -> None:
        self._module = copy.deepcopy(network).eval().requires_grad_(False).to(device=device, dtype=dtype)
        engine = TorchEngine(self._module, *check_batch_sizes([batch_size]))
        super().__init__(FixedRunner([engine]), network.observer)

    def refresh(self, network: GameNetwork) -> None:
        """Evaluate with the weights of `network` from now on."""
        self._module.load_state_dict(network.state_dict())
        self.version += 1
