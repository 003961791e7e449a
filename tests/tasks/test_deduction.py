"""Deduction: rules of the environment, proofs as people write them, and what the search for short ones finds."""

import copy
import itertools
import re
from typing import Any, ClassVar

import pytest

from zeroloop.contracts import Task
from zeroloop.envs import deduction as rules
from zeroloop.envs._deduction_problem import Literal, Problem, Rule, read_problem
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import deduction
from zeroloop.tasks._deduction_proofs import Reader, Replay
from zeroloop.tasks._deduction_reference import TooHardError, is_consistent, shortest_proof
from zeroloop.tasks._deduction_text import rule_text
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance, walked
from zeroloop.vocabulary import SYMBOLS

EXAMPLE = rules.EXAMPLE
PROOF = [
    "Suppose Ulo is a dax",
    "Rule 1: Mirk is glim or Ulo is a wug",
    "Rule 2: Ulo is glim",
    "Rule 3: Ulo florps Ulo",
]
CLAIMS = [
    "Suppose that Ulo is a dax; it is left to show that Ulo florps Ulo.",
    "Since Ulo is a dax and Ulo florps Mirk, Mirk is glim or Ulo is a wug by rule 1; first suppose that Mirk is glim, "
    "a contradiction; in the other case Ulo is a wug.",
    "Since Ulo is a wug, Ulo is glim by rule 2.",
    "Since Ulo is a wug and Ulo is glim, Ulo florps Ulo by rule 3, as was to be shown.",
]
DENIAL: Task = {
    "individuals": ["Ulo", "Mirk"],
    "predicates": {"dax": "noun", "wug": "noun", "zorb": "noun"},
    "facts": [["dax", "Mirk"]],
    "rules": [
        {"if": [["not", "wug", "x"]], "then": [["zorb", "x"], ["not", "dax", "Mirk"]]},
        {"if": [["zorb", "x"], ["dax", "y"]], "then": [["not", "dax", "y"]]},
    ],
    "goal": {"if": [], "then": [["wug", "Ulo"]]},
    "par": 3,
    "max_steps": 5,
}
"""By contradiction, in whose first case another rule is needed."""
DENIAL_PROOF = ["Suppose Ulo is not a wug", "Rule 1: Ulo is a zorb or Mirk is not a dax", "Rule 2: Mirk is not a dax"]


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, DENIAL, *(deduction.kind().make(stream(i, "rules"), i / 4) for i in range(4)))
    episodes: ClassVar[int] = 18


class TestKind(TaskKindConformance):
    kind = deduction.kind()
    tasks_per_test: ClassVar[int] = 5
    right: ClassVar[Any] = {
        "by cases": (
            EXAMPLE,
            PROOF,
            CLAIMS,
            "\n".join(PROOF),
            "1. Assume that Ulo is a dax.\n2. Mirk is glim or Ulo is a wug (rule 1)\n3. By rule 2, Ulo is glim\n"
            "4. Because Ulo is a wug and Ulo is glim, Ulo florps Ulo by rule 3.\nQED",
            # The other case first; it is longer, and what is learned in it is forgotten after it.
            [PROOF[0], "Rule 1: either Ulo is a wug or Mirk is glim", *PROOF[2:]],
        ),
        "by contradiction": (DENIAL, DENIAL_PROOF, "\n\n".join(DENIAL_PROOF).upper()),
    }
    wrong: ClassVar[Any] = {
        "by cases": (
            EXAMPLE,
            *(PROOF[1:], PROOF[:-1], [PROOF[0], *PROOF[2:]], [*PROOF, PROOF[-1]], [PROOF[0], *PROOF]),
            [*PROOF[:2], "Rule 3: Ulo florps Ulo"],
            [*PROOF[:3], "Rule 3: Ulo florps Mirk"],
            [*PROOF[:3], "Rule 2: Ulo florps Ulo"],
            [*PROOF[:3], "Since Mirk is a wug and Ulo is glim, Ulo florps Ulo by rule 3."],
            [*PROOF[:3], "Ulo florps Ulo"],
            [*PROOF[:3], "Rule 3: Ulo florps Ulo or Ulo florps Ulo"],
            ["Suppose Ulo is a wug", *PROOF[2:]],
            ["Suppose Ulo does not florp Ulo", *PROOF],
            [*CLAIMS[:3], CLAIMS[3].replace("as was to be shown", "a contradiction")],
            "; ".join(PROOF),
        ),
        "by contradiction": (
            DENIAL,
            DENIAL_PROOF[:2],
            DENIAL_PROOF[1:],
            [DENIAL_PROOF[0], *DENIAL_PROOF],
            [DENIAL_PROOF[0], "Rule 1: Mirk is a zorb or Mirk is not a dax", DENIAL_PROOF[2]],
        ),
    }


