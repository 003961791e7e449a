"""Separation in causal graphs: show an open path between two variables, or that there is none."""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._causal_graph import (
    MAX_EDGES,
    MAX_VARIABLES,
    Graph,
    closure,
    graph_of,
    members,
    read_edges,
    read_names,
    written_path,
)
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.vocabulary import ID

MAX_QUESTIONS = 4
MAX_GIVEN = 5
EXAMPLE: Task = {
    "variables": ["Fimo", "Rud", "Tasel", "Wob", "Yark"],
    "edges": [["Fimo", "Rud"], ["Fimo", "Tasel"], ["Wob", "Tasel"], ["Tasel", "Yark"]],
    "questions": [["Rud", "Wob", ["Yark"]], ["Rud", "Wob", []]],
}

_PLAIN, _GIVEN, _FIRST, _SECOND = range(0, 16, 4)
"""Rules that stand for variables; 1 more where an open path comes to one from an effect, 2 more from a cause."""


class Mark(NamedTuple):
    """A variable that an open path leads to, whether from one of its causes, and the variable before it."""

    before: int
    variable: int
    from_cause: bool


WALK, COVER = Mark(-1, 0, False), Mark(-1, 1, False)
"""The moves that say what will be shown: an open path, or all that open paths reach."""


class Question(NamedTuple):
    """Whether two variables are independent. given, opened: bits, opened with the ancestors of what is given."""

    first: int
    second: int
    given: int
    opened: int


@dataclass(frozen=True, eq=False)
class Sheet:
    """What stays the same in an episode. blank: int16 [T, 3], variables, edges and questions."""

    graph: Graph
    edges: tuple[tuple[int, int], ...]
    questions: tuple[Question, ...]
    blank: Int16


@dataclass(frozen=True)
class Progress:
    """done: the questions that are answered, each by a mode and marks. mode: WALK or COVER, None before one is chosen.
    marks: a path in its order, or what is covered, ascending. failed: an answer is wrong."""

    sheet: Sheet
    done: tuple[tuple[Mark, tuple[tuple[int, bool], ...]], ...]
    mode: Mark | None
    marks: tuple[tuple[int, bool], ...]
    failed: bool

    @property
    def question(self) -> Question:
        """The present question, the last one at the end."""
        return self.sheet.questions[min(len(self.done), len(self.sheet.questions) - 1)]


