"""Connect Four: laws for every board size, known counts, native = plain rules, ends of games, bad input."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroloop import _native
from zeroloop.contracts import Int32, SolvingEnvironment
from zeroloop.envs import connect_four
from zeroloop.envs.connect_four import BoardStates, ConnectFour, NativeStates
from zeroloop.errors import IllegalActionError, SettingError
from zeroloop.seeding import stream
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.playthroughs import perft, play

GAME = connect_four.environment()
SMALL = connect_four.environment(5, 4, 3)
DRAWN = "257771314744647214154617633623313656555222"
WON_LAST = "555753451726256216311116243424462433737776"


class TestNative(EnvironmentConformance):
    environment = GAME


class TestSmallBoard(EnvironmentConformance):
    environment = SMALL


class TestTallNarrowBoard(EnvironmentConformance):
    """Lines fit upwards only."""

    environment = connect_four.environment(3, 5, 4)


class TestBoardTooLargeForExactKeys(EnvironmentConformance):
    """12 columns of 11 bits: keys are hashes, moves have two digits."""

    environment = connect_four.environment(12, 10, 5)
    episodes = 3


class TestConnectOne(EnvironmentConformance):
    """The smallest board: the first move wins."""

    environment = connect_four.environment(1, 1, 1)
    episodes = 1


def test_perft() -> None:
    plies = perft(GAME, 7)
    assert [ply.sequences for ply in plies] == [1, 7, 49, 343, 2401, 16807, 117649, 823536]
    assert [ply.positions for ply in plies] == [1, 7, 49, 238, 1120, 4263, 16422, 54859]


@pytest.mark.parametrize("make", [NativeStates, BoardStates])
def test_batch_perft(make: Callable[..., Any]) -> None:
    """Sequences of 8 and 9 moves without walking the last ones: count the legal actions of those before."""
    depth = 8 if make is NativeStates else 5
    known = [1, 7, 49, 343, 2401, 16807, 117649, 823536, 5673234, 39394572]
    assert _count(make(GAME, 150_000, False), depth) == known[depth + 1]


def _count(batch: NativeStates | BoardStates, depth: int) -> int:
    """Legal actions of all positions after `depth` moves. Depth first: the slots hold one slice of each level."""
    size = 7000

    def below(slots: Int32, level: int) -> int:
        offsets, actions = batch.legal(slots)
        if level == depth:
            return len(actions)
        parents = np.repeat(slots, np.diff(offsets))
        total = 0
        for begin in range(0, len(actions), size):
            part = slice(begin, begin + size)
            children = np.arange(len(actions[part]), dtype=np.int32) + 1 + level * size
            leaves = batch.expand(_native.Request(parents[part], actions[part], children))
            total += below(leaves.all_slots[~leaves.terminals].copy(), level + 1)
        return total

    batch.write(0, GAME.initial_state())
    return below(np.zeros(1, np.int32), 0)


def test_native_equals_any_size_implementation() -> None:
    """512 random games side by side: every array of every expansion, keys and observations."""
    rng, games = stream(0, "native against boards"), 512
    native, boards = NativeStates(GAME, 2 * games, True), BoardStates(GAME, 2 * games, True)
    here, there = np.arange(games, dtype=np.int32), np.arange(games, 2 * games, dtype=np.int32)
    while len(here):
        offsets, legal = native.legal(here)
        actions = legal[offsets[:-1] + rng.integers(np.diff(offsets))]
        one, two = (batch.expand(_native.Request(here, actions, there)) for batch in (native, boards))
        for name in ("all_slots", "all_offsets", "all_actions", "rewards", "discounts", "terminals", "outcomes"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
        for name in ("slots", "offsets", "actions"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
        for a, b in zip(native.keys(there), boards.keys(there), strict=True):
            assert np.array_equal(a, b)
        planes = np.zeros((2, len(there), 2, 6, 7), np.float32)
        for batch, out in zip((native, boards), planes, strict=True):
            batch.observe(there, (there % 2).astype(np.uint8), out)
        assert np.array_equal(*planes)
        running = ~one.terminals
        here, there = there[running], here[running]


@pytest.mark.parametrize(("size", "moves"), [((7, 6, 4), DRAWN), ((5, 4, 3), "35532115322354444112")])
def test_draw_on_the_last_move(size: tuple[int, int, int], moves: str) -> None:
    environment = connect_four.environment(*size)
    before = environment.from_moves(moves[:-1])
    transition = environment.step(before, int(moves[-1]) - 1)
    assert transition[1:] == (0.0, 0.0, True) and environment.describe(transition.state).endswith("draw")
    _same_in_batch(environment, before, int(moves[-1]) - 1, outcome=0.0)


@pytest.mark.parametrize(("size", "moves"), [((7, 6, 4), WON_LAST), ((5, 4, 3), "54423355135144212213")])
def test_win_on_the_last_move(size: tuple[int, int, int], moves: str) -> None:
    environment = connect_four.environment(*size)
    before = environment.from_moves(moves[:-1])
    transition = environment.step(before, int(moves[-1]) - 1)
    assert transition[1:] == (1.0, 0.0, True) and environment.describe(transition.state).endswith("O has won")
    _same_in_batch(environment, before, int(moves[-1]) - 1, outcome=1.0)


def _same_in_batch(environment: ConnectFour, before: connect_four.Position, action: int, outcome: float) -> None:
    batch = environment.batch(2)
    batch.write(0, before)
    copied = batch.expand(_request([0], [-1], [1]))
    assert copied.outcomes.tolist() == [outcome] and len(copied) == 0
    stepped = batch.expand(_request([0], [action], [1]))
    assert stepped.terminals.tolist() == [True] and stepped.rewards.tolist() == [outcome] and len(stepped) == 0
    assert stepped.discounts.tolist() == [0] and len(stepped.all_actions) == 0


@pytest.mark.parametrize("environment", [GAME, connect_four.environment(7, 6, 5)])
def test_full_column(environment: ConnectFour) -> None:
    state = environment.from_moves("444444")
    assert environment.legal_actions(state) == [0, 1, 2, 4, 5, 6]
    with pytest.raises(IllegalActionError, match="column 4 is full; allowed: 1, 2, 3, 5, 6, 7"):
        environment.step(state, 3)
    batch = environment.batch(2)
    batch.write(0, state)
    assert batch.legal(np.zeros(1, np.int32))[1].tolist() == [0, 1, 2, 4, 5, 6]
    with pytest.raises(ValueError, match="full"):
        batch.expand(_request([0], [3], [1]))


@pytest.mark.parametrize("make", [NativeStates, BoardStates])
def test_batch_refuses_columns_that_do_not_exist(make: Callable[..., Any]) -> None:
    for action in (7, -2, 1000):
        with pytest.raises(ValueError, match="column"):
            make(GAME, 2, True).expand(_request([0], [action], [1]))


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ("4444444", r"move 7 \('4'\) of '4444444': column 4 is full; allowed: 1, 2, 3, 5, 6, 7"),
        ("448", r"move 3 \('8'\) of '448': there is no column '8'; allowed: 1, 2, 3, 4, 5, 6, 7"),
        ("40", "there is no column '0'"),
        ("4x", r"move 2 \('x'\)"),
        ("4²", "there is no column"),
        ("41414142", r"move 8 \('2'\) of '41414142': column 2 cannot be played: the game is over"),
    ],
)
def test_illegal_moves_say_which_and_why(moves: str, message: str) -> None:
    with pytest.raises(IllegalActionError, match=message):
        GAME.initial_state({"moves": moves})


def test_moves_on_wide_boards_are_set_apart() -> None:
    wide = connect_four.environment(12, 4, 4)
    assert wide.from_moves("12 1, 12") == wide.step(wide.from_moves("12 1"), 11).state
    assert wide.from_moves("12") == wide.from_moves("1 2")


def test_task_moves_must_be_text() -> None:
    with pytest.raises(SettingError, match=r"task\.moves must be a string"):
        GAME.initial_state({"moves": 4455})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 3, "height": 3}, "connect_four.connect 4 does not fit on a board of 3x3; allowed: 1 to 3"),
        ({"connect": 8}, "does not fit"),
        ({"width": 0}, "connect_four.width must be an integer of at least 1, not 0"),
        ({"height": -1}, "connect_four.height"),
        ({"connect": 0}, "connect_four.connect"),
        ({"width": 7.0}, "connect_four.width"),
    ],
)
def test_impossible_boards(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        connect_four.environment(**options)


@pytest.mark.parametrize(("environment", "name"), [(GAME, "connect_four"), (SMALL, "connect_four_5x4x3")])
def test_golden_playthrough(environment: ConnectFour, name: str) -> None:
    golden = Path(__file__).parent / "golden" / f"{name}.txt"
    moves = "1 2 2 3 3 4 3 4 4 6 4" if environment is GAME else "1 2 2 3 4 3 3"
    assert play(environment, moves.split()) == golden.read_text()


def test_native_slots_are_checked() -> None:
    batch = NativeStates(GAME, 2, True)
    with pytest.raises(IndexError, match="slot 2"):
        batch.read(2)
    with pytest.raises(IndexError, match="slot -1"):
        batch.expand(_request([0], [-1], [-1]))
    with pytest.raises(ValueError, match="num_slots"):
        NativeStates(GAME, 0, True)
    with pytest.raises(ValueError, match="symmetries"):
        batch.observe(np.zeros(1, np.int32), np.full(1, 2, np.uint8), np.zeros((1, 2, 6, 7), np.float32))
    with pytest.raises(ValueError, match="equal length"):
        batch.observe(np.zeros(2, np.int32), np.zeros(1, np.uint8), np.zeros((1, 2, 6, 7), np.float32))


@pytest.mark.parametrize("position", [(0, 1 << 6), (0, 1 << 1), (1, 0), (0, 1 << 49), (0, 0b101)])
def test_native_positions_are_checked(position: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not a Connect Four position"):
        NativeStates(GAME, 1, True).write(0, connect_four.Position(*position))


def test_leaves_stay_valid_while_they_are_held() -> None:
    batch = NativeStates(GAME, 3, True)
    first = batch.expand(_request([0], [3], [1]))
    second = batch.expand(_request([1, 1], [2, 4], [1, 2]))
    assert first.all_slots.tolist() == [1] and second.all_slots.tolist() == [1, 2]
    actions = second.actions
    del second
    batch.expand(_request([0], [3], [1]))
    assert actions.tolist() == [*range(7), *range(7)]


def test_states_are_freed_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        batch = NativeStates(GAME, 2, True)
        leaves, gone = batch.expand(_request([0], [3], [1])), weakref.ref(batch)
        del batch
        assert leaves.environment.read(1) == GAME.from_moves("4")
        del leaves
        assert gone() is None
    finally:
        gc.enable()


def test_rollouts_are_uniform_and_alike_for_mirror_images() -> None:
    """X wins 55.6 % and O 44.2 % of uniformly random games (enumerating is out of reach; a known simulation figure)."""
    batch = NativeStates(GAME, 3, True)
    for slot, moves in enumerate(("", "12", "76")):
        batch.write(slot, GAME.from_moves(moves))
    values = np.array([batch.rollout(np.array([0, 1, 2], np.int32), seed) for seed in range(20_000)])
    assert abs(values[:, 0].mean() - 0.114) < 0.03
    assert np.array_equal(values[:, 1], values[:, 2]) and len(set(values[:, 1])) == 3


@pytest.mark.parametrize(("moves", "value"), [(DRAWN[:-1], 0), (WON_LAST[:-1], 1), (DRAWN, 0), (WON_LAST, -1)])
def test_rollout_values_are_for_the_player_to_move(moves: str, value: float) -> None:
    batch = NativeStates(GAME, 1, True)
    batch.write(0, GAME.from_moves(moves))
    assert batch.rollout(np.zeros(1, np.int32), 3).tolist() == [value]


def _request(parents: list[int], actions: list[int], slots: list[int]) -> _native.Request:
    return _native.Request(*(np.array(part, np.int32) for part in (parents, actions, slots)))


@pytest.mark.parametrize(
    ("environment", "moves", "action", "claim"),
    [
        (GAME, "", 3, "X plays column 4: row 1."),
        (GAME, "4", 3, "O plays column 4: row 2."),
        (GAME, "112233", 3, "X plays column 4: row 1, and wins with 4 in a row: (1, 1), (2, 1), (3, 1), (4, 1)."),
        (GAME, "717171", 6, "X plays column 7: row 4, and wins with 4 in a row: (7, 1), (7, 2), (7, 3), (7, 4)."),
        (GAME, DRAWN[:-1], 1, "O plays column 2: row 6, and the board is full: a draw."),
        (SMALL, "122334", 2, "X plays column 3: row 3, and wins with 3 in a row: (1, 1), (2, 2), (3, 3)."),
        (SMALL, "544334", 2, "X plays column 3: row 3, and wins with 3 in a row: (3, 3), (4, 2), (5, 1)."),
    ],
)
def test_claims(environment: ConnectFour, moves: str, action: int, claim: str) -> None:
    assert environment.claim(environment.from_moves(moves), action) == claim


def test_positions_hold_no_answer() -> None:
    assert isinstance(GAME, SolvingEnvironment)
    assert GAME.answer(GAME.from_moves("4455")) is None


def test_each_win_is_claimed_with_a_line_of_the_winner() -> None:
    for environment in (GAME, SMALL):
        rng, won = stream(1, "claimed", environment.width), 0
        while won < 40:
            state, terminal = environment.initial_state(), False
            while not terminal:
                before, action = state, int(rng.choice(environment.legal_actions(state)))
                state, reward, _, terminal = environment.step(state, action)
            claim = environment.claim(before, action)
            assert ("wins with" in claim) == (reward == 1)
            if reward:
                won += 1
                squares = claim.split("row: ")[-1].removesuffix(".").removeprefix("(").removesuffix(")").split("), (")
                stones = state.own ^ state.mask
                for column, row in (map(int, square.split(", ")) for square in squares):
                    assert stones >> (column - 1) * (environment.height + 1) + row - 1 & 1
                assert len(squares) == environment.connect
