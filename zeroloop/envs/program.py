"""Program synthesis: a function, or methods of a class, are written one production at a time to fit some examples."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs import _program_goals as goals
from zeroloop.envs._moves import MoveListEnvironment, remembered
from zeroloop.envs._program_goals import Goal
from zeroloop.envs._program_tokens import MOST_TOKENS, TREE_ROW, symbol
from zeroloop.observers import Int16
from zeroloop.programs import focus as focuses
from zeroloop.programs import python
from zeroloop.programs.canonical import canonical
from zeroloop.programs.classes import runner
from zeroloop.programs.dialects import DIALECTS
from zeroloop.programs.focus import Focus
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.layout import known_parts
from zeroloop.programs.terms import BLOCK, LEAST, Function, Hole, Production, Signature, Term, preorder, tree
from zeroloop.programs.values import FailedError
from zeroloop.vocabulary import ID, encode

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
    version: ClassVar[int] = 4
    num_actions = 64
    num_tokens = MOST_TOKENS

    def initial_state(self, task: Task | None = None) -> Program:
        """A hole for the whole function with the `signature` of `task`, its `test_cases`, and up to `max_size`
        productions, which may name `constants`, use `features` of the language beyond expressions but no operations
        of `without`, and call `helpers`, which are names of zeroloop.programs.named. With a `sketch`, its holes alone
        are to be filled. With a `design`, methods of a class; see zeroloop.envs._program_goals.

        Raises TaskError where one of these is broken.
        """
        task = task or EXAMPLE
        start = goals.of_class(task) if "design" in task else goals.of_function(task)
        return Program(start.goal, start.term, _first_hole(start.term), start.needed, start.most)

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
            return () if state.goal.start.is_dead else spoken.moves(hole, True, room)
        head, before = state.term[state.at - 1], state.before
        assert isinstance(head, Production)
        if before and before.at == state.at - 1 and head.holes and focuses.is_clear(_focus(before), head):
            return spoken.moves_beneath(head, 0, hole, room)  # (most states are never looked at more closely)
        focus = _focus(state)
        if focus.is_dead or focus.above is None:
            return ()
        return spoken.moves_beneath(focus.above.production, len(focus.above.parts), hole, room)

    def apply(self, state: Program, move: Production) -> Program:
        """The hole becomes the production with its own holes; the next method begins where this one is done."""
        after = _written(state, move)
        if after.at >= 0 or len(after.goal.stages) < 2 or not _fits(after):
            return after
        goal = goals.after(after.goal, after.term)
        return Program(goal, goal.language.start, 0, after.needed, after.left)

    def score(self, state: Program) -> float:
        """1 where every example has the right result."""
        return 0.0 if state.needed or _focus(state).is_dead else float(_fits(state))

    def key(self, state: Program) -> Hashable:
        """The term in tokens, one for all orders of operands that do not matter; what is left; the goal as shown."""
        return state.goal.key, bytes(map(symbol, _canonical(state))), state.left

    def describe(self, state: Program) -> str:
        """The function with its holes, the examples, what parts of it come to for them, and what is left."""
        goal = state.goal
        dialect = DIALECTS[goal.dialect]
        if goal.whole:
            calls = "".join(f"{dialect.calls(*case)}\n" for case in goal.stages[0].cases)
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
        symbols = [ID["steps left"], *encode(f"{state.left:02}"), *map(symbol, term)]
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
        """Such as 'Fill the first hole with "sum(LIST)": the body is now "return sum(LIST)".'; where several methods
        are open, it begins with "In push, fill"."""
        body, method = python.one_line(_written(state, move).term), state.goal.method
        start = f"In {method}, fill" if method else "Fill"
        return f'{start} the first hole with "{_alone(move)}": the body is now "{body}".'


def _written(state: Program, move: Production) -> Program:
    """The program with one more production; `at` is -1 where the function, or the method, is done."""
    at, term, goal = state.at, state.term, state.goal
    needed = state.needed - LEAST.get(term[at].type, 1) + move.least
    term = (*term[:at], move, *move.holes, *term[at + 1 :])
    if move.holes:
        at += 1
    else:
        is_open = needed > goal.owed
        at = next((i for i in range(at + 1, len(term)) if isinstance(term[i], Hole)), -1) if is_open else -1
    return Program(goal, term, at, needed, state.left - 1, state)


def _fits(state: Program) -> bool:
    """Whether a function, or a method, that is done fits its examples."""
    goal = state.goal
    if goal.whole:
        whole = goal.whole.replaced(goal.signature.name, state.term)
        function = runner(whole.without({each.name for each in goal.stages[1:]}))
    else:
        function = evaluator(goal.signature, state.term, goal.helpers)
    try:
        return all(function(arguments) == result for arguments, result in goal.examples)
    except FailedError:
        return False


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


def _first_hole(term: Term) -> int:
    return next(at for at, each in enumerate(term) if isinstance(each, Hole))


def environment() -> Synthesis:
    """Functions of integers, truth values, texts, lists and maps."""
    return Synthesis()
