"""Trains tic-tac-toe with its recipe, then lets the player move in every reachable position against exact play.

Reports the seconds of training, and in how many positions the move chosen with 50 simulations worsens the result that
perfect play would reach, and in how many it loses what was not lost; beside it the untrained and the bare network.
"""

import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from zeroloop import config
from zeroloop.cli.recipes import read_recipe
from zeroloop.contracts import Environment, State
from zeroloop.reports import SilentReporter
from zeroloop.run.grading import grade
from zeroloop.run.players import Player, load_player, make_environment
from zeroloop.run.positions import Position
from zeroloop.run.settings import RunSettings
from zeroloop.run.trainer import train
from zeroloop.search import SearchSettings

SIMULATIONS = 50


def run(quick: bool) -> dict[str, Any]:
    """Errors of the trained player in all reachable positions, and how long training took."""
    layer = config.Layer({"iterations": 2} if quick else {})
    settings = config.merge(RunSettings, *read_recipe("tic_tac_toe"), layer)
    positions = all_positions(make_environment("tic_tac_toe", {}))
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        run_directory = Path(scratch) / "run"
        train(settings, run_directory, resume=False, reporter=SilentReporter())
        seconds = time.perf_counter() - began
        trained = load_player(str(run_directory))
    return {
        "training_seconds": round(seconds, 1),
        "positions": len(positions),
        "simulations": SIMULATIONS,
        "trained": errors(trained, positions, SIMULATIONS),
        "trained, bare": errors(trained, positions, 0),
        "untrained": errors(load_player("untrained", "tic_tac_toe"), positions, SIMULATIONS),
    }


def errors(player: Player, positions: list[Position], simulations: int) -> dict[str, int]:
    """The number of positions in which the chosen move worsens the exact result, and in which it loses needlessly."""

    def count(chosen: list[Position]) -> int:
        found = grade(player.environment, player.evaluator(), chosen, SearchSettings(), simulations)
        return round(found.weak_error * found.positions)

    # A position whose wins count as draws: what worsens there is a needless loss.
    holding = [p._replace(scores={a: min(score, 0) for a, score in p.scores.items()}) for p in positions]
    return {"worse": count(positions), "lost": count(holding)}


def all_positions(environment: Environment) -> list[Position]:
    """Every reachable position that is not finished, with the exact value of each move by exhaustive search."""

    @cache
    def value(state: State) -> int:
        return max(result(state, action) for action in environment.legal_actions(state))

    def result(state: State, action: int) -> int:
        step = environment.step(state, action)
        return int(step.reward) if step.terminal else -value(step.state)

    found: dict[State, Position] = {}
    waiting = [environment.initial_state()]
    while waiting:
        state = waiting.pop()
        if state in found:
            continue
        scores = {int(action): result(state, action) for action in environment.legal_actions(state)}
        found[state] = Position("", state, scores)
        steps = [environment.step(state, action) for action in scores]
        waiting += [step.state for step in steps if not step.terminal]
    return list(found.values())


if __name__ == "__main__":
    print(run(quick=False))
