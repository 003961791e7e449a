"""Latin squares, Sudoku, colourings and zebra puzzles: known ones, broken ones, and what is said about each step."""

import itertools

import numpy as np
import pytest

from zeroloop.envs._constraint_forms import person
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import MultiStepReasoningGenerator, graph_colouring, latin_square, sudoku, zebra
from zeroloop.tasks._constraint_solver import Puzzle, Relation, Solver, TooHardError, explained, is_solution
from zeroloop.tasks._zebra_clues import drawn_clues, puzzle_of
from zeroloop.tasks._zebra_text import ITEMS, clue_text
from zeroloop.testing.tasks import TaskKindConformance, walked

LATIN = {"grid": [[1, 0, 0], [0, 3, 0], [0, 0, 2]]}
LATIN_ROWS = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
AL_ESCARGOT = (
    "100007090 030020008 009600500 005300900 010080002 600004000 300000010 040000007 007000300",
    "162857493 534129678 789643521 475312986 913586742 628794135 356478219 241935867 897261354",
)
EASY = (
    "530070000 600195000 098000060 800060003 400803001 700020006 060000280 000419005 000080079",
    "534678912 672195348 198342567 859761423 426853791 713924856 961537284 287419635 345286179",
)
PETERSEN = {
    "vertices": 10,
    "colours": 3,
    "edges": [
        *([1, 2], [2, 3], [3, 4], [4, 5], [5, 1], [1, 6], [2, 7], [3, 8], [4, 9], [5, 10]),
        *([6, 8], [8, 10], [10, 7], [7, 9], [9, 6]),
    ],
}
PETERSEN_COLOURS = ["red", "green", "red", "green", "blue", "green", "red", "blue", "blue", "green"]
K4 = [[a, b] for a, b in itertools.combinations(range(1, 5), 2)]
STREET = {
    "houses": 3,
    "attributes": {"name": ["Alba", "Bruno", "Chloe"], "pet": ["cat", "dog", "owl"]},
    "clues": [
        ["just_left_of", "Alba", "Bruno"],
        ["same", "Bruno", "owl"],
        ["not_at", "Chloe", 1],
        ["left_of", "dog", "cat"],
    ],
}
STREET_HOUSES = {"Alba": 1, "Bruno": 2, "Chloe": 3, "dog": 1, "owl": 2, "cat": 3}


def grid(text):
    return [[int(digit) for digit in row] for row in text.split()]


def sudoku_task(pair):
    return {"grid": grid(pair[0]), "box": [3, 3]}


class TestLatinSquare(TaskKindConformance):
    kind = latin_square.kind()
    right = {
        "rows in many notations": (
            LATIN,
            *(LATIN_ROWS, tuple(map(tuple, LATIN_ROWS)), "123\n231\n312", "1 2 3 / 2 3 1 / 3 1 2", "1,2,3;2,3,1;3,1,2"),
            *("[[1, 2, 3], [2, 3, 1], [3, 1, 2]]", ["123", "2 3 1", "3, 1, 2"], "\n 1 2 3 \n 2 3 1 \n 3 1 2\n"),
        )
    }
    wrong = {
        "other grids": (
            LATIN,
            *(
                [[1, 3, 2], [2, 3, 1], [3, 1, 2]],
                [[2, 1, 3], [1, 3, 2], [3, 2, 1]],
                "123 231 312",
                "123\n231",
                "123231312",
            ),
            *(
                [[1, 2, 3], [2, 3, 1], [3, 1, 2], []],
                [[1, 2, 3], [2, 3, True], [3, 1, 2]],
                "[[1, 2, 3], [2, 3, 1], 3, 1, 2]",
            ),
            *([[1.0, 2, 3], [2, 3, 1], [3, 1, 2]], LATIN["grid"], [LATIN_ROWS]),
        )
    }


class TestSudoku(TaskKindConformance):
    kind = sudoku.kind()
    tasks_per_test = 10
    right = {
        name: (sudoku_task(pair), grid(pair[1]), pair[1].replace(" ", "\n"))
        for name, pair in {"al escargot": AL_ESCARGOT, "easy": EASY}.items()
    }
    wrong = {"the other one": (sudoku_task(EASY), grid(AL_ESCARGOT[1]), EASY[0].replace(" ", "\n"))}


