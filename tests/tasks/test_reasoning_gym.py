"""Data sets of reasoning-gym: what is judged, what is refused, and that nothing is believed that a task says."""

import asyncio
import json
import re

import pytest

from zeroloop.errors import MissingExtraError, TaskError, UnknownNameError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.selfplay.episodes import SelfPlayEpisodeGenerator
from zeroloop.tasks import ReasoningGymTaskGenerator, _reasoning_gym, kind_of, verify
from zeroloop.tasks._mixture import Mixture
from zeroloop.tasks._reasoning_gym_table import FORMS, JUDGED, REFUSED

needs_the_package = pytest.mark.skipif(not _reasoning_gym.installed(), reason="reasoning-gym (extra tasks) is missing")


def made(name, count=1, seed=1):
    return ReasoningGymTaskGenerator(name, seed=seed).generate(count)


@needs_the_package
def test_every_data_set_is_either_judged_or_refused():
    from reasoning_gym.factory import DATASETS

    assert not set(JUDGED) & set(REFUSED) and set(FORMS) <= set(JUDGED)
    assert {*JUDGED, *REFUSED} == set(DATASETS)


@needs_the_package
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("chain_sum", lambda own: f"{own}0"),
        ("simple_equations", lambda own: f"The answer is {own}"),
        ("spell_backward", lambda own: f"{own}!"),
        ("kakurasu", lambda own: f"not {own}"),
        ("complex_arithmetic", lambda own: "nan"),
        ("prime_factorization", lambda own: "a × b"),
        ("quantum_lock", lambda own: f"{own} because"),
        ("cryptarithm", lambda own: f"{own[0]}=9,{own}"),
        ("graph_color", lambda own: '{"0": 9, ' + own[1:]),
        ("tower_of_hanoi", lambda own: own[: own.rindex("\n")]),
    ],
)
def test_full_scores_are_right_and_all_others_wrong(name, changed):
    for task in made(name, 2):
        assert json.loads(json.dumps(task)) == task and task["type"] == "reasoning_gym" and task["problem"]
        assert verify(task, task["answer"])[:2] == ("correct", 1.0)
        for answer in (changed(task["answer"]), "", None, True, [task["answer"]], 10**5000, "x" * 10_001):
            assert verify(task, answer)[:2] == ("wrong", 0.0), answer


@needs_the_package
def test_numbers_are_texts_too():
    (task,) = made("gsm_symbolic")
    assert verify(task, int(task["answer"])).verdict == "correct"
    assert verify(task, int(task["answer"]) + 1).evidence == "the scorer of gsm_symbolic gives it 0.01 of 1"


@needs_the_package
def test_equal_seeds_give_equal_tasks_and_others_others():
    tasks = made("leg_counting", 130)
    generator = ReasoningGymTaskGenerator("leg_counting", seed=1)
    assert [*generator.generate(30), *generator.generate(100)] == tasks
    assert len({task["problem"] for task in tasks}) == len({task["task_id"] for task in tasks}) == 130
    assert not {task["problem"] for task in tasks} & {task["problem"] for task in made("leg_counting", 100, seed=2)}


@needs_the_package
def test_the_settings_of_a_data_set_may_be_others():
    (task,) = ReasoningGymTaskGenerator("chain_sum", 1, {"min_terms": 9, "max_terms": 9}).generate(1)
    assert len(re.findall(r"\d+", task["problem"])) == 9 and verify(task, task["answer"]).verdict == "correct"
    with pytest.raises(TaskError, match="unexpected keyword argument 'terms'"):
        ReasoningGymTaskGenerator("chain_sum", 1, {"terms": 9}).generate(1)


