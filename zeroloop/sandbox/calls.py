"""What is asked of a program, and what comes of it."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

Value: TypeAlias = Any
"""None, booleans, numbers, text, lists, and mappings whose keys are texts or integers.

Integers are exact. JavaScript gets those that its Numbers cannot hold as BigInts; it has one kind of Number, so a whole
one comes back as an integer as long as it is exact, and as a float beyond. It gets mappings as Maps; an object that
comes back has texts for keys. Java gets mappings as Maps with keys and values of the types that a function declares.
"""


class Call(NamedTuple):
    """function(*arguments); or, with a receiver, a method of the object that the call with that index came to.

    Where `function` is the name of a class, the call makes an object, which JSON has no word for: its value is None.
    """

    function: str
    arguments: Sequence[Value]
    receiver: int | None = None


class Outcome(NamedTuple):
    """What became of one call.

    returned: `value` came back. raised: an exception came out of it, or of loading the source, or what it returned is
    no Value. timed out: it used up its time of the processor. stalled: the time on the clock was over, which a busy
    machine may be to blame for. killed: it used more than another limit allows. crashed: the interpreter died, as Node
    does where its heap is full. exited: the code ended its process. missing: nothing came back that counts as a result,
    such as for calls that were not made because an earlier one ended everything. detail: in words.
    """

    kind: Literal["returned", "raised", "timed out", "stalled", "killed", "crashed", "exited", "missing"]
    value: Value = None
    detail: str = ""


class Run(NamedTuple):
    """outcomes: one for each call, in order. output: the beginning of what the code printed, which is never read as a
    result."""

    outcomes: list[Outcome]
    output: str


def packed(value: Value) -> Value:
    """The value as JSON, whose keys are texts: a mapping becomes {"entries": [[key, value], ...]}.

    Raises TypeError for keys that are neither texts nor integers.
    """
    if isinstance(value, list | tuple):
        return [packed(each) for each in value]
    if not isinstance(value, dict):
        return value
    for key in value:
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise TypeError(f"keys must be texts or integers, not {type(key).__name__}")
    return {"entries": [[key, packed(each)] for key, each in value.items()]}


def unpacked(value: Value) -> Value:
    """The value that `packed` was given. Raises ValueError for what it never gives."""
    if isinstance(value, list):
        return [unpacked(each) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"entries": list(entries)} if all(isinstance(each, list) and len(each) == 2 for each in entries):
            found = {key: unpacked(each) for key, each in entries if type(key) in (str, int)}
            if len(found) == len(entries) and len(value) == 1:
                return found
    raise ValueError("a mapping without entries of their own")


def check_receivers(calls: Sequence[Call]) -> None:
    """Raises ValueError where a receiver is not an earlier call."""
    for number, call in enumerate(calls):
        if call.receiver is not None and not 0 <= call.receiver < number:
            raise ValueError(
                f"calls[{number}].receiver is {call.receiver}, which is no earlier call; name one by its index, from 0"
            )


def not_loaded(problem: Outcome, calls: Sequence[Call]) -> list[Outcome]:
    """The outcomes where loading the source came to something else than a value."""
    if problem.kind == "raised":
        return [problem._replace(detail=f"while it was loaded: {problem.detail}")] * len(calls)
    return [problem, *[NOT_CALLED] * (len(calls) - 1)][: len(calls)]


NOT_CALLED = Outcome("missing", detail="not called, because an earlier call ended the program")
