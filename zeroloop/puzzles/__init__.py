"""Puzzles whose answer has one token for each token of the question: one file each, with a function `puzzle`.

They are what token networks are proved on by supervised training; tasks that a search solves step by step are
environments (zeroloop/envs).
"""

from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

UInt8: TypeAlias = npt.NDArray[np.uint8]
UInt64: TypeAlias = npt.NDArray[np.uint64]
Int64: TypeAlias = npt.NDArray[np.int64]
Bool: TypeAlias = npt.NDArray[np.bool_]


class Pairs(NamedTuple):
    """Questions and answers, uint8 [n, T] each; token 0 is padding and never occurs."""

    questions: UInt8
    answers: UInt8

    def take(self, rows: Any) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self.questions[rows], self.answers[rows])

    def __len__(self) -> int:
        return len(self.questions)


class Puzzle(Protocol):
    """A family of puzzles of one size.

    name: the file's name. version: raised when the same settings begin to give other puzzles. vocab_size: tokens are
    1..vocab_size-1. coordinates: int64 [T, 2], the row and column of each token.
    """

    name: str
    version: int
    vocab_size: int
    coordinates: Int64

    def generate(self, seed: int, count: int) -> Pairs:
        """`count` puzzles, each with its answer; the same for the same seed on every platform."""

    def augment(self, pairs: Pairs, rng: np.random.Generator) -> Pairs:
        """The same puzzles in another guise: a random symmetry of each."""

    def fingerprint(self, questions: UInt8) -> UInt64:
        """[n]: equal for two puzzles that a symmetry turns into each other, and hardly ever for others."""

    def valid(self, questions: UInt8, answers: UInt8) -> Bool:
        """[n]: whether an answer solves its question, be it the stored one or another; checked by the rules."""

    def show(self, tokens: UInt8) -> str:
        """One question or answer [T] as text."""


def scramble(x: UInt64) -> UInt64:
    """A hash of each value (the finaliser of SplitMix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
