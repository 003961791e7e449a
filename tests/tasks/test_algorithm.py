"""Algorithms: their specifications, sketches, and tasks in three languages."""

from collections import Counter

import pytest

from zeroloop.envs import program
from zeroloop.errors import TaskError
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.python import one_line
from zeroloop.programs.reader import read_sketch
from zeroloop.programs.terms import Hole, read_signature
from zeroloop.seeding import stream
from zeroloop.tasks import _function_tests as arguments_of
from zeroloop.tasks import algorithm
from zeroloop.tasks._algorithms import algorithms
from zeroloop.tasks._code import sketched
from zeroloop.tasks._function_tests import agrees, study
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import ProgramKindConformance

KIND, RULES = algorithm.kind(), program.environment()
SEEDS = (
    "sum_list",
    "reverse_string",
    "is_even",
    "factorial",
    "binary_search",
    "merge_sort",
    "fibonacci",
    "prime_check",
)


def task_of(name, share=1.0, language="python", seed=1):
    """The task of an algorithm, with a share of it left open."""
    found = algorithms()[f"algorithm {name}"]
    asked = KIND.asked(stream(seed, name), found, round(found.size * share))
    return KIND.in_language({**asked, "difficulty": 0.5}, language)


class TestRules(EnvironmentConformance):
    environment = RULES
    tasks = tuple(task_of(name, share) for name, share in (("merge_sort", 0.5), ("gcd", 1.0), ("letter tally", 0.7)))
    episodes = 6


class TestKind(ProgramKindConformance):
    kind = KIND
    tasks_per_test = 4
    notations_per_task, near_misses_per_task = 10, 20


class TestJavaScript(TestKind):
    language = "javascript"
    tasks_per_test = 2
    notations_per_task, near_misses_per_task = 6, 12
    test_tasks_are_not_repeated = test_difficulty_is_what_it_says = None


class TestJava(TestJavaScript):
    language = "java"
    notations_per_task, near_misses_per_task = 4, 6


# ---- specifications ------------------------------------------------------------------------------------------------


def sampled():
    """The first of each family."""
    every = [*algorithms().values()]
    families = Counter(each.family for each in every)
    assert len(every) > 500 and len(families) > 100
    return [*{each.family: each for each in reversed(every)}.values()]


def test_references_do_what_the_oracles_say():
    for each in sampled()[::3]:
        known = study(each.key)
        assert len(known.term) == each.size, each.key
        evaluate = evaluator(read_signature(each.signature), known.term, known.helpers)
        for arguments, result in (*arguments_of.tests(each.key), *known.pool):
            assert agrees(result, evaluate(arguments)), f"{each.key}{arguments}"
        assert len(known.returning) > 4 and len(arguments_of.tests(each.key)) > 8, each.key
        assert not known.trivial, each.key


def test_the_seeds_functions_are_there_and_behaviours_are_many():
    assert {f"algorithm {name}" for name in SEEDS} <= algorithms().keys()
    keys = [*algorithms()][::4]
    assert len({*map(arguments_of.behaviour, keys)}) == len(keys)


@pytest.mark.parametrize("language", ["python", "javascript", "java"])
def test_named_functions_are_right_in_all_languages(language, installed):
    """Their printed references, run in the sandbox; merge_sort brings its helper."""
    installed(language)
    for name in SEEDS:
        task = task_of(name, algorithms()[f"algorithm {name}"].most_open, language)
        assert KIND.verify(task, KIND.solve(task).answer).verdict == "correct", name


# ---- sketches ------------------------------------------------------------------------------------------------------


def test_sketches_are_read_as_they_were_printed():
    for number, each in enumerate(sampled()):
        known, rng = study(each.key), stream(number, "sketches")
        size = 1 + int(rng.integers(each.size - 1))
        sketch = sketched(rng, known.term, size)
        assert read_sketch(known.language, one_line(sketch)) == sketch, each.key
        kept = sum(not isinstance(part, Hole) for part in sketch)
        assert 0 <= kept - (len(known.term) - size) <= 2, each.key


def test_holes_are_filled_from_the_left_until_the_reference_is_there():
    task = task_of("binary_search", 0.5)
    state = RULES.initial_state(task)
    assert task["sketch"] == one_line(state.term) and "INT" in task["sketch"]
    steps = KIND.solve(task).steps
    assert 20 <= len(steps) <= 45 / 2
    for name in steps:
        at = state.at
        state, reward, _, terminal = RULES.step(state, RULES.parse_action(state, name))
        assert terminal or state.at > at
    assert (terminal, reward, state.left) == (True, 1.0, task["max_size"] - len(steps))
    assert state.term == study(task["spec"]).term


