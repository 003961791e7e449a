"""Sokoban: push boxes through a room until each stands on a goal."""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs._strips import read_problem
from zeroloop.envs.sokoban import LARGEST_SIDE, MAX_STEPS, MOST_BOXES
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer
from zeroloop.tasks._directions import VECTORS, notations, read_directions
from zeroloop.tasks._kinds import Kind, correct, drawn, endless, wrong
from zeroloop.tasks._planning import after, read_plan
from zeroloop.tasks._shortest import shortest

MAX_EXPANDED = 10_000
"""States that the search for a plan of fewest pushes expands."""
_LONGEST_CLAIM = 300
_LETTERS = {name: name[0] for name in VECTORS}
_CLAIM = re.compile(
    r"Go to row (\d{1,2}), column (\d{1,2}) and push the box at row (\d{1,2}), column (\d{1,2}) (up|right|down|left) "
    r"to row (\d{1,2}), column (\d{1,2}): (\d{1,2}) of (\d{1,2}) boxes are on goals then\.",
    re.ASCII,
)
_STRIPS = re.compile(r"\s*\(\s*(?:move|push)\b", re.IGNORECASE)
_OPENINGS = (
    "This is the plan of a warehouse.",
    "A storekeeper has to put every box in its place.",
    "Solve this Sokoban level.",
    "A room with boxes, seen from above.",
)
_RULES = (
    "# is a wall, $ a box, . a goal, * a box on a goal, @ the person (+ where they stand on a goal), and a blank is "
    "free floor. The person goes up, right, down or left, one cell a step, not through walls. Going onto a box pushes "
    "it one cell on, if there is neither a wall nor another box; boxes cannot be pulled. Push every box onto a goal, "
    "any box onto any goal, with at most {steps} pushes; steps without a push are free. Give the steps as letters u, "
    "r, d, l, pushes in capitals, such as 'ddRu', or as words."
)
OPERATORS: list[dict[str, Any]] = [
    {
        "name": "move",
        "parameters": [["from", "cell"], ["to", "cell"], ["way", "direction"]],
        "preconditions": [["person", "from"], ["next", "from", "to", "way"], ["clear", "to"]],
        "add": [["person", "to"]],
        "delete": [["person", "from"]],
    },
    {
        "name": "push",
        "parameters": [["from", "cell"], ["box", "cell"], ["to", "cell"], ["way", "direction"]],
        "preconditions": [
            *(["person", "from"], ["next", "from", "box", "way"], ["box", "box"]),
            *(["next", "box", "to", "way"], ["clear", "to"]),
        ],
        "add": [["person", "box"], ["clear", "box"], ["box", "to"]],
        "delete": [["person", "from"], ["box", "box"], ["clear", "to"]],
    },
]
"""The rules as STRIPS: clear cells have no box."""

Cell: TypeAlias = tuple[int, int]
"""Row and column from 0."""
State: TypeAlias = tuple[frozenset[Cell], Cell]
"""The boxes, and the first of the cells that the person can walk to."""


Push: TypeAlias = tuple[Cell, str]
"""A box and a direction."""


class Statement(NamedTuple):
    """What a task asks. floor: all cells that are no wall."""

    floor: frozenset[Cell]
    goals: frozenset[Cell]
    boxes: frozenset[Cell]
    person: Cell
    max_steps: int


