"""Board games as tasks: laws, games by hand, and the solver against a plain enumeration."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from zeroloop.contracts import SolvingEnvironment, State, Task, TaskKind
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import connect_four, tic_tac_toe, verify
from zeroloop.tasks._games import Game, Rules
from zeroloop.tasks._lines import Shape, analyse, luck, value
from zeroloop.testing.tasks import TaskKindConformance

SQUARES, COLUMNS = tic_tac_toe.kind(), connect_four.kind()


@functools.cache
def seeded(kind: TaskKind, count: int) -> list[Task]:
    return [kind.make(stream(i, "games", kind.name), i / (count - 1)) for i in range(count)]


class GameConformance(TaskKindConformance):
    """Two laws are different here. Rewards are -1 to 1 for the player who moves, and not scores: an answer is correct
    exactly if the return of the start reaches the known value, 0 where none is known. And positions need not hold the
    moves that led to them, so answers are the moves that were made."""

    def tasks(self) -> list[Task]:
        """Made once for all laws."""
        return seeded(self.kind, self.tasks_per_test)

    def test_the_steps_of_the_reference_lead_to_its_answer(self) -> None:
        for task in self.tasks():
            solution = self.kind.solve(task)
            assert solution is not None and solution.steps
            environment = self.kind.environment(task)
            state, claims, total, weight = environment.initial_state(task), [], 0.0, 1.0
            for step in solution.steps:
                action = environment.parse_action(state, step)
                claims.append(environment.claim(state, action))
                state, reward, discount, terminal = environment.step(state, action)
                total += weight * reward
                weight *= discount
            assert terminal and total >= (task["value"] or 0)
            assert environment.answer(state) in (None, [*solution.steps])
            verdict = self.kind.verify(task, [*solution.steps])
            assert verdict.verdict == "correct" and verdict.score == 1
            assert self.kind.check_chain(task, claims) is None, self.kind.check_chain(task, claims)
            self.false_chains_are_found(task, claims)

    def test_rewards_are_what_the_verifier_says(self) -> None:
        for task, environment, state, total, claims, moves in self.games():
            assert environment.answer(state) in (None, moves)
            verdict = self.kind.verify(task, moves)
            good = total >= (task["value"] or 0)
            assert verdict[:2] == (("correct", 1.0) if good else ("wrong", 0.0)), f"{verdict} for {moves}: {task}"
            reason = self.kind.check_chain(task, claims)
            assert (reason is None) == good, reason

    def games(self) -> Iterator[tuple[Task, SolvingEnvironment, State, float, list[str], list[str]]]:
        """Random games to their end: what `endings` has, with the names of the moves."""
        for number, task in enumerate(self.tasks()):
            rng = stream(number, "games", self.kind.name)
            environment = self.kind.environment(task)
            for _ in range(5):
                state, total, weight = environment.initial_state(task), 0.0, 1.0
                claims, moves = list[str](), list[str]()
                while legal := environment.legal_actions(state):
                    action = int(legal[int(rng.integers(len(legal)))])
                    claims.append(environment.claim(state, action))
                    moves.append(environment.action_name(state, action))
                    state, reward, discount, _ = environment.step(state, action)
                    total += weight * reward
                    weight *= discount
                yield task, environment, state, total, claims, moves


class TestTicTacToe(GameConformance):
    kind = SQUARES


class TestConnectFour(GameConformance):
    kind = COLUMNS


# Exact values.


def plain_value(game: Game, moves: tuple[int, ...], known: dict[tuple[Any, ...], int]) -> int:
    """The value for the mover by looking at every game."""
    if game.over:
        return game.result(game.mover)
    key = tuple(sorted(game.stones.items()))
    if key not in known:
        after = ((*moves, move) for move in game.legal())
        known[key] = max(-plain_value(Game(game.rules, line), line, known) for line in after)
    return known[key]


SMALL = [
    *(
        Rules(3, 3, 3, False),
        Rules(4, 2, 3, False),
        Rules(3, 3, 2, False),
        Rules(2, 4, 4, False),
        Rules(3, 3, 1, False),
    ),
    *(Rules(3, 3, 3, True), Rules(4, 3, 3, True), Rules(3, 4, 4, True), Rules(3, 4, 2, True), Rules(5, 2, 4, True)),
]


@pytest.mark.parametrize("rules", SMALL, ids=str)
def test_values_are_those_of_looking_at_every_game(rules: Rules) -> None:
    """From random starts, and the solver's line ends with the value it names."""
    known: dict[tuple[Any, ...], int] = {}
    rng = stream(0, "every game", *rules)
    for _ in range(25):
        moves: tuple[int, ...] = ()
        for _ in range(2 + int(rng.integers(5))):
            legal = Game(rules, moves).legal()
            moves = (*moves, legal[int(rng.integers(len(legal)))]) if legal else moves
        start = Game(rules, moves)
        if start.over:
            continue
        found = analyse(*start.sides(), 10**6)
        assert found is not None and found.value == plain_value(start, moves, known)
        assert value(*start.sides(), 10**6) == found.value
        player, line = start.mover, [int(name) for name in rules.names(found.line)]
        for move in line:
            start.play(move)
        assert start.over and start.result(player) == found.value


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Shape(3, 3, 3, False), 0),
        (Shape(3, 4, 3, False), 1),
        (Shape(4, 4, 3, False), 1),
        (Shape(4, 4, 3, True), 1),
        (Shape(4, 4, 4, True), 0),
    ],
)
def test_values_of_empty_boards(shape: Shape, expected: int) -> None:
    """Known: 3x3 is a draw, three in a row on more squares a win, Connect Four on 4x4 a draw (Tromp)."""
    assert value(shape, 0, 0, 10**6) == expected


