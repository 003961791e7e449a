import numpy as np
import pytest

from zeroloop import _native
from zeroloop.contracts import LeafRows
from zeroloop.envs import connect_four, tic_tac_toe
from zeroloop.evaluators.cached import CachedEvaluator
from zeroloop.evaluators.network import NetworkEvaluator
from zeroloop.evaluators.rollout import RolloutEvaluator
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import EvaluatorConformance, leaves_of, random_leaves, some_rows
from zeroloop.testing.toy import digest


class HashEvaluator:
    """Answers hashed from the canonical state, counting what it is asked."""

    def __init__(self, version=0):
        self.version, self.rows = version, 0

    def __call__(self, leaves):
        keys, symmetries = leaves.environment.keys(leaves.slots)
        self.rows += len(keys)
        assert len(set(keys.tolist())) == len(keys), "duplicates must not reach the inner evaluator"
        maps, logits = leaves.environment.environment.symmetries, []
        for row, (key, symmetry) in enumerate(zip(keys.tolist(), symmetries.tolist(), strict=True)):
            for place, action in enumerate(leaves.actions[leaves.offsets[row] : leaves.offsets[row + 1]]):
                name = maps[symmetry, action] if maps.size else place
                logits.append(digest(self.version, key, int(name)) / 2**64)
        values = [digest(self.version, key) / 2**64 for key in keys.tolist()]
        return np.array(logits, np.float32), np.array(values, np.float32)


class TestCachedNetwork(EvaluatorConformance):
    @pytest.fixture(autouse=True)
    def _given(self, environment, network):
        type(self).environment, self.net = environment, network

    def evaluator(self):
        return CachedEvaluator(NetworkEvaluator(self.net))


class TestCachedRollout(EvaluatorConformance):
    environment = tic_tac_toe.environment()

    def evaluator(self):
        return CachedEvaluator(RolloutEvaluator(1), capacity=10)


class FreeBatch:
    """A batch whose states are numbers: number k has k % 5 + 1 legal actions that no fixed space contains."""

    class environment:  # noqa: N801
        symmetries = np.zeros((1, 0), np.int32)

    def keys(self, slots):
        return slots.astype(np.uint64), np.zeros(len(slots), np.uint8)


def free_leaves(states):
    counts = np.array([state % 5 + 1 for state in states], np.int32)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    actions = np.arange(offsets[-1], dtype=np.int32) * 1000
    return LeafRows(FreeBatch(), np.array(states, np.int32), offsets, actions)


def assert_same(first, second):
    assert np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1])


@pytest.mark.parametrize("capacity", [1, 7, 64, 1000, 1 << 16])
def test_the_cache_changes_nothing_but_the_work(capacity):
    environment = connect_four.environment()
    rng = stream(1, "cache", capacity)
    leaves = random_leaves(environment, 400, rng)
    inner = HashEvaluator()
    cached = CachedEvaluator(inner, capacity)
    for _ in range(30):
        rows = rng.integers(0, 400, rng.integers(1, 120)).astype(np.int32)
        batch = some_rows(leaves, rows)
        plain = [HashEvaluator()(some_rows(leaves, rows[i : i + 1])) for i in range(len(rows))]
        assert_same(cached(batch), (np.concatenate([p[0] for p in plain]), np.concatenate([p[1] for p in plain])))
        assert len(cached) <= max(capacity + 1, 2 * 120)
    assert sum(cached.statistics) >= 30 and cached.statistics.misses == inner.rows


def test_actions_without_a_fixed_space_are_kept_in_their_order():
    environment = FreeBatch.environment
    cached, rng = CachedEvaluator(HashEvaluator(), 20), stream(1, "free")
    for _ in range(40):
        states = rng.integers(0, 30, 25).tolist()
        leaves = free_leaves(states)
        plain = [HashEvaluator()(free_leaves([state])) for state in states]
        assert leaves.environment.environment is environment
        assert_same(cached(leaves), (np.concatenate([p[0] for p in plain]), np.concatenate([p[1] for p in plain])))


