"""Games as they happened, and the parquet files that keep them."""

import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from zeroloop.errors import RunDirectoryError
from zeroloop.files import atomic_write, make_directory

Array: TypeAlias = npt.NDArray[Any]

OPENING, FAST, FULL, DEMONSTRATION = 0, 1, 2, 3
"""Kinds of a ply: not chosen by search; a fast search (played, not learned from); one to learn from: a full search, or
one of any size that proved its result; a move of a classical solver, to learn from as well."""
LEARNED = (FULL, DEMONSTRATION)
"""Kinds of plies that have a policy to learn from."""

FORMAT = 1
"""Version of the parquet schema; raised when a column changes its meaning."""


@dataclass(frozen=True, eq=False)
class GameEpisode:
    """Everything that happened in one game of T plies, nothing derived.

    environment, environment_version: whose rules; with `task` and `actions` they give back every state.
    actor, game: the random stream that the game was played from. iteration: of the network that chose the moves.
    actions: int32 [T] from the initial state. opening: plies at the start that no search chose.
    kinds: uint8 [T], OPENING, FAST, FULL or DEMONSTRATION.
    root_values: float32 [T] value the search found, for the player to move; NaN where no search was.
    raw_values: float32 [T] value the network gave before the search, likewise.
    proven: float32 [T] exact value for the player to move where the search proved it, else NaN.
    policy_offsets: int32 [T + 1]; row t of the policy_* arrays (CSR, actions ascending) is empty unless t is LEARNED.
    policy_actions, policy_visits: int32. policy_weights: float32, the search's policy target, rows sum to 1.
    policy_priors: float32, network prior without noise. policy_values: float32, action values for the player to move.
    outcome: return of the player who moved first. task: what `initial_state` was given, plain JSON.
    """

    environment: str
    environment_version: int
    actor: int
    game: int
    iteration: int
    opening: int
    outcome: float
    actions: Array
    kinds: Array
    root_values: Array
    raw_values: Array
    proven: Array
    policy_offsets: Array
    policy_actions: Array
    policy_visits: Array
    policy_weights: Array
    policy_priors: Array
    policy_values: Array
    task: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        plies, entries = len(self.actions), len(self.policy_actions)
        for name, dtype in ARRAYS.items():
            array = np.ascontiguousarray(getattr(self, name), dtype)
            expected = plies + 1 if name == "policy_offsets" else entries if name.startswith("policy_") else plies
            if array.shape != (expected,):
                raise ValueError(f"GameEpisode.{name} has shape {array.shape}; expected ({expected},)")
            object.__setattr__(self, name, array)
        if self.policy_offsets[0] != 0 or self.policy_offsets[-1] != entries:
            raise ValueError(f"GameEpisode.policy_offsets must run from 0 to {entries}, the number of policy entries")

    def __len__(self) -> int:
        return len(self.actions)


_WIDE = ("actions", "policy_offsets", "policy_actions", "policy_visits")
ARRAYS = {
    field.name: np.dtype(np.uint8 if field.name == "kinds" else np.int32 if field.name in _WIDE else np.float32)
    for field in fields(GameEpisode)
    if field.type is Array
}
"""Array fields of GameEpisode and their types."""

_SCALARS = {
    "environment": pa.string(),
    "environment_version": pa.int32(),
    "actor": pa.int64(),
    "game": pa.int64(),
    "iteration": pa.int64(),
    "opening": pa.int32(),
    "outcome": pa.float64(),
    "task": pa.string(),
}


@dataclass(frozen=True)
class Part:
    """One file of a store: its number (from 1), path, and how many games, plies and LEARNED plies it holds."""

    number: int
    path: Path
    games: int
    plies: int
    examples: int


_COUNTS = ("games", "plies", "examples")


