"""`zeroloop evaluate`: how often a checkpoint errs, on exactly scored positions, held-out puzzles or held-out tasks."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from zeroloop import config
from zeroloop.cli.arguments import Parser, at_least, json_output
from zeroloop.config import Layer
from zeroloop.contracts import Environment, Evaluator, Task, TaskEnvironment
from zeroloop.errors import UsageError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.networks import SegmentedNetwork
from zeroloop.run.grading import Grade, grade, mean_grade
from zeroloop.run.players import Player, load_player, search_settings, untrained
from zeroloop.run.positions import Position, are_shipped_for, read_positions, shipped_sets
from zeroloop.run.supervised import AnswerGrade, Solver, grade_answers, load_solver
from zeroloop.run.task_sets import level_of, read_set
from zeroloop.run.trials import (
    TaskGrade,
    VerifiedGrade,
    by_sort,
    grade_tasks,
    held_out_tasks,
    verdicts,
    verified_grade,
)
from zeroloop.search import SearchSettings
from zeroloop.tasks import kinds
from zeroloop.tasks._mixture import Mixture


class EvaluationSettings(BaseModel):
    """How the search works that is measured, beside its number of simulations; a single agent's returns are rescaled in
    each tree ("minmax") unless `value_range` says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search: SearchSettings = SearchSettings()


FIXED = {"num_simulations", "forced_playouts", "max_nodes"}
"""What `playing_settings` decides."""

HEAD = f"{'set':<20}{'positions':>10}{'weak error':>12}{'strong error':>14}{'value error':>13}{'seconds':>9}"

PUZZLE_HEAD = f"{'weights':<20}{'puzzles':>9}{'exact':>9}{'any valid':>11}{'segments':>10}{'seconds':>9}"

BASELINES = "untrained", "no network"
"""What a solver of tasks is compared with: its network before training, and search with uniform priors and value 0."""
TASKS = 200
"""Tasks that a solver of tasks is measured on where these are drawn."""
TASK_HEAD = f"{'sort':<18}{'tasks':>7}{'solved':>9}{'good':>9}{'mean excess':>13}{'seconds':>9}"
SET_HEAD = f"{'kind':<18}{'level':<8}{'tasks':>6}{'solved':>9}{'good':>9}{'score':>8}{'mean excess':>13}{'errors':>8}"
ALL = "all"
"""Of a kind: its levels together."""


def run(words: Sequence[str]) -> int:
    """Exit code 0 when it was graded."""
    parser = _parser()
    own, typed = parser.split(words)
    arguments = parser.parse(own)
    arguments.settings = config.parse_overrides(EvaluationSettings, typed)
    config.merge(EvaluationSettings, arguments.settings)  # refuses wrong values before anything is printed
    for name in sorted(FIXED & arguments.settings.values.get("search", {}).keys()):
        raise UsageError(f"--search.{name.replace('_', '-')} follows from --simulations K where strength is measured")
    solver = None if arguments.source == "untrained" else load_solver(arguments.source)
    if solver is not None:
        return _puzzles(arguments, solver)
    player = _of_tasks(arguments, load_player(arguments.source, arguments.game))
    _think(arguments, player)
    if isinstance(player.environment, TaskEnvironment):
        return _tasks(arguments, player, player.environment)
    return _positions(arguments, player)


def _think(arguments: argparse.Namespace, player: Player) -> None:
    """Give the network the segments that were asked for, instead of its own."""
    if arguments.segments is None and not arguments.no_halt:
        return
    network = player.network
    if not isinstance(network, SegmentedNetwork):
        raise UsageError("--segments and --no-halt are for networks that think in segments: hrm, trm, reasoners")
    if arguments.segments is not None:
        network.segments = network.root_segments = arguments.segments
    network.halting = not arguments.no_halt


def _tasks(arguments: argparse.Namespace, player: Player, environment: TaskEnvironment) -> int:
    """Episodes on tasks that training never drew, by their sort; of a mixture, on those that ship."""
    if arguments.positions is not None:
        raise UsageError(f"--positions is for games with exact scores; {environment.name} has tasks")
    if isinstance(environment, Mixture) and arguments.difficulty is None:
        return _task_sets(arguments, player, environment)
    tasks = held_out_tasks(environment, arguments.limit or TASKS, arguments.seed)
    return _compared(arguments, player, TASK_HEAD, lambda each: _graded(arguments, environment, each, tasks))


def _task_sets(arguments: argparse.Namespace, player: Player, mixture: Mixture) -> int:
    """Verified answers to the tasks that ship, by kind and level."""
    known = {kind.name: kind for kind in kinds()}
    sets = {
        name: [task for tasks in read_set(known[name]).values() for task in tasks[: arguments.limit]]
        for name in sorted(mixture.kinds)
    }
    return _compared(arguments, player, SET_HEAD, lambda each: _verified(arguments, mixture, each, sets))


