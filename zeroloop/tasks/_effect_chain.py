"""Sentences about tables, read again and checked against a causal model."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import prod

from zeroloop.envs._causal_tables import Model, Question
from zeroloop.errors import TaskError

Entries = dict[frozenset[tuple[str, int]], Fraction]
"""A number for each combination of values."""

_MAX_TEXT = 50_000
"""Characters of a sentence that are read."""
_TABLE = r"\w+\*?\([\w*, ]*\) = \([\d, ]+\)/\d+"
_PARTS = re.compile(r"(\w+\*?)\(([\w*, ]*)\) = \(([\d, ]+)\)/(\d+)", re.ASCII)
_CUT = re.compile(r"Cut (\w+): its own table goes\.", re.ASCII)
_SET = re.compile(rf"Set (\w+) to ([01]): ({_TABLE}(?:; {_TABLE})*)\.", re.ASCII)
_IMAGINE = re.compile(rf"Imagine (\w+): ({_TABLE})\.", re.ASCII)
_SUM = re.compile(rf"Sum out (\w+\*?): (?:({_TABLE})|its own table adds up to 1 and goes)\.", re.ASCII)
_MULTIPLY = re.compile(rf"Multiply (\w+\*?) and (\w+\*?): ({_TABLE}), (\d+) multiplications, (\d+) left\.", re.ASCII)
_END = re.compile(r"(Read off|Divide by the sum): (P\(.+\)) = (\d+(?:/\d+)?)\.", re.ASCII)


class Ledger:
    """What sentences have made of the tables. multiplications: that may follow. found: the probability, at the end."""

    def __init__(self, model: Model, question: Question, multiplications: int) -> None:
        self.model, self.question, self.left = model, question, multiplications
        self.found: Fraction | None = None
        self.tables = {name: self._own(name, False) for name in model.names}
        self.parts = {name: {name} for name in model.names}
        self.values = {model.names[v]: value for v, value in question.given}
        if not question.counterfactual:
            self.values[model.names[question.treatment]] = question.forced
        self.set = dict[str, int]()
        self.imagined = set[str]()

    def follow(self, claim: str) -> None:
        """Take a sentence in. Raises TaskError where it is not true, or nothing that can be done."""
        if len(claim) > _MAX_TEXT:
            raise TaskError("too long")
        if self.found is not None:
            raise TaskError("after the end")
        for pattern, take in (
            (_CUT, self._cut),
            (_SET, self._set),
            (_IMAGINE, self._imagine),
            (_SUM, self._sum),
            (_MULTIPLY, self._multiply),
            (_END, self._end),
        ):
            if match := pattern.fullmatch(claim):
                return take(*match.groups())
        raise TaskError("not readable")

    def _cut(self, name: str) -> None:
        if self.question.counterfactual or name not in self.values or self.parts.get(name) != {name}:
            raise TaskError("nothing to cut")
        del self.tables[name], self.parts[name]

    def _set(self, name: str, value: str, written: str) -> None:
        if self.values.get(name) != int(value) or name in self.set:
            raise TaskError("it has another value, or was set before")
        self.set[name] = int(value)
        new = {of: _restricted(table, self.set) for of, table in self.tables.items() if name in _scope(table)}
        self._compare(new, written)

    def _imagine(self, name: str, written: str) -> None:
        names, parents = self.model.names, self.model.parents
        if not self.question.counterfactual or name not in names or f"{name}*" in self.parts:
            raise TaskError("nothing to imagine")
        number, x = names.index(name), self.question.treatment
        if number == x or any(names[v] in self.imagined for v, causes in enumerate(parents) if number in causes):
            raise TaskError("imagined too late")
        there = {v for table in self.tables.values() for v in _scope(table)} | self.set.keys()
        causes = {f"{names[v]}*" if names[v] in self.imagined else names[v] for v in parents[number] if v != x}
        if name in self.imagined or not causes <= there:
            raise TaskError("imagined before, or a cause is gone")
        self.imagined.add(name)
        self.parts[f"{name}*"] = {f"{name}*"}
        self._compare({f"{name}*": _restricted(self._own(name, True), self.set)}, written)

    def _sum(self, name: str, written: str | None) -> None:
        having = [of for of, table in self.tables.items() if name in _scope(table)]
        target = self.model.names[self.question.outcome] + "*" * self.question.counterfactual
        if len(having) != 1 or name == target:
            raise TaskError("not in one table alone, or the outcome")
        new = Entries()
        for values, number in self.tables[having[0]].items():
            rest = frozenset(each for each in values if each[0] != name)
            new[rest] = new.get(rest, Fraction(0)) + number
        if self.parts[having[0]] == {name} and {*new.values()} == {1}:
            if written is not None:
                raise TaskError("its own table adds up to 1")
            del self.tables[name], self.parts[name]
        else:
            self._compare({having[0]: new}, written or "")

    def _multiply(self, one: str, other: str, written: str, cost: str, left: str) -> None:
        if one == other or not {one, other} <= self.tables.keys():
            raise TaskError("no such tables")
        a, b = self.tables.pop(one), self.tables.pop(other)
        parts = self.parts.pop(one) | self.parts.pop(other)
        new = {x | y: a[x] * b[y] for x in a for y in b if all((name, 1 - value) not in x for name, value in y)}
        self.left -= len(new)
        if (int(cost), int(left)) != (len(new), self.left) or self.left < 0:
            raise TaskError("wrong number of multiplications")
        name = min(parts, key=[*self.model.names, *(f"{each}*" for each in self.model.names)].index)
        self.parts[name] = parts
        self._compare({name: new}, written)

    def _end(self, how: str, asked: str, value: str) -> None:
        names, question = self.model.names, self.question
        tables = [*self.tables.values()]
        target = names[question.outcome] + "*" * question.counterfactual
        if len(tables) != 1 or _scope(tables[0]) != {target} or asked != _asked(names, question):
            raise TaskError("nothing that answers the question")
        whole = sum(tables[0].values(), Fraction(0)) if how == "Divide by the sum" else Fraction(1)
        self.found = Fraction(value)
        if self.found * whole != tables[0][frozenset({(target, question.value)})]:
            raise TaskError("another number")

    def _own(self, name: str, imagined: bool) -> Entries:
        """The table of a variable, or what it is in the imagined world."""
        names, number = self.model.names, self.model.names.index(name)
        causes, found = self.model.parents[number], Entries()
        for case, likely in zip(product((0, 1), repeat=len(causes)), self.model.tables[number], strict=True):
            if imagined and (self.question.treatment, 1 - self.question.forced) in zip(causes, case, strict=True):
                continue
            words = {
                (names[v] + "*" * (imagined and names[v] in self.imagined), value)
                for v, value in zip(causes, case, strict=True)
                if not (imagined and v == self.question.treatment)
            }
            chance = Fraction(likely, self.model.scales[number])
            for value, number_of in ((0, 1 - chance), (1, chance)):
                found[frozenset({*words, (name + "*" * imagined, value)})] = number_of
        return found

    def _compare(self, new: dict[str, Entries], written: str) -> None:
        """Take tables in that the sentence must have, each once."""
        texts = written.split("; ")
        if len(texts) != len(new) or dict(map(_read_table, texts)) != new:
            raise TaskError("other tables follow")
        self.tables |= new


def check(model: Model, question: Question, multiplications: int, truth: Fraction, claims: Sequence[str]) -> str | None:
    """None where every sentence is true and the last one gives the right probability; else what is wrong."""
    ledger = Ledger(model, question, multiplications)
    for claim in claims:
        try:
            ledger.follow(claim)
        except TaskError as error:
            return f"{error}: {claim[:200]!r}"
    if ledger.found is None:
        return "the sentences do not come to a probability"
    return None if ledger.found == truth else "the steps are not those for this question: another probability follows"


def _scope(table: Entries) -> set[str]:
    return {name for name, _ in next(iter(table))}


def _restricted(table: Entries, values: dict[str, int]) -> Entries:
    kept = {of: number for of, number in table.items() if all(values.get(name, value) == value for name, value in of)}
    return {frozenset(each for each in of if each[0] not in values): number for of, number in kept.items()}


def _read_table(text: str) -> tuple[str, Entries]:
    """The name and the entries of a table. Raises TaskError where it is none."""
    match = _PARTS.fullmatch(text)
    if match is None or not int(match[4]):
        raise TaskError("no table")
    scope, numbers = match[2].split(", ") if match[2] else [], match[3].split(", ")
    if len({*scope}) < len(scope) or len(numbers) != prod([2] * len(scope)) or not all(map(str.isdecimal, numbers)):
        raise TaskError("not as many numbers as there are cases")
    cases = product((0, 1), repeat=len(scope))
    pairs = zip(cases, numbers, strict=True)
    return match[1], {frozenset(zip(scope, case, strict=True)): Fraction(int(n), int(match[4])) for case, n in pairs}


def _asked(names: Sequence[str], question: Question) -> str:
    """The question in symbols."""
    x, y = names[question.treatment], names[question.outcome]
    given = [f"{names[v]} = {value}" for v, value in question.given]
    if question.counterfactual:
        return f"P({y}* = {question.value} where {x}* = {question.forced} | {', '.join(given)})"
    return f"P({y} = {question.value} | {', '.join([f'do({x} = {question.forced})', *given])})"
