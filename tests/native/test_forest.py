"""The forest driven hard through its arrays alone: what a sanitizer build should see. No network library is needed."""

import numpy as np
import pytest

from zeroloop import _native
from zeroloop.search import SearchSettings, make_forest
from zeroloop.testing.trees import check_tree

NO_NOISE = np.zeros(0, np.float32)


class RaggedStates:
    """Numbers as states: any count of actions, endings, rewards and known outcomes, drawn as the search asks."""

    def __init__(self, num_slots: int, rng: np.random.Generator, widest: int, lookahead: bool) -> None:
        self.depths = np.zeros(num_slots, np.int32)
        self.rng, self.widest, self.lookahead = rng, widest, lookahead

    def expand(self, request: _native.Request) -> _native.Leaves:
        rng, n = self.rng, len(request)
        depths = self.depths[request.parent_slots] + (request.actions >= 0)
        self.depths[request.slots] = depths
        terminal = (depths > 0) & (rng.random(n) < 0.1 * depths)
        counts = np.where(terminal, 0, rng.integers(1, self.widest + 1, n))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        outcomes = rng.choice(np.array([np.nan, -1, 0, 1], np.float32), offsets[-1], p=[0.9, 0.05, 0.04, 0.01])
        return _native.Leaves.from_arrays(
            None,
            request.slots,
            rng.choice([-1, 0, 1], n).astype(np.float32) * terminal,
            np.where(terminal, 0, -1).astype(np.float32),
            terminal,
            offsets,
            np.arange(offsets[-1], dtype=np.int32),
            outcomes if self.lookahead else None,
        )


def answers(leaves: _native.Leaves, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    logits = (rng.normal(0, 30, leaves.num_actions)).astype(np.float32)
    return logits, rng.uniform(-1, 1, len(leaves)).astype(np.float32)


def begin(forest: _native.Forest, trees: np.ndarray, budgets: np.ndarray, actions: np.ndarray) -> None:
    sources = (forest.num_slots + trees).astype(np.int32)
    forest.begin(trees, sources, budgets, actions, np.zeros(len(trees) + 1, np.int32), NO_NOISE)


@pytest.mark.parametrize("policy", ["puct", "gumbel"])
@pytest.mark.parametrize("leaves", [1, 5])
@pytest.mark.parametrize("proofs", [True, False])
@pytest.mark.parametrize("widest", [4, 300])
def test_many_searches_in_one_forest(policy: str, leaves: int, proofs: bool, widest: int) -> None:
    """Ragged trees begin and end at different times, keep subtrees, start over, and never leave their own slots."""
    rng, num_trees = np.random.default_rng(widest + leaves), 7
    settings = SearchSettings(num_simulations=50, root_policy=policy, leaves_per_tree=leaves, proofs=proofs)
    forest = make_forest(num_trees, settings)
    states = RaggedStates(forest.num_slots + num_trees, rng, widest, proofs)
    idle, searches = set(range(num_trees)), 0
    actions = np.full(num_trees, -1, np.int32)
    while searches < 60 or len(idle) < num_trees:
        started = np.array(sorted(idle), np.int32) if searches < 60 else np.zeros(0, np.int32)
        begin(forest, started, rng.integers(1, 51, len(started)).astype(np.int32), actions[started])
        idle, searches = set() if searches < 60 else idle, searches + len(started)
        request = forest.select()
        if len(request):
            found = states.expand(request)
            forest.expand(found, *answers(found, rng))
        for tree in forest.take_finished().tolist():
            idle.add(tree)
            actions[tree] = next_action(forest, tree, rng)


def next_action(forest: _native.Forest, tree: int, rng: np.random.Generator) -> int:
    """An action of a finished tree, after checking the tree and its results; -1 starts over."""
    check_tree(forest, tree)
    row = forest.results(np.array([tree], np.int32))
    if len(row["actions"]) == 0:
        return -1
    assert row["action_weights"].sum() == pytest.approx(1, abs=1e-5)
    draw = np.array([rng.random()], np.float32)
    chosen = forest.choose(np.array([tree], np.int32), np.array([rng.choice([0.0, 0.5, 1.0])], np.float32), draw)[0]
    assert chosen in row["actions"]
    return int(rng.choice([chosen, rng.choice(row["actions"]), -1]))


def test_simulations_are_counted_per_tree() -> None:
    rng = np.random.default_rng(0)
    forest = make_forest(3, SearchSettings(num_simulations=30, proofs=False))
    states = RaggedStates(forest.num_slots + 3, rng, 5, lookahead=False)
    trees, budgets = np.arange(3, dtype=np.int32), np.array([4, 30, 17], np.int32)
    begin(forest, trees, budgets, np.full(3, -1, np.int32))
    while len(request := forest.select()):
        found = states.expand(request)
        forest.expand(found, *answers(found, rng))
    assert forest.results(trees)["simulations"].tolist() == budgets.tolist()
    assert forest.total_simulations == budgets.sum()
    assert sorted(forest.take_finished().tolist()) == [0, 1, 2] and len(forest.take_finished()) == 0


def test_connect_four_games_without_python_states() -> None:
    rng, num_trees = np.random.default_rng(1), 6
    forest = make_forest(num_trees, SearchSettings(num_simulations=40))
    states = _native.ConnectFourStates(forest.num_slots + num_trees)
    trees = np.arange(num_trees, dtype=np.int32)
    actions, root = np.full(num_trees, -1, np.int32), _native.ConnectFourStates(2 * num_trees)
    for _ in range(50):
        for tree in trees.tolist():
            states.write(forest.num_slots + tree, root.read(tree))
        begin(forest, trees, rng.integers(1, 41, num_trees).astype(np.int32), actions)
        while len(request := forest.select()):
            found = states.expand(request)
            forest.expand(found, *answers(found, rng))
        legal = np.diff(root.legal(trees)[0])
        for tree in trees[legal == 0].tolist():
            assert len(forest.results(trees[tree : tree + 1])["actions"]) == 0
            root.write(tree, (0, 0))
        playing = trees[legal > 0]
        draws = rng.random(len(playing)).astype(np.float32)
        actions[:] = -1
        actions[playing] = forest.choose(playing, np.ones(len(playing), np.float32), draws)
        root.expand(_native.Request(playing, actions[playing], playing))
