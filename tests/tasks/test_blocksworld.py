"""Blocksworld, and the rules of STRIPS with problems from other domains too."""

import copy
import itertools
import random
from typing import Any, ClassVar

import pytest

from zeroloop.contracts import Task
from zeroloop.envs import strips as rules
from zeroloop.envs._strips import Fact, Problem, read_problem
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import blocksworld
from zeroloop.tasks._planning import PlanningKind, after, done, solves
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance
from zeroloop.vocabulary import SYMBOLS

GRIPPER: Task = {
    "objects": {"hall": "room", "attic": "room", "red": "ball", "blue": "ball", "left": "hand", "right": "hand"},
    "operators": [
        {
            "name": "go",
            "parameters": [["x", "room"], ["y", "room"]],
            "preconditions": [["robot-in", "x"], ["not", "=", "x", "y"]],
            "add": [["robot-in", "y"]],
            "delete": [["robot-in", "x"]],
            "phrase": "go from the {x} to the {y}",
        },
        {
            "name": "take",
            "parameters": [["b", "ball"], ["r", "room"], ["h", "hand"]],
            "preconditions": [["in", "b", "r"], ["robot-in", "r"], ["free", "h"]],
            "add": [["holds", "h", "b"]],
            "delete": [["in", "b", "r"], ["free", "h"]],
        },
        {
            "name": "drop",
            "parameters": [["b", "ball"], ["r", "room"], ["h", "hand"]],
            "preconditions": [["holds", "h", "b"], ["robot-in", "r"]],
            "add": [["in", "b", "r"], ["free", "h"]],
            "delete": [["holds", "h", "b"]],
        },
    ],
    "phrases": {"robot-in": "the robot is in the {0}", "holds": "the {0} hand holds the {1} ball"},
    "initial_state": [
        *(["robot-in", "hall"], ["in", "red", "hall"], ["in", "blue", "hall"], ["free", "left"], ["free", "right"])
    ],
    "goal_state": [["in", "red", "attic"], ["in", "blue", "attic"]],
    "max_steps": 8,
}
LOGISTICS: Task = {
    "objects": {
        "van": "truck",
        "jet": "plane",
        "box": "package",
        "depot": "place",
        "north": "airport",
        "south": "airport",
    },
    "types": {"truck": "vehicle", "plane": "vehicle", "airport": "place"},
    "operators": [
        {
            "name": "drive",
            "parameters": [["?t", "truck"], ["?from", "place"], ["?to", "place"]],
            "preconditions": [["at", "?t", "?from"], ["road", "?from", "?to"]],
            "add": [["at", "?t", "?to"]],
            "delete": [["at", "?t", "?from"]],
        },
        {
            "name": "fly",
            "parameters": [["?p", "plane"], ["?from", "airport"], ["?to", "airport"]],
            "preconditions": [["at", "?p", "?from"], ["not", "closed", "?to"]],
            "add": [["at", "?p", "?to"]],
            "delete": [["at", "?p", "?from"]],
        },
        {
            "name": "load",
            "parameters": [["?b", "package"], ["?v", "vehicle"], ["?l", "place"]],
            "preconditions": [["at", "?b", "?l"], ["at", "?v", "?l"]],
            "add": [["inside", "?b", "?v"]],
            "delete": [["at", "?b", "?l"]],
        },
        {
            "name": "unload",
            "parameters": [["?b", "package"], ["?v", "vehicle"], ["?l", "place"]],
            "preconditions": [["inside", "?b", "?v"], ["at", "?v", "?l"]],
            "add": [["at", "?b", "?l"]],
            "delete": [["inside", "?b", "?v"]],
        },
        {
            "name": "clean",
            "parameters": [["?l", "airport"]],
            "preconditions": [["closed", "?l"], ["at", "van", "?l"]],
            "add": [],
            "delete": [["closed", "?l"]],
        },
    ],
    "initial_state": [
        *(["at", "box", "depot"], ["at", "van", "depot"], ["at", "jet", "north"], ["closed", "north"]),
        *(["road", "depot", "north"], ["road", "north", "depot"]),
    ],
    "goal_state": [["at", "box", "south"], ["at", "jet", "north"]],
    "max_steps": 20,
}
"""Parts of types, names of objects in operators, conditions that must not hold, facts that never change."""


