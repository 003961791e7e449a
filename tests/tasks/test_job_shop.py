import itertools

import pytest

from zeroloop.envs import job_shop as rules
from zeroloop.seeding import stream
from zeroloop.tasks import job_shop
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = job_shop.kind()
TWO = {"jobs": [[[0, 3], [1, 2]], [[1, 2], [0, 4]]], "best": 7}  # machine 0 alone needs 3 + 4
LARGEST = {"jobs": [[[0, 9], [1, 9], [2, 9], [3, 9]]] * 5, "best": 72}  # a line of four: 36, and 9 for each job behind


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (
        *(None, TWO, LARGEST, {"jobs": [[[3, 9]]], "best": 9}, {"jobs": [[[1, 1], [1, 2]], [[1, 3]]], "best": 6}),
        KIND.make(stream(1, "job shop"), 1.0),
    )


class TestKind(TaskKindConformance):
    kind = KIND


def test_the_reference_finds_what_trying_all_orders_finds():
    for seed in range(12):
        task = KIND.make(stream(seed, "job shop"), (seed % 4) / 8)
        jobs = job_shop._jobs(task)
        best = min(job_shop._makespan(jobs, order) for order in orders(tuple(map(len, jobs))))
        assert best == task["best"] == KIND.solve(task).cost


def orders(left):
    """All orders of dispatch of jobs with so many operations."""
    if not any(left):
        yield ()
    for job, count in enumerate(left):
        if count:
            for rest in orders((*left[:job], count - 1, *left[job + 1 :])):
                yield job, *rest


def test_published_and_plain_makespans():
    assert KIND.solve(rules.EXAMPLE).cost == rules.EXAMPLE["best"] == 11  # the example in the manual of OR-Tools
    assert KIND.solve(TWO).cost == 7
    assert KIND.solve(LARGEST).cost == 72


def test_hard_tasks_are_solved_by_few_states():
    for seed in range(5):
        assert KIND.solve(KIND.make(stream(seed, "hard"), 1.0)).nodes < 5_000


@pytest.mark.parametrize("answer", [[0, 1, 0, 1], [1, 0, 1, 0], (0, 1, 1, 0), "0-1-0-1", "1, 0, 0, 1", "[0 1 0 1]"])
def test_all_orders_of_the_best_schedule_score_one(answer):
    assert KIND.verify(TWO, answer)[:2] == ("correct", 1.0)


@pytest.mark.parametrize(("answer", "makespan"), [([0, 0, 1, 1], 11), ("1 1 0 0", 11)])
def test_other_orders_score_their_share(answer, makespan):
    assert KIND.verify(TWO, answer)[:2] == ("correct", 7 / makespan)


@pytest.mark.parametrize(
    "answer",
    [
        *([0, 1, 0], [0, 1, 0, 1, 1], [0, 0, 0, 1], [0, 1, 0, 2], [0, 1, 0, 10**5000], [0, 1] * 10**5),
        *([0, 1.0, 0, 1], [0, True, 0, 1], [[0, 1], [0, 1]], "0101", "0, 1, 0, 1.", 0),
    ],
)
def test_wrong_numbers_of_operations_are_wrong(answer):
    assert KIND.verify(TWO, answer)[:2] == ("wrong", 0.0)


def test_a_schedule_by_hand():
    """Job 1 could be finished first, on machine 1, which job 0 only needs later; then both could begin on machine 0
    before one is finished there."""
    environment, state, claims, reward = walked(KIND, TWO, "job 1", "job 1", "job 0", "job 0")
    assert reward == 7 / 11 and environment.answer(state) == [1, 1, 0, 0]
    assert claims == [
        "Operation 0 of job 1 runs on machine 1 from 0 to 2.",
        "Operation 1 of job 1 runs on machine 0 from 2 to 6.",
        "Operation 0 of job 0 runs on machine 0 from 6 to 9.",
        "Operation 1 of job 0 runs on machine 1 from 9 to 11.",
    ]
    assert KIND.check_chain(TWO, claims) == "the schedule is not good enough: it takes 11 where 7 is possible"
    assert (state.job_ready, state.machine_ready) == ((11, 6), (9, 11))


