from fractions import Fraction

import pytest

from zeroloop.envs import quadratic as rules
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import _surds as surds
from zeroloop.tasks import quadratic
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = quadratic.kind()
TWO_ROOTS = {"left": [2, -1, -6], "right": [0, 0, 0]}  # 2 and -3/2
GOLDEN = {"left": [1, 0, 0], "right": [0, 1, 1]}  # (1 +- sqrt(5))/2
DOUBLE = {"left": [1, -4, 4], "right": [0, 0, 0]}
NONE = {"left": [1, 1, 1], "right": [0, 0, 0]}


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    episodes = 7
    tasks = (
        None,
        {"left": [1, -5, 6], "right": [0, 0, 0]},
        {"left": [6, 7, -20], "right": [0, 0, 0]},
        {"left": [0, "1/2", 0], "right": ["-1/3", 0, 4]},
        {"left": [4, 12, 9], "right": [0, 0, 0]},
        {"left": [2, 0, 3], "right": [0, 1, 1]},
        {"left": [1, 0, 0], "right": [0, 0, 12]},
    )


RIGHT = {
    "two roots": (
        TWO_ROOTS,
        *(
            "x = 2 or x = -3/2",
            "{2, -1.5}",
            "2, -3/2",
            "x1 = 2, x2 = -1.5",
            "x = -3/2, 2",
            "2 and -1.5",
            "x₁ = 2; x₂ = -3/2",
        ),
        *("x=2\nx=-1.5", "(2, -3/2)", "[-3/2, 2]", "x ∈ {2, -3/2}", "S = {2, -6/4}.", "x = 2 or -3/2", "x = (1 ± 7)/4"),
        *(r"x = 2 \text{ or } x = -\frac{3}{2}", r"$x \in \left\{2, -\frac32\right\}$".replace("32", "{3}{2}")),
        *([2, -1.5], ["2", "-3/2"], ["x = 2", -1.5], (2, "-3/2"), {"x1": 2, "x2": "-3/2"}, {"x": [2, -1.5]}),
    ),
    "irrational roots": (
        GOLDEN,
        *("(1 ± sqrt(5))/2", "x = (1 + √5)/2 or x = (1 - √5)/2", "1/2 + sqrt(5)/2, 1/2 - sqrt(5)/2", "0.5 ± 0.5√5"),
        *("x1,2 = (1 +- sqrt 5)/2", r"\frac{1 \pm \sqrt{5}}{2}", "1/2 ± sqrt(5/4)", "(1 + 5^(1/2))/2, (1 - 5^0.5)/2"),
        *("(1 - sqrt(20)/2)/2 or 2/(sqrt(5) - 1)", ["(1 + sqrt(5))/2", "(1 - sqrt(5))/2"]),
    ),
    "a double root": (
        DOUBLE,
        "2",
        "x = 2",
        "2, 2",
        "x = 2 (double root)",
        "x1 = x2 = 2",
        2,
        2.0,
        [2],
        ["2", 2],
        {"x": 2},
    ),
    "no root": (
        NONE,
        *("no real solution", "No real solutions.", "none", "no solution", "∅", "{}", "there are no real roots"),
        ["no real solution"],
    ),
}
WRONG = {
    "two roots": (
        TWO_ROOTS,
        *(
            "x = 2",
            "-3/2",
            "x = 2 or x = 3/2",
            "x = -2 or x = 3/2",
            "2, -3/2, 1",
            "2, 2",
            "2, -3/2, 2",
            "no real solution",
        ),
        *(
            "x = 2 or x = -1.4999",
            "y = 2, y = -3/2",
            "2 -3/2",
            "x > 2",
            "2 | -3/2 |",
            "",
            [],
            [2],
            [[2, -1.5]],
            {},
            None,
        ),
        *(2, True, {"y": [2, -1.5]}, [2, None], "2 oder -3/2", "x = 2 or x = -3/2 or", "x^2 = 4", "2x = 4, x = -3/2"),
    ),
    "irrational roots": (
        GOLDEN,
        *("1.618, -0.618", "(1 ± sqrt(5))", "(-1 ± sqrt(5))/2", "(1 + sqrt(5))/2", "(1 ± sqrt(3))/2", "1 ± sqrt(5)/2"),
        *([1.618033988749895, -0.6180339887498949], "(1 ± sqrt(-5))/2", "(1 ± sqrt(5))/0", "sqrt(sqrt(25))", "√2 + √3"),
        *("1/(sqrt(2) + sqrt(3))", "(1 ± 2.236067977)/2", "√" * 400 + "5", "9" * 90 + "^2", "sqrt(" + "9" * 60 + ")"),
    ),
    "a double root": (DOUBLE, "2, 2, 2", "-2", "2, -2", "2, 0", "no real solution", [2, 2, 2], "4", 4),
    "no root": (
        NONE,
        "x = 1",
        "(-1 ± sqrt(3))/2",
        "(-1 ± sqrt(-3))/2",
        "",
        [],
        {},
        None,
        0,
        "no",
        "no idea",
        "infinity",
    ),
}