class DSeparation(MoveListEnvironment[Progress, Mark]):
    """Questions about one graph, in turns. A move says what will be shown: an open path is walked from the first
    variable to the second, and meets no variable twice; that there is none is shown by covering, in any order, all that
    open paths reach (Bayes ball, Shachter 1998). An answer is wrong where a walk leads nowhere, or the second variable
    is covered; the other questions follow all the same. The score is 1 where all answers are right, and else 0.
    """

    name: ClassVar[str] = "d_separation"
    num_actions = 2 * MAX_VARIABLES
    num_tokens = 2 * MAX_VARIABLES + MAX_EDGES + MAX_QUESTIONS * (2 + MAX_GIVEN)

    def initial_state(self, task: Task | None = None) -> Progress:
        """Nothing answered. Raises TaskError where the graph or a question is broken."""
        task = EXAMPLE if task is None else task
        names = read_names(task)
        edges = sorted(read_edges(task, names))
        graph, questions = graph_of(names, edges), list[Question]()
        for first, second, given in read_questions(task, names):
            bits = sum(1 << each for each in given)
            questions.append(Question(first, second, bits, closure(graph.parents, bits)))
        sheet = Sheet(graph, tuple(edges), tuple(questions), _blank(len(names), edges, questions))
        return Progress(sheet, (), None, (), False)

    def list_moves(self, state: Progress) -> list[Mark]:
        """What to show; then where it leads on."""
        question = state.question
        if len(state.done) == len(state.sheet.questions):
            return []
        if state.mode is None:
            return [WALK, COVER]
        if state.mode == WALK:
            last = state.marks[-1] if state.marks else (question.first, False)
            been = {variable for variable, _ in state.marks}
            return [mark for mark in _onward(state, *last) if mark.variable not in been]
        found: dict[tuple[int, bool], Mark] = {}
        for place in ((question.first, False), *state.marks):
            for mark in _onward(state, *place):
                found.setdefault(mark[1:], mark)
        return [mark for place, mark in sorted(found.items()) if place not in state.marks]

    def apply(self, state: Progress, move: Mark) -> Progress:
        """With a mode or one more mark; on to the next question at the second variable, or where no move is left."""
        mode, marks, arrived = state.mode, state.marks, False
        if mode is None:
            mode = move
        else:
            arrived = move.variable == state.question.second
            marks = (*marks, (move.variable, move.from_cause))
            if mode == COVER:
                marks = tuple(sorted(marks))
        after = Progress(state.sheet, state.done, mode, marks, state.failed)
        if not arrived and self.list_moves(after):
            return after
        failed = state.failed or arrived != (mode == WALK)
        return Progress(state.sheet, (*state.done, (mode, marks)), None, (), failed)

    def score(self, state: Progress) -> float:
        """1 where nothing failed."""
        return float(not state.failed)

    def key(self, state: Progress) -> tuple[Any, ...]:
        """The graph and the questions, the number of the present one, and how far it is answered."""
        sheet = state.sheet
        return sheet.edges, sheet.questions, len(state.done), state.mode, state.marks, state.failed

    def describe(self, state: Progress) -> str:
        """The present question, and how far it is answered."""
        names, question = state.sheet.graph.names, state.question
        answered = f"{len(state.done)} of {len(state.sheet.questions)} answered{', wrongly' if state.failed else ''}"
        text = f"{answered}; {_asked(state.sheet.graph, question)}: "
        if state.mode is None:
            return f"{text}nothing shown"
        if state.mode == WALK:
            text += f"walked {written_path(state.sheet.graph, _path(question, state.marks))}"
        else:
            text += f"reached {', '.join(_written(names, *mark) for mark in state.marks) or 'nothing'}"
        return text

    def move_name(self, state: Progress, move: Mark) -> str:
        """Such as "show a path", "show that there is none", or "wob from a cause"."""
        if state.mode is None:
            return "show a path" if move == WALK else "show that there is none"
        return _written(state.sheet.graph.names, move.variable, move.from_cause).lower()

    def tokens(self, state: Progress, symmetry: int = 0) -> Int16:
        """Variables on the diagonal, with their part in the present question and marks; edges in the row of the cause
        and the column of the effect; a row for each question; what is shown of which; and the places on a walk, in the
        last column."""
        sheet, question = state.sheet, state.question
        size, tokens = len(sheet.graph.names), state.sheet.blank.copy()
        for variable in members(question.given):
            tokens[variable, 0] = ID[f"rule {_GIVEN}"]
        tokens[question.first, 0], tokens[question.second, 0] = ID[f"rule {_FIRST}"], ID[f"rule {_SECOND}"]
        for variable, from_cause in state.marks:
            tokens[variable, 0] += 1 + from_cause
        over = len(state.done) == len(sheet.questions)
        mode = "d-separation" if state.mode is None else "agent" if state.mode == WALK else "wall"
        tokens[-1] = ID["done" if over else mode], size + len(state.done), MAX_VARIABLES + state.failed
        if state.mode != WALK or not state.marks:
            return tokens
        walk = [(ID[f"rule {16 + at}"], v, MAX_VARIABLES) for at, (v, _) in enumerate(state.marks)]
        return np.concatenate([tokens, np.array(walk, np.int16)])

    def move_tokens(self, state: Progress, move: Mark) -> tuple[list[int], list[int]]:
        """What to show; or a mark, about the variables that it leads from and to."""
        if state.mode is None:
            return [ID["agent" if move == WALK else "wall"]], []
        return [ID["down" if move.from_cause else "up"]], [move.before, move.variable]

    def answer(self, state: Progress) -> list[Any] | None:
        """For each question the names on the path; or that both are independent, and what open paths reach besides what
        is given; wrong ones are what was shown of them. None before the end."""
        if len(state.done) < len(state.sheet.questions):
            return None
        names, found = state.sheet.graph.names, list[Any]()
        for question, (mode, marks) in zip(state.sheet.questions, state.done, strict=True):
            if mode == WALK:
                found.append({"independent": False, "path": [names[v] for v in _path(question, marks)]})
            else:
                reached = sorted({variable for variable, _ in marks if not question.given >> variable & 1})
                found.append({"independent": True, "reached": [names[v] for v in reached]})
        return found

    def move_claim(self, state: Progress, move: Mark) -> str:
        """Such as "From Fimo, which is not given, on to Tasel." or "From Tasel, where causes meet and Yark is given,
        back to Wob. So they are not independent."."""
        graph, after = state.sheet.graph, self.apply(state, move)
        end = ""
        if state.mode is not None and move.variable == state.question.second:
            end = " So they are not independent."
        elif len(after.done) > len(state.done):
            walks = WALK in (state.mode, move)
            end = " No open path goes on." if walks else " Nothing else is reached, so they are independent."
        if state.mode is None:
            what = "walk an open path" if move == WALK else "cover all that open paths reach"
            return f"Question {len(state.done) + 1}, {_asked(graph, state.question)}: {what}.{end}"
        return f"From {_why(state, move)}{'on' if move.from_cause else 'back'} to {graph.names[move.variable]}.{end}"


