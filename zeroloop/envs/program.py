"""Program synthesis: a function, or a method of a class, is written one production at a time to fit some examples."""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment, remembered, text_tokens
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.programs import focus as focuses
from zeroloop.programs import python
from zeroloop.programs.canonical import canonical
from zeroloop.programs.classes import runner
from zeroloop.programs.designs import KEYS, Design, design
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.focus import Focus
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import LETTERS, MOST_CONSTANTS, Language, language
from zeroloop.programs.layout import known_parts
from zeroloop.programs.named import named_functions
from zeroloop.programs.reader import read_sketch
from zeroloop.programs.rules import SYMBOL
from zeroloop.programs.terms import (
    BLOCK,
    BODY,
    BOOL,
    HOLES,
    INT,
    ITEMS,
    LEAST,
    LIST,
    MAP,
    NONE,
    STEPS,
    TALLY,
    WORDS,
    Class,
    Function,
    Hole,
    Production,
    Signature,
    Term,
    preorder,
    read_signature,
    tree,
)
from zeroloop.programs.values import LONGEST_SHOWN, FailedError, is_short
from zeroloop.task_fields import integer, one_of, text
from zeroloop.vocabulary import ID, encode

MOST_TOKENS = 128
LARGEST = 30
"""Productions that a function may have."""
SIMPLE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789 -_.,")
"""Characters of texts that programs name."""
DIGITS = (0, 1, 2)
"""Integers that every program may name."""
TREE_ROW = 16
"""Row of the tree's root in tokens; the header is in row 0, and examples follow it."""
EXAMPLE: Task = {
    "language": "python",
    "signature": "def sum_list(numbers: list[int]) -> int",
    "test_cases": [
        {"input": [[3, 1]], "output": 4},
        {"input": [[]], "output": 0},
        {"input": [[2, 7, -1]], "output": 8},
    ],
    "max_size": 6,
}


@dataclass(frozen=True, eq=False)
class Goal:
    """What a program is to do: examples (arguments, result) that are shown, and how they are.

    helpers: functions that it may call. dialect: the language of the answer. start: the focus on a hole for the whole
    function. whole: the class whose method it is; arguments are then calls of methods, the result what each returns.
    """

    signature: Signature
    language: Language
    helpers: tuple[Function, ...]
    dialect: str
    examples: tuple[tuple[list[Any], Any], ...]
    shown: Int16
    key: bytes
    start: Focus
    whole: Class | None = None


@dataclass(frozen=True)
class Program:
    """A function with holes.

    at: the place of the first hole, -1 where there is none. needed: productions that all holes take, at least. left:
    productions that may still be used, at least as many. before: the function with its last hole open, where it was
    written step by step.
    """

    goal: Goal
    term: Term
    at: int
    needed: int
    left: int
    before: "Program | None" = field(default=None, compare=False, repr=False)