def blocks(towers: str, goal: list[list[str]], max_steps: int = 20, held: str = "") -> Task:
    """A task whose towers are words, from bottom to top."""
    facts: list[list[str]] = []
    for tower in towers.split():
        facts += [["ontable", tower[0]], ["clear", tower[-1]]]
        facts += [["on", over, under] for under, over in itertools.pairwise(tower)]
    facts.append(["holding", held] if held else ["handempty"])
    return {
        "objects": dict.fromkeys(sorted((towers + held).replace(" ", "")), "block"),
        "operators": blocksworld.OPERATORS,
        "phrases": blocksworld.PHRASES,
        "initial_state": facts,
        "goal_state": goal,
        "max_steps": max_steps,
    }


SUSSMAN = blocks("ac b", [["on", "a", "b"], ["on", "b", "c"]])
SUSSMAN_PLAN = ["unstack c a", "put-down c", "pick-up b", "stack b c", "pick-up a", "stack a b"]


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, GRIPPER, LOGISTICS, SUSSMAN, *(blocksworld.kind().make(stream(i, "rules"), i / 5) for i in range(5)))


class TestKind(TaskKindConformance):
    kind = blocksworld.kind()


class Gripper(PlanningKind):
    """What another kind needs: its operators and phrases."""

    name = "gripper"
    operators: ClassVar[Any] = GRIPPER["operators"]
    phrases: ClassVar[Any] = GRIPPER["phrases"]
    object_types = ("room", "ball", "hand")


# ---- rules -----------------------------------------------------------------------------------------------------------


def names(state: Any) -> list[str]:
    environment = rules.environment()
    return [environment.action_name(state, action) for action in environment.legal_actions(state)]


def played(task: Task, plan: list[str]) -> tuple[Any, list[str]]:
    """The state after a plan, and the claims."""
    environment = rules.environment()
    state, claims = environment.initial_state(task), []
    for name in plan:
        action = environment.parse_action(state, name)
        claims.append(environment.claim(state, action))
        state = environment.step(state, action).state
    return state, claims


def test_moves_of_sussmans_anomaly():
    state, _ = played(SUSSMAN, [])
    assert names(state) == ["pick-up b", "unstack c a"]
    state, _ = played(SUSSMAN, ["unstack c a"])
    assert names(state) == ["put-down c", "stack c b"]  # and not back to a
    state, _ = played(SUSSMAN, SUSSMAN_PLAN)
    assert names(state) == [] and rules.environment().score(state) == 1
    assert rules.environment().answer(state) == SUSSMAN_PLAN


def test_claims_of_sussmans_anomaly():
    _, claims = played(SUSSMAN, SUSSMAN_PLAN)
    assert claims == [
        "Unstack c from a: now the hand holds c and a is clear.",
        "Put c down on the table: now c is on the table, c is clear and the hand is empty.",
        "Pick up b from the table: now the hand holds b.",
        "Stack b on c: now b is on c, b is clear and the hand is empty.",
        "Pick up a from the table: now the hand holds a.",
        "Stack a on b: now a is on b, a is clear and the hand is empty.",
    ]


def test_gripper_is_played_by_the_same_rules():
    plan = [
        "take red hall left",
        "take blue hall right",
        "go hall attic",
        "drop red attic left",
        "drop blue attic right",
    ]
    state, claims = played(GRIPPER, plan)
    assert rules.environment().score(state) == 1
    assert claims[0] == "(take red hall left): now the left hand holds the red ball."
    assert claims[2] == "Go from the hall to the attic: now the robot is in the attic."
    assert claims[3] == "(drop red attic left): now (in red attic) and (free left)."
    kind = Gripper()
    assert kind.verify(GRIPPER, plan).verdict == "correct" and kind.check_chain(GRIPPER, claims) is None
    assert kind.verify(GRIPPER, plan[:-1]).evidence == "after 4 actions the goal (in blue attic) does not hold"
    assert kind.verify(GRIPPER, ["go red attic"]).evidence.endswith("x must be a room, and red is a ball")
    assert kind.verify(GRIPPER, ["go hall hall"]).evidence.endswith("x and y must not be the same")


