"""Sentences about guesses and what follows from them, read again and checked against a puzzle."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from zeroloop.errors import TaskError
from zeroloop.tasks._constraint_solver import Puzzle, Solver, is_solution

MAX_SENTENCE = 20_000
"""Characters of a sentence."""

_SENTENCE = re.compile(r"(?:From what is given|Suppose ([^:;]+))(?:: (.+))?\.")


class Wording(NamedTuple):
    """The words of a puzzle's sentences.

    names, values: of variables and values. verb: between the two. only: the reason why a variable has the last value
    that is left for it.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    verb: str
    only: str


def check(puzzle: Puzzle, wording: Wording, claims: Sequence[str]) -> str | None:
    """None where every sentence is true and the last one leaves nothing undecided; else what is wrong."""
    checker = _Checker(puzzle, wording)
    for number, claim in enumerate(claims):
        try:
            dead = checker.read(claim, number == 0)
        except TaskError as error:
            return f"{error}: {claim[:200]!r}"
        if dead:
            return f"a dead end, as it says: {claim[:200]!r}"
    missing = [name for name, value in zip(wording.names, checker.known, strict=True) if value is None]
    if missing:
        return f"the end leaves {len(missing)} undecided, such as {missing[0]}"
    values = [value for value in checker.known if value is not None]
    return None if is_solution(puzzle, values) else "what was found is no solution"


class _Checker:
    """What is known so far. left: the values that this leaves to each variable, as bits; where clues relate variables,
    after all that follows from them. broken: nothing can be true any more."""

    def __init__(self, puzzle: Puzzle, wording: Wording) -> None:
        self.puzzle, self.wording = puzzle, wording
        self.left = [*puzzle.domains]
        self.known: list[int | None] = [None] * len(self.left)
        self.broken = False
        self._solver = Solver(puzzle, thorough=False)
        self._facts = {
            f"{name} {wording.verb} {value}": (i, v)
            for i, name in enumerate(wording.names)
            for v, value in enumerate(wording.values)
        }
        for variable, domain in enumerate(puzzle.domains):
            if domain.bit_count() == 1:
                self._learn(variable, domain.bit_length() - 1)
        if puzzle.relations:
            self.broken = not self._solver.narrow(self.left)

    def read(self, claim: str, first: bool) -> bool:
        """Take a sentence in, and say whether it ends in a contradiction. Raises TaskError where it is not true."""
        match = _SENTENCE.fullmatch(claim) if len(claim) <= MAX_SENTENCE else None
        if match is None:
            raise TaskError("not readable")
        guess, rest = match.groups()
        if guess is not None:
            self._suppose(*self._fact(guess))
        elif not first or not rest:
            raise TaskError("nothing follows, or not at the start")
        parts = rest.split("; ") if rest else []
        lost = parts.pop() if parts and parts[-1].startswith("but ") else None
        if parts:
            reason = f"since {self.wording.only}, "
            if not parts[0].startswith(reason):
                raise TaskError("it says no reason, or another one")
            parts[0] = parts[0].removeprefix(reason)
        for part in parts:
            self._follow(*self._fact(part))
        if lost is not None:
            self._refute(lost)
        return lost is not None

    def _fact(self, text: str) -> tuple[int, int]:
        if text not in self._facts:
            raise TaskError(f"{text[:80]!r} is not readable")
        return self._facts[text]

    def _suppose(self, variable: int, value: int) -> None:
        if self.known[variable] is not None or not self.left[variable] >> value & 1:
            raise TaskError("that is decided already, or not possible")
        self._learn(variable, value)

    def _follow(self, variable: int, value: int) -> None:
        """Note a value that is the last one left."""
        others = self.left[variable] & ~(1 << value)
        if self.known[variable] is not None or (others and not self.broken):
            name = self.wording.names[variable]
            raise TaskError(f"it does not follow that {name} {self.wording.verb} {self.wording.values[value]}")
        self._learn(variable, value)

    def _refute(self, text: str) -> None:
        """That no value is left for a variable."""
        empty = [name for name, left in zip(self.wording.names, self.left, strict=True) if self.broken or not left]
        if text not in (f"but nothing is left for {name}" for name in empty):
            raise TaskError(f"{text[:80]!r} is not true")

    def _learn(self, variable: int, value: int) -> None:
        """Note a value, and take it from those that must differ."""
        self.known[variable] = value
        self.left[variable] &= 1 << value
        for group in self.puzzle.groups:
            if variable in group:
                for other in group:
                    if other != variable:
                        self.left[other] &= ~(1 << value)
        if self.puzzle.relations and not self.broken:
            self.broken = not self._solver.narrow(self.left)
