"""The native forest driven tree by tree, and what must hold of every search tree and of the reference's answer."""

import numpy as np
import numpy.typing as npt

from zeroloop import _native
from zeroloop.contracts import Environment, Evaluator, Float32, State
from zeroloop.search import SearchResult, SearchSettings, advance, batch_environment, make_forest, results


class NativeSearch:
    """Trees of one forest that search when told to; the counterpart of `zeroloop.search.reference.ReferenceSearch`."""

    def __init__(
        self, environment: Environment, evaluator: Evaluator, settings: SearchSettings, num_trees: int = 1
    ) -> None:
        self.settings, self.evaluator = settings, evaluator
        self.forest = make_forest(num_trees, settings)
        num_slots = self.forest.num_slots + num_trees
        self.batch = batch_environment(environment, num_slots, settings.lookahead and settings.proofs)

    def begin(
        self,
        tree: int,
        state: State,
        budget: int | None = None,
        noise: Float32 | None = None,
        played: int = -1,
    ) -> None:
        """Start a search in one tree; see ReferenceSearch.search."""
        source = self.forest.num_slots + tree
        self.batch.write(source, state)
        noise = np.zeros(0, np.float32) if noise is None else noise
        numbers = (tree, source, budget or self.settings.num_simulations, played)
        trees, sources, budgets, actions = (np.array([number], np.int32) for number in numbers)
        self.forest.begin(trees, sources, budgets, actions, np.array([0, len(noise)], np.int32), noise)

    def run(self) -> None:
        """Search until every tree has ended."""
        while advance(self.forest, self.batch, self.evaluator):
            pass

    def result(self, tree: int = 0) -> SearchResult:
        return results(self.forest, np.array([tree], np.int32))

    def search(
        self, state: State, budget: int | None = None, noise: Float32 | None = None, played: int = -1
    ) -> SearchResult:
        """The result of one search in tree 0."""
        self.begin(0, state, budget, noise, played)
        self.run()
        return self.result()


def assert_same(native: SearchResult, expected: SearchResult) -> None:
    """Raise AssertionError unless counts, choice and proofs are identical and real numbers agree to 1e-5."""
    for name in ("actions", "visit_counts", "simulations", "chosen"):
        assert getattr(native, name).tolist() == getattr(expected, name).tolist(), name
    np.testing.assert_array_equal(native.proven, expected.proven)
    for name in ("root_values", "raw_values", "action_values", "priors", "action_weights"):
        np.testing.assert_allclose(getattr(native, name), getattr(expected, name), atol=1e-5, rtol=0, err_msg=name)


def check_tree(forest: _native.Forest, tree: int) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays of one tree at rest. Raises AssertionError where they contradict each other."""
    arrays: dict[str, npt.NDArray[np.generic]] = forest.tree(tree)
    slots, children = arrays["node_slot"].tolist(), arrays["edge_child"].tolist()
    per_tree = forest.num_slots // forest.num_trees
    assert len(set(slots)) == len(slots), "two nodes share a slot"
    assert all(tree * per_tree <= slot < (tree + 1) * per_tree for slot in slots), "a slot of another tree"
    assert sorted(c for c in children if c >= 0) == list(range(1, len(slots))), "every node hangs on one edge"
    assert min(children, default=0) >= -1, "a leaf is still under way"
    for node in range(len(slots)):
        _check_node(arrays, node)
    return arrays


def _check_node(arrays: dict[str, npt.NDArray[np.generic]], node: int) -> None:
    first, count = arrays["node_first_edge"][node], arrays["node_num_edges"][node]
    edges = slice(first, first + count)
    visits, proven = arrays["edge_visits"][edges], arrays["edge_proven"][edges] != 0
    if count:
        assert visits.sum() == arrays["node_visits"][node] - 1, "node visits are its own and its edges'"
    if count and arrays["node_proven"][node]:
        assert arrays["node_mean"][node] == arrays["edge_value"][edges][proven].max(), "a proven node's value"
    for child, edge_visits, exact in zip(arrays["edge_child"][edges], visits, proven, strict=True):
        if child >= 0 and not exact and arrays["node_num_edges"][child]:
            assert arrays["node_visits"][child] == edge_visits, "an edge's visits are its child's"