def test_logistics_has_types_in_types_and_conditions_that_must_not_hold():
    plan = [
        *("load box van depot", "drive van depot north", "unload box van north", "load box jet north"),
        *("fly jet north south", "unload box jet south", "clean north", "fly jet south north"),
    ]
    state, claims = played(LOGISTICS, plan)
    assert rules.environment().score(state) == 1
    assert claims[6] == "(clean north): it is no longer true that (closed north)."
    assert after(read_problem(LOGISTICS), [tuple(name.split()) for name in plan]) >= {("at", "box", "south")}
    early, _ = played(LOGISTICS, plan[:5])
    assert names(early) == ["drive van north depot", "unload box jet south", "clean north"]
    state, _ = played(LOGISTICS, [])
    assert names(state) == ["drive van depot north", "fly jet north south", "load box van depot"]


@pytest.mark.parametrize("task", [rules.EXAMPLE, GRIPPER, LOGISTICS, SUSSMAN])
def test_bits_and_sets_of_facts_agree(task: Task):
    """The environment's moves are all actions that the validator can do and that change something, but not back."""
    problem, environment = read_problem(task), rules.environment()
    objects = [name for name, _ in problem.objects]
    generator = random.Random(0)
    for _ in range(6):
        state, facts, before = environment.initial_state(task), {*problem.initial}, None
        while moves := names(state):
            assert moves == [" ".join(action) for action in possible(problem, objects, facts, before)]
            move = generator.choice(moves)
            state = environment.step(state, environment.parse_action(state, move)).state
            facts, before = done(problem, facts, tuple(move.split())), facts
            held = {state.scene.facts[i] for i in rules.bits(state.facts)} | {*state.scene.constant}
            assert held == facts and len(moves) <= state.scene.most_moves()
        assert environment.score(state) == ({*problem.goal} <= facts)


def possible(problem: Problem, objects: list[str], facts: set[Fact], before: set[Fact] | None = None):
    found = []
    for operator in problem.operators:
        for arguments in itertools.product(objects, repeat=len(operator.parameters)):
            try:
                if done(problem, facts, (operator.name, *arguments)) not in (facts, before):
                    found.append((operator.name, *arguments))
            except TaskError:
                continue
    return found


def test_tokens_show_what_holds_and_what_shall_hold():
    """Predicates have letters in the order of the operators: A clear, B ontable, C handempty, D holding, E on."""
    environment = rules.environment()
    state, _ = played(blocks("ab", [["on", "a", "b"], ["ontable", "b"]]), ["unstack b a"])
    shown = [(SYMBOLS[symbol], row, column) for symbol, row, column in environment.tokens(state).tolist()]
    assert shown[:3] == [("a", 8, 4), ("b", 16, 4), ("plan", 0, 4)]
    assert [token for token in shown[3:] if token[1] == 24] == [
        *((shown[i][0], 24, 6 - i) for i in (3, 4, 5)),
        *(("steps left", 24, 4), ("1", 24, 5), ("9", 24, 6)),
    ]
    facts = sorted(token for token in shown[3:] if token[1] < 24)
    # The goal on the left: b on the table, a on b. What holds on the right: a is on the table and clear, b is held.
    assert facts == sorted([('"', 16, 0), ("%", 8, 3), ("b", 8, 2), ("A", 8, 7), ("B", 8, 8), ("D", 16, 9)]), facts
    assert environment.action_tokens(state, 0) == ([SYMBOLS.index("rule 1")], [1])
    after_it = environment.step(state, 0).state
    assert (SYMBOLS.index("rule 30"), 16, 0) in map(tuple, environment.tokens(after_it).tolist())


def test_names_and_orders_make_no_difference_to_networks():
    renamed = {"a": "x", "b": "y", "c": "z"}
    other = blocks("ac b", [["on", "b", "c"], ["on", "a", "b"]])
    other["objects"] = {renamed[name]: "block" for name in other["objects"]}
    for part in ("initial_state", "goal_state"):
        other[part] = [[fact[0], *map(renamed.get, fact[1:])] for fact in other[part]][::-1]
    environment = rules.environment()
    here, there = environment.initial_state(SUSSMAN), environment.initial_state(other)
    assert environment.key(here) == environment.key(there)
    assert environment.tokens(here).tolist() == environment.tokens(there).tolist()


