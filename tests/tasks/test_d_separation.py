"""Separation in causal graphs: rules, verifier and networkx agree; sentences; no answer without an argument."""

import networkx
import pytest

from zeroloop.envs import d_separation as rules
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import d_separation
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked

KIND = d_separation.kind()
BOTH = rules.EXAMPLE  # Rud <- Fimo -> Tasel <- Wob, and Tasel -> Yark; Rud and Wob, given Yark, and given nothing
OPEN, CLOSED = ({**BOTH, "questions": [question]} for question in BOTH["questions"])
NAMES = [f"{a}{b}" for a in "ABCD" for b in "abcd"]
LARGEST = {
    "variables": NAMES,
    "edges": [[a, b] for i, a in enumerate(NAMES) for b in NAMES[i + 1 : i + 4]][:40],
    "questions": [["Dd", "Aa", given] for given in (["Ab"], [], NAMES[4:9], NAMES[9:14])],
}
WALKED = ("show a path", "fimo from an effect", "tasel from a cause", "wob from an effect")
COVERED = ("show that there is none", "fimo from an effect", "tasel from a cause", "yark from a cause")


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, CLOSED, LARGEST, *(KIND.make(stream(seed, "d-separation"), 1.0) for seed in range(2)))
    episodes = 10


class TestKind(TaskKindConformance):
    kind = KIND
    right = {
        "a path": (
            OPEN,
            *("Rud <- Fimo -> Tasel <- Wob", "1. Wob -> Tasel <- Fimo -> Rud", [["Rud", "Fimo", "Tasel", "Wob"]]),
            {"independent": False, "path": ["rud", "fimo", "tasel", "wob"]},
        ),
        "none": (CLOSED, "independent: Yark, Fimo, Tasel", {"independent": True, "reached": ["Fimo", "Tasel", "Yark"]}),
        "both": (BOTH, "1. Rud <- Fimo -> Tasel <- Wob\n2. independent: Yark, Fimo, Tasel"),
    }
    wrong = {
        "no path": (
            *(OPEN, "independent: Fimo", "no", False, [["Rud", "Wob"]], [["Rud", "Tasel", "Wob"]], [["Rud", "Fimo"]]),
            *("Rud -> Fimo -> Tasel <- Wob", "independent: Fimo, Tasel", ["Rud", "Fimo", "Tasel", "Wob"], [[]]),
        ),
        "blocked, or not all": (
            *(CLOSED, [["Rud", "Fimo", "Tasel", "Wob"]], "independent", "yes", True, "independent: Fimo, Tasel"),
            *("independent: Fimo, Tasel, Yark, Wob", "independent: Rud, Fimo, Tasel, Yark"),
        ),
        "one of both": (
            BOTH,
            "Rud <- Fimo -> Tasel <- Wob",
            "Rud <- Fimo -> Tasel <- Wob\nRud <- Fimo -> Tasel <- Wob",
        ),
    }


def drawn(count, difficulty):
    return [KIND.make(stream(seed, "separation"), difficulty) for seed in range(count)]


def test_answers_are_what_networkx_says():
    found = set()
    for task in drawn(16, 0.7):
        graph = networkx.DiGraph(task["edges"])
        graph.add_nodes_from(task["variables"])
        for (first, second, given), answer in zip(task["questions"], task["answer"], strict=True):
            reached = {
                name
                for name in {*task["variables"]} - {first, *given}
                if not networkx.is_d_separator(graph, {first}, {name}, {*given})
            }
            assert answer["independent"] == (second not in reached)
            assert not answer["independent"] or {*answer["reached"]} == reached
            found.add(answer["independent"])
    assert found == {True, False}


def test_the_wrong_thing_to_show_scores_nothing():
    """Whatever is shown of it."""
    for number, task in enumerate(drawn(12, 0.5)):
        environment, rng = KIND.environment(task), stream(number, "wrong thing")
        action = 0 if task["answer"][0]["independent"] else 1
        state, reward, _, _ = environment.step(environment.initial_state(task), action)
        while legal := environment.legal_actions(state):
            state, reward, _, _ = environment.step(state, int(rng.integers(len(legal))))
        assert reward == 0 and KIND.verify(task, environment.answer(state)).verdict == "wrong"


def test_sentences_say_why_a_path_goes_on():
    _, _, claims, reward = walked(KIND, BOTH, *WALKED, *COVERED)
    assert reward == 1 and claims[:5] == [
        "Question 1, Rud and Wob given Yark: walk an open path.",
        "From Rud back to Fimo.",
        "From Fimo, which is not given, on to Tasel.",
        "From Tasel, where causes meet and Yark is given, back to Wob. So they are not independent.",
        "Question 2, Rud and Wob given nothing: cover all that open paths reach.",
    ]
    assert claims[-1] == "From Tasel, which is not given, on to Yark. Nothing else is reached, so they are independent."
    assert KIND.check_chain(BOTH, claims) is None
    assert KIND.check_chain(OPEN, claims[:4]) is None and "after the end" in KIND.check_chain(OPEN, claims)
    assert KIND.check_chain(BOTH, claims[:-1]) == KIND.check_chain(BOTH, claims[:4]) == "not all questions are answered"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("From Rud back to Fimo.", "From Rud on to Fimo."),
        ("From Rud back", "From Rud, which is not given, back"),
        ("From Fimo, which is not given, on", "From Fimo on"),
        ("From Fimo, which is not given, on", "From Fimo, where causes meet and Yark is given, on"),
        ("where causes meet and Yark is given", "which is not given"),
        ("Yark is given", "Fimo is given"),
        ("back to Wob", "back to Fimo"),
        ("walk an open path", "cover all that open paths reach"),
        ("Rud and Wob", "Wob and Rud"),
        ("given Yark:", "given nothing:"),
        (" So they are not independent.", ""),
        ("on to Tasel.", "on to Tasel. So they are not independent."),
    ],
)
def test_false_sentences_are_found(old, new):
    _, _, claims, _ = walked(KIND, OPEN, *WALKED)
    assert any(old in claim for claim in claims)
    assert KIND.check_chain(OPEN, [claim.replace(old, new) for claim in claims]) is not None


@pytest.mark.parametrize(
    "question",
    [["Rud", "Rud", []], ["Rud", "Wob", ["Rud"]], ["Rud", "Zed", []], ["Rud", "Wob"], ["Rud", "Wob", "Yark"], "Rud"],
)
def test_broken_questions_say_which(question):
    task = {**BOTH, "questions": [BOTH["questions"][0], question]}
    with pytest.raises(TaskError, match=r"questions\[1\]"):
        KIND.environment(task).initial_state(task)
    assert KIND.verify(task, "independent: Fimo").verdict == "error"


def test_the_largest_tasks_fit():
    environment = KIND.environment(LARGEST)
    for action in (0, 1):
        state = environment.step(environment.initial_state(LARGEST), action).state
        while actions := environment.legal_actions(state):
            assert len(actions) <= environment.num_actions
            state = environment.step(state, actions[-1]).state
            assert len(environment.tokens(state)) <= environment.num_tokens <= 128