class TestGraphColouring(TaskKindConformance):
    kind = graph_colouring.kind()
    right = {
        "Petersen's graph": (
            PETERSEN,
            PETERSEN_COLOURS,
            {vertex: colour.upper() for vertex, colour in enumerate(PETERSEN_COLOURS, 1)},
            "; ".join(f"vertex {vertex} is {colour}" for vertex, colour in enumerate(PETERSEN_COLOURS, 1)),
            ", ".join(PETERSEN_COLOURS),
        )
    }
    wrong = {
        "Petersen's graph": (
            PETERSEN,
            *(
                ["red"] * 10,
                PETERSEN_COLOURS[::-1],
                PETERSEN_COLOURS[:9],
                [*PETERSEN_COLOURS, "red"],
                "red",
                {"1": "red"},
            ),
            {f"{vertex}": "yellow" for vertex in range(1, 11)},
        )
    }


class TestZebra(TaskKindConformance):
    kind = zebra.kind()
    right = {
        "three houses": (
            STREET,
            STREET_HOUSES,
            [{"name": "Alba", "pet": "dog"}, {"pet": "OWL", "name": "bruno"}, {"name": "Chloe", "pet": "cat"}],
            "Alba: 1, Bruno: 2, Chloe: 3, dog: 1, owl: 2, cat: 3",
            "Alba lives in house 1; Bruno in house 2; Chloe is in 3; the dog = 1; the person with the owl: 2\ncat -> 3",
        )
    }
    wrong = {
        "three houses": (
            STREET,
            *({**STREET_HOUSES, "cat": 1, "dog": 3}, {**STREET_HOUSES, "Alba": 2}, {**STREET_HOUSES, "Alba": 0}),
            *({**STREET_HOUSES, "Alba": True}, {**STREET_HOUSES, "alba": 1}, {**STREET_HOUSES, "fox": 1}, {"Alba": 1}),
            *([{"name": "Alba"}], [], "Alba: 1", "Alba lives in house 1", [{"name": "Alba", "pet": "dog"}] * 3),
        )
    }


def test_known_sudokus_have_the_one_solution_that_is_known():
    kind = sudoku.kind()
    for pair in (AL_ESCARGOT, EASY):
        task = sudoku_task(pair)
        solution = kind.solve(task)
        assert solution.answer == grid(pair[1])
        environment, state, claims, reward = walked(kind, task, *solution.steps)
        assert reward == 1 and environment.answer(state) == solution.answer and kind.check_chain(task, claims) is None
    assert kind.solve(sudoku_task(AL_ESCARGOT)).nodes > kind.solve(sudoku_task(EASY)).nodes == 1


def test_the_generator_of_the_family_makes_all_four_kinds():
    tasks = MultiStepReasoningGenerator((0.0, 0.3), seed=1).generate(60)
    found = {task["kind"] for task in tasks if task["type"] == "constraint_satisfaction"}
    assert found == {"latin_square", "sudoku", "graph_colouring", "zebra"}


# ---- puzzles that are broken -----------------------------------------------------------------------------------------


def test_puzzles_with_several_solutions_are_errors_that_say_where():
    open_square = {"grid": [[0, 0, 3], [0, 3, 0], [3, 0, 0]]}
    for answer in ([[1, 2, 3], [2, 3, 1], [3, 1, 2]], "nonsense"):
        verdict = latin_square.kind().verify(open_square, answer)
        assert verdict.verdict == "error"
        assert "several solutions: row 1, column 1 may be 1 or 2" in verdict.evidence
    verdict = zebra.kind().verify({**STREET, "clues": STREET["clues"][1:]}, STREET_HOUSES)
    assert verdict.verdict == "error" and "several solutions: Alba may be house" in verdict.evidence


