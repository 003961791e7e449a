"""Programs in Python, JavaScript and Java do what the interpreter says, and look as a person would write them."""

import subprocess
import sys

import pytest

from benchmarks.printers import LANGUAGES, available, disagreements, text
from zeroloop import sandbox
from zeroloop.programs import java, javascript, python
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import language
from zeroloop.programs.named import named_functions
from zeroloop.programs.random_programs import Case, random_case
from zeroloop.programs.reader import read
from zeroloop.programs.rules import FEATURES
from zeroloop.programs.terms import Function, read_signature
from zeroloop.seeding import stream

CONSTANTS = (0, 1, 2, 3, 5, 9, 100, 1000, -1, "a", "ab", ", ")


@pytest.fixture(params=LANGUAGES)
def printed(request):
    """A language whose toolchain is installed."""
    if request.param not in available():
        pytest.skip(f"{request.param}: its toolchain is not installed")
    return request.param


@pytest.fixture(scope="module")
def cases():
    rng = stream(11, "printers")
    return [random_case(rng, f"f{number}", 10) for number in range(300)]


def test_random_programs_do_what_the_interpreter_says(printed, cases):
    assert not disagreements(printed, cases)


def test_a_wrong_program_is_found(printed):
    """The comparison itself: a program that is printed in place of another, and one that changes its arguments."""
    case = case_of("def f(a: int, b: int) -> int", "a - b", [[1, 2], [5, 5]])
    other = case._replace(calls=[(arguments, value + (arguments[0] == 1)) for arguments, value in case.calls])
    assert not disagreements(printed, [case])
    (found,) = disagreements(printed, [other])
    assert "f[1, 2] is 0, not -1" in found and "a - b" in found


def case_of(signature, body, arguments, says=""):
    known = read_signature(signature)
    spoken = language(known, CONSTANTS, FEATURES)
    function = Function(known, read(spoken, body), says)
    evaluate = evaluator(known, function.term)
    return Case(spoken, function, (), [(each, evaluate(each)) for each in arguments])


ARGUMENTS = {
    "sum_list": [[[3, 1, 4]], [[]]],
    "reverse_string": [["abc"], [""]],
    "is_even": [[4], [-3], [0]],
    "factorial": [[0], [1], [17]],
    "binary_search": [[[1, 3, 5, 7], 5], [[1, 3, 5, 7], 4], [[], 1]],
    "merge": [[[1, 3], [2, 4]], [[], [1]]],
    "merge_sort": [[[3, 1, 2, 3, -5]], [[]], [[1]]],
    "fibonacci": [[0], [1], [10], [40]],
    "prime_check": [[0], [1], [2], [9], [97]],
}


def test_named_functions_run_in_all_languages(printed):
    cases = []
    for name, each in named_functions().items():
        evaluate = evaluator(each.function.signature, each.function.term, each.helpers)
        calls = [(arguments, evaluate(arguments)) for arguments in ARGUMENTS[name]]
        spoken = language(each.function.signature, each.constants, each.features)
        cases.append(Case(spoken, each.function, each.helpers, calls))
    assert not disagreements(printed, cases)


@pytest.mark.parametrize("name", LANGUAGES)
def test_printed_programs_run_in_the_sandbox(name, installed):
    """It converts arguments by declared types, and finds the functions by the names of the tasks."""
    installed(name)
    printer = {"python": python.source, "javascript": javascript.source, "java": java.source}[name]
    for each in named_functions().values():
        signature = each.function.signature
        evaluate = evaluator(signature, each.function.term, each.helpers)
        calls = [sandbox.Call(signature.name, arguments) for arguments in ARGUMENTS[signature.name]]
        outcomes = sandbox.run(name, printer(*each.helpers, each.function), calls).outcomes
        found = [(outcome.kind, outcome.value) for outcome in outcomes]
        assert found == [("returned", evaluate(call.arguments)) for call in calls], signature.name


