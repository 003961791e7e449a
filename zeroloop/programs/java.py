"""Programs as Java: static methods of a class.

Integers are long, lists are List<Long> and List<String>, maps are Map<Long, Long> and Map<String, Long>; in collections
and in functions of their items, integers are objects of the class Long. A method never changes its arguments.
"""

import json
import re
from collections.abc import Sequence

from zeroloop.programs._java_helpers import HELPERS, IMPORTS
from zeroloop.programs._java_streams import Streams
from zeroloop.programs.braces import ATOM, OR, PRODUCT, SUM, TERNARY, UNARY, Text, hole
from zeroloop.programs.layout import DELETES, is_field, is_number, reassigned, walk
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
    Field,
    Function,
    Node,
    Signature,
    Variable,
    tree,
    with_field_names,
)

TYPES = {
    INT: "long",
    BOOL: "boolean",
    STR: "String",
    LIST: "List<Long>",
    WORDS: "List<String>",
    MAP: "Map<Long, Long>",
    TALLY: "Map<String, Long>",
    NONE: "void",
}
_INDENT = "    "


def source(*functions: Function, name: str = "Solution") -> str:
    """The functions as a class of this name, with the helper methods that they call and what it imports."""
    helpers: set[str] = set()
    printed = [_method(each, helpers) for each in functions]
    return _class(name, printed, helpers)


def class_source(whole: Class) -> str:
    """The class, with the helper methods that it calls and what it imports."""
    helpers: set[str] = set()
    assigned = {name for each in whole.methods for name in reassigned(tree(each.term))}
    fields = "".join(_field(each, assigned) for each in whole.fields)
    members = [fields, *_constructor(whole), *(_class_method(each, helpers) for each in whole.methods)]
    return _class(whole.name, members, helpers, whole.says)


def _field(field: Field, assigned: set[str]) -> str:
    name, kind = field.variable.name, field.variable.type
    declared = f"private {'' if name in assigned else 'final '}{TYPES[kind]} {name.removeprefix(FIELD)}"
    if isinstance(field.initial, Variable):
        return f"{declared};\n"
    empty = {LIST: "new ArrayList<>()", WORDS: "new ArrayList<>()", MAP: "new HashMap<>()", TALLY: "new HashMap<>()"}
    value = empty.get(kind) or json.dumps(field.initial)
    return f"{declared} = {value};\n"


def _constructor(whole: Class) -> list[str]:
    if not whole.parameters:
        return []
    kept = [
        f"{_INDENT}this.{field.removeprefix(FIELD)} = {value.name};"
        for (field, *_), value in whole.fields
        if isinstance(value, Variable)
    ]
    lines = [f"public {whole.name}({_typed(whole.parameters)}) {{", *kept, "}"]
    return ["".join(f"{line}\n" for line in lines)]


def _class_method(method: Function, helpers: set[str]) -> str:
    printer = _Java(method._replace(term=with_field_names(method.term, "this.")), helpers)
    body = [f"{_INDENT}{line}" for line in printer.body()]
    lines = [f"/** {method.says} */", f"{head(method.signature, '')} {{", *body, "}"]
    return "".join(f"{line}\n" for line in lines)


def _class(name: str, members: list[str], helpers: set[str], says: str = "") -> str:
    methods = "\n".join([*members, *(HELPERS[helper] for helper in sorted(helpers))])
    imports = [
        f"import {package}.{each};\n" for each, package in IMPORTS.items() if re.search(rf"\b{each}[<.]", methods)
    ]
    lines = "".join(f"{_INDENT}{line}".rstrip() + "\n" for line in methods.splitlines())
    comment = f"/** {says} */\n" if says else ""
    return "".join(imports) + ("\n" if imports else "") + f"{comment}final class {name} {{\n{lines}}}\n"


def head(signature: Signature, static: str = "static ") -> str:
    """How the method of a signature begins."""
    return f"public {static}{TYPES[signature.returns]} {signature.name}({_typed(signature.parameters)})"


