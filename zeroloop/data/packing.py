"""States of tasks as tensors that are as long as they need to be, and batches of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zeroloop.contracts import Environment, State
from zeroloop.observers import ACTION_TOKENS, ANCHORS, Int16, TokenEnvironment, TokensObserver
from zeroloop.records import State as StateRecord
from zeroloop.search.slots import state_id

_ROW = ACTION_TOKENS + ANCHORS


def pack(environment: Environment, state: State) -> Tensor:
    """int16 [2 + 3 T + 8 A]: T, A, symbol, row and column of each token, then symbols and anchors of each action.

    Symbols are padded with 0, anchors with -1. The actions are in the order of `legal_actions`.
    """
    assert isinstance(environment, TokenEnvironment)
    tokens = environment.tokens(state)
    legal = environment.legal_actions(state)
    actions = np.zeros((len(legal), _ROW), np.int16)
    actions[:, ACTION_TOKENS:] = -1
    for row, action in zip(actions, legal, strict=True):
        symbols, anchors = environment.action_tokens(state, action)
        row[: len(symbols)] = symbols
        row[ACTION_TOKENS : ACTION_TOKENS + len(anchors)] = anchors
    parts = np.array([len(tokens), len(legal)], np.int16), tokens.ravel(), actions.ravel()
    return torch.from_numpy(np.concatenate(parts))


def recorded(environment: Environment, state: State) -> StateRecord:
    """The record of a state; a finished one has no representation, since no network is asked about it."""
    shown = pack(environment, state) if environment.legal_actions(state) else None
    metadata = {"description": environment.describe(state)}
    return StateRecord(state_id(environment, state), shown, state, metadata)


def sizes(packed: Tensor) -> tuple[int, int]:
    """T and A of a packed state."""
    return int(packed[0]), int(packed[1])


def observations(packed: Sequence[Tensor], observer: TokensObserver | None = None) -> Int16:
    """int16 [n, size]: packed states as `observer` shows them, by default one with just enough room for all; actions
    have the places of their order."""
    counts = [sizes(each) for each in packed]
    if observer is None:
        observer = TokensObserver(max(t for t, _ in counts), max(max(a for _, a in counts), 1))
    found: Int16 = np.zeros((len(packed), *observer.shape), np.int16)
    fields = observer.fields(found)
    fields.anchors[...] = -1
    for row, (each, (tokens, actions)) in enumerate(zip(packed, counts, strict=True)):
        shown: Any = each.numpy()
        end = 2 + 3 * tokens
        triples, moves = shown[2:end].reshape(tokens, 3), shown[end:].reshape(actions, _ROW)
        fields.tokens[row, :tokens], fields.coordinates[row, :tokens] = triples[:, 0], triples[:, 1:]
        fields.action_tokens[row, :actions] = moves[:, :ACTION_TOKENS]
        fields.anchors[row, :actions] = moves[:, ACTION_TOKENS:]
    return found
