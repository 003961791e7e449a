"""`zeroloop verify`: its verdicts, and what it refuses."""

import json

import pytest

TASK = {
    "task_id": "c-1",
    "type": "arithmetic",
    "kind": "calculate",
    "problem": "Calculate: 1 + 2",
    "expression": "1 + 2",
}
CUSTOM = {"type": "custom", "problem": "Which city?", "answer": "Paris"}


@pytest.fixture
def attempts(tmp_path):
    """`attempts((task, answer), ...)` writes a file."""

    def write(*pairs):
        lines = [json.dumps({"task": task, "answer": answer}) for task, answer in pairs]
        (tmp_path / "a.jsonl").write_text("\n".join(lines))
        return "a.jsonl"

    return write


def test_json_is_one_object_of_verdicts(zeroloop, attempts):
    file = attempts((TASK, "3"), (TASK, 4), (CUSTOM, "Paris"), (CUSTOM, None), ({**TASK, "expression": "1 /"}, "3"))
    answer = zeroloop("verify", file, "--json")
    assert answer.code == 0, "a wrong answer is no failure of the command"
    assert list(answer.json) == ["verdicts"]
    assert answer.json["verdicts"][0] == {"verdict": "correct", "score": 1.0, "evidence": "1 + 2 = 3", "task_id": "c-1"}
    found = [(each["verdict"], each["score"], each["task_id"]) for each in answer.json["verdicts"]]
    assert found[1:] == [("wrong", 0, "c-1"), ("correct", 1, None), ("wrong", 0, None), ("error", 0, "c-1")]
    assert "expression" in answer.json["verdicts"][4]["evidence"]
    assert "c-1" in answer.err, "the table goes to stderr where stdout is for JSON"


def test_the_table_has_a_row_an_answer_and_a_summary(zeroloop, attempts):
    answer = zeroloop("verify", attempts((TASK, "3"), (TASK, "4"), ({**CUSTOM, "task_id": "\x1b[31m" + "x" * 99}, "P")))
    assert (answer.code, answer.err) == (0, "")
    head, *rows, summary = answer.out.splitlines()
    assert head.split() == ["task", "verdict", "score", "evidence"]
    assert rows[0].split() == ["c-1", "correct", "1.000", "1", "+", "2", "=", "3"]
    assert rows[1].split()[:3] == ["c-1", "wrong", "0.000"]
    assert rows[2].startswith("?[31mxxx") and "... " in rows[2]
    assert summary == "3 answers: 1 correct, 2 wrong; mean score 0.333"


def test_a_task_that_no_kind_takes_is_an_error_and_the_others_are_verified(zeroloop, attempts):
    answer = zeroloop("verify", attempts(({"kind": "calclate"}, "3"), ({}, 1), (TASK, "3")), "--json")
    assert [each["verdict"] for each in answer.json["verdicts"]] == ["error", "error", "correct"]
    assert "did you mean 'calculate'?" in answer.json["verdicts"][0]["evidence"]


def test_text_that_no_terminal_shows_is_no_failure(zeroloop, attempts):
    answer = zeroloop("verify", attempts((CUSTOM, "\ud800"), ({**CUSTOM, "task_id": "\ud800\n"}, "Paris")))
    assert answer.code == 0 and len(answer.out.splitlines()) == 4


def test_blank_lines_are_skipped(zeroloop, tmp_path):
    (tmp_path / "a.jsonl").write_text("\n" + json.dumps({"task": TASK, "answer": 3}) + "\r\n\n")
    assert len(zeroloop("verify", "a.jsonl", "--json").json["verdicts"]) == 1
    (tmp_path / "a.jsonl").write_text("")
    assert zeroloop("verify", "a.jsonl", "--json").json == {"verdicts": []}
    assert zeroloop("verify", "a.jsonl").out.endswith("0 answers: none; mean score 0.000\n")


@pytest.mark.parametrize("json_wanted", [(), ("--json",)])
@pytest.mark.parametrize(
    ("line", "part"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"task": {}, "answer": ' + b"1" * 5_000 + b"}", "is not JSON"),
        (b"[]", "is no JSON object"),
        (b"{}", "task is missing"),
        (b'{"task": {}}', "answer is missing"),
        (b'{"task": [], "answer": 1}', "task must be an object"),
        (b'{"task": null, "answer": 1}', "task must be an object"),
    ],
    ids=range(9),
)
def test_a_malformed_line_is_named(zeroloop, tmp_path, line, part, json_wanted):
    good = json.dumps({"task": TASK, "answer": 3}).encode()
    (tmp_path / "a.jsonl").write_bytes(good + b"\n\n" + line + b"\n" + good)
    zeroloop("verify", "a.jsonl", *json_wanted).refused(1, "a.jsonl line 3", part)


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        ([], 2, ["FILE.jsonl"]),
        (["missing.jsonl"], 1, ["missing.jsonl", "no such file"]),
        (["missing.jsonl", "--json"], 1, ["missing.jsonl", "no such file"]),
        (["."], 1, ["directory"]),
        (["a.jsonl", "--jsn"], 2, ["--jsn", "did you mean --json?"]),
        (["a.jsonl", "b.jsonl"], 2, ["b.jsonl"]),
    ],
)
def test_bad_input_is_one_line(zeroloop, words, code, parts):
    zeroloop("verify", *words).refused(code, *parts)