# ---- rules -----------------------------------------------------------------------------------------------------------


def names(state: Any) -> list[str]:
    environment = rules.environment()
    return [environment.action_name(state, action) for action in environment.legal_actions(state)]


def played(task: Task, *moves: str) -> Any:
    return walked(deduction.kind(), task, *moves).state


def test_moves_of_the_example():
    assert names(played(EXAMPLE)) == ["suppose ulo is a dax"]
    assert names(played(EXAMPLE, PROOF[0])) == [PROOF[1].lower(), "suppose ulo does not florp ulo"]
    assert names(played(EXAMPLE, *PROOF[:2])) == ["rule 2: ulo is glim", "suppose ulo does not florp ulo"]
    state = played(EXAMPLE, *PROOF)
    assert names(state) == [] and state.proved and rules.environment().score(state) == 1
    assert rules.environment().answer(state) == PROOF and walked(deduction.kind(), EXAMPLE, *PROOF).claims == CLAIMS


def test_cases_wait_with_what_was_known_and_wanted_before_them():
    state = played(DENIAL, *DENIAL_PROOF[:2])
    assert rules.environment().describe(state) == (
        "known: Mirk is a dax, Ulo is not a wug, Ulo is a zorb\nto be shown: a contradiction\n"
        "waiting: the case that Mirk is not a dax, to be shown: a contradiction\nsteps left: 3"
    )
    claims = walked(deduction.kind(), DENIAL, *DENIAL_PROOF).claims
    assert claims[-1] == (
        "Since Ulo is a zorb and Mirk is a dax, Mirk is not a dax by rule 2, a contradiction; "
        "in the other case Mirk is not a dax, a contradiction."
    )
    task = {**EXAMPLE, "facts": [["florp", "Ulo", "Mirk"]]}
    state = played(task, *PROOF[:2])
    assert "the case that Ulo is a wug, to be shown: that Ulo florps Ulo" in rules.environment().describe(state)


def test_a_longer_proof_scores_less_until_the_last_step_that_is_allowed():
    longer = [PROOF[0], "Suppose Ulo does not florp Ulo", *PROOF[1:]]
    verdict = deduction.kind().verify(EXAMPLE, longer)
    assert verdict == ("correct", 0.75, "a proof of 5 steps; 4 have the full score")
    walk = walked(deduction.kind(), EXAMPLE, *longer)
    assert walk.reward == 0.75 and deduction.kind().check_chain(EXAMPLE, walk.claims) is None
    assert deduction.kind().verify({**EXAMPLE, "max_steps": 5}, longer).score == 0.5
    assert deduction.kind().verify({**EXAMPLE, "max_steps": 4}, longer)[:2] == ("wrong", 0.0)


def test_only_so_many_cases_wait():
    """Five rules that split, none of which helps."""
    words = "abcdefghij"
    task = {
        "individuals": ["Ulo"],
        "predicates": {f"{letter}u": "noun" for letter in f"{words}kl"},
        "facts": [["ku", "Ulo"]],
        "rules": [
            {"if": [["ku", "x"]], "then": [[f"{a}u", "x"], [f"{b}u", "x"]]}
            for a, b in zip(words[::2], words[1::2], strict=True)
        ],
        "goal": {"if": [], "then": [["lu", "Ulo"]]},
        "par": 9,
        "max_steps": 9,
    }
    moves = [f"rule {n}: ulo is {'an' if a in 'aei' else 'a'} {a}u or ulo is {'an' if b in 'aei' else 'a'} {b}u"
             for n, (a, b) in enumerate(zip(words[::2], words[1::2], strict=True), 1)]  # fmt: skip
    assert names(played(task))[:5] == moves
    assert names(played(task, *moves[: rules.MAX_OPEN])) == ["suppose ulo is not a lu"]
    assert deduction.kind().solve(task) is None