@pytest.mark.parametrize("name", ["merge_sort", "binary_search", "merge", "search rotated"])
def test_states_with_half_a_sketch_fit(name):
    """At the start and with as many productions as there may be; and they show more than one example."""
    for seed in range(3):
        task = task_of(name, 0.5 if name != "search rotated" else 0.4, seed=seed)
        state = RULES.initial_state(task)
        assert len(state.goal.examples) > 1, name
        while moves := RULES.moves(state):
            assert len(RULES.tokens(state)) <= RULES.num_tokens
            longest = max(range(len(moves)), key=lambda at: len(moves[at].holes))
            state = RULES.step(state, longest).state


def test_a_sketch_is_asked_in_the_words_of_the_language():
    java = task_of("binary_search", 0.5, "java")["problem"]
    assert "static Java method `public static long binary_search(List<Long> numbers, long target)`" in java
    assert "It is promised that numbers is in ascending order." in java and "INT" in java and "while (" in java
    helped = task_of("merge_sort", 0.5)["problem"]
    assert "def merge(first: list[int], second: list[int]) -> list[int]:" in helped


SKETCH = {
    "language": "python",
    "signature": "def f(n: int) -> int",
    "test_cases": [{"input": [2], "output": 3}],
    "max_size": 6,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sketch": "return n + 1"}, "sketch: nothing in it is open"),
        ({"sketch": "return BOOL"}, "the language does not have"),
        ({"sketch": "n + INT"}, "sketch must be written 'return n \\+ INT'"),
        ({"sketch": "value = INT; return value", "features": ["let"]}, "sketch must be written 'result = INT"),
        ({"sketch": "NAME = 1; BLOCK", "features": ["let"]}, "sketch: NAME says too little"),
        ({"sketch": "return INT", "max_size": 0}, "max_size"),
        ({"sketch": "return INT + INT", "max_size": 1}, "max_size must be at least 2"),
        ({"sketch": 7}, "sketch must be text"),
        ({"sketch": "return ("}, "not Python"),
        ({"helpers": ["mergesort"]}, "helpers: 'mergesort' is none; known are sum_list"),
        ({"without": ["sort"]}, "without: 'sort' is no operation"),
    ],
)
def test_broken_sketches_are_refused(change, message):
    with pytest.raises(TaskError, match=message):
        RULES.initial_state({**SKETCH, **change})


def test_a_loop_of_an_expression_may_be_a_sketch():
    sketch = "result = 1; for x in LIST: result = result * INT; return result"
    state = RULES.initial_state({**SKETCH, "sketch": sketch.replace("result = result * INT", "result *= INT")})
    assert state.needed == 2 and [each.type for each in state.term if isinstance(each, Hole)] == ["list", "int"]


def test_what_a_task_is_without_no_move_writes():
    names = {move.name for task in ({}, {"without": ["abs"]}) for move in RULES.moves(start(task))}
    without = {move.name for move in RULES.moves(start({"without": ["abs"]}))}
    assert names - without == {"abs(int)"}
    starts = [
        start(change) for change in ({}, {"without": ["abs"]}, {"helpers": ["factorial"]}, {"helpers": ["is_even"]})
    ]
    assert len({RULES.key(state) for state in starts}) == 4
    assert "factorial(int)" in {move.name for move in RULES.moves(starts[2])}


def start(change):
    return RULES.initial_state({**SKETCH, **change})


def test_chains_of_sketches_are_checked():
    task = task_of("gcd", 0.6)
    state, claims = RULES.initial_state(task), []
    for name in KIND.solve(task).steps:
        action = RULES.parse_action(state, name)
        claims.append(RULES.claim(state, action))
        state = RULES.step(state, action).state
    assert KIND.check_chain(task, claims) is None
    scratch = {name: value for name, value in task.items() if name != "sketch"}
    assert KIND.check_chain(scratch, claims) is not None
    assert KIND.check_chain({**task, "sketch": "return ("}, claims) is not None
    assert KIND.check_chain({**task, "sketch": "return ("}, []) is not None


# ---- languages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["letter tally", "inverted", "gcd"])
def test_a_solved_task_comes_in_all_languages(name, installed):
    task = task_of(name)
    state = RULES.initial_state(task)
    for step in KIND.solve(task).steps:
        state = RULES.step(state, RULES.parse_action(state, step)).state
    found = RULES.translations(state)
    assert [*found] == ["python", "javascript", "java"] and found["python"] == RULES.answer(state)
    for language, source in found.items():
        installed(language)
        assert KIND.verify(KIND.in_language(task, language), source).verdict == "correct", source
