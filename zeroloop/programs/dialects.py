"""The languages that programs are printed in, and how each writes signatures and values for people."""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from zeroloop.programs import java, javascript, python
from zeroloop.programs.terms import Class, Signature


class Dialect(NamedTuple):
    """One of the languages.

    title: its name for people. noun: what a function is in it. source: functions as a whole source. head: a signature
    with its types, in Markdown. literal: a value. says: between a call and what it returns. class_source: a class. new:
    before the name of a class that is called.
    """

    title: str
    noun: str
    source: Callable[..., str]
    head: Callable[[Signature], str]
    literal: Callable[[Any], str]
    says: str
    class_source: Callable[[Class], str]
    new: str

    def example(self, name: str, arguments: Sequence[Any], result: Any) -> str:
        """A call and what it returns, in one line."""
        return f"{self._call(name, arguments)} {self.says} {self.literal(result)}"

    def calls(self, calls: Sequence[tuple[str, Sequence[Any]]], results: Sequence[Any]) -> str:
        """Calls of methods, one after the other, and what each returns, in one line; only classes have capitals."""
        return "; ".join(
            self._call(*call) if result is None else self.example(*call, result)
            for call, result in zip(calls, results, strict=True)
        )

    def _call(self, name: str, arguments: Sequence[Any]) -> str:
        return f"{self.new if name[0].isupper() else ''}{name}({', '.join(map(self.literal, arguments))})"


def _python_head(signature: Signature) -> str:
    return f"`{signature.text()}`"


def _javascript_head(signature: Signature) -> str:
    types = [f"`@param {{{javascript.TYPES[each.type]}}} {each.name}`" for each in signature.parameters]
    names = ", ".join(each.name for each in signature.parameters)
    returns = f"`@returns {{{javascript.TYPES[signature.returns]}}}`"
    return f"`function {signature.name}({names})` ({', '.join([*types, returns])})"


def _javascript_literal(value: Any) -> str:
    if isinstance(value, dict):
        return f"new Map({json.dumps([*map(list, value.items())])})" if value else "new Map()"
    return json.dumps(value)


def _java_head(signature: Signature) -> str:
    return f"`{java.head(signature)}`"


def _java_literal(value: Any, boxed: bool = False) -> str:
    """boxed: within a collection, where an integer must be an object of the class Long."""
    if isinstance(value, list):
        return f"List.of({', '.join(_java_literal(each, True) for each in value)})"
    if isinstance(value, dict):
        entries = ", ".join(
            f"Map.entry({_java_literal(key, True)}, {_java_literal(each, True)})" for key, each in value.items()
        )
        return f"Map.ofEntries({entries})"
    is_long = isinstance(value, int) and not isinstance(value, bool) and (boxed or not -(2**31) <= value < 2**31)
    return f"{value}L" if is_long else json.dumps(value)


DIALECTS = {
    "python": Dialect("Python", "Python function", python.source, _python_head, repr, "==", python.class_source, ""),
    "javascript": Dialect(
        "JavaScript",
        "JavaScript function",
        javascript.source,
        _javascript_head,
        _javascript_literal,
        "returns",
        javascript.class_source,
        "new ",
    ),
    "java": Dialect(
        "Java", "static Java method", java.source, _java_head, _java_literal, "returns", java.class_source, "new "
    ),
}
"""By the names that tasks and the sandbox have for them."""
