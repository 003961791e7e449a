"""What runs inside for Python: a server that makes one child for each run, and the child's end of the conversation.

The server never touches foreign code. It is told of a run by a message with three descriptors, makes a child that has
these and nothing else of the server's, and says how the child ended. The child gives up the right to make processes and
threads, and all calls that name another process, before it reads its first request; then it loads the source and makes
the calls that it is asked for. Requests are lines with a Python literal, answers lines "NONCE JSON".
"""

import ctypes
import os
import resource
import socket
import sys
from _json import encode_basestring_ascii as quoted

MYPY = False
if MYPY:  # for the type checker alone: importing it takes longer than all the rest
    from typing import Any

MOST_PARTS = 100_000
"""Values within a value that is returned."""
DEEPEST = 50
"""Lists within lists."""
SET_DUMPABLE, SET_SECCOMP, FILTER = 4, 22, 2


def main() -> None:
    """Serves runs until nobody asks for more. Arguments: the descriptor to be told at, the limits and the filter."""
    control, memory, seconds = map(int, sys.argv[1:4])
    system_calls = bytes.fromhex(sys.argv[4])
    sys.argv = ["program"]
    control_link = socket.socket(fileno=control)
    prctl(SET_DUMPABLE, 0)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control_link, 16, 3)
        if not message:
            return
        child = os.fork()
        if not child:
            control_link.close()
            live(descriptors, memory, seconds, system_calls)
        for end in descriptors:
            os.close(end)
        _, status = os.waitpid(child, 0)
        control_link.send(str(os.waitstatus_to_exitcode(status)).encode())


def live(descriptors: list[int], memory: int, seconds: int, system_calls: bytes) -> None:
    """The whole life of a child."""
    leave = os._exit
    try:
        requests, results, output = descriptors
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        confine(system_calls)
        converse(requests, results)
        leave(0)
    finally:
        leave(1)


def prctl(*arguments: "Any") -> None:
    """Raises OSError where the kernel refuses."""
    if ctypes.CDLL(None, use_errno=True).prctl(*map(ctypes.c_ulong, arguments), 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl{arguments}")


def confine(system_calls: bytes) -> None:
    """Applies a filter to this process for good."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]

    if system_calls:
        program = Program(len(system_calls) // 8, system_calls)
        prctl(SET_SECCOMP, FILTER, ctypes.addressof(program))


def converse(requests: int, results: int) -> None:
    """Answers requests until there are no more."""
    space: dict[str, Any] = {"__name__": "program"}
    kept: dict[int, Any] = {}
    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            request = eval(line, {})
            answer = memoryview(f"{request['nonce']} {reply(space, kept, request)}\n".encode())
            while answer:
                answer = answer[os.write(results, answer) :]


def reply(space: "dict[str, Any]", kept: "dict[int, Any]", request: "dict[str, Any]") -> str:
    """{"value": ...} or {"raised": ...}, as JSON."""
    try:
        value = None
        if "source" in request:
            exec(compile(request["source"], "program", "exec", dont_inherit=True), space)
        elif "function" in request:
            value = called(space, kept, request)
        parts: list[str] = []
        write(value, parts)
        text = "".join(parts)
        if len(text) > request["longest"]:
            raise ValueError("the value that was returned is too long")
        return f'{{"value": {text}}}'
    except BaseException as problem:
        return f'{{"raised": {quoted(described(problem))}}}'


def called(space: "dict[str, Any]", kept: "dict[int, Any]", request: "dict[str, Any]") -> "Any":
    """What a call returns; None for an object of a class that is called."""
    receiver, name = request["receiver"], request["function"]
    if receiver is None:
        function = space[name]
    elif receiver in kept:
        function = getattr(kept[receiver], name)
    else:
        raise LookupError(f"there is no object from call {receiver}")
    value = function(*map(unpacked, request["arguments"]))
    if request["keep"]:
        kept[request["number"]] = value
    return None if isinstance(function, type) else value


def unpacked(value: "Any") -> "Any":
    """The value whose mappings came as {"entries": [[key, value], ...]}."""
    if type(value) is list:
        return [unpacked(each) for each in value]
    return {key: unpacked(each) for key, each in value["entries"]} if type(value) is dict else value


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
    elif kind is dict and all(type(name) in (str, int) for name in value):
        parts.append('{"entries": [')
        for number, (name, part) in enumerate(value.items()):
            parts.append(f"{',' if number else ''}[{quoted(name) if type(name) is str else name},")
            write(part, parts, depth + 1)
            parts.append("]")
        parts.append("]}")
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
