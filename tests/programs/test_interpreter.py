"""What programs come to: the named functions, the edges of every operation, and the limits of an evaluation."""

import math

import pytest

from zeroloop.programs import python
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import language
from zeroloop.programs.named import named_functions
from zeroloop.programs.reader import read
from zeroloop.programs.rules import FEATURES, STATEMENTS
from zeroloop.programs.terms import read_signature
from zeroloop.programs.values import LARGEST_INTEGER, FailedError, LimitError
from zeroloop.seeding import stream

CONSTANTS = (0, 1, 2, 5, -1, 10, 9999, "a")


def function(signature, body, *features, helpers=()):
    known = read_signature(signature)
    spoken = language(known, CONSTANTS, features, [each.signature for each in helpers])
    return evaluator(known, read(spoken, body), helpers)


def named(name):
    found = named_functions()[name]
    return evaluator(found.function.signature, found.function.term, found.helpers)


def _search(numbers, target):
    return numbers.index(target) if target in numbers else -1


def _fibonacci(n):
    return n if n < 2 else _fibonacci(n - 1) + _fibonacci(n - 2)


ORACLES = {
    "sum_list": sum,
    "reverse_string": lambda text: "".join(reversed(text)),
    "is_even": lambda n: not n & 1,
    "factorial": math.factorial,
    "binary_search": _search,
    "merge": lambda first, second: sorted([*first, *second]),
    "merge_sort": sorted,
    "fibonacci": _fibonacci,
    "prime_check": lambda n: n > 1 and all(n % d for d in range(2, n)),
}


@pytest.mark.parametrize("name", ORACLES)
def test_named_functions_do_what_their_names_say(name):
    evaluate, rng = named(name), stream(1, name)
    for number in range(40):
        if name == "reverse_string":
            arguments = ["".join(map(chr, rng.integers(97, 123, number % 9).tolist()))]
        elif name in ("is_even", "factorial", "fibonacci", "prime_check"):
            arguments = [number % 18 if name in ("factorial", "fibonacci") else number]
        else:
            lists = [sorted({*rng.integers(-20, 20, number % 9).tolist()}) for _ in range(2)]
            arguments = [*lists] if name == "merge" else [lists[0]]
            arguments += [int(rng.integers(-20, 20))] if name == "binary_search" else []
        before = repr(arguments)
        assert evaluate(arguments) == ORACLES[name](*arguments), arguments
        assert repr(arguments) == before
    assert set(ORACLES) == set(named_functions())


@pytest.mark.parametrize(
    ("returns", "body", "value"),
    [
        ("int", "a // 2", -4),
        ("int", "a % 2", 1),
        ("int", "a % (0 - 2)", -1),
        ("int", "numbers[-1]", 3),
        ("list[int]", "numbers[1:]", [5, 3]),
        ("list[int]", "numbers[9999:]", []),
        ("list[int]", "numbers[:9999]", [4, 5, 3]),
        ("list[int]", "numbers[2:1]", []),
        ("list[int]", "list(range(a))", []),
        ("str", "text[1:2]", "b"),
        ("str", "text[-1]", "c"),
        ("str", "text * 0", ""),
        ("int", 'text.count("a")', 1),
        ("bool", '"" in text', True),
        ("bool", "any(x > 9999 for x in numbers) or a < 0", True),
        ("bool", "a < 0 or numbers[9999] > 0", True),
        ("bool", "a > 0 and numbers[9999] > 0", False),
        ("int", "1 if a < 0 else numbers[9999]", 1),
        ("int", "9999 * 9999 * 9999", 9999**3),
        ("str", "str(a) + text", "-7abc"),
    ],
)
def test_values_of_operations_at_their_edges(returns, body, value):
    evaluate = function(
        f"def f(a: int, numbers: list[int], text: str) -> {returns}", body, *(set(FEATURES) - STATEMENTS)
    )
    assert evaluate([-7, [4, 5, 3], "abc"]) == value


@pytest.mark.parametrize(
    ("returns", "body"),
    [
        ("int", "1 // 0"),
        ("int", "a % 0"),
        ("int", "numbers[a]"),
        ("int", "numbers[9999]"),
        ("int", "max(numbers[9999:])"),
        ("list[int]", "numbers[a:]"),
        ("list[int]", "numbers[:a]"),
        ("list[int]", "numbers[a:1]"),
        ("str", "text[0 - 1]"),
        ("str", "text * a"),
        ("int", 'text.count("")'),
        ("list[str]", 'text.split("")'),
        ("int", "9999 * 9999 * 9999 * 9999"),
        ("int", "0 - 9999 * 9999 * 9999 * 9999"),
    ],
)
def test_operations_without_a_value(returns, body):
    evaluate = function(
        f"def f(a: int, numbers: list[int], text: str) -> {returns}", body, *(set(FEATURES) - STATEMENTS)
    )
    with pytest.raises(FailedError):
        evaluate([-7, [4, 5, 3], "abc"])


