"""Path finding: laws, the exact optimum against the rules, generated grids, bad input."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroloop.contracts import SolvingEnvironment, State
from zeroloop.envs import path_finding
from zeroloop.envs.path_finding import PathFinding, Walk, generate, shortest_cost, shortest_path
from zeroloop.errors import IllegalActionError, SettingError, TaskError
from zeroloop.search.slots import batch_environment
from zeroloop.seeding import stream
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.playthroughs import play

DOOR = {"rows": ["S1a", "###", "b2A", "##B", "G91"]}
HALLS = path_finding.environment(5, 3, 2, gamma=0.9)


def tasks(count: int, height: int, width: int) -> list[dict[str, Any]]:
    return [generate(stream(0, "path tests", i), height, width) for i in range(count)]


class PathConformance(EnvironmentConformance):
    def image_of_start(self, task: dict[str, Any] | None, symmetry: int) -> State | None:
        """The start on the transformed grid, made from the task's rows without the environment's own code."""
        if task is None:
            return None
        grid = np.array([[*row] for row in task["rows"]])
        if symmetry >= 4:
            grid = grid.T
        grid = grid[:: -1 if symmetry & 2 else 1, :: -1 if symmetry & 1 else 1]
        return self.environment.initial_state({**task, "rows": ["".join(row) for row in grid]})


class TestSquareGrid(PathConformance):
    environment = path_finding.environment(5, 5, 2, max_steps=40)
    tasks = (None, *tasks(5, 5, 5))


class TestOblongGrid(PathConformance):
    environment = path_finding.environment(4, 6, 2, gamma=1.0, max_steps=20)
    tasks = tasks(6, 4, 6)


FUEL = path_finding.environment(4, 5, 1, gamma=0.9, max_steps=30, fuel=9)
OPTIMAL = path_finding.environment(4, 4, 1, max_steps=20, scoring="optimal")
BOTH = path_finding.environment(4, 4, 1, max_steps=20, fuel=8, scoring="optimal")


def sampled(environment: PathFinding, count: int) -> list[dict[str, Any]]:
    return [environment.sample_task(stream(0, "sampled", i)) for i in range(count)]


class TestFuel(PathConformance):
    environment = FUEL
    tasks = (None, *sampled(FUEL, 5))


class TestOptimalScoring(PathConformance):
    environment = OPTIMAL
    tasks = (None, *sampled(OPTIMAL, 5))


class TestFuelAndOptimalScoring(PathConformance):
    environment = BOTH
    tasks = (None, *sampled(BOTH, 5))


def test_symmetries_of_grids() -> None:
    assert len(path_finding.environment(4, 4).symmetries) == 8
    assert path_finding.environment(3, 4).symmetries.tolist() == [
        [0, 1, 2, 3],
        [0, 3, 2, 1],
        [2, 1, 0, 3],
        [2, 3, 0, 1],
    ]


def test_golden_playthrough() -> None:
    task = {"rows": ["S3a", "#A1", "G2b"]}
    golden = Path(__file__).parent / "golden" / "path_finding.txt"
    moves = ["right", "right", "left", "down", "down", "left"]  # back over a cell, since there is a key between
    assert play(path_finding.environment(3, 3, 2, gamma=0.5, max_steps=9), moves, task) == golden.read_text()


@pytest.mark.parametrize("seed", range(8))
def test_the_best_return_is_gamma_to_the_shortest_cost(seed: int) -> None:
    """Value iteration over the environment's own steps agrees with the reference solver."""
    environment = path_finding.environment(4, 5, 2, gamma=0.9, max_steps=40)
    task = generate(stream(1, "optimum", seed), 4, 5, 2, wall_share=0.3)
    cost = shortest_cost(task)
    assert cost is not None
    assert _best_return(environment, environment.initial_state(task)) == pytest.approx(0.9**cost)


