"""A torch network as an evaluator, run eagerly: the reference that faster ones are measured against."""

import copy

import numpy as np
import torch

from zeroloop.contracts import Float32
from zeroloop.evaluators.planes import PlanesEvaluator, check_batch_sizes
from zeroloop.networks import PlanesNetwork


class TorchEngine:
    """A torch module at one batch size; see zeroloop.evaluators.planes.Engine."""

    def __init__(self, module: PlanesNetwork, batch_size: int) -> None:
        self._module = module
        self.planes: Float32 = np.zeros((batch_size, *module.observation_shape), np.float32)
        self.policy: Float32 = np.zeros((batch_size, module.num_actions), np.float32)
        self.values: Float32 = np.zeros(batch_size, np.float32)
        # The tensors share memory with the arrays.
        self._planes, self._policy = torch.from_numpy(self.planes), torch.from_numpy(self.policy)
        self._values = torch.from_numpy(self.values)

    def run(self) -> None:
        with torch.inference_mode():
            parameter = next(self._module.parameters())
            policy, wdl = self._module(self._planes.to(parameter.device, parameter.dtype))
            probs = wdl.float().softmax(1)
            self._policy.copy_(policy)
            self._values.copy_(probs[:, 0] - probs[:, 2])


class NetworkEvaluator(PlanesEvaluator):
    """A frozen copy of a torch network over planes; `refresh` copies new weights in.

    device, dtype: where and in what precision it runs; float32 on the CPU is the reference.
    batch_size: the one size everything is padded to. A second one for small remainders would break the law that
    answers do not depend on batch mates: matrix products of 8 and of 32 rows round differently.
    """

    def __init__(
        self,
        network: PlanesNetwork,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        batch_size: int = 32,
    ) -> None:
        self._module = copy.deepcopy(network).eval().requires_grad_(False).to(device=device, dtype=dtype)
        super().__init__([TorchEngine(self._module, *check_batch_sizes([batch_size]))])

    def refresh(self, network: PlanesNetwork) -> None:
        """Evaluate with the weights of `network` from now on."""
        self._module.load_state_dict(network.state_dict())
        self.version += 1
