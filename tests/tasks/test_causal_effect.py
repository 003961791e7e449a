"""Effects in numbers: rules, brute force and hand calculations agree; sentences, shortcuts, multiplications."""

import heapq
import itertools
from fractions import Fraction

import pytest

from zeroloop.envs import causal_effect as rules
from zeroloop.envs._causal_tables import MAX_TABLES, read_model
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import _effect_reference, causal_effect
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = causal_effect.kind()
SMALL = rules.EXAMPLE  # Fimo -> Rud -> Wob, Fimo -> Wob; P(Wob = 1 | do(Rud = 1)) = 1/2 * 3/10 + 1/2 * 9/10
WAYS = {
    "variables": ["Luck", "Chance", "Ra", "Mi", "Yo"],
    "edges": [["Ra", "Mi"], ["Luck", "Mi"], ["Ra", "Yo"], ["Mi", "Yo"], ["Chance", "Yo"]],
    "tables": {
        "Luck": ["1/4"],
        "Chance": ["1/3"],
        "Ra": ["1/2"],
        "Mi": ["1", 0, 0, "1"],
        "Yo": [0, 0, 0, 1, 0, 1, 1, 1],
    },
    "form": "counterfactual",
    "treatment": "Ra",
    "treatment_value": 0,
    "outcome": "Yo",
    "outcome_value": 1,
    "given": {"Ra": 1, "Yo": 1},
    "multiplications": 200,
}
"""Mi is 1 where Ra is Luck, and Yo where two of Ra, Mi and Chance are 1. Seen are Ra and Yo: Luck or Chance is 1, whose
probability is 1/4 + 3/4 * 1/3 = 1/2. Without Ra, Mi is 1 where Luck is 0, and Yo where Chance is 1, too: 3/4 * 1/3."""
NAMES = [f"{a}{b}" for a in "ABC" for b in "abc"]
DENSE = {
    "variables": NAMES,
    "edges": [[NAMES[v - k], NAMES[v]] for v in range(9) for k in (1, 2, 3) if v >= k],
    "tables": {name: ["3/10"] * (1 << min(v, 3)) for v, name in enumerate(NAMES)},
    "form": "intervention",
    "treatment": "Ba",
    "treatment_value": 0,
    "outcome": "Cc",
    "outcome_value": 1,
    "given": {"Aa": 1, "Bb": 0, "Ca": 1},
    "multiplications": 9999,
}


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, WAYS, DENSE, *(KIND.make(stream(seed, "causal effect"), seed / 5) for seed in range(0, 6, 2)))
    episodes = 9


class TestKind(TaskKindConformance):
    kind = KIND
    right = {
        "any notation": (SMALL, "3/5", 0.6, "0.6", "6/10", "60 %", "P(Wob = 1 | do(Rud = 1)) = 3/5", "P = 0.6."),
        "of a counterfactual": (WAYS, "1/2", 0.5),
    }
    wrong = {
        "seen instead of forced, and no numbers": (SMALL, "3/4", "2/5", 0.75, "60", "0.6 %", None, "", [0.6], "P = "),
        "for any case, and seen": (WAYS, "1/4", "1/3", "3/8", "2/3"),
    }


def drawn(count, difficulty, form=None):
    tasks = (KIND.make(stream(seed, "effects"), difficulty) for seed in itertools.count())
    return [*itertools.islice((task for task in tasks if form in (None, task["form"])), count)]


def test_rules_and_brute_force_agree():
    for task in [*drawn(8, 0.2), *drawn(8, 0.9), SMALL, WAYS, DENSE]:
        truth = KIND.environment(task).initial_state(task).sheet.truth
        assert truth == _effect_reference.effect(*read_model(task))
        assert truth == Fraction(task.get("answer", truth))


def test_an_intervention_by_hand():
    """With Yark seen: P(wob, yark | do(rud)) = 1/2 * 3/10 * yark + 1/2 * 9/10 * yark, and so on."""
    names = [*SMALL["variables"], "Yark"]
    tables = {**SMALL["tables"], "Yark": ["1/4", "1/2"]}
    task = {**SMALL, "variables": names, "tables": tables, "edges": [*SMALL["edges"], ["Wob", "Yark"]]}
    assert KIND.verify({**task, "given": {"Yark": 1}}, "3/4").verdict == "correct"  # 3/5 * 1/2 of 3/5 * 1/2 + 2/5 * 1/4
    assert KIND.verify({**task, "given": {"Yark": 1}}, "3/5").verdict == "wrong"
    assert KIND.verify(task, "3/5").verdict == "correct"


def cheapest(task):
    """The fewest multiplications that lead to the answer, by trying everything."""
    environment = KIND.environment(task)
    start = environment.initial_state(task)
    queue, seen = [(0, 0, start)], set()
    for number in itertools.count(1):
        cost, _, state = heapq.heappop(queue)
        if environment.score(state):
            return cost
        for action in environment.legal_actions(state):
            after = environment.step(state, action).state
            if (key := environment.key(after)) not in seen:
                seen.add(key)
                heapq.heappush(queue, (start.left - after.left, number * 100 + action, after))
    return None