class Synthesis(MoveListEnvironment[Program, Production]):
    """The leftmost hole is filled until there is none: the score is 1 where the function fits all examples shown.

    A program without a value for an example (a division by zero, too many iterations) does not fit it. Examples are
    used as far as their tokens have room, from the first on; the others are neither shown nor checked. An episode ends
    with a score of 0 once what is written comes to something, for an example, that no function with its result does.
    """

    name: ClassVar[str] = "program"
    version: ClassVar[int] = 3
    num_actions = 64
    num_tokens = MOST_TOKENS

    def initial_state(self, task: Task | None = None) -> Program:
        """A hole for the whole function with the `signature` of `task`, its `test_cases`, and up to `max_size`
        productions, which may name `constants`, use `features` of the language beyond expressions but no operations
        of `without`, and call `helpers`, which are names of zeroloop.programs.named. With a `sketch`, its holes alone
        are to be filled.

        Raises TaskError where one of these is broken.
        """
        task = task or EXAMPLE
        if "design" in task:
            return self._method_state(task)
        dialect = one_of(task, "language", DIALECTS)
        signature = read_signature(text(task, "signature", 500))
        helpers = _helpers(task)
        features, without = _names(task, "features"), _names(task, "without")
        spoken = language(signature, _constants(task), features, [each.signature for each in helpers], without)
        start, needed, most, size = _start(task, spoken)
        header = _shown_language(signature, spoken, helpers)
        cases = [(_shown_case(*case), case) for case in _examples(task, signature)]
        shown, examples = _shown_goal([header], cases, size)
        focus = focuses.start(signature, examples)
        goal = Goal(signature, spoken, helpers, dialect, examples, shown, shown.tobytes(), focus)
        return Program(goal, start, _first_hole(start), needed, most)

    def _method_state(self, task: Task) -> Program:
        """A hole for the body of a `method` of a `design`, which is a name of zeroloop.programs.designs; each of the
        `test_cases` has calls as its input, [[method, arguments...], ...], and what they return as its output."""
        found = _design(task)
        dialect = one_of(task, "language", DIALECTS)
        name = one_of(task, "method", found.languages)
        spoken, whole = found.languages[name], found.whole
        start, needed, most, size = _start(task, spoken)
        signature = whole.method(name).signature
        cases = [(_shown_calls(whole, *case), case) for case in _call_examples(task, whole)]
        shown, examples = _shown_goal(_shown_class(whole, signature, spoken), cases, size)
        goal = Goal(signature, spoken, (), dialect, examples, shown, shown.tobytes(), focuses.END, whole)
        return Program(goal, start, _first_hole(start), needed, most)

    def list_moves(self, state: Program) -> Sequence[Production]:
        """Productions for the first hole that leave enough to fill all holes, and that no smaller function does
        without; none at a dead end."""
        if state.at < 0:
            return ()
        hole = state.term[state.at]
        assert isinstance(hole, Hole)
        others = state.needed - LEAST.get(hole.type, 1)
        room, spoken = state.left - 1 - others, state.goal.language
        if state.at == 0:
            return spoken.moves(hole, True, room)
        head, before = state.term[state.at - 1], state.before
        assert isinstance(head, Production)
        if before and before.at == state.at - 1 and head.holes and focuses.is_clear(_focus(before), head):
            return spoken.moves_beneath(head, 0, hole, room)  # (most states are never looked at more closely)
        focus = _focus(state)
        if focus.is_dead or focus.above is None:
            return ()
        return spoken.moves_beneath(focus.above.production, len(focus.above.parts), hole, room)

    def apply(self, state: Program, move: Production) -> Program:
        """The hole becomes the production with its own holes."""
        at, term = state.at, state.term
        needed = state.needed - LEAST.get(term[at].type, 1) + move.least
        term = (*term[:at], move, *move.holes, *term[at + 1 :])
        if move.holes:
            at += 1
        else:
            at = next((i for i in range(at + 1, len(term)) if isinstance(term[i], Hole)), -1) if needed else -1
        return Program(state.goal, term, at, needed, state.left - 1, state)

    def score(self, state: Program) -> float:
        """1 where every example that is shown has the right result."""
        if state.needed or _focus(state).is_dead:
            return 0.0
        if whole := state.goal.whole:
            function = runner(whole.replaced(state.goal.signature.name, state.term))
        else:
            function = evaluator(state.goal.signature, state.term, state.goal.helpers)
        try:
            return float(all(function(arguments) == result for arguments, result in state.goal.examples))
        except FailedError:
            return 0.0

    def key(self, state: Program) -> Hashable:
        """The term in tokens, one for all orders of operands that do not matter; what is left; the goal as shown."""
        return state.goal.key, bytes(map(_symbol, _canonical(state))), state.left

    def describe(self, state: Program) -> str:
        """The function with its holes, the examples, what parts of it come to for them, and what is left."""
        goal = state.goal
        dialect = DIALECTS[goal.dialect]
        if goal.whole:
            calls = "".join(f"{dialect.calls(*case)}\n" for case in goal.examples)
        else:
            calls = "".join(f"{dialect.example(goal.signature.name, *case)}\n" for case in goal.examples)
        return f"{_source(state)}{calls}{''.join(_known_values(state))}{state.left} productions left"

    def move_name(self, state: Program, move: Production) -> str:
        """Such as "int + int"."""
        return move.name

    def tokens(self, state: Program, symmetry: int = 0) -> Int16:
        """What is wanted, what is left, and the term: one token for each production or hole, whose row is its depth."""
        shown, term = state.goal.shown, _canonical(state)
        tokens = np.empty((len(shown) + 3 + len(term), 3), np.int16)
        tokens[: len(shown)] = shown
        rows, open_at = [], [0]
        for each in term:
            depth = open_at.pop()
            rows.append(TREE_ROW + depth)
            if isinstance(each, Production):
                open_at += [depth + 1] * len(each.holes)
        symbols = [ID["steps left"], *encode(f"{state.left:02}"), *map(_symbol, term)]
        tokens[len(shown) :, 0] = symbols
        tokens[len(shown) :, 1] = [TREE_ROW - 1, TREE_ROW - 1, TREE_ROW - 1, *rows]
        tokens[len(shown) :, 2] = [0, 1, 2, *range(len(rows))]
        return tokens

    def move_tokens(self, state: Program, move: Production) -> tuple[Sequence[int], Sequence[int]]:
        """The production, and the types of its holes; about the hole that it fills."""
        return move.symbols, (len(state.goal.shown) + 3 + state.at,)

    def answer(self, state: Program) -> str | None:
        """The function, after its helpers, in the task's language."""
        return None if state.needed else _source(state)

    def translations(self, state: Program) -> dict[str, str]:
        """See TranslatingEnvironment."""
        return {name: _source(state, name) for name in DIALECTS}

    def move_claim(self, state: Program, move: Production) -> str:
        """Such as 'Fill the first hole with "sum(LIST)": the body is now "return sum(LIST)".'."""
        term = self.apply(state, move).term
        return f'Fill the first hole with "{_alone(move)}": the body is now "{python.one_line(term)}".'


