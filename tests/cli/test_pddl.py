"""`zeroloop pddl`: tasks from files, plans, verdicts, and files from tasks."""

import json

import pytest

from zeroloop.seeding import stream
from zeroloop.tasks import blocksworld, sokoban

DOMAIN = """(define (domain lamps) (:predicates (on ?x) (near ?x ?y))
  (:action light :parameters (?x ?y) :precondition (and (on ?x) (near ?x ?y)) :effect (on ?y)))"""
PROBLEM = """(define (problem p) (:domain lamps) (:objects a b c)
  (:init (on a) (near a b) (near b c)) (:goal (on c)))"""


@pytest.fixture
def files(tmp_path):
    for name, text in (("d.pddl", DOMAIN), ("p.pddl", PROBLEM)):
        (tmp_path / name).write_text(text)
    return "d.pddl", "p.pddl"


def test_a_plan_is_found_and_verified(zeroloop, files, tmp_path):
    answer = zeroloop("pddl", "solve", *files)
    assert answer == (0, "(light a b)\n(light b c)\n", "")
    assert zeroloop("pddl", "solve", *files, "--simulations", "20").out == answer.out
    assert zeroloop("pddl", "solve", *files, "--out", "plan").code == 0
    assert zeroloop("pddl", "verify", *files, "plan").out == "correct: a valid plan of 2 actions\n"
    (tmp_path / "plan").write_text("(light a c)")
    found = zeroloop("pddl", "verify", *files, "plan", "--json")
    assert found.json["verdict"] == "wrong" and "(near a c) does not hold" in found.json["evidence"]
    assert zeroloop("pddl", "verify", *files, "plan", "--max-steps", "1").code == 0


def test_a_task_can_be_verified_as_others(zeroloop, files, tmp_path):
    task = json.loads(zeroloop("pddl", "task", *files, "--max-steps", "7").out)
    assert (task["kind"], task["max_steps"]) == ("strips", 7)
    (tmp_path / "a.jsonl").write_text(json.dumps({"task": task, "answer": "light a b, light b c"}))
    assert "1 correct" in zeroloop("verify", "a.jsonl").out


def test_tasks_are_written_and_read_again(zeroloop, tmp_path):
    tasks = [blocksworld.kind().make(stream(1, "export"), 0.2), sokoban.kind().make(stream(1, "export"), 0.2)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, tasks)))
    (tmp_path / "out").mkdir()
    written = zeroloop("pddl", "export", "t.jsonl", "--out", "out").out.split()
    assert written == [f"out/{i}.{name}" for i in (1, 2) for name in ("domain.pddl", "problem.pddl", "plan")]
    for i in (0, 3):
        assert zeroloop("pddl", "verify", *written[i : i + 3]).out.startswith("correct")
        assert zeroloop("pddl", "solve", *written[i : i + 2]).code == 0


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["sovle", "d", "p"], 2, ["sovle"]),
        (["solve", "d.pddl"], 2, ["pddl solve needs DOMAIN.pddl PROBLEM.pddl, not 1 files"]),
        (["solve", "d.pddl", "missing"], 1, ["missing: there is no such file"]),
        (["solve", "d.pddl", "d.pddl"], 1, ["problem line 1: must begin with (define (problem NAME)"]),
        (["solve", "d.pddl", "p.pddl", "--max-steps", "1"], 1, ["no plan of at most 1 actions", "--max-steps"]),
        (["solve", "d.pddl", "far.pddl"], 1, ["goal_state: (near c a) can never hold"]),
        (["solve", "d.pddl", "far.pddl", "--simulations", "5"], 1, ["the search found no plan"]),
        (["export", "d.pddl", "--out", "p.pddl"], 2, ["--out: name a directory"]),
        (["export", "d.pddl", "--out", "."], 1, ["d.pddl line 1 is not JSON"]),
        (["export", "sum.jsonl", "--out", "."], 1, ["sum.jsonl line 1: tasks of the kind calculate are no planning"]),
    ],
)
def test_bad_input_is_one_line(zeroloop, files, tmp_path, words, code, parts):
    (tmp_path / "sum.jsonl").write_text('{"kind": "calculate", "expression": "1 + 2"}')
    (tmp_path / "far.pddl").write_text(PROBLEM.replace("(on c)))", "(near c a)))"))
    zeroloop("pddl", *words).refused(code, *parts)
