"""Effects in numbers: bring the tables of a causal model to the one that answers a question about an intervention or a
counterfactual, in few multiplications."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._causal_graph import members
from zeroloop.envs._causal_tables import MAX_GIVEN, MAX_PARENTS, MAX_TABLES, Model, Question, read_model
from zeroloop.envs._moves import MoveListEnvironment, remembered
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer
from zeroloop.vocabulary import ID, encode

MAX_MULTIPLICATIONS = 9_999
EXAMPLE: Task = {
    "variables": ["Fimo", "Rud", "Wob"],
    "edges": [["Fimo", "Rud"], ["Fimo", "Wob"], ["Rud", "Wob"]],
    "tables": {"Fimo": ["1/2"], "Rud": ["1/5", "3/5"], "Wob": ["1/10", "3/10", "1/2", "9/10"]},
    "form": "intervention",
    "treatment": "Rud",
    "treatment_value": 1,
    "outcome": "Wob",
    "outcome_value": 1,
    "given": {},
    "multiplications": 4,
}

_COPY = 16
"""The rule that stands for a variable of the imagined world; lower ones for the others, as bits: treatment, outcome, is
given, has its value."""
_IN_SCOPE, _PART, _BOTH = (ID[f"rule {17 + i}"] for i in range(3))
_SIGNS = {"cut": "-", "set": "=", "imagine": '"', "sum": "+", "multiply": "*", "read": ".", "normalise": "/"}


class Table(NamedTuple):
    """A number for each combination of values of the variables in `scope`, ascending, the last one changing fastest,
    times `scale`. parts: the variables whose tables were multiplied, as bits; the first of them is its name."""

    parts: int
    scope: tuple[int, ...]
    numbers: tuple[int, ...]
    scale: int

    @property
    def first(self) -> int:
        """The variable that it is named after."""
        return (self.parts & -self.parts).bit_length() - 1


class Move(NamedTuple):
    """kind: see CausalEffect. first, second: variables, or of "multiply" what the tables are named after."""

    kind: str
    first: int = -1
    second: int = -1


@dataclass(frozen=True, eq=False)
class Sheet:
    """What stays the same in an episode. target: the outcome, or its copy. names: with those of copies. truth: the
    probability that is asked for."""

    model: Model
    question: Question
    target: int
    names: tuple[str, ...]
    truth: Fraction


@dataclass(frozen=True)
class Calculation:
    """tables: by name. fixed: the variables that were set, copied: those that were imagined, as bits. left: the
    multiplications that may follow. value: what was found, at the end."""

    sheet: Sheet
    tables: tuple[Table, ...]
    fixed: int
    copied: int
    left: int
    value: Fraction | None


class CausalEffect(MoveListEnvironment[Calculation, Move]):
    """Variables have the values 0 and 1. In the beginning each has a table: how likely its values are by those of its
    causes. Moves:

    - "cut" takes away the table of the treatment, or of what is given: nothing causes it any more.
    - "set" leaves of all tables what goes with the value of the treatment, or of what is given.
    - "imagine" adds the table of a variable in the imagined world, where the treatment has the other value, causes that
      were imagined before are meant, and everything else is as it was.
    - "sum" takes a variable out that only one table has. If it is its own table, all of it adds up to 1, and it goes.
    - "multiply" makes one table of two that share a variable, or of which one is a single number. This costs a
      multiplication for each of its entries, and there are only so many.
    - "read" and "normalise" end it with the last table's number for the outcome, or its share of the table's sum.

    The score is 1 where that is the probability that was asked for, else 0; other rules than those for the question at
    hand lead elsewhere. Numbers follow from what was done, so that tokens show the shape of tables alone.
    """

    name: ClassVar[str] = "causal_effect"
    num_actions = MAX_TABLES * (MAX_TABLES - 1) // 2 + MAX_TABLES + 3 * (MAX_GIVEN + 1)
    num_tokens = MAX_TABLES + MAX_TABLES * (1 + MAX_PARENTS) + 2 + len(str(MAX_MULTIPLICATIONS))

    def initial_state(self, task: Task | None = None) -> Calculation:
        """All tables as they are given. Raises TaskError where the model or the question is broken."""
        task = EXAMPLE if task is None else task
        model, question = read_model(task)
        left, size = integer(task, "multiplications", 1, MAX_MULTIPLICATIONS), len(model.names)
        names = (*model.names, *(f"{name}*" for name in model.names))
        sheet = Sheet(
            model,
            question,
            question.outcome + size * question.counterfactual,
            names,
            Fraction(0),
        )
        tables = tuple(_own_table(model, v, v, model.parents[v]) for v in range(size))
        start = Calculation(sheet, tables, 0, 0, left, None)
        return replace(start, sheet=replace(sheet, truth=_truth(start)))

    def list_moves(self, state: Calculation) -> list[Move]:
        """In the order above."""
        tables, question = state.tables, state.sheet.question
        if state.value is not None:
            return []
        if len(tables) == 1 and tables[0].scope == (state.sheet.target,):
            ends = ("read", "normalise") if sum(tables[0].numbers) else ("read",)
            return [Move(end) for end in ends]
        counts = [0] * len(state.sheet.names)
        for table in tables:
            for v in table.scope:
                counts[v] += 1
        values, parts = _values(question), {table.parts for table in tables}
        found = [] if question.counterfactual else [Move("cut", v) for v in sorted(values) if 1 << v in parts]
        found += [Move("set", v) for v in sorted(values) if counts[v]]
        found += [Move("imagine", v) for v in members(question.copies) if _can_be_imagined(state, v, counts)]
        found += [Move("sum", v) for v, count in enumerate(counts) if count == 1 and v != state.sheet.target]
        for i, one in enumerate(tables):
            for other in tables[i + 1 :]:
                whole = {*one.scope, *other.scope}
                shared = len(whole) < len(one.scope) + len(other.scope) or not one.scope or not other.scope
                if shared and 1 << len(whole) <= state.left:
                    found.append(Move("multiply", one.first, other.first))
        return found

    def apply(self, state: Calculation, move: Move) -> Calculation:
        """See the class."""
        model, question, v = state.sheet.model, state.sheet.question, move.first
        tables = state.tables
        if move.kind == "cut":
            return replace(state, tables=tuple(table for table in tables if table.parts != 1 << v))
        if move.kind == "set":
            value = _values(question)[v]
            return replace(
                state, tables=tuple(_restricted(table, v, value) for table in tables), fixed=state.fixed | 1 << v
            )
        if move.kind == "imagine":
            size = len(model.names)
            causes = tuple(cause + size * (state.copied >> cause & 1) for cause in model.parents[v])
            new = _restricted(_own_table(model, v, v + size, causes), question.treatment, question.forced)
            for fixed in members(state.fixed):
                new = _restricted(new, fixed, _values(question)[fixed])
            return replace(state, tables=_in_order([*tables, new]), copied=state.copied | 1 << v)
        if move.kind == "sum":
            (old,) = (table for table in tables if v in table.scope)
            rest = [table for table in tables if table is not old]
            if not _adds_up_to_one(state, old, v):
                rest.append(_summed(old, v))
            return replace(state, tables=_in_order(rest))
        if move.kind == "multiply":
            one, other = (next(table for table in tables if table.first == name) for name in move[1:])
            rest = [table for table in tables if table is not one and table is not other]
            new = _multiplied(one, other)
            return replace(state, tables=_in_order([*rest, new]), left=state.left - len(new.numbers))
        last = tables[0]
        whole = last.scale if move.kind == "read" else sum(last.numbers)
        return replace(state, value=Fraction(last.numbers[question.value], whole))

    def score(self, state: Calculation) -> float:
        """Whether the value is what was asked for."""
        return float(state.value == state.sheet.truth)

    def key(self, state: Calculation) -> tuple[Any, ...]:
        """The model, the question, and what was done with it, from which all numbers follow."""
        shapes = tuple((table.parts, table.scope) for table in state.tables)
        return state.sheet.model, state.sheet.question, shapes, state.fixed, state.copied, state.left, state.value

    def describe(self, state: Calculation) -> str:
        """What is asked, all tables, and the multiplications that are left; or what was found."""
        asked = _asked(state.sheet)
        if state.value is not None:
            return f"{asked} = {state.value}"
        tables = "; ".join(_written(state.sheet, table) for table in state.tables)
        return f"{asked}: {tables or 'no tables'}; {state.left} multiplications left"

    def move_name(self, state: Calculation, move: Move) -> str:
        """Such as "cut rud", "multiply rud and wob*", or "normalise"."""
        words = [state.sheet.names[v].lower() for v in move[1:] if v >= 0]
        return " ".join([move.kind, " and ".join(words)]).strip()

    def tokens(self, state: Calculation, symmetry: int = 0) -> Int16:
        """A row of variables, with their parts in the question and whether they are set; a row for each table, with its
        variables and those whose tables it is made of; one for each variable that can still be imagined, with its
        causes; and a row with the multiplications that are left."""
        return self._shown(state)[0]

    def move_tokens(self, state: Calculation, move: Move) -> tuple[list[int], list[int]]:
        """The kind; about the variables, or the tables by the variable that names each."""
        places = self._shown(state)[1]
        sign = [ID[_SIGNS[move.kind]]]
        if move.kind == "multiply":
            return sign, [places[1 + table, name] for name in move[1:] for table in _numbers(state, name)]
        return sign, [places[0, move.first]] if move.first >= 0 else []

    def _shown(self, state: Calculation) -> tuple[Int16, dict[tuple[int, int], int]]:
        """The tokens, and where those of rows and columns are."""
        return remembered(state, "_tokens", lambda: _write(state))

    def answer(self, state: Calculation) -> str | None:
        """The probability; None where none was found."""
        return None if state.value is None else str(state.value)

    def move_claim(self, state: Calculation, move: Move) -> str:
        """Such as "Multiply Fimo and Wob: Fimo(Fimo, Wob) = (5, 5, 7, 3)/20, 4 multiplications, 0 left."."""
        after, sheet = self.apply(state, move), state.sheet
        new = [_written(sheet, table) for table in after.tables if table not in state.tables]
        names = [sheet.names[v] for v in move[1:] if v >= 0]
        if move.kind == "cut":
            return f"Cut {names[0]}: its own table goes."
        if move.kind == "set":
            return f"Set {names[0]} to {_values(sheet.question)[move.first]}: {'; '.join(new)}."
        if move.kind == "imagine":
            return f"Imagine {names[0]}: {new[0]}."
        if move.kind == "sum":
            return f"Sum out {names[0]}: {new[0] if new else 'its own table adds up to 1 and goes'}."
        if move.kind == "multiply":
            done = f"{state.left - after.left} multiplications, {after.left} left"
            return f"Multiply {names[0]} and {names[1]}: {new[0]}, {done}."
        return f"{'Read off' if move.kind == 'read' else 'Divide by the sum'}: {_asked(sheet)} = {after.value}."


# ---- tables ----------------------------------------------------------------------------------------------------------


def _own_table(model: Model, variable: int, number: int, causes: tuple[int, ...]) -> Table:
    """The table of a variable, or of its copy, by these causes, which are in the order of the model."""
    scale = model.scales[variable]
    scope = (*causes, number)
    order = sorted(scope)
    numbers = []
    for values in product((0, 1), repeat=len(scope)):
        of = dict(zip(order, values, strict=True))
        row = 0
        for cause in causes:
            row = 2 * row + of[cause]
        likely = model.tables[variable][row]
        numbers.append(likely if of[number] else scale - likely)
    return Table(1 << number, tuple(order), tuple(numbers), scale)


def _restricted(table: Table, variable: int, value: int) -> Table:
    """What goes with a value, where the variable is one of the table's."""
    if variable not in table.scope:
        return table
    scope = tuple(v for v in table.scope if v != variable)
    kept = _halves(table.scope, variable)[value]
    return table._replace(scope=scope, numbers=tuple([table.numbers[i] for i in kept]))


