"""Conformance: laws that every puzzle keeps. Exact: Sudoku and maze rules against slow, obvious checks."""

from collections import deque
from collections.abc import Callable

import numpy as np
import pytest

from zeroloop import _native, registry
from zeroloop.data.pools import held_out, make_pools
from zeroloop.errors import SettingError
from zeroloop.puzzles import Puzzle
from zeroloop.puzzles.maze import Maze
from zeroloop.puzzles.maze import puzzle as maze
from zeroloop.puzzles.sudoku import Sudoku
from zeroloop.puzzles.sudoku import puzzle as sudoku

PUZZLES: dict[str, Callable[[], Puzzle]] = {
    "sudoku 4x4": lambda: sudoku(2, 2, 4, 10, 0),
    "sudoku 6x6": lambda: sudoku(2, 3, 0, 0, 2),
    "sudoku 6x6, high boxes": lambda: sudoku(3, 2, 0, 20, 0),
    "sudoku 9x9": lambda: sudoku(3, 3, 24, 30, 0),
    "maze 9x9": lambda: maze(9, 9),
    "maze 8x13": lambda: maze(8, 13, 0.1, 0.9),
}


@pytest.fixture(params=PUZZLES)
def puzzle(request: pytest.FixtureRequest) -> Puzzle:
    return PUZZLES[request.param]()


# ---- laws -----------------------------------------------------------------------------------------------------------


def test_every_puzzle_is_covered() -> None:
    assert {name.split()[0] for name in PUZZLES} == set(registry.names("puzzles"))
    for name in registry.names("puzzles"):
        assert registry.load("puzzles", name).puzzle().name == name


def test_stored_answers_are_valid_and_fit_the_vocabulary(puzzle: Puzzle) -> None:
    pairs = puzzle.generate(1, 40)
    assert pairs.questions.shape == pairs.answers.shape == (40, len(puzzle.coordinates))
    assert puzzle.valid(*pairs).all()
    for grid in pairs:
        assert grid.min() >= 1 and grid.max() < puzzle.vocab_size


def test_the_same_seed_gives_the_same_puzzles_and_another_gives_others(puzzle: Puzzle) -> None:
    first, again, other = (puzzle.generate(seed, 10).questions for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_question_alone_is_no_answer_and_any_changed_token_spoils_one(puzzle: Puzzle) -> None:
    questions, answers = puzzle.generate(1, 20)
    assert not puzzle.valid(questions, questions).any()
    assert not puzzle.valid(questions, np.roll(answers, 1, axis=0)).any()
    for place in range(answers.shape[1]):
        for step in range(1, puzzle.vocab_size - 1):
            near = answers.copy()
            near[:, place] = 1 + (near[:, place] - 1 + step) % (puzzle.vocab_size - 1)
            assert not puzzle.valid(questions, near).any(), (place, step)


def test_a_symmetry_keeps_answers_valid_and_the_fingerprint(puzzle: Puzzle) -> None:
    pairs = puzzle.generate(1, 60)
    turned = puzzle.augment(pairs, np.random.default_rng(3))
    assert puzzle.valid(*turned).all()
    assert (turned.questions != pairs.questions).any(1).mean() > 0.5
    assert np.array_equal(puzzle.fingerprint(turned.questions), puzzle.fingerprint(pairs.questions))


def test_different_puzzles_have_different_fingerprints(puzzle: Puzzle) -> None:
    questions = puzzle.generate(1, 300).questions
    prints = puzzle.fingerprint(questions)
    different = len(np.unique(questions, axis=0))
    # Small Sudokus come up again in another guise.
    assert len(np.unique(prints)) > (0.5 if puzzle.vocab_size == 6 and len(questions[0]) == 16 else 0.95) * different
    changed = questions.copy()
    for row in changed:
        places = np.flatnonzero((row > 1) & (row < puzzle.vocab_size))
        row[places[0]] = 1
    assert (puzzle.fingerprint(changed) != prints).all()


def test_text_shows_every_token(puzzle: Puzzle) -> None:
    pairs = puzzle.generate(1, 5)
    shown = [puzzle.show(row) for grid in pairs for row in grid]
    assert len({*shown}) == 10
    height = puzzle.coordinates[:, 0].max() + 1
    assert all(text.count("\n") == height - 1 for text in shown)


def test_pools_share_no_puzzle_even_up_to_symmetry(puzzle: Puzzle) -> None:
    pools = make_pools(puzzle, 1, 30, 20, 60)
    prints = [set(puzzle.fingerprint(pool.questions).tolist()) for pool in pools]
    assert [len(pool) for pool in pools] == [len(p) for p in prints] == [30, 20, 60]
    assert not (prints[0] & prints[1] or prints[0] & prints[2] or prints[1] & prints[2])
    assert np.array_equal(held_out(puzzle, 1, 30).questions, pools.test.questions)


def test_a_family_that_is_too_small_is_named() -> None:
    with pytest.raises(SettingError, match=r"too few different puzzles: .* of 500 for the test pool"):
        make_pools(sudoku(1, 3, 3, 9, 0), 1, 500, 1, 1)


# ---- Sudoku ---------------------------------------------------------------------------------------------------------


def solutions(game: Sudoku, grid: list[int]) -> list[list[int]]:
    """Every solution, by trying all digits in the first empty cell."""
    if 0 not in grid:
        return [grid]
    cell = grid.index(0)
    taken = {grid[other] for other in range(len(grid)) if any(unit[cell] == unit[other] for unit in game._units)}
    found = []
    for digit in {*range(1, game.side + 1)} - taken:
        found += solutions(game, [*grid[:cell], digit, *grid[cell + 1 :]])
    return found


@pytest.mark.parametrize("boxes", [(2, 2), (2, 3)])
def test_puzzles_have_one_solution_by_brute_force(boxes: tuple[int, int]) -> None:
    game = sudoku(*boxes, 0, 0, 1)
    questions, answers = game.generate(1, 15)
    for question, answer in zip(questions, answers, strict=True):
        assert solutions(game, (question - 1).tolist()) == [(answer - 1).tolist()]


def test_minimal_puzzles_lose_uniqueness_with_any_clue() -> None:
    game = sudoku(2, 2, 0, 0, 0)
    for question in game.generate(1, 10).questions - 1:
        for cell in np.flatnonzero(question):
            fewer = question.copy()
            fewer[cell] = 0
            counts, _, _ = _native.sudoku_solve(fewer[None], 2, 2, 2)
            assert counts[0] == 2


def test_the_solver_counts_solutions_up_to_its_limit() -> None:
    empty = np.zeros((1, 16), np.uint8)
    assert _native.sudoku_solve(empty, 2, 2, 1000)[0].tolist() == [288]
    assert _native.sudoku_solve(empty, 2, 2, 5)[0].tolist() == [5]
    wrong = empty.copy()
    wrong[0, :2] = 1
    counts, first, _ = _native.sudoku_solve(wrong, 2, 2, 5)
    assert counts.tolist() == [0] and not first.any()


def test_clues_and_hardness_follow_the_dial() -> None:
    def clues(game: Sudoku) -> np.ndarray:
        return (game.generate(1, 60).questions > 1).sum(1)

    many = clues(sudoku(3, 3, 30, 40, 0))
    assert many.min() >= 30 and many.max() <= 40 and len(np.unique(many)) > 5
    assert clues(sudoku(3, 3, 0, 0, 0)).max() < 30
    guesses = [
        _native.sudoku_solve(sudoku(3, 3, 0, 0, n).generate(1, 40).questions - 1, 3, 3, 2)[2].mean() for n in (0, 8)
    ]
    assert guesses[1] > 2 * guesses[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box_height": 0}, "box_height 0 times box_width 3"),
        ({"box_height": 6, "box_width": 6}, "from 2 to 25"),
        ({"least_clues": 5, "most_clues": 4}, "not 5 to 4"),
        ({"most_clues": 82}, "<= 81"),
        ({"hardening": -1}, "at least 0"),
    ],
)
def test_sudoku_settings_out_of_range_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        sudoku(**options)


