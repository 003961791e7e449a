"""What JavaScript and Java have in common: statements in braces, and how tightly expressions bind."""

from abc import ABC, abstractmethod
from typing import NamedTuple

from zeroloop.programs.layout import (
    CHANGES,
    POPS,
    added,
    changed,
    counts_from_zero,
    ends,
    is_natural,
    is_number,
    is_op,
    is_stable,
    needs_copy,
    reassigned,
    shared,
    statements,
)
from zeroloop.programs.rules import ACCUMULATORS
from zeroloop.programs.terms import BLOCK, BODY, HOLES, INT, STEPS, STR, Function, Hole, Node, Variable, tree

TERNARY, OR, AND, EQUALITY, RELATION, SUM, PRODUCT, UNARY, ATOM = range(1, 10)
COMPREHENSIONS = ("map", "filter", "map and filter")
_SHORT = {INT: ("+", "-", "*"), STR: ("+",)}
"""Operators that there is an assignment for."""


class Text(NamedTuple):
    """An expression as it is printed. kind: what the language's own types make of it, where that matters."""

    text: str
    strength: int = ATOM
    kind: str = ""

    def within(self, least: int) -> str:
        """The text, in brackets where it binds less than `least`."""
        return f"({self.text})" if self.strength < least else self.text


class BracePrinter(ABC):
    """Prints one function. helpers: those that it calls are added; all functions of a source share the set."""

    indent: str
    all_reachable: bool
    """Whether the language refuses statements that are never reached."""

    def __init__(self, function: Function, helpers: set[str]) -> None:
        self.function, self.helpers = function, helpers
        self.whole = tree(function.term)
        self.reassigned, self.changed = reassigned(self.whole), changed(self.whole)
        self.naturals = counts_from_zero(self.whole)
        self.before: list[str] = []
        """Lines that the statement which is being printed needs before it."""
        self.fresh_names: dict[str, int] = {}

    # ---- what a language says ---------------------------------------------------------------------------------------

    @abstractmethod
    def expression(self, node: Node) -> Text:
        """An expression."""

    @abstractmethod
    def assignable(self, value: Node, name: str) -> str:
        """A value that is bound to a name, or returned where that is empty."""

    @abstractmethod
    def declared(self, variable: Variable, value: str) -> str:
        """A statement that makes a variable."""

    @abstractmethod
    def integer(self, name: str, value: str) -> str:
        """A statement that makes an integer that nothing changes."""

    @abstractmethod
    def pair(self, first: str, second: str, one: Node, other: Node) -> list[str]:
        """Two assignments at once."""

    @abstractmethod
    def change(self, node: Node) -> str:
        """A list or map that changes in place."""

    @abstractmethod
    def popped(self, name: str, first: bool) -> str:
        """The first or last item of a list, which is taken out of it."""

    @abstractmethod
    def each(self, variable: Variable, over: Node, copied: bool) -> str:
        """The head of a loop over the items of a value, or of a copy of it."""

    @abstractmethod
    def count(self, name: str, start: str, end: str) -> str:
        """The head of a loop that counts."""

    @abstractmethod
    def while_loop(self, condition: Node, body: Node) -> list[str]:
        """A loop with a condition."""

    # ---- statements -------------------------------------------------------------------------------------------------

    def body(self) -> list[str]:
        """The function's lines, without its head."""
        if self.whole.type in (BLOCK, STEPS, BODY):
            return self.block(self.whole)
        if is_op(self.whole, *ACCUMULATORS):
            return self._accumulator()
        return self._collected([f"return {self.assignable(self.whole, '')};"])

    def block(self, node: Node) -> list[str]:
        """Statements one after the other; those that are never reached are left out where the language wants that."""
        lines = []
        for each in statements(node):
            lines += self._statement(each)
            if self.all_reachable and ends(each):
                break
        return lines

    def _statement(self, node: Node) -> list[str]:
        op, children = node.op, node.children
        if not op:
            return [f"{HOLES[node.type]};"]
        if op == "break":
            return ["break;"]
        if op == "while":
            return self.while_loop(children[0], children[1])
        if op in ("if return", "when", "when else"):
            return self._branch(node)
        if op.startswith(("each", "count up")):
            return self._loop(node)
        return self._collected(self._simple(node))

    def _simple(self, node: Node) -> list[str]:
        """A statement that holds no others."""
        op, children = node.op, node.children
        if op == "return":
            return [f"return {self.assignable(children[0], '')};"]
        if op.startswith("let "):
            variable = node.bound[0]
            return [self.declared(variable, self.assignable(children[0], variable.name))]
        if op == "pair":
            return self.pair(children[0].name, children[1].name, children[2], children[3])
        if op in POPS:
            return [self.declared(node.bound[0], self.popped(children[0].name, op == "pop first"))]
        if op in CHANGES:
            return [self.change(node)]
        name = children[0].name
        if (short := added(node)) and short[0] in _SHORT[children[1].type]:
            if is_number(short[1], 1) and short[0] != "*":
                return [f"{name}{short[0] * 2};"]
            return [f"{name} {short[0]}= {self.expression(short[1]).text};"]
        return [f"{name} = {self.assignable(children[1], name)};"]

    def _collected(self, lines: list[str]) -> list[str]:
        """Lines after those that they need before them."""
        found, self.before = [*self.before, *lines], []
        return found

    def _branch(self, node: Node) -> list[str]:
        condition, then = node.children[0], node.children[1]
        head = f"if ({self.expression(condition).text}) {{"
        if node.op == "if return":
            value = self.assignable(then, "")
            return self._collected([head, f"{self.indent}return {value};", "}"])
        before = self._collected([])
        lines = [*before, head, *self.indented(then)]
        if node.op == "when else" and not is_op(node.children[2], "end"):
            lines += ["} else {", *self.indented(node.children[2])]
        return [*lines, "}"]

    def _loop(self, node: Node) -> list[str]:
        variable, body = node.bound[0], node.children[-2]
        if node.op == "count up":
            start, end = self.expression(node.children[0]).text, self.expression(node.children[1]).text
            before = self._collected([])
            if not is_stable(node.children[1], body, variable.name):
                name = self.fresh("loopEnd")
                before.append(self.integer(name, end))
                end = name
            return [*before, self.count(variable.name, start, end), *self.indented(body), "}"]
        over = node.children[0]
        head = self.each(variable, over, not shared(over).isdisjoint(changed(body)))
        return [*self._collected([head]), *self.indented(body), "}"]

    def indented(self, node: Node) -> list[str]:
        """The statements of a branch or loop."""
        return [f"{self.indent}{line}" for line in self.block(node)]

    def _accumulator(self) -> list[str]:
        first, over, value = self.whole.children
        item, result = self.whole.bound
        self.reassigned = {*self.reassigned, "result"}
        start = self.declared(result, self.assignable(first, "result"))
        head = self.each(item, over, False)
        lines = self._collected([start, head])
        step = self._collected([f"result = {self.assignable(value, 'result')};"])
        short = value.children and value.children[0].op == "variable" and value.children[0].name == "result"
        if short and is_op(value, *_SHORT.get(value.type, ())):
            step[-1] = f"result {value.op}= {self.expression(value.children[1]).text};"
        return [*lines, *(f"{self.indent}{line}" for line in step), "}", "return result;"]

    # ---- what expressions ask ---------------------------------------------------------------------------------------

    def fresh(self, name: str) -> str:
        """A name with a capital letter in it, which no variable of the program has, and which is given once."""
        number = self.fresh_names[name] = self.fresh_names.get(name, 0) + 1
        return name if number == 1 else f"{name}{number}"

    def copies(self, name: str, value: Node) -> bool:
        """Whether a value must be copied when it is bound to a name."""
        return needs_copy(name, value, self.whole)

    def natural(self, *nodes: Node) -> bool:
        """Whether integers are known to be at least 0."""
        return all(is_natural(node, self.naturals) for node in nodes)

    def helper(self, name: str) -> str:
        """The name of a helper function, which the source then has."""
        self.helpers.add(name)
        return name

    def either(self, node: Node) -> Text:
        """`and` or `or`, with brackets where they are mixed, though the languages need none."""
        sign, strength = ("||", OR) if node.op == "or" else ("&&", AND)
        left, right = map(self.expression, node.children)
        first = left.text if node.children[0].op == node.op else left.within(EQUALITY)
        return Text(f"{first} {sign} {right.within(EQUALITY)}", strength, "boolean")


def hole(node: Node) -> Text | None:
    """What is printed for a hole; None where there is a production."""
    return Text(HOLES[node.type], ATOM, node.type) if isinstance(node.head, Hole) else None
