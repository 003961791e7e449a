"""Functions from examples without a network: a search with equal priors against enumeration of the same language, by
what both solve for as many programs evaluated."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from zeroloop.contracts import Environment, State, Task
from zeroloop.envs.program import Program, Synthesis
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.programs import python
from zeroloop.programs.enumeration import Enumerated, enumerate_programs
from zeroloop.programs.terms import Function, Production, Term
from zeroloop.run.trials import held_out_tasks
from zeroloop.search import SearchSettings, search
from zeroloop.tasks._kinds import kind_of
from zeroloop.tasks._mixture import Mixture


def run(quick: bool = False) -> dict[str, Any]:
    """By difficulty."""
    if quick:
        return {"0.2": baselines(0.2, 2, (20,))}
    return {str(difficulty): baselines(difficulty, 20, (200, 1_000)) for difficulty in (0.2, 0.4, 0.6, 0.8, 1.0)}


class Counting(Synthesis):
    """The rules, which keep what was evaluated: for each goal the different terms, whole or not, whose last production
    finished a part, since this part is evaluated then."""

    def __init__(self) -> None:
        self.evaluated: dict[bytes, set[Term]] = {}

    def apply(self, state: Program, move: Production) -> Program:
        after = super().apply(state, move)
        if not move.holes:
            self.evaluated.setdefault(state.goal.key, set()).add(after.term[: state.at + 1])
        return after


def baselines(difficulty: float, count: int, simulations: Sequence[int]) -> dict[str, dict[str, float]]:
    """Of `count` held-out tasks, for each number of simulations a move: the share that a search solves, what it
    evaluates for a task, simulations a second; and what enumeration solves that evaluates as many programs as
    there are simulations a move, and as many as the search did, task by task.

    Solved: hidden tests pass, too. The search plays the whole function move by move, each from a new tree, with proofs
    and lookahead. Counted are different terms for the search, and candidates for the enumeration: parts of programs as
    well as whole ones.
    """
    tasks = held_out_tasks(Mixture(["function"], (difficulty, difficulty)), count)
    found = {}
    for each in simulations:
        environment = Counting()
        starts = [environment.initial_state(task) for task in tasks]
        began = time.process_time()
        ends, simulated = play_out(environment, starts, each)
        seconds = time.process_time() - began
        evaluated = [len(environment.evaluated[start.goal.key]) for start in starts]
        few = [enumerated(start, each).term for start in starts]
        fair = [enumerated(start, most).term for start, most in zip(starts, evaluated, strict=True)]
        found[f"{each} simulations a move"] = {
            "search": _solved(tasks, [environment.answer(end) for end in ends]),
            "fits the examples": float(np.mean([environment.score(end) for end in ends])),
            "evaluated a task": float(np.mean(evaluated)),
            "simulations a task": simulated / count,
            "simulations/s": simulated / seconds,
            f"enumeration of {each}": _solved(tasks, [_source(*pair) for pair in zip(starts, few, strict=True)]),
            "enumeration of as many": _solved(tasks, [_source(*pair) for pair in zip(starts, fair, strict=True)]),
        }
    return found


def play_out(environment: Environment, starts: Sequence[State], simulations: int) -> tuple[list[State], int]:
    """The last states of episodes that are searched without a network, all at once; and simulations run."""
    settings = SearchSettings(num_simulations=simulations)
    states, simulated = [*starts], 0
    while running := [number for number, state in enumerate(states) if environment.legal_actions(state)]:
        result = search(environment, UniformEvaluator(), [states[number] for number in running], settings)
        simulated += int(result.simulations.sum())
        for number, action in zip(running, result.chosen.tolist(), strict=True):
            states[number] = environment.step(states[number], action).state
    return states, simulated


def enumerated(start: Program, most: int) -> Enumerated:
    """The smallest program of the language of a task that fits its examples."""
    goal = start.goal
    return enumerate_programs(goal.signature, goal.language, goal.examples, most, start.left)


def _source(start: Program, term: Term | None) -> str | None:
    return None if term is None else python.source(Function(start.goal.signature, term))


def _solved(tasks: Sequence[Task], answers: Sequence[str | None]) -> float:
    verdicts = [kind_of(task).verify(task, answer) for task, answer in zip(tasks, answers, strict=True)]
    return float(np.mean([verdict.verdict == "correct" for verdict in verdicts]))
