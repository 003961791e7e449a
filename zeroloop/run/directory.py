"""A run directory: everything a run leaves behind, used by one process at a time.

    DIR/  config.toml   metrics.jsonl   checkpoints/iteration_N.pt, best_model.pt   episodes/   reports/   lock

`config.toml` is written before anything else, so a directory that has one is a run. Every file is replaced atomically
(zeroloop/files.py): kill the process at any instant, and what was complete before is still there.
"""

import fcntl
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from zeroloop.errors import DivergedError, RunDirectoryError
from zeroloop.files import append_json_line, atomic_write, make_directory, read_json_lines

CONFIG = "config.toml"
LOCK = "lock"
CHECKPOINT = re.compile(r"iteration_(\d+)\.pt")


def is_run(path: Path) -> bool:
    """Whether a run was started in this directory."""
    return (path / CONFIG).is_file()


class RunDirectory:
    """An open run directory. It is locked for this process until `close` or the end of the process, however it ends."""

    def __init__(self, path: Path, lock: BinaryIO):
        """Takes over an acquired lock; use `create` or `open`."""
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, path: Path, config: str) -> "RunDirectory":
        """A new run with the given settings as TOML text.

        Raises RunDirectoryError when `path` holds anything already, is in use, or cannot be written.
        """
        if is_run(path):
            raise RunDirectoryError(
                f"{path} holds a run already; continue it with --resume, or choose another directory with --run"
            )
        if _holds_other_files(path):
            raise RunDirectoryError(f"{path} is not empty and not a run; choose another directory with --run")
        make_directory(path)
        run = cls(path, _acquire(path))
        run.write_config(config)
        return run

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """An existing run, to be continued. Raises RunDirectoryError when it is no run, in use or not writable."""
        if not path.is_dir():
            raise RunDirectoryError(f"{path}: there is no such run to resume; leave --resume out to start it")
        if not is_run(path) and not is_blank(path):
            raise RunDirectoryError(f"{path} is not a run: it has no {CONFIG}; give the directory of a run with --run")
        return cls(path, _acquire(path))

    @property
    def checkpoints(self) -> Path:
        """The directory of checkpoints."""
        return make_directory(self.path / "checkpoints")

    @property
    def episodes(self) -> Path:
        """The directory of finished episodes."""
        return make_directory(self.path / "episodes")

    @property
    def reports(self) -> Path:
        """The directory of reports."""
        return make_directory(self.path / "reports")

    @property
    def best_checkpoint(self) -> Path:
        """Where the best network so far is kept."""
        return self.checkpoints / "best_model.pt"

    def checkpoint(self, iteration: int) -> Path:
        """Where the checkpoint of an iteration is kept."""
        return self.checkpoints / f"iteration_{iteration}.pt"

    def saved_iterations(self) -> list[int]:
        """The iterations that have a checkpoint, ascending."""
        matches = (CHECKPOINT.fullmatch(file.name) for file in self.checkpoints.iterdir())
        return sorted(int(match[1]) for match in matches if match)

    def prune(self, iteration: int, every: int) -> None:
        """Remove the checkpoints before that of `iteration`, but for the last one and each `every`-th."""
        for old in self.saved_iterations():
            if old < iteration - 1 and old % every:
                self.checkpoint(old).unlink()

    def keep_batch(self, error: DivergedError) -> DivergedError:
        """The error, to be raised again; the batch it happened on is in reports/diverged.npz, as the message says."""
        path = self.reports / "diverged.npz"
        np.savez(path, **error.batch)
        return DivergedError(f"{error}; the batch it happened on is in {path}", error.batch)

    def read_config(self) -> str:
        """The settings as TOML text. Raises RunDirectoryError when the file cannot be read."""
        try:
            return (self.path / CONFIG).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise RunDirectoryError(f"{self.path / CONFIG} cannot be read: {problem}") from problem

    def write_config(self, config: str) -> None:
        """Replace the settings, atomically."""
        atomic_write(self.path / CONFIG, config.encode())

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        """Add one line to metrics.jsonl, on disk when this returns. `record` holds its `iteration`."""
        append_json_line(self.path / "metrics.jsonl", record)

    def read_metrics(self) -> list[dict[str, Any]]:
        """Every complete line of metrics.jsonl."""
        return read_json_lines(self.path / "metrics.jsonl")

    def rewind_metrics(self, iteration: int) -> list[dict[str, Any]]:
        """The metrics up to `iteration`; later lines, and a last line torn by a kill, are removed from the file."""
        kept = [record for record in self.read_metrics() if int(record["iteration"]) <= iteration]
        lines = [json.dumps(record, separators=(",", ":")) + "\n" for record in kept]
        atomic_write(self.path / "metrics.jsonl", "".join(lines).encode())
        return kept

    def close(self) -> None:
        """Let other processes use the directory."""
        self._lock.close()

    def __enter__(self) -> "RunDirectory":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_blank(path: Path) -> bool:
    """Whether a run was killed here before it had written its settings: it left nothing but its lock."""
    names = {file.name for file in path.iterdir()}
    return LOCK in names and names <= {LOCK, f".{CONFIG}.tmp"}


def _holds_other_files(path: Path) -> bool:
    try:
        return path.exists() and not (path.is_dir() and (is_blank(path) or not any(path.iterdir())))
    except OSError as problem:
        raise RunDirectoryError(f"{path} cannot be read: {problem.strerror}") from problem


def _acquire(path: Path) -> BinaryIO:
    """The open lock file, with this process's id in it. The lock goes with the process, so none is ever stale."""
    file = path / LOCK
    try:
        lock = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0)
    except OSError as problem:
        raise RunDirectoryError(f"cannot write {file}: {problem.strerror}; choose a directory of yours") from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        owner = lock.read(32).decode(errors="replace").strip() or "unknown"
        lock.close()
        raise RunDirectoryError(
            f"{path} is in use by process {owner}; wait for it, stop it, or choose another directory with --run"
        ) from problem
    try:
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n".encode())
    except OSError as problem:
        lock.close()
        raise RunDirectoryError(f"cannot write {file}: {problem.strerror}; free space on that disk") from problem
    return lock
