"""Episodes of solving tasks in files: what happened as JSON, beside columns to choose by."""

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zeroloop.contracts import Environment
from zeroloop.data.packing import recorded
from zeroloop.errors import RunDirectoryError, ZeroloopError
from zeroloop.files import atomic_write
from zeroloop.records import Action, MCTSTrace, SelfPlayEpisode, State

FORMAT = 1
"""Version of the columns; raised when one changes its meaning."""


def write_episodes(path: Path, episodes: Iterable[SelfPlayEpisode]) -> None:
    """All episodes in one parquet file; an existing one is replaced at once."""
    rows = [_row(episode) for episode in episodes]
    columns = list(rows[0]) if rows else []
    table = pa.table({name: [row[name] for row in rows] for name in columns})
    table = table.replace_schema_metadata({"zeroloop_episodes": str(FORMAT)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    atomic_write(path, buffer.getvalue())


def read_episodes(path: Path, environments: Mapping[int, Environment]) -> list[SelfPlayEpisode]:
    """The episodes in a file; states are found by playing them again, in the environment for so many players.

    Raises RunDirectoryError where the file is damaged, or its episodes do not fit the environments' rules.
    """
    try:
        table = pq.read_table(path)
        rows = table.column("record").to_pylist() if table.num_rows else []
        return [_episode(json.loads(row), environments) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, ZeroloopError, pa.ArrowException) as error:
        raise RunDirectoryError(f"{path} cannot be read: {error}; restore a copy, or start a new run") from error


def _row(episode: SelfPlayEpisode) -> dict[str, Any]:
    task = episode.metadata.get("task")
    known = task if isinstance(task, dict) else {}
    record = {
        "task_id": episode.task_id,
        "actions": [asdict(action) for action in episode.actions],
        "rewards": episode.rewards,
        "mcts_traces": [asdict(trace) for trace in episode.mcts_traces],
        "outcome": episode.outcome,
        "metadata": episode.metadata,
    }
    return {
        "task_id": episode.task_id,
        "type": str(known.get("type")),
        "kind": str(known.get("kind")),
        "outcome": episode.outcome,
        "total_reward": episode.total_reward,
        "steps": episode.episode_length,
        "record": json.dumps(record, default=repr),
    }


def _episode(record: dict[str, Any], environments: Mapping[int, Environment]) -> SelfPlayEpisode:
    actions = [Action(**action) for action in record["actions"]]
    states: list[State] = []
    if "num_players" in record["metadata"]:  # else it could not be begun
        environment = environments[record["metadata"]["num_players"]]
        state = environment.initial_state(record["metadata"]["task"])
        states = [recorded(environment, state)]
        for action in actions:
            state = environment.step(state, action.parameters["index"]).state
            states.append(recorded(environment, state))
    return SelfPlayEpisode(
        task_id=record["task_id"],
        initial_state=states[0] if states else None,
        actions=actions,
        states=states,
        rewards=record["rewards"],
        mcts_traces=[MCTSTrace(**trace) for trace in record["mcts_traces"]],
        outcome=record["outcome"],
        metadata=record["metadata"],
    )
