"""The episode store gives back what went in, and names a part that is damaged."""

import errno
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zeroloop.contracts import Environment
from zeroloop.data.episodes import FULL, EpisodeStore, GameEpisode
from zeroloop.envs import tic_tac_toe
from zeroloop.errors import RunDirectoryError

RandomGames = Callable[[Environment, int], list[GameEpisode]]


def assert_equal(left: GameEpisode, right: GameEpisode) -> None:
    for field in fields(GameEpisode):
        a, b = getattr(left, field.name), getattr(right, field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        else:
            assert a == pytest.approx(b) if isinstance(a, float) else a == b


@pytest.fixture
def games(random_games: RandomGames) -> list[GameEpisode]:
    first, *rest = random_games(tic_tac_toe.environment(), 7)
    return [replace(first, task={"start": [1, 2], "name": "ü"}), *rest]


def test_round_trip_keeps_every_field_and_the_order(tmp_path: Path, games: list[GameEpisode]) -> None:
    store = EpisodeStore(tmp_path / "episodes")
    store.append(games[:4])
    store.append(games[4:])
    again = list(EpisodeStore(tmp_path / "episodes").read())
    assert len(again) == 7
    for left, right in zip(games, again, strict=True):
        assert_equal(left, right)
    assert [episode.game for episode in store.read([2])] == [4, 5, 6]


def test_parts_count_games_plies_and_examples(tmp_path: Path, games: list[GameEpisode]) -> None:
    store = EpisodeStore(tmp_path)
    written = [store.append(games[:4]), store.append([]), store.append(games[4:])]
    assert store.parts() == written
    assert [part.path.name for part in written] == [f"part-{n:06d}.parquet" for n in (1, 2, 3)]
    assert [part.games for part in written] == [4, 0, 3]
    assert sum(part.plies for part in written) == sum(map(len, games))
    assert sum(part.examples for part in written) == sum(int((game.kinds == FULL).sum()) for game in games)


def test_a_resumed_run_replaces_a_part(tmp_path: Path, games: list[GameEpisode]) -> None:
    store = EpisodeStore(tmp_path)
    store.append(games[:4])
    store.append(games[:1], number=1)
    assert [part.games for part in store.parts()] == [1]


def test_any_flipped_byte_or_truncation_is_noticed(tmp_path: Path, games: list[GameEpisode]) -> None:
    store = EpisodeStore(tmp_path)
    path = store.append(games).path
    data = path.read_bytes()
    for broken in (data[: len(data) // 2], b"", b"PAR1 nothing PAR1"):
        path.write_bytes(broken)
        with pytest.raises(RunDirectoryError, match=r"part-000001\.parquet is damaged"):
            list(store.read())
    noticed = 0
    for place in range(0, len(data), 97):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            for left, right in zip(games, store.read(), strict=True):
                assert_equal(left, right)  # the byte was one that nobody reads, such as a column's statistics
        except RunDirectoryError:
            noticed += 1
    assert noticed > 30


def test_missing_and_foreign_parts_are_named(tmp_path: Path, games: list[GameEpisode]) -> None:
    store = EpisodeStore(tmp_path)
    with pytest.raises(RunDirectoryError, match=r"part-000009\.parquet is missing"):
        list(store.read([9]))
    path = store.append(games).path
    table = pq.read_table(path)
    pq.write_table(
        table.replace_schema_metadata({"zeroloop": '{"format": 99, "games": 0, "plies": 0, "examples": 0}'}), path
    )
    with pytest.raises(RunDirectoryError, match="episode format 99"):
        list(store.read())
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(RunDirectoryError, match="damaged"):
        store.parts()


def test_a_full_disk_leaves_the_earlier_parts(
    tmp_path: Path, games: list[GameEpisode], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EpisodeStore(tmp_path)
    store.append(games)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunDirectoryError, match="No space left on device"):
        store.append(games)
    assert [path.name for path in tmp_path.iterdir()] == ["part-000001.parquet"]
    assert len(list(store.read())) == 7


def test_arrays_of_the_wrong_length_are_refused(games: list[GameEpisode]) -> None:
    with pytest.raises(ValueError, match=r"GameEpisode\.kinds has shape"):
        replace(games[0], kinds=games[0].kinds[:-1])
    with pytest.raises(ValueError, match="policy_offsets must run from 0"):
        replace(games[0], policy_offsets=games[0].policy_offsets + 1)
