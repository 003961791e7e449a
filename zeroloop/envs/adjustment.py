"""Adjustment sets: choose variables to adjust for, so that only the effect of the treatment on the outcome is left."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._causal_graph import (
    MAX_EDGES,
    MAX_VARIABLES,
    Graph,
    closure,
    directed_path,
    graph_of,
    members,
    open_path,
    passes,
    reached,
    read_edges,
    read_names,
    read_pair,
    written_path,
)
from zeroloop.envs._moves import MoveListEnvironment, remembered
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer
from zeroloop.vocabulary import ID, encode

MAX_COST = 9
MAX_TOTAL = MAX_COST * (MAX_VARIABLES - 2)
STOP = -1
"""The move that ends the choice."""
EXAMPLE: Task = {
    "variables": ["Fimo", "Rud", "Tasel", "Wob", "Yark"],
    "edges": [["Fimo", "Rud"], ["Fimo", "Wob"], ["Wob", "Yark"], ["Rud", "Tasel"], ["Tasel", "Yark"]],
    "treatment": "Rud",
    "outcome": "Yark",
    "costs": {"Fimo": 4, "Tasel": 1, "Wob": 2},
    "best": 2,
}

_TREATMENT, _OUTCOME, _HIDDEN, _MEASURED, _CHOSEN = range(0, 10, 2)
"""Rules that stand for variables; one more where an open path reaches them."""


@dataclass(frozen=True, eq=False)
class Diagram:
    """What stays the same in an episode. costs: 0 where a variable cannot be adjusted for. back_door: the graph without
    the first edges of causal paths. mediators: what comes after the treatment on causal paths. forbidden: mediators and
    what descends from them. blank: int16 [T, 3], variables with their costs, and edges."""

    graph: Graph
    back_door: Graph
    treatment: int
    outcome: int
    costs: tuple[int, ...]
    best: int
    mediators: int
    forbidden: int
    blank: Int16
    given: tuple[Any, ...]


@dataclass(frozen=True)
class Choice:
    """chosen: bits. total: their cost. stopped: nothing more is chosen."""

    diagram: Diagram
    chosen: int
    total: int
    stopped: bool


class Adjustment(MoveListEnvironment[Choice, int]):
    """A move chooses a variable that can be measured, in any order, or stops, once something is chosen.

    A set is valid by the complete criterion (Shpitser, VanderWeele & Robins 2010): it has no forbidden variable, and
    blocks every path that is not causal. With a forbidden variable the end is a dead end. The score of a valid set is
    the least cost of any, `task["best"]`, by its cost; else 0. What open paths reach is shown, whether a variable is
    forbidden is not.
    """

    name: ClassVar[str] = "adjustment"
    num_actions = MAX_VARIABLES - 1
    num_tokens = 2 * MAX_VARIABLES - 2 + MAX_EDGES + 1 + len(str(MAX_TOTAL))

    def initial_state(self, task: Task | None = None) -> Choice:
        """Nothing chosen. Raises TaskError where the graph is broken, nothing can be measured, or no path has to be
        blocked."""
        task = EXAMPLE if task is None else task
        names = read_names(task)
        edges = sorted(read_edges(task, names))
        treatment, outcome = read_pair(task, names, "treatment", "outcome")
        costs = read_costs(task, names, (treatment, outcome))
        graph, best = graph_of(names, edges), integer(task, "best", 1, MAX_TOTAL)
        mediators = closure(graph.children, graph.children[treatment]) & closure(graph.parents, 1 << outcome)
        causal = {(treatment, other) for other in members(mediators)}
        diagram = Diagram(
            graph=graph,
            back_door=graph_of(names, [edge for edge in edges if edge not in causal]),
            treatment=treatment,
            outcome=outcome,
            costs=costs,
            best=best,
            mediators=mediators,
            forbidden=closure(graph.children, mediators),
            blank=_blank(edges, treatment, outcome, costs),
            given=(tuple(edges), treatment, outcome, costs, best),
        )
        start = Choice(diagram, 0, 0, False)
        if not _reached(start) >> outcome & 1:
            raise TaskError("edges: no path has to be blocked, so that nothing is asked; the empty set is valid")
        return start

    def list_moves(self, state: Choice) -> list[int]:
        """Variables that are not chosen, and `STOP` where something is."""
        diagram = state.diagram
        if state.stopped or state.chosen & diagram.forbidden:
            return []
        found = [v for v, cost in enumerate(diagram.costs) if cost and not state.chosen >> v & 1]
        return [*found, STOP] if state.chosen else found

    def apply(self, state: Choice, move: int) -> Choice:
        """With the variable, or stopped."""
        if move == STOP:
            return Choice(state.diagram, state.chosen, state.total, True)
        return Choice(state.diagram, state.chosen | 1 << move, state.total + state.diagram.costs[move], False)

    def score(self, state: Choice) -> float:
        """The least cost by the cost, where the set is valid."""
        diagram = state.diagram
        if state.chosen & diagram.forbidden or _reached(state) >> diagram.outcome & 1:
            return 0.0
        return min(1.0, diagram.best / state.total)

    def key(self, state: Choice) -> tuple[Any, ...]:
        """The graph, what is asked, what is chosen, and whether that is all."""
        return *state.diagram.given, state.chosen, state.stopped

    def describe(self, state: Choice) -> str:
        """What is chosen, its cost, and what open paths reach from the treatment."""
        diagram, names = state.diagram, state.diagram.graph.names
        chosen, reach = (", ".join(names[v] for v in members(bits)) for bits in (state.chosen, _reached(state)))
        return (
            f"the effect of {names[diagram.treatment]} on {names[diagram.outcome]}; adjusted for: "
            f"{chosen or 'nothing'}, cost {state.total}; open paths reach: {reach or 'nothing'}"
        )

    def move_name(self, state: Choice, move: int) -> str:
        """Such as "adjust for fimo", or "stop"."""
        return "stop" if move == STOP else f"adjust for {state.diagram.graph.names[move].lower()}"

    def tokens(self, state: Choice, symmetry: int = 0) -> Int16:
        """Variables on the diagonal: their part, and whether an open path reaches them; edges in the row of the cause
        and the column of the effect; costs in the last column; then a row with the cost so far."""
        diagram, reach = state.diagram, _reached(state)
        size, total = len(diagram.costs), str(state.total)
        tokens = np.empty((len(diagram.blank) + 1 + len(total), 3), np.int16)
        tokens[: len(diagram.blank)] = diagram.blank
        for variable in members(state.chosen):
            tokens[variable, 0] = ID[f"rule {_CHOSEN}"]
        tokens[[*members(reach)], 0] += 1
        dead = state.chosen & diagram.forbidden
        sign = "dead end" if dead else "done" if state.stopped else "adjustment"
        end = tokens[len(diagram.blank) :]
        end[:, 0] = [ID[sign], *encode(total)]
        end[:, 1] = size
        end[:, 2] = [0, *range(4 - len(total), 4)]
        return tokens

    def move_tokens(self, state: Choice, move: int) -> tuple[list[int], list[int]]:
        """To choose, about the variable; or that it is done."""
        return ([ID["done"]], []) if move == STOP else ([ID["place"]], [move])

    def answer(self, state: Choice) -> list[str] | None:
        """The names of the set; None before it is one."""
        names = state.diagram.graph.names
        return [names[v] for v in members(state.chosen)] if state.stopped else None

    def move_claim(self, state: Choice, move: int) -> str:
        """Such as "Adjust for Wob (cost 2, total 2): this blocks Rud <- Fimo -> Wob -> Yark; every path that is not
        causal is blocked."."""
        diagram, graph, after = state.diagram, state.diagram.graph, self.apply(state, move)
        still = _open(after)
        rest = "every path that is not causal is blocked" if still is None else f"{written_path(graph, still)} is open"
        if move == STOP:
            names = ", ".join(graph.names[v] for v in members(state.chosen))
            verdict = "valid" if still is None else "not valid"
            return f"Stop with {names} (total {state.total}): {rest}, so this set is {verdict}."
        start = f"Adjust for {graph.names[move]} (cost {diagram.costs[move]}, total {after.total}): "
        if diagram.forbidden >> move & 1:
            return f"{start}{_objection(diagram, move)}, so no set with it is valid."
        before = _open(state)
        if before is not None and passes(graph, before, move):
            return f"{start}this blocks {written_path(graph, before)}; {rest}."
        return f"{start}{rest}."


