"""Blocksworld: rebuild towers of blocks with a hand that holds one block at a time."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task
from zeroloop.envs._strips import Fact, Problem
from zeroloop.errors import TaskError
from zeroloop.tasks._planning import PlanningKind
from zeroloop.tasks._shortest import shortest

MAX_EXPANDED = 20_000
"""States that the search for a shortest plan expands; beyond that the reference is the heuristic's plan."""
TABLE, HAND, ANYWHERE = -1, -2, -3
"""Places that are no blocks."""
OPERATORS: list[dict[str, Any]] = [
    {
        "name": "pick-up",
        "parameters": [["x", "block"]],
        "preconditions": [["clear", "x"], ["ontable", "x"], ["handempty"]],
        "add": [["holding", "x"]],
        "delete": [["ontable", "x"], ["clear", "x"], ["handempty"]],
        "phrase": "pick up {x} from the table",
    },
    {
        "name": "put-down",
        "parameters": [["x", "block"]],
        "preconditions": [["holding", "x"]],
        "add": [["ontable", "x"], ["clear", "x"], ["handempty"]],
        "delete": [["holding", "x"]],
        "phrase": "put {x} down on the table",
    },
    {
        "name": "stack",
        "parameters": [["x", "block"], ["y", "block"]],
        "preconditions": [["holding", "x"], ["clear", "y"]],
        "add": [["on", "x", "y"], ["clear", "x"], ["handempty"]],
        "delete": [["holding", "x"], ["clear", "y"]],
        "phrase": "stack {x} on {y}",
    },
    {
        "name": "unstack",
        "parameters": [["x", "block"], ["y", "block"]],
        "preconditions": [["on", "x", "y"], ["clear", "x"], ["handempty"]],
        "add": [["holding", "x"], ["clear", "y"]],
        "delete": [["on", "x", "y"], ["clear", "x"], ["handempty"]],
        "phrase": "unstack {x} from {y}",
    },
]
PHRASES = {
    "on": "{0} is on {1}",
    "ontable": "{0} is on the table",
    "clear": "{0} is clear",
    "holding": "the hand holds {0}",
    "handempty": "the hand is empty",
}
_PROBLEM = (
    "Blocks stand in towers on a table. A hand holds one block at a time and is empty now; a block is clear when it is "
    "not held and nothing is on it. The towers from bottom to top: {towers}. Reach a state in which {goal}. These "
    "actions are possible: pick-up x takes a clear block x from the table with the empty hand; put-down x puts the "
    "held block x on the table; stack x y puts the held block x on a clear block y; unstack x y takes a clear block x "
    "off the block y under it with the empty hand. Give at most {steps} actions in order, one a line, such as "
    "'unstack b a'."
)

Places = tuple[int, ...]
"""For each block, by number, the block under it, TABLE or HAND."""
Moves = list[tuple[Any, ...]]
"""Operators and blocks by number."""


class Goal(NamedTuple):
    """What is asked for, of blocks by number.

    under: the place that each block shall have, ANYWHERE where none is asked for. over: the block that shall be on
    each, None where none is asked for. clear: blocks on which nothing shall be. held: shall be in the hand. empty:
    whether the hand shall be empty.
    """

    under: Places
    over: tuple[int | None, ...]
    clear: frozenset[int]
    held: int | None
    empty: bool


