import json

import pytest

from zeroloop.envs import linear_system as rules
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import linear_system
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = linear_system.kind()
ONE = {"matrix": [[2, 1, 4], [2, -1, -2]], "reference": 4}  # x = 1/2, y = 3
NONE = {"matrix": [[1, 2, 3], [2, 4, 7]], "reference": 1}
MANY = {"matrix": [[1, 1, 1, 6], [0, 1, 2, 5]], "reference": 1}  # x = 1 + t, y = 5 - 2t, z = t
PLANE = {"matrix": [[1, 2, -1, 3], [2, 4, -2, 6]], "reference": 1}


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    episodes = 10
    tasks = (
        None,
        {"matrix": [[1, 2, -1, 3], [2, 4, 1, 0], [0, 1, 1, 1]], "reference": 7},
        NONE,
        {"matrix": [[1, 2, 3, 1], [2, 1, -1, 0]], "reference": 4},
        {"matrix": [[3, 1, 2], [1, 1, 1], [4, 2, 3]], "reference": 5},
    )


RIGHT = {
    "one solution": (
        ONE,
        *(
            {"x": "1/2", "y": "3"},
            {"y": 3, "x": 0.5},
            ["1/2", 3],
            (0.5, 3),
            "x = 1/2, y = 3",
            "y = 3; x = 0.5",
            "(1/2, 3)",
        ),
        *("x=1/2\ny=3", "1/2, 3", "[0.5, 3]", "(x, y) = (1/2, 3)", '{"x": "1/2", "y": 3}', "x = 2/4 and y = 6/2."),
        {"particular": ["1/2", 3], "null_space": []},
    ),
    "no solution": (NONE, "no solution", "No solutions.", "none", "inconsistent", "∅", "there is no solution"),
    "a line": (
        MANY,
        {"particular": ["1", "5", "0"], "null_space": [["1", "-2", "1"]]},
        {"particular": [2, 3, 1], "null_space": [["-1/2", 1, -0.5]]},
        json.dumps({"particular": [2, 3, 1], "null_space": [[-1, 2, -1]]}),
        *(
            "x = 1 + t, y = 5 - 2t, z = t",
            "x = 1 + z, y = 5 - 2z",
            "x = 1 + z, y = 5 - 2z, z = z",
            "x = 2 - 2*s, z=1-2s, y=3+4s",
        ),
        *({"x": "1 + t", "y": "5 - 2t", "z": "t"}, "x = (7 - y)/2, z = (5 - y)/2"),
    ),
    "a plane": (
        PLANE,
        {"particular": [3, 0, 0], "null_space": [[-2, 1, 0], [1, 0, 1]]},
        *("x = 3 - 2y + z", "z = x + 2y - 3", "x = 3 - 2s + t, y = s, z = t"),
    ),
}
WRONG = {
    "one solution": (
        ONE,
        *(
            {"x": "3", "y": "1/2"},
            {"x": "1/2"},
            {"x": "1/2", "y": "3", "z": "0"},
            ["3", "1/2"],
            "x = 1/2",
            "x = 1/2, y = 3.01",
        ),
        *(
            "no solution",
            "x = t, y = 4 - 2t",
            "x = 1/2, x = 1/2, y = 3",
            "(1/2, 3, 0)",
            "x = 1/2, y",
            "x + y = 7/2, y = 3",
        ),
        *(
            {"x": None, "y": 3},
            {"particular": ["1/2", 3], "null_space": [[0, 0]]},
            "x = 1/2, y = 6x",
            "1/2 3",
            "{",
            '{"x": 1}',
        ),
        *(
            None,
            "",
            [],
            {},
            3,
            [[0.5, 3]],
            {"solution": {"x": "1/2", "y": 3}, "operations": None},
            "x = x, y = 3",
            '{"x": [}',
        ),
    ),
    "no solution": (NONE, {"x": "3", "y": "0"}, "x = 3 - 2y", "infinitely many solutions", "", [], {}, None, "no"),
    "a line": (
        MANY,
        {"x": "1", "y": "5", "z": "0"},
        {"particular": [1, 5, 0], "null_space": []},
        {"particular": [1, 5, 0], "null_space": [[1, -2, 1], [2, -4, 2]]},
        {"particular": [1, 5, 0], "null_space": [[0, 0, 0]]},
        {"particular": [1, 5, 0], "null_space": [[1, 2, 1]]},
        {"particular": [1, 4, 0], "null_space": [[1, -2, 1]]},
        {"particular": [1, 5, 0], "null_space": [[1, -2]]},
        *(
            "x = 1 + t, y = 5 - 2t, z = s",
            "x = 1 + t*t, y = 5 - 2t, z = t",
            "x = 1, y = 5, z = 0",
            "infinitely many solutions",
        ),
    ),
    "a plane": (
        PLANE,
        {"particular": [3, 0, 0], "null_space": [[-2, 1, 0]]},
        {"particular": [3, 0, 0], "null_space": [[-2, 1, 0], [2, -1, 0]]},
        *("x = 3 - 2t + s, y = t, z = t", "x = 3, y = 0, z = 0", "y = x"),
    ),
}


