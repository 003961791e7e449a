"""Calls of functions in foreign Python source, each with an outcome of its own."""

import contextlib
import json
import os
import secrets
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from zeroloop.errors import SandboxError
from zeroloop.sandbox.protection import INSTALL, Limits, python, system_call_filter, walls

Value: TypeAlias = Any
"""What JSON can say: None, booleans, numbers, text, lists, mappings of text."""

START_SECONDS = 30.0
"""Time that the sandbox may take to start; it is not the code's."""
LAST_SECONDS = 5.0
"""Time that processes which were killed may take to be gone."""
_INSIDE = Path(__file__).with_name("_inside_python.py")
_SIGNALS = 128  # bubblewrap ends with 128 + n where signal n ended what it ran


class Call(NamedTuple):
    """function(*arguments)."""

    function: str
    arguments: Sequence[Value]


class Outcome(NamedTuple):
    """What became of one call.

    returned: `value` came back. raised: an exception came out of it, or of loading the source, or what it returned is
    no Value. timed out: it used up its time of the processor. stalled: the time on the clock was over, which a busy
    machine may be to blame for. killed: it used more than another limit allows. crashed: the interpreter died. exited:
    the code ended its process. missing: nothing came back that counts as a result, such as for calls that were not made
    because an earlier one ended everything. detail: in words.
    """

    kind: Literal["returned", "raised", "timed out", "stalled", "killed", "crashed", "exited", "missing"]
    value: Value = None
    detail: str = ""


class Run(NamedTuple):
    """outcomes: one for each call, in order. output: the beginning of what the code printed, which is never read as a
    result."""

    outcomes: list[Outcome]
    output: str


def run_python(source: str, calls: Sequence[Call], limits: Limits | None = None) -> Run:
    """What each call of a function in `source` came to, in a sandbox of its own.

    The source is loaded once and calls are made one after the other; each gets arguments of its own. A result counts
    only with the nonce that came with its call. The process and all that belongs to it is gone when this returns.
    Raises SandboxError where there is no sandbox: foreign code never runs without.
    """
    limits = limits or Limits()
    with _Conversation(limits) as conversation:
        if (ready := conversation.ask({}, time.monotonic() + START_SECONDS)).kind != "returned":
            raise SandboxError(
                f"the sandbox does not start ({ready.kind}): {conversation.text() or ready.detail}; it needs user "
                f"namespaces that users may make, and {INSTALL}"
            )
        end = time.monotonic() + limits.wall_seconds
        outcomes: list[Outcome] = []
        last = conversation.ask({"source": source}, end)
        if last.kind == "raised":
            outcomes = [last._replace(detail=f"while it was loaded: {last.detail}")] * len(calls)
        for number, (function, arguments) in enumerate(calls[len(outcomes) :]):
            if last.kind in ("returned", "raised"):
                request = {"function": function, "arguments": list(arguments)}
                last = conversation.ask(request, end)
                outcomes.append(last)
            elif not number:
                outcomes.append(last)
            else:
                outcomes.append(Outcome("missing", detail="not called, because an earlier call ended the program"))
        return Run(outcomes, conversation.text())


class _Conversation:
    """Questions to the process in the sandbox, and its answers, while what it prints is kept within limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.results, self.output = bytearray(), bytearray()
        (filtered, filter_end), (requests, self._requests), (self._results, results), (self._output, output) = (
            os.pipe() for _ in range(4)
        )
        try:
            inside = [python(), "-I", "-S", "-B", "-c", _INSIDE.read_text(), str(results)]
            os.write(filter_end, system_call_filter())
            self._process = subprocess.Popen(
                [*walls(limits, filtered), *inside],
                stdin=requests,
                stdout=output,
                stderr=output,
                pass_fds=(filtered, results),
                env={},
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            _close(self._requests, self._results, self._output)
            raise
        finally:
            _close(filtered, filter_end, requests, results, output)
        for end in (self._requests, self._output):
            os.set_blocking(end, False)

    def __enter__(self) -> "_Conversation":
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process and all that it started, and waits until the last of them is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        while select.select([self._results], [], [], LAST_SECONDS)[0] and os.read(self._results, 2**16):
            pass  # the pipe ends when the last of them has let go of it
        _close(self._requests, self._results, self._output)

    def text(self) -> str:
        """What was printed."""
        return self.output.decode(errors="replace").strip()

    def ask(self, request: dict[str, Any], end: float) -> Outcome:
        """The outcome of a request, answered before the clock (time.monotonic) shows `end`."""
        nonce = secrets.token_hex(16)
        try:
            plain = json.loads(json.dumps(request, allow_nan=False))
            line = repr({"nonce": nonce, "longest": self.limits.reply, **plain}).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            return Outcome("missing", detail=f"what was to be sent is no JSON: {error}")
        failed = self._exchange(line, end)
        return failed or self._read(nonce)

    def _exchange(self, line: bytes, end: float) -> Outcome | None:
        """Sends a request, and waits for a line of results; an outcome where none comes."""
        longest = self.limits.reply + 1_000
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_WRITE)
            selector.register(self._results, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while b"\n" not in self.results:
                left = end - time.monotonic()
                if left <= 0:
                    return Outcome("stalled", detail=f"{self.limits.wall_seconds:g} s on the clock were over")
                for key, _ in selector.select(left):
                    if key.fd == self._requests:
                        with contextlib.suppress(BlockingIOError, BrokenPipeError):
                            line = line[os.write(key.fd, line) :]
                        if not line:
                            selector.unregister(key.fd)
                    elif not (data := os.read(key.fd, 2**16)):
                        selector.unregister(key.fd)
                        if key.fd == self._results:
                            return self._ended(end)
                    elif key.fd == self._results:
                        self.results += data
                    else:
                        self.output += data
                if len(self.output) > self.limits.output:
                    del self.output[self.limits.output :]
                    return Outcome("killed", detail=f"it printed more than {self.limits.output} bytes")
                if len(self.results) > longest:
                    return Outcome("killed", detail=f"it returned more than {longest} bytes")
        return None

    def _ended(self, end: float) -> Outcome:
        """Why there are no more results."""
        try:
            code = self._process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return Outcome("stalled", detail=f"{self.limits.wall_seconds:g} s on the clock were over")
        with contextlib.suppress(BlockingIOError):
            while len(self.output) < self.limits.output and (data := os.read(self._output, 2**12)):
                self.output += data
        number = -code if code < 0 else code - _SIGNALS
        if number == signal.SIGXCPU:
            seconds = self.limits.processor_seconds
            return Outcome("timed out", detail=f"it did not end within {seconds} s of processor time")
        if number == signal.SIGKILL:
            return Outcome("killed", detail="it used more than it may")
        if number > 0:
            return Outcome("crashed", detail=f"signal {number} ended the interpreter")
        return Outcome("exited", detail=f"it ended its process with code {code}")

    def _read(self, nonce: str) -> Outcome:
        """What the line of results says, if it is the one that was asked for."""
        line, _, rest = bytes(self.results).partition(b"\n")
        self.results[:] = rest
        tag, _, text = line.partition(b" ")
        if not secrets.compare_digest(tag, nonce.encode()):
            return Outcome("missing", detail="what came back is not the result of this call")
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            return Outcome("missing", detail="what came back is no JSON")
        if not isinstance(answer, dict) or not ("value" in answer or isinstance(answer.get("raised"), str)):
            return Outcome("missing", detail="what came back is no result")
        if "value" in answer:
            return Outcome("returned", answer["value"])
        return Outcome("raised", detail=answer["raised"])


def _close(*ends: int) -> None:
    for end in ends:
        os.close(end)
