"""Path finding for one agent on a weighted grid with keys and doors, in plain Python.

A grid is a list of equal rows: `#` wall, `1`-`9` floor with the cost of entering it, `S` start, `G` goal, `a`-`f` keys,
`A`-`F` the doors that they open. Start, goal, keys and doors cost 1. Keys are taken by entering their cell, for good.
"""

import heapq
import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zeroloop.contracts import Action, Float32, Int32, Transition
from zeroloop.envs._helpers import parse_by_name
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.observers import Int16
from zeroloop.seeding import stream
from zeroloop.vocabulary import ID, encode

_MOVES = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}
_VECTORS = tuple(_MOVES.values())
_NAMES = tuple(_MOVES)
_KEYS, _DOORS, _FLOOR = "abcdef", "ABCDEF", "123456789"
_SYMBOLS = {"#": ID["wall"], "G": ID["goal"], **{sign: ID[sign] for sign in _KEYS + _DOORS + _FLOOR}}


class Walk(NamedTuple):
    """cells: the grid's rows in one string. position: the agent's cell. keys: bit i for key i. steps_left: to take."""

    cells: str
    position: int
    keys: int
    steps_left: int


class PathFinding:
    """Reach the goal at the smallest cost. The return from the start is `gamma ** (cost of all cells entered)`.

    To that end the discount of a step is `gamma ** cost`, and the reward for entering the goal is `gamma ** cost` too;
    running out of steps ends the episode with reward 0. There is always a way on: the cell one came from stays open.
    Observation planes: walls, cost / 9, agent, goal, steps left / max_steps, then for each colour the keys still lying,
    then for each colour the doors still closed. Symmetries: flips, and on a square grid turns.
    Raises SettingError where a setting is out of range.
    """

    name = "path_finding"
    version = 1
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
    ) -> None:
        _check_sizes(height, width, colors)
        if not isinstance(max_steps, int) or max_steps < 0:
            raise SettingError(f"path_finding.max_steps must be an integer of at least 0, not {max_steps!r}")
        if not 0 < gamma <= 1:
            raise SettingError(f"path_finding.gamma must be above 0 and at most 1, not {gamma!r}")
        self.height, self.width, self.colors, self.gamma = height, width, colors, gamma
        self.max_steps = max_steps or 2 * height * width
        self.wall_share, self.max_cost = wall_share, max_cost
        self.num_tokens = height * width + 2 + len(str(self.max_steps))
        self.observation_shape = (5 + 2 * colors, height, width)
        self._flips = [(t, u, f) for t in range(1 + (height == width)) for u in (1, -1) for f in (1, -1)]
        cells = np.arange(height * width).reshape(height, width)
        self._places = np.stack(np.divmod(cells.ravel(), width), axis=1)
        # The cell that each cell becomes under a symmetry.
        self._images = [np.argsort(self._turned(cells, s).ravel()).tolist() for s in range(len(self._flips))]
        self.symmetries: Int32 = np.array([[_image(v, *flip) for v in _VECTORS] for flip in self._flips], np.int32)

    def initial_state(self, task: dict[str, Any] | None = None) -> Walk:
        """The start of the grid in `task["rows"]`; without a task, of a grid that depends on the sizes alone.

        Raises SettingError where the rows are no grid of this environment's size.
        """
        if task is None:
            rng = stream(0, "path_finding", self.height, self.width, self.colors)
            task = generate(rng, self.height, self.width, self.colors)
        cells = self._checked(task.get("rows"))
        start = Walk(cells.replace("S", "1"), cells.index("S"), 0, self.max_steps)
        if not self.legal_actions(start):
            raise SettingError("task.rows: the start is shut in; open one of its neighbours")
        return start

    def sample_task(self, rng: np.random.Generator) -> dict[str, Any]:
        """A random solvable grid; see `generate`."""
        return generate(rng, self.height, self.width, self.colors, self.wall_share, self.max_cost)

    def excess(self, task: dict[str, Any], episode_return: float) -> float:
        """The cost above the smallest one (by Dijkstra), as a share of it; 0 for every solution where gamma is 1."""
        smallest = shortest_cost(task)
        if episode_return <= 0 or smallest is None:
            return math.inf
        return 0.0 if self.gamma == 1 else max(0.0, math.log(episode_return) / math.log(self.gamma) / smallest - 1)

    def legal_actions(self, state: Walk) -> list[Action]:
        """Directions that lead to floor, keys, the goal or an open door; none at the goal and after the last step."""
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
        keys = state.keys | (1 << _KEYS.index(cell) if cell in _KEYS else 0)
        after = Walk(state.cells, target, keys, state.steps_left - 1)
        discount = self.gamma ** _cost(cell)
        if cell == "G":
            return Transition(after, discount, 0.0, True)
        return Transition(after, 0.0, discount, False) if after.steps_left else Transition(after, 0.0, 0.0, True)

    def key(self, state: Walk) -> Walk:
        """The state itself."""
        return state

    def observe(self, state: Walk, symmetry: int = 0) -> Float32:
        """Planes [5 + 2 * colors, height, width]; see the class."""
        closed = [color for color in range(self.colors) if not state.keys >> color & 1]
        planes = np.zeros((self.observation_shape[0], self.height * self.width), np.float32)
        for i, cell in enumerate(state.cells):
            planes[0, i], planes[1, i], planes[3, i] = cell == "#", _cost(cell) / 9, cell == "G"
            for color in closed:
                planes[5 + color, i] = cell == _KEYS[color]
                planes[5 + self.colors + color, i] = cell == _DOORS[color]
        planes[2, state.position] = 1
        planes[4] = state.steps_left / self.max_steps
        return np.ascontiguousarray(self._turned(planes.reshape(self.observation_shape), symmetry))

    def tokens(self, state: Walk, symmetry: int = 0) -> Int16:
        """A token for each cell (taken keys and open doors are floor of cost 1), then the agent where it stands, then
        the steps left as a number in the row below the grid."""
        held = [color for color in range(self.colors) if state.keys >> color & 1]
        gone = {sign: "1" for color in held for sign in (_KEYS[color], _DOORS[color])}
        symbols = np.array([_SYMBOLS[gone.get(cell, cell)] for cell in state.cells], np.int16)
        image = self._turned(symbols.reshape(self.height, self.width), symmetry)
        place = self._images[symmetry][state.position]
        rest = [ID["steps left"], *encode(str(state.steps_left))]
        tokens = np.empty((len(state.cells) + 1 + len(rest), 3), np.int16)
        tokens[: len(state.cells), 0] = image.ravel()
        tokens[: len(state.cells), 1:] = self._places
        tokens[len(state.cells)] = (ID["agent"], *divmod(place, self.width))
        tokens[len(state.cells) + 1 :] = [(symbol, self.height, i) for i, symbol in enumerate(rest)]
        return tokens

    def action_tokens(self, state: Walk, action: Action, symmetry: int = 0) -> tuple[list[int], list[int]]:
        """To enter the next cell in a direction."""
        target = self._target(state, action)
        assert target is not None
        return [ID[_NAMES[int(self.symmetries[symmetry, action])]]], [self._images[symmetry][target]]

    def describe(self, state: Walk) -> str:
        """The grid with `@` for the agent, taken keys and open doors as floor, the keys held and the steps left."""
        held = [color for color in range(self.colors) if state.keys >> color & 1]
        gone = str.maketrans({sign: "1" for color in held for sign in (_KEYS[color], _DOORS[color])})
        cells = state.cells.translate(gone)
        cells = cells[: state.position] + "@" + cells[state.position + 1 :]
        rows = [cells[i : i + self.width] for i in range(0, len(cells), self.width)]
        keys = " ".join(_KEYS[color] for color in held) or "none"
        end = " (at the goal)" if state.cells[state.position] == "G" else ""
        return "\n".join([*rows, f"keys: {keys}; steps left: {state.steps_left}{end}"])

    def action_name(self, state: Walk, action: Action) -> str:
        """up, right, down or left."""
        return _NAMES[action]

    def parse_action(self, state: Walk, text: str) -> Action:
        """The direction with that name. Raises IllegalActionError with those that are possible."""
        return parse_by_name(self, state, text)

    def _turned(self, grid: npt.NDArray[Any], symmetry: int) -> npt.NDArray[Any]:
        """`grid` [..., height, width] under a symmetry."""
        transpose, up_down, left_right = self._flips[symmetry]
        grid = grid.swapaxes(-1, -2) if transpose else grid
        return grid[..., ::up_down, ::left_right]

    def _target(self, state: Walk, action: Action) -> int | None:
        """The cell that the action leads to, None where the agent cannot go."""
        row, column = divmod(state.position, self.width)
        row, column = row + _VECTORS[action][0], column + _VECTORS[action][1]
        if not (0 <= row < self.height and 0 <= column < self.width):
            return None
        cell = state.cells[row * self.width + column]
        locked = cell in _DOORS and not state.keys >> _DOORS.index(cell) & 1
        return None if cell == "#" or locked else row * self.width + column

    def _checked(self, rows: Any) -> str:
        """The grid as one string. Raises SettingError where it is none."""
        size = f"{self.height} strings of {self.width} cells"
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            raise SettingError(f"task.rows must be a list of {size}, not {rows!r}")
        if len(rows) != self.height or any(len(row) != self.width for row in rows):
            raise SettingError(f"task.rows must be {size}, not {len(rows)} strings of {sorted({*map(len, rows)})}")
        counts = Counter("".join(rows))
        allowed = "#SG" + _FLOOR + _KEYS[: self.colors] + _DOORS[: self.colors]
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


