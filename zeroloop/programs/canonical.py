"""One form for programs that differ in nothing but the order of operands that does not matter."""

from collections.abc import Sequence

from zeroloop.programs.terms import BOOL, INT, Hole, Node, Production, Term, tree

_COMMUTATIVE = {(INT, "+"), (INT, "*"), (INT, "min of two"), (INT, "max of two")}
_COMMUTATIVE |= {(BOOL, op) for op in ("==", "!=", "== of str", "== of list", "== of words")}


def canonical(term: Term) -> Term:
    """The term with the operands of finished sums, products, smaller and larger ones and comparisons in one order.

    Both orders have the same value, or none, for all arguments: each evaluates both operands. Names of bound variables
    need no such form, as the language gives them by what is bound around them.
    """
    if not any((each.type, each.op) in _COMMUTATIVE for each in term if isinstance(each, Production)):
        return term
    return _ordered(tree(term))


def in_order(head: Production, operands: Sequence[Term]) -> bool:
    """Whether finished operands in canonical form are in the one order, where their order does not matter."""
    return (head.type, head.op) not in _COMMUTATIVE or _order(operands[0]) <= _order(operands[1])


def _ordered(node: Node) -> Term:
    children = [_ordered(child) for child in node.children]
    if (node.type, node.op) in _COMMUTATIVE and not any(isinstance(each, Hole) for part in children for each in part):
        children.sort(key=_order)
    return (node.head, *(each for part in children for each in part))


def _order(term: Term) -> list[tuple[int, ...]]:
    return [each.symbols for each in term if isinstance(each, Production)]
