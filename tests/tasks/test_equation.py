from fractions import Fraction

import pytest

from zeroloop.envs import equation as rules
from zeroloop.errors import SettingError, TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import equation
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

TASKS = (
    None,
    {"equation": "x/2 = 3", "max_steps": 6},
    {"equation": "7 = 3 - x", "max_steps": 6},
    {"equation": "3(2x - 4) + 5 = 2(x + 1) - 3", "max_steps": 6},
    {"equation": "(2x - 5)/3 + 1/2 = -x", "max_steps": 6},
    {"equation": "0 * x = 0 * 5", "max_steps": 6},
)


class TestFineRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = TASKS
    episodes = 6
    max_steps = 6


class TestCoarseRules(EnvironmentConformance):
    environment = rules.environment(fold=True)
    tasks = TASKS[:5]
    episodes = 5
    max_steps = 6


class TestKind(TaskKindConformance):
    kind = equation.kind()


class TestCoarseKind(TaskKindConformance):
    kind = equation.kind("coarse")
    tasks_per_test = 8


def played(text: str, *names: str, fold: bool = False) -> tuple[list[str], list[str], float]:
    """Equations and claims of the moves called `names`, and the score in the end."""
    environment = rules.environment(fold)
    state = environment.initial_state({"equation": text})
    equations, claims = [], []
    for name in names:
        action = environment.parse_action(state, name)
        claims.append(environment.claim(state, action))
        state = environment.step(state, action).state
        equations.append(environment.describe(state).split(";")[0])
    return equations, claims, environment.score(state)


def test_an_equation_solved_by_hand_in_fine_steps():
    names = (
        "subtract 3 from both sides",
        "associate right 2 * x + 3 - 3 at sign 3",
        "evaluate 3 - 3 at sign 3",
        "simplify 2 * x + 0 at sign 2",
        "evaluate 7 - 3 at sign 2",
        "divide both sides by 2",
        "exchange 2 * x / 2 at sign 2",
        "evaluate 2 / 2 at sign 1",
        "simplify 1 * x at sign 1",
        "evaluate 4 / 2 at sign 1",
    )
    equations, claims, score = played("2x + 3 = 7", *names)
    assert score == 1 and equations == [
        "2 * x + 3 - 3 = 7 - 3",
        "2 * x + (3 - 3) = 7 - 3",
        "2 * x + 0 = 7 - 3",
        "2 * x = 7 - 3",
        "2 * x = 4",
        "2 * x / 2 = 4 / 2",
        "2 / 2 * x = 4 / 2",
        "1 * x = 4 / 2",
        "x = 4 / 2",
        "x = 2",
    ]
    assert claims[0] == "Subtract 3 from both sides: 2 * x + 3 - 3 = 7 - 3."
    assert claims[1] == "Regroup 2 * x + 3 - 3 as 2 * x + (3 - 3): 2 * x + (3 - 3) = 7 - 3."
    assert equation.kind().check_chain({"equation": "2x + 3 = 7"}, claims) is None


def test_the_same_equation_in_coarse_steps():
    names = (
        "subtract 3 from both sides",
        "associate right 2 * x + 3 - 3 at sign 3",
        "divide both sides by 2",
        "exchange 2 * x / 2 at sign 2",
    )
    equations, claims, score = played("2x + 3 = 7", *names, fold=True)
    assert score == 1 and equations == ["2 * x + 3 - 3 = 4", "2 * x = 4", "2 * x / 2 = 2", "x = 2"]
    assert claims[1] == "Regroup 2 * x + 3 - 3 as 2 * x + (3 - 3): 2 * x = 4."
    assert equation.kind().check_chain({"equation": "2x + 3 = 7", "granularity": "coarse"}, claims) is None
    assert equation.kind().check_chain({"equation": "2x + 3 = 7"}, claims) is not None, "folds are steps of their own"


