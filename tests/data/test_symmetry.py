"""Property: turning stored planes by the cell table equals observing under the symmetry."""

import numpy as np
import pytest

from zeroloop.contracts import Environment
from zeroloop.data.symmetry import cell_symmetries, probe_cell_symmetries
from zeroloop.envs import connect_four, tic_tac_toe
from zeroloop.seeding import stream

BOARDS = [tic_tac_toe.environment(), connect_four.environment(), connect_four.environment(width=5, height=4)]


@pytest.mark.parametrize("environment", BOARDS, ids=lambda environment: f"{environment.observation_shape}")
def test_the_table_commutes_with_observe(environment: Environment) -> None:
    table = cell_symmetries(environment)
    np.testing.assert_array_equal(table, probe_cell_symmetries(environment))
    np.testing.assert_array_equal(table[0], np.arange(table.shape[1]))
    rng, state = stream(1, "symmetry"), environment.initial_state(None)
    while legal := environment.legal_actions(state):
        plain = environment.observe(state)
        for symmetry, cells in enumerate(table):
            turned = plain.reshape(len(plain), -1)[:, cells].reshape(plain.shape)
            np.testing.assert_array_equal(turned, environment.observe(state, symmetry))
        state = environment.step(state, legal[int(rng.integers(len(legal)))]).state


def test_observations_that_no_permutation_explains_are_refused() -> None:
    class Inverted(type(BOARDS[0])):  # type: ignore[misc]
        def observe(self, state: object, symmetry: int = 0) -> np.ndarray:
            return super().observe(state, 0) + symmetry

    broken = object.__new__(Inverted)
    broken.__dict__.update(vars(BOARDS[0]))
    with pytest.raises(ValueError, match="does not permute the cells"):
        probe_cell_symmetries(broken)