def _best_return(environment: PathFinding, start: Walk) -> float:
    values: dict[Walk, float] = {}
    pending = [start]
    while pending:
        state = pending[-1]
        steps = [environment.step(state, action) for action in environment.legal_actions(state)]
        if unknown := [s.state for s in steps if not s.terminal and s.state not in values]:
            pending += unknown
            continue
        values[state] = max(s.reward + s.discount * (0 if s.terminal else values[s.state]) for s in steps)
        pending.pop()
    return values[start]


def test_shortest_path_fetches_keys_first() -> None:
    assert shortest_cost({"rows": ["Sa#", "#A2", "##G"]}) == 5
    assert shortest_path({"rows": ["aS1", "##A", "G11"]}) == [
        *((0, 1), (0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0)),
    ]


def test_shortest_cost_prefers_cheap_detours_and_knows_dead_ends() -> None:
    assert shortest_cost({"rows": ["S9G", "111"]}) == 4
    assert shortest_cost({"rows": ["S2G", "111"]}) == 3
    assert shortest_cost({"rows": ["S#G", "1#1"]}) is None
    assert shortest_cost({"rows": ["SAG"]}) is None
    assert shortest_cost(DOOR) is None


def test_doors_need_their_key() -> None:
    environment = path_finding.environment(1, 5, 1)
    closed = environment.initial_state({"rows": ["aSA1G"]})
    with pytest.raises(IllegalActionError, match="right is not possible here; allowed: left"):
        environment.step(closed, 1)
    assert environment.observe(closed)[6:].sum() == 2
    open_ = environment.step(closed, 3).state
    assert environment.describe(open_) == "@111G\nkeys: a; steps left: 9"
    assert environment.observe(open_)[6:].sum() == 0
    assert environment.legal_actions(environment.step(open_, 1).state) == [1]


def test_no_cell_is_entered_twice_before_something_is_gained() -> None:
    environment = path_finding.environment(2, 3, 1, max_steps=9)
    state = environment.initial_state({"rows": ["1S2", "aGA"]})
    state = environment.step(state, environment.parse_action(state, "right")).state
    assert environment.describe(state) == "1.@\naGA\nkeys: none; steps left: 8"
    assert environment.legal_actions(state) == []  # the door is closed, and there is no way back
    assert environment.observe(state)[5].tolist() == [[0, 1, 1], [0, 0, 0]]
    state = environment.initial_state({"rows": ["1S2", "aGA"]})
    for direction, open_ in (
        ("left", ["down"]),
        ("down", ["up", "right"]),
        ("up", ["right"]),
        ("right", ["right", "down"]),
    ):
        state = environment.step(state, environment.parse_action(state, direction)).state
        assert [environment.action_name(state, action) for action in environment.legal_actions(state)] == open_


def test_running_out_of_steps_ends_with_nothing_and_the_last_step_may_reach_the_goal() -> None:
    environment = path_finding.environment(2, 4, 0, gamma=0.5, max_steps=2)
    start = environment.initial_state({"rows": ["1S1G", "1111"]})
    for path, reward in (((1, 1), 0.5), ((1, 2), 0.0)):
        first = environment.step(start, path[0])
        assert (first.reward, first.discount, first.terminal) == (0.0, 0.5, False)
        last = environment.step(first.state, path[1])
        assert (last.reward, last.discount, last.terminal) == (reward, 0.0, True)
        assert environment.legal_actions(last.state) == []


