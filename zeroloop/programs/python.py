"""Programs as Python, in the form that formatters give it."""

import re

from zeroloop.programs.layout import (
    ARITHMETIC,
    DELETES,
    LOOPS,
    POPS,
    added,
    changed,
    is_op,
    needs_copy,
    shared,
    statements,
)
from zeroloop.programs.rules import ACCUMULATORS
from zeroloop.programs.terms import (
    BLOCK,
    BODY,
    HOLES,
    LIST,
    NONE,
    STEPS,
    WRITTEN,
    Class,
    Field,
    Function,
    Hole,
    Node,
    Production,
    Signature,
    Term,
    Variable,
    tree,
)

COMPREHENSIONS = ("map", "filter", "map and filter")
_TAKE_GENERATORS = ("sum", "min", "max", "sorted")
_TAKE_RANGES = (*_TAKE_GENERATORS, *COMPREHENSIONS, "any", "all", "len", "in", "for")
_INDENT = "    "


def source(*functions: Function) -> str:
    """The functions as Python, with docstrings where it is known what they return."""
    return "\n\n".join(_function(each) for each in functions)


def class_source(whole: Class) -> str:
    """The class as Python."""
    made = f"{method_head(Signature('__init__', whole.parameters, NONE))}:"
    parts = [[made, *(f"{_INDENT}{_field(each)}" for each in whole.fields)]]
    for each in whole.methods:
        lines = [f'"""{each.says}"""', *body_lines(each.term)]
        parts.append([f"{method_head(each.signature)}:", *(f"{_INDENT}{line}" for line in lines)])
    inside = "".join("\n" + "".join(f"{_INDENT}{line}\n" for line in part) for part in parts)
    return f'class {whole.name}:\n{_INDENT}"""{whole.says}"""\n{inside}'


def _field(field: Field) -> str:
    value = field.initial.name if isinstance(field.initial, Variable) else repr(field.initial)
    return f"{field.variable.name}: {WRITTEN[field.variable.type]} = {value}"


def method_head(signature: Signature) -> str:
    """The signature of a method, without a colon."""
    parameters = "".join(f", {each.name}: {WRITTEN[each.type]}" for each in signature.parameters)
    return f"def {signature.name}(self{parameters}) -> {WRITTEN[signature.returns]}"


def body_lines(term: Term) -> list[str]:
    """The lines of a function's body; of an expression or statements with holes, likewise."""
    node = tree(term)
    if node.type in (BLOCK, STEPS, BODY):
        return _block(node, node) or ["pass"]
    if is_op(node, *ACCUMULATORS):
        return _accumulator(node)
    return [f"return {expression(node)}"]


def one_line(term: Term) -> str:
    """The function's body in one line, with semicolons between statements, unless a statement holds others."""
    lines = body_lines(term)
    text = "; ".join(lines).replace(f":; {_INDENT}", ": ")
    return text if is_op(tree(term), *ACCUMULATORS) or len(lines) == 1 else "\n".join(lines)


def _function(function: Function) -> str:
    says = [f'"""Return {function.says}."""'] if function.says else []
    lines = [*says, *body_lines(function.term)]
    return "".join(f"{line}\n" for line in (f"{function.signature.text()}:", *(f"{_INDENT}{line}" for line in lines)))


def _accumulator(node: Node) -> list[str]:
    first, over, body = node.children
    statement = f"result = {expression(body)}"
    if is_op(body, *ARITHMETIC) and expression(body.children[0]) == "result" and node.type != LIST:
        # (a list that is added to in place would change the argument)
        statement = f"result {body.op}= {expression(body.children[1])}"
    return [
        f"result = {expression(first)}",
        f"for {node.bound[0].name} in {expression(over, bare_range=True)}:",
        f"{_INDENT}{statement}",
        "return result",
    ]


# ---- statements ----------------------------------------------------------------------------------------------------


def _block(node: Node, whole: Node) -> list[str]:
    return [line for each in statements(node) for line in _statement(each, whole)]


