"""Pools of puzzles for training, validation and testing that share no puzzle, not even up to symmetry."""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from zeroloop.errors import SettingError
from zeroloop.puzzles import Bool, Pairs, Puzzle, scramble
from zeroloop.seeding import stream_seed

_BATCH = 250
"""Puzzles made in one go, of a seed of their own; batches are made side by side."""
_PATIENCE = 20
"""Batches in a row without a new puzzle after which a family counts as exhausted."""


_SHARES = {"test": (0.0, 0.25), "validation": (0.25, 0.4), "train": (0.4, 1.0)}
"""The part of all fingerprints, hashed to [0, 1), that belongs to each pool: so that each has its share of every kind
of puzzle, also where a family is small and its pools exhaust it."""


class Pools(NamedTuple):
    """Three disjoint pools; each depends on the seed and its own size alone."""

    test: Pairs
    validation: Pairs
    train: Pairs


def make_pools(puzzle: Puzzle, seed: int, test: int, validation: int, train: int) -> Pools:
    """Pools of these sizes; where the family has too few puzzles, the training pool is smaller.

    Raises SettingError where not even the first two can be filled, or nothing is left to train on.
    """
    pools = [_pool(puzzle, seed, *each) for each in zip(Pools._fields, (test, validation, train), strict=True)]
    for name, count, pool in zip(Pools._fields, (test, validation, 1), pools, strict=True):
        if len(pool) < count:
            raise SettingError(
                f"puzzle_options: {puzzle.name} with these options has too few different puzzles: {len(pool)} of "
                f"{count} for the {name} pool; allow more (clues, shares, sizes), or ask for fewer"
            )
    return Pools(*pools)


def held_out(puzzle: Puzzle, seed: int, count: int) -> Pairs:
    """The test pool of `make_pools` alone."""
    return _pool(puzzle, seed, "test", count)


def training_pool(puzzle: Puzzle, seed: int, count: int) -> Pairs:
    """The training pool of `make_pools` alone. Raises SettingError where it would be empty."""
    pool = _pool(puzzle, seed, "train", count)
    if not len(pool):
        raise SettingError(f"puzzle_options: {puzzle.name} with these options has no puzzle to train on; allow more")
    return pool


def _pool(puzzle: Puzzle, seed: int, name: str, count: int) -> Pairs:
    """Up to `count` different puzzles whose fingerprint belongs to the pool."""
    parts: list[Pairs] = []
    taken: set[int] = set()
    found = stale = 0
    for made in _batches(puzzle, seed, name, count):
        new = made.take(_fresh(puzzle, made, name, taken, count - found))
        parts.append(new)
        found += len(new)
        stale = 0 if len(new) else stale + 1
        if found >= count or stale == _PATIENCE:
            break
    return Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _batches(puzzle: Puzzle, seed: int, name: str, count: int) -> Iterator[Pairs]:
    """Batches of puzzles in an order that does not depend on the number of threads."""
    threads = os.cpu_count() or 1
    size = min(_BATCH, count)
    with ThreadPoolExecutor(threads) as pool:
        for first in itertools.count(0, threads):
            seeds = [stream_seed(seed, puzzle.name, name, index) for index in range(first, first + threads)]
            yield from pool.map(lambda each: puzzle.generate(each, size), seeds)


def _fresh(puzzle: Puzzle, made: Pairs, name: str, taken: set[int], wanted: int) -> Bool:
    kept = np.zeros(len(made), np.bool_)
    fingerprints = puzzle.fingerprint(made.questions)
    place = scramble(fingerprints) / 2.0**64
    low, high = _SHARES[name]
    for row, (fingerprint, ours) in enumerate(
        zip(fingerprints.tolist(), ((low <= place) & (place < high)).tolist(), strict=True)
    ):
        if wanted == 0:
            break
        if ours and fingerprint not in taken:
            taken.add(fingerprint)
            kept[row] = True
            wanted -= 1
    return kept
