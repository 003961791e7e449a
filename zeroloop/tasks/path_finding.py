"""Path finding: the cheapest way through a grid with keys, doors and a tank of fuel."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.envs.path_finding import Way, cheapest_way, generate, with_stations
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers
from zeroloop.tasks._directions import VECTORS, notations, read_directions
from zeroloop.tasks._kinds import Kind, correct, endless, wrong

LARGEST_SIZE = 10
LARGEST_TANK = 99
COLORS = 3
_CLAIM = re.compile(
    r"Go (?P<way>up|right|down|left) to row (?P<row>\d{1,4}), column (?P<column>\d{1,4})"
    r"(?:, (?P<event>taking key [a-c]|through door [A-C]|filling the tank|the goal))?"
    r": cost (?P<cost>\d{1,4}), total (?P<total>\d{1,6})(?:, fuel left (?P<fuel>\d{1,4}))?\.",
    re.ASCII,
)


class Statement(NamedTuple):
    """What a task asks. fuel: 0 where it is not limited. best: a cheapest way, found by Dijkstra's algorithm."""

    rows: tuple[str, ...]
    fuel: int
    max_steps: int
    best: Way


class Entry(NamedTuple):
    """What entering one cell of a walk does. place: (row, column). fuel: left."""

    place: tuple[int, int]
    event: str
    cost: int
    total: int
    fuel: int