def _alone(move: Production) -> str:
    """The production with names for its holes."""
    return python.one_line((move, *move.holes)).removeprefix("" if move.type == BLOCK else "return ")


def _source(state: Program, dialect: str = "") -> str:
    goal = state.goal
    if goal.whole:
        return DIALECTS[dialect or goal.dialect].class_source(goal.whole.replaced(goal.signature.name, state.term))
    return DIALECTS[dialect or goal.dialect].source(*goal.helpers, Function(goal.signature, state.term))


def _known_values(state: Program) -> Iterator[str]:
    """What finished parts of a function with holes come to for the examples, a line each."""
    name, parameters, _ = state.goal.signature
    if not state.needed or state.goal.whole:
        return
    for part in known_parts(tree(state.term), {each.name for each in parameters}):
        function = evaluator(Signature(name, parameters, part.type), preorder(part))
        values = [_value(function, arguments) for arguments, _ in state.goal.examples]
        yield f"{python.expression(part)} is {' or '.join(values)}\n"


def _value(function: Callable[[list[Any]], Any], arguments: list[Any]) -> str:
    try:
        return repr(function(arguments))
    except FailedError:
        return "undefined"


def _focus(state: Program) -> Focus:
    """On the first hole."""
    return remembered(state, "_focus", lambda: _found_focus(state))


def _found_focus(state: Program) -> Focus:
    before = state.before
    if before is None:
        return focuses.advanced(state.goal.start, state.term, 0)
    return focuses.advanced(_focus(before), state.term, before.at)


def _canonical(state: Program) -> Term:
    return remembered(state, "_canonical", lambda: canonical(state.term))


def _symbol(each: Production | Hole) -> int:
    return each.symbols[0] if isinstance(each, Production) else _HOLE[each.type]


_HOLE = {kind: ID[text[0]] for kind, text in HOLES.items()}
_HOLE |= {MAP: ID["Q"], TALLY: ID["U"], BLOCK: ID["{"], STEPS: ID[";"], BODY: ID["@"]}


