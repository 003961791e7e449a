"""Identification: textbook graphs, expressions against models of fractions, rules against networkx, hedges."""

import itertools
import math
from fractions import Fraction

import networkx
import numpy as np
import pytest

from zeroloop.envs import identification as rules
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import _identification_reference, identification
from zeroloop.tasks import _probability_expressions as expressions
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = identification.kind()


def graph(edges, arcs=(), treatment="Xa", outcome="Yo", steps=20):
    """A task: edges and arcs as text such as "Xa Zed, Zed Yo"."""
    edges, arcs = ([pair.split() for pair in text.split(", ")] if text else [] for text in (edges, arcs or ""))
    names = sorted({name for pair in (*edges, *arcs) for name in pair})
    question = {"treatment": treatment, "outcome": outcome, "max_steps": steps}
    return {"variables": names, "edges": edges, "arcs": arcs, **question}


FRONT_DOOR = graph("Xa Zed, Zed Yo", "Xa Yo")
BACK_DOOR = graph("Zed Xa, Zed Yo, Xa Yo")
BOW = graph("Xa Yo", "Xa Yo")
NAPKIN = graph("Wob Rud, Rud Xa, Xa Yo", "Wob Xa, Wob Yo")
VERMA = graph("Xa Bo, Bo Cu, Cu Yo", "Bo Yo")
BLOCKED = graph("Xa Zed, Zed Yo", "Xa Zed, Xa Yo")
NAMES = [f"{a}{b}" for a in "ABCD" for b in "ab"][:7]
LARGEST = {
    "variables": NAMES,
    "edges": [list(pair) for pair in itertools.combinations(NAMES, 2)],
    "arcs": [list(pair) for pair in itertools.islice(itertools.combinations(NAMES, 2), 8)],
    "treatment": "Ab",
    "outcome": "Da",
    "max_steps": 40,
}


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, FRONT_DOOR, NAPKIN, LARGEST, *(KIND.make(stream(seed, "identify"), seed / 3) for seed in range(4)))
    episodes = 12


class TestKind(TaskKindConformance):
    kind = KIND
    right = {
        "the front door": (
            FRONT_DOOR,
            "sum_{Zed, Xa'} P(Zed | Xa) P(Yo | Xa', Zed) P(Xa')",
            "sum_{Zed} P(Zed | Xa) sum_{Xa} P(Yo | Xa, Zed) P(Xa)",
            "P(Yo | do(Xa)) = Σ_zed p(zed|xa) * [Σ_{xa''} P(yo|zed,xa'') P(xa'')]",
            "sum_{Zed} P(Zed, Xa) / P(Xa) (sum_{Xa'} P(Yo, Xa', Zed) / P(Xa', Zed) P(Xa'))",
        ),
        "the back door": (BACK_DOOR, "sum_{Zed} P(Yo | Xa, Zed) P(Zed)", "sum_{Zed} P(Yo, Xa, Zed) / P(Xa | Zed)"),
        "no expression": (BOW, {"hedge": [["Xa", "Yo"], ["Yo"]]}, "hedge: Xa, Yo; Yo", "Hedge {xa yo}; {yo}."),
        "a hedge without the outcome": (BLOCKED, "hedge: Xa, Zed; Zed"),
    }
    wrong = {
        "of the front door": (
            *(FRONT_DOOR, "P(Yo | Xa)", "sum_{Zed} P(Yo | Xa, Zed) P(Zed)", "hedge: Xa, Yo; Yo", "P(Yo | do(Xa))"),
            *("sum_{Zed, Xa'} P(Zed | Xa) P(Yo | Xa', Zed)", "sum_{Zed} P(Zed | Xa) P(Yo | Xa', Zed) P(Xa')", "P(Yo)"),
            *("sum_{Zed, Xa'} P(Zed | Xa') P(Yo | Xa', Zed) P(Xa')", "sum_{Q} P(Yo)", "sum_{Zed, Zed} P(Yo)", "P()"),
        ),
        "no hedges": (
            BLOCKED,
            "hedge: Xa, Yo; Yo, Xa",
            "hedge: Zed; Zed",
            "hedge: Xa, Yo, Zed; ",
            "P(Yo | Xa)",
            "hedge",
        ),
        "not connected, or leading nowhere": (
            VERMA,
            "hedge: Xa, Bo, Yo; Bo, Yo",
            "hedge: Bo, Yo; Yo",
            "hedge: Xa, Yo; Yo",
        ),
    }


