"""Evaluation from the command line: its numbers, and what it refuses."""

import json
import os
import pickle
from argparse import Namespace

import pytest

from zeroloop.cli.evaluate import _of_tasks
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.players import Player
from zeroloop.run.trials import TaskGrade
from zeroloop.tasks._mixture import Mixture

KEYS = ["positions", "weak_error", "strong_error", "value_mae", "simulations", "seconds"]
SCORES = {"1": -2, "2": -1, "3": 0, "4": 1, "5": 0, "6": -1, "7": -2}


class Code:
    def __reduce__(self):
        return os.system, ("touch PWNED",)


def test_json_has_exactly_the_promised_keys(zeroloop, tmp_path):
    lines = [json.dumps({"moves": moves, "move_scores": SCORES}) for moves in ("", "44")]
    (tmp_path / "two.jsonl").write_text("\n".join(lines))
    words = ["--game", "connect_four", "--positions", "two.jsonl", "--simulations", "4", "--json"]
    answer = zeroloop("evaluate", "untrained", *words)
    assert answer.code == 0, answer
    assert list(answer.json) == KEYS
    assert (answer.json["positions"], answer.json["simulations"]) == (2, 4)


def test_without_positions_the_shipped_sets_are_graded(zeroloop):
    words = ["--game", "connect_four", "--limit", "3", "--simulations", "2", "--half", "report", "--json"]
    answer = zeroloop("evaluate", "untrained", *words)
    assert answer.code == 0, answer
    for name in ("beginning-hard", "end-easy", "mean"):
        assert name in answer.err, "the table goes to stderr where stdout is for JSON"
    assert answer.json["positions"] == 3 * len(answer.json["sets"]) == 18


def test_a_run_has_no_shipped_positions_for_its_game(zeroloop, trained):
    zeroloop("evaluate", trained).refused(2, "no scored positions ship", "tic_tac_toe", "--positions FILE")


def test_a_checkpoint_is_graded_like_its_run(zeroloop, trained, tmp_path):
    start = {"moves": "", "move_scores": {str(square): 0 for square in range(1, 10)}}
    (tmp_path / "start.jsonl").write_text(json.dumps(start))
    for source in (trained, trained / "checkpoints" / "best_model.pt"):
        answer = zeroloop("evaluate", source, "--positions", "start.jsonl", "--simulations", "0", "--json")
        assert answer.code == 0, answer
        assert answer.json["weak_error"] == 0


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        ([], 2, ["CHECKPOINT|RUN|untrained"]),
        (["missing.pt"], 1, ["missing.pt"]),
        (["random.pt", "--game", "connect_four"], 1, ["random.pt"]),
        (["evil.pt", "--game", "connect_four"], 1, ["evil.pt"]),
        (["."], 1, ["best_model.pt"]),
        (["untrained"], 2, ["--game"]),
        (["untrained", "--game", "connect_for"], 2, ["did you mean 'connect_four'?"]),
        (["untrained", "--game", "connect_four", "--simulations", "-1"], 2, ["--simulations", "-1", "0 or more"]),
        (["untrained", "--game", "connect_four", "--simulations", "x"], 2, ["'x' is not a whole number"]),
        (["untrained", "--game", "connect_four", "--half", "other"], 2, ["'other'", "'choose', 'report'"]),
        (["untrained", "--game", "tic_tac_toe", "--segments", "2"], 2, ["networks that think in segments"]),
        (["untrained", "--game", "connect_four", "--positions", "illegal.jsonl"], 1, ["illegal.jsonl:1", "move 7"]),
        (["untrained", "--game", "connect_four", "--positions", "junk.jsonl"], 1, ["junk.jsonl:1"]),
        (["untrained", "--game", "connect_four", "--positions", "nowhere.jsonl"], 1, ["nowhere.jsonl"]),
    ],
)
def test_what_is_wrong_is_said_and_no_code_runs(zeroloop, tmp_path, words, code, parts):
    (tmp_path / "random.pt").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"weights": Code()}))
    (tmp_path / "illegal.jsonl").write_text('{"moves":"1111111","move_scores":{"1":0}}\n')
    (tmp_path / "junk.jsonl").write_text("not json\n")
    zeroloop("evaluate", *words).refused(code, *parts)
    assert not (tmp_path / "PWNED").exists()


def test_a_checkpoint_of_another_game_is_refused(zeroloop, trained):
    zeroloop("evaluate", trained, "--game", "connect_four").refused(1, "'tic_tac_toe', not 'connect_four'")


def test_tasks_are_solved_with_as_many_segments_as_asked_for(zeroloop):
    small = "--game-options.height 4 --game-options.width 4 --network-options.width 16 --network-options.head-dim 8"
    short = "--search.num-simulations 4 --selfplay.games-per-actor 2 --selfplay.moves-per-iteration 20"
    few = "--grading.positions 2 --grading.simulations 2 --arena.num-pairs 2"
    exact = "--evaluator.backend torch --learner.compile=false"
    words = " ".join([small, short, few, exact]).split()
    assert zeroloop("train", "path_finding", "--iterations", "1", "--run", "p", *words).code == 0
    graded = zeroloop("evaluate", "p", "--limit", "3", "--simulations", "2", "--segments", "2", "--no-halt", "--json")
    assert graded.json["tasks"] == 3 and 0 <= graded.json["good"] <= graded.json["solved"] <= 1