@pytest.mark.parametrize(
    ("text", "name", "after"),
    [
        ("3 - (x - 2) = 1", "associate left 3 - (x - 2) at sign 1", "3 - x + 2 = 1"),
        ("3 - (x + 2) = 1", "associate left 3 - (x + 2) at sign 1", "3 - x - 2 = 1"),
        ("x - 3 + 2 = 1", "associate right x - 3 + 2 at sign 2", "x - (3 - 2) = 1"),
        ("x - 3 - 2 = 1", "associate right x - 3 - 2 at sign 2", "x - (3 + 2) = 1"),
        ("x - 3 + 2 = 1", "exchange x - 3 + 2 at sign 2", "x + 2 - 3 = 1"),
        ("x / 5 * 2 = 1", "associate right x / 5 * 2 at sign 2", "x * (2/5) = 1"),
        ("2 * (x / 5) = 1", "associate left 2 * (x / 5) at sign 1", "2 * x / 5 = 1"),
        ("x / 5 / 2 = 1", "exchange x / 5 / 2 at sign 2", "x / 2 / 5 = 1"),
        ("2(x - 5) = 1", "distribute 2 * (x - 5) at sign 1", "2 * x - 2 * 5 = 1"),
        ("(x - 5)2 = 1", None, None),
        ("(x - 5)/2 = 1", "distribute (x - 5) / 2 at sign 2", "x / 2 - 5/2 = 1"),
        ("x - 3x = 1", "factor x - 3 * x at sign 1", "(1 - 3) * x = 1"),
        ("x + x = 1", "factor x + x at sign 1", "(1 + 1) * x = 1"),
        ("x/3 - 4/3 = 1", None, None),
        ("x/3 - 6/3 = 1", "factor x / 3 - 6 / 3 at sign 2", "(x - 6) / 3 = 1"),
        ("3x - 3 * 5 = 1", "factor 3 * x - 3 * 5 at sign 2", "3 * (x - 5) = 1"),
        ("7 - x = 1", "as sum 7 - x at sign 1", "7 + -1 * x = 1"),
        ("7 - 3x = 1", "as sum 7 - 3 * x at sign 1", "7 + -3 * x = 1"),
        ("x / -3 = 1", "as product x / -3 at sign 1", "-1/3 * x = 1"),
        ("x / (2/3) = 1", "as product x / (2/3) at sign 1", "3/2 * x = 1"),
        ("2 = 5 - x", "swap sides", "5 - x = 2"),
        ("x/3 = 1", "multiply both sides by 3", "x / 3 * 3 = 1 * 3"),
    ],
)
def test_rules(text, name, after):
    if name is None:
        environment = rules.environment()
        try:
            state = environment.initial_state({"equation": text})
        except TaskError:
            return
        names = [environment.action_name(state, action) for action in environment.legal_actions(state)]
        assert not any(each.startswith("factor") for each in names)
        return
    assert played(text, name)[0] == [after]


@pytest.mark.parametrize("granularity", ["fine", "coarse"])
def test_every_rule_keeps_the_solutions(granularity):
    """Random play through equations of all levels, each compared with the first one by the task's own arithmetic."""
    kind = equation.kind(granularity)
    for seed in range(8):
        rng = stream(seed, "solutions")
        task = kind.make(rng, seed / 7)
        environment, solution = kind.environment(task), kind.read(task).solution
        state = environment.initial_state(task)
        for _ in range(6):
            legal = environment.legal_actions(state)
            for action in legal:
                after = environment.describe(environment.step(state, action).state).split(";")[0]
                assert kind.read({"equation": after}).solution == solution, after
            if not legal:
                break
            state = environment.step(state, int(rng.integers(len(legal)))).state


@pytest.mark.parametrize("granularity", ["fine", "coarse"])
def test_every_sentence_of_random_play_is_true_and_every_state_is_written_as_it_is(granularity):
    kind = equation.kind(granularity)
    for seed in range(16):
        rng = stream(seed, "sentences")
        task = kind.make(rng, seed / 15)
        environment, claims = kind.environment(task), []
        state = environment.initial_state(task)
        while legal := environment.legal_actions(state):
            shown = environment.describe(state).split(";")[0]
            again = environment.initial_state({"equation": shown, "max_steps": state.steps_left})
            assert environment.key(again) == environment.key(state)
            action = int(rng.integers(len(legal)))
            claims.append(environment.claim(state, action))
            state = environment.step(state, action).state
        expected = None if environment.score(state) else "it is not solved"
        assert kind.check_chain(task, claims) == expected


def test_only_numbers_are_divided_by():
    for text in (
        "1/x = 2",
        "x/(x + 1) = 2",
        "x/0 = 2",
        "x * x = 4",
        "x/(1 - 1) = 3",
        "2y = 4",
        "2x",
        "x = 2",
        "2x = = 4",
    ):
        with pytest.raises(TaskError, match="equation: "):
            rules.environment().initial_state({"equation": text})
    for text in ("1/x = 2", "x * x = 4", "x/0 = 2", "2y = 4", "2x"):
        verdict = equation.kind().verify({"equation": text}, "x = 1")
        assert verdict.verdict == "error" and "equation: " in verdict.evidence
    environment = rules.environment()
    state = environment.initial_state({"equation": "2x + 3 = 5x - 0"})
    names = [environment.action_name(state, action) for action in environment.legal_actions(state)]
    assert [each for each in names if each.startswith("divide")] == [
        *("divide both sides by 2", "divide both sides by 3", "divide both sides by 5")
    ]


