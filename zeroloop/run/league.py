"""The best network of a run so far, and the matches that made it so."""

from dataclasses import asdict
from typing import Any

from torch import Tensor

from zeroloop.run.arena import MatchResult
from zeroloop.run.elo import Rating, Result, ratings

Weights = dict[str, Tensor]


def player_name(iteration: int) -> str:
    """What the network after so many iterations is called in results and files."""
    return f"iteration_{iteration}"


class League:
    """best: weights of the best network, from iteration `best_iteration`. results: every match of the run."""

    def __init__(self, untrained: Weights) -> None:
        self.best, self.best_iteration = untrained, 0
        self.results: list[Result] = []

    def judge(self, iteration: int, candidate: Weights, match: MatchResult) -> None:
        """Keep the result, and the candidate as the best where the match promoted it."""
        names = player_name(iteration), player_name(self.best_iteration)
        self.results.append(Result(*names, match.wins, match.draws, match.losses))
        if match.promoted:
            self.best, self.best_iteration = candidate, iteration

    def ratings(self) -> list[Rating]:
        """Elo of every network that played, with intervals; the untrained one is the anchor with 0."""
        players = {name for result in self.results for name in (result.first, result.second)}
        names = sorted(players | {player_name(0)}, key=lambda name: int(name.rpartition("_")[2]))
        return ratings(names, self.results) if self.results else []

    @property
    def elo(self) -> float:
        """Elo of the best network; 0 for the untrained one."""
        found = {rating.name: rating.elo for rating in self.ratings()}
        return found.get(player_name(self.best_iteration), 0.0)

    def state(self) -> dict[str, Any]:
        """For a checkpoint: tensors and plain data."""
        return {
            "best": self.best,
            "best_iteration": self.best_iteration,
            "results": [asdict(result) for result in self.results],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned."""
        self.best, self.best_iteration = state["best"], state["best_iteration"]
        self.results = [Result(**result) for result in state["results"]]
