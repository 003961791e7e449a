"""Tasks become harder as they are solved, and no harder."""

import numpy as np
import pytest

from zeroloop.envs import path_finding
from zeroloop.errors import SettingError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.search import SearchSettings
from zeroloop.selfplay import Actor, SelfPlaySettings
from zeroloop.selfplay.curriculum import Curriculum
from zeroloop.tasks._mixture import Mixture

SETTINGS = SelfPlaySettings(games_per_actor=8, opening_fraction=0, fast_simulations=2, curriculum=True)
SEARCH = SearchSettings(num_simulations=4, lookahead=False, value_range="minmax")


def test_the_limit_settles_where_half_is_solved():
    curriculum, rng = Curriculum(0.2, 0.7), np.random.default_rng(1)
    limits = []
    for _ in range(3000):
        difficulty = rng.uniform(0.2, curriculum.limit("a"))
        curriculum.note("a", difficulty, rng.random() < 1 / (1 + np.exp((difficulty - 0.5) / 0.02)))
        limits.append(curriculum.limit("a"))
    assert 0.5 < np.mean(limits[1000:]) < 0.6
    assert curriculum.limit("b") == pytest.approx(0.2 + 0.15 * 0.5)


def test_it_stays_within_the_range():
    curriculum = Curriculum(0.0, 0.5)
    for _ in range(500):
        curriculum.note("a", 0.5, success=True)
        curriculum.note("b", 0.5, success=False)
    assert curriculum.limit("a") == 0.5 and curriculum.limit("b") == pytest.approx(0.075)


def test_an_actor_draws_harder_tasks_only_after_successes_and_continues_from_its_state():
    tasks = Mixture(["countdown", "equation"], (0.0, 1.0))
    straight, first = (Actor(tasks, 0, 7, SEARCH, SETTINGS) for _ in range(2))
    for each in (straight, first):
        each.begin_iteration(0, UniformEvaluator(), 400)
        each.play(400)
    played = straight.take_episodes()
    assert played and max(episode.task["difficulty"] for episode in played if episode.task["kind"] == "equation") < 0.3
    second = Actor(tasks, 0, 7, SEARCH, SETTINGS)
    second.restore(first.state())
    for each in (straight, second):
        each.begin_iteration(1, UniformEvaluator(), 300)
        each.play(300)
    assert [e.task for e in straight.take_episodes()] == [e.task for e in second.take_episodes()] != []


def test_tasks_without_difficulties_are_refused():
    with pytest.raises(SettingError, match=r"path_finding.*no difficulties"):
        Actor(path_finding.environment(4, 4, 0), 0, 7, SEARCH, SETTINGS)