def test_equations_that_no_number_or_every_number_solves():
    kind = equation.kind()
    for text, answer, other in (
        ("x + 1 = x", "no solution", "all numbers"),
        ("2x = x + x", "all numbers", "no solution"),
    ):
        task = {"equation": text}
        assert kind.verify(task, answer).verdict == "correct" and kind.verify(task, other).verdict == "wrong"
        assert kind.verify(task, "x = 1").verdict == kind.verify(task, 0).verdict == kind.verify(task, None).verdict
        solution = kind.solve(task)
        assert solution is not None and solution.answer == answer
        environment, state, claims, reward = walked(kind, task, *solution.steps)
        assert reward == 1 and environment.answer(state) == answer and kind.check_chain(task, claims) is None


def test_answers_in_many_notations():
    task = {"equation": "4x - 1 = 2"}
    for answer in ("x = 3/4", "3/4 = x", "3/4", "0.75", 0.75, Fraction(3, 4), "6/8", "x = 3 ÷ 4", {"x": 0.75}, "-3/-4"):
        assert equation.kind().verify(task, answer).verdict == "correct", answer
    for answer in (
        "x = 3/4 * 1",
        "x = 1 - 1/4",
        "4x = 3",
        "x = 3x / (4x)",
        "x = 3/4 = x",
        "0.7500001",
        {"y": 0.75},
        ["3/4"],
    ):
        assert equation.kind().verify(task, answer).verdict == "wrong", answer


def test_chains_with_gaps_and_false_reasons_are_refused():
    kind, task = equation.kind(), {"equation": "2x + 3 = 7"}
    refused = [
        ["Subtract 3 from both sides: 2 * x = 4.", "Divide both sides by 2: x = 2."],
        ["Evaluate 7 as 7: x = 2."],
        ["Subtract 4 from both sides: 2 * x + 3 - 3 = 7 - 3."],
        ["Rewrite 7 as 2 * x + 3: 2 * x + 3 = 2 * x + 3."],
        ["Divide both sides by x: (2 * x + 3) / x = 7 / x."],
        ["Multiply both sides by 0: (2 * x + 3) * 0 = 7 * 0."],
        ["Simplify 7 as 3 + 4: 2 * x + 3 = 3 + 4."],
        ["x = 2."],
        ["x = 2"],
    ]
    for claims in refused:
        assert kind.check_chain(task, claims) is not None, claims


def test_tokens_show_the_tree_without_brackets():
    environment = rules.environment()
    first, second = (environment.initial_state({"equation": text}) for text in ("3(x + 2) = 4", "3x + 2 = 4"))
    shown, other = environment.tokens(first), environment.tokens(second)
    assert shown[:, 1].tolist() == [0, 0, 0, 2, 1, 3, 2, 3, 0, 1]
    assert other[:, 1].tolist() == [0, 0, 0, 3, 2, 3, 1, 2, 0, 1]
    moves = {environment.action_name(first, a): environment.action_tokens(first, a)[1] for a in range(6)}
    assert moves["distribute 3 * (x + 2) at sign 1"] == (4, 6)


def test_levels_and_structure():
    kind = equation.kind()
    assert "(" not in kind.make(stream(1, "level"), 0.2)["equation"]
    assert kind.make(stream(1, "level"), 0.75)["equation"].count("(") == 2
    texts = ("2x + 3 = 7", "3 + 2x = 7", "7 = x * 2 + 3", "7 = (3 + (2x))")
    assert len({kind.structure({"equation": text}) for text in texts}) == 1
    assert kind.structure({"equation": "2x - 3 = 7"}) != kind.structure({"equation": "3 - 2x = 7"})
    with pytest.raises(SettingError):
        equation.kind("medium")


def test_what_is_too_large_is_left_out():
    environment = rules.environment()
    state = environment.initial_state({"equation": "9999x = 9999"})
    for action in environment.legal_actions(state):
        state_after = environment.step(state, action).state
        assert len(environment.tokens(state_after)) <= environment.num_tokens
    with pytest.raises(TaskError, match="at most 48"):
        environment.initial_state({"equation": " + ".join(["123x"] * 12) + " = 1"})
    with pytest.raises(TaskError, match="too large"):
        environment.initial_state({"equation": "123456x = 1"})
    task = {"equation": "9999x = 9998 * 9999 + 1"}
    solution = equation.kind().solve(task)
    assert solution is not None and solution.steps == () and equation.kind().verify(task, solution.answer).score == 1