def _summed(table: Table, variable: int) -> Table:
    scope = tuple(v for v in table.scope if v != variable)
    pairs = zip(*_halves(table.scope, variable), strict=True)
    return table._replace(scope=scope, numbers=tuple([table.numbers[i] + table.numbers[j] for i, j in pairs]))


def _multiplied(one: Table, other: Table) -> Table:
    scope, pairs = _joined(one.scope, other.scope)
    numbers = tuple([one.numbers[i] * other.numbers[j] for i, j in pairs])
    return Table(one.parts | other.parts, scope, numbers, one.scale * other.scale)


@functools.lru_cache(maxsize=10_000)
def _halves(scope: tuple[int, ...], variable: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places of the entries where a variable is 0, and where it is 1."""
    weight = 1 << len(scope) - 1 - scope.index(variable)
    places = range(1 << len(scope))
    return tuple(i for i in places if not i & weight), tuple(i for i in places if i & weight)


@functools.lru_cache(maxsize=10_000)
def _joined(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Both scopes together, and for each of its entries its places in each."""
    whole = tuple(sorted({*one, *other}))
    places = [
        [
            sum((i >> len(whole) - 1 - whole.index(v) & 1) << len(of) - 1 - k for k, v in enumerate(of))
            for of in (one, other)
        ]
        for i in range(1 << len(whole))
    ]
    return whole, tuple((i, j) for i, j in places)


def _in_order(tables: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(sorted(tables, key=lambda table: table.first))


def _adds_up_to_one(state: Calculation, table: Table, variable: int) -> bool:
    """Whether it is the variable's own table, from which no other was summed out."""
    if table.parts != 1 << variable:
        return False
    parents = state.sheet.model.parents
    causes = parents[variable] if variable < len(parents) else ()  # those of a copy have tables
    return all(cause in table.scope or state.fixed >> cause & 1 for cause in causes)


def _can_be_imagined(state: Calculation, variable: int, counts: list[int]) -> bool:
    """Whether the treatment or a copy causes it, it was not imagined, nor was what it causes, and its causes are still
    there."""
    model, treatment = state.sheet.model, state.sheet.question.treatment
    if any(state.copied >> v & 1 for v, causes in enumerate(model.parents) if v == variable or variable in causes):
        return False
    causes = [v + len(model.names) * (state.copied >> v & 1) for v in model.parents[variable] if v != treatment]
    changed = len(causes) < len(model.parents[variable]) or max(causes) >= len(model.names)
    return changed and all(counts[cause] or state.fixed >> cause & 1 for cause in causes)


def _values(question: Question) -> dict[int, int]:
    """The values that are given, and the one that an intervention forces."""
    return dict(question.given) | ({} if question.counterfactual else {question.treatment: question.forced})


def _truth(state: Calculation) -> Fraction:
    """What is asked for, by eliminating variables one by one. Raises TaskError where what is given cannot be."""
    sheet, rules = state.sheet, CausalEffect()
    question, parents = sheet.question, sheet.model.parents
    if not question.counterfactual:
        state = rules.apply(state, Move("cut", question.treatment))
    while waiting := [v for v in members(question.copies) if not state.copied >> v & 1]:
        state = rules.apply(state, Move("imagine", next(v for v in waiting if not {*parents[v]} & {*waiting})))
    for v in _values(question):
        state = rules.apply(state, Move("set", v))
    tables = [*state.tables]
    while left := {v for table in tables for v in table.scope} - {sheet.target}:
        near = {v: {w for table in tables if v in table.scope for w in table.scope} for v in left}
        next_one = min(left, key=lambda v: (len(near[v]), v))
        whole = functools.reduce(_multiplied, (table for table in tables if next_one in table.scope))
        tables = [*(table for table in tables if next_one not in table.scope), _summed(whole, next_one)]
    numbers = functools.reduce(_multiplied, tables).numbers
    if not sum(numbers):
        raise TaskError("given: the model says that this cannot be")
    return Fraction(numbers[question.value], sum(numbers))


# ---- text and tokens -------------------------------------------------------------------------------------------------


def _written(sheet: Sheet, table: Table) -> str:
    """Such as "Wob(Rud, Wob) = (9, 1, 1, 3)/10"."""
    scope, numbers = (", ".join(map(str, row)) for row in ([sheet.names[v] for v in table.scope], table.numbers))
    return f"{sheet.names[table.first]}({scope}) = ({numbers})/{table.scale}"


def _asked(sheet: Sheet) -> str:
    """Such as "P(Wob = 1 | do(Rud = 1), Fimo = 0)", or "P(Wob* = 1 where Rud* = 0 | Rud = 1)"."""
    names, question = sheet.names, sheet.question
    given = [f"{names[v]} = {value}" for v, value in question.given]
    outcome, forced = f"{names[sheet.target]} = {question.value}", question.forced
    if question.counterfactual:
        return f"P({outcome} where {names[question.treatment]}* = {forced} | {', '.join(given)})"
    return f"P({outcome} | {', '.join([f'do({names[question.treatment]} = {forced})', *given])})"


def _numbers(state: Calculation, name: int) -> list[int]:
    """The place of the table with that name."""
    return [i for i, table in enumerate(state.tables) if table.first == name]


def _write(state: Calculation) -> tuple[Int16, dict[tuple[int, int], int]]:
    model, question = state.sheet.model, state.sheet.question
    size, given = len(model.names), dict(question.given)
    rows = [
        (
            (v == question.treatment) + 2 * (v == question.outcome) + 4 * (v in given) + 8 * (state.fixed >> v & 1),
            0,
            v,
        )
        for v in range(size)
    ]
    rows += [(_COPY, 0, v + size) for v in members(state.copied)]
    rows = [(ID[f"rule {rule}"], row, column) for rule, row, column in rows]
    for i, table in enumerate(state.tables, 1):
        for v in sorted({*table.scope, *members(table.parts)}):
            own = table.parts >> v & 1
            rows.append((_BOTH if own and v in table.scope else _PART if own else _IN_SCOPE, i, v))
    for i, v in enumerate(members(question.copies & ~state.copied), MAX_TABLES + 1):
        rows += [(_PART, i, v), *((ID["edge"], i, cause) for cause in model.parents[v])]
    places = {(row, column): place for place, (_, row, column) in enumerate(rows)}
    end, sign = 2 * MAX_TABLES, "suppose" if question.counterfactual else "effect"
    if state.value is not None:
        read = Fraction(state.tables[0].numbers[question.value], state.tables[0].scale)
        rows.append((ID["done"], end, 1 + (state.value == read)))
    rows += [(symbol, end, 3 + i) for i, symbol in enumerate([ID[sign], *encode(str(state.left))])]
    return np.array(rows, np.int16), places


def environment() -> CausalEffect:
    """Models of up to nine variables, and of up to twelve tables."""
    return CausalEffect()
