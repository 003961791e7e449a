"""Checkpoints come back exactly; every kind of wrong file is refused with a remedy and nothing in it is executed."""

import errno
import hashlib
import io
import json
import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from zeroloop.data.replay import Batch
from zeroloop.envs import tic_tac_toe
from zeroloop.errors import CheckpointError, RunDirectoryError
from zeroloop.learning import checkpoint as module
from zeroloop.learning.checkpoint import Checkpoint, digest, load, manifest, save
from zeroloop.learning.learner import Learner
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks import resnet
from zeroloop.seeding import stream


@pytest.fixture
def trained(network: resnet.ResNet, batch: Batch) -> Checkpoint:
    learner = Learner(network, LearnerSettings())
    learner.train([batch], 0)
    rng = stream(1, "actor", 0)
    return Checkpoint(
        environment="tic_tac_toe",
        environment_version=1,
        network="resnet",
        network_config=network.config.model_dump(),
        weights=learner.weights(),
        iteration=7,
        environment_options={"size": 3},
        metrics={"loss": 0.5, "elo": None, "list": [1, (2, "x")], "ok": True},
        training={"learner": learner.state_dict(), "rng": rng.bit_generator.state},
    )


@pytest.fixture
def path(tmp_path: Path, trained: Checkpoint) -> Path:
    path = tmp_path / "best_model.pt"
    save(path, trained)
    return path


def rewrite(path: Path, **changes: Any) -> None:
    """The file with entries changed, the digest left as it was."""
    content = torch.load(path, weights_only=True)
    torch.save({**content, **changes}, path)


def test_everything_comes_back_exactly(path: Path, trained: Checkpoint) -> None:
    again = load(path, environment="tic_tac_toe", environment_version=1, environment_options={"size": 3})
    assert digest(vars(again)) == digest(vars(trained))
    assert again.metrics == trained.metrics and again.iteration == 7
    assert again.training is not None and again.training["rng"] == stream(1, "actor", 0).bit_generator.state
    network = resnet.build(resnet.Config(**again.network_config), tic_tac_toe.environment())
    again.load_into(network)
    assert torch.equal(network.state_dict()["stem.conv.weight"], trained.weights["stem.conv.weight"])


def test_plain_torch_reads_it_with_weights_only(path: Path) -> None:
    assert torch.load(path, weights_only=True)["environment"] == "tic_tac_toe"


def test_a_resumed_learner_continues_bit_for_bit(path: Path, network: resnet.ResNet, batch: Batch) -> None:
    straight = Learner(network, LearnerSettings())
    stored = load(path).training
    assert stored is not None
    straight.load_state_dict(stored["learner"])
    resumed = Learner(resnet.build(network.config, tic_tac_toe.environment()), LearnerSettings())
    again = load(path).training
    assert again is not None
    resumed.load_state_dict(again["learner"])
    assert straight.train([batch] * 3, 0) == resumed.train([batch] * 3, 0)


def test_a_manifest_lists_the_sums_of_the_files(path: Path, trained: Checkpoint) -> None:
    save(path.with_name("iteration_7.pt"), trained)
    (path.parent / "gone.pt").write_bytes(b"")
    save(path.with_name("gone.pt"), replace(trained, training=None))
    (path.parent / "gone.pt").unlink()
    save(path, replace(trained, training=None))
    expected = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in path.parent.glob("*.pt")}
    assert manifest(path.parent) == expected == json.loads((path.parent / "manifest.json").read_text())


def test_the_digest_sees_every_kind_of_change() -> None:
    base: dict[str, Any] = {"a": torch.zeros(2, 3), "b": {"c": [1, 2.0, None, True, "x"], 1: "int"}}
    changes: list[dict[str, Any]] = [
        {"a": torch.zeros(3, 2)},
        {"a": torch.zeros(2, 3, dtype=torch.float64)},
        {"a": torch.zeros(2, 3).index_fill(0, torch.tensor([1]), 1e-30)},
        {"b": {"c": [1, 2, None, True, "x"], 1: "int"}},
        {"b": {"c": (1, 2.0, None, True, "x"), 1: "int"}},
        {"b": {"c": [1, 2.0, None, 1, "x"], 1: "int"}},
        {"b": {"c": [1, 2.0, None, True, "x"], "1": "int"}},
        {"d": 1},
    ]
    digests = {digest({**base, **change}) for change in changes} | {digest(base)}
    assert len(digests) == len(changes) + 1
    assert digest(dict(reversed(base.items()))) == digest(base)
    assert digest({"a": torch.ones(4, 2).t()}) == digest({"a": torch.ones(2, 4)})
    scalars = [{"a": torch.tensor(value), "b": torch.empty(0)} for value in (1.0, 2.0)]
    assert digest(scalars[0]) != digest(scalars[1])


