"""Countdown: make a target of some numbers with + - * / and brackets, each number once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._notation import (
    Operation,
    evaluate,
    leaves,
    parse_equation,
    parse_expression,
    plain,
    respaced,
)

LARGEST = 100_000


class Statement(NamedTuple):
    """What a task asks."""

    numbers: list[int]
    target: int


class Countdown(Kind):
    """Dial: 3 to 6 numbers, and how large they are."""

    name = "countdown"
    family = "math"
    type = "arithmetic"
    environment_name = "countdown"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Numbers are combined at random to find a target from 10 to 999 that can be reached."""
        count, largest = 3 + min(3, int(difficulty * 3.2)), 10 + int(40 * difficulty)
        while True:
            numbers = sorted(rng.integers(1, largest + 1, count).tolist())
            text, value = _combined(rng, numbers)
            if 10 <= value <= 999:
                break
        target = int(value)
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": f"Use each of {', '.join(map(str, numbers))} once with + - * / and brackets to make {target}.",
            "numbers": numbers,
            "target": target,
            "answer": text,
        }

    def read(self, task: Task) -> Statement:
        """The numbers and the target."""
        numbers = integers(task, "numbers", 1, LARGEST, least=2, most=6)
        return Statement(numbers, integer(task, "target", -LARGEST, LARGEST))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The value of the expression, and that it has exactly the numbers given; "= target" may follow it."""
        if not isinstance(answer, str):
            raise TaskError(f"answer: expected an expression as text, not {type(answer).__name__}")
        if "=" in answer:
            tree, stated = parse_equation(answer)
            if evaluate(stated) != problem.target:
                return wrong(f"the right-hand side is not the target {problem.target}")
        else:
            tree = parse_expression(answer)
        used, given = Counter(leaves(tree)), Counter(map(Fraction, problem.numbers))
        if used != given:
            return wrong(f"it must use each of {problem.numbers} once")
        value = evaluate(tree)
        if value != problem.target:
            return wrong(f"its value is {value}, not {problem.target}")
        return correct(evidence=f"{plain(answer)} = {problem.target}")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Depth first over sets of numbers that were not seen before, first with whole numbers alone."""
        problem = self.read(task)
        start = tuple(sorted(map(Fraction, problem.numbers), reverse=True))
        nodes = 0
        for whole in (True, False):
            seen: set[tuple[Fraction, ...]] = set()
            steps = _search(start, Fraction(problem.target), whole, seen)
            nodes += len(seen)
            if steps is not None:
                return Solution(_expression(start, steps), tuple(map(_name, steps)), len(steps), nodes)
        return None

    def structure(self, task: Task) -> str:
        """The numbers in order, and the target."""
        problem = self.read(task)
        return f"{sorted(problem.numbers)} {problem.target}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is "a * b = c.": true, and of numbers that are left."""
        problem = self.read(task)
        left = Counter(map(Fraction, problem.numbers))
        for claim in claims:
            try:
                tree, right = parse_equation(claim.removesuffix("."))
                if not isinstance(tree, Operation):
                    return f"no operation in {claim!r}"
                pair, stated = Counter([evaluate(tree.left), evaluate(tree.right)]), evaluate(right)
                if evaluate(tree) != stated:
                    return f"not true: {claim!r}"
            except TaskError as error:
                return f"not readable: {claim!r}: {error}"
            if pair - left:
                return f"numbers that are not left: {claim!r}"
            left = left - pair + Counter([stated])
        return None if left == Counter([Fraction(problem.target)]) else "the target is not reached"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[str]:
        """The known answer, with other spaces, signs and brackets, and with the target behind it."""
        text, target = task["answer"], task["target"]
        signs = str.maketrans({"*": "×", "/": "÷", "-": "−"})
        return endless(
            lambda: respaced(text, rng),
            lambda: respaced(text, rng).translate(signs),
            lambda: f"({respaced(text, rng)})",
            lambda: f"{respaced(text, rng)} = {target}",
            lambda: text.replace("(", "[").replace(")", "]"),
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Other values of the same numbers, the right value of other numbers, and no expression at all."""
        text, numbers, target = task["answer"], task["numbers"], task["target"]

        def other_value() -> str:
            while True:
                found, value = _combined(rng, numbers)
                if value != target:
                    return found

        def other_number() -> str:
            at = int(rng.integers(len(numbers)))
            changed = [*numbers[:at], numbers[at] + int(rng.integers(1, 9)), *numbers[at + 1 :]]
            return _combined(rng, changed)[0]

        return endless(
            other_value,
            other_number,
            lambda: f"{text} + {int(rng.choice(numbers))} - {int(rng.choice(numbers))}",
            lambda: f"{other_value()} = {target}",
            lambda: f"{text} = {target + int(rng.integers(1, 9))}",
            lambda: rng.choice([str(target), f"{target} = {target}", f"{target} * 1", "", text[:-1], f"{text})", "x"]),
            lambda: drawn(rng, [target, float(target), None, [text], {"answer": text}, True]),
            rng=rng,
        )


class Step(NamedTuple):
    """a operator b = result."""

    a: Fraction
    operator: str
    b: Fraction
    result: Fraction


def _combined(rng: np.random.Generator, numbers: Sequence[int]) -> tuple[str, Fraction]:
    """A random expression of all numbers, and its value; divisions only where they come out even."""
    parts = [(str(number), Fraction(number)) for number in numbers]
    while len(parts) > 1:
        (first, a), (second, b) = (parts.pop(int(rng.integers(len(parts)))) for _ in range(2))
        usable = [step for step in _steps(a, b) if step.result.denominator == 1]
        step = drawn(rng, usable)
        texts = (first, second) if (step.a, step.b) == (a, b) else (second, first)
        left, right = map(_bracketed, texts)
        parts.append((f"{left} {step.operator} {right}", step.result))
    return parts[0]


def _steps(a: Fraction, b: Fraction) -> list[Step]:
    """What two numbers can become."""
    high, low = max(a, b), min(a, b)
    found = [
        Step(high, "+", low, high + low),
        Step(high, "*", low, high * low),
        Step(high, "-", low, high - low),
        Step(low, "-", high, low - high),
    ]
    found += [Step(x, "/", y, x / y) for x, y in ((high, low), (low, high)) if y]
    return found


def _search(
    left: tuple[Fraction, ...], target: Fraction, whole: bool, seen: set[tuple[Fraction, ...]]
) -> list[Step] | None:
    """Steps to the target; differences are not negative unless it is, since signs can be moved up until they meet."""
    if len(left) == 1:
        return [] if left[0] == target else None
    if left in seen:
        return None
    seen.add(left)
    for i, j in combinations(range(len(left)), 2):
        rest = [value for k, value in enumerate(left) if k not in (i, j)]
        # Of steps with one result the first is taken, which the environment has, too.
        for step in {step.result: step for step in reversed(_steps(left[i], left[j]))}.values():
            if (
                max(abs(step.result.numerator), step.result.denominator) > LARGEST
                or (whole and step.result.denominator > 1)
                or (target >= 0 > step.result)
            ):
                continue
            found = _search(tuple(sorted([*rest, step.result], reverse=True)), target, whole, seen)
            if found is not None:
                return [step, *found]
    return None


def _name(step: Step) -> str:
    return f"{_bracketed(str(step.a))} {step.operator} {_bracketed(str(step.b))}"


def _bracketed(text: str) -> str:
    return text if text.isdigit() else f"({text})"


def _expression(start: Sequence[Fraction], steps: Sequence[Step]) -> str:
    """The steps as one expression."""
    parts = [(str(value), value) for value in start]
    for step in steps:
        texts = []
        for value in (step.a, step.b):
            at = next(i for i, part in enumerate(parts) if part[1] == value)
            texts.append(_bracketed(parts.pop(at)[0]))
        parts.append((f" {step.operator} ".join(texts), step.result))
    return parts[0][0]


def kind() -> Countdown:
    """Numbers and a target."""
    return Countdown()
