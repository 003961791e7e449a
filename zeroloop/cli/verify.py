"""`zeroloop verify`: verdicts on answers to tasks, from a file of JSON lines."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from zeroloop.cli.arguments import Parser, json_output
from zeroloop.contracts import Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.tasks import verify

HEAD = f"{'task':<32}{'verdict':<9}{'score':>6}  evidence"
FORM = '{"task": {...}, "answer": ...}'


class Attempt(NamedTuple):
    """An answer to a task."""

    task: Task
    answer: Any


def run(words: Sequence[str]) -> int:
    """Exit code 0 when every answer has a verdict, whatever that is."""
    parser = Parser("verify", "Check answers to tasks.")
    parser.add_argument("file", type=Path, metavar="FILE.jsonl", help=f"one JSON object a line: {FORM}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse(words)
    attempts = read_attempts(arguments.file)
    with json_output(arguments.json) as print_json:
        print(HEAD)
        verdicts = []
        for task, answer in attempts:
            verdict = verify(task, answer)
            verdicts.append({**verdict._asdict(), "task_id": task.get("task_id")})
            print(_row(task, verdict), flush=True)
        print(_summary(verdicts))
        print_json({"verdicts": verdicts})
    return 0


def read_attempts(path: Path) -> list[Attempt]:
    """Every line of a file, in order; blank lines are skipped. Raises TaskError with file and line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise TaskError(f"{path}: there is no such file") from None
    return [_attempt(line, f"{path} line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _attempt(line: bytes, place: str) -> Attempt:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TaskError(f"{place} is not JSON ({error}); expected {FORM}") from None
    if not isinstance(fields, dict):
        raise TaskError(f"{place} is no JSON object; expected {FORM}")
    for name in ("task", "answer"):
        if name not in fields:
            raise TaskError(f"{place}: {name} is missing; expected {FORM}")
    if not isinstance(fields["task"], dict):
        raise TaskError(f"{place}: task must be an object with the fields of a task; expected {FORM}")
    return Attempt(fields["task"], fields["answer"])


def _row(task: Task, verdict: Verdict) -> str:
    name = _shown(str(task.get("task_id", "-")), 30)
    return f"{name:<32}{verdict.verdict:<9}{verdict.score:>6.3f}  {_shown(verdict.evidence, 200)}"


def _shown(text: str, longest: int) -> str:
    """What a terminal can show of a text that may be anything."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def _summary(verdicts: Sequence[dict[str, Any]]) -> str:
    counts = Counter(each["verdict"] for each in verdicts)
    words = [f"{counts[name]} {name}" for name in ("correct", "wrong", "error", "timeout") if counts[name]]
    mean = sum(each["score"] for each in verdicts) / max(1, len(verdicts))
    return f"{len(verdicts)} answers: {', '.join(words) or 'none'}; mean score {mean:.3f}"
