"""What a network is shown of a state: planes for convolutions, tokens for transformers."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from zeroloop.contracts import Action, BatchEnvironment, Bool, Environment, Float32, Int32, State, UInt8
from zeroloop.errors import SettingError

Int16: TypeAlias = npt.NDArray[np.int16]
Observations: TypeAlias = npt.NDArray[Any]
"""[n, *shape] of an observer's dtype."""


class Observer(Protocol):
    """Writes observations of states into an array.

    shape: of one observation. dtype: of the array that is written to. stored_dtype: that keeps them without loss.
    """

    shape: tuple[int, ...]
    dtype: npt.DTypeLike
    stored_dtype: npt.DTypeLike

    def __call__(self, batch: BatchEnvironment, slots: Int32, symmetries: UInt8, out: Observations) -> None:
        """The observation of each slot's state, turned by the given symmetry, into `out` [n, *shape]."""


@runtime_checkable
class PlanesEnvironment(Environment, Protocol):
    """An environment that can be observed as planes.

    observation_shape: (C, H, W) of `observe`.
    """

    @property
    def observation_shape(self) -> tuple[int, int, int]: ...

    def observe(self, state: State, symmetry: int = 0) -> Float32:
        """Planes float32 [C, H, W] from the mover's point of view, transformed by the given symmetry."""


class PlanesObserver:
    """Planes float32 [C, H, W], as the environment observes itself."""

    dtype: npt.DTypeLike = np.float32
    stored_dtype: npt.DTypeLike = np.float16

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape: tuple[int, ...] = shape

    def __call__(self, batch: BatchEnvironment, slots: Int32, symmetries: UInt8, out: Float32) -> None:
        batch.observe(slots, symmetries, out)


@runtime_checkable
class TokenEnvironment(Environment, Protocol):
    """An environment that can also be observed as tokens of the shared vocabulary (zeroloop/vocabulary.py).

    num_tokens: the length of its longest observation.
    """

    @property
    def num_tokens(self) -> int: ...

    def tokens(self, state: State, symmetry: int = 0) -> Int16:
        """int16 [T, 3], T <= num_tokens: symbol, row and column of each token, turned by the given symmetry."""

    def action_tokens(self, state: State, action: Action, symmetry: int = 0) -> tuple[Sequence[int], Sequence[int]]:
        """The symbols of a legal action, at most ACTION_TOKENS, and the indices of the tokens that it is about, at most
        ANCHORS: the first in the first role, such as what is moved, the second in the second, such as where to.

        An environment may also have `action_rows(state)`, the `action_row` of each legal action in order, without a
        symmetry; and `batch_tokens(batch, slots, symmetries, fields)`, which does the same as `tokens` and
        `action_tokens` for many slots at once, into fields that hold 0 and anchors -1.
        """


ACTION_TOKENS = 6
"""Symbols that describe an action, at most."""
ANCHORS = 2
"""Tokens of the state that an action is about, at most."""


class TokenFields(NamedTuple):
    """The parts of token observations [n, size]: views of arrays or tensors alike.

    tokens: [n, T] symbols. coordinates: [n, T, 2]. action_tokens: [n, A, ACTION_TOKENS]. anchors: [n, A, ANCHORS].
    """

    tokens: Any
    coordinates: Any
    action_tokens: Any
    anchors: Any


class TokensObserver:
    """Tokens of the state and of its legal actions, int16 in one row of numbers with room for so many; see `fields`.

    Entries beyond the end of a state's tokens, and of illegal actions, are 0, and their anchors -1.
    """

    dtype: npt.DTypeLike = np.int16
    stored_dtype: npt.DTypeLike = np.int16

    def __init__(self, num_tokens: int, num_actions: int) -> None:
        self.num_tokens, self.num_actions = num_tokens, num_actions
        self.shape: tuple[int, ...] = (3 * num_tokens + (ACTION_TOKENS + ANCHORS) * num_actions,)

    @classmethod
    def of(cls, environment: Environment) -> "TokensObserver":
        """An observer with room for every state of `environment`. Raises SettingError where it has no tokens."""
        if not isinstance(environment, TokenEnvironment) or environment.num_actions == 0:
            raise SettingError(
                f"network: {environment.name} cannot be observed as tokens; give it num_tokens, tokens() and "
                "action_tokens() (zeroloop/observers.py), or choose the network 'resnet'"
            )
        return cls(environment.num_tokens, environment.num_actions)

    def fields(self, observations: Any) -> TokenFields:
        """The parts of observations [n, size]."""
        n, end = len(observations), 3 * self.num_tokens
        tokens = observations[:, :end].reshape(n, self.num_tokens, 3)
        actions = observations[:, end:].reshape(n, self.num_actions, ACTION_TOKENS + ANCHORS)
        return TokenFields(tokens[:, :, 0], tokens[:, :, 1:], actions[:, :, :-ANCHORS], actions[:, :, -ANCHORS:])

    def fits(self, observations: Int16, larger: "TokensObserver") -> Bool:
        """bool [n]: which observations by a `larger` observer fit in this one."""
        fields = larger.fields(observations)
        needs_more = fields.tokens[:, self.num_tokens :].any(1) | fields.action_tokens[:, self.num_actions :, 0].any(1)
        fits: Bool = np.logical_not(needs_more)
        return fits

    def cut(self, observations: Int16, larger: "TokensObserver") -> Int16:
        """int16 [n, size]: observations by a `larger` observer that fit, as this one makes them."""
        n, end = len(observations), 3 * larger.num_tokens
        tokens = observations[:, : 3 * self.num_tokens]
        actions = observations[:, end : end + (ACTION_TOKENS + ANCHORS) * self.num_actions]
        return np.concatenate([tokens, actions], axis=1).reshape(n, *self.shape)

    def __call__(self, batch: BatchEnvironment, slots: Int32, symmetries: UInt8, out: Int16) -> None:
        environment = batch.environment
        assert isinstance(environment, TokenEnvironment)
        out[...] = 0
        fields = self.fields(out)
        fields.anchors[...] = -1
        many: Any = getattr(environment, "batch_tokens", None)
        if many is not None:
            many(batch, slots, symmetries, fields)
            return
        turns, rows_of = environment.symmetries, getattr(environment, "action_rows", None)
        actions = out[:, 3 * self.num_tokens :].reshape(len(out), self.num_actions, ACTION_TOKENS + ANCHORS)
        for row, (slot, symmetry) in enumerate(zip(slots.tolist(), symmetries.tolist(), strict=True)):
            state = batch.read(slot)
            tokens = environment.tokens(state, symmetry)
            fields.tokens[row, : len(tokens)] = tokens[:, 0]
            fields.coordinates[row, : len(tokens)] = tokens[:, 1:]
            legal = environment.legal_actions(state)
            places = turns[symmetry, legal]
            if rows_of is not None and symmetry == 0:
                rows = rows_of(state)
            else:
                rows = [action_row(*environment.action_tokens(state, action, symmetry)) for action in legal]
            if rows:
                actions[row, places] = rows


def action_row(symbols: Sequence[int], anchors: Sequence[int]) -> tuple[int, ...]:
    """All numbers that show one action: ACTION_TOKENS symbols, padded with 0, and ANCHORS anchors, padded with -1."""
    return (*symbols, *_NO_SYMBOLS[len(symbols) :], *anchors, *_NO_ANCHORS[len(anchors) :])


_NO_SYMBOLS, _NO_ANCHORS = (0,) * ACTION_TOKENS, (-1,) * ANCHORS