def read_costs(task: Task, names: tuple[str, ...], others: tuple[int, ...]) -> tuple[int, ...]:
    """The cost of each variable that can be measured, 0 for those that cannot and for `others`. Raises TaskError."""
    costs = task.get("costs")
    if not isinstance(costs, dict) or not costs:
        raise TaskError("costs must be a mapping of the variables that can be measured to their costs")
    allowed = {name for number, name in enumerate(names) if number not in others}
    if unknown := [*costs.keys() - allowed]:
        raise TaskError(f"costs: {str(unknown[0])[:20]!r} is no variable besides treatment and outcome")
    return tuple(integer(costs, name, 1, MAX_COST) if name in costs else 0 for name in names)


def _reached(state: Choice) -> int:
    diagram = state.diagram
    return remembered(state, "_reached", lambda: reached(diagram.back_door, diagram.treatment, state.chosen))


def _open(state: Choice) -> list[int] | None:
    """A shortest open path that is not causal."""
    diagram = state.diagram
    return open_path(diagram.back_door, diagram.treatment, diagram.outcome, state.chosen)


def _objection(diagram: Diagram, variable: int) -> str:
    """Why a variable is forbidden."""
    graph = diagram.graph
    is_mediator = diagram.mediators >> variable & 1
    mediator = variable if is_mediator else members(closure(graph.parents, 1 << variable) & diagram.mediators)[0]
    way = directed_path(graph, diagram.treatment, mediator) + directed_path(graph, mediator, diagram.outcome)[1:]
    name, causal = graph.names[variable], f"the causal path {written_path(graph, way)}"
    return f"{name} is on {causal}" if is_mediator else f"{name} descends from {graph.names[mediator]} on {causal}"


def _blank(edges: list[tuple[int, int]], treatment: int, outcome: int, costs: tuple[int, ...]) -> Int16:
    parts = [_MEASURED if cost else _HIDDEN for cost in costs]
    parts[treatment], parts[outcome] = _TREATMENT, _OUTCOME
    rows = [(ID[f"rule {part}"], v, v) for v, part in enumerate(parts)]
    rows += [(ID[str(cost)], v, MAX_VARIABLES) for v, cost in enumerate(costs) if cost]
    rows += [(ID["edge"], cause, effect) for cause, effect in edges]
    return np.array(rows, np.int16)


def environment() -> Adjustment:
    """Causal graphs of up to 16 variables."""
    return Adjustment()
