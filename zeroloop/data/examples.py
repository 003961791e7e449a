"""What the network learns from a game: derived from episodes, always recomputable."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from zeroloop import _native
from zeroloop.contracts import Environment, Float32
from zeroloop.data.episodes import LEARNED, GameEpisode
from zeroloop.errors import RunDirectoryError
from zeroloop.observers import Observations, Observer
from zeroloop.search.slots import batch_environment

Bool: TypeAlias = npt.NDArray[np.bool_]
Float64: TypeAlias = npt.NDArray[np.float64]
Int64: TypeAlias = npt.NDArray[np.int64]


class ExampleSettings(BaseModel):
    """How targets are made from what the search found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value_lambda: float = Field(0.9, ge=0, le=1)
    """Lambda of the value target, a TD(lambda) return over the search's root values (Sutton 1988): 1 is how the game
    ended, 0 the root value alone. A proven value replaces all that was played after it."""
    final_value_lambda: float | None = Field(None, ge=0, le=1)
    """Lambda of games from iteration `value_lambda_iterations` on, up to which it changes linearly; none: it does not.
    The better the play, the more its outcome says: docs/benchmarks.md."""
    value_lambda_iterations: int = Field(40, ge=1)
    surprise_weight: float = Field(0.5, ge=0, le=1)
    """Share of a game's total weight that goes to its positions in proportion to the policy surprise, the divergence
    of the search's policy from the network's prior (Wu 2019, "policy surprise weighting"); the rest is uniform.
    A position that was proven without asking the network has no surprise."""

    def lambda_at(self, iteration: int) -> float:
        """Lambda of the games of an iteration."""
        if self.final_value_lambda is None:
            return self.value_lambda
        share = min(1.0, iteration / self.value_lambda_iterations)
        return self.value_lambda + share * (self.final_value_lambda - self.value_lambda)


@dataclass(frozen=True, eq=False)
class Examples:
    """k positions to learn from, as arrays; one row for each ply that had a full search, in order of play.

    observations: [k, *shape] of the observer's stored_dtype. policy: float32 [k, A], rows sum to 1. legal: bool [k, A].
    wdl: float32 [k, 3], probability of win, draw, loss for the player to move.
    reply: float32 [k, A], the policy at the next ply (the move played where that ply had no full search); all zero
    where the game ended. surprise: float32 [k], KL(policy || prior) in nats.
    weight: float32 [k], mean 1 in each game.
    """

    observations: Observations
    policy: Float32
    legal: Bool
    wdl: Float32
    reply: Float32
    surprise: Float32
    weight: Float32

    def __len__(self) -> int:
        return len(self.policy)

    @classmethod
    def concatenate(cls, parts: "Sequence[Examples]") -> "Examples":
        """The rows of one or more `parts`, in order."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def tail(self, count: int) -> "Examples":
        """The last `count` rows."""
        start = max(len(self) - count, 0)
        return Examples(*(getattr(self, field.name)[start:] for field in fields(self)))


class _Plies(NamedTuple):
    """All plies of some games one after the other: first[g] is where game g starts."""

    lengths: Int64
    first: Int64
    game: Int64
    actions: npt.NDArray[np.int32]
    searched: Bool


class _Steps(NamedTuple):
    """What each ply's action earned: value(ply) = rewards + discounts * value(next ply); discounts 0 at the end."""

    rewards: Float64
    discounts: Float64


def examples(
    environment: Environment, episodes: Sequence[GameEpisode], settings: ExampleSettings, observer: Observer
) -> Examples:
    """Training examples of all full-search plies of `episodes`, game by game, as `observer` shows them.

    Raises RunDirectoryError when a game was played under other rules than those of `environment`.
    """
    plies = _join(episodes)
    rows = np.flatnonzero(plies.searched)
    observations, legal, steps = _replay(environment, episodes, plies, rows, observer)
    policy, surprise = _policies(episodes, plies, environment.num_actions)
    if policy[rows][~legal].any():
        raise _unplayable(environment, "a search visited an illegal move")
    return Examples(
        observations=observations,
        policy=policy[rows],
        legal=legal,
        wdl=win_draw_loss(_value_targets(episodes, plies, steps, settings)[rows]).astype(np.float32),
        reply=_replies(policy, plies)[rows],
        surprise=surprise[rows],
        weight=_weights(surprise, plies, settings)[rows],
    )


def win_draw_loss(value: Float64) -> Float64:
    """[n, 3] probabilities with expected return `value` [n] and no more spread than needed: one-hot for 1, 0, -1."""
    return np.stack([np.maximum(value, 0), 1 - np.abs(value), np.maximum(-value, 0)], axis=-1)


def _join(episodes: Sequence[GameEpisode]) -> _Plies:
    lengths = np.array([len(episode) for episode in episodes], np.int64)
    first = np.cumsum(lengths) - lengths
    actions = _concatenate(episodes, "actions", np.int32)
    searched = np.isin(_concatenate(episodes, "kinds", np.uint8), LEARNED)
    return _Plies(lengths, first, np.repeat(np.arange(len(episodes)), lengths), actions, searched)


