"""Sentences about derivations and hedges, read again and checked against a graph with hidden causes."""

import re
from collections.abc import Sequence

from zeroloop.errors import TaskError
from zeroloop.tasks._causal import Arrow, downstream, separated
from zeroloop.tasks._identification_reference import Statement, hedge_objection

_MAX_TEXT = 2_000
"""Characters of a sentence that are read."""
_TERM = r"P\([^()]*(?:do\(\w+'?\)[^()]*)*\)"
_SUM = re.compile(rf"Sum over (\w+): ({_TERM}) = sum_\{{(\w+'?)\}} ({_TERM}) ({_TERM})\.", re.ASCII)
_RULE = re.compile(
    rf"Rule ([123]): ({_TERM}) = ({_TERM}), since (\w+) and (\w+) are separated(?: by ([\w', ]+?))?"
    r"(?: without arrows(?: into ([\w, ]+?))?(?: and)?(?: out of (\w+))?)?\.",
    re.ASCII,
)
_PARTS = re.compile(r"P\((\w+'?)(?: \| (.+))?\)", re.ASCII)
_OPENING = "There is no such expression: a hedge shows it."
_LEAVE = re.compile(r"Leave (\w+) out of the (larger|smaller) set: ([\w, ]+)\.", re.ASCII)
_KEEP = re.compile(r"The larger set is ([\w, ]+)\.", re.ASCII)
_CLAIM = re.compile(r"The smaller set is ([\w, ]+), and this is a hedge\.", re.ASCII)

Term = tuple[str, frozenset[str], frozenset[str]]
"""A target, what is forced, and what is given; all words with their primes."""


def check(statement: Statement, steps: int, claims: Sequence[str]) -> str | None:
    """None where every sentence is true, and no do is left within so many steps, or a hedge is shown."""
    proof = _HedgeProof(statement) if claims[:1] == [_OPENING] else _Derivation(statement, steps)
    for claim in claims:
        try:
            proof.follow(claim)
        except TaskError as error:
            return f"{error}: {claim[:200]!r}"
    return None if proof.done else "the sentences come to no end"


class _Derivation:
    """Terms that sentences have come to. bound: the words that are summed over."""

    def __init__(self, statement: Statement, steps: int) -> None:
        self.statement, self.left = statement, steps
        x, y = statement.names[statement.treatment], statement.names[statement.outcome]
        self.terms: list[Term] = [(y, frozenset({x}), frozenset())]
        self.words = {x, y}
        size = len(statement.names)
        hidden = ((size + number, end) for number, arc in enumerate(statement.arcs) for end in arc)
        self.arrows = (*statement.arrows, *hidden)

    @property
    def done(self) -> bool:
        return not any(does for _, does, _ in self.terms)

    def follow(self, claim: str) -> None:
        """Take a sentence in. Raises TaskError where it is not true, or not needed."""
        if len(claim) > _MAX_TEXT or self.done or not self.left:
            raise TaskError("too long, or after the end")
        self.left -= 1
        if match := _SUM.fullmatch(claim):
            old, first, second = (self._read(match[i]) for i in (2, 4, 5))
            new = match[3]
            fresh = new not in self.words and new.rstrip("'") == match[1]
            inside = {word.rstrip("'") for word in (old[0], *old[1], *old[2])}
            if not fresh or match[1] in inside or first != (*old[:2], old[2] | {new}) or second != (new, *old[1:]):
                raise TaskError("another sum")
            self.words.add(new)
            self._replace(old, [first, second])
        elif match := _RULE.fullmatch(claim):
            old, after = self._read(match[2]), self._read(match[3])
            self._replace(old, [after])
            self._check_rule(old, after, match)
        else:
            raise TaskError("not readable")

    def _check_rule(self, old: Term, new: Term, match: re.Match[str]) -> None:
        """See that a rule allows a step for the reason that is given."""
        (target, does, given), number = old, self._number
        changed = (does | given) ^ (new[1] | new[2]) or does ^ new[1]
        if new[0] != target or len(changed) != 1:
            raise TaskError("more than one change, or none")
        (word,) = changed
        v, into, out = number(word), {number(each) for each in does - changed}, set[int]()
        rest = (does | given) - changed
        if new[1] | new[2] == does | given:
            rule, out = "2", {v}
        elif word in given:
            rule = "1"
        else:
            rule = "3"
            if not downstream(self._cut(into, out), [v]) & {number(each) for each in given}:
                into.add(v)
        if new[2] - given - does or new[1] - does - given:
            raise TaskError("something comes from nowhere")
        said = [{*filter(None, (match[i] or "").split(", "))} for i in (6, 7, 8)]
        names = self.statement.names
        expected = [{*rest}, {names[each] for each in into}, {names[each] for each in out}]
        if match[1] != rule or (match[4], match[5]) != (names[number(target)], names[v]) or said != expected:
            raise TaskError("another reason")
        if not separated(self._cut(into, out), v, number(target), {number(each) for each in rest}):
            raise TaskError("they are not separated")

    def _cut(self, into: set[int], out: set[int]) -> list[Arrow]:
        return [(a, b) for a, b in self.arrows if a not in out and b not in into]

    def _number(self, word: str) -> int:
        return self.statement.names.index(word.rstrip("'"))

    def _read(self, text: str) -> Term:
        match = _PARTS.fullmatch(text)
        if match is None:
            raise TaskError("no term")
        does, given = set[str](), set[str]()
        for part in match[2].split(", ") if match[2] else []:
            if part.startswith("do("):
                does.add(part[3:-1])
            else:
                given.add(part)
        if not {match[1], *does, *given} <= {name + prime for name in self.statement.names for prime in ("", "'")}:
            raise TaskError("other words than variables")
        return match[1], frozenset(does), frozenset(given)

    def _replace(self, old: Term, new: list[Term]) -> None:
        if old not in self.terms:
            raise TaskError("there is no such term")
        place = self.terms.index(old)
        self.terms[place : place + 1] = new


class _HedgeProof:
    """The sets that sentences have come to. done: whether they are shown to be a hedge."""

    def __init__(self, statement: Statement) -> None:
        self.statement, self.done, self.opened = statement, False, False
        self.larger = {*statement.names}
        self.smaller: set[str] | None = None

    def follow(self, claim: str) -> None:
        """Take a sentence in. Raises TaskError where it is not true, or not needed."""
        if self.done or len(claim) > _MAX_TEXT:
            raise TaskError("too long, or after the end")
        treatment = self.statement.names[self.statement.treatment]
        which = "larger" if self.smaller is None else "smaller"
        present = self.larger if self.smaller is None else self.smaller
        if not self.opened and claim == _OPENING:
            self.opened = True
        elif (match := _LEAVE.fullmatch(claim)) and match[2] == which and match[1] in present - {treatment}:
            present.remove(match[1])
            self._compare(present, match[3])
        elif (match := _KEEP.fullmatch(claim)) and self.smaller is None:
            self._compare(self.larger, match[1])
            self.smaller = self.larger - {treatment}
        elif (match := _CLAIM.fullmatch(claim)) and self.smaller is not None:
            self._compare(self.smaller, match[1])
            numbers = ({self.statement.names.index(name) for name in each} for each in (self.larger, self.smaller))
            if objection := hedge_objection(self.statement, *numbers):
                raise TaskError(objection)
            self.done = True
        else:
            raise TaskError("not readable, or not possible here")

    def _compare(self, names: set[str], text: str) -> None:
        if {*text.split(", ")} - {"nothing"} != names:
            raise TaskError("another set")
