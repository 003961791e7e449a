"""Rules of puzzles with finite domains: what follows from an assignment, what can be done, what is shown."""

import pickle

import pytest

from zeroloop.envs import constraints as rules
from zeroloop.errors import SettingError, TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import kinds
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.vocabulary import SYMBOLS

KINDS = {kind.name: kind for kind in kinds("reasoning")}
LATIN = {"grid": [[0, 2, 0], [0, 0, 0], [0, 0, 1]]}
OPEN = {"grid": [[1, 2, 0, 0], [2, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]}
"""Nothing is decided, and there are several solutions."""
CONTRADICTORY = {"grid": [[1, 1, 0], [0, 0, 0], [0, 0, 0]]}
PATH = {"vertices": 3, "colours": 2, "edges": [[1, 2], [2, 3]]}
COMPLETE = {"vertices": 4, "colours": 3, "edges": [[1, 2], [1, 3], [1, 4], [2, 3], [2, 4], [3, 4]]}
STREET = {
    "houses": 4,
    "attributes": {"name": ["Alba", "Bruno", "Chloe", "Dario"], "pet": ["cat", "dog", "owl", "fox"]},
    "clues": [
        *(["left_of", "Alba", "Bruno"], ["just_left_of", "Bruno", "Chloe"], ["same", "cat", "Alba"]),
        *(["next_to", "cat", "dog"], ["different", "owl", "Dario"], ["not_at", "fox", 4]),
    ],
}


def hard(name):
    return [KINDS[name].make(stream(seed, "constraints"), difficulty) for seed, difficulty in enumerate((0.4, 0.9))]


class TestLatinSquares(EnvironmentConformance):
    environment = rules.environment("latin_square")
    tasks = (None, LATIN, OPEN, CONTRADICTORY, *hard("latin_square"))
    episodes = 12


class TestSudoku(EnvironmentConformance):
    environment = rules.environment("sudoku")
    tasks = (None, {**OPEN, "box": [2, 2]}, *hard("sudoku"))
    episodes = 8


class TestColourings(EnvironmentConformance):
    environment = rules.environment("graph_colouring")
    tasks = (None, PATH, COMPLETE, *hard("graph_colouring"))
    episodes = 8


class TestZebras(EnvironmentConformance):
    environment = rules.environment("zebra")
    tasks = (None, STREET, *hard("zebra"))
    episodes = 8


def begun(form, task, *moves):
    environment = rules.environment(form)
    state = environment.initial_state(task)
    for move in moves:
        state = environment.step(state, environment.parse_action(state, move)).state
    return environment, state


def names(environment, state):
    return [environment.action_name(state, action) for action in environment.legal_actions(state)]


def test_what_is_given_is_deduced_first():
    environment, state = begun("latin_square", {"grid": [[0, 2, 0], [0, 0, 0], [0, 0, 1]]})
    assert names(environment, state) == ["deduce"]
    assert environment.claim(state, 0) == (
        "From what is given: since every other number is in its row or column, row 1, column 3 is 3; "
        "row 3, column 2 is 3; row 1, column 1 is 1; row 2, column 3 is 2; row 2, column 2 is 1; "
        "row 3, column 1 is 2; row 2, column 1 is 3."
    )
    after = environment.step(state, 0)
    assert after.terminal and after.reward == 1
    assert environment.answer(after.state) == [[1, 2, 3], [3, 1, 2], [2, 3, 1]]


def test_the_most_constrained_variables_come_first():
    environment, state = begun("latin_square", OPEN)
    assert names(environment, state)[:4] == [
        f"row 1, column {column} is {number}" for column in (3, 4) for number in (3, 4)
    ]
    assert len(names(environment, state)) == 4 * 2 + 4 * 2 + 4 * 4
    environment, state = begun("latin_square", OPEN, "row 1, column 3 is 3")
    assert names(environment, state)[0] == "row 3, column 1 is 3"
    assert "row 1, column 2 is 2; row 1, column 3 is 3; row 1, column 4 is 4;" in environment.describe(state)


def test_only_whole_variables_are_listed():
    environment, state = begun("latin_square", {"grid": [[0] * 10 for _ in range(10)]})
    assert len(environment.legal_actions(state)) == 90  # nine cells of ten numbers
    environment, state = begun("graph_colouring", {"vertices": 32, "colours": 4, "edges": []}, "vertex 1 is red")
    assert len(environment.legal_actions(state)) == 62  # red, or one of the others, for each


def test_colours_that_no_vertex_has_are_alike():
    environment, state = begun("graph_colouring", COMPLETE)
    assert names(environment, state) == [f"vertex {vertex} is red" for vertex in (1, 2, 3, 4)]
    environment, state = begun("graph_colouring", COMPLETE, "vertex 2 is red")
    assert names(environment, state) == [f"vertex {vertex} is green" for vertex in (1, 3, 4)]


def test_a_dead_end_scores_nothing_and_says_why():
    environment, state = begun("graph_colouring", COMPLETE, "vertex 2 is red")
    assert environment.claim(state, 0) == (
        "Suppose vertex 1 is green: since every other colour is at a neighbour, vertex 3 is blue; vertex 4 is blue; "
        "but nothing is left for vertex 4."
    )
    after = environment.step(state, 0)
    assert after.terminal and after.reward == 0 and environment.answer(after.state) is None
    assert "dead end" in environment.describe(after.state)
    shown = [SYMBOLS[symbol] for symbol in environment.tokens(after.state)[:, 0]]
    assert shown[:5] == ["rule 7"] * 4 + ["dead end"]


def test_puzzles_that_contradict_themselves_end_at_once():
    environment, state = begun("latin_square", CONTRADICTORY)
    assert names(environment, state) == ["deduce"]
    assert "but nothing is left for row 1, column" in environment.claim(state, 0)
    after = environment.step(state, 0)
    assert after.terminal and after.reward == 0


def test_clues_narrow_houses_once_one_of_their_items_is_somewhere():
    environment, state = begun("zebra", STREET)
    domains = dict(zip(state.problem.names, state.domains, strict=True))
    assert domains["Alba"] == domains["Bruno"] == 0b1111 and domains["the person with the fox"] == 0b0111
    environment, state = begun("zebra", STREET, "bruno lives in house 3")
    domains = dict(zip(state.problem.names, state.domains, strict=True))
    assert domains["Alba"] == 0b0011 and domains["Chloe"] == 0b1000 and domains["Dario"] == 0b0011
    assert domains["the person with the cat"] == 0b1111  # Alba may be in two houses still
    environment, state = begun("zebra", STREET, "bruno lives in house 3", "alba lives in house 2")
    domains = dict(zip(state.problem.names, state.domains, strict=True))
    assert domains["the person with the cat"] == 0b0010 and domains["the person with the dog"] == 0b0101
    assert domains["the person with the owl"] == 0b1100 and domains["Dario"] == 0b0001
    state = environment.step(state, environment.parse_action(state, "the person with the dog lives in house 1")).state
    houses = {"Alba": 2, "Bruno": 3, "Chloe": 4, "Dario": 1, "cat": 2, "dog": 1, "fox": 3, "owl": 4}
    assert environment.answer(state) == houses


def test_tokens_show_numbers_counts_and_clues_at_their_places():
    environment, state = begun("latin_square", OPEN)
    tokens = [(SYMBOLS[symbol], row, column) for symbol, row, column in environment.tokens(state).tolist()]
    assert tokens[:4] == [("1", 0, 0), ("2", 0, 1), ("rule 2", 0, 2), ("rule 2", 0, 3)]
    assert tokens[10] == ("rule 4", 2, 2) and tokens[16:] == [("latin square", 40, 0), ("4", 40, 1), (" ", 40, 2)]
    assert environment.action_tokens(state, 1) == ([SYMBOLS.index("4")], [2])
    environment, state = begun("zebra", STREET)
    tokens = [(SYMBOLS[symbol], row, column) for symbol, row, column in environment.tokens(state).tolist()]
    assert tokens[:2] == [("rule 15", 0, 0), ("rule 15", 1, 1)]
    assert tokens[4] == ("rule 15", 5, 5) and tokens[7] == ("rule 7", 8, 8)
    assert tokens[13:] == [
        *(("unequal", 7, 3), ("just left of", 1, 2), ("left of", 0, 1), ("next to", 5, 6), ("same", 5, 0))
    ]


def test_states_survive_being_sent_to_another_process():
    for form in rules.FORMS:
        environment, state = begun(form, None)
        again = pickle.loads(pickle.dumps(state))
        assert environment.key(again) == environment.key(state)
        assert names(environment, again) == names(environment, state)


@pytest.mark.parametrize(
    ("form", "task", "field"),
    [
        ("latin_square", {"grid": [[1, 2], [2, 1]]}, "grid: nothing is left"),
        ("latin_square", {"grid": [[0] * 11 for _ in range(11)]}, "grid must be a list of 2 to 10"),
        ("latin_square", {"grid": [[0, 3], [0, 0]]}, r"grid\[0\]"),
        ("latin_square", {"grid": [[0, 1], [0]]}, r"grid\[1\]"),
        ("latin_square", {}, "grid"),
        ("sudoku", {"grid": [[0] * 4] * 4, "box": [2, 3]}, "box 2 x 3"),
        ("sudoku", {"grid": [[0] * 4] * 4}, "box is missing"),
        ("graph_colouring", {"vertices": 3, "colours": 5, "edges": []}, "colours must be"),
        ("graph_colouring", {"vertices": 3, "colours": 3, "edges": [[1, 1]]}, r"edges\[0\]"),
        ("graph_colouring", {"vertices": 3, "colours": 3, "edges": [[1, 2], [2, 1]]}, r"edges\[1\]"),
        ("graph_colouring", {"vertices": 3, "colours": 3, "edges": [[1, 4]]}, r"edges\[0\]"),
        ("graph_colouring", {"vertices": 32, "colours": 3, "edges": [[1, 2]] * 91}, "at most 90"),
        ("zebra", {**STREET, "houses": 3}, "attributes"),
        ("zebra", {**STREET, "attributes": {"name": ["a", "b", "c", "A"]}}, "called the same"),
        ("zebra", {**STREET, "attributes": {"na me": ["a", "b", "c", "d"]}}, "words"),
        ("zebra", {**STREET, "clues": [["same", "Alba"]]}, r"clues\[0\]"),
        ("zebra", {**STREET, "clues": [["same", "Alba", "Alba"]]}, r"clues\[0\]"),
        ("zebra", {**STREET, "clues": [["above", "Alba", "cat"]]}, r"clues\[0\]"),
        ("zebra", {**STREET, "clues": [["at", "Alba", 5]]}, r"clues\[0\]"),
        ("zebra", {**STREET, "clues": [["at", "Alba", 1], ["not_at", "Alba", 1]]}, "no house is left for Alba"),
    ],
)
def test_broken_tasks_are_refused(form, task, field):
    with pytest.raises(TaskError, match=field):
        rules.environment(form).initial_state(task)


def test_unknown_forms_are_refused():
    with pytest.raises(SettingError, match="form must be one of latin_square, sudoku, graph_colouring, zebra, not 'x'"):
        rules.environment("x")
