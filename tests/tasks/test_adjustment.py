"""Adjustment sets: the rules against trying all sets and all models, the verifier, sentences, shortcuts."""

import itertools
from fractions import Fraction

import networkx
import pytest

from zeroloop.envs import _causal_graph as graphs
from zeroloop.envs import adjustment as rules
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import _causal, adjustment
from zeroloop.tasks._causal_models import adjustment_is_exact
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = adjustment.kind()
SMALL = rules.EXAMPLE  # Fimo -> Rud -> Tasel -> Yark, Fimo -> Wob -> Yark; the effect of Rud on Yark; Wob is cheaper
COLLIDER = {
    "variables": ["Xa", "Yo", "Mid", "Low", "Lef", "Rig"],
    "edges": [
        *(["Lef", "Xa"], ["Lef", "Mid"], ["Rig", "Mid"], ["Rig", "Yo"]),
        *(["Mid", "Low"], ["Xa", "Yo"], ["Low", "Yo"]),
    ],
    "treatment": "Xa",
    "outcome": "Yo",
    "costs": {"Mid": 1, "Low": 1, "Rig": 3},
    "best": 1,
}
"""Given Low, the path over the collider Mid is open."""
NAMES = [f"{a}{b}" for a in "ABCD" for b in "abcd"]
LARGEST = {
    "variables": NAMES,
    "edges": [*itertools.islice(([a, b] for a, b in itertools.combinations(NAMES, 2)), 40)],
    "treatment": "Ab",
    "outcome": "Dd",
    "costs": {name: 9 for name in NAMES if name not in ("Ab", "Dd")},
    "best": 9,
}


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, COLLIDER, LARGEST, KIND.make(stream(1, "adjustment"), 1.0))
    episodes = 12


class TestKind(TaskKindConformance):
    kind = KIND
    right = {
        "any notation": (
            *(SMALL, ["Wob"], ("wob",), "Wob", " {WOB} ", "['Wob']", "[Wob]", "adjust for Wob.", '"Wob"'),
        ),
    }
    wrong = {
        "not blocked, on a causal path, descends from one, not to be measured, twice": (
            *(SMALL, [], "", "none", ["Tasel"], ["Wob", "Tasel"], ["Rud"], ["Wob", "Yark"], ["Wob", "Wob"], "Wob, Wob"),
        ),
        "a collider given": (COLLIDER, ["Low"], ["Lef"], ["Lef", "Rig"], "Low", "Mid, Xa", "Mid, Nobody"),
    }


def drawn(count, difficulty):
    return [KIND.make(stream(seed, "adjustment sets"), difficulty) for seed in range(count)]


def whole_graph(task):
    return networkx.DiGraph(task["edges"])


def is_valid(task, chosen):
    """The complete criterion, by networkx."""
    graph, treatment, outcome = whole_graph(task), task["treatment"], task["outcome"]
    graph.add_nodes_from(task["variables"])
    causal = networkx.descendants(graph, treatment) & (networkx.ancestors(graph, outcome) | {outcome})
    if any({each, *networkx.descendants(graph, each)} & {*chosen} for each in causal):
        return False
    graph.remove_edges_from([(treatment, each) for each in causal])
    return networkx.is_d_separator(graph, {treatment}, {outcome}, {*chosen})


def test_the_reference_finds_what_trying_all_sets_finds():
    for task in [*drawn(6, 0.3), SMALL]:
        sets = [s for size in range(1, 8) for s in itertools.combinations(task["costs"], size)]
        cheapest = min(sum(map(task["costs"].get, chosen)) for chosen in sets if is_valid(task, chosen))
        assert cheapest == task["best"] == KIND.solve(task).cost


def test_rules_verifier_and_networkx_agree_on_random_sets():
    for number, task in enumerate(drawn(12, 0.8)):
        environment, rng = KIND.environment(task), stream(number, "sets")
        for _ in range(12):
            chosen = [name for name in task["costs"] if rng.random() < 0.5] or [*task["answer"]]
            state = environment.initial_state(task)
            for name in chosen:
                if environment.legal_actions(state):
                    state = environment.step(state, environment.parse_action(state, f"adjust for {name.lower()}")).state
            expected = task["best"] / sum(map(task["costs"].get, chosen)) if is_valid(task, chosen) else 0
            assert environment.score(state) == KIND.verify(task, chosen).score == pytest.approx(expected)


def test_what_open_paths_reach_is_what_networkx_says():
    for number, task in enumerate(drawn(12, 0.6)):
        names, rng = task["variables"], stream(number, "reach")
        pairs = [(names.index(a), names.index(b)) for a, b in task["edges"]]
        graph, reference = graphs.graph_of(names, pairs), whole_graph(task)
        reference.add_nodes_from(names)
        start, *order = rng.permutation(len(names)).tolist()
        given = order[: int(rng.integers(5))]
        bits = sum(1 << each for each in given)
        found = graphs.reached(graph, start, bits)
        for other in order[len(given) :]:
            apart = networkx.is_d_separator(reference, {names[start]}, {names[other]}, {names[each] for each in given})
            path = graphs.open_path(graph, start, other, bits)
            assert apart == (not found >> other & 1) == (path is None) == _causal.separated(pairs, start, other, given)
            if path is not None:
                assert _causal.read_path(graphs.written_path(graph, path), names, pairs) == path
                assert _causal.blocked_at(pairs, path, given) is None