@pytest.mark.parametrize(
    ("moves", "expected"), [("", 0), ("1", 0), ("12", 1), ("15", 0), ("19", 1), ("5", 0), ("52", 1)]
)
def test_values_of_tic_tac_toe(moves: str, expected: int) -> None:
    found = analyse(*Game(Rules(3, 3, 3, False), [int(move) for move in moves]).sides())
    assert found is not None and found.value == expected


def test_what_is_too_much_work_has_no_value_but_a_game_that_is_not_lost() -> None:
    rules = Rules(7, 6, 4, True)
    assert value(*Game(rules).sides(), 50) is None
    found = analyse(*Game(rules).sides(), 50)
    assert found is not None and found.value is None and found.nodes == 51
    game = Game(rules, [int(name) for name in rules.names(found.line)])
    assert game.over and game.result("X") >= 0
    assert analyse(*Game(rules).sides(), 0) is None


def test_luck_is_the_share_of_random_games() -> None:
    """Against looking at every game, each as often as it comes."""
    corner = Game(Rules(3, 3, 3, False), [1, 4, 2, 5])
    held, won = luck(*corner.sides(), 4000, 1)
    assert luck(*corner.sides(), 4000, 1) == (held, won)
    assert won == pytest.approx(_share(corner, "X", 1), abs=0.03)
    assert held == pytest.approx(_share(corner, "X", 0), abs=0.03)
    drop = Game(Rules(4, 3, 3, True), [1, 2, 2, 3, 4])
    assert luck(*drop.sides(), 4000, 2)[1] == pytest.approx(_share(drop, drop.mover, 1), abs=0.03)


def _share(game: Game, player: str, goal: int) -> float:
    """The exact share of random games that end well."""
    if game.over:
        return float(game.result(player) >= goal)
    shares = []
    for move in game.legal():
        after = Game(game.rules)
        after.stones = {**game.stones}
        after.play(move)
        shares.append(_share(after, player, goal))
    return sum(shares) / len(shares)


# Tasks by hand.


def task_of(name: str, size: list[int], connect: int, moves: str, player: str, value: int | None) -> Task:
    known = {"moves": moves, "player": player, "value": value}
    return {"type": "game", "kind": name, "game": name, "board_size": size, "connect": connect, **known}


