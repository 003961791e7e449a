"""A fixed set of positions with targets that a network can learn exactly."""

import numpy as np
import pytest
import torch

from zeroloop.data.replay import Batch
from zeroloop.envs import tic_tac_toe
from zeroloop.networks import resnet
from zeroloop.seeding import stream


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Results are the same bit for bit only for a fixed number of threads."""
    torch.set_num_threads(1)


@pytest.fixture
def network() -> resnet.ResNet:
    torch.manual_seed(0)
    return resnet.build(resnet.Config(channels=16, blocks=1), tic_tac_toe.environment())


@pytest.fixture
def batch() -> Batch:
    rng = stream(0, "batch")
    moves = rng.integers(9, size=(2, 32))
    one_hot = np.eye(9, dtype=np.float32)
    return Batch(
        observations=(rng.random((32, *tic_tac_toe.environment().observation_shape)) < 0.4).astype(np.float32),
        policy=one_hot[moves[0]],
        legal=np.maximum(rng.random((32, 9)) < 0.7, one_hot[moves[0]] > 0),
        wdl=np.eye(3, dtype=np.float32)[rng.integers(3, size=32)],
        reply=one_hot[moves[1]],
        weight=np.ones(32, np.float32),
    )
