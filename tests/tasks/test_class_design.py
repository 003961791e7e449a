"""Classes: their designs against models, their printers in the sandbox, and tasks in three languages."""

from collections import Counter

import pytest

from zeroloop.envs import program
from zeroloop.errors import TaskError
from zeroloop.programs import python
from zeroloop.programs.classes import runner
from zeroloop.programs.designs import FAMILIES, KEYS, design, source
from zeroloop.programs.dialects import DIALECTS
from zeroloop.seeding import stream
from zeroloop.tasks import class_design
from zeroloop.tasks._class_models import MODELS
from zeroloop.tasks._class_tests import behaviour, hidden_tests, study
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import ProgramKindConformance, walked

KIND, RULES = class_design.kind(), program.environment()
FIRST = {family.name: next(key for key, (each, _) in KEYS.items() if each is family) for family in FAMILIES}
"""A design of each family."""


def task_of(key, *methods, share=1.0, language="python", seed=1):
    """The task of methods; of a single one, a share is left open."""
    size = len(design(key).whole.method(methods[0]).term)
    asked = KIND.asked(stream(seed, key, *methods), key, methods, round(size * share))
    return KIND.in_language({**asked, "difficulty": 0.5}, language)


class TestRules(EnvironmentConformance):
    environment = RULES
    tasks = (
        task_of("stack", "pop", share=0.5),
        task_of("counter 2", "increment"),
        task_of("multiset 2", "remove", share=0.3),
        task_of("odometer 7", "value", "reset"),
        task_of("counter 1", "increment", "decrement", "reset", "value"),
    )
    episodes = 6


class TestKind(ProgramKindConformance):
    kind = KIND
    tasks_per_test = 4
    notations_per_task, near_misses_per_task = 6, 10


class TestJavaScript(TestKind):
    language = "javascript"
    tasks_per_test = 2
    notations_per_task, near_misses_per_task = 5, 8
    test_tasks_are_not_repeated = test_difficulty_is_what_it_says = None


class TestJava(TestJavaScript):
    language = "java"
    notations_per_task, near_misses_per_task = 3, 5


def test_a_design_is_printed_as_it_is_written():
    for key in FIRST.values():
        assert python.class_source(design(key).whole) == source(key)


def test_designs_do_what_their_models_do():
    """Which are written apart; every method of every family is called, and returns more than one value if any."""
    for key in [*FIRST.values(), *[*KEYS][::9]]:
        run = runner(design(key).whole)
        seen = {}
        for calls, wanted in hidden_tests(key):
            found = run(calls)
            assert found == wanted and [*map(type, found)] == [*map(type, wanted)], (key, calls)
            for (name, _), value in zip(calls, found, strict=True):
                seen.setdefault(name, set()).add(repr(value))
        for each in design(key).whole.methods:
            assert len(seen[each.signature.name]) > (each.signature.returns != "none"), (key, each.signature.name)


def test_no_two_designs_do_the_same():
    assert MODELS.keys() == FIRST.keys()
    repeated = Counter((KEYS[key][0].name, behaviour(key)) for key in KEYS)
    assert max(repeated.values()) == 1


@pytest.mark.parametrize("language", DIALECTS)
def test_printed_classes_do_what_their_models_do(language, installed):
    installed(language)
    for name in ("lru cache", "data processor", "multiset", "thermostat", "statistics", "sized stack", "odometer"):
        task = task_of(FIRST[name], design(FIRST[name]).whole.methods[0].signature.name, language=language)
        assert KIND.verify(task, task["answer"]).verdict == "correct", name


def test_hidden_tests_find_methods_that_examples_do_not():
    known = study("lru cache 2", "put")
    fitting = [term for term, mask in known.wrong if not mask]
    assert known.wrong and known.returning and len(fitting) < len(known.wrong)
    for term in known.returning[:20]:
        run = runner(known.design.whole.replaced("put", term))
        assert any(run(calls) != wanted for calls, wanted in hidden_tests("lru cache 2"))


def test_an_object_keeps_its_fields_and_gives_away_copies():
    run = runner(design("data processor 0 2").whole)
    numbers = [1, -1]
    first, second, _, saved, again = run(
        [("load", [numbers]), ("load", [[3]]), ("process", []), ("save", []), ("save", [])]
    )
    assert (first, second, saved, again, numbers) == (2, 3, [2, 6], [2, 6], [1, -1])
    assert saved is not again
    assert run([("load", [[]])]) == [0], "every run makes a new object"


def test_answers_that_people_write():
    stack = task_of("stack", "pop")
    own = """
class Stack:
    def __init__(self): self.data = []
    def push(self, value): self.data.append(value)
    def pop(self): return self.data.pop() if self.data else -1
    def peek(self): return self.data[-1] if self.data else -1
    def size(self): return len(self.data)
    def is_empty(self): return not self.data
"""
    assert KIND.verify(stack, own).verdict == "correct"
    for wrong in (own.replace("pop(self): return self.data.pop()", "pop(self): return self.data[-1]"), own[:60]):
        assert KIND.verify(stack, wrong).verdict == "wrong"