def test_different_starts_of_one_problem_share_their_states():
    """But for the move back, which is missing where one came from somewhere."""
    environment = rules.environment()
    here, _ = played(blocks("ac b", SUSSMAN["goal_state"]), ["unstack c a", "put-down c"])
    same, _ = played(blocks("a bc", SUSSMAN["goal_state"]), ["unstack c b", "put-down c"])
    start = environment.initial_state(blocks("a b c", SUSSMAN["goal_state"], max_steps=18))
    assert environment.key(here) == environment.key(same) != environment.key(start)
    assert {*names(start)} - {*names(here)} == {"pick-up c"}


def test_a_state_in_which_nothing_can_be_done_is_the_end():
    task = {
        "objects": {"log": "thing", "house": "thing"},
        "operators": [
            {
                "name": "burn",
                "parameters": [["x", "thing"]],
                "preconditions": [["whole", "x"]],
                "add": [["warm"]],
                "delete": [["whole", "x"]],
            }
        ],
        "initial_state": [["whole", "log"]],
        "goal_state": [["warm"], ["whole", "log"]],
        "max_steps": 5,
    }
    state, claims = played(task, ["burn log"])
    assert names(state) == [] and state.steps_left == 4 and rules.environment().score(state) == 0
    assert claims == ["(burn log): now (warm)."]


def changed(task: Task, path: str, value: Any) -> Task:
    """A copy with one field, such as "operators.0.add.1", replaced, or taken out where the value is None."""
    copied: Any = copy.deepcopy(task)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    inner = copied
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return copied


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("objects", None, "objects is missing"),
        ("objects", [], "objects must map"),
        ("objects", {}, "objects must map"),
        ("objects", {f"b{i}": "block" for i in range(201)}, "objects must map 1 to 200"),
        ("objects", {"a b": "block"}, "objects: 'a b' is no name"),
        ("objects", {"a": "block", "A": "block"}, "objects: two names differ"),
        ("objects.a", 3, "objects: names are text"),
        ("operators", None, "operators is missing"),
        ("operators", [1], "operators[0] must be a mapping"),
        ("operators.0.name", None, "operators[0].name is missing"),
        ("operators.1.name", "pick-up", "operators[1].name: there are two"),
        ("operators.0.add", None, "operators[0].add is missing"),
        ("operators.0.parameters", None, "operators[0].parameters is missing"),
        ("operators.0.parameters.0", ["x"], "operators[0].parameters[0] must be a name and a type"),
        ("operators.0.parameters.0", ["x", "ball"], "operators[0].parameters[0]: unknown type 'ball'"),
        ("operators.2.parameters.1", ["x", "block"], "operators[2].parameters[1]: there are two"),
        ("operators.0.preconditions.0", ["clear", "z"], "operators[0].preconditions[0]: unknown name 'z'"),
        ("operators.0.preconditions.0", ["clear"], "operators[0].delete[1]: clear has 0 arguments elsewhere"),
        ("operators.0.preconditions.0", ["=", "x"], "operators[0].preconditions[0]: '=' has two"),
        ("operators.0.preconditions.0", ["not"], "operators[0].preconditions[0] must be a list"),
        ("operators.2.add.0", ["on", "x"], "operators[3].preconditions[0]: on has 1 arguments elsewhere, and 2 here"),
        ("operators.2.add.0", ["not", "on", "x", "y"], "operators[2].add[0]: only preconditions may be negated"),
        ("operators.0.phrase", "pick {y} up", "operators[0].phrase must be words with {x}"),
        ("operators.0.phrase", "pick {x} up.", "operators[0].phrase must be words with {x}"),
        ("operators.2.phrase", "stack {x}{y}", "operators[2].phrase must be words with {x}, {y}"),
        ("operators.2.phrase", "stack {x} over-{y}", "operators[2].phrase must be words with {x}, {y}"),
        ("operators.0.phrase", "pick and take {x}", "operators[0].phrase: 'and' joins clauses"),
        ("phrases.under", "{0}", "phrases: unknown name 'under'"),
        ("phrases.on", "{0} is on it", "phrases.on must be words with {0}, {1}"),
        ("types", {"block": "block"}, "types: 'block' is a part of itself"),
        ("types", {"object": "block", "block": "object"}, "types: 'object' is a part of itself"),
        ("initial_state", None, "initial_state is missing"),
        ("initial_state", {"on": "a"}, "initial_state must be a list"),
        ("initial_state", [["on", "a", "a"]] * 2001, "initial_state must be a list of 0 to 2000"),
        ("initial_state.1", ["on", "a", "q"], "initial_state[1]: unknown name 'q'"),
        ("initial_state.1", "clear c", "initial_state[1] must be a list"),
        ("goal_state", None, "goal_state is missing"),
        ("goal_state", [], "goal_state must be a list of 1"),
        ("goal_state", [["on", "c", "a"]], "goal_state: all of it holds"),
        ("goal_state.0", ["on", "a", 1], "goal_state[0]: names are text"),
        ("max_steps", 0, "max_steps must be an integer from 1 to 999"),
        ("max_steps", 1000, "max_steps must be an integer from 1 to 999"),
    ],
)
def test_broken_problems(path: str, value: Any, message: str):
    task = changed(SUSSMAN, path, value) if path != "types" else {**SUSSMAN, "types": value}
    with pytest.raises(TaskError) as error:
        rules.environment().initial_state(task)
    assert str(error.value).startswith(message)
    verdict = blocksworld.kind().verify(task, SUSSMAN_PLAN)
    assert verdict.verdict == "error" and message in verdict.evidence