def test_puzzles_without_a_solution_are_errors():
    contradictory = {"grid": [[1, 2, 0], [2, 1, 0], [0, 0, 0]]}
    verdict = latin_square.kind().verify(contradictory, LATIN_ROWS)
    assert verdict.verdict == "error" and "no solution" in verdict.evidence
    assert latin_square.kind().solve(contradictory) is None and latin_square.kind().baseline(contradictory) is None
    verdict = zebra.kind().verify({**STREET, "clues": [*STREET["clues"], ["at", "cat", 2]]}, STREET_HOUSES)
    assert verdict.verdict == "error" and "no solution" in verdict.evidence
    kind = graph_colouring.kind()
    verdict = kind.verify({"vertices": 4, "colours": 3, "edges": K4}, ["red", "green", "blue", "red"])
    assert verdict.verdict == "error" and "no solution" in verdict.evidence
    assert kind.solve({"vertices": 4, "colours": 3, "edges": K4}) is None


def test_puzzles_that_take_too_long_are_errors_that_say_so(monkeypatch):
    monkeypatch.setattr(Solver.solve, "__defaults__", (None, 3, None))
    grid_of_many_holes = {"grid": [[1, *[0] * 9], *[[0] * 10 for _ in range(9)]]}
    verdict = latin_square.kind().verify(grid_of_many_holes, LATIN_ROWS)
    assert verdict.verdict == "error" and "too hard" in verdict.evidence
    with pytest.raises(TooHardError, match="more than 3 states"):
        latin_square.kind().solve(grid_of_many_holes)


def test_colourings_of_graphs_that_are_too_hard_are_judged_all_the_same(monkeypatch):
    monkeypatch.setattr(Solver.solve, "__defaults__", (None, 2, None))
    ring = {"vertices": 9, "colours": 3, "edges": [[i, i % 9 + 1] for i in range(1, 10)]}
    assert graph_colouring.kind().verify(ring, ["red", "green", "blue"] * 3).verdict == "correct"
    assert graph_colouring.kind().verify(ring, ["red"] * 9)[:2] == ("wrong", 0.0)


def test_answers_in_whole_sentences_are_read_to_the_end():
    attributes = {name: [*ITEMS[name][:5]] for name in ("name", "pet", "drink", "instrument", "colour")}
    answer = {item: house for items in attributes.values() for house, item in enumerate(items, 1)}
    clues = [["at", item, house] for item, house in answer.items() if house < 5]
    text = ", ".join(
        f"{person(name, item)} lives in house {answer[item]}" for name, items in attributes.items() for item in items
    )
    task = {"houses": 5, "attributes": attributes, "clues": clues}
    assert len(text) > 1_000 and zebra.kind().verify(task, text).verdict == "correct"
    assert zebra.kind().verify(task, f"{text[:-1]}4").verdict == "wrong"
    assert "too many; at most 5000" in zebra.kind().verify(task, " " * 5_001).evidence


def test_evidence_names_the_mistake():
    assert latin_square.kind().verify(LATIN, "1 2 2\n2 3 1\n3 1 2").evidence == (
        "row 1, column 2 is 2, and row 1, column 3 is 2, too"
    )
    assert latin_square.kind().verify(LATIN, "2 1 3\n1 3 2\n3 2 1").evidence == (
        "row 1, column 1 is 2, which is not what the puzzle says"
    )
    houses = {**STREET_HOUSES, "dog": 3, "cat": 1}
    assert zebra.kind().verify(STREET, houses).evidence == (
        "the person with the dog lives in house 3 and the person with the cat lives in house 1, "
        "which is not what a clue says"
    )


# ---- sentences -------------------------------------------------------------------------------------------------------


def test_sentences_with_a_mistake_are_refused():
    kind, task = latin_square.kind(), {"grid": [[1, 2, 0, 0], [2, 1, 0, 0], [0, 0, 0, 1], [0, 4, 0, 0]]}
    solution = kind.solve(task)
    claims = walked(kind, task, *solution.steps).claims
    assert solution.steps[0] == "deduce" and kind.check_chain(task, claims) is None
    first = claims[0]
    for false, message in [
        (first.replace("row or column", "row or box"), "no reason, or another one"),
        (first.replace("is 3;", "is 4;", 1), "it does not follow that row"),
        (first.replace("From what is given", "Suppose row 1, column 1 is 1"), "decided already"),
        (first.replace("From what is given", "Suppose row 3, column 1 is 2"), "decided already, or not possible"),
        (first.replace("row 3, column 2", "row 9, column 2"), "not readable"),
        (first[:-1], "not readable"),
        (f"{first[:-1]}; but nothing is left for row 3, column 1.", "is not true"),
        ("From what is given.", "not readable|nothing follows"),
        ("x" * 100_000, "not readable"),
    ]:
        found = kind.check_chain(task, [false, *claims[1:]])
        assert found is not None and any(part in found for part in message.split("|")), found
    assert "at the start" in kind.check_chain(task, [first, first])