class TestKind(TaskKindConformance):
    kind = KIND
    right = RIGHT
    wrong = WRONG


def test_broken_tasks():
    for matrix in (
        [[1, 2]],
        [[1, 2, 3]],
        [[1, 2, 3], [1, 2]],
        [[1, 2, 10**9], [1, 2, 3]],
        [[1, 2, "a"], [1, 2, 3]],
        5,
        None,
    ):
        task = {"matrix": matrix, "reference": 3}
        assert KIND.verify(task, "x = 1, y = 1").verdict == "error"
        with pytest.raises(TaskError, match="matrix"):
            rules.environment().initial_state(task)


def played(task, *names):
    """The state after moves by name, and what they claim."""
    return walked(KIND, task, *names)[1:3]


SHORT = ("add 1 * row 2 to row 1", "add -1/2 * row 1 to row 2", "divide row 1 by 4", "divide row 2 by -1")


def test_operations_are_scored():
    environment = rules.environment()
    state, claims = played(ONE, *SHORT)
    answer = {"solution": {"x": "1/2", "y": "3"}, "operations": list(SHORT)}
    assert environment.answer(state) == answer and environment.score(state) == 1
    assert claims[1] == "Adding -1/2 times row 1 to row 2 makes row 2 (0, -1 | -3)."
    assert KIND.check_chain(ONE, claims) is None
    assert KIND.verify(ONE, json.dumps(answer)).score == 1
    longer = ["swap rows 1 and 2", "swap rows 1 and 2", *SHORT]
    state, claims = played(ONE, *longer)
    assert environment.score(state) == pytest.approx(4 / 6) and KIND.check_chain(ONE, claims) is None
    verdict = KIND.verify(ONE, environment.answer(state))
    assert verdict.verdict == "correct" and verdict.score == pytest.approx(4 / 6)
    assert KIND.verify({"matrix": ONE["matrix"]}, answer).score == 1, "the reference is found where the task has none"


def test_operations_must_be_right():
    solution = {"x": "1/2", "y": "3"}
    for operations in (
        SHORT[:-1],
        [*SHORT, "add 1 * row 1 to row 2"],
        [*SHORT, "add 0 * row 1 to row 2"],
        [*SHORT, "divide row 1 by 0"],
        [*SHORT, "swap rows 1 and 3"],
        [*SHORT, "add 1 * row 1 to row 1"],
        [*SHORT, "add 1/00 * row 1 to row 2"],
        [*SHORT, 10**5_000],
        ["swap rows 1 and 2"] * 1_000,
        ["add 999999999 * row 1 to row 2", "add 999999999 * row 2 to row 1"] * 100,
        "swap rows 1 and 2",
    ):
        verdict = KIND.verify(ONE, {"solution": solution, "operations": operations})
        assert verdict[:2] == ("wrong", 0.0), f"{verdict}: {operations!r}"
    assert KIND.verify(ONE, {"solution": {"x": 1, "y": 2}, "operations": list(SHORT)}).verdict == "wrong"
    assert KIND.verify(ONE, {"solution": solution, "operations": list(SHORT), "note": 1}).verdict == "wrong"


