"""Examples from episodes: targets, reasons, batches, and the files that episodes come back from."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from zeroloop.data.episode_files import read_episodes, write_episodes
from zeroloop.data.extraction import SelfPlayDataset, TrainingDataExtractor, collate_examples, learner_batch, lessons
from zeroloop.data.packing import observations, pack, sizes
from zeroloop.errors import RunDirectoryError, SettingError
from zeroloop.networks.reasoners import ReasonersConfig, build
from zeroloop.records import MCTSTrace, SelfPlayEpisode
from zeroloop.selfplay.episodes import SelfPlayEpisodeGenerator
from zeroloop.tasks import countdown, kind_of, tour
from zeroloop.tasks._mixture import Mixture

MIXTURE = Mixture()


@pytest.fixture(scope="module")
def episodes() -> list[SelfPlayEpisode]:
    rng = np.random.default_rng(2)
    kinds = [countdown.kind(), tour.kind()] * 4
    tasks = [{"task_id": f"t{i}", **kind.make(rng, 0.1 * i)} for i, kind in enumerate(kinds)]
    tasks.append({"task_id": "impossible", "kind": "countdown", "numbers": [1, 1, 1], "target": 99, "problem": "?"})
    tasks.append({"task_id": "broken"})
    generator = SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 40})

    async def play() -> list[SelfPlayEpisode]:
        return list(await asyncio.gather(*map(generator.generate_episode, tasks)))

    return asyncio.run(play())


@pytest.fixture(scope="module")
def examples(episodes):
    return TrainingDataExtractor().extract_examples(episodes)


def test_there_are_examples_of_all_types(episodes, examples):
    steps = sum(episode.episode_length for episode in episodes)
    assert len(examples["value"]) == steps and 0 < len(examples["policy"]) < steps
    assert len(examples["reasoning"]) == sum(episode.outcome == "success" for episode in episodes) > 0
    assert examples["negative"]
    assert not [e for name in examples for e in examples[name] if e.metadata["task_id"] == "broken"]


def test_policies_are_distributions_over_the_actions_of_their_state(examples):
    for example in examples["policy"]:
        assert sum(example.target.values()) == pytest.approx(1, abs=1e-5)
        assert set(example.target) <= set(example.metadata["actions"])
        assert sizes(example.state)[1] == len(example.metadata["actions"])
        assert example.metadata["task_id"] != "impossible", "where all is lost, no action is recommended"


def test_values_are_returns(episodes, examples):
    targets = {example.example_id: example.target for example in examples["value"]}
    assert all(-1 <= target <= 1 for target in targets.values())
    for episode in episodes:
        if episode.episode_length:
            last = targets[f"{episode.task_id}/{episode.episode_length - 1}/value"]
            assert last == pytest.approx(episode.total_reward, abs=1e-6) or episode.mcts_traces[-1].proven
    assert targets["impossible/0/value"] == 0


def test_negative_examples_say_why(episodes, examples):
    reasons = [reason for example in examples["negative"] for reason in example.target.values()]
    assert all(reason.startswith(("proved to return", "returns")) for reason in reasons)
    assert not [example for example in examples["negative"] if example.metadata["task_id"] == "impossible"]
    traces = {f"{e.task_id}/{i}": trace for e in episodes for i, trace in enumerate(e.mcts_traces)}
    for example in examples["negative"]:
        trace = traces[example.example_id.rpartition("/")[0]]
        best = max(trace.q_values.values())
        assert all(trace.q_values[name] < best for name in example.target)


def test_dead_ends_and_searched_actions_are_told_apart():
    visits = {"a": 20, "b": 8, "c": 2, "d": 6, "e": 5}
    values = {"a": 0.9, "b": 0.6, "c": 0.1, "d": 0.0, "e": 0.85}
    trace = MCTSTrace(
        "s", 41, visits, values, dict.fromkeys(visits, 0.2), "a", 3, 0.1, {"s": 0.7}, {"a": 1.0}, {"d": 0.0}
    )
    assert TrainingDataExtractor()._bad_actions(trace) == {
        "b": "returns 0.600 after 8 visits; 'a' returns 0.900",
        "d": "proved to return 0; 'a' returns 0.900",
    }
    hopeless = replace(trace, q_values=dict.fromkeys(visits, 0.0), proven=dict.fromkeys(visits, 0.0))
    assert TrainingDataExtractor()._bad_actions(hopeless) == {}


def test_reasoning_is_a_chain_that_holds(episodes, examples):
    by_id = {episode.task_id: episode.metadata["task"] for episode in episodes}
    for example in examples["reasoning"]:
        task = by_id[example.metadata["task_id"]]
        assert kind_of(task).check_chain(task, example.target.split("\n")) is None
        assert example.metadata["query"] == task["problem"]


@pytest.mark.parametrize("name", ["policy", "value", "negative", "reasoning"])
def test_a_loader_makes_batches(examples, name):
    dataset = SelfPlayDataset(examples[name], name)
    assert {"state", "target", "weight"} <= set(dataset[0])
    loader = DataLoader(dataset, batch_size=5, collate_fn=collate_examples)
    batches = list(loader)
    assert sum(len(batch["weight"]) for batch in batches) == len(dataset)
    if name == "policy":
        torch.testing.assert_close(batches[0]["target"].sum(1), torch.ones(5), atol=1e-5, rtol=0)
    if name == "reasoning":
        assert batches[0]["state"].dtype == torch.int16 and isinstance(batches[0]["target"][0], str)


def test_a_batch_shows_states_as_the_observer_does(episodes, examples):
    some = lessons(examples)[:12]
    batch = learner_batch(some)
    observer = batch.observer
    assert observer is not None
    states = {state.state_id: state for episode in episodes for state in episode.states}
    for row, lesson in enumerate(some):
        placed = states[lesson.value.metadata["state_id"]].raw_state
        fields = observer.fields(batch.observations[row : row + 1])
        tokens = MIXTURE.tokens(placed)
        assert np.array_equal(fields.tokens[0, : len(tokens)], tokens[:, 0])
        assert not fields.tokens[0, len(tokens) :].any()
        for place, action in enumerate(MIXTURE.legal_actions(placed)):
            symbols, anchors = MIXTURE.action_tokens(placed, action)
            assert fields.action_tokens[0, place, : len(symbols)].tolist() == [*symbols]
            assert fields.anchors[0, place].tolist() == [*anchors, -1, -1][:2]
        assert batch.legal[row].sum() == len(MIXTURE.legal_actions(placed))
    assert (batch.avoid >= 0).all() and (batch.avoid.sum(1) <= 1 + 1e-6).all()


def test_a_pair_learns_what_a_batch_says(examples):
    from zeroloop.learning.learner import Learner
    from zeroloop.learning.settings import LearnerSettings

    torch.manual_seed(1)
    network = build(ReasonersConfig(width=16, head_dim=8, value="categorical"), MIXTURE)
    learner = Learner(network, LearnerSettings(learning_rate=0.01, warmup_steps=0, precision="fp32"))
    some = lessons(examples)[:12]
    parts = [learner_batch(some[:7]), learner_batch(some[7:])]
    first = learner.train([parts], 0)
    last = learner.train([parts] * 40, 0)
    for name in ("policy_loss", "value_loss", "avoid_loss"):
        assert last[name] < first[name], name


def test_parts_of_a_batch_are_learned_from_as_one(examples):
    from zeroloop.learning.learner import Learner
    from zeroloop.learning.settings import LearnerSettings

    some = lessons(examples)[:8]
    found = []
    for parts in ([learner_batch(some)], [learner_batch(some[:3]), learner_batch(some[3:])]):
        torch.manual_seed(1)
        network = build(ReasonersConfig(width=16, head_dim=8, value="categorical"), MIXTURE)
        learner = Learner(network, LearnerSettings(precision="fp32"))
        found.append(learner.train([parts], 0)["loss"])
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_packed_states_come_back(examples):
    states = [example.state for example in examples["value"][:6]]
    shown = observations(states)
    again = [pack(MIXTURE, MIXTURE.initial_state({"kind": "countdown", "numbers": [1, 2, 3], "target": 6}))]
    assert shown.dtype == np.int16 and len(observations(again)) == 1


def test_episodes_come_back_from_a_file(episodes, examples, tmp_path):
    path = tmp_path / "part.parquet"
    write_episodes(path, episodes)
    again = read_episodes(path, {1: MIXTURE})
    assert [episode.outcome for episode in again] == [episode.outcome for episode in episodes]
    assert [episode.mcts_traces for episode in again] == [episode.mcts_traces for episode in episodes]
    found = TrainingDataExtractor().extract_examples(again)
    for name, expected in examples.items():
        assert [(e.example_id, e.target, e.weight) for e in found[name]] == [
            (e.example_id, e.target, e.weight) for e in expected
        ]
        assert all(torch.equal(a.state, b.state) for a, b in zip(found[name], expected, strict=True))


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "part.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(RunDirectoryError, match="cannot be read"):
        read_episodes(path, {1: MIXTURE})


@pytest.mark.parametrize("arguments", [{"success_weight": -1}, {"failure_weight": float("inf")}, {"value_lambda": 2}])
def test_weights_must_make_sense(arguments):
    with pytest.raises(SettingError, match=next(iter(arguments))):
        TrainingDataExtractor(**arguments)


def test_a_dataset_is_of_one_type(examples):
    with pytest.raises(SettingError, match="did you mean 'policy'"):
        SelfPlayDataset([], "polcy")
    with pytest.raises(SettingError, match="is of type value"):
        SelfPlayDataset(examples["value"], "policy")


def test_right_programs_come_in_all_languages(tmp_path, installed):
    installed("java")
    task = {
        "task_id": "two",
        "kind": "function",
        "language": "java",
        "function_name": "sum_list",
        "signature": "def sum_list(numbers: list[int]) -> int",
        "spec": "sum list",
        "problem": "Write it.",
        "test_cases": [{"input": [[3, 1]], "output": 4}, {"input": [[2, 2, 9]], "output": 13}],
        "max_size": 3,
    }
    generator = SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 64})
    episode = asyncio.run(generator.generate_episode(task, timeout=None))
    (example,) = TrainingDataExtractor().extract_examples([episode])["reasoning"]
    found = example.metadata["translations"]
    assert found["java"] == episode.metadata["answer"] and "final class Solution" in found["java"]
    assert "return sum(numbers)" in found["python"] and "numbers.reduce(" in found["javascript"]
    write_episodes(tmp_path / "one.parquet", [episode])
    (again,) = read_episodes(tmp_path / "one.parquet", {1: MIXTURE})
    assert again.metadata["translations"] == found