def _first_hole(term: Term) -> int:
    return next(at for at, each in enumerate(term) if isinstance(each, Hole))


def _start(task: Task, spoken: Language) -> tuple[Term, int, int, int]:
    """What an episode begins with; productions that its holes take, at least and at most; and of the whole, at most.

    Raises TaskError.
    """
    most = integer(task, "max_size", 1, LARGEST)
    start = read_sketch(spoken, text(task, "sketch", 4_000)) if "sketch" in task else spoken.start
    needed = sum(LEAST.get(each.type, 1) for each in start if isinstance(each, Hole))
    if most < needed:
        raise TaskError(f"max_size must be at least {needed} to fill what is open, not {most}")
    return start, needed, most, most + sum(isinstance(each, Production) for each in start)


def _names(task: Task, field: str) -> tuple[str, ...]:
    """The names in a field that may be missing. Raises TaskError where that is no list of names."""
    given = task.get(field, [])
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise TaskError(f"{field} must be a list of names in text, not {type(given).__name__}")
    return tuple(given)


def _helpers(task: Task) -> tuple[Function, ...]:
    """Functions that may be called, after those that they call. Raises TaskError for names that are not known."""
    given, known = _names(task, "helpers"), named_functions()
    if unknown := [each for each in given if each not in known]:
        raise TaskError(f"helpers: {unknown[0][:80]!r} is none; known are {', '.join(known)}")
    found = [each for name in given for each in (*known[name].helpers, known[name].function)]
    return tuple({each.signature.name: each for each in found}.values())


def _constants(task: Task) -> tuple[int | str, ...]:
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


def _examples(task: Task, signature: Signature) -> tuple[tuple[list[Any], Any], ...]:
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


def _design(task: Task) -> Design:
    """Raises TaskError where the task's `design` is none."""
    name = text(task, "design", 100)
    if name not in KEYS:
        raise TaskError(f"design {name!r} is unknown; known are {', '.join([*KEYS][:20])} and others")
    return design(name)


def _call_examples(task: Task, whole: Class) -> tuple[tuple[list[Any], Any], ...]:
    """Calls and what they return. Raises TaskError where the class has no such methods, or they other types."""
    cases = task.get("test_cases")
    if not isinstance(cases, list) or not 1 <= len(cases) <= 100:
        raise TaskError("test_cases must be a list of 1 to 100 examples {'input': [...], 'output': [...]}")
    return tuple(read_calls(f"test_cases[{number}]", case, whole) for number, case in enumerate(cases))


def read_calls(where: str, case: Any, whole: Class) -> tuple[list[Any], list[Any]]:
    """Calls (method, arguments) and what they return, of an example. Raises TaskError that says `where` it is wrong."""
    known = {each.signature.name: each.signature for each in whole.methods}
    given, results = (case.get("input"), case.get("output")) if isinstance(case, dict) else (None, None)
    if not isinstance(given, list) or not isinstance(results, list) or not 1 <= len(given) == len(results) <= 50:
        raise TaskError(f"{where} must be {{'input': [[method, arguments...], ...], 'output': [a value for each]}}")
    calls, returned = [], []
    for call, result in zip(given, results, strict=True):
        name = call[0] if isinstance(call, list) and call and isinstance(call[0], str) else None
        if name not in known or len(call) != 1 + len(known[name].parameters):
            raise TaskError(f"{where}: {repr(call)[:60]} is no call of one of the methods {', '.join(known)}")
        types = [each.type for each in known[name].parameters]
        for value, kind in zip([*call[1:], result], [*types, known[name].returns], strict=True):
            if value is not None if kind == NONE else not _fits(value, kind):
                raise TaskError(f"{where} has a value that is no {kind}, or too large: {repr(value)[:60]}")
        calls.append((name, [read_value(value, kind) for value, kind in zip(call[1:], types, strict=True)]))
        returned.append(read_value(result, known[name].returns))
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