def test_examples_that_contradict_the_design_are_errors():
    task = task_of("queue", "dequeue")
    task["test_cases"] = [{"input": [["enqueue", 3], ["dequeue"]], "output": [None, 4]}]
    verdict = KIND.verify(task, task["answer"])
    assert verdict.verdict == "error" and "contradicts" in verdict.evidence
    for broken in ([["enqueue"]], [["push", 1]], ["enqueue"], [["enqueue", "x"]], [[["enqueue"], 1]]):
        with pytest.raises(TaskError, match="test_cases"):
            RULES.initial_state({**task, "test_cases": [{"input": broken, "output": [None]}]})


def test_a_method_that_returns_nothing_ends_without_a_return():
    task = task_of("lru cache 2", "put")
    walk = walked(KIND, task, *KIND.solve(task).steps)
    assert walk.reward == 1 and "pass" in walk.claims[-1]
    assert "return" not in walk.environment.answer(walk.state).partition("def put")[2].partition("def keys")[0]


def test_several_methods_are_written_one_after_the_other():
    task = task_of("counter 2", "increment", "reset", "value")
    task["test_cases"] = [
        {"input": [["increment"], ["increment"], ["value"]], "output": [None, None, 4]},
        {"input": [["increment"], ["reset"], ["value"]], "output": [None, None, 0]},
        {"input": [["increment"], ["decrement"], ["value"]], "output": [None, True, 0]},
        {"input": [["increment"], ["decrement"], ["decrement"]], "output": [None, True, False]},
    ]
    steps = KIND.solve(task).steps
    walk = walked(KIND, task, *steps)
    assert walk.reward == 1 and KIND.check_chain(task, walk.claims) is None
    assert [claim.split(",")[0] for claim in walk.claims] == [
        *["In increment"] * 6,
        *["In reset"] * 4,
        *["In value"] * 2,
    ]
    last = [claim for claim in walk.claims if "In value" in claim]
    for false in ([*last, *walk.claims[:-2]], walk.claims[:-2], walk.claims[6:], [*walk.claims, walk.claims[0]]):
        assert KIND.check_chain(task, false) is not None
    first = RULES.initial_state(task)
    assert [len(goal.examples) for goal in (first.goal, walked(KIND, task, *steps[:6]).state.goal)] == [1, 0]
    assert "STEPS" in RULES.describe(first) and "BLOCK" in RULES.describe(first)
    assert len(first.goal.stages[0].cases) == 4, "what calls methods that are still to come is shown"


def test_an_episode_ends_where_a_method_does_not_do_what_is_wanted():
    """At once where its examples call nothing that is to come, else where that shows."""
    task = task_of("counter 2", "increment", "decrement", "value")
    task["test_cases"] = [
        {"input": [["increment"], ["increment"], ["value"]], "output": [None, None, 4]},
        {"input": [["increment"], ["decrement"]], "output": [None, True]},
    ]
    steps = KIND.solve(task).steps
    walk = walked(KIND, task, *steps[:6], "return bool", "false")
    assert walk.reward == 0 and not RULES.legal_actions(walk.state) and RULES.answer(walk.state) is None
    walk = walked(KIND, task, "pass", "return bool", "true", *steps[-2:])
    assert walk.reward == 0 and not RULES.legal_actions(walk.state)


def test_tasks_of_several_methods_that_are_broken_are_refused():
    task = task_of("counter 2", "reset", "value")
    for change, said in (
        ({"methods": []}, "some of"),
        ({"methods": ["reset", "reset"]}, "none twice"),
        ({"methods": ["reset", "other"]}, "some of"),
        ({"sketch": "STEPS"}, "where one method is open"),
        ({"max_size": 2}, "at least 3"),
        ({"max_size": 99}, "max_size"),
        ({"test_cases": [{"input": [["reset"]], "output": [None]}]}, "none calls the method value"),
    ):
        with pytest.raises(TaskError, match=said):
            RULES.initial_state({**task, **change})


def test_what_an_object_is_made_of_comes_first():
    task = task_of("sized stack", "push")
    assert all(case["input"][0][0] == "SizedStack" and case["output"][0] is None for case in task["test_cases"])
    assert "SizedStack(" in task["problem"]
    assert "new SizedStack(" in KIND.in_language(task, "java")["problem"]
    good = [["SizedStack", 1], ["push", 4], ["push", 5], ["pop"]], [None, True, False, 4]
    assert RULES.initial_state({**task, "test_cases": [{"input": good[0], "output": good[1]}]}).goal.examples
    for calls in (good[0][1:], [["SizedStack"], *good[0][1:]], [*good[0], ["SizedStack", 1]], [["Stack", 1], ["pop"]]):
        with pytest.raises(TaskError, match="test_cases"):
            RULES.initial_state({**task, "test_cases": [{"input": calls, "output": [None] * len(calls)}]})
