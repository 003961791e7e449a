"""Files survive errors: what was there stays, nothing temporary is left."""

import errno
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from zeroloop.errors import RunDirectoryError
from zeroloop.files import append_json_line, atomic_write, make_directory, read_json_lines


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_bytes_and_writers_replace_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")
    atomic_write(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")

    def fill(file: BinaryIO) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(RunDirectoryError, match=r"cannot write .*file: No space left on device; .*unchanged"):
        atomic_write(path, fill)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.replace"])
def test_an_error_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")

    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(failing, fail)
    with pytest.raises(RunDirectoryError, match="No space left"):
        atomic_write(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_writer_that_fails_leaves_the_old_file_and_its_own_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_write(path, fail)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_directory_that_cannot_be_made_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunDirectoryError, match=r"cannot write .*below"):
        make_directory(tmp_path / "file" / "below")
    with pytest.raises(RunDirectoryError, match=r"cannot write .*absent"):
        atomic_write(tmp_path / "absent" / "file", b"")


def test_json_lines_round_trip_and_drop_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert read_json_lines(path) == []
    append_json_line(path, {"loss": 1.5, "nested": {"nan": float("nan"), "list": [float("inf"), 2]}})
    with path.open("ab") as file:
        file.write(b'{"loss": 0.')
    assert len(read_json_lines(path)) == 1
    append_json_line(path, {"loss": 0.5})
    assert read_json_lines(path) == [{"loss": 1.5, "nested": {"nan": None, "list": [None, 2]}}, {"loss": 0.5}]


def test_only_a_torn_line_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"torn')
    append_json_line(path, {"a": 1})
    assert path.read_bytes() == b'{"a":1}\n'


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"a": 1}\nbroken\n{"a": 2}\n')
    with pytest.raises(RunDirectoryError, match="line 2 is not JSON"):
        read_json_lines(path)


def test_a_full_disk_keeps_the_earlier_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.jsonl"
    append_json_line(path, {"a": 1})

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(RunDirectoryError, match="No space left"):
        append_json_line(path, {"a": 2})
    assert path.read_bytes() == b'{"a":1}\n'
