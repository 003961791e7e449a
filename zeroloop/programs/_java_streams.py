"""How Java writes lists that are made of lists: streams, and the variables that functions of their items see."""

from zeroloop.programs.braces import ATOM, COMPREHENSIONS, BracePrinter, Text
from zeroloop.programs.layout import is_field, is_number, walk
from zeroloop.programs.terms import INT, LIST, STR, WORDS, Function, Node

_STAGES = (*COMPREHENSIONS, "range", "from", "to", "between", "sorted", "keys", "keys of tally", "+")
"""Operations on lists that are stages of a stream."""


class Streams(BracePrinter):
    """Prints lists, and knows the kinds of variables: "long", "Long", "char" or none."""

    def __init__(self, function: Function, helpers: set[str]) -> None:
        super().__init__(function, helpers)
        self.kinds: dict[str, str] = {}
        changing = self.reassigned | _counters(self.whole)
        self.moving = {name for name in changing if not is_field(name)}
        """Variables that functions of items must not see, as they change."""
        if self.whole.op in ("for", "for of str"):
            self.moving = self.moving | {"result"}
        self.depth = 0
        self.captured: dict[str, str] = {}

    # ---- operands ---------------------------------------------------------------------------------------------------

    def variable(self, node: Node) -> Text:
        """A variable; in a function of items, a copy of one that changes."""
        name = node.name
        kind = self.kinds.get(name, {INT: "long", "bool": "boolean"}.get(node.type, ""))
        if self.depth and name in self.moving:
            return Text(self._capture(name, node.type), ATOM, kind)
        return Text(name, ATOM, kind)

    def _capture(self, name: str, kind: str) -> str:
        if name not in self.captured:
            self.captured[name] = self.fresh(f"current{name.capitalize()}")
            types = {INT: "long", "bool": "boolean", STR: "String", LIST: "List<Long>", WORDS: "List<String>"}
            declared = types.get(kind) or f"Map<{'Long' if kind == 'map' else 'String'}, Long>"
            self.before.append(f"{declared} {self.captured[name]} = {name};")
        return self.captured[name]

    def _collected(self, lines: list[str]) -> list[str]:
        self.captured = {}
        return super()._collected(lines)

    def boxed(self, node: Node) -> str:
        """An operand where an object is wanted."""
        if node.type == STR:
            return self.argument(node)
        text = self.expression(node)
        if text.kind != "int":
            return text.text
        return f"{text.text}L" if is_number(node) else f"(long) {text.within(8)}"

    def index(self, node: Node) -> str:
        """An operand where an int is wanted."""
        text = self.expression(node)
        if text.kind == "int":
            return text.text
        return f"{text.within(ATOM)}.intValue()" if text.kind == "Long" else f"(int) {text.within(8)}"

    def argument(self, node: Node) -> str:
        """An operand where one of its usual type is wanted."""
        return self.text_of(node) if node.type == STR else self.expression(node).text

    def text_of(self, node: Node) -> str:
        """A text, which no character is."""
        return self.string(node, 0)

    def string(self, node: Node, least: int) -> str:
        """Likewise, in brackets where it binds less than `least`."""
        text = self.expression(node)
        return f"String.valueOf({text.text})" if text.kind == "char" else text.within(least)

    def letters(self, *nodes: Node) -> list[str]:
        """Characters, where all operands are some or can be; at least one is."""
        found = []
        some = False
        for node in nodes:
            text = self.expression(node)
            one = node.op == "constant" and len(node.value) == 1
            some = some or text.kind == "char"
            if text.kind != "char" and not one:
                return []
            found.append(f"'{node.value}'" if one else text.text)
        return found if some else []

    # ---- streams ----------------------------------------------------------------------------------------------------

    def is_stream(self, node: Node) -> bool:
        """Whether a list is made by stages of a stream."""
        return node.op in _STAGES

    def collected(self, node: Node) -> Text:
        """A list that is made by a stream."""
        stream = self.stream(node)
        return Text(f"{stream.text}{'.boxed()' if stream.kind == 'long' else ''}.toList()")

    def stream(self, node: Node) -> Text:
        """A stream of the items of a list. kind: "long" where they are no objects."""
        op, children = node.op, node.children
        if op == "range":
            return Text(f"LongStream.range(0, {self.expression(children[0]).text})", ATOM, "long")
        if op == "filter":
            source = self.stream(children[0])
            return Text(f"{source.text}.filter({self._function(node, source.kind, children[1])})", ATOM, source.kind)
        if op in ("map", "map and filter"):
            return self._mapped(node, "map")
        if op in ("keys", "keys of tally"):
            return Text(f"{self.expression(children[0]).within(ATOM)}.keySet().stream().sorted()")
        if op == "+":
            return self._joined(*map(self.stream, children))
        if op in ("from", "to", "between", "sorted"):
            source = self.stream(children[0])
            bounds = [self.expression(each).text for each in children[1:]]
            stage = {
                "from": ".skip({0})",
                "to": ".limit({0})",
                "between": ".limit({1}).skip({0})",
                "sorted": ".sorted()",
            }
            return Text(f"{source.text}{stage[op].format(*bounds)}", ATOM, source.kind)
        return Text(f"{self.expression(node).within(ATOM)}.stream()")

    def _joined(self, first: Text, second: Text) -> Text:
        if first.kind == second.kind == "long":
            return Text(f"LongStream.concat({first.text}, {second.text})", ATOM, "long")
        texts = [f"{each.text}.boxed()" if each.kind == "long" else each.text for each in (first, second)]
        return Text(f"Stream.concat({', '.join(texts)})")

    def _mapped(self, node: Node, method: str) -> Text:
        """A stream of what a function makes of items. method: "map" or "mapToLong"."""
        body, over = node.children[0], node.children[1]
        source = self.stream(over)
        text = source.text
        if node.op == "map and filter":
            text = f"{text}.filter({self._function(node, source.kind, node.children[2])})"
        if source.kind == "long":
            return Text(f"{text}.map({self._function(node, 'long', body)})", ATOM, "long")
        whole = method == "mapToLong"
        function = self._function(node, "Long", body, not whole)
        return Text(f"{text}.{method}({function})", ATOM, "long" if whole else "")

    def _function(self, node: Node, kind: str, body: Node, boxed: bool = False) -> str:
        """A function of the item that a node binds."""
        name = node.bound[0].name
        before = self.kinds.get(name)
        self.kinds[name] = "long" if kind == "long" else "Long"
        self.depth += 1
        text = self.boxed(body) if boxed else self.expression(body).text
        self.depth -= 1
        if before is not None:
            self.kinds[name] = before
        return f"{name} -> {text}"

    def _sum(self, node: Node) -> Text:
        values = node.children[0]
        if values.op in ("map", "map and filter"):
            return Text(f"{self._mapped(values, 'mapToLong').text}.sum()", ATOM, "long")
        stream = self.stream(values)
        whole = "" if stream.kind == "long" else ".mapToLong(Long::longValue)"
        return Text(f"{stream.text}{whole}.sum()", ATOM, "long")

    def _extreme(self, node: Node) -> Text:
        values = node.children[0]
        if self.is_stream(values) and (stream := self.stream(values)).kind == "long":
            return Text(f"{stream.text}.{node.op}().getAsLong()", ATOM, "long")
        return Text(f"Collections.{node.op}({self.expression(values).text})", ATOM, "Long")

    def _match(self, node: Node) -> Text:
        body, over = node.children
        source = self.stream(over)
        method = f"{node.op}Match"
        return Text(f"{source.text}.{method}({self._function(node, source.kind, body)})", ATOM, "boolean")


def _counters(node: Node) -> set[str]:
    """The variables of loops that count."""
    return {variable.name for each in walk(node) if each.op == "count up" for variable in each.bound}
