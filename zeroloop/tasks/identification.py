"""Effects from observations alone: an expression for P(y | do(x)) without do, or a hedge to show that there is none."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.identification import MAX_STEPS, read_diagram
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer
from zeroloop.tasks import _probability_expressions as expressions
from zeroloop.tasks._causal import downstream, facts, invented_names, listed
from zeroloop.tasks._causal_models import Observed, observed
from zeroloop.tasks._identification_chain import check
from zeroloop.tasks._identification_reference import (
    Statement,
    hedge_objection,
    shortest_derivation,
    smallest_hedge,
)
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._refinement import refined

_ASKED = re.compile(r"\s*P\([^()]*\bdo\([^()]*\)[^()]*\)\s*=", re.IGNORECASE)
_HIDDEN = (
    "{0} and {1} have a common cause that nobody measures",
    "Something that is not measured acts on both {0} and {1}",
    "{0} and {1} share a hidden cause",
)
_QUESTIONS = (
    "Can P({y} | do({x})) be computed from the joint distribution of these variables alone?",
    "Is the effect of {x} on {y}, P({y} | do({x})), determined by what is observed?",
    "We know the joint distribution of these variables and want P({y} | do({x})). Does it follow?",
)


class Identification(Kind):
    """Dial: 4 to 6 variables, and how many steps the shortest derivation has, of several graphs. A third of the effects
    cannot be identified. Nowhere is P(y | x) the answer, in harder tasks nor is adjustment for one variable;
    derivations may take as many steps as the shortest one, easy ones half as many more.
    """

    name = "identification"
    family = "reasoning"
    type = "causal_reasoning"
    environment_name = "identification"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        statement = _drawn_statement(rng, difficulty, hedged=int(rng.integers(3)) == 0)
        names, x, y = statement.names, statement.treatment, statement.outcome
        told = facts(rng, names, statement.arrows)
        for arc in rng.permutation(np.array(statement.arcs).reshape(-1, 2)).tolist():
            told.append(drawn(rng, _HIDDEN).format(*(names[v] for v in rng.permutation(arc))) + ".")
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"A causal model has {len(names)} measured variables: {listed([*names])}. {' '.join(told)} There is "
                f"nothing else that acts on them together. {drawn(rng, _QUESTIONS).format(x=names[x], y=names[y])} "
                "If so, answer with an expression such as 'sum_{Z, X'} P(Z | X) P(Y | X', Z) P(X')', where X' is "
                "another value of X; else with a hedge, as 'hedge: ' and the variables of its larger set, a semicolon, "
                "and those of its smaller set."
            ),
            "variables": [*names],
            "edges": [[names[a], names[b]] for a, b in statement.arrows],
            "arcs": [[names[a], names[b]] for a, b in statement.arcs],
            "treatment": names[x],
            "outcome": names[y],
            "facts": told,
        }
        solution = self.solve(task)
        assert solution is not None, "such statements alone are drawn"
        most = round(solution.cost * (1.5 - difficulty / 2))
        if isinstance(solution.answer, dict):  # as derivations have, to tell nothing
            most = int(rng.integers(4, 6 + round(7 * difficulty)))
        return {**task, "max_steps": most, "answer": solution.answer, "steps": [*solution.steps]}

    def read(self, task: Task) -> Statement:
        """The graph and the question."""
        return Statement(*read_diagram(task))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """An expression is right where it is the truncated factorisation in a random model with hidden causes, a hedge
        by its definition."""
        if (sets := _read_hedge(problem, answer)) is not None:
            objection = hedge_objection(problem, *sets)
            return wrong(objection) if objection else correct(evidence="the sets are a hedge")
        if not isinstance(answer, str):
            raise TaskError("answer: expected an expression as text, or a hedge of two sets of names")
        if objection := _expression_objection(problem, _read_expression(problem, answer), 1):
            return wrong(objection)
        return correct(evidence="the expression is the effect in a random model with hidden causes")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The shortest derivation by these rules, or a smallest hedge; the cost is the number of steps.
        None where an effect can be identified, but not by a sum of products."""
        return _solution(self.read(task))

    def baseline(self, task: Task) -> str:
        """Adjustment for the measured causes of the treatment."""
        names, arrows, _, x, y = self.read(task)
        causes = [names[a] for a, b in arrows if b == x]
        if not causes:
            return f"P({names[y]} | {names[x]})"
        words = ", ".join(causes)
        return f"sum_{{{words}}} P({names[y]} | {names[x]}, {words}) P({words})"

    def structure(self, task: Task) -> str:
        """The graph and the question, but for names and order."""
        names, arrows, arcs, x, y = self.read(task)
        labels = [f"{v == x} {v == y}" for v in range(len(names))] + ["hidden"] * len(arcs)
        hidden = [(len(names) + number, end, "causes") for number, arc in enumerate(arcs) for end in arc]
        return refined(labels, [*((a, b, "causes") for a, b in arrows), *hidden])

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each step is one of the rules, for the reason that its sentence gives, and no do is left at the end; or the
        sets of a hedge become smaller, and the last sentence is about one."""
        return check(self.read(task), integer(task, "max_steps", 1, MAX_STEPS), claims)

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The expression with its factors and names in other orders, other primes, nested sums and quotients instead of
        conditions; the hedge in any order, as lists and text."""
        statement, answer = self.read(task), task["answer"]
        if isinstance(answer, dict):
            return endless(
                lambda: _written_hedge([rng.permutation(each).tolist() for each in answer["hedge"]], rng), rng=rng
            )
        tree = expressions.parse(answer, statement.names)
        return endless(lambda: _written(statement, expressions.varied(tree, _free(statement), rng), rng), rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The expression with one thing less or another variable; what is seen in place of what is forced, adjustment
        for some other variable, a do; hedges with a variable less, or too much, or where there is none."""
        statement, answer = self.read(task), task["answer"]
        names, x, y = statement.names, statement.names[statement.treatment], statement.names[statement.outcome]
        others = [name for name in names if name not in (x, y)]
        broken = ["", "yes", "hedge", "hedge: ;", f"P({y} | do({x}))", f"P({y} | {x}", f"P({y}, {y} | {x})", "P(Xyzzy)"]
        broken += [f"P({y} || {x})", f"sum_{{{x}}} P({y} | {x}) P({x}", f"P({y} | {x}) + 0", f"P({y} | {others[0]}')"]
        no_texts: list[Any] = [{"hedge": []}, {"hedge": [[], []]}, {"hedge": [[x, y], [1]]}, None, 1, [x, y]]

        def seen() -> Any:
            return f"P({y} | {x})"

        def less() -> Any:
            if isinstance(answer, dict):
                return seen()
            tree = expressions.spoilt(expressions.parse(answer, names), rng)
            return expressions.write(tree, names) if _expression_objection(statement, tree, 2) else seen()

        def hedge() -> Any:
            if not isinstance(answer, dict):
                larger = [x, *(name for name in names if name != x and rng.integers(2))]
                return _written_hedge([larger, [name for name in larger[1:] if rng.integers(2)] or [y]], rng)
            larger, smaller = answer["hedge"]
            gone = drawn(rng, larger)
            tries = [[smaller, larger], [larger, larger], [larger, [*smaller, x]], [smaller, smaller]]
            tries.append([[name for name in each if name != gone] or [x] for each in (larger, smaller)])
            return _written_hedge(drawn(rng, tries), rng)

        def adjusted() -> Any:
            z = drawn(rng, others)
            tree = expressions.parse(f"sum_{{{z}}} P({y} | {x}, {z}) P({z})", names)
            return expressions.write(tree, names) if _expression_objection(statement, tree, 2) else seen()

        return endless(less, less, hedge, adjusted, seen, lambda: drawn(rng, [*broken, *no_texts]), rng=rng)


def _solution(statement: Statement) -> Solution | None:
    names = statement.names
    if found := smallest_hedge(statement):
        left_out = [v for v in range(len(names)) if v not in found.larger]
        inner = [v for v in found.larger if v not in (statement.treatment, *found.smaller)]
        steps = ["show a hedge", *(f"leave out {names[v].lower()}" for v in left_out), "keep these"]
        steps += [*(f"leave out {names[v].lower()}" for v in inner), "claim the hedge"]
        sets = [[names[v] for v in each] for each in (found.larger, found.smaller)]
        return Solution({"hedge": sets}, tuple(steps), len(steps), found.nodes)
    if derivation := shortest_derivation(statement):
        return Solution(derivation.text, derivation.steps, len(derivation.steps), derivation.nodes)
    return None


# ---- answers ---------------------------------------------------------------------------------------------------------


def _free(statement: Statement) -> tuple[expressions.Variable, expressions.Variable]:
    """The variables that an answer may depend on."""
    return expressions.Variable(statement.treatment, 0), expressions.Variable(statement.outcome, 0)


@functools.lru_cache(maxsize=256)
def _observed(statement: Statement, seed: int) -> Observed:
    _, arrows, arcs, x, y = statement
    return observed(len(statement.names), arrows, arcs, x, y, seed)


def _expression_objection(statement: Statement, tree: expressions.Expression, seed: int) -> str | None:
    """Why an expression is not the effect in a random model."""
    model = _observed(statement, seed)
    axes, numbers = expressions.value(tree, model.joint)
    if not {*axes} <= {*_free(statement)}:
        return "the expression depends on other variables than treatment and outcome"
    shape = [2 if axis in axes else 1 for axis in _free(statement)]
    if len(axes) == 2 and axes != _free(statement):
        numbers = numbers.T
    if (numbers.reshape(shape) == model.effect).all():
        return None
    return "the expression is not the effect in a random model"


def _read_expression(statement: Statement, text: str) -> expressions.Expression:
    """The tree of a text, which may begin with "P(y | do(x)) ="."""
    return expressions.parse(_ASKED.sub("", text[: expressions.MAX_TEXT + 1], count=1), statement.names)


def _read_hedge(statement: Statement, answer: Any) -> tuple[set[int], set[int]] | None:
    """The two sets of a hedge; None where the answer speaks of none. Raises TaskError where it is none of names."""
    if isinstance(answer, str) and answer[:20].strip().lower().startswith("hedge"):
        parts = answer[: expressions.MAX_TEXT].strip()[5:].lstrip(" :").rstrip(". ").split(";")
        sets: Any = [[word for word in re.split(r"[\s,{}]+", part) if word] for part in parts]
    elif isinstance(answer, dict):
        sets = answer.get("hedge")
    else:
        return None
    if not isinstance(sets, list | tuple) or len(sets) != 2 or not all(isinstance(each, list | tuple) for each in sets):
        raise TaskError("answer: a hedge has two sets of names")
    lower = [name.lower() for name in statement.names]
    words = [[word.lower() if isinstance(word, str) else "" for word in each] for each in sets]
    if not all(word in lower for each in words for word in each):
        raise TaskError("answer: a hedge has other words than names of variables")
    return {*map(lower.index, words[0])}, {*map(lower.index, words[1])}


def _written(statement: Statement, tree: expressions.Expression, rng: np.random.Generator) -> str:
    """An expression in a randomly chosen spelling."""
    text = expressions.write(tree, statement.names)
    x, y = statement.names[statement.treatment], statement.names[statement.outcome]
    text = drawn(rng, [text, text, text.replace(") P(", ") * P("), text.replace("sum_", "Σ_"), text.replace(", ", ",")])
    text = drawn(rng, [text, text.lower(), text.replace(" | ", "|")])
    return drawn(rng, ["", f"P({y} | do({x})) = "]) + text


def _written_hedge(sets: Sequence[Sequence[str]], rng: np.random.Generator) -> Any:
    """Two sets in a randomly chosen notation."""
    larger, smaller = (drawn(rng, [", ", " ", ","]).join(each) for each in sets)
    texts = [
        f"hedge: {larger}; {smaller}",
        f"Hedge {{{larger}}}; {{{smaller}}}.",
        f"hedge: {larger.lower()} ; {smaller}",
    ]
    return drawn(rng, [*texts, {"hedge": [[*each] for each in sets]}, {"hedge": tuple(sets)}])


# ---- how tasks are made ----------------------------------------------------------------------------------------------


def _drawn_statement(rng: np.random.Generator, difficulty: float, hedged: bool) -> Statement:
    """A graph whose effect can be identified in some steps, or cannot be; of two the one with the longer derivation, or
    the larger hedge."""
    drafts = list[tuple[int, Statement]]()
    while len(drafts) < 1 + round(difficulty):
        statement = _drawn_graph(rng, difficulty)
        hedge = smallest_hedge(statement)
        if (hedge is not None) != hedged:
            continue
        if hedge is not None:
            if len(hedge.larger) >= 2 + round(difficulty):
                drafts.append((len(hedge.larger), statement))
        elif not _is_simple(statement, hard=difficulty > 0.4):
            derivation = shortest_derivation(statement)
            if derivation is not None and len(derivation.steps) > 2:
                drafts.append((len(derivation.steps), statement))
    return max(drafts)[1]


def _is_simple(statement: Statement, hard: bool) -> bool:
    """Whether P(y | x) is the effect, or, where that is too simple, adjustment for one variable gives it."""
    x, y = _free(statement)
    tries: list[expressions.Expression] = [expressions.Probability((y,), (x,))]
    for v in range(len(statement.names)) if hard else ():
        if v not in (x.number, y.number):
            z = expressions.Variable(v, 0)
            factors = (expressions.Probability((y,), (x, z)), False), (expressions.Probability((z,), ()), False)
            tries.append(expressions.Sum((z,), expressions.Product(factors)))
    return any(_expression_objection(statement, each, 1) is None for each in tries)


def _drawn_graph(rng: np.random.Generator, difficulty: float) -> Statement:
    """A random graph in which the treatment has an effect on the outcome."""
    count = 4 + round(2 * difficulty)
    size, hidden = round(count * (1.1 + 0.3 * difficulty)), int(rng.integers(1, 3 + round(2 * difficulty)))
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    while True:
        numbers = rng.permutation(count).tolist()
        chosen, joined = (rng.choice(len(pairs), many, replace=False).tolist() for many in (size, hidden))
        arrows = tuple(sorted((numbers[a], numbers[b]) for a, b in (pairs[i] for i in chosen)))
        arcs = tuple(sorted((*sorted((numbers[a], numbers[b])),) for a, b in (pairs[i] for i in joined)))
        x, y = numbers[int(rng.integers(count - 1))], numbers[count - 1]
        if y in downstream(arrows, [x]) and x != y:
            return Statement(tuple(invented_names(rng, count)), arrows, arcs, x, y)


def kind() -> Identification:
    """Identification in graphs with hidden common causes."""
    return Identification()
