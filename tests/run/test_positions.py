"""Positions files: what is read, what is refused and why, and that the shipped scores are exact."""

import functools
import json
import sys
from pathlib import Path

import pytest

from zeroloop import registry
from zeroloop.contracts import Environment
from zeroloop.errors import MissingExtraError, PositionsError, UnknownNameError
from zeroloop.run import positions as module
from zeroloop.run.positions import read_positions, shipped_sets

SETS = [(half, name) for half in ("choose", "report") for name in shipped_sets("choose")]


@pytest.fixture(scope="module")
def game() -> Environment:
    environment: Environment = registry.load("envs", "connect_four").environment()
    return environment


@functools.cache
def shipped(half: str, name: str) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in shipped_sets(half)[name].read_text().splitlines()]  # type: ignore[arg-type]


def columns_of(moves: str) -> tuple[str, ...]:
    """The stones in each column from the bottom up, `0` for the first player's, `1` for the second's."""
    columns = [""] * 7
    for ply, move in enumerate(moves):
        columns[int(move) - 1] += str(ply % 2)
    return tuple(columns)


def wins(columns: tuple[str, ...], column: int) -> bool:
    """Whether the top stone of a column completes four in a row; written to share nothing with the product."""
    row, stone = len(columns[column]) - 1, columns[column][-1]

    def length(dx: int, dy: int) -> int:
        x, y, count = column + dx, row + dy, 0
        while 0 <= x < 7 and 0 <= y < len(columns[x]) and columns[x][y] == stone:
            x, y, count = x + dx, y + dy, count + 1
        return count

    return any(length(dx, dy) + length(-dx, -dy) >= 3 for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)))


@functools.cache
def exact_scores(columns: tuple[str, ...]) -> dict[int, int]:
    """Score of each move by full search: 22 - k for a win with the winner's k-th stone, minus that for a loss."""
    stones = sum(map(len, columns))
    scores = {}
    for column in range(7):
        if len(columns[column]) == 6:
            continue
        after = (*columns[:column], columns[column] + str(stones % 2), *columns[column + 1 :])
        if wins(after, column):
            scores[column] = 22 - (stones // 2 + 1)
        else:
            scores[column] = -max(exact_scores(after).values()) if stones + 1 < 42 else 0
    return scores


@pytest.mark.parametrize("half", ["choose", "report"])
def test_shipped_ends_have_exact_scores(half: str) -> None:
    late = [row for row in shipped(half, "end-easy") if len(row["moves"]) >= 31][:100]
    assert len(late) == 100
    for row in late:
        scores = exact_scores(columns_of(row["moves"]))
        assert {str(column + 1): score for column, score in scores.items()} == row["move_scores"], row


@pytest.mark.parametrize(("half", "name"), SETS)
def test_shipped_scores_agree_with_a_solver_without_opening_book(half: str, name: str) -> None:
    bitbully = pytest.importorskip("bitbully")
    solver = bitbully.BitBully(opening_book=None)
    for row in [row for row in shipped(half, name) if len(row["moves"]) >= 13][:10]:
        scores = solver.score_all_moves(bitbully.Board([int(move) - 1 for move in row["moves"]]))
        assert {str(column + 1): score for column, score in scores.items()} == row["move_scores"], row


def moves_left(score: int, stones: int) -> int:
    if score == 0:
        return 42 - stones
    winner_moves_next = score > 0
    played = stones // 2 if winner_moves_next else (stones + 1) // 2
    return 2 * (22 - abs(score) - played) - (1 if winner_moves_next else 0)


@pytest.mark.parametrize(("half", "name"), SETS)
def test_shipped_sets_are_what_their_names_say(half: str, name: str) -> None:
    phase, difficulty = name.split("-")
    stones = {"beginning": range(15), "middle": range(15, 29), "end": range(29, 42)}[phase]
    lengths = {"easy": range(1, 14), "medium": range(14, 28), "hard": range(28, 43)}[difficulty]
    rows = shipped(half, name)
    assert len(rows) == 1000
    for row in rows:
        assert len(row["moves"]) in stones
        assert moves_left(max(row["move_scores"].values()), len(row["moves"])) in lengths


def test_shipped_positions_are_distinct_up_to_mirror_image() -> None:
    boards = [columns_of(row["moves"]) for half, name in SETS for row in shipped(half, name)]
    assert len({min(board, board[::-1]) for board in boards}) == len(boards) == 12_000


@pytest.mark.parametrize(("half", "name"), SETS)
def test_shipped_files_are_read(half: str, name: str, game: Environment) -> None:
    positions = read_positions(shipped_sets(half)[name], game)  # type: ignore[arg-type]
    assert len(positions) == 1000
    for position in positions:
        assert list(position.scores) == list(game.legal_actions(position.state))


def test_unknown_half() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'report'"):
        shipped_sets("reprot")  # type: ignore[arg-type]


def write(folder: Path, *lines: str) -> Path:
    path = folder / "positions.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


GOOD = '{"moves": "44", "move_scores": {"1": -1, "2": 0, "3": 0, "4": 1, "5": 0, "6": 0, "7": -1}}'
FULL = '{"moves": "444444", "move_scores": {"1": -1, "2": 0, "3": 1, %s"5": 1, "6": 0, "7": -1}}'


def test_json_lines(tmp_path: Path, game: Environment) -> None:
    first, second = read_positions(write(tmp_path, GOOD, "", FULL % ""), game)
    assert first.moves == "44"
    assert first.scores == {0: -1, 1: 0, 2: 0, 3: 1, 4: 0, 5: 0, 6: -1}
    assert game.key(first.state) == game.key(game.step(game.step(game.initial_state(), 3).state, 3).state)
    assert second.scores == {0: -1, 1: 0, 2: 1, 4: 1, 5: 0, 6: -1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"moves": "44", ', "not JSON"),
        ("four four", "neither a JSON object nor 'moves score'"),
        ("44 1.5", "neither a JSON object nor 'moves score'"),
        ("[1, 2]", "neither a JSON object nor 'moves score'"),
        ('{"moves": 44, "move_scores": {}}', "expected .*move_scores"),
        ('{"moves": "44"}', "expected .*move_scores"),
        (GOOD.replace('"44"', '"4844"'), "move 2 of '4844' is illegal: there is no column '8'; allowed: 1, 2, 3"),
        (GOOD.replace('"44"', '"4x"'), "move 2 of '4x' is illegal: moves are digits 1 to 7"),
        (GOOD.replace('"44"', '"40"'), "move 2 of '40' is illegal: moves are digits 1 to 7"),
        (GOOD.replace('"44"', '"44444441"'), "move 7 of '44444441' is illegal: column 4 is full; allowed: 1, 2, 3, 5"),
        (GOOD.replace('"44"', '"12121213"'), "move 8 of '12121213' is illegal: .*the game is over"),
        (GOOD.replace('"44"', '"1212121"'), "the game is finished after '1212121'"),
        (FULL % '"4": 2, ', "a score for '4', which is not a legal move; legal are 1 2 3 5 6 7"),
        (GOOD.replace('"7"', '"8"'), "a score for '8', which is not a legal move"),
        (GOOD.replace(', "7": -1', ""), "no score for the legal move 7"),
        (GOOD.replace('"4": 1', '"4": 1.0'), "the score of move '4' is 1.0; scores are integers"),
        (GOOD.replace('"4": 1', '"4": true'), "the score of move '4' is True; scores are integers"),
        (GOOD.replace('"4": 1', '"4": "1"'), "the score of move '4' is '1'; scores are integers"),
        (GOOD.replace('"4": 1', '"4": NaN'), "the score of move '4' is nan; scores are integers"),
    ],
)
def test_bad_lines_are_named(line: str, message: str, tmp_path: Path, game: Environment) -> None:
    with pytest.raises(PositionsError, match=rf"positions\.jsonl:3: {message}"):
        read_positions(write(tmp_path, GOOD, "", line), game)


