import pytest

from zeroloop.contracts import Task
from zeroloop.envs import calculate as rules
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import calculate
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

HARD = "(1234 - 1/2 * 4 * 2) / 7 - 6 * (2 * 3 + 2 * 3) * (5 - 9) + (8 - 10) / 4"
SENTENCES = ["2 - 5 = -3, which leaves 3 + 4 * (-3).", "4 * (-3) = -12, which leaves 3 + (-12)."]


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, {"expression": "2 * 3"}, {"expression": HARD}, {"expression": "-(1/3) / (4 - 7) * 9 - 5 * 8 / 3"})


class TestKind(TaskKindConformance):
    kind = calculate.kind()


def task(expression: str) -> Task:
    return {"kind": "calculate", "type": "arithmetic", "problem": f"Calculate: {expression}", "expression": expression}


def played(expression: str, *names: str) -> list[str]:
    """The claims of moves."""
    return walked(calculate.kind(), task(expression), *names).claims


def names(expression: str) -> list[str]:
    environment = rules.environment()
    state = environment.initial_state(task(expression))
    return [environment.action_name(state, action) for action in environment.legal_actions(state)]


def test_an_expression_is_calculated_step_by_step():
    claims = played("3 + 4 * (2 - 5)", "2 - 5", "4 * (-3)", "3 + (-12)")
    assert claims == [*SENTENCES, "3 + (-12) = -9, which leaves -9."]
    assert calculate.kind().check_chain(task("3 + 4 * (2 - 5)"), claims) is None


@pytest.mark.parametrize(
    ("expression", "possible"),
    [
        ("1 + 2 + 3", ["1 + 2"]),
        ("1 + (2 + 3)", ["2 + 3"]),
        ("2 * 3 + 2 * 3 - 4 * 5", ["2 * 3", "4 * 5"]),
        ("1 + 7/2 * 3", ["(7/2) * 3"]),
        ("6 / 4 / 2", ["6 / 4"]),
        ("7 / -2 - --3", ["7 / (-2)"]),
        ("0 / 5", ["0 / 5"]),
    ],
)
def test_operations_on_two_numbers_can_be_done(expression, possible):
    assert names(expression) == possible


def test_a_quotient_in_lowest_terms_is_a_number():
    assert played("5 * 8 / 3 - 1", "5 * 8", "(40/3) - 1") == [
        "5 * 8 = 40, which leaves (40/3) - 1.",
        "(40/3) - 1 = 37/3, which leaves 37/3.",
    ]


BROKEN = (
    *(
        "",
        "7",
        "7/2",
        "1 +",
        "1 / 0",
        "3 / (2 - 2)",
        "2(3 + 4)",
        "x + 1",
        "1.5 + 2",
        "-(2 + 3)",
        "(1 + 2",
        "1 + 2)",
        "2 3",
    ),
    *("2 ** 3", "1 + ∞", "1 + 2 " * 100, "(" * 90 + "1 + 2" + ")" * 90, "+".join("1" * 26), "*".join(["9999"] * 20)),
)


@pytest.mark.parametrize("expression", BROKEN)
def test_what_cannot_be_calculated_is_refused(expression):
    with pytest.raises(TaskError, match="expression"):
        rules.environment().initial_state(task(expression))
    verdict = calculate.kind().verify(task(expression), "1")
    if expression.count("9999") < 20:
        assert verdict.verdict == "error" and "expression" in verdict.evidence
    else:
        assert verdict.verdict == "wrong", "it is only too long to be shown"


def test_what_would_grow_too_long_is_refused_at_once():
    longest = "1 - 2" + " - 999" * 22
    state = rules.environment().initial_state(task(longest))
    assert len(rules.environment().tokens(state)) == 92
    with pytest.raises(TaskError, match="expression needs up to 97 tokens; at most 96 are shown"):
        rules.environment().initial_state(task(longest + " - 999"))


@pytest.mark.parametrize("answer", ["7/2", "3.5", 3.5, " + 7 / 2 ", "= 7/2", "=3.50", "35e-1", "7⁄2"])
def test_a_value_is_accepted_as_people_write_it(answer):
    assert calculate.kind().verify(task("(3 + 4) / 2"), answer).score == 1


WRONG = ("14/4", "x = 7/2", "(3 + 4) / 2", "7/2 = 7/2", 3, 10**5000, "3 1/2", "7/-2", "7/0", "1" * 200, "7/" + "2" * 99)


@pytest.mark.parametrize("answer", WRONG, ids=range(len(WRONG)))
def test_what_is_not_the_value_is_wrong(answer):
    verdict = calculate.kind().verify(task("(3 + 4) / 2"), answer)
    assert (verdict.verdict, verdict.score) == ("wrong", 0)


def test_order_does_not_matter_to_the_structure():
    structure = calculate.kind().structure
    assert structure(task("1 + 2 * 3 - 4")) == structure(task("3 * 2 - (4 - 1)"))
    assert structure(task("1 + 2 * 3 - 4")) != structure(task("1 - 2 * 3 + 4"))
    assert structure(task("8 / 4 / 2")) == structure(task("8 / (2 * 4)")) != structure(task("8 / (4 / 2)"))


@pytest.mark.parametrize(
    "second",
    [
        "4 * (-3) = -12, which leaves 3 - (-12).",
        "4 * (-3) = 12, which leaves 3 + (-12).",
        "3 + 4 = 7, which leaves 7 * (-3).",
        "3 + 4 * (-3) = -9, which leaves -9.",
        "4 * (-3) = -12.",
        "4 * (-3) = -12, which leaves 3 + 4 * (-3).",
        "4 * (2 - 5) = -12, which leaves 3 + (-12).",
        "x = y, which leaves z.",
    ],
)
def test_false_sentences_are_found(second):
    claims = [SENTENCES[0], second, "3 + (-12) = -9, which leaves -9."]
    assert calculate.kind().check_chain(task("3 + 4 * (2 - 5)"), claims) is not None


def test_a_sentence_replaces_one_operation():
    assert calculate.kind().check_chain(task("2 * 3 + 2 * 3"), ["2 * 3 = 6, which leaves 6 + 6."]) is not None
    for first in ("6 + 2 * 3", "2 * 3 + 6"):
        chain = [f"2 * 3 = 6, which leaves {first}.", "2 * 3 = 6, which leaves 6 + 6.", "6 + 6 = 12, which leaves 12."]
        assert calculate.kind().check_chain(task("2 * 3 + 2 * 3"), chain) is None


def test_numbers_are_whole_before_fractions_begin():
    kind = calculate.kind()
    for seed in range(40):
        made = kind.make(stream(seed, "calculate"), 0.6)
        state = kind.environment(made).initial_state(made)
        while moves := state.reductions:
            assert isinstance(moves[-1].result, int)
            state = kind.environment(made).step(state, len(moves) - 1).state
    assert any("/" in kind.make(stream(seed, "calculate"), 1.0)["answer"] for seed in range(20))
