"""What the shipped environments share: move lists, notation, legal actions as CSR."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zeroloop.contracts import Action, Environment, Float32, Int32, State
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.observers import Int16
from zeroloop.vocabulary import ID


def parse_by_name(environment: Environment, state: State, text: str) -> Action:
    """The legal action called `text`. Raises IllegalActionError that lists the legal ones."""
    names = {environment.action_name(state, action): action for action in environment.legal_actions(state)}
    if (action := names.get(text.strip().lower())) is None:
        allowed = f"allowed: {', '.join(names)}" if names else "the episode is over"
        raise IllegalActionError(f"{text.strip()!r} is not a legal action here; {allowed}")
    return action


def after_moves(environment: Environment, state: State, text: str) -> State:
    """The state after the moves in `text`: one character each, or longer names set apart by spaces or commas.

    Raises IllegalActionError that says which move it was, and why it is illegal.
    """
    words = text.replace(",", " ").split()
    moves: Sequence[str] = words if len(words) > 1 else text.strip()
    for number, move in enumerate(moves, 1):
        try:
            state = environment.step(state, environment.parse_action(state, move)).state
        except IllegalActionError as error:
            raise IllegalActionError(f"move {number} ({move!r}) of {text!r}: {error}") from None
    return state


def task_moves(task: dict[str, Any] | None) -> str:
    """The `moves` of a task, empty where it has none. Raises SettingError where they are not text."""
    moves = (task or {}).get("moves", "")
    if not isinstance(moves, str):
        raise SettingError(f"task.moves must be a string of moves such as '4455', not {moves!r}")
    return moves


def board_tokens(planes: Float32) -> Int16:
    """int16 [..., H * W, 3]: what is on each square, its row and its column, from planes [..., 2, H, W] of the mover's
    and the opponent's stones."""
    height, width = planes.shape[-2:]
    stones = np.where(planes[..., 0, :, :] > 0, ID["own"], np.where(planes[..., 1, :, :] > 0, ID["other"], ID["empty"]))
    tokens = np.empty((*stones.shape, 3), np.int16)
    tokens[..., 0], tokens[..., 1], tokens[..., 2] = stones, np.arange(height)[:, None], np.arange(width)
    return tokens.reshape(*stones.shape[:-2], height * width, 3)


def legal_csr(legal_mask: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[Int32, Int32, Int32]:
    """offsets int32 [n + 1], rows int32 [m] and actions int32 [m] of a legal mask bool [n, num_actions]."""
    rows, actions = np.nonzero(legal_mask)
    offsets = np.concatenate([[0], np.cumsum(legal_mask.sum(1))])
    return offsets.astype(np.int32), rows.astype(np.int32), actions.astype(np.int32)