class SokobanTasks(Kind):
    """Dial: rooms from 6 x 6 to 8 x 8 with their walls, 1 to 3 boxes, and ever more misleading ones.

    Boxes are pulled away from the goals, so that every room can be solved; its plan has the fewest pushes.
    """

    name = "sokoban"
    family = "reasoning"
    type = "planning"
    environment_name = "sokoban"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Of some rooms, the more the harder the task, the one that takes most states to solve."""
        size, count = 6 + min(2, int(3 * difficulty)), 1 + min(2, int(3 * difficulty))
        found: list[tuple[int, Statement, list[Push]]] = []
        while len(found) <= 8 * difficulty:
            problem = _pulled(rng, size, count)
            plan, expanded = _solved(problem, MAX_EXPANDED)
            if plan is not None and 2 <= len(plan) <= problem.max_steps:
                found.append((expanded, problem, plan))
        _, problem, plan = max(found, key=lambda each: each[0])
        rows = _drawn(problem, size)
        text = "\n".join([drawn(rng, _OPENINGS), "", *rows, "", _RULES.format(steps=problem.max_steps)])
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": text,
            "initial_state": rows,
            "available_actions": [*VECTORS],
            "max_steps": problem.max_steps,
            "answer": _letters(problem, plan),
            "steps": [*map(_push_name, plan)],
        }

    def read(self, task: Task) -> Statement:
        """The room."""
        steps = integer(task, "max_steps", 1, MAX_STEPS)
        rows: Any = task.get("initial_state")
        fits = isinstance(rows, list | tuple) and 1 <= len(rows) <= LARGEST_SIDE
        if not fits or not all(isinstance(row, str) and 1 <= len(row) <= LARGEST_SIDE for row in rows):
            raise TaskError(f"initial_state must be 1 to {LARGEST_SIDE} texts of up to {LARGEST_SIDE} signs")
        if len({*map(len, rows)}) > 1:
            raise TaskError("initial_state: all rows must be of equal length")
        cells = {(r, c): sign for r, row in enumerate(rows) for c, sign in enumerate(row)}
        if strange := {*cells.values()} - {*"# .$*@+"}:
            raise TaskError(f"initial_state: {min(strange)!r} is no sign of a room; allowed: '#', ' ' and . $ * @ +")
        floor, goals, boxes, people = (
            frozenset(cell for cell, sign in cells.items() if sign in signs) for signs in (" .$*@+", ".*+", "$*", "@+")
        )
        if len(people) != 1:
            raise TaskError(f"initial_state must have one person, @ or +, not {len(people)}")
        if len(boxes) != len(goals) or not 1 <= len(boxes) <= MOST_BOXES:
            raise TaskError(
                f"initial_state must have as many boxes as goals, 1 to {MOST_BOXES}, not {len(boxes)}, {len(goals)}"
            )
        if boxes == goals:
            raise TaskError("initial_state: all boxes stand on goals already; nothing is left to be done")
        (person,) = people
        return Statement(floor, goals, boxes, person, steps)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """Every step in turn, and that no box is off the goals after the last. A text may also be a plan for the task
        as a STRIPS problem."""
        if isinstance(answer, str) and _STRIPS.match(answer):
            strips = read_problem(_strips(problem))
            plan = read_plan(strips, answer)
            facts, pushes = after(strips, plan), sum(action[0] == "push" for action in plan)
            boxes = frozenset(_cell(fact[1]) for fact in facts if fact[0] == "box")
        else:
            boxes, pushes = _walked(problem, read_directions(answer))
        if pushes > problem.max_steps:
            return wrong(f"{pushes} pushes are too many; at most {problem.max_steps} are allowed")
        if off := sorted(boxes - problem.goals):
            return wrong(f"{len(off)} of {len(boxes)} boxes are on no goal, such as that at {_named(off[0])}")
        return correct(evidence=f"all {len(boxes)} boxes are on goals after {pushes} pushes")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. A plan of fewest pushes by A*; None where there is none, or where it takes more than
        `max_steps` pushes or more than MAX_EXPANDED states to find."""
        problem = self.read(task)
        plan, expanded = _solved(problem, MAX_EXPANDED)
        if plan is None or len(plan) > problem.max_steps:
            return None
        return Solution(_letters(problem, plan), tuple(map(_push_name, plan)), len(plan), expanded)

    def as_strips(self, task: Task) -> Task:
        """The same task, and its answer, as STRIPS: cells and directions are objects, boxes are facts. Pushes are not
        counted."""
        problem = self.read(task)
        plan = _strips_plan(problem, read_directions(task["answer"])) if "answer" in task else []
        return {**_strips(problem), **({"answer": plan} if plan else {})}

    def structure(self, task: Task) -> str:
        """The smallest of the room's eight images, in which all cells are alike that the person can walk to."""
        problem = self.read(task)
        walk = _region(problem.person, problem.floor - problem.boxes)
        rows = [1 + max(cell[axis] for cell in problem.floor) for axis in (0, 1)]
        signs = np.full(rows, "#")
        for cell in problem.floor:
            signs[cell] = "012345"[(cell in walk) + 2 * (cell in problem.boxes) + 3 * (cell in problem.goals)]
        images = [np.rot90(side, turns) for side in (signs, signs.T) for turns in range(4)]
        return min("/".join(map("".join, image)).strip("/") for image in map(_trimmed, images))

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says where the person goes, which they can, and which box they push where, and how many are on
        goals then; all are after the last one, and not before."""
        problem = self.read(task)
        boxes, person = problem.boxes, problem.person
        if len(claims) > problem.max_steps:
            return f"{len(claims)} pushes are too many; at most {problem.max_steps} are allowed"
        for claim in claims:
            match = _CLAIM.fullmatch(claim) if isinstance(claim, str) and len(claim) < _LONGEST_CLAIM else None
            if match is None:
                return f"not readable: {str(claim)[:80]!r}"
            if boxes == problem.goals:
                return f"all boxes are on goals before {claim!r}"
            numbers = [int(match[i]) - 1 for i in (1, 2, 3, 4, 6, 7)]
            stand, box, to = (numbers[0], numbers[1]), (numbers[2], numbers[3]), (numbers[4], numbers[5])
            if (_beside(stand, match[5]), _beside(box, match[5])) != (box, to):
                return f"that is not {match[5]}: {claim!r}"
            if box not in boxes or to in boxes or to not in problem.floor:
                return f"there is no box, or no room for it: {claim!r}"
            if stand not in _region(person, problem.floor - boxes):
                return f"the person cannot go there: {claim!r}"
            boxes, person = boxes - {box} | {to}, box
            if (int(match[8]), int(match[9])) != (len(boxes & problem.goals), len(boxes)):
                return f"not so many boxes are on goals: {claim!r}"
        return None if boxes == problem.goals else "not all boxes are on goals"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known answer as it is, in all ways to write directions, and as a plan of the STRIPS problem."""
        names = read_directions(task["answer"])
        plain = notations(names, rng)
        plan = "\n".join(f"({action})" for action in _strips_plan(self.read(task), names))
        return endless(
            lambda: task["answer"],
            lambda: " ".join(task["answer"]),
            lambda: next(plain),
            lambda: next(plain),
            lambda: plan,
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known answer with steps left out, exchanged or turned, mirrored, backwards, or cut off before the last
        push; and what is no answer."""
        problem = self.read(task)
        names = read_directions(task["answer"])
        ways = [*VECTORS]
        last = max(i for i, letter in enumerate(task["answer"]) if letter.isupper())

        def failing(change: Any) -> Any:
            """Some changed answers are as good as the known one; these are not wanted."""
            found = next(
                (found for found in (change() for _ in range(20)) if not _solves(problem, found)), names[:last]
            )
            return next(notations(found, rng)) if found else ""

        def at() -> int:
            return int(rng.integers(len(names)))

        def turned() -> list[str]:
            i = at()
            return [*names[:i], drawn(rng, ways), *names[i + 1 :]]

        def without() -> list[str]:
            i = at()
            return names[:i] + names[i + 1 :]

        def exchanged() -> list[str]:
            i = at()
            return [*names[:i], *names[i + 1 : i + 2], names[i], *names[i + 2 :]]

        def image() -> list[str]:
            order = rng.permutation(4).tolist()
            return [ways[order[ways.index(name)]] for name in names]

        changes = (turned, without, exchanged, image, lambda: names[::-1], lambda: names[: int(rng.integers(last + 1))])
        nothing: tuple[Any, ...] = (None, True, "", [], {}, 7, "left-ish", f"{task['answer']}!", [*names, 1], "(push)")
        plan = [f"({action})" for action in _strips_plan(problem, names)]
        return endless(
            *(partial(failing, change) for change in changes),
            lambda: "\n".join(plan[:last]) or None,
            lambda: "\n".join([*plan[: (i := at())], *plan[i + 1 :], plan[0]]),
            lambda: drawn(rng, nothing),
            rng=rng,
        )


# ---- steps -----------------------------------------------------------------------------------------------------------


def _beside(cell: Cell, way: str) -> Cell:
    return cell[0] + VECTORS[way][0], cell[1] + VECTORS[way][1]


def _named(cell: Cell) -> str:
    return f"row {cell[0] + 1}, column {cell[1] + 1}"


def _walked(problem: Statement, directions: Sequence[str]) -> tuple[frozenset[Cell], int]:
    """The boxes after these steps, and the number of pushes. Raises TaskError for a step that cannot be taken."""
    boxes, person, pushes = {*problem.boxes}, problem.person, 0
    for number, way in enumerate(directions, 1):
        person = _beside(person, way)
        if person not in problem.floor:
            raise TaskError(f"answer: step {number}, {way}, leads into a wall")
        if person in boxes:
            to = _beside(person, way)
            if to not in problem.floor or to in boxes:
                what = "another box" if to in boxes else "a wall"
                raise TaskError(f"answer: step {number}, {way}, pushes a box against {what} at {_named(to)}")
            boxes ^= {person, to}
            pushes += 1
    return frozenset(boxes), pushes


def _solves(problem: Statement, directions: Sequence[str]) -> bool:
    try:
        boxes, pushes = _walked(problem, directions)
    except TaskError:
        return False
    return boxes == problem.goals and pushes <= problem.max_steps


def _region(start: Cell, free: frozenset[Cell]) -> set[Cell]:
    """The cells that can be walked to."""
    found, stack = {start}, [start]
    while stack:
        row, column = stack.pop()
        for cell in ((row - 1, column), (row, column + 1), (row + 1, column), (row, column - 1)):
            if cell in free and cell not in found:
                found.add(cell)
                stack.append(cell)
    return found


def _walk(start: Cell, free: frozenset[Cell]) -> dict[Cell, str]:
    """The cells that can be walked to, with a shortest way as letters."""
    found, queue = {start: ""}, [start]
    for cell in queue:
        for way, letter in _LETTERS.items():
            after = _beside(cell, way)
            if after in free and after not in found:
                found[after] = found[cell] + letter
                queue.append(after)
    return found


def _letters(problem: Statement, plan: Sequence[Push]) -> str:
    """Pushes with the walks to them."""
    boxes, person, text = problem.boxes, problem.person, ""
    for box, way in plan:
        stand = box[0] - VECTORS[way][0], box[1] - VECTORS[way][1]
        text += _walk(person, problem.floor - boxes)[stand] + _LETTERS[way].upper()
        boxes, person = boxes - {box} | {_beside(box, way)}, box
    return text


def _push_name(push: Push) -> str:
    """As the environment calls it."""
    return f"push {push[0][0] + 1} {push[0][1] + 1} {push[1]}"


# ---- as STRIPS -------------------------------------------------------------------------------------------------------


def _object(cell: Cell) -> str:
    return f"c{cell[0] + 1}-{cell[1] + 1}"


def _cell(name: str) -> Cell:
    row, column = name[1:].split("-")
    return int(row) - 1, int(column) - 1


def _strips(problem: Statement) -> Task:
    cells = sorted(problem.floor)
    steps = [(cell, way, _beside(cell, way)) for cell in cells for way in VECTORS]
    initial = [["next", _object(cell), _object(to), way] for cell, way, to in steps if to in problem.floor]
    initial += [["box", _object(cell)] for cell in sorted(problem.boxes)] + [["person", _object(problem.person)]]
    initial += [["clear", _object(cell)] for cell in cells if cell not in problem.boxes]
    return {
        "objects": {**{_object(cell): "cell" for cell in cells}, **dict.fromkeys(VECTORS, "direction")},
        "operators": OPERATORS,
        "initial_state": initial,
        "goal_state": [["box", _object(cell)] for cell in sorted(problem.goals)],
        "max_steps": MAX_STEPS,
    }


def _strips_plan(problem: Statement, directions: Sequence[str]) -> list[str]:
    """The actions of the STRIPS problem for steps that can be taken."""
    boxes, person, actions = problem.boxes, problem.person, list[str]()
    for way in directions:
        cells = [person, _beside(person, way)]
        if cells[1] in boxes:
            cells.append(_beside(cells[1], way))
            boxes = boxes - {cells[1]} | {cells[2]}
        actions.append(" ".join(["push" if len(cells) == 3 else "move", *map(_object, cells), way]))
        person = cells[1]
    return actions


# ---- the search ------------------------------------------------------------------------------------------------------


def _solved(problem: Statement, most: int) -> tuple[list[Push] | None, int]:
    """A plan of fewest pushes, and the number of states that were expanded; no plan where these are too many."""
    far = [_distances(problem.floor, goal) for goal in sorted(problem.goals)]
    start = problem.boxes, min(_region(problem.person, problem.floor - problem.boxes))
    return shortest(
        start,
        partial(_successors, floor=problem.floor),
        lambda state: _estimate(state[0], far),
        lambda state: state[0] == problem.goals,
        most,
    )


def _successors(state: State, floor: frozenset[Cell]) -> Iterator[tuple[Push, State]]:
    """All pushes."""
    boxes, person = state
    walk = _region(person, floor - boxes)
    for box in sorted(boxes):
        for way, (rows, columns) in VECTORS.items():
            to = box[0] + rows, box[1] + columns
            if (box[0] - rows, box[1] - columns) in walk and to in floor and to not in boxes:
                pushed = boxes - {box} | {to}
                yield (box, way), (pushed, min(_region(box, floor - pushed)))


def _distances(floor: frozenset[Cell], goal: Cell) -> dict[Cell, int]:
    """How many pushes bring a box that is alone to a goal, from each cell where any do: by pulling it away from
    there."""
    found, queue = {goal: 0}, [goal]
    for cell in queue:
        for rows, columns in VECTORS.values():
            before, stand = (cell[0] - rows, cell[1] - columns), (cell[0] - 2 * rows, cell[1] - 2 * columns)
            if before in floor and stand in floor and before not in found:
                found[before] = found[cell] + 1
                queue.append(before)
    return found


def _estimate(boxes: frozenset[Cell], far: Sequence[dict[Cell, int]]) -> float:
    """A number of pushes that no plan can do without: each box goes to a goal of its own, where boxes are few, else to
    the nearest."""
    if len(boxes) > 4:
        return sum(min(distances.get(box, math.inf) for distances in far) for box in boxes)
    return min(
        sum(distances.get(box, math.inf) for distances, box in zip(far, order, strict=True))
        for order in itertools.permutations(boxes)
    )


# ---- rooms -----------------------------------------------------------------------------------------------------------


def _pulled(rng: np.random.Generator, size: int, count: int) -> Statement:
    """A room whose boxes were pulled away from the goals, as far as random pulls brought them."""
    floor, goals = _room(rng, size, count)
    far = [_distances(floor, goal) for goal in sorted(goals)]
    boxes, person = goals, drawn(rng, sorted(floor - goals))
    farthest, best, seen = 0.0, (boxes, person), set[State]()
    for _ in range(25 * count):
        walk = _region(person, floor - boxes)
        seen.add((boxes, min(walk)))
        pulls = [(box, way) for box in sorted(boxes) for way in VECTORS]
        for i in rng.permutation(len(pulls)).tolist():
            box, way = pulls[i]
            to = _beside(box, way)
            stand = _beside(to, way)
            if to in walk and stand in floor and stand not in boxes:
                after = boxes - {box} | {to}
                if (after, min(_region(stand, floor - after))) not in seen:
                    break
        else:
            break
        boxes, person = after, stand
        if (distance := _estimate(boxes, far)) > farthest:
            farthest, best = distance, (boxes, person)
    return Statement(floor, goals, *best, 20 * count)


def _room(rng: np.random.Generator, size: int, count: int) -> tuple[frozenset[Cell], frozenset[Cell]]:
    """Floor that hangs together, with some walls in it, and goals."""
    while True:
        inner = [(row, column) for row in range(1, size - 1) for column in range(1, size - 1)]
        share = rng.uniform(0.05, 0.3)
        floor = frozenset(cell for cell in inner if rng.random() > share)
        if len(floor) < 6:
            continue
        floor = frozenset(_region(drawn(rng, sorted(floor)), floor))
        if len(floor) >= max(6, len(inner) // 2):
            order = sorted(floor)
            return floor, frozenset(order[i] for i in rng.permutation(len(order))[:count].tolist())


def _drawn(problem: Statement, size: int) -> list[str]:
    def sign(cell: Cell) -> str:
        if cell not in problem.floor:
            return "#"
        return " .@+$*"[(cell in problem.goals) + 2 * (cell == problem.person) + 4 * (cell in problem.boxes)]

    return ["".join(sign((row, column)) for column in range(size)) for row in range(size)]


def _trimmed(signs: Any) -> Any:
    """Without walls around."""
    rows, columns = np.nonzero(signs != "#")
    return signs[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def kind() -> SokobanTasks:
    """A room with boxes and goals."""
    return SokobanTasks()