def test_hits_duplicates_and_misses_are_counted(environment):
    leaves = leaves_of(environment, [[], [3], [0], [6], [3], []])  # [0] and [6] are mirror images
    cached = CachedEvaluator(HashEvaluator())
    cached(leaves)
    assert tuple(cached.statistics) == (0, 3, 3) and len(cached) == 3
    cached(leaves)
    assert tuple(cached.statistics) == (6, 3, 3) and cached.statistics.saved == 0.75


def test_mirror_images_share_an_answer(environment, network):
    inner = NetworkEvaluator(network)
    leaves = leaves_of(environment, [[0, 1, 3], [6, 5, 3]])
    cached = CachedEvaluator(inner)
    assert_same(cached(leaves), inner(leaves))
    assert cached.statistics.duplicates == 1


def test_a_new_version_clears_it(environment, network, other_network):
    inner = NetworkEvaluator(network)
    cached = CachedEvaluator(inner)
    leaves = random_leaves(environment, 30, stream(1, "x"))
    cached(leaves)
    inner.refresh(other_network)
    assert cached.version == inner.version
    assert_same(cached(leaves), NetworkEvaluator(other_network)(leaves))
    assert cached.statistics.hits == 0


def test_another_environment_clears_it(environment):
    cached = CachedEvaluator(HashEvaluator())
    cached(leaves_of(environment, [[3]]))
    small = connect_four.environment(width=5, height=5)
    cached(leaves_of(small, [[3]]))
    cached(leaves_of(environment, [[3]]))
    assert cached.statistics.misses == 3


def test_what_is_in_use_stays():
    cached = CachedEvaluator(HashEvaluator(), capacity=100)
    for state in range(1000):
        cached(free_leaves([5000, state]))
    assert cached.statistics.hits == 999 and len(cached) <= 101


def test_an_interrupted_evaluation_leaves_no_trace(environment):
    class Interrupted(HashEvaluator):
        def __call__(self, leaves):
            if self.rows == 0:
                self.rows = 1
                raise KeyboardInterrupt
            return super().__call__(leaves)

    cached, leaves = CachedEvaluator(Interrupted()), random_leaves(environment, 1, stream(1, "x"))
    with pytest.raises(KeyboardInterrupt):
        cached(leaves)
    assert_same(cached(leaves), HashEvaluator()(leaves))


def test_a_wrong_number_of_answers_is_refused(environment):
    class Short(UniformEvaluator):
        def __call__(self, leaves):
            logits, values = super().__call__(leaves)
            return logits[1:], values

    with pytest.raises(ValueError, match="one value per row and one logit per legal action"):
        CachedEvaluator(Short())(random_leaves(environment, 3, stream(1, "x")))


def test_a_key_shared_by_different_states_is_noticed():
    class Colliding(FreeBatch):
        def keys(self, slots):
            return np.zeros(len(slots), np.uint64), np.zeros(len(slots), np.uint8)

    leaves = free_leaves([1, 2])._replace(environment=Colliding())
    with pytest.raises(ValueError, match="keys\\(\\) must tell such states apart"):
        CachedEvaluator(UniformEvaluator())(leaves)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actions": np.array([0, 9], np.int32)}, "outside 0..2"),
        ({"actions": np.array([0, -1], np.int32)}, "outside 0..2"),
        ({"symmetries": np.array([0, 2], np.uint8)}, "symmetry outside"),
        ({"offsets": np.array([0, 1], np.int32)}, "must fit together"),
        ({"offsets": np.array([0, 1, 3], np.int32)}, "end at the number of actions"),
        ({"offsets": np.array([0, 3, 2], np.int32)}, "must not decrease"),
        ({"action_maps": np.array([[0, 1, 3], [2, 1, 0]], np.int32)}, "outside the action space"),
    ],
)
def test_malformed_batches_are_refused(change, message):
    batch = {
        "keys": np.array([1, 2], np.uint64),
        "symmetries": np.array([0, 1], np.uint8),
        "offsets": np.array([0, 1, 2], np.int32),
        "actions": np.array([0, 1], np.int32),
        "action_maps": np.array([[0, 1, 2], [2, 1, 0]], np.int32),
    }
    with pytest.raises((ValueError, IndexError), match=message):
        _native.EvaluationCache(8).begin(**{**batch, **change})


def test_a_capacity_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        CachedEvaluator(UniformEvaluator(), 0)
