"""Path finding as tasks: laws, and grids by hand."""

from typing import Any

import pytest

from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import path_finding, verify
from zeroloop.testing.tasks import TaskKindConformance

KIND = path_finding.kind()


class TestKind(TaskKindConformance):
    kind = KIND


def task_of(rows: list[str], best_cost: int, fuel: int = 0, max_steps: int = 0) -> Task:
    return {
        "type": "path_finding",
        "kind": "path_finding",
        "grid_size": [len(rows), len(rows[0])],
        "rows": rows,
        "fuel": fuel,
        "max_steps": max_steps or len(rows) * len(rows[0]),
        "best_cost": best_cost,
    }


OPEN = task_of(["S9G", "111"], 4)
DOOR = task_of(["aS#", "#AG"], 4)
"""Fetch the key on the left, come back, and through the door to the goal."""
DRY = task_of(["S333G", "22+22"], 10, fuel=5)
"""A tank of 5 needs the station in the middle of the lower row."""


@pytest.mark.parametrize(
    ("task", "answer", "score"),
    [
        (OPEN, ["down", "right", "right", "up"], 1),
        (OPEN, "down right right up", 1),
        (OPEN, "DRRU", 1),
        (OPEN, "d,r;r\nu", 1),
        (OPEN, "Down, Right, Right, Up", 1),
        (OPEN, "↓→→↑", 1),
        (OPEN, "v>>^", 1),
        (OPEN, "down -> right -> right -> up", 1),
        (OPEN, '["down", "right", "right", "up"]', 1),
        (OPEN, ("D", "→", "right ", "U"), 1),
        (OPEN, "RR", 0.4),
        (OPEN, "DURR", 4 / 12),
        (OPEN, "DRR", 0),
        (OPEN, "DRRUD", 0),
        (OPEN, "LRR", 0),
        (OPEN, "DRRRU", 0),
        (OPEN, "DUDUDUDRRU", 0),  # one step too many
        (OPEN, "down right right upward", 0),
        (OPEN, [], 0),
        (OPEN, [["down"], ["right"]], 0),
        (OPEN, [1, 2, 2, 0], 0),
        (OPEN, {"answer": "DRRU"}, 0),
        (OPEN, ["D"] * 10**6, 0),
        (OPEN, [10**5000], 0),
        (DOOR, "LRDR", 1),
        (DOOR, "DR", 0),  # the door is closed
        (DOOR, "LRDUDR", 4 / 6),
        (DRY, "DRRRRU", 1),
        (DRY, "RRRR", 0),  # runs dry
        (DRY, "DRRLRRRU", 10 / 13),
    ],
)
def test_scores(task: Task, answer: Any, score: float) -> None:
    found = verify(task, answer)
    assert found.verdict == ("correct" if score else "wrong"), found
    assert found.score == pytest.approx(score)
    assert not found.evidence.startswith("the verifier failed")


def test_the_smallest_cost_by_hand() -> None:
    for task, cost in ((OPEN, 4), (DOOR, 4), (DRY, 10)):
        solution = KIND.solve(task)
        assert solution is not None and solution.cost == cost
        assert verify(task, solution.answer).score == 1


@pytest.mark.parametrize(
    ("task", "evidence"),
    [
        ({**OPEN, "best_cost": 5}, "best_cost is 5, but the cheapest way costs 4"),
        ({**OPEN, "best_cost": 3}, "best_cost is 3"),
        ({**OPEN, "rows": ["S9G", "11"]}, "rows must be equally long"),
        ({**OPEN, "rows": ["S#G", "1#1"]}, "the goal cannot be reached"),
        ({**OPEN, "rows": ["S+G", "111"]}, "unknown cell '+'"),
        ({**OPEN, "rows": ["SdG", "111"]}, "unknown cell 'd'"),
        ({**OPEN, "rows": ["SSG", "111"]}, "one S and one G, not 2 and 1"),
        ({**OPEN, "rows": ["S" * 11]}, "rows must be strings of 2 to 10 cells"),
        ({**OPEN, "grid_size": [3, 2]}, "grid_size is"),
        ({**OPEN, "max_steps": 3}, "within 3 steps"),
        ({**OPEN, "max_steps": 99}, "max_steps must be"),
        ({**DRY, "fuel": 4}, "the goal cannot be reached"),
        ({**DRY, "fuel": 100}, "fuel must be"),
        ({**DRY, "fuel": 10**5}, "fuel must be"),
    ],
)
def test_broken_tasks_say_what_is_wrong(task: Task, evidence: str) -> None:
    found = verify(task, "RR")
    assert found.verdict == "error" and evidence in found.evidence
    with pytest.raises(TaskError):
        KIND.environment(task)


