"""What the printers of all languages ask of a program: its statements, what it changes, where values must be copied."""

from collections.abc import Iterator

from zeroloop.programs.terms import CONTAINERS, INT, TYPES, Node

POPS = ("pop", "pop first")
"""Statements that take an item out of a list, and bind it."""
DELETES = ("delete from map", "delete from tally")
CHANGES = ("append", "append of words", "put", "put in map", "put in tally", *POPS, *DELETES)
LAST = ("return", "end", "break")
"""Statements that nothing follows."""
LOOPS = ("each", "each of str", "each of words", "count up", "while")
ARITHMETIC = ("+", "-", "*", "//", "%")


def is_op(node: Node, *ops: str) -> bool:
    """Whether a node is one of these operations."""
    return node.op in ops


def is_number(node: Node, *values: int) -> bool:
    """Whether a node is an integer that the program names, one of these where some are given."""
    return node.op == "constant" and node.type == INT and (not values or node.value in values)


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


def is_field(name: str) -> bool:
    """Whether a variable is a field of an object, in whatever language."""
    return "." in name


def needs_copy(name: str, value: Node, whole: Node) -> bool:
    """Whether a list or map must be copied when it is bound to a name, or returned where that is empty, as one of its
    names changes it. What other methods do to fields is not known.

    whole: the function.
    """
    if value.type not in CONTAINERS or not (others := shared(value) - {name}):
        return False
    if any(map(is_field, others | {name})):
        return True
    return name != "" and not (others | {name}).isdisjoint(changed(whole))


def added(node: Node) -> tuple[str, Node] | None:
    """Operator and operand of a statement `v = v + e`, for short `v += e`; not of lists, which differ in it."""
    value = node.children[1]
    if node.op in ("set int", "set str") and is_op(value, *ARITHMETIC):
        first, second = value.children
        if first.op == "variable" and first.name == node.children[0].name:
            return value.op, second
    return None


def counts_from_zero(node: Node) -> set[str]:
    """The loop variables that are never negative, whatever loop binds them."""
    never, other = set[str](), set[str]()
    for each in walk(node):
        for variable in each.bound:
            if each.op in ("map", "filter", "map and filter", "any", "all"):
                over = each.children[0 if each.op == "filter" else 1]
                natural = over.op == "range"
            else:
                natural = each.op == "count up" and is_number(each.children[0]) and each.children[0].value >= 0
            (never if natural else other).add(variable.name)
    return never - other


def is_natural(node: Node, naturals: set[str]) -> bool:
    """Whether an integer is known to be at least 0 without running the program. naturals: variables that are."""
    if is_number(node):
        return bool(node.value >= 0)
    if node.op == "variable":
        return node.name in naturals
    if node.op in ("+", "*", "//", "%", "min of two"):
        return all(is_natural(child, naturals) for child in node.children)
    return node.op == "abs" or node.op.startswith(("len", "count"))


def is_stable(node: Node, body: Node, name: str) -> bool:
    """Whether an integer is the same after each round of a loop, and cheap: a loop may then ask for it every time.

    name: of the loop's variable.
    """
    if is_number(node):
        return True
    if node.op in ("variable", "len", "len of str", "len of words"):
        variable = node if node.op == "variable" else node.children[0]
        unchanged = variable.name not in reassigned(body) | changed(body) | {name}
        return variable.op == "variable" and unchanged
    return node.op in ("+", "-") and all(is_stable(child, body, name) for child in node.children)


def ends(node: Node) -> bool:
    """Whether nothing after a statement is ever reached."""
    if node.op in ("return", "break"):
        return True
    if node.op == "when else":
        return all(any(ends(each) for each in statements(child)) for child in node.children[1:3])
    forever = node.op == "while" and node.children[0].op == "constant" and node.children[0].value is True
    return forever and not _has_break(node.children[1])


def _has_break(node: Node) -> bool:
    """Whether statements leave the loop that they are the body of."""
    for each in statements(node):
        if each.op == "break" or (each.op in ("when", "when else") and any(map(_has_break, each.children[1:-1]))):
            return True
    return False


def known_parts(node: Node, parameters: set[str]) -> Iterator[Node]:
    """The largest expressions without holes that depend on nothing but parameters, which keep their first values."""
    fixed = parameters - reassigned(node)

    def parts(each: Node) -> Iterator[Node]:
        if each.type in TYPES and each.op != "variable" and _depends_on(each, fixed):
            if each.children:
                yield each
            return
        for child in each.children:
            yield from parts(child)

    yield from parts(node)


def _depends_on(node: Node, names: set[str]) -> bool:
    """Whether an expression has no holes and calls, and sees only these variables and those that it binds."""
    below = [*walk(node)]
    bound = {variable.name for each in below for variable in each.bound}
    return all(each.op not in ("", "call") and (each.op != "variable" or each.name in names | bound) for each in below)