CORNER = task_of("tic_tac_toe", [3, 3], 3, "1 4 2 5", "X", 1)
TOWER = task_of("connect_four", [6, 7], 4, "4 1 4 1 4 2", "X", 1)


@pytest.mark.parametrize(
    ("task", "answer", "verdict"),
    [
        (CORNER, ["3"], "correct"),
        (CORNER, [3], "correct"),
        (CORNER, "3", "correct"),
        (CORNER, "6 7 3", "correct"),
        (CORNER, "673", "correct"),
        (CORNER, "[6, 7, 3]", "correct"),
        (CORNER, (6, "7", 3), "correct"),
        (CORNER, "7 6", "wrong"),  # O wins
        (CORNER, "6 3 7 9 8", "wrong"),  # a draw
        (CORNER, "6 3", "wrong"),  # not over
        (CORNER, "3 6", "wrong"),  # goes on
        (CORNER, "1", "wrong"),
        (CORNER, 3, "wrong"),
        (CORNER, [3.0], "wrong"),
        (CORNER, [True], "wrong"),
        (CORNER, [10**5000], "wrong"),
        (CORNER, ["3"] * 10**5, "wrong"),
        ({**CORNER, "value": 0}, "6 3 7 9 8", "correct"),
        ({**CORNER, "value": None}, "6 3 7 9 8", "correct"),
        ({**CORNER, "value": None}, "7 6", "wrong"),
        ({**CORNER, "value": -1}, "7 6", "correct"),
        (TOWER, "4", "correct"),
        (TOWER, ["1", "1", "4"], "correct"),
        (TOWER, "114", "correct"),
        (TOWER, "7 4 7 1 7 1", "wrong"),  # O wins
        (TOWER, "8", "wrong"),
        ({**CORNER, "player": "O"}, "3", "error"),
        ({**CORNER, "moves": "1 4 2 5 3"}, "3", "error"),
        ({**CORNER, "moves": "1 1"}, "3", "error"),
        ({**CORNER, "moves": "01"}, "3", "error"),
        ({**CORNER, "connect": 4}, "3", "error"),
        ({**CORNER, "board_size": [9, 9]}, "3", "error"),
        ({**CORNER, "game": "connect_four"}, "3", "error"),
        ({**CORNER, "value": 2}, "3", "error"),
        ({**TOWER, "board_size": [6, 10]}, "4", "error"),
    ],
)
def test_verdicts(task: Task, answer: Any, verdict: str) -> None:
    found = verify(task, answer)
    assert found.verdict == verdict, found
    assert found.score == (verdict == "correct")


def test_moves_of_two_digits() -> None:
    task = {**CORNER, "board_size": [3, 4], "moves": "12 1 11 2", "value": 1}
    assert verify(task, "10").verdict == verify(task, ["10"]).verdict == verify(task, "9 5 10").verdict == "correct"
    assert verify(task, "1 0").verdict == "wrong"
    environment = SQUARES.environment(task)
    state = environment.initial_state(task)
    assert environment.step(state, environment.parse_action(state, "10")).reward == 1


