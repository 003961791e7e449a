"""Separation in causal graphs: whether two variables are independent given others, and the argument for it."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._causal_graph import read_edges, read_names
from zeroloop.envs.d_separation import read_questions
from zeroloop.errors import TaskError
from zeroloop.tasks._causal import (
    Arrow,
    blocked_at,
    downstream,
    facts,
    invented_names,
    listed,
    read_path,
    separated,
    shortest_open_path,
)
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._refinement import refined

Place = tuple[int, bool]
"""A variable that an open path comes to, and whether from a cause."""

_MAX_TEXT = 4_000
"""Characters of an answer or a sentence that are read."""
_OPENING = re.compile(
    r"Question (\d), (\w+) and (\w+) given ([\w, ]+): (walk an open path|cover all that open paths reach)\.", re.ASCII
)
_CONCLUSIONS = {True: " So they are not independent.", False: " Nothing else is reached, so they are independent."}
"""Of walks, and of what is covered."""
_STEP = re.compile(
    r"From (\w+)(?:, (?:(which is not given)|where causes meet and (\w+) is given),)? (on|back) to (\w+)\.", re.ASCII
)
_NUMBER = re.compile(r"\s*(?:\d\s*[.:)]\s*)?")
_INDEPENDENT = re.compile(r"independent\s*[:;]\s*([a-z, ]*)\.?", re.ASCII)
_QUESTIONS = (
    "are {0} and {1} independent given {2}",
    "given {2}, does {0} say nothing more about {1}",
    "is every path between {0} and {1} blocked by {2}",
)


class Question(NamedTuple):
    """Two variables, and what is given."""

    first: int
    second: int
    given: frozenset[int]


class Statement(NamedTuple):
    """What a task asks."""

    names: tuple[str, ...]
    arrows: frozenset[Arrow]
    questions: tuple[Question, ...]


class DSeparation(Kind):
    """Dial: 8 to 16 variables, 1 to 4 questions, and how long the open paths are; for a third of the questions there is
    none. Right is only who answers all, with arguments."""

    name = "d_separation"
    family = "reasoning"
    type = "causal_reasoning"
    environment_name = "d_separation"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        names, arrows, questions = _drawn_statement(rng, difficulty)
        told, asked = facts(rng, names, arrows), list[str]()
        for number, (first, second, given) in enumerate(questions, 1):
            words = names[first], names[second], listed([names[i] for i in sorted(given)])
            asked.append(f"({number}) {drawn(rng, _QUESTIONS).format(*words)}?")
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"A causal model has {len(names)} variables. {' '.join(told)} There are no other direct effects. By "
                f"the graph alone: {' '.join(asked)} Answer each with an open path, such as 'A <- B -> C', or, where "
                "there is none, with 'independent:' and the names of all variables, besides what is given, that open "
                "paths from the first variable reach; one line a question."
            ),
            "variables": [*names],
            "edges": [[names[a], names[b]] for a, b in sorted(arrows)],
            "questions": [[names[a], names[b], [names[i] for i in sorted(given)]] for a, b, given in questions],
            "facts": told,
        }
        solution = self.solve(task)
        return {**task, "answer": solution.answer, "steps": [*solution.steps]}

    def read(self, task: Task) -> Statement:
        """The graph and the questions."""
        names = read_names(task)
        questions = read_questions(task, names)
        arrows = frozenset(read_edges(task, names))
        return Statement(names, arrows, tuple(Question(a, b, frozenset(given)) for a, b, given in questions))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """A path by its edges and the variables on it; what open paths reach by the moral graph of each variable."""
        for number, (question, each) in enumerate(zip(problem.questions, _parts(problem, answer), strict=True), 1):
            try:
                objection = _objection(problem, question, *_read_answer(problem, each))
            except TaskError as error:
                objection = str(error)
            if objection:
                return wrong(f"question {number}: {objection}")
        return correct(evidence=f"all {len(problem.questions)} arguments hold")

    def solve(self, task: Task) -> Solution:
        """See TaskKind. Breadth first, step by step; the cost is the number of sentences."""
        statement = self.read(task)
        found = [_solved(statement, question) for question in statement.questions]
        steps = tuple(step for _, steps, _ in found for step in steps)
        return Solution([answer for answer, _, _ in found], steps, len(steps), sum(nodes for _, _, nodes in found))

    def structure(self, task: Task) -> str:
        """The graph and the questions, but for names and order of variables."""
        names, arrows, questions = self.read(task)
        labels = [str([(i == a, i == b, i in given) for a, b, given in questions]) for i in range(len(names))]
        return refined(labels, [(a, b, "causes") for a, b in sorted(arrows)])

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """For each question, a sentence says what is shown. Each other one goes along an edge from where the path is,
        or from anything reached, for the reason that it says; the end is there, or nothing more is reached."""
        statement = self.read(task)
        left = [*statement.questions]
        proof: _Proof | None = None
        for claim in claims:
            try:
                if proof is None or proof.ended():
                    if not left:
                        raise TaskError("after the end")
                    proof = _Proof(statement, len(statement.questions) - len(left) + 1, left.pop(0), claim)
                else:
                    proof.follow(claim)
            except TaskError as error:
                return f"{error}: {claim[:_MAX_TEXT]!r}"
        return None if proof is not None and proof.ended() and not left else "not all questions are answered"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """A path either way round, as a list or with arrows; what is reached in any order."""
        return endless(lambda: _written(task, task["answer"], rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """One argument wrong: a path without one of its variables, or with another one; a variable reached too much or
        too little; the other answer. No argument, or too few answers."""
        names, right = task["variables"], task["answer"]

        def changed() -> Any:
            at = int(rng.integers(len(right)))
            field = "reached" if right[at]["independent"] else "path"
            found = [*right[at][field]]
            if found and rng.integers(2):
                found.pop(int(rng.integers(len(found))))
            else:
                found.insert(int(rng.integers(len(found) + 1)), drawn(rng, names))
            other = [*right[:at], {**right[at], field: found}, *right[at + 1 :]]
            return _written(task, other, rng) if self.verify(task, other).score == 0 else right[1:]

        def opposite() -> Any:
            at = int(rng.integers(len(right)))
            first, second, given = task["questions"][at]
            others = [name for name in names if name not in (first, second, *given) and rng.integers(2)]
            independent = not right[at]["independent"]
            argument = {"reached": others} if independent else {"path": [first, *others, second]}
            return [*right[:at], {"independent": independent, **argument}, *right[at + 1 :]]

        def unreadable() -> Any:
            bare = [{"independent": each["independent"]} for each in right]
            several = [[*right, right[0]], right[:-1], bare, [None] * len(right), ["independent"] * len(right)]
            return drawn(rng, [None, True, False, "", "yes", "no", "independent", [], 3, {}, *several])

        return endless(changed, changed, opposite, unreadable, rng=rng)


class _Proof:
    """What sentences have shown of a question. Raises TaskError where one is not true, or is not needed."""

    def __init__(self, statement: Statement, number: int, question: Question, claim: str) -> None:
        self.statement, self.question = statement, question
        self.marks = dict[Place, None]()
        self.path = [question.first]
        self.walks = ": walk " in claim
        names, match = statement.names, _OPENING.fullmatch(claim[:_MAX_TEXT].removesuffix(_CONCLUSIONS[self.walks]))
        given = ", ".join(names[i] for i in sorted(question.given)) or "nothing"
        expected = (str(number), names[question.first], names[question.second], given)
        if match is None or match.group(1, 2, 3, 4) != expected:
            raise TaskError("it does not say what will be shown")
        self._conclude(claim)

    def ended(self) -> bool:
        """Whether the question is answered."""
        if self.walks:
            return self.path[-1] == self.question.second
        return not _possible(self.statement, self.question, self.marks) - self.marks.keys()

    def follow(self, claim: str) -> None:
        """Take a step in."""
        step = claim[:_MAX_TEXT].removesuffix(_CONCLUSIONS[self.walks])
        start, place = _read_step(self.statement, self.question, self.marks, step)
        if place in self.marks or place[0] == self.question.first:
            raise TaskError("reached before")
        self.marks[place] = None
        if self.walks:
            if start != self.path[-1] or place[0] in self.path:
                raise TaskError("the path is not there, or was")
            self.path.append(place[0])
        elif place[0] == self.question.second:
            raise TaskError("an open path leads there")
        self._conclude(claim)

    def _conclude(self, claim: str) -> None:
        """See that a sentence draws the conclusion where it is time, and not before."""
        if claim.endswith(_CONCLUSIONS[self.walks]) != self.ended():
            raise TaskError("the conclusion is missing, or comes too early")


def _said(names: Sequence[str], one: int, other: int, arrows: frozenset[Arrow]) -> str:
    """The move along an edge."""
    return f"{names[other].lower()} from {'a cause' if (one, other) in arrows else 'an effect'}"


def _solved(statement: Statement, question: Question) -> tuple[dict[str, Any], list[str], int]:
    """An answer with its argument, the moves of the environment, and the steps that were looked at."""
    names, arrows = statement.names, statement.arrows
    path, nodes = shortest_open_path(arrows, *question)
    if path is not None:
        steps = ["show a path", *(_said(names, one, other, arrows) for one, other in pairwise(path))]
        return {"independent": False, "path": [names[i] for i in path]}, steps, nodes
    marks = dict[Place, None]()
    steps = ["show that there is none"]
    while new := sorted(_possible(statement, question, marks) - marks.keys()):
        marks[new[0]] = None
        steps.append(f"{names[new[0][0]].lower()} from {'a cause' if new[0][1] else 'an effect'}")
    reached = sorted({variable for variable, _ in marks} - question.given)
    return {"independent": True, "reached": [names[i] for i in reached]}, steps, nodes


def _objection(statement: Statement, question: Question, independent: bool, found: list[int]) -> str | None:
    """What is wrong with the argument for an answer."""
    (names, arrows, _), (first, second, given) = statement, question
    if independent:
        if not separated(arrows, first, second, given):
            return f"{names[first]} and {names[second]} are not independent"
        others = {*range(len(names))} - given - {first}
        reached = {each for each in others if not separated(arrows, first, each, given)}
        return None if reached == {*found} else "the variables that open paths reach are others"
    if (found[0], found[-1]) == (second, first):
        found = found[::-1]
    if (found[0], found[-1]) != (first, second):
        return f"this is no path between {names[first]} and {names[second]}"
    if not all(pair in arrows or pair[::-1] in arrows for pair in pairwise(found)):
        return "two variables that follow each other have no edge"
    blocked = blocked_at(arrows, found, given)
    return None if blocked is None else f"the path is blocked at {names[blocked]}"


def _possible(statement: Statement, question: Question, marks: Iterable[Place]) -> set[Place]:
    """What open paths reach in one step from the start and from marks."""
    first, _, given = question
    opened = {i for i in range(len(statement.names)) if downstream(statement.arrows, [i]) & given}
    found = set[Place]()
    for at, from_cause in ((first, False), *marks):
        for cause, effect in statement.arrows:
            if cause == at and at not in given:
                found.add((effect, True))
            if effect == at and (at in opened if from_cause else at not in given):
                found.add((cause, False))
    return {place for place in found if place[0] != first}


def _read_step(statement: Statement, question: Question, marks: Collection[Place], claim: str) -> tuple[int, Place]:
    """Where a sentence goes on from, and what it reaches. Raises TaskError where that does not follow."""
    (names, arrows, _), (first, _, given) = statement, question
    match = _STEP.fullmatch(claim)
    if match is None or match[1] not in names or match[5] not in names:
        raise TaskError("not readable")
    start, end, forward = names.index(match[1]), names.index(match[5]), match[4] == "on"
    if ((start, end) if forward else (end, start)) not in arrows:
        raise TaskError("there is no such edge")
    if start == first:
        if match[2] or match[3]:
            raise TaskError("the start needs no reason")
    elif match[2]:
        came = [place for place in marks if place[0] == start]
        if start in given or not came or not (forward or (start, False) in came):
            raise TaskError("it is given, not reached, or causes meet there")
    else:
        below = match[3] in names and names.index(match[3]) in given & downstream(arrows, [start])
        if not below or forward or (start, True) not in marks:
            raise TaskError("no causes meet there, or nothing is given below")
    return start, (end, forward)


def _parts(statement: Statement, answer: Any) -> Sequence[Any]:
    """The answer to each question: a list, the lines of a text, or a single one by itself. Raises TaskError."""
    count = len(statement.questions)
    if isinstance(answer, str) and len(answer) <= _MAX_TEXT:
        answer = [_NUMBER.sub("", line, count=1).strip() for line in answer.strip().split("\n")]
    elif isinstance(answer, dict):
        answer = [answer]
    if not isinstance(answer, list | tuple) or len(answer) != count:
        raise TaskError(f"answer: expected {count} answers, one for each question, as a list or in lines")
    return answer


def _read_answer(statement: Statement, answer: Any) -> tuple[bool, list[int]]:
    """Whether the answer is that they are independent, and the variables of its argument. Raises TaskError."""
    names, lower = statement.names, [name.lower() for name in statement.names]
    if isinstance(answer, str):
        if not (match := _INDEPENDENT.fullmatch(answer.lower())):
            return False, read_path(answer, names, statement.arrows)
        answer = {"independent": True, "reached": [word for word in re.split(r"[, ]+", match[1]) if word]}
    elif isinstance(answer, list | tuple):
        answer = {"independent": False, "path": answer}
    if not isinstance(answer, dict) or not isinstance(answer.get("independent"), bool):
        raise TaskError("expected a path such as 'A <- B -> C', or 'independent:' and what is reached")
    words = answer.get("reached" if answer["independent"] else "path")
    if not isinstance(words, list | tuple) or len(words) > len(names) or not (words or answer["independent"]):
        raise TaskError("it needs an argument: the names on a path, or of all that is reached")
    if not all(isinstance(word, str) and word.lower() in lower for word in words):
        raise TaskError("the argument has other words than names of variables")
    found = [lower.index(word.lower()) for word in words]
    if len({*found}) < len(found):
        raise TaskError("a variable is named twice")
    return answer["independent"], found


def _written(task: Task, answers: Sequence[dict[str, Any]], rng: np.random.Generator) -> Any:
    """Answers in a randomly chosen notation."""
    lines, lists = list[str](), list[Any]()
    for number, answer in enumerate(answers, 1):
        if answer["independent"]:
            words = rng.permutation(answer["reached"]).tolist()
            lists.append({**answer, "reached": words})
            text = drawn(rng, ["independent: ", "Independent; "]) + drawn(rng, [", ", " "]).join(words)
        else:
            path = answer["path"] if rng.integers(2) else answer["path"][::-1]
            lists.append(drawn(rng, [{**answer, "path": path}, path, tuple(path)]))
            text = path[0] if path else ""
            for one, other in pairwise(path):
                text += f" {'->' if [one, other] in task['edges'] else '<-'} {other}"
        lines.append(drawn(rng, [text, f"{number}. {text}", f"{number}) {text}"]))
    return drawn(rng, [lists, "\n".join(lines)])


def _drawn_statement(rng: np.random.Generator, difficulty: float) -> Statement:
    """A random graph with questions: an open path that is not too short, or none and something to cover."""
    count, asked = 8 + round(8 * difficulty), 1 + round(3 * difficulty)
    size, least = round(count * (1.2 + 0.4 * difficulty)), 2 + round(2 * difficulty)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    names, wanted = tuple(invented_names(rng, count)), [int(rng.integers(3)) == 0 for _ in range(asked)]
    while True:
        numbers = rng.permutation(count).tolist()
        edges = (pairs[i] for i in rng.choice(len(pairs), size, replace=False).tolist())
        arrows, questions = frozenset((numbers[a], numbers[b]) for a, b in edges), list[Question]()
        for _ in range(20):
            first, second, *given = rng.permutation(count)[: 3 + round(3 * difficulty)].tolist()
            path, nodes = shortest_open_path(arrows, first, second, given)
            good = nodes >= 2 * least if path is None else len(path) > least
            if good and (path is None) == wanted[len(questions)]:
                questions.append(Question(first, second, frozenset(given)))
                if len(questions) == asked:
                    return Statement(names, arrows, tuple(questions))


def kind() -> DSeparation:
    """Independence in causal graphs."""
    return DSeparation()
