"""Laws that every kind of task obeys, as a test class.

    class TestMyKind(TaskKindConformance):
        kind = my_kind.kind()

in a file that pytest collects checks them over seeded tasks.
"""

import itertools
import json
import statistics
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import pytest

from zeroloop.contracts import SolvingEnvironment, State, Task, TaskKind, TranslatingKind
from zeroloop.errors import TaskError
from zeroloop.observers import TokenEnvironment
from zeroloop.sandbox import available
from zeroloop.seeding import stream

HOSTILE: tuple[Any, ...] = (
    *("", " ", "x" * 100_000, "(" * 5_000, "1" * 100_000, "__import__('os').system('true')", "\x00", "nan", "1e999999"),
    *(None, True, float("nan"), float("inf"), 10**400, 10**5_000, -1),
    *([], {}, [[]], {"a": 1}, [None], object(), b"1", "=", "∞"),
)
"""Answers, and contents of fields, that nobody means."""


class Walk(NamedTuple):
    """Where some moves led to, what was said about each, and the last reward."""

    environment: SolvingEnvironment
    state: State
    claims: list[str]
    reward: float


def walked(kind: TaskKind, task: Task, *moves: str) -> Walk:
    """The moves with these names, made from the start of `task`. Raises IllegalActionError for others."""
    environment = kind.environment(task)
    state, claims, reward = environment.initial_state(task), [], 0.0
    for move in moves:
        action = environment.parse_action(state, move)
        claims.append(environment.claim(state, action))
        state, reward, _, _ = environment.step(state, action)
    return Walk(environment, state, claims, reward)