def test_false_sentences_are_refused():
    _, claims = played(ONE, *SHORT)
    for at, old, new in (
        (0, "Adding 1 times", "Adding 2 times"),
        (0, "(4, 0 | 2)", "(4, 0 | 3)"),
        (1, "row 1 to row 2", "row 2 to row 1"),
        (2, "Dividing row 1 by 4", "Dividing row 1 by 0"),
        (3, "makes", "gives"),
    ):
        assert old in claims[at]
        assert KIND.check_chain(ONE, [*claims[:at], claims[at].replace(old, new), *claims[at + 1 :]]) is not None


def test_no_solution_and_many():
    state, claims = played(NONE, "add -2 * row 1 to row 2")
    assert rules.environment().answer(state)["solution"] == "no solution"
    assert claims == ["Adding -2 times row 1 to row 2 makes row 2 (0, 0 | 1)."] and not KIND.check_chain(NONE, claims)
    state, _ = played(MANY, "add -1 * row 2 to row 1")
    assert rules.environment().answer(state)["solution"] == {
        "particular": ["1", "5", "0"],
        "null_space": [["1", "-2", "1"]],
    }


def test_reduced_row_echelon_form():
    """Zero rows come last, and pivots from left to right."""
    environment = rules.environment()
    for matrix, solved in (
        ([[1, 0, 2], [0, 1, 3]], True),
        ([[0, 1, 3], [1, 0, 2]], False),
        ([[0, 0, 0], [1, 2, 3]], False),
        ([[1, 2, 3], [0, 0, 0]], True),
        ([[0, 0, 1], [3, 2, 3]], True),
        ([[2, 0, 2], [0, 1, 3]], False),
        ([[1, 1, 2], [0, 1, 3]], False),
        ([[0, 1, 2], [0, 0, 0]], True),
    ):
        task = {"matrix": matrix, "reference": 0}
        state = environment.initial_state(task)
        assert (not environment.legal_actions(state)) == solved, matrix
        if solved:
            assert environment.score(state) == 1 == KIND.verify(task, environment.answer(state)).score


def test_the_reference_is_the_least_for_small_matrices():
    """Breadth first over all moves finds nothing shorter for two unknowns; for some it finds as much."""
    environment = rules.environment()
    for number in range(8):
        task = KIND.make(stream(number, "least"), 0.0)
        level, depth = [environment.initial_state(task)], 0
        seen = {level[0].rows}
        while all(environment.legal_actions(state) for state in level):
            depth += 1
            after = [environment.apply(state, move) for state in level for move in environment.moves(state)]
            level = list({state.rows: state for state in after if state.rows not in seen}.values())
            seen |= {state.rows for state in level}
        assert depth == task["reference"], task


def test_the_order_of_equations_and_unknowns_and_scale_do_not_matter_to_the_structure():
    structure = KIND.structure({"matrix": [[1, 2, 3], [4, 5, 6]]})
    assert structure == KIND.structure({"matrix": [[5, 4, 6], [-4, -2, -6]]})
    assert structure != KIND.structure({"matrix": [[1, 2, 3], [4, 5, 7]]})


def test_all_entries_fit_into_the_tokens():
    """Random play on the hardest systems stays within the limits, and never gets stuck."""
    environment = rules.environment()
    for number in range(6):
        rng = stream(number, "tokens")
        state = environment.initial_state(KIND.make(rng, 1.0))
        while legal := environment.legal_actions(state):
            assert len(environment.tokens(state)) <= environment.num_tokens and len(legal) <= environment.num_actions
            state = environment.step(state, int(rng.choice(legal))).state
        assert state.steps_left == 0 or environment.answer(state) is not None