def test_claims_of_tic_tac_toe() -> None:
    claims = [
        "X plays square 6: row 2, column 3.",
        "O plays square 7: row 3, column 1.",
        "X plays square 3: row 1, column 3, and wins with 3 in a row: 1, 2, 3.",
    ]
    environment = SQUARES.environment(CORNER)
    state, found = environment.initial_state(CORNER), []
    for move in ("6", "7", "3"):
        action = environment.parse_action(state, move)
        found.append(environment.claim(state, action))
        state = environment.step(state, action).state
    assert found == claims and environment.answer(state) == ["6", "7", "3"]
    assert SQUARES.check_chain(CORNER, claims) is None
    assert SQUARES.check_chain(CORNER, [*claims[:2], claims[2].replace("1, 2, 3.", "3, 2, 1.")]) is None
    for wrong in (
        claims[:2],
        claims[1:],
        [claims[1], claims[0], claims[2]],
        [*claims, claims[0]],
        [*claims[:2], "X plays square 3: row 1, column 3."],
        [*claims[:2], "X plays square 3: row 1, column 3, and the board is full: a draw."],
        [*claims[:2], claims[2].replace("1, 2, 3.", "1, 3, 2.")],
        [*claims[:2], claims[2].replace("1, 2, 3.", "2, 3.")],
        [*claims[:2], claims[2].replace("1, 2, 3.", "3, 6, 9.")],
        [*claims[:2], claims[2].replace("1, 2, 3.", "3, 3, 3.")],
        [claims[0].replace("X", "O"), *claims[1:]],
        [claims[0], "O plays square 7: row 3, column 1, and wins with 3 in a row: 1, 2, 7.", claims[2]],
        [5, *claims],
    ):
        assert SQUARES.check_chain(CORNER, wrong) is not None, wrong
    draw = ["X plays square 6: row 2, column 3.", "O plays square 3: row 1, column 3."]
    draw += ["X plays square 7: row 3, column 1.", "O plays square 9: row 3, column 3."]
    last = "X plays square 8: row 3, column 2, and the board is full: a draw."
    assert SQUARES.check_chain({**CORNER, "value": 0}, [*draw, last]) is None
    assert SQUARES.check_chain({**CORNER, "value": 0}, [*draw, last.split(", and")[0] + "."]) is not None
    assert SQUARES.check_chain(CORNER, [*draw, last]) == "X can do better"


def test_claims_of_connect_four() -> None:
    last = "X plays column 4: row 4, and wins with 4 in a row: (4, 1), (4, 2), (4, 3), (4, 4)."
    environment = COLUMNS.environment(TOWER)
    state = environment.initial_state(TOWER)
    assert environment.claim(state, 3) == last and COLUMNS.check_chain(TOWER, [last]) is None
    assert environment.claim(state, 0) == "X plays column 1: row 3."
    assert environment.answer(environment.step(state, 3).state) is None
    assert COLUMNS.check_chain(TOWER, [last.replace("row 4,", "row 3,")]) is not None
    assert COLUMNS.check_chain(TOWER, [last.replace("(4, 1), ", "")]) is not None


def test_structures_are_equal_for_images_of_a_position() -> None:
    turned = {**CORNER, "moves": "3 2 6 5"}
    assert SQUARES.structure(CORNER) == SQUARES.structure(turned)
    assert SQUARES.structure(CORNER) != SQUARES.structure({**CORNER, "moves": "1 4 3 5"})
    swapped = {**CORNER, "moves": "4 1 5 2 9", "player": "O"}
    assert SQUARES.structure(swapped) == SQUARES.structure({**swapped, "moves": "5 1 4 2 9"})
    mirrored = {**TOWER, "moves": "4 7 4 7 4 6"}
    assert COLUMNS.structure(TOWER) == COLUMNS.structure(mirrored)
    assert COLUMNS.structure(TOWER) != COLUMNS.structure({**TOWER, "moves": "4 2 4 2 4 1"})


def test_hard_starts_can_be_held_and_are_not_won_at_once() -> None:
    for kind in (SQUARES, COLUMNS):
        for seed in range(4):
            task = kind.make(stream(seed, "hard", kind.name), 0.9)
            assert task["value"] in (None, 0, 1) and len(task["answer"]) >= 5
            aim = "wins" if task["value"] == 1 else "does not lose"
            assert f"so that {task['player']} {aim};" in task["problem"]


def test_games_have_two_players() -> None:
    for kind, task in ((SQUARES, CORNER), (COLUMNS, TOWER)):
        assert kind.num_players == kind.environment(task).num_players == 2


def test_broken_tasks_have_no_environment() -> None:
    for task in ({**CORNER, "board_size": [3]}, {**CORNER, "moves": None}, {**CORNER, "player": "Z"}):
        with pytest.raises(TaskError):
            SQUARES.environment(task)
