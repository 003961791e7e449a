"""A few threads that keep all cores busy with one iteration's work, whatever finishes first."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

Job = Callable[[], None]


class Sharded(Protocol):
    """Work in segments of which only one runs at a time, such as an actor's moves."""

    @property
    def remaining(self) -> int:
        """How much is still to do; 0 when finished."""

    def play(self, moves: int) -> None:
        """Do about this much of it."""


class StoppedError(Exception):
    """The work was interrupted before its end."""


class WorkPool:
    """Runs long jobs first, and fills the other threads with segments of the shards, the most behind first.

    Results do not depend on the order: every job and shard works on its own data.
    """

    def __init__(self, jobs: Sequence[Job], shards: Sequence[Sharded], segment: int) -> None:
        self._jobs, self._idle, self._segment = list(jobs), list(shards), max(1, segment)
        self._lock = threading.Condition()
        self._working = 0
        self._stop = False
        self._error: BaseException | None = None

    @property
    def stopping(self) -> bool:
        """Whether long jobs should give up."""
        return self._stop

    def run(self, threads: int, watch: Callable[[], None], interval: float = 0.5) -> None:
        """Work until all is done, calling `watch` from this thread at once and every `interval` seconds.

        Raises what a job raised. An exception in this thread (such as KeyboardInterrupt) stops the work first.
        """
        try:
            for _ in range(threads):
                worker = threading.Thread(target=self._work, daemon=True)
                self._working += 1
                worker.start()
            watch()
            while self._wait(interval):
                watch()
        except BaseException:
            self._stop = True
            while self._wait(interval):
                pass
            raise
        if self._error is not None:
            raise self._error

    def _wait(self, seconds: float | None) -> bool:
        """Wait at most so long for the workers to end; whether some still work.

        On a condition, not in Thread.join: an interrupted join forgets in Python 3.11 that the thread still runs.
        """
        with self._lock:
            return not self._lock.wait_for(lambda: self._working == 0, seconds)

    def _work(self) -> None:
        try:
            while not self._stop:
                with self._lock:
                    job = self._next()
                if job is None:
                    return
                job()
        except StoppedError:
            return
        except BaseException as error:
            self._error = self._error or error
            self._stop = True
        finally:
            with self._lock:
                self._working -= 1
                self._lock.notify_all()

    def _next(self) -> Job | None:
        if self._jobs:
            return self._jobs.pop(0)
        self._idle = [shard for shard in self._idle if shard.remaining]
        if not self._idle:
            return None
        shard = max(self._idle, key=lambda s: s.remaining)
        self._idle.remove(shard)

        def segment() -> None:
            shard.play(self._segment)
            with self._lock:
                self._idle.append(shard)

        return segment
