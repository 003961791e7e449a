"""What the first hole must come to: no program that does what is wanted is ever given up, and most others are soon."""

from contextlib import suppress

import pytest

from zeroloop.programs import focus as focuses
from zeroloop.programs.classes import runner
from zeroloop.programs.demands import FREE, SOME, Condition
from zeroloop.programs.designs import KEYS, design
from zeroloop.programs.enumeration import terms
from zeroloop.programs.identities import is_needless
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import language
from zeroloop.programs.python import one_line
from zeroloop.programs.random_programs import random_term, random_value
from zeroloop.programs.reader import read
from zeroloop.programs.rules import FEATURES, STATEMENTS
from zeroloop.programs.terms import TYPES, WRITTEN, read_signature, tree
from zeroloop.programs.values import FailedError, LimitError
from zeroloop.programs.vectors import FAILED, UnknownError, evaluated
from zeroloop.seeding import stream
from zeroloop.tasks._class_tests import hidden_tests

PARAMETERS = "a: int, numbers: list[int], text: str, words: list[str]"
CONSTANTS = (0, 1, 2, -1, 5, 7, "a")


def random_terms(count, features, size):
    """Programs of every type with such parameters, and arguments for each."""
    for number in range(count):
        rng = stream(number, "focus", size)
        kind = TYPES[number % len(TYPES)]
        signature = read_signature(f"def f({PARAMETERS}) -> {WRITTEN[kind]}")
        spoken = language(signature, CONSTANTS, features)
        arguments = [[random_value(rng, each.type) for each in signature.parameters] for _ in range(4)]
        yield signature, spoken, random_term(rng, spoken, int(rng.integers(2, size))), arguments


def value(evaluate, arguments):
    try:
        return evaluate(arguments)
    except LimitError:
        return None
    except FailedError:
        return FAILED


def steps(signature, term, examples):
    """The focus after each production."""
    focus, found = focuses.start(signature, examples), []
    for number in range(len(term)):
        focus = focuses.advanced(focus, term[: number + 1], number)
        found.append(focus)
    return found


def test_values_are_those_of_the_interpreter():
    compared = failed = 0
    for signature, _, term, inputs in random_terms(900, [*({*FEATURES} - STATEMENTS - {"recursion"})], 12):
        names = [each.name for each in signature.parameters]
        try:
            found = evaluated(tree(term), tuple(dict(zip(names, arguments, strict=True)) for arguments in inputs))
        except UnknownError:
            continue
        evaluate = evaluator(signature, term)
        for arguments, each in zip(inputs, found, strict=True):
            if (expected := value(evaluate, arguments)) is not None:
                assert each == expected and type(each) is type(expected), one_line(term)
                compared, failed = compared + 1, failed + (each is FAILED)
    assert compared > 1_500 and failed > 100


@pytest.mark.parametrize("features", [[], [each for each in FEATURES if each not in STATEMENTS], [*FEATURES]])
def test_what_fits_is_never_given_up(features):
    """A program, wanted to do what it does, is no dead end while it is written; for another result it mostly is one."""
    kept = given_up = 0
    for number, (signature, _, term, inputs) in enumerate(random_terms(700, features, 14)):
        evaluate = evaluator(signature, term)
        results = [(arguments, value(evaluate, arguments)) for arguments in inputs]
        examples = [each for each in results if each[1] is not None and each[1] is not FAILED]
        if not examples:
            continue
        found = steps(signature, term, examples)
        assert not any(focus.is_dead for focus in found), one_line(term)
        kept += 1
        other = random_value(stream(number, "other"), signature.returns)
        if other != examples[0][1]:
            given_up += steps(signature, term, [(examples[0][0], other)])[-1].is_dead
    assert kept > 150 and given_up > (0.05 if "loop" in features else 0.5) * kept


@pytest.mark.parametrize("returns", ["int", "bool", "str", "list[int]"])
def test_what_fits_is_never_given_up_in_all_small_programs(returns):
    signature = read_signature(f"def f(a: int, numbers: list[int], text: str) -> {returns}")
    spoken = language(signature, (0, 2, "a"))
    inputs = [[2, [3, 2, 3], "ab"], [0, [], "b"], [-1, [0], ""]]
    fitted = 0
    for size in range(1, 6):
        for number, term in enumerate(terms(spoken, spoken.start[0], size, True)):
            if size == 5 and number % 9:
                continue
            evaluate = evaluator(signature, term)
            examples = [(each, known) for each in inputs if (known := value(evaluate, each)) not in (None, FAILED)]
            if examples:
                fitted += 1
                assert not any(focus.is_dead for focus in steps(signature, term, examples)), one_line(term)
    assert fitted > 400