@needs_the_package
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "1"}, "answer is not that of the data set at this place; the task says that it was made with"),
        ({"problem": "2 + 2?", "answer": "4"}, "problem is not that of the data set"),
        ({"index": 1}, "problem is not that of the data set"),
        ({"index": -1}, "index must be an integer"),
        ({"config": {"colour": 3}}, "makes no entry of it (TypeError"),
        ({"config": [1]}, "config must be a small mapping"),
        ({"config": {"seed": "x" * 20_000}}, "config must be a small mapping"),
        ({"data_set": "countdown"}, "answers to reasoning-gym:countdown are not judged: its scorer evaluates"),
        ({"data_set": "chain_sun"}, "did you mean 'chain_sum'?"),
        ({"data_set": None}, "data_set must be text"),
    ],
    ids=range(10),
)
def test_what_a_task_says_of_itself_is_not_believed(change, message):
    (task,) = made("chain_sum")
    for answer in ("1", [], "4"):
        verdict = verify({**task, **change}, answer)
        assert verdict.verdict == "error" and message in verdict.evidence, verdict


@needs_the_package
def test_answers_that_keep_a_scorer_busy_are_timeouts_and_nothing_hangs(monkeypatch):
    monkeypatch.setattr(_reasoning_gym, "SCORE_SECONDS", 0.5)
    (task,) = made("rubiks_cube")
    assert verify(task, task["answer"]).verdict == "correct"
    assert verify(task, "F9999999") == ("timeout", 0.0, "there was no score after 0.5 s")
    assert verify(task, task["answer"]).verdict == "correct", "another process is there"


@needs_the_package
def test_tasks_that_take_too_long_to_make_are_errors(monkeypatch):
    (task,) = made("chain_sum")
    _reasoning_gym.scorer().close()
    monkeypatch.setattr(_reasoning_gym, "ENTRY_SECONDS", 0.01)
    verdict = verify(task, task["answer"])
    assert verdict.verdict == "error" and "makes no entry of it within 0.01 s" in verdict.evidence


@needs_the_package
def test_tasks_are_solved_by_writing_alone_and_with_others():
    (task,) = made("simple_equations")
    kind = kind_of(task)
    assert kind.solve(task).answer == task["answer"]
    mixture = Mixture()
    state = mixture.initial_state(task)
    for sign in [*task["answer"], "end"]:
        state, reward, _, terminal = mixture.step(state, mixture.parse_action(state, sign))
    assert terminal and reward == 1 and mixture.answer(state) == task["answer"]
    generator = SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 2})
    generator.use(UniformEvaluator())
    episode = asyncio.run(generator.generate_episode(task))
    assert episode.outcome in ("success", "failure")


@needs_the_package
def test_answers_to_data_sets_that_accept_wrong_ones_are_not_judged():
    (task,) = made("game_of_life_halting")
    assert ReasoningGymTaskGenerator("game_of_life_halting").refusal == REFUSED["game_of_life_halting"]
    verdict = verify(task, task["answer"])
    assert verdict.verdict == "error" and "are not judged: its scorer accepts any text" in verdict.evidence


@needs_the_package
def test_countdown_is_judged_and_solved_as_ours():
    for task in made("countdown", 50):
        assert kind_of(task).name == "countdown"
        assert verify(task, task["answer"]).verdict == "correct"
        assert verify(task, f"{task['answer']} + 0").verdict == verify(task, str(task["target"])).verdict == "wrong"
        Mixture(["countdown"]).initial_state(task)


def test_unknown_data_sets_are_named():
    with pytest.raises(UnknownNameError, match="did you mean 'sudoku'"):
        ReasoningGymTaskGenerator("sudoko")


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(_reasoning_gym.importlib.util, "find_spec", lambda name: None)
    _reasoning_gym.scorer().close()
    with pytest.raises(MissingExtraError, match=r'pip install "zeroloop\[tasks\]"'):
        made("chain_sum")
    task = {"type": "reasoning_gym", "kind": "text", "problem": "", "data_set": "ab", "config": {}, "index": 0}
    verdict = verify(task, "A# #B")
    assert verdict.verdict == "error" and "zeroloop[tasks]" in verdict.evidence


def test_forms_refuse_long_texts_without_trying_every_way_to_read_them():
    for form in FORMS.values():
        for text in ("1" * 9_999, "1 " * 4_999, "1,111" * 1_999, 'A=1,"1":1,' * 900, "((((" * 2_000, "A → " * 2_499):
            assert re.fullmatch(form, f"{text}!") is None