def test_dead_ends_are_told_from_mistakes():
    kind, task = graph_colouring.kind(), {"vertices": 4, "colours": 3, "edges": [*K4[:5]]}
    assert kind.check_chain(task, ["Suppose vertex 1 is red."]) == "the end leaves 3 undecided, such as vertex 2"
    impossible = {"vertices": 4, "colours": 3, "edges": K4}
    claims = walked(kind, impossible, "vertex 1 is red", "vertex 2 is green").claims
    assert claims[1].endswith("but nothing is left for vertex 4.")
    assert kind.check_chain(impossible, claims).startswith("a dead end, as it says")
    claims[1] = claims[1].replace("left for vertex 4", "left for vertex 1")
    assert "is not true" in kind.check_chain(impossible, claims)


def test_dead_ends_of_random_play_are_true():
    for kind in (latin_square.kind(), sudoku.kind(), graph_colouring.kind(), zebra.kind()):
        ends = 0
        for seed in range(12):
            rng = stream(seed, "dead ends", kind.name)
            task = kind.make(rng, 0.9)
            environment = kind.environment(task)
            state, claims, reward = environment.initial_state(task), [], 0.0
            while legal := environment.legal_actions(state):
                action = int(rng.choice(legal))
                claims.append(environment.claim(state, action))
                state, reward, _, _ = environment.step(state, action)
            found = kind.check_chain(task, claims)
            assert found is None if reward else found.startswith("a dead end, as it says")
            ends += not reward
        assert ends > 2


def test_clues_can_be_read_again():
    """Every wording of every relation between items of all attributes, by a reader that knows neither."""
    attributes = {name: items[:2] for name, items in ITEMS.items()}
    attribute_of = {item: name for name, items in attributes.items() for item in items}
    marks = [
        *((" to the left of ", False), (" to the right of ", True), (" next to ", False), (" are neighbours", False)),
    ]
    for relation in ("next_to", "left_of", "just_left_of"):
        for (a, b), seed in itertools.product([("Alba", "cat"), ("red", "tea"), ("piano", "baker")], range(8)):
            text = clue_text(attributes, [relation, a, b], np.random.default_rng(seed))
            turned = next(turned for mark, turned in marks if mark in text)
            assert ("directly" in text) == (relation == "just_left_of") and ("somewhere" in text) == (
                relation == "left_of"
            )
            first = min((a, b), key=lambda item: text.lower().index(item.lower()))
            assert relation == "next_to" or (first == a) != turned
    for relation, (a, b) in itertools.product(("same", "different"), itertools.permutations(attribute_of, 2)):
        if attribute_of[a] != attribute_of[b]:
            text = clue_text(attributes, [relation, a, b], np.random.default_rng(1))
            assert (" not " in text) == (relation == "different") and a in text and b in text
            assert text[0].isupper() and text.endswith(".") and "{" not in text
    for relation in ("at", "not_at"):
        for seed in range(8):
            text = clue_text(attributes, [relation, "cat", 2], np.random.default_rng(seed))
            assert "house 2" in text.lower() and "the person with the cat" in text.lower()
            assert (" not " in text) == (relation == "not_at")


# ---- the solver ------------------------------------------------------------------------------------------------------


