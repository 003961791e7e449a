"""What puzzles are but for the names and the order of their variables and values."""

from zeroloop.tasks._constraint_solver import Puzzle, Relation
from zeroloop.tasks._refinement import Edge, refined


def structure(puzzle: Puzzle) -> str:
    """32 hexadecimal digits: equal for puzzles that differ in names and order alone, and, where values are houses in a
    row, for mirror images; hardly ever for others.

    Variables, values and groups refine each other's colours until nothing more is told apart (Weisfeiler & Leman 1968).
    """
    if not puzzle.relations and not _is_ordered(puzzle):
        return _fingerprint(puzzle, ordered=False)
    return min(_fingerprint(puzzle, ordered=True), _fingerprint(_mirrored(puzzle), ordered=True))


def _is_ordered(puzzle: Puzzle) -> bool:
    """Whether some variable can have some values only, and not just one or all: values are then told apart by place."""
    return any(1 < domain.bit_count() < puzzle.size for domain in puzzle.domains)


def _mirrored(puzzle: Puzzle) -> Puzzle:
    """Values in the opposite order."""
    size = puzzle.size
    domains = tuple(sum(1 << size - 1 - v for v in range(size) if domain >> v & 1) for domain in puzzle.domains)
    turned = tuple(
        Relation(name, b, a) if name in ("left_of", "just_left_of") else Relation(name, a, b)
        for name, a, b in puzzle.relations
    )
    return puzzle._replace(domains=domains, relations=turned)


def _fingerprint(puzzle: Puzzle, ordered: bool) -> str:
    variables, size = len(puzzle.domains), puzzle.size
    labels = ["variable"] * variables
    labels += [f"value {value}" if ordered else "value" for value in range(size)]
    labels += [f"group of {len(group)}" for group in puzzle.groups]
    edges = list[Edge]()
    for variable, domain in enumerate(puzzle.domains):
        if domain.bit_count() < size:
            edges += [(variable, variables + value, "may be") for value in range(size) if domain >> value & 1]
    for index, group in enumerate(puzzle.groups):
        edges += [(variable, variables + size + index, "in") for variable in group]
    for name, a, b in puzzle.relations:
        edges.append((a, b, name))
        if name not in ("left_of", "just_left_of"):
            edges.append((b, a, name))
    return refined(labels, edges)