def _compared(
    arguments: argparse.Namespace, player: Player, head: str, grades: Callable[[Evaluator], dict[str, Any]]
) -> int:
    """Prints the grades of the player, and of what it is compared with."""
    with json_output(arguments.json) as print_json:
        found = {}
        for who, evaluator in _evaluators(arguments, player).items():
            print(f"{who}, {arguments.simulations} simulations per move\n{head}")
            found[who] = grades(evaluator)
        trained, *baselines = found.values()
        print_json({**trained, "baselines": dict(zip(BASELINES, baselines, strict=True))} if baselines else trained)
    return 0


def _verified(
    arguments: argparse.Namespace, mixture: Mixture, evaluator: Evaluator, sets: dict[str, list[Task]]
) -> dict[str, Any]:
    """Grades of the sets, as JSON has them; prints a row for each level, and for each kind."""
    grades: dict[str, dict[str, VerifiedGrade]] = {}
    for name, tasks in sets.items():
        with _counted(name, len(tasks)) as on_end:
            found = verdicts(mixture, evaluator, tasks, _search(arguments, mixture), arguments.simulations, on_end)
        levels = {level_of(task): None for task in tasks}
        grades[name] = {}
        for level in (*levels, ALL):
            some = [pair for pair in zip(tasks, found, strict=True) if level in (ALL, level_of(pair[0]))]
            grades[name][level] = verified_grade(mixture, *zip(*some, strict=True))
            print(_set_row(name, level, grades[name][level]), flush=True)
    good = sum(each[ALL].good for each in grades.values()) / len(grades)
    print(f"{'mean of kinds':<18}{'':<14}{'':>9}{good:>9.2%}")
    return {
        "good": good,
        "simulations": arguments.simulations,
        "sets": {name: {level: asdict(each) for level, each in levels.items()} for name, levels in grades.items()},
    }


def _set_row(name: str, level: str, grade: VerifiedGrade) -> str:
    excess = "-" if grade.excess is None else f"{grade.excess:.2%}"
    shares = f"{grade.solved:>9.2%}{grade.good:>9.2%}{grade.score:>8.3f}"
    return f"{name:<18}{level:<8}{grade.tasks:>6}{shares}{excess:>13}{grade.errors:>8}"


def _evaluators(arguments: argparse.Namespace, player: Player) -> dict[str, Evaluator]:
    """What searches with, by name: the player's network, and if asked for what it is compared with."""
    found: dict[str, Evaluator] = {arguments.source: player.evaluator()}
    if arguments.baselines:
        before = untrained(player)
        _think(arguments, before)
        found |= zip(BASELINES, (before.evaluator(), UniformEvaluator()), strict=True)
    return found


def _graded(
    arguments: argparse.Namespace, environment: TaskEnvironment, evaluator: Evaluator, tasks: list[Task]
) -> dict[str, Any]:
    """Grades of tasks, as JSON has them; prints a row for each sort."""
    grades = {}
    for name, some in by_sort(environment, tasks).items():
        search = _search(arguments, environment)
        with _counted(name, len(some)) as on_end:
            grades[name] = grade_tasks(environment, evaluator, some, search, arguments.simulations, on_end)
        print(_task_row(name, grades[name]), flush=True)
    if len(grades) == 1:
        return asdict(grades[name])
    good = sum(each.good * each.tasks for each in grades.values()) / len(tasks)
    print(f"{'all':<18}{len(tasks):>7}{'':>9}{good:>9.2%}")
    return {"good": good, "sets": {name: asdict(each) for name, each in grades.items()}}


