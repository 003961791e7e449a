"""Deduction: proofs from facts and rules about a few individuals, with suppositions, cases and contradictions."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._deduction_problem import VARIABLES, Literal, Problem, Rule, read_problem
from zeroloop.errors import TaskError
from zeroloop.tasks._deduction_draft import draft, proof_length
from zeroloop.tasks._deduction_proofs import Reader, Replay
from zeroloop.tasks._deduction_reference import TooHardError, forward_chaining, is_consistent, shortest_proof
from zeroloop.tasks._deduction_text import GOALS, statement
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._refinement import refined

_MAX_NODES = 1_000
"""Sequents that are looked at for a new task; a harder one is thrown away."""
_LINE = re.compile(r"Rule (\d+): (.+)|Suppose (.+)")


class Deduction(Kind):
    """Dial: proofs of 2 to 12 steps, 4 to some 25 facts and rules that they do without; cases, contradictions and
    conditional goals from 0.4 on.

    A proof of at most a fifth more steps than the shortest scores 1, one that takes all the steps allowed (two fifths
    more) 1/2, and those between in proportion.
    """

    name = "deduction"
    version = 2
    family = "reasoning"
    type = "logical_deduction"
    min_score = 0.5
    environment_name = "deduction"
    room: ClassVar[int] = 112
    """For literals; see draft. With more, many tasks would be too large to be shown."""
    wording: ClassVar[tuple[Sequence[str], str]] = (GOALS, "")
    """Ways to ask for the goal, and what is said of answers beside proofs."""
    actions: ClassVar[Sequence[str]] = ("Rule N: ...", "Suppose ...")

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. The shortest proof has at least three quarters of the planned steps."""
        least = 0.75 * proof_length(difficulty)

        def is_good(problem: Problem) -> bool:
            try:
                lines = shortest_proof(problem, proof_length(difficulty), _MAX_NODES).lines
                return lines is not None and len(lines) >= least and is_consistent(problem)
            except TooHardError:
                return False

        while True:
            problem = draft(rng, difficulty, self.room, is_good)
            if problem is None:
                continue
            lines = shortest_proof(problem, proof_length(difficulty)).lines
            assert lines is not None, "a good problem has a proof"
            count = len(lines)
            problem = problem._replace(par=count + count // 5, max_steps=count + max(1, round(0.4 * count)))
            task = self.asked(problem, difficulty, lines, rng)
            try:
                self.environment(task).initial_state(task)
            except TaskError:  # too large to be shown
                continue
            return task

    def asked(self, problem: Problem, difficulty: float, answer: list[str], rng: np.random.Generator) -> Task:
        """The task that `read_problem` reads as this problem."""
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": statement(problem, rng, *self.wording),
            "individuals": [*problem.individuals],
            "predicates": dict(problem.predicates),
            "facts": [_listed(fact) for fact in problem.facts],
            "rules": [_mapping(rule) for rule in problem.rules],
            "goal": _mapping(problem.goal),
            "available_actions": [*self.actions],
            "par": problem.par,
            "max_steps": problem.max_steps,
            "answer": answer,
            "steps": [*answer],
        }

    def read(self, task: Task) -> Problem:
        """The problem, whose facts and rules must not contradict each other: all could be shown from them."""
        problem = read_problem(task)
        if not _is_consistent(problem):
            raise TaskError("rules: together with the facts they contradict themselves; leave one of them out")
        return problem

    def judge(self, problem: Problem, answer: Any) -> Verdict:
        """That every line follows, and that nothing is left to be shown after the last."""
        steps, replay = Reader(problem).steps(answer, problem.max_steps), Replay(problem)
        for number, step in enumerate(steps, 1):
            try:
                events = replay.take(step)
                if step.events not in (None, events):
                    raise TaskError("what it says of cases, or of what is left to be shown, is not so")
            except TaskError as error:
                return wrong(f"step {number}: {error}")
        if not replay.finished:
            left = len(replay.waiting) + 1
            return wrong(f"after {len(steps)} steps the proof is not finished: {left} cases are left")
        over = max(0, len(steps) - problem.par)
        score = 1 - 0.5 * over / (problem.max_steps - problem.par) if over else 1.0
        return correct(score, f"a proof of {len(steps)} steps; {problem.par} have the full score")

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says what follows by which rule from what, or what is supposed, and which cases begin and end;
        the last one ends the proof."""
        problem = self.read(task)
        reader, replay = Reader(problem), Replay(problem)
        for claim in claims:
            try:
                step = reader.step(claim)
                events = replay.take(step)
            except TaskError as error:
                return f"{claim[:200]!r}: {error}"
            silent = step.premises is None and step.rule is not None and problem.rules[step.rule - 1].premises
            if silent or (step.events or ()) != events:
                return f"not all of it, or not true: {claim[:200]!r}"
        if len(claims) > problem.max_steps:
            return f"{len(claims)} steps are too many; at most {problem.max_steps} are allowed"
        return None if replay.finished else "the proof is not finished"

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. A shortest proof; None where it has too many steps, or there is none. Raises TooHardError."""
        problem = self.read(task)
        lines, nodes = shortest_proof(problem, problem.max_steps)
        return None if lines is None else Solution(lines, tuple(line.lower() for line in lines), len(lines), nodes)

    def baseline(self, task: Task) -> list[str]:
        """What a prover without a plan does: it applies all rules in their order until the steps are used up."""
        return forward_chaining(self.read(task))

    def structure(self, task: Task) -> str:
        """Individuals, facts, rules and goal as a graph, but for names, words and order."""
        return refined(*_graph(read_problem(task)))

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known proof as a list or as lines, with and without numbers, with the rules before or behind."""
        lines = task["answer"]
        return endless(lambda: _written(lines, rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known proof with one thing wrong: a step less, two exchanged, another rule, another word, the opposite,
        one too many, the end cut off, too long; and what is no proof."""
        problem, lines = self.read(task), task["answer"]

        def failing(change: Callable[[], list[str]]) -> Any:
            """Some changed proofs are as good as the known one; these are not wanted."""
            for _ in range(100):
                changed = change()
                try:
                    if self.judge(problem, changed).verdict == "wrong":
                        return _written(changed, rng)
                except TaskError:
                    return _written(changed, rng)
            return _written(lines[:-1], rng)

        def place() -> int:
            return int(rng.integers(len(lines)))

        def replaced(at: int, line: str) -> list[str]:
            return [*lines[:at], line, *lines[at + 1 :]]

        def less() -> list[str]:
            at = place()
            return [*lines[:at], *lines[at + 1 :]]

        def exchanged() -> list[str]:
            i, j = sorted(rng.integers(len(lines), size=2).tolist())
            return [*lines[:i], lines[j], *lines[i + 1 : j], lines[i], *lines[j + 1 :]] if i < j else lines[::-1]

        def other_rule() -> list[str]:
            at = place()
            return replaced(at, re.sub(r"\d+", str(rng.integers(1, len(problem.rules) + 2)), lines[at]))

        def other_word() -> list[str]:
            at = place()
            words = [*problem.individuals, *(word for word, _ in problem.predicates)]
            old = [word for word in words if re.search(rf"\b{word}\b", lines[at])]
            return replaced(at, re.sub(rf"\b{drawn(rng, old)}\b", drawn(rng, words), lines[at])) if old else lines[::-1]

        def opposite() -> list[str]:
            at = place()
            line = lines[at].replace(" is ", " is not ").replace(" not not", "")
            return replaced(at, line) if line != lines[at] else lines[:-1]

        def one_more() -> list[str]:
            at = int(rng.integers(len(lines) + 1))
            literal = Literal(bool(rng.integers(2)), *_atom(problem, rng))
            line = f"Rule {rng.integers(1, len(problem.rules) + 1)}: {problem.says(literal)}"
            return [*lines[:at], drawn(rng, [line, lines[-1], f"Suppose {problem.says(literal)}"]), *lines[at:]]

        def too_long() -> list[str]:
            return [*lines[:1] * problem.max_steps, *lines]

        def no_proof() -> Any:
            text, goal = "\n".join(lines), problem.joined(problem.goal.conclusions, "or")
            made: tuple[Any, ...] = (
                *(
                    None,
                    True,
                    "",
                    len(lines),
                    goal,
                    [],
                    {},
                    {"answer": lines},
                    [lines],
                    [*lines, None],
                    [*range(len(lines))],
                ),
                *(f"{text}\nand so on", f"{text} or so", "; ".join([*lines, "x"]), f"({text}", f"So {goal}.", "QED"),
            )
            return drawn(rng, made)

        changes = (less, exchanged, other_rule, other_word, opposite, one_more, too_long)
        return endless(*(functools.partial(failing, change) for change in changes), no_proof, rng=rng)


