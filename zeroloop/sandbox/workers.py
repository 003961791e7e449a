"""Warm processes for foreign code, and runs in them.

No run can find anything of another one: a process of Node or Java runs one program and is thrown away, while the next
ones start in the background; a Python server makes a child for each, which can do nothing to the server.
"""

import atexit
import contextlib
import os
import platform
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from zeroloop.errors import SandboxError, unknown_name
from zeroloop.sandbox.calls import Call, Outcome, Run, check_receivers, not_loaded
from zeroloop.sandbox.conversation import Conversation
from zeroloop.sandbox.java import Java
from zeroloop.sandbox.javascript import JavaScript
from zeroloop.sandbox.process import Worker
from zeroloop.sandbox.protection import INSTALL, Limits, bubblewrap, tool
from zeroloop.sandbox.python import Python
from zeroloop.sandbox.system_calls import common


class Language(Protocol):
    """What it takes to run programs in a language."""

    spare: int
    """Processes that are started ahead of runs; 0 where one serves many runs."""

    def found(self) -> str:
        """Its toolchain, in words. Raises SandboxError where it is missing."""

    def start(self, limits: Limits) -> Worker:
        """A process which will be ready for a run soon."""

    def loaded(self, source: str, limits: Limits) -> Outcome:
        """With what a process is to be asked to load a source, as the value; or why it cannot be."""

    def written(self, request: dict[str, Any]) -> str:
        """A request as a process reads it."""

    def close(self) -> None:
        """Ends what it keeps for all runs."""


LANGUAGES: dict[str, Callable[[], Language]] = {"python": Python, "javascript": JavaScript, "java": Java}
_SMALL = {
    "python": "def twice(n):\n    return 2 * n\n",
    "javascript": "const twice = n => 2 * n;\n",
    "java": "class Solution {\n    static int twice(int n) {\n        return 2 * n;\n    }\n}\n",
}
MOST_READY = 2
"""Processes that wait for runs in a language within certain limits."""
MOST_KINDS = 6
"""Languages and limits that processes are kept ready for; beyond it, those of the ones not used for longest go."""


def available(language: str) -> str | None:
    """Why programs in a language cannot run here, and the remedy; None where all that they need is installed.

    Raises UnknownNameError.
    """
    try:
        bubblewrap()
        for name in ("setpriv", "prlimit"):
            tool(name, "apt-get install util-linux")
        _language(language).found()
    except SandboxError as problem:
        return str(problem)
    return None


def _language(name: str) -> Language:
    if name not in LANGUAGES:
        raise unknown_name("language", name, LANGUAGES)
    return LANGUAGES[name]()


def examine(language: str) -> str:
    """What runs a language here, in words, after a run of a small program. Raises SandboxError, UnknownNameError."""
    parts = [_language(language).found(), bubblewrap()]
    outcome = run(language, _SMALL[language], [Call("twice", [21])]).outcomes[0]
    if outcome.value != 42:
        raise SandboxError(f"the sandbox does not run a small program: {outcome.kind}: {outcome.detail}")
    if not common():
        parts.append(f"no filter of system calls for {platform.machine()}")
    return ", ".join(parts)


class Workers:
    """Runs programs, in any thread. Processes that wait for runs are ended by `close`, and with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._languages: dict[str, Language] = {}
        self._ready: OrderedDict[tuple[str, Limits], deque[Worker]] = OrderedDict()
        self._closed = False

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, language: str, source: str, calls: Sequence[Call], limits: Limits | None = None) -> Run:
        """What each call came to; see zeroloop.sandbox.run."""
        check_receivers(calls)
        limits = limits or Limits()
        with self._lock:
            known = self._languages.get(language) or self._languages.setdefault(language, _language(language))
        loaded = known.loaded(source, limits)
        if loaded.kind != "returned":
            return Run(not_loaded(loaded, calls), "")
        with self._conversation(language, known, limits) as conversation:
            return Run(conversation.run(loaded.value, calls), conversation.text())

    def close(self) -> None:
        """Ends all processes that wait, and those in use when their run is over."""
        with self._lock:
            self._closed = True
            kept: list[Worker | Language] = [worker for workers in self._ready.values() for worker in workers]
            kept += self._languages.values()
            self._ready.clear()
        for each in kept:
            each.close()

    @contextlib.contextmanager
    def _conversation(self, language: str, known: Language, limits: Limits) -> Iterator[Conversation]:
        """A conversation with a process that is there. Raises SandboxError where none starts."""
        conversation = self._begun(language, known, limits)
        try:
            for _ in range(known.spare - self._number(language, limits)):
                self._keep(language, limits, known.start(limits))
            yield conversation
        except BaseException:
            conversation.worker.close()
            raise
        if conversation.worker.end(conversation.listening):
            self._keep(language, limits, conversation.worker)

    def _begun(self, language: str, known: Language, limits: Limits) -> Conversation:
        while True:
            waited = self._waiting(language, limits)
            worker = waited or known.start(limits)
            worker.begin()
            conversation = Conversation(worker, limits, known.written)
            if (ready := conversation.starts()).kind == "returned":
                return conversation
            said = conversation.text() or worker.log() or ready.detail
            worker.close()
            if not waited:  # one that waited may have been killed by somebody, which says nothing about the next
                raise SandboxError(
                    f"the sandbox does not start ({ready.kind}): {said}; it needs user namespaces that users may make, "
                    f"and {INSTALL}"
                )

    def _waiting(self, language: str, limits: Limits) -> Worker | None:
        with self._lock:
            ready = self._ready.get((language, limits))
            return ready.popleft() if ready else None

    def _number(self, language: str, limits: Limits) -> int:
        with self._lock:
            return len(self._ready.get((language, limits), ()))

    def _keep(self, language: str, limits: Limits, worker: Worker) -> None:
        """For a later run, unless there are enough; those which were not used for long go."""
        gone: list[Worker] = []
        with self._lock:
            ready = self._ready.setdefault((language, limits), deque())
            self._ready.move_to_end((language, limits))
            if self._closed or len(ready) >= MOST_READY:
                gone.append(worker)
            else:
                ready.append(worker)
            while len(self._ready) > MOST_KINDS:
                gone += self._ready.popitem(last=False)[1]
        for each in gone:
            each.close()


_shared = [Workers()]
_of_parents: list[Workers] = []


def run(language: str, source: str, calls: Sequence[Call], limits: Limits | None = None) -> Run:
    """What each call of a function in `source` came to, in a process of its own behind the walls.

    language: "python", "javascript" or "java". The source is loaded once and calls are made one after the other; each
    gets arguments of its own. A result counts only with the nonce that came with its call. The process and all that
    belongs to it is gone when this returns. May be called from any thread. Raises UnknownNameError; ValueError for
    receivers that are no earlier calls; and SandboxError where there is no sandbox or toolchain: foreign code never
    runs without.
    """
    return _shared[0].run(language, source, calls, limits)


def _forked() -> None:
    """The processes belong to the parent, which goes on using them."""
    _of_parents.append(_shared[0])
    _shared[0] = Workers()


os.register_at_fork(after_in_child=_forked)
atexit.register(lambda: _shared[0].close())