class Blocksworld(PlanningKind):
    """Dial: 3 to 8 blocks, and the share of them whose place in the goal is given, from half to all.

    The four operators of the planning competitions. Start and goal are drawn evenly from all states with an empty hand.
    There may be four times as many actions as blocks, which is enough to put every block on the table first.
    """

    name = "blocksworld"
    operators = OPERATORS
    phrases = PHRASES
    object_types = ("block",)

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. The shortest plan moves blocks at least as often as there are blocks, less two."""
        count = 3 + min(5, int(difficulty * 6))
        asked = math.ceil(count * (1 + difficulty) / 2)
        while True:
            start, end = _drawn_places(rng, count), _drawn_places(rng, count)
            places = [*end]
            for block in rng.permutation(count)[asked:].tolist():
                places[block] = ANYWHERE
            if all(place in (ANYWHERE, start[block]) for block, place in enumerate(places)):
                continue
            task = self._task(difficulty, start, places)
            solution = self.solve(task)
            if solution is not None and solution.cost >= 2 * (count - 2):
                return {**task, "answer": solution.answer, "steps": list(solution.steps)}

    def _task(self, difficulty: float, start: Sequence[int], places: Sequence[int]) -> Task:
        """The task with these places at the start and in the goal."""
        names = [chr(ord("a") + block) for block in range(len(start))]
        covered = {place for place in start if place >= 0}
        initial = [_place_fact(names, block, place) for block, place in enumerate(start)]
        initial += [["clear", name] for block, name in enumerate(names) if block not in covered] + [["handempty"]]
        goal = [_place_fact(names, block, place) for block, place in enumerate(places) if place != ANYWHERE]
        steps = 4 * len(names)
        towers = "; ".join(", ".join(names[block] for block in tower) for tower in _towers(start))
        text = _PROBLEM.format(towers=towers, goal=self.clauses(goal), steps=steps)
        return self.task(difficulty, text, dict.fromkeys(names, "block"), initial, goal, steps)

    def read(self, task: Task) -> Problem:
        """The problem, which must have the four operators, blocks and nothing else, and start with towers."""
        problem = super().read(task)
        _places(problem)
        return problem

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. A shortest plan by A*, which no plan beats; None where no state is like the goal, or the
        shortest plan has too many steps."""
        problem = self.read(task)
        goal = _goal(problem)
        if goal is None:
            return None
        plan, expanded = _shortest(_places(problem), goal)
        if plan is None:
            plan = _by_way_of_the_table(_places(problem), goal)
        if len(plan) > problem.max_steps:
            return None
        steps = _named(problem, plan)
        return Solution(steps, tuple(steps), len(steps), expanded)

    def baseline(self, task: Task) -> list[str] | None:
        """The plan of a classical heuristic: put every block on the table that is not where it shall stay, then build
        from below. It has at most twice as many actions as the shortest (Gupta & Nau 1992). None where no state is like
        the goal."""
        problem = self.read(task)
        goal = _goal(problem)
        return None if goal is None else _named(problem, _by_way_of_the_table(_places(problem), goal))

    def structure(self, task: Task) -> str:
        """The towers at the start and in the goal, but for the names and the order of blocks; see `_canonical`."""
        problem = self.read(task)
        goal = _goal(problem)
        return f"impossible: {sorted(problem.goal)}" if goal is None else _canonical(_places(problem), goal)


def _drawn_places(rng: np.random.Generator, count: int) -> list[int]:
    """One of all states with an empty hand, each as likely as any other (Slaney & Thiebaux 2001).

    There are count! / towers! * (count - 1 over towers - 1) states with so many towers.
    """
    weights = [
        math.factorial(count) // math.factorial(towers) * math.comb(count - 1, towers - 1)
        for towers in range(1, count + 1)
    ]
    at = int(rng.integers(sum(weights)))
    towers = next(i for i in range(1, count + 1) if at < sum(weights[:i]))
    order = rng.permutation(count).tolist()
    bottoms = {0, *(1 + rng.permutation(count - 1)[: towers - 1]).tolist()}
    places = [TABLE] * count
    for i, block in enumerate(order):
        places[block] = TABLE if i in bottoms else order[i - 1]
    return places


def _towers(places: Sequence[int]) -> list[list[int]]:
    """The blocks of each tower from bottom to top."""
    over = {place: block for block, place in enumerate(places) if place >= 0}
    found = []
    for block, place in enumerate(places):
        if place == TABLE:
            found.append([block])
            while (above := over.get(found[-1][-1])) is not None:
                found[-1].append(above)
    return found


def _place_fact(names: Sequence[str], block: int, place: int) -> list[str]:
    return ["ontable", names[block]] if place == TABLE else ["on", names[block], names[place]]


# ---- statements as places --------------------------------------------------------------------------------------------