def test_nothing_is_cheaper_than_the_reference():
    causes = {"variables": ["Luck", "Ra", "Yo"], "edges": [["Ra", "Yo"], ["Luck", "Yo"]]}
    tables = {"Luck": ["1/4"], "Ra": ["1/2"], "Yo": [0, 1, 1, 0]}
    for task in [*drawn(2, 0.0, "intervention"), {**WAYS, **causes, "tables": tables}]:
        assert cheapest(task) == KIND.solve(task).cost


def test_too_few_multiplications_are_an_end_without_an_answer():
    for task in drawn(4, 0.5):
        best = int(KIND.solve(task).cost)
        short = {**task, "multiplications": best - 1}
        environment = KIND.environment(short)
        state, steps = environment.initial_state(short), iter(task["steps"])
        while (move := next(steps)) in {environment.action_name(state, a) for a in environment.legal_actions(state)}:
            state = environment.step(state, environment.parse_action(state, move)).state
        assert move.startswith("multiply")
        assert walked(KIND, {**task, "multiplications": best}, *task["steps"]).reward == 1


def test_the_cheapest_multiplication_first_is_cheap_enough_for_easy_tasks_alone():
    for difficulty, expected in ((0.0, 1), (1.0, 0)):
        assert expected in [KIND.verify(task, KIND.baseline(task)).score for task in drawn(6, difficulty)]


def test_wrong_rules_lead_elsewhere():
    """Seeing instead of forcing, and an outcome whose way from the treatment is not imagined."""
    more = {**SMALL, "multiplications": 9}
    seen = walked(KIND, more, "set rud", "multiply fimo and rud", "multiply fimo and wob", "sum fimo", "normalise")
    assert seen.environment.answer(seen.state) == "3/4" and seen.reward == 0
    steps = KIND.solve(WAYS).steps
    assert steps[:2] == ("imagine mi", "imagine yo") and walked(KIND, WAYS, *steps).reward == 1
    environment, state, _, _ = walked(KIND, WAYS, "imagine yo")
    assert "imagine mi" not in [environment.action_name(state, action) for action in environment.legal_actions(state)]
    environment, state, _, _ = walked(KIND, WAYS, "imagine mi", "multiply luck and mi*", "sum mi*")
    assert "imagine yo" not in [environment.action_name(state, action) for action in environment.legal_actions(state)]


def test_numbers_follow_from_what_was_done():
    """Whatever the order of moves: keys have no numbers."""
    for task in (WAYS, {**SMALL, "given": {"Fimo": 1}, "multiplications": 20}):
        environment, rng, seen = KIND.environment(task), stream(1, "orders"), {}
        for _ in range(100):
            state = environment.initial_state(task)
            while actions := environment.legal_actions(state):
                state = environment.step(state, int(rng.choice(actions))).state
                assert seen.setdefault(environment.key(state), state.tables) == state.tables


def test_shortcuts_have_other_values():
    for task in [*drawn(10, 0.1), *drawn(10, 0.9)]:
        model, question = read_model(task)
        found = _effect_reference.shortcuts(model, question)
        seen = dict(question.given) | {question.treatment: question.forced}
        seen.pop(question.outcome, None)
        observed = _effect_reference.chance(model, question.outcome, question.value, seen, {})
        assert observed is None or observed in found
        assert all(KIND.verify(task, each).score == 0 for each in found)


def test_sentences_say_what_becomes_of_tables():
    claims = walked(KIND, SMALL, "cut rud", "set rud", "multiply fimo and wob", "sum fimo", "normalise").claims
    assert claims == [
        "Cut Rud: its own table goes.",
        "Set Rud to 1: Wob(Fimo, Wob) = (7, 3, 1, 9)/10.",
        "Multiply Fimo and Wob: Fimo(Fimo, Wob) = (7, 3, 1, 9)/20, 4 multiplications, 0 left.",
        "Sum out Fimo: Fimo(Wob) = (8, 12)/20.",
        "Divide by the sum: P(Wob = 1 | do(Rud = 1)) = 3/5.",
    ]
    assert KIND.check_chain(SMALL, claims) is None
    assert walked(KIND, WAYS, "imagine mi").claims == ["Imagine Mi: Mi*(Luck, Mi*) = (0, 1, 1, 0)/1."]
    claims = walked(KIND, SMALL, "set rud", "multiply fimo and rud").claims
    assert claims[0].startswith("Set Rud to 1: Rud(Fimo) = (1, 3)/5; Wob(")
    assert "no probability" not in (KIND.check_chain(SMALL, claims) or "") and KIND.check_chain(SMALL, claims)


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        (0, "Cut Rud", "Cut Fimo"),
        (1, "Set Rud to 1", "Set Rud to 0"),
        (1, "Wob(Fimo, Wob)", "Wob(Wob, Fimo)"),
        (1, "(7, 3, 1, 9)", "(7, 3, 1, 9, 0)"),
        (1, "/10", "/0"),
        (2, "Fimo(Fimo", "Wob(Fimo"),
        (2, "4 multiplications, 0 left", "3 multiplications, 1 left"),
        (2, "Multiply Fimo and Wob", "Multiply Fimo and Fimo"),
        (2, "Multiply Fimo and Wob", "Multiply Fimo and Rud"),
        (3, "Fimo(Wob) = (8, 12)/20", "its own table adds up to 1 and goes"),
        (3, "Sum out Fimo", "Sum out Wob"),
        (4, "Divide by the sum", "Read it"),
        (4, "do(Rud = 1)", "Rud = 1"),
        (4, "3/5", "0"),
    ],
)
def test_false_sentences_are_found(at, old, new):
    claims = walked(KIND, SMALL, "cut rud", "set rud", "multiply fimo and wob", "sum fimo", "normalise").claims
    assert old in claims[at]
    false = [*claims[:at], claims[at].replace(old, new), *claims[at + 1 :]]
    assert KIND.check_chain(SMALL, false) is not None
    assert KIND.check_chain(SMALL, [*claims, claims[-1]]) is not None


