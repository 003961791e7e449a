"""Labelled graphs, told apart but for the order of their nodes."""

import hashlib
from collections import Counter
from collections.abc import Sequence

Edge = tuple[int, int, str]
"""From, to, and how."""


def refined(labels: Sequence[str], edges: Sequence[Edge]) -> str:
    """A digest of a labelled graph that does not depend on the order of its nodes and edges."""
    neighbours: list[list[tuple[str, int]]] = [[] for _ in labels]
    for start, end, how in edges:
        neighbours[start].append((f"{how} >", end))
        neighbours[end].append((f"{how} <", start))
    colours, history = _ranked(list(labels))
    digest = hashlib.blake2b(history.encode(), digest_size=16)
    for _ in labels:
        before = len({*colours})
        signatures = [
            str((colours[node], sorted((how, colours[other]) for how, other in neighbours[node])))
            for node in range(len(labels))
        ]
        colours, history = _ranked(signatures)
        digest.update(history.encode())
        if len({*colours}) == before:
            break
    return digest.hexdigest()


def _ranked(signatures: Sequence[str]) -> tuple[list[int], str]:
    """A number for each node by the place of its signature among all, and text of how often each one is there."""
    counts = sorted(Counter(signatures).items())
    rank = {signature: number for number, (signature, _) in enumerate(counts)}
    return [rank[signature] for signature in signatures], str(counts)