@pytest.mark.parametrize("colors", [0, 2, 6])
def test_generated_grids(colors: int) -> None:
    environment = path_finding.environment(7, 7, colors)
    seen = set()
    for i in range(10):
        task = generate(stream(2, "generate", colors, i), 7, 7, colors)
        assert json.loads(json.dumps(task)) == task and task["environment"] == "path_finding"
        environment.initial_state(task)
        assert shortest_cost(task) is not None
        assert sorted(c for c in "".join(task["rows"]) if c in "abcdefABCDEF") == sorted(
            "abcdef"[:colors] + "ABCDEF"[:colors]
        )
        seen.add("".join(task["rows"]))
    assert len(seen) == 10
    assert generate(stream(3), 7, 7, colors) == generate(stream(3), 7, 7, colors)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "task.rows must be a list of 1 strings of 4 cells, not None"),
        ("S11G", "must be a list"),
        (["S1G"], "not 1 strings of \\[3\\]"),
        (["S1G1", "1111"], "not 2 strings"),
        (["S1xG"], "unknown cell 'x'; allowed: #SG123456789aA"),
        (["S1bG"], "unknown cell 'b'"),
        (["S111"], "needs one S and one G, not 1 and 0"),
        (["SSGG"], "not 2 and 2"),
        (["S#1G"], "the start is shut in"),
    ],
)
def test_bad_grids(rows: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        path_finding.environment(1, 4, 1).initial_state({"rows": rows})


@pytest.mark.parametrize(
    "options",
    [
        *(
            {"height": 0},
            {"width": 1},
            {"colors": 7},
            {"colors": -1},
            {"gamma": 0.0},
            {"gamma": 1.1},
            {"max_steps": -1},
        ),
        *({"fuel": -1}, {"fuel": 1000}, {"fuel": 1.0}, {"scoring": "best"}),
    ],
)
def test_bad_settings(options: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=f"path_finding.{next(iter(options))} must be"):
        path_finding.environment(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wall_share": 1.0}, "found no solvable 8x8 grid with 2 doors and wall_share 1.0"),
        ({"height": 1, "width": 3}, "found no solvable 1x3"),
        ({"max_cost": 10}, "path_finding.max_cost"),
        ({"colors": 7}, "path_finding.colors"),
        ({"height": 1, "width": 3, "colors": 0, "fuel": 1, "wall_share": 1.0}, "with fuel 1 more of that"),
    ],
)
def test_bad_generator_settings(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        generate(stream(0), **options)


# Fuel, and scores against the cheapest way.


def test_fuel_burns_and_stations_fill_the_tank() -> None:
    """A tank of 5 on 2 + station + 1 + station: after a filling one may go back, and fill it elsewhere."""
    environment = path_finding.environment(1, 6, 0, gamma=0.5, fuel=5)
    state = environment.initial_state({"rows": ["G2S+1+"], "fuel": 5})
    left = []
    for direction in ("right", "right", "right", "left", "left", "left", "left", "left"):
        state, reward, _, terminal = environment.step(state, environment.parse_action(state, direction))
        left.append(state.fuel)
    assert left == [5, 4, 5, 4, 5, 4, 2, 1] and terminal and reward == 0.5
    assert environment.describe(state) == "@...1+\nkeys: none; steps left: 4; fuel: 1 of 5 (at the goal)"
    assert environment.answer(state)[:4] == ["right", "right", "right", "left"]


def test_a_cell_that_costs_more_than_is_left_cannot_be_entered() -> None:
    environment = path_finding.environment(2, 3, 0, fuel=3)
    start = environment.initial_state({"rows": ["S4G", "211"]})
    assert environment.legal_actions(start) == [2]
    below = environment.step(start, 2).state
    assert below.fuel == 1 and environment.legal_actions(below) == [1]


def test_an_empty_tank_ends_the_episode_with_nothing() -> None:
    environment = path_finding.environment(1, 4, 0, fuel=2)
    start = environment.initial_state({"rows": ["S11G"]})
    middle = environment.step(start, 1)
    assert not middle.terminal
    end = environment.step(middle.state, 1)
    assert (end.reward, end.discount, end.terminal) == (0, 0, True)
    assert end.state.steps_left == 6 and environment.legal_actions(end.state) == []


def test_the_last_drop_may_reach_the_goal() -> None:
    environment = path_finding.environment(1, 4, 0, gamma=0.5, fuel=3)
    state = environment.initial_state({"rows": ["S11G"]})
    for _ in range(3):
        state, reward, _, terminal = environment.step(state, 1)
    assert terminal and reward == 0.5 and state.fuel == 0


def test_cheapest_way_with_fuel() -> None:
    """By hand: 10 straight on, in four steps, and 10 by the station in six: a tank of 5 needs it, one of 4 is too small
    even so."""
    rows = ["S333G", "22+22"]
    assert shortest_cost({"rows": rows}) == shortest_cost({"rows": rows, "fuel": 10}) == 10
    assert shortest_path({"rows": rows}) == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]
    assert shortest_path({"rows": rows, "fuel": 9}) == [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (0, 4)]
    assert shortest_cost({"rows": rows, "fuel": 9}) == 10
    assert shortest_cost({"rows": rows, "fuel": 5}) == 10
    assert shortest_cost({"rows": rows, "fuel": 4}) is None
    assert shortest_cost({"rows": ["S3G"], "fuel": 3}) is None
    assert shortest_cost({"rows": ["+S3G"], "fuel": 4}) == 4
    assert shortest_path({"rows": ["+1S3G"], "fuel": 4}) == [(0, 2), (0, 3), (0, 4)]
    assert shortest_path({"rows": ["+1S4G", "##1##"], "fuel": 5}) == [(0, 2), (0, 3), (0, 4)]


