"""Games of random moves with made-up search results, for tests of what is derived from games."""

from collections.abc import Callable

import numpy as np
import pytest

from zeroloop.contracts import Environment
from zeroloop.data.episodes import FAST, FULL, OPENING, GameEpisode
from zeroloop.seeding import stream

RandomGames = Callable[[Environment, int], list[GameEpisode]]


def random_game(environment: Environment, rng: np.random.Generator, game: int) -> GameEpisode:
    state, actions, kinds, rows, outcome, sign = environment.initial_state(None), [], [], [], 0.0, 1.0
    opening = int(rng.integers(3))
    while legal := list(environment.legal_actions(state)):
        kind = OPENING if len(actions) < opening else FULL if rng.random() < 0.5 else FAST
        chosen = legal[int(rng.integers(len(legal)))]
        actions.append(chosen)
        kinds.append(kind)
        rows.append(np.array(legal if kind == FULL else [], np.int32))
        state, reward, discount, _ = environment.step(state, chosen)
        outcome += sign * reward
        sign *= discount
    weights = [rng.dirichlet(np.ones(len(row))) if len(row) else np.empty(0) for row in rows]
    plies, entries = len(actions), sum(map(len, rows))
    searched = np.where(np.array(kinds) == OPENING, np.nan, rng.uniform(-1, 1, plies))
    return GameEpisode(
        environment=environment.name,
        environment_version=environment.version,
        actor=0,
        game=game,
        iteration=3,
        opening=opening,
        outcome=outcome,
        actions=np.array(actions),
        kinds=np.array(kinds),
        root_values=searched,
        raw_values=searched,
        proven=np.where(rng.random(plies) < 0.1, 1.0, np.nan),
        policy_offsets=np.cumsum([0, *map(len, rows)]),
        policy_actions=np.concatenate(rows),
        policy_visits=rng.integers(1, 100, entries),
        policy_weights=np.concatenate(weights),
        policy_priors=np.full(entries, 0.2),
        policy_values=rng.uniform(-1, 1, entries),
    )


@pytest.fixture
def random_games() -> RandomGames:
    def play(environment: Environment, count: int) -> list[GameEpisode]:
        rng = stream(0, "random games")
        return [random_game(environment, rng, game) for game in range(count)]

    return play
