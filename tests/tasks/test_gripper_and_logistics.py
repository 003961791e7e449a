"""Gripper, Logistics and STRIPS of any domain: shortest plans, what is refused, and what is told apart."""

import copy
import itertools
import random
from typing import Any

import pytest

from zeroloop.contracts import Task
from zeroloop.envs import strips as rules
from zeroloop.envs._strips import Problem
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import MultiStepReasoningGenerator, blocksworld, gripper, logistics, strips
from zeroloop.tasks._planner import found_plan, grounded
from zeroloop.tasks._planning import done, solves
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance

KINDS = (gripper.kind(), logistics.kind(), strips.kind())


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = tuple(kind.make(stream(i, "rules"), i / 2) for kind in KINDS for i in range(3))
    episodes = 9


class TestGripper(TaskKindConformance):
    kind = gripper.kind()


class TestLogistics(TaskKindConformance):
    kind = logistics.kind()


class TestStrips(TaskKindConformance):
    kind = strips.kind()


def distances(problem: Problem) -> dict[frozenset[Any], int]:
    """The number of actions to every state, breadth first on sets of facts."""
    actions = [rule.action for rule in grounded(problem).rules]
    found = {frozenset(problem.initial): 0}
    queue = [{*problem.initial}]
    for facts in queue:
        for action in actions:
            try:
                after = done(problem, facts, action)
            except TaskError:
                continue
            if frozenset(after) not in found:
                found[frozenset(after)] = found[frozenset(facts)] + 1
                queue.append(after)
    return found


def gripper_task(balls: dict[str, tuple[str, str]], robot: str = "hall", hands: int = 2, **goal: str) -> Task:
    """Balls with the place where each is and the room where each shall be."""
    names = ("left", "right", "third")[:hands]
    rooms = sorted({robot, *goal.values(), *itertools.chain(*balls.values())} - {"", *names})
    held = {places[0] for places in balls.values()} & {*names}
    initial = [["at-robby", robot], *(["free", hand] for hand in names if hand not in held)]
    initial += [["carry" if place in names else "at", ball, place] for ball, (place, _) in balls.items()]
    return {
        "objects": dict.fromkeys(rooms, "room") | dict.fromkeys(balls, "ball") | dict.fromkeys(names, "gripper"),
        "operators": copy.deepcopy([*gripper.Gripper.operators]),
        "initial_state": initial,
        "goal_state": [["at", ball, room] for ball, (_, room) in balls.items() if room]
        + [["at-robby", room] for room in goal.values()],
        "max_steps": 40,
    }


@pytest.mark.parametrize(
    "task",
    [
        gripper_task({"red": ("hall", "attic"), "blue": ("hall", "attic"), "green": ("hall", "attic")}),
        gripper_task({"red": ("hall", "attic"), "blue": ("attic", "hall"), "green": ("attic", "cellar")}),
        gripper_task({"red": ("left", "attic"), "blue": ("attic", "hall"), "green": ("hall", "")}, end="cellar"),
        gripper_task({"red": ("left", "attic"), "blue": ("right", "hall"), "green": ("cellar", "hall")}, "attic"),
        gripper_task({"red": ("hall", "attic"), "blue": ("cellar", "attic"), "green": ("attic", "attic")}, hands=1),
        gripper_task(
            {"red": ("hall", "attic"), "blue": ("hall", "attic"), "green": ("hall", "cellar")}, hands=3, end="hall"
        ),
    ],
)
def test_plans_of_gripper_are_shortest(task: Task):
    problem = gripper.kind().read(task)
    solution = gripper.kind().solve(task)
    assert solution is not None and gripper.kind().verify(task, solution.answer).verdict == "correct"
    goal = {*problem.goal}
    assert solution.cost == min(steps for facts, steps in distances(problem).items() if goal <= facts)


