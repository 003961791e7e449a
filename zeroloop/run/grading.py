"""How well an evaluator plays on exactly scored positions, with a search or without."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from zeroloop.contracts import Environment, Evaluator, Float32, Int32, LeafRows, State
from zeroloop.errors import SettingError
from zeroloop.run.positions import Position
from zeroloop.search import batch_environment, search
from zeroloop.search.settings import SearchSettings

CHUNK = 1000
"""Positions searched at once: large network batches, and trees that fit in memory."""


@dataclass(frozen=True)
class Grade:
    """The errors on `positions` positions with `simulations` per move; 0 is the bare network.

    weak_error: share in [0, 1] of chosen moves that worsen the win / draw / loss class.
    strong_error: share in [0, 1] of chosen moves that are not score-optimal.
    value_mae: mean |value - sign of the exact score|, in [0, 2]; the search's root value, or the network's.
    seconds: wall time of choosing the moves.
    """

    measure: ClassVar[str] = "weak_error"
    """What `error` is called in metrics."""

    positions: int
    weak_error: float
    strong_error: float
    value_mae: float
    simulations: int
    seconds: float

    @property
    def error(self) -> float:
        """The weak error."""
        return self.weak_error


def grade(
    environment: Environment,
    evaluator: Evaluator,
    positions: Sequence[Position],
    settings: SearchSettings,
    simulations: int,
) -> Grade:
    """The grade of moves chosen with `simulations` per position, without noise, the most promising move each.

    Raises SettingError for a negative number of simulations, or where there is no position.
    """
    if simulations < 0 or not positions:
        raise SettingError(f"grading needs positions and simulations >= 0; got {len(positions)} and {simulations}")
    begin = time.perf_counter()
    chunks = [positions[start : start + CHUNK] for start in range(0, len(positions), CHUNK)]
    moves, values = zip(
        *(_choose(environment, evaluator, chunk, settings, simulations) for chunk in chunks), strict=True
    )
    seconds = time.perf_counter() - begin
    chosen, value = np.concatenate(moves), np.concatenate(values)
    best = np.array([max(position.scores.values()) for position in positions])
    score = np.array([position.scores[int(action)] for position, action in zip(positions, chosen, strict=True)])
    return Grade(
        positions=len(positions),
        weak_error=float(np.mean(np.sign(score) < np.sign(best))),
        strong_error=float(np.mean(score < best)),
        value_mae=float(np.mean(np.abs(value - np.sign(best)))),
        simulations=simulations,
        seconds=seconds,
    )


def mean_grade(grades: Sequence[Grade]) -> Grade:
    """The unweighted mean over sets of the errors; positions and seconds are summed."""
    return Grade(
        positions=sum(grade.positions for grade in grades),
        weak_error=float(np.mean([grade.weak_error for grade in grades])),
        strong_error=float(np.mean([grade.strong_error for grade in grades])),
        value_mae=float(np.mean([grade.value_mae for grade in grades])),
        simulations=grades[0].simulations,
        seconds=sum(grade.seconds for grade in grades),
    )


def playing_settings(settings: SearchSettings, simulations: int) -> SearchSettings:
    """`settings` as they are when strength is measured: so many simulations, none of them forced for exploration."""
    changes = {"num_simulations": simulations, "forced_playouts": 0.0, "max_nodes": 0}
    return SearchSettings.model_validate(settings.model_dump() | changes)


def _choose(
    environment: Environment,
    evaluator: Evaluator,
    positions: Sequence[Position],
    settings: SearchSettings,
    simulations: int,
) -> tuple[Int32, Float32]:
    """The chosen actions int32 [n] and the values float32 [n] for the mover."""
    states = [position.state for position in positions]
    if simulations > 0:
        result = search(environment, evaluator, states, playing_settings(settings, simulations))
        return result.chosen, result.root_values
    return _bare_choice(environment, evaluator, states)


def _bare_choice(environment: Environment, evaluator: Evaluator, states: Sequence[State]) -> tuple[Int32, Float32]:
    """The most likely legal action of each state by the evaluator alone, and its value."""
    batch = batch_environment(environment, len(states))
    for slot, state in enumerate(states):
        batch.write(slot, state)
    slots = np.arange(len(states), dtype=np.int32)
    offsets, actions = batch.legal(slots)
    logits, values = evaluator(LeafRows(batch, slots, offsets, actions, roots=np.ones(len(slots), np.bool_)))
    best = [begin + int(np.argmax(logits[begin:end])) for begin, end in pairwise(offsets)]
    return actions[best], values