def _shown_language(signature: Signature, spoken: Language, helpers: tuple[Function, ...]) -> list[int]:
    """Types, features, constants and functions that are known."""
    header = [ID["program"], *encode("".join(LETTERS[each.type] for each in signature.parameters))]
    header += [ID[">"], ID[LETTERS[signature.returns]], *(ID[f"feature {each}"] for each in sorted(spoken.features))]
    for digit in (each.value for each in spoken.constants[INT] if each.value in range(3, 10)):
        header += [ID["item"], ID[str(digit)]]
    for letter, constant in spoken.lettered:
        header += [ID["item"], ID[letter], *encode(constant)]
    for op in sorted(spoken.without):
        header += [ID["!"], SYMBOL[op]]
    for number, helper in enumerate(helpers, "recursion" in spoken.features):
        header += [SYMBOL[f"call {number}"], *encode(helper.signature.name)]
    return header


def _shown_class(whole: Class, signature: Signature, spoken: Language) -> list[list[int]]:
    """Rows of symbols: the language and the fields; then a row for each other method."""
    header = _shown_language(signature, spoken, ())
    for variable, initial in whole.fields:
        header += [ID["own"], ID[LETTERS[variable.type]], *encode(_shown(initial))]
    rows = [header]
    for number, each in enumerate(whole.methods):
        name, parameters, returns = each.signature
        types = "".join(LETTERS[parameter.type] for parameter in parameters)
        if name == signature.name:
            header += encode(_METHODS[number])
        else:
            body = map(_symbol, each.term)
            rows.append([ID["block"], *encode(f"{_METHODS[number]}{types}>{LETTERS[returns]}"), *body])
    return rows


_METHODS = "ABCDEFGH"
"""How the methods of a class are shown."""


def _shown_calls(whole: Class, calls: list[Any], results: list[Any]) -> list[int]:
    """Such as A3A4B>4 for two calls that return nothing, and one that returns 4."""
    letter = {each.signature.name: _METHODS[number] for number, each in enumerate(whole.methods)}
    said = ["" if result is None else f">{_shown(result)}" for result in results]
    texts = (
        f"{letter[name]}{';'.join(map(_shown, arguments))}{after}"
        for (name, arguments), after in zip(calls, said, strict=True)
    )
    return [ID["number"], *encode("".join(texts))]


def _shown_case(values: list[Any], result: Any) -> list[int]:
    return [ID["number"], *encode(f"{';'.join(map(_shown, values))}>{_shown(result)}")]


def _shown_goal(
    first: list[list[int]], examples: Sequence[tuple[list[int], tuple[list[Any], Any]]], size: int
) -> tuple[Int16, tuple[tuple[list[Any], Any], ...]]:
    """Tokens of what is wanted, after the rows that come `first`, and the examples (as shown, as they are) that have
    room beside a function of `size` productions.

    Raises TaskError where the first one has none.
    """
    rows = [*first]
    room = MOST_TOKENS - sum(map(len, rows)) - 3 - size
    for row, _ in examples:
        room -= len(row)
        if room < 0 or len(rows) >= TREE_ROW - 1:
            break
        rows.append(row)
    if len(rows) == len(first):
        raise TaskError(f"test_cases[0] is too long: {MOST_TOKENS} tokens have to show it, constants and the function")
    return np.concatenate([text_tokens(symbols, row) for row, symbols in enumerate(rows)]), tuple(
        case for _, case in examples[: len(rows) - len(first)]
    )


def _shown(value: Any) -> str:
    """A value in few characters; its type is known."""
    if isinstance(value, list):
        return ",".join(map(_shown, value))
    if isinstance(value, dict):
        return ",".join(f"{_shown(key)}:{_shown(each)}" for key, each in sorted(value.items()))
    if isinstance(value, bool):
        return "T" if value else "F"
    return f'"{value}"' if isinstance(value, str) else str(value)


def environment() -> Synthesis:
    """Functions of integers, truth values, texts, lists and maps."""
    return Synthesis()