def _listed(literal: Literal) -> list[str]:
    return [*["not"] * (not literal.positive), literal.predicate, *literal.terms]


def _mapping(rule: Rule) -> dict[str, list[list[str]]]:
    return {"if": [_listed(each) for each in rule.premises], "then": [_listed(each) for each in rule.conclusions]}


@functools.lru_cache(maxsize=1_024)
def _is_consistent(problem: Problem) -> bool:
    return is_consistent(problem)


def _graph(problem: Problem) -> tuple[list[str], list[tuple[int, int, str]]]:
    """Labels of nodes, and edges: rules to their literals, and these to predicates, individuals and variables."""
    labels = [*(kind for _, kind in problem.predicates), *("individual" for _ in problem.individuals)]
    nodes = {word: number for number, (word, _) in enumerate(problem.predicates)}
    nodes |= {name: len(nodes) + number for number, name in enumerate(problem.individuals)}
    edges = list[tuple[int, int, str]]()
    every = [("fact", Rule((), (fact,))) for fact in problem.facts]
    for label, rule in [*every, *(("rule", each) for each in problem.rules), ("goal", problem.goal)]:
        start = len(labels)
        labels += [label, *("variable" for _ in VARIABLES)]
        variables = {name: start + 1 + number for number, name in enumerate(VARIABLES)}
        for part, literals in zip(("if", "then"), rule, strict=True):
            for literal in literals:
                edges.append((start, len(labels), part))
                edges.append((len(labels), nodes[literal.predicate], "says"))
                edges += [
                    (len(labels), variables.get(term, nodes.get(term, 0)), f"of {place}")
                    for place, term in enumerate(literal.terms)
                ]
                labels.append("is" if literal.positive else "is not")
    return labels, edges


def _atom(problem: Problem, rng: np.random.Generator) -> tuple[str, tuple[str, ...]]:
    word, kind = drawn(rng, problem.predicates)
    return word, tuple(drawn(rng, problem.individuals) for _ in range(1 + (kind == "verb")))


def _written(lines: Sequence[str], rng: np.random.Generator) -> Any:
    """A proof in one of the notations."""
    form = int(rng.integers(6))
    if form == 0:
        return [*lines]
    written = list[str]()
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None or form == 1:
            written.append(line)
        elif found[1] is None:
            written.append(drawn(rng, [f"Suppose that {found[3]}.", f"Assume {found[3]}.", f"suppose {found[3]}"]))
        else:
            forms = ("By rule {}, {}.", "RULE {}: {}", "From rule {}: {}.", "{1} (rule {0})", "{1} by rule {0}.")
            written.append(drawn(rng, forms).format(found[1], found[2]))
        prefix = ("", "", f"{number}. ", f"Step {number}: ", "- ", f"{number}) ")[form]
        written[-1] = prefix + written[-1]
    return tuple(written) if rng.integers(4) == 0 else "\n".join(written)


def kind() -> Deduction:
    """Proofs from facts and rules."""
    return Deduction()
