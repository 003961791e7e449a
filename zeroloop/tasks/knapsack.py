"""The 0/1 knapsack: items of the largest total value within a limited weight."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.knapsack import MAX_ITEMS, MAX_NUMBER, MAX_SUM
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._indices import read_indices, unreadable, written
from zeroloop.tasks._kinds import Kind, correct, endless, wrong

_SUMS = r"weight (\d{1,4}) of (\d{1,4}), value (\d{1,4})\."
_PACK = re.compile(rf"Pack item (\d{{1,3}}) \(weight (\d{{1,4}}), value (\d{{1,4}})\): {_SUMS}", re.ASCII)
_LEAVE = re.compile(rf"Leave the other items: {_SUMS}", re.ASCII)


class Statement(NamedTuple):
    """What a task asks: weight and value of each item, the weight that can be carried, and the largest value."""

    weights: tuple[int, ...]
    values: tuple[int, ...]
    capacity: int
    best: int


class Fullest(NamedTuple):
    """Items of the largest value, in ascending order, their value, and the states that were looked at."""

    packed: tuple[int, ...]
    value: int
    nodes: int


class Knapsack(Kind):
    """Dial: 8 to 24 items, and how much their values depend on their weights, which makes all of them look alike.

    The score is the value by the largest value; a success is at most 1 % below it.
    """

    name = "knapsack"
    family = "search"
    type = "optimization"
    min_score = 0.99
    environment_name = "knapsack"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Two fifths of the whole weight can be carried. At the highest difficulty each value is the
        weight plus 5 (strongly correlated, Pisinger 2005), at the lowest they have little to do with each other."""
        count, spread = 8 + int(16 * difficulty), round(20 * (1 - difficulty) ** 2)
        weights = rng.integers(5, 36, count)
        values = np.clip(weights + 5 + rng.integers(-spread, spread + 1, count), 1, MAX_NUMBER)
        capacity = int(weights.sum()) * 2 // 5
        fullest = _fullest(tuple(weights.tolist()), tuple(values.tolist()), capacity)
        pairs = zip(weights.tolist(), values.tolist(), strict=True)
        listed = ", ".join(f"item {i} has weight {w} and value {v}" for i, (w, v) in enumerate(pairs))
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": (
                f"Choose items of the largest total value whose total weight is at most {capacity}. Each can be chosen "
                f"once: {listed}. Answer with the numbers of the chosen items."
            ),
            "weights": weights.tolist(),
            "values": values.tolist(),
            "capacity": capacity,
            "best": fullest.value,
            "answer": [*fullest.packed],
            "steps": [*_steps(fullest.packed)],
        }

    def read(self, task: Task) -> Statement:
        """The items and the capacity, and the largest value: computed where the task does not say it."""
        weights, values, capacity = _items(task)
        best = integer(task, "best", 1, MAX_SUM) if "best" in task else _fullest(weights, values, capacity).value
        return Statement(weights, values, capacity, best)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """Items at most once each, and not too heavy, in any order; weight and value are summed anew."""
        items = read_indices(answer, len(problem.weights), len(problem.weights))
        if len({*items}) < len(items):
            return wrong("an item is chosen twice")
        weight, value = (sum(numbers[item] for item in items) for numbers in (problem.weights, problem.values))
        if weight > problem.capacity:
            return wrong(f"the weight is {weight}, at most {problem.capacity} is allowed")
        if value > problem.best:
            return Verdict("error", 0.0, f"the task is broken: best is {problem.best}, but a value of {value} is there")
        return correct(value / problem.best, f"weight {weight} of {problem.capacity}, value {value} of {problem.best}")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Dynamic programming over items and weights; the cost is the value of what is left out."""
        weights, values, capacity = _items(task)
        packed, value, nodes = _fullest(weights, values, capacity)
        return Solution([*packed], _steps(packed), sum(values) - value, nodes)

    def baseline(self, task: Task) -> list[int]:
        """Greedy by ratio: the items of most value by weight first, each where it still fits."""
        weights, values, room = _items(task)
        packed = []
        for item in sorted(range(len(weights)), key=lambda i: (-values[i] / weights[i], i)):
            if weights[item] <= room:
                packed.append(item)
                room -= weights[item]
        return sorted(packed)

    def structure(self, task: Task) -> str:
        """The items without order, and the capacity."""
        weights, values, capacity = _items(task)
        return f"{sorted(zip(weights, values, strict=True))} {capacity}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence packs an item after the last one that fits, with the right sums; it ends where no later item
        fits, or with the words that the others are left."""
        weights, values, capacity, best = self.read(task)
        last, weight, value, ended = -1, 0, 0, False
        for claim in claims:
            pack, leave = _PACK.fullmatch(claim), _LEAVE.fullmatch(claim)
            if ended:
                return f"after the end: {claim!r}"
            if pack:
                item, *numbers = map(int, pack.groups())
                if not last < item < len(weights):
                    return f"not an item after number {last}: {claim!r}"
                last, weight, value = item, weight + weights[item], value + values[item]
                if numbers != [weights[item], values[item], weight, capacity, value]:
                    return f"not true: {claim!r}"
                if weight > capacity:
                    return f"too heavy: {claim!r}"
            elif leave:
                if [*map(int, leave.groups())] != [weight, capacity, value]:
                    return f"not true: {claim!r}"
                ended = True
            else:
                return f"not readable: {claim!r}"
        if not ended and any(weight + more <= capacity for more in weights[last + 1 :]):
            return "another item fits, and nothing says that it is left"
        if value / best < self.min_score:
            return f"the value is not good enough: {value} where {best} is possible"
        return None

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known items in any order, as lists and as text."""
        items = list(task["answer"])
        return endless(
            lambda: written(items, rng),
            lambda: written(items[::-1], rng),
            lambda: written(rng.permutation(items).tolist(), rng),
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Items that are too heavy together, chosen twice or not there, and no lists of items."""
        items, weights, capacity = list(task["answer"]), task["weights"], task["capacity"]
        count = len(weights)

        def too_heavy() -> list[int]:
            chosen: list[int] = []
            for item in [*items, *rng.permutation([i for i in range(count) if i not in items]).tolist()]:
                chosen.append(int(item))
                if sum(weights[i] for i in chosen) > capacity:
                    break
            else:
                chosen.append(count)  # all items together are light enough
            return chosen

        def twice() -> list[int]:
            return [*items, items[int(rng.integers(len(items)))]]

        def unknown() -> list[int]:
            at = int(rng.integers(len(items)))
            return [*items[:at], count + int(rng.integers(3)), *items[at + 1 :]]

        return endless(
            lambda: written(too_heavy(), rng),
            lambda: written(twice(), rng),
            lambda: written(unknown(), rng),
            lambda: written([*range(count), 0], rng),
            lambda: [*items[:-1], 10**20],
            lambda: unreadable(items, rng),
            rng=rng,
        )


