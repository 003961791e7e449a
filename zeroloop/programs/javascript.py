"""Programs as JavaScript.

Integers are numbers, lists are arrays, maps are of the class Map. A function never changes its arguments.
"""

import json
from typing import Any

from zeroloop.programs.braces import (
    ATOM,
    COMPREHENSIONS,
    EQUALITY,
    OR,
    PRODUCT,
    RELATION,
    SUM,
    TERNARY,
    UNARY,
    BracePrinter,
    Text,
    hole,
)
from zeroloop.programs.layout import DELETES, is_number
from zeroloop.programs.terms import (
    BOOL,
    FIELD,
    INT,
    LIST,
    MAP,
    NONE,
    STR,
    TALLY,
    WORDS,
    Class,
    Function,
    Node,
    Variable,
    with_field_names,
)

TYPES = {
    INT: "number",
    BOOL: "boolean",
    STR: "string",
    LIST: "number[]",
    WORDS: "string[]",
    MAP: "Map<number, number>",
    TALLY: "Map<string, number>",
}
"""How documentation names the types."""
_HELPERS = {
    "floorMod": """\
/** The remainder of a division, with the sign of the divisor. */
function floorMod(a, b) {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}
""",
    "sameItems": """\
/** Whether two arrays have equal items in the same places. */
function sameItems(a, b) {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
""",
}


def source(*functions: Function) -> str:
    """The functions as JavaScript, after the helper functions that they call."""
    helpers: set[str] = set()
    printed = [_function(each, helpers) for each in functions]
    return "\n".join([*(_HELPERS[name] for name in sorted(helpers)), *printed])


def class_source(whole: Class) -> str:
    """The class as JavaScript, after the helper functions that it calls."""
    helpers: set[str] = set()
    fields = "".join(f"  #{each.variable.name.removeprefix(FIELD)}{_initial(each.initial)};\n" for each in whole.fields)
    members = [*_constructor(whole), *(_class_method(each, helpers) for each in whole.methods)]
    text = "\n".join([f"/** {whole.says} */\nclass {whole.name} {{\n{fields}", *members])
    return "\n".join([*(_HELPERS[name] for name in sorted(helpers)), f"{text}}}\n"])


def _initial(value: Any) -> str:
    """What follows the name of a field where it is declared."""
    if isinstance(value, Variable):
        return ""
    return " = new Map()" if isinstance(value, dict) else f" = {json.dumps(value)}"


def _constructor(whole: Class) -> list[str]:
    if not whole.parameters:
        return []
    types = [f" * @param {{{TYPES[each.type]}}} {each.name}" for each in whole.parameters]
    kept = [
        f"  this.#{field.removeprefix(FIELD)} = {value.name};"
        for (field, *_), value in whole.fields
        if isinstance(value, Variable)
    ]
    head = f"constructor({', '.join(each.name for each in whole.parameters)}) {{"
    return ["".join(f"  {line}\n" for line in ["/**", *types, " */", head, *kept, "}"])]


def _class_method(method: Function, helpers: set[str]) -> str:
    name, parameters, returns = method.signature
    types = [f" * @param {{{TYPES[each.type]}}} {each.name}" for each in parameters]
    types += [] if returns == NONE else [f" * @returns {{{TYPES[returns]}}}"]
    printer = _JavaScript(method._replace(term=with_field_names(method.term, "this.#")), helpers)
    body = [f"{printer.indent}{line}" for line in printer.body()]
    says = ["/**", f" * {method.says}", *([" *", *types] if types else []), " */"]
    lines = [*says, f"{name}({', '.join(each.name for each in parameters)}) {{", *body, "}"]
    return "".join(f"{printer.indent}{line}\n" for line in lines)


def _function(function: Function, helpers: set[str]) -> str:
    name, parameters, returns = function.signature
    lines = []
    if function.says:
        types = [f" * @param {{{TYPES[each.type]}}} {each.name}" for each in parameters]
        lines = ["/**", f" * Returns {function.says}.", " *", *types, f" * @returns {{{TYPES[returns]}}}", " */"]
    printer = _JavaScript(function, helpers)
    body = [f"{printer.indent}{line}" for line in printer.body()]
    lines += [f"function {name}({', '.join(each.name for each in parameters)}) {{", *body, "}"]
    return "".join(f"{line}\n" for line in lines)