def drawn(count, difficulty):
    return [KIND.make(stream(seed, "identify"), difficulty) for seed in range(count)]


def probabilities(task, rng):
    """P of all that is measured, and P(outcome | do(treatment)), in a random model of fractions with hidden causes."""
    names, hidden = task["variables"], [f"hidden {i}" for i in range(len(task["arcs"]))]
    causes = {name: [a for a, b in task["edges"] if b == name] for name in names}
    for name, arc in zip(hidden, task["arcs"], strict=True):
        for end in arc:
            causes[end].append(name)
    tables = {
        name: {of: Fraction(int(rng.integers(1, 20)), 20) for of in itertools.product((0, 1), repeat=len(causes[name]))}
        for name in names
    }
    joint, effect = {}, {}
    for values in itertools.product((0, 1), repeat=len(names) + len(hidden)):
        world = dict(zip((*names, *hidden), values, strict=True))
        likely = {name: tables[name][tuple(world[each] for each in causes[name])] for name in names}
        factors = {name: likely[name] if world[name] else 1 - likely[name] for name in names}
        own, weight = factors.pop(task["treatment"]), math.prod(factors.values(), start=Fraction(1, 2 ** len(hidden)))
        case, seen = (world[task["treatment"]], world[task["outcome"]]), values[: len(names)]
        effect[case] = effect.get(case, 0) + weight
        joint[seen] = joint.get(seen, 0) + weight * own
    return joint, effect


def valued(tree, joint, world):
    """The value of an expression where variables have the values of a world, in fractions, one case after the other."""
    if isinstance(tree, expressions.Sum):
        cases = itertools.product((0, 1), repeat=len(tree.over))
        return sum(valued(tree.inner, joint, world | dict(zip(tree.over, case, strict=True))) for case in cases)
    if isinstance(tree, expressions.Product):
        found = Fraction(1)
        for factor, inverted in tree.factors:
            value = valued(factor, joint, world)
            found = found / value if inverted else found * value
        return found

    def total(those):
        fixed = {each.number: world[each] for each in those}
        return sum(p for values, p in joint.items() if all(values[v] == value for v, value in fixed.items()))

    return total((*tree.of, *tree.given)) / total(tree.given)


def is_exact(task, text, rng):
    joint, effect = probabilities(task, rng)
    place = task["variables"].index
    tree = expressions.parse(text, task["variables"])
    free = [expressions.Variable(place(task[field]), 0) for field in ("treatment", "outcome")]
    return all(valued(tree, joint, dict(zip(free, case, strict=True))) == p for case, p in effect.items())


def test_verdicts_are_those_of_models_of_fractions():
    for number, task in enumerate([FRONT_DOOR, BACK_DOOR, VERMA, *drawn(4, 0.0)]):
        rng, answer = stream(number, "fractions"), KIND.solve(task).answer
        x, y = task["treatment"], task["outcome"]
        texts = [f"sum_{{{z}}} P({y} | {x}, {z}) P({z})" for z in task["variables"] if z not in (x, y)]
        texts += [f"P({y} | {x})", f"P({y})", answer]
        for text in texts:
            if isinstance(text, str):
                assert is_exact(task, text, rng) == (KIND.verify(task, text).verdict == "correct"), f"{text}: {task}"


def test_the_quotient_of_the_napkin_is_right_for_any_value():
    """The rules do not come to a quotient, but answers may be one; Rud is a free value, which sums make harmless."""
    weighted = "sum_{Wob} P(Xa, Yo | Rud, Wob) P(Wob)", "sum_{Wob} P(Xa | Rud, Wob) P(Wob)"
    answer = f"sum_{{Rud}} P(Rud) ({weighted[0]}) / ({weighted[1]})"
    assert KIND.verify(NAPKIN, answer).verdict == "correct" and is_exact(NAPKIN, answer, stream(1, "napkin"))
    assert KIND.verify(NAPKIN, answer.removeprefix("sum_{Rud} P(Rud) ")).verdict == "wrong"
    assert KIND.solve(NAPKIN) is None