def probabilities(task, rng):
    """The probability of each combination of values, and with the treatment forced, in a random model of Fractions."""
    names, edges = task["variables"], task["edges"]
    causes = {name: [a for a, b in edges if b == name] for name in names}
    tables = {
        name: {values: Fraction(int(rng.integers(1, 20)), 20) for values in itertools.product((0, 1), repeat=len(of))}
        for name, of in causes.items()
    }
    natural, forced = {}, {}
    for values in itertools.product((0, 1), repeat=len(names)):
        world = dict(zip(names, values, strict=True))
        likely = {name: tables[name][tuple(world[each] for each in causes[name])] for name in names}
        factors = {name: likely[name] if world[name] else 1 - likely[name] for name in names}
        natural[values] = forced[values] = Fraction(1)
        for name, factor in factors.items():
            natural[values] *= factor
            forced[values] *= 1 if name == task["treatment"] else factor
    return natural, forced


def formula_is_exact(task, chosen, rng):
    """Whether the adjustment formula gives the truncated factorisation in that model."""
    natural, forced = probabilities(task, rng)
    place = task["variables"].index

    def total(table, **fixed):
        return sum(p for values, p in table.items() if all(values[place(name)] == v for name, v in fixed.items()))

    x, y = task["treatment"], task["outcome"]
    adjusted = Fraction(0)
    for values in itertools.product((0, 1), repeat=len(chosen)):
        z = dict(zip(chosen, values, strict=True))
        adjusted += total(natural, **{x: 1, y: 1}, **z) / total(natural, **{x: 1}, **z) * total(natural, **z)
    return adjusted == total(forced, **{x: 1, y: 1})


def test_numbers_agree_with_the_graph():
    """In models of fractions, and in those of the verifier."""
    for number, task in enumerate([*drawn(2, 0), COLLIDER, SMALL]):
        names, rng = task["variables"], stream(number, "models")
        allowed = [*task["costs"]]
        sets = [task["answer"]] if "answer" in task else []
        sets += [[name for name in allowed if rng.random() < 0.4] for _ in range(3)]
        for chosen in sets:
            pairs = [(names.index(a), names.index(b)) for a, b in task["edges"]]
            numbers = [names.index(each) for each in chosen]
            x, y = names.index(task["treatment"]), names.index(task["outcome"])
            assert formula_is_exact(task, chosen, rng) == is_valid(task, chosen)
            assert adjustment_is_exact(pairs, x, y, numbers) == is_valid(task, chosen)


def test_parents_of_the_treatment_are_no_shortcut():
    for difficulty in (0.1, 0.9):
        for task in drawn(12, difficulty):
            parents = [a for a, b in task["edges"] if b == task["treatment"]]
            for guess in (parents, [name for name in parents if name in task["costs"]], [*task["costs"]]):
                assert KIND.verify(task, guess).score < KIND.min_score


def test_the_cheapest_variable_of_each_path_is_valid_and_not_always_best():
    scores = [KIND.verify(task, KIND.baseline(task)).score for task in drawn(12, 0.9)]
    assert 0 < min(scores) < KIND.min_score


def test_larger_sets_score_their_share():
    assert KIND.verify(SMALL, ["Fimo"])[:2] == ("correct", 0.5)
    assert KIND.verify(SMALL, "Fimo and Wob")[:2] == ("correct", 2 / 6)