def test_plans_of_logistics_are_shortest():
    """From states with packages in vehicles and vehicles anywhere, too, and with goals for the plane."""
    kind, generator, compared = logistics.kind(), random.Random(0), 0
    for seed in range(6):
        task = kind.make(stream(seed, "shortest"), 0.05 + 0.03 * seed)
        reached = sorted(distances(kind.read(task)), key=sorted)
        for facts in generator.sample(reached, 2):
            goal = [*task["goal_state"], *[["at", "jet", task["initial_state"][0][1]]] * (seed % 2)]
            start = {**task, "initial_state": [[*fact] for fact in sorted(facts)], "goal_state": goal}
            wanted = {*map(tuple, goal)}
            if wanted <= facts:
                continue
            expected = min(steps for state, steps in distances(kind.read(start)).items() if wanted <= state)
            solution = kind.solve(start)
            assert solution is not None and solution.cost == expected
            compared += 1
    assert compared > 8


def test_plans_of_any_domain_are_right():
    for kind in (blocksworld.kind(), gripper.kind(), logistics.kind()):
        for difficulty in (0.0, 0.4):
            task = kind.make(stream(1, "any domain"), difficulty)
            solution = strips.kind().solve(task)
            assert solution is not None and kind.verify(task, solution.answer).verdict == "correct"
            assert solution.cost >= len(task["answer"])


def test_the_generator_of_the_family_makes_all_kinds_of_planning():
    tasks = MultiStepReasoningGenerator((0.0, 0.3), seed=1).generate(60)
    found = {task["kind"] for task in tasks if task["type"] == "planning"}
    assert found == {"blocksworld", "gripper", "logistics", "sokoban", "strips"}


def test_statements_say_all_that_holds_and_shall_hold():
    for kind in KINDS:
        task = kind.make(stream(3, "statement"), 0.5)
        text = task["problem"]
        for predicate, *names in task["initial_state"] + task["goal_state"]:
            if predicate in kind.phrases and predicate not in ("free", "in-city"):
                assert kind.phrases[predicate].format(*names) in text
        assert all(name in text for name in task["objects"])


# ---- what is no such task, and goals that cannot be ------------------------------------------------------------------


def test_unknown_operators_unreachable_goals_and_goals_that_hold_are_told_apart():
    task = gripper_task({"red": ("hall", "attic")})
    for kind in (gripper.kind(), strips.kind()):
        verdict = kind.verify(task, ["fly red attic"])
        assert verdict.verdict == "wrong" and "'fly red attic' is no action; known: move from to" in verdict.evidence
        verdict = kind.verify(task, ["move hall attic"])
        assert (
            verdict.verdict == "wrong" and verdict.evidence == "after 1 actions the goal (at red attic) does not hold"
        )
        verdict = kind.verify({**task, "goal_state": [["at", "red", "hall"]]}, [])
        assert verdict.verdict == "error" and "all of it holds in initial_state already" in verdict.evidence
    nowhere = {**task, "goal_state": [["at", "red", "attic"], ["at", "attic", "red"]]}
    verdict = strips.kind().verify(nowhere, ["move hall attic"])
    assert verdict.verdict == "error" and "goal_state: (at attic red) can never hold" in verdict.evidence
    assert gripper.kind().solve(nowhere) is None
    both = {**task, "goal_state": [["at", "red", "attic"], ["at", "red", "hall"]]}
    assert gripper.kind().solve(both) is None and strips.kind().solve(both) is None
    assert strips.kind().verify(both, ["move hall attic"]).verdict == "wrong", (
        "that it cannot hold at once is not proved"
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("operators", blocksworld.OPERATORS, "objects"),
        ("types", {"ball": "thing"}, "types must be missing"),
        ("goal_state", [["carry", "red", "left"]], "allowed are 'at' and 'at-robby'"),
        ("initial_state", [["at-robby", "hall"], ["free", "left"], ["free", "right"]], "the robot must be in one room"),
        (
            "initial_state",
            [["at", "red", "hall"], ["free", "left"], ["free", "right"]],
            "the robot must be in one room",
        ),
    ],
)
def test_what_is_no_gripper_is_an_error(field: str, value: Any, message: str):
    task = {**gripper_task({"red": ("hall", "attic")}), field: value}
    verdict = gripper.kind().verify(task, [])
    assert verdict.verdict == "error"
    assert message in verdict.evidence or field == "operators"
    with pytest.raises(TaskError):
        gripper.kind().solve(task)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: [*facts, ["at", "jet", "nowhere"]], "unknown name 'nowhere'"),
        (lambda facts: [fact for fact in facts if fact[1] != "jet"], "initial_state: jet is nowhere"),
        (lambda facts: [*facts, ["lost", "jet"]], "initial_state: (lost jet) cannot be"),
        (lambda facts: [*facts, ["at", "jet", facts[1][1]]], "initial_state: jet is in two places"),
        (lambda facts: [*facts, ["in", "jet", facts[1][2]]], "cannot be"),
        (lambda facts: [fact for fact in facts if not fact[1].endswith("-airport")], "is nowhere"),
    ],
)
def test_what_is_no_logistics_is_an_error(change: Any, message: str):
    task = logistics.kind().make(stream(1, "errors"), 0.0)
    verdict = logistics.kind().verify({**task, "initial_state": change(task["initial_state"])}, task["answer"])
    assert verdict.verdict == "error" and message in verdict.evidence, verdict