def _places(problem: Problem) -> Places:
    """Where each block is at the start. Raises TaskError where the facts are no towers and a hand."""
    numbers = {name: number for number, (name, _) in enumerate(problem.objects)}
    found: dict[int, int] = {}
    for predicate, *names in problem.initial:
        if predicate in ("on", "ontable", "holding"):
            block = numbers[names[0]]
            if block in found:
                raise TaskError(f"initial_state: block {names[0]} is in two places")
            found[block] = {"on": numbers[names[-1]], "ontable": TABLE, "holding": HAND}[predicate]
    for name, block in numbers.items():
        if block not in found:
            raise TaskError(f"initial_state: block {name} is nowhere")
    places = tuple(found[block] for block in range(len(numbers)))
    standing, held = sum(map(len, _towers(places))), places.count(HAND)
    if {*problem.initial} != _facts(problem, places) or held > 1 or standing + held < len(places):
        raise TaskError(
            "initial_state: 'on', 'clear', 'holding' and 'handempty' must agree with towers on the table and one hand"
        )
    return places


def _facts(problem: Problem, places: Places) -> set[Fact]:
    """All that holds where blocks are in these places."""
    names = [name for name, _ in problem.objects]
    found: set[Fact] = set() if HAND in places else {("handempty",)}
    for block, place in enumerate(places):
        if place == HAND:
            found.add(("holding", names[block]))
            continue
        found.add(("ontable", names[block]) if place == TABLE else ("on", names[block], names[place]))
        if block not in places:
            found.add(("clear", names[block]))
    return found


def _goal(problem: Problem) -> Goal | None:
    """The goal; None where no state is like it."""
    numbers = {name: number for number, (name, _) in enumerate(problem.objects)}
    under: list[int] = [ANYWHERE] * len(numbers)
    over: list[int | None] = [None] * len(numbers)
    clear, held, empty = set[int](), list[int](), False
    for predicate, *names in problem.goal:
        blocks = [numbers[name] for name in names]
        if predicate in ("on", "ontable"):
            if under[blocks[0]] != ANYWHERE or (predicate == "on" and over[blocks[1]] is not None):
                return None
            under[blocks[0]] = blocks[1] if predicate == "on" else TABLE
            if predicate == "on":
                over[blocks[1]] = blocks[0]
        elif predicate == "clear":
            clear.add(blocks[0])
        elif predicate == "holding":
            held.append(blocks[0])
        elif predicate == "handempty":
            empty = True
        else:
            return None
    if len(held) > 1 or (held and (empty or held[0] in clear or over[held[0]] is not None)):
        return None
    if any(over[block] is not None for block in clear) or any(under[block] != ANYWHERE for block in held):
        return None
    for block in range(len(under)):
        place = under[block]
        while place >= 0 and place != block:
            place = under[place]
        if place == block:
            return None
    return Goal(tuple(under), tuple(over), frozenset(clear), held[0] if held else None, empty)


def _named(problem: Problem, plan: Moves) -> list[str]:
    names = [name for name, _ in problem.objects]
    return [" ".join([name, *(names[block] for block in blocks)]) for name, *blocks in plan]


def _canonical(places: Places, goal: Goal) -> str:
    """The place of each block now and in the goal, in numbers that do not depend on how blocks are called.

    From one block all that are connected with it, by being above or below each other now or in the goal, are numbered
    in a fixed order of search. Of the numberings from all blocks of a connected part the least text counts.
    """
    over = {place: block for block, place in enumerate(places) if place >= 0}
    parts, seen = list[str](), set[int]()
    for first in range(len(places)):
        if first in seen:
            continue
        component = _numbered(first, places, over, goal)
        seen.update(component)
        parts.append(min(_text(_numbered(block, places, over, goal), places, goal) for block in component))
    return "; ".join([*sorted(parts), "empty"] if goal.empty else sorted(parts))


def _numbered(first: int, places: Places, over: dict[int, int], goal: Goal) -> dict[int, int]:
    """Numbers of the blocks that are connected with one."""
    numbers = {first: 0}
    queue = [first]
    for block in queue:
        for other in (places[block], over.get(block), goal.under[block], goal.over[block]):
            if other is not None and other >= 0 and other not in numbers:
                numbers[other] = len(numbers)
                queue.append(other)
    return numbers


