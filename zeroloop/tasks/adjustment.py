"""Adjustment sets: the cheapest variables to adjust for, so that an effect can be estimated without bias."""

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._causal_graph import read_edges, read_names, read_pair
from zeroloop.envs.adjustment import MAX_COST, MAX_TOTAL, read_costs
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer
from zeroloop.tasks._causal import (
    Arrow,
    blocked_at,
    downstream,
    facts,
    invented_names,
    listed,
    moral,
    read_path,
    separated,
    upstream,
    way_round,
)
from zeroloop.tasks._causal_models import adjustment_is_exact
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._refinement import refined

_MAX_TEXT = 2_000
"""Characters of an answer or a sentence that are read."""
_BETWEEN = re.compile(r"\s*[,;&+]\s*(?:and\s+)?|\s+and\s+|\s+")
_BLOCKED = "every path that is not causal is blocked"
_ADJUST = re.compile(
    r"Adjust for (\w+) \(cost (\d{1,3}), total (\d{1,3})\): (?:this blocks ([^;.]+); )?([^;.]+)\.", re.ASCII
)
_STOP = re.compile(rf"Stop with ([\w, ]+) \(total (\d{{1,3}})\): {_BLOCKED}, so this set is valid\.", re.ASCII)
_INTRODUCTIONS = (
    "These are all the direct effects among {0} variables of a study.",
    "A causal model has {0} variables, and its arrows are as follows.",
    "Researchers agree on how {0} quantities influence each other.",
)
_QUESTIONS = (
    "We want the total effect of {0} on {1} from observations alone. Which variables should be measured and adjusted "
    "for so that the estimate has no bias, at the lowest total cost?",
    "Find the cheapest set of variables such that adjusting for it gives the causal effect of {0} on {1}.",
    "Nobody can run an experiment, and yet the causal effect of {0} on {1} is wanted. What is the cheapest valid "
    "adjustment set?",
)


class Statement(NamedTuple):
    """What a task asks. costs: of variables that can be adjusted for, 0 of others."""

    names: tuple[str, ...]
    arrows: frozenset[Arrow]
    treatment: int
    outcome: int
    costs: tuple[int, ...]


class Cheapest(NamedTuple):
    """A valid set of the lowest cost, ascending, its cost, and the sets that were looked at."""

    chosen: tuple[int, ...]
    total: int
    nodes: int


