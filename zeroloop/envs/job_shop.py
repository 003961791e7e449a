"""The job shop: jobs pass over machines, each in an order of its own, and all are to be finished as early as possible.

Schedules are built as Giffler and Thompson (1960) do: look at the machine on which the next operation of some job could
be finished first; one of those that could start there before that time runs next. Each operation starts as soon as the
one before it in its job is finished and its machine is free. These are the active schedules, of which one is best.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer, integers
from zeroloop.vocabulary import ID, encode

MAX_JOBS, MAX_OPERATIONS, MAX_MACHINES, MAX_DURATION = 5, 4, 4, 9
"""Operations are those of one job."""
MAX_TIME = MAX_JOBS * MAX_OPERATIONS * MAX_DURATION
EXAMPLE: Task = {"jobs": [[[0, 3], [1, 2], [2, 2]], [[0, 2], [2, 1], [1, 4]], [[1, 4], [2, 3]]], "best": 11}

_LETTERS = encode("ABCD")  # digits are durations and times
_COLUMN = 2 * MAX_OPERATIONS
"""Where the operations of a row have ended; ready times stand behind it."""


class Operation(NamedTuple):
    """Needs a machine for some time."""

    machine: int
    duration: int


@dataclass(frozen=True, eq=False)
class Shop:
    """What stays the same in an episode: the operations of each job, how many machines there are, the least makespan.

    blank: int16 [T, 3], tokens of the operations, jobs and machines. starts: where the operations of each job begin.
    """

    jobs: tuple[tuple[Operation, ...], ...]
    machines: int
    best: int
    blank: Int16
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Schedule:
    """What was dispatched: the jobs in order, operations of each job, and when each job and machine is ready again."""

    shop: Shop
    order: tuple[int, ...]
    progress: tuple[int, ...]
    job_ready: tuple[int, ...]
    machine_ready: tuple[int, ...]


class JobShop(MoveListEnvironment[Schedule, int]):
    """A move dispatches the next operation of a job, one that an active schedule may go on with, until none is left.

    The score is the least makespan, `task["best"]`, by the time at which the last job is finished.
    """

    name: ClassVar[str] = "job_shop"
    version: ClassVar[int] = 2
    num_actions = MAX_JOBS
    num_tokens = MAX_JOBS * (2 * MAX_OPERATIONS + 1) + MAX_MACHINES + 1 + 3 * (MAX_JOBS + MAX_MACHINES)

    def initial_state(self, task: Task | None = None) -> Schedule:
        """Nothing dispatched of `task["jobs"]`, lists of [machine, duration]. Raises TaskError where they are none, or
        `best` is no makespan."""
        task = task or EXAMPLE
        jobs = _jobs(task)
        machines = 1 + max(operation.machine for job in jobs for operation in job)
        shop = Shop(jobs, machines, integer(task, "best", 1, MAX_TIME), *_blank(jobs, machines))
        return Schedule(shop, (), (0,) * len(jobs), (0,) * len(jobs), (0,) * machines)

    def list_moves(self, state: Schedule) -> list[int]:
        """The jobs of which one has to go next on the machine that could finish an operation first."""
        operations = {
            job: jobs[done]
            for job, (jobs, done) in enumerate(zip(state.shop.jobs, state.progress, strict=True))
            if done < len(jobs)
        }
        if not operations:
            return []
        starts = {job: self.start(state, job) for job in operations}
        end, machine = min((starts[job] + each.duration, each.machine) for job, each in operations.items())
        return [job for job, each in operations.items() if each.machine == machine and starts[job] < end]

    def apply(self, state: Schedule, move: int) -> Schedule:
        """The operation as early as possible after those that were dispatched."""
        machine, duration = state.shop.jobs[move][state.progress[move]]
        end = self.start(state, move) + duration
        progress, job_ready, machine_ready = [*state.progress], [*state.job_ready], [*state.machine_ready]
        progress[move] += 1
        job_ready[move] = machine_ready[machine] = end
        return Schedule(state.shop, (*state.order, move), tuple(progress), tuple(job_ready), tuple(machine_ready))

    def start(self, state: Schedule, move: int) -> int:
        """When the next operation of a job would begin."""
        machine = state.shop.jobs[move][state.progress[move]].machine
        return max(state.job_ready[move], state.machine_ready[machine])

    def score(self, state: Schedule) -> float:
        """The least makespan by that of the schedule."""
        return min(1.0, state.shop.best / max(state.job_ready))

    def key(self, state: Schedule) -> tuple[Any, ...]:
        """The jobs, how far each is, and when jobs and machines are ready; the order of dispatch does not matter."""
        return state.shop.jobs, state.shop.best, state.progress, state.job_ready, state.machine_ready

    def describe(self, state: Schedule) -> str:
        """Each job with what is left of it, and when jobs and machines are ready."""
        lines = []
        for job, operations in enumerate(state.shop.jobs):
            left = operations[state.progress[job] :]
            text = ", ".join(f"machine {machine} for {duration}" for machine, duration in left) or "finished"
            lines.append(f"job {job}, ready at {state.job_ready[job]}: {text}")
        ready = ", ".join(f"{machine} at {time}" for machine, time in enumerate(state.machine_ready))
        return "\n".join([*lines, f"machines ready: {ready}"])

    def move_name(self, state: Schedule, move: int) -> str:
        """Such as "job 2"."""
        return f"job {move}"

    def tokens(self, state: Schedule, symmetry: int = 0) -> Int16:
        """A row for each job, with the machine (a letter) and the duration of each operation, a token over the one that
        is next, and the time at which the job is ready; then a row for each machine with the time at which it is."""
        shop, jobs = state.shop, len(state.progress)
        times = [(row, encode(str(time))) for row, time in enumerate(state.job_ready + state.machine_ready)]
        digits = [
            (symbol, row, column)
            for row, text in times
            for column, symbol in enumerate(text, _COLUMN + 4 - len(text))  # equal places stand in one column
        ]
        tokens = np.empty((len(shop.blank) + len(digits), 3), np.int16)
        tokens[: len(shop.blank)] = shop.blank
        tokens[:jobs, 2] = [2 * done for done in state.progress]
        tokens[len(shop.blank) :] = digits
        return tokens

    def move_tokens(self, state: Schedule, move: int) -> tuple[list[int], list[int]]:
        """When the operation would begin; about the operation, and its machine."""
        done = state.progress[move]
        place = len(state.progress) + state.shop.jobs[move][done].machine
        return [ID["job"], *encode(str(self.start(state, move)))], [state.shop.starts[move] + 2 * done, place]

    def answer(self, state: Schedule) -> list[int] | None:
        """The jobs in the order of dispatch."""
        return None if self.moves(state) else [*state.order]

    def move_claim(self, state: Schedule, move: int) -> str:
        """Such as "Operation 2 of job 1 runs on machine 3 from 4 to 9."."""
        done, start = state.progress[move], self.start(state, move)
        machine, duration = state.shop.jobs[move][done]
        return f"Operation {done} of job {move} runs on machine {machine} from {start} to {start + duration}."


def _jobs(task: Task) -> tuple[tuple[Operation, ...], ...]:
    rows = task.get("jobs") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= MAX_JOBS:
        raise TaskError(f"jobs must be a list of 1 to {MAX_JOBS} lists of operations [machine, duration]")
    return tuple(_operations(f"jobs[{job}]", row) for job, row in enumerate(rows))


def _operations(name: str, row: Any) -> tuple[Operation, ...]:
    if not isinstance(row, list | tuple) or not 1 <= len(row) <= MAX_OPERATIONS:
        raise TaskError(f"{name} must be a list of 1 to {MAX_OPERATIONS} operations [machine, duration]")
    found = []
    for place, pair in enumerate(row):
        path = f"{name}[{place}]"
        machine, duration = integers({path: pair}, path, 0, MAX_DURATION, least=2, most=2)
        if machine >= MAX_MACHINES or not duration:
            raise TaskError(f"{path} must be [machine from 0 to {MAX_MACHINES - 1}, duration from 1], not {[*pair]}")
        found.append(Operation(machine, duration))
    return tuple(found)


def _blank(jobs: tuple[tuple[Operation, ...], ...], machines: int) -> tuple[Int16, tuple[int, ...]]:
    """Jobs, machines, and the operations of each job."""
    rows = [(ID["job"], job, 0) for job in range(len(jobs))]
    rows += [(_LETTERS[machine], len(jobs) + machine, _COLUMN) for machine in range(machines)]
    rows.append((ID["job shop"], len(jobs) + machines, 0))
    first = len(rows)
    for job, operations in enumerate(jobs):
        for place, (machine, duration) in enumerate(operations):
            rows += [(_LETTERS[machine], job, 2 * place), (ID[str(duration)], job, 2 * place + 1)]
    starts = accumulate((2 * len(operations) for operations in jobs[:-1]), initial=first)
    return np.array(rows, np.int16), tuple(starts)


def environment() -> JobShop:
    """Up to five jobs of four operations on four machines."""
    return JobShop()
