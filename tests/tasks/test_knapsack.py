import itertools

import pytest

from zeroloop.envs import knapsack as rules
from zeroloop.seeding import stream
from zeroloop.tasks import knapsack
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = knapsack.kind()
FOUR = rules.EXAMPLE  # weights 5 4 6 3, values 10 8 13 5, capacity 10: best are items 1 and 2
LARGEST = {"weights": [40] * 24, "values": [40] * 24, "capacity": 960, "best": 960}


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (
        *(None, LARGEST, {"weights": [40, 1], "values": [1, 1], "capacity": 1, "best": 1}),
        KIND.make(stream(1, "knapsack"), 1.0),
    )


class TestKind(TaskKindConformance):
    kind = KIND


def test_the_reference_finds_what_trying_all_sets_finds():
    for seed in range(8):
        task = KIND.make(stream(seed, "knapsack"), seed / 32)
        best = 0
        for chosen in itertools.product((0, 1), repeat=len(task["weights"])):
            if sum(itertools.compress(task["weights"], chosen)) <= task["capacity"]:
                best = max(best, sum(itertools.compress(task["values"], chosen)))
        solution = KIND.solve(task)
        assert best == task["best"] == sum(task["values"]) - solution.cost
    assert KIND.solve(FOUR).answer == [1, 2] and KIND.solve(FOUR).cost == 15


@pytest.mark.parametrize("answer", [[1, 2], [2, 1], (1, 2), "1, 2", "2 1", "[1; 2]", "1-2"])
def test_the_best_set_in_any_order_scores_one(answer):
    assert KIND.verify(FOUR, answer)[:2] == ("correct", 1.0)


@pytest.mark.parametrize(("answer", "value"), [([0, 1], 18), ([2], 13), ([3], 5), ("3", 5), ([0, 3], 15)])
def test_other_sets_that_fit_score_their_share(answer, value):
    assert KIND.verify(FOUR, answer)[:2] == ("correct", value / 21)


@pytest.mark.parametrize(
    "answer",
    [[0, 2], [1, 1], [1, 2, 1], [1, 4], [-1, 1], [], "", [1.0, 2], [[1, 2]], "1, 2,", "items", [True], [10**5000]],
)
def test_too_heavy_repeated_or_unknown_items_are_wrong(answer):
    assert KIND.verify(FOUR, answer)[:2] == ("wrong", 0.0)


def test_each_set_is_reached_in_one_way():
    environment = KIND.environment(FOUR)
    ends: list[tuple[int, ...]] = []
    states = [environment.initial_state(FOUR)]
    while states:
        state = states.pop()
        actions = environment.legal_actions(state)
        if not actions:
            ends.append(tuple(environment.answer(state)))
        states += [environment.step(state, action).state for action in actions]
    fitting = [
        chosen
        for size in range(1, 5)
        for chosen in itertools.combinations(range(4), size)
        if sum(FOUR["weights"][item] for item in chosen) <= 10
    ]
    assert sorted(ends) == sorted(fitting)


def test_leaving_items_is_said_and_seldom_good_enough():
    environment, state, claims, reward = walked(KIND, FOUR, "pack 0", "done")
    assert reward == 10 / 21 and environment.answer(state) == [0]
    assert claims == [
        "Pack item 0 (weight 5, value 10): weight 5 of 10, value 10.",
        "Leave the other items: weight 5 of 10, value 10.",
    ]
    assert KIND.check_chain(FOUR, claims) == "the value is not good enough: 10 where 21 is possible"
    assert KIND.check_chain(FOUR, claims[:1]) == "another item fits, and nothing says that it is left"


def test_chains_that_are_good_enough_are_accepted():
    many = {"weights": [1] * 24, "values": [*[40] * 23, 1], "capacity": 24, "best": 921}
    _, _, claims, reward = walked(KIND, many, *(f"pack {item}" for item in range(23)), "done")
    assert reward == 920 / 921
    assert KIND.check_chain(many, claims) is None
    for false in (claims[1:], claims[:-1], [*claims, claims[-1]], [claims[-1]], [*claims[:5], *claims[6:]]):
        assert KIND.check_chain(many, false) is not None
    repeated = ["Pack item 1 (weight 4, value 8): weight 4 of 10, value 8."] * 2
    assert KIND.check_chain(FOUR, repeated) is not None
    heavy = [
        "Pack item 0 (weight 5, value 10): weight 5 of 10, value 10.",
        "Pack item 2 (weight 6, value 13): weight 11 of 10, value 23.",
    ]
    assert "too heavy" in str(KIND.check_chain(FOUR, heavy))


def test_tokens_stay_within_their_limit():
    environment = KIND.environment(LARGEST)
    state, longest = environment.initial_state(LARGEST), 0
    while environment.legal_actions(state):
        longest = max(longest, len(environment.tokens(state)))
        state = environment.step(state, 0).state
    assert longest <= environment.num_tokens == 128


def test_equal_digits_of_other_numbers_look_different():
    environment = KIND.environment(FOUR)
    tasks = [{"weights": [w], "values": [v], "capacity": 40, "best": 40} for w, v in ((1, 23), (12, 3))]
    first, second = (environment.tokens(environment.initial_state(task)) for task in tasks)
    assert first.tobytes() != second.tobytes()


@pytest.mark.parametrize(
    ("field", "value"),
    [("best", 20), ("weights", [5, 4, 6]), ("values", [1, 2, 3, 41]), ("capacity", 2), ("weights", [])],
)
def test_broken_tasks_are_errors(field, value):
    assert KIND.verify({**FOUR, field: value}, [1, 2]).verdict == "error"


def test_greedy_by_ratio_fits_and_is_not_always_the_best():
    task = {"weights": [6, 5, 5], "values": [13, 10, 10], "capacity": 10}
    assert KIND.baseline(task) == [0] and KIND.solve(task).answer == [1, 2]
    hard = [KIND.make(stream(i, "b"), 0.9) for i in range(9)]
    assert 0.8 < min(KIND.verify(each, KIND.baseline(each)).score for each in hard) < KIND.min_score


def test_structure_does_not_depend_on_order():
    other = {**FOUR, "weights": FOUR["weights"][::-1], "values": FOUR["values"][::-1]}
    assert KIND.structure(other) == KIND.structure(FOUR) != KIND.structure({**FOUR, "capacity": 11})
