"""What kinds of constraint satisfaction share: proofs of one solution, verdicts, the reference, and chains."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.constraints import MAX_MOVES
from zeroloop.errors import TaskError
from zeroloop.tasks._constraint_chain import Wording, check
from zeroloop.tasks._constraint_solver import Found, Puzzle, Solver, TooHardError, explained, holds
from zeroloop.tasks._constraint_structure import structure
from zeroloop.tasks._kinds import Kind, correct, wrong

MAX_TEXT = 5_000
"""Characters of an answer that is read as text."""


class Statement(NamedTuple):
    """What a task states: a puzzle, the words for its parts, and, where answers call variables something else, that."""

    puzzle: Puzzle
    wording: Wording
    labels: tuple[str, ...] = ()


class ConstraintKind(Kind):
    """The base of puzzles whose answer gives every variable a value.

    unique: whether tasks say that there is one solution; it is proved then before any verdict, and a task with none or
    several is broken.
    """

    family = "reasoning"
    type = "constraint_satisfaction"
    environment_name = "constraints"
    unique: ClassVar[bool] = True

    # ---- what a subclass says ---------------------------------------------------------------------------------------

    def statement(self, task: Task) -> Statement:
        """The puzzle of a task. Raises TaskError where its fields are broken."""
        raise NotImplementedError

    def values(self, statement: Statement, answer: Any) -> tuple[int, ...]:
        """The value of each variable in any answer. Raises TaskError for what is no answer, or not a whole one."""
        raise NotImplementedError

    def answer(self, statement: Statement, values: Sequence[int]) -> Any:
        """Values as the environment gives them."""
        raise NotImplementedError

    # ---- TaskKind ---------------------------------------------------------------------------------------------------

    def environment_options(self, task: Task) -> dict[str, Any]:
        """The form of puzzle."""
        return {"form": self.name}

    def read(self, task: Task) -> Statement:
        """The puzzle, which has one solution where tasks of the kind say so."""
        statement = self.statement(task)
        if self.unique and (objection := _objection(statement)):
            raise TaskError(objection)
        return statement

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """That each value is a possible one, and that they agree with each other."""
        try:
            values = self.values(problem, answer)
            mistake = first_mistake(problem, values)
        except TaskError as error:
            mistake = str(error)
        if mistake is None:
            return correct(evidence=f"all {len(problem.puzzle.domains)} values agree")
        if not self.unique and _has_no_solution(problem.puzzle):
            return Verdict("error", 0.0, "the task is broken: the puzzle has no solution")
        return wrong(mistake)

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Backtracking, most constrained variable first, with more propagation than the environment has;
        the cost is the number of guesses that its solution takes there, each time the one that is easiest to see."""
        statement = self.statement(task)
        puzzle, wording = statement.puzzle, statement.wording
        found = _searched(puzzle)
        if not found.solutions:
            return None
        guesses = explained(puzzle, found.solutions[0], MAX_MOVES)
        steps = [f"{wording.names[i]} {wording.verb} {wording.values[v]}".lower() for i, v in guesses]
        if _decides(puzzle):
            steps.insert(0, "deduce")
        return Solution(self.answer(statement, found.solutions[0]), tuple(steps), len(guesses), found.nodes)

    def baseline(self, task: Task) -> Any:
        """What always guessing the first value of the most constrained variable comes to, with the environment's
        propagation and no guess taken back; None where it fails."""
        statement = self.statement(task)
        values = Solver(statement.puzzle, thorough=False).dive()
        return None if values is None else self.answer(statement, values)

    def structure(self, task: Task) -> str:
        """The puzzle but for names and order of variables and values; see `_constraint_structure`."""
        return structure(self.statement(task).puzzle)

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is a guess and what follows from it, and why; the end is the solution."""
        statement = self.statement(task)
        return check(statement.puzzle, statement.wording, claims)


def lower_case(text: str) -> str:
    """An answer's text without capitals, quotation marks and the brackets around it. Raises TaskError where it is too
    long."""
    if len(text) > MAX_TEXT:
        raise TaskError(f"answer: {len(text)} characters are too many; at most {MAX_TEXT} are read")
    return text.lower().replace("'", "").replace('"', "").strip("{}() \n")


def first_mistake(statement: Statement, values: Sequence[int]) -> str | None:
    """What is wrong with values, of the first variables that break a constraint; None where nothing is."""
    puzzle, wording = statement.puzzle, statement.wording

    def says(variable: int) -> str:
        return f"{wording.names[variable]} {wording.verb} {wording.values[values[variable]]}"

    for variable, domain in enumerate(puzzle.domains):
        if not domain >> values[variable] & 1:
            return f"{says(variable)}, which is not what the puzzle says"
    for group in puzzle.groups:
        seen = dict[int, int]()
        for variable in group:
            if (other := seen.setdefault(values[variable], variable)) != variable:
                return f"{says(other)}, and {says(variable)}, too"
    for name, a, b in puzzle.relations:
        if not holds(name, values[a], values[b]):
            return f"{says(a)} and {says(b)}, which is not what a clue says"
    return None


@lru_cache(maxsize=512)
def _searched(puzzle: Puzzle) -> Found:
    """The first solution."""
    return Solver(puzzle).solve(limit=1)


@lru_cache(maxsize=512)
def _two(puzzle: Puzzle) -> list[tuple[int, ...]] | None:
    """Up to two solutions; None where it takes too long to find them."""
    try:
        return Solver(puzzle).solve(limit=2).solutions
    except TooHardError:
        return None


def _objection(statement: Statement) -> str | None:
    """Why a puzzle does not have one solution."""
    found = _two(statement.puzzle)
    if found is None:
        return "the puzzle is too hard: whether it has one solution was not found out in time; give more of it"
    if not found:
        return "the puzzle has no solution; what is given contradicts itself"
    if len(found) > 1:
        names, values = statement.wording.names, statement.wording.values
        at = next(i for i, pair in enumerate(zip(*found, strict=True)) if pair[0] != pair[1])
        one, other = (values[solution[at]] for solution in found)
        return f"the puzzle has several solutions: {names[at]} may be {one} or {other}; give more of it"
    return None


def _has_no_solution(puzzle: Puzzle) -> bool:
    return _two(puzzle) == []


def _decides(puzzle: Puzzle) -> bool:
    """Whether a puzzle decides a variable before anything is guessed."""
    domains = [*puzzle.domains]
    Solver(puzzle, thorough=False).narrow(domains)
    return any(
        after.bit_count() == 1 < before.bit_count() for before, after in zip(puzzle.domains, domains, strict=True)
    )
