"""Positions with the exact score of every legal move: reading them from files, and the sets that ship.

A score is that of a perfect solver, for the player to move (P. Pons, "Solving Connect Four"): positive where the mover
wins, negative where the mover loses, 0 a draw, and the larger the magnitude, the sooner the win: 22 - k for a win with
the winner's k-th stone in 7x6 Connect Four.
"""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from zeroloop.contracts import Action, Environment, State
from zeroloop.envs.connect_four import ConnectFour
from zeroloop.errors import IllegalActionError, MissingExtraError, PositionsError, unknown_name

Half = Literal["choose", "report"]

MAX_ACTIONS = 9
"""A move is one digit: action 0 is written `1`."""


class Position(NamedTuple):
    """A state, the moves that lead to it from the start, and the exact score of each legal action."""

    moves: str
    state: State
    scores: dict[Action, int]


def are_shipped_for(environment: Environment) -> bool:
    """Whether `shipped_sets` are positions of `environment`."""
    if not isinstance(environment, ConnectFour):
        return False
    return (environment.width, environment.height, environment.connect) == (7, 6, 4)


def shipped_sets(half: Half) -> dict[str, Path]:
    """The shipped positions files of a half by name (`beginning-hard`, ...), easier ones first.

    `choose` is for choosing recipes and settings; `report` is touched only for figures that are reported. See
    docs/positions.md. Raises UnknownNameError for another half.
    """
    halves = Path(__file__).with_suffix("") / "connect_four"
    known = [path.name for path in halves.iterdir()]
    if half not in known:
        raise unknown_name("half", half, known)
    names = ("beginning-easy", "beginning-medium", "beginning-hard", "middle-easy", "middle-medium", "end-easy")
    return {name: halves / half / f"{name}.jsonl" for name in names}


def read_positions(path: str | Path, environment: Environment) -> list[Position]:
    """Every position in a file, in order; blank lines are skipped.

    A line is a JSON object `{"moves": "4455", "move_scores": {"1": -2, ...}}` with a score for exactly the legal moves,
    or `4455 -2`: moves and the score of the position, whose moves the `solver` extra then scores (7x6 Connect Four).
    Raises PositionsError with file and line, MissingExtraError where the solver is needed and missing.
    """
    path = Path(path)
    if not 1 <= environment.num_actions <= MAX_ACTIONS:
        raise PositionsError(
            f"{path}: a positions file writes each move as one digit, which needs a game with 1 to {MAX_ACTIONS} "
            f"actions; {environment.name} has {environment.num_actions or 'a varying number of'}"
        )
    positions = [_position(line, where, environment) for line, where in _lines(path)]
    if not positions:
        raise PositionsError(
            f'{path}: no positions in this file; expected lines like {{"moves": ..., "move_scores": ...}}'
        )
    return positions


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Every line that is not blank, with its place (`file:line`) for messages."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PositionsError(f"{path}: cannot read positions ({error}); give a UTF-8 text file") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield line.strip(), f"{path}:{number}"


def _position(line: str, where: str, environment: Environment) -> Position:
    if line.startswith("{"):
        moves, given = _json_line(line, where)
        state = _replay(moves, where, environment)
        return Position(moves, state, _check_scores(given, state, where, environment))
    plain = re.fullmatch(r"([0-9]+)\s+([+-]?[0-9]+)", line)
    if plain is None:
        raise PositionsError(f"{where}: neither a JSON object nor 'moves score': {line[:60]!r}")
    moves = plain[1]
    state = _replay(moves, where, environment)
    return Position(moves, state, _solved_scores(moves, int(plain[2]), where, environment))


def _json_line(line: str, where: str) -> tuple[str, dict[str, Any]]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise PositionsError(f"{where}: not JSON ({error}): {line[:60]!r}") from error
    moves, scores = record.get("moves"), record.get("move_scores")
    if not isinstance(moves, str) or not isinstance(scores, dict):
        raise PositionsError(
            f'{where}: expected {{"moves": "4455", "move_scores": {{"1": -2, ...}}}}, got {line[:60]!r}'
        )
    return moves, scores


def _replay(moves: str, where: str, environment: Environment) -> State:
    """The state after `moves`, which must be legal and leave a game that goes on."""
    state = environment.initial_state()
    for index, move in enumerate(moves):
        action = "123456789".find(move)
        try:
            state = environment.step(state, action).state
        except IllegalActionError as error:
            why = str(error) if action >= 0 else f"moves are digits 1 to {environment.num_actions}"
            raise PositionsError(f"{where}: move {index + 1} of {moves!r} is illegal: {why}") from error
    if not environment.legal_actions(state):
        raise PositionsError(f"{where}: the game is finished after {moves!r}; a position needs a move to choose")
    return state


def _check_scores(given: dict[str, Any], state: State, where: str, environment: Environment) -> dict[Action, int]:
    """The scores by action; there must be an integer for each legal action and for no other."""
    legal = {str(action + 1): action for action in environment.legal_actions(state)}
    for move, score in given.items():
        if move not in legal:
            raise PositionsError(
                f"{where}: a score for {move!r}, which is not a legal move; legal are {_digits(legal.values())}"
            )
        if type(score) is not int:
            raise PositionsError(f"{where}: the score of move {move!r} is {score!r}; scores are integers")
    if missing := [move for move in legal if move not in given]:
        raise PositionsError(f"{where}: no score for the legal move {' '.join(missing)}; every legal move needs one")
    return {action: given[move] for move, action in legal.items()}


def _solved_scores(moves: str, score: int, where: str, environment: Environment) -> dict[Action, int]:
    """The solver's score of each move; the best of them must be the score that the line gives."""
    size = [getattr(environment, dimension, None) for dimension in ("width", "height", "connect")]
    if environment.name != "connect_four" or size != [7, 6, 4]:
        raise PositionsError(
            f"{where}: 'moves score' lines need a solver, and there is one for 7x6 connect_four only; "
            "give a score for every move, as a JSON object"
        )
    scores = solve_connect_four(moves)
    if max(scores.values()) != score:
        raise PositionsError(f"{where}: the score of {moves!r} is given as {score}, but is {max(scores.values())}")
    return scores


def solve_connect_four(moves: str) -> dict[Action, int]:
    """The exact score of each legal action (column 0-6) after legal `moves` (columns 1-7) in 7x6 Connect Four.

    Raises MissingExtraError without the `solver` extra.
    """
    board, solver = _solver()
    scores = solver.score_all_moves(board([int(move) - 1 for move in moves]))
    return {int(action): int(score) for action, score in sorted(scores.items())}


@functools.cache
def _solver() -> tuple[Any, Any]:
    """Board class and solver of bitbully. It is AGPL, hence an extra that nothing but evaluation imports."""
    try:
        from bitbully import BitBully, Board
    except ImportError as error:
        raise MissingExtraError(
            "scoring positions needs bitbully; install it with: pip install zeroloop[solver]"
        ) from error
    return Board, BitBully()


def _digits(actions: Any) -> str:
    return " ".join(str(action + 1) for action in actions)
