"""Shortest ways by A* (Hart, Nilsson & Raphael 1968), for reference solvers."""

import heapq
import math
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

S = TypeVar("S")
M = TypeVar("M")


def shortest(
    start: S,
    successors: Callable[[S], Iterable[tuple[M, S]]],
    estimate: Callable[[S], float],
    is_goal: Callable[[S], bool],
    most: int,
    key: Callable[[S], Hashable] = lambda state: state,
) -> tuple[list[M] | None, int]:
    """The moves from `start` to a goal, and the number of states that were expanded; None for the moves where no goal
    can be reached, or more than `most` states would be expanded.

    The moves are as few as can be where `estimate` never says more than are needed; infinity means that a goal cannot
    be reached. key: equal for states that are as far from the goal as each other.
    """
    steps, made, expanded = {key(start): 0}, 0, 0
    # By estimated length, then the farthest from the start, then the one that was found first.
    queue: list[tuple[float, int, int, S, Any]] = [(estimate(start), 0, 0, start, ())]
    while queue and expanded < most:
        _, left, _, state, way = heapq.heappop(queue)
        if steps[key(state)] < -left:
            continue
        if is_goal(state):
            moves: list[M] = []
            while way:
                way, move = way
                moves.append(move)
            return moves[::-1], expanded
        expanded += 1
        count = 1 - left
        for move, following in successors(state):
            identity = key(following)
            if count < steps.get(identity, math.inf):
                steps[identity] = count
                far = estimate(following)
                if far < math.inf:
                    made += 1
                    heapq.heappush(queue, (count + far, -count, made, following, (way, move)))
    return None, expanded