def _cost(cell: str) -> int:
    return int(cell) if cell in _FLOOR else 0 if cell == "#" else 1


def _image(vector: tuple[int, int], transpose: int, up_down: int, left_right: int) -> int:
    """The direction that a direction becomes on the transformed grid."""
    down, right = vector[::-1] if transpose else vector
    return _VECTORS.index((down * up_down, right * left_right))


def shortest_path(task: dict[str, Any]) -> list[tuple[int, int]] | None:
    """The cells (row, column) of a cheapest way from start to goal, both included; None where there is none.

    Among equally cheap ways one with the fewest steps. Exact (Dijkstra over cells and keys held), and written apart
    from the rules above, to check them.
    """
    grid = {(r, c): cell for r, row in enumerate(task["rows"]) for c, cell in enumerate(row) if cell != "#"}
    start = next(place for place, cell in grid.items() if cell == "S")
    queue = [(0, 0, start, "")]
    best = {(start, ""): (0, 0)}
    came: dict[tuple[tuple[int, int], str], tuple[tuple[int, int], str]] = {}
    while queue:
        cost, steps, (r, c), keys = heapq.heappop(queue)
        if grid[r, c] == "G":
            return _way(came, ((r, c), keys))
        for place in ((r, c + 1), (r, c - 1), (r + 1, c), (r - 1, c)):
            cell = grid.get(place, "#")
            if cell == "#" or (cell in "ABCDEF" and cell.lower() not in keys):
                continue
            held = "".join(sorted({*keys, cell})) if cell.islower() else keys
            price = (cost + (int(cell) if cell.isdigit() else 1), steps + 1)
            if price < best.get((place, held), (math.inf, 0)):
                best[place, held], came[place, held] = price, ((r, c), keys)
                heapq.heappush(queue, (*price, place, held))
    return None


