"""Reading numbers and expressions: exactly, in the notations people use, and nothing else."""

from fractions import Fraction

import pytest

from zeroloop.errors import TaskError
from zeroloop.tasks._notation import evaluate, leaves, names, parse_equation, parse_expression, parse_number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (-0.1, Fraction(-1, 10)),
        ("3", 3),
        (" −3 ", -3),
        ("0.75", Fraction(3, 4)),
        (".5", Fraction(1, 2)),
        ("1e3", 1000),
        ("6/4", Fraction(3, 2)),
        ("(1 + 2) * 3", 9),
        ("[2]", 2),
        ("7 ÷ 2", Fraction(7, 2)),
        ("--3", 3),
        ("- 3", -3),
    ],
)
def test_numbers(value, number):
    assert parse_number(value) == number


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        float("nan"),
        float("inf"),
        "x",
        "",
        "1/0",
        "1 2",
        "3 4/5",
        "1,5",
        "0x10",
        "1_000",
        "²",
        "1e99999",
        [],
        b"1",
    ],
)
def test_what_is_no_number(value):
    with pytest.raises(TaskError, match="answer:"):
        parse_number(value)


def test_expressions_bind_as_usual():
    assert evaluate(parse_expression("2 + 3 * 4 - 6 / 3")) == 12
    assert evaluate(parse_expression("8 - 3 - 2")) == 3
    assert evaluate(parse_expression("-2 * -(3 - 5)")) == -4
    assert evaluate(parse_expression("2x(x + 1)"), {"x": Fraction(3)}) == 24
    assert names(parse_expression("2x + y")) == {"x", "y"}
    assert [*leaves(parse_expression("2x - 3"))] == [2, "x", 3]


@pytest.mark.parametrize("text", ["(1", "1)", "1 +", "* 2", "1 ** 2", "a.b", "f()", "1; 2", "__import__('os')", "()"])
def test_what_is_no_expression(text):
    with pytest.raises(TaskError):
        parse_expression(text)


def test_sizes_are_limited():
    for text in ("(" * 60 + "1" + ")" * 60, "1" * 101, "1+" * 600 + "1"):
        with pytest.raises(TaskError):
            parse_expression(text)
    assert evaluate(parse_expression("1" + "+1" * 499)) == 500


def test_equations_have_two_sides():
    left, right = parse_equation("2x + 3 = 7")
    assert evaluate(left, {"x": Fraction(2)}) == evaluate(right)
    for text in ("2x", "x = 1 = 2", "= 3"):
        with pytest.raises(TaskError):
            parse_equation(text)
