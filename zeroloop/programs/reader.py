"""Programs read from Python."""

import ast
import copy
import functools
from typing import Any, TypeAlias

from zeroloop.errors import TaskError
from zeroloop.programs.language import MOST_BROUGHT, Language
from zeroloop.programs.naming import renamed
from zeroloop.programs.python import one_line
from zeroloop.programs.terms import HOLES, STEPS, TAKEN, TARGETS, Hole, Production, Term


def read(language: Language, text: str) -> tuple[Production, ...]:
    """The term of a function's body in Python: an expression, or statements as `python.source` prints them.

    Variables that the body binds may have any names; in the term they have those that the language gives them. Raises
    TaskError for what the language cannot express.
    """
    return tuple(production for production, _ in _whole(language, text))


def read_sketch(language: Language, text: str) -> Term:
    """The term of a body in which names such as INT and BLOCK are holes, in the one way that python.one_line writes it.

    Raises TaskError where nothing is open, for another way to write it, and for what the language cannot express.
    """
    lines = text if language.has_statements else text.replace(": result", ":\n    result").replace("; ", "\n")
    try:
        read = _read(language, lines, own_names=True)
    except TaskError:
        read = _read(language, lines)
    term = tuple(each for each, _ in read)
    if not any(isinstance(each, Hole) for each in term):
        raise TaskError("sketch: nothing in it is open; write a hole as one of " + ", ".join(sorted({*HOLES.values()})))
    if any(each.type in TARGETS for each in term if isinstance(each, Hole)):
        raise TaskError("sketch: NAME says too little; leave the whole statement open")
    if (written := one_line(term)) != text:
        raise TaskError(f"sketch must be written {written!r}, not {text!r}")
    return term


def read_with_names(language: Language, text: str) -> tuple[Production, ...]:
    """Likewise, with the names of the text: for printing; it is no term of the language."""
    found = _whole(language, text)
    taken = {name for _, names in found for name in names} & (TAKEN - {"result"})
    if taken:
        raise TaskError(f"{min(taken)!r} is no name for a variable in all languages")
    return renamed([production for production, _ in found], [names for _, names in found])


_Read: TypeAlias = list[tuple[Production | Hole, list[str]]]
"""Productions and holes, and the names that the text has for what each of them binds."""


def _whole(language: Language, text: str) -> list[tuple[Production, list[str]]]:
    """Raises TaskError where something is open."""
    every = _read(language, text)
    found = [(part, names) for part, names in every if isinstance(part, Production)]
    if len(found) < len(every):
        raise TaskError(f"{text!r} is a sketch and no program")
    return found


@functools.lru_cache(maxsize=64)
def _read(language: Language, text: str, own_names: bool = False) -> _Read:
    """own_names: variables have the names that the language gives them, which tell types of empty lists and maps."""
    try:
        body = _Plain(language.has_statements).visit(ast.parse(text)).body
    except SyntaxError as error:
        raise TaskError(f"not Python: {error}") from None
    (hole,) = language.start
    assert isinstance(hole, Hole)
    found = _fill(language, hole, _root(language, body), True, own_names)
    if found is None:
        raise TaskError(f"the language does not have {text!r} for a function that returns {language.returns}")
    return found


def _root(language: Language, body: list[ast.stmt]) -> Any:
    """Statements, or the value of a body that is one expression."""
    one = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr | ast.Return) else None
    if _is_open(language.start[0].type, body) or language.start[0].type == STEPS:
        return body
    if not language.has_statements:
        if one is None and body and not isinstance(body[-1], ast.Return):
            return [*body, ast.Return(ast.Name("result"))]
        return one or body
    return [ast.Return(one)] if one is not None else body


def _is_open(kind: str, node: Any) -> bool:
    """Whether syntax is the name of a hole of a type."""
    if isinstance(node, list):
        node = node[0].value if len(node) == 1 and isinstance(node[0], ast.Expr) else None
    return isinstance(node, ast.Name) and node.id == HOLES[kind]