def _way(
    came: dict[tuple[tuple[int, int], str], tuple[tuple[int, int], str]], end: tuple[tuple[int, int], str]
) -> list[tuple[int, int]]:
    way = [end]
    while way[-1] in came:
        way.append(came[way[-1]])
    return [place for place, _ in reversed(way)]


def shortest_cost(task: dict[str, Any]) -> int | None:
    """The smallest cost of reaching the goal of a task, None where it cannot be reached."""
    way = shortest_path(task)
    if way is None:
        return None
    cells = [task["rows"][r][c] for r, c in way[1:]]
    return sum(int(cell) if cell.isdigit() else 1 for cell in cells)


def generate(
    rng: np.random.Generator,
    height: int = 8,
    width: int = 8,
    colors: int = 2,
    wall_share: float = 0.25,
    max_cost: int = 5,
) -> dict[str, Any]:
    """A task (plain JSON) with a random grid that can be solved within `2 * height * width` steps.

    Every door stands on what was a cheapest way before it; with its key, or round about, the goal can be reached.
    Raises SettingError where the settings leave no solvable grid.
    """
    if not 1 <= max_cost <= 9:
        raise SettingError(f"path_finding.max_cost must be an integer from 1 to 9, not {max_cost!r}")
    _check_sizes(height, width, colors)
    for _ in range(1000):
        rows = _random_rows(rng, height, width, colors, wall_share, max_cost)
        way = shortest_path({"rows": rows}) if rows else None
        if rows and way and len(way) <= 2 * height * width:
            problem = (
                "Reach the goal G from S at the smallest cost: a digit is the cost of its cell, key a opens door A."
            )
            return {
                "type": "path_finding",
                "environment": "path_finding",
                "problem": "\n".join([problem, *rows]),
                "grid_size": [height, width],
                "rows": rows,
            }
    raise SettingError(
        f"path_finding: found no solvable {height}x{width} grid with {colors} doors and wall_share {wall_share}; "
        "choose a larger grid, fewer colors or a smaller wall_share"
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
) -> PathFinding:
    """Path finding on grids of one size, with keys and doors of up to `colors` colours.

    max_steps: steps before an episode ends without success; 0 means `2 * height * width`. wall_share, max_cost: of the
    grids that `sample_task` makes.
    """
    return PathFinding(height, width, colors, gamma, max_steps, wall_share, max_cost)