class Adjustment(Kind):
    """Dial: 8 to 16 variables, more edges among them, and of more graphs the one whose reference takes the longest.

    The score of a valid set is the lowest cost by its cost; a success costs no more than the cheapest. The parents of
    the treatment are never that set, not even those of them that can be measured, and the empty set is never valid.
    """

    name = "adjustment"
    family = "reasoning"
    type = "causal_reasoning"
    min_score = 0.999
    environment_name = "adjustment"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        drafts = [_drawn_statement(rng, difficulty) for _ in range(1 + round(5 * difficulty))]
        statement, found = max(drafts, key=lambda draft: draft[1].nodes)
        names, costs = invented_names(rng, len(statement.names)), statement.costs
        told = facts(rng, names, statement.arrows)
        pair = names[statement.treatment], names[statement.outcome]
        measured = [i for i in rng.permutation(len(names)).tolist() if costs[i]]
        prices = listed([f"{costs[i]} for {names[i]}" for i in measured])
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"{drawn(rng, _INTRODUCTIONS).format(len(names))} {' '.join(told)} Besides {pair[0]} and {pair[1]}, "
                f"the variables that can be measured, and what that costs, are: {prices}. "
                f"{drawn(rng, _QUESTIONS).format(*pair)} Answer with the names of the variables in the set."
            ),
            "variables": [*names],
            "edges": [[names[a], names[b]] for a, b in sorted(statement.arrows)],
            "treatment": pair[0],
            "outcome": pair[1],
            "costs": {names[i]: costs[i] for i in sorted(measured)},
            "best": found.total,
            "facts": told,
            "answer": [names[i] for i in found.chosen],
            "steps": [*_steps(names, found)],
        }

    def read(self, task: Task) -> tuple[Statement, int]:
        """What is asked, and the lowest cost of a valid set: computed where the task does not say it."""
        statement = _statement(task)
        best = integer(task, "best", 1, MAX_TOTAL) if "best" in task else None
        return statement, _cheapest(statement).total if best is None else best

    def judge(self, problem: tuple[Statement, int], answer: Any) -> Verdict:
        """By the complete adjustment criterion on the moral graph, and by numbers: the adjustment formula is the
        truncated factorisation in a random model."""
        statement, best = problem
        chosen = _read_answer(statement, answer)
        if objection := _objection(statement, chosen):
            return wrong(objection)
        if not _is_exact(statement, frozenset(chosen)):
            return Verdict("error", 0.0, "the verifier failed: the graph allows this set, and numbers contradict it")
        total = sum(statement.costs[i] for i in chosen)
        if total < best:
            return Verdict("error", 0.0, f"the task is broken: best is {best}, but a set for {total} is valid")
        return correct(best / total, f"the set is valid and costs {total}; the cheapest costs {best}")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The cheapest separator of a moral graph by branch and bound: some of it is on each path."""
        statement = _statement(task)
        found = _cheapest(statement)
        names = [statement.names[i] for i in found.chosen]
        return Solution(names, _steps(statement.names, found), found.total, found.nodes)

    def baseline(self, task: Task) -> list[str]:
        """The cheapest variable on a path, as long as there is one."""
        statement = _statement(task)
        near, allowed = _moral(statement), _allowed(statement)
        cut = list[int]()
        while path := way_round(near, statement.treatment, statement.outcome, cut):
            cut.append(min({*path} & allowed, key=lambda i: (statement.costs[i], i)))
        return [statement.names[i] for i in sorted(cut)]

    def structure(self, task: Task) -> str:
        """The graph, its marks and costs, but for names and order."""
        statement = _statement(task)
        labels = [f"measured for {cost}" if cost else "hidden" for cost in statement.costs]
        labels[statement.treatment], labels[statement.outcome] = "treatment", "outcome"
        return refined(labels, [(a, b, "causes") for a, b in sorted(statement.arrows)])

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence adds a variable, with true sums; the path that it blocks was open and no longer is, and the one
        that it calls open is; the last one names the whole set, which is valid and cheap enough."""
        statement, best = self.read(task)
        chosen, ended = list[int](), False
        for claim in claims:
            if ended:
                return f"after the end: {claim!r}"
            try:
                ended = _follow(statement, chosen, claim)
            except TaskError as error:
                return f"{error}: {claim[:_MAX_TEXT]!r}"
        if not ended:
            return "nothing says that the set is complete"
        total = sum(statement.costs[i] for i in chosen)
        if best / total < self.min_score:
            return f"the set is not cheap enough: {total} where {best} is possible"
        return None

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known set in any order, as lists and as text."""
        names = list(task["answer"])
        return endless(lambda: _written(rng.permutation(names).tolist(), rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known set without one of its variables, with one exchanged so that a path is open, with one that is on a
        causal path, hidden or unknown, or twice; and what is no set of names."""
        names, statement = list(task["answer"]), _statement(task)
        bad = [each for i, each in enumerate(statement.names) if i not in _allowed(statement)]
        others = [each for each in task["costs"] if each not in names]

        def less() -> list[str]:
            left = drawn(rng, names)
            return [each for each in names if each != left]

        def more() -> list[str]:
            return [*names, drawn(rng, [*bad, *bad, *names, "Xyzzy", f"{names[0]}s"])]

        def exchanged() -> list[str]:
            found = [*less(), drawn(rng, others)] if others else less()
            return found if _objection(statement, [statement.names.index(each) for each in found]) else less()

        def unreadable() -> Any:
            text = ", ".join(names)
            return drawn(
                rng,
                [
                    *(
                        None,
                        True,
                        "",
                        3,
                        {},
                        [],
                        [names],
                        {"answer": names},
                        [*names, None],
                        [[each] for each in names],
                    ),
                    *(f"not {text}", f"{text}, ?", f"{text}:", [0], f"{text}.x", " ".join(names)[:-1], "none"),
                ],
            )

        return endless(
            lambda: _written(less(), rng),
            lambda: _written(more(), rng),
            lambda: _written(exchanged(), rng),
            unreadable,
            rng=rng,
        )