def _typed(parameters: Sequence[Variable]) -> str:
    return ", ".join(f"{TYPES[each.type]} {each.name}" for each in parameters)


def _method(function: Function, helpers: set[str]) -> str:
    says = [f"/** Returns {function.says}. */"] if function.says else []
    printer = _Java(function, helpers)
    body = [f"{_INDENT}{line}" for line in printer.body()]
    lines = [*says, f"{head(function.signature)} {{", *body, "}"]
    return "".join(f"{line}\n" for line in lines)


class _Java(Streams):
    indent = _INDENT
    all_reachable = True

    # ---- statements -------------------------------------------------------------------------------------------------

    def assignable(self, value: Node, name: str) -> str:
        """See BracePrinter. A list that changes is one of its own."""
        if (name in self.changed or is_field(name)) and value.type in (LIST, WORDS):
            return "new ArrayList<>()" if value.op == "constant" else f"new ArrayList<>({self.expression(value).text})"
        if name and value.op == "constant" and value.type in (LIST, WORDS, MAP, TALLY):
            return "List.of()" if value.type in (LIST, WORDS) else "new HashMap<>()"
        text = self.text_of(value) if value.type == STR else self.expression(value).text
        made = "ArrayList" if value.type in (LIST, WORDS) else "HashMap"
        return f"new {made}<>({text})" if self.copies(name, value) else text

    def declared(self, variable: Variable, value: str) -> str:
        return f"{TYPES[variable.type]} {variable.name} = {value};"

    def integer(self, name: str, value: str) -> str:
        return f"long {name} = {value};"

    def pair(self, first: str, second: str, one: Node, other: Node) -> list[str]:
        if one.op == "variable" and one.name == second:
            following = self.fresh(f"next{second.capitalize()}")
            value = self.expression(other).text
            return [f"long {following} = {value};", f"{first} = {second};", f"{second} = {following};"]
        names = [self.fresh(f"next{name.capitalize()}") for name in (first, second)]
        values = [self.expression(each).text for each in (one, other)]
        made = [f"long {name} = {value};" for name, value in zip(names, values, strict=True)]
        return [*made, f"{first} = {names[0]};", f"{second} = {names[1]};"]

    def change(self, node: Node) -> str:
        target, *parts = node.children[:-1]
        if node.op.startswith("append"):
            return f"{target.name}.add({self.boxed(parts[0])});"
        if node.op in DELETES:
            return f"{target.name}.remove({self.boxed(parts[0])});"
        if node.op == "put":
            return f"{target.name}.set({self.index(parts[0])}, {self.boxed(parts[1])});"
        return f"{target.name}.put({self.boxed(parts[0])}, {self.boxed(parts[1])});"

    def popped(self, name: str, first: bool) -> str:
        return f"{name}.remove({'0' if first else f'{name}.size() - 1'})"

    def each(self, variable: Variable, over: Node, copied: bool) -> str:
        if over.type == STR:
            text = self.string(over, ATOM)
            self.kinds[variable.name] = "char"
            return f"for (char {variable.name} : {text}.toCharArray()) {{"
        values = self.expression(over).text
        self.kinds[variable.name] = "long" if variable.type == INT else "String"
        values = f"new ArrayList<>({values})" if copied else values
        return f"for ({self.kinds[variable.name]} {variable.name} : {values}) {{"

    def count(self, name: str, start: str, end: str) -> str:
        return f"for (long {name} = {start}; {name} < {end}; {name}++) {{"

    def while_loop(self, condition: Node, body: Node) -> list[str]:
        """See BracePrinter. A condition must not be known to the compiler, nor need lines before it."""
        text = self.expression(condition)
        before = self._collected([])
        if before:
            leave = [f"if (!{text.within(UNARY)}) {{", f"{self.indent}break;", "}"]
            lines = [*before, *leave, *self.block(body)]
            return ["while (true) {", *(f"{self.indent}{line}" for line in lines), "}"]
        if not (condition.op == "constant" and condition.value is True) and not _varies(condition):
            name = self.fresh("isGoing")
            return [f"boolean {name} = {text.text};", f"while ({name}) {{", *self.indented(body), "}"]
        return [f"while ({text.text}) {{", *self.indented(body), "}"]

    # ---- expressions ------------------------------------------------------------------------------------------------

    def expression(self, node: Node) -> Text:
        op = node.op
        if (found := hole(node)) is not None:
            return found
        if op == "variable":
            return self.variable(node)
        if op == "constant":
            return self._constant(node)
        if op in ("and", "or"):
            return self.either(node)
        if node.type in (LIST, WORDS) and op not in ("call", "reverse", "list", "split"):
            return self.collected(node)
        of_text = f"{op} of text"
        method = _SPECIAL[of_text if node.type == STR and of_text in _SPECIAL else op]
        special: Text = getattr(self, method)(node)
        return special

    def _constant(self, node: Node) -> Text:
        if node.type in (MAP, TALLY):
            return Text(f"new HashMap<{'Long' if node.type == MAP else 'String'}, Long>()")
        if node.type in (LIST, WORDS):
            return Text(f"List.<{'Long' if node.type == LIST else 'String'}>of()")
        negative = node.type == INT and node.value < 0
        return Text(
            json.dumps(node.value), UNARY if negative else ATOM, {INT: "int", BOOL: "boolean"}.get(node.type, "")
        )

    def _arithmetic(self, node: Node) -> Text:
        first, second = map(self.expression, node.children)
        strength = PRODUCT if node.op == "*" else SUM
        small = first.kind == second.kind == "int"
        left, right = first.within(strength), second.within(strength + 1)
        if small and node.op == "*":
            left, small = f"{left}L" if is_number(node.children[0]) else f"(long) {first.within(UNARY)}", False
        return Text(f"{left} {node.op} {right}", strength, "int" if small else "long")

    def _quotient(self, node: Node) -> Text:
        first, second = map(self.expression, node.children)
        small = first.kind == second.kind == "int"
        if self.natural(*node.children):
            text = f"{first.within(PRODUCT)} / {second.within(UNARY)}"
            return Text(text, PRODUCT, "int" if small else "long")
        return Text(f"Math.floorDiv({first.text}, {second.text})", ATOM, "int" if small else "long")

    def _remainder(self, node: Node) -> Text:
        first, second = map(self.expression, node.children)
        if self.natural(*node.children):
            return self._rest(node)
        return Text(f"Math.floorMod({first.text}, {second.text})", ATOM, "int" if second.kind == "int" else "long")

    def _rest(self, node: Node) -> Text:
        """The remainder of whole numbers, or one that is compared with 0."""
        first, second = map(self.expression, node.children)
        kind = "int" if first.kind == second.kind == "int" else "long"
        return Text(f"{first.within(PRODUCT)} % {second.within(UNARY)}", PRODUCT, kind)

    def _math(self, node: Node) -> Text:
        parts = [self.expression(each) for each in node.children]
        name = {"abs": "abs", "min of two": "min", "max of two": "max"}[node.op]
        kind = "int" if all(part.kind == "int" for part in parts) else "long"
        return Text(f"Math.{name}({', '.join(part.text for part in parts)})", ATOM, kind)

    def _if(self, node: Node) -> Text:
        condition = self.expression(node.children[1]).within(OR)
        chosen = [node.children[0], node.children[2]]
        if node.type == STR:
            return Text(f"{condition} ? {self.string(chosen[0], OR)} : {self.string(chosen[1], TERNARY)}", TERNARY)
        then, otherwise = map(self.expression, chosen)
        if then.kind != otherwise.kind:
            # (the compiler would make objects of both, as the type of a generic method is none of a number)
            then, otherwise = (
                Text(f"{text.within(ATOM)}.longValue()", ATOM, "long")
                if text.kind == "Long" and _is_generic(each)
                else text
                for each, text in zip(chosen, (then, otherwise), strict=True)
            )
        kind = then.kind if then.kind == otherwise.kind else "long"
        return Text(f"{condition} ? {then.within(OR)} : {otherwise.within(TERNARY)}", TERNARY, kind)

    def _compare(self, node: Node) -> Text:
        first, second = node.children
        level = 5 if node.op[0] in "<>" else 4
        if node.op in ("==", "!=") and first.op == "%" and is_number(second, 0):
            return Text(f"{self._rest(first).text} {node.op} 0", level, "boolean")
        left, right = self.expression(first), self.expression(second)
        if node.op in ("==", "!=") and left.kind == right.kind == "Long":
            sign = "!" if node.op == "!=" else ""
            return Text(f"{sign}{left.within(ATOM)}.equals({right.text})", UNARY if sign else ATOM, "boolean")
        return Text(f"{left.within(SUM)} {node.op} {right.within(SUM)}", level, "boolean")

    def _not(self, node: Node) -> Text:
        return Text(f"!{self.expression(node.children[0]).within(UNARY)}", UNARY, "boolean")

    def _same(self, node: Node) -> Text:
        """Equal texts or lists; characters are no objects."""
        first, second = node.children
        if node.op == "== of str" and (letters := self.letters(first, second)):
            return Text(f"{letters[0]} == {letters[1]}", 4, "boolean")
        left = self.string(first, ATOM) if first.type == STR else self.expression(first).within(ATOM)
        return Text(f"{left}.equals({self.argument(second)})", ATOM, "boolean")

    def _contains(self, node: Node) -> Text:
        method = "containsKey" if node.op.startswith("key") else "contains"
        receiver = node.children[1]
        text = self.string(receiver, ATOM) if receiver.type == STR else self.expression(receiver).within(ATOM)
        return Text(f"{text}.{method}({self.boxed(node.children[0])})", ATOM, "boolean")

    def _count(self, node: Node) -> Text:
        values = self.expression(node.children[0]).text
        return Text(f"Collections.frequency({values}, {self.boxed(node.children[1])})", ATOM, "int")

    def _count_in_text(self, node: Node) -> Text:
        parts = ", ".join(map(self.argument, node.children))
        return Text(f"{self.helper('countOf')}({parts})", ATOM, "long")

    def _get(self, node: Node) -> Text:
        table, key, otherwise = node.children
        return Text(
            f"{self.expression(table).within(ATOM)}.getOrDefault({self.boxed(key)}, {self.boxed(otherwise)})",
            ATOM,
            "Long",
        )

    def _item(self, node: Node) -> Text:
        values, index = node.children
        kind = {INT: "Long", STR: "String"}[node.type]
        text = self.expression(values)
        if is_number(index) and index.value < 0:
            if values.op != "variable":
                return Text(f"{self.helper('fromEnd')}({text.text}, {-index.value})", ATOM, kind)
            return Text(f"{text.text}.get({text.text}.size() - {-index.value})", ATOM, kind)
        return Text(f"{text.within(ATOM)}.get({self.index(index)})", ATOM, kind)

    def _letter(self, node: Node) -> Text:
        text, index = node.children
        if is_number(index) and index.value < 0:
            if text.op != "variable" or self.expression(text).kind == "char":
                return Text(f"{self.helper('letterFromEnd')}({self.argument(text)}, {-index.value})", ATOM, "char")
            return Text(f"{text.name}.charAt({text.name}.length() - {-index.value})", ATOM, "char")
        return Text(f"{self.string(text, ATOM)}.charAt({self.index(index)})", ATOM, "char")

    def _length(self, node: Node) -> Text:
        values = node.children[0]
        if values.type == STR:
            return Text(f"{self.string(values, ATOM)}.length()", ATOM, "int")
        if self.is_stream(values):
            return Text(f"{self.stream(values).text}.count()", ATOM, "long")
        return Text(f"{self.expression(values).within(ATOM)}.size()", ATOM, "int")

    def _concatenation(self, node: Node) -> Text:
        first, second = node.children
        right = self.expression(second)
        return Text(f"{self.string(first, SUM)} + {right.within(PRODUCT)}", SUM)

    def _method(self, node: Node) -> Text:
        """A method of a text."""
        text, *parts = node.children
        template = {"upper": "toUpperCase()", "lower": "toLowerCase()", "*": "repeat({})"}[node.op]
        return Text(f"{self.string(text, ATOM)}.{template.format(*map(self.index, parts))}")

    def _reversed(self, node: Node) -> Text:
        if node.type == STR:
            return Text(f"new StringBuilder({self.argument(node.children[0])}).reverse().toString()")
        return Text(f"{self.helper('reversed')}({self.expression(node.children[0]).text})")

    def _part(self, node: Node) -> Text:
        """A part of a text."""
        text, *bounds = node.children
        name = {"from": "dropFirst", "to": "takeFirst", "between": "part"}[node.op]
        parts = [self.argument(text), *(self.expression(each).text for each in bounds)]
        if (
            text.op == "variable"
            and self.expression(text).kind != "char"
            and is_number(bounds[0])
            and node.op != "between"
        ):
            least = f"Math.min({bounds[0].value}, {text.name}.length())"
            return Text(
                f"{text.name}.substring({least})" if node.op == "from" else f"{text.name}.substring(0, {least})"
            )
        if name == "part":
            self.helpers |= {"dropFirst", "takeFirst"}
        return Text(f"{self.helper(name)}({', '.join(parts)})")

    def _list(self, node: Node) -> Text:
        return Text(f"List.of({self.boxed(node.children[0])})")

    def _split(self, node: Node) -> Text:
        text, by = node.children
        return Text(f"List.of({self.string(text, ATOM)}.split(Pattern.quote({self.argument(by)}), -1))")

    def _join(self, node: Node) -> Text:
        by, words = node.children
        return Text(f"String.join({self.argument(by)}, {self.expression(words).text})")

    def _text(self, node: Node) -> Text:
        return Text(f"String.valueOf({self.expression(node.children[0]).text})")

    def _call(self, node: Node) -> Text:
        kind = {INT: "long", BOOL: "boolean"}.get(node.type, "")
        return Text(f"{node.name}({', '.join(map(self.argument, node.children))})", ATOM, kind)


