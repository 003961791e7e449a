"""Sokoban as tasks: laws, rooms by hand, and the same rules as STRIPS."""

from typing import Any

import pytest

from zeroloop.contracts import Task
from zeroloop.envs._strips import read_problem
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import sokoban, strips
from zeroloop.tasks._directions import VECTORS
from zeroloop.tasks._planning import done
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = sokoban.kind()


def room(*rows: str, max_steps: int = 20) -> Task:
    return {"kind": "sokoban", "type": "planning", "initial_state": [*rows], "max_steps": max_steps}


CORRIDOR = room("######", "#@$ .#", "######")
CORNER = room("#####", "#@  #", "# $ #", "#  .#", "#####")
"""Down and right, or right and down."""
MICROBAN_1 = room("####  ", "# .#  ", "#  ###", "#*@  #", "#  $ #", "#  ###", "####  ", max_steps=40)
"""The first level of Microban (David Skinner), which takes 8 pushes."""


class TestKind(TaskKindConformance):
    kind = KIND
    right = {
        "a corridor": (CORRIDOR, *("RR", "rr", "right, right", ["right", "R"], "→→", ">>", "rrl")),
        "as STRIPS": (
            CORRIDOR,
            "(push c2-2 c2-3 c2-4 right)\n(push c2-3 c2-4 c2-5 right)",
            "  (PUSH c2-2 c2-3 c2-4 right) (Push c2-3 c2-4 c2-5 right)\n; 2 actions",
        ),
        "a corner": (CORNER, *("rDldR", "dRurD", "rDLdR".lower(), "d r u r d")),
    }
    wrong = {
        "a corridor": (
            CORRIDOR,
            *("R", "RRR", "L", "LRR", "", [], None, "RR!", "(push c2-2 c2-3 c2-4 right)", "(push)"),
        ),
        "a corner": (CORNER, *("rDD", "rDl", "dRR", "rdlr")),
    }


def test_a_known_level_has_the_fewest_pushes_that_are_known():
    solution = KIND.solve(MICROBAN_1)
    assert solution is not None and solution.cost == 8
    known = "dlUrrrdLullddrUluRuulDrddrruLdlUU"
    found = KIND.verify(MICROBAN_1, known)
    assert found.verdict == "correct", found
    environment, state, claims, reward = walked(KIND, MICROBAN_1, *solution.steps)
    assert reward == 1 and environment.answer(state) == solution.answer and KIND.check_chain(MICROBAN_1, claims) is None


def test_rooms_that_cannot_be_solved_have_no_solution():
    assert KIND.solve(room("#####", "#@ .#", "#  ##", "# $##", "#####")) is None
    assert KIND.solve({**MICROBAN_1, "max_steps": 7}) is None


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("ll", "answer: step 1, left, leads into a wall"),
        ("RRR", "answer: step 3, right, pushes a box against a wall at row 2, column 6"),
        ("R", "1 of 1 boxes are on no goal, such as that at row 2, column 4"),
        ("(push c2-2 c2-3 c2-5 right)", "action 1 (push c2-2 c2-3 c2-5 right): (next c2-3 c2-5 right) does not hold"),
        ("(push c2-2 c2-3 c2-4 right)", "1 of 1 boxes are on no goal"),
        ("R" * 20_000, "answer: 20000 characters are too many"),
    ],
)
def test_evidence(answer: Any, evidence: str):
    verdict = KIND.verify(CORRIDOR, answer)
    assert verdict.verdict == "wrong" and verdict.evidence.startswith(evidence), verdict


def test_too_many_pushes_are_wrong():
    yard = room("#######", "#     #", "# @$ .#", "#     #", "#######", max_steps=2)
    assert KIND.verify(yard, "RR").verdict == "correct"
    assert KIND.verify(yard, "RurrdLulldRR").evidence == "4 pushes are too many; at most 2 are allowed"
    assert (
        KIND.verify({**yard, "max_steps": 1}, "(push c3-3 c3-4 c3-5 right)(push c3-4 c3-5 c3-6 right)").verdict
        == "wrong"
    )


