import itertools

import pytest

from zeroloop.envs import tour as rules
from zeroloop.seeding import stream
from zeroloop.tasks import tour
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = tour.kind()
SQUARE = {"cities": [[0, 0], [0, 10], [10, 0], [10, 10]], "best": 40}


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, SQUARE, {"cities": [[0, 0], [31, 31], [0, 31]], "best": 106}, KIND.make(stream(1, "tour"), 1.0))


class TestKind(TaskKindConformance):
    kind = KIND


def test_distances_are_rounded_to_the_nearest_integer():
    for row, column in itertools.product(range(rules.SIDE), repeat=2):
        distance, square = tour._distance((0, 0), (row, column)), row * row + column * column
        assert distance == rules._distance((0, 0), (row, column))
        assert (2 * distance - 1) ** 2 < 4 * square < (2 * distance + 1) ** 2 or (distance, square) == (0, 0)


def test_the_reference_finds_what_trying_all_tours_finds():
    for seed in range(12):
        task = KIND.make(stream(seed, "tour"), (seed % 4) / 8)
        cities = [tuple(place) for place in task["cities"]]
        lengths = [tour._length(cities, [0, *order]) for order in itertools.permutations(range(1, len(cities)))]
        assert min(lengths) == task["best"] == KIND.solve(task).cost
    assert KIND.solve(rules.EXAMPLE).cost == rules.EXAMPLE["best"]
    assert KIND.solve(SQUARE).cost == 40


@pytest.mark.parametrize(
    "answer", [[0, 1, 3, 2], [0, 2, 3, 1], [0, 1, 3, 2, 0], (0, 1, 3, 2), "0-1-3-2", "0, 2, 3, 1, 0", "[0 → 1 → 3 → 2]"]
)
def test_every_way_round_the_square_is_best(answer):
    assert KIND.verify(SQUARE, answer)[:2] == ("correct", 1.0)


@pytest.mark.parametrize(
    "answer",
    [
        *([0, 1, 2], [1, 3, 2, 0], [0, 1, 3, 3], [0, 1, 3, 2, 1], [0, 1, 3, 4], [0, 1, 3, 10**5000], [0] * 10**5),
        *("0132", "0-1-3-2 ?", [0, 1.0, 3, 2], [[0, 1, 3, 2]], [False, 1, 3, 2]),
    ],
)
def test_no_tours_are_wrong(answer):
    assert KIND.verify(SQUARE, answer)[:2] == ("wrong", 0.0)


def test_a_tour_that_crosses_itself_is_correct_and_scores_less():
    verdict = KIND.verify(SQUARE, "0-3-1-2")  # 14 + 10 + 14 + 10
    assert verdict.verdict == "correct" and verdict.score == 40 / 48
    environment, state, claims, reward = walked(KIND, SQUARE, "go to 3", "go to 1", "go to 2")
    assert reward == 40 / 48 and environment.answer(state) == [0, 3, 1, 2]
    assert claims == [
        "Go from city 0 to city 3: distance 14, total 14.",
        "Go from city 3 to city 1: distance 10, total 24.",
        "Go from city 1 to city 2 and back to city 0: distances 14 and 10, total 48.",
    ]
    assert KIND.check_chain(SQUARE, claims) == "the tour is not good enough: 48 where 40 is possible"


def test_chains_of_all_tours_that_are_good_enough_are_accepted():
    task = {"cities": [[20, 7], [23, 5], [16, 27], [21, 10], [16, 22], [15, 21], [9, 15]], "best": 55}
    found = []
    for order in itertools.permutations(range(1, len(task["cities"]))):
        score = KIND.verify(task, [0, *order]).score
        _, _, claims, reward = walked(KIND, task, *(f"go to {city}" for city in order))
        assert reward == score
        assert (KIND.check_chain(task, claims) is None) == (score >= KIND.min_score)
        found.append((score >= KIND.min_score) + (score == 1))
    assert [found.count(sort) for sort in range(3)] == [708, 8, 4]


def test_chains_with_gaps_or_a_second_end_are_refused():
    _, _, claims, _ = walked(KIND, SQUARE, "go to 1", "go to 3", "go to 2")
    assert KIND.check_chain(SQUARE, claims) is None
    for false in (claims[1:], claims[:1] + claims[2:], claims + claims[-1:], claims[::-1], claims[:2]):
        assert KIND.check_chain(SQUARE, false) is not None
    early = "Go from city 1 to city 3 and back to city 0: distances 10 and 14, total 34."
    assert KIND.check_chain(SQUARE, [claims[0], early]) == "the tour is not complete"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("best", 41),
        *(("cities", [[0, 0], [0, 1], other]) for other in ([0, 0], [0, 32], [-1, 0], [1], [1, 1, 1], 3, "1, 1")),
        *(("cities", cities) for cities in ([], [[0, 0], [0, 1]], [[0]] * 1000, {"a": 1}, None)),
    ],
)
def test_broken_tasks_are_errors(field, value):
    verdict = KIND.verify({**SQUARE, field: value}, [0, 1, 3, 2])
    assert verdict.verdict == "error" and field in verdict.evidence


def test_structure_does_not_depend_on_order_place_and_orientation():
    plain = [[2, 3], [4, 9], [20, 5], [11, 17]]
    moved = [[row + 5, 20 - column] for row, column in reversed(plain)]
    turned = [[column, row] for row, column in plain]
    assert len({KIND.structure({"cities": cities}) for cities in (plain, moved, turned)}) == 1
    assert KIND.structure(SQUARE) != KIND.structure({"cities": [[0, 0], [0, 10], [10, 0], [10, 11]]})


def test_the_nearest_neighbour_is_a_tour_and_not_always_the_best():
    assert KIND.baseline({"cities": [[0, 10], [0, 12], [0, 9], [0, 20], [0, 0]]}) == [0, 2, 1, 3, 4]
    scores = [
        KIND.verify(task, KIND.baseline(task)).score for task in (KIND.make(stream(i, "b"), 1.0) for i in range(9))
    ]
    assert 0.5 < min(scores) < 1
