"""Sokoban: rules by hand, and against steps counted one by one."""

from typing import Any

import pytest

from zeroloop.contracts import Task
from zeroloop.envs import sokoban as rules
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import sokoban
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.vocabulary import SYMBOLS


def room(*rows: str, max_steps: int = 20) -> Task:
    return {"initial_state": [*rows], "max_steps": max_steps}


CORRIDOR = room("######", "#@$ .#", "######")
TWO = room("#######", "#     #", "# $$@ #", "# .  .#", "#######")
WIDE = room(*("#" * 10, "#@       #", *["#        #"] * 3, "#  $  $  #", "#  .  .  #", *["#        #"] * 2, "#" * 10))
OPEN = room("@  ", " $ ", " . ")
"""No walls at all: the border is one."""


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (
        *(None, CORRIDOR, TWO, WIDE, OPEN),
        *(sokoban.kind().make(stream(i, "rules"), i / 4) for i in range(5)),
    )


def begun(task: Task, *moves: str) -> Any:
    environment = rules.environment()
    state = environment.initial_state(task)
    for move in moves:
        state = environment.step(state, environment.parse_action(state, move)).state
    return state


def names(state: Any) -> list[str]:
    environment = rules.environment()
    return [environment.action_name(state, action) for action in environment.legal_actions(state)]


def test_boxes_are_pushed_by_who_can_walk_behind_them():
    state = begun(CORRIDOR)
    assert names(state) == ["push 2 3 right"]
    state = begun(CORRIDOR, "push 2 3 right", "push 2 4 right")
    assert names(state) == [] and rules.environment().score(state) == 1
    assert rules.environment().answer(state) == "RR"


def test_boxes_are_not_pushed_against_boxes_or_to_where_they_are_lost():
    state = begun(TWO)
    # Left of the first box is the wall's side, which leads to no goal; above both there are none.
    assert names(state) == ["push 3 3 down", "push 3 4 down"]
    state = begun(TWO, "push 3 4 down")
    assert names(state) == ["push 3 3 right", "push 3 3 down", "push 4 4 right", "push 4 4 left"]


def test_sentences():
    environment = rules.environment()
    state = begun(TWO)
    assert environment.claim(state, 1) == (
        "Go to row 2, column 4 and push the box at row 3, column 4 down to row 4, column 4: 0 of 2 boxes are on goals "
        "then."
    )


def test_answers_are_shortest_walks():
    state = begun(TWO, "push 3 4 down", "push 4 4 right", "push 4 5 right", "push 3 3 down")
    assert rules.environment().score(state) == 1
    answer = rules.environment().answer(state)
    assert answer == "ulD" + "ullddrRR" + "luulD"
    assert sokoban.kind().verify({**TWO, "kind": "sokoban"}, answer).verdict == "correct"


def test_tokens_show_where_can_be_walked():
    environment = rules.environment()
    shown = [(SYMBOLS[symbol], row, column) for symbol, row, column in environment.tokens(begun(CORRIDOR)).tolist()]
    assert shown[6:12] == [
        *(("wall", 1, 0), ("free", 1, 1), ("block", 1, 2)),
        *(("empty", 1, 3), ("target", 1, 4), ("wall", 1, 5)),
    ]
    assert shown[18:] == [("steps left", 3, 0), ("2", 3, 1), ("0", 3, 2)]
    assert environment.action_tokens(begun(CORRIDOR), 0) == ([SYMBOLS.index("right")], [8, 9])
    solved = begun(CORRIDOR, "push 2 3 right", "push 2 4 right")
    assert SYMBOLS[environment.tokens(solved)[10, 0]] == "done"


def test_where_the_person_stands_makes_no_difference():
    environment = rules.environment()
    here, there = begun(TWO), begun(room("#######", "#@    #", "# $$  #", "# .  .#", "#######"))
    assert environment.key(here) == environment.key(there)
    assert (environment.tokens(here) == environment.tokens(there)).all()
    assert environment.describe(here) != environment.describe(there)


def test_moves_are_all_pushes_that_are_of_any_use():
    """Against the steps of a person, one by one, and squares from which a box that is alone cannot be pushed to a
    goal."""
    for seed in range(8):
        task = sokoban.kind().make(stream(seed, "moves"), 0.3 + seed / 12)
        problem = sokoban.kind().read(task)
        environment = rules.environment()
        state, rng = environment.initial_state(task), stream(seed, "walk")
        far = [sokoban._distances(problem.floor, goal) for goal in problem.goals]
        boxes, person = problem.boxes, problem.person
        while legal := environment.legal_actions(state):
            pushes = [
                push
                for push, (after, _) in sokoban._successors((boxes, person), problem.floor)
                if all(any(box in distances for distances in far) for box in after - boxes)
            ]
            assert names(state) == [
                *map(sokoban._push_name, sorted(pushes, key=lambda p: (p[0], [*sokoban.VECTORS].index(p[1]))))
            ]
            action = int(rng.choice(legal))
            name = environment.action_name(state, action).split()
            box = int(name[1]) - 1, int(name[2]) - 1
            boxes, person = boxes - {box} | {sokoban._beside(box, name[3])}, box
            state = environment.step(state, action).state


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"initial_state": CORRIDOR["initial_state"]}, "max_steps is missing"),
        ({"max_steps": 3}, "initial_state must be a list of texts"),
        (room(), "initial_state must be 1 to 10"),
        (room("#" * 11), "initial_state must be 1 to 10"),
        (room("#@", "#"), "equal lengths"),
        (room("@$.x"), "initial_state: 'x' in row 1 is no sign"),
        (room(" $. "), "one person"),
        (room("@@$."), r"one person, @ or \+, not 2"),
        (room("@$  "), "as many boxes as goals, 1 to 24, not 1 and 0"),
        (room("@$..", "    "), "as many boxes as goals"),
        (room("@* "), "already"),
        (room("@ $", "  ."), "no box can be pushed"),
        (room("#####", "#@$ #", "#  .#", "#####"), "no box can be pushed to where"),
    ],
)
def test_broken_rooms(task: Task, message: str):
    with pytest.raises(TaskError, match=message):
        rules.environment().initial_state(task)
    if "no box" not in message:
        assert sokoban.kind().verify(task, "R").verdict == "error"
