"""The best way that a search came upon: found nowhere else, true, and taken where the moves end worse."""

import itertools

import numpy as np
import pytest

from zeroloop.contracts import Transition
from zeroloop.envs import path_finding
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.arena import solved
from zeroloop.search import SearchSettings, search, solve
from zeroloop.seeding import stream

SEARCH = SearchSettings(num_simulations=300, value_range="minmax", lookahead=False)


class Ladder:
    """Bits one after the other, three of them; each earns a tenth, and the last as much as `prizes` says."""

    name, version, num_players, num_actions = "ladder", 1, 1, 2
    symmetries = np.arange(2, dtype=np.int32)[None]

    def __init__(self, prizes):
        self.prizes = prizes

    def initial_state(self, task=None):
        return ()

    def legal_actions(self, state):
        return [0, 1] if len(state) < 3 else []

    def step(self, state, action):
        after = (*state, int(action))
        over = len(after) == 3
        return Transition(after, self.prizes.get(after, 0.0) if over else 0.1, 0.0 if over else 0.5, over)

    def key(self, state):
        return state


class Averse:
    """Thinks that 1 leads nowhere, and that every state is worth as much."""

    def __call__(self, leaves):
        return np.where(leaves.actions == 1, -2.0, 2.0).astype(np.float32), np.full(len(leaves.slots), 0.9, np.float32)


def earned(environment, state, actions):
    found, weight = 0.0, 1.0
    for action in actions:
        state, reward, discount, _ = environment.step(state, action)
        found += weight * reward
        weight *= discount
    assert not environment.legal_actions(state)
    return found


@pytest.mark.parametrize("lookahead", [False, True])
def test_it_is_the_best_of_all_ways_once_all_were_seen(lookahead):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rules = Ladder({way: float(rng.random()) for way in itertools.product((0, 1), repeat=3)})
        settings = SearchSettings(num_simulations=200, value_range="minmax", lookahead=lookahead, proofs=lookahead)
        found = solve(rules, UniformEvaluator(), [(), (1,), (0, 0, 0)], settings)
        for state, way in zip([(), (1,)], found, strict=False):
            most = max(earned(rules, state, rest) for rest in itertools.product((0, 1), repeat=3 - len(state)))
            assert way.earned == pytest.approx(most) == pytest.approx(earned(rules, state, way.actions))
        assert found[2] == (0.0, ())


def test_ways_on_tasks_are_true():
    rules, rng = path_finding.environment(4, 4, 1), stream(0, "ways")
    starts = [rules.initial_state(rules.sample_task(rng)) for _ in range(10)]
    for reuse in (True, False):
        found = solve(rules, UniformEvaluator(), starts, SEARCH.model_copy(update={"reuse_subtree": reuse}))
        assert sum(way.earned > 0 for way in found) > 5
        for start, way in zip(starts, found, strict=True):
            assert way.earned == pytest.approx(earned(rules, start, way.actions), abs=1e-6)


def test_an_episode_ends_as_well_as_the_best_way():
    rules = Ladder({(1, 0, 1): 0.8, (0, 0, 0): 0.3})
    settings = SearchSettings(num_simulations=9, value_range="fixed", lookahead=False, proofs=False)
    state = ()
    for _ in range(3):
        state = (*state, int(search(rules, Averse(), [state], settings).chosen[0]))
    assert state == (0, 0, 0)  # away from the best end
    played = solved(rules, Averse(), [()], settings)
    assert played.returns[0] > earned(rules, (), state)
    assert earned(rules, (), played.states[0]) == pytest.approx(played.returns[0])


class Counted(UniformEvaluator):
    """Counts the states that it is asked about."""

    def __init__(self):
        super().__init__()
        self.states = 0

    def __call__(self, leaves):
        self.states += len(leaves.slots)
        return super().__call__(leaves)


@pytest.mark.parametrize("reuse", [True, False])
def test_each_move_has_as_many_simulations_of_its_own(reuse):
    """Of simulations without a network each asks about one state at most, a fresh root about one more."""
    length, simulations = 8, 5
    settings = SearchSettings(num_simulations=simulations, lookahead=False, proofs=False, reuse_subtree=reuse)
    rules, counted = Long(length), Counted()
    (way,) = solve(rules, counted, [()], settings)
    assert len(way.actions) == length
    full = length - 3  # moves after which no simulation reaches an end
    assert counted.states >= full * (simulations + (not reuse))
    assert counted.states <= length * simulations + (1 if reuse else length)


class Long(Ladder):
    """As many bits as it says, which earn nothing."""

    def __init__(self, length):
        super().__init__({})
        self.length = length

    def legal_actions(self, state):
        return [0, 1] if len(state) < self.length else []

    def step(self, state, action):
        after = (*state, int(action))
        over = len(after) == self.length
        return Transition(after, 0.0, 0.0 if over else 1.0, over)