def test_domains_that_can_be_applied_in_too_many_ways_are_errors():
    swap = {
        "name": "swap",
        "parameters": [[f"p{i}", "thing"] for i in range(7)],
        "preconditions": [["up", "p0"]],
        "add": [["up", "p6"]],
        "delete": [["up", "p0"]],
    }
    task = {"objects": {f"o{i}": "thing" for i in range(30)}, "operators": [swap], "max_steps": 9}
    task |= {"initial_state": [["up", "o0"]], "goal_state": [["up", "o20"]]}
    verdict = strips.kind().verify(task, ["swap"])
    assert verdict.verdict == "error" and "ways to choose objects" in verdict.evidence


# ---- structure, sentences --------------------------------------------------------------------------------------------


def test_structure_does_not_depend_on_names_and_order():
    generator = random.Random(0)
    for kind, seed in itertools.product(KINDS, range(5)):
        task = kind.make(stream(seed, "structure"), 0.7)
        names = [*task["objects"]]
        renamed = dict(zip(names, generator.sample([f"n{i}" for i in range(40)], len(names)), strict=True))
        other = {
            **task,
            "objects": {renamed[name]: task["objects"][name] for name in generator.sample(names, len(names))},
            "operators": task["operators"][::-1],
        }
        for part in ("initial_state", "goal_state"):
            facts = [[fact[0], *map(renamed.get, fact[1:])] for fact in task[part]]
            other[part] = generator.sample(facts, len(facts))
        assert kind.structure(other) == kind.structure(task)
        assert kind.structure({**task, "goal_state": task["goal_state"][1:]}) != kind.structure(task)
        assert solves(kind.read(other), [tuple(step.split()) for step in kind.solve(other).answer])


def test_sentences_of_tasks_are_read_by_their_own_phrases():
    task = strips.kind().make(stream(2, "phrases"), 0.0)
    environment = rules.environment()
    state, claims = environment.initial_state(task), []
    for step in task["answer"]:
        action = environment.parse_action(state, step)
        claims.append(environment.claim(state, action))
        state = environment.step(state, action).state
    assert "ferry" in claims[0] and strips.kind().check_chain(task, claims) is None
    plain = copy.deepcopy(task)
    del plain["phrases"]
    for operator in plain["operators"]:
        del operator["phrase"]
    assert "cannot be understood" in strips.kind().check_chain(plain, claims)


def test_the_planner_gives_up_within_bounds():
    """Nothing leads to the goal but a way that the estimate leads away from; at most so many states are looked at."""
    problem = strips.kind().read(strips.kind().make(stream(4, "bounds"), 1.0))
    plan, expanded = found_plan(problem._replace(max_steps=1))
    assert plan is None and expanded < 5_001
