"""The best way that a search came upon: found nowhere else, true, and taken where the moves end worse."""

import itertools

import numpy as np
import pytest

from zeroloop.contracts import Transition
from zeroloop.envs import path_finding, tic_tac_toe
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.arena import play
from zeroloop.search import SearchSettings, search
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
        found = search(rules, UniformEvaluator(), [(), (1,), (0, 0, 0)], settings).ways
        for state, way in zip([(), (1,)], found, strict=False):
            most = max(earned(rules, state, rest) for rest in itertools.product((0, 1), repeat=3 - len(state)))
            assert way.earned == pytest.approx(most) == pytest.approx(earned(rules, state, way.actions))
        assert found[2] is None


def test_two_players_have_none():
    rules = tic_tac_toe.environment()
    assert search(rules, UniformEvaluator(), [rules.initial_state()], SearchSettings(num_simulations=50)).ways == ()


def test_ways_on_tasks_are_true():
    rules, rng = path_finding.environment(4, 4, 1), stream(0, "ways")
    starts = [rules.initial_state(rules.sample_task(rng)) for _ in range(10)]
    found = search(rules, UniformEvaluator(), starts, SEARCH).ways
    assert sum(way is not None for way in found) > 3
    for start, way in zip(starts, found, strict=True):
        if way is not None:
            assert way.earned == pytest.approx(earned(rules, start, way.actions), abs=1e-6)


def test_an_episode_ends_as_well_as_the_best_way():
    rules = Ladder({(1, 0, 1): 0.8, (0, 0, 0): 0.3})
    settings = SearchSettings(num_simulations=9, value_range="fixed", lookahead=False, proofs=False)
    first = search(rules, Averse(), [()], settings)
    assert first.chosen[0] == 0  # away from the best end
    played = play(rules, [Averse()], [()], [0], settings, stream(0, "play"))
    assert played.returns[0] >= first.ways[0].earned - 1e-9
    assert earned(rules, (), played.states[0]) == pytest.approx(played.returns[0])
