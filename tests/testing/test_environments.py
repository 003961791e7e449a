"""The conformance suite finds broken environments: one deliberate mistake per law."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from zeroloop.contracts import Float32, Transition
from zeroloop.envs.connect_four import BoardStates, ConnectFour
from zeroloop.envs.tic_tac_toe import Position, TicTacToe
from zeroloop.errors import IllegalActionError
from zeroloop.testing.environments import EnvironmentConformance


class PlainTicTacToe(TicTacToe):
    """Tic-tac-toe through the adapter, so that only the rules can be wrong."""

    batch = None  # type: ignore[assignment]


class Nameless(PlainTicTacToe):
    name = ""


class BadSymmetry(PlainTicTacToe):
    symmetries = np.zeros((2, 9), np.int32)


class Descending(PlainTicTacToe):
    def legal_actions(self, state: Position) -> list[int]:
        return super().legal_actions(state)[::-1]


class Impure(PlainTicTacToe):
    calls = 0

    def step(self, state: Position, action: int) -> Transition:
        self.calls += 1
        return super().step(state, action)._replace(reward=self.calls % 2)


class EndlessGame(PlainTicTacToe):
    def legal_actions(self, state: Position) -> list[int]:
        return [a for a in range(9) if not (state.own | state.opponent) >> a & 1]

    def step(self, state: Position, action: int) -> Transition:
        if action not in self.legal_actions(state):
            raise IllegalActionError("taken")
        own = state.own | 1 << action
        return Transition(Position(state.opponent, own), 0.0, -1.0, False)


class WrongDiscount(PlainTicTacToe):
    def step(self, state: Position, action: int) -> Transition:
        return super().step(state, action)._replace(discount=0.9)


class WrongReward(PlainTicTacToe):
    def step(self, state: Position, action: int) -> Transition:
        transition = super().step(state, action)
        return transition._replace(reward=2 * transition.reward)


class CoarseKey(PlainTicTacToe):
    def key(self, state: Position) -> Any:
        return state.own | state.opponent


class FineKey(PlainTicTacToe):
    """A key that tells apart what is equal."""

    def key(self, state: Position) -> Any:
        self.count = getattr(self, "count", 0) + 1
        return (state, self.count)


class SharedMemory(PlainTicTacToe):
    def __init__(self) -> None:
        self.planes = np.zeros((2, 3, 3), np.float32)

    def observe(self, state: Position, symmetry: int = 0) -> Float32:
        self.planes[...] = 0 if (state.own | state.opponent) == 0 else self.planes
        return self.planes


class DoubleObservation(PlainTicTacToe):
    def observe(self, state: Position, symmetry: int = 0) -> Any:
        return super().observe(state, symmetry).astype(np.float64)


class WrongMirror(PlainTicTacToe):
    def observe(self, state: Position, symmetry: int = 0) -> Float32:
        return super().observe(state, 1 if symmetry == 2 else symmetry)


class AmbiguousNames(PlainTicTacToe):
    def action_name(self, state: Position, action: int) -> str:
        return str(action // 2)


class Lenient(PlainTicTacToe):
    def step(self, state: Position, action: int) -> Transition:
        legal = self.legal_actions(state)
        return super().step(state, action if action in legal else (legal or [0])[0])


class WrongBatch(ConnectFour):
    def __init__(self, mistake: type[BoardStates]) -> None:
        super().__init__(5, 4, 3)
        self.mistake = mistake

    def batch(self, num_slots: int, lookahead: bool = True) -> BoardStates:
        return self.mistake(self, num_slots, lookahead)


class NoLookahead(BoardStates):
    def _outcomes(self, slots: Any, actions: Any) -> Float32:
        return np.full(len(slots), np.nan, np.float32)


class NoDiagonals(BoardStates):
    def _completes(self, slots: Any, columns: Any) -> Any:
        return np.zeros(len(slots), np.bool_)


class NoSymmetry(BoardStates):
    """Canonical keys without the symmetry that leads there."""

    def keys(self, slots: Any) -> Any:
        return super().keys(slots)[0], np.zeros(len(slots), np.uint8)


class NotCanonical(BoardStates):
    """Symmetries, but keys that tell mirror images apart."""

    def keys(self, slots: Any) -> Any:
        keys, symmetries = super().keys(slots)
        return keys * np.uint64(2) + symmetries, symmetries


class OneKey(BoardStates):
    def keys(self, slots: Any) -> Any:
        return np.zeros(len(slots), np.uint64), np.zeros(len(slots), np.uint8)


class Rollouts(BoardStates):
    def rollout(self, slots: Any, seed: int) -> Float32:
        return np.linspace(-1, 1, len(slots)).astype(np.float32)


class UpsideDown(BoardStates):
    def observe(self, slots: Any, symmetries: Any, out: Float32) -> None:
        super().observe(slots, symmetries, out)
        out[...] = out[:, :, ::-1].copy()


@pytest.mark.parametrize(
    ("make", "law"),
    [
        (Nameless, "test_it_says_what_it_is"),
        (BadSymmetry, "test_it_says_what_it_is"),
        (Impure, "test_step_is_pure"),
        (Descending, "test_legal_actions_are_ascending_and_end_with_the_episode"),
        (EndlessGame, "test_legal_actions_are_ascending_and_end_with_the_episode"),
        (WrongDiscount, "test_discounts"),
        (WrongReward, "test_returns_are_values"),
        (CoarseKey, "test_equal_keys_mean_equal_states"),
        (FineKey, "test_equal_states_have_equal_keys"),
        (SharedMemory, "test_observations"),
        (DoubleObservation, "test_observations"),
        (WrongMirror, "test_symmetries_commute_with_play"),
        (AmbiguousNames, "test_text"),
        (Lenient, "test_illegal_actions_are_refused"),
        (lambda: WrongBatch(NoLookahead), "test_batch_plays_by_the_same_rules"),
        (lambda: WrongBatch(NoDiagonals), "test_batch_plays_by_the_same_rules"),
        (lambda: WrongBatch(UpsideDown), "test_batch_copies_without_a_step"),
        (lambda: WrongBatch(OneKey), "test_batch_keys_name_canonical_states"),
        (lambda: WrongBatch(NoSymmetry), "test_batch_keys_name_canonical_states"),
        (lambda: WrongBatch(NotCanonical), "test_batch_keys_are_equal_for_images_where_symmetries_are_used"),
        (lambda: WrongBatch(Rollouts), "test_rollouts_do_not_depend_on_the_batch"),
    ],
)
def test_each_law_finds_its_mistake(make: Callable[[], Any], law: str) -> None:
    suite = type("Broken", (EnvironmentConformance,), {"environment": make(), "episodes": 6})()
    with pytest.raises(AssertionError):
        getattr(suite, law)()
