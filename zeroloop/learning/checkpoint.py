"""Checkpoints: weights, configuration, versions and, for resuming, all that training depends on."""

import hashlib
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zeroloop.errors import CheckpointError, RunDirectoryError
from zeroloop.files import atomic_write

FORMAT = 1
"""Version of the file's layout; raised when an entry changes its meaning."""

MANIFEST = "manifest.json"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network that plays, and optionally the whole state of the run that trained it.

    environment, environment_options, environment_version: the rules it plays by (`environment(**options)`).
    network, network_config: the module in zeroloop/networks and its configuration, plain data.
    weights: state dict of the network, the averaged weights. iteration: of the run. metrics: plain data.
    training: what resuming needs (learner, random streams, actors, replay cursor, arena), plain data and tensors;
    None in a checkpoint that only plays.
    """

    environment: str
    environment_version: int
    network: str
    network_config: dict[str, Any]
    weights: dict[str, Tensor]
    iteration: int
    environment_options: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] | None = None

    def load_into(self, network: nn.Module) -> None:
        """`network` has these weights now. Raises CheckpointError when names or shapes differ."""
        try:
            network.load_state_dict(self.weights)
        except RuntimeError as error:
            reason = "; ".join(line.strip() for line in str(error).splitlines()[1:3]) or str(error)
            raise CheckpointError(
                f"the checkpoint's weights do not fit network {self.network!r} with {self.network_config}: {reason}; "
                "build the network from the checkpoint's own configuration"
            ) from error


def save(path: Path, checkpoint: Checkpoint) -> str:
    """The sha256 of the file now at `path`, which is also noted in manifest.json beside it.

    The old file survives any error or kill. Raises RunDirectoryError when the disk is full or not writable; TypeError
    for an entry that is neither tensor nor plain data (a file with one could not be loaded safely).
    """
    content = {item.name: _plain(getattr(checkpoint, item.name), item.name) for item in fields(Checkpoint)}
    content = {"zeroloop_checkpoint": FORMAT, **content}
    buffer = io.BytesIO()
    torch.save({**content, "digest": digest(content)}, buffer)
    data = buffer.getvalue()
    atomic_write(path, data)
    sha256 = hashlib.sha256(data).hexdigest()
    sums = {name: value for name, value in manifest(path.parent).items() if (path.parent / name).exists()}
    text = json.dumps({**sums, path.name: sha256}, indent=2, sort_keys=True)
    atomic_write(path.parent / MANIFEST, text.encode() + b"\n")
    return sha256


def manifest(directory: Path) -> dict[str, str]:
    """sha256 of each checkpoint file in `directory`, by name.

    A kill between the two renames of `save` leaves the newest file's entry out of date; the digest inside the file is
    what decides.
    """
    path = directory / MANIFEST
    try:
        sums: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    except ValueError as error:
        raise RunDirectoryError(f"{path} is not JSON ({error}); delete it, the next save writes it anew") from error
    return sums


def load(
    path: Path,
    *,
    environment: str | None = None,
    environment_version: int | None = None,
    environment_options: Mapping[str, Any] | None = None,
) -> Checkpoint:
    """The checkpoint in `path`, on the CPU; nothing in the file is ever executed.

    Arguments that are given must be the checkpoint's own. Raises CheckpointError for a file that is missing, not a
    checkpoint, truncated, altered, of another format version, or of another game, board or version of the rules.
    """
    content = _read(path)
    if content.get("zeroloop_checkpoint") != FORMAT:
        raise CheckpointError(
            f"{path} has checkpoint format {content.get('zeroloop_checkpoint')!r}; this version reads format {FORMAT}. "
            "Use the Zeroloop version that wrote it, or train a new one"
        )
    stored = content.pop("digest", None)
    names = {item.name for item in fields(Checkpoint)}
    if stored != digest(content) or set(content) != names | {"zeroloop_checkpoint"}:
        raise CheckpointError(f"{path} was altered after it was written (its digest does not match); restore a copy")
    checkpoint = Checkpoint(**{name: content[name] for name in names})
    wanted = {
        "environment": environment,
        "environment_version": environment_version,
        "environment_options": None if environment_options is None else dict(environment_options),
    }
    for name, value in wanted.items():
        _expect(path, name, getattr(checkpoint, name), value)
    return checkpoint


def digest(content: Mapping[str, Any]) -> str:
    """sha256 over keys, types, shapes and values of nested plain data and tensors; mapping order does not matter."""
    hasher = hashlib.sha256()
    _feed(hasher, content)
    return hasher.hexdigest()


def _expect(path: Path, name: str, found: Any, wanted: Any) -> None:
    if wanted is None or found == wanted:
        return
    remedy = {
        "environment": f"use a checkpoint of {wanted!r}, or play {found!r}",
        "environment_version": "the rules changed since; train anew, or use the Zeroloop version that wrote it",
        "environment_options": "use the same board as the checkpoint",
    }[name]
    raise CheckpointError(f"{path} is of {name.replace('_', ' ')} {found!r}, not {wanted!r}; {remedy}")


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}; a run writes RUN/checkpoints/best_model.pt") from error
    except OSError as error:
        raise CheckpointError(f"cannot read checkpoint {path}: {error.strerror}; name a readable file") from error
    damaged = CheckpointError(f"{path} is truncated, or not a Zeroloop checkpoint at all; restore it from a copy")
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise damaged
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} holds code or objects that a checkpoint never has; it was not executed. Do not trust its source"
        ) from error
    except Exception as error:  # a damaged archive can fail anywhere inside the reader
        raise damaged from error
    if not isinstance(content, dict) or "zeroloop_checkpoint" not in content:
        raise damaged
    return content


def _plain(value: Any, where: str) -> Any:
    """`value` with plain dicts and detached tensors; strides are kept, since optimisers depend on them."""
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, Mapping):
        return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_plain(item, f"{where}[{index}]") for index, item in enumerate(value))
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"checkpoint entry {where} is a {type(value).__name__}; only tensors and plain data can be saved")


def _feed(hasher: Any, value: Any) -> None:
    if isinstance(value, Tensor):
        _header(hasher, "tensor", f"{value.dtype}{tuple(value.shape)}".encode())
        if value.numel():
            hasher.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    elif isinstance(value, Mapping):
        _header(hasher, "map", str(len(value)).encode())
        for key in sorted(value, key=lambda key: (type(key).__name__, str(key))):
            _header(hasher, type(key).__name__, str(key).encode())
            _feed(hasher, value[key])
    elif isinstance(value, list | tuple):
        _header(hasher, type(value).__name__, str(len(value)).encode())
        for item in value:
            _feed(hasher, item)
    else:
        _header(hasher, type(value).__name__, repr(value).encode())


def _header(hasher: Any, kind: str, data: bytes) -> None:
    """Length-prefixed, so that different contents never hash the same bytes."""
    for part in (kind.encode(), data):
        hasher.update(struct.pack("<Q", len(part)))
        hasher.update(part)
