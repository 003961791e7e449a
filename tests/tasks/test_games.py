"""Board games as tasks: laws, games by hand, and the solver against a plain enumeration."""

from collections.abc import Iterator
from typing import Any

import pytest

from zeroloop.contracts import SolvingEnvironment, State, Task, Verdict
from zeroloop.seeding import stream
from zeroloop.tasks import connect_four, tic_tac_toe
from zeroloop.testing.tasks import TaskKindConformance


class GameConformance(TaskKindConformance):
    """Two laws are different here. Rewards are -1 to 1 for the player who moves, and not scores: an answer is correct
    exactly if the return of the start reaches the known value, 0 where none is known. And positions need not hold the
    moves that led to them, so answers are the moves that were made."""

    def test_the_steps_of_the_reference_lead_to_its_answer(self) -> None:
        for task in self.tasks():
            solution = self.kind.solve(task)
            assert solution is not None and solution.steps
            environment = self.kind.environment(task)
            state, claims, total, weight = environment.initial_state(task), [], 0.0, 1.0
            for step in solution.steps:
                action = environment.parse_action(state, step)
                claims.append(environment.claim(state, action))
                state, reward, discount, terminal = environment.step(state, action)
                total += weight * reward
                weight *= discount
            assert terminal and total >= (task["value"] or 0)
            assert environment.answer(state) in (None, [*solution.steps])
            verdict = self.kind.verify(task, [*solution.steps])
            assert verdict.verdict == "correct" and verdict.score == 1
            assert self.kind.check_chain(task, claims) is None, self.kind.check_chain(task, claims)
            self.false_chains_are_found(task, claims)

    def test_rewards_are_what_the_verifier_says(self) -> None:
        for task, environment, state, total, claims, moves in self.games():
            assert environment.answer(state) in (None, moves)
            verdict = self.kind.verify(task, moves)
            good = total >= (task["value"] or 0)
            assert verdict[:2] == (("correct", 1.0) if good else ("wrong", 0.0)), f"{verdict} for {moves}: {task}"
            reason = self.kind.check_chain(task, claims)
            assert (reason is None) == good, reason

    def games(self) -> Iterator[tuple[Task, SolvingEnvironment, State, float, list[str], list[str]]]:
        """Random games to their end: what `endings` has, with the names of the moves."""
        for number, task in enumerate(self.tasks()):
            rng = stream(number, "games", self.kind.name)
            environment = self.kind.environment(task)
            for _ in range(5):
                state, total, weight = environment.initial_state(task), 0.0, 1.0
                claims, moves = list[str](), list[str]()
                while legal := environment.legal_actions(state):
                    action = int(legal[int(rng.integers(len(legal)))])
                    claims.append(environment.claim(state, action))
                    moves.append(environment.action_name(state, action))
                    state, reward, discount, _ = environment.step(state, action)
                    total += weight * reward
                    weight *= discount
                yield task, environment, state, total, claims, moves


class TestTicTacToe(GameConformance):
    kind = tic_tac_toe.kind()


class TestConnectFour(GameConformance):
    kind = connect_four.kind()
