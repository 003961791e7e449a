"""Constraint satisfaction: give every variable a value, one guess at a time, and let what follows from it follow."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._constraint_forms import (
    MAX_ATTRIBUTES,
    MAX_CLUES,
    MAX_EDGES,
    MAX_HOUSES,
    MAX_SIDE,
    MAX_SUDOKU,
    MAX_VERTICES,
    read_colouring,
    read_latin_square,
    read_sudoku,
    read_zebra,
)
from zeroloop.envs._constraint_problem import Fixpoint, Problem, propagate
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import SettingError
from zeroloop.observers import Int16
from zeroloop.vocabulary import ID

MAX_MOVES = 96
"""Assignments that a state lists: those of the variables with the fewest values left."""
_DIGITS = "123456789A"


class Form(NamedTuple):
    """A form of puzzle: how a task is read, the tokens that show it at most, and an example."""

    read: Callable[[Task], Problem]
    num_tokens: int
    example: Task


FORMS = {
    "latin_square": Form(
        read_latin_square,
        MAX_SIDE * MAX_SIDE + 4,
        {"grid": [[0, 2, 0, 0], [0, 0, 4, 0], [3, 0, 0, 0], [0, 0, 0, 1]]},
    ),
    "sudoku": Form(
        read_sudoku,
        MAX_SUDOKU * MAX_SUDOKU + 7,
        {"grid": [[0, 2, 0, 0], [0, 0, 4, 0], [3, 0, 0, 0], [0, 0, 0, 1]], "box": [2, 2]},
    ),
    "graph_colouring": Form(
        read_colouring,
        MAX_VERTICES + 3 + MAX_EDGES,
        {"vertices": 5, "colours": 3, "edges": [[1, 2], [2, 3], [1, 3], [3, 4], [4, 5], [1, 5]]},
    ),
    "zebra": Form(
        read_zebra,
        MAX_HOUSES * MAX_ATTRIBUTES + 5 + MAX_CLUES,
        {
            "houses": 3,
            "attributes": {"name": ["Alba", "Bruno", "Chloe"], "pet": ["cat", "dog", "owl"]},
            "clues": [["same", "Alba", "cat"], ["next_to", "Bruno", "owl"], ["left_of", "owl", "Chloe"]],
        },
    ),
}


class Assignment(NamedTuple):
    """A value, as a bit, for a variable; variable -1 stands for what follows from the puzzle itself."""

    variable: int
    value: int


DEDUCE = Assignment(-1, 0)


@dataclass(frozen=True)
class Domains:
    """The values that are left for each variable, as bits; None at a dead end, where one has none."""

    problem: Problem
    domains: tuple[int, ...] | None


class Constraints(MoveListEnvironment[Domains, Assignment]):
    """A move gives a variable one of its values; all that follows from it is done in the same step.

    What follows is forward checking: a decided variable leaves to the others what goes with its value, and one that has
    a single value left is decided, too. More is not looked for, such as a number that fits only one cell of a row: with
    that, guesses are hardly ever needed (decision 0020). So a state is known by the variables that are decided.
    Where a puzzle decides some by itself, the first move is to deduce them. The score is 1 where every variable is
    decided, and 0 at a dead end. No move takes a single value away: giving a variable the right one leads further, and
    is always possible.
    """

    name: ClassVar[str] = "constraints"
    num_actions = MAX_MOVES

    def __init__(self, form: str) -> None:
        if form not in FORMS:
            raise SettingError(f"form must be one of {', '.join(FORMS)}, not {form!r}")
        self._form = FORMS[form]
        self.num_tokens = self._form.num_tokens

    def initial_state(self, task: Task | None = None) -> Domains:
        """The puzzle of `task`. Raises TaskError where it is broken."""
        problem = self._form.read(self._form.example if task is None else task)
        return Domains(problem, problem.start)

    def list_moves(self, state: Domains) -> list[Assignment]:
        """The values of undecided variables, those with the fewest first, for as many whole variables as there is room
        for. Of values that are alike one is listed."""
        problem, domains = state.problem, state.domains
        if domains is None:
            return []
        if problem.must_deduce and domains == problem.start:
            return [DEDUCE]
        allowed = _used_and_one(domains, problem.all_values) if problem.interchangeable else problem.all_values
        found: list[Assignment] = []
        undecided = [(domain.bit_count(), i) for i, domain in enumerate(domains) if domain & (domain - 1)]
        for _, variable in sorted(undecided):
            values = _assignments(variable, domains[variable] & allowed)
            if len(found) + len(values) > MAX_MOVES:
                break
            found += values
        return found

    def apply(self, state: Domains, move: Assignment) -> Domains:
        """With all that follows."""
        after = _after(state, move)
        return Domains(state.problem, after.domains if after.conflict is None else None)

    def score(self, state: Domains) -> float:
        """1 where every variable has a value."""
        return float(state.domains is not None)

    def key(self, state: Domains) -> tuple[Any, ...]:
        """Size and relations of the puzzle and the domains, at a dead end those of the start."""
        problem = state.problem
        return *problem.given, problem.domains if state.domains is None else state.domains, state.domains is None

    def describe(self, state: Domains) -> str:
        """The variables that are decided, and how many values are left for the others."""
        problem, domains = state.problem, state.domains
        if domains is None:
            return "a dead end: no value is left for some variable"
        decided = "; ".join(problem.says(i, domain) for i, domain in enumerate(domains) if domain.bit_count() == 1)
        left = ", ".join(f"{problem.names[i]}: {d.bit_count()}" for i, d in enumerate(domains) if d.bit_count() > 1)
        return f"decided: {decided or 'nothing'}. Values left: {left or 'none'}"

    def move_name(self, state: Domains, move: Assignment) -> str:
        """Such as "row 3, column 5 is 7", or "deduce"."""
        return "deduce" if move == DEDUCE else state.problem.says(*move).lower()

    def tokens(self, state: Domains, symmetry: int = 0) -> Int16:
        """What each variable is, or may still be, at its place; then the kind of puzzle, its size, edges and clues."""
        problem = state.problem
        tokens = problem.blank.copy()
        domains = problem.domains if state.domains is None else state.domains
        tokens[: len(domains), 0] = _symbols(len(problem.values), problem.by_count)[np.array(domains)]
        if state.domains is None:
            tokens[len(domains), 0] = ID["dead end"]
        return tokens

    def move_tokens(self, state: Domains, move: Assignment) -> tuple[list[int], list[int]]:
        """The value; about the variable."""
        if move == DEDUCE:
            return [ID["deduce"]], []
        return [ID[_DIGITS[move.value.bit_length() - 1]]], [move.variable]

    def answer(self, state: Domains) -> Any:
        """Rows of numbers; the colour of each vertex; the house of each item."""
        if state.domains is None or any(domain & (domain - 1) for domain in state.domains):
            return None
        return state.problem.answer([domain.bit_length() - 1 for domain in state.domains])

    def move_claim(self, state: Domains, move: Assignment) -> str:
        """Such as "Suppose row 1, column 2 is 3: since every other number is in its row or column, row 1, column 4 is
        1; row 2, column 2 is 1; but nothing is left for row 3, column 2."."""
        problem, after = state.problem, _after(state, move)
        start = "From what is given" if move == DEDUCE else f"Suppose {problem.says(*move)}"
        parts = [problem.says(*each) for each in after.decided]
        if parts:
            parts[0] = f"since {problem.only}, {parts[0]}"
        if after.conflict is not None:
            parts.append(f"but nothing is left for {problem.names[after.conflict]}")
        return f"{start}: {'; '.join(parts)}." if parts else f"{start}."


