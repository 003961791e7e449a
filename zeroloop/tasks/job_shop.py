"""The job shop: the order of operations on machines that finishes all jobs as early as possible."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.job_shop import MAX_DURATION, MAX_JOBS, MAX_MACHINES, MAX_OPERATIONS, MAX_TIME
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._indices import read_indices, unreadable, written
from zeroloop.tasks._kinds import Kind, correct, endless, wrong

Jobs = tuple[tuple[tuple[int, int], ...], ...]
"""Machine and duration of each operation of each job."""
Times = tuple[int, ...]

SIZES = ((2, 2), (3, 2), (2, 3), (3, 3), (3, 4), (4, 3), (4, 4), (5, 4))
"""Jobs and machines, by difficulty."""
_RUNS = re.compile(
    r"Operation (\d{1,3}) of job (\d{1,3}) runs on machine (\d{1,3}) from (\d{1,4}) to (\d{1,4})\.", re.ASCII
)


class Statement(NamedTuple):
    """What a task asks: the jobs, and the least makespan."""

    jobs: Jobs
    best: int


class Fastest(NamedTuple):
    """An order of dispatch with the least makespan, the makespan, and the states that were looked at."""

    order: tuple[int, ...]
    makespan: int
    nodes: int


class JobShop(Kind):
    """Dial: from 2 jobs on 2 machines to 5 jobs on 4; each job visits every machine once.

    The score is the least makespan by that of the schedule; a success is at most 3 % longer.
    """

    name = "job_shop"
    family = "search"
    type = "optimization"
    version = 2
    min_score = 0.97
    environment_name = "job_shop"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Orders of machines and durations are random."""
        count, machines = SIZES[min(len(SIZES) - 1, int(len(SIZES) * difficulty))]
        jobs = tuple(
            tuple((int(machine), int(rng.integers(1, MAX_DURATION + 1))) for machine in rng.permutation(machines))
            for _ in range(count)
        )
        fastest = _fastest(jobs)
        listed = "; ".join(
            f"job {job}: {', '.join(f'machine {machine} for {duration}' for machine, duration in operations)}"
            for job, operations in enumerate(jobs)
        )
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"Schedule {count} jobs on {machines} machines so that the last one is finished as early as possible. "
                "The operations of a job run one after the other in the given order, without a break; a machine runs "
                f"one at a time. The operations: {listed}. Answer with the order of dispatch, a list of job numbers: "
                "each one stands for the next operation of that job, which starts as soon as the one before it in the "
                "job is finished and its machine is done with all that come earlier in the list."
            ),
            "jobs": [[[*operation] for operation in operations] for operations in jobs],
            "best": fastest.makespan,
            "answer": [*fastest.order],
            "steps": [*_steps(fastest.order)],
        }

    def read(self, task: Task) -> Statement:
        """The jobs, and the least makespan: computed where the task does not say it."""
        jobs = _jobs(task)
        return Statement(jobs, integer(task, "best", 1, MAX_TIME) if "best" in task else _fastest(jobs).makespan)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """As many entries of each job as it has operations; the schedule is made anew."""
        jobs, best = problem
        total = sum(map(len, jobs))
        order = read_indices(answer, len(jobs), total)
        counts = Counter(order)
        for job, operations in enumerate(jobs):
            if counts[job] != len(operations):
                return wrong(f"job {job} has {len(operations)} operations, and {counts[job]} are dispatched")
        makespan = _makespan(jobs, order)
        if makespan < best:
            return Verdict(
                "error", 0.0, f"the task is broken: best is {best}, but a makespan of {makespan} is possible"
            )
        return correct(best / makespan, f"the makespan is {makespan}, the least is {best}")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Branch and bound over active schedules (Giffler and Thompson 1960)."""
        order, makespan, nodes = _fastest(_jobs(task))
        return Solution([*order], _steps(order), makespan, nodes)

    def baseline(self, task: Task) -> list[int]:
        """Most work remaining: of the operations that can start first, one of the job with most time left."""
        return _dispatched(_jobs(task), longest=True)

    def shortest_processing_time(self, task: Task) -> list[int]:
        """Another baseline: of the operations that can start first, always the shortest one."""
        return _dispatched(_jobs(task), longest=False)

    def structure(self, task: Task) -> str:
        """The jobs without order, under the names of machines that make them come first."""
        jobs = _jobs(task)
        return str(min(_renamed(jobs)))

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is about the next operation of a job, on its machine, as early as possible for its duration."""
        jobs, best = self.read(task)
        done = [0] * len(jobs)
        job_free, machine_free = [0] * len(jobs), [0] * MAX_MACHINES
        for claim in claims:
            match = _RUNS.fullmatch(claim)
            if match is None:
                return f"not readable: {claim!r}"
            operation, job, *rest = map(int, match.groups())
            if job >= len(jobs) or operation != done[job] or operation == len(jobs[job]):
                return f"not the next operation of a job: {claim!r}"
            machine, duration = jobs[job][operation]
            start = max(job_free[job], machine_free[machine])
            if rest != [machine, start, start + duration]:
                return f"not true: {claim!r}"
            job_free[job] = machine_free[machine] = start + duration
            done[job] += 1
        if any(count < len(operations) for count, operations in zip(done, jobs, strict=True)):
            return "not all operations are scheduled"
        if best / max(job_free) < self.min_score:
            return f"the schedule is not good enough: it takes {max(job_free)} where {best} is possible"
        return None

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known order, and others that lead to the same schedule, as lists and as text."""
        jobs, order = _jobs(task), list(task["answer"])
        return endless(lambda: written(order, rng), lambda: written(_commuted(jobs, order, rng), rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Orders with too many or too few operations of a job, jobs that do not exist, and no lists of jobs."""
        order, count = list(task["answer"]), len(task["jobs"])

        def another_job() -> list[int]:
            at = int(rng.integers(len(order)))
            other = (order[at] + int(rng.integers(1, count + 1))) % (count + 1)
            return [*order[:at], other, *order[at + 1 :]]

        def one_missing() -> list[int]:
            at = int(rng.integers(len(order)))
            return [*order[:at], *order[at + 1 :]]

        def one_more() -> list[int]:
            at = int(rng.integers(len(order) + 1))
            return [*order[:at], int(rng.integers(count)), *order[at:]]

        return endless(
            lambda: written(another_job(), rng),
            lambda: written(one_missing(), rng),
            lambda: written(one_more(), rng),
            lambda: written([job + 1 for job in order], rng),
            lambda: written([*range(count)], rng),
            lambda: [*order[:-1], 10**20],
            lambda: unreadable(order, rng),
            rng=rng,
        )