@contextlib.contextmanager
def _counted(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Says on a terminal how many episodes have ended, while they are played."""

    def show(ended: int) -> None:
        if _is_watched():
            print(f"\r{name}: {ended} of {total} episodes have ended", end="", file=sys.stderr, flush=True)

    try:
        show(0)
        yield show
    finally:
        if _is_watched():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _is_watched() -> bool:
    return sys.stderr.isatty()


def _search(arguments: argparse.Namespace, environment: Environment) -> SearchSettings:
    usual = Layer({"search": search_settings(environment).model_dump()}, "the defaults")
    return config.merge(EvaluationSettings, usual, arguments.settings).search


def _task_row(name: str, grade: TaskGrade) -> str:
    excess = "-" if grade.excess is None else f"{grade.excess:.2%}"
    return f"{name:<18}{grade.tasks:>7}{grade.solved:>9.2%}{grade.good:>9.2%}{excess:>13}{grade.seconds:>9.1f}"


def _of_tasks(arguments: argparse.Namespace, player: Player) -> Player:
    """The player on the tasks that were asked for, instead of those that it was trained on."""
    if arguments.family is None and not arguments.kinds and arguments.difficulty is None:
        return player
    environment = player.environment
    if not isinstance(environment, Mixture):
        given = "--family, --kinds and --difficulty are for solvers of tasks"
        raise UsageError(f"{given}; this one plays {environment.name}")
    names = environment.kinds
    if arguments.family:
        names = [kind.name for kind in kinds(arguments.family) if kind.num_players == environment.num_players]
    names = arguments.kinds or names
    return replace(player, environment=environment.of(names, arguments.difficulty))


def _puzzles(arguments: argparse.Namespace, solver: Solver) -> int:
    """Averaged and raw weights on the puzzles that training never saw."""
    if arguments.settings.values:
        raise UsageError(f"--search is not for puzzles; {arguments.source} solves {solver.puzzle.name}")
    for option in ("game", "positions", "baselines"):
        if getattr(arguments, option):
            raise UsageError(f"--{option} is not for puzzles; {arguments.source} solves {solver.puzzle.name}")
    pairs = solver.test.take(slice(0, arguments.limit))
    with json_output(arguments.json) as print_json:
        print(f"{arguments.source}, {solver.puzzle.name}\n{PUZZLE_HEAD}")
        found: dict[str, AnswerGrade] = {}
        for name, network in solver.networks.items():
            grade = found[name] = grade_answers(
                network, solver.puzzle, pairs, arguments.segments, not arguments.no_halt
            )
            accuracies = f"{grade.exact:>9.2%}{grade.valid:>11.2%}"
            print(f"{name:<20}{grade.puzzles:>9}{accuracies}{grade.segments:>10.2f}{grade.seconds:>9.1f}", flush=True)
        print_json({**asdict(found["average"]), "weights": {name: asdict(each) for name, each in found.items()}})
    return 0


def _positions(arguments: argparse.Namespace, player: Player) -> int:
    if arguments.baselines:
        raise UsageError(f"--baselines is for solvers of tasks; this one plays {player.environment.name}")
    sets = _sets(arguments, player.environment)
    with json_output(arguments.json) as print_json:
        evaluator = player.evaluator()
        print(f"{arguments.source}, {arguments.simulations} simulations per move\n{HEAD}")
        grades: dict[str, Grade] = {}
        for name, positions in sets.items():
            simulations, search = arguments.simulations, _search(arguments, player.environment)
            grades[name] = grade(player.environment, evaluator, positions, search, simulations)
            print(_row(name, grades[name]), flush=True)
        mean = mean_grade(list(grades.values()))
        if len(grades) == 1:
            print_json(asdict(mean))
        else:
            print(_row("mean", mean))
            print_json({**asdict(mean), "sets": {name: asdict(each) for name, each in grades.items()}})
    return 0


def _parser() -> Parser:
    about = "Measure a checkpoint on exactly scored positions, held-out puzzles or held-out tasks."
    parser = Parser("evaluate", about, lambda: EvaluationSettings)
    option = parser.add_argument
    option("source", metavar="CHECKPOINT|RUN|untrained", help="what to measure; of a run, its best model")
    option("--game", help="the game it must be of; needed for `untrained`")
    option("--positions", type=Path, metavar="FILE", help="scored positions (default: the sets that ship)")
    halves = "which sets that ship: `choose` (default) to choose recipes with, `report` for reported figures only"
    option("--half", choices=("choose", "report"), default="choose", help=halves)
    option(
        "--limit",
        type=at_least(1),
        metavar="N",
        help="only the first N positions of each set, puzzles, tasks that are drawn, or tasks of each level of a kind",
    )
    simulations = "simulations per move, default 600; 0 is the network alone"
    option("--simulations", type=at_least(0), default=600, metavar="K", help=simulations)
    option(
        "--segments",
        type=at_least(1),
        metavar="K",
        help="of a reasoner: at most K segments a puzzle, or an evaluation in a search",
    )
    option("--no-halt", action="store_true", help="of a reasoner: take all segments, whatever it says")
    option("--seed", type=at_least(0), default=0, metavar="S", help="of the tasks that are drawn, default 0")
    option("--family", metavar="F", help="of a solver of tasks: the family, such as math or search")
    option("--kinds", nargs="+", metavar="K", help="of a solver of tasks: kinds, such as countdown and equation")
    difficulty = "draw held-out tasks of this difficulty, within 0 to 1, instead of those that ship"
    option("--difficulty", nargs=2, type=float, metavar=("LO", "HI"), help=difficulty)
    baselines = "of a solver of tasks: its network before training and the search without a network, too"
    option("--baselines", action="store_true", help=baselines)
    option("--json", action="store_true", help="print one JSON object")
    return parser


def _sets(arguments: argparse.Namespace, environment: Environment) -> dict[str, list[Position]]:
    if arguments.positions:
        files = {arguments.positions.stem: arguments.positions}
    elif are_shipped_for(environment):
        files = shipped_sets(arguments.half)
    else:
        raise UsageError(f"no scored positions ship for this board of {environment.name}; give --positions FILE")
    return {name: read_positions(file, environment)[: arguments.limit] for name, file in files.items()}


def _row(name: str, grade: Grade) -> str:
    errors = f"{grade.weak_error:>12.2%}{grade.strong_error:>14.2%}{grade.value_mae:>13.3f}"
    return f"{name:<20}{grade.positions:>10}{errors}{grade.seconds:>9.1f}"
