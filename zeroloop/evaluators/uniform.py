"""No opinion: equal logits and value 0. The search then rests on proofs and the rules alone."""

import numpy as np

from zeroloop import _native
from zeroloop.contracts import Float32, Leaves


class UniformEvaluator:
    """Logits 0 for every legal action and value 0.

    The answers are read-only views of one array of zeros, so that an evaluation costs next to nothing: benchmarks of
    the search alone use it. Arrays of native Leaves are not touched, because making a NumPy view costs more than the
    rest of the call.
    """

    version = 0

    def __init__(self) -> None:
        self._zeros: Float32 = self._make(4096)

    @staticmethod
    def _make(size: int) -> Float32:
        zeros = np.zeros(size, np.float32)
        zeros.flags.writeable = False
        return zeros

    def __call__(self, leaves: Leaves) -> tuple[Float32, Float32]:
        if isinstance(leaves, _native.Leaves):
            rows, actions = len(leaves), leaves.num_actions
        else:
            rows, actions = len(leaves.slots), len(leaves.actions)
        if max(rows, actions) > len(self._zeros):
            self._zeros = self._make(2 * max(rows, actions))
        return self._zeros[:actions], self._zeros[:rows]