def test_a_start_where_nothing_can_be_done_is_refused():
    task = changed(GRIPPER, "initial_state", [["in", "red", "hall"]])
    with pytest.raises(TaskError, match="operators: none of them can be applied"):
        rules.environment().initial_state(task)


def test_problems_that_are_too_large_are_refused():
    letters = "abcdefghijklmnopqrstu"
    goal = [["on", over, under] for over, under in itertools.pairwise(letters)]
    rules.environment().initial_state(blocks(" ".join(letters[:16]), goal[:15], max_steps=99))
    many = {f"t{i}": "thing" for i in range(40)}
    task = {**SUSSMAN, "objects": {**SUSSMAN["objects"], **many}}
    refused(task, "objects: there may be 43 objects, and 36 are allowed")
    refused(blocks(" ".join(letters), goal), r"objects: there may be 1\d\d tokens for one state, and 128 are allowed")
    swap = {
        "name": "swap",
        "parameters": [["x", "thing"], ["y", "thing"]],
        "preconditions": [["up", "x"]],
        "add": [["up", "y"]],
        "delete": [["up", "x"]],
    }
    task = {"objects": {f"o{i}": "thing" for i in range(30)}, "operators": [swap], "max_steps": 9}
    task |= {"initial_state": [["up", f"o{i}"] for i in range(9)], "goal_state": [["up", "o20"]]}
    refused(task, r"operators: there may be \d+ moves in one state, and 96 are allowed")
    swap["parameters"] = [[f"p{i}", "thing"] for i in range(7)]
    swap |= {"preconditions": [["up", "p0"]], "add": [["up", "p6"]], "delete": [["up", "p0"]]}
    refused(task, "operators: swap can be applied to its objects in too many ways")
    swap |= {"add": [[f"up{i}", "p6"] for i in range(27)], "parameters": [["p0", "thing"], ["p6", "thing"]]}
    refused(
        {**task, "objects": {f"o{i}": "thing" for i in range(21)}}, "operators: there may be 28 predicates and types"
    )


