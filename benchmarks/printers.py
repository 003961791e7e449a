"""Printers: random programs in Python, JavaScript and Java, run and compared with the interpreter; and its speed.

`python -m benchmarks.printers FIRST COUNT` compares so many batches of programs from the FIRST one on, and prints a
line of JSON for each as it is done; with `--languages` in some of the languages.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import which
from typing import Any

from zeroloop.programs import java, javascript, python
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import language
from zeroloop.programs.random_programs import Case, random_case
from zeroloop.programs.reader import read
from zeroloop.programs.terms import Production, read_signature
from zeroloop.seeding import stream

BATCH = 250
"""Programs in one source file."""


def run(quick: bool = False) -> dict[str, Any]:
    """Disagreements by language, productions that were reached, and evaluations a second."""
    size, count = (60, 1) if quick else (BATCH, 8)
    done = [compared(number, size) for number in range(count)]
    return {
        "programs": size * count,
        "calls with a value": sum(each["calls with a value"] for each in done),
        "disagreements": {name: sum(len(each["disagreements"][name]) for each in done) for name in available()},
        "operations reached": len({op for each in done for op in each["operations"]}),
        "evaluations/s": speed(0.05 if quick else 1.0),
    }


def compared(number: int, programs: int, languages: Sequence[str] | None = None) -> dict[str, Any]:
    """A batch of random programs with ten inputs each: calls that have a value, disagreements by language, and
    operations that were reached. languages: those that are installed, unless said otherwise."""
    rng = stream(1, "printers", number)
    cases = [random_case(rng, f"f{at}", 10) for at in range(programs)]
    return {
        "batch": number,
        "programs": programs,
        "calls with a value": sum(len(case.calls) for case in cases),
        "disagreements": {name: disagreements(name, cases) for name in languages or available()},
        "operations": sorted(
            {each.op for case in cases for each in case.function.term if isinstance(each, Production)}
        ),
    }


def speed(seconds: float) -> dict[str, float]:
    """Evaluations a second on one core of some small functions, and how many terms a second are put together."""
    found = {}
    for name, (signature, features, body, arguments) in _SMALL.items():
        known = read_signature(signature)
        term = read(language(known, (0, 1, 2), features), body)
        evaluate = evaluator(known, term)
        found[name] = _rate(lambda evaluate=evaluate, arguments=arguments: evaluate(arguments), seconds)
        if name == "sum_list, loop":
            found["terms put together"] = _rate(lambda known=known, term=term: evaluator(known, term), seconds)
    return found


_SMALL: dict[str, tuple[str, tuple[str, ...], str, list[Any]]] = {
    "sum_list, sum": ("def f(a: list[int]) -> int", (), "sum(a)", [[3, 1, 4, 1, 5]]),
    "sum_list, loop": (
        "def f(a: list[int]) -> int",
        ("let", "loop"),
        "result = 0\nfor x in a:\n    result += x\nreturn result",
        [[3, 1, 4, 1, 5]],
    ),
    "is_even": ("def f(n: int) -> bool", (), "n % 2 == 0", [7]),
    "factorial of 5, recursion": (
        "def f(n: int) -> int",
        ("if", "recursion"),
        "if n < 2:\n    return 1\nreturn n * f(n - 1)",
        [5],
    ),
}


def _rate(once: Callable[[], Any], seconds: float) -> float:
    start, count = time.process_time(), 0
    while time.process_time() - start < seconds:
        for _ in range(100):
            once()
        count += 100
    return count / (time.process_time() - start)


# ---- programs in other languages -----------------------------------------------------------------------------------

LANGUAGES = ("python", "javascript", "java")
_NEEDS = {"python": (), "javascript": ("node",), "java": ("javac", "java")}


def available() -> list[str]:
    """The languages whose toolchains are installed."""
    return [name for name in LANGUAGES if all(map(which, _NEEDS[name]))]


def disagreements(name: str, cases: Sequence[Case]) -> list[str]:
    """Calls whose value in a language is another one than the interpreter's, with the program."""
    found = []
    for begin in range(0, len(cases), BATCH):
        batch = cases[begin : begin + BATCH]
        with tempfile.TemporaryDirectory() as directory:
            lines = _RUN[name](Path(directory), batch)
        expected = [(case, call) for case in batch for call in case.calls]
        assert len(lines) == len(expected), f"{name}: {len(lines)} results of {len(expected)} calls"
        for line, (case, (arguments, value)) in zip(lines, expected, strict=True):
            if line != shown(value):
                found.append(
                    f"{case.function.signature.name}{arguments} is {shown(value)}, not {line}:\n{text(name, case)}"
                )
    return found


def text(language: str, case: Case, **options: str) -> str:
    """The program of a case in a language."""
    printer = {"python": python.source, "javascript": javascript.source, "java": java.source}[language]
    return printer(*case.helpers, case.function, **options)


def shown(value: Any) -> str:
    """A value as text, the same in all languages."""
    if isinstance(value, list):
        return f"[{','.join(map(shown, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(sorted(f'{shown(key)}:{shown(each)}' for key, each in value.items()))}}}"
    return json.dumps(value)


def _printed(command: Sequence[str | Path]) -> list[str]:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stderr[:4000]}"
    return done.stdout.splitlines()


