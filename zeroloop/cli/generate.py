"""`zeroloop generate`: verifiable tasks of a family, as JSON lines."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from zeroloop.cli.arguments import Parser, at_least
from zeroloop.contracts import Task
from zeroloop.errors import UsageError, unknown_name
from zeroloop.files import atomic_write
from zeroloop.sandbox import LANGUAGES
from zeroloop.tasks import (
    BaseTaskGenerator,
    CodeGenerationTaskGenerator,
    FamilyTaskGenerator,
    MathProblemGenerator,
    MCTSSearchTaskGenerator,
    MultiStepReasoningGenerator,
    ReasoningGymTaskGenerator,
    kinds,
)

STDOUT = Path("-")
BRIDGE = "reasoning-gym:"
"""What the family begins with where a data set of that package is meant."""
DIFFICULTY = (0.1, 1.0)
GENERATORS: tuple[type[FamilyTaskGenerator], ...] = (
    MathProblemGenerator,
    CodeGenerationTaskGenerator,
    MultiStepReasoningGenerator,
    MCTSSearchTaskGenerator,
)


def run(words: Sequence[str]) -> int:
    """Exit code 0 when all tasks were written."""
    arguments = _parser().parse(words)
    generator = _generator(arguments)
    made: Counter[tuple[str, str]] = Counter()
    tasks = _tasks(generator, arguments.tasks, made)
    if arguments.out == STDOUT:
        for task in tasks:
            print(json.dumps(task))
    else:
        atomic_write(
            _checked(arguments.out), lambda file: file.writelines(f"{json.dumps(task)}\n".encode() for task in tasks)
        )
    if isinstance(generator, ReasoningGymTaskGenerator) and generator.refusal:
        print(f"answers to {BRIDGE}{generator.data_set} are not judged: {generator.refusal}", file=sys.stderr)
    for line in _table(made):
        print(line, file=sys.stderr if arguments.out == STDOUT else sys.stdout)
    return 0


def _parser() -> Parser:
    parser = Parser("generate", "Make verifiable tasks of a family, one JSON object a line.")
    option = parser.add_argument
    families = f"one of {', '.join(_families())}, or {BRIDGE}NAME, a data set of that package (`zeroloop list`)"
    option("family", metavar="FAMILY", help=families)
    option("--tasks", type=at_least(1), required=True, metavar="N", help="how many")
    difficulty = "from 0 to 1, drawn between these two; default 0.1 1.0"
    option("--difficulty", nargs=2, type=float, default=DIFFICULTY, metavar=("LO", "HI"), help=difficulty)
    option("--seed", type=at_least(0), default=0, metavar="S", help="equal seeds make equal tasks, default 0")
    option("--kinds", nargs="+", metavar="K", help="only these kinds of the family")
    option("--languages", nargs="+", metavar="L", help="of code: only these languages, such as python java")
    option("--out", type=Path, required=True, metavar="TASKS.jsonl", help="the file to write, - for stdout")
    return parser


def _checked(path: Path) -> Path:
    """The file to write. Raises UsageError where there can be none: before the work, and not after it."""
    if path.is_dir():
        raise UsageError(f"--out: {path} is a directory; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"--out: there is no directory {path.parent}; create it first")
    return path


def _families() -> list[str]:
    return sorted({kind.family for kind in kinds()})


def _generator(arguments: argparse.Namespace) -> BaseTaskGenerator:
    """The family's generator. Raises UsageError for a wrong range, or a word that is no family or kind of it."""
    if arguments.family.startswith(BRIDGE):
        return _bridge(arguments)
    low, high = arguments.difficulty
    if not 0 <= low <= high <= 1:
        raise UsageError(f"--difficulty must rise within 0 to 1, not {low:g} to {high:g}; e.g. --difficulty 0.1 1.0")
    known = [kind.name for kind in kinds(arguments.family)]
    for name in arguments.kinds or ():
        if name not in known:
            raise unknown_name(f"kind of the family {arguments.family},", name, known)
    made = _generator_of(arguments.family)
    if arguments.languages is None:
        return made((low, high), arguments.seed, arguments.kinds)
    if not issubclass(made, CodeGenerationTaskGenerator):
        raise UsageError(f"--languages is for the family code; leave it out for {arguments.family}")
    for name in arguments.languages:
        if name not in LANGUAGES:
            raise unknown_name("language", name, LANGUAGES)
    return made((low, high), arguments.seed, arguments.kinds, arguments.languages)


def _bridge(arguments: argparse.Namespace) -> ReasoningGymTaskGenerator:
    for name, left_out in (("difficulty", DIFFICULTY), ("kinds", None), ("languages", None)):
        if getattr(arguments, name) != left_out:
            raise UsageError(f"--{name} is for families; leave it out for {arguments.family}")
    return ReasoningGymTaskGenerator(arguments.family.removeprefix(BRIDGE), arguments.seed)


def _generator_of(family: str) -> type[FamilyTaskGenerator]:
    """The class that makes tasks of a family: one that Zeroloop has, or one for a family of an author's."""
    for each in GENERATORS:
        if each.family == family:
            return each
    return type(f"{family}_generator", (FamilyTaskGenerator,), {"family": family})


def _tasks(generator: BaseTaskGenerator, number: int, made: Counter[tuple[str, str]]) -> Iterator[Task]:
    """The tasks, counted by type and kind, with a progress bar where stderr is a terminal."""
    console = Console(stderr=True)
    for _ in track(range(number), "tasks", console=console, transient=True, disable=not console.is_terminal):
        (task,) = generator.generate(1)
        made[task["type"], task["kind"]] += 1
        yield task


def _table(made: Counter[tuple[str, str]]) -> Iterator[str]:
    yield f"{'type':<26}{'kind':<26}{'tasks':>7}"
    for (type_name, kind_name), count in sorted(made.items()):
        yield f"{type_name:<26}{kind_name:<26}{count:>7}"
