"""Functions from examples: a search, with equal priors or guided by a network, against enumeration of the same
language, by what both solve for as many programs evaluated.

    zeroloop bench synthesis
    python -m benchmarks.synthesis --checkpoint RUN|FILE [--simulations K] [--count N]
"""

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from zeroloop.contracts import Evaluator, Task
from zeroloop.envs.program import Program, Synthesis
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.programs import python
from zeroloop.programs.enumeration import Enumerated, enumerate_programs
from zeroloop.programs.terms import Function, Production, Term
from zeroloop.run.arena import solved
from zeroloop.run.players import load_player, search_settings
from zeroloop.run.trials import held_out_tasks
from zeroloop.tasks._kinds import kind_of
from zeroloop.tasks._mixture import Mixture

DIFFICULTIES = (0.2, 0.4, 0.6, 0.8, 1.0)


def run(quick: bool = False) -> dict[str, Any]:
    """Without a network, by difficulty."""
    if quick:
        return {"0.2": compared(0.2, 2, (20,))}
    return {str(difficulty): compared(difficulty, 20, (200, 1_000)) for difficulty in DIFFICULTIES}


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


def compared(
    difficulty: float, count: int, simulations: Sequence[int], evaluator: Evaluator | None = None
) -> dict[str, dict[str, float]]:
    """Of `count` held-out tasks, for each number of simulations a move: the share that a search with `evaluator` (none:
    equal priors, no values) solves, what it evaluates for a task, seconds; and what enumeration solves that evaluates
    as many programs as there are simulations a move, and as many as the search did, task by task.

    Solved: hidden tests pass, too. The search plays the whole function move by move, with proofs and lookahead. Counted
    are different terms for the search, and candidates for the enumeration: parts of programs as well as whole ones.
    """
    tasks = held_out_tasks(Mixture(["function"], (difficulty, difficulty)), count)
    found = {}
    for each in simulations:
        environment = Counting()
        starts = [environment.initial_state(task) for task in tasks]
        began = time.process_time()
        ends = play_out(environment, starts, each, evaluator)
        seconds = time.process_time() - began
        evaluated = [len(environment.evaluated[start.goal.key]) for start in starts]
        few = [enumerated(start, each).term for start in starts]
        fair = [enumerated(start, most).term for start, most in zip(starts, evaluated, strict=True)]
        found[f"{each} simulations a move"] = {
            "search": _solved(tasks, [environment.answer(end) for end in ends]),
            "fits the examples": float(np.mean([environment.score(end) for end in ends])),
            "evaluated a task": float(np.mean(evaluated)),
            "seconds a task": seconds / count,
            f"enumeration of {each}": _solved(tasks, [_source(*pair) for pair in zip(starts, few, strict=True)]),
            "enumeration of as many": _solved(tasks, [_source(*pair) for pair in zip(starts, fair, strict=True)]),
        }
    return found


def play_out(
    environment: Synthesis, starts: Sequence[Program], simulations: int, evaluator: Evaluator | None = None
) -> list[Program]:
    """The last states of episodes that are searched all at once; none: with equal priors and no values."""
    settings = search_settings(environment).model_copy(update={"num_simulations": simulations})
    guide = UniformEvaluator() if evaluator is None else evaluator
    return solved(environment, guide, starts, settings).states


def enumerated(start: Program, most: int) -> Enumerated:
    """The smallest program of the language of a task that fits its examples."""
    goal = start.goal
    return enumerate_programs(goal.signature, goal.language, goal.examples, most, start.left)


def _source(start: Program, term: Term | None) -> str | None:
    return None if term is None else python.source(Function(start.goal.signature, term))


def _solved(tasks: Sequence[Task], answers: Sequence[str | None]) -> float:
    verdicts = [kind_of(task).verify(task, answer) for task, answer in zip(tasks, answers, strict=True)]
    return float(np.mean([verdict.verdict == "correct" for verdict in verdicts]))


def main() -> None:
    """Measures a trained network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="a run directory or checkpoint whose network to measure")
    parser.add_argument("--simulations", type=int, default=200, help="a move")
    parser.add_argument("--count", type=int, default=20, help="tasks of each difficulty")
    options = parser.parse_args()
    evaluator = load_player(options.checkpoint).evaluator()
    for difficulty in DIFFICULTIES:
        measured = compared(difficulty, options.count, (options.simulations,), evaluator)
        print(json.dumps({"difficulty": difficulty, **measured}), flush=True)


if __name__ == "__main__":
    main()