_OPERATORS = {
    "+": (SUM, PRODUCT),
    "-": (SUM, PRODUCT),
    "*": (PRODUCT, UNARY),
    **dict.fromkeys(("==", "!=", "== of str"), (RELATION, RELATION)),
    **dict.fromkeys(("<", "<=", ">", ">="), (SUM, SUM)),
}
"""Operands' strengths."""
_SIGNS = {"==": "===", "!=": "!==", "== of str": "==="}
_CALLS = {
    "abs": "Math.abs({0})",
    "min of two": "Math.min({0}, {1})",
    "max of two": "Math.max({0}, {1})",
    "min": "Math.min(...{0})",
    "max": "Math.max(...{0})",
    "text": "String({0})",
    "list": "[{0}]",
    "range": "Array.from({{ length: {0} }}, (_, i) => i)",
}
_METHODS = {
    **dict.fromkeys(("len", "len of str", "len of words"), "{0}.length"),
    **dict.fromkeys(("len of map", "len of tally"), "{0}.size"),
    "sum": "{0}.reduce((sum, each) => sum + each, 0)",
    "from": "{0}.slice({1})",
    "to": "{0}.slice(0, {1})",
    "between": "{0}.slice({1}, {2})",
    "*": "{0}.repeat({1})",
    "upper": "{0}.toUpperCase()",
    "lower": "{0}.toLowerCase()",
    "split": "{0}.split({1})",
    "keys": "[...{0}.keys()].sort((a, b) => a - b)",
    "keys of tally": "[...{0}.keys()].sort()",
}
"""The first operand is the receiver."""
_SECOND = {
    **dict.fromkeys(("in", "in str", "in words"), "{1}.includes({0})"),
    **dict.fromkeys(("key", "key of tally"), "{1}.has({0})"),
    "join": "{1}.join({0})",
}
"""The second operand is the receiver."""
_NEW = ("sorted", "keys", "keys of tally", "range", "from", "to", "between", "list", "split", "+", *COMPREHENSIONS)
"""Arrays that nothing else names, so that they may be sorted and reversed in place."""