def test_problems_that_are_too_large_are_refused():
    words = {f"{a}{b}": "noun" for a, b in itertools.product("dfgkm", "aeiou")}
    chain = [{"if": [[a, "x"]], "then": [[b, "x"]]} for a, b in itertools.pairwise(words)]
    task = {**EXAMPLE, "predicates": words, "facts": [["da", "Ulo"]], "goal": {"if": [], "then": [["mu", "Ulo"]]}}
    task |= {"rules": chain, "max_steps": 40}
    rules.environment().initial_state(task)
    many = {
        **task,
        "individuals": [*("Ulo", "Mirk", "Tavo", "Pesk")],
        "facts": [["da", n] for n in ("Ulo", "Mirk", "Tavo", "Pesk")],
    }
    with pytest.raises(TaskError, match="rules: there may be 97 moves in one state, and 96 are allowed"):
        rules.environment().initial_state({**many, "facts": [*many["facts"], ["not", "mu", "Mirk"]]})
    wide = [{"if": [["da", "x"], ["de", "y"], ["di", "z"]], "then": [[word, "x"]]} for word in [*words][3:]]
    with pytest.raises(TaskError, match=r"rules: there may be \d+ tokens for one state, and 128 are allowed"):
        rules.environment().initial_state({**task, "rules": [*chain, *wide]})
    eight = [*("Ulo", "Mirk", "Tavo", "Pesk", "Zilla", "Brun", "Odra", "Fenn")]
    with pytest.raises(TaskError, match="rules: 11264 ways to apply them are too many; at most 6000"):
        rules.environment().initial_state({**task, "rules": wide, "individuals": eight})


# ---- what a network is shown -----------------------------------------------------------------------------------------


def rows(state: Any) -> list[str]:
    """The symbols of each row, in the order of their columns."""
    tokens = rules.environment().tokens(state)
    placed = sorted((row, column, SYMBOLS[symbol]) for symbol, row, column in tokens.tolist())
    return [" ".join(symbol for *_, symbol in found) for _, found in itertools.groupby(placed, lambda each: each[0])]


def described(state: Any) -> dict[str, tuple[str, ...]]:
    """Of each move its symbols, and the tokens that it is about: the symbol and the row."""
    environment, tokens = rules.environment(), rules.environment().tokens(state)
    found = {}
    for move in environment.moves(state):
        symbols, anchors = environment.move_tokens(state, move)
        about = (f"{SYMBOLS[tokens[anchor, 0]]} in {tokens[anchor, 1]}" for anchor in anchors)
        found[environment.move_name(state, move)] = " ".join(SYMBOLS[symbol] for symbol in symbols), *about
    return found


def test_tokens_of_the_example():
    """A is florp, B dax, C glim, D wug; 0 is Ulo. A conclusion has the number of its letter, 26 more for its opposite;
    ? is the second variable."""
    assert rows(played(EXAMPLE)) == [
        "deduction goal target 2 steps left 6",
        *("0 A", "1 c"),
        *("rule 2 ? rule 3 ? B ? A", "rule 2 D", "rule 0 D C"),
        "0 rule 1 0 A 0",
    ]
    assert rows(played(EXAMPLE, *PROOF[:2]))[1] == "0 B D A"
    assert rows(played(DENIAL, DENIAL_PROOF[0], "Rule 1: Ulo is a zorb or Mirk is not a dax"))[-2:] == ["0 A", "c 1"]


