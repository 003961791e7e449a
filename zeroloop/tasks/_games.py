"""What kinds of board games share: a task is a position, and its answer a whole game from there, both sides played."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task, Verdict
from zeroloop.errors import TaskError
from zeroloop.task_fields import integer, integers, one_of, text
from zeroloop.tasks._kinds import Kind, correct, endless, wrong
from zeroloop.tasks._lines import Analysis, Shape, analyse, luck, value

# How long a start is looked for: positions that are drawn, and that are solved; what solving one may cost; and random
# games that tell how much luck is needed from it.
_DRAWS, _SOLVED, _QUICK_NODES, _GAMES = 24, 6, 1_000, 16
_LONGEST = 1_000
"""Characters of a text that is read, at most."""

Place = tuple[int, int]
"""(row, column) counted from 1; rows from the top where stones are placed, from the bottom where they are dropped."""


class Rules(NamedTuple):
    """The board, and how many in a row win. drop: stones fall to the lowest free square of a column."""

    width: int
    height: int
    connect: int
    drop: bool

    @property
    def numbers(self) -> int:
        """Moves are 1 to this: squares in reading order, or columns."""
        return self.width if self.drop else self.width * self.height

    def names(self, line: Sequence[tuple[int, int]]) -> list[str]:
        """The moves onto squares (lane, index) as the solver gives them."""
        return [str(lane + 1 if self.drop else lane * self.width + index + 1) for lane, index in line]


class Statement(NamedTuple):
    """What a task asks. moves: before its start. goal: the result for the mover of the start, at least."""

    rules: Rules
    moves: tuple[int, ...]
    goal: int


class Game:
    """A game as it is played, by the rules that the task states. line: the squares that won, empty before."""

    def __init__(self, rules: Rules, moves: Sequence[int] = ()) -> None:
        self.rules = rules
        self.stones: dict[Place, str] = {}
        self.line: list[Place] = []
        for move in moves:
            self.play(move)

    @property
    def mover(self) -> str:
        """X or O; X begins."""
        return "XO"[len(self.stones) % 2]

    @property
    def over(self) -> bool:
        """Whether somebody has won, or the board is full."""
        return bool(self.line) or len(self.stones) == self.rules.width * self.rules.height

    def result(self, player: str) -> int:
        """1, 0 or -1 for a player, of a game that is over."""
        return 0 if not self.line else 1 if self.stones[self.line[0]] == player else -1

    def place(self, move: int) -> Place | None:
        """Where the stone of a move comes to lie, None where it cannot be made."""
        if not 1 <= move <= self.rules.numbers:
            return None
        if self.rules.drop:
            row = next((row for row in range(1, self.rules.height + 1) if (row, move) not in self.stones), 0)
            return (row, move) if row else None
        row, column = divmod(move - 1, self.rules.width)
        return None if (row + 1, column + 1) in self.stones else (row + 1, column + 1)

    def legal(self) -> list[int]:
        """The moves that can be made."""
        return [] if self.over else [move for move in range(1, self.rules.numbers + 1) if self.place(move)]

    def play(self, move: int) -> Place:
        """Make a move. Raises TaskError where it is not possible."""
        place = None if self.over else self.place(move)
        if place is None:
            what = f"{'column' if self.rules.drop else 'square'} {str(move)[:9]}"
            why = "the game is over" if self.over else "it is taken, full or not on the board"
            raise TaskError(f"move {len(self.stones) + 1}: {self.mover} cannot play {what}: {why}")
        self.stones[place] = self.mover
        self.line = self._line(place)
        return place

    def _line(self, place: Place) -> list[Place]:
        """The line that the last stone made."""
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            run = [place]
            for sign in (1, -1):
                row, column = place[0] + sign * down, place[1] + sign * right
                while self.stones.get((row, column)) == self.stones[place]:
                    run.append((row, column))
                    row, column = row + sign * down, column + sign * right
            if len(run) >= self.rules.connect:
                return run
        return []

    def sides(self) -> tuple[Shape, int, int]:
        """The rules, the mover's squares and the other's, as the solver wants them."""
        rules = self.rules
        size = (rules.width, rules.height) if rules.drop else (rules.height, rules.width)
        shape = Shape(*size, rules.connect, rules.drop)
        squares = {"X": 0, "O": 0}
        for (row, column), sign in self.stones.items():
            lane, index = (column, row) if rules.drop else (row, column)
            squares[sign] |= 1 << (lane - 1) * (shape.length + 1) + index - 1
        return shape, squares[self.mover], squares["O" if self.mover == "X" else "X"]

    def drawn(self) -> str:
        """The board: . for free squares."""
        rows = range(self.rules.height, 0, -1) if self.rules.drop else range(1, self.rules.height + 1)
        columns = range(1, self.rules.width + 1)
        return "\n".join("".join(self.stones.get((row, column), ".") for column in columns) for row in rows)


class GameKind(Kind):
    """The base of kinds whose tasks are positions of a game with two players.

    A success: the result for the player who moves first is at least the value of the start, where a solver knows it,
    else no loss. Scores are 1 or 0. A subclass says what the boards are, and how moves are claimed.

    drop: see Rules. largest: of width, height, and squares. levels: by difficulty, boards to choose among: width,
    height, how many in a row, the fewest and most moves before the start, the fewest from there on, and what share of
    random games from there may reach its value at most, if there is such a start among some draws.
    """

    family = "search"
    num_players = 2
    type = "game"
    drop: ClassVar[bool]
    largest: ClassVar[tuple[int, int, int]]
    levels: ClassVar[tuple[tuple[tuple[int, int, int, int, int, int, float], ...], ...]]
    claim: ClassVar[re.Pattern[str]]
    """A sentence with groups sign, number, place, connect and line."""

    # ---- what a subclass says ---------------------------------------------------------------------------------------

    def statement(self, rules: Rules) -> str:
        """The rules for people."""
        raise NotImplementedError

    def place_text(self, place: Place) -> str:
        """Where a stone comes to lie, in claims."""
        raise NotImplementedError

    def line_squares(self, rules: Rules, line: str) -> list[Place]:
        """The squares of a line as claims list them."""
        raise NotImplementedError

    # ---- TaskKind ---------------------------------------------------------------------------------------------------

    def environment_options(self, task: Task) -> dict[str, Any]:
        """The size of the board."""
        rules = self.read(task).rules
        return {"width": rules.width, "height": rules.height, "connect": rules.connect}

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Positions after random moves that are not lost."""
        moves, rules, found = self._start(rng, difficulty)
        game = Game(rules, moves)
        aim = "wins" if found.value == 1 else "does not lose"
        played = f"The moves {' '.join(map(str, moves))} have been made." if moves else "No move has been made."
        problem = (
            f"{self.statement(rules)} {played} {game.mover} is to move. Play both sides to the end of the game so that "
            f"{game.mover} {aim}; answer with all moves from here on, in order.\n{game.drawn()}"
        )
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": problem,
            "game": self.name,
            "board_size": [rules.height, rules.width],
            "connect": rules.connect,
            "moves": " ".join(map(str, moves)),
            "player": game.mover,
            "value": found.value,
            "answer": rules.names(found.line),
        }

    def read(self, task: Task) -> Statement:
        """The rules, and a start that is not over."""
        one_of(task, "game", (self.name,))
        width, height, squares = self.largest
        rows, columns = integers(task, "board_size", 1, max(width, height), least=2, most=2)
        if rows > height or columns > width or rows * columns > squares:
            raise TaskError(f"board_size [{rows}, {columns}] is too large; allowed: {height} rows, {width} columns")
        rules = Rules(columns, rows, integer(task, "connect", 1, max(rows, columns)), self.drop)
        words = text(task, "moves", _LONGEST).replace(",", " ").split()
        moves = words if len(words) != 1 else [*words[0]]
        if wrong_ones := [move for move in moves if not _is_number(move) or move.startswith("0")]:
            raise TaskError(f"moves must be numbers such as '1 2', not {wrong_ones[0][:20]!r}")
        numbers = tuple(map(int, moves))
        try:
            game = Game(rules, numbers)
        except TaskError as error:
            raise TaskError(f"moves: {error}") from None
        if game.over:
            raise TaskError("moves: the game is over")
        if one_of(task, "player", ("X", "O")) != game.mover:
            raise TaskError(f"player is {task['player']}, but {game.mover} is to move")
        known = task.get("value") is not None
        return Statement(rules, numbers, integer(task, "value", -1, 1) if known else 0)

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """The game replayed from the start."""
        game = Game(problem.rules, problem.moves)
        player = game.mover
        for move in _read_moves(problem.rules, answer):
            game.play(move)
        if not game.over:
            return wrong("the game does not come to an end")
        ended = "a draw" if not game.line else f"a win for {game.stones[game.line[0]]}"
        if game.result(player) < problem.goal:
            return wrong(f"{ended}, where {player} can do better")
        return correct(evidence=f"{ended}, which is what {player} needs")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. Alpha-beta search as far as it goes; else a game that the player does not lose."""
        problem = self.read(task)
        found = analyse(*Game(problem.rules, problem.moves).sides())
        if found is None:
            return None
        names = problem.rules.names(found.line)
        return Solution(names, tuple(names), len(names), found.nodes)

    def structure(self, task: Task) -> str:
        """The rules, and the smallest image of the board, with the mover's stones and the other's."""
        rules, moves, _ = self.read(task)
        game = Game(rules, moves)
        signs = {**dict.fromkeys("XO", "o"), game.mover: "m", ".": "."}
        grid = np.array([[signs[sign] for sign in row] for row in game.drawn().split("\n")])
        turned = [grid] if rules.drop else [np.rot90(side, turns) for side in (grid, grid.T) for turns in range(4)]
        images = [image for each in turned for image in (each, each[:, ::-1])]
        return f"{rules.connect} in a row: {min('/'.join(map(''.join, image)) for image in images)}"

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence names the player, the move and where the stone lies; the last one a line that wins, or that the
        board is full, and the result is good enough."""
        problem = self.read(task)
        game = Game(problem.rules, problem.moves)
        player = game.mover
        for claim in claims:
            match = self.claim.fullmatch(claim) if isinstance(claim, str) and len(claim) <= _LONGEST else None
            if match is None:
                return f"not readable: {str(claim)[:80]!r}"
            sign = game.mover
            try:
                place = game.play(int(match["number"]))
            except TaskError as error:
                return str(error)
            if match["sign"] != sign or match["place"] != self.place_text(place):
                return f"not true: {claim!r}"
            if (reason := self._wrong_end(game, match)) is not None:
                return f"{reason}: {claim!r}"
        if not game.over:
            return "the game does not come to an end"
        return None if game.result(player) >= problem.goal else f"{player} can do better"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The known game as a list or text."""
        names: list[str] = task["answer"]
        single = self.read(task).rules.numbers <= 9
        return endless(
            lambda: names,
            lambda: [int(name) for name in names],
            lambda: [" ", ", ", ",", "; ", "\n"][int(rng.integers(5))].join(names),
            lambda: ("" if single else " ").join(names),
            lambda: json.dumps(names),
            lambda: str([int(name) for name in names]),
            rng=rng,
        )

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Games that stop early, that go on after their end, with moves that cannot be made, or with the wrong end."""
        problem, names = self.read(task), task["answer"]
        start = Game(problem.rules, problem.moves)
        taken = next(
            (m for m in range(1, problem.rules.numbers + 1) if m not in start.legal()), problem.rules.numbers + 1
        )

        def worse() -> list[int]:
            for _ in range(50):
                moves, result = _playout(problem, rng)
                if result < problem.goal:
                    return moves
            return [int(name) for name in names[:-1]]

        return endless(
            worse,
            lambda: " ".join(map(str, worse())),
            lambda: names[: int(rng.integers(len(names)))],
            lambda: [*names, str(1 + int(rng.integers(problem.rules.numbers)))],
            lambda: [str(taken), *names],
            lambda: [*names[:-1], problem.rules.numbers + 1 + int(rng.integers(9))],
            lambda: [0, *names],
            lambda: [names[-1] + "x", "X wins", None, 5, [names], [*names, None], {"moves": names}, ""][
                int(rng.integers(8))
            ],
            rng=rng,
        )

    # ---- how it is done ---------------------------------------------------------------------------------------------

    def _start(self, rng: np.random.Generator, difficulty: float) -> tuple[list[int], Rules, Analysis]:
        """The moves to a start, the rules, and what a solver finds: of some draws that it does not find lost, the one
        whose value random games reach most seldom."""
        best: tuple[float, list[int], Rules, Analysis] | None = None
        wanted, draws, solved = 1.0, 0, 0
        while best is None or (best[0] > wanted and draws < _DRAWS and solved < _SOLVED):
            draws += 1
            rules, count, shortest, wanted = self._draw(rng, difficulty)
            moves = _random_moves(rng, rules, count)
            if moves is None:
                continue
            sides = Game(rules, moves).sides()
            shares = luck(*sides, _GAMES, int(rng.integers(1 << 31))) if wanted < 1 else (0.0, 0.0)
            if shares[1] > wanted and best is None and draws < _DRAWS // 2:
                continue  # too easy, whatever its value
            if best is not None and shares[1] >= best[0]:
                continue
            solved += 1
            known = value(*sides, _QUICK_NODES)
            if known == -1 or (known is None and solved < 4 * _SOLVED):
                continue
            share = shares[known or 0]
            if best is None or share < best[0]:
                found = analyse(*sides)
                if found is not None and found.value != -1 and len(found.line) >= shortest:
                    best = share, moves, rules, found
        return best[1:]

    def _draw(self, rng: np.random.Generator, difficulty: float) -> tuple[Rules, int, int, float]:
        """The rules of a game, how many moves are made before the start, how many there are after it at least, and the
        largest share of lucky games."""
        level = self.levels[min(len(self.levels) - 1, int(difficulty * len(self.levels)))]
        width, height, connect, least, most, shortest, lucky = level[int(rng.integers(len(level)))]
        return Rules(width, height, connect, self.drop), int(rng.integers(least, most + 1)), shortest, lucky

    def _wrong_end(self, game: Game, match: re.Match[str]) -> str | None:
        """What is wrong with what a claim says about the end of the game, None where nothing is."""
        if match["line"] is None:
            full = game.over and not game.line
            if game.line or full != (match["end"] is not None):
                return "the end is not named, or is none"
            return None
        squares = self.line_squares(game.rules, match["line"])
        steps = {(r2 - r1, c2 - c1) for (r1, c1), (r2, c2) in itertools.pairwise(squares)}
        straight = len(steps) <= 1 and steps <= {(0, 1), (1, 0), (1, 1), (1, -1), (0, -1), (-1, 0), (-1, -1), (-1, 1)}
        owned = all(game.stones.get(square) == match["sign"] for square in squares)
        enough = len(squares) == game.rules.connect == int(match["connect"])
        return None if straight and owned and enough else "not a line that wins"


