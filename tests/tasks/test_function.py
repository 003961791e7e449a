"""Programs: their environment, the language they are written in, and the verification of functions."""

import dataclasses
import functools
import random
import subprocess
import sys

import pytest

from zeroloop.envs import program
from zeroloop.errors import SandboxError, TaskError
from zeroloop.programs.canonical import canonical
from zeroloop.programs.enumeration import terms
from zeroloop.programs.identities import is_needless
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import language
from zeroloop.programs.python import one_line, source
from zeroloop.programs.reader import read
from zeroloop.programs.terms import LEAST, Function, read_signature, tree
from zeroloop.programs.values import FailedError, LimitError
from zeroloop.sandbox import Call, Limits, run
from zeroloop.seeding import stream
from zeroloop.tasks import _function_tests as arguments_of
from zeroloop.tasks import _functions, function
from zeroloop.tasks._function_tests import agrees, study
from zeroloop.tasks._specifications import specifications
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import ProgramKindConformance

KIND, RULES = function.kind(), program.environment()
SUM_LIST = {
    "type": "function",
    "kind": "function",
    "difficulty": 0.0,
    "language": "python",
    "function_name": "sum_list",
    "signature": "def sum_list(numbers: list[int]) -> int",
    "spec": "sum list",
    "test_cases": [{"input": [[3, 1]], "output": 4}, {"input": [[]], "output": 0}],
    "max_size": 6,
}


STATEMENTS = {
    "language": "python",
    "signature": "def f(numbers: list[int], text: str) -> int",
    "constants": [-1, "a"],
    "features": ["let", "if", "loop", "while", "pair", "list", "slice", "text", "recursion"],
    "test_cases": [{"input": [[3, 1], "ab"], "output": 4}, {"input": [[], ""], "output": 0}],
    "max_size": 24,
}
MAPS = {
    "language": "python",
    "signature": "def f(words: list[str], table: dict[str, int]) -> dict[int, int]",
    "features": ["let", "loop", "map", "words"],
    "test_cases": [{"input": [["ab", "b"], {"ab": 1}], "output": {"1": 2, "-3": 4}}],
    "max_size": 30,
}


class Anything(program.Synthesis):
    """The rules without dead ends, by which any program of the language is written."""

    def list_moves(self, state):
        if state.at < 0:
            return ()
        hole = state.term[state.at]
        room = state.left - 1 - (state.needed - LEAST.get(hole.type, 1))
        return state.goal.language.moves(hole, len(state.term) == 1, room)


ANYTHING = Anything()


class TestRules(EnvironmentConformance):
    environment = RULES
    tasks = (None, STATEMENTS, MAPS, *(KIND.make(stream(seed, "rules"), seed / 4) for seed in range(5)))
    episodes = 12


class TestKind(ProgramKindConformance):
    kind = KIND
    tasks_per_test = 5


class TestJavaScript(TestKind):
    language = "javascript"
    tasks_per_test = 2
    notations_per_task, near_misses_per_task = 8, 16
    test_tasks_are_not_repeated = test_difficulty_is_what_it_says = None


class TestJava(TestJavaScript):
    language = "java"
    notations_per_task, near_misses_per_task = 5, 10


# ---- the language --------------------------------------------------------------------------------------------------

ALL_TYPES = "def f(a: int, numbers: list[int], text: str, b: int) -> "


@functools.cache
def random_programs(count=300):
    """Programs from random play, of every type, with the evaluator's name for each."""
    found, generator = [], random.Random(1)
    arguments = [[3, [5, -2, 4], "abca", -7], [0, [], "", 1], [-4, [1, 1], "b", 2], [7, [9, -3, 0, 2], "xaya", 3]]
    for number in range(count):
        returns = ("int", "bool", "str", "list[int]")[number % 4]
        task = {
            "language": "python",
            "signature": f"{ALL_TYPES.replace('def f', f'def f{number}')}{returns}",
            "constants": [-1, 7, "a", "b-"],
            "max_size": 5 + number % 12,
            "test_cases": [{"input": arguments[0], "output": {"i": 1, "b": True, "s": "", "l": []}[returns[0]]}],
        }
        state = RULES.initial_state(task)
        while moves := ANYTHING.moves(state):
            state = ANYTHING.step(state, generator.randrange(len(moves))).state
        found.append(state)
    return found, arguments