def test_moves_say_what_they_are_good_for():
    assert described(played(EXAMPLE)) == {"suppose ulo is a dax": ("suppose B 0", "B in 9")}
    assert described(played(EXAMPLE, PROOF[0])) == {
        PROOF[1].lower(): ("feature pair C 1 D 0", "goal in 0", "D in 12"),  # the first one is a contradiction
        "suppose ulo does not florp ulo": ("suppose a 0 0",),
    }
    wanting = [
        {"if": [["dax", "x"], ["lunk", "x"]], "then": [["florp", "y", "x"]]},
        {"if": [["wug", "x"], ["florp", "x", "y"]], "then": [["lunk", "x"]]},
        {"if": [["dax", "x"], ["lunk", "x"], ["vimp", "x"]], "then": [["wug", "y"]]},  # never applied, and not shown
    ]
    ends = [["dax", "x"], ["glim", "y"], ["wug", "x"], ["zorb", "x"], ["florp", "x", "x"]]
    task = {
        **EXAMPLE,
        "predicates": {**EXAMPLE["predicates"], "zorb": "noun", "lunk": "noun", "vimp": "noun"},
        "rules": [*wanting, *({"if": [["florp", "x", "y"]], "then": [end]} for end in ends)],
        "goal": {"if": [], "then": [["florp", "Ulo", "Ulo"]]},
    }
    state = played(task)
    assert rows(state)[3:5] == ["rule 0 ? ? B ? C", "rule 2 D A ?"]
    assert described(state) == {
        "rule 4: ulo is a dax": ("free B 0", "B in 9"),
        "rule 5: mirk is glim": ("refute E 1", "goal in 0"),
        "rule 6: ulo is a wug": ("deduce D 0", "D in 12"),
        "rule 7: ulo is a zorb": ("dead end F 0",),
        "rule 8: ulo florps ulo": ("target A 0 0", "A in 30"),
        "suppose ulo does not florp ulo": ("suppose a 0 0",),
    }


def test_names_and_their_order_make_no_difference():
    """To tokens of states and moves, along a proof."""
    kind, environment = deduction.kind(), rules.environment()
    for seed in range(3):
        task = kind.make(stream(seed, "order"), 0.3 + seed / 4)
        other = {**task, "individuals": task["individuals"][::-1]}
        other["predicates"] = dict(reversed(task["predicates"].items()))
        states = [environment.initial_state(each) for each in (task, other)]
        for line in task["answer"]:
            seen = [(sorted(environment.tokens(s).tolist()), sorted(environment.action_rows(s))) for s in states]
            assert seen[0] == seen[1]
            states = [environment.step(s, environment.parse_action(s, line.lower())).state for s in states]
        assert all(state.proved for state in states)


# ---- statements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("individuals", ["Ulo", "Ulo"], "individuals[1]: Ulo stands there twice"),
        ("individuals", ["ulo"], "individuals[0] must be a name such as 'Ulo', not 'ulo'"),
        ("individuals", ["Ulo"], "facts[0]: florp needs 2 of Ulo, not 'Ulo Mirk'"),
        ("predicates", {"dax": "noun"}, "facts[0]: 'florp' is no predicate; known: dax"),
        ("predicates", {"dax": "name"}, "predicates: dax must be one of noun, adjective, verb, not 'name'"),
        ("predicates", {"not": "noun"}, "predicates: 'not' must be a word"),
        (
            "facts",
            [["dax", "Ulo"], ["not", "dax", "Ulo"]],
            "facts[1]: Ulo is not a dax, which contradicts an earlier fact",
        ),
        ("facts", [["dax", "Ulo"], ["dax", "Ulo"]], "facts[1]: Ulo is a dax, which stands there twice"),
        ("facts", [["dax", "x"]], "facts[0]: dax needs 1 of Ulo, Mirk, not 'x'"),
        ("facts", [["florp", "Ulo", "Ulo"]], "goal: Ulo florps Ulo is given; nothing is left to be shown"),
        ("facts", [7], "facts[0] must be a list of words"),
        ("facts", [["not"]], "facts[0]: '' is no predicate"),
        ("rules", [], "rules must be a list of 1 to 60 entries, not a list of 0"),
        ("rules", [EXAMPLE["rules"][1]] * 2, "rules[1] is the same as rules[0]"),
        ("rules", [{"if": []}], 'rules[0] must be a mapping with "if" and "then"'),
        ("rules", [{"if": [], "then": []}], "rules[0]: then must be a list of 1 to 2 literals"),
        ("rules", [{"if": [["dax", "x"]], "then": [["dax", "x"]]}], "rules[0]: what is under then is under if, too"),
        ("rules", [{"if": [["dax", "x"]] * 2, "then": [["wug", "x"]]}], "rules[0]: if says the same twice"),
        ("goal", {"if": [], "then": [["dax", "x"]]}, "goal: then: dax needs 1 of Ulo, Mirk, not 'x'"),
        ("par", 0, "par must be an integer from 1 to 60, not 0"),
        ("max_steps", 3, "max_steps must be an integer from 4 to 60, not 3"),
        (
            "rules",
            [{"if": [["florp", "x", "y"]], "then": [["glim", "y"]]}],
            "rules: together with the facts they contradict themselves",
        ),
    ],
)
def test_broken_statements_are_errors_that_say_where(field: str, value: Any, message: str):
    verdict = deduction.kind().verify({**copy.deepcopy(EXAMPLE), field: value}, PROOF)
    assert verdict.verdict == "error" and message in verdict.evidence, verdict