def of_class(whole, name, unwritten, cases, body):
    """The focus after each production of a method's body."""
    focus = focuses.start_of_method(whole, name, unwritten, cases)
    found = [focus]
    for number in range(len(body)):
        found.append(focus := focuses.advanced(focus, body[: number + 1], number))
    return found


FIRST = {KEYS[key][0].name: key for key in reversed(KEYS)}
"""A design of each family."""


@pytest.mark.parametrize("family", FIRST)
def test_no_solution_of_a_design_is_ever_given_up(family):
    """Whatever methods are still to be written; and a class that does something else is given up where it shows."""
    key = FIRST[family]
    whole, cases = design(key).whole, hidden_tests(key)
    names = [each.signature.name for each in whole.methods]
    for name in names:
        for others in ((), names[names.index(name) + 1 :], [each for each in names if each != name]):
            found = of_class(whole, name, others, cases, whole.method(name).term)
            assert not any(focus.is_dead for focus in found), (name, others)


def test_what_fits_is_never_given_up_in_methods():
    """A random method, wanted to do what it does, is no dead end; wanted to do what its design does, mostly it is."""
    kept = given_up = 0
    for number, (family, key) in enumerate([*FIRST.items()] * 8):
        rng = stream(number, "methods", family)
        whole = design(key).whole
        name = whole.methods[int(rng.integers(len(whole.methods)))].signature.name
        body = random_term(rng, design(key).languages[name], int(rng.integers(2, 16)))
        changed, fitting = whole.replaced(name, body), []
        for calls, _ in hidden_tests(key)[::3]:
            with suppress(FailedError):
                fitting.append((calls, runner(changed)(calls)))
        for others in ((), [each.signature.name for each in whole.methods if each.signature.name != name]):
            assert not any(focus.is_dead for focus in of_class(whole, name, others, fitting, body)), one_line(body)
        kept += bool(fitting)
        given_up += any(focus.is_dead for focus in of_class(whole, name, (), hidden_tests(key), body))
    assert kept > 100 and given_up > 0.5 * kept


def test_dead_ends_of_methods():
    """What is wrong at the first call is found before the body is done, and what was wrong before it at once."""
    whole = design("queue").whole
    cases = [([("enqueue", [3]), ("enqueue", [4]), ("dequeue", [])], [None, None, 3])]
    spoken = design("queue").languages["dequeue"]
    body = read(
        spoken, "self._items.append(2)\nresult = self._items[0]\nself._items = self._items[2:]\nreturn 2 + result"
    )
    found = [focus.is_dead for focus in of_class(whole, "dequeue", (), cases, body)]
    assert found == [False] * len(body) + [True]
    assert of_class(whole, "dequeue", (), cases, body)[-2].place.demands == (1,)
    wrong = whole.replaced("enqueue", read(design("queue").languages["enqueue"], "self._items = [value + 1]"))
    cases = [([("enqueue", [3]), ("front", []), ("dequeue", [])], [None, 3, 3])]
    assert focuses.start_of_method(wrong, "dequeue", (), cases).is_dead
    assert not focuses.start_of_method(wrong, "dequeue", ("front",), cases).is_dead, "front is not known"


def example(returns, *cases):
    return read_signature(f"def f(a: int, numbers: list[int], text: str) -> {returns}"), [
        ([a, numbers, text], result) for a, numbers, text, result in cases
    ]