def test_the_evaluator_says_what_python_says():
    programs, arguments = random_programs()
    expected, calls = [], []
    for state in programs:
        evaluate = evaluator(state.goal.signature, state.term)
        for each in arguments:
            try:
                expected.append(evaluate(each))
            except FailedError:
                continue
            calls.append(Call(state.goal.signature.name, each))
    assert len(calls) > 600
    outcomes = run("python", "\n".join(map(RULES.answer, programs)), calls, Limits(processor_seconds=5)).outcomes
    for call, value, outcome in zip(calls, expected, outcomes, strict=True):
        assert agrees(value, outcome.value), f"{call}: {value} here, {outcome} in Python"


def test_evaluation_has_limits():
    signature = read_signature("def f(n: int, text: str) -> int")
    spoken = language(signature, (0, 1, 9999))
    for body in (
        "sum(x for x in range(9999))",
        "len(text * 9999 * 9999)",
        "sum(sum(y for y in range(99 * 9)) for x in range(99 * 9))".replace("99 * 9", "n"),
        "result = n\nfor x in range(n):\n    result = result * result",
    ):
        with pytest.raises(LimitError):
            evaluator(signature, read(spoken, body))([900, "abc"])


def test_printed_programs_are_as_a_formatter_leaves_them():
    text = "\n\n".join(map(RULES.answer, random_programs()[0]))
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "320", "--isolated", "-"]
    formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    assert text.splitlines() == formatted.splitlines()


def test_printed_programs_are_read_again():
    for state in random_programs()[0]:
        printed = RULES.answer(state)
        body = "\n".join(line[4:] for line in printed.splitlines()[1:])
        assert source(Function(state.goal.signature, read(state.goal.language, body))) == printed
        assert one_line(state.term).replace(" ", "") == body.replace(" ", "").replace(":\n", ":").replace("\n", ";")


@pytest.mark.parametrize(
    ("body", "printed"),
    [
        ("(a + b) * (a - (b - 1))", "return (a + b) * (a - (b - 1))"),
        ("a - b - 1", "return a - b - 1"),
        ("(a * b) % 2", "return a * b % 2"),
        ("a * (b % 2)", "return a * (b % 2)"),
        ("sum([x * x for x in numbers if x > a])", "return sum(x * x for x in numbers if x > a)"),
        ("sum(list(range(a)))", "return sum(range(a))"),
        ("sum(x for x in range(a) if not x in numbers)", "return sum(x for x in range(a) if x not in numbers)"),
        ("len([x for x in numbers if x == a])", "return len([x for x in numbers if x == a])"),
        ("numbers[(a if a > b else b)]", "return numbers[a if a > b else b]"),
        ("(numbers + [a])[1:][0]", "return (numbers + [a])[1:][0]"),
        ("numbers[a + 1:][:b][-1]", "return numbers[a + 1 :][:b][-1]"),
        ("max(max(y - x for y in numbers) for x in numbers)", None),
    ],
)
def test_expressions_are_printed_with_as_few_brackets_as_python_needs(body, printed):
    signature = read_signature("def f(a: int, b: int, numbers: list[int]) -> int")
    assert one_line(read(language(signature, (0, 1, 2, -1)), body)) == (printed or f"return {body}")


def test_a_list_that_grows_in_a_loop_is_not_changed_in_place():
    signature = read_signature("def f(numbers: list[int]) -> list[int]")
    term = read(language(signature, (0, 1, 2)), "result = numbers\nfor x in numbers:\n    result = result + [x]")
    assert "result = result + [x]" in source(Function(signature, term))
    assert run("python", source(Function(signature, term)), [Call("f", [[1, 2]])]).outcomes[0].value == [1, 2, 1, 2]


def test_names_of_loops_avoid_those_of_parameters():
    signature = read_signature("def f(x: list[int], y: int) -> int")
    term = read(language(signature, (0, 1, 2)), "sum(z * y for z in x)")
    assert evaluator(signature, term)([[1, 2], 10]) == 30