def test_a_dearer_way_with_more_fuel_left_is_not_given_up() -> None:
    """The third cell is first reached at cost 2 with 4 of 6 left, which does not do; by the station below it at cost 4
    with 5 left, which does."""
    rows = ["S114G", "##+##"]
    assert shortest_cost({"rows": rows}) == 7 and shortest_cost({"rows": rows, "fuel": 6}) == 9
    expected = [(0, 0), (0, 1), (0, 2), (1, 2), (0, 2), (0, 3), (0, 4)]
    assert shortest_path({"rows": rows, "fuel": 6}) == expected


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fuel", [5, 8])
def test_the_best_return_with_fuel_is_gamma_to_the_shortest_cost(seed: int, fuel: int) -> None:
    """Value iteration over the environment's own steps agrees with Dijkstra, where there is a way and where not."""
    environment = path_finding.environment(3, 4, 1, gamma=0.9, max_steps=24, fuel=fuel)
    grid = generate(stream(4, "fuel optimum", seed), 3, 4, 1, wall_share=0.2, max_cost=4)
    rows = path_finding.with_stations(stream(5, "stations", seed), grid["rows"], 1)
    cost = shortest_cost({"rows": rows, "fuel": fuel})
    best = _best_return(environment, environment.initial_state({"rows": rows}))
    assert best == pytest.approx(0 if cost is None else 0.9**cost)


def test_scores_are_the_smallest_cost_by_the_cost_of_the_way() -> None:
    environment = path_finding.environment(2, 3, 0, scoring="optimal")
    task = {"rows": ["S9G", "111"], "best_cost": 4}
    for way, score in (("down right right up", 1), ("right right", 0.4), ("right down right up", 4 / 12)):
        state = environment.initial_state(task)
        for direction in way.split():
            state, reward, discount, terminal = environment.step(state, environment.parse_action(state, direction))
            assert discount == (0 if terminal else 1)
        assert terminal and reward == pytest.approx(score)
        assert environment.excess(task, reward) == pytest.approx(1 / score - 1)
    assert environment.excess(task, 0) == float("inf")
    for broken in ({"rows": task["rows"]}, {**task, "best_cost": 0}, {**task, "best_cost": "4"}):
        with pytest.raises(TaskError, match="best_cost"):
            environment.initial_state(broken)