def test_rules_are_those_of_networkx():
    """Whatever is offered follows from separation in a graph without some edges, and nothing else does."""
    for number, task in enumerate(drawn(4, 0.8)):
        environment, rng = KIND.environment(task), stream(number, "rules")
        whole = networkx.DiGraph(task["edges"])
        whole.add_nodes_from(task["variables"])
        whole.add_edges_from((f"hidden {i}", end) for i, arc in enumerate(task["arcs"]) for end in arc)
        state = environment.initial_state(task)
        for _ in range(12):
            names = {environment.action_name(state, action) for action in environment.legal_actions(state)}
            if state.open is None or not names or state.mode:
                break
            term = state.terms[state.open]
            does, given = ({task["variables"][code >> 1] for code in codes} for codes in (term.does, term.given))
            target = task["variables"][term.target >> 1]
            for name in does | given:
                for rule in ("see", "drop") if name in does else ("ignore", "do"):
                    assert (f"{rule} {name.lower()}" in names) == follows(whole, rule, target, does, given, name)
            move = rng.choice(sorted(names - {"show a hedge"}))
            state = environment.step(state, environment.parse_action(state, move)).state


def follows(whole, rule, target, does, given, name):
    cut, rest = whole.copy(), (does | given) - {name}
    cut.remove_edges_from([edge for edge in whole.edges if edge[1] in does - {name}])
    if rule in ("see", "do"):
        cut.remove_edges_from([edge for edge in whole.edges if edge[0] == name])
    if rule == "drop" and not (networkx.descendants(cut, name) | {name}) & given:
        cut.remove_edges_from([edge for edge in whole.edges if edge[1] == name])
    return networkx.is_d_separator(cut, {name}, {target}, rest)


def shortest(task):
    """The number of steps to an expression, by trying everything."""
    environment = KIND.environment(task)
    states = [environment.initial_state(task)]
    for steps in itertools.count(1):
        after = {}
        for state in states:
            for action in environment.legal_actions(state):
                if environment.action_name(state, action) != "show a hedge":
                    new = environment.step(state, action).state
                    if environment.score(new):
                        return steps
                    after[environment.key(new)] = new
        states = [*after.values()]
    return None


def test_no_derivation_is_shorter_than_the_reference():
    for task in [FRONT_DOOR, BACK_DOOR, VERMA, *(task for task in drawn(6, 0.0) if isinstance(task["answer"], str))]:
        if KIND.solve(task).cost <= 7:
            assert shortest(task) == KIND.solve(task).cost


def test_textbook_graphs():
    assert KIND.solve(BACK_DOOR).answer == "sum_{Zed} P(Yo | Xa, Zed) P(Zed)"
    assert KIND.solve(FRONT_DOOR).cost == 7 and KIND.solve(BOW).answer == {"hedge": [["Xa", "Yo"], ["Yo"]]}
    assert KIND.solve(BLOCKED).answer == {"hedge": [["Xa", "Zed"], ["Zed"]]}
    for task in (FRONT_DOOR, BACK_DOOR, NAPKIN, VERMA):
        assert _identification_reference.smallest_hedge(KIND.read(task)) is None


def test_rules_and_verifier_agree_on_all_hedges_of_small_graphs():
    for task in [BOW, BLOCKED, FRONT_DOOR, *drawn(6, 0.0)]:
        environment, names = KIND.environment(task), task["variables"]
        statement, seen = KIND.read(task), 0
        for larger, smaller in itertools.product(range(1 << len(names)), repeat=2):
            if smaller & ~larger or not larger >> names.index(task["treatment"]) & 1:
                continue
            if smaller >> names.index(task["treatment"]) & 1:
                continue
            start = environment.initial_state(task)
            state = rules.Derivation(start.diagram, start.terms, start.left, rules.CLAIMED, larger, smaller)
            sets = ({v for v in range(len(names)) if bits >> v & 1} for bits in (larger, smaller))
            is_hedge = _identification_reference.hedge_objection(statement, *sets) is None
            assert environment.score(state) == is_hedge
            seen += is_hedge
        assert bool(seen) == (_identification_reference.smallest_hedge(statement) is not None)