def _is_generic(node: Node) -> bool:
    """Whether an integer is what a generic method returns."""
    if node.op == "if":
        return any(map(_is_generic, node.children)) and node.type == INT
    from_end = node.op == "item" and is_number(node.children[1]) and node.children[1].value < 0
    return node.op in ("min", "max") or (from_end and node.children[0].op != "variable")


def _varies(node: Node) -> bool:
    """Whether the compiler cannot know the value of a condition."""
    return any(each.op in ("variable", "call") or each.type not in (INT, BOOL) for each in walk(node))


_SPECIAL = {
    **dict.fromkeys(("+", "-", "*"), "_arithmetic"),
    "//": "_quotient",
    "%": "_remainder",
    "if": "_if",
    "not": "_not",
    **dict.fromkeys(("abs", "min of two", "max of two"), "_math"),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "_compare"),
    **dict.fromkeys(("== of str", "== of list", "== of words"), "_same"),
    **dict.fromkeys(("in", "in str", "in words", "key", "key of tally"), "_contains"),
    **dict.fromkeys(("len", "len of str", "len of words", "len of map", "len of tally"), "_length"),
    "count": "_count",
    "count in words": "_count",
    "count in str": "_count_in_text",
    "get": "_get",
    "get of tally": "_get",
    "item": "_item",
    "item of words": "_item",
    "item of text": "_letter",
    "sum": "_sum",
    "min": "_extreme",
    "max": "_extreme",
    "any": "_match",
    "all": "_match",
    "+ of text": "_concatenation",
    "upper": "_method",
    "lower": "_method",
    "* of text": "_method",
    "reverse": "_reversed",
    "from": "_part",
    "to": "_part",
    "between": "_part",
    "list": "_list",
    "split": "_split",
    "join": "_join",
    "text": "_text",
    "call": "_call",
}
"""Methods for operations; those of texts where they differ."""