class TaskKindConformance:
    """The laws of contracts.TaskKind, one test each.

    tasks_per_test: seeded tasks that a law is checked on. notations_per_task, near_misses_per_task: answers to each.
    right, wrong: by what they show, a task and answers to it.
    """

    kind: ClassVar[TaskKind]
    tasks_per_test: ClassVar[int] = 12
    notations_per_task: ClassVar[int] = 20
    near_misses_per_task: ClassVar[int] = 40
    right: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    wrong: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    def test_tasks_are_plain_json_and_say_what_they_are(self) -> None:
        for task in self.tasks():
            assert json.loads(json.dumps(task, allow_nan=False)) == task
            assert task["kind"] == self.kind.name and task["type"] == self.kind.type
            assert isinstance(task["problem"], str) and task["problem"].strip()
            assert 0 <= task["difficulty"] <= 1

    def test_equal_seeds_make_equal_tasks(self) -> None:
        assert self.made(7) == self.made(7)
        assert self.made(7) != self.made(8)

    def test_tasks_are_not_repeated(self) -> None:
        hard = [self.kind.make(stream(seed, "distinct"), 0.9) for seed in range(40)]
        assert len({self.kind.structure(task) for task in hard}) > 35, "hard tasks hardly ever repeat"

    def test_structure_is_deterministic_text(self) -> None:
        for task in self.tasks():
            assert self.kind.structure(task) == self.kind.structure(json.loads(json.dumps(task)))

    def test_the_known_answer_is_right(self) -> None:
        for task in self.tasks():
            if "answer" in task:
                self.accepted(task, task["answer"], best=False)

    def test_the_reference_solves_every_task(self) -> None:
        for task in self.tasks():
            solution = self.kind.solve(task)
            if not task.get("solvable", True):
                assert solution is None or self.kind.verify(task, solution.answer).score == 1
                continue
            assert solution is not None, f"unsolvable: {task}"
            assert solution.cost >= 0 and solution.nodes >= 0
            self.accepted(task, solution.answer, best=True)

    def test_the_steps_of_the_reference_lead_to_its_answer(self) -> None:
        for task in self.tasks():
            solution = self.kind.solve(task)
            if solution is None or not solution.steps:
                continue
            environment, state, claims, reward = walked(self.kind, task, *solution.steps)
            assert not environment.legal_actions(state), f"the steps of the reference do not end the episode: {task}"
            verdict = self.kind.verify(task, environment.answer(state))
            assert verdict.verdict == "correct", f"{verdict} for {environment.answer(state)!r}: {task}"
            assert verdict.score == pytest.approx(reward, abs=1e-6)
            assert self.kind.check_chain(task, claims) is None, self.kind.check_chain(task, claims)
            self.false_chains_are_found(task, claims)

    def test_rewards_are_what_the_verifier_says(self) -> None:
        for task, environment, state, reward, claims in self.endings():
            verdict = self.kind.verify(task, environment.answer(state))
            assert verdict.verdict in ("correct", "wrong"), f"{verdict} for {environment.answer(state)!r}: {task}"
            assert verdict.score == pytest.approx(reward, abs=1e-6), f"{verdict} for {environment.answer(state)!r}"
            if verdict.score >= self.kind.min_score:
                assert self.kind.check_chain(task, claims) is None, self.kind.check_chain(task, claims)

    def test_chains_that_do_not_solve_are_refused(self) -> None:
        for task in self.tasks():
            assert self.kind.check_chain(task, []) is not None
            assert self.kind.check_chain(task, ["Nothing of this kind."]) is not None

    def test_right_answers_are_accepted_in_all_notations(self) -> None:
        for number, task in enumerate(self.tasks()):
            found = self.kind.notations(task, stream(number, "notations"))
            for answer in itertools.islice(found, self.notations_per_task):
                self.accepted(task, answer, best=False)

    def test_near_misses_score_nothing(self) -> None:
        for number, task in enumerate(self.tasks()):
            found = self.kind.near_misses(task, stream(number, "near misses"))
            for answer in itertools.islice(found, self.near_misses_per_task):
                verdict = self.kind.verify(task, answer)
                assert verdict.verdict == "wrong" and verdict.score == 0, f"{verdict} for {answer!r}: {task}"

    def test_answers_that_the_author_wrote(self) -> None:
        for task, *answers in self.right.values():
            for answer in answers:
                assert self.kind.verify(task, answer)[:2] == ("correct", 1.0), f"{answer!r}: {task}"
        for task, *answers in self.wrong.values():
            for answer in answers:
                assert self.kind.verify(task, answer)[:2] == ("wrong", 0.0), f"{answer!r}: {task}"

    def test_hostile_answers_are_wrong(self) -> None:
        for task in self.tasks()[:4]:
            for answer in HOSTILE:
                verdict = self.kind.verify(task, answer)
                assert verdict.verdict == "wrong" and verdict.score == 0 and verdict.evidence, f"{verdict}: {answer!r}"

    def test_broken_tasks_are_errors_that_name_the_field(self) -> None:
        """Every field that the start of an episode or the verifier reads may be missing or hold anything."""
        task = self.tasks()[-1]
        for name in task:
            broken = [{key: value for key, value in task.items() if key != name}]
            broken += [{**task, name: value} for value in HOSTILE]
            for each in broken:
                verdict = self.kind.verify(each, task.get("answer", ""))
                assert verdict.verdict in ("correct", "wrong", "error") and isinstance(verdict.evidence, str)
                assert "the verifier failed" not in verdict.evidence, f"{name}: {verdict}"
                try:
                    environment = self.kind.environment(each)
                    environment.initial_state(each)
                except TaskError as error:
                    assert str(error).strip()

    def test_what_is_best_is_found_by_the_verifier_and_wanted_by_the_environment(self) -> None:
        """Of tasks that say in `best` what can be reached."""
        for task, environment, state, reward, _ in self.endings():
            if "best" in task:
                silent = {name: value for name, value in task.items() if name != "best"}
                assert self.kind.verify(silent, environment.answer(state)).score == pytest.approx(reward, abs=1e-6)
                with pytest.raises(TaskError, match="best"):
                    self.kind.environment(silent).initial_state(silent)
                for best in (0, None, "7", 10**9):
                    verdict = self.kind.verify({**task, "best": best}, task["answer"])
                    assert verdict.verdict == "error" and "best" in verdict.evidence, f"{verdict}: {best!r}"

    def test_difficulty_is_what_it_says(self) -> None:
        """The reference solver looks at more states for hard tasks than for easy ones."""
        nodes = []
        for difficulty in (0.05, 0.95):
            made = [self.kind.make(stream(seed, "dial", self.kind.name), difficulty) for seed in range(15)]
            found = [solution for solution in map(self.kind.solve, made) if solution is not None]
            nodes.append(statistics.median(solution.nodes for solution in found))
        assert nodes[0] < nodes[1], f"nodes at 0.05 and 0.95: {nodes}"

    def test_tokens_fit(self) -> None:
        for task in self.tasks():
            environment = self.kind.environment(task)
            assert isinstance(environment, TokenEnvironment) and isinstance(environment, SolvingEnvironment)
            state = environment.initial_state(task)
            assert len(environment.tokens(state)) <= environment.num_tokens
            assert 1 <= len(environment.legal_actions(state)) <= environment.num_actions

    # What the laws are checked on.

    def made(self, seed: int) -> list[Task]:
        rng = stream(seed, "conformance", self.kind.name)
        return [self.kind.make(rng, i / (self.tasks_per_test - 1)) for i in range(self.tasks_per_test)]

    def tasks(self) -> list[Task]:
        """Seeded tasks from the easiest to the hardest."""
        return self.made(1)

    def endings(self) -> Iterator[tuple[Task, SolvingEnvironment, State, float, list[str]]]:
        """Random episodes to their end: task, environment, last state, return, claims."""
        for number, task in enumerate(self.tasks()):
            rng = stream(number, "endings", self.kind.name)
            environment = self.kind.environment(task)
            for _ in range(3):
                state, total, weight, claims = environment.initial_state(task), 0.0, 1.0, []
                while legal := environment.legal_actions(state):
                    action = int(legal[int(rng.integers(len(legal)))])
                    claims.append(environment.claim(state, action))
                    state, reward, discount, _ = environment.step(state, action)
                    total += weight * reward
                    weight *= discount
                yield task, environment, state, total, claims

    def accepted(self, task: Task, answer: Any, best: bool) -> None:
        verdict = self.kind.verify(task, answer)
        assert verdict.verdict == "correct", f"{verdict} for {answer!r}: {task}"
        assert verdict.score >= (1 - 1e-9 if best else self.kind.min_score), f"{verdict} for {answer!r}: {task}"

    def false_chains_are_found(self, task: Task, claims: list[str]) -> None:
        """A chain with a number changed, or with a sentence left out, is refused."""
        for at, claim in enumerate(claims):
            assert self.kind.check_chain(task, claims[:at] + claims[at + 1 :]) is not None, f"not needed: {claim!r}"
            digits = [i for i, sign in enumerate(claim) if sign.isdigit()]
            if digits:
                i = digits[-1]
                changed = claim[:i] + str((int(claim[i]) + 1) % 10) + claim[i + 1 :]
                false = [*claims[:at], changed, *claims[at + 1 :]]
                assert self.kind.check_chain(task, false) is not None, f"accepted {changed!r} for {claim!r}"


class ProgramKindConformance(TaskKindConformance):
    """The laws of contracts.TranslatingKind: tasks are in one `language`, so that as many answers are tried in each as
    its programs are fast. Tests are skipped where it has no toolchain."""

    kind: ClassVar[TranslatingKind]
    language: ClassVar[str] = "python"

    @pytest.fixture(autouse=True)
    def _toolchain(self) -> None:
        if reason := available(self.language):
            pytest.skip(f"{self.language}: {reason}")

    def made(self, seed: int) -> list[Task]:
        return [self.kind.in_language(task, self.language) for task in super().made(seed)]

    def test_rewards_are_what_the_verifier_says(self) -> None:
        """A program may fit the examples and fail a hidden test, but never the other way round."""
        for task, environment, state, reward, claims in self.endings():
            verdict = self.kind.verify(task, environment.answer(state))
            assert verdict.verdict in ("correct", "wrong"), f"{verdict} for {environment.answer(state)!r}: {task}"
            assert reward == 1 or verdict.verdict == "wrong", f"{verdict} for {environment.answer(state)!r}"
            if verdict.verdict == "correct":
                assert self.kind.check_chain(task, claims) is None, self.kind.check_chain(task, claims)