def test_a_missing_or_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint .*absent\.pt; a run writes"):
        load(tmp_path / "absent.pt")
    with pytest.raises(CheckpointError, match="cannot read checkpoint"):
        load(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(CheckpointError, match="truncated, or not a Zeroloop checkpoint"):
        load(path)


def test_files_that_are_something_else(path: Path) -> None:
    path.write_bytes(stream(0, "noise").bytes(5000))
    with pytest.raises(CheckpointError, match="not a Zeroloop checkpoint"):
        load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(CheckpointError, match="not a Zeroloop checkpoint"):
        load(path)
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="not a Zeroloop checkpoint"):
        load(path)


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.path),))


def test_code_in_a_pickle_is_never_executed(path: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    torch.save({"zeroloop_checkpoint": 1, "bomb": Bomb(mark)}, path)
    with pytest.raises(CheckpointError, match=r"holds code or objects .* not executed"):
        load(path)
    path.write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(CheckpointError, match="not a Zeroloop checkpoint"):
        load(path)
    assert not mark.exists()


def test_another_format_version(path: Path) -> None:
    rewrite(path, zeroloop_checkpoint=99)
    with pytest.raises(CheckpointError, match="checkpoint format 99; this version reads format 1"):
        load(path)


def test_altered_content_is_noticed_in_the_file_alone(path: Path, trained: Checkpoint) -> None:
    (path.parent / "manifest.json").unlink()
    weights = {name: tensor.clone() for name, tensor in trained.weights.items()}
    weights["stem.conv.weight"][0, 0, 0, 0] += 1e-6
    for change in ({"weights": weights}, {"iteration": 8}, {"digest": None}, {"more": 1}):
        save(path, trained)
        rewrite(path, **change)
        with pytest.raises(CheckpointError, match="altered after it was written"):
            load(path)


def test_a_flipped_byte_never_changes_what_is_loaded(path: Path, trained: Checkpoint) -> None:
    data, rng, refused = path.read_bytes(), stream(0, "flips"), 0
    for place in rng.integers(len(data), size=40):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        try:
            assert digest(vars(load(path))) == digest(vars(trained))  # the byte was padding inside the archive
        except CheckpointError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"environment": "connect_four"}, "of environment 'tic_tac_toe', not 'connect_four'; use a checkpoint of"),
        ({"environment_version": 2}, "of environment version 1, not 2; the rules changed"),
        ({"environment_options": {"size": 4}}, "of environment options .*'size': 3.*; use the same board"),
    ],
)
def test_another_game_board_or_version(path: Path, expected: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        load(path, **expected)


def test_weights_that_do_not_fit(path: Path) -> None:
    other = resnet.build(resnet.Config(channels=8, blocks=1), tic_tac_toe.environment())
    with pytest.raises(CheckpointError, match=r"do not fit network 'resnet' with .*size mismatch"):
        load(path).load_into(other)


def test_only_tensors_and_plain_data_are_saved(path: Path, trained: Checkpoint) -> None:
    before = path.read_bytes()
    with pytest.raises(TypeError, match=r"entry training\.rng is a Generator"):
        save(path, replace(trained, training={"rng": stream(0)}))
    assert path.read_bytes() == before


def test_a_full_disk_keeps_the_old_checkpoint(path: Path, trained: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(RunDirectoryError, match="No space left on device"):
        save(path, replace(trained, iteration=8))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert load(path).iteration == 7
    assert sorted(p.name for p in path.parent.iterdir()) == ["best_model.pt", "manifest.json"]


def test_a_directory_that_cannot_be_written(tmp_path: Path, trained: Checkpoint) -> None:
    with pytest.raises(RunDirectoryError, match="cannot write"):
        save(tmp_path / "absent" / "best_model.pt", trained)


def test_a_broken_manifest_is_named(path: Path, trained: Checkpoint) -> None:
    (path.parent / module.MANIFEST).write_text("{")
    with pytest.raises(RunDirectoryError, match=r"manifest\.json is not JSON"):
        save(path, trained)


def test_saving_is_repeatable(tmp_path: Path, trained: Checkpoint) -> None:
    sums = {save(tmp_path / "best_model.pt", trained) for _ in range(2)}
    assert len(sums) == 1
    assert io.BytesIO((tmp_path / "best_model.pt").read_bytes()).read(2) == b"PK"
