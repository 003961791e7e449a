"""Actors: what they record is what was played, and depends on nothing but their stream."""

import json

import numpy as np
import pytest

from zeroloop.data.episodes import FAST, FULL, OPENING
from zeroloop.envs import path_finding, tic_tac_toe
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.search import SearchSettings
from zeroloop.selfplay import Actor, SelfPlaySettings
from zeroloop.selfplay.game import pack, unpack

SEARCH = SearchSettings(num_simulations=24, forced_playouts=2.0)
SETTINGS = SelfPlaySettings(games_per_actor=16, fast_simulations=6, opening_plies=4, archive_fraction=0.25)


def actor(index=0, seed=3, settings=SETTINGS, search=SEARCH):
    return Actor(tic_tac_toe.environment(), index, seed, search, settings)


def play(player, iterations=(0,), moves=600, segment=100):
    for iteration in iterations:
        player.begin_iteration(iteration, UniformEvaluator(), moves)
        while player.remaining:
            player.play(segment)
    return player.take_episodes()


@pytest.fixture(scope="module")
def episodes():
    return play(actor())


def same(left, right):
    return len(left) == len(right) and all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for a, b in zip(left, right, strict=True)
        for name in ("actions", "kinds", "root_values", "policy_weights", "outcome")
    )


def test_recorded_games_are_legal_and_end_as_recorded(episodes):
    environment = tic_tac_toe.environment()
    assert len(episodes) > 50
    for episode in episodes:
        state = environment.initial_state()
        for ply, action in enumerate(episode.actions):
            assert action in environment.legal_actions(state)
            state, reward, _, terminal = environment.step(state, int(action))
            assert terminal == (ply == len(episode) - 1)
        assert episode.outcome == (reward if len(episode) % 2 else -reward)


def test_openings_are_marked_and_only_full_searches_carry_policies(episodes):
    kinds = np.concatenate([episode.kinds for episode in episodes])
    assert {OPENING, FAST, FULL} == set(kinds)
    for episode in episodes:
        assert (episode.kinds[: episode.opening] == OPENING).all()
        assert (episode.kinds[episode.opening :] != OPENING).all()
        rows = np.diff(episode.policy_offsets)
        assert ((rows > 0) == (episode.kinds == FULL)).all()
        for ply in np.flatnonzero(rows):
            weights = episode.policy_weights[episode.policy_offsets[ply] : episode.policy_offsets[ply + 1]]
            assert weights.sum() == pytest.approx(1, abs=1e-5)


def test_playout_cap_and_proofs_decide_what_is_recorded():
    games = play(actor(settings=SETTINGS.model_copy(update={"record_proven": False})))
    kinds = np.concatenate([episode.kinds for episode in games])
    assert 0.15 < np.mean(kinds[kinds != OPENING] == FULL) < 0.35
    games = play(actor())
    kinds, proven = (np.concatenate([getattr(e, name) for e in games]) for name in ("kinds", "proven"))
    assert (kinds[proven > -1] == FULL).all()
    assert (kinds[proven == -1] == FAST).any()


def test_proven_values_agree_with_the_outcome_where_play_is_greedy():
    search = SearchSettings(num_simulations=400)
    settings = SETTINGS.model_copy(
        update={"temperature_plies": 0, "full_search_fraction": 1.0, "archive_fraction": 0.0}
    )
    proven_plies = 0
    for episode in play(actor(settings=settings, search=search), moves=300):
        for ply in np.flatnonzero(~np.isnan(episode.proven)):
            proven_plies += 1
            assert episode.proven[ply] == (episode.outcome if ply % 2 == 0 else -episode.outcome)
    assert proven_plies > 100


def test_segments_and_other_actors_do_not_matter(episodes):
    assert same(episodes, play(actor(), segment=7))
    assert not same(episodes, play(actor(index=1)))
    assert not same(episodes, play(actor(seed=4)))


def test_a_restored_actor_plays_the_same_games():
    straight = actor()
    first = play(straight, iterations=(0,))
    resumed = actor()
    resumed.restore(straight.state())
    assert same(play(straight, iterations=(1, 2)), play(resumed, iterations=(1, 2)))
    assert straight.statistics == resumed.statistics
    assert first


def test_packed_games_come_back():
    player = actor()
    play(player, moves=100)
    arrays = pack(player._games)
    again = pack(unpack(arrays))
    assert arrays.pop("tasks") == again.pop("tasks")
    assert all(np.array_equal(arrays[name], again[name], equal_nan=True) for name in arrays)
    assert unpack(pack([])) == []


def test_quota_is_met_within_one_round():
    player = actor()
    play(player, moves=100)
    assert 100 <= player.statistics.moves < 100 + SETTINGS.games_per_actor
    assert player.statistics.simulations > player.statistics.moves


def test_one_agent_works_on_tasks_and_its_outcome_is_the_return():
    walks = path_finding.environment(4, 4, 0)
    settings = SETTINGS.model_copy(update={"archive_fraction": 0.0})
    episodes = play(Actor(walks, 0, 7, SEARCH, settings), moves=600)
    assert len({json.dumps(episode.task) for episode in episodes}) == len(episodes) > 3
    assert sum(episode.outcome > 0 for episode in episodes) > 0
    for episode in episodes:
        cost, state = 0, walks.initial_state(episode.task)
        for action in episode.actions:
            state = walks.step(state, int(action)).state
            cell = state.cells[state.position]
            cost += int(cell) if cell.isdigit() else 1
        assert walks.legal_actions(state) == []
        solved = state.cells[state.position] == "G"
        assert episode.outcome == pytest.approx(0.98**cost if solved else 0)


def test_an_actor_on_tasks_continues_from_its_state():
    walks = path_finding.environment(4, 4, 1)
    settings = SETTINGS.model_copy(update={"archive_fraction": 0.5})
    straight, first = (Actor(walks, 0, 7, SEARCH, settings) for _ in range(2))
    for each in (straight, first):
        play(each, moves=200)
    second = Actor(walks, 0, 7, SEARCH, settings)
    second.restore(first.state())
    for each in (straight, second):
        each.begin_iteration(1, UniformEvaluator(), 200)
        each.play(200)
    left, right = straight.take_episodes(), second.take_episodes()
    assert [(e.task, e.actions.tolist()) for e in left] == [(e.task, e.actions.tolist()) for e in right] != []
