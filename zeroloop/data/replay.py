"""A growing window over the newest examples, and random batches from it."""

import threading
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from zeroloop.contracts import Environment, Float32, Int32
from zeroloop.data.episodes import EpisodeStore
from zeroloop.data.examples import Bool, Examples, ExampleSettings, Float64, Int64, examples
from zeroloop.data.symmetry import cell_symmetries
from zeroloop.errors import RunDirectoryError
from zeroloop.observers import Observations, Observer, PlanesEnvironment, PlanesObserver, TokensObserver


class ReplaySettings(BaseModel):
    """Which examples the learner sees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fraction: float = Field(0.6, gt=0, le=1)
    """Share of all examples ever recorded that the window holds, within the two bounds below."""
    min_size: int = Field(10_000, ge=1)
    """Examples that the window holds at least (once there are so many)."""
    max_size: int = Field(400_000, ge=1)
    """Examples that the window holds at most; about 350 bytes each for Connect Four."""
    weighting: Literal["sampling", "loss"] = "sampling"
    """Where the weights of examples act: how often one is drawn, or how much its loss counts."""
    symmetries: bool = True
    """Turn each drawn position by a random symmetry of the board (planes only; tokens stay as they were played)."""

    @model_validator(mode="after")
    def _bounds(self) -> "ReplaySettings":
        if self.min_size > self.max_size:
            raise ValueError(f"min_size {self.min_size} must not exceed max_size {self.max_size}")
        return self


@dataclass(frozen=True, eq=False)
class Batch:
    """n examples for one step of the learner.

    observations: [n, *shape] of the observer's dtype. policy, reply: float32 [n, A]. legal: bool [n, A].
    wdl: float32 [n, 3]. weight: float32 [n], how much the loss of each row counts. avoid: float32 [n, A], how much to
    avoid each action; None where nothing is known to be bad. observer: where it is not the network's own.
    """

    observations: Observations
    policy: Float32
    legal: Bool
    wdl: Float32
    reply: Float32
    weight: Float32
    avoid: Float32 | None = None
    observer: TokensObserver | None = None

    def __len__(self) -> int:
        return len(self.policy)

    def part(self, rows: Int64, observer: TokensObserver, full: TokensObserver) -> "Batch":
        """Some rows, shown by `full`, as `observer` shows them, which has room for them."""
        actions = slice(0, observer.num_actions)
        return Batch(
            observations=observer.cut(self.observations[rows], full),
            policy=self.policy[rows, actions],
            legal=self.legal[rows, actions],
            wdl=self.wdl[rows],
            reply=self.reply[rows, actions],
            weight=self.weight[rows],
            avoid=None if self.avoid is None else self.avoid[rows, actions],
            observer=observer,
        )


class ReplayWindow:
    """The newest `clamp(fraction * recorded, min_size, max_size)` examples. Appending and sampling are thread-safe."""

    def __init__(self, environment: Environment, settings: ReplaySettings, observer: Observer) -> None:
        self._observer = observer
        capacity, actions = settings.max_size, environment.num_actions
        self.settings = settings
        self.total = 0
        self.part = 0
        self._lock = threading.Lock()
        self._cumulative: Float64 | None = None
        # Memory is taken page by page as the window fills.
        self._observations: Observations = np.empty((capacity, *observer.shape), observer.stored_dtype)
        self._policy, self._reply = np.empty((capacity, actions), np.float32), np.empty((capacity, actions), np.float32)
        self._legal = np.empty((capacity, actions), np.bool_)
        self._wdl = np.empty((capacity, 3), np.float32)
        self._weight = np.empty(capacity, np.float32)
        self._cells: Int32 | None = None
        if settings.symmetries and isinstance(observer, PlanesObserver):
            assert isinstance(environment, PlanesEnvironment)
            self._cells = cell_symmetries(environment)
        # A row of `symmetries` says where each action goes; its inverse says which action comes to each place.
        self._actions: Int32 = np.argsort(environment.symmetries, axis=1).astype(np.int32)

    def __len__(self) -> int:
        """Examples that the window holds now."""
        size = int(self.settings.fraction * self.total)
        return min(max(size, self.settings.min_size), self.settings.max_size, self.total)

    def append(self, new: Examples, part: int) -> None:
        """Add `new` (all examples of episode part number `part`) as the newest."""
        capacity = self.settings.max_size
        with self._lock:
            kept = new.tail(capacity)
            rows = (self.total + len(new) - len(kept) + np.arange(len(kept))) % capacity
            for name in ("observations", "policy", "reply", "legal", "wdl", "weight"):
                getattr(self, f"_{name}")[rows] = getattr(kept, name)
            self.total += len(new)
            self.part = part
            self._cumulative = None

    def sample(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """`batch_size` examples drawn with replacement, each under a random symmetry. Raises when the window is empty.

        The same window, settings and generator state give the same batch, bit for bit.
        """
        with self._lock:
            if not self.total:
                raise ValueError("the replay window is empty; append examples before sampling")
            rows = self._draw(rng, batch_size)
            symmetries = rng.integers(1 if self._cells is None else len(self._cells), size=batch_size)
            actions = self._actions[symmetries]
            by_sampling = self.settings.weighting == "sampling"
            return Batch(
                observations=self._turned(self._observations[rows], symmetries),
                policy=np.take_along_axis(self._policy[rows], actions, 1),
                legal=np.take_along_axis(self._legal[rows], actions, 1),
                wdl=self._wdl[rows],
                reply=np.take_along_axis(self._reply[rows], actions, 1),
                weight=np.ones(batch_size, np.float32) if by_sampling else self._weight[rows],
            )

    def _draw(self, rng: np.random.Generator, count: int) -> Int64:
        """Ring rows of `count` examples of the window, uniform or in proportion to their weights."""
        size, capacity = len(self), self.settings.max_size
        oldest = self.total - size
        if self.settings.weighting == "loss":
            uniform: Int64 = (oldest + rng.integers(size, size=count)) % capacity
            return uniform
        if self._cumulative is None:
            weights = self._weight[(oldest + np.arange(size)) % capacity]
            self._cumulative = np.cumsum(weights, dtype=np.float64)
        drawn = np.searchsorted(self._cumulative, rng.random(count) * self._cumulative[-1], side="right")
        rows: Int64 = (oldest + np.minimum(drawn, size - 1)) % capacity
        return rows

    def _turned(self, observations: Observations, symmetries: Int64) -> Observations:
        if self._cells is not None:
            cells = observations.reshape(*observations.shape[:2], -1)
            turned = np.take_along_axis(cells, self._cells[symmetries][:, None, :], 2)
            observations = turned.reshape(observations.shape)
        return observations.astype(self._observer.dtype)

    def state(self) -> dict[str, int]:
        """What `restore` needs to rebuild this window from the episode store (plain data)."""
        return {"total": self.total, "part": self.part}

    def restore(
        self, state: dict[str, int], store: EpisodeStore, environment: Environment, settings: ExampleSettings
    ) -> None:
        """Make this (empty) window what it was when `state` was taken; parts written later are left out.

        Only the newest parts that fill the window are read. Raises RunDirectoryError when parts are missing.
        """
        parts = [part for part in store.parts() if part.number <= state["part"]]
        if [part.number for part in parts] != list(range(1, state["part"] + 1)):
            raise RunDirectoryError(
                f"{store.directory} lacks some of the parts 1..{state['part']} that the checkpoint was trained on; "
                "restore them from a copy, or start a new run"
            )
        if sum(part.examples for part in parts) != state["total"]:
            raise RunDirectoryError(
                f"{store.directory} holds {sum(part.examples for part in parts)} examples up to part {state['part']}, "
                f"but the checkpoint counted {state['total']}; restore the parts from a copy, or start a new run"
            )
        needed, first = 0, len(parts)
        while first > 0 and needed < self.settings.max_size:
            first -= 1
            needed += parts[first].examples
        self.total = state["total"] - needed
        for part in parts[first:]:
            new = examples(environment, list(store.read([part.number])), settings, self._observer)
            self.append(new, part.number)
        self.part = state["part"]