HARD = (
    # Division and remainders of negative numbers, and remainders that are compared with 0.
    ("def f(a: int, b: int) -> int", "a // b * 1000 + a % b", [[7, 2], [-7, 2], [7, -2], [-7, -2], [10**12 + 1, 3]]),
    ("def f(a: int, b: int) -> bool", "a % b == 0", [[-4, 2], [4, -2], [-3, 2], [0, 5]]),
    ("def f(a: int, b: int) -> int", "a * b % 3", [[0, -5], [-2, 5]]),
    # Constants alone exceed what 32 bits hold.
    (
        "def f(a: int) -> int",
        "return 1000 * 1000 * 1000 * 1000 + a",
        [[1]],
    ),
    # Objects of Java's class Long are compared by value.
    ("def f(n: list[int]) -> bool", "return n[0] == n[1] and n[-1] != max(n[:1])", [[[9999, 9999, 1]], [[1, 2, 1]]]),
    # A list is copied where two names have it, and a loop goes over what it was.
    ("def f(n: list[int]) -> list[int]", "a = n\na.append(1)\nb = a\nb[0] = 5\nreturn a + b", [[[2]], [[7, 8]]]),
    ("def f(n: list[int]) -> list[int]", "a = n\nfor x in a:\n    a.append(x)\nreturn a", [[[2, 3]], [[]]]),
    # What is taken out of a list is an object in Java, and names do not share the list.
    (
        "def f(n: list[int]) -> list[int]",
        "a = n\nb = a\ncount = a.pop()\nvalue = b.pop(0)\nif count == value:\n    a.append(value)\nreturn a + b",
        [[[9999, 2, 9999]], [[7, 8]], [[5]]],
    ),
    (
        "def f(t: str) -> dict[str, int]",
        "k = {}\nfor c in t:\n    k[c] = 1\nfor c in sorted(k):\n    del k[c]\n    break\ndel k[t[0]]\nreturn k",
        [["cab"], ["bca"]],
    ),
    # The end of a range is found once, and a function of items sees a variable that changes.
    ("def f(n: int) -> int", "k = 0\nfor i in range(n):\n    n += 1\n    k += n\nreturn k", [[3], [0]]),
    (
        "def f(n: list[int]) -> int",
        "k = 0\nfor i in range(3):\n    k += sum(x * k + i for x in n)\nreturn k",
        [[[1, 2]]],
    ),
    ("def f(n: list[int]) -> int", "k = 0\nwhile any(x > k for x in n):\n    k += 1\nreturn k", [[[1, 7]], [[]]]),
    # Statements that are never reached are refused by the compiler, and conditions that it knows.
    ("def f(n: int) -> int", "while True:\n    n += 1\n    if n > 9:\n        return n\nreturn 0", [[3]]),
    ("def f(n: int) -> int", "while 1 < 2:\n    n += 1\n    if n > 9:\n        return n\nreturn 0", [[3]]),
    (
        "def f(n: int) -> int",
        "while n > 0:\n    if n > 5:\n        n = 2\n        break\n    else:\n        break\n    n = 1\nreturn n",
        [[3], [9]],
    ),
    # Characters are no texts in Java.
    (
        "def f(t: str) -> str",
        'k = ""\nfor c in t:\n    k = c + c + k\n    if c == "a" or c in "ab":\n        k += t[0]\nreturn k',
        [["abc"], [""]],
    ),
    ("def f(t: str) -> dict[str, int]", "k = {}\nfor c in t:\n    k[c] = k.get(c, 0) + 1\nreturn k", [["abca"], [""]]),
    ("def f(t: str) -> str", 'return ", ".join(sorted(t.split("a"))) + t[1:][:2] + str(len(t))', [["cabad"], [""]]),
    ("def f(n: list[int], a: int) -> int", "return n.count(a if a > 1 else 1)", [[[2, 2, 1], 2], [[1], 0]]),
    ("def f(t: str, n: int) -> str", "t = t * n\nt = t + t\nreturn t", [["ab", 3], ["", 0]]),
    # Both values of an assignment of two are found before either changes.
    ("def f(a: int, b: int) -> int", "while b != 0:\n    a, b = b, a % b\nreturn a", [[12, 18], [7, 0]]),
    ("def f(a: int, b: int) -> int", "a, b = a + b, a - b\nreturn a * 100 + b", [[5, 3]]),
)