def _replay(
    environment: Environment, episodes: Sequence[GameEpisode], plies: _Plies, rows: Int64, observer: Observer
) -> tuple[Observations, Bool, _Steps]:
    """Observations and legal moves of the given plies, and what every ply's action earned.

    Step t of all games is one request; every ply has a slot, so that one call observes them all. The return of the last
    ply follows from the outcome by `return = reward + discount * next return` read forwards, for any number of players,
    also where a game was cut short.
    """
    returns = np.zeros(len(plies.actions))
    steps = _Steps(np.zeros(len(returns)), np.zeros(len(returns)))
    batch = batch_environment(environment, max(len(plies.actions), 1), lookahead=False)
    for episode, slot in zip(episodes, plies.first, strict=True):
        if episode.environment != environment.name or episode.environment_version != environment.version:
            played = f"game {episode.actor}/{episode.game} was played as {episode.environment} version "
            raise _unplayable(environment, f"{played}{episode.environment_version}")
        if len(episode):
            batch.write(int(slot), environment.initial_state(episode.task))
            returns[slot] = episode.outcome
    for ply in range(int(plies.lengths.max(initial=0)) - 1):
        parents = plies.first[plies.lengths > ply + 1] + ply
        slots = parents.astype(np.int32)
        try:
            leaves = batch.expand(_native.Request(slots, plies.actions[parents], slots + 1))
        except ValueError as error:
            raise _unplayable(environment, str(error)) from error
        if leaves.terminals.any():
            raise _unplayable(environment, f"a game ended {ply + 1} plies in, before its last recorded move")
        returns[parents + 1] = (returns[parents] - leaves.rewards) / leaves.discounts
        steps.rewards[parents], steps.discounts[parents] = leaves.rewards, leaves.discounts
    last = (plies.first + plies.lengths - 1)[plies.lengths > 0]
    steps.rewards[last] = returns[last]
    slots = rows.astype(np.int32)
    observations = np.zeros((len(rows), *observer.shape), observer.dtype)
    observer(batch, slots, np.zeros(len(rows), np.uint8), observations)
    offsets, actions = batch.legal(slots)
    legal = np.zeros((len(rows), environment.num_actions), np.bool_)
    legal[np.repeat(np.arange(len(rows)), np.diff(offsets)), actions] = True
    return observations.astype(observer.stored_dtype), legal, steps


def _policies(episodes: Sequence[GameEpisode], plies: _Plies, num_actions: int) -> tuple[Float32, Float32]:
    """Policy targets [plies, A] (zero without a full search) and their divergence from the prior [plies].

    A search that was over before it had asked the network knows no prior; it diverges from nothing.
    """
    counts = [np.diff(episode.policy_offsets) for episode in episodes]
    entry = np.repeat(np.arange(len(plies.actions)), np.concatenate([*counts, np.empty(0, np.int32)]).astype(np.int64))
    weights = _concatenate(episodes, "policy_weights", np.float32)
    priors = np.maximum(_concatenate(episodes, "policy_priors", np.float32), 1e-8)
    policy = np.zeros((len(plies.actions), num_actions), np.float32)
    policy[entry, _concatenate(episodes, "policy_actions", np.int32)] = weights
    divergence = weights * (np.log(np.maximum(weights, 1e-30)) - np.log(priors))
    surprise = np.bincount(entry, divergence, minlength=len(policy)).astype(np.float32)
    visits = np.bincount(entry, _concatenate(episodes, "policy_visits", np.int32), minlength=len(policy))
    return policy, np.where(visits > 0, np.maximum(surprise, 0), 0).astype(np.float32)


def _value_targets(episodes: Sequence[GameEpisode], plies: _Plies, steps: _Steps, settings: ExampleSettings) -> Float64:
    """[plies] TD(lambda) returns for the mover, computed backwards: exact where proven, else
    (1 - lambda) * root value + lambda * (reward + discount * target of the next ply); without a search, lambda is 1."""
    root = _concatenate(episodes, "root_values", np.float32).astype(np.float64)
    proven = _concatenate(episodes, "proven", np.float32).astype(np.float64)
    searched = ~np.isnan(root)
    by_game = np.array([settings.lambda_at(episode.iteration) for episode in episodes], np.float64)
    later = np.where(searched, by_game[plies.game], 1)
    own = (1 - later) * np.nan_to_num(root)
    targets = np.zeros(len(root) + 1)  # one more, so that "the next ply" of the last one exists
    for ply in range(int(plies.lengths.max(initial=0)) - 1, -1, -1):
        at = plies.first[plies.lengths > ply] + ply
        targets[at] = own[at] + later[at] * (steps.rewards[at] + steps.discounts[at] * targets[at + 1])
        targets[at] = np.where(np.isnan(proven[at]), targets[at], proven[at])
    return np.clip(targets[:-1], -1, 1)


def _replies(policy: Float32, plies: _Plies) -> Float32:
    answers = policy.copy()
    played = np.flatnonzero(~plies.searched)
    answers[played, plies.actions[played]] = 1
    replies = np.zeros_like(policy)
    replies[:-1] = answers[1:]
    replies[(plies.first + plies.lengths - 1)[plies.lengths > 0]] = 0
    return replies


def _weights(surprise: Float32, plies: _Plies, settings: ExampleSettings) -> Float32:
    counts = np.bincount(plies.game, plies.searched, minlength=len(plies.lengths))
    totals = np.bincount(plies.game, surprise * plies.searched, minlength=len(plies.lengths))
    mean = (totals / np.maximum(counts, 1))[plies.game]
    relative = np.divide(surprise, mean, out=np.ones(len(mean)), where=mean > 0)
    return (1 - settings.surprise_weight + settings.surprise_weight * relative).astype(np.float32)


def _concatenate(episodes: Sequence[GameEpisode], name: str, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *(getattr(episode, name) for episode in episodes)])


def _unplayable(environment: Environment, reason: str) -> RunDirectoryError:
    return RunDirectoryError(
        f"episodes do not fit {environment.name} version {environment.version}: {reason}. Use the Zeroloop version "
        "that played them, or start a new run directory"
    )