def _jobs(task: Task) -> Jobs:
    """The operations of each job. Raises TaskError."""
    rows = task.get("jobs") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= MAX_JOBS:
        raise TaskError(f"jobs must be a list of 1 to {MAX_JOBS} lists of operations [machine, duration]")
    jobs = []
    for job, row in enumerate(rows):
        if not isinstance(row, list | tuple) or not 1 <= len(row) <= MAX_OPERATIONS:
            raise TaskError(f"jobs[{job}] must be a list of 1 to {MAX_OPERATIONS} operations [machine, duration]")
        operations = []
        for place, pair in enumerate(row):
            name = f"jobs[{job}][{place}]"
            machine, duration = integers({name: pair}, name, 0, MAX_DURATION, least=2, most=2)
            if machine >= MAX_MACHINES or duration < 1:
                raise TaskError(f"{name} must be [machine below {MAX_MACHINES}, duration above 0]")
            operations.append((machine, duration))
        jobs.append(tuple(operations))
    return tuple(jobs)


def _makespan(jobs: Jobs, order: Sequence[int]) -> int:
    """When the last operation ends, each as early as possible after those before it in its job and on its machine."""
    waiting = [list(operations) for operations in jobs]
    finished: list[tuple[int, int, int]] = []  # job, machine, end
    for job in order:
        machine, duration = waiting[job].pop(0)
        start = max((end for j, m, end in finished if j == job or m == machine), default=0)
        finished.append((job, machine, start + duration))
    return max(end for _, _, end in finished)


def _dispatched(jobs: Jobs, longest: bool) -> list[int]:
    """Of the operations that can start first, always that of the job with the most time left, or the shortest one."""
    node = _Node((0,) * len(jobs), (0,) * len(jobs), (0,) * MAX_MACHINES, ())
    while left := [job for job, done in enumerate(node.done) if done < len(jobs[job])]:
        ranks = []
        for job in left:
            (machine, duration), *others = jobs[job][node.done[job] :]
            work = duration + sum(more for _, more in others)
            ranks.append((max(node.jobs[job], node.machines[machine]), -work if longest else duration, job))
        node = _after(jobs, node, min(ranks)[2])
    return [*node.order]


class _Node(NamedTuple):
    """A part of a schedule: operations done of each job, when jobs and machines are free, and the order of dispatch."""

    done: Times
    jobs: Times
    machines: Times
    order: tuple[int, ...]


