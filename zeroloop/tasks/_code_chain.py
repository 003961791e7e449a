"""Chains of sentences about how a function is written: read again, and checked without the language of programs."""

import ast
import re
from collections.abc import Sequence
from typing import Any

from zeroloop.programs.rules import STATEMENTS

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


class FalseChainError(Exception):
    """What is wrong with a chain."""


def start(signature: str, features: Sequence[str]) -> str:
    """The body of a function of which nothing is written. Raises FalseChainError for a signature that is none."""
    try:
        returns = ast.parse(f"{signature}: pass").body[0].returns  # type: ignore[attr-defined]
        return _HOLES[ast.unparse(returns)] if STATEMENTS.isdisjoint(features) else "BLOCK"
    except (SyntaxError, ValueError, AttributeError, KeyError, TypeError):
        raise FalseChainError(f"signature or features are not readable: {signature!r}") from None


def followed(body: str, claims: Sequence[str]) -> str:
    """The body as lines, after all holes of it were filled as the sentences say, each of which is true.

    Raises FalseChainError for the first one that is not.
    """
    for claim in claims:
        match = _CLAIM.fullmatch(claim)
        if match is None:
            raise FalseChainError(f"not readable: {claim!r}")
        try:
            expected, stated = _filled(body, match[1]), _plain(match[2])
        except (SyntaxError, ValueError) as error:
            raise FalseChainError(f"not readable: {claim!r}: {error}") from None
        if expected != stated:
            raise FalseChainError(f"not true: {claim!r}")
        body = match[2]
    try:
        is_open = _first_hole(_statements(body)) is not None
    except (SyntaxError, ValueError) as error:
        raise FalseChainError(f"the start is not readable: {error}") from None
    if is_open:
        raise FalseChainError("holes are left")
    return "".join(f"    {line}\n" for line in _lines(body).split("\n"))


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
        if isinstance(node, ast.If | ast.For | ast.While | ast.Module):
            node.body = [each for each in node.body if not isinstance(each, ast.Pass)] or [ast.Pass()]
        if isinstance(node, ast.If | ast.For | ast.While):
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
