"""Functions: write one in Python that does what is asked; it is run in the sandbox on tests that nobody saw."""

import ast
import functools
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import SandboxError, TaskError
from zeroloop.programs.rules import STATEMENTS
from zeroloop.sandbox import Call, Outcome, run
from zeroloop.task_fields import one_of, text
from zeroloop.tasks._function_tests import Case, agrees, behaviour, in_domain, shown_cases, study, tests
from zeroloop.tasks._kinds import Kind, correct, endless, wrong
from zeroloop.tasks._specifications import UNDEFINED, Specification, specifications

LONGEST = 20_000
"""Characters of an answer that is read."""
SMALLEST, SIZES = 2, 15
"""Size of the easiest references, and how much larger the hardest are."""


class Statement(NamedTuple):
    """What a task asks: the function's name, what it is to do, and the examples that everybody sees."""

    name: str
    specification: Specification
    visible: list[Case]


class Function(Kind):
    """Dial: how large the smallest known program is, from `sum(numbers)` to conditions and loops in one another."""

    name = "function"
    family = "code"
    type = "function"
    environment_name = "program"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Examples are chosen so that they rule out as many wrong programs as they can."""
        found = _choose(rng, difficulty)
        most = found.size + 3 + found.size // 4
        known = study(found.key)
        task: Task = {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "language": "python",
            "function_name": found.name,
            "signature": found.signature,
            "spec": found.key,
            "constants": list(known.constants),
            "max_size": most,
        }
        cases = shown_cases(known, rng)
        task["test_cases"] = [{"input": arguments, "output": result} for arguments, result in cases]
        fitting = len(self.environment(task).initial_state(task).goal.examples)
        task["test_cases"] = task["test_cases"][:fitting]
        return {**task, "problem": _problem(found, cases[:fitting]), "answer": known.source}

    def read(self, task: Task) -> Statement:
        """The specification and the examples, which must be as it says."""
        one_of(task, "language", ("python",))
        name = text(task, "function_name", 100)
        if not name.isidentifier():
            raise TaskError(f"function_name {name!r} cannot be the name of a function")
        key = text(task, "spec", 200)
        found = specifications().get(key)
        if found is None:
            raise TaskError(f"spec {key[:80]!r} is unknown; tasks of this kind are made by the generator")
        if text(task, "signature", 500) != found.signature.replace(f" {found.name}(", f" {name}(", 1):
            raise TaskError(f"signature must be {found.signature!r}, with the name {name!r}")
        return Statement(name, found, _visible(task, found))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The source is run on the examples and on tests that are derived from the specification alone."""
        if not isinstance(answer, str):
            raise TaskError(f"answer: expected Python source as text, not {type(answer).__name__}")
        source = _readable(answer, problem.name)
        cases = [*problem.visible, *tests(problem.specification.key)]
        try:
            return _tried(source, problem.name, repr(cases), len(problem.visible))
        except SandboxError as error:
            return Verdict("error", 0.0, str(error))
        except _StalledError as error:
            return Verdict("timeout", 0.0, str(error))

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The reference that the specification comes with, whose size is its cost."""
        known = study(self.read(task).specification.key)
        source = f"{text(task, 'signature')}:\n{known.body}"
        return Solution(source, tuple(part.name for part in known.term), len(known.term), len(known.term))

    def structure(self, task: Task) -> str:
        """What the function does, on arguments that depend on its types alone: names do not matter."""
        return behaviour(self.read(task).specification.key)

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence says what is written into the first hole, and what the function's body is then."""
        problem = self.read(task)
        signature = text(task, "signature", 500)
        try:
            body = _start(signature, task.get("features", []))
        except (SyntaxError, ValueError, AttributeError, KeyError, TypeError):
            return f"signature or features are not readable: {signature!r}"
        for claim in claims:
            match = _CLAIM.fullmatch(claim)
            if match is None:
                return f"not readable: {claim!r}"
            try:
                expected, stated = _filled(body, match[1]), _plain(match[2])
            except (SyntaxError, ValueError) as error:
                return f"not readable: {claim!r}: {error}"
            if expected != stated:
                return f"not true: {claim!r}"
            body = match[2]
        if _first_hole(_statements(body)) is not None:
            return "holes are left"
        source = f"{signature}:\n" + "".join(f"    {line}\n" for line in _lines(body).split("\n"))
        verdict = self.judge(problem, source)
        return None if verdict.verdict == "correct" else f"the function is {verdict.verdict}: {verdict.evidence}"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[str]:
        """The reference as people write it: comments, no annotations, other names, helpers, in a Markdown fence."""
        source, name = task["answer"], task["function_name"]
        head, _, body = source.partition("\n")
        names = [variable.name for variable in study(task["spec"]).parameters]
        plain = ", ".join(names)
        return endless(
            lambda: source,
            lambda: f"\n\n{source}\n# that is all\n",
            lambda: source.replace("\n", "\r\n"),
            lambda: source.replace("    ", "\t"),
            lambda: f"```python\n{source}```",
            lambda: f"This does it:\n\n```\n{source}\n```\nIt is short.",
            lambda: f"def {name}({plain}):\n{body}",
            lambda: f'import math\n\n{head}\n    """{task["problem"].splitlines()[0]}"""\n{body}',
            lambda: f"def helper({plain}):\n{body}\n\ndef {name}(*values):\n    return helper(*values)\n",
            lambda: f"{head}\n" + body.replace("return ", "answer = ") + "    return answer\n",
            lambda: f"def {name}(*values):\n    {plain}{',' * (len(names) == 1)} = values\n{body}",
            lambda: f"{source}\n\nif __name__ == '__main__':\n    raise SystemExit(1)\n",
            lambda: f"class Unused:\n    pass\n\n\n{source}print({name})\n",
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Programs with one thing wrong, that know the examples alone, that print, raise, end or never end."""
        known = study(task["spec"])
        source, name = task["answer"], task["function_name"]
        head = source.partition("\n")[0]
        visible = [(case["input"], case["output"]) for case in task["test_cases"]]
        results = [result for _, result in tests(task["spec"])]

        def by_heart() -> str:
            unseen = next(
                result for arguments, result in tests(task["spec"]) if arguments not in [a for a, _ in visible]
            )
            default = next(result for result in [*results, None] if result != unseen)
            table = {repr(arguments): result for arguments, result in visible}
            return f"def {name}(*values):\n    return {table!r}.get(repr([*values]), {default!r})\n"

        def changed() -> Any:
            result = visible[int(rng.integers(len(visible)))][1]
            return [result, str(result), [result], {"answer": source}, None, source.encode(), float("nan")][
                int(rng.integers(7))
            ]

        wrapped = f"{source}\n\nright = {name}\n\n\ndef {name}(*values):\n    "
        broken = (
            lambda: source.replace(":\n", "\n", 1),
            lambda: source[: len(source) // 2],
            lambda: source.replace(f"def {name}(", f"def {name}_(", 1),
            lambda: source.replace("return ", "return (", 1),
            lambda: source.replace("def ", "async def ", 1),
            lambda: source.partition("return ")[2],
            lambda: "",
            changed,
        )
        wrong_type = {"int": "float(right(*values))", "bool": "int(right(*values))", "str": "[*right(*values)]"}
        off = {"int": "right(*values) + 1", "bool": "not right(*values)", "str": "right(*values) + ' '"}
        returns = known.specification.returns
        running = (
            lambda: known.wrong_source(rng),
            lambda: known.wrong_source(rng),
            lambda: known.wrong_source(rng),
            by_heart,
            lambda: f"{wrapped}return {off.get(returns, 'right(*values) + [0]')}\n",
            lambda: f"{wrapped}return {wrong_type.get(returns, 'tuple(right(*values))')}\n",
            lambda: f"{wrapped}print(right(*values))\n",
            lambda: f"{wrapped}print('{{\"value\": 1}}', flush=True)\n",
            lambda: f"{wrapped}raise ValueError(right(*values))\n",
            lambda: f"{wrapped}import os\n    os._exit(0)\n",
            lambda: f"{wrapped}raise SystemExit(0)\n",
            lambda: f"{source}\nraise SystemExit(0)\n",
            lambda: f"{head}\n    pass\n",
            lambda: f"{source}\n{name} = 1\n",
        )
        loop = "while True:\n        pass\n"
        without_end = (lambda: f"{head}\n    {loop}", lambda: f"{source}\n{loop}")

        def any_() -> Any:
            kind = broken if rng.integers(3) == 0 else running if rng.integers(200) else without_end
            return kind[int(rng.integers(len(kind)))]()

        return endless(any_, rng=rng)


def _choose(rng: np.random.Generator, difficulty: float) -> Specification:
    """A specification of a size that fits the difficulty, of every family alike; none that a shorter program fits."""
    aim = SMALLEST + SIZES * min(1.0, max(0.0, difficulty))
    groups = [group for size, found in _by_size().items() if abs(size - aim) <= 1 for group in found]
    weights = np.sqrt([len(group) for group in groups])
    weights /= weights.sum()
    while True:
        group = groups[int(rng.choice(len(groups), p=weights))]
        found = group[int(rng.integers(len(group)))]
        if not study(found.key).trivial:
            return found


@functools.cache
def _by_size() -> dict[int, list[list[Specification]]]:
    """For each size, the specifications of each family."""
    found: dict[int, dict[str, list[Specification]]] = {}
    for each in specifications().values():
        found.setdefault(each.size, {}).setdefault(each.family, []).append(each)
    return {size: [*families.values()] for size, families in found.items()}


def _problem(found: Specification, cases: Sequence[Case]) -> str:
    promise = f" {found.promises}" if found.promises else ""
    examples = "\n".join(
        f"{found.name}({', '.join(map(repr, arguments))}) == {result!r}" for arguments, result in cases
    )
    return f"Write a Python function `{found.signature}` that returns {found.says}.{promise}\nExamples:\n{examples}"


def _visible(task: Task, found: Specification) -> list[Case]:
    """The examples. Raises TaskError where they are none, or say something else than the specification."""
    cases = task.get("test_cases")
    if not isinstance(cases, list) or len(cases) > 100:
        raise TaskError("test_cases must be a list of at most 100 examples {'input': [...], 'output': ...}")
    visible = []
    for number, case in enumerate(cases):
        arguments = case.get("input") if isinstance(case, dict) else None
        if not isinstance(arguments, list) or len(arguments) != len(found.parameters) or "output" not in case:
            raise TaskError(f"test_cases[{number}] needs an input of {len(found.parameters)} values, and an output")
        for value, (name, domain) in zip(arguments, found.parameters, strict=True):
            if not in_domain(value, domain):
                raise TaskError(f"test_cases[{number}]: {repr(value)[:60]} is not what {name} may be")
        try:
            result = found.oracle(*(list(value) if isinstance(value, list) else value for value in arguments))
        except UNDEFINED:
            raise TaskError(f"test_cases[{number}]: nothing is to be returned for this input") from None
        if not agrees(result, case["output"]):
            raise TaskError(f"test_cases[{number}] contradicts the specification, which says {repr(result)[:60]}")
        visible.append((arguments, result))
    return visible


_FENCE = re.compile(r"```(?:python|py)?[ \t]*\r?\n(.*?)```", re.DOTALL)


def _readable(answer: str, name: str) -> str:
    """The source in an answer, which has a function of that name. Raises TaskError for what is none; runs nothing."""
    if len(answer) > LONGEST:
        raise TaskError(f"answer: {len(answer)} characters are too many; at most {LONGEST} are read")
    try:
        return _parsed(answer, name)
    except TaskError:
        if (fenced := _FENCE.search(answer)) is None:
            raise
        return _parsed(fenced[1], name)


def _parsed(source: str, name: str) -> str:
    """`source`, if it is Python that defines the function. Raises TaskError."""
    if not re.search(rf"\bdef\s+{name}\b", source):
        raise TaskError(f"answer: it does not define the function {name!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except SyntaxError as error:
        raise TaskError(f"answer: line {error.lineno} is no Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise TaskError(f"answer: no Python that can be read: {error}") from None
    if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body):
        raise TaskError(f"answer: it does not define the function {name!r}")
    return source


class _StalledError(Exception):
    """The clock ran out, which says nothing about the answer."""


@functools.lru_cache(maxsize=512)
def _tried(source: str, name: str, shown: str, visible: int) -> Verdict:
    """The verdict on a source after a run; the same source is not run twice on the same cases (arguments, result).

    Raises SandboxError, and _StalledError.
    """
    cases: list[Case] = ast.literal_eval(shown)
    outcomes = run("python", source, [Call(name, arguments) for arguments, _ in cases]).outcomes
    for number, (outcome, (arguments, result)) in enumerate(zip(outcomes, cases, strict=True)):
        if outcome.kind == "returned" and agrees(result, outcome.value):
            continue
        test = "example" if number < visible else "hidden test"
        call = f"{test} {name}({', '.join(map(repr, arguments))})"
        if outcome.kind == "stalled":
            raise _StalledError(f"{call}: {outcome.detail}")
        return wrong(f"{call[:200]} is {repr(result)[:80]}, but {_said(outcome)}")
    return correct(evidence=f"{visible} examples and {len(cases) - visible} hidden tests passed")


def _said(outcome: Outcome) -> str:
    if outcome.kind == "returned":
        return f"it returned {repr(outcome.value)[:80]}"
    return f"the program {outcome.kind}: {outcome.detail}" if outcome.kind != "missing" else outcome.detail


# ---- chains --------------------------------------------------------------------------------------------------------

_CLAIM = re.compile(r'Fill the first hole with "(.{1,500})": the body is now "(.{1,4000})"\.', re.DOTALL)
_HOLES = {
    "int": "return INT",
    "bool": "return BOOL",
    "str": "return STR",
    "list[int]": "return LIST",
    "list[str]": "return WORDS",
    "dict[int, int]": "return MAP",
    "dict[str, int]": "return TALLY",
}
_NAMES = {"BLOCK", "STEPS", "NAME", *(text.removeprefix("return ") for text in _HOLES.values())}
_LOOP = re.compile(r"(result = .+); (for \w+ in .+): (result .+); (return result)")


def _start(signature: str, features: Sequence[str]) -> str:
    """The body of a function of which nothing is written."""
    returns = ast.parse(f"{signature}: pass").body[0].returns  # type: ignore[attr-defined]
    return _HOLES[ast.unparse(returns)] if STATEMENTS.isdisjoint(features) else "BLOCK"


def _lines(body: str) -> str:
    """A body in one line, as Python has it."""
    loop = _LOOP.fullmatch(body)
    return f"{loop[1]}\n{loop[2]}:\n    {loop[3]}\n{loop[4]}" if loop else body


def _statements(body: str) -> ast.Module:
    return ast.parse(_lines(body))


def _first_hole(tree: ast.Module) -> ast.Name | None:
    """The leftmost hole: a name in capitals."""
    holes = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in _NAMES]
    return min(holes, key=lambda hole: (hole.lineno, hole.col_offset), default=None)


def _filled(body: str, written: str) -> str:
    """The body after something was written into its first hole, put plainly. Raises ValueError where there is none."""
    tree = _statements(body)
    hole = _first_hole(tree)
    if hole is None:
        raise ValueError("no hole is left")
    if _LOOP.fullmatch(written):
        if body not in _HOLES.values():
            raise ValueError("a loop can only be the whole function")
        return _plain(written)
    filled = _Fill(hole, written).visit(tree)
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(filled)))


class _Fill(ast.NodeTransformer):
    """Puts an expression, or statements, in place of a hole."""

    def __init__(self, hole: ast.Name, written: str) -> None:
        self.hole, self.written = hole, written

    def visit_Expr(self, node: ast.Expr) -> Any:
        if node.value is self.hole:
            if self.hole.id not in ("BLOCK", "STEPS"):
                raise ValueError(f"{self.hole.id} is no statement")
            return ast.parse(self.written).body
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.parse(self.written, mode="eval").body if node is self.hole else node


def _plain(body: str) -> str:
    """The body in a form that is the same for all ways to write it."""
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(_statements(body))))


class _Plain(ast.NodeTransformer):
    """Generators become lists, copies what they are copies of, `range(0, b)` becomes `range(b)`, `a not in b` becomes
    `not a in b`, and `a += b` `a = a + b`; "and" and "or" take any number of terms; `pass` only stands alone."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.If | ast.For | ast.While):
            node.body = [each for each in node.body if not isinstance(each, ast.Pass)] or [ast.Pass()]
            node.orelse = [each for each in node.orelse if not isinstance(each, ast.Pass)]
        return node

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        self.generic_visit(node)
        return ast.ListComp(node.elt, node.generators)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "range" and len(node.args) == 2 and ast.unparse(node.args[0]) == "0":
            return ast.Call(node.func, node.args[1:], node.keywords)
        return node.args[0] if name in ("list", "dict") and len(node.args) == 1 else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.NotIn):
            return ast.UnaryOp(ast.Not(), ast.Compare(node.left, [ast.In()], node.comparators))
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        values: list[ast.expr] = []
        for value in node.values:
            same = isinstance(value, ast.BoolOp) and type(value.op) is type(node.op)
            values += value.values if same and isinstance(value, ast.BoolOp) else [value]
        return ast.BoolOp(node.op, values)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        return ast.Assign([node.target], ast.BinOp(target, node.op, node.value))


def kind() -> Function:
    """Specifications of functions, each with tests of its own."""
    return Function()
