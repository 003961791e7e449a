"""Evaluators without a network: uniform and rollout."""

import numpy as np

from zeroloop import _native
from zeroloop.contracts import LeafRows
from zeroloop.envs import connect_four, tic_tac_toe
from zeroloop.evaluators.rollout import RolloutEvaluator
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.search.slots import batch_environment
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import EvaluatorConformance, leaves_of, random_leaves


class TestUniform(EvaluatorConformance):
    environment = connect_four.environment()

    def evaluator(self):
        return UniformEvaluator()


class TestRolloutNative(EvaluatorConformance):
    environment = connect_four.environment()

    def evaluator(self):
        return RolloutEvaluator(seed=3)


class TestRolloutByPlainRules(EvaluatorConformance):
    environment = tic_tac_toe.environment()

    def evaluator(self):
        return RolloutEvaluator(seed=3)


class TestRolloutOnLargerBoards(EvaluatorConformance):
    environment = connect_four.environment(width=5, height=5)
    rows = 24

    def evaluator(self):
        return RolloutEvaluator(seed=3)


def test_uniform_answers_are_zero_for_native_leaves_of_any_size(environment):
    batch = batch_environment(environment, 5000)
    for slot in range(5000):
        batch.write(slot, environment.initial_state())
    slots = np.arange(5000, dtype=np.int32)
    leaves = batch.expand(_native.Request(slots, np.full(5000, -1, np.int32), slots))
    logits, values = UniformEvaluator()(leaves)
    assert logits.shape == (35000,) and values.shape == (5000,)
    assert not logits.any() and not values.any()


def test_uniform_answers_cannot_be_overwritten(environment):
    logits, values = UniformEvaluator()(random_leaves(environment, 3, stream(1, "x")))
    assert not logits.flags.writeable and not values.flags.writeable


def test_rollouts_estimate_the_chance_to_win(environment):
    """Three stones in a row with both ends open win far more often than they lose."""
    leaves = leaves_of(environment, [[2, 2, 3, 3, 4, 4]])
    values = [RolloutEvaluator(seed)(leaves)[1][0] for seed in range(200)]
    assert set(values) <= {-1.0, 0.0, 1.0} and np.mean(values) > 0.5


def test_rollouts_of_another_seed_differ(environment):
    leaves = random_leaves(environment, 60, stream(1, "x"))
    assert not np.array_equal(RolloutEvaluator(1)(leaves)[1], RolloutEvaluator(2)(leaves)[1])


def test_rollouts_by_plain_rules_agree_with_native_ones_on_average(environment):
    class PlainRules:
        """The native batch without its `rollout`."""

        def __init__(self, batch):
            self.environment, self.read, self.keys = batch.environment, batch.read, batch.keys

    leaves = leaves_of(environment, [[2, 2, 3, 3, 4]])
    plain = LeafRows(PlainRules(leaves.environment), *leaves[1:])
    native_mean = np.mean([RolloutEvaluator(seed)(leaves)[1] for seed in range(400)])
    plain_mean = np.mean([RolloutEvaluator(seed)(plain)[1] for seed in range(400)])
    assert abs(native_mean - plain_mean) < 0.2  # four standard errors