@functools.lru_cache(maxsize=1024)
def _fastest(jobs: Jobs) -> Fastest:
    """Depth first over active schedules, of which one is best: some operation runs on the machine that can finish one
    first, and starts before that (Giffler and Thompson 1960).

    Left out is what a bound says is no better than the best found, and what is no better than something seen: as many
    operations done of each job, and nothing free earlier.
    """
    best = Fastest((), 1 + sum(duration for operations in jobs for _, duration in operations), 0)
    zeros, total = (0,) * len(jobs), sum(map(len, jobs))
    stack = [_Node(zeros, zeros, (0,) * MAX_MACHINES, ())]
    lowest, nodes = _bound(jobs, stack[0]), 1
    seen: dict[Times, list[Times]] = {}
    while stack and best.makespan > lowest:
        node = stack.pop()
        times = seen.setdefault(node.done, [])
        if _bound(jobs, node) >= best.makespan or any(_no_later(other, node.jobs + node.machines) for other in times):
            continue
        times.append(node.jobs + node.machines)
        if len(node.order) == total:
            best = Fastest(node.order, max(node.jobs), 0)
            continue
        children = [_after(jobs, node, job) for job in _conflict(jobs, node)]
        nodes += len(children)
        stack += sorted(children, key=lambda child: -_bound(jobs, child))  # the most promising one is next
    return Fastest(best.order, best.makespan, nodes)


def _no_later(times: Times, than: Times) -> bool:
    return all(a <= b for a, b in zip(times, than, strict=True))


def _conflict(jobs: Jobs, node: _Node) -> list[int]:
    """Jobs of which one has to go next on the machine that can finish an operation first."""
    starts = {}
    first = None
    for job, done in enumerate(node.done):
        if done < len(jobs[job]):
            machine, duration = jobs[job][done]
            starts[job] = start = max(node.jobs[job], node.machines[machine])
            if first is None or (start + duration, machine) < first:
                first = start + duration, machine
    assert first is not None
    return [job for job, start in starts.items() if jobs[job][node.done[job]][0] == first[1] and start < first[0]]


def _after(jobs: Jobs, node: _Node, job: int) -> _Node:
    machine, duration = jobs[job][node.done[job]]
    end = max(node.jobs[job], node.machines[machine]) + duration
    done, free, machines = [*node.done], [*node.jobs], [*node.machines]
    done[job] += 1
    free[job] = machines[machine] = end
    return _Node(tuple(done), tuple(free), tuple(machines), (*node.order, job))


def _bound(jobs: Jobs, node: _Node) -> int:
    """No schedule that begins like this ends earlier: each job needs its time, and each machine has to run what is left
    for it between the earliest start and the least time that follows."""
    bound = 0
    heads: dict[int, int] = {}
    tails: dict[int, int] = {}
    loads: Counter[int] = Counter()
    for operations, done, time in zip(jobs, node.done, node.jobs, strict=True):
        left = sum([duration for _, duration in operations[done:]])
        for machine, duration in operations[done:]:
            time = max(time, node.machines[machine])
            left -= duration
            heads[machine] = min(heads.get(machine, time), time)
            tails[machine] = min(tails.get(machine, left), left)
            loads[machine] += duration
            time += duration
        bound = max(bound, time)
    return max([bound, *(heads[machine] + loads[machine] + tails[machine] for machine in loads)])


def _renamed(jobs: Jobs) -> Iterator[list[list[tuple[int, int]]]]:
    """The sorted jobs, for all ways to number the machines."""
    for names in itertools.permutations(range(MAX_MACHINES)):
        yield sorted([[(names[machine], duration) for machine, duration in operations] for operations in jobs])


def _commuted(jobs: Jobs, order: Sequence[int], rng: np.random.Generator) -> list[int]:
    """The order after swaps of neighbours that have neither job nor machine in common: the schedule is the same."""
    entries = []
    done: Counter[int] = Counter()
    for job in order:
        entries.append((job, jobs[job][done[job]][0]))
        done[job] += 1
    for _ in range(2 * len(entries)):
        at = int(rng.integers(len(entries) - 1))
        first, second = entries[at : at + 2]
        if first[0] != second[0] and first[1] != second[1]:
            entries[at : at + 2] = [second, first]
    return [job for job, _ in entries]


def _steps(order: Sequence[int]) -> tuple[str, ...]:
    """The moves of the environment."""
    return tuple(f"job {job}" for job in order)


def kind() -> JobShop:
    """Jobs of operations on machines."""
    return JobShop()