def test_a_grade_without_a_solved_task_has_no_excess(zeroloop, monkeypatch):
    grade = TaskGrade(tasks=3, solved=0.0, good=0.0, excess=None, simulations=2, seconds=0.1)
    monkeypatch.setattr("zeroloop.cli.evaluate.grade_tasks", lambda *_: grade)
    answer = zeroloop("evaluate", "untrained", "--game", "path_finding", "--limit", "3")
    assert answer.code == 0 and answer.out.splitlines()[-1].split() == ["tasks", "3", "0.00%", "0.00%", "-", "0.1"]


def test_the_search_may_be_changed(zeroloop, monkeypatch):
    searches = []

    def graded(environment, evaluator, tasks, settings, simulations, on_end):
        searches.append(settings)
        return TaskGrade(len(tasks), solved=0.0, good=0.0, excess=None, simulations=simulations, seconds=0.1)

    monkeypatch.setattr("zeroloop.cli.evaluate.grade_tasks", graded)
    asked = ["evaluate", "untrained", "--game", "path_finding", "--limit", "3"]
    assert zeroloop(*asked).code == 0
    assert zeroloop(*asked, "--search.lookahead", "false", "--search.root-policy=gumbel").code == 0
    usual, changed = searches
    assert usual.lookahead and usual.value_range == "minmax"
    assert changed == usual.model_copy(update={"lookahead": False, "root_policy": "gumbel"})
    zeroloop(*asked, "--search.num-simulations", "5").refused(2, "follows from --simulations K")
    zeroloop(*asked, "--search.c-puct", "much").refused(2, "--search.c-puct: much is not allowed")


def test_a_terminal_sees_how_many_episodes_have_ended(zeroloop, monkeypatch):
    asked = ["evaluate", "untrained", "--game", "path_finding", "--limit", "3", "--simulations", "1"]
    assert zeroloop(*asked).err == ""
    monkeypatch.setattr("zeroloop.cli.evaluate._is_watched", lambda: True)
    shown = zeroloop(*asked).err
    assert shown.startswith("\rtasks: 0 of 3 episodes have ended") and shown.endswith("\r\x1b[K")
    assert "tasks: 3 of 3 episodes have ended" in shown


def test_a_family_is_its_kinds_for_as_many_players():
    player = Player(Mixture(["tour"]), None, None)
    asked = Namespace(family="search", kinds=None, difficulty=None)
    assert _of_tasks(asked, player).environment.kinds == ["job_shop", "knapsack", "tour", "path_finding"]


def test_tasks_that_ship_are_graded_by_kind_and_level(zeroloop, monkeypatch):
    player = Player(Mixture(["tour", "countdown"]), None, None)
    monkeypatch.setattr("zeroloop.cli.evaluate.load_player", lambda *_: player)
    monkeypatch.setattr(Player, "evaluator", lambda _: UniformEvaluator())
    asked = ["evaluate", "untrained", "--simulations", "2", "--limit", "2"]
    graded = zeroloop(*asked, "--json").json
    assert {*graded["sets"]} == {"tour", "countdown"} and graded["simulations"] == 2
    for levels in graded["sets"].values():
        counts = [(level, grade["tasks"]) for level, grade in levels.items()]
        assert counts == [("easy", 2), ("medium", 2), ("hard", 2), ("all", 6)]
        assert all(0 <= grade["good"] <= grade["solved"] <= 1 and grade["errors"] == 0 for grade in levels.values())
    assert graded["sets"]["tour"]["all"]["solved"] == 1 and graded["sets"]["tour"]["all"]["excess"] > 0
    assert graded["sets"]["countdown"]["all"]["excess"] is None
    table = zeroloop(*asked, "--family", "search").out.splitlines()
    assert table[-1].startswith("mean of kinds") and len(table) == 2 + 4 * 4 + 1
    assert "tasks" in zeroloop(*asked, "--kinds", "tour", "--difficulty", "0", "0.1", "--json").json  # drawn


def test_a_solver_of_tasks_is_graded_by_kind_on_tasks_of_choice(zeroloop):
    small = "--network-options.width 16 --network-options.head-dim 8 --evaluator.backend torch"
    short = "--search.num-simulations 4 --selfplay.games-per-actor 2 --selfplay.moves-per-iteration 10"
    few = "--grading.positions 2 --grading.simulations 2 --arena.num-pairs 2 --game-options.kinds ['tour','countdown']"
    words = " ".join([small, short, few]).split()
    begun = zeroloop("train", "quickstart", "--iterations", "1", "--run", "t", *words)
    assert begun.code == 0 and "no network" in begun.out
    asked = ["evaluate", "t", "--simulations", "2", "--limit", "6", "--difficulty", "0", "0.2", "--json"]
    graded = zeroloop(*asked, "--kinds", "tour", "job_shop").json
    assert {*graded["sets"]} == {"tour", "job_shop"} and 0 <= graded["good"] <= 1
    assert {*zeroloop(*asked).json["sets"]} == {"tour", "countdown"}  # what it was trained on
    compared = zeroloop(*asked, "--kinds", "tour", "--baselines").json
    assert compared["tasks"] == 6 and {*compared["baselines"]} == {"untrained", "no network"}
    assert all(each["tasks"] == 6 for each in compared["baselines"].values())
    zeroloop(*asked, "--family", "maths").refused(2, "unknown family 'maths'; did you mean 'math'?")
    zeroloop(*asked, "--kinds", "chess").refused(2, "no kind is called 'chess'")
    other = ["evaluate", "untrained", "--game", "tic_tac_toe", "--family", "math"]
    zeroloop(*other).refused(2, "for solvers of tasks; this one plays tic_tac_toe")
    zeroloop(*other[:4], "--baselines").refused(2, "--baselines is for solvers of tasks; this one plays tic_tac_toe")