def refused(task: Task, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        rules.environment().initial_state(task)


# ---- the kind --------------------------------------------------------------------------------------------------------


def test_the_shortest_plan_of_sussmans_anomaly():
    kind = blocksworld.kind()
    solution = kind.solve(SUSSMAN)
    assert solution is not None and solution.answer == SUSSMAN_PLAN and solution.cost == 6
    assert kind.baseline(SUSSMAN) == SUSSMAN_PLAN
    assert kind.verify(SUSSMAN, SUSSMAN_PLAN).evidence == "a valid plan of 6 actions"
    assert kind.solve({**SUSSMAN, "max_steps": 5}) is None


@pytest.mark.parametrize(
    "answer",
    [
        "(UNSTACK C A)\n(put-down c)\n(pick-up b)\n(stack b c)\n(pick-up a)\n(stack a b)\n; cost = 6 (unit cost)",
        "1. unstack c a\n2. put-down c\n3. pick-up b\n4. stack b c\n5. pick-up a\n6. stack a b.",
        "unstack(c, a), put_down(c), pickup(b), stack(b, c), pick up(a), stack(a, b)",
        "Unstack c from a; put c down on the table; pick up b from the table; stack b on c; pick-up a; stack a on b",
        "['unstack c a', 'put-down c', 'pick-up b', 'stack b c', 'pick-up a', 'stack a b']",
        "0: (unstack c a) 1: (put-down c) 2: (pick-up b) 3: (stack b c) 4: (pick-up a) 5: (stack a b)",
        [
            ["unstack", "c", "a"],
            "put-down c",
            ("pick-up", "B"),
            "(stack b c)",
            "Pick up a",
            "stack a -> b".replace("->", ""),
        ],
        # Longer than need be.
        ["pick-up b", "put-down b", *SUSSMAN_PLAN],
    ],
)
def test_notations(answer: Any):
    verdict = blocksworld.kind().verify(SUSSMAN, answer)
    assert verdict.verdict == "correct" and verdict.score == 1, verdict


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (SUSSMAN_PLAN[:-1], "after 5 actions the goal (on a b) does not hold"),
        ([*SUSSMAN_PLAN, "unstack a b"], "after 7 actions the goal (on a b) does not hold"),
        (SUSSMAN_PLAN[1:], "action 1 (put-down c): (holding c) does not hold"),
        (["unstack c b", *SUSSMAN_PLAN[1:]], "action 1 (unstack c b): (on c b) does not hold"),
        (["unstack c d", *SUSSMAN_PLAN[1:]], "action 1 (unstack c d): there is no object 'd'"),
        (["move c a b"], "answer: 'move c a b' is no action; known: pick-up x, put-down x, stack x y, unstack x y"),
        (["unstack c"], "answer: 'unstack c' is no action"),
        (["pick-up b", "put-down b"] * 8 + SUSSMAN_PLAN, "answer: 22 actions are too many; at most 20"),
        (["unstack c a; put-down c", *SUSSMAN_PLAN[2:]], "answer: action 1 must be an operator and its arguments"),
        ([f"unstack c a{' ' * 1000}", *SUSSMAN_PLAN[1:]], "answer: action 1 must be"),
        ("stack a b" + " " * 60_000, "answer: 60009 characters are too many"),
        ("unstack c a" + "\n" * 40_000 + ";" * 5_000, "after 1 actions the goal"),
        ("pick-up a," * 4_000, "answer: 4000 actions are too many"),
        (6, "answer: expected a list of actions, not int"),
    ],
)
def test_wrong_plans(answer: Any, evidence: str):
    verdict = blocksworld.kind().verify(SUSSMAN, answer)
    assert verdict.verdict == "wrong" and verdict.evidence.startswith(evidence), verdict


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("operators.0.delete", [], "operators must be pick-up, put-down"),
        ("operators.3.name", "lift-off", "operators must be pick-up, put-down"),
        ("initial_state.0", ["on", "a", "b"], "initial_state: 'on', 'clear'"),
        ("initial_state.0", ["clear", "a"], "initial_state: block a is nowhere"),
        ("initial_state.0", ["holding", "c"], "initial_state: block c is in two places"),
        ("initial_state.5", ["clear", "a"], "initial_state: 'on', 'clear'"),
    ],
)
def test_what_is_no_blocksworld_is_an_error(path: str, value: Any, message: str):
    verdict = blocksworld.kind().verify(changed(SUSSMAN, path, value), SUSSMAN_PLAN)
    assert verdict.verdict == "error" and message in verdict.evidence, verdict


