"""Python: a server inside the sandbox makes a child for each run, which has limits and a filter of its own."""

import contextlib
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

from zeroloop.sandbox import system_calls
from zeroloop.sandbox.calls import Outcome
from zeroloop.sandbox.process import Pipes, ended, kill, start
from zeroloop.sandbox.protection import Limits, Program, interpreter

PYTHON = "/usr/bin/python3"
REMEDY = "apt-get install python3"
LEAVING_SECONDS = 1.0
"""Time that a child may take to end after its last answer."""
_INSIDE = Path(__file__).with_name("_inside_python.py")


class Python:
    """See Language in workers.py."""

    spare = 0

    def found(self) -> str:
        return str(interpreter(PYTHON, REMEDY))

    def start(self, limits: Limits) -> "Server":
        return Server(limits)

    def loaded(self, source: str, limits: Limits) -> Outcome:
        return Outcome("returned", source)

    def written(self, request: dict[str, Any]) -> str:
        """A Python literal."""
        return repr(request)

    def close(self) -> None:
        pass


class Server:
    """Children of one process inside, one at a time; see _inside_python.py.

    Without a filter of system calls a child could do something to the server, so then it serves one run only.
    """

    def __init__(self, limits: Limits) -> None:
        self._filter = system_calls.alone()
        self._link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log, output = os.pipe()
        self._running = False
        try:
            program = self._program(limits, theirs.fileno())
            self.process = start(program, subprocess.DEVNULL, output, output, theirs.fileno())
        except BaseException:
            self._link.close()
            os.close(self._log)
            raise
        finally:
            theirs.close()
            os.close(output)

    def _program(self, limits: Limits, link: int) -> Program:
        inside = [str(link), str(limits.memory), str(limits.processor_seconds), self._filter.hex()]
        return Program(
            words=[str(interpreter(PYTHON, REMEDY)), "-I", "-S", "-B", "-c", _INSIDE.read_text(), *inside],
            limits=("--nofile=32",),
            system_calls=system_calls.common(),
        )

    def begin(self) -> None:
        self._code: int | None = None
        self.pipes = Pipes()
        self._running = True
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is gone, which the pipes will show
            socket.send_fds(self._link, [b"run"], self.pipes.theirs)
        self.pipes.give()

    def wait(self, seconds: float) -> int | None:
        if self._code is None:
            self._link.settimeout(max(0.001, seconds))
            try:
                code = self._link.recv(16)
            except TimeoutError:
                return None
            except ConnectionResetError:
                code = b""
            self._code = int(code) if code else ended(self.process, seconds)
        return self._code

    def end(self, listening: bool) -> bool:
        """A child that listens ends by itself, because there is nothing more to read; another is killed with all."""
        if listening:
            self.pipes.end_requests()
            self.wait(LEAVING_SECONDS)
        if self._code is None or not self._filter:
            self.close()
            return False
        self.pipes.close()
        self._running = False
        return True

    def close(self) -> None:
        kill(self.process)
        if self._running:
            self.pipes.drain()
            self.pipes.close()
        self._link.close()
        os.close(self._log)

    def log(self) -> str:
        os.set_blocking(self._log, False)
        try:
            return os.read(self._log, 2**12).decode(errors="replace").strip()
        except BlockingIOError:
            return ""
