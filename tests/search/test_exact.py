"""Searches whose right answer is known: solved games, forced wins, schedules counted by hand."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroloop.contracts import Environment, State
from zeroloop.envs import connect_four, tic_tac_toe
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.search import SearchSettings, root_noise, search
from zeroloop.testing.toy import HashEvaluator, ToyEnvironment
from zeroloop.testing.trees import NativeSearch, check_tree

EXAMPLES = settings(max_examples=60, derandomize=True, deadline=None, database=None)

small_toys = st.builds(
    ToyEnvironment,
    seed=st.integers(0, 10**6),
    num_players=st.sampled_from([1, 2]),
    max_actions=st.integers(1, 3),
    max_depth=st.integers(1, 4),
    gamma=st.sampled_from([0.5, 1.0]),
)


def best_return(environment: Environment, state: State) -> float:
    """The exact return under best play, by brute force."""

    @cache
    def solve(state: State) -> float:
        steps = [environment.step(state, action) for action in environment.legal_actions(state)]
        return max((s.reward + s.discount * solve(s.state) for s in steps), default=0.0)

    return solve(state)


@EXAMPLES
@given(toy=small_toys, simulations=st.integers(1, 400), gumbel=st.booleans(), lookahead=st.booleans())
def test_what_is_proven_is_true(toy: ToyEnvironment, simulations: int, gumbel: bool, lookahead: bool) -> None:
    chosen = SearchSettings(
        num_simulations=simulations, root_policy="gumbel" if gumbel else "puct", lookahead=lookahead
    )
    result = search(toy, HashEvaluator(toy), [()], chosen)
    if not np.isnan(result.proven[0]):
        assert result.proven[0] == result.root_values[0] == pytest.approx(best_return(toy, ()), abs=1e-6)
        after = toy.step((), int(result.chosen[0]))
        value = after.reward + after.discount * best_return(toy, after.state)
        assert value == pytest.approx(result.proven[0], abs=1e-6), "the action played keeps what was proven"


@EXAMPLES
@given(toy=small_toys)
def test_enough_simulations_prove_a_small_tree(toy: ToyEnvironment) -> None:
    result = search(toy, HashEvaluator(toy), [()], SearchSettings(num_simulations=5000, c_puct=4.0))
    assert result.proven[0] == pytest.approx(best_return(toy, ()), abs=1e-6)


@EXAMPLES
@given(toy=small_toys, simulations=st.integers(1, 60), gumbel=st.booleans(), temperature=st.sampled_from([0.0, 1.0]))
def test_no_proven_loss_is_played_while_another_action_exists(
    toy: ToyEnvironment, simulations: int, gumbel: bool, temperature: float
) -> None:
    chosen = SearchSettings(num_simulations=simulations, root_policy="gumbel" if gumbel else "puct")
    native = NativeSearch(toy, HashEvaluator(toy), chosen)
    native.search(())
    tree = check_tree(native.forest, 0)
    actions = tree["edge_action"][: tree["node_num_edges"][0]]
    lost = (tree["edge_proven"][: len(actions)] != 0) & (tree["edge_value"][: len(actions)] == -1)
    for u in np.linspace(0, 0.999, 8, dtype=np.float32):
        played = native.forest.choose(np.zeros(1, np.int32), np.array([temperature], np.float32), u[None])[0]
        assert lost.all() or not lost[actions == played].any()


def test_tic_tac_toe_is_proven_a_draw() -> None:
    """Wide exploration: a proven draw that looks better than the rest is otherwise visited again and again."""
    game = tic_tac_toe.TicTacToe()
    wide = SearchSettings(num_simulations=60_000, c_puct=30, leaves_per_tree=8)
    result = search(game, UniformEvaluator(), [game.initial_state()], wide)
    assert result.proven[0] == result.root_values[0] == 0
    assert result.simulations[0] < 60_000, "a proven root ends its search"
    assert result.action_weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("policy", ["puct", "gumbel"])
def test_mate_in_one(policy: str) -> None:
    game = connect_four.ConnectFour()
    state = game.from_moves("112233")
    at_once = search(game, UniformEvaluator(), [state], SearchSettings(num_simulations=5, root_policy=policy))
    assert (at_once.chosen[0], at_once.proven[0], at_once.simulations[0]) == (3, 1, 0)
    assert at_once.action_weights.tolist() == [0, 0, 0, 1, 0, 0, 0]
    blind = SearchSettings(num_simulations=64, root_policy=policy, lookahead=False)
    found = search(game, UniformEvaluator(), [state], blind)
    assert (found.chosen[0], found.proven[0]) == (3, 1)


def test_the_only_defence() -> None:
    game = connect_four.ConnectFour()
    result = search(game, UniformEvaluator(), [game.from_moves("11223")], SearchSettings(num_simulations=50))
    assert result.chosen[0] == 3
    lost = [action for action in result.actions if action != 3]
    assert (result.action_values[lost] == -1).all() and result.action_weights[lost].sum() == 0


def test_gumbel_visits_follow_the_schedule() -> None:
    """16 simulations, 4 actions considered: two visits each, then four more for the best two."""
    toy = ToyEnvironment(seed=5, max_actions=6, max_depth=12, end_chance=0.0)
    while len(toy.legal_actions(())) < 6:
        toy = ToyEnvironment(seed=toy.seed + 1, max_actions=6, max_depth=12, end_chance=0.0)
    chosen = SearchSettings(num_simulations=16, root_policy="gumbel", gumbel_max_considered=4)
    result = search(toy, HashEvaluator(toy), [()], chosen, np.random.default_rng(1), noise=True)
    assert sorted(result.visit_counts.tolist()) == [0, 0, 2, 2, 6, 6]
    assert result.visit_counts[list(result.actions).index(result.chosen[0])] == 6


@EXAMPLES
@given(
    toy_seed=st.integers(0, 1000),
    simulations=st.integers(1, 90),
    leaves=st.integers(2, 6),
    gumbel=st.booleans(),
    virtual_loss=st.sampled_from([0.0, 1.0]),
)
def test_virtual_loss(toy_seed: int, simulations: int, leaves: int, gumbel: bool, virtual_loss: float) -> None:
    toy = ToyEnvironment(seed=toy_seed, max_depth=12, end_chance=0.05)
    chosen = SearchSettings(
        num_simulations=simulations,
        leaves_per_tree=leaves,
        root_policy="gumbel" if gumbel else "puct",
        virtual_loss=virtual_loss,
    )
    native = NativeSearch(toy, HashEvaluator(toy), chosen, num_trees=2)
    for tree in range(2):
        native.begin(tree, ())
    while len(request := native.forest.select()):
        rows = list(zip(request.parent_slots.tolist(), request.actions.tolist(), strict=True))
        assert len(set(rows)) == len(rows) or set(request.actions) == {-1}, "the same leaf twice"
        assert max(np.bincount(request.trees)) <= leaves
        found = native.batch.expand(request)
        native.forest.expand(found, *native.evaluator(found))
    for tree in range(2):
        result = native.result(tree)
        check_tree(native.forest, tree)
        assert result.simulations[0] == result.visit_counts.sum()
        assert not np.isnan(result.proven[0]) or result.visit_counts.sum() == simulations
        assert result.visit_counts.tolist() == native.result(0).visit_counts.tolist(), "equal trees"


def test_trees_of_one_batch_do_not_touch_each_other() -> None:
    game = connect_four.ConnectFour()
    evaluator, chosen = HashEvaluator(game), SearchSettings(num_simulations=40)
    states = [game.from_moves(moves) for moves in ("", "4", "44", "4455", "1122334")]
    together = search(game, evaluator, states, chosen)
    for i, state in enumerate(states):
        alone = search(game, evaluator, [state], chosen)
        row = slice(together.offsets[i], together.offsets[i + 1])
        assert together.visit_counts[row].tolist() == alone.visit_counts.tolist()
        assert together.chosen[i] == alone.chosen[0]


def test_noise_is_reproducible_and_scaled_by_the_number_of_actions() -> None:
    counts = np.array([3, 0, 7, 1], np.int32)
    offsets, noise = root_noise(SearchSettings(), np.random.default_rng(7), counts)
    again = root_noise(SearchSettings(), np.random.default_rng(7), counts)[1]
    assert offsets.tolist() == [0, 3, 3, 10, 11] and noise.dtype == np.float32
    np.testing.assert_array_equal(noise, again)
    np.testing.assert_allclose([noise[a:b].sum() for a, b in ((0, 3), (3, 10), (10, 11))], 1, rtol=1e-5)
    gumbel = root_noise(SearchSettings(root_policy="gumbel"), np.random.default_rng(7), np.array([20_000], np.int32))[1]
    assert gumbel.mean() == pytest.approx(np.euler_gamma, abs=0.05)


def test_slots_come_back_with_subtree_reuse() -> None:
    """Whole games in the same tree, with random moves and budgets: its slots never run out."""
    game = connect_four.ConnectFour()
    rng = np.random.default_rng(3)
    native = NativeSearch(game, HashEvaluator(game), SearchSettings(num_simulations=40))
    for _ in range(8):
        state, played = game.initial_state(), -1
        while game.legal_actions(state):
            native.search(state, int(rng.integers(1, 41)), played=played)
            check_tree(native.forest, 0)
            played = int(rng.choice(game.legal_actions(state)))
            state = game.step(state, played).state
