"""Path finding for one agent on a weighted grid with keys, doors and fuel, in plain Python.

A grid is a list of equal rows: `#` wall, `1`-`9` floor with the cost of entering it, `S` start, `G` goal, `a`-`f` keys,
`A`-`F` the doors that they open, `+` fuel stations where fuel is limited. Start, goal, keys, doors and stations cost 1.
Keys are taken by entering their cell, for good. Where fuel is limited, entering a cell burns as much as it costs, and a
cell that costs more than is left cannot be entered; a station fills the tank, as often as it is entered.

No cell is entered twice between one gain, a new key or a filling, and the next: whoever comes back with nothing gained
has only lost, and a cheapest way never does (docs/decisions/0038).
"""

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from zeroloop.contracts import Action, Float32, Int32, Transition
from zeroloop.envs._helpers import parse_by_name
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.observers import Int16
from zeroloop.seeding import stream
from zeroloop.task_fields import integer
from zeroloop.vocabulary import ID, encode

_MOVES = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}
_VECTORS = tuple(_MOVES.values())
_NAMES = tuple(_MOVES)
_KEYS, _DOORS, _FLOOR, _STATION = "abcdef", "ABCDEF", "123456789", "+"
_SYMBOLS = {"#": ID["wall"], "G": ID["goal"], **{sign: ID[sign] for sign in _KEYS + _DOORS + _FLOOR + _STATION}}
_COSTS = {"#": 0, **dict.fromkeys("SG" + _KEYS + _DOORS + _STATION, 1), **{sign: int(sign) for sign in _FLOOR}}
_COST_SO_FAR, _FUEL_LEFT = ID["rule 0"], ID["rule 1"]
_TRAIL = {ID[sign]: ID[f"rule {2 + place}"] for place, sign in enumerate(_FLOOR + _STATION)}
"""What stands for a cell that was entered since the last gain."""
LARGEST_FUEL = 999
"""Capacity of a tank, at most."""
GOOD = 0.05
"""How much more than the cheapest way a good one costs, at most, as a share."""


