"""Episodes of solving tasks: what is recorded, what runs beside each other, and what goes wrong."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
import torch

from zeroloop.envs import countdown as rules
from zeroloop.errors import SettingError
from zeroloop.networks.hrm import HRMConfig, create_hrm_agent
from zeroloop.networks.trm import TRMConfig, create_trm_agent
from zeroloop.records import SelfPlayEpisode
from zeroloop.selfplay.episodes import SelfPlayEpisodeGenerator
from zeroloop.tasks import countdown, verify

EASY = {"kind": "countdown", "type": "arithmetic", "problem": "?", "numbers": [2, 3, 4], "target": 24}
SMALL = {"num_simulations": 12}


def tasks(count: int) -> list[dict]:
    rng = np.random.default_rng(1)
    return [{"task_id": f"t{i}", **countdown.kind().make(rng, 0.3)} for i in range(count)]


def play(*chosen: dict, generator: SelfPlayEpisodeGenerator | None = None, **arguments) -> list[SelfPlayEpisode]:
    generator = generator or SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 40})

    async def together() -> list[SelfPlayEpisode]:
        return list(await asyncio.gather(*(generator.generate_episode(task, **arguments) for task in chosen)))

    return asyncio.run(together())


def agents() -> dict:
    torch.manual_seed(1)
    hrm = create_hrm_agent(HRMConfig(h_dim=16, l_dim=8, num_h_layers=1, num_l_layers=1, head_dim=8))
    return {
        "hrm_agent": hrm,
        "trm_agent": create_trm_agent(TRMConfig(latent_dim=8, head_dim=8, h_cycles=1, l_cycles=1)),
    }


def facts(episode: SelfPlayEpisode) -> list:
    """What must not depend on anything but the task and the seed."""
    traces = [replace(trace, search_time=0.0) for trace in episode.mcts_traces]
    return [episode.outcome, [action.action_id for action in episode.actions], episode.rewards, traces]


def test_an_easy_task_is_solved_and_recorded():
    (episode,) = play(EASY)
    assert episode.outcome == "success" and episode.total_reward == 1 and episode.episode_length == 2
    assert len(episode.states) == 3 and len(episode.mcts_traces) == 2 and episode.states[-1].representation is None
    assert verify(EASY, episode.metadata["answer"]).verdict == "correct"
    assert episode.solution_path == [action.action_id for action in episode.actions]
    assert 0 < episode.search_efficiency <= 1
    assert len(episode.metadata["claims"]) == 2
    for state, trace in zip(episode.states, episode.mcts_traces, strict=False):
        assert trace.root_state_id == state.state_id == next(iter(trace.value_estimates))
        assert sum(trace.prior_probs.values()) == pytest.approx(1) and sum(
            trace.action_weights.values()
        ) == pytest.approx(1)
        assert trace.selected_action in trace.visit_counts and trace.tree_depth >= 1 and trace.search_time > 0
        assert set(trace.proven) <= set(trace.q_values) <= set(trace.visit_counts)
    assert episode.mcts_traces[0].num_simulations <= 40


def test_values_of_a_trace_are_those_of_the_tree():
    (episode,) = play({**EASY, "target": 23}, generator=SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 500}))
    assert episode.outcome == "failure" and episode.metadata["verdict"] == "wrong"
    first = episode.mcts_traces[0]
    assert first.root_value == 0 and set(first.proven.values()) == {0.0}, "all ways were tried, and none leads there"


@pytest.mark.parametrize("guided", [False, True])
def test_an_episode_does_not_depend_on_others(guided):
    def generator(parallel: int) -> SelfPlayEpisodeGenerator:
        return SelfPlayEpisodeGenerator(**(agents() if guided else {}), mcts_config=SMALL, parallel=parallel)

    several = tasks(5)
    together = [facts(episode) for episode in play(*several, generator=generator(5))]
    assert together == [facts(play(task, generator=generator(1))[0]) for task in several]
    assert together == [facts(episode) for episode in play(*several, generator=generator(2))]


def test_either_agent_can_be_missing():
    both = agents()
    for name in both:
        (episode,) = play(EASY, generator=SelfPlayEpisodeGenerator(**{name: both[name]}, mcts_config=SMALL))
        priors = episode.mcts_traces[0].prior_probs.values()
        assert (len({round(prior, 6) for prior in priors}) > 1) == (name == "hrm_agent"), "uniform without an HRM"


def test_games_are_played_for_both_sides():
    game = {"task_id": "g", "type": "game", "kind": "tic_tac_toe", "problem": "?", "moves": "1425"}
    game |= {"game": "tic_tac_toe", "board_size": [3, 3], "connect": 3, "player": "X", "value": 1}
    (episode,) = play(game, generator=SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 60}))
    assert episode.outcome == "success" and episode.total_reward == 1, episode.metadata


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ({"task_id": "x"}, "kind is missing"),
        ({"kind": "countdwn"}, "did you mean 'countdown'"),
        ({**EASY, "numbers": [1, float("nan")]}, "numbers"),
        ({**EASY, "target": 10**400}, "target"),
        ({**EASY, "numbers": "__import__('os')"}, "numbers must be a list"),
        ({"type": "riddle", "problem": "Why?"}, "`problem` and `answer`"),
        ("no task", "a mapping"),
    ],
)
def test_broken_tasks_end_as_errors_and_the_others_go_on(task, reason):
    broken, good = play(task, EASY)
    assert broken.outcome == "error" and reason in broken.metadata["reason"]
    assert good.outcome == "success"


@pytest.mark.parametrize("where", ["list_moves", "tokens"])
def test_rules_that_fail_fail_alone(monkeypatch, where):
    original = getattr(rules.Countdown, where)

    def failing(self, state, *rest):
        if state.target == 13 and len(state.values) == 2:
            raise ZeroDivisionError("rules are broken")
        return original(self, state, *rest)

    monkeypatch.setattr(rules.Countdown, where, failing)
    generator = SelfPlayEpisodeGenerator(**agents(), mcts_config=SMALL)
    broken, *good = play({**EASY, "target": 13}, EASY, EASY, generator=generator)
    assert broken.outcome == "error" and "rules are broken" in broken.metadata["reason"]
    assert [episode.outcome for episode in good] == [play(EASY, generator=generator)[0].outcome] * 2


def test_steps_and_time_are_limited():
    (short,) = play(EASY, max_steps=1)
    assert short.outcome == "max_steps_reached" and short.episode_length == 1 and "1 steps" in short.metadata["reason"]
    slow = SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 10**6})
    hard = tasks(40)[-1]
    (late,) = play({**hard, "numbers": [3, 5, 7, 11, 13, 17], "target": 9999}, generator=slow, timeout=0.3)
    assert late.outcome == "timeout" and "0.3 seconds" in late.metadata["reason"]


def test_cancelling_leaves_nothing_behind():
    generator = SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 10**5}, parallel=2)
    hard = {**EASY, "numbers": [3, 5, 7, 11, 13, 17], "target": 9999}

    async def cancelled() -> tuple[int, str]:
        running = [asyncio.create_task(generator.generate_episode(hard)) for _ in range(3)]
        await asyncio.sleep(0.2)
        (service,) = generator._services.values()
        assert service.busy == 2, "the third waits for a seat"
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.sleep(0)
        busy, before = service.busy, service.simulations
        generator.mcts_config = generator.mcts_config.model_copy(update={"num_simulations": 40})
        again = await generator.generate_episode(EASY)
        assert service.simulations - before <= 80, "the cancelled searches are over"
        return busy, again.outcome

    assert asyncio.run(cancelled()) == (0, "success")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mcts_config": {"num_simulatons": 5}}, "unknown setting in mcts_config; did you mean num_simulations"),
        ({"mcts_config": {"num_simulations": 0}}, r"num_simulations: 0 is not allowed \(in mcts_config\)"),
        ({"device": "gpu"}, "gpu"),
        ({"parallel": 0}, "parallel must be an integer of at least 1"),
        ({"hrm_agent": torch.nn.Linear(1, 1)}, "hrm_agent must be made by"),
        ({"hrm_agent": create_hrm_agent(HRMConfig.preset("small", policy="off"))}, "policy 'off'"),
        ({"trm_agent": create_trm_agent(TRMConfig.preset("sudoku", latent_dim=64))}, "no value head"),
        ({"trm_agent": create_trm_agent(TRMConfig(latent_dim=64, vocab_size=11))}, "another vocabulary: it knows 11"),
        ({"trm_agent": create_trm_agent(TRMConfig(latent_dim=64, max_tokens=20))}, "any length up to 128"),
    ],
)
def test_what_cannot_search_is_refused(arguments, message):
    with pytest.raises(SettingError, match=message):
        SelfPlayEpisodeGenerator(**arguments)


@pytest.mark.parametrize("arguments", [{"max_steps": -1}, {"max_steps": 1.5}, {"timeout": 0}, {"timeout": -1}])
def test_limits_must_make_sense(arguments):
    with pytest.raises(SettingError, match=next(iter(arguments))):
        play(EASY, **arguments)
