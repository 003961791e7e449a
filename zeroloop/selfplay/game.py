"""One game while it is being played, and its way into an episode or a checkpoint."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroloop.contracts import Environment
from zeroloop.data.episodes import DEMONSTRATION, FAST, FULL, OPENING, GameEpisode

Float64 = npt.NDArray[np.float64]

PLY_COLUMNS = ("actions", "kinds", "root_values", "raw_values", "proven")
POLICY_COLUMNS = ("policy_actions", "policy_visits", "policy_weights", "policy_priors", "policy_values")


@dataclass
class GameInPlay:
    """A game so far. `plies` has one row of PLY_COLUMNS a ply, `policies` one [n, POLICY_COLUMNS] array a ply."""

    number: int
    opening: int
    task: dict[str, Any] | None = None
    """What the game started from, where the environment has tasks."""
    kind: int = FAST
    """Kind of the search that is running for the next move."""
    plies: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    policies: list[Float64] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.plies)

    @property
    def actions(self) -> list[int]:
        return [int(ply[0]) for ply in self.plies]

    def add_opening(self, action: int) -> None:
        self.plies.append((action, OPENING, np.nan, np.nan, np.nan))
        self.policies.append(NO_POLICY)

    def add(self, action: int, root_value: float, raw_value: float, proven: float, policy: Float64) -> None:
        """A searched move; `policy` is kept where the search was a full one."""
        self.plies.append((action, self.kind, root_value, raw_value, proven))
        self.policies.append(policy if self.kind == FULL else NO_POLICY)

    def add_demonstrated(self, action: int) -> None:
        """A move that was not searched for, with all of the policy on it."""
        self.plies.append((action, DEMONSTRATION, np.nan, np.nan, np.nan))
        self.policies.append(np.array([[action, 0, 1, np.nan, np.nan]]))

    def episode(self, environment: Environment, actor: int, iteration: int, outcome: float) -> GameEpisode:
        """The finished game; `outcome` is the return of the player who moved first."""
        plies = np.array(self.plies, np.float64).reshape(-1, len(PLY_COLUMNS))
        policy = np.concatenate([NO_POLICY, *self.policies])
        columns: dict[str, Any] = {name: plies[:, i] for i, name in enumerate(PLY_COLUMNS)}
        columns |= {name: policy[:, i] for i, name in enumerate(POLICY_COLUMNS)}
        return GameEpisode(
            environment=environment.name,
            environment_version=environment.version,
            actor=actor,
            game=self.number,
            iteration=iteration,
            opening=self.opening,
            outcome=outcome,
            policy_offsets=np.cumsum([0, *map(len, self.policies)]),
            task=self.task,
            **columns,
        )


NO_POLICY: Float64 = np.zeros((0, len(POLICY_COLUMNS)))


def pack(games: list[GameInPlay]) -> dict[str, Any]:
    """Games in play as arrays and text, for a checkpoint; "unknown" is infinity there, since NaN equals nothing."""
    plies = np.array([ply for g in games for ply in g.plies], np.float64).reshape(-1, len(PLY_COLUMNS))
    return {
        "heads": np.array([(g.number, g.opening, g.kind, len(g)) for g in games], np.int64).reshape(-1, 4),
        "plies": np.where(np.isnan(plies), np.inf, plies),
        "tasks": json.dumps([g.task for g in games]),
        "policy_sizes": np.array([len(policy) for g in games for policy in g.policies], np.int64),
        "policies": np.concatenate([NO_POLICY, *(policy for g in games for policy in g.policies)]),
    }


def unpack(arrays: dict[str, Any]) -> list[GameInPlay]:
    """The games that `pack` was given."""
    policies = np.split(arrays["policies"], np.cumsum(arrays["policy_sizes"])[:-1]) if len(arrays["plies"]) else []
    plies = [tuple(ply) for ply in np.where(np.isinf(arrays["plies"]), np.nan, arrays["plies"]).tolist()]
    games, start = [], 0
    heads = arrays["heads"].tolist()
    for (number, opening, kind, length), task in zip(heads, json.loads(arrays["tasks"]), strict=True):
        rows = slice(start, start + length)
        games.append(GameInPlay(number, opening, task, kind, plies[rows], policies[rows]))
        start += length
    return games
