"""`zeroloop generate`: what it writes, what it says, and what it refuses."""

import json
from importlib.util import find_spec

import pytest

from zeroloop import tasks
from zeroloop.errors import RunDirectoryError


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_tasks_are_those_of_the_generator(zeroloop, tmp_path):
    answer = zeroloop("generate", "math", "--tasks", 6, "--seed", 5, "--difficulty", 0.2, 0.4, "--out", "t.jsonl")
    assert (answer.code, answer.err) == (0, "")
    made = lines((tmp_path / "t.jsonl").read_text())
    assert made == tasks.MathProblemGenerator((0.2, 0.4), seed=5).generate(6)
    assert [file.name for file in tmp_path.iterdir()] == ["t.jsonl"]
    head, *rows = answer.out.splitlines()
    assert head.split() == ["type", "kind", "tasks"]
    assert sum(int(row.split()[2]) for row in rows) == 6
    assert {tuple(row.split()[:2]) for row in rows} == {(task["type"], task["kind"]) for task in made}


def test_the_seed_is_0_and_the_difficulty_the_generators_own_where_nothing_is_said(zeroloop):
    words = ["--tasks", "3", "--kinds", "countdown", "calculate", "--out", "-"]
    answer = zeroloop("generate", "math", *words)
    assert lines(answer.out) == tasks.MathProblemGenerator(seed=0, kinds=["countdown", "calculate"]).generate(3)
    assert answer.err.startswith("type "), "the table is not among the tasks"
    assert zeroloop("generate", "math", *words, "--seed", "1").out != answer.out


def test_every_family_has_a_generator(zeroloop):
    for family in {kind.family for kind in tasks.kinds()}:
        answer = zeroloop("generate", family, "--tasks", "2", "--difficulty", "0.1", "0.1", "--out", "-")
        assert answer.code == 0, answer
        made = lines(answer.out)
        assert len(made) == 2 and {tasks.kind_of(task).family for task in made} == {family}
        for task in made:
            assert task["task_id"] and task["difficulty"] == 0.1


def test_code_comes_in_the_languages_that_are_asked_for(zeroloop):
    words = ["--tasks", "2", "--difficulty", "0.1", "0.2", "--out", "-", "--languages"]
    answer = zeroloop("generate", "code", *words, "java")
    assert {task["language"] for task in lines(answer.out)} == {"java"}
    zeroloop("generate", "code", *words, "jva").refused(2, "unknown language 'jva'; did you mean 'java'?")
    zeroloop("generate", "math", *words, "java").refused(2, "--languages is for the family code")


def test_what_is_generated_can_be_verified(zeroloop, tmp_path):
    assert zeroloop("generate", "custom", "--tasks", "3", "--out", "t.jsonl").code == 0
    made = lines((tmp_path / "t.jsonl").read_text())
    attempts = [{"task": task, "answer": task["answer"]} for task in made]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, attempts)))
    assert zeroloop("verify", "a.jsonl").out.endswith("3 answers: 3 correct; mean score 1.000\n")


@pytest.mark.skipif(find_spec("reasoning_gym") is None, reason="reasoning-gym (extra tasks) is missing")
def test_data_sets_of_reasoning_gym_are_generated_listed_and_verified(zeroloop, tmp_path):
    answer = zeroloop("generate", "reasoning-gym:ab", "--tasks", "2", "--seed", "3", "--out", "t.jsonl")
    assert answer.code == 0 and answer.out.splitlines()[1].split() == ["reasoning_gym", "text", "2"]
    made = lines((tmp_path / "t.jsonl").read_text())
    assert made == tasks.ReasoningGymTaskGenerator("ab", 3).generate(2)
    attempts = [{"task": task, "answer": made[0]["answer"]} for task in made]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, attempts)))
    assert zeroloop("verify", "a.jsonl").out.endswith("2 answers: 1 correct, 1 wrong; mean score 0.500\n")
    listed = zeroloop("list", "--json").json["tasks by zeroloop generate reasoning-gym:NAME"]
    assert listed["ab"] == "the text of the data set" and listed["countdown"] == "the kind countdown"
    assert listed["rush_hour"].startswith("not judged: ")
    refused = zeroloop("generate", "reasoning-gym:coin_flip", "--tasks", "1", "--out", "c.jsonl")
    assert refused.code == 0 and "answers to reasoning-gym:coin_flip are not judged: its scorer" in refused.err


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        ([], 2, ["FAMILY", "--tasks", "--out"]),
        (["mth"], 2, ["--tasks"]),
        (["mth", "--tasks", "1", "--out", "t"], 2, ["unknown family 'mth'; did you mean 'math'?"]),
        (["math", "--tasks", "-1", "--out", "t"], 2, ["--tasks", "-1 is not allowed"]),
        (["math", "--tasks", "many", "--out", "t"], 2, ["--tasks", "'many' is not a whole number"]),
        (["math", "--tasks", "1", "--seed", "-1", "--out", "t"], 2, ["--seed", "-1"]),
        (["math", "--tasks", "1", "--difficulty", "0.9", "0.1", "--out", "t"], 2, ["--difficulty", "0.9 to 0.1"]),
        (["math", "--tasks", "1", "--difficulty", "-1", "0.1", "--out", "t"], 2, ["--difficulty", "-1 to 0.1"]),
        (["math", "--tasks", "1", "--difficulty", "0", "nan", "--out", "t"], 2, ["--difficulty", "0 to nan"]),
        (["math", "--tasks", "1", "--difficulty", "0.5", "--out", "t"], 2, ["--difficulty"]),
        (["math", "--tasks", "1", "--difficulty", "a", "b", "--out", "t"], 2, ["--difficulty", "'a'"]),
        (["math", "--tasks", "1", "--kinds", "calclate", "--out", "t"], 2, ["did you mean 'calculate'?"]),
        (["math", "--tasks", "1", "--kinds", "text", "--out", "t"], 2, ["unknown kind of the family math, 'text'"]),
        (["reasoning-gym:sudoko", "--tasks", "1", "--out", "t"], 2, ["did you mean 'sudoku'?"]),
        (["reasoning-gym:ab", "--tasks", "1", "--kinds", "ab", "--out", "t"], 2, ["--kinds is for families"]),
        (["math", "--tasks", "1", "--out", "missing/t"], 2, ["--out", "no directory missing; create it first"]),
        (["math", "--tasks", "1", "--out", "."], 2, ["--out", "is a directory"]),
    ],
)
def test_bad_input_is_one_line(zeroloop, tmp_path, words, code, parts):
    zeroloop("generate", *words).refused(code, *parts)
    assert not [*tmp_path.iterdir()]


def test_a_file_is_there_whole_or_as_it_was(zeroloop, tmp_path, monkeypatch):
    (tmp_path / "t.jsonl").write_text("before")

    def fail(self, number):
        raise RunDirectoryError("the disk is full")

    monkeypatch.setattr(tasks.MathProblemGenerator, "generate", fail)
    zeroloop("generate", "math", "--tasks", "1", "--out", "t.jsonl").refused(1, "the disk is full")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("t.jsonl", "before")]