def _text(numbers: dict[int, int], places: Places, goal: Goal) -> str:
    signs = {TABLE: "table", HAND: "hand", ANYWHERE: "-", **{block: str(number) for block, number in numbers.items()}}
    marks = [(block in goal.clear) * " clear" + (block == goal.held) * " held" for block in range(len(places))]
    return ", ".join(f"{signs[places[block]]} {signs[goal.under[block]]}{marks[block]}" for block in numbers)


# ---- plans -----------------------------------------------------------------------------------------------------------


def _shortest(start: Places, goal: Goal) -> tuple[Moves | None, int]:
    """A shortest plan, and the number of states that were expanded; no plan where these are too many."""
    below = _below(goal)
    estimate, is_reached = partial(_estimate, goal=goal, below=below), partial(_is_reached, goal=goal)
    return shortest(start, _successors, estimate, is_reached, MAX_EXPANDED)


def _successors(places: Places) -> Iterator[tuple[tuple[Any, ...], Places]]:
    """What can be done, and where the blocks are then."""

    def moved(block: int, place: int) -> Places:
        return *places[:block], place, *places[block + 1 :]

    if HAND in places:
        held = places.index(HAND)
        yield ("put-down", held), moved(held, TABLE)
        for block in range(len(places)):
            if block != held and block not in places:
                yield ("stack", held, block), moved(held, block)
        return
    for block, place in enumerate(places):
        if block not in places:
            yield ("pick-up", block) if place == TABLE else ("unstack", block, place), moved(block, HAND)


def _is_reached(places: Places, goal: Goal) -> bool:
    return (
        all(wanted in (ANYWHERE, place) for wanted, place in zip(goal.under, places, strict=True))
        and not any(block in places or places[block] == HAND for block in goal.clear)
        and (goal.held is None or places[goal.held] == HAND)
        and not (goal.empty and HAND in places)
    )


def _below(goal: Goal) -> list[int]:
    """For each block, as bits, those that shall be below it in its tower."""
    found = []
    for place in goal.under:
        mask = 0
        while place >= 0:
            mask |= 1 << place
            place = goal.under[place]
        found.append(mask)
    return found


def _moving(tower: Sequence[int], goal: Goal) -> int:
    """How many blocks at the bottom of a tower can stay where they are; those above must move.

    A block must move when its place shall be another, when its place shall be another block's or clear, when the hand
    shall hold it, and when one below it must move.
    """
    place = TABLE
    for height, block in enumerate(tower):
        leaves = goal.under[block] not in (ANYWHERE, place) or block == goal.held
        if leaves or (place >= 0 and (goal.over[place] not in (None, block) or place in goal.clear)):
            return height
        place = block
    return len(tower)


def _estimate(places: Places, goal: Goal, below: Sequence[int]) -> int:
    """A number of actions that no plan can do without.

    Blocks that must move are taken and put somewhere; twice where one below them, now and in the goal, must move, too:
    out of its way, and later on top of it. The last block may stay in the hand where the goal is about what is clear or
    held.
    """
    found = moving = 0
    for tower in _towers(places):
        here = 0
        for block in tower[_moving(tower, goal) :]:
            found += 4 if below[block] & here else 2
            here |= 1 << block
        moving |= here
    if HAND in places:
        found += 3 if below[places.index(HAND)] & moving else 1
    return max(0, found - (bool(goal.clear) or goal.held is not None))


def _by_way_of_the_table(start: Places, goal: Goal) -> Moves:
    """A plan that puts all blocks that must move on the table, and builds the goal from there."""
    plan: Moves = []
    waiting = [block for block, place in enumerate(start) if place == HAND]
    plan += [("put-down", block) for block in waiting]
    for tower in _towers(start):
        leaving = tower[_moving(tower, goal) :]
        waiting += leaving
        for block in reversed(leaving):
            if start[block] != TABLE:
                plan += [("unstack", block, start[block]), ("put-down", block)]
    below = _below(goal)
    for block in sorted(waiting, key=lambda each: (below[each].bit_count(), each)):
        if goal.under[block] >= 0:
            plan += [("pick-up", block), ("stack", block, goal.under[block])]
    if goal.held is not None:
        plan.append(("pick-up", goal.held))
    return plan


def kind() -> Blocksworld:
    """Towers of blocks, and a goal."""
    return Blocksworld()