def test_sentences_say_what_is_blocked_and_what_is_open():
    _, _, claims, reward = walked(KIND, SMALL, "adjust for wob", "stop")
    assert reward == 1 and claims == [
        "Adjust for Wob (cost 2, total 2): this blocks Rud <- Fimo -> Wob -> Yark; "
        "every path that is not causal is blocked.",
        "Stop with Wob (total 2): every path that is not causal is blocked, so this set is valid.",
    ]
    assert KIND.check_chain(SMALL, claims) is None
    _, state, claims, reward = walked(KIND, SMALL, "adjust for tasel")
    assert reward == 0 and KIND.environment(SMALL).answer(state) is None
    assert claims == [
        "Adjust for Tasel (cost 1, total 1): Tasel is on the causal path Rud -> Tasel -> Yark, "
        "so no set with it is valid."
    ]
    _, _, claims, reward = walked(KIND, COLLIDER, "adjust for low", "stop")
    assert reward == 0 and claims == [
        "Adjust for Low (cost 1, total 1): this blocks Xa <- Lef -> Mid -> Low -> Yo; "
        "Xa <- Lef -> Mid <- Rig -> Yo is open.",
        "Stop with Low (total 1): Xa <- Lef -> Mid <- Rig -> Yo is open, so this set is not valid.",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *[
            ("this blocks Rud <- Fimo -> Wob -> Yark; ", f"this blocks {path}; ")
            for path in ("Rud -> Tasel -> Yark", "Rud")
        ],
        ("this blocks Rud <- Fimo -> Wob -> Yark; ", "this blocks Rud <- Wob -> Yark; "),
        ("every path that is not causal is blocked.", "Rud <- Fimo -> Wob -> Yark is open."),
        ("every path that is not causal is blocked.", "Rud -> Tasel -> Yark is open."),
        ("Adjust for Wob (cost 2, total 2)", "Adjust for Fimo (cost 4, total 4)"),
        ("Adjust for Wob (cost 2, total 2)", "Adjust for Tasel (cost 1, total 1)"),
        ("Adjust for Wob", "Adjust for Rud"),
    ],
)
def test_false_sentences_are_found(old, new):
    _, _, claims, _ = walked(KIND, SMALL, "adjust for wob", "stop")
    assert old in claims[0]
    assert KIND.check_chain(SMALL, [claims[0].replace(old, new), claims[1]]) is not None


def test_dear_sets_and_other_last_sentences_are_refused():
    _, _, claims, _ = walked(KIND, SMALL, "adjust for fimo", "stop")
    assert KIND.check_chain(SMALL, claims) == "the set is not cheap enough: 4 where 2 is possible"
    _, _, claims, _ = walked(KIND, SMALL, "adjust for wob", "stop")
    for last in (claims[1].replace("Wob", "Fimo"), claims[1].replace("Wob", "Wob, Fimo"), claims[0]):
        assert KIND.check_chain(SMALL, [claims[0], last]) is not None
    assert "after the end" in KIND.check_chain(SMALL, [*claims, claims[1]])


@pytest.mark.parametrize(
    ("changed", "evidence"),
    [
        ({"edges": [["Fimo", "Rud"], ["Rud", "Wob"], ["Wob", "Fimo"]]}, "a cycle among Fimo, Rud, Wob"),
        ({"edges": [["Fimo", "Fimo"]]}, "a cycle among Fimo"),
        ({"edges": [["Fimo", "Rud"], ["Rud", "Zed"]]}, r"edges\[1\]"),
        ({"edges": [["Fimo", "Rud"], ["Fimo", "Rud"]]}, "twice"),
        ({"outcome": "Rud"}, "both Rud"),
        ({"treatment": "Zed"}, "treatment"),
        ({"variables": ["Fimo", "fimo"]}, "same name"),
        ({"costs": {"Rud": 1}}, "costs: 'Rud'"),
        ({"costs": {"Wob": 10}}, "Wob must be"),
        ({"edges": [["Rud", "Yark"]]}, "no path"),
    ],
)
def test_broken_tasks_say_what_is_wrong(changed, evidence):
    with pytest.raises(TaskError, match=evidence):
        KIND.environment(SMALL).initial_state({**SMALL, **changed})
    assert KIND.verify({**SMALL, **changed}, ["Wob"]).verdict == "error"


def test_a_task_without_a_valid_set_says_so():
    for changed in ({"costs": {"Tasel": 1}}, {"edges": [["Yark", "Rud"], ["Fimo", "Rud"]]}):
        verdict = KIND.verify({**SMALL, **changed}, ["Tasel"])
        assert verdict.verdict == "error" and "no set of these variables" in verdict.evidence
    assert "best is 3" in KIND.verify({**SMALL, "best": 3}, ["Wob"]).evidence


def test_structure_does_not_depend_on_names_and_order():
    task = drawn(1, 0.5)[0]
    new = dict(zip(task["variables"], NAMES, strict=False))
    other = {
        **task,
        "variables": [new[each] for each in reversed(task["variables"])],
        "edges": [[new[a], new[b]] for a, b in reversed(task["edges"])],
        "costs": {new[name]: cost for name, cost in task["costs"].items()},
        **{field: new[task[field]] for field in ("treatment", "outcome")},
    }
    assert KIND.structure(other) == KIND.structure(task)
    assert KIND.structure({**task, "edges": task["edges"][1:]}) != KIND.structure(task)


def test_the_largest_tasks_fit():
    environment = KIND.environment(LARGEST)
    state, longest = environment.initial_state(LARGEST), 0
    while actions := environment.legal_actions(state):
        assert len(actions) <= environment.num_actions
        longest = max(longest, len(environment.tokens(state)))
        state = environment.step(state, actions[0]).state
    assert longest <= environment.num_tokens <= 128


def test_no_variable_has_the_name_of_a_word_of_answers():
    """Of the words that are put together from syllables, "none" is one."""
    assert "None" not in _causal.invented_names(stream(3, "names"), 20_000)
