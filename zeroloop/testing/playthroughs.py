"""Counts and transcripts of play, for tests with known numbers and golden files."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from zeroloop.contracts import Environment, State


class Ply(NamedTuple):
    """What perft counts at one depth: action sequences, different positions (by key), sequences that end there."""

    sequences: int
    positions: int
    ended: int


def perft(environment: Environment, depth: int, task: dict[str, Any] | None = None) -> list[Ply]:
    """The number of action sequences of each length 0..depth; transpositions are walked once."""
    state = environment.initial_state(task)
    level: dict[Hashable, tuple[State, int]] = {environment.key(state): (state, 1)}
    plies: list[Ply] = []
    for _ in range(depth + 1):
        following: dict[Hashable, tuple[State, int]] = {}
        ended = 0
        for state, count in level.values():
            actions = environment.legal_actions(state)
            ended += 0 if actions else count
            for action in actions if len(plies) < depth else ():
                child = environment.step(state, action).state
                key = environment.key(child)
                following[key] = (child, count + (following[key][1] if key in following else 0))
        plies.append(Ply(sum(count for _, count in level.values()), len(level), ended))
        level = following
    return plies


def play(environment: Environment, actions: Sequence[str], task: dict[str, Any] | None = None) -> str:
    """A transcript of the actions, given by name: every state and what each action did, for golden files."""
    state = environment.initial_state(task)
    lines = [environment.describe(state)]
    for text in actions:
        names = [environment.action_name(state, action) for action in environment.legal_actions(state)]
        action = environment.parse_action(state, text)
        state, reward, discount, terminal = environment.step(state, action)
        result = f"reward {reward:g}, discount {discount:g}{', terminal' if terminal else ''}"
        lines += [f"legal: {' '.join(names)}", f"> {text}: {result}", "", environment.describe(state)]
    return "\n".join(lines) + "\n"