def _after(state: Domains, move: Assignment) -> Fixpoint:
    problem = state.problem
    if move == DEDUCE:
        return problem.closure
    assert state.domains is not None, "a dead end has no moves"
    domains = [*state.domains]
    domains[move.variable] = move.value
    return propagate(problem, domains, [move.variable])


def _used_and_one(domains: tuple[int, ...], all_values: int) -> int:
    """The values that some variable has, and the first of the others."""
    used = 0
    for domain in domains:
        if not domain & (domain - 1):
            used |= domain
    others = all_values & ~used
    return used | (others & -others)


@lru_cache(1 << 15)
def _assignments(variable: int, domain: int) -> tuple[Assignment, ...]:
    """A variable's moves, the lowest value first."""
    return tuple(Assignment(variable, 1 << value) for value in range(domain.bit_length()) if domain >> value & 1)


@lru_cache
def _symbols(values: int, by_count: bool) -> Int16:
    """int16 [2 ** values]: the symbol of each domain."""
    found = np.zeros(1 << values, np.int16)
    for domain in range(1, 1 << values):
        if not by_count:
            found[domain] = ID[f"rule {domain}"]
        elif domain.bit_count() == 1:
            found[domain] = ID[_DIGITS[domain.bit_length() - 1]]
        else:
            found[domain] = ID[f"rule {domain.bit_count()}"]
    return found


def environment(form: str = "latin_square") -> Constraints:
    """Puzzles of one form: latin_square, sudoku, graph_colouring, zebra."""
    return Constraints(form)
