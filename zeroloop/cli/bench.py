"""`zeroloop bench`: speed measurements, which live in the repository's `benchmarks/` and not in the package."""

import ast
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import zeroloop
from zeroloop.cli.arguments import Parser, json_output
from zeroloop.errors import UnknownNameError, UsageError, unknown_name


def run(words: Sequence[str]) -> int:
    """Exit code 0 when the benchmark ran."""
    parser = Parser("bench", "Measure the speed of a part. Benchmarks are in a checkout's benchmarks/ directory.")
    parser.add_argument("name", metavar="NAME", nargs="?", help=f"one of: {', '.join(benchmarks()) or 'none found'}")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes, less exact")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse(words)
    known = benchmarks()
    if not known:
        raise UnknownNameError(
            "there are no benchmarks beside the installed package; run this in a checkout of the repository, "
            "with the package installed from it (make install)"
        )
    if arguments.name is None:
        raise UsageError(f"which benchmark? {', '.join(known)}")
    if arguments.name not in known:
        raise unknown_name("benchmark", arguments.name, known)
    with json_output(arguments.json) as print_json:
        result = _load(known[arguments.name]).run(quick=arguments.quick)
        print("\n".join(_lines(result)))
        print_json(result)
    return 0


def benchmarks() -> dict[str, Path]:
    """Name -> file of each benchmark: the modules in benchmarks/ that define `run(quick: bool) -> dict`."""
    directory = Path(zeroloop.__file__).resolve().parent.parent / "benchmarks"
    files = sorted(directory.glob("*.py")) if directory.is_dir() else []
    return {file.stem: file for file in files if _defines_run(file)}


def _defines_run(file: Path) -> bool:
    body = ast.parse(file.read_text("utf-8")).body
    return any(isinstance(each, ast.FunctionDef) and each.name == "run" for each in body)


def _load(file: Path) -> Any:
    """The module, imported as `benchmarks.NAME`, so that benchmarks can share code."""
    sys.path.insert(0, str(file.parent.parent))
    return importlib.import_module(f"benchmarks.{file.stem}")


def _lines(result: Mapping[str, Any], indent: str = "") -> list[str]:
    """The result as indented lines, numbers with four significant digits."""
    lines = []
    width = max(map(len, result), default=0) + 2
    for name, value in result.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        else:
            text = f"{value:,.4g}" if isinstance(value, float) else str(value)
            lines.append(f"{indent}{name:<{width}}{text}")
    return lines