def test_two_held_blocks_are_an_error():
    task = blocks("a", [["on", "a", "b"]], held="b")
    task["objects"]["c"] = "block"
    task["initial_state"].append(["holding", "c"])
    assert "one hand" in blocksworld.kind().verify(task, []).evidence


def distances(problem: Problem, start: set[Fact]) -> dict[frozenset[Fact], int]:
    """The number of actions to every state, breadth first on sets of facts."""
    objects = [name for name, _ in problem.objects]
    found = {frozenset(start): 0}
    queue = [start]
    for facts in queue:
        for action in possible(problem, objects, facts):
            after_it = done(problem, facts, action)
            if frozenset(after_it) not in found:
                found[frozenset(after_it)] = found[frozenset(facts)] + 1
                queue.append(after_it)
    return found


@pytest.mark.parametrize(("towers", "held"), [("a b c", ""), ("acb", ""), ("bc a", ""), ("ab", "c"), ("a b", "c")])
def test_plans_are_shortest_for_all_goals_of_two_facts(towers: str, held: str):
    """Three blocks have 22 states, those with a block in the hand among them."""
    kind, letters = blocksworld.kind(), "abc"
    pairs = itertools.permutations(letters, 2)
    facts = [["on", *pair] for pair in pairs] + [["handempty"]]
    facts += [[predicate, name] for predicate in ("ontable", "clear", "holding") for name in letters]
    task = blocks(towers, [["on", "a", "a"]], held=held)
    start = {tuple(fact) for fact in task["initial_state"]}
    found = distances(kind.read(task), start)
    assert len(found) == 22
    for goal in [*itertools.combinations(facts, 1), *itertools.combinations(facts, 2)]:
        wanted = {tuple(fact) for fact in goal}
        if wanted <= start:
            continue
        expected = min((length for state, length in found.items() if wanted <= state), default=None)
        asked = {**task, "goal_state": [*map(list, goal)]}
        solution = kind.solve(asked)
        assert (solution and solution.cost) == expected, f"{goal}: {solution}, {expected}"
        plan = kind.baseline(asked)
        assert (plan is None) == (expected is None)
        if solution is not None and plan is not None:
            assert kind.verify(asked, solution.answer).verdict == kind.verify(asked, plan).verdict == "correct"


def test_plans_are_shortest_for_four_blocks():
    kind = blocksworld.kind()
    for seed in range(4):
        task = kind.make(stream(seed, "shortest"), 0.3)
        problem = kind.read(task)
        found = distances(problem, {*problem.initial})
        solution = kind.solve(task)
        assert len(found) == 125 and solution is not None
        assert solution.cost == min(length for state, length in found.items() if {*problem.goal} <= state)


def test_the_heuristic_needs_at_most_twice_the_shortest_plan():
    kind = blocksworld.kind()
    for seed in range(20):
        task = kind.make(stream(seed, "heuristic"), 1.0)
        plan = kind.baseline(task)
        assert plan is not None and kind.verify(task, plan).verdict == "correct"
        assert len(task["answer"]) <= len(plan) <= 2 * len(task["answer"])


def test_goals_that_cannot_be():
    kind = blocksworld.kind()
    for goal in (
        [["on", "a", "b"], ["on", "b", "a"]],
        [["on", "a", "b"], ["on", "c", "b"]],
        [["on", "a", "b"], ["clear", "b"]],
        [["holding", "a"], ["handempty"]],
        [["shiny", "a"]],
    ):
        task = {**SUSSMAN, "goal_state": goal}
        assert kind.solve(task) is None and kind.baseline(task) is None
        assert kind.verify(task, SUSSMAN_PLAN).verdict == "wrong"
        assert rules.environment().legal_actions(rules.environment().initial_state(task))
    assert kind.structure({**SUSSMAN, "goal_state": [["on", "a", "a"]]}).startswith("impossible")