@pytest.mark.parametrize(
    "body", ["open(a)", "a if a else b", "numbers", "1 +", "a; b", "a ** b", "len(a)", "lambda: a"]
)
def test_what_the_language_does_not_have_is_refused(body):
    signature = read_signature("def f(a: int, b: int, numbers: list[int]) -> int")
    with pytest.raises(TaskError):
        read(language(signature, (0, 1, 2)), body)


@pytest.mark.parametrize(
    "signature",
    [
        *("", "def f()", "def f() -> int", "def f(a) -> int", "def f(a: float) -> int", "def F(a: int) -> int"),
        *("def f(a: int, a: int) -> int", "def f(sum: int) -> int", "def f(if: int) -> int", "def f(A: int) -> int"),
        *("def f(a: int,b: int) -> int", "def f(f: int) -> int", "def len(a: int) -> int", "def f(result: int) -> int"),
        "def f(a: int, b: int, c: int, d: int, e: int) -> int",
    ],
)
def test_signatures_that_the_language_does_not_have_are_refused(signature):
    with pytest.raises(TaskError, match=r"^signature"):
        RULES.initial_state({**SUM_LIST, "signature": signature})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"test_cases": []}, "test_cases"),
        ({"test_cases": [{"input": [[1]], "output": "1"}]}, "test_cases"),
        ({"test_cases": [{"input": [[1.5]], "output": 1}]}, "test_cases"),
        ({"test_cases": [{"input": [[1], 2], "output": 1}]}, "test_cases"),
        ({"test_cases": [{"input": [[123_456] * 30], "output": 1}]}, "test_cases"),
        ({"constants": [True]}, "constants"),
        ({"constants": ['"']}, "constants"),
        ({"constants": [10**9]}, "constants"),
        ({"constants": [*range(10)]}, "constants"),
        ({"max_size": 31}, "max_size"),
        ({"language": "cobol"}, "language"),
    ],
)
def test_broken_starts_are_refused_with_their_field(change, field):
    with pytest.raises(TaskError, match=f"^{field}"):
        RULES.initial_state({**SUM_LIST, **change})


def test_examples_without_room_are_neither_shown_nor_used():
    long = [{"input": [list(range(10, 22))], "output": 186}] * 9
    state = RULES.initial_state({**SUM_LIST, "test_cases": [*SUM_LIST["test_cases"], *long]})
    assert 2 <= len(state.goal.examples) < 11
    assert len(RULES.tokens(state)) + 6 <= RULES.num_tokens


def test_states_stay_within_the_limits():
    """The largest task: four parameters, eight constants, thirty productions, and a hole within three loops."""
    signature = "def f(a: int, b: int, numbers: list[int], text: str) -> int"
    cases = [{"input": [1, 2, [3] * 9, "abc"], "output": 123_456}] * 20
    task = {**SUM_LIST, "signature": signature, "test_cases": cases, "max_size": 30}
    state = RULES.initial_state({**task, "constants": [-1, 10, 11, 12, 13, 14, "ab", "cd"]})
    most = 0
    loops = [f"[int for {name} in list]" for name in "yz"]
    for name in (
        "result = int; for x in list: result = int; return result",
        "0",
        "numbers",
        "sum(list)",
        loops[0],
        "sum(list)",
        loops[1],
    ):
        most = max(most, len(RULES.moves(state)))
        state = RULES.step(state, RULES.parse_action(state, name)).state
    while RULES.moves(state):
        most = max(most, len(RULES.moves(state)))
        assert len(RULES.tokens(state)) <= RULES.num_tokens
        state = RULES.step(state, 5 * (len(RULES.moves(state)) > 20)).state
    assert 30 < most <= RULES.num_actions


def test_sum_list_step_by_step():
    state = RULES.initial_state(SUM_LIST)
    claims = []
    for name in ("sum(list)", "numbers"):
        action = RULES.parse_action(state, name)
        claims.append(RULES.claim(state, action))
        state, reward, _, terminal = RULES.step(state, action)
    assert (terminal, reward) == (True, 1.0)
    assert RULES.answer(state) == "def sum_list(numbers: list[int]) -> int:\n    return sum(numbers)\n"
    assert claims == [
        'Fill the first hole with "sum(LIST)": the body is now "return sum(LIST)".',
        'Fill the first hole with "numbers": the body is now "return sum(numbers)".',
    ]
    assert KIND.check_chain(SUM_LIST, claims) is None