def test_rules_can_be_read_again():
    """Every wording of the rules of many tasks, by a reader that knows the words alone."""
    seen = set()
    for seed in range(8):
        rng = stream(seed, "read again")
        problem = read_problem(deduction.kind().make(rng, seed / 10))
        for rule in problem.rules:
            text = rule_text(problem, rule, rng)
            found, form = read_again(problem, text)
            assert found == shaped(rule), text
            seen.add(form)
    assert len(seen) == 5, seen


def shaped(rule: Rule) -> Any:
    """A rule without order, but for the names of its variables: the least of all ways to name them."""
    names = rule.variables
    ways = [dict(zip(names, chosen, strict=True)) for chosen in itertools.permutations("xyz", len(names))]
    return min(tuple(tuple(sorted(literal.put(way) for literal in part)) for part in rule) for way in ways)


def read_again(problem: Problem, text: str) -> tuple[Any, str]:
    """The rule in a sentence, and the word that the sentence begins with."""
    classes, text = dict(problem.predicates), text[:-1]

    def said(subject: str, phrase: str) -> list[Literal]:
        """What a verb phrase says, about something else too."""
        if inner := re.fullmatch(r"(\w+)s something that (.+)", phrase):
            return [Literal(True, inner[1], (subject, "y")), *said("y", inner[2])]
        if found := re.fullmatch(r"is (not )?(?:an? )?(\w+)", phrase):
            assert classes[found[2]] != "verb" and (f" a {found[2]}" in phrase) == (classes[found[2]] == "noun")
            return [Literal(not found[1], found[2], (subject,))]
        found = re.fullmatch(r"(does not )?(\w+?)(?(1)|s) (\w+)", phrase)
        assert found is not None and classes[found[2]] == "verb", phrase
        return [Literal(not found[1], found[2], (subject, subject if found[3] == "itself" else found[3]))]

    def clauses(text: str, word: str) -> list[Literal]:
        return [each for part in text.split(f" {word} ") for each in said(*part.split(" ", 1))]

    def phrases(text: str, word: str) -> list[Literal]:
        return [each for part in text.split(f" {word} ") for each in said("x", part)]

    def conclusion(text: str) -> tuple[list[Literal], list[Literal]]:
        """It begins where both sides can be read."""
        for cut in re.finditer(" ", text):
            try:
                return phrases(text[: cut.start()], "and"), phrases(text[cut.end() :], "or")
            except (AssertionError, KeyError):
                continue
        raise AssertionError(text)

    if found := re.fullmatch(r"If something (.+), then it (.+)", text):
        parts, form = (phrases(found[1], "and"), phrases(found[2], "or")), "if something"
    elif found := re.fullmatch(r"If (.+), then (.+)", text):
        parts, form = (clauses(found[1], "and"), clauses(found[2], "or")), "if"
    elif found := re.fullmatch(r"Every (\w+) (.+)", text):
        parts, form = ([Literal(True, found[1], ("x",))], phrases(found[2], "or")), "every"
    else:
        found = re.fullmatch(r"(Everything that|Whatever) (.+)", text)
        assert found is not None, text
        parts, form = conclusion(found[2]), found[1]
    return shaped(Rule(tuple(parts[0]), tuple(parts[1]))), form


