"""Evaluation from the command line: its numbers, and what it refuses."""

import json
import os
import pickle

import pytest

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