def _statement(task: Task) -> Statement:
    """What is asked. Raises TaskError where fields are broken, no set is valid, or the empty one is."""
    names = read_names(task)
    arrows = frozenset(read_edges(task, names))
    treatment, outcome = read_pair(task, names, "treatment", "outcome")
    statement = Statement(names, arrows, treatment, outcome, read_costs(task, names, (treatment, outcome)))
    if not _cheapest(statement).chosen:
        pair = f"{names[treatment]} and {names[outcome]}"
        if separated(_without_causes(statement), treatment, outcome, ()):
            raise TaskError(f"edges: no path between {pair} has to be blocked, so that nothing is asked")
        raise TaskError(f"costs: no set of these variables blocks every path between {pair}; let more be measured")
    return statement


def _mediators(statement: Statement) -> set[int]:
    """The variables after the treatment on causal paths, with the outcome."""
    after = downstream(statement.arrows, [statement.treatment]) - {statement.treatment}
    return after & upstream(statement.arrows, [statement.outcome])


def _without_causes(statement: Statement) -> set[Arrow]:
    """The arrows but for the first ones of causal paths."""
    return {*statement.arrows} - {(statement.treatment, each) for each in _mediators(statement)}


def _allowed(statement: Statement) -> set[int]:
    """What can be measured and neither is on a causal path nor descends from one that is."""
    measured = {i for i, cost in enumerate(statement.costs) if cost}
    return measured - downstream(statement.arrows, _mediators(statement))


def _moral(statement: Statement) -> dict[int, set[int]]:
    """The moral graph that the cheapest sets separate in (van der Zander, Liskiewicz & Textor 2014)."""
    return moral(_without_causes(statement), {statement.treatment, statement.outcome})


@functools.lru_cache(maxsize=1024)
def _cheapest(statement: Statement) -> Cheapest:
    """The first of the cheapest sets; empty where none is valid or none is needed."""
    near, allowed, costs = _moral(statement), _allowed(statement), statement.costs
    best, least, nodes = frozenset[int](), 1 + MAX_TOTAL, 0

    def search(cut: frozenset[int], total: int, closed: frozenset[int]) -> None:
        nonlocal best, least, nodes
        nodes += 1
        path = way_round(near, statement.treatment, statement.outcome, cut)
        if path is None:
            best, least = cut, total
            return
        for each in sorted({*path} & allowed - closed, key=lambda i: (costs[i], i)):
            if total + costs[each] < least:
                search(cut | {each}, total + costs[each], closed)
            closed |= {each}

    search(frozenset(), 0, frozenset())
    return Cheapest(tuple(sorted(best)), least, nodes)


@functools.lru_cache(maxsize=4096)
def _is_exact(statement: Statement, chosen: frozenset[int]) -> bool:
    return adjustment_is_exact(statement.arrows, statement.treatment, statement.outcome, sorted(chosen))


def _objection(statement: Statement, chosen: Sequence[int]) -> str | None:
    """Why a set is not valid."""
    for each in chosen:
        if not statement.costs[each]:
            return f"{statement.names[each]} cannot be adjusted for"
        if each not in _allowed(statement):
            return f"{statement.names[each]} is on a causal path, or descends from one"
    if not separated(_without_causes(statement), statement.treatment, statement.outcome, chosen):
        return "a path that is not causal is open"
    return None


def _follow(statement: Statement, chosen: list[int], claim: str) -> bool:
    """Take a sentence in, and say whether it is the last one. Raises TaskError where it is not true."""
    if len(claim) > _MAX_TEXT:
        raise TaskError("too long")
    names, costs = statement.names, statement.costs
    adjust, stop = _ADJUST.fullmatch(claim), _STOP.fullmatch(claim)
    if stop:
        if sorted(stop[1].split(", ")) != sorted(names[i] for i in chosen):
            raise TaskError("another set")
        if int(stop[2]) != sum(costs[i] for i in chosen) or _objection(statement, chosen):
            raise TaskError("not true")
        return True
    if not adjust or adjust[1] not in names:
        raise TaskError("not readable")
    new, blocked, rest = names.index(adjust[1]), adjust[4], adjust[5]
    if new in chosen or new not in _allowed(statement):
        raise TaskError("chosen before, or not allowed")
    if blocked and not _is_open(statement, chosen, blocked):
        raise TaskError("what it blocks was not open")
    chosen.append(new)
    if [int(adjust[2]), int(adjust[3])] != [costs[new], sum(costs[i] for i in chosen)]:
        raise TaskError("wrong costs")
    if blocked and _is_open(statement, chosen, blocked):
        raise TaskError("what it blocks is still open")
    if rest == _BLOCKED:
        if _objection(statement, chosen):
            raise TaskError("a path is open")
    elif not rest.endswith(" is open") or not _is_open(statement, chosen, rest.removesuffix(" is open")):
        raise TaskError("what it calls open is blocked")
    return False