def test_orders_of_operands_lead_to_one_state():
    """Once they are finished; and they look alike then, while the answer stays as it was written."""
    task = {**SUM_LIST, "constants": [7]}
    first = ("int + int", "sum(list)", "numbers", "7")
    second = ("int + int", "7", "sum(list)", "numbers")
    states = [RULES.initial_state(task) for _ in (first, second)]
    for names in zip(first, second, strict=True):
        states = [
            RULES.step(state, RULES.parse_action(state, name)).state for state, name in zip(states, names, strict=True)
        ]
    assert RULES.key(states[0]) == RULES.key(states[1])
    assert (RULES.tokens(states[0]) == RULES.tokens(states[1])).all()
    assert [RULES.answer(state).split("return ")[1] for state in states] == ["sum(numbers) + 7\n", "7 + sum(numbers)\n"]


def test_tasks_with_other_constants_or_features_are_other_states():
    changes = (
        {},
        {"constants": [7]},
        {"constants": [8]},
        {"constants": [-1]},
        {"features": ["slice"]},
        {"max_size": 7},
    )
    starts = [RULES.initial_state({**SUM_LIST, **change}) for change in changes]
    assert (
        len({RULES.key(state) for state in starts}) == len(changes) == len({RULES.tokens(s).tobytes() for s in starts})
    )


def test_states_say_what_finished_parts_come_to():
    state = RULES.initial_state({**SUM_LIST, "max_size": 9})
    for name in ("int // int", "max(list)", "numbers", "int + int", "len(list)", "numbers"):
        state = ANYTHING.step(state, ANYTHING.parse_action(state, name)).state
    text = RULES.describe(state)
    assert "max(numbers) is 3 or undefined\nlen(numbers) is 2 or 0\n" in text and "numbers is" not in text.split("\n")
    changed = RULES.initial_state(
        {**SUM_LIST, "signature": SUM_N, "features": ["let"], "test_cases": ONE, "max_size": 20}
    )
    for name in ("int name = int", "n", "int + int", "n", "1", "return int", "int + int", "abs(int)", "n"):
        changed = ANYTHING.step(changed, ANYTHING.parse_action(changed, name)).state
    assert " is " not in RULES.describe(changed), "the parameter has another value by then"


SUM_N, ONE = "def sum_list(n: int) -> int", [{"input": [1], "output": 1}]


@pytest.mark.parametrize("task", [STATEMENTS, MAPS])
def test_every_episode_of_statements_ends_with_a_whole_program(task):
    generator = random.Random(3)
    sizes = set()
    for _ in range(60):
        state = RULES.initial_state(task)
        while moves := ANYTHING.moves(state):
            assert state.left >= state.needed
            state = ANYTHING.step(state, generator.randrange(len(moves))).state
        assert state.left >= state.needed == 0 and RULES.answer(state).count("return") >= 1
        sizes.add(len(state.term))
    assert len(sizes) > 1


def test_a_start_without_room_for_a_return_is_refused():
    with pytest.raises(TaskError, match="max_size must be at least 2"):
        RULES.initial_state({**STATEMENTS, "max_size": 1})
    with pytest.raises(TaskError, match="features"):
        RULES.initial_state({**STATEMENTS, "features": "let"})


# ---- specifications ------------------------------------------------------------------------------------------------


def sampled_specifications():
    every = specifications()
    named = [each for each in every.values() if each.family == "named"]
    others = [each for each in every.values() if each.family != "named"]
    return [*named, *others[::150]]


def test_references_do_what_the_oracles_say():
    for each in sampled_specifications():
        known = study(each.key)
        assert len(known.term) == each.size, each.key
        evaluate = evaluator(read_signature(each.signature), known.term)
        for arguments, result in (*arguments_of.tests(each.key), *known.pool):
            assert agrees(result, evaluate(arguments)), f"{each.key}{arguments}"
        assert {type(result).__name__ for _, result in arguments_of.tests(each.key)} == {each.returns.split("[")[0]}
        assert len(known.wrong) > 5 and len(known.pool) > 8 and len(arguments_of.tests(each.key)) > 8
        assert known.trivial or len({repr(result) for _, result in arguments_of.tests(each.key)}) > 1