class EpisodeStore:
    """Games in `directory/part-000001.parquet` and so on; a part is complete or absent, whatever kills the writer."""

    def __init__(self, directory: Path) -> None:
        self.directory = make_directory(directory)

    def append(self, episodes: Sequence[GameEpisode], number: int | None = None) -> Part:
        """The new part that holds `episodes`, after the last one.

        A resumed run plays again what was played after its checkpoint; with `number` it replaces those parts.
        Raises RunDirectoryError when the disk is full or not writable; earlier parts are untouched.
        """
        number = number or max(self.numbers(), default=0) + 1
        plies = sum(len(episode) for episode in episodes)
        examples = sum(int(np.isin(episode.kinds, LEARNED).sum()) for episode in episodes)
        part = Part(number, self._path(number), len(episodes), plies, examples)
        counts = {name: getattr(part, name) for name in _COUNTS}
        atomic_write(part.path, _encode(episodes, {"format": FORMAT, **counts}))
        return part

    def numbers(self) -> list[int]:
        """Numbers of the parts on disk, ascending."""
        names = (re.fullmatch(r"part-(\d+)\.parquet", path.name) for path in self.directory.iterdir())
        return sorted(int(match[1]) for match in names if match)

    def parts(self) -> list[Part]:
        """All parts with their counts, ascending; only file footers are read."""
        return [self._describe(number) for number in self.numbers()]

    def read(self, numbers: Iterable[int] | None = None) -> Iterator[GameEpisode]:
        """Games of the given parts (all by default), in the order in which they were appended.

        Raises RunDirectoryError naming a part that is missing, damaged or of another format.
        """
        for number in self.numbers() if numbers is None else numbers:
            self._describe(number)
            try:
                table = pq.read_table(io.BytesIO(self._path(number).read_bytes()), page_checksum_verification=True)
                episodes = _decode(table)
            except (OSError, pa.ArrowException, KeyError, ValueError) as error:
                raise _damaged(self._path(number), error) from error
            yield from episodes

    def _path(self, number: int) -> Path:
        return self.directory / f"part-{number:06d}.parquet"

    def _describe(self, number: int) -> Part:
        path = self._path(number)
        try:
            with path.open("rb") as file:
                counts = json.loads(pq.read_schema(file).metadata[b"zeroloop"])
            version, part = counts["format"], Part(number, path, *(counts[name] for name in _COUNTS))
        except FileNotFoundError as error:
            raise RunDirectoryError(f"{path} is missing; restore it from a copy") from error
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise _damaged(path, error) from error
        if version != FORMAT:
            raise RunDirectoryError(
                f"{path} has episode format {version}; this version reads format {FORMAT}. Use the Zeroloop version "
                "that wrote it"
            )
        return part


def _encode(episodes: Sequence[GameEpisode], counts: dict[str, int]) -> bytes:
    columns: dict[str, pa.Array] = {}
    for name, kind in _SCALARS.items():
        values = [getattr(episode, name) for episode in episodes]
        if name == "task":
            values = [None if value is None else json.dumps(value, allow_nan=False) for value in values]
        columns[name] = pa.array(values, kind)
    for name, dtype in ARRAYS.items():
        arrays = [getattr(episode, name) for episode in episodes]
        offsets = np.cumsum([0, *map(len, arrays)], dtype=np.int32)
        flat = np.concatenate(arrays) if arrays else np.empty(0, dtype)
        columns[name] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))
    table = pa.table(columns).replace_schema_metadata({"zeroloop": json.dumps(counts)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    return bytes(sink.getvalue())


def _decode(table: pa.Table) -> list[GameEpisode]:
    columns = {name: table.column(name).to_pylist() for name in _SCALARS}
    columns["task"] = [None if task is None else json.loads(task) for task in columns["task"]]
    for name in ARRAYS:
        lists = table.column(name).combine_chunks()
        offsets, flat = lists.offsets.to_numpy(), lists.values.to_numpy()
        columns[name] = [flat[start:end] for start, end in itertools.pairwise(offsets)]
    return [GameEpisode(**{name: column[row] for name, column in columns.items()}) for row in range(table.num_rows)]


def _damaged(path: Path, error: Exception) -> RunDirectoryError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return RunDirectoryError(
        f"{path} is damaged ({reason}); restore it from a copy, or delete it to go on without its games"
    )