def _statement(node: Node, whole: Node) -> list[str]:
    """One statement, without those that follow."""
    op, children = node.op, node.children
    if not op:
        return [HOLES[node.type]]
    if op == "break":
        return ["break"]
    if op == "return":
        return [f"return {_bound('', children[0], whole)}"]
    if op.startswith("let "):
        return [f"{node.bound[0].name} = {_bound(node.bound[0].name, children[0], whole)}"]
    if op.startswith("set "):
        if short := added(node):
            return [f"{children[0].name} {short[0]}= {expression(short[1])}"]
        return [f"{children[0].name} = {_bound(children[0].name, children[1], whole)}"]
    if op in LOOPS or op in ("if return", "when", "when else"):
        return _compound(node, whole)
    parts = [expression(each) for each in children[:-1]]
    if op in POPS:
        return [f"{node.bound[0].name} = {parts[0]}.pop({'0' if op == 'pop first' else ''})"]
    if op in DELETES:
        return ["del {}[{}]".format(*parts)]
    if op == "pair":
        return ["{}, {} = {}, {}".format(*parts)]
    return ["{}.append({})".format(*parts) if op.startswith("append") else "{}[{}] = {}".format(*parts)]


def _bound(name: str, value: Node, whole: Node) -> str:
    """A value that a name is bound to, or that is returned: a copy of a list or map that would have two names and
    changes under one."""
    text = expression(value)
    if not needs_copy(name, value, whole):
        return text
    return f"list({text})" if value.type in (LIST, "words") else f"dict({text})"


def _compound(node: Node, whole: Node) -> list[str]:
    """A statement that holds others."""
    op, children = node.op, node.children
    if op == "if return":
        return [f"if {expression(children[0])}:", f"{_INDENT}return {_bound('', children[1], whole)}"]
    if op == "when else":
        then, otherwise = _indented(children[1], whole), _indented(children[2], whole)
        last = ["else:", *otherwise] if children[2].op != "end" else []
        return [f"if {expression(children[0])}:", *then, *last]
    body = _indented(children[-2], whole)
    if op == "when":
        return [f"if {expression(children[0])}:", *body]
    if op == "while":
        return [f"while {expression(children[0])}:", *body]
    name = node.bound[0].name
    if op == "count up":
        start, end = expression(children[0]), expression(children[1])
        return [f"for {name} in range({end if start == '0' else f'{start}, {end}'}):", *body]
    over = expression(children[0], bare_range=True)
    if not shared(children[0]).isdisjoint(changed(children[1])):
        over = f"list({over})"
    return [f"for {name} in {over}:", *body]


def _indented(node: Node, whole: Node) -> list[str]:
    return [f"{_INDENT}{line}" for line in _block(node, whole) or ["pass"]]


# ---- expressions ---------------------------------------------------------------------------------------------------


def expression(node: Node, least: int = 0, bare_range: bool = False) -> str:
    """The text of an expression, in brackets where it binds less than `least`. bare_range: a range need be no list."""
    head, children = node
    if isinstance(head, Hole):
        return HOLES[head.type]
    if head.op == "not" and children[0].op in ("in", "in str", "in words", "key", "key of tally"):
        inner = children[0].head
        assert isinstance(inner, Production)
        head, children = inner._replace(pieces=("", " not in ", "")), children[0].children
    if bare_range and head.op == "range":
        return f"range({expression(children[0])})"
    bare = head.op in _TAKE_RANGES
    parts = [
        expression(child, strength, bare and hole.type == LIST)
        for child, strength, hole in zip(children, head.strengths, head.holes, strict=True)
    ]
    if head.op in _TAKE_GENERATORS and is_op(children[0], *COMPREHENSIONS):
        parts[0] = parts[0][1:-1]
    if head.op in ("from", "to", "between") and not all(re.fullmatch(r"-?\w+", part) for part in parts[1:]):
        return _part(head.op, parts)
    text = head.pieces[0] + "".join(part + piece for part, piece in zip(parts, head.pieces[1:], strict=True))
    return f"({text})" if head.strength < least else text


def _part(op: str, parts: list[str]) -> str:
    """A part cut out at computed places, with spaces as formatters have them."""
    places = {"from": "{} :", "to": ": {}", "between": "{} : {}"}[op].format(*parts[1:])
    return f"{parts[0]}[{places}]"
