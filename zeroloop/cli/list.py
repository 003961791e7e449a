"""`zeroloop list`: the parts there are, with one line about each."""

import ast
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import zeroloop
from zeroloop import registry
from zeroloop.cli.arguments import Parser, json_output
from zeroloop.cli.bench import benchmarks
from zeroloop.cli.recipes import recipes


def run(words: Sequence[str]) -> int:
    """Exit code 0."""
    parser = Parser("list", "Show the games, puzzles, networks, recipes and benchmarks there are.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse(words)
    parts = {
        "games": described("envs"),
        "puzzles": described("puzzles"),
        "networks": described("networks"),
        "recipes": recipes(),
        "benchmarks": {name: first_line(file) for name, file in benchmarks().items()},
    }
    if importlib.util.find_spec("reasoning_gym") is not None:
        parts["tasks by zeroloop generate reasoning-gym:NAME"] = data_sets()
    with json_output(arguments.json) as print_json:
        for kind, entries in parts.items():
            print(kind)
            for name, text in entries.items():
                print(f"  {name:<18}{text}" if len(name) < 18 else f"  {name:<26}{text}")
        print_json(parts)
    return 0


def data_sets() -> dict[str, str]:
    """Name -> what is right in it, or why answers are not judged, for each data set of reasoning-gym."""
    from zeroloop.tasks._reasoning_gym import OURS
    from zeroloop.tasks._reasoning_gym_table import JUDGED, REFUSED

    refused = {name: f"not judged: {reason}" for name, reason in REFUSED.items()}
    return dict(sorted({**JUDGED, **refused, **{name: f"the kind {name}" for name in OURS}}.items()))


def described(package: str) -> dict[str, str]:
    """Name -> first line of its documentation, for every part in a package of the registry."""
    directory = Path(zeroloop.__file__).parent / package
    return {name: first_line(directory / f"{name}.py") for name in registry.names(package)}


def first_line(file: Path) -> str:
    """The first line of a module's docstring, read without importing it."""
    if not file.is_file():
        return "(from another package)"
    return (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0]
