"""Bad input to the search: each is a clear error that names what was wrong."""

import numpy as np
import pytest
from pydantic import ValidationError

from zeroloop.errors import ArenaFullError
from zeroloop.search import SearchSettings, search
from zeroloop.testing.toy import HashEvaluator, ToyEnvironment
from zeroloop.testing.trees import NativeSearch

TOY = ToyEnvironment(seed=5, max_depth=40, end_chance=0.0)


def native(**settings: object) -> NativeSearch:
    return NativeSearch(TOY, HashEvaluator(TOY), SearchSettings(**{"num_simulations": 16, **settings}))


def int32(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


@pytest.mark.parametrize(
    "setting",
    [
        {"num_simulations": 0},
        {"num_simulations": -5},
        {"c_puct": 0},
        {"noise_fraction": 1.5},
        {"leaves_per_tree": 0},
        {"best_return": 2},
        {"max_depth": 0},
        {"root_policy": "best"},
        {"simulations": 3},
    ],
)
def test_settings_out_of_range(setting: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(setting))):
        SearchSettings(**setting)


def test_budget_larger_than_the_arena() -> None:
    with pytest.raises(ValidationError, match=r"max_nodes is 10, but .* needs 17"):
        SearchSettings(num_simulations=16, max_nodes=10)
    with pytest.raises(ArenaFullError, match=r"search\.max_nodes >= 41, which is 18; raise search\.max_nodes"):
        native().begin(0, (), budget=40)
    with pytest.raises(ArenaFullError, match=r"search\.max_nodes"):
        native().begin(0, (), budget=2**31 - 1)


@pytest.mark.parametrize("budget", [-1, -(2**31)])
def test_budget_below_one(budget: int) -> None:
    with pytest.raises(ValueError, match=f"search.num_simulations.* at least 1, not {budget}"):
        native().begin(0, (), budget=budget)


def test_more_slots_than_can_be_addressed() -> None:
    with pytest.raises(ArenaFullError, match=r"search\.max_nodes.*fewer trees or simulations"):
        NativeSearch(TOY, HashEvaluator(TOY), SearchSettings(num_simulations=10**8), num_trees=100)


def test_path_deeper_than_allowed() -> None:
    narrow = ToyEnvironment(max_actions=1, max_depth=40, end_chance=0.0)
    with pytest.raises(ArenaFullError, match=r"search\.max_depth = 5; raise"):
        search(narrow, HashEvaluator(narrow), [()], SearchSettings(num_simulations=20, max_depth=5))
    deep = search(narrow, HashEvaluator(narrow), [()], SearchSettings(num_simulations=5, max_depth=5))
    assert deep.visit_counts.tolist() == [5]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("what", ["logits", "values"])
def test_answers_that_are_not_finite(bad: float, what: str) -> None:
    tree = native()

    def evaluator(leaves: object) -> tuple[np.ndarray, np.ndarray]:
        logits, values = HashEvaluator(TOY)(leaves)
        (logits if what == "logits" else values)[-1] = bad
        return logits, values

    tree.evaluator = evaluator
    with pytest.raises(ValueError, match=f"evaluator's {what} are not all finite"):
        tree.search(())


def test_a_bad_answer_loses_nothing() -> None:
    """The same request can be answered again."""
    tree = native()
    tree.begin(0, ())
    request = tree.forest.select()
    leaves = tree.batch.expand(request)
    logits, values = tree.evaluator(leaves)
    for wrong in ((logits[:-1], values), (logits, values[:-1]), (np.append(logits, [0]).astype(np.float32), values)):
        with pytest.raises(ValueError, match=r"expected 1 rows, 1 values and \d logits, got"):
            tree.forest.expand(leaves, *wrong)
    tree.forest.expand(leaves, logits, values)
    tree.run()
    assert tree.result().visit_counts.sum() == 16


def test_answers_of_the_wrong_shape() -> None:
    tree = native()
    tree.begin(0, ())
    leaves = tree.batch.expand(tree.forest.select())
    logits, values = tree.evaluator(leaves)
    with pytest.raises(TypeError):
        tree.forest.expand(leaves, logits[None], values)


def test_calls_in_the_wrong_order() -> None:
    tree = native()
    tree.begin(0, ())
    tree.forest.select()
    with pytest.raises(RuntimeError, match=r"tree 0 still waits for expand"):
        tree.begin(0, ())
    with pytest.raises(RuntimeError, match="last request still waits for expand"):
        tree.forest.select()
    fresh = native()
    with pytest.raises(ValueError, match="tree 0 holds no search"):
        fresh.result()
    with pytest.raises(ValueError, match="tree 0 holds no search"):
        fresh.forest.choose(int32(0), np.zeros(1, np.float32), np.zeros(1, np.float32))
    with pytest.raises(IndexError):
        fresh.forest.begin(int32(7), int32(0), int32(1), int32(-1), int32(0, 0), np.zeros(0, np.float32))


@pytest.mark.parametrize("policy", ["puct", "gumbel"])
def test_noise_of_the_wrong_length(policy: str) -> None:
    count = len(TOY.legal_actions(()))
    with pytest.raises(ValueError, match=rf"the root has {count} actions, but {count + 1} noise values"):
        native(root_policy=policy).search((), noise=np.zeros(count + 1, np.float32))
    reused = native(root_policy=policy)
    played = int(reused.search(()).chosen[0])
    after = TOY.step((), played).state
    with pytest.raises(ValueError, match="noise values were given"):
        reused.begin(0, after, noise=np.zeros(9, np.float32), played=played)
    assert len(reused.forest.select()) == 0, "the search did not start"
    reused.search(after, played=-1)


@pytest.mark.parametrize("offsets", [(0,), (1, 1), (0, 2), (0, 3, 1)])
def test_noise_offsets_that_do_not_fit(offsets: tuple[int, ...]) -> None:
    trees = 2 if len(offsets) == 3 else 1
    rows = [int32(*range(trees)), int32(*[0] * trees), int32(*[4] * trees), int32(*[-1] * trees)]
    tree = NativeSearch(TOY, HashEvaluator(TOY), SearchSettings(num_simulations=16), num_trees=2)
    with pytest.raises(ValueError, match="noise_offsets"):
        tree.forest.begin(*rows, int32(*offsets), np.zeros(1, np.float32))


def test_search_needs_a_generator_for_noise() -> None:
    with pytest.raises(ValueError, match="pass rng="):
        search(TOY, HashEvaluator(TOY), [()], SearchSettings(), noise=True)


def test_environment_that_expands_other_rows() -> None:
    tree = native()
    tree.begin(0, ())
    leaves = tree.batch.expand(tree.forest.select())
    tree.forest.expand(leaves, *tree.evaluator(leaves))
    tree.forest.select()
    wrong = type(leaves).from_arrays(
        tree.batch, int32(), *(np.zeros(0, np.float32),) * 2, np.zeros(0, np.bool_), int32(0), int32()
    )
    with pytest.raises(ValueError, match="expected 1 rows"):
        tree.forest.expand(wrong, np.zeros(0, np.float32), np.zeros(0, np.float32))
