"""Grades of tasks and matches on tasks, on grids small enough to be solved exactly."""

import numpy as np
import pytest

from zeroloop.envs import path_finding
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.arena import ArenaSettings, play_match
from zeroloop.run.trials import grade_tasks, held_out_tasks
from zeroloop.search import SearchSettings
from zeroloop.seeding import stream

GRID = path_finding.environment(3, 3, 0, gamma=0.9)
SEARCH = SearchSettings(value_range="minmax")


class Backwards(UniformEvaluator):
    """Prefers to go up and left, whatever there is."""

    def __call__(self, leaves):
        _, values = super().__call__(leaves)
        return np.where(np.isin(leaves.actions, (0, 3)), 4, 0).astype(np.float32), values


def test_a_search_that_sees_everything_solves_everything():
    grade = grade_tasks(GRID, UniformEvaluator(), held_out_tasks(GRID, 12), SEARCH, 300)
    assert (grade.tasks, grade.solved, grade.good, grade.error) == (12, 1, 1, 0)
    assert grade.excess == pytest.approx(0, abs=1e-6)


def test_the_bare_network_follows_its_largest_prior():
    tasks = [{"rows": ["G1S", "##1", "111"]}, {"rows": ["1SG", "##1", "111"]}]
    grade = grade_tasks(GRID, Backwards(), tasks, SEARCH, 0)
    assert (grade.solved, grade.good, grade.simulations) == (0.5, 0.5, 0)


def test_excess_is_the_cost_above_the_best():
    task = {"rows": ["S9G", "1#1", "111"]}  # straight 9 + 1, round about 6
    assert GRID.excess(task, 0.9**6) == pytest.approx(0)
    assert GRID.excess(task, 0.9**10) == pytest.approx(4 / 6)
    assert GRID.excess(task, 0.0) == float("inf")


def test_held_out_tasks_are_repeatable_and_differ():
    first, again = held_out_tasks(GRID, 5), held_out_tasks(GRID, 5)
    assert first == again and len({str(task) for task in first}) > 1


def test_the_better_solver_wins_a_match_on_tasks():
    settings = ArenaSettings(simulations=30, num_pairs=16)
    won = play_match(GRID, UniformEvaluator(), Backwards(), SEARCH, settings, stream(1))
    lost = play_match(GRID, Backwards(), UniformEvaluator(), SEARCH, settings, stream(1))
    level = play_match(GRID, UniformEvaluator(), UniformEvaluator(), SEARCH, settings, stream(1))
    assert won.games == 32 and won.promoted and not lost.promoted
    assert (won.wins, won.losses) == (lost.losses, lost.wins) and won.wins > won.losses
    assert level.draws == 32 and not level.promoted
