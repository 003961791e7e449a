"""The end of a conversation inside the sandbox: loads Python source and makes the calls that it is asked for.

It is given to a Python in the sandbox as text, and imports next to nothing, so that it starts fast. Requests are lines
with a Python literal from descriptor 0, answers lines "NONCE JSON" to the descriptor that is its argument. The nonce of
a call comes with that call: code that runs earlier cannot know it, so it cannot answer for a later one; and to answer
for the call that is running is what it is there for.
"""

import os
import sys
from _json import encode_basestring_ascii as quoted

MYPY = False
if MYPY:  # for the type checker alone: importing it takes longer than all the rest
    from typing import Any

MOST_PARTS = 100_000
"""Values within a value that is returned."""
DEEPEST = 50
"""Lists within lists."""


def main() -> None:
    """Answers requests until there are no more."""
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    results = int(sys.argv[1])
    sys.argv = ["program"]
    space: dict[str, Any] = {"__name__": "program"}
    for line in requests:
        request = eval(line, {})
        answer = memoryview(f"{request['nonce']} {reply(space, request)}\n".encode())
        while answer:
            answer = answer[os.write(results, answer) :]


def reply(space: "dict[str, Any]", request: "dict[str, Any]") -> str:
    """{"value": ...} or {"raised": ...}, as JSON."""
    try:
        value = None
        if "source" in request:
            exec(compile(request["source"], "program", "exec", dont_inherit=True), space)
        elif "function" in request:
            value = space[request["function"]](*request["arguments"])
        parts: list[str] = []
        write(value, parts)
        text = "".join(parts)
        if len(text) > request["longest"]:
            raise ValueError("the value that was returned is too long")
        return f'{{"value": {text}}}'
    except BaseException as problem:
        return f'{{"raised": {quoted(described(problem))}}}'


def write(value: "Any", parts: list[str], depth: int = 0) -> None:
    """Adds the JSON of a value. Raises TypeError or ValueError for what has none, or is too large."""
    if len(parts) > MOST_PARTS or depth > DEEPEST:
        raise ValueError("the value that was returned is too large")
    kind = type(value)
    if value is None:
        parts.append("null")
    elif kind is bool:
        parts.append("true" if value else "false")
    elif kind is int:
        parts.append(str(value))
    elif kind is str:
        parts.append(quoted(value))
    elif kind is float and value - value == 0:
        parts.append(repr(value))
    elif kind is list:
        parts.append("[")
        for number, part in enumerate(value):
            if number:
                parts.append(",")
            write(part, parts, depth + 1)
        parts.append("]")
    elif kind is dict and all(type(name) is str for name in value):
        parts.append("{")
        for number, (name, part) in enumerate(value.items()):
            parts.append(f"{',' if number else ''}{quoted(name)}:")
            write(part, parts, depth + 1)
        parts.append("}")
    else:
        raise TypeError(f"a value of type {kind.__name__} was returned, which JSON has no word for")


def described(problem: BaseException) -> str:
    """The type and the message, which may be anything."""
    try:
        return f"{type(problem).__name__}: {problem}"[:300]
    except BaseException:
        return type(problem).__name__[:300]


if __name__ == "__main__":
    main()