def _is_open(statement: Statement, chosen: Sequence[int], text: str) -> bool:
    """Whether a path from treatment to outcome that is not causal is open. Raises TaskError where it is another one."""
    path = read_path(text, statement.names, statement.arrows)
    if (path[0], path[-1]) != (statement.treatment, statement.outcome):
        raise TaskError("a path between other variables")
    if all(arrow in statement.arrows for arrow in pairwise(path)):
        raise TaskError("a causal path")
    return blocked_at(statement.arrows, path, chosen) is None


def _read_answer(statement: Statement, answer: Any) -> list[int]:
    """The variables of a list of names, or of text such as "A, B", "{A, B}" or "Adjust for A and B".

    Raises TaskError for other names, one that is there twice, and what is no list of names.
    """
    if isinstance(answer, str) and len(answer) <= _MAX_TEXT:
        text = answer.strip().lower().removeprefix("adjust for ").rstrip(".").strip("{}[]() \n")
        words: Sequence[Any] = _BETWEEN.split(text.replace("'", "").replace('"', ""))
    elif isinstance(answer, list | tuple) and len(answer) <= len(statement.names):
        words = answer
    else:
        raise TaskError(f"answer: expected a list of at most {len(statement.names)} names, or text with names")
    numbers = {name.lower(): number for number, name in enumerate(statement.names)}
    found = list[int]()
    for word in words:
        name = word.strip().lower() if isinstance(word, str) else ""
        if name not in numbers:
            raise TaskError(f"answer: {name[:20]!r} is no variable of the task")
        found.append(numbers[name])
    if len({*found}) < len(found):
        raise TaskError("answer: a variable is named twice")
    return found


def _steps(names: Sequence[str], found: Cheapest) -> tuple[str, ...]:
    """The moves of the environment."""
    return (*(f"adjust for {names[i].lower()}" for i in found.chosen), "stop")


def _written(names: Sequence[str], rng: np.random.Generator) -> Any:
    """The names in a randomly chosen notation."""
    between = drawn(rng, [", ", "; ", " and ", ",", " ", ", and ", " & "])
    text = between.join(names)
    return drawn(
        rng,
        [[*names], tuple(names), text, f"{{{text}}}", f"[{text}]", f"Adjust for {text}.", text.lower(), str([*names])],
    )


def _drawn_statement(rng: np.random.Generator, difficulty: float) -> tuple[Statement, Cheapest]:
    """A random graph where something has to be adjusted for, and the parents of the treatment are not the answer."""
    count = 8 + round(8 * difficulty)
    size, hidden, least = round(count * (1.5 + 0.8 * difficulty)), count // 5, 1 + round(2 * difficulty)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    while True:
        numbers = rng.permutation(count).tolist()
        drawn_pairs = (pairs[i] for i in rng.choice(len(pairs), size, replace=False).tolist())
        arrows = frozenset((numbers[a], numbers[b]) for a, b in drawn_pairs)
        treatment = numbers[int(rng.integers(count // 3, 2 * count // 3))]
        outcome = numbers[int(rng.integers(3 * count // 4, count))]
        if outcome not in downstream(arrows, [treatment]):
            continue
        costs = rng.integers(1, MAX_COST + 1, count)
        costs[[treatment, outcome, *rng.permutation(count)[:hidden]]] = 0
        statement = Statement(("",) * count, arrows, treatment, outcome, tuple(costs.tolist()))
        found = _cheapest(statement)
        if len(found.chosen) < least:
            continue
        parents = [cause for cause, effect in arrows if effect == treatment and costs[cause]]
        if _objection(statement, parents) or sum(statement.costs[i] for i in parents) > found.total:
            return statement, found


def kind() -> Adjustment:
    """Effects in causal graphs."""
    return Adjustment()
