"""`zeroloop pddl`: planning problems in PDDL, read as tasks, solved, verified, and written."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from zeroloop.cli.arguments import Parser, at_least, json_output
from zeroloop.contracts import Task
from zeroloop.envs import strips
from zeroloop.errors import TaskError, UsageError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.files import atomic_write
from zeroloop.run.arena import solved
from zeroloop.run.grading import playing_settings
from zeroloop.search import SearchSettings
from zeroloop.tasks import kind_of, verify
from zeroloop.tasks._pddl import MAX_STEPS, MAX_TEXT, read_pddl, write_pddl, write_plan

FILES = {
    "task": ("DOMAIN.pddl", "PROBLEM.pddl"),
    "solve": ("DOMAIN.pddl", "PROBLEM.pddl"),
    "verify": ("DOMAIN.pddl", "PROBLEM.pddl", "PLAN"),
    "export": ("TASKS.jsonl",),
}
"""The files that each action reads."""


def run(words: Sequence[str]) -> int:
    """Exit code 0 when it was done; 1 where no plan was found."""
    arguments = _parser().parse(words)
    expected = FILES[arguments.action]
    if len(arguments.files) != len(expected):
        raise UsageError(f"pddl {arguments.action} needs {' '.join(expected)}, not {len(arguments.files)} files")
    texts = [_text(file) for file in arguments.files]
    if arguments.action == "export":
        return _export(arguments, texts[0])
    task = read_pddl(texts[0], texts[1], arguments.max_steps)
    if arguments.action == "task":
        return _written(arguments, f"{json.dumps(task)}\n")
    if arguments.action == "solve":
        return _written(arguments, write_plan(_plan(task, arguments)))
    with json_output(arguments.json) as print_json:
        verdict = verify(task, texts[2])
        print(f"{verdict.verdict}: {verdict.evidence}")
        print_json(verdict._asdict())
    return 0


def _parser() -> Parser:
    parser = Parser(
        "pddl", "Read planning problems in PDDL as tasks, solve them, verify plans, and write tasks as PDDL."
    )
    option = parser.add_argument
    usage = "; ".join(f"{action} {' '.join(files)}" for action, files in FILES.items())
    option("action", choices=[*FILES], metavar="ACTION", help=usage)
    option("files", type=Path, nargs="*", metavar="FILE", help="as the action needs them")
    option(
        "--max-steps", type=at_least(1), default=MAX_STEPS, metavar="N", help=f"actions of a plan, default {MAX_STEPS}"
    )
    option("--simulations", type=at_least(1), metavar="K", help="solve by tree search with K simulations a step")
    option("--out", type=Path, metavar="FILE|DIR", help="where to write instead of stdout; export needs a directory")
    option("--json", action="store_true", help="print the verdict as one JSON object")
    return parser


def _text(file: Path) -> str:
    """What is in a file. Raises TaskError where there is none, or no text of a fair length."""
    try:
        if file.stat().st_size > 4 * MAX_TEXT:
            raise TaskError(f"{file}: has {file.stat().st_size} bytes; at most {4 * MAX_TEXT} are read")
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise TaskError(f"{file}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise TaskError(f"{file}: is no text ({error})") from None


def _written(arguments: argparse.Namespace, text: str) -> int:
    if arguments.out is None:
        print(text, end="")
    else:
        _write(arguments.out, text)
    return 0


def _write(path: Path, text: str) -> None:
    atomic_write(path, lambda file: file.write(text.encode()))


def _plan(task: Task, arguments: argparse.Namespace) -> list[str]:
    """By the planner, or by tree search. Raises TaskError where none was found."""
    if arguments.simulations is None:
        solution = kind_of(task).solve(task)
        if solution is None:
            raise TaskError(f"no plan of at most {task['max_steps']} actions was found; a higher --max-steps may help")
        return [*solution.steps]
    environment = strips.environment()
    settings = playing_settings(SearchSettings(lookahead=False), arguments.simulations)
    (state,) = solved(environment, UniformEvaluator(), [environment.initial_state(task)], settings).states
    if not environment.score(state):
        raise TaskError(f"the search found no plan; more than {arguments.simulations} simulations may help")
    return environment.answer(state)


def _export(arguments: argparse.Namespace, text: str) -> int:
    """Two files for each planning task of a file of JSON lines, and a plan where the task has an answer."""
    if arguments.out is None or (arguments.out.exists() and not arguments.out.is_dir()):
        raise UsageError(f"--out: name a directory to write to, not {arguments.out}")
    for number, line in enumerate(filter(str.strip, text.split("\n")), 1):
        try:
            task = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TaskError(f"{arguments.files[0]} line {number} is not JSON ({error}); expected a task") from None
        as_strips = getattr(kind_of(task), "as_strips", None)
        if as_strips is None:
            raise TaskError(f"{arguments.files[0]} line {number}: tasks of the kind {task.get('kind')} are no planning")
        fields = as_strips(task)
        domain, problem = write_pddl(fields, task["kind"].replace("_", "-"))
        texts = {"domain.pddl": domain, "problem.pddl": problem}
        if "answer" in fields:
            texts["plan"] = write_plan(fields["answer"])
        for name, content in texts.items():
            arguments.out.mkdir(parents=True, exist_ok=True)
            file = arguments.out / f"{number}.{name}"
            _write(file, content)
            print(file)
    return 0