@pytest.mark.parametrize(
    ("returns", "cases", "body", "at"),
    [
        ("list[int]", [(0, [1, 3], "", [3, 1])], "sorted(numbers)", 1),
        ("list[int]", [(0, [1, 3], "", [3, 1])], "[a]", 1),
        ("list[int]", [(0, [1, 3], "", [0, 1])], "list(range(a))", 2),
        ("list[int]", [(0, [1, 3], "", [3])], "numbers + numbers", 2),
        ("list[int]", [(0, [1, 3], "", [4])], "[x for x in numbers if x > 1]", 2),
        ("list[int]", [(0, [1, 3, 1], "", [1, 3])], "[x for x in numbers if x > 0]", 2),
        ("list[int]", [(0, [1, 3], "", [3])], "[x for x in numbers if x < 2 and a == 0]", 6),
        ("list[int]", [(0, [1, 3], "", [3])], "[x + 1 for x in numbers if x > a]", 8),
        ("int", [(4, [], "", 0)], "numbers[0] + a", 4),
        ("int", [(4, [], "", 0)], "max(numbers) + a", 3),
        ("int", [(4, [], "", 7)], "a * (a + 1)", 2),
        ("int", [(4, [], "", -1)], "len(numbers)", 1),
        ("int", [(4, [5], "", 6)], "a if a > 5 else numbers[0]", 7),
        ("int", [(4, [5], "", 6)], "a if a < 5 else 1 // 0", 5),
        ("int", [(4, [5], "", 6)], "min(a, 7)", 2),
        ("bool", [(4, [5], "", True)], "a > 5 and a > 0", 4),
        ("bool", [(4, [5], "", True)], "not a > 1", 4),
        ("str", [(2, [], "ab", "ab")], "text.upper()", 1),
        ("str", [(2, [], "ab", "abb")], "text * a", 2),
        ("str", [(2, [], "ab", "b")], "text[:a]", 2),
        ("int", [(2, [4], "", 5)], "result = max(numbers)\nfor x in numbers:\n    result = result + x", None),
        ("int", [(2, [], "", 5)], "result = max(numbers)\nfor x in numbers:\n    result = result + x", 3),
    ],
)
def test_dead_ends_are_found_as_early_as_they_can_be(returns, cases, body, at):
    """at: productions after which nothing fits any more."""
    signature, examples = example(returns, *cases)
    found = steps(signature, read(language(signature, CONSTANTS), body), examples)
    assert next((number for number, focus in enumerate(found, 1) if focus.is_dead), None) == at


def test_what_the_first_hole_must_come_to():
    signature, examples = example("int", (4, [5, 9], "", 6), (0, [1], "", 1))
    spoken = language(signature, CONSTANTS)

    def demands(body, written):
        return steps(signature, read(spoken, body), examples)[written - 1].place.demands

    assert demands("a + 1", 2) == (2, 1)
    assert demands("a - 1", 1) == (SOME, SOME)
    assert demands("1 if a < 1 else a", 5) == (6, FREE)
    assert demands("1 if a < 1 else a", 2) == (False, SOME)
    assert all(isinstance(each, Condition) for each in demands("numbers[a]", 1))
    signature, examples = example("list[int]", (4, [5, 9], "", [9]), (0, [1], "", []))
    condition = steps(signature, read(language(signature, CONSTANTS), "[x for x in numbers if x > a]"), examples)[1]
    assert condition.place.demands == (False, True, False)
    assert [each["x"] for each in condition.place.environments] == [5, 9, 1]


def test_statements_before_a_loop_are_followed():
    signature = read_signature("def f(a: int) -> int")
    spoken = language(signature, (0, 1, 2), ["let", "if", "loop"])
    body = "count = a + 1\nif count > 2:\n    return a\nreturn count * 2"
    found = steps(signature, read(spoken, body), [([1], 4), ([5], 5)])
    assert not any(focus.is_dead for focus in found)
    found = steps(signature, read(spoken, body), [([1], 5), ([5], 5)])
    assert [focus.is_dead for focus in found].index(True) == len(found) - 2  # (5 is no multiple of 2)
    body = "count = a // 0\nfor i in range(0, a):\n    count = i\nreturn count"
    assert steps(signature, read(spoken, body), [([1], 5)])[3].is_dead


@pytest.mark.parametrize("kind", ["int", "bool", "str", "list[int]", "list[str]"])
def test_a_smaller_program_does_what_one_with_needless_operands_does(kind):
    """Wherever it has a value."""
    signature = read_signature(f"def f(a: int, text: str, words: list[str]) -> {kind}")
    spoken = language(signature, (0, 1))
    inputs = [[3, "aB", ["b", "a"]], [-2, "", []], [0, "b", ["B"]]]
    known = {}
    needless = 0
    for size in range(1, 5 if kind != "int" else 4):
        for term in terms(spoken, spoken.start[0], size):
            evaluate = evaluator(signature, term)
            results = tuple(repr(value(evaluate, arguments)) for arguments in inputs)
            if not _has_needless(term):
                known.setdefault(results, term)
                continue
            needless += 1
            smaller = any(
                all(a in (b, repr(FAILED)) for a, b in zip(results, other, strict=True)) and len(written) < size
                for other, written in known.items()
            )
            assert smaller, one_line(term)
    assert needless > 50


def _has_needless(term):
    def below(node):
        return any(
            is_needless(node.head, place, child.head) or below(child) for place, child in enumerate(node.children)
        )

    return below(tree(term))