_PYTHON = """\
import json

def shown(value):
    if isinstance(value, list):
        return f"[{','.join(map(shown, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(sorted(f'{shown(key)}:{shown(each)}' for key, each in value.items()))}}}"
    return json.dumps(value)

def call(function, *arguments):
    before = shown([*arguments])
    try:
        value = shown(function(*arguments))
    except Exception as error:
        value = repr(error)
    print(value if shown([*arguments]) == before else "changed its arguments")
"""


def _run_python(directory: Path, cases: Sequence[Case]) -> list[str]:
    parts = [_PYTHON]
    for case in cases:
        name = case.function.signature.name
        parts += [text("python", case), *(f"call({name}, *{arguments!r})\n" for arguments, _ in case.calls)]
    (directory / "all.py").write_text("\n".join(parts))
    return _printed([sys.executable, directory / "all.py"])


_JAVASCRIPT = """\
"use strict";
const lines = [];
function shown(value) {
  if (Array.isArray(value)) return `[${value.map(shown).join(",")}]`;
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${shown(k)}:${shown(v)}`).sort().join(",")}}`;
  return value === undefined ? "undefined" : JSON.stringify(value);
}
function call(f, ...values) {
  const before = shown(values);
  let value;
  try {
    value = shown(f(...values));
  } catch (error) {
    value = String(error);
  }
  lines.push(shown(values) === before ? value : "changed its arguments");
}
"""


def _run_javascript(directory: Path, cases: Sequence[Case]) -> list[str]:
    parts = [_JAVASCRIPT]
    for case in cases:
        name = case.function.signature.name
        calls = [f"call({', '.join([name, *map(_javascript_value, arguments)])});\n" for arguments, _ in case.calls]
        parts += ["(() => {\n", text("javascript", case), *calls, "})();\n"]
    parts.append('console.log(lines.join("\\n"));\n')
    (directory / "all.js").write_text("".join(parts))
    return _printed(["node", directory / "all.js"])


def _javascript_value(value: Any) -> str:
    if isinstance(value, dict):
        return f"new Map({json.dumps([*value.items()])})"
    return json.dumps(value)


_JAVA = """\
final class All {
    static String shown(Object value) {
        if (value instanceof List<?> list) return "[" + String.join(",", list.stream().map(All::shown).toList()) + "]";
        if (value instanceof Map<?, ?> map) return "{" + String.join(",", map.entrySet().stream()
            .map(each -> shown(each.getKey()) + ":" + shown(each.getValue())).sorted().toList()) + "}";
        return value instanceof String ? "\\"" + value + "\\"" : String.valueOf(value);
    }
    static void call(Callable<Object> function) {
        try {
            System.out.println(shown(function.call()));
        } catch (Throwable error) {
            System.out.println(error);
        }
    }
    public static void main(String[] arguments) {
%s    }
}
"""


def _run_java(directory: Path, cases: Sequence[Case]) -> list[str]:
    imports = {"import java.util.List;", "import java.util.Map;", "import java.util.concurrent.Callable;"}
    parts, runs = [], []
    for number, case in enumerate(cases):
        lines = text("java", case, name=f"Program{number}").splitlines(keepends=True)
        imports |= {line.strip() for line in lines if line.startswith("import ")}
        name, types = case.function.signature.name, [each.type for each in case.function.signature.parameters]
        calls = []
        for arguments, _ in case.calls:
            values = ", ".join(_java_value(each, kind) for each, kind in zip(arguments, types, strict=True))
            calls.append(f"        All.call(() -> Program{number}.{name}({values}));\n")
        parts += [line for line in lines if not line.startswith("import ")]
        parts += [f"final class Run{number} {{\n    static void run() {{\n", *calls, "    }\n}\n"]
        runs.append(f"        Run{number}.run();\n")
    source = "\n".join(sorted(imports)) + "\n" + "".join(parts) + _JAVA % "".join(runs)
    (directory / "All.java").write_text(source)
    quick = "-XX:TieredStopAtLevel=1"
    _printed(["javac", f"-J{quick}", "-J-XX:+UseSerialGC", "-nowarn", "-d", directory, directory / "All.java"])
    return _printed(["java", quick, "-XX:+UseSerialGC", "-cp", directory, "All"])


def _java_value(value: Any, kind: str) -> str:
    if kind in ("list", "words"):
        return (
            f"List.<{'Long' if kind == 'list' else 'String'}>of({', '.join(_java_value(each, '') for each in value)})"
        )
    if kind in ("map", "tally"):
        pairs = [_java_value(each, "") for pair in value.items() for each in pair]
        return f"Map.<{'Long' if kind == 'map' else 'String'}, Long>of({', '.join(pairs)})"
    return f"{value}L" if isinstance(value, int) and not isinstance(value, bool) else json.dumps(value)


_RUN = {"python": _run_python, "javascript": _run_javascript, "java": _run_java}


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("first", type=int)
    arguments.add_argument("count", type=int)
    arguments.add_argument("--languages", nargs="+", choices=LANGUAGES)
    given = arguments.parse_args()
    for number in range(given.first, given.first + given.count):
        print(json.dumps(compared(number, BATCH, given.languages)), flush=True)