# ---- mazes ----------------------------------------------------------------------------------------------------------


def distances(grid: np.ndarray, start: tuple[int, int]) -> dict[tuple[int, int], int]:
    found, queue = {start: 0}, deque([start])
    while queue:
        r, c = queue.popleft()
        for place in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if grid[place] != 1 and place not in found:
                found[place] = found[r, c] + 1
                queue.append(place)
    return found


def test_mazes_are_trees_and_goals_are_as_far_as_asked_for() -> None:
    game = maze(15, 15, 0.5, 0.8)
    for question, answer in zip(*game.generate(1, 30), strict=True):
        grid, way = question.reshape(15, 15), answer.reshape(15, 15)
        floor = [tuple(place) for place in np.argwhere(grid != 1).tolist()]
        links = sum((r + 1, c) in floor for r, c in floor) + sum((r, c + 1) in floor for r, c in floor)
        start, goal = (tuple(np.argwhere(grid == token)[0].tolist()) for token in (3, 4))
        steps = distances(grid, start)
        assert len(steps) == len(floor) == links + 1, "connected, without a ring"
        assert 0.5 * max(steps.values()) - 1 <= steps[goal] <= 0.8 * max(steps.values()) + 1
        assert (way == 5).sum() == steps[goal] - 1


def test_any_shortest_way_counts_where_there_are_several() -> None:
    game = Maze(5, 5, 0, 1)
    rows = ["#####", "#S  #", "#   #", "#  G#", "#####"]
    question = np.array([[1 + "# SGo".index(c) for c in "".join(rows)]], np.uint8)

    def marked(*cells: int) -> np.ndarray:
        answer = question.copy()
        answer[0, list(cells)] = 5
        return answer

    assert game.valid(question, marked(7, 8, 13))[0] and game.valid(question, marked(11, 12, 13))[0]
    assert not game.valid(question, marked(7, 8))[0], "not connected"
    assert not game.valid(question, marked(7, 8, 13, 16))[0], "a cell too many"
    assert not game.valid(question, marked(0, 7, 8, 13))[0], "through a wall"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"height": 4}, "at least 5"),
        ({"least_share": 0.9, "most_share": 0.5}, "not 0.9 to 0.5"),
        ({"most_share": 1.5}, "<= 1"),
    ],
)
def test_maze_settings_out_of_range_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        maze(**options)