def test_the_solver_finds_what_trying_everything_finds():
    counts = set()
    for seed in range(60):
        rng = stream(seed, "everything")
        size = int(rng.integers(2, 5))
        names = ("same", "different", "next_to", "left_of", "just_left_of")
        pairs = [rng.choice(6, 2, replace=False).tolist() for _ in range(3)]
        relations = tuple(Relation(names[int(rng.integers(5))], a, b) for a, b in pairs)
        domains = tuple(int(each) for each in rng.integers(1, 1 << size, 6))
        groups = ((0, 1), tuple(range(2, 2 + size)))
        puzzle = Puzzle(size, domains, groups, relations)
        every = [values for values in itertools.product(range(size), repeat=6) if is_solution(puzzle, values)]
        for thorough in (True, False):
            assert sorted(Solver(puzzle, thorough).solve(limit=10_000).solutions) == every
        counts.add(min(len(every), 3))
    assert counts == {0, 1, 2, 3}


def test_environment_and_reference_draw_the_same_conclusions():
    for kind in (latin_square.kind(), sudoku.kind(), graph_colouring.kind(), zebra.kind()):
        for seed in range(6):
            rng = stream(seed, "conclusions")
            task = kind.make(rng, 0.2 + seed / 8)
            environment, solver = kind.environment(task), Solver(kind.statement(task).puzzle, thorough=False)
            state = environment.initial_state(task)
            while legal := environment.legal_actions(state):
                move = environment.moves(state)[int(rng.choice(legal))]
                domains = [*state.domains]
                if move.variable >= 0:
                    domains[move.variable] = move.value
                alive = solver.narrow(domains)
                state = environment.step(state, environment.moves(state).index(move)).state
                assert state.domains == (tuple(domains) if alive else None)


# ---- structure and generators ----------------------------------------------------------------------------------------


