"""Demonstrations: moves of classical solvers among those of self-play."""

import json

import numpy as np
import pytest

from zeroloop.data.episodes import DEMONSTRATION, LEARNED, EpisodeStore
from zeroloop.data.examples import ExampleSettings, examples
from zeroloop.envs import tic_tac_toe
from zeroloop.errors import SettingError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.observers import TokensObserver
from zeroloop.search import SearchSettings
from zeroloop.selfplay import Actor, SelfPlaySettings
from zeroloop.selfplay.actor import check_demonstrations
from zeroloop.tasks import is_held_out, kind_of
from zeroloop.tasks._mixture import MAX_ACTIONS, MAX_TOKENS, Mixture

SETTINGS = SelfPlaySettings(
    games_per_actor=8, opening_fraction=0, fast_simulations=2, curriculum=True, demonstrations=0.4
)
SEARCH = SearchSettings(num_simulations=4, value_range="minmax")
KINDS = ("calculate", "tour")


def mixture():
    return Mixture(KINDS, (0.2, 0.8), discount=0.97)


def played(actor, iteration=0, moves=400):
    actor.begin_iteration(iteration, UniformEvaluator(), moves)
    while actor.remaining:
        actor.play(50)
    return actor.take_episodes()


def is_demonstration(episode):
    return (episode.kinds == DEMONSTRATION).all()


@pytest.fixture(scope="module")
def episodes():
    return played(Actor(mixture(), 0, 5, SEARCH, SETTINGS))


def test_they_have_their_share_of_the_moves():
    actor = Actor(mixture(), 0, 5, SEARCH, SETTINGS)
    demonstrated = sum(map(len, filter(is_demonstration, played(actor))))
    assert demonstrated == actor.statistics.demonstrated
    assert abs(demonstrated - 0.4 / 0.6 * actor.statistics.moves) < 20
    assert not any(map(is_demonstration, played(Actor(mixture(), 0, 5, SEARCH, SelfPlaySettings(games_per_actor=8)))))


def test_they_solve_tasks_of_every_difficulty_that_are_not_held_out(episodes):
    rules, shown = mixture(), [*filter(is_demonstration, episodes)]
    assert {episode.task["kind"] for episode in shown} == set(KINDS)
    assert max(episode.task["difficulty"] for episode in shown) > 0.7
    for episode in shown:
        assert not is_held_out(kind_of(episode.task), episode.task)
        assert rules.succeeds(episode.task, episode.outcome)
        state = rules.initial_state(episode.task)
        for action in episode.actions:
            state = rules.step(state, int(action)).state
        assert kind_of(episode.task).verify(episode.task, rules.answer(state)).score == 1


def test_every_move_is_learned_from_with_the_value_of_the_end(episodes):
    rules, shown = mixture(), [*filter(is_demonstration, episodes)]
    for episode in shown:
        found = examples(rules, [episode], ExampleSettings(), TokensObserver(MAX_TOKENS, MAX_ACTIONS))
        assert (found.policy.argmax(1) == episode.actions).all() and (found.policy.max(1) == 1).all()
        assert (found.surprise == 0).all() and (found.weight == 1).all()
        assert found.wdl[0, 0] == pytest.approx(episode.outcome)
    assert np.isnan(np.concatenate([episode.root_values for episode in shown])).all()


def test_files_give_them_back(episodes, tmp_path):
    store = EpisodeStore(tmp_path)
    part = store.append(episodes)
    assert part.examples == sum(int(np.isin(episode.kinds, LEARNED).sum()) for episode in episodes)
    read = [*store.read()]
    assert [is_demonstration(episode) for episode in read] == [is_demonstration(episode) for episode in episodes]


def test_a_restored_actor_shows_the_same():
    straight = Actor(mixture(), 0, 5, SEARCH, SETTINGS)
    played(straight)
    resumed = Actor(mixture(), 0, 5, SEARCH, SETTINGS)
    resumed.restore(straight.state())
    first, second = (
        [(episode.game, json.dumps(episode.task), episode.actions.tolist()) for episode in played(actor, 1)]
        for actor in (straight, resumed)
    )
    assert first == second != []


def test_environments_that_know_no_solutions_are_refused():
    with pytest.raises(SettingError, match=r"selfplay\.demonstrations: 'tic_tac_toe' knows no solutions"):
        check_demonstrations(tic_tac_toe.environment(), SETTINGS)
    check_demonstrations(tic_tac_toe.environment(), SelfPlaySettings())


def test_solvers_that_know_nothing_end_the_run(monkeypatch):
    monkeypatch.setattr(Mixture, "demonstration", lambda self, task: [])
    with pytest.raises(
        SettingError, match=r"no solver knew a good solution of any of 200 tasks of 'tasks'; set it to 0"
    ):
        played(Actor(mixture(), 0, 5, SEARCH, SETTINGS))
