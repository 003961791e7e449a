"""Entailment: worlds that refute a goal, in the environment, as people write them, and as the reference finds them."""

import copy
import functools
import itertools
import re
from typing import Any, ClassVar

import pytest

from zeroloop.contracts import Task
from zeroloop.envs import deduction, entailment
from zeroloop.envs._deduction_problem import Literal, Problem, read_problem
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import entailment as tasks
from zeroloop.tasks._deduction_reference import counter_world, shortest_proof
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = tasks.kind()
PROVABLE = deduction.EXAMPLE
PROOF = [
    "Suppose Ulo is a dax",
    "Rule 1: Mirk is glim or Ulo is a wug",
    "Rule 2: Ulo is glim",
    "Rule 3: Ulo florps Ulo",
]
REFUTABLE: Task = {**copy.deepcopy(PROVABLE), "facts": [["florp", "Ulo", "Mirk"]]}
"""Without the fact that Mirk is not glim, which the first case needs."""
WORLD = ["It does not follow", "Ulo is a dax", "Mirk is glim"]
CLAIMS = [
    "Imagine that Ulo is a dax and Ulo does not florp Ulo, and that nothing else is so beside the facts.",
    "Since Ulo is a dax and Ulo florps Mirk, rule 1 wants Mirk is glim or Ulo is a wug: imagine that Mirk is glim, "
    "too; now every rule holds, so that it does not follow.",
]
DENIED: Task = {
    "individuals": ["Ulo"],
    "predicates": {"dax": "noun", "wug": "noun", "zorb": "noun"},
    "facts": [["zorb", "Ulo"]],
    "rules": [{"if": [["not", "dax", "x"], ["zorb", "x"]], "then": [["wug", "x"]]}],
    "goal": {"if": [], "then": [["wug", "Ulo"], ["not", "zorb", "Ulo"]]},
    "par": 3,
    "max_steps": 5,
}
"""Refuted by what a premise denies: it does not follow that what is not known is false."""


class TestRules(EnvironmentConformance):
    environment = entailment.environment()
    tasks = (None, REFUTABLE, DENIED, *(KIND.make(stream(i, "rules"), i / 4) for i in range(4)))
    episodes: ClassVar[int] = 18


class TestKind(TaskKindConformance):
    kind = KIND
    tasks_per_test: ClassVar[int] = 6
    right: ClassVar[Any] = {
        "a proof": (PROVABLE, PROOF, "\n".join(PROOF)),
        "a world": (
            REFUTABLE,
            WORLD,
            [*WORLD, "All else is false."],
            "No, it does not follow:\n1. Mirk is glim\n2. Ulo is a dax\n3. Ulo is not a wug\n\nNothing else is so",
            "COUNTER-EXAMPLE\nulo is a dax and mirk is glim and ulo florps mirk",
            [*WORLD, "Mirk is a dax"],  # more than is needed
        ),
        "not known is not false": (DENIED, ["It does not follow", "Ulo is a dax"]),
    }
    wrong: ClassVar[Any] = {
        "a proof": (PROVABLE, WORLD, ["It does not follow"], ["It does not follow", *PROOF], ["It follows", *PROOF]),
        "a world": (
            REFUTABLE,
            *(PROOF, WORLD[:1], WORLD[:2], WORLD[1:], [*WORLD, "Ulo florps Ulo"], [*WORLD, "Mirk is not glim"]),
            [*WORLD, "Ulo does not florp Mirk"],  # a fact
            [WORLD[0], "Ulo is a dax", "Ulo is a wug"],  # rule 2 wants more
            [WORLD[0], "All else is false", *WORLD[1:]],
            *("It does not follow", "; ".join(WORLD), [*WORLD, "Mirk is a fish"], [*WORLD, "and so on"]),
        ),
        "not known is not false": (DENIED, ["It does not follow"], ["It does not follow", "Ulo is a wug"]),
    }

    def tasks(self) -> list[Task]:
        """Made once for all laws."""
        return copy.deepcopy(seeded_tasks())


