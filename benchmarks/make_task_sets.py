"""Makes the held-out tasks in `zeroloop/run/task_sets` (zeroloop/run/task_sets.py says what they are).

    python -m benchmarks.make_task_sets [--kinds K ...] [--tasks 24] [--out DIR]

Task i of a level depends on (kind, level, i) only, but for what is left out because its structure was there before.
Kinds with few easy structures have fewer tasks. A task whose own answer is not accepted ends the program, as does a
language that is not installed. Needed after a kind's tasks change; raise its version then.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from rich.progress import track

from zeroloop.contracts import Task, TaskKind
from zeroloop.errors import UsageError
from zeroloop.files import atomic_write
from zeroloop.run.task_sets import DIRECTORY, LEVELS, head_of, level_of, path_of
from zeroloop.seeding import stream
from zeroloop.tasks import is_held_out, kinds

TASKS = 24
"""Of each level."""
_DRAWS = 200


def candidates(kind: TaskKind, level: str, number: int, count: int = TASKS) -> Iterator[Task]:
    """Held-out tasks for place `number` of `count` in a level; difficulties rise with the places."""
    rng = stream(1, "task sets", kind.name, level, number)
    difficulty = round((LEVELS.index(level) + (number + 0.5) / count) / len(LEVELS), 4)
    for _ in range(_DRAWS):
        task = kind.make(rng, difficulty)
        if is_held_out(kind, task):
            yield {"task_id": f"{kind.name}-{level}-{number + 1:02}", **task}


def make_set(kind: TaskKind, count: int = TASKS) -> list[Task]:
    """Tasks of all levels, no two of one structure. Raises AssertionError where an answer is not accepted."""
    found, seen = [], set[str]()
    for level in LEVELS:
        for number in range(count):
            for task in candidates(kind, level, number, count):
                if (structure := kind.structure(task)) not in seen:
                    assert level_of(task) == level
                    verdict = kind.verify(task, task["answer"]) if "answer" in task else None
                    assert verdict is None or verdict.score >= kind.min_score, f"{verdict}: {task}"
                    seen.add(structure)
                    found.append(task)
                    break
    return found


def write_set(kind: TaskKind, tasks: list[Task], directory: Path) -> None:
    """The file, the same bytes for the same tasks."""
    lines = (json.dumps(line, separators=(",", ":")) + "\n" for line in (head_of(kind), *tasks))
    atomic_write(path_of(kind, directory), gzip.compress("".join(lines).encode(), mtime=0))


def main() -> None:
    """Write the set of each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", help="only these")
    parser.add_argument("--tasks", type=int, default=TASKS, help="of each level")
    parser.add_argument("--out", type=Path, default=DIRECTORY)
    options = parser.parse_args()
    chosen = [kind for kind in kinds() if not options.kinds or kind.name in options.kinds]
    if options.kinds and len(chosen) < len({*options.kinds}):
        raise UsageError(f"--kinds must be some of {', '.join(kind.name for kind in kinds())}, not {options.kinds}")
    options.out.mkdir(parents=True, exist_ok=True)
    for kind in track(chosen):
        tasks = make_set(kind, options.tasks)
        write_set(kind, tasks, options.out)
        print(f"{kind.name}: {len(tasks)} tasks, {path_of(kind, options.out).stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
