"""Causal models in numbers: how tasks give their tables, and what is asked about them."""

import re
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from zeroloop.contracts import Task
from zeroloop.envs._causal_graph import closure, graph_of, members, read_edges, read_names, read_pair
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, one_of

MAX_VARIABLES = 9
MAX_PARENTS = 3
MAX_TABLES = 12
"""Of the variables, and of the copies of those that the imagined world needs."""
MAX_DENOMINATOR = 100
MAX_GIVEN = 3
_PROBABILITY = re.compile(r"(\d{1,3})(?:/(\d{1,3}))?", re.ASCII)
FORMS = ("intervention", "counterfactual")


class Model(NamedTuple):
    """names. parents: of each variable, ascending. tables: for each combination of the parents' values, the last one
    changing fastest, the probability of 1 times `scales`."""

    names: tuple[str, ...]
    parents: tuple[tuple[int, ...], ...]
    tables: tuple[tuple[int, ...], ...]
    scales: tuple[int, ...]


class Question(NamedTuple):
    """How likely `outcome` is to have `value` where `treatment` is forced to be `forced`; given, ascending: values that
    are seen then, or, where it is a counterfactual, that were seen without that. copies: the variables that may differ
    in the imagined world and matter to the outcome; none of an intervention."""

    counterfactual: bool
    outcome: int
    value: int
    treatment: int
    forced: int
    given: tuple[tuple[int, int], ...]
    copies: int


def read_model(task: Task) -> tuple[Model, Question]:
    """What a task states. Raises TaskError that names the field."""
    names = read_names(task)
    if len(names) > MAX_VARIABLES:
        raise TaskError(f"variables: {len(names)} are too many; at most {MAX_VARIABLES} have tables here")
    edges = sorted(read_edges(task, names))
    parents = tuple(tuple(cause for cause, effect in edges if effect == v) for v in range(len(names)))
    if crowded := [names[v] for v, causes in enumerate(parents) if len(causes) > MAX_PARENTS]:
        raise TaskError(f"edges: {crowded[0]} has more than {MAX_PARENTS} causes")
    tables, scales = zip(*_read_tables(task, names, parents), strict=True)
    counterfactual = one_of(task, "form", FORMS) == "counterfactual"
    treatment, outcome = read_pair(task, names, "treatment", "outcome")
    graph = graph_of(names, edges)
    copies = closure(graph.children, graph.children[treatment]) & closure(graph.parents, 1 << outcome)
    if not copies:
        raise TaskError(f"edges: {names[treatment]} has no effect on {names[outcome]}, so that nothing is asked")
    given = _read_given(task, names, () if counterfactual else (treatment, outcome))
    if counterfactual:
        rooted = all(
            set(table) <= {0, scale} or not of for table, scale, of in zip(tables, scales, parents, strict=True)
        )
        if not rooted or not given:
            raise TaskError(
                "form: a counterfactual needs tables of 0 and 1, but for variables without causes, and facts"
            )
        if len(names) + len(members(copies)) > MAX_TABLES:
            raise TaskError(f"edges: the worlds together have more than {MAX_TABLES} tables")
    question = Question(
        counterfactual,
        outcome,
        integer(task, "outcome_value", 0, 1),
        treatment,
        integer(task, "treatment_value", 0, 1),
        given,
        copies if counterfactual else 0,
    )
    return Model(names, parents, tables, scales), question


def _read_given(task: Task, names: Sequence[str], others: Sequence[int]) -> tuple[tuple[int, int], ...]:
    given = task.get("given")
    if not isinstance(given, dict) or len(given) > MAX_GIVEN:
        raise TaskError(f"given must be a mapping of {MAX_GIVEN} variables at most to 0 or 1")
    allowed = [name for v, name in enumerate(names) if v not in others]
    if unknown := [name for name in given if name not in allowed]:
        raise TaskError(f"given: {str(unknown[0])[:20]!r} is not one of {', '.join(allowed)}")
    return tuple(sorted((names.index(name), integer(given, name, 0, 1)) for name in given))


def _read_tables(
    task: Task, names: Sequence[str], parents: Sequence[tuple[int, ...]]
) -> list[tuple[tuple[int, ...], int]]:
    tables = task.get("tables")
    if not isinstance(tables, dict) or tables.keys() != {*names}:
        raise TaskError("tables must be a mapping of each variable to its probabilities of being 1")
    found = []
    for name, causes in zip(names, parents, strict=True):
        rows = tables[name]
        if not isinstance(rows, list | tuple) or len(rows) != 1 << len(causes):
            raise TaskError(f"tables: {name} needs {1 << len(causes)} probabilities, one for each case of its causes")
        exact = [_probability(name, row) for row in rows]
        scale = lcm(*(each.denominator for each in exact))
        found.append((tuple(int(each * scale) for each in exact), scale))
    return found


def _probability(name: str, value: Any) -> Fraction:
    """A number from 0 to 1 that is written as 0, 1 or "3/10"."""
    if type(value) is int and value in (0, 1):
        return Fraction(value)
    match = _PROBABILITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise TaskError(f"tables: a probability of {name} is not written as 0, 1 or '3/10'")
    top, bottom = int(match[1]), int(match[2] or 1)
    if not 0 <= top <= bottom <= MAX_DENOMINATOR or not bottom:
        raise TaskError(f"tables: a probability of {name} is not between 0 and 1, in at most hundredths")
    return Fraction(top, bottom)
