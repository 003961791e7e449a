"""Java: a warm compiler, which runs no foreign code, and a process for each run, started ahead of it.

The compiler and the program live in processes of their own: what is compiled is text, without annotation processors,
and comes back as class files, which only the process of the run loads. Both are Inside.java, which the compiler's
process starts from its source; it compiles it once more for the others, so nothing is written anywhere.
"""

import base64
import json
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from zeroloop.errors import SandboxError
from zeroloop.sandbox import system_calls
from zeroloop.sandbox.calls import Outcome
from zeroloop.sandbox.conversation import Conversation, Written
from zeroloop.sandbox.process import OneRun
from zeroloop.sandbox.protection import Limits, Program, interpreter, processor

JAVA = "/usr/bin/java"
REMEDY = "apt-get install default-jdk-headless"
RESERVED = 2560 * 2**20
"""Addresses that the virtual machine takes for itself."""
THREADS = 64
"""It makes about fifteen by itself. A kernel counts them by user and namespace, before Linux 5.14 by user alone."""
_INSIDE = Path(__file__).with_name("Inside.java")
_FOLDER = "/inside"
_COMPILER = Limits(memory=1024 * 2**20, reply=16 * 2**20)
_MACHINE = (
    *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData"),  # for a fast start
    *("-XX:+DisplayVMOutputToStderr", "-XX:ErrorFile=/dev/null", "-XX:+DisableAttachMechanism"),
)


class Java:
    """See Language in workers.py."""

    spare = 2

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._compiler: _Compiler | None = None
        self._classes: dict[str, bytes] = {}

    def found(self) -> str:
        return str(_home() / "bin" / "java")

    def start(self, limits: Limits) -> OneRun:
        with self._lock:
            files = self._classes or self._inside()
        words = ["-XX:CompileThresholdScaling=10", "-cp", _FOLDER, "Inside", "run"]  # compiling costs before it pays
        return _process(limits, words, files, [processor(limits)])

    def loaded(self, source: str, limits: Limits) -> Outcome:
        """The class files of the source, by their names."""
        with self._lock:
            return self._compiled(source, limits)

    def written(self, request: dict[str, Any]) -> str:
        return json.dumps(request)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _compiled(self, source: str, limits: Limits) -> Outcome:
        """A compiler that ended, or ran out of something, is not asked again."""
        compiler = self._compiler = self._compiler or _Compiler(self.written)
        outcome = compiler.compiled(source, limits)
        if outcome.kind != "returned" and not outcome.detail.startswith("CompileError"):
            self._drop()
        return outcome

    def _inside(self) -> dict[str, bytes]:
        """The files that a run starts from."""
        outcome = self._compiled(_INSIDE.read_text(), _COMPILER)
        if outcome.kind != "returned":
            raise SandboxError(f"the sandbox for Java is not compiled ({outcome.kind}): {outcome.detail}")
        classes = {f"{_FOLDER}/{name}.class": base64.b64decode(code) for name, code in outcome.value.items()}
        self._classes = classes
        return classes

    def _drop(self) -> None:
        if self._compiler:
            self._compiler.close()
            self._compiler = None


def _home() -> Path:
    """The folder of the JDK. Raises SandboxError where there is none, or one without a compiler."""
    home = interpreter(JAVA, REMEDY).parent.parent
    if not (home / "bin" / "javac").is_file():
        raise SandboxError(f"the sandbox needs a Java compiler, and {home} has none; install it: {REMEDY}")
    return home


def _process(limits: Limits, words: list[str], files: dict[str, bytes], more: list[str]) -> OneRun:
    home = _home()
    configuration = (home / "lib" / "jvm.cfg").resolve().parent
    options = [*_MACHINE, f"-Xmx{max(16, limits.memory // 2**20 // 2)}m"]
    program = Program(
        words=[str(home / "bin" / "java"), *options, *words],
        limits=(*more, f"--as={limits.memory + RESERVED}", f"--nproc={THREADS}", "--nofile=64"),
        system_calls=system_calls.threads_only(),
        folders=() if configuration.is_relative_to("/usr") else (str(configuration),),
        files=files,
        environment={"LD_LIBRARY_PATH": str(home / "lib")},  # without /proc it does not find where it is
    )
    return OneRun(program, standard=True)


class _Compiler:
    """A process that compiles one source after the other."""

    def __init__(self, written: Written) -> None:
        files = {f"{_FOLDER}/Inside.java": _INSIDE.read_bytes()}
        self._worker = _process(_COMPILER, [f"{_FOLDER}/Inside.java", "compile"], files, [])
        self._conversation = Conversation(self._worker, _COMPILER, written)
        if (ready := self._conversation.starts()).kind != "returned":
            self.close()
            said = self._conversation.text() or ready.detail
            raise SandboxError(f"the compiler for Java does not start ({ready.kind}): {said}")
        self._machine = [psutil.Process(self._worker.process.pid)]
        self._machine += self._machine[0].children(recursive=True)

    def compiled(self, source: str, limits: Limits) -> Outcome:
        """Class files, in base64, by their names."""
        before = self._seconds()
        outcome = self._conversation.ask({"source": source}, time.monotonic() + limits.wall_seconds)
        if outcome.kind != "stalled":
            return outcome
        worked = self._seconds() - before > limits.processor_seconds
        said = f"it was not compiled within {limits.wall_seconds:g} s"
        return Outcome("timed out" if worked else "stalled", detail=said)

    def _seconds(self) -> float:
        """Time of the processor that it took so far."""
        try:
            return float(sum(sum(each.cpu_times()[:2]) for each in self._machine))
        except psutil.Error:
            return 0.0

    def close(self) -> None:
        self._worker.close()
