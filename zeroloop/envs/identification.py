"""Effects from observations alone: turn P(y | do(x)) into an expression without do, or show that there is none."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._causal_graph import Graph, closure, graph_of, members, reached, read_edges, read_names, read_pair
from zeroloop.envs._moves import MoveListEnvironment
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer
from zeroloop.vocabulary import ID, encode

MAX_VARIABLES = 7
MAX_ARCS = 8
MAX_TERMS = 6
MAX_STEPS = 40
EXAMPLE: Task = {
    "variables": ["Rud", "Wob", "Yark"],
    "edges": [["Rud", "Wob"], ["Wob", "Yark"]],
    "arcs": [["Rud", "Yark"]],
    "treatment": "Rud",
    "outcome": "Yark",
    "max_steps": 7,
}

DERIVE, LARGER, SMALLER, CLAIMED = range(4)
"""What is going on: a derivation, or the choice of either set of a hedge; at last, whether one is claimed."""
_ARC, _TARGET, _DO, _GIVEN = 9, 10, 12, 14
"""Rules that stand for hidden common causes, and for places in terms, 1 more of a variable with a prime. Lower ones are
variables: plain, treatment or outcome, 3 more in the larger set of a hedge, 6 more in both."""
_SIGNS = {
    "sum": "+",
    "see": "=",
    "do": "!",
    "drop": "-",
    "ignore": "~",
    "hedge": "#",
    "leave out": "<",
    "keep": ">",
    "claim": ".",
}


class Term(NamedTuple):
    """P(target | do(does), given): variables as twice their number, 1 more with a prime, ascending."""

    target: int
    does: tuple[int, ...]
    given: tuple[int, ...]


class Move(NamedTuple):
    """kind: see Identification. variable: by number, -1 for none."""

    kind: str
    variable: int = -1


@dataclass(frozen=True, eq=False)
class Diagram:
    """What stays the same in an episode. edges: with those of hidden causes, whose numbers follow those of variables.
    blank: int16 [T, 3], variables, edges and arcs. free: the treatment and the outcome as terms have them."""

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    arcs: tuple[tuple[int, int], ...]
    treatment: int
    outcome: int
    steps: int
    blank: Int16

    @property
    def free(self) -> set[int]:
        return {2 * self.treatment, 2 * self.outcome}


@dataclass(frozen=True)
class Derivation:
    """terms: factors of what is summed over all of their targets but the outcome. left: the steps that may follow.
    mode: what is going on. larger, smaller: sets of a hedge, as bits."""

    diagram: Diagram
    terms: tuple[Term, ...]
    left: int
    mode: int
    larger: int
    smaller: int

    @property
    def open(self) -> int | None:
        """The place of the first term with a do."""
        return next((place for place, term in enumerate(self.terms) if term.does), None)


class Identification(MoveListEnvironment[Derivation, Move]):
    """A derivation is made of steps at the first term that has a do (Pearl 1995):

    - "sum" takes one more variable in: P(y | w) = sum over z of P(y | w, z) P(z | w).
    - "ignore" leaves something out that was seen: rule 1.
    - "see" makes seen of forced, and "do" forced of seen: rule 2.
    - "drop" leaves something out that was forced: rule 3.

    It ends where no term has a do, which is worth 1, or where no step is left. Instead of it a hedge (Shpitser & Pearl
    2006) may be claimed, by leaving variables out in their order, of all for the larger set, and of this one without
    the treatment for the smaller; that is worth 1 where it is one. A primed variable is another value of it.
    """

    name: ClassVar[str] = "identification"
    num_actions = 3 * MAX_VARIABLES
    num_tokens = MAX_VARIABLES * (MAX_VARIABLES + 1) // 2 + MAX_ARCS + MAX_TERMS * MAX_VARIABLES + 3

    def initial_state(self, task: Task | None = None) -> Derivation:
        """P(y | do(x)) as it is. Raises TaskError where the graph is broken, or the treatment has no effect."""
        task = EXAMPLE if task is None else task
        names, edges, arcs, treatment, outcome = read_diagram(task)
        steps = integer(task, "max_steps", 1, MAX_STEPS)
        rows = [((v == treatment) + 2 * (v == outcome), v, v) for v in range(len(names))]
        rows += [(_ARC, a, b) for a, b in arcs]
        blank = [(ID[f"rule {rule}"], a, b) for rule, a, b in rows] + [(ID["edge"], a, b) for a, b in edges]
        hidden = [(len(names) + i, end) for i, arc in enumerate(arcs) for end in arc]
        diagram = Diagram(names, (*edges, *hidden), arcs, treatment, outcome, steps, np.array(blank, np.int16))
        return Derivation(diagram, (Term(2 * outcome, (2 * treatment,), ()),), steps, DERIVE, 0, 0)

    def list_moves(self, state: Derivation) -> list[Move]:
        """In the order above; a hedge only before the first step."""
        diagram = state.diagram
        everything = (1 << len(diagram.names)) - 1
        if state.mode == CLAIMED:
            return []
        if state.mode == LARGER:
            last = (everything & ~state.larger).bit_length()
            kept = [v for v in members(state.larger) if v >= last and v != diagram.treatment]
            return [*(Move("leave out", v) for v in kept), Move("keep")]
        if state.mode == SMALLER:
            last = (state.larger & ~state.smaller & ~(1 << diagram.treatment)).bit_length()
            return [*(Move("leave out", v) for v in members(state.smaller) if v >= last), Move("claim")]
        if state.open is None or not state.left:
            return []
        term = state.terms[state.open]
        there = {code >> 1 for code in (term.target, *term.does, *term.given)}
        found = list[Move]()
        if len(state.terms) < MAX_TERMS:
            new = [v for v in range(len(diagram.names)) if v not in there and _unused(state, v) is not None]
            found += [Move("sum", v) for v in new]
        for v in sorted(there - {term.target >> 1}):
            kinds = ("see", "drop") if v in {code >> 1 for code in term.does} else ("ignore", "do")
            found += [Move(kind, v) for kind in kinds if _holds(diagram, term, kind, v)]
        return [*found, Move("hedge")] if state.left == diagram.steps else found

    def apply(self, state: Derivation, move: Move) -> Derivation:
        """See the class."""
        kind, v = move
        if kind == "hedge":
            return replace(state, mode=LARGER, larger=(1 << len(state.diagram.names)) - 1)
        if kind == "leave out" and state.mode == LARGER:
            return replace(state, larger=state.larger & ~(1 << v))
        if kind == "leave out":
            return replace(state, smaller=state.smaller & ~(1 << v))
        if kind == "keep":
            return replace(state, mode=SMALLER, smaller=state.larger & ~(1 << state.diagram.treatment))
        if kind == "claim":
            return replace(state, mode=CLAIMED)
        new, place = _after(state, move), state.open or 0
        return replace(state, terms=(*state.terms[:place], *new, *state.terms[place + 1 :]), left=state.left - 1)

    def score(self, state: Derivation) -> float:
        """Whether no do is left, or the claimed hedge is one."""
        return float(_is_hedge(state) if state.mode == CLAIMED else state.open is None)

    def key(self, state: Derivation) -> tuple[Any, ...]:
        """The graph, what is asked, and the derivation or the hedge."""
        diagram = state.diagram
        given = diagram.edges, len(diagram.names), diagram.treatment, diagram.outcome, diagram.steps
        return *given, state.terms, state.left, state.mode, state.larger, state.smaller

    def describe(self, state: Derivation) -> str:
        """The expression, and the steps that are left; or the sets of a hedge."""
        diagram = state.diagram
        asked = _written(diagram, Term(2 * diagram.outcome, (2 * diagram.treatment,), ()))
        if state.mode == DERIVE:
            return f"{asked} = {_expression(state)}; {state.left} steps left"
        larger, smaller = _listed(diagram, members(state.larger)), _listed(diagram, members(state.smaller))
        inner = "" if state.mode == LARGER else f", and within it {smaller}"
        return f"{asked}: a hedge of {larger}{inner}{', claimed' if state.mode == CLAIMED else ''}"

    def move_name(self, state: Derivation, move: Move) -> str:
        """Such as "sum over wob", "see rud" or "show a hedge"."""
        words = {"sum": "sum over", "hedge": "show a hedge", "claim": "claim the hedge", "keep": "keep these"}
        name = state.diagram.names[move.variable].lower() if move.variable >= 0 else ""
        return f"{words.get(move.kind, move.kind)} {name}".strip()

    def tokens(self, state: Derivation, symmetry: int = 0) -> Int16:
        """Variables on the diagonal, with their parts in the question and in a hedge; edges in the row of the cause;
        hidden causes; a row for each term, with the places of variables in it; and the steps that are left."""
        diagram, tokens = state.diagram, state.diagram.blank.copy()
        size = len(diagram.names)
        for v in range(size):
            tokens[v, 0] += 3 * ((state.larger >> v & 1) + (state.smaller >> v & 1))
        rows = [
            (ID[f"rule {place + (code & 1)}"], size + i, code >> 1)
            for i, term in enumerate(state.terms)
            for place, codes in ((_TARGET, (term.target,)), (_DO, term.does), (_GIVEN, term.given))
            for code in codes
        ]
        left = [ID["identification"], *encode(str(state.left))]
        rows += [(symbol, size + MAX_TERMS, state.mode + i) for i, symbol in enumerate(left)]
        return np.concatenate([tokens, np.array(rows, np.int16)])

    def move_tokens(self, state: Derivation, move: Move) -> tuple[list[int], list[int]]:
        """The kind, about the variable."""
        return [ID[_SIGNS[move.kind]]], [move.variable] if move.variable >= 0 else []

    def answer(self, state: Derivation) -> Any:
        """The expression as text, or both sets of a hedge; None where neither came out."""
        if state.mode == CLAIMED:
            sets = (members(state.larger), members(state.smaller))
            return {"hedge": [[state.diagram.names[v] for v in each] for each in sets]}
        return _expression(state) if state.mode == DERIVE and state.open is None else None

    def move_claim(self, state: Derivation, move: Move) -> str:
        """Such as "Rule 2: P(Yark | do(Wob), Rud') = P(Yark | Wob, Rud'), since Yark and Wob are separated by
        Rud' without arrows out of Wob."."""
        diagram, (kind, v) = state.diagram, move
        names, after = diagram.names, self.apply(state, move)
        if kind == "hedge":
            return "There is no such expression: a hedge shows it."
        if kind == "leave out":
            which, kept = ("larger", after.larger) if state.mode == LARGER else ("smaller", after.smaller)
            return f"Leave {names[v]} out of the {which} set: {_listed(diagram, members(kept))}."
        if kind == "keep":
            return f"The larger set is {_listed(diagram, members(state.larger))}."
        if kind == "claim":
            verdict = "this is a hedge" if _is_hedge(after) else "this is no hedge"
            return f"The smaller set is {_listed(diagram, members(state.smaller))}, and {verdict}."
        old, new = state.terms[state.open or 0], _after(state, move)
        left, right = _written(diagram, old), " ".join(_written(diagram, term) for term in new)
        if kind == "sum":
            return f"Sum over {names[v]}: {left} = sum_{{{_word(diagram, new[1].target)}}} {right}."
        rule = {"ignore": 1, "see": 2, "do": 2, "drop": 3}[kind]
        into, out, others = _cuts(diagram, old, kind, v)
        cut = [f"{way} {_listed(diagram, those)}" for way, those in (("into", into), ("out of", out)) if those]
        reason = f"{names[old.target >> 1]} and {names[v]} are separated"
        if others:
            reason += f" by {', '.join(_word(diagram, code) for code in others)}"
        if cut:
            reason += f" without arrows {' and '.join(cut)}"
        return f"Rule {rule}: {left} = {right}, since {reason}."