def test_specifications_have_names_of_their_own():
    every = specifications()
    assert len(every) > 5_000 and all(key == each.key for key, each in every.items())
    assert len({each.name for each in every.values()}) == len(every)
    assert {"sum_list", "reverse_string", "is_even"} <= {each.name for each in every.values()}


def test_what_tiny_programs_do_is_no_task():
    assert study("list absolute where positive").trivial, "it returns its argument"
    assert study("largest mod_3 multiple_of_6").trivial, "it is constant"
    assert not study("list absolute where negative").trivial
    named = [each for each in sampled_specifications() if each.family == "named"]
    assert not [each.key for each in named if study(each.key).trivial]


def test_structures_are_what_functions_do():
    same = {**SUM_LIST, "function_name": "total", "signature": "def total(numbers: list[int]) -> int"}
    assert KIND.structure(SUM_LIST) == KIND.structure(same)
    assert arguments_of.behaviour("list absolute where negative") == arguments_of.behaviour("list absolute")
    keys = [each.key for each in sampled_specifications()]
    assert len(set(map(arguments_of.behaviour, keys))) > 0.97 * len(keys)


# ---- verification --------------------------------------------------------------------------------------------------


def verdict(answer, **change):
    return KIND.verify({**SUM_LIST, **change}, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "def sum_list(numbers):\n    total = 0\n    for number in numbers:\n        total += number\n    return total",
        "def sum_list(xs): return sum(xs)",
        "from functools import reduce\ndef sum_list(xs):\n    return reduce(lambda a, b: a + b, xs, 0)",
        "def sum_list(xs):\n    return xs[0] + sum_list(xs[1:]) if xs else 0",
        "def sum_list(xs):\n    '''```\n1\n```'''\n    return sum(xs)",
        "Sure:\n```python\ndef sum_list(xs):\n    return sum(xs)\n```",
        "def sum_list(xs):\n    r'\\d'\n    '\\d'\n    return sum(xs)",
        "def sum_list(xs):\n    xs.append(0)\n    return sum(xs)",
    ],
)
def test_programs_by_anyone_are_right_if_they_do_what_is_asked(answer):
    assert verdict(answer).verdict == "correct", verdict(answer)


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("def sum_list(xs): return sum(xs) + 0.0", "it returned 4.0"),
        ("def sum_list(xs): return bool(xs) and sum(xs)", "is 0, but it returned False"),
        ("def sum_list(xs): return 4 if xs == [3, 1] else 0", "hidden test"),
        ("def sum_list(xs): print(sum(xs))", "it returned None"),
        ("def sum_list(xs):\n    while True: pass", "timed out"),
        ("def sum_list(xs): return [0] * 10**12", "MemoryError"),
        ("def sum_list(xs): return sum_list(xs)", "RecursionError"),
        ("def sum_list(xs):\n    import os\n    os._exit(0)", "exited"),
        ("def sum_list(xs): return 10**5000", "raised"),
        ("def sum_list(xs): return '\u20ac' * 10", "it returned"),
        ("def sum_list(xs): return __import__('os').system('true')", "it returned"),
        (
            "def sum_list(xs):\n    import __main__\n    __main__.reply = lambda *_: '{\"value\": 4}'\n    return 4",
            "returned",
        ),
        ("def total(xs): return sum(xs)", "does not define the function 'sum_list'"),
        ("sum_list = sum", "does not define"),
        ("if True:\n    def sum_list(xs): return sum(xs)", "does not define"),
        ("async def sum_list(xs): return sum(xs)", "does not define"),
        ("def sum_list(xs) return sum(xs)", "line 1 is no Python"),
        ("def sum_list(xs):\n    return " + "-" * 15_000 + "1", "answer"),
        ("def sum_list(xs):\n    return " + "(" * 5_000, "answer"),
        ("def sum_list(xs):\n    return " + "[" * 90 + "]" * 90, "returned"),
        ("def sum_list(xs):\n    return sum(xs)\n" + "#" * 10**6, "characters are too many"),
        ("def sum_list(xs):\n    return '\ud800'", "answer"),
        ("def sum_list(xs): return sum(xs)\x00", "answer"),
    ],
)
def test_other_programs_are_wrong_and_it_is_said_why(answer, evidence):
    found = verdict(answer)
    assert found.verdict == "wrong" and found.score == 0
    assert evidence in found.evidence


