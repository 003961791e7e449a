"""The native forest does what the readable reference does, visit for visit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroloop import registry
from zeroloop.contracts import Environment, Float32
from zeroloop.search import SearchSettings
from zeroloop.search.reference import ReferenceSearch, halving_schedule
from zeroloop.testing.toy import HashEvaluator, ToyEnvironment
from zeroloop.testing.trees import NativeSearch, assert_same, check_tree

EXAMPLES = settings(max_examples=120, derandomize=True, deadline=None, database=None)

toys = st.builds(
    ToyEnvironment,
    seed=st.integers(0, 10**6),
    num_players=st.sampled_from([1, 2]),
    max_actions=st.integers(1, 6),
    max_depth=st.integers(1, 10),
    end_chance=st.sampled_from([0.0, 0.1, 0.3]),
    gamma=st.sampled_from([0.5, 0.9, 1.0]),
    step_reward=st.sampled_from([0.0, 0.1]),
)
searches = st.builds(
    SearchSettings,
    num_simulations=st.integers(1, 70),
    root_policy=st.sampled_from(["puct", "gumbel"]),
    c_puct=st.sampled_from([0.3, 1.25, 4.0]),
    fpu_reduction=st.sampled_from([0.0, 0.25, 1.0]),
    noise_fraction=st.sampled_from([0.0, 0.25, 1.0]),
    forced_playouts=st.sampled_from([0.0, 0.0, 0.5, 2.0, 9.0]),
    gumbel_max_considered=st.integers(1, 8),
    gumbel_c_visit=st.sampled_from([0.0, 10.0, 50.0]),
    gumbel_c_scale=st.sampled_from([0.1, 1.0]),
    proofs=st.booleans(),
    lookahead=st.booleans(),
    best_return=st.sampled_from([1.0, 1.0, 0.5]),
    value_range=st.sampled_from(["fixed", "minmax"]),
    reuse_subtree=st.booleans(),
)


def reference(environment: Environment, search: SearchSettings, seed: int = 0) -> ReferenceSearch:
    return ReferenceSearch(environment, HashEvaluator(environment, seed).evaluate, search)


def draw_noise(search: SearchSettings, rng: np.random.Generator, count: int) -> Float32:
    draws = rng.gumbel(size=count) if search.root_policy == "gumbel" else rng.dirichlet(np.full(count, 0.5))
    return draws.astype(np.float32)


@EXAMPLES
@given(toy=toys, search=searches, noisy=st.booleans(), seed=st.integers(0, 10**6))
def test_one_search(toy: ToyEnvironment, search: SearchSettings, noisy: bool, seed: int) -> None:
    evaluator = HashEvaluator(toy, seed)
    state = toy.initial_state()
    noise = draw_noise(search, np.random.default_rng(seed), len(toy.legal_actions(state))) if noisy else None
    native = NativeSearch(toy, evaluator, search)
    result = native.search(state, search.num_simulations, noise)
    assert_same(result, reference(toy, search, seed).search(state, noise=noise))
    check_tree(native.forest, 0)
    if np.isnan(result.proven[0]):
        assert result.visit_counts.sum() == search.num_simulations
        assert result.simulations[0] == search.num_simulations


@EXAMPLES
@given(toy=toys, search=searches, noisy=st.booleans(), seed=st.integers(0, 10**6))
def test_whole_games_with_subtree_reuse(toy: ToyEnvironment, search: SearchSettings, noisy: bool, seed: int) -> None:
    """Several trees of one forest play different games with different budgets, up to the terminal root."""
    rng = np.random.default_rng(seed)
    trees = 3
    native = NativeSearch(toy, HashEvaluator(toy, seed), search, trees)
    mirrors = [reference(toy, search, seed) for _ in range(trees)]
    states, played = [toy.initial_state() for _ in range(trees)], [-1] * trees
    while len(native_playing := [t for t in range(trees) if states[t] is not None]):
        plans = {}
        for t in native_playing:
            budget = int(rng.integers(1, search.num_simulations + 1))
            noise = draw_noise(search, rng, len(toy.legal_actions(states[t]))) if noisy else None
            native.begin(t, states[t], budget, noise, played[t])
            plans[t] = (budget, noise)
        native.run()
        assert sorted(native.forest.take_finished().tolist()) == native_playing
        for t, (budget, noise) in plans.items():
            expected = mirrors[t].search(states[t], budget, noise, played[t])
            assert_same(native.result(t), expected)
            if toy.legal_actions(states[t]):
                played[t] = int(rng.choice(expected.actions))
                states[t] = toy.step(states[t], played[t]).state
            else:
                states[t] = None


def test_terminal_root() -> None:
    toy = ToyEnvironment(seed=3, max_depth=1)
    state = toy.step((), toy.legal_actions(())[0]).state
    search = SearchSettings(num_simulations=5)
    result = NativeSearch(toy, HashEvaluator(toy), search).search(state, 5)
    assert_same(result, reference(toy, search).search(state))
    assert result.chosen.tolist() == [-1] and len(result.actions) == 0 and result.simulations.tolist() == [0]


@pytest.mark.parametrize(
    ("considered", "simulations", "expected"),
    [
        (4, 16, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (16, 16, [0] * 16),
        (1, 4, [0, 1, 2, 3]),
        (3, 12, [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4]),
        (5, 7, [0, 0, 0, 0, 0, 1, 1]),
    ],
)
def test_halving_schedule_by_hand(considered: int, simulations: int, expected: list[int]) -> None:
    assert halving_schedule(considered, simulations) == expected


GAMES = {
    "tic_tac_toe": {},
    "connect_four": {},
    "connect_four 5x4x3": {"width": 5, "height": 4, "connect": 3},
    "path_finding": {"height": 4, "width": 5},
}


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("policy", ["puct", "gumbel"])
def test_games_played_to_the_end(name: str, policy: str) -> None:
    """The whole chain, native or vectorised states included, agrees with the plain rules all along a noisy game."""
    game = registry.load("envs", name.split()[0]).environment(**GAMES[name])
    minmax = "minmax" if game.num_players == 1 else "fixed"
    search = SearchSettings(num_simulations=60, root_policy=policy, forced_playouts=2.0, value_range=minmax)
    native, mirror = NativeSearch(game, HashEvaluator(game), search), reference(game, search)
    rng, state, played = np.random.default_rng(11), game.initial_state(), -1
    for _ in range(12):
        noise = draw_noise(search, rng, len(game.legal_actions(state)))
        result = native.search(state, noise=noise, played=played)
        assert_same(result, mirror.search(state, noise=noise, played=played))
        check_tree(native.forest, 0)
        if not game.legal_actions(state):
            break
        played = int(rng.choice(result.actions))
        state = game.step(state, played).state