def _random_moves(rng: np.random.Generator, rules: Rules, count: int) -> list[int] | None:
    """Random moves to a position that is not over; None where the game ends before."""
    game, moves = Game(rules), list[int]()
    for _ in range(count):
        legal = game.legal()
        if not legal:
            return None
        moves.append(legal[int(rng.integers(len(legal)))])
        game.play(moves[-1])
    return None if game.over else moves


def _playout(problem: Statement, rng: np.random.Generator) -> tuple[list[int], int]:
    """Random moves to the end of the game, and the result for who makes the first one."""
    game, moves = Game(problem.rules, problem.moves), list[int]()
    player = game.mover
    while legal := game.legal():
        moves.append(legal[int(rng.integers(len(legal)))])
        game.play(moves[-1])
    return moves, game.result(player)


def _read_moves(rules: Rules, answer: Any) -> list[int]:
    """The numbers in a list or a text. A word of several digits is one number where moves have two, else one each.

    Raises TaskError for anything else.
    """
    if isinstance(answer, str):
        if len(answer) > _LONGEST:
            raise TaskError(f"answer: {len(answer)} characters are too many; at most {_LONGEST} are read")
        words: list[Any] = re.split(r"[\s,;]+", answer.translate(dict.fromkeys(map(ord, "[]()\"'"), " ")).strip())
        words = [*words[0]] if len(words) == 1 and rules.numbers <= 9 else words
    elif isinstance(answer, list | tuple):
        words = [*answer[:_LONGEST]]
    else:
        raise TaskError(f"answer: expected a list of moves, not {type(answer).__name__}")
    if len(words) > rules.width * rules.height:
        raise TaskError(f"answer: {len(words)} moves are more than the board has squares")
    return [_read_move(word) for word in words]


def _read_move(word: Any) -> int:
    if isinstance(word, int) and not isinstance(word, bool) and 0 <= word < 1000:
        return word
    if isinstance(word, str) and _is_number(word.strip()):
        return int(word)
    shown = repr(word[:40]) if isinstance(word, str) else type(word).__name__
    raise TaskError(f"answer: expected the number of a move, not {shown}")


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 3
