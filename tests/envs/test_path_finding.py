"""Path finding: laws, the exact optimum against the rules, generated grids, bad input."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroloop.contracts import State
from zeroloop.envs import path_finding
from zeroloop.envs.path_finding import PathFinding, Walk, generate, shortest_cost, shortest_path
from zeroloop.errors import IllegalActionError, SettingError
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
        return self.environment.initial_state({"rows": ["".join(row) for row in grid]})


class TestSquareGrid(PathConformance):
    environment = path_finding.environment(5, 5, 2, max_steps=40)
    tasks = (None, *tasks(5, 5, 5))


class TestOblongGrid(PathConformance):
    environment = path_finding.environment(4, 6, 2, gamma=1.0, max_steps=20)
    tasks = tasks(6, 4, 6)


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
    moves = ["right", "right", "left", "down", "down", "left"]
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
    assert environment.observe(closed)[5:].sum() == 2
    open_ = environment.step(closed, 3).state
    assert environment.describe(open_) == "@111G\nkeys: a; steps left: 9"
    assert environment.observe(open_)[5:].sum() == 0
    assert environment.legal_actions(environment.step(open_, 1).state) == [1, 3]


def test_running_out_of_steps_ends_with_nothing_and_the_last_step_may_reach_the_goal() -> None:
    environment = path_finding.environment(1, 4, 0, gamma=0.5, max_steps=2)
    start = environment.initial_state({"rows": ["1S1G"]})
    for path, reward in (((1, 1), 0.5), ((1, 3), 0.0)):
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
    [{"height": 0}, {"width": 1}, {"colors": 7}, {"colors": -1}, {"gamma": 0.0}, {"gamma": 1.1}, {"max_steps": -1}],
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
    ],
)
def test_bad_generator_settings(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        generate(stream(0), **options)
