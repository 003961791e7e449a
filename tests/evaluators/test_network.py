import numpy as np
import pytest
import torch

from zeroloop.errors import SettingError
from zeroloop.evaluators.compiled import eager_answers
from zeroloop.evaluators.engines import plan_chunks
from zeroloop.evaluators.network import NetworkEvaluator
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import EvaluatorConformance, observations, random_leaves


class TestNetwork(EvaluatorConformance):
    @pytest.fixture(autouse=True)
    def _given(self, environment, network):
        type(self).environment, self.net = environment, network

    def evaluator(self):
        return NetworkEvaluator(self.net)


class TestBfloat16(TestNetwork):
    def evaluator(self):
        return NetworkEvaluator(self.net, dtype=torch.bfloat16, batch_size=16)


def test_it_answers_what_the_module_computes(environment, network):
    leaves = random_leaves(environment, 50, stream(1, "x"))
    logits, values = NetworkEvaluator(network)(leaves)
    policy, expected_values = eager_answers(network, observations(leaves))
    symmetries = leaves.environment.keys(leaves.slots)[1]
    expected = [
        policy[row, environment.symmetries[symmetries[row], action]]
        for row in range(50)
        for action in leaves.actions[leaves.offsets[row] : leaves.offsets[row + 1]]
    ]
    assert symmetries.any() and not symmetries.all()
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    np.testing.assert_allclose(values, expected_values, atol=1e-5)


def test_it_is_frozen_until_refreshed(environment, positions, network, other_network):
    leaves = random_leaves(environment, 20, stream(1, "x"))
    evaluator, other = NetworkEvaluator(network), NetworkEvaluator(other_network)
    before, version = evaluator(leaves)[1].copy(), evaluator.version
    evaluator.refresh(other_network)
    assert evaluator.version != version
    assert np.array_equal(evaluator(leaves)[1], other(leaves)[1]) and not np.array_equal(before, other(leaves)[1])


@pytest.mark.parametrize("sizes", [(32, 8), (64, 32, 16), (5,), (32, 8, 1)])
def test_chunks_cover_all_rows_once(sizes):
    for rows in range(140):
        covered = [row for _, begin, used in plan_chunks(rows, sizes) for row in range(begin, begin + used)]
        assert covered == list(range(rows))
        assert all(used <= sizes[index] for index, _, used in plan_chunks(rows, sizes))


def test_chunks_pad_less_than_the_smallest_size():
    for rows in range(1, 200):
        assert sum((32, 8)[index] for index, _, _ in plan_chunks(rows, (32, 8))) - rows < 8


@pytest.mark.parametrize("size", [0, -8])
def test_bad_batch_sizes_are_refused(network, size):
    with pytest.raises(SettingError, match="positive sizes"):
        NetworkEvaluator(network, batch_size=size)