def read_questions(task: Task, names: tuple[str, ...]) -> list[tuple[int, int, list[int]]]:
    """The two variables of each question, and what is given, ascending. Raises TaskError."""
    rows = task.get("questions")
    if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= MAX_QUESTIONS:
        raise TaskError(
            f"questions must be a list of 1 to {MAX_QUESTIONS} lists such as ['{names[0]}', '{names[1]}', []]"
        )
    found = list[tuple[int, int, list[int]]]()
    for index, row in enumerate(rows):
        if not isinstance(row, list | tuple) or len(row) != 3 or not isinstance(row[2], list | tuple):
            raise TaskError(f"questions[{index}] must be two variables and a list of what is given")
        words = (*row[:2], *row[2])
        if len(row[2]) > MAX_GIVEN or not all(isinstance(word, str) and word in names for word in words):
            raise TaskError(f"questions[{index}] must name variables of the task, and give {MAX_GIVEN} at most")
        if len({*words}) < len(words):
            raise TaskError(f"questions[{index}] names a variable twice; all must differ")
        first, second, *given = map(names.index, words)
        found.append((first, second, sorted(given)))
    return found


def _onward(state: Progress, variable: int, from_cause: bool) -> list[Mark]:
    """Where an open path goes on from a variable that it came to from a cause, or not, as it does at the start."""
    graph, question, found = state.sheet.graph, state.question, list[Mark]()
    is_given, start = question.given >> variable & 1, 1 << question.first
    if question.opened >> variable & 1 if from_cause else not is_given:
        found += [Mark(variable, other, False) for other in members(graph.parents[variable] & ~start)]
    if not is_given:
        found += [Mark(variable, other, True) for other in members(graph.children[variable] & ~start)]
    return found


def _why(state: Progress, move: Mark) -> str:
    """Where a move starts, and why a path is open there."""
    graph, question = state.sheet.graph, state.question
    name = graph.names[move.before]
    if move.before == question.first:
        return f"{name} "
    if move.from_cause or ((move.before, False) in state.marks and not question.given >> move.before & 1):
        return f"{name}, which is not given, "
    below = closure(graph.children, 1 << move.before) & question.given
    return f"{name}, where causes meet and {graph.names[members(below)[0]]} is given, "


def _asked(graph: Graph, question: Question) -> str:
    given = ", ".join(graph.names[each] for each in members(question.given)) or "nothing"
    return f"{graph.names[question.first]} and {graph.names[question.second]} given {given}"


def _path(question: Question, marks: tuple[tuple[int, bool], ...]) -> list[int]:
    return [question.first, *(variable for variable, _ in marks)]


def _written(names: tuple[str, ...], variable: int, from_cause: bool) -> str:
    return f"{names[variable]} from {'a cause' if from_cause else 'an effect'}"


def _blank(size: int, edges: list[tuple[int, int]], questions: list[Question]) -> Int16:
    rows = [(ID[f"rule {_PLAIN}"], v, v) for v in range(size)]
    rows += [(ID["edge"], cause, effect) for cause, effect in edges]
    for row, question in enumerate(questions, size):
        parts = [(_FIRST, question.first), (_SECOND, question.second), *((_GIVEN, v) for v in members(question.given))]
        rows += [(ID[f"rule {part}"], row, variable) for part, variable in parts]
    return np.array([*rows, (ID["d-separation"], size, MAX_VARIABLES)], np.int16)


def environment() -> DSeparation:
    """Causal graphs of up to 16 variables."""
    return DSeparation()