class TestKind(TaskKindConformance):
    kind = KIND
    right = RIGHT
    wrong = WRONG


def test_broken_tasks():
    for left in ([1, 2], [0, 1, 2], ["1/0", 1, 1], [True, 1, 1], [1.5, 0, 0], "abc", [10**9, 1, 1]):
        task = {"left": left, "right": [0, 0, 0]}
        assert KIND.verify(task, "2").verdict == "error"
        with pytest.raises(TaskError, match="left"):
            rules.environment().initial_state(task)


def played(task, *names):
    """The state after moves by name, and what they claim."""
    return walked(KIND, task, *names)[1:3]


SQUARE = ("subtract x from both sides", "add 1/4 to both sides", "write as a square", "take square roots")
ROOT = ("take 1/2 out of the root", "add 1/2 to both sides", "write both cases")


def test_a_square_is_completed():
    state, claims = played(GOLDEN, *SQUARE, *ROOT)
    assert rules.environment().answer(state) == "x = (1 + sqrt(5))/2 or x = (1 - sqrt(5))/2"
    assert claims[1] == "Add 1/4 to both sides: x^2 - x = 1 becomes x^2 - x + 1/4 = 5/4."
    assert claims[-2] == "Add 1/2 to both sides: x - 1/2 = ±sqrt(5)/2 becomes x = (1 ± sqrt(5))/2."
    assert KIND.check_chain(GOLDEN, claims) is None


def test_a_wrong_number_makes_no_square():
    state, _ = played(GOLDEN, "subtract x from both sides")
    environment = rules.environment()
    added = [environment.action_name(state, a) for a in environment.legal_actions(state)]
    assert {"add 1/4 to both sides", "add 1 to both sides", "add 1/16 to both sides"} <= set(added)
    state, _ = played(GOLDEN, "subtract x from both sides", "add 1/16 to both sides")
    assert "write as a square" not in [environment.action_name(state, a) for a in environment.legal_actions(state)]


def test_only_the_right_split_can_be_factored():
    environment, solved = rules.environment(), []
    start = environment.initial_state(TWO_ROOTS)
    splits = [a for a in environment.legal_actions(start) if environment.action_name(start, a).startswith("split")]
    for split in splits:
        states = [environment.step(start, split).state]
        for prefix in ("take", "take", "factor"):
            states = [
                environment.step(state, action).state
                for state in states
                for action in environment.legal_actions(state)
                if environment.action_name(state, action).startswith(prefix)
            ]
        solved += [environment.action_name(start, split)] * bool(states)
    assert len(splits) == 3 and solved == ["split -x into 3x - 4x"]


def test_the_negative_square():
    moves = (
        "subtract 1 from both sides",
        "add 1/4 to both sides",
        "write as a square",
        "see that no square is negative",
    )
    state, claims = played(NONE, *moves)
    assert claims[-1] == "No square is negative: (x + 1/2)^2 = -3/4 has no real solution."
    assert rules.environment().answer(state) == "no real solution"
    assert KIND.check_chain(NONE, claims) is None
    assert KIND.check_chain(NONE, claims[:-1]) is not None