def test_structure_does_not_depend_on_names_and_order():
    kind = deduction.kind()
    for seed in range(6):
        rng = stream(seed, "structure")
        task = kind.make(rng, seed / 6)
        words = {word: f"{word[::-1]}q"[-12:] for word in task["predicates"]}
        people = dict(zip(task["individuals"], ("Abo", "Eba", "Iko", "Oru", "Uta", "Ylo"), strict=False))

        def renamed(literal: list[str], terms: dict[str, str]) -> list[str]:
            return [words.get(each, terms.get(each, each)) for each in literal]  # noqa: B023

        def shuffled(values: Any) -> list[Any]:
            values = [*values]
            return [values[i] for i in rng.permutation(len(values))]  # noqa: B023

        other = {**task}
        other["individuals"] = [people[name] for name in shuffled(task["individuals"])]
        other["predicates"] = {words[word]: task["predicates"][word] for word in shuffled(task["predicates"])}
        other["facts"] = shuffled(renamed(each, people) for each in task["facts"])
        turned = {**people, "x": "y", "y": "z", "z": "x"}
        other["rules"] = shuffled(
            {part: shuffled(renamed(each, turned) for each in rule[part]) for part in rule} for rule in task["rules"]
        )
        other["goal"] = {part: [renamed(each, people) for each in task["goal"][part]] for part in task["goal"]}
        assert kind.structure(other) == kind.structure(task)
        changed = {
            **task,
            "facts": [["not", *task["facts"][0]] if task["facts"][0][0] != "not" else task["facts"][0][1:]],
        }
        assert kind.structure({**changed, "facts": [*changed["facts"], *task["facts"][1:]]}) != kind.structure(task)


# ---- proofs and sentences --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (0, "Suppose that Ulo is a dax."),
        (0, "Suppose that Ulo is a dax; it is left to show that Mirk florps Ulo."),
        (0, "Suppose that Ulo is a dax; it is left to show a contradiction."),
        (0, "Suppose that Mirk is a dax; it is left to show that Ulo florps Ulo."),
        (1, CLAIMS[1].replace("rule 1", "rule 2")),
        (1, CLAIMS[1].replace("Ulo florps Mirk", "Ulo is glim")),
        (1, CLAIMS[1].replace("Since Ulo is a dax and", "Since")),
        (1, CLAIMS[1].replace(", a contradiction", "")),
        (1, CLAIMS[1].replace(", a contradiction", ", as was to be shown")),
        (1, CLAIMS[1].replace("other case Ulo is a wug", "other case Ulo is glim")),
        (1, CLAIMS[1].replace("; in the other case Ulo is a wug", "")),
        (2, "Ulo is glim by rule 2."),
        (2, "Rule 2: Ulo is glim"),
        (2, "Since Ulo is a wug, Ulo is glim by rule 2, a contradiction."),
        (3, "Since Ulo is a wug and Ulo is glim, Ulo florps Ulo by rule 3."),
        (3, "Since Ulo is a wug and Ulo is glim, Ulo does not florp Ulo by rule 3, as was to be shown."),
        (3, f"{CLAIMS[3]} {CLAIMS[3]}"),
        (3, "x" * 100_000),
    ],
)
def test_false_sentences_are_found(at: int, sentence: str):
    kind = deduction.kind()
    assert kind.check_chain(EXAMPLE, CLAIMS) is None
    assert kind.check_chain(EXAMPLE, [*CLAIMS[:at], sentence, *CLAIMS[at + 1 :]]) is not None
    assert "finished before" in str(kind.check_chain(EXAMPLE, [*CLAIMS, CLAIMS[2]]))
    assert (
        kind.check_chain({**EXAMPLE, "par": 3, "max_steps": 3}, CLAIMS) == "4 steps are too many; at most 3 are allowed"
    )


def test_random_play_says_nothing_but_the_truth():
    """Up to where it ends, proved or not."""
    kind = deduction.kind()
    for seed in range(4):
        rng = stream(seed, "random play")
        task = kind.make(rng, 0.5 + seed / 8)
        environment = kind.environment(task)
        state, claims = environment.initial_state(task), []
        while legal := environment.legal_actions(state):
            action = int(rng.choice(legal))
            claims.append(environment.claim(state, action))
            state = environment.step(state, action).state
        assert kind.check_chain(task, claims) in (None, "the proof is not finished")