@functools.cache
def seeded_tasks() -> list[Task]:
    """What the laws are checked on."""
    return TestKind().made(1)


# ---- the environment -------------------------------------------------------------------------------------------------


def names(*moves: str, task: Task = REFUTABLE) -> list[str]:
    environment, state, _, _ = walked(KIND, task, *moves)
    return [environment.action_name(state, action) for action in environment.legal_actions(state)]


def test_moves_of_the_example():
    assert names() == ["suppose ulo is a dax", "refute"]
    assert "refute" not in names("suppose ulo is a dax")
    assert names("refute") == ["let it be so that ulo is a wug", "let it be so that mirk is glim"]
    environment, state, claims, reward = walked(KIND, REFUTABLE, "refute", "let it be so that mirk is glim")
    assert environment.answer(state) == WORLD and reward == 1 and not environment.legal_actions(state)
    assert claims == CLAIMS and KIND.check_chain(REFUTABLE, claims) is None
    # The other choice leads to the goal itself.
    lost = walked(KIND, REFUTABLE, "refute", "let it be so that ulo is a wug", "let it be so that ulo is glim")
    assert not lost.environment.legal_actions(lost.state) and lost.reward == 0
    assert "rules that do not hold: 3" in lost.environment.describe(lost.state)


def test_a_first_move_that_refutes_what_follows_is_lost():
    assert names("refute", task=PROVABLE) == ["let it be so that ulo is a wug"]
    end = walked(KIND, PROVABLE, "refute", "let it be so that ulo is a wug", "let it be so that ulo is glim")
    assert not end.environment.legal_actions(end.state) and end.reward == 0
    trivial = {**REFUTABLE, "facts": []}
    assert walked(KIND, trivial, "refute").reward == 1


def test_too_large_worlds_are_refused():
    rules = [{"if": [], "then": [["florp", "x", "y"]]}, {"if": [], "then": [["not", "dax", "x"]]}]
    large = {**REFUTABLE, "individuals": ["Ulo", "Mirk", "Tavo", "Pesk", "Zilla", "Brun", "Odra", "Fenn"]}
    large |= {"predicates": {**REFUTABLE["predicates"], "vimp": "verb"}}
    large["rules"] = [*rules, {"if": [], "then": [["vimp", "x", "y"]]}]
    with pytest.raises(TaskError, match="rules: there may be 137 moves in one state, and 96 are allowed"):
        entailment.environment().initial_state({**large, "goal": {"if": [], "then": [["dax", "Ulo"]]}})


# ---- sentences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        (0, "Ulo is a dax", "Mirk is a dax"),
        (0, "does not florp", "florps"),
        (0, "Ulo is a dax and ", ""),
        (0, "facts.", "facts; now every rule holds, so that it does not follow."),
        (0, "nothing else is so", "all else is so"),
        (1, "rule 1", "rule 2"),
        (1, "rule 1", "rule 9"),
        (1, "Since Ulo is a dax and", "Since"),
        (1, "Ulo is a wug:", "Mirk is a wug:"),
        (1, "that Mirk is glim", "that Ulo is a dax"),
        (1, "that Mirk is glim", "that Ulo is a wug"),  # then not every rule holds
        (1, "that Mirk is glim", "that Mirk is not glim"),
        (1, "; now every rule holds, so that it does not follow", ""),
    ],
)
def test_false_sentences_are_found(at, old, new):
    assert old in CLAIMS[at]
    false = [*CLAIMS[:at], CLAIMS[at].replace(old, new), *CLAIMS[at + 1 :]]
    assert KIND.check_chain(REFUTABLE, false) is not None


def test_chains_about_worlds_end_where_all_rules_hold():
    assert KIND.check_chain(REFUTABLE, CLAIMS[:1]) == "some rule does not hold"
    assert "every rule held before" in str(KIND.check_chain(REFUTABLE, [*CLAIMS, CLAIMS[1]]))
    assert "must be of the form" in str(KIND.check_chain(REFUTABLE, [CLAIMS[0], "Since it is late, it is."]))
    assert KIND.check_chain(PROVABLE, CLAIMS) is not None