def test_false_sentences_are_refused():
    _, claims = played(GOLDEN, *SQUARE, *ROOT)
    for at, old, new in (
        (0, "Subtract x from", "Subtract 2x from"),
        (1, "Add 1/4", "Add 1/2"),
        (1, "Add 1/4 to both sides", "Split the middle term"),
        (2, "Write as a square", "Because I say so"),
        (3, "±sqrt(5/4)", "sqrt(5/4)"),
        (3, "x - 1/2 = ±sqrt(5/4).", "x - 1/2 = ±sqrt(5/4) or x = 7."),
        (6, " or x = (1 - sqrt(5))/2", ""),
        (6, "(1 - sqrt(5))/2", "(1 - sqrt(6))/2"),
        (6, "becomes", "is"),
    ):
        assert old in claims[at]
        assert KIND.check_chain(GOLDEN, [*claims[:at], claims[at].replace(old, new), *claims[at + 1 :]]) is not None
    unsimplified = [
        *claims[:4],
        "Write both cases: x - 1/2 = ±sqrt(5/4) becomes x = 1/2 + sqrt(5/4) or x = 1/2 - sqrt(5/4).",
    ]
    assert "simplest form" in str(KIND.check_chain(GOLDEN, unsimplified))


def test_the_pair_that_a_factor_is_taken_out_of_is_named_rightly():
    claims = walked(KIND, TWO_ROOTS, *KIND.solve(TWO_ROOTS).steps).claims
    assert KIND.check_chain(TWO_ROOTS, claims) is None
    named = [at for at, claim in enumerate(claims) if " pair:" in claim]
    assert len(named) == 2
    for at in named:
        old, new = ("first", "second") if "first" in claims[at] else ("second", "first")
        false = [*claims[:at], claims[at].replace(old, new), *claims[at + 1 :]]
        assert "not true" in str(KIND.check_chain(TWO_ROOTS, false))


def test_every_move_is_claimed_truly():
    """Random play, solved or not: no sentence is refused, and play seldom gets anywhere."""
    environment, solved = rules.environment(), 0
    for number in range(30):
        rng = stream(number, "claims")
        task = KIND.make(rng, number / 29)
        state, claims = environment.initial_state(task), []
        while legal := environment.legal_actions(state):
            action = int(rng.integers(len(legal)))
            claims.append(environment.claim(state, action))
            state = environment.step(state, action).state
        refused = KIND.check_chain(task, claims)
        assert refused is None or refused.startswith("not solved"), f"{refused}: {task}"
        assert (refused is None) == (environment.score(state) == 1)
        solved += refused is None
    assert solved < 5


def test_every_number_of_steps_suffices():
    for number in range(60):
        task = KIND.make(stream(number, "steps"), number / 59)
        assert 1 <= len(task["steps"]) <= rules.MAX_STEPS - 4
        state, claims = played(task, *task["steps"])
        assert rules.environment().score(state) == 1 and KIND.check_chain(task, claims) is None


def test_roots_of_squares():
    for radicand in range(1, 2_000):
        outside, inside = surds.extracted(radicand)
        assert outside**2 * inside == radicand and all(inside % s**2 for s in range(2, 45))
    assert surds.extracted(999_983**2) == (999_983, 1) and surds.extracted(999_999_999_989) == (1, 999_999_999_989)


def test_arithmetic_of_surds():
    (a,), (b,) = surds.read_number("1 + sqrt(2)"), surds.read_number("sqrt(6)/2")
    assert surds.write(surds.multiply(a, a)) == "3 + 2*sqrt(2)" and surds.write(surds.inverse(a)) == "-1 + sqrt(2)"
    assert surds.multiply(b, b) == surds.number(Fraction(3, 2))
    assert len(surds.multiply(a, b).terms) == 2
    assert surds.add(a, surds.negative(a)) == surds.ZERO