class _JavaScript(BracePrinter):
    indent = "  "
    all_reachable = False

    # ---- statements -------------------------------------------------------------------------------------------------

    def assignable(self, value: Node, name: str) -> str:
        text = self.expression(value).text
        if not self.copies(name, value):
            return text
        return f"[...{text}]" if value.type in (LIST, WORDS) else f"new Map({text})"

    def declared(self, variable: Variable, value: str) -> str:
        return f"{'let' if variable.name in self.reassigned else 'const'} {variable.name} = {value};"

    def integer(self, name: str, value: str) -> str:
        return f"const {name} = {value};"

    def pair(self, first: str, second: str, one: Node, other: Node) -> list[str]:
        return [f"[{first}, {second}] = [{self.expression(one).text}, {self.expression(other).text}];"]

    def change(self, node: Node) -> str:
        name, *parts = [self.expression(each).text for each in node.children[:-1]]
        if node.op.startswith("append"):
            return f"{name}.push({parts[0]});"
        if node.op in DELETES:
            return f"{name}.delete({parts[0]});"
        return f"{name}[{parts[0]}] = {parts[1]};" if node.op == "put" else f"{name}.set({parts[0]}, {parts[1]});"

    def popped(self, name: str, first: bool) -> str:
        return f"{name}.{'shift' if first else 'pop'}()"

    def each(self, variable: Variable, over: Node, copied: bool) -> str:
        text = self.expression(over).text
        return f"for (const {variable.name} of {f'[...{text}]' if copied else text}) {{"

    def count(self, name: str, start: str, end: str) -> str:
        return f"for (let {name} = {start}; {name} < {end}; {name}++) {{"

    def while_loop(self, condition: Node, body: Node) -> list[str]:
        return [f"while ({self.expression(condition).text}) {{", *self.indented(body), "}"]

    # ---- expressions ------------------------------------------------------------------------------------------------

    def expression(self, node: Node) -> Text:
        op = node.op
        if (found := hole(node)) is not None:
            return found
        if op == "variable":
            return Text(node.name)
        if op == "constant":
            return self._constant(node)
        if op in ("and", "or"):
            return self.either(node)
        if op in _OPERATORS and node.type in (INT, BOOL, STR) and not (op == "*" and node.type == STR):
            return self._operator(node)
        if op in _SPECIAL:
            special: Text = getattr(self, _SPECIAL[op])(node)
            return special
        return self._applied(node)

    def _constant(self, node: Node) -> Text:
        if node.type in (MAP, TALLY):
            return Text("new Map()", ATOM)
        negative = node.type == INT and node.value < 0
        return Text(json.dumps(node.value), UNARY if negative else ATOM)

    def _operator(self, node: Node) -> Text:
        first, second = node.children
        if node.op in ("==", "!=") and first.op == "%" and is_number(second, 0):
            # (whatever the signs, a remainder is 0 in all languages alike)
            parts = [self.expression(each) for each in first.children]
            return Text(f"{parts[0].within(PRODUCT)} % {parts[1].within(UNARY)} {_SIGNS[node.op]} 0", EQUALITY)
        strengths = _OPERATORS[node.op]
        left, right = (
            self.expression(each).within(least) for each, least in zip(node.children, strengths, strict=True)
        )
        strength = {"+": SUM, "-": SUM, "*": PRODUCT}.get(node.op, RELATION if node.op[0] in "<>" else EQUALITY)
        return Text(f"{left} {_SIGNS.get(node.op, node.op)} {right}", strength)

    def _applied(self, node: Node) -> Text:
        """A function or method called with the operands."""
        op = node.op
        receiver, template = -1, ""
        if op in _METHODS:
            receiver, template = 0, _METHODS[op]
        elif op in _SECOND:
            receiver, template = 1, _SECOND[op]
        elif op == "call":
            template = f"{node.name}({', '.join(f'{{{i}}}' for i in range(len(node.children)))})"
        else:
            template = _CALLS[op]
        parts = [
            self.expression(each).within(ATOM if number == receiver else TERNARY)
            for number, each in enumerate(node.children)
        ]
        return Text(template.format(*parts))

    def _not(self, node: Node) -> Text:
        return Text(f"!{self.expression(node.children[0]).within(UNARY)}", UNARY)

    def _if(self, node: Node) -> Text:
        then, condition, otherwise = map(self.expression, node.children)
        return Text(f"{condition.within(OR)} ? {then.within(OR)} : {otherwise.within(TERNARY)}", TERNARY)

    def _quotient(self, node: Node) -> Text:
        first, second = map(self.expression, node.children)
        return Text(f"Math.floor({first.within(PRODUCT)} / {second.within(UNARY)})")

    def _remainder(self, node: Node) -> Text:
        first, second = map(self.expression, node.children)
        if self.natural(*node.children):
            return Text(f"{first.within(PRODUCT)} % {second.within(UNARY)}", PRODUCT)
        return Text(f"{self.helper('floorMod')}({first.text}, {second.text})")

    def _item(self, node: Node) -> Text:
        values, index = map(self.expression, node.children)
        if is_number(node.children[1]) and node.children[1].value < 0:
            return Text(f"{values.within(ATOM)}.at({index.text})")
        return Text(f"{values.within(ATOM)}[{index.text}]")

    def _get(self, node: Node) -> Text:
        table, key, otherwise = map(self.expression, node.children)
        return Text(f"{table.within(ATOM)}.get({key.text}) ?? {otherwise.within(SUM)}", OR)

    def _count(self, node: Node) -> Text:
        values, value = map(self.expression, node.children)
        return Text(f"{values.within(ATOM)}.filter((each) => each === {value.within(RELATION)}).length")

    def _count_in_text(self, node: Node) -> Text:
        first, second = map(self.expression, node.children)
        return Text(f"{first.within(ATOM)}.split({second.text}).length - 1", SUM)

    def _same(self, node: Node) -> Text:
        first, second = map(self.expression, node.children)
        return Text(f"{self.helper('sameItems')}({first.text}, {second.text})")

    def _concatenation(self, node: Node) -> Text:
        return Text(f"[{', '.join(self._spread(each) for each in node.children)}]")

    def _spread(self, node: Node) -> str:
        """An array as items of another one."""
        if node.op == "+":
            return ", ".join(self._spread(each) for each in node.children)
        if node.op == "list":
            return self.expression(node.children[0]).text
        return f"...{self.expression(node).text}"

    def _reversed(self, node: Node) -> Text:
        values = self.expression(node.children[0])
        if node.type == STR:
            return Text(f'[...{values.text}].reverse().join("")')
        return Text(f"{self._own(node.children[0])}.reverse()")

    def _sorted(self, node: Node) -> Text:
        return Text(f"{self._own(node.children[0])}.sort({'(a, b) => a - b' if node.type == LIST else ''})")

    def _own(self, node: Node) -> str:
        """An array that may be changed in place."""
        text = self.expression(node)
        return text.within(ATOM) if node.op in _NEW else f"[...{text.text}]"

    def _some(self, node: Node) -> Text:
        return self._over(node.children[1], "some" if node.op == "any" else "every", node, node.children[0])

    def _map(self, node: Node) -> Text:
        over = node.children[1]
        if over.op == "range":
            count, body = self.expression(over.children[0]).text, self.expression(node.children[0]).text
            return Text(f"Array.from({{ length: {count} }}, (_, {node.bound[0].name}) => {body})")
        return self._over(over, "map", node, node.children[0])

    def _filter(self, node: Node) -> Text:
        return self._over(node.children[0], "filter", node, node.children[1])

    def _filter_and_map(self, node: Node) -> Text:
        kept = self._over(node.children[1], "filter", node, node.children[2])
        body = self.expression(node.children[0]).text
        return Text(f"{kept.text}.map(({node.bound[0].name}) => {body})")

    def _over(self, over: Node, method: str, node: Node, body: Node) -> Text:
        """A method of an array, called with a function of its items."""
        values = self.expression(over).within(ATOM)
        return Text(f"{values}.{method}(({node.bound[0].name}) => {self.expression(body).text})")


_SPECIAL = {
    "not": "_not",
    "if": "_if",
    "//": "_quotient",
    "%": "_remainder",
    "item": "_item",
    "item of words": "_item",
    "get": "_get",
    "get of tally": "_get",
    "count in str": "_count_in_text",
    "count": "_count",
    "count in words": "_count",
    "+": "_concatenation",
    "== of list": "_same",
    "== of words": "_same",
    "reverse": "_reversed",
    "sorted": "_sorted",
    "any": "_some",
    "all": "_some",
    "map": "_map",
    "filter": "_filter",
    "map and filter": "_filter_and_map",
}
"""Methods for operations that need more than a template."""