def test_where_there_is_a_hedge_no_expression_is_found():
    """And where there is none, one of each kind of task is."""
    for task in drawn(12, 0.3):
        derivation = _identification_reference.shortest_derivation(KIND.read(task))
        assert (derivation is None) == isinstance(task["answer"], dict)


def test_seen_is_never_forced():
    for task in [*drawn(6, 0.1), *drawn(6, 0.9)]:
        assert KIND.verify(task, f"P({task['outcome']} | {task['treatment']})").verdict == "wrong"


def test_adjustment_for_the_causes_of_the_treatment_is_not_always_right():
    assert KIND.verify(BACK_DOOR, KIND.baseline(BACK_DOOR)).verdict == "correct"
    assert KIND.verify(FRONT_DOOR, KIND.baseline(FRONT_DOOR)).verdict == "wrong"
    assert 0 in [KIND.verify(task, KIND.baseline(task)).score for task in drawn(6, 0.9)]


STEPS = ("sum over zed", "do zed", "drop xa", "sum over xa", "see zed", "drop zed", "see xa")


def test_sentences_say_which_rule_and_why():
    claims = walked(KIND, FRONT_DOOR, *STEPS).claims
    assert claims == [
        "Sum over Zed: P(Yo | do(Xa)) = sum_{Zed} P(Yo | do(Xa), Zed) P(Zed | do(Xa)).",
        "Rule 2: P(Yo | do(Xa), Zed) = P(Yo | do(Xa), do(Zed)), "
        "since Yo and Zed are separated by Xa without arrows into Xa and out of Zed.",
        "Rule 3: P(Yo | do(Xa), do(Zed)) = P(Yo | do(Zed)), "
        "since Yo and Xa are separated by Zed without arrows into Xa, Zed.",
        "Sum over Xa: P(Yo | do(Zed)) = sum_{Xa'} P(Yo | do(Zed), Xa') P(Xa' | do(Zed)).",
        "Rule 2: P(Yo | do(Zed), Xa') = P(Yo | Xa', Zed), "
        "since Yo and Zed are separated by Xa' without arrows out of Zed.",
        "Rule 3: P(Xa' | do(Zed)) = P(Xa'), since Xa and Zed are separated without arrows into Zed.",
        "Rule 2: P(Zed | do(Xa)) = P(Zed | Xa), since Zed and Xa are separated without arrows out of Xa.",
    ]
    assert KIND.check_chain(FRONT_DOOR, claims) is None
    assert "after the end" in KIND.check_chain({**FRONT_DOOR, "max_steps": 6}, claims)
    claims = walked(KIND, BLOCKED, "show a hedge", "leave out yo", "keep these", "claim the hedge").claims
    assert claims == [
        "There is no such expression: a hedge shows it.",
        "Leave Yo out of the larger set: Xa, Zed.",
        "The larger set is Xa, Zed.",
        "The smaller set is Zed, and this is a hedge.",
    ]
    assert KIND.check_chain(BLOCKED, claims) is None
    claims = walked(KIND, FRONT_DOOR, "show a hedge", "keep these", "claim the hedge").claims
    assert claims[-1] == "The smaller set is Yo, Zed, and this is no hedge." and KIND.check_chain(FRONT_DOOR, claims)
    lie = claims[-1].replace("no hedge", "a hedge")
    assert "do not connect" in KIND.check_chain(FRONT_DOOR, [*claims[:-1], lie])


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        (0, "sum_{Zed}", "sum_{Xa}"),
        (0, "P(Zed | do(Xa))", "P(Zed | Xa)"),
        (0, "Sum over Zed", "Sum over Xa"),
        (1, "Rule 2", "Rule 3"),
        (1, "by Xa ", ""),
        (1, "into Xa and out of Zed", "out of Zed"),
        (1, "out of Zed", "out of Xa"),
        (1, "= P(Yo | do(Xa), do(Zed))", "= P(Yo | Xa, do(Zed))"),
        (2, "= P(Yo | do(Zed))", "= P(Yo | do(Zed), Xa)"),
        (3, "sum_{Xa'}", "sum_{Xa}"),
        (3, "Xa'", "Xa''"),
        (5, "= P(Xa')", "= P(Xa)"),
        (6, "Zed and Xa", "Xa and Zed"),
        (6, "P(Zed | Xa)", "P(Zed)"),
    ],
)
def test_false_sentences_are_found(at, old, new):
    claims = walked(KIND, FRONT_DOOR, *STEPS).claims
    assert old in claims[at]
    assert KIND.check_chain(FRONT_DOOR, [*claims[:at], claims[at].replace(old, new), *claims[at + 1 :]]) is not None