def test_evidence_names_the_mistake():
    kind = deduction.kind()
    for answer, evidence in (
        (PROOF[1:], "step 1: its premises are not known, or not those: Mirk is glim or Ulo is a wug"),
        ([PROOF[0], "Rule 9: Ulo is glim"], "step 2: there is no rule 9; they are numbered 1 to 3"),
        ([PROOF[0], "Rule 2: Ulo is a wug"], "step 2: rule 2 does not say that: Ulo is a wug"),
        (["Suppose Ulo is glim"], "step 1: only Ulo is a dax may be supposed here"),
        (PROOF[:2], "after 2 steps the proof is not finished: 1 cases are left"),
        (["Rule 1: Ulo is a fish"], "step 1 ('Rule 1: Ulo is a fish'): 'ulo is a fish' has no predicate"),
        (["Rule 1: Eve is a dax"], "step 1 ('Rule 1: Eve is a dax'): there is no 'eve'; known: Ulo, Mirk"),
        (["hence"], "step 1 ('hence'): it must be of the form 'rule 1: ...'"),
        ("x\n" * 9, "answer: expected 1 to 6 steps, one a line, not 9"),
    ):
        verdict = kind.verify(EXAMPLE, answer)
        assert verdict.verdict == "wrong" and evidence in verdict.evidence, verdict


# ---- the reference against trying everything -------------------------------------------------------------------------


def models(problem: Problem) -> list[dict[Any, bool]]:
    """All ways in which facts and rules are true."""
    atoms = [(word, (name,)) for word, _ in problem.predicates for name in problem.individuals]
    found = []
    for values in itertools.product((False, True), repeat=len(atoms)):
        model = dict(zip(atoms, values, strict=True))
        instances = [
            rule.put(dict(zip(rule.variables, chosen, strict=True)))
            for rule in problem.rules
            for chosen in itertools.product(problem.individuals, repeat=len(rule.variables))
        ]
        if all(is_true(model, fact) for fact in problem.facts) and all(holds(model, each) for each in instances):
            found.append(model)
    return found


def is_true(model: dict[Any, bool], literal: Literal) -> bool:
    return model[literal.predicate, literal.terms] == literal.positive


def holds(model: dict[Any, bool], rule: Rule) -> bool:
    return any(not is_true(model, each) for each in rule.premises) or any(is_true(model, c) for c in rule.conclusions)


def fewest_steps(task: Task) -> int | None:
    """Breadth first through the environment."""
    environment = rules.environment()
    layer = {0: environment.initial_state(task)}
    for steps in range(1, task["max_steps"] + 1):
        following = {}
        for state in layer.values():
            for action in environment.legal_actions(state):
                after, reward, _, _ = environment.step(state, action)
                if reward:
                    return steps
                following[environment.key(after)] = after
        layer = following
    return None


def test_shortest_proofs_are_shortest_and_what_they_prove_is_true(small_problem):
    """Against truth tables and breadth-first search."""
    lengths, entailed, contradictory = list[int | None](), 0, 0
    for seed in range(200):
        problem = small_problem(stream(seed, "small"), 3, 6)
        task = deduction.kind().asked(problem, 0.0, [], stream(seed, "words"))
        try:
            read_problem(task)
            worlds = models(problem)
            assert is_consistent(problem) == bool(worlds)
            contradictory += not worlds
            rules.environment().initial_state(task)
        except TaskError:
            continue
        proof = shortest_proof(problem, 8).lines
        if proof is not None:
            assert all(holds(model, problem.goal) for model in worlds), problem
            replay = Replay(problem)
            for step in Reader(problem).steps(proof, 8):
                replay.take(step)
            assert replay.finished
        entailed += all(holds(model, problem.goal) for model in worlds)
        lengths.append(None if proof is None else len(proof))
        assert lengths[-1] == fewest_steps(task), problem
    assert contradictory > 10 and {1, 2, 3, 4, None} <= {*lengths}
    assert entailed >= len(lengths) - lengths.count(None) > 40


def test_searches_that_take_too_long_say_so():
    problem = read_problem(deduction.kind().make(stream(1, "too long"), 0.9))
    with pytest.raises(TooHardError, match="more than 5 sequents"):
        shortest_proof(problem, 20, most=5)


def test_hard_tasks_hide_long_proofs_among_many_other_rules():
    kind = deduction.kind()
    for seed in range(5):
        task = kind.make(stream(seed, "hidden"), 0.9)
        used = {int(number) for line in task["answer"] for number in re.findall(r"\d+", line)}
        assert len(task["answer"]) >= 8 and len(task["rules"]) - len(used) >= 8
        assert task["par"] < task["max_steps"] <= 1.5 * len(task["answer"])