def test_structure_does_not_depend_on_names_and_order():
    kind, generator = blocksworld.kind(), random.Random(0)
    for seed in range(15):
        task = kind.make(stream(seed, "structure"), generator.random())
        old = list(task["objects"])
        new = generator.sample("abcdefghijklm", len(old))
        renamed = dict(zip(old, new, strict=True))
        other = {**task, "objects": {renamed[name]: "block" for name in generator.sample(old, len(old))}}
        for part in ("initial_state", "goal_state"):
            facts = [[fact[0], *map(renamed.get, fact[1:])] for fact in task[part]]
            other[part] = generator.sample(facts, len(facts))
        assert kind.structure(other) == kind.structure(task)
    assert kind.structure(SUSSMAN) == "1 -, table 2, table 0"
    assert kind.structure(SUSSMAN) != kind.structure({**SUSSMAN, "goal_state": SUSSMAN["goal_state"][:1]})


def test_starts_are_drawn_evenly():
    """Three blocks stand in 13 ways."""
    rng, counts = stream(0, "evenly"), dict[tuple[int, ...], int]()
    for _ in range(2600):
        places = tuple(blocksworld._drawn_places(rng, 3))
        counts[places] = counts.get(places, 0) + 1
    assert len(counts) == 13 and 150 < min(counts.values()) <= max(counts.values()) < 250


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (0, "Unstack c from a: now the hand holds c."),
        (0, "Unstack c from a: now the hand holds c and b is clear."),
        (0, "Unstack c from a: now the hand holds c, a is clear and b is clear."),
        (0, "Unstack c from b: now the hand holds c and b is clear."),
        (0, "Unstack c from a: it is no longer true that c is on a."),
        (0, "Unstack c from a: now the hand holds c and a is clear"),
        (0, "Unstack c from a: now the hand holds c and a is clear. Stack c on b."),
        (1, "Stack c on c: now c is on c, c is clear and the hand is empty."),
        (2, "Pick up b: now the hand holds b."),
        (2, "Pick up a from the table: now the hand holds a."),
    ],
)
def test_false_sentences_are_found(at: int, sentence: str):
    _, claims = played(SUSSMAN, SUSSMAN_PLAN)
    kind = blocksworld.kind()
    assert kind.check_chain(SUSSMAN, claims) is None
    assert kind.check_chain(SUSSMAN, [*claims[:at], sentence, *claims[at + 1 :]]) is not None
    assert kind.check_chain(SUSSMAN, [*claims, "Unstack a from b: now the hand holds a and b is clear."]) is not None
    assert kind.check_chain({**SUSSMAN, "max_steps": 5}, claims) == "6 steps are too many; at most 5 are allowed"


def test_order_of_what_is_said_does_not_matter():
    _, claims = played(SUSSMAN, SUSSMAN_PLAN)
    claims[0] = "Unstack c from a: now a is clear and the hand holds c."
    claims[2] = "(pick-up b): now (holding b)."
    assert blocksworld.kind().check_chain(SUSSMAN, claims) is None


def test_parameters_may_have_other_names():
    task = copy.deepcopy(SUSSMAN)
    for operator in task["operators"]:
        del operator["phrase"]
        renamed = {"x": "?top", "y": "?bottom"}
        operator["parameters"] = [[renamed[name], kind] for name, kind in operator["parameters"]]
        for part in ("preconditions", "add", "delete"):
            operator[part] = [[fact[0], *map(renamed.get, fact[1:])] for fact in operator[part]][::-1]
    _, claims = played(SUSSMAN, SUSSMAN_PLAN)
    _, plain = played(task, SUSSMAN_PLAN)
    kind = blocksworld.kind()
    assert plain[0] == "(unstack c a): now a is clear and the hand holds c."
    assert kind.check_chain(task, claims) is None and kind.check_chain(task, plain) is None
    assert kind.verify(task, SUSSMAN_PLAN).verdict == "correct" and kind.solve(task) == kind.solve(SUSSMAN)


def test_near_misses_of_other_domains_are_wrong():
    plan = [
        "take red hall left",
        "take blue hall right",
        "go hall attic",
        "drop red attic left",
        "drop blue attic right",
    ]
    task, kind = {**GRIPPER, "answer": plan}, Gripper()
    for answer in itertools.islice(kind.near_misses(task, stream(0, "near misses")), 200):
        assert kind.verify(task, answer).verdict == "wrong", answer
    for answer in itertools.islice(kind.notations(task, stream(0, "notations")), 60):
        assert kind.verify(task, answer).verdict == "correct", answer
    assert not solves(kind.read(task), [])