def test_structure_does_not_depend_on_order_and_names():
    rng = stream(1, "structure")
    for kind, band in ((latin_square.kind(), 1), (sudoku.kind(), 3)):
        task = kind.make(rng, 0.95)
        cells = np.array(task["grid"])
        side = len(cells)
        for _ in range(3):
            names = np.array([0, *(1 + rng.permutation(side))])
            rows, columns = (
                (rng.permutation(side // band)[:, None] * band + rng.permutation(band)).ravel() for _ in "rc"
            )
            image = names[cells][rows][:, columns]
            assert kind.structure({**task, "grid": image.tolist()}) == kind.structure(task)
            assert kind.structure({**task, "grid": image.T.tolist()}) == kind.structure(task)
        i, j = np.argwhere(cells)[0]
        cells[i, j] = 0
        assert kind.structure({**task, "grid": cells.tolist()}) != kind.structure(task)
    kind = graph_colouring.kind()
    order = [0, *(1 + rng.permutation(10)).tolist()]
    image = [[order[b], order[a]] for a, b in PETERSEN["edges"]]
    assert kind.structure({**PETERSEN, "edges": image[::-1]}) == kind.structure(PETERSEN)
    assert kind.structure({**PETERSEN, "edges": image[1:]}) != kind.structure(PETERSEN)


def test_streets_seen_from_the_other_side_are_the_same():
    kind = zebra.kind()
    mirrored = {
        "houses": 3,
        "attributes": {"drink": ["tea", "milk", "cocoa"], "name": ["Emil", "Ivo", "Hana"]},
        "clues": [
            ["left_of", "tea", "milk"],
            ["not_at", "Hana", 3],
            ["same", "cocoa", "Ivo"],
            ["just_left_of", "Ivo", "Emil"],
        ],
    }
    assert kind.structure(mirrored) == kind.structure(STREET)
    assert kind.structure({**mirrored, "clues": mirrored["clues"][1:]}) != kind.structure(STREET)


def test_every_clue_of_the_hardest_zebras_is_needed():
    for seed in range(4):
        clues = drawn_clues(stream(seed, "needed"), 4, 4, 1.0)
        assert len(Solver(puzzle_of(4, 4, clues)).solve(limit=2).solutions) == 1
        for clue in clues:
            fewer = [each for each in clues if each != clue]
            assert len(Solver(puzzle_of(4, 4, fewer)).solve(limit=2).solutions) == 2


def test_statements_show_the_puzzle():
    task = latin_square.kind().make(stream(1, "statement"), 0.0)
    drawn = [line for line in task["problem"].splitlines() if line and set(line) <= set("1234. ")]
    assert [[0 if cell == "." else int(cell) for cell in line.split()] for line in drawn] == task["grid"]
    task = graph_colouring.kind().make(stream(1, "statement"), 0.0)
    assert all(f"{a}-{b}" in task["problem"] for a, b in task["edges"])
    task = zebra.kind().make(stream(1, "statement"), 0.0)
    assert f"{len(task['clues'])}. " in task["problem"] and all(item in task["problem"] for item in task["answer"])


@pytest.mark.parametrize(
    ("kind", "task", "field"),
    [
        (sudoku.kind(), {"grid": [[0] * 4] * 4, "box": [4, 2]}, "box 4 x 2"),
        (sudoku.kind(), {"grid": [[0] * 10] * 10, "box": [2, 5]}, "grid must be a list of 2 to 9"),
        (latin_square.kind(), {"grid": [[1, 2], [2, 1]]}, "nothing is left to fill in"),
        (latin_square.kind(), {"grid": [[0] * 5000] * 5000}, "grid must be"),
        (graph_colouring.kind(), {**PETERSEN, "edges": [[1, 2]] * 91}, "at most 90"),
        (graph_colouring.kind(), {**PETERSEN, "edges": [[1, 11]]}, "edges"),
        (zebra.kind(), {**STREET, "clues": [["at", "Alba", 1], ["at", "Alba", 2]]}, "no solution"),
        (zebra.kind(), {**STREET, "clues": [["above", "Alba", "cat"]]}, "clues"),
        (zebra.kind(), {**STREET, "attributes": {"name": ["Alba", "alba", "Bruno"]}}, "called the same"),
    ],
)
def test_broken_tasks_are_errors(kind, task, field):
    verdict = kind.verify(task, [[1]])
    assert verdict.verdict == "error" and field in verdict.evidence
    with pytest.raises(TaskError):
        kind.environment(task).initial_state(task)
        kind.read(task)


def test_a_zebra_puzzle_that_is_too_hard_to_check_is_drawn_again(monkeypatch):
    calls = itertools.count()

    def sometimes(*arguments):
        if next(calls) < 3:
            raise TooHardError("too hard")
        return drawn_clues(*arguments)

    monkeypatch.setattr(zebra, "drawn_clues", sometimes)
    task = zebra.kind().make(stream(1, "again"), 0.1)
    assert zebra.kind().verify(task, task["answer"]).verdict == "correct"


def test_a_guess_that_one_constraint_shows_comes_before_the_most_constrained_variable():
    """Of four houses the second and third item have two left, the first three; but it alone can be in the first."""
    puzzle = Puzzle(4, (0b0111, 0b0110, 0b0110, 0b1110), ((0, 1, 2, 3),))
    guesses = explained(puzzle, (0, 1, 2, 3), 96)
    assert guesses[0] == (0, 0)
    assert explained(puzzle, (0, 1, 2, 3), 4)[0] == (1, 1)  # where there is room for two variables with two values


@pytest.mark.parametrize("module", [latin_square, sudoku, zebra])
def test_reference_guesses_need_no_luck_where_there_is_something_to_see(module):
    """A solver that propagates more knows the value already, wherever it knows any more than the environment does."""
    kind, seen_ones, lucky = module.kind(), 0, 0
    for number in range(5):
        task = kind.make(stream(number, "guesses"), 0.9)
        puzzle = kind.statement(task).puzzle
        (solution,) = Solver(puzzle).solve(limit=2).solutions
        domains, plain = [*puzzle.domains], Solver(puzzle, thorough=False)
        plain.narrow(domains)
        for variable, value in explained(puzzle, solution, 1_000):
            seen = [*domains]
            assert value == solution[variable] and domains[variable].bit_count() > 1
            assert Solver(puzzle).narrow(seen)
            shown = [after != before and not after & (after - 1) for before, after in zip(domains, seen, strict=True)]
            assert shown[variable] or not any(shown)
            seen_ones, lucky = seen_ones + shown[variable], lucky + (not shown[variable])
            domains[variable] = 1 << value
            assert plain.narrow(domains, [variable])
        assert [domain.bit_length() - 1 for domain in domains] == [*solution]
    assert seen_ones > lucky