def test_a_rule_that_does_not_hold_is_found():
    """True but for the separation: the back door is open."""
    claim = "Rule 2: P(Yo | do(Xa)) = P(Yo | Xa), since Yo and Xa are separated without arrows out of Xa."
    assert "not separated" in KIND.check_chain(BACK_DOOR, [claim])


@pytest.mark.parametrize(
    ("changed", "evidence"),
    [
        ({"arcs": [["Xa", "Xa"]]}, r"arcs\[0\]"),
        ({"arcs": [["Xa", "Yo"], ["Yo", "Xa"]]}, r"arcs\[1\]"),
        ({"arcs": [["Xa", "Nobody"]]}, r"arcs\[0\]"),
        ({"arcs": None}, "arcs must be"),
        ({"treatment": "Yo", "outcome": "Xa"}, "no effect"),
        ({"max_steps": 0}, "max_steps"),
        ({"variables": [*NAMES, "Xa", "Yo", "Zed"]}, "at most 7"),
    ],
)
def test_broken_tasks_say_what_is_wrong(changed, evidence):
    with pytest.raises(TaskError, match=evidence):
        KIND.environment(FRONT_DOOR).initial_state({**FRONT_DOOR, **changed})
    assert "max_steps" in changed or KIND.verify({**FRONT_DOOR, **changed}, "P(Yo)").verdict == "error"


def test_expressions_survive_being_written():
    for number, task in enumerate(drawn(6, 0.6)):
        if isinstance(task["answer"], str):
            tree, rng = expressions.parse(task["answer"], task["variables"]), stream(number, "written")
            free = [expressions.Variable(task["variables"].index(task[field]), 0) for field in ("treatment", "outcome")]
            for each in (tree, *(expressions.varied(tree, free, rng) for _ in range(8))):
                again = expressions.parse(expressions.write(each, task["variables"]), task["variables"])
                joint = np.arange(1, 1 + 2 ** len(task["variables"])).reshape([2] * len(task["variables"]))
                assert [part.tolist() for part in map(np.array, expressions.value(again, joint))] == [
                    part.tolist() for part in map(np.array, expressions.value(each, joint))
                ]


def test_structure_does_not_depend_on_names_and_order():
    for task in drawn(4, 0.7):
        new = dict(zip(task["variables"], NAMES, strict=False))
        other = {**task, "variables": [new[name] for name in reversed(task["variables"])]}
        other |= {field: [[new[b], new[a]] for a, b in task[field]] for field in ("arcs",)}
        other |= {"edges": [[new[a], new[b]] for a, b in reversed(task["edges"])]}
        other |= {field: new[task[field]] for field in ("treatment", "outcome")}
        assert KIND.structure(other) == KIND.structure(task)
        assert KIND.structure({**task, "arcs": task["arcs"][1:]}) != KIND.structure(task)


def test_the_largest_tasks_fit():
    environment = KIND.environment(LARGEST)
    for task in [LARGEST, *drawn(6, 1.0)]:
        for seed in range(4):
            state, rng = environment.initial_state(task), stream(seed, "largest")
            while actions := environment.legal_actions(state):
                assert (
                    len(actions) <= environment.num_actions and len(environment.tokens(state)) <= environment.num_tokens
                )
                state = environment.step(state, int(rng.choice(actions))).state
