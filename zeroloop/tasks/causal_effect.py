"""Effects in numbers: the exact probability of an outcome after an intervention, or had something been otherwise."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._causal_tables import FORMS, MAX_GIVEN, MAX_PARENTS, Model, Question, read_model
from zeroloop.envs.causal_effect import MAX_MULTIPLICATIONS
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer
from zeroloop.tasks._causal import Arrow, downstream, invented_names, listed, upstream
from zeroloop.tasks._effect_chain import check
from zeroloop.tasks._effect_reference import effect, greedy_cost, plan, shortcuts, worlds
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._notation import parse_number
from zeroloop.tasks._rationals import over_one_denominator, rewritten
from zeroloop.tasks._refinement import refined

_LABEL = re.compile(r"\s*P(?:\((?:[^()]|\([^()]*\))*\))?\s*=")
"""What may stand before a probability, such as "P(y | do(x)) ="."""
_FORCED = (
    "Somebody sets {x} to {a}, whatever would decide it otherwise. How likely is it that {y} is {b}{then}?",
    "What is the probability that {y} is {b} where {x} is forced to be {a}{then}?",
    "In an experiment {x} is made {a} for all. In which share of cases is {y} {b}{then}?",
)
_IMAGINED = (
    "In one case it was seen that {seen}. How likely is it that {y} would have been {b} there, had {x} been {a}?",
    "It is known of a case that {seen}. What is the probability that there {y} would be {b} if {x} had been {a}?",
)


class Statement(NamedTuple):
    """What a task asks, and the answer. multiplications: that its environment allows."""

    model: Model
    question: Question
    truth: Fraction


class CausalEffect(Kind):
    """Dial: 5 to 9 variables, more causes of each, more that is given, and how close to the fewest the multiplications
    are that the environment allows: twice as many, to none too many; above the middle, of two models the one where
    making the smallest table each time wastes more. Half of the tasks are counterfactuals.

    A task is drawn only where no shortcut has the same value, such as the probability given the treatment.
    """

    name = "causal_effect"
    family = "reasoning"
    type = "causal_reasoning"
    environment_name = "causal_effect"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        counterfactual = bool(rng.integers(2))
        drafts = [_drawn(rng, difficulty, counterfactual) for _ in range(1 + round(difficulty))]
        model, question = max(drafts, key=lambda draft: greedy_cost(*draft) / plan(*draft).cost)
        found = plan(model, question)
        names, y, x = model.names, question.outcome, question.treatment
        given = listed([f"{names[v]} is {value}" for v, value in question.given]) if question.given else ""
        asked = drawn(rng, _IMAGINED if counterfactual else _FORCED).format(
            x=names[x],
            a=question.forced,
            y=names[y],
            b=question.value,
            seen=given,
            then=f", among the cases where it is seen after that that {given}" if given else "",
        )
        told = _told(rng, model)
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"A causal model has {len(names)} variables, each 0 or 1. {' '.join(told)} {asked} "
                "Answer with an exact fraction."
            ),
            "variables": [*names],
            "edges": [
                [names[cause], name] for name, causes in zip(names, model.parents, strict=True) for cause in causes
            ],
            "tables": {
                name: [str(Fraction(each, scale)) for each in table]
                for name, table, scale in zip(names, model.tables, model.scales, strict=True)
            },
            "form": FORMS[counterfactual],
            "treatment": names[x],
            "treatment_value": question.forced,
            "outcome": names[y],
            "outcome_value": question.value,
            "given": {names[v]: value for v, value in question.given},
            "multiplications": int(found.cost * (2 - difficulty)),
            "facts": told,
            "answer": str(effect(model, question)),
            "steps": [*found.steps],
        }

    def read(self, task: Task) -> Statement:
        """The model, the question, and its answer by going through all worlds."""
        model, question = read_model(task)
        truth = effect(model, question)
        if truth is None:
            raise TaskError("given: the model says that this cannot be")
        return Statement(model, question, truth)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """Any way to write the exact number."""
        if isinstance(answer, str) and len(answer) <= 1_000:
            answer = _LABEL.sub("", answer, count=1).strip().rstrip(".")
        percent = isinstance(answer, str) and answer.endswith("%")
        value = parse_number(answer[:-1] if percent else answer) / (100 if percent else 1)
        if value == problem.truth:
            return correct(evidence=f"all worlds together give {problem.truth}")
        return wrong("all worlds together give another probability")

    def solve(self, task: Task) -> Solution:
        """See TaskKind. The cost is the number of multiplications; the nodes are pairs of sets of tables."""
        problem = self.read(task)
        found = plan(problem.model, problem.question)
        return Solution(str(problem.truth), found.steps, found.cost, found.nodes)

    def baseline(self, task: Task) -> str | None:
        """The cheapest multiplication each time; no answer where these are too many."""
        problem = self.read(task)
        within = greedy_cost(problem.model, problem.question) <= _multiplications(task)
        return str(problem.truth) if within else None

    def structure(self, task: Task) -> str:
        """The graph, its marks and the question, but for names, numbers and order."""
        model, question = read_model(task)
        given = dict(question.given)
        labels = [
            f"{question.counterfactual} {v == question.treatment} {v == question.outcome} {v in given}"
            for v in range(len(model.names))
        ]
        return refined(labels, [(a, b, "causes") for b, causes in enumerate(model.parents) for a in causes])

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says what becomes of which tables, all numbers are right, and the last one gives the answer."""
        problem = self.read(task)
        return check(problem.model, problem.question, _multiplications(task), problem.truth, claims)

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The fraction in lowest terms or not, as an exact decimal or percentage, and with the question before it."""
        value = Fraction(task["answer"])

        def text() -> str:
            percent = f"{rewritten(value * 100, rng)} %"
            return f"{drawn(rng, ['', 'P = ', 'P(y | do(x)) = '])}{drawn(rng, [rewritten(value, rng), percent])}"

        return endless(text, text, lambda: value, rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """What shortcuts give, the opposite, numbers next to the right one or rounded, and what is no number."""
        problem = self.read(task)
        value, others = problem.truth, sorted(shortcuts(problem.model, problem.question))
        texts = [
            "",
            "?",
            "none",
            f"{value}x",
            f"{value} = 1",
            f"1 - {value} %",
            [str(value)],
            {"P": str(value)},
            None,
            True,
        ]

        def number() -> Any:
            top, bottom = value.numerator, value.denominator
            near = Fraction(top + int(rng.choice([-1, 1])), bottom), Fraction(top, bottom + int(rng.integers(1, 4)))
            rounded = Fraction(round(float(value), int(rng.integers(2, 7)))).limit_denominator(10**6)
            tries = [*near, rounded, 1 - value, value + 1, -value, value / 2, 1 / value, drawn(rng, others)]
            chosen = drawn(rng, [each for each in tries if each != value])
            percent = [f"{chosen} %"] if chosen != 100 * value else []
            return drawn(rng, [chosen, rewritten(chosen, rng), f"P = {chosen}", *percent])

        return endless(number, number, number, lambda: drawn(rng, texts), rng=rng)


def _multiplications(task: Task) -> int:
    return integer(task, "multiplications", 1, MAX_MULTIPLICATIONS)


# ---- how tasks are made ----------------------------------------------------------------------------------------------


def _drawn(rng: np.random.Generator, difficulty: float, counterfactual: bool) -> tuple[Model, Question]:
    """A model and a question that takes some multiplications, and whose answer is neither sure nor what a shortcut
    gives."""
    while True:
        draft = (_drawn_counterfactual if counterfactual else _drawn_intervention)(rng, difficulty)
        if draft is None or plan(*draft).cost < 12:
            continue
        value = effect(*draft)
        if value is not None and 0 < value < 1 and value not in shortcuts(*draft):
            return draft


def _drawn_intervention(rng: np.random.Generator, difficulty: float) -> tuple[Model, Question] | None:
    """A random graph. The treatment has causes, and the last variable is the outcome."""
    count, seen = 5 + round(4 * difficulty), int(rng.integers(2 + round(difficulty)))
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    size = round(count * (1.2 + 0.4 * difficulty))
    arrows = [pairs[i] for i in rng.choice(len(pairs), size, replace=False).tolist()]
    x, y = int(rng.integers(1, count - 1)), count - 1
    crowded = max(sum(effect == v for _, effect in arrows) for v in range(count)) > MAX_PARENTS
    if crowded or y not in downstream(arrows, [x]) or upstream(arrows, [x]) == {x}:
        return None
    given = [v for v in rng.permutation(count).tolist() if v not in (x, y)][:seen]
    model, numbers = _model(rng, count, arrows, functions=False)
    seen_values = tuple(sorted((numbers[v], int(rng.integers(2))) for v in given))
    return model, Question(False, numbers[y], int(rng.integers(2)), numbers[x], int(rng.integers(2)), seen_values, 0)


def _drawn_counterfactual(rng: np.random.Generator, difficulty: float) -> tuple[Model, Question] | None:
    """Three or four variables that follow from others, each from a root of its own, and in harder tasks two of them
    from one more. What is given is what is seen of some of them in a world that can be."""
    inner, common = 3 + round(difficulty), difficulty > 0.3
    count, shared = 2 * inner + common, rng.permutation(inner)[: 2 * common].tolist()
    arrows = [(v + inner, v) for v in range(inner)] + [(count - 1, v) for v in shared]
    for v in range(1, inner):
        most = MAX_PARENTS - 1 - (v in shared)
        arrows += [(cause, v) for cause in rng.permutation(v)[: int(rng.integers(1, 1 + most))].tolist()]
    x, y = int(rng.integers(inner - 1)), inner - 1
    changed = downstream(arrows, [x]) & upstream(arrows, [y]) - {x}
    if y not in changed:
        return None
    model, numbers = _model(rng, count, arrows, functions=True)
    possible = [world for world, _ in worlds(model)]
    world = drawn(rng, possible)
    seen = {numbers[v] for v in (x, y, *(v for v in range(inner) if rng.random() < difficulty / 4))}
    given = tuple(sorted((v, world[v]) for v in seen))
    copies = sum(1 << numbers[v] for v in changed)
    forced = 1 - world[numbers[x]]
    return model, Question(True, numbers[y], int(rng.integers(2)), numbers[x], forced, given[:MAX_GIVEN], copies)


def _model(rng: np.random.Generator, count: int, arrows: Sequence[Arrow], functions: bool) -> tuple[Model, list[int]]:
    """A model with this graph, and the new number of each of its variables. functions: what has causes follows from
    them, and depends on each."""
    numbers = rng.permutation(count).tolist()
    parents = [tuple(sorted(numbers[a] for a, b in arrows if numbers[b] == v)) for v in range(count)]
    rows = []
    for causes in parents:
        if functions and causes:
            table = [Fraction(each) for each in _function(rng, len(causes))]
        else:
            table = [Fraction(each, 10) for each in rng.integers(1, 10, 1 << len(causes)).tolist()]
        rows.append(over_one_denominator(table))
    tables, scales = tuple(tuple(row) for row, _ in rows), tuple(scale for _, scale in rows)
    return Model(tuple(invented_names(rng, count)), tuple(parents), tables, scales), numbers


def _function(rng: np.random.Generator, count: int) -> list[int]:
    """The values of a random function of so many variables that depends on each of them."""
    while True:
        values: list[int] = rng.integers(0, 2, 1 << count).tolist()
        if all(any(values[i] != values[i ^ 1 << k] for i in range(1 << count)) for k in range(count)):
            return values


def _told(rng: np.random.Generator, model: Model) -> list[str]:
    """A sentence for each table, in random order."""
    found = []
    for v in rng.permutation(len(model.names)).tolist():
        name, causes, scale = model.names[v], [model.names[cause] for cause in model.parents[v]], model.scales[v]
        chances = [Fraction(each, scale) for each in model.tables[v]]
        if not causes:
            found.append(f"{name} depends on nothing else and is 1 with probability {chances[0]}.")
            continue
        cases = [
            " and ".join(f"{cause} = {value}" for cause, value in zip(causes, values, strict=True))
            for values in product((0, 1), repeat=len(causes))
        ]
        if {*chances} <= {0, 1}:
            ones = "; ".join(case for case, chance in zip(cases, chances, strict=True) if chance)
            found.append(f"{name} follows from {listed(causes)}: it is 1 exactly where {ones}.")
        else:
            likely = ", ".join(f"{chance} where {case}" for case, chance in zip(cases, chances, strict=True))
            found.append(f"{name} depends on {listed(causes)}: it is 1 with probability {likely}.")
    return found


def kind() -> CausalEffect:
    """Effects in causal models."""
    return CausalEffect()
