"""What is asked of a program, and what comes of it."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

Value: TypeAlias = Any
"""What JSON can say: None, booleans, numbers, text, lists, mappings of text.

Integers are exact. JavaScript gets those that its Numbers cannot hold as BigInts; it has one kind of Number, so a whole
one comes back as an integer as long as it is exact, and as a float beyond.
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