def read_diagram(
    task: Task,
) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...], tuple[tuple[int, int], ...], int, int]:
    """Names, edges, arcs with the lower number first, treatment and outcome. Raises TaskError."""
    names = read_names(task)
    if len(names) > MAX_VARIABLES:
        raise TaskError(f"variables: {len(names)} are too many; at most {MAX_VARIABLES} are measured here")
    edges, arcs, rows = tuple(sorted(read_edges(task, names))), set[tuple[int, int]](), task.get("arcs")
    if not isinstance(rows, list | tuple) or len(rows) > MAX_ARCS:
        raise TaskError(f"arcs must be a list of {MAX_ARCS} pairs at most such as ['{names[0]}', '{names[1]}']")
    for index, row in enumerate(rows):
        if not isinstance(row, list | tuple) or len(row) != 2 or not all(name in names for name in row):
            raise TaskError(f"arcs[{index}] must be a pair of variables with a hidden common cause")
        low, high = sorted(map(names.index, row))
        if low == high or (low, high) in arcs:
            raise TaskError(f"arcs[{index}] must be two variables that no other arc joins")
        arcs.add((low, high))
    treatment, outcome = read_pair(task, names, "treatment", "outcome")
    if not closure(graph_of(names, edges).children, 1 << treatment) >> outcome & 1:
        raise TaskError(f"edges: {names[treatment]} has no effect on {names[outcome]}, so that nothing is asked")
    return names, edges, tuple(sorted(arcs)), treatment, outcome