def test_files_without_positions(tmp_path: Path, game: Environment) -> None:
    with pytest.raises(PositionsError, match="no positions in this file"):
        read_positions(write(tmp_path, "", " "), game)
    with pytest.raises(PositionsError, match="cannot read positions"):
        read_positions(tmp_path / "missing.jsonl", game)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PositionsError, match="UTF-8"):
        read_positions(tmp_path / "binary", game)


def test_plain_lines_are_solved(tmp_path: Path, game: Environment) -> None:
    pytest.importorskip("bitbully")
    row = shipped("choose", "beginning-medium")[0]
    score = max(row["move_scores"].values())
    path = write(tmp_path, f"{row['moves']} {score}", f"{row['moves']} {score + 1}")
    with pytest.raises(PositionsError, match=rf":2: the score of '[1-7]+' is given as {score + 1}, but is {score}"):
        read_positions(path, game)
    (position,) = read_positions(write(tmp_path, f"{row['moves']} {score}"), game)
    assert {str(action + 1): value for action, value in position.scores.items()} == row["move_scores"]


def test_plain_lines_without_the_solver(tmp_path: Path, game: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitbully", None)
    module._solver.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install zeroloop\[solver\]"):
        read_positions(write(tmp_path, "44 1"), game)
    module._solver.cache_clear()


def test_other_games(tmp_path: Path) -> None:
    tic_tac_toe = registry.load("envs", "tic_tac_toe").environment()
    scores = {str(cell): 0 for cell in range(1, 10) if cell != 5}
    (position,) = read_positions(write(tmp_path, json.dumps({"moves": "5", "move_scores": scores})), tic_tac_toe)
    assert list(position.scores) == [0, 1, 2, 3, 5, 6, 7, 8]
    with pytest.raises(PositionsError, match="7x6 connect_four only"):
        read_positions(write(tmp_path, "5 0"), tic_tac_toe)
    wide = registry.load("envs", "connect_four").environment(width=12)
    with pytest.raises(PositionsError, match="needs a game with 1 to 9 actions; connect_four has 12"):
        read_positions(write(tmp_path, GOOD), wide)
