"""Puzzles as variables with finite domains, and what follows from the values that some of them have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from zeroloop.observers import Int16


class Fixpoint(NamedTuple):
    """Domains from which nothing more follows, the variables that were decided on the way there, in order, each with
    its value as a bit, and the variable that no value was left for, if any; the domains mean nothing then."""

    domains: tuple[int, ...]
    decided: tuple[tuple[int, int], ...]
    conflict: int | None


def propagate(problem: "Problem", domains: list[int], decided: list[int]) -> Fixpoint:
    """What follows where those of `decided` have just got their value (forward checking, Haralick & Elliott 1980).

    A decided variable takes its value from the domains of its peers, and from those of others what does not go with it;
    which decides some of these in turn. Both lists are used up.
    """
    peers, arcs = problem.peers, problem.arcs
    found = list[tuple[int, int]]()
    for variable in decided:  # which grows meanwhile
        value = domains[variable]
        allowed = [(other, ~value) for other in peers[variable] if domains[other] & value]
        if arcs[variable]:
            allowed += [(other, table[value.bit_length() - 1]) for other, table in arcs[variable]]
        for other, values in allowed:
            left = domains[other] & values
            if left == domains[other]:
                continue
            domains[other] = left
            if not left:
                return Fixpoint(tuple(domains), tuple(found), other)
            if not left & (left - 1):
                found.append((other, left))
                decided.append(other)
    return Fixpoint(tuple(domains), tuple(found), None)


@dataclass(frozen=True, eq=False)
class Problem:
    """What stays the same in an episode.

    given: size and relations, which keys hold beside domains. domains: the values that each variable may have, as bits,
    before anything follows. peers: for each variable, those that must have another value. arcs: for each variable,
    others with the values (as bits) that each value of the variable leaves to the other. names, values: of variables
    and of the values of all. verb: between the two. only: why a variable has the last value that is left for it. blank:
    int16 [T, 3], the tokens: one for each variable, then the header, then others. by_count: whether an undecided
    variable is shown by how many values are left for it, else by which. interchangeable: whether values that no
    variable has yet are alike. answer: made from the numbers of the values.
    """

    given: tuple[Any, ...]
    domains: tuple[int, ...]
    peers: tuple[tuple[int, ...], ...]
    arcs: tuple[tuple[tuple[int, tuple[int, ...]], ...], ...]
    names: tuple[str, ...]
    values: tuple[str, ...]
    verb: str
    only: str
    blank: Int16
    by_count: bool
    interchangeable: bool
    answer: Callable[[Sequence[int]], Any]

    @cached_property
    def all_values(self) -> int:
        """One bit for each value."""
        return (1 << len(self.values)) - 1

    @cached_property
    def closure(self) -> Fixpoint:
        """What follows before anything is assigned."""
        decided = [i for i, domain in enumerate(self.domains) if not domain & (domain - 1)]
        return propagate(self, [*self.domains], decided)

    @cached_property
    def start(self) -> tuple[int, ...]:
        """The domains at the start of an episode: with what follows, unless that decides a variable or contradicts
        itself, and is a step of its own therefore."""
        return self.domains if self.must_deduce else self.closure.domains

    @cached_property
    def must_deduce(self) -> bool:
        """Whether the puzzle decides a variable, or contradicts itself, before anything is assigned."""
        return bool(self.closure.decided) or self.closure.conflict is not None

    def says(self, variable: int, value: int) -> str:
        """Such as "row 3, column 5 is 7"."""
        return f"{self.names[variable]} {self.verb} {self.values[value.bit_length() - 1]}"
