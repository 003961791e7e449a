"""JavaScript: a process of Node for each run, started ahead of it."""

import json
from pathlib import Path
from typing import Any

from zeroloop.sandbox import system_calls
from zeroloop.sandbox.calls import Outcome, Value
from zeroloop.sandbox.process import OneRun
from zeroloop.sandbox.protection import Limits, Program, interpreter, processor

NODE = "/usr/bin/node"
REMEDY = "apt-get install nodejs"
RESERVED = 1024 * 2**20
"""Addresses that Node takes for itself."""
THREADS = 32
"""Node makes about ten by itself. A kernel counts them by user and namespace, before Linux 5.14 by user alone."""
EXACT = 2**53 - 1
"""Integers beyond it are no Numbers but BigInts."""
_INSIDE = Path(__file__).with_name("_inside_javascript.js")


class JavaScript:
    """See Language in workers.py."""

    spare = 2

    def found(self) -> str:
        return str(interpreter(NODE, REMEDY))

    def start(self, limits: Limits) -> OneRun:
        options = ["--v8-pool-size=0", f"--max-old-space-size={max(16, limits.memory // 2**20 // 2)}"]
        inside = ["-e", _INSIDE.read_text(), "--", "REQUESTS", "RESULTS"]
        return OneRun(
            Program(
                words=[self.found(), *options, *inside],
                limits=(
                    processor(limits),
                    f"--as={limits.memory + RESERVED}",
                    f"--nproc={THREADS}",
                    "--nofile=64",
                ),
                system_calls=system_calls.threads_only(),
            )
        )

    def loaded(self, source: str, limits: Limits) -> Outcome:
        return Outcome("returned", source)

    def written(self, request: dict[str, Any]) -> str:
        """JSON, in which arguments are marked where JavaScript's own reader would not get them right."""
        if "arguments" in request:
            request = {**request, "arguments": marked(request["arguments"])}
        return json.dumps(request)

    def close(self) -> None:
        pass


def marked(value: Value) -> Value:
    """The packed value with "s" before each text, and integers that a Number cannot hold as text with "n" before it."""
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, int) and abs(value) > EXACT:
        return f"n{value}"
    if isinstance(value, list):
        return [marked(part) for part in value]
    if isinstance(value, dict):
        return {name: marked(part) for name, part in value.items()}
    return value