def test_evidence_names_the_mistake():
    for answer, evidence in (
        (WORLD[:1], "it must be so that Ulo is a dax, or else the goal is no false statement"),
        (
            WORLD[:2],
            "rule 1 does not hold: Ulo is a dax and Ulo florps Mirk is given, and not Mirk",
        ),
        ([*WORLD, "Mirk is not glim"], "Mirk is not glim, it says, and the opposite"),
        ([*WORLD, "Eve is a dax"], "line 4 ('Eve is a dax'): there is no 'eve'; known: Ulo, Mirk"),
    ):
        verdict = KIND.verify(REFUTABLE, answer)
        assert verdict.verdict == "wrong" and evidence in verdict.evidence, verdict


# ---- tasks -----------------------------------------------------------------------------------------------------------


def test_half_of_the_tasks_do_not_follow_and_nothing_says_which():
    made = [KIND.make(stream(seed, "half"), seed / 50) for seed in range(24)]
    refuted = [task for task in made if task["answer"][0] == tasks.REFUTED]
    assert 6 <= len(refuted) <= 18
    for task in made:
        problem = read_problem(task)
        assert (counter_world(problem) is not None) == (task in refuted)
        assert "does not follow" in task["problem"] and re.search("[Pp]rove|proof", task["problem"])
        if task in refuted:
            assert shortest_proof(problem, problem.max_steps, 5_000).lines is None
    asked = {task["problem"].split("\n\n")[-2].split(" that ")[0] for task in refuted}
    assert len(asked) > 1


def test_the_prover_without_a_plan_is_verified():
    found = [KIND.verify(task, KIND.baseline(task)) for task in (PROVABLE, REFUTABLE, DENIED)]
    assert [verdict.verdict for verdict in found] == ["correct", "correct", "wrong"]


# ---- the reference against trying everything -------------------------------------------------------------------------


def refutations(problem: Problem) -> list[set[Any]]:
    """All worlds in which facts and rules hold, and the goal does not, as the atoms that are true."""
    atoms = [(word, (name,)) for word, _ in problem.predicates for name in problem.individuals]
    every = [
        rule.put(dict(zip(rule.variables, chosen, strict=True)))
        for rule in problem.rules
        for chosen in itertools.product(problem.individuals, repeat=len(rule.variables))
    ]
    found = []
    for values in itertools.product((False, True), repeat=len(atoms)):
        true = {atom for atom, value in zip(atoms, values, strict=True) if value}

        def so(literal: Literal, true: set[Any] = true) -> bool:
            return (literal[1:] in true) == literal.positive

        goal = problem.goal
        if all(map(so, (*problem.facts, *goal.premises))) and not any(map(so, goal.conclusions)):
            holds = (not all(map(so, rule.premises)) or any(map(so, rule.conclusions)) for rule in every)
            found += [true] if all(holds) else []
    return found


def test_worlds_are_found_where_there_are_some_and_reached_by_moves(small_problem):
    """Against truth tables, and all ways to play."""
    environment, outcomes = KIND.environment(REFUTABLE), []
    for seed in range(150):
        rng = stream(seed, "small worlds")
        task = KIND.asked(small_problem(rng, 2, 5), 0.0, [], rng)
        try:
            problem = KIND.read(task)
            start = environment.initial_state(task)
        except TaskError:
            continue
        worlds, found = refutations(problem), counter_world(problem)
        assert (found is not None) == bool(worlds), problem
        outcomes.append(len(found.atoms) if found else None)
        stack, reached = [environment.step(start, environment.parse_action(start, "refute")).state], set()
        while stack:
            state = stack.pop()
            legal = environment.legal_actions(state)
            if not legal:
                reached.add(environment.score(state))
                verdict = KIND.verify(task, environment.answer(state))
                assert verdict.score == environment.score(state), verdict
            stack += [environment.step(state, action).state for action in legal]
        assert (1.0 in reached) == bool(worlds), problem
    assert {None, 0, 1, 2, 3} <= {*outcomes}
