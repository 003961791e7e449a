"""Tic-tac-toe: laws, known counts, exact game values, a golden playthrough."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from zeroloop import _native
from zeroloop.contracts import BatchEnvironment
from zeroloop.envs import tic_tac_toe
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.playthroughs import perft, play

GAME = tic_tac_toe.environment()


class TestTicTacToe(EnvironmentConformance):
    environment = GAME


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