def test_waiting_is_a_timeout_and_not_a_wrong_answer(monkeypatch):
    monkeypatch.setattr(_functions, "run", functools.partial(run, limits=Limits(wall_seconds=0.3)))
    found = verdict("def sum_list(xs):\n    import time\n    time.sleep(100)")
    assert found.verdict == "timeout" and "0.3 s" in found.evidence


def test_without_a_sandbox_the_verdict_is_an_error(monkeypatch):
    def missing(*_):
        raise SandboxError("bubblewrap is missing")

    monkeypatch.setattr(_functions, "run", missing)
    found = verdict("def sum_list(xs): return sum(xs) + 0  # never run before")
    assert found.verdict == "error" and found.evidence == "Python cannot be run here: bubblewrap is missing"


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        (
            {"test_cases": [{"input": [[3, 1]], "output": 5}]},
            "test_cases[0] contradicts the specification, which says 4",
        ),
        ({"test_cases": [{"input": [[3, 1]], "output": True}]}, "test_cases[0]"),
        ({"test_cases": [{"input": ["31"], "output": 4}]}, "test_cases[0]"),
        ({"test_cases": [{"input": [], "output": 4}]}, "test_cases[0]"),
        ({"spec": "sum lists"}, "spec"),
        ({"spec": "largest", "test_cases": [{"input": [[]], "output": 0}]}, "test_cases[0]"),
        ({"function_name": "f"}, "signature"),
        ({"signature": "def sum_list(values: list[int]) -> int"}, "signature"),
        ({"function_name": "f("}, "function_name"),
        ({"language": "cobol"}, "language"),
    ],
)
def test_broken_tasks_are_errors(change, evidence):
    found = verdict("def sum_list(xs): return sum(xs)", **change)
    assert found.verdict == "error" and evidence in found.evidence


# ---- chains --------------------------------------------------------------------------------------------------------


def chain(task):
    state, claims = RULES.initial_state(task), []
    for name in KIND.solve(task).steps:
        action = RULES.parse_action(state, name)
        claims.append(RULES.claim(state, action))
        state = RULES.step(state, action).state
    return claims


@pytest.mark.parametrize(
    "key",
    ["product even", "missing", "without letters aeiou", "sum to n even", "is from_2_to_7", "swap halves", "factorial"],
)
def test_chains_of_every_form_are_checked(key):
    each = specifications()[key]
    constants = list(study(key).constants)
    cases = [{"input": arguments, "output": result} for arguments, result in study(key).pool[:1]]
    task = {"function_name": each.name, "signature": each.signature, "spec": key, "constants": constants}
    task = {**SUM_LIST, **task, "test_cases": cases, "max_size": 20}
    claims = chain(task)
    assert len(claims) == each.size and KIND.check_chain(task, claims) is None
    for at in range(len(claims)):
        assert KIND.check_chain(task, [*claims[:at], *claims[at + 1 :]]) is not None
    assert KIND.check_chain(task, [*claims, claims[-1]]) is not None
    assert KIND.check_chain(task, [*reversed(claims)]) is not None
    swapped = [claim.replace("now", "not now") for claim in claims]
    assert KIND.check_chain(task, swapped) is not None


@pytest.mark.parametrize("number", range(40))
def test_chains_of_statements_are_checked(number):
    """Whatever is written, each true sentence is found true, so that only the program at the end is judged."""
    generator = random.Random(number)
    features = ["let", "if", "loop", "while", "pair", "list", "slice", "text", "recursion"]
    task = {**SUM_LIST, "features": features, "max_size": 10 + number % 20}
    state, claims = RULES.initial_state(task), []
    while moves := ANYTHING.moves(state):
        action = generator.randrange(len(moves))
        claims.append(ANYTHING.claim(state, action))
        state = ANYTHING.step(state, action).state
    found = KIND.check_chain(task, claims)
    assert found is None or found.startswith("the function is "), found
    for at in range(len(claims) - 1):
        if claims[at] != claims[at + 1]:
            assert KIND.check_chain(task, [*claims[:at], *claims[at + 1 :]]).startswith(("not true", "not readable"))


