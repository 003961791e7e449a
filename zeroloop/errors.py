"""Every error Zeroloop raises on purpose: one tree, so that callers catch `ZeroloopError`.

A message names the value, what was allowed, and the remedy. The command line prints it as one line and exits with
`exit_code`.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


class ZeroloopError(Exception):
    """A problem that the user can mend; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(ZeroloopError):
    """The command was not understood: unknown word, missing argument, value out of range."""

    exit_code = 2


class SettingError(UsageError, ValueError):
    """A setting is unknown or its value is not allowed; the message starts with the setting's path."""


class UnknownNameError(UsageError, LookupError):
    """A game, recipe, benchmark or other registered name does not exist."""


class IllegalActionError(ZeroloopError, ValueError):
    """An action is not legal in the state it was applied to."""


class ArenaFullError(ZeroloopError, MemoryError):
    """A search tree needs more memory than `search.max_nodes` or `search.max_depth` allow."""


class CheckpointError(ZeroloopError):
    """A checkpoint is missing, truncated, altered, of another game or of another format version."""


class RunDirectoryError(ZeroloopError):
    """A run directory cannot be created, written, locked or resumed."""


class ActorLostError(ZeroloopError):
    """A process that played for a run has ended by itself; all that was saved is still there."""


class DivergedError(ZeroloopError):
    """Training met a loss that is not finite; nothing was learned from it, and checkpoints are as they were.

    batch: the arrays that it happened on, by name.
    """

    def __init__(self, message: str, batch: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.batch = batch


class PositionsError(ZeroloopError, ValueError):
    """A positions file has a malformed line or an illegal move; the message gives file and line."""


class TaskSetError(ZeroloopError):
    """Held-out tasks of a kind do not ship, or are of another version of it; the message says how to make them."""


class EnvironmentFailedError(ZeroloopError):
    """An environment raised something while it was searched; that search is over, those beside it go on."""


class TaskError(ZeroloopError, ValueError):
    """A task lacks a field, or one holds something that it may not; the message starts with the field's name."""


class SandboxError(ZeroloopError):
    """Foreign code cannot be run safely here, so it was not run; the message says what is missing."""


class MissingExtraError(ZeroloopError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for an unknown `name`, with the nearest known one, to be raised by the caller."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'none'}"
    return UnknownNameError(f"unknown {kind} {name!r}; {hint}")