@pytest.mark.parametrize(
    ("order", "moves"), [((), ["job 1"]), ((1,), ["job 0", "job 1"]), ((1, 0), ["job 0"]), ((1, 0, 0), ["job 1"])]
)
def test_moves_are_those_of_active_schedules(order, moves):
    environment, state, _, _ = walked(KIND, TWO, *(f"job {job}" for job in order))
    assert [environment.action_name(state, action) for action in environment.legal_actions(state)] == moves


def test_moves_lead_to_a_best_schedule():
    for seed in range(8):
        task = KIND.make(stream(seed, "active"), 0.5)
        environment = KIND.environment(task)
        assert max(scores(environment, environment.initial_state(task))) == 1


def scores(environment, state):
    """Of all ends that moves lead to."""
    legal = environment.legal_actions(state)
    if not legal:
        yield environment.score(state)
    for action in legal:
        yield from scores(environment, environment.step(state, action).state)


def test_chains_of_any_order_are_accepted_where_they_are_good_enough():
    """Orders of dispatch, of which some are no moves."""
    environment = KIND.environment(TWO)
    for order in orders((2, 2)):
        state, claims = environment.initial_state(TWO), []
        for job in order:
            claims.append(environment.move_claim(state, job))
            state = environment.apply(state, job)
        score = environment.score(state)
        assert KIND.verify(TWO, [*order]).score == score
        assert (KIND.check_chain(TWO, claims) is None) == (score >= KIND.min_score)
        for false in (claims[1:], claims[:-1], [*claims, claims[-1]], [claims[0], *claims[2:]]):
            assert KIND.check_chain(TWO, false) is not None
    late = "Operation 0 of job 0 runs on machine 0 from 1 to 4."
    assert KIND.check_chain(TWO, [late]) == f"not true: {late!r}"


def test_ready_times_are_what_the_tokens_show():
    environment, state, _, _ = walked(KIND, TWO, "job 1", "job 0")
    text = environment.describe(state)
    assert "job 0, ready at 3: machine 1 for 2" in text and "machines ready: 0 at 3, 1 at 2" in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("best", 8),
        *(("jobs", jobs) for jobs in ([], [[]], [[0, 1]], [[[0]]], [[[0, 1]]] * 6, [[[0, 1]] * 5], "jobs", [["01"]])),
        *(("jobs", [[[machine, duration]]]) for machine, duration in ((0, 0), (0, 10), (4, 1), (-1, 1), (0, 1.5))),
    ],
)
def test_broken_tasks_are_errors(field, value):
    verdict = KIND.verify({**TWO, field: value}, [0, 1, 0, 1])
    assert verdict.verdict == "error" and field in verdict.evidence


def test_structure_does_not_depend_on_order_and_names():
    jobs = [[[0, 3], [1, 2]], [[1, 2], [0, 4]]]
    renamed = [[[{0: 2, 1: 0}[machine], duration] for machine, duration in job] for job in reversed(jobs)]
    assert KIND.structure({"jobs": renamed}) == KIND.structure({"jobs": jobs})
    assert KIND.structure({"jobs": jobs}) != KIND.structure({"jobs": [job[::-1] for job in jobs]})


def test_rules_of_dispatch_give_schedules_that_are_not_always_best():
    for rule in (KIND.baseline, KIND.shortest_processing_time):
        tasks = [KIND.make(stream(i, "b"), 1.0) for i in range(9)]
        scores = [KIND.verify(task, rule(task)).score for task in tasks]
        assert 0.5 < min(scores) < KIND.min_score
    # Both can start at 0: job 1 has more work, job 0 the shorter operation.
    task = {"jobs": [[[0, 1], [1, 1]], [[0, 5], [1, 5]]]}
    assert KIND.baseline(task)[0] == 1 and KIND.shortest_processing_time(task)[0] == 0


def test_the_known_order_may_be_commuted():
    task = KIND.make(stream(3, "commuted"), 0.9)
    answers = [
        answer for answer in itertools.islice(KIND.notations(task, stream(3, "n")), 60) if isinstance(answer, list)
    ]
    assert len({tuple(answer) for answer in answers}) > 3
    assert all(KIND.verify(task, answer).score == 1 for answer in answers)