def test_a_loop_step_by_step():
    task = {**SUM_LIST, "features": ["let", "loop"], "max_size": 14}
    state, claims = RULES.initial_state(task), []
    names = "result = int|0|for x in list: body|numbers|int name = int|result|int + int|result|x|pass|return int|result"
    for name in names.split("|"):
        action = RULES.parse_action(state, name)
        claims.append(RULES.claim(state, action))
        state, reward, _, terminal = RULES.step(state, action)
    assert (terminal, reward) == (True, 1.0)
    body = "result = 0\n    for x in numbers:\n        result += x\n    return result\n"
    assert RULES.answer(state) == f"def sum_list(numbers: list[int]) -> int:\n    {body}"
    assert claims[0] == 'Fill the first hole with "result = INT\nBLOCK": the body is now "result = INT\nBLOCK".'
    assert KIND.check_chain(task, claims) is None


@pytest.mark.parametrize(
    "claims",
    [
        ['Fill the first hole with "sum(numbers)": the body is now "return sum(LIST)".'],
        ['Fill the first hole with "numbers": the body is now "return numbers".'],
        ['Fill the first hole with "max(LIST)": the body is now "return sum(numbers)".'],
        ['Fill the first hole with "sum(LIST": the body is now "return sum(LIST".'],
        ['Fill the first hole with "sum(numbers)": the body is now "import os; return sum(numbers)".'],
    ],
)
def test_false_chains_are_refused(claims):
    assert KIND.check_chain(SUM_LIST, claims) is not None


def test_examples_are_short_enough_for_the_environment():
    known = study("repeat")
    assert any(len(result) > 100 for _, result in known.pool)
    for seed in range(20):
        assert all(len(result) <= 100 for _, result in arguments_of.shown_cases(known, stream(seed, "shown")))


# ---- dead ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returns", "size", "cases"),
    [
        ("list[int]", 5, [([2, [3, -1, 3]], [3, 3]), ([0, []], [])]),
        ("int", 4, [([2, [3, -1, 3]], 5), ([0, [4]], 4)]),
        ("bool", 4, [([2, [3, 2]], True), ([0, []], False)]),
    ],
)
def test_all_small_programs_that_fit_can_be_written(returns, size, cases):
    """But for those with operands that a smaller program does without."""
    task = {
        "language": "python",
        "signature": f"def f(a: int, numbers: list[int]) -> {returns}",
        "test_cases": [{"input": arguments, "output": result} for arguments, result in cases],
        "max_size": size,
    }
    start = RULES.initial_state(task)
    fitting = set()
    for productions in range(1, size + 1):
        for term in terms(start.goal.language, start.term[0], productions, True):
            if RULES.score(dataclasses.replace(start, term=term, at=-1, needed=0)) and not has_needless(tree(term)):
                fitting.add(canonical(term))
    written, states, looked_at = set(), [start], 0
    while states:
        state = states.pop()
        looked_at += 1
        states += (RULES.apply(state, move) for move in RULES.moves(state))
        if RULES.score(state):
            written.add(canonical(state.term))
    assert written == fitting and fitting
    assert looked_at > 500


def has_needless(node):
    return any(
        is_needless(node.head, place, child.head) or has_needless(child) for place, child in enumerate(node.children)
    )


def test_references_can_be_written():
    for key, found in [*specifications().items()][::101]:
        task = {
            "language": "python",
            "signature": found.signature,
            "constants": list(study(key).constants),
            "test_cases": [{"input": arguments, "output": result} for arguments, result in study(key).pool[:4]],
            "max_size": found.size,
        }
        state = RULES.initial_state(task)
        for part in study(key).term:
            assert part in RULES.moves(state), f"{part.name} in {found.body}"
            state = RULES.apply(state, part)
        assert RULES.score(state) == 1