def chain(task: Task, directions: str) -> list[str]:
    environment = KIND.environment(task)
    state, claims = environment.initial_state(task), []
    for direction in directions.split():
        action = environment.parse_action(state, direction)
        claims.append(environment.claim(state, action))
        state = environment.step(state, action).state
    return claims


def test_chains_are_checked_sentence_by_sentence() -> None:
    claims = chain(DRY, "down right right right right up")
    assert claims[2] == "Go right to row 2, column 3, filling the tank: cost 1, total 5, fuel left 5."
    assert claims[5] == "Go up to row 1, column 5, the goal: cost 1, total 10, fuel left 0."
    assert KIND.check_chain(DRY, claims) is None
    for at, old, new in (
        (0, "row 2", "row 1"),
        (1, "cost 2", "cost 1"),
        (2, ", filling the tank", ""),
        (2, "fuel left 5", "fuel left 0"),
        (3, "total 7", "total 6"),
        (3, ", fuel left 3", ""),
        (4, "right", "left"),
        (5, ", the goal", ""),
        (5, ".", ""),
        (5, "Go up", "go up"),
    ):
        false = [*claims[:at], claims[at].replace(old, new), *claims[at + 1 :]]
        assert false != claims and KIND.check_chain(DRY, false) is not None, false[at]
    assert KIND.check_chain(DRY, claims[:-1]) == "the goal is not reached"
    assert KIND.check_chain(DRY, claims[1:]) is not None
    assert KIND.check_chain(DRY, [*claims, claims[-1]]) is not None
    assert KIND.check_chain(DRY, [*claims[:5], 5]) is not None


def test_chains_name_keys_and_doors() -> None:
    claims = chain(DOOR, "left right down right")
    assert claims[0] == "Go left to row 1, column 1, taking key a: cost 1, total 1."
    assert claims[2] == "Go down to row 2, column 2, through door A: cost 1, total 3."
    assert KIND.check_chain(DOOR, claims) is None
    assert KIND.check_chain(DOOR, claims[2:]) is not None


def test_a_chain_to_the_goal_at_too_high_a_cost_is_refused() -> None:
    claims = chain(OPEN, "right right")
    assert KIND.check_chain(OPEN, claims) == "the way costs 10, which is more than 1.05 times 4"


def test_structures_are_equal_for_images_and_other_names_of_keys() -> None:
    assert KIND.structure(DOOR) == KIND.structure(task_of(["GC#", "#Sc"], 4)) != KIND.structure(OPEN)
    assert KIND.structure(DOOR) == KIND.structure(task_of(["b#", "SB", "#G"], 4))


def test_difficulty_names_the_rules() -> None:
    made = {d: [KIND.make(stream(i, "levels"), d) for i in range(12)] for d in (0.0, 0.5, 1.0)}
    assert {tuple(task["grid_size"]) for task in made[0.0]} == {(4, 4)}
    assert {tuple(task["grid_size"]) for task in made[1.0]} == {(8, 8)}
    assert not any("fuel" in task for task in made[0.0]) and all("fuel" in task for task in made[1.0])
    for task in made[1.0]:
        signs = {*"".join(task["rows"])}
        assert {*"abcABC+"} <= signs and "The tank holds" in task["problem"] and "key" in task["problem"]
        unlimited = KIND.solve(without_fuel(task))
        assert unlimited is not None and unlimited.cost > task["fuel"], "without a station the tank does not do"
        environment = KIND.environment(task)
        assert environment.num_tokens <= 128 and environment.num_actions == 4
    assert "key" not in made[0.0][0]["problem"] and "tank" not in made[0.0][0]["problem"]


def without_fuel(task: Task) -> Task:
    """The same grid with as much fuel as one likes; a station is floor."""
    rows = [row.replace("+", "1") for row in task["rows"]]
    way = path_finding.cheapest_way({"rows": rows})
    assert way is not None
    return {**task, "rows": rows, "fuel": 0, "best_cost": way.cost, "max_steps": 128}
