"""Entailment: to prove a statement from facts and rules, or to find a world in which they hold and it does not."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._deduction_problem import Literal, Problem, Rule, read_problem
from zeroloop.errors import IllegalActionError, TaskError
from zeroloop.tasks._deduction_proofs import MAX_LENGTH
from zeroloop.tasks._deduction_reference import FoundWorld, TooHardError, counter_world
from zeroloop.tasks._deduction_worlds import check_world, is_refuted, read_world
from zeroloop.tasks._kinds import correct, drawn, endless
from zeroloop.tasks.deduction import Deduction

REFUTED = "It does not follow"
_CHANGES = 30
"""Ways to change a problem that are tried, so that the goal does not follow any more."""
_GOALS = (
    "Prove that {goal}, or show that it does not follow.",
    "Does it follow that {goal}? Give a proof or a counter-example.",
    "Either prove that {goal}, or give a counter-example.",
)
_WORLDS = (
    " If it does not follow, write 'It does not follow' instead, and then, one thing a line, what is true beside the "
    "facts in some world where all facts and rules hold and the statement does not; all else counts as false there."
)


class Entailment(Deduction):
    """As deduction, but in half of the tasks one fact or rule that the proof needs is another one, so that the goal
    does not follow; nothing in the wording tells. A proof scores as there, a counter-example 1.
    """

    name = "entailment"
    environment_name = "entailment"
    room: ClassVar[int] = 96
    wording = _GOALS, _WORLDS
    actions: ClassVar[Sequence[str]] = (*Deduction.actions, REFUTED)

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Some world that refutes the goal needs more than is given."""
        refuted = rng.random() < 0.5
        while True:
            task = super().make(rng, difficulty)
            if not refuted:
                try:
                    self.solve(task)
                except TooHardError:
                    continue
                return task
            for _ in range(_CHANGES):
                found = self._changed(task, rng)
                if found is not None:
                    return found

    def _changed(self, task: Task, rng: np.random.Generator) -> Task | None:
        """The task with another fact, or another premise of a rule of its proof, if the goal does not follow then."""
        problem = read_problem(task)
        used = sorted({int(number) - 1 for line in task["answer"] for number in re.findall(r"\d+", line)})
        if rng.random() < 0.3:
            at = int(rng.integers(len(problem.facts)))
            fact = _another(problem, problem.facts[at], rng)
            problem = problem._replace(facts=(*problem.facts[:at], fact, *problem.facts[at + 1 :]))
        else:
            at = drawn(rng, used)
            premises, conclusions = problem.rules[at]
            if not premises:
                return None
            place = int(rng.integers(len(premises)))
            premises = *premises[:place], _another(problem, premises[place], rng), *premises[place + 1 :]
            rules = *problem.rules[:at], Rule(premises, conclusions), *problem.rules[at + 1 :]
            problem = problem._replace(rules=rules)
        try:
            world = counter_world(problem)
            if world is None or not world.atoms:
                return None
            found = self.asked(problem, task["difficulty"], _lines(problem, world), rng)
            problem = read_problem(found)
            solution = self.solve(found)
            assert solution is not None, "there is a counter-example"
            environment = self.environment(found)
            state = environment.initial_state(found)
            for step in solution.steps:
                state = environment.step(state, environment.parse_action(state, step)).state
        except (TaskError, IllegalActionError):  # no problem any more, or too large to be shown
            return None
        return found if self.judge(problem, environment.answer(state)).score == 1 else None

    def judge(self, problem: Problem, answer: Any) -> Verdict:
        """Of a counter-example: that all facts and rules hold, and the goal does not."""
        lines = answer.splitlines() if isinstance(answer, str) and len(answer) <= MAX_LENGTH else answer
        if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
            return super().judge(problem, answer)
        lines = [line for line in lines if line.strip()]
        if not lines or not is_refuted(lines[0]):
            return super().judge(problem, answer)
        read_world(problem, lines[1:]).check()
        return correct(1.0, "a world in which all facts and rules hold, and the goal does not")

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """A chain about a world says first what refutes the goal, then which rule wants what, and what is so, too."""
        if claims and claims[0].startswith("Imagine"):
            return check_world(self.read(task), claims)
        return super().check_chain(task, claims)

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. A counter-example without anything that could be left out, or a shortest proof."""
        problem = self.read(task)
        world = counter_world(problem)
        if world is None:
            return super().solve(task)
        steps = ("refute", *(f"let it be so that {problem.says(each)}".lower() for each in world.atoms))
        return Solution(_lines(problem, world), steps, len(steps), world.nodes)

    def baseline(self, task: Task) -> list[str]:
        """The prover without a plan; where its steps do not suffice, the goal is said not to follow, and what it found
        to be so."""
        lines = super().baseline(task)
        if self.verify(task, lines).score > 0:
            return lines
        said = (line.removeprefix("Suppose ").rpartition(": ")[2].partition(" or ")[0] for line in lines)
        return [REFUTED, *dict.fromkeys(said)]

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Of a counter-example, in any order."""
        lines = task["answer"]
        if not is_refuted(lines[0]):
            return super().notations(task, rng)
        return endless(functools.partial(_written, lines[1:], rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Worlds with a few things less or more, and what is no world; where there is a proof, those of deduction."""
        problem, lines = self.read(task), task["answer"]
        atoms = [problem.says(Literal(True, *atom)) for atom in _atoms(problem)]
        goal = problem.joined(problem.goal.conclusions, "or")

        def world() -> Any:
            """Any, most of them not far from the known one."""
            known = lines[1:] if is_refuted(lines[0]) else [drawn(rng, atoms) for _ in range(rng.integers(4))]
            kept = [each for each in known if rng.random() < 0.9]
            more = [drawn(rng, atoms) for _ in range(rng.integers(3))]
            found = [REFUTED, *dict.fromkeys([*kept, *more])]
            try:
                wrong = self.judge(problem, found).verdict == "wrong"
            except TaskError:
                wrong = True
            return _written(found[1:], rng) if wrong else [REFUTED, *found[1:], goal]

        def no_world() -> Any:
            made: tuple[Any, ...] = (
                *([REFUTED, *lines[:-1]], [*lines[1:]], [REFUTED, REFUTED, *lines[1:]], [REFUTED, *lines, "and so on"]),
                *([f"Rule 1: {drawn(rng, atoms)}", *lines], [*lines, *lines], [REFUTED, None], "It follows", [REFUTED]),
                *(f"{REFUTED}, as {'; '.join(lines)}", {"answer": lines}, [lines], f"Suppose {goal}", "no", False),
            )
            return drawn(rng, made)

        def false_world() -> Any:
            """What only may be right where nothing is needed."""
            found = no_world()
            return found if self.verify(task, found).verdict == "wrong" else "It follows"

        makers = [world, false_world]
        if not is_refuted(lines[0]):
            proofs = super().near_misses(task, rng)
            makers += [functools.partial(next, proofs)] * 2
        return endless(*makers, rng=rng)


def _lines(problem: Problem, world: FoundWorld) -> list[str]:
    """A counter-example."""
    goal = problem.goal
    given = [*goal.premises, *(each.opposite for each in goal.conclusions)]
    found = [each for each in dict.fromkeys([*given, *world.atoms]) if each.positive and each not in problem.facts]
    return [REFUTED, *map(problem.says, found)]


def _another(problem: Problem, literal: Literal, rng: np.random.Generator) -> Literal:
    """The opposite, or the same of another predicate."""
    classes = dict(problem.predicates)
    verb = classes[literal.predicate] == "verb"
    others = [word for word, kind in problem.predicates if (kind == "verb") == verb and word != literal.predicate]
    if not others or rng.random() < 0.3:
        return literal.opposite
    return literal._replace(predicate=drawn(rng, others))


def _atoms(problem: Problem) -> Iterator[tuple[str, tuple[str, ...]]]:
    """All that may be so."""
    for word, kind in problem.predicates:
        for first in problem.individuals:
            if kind == "verb":
                yield from ((word, (first, second)) for second in problem.individuals)
            else:
                yield word, (first,)


def _written(said: Sequence[str], rng: np.random.Generator) -> Any:
    """A counter-example in one of the notations."""
    said = [said[i] for i in rng.permutation(len(said)).tolist()]
    firsts = REFUTED, "it does not follow.", "No, it does not follow:", "Counter-example:", "Does not follow"
    first = drawn(rng, firsts)
    rest = drawn(rng, ((), (), ("All else is false.",), ("Nothing else is so",)))
    form = int(rng.integers(4))
    if form == 0:
        return [first, *said, *rest]
    if form == 1:
        return "\n".join([first, " and ".join(said), *rest])
    prefix = ("", "", "- ", "* ")[form]
    return "\n\n".join([first, *(f"{prefix}{line}." for line in said), *rest])


def kind() -> Entailment:
    """Proofs and counter-examples from facts and rules."""
    return Entailment()