def test_integers_end_where_numbers_of_javascript_are_no_longer_exact():
    evaluate = function("def f(a: int, b: int) -> int", "a + b")
    assert evaluate([LARGEST_INTEGER - 1, 1]) == LARGEST_INTEGER
    assert evaluate([-LARGEST_INTEGER, 0]) == -LARGEST_INTEGER
    total = function("def f(numbers: list[int]) -> int", "sum(numbers)")
    for arguments in ([LARGEST_INTEGER, 1], [-LARGEST_INTEGER, -1]):
        with pytest.raises(LimitError):
            evaluate(arguments)
        with pytest.raises(LimitError):
            total([[*arguments, -arguments[0]]])  # (what is in between counts, too)


@pytest.mark.parametrize(
    "body",
    [
        "while n == n:\n    n += 1\nreturn n",
        "return f(n + 1)",
        "return f(n) + f(n)",
        "result = 0\nfor i in range(9999):\n    result += i\nreturn result",
        "for i in range(9999 // 10):\n    for j in range(9999 // 10):\n        n += 1\nreturn n",
        "values = []\nfor i in range(9999 // 5):\n    values.append(i)\nreturn len(values)",
        'line = "a"\nwhile n == n:\n    line += line\nreturn len(line)',
        "while n == n:\n    n *= 9999\nreturn n",
    ],
)
def test_evaluations_without_end_are_given_up(body):
    with pytest.raises(LimitError):
        function("def f(n: int) -> int", body, *FEATURES)([3])


def test_an_evaluation_starts_with_all_of_its_budget():
    evaluate = function("def f(n: int) -> int", "if n < 1:\n    return 0\nreturn 1 + f(n - 1)", "if", "recursion")
    for _ in range(300):
        assert evaluate([30]) == 30
    with pytest.raises(LimitError):
        evaluate([100])
    assert evaluate([30]) == 30


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("values = numbers\nvalues.append(1)\nreturn values", [5, 6, 1]),
        ("values = numbers\nitems = values\nitems[0] = 1\nreturn values + items", [5, 6, 1, 6]),
        (
            "values = []\nitems = values\nvalues.append(1)\nitems = values\nvalues.append(2)\nreturn items + values",
            [1, 1, 2],
        ),
        ("values = numbers\nfor x in values:\n    values.append(x)\nreturn values", [5, 6, 5, 6]),
        (
            "values = numbers\ncount = values.pop()\nvalue = values.pop(0)\nreturn values + [count - value]",
            [1],
        ),
        ("values = numbers\nfor x in values:\n    count = values.pop()\nreturn values + numbers", [5, 6]),
        ("values = f(numbers)\nvalues.append(1)\nreturn numbers", None),
    ],
)
def test_lists_are_values(body, value):
    """What is bound to a name changes under this name alone; the printed program copies where it must."""
    signature = "def f(numbers: list[int]) -> list[int]"
    known = read_signature(signature)
    if value is None:
        body = f"if len(numbers) < 1:\n    return numbers\n{body.replace('f(numbers)', 'f(numbers[1:])')}"
        value = [5, 6]
    term = read(language(known, CONSTANTS, FEATURES), body)
    arguments = [[5, 6]]
    assert evaluator(known, term)(arguments) == value and arguments == [[5, 6]]
    scope = {}
    lines = "".join(f"    {line}\n" for line in python.body_lines(term))
    exec(f"{signature}:\n{lines}", scope)
    assert scope["f"](*arguments) == value and arguments == [[5, 6]]


def test_items_are_taken_out_of_lists_and_maps():
    """Only where they are: an empty list has none, and a map not every key."""
    signature = read_signature("def f(numbers: list[int], key: int) -> list[int]")
    body = "table = {}\nfor x in numbers:\n    table[x] = 1\ndel table[key]\nreturn sorted(table)"
    spoken = language(signature, (0, 1, 2), ("let", "loop", "list", "map"))
    evaluate = evaluator(signature, read(spoken, body))
    assert evaluate([[3, 1, 2], 1]) == [2, 3]
    with pytest.raises(FailedError):
        evaluate([[3, 1, 2], 0])
    for first in ("", "0"):
        body = f"values = numbers\ncount = values.pop({first})\nreturn values"
        evaluate = evaluator(signature, read(spoken, body))
        assert evaluate([[3, 1], 0]) == ([1] if first else [3])
        with pytest.raises(FailedError):
            evaluate([[], 0])


def test_results_are_the_callers_own():
    evaluate = function("def f(numbers: list[int]) -> list[int]", "numbers")
    numbers = [1]
    evaluate([numbers]).append(2)
    assert numbers == [1]


def test_maps_count_and_helpers_are_called():
    body = "counts = {}\nfor c in text:\n    counts[c] = counts.get(c, 0) + 1\nreturn counts"
    count = function("def f(text: str) -> dict[str, int]", body, "let", "loop", "map")
    assert count(["abca"]) == {"a": 2, "b": 1, "c": 1}
    keys = function("def f(table: dict[str, int]) -> list[str]", "sorted(table)")
    assert keys([{"b": 1, "a": 2}]) == ["a", "b"]
    merge = named_functions()["merge"].function
    twice = function("def f(numbers: list[int]) -> list[int]", "merge(numbers, numbers)", helpers=[merge])
    assert twice([[1, 2]]) == [1, 1, 2, 2]