def test_keys_hold_all_but_the_path() -> None:
    """Two ways to a gain with one cost lead to one state; the rules do not look at how it was reached."""
    state, other = (BOTH.initial_state({"rows": ["S11G", "1a+1", "1111", "111A"], "best_cost": 3}) for _ in range(2))
    for one, two in zip(["right", "down"], ["down", "right"], strict=True):
        state = BOTH.step(state, BOTH.parse_action(state, one)).state
        other = BOTH.step(other, BOTH.parse_action(other, two)).state
    assert BOTH.key(state) == BOTH.key(other) and state == other and hash(state) == hash(other)
    assert state.path != other.path and repr(state) == repr(other)
    batch = batch_environment(BOTH, 2)
    for slot, each in enumerate((state, other)):
        batch.write(slot, each)
    keys, _ = batch.keys(np.arange(2, dtype=np.int32))
    assert keys[0] == keys[1]
    assert BOTH.answer(batch.read(1)) == ["down", "right"]


def test_shapes_with_and_without_fuel() -> None:
    plain = path_finding.environment(5, 6, 2)
    assert plain.observation_shape == (10, 5, 6) and plain.num_tokens == 30 + 2 + 2
    assert path_finding.environment(5, 6, 2, fuel=12).observation_shape == (12, 5, 6)
    assert path_finding.environment(5, 6, 2, fuel=12).num_tokens == 30 + 2 + 2 + 3
    both = path_finding.environment(5, 6, 2, fuel=12, scoring="optimal")
    assert both.observation_shape == (13, 5, 6) and both.num_tokens == 30 + 2 + 2 + 3 + 4


def test_claims_say_what_each_step_does() -> None:
    environment = path_finding.environment(2, 3, 1, fuel=6)
    assert isinstance(environment, SolvingEnvironment)
    state, claims = environment.initial_state({"rows": ["Sa+", "G3A"]}), []
    for direction in ("right", "right", "down", "left", "left"):
        action = environment.parse_action(state, direction)
        claims.append(environment.claim(state, action))
        state = environment.step(state, action).state
    assert claims == [
        "Go right to row 1, column 2, taking key a: cost 1, total 1, fuel left 5.",
        "Go right to row 1, column 3, filling the tank: cost 1, total 2, fuel left 6.",
        "Go down to row 2, column 3, through door A: cost 1, total 3, fuel left 5.",
        "Go left to row 2, column 2: cost 3, total 6, fuel left 2.",
        "Go left to row 2, column 1, the goal: cost 1, total 7, fuel left 1.",
    ]
    plain = HALLS.initial_state(generate(stream(0), 5, 3, 2))
    assert "fuel" not in HALLS.claim(plain, HALLS.legal_actions(plain)[0])


def test_generated_grids_with_fuel_can_be_solved() -> None:
    environment = path_finding.environment(5, 5, 1, fuel=9)
    for i in range(8):
        task = environment.sample_task(stream(6, i))
        assert task["fuel"] == 9 and "".join(task["rows"]).count("+") == 2 and "+ fills it" in task["problem"]
        environment.initial_state(task)
        cost = shortest_cost(task)
        assert cost is not None and environment.excess(task, 0.98**cost) == pytest.approx(0, abs=1e-9)


def test_stations_need_floor() -> None:
    assert path_finding.with_stations(stream(0), ["S1G"], 2) is None
    assert path_finding.with_stations(stream(0), ["S1G"], 1) == ["S+G"]


def test_what_counts_as_a_good_solution() -> None:
    """A way at 21 where the best costs 20 does, one at 22 does not, in single precision too."""
    task = {"rows": ["S9991G"], "best_cost": 29}
    environment = path_finding.environment(1, 6, 0, scoring="optimal")
    assert environment.succeeds(task, float(np.float32(20 / 21))) and not environment.succeeds(task, 20 / 22)
    assert not environment.succeeds(task, 0)
    discounted = path_finding.environment(1, 6, 0, gamma=0.98)
    assert discounted.succeeds(task, float(np.float32(0.98**29))) and discounted.succeeds(task, 0.98**30)
    assert not discounted.succeeds(task, 0.98**31)