@dataclass(frozen=True, slots=True, repr=False)
class Walk:
    """Where an agent stands, and what it holds.

    cells: the grid's rows in one string. position: the agent's cell. keys: bit i for key i. steps_left: to take. fuel:
    left, 0 where it is not limited. cost: of the cells entered, and best_cost: of a cheapest way from the start, both 0
    unless the score is their ratio. trail: bit i for cell i, that it was entered since the last gain. path: actions
    since the start; no rule and no comparison of states looks at it.
    """

    cells: str
    position: int
    keys: int
    steps_left: int
    fuel: int = 0
    cost: int = 0
    best_cost: int = 0
    trail: int = 0
    path: tuple[Action, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        """All that is compared, in short: batch keys are made of it."""
        names = ("fuel", "cost", "best_cost", "trail")
        rest = "".join(f", {name}={value}" for name in names if (value := getattr(self, name)))
        shared = f"cells={self.cells!r}, position={self.position}, keys={self.keys}, steps_left={self.steps_left}"
        return f"Walk({shared}{rest})"


class PathFinding:
    """Reach the goal at the smallest cost.

    scoring "discount": the return from the start is `gamma ** (cost of all cells entered)`. To that end the discount of
    a step is `gamma ** cost`, and the reward for entering the goal is `gamma ** cost` too. scoring "optimal": the only
    reward is that for entering the goal, `task["best_cost"] / cost of all cells entered`, undiscounted.
    Running out of steps ends the episode with reward 0, and so does a state without a way on.
    Observation planes: walls, cost / 9, agent, goal, steps left / max_steps, cells entered since the last gain, then
    for each colour the keys still lying, then for each colour the doors still closed; where fuel is limited also fuel
    left / fuel and stations; for scoring "optimal" also the cost so far / the largest possible. Symmetries: flips, and
    on a square grid turns.
    Raises SettingError where a setting is out of range.
    """

    name = "path_finding"
    version = 2
    num_players = 1
    num_actions = 4

    def __init__(
        self,
        height: int,
        width: int,
        colors: int,
        gamma: float,
        max_steps: int,
        wall_share: float = 0.25,
        max_cost: int = 5,
        fuel: int = 0,
        scoring: Literal["discount", "optimal"] = "discount",
    ) -> None:
        _check_sizes(height, width, colors)
        if not isinstance(max_steps, int) or max_steps < 0:
            raise SettingError(f"path_finding.max_steps must be an integer of at least 0, not {max_steps!r}")
        if not 0 < gamma <= 1:
            raise SettingError(f"path_finding.gamma must be above 0 and at most 1, not {gamma!r}")
        if not isinstance(fuel, int) or not 0 <= fuel <= LARGEST_FUEL:
            raise SettingError(f"path_finding.fuel must be an integer from 0 to {LARGEST_FUEL}, not {fuel!r}")
        if scoring not in ("discount", "optimal"):
            raise SettingError(f"path_finding.scoring must be 'discount' or 'optimal', not {scoring!r}")
        self.height, self.width, self.colors, self.gamma = height, width, colors, gamma
        self.max_steps = max_steps or 2 * height * width
        self.wall_share, self.max_cost = wall_share, max_cost
        self.fuel, self.scoring = fuel, scoring
        self._optimal = scoring == "optimal"
        self._largest_cost = 9 * self.max_steps
        self.num_tokens = height * width + 2 + len(str(self.max_steps))
        self.num_tokens += (1 + len(str(self._largest_cost))) * self._optimal + (1 + len(str(fuel))) * (fuel > 0)
        self.observation_shape = (6 + 2 * colors + 2 * (fuel > 0) + self._optimal, height, width)
        self._flips = [(t, u, f) for t in range(1 + (height == width)) for u in (1, -1) for f in (1, -1)]
        cells = np.arange(height * width).reshape(height, width)
        self._places = np.stack(np.divmod(cells.ravel(), width), axis=1)
        # The cell that each direction leads to from each cell, None beyond the border.
        self._neighbours = [[self._neighbour(*divmod(i, width), *v) for v in _VECTORS] for i in range(height * width)]
        # The cell that each cell becomes under a symmetry.
        self._images = [np.argsort(self._turned(cells, s).ravel()).tolist() for s in range(len(self._flips))]
        self.symmetries: Int32 = np.array([[_image(v, *flip) for v in _VECTORS] for flip in self._flips], np.int32)

    def initial_state(self, task: dict[str, Any] | None = None) -> Walk:
        """The start of the grid in `task["rows"]`; without a task, of a grid that depends on the settings alone.

        Raises SettingError where the rows are no grid of this environment's size, TaskError where `task["best_cost"]`
        is needed and no cost.
        """
        if task is None:
            rng = stream(0, "path_finding", self.height, self.width, self.colors)
            task = self._with_best(generate(rng, self.height, self.width, self.colors, fuel=self.fuel))
        cells = self._checked(task.get("rows"))
        best_cost = integer(task, "best_cost", 1, self._largest_cost) if self._optimal else 0
        start = Walk(cells.replace("S", "1"), cells.index("S"), 0, self.max_steps, self.fuel, 0, best_cost)
        if not self.legal_actions(start):
            raise SettingError("task.rows: the start is shut in; open one of its neighbours")
        return start

    def sample_task(self, rng: np.random.Generator, held_out: bool = False) -> dict[str, Any]:
        """A random solvable grid, see `generate`; grids are too many to meet again, so that none are set apart."""
        sizes = self.height, self.width, self.colors
        return self._with_best(generate(rng, *sizes, self.wall_share, self.max_cost, self.fuel))

    def succeeds(self, task: dict[str, Any], episode_return: float) -> bool:
        """Whether the cost is at most 1.05 times the smallest one."""
        return self.excess(task, episode_return) <= GOOD + 1e-5  # returns may be of single precision

    def sort(self, task: dict[str, Any]) -> str:
        """All tasks alike."""
        return "tasks"

    def excess(self, task: dict[str, Any], episode_return: float) -> float:
        """The cost above the smallest one (by Dijkstra), as a share of it; 0 for every solution where gamma is 1."""
        smallest = shortest_cost({**task, "fuel": self.fuel})
        if episode_return <= 0 or smallest is None:
            return math.inf
        if self._optimal:
            return max(0.0, 1 / episode_return - 1)
        return 0.0 if self.gamma == 1 else max(0.0, math.log(episode_return) / math.log(self.gamma) / smallest - 1)

    def legal_actions(self, state: Walk) -> list[Action]:
        """Directions that lead to floor, keys, stations, the goal or an open door, as far as the fuel goes, but not
        where one was since the last gain; none at the goal and after the last step."""
        if state.steps_left == 0 or state.cells[state.position] == "G":
            return []
        return [action for action in range(4) if self._target(state, action) is not None]

    def step(self, state: Walk, action: Action) -> Transition:
        """Enter the next cell."""
        if action not in self.legal_actions(state):
            allowed = ", ".join(_NAMES[a] for a in self.legal_actions(state)) or "none, the episode is over"
            name = _NAMES[action] if 0 <= action < 4 else repr(action)
            raise IllegalActionError(f"{name} is not possible here; allowed: {allowed}")
        target = self._target(state, action)
        assert target is not None
        cell = state.cells[target]
        price = _COSTS[cell]
        keys = state.keys | (1 << _KEYS.index(cell) if cell in _KEYS else 0)
        fuel = self.fuel if cell == _STATION else state.fuel - price if self.fuel else 0
        cost, path = state.cost + price if self._optimal else 0, (*state.path, action)
        gained = keys != state.keys or cell == _STATION
        trail = (0 if gained else state.trail | 1 << state.position) | 1 << target
        after = Walk(state.cells, target, keys, state.steps_left - 1, fuel, cost, state.best_cost, trail, path)
        discount = 1.0 if self._optimal else self.gamma**price
        if cell == "G":
            return Transition(after, min(1.0, state.best_cost / cost) if self._optimal else discount, 0.0, True)
        if self.legal_actions(after):
            return Transition(after, 0.0, discount, False)
        return Transition(after, 0.0, 0.0, True)

    def key(self, state: Walk) -> Walk:
        """The state itself; its path is not compared."""
        return state

    def observe(self, state: Walk, symmetry: int = 0) -> Float32:
        """Planes float32 [C, height, width]; see the class."""
        closed = [color for color in range(self.colors) if not state.keys >> color & 1]
        planes = np.zeros((self.observation_shape[0], self.height * self.width), np.float32)
        for i, cell in enumerate(state.cells):
            planes[0, i], planes[1, i], planes[3, i] = cell == "#", _COSTS[cell] / 9, cell == "G"
            planes[5, i] = state.trail >> i & 1
            for color in closed:
                planes[6 + color, i] = cell == _KEYS[color]
                planes[6 + self.colors + color, i] = cell == _DOORS[color]
        planes[2, state.position] = 1
        planes[4] = state.steps_left / self.max_steps
        more = 6 + 2 * self.colors
        if self.fuel:
            planes[more], planes[more + 1] = state.fuel / self.fuel, [cell == _STATION for cell in state.cells]
        if self._optimal:
            planes[-1] = state.cost / self._largest_cost
        return np.ascontiguousarray(self._turned(planes.reshape(self.observation_shape), symmetry))

    def tokens(self, state: Walk, symmetry: int = 0) -> Int16:
        """A token for each cell (taken keys and open doors are floor of cost 1; those entered since the last gain have
        tokens of their own), then the agent where it stands, then numbers, each in a row of its own below the grid: the
        steps left, and where they matter the cost so far and the fuel left."""
        held = [color for color in range(self.colors) if state.keys >> color & 1]
        gone = {sign: "1" for color in held for sign in (_KEYS[color], _DOORS[color])}
        found = [_SYMBOLS[gone.get(cell, cell)] for cell in state.cells]
        symbols = np.array([_TRAIL.get(s, s) if state.trail >> i & 1 else s for i, s in enumerate(found)], np.int16)
        image = self._turned(symbols.reshape(self.height, self.width), symmetry)
        place = self._images[symmetry][state.position]
        numbers = [(ID["steps left"], state.steps_left)]
        if self._optimal:
            numbers.append((_COST_SO_FAR, state.cost))
        if self.fuel:
            numbers.append((_FUEL_LEFT, state.fuel))
        rest = [
            (symbol, self.height + row, column)
            for row, (sign, number) in enumerate(numbers)
            for column, symbol in enumerate((sign, *encode(str(number))))
        ]
        tokens = np.empty((len(state.cells) + 1 + len(rest), 3), np.int16)
        tokens[: len(state.cells), 0] = image.ravel()
        tokens[: len(state.cells), 1:] = self._places
        tokens[len(state.cells)] = (ID["agent"], *divmod(place, self.width))
        tokens[len(state.cells) + 1 :] = rest
        return tokens

    def action_tokens(self, state: Walk, action: Action, symmetry: int = 0) -> tuple[list[int], list[int]]:
        """To enter the next cell in a direction."""
        target = self._target(state, action)
        assert target is not None
        return [ID[_NAMES[int(self.symmetries[symmetry, action])]]], [self._images[symmetry][target]]

    def describe(self, state: Walk) -> str:
        """The grid with `@` for the agent, `.` for cells entered since the last gain, taken keys and open doors as
        floor, the keys held, the steps left, and where they matter the fuel left and the cost so far."""
        held = [color for color in range(self.colors) if state.keys >> color & 1]
        gone = str.maketrans({sign: "1" for color in held for sign in (_KEYS[color], _DOORS[color])})
        cells = "".join("." if state.trail >> i & 1 else cell for i, cell in enumerate(state.cells.translate(gone)))
        cells = cells[: state.position] + "@" + cells[state.position + 1 :]
        rows = [cells[i : i + self.width] for i in range(0, len(cells), self.width)]
        keys = " ".join(_KEYS[color] for color in held) or "none"
        facts = [f"keys: {keys}", f"steps left: {state.steps_left}"]
        facts += [f"fuel: {state.fuel} of {self.fuel}"] * (self.fuel > 0) + [f"cost: {state.cost}"] * self._optimal
        end = " (at the goal)" if state.cells[state.position] == "G" else ""
        return "\n".join([*rows, "; ".join(facts) + end])

    def action_name(self, state: Walk, action: Action) -> str:
        """up, right, down or left."""
        return _NAMES[action]

    def parse_action(self, state: Walk, text: str) -> Action:
        """The direction with that name. Raises IllegalActionError with those that are possible."""
        return parse_by_name(self, state, text)

    def answer(self, state: Walk) -> list[str]:
        """The directions taken since the start."""
        return [_NAMES[action] for action in state.path]

    def claim(self, state: Walk, action: Action) -> str:
        """Such as "Go right to row 2, column 3, taking key a: cost 1, total 9, fuel left 4."."""
        target = self._target(state, action)
        assert target is not None
        cell, (row, column) = state.cells[target], divmod(target, self.width)
        event = ""
        if cell in _KEYS and not state.keys >> _KEYS.index(cell) & 1:
            event = f", taking key {cell}"
        elif cell in _DOORS:
            event = f", through door {cell}"
        elif cell == _STATION:
            event = ", filling the tank"
        elif cell == "G":
            event = ", the goal"
        price = _COSTS[cell]
        left = f", fuel left {self.fuel if cell == _STATION else state.fuel - price}" if self.fuel else ""
        total = self._spent(state) + price
        return f"Go {_NAMES[action]} to row {row + 1}, column {column + 1}{event}: cost {price}, total {total}{left}."

    def _spent(self, state: Walk) -> int:
        """The cost of the cells entered since the start, found by going back."""
        total, place = 0, state.position
        for action in reversed(state.path):
            total += _COSTS[state.cells[place]]
            before = self._neighbours[place][action ^ 2]  # the opposite direction
            assert before is not None
            place = before
        return total

    def _with_best(self, task: dict[str, Any]) -> dict[str, Any]:
        """The task, with its `best_cost` where the score needs it."""
        return {**task, "best_cost": shortest_cost(task)} if self._optimal else task

    def _neighbour(self, row: int, column: int, down: int, right: int) -> int | None:
        row, column = row + down, column + right
        return row * self.width + column if 0 <= row < self.height and 0 <= column < self.width else None

    def _turned(self, grid: npt.NDArray[Any], symmetry: int) -> npt.NDArray[Any]:
        """`grid` [..., height, width] under a symmetry."""
        transpose, up_down, left_right = self._flips[symmetry]
        grid = grid.swapaxes(-1, -2) if transpose else grid
        return grid[..., ::up_down, ::left_right]

    def _target(self, state: Walk, action: Action) -> int | None:
        """The cell that the action leads to, None where the agent cannot go."""
        target = self._neighbours[state.position][action]
        if target is None:
            return None
        cell = state.cells[target]
        locked = cell in _DOORS and not state.keys >> _DOORS.index(cell) & 1
        dry = self.fuel > 0 and _COSTS[cell] > state.fuel
        return None if cell == "#" or locked or dry or state.trail >> target & 1 else target

    def _checked(self, rows: Any) -> str:
        """The grid as one string. Raises SettingError where it is none."""
        size = f"{self.height} strings of {self.width} cells"
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            raise SettingError(f"task.rows must be a list of {size}, not {rows!r}")
        if len(rows) != self.height or any(len(row) != self.width for row in rows):
            raise SettingError(f"task.rows must be {size}, not {len(rows)} strings of {sorted({*map(len, rows)})}")
        counts = Counter("".join(rows))
        allowed = "#SG" + _FLOOR + _KEYS[: self.colors] + _DOORS[: self.colors] + _STATION * (self.fuel > 0)
        if wrong := sorted(counts.keys() - {*allowed}):
            raise SettingError(f"task.rows: unknown cell {wrong[0]!r}; allowed: {allowed}")
        if counts["S"] != 1 or counts["G"] != 1:
            raise SettingError(f"task.rows needs one S and one G, not {counts['S']} and {counts['G']}")
        return "".join(rows)


def _check_sizes(height: int, width: int, colors: int) -> None:
    for setting, value, low, high in (
        ("height", height, 1, 99),
        ("width", width, 2, 99),
        ("colors", colors, 0, len(_KEYS)),
    ):
        if not isinstance(value, int) or not low <= value <= high:
            raise SettingError(f"path_finding.{setting} must be an integer from {low} to {high}, not {value!r}")


def _image(vector: tuple[int, int], transpose: int, up_down: int, left_right: int) -> int:
    """The direction that a direction becomes on the transformed grid."""
    down, right = vector[::-1] if transpose else vector
    return _VECTORS.index((down * up_down, right * left_right))


class Way(NamedTuple):
    """A cheapest way from start to goal.

    cells: (row, column), both ends included. cost: of all cells entered. nodes: states looked at to find it.
    """

    cells: list[tuple[int, int]]
    cost: int
    nodes: int


Label = tuple[tuple[int, int], str, int]
"""Where an agent stands, the keys that it holds in order, and the fuel that it has left."""


def cheapest_way(task: dict[str, Any]) -> Way | None:
    """A cheapest way from start to goal of `task["rows"]` with `task["fuel"]` (0 or missing: as much as one likes);
    None where there is none.

    Among equally cheap ways one with the fewest steps. Exact (Dijkstra over cells, keys held and fuel left), and
    written apart from the rules above, to check them.
    """
    grid = {(r, c): cell for r, row in enumerate(task["rows"]) for c, cell in enumerate(row) if cell != "#"}
    tank = task.get("fuel", 0)
    start = (next(place for place, cell in grid.items() if cell == "S"), "", tank)
    queue = [(0, 0, start)]
    best = {start: (0, 0)}
    came: dict[Label, Label] = {}
    fullest: dict[tuple[tuple[int, int], str], int] = {}
    nodes = 0
    while queue:
        cost, steps, label = heapq.heappop(queue)
        (r, c), keys, fuel = label
        if fuel <= fullest.get(((r, c), keys), -1):
            continue  # a way that was no dearer came here with no less fuel
        fullest[(r, c), keys] = fuel
        nodes += 1
        if grid[r, c] == "G":
            return Way(_way(came, label), cost, nodes)
        for place in ((r, c + 1), (r, c - 1), (r + 1, c), (r - 1, c)):
            cell = grid.get(place, "#")
            if cell == "#" or (cell in "ABCDEF" and cell.lower() not in keys):
                continue
            price = int(cell) if cell.isdigit() else 1
            if tank and price > fuel:
                continue
            held = "".join(sorted({*keys, cell})) if cell.islower() else keys
            after = (place, held, tank if cell == "+" or not tank else fuel - price)
            total = (cost + price, steps + 1)
            if total < best.get(after, (math.inf, 0)):
                best[after], came[after] = total, label
                heapq.heappush(queue, (*total, after))
    return None


def _way(came: dict[Label, Label], end: Label) -> list[tuple[int, int]]:
    way = [end]
    while way[-1] in came:
        way.append(came[way[-1]])
    return [label[0] for label in reversed(way)]


def shortest_path(task: dict[str, Any]) -> list[tuple[int, int]] | None:
    """The cells (row, column) of a cheapest way from start to goal; see `cheapest_way`."""
    way = cheapest_way(task)
    return None if way is None else way.cells


def shortest_cost(task: dict[str, Any]) -> int | None:
    """The smallest cost of reaching the goal of a task, None where it cannot be reached."""
    way = cheapest_way(task)
    return None if way is None else way.cost


def generate(
    rng: np.random.Generator,
    height: int = 8,
    width: int = 8,
    colors: int = 2,
    wall_share: float = 0.25,
    max_cost: int = 5,
    fuel: int = 0,
) -> dict[str, Any]:
    """A task (plain JSON) with a random grid that can be solved within `2 * height * width` steps.

    Every door stands on what was a cheapest way before it; with its key, or round about, the goal can be reached. Where
    fuel is limited, there are stations, one to twelve cells.
    Raises SettingError where the settings leave no solvable grid.
    """
    if not 1 <= max_cost <= 9:
        raise SettingError(f"path_finding.max_cost must be an integer from 1 to 9, not {max_cost!r}")
    _check_sizes(height, width, colors)
    for _ in range(1000):
        rows = _random_rows(rng, height, width, colors, wall_share, max_cost)
        if rows and fuel:
            rows = with_stations(rng, rows, max(1, height * width // 12))
        way = shortest_path({"rows": rows, "fuel": fuel}) if rows else None
        if rows and way and len(way) <= 2 * height * width:
            problem = (
                "Reach the goal G from S at the smallest cost: a digit is the cost of its cell, key a opens door A."
            )
            if fuel:
                problem += f" The tank holds {fuel} units of fuel; each cell burns as much as it costs, and + fills it."
            return {
                "type": "path_finding",
                "environment": "path_finding",
                "problem": "\n".join([problem, *rows]),
                "grid_size": [height, width],
                "rows": rows,
                **({"fuel": fuel} if fuel else {}),
            }
    more = f", and with fuel {fuel} more of that" if fuel else ""
    raise SettingError(
        f"path_finding: found no solvable {height}x{width} grid with {colors} doors and wall_share {wall_share}; "
        f"choose a larger grid, fewer colors or a smaller wall_share{more}"
    )


def _random_rows(
    rng: np.random.Generator, height: int, width: int, colors: int, wall_share: float, max_cost: int
) -> list[str] | None:
    """A random grid; None where a door or key found no place. It may be unsolvable."""
    costs = rng.integers(1, max_cost + 1, height * width).astype(str)
    cells = np.where(rng.random(height * width) < wall_share, "#", costs)
    cells[rng.permutation(height * width)[:2]] = ["S", "G"]
    for color in range(colors):
        way = shortest_path({"rows": _rows(cells, width)}) or []
        on_way = [r * width + c for r, c in way if cells[r * width + c] in _FLOOR]
        floor = np.flatnonzero(np.char.isdigit(cells))
        if not on_way or len(floor) < 2:
            return None
        door = rng.choice(on_way)
        cells[door], cells[rng.choice(floor[floor != door])] = _DOORS[color], _KEYS[color]
    return _rows(cells, width)


def with_stations(rng: np.random.Generator, rows: list[str], count: int) -> list[str] | None:
    """The grid with fuel stations on `count` random cells of its floor; None where it has not as many."""
    cells = np.array([*"".join(rows)])
    floor = np.flatnonzero(np.char.isdigit(cells))
    if len(floor) < count:
        return None
    cells[rng.permutation(floor)[:count]] = _STATION
    return _rows(cells, len(rows[0]))


def _rows(cells: np.ndarray[Any, np.dtype[np.str_]], width: int) -> list[str]:
    return ["".join(row) for row in cells.reshape(-1, width)]


def environment(
    height: int = 8,
    width: int = 8,
    colors: int = 2,
    gamma: float = 0.98,
    max_steps: int = 0,
    wall_share: float = 0.25,
    max_cost: int = 5,
    fuel: int = 0,
    scoring: Literal["discount", "optimal"] = "discount",
) -> PathFinding:
    """Path finding on grids of one size, with keys and doors of up to `colors` colours.

    max_steps: steps before an episode ends without success; 0 means `2 * height * width`. wall_share, max_cost: of the
    grids that `sample_task` makes. fuel: that the tank holds at the start and from each station on; 0 means as much as
    one likes. scoring: "discount" for a return of `gamma ** cost`, "optimal" for the smallest cost / cost.
    """
    return PathFinding(height, width, colors, gamma, max_steps, wall_share, max_cost, fuel, scoring)