def _fill(language: Language, hole: Hole, node: Any, whole: bool, own_names: bool) -> _Read | None:
    if _is_open(hole.type, node):
        return [(hole, [])]
    for production in language.moves(hole, whole, MOST_BROUGHT):
        match = _Match({each.name for each in production.bound})
        if not match.holds(_template(production.pieces), node or [ast.Pass()]):
            continue
        if not match.names.keys().isdisjoint(each.name for each in (*language.parameters, *hole.scope)):
            continue
        if own_names and any(old != new for old, new in match.names.items()):
            continue
        inner: _Read = []
        for number, each in enumerate(production.holes):
            inner_node = match.part(number, len(each.scope) > len(hole.scope))
            part = _fill(language, each, inner_node, False, own_names)
            if part is None:
                break  # (what follows would be read in vain, again and again)
            inner += part
        else:
            names = {new: old.rstrip("_") for old, new in match.names.items()}
            return [(production, [names[each.name] for each in production.bound]), *inner]
    return None


@functools.lru_cache(maxsize=4096)
def _template(pieces: tuple[str, ...]) -> Any:
    """The syntax of a production, with names "HOLE0" and so on: an expression, or a list of statements."""
    text = pieces[0] + "".join(f"HOLE{number}{piece}" for number, piece in enumerate(pieces[1:]))
    if ";" in text:
        text = text.replace(": result", ":\n    result").replace("; ", "\n")
    body: list[Any] = _Plain(True).visit(ast.parse(text)).body
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else body


class _Match:
    """Whether syntax is that of a template, and the parts in its holes.

    bound: names in the template that stand for any names; `names` says which by the names that were found.
    """

    def __init__(self, bound: set[str]) -> None:
        self.bound, self.names, self.parts = bound, dict[str, str](), dict[int, Any]()

    def part(self, number: int, renamed: bool) -> Any:
        """What is in a hole; with the names of the language where it sees what is bound."""
        part = self.parts[number]
        changes = {old: new for old, new in self.names.items() if old != new}
        if not renamed or not changes:
            return part
        changes = {**{new: f"{new}_" for new in changes.values()}, **changes}
        renamed_part = copy.deepcopy(part)
        rename = _Rename(changes).visit
        return [rename(each) for each in renamed_part] if isinstance(part, list) else rename(renamed_part)

    def holds(self, template: Any, node: Any) -> bool:
        """Whether the syntax is the same but for holes and bound names."""
        if isinstance(template, ast.Name) and template.id.startswith("HOLE"):
            self.parts[int(template.id[4:])] = node
            return isinstance(node, ast.expr)
        if isinstance(template, ast.Name) and template.id in self.bound and isinstance(node, ast.Name):
            return node.id != "NAME" and self.names.setdefault(node.id, template.id) == template.id
        if isinstance(template, list):
            return isinstance(node, list) and self._all_hold(template, node)
        if not isinstance(template, ast.AST):
            return type(template) is type(node) and bool(template == node)
        return type(template) is type(node) and all(
            self.holds(getattr(template, name), getattr(node, name))
            for name in template._fields
            if name not in ("ctx", "type_comment", "kind")
        )

    def _all_hold(self, template: list[Any], node: list[Any]) -> bool:
        """Likewise of lists; a statement that is a hole stands for all that are left."""
        last = template[-1] if template else None
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Name) and last.value.id.startswith("HOLE"):
            before = len(template) - 1
            if len(node) < before:
                return False
            self.parts[int(last.value.id[4:])] = node[before:]
            template, node = template[:-1], node[:before]
        return len(template) == len(node) and all(map(self.holds, template, node))


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


class _Plain(ast.NodeTransformer):
    """Writes the same in one way: comprehensions for generators, ranges for lists of them, `not` apart from `in`.

    counting: ranges that loops go over have a start.
    """

    def __init__(self, counting: bool) -> None:
        self.counting = counting

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        self.generic_visit(node)
        return ast.ListComp(node.elt, node.generators)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Copies are as good as what they are copies of."""
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return node.args[0] if name in ("list", "dict") and len(node.args) == 1 else node

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
        return ast.Assign([node.target], ast.BinOp(node.target, node.op, node.value))

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        over = node.iter
        if self.counting and isinstance(over, ast.Call) and ast.unparse(over.func) == "range" and len(over.args) == 1:
            over.args.insert(0, ast.Constant(0))
        return node
