"""Generators of families: seeds, ranges, the split between training and evaluation."""

import json

import numpy as np
import pytest

from zeroloop.errors import SettingError, TaskError
from zeroloop.tasks import (
    BaseTaskGenerator,
    CodeGenerationTaskGenerator,
    MathProblemGenerator,
    MCTSSearchTaskGenerator,
    MultiStepReasoningGenerator,
    is_held_out,
    kind_of,
    kinds,
    verify,
)
from zeroloop.tasks._mixture import Mixture

FAMILIES = [
    MathProblemGenerator,
    CodeGenerationTaskGenerator,
    MultiStepReasoningGenerator,
    MCTSSearchTaskGenerator,
]


@pytest.mark.parametrize("family", FAMILIES)
def test_equal_seeds_give_equal_tasks_and_other_seeds_others(family):
    first, second, other = (family(seed=seed).generate(8) for seed in (1, 1, 2))
    assert first == second
    assert json.loads(json.dumps(first)) == first
    assert not {task["task_id"] for task in first} & {task["task_id"] for task in other}
    assert len({task["task_id"] for task in first}) == 8


def test_math_has_the_four_types():
    tasks = MathProblemGenerator(seed=42).generate(60)
    assert {task["type"] for task in tasks} == {"arithmetic", "algebra", "quadratic", "system"}
    assert len({task["problem"] for task in tasks}) > 50


def test_code_comes_in_three_languages_and_in_those_that_are_asked_for():
    made = CodeGenerationTaskGenerator((0.1, 0.4), seed=4).generate(12)
    assert {task["language"] for task in made} == {"python", "javascript", "java"}
    assert {task["kind"] for task in made} == {"algorithm", "class_design", "function"}
    java = CodeGenerationTaskGenerator((0.1, 0.4), seed=4, languages=["java"]).generate(3)
    assert {task["language"] for task in java} == {"java"} and all("Java" in task["problem"] for task in java)
    for wrong in ("java", [], ["jva"]):
        with pytest.raises(SettingError, match="languages"):
            CodeGenerationTaskGenerator(languages=wrong)


def test_a_generator_goes_on_where_it_was():
    one = MathProblemGenerator(seed=3)
    assert one.generate(2) + one.generate(3) == MathProblemGenerator(seed=3).generate(5)
    assert one.generate(0) == []


def test_without_a_seed_each_generator_is_different():
    assert MathProblemGenerator().generate(2) != MathProblemGenerator().generate(2)


def test_difficulties_are_in_their_range():
    tasks = MathProblemGenerator((0.2, 0.25), seed=1).generate(20)
    assert all(0.2 <= task["difficulty"] <= 0.25 for task in tasks)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"difficulty_range": (0.9, 0.1)}, "must rise within 0 to 1, not 0.9 to 0.1"),
        ({"difficulty_range": (0.0, 2.0)}, "must rise within 0 to 1"),
        ({"difficulty_range": "hard"}, "two numbers"),
        ({"difficulty_range": (0.1, float("nan"))}, "must rise within"),
        ({"seed": -1}, "seed must be an integer of at least 0, not -1"),
        ({"seed": 1.5}, "seed must be"),
        ({"kinds": ["tour"]}, "the family math has no 'tour'; known: calculate, countdown"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(SettingError, match=message):
        MathProblemGenerator(**arguments)


@pytest.mark.parametrize("count", [-1, 1.5, True])
def test_wrong_counts_are_refused(count):
    with pytest.raises(SettingError, match="num_tasks must be an integer of at least 0"):
        MathProblemGenerator(seed=1).generate(count)


def test_a_generator_of_ones_own_has_a_stream_of_its_own():
    class Mine(BaseTaskGenerator):
        pass

    class Other(BaseTaskGenerator):
        pass

    assert Mine(seed=1).rng.random() == Mine(seed=1).rng.random() != Other(seed=1).rng.random()
    assert Mine(seed=1)._difficulty_to_params(0.5) == {"difficulty": 0.5}
    with pytest.raises(NotImplementedError):
        Mine(seed=1).generate(1)


def test_one_structure_in_eight_is_held_out():
    rng = np.random.default_rng(1)
    kind = kinds("math")[0]
    held = [is_held_out(kind, kind.make(rng, 0.9)) for _ in range(200)]
    assert 10 < sum(held) < 45


def test_a_mixture_keeps_what_is_held_out_apart():
    mixture, rng = Mixture(["countdown", "tour"], (0.3, 0.9)), np.random.default_rng(1)
    for held_out in (True, False):
        tasks = [mixture.sample_task(rng, held_out) for _ in range(20)]
        assert {task["kind"] for task in tasks} == {"countdown", "tour"}
        assert all(is_held_out(kind_of(task), task) == held_out for task in tasks)


def test_a_mixture_refuses_what_it_cannot_hold():
    with pytest.raises(SettingError, match="no kind is called 'chess'"):
        Mixture(["chess"])
    with pytest.raises(SettingError, match="must be two numbers that rise"):
        Mixture(["tour"], (0.9, 0.1))
    small = Mixture(["tour"], num_tokens=4)
    with pytest.raises(TaskError, match="tour has num_tokens 16, and what it is solved with 4"):
        small.initial_state(small.sample_task(np.random.default_rng(1)))
    with pytest.raises(SettingError, match="discount must be above 0 and at most 1, not 0"):
        Mixture(["tour"], discount=0)


def test_a_mixture_discounts_the_steps_to_answers_that_are_right_or_wrong():
    mixture = Mixture(["countdown", "tour"], discount=0.9)
    countdown = {"kind": "countdown", "numbers": [2, 3, 5], "target": 30}
    state, total, weight = mixture.initial_state(countdown), 0.0, 1.0
    for name in ("5 * 3", "15 * 2"):
        state, reward, discount, terminal = mixture.step(state, mixture.parse_action(state, name))
        total, weight = total + weight * reward, weight * discount
    assert terminal and total == pytest.approx(0.9) and mixture.succeeds(countdown, total)
    assert mixture.excess(countdown, total) == 0
    assert mixture.excess(countdown, 0.0) == np.inf and not mixture.succeeds(countdown, 0.0)
    tour = mixture.of(["tour"]).sample_task(np.random.default_rng(1))
    start = mixture.initial_state(tour)
    assert mixture.step(start, mixture.legal_actions(start)[0]).discount == 1
    assert mixture.excess(tour, 0.8) == pytest.approx(0.25) and not mixture.succeeds(tour, 0.8)


@pytest.mark.parametrize(
    ("task", "evidence"),
    [
        ({}, "kind is missing"),
        ({"kind": "nope"}, "unknown kind of task 'nope'"),
        ({"kind": 3}, "kind must be text"),
        (None, "a mapping"),
        ({"kind": "countdown"}, "numbers is missing"),
    ],
)
def test_verdicts_on_broken_tasks_are_errors(task, evidence):
    verdict = verify(task, "x")
    assert verdict.verdict == "error" and evidence in verdict.evidence
