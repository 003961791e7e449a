"""Questions to a process in the sandbox, and its answers, while what it prints is kept within limits.

Requests are lines; how they are written depends on the language. An answer is a line "NONCE JSON", and the nonce of a
request comes with that request: code that runs earlier cannot know it, so it cannot answer for a later one.
"""

import contextlib
import json
import os
import secrets
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from zeroloop.sandbox.calls import NOT_CALLED, Call, Outcome, Value, not_loaded, packed, unpacked
from zeroloop.sandbox.process import Worker
from zeroloop.sandbox.protection import Limits

START_SECONDS = 30.0
"""Time that the sandbox may take to start; it is not the code's."""
_SIGNALS = 128  # bubblewrap ends with 128 + n where signal n ended what it ran

Written: TypeAlias = Callable[[dict[str, Any]], str]
"""A request, which is JSON, in the words of a language; without line ends."""


class Conversation:
    """One run of a worker that has begun."""

    def __init__(self, worker: Worker, limits: Limits, written: Written) -> None:
        self.worker, self.limits, self.written = worker, limits, written
        self.pipes = worker.pipes
        self.results, self.output = bytearray(), bytearray()
        self.listening = False
        """Whether the other side waits for requests, as far as is known."""

    def text(self) -> str:
        """What was printed."""
        return self.output.decode(errors="replace").strip()

    def starts(self) -> Outcome:
        """Whether the other side is there: an outcome with the value None."""
        return self.ask({}, time.monotonic() + START_SECONDS)

    def run(self, source: Value, calls: Sequence[Call]) -> list[Outcome]:
        """The outcome of each call, after the source was loaded."""
        end = time.monotonic() + self.limits.wall_seconds
        last = self.ask({"source": source}, end)
        if last.kind != "returned":
            self.listening = last.kind == "raised"
            return not_loaded(last, calls)
        kept = {call.receiver for call in calls}
        outcomes: list[Outcome] = []
        for number, call in enumerate(calls):
            if last.kind in ("returned", "raised"):
                request = {"number": number, "keep": number in kept, "receiver": call.receiver}
                last = self.ask({**request, "function": call.function, "arguments": list(call.arguments)}, end)
                outcomes.append(last)
            else:
                outcomes.append(NOT_CALLED)
        self.listening = last.kind in ("returned", "raised")
        return outcomes

    def ask(self, request: dict[str, Any], end: float) -> Outcome:
        """The outcome of a request, answered before the clock (time.monotonic) shows `end`."""
        nonce = secrets.token_hex(16)
        try:
            if "arguments" in request:
                request = {**request, "arguments": packed(request["arguments"])}
            plain = json.loads(json.dumps(request, allow_nan=False))
            line = self.written({"nonce": nonce, "longest": self.limits.reply, **plain}).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            return Outcome("missing", detail=f"what was to be sent is no JSON: {error}")
        return self._exchange(line, end) or self._read(nonce)

    def _exchange(self, line: bytes, end: float) -> Outcome | None:
        """Sends a request, and waits for a line of results; an outcome where none comes."""
        longest = self.limits.reply + 1_000
        with selectors.DefaultSelector() as selector:
            selector.register(self.pipes.requests, selectors.EVENT_WRITE)
            selector.register(self.pipes.results, selectors.EVENT_READ)
            selector.register(self.pipes.output, selectors.EVENT_READ)
            while b"\n" not in self.results:
                left = end - time.monotonic()
                if left <= 0:
                    return self._stalled()
                for key, _ in selector.select(left):
                    if key.fd == self.pipes.requests:
                        with contextlib.suppress(BlockingIOError, BrokenPipeError):
                            line = line[os.write(key.fd, line) :]
                        if not line:
                            selector.unregister(key.fd)
                    elif not (data := os.read(key.fd, 2**16)):
                        selector.unregister(key.fd)
                        if key.fd == self.pipes.results:
                            return self._ended(end)
                    elif key.fd == self.pipes.results:
                        self.results += data
                    else:
                        self.output += data
                if len(self.output) > self.limits.output:
                    del self.output[self.limits.output :]
                    return Outcome("killed", detail=f"it printed more than {self.limits.output} bytes")
                if len(self.results) > longest:
                    return Outcome("killed", detail=f"it returned more than {longest} bytes")
        return None

    def _stalled(self) -> Outcome:
        return Outcome("stalled", detail=f"{self.limits.wall_seconds:g} s on the clock were over")

    def _ended(self, end: float) -> Outcome:
        """Why there are no more results."""
        code = self.worker.wait(end - time.monotonic())
        if code is None:
            return self._stalled()
        with contextlib.suppress(BlockingIOError):
            while len(self.output) < self.limits.output and (data := os.read(self.pipes.output, 2**12)):
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
        if "value" not in answer:
            return Outcome("raised", detail=answer["raised"])
        try:
            return Outcome("returned", unpacked(answer["value"]))
        except (ValueError, RecursionError) as error:
            return Outcome("missing", detail=f"what came back is no result: {error}")
