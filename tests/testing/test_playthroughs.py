"""perft and play on a game small enough to count by hand."""

import pytest

from zeroloop.envs import connect_four
from zeroloop.errors import IllegalActionError
from zeroloop.testing.playthroughs import Ply, perft, play

TWO_COLUMNS = connect_four.environment(2, 2, 2)


def test_perft_counts_sequences_positions_and_ends() -> None:
    """Each player's second stone makes two in a row wherever it lies: all games end with the third stone."""
    assert perft(TWO_COLUMNS, 4) == [Ply(1, 1, 0), Ply(2, 2, 0), Ply(4, 4, 0), Ply(6, 6, 6), Ply(0, 0, 0)]


def test_perft_starts_where_the_task_says() -> None:
    assert perft(TWO_COLUMNS, 1, {"moves": "11"}) == [Ply(1, 1, 0), Ply(1, 1, 1)]


def test_play_writes_every_state_and_result() -> None:
    assert play(TWO_COLUMNS, ["2", "1"], {"moves": "1"}) == "\n".join(
        [
            *(". .", "X .", "1 2", "O to move", "legal: 1 2", "> 2: reward 0, discount -1", ""),
            *(". .", "X O", "1 2", "X to move", "legal: 1 2", "> 1: reward 1, discount 0, terminal", ""),
            *("X .", "X O", "1 2", "X has won", ""),
        ]
    )


def test_play_refuses_illegal_actions() -> None:
    with pytest.raises(IllegalActionError):
        play(TWO_COLUMNS, ["3"])