def test_programs_that_languages_differ_in(printed):
    cases = [
        case_of(signature.replace(" f(", f" f{number}("), body, arguments)
        for number, (signature, body, arguments) in enumerate(HARD)
    ]
    assert not disagreements(printed, cases)


def test_printed_python_is_as_a_formatter_leaves_it(cases):
    whole = "\n\n".join(text("python", case) for case in cases)
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "320", "--isolated", "-"]
    formatted = subprocess.run(command, input=whole, capture_output=True, text=True, check=True).stdout
    assert whole.splitlines() == formatted.splitlines()


def test_a_loop_is_printed_as_people_write_it():
    loop = "for i in range(len(numbers)):\n    if numbers[i] % 2 == 0 and i > 1:\n        total += numbers[i] // 2"
    body = f"total = 0\n{loop}\nreturn total"
    case = case_of("def f(numbers: list[int]) -> int", body, [], "the sum of some halves")
    assert python.source(case.function) == (
        "def f(numbers: list[int]) -> int:\n"
        '    """Return the sum of some halves."""\n'
        "    result = 0\n"
        "    for i in range(len(numbers)):\n"
        "        if numbers[i] % 2 == 0 and i > 1:\n"
        "            result += numbers[i] // 2\n"
        "    return result\n"
    )
    assert javascript.source(case.function) == (
        "/**\n"
        " * Returns the sum of some halves.\n"
        " *\n"
        " * @param {number[]} numbers\n"
        " * @returns {number}\n"
        " */\n"
        "function f(numbers) {\n"
        "  let result = 0;\n"
        "  for (let i = 0; i < numbers.length; i++) {\n"
        "    if (numbers[i] % 2 === 0 && i > 1) {\n"
        "      result += Math.floor(numbers[i] / 2);\n"
        "    }\n"
        "  }\n"
        "  return result;\n"
        "}\n"
    )
    assert java.source(case.function) == (
        "import java.util.List;\n"
        "\n"
        "final class Solution {\n"
        "    /** Returns the sum of some halves. */\n"
        "    public static long f(List<Long> numbers) {\n"
        "        long result = 0;\n"
        "        for (long i = 0; i < numbers.size(); i++) {\n"
        "            if (numbers.get((int) i) % 2 == 0 && i > 1) {\n"
        "                result += Math.floorDiv(numbers.get((int) i), 2);\n"
        "            }\n"
        "        }\n"
        "        return result;\n"
        "    }\n"
        "}\n"
    )


def test_comprehensions_are_printed_as_people_write_them():
    case = case_of("def f(numbers: list[int]) -> int", "return sum(x * x for x in numbers if x % 2 == 1)", [])
    assert "return sum(x * x for x in numbers if x % 2 == 1)" in python.source(case.function)
    assert (
        "return numbers.filter((x) => floorMod(x, 2) === 1).map((x) => x * x).reduce((sum, each) => sum + each, 0);"
    ) in javascript.source(case.function)
    assert (
        "return numbers.stream().filter(x -> Math.floorMod(x, 2) == 1).mapToLong(x -> x * x).sum();"
    ) in java.source(case.function)


@pytest.mark.parametrize("source", [python.source, javascript.source, java.source])
def test_holes_are_printed_and_helpers_only_where_they_are_called(source):
    signature = read_signature("def f(numbers: list[int], n: int) -> int")
    spoken = language(signature, CONSTANTS, FEATURES)
    (start,) = spoken.start
    assert "BLOCK" in source(Function(signature, spoken.start))
    for move in spoken.moves(start, True, 8):
        found = source(Function(signature, (move, *move.holes)))
        expected = {"BLOCK": "BLOCK", "STEPS": "STEPS", "INT": "INT", "BOOL": "BOOL"}
        assert any(hole in found for hole in expected), found
        assert "floorMod" not in found and "reversed" not in found
