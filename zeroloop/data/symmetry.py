"""How the symmetries of a board move its cells, so that stored observations can be turned without their states."""

import numpy as np

from zeroloop.contracts import Float32, Int32
from zeroloop.observers import PlanesEnvironment
from zeroloop.seeding import stream

_MAX_GAMES = 1000


def cell_symmetries(environment: PlanesEnvironment) -> Int32:
    """int32 [S, H * W]: under symmetry s, cell c of the turned planes shows cell `table[s, c]` of the plain ones.

    Taken from `environment.cell_symmetries` where it is given; else found by comparing observations of random play.
    Raises ValueError when a symmetry of `observe` is not a permutation of cells.
    """
    given = getattr(environment, "cell_symmetries", None)
    if given is not None:
        return np.ascontiguousarray(given, np.int32)
    return probe_cell_symmetries(environment)


def probe_cell_symmetries(environment: PlanesEnvironment) -> Int32:
    """The table of `cell_symmetries`, found by playing random games until no two cells look alike."""
    count, cells = len(environment.symmetries), int(np.prod(environment.observation_shape[1:]))
    if count == 1:
        return np.arange(cells, dtype=np.int32)[None]
    rng = stream(0, "cell symmetries")
    match = np.ones((count, cells, cells), np.bool_)
    for _ in range(_MAX_GAMES):
        planes = _random_game(environment, rng)  # [S, plies * C, cells]
        for symmetry in range(count):
            match[symmetry] &= (planes[symmetry].T[:, None] == planes[0].T[None]).all(-1)
        if (match.sum(-1) <= 1).all():
            break
    if not (match.sum(-1) == 1).all() or not (match.sum(-2) == 1).all():
        raise ValueError(
            f"environment {environment.name}: a symmetry of observe() does not permute the cells of the board; correct "
            "`symmetries` and `observe`, or set `cell_symmetries`"
        )
    table: Int32 = match.argmax(-1).astype(np.int32)
    return table


def _random_game(environment: PlanesEnvironment, rng: np.random.Generator) -> Float32:
    """[S, plies * C, cells]: planes of every state of one random game under every symmetry."""
    state, seen = environment.initial_state(None), []
    while actions := environment.legal_actions(state):
        seen.append([environment.observe(state, symmetry) for symmetry in range(len(environment.symmetries))])
        state = environment.step(state, actions[int(rng.integers(len(actions)))]).state
    planes = np.stack(seen, axis=1)  # [S, plies, C, H, W]
    return planes.reshape(len(environment.symmetries), -1, planes.shape[-2] * planes.shape[-1])