def test_true_sentences_that_answer_another_question_are_refused():
    claims = walked(KIND, SMALL, "set rud", "multiply rud and wob").claims
    assert KIND.check_chain(SMALL, claims) == "the sentences do not come to a probability"
    more = {**SMALL, "multiplications": 9}
    claims = walked(
        KIND, more, "set rud", "multiply fimo and rud", "multiply fimo and wob", "sum fimo", "normalise"
    ).claims
    assert "another probability" in KIND.check_chain(more, claims)


@pytest.mark.parametrize(
    ("changed", "evidence"),
    [
        ({"tables": {"Fimo": ["1/2"]}}, "mapping of each variable"),
        ({"tables": {**SMALL["tables"], "Rud": ["1/2"]}}, "Rud needs 2"),
        *(
            ({"tables": {**SMALL["tables"], "Fimo": [each]}}, "a probability of Fimo")
            for each in ("1/0", "3/2", "-1", True, None, 0.5, 2, 10**5000, "1/", "1/1000", "0.5", "x", [])
        ),
        ({"treatment": "Wob", "outcome": "Fimo"}, "no effect"),
        ({"given": {"Rud": 1}}, "given: 'Rud'"),
        ({"given": {"Fimo": 2}}, "Fimo must be"),
        ({"form": "counterfactual", "given": {"Rud": 1}}, "tables of 0 and 1"),
        ({"multiplications": 0}, "multiplications"),
        ({"tables": {**SMALL["tables"], "Fimo": ["0"]}, "given": {"Fimo": 1}}, "cannot be"),
    ],
)
def test_broken_tasks_say_what_is_wrong(changed, evidence):
    with pytest.raises(TaskError, match=evidence):
        KIND.environment(SMALL).initial_state({**SMALL, **changed})
    assert "multiplications" in changed or KIND.verify({**SMALL, **changed}, "3/5").verdict == "error"


def test_counterfactuals_need_facts_and_few_tables():
    with pytest.raises(TaskError, match="facts"):
        KIND.read({**WAYS, "given": {}})
    tables = {name: [0, 1, 1, 0, 1, 0, 0, 1][: 1 << min(v, 3)] for v, name in enumerate(NAMES)} | {"Aa": ["1/2"]}
    with pytest.raises(TaskError, match=f"more than {MAX_TABLES} tables"):
        KIND.read({**DENSE, "tables": tables, "form": "counterfactual", "treatment": "Aa", "given": {"Bb": 0}})


def test_structure_does_not_depend_on_names_numbers_and_order():
    for task in drawn(4, 0.7):
        new = dict(zip(task["variables"], NAMES, strict=False))
        other = {**task, "variables": [new[name] for name in task["variables"]]}
        other |= {field: new[task[field]] for field in ("treatment", "outcome")}
        other |= {"edges": [[new[a], new[b]] for a, b in reversed(task["edges"])]}
        other |= {field: {new[name]: each for name, each in task[field].items()} for field in ("tables", "given")}
        assert KIND.structure(other) == KIND.structure(task)
        assert (
            KIND.structure({**task, "given": {}, "form": "intervention"}) != KIND.structure(task) or not task["given"]
        )
        assert KIND.verify(other, task["answer"]).verdict == "correct"


def test_the_largest_tasks_fit():
    environment = KIND.environment(DENSE)
    for task in [DENSE, *drawn(12, 1.0)]:
        for seed in range(4):
            state, rng = environment.initial_state(task), stream(seed, "largest")
            while actions := environment.legal_actions(state):
                assert len(actions) <= min(60, environment.num_actions)
                assert len(environment.tokens(state)) <= environment.num_tokens <= 128
                state = environment.step(state, int(rng.choice(actions))).state