def _unused(state: Derivation, variable: int) -> int | None:
    """The variable without or with a prime, as nothing has it yet."""
    used = {term.target for term in state.terms} | state.diagram.free
    return next((code for code in (2 * variable, 2 * variable + 1) if code not in used), None)


def _after(state: Derivation, move: Move) -> tuple[Term, ...]:
    """What becomes of the first open term."""
    term = state.terms[state.open or 0]
    if move.kind == "sum":
        code = _unused(state, move.variable) or 0
        return term._replace(given=_with(term.given, code)), term._replace(target=code)
    code = next(code for code in (*term.does, *term.given) if code >> 1 == move.variable)
    does, given = (tuple(each for each in codes if each != code) for codes in (term.does, term.given))
    if move.kind == "see":
        given = _with(given, code)
    elif move.kind == "do":
        does = _with(does, code)
    return (Term(term.target, does, given),)


def _with(codes: tuple[int, ...], code: int) -> tuple[int, ...]:
    return tuple(sorted((*codes, code)))


def _cuts(
    diagram: Diagram, term: Term, kind: str, variable: int
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Variables that no arrows are to lead into, and none out of, and the codes that have to separate."""
    others = tuple(code for code in (*term.does, *term.given) if code >> 1 != variable)
    into = tuple(code >> 1 for code in term.does if code >> 1 != variable)
    if kind in ("see", "do"):
        return into, (variable,), others
    if kind == "drop":
        seen = sum(1 << (code >> 1) for code in term.given)
        if not closure(_cut(diagram.edges, into, ()).parents, seen) >> variable & 1:
            into = tuple(sorted((*into, variable)))
    return into, (), others


def _holds(diagram: Diagram, term: Term, kind: str, variable: int) -> bool:
    """Whether the rule allows it."""
    into, out, others = _cuts(diagram, term, kind, variable)
    given = sum(1 << (code >> 1) for code in others)
    return not reached(_cut(diagram.edges, into, out), variable, given) >> (term.target >> 1) & 1


@functools.lru_cache(maxsize=10_000)
def _cut(edges: tuple[tuple[int, int], ...], into: tuple[int, ...], out: tuple[int, ...]) -> Graph:
    """The graph without the edges into some variables, and out of some."""
    names = ("",) * (MAX_VARIABLES + MAX_ARCS)
    return graph_of(names, [(a, b) for a, b in edges if b not in into and a not in out])


def _is_hedge(state: Derivation) -> bool:
    """Whether hidden causes connect each of the sets, the smaller one within the larger, and from each of their
    variables edges within the set lead to roots in the smaller one from which the outcome can be reached without the
    treatment."""
    diagram, size = state.diagram, len(state.diagram.names)
    graph = _cut(diagram.edges, (diagram.treatment,), ())
    causes = closure(graph.parents, 1 << diagram.outcome)
    roots = state.smaller & causes
    if not roots or state.smaller & ~state.larger:
        return False
    for some in (state.larger, state.smaller):
        parents = [each & some for each in _cut(diagram.edges, (), ()).parents]
        near = [sum(1 << a + b - v for a, b in diagram.arcs if v in (a, b)) & some for v in range(size)]
        if closure(parents, roots) & some != some or closure(near, some & -some) != some:
            return False
    return True


# ---- text ------------------------------------------------------------------------------------------------------------


def _word(diagram: Diagram, code: int) -> str:
    return diagram.names[code >> 1] + "'" * (code & 1)


def _listed(diagram: Diagram, variables: Iterable[int]) -> str:
    return ", ".join(diagram.names[v] for v in variables) or "nothing"


def _written(diagram: Diagram, term: Term) -> str:
    """Such as "P(Yark | do(Rud), Wob)"."""
    words = [*(f"do({_word(diagram, code)})" for code in term.does), *(_word(diagram, code) for code in term.given)]
    return f"P({_word(diagram, term.target)}{' | ' if words else ''}{', '.join(words)})"


def _expression(state: Derivation) -> str:
    """Such as "sum_{Wob} P(Yark | Wob) P(Wob | Rud)"."""
    bound = sorted({term.target for term in state.terms} - {2 * state.diagram.outcome})
    terms = " ".join(_written(state.diagram, term) for term in state.terms)
    return f"sum_{{{', '.join(_word(state.diagram, code) for code in bound)}}} {terms}" if bound else terms


def environment() -> Identification:
    """Graphs of up to seven measured variables, and up to eight hidden ones."""
    return Identification()