class PathFindingTasks(Kind):
    """Dial: grids from 4x4 to 8x8, 0 to 3 colours of keys and doors, costs up to 9, more walls, and from the middle on
    ever more often a tank that is too small for the way without a station.

    The score of a way is the cost of a cheapest one / its own; a success is at most 1.05 times as dear.
    """

    name = "path_finding"
    family = "search"
    type = "path_finding"
    min_score = 1 / 1.05
    environment_name = "path_finding"

    def environment_options(self, task: Task) -> dict[str, Any]:
        """The sizes of the grid, the tank, the steps, and that the score is best cost / cost."""
        problem = self.read(task)
        return {
            "height": len(problem.rows),
            "width": len(problem.rows[0]),
            "colors": COLORS,
            "fuel": problem.fuel,
            "max_steps": problem.max_steps,
            "scoring": "optimal",
        }

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Grids whose way is shorter than the grid is wide are thrown away."""
        size, colors = 4 + min(4, int(5 * difficulty)), min(COLORS, int(4 * difficulty))
        max_steps = size * size
        limited = bool(rng.random() < 2 * difficulty - 0.8)
        while True:
            grid = generate(rng, size, size, colors, 0.2 + 0.1 * difficulty, 3 + round(6 * difficulty))
            rows, fuel = grid["rows"], 0
            if limited:
                found = _limited(rng, rows)
                if found is None:
                    continue
                rows, fuel = found
            way = _cheapest(tuple(rows), fuel)
            if way is not None and size <= len(way.cells) - 1 <= max_steps:
                break
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": _problem(rows, fuel, max_steps),
            "grid_size": [size, size],
            "rows": rows,
            **({"fuel": fuel} if fuel else {}),
            "max_steps": max_steps,
            "best_cost": way.cost,
            "answer": _directions(way),
        }

    def read(self, task: Task) -> Statement:
        """The grid, and a cheapest way through it, whose cost must be the `best_cost` that the task names."""
        rows = _rows(task)
        height, width = len(rows), len(rows[0])
        if integers(task, "grid_size", 1, LARGEST_SIZE, least=2, most=2) != [height, width]:
            raise TaskError(f"grid_size is {task['grid_size']}, but rows has {height} rows of {width} cells")
        fuel = integer(task, "fuel", 0, LARGEST_TANK, default=0)
        max_steps = integer(task, "max_steps", 1, 2 * height * width)
        _check_cells(rows, fuel)
        way = _cheapest(rows, fuel)
        if way is None or len(way.cells) - 1 > max_steps:
            raise TaskError(f"rows: the goal cannot be reached at the smallest cost within {max_steps} steps")
        best_cost = integer(task, "best_cost", 1, 10**6)
        if best_cost != way.cost:
            raise TaskError(f"best_cost is {best_cost}, but the cheapest way costs {way.cost}")
        return Statement(rows, fuel, max_steps, way)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """Every step of the way in turn, and its cost against the smallest one."""
        walk = _walk(problem, read_directions(answer))
        if not walk or walk[-1].event != "the goal":
            return wrong("the way does not end at the goal")
        best, cost = problem.best.cost, walk[-1].total
        return correct(best / cost, f"reaches the goal at cost {cost}; the smallest is {best}")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Dijkstra's algorithm over cells, keys held and fuel left."""
        way = self.read(task).best
        directions = _directions(way)
        return Solution(directions, tuple(directions), way.cost, way.nodes)

    def structure(self, task: Task) -> str:
        """The smallest of the grid's eight images, with its keys named in reading order, and the tank."""
        problem = self.read(task)
        grid = np.array([[*row] for row in problem.rows])
        images = [np.rot90(side, turns) for side in (grid, grid.T) for turns in range(4)]
        return f"{min(_renamed('/'.join(map(''.join, image))) for image in images)} fuel {problem.fuel}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence names a step, where it leads, what happens there, what it costs, the cost so far and the fuel
        left; the last one reaches the goal at no more than 1.05 times the smallest cost."""
        problem = self.read(task)
        if len(claims) > problem.max_steps:
            return f"{len(claims)} steps, but {problem.max_steps} are allowed"
        found = [_CLAIM.fullmatch(claim) if isinstance(claim, str) else None for claim in claims]
        directions = [match["way"] for match in found if match]
        if len(directions) < len(claims):
            return f"not readable: {str(claims[found.index(None)])[:80]!r}"
        try:
            walk = _walk(problem, directions)
        except TaskError as error:
            return str(error)
        for claim, match, entry in zip(claims, found, walk, strict=True):
            assert match is not None
            place = int(match["row"]) - 1, int(match["column"]) - 1
            fuel = None if match["fuel"] is None else int(match["fuel"])
            stated = place, match["event"] or "", int(match["cost"]), int(match["total"]), fuel
            if stated != (*entry[:4], entry.fuel if problem.fuel else None):
                return f"not true: {claim!r}"
        if not walk or walk[-1].event != "the goal":
            return "the goal is not reached"
        if problem.best.cost / walk[-1].total < self.min_score:
            return f"the way costs {walk[-1].total}, which is more than 1.05 times {problem.best.cost}"
        return None

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known answer as a list or text: words, first letters or arrows."""
        return notations(task["answer"], rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Ways that stop early, run into a wall, pass a closed door or run dry, and no ways at all."""
        problem = self.read(task)
        names: list[str] = task["answer"]
        easier = [_cheapest(tuple(row.translate(_OPEN) for row in problem.rows), 0), _cheapest(problem.rows, 0)]
        false = [way for way in map(_directions, filter(None, easier)) if _is_false(problem, way)]

        def changed() -> list[str]:
            for _ in range(20):
                at = int(rng.integers(len(names)))
                found = [*names[:at], [*VECTORS][int(rng.integers(4))], *names[at + 1 :]]
                if _is_false(problem, found):
                    return found
            return names[:-1]

        return endless(
            changed,
            lambda: " ".join(changed()),
            lambda: names[: int(rng.integers(len(names)))],
            lambda: [*names, [*VECTORS][int(rng.integers(4))]],
            lambda: false[int(rng.integers(len(false)))] if false else changed(),
            lambda: [[r + 1, c + 1] for r, c in problem.best.cells],
            lambda: [problem.best.cost, str(problem.best.cost), None, "", "goal", [*names, "goal"]][
                int(rng.integers(6))
            ],
            rng=rng,
        )


_OPEN = str.maketrans(dict.fromkeys("ABC", "1"))


def _limited(rng: np.random.Generator, rows: list[str]) -> tuple[list[str], int] | None:
    """The grid with fuel stations, and a tank with which the way can be gone, but not without a station; None where the
    draw has none."""
    count = 2 + int(rng.integers(len(rows) // 2))
    share = float(rng.uniform(0.4, 0.8))
    filled = with_stations(rng, rows, count)
    unlimited = _cheapest(tuple(filled), 0) if filled else None
    if filled is None or unlimited is None:
        return None
    fuel = max(2, int(share * unlimited.cost))
    if fuel >= unlimited.cost or fuel > LARGEST_TANK or _cheapest(tuple(filled), fuel) is None:
        return None
    return filled, fuel


def _problem(rows: Sequence[str], fuel: int, max_steps: int) -> str:
    """The statement for people."""
    signs = {*"".join(rows)}
    lines = [
        f"Go from S to G on this grid at the smallest total cost, within {max_steps} steps up, down, left or right.",
        "Entering a cell costs its digit, or 1 where it has none; # cells are walls.",
    ]
    if signs & {*"abc"}:
        lines.append("Entering a small letter takes that key; a capital letter is a door that only its key opens.")
    if fuel:
        lines.append(
            f"The tank holds {fuel} units of fuel and is full at the start. Entering a cell burns as much fuel as it "
            "costs, and needs that much; entering + then fills the tank, every time."
        )
    return "\n".join([*lines, "Answer with the directions in order.", *rows])


def _rows(task: Task) -> tuple[str, ...]:
    """`task["rows"]`: strings of one length. Raises TaskError."""
    rows = task.get("rows") if isinstance(task, dict) else None
    if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= LARGEST_SIZE:
        raise TaskError(f"rows must be a list of 1 to {LARGEST_SIZE} strings, not {type(rows).__name__}")
    if not all(isinstance(row, str) and 2 <= len(row) <= LARGEST_SIZE for row in rows):
        raise TaskError(f"rows must be strings of 2 to {LARGEST_SIZE} cells")
    if len({len(row) for row in rows}) > 1:
        raise TaskError("rows must be equally long")
    return tuple(rows)


def _check_cells(rows: Sequence[str], fuel: int) -> None:
    cells = "".join(rows)
    allowed = "#SG123456789" + "abc"[:COLORS] + "ABC"[:COLORS] + ("+" if fuel else "")
    if strange := sorted({*cells} - {*allowed}):
        raise TaskError(f"rows: unknown cell {strange[0]!r}; allowed: {allowed}")
    if cells.count("S") != 1 or cells.count("G") != 1:
        raise TaskError(f"rows must have one S and one G, not {cells.count('S')} and {cells.count('G')}")


@functools.lru_cache(maxsize=4096)
def _cheapest(rows: tuple[str, ...], fuel: int) -> Way | None:
    return cheapest_way({"rows": rows, "fuel": fuel})


def _directions(way: Way) -> list[str]:
    """The names of the steps between the cells of a way."""
    names = {vector: name for name, vector in VECTORS.items()}
    return [names[r2 - r1, c2 - c1] for (r1, c1), (r2, c2) in zip(way.cells, way.cells[1:], strict=False)]


def _walk(problem: Statement, directions: Sequence[str]) -> list[Entry]:
    """What each step does, by the rules that the statement gives. Raises TaskError for a step that cannot be taken."""
    rows, fuel, total, keys = problem.rows, problem.fuel, 0, set[str]()
    row = next(r for r, cells in enumerate(rows) if "S" in cells)
    column, walk = rows[row].index("S"), list[Entry]()
    if len(directions) > problem.max_steps:
        raise TaskError(f"answer: {len(directions)} steps are too many; {problem.max_steps} are allowed")
    for number, direction in enumerate(directions, 1):
        if rows[row][column] == "G":
            raise TaskError(f"answer: step {number} leads on from the goal")
        row, column = row + VECTORS[direction][0], column + VECTORS[direction][1]
        cell = rows[row][column] if 0 <= row < len(rows) and 0 <= column < len(rows[0]) else "#"
        if cell == "#":
            raise TaskError(f"answer: step {number}, {direction}, leads into a wall or off the grid")
        if cell in "ABC" and cell.lower() not in keys:
            raise TaskError(f"answer: step {number}, {direction}, leads through door {cell} without its key")
        cost = int(cell) if cell.isdigit() else 1
        if problem.fuel and cost > fuel:
            raise TaskError(f"answer: step {number}, {direction}, needs {cost} units of fuel, and {fuel} are left")
        fuel, total = (problem.fuel if cell == "+" else fuel - cost), total + cost
        walk.append(Entry((row, column), _event(cell, keys), cost, total, fuel))
        keys |= {cell} & {*"abc"}
    return walk


def _event(cell: str, keys: set[str]) -> str:
    """What entering a cell does besides costing."""
    if cell in "abc":
        return "" if cell in keys else f"taking key {cell}"
    if cell in "ABC":
        return f"through door {cell}"
    return {"+": "filling the tank", "G": "the goal"}.get(cell, "")


def _is_false(problem: Statement, directions: Sequence[str]) -> bool:
    """Whether a way cannot be gone or does not end at the goal."""
    try:
        walk = _walk(problem, directions)
    except TaskError:
        return True
    return not walk or walk[-1].event != "the goal"


def _renamed(cells: str) -> str:
    """The grid with its keys named in the order in which they or their doors come."""
    order = dict.fromkeys(cell.lower() for cell in cells if cell in "abcABC")
    old, new = "".join(order), "abc"[: len(order)]
    return cells.translate(str.maketrans(old + old.upper(), new + new.upper()))


def kind() -> PathFindingTasks:
    """Grids, keys, doors and fuel."""
    return PathFindingTasks()
