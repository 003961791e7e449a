"""Held-out tasks that ship: of each kind the same ones for everybody, in three levels of difficulty.

A file is gzipped JSON lines: the kind and its version, then tasks from the easiest to the hardest. Training never sees
their structures (`is_held_out`). `benchmarks/make_task_sets.py` makes them.
"""

import gzip
import json
from pathlib import Path

from zeroloop.contracts import Task, TaskKind
from zeroloop.errors import TaskSetError

LEVELS = ("easy", "medium", "hard")
"""Thirds of the dial of difficulty."""
DIRECTORY = Path(__file__).with_suffix("")


def level_of(task: Task) -> str:
    """The level that a task is of."""
    return LEVELS[min(int(task["difficulty"] * len(LEVELS)), len(LEVELS) - 1)]


def read_set(kind: TaskKind, directory: Path = DIRECTORY) -> dict[str, list[Task]]:
    """The tasks of a kind that ship, by level.

    Raises TaskSetError where there are none, and where they were made by another version of the kind.
    """
    path = path_of(kind, directory)
    if not path.exists():
        raise TaskSetError(f"no held-out tasks of {kind.name} ship; measure on some that are drawn: --difficulty 0 1")
    head, *tasks = map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
    if head != head_of(kind):
        raise TaskSetError(
            f"{path.name} was made for {head['kind']} version {head['version']}, and this is {kind.name} version "
            f"{kind.version}; make it again: python -m benchmarks.make_task_sets --kinds {kind.name}"
        )
    found: dict[str, list[Task]] = {level: [] for level in LEVELS}
    for task in tasks:
        found[level_of(task)].append(task)
    return {level: tasks for level, tasks in found.items() if tasks}


def path_of(kind: TaskKind, directory: Path = DIRECTORY) -> Path:
    """The file with the tasks of a kind."""
    return directory / f"{kind.name}.jsonl.gz"


def head_of(kind: TaskKind) -> dict[str, str | int]:
    """What the first line of its file says."""
    return {"kind": kind.name, "version": kind.version}
