"""Files that survive a kill: written under another name, synced, renamed; and JSON lines whose last may be torn."""

import contextlib
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from zeroloop.errors import RunDirectoryError

Writer = Callable[[BinaryIO], object]


def atomic_write(path: Path, content: bytes | Writer) -> None:
    """`path` holds the new content, or, after any error or kill, exactly what it held before.

    The temporary name is derived from `path`, so what a kill leaves behind is overwritten by the next attempt.
    Raises RunDirectoryError when the disk is full or the directory cannot be written.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        _remove(temporary)
        raise _unwritable(path, error) from error
    except BaseException:
        _remove(temporary)
        raise


def sync_directory(directory: Path) -> None:
    """Renames in `directory` are on disk when this returns (POSIX keeps names apart from contents)."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(directory: Path) -> Path:
    """`directory`, which exists now. Raises RunDirectoryError when it cannot be created."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(directory, error) from error
    return directory


def append_json_line(path: Path, record: Mapping[str, Any]) -> None:
    """`path` ends with `record` as one line of JSON; a torn last line (from a kill) is removed first.

    Numbers that JSON does not know (NaN, infinities) become null. Raises RunDirectoryError; the earlier lines survive.
    """
    line = json.dumps(_finite(record), separators=(",", ":"), allow_nan=False).encode() + b"\n"
    try:
        with path.open("ab+", buffering=0) as file:
            end = _end_of_last_line(file)
            file.truncate(end)
            try:
                if file.write(line) != len(line):
                    raise OSError("only part of the line could be written")
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise
    except OSError as error:
        raise _unwritable(path, error) from error


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Every complete line of `path`; none where the file does not exist. Raises RunDirectoryError with the line."""
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise RunDirectoryError(f"{path} line {number} is not JSON ({error}); remove the line") from error
    return records


def _end_of_last_line(file: Any) -> int:
    size: int = file.seek(0, os.SEEK_END)
    if size == 0:
        return 0
    file.seek(size - 1)
    if file.read(1) == b"\n":
        return size
    file.seek(0)
    return int(file.read().rfind(b"\n")) + 1


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _unwritable(path: Path, error: OSError) -> RunDirectoryError:
    reason = error.strerror or str(error)
    return RunDirectoryError(
        f"cannot write {path}: {reason}; what was there before is unchanged. Free space on that disk, or choose a "
        "directory that you may write to"
    )