def _items(task: Task) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Weights, values and capacity. Raises TaskError."""
    weights = tuple(integers(task, "weights", 1, MAX_NUMBER, least=1, most=MAX_ITEMS))
    values = tuple(integers(task, "values", 1, MAX_NUMBER, least=len(weights), most=len(weights)))
    capacity = integer(task, "capacity", 1, MAX_SUM)
    if min(weights) > capacity:
        raise TaskError(f"capacity is {capacity}, and no item is that light; at least one must fit")
    return weights, values, capacity


@functools.lru_cache(maxsize=1024)
def _fullest(weights: tuple[int, ...], values: tuple[int, ...], capacity: int) -> Fullest:
    """Dynamic programming: the largest value of the items from each one on, for each room that is left."""
    table = [[0] * (capacity + 1)]
    for weight, value in zip(reversed(weights), reversed(values), strict=True):
        after = table[-1]
        light = after[:weight]  # rooms that the item does not fit, all of them where it is heavier than the capacity
        table.append(light + [max(a, value + b) for a, b in zip(after[weight:], after, strict=False)])
    table.reverse()
    packed, room = [], capacity
    for item, weight in enumerate(weights):
        if table[item][room] > table[item + 1][room]:
            packed.append(item)
            room -= weight
    return Fullest(tuple(packed), table[0][capacity], len(weights) * (capacity + 1))


def _steps(packed: Sequence[int]) -> tuple[str, ...]:
    """The moves of the environment. No "done": what still fits after the best items would make them better."""
    return tuple(f"pack {item}" for item in packed)


def kind() -> Knapsack:
    """Items with weights and values."""
    return Knapsack()
