"""Programs of the language as Python, in the form that formatters give it; and read from Python."""

import ast
import functools
import re
from typing import Any

from zeroloop.envs._language import HOLES, LIST, LOOPS, Hole, Language, Node, Production, Signature, Term, tree
from zeroloop.errors import TaskError

COMPREHENSIONS = ("map", "filter", "map and filter")
_TAKE_GENERATORS = ("sum", "min", "max", "sorted")
_TAKE_RANGES = (*_TAKE_GENERATORS, *COMPREHENSIONS, "any", "all", "len", "in", "for")


def statements(term: Term) -> list[str]:
    """The lines of the function's body."""
    node = tree(term)
    if not _is(node, *LOOPS):
        return [f"return {_text(node)}"]
    first, over, body = node.children
    assert isinstance(node.head, Production)
    statement = f"result = {_text(body)}"
    if _is(body, "+", "-", "*", "//", "%") and _text(body.children[0]) == "result" and node.head.holes[0].type != LIST:
        assert isinstance(body.head, Production)  # (a list that is added to in place would change the argument)
        statement = f"result {body.head.op}= {_text(body.children[1])}"
    item = node.head.value[0]
    return [
        f"result = {_text(first)}",
        f"for {item} in {_text(over, bare_range=True)}:",
        f"    {statement}",
        "return result",
    ]


def one_line(term: Term) -> str:
    """The function's body in one line, with semicolons between statements."""
    return "; ".join(statements(term)).replace(":;     ", ": ")


def source(signature: Signature, term: Term) -> str:
    """The function as Python."""
    return "".join(f"{line}\n" for line in (f"{signature.text()}:", *(f"    {line}" for line in statements(term))))


def _is(node: Node, *ops: str) -> bool:
    return isinstance(node.head, Production) and node.head.op in ops


def _text(node: Node, least: int = 0, bare_range: bool = False) -> str:
    """The text of an expression, in brackets where it binds less than `least`. bare_range: a range need be no list."""
    head, children = node
    if isinstance(head, Hole):
        return HOLES[head.type]
    if head.op == "not" and isinstance(inner := children[0].head, Production) and inner.op in ("in", "in str"):
        head, children = inner._replace(pieces=("", " not in ", "")), children[0].children
    if bare_range and head.op == "range":
        return f"range({_text(children[0])})"
    bare = head.op in _TAKE_RANGES
    parts = [
        _text(child, strength, bare and hole.type == LIST)
        for child, strength, hole in zip(children, head.strengths, head.holes, strict=True)
    ]
    if head.op in _TAKE_GENERATORS and _is(children[0], *COMPREHENSIONS):
        parts[0] = parts[0][1:-1]
    if head.op in ("from", "to") and not re.fullmatch(r"-?\w+", parts[1]):
        parts[1] = f"{parts[1]} " if head.op == "from" else f" {parts[1]}"  # as formatters have it
    text = head.pieces[0] + "".join(part + piece for part, piece in zip(parts, head.pieces[1:], strict=True))
    return f"({text})" if head.strength < least else text


def read(language: Language, text: str) -> tuple[Production, ...]:
    """The term of a function's body in Python: one expression, or a loop as `source` prints it.

    Names that loops bind must be those that the language gives them. Raises TaskError for what it cannot express.
    """
    try:
        body = _Plain().visit(ast.parse(text)).body
    except SyntaxError as error:
        raise TaskError(f"not Python: {error}") from None
    last = body[-1] if body else None
    if (
        len(body) > 1
        and isinstance(last, ast.Return)
        and isinstance(last.value, ast.Name)
        and last.value.id == "result"
    ):
        body = body[:-1]
    root = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr | ast.Return) else body
    (hole,) = language.start
    assert isinstance(hole, Hole)
    found = _fill(language, hole, root, True)
    if found is None:
        raise TaskError(f"the language does not have {text!r} for a function that returns {hole.type}")
    return tuple(found)


def _fill(language: Language, hole: Hole, node: Any, whole: bool = False) -> list[Production] | None:
    for production in language.moves(hole, whole, 3):
        parts: dict[int, Any] = {}
        if not _matches(_template(production.pieces), node, parts):
            continue
        inner = [_fill(language, each, parts[number]) for number, each in enumerate(production.holes)]
        if None not in inner:
            return [production, *(each for part in inner if part for each in part)]
    return None


@functools.lru_cache(maxsize=4096)
def _template(pieces: tuple[str, ...]) -> Any:
    """The syntax of a production, with names "hole 0" and so on: an expression, or a list of statements."""
    text = pieces[0] + "".join(f"HOLE{number}{piece}" for number, piece in enumerate(pieces[1:]))
    if ";" in text:
        text = text.replace("; ", "\n").replace(": ", ":\n    ")
        return _Plain().visit(ast.parse(text)).body[:-1]
    return _Plain().visit(ast.parse(text, mode="eval")).body


def _matches(template: Any, node: Any, parts: dict[int, Any]) -> bool:
    """Whether the syntax is the same but for holes, which go to `parts`."""
    if isinstance(template, ast.Name) and template.id.startswith("HOLE"):
        parts[int(template.id[4:])] = node
        return isinstance(node, ast.expr)
    if isinstance(template, list):
        pairs = zip(template, node if isinstance(node, list) else (), strict=False)
        return isinstance(node, list) and len(template) == len(node) and all(_matches(*pair, parts) for pair in pairs)
    if not isinstance(template, ast.AST):
        return type(template) is type(node) and bool(template == node)
    return type(template) is type(node) and all(
        _matches(getattr(template, name), getattr(node, name), parts)
        for name in template._fields
        if name not in ("ctx", "type_comment", "kind")
    )


class _Plain(ast.NodeTransformer):
    """Writes the same in one way: comprehensions for generators, ranges for lists of them, `not` apart from `in`."""

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        self.generic_visit(node)
        return ast.ListComp(node.elt, node.generators)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        inner = node.args[0] if len(node.args) == 1 else None
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        is_range = isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "range"
        return inner if name == "list" and inner is not None and is_range else node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ops[0], ast.NotIn):
            return ast.UnaryOp(ast.Not(), ast.Compare(node.left, [ast.In()], node.comparators))
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        return functools.reduce(lambda left, right: ast.BoolOp(node.op, [left, right]), node.values)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        value = ast.BinOp(ast.Name("result", ast.Load()), node.op, node.value)
        return ast.Assign([node.target], value)
