"""Tic-tac-toe: laws for every board size, known counts, exact game values, a golden playthrough."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroloop import _native
from zeroloop.contracts import BatchEnvironment, SolvingEnvironment
from zeroloop.envs import tic_tac_toe
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.playthroughs import perft, play

GAME = tic_tac_toe.environment()


class TestTicTacToe(EnvironmentConformance):
    environment = GAME


class TestOblongBoard(EnvironmentConformance):
    environment = tic_tac_toe.environment(4, 3, 3)


class TestLineThatFitsOneWay(EnvironmentConformance):
    environment = tic_tac_toe.environment(2, 5, 4)


class TestFourInARow(EnvironmentConformance):
    """36 squares: keys are hashes."""

    environment = tic_tac_toe.environment(6, 6, 4)
    episodes = 4


class TestLargestBoard(EnvironmentConformance):
    """All 64 bits in use."""

    environment = tic_tac_toe.environment(8, 8, 5)
    episodes = 1


class TestOneRowOf64(EnvironmentConformance):
    environment = tic_tac_toe.environment(64, 1, 3)
    episodes = 1


class TestOneSquare(EnvironmentConformance):
    environment = tic_tac_toe.environment(1, 1, 1)
    episodes = 1


def test_perft() -> None:
    plies = perft(GAME, 9)
    assert [ply.sequences for ply in plies] == [1, 9, 72, 504, 3024, 15120, 54720, 148176, 200448, 127872]
    assert sum(ply.ended for ply in plies) == 255168
    assert sum(ply.positions for ply in plies) == 5478


def test_canonical_keys_merge_the_eight_images() -> None:
    """765 positions are left of 5478 when images count as one, 138 of 958 finished ones."""
    states = {GAME.initial_state()}
    frontier = list(states)
    while frontier:
        state = frontier.pop()
        after = {GAME.step(state, action).state for action in GAME.legal_actions(state)} - states
        states |= after
        frontier += after
    batch = GAME.batch(len(states))
    for slot, state in enumerate(states):
        batch.write(slot, state)
    keys, _ = batch.keys(np.arange(len(states), dtype=np.int32))
    finished = [not GAME.legal_actions(state) for state in states]
    assert len(set(keys.tolist())) == 765
    assert sum(finished) == 958 and len(set(keys[finished].tolist())) == 138


@cache
def value(state: tic_tac_toe.Position) -> float:
    transitions = [GAME.step(state, action) for action in GAME.legal_actions(state)]
    return max(t.reward + t.discount * (0 if t.terminal else value(t.state)) for t in transitions)


@pytest.mark.parametrize(
    ("moves", "expected"), [("", 0), ("1", 0), ("12", 1), ("15", 0), ("19", 1), ("5", 0), ("52", 1)]
)
def test_game_values(moves: str, expected: float) -> None:
    assert value(GAME.initial_state({"moves": moves})) == expected


def test_golden_playthrough() -> None:
    golden = Path(__file__).parent / "golden" / "tic_tac_toe.txt"
    assert play(GAME, ["5", "1", "3", "7", "4", "6", "2", "8", "9"]) == golden.read_text()


def test_win_on_the_last_square_is_a_win() -> None:
    state = GAME.initial_state({"moves": "12345687"})
    transition = GAME.step(state, 8)
    assert (transition.reward, transition.terminal, transition.discount) == (1, True, 0)
    assert GAME.describe(transition.state).endswith("X has won")


def test_draw_on_the_last_square_is_a_draw() -> None:
    transition = GAME.step(GAME.initial_state({"moves": "51374628"}), 8)
    assert (transition.reward, transition.terminal, transition.discount) == (0, True, 0)


def test_bad_moves() -> None:
    with pytest.raises(
        IllegalActionError, match=r"move 3 \('5'\) of '515': '5' is not a legal action here; allowed: 2"
    ):
        GAME.initial_state({"moves": "515"})
    with pytest.raises(IllegalActionError, match=r"move 6 .*the episode is over"):
        GAME.initial_state({"moves": "142536"})
    with pytest.raises(SettingError, match=r"task\.moves must be a string"):
        GAME.initial_state({"moves": 51})


@pytest.mark.parametrize("action", [9, 0, -2])
def test_batch_refuses_illegal_requests(action: int) -> None:
    batch: BatchEnvironment = GAME.batch(2)
    batch.write(0, GAME.initial_state({"moves": "1"}))
    row = [np.array([part], np.int32) for part in (0, action, 1)]
    with pytest.raises(IllegalActionError):
        batch.expand(_native.Request(*row))


def test_symmetries_of_boards() -> None:
    assert [len(tic_tac_toe.environment(*size).symmetries) for size in ((3, 3), (8, 8, 5), (4, 3), (1, 4))] == [
        8,
        8,
        4,
        4,
    ]
    assert tic_tac_toe.environment(3, 2, 2).symmetries.tolist() == [
        [0, 1, 2, 3, 4, 5],
        [5, 4, 3, 2, 1, 0],
        [2, 1, 0, 5, 4, 3],
        [3, 4, 5, 0, 1, 2],
    ]


def test_lines_on_a_board_of_4x4() -> None:
    """10 lines of four, and 24 of three: by taking each set of squares alone."""
    for connect, lines in ((4, 10), (3, 24)):
        board = tic_tac_toe.environment(4, 4, connect)
        count = 0
        for squares in range(1 << 16):
            if squares.bit_count() == connect and board._board.has_line(squares):
                count += 1
                assert sum(1 << square for square in board._board.line(squares)) == squares
        assert count == lines


def test_lines_do_not_run_over_the_border() -> None:
    game = tic_tac_toe.environment(4, 4, 3)
    for moves in ("3 9 4 10 5 14", "8 1 9 2 10", "4 1 7 2 12"):
        assert "to move" in game.describe(game.initial_state({"moves": moves})), moves
    for moves in ("1 5 2 6 3", "4 1 8 2 12", "1 2 6 3 11", "4 1 7 2 10"):
        assert game.describe(game.initial_state({"moves": moves})).endswith("X has won"), moves


def test_batches_of_large_boards_know_all_lines() -> None:
    """The line that needs the last bit, and the one that begins with the first."""
    game = tic_tac_toe.environment(8, 8, 5)
    batch: BatchEnvironment = game.batch(4)
    for moves, last in (("60 1 61 2 62 3 63 4", 63), ("64 9 55 10 46 11 37 12", 27), ("8 1 15 2 22 3 29 4", 35)):
        state = game.initial_state({"moves": moves})
        batch.write(0, state)
        row = [np.array([part], np.int32) for part in (0, last, 1)]
        leaves = batch.expand(_native.Request(*row))
        assert leaves.rewards.tolist() == [1] and game.step(state, last).reward == 1


def test_large_boards_are_shown_with_numbers_of_equal_width() -> None:
    game = tic_tac_toe.environment(4, 3, 3)
    shown = game.describe(game.initial_state({"moves": "1 12"}))
    assert shown == " X  2  3  4\n 5  6  7  8\n 9 10 11  O\nX to move"


def test_positions_hold_the_moves_made_since_the_start() -> None:
    """Beside what they are compared by: two orders of the same moves are one position."""
    assert isinstance(GAME, SolvingEnvironment)
    one, two = (GAME.initial_state({"moves": "5"}) for _ in range(2))
    assert one.moves == ()
    for a, b in (("1", "3"), ("9", "9"), ("3", "1")):
        one = GAME.step(one, GAME.parse_action(one, a)).state
        two = GAME.step(two, GAME.parse_action(two, b)).state
    assert one == two and GAME.key(one) == GAME.key(two) and hash(one) == hash(two)
    assert GAME.answer(one) == ["1", "9", "3"] and GAME.answer(two) == ["3", "9", "1"]


def test_batches_hold_the_moves_too() -> None:
    batch: BatchEnvironment = GAME.batch(4)
    start = GAME.initial_state({"moves": "5"})
    batch.write(0, GAME.step(start, 0).state)
    rows = [np.array(part, np.int32) for part in ([0, 0, 0], [8, -1, 2], [1, 2, 3])]
    batch.expand(_native.Request(*rows))
    assert [GAME.answer(batch.read(slot)) for slot in range(4)] == [["1"], ["1", "9"], ["1"], ["1", "3"]]
    batch.write(3, start)
    assert GAME.answer(batch.read(3)) == []


def test_claims() -> None:
    def last(moves: str, action: int) -> str:
        return GAME.claim(GAME.initial_state({"moves": moves}), action)

    assert last("", 4) == "X plays square 5: row 2, column 2."
    assert last("1", 5) == "O plays square 6: row 2, column 3."
    assert last("1524", 2) == "X plays square 3: row 1, column 3, and wins with 3 in a row: 1, 2, 3."
    assert last("51374628", 8) == "X plays square 9: row 3, column 3, and the board is full: a draw."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "tic_tac_toe.width must be an integer of at least 1, not 0"),
        ({"height": 2.0}, "tic_tac_toe.height"),
        ({"connect": 4}, "tic_tac_toe.connect 4 does not fit on a board of 3x3; allowed: 1 to 3"),
        ({"width": 9, "height": 8}, "9x8 are 72 squares; allowed: at most 64"),
    ],
)
def test_impossible_boards(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        tic_tac_toe.environment(**options)
