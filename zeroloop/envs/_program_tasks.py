"""What tasks of programs say: languages, helpers, constants, examples; read and checked."""

import re
from typing import Any

from zeroloop.contracts import Task
from zeroloop.errors import TaskError
from zeroloop.programs.classes import Case, constructor
from zeroloop.programs.designs import KEYS, Design, design
from zeroloop.programs.language import MOST_CONSTANTS
from zeroloop.programs.named import named_functions
from zeroloop.programs.terms import BOOL, INT, ITEMS, LIST, MAP, NONE, TALLY, WORDS, Class, Function, Signature
from zeroloop.programs.values import LONGEST_SHOWN, is_short
from zeroloop.task_fields import text
from zeroloop.vocabulary import ID

SIMPLE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789 -_.,")
"""Characters of texts that programs name."""
DIGITS = (0, 1, 2)
"""Integers that every program may name."""


def names_of(task: Task, field: str) -> tuple[str, ...]:
    """The names in a field that may be missing. Raises TaskError where that is no list of names."""
    given = task.get(field, [])
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise TaskError(f"{field} must be a list of names in text, not {type(given).__name__}")
    return tuple(given)


def helpers_of(task: Task) -> tuple[Function, ...]:
    """Functions that may be called, after those that they call. Raises TaskError for names that are not known."""
    given, known = names_of(task, "helpers"), named_functions()
    if unknown := [each for each in given if each not in known]:
        raise TaskError(f"helpers: {unknown[0][:80]!r} is none; known are {', '.join(known)}")
    found = [each for name in given for each in (*known[name].helpers, known[name].function)]
    return tuple({each.signature.name: each for each in found}.values())


def constants_of(task: Task) -> tuple[int | str, ...]:
    """0, 1, 2 and those of the task. Raises TaskError for others than small integers and short simple texts."""
    given = task.get("constants", [])
    if not isinstance(given, list | tuple) or len(given) > MOST_CONSTANTS:
        raise TaskError(f"constants must be a list of at most {MOST_CONSTANTS} integers and texts")
    found: list[int | str] = list(DIGITS)
    for each in given:
        simple = isinstance(each, str) and 1 <= len(each) <= 8 and set(each) <= SIMPLE
        small = isinstance(each, int) and not isinstance(each, bool) and abs(each) <= 9_999
        if not simple and not small:
            raise TaskError(
                "constants must be integers from -9999 to 9999, or texts of 1 to 8 letters, digits, spaces and -_.,"
            )
        if each not in found:
            found.append(each)
    return tuple(found)


def examples_of(task: Task, signature: Signature) -> tuple[tuple[list[Any], Any], ...]:
    """Arguments and results. Raises TaskError for values that are not of the signature's types."""
    cases = task.get("test_cases")
    if not isinstance(cases, list) or not 1 <= len(cases) <= 100:
        raise TaskError("test_cases must be a list of 1 to 100 examples {'input': [...], 'output': ...}")
    types = [variable.type for variable in signature.parameters]
    found = []
    for number, case in enumerate(cases):
        values = case.get("input") if isinstance(case, dict) else None
        if not isinstance(values, list) or len(values) != len(types) or "output" not in case:
            raise TaskError(f"test_cases[{number}] must be {{'input': [{len(types)} values], 'output': ...}}")
        for value, kind in zip([*values, case["output"]], [*types, signature.returns], strict=True):
            if not _fits(value, kind):
                raise TaskError(f"test_cases[{number}] has a value that is no {kind}, or too large: {repr(value)[:60]}")
        arguments = [read_value(value, kind) for value, kind in zip(values, types, strict=True)]
        found.append((arguments, read_value(case["output"], signature.returns)))
    return tuple(found)


def design_of(task: Task) -> Design:
    """The class that a task is about. Raises TaskError where the task's `design` is none."""
    name = text(task, "design", 100)
    if name not in KEYS:
        raise TaskError(f"design {name!r} is unknown; known are {', '.join([*KEYS][:20])} and others")
    return design(name)


def methods_of(task: Task, found: Design) -> tuple[str, ...]:
    """The methods that are open, in the order in which they are written. Raises TaskError where they are not some of
    the design's."""
    names = names_of(task, "methods")
    if not names or len({*names}) < len(names) or not found.languages.keys() >= {*names}:
        raise TaskError(f"methods must be some of {', '.join(found.languages)}, none twice, not {[*names]}")
    return names


def call_examples_of(task: Task, whole: Class) -> list[Case]:
    """Calls and what they return. Raises TaskError where the class has no such methods, or they other types."""
    cases = task.get("test_cases")
    if not isinstance(cases, list) or not 1 <= len(cases) <= 100:
        raise TaskError("test_cases must be a list of 1 to 100 examples {'input': [...], 'output': [...]}")
    return [read_calls(f"test_cases[{number}]", case, whole) for number, case in enumerate(cases)]


def read_calls(where: str, case: Any, whole: Class) -> Case:
    """Calls (method, arguments) and what they return, of an example. Raises TaskError that says `where` it is wrong."""
    known = {each.signature.name: each.signature for each in whole.methods}
    made = {each.name: each for each in constructor(whole)}
    given, results = (case.get("input"), case.get("output")) if isinstance(case, dict) else (None, None)
    if not isinstance(given, list) or not isinstance(results, list) or not 1 <= len(given) == len(results) <= 50:
        raise TaskError(f"{where} must be {{'input': [[method, arguments...], ...], 'output': [a value for each]}}")
    calls, returned = [], []
    for number, (call, result) in enumerate(zip(given, results, strict=True)):
        allowed = known if number or not made else made
        name = call[0] if isinstance(call, list) and call and isinstance(call[0], str) else None
        if name not in allowed or len(call) != 1 + len(allowed[name].parameters):
            raise TaskError(f"{where}: {repr(call)[:60]} is no call of {' or '.join(allowed)}, which stands here")
        types = [each.type for each in allowed[name].parameters]
        for value, kind in zip([*call[1:], result], [*types, allowed[name].returns], strict=True):
            if value is not None if kind == NONE else not _fits(value, kind):
                raise TaskError(f"{where} has a value that is no {kind}, or too large: {repr(value)[:60]}")
        calls.append((name, [read_value(value, kind) for value, kind in zip(call[1:], types, strict=True)]))
        returned.append(read_value(result, allowed[name].returns))
    return calls, returned


def read_value(value: Any, kind: str) -> Any:
    """A value of plain JSON as one of a type: keys of JSON are texts, those of maps may be integers."""
    if kind == MAP:
        return {int(key): each for key, each in value.items()}
    return value.copy() if kind in (LIST, WORDS, TALLY) else value


def _fits(value: Any, kind: str) -> bool:
    if kind in (LIST, WORDS):
        whole = isinstance(value, list) and len(value) <= LONGEST_SHOWN
        return whole and all(_fits(each, ITEMS[kind]) for each in value)
    if kind in (MAP, TALLY):
        whole = isinstance(value, dict) and len(value) <= LONGEST_SHOWN
        return whole and all(_fits_key(key, kind) and _fits(each, INT) for key, each in value.items())
    if kind == INT:
        return isinstance(value, int) and not isinstance(value, bool) and is_short(value)
    if kind == BOOL:
        return isinstance(value, bool)
    return isinstance(value, str) and is_short(value) and all(character in ID for character in value)


def _fits_key(key: Any, kind: str) -> bool:
    if kind == MAP and isinstance(key, str):
        return re.fullmatch(r"0|-?[1-9]\d{0,11}", key) is not None
    return _fits(key, ITEMS[kind])