def test_the_rules_as_strips_are_the_same():
    """Steps in all directions, and the same as actions of the STRIPS problem, from random walks."""
    for seed in range(5):
        task = KIND.make(stream(seed, "as strips"), seed / 4)
        problem, facts = read_problem(KIND.as_strips(task)), None
        statement, rng = KIND.read(task), stream(seed, "walk")
        facts, walk = {*problem.initial}, list[str]()
        for _ in range(60):
            possible = {}
            for way in VECTORS:
                try:
                    boxes, _ = sokoban._walked(statement, [*walk, way])
                except TaskError:
                    continue
                (action,) = sokoban._strips_plan(statement, [*walk, way])[-1:]
                possible[way] = boxes, done(problem, facts, tuple(action.split()))
            for way in VECTORS.keys() - possible.keys():
                (action,) = sokoban._strips_plan(statement, [*walk, way])[-1:]
                with pytest.raises(TaskError):
                    done(problem, facts, tuple(action.split()))
            way = [*possible][int(rng.integers(len(possible)))]
            boxes, facts = possible[way]
            walk.append(way)
            assert {fact[1] for fact in facts if fact[0] == "box"} == {*map(sokoban._object, boxes)}
        assert strips.kind().verify(KIND.as_strips(task), KIND.as_strips(task)["answer"]).verdict == "correct"


def test_structure_does_not_depend_on_how_a_room_is_turned():
    rows = ["#######", "#@ $ .#", "#   ###", "#######"]
    mirrored = [row[::-1] for row in rows]
    turned = ["".join(column) for column in zip(*rows, strict=True)]
    smaller = ["@ $ .", "   ##"]
    elsewhere = ["#######", "#  $ .#", "# @ ###", "#######"]
    assert len({KIND.structure(room(*each)) for each in (rows, mirrored, turned, rows[::-1], smaller, elsewhere)}) == 1
    assert KIND.structure(room("#######", "# @$ .#", "#   # #", "#######")) != KIND.structure(room(*rows))


SENTENCE = (
    "Go to row 2, column {} and push the box at row 2, column {} {} to row 2, column {}: "
    "{} of {} boxes are on goals then."
)


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (0, SENTENCE.format(2, 3, "right", 4, 1, 1)),
        (0, SENTENCE.format(2, 3, "right", 5, 0, 1)),
        (0, SENTENCE.format(2, 3, "left", 4, 0, 1)),
        (0, SENTENCE.format(4, 3, "left", 2, 0, 1)),
        (0, SENTENCE.format(3, 4, "right", 5, 0, 1)),
        (1, SENTENCE.format(3, 4, "right", 5, 1, 2)),
        (1, "Push the box right."),
    ],
)
def test_false_sentences_are_found(at: int, sentence: str):
    claims = walked(KIND, CORRIDOR, "push 2 3 right", "push 2 4 right").claims
    assert claims == [SENTENCE.format(2, 3, "right", 4, 0, 1), SENTENCE.format(3, 4, "right", 5, 1, 1)]
    assert KIND.check_chain(CORRIDOR, claims) is None
    assert KIND.check_chain(CORRIDOR, [*claims[:at], sentence, *claims[at + 1 :]]) is not None
    assert KIND.check_chain({**CORRIDOR, "max_steps": 1}, claims) == "2 pushes are too many; at most 1 are allowed"
    assert "before" in KIND.check_chain(CORRIDOR, [*claims, claims[1]])


def test_pushes_are_as_few_as_can_be():
    """Against breadth-first search without any estimate."""
    for seed in range(6):
        problem = KIND.read(KIND.make(stream(seed, "fewest"), 0.1 + seed / 20))
        start = problem.boxes, min(sokoban._region(problem.person, problem.floor - problem.boxes))
        found, layer, pushes = {start}, [start], 0
        while not any(boxes == problem.goals for boxes, _ in layer):
            layer = [*{after for state in layer for _, after in sokoban._successors(state, problem.floor)} - found]
            found.update(layer)
            pushes += 1
        plan, _ = sokoban._solved(problem, 10_000)
        assert plan is not None and len(plan) == pushes
