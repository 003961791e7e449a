"""The smallest program that fits examples: known ones, and as small as that of all programs that there are."""

import pytest

from zeroloop.programs.enumeration import enumerate_programs, terms
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import language
from zeroloop.programs.python import one_line
from zeroloop.programs.reader import read
from zeroloop.programs.terms import read_signature
from zeroloop.programs.values import FailedError

LISTS = [[[3, 1, -2, 4]], [[]], [[2, 7, -1]], [[-5, 6, 6]], [[1, 9, 8]], [[-3, 1]], [[-9, 3]]]
PAIRS = [[3, 5], [-2, 1], [0, 4], [7, 7], [9, 2]]
TEXTS = [["abca"], ["x"], ["zya"], ["bb"]]


def enumerated(signature, inputs, body, most=200_000, constants=(0, 1, 2), features=(), most_size=30):
    """The smallest program that does for the inputs what the body does, and what was evaluated."""
    known = read_signature(signature)
    spoken = language(known, constants, features)
    evaluate = evaluator(known, read(spoken, body))
    examples = [(arguments, evaluate(arguments)) for arguments in inputs]
    found = enumerate_programs(known, spoken, examples, most, most_size)
    if found.term is not None:
        written = evaluator(known, found.term)
        assert all(written(arguments) == result for arguments, result in examples)
    return found


@pytest.mark.parametrize(
    ("signature", "inputs", "body", "size", "most"),
    [
        ("def f(numbers: list[int]) -> int", LISTS, "sum(numbers)", 2, 30),
        ("def f(numbers: list[int]) -> int", LISTS, "len([x for x in numbers if x > 0])", 6, 20_000),
        ("def f(numbers: list[int]) -> list[int]", LISTS, "[x for x in numbers if x % 2 == 0]", 7, 100_000),
        ("def f(numbers: list[int]) -> list[int]", LISTS, "[x * x for x in numbers]", 5, 3_000),
        ("def f(numbers: list[int]) -> bool", LISTS, "any(x > 2 for x in numbers)", 5, 3_000),
        ("def f(numbers: list[int]) -> bool", LISTS, "all(x > 0 for x in numbers)", 5, 3_000),
        ("def f(a: int, b: int) -> int", PAIRS, "a * b - 1", 5, 5_000),
        ("def f(a: int, b: int) -> int", PAIRS, "a if a > b else b", 3, 200),
        ("def f(text: str) -> bool", TEXTS, "text == text[::-1]", 4, 1_000),
        (
            "def f(numbers: list[int]) -> int",
            LISTS,
            "result = 0\nfor x in numbers:\n    result = x - result",
            6,
            50_000,
        ),
        ("def f(text: str) -> str", TEXTS, 'result = ""\nfor c in text:\n    result = result + c + c', 8, 100_000),
    ],
)
def test_known_programs_are_found(signature, inputs, body, size, most):
    found = enumerated(signature, inputs, body)
    assert found.term is not None and len(found.term) == size, one_line(found.term)
    assert found.evaluated <= most


@pytest.mark.parametrize(
    ("signature", "inputs"),
    [
        ("def f(a: int, numbers: list[int]) -> int", [[2, [3, -1]], [0, []], [-1, [4, 4, 0]]]),
        ("def f(a: int, numbers: list[int]) -> bool", [[2, [3, 2]], [0, []], [-1, [4, 4, 0]]]),
        ("def f(a: int, numbers: list[int]) -> list[int]", [[2, [3, 2]], [0, []], [-1, [4, 4, 0]]]),
        ("def f(a: int, text: str) -> str", [[2, "abA"], [0, ""], [1, "yy"]]),
    ],
)
def test_no_smaller_program_does_the_same(signature, inputs):
    """For whatever programs of up to four productions come to, the one that is found is as small as the smallest."""
    known = read_signature(signature)
    spoken = language(known, (0, 1, 2))
    smallest = {}
    for size in range(1, 5):
        for term in terms(spoken, spoken.start[0], size, True):
            evaluate = evaluator(known, term)
            try:
                results = [evaluate(arguments) for arguments in inputs]
            except FailedError:
                continue
            smallest.setdefault(repr(results), (size, results))
    assert len(smallest) >= 8
    for size, results in [*smallest.values()][:: max(1, len(smallest) // 25)]:
        examples = list(zip(inputs, results, strict=True))
        found = enumerate_programs(known, spoken, examples, 100_000)
        assert found.term is not None and len(found.term) == size, (one_line(found.term), results)


def test_programs_of_a_size_are_all_that_the_environment_can_write():
    """But for those with operands in another order."""
    spoken = language(read_signature("def f(a: int, text: str) -> str"), (0, 1))

    def count(holes, room, whole):
        """Programs of exactly `room` productions."""
        if not holes:
            return int(room == 0)
        moves = spoken.moves(holes[0], whole, room - 1) if room else ()
        return sum(count((*move.holes, *holes[1:]), room - 1, False) for move in moves)

    for size in range(1, 4):
        found = [*terms(spoken, spoken.start[0], size, True)]
        assert len({*found}) == len(found) and all(len(term) == size for term in found)
        assert len(found) <= count(spoken.start, size, True)
        if size < 3:  # (larger ones have operands that can change places)
            assert len(found) == count(spoken.start, size, True)


def test_statements_are_enumerated_whole():
    signature = "def f(a: int) -> int"
    body = "if a < 0:\n    return 0\nreturn a"
    found = enumerated(signature, [[-3], [0], [5]], body, features=["if"])
    assert found.term is not None and one_line(found.term) == "return max(0, a)"
    body = "count = a * a\nreturn count * count"
    found = enumerated(signature, [[-3], [2], [5]], body, features=["let"], constants=(), most=100_000)
    assert found.term is not None and len(found.term) == 8


def test_no_more_is_evaluated_than_is_allowed():
    body = "[x for x in numbers if x % 2 == 0 or x > 2]"
    for most in (0, 10, 1_000):
        assert enumerated("def f(numbers: list[int]) -> list[int]", LISTS, body, most=most) == (None, most)
    small = enumerated("def f(numbers: list[int]) -> list[int]", LISTS, body, most_size=3)
    assert small.term is None and small.evaluated < 1_000
