"""What the printers of all languages ask of a program: its statements, what it changes, where values must be copied."""

from collections.abc import Iterator

from zeroloop.programs.terms import INT, LIST, MAP, TALLY, WORDS, Node, Production

CONTAINERS = (LIST, WORDS, MAP, TALLY)
"""Types whose values programs change in place."""
CHANGES = ("append", "append of words", "put", "put in map", "put in tally")
LAST = ("return", "end", "break")
"""Statements that nothing follows."""
LOOPS = ("each", "each of str", "each of words", "count up", "while")
ARITHMETIC = ("+", "-", "*", "//", "%")


def is_op(node: Node, *ops: str) -> bool:
    """Whether a node is one of these operations."""
    return node.op in ops


def is_number(node: Node, *values: int) -> bool:
    """Whether a node is an integer that the program names, one of these where some are given."""
    if node.op != "constant" or node.type != INT or not isinstance(node.head, Production):
        return False
    return not values or node.head.value in values


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in preorder."""
    yield node
    for child in node.children:
        yield from walk(child)


def statements(node: Node) -> Iterator[Node]:
    """Statements in turn, without the `end` that says that there are no more."""
    while True:
        if node.op != "end":
            yield node
        if node.op in LAST or not node.op:
            return
        node = node.children[-1]


def inside(node: Node) -> Node:
    """A statement without those that follow it."""
    return node if node.op in LAST or not node.op else node._replace(children=node.children[:-1])


def reassigned(node: Node) -> set[str]:
    """The variables that are given new values somewhere in a node."""
    found = set()
    for each in walk(node):
        count = 2 if each.op == "pair" else each.op.startswith("set ")
        found |= {child.name for child in each.children[:count]}
    return found


def changed(node: Node) -> set[str]:
    """The variables whose lists and maps change in place somewhere in a node."""
    return {each.children[0].name for each in walk(node) if each.op in CHANGES}


def shared(node: Node) -> set[str]:
    """The variables that may name the same list or map as an expression does."""
    if node.op == "variable":
        return {node.name}
    if node.op == "call":
        return {name for child in node.children if child.type in CONTAINERS for name in shared(child)}
    return set()


def needs_copy(name: str, value: Node, whole: Node) -> bool:
    """Whether a list or map must be copied when it is bound to a name, as one of its names changes it.

    whole: the function.
    """
    if value.type not in CONTAINERS or not (others := shared(value) - {name}):
        return False
    return not (others | {name}).isdisjoint(changed(whole))


def added(node: Node) -> tuple[str, Node] | None:
    """Operator and operand of a statement `v = v + e`, for short `v += e`; not of lists, which differ in it."""
    value = node.children[1]
    if node.op in ("set int", "set str") and is_op(value, *ARITHMETIC):
        first, second = value.children
        if first.op == "variable" and first.name == node.children[0].name:
            return value.op, second
    return None
