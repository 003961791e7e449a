"""Answers in a language: what can be read of them without running them, and the forms that people give them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zeroloop.errors import TaskError
from zeroloop.programs.terms import Signature

LONGEST = 20_000
"""Characters of an answer that is read."""


@dataclass(frozen=True)
class Asked:
    """What right and wrong answers are made of.

    source: a right answer. says: what the function returns, in one line. visible: arguments and results of examples.
    other: a value that some hidden test does not want.
    """

    signature: Signature
    source: str
    says: str
    visible: Sequence[tuple[list[Any], Any]]
    other: Any

    @property
    def name(self) -> str:
        """The function's."""
        return self.signature.name

    @property
    def names(self) -> str:
        """Its parameters', with commas."""
        return ", ".join(each.name for each in self.signature.parameters)

    def renamed(self, new: str) -> str:
        """The right answer with another name for the function."""
        return re.sub(rf"\b{self.name}\b", new, self.source)


class CodeLanguage(ABC):
    """How answers are written in one language. name: in tasks. fences: what Markdown calls it, as a pattern."""

    name: ClassVar[str]
    fences: ClassVar[str]
    parses: ClassVar[bool]
    """Whether `check` knows what is no program, so that a fence within one is never mistaken for the answer's."""

    def readable(self, answer: str, name: str, what: str = "function") -> str:
        """The source in an answer, which has a function or class of that name. Raises TaskError for others; runs
        nothing."""
        if len(answer) > LONGEST:
            raise TaskError(f"answer: {len(answer)} characters are too many; at most {LONGEST} are read")
        found = re.search(rf"```(?:{self.fences})?[ \t]*\r?\n(.*?)```", answer, re.DOTALL)
        parts = [answer, found[1]] if found else [answer]
        problem, check = TaskError(""), self.check_class if what == "class" else self.check
        for source in parts if self.parses else parts[::-1]:
            try:
                check(source, name)
            except TaskError as error:
                problem = error
            else:
                return source
        raise problem

    @abstractmethod
    def check(self, source: str, name: str) -> None:
        """Raises TaskError for a source that does not define a function of that name."""

    @abstractmethod
    def check_class(self, source: str, name: str) -> None:
        """Likewise for a class."""

    @abstractmethod
    def notations(self, asked: Asked) -> list[str]:
        """Right answers, as people write them."""

    @abstractmethod
    def broken(self, asked: Asked) -> list[str]:
        """What is no program, or has no such function."""

    @abstractmethod
    def wrong(self, asked: Asked) -> list[str]:
        """Programs that end, and are wrong: they know the examples by heart, print, raise, exit, give other types."""

    @abstractmethod
    def endless(self, asked: Asked) -> list[str]:
        """Programs that never end."""


def undefined(name: str, what: str = "function") -> TaskError:
    """For sources without the function or class."""
    return TaskError(f"answer: it does not define the {what} {name!r}")


def fenced(source: str, tag: str) -> list[str]:
    """A source in Markdown."""
    return [f"```{tag}\n{source}```", f"This does it:\n\n```\n{source}\n```\nIt is short."]
