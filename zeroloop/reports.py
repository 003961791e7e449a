"""What long work says about itself while it runs: plain numbers and words, for whoever shows or keeps them."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

Value: TypeAlias = float | int | str | bool | None
Fields: TypeAlias = Mapping[str, Value]


class Reporter(Protocol):
    """Hears of a run's progress. Calls come from one thread at a time; a field that is not known yet is left out.

    Fields with a meaning to everyone who shows them:
    iteration, iterations: which one, of how many (None where a time limit ends the run).
    phase: what is being done (`self-play`, `learning`, `arena`, `grading`). fraction: of the whole run, 0 to 1.
    games, positions: so far. games_per_minute, positions_per_second, simulations_per_second: in this iteration.
    cache_hit_rate: 0 to 1. policy_loss, value_loss: nats. elo: of the best network, untrained = 0. promoted: bool.
    memory_gib: resident memory of the process.
    weak_error: share of the graded positions where the chosen move worsens the result.
    not_good: share of held-out tasks that were not solved, or not well enough.
    weak_error_before.SET, weak_error_after.SET: the same at the start and the end of the run, in `finished`; likewise
    not_good_before.SET, not_good_after.SET, and not_good_unguided.SET of a search without a network.
    steps: optimiser steps so far. examples_per_second: rows trained on. token_loss: nats.
    exact, valid: share of the graded puzzles with the stored answer, or any right one; train_exact: of those that
    halted in training. segments: mean that a graded answer took.
    seconds, seconds_left: wall time since the start of the run, and the estimate of what remains.
    """

    def started(self, summary: Fields) -> None:
        """The run begins or continues: what it does, in words."""

    def progress(self, fields: Fields) -> None:
        """Numbers of the moment, several times a second at most."""

    def iteration(self, fields: Fields) -> None:
        """An iteration ended and is saved: its line of metrics."""

    def message(self, text: str) -> None:
        """Something a person should read: a warning, a promotion, a fallback and why."""

    def finished(self, fields: Fields) -> None:
        """The run ended: its result in numbers."""


class SilentReporter:
    """A Reporter that says nothing."""

    def started(self, summary: Fields) -> None: ...
    def progress(self, fields: Fields) -> None: ...
    def iteration(self, fields: Fields) -> None: ...
    def message(self, text: str) -> None: ...
    def finished(self, fields: Fields) -> None: ...
