"""Processes behind the walls, and pipes to what runs in them."""

import contextlib
import os
import select
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from zeroloop.sandbox.protection import Program, walls

LAST_SECONDS = 5.0
"""Time that processes which were killed may take to be gone."""


class Pipes:
    """requests, results, output: the ends of this side. `theirs`: those of the other, in the same order."""

    def __init__(self) -> None:
        (requests, self.requests), (self.results, results), (self.output, output) = (os.pipe() for _ in range(3))
        self.theirs: tuple[int, ...] = (requests, results, output)
        for end in (self.requests, self.output):
            os.set_blocking(end, False)

    def give(self) -> None:
        """Closes the ends of the other side, once it has them."""
        close(*self.theirs)
        self.theirs = ()

    def close(self) -> None:
        """Closes all ends."""
        self.end_requests()
        close(self.results, self.output, *self.theirs)

    def end_requests(self) -> None:
        """Tells the other side that there is nothing more to read."""
        if self.requests >= 0:
            close(self.requests)
            self.requests = -1

    def drain(self) -> None:
        """Waits until no process has the other end of the results any more."""
        while select.select([self.results], [], [], LAST_SECONDS)[0] and os.read(self.results, 2**16):
            pass


class Worker(Protocol):
    """Runs programs behind the walls, one after the other or only one, each with pipes of its own."""

    pipes: Pipes

    def begin(self) -> None:
        """Gets ready for a run."""

    def wait(self, seconds: float) -> int | None:
        """How the process of the run ended, as a shell says it (signal n: 128 + n, or -n); None if it still runs."""

    def end(self, listening: bool) -> bool:
        """Ends the run with all that belongs to it, which may still be listening. Whether another run may begin."""

    def close(self) -> None:
        """Ends everything; nothing is left of it afterwards."""

    def log(self) -> str:
        """What went wrong before there was a run."""


class OneRun:
    """A process for one run, which is started ahead of it. On `standard` it has only the three standard descriptors:
    requests, results, and what is printed; else nothing to read, what is printed, and in place of the words
    "REQUESTS" and "RESULTS" the numbers of two more."""

    def __init__(self, program: Program, *, standard: bool = False) -> None:
        self.pipes = Pipes()
        requests, results, output = self.pipes.theirs
        numbers = {"REQUESTS": str(requests), "RESULTS": str(results)}
        program = program._replace(words=[numbers.get(word, word) for word in program.words])
        try:
            if standard:
                self.process = start(program, requests, results, output)
            else:
                self.process = start(program, subprocess.DEVNULL, output, output, requests, results)
        except BaseException:
            self.pipes.close()
            raise
        self.pipes.give()

    def begin(self) -> None:
        pass

    def wait(self, seconds: float) -> int | None:
        return ended(self.process, seconds)

    def end(self, listening: bool) -> bool:
        self.close()
        return False

    def close(self) -> None:
        kill(self.process)
        self.pipes.drain()
        self.pipes.close()

    def log(self) -> str:
        return ""


def start(program: Program, stdin: int, stdout: int, stderr: int, *passed: int) -> subprocess.Popen[bytes]:
    """Starts a program behind the walls. Raises SandboxError where something is missing."""
    with contextlib.ExitStack() as after:
        filtered = _readable(program.system_calls, after)
        files = {path: _readable(content, after) for path, content in program.files.items()}
        words = walls(program, filtered, files)
        handed = (filtered, *files.values(), *passed)
        return _thread().submit(_popen, words, stdin, stdout, stderr, handed).result()


def _popen(words: list[str], stdin: int, stdout: int, stderr: int, passed: tuple[int, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words, stdin=stdin, stdout=stdout, stderr=stderr, pass_fds=passed, env={}, cwd="/", start_new_session=True
    )


def _readable(content: bytes, after: contextlib.ExitStack) -> int:
    """A descriptor that the content can be read from."""
    descriptor = os.memfd_create("sandbox")
    after.callback(os.close, descriptor)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def ended(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """How it ended, or None if it did not within the time."""
    try:
        return process.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        return None


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kills it with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def close(*ends: int) -> None:
    """Closes descriptors."""
    for end in ends:
        os.close(end)


_threads: list[ThreadPoolExecutor] = []


def _thread() -> ThreadPoolExecutor:
    """The thread that starts every process, and lives as long as this one: bubblewrap dies with its parent, and for the
    kernel that is the thread which started it, so a thread that ends would kill what others still use."""
    if not _threads:
        _threads.append(ThreadPoolExecutor(1, "sandbox"))
    return _threads[0]


os.register_at_fork(after_in_child=_threads.clear)
