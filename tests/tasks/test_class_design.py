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
        task_of("multiset 2", "add", share=0.3),
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
    for name in ("lru cache", "data processor", "multiset", "thermostat", "statistics"):
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
