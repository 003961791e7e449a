"""Request and Leaves: what they keep, and what they refuse."""

import numpy as np
import pytest

from zeroloop import _native


def int32(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def float32(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def leaves(offsets: tuple[int, ...] = (0, 2, 2, 4, 6), outcomes: np.ndarray | None = None) -> _native.Leaves:
    n = len(offsets) - 1
    return _native.Leaves.from_arrays(
        "states",
        np.arange(10, 10 + n, dtype=np.int32),
        np.zeros(n, np.float32),
        np.full(n, -1, np.float32),
        np.diff(offsets) == 0,
        int32(*offsets),
        int32(0, 3, 1, 2, 4, 5),
        outcomes,
    )


def test_terminal_rows_are_not_live() -> None:
    found = leaves()
    assert found.environment == "states"
    assert (len(found), found.num_actions) == (3, 6)
    assert found.all_slots.tolist() == [10, 11, 12, 13] and found.slots.tolist() == [10, 12, 13]
    assert found.offsets.tolist() == [0, 2, 4, 6] and found.actions.tolist() == [0, 3, 1, 2, 4, 5]
    assert found.terminals.tolist() == [False, True, False, False]
    assert np.isnan(found.outcomes).all()


def test_rows_decided_by_lookahead_are_not_live() -> None:
    """The first row has a win, the last only known outcomes; the middle one has an open action."""
    nan = np.nan
    found = leaves(outcomes=float32(nan, 1, nan, -1, 0, -1))
    assert found.slots.tolist() == [12] and found.actions.tolist() == [1, 2]
    assert found.all_offsets.tolist() == [0, 2, 2, 4, 6]


@pytest.mark.parametrize(
    ("offsets", "outcomes", "message"),
    [
        ((0, 2, 2, 4, 5), None, "end at the number of actions"),
        ((1, 2, 2, 4, 6), None, "start at 0"),
        ((0, 900_000, 2, 4, 6), None, "must not decrease"),
        ((0, 2, 2, 4, 6), np.zeros(5, np.float32), "one entry per action"),
    ],
)
def test_arrays_that_do_not_fit(offsets: tuple[int, ...], outcomes: np.ndarray | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        leaves(offsets, outcomes)


def test_a_terminal_row_has_no_actions() -> None:
    with pytest.raises(ValueError, match="no actions exactly when it is terminal"):
        _native.Leaves.from_arrays(None, int32(1), float32(0), float32(0), np.array([True]), int32(0, 1), int32(4))


def test_requests() -> None:
    request = _native.Request(int32(5, 6), int32(-1, 2), int32(7, 8))
    assert len(request) == 2 and request.trees.tolist() == [-1, -1]
    rows = (request.parent_slots, request.actions, request.slots)
    assert [row.tolist() for row in rows] == [[5, 6], [-1, 2], [7, 8]]
    with pytest.raises(ValueError, match="equal length"):
        _native.Request(int32(5, 6), int32(-1), int32(7, 8))
