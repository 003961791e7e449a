"""Tic-tac-toe on boards of several sizes: both sides of a game, played from a position to its end."""

import re

from zeroloop.tasks._games import GameKind, Place, Rules


class TicTacToe(GameKind):
    """Dial: from the end of games on 3x3 squares to the middle of games for four in a row on 7x6."""

    name = "tic_tac_toe"
    environment_name = "tic_tac_toe"
    drop = False
    largest = (64, 64, 64)
    levels = (
        ((3, 3, 3, 4, 5, 1, 0.7),),
        ((3, 3, 3, 1, 3, 3, 0.6), (4, 3, 3, 3, 4, 3, 0.6)),
        ((4, 4, 4, 6, 9, 5, 0.5), (5, 4, 4, 6, 9, 5, 0.5)),
        ((5, 5, 4, 9, 13, 5, 0.4),),
        ((6, 6, 4, 10, 15, 5, 0.35), (7, 6, 4, 12, 16, 5, 0.35)),
    )
    claim = re.compile(
        r"(?P<sign>[XO]) plays square (?P<number>\d{1,2}): (?P<place>row \d{1,2}, column \d{1,2})"
        r"(?P<end>, and wins with (?P<connect>\d{1,2}) in a row: (?P<line>\d{1,2}(?:, \d{1,2})*)"
        r"|, and the board is full: a draw)?\.",
        re.ASCII,
    )

    def statement(self, rules: Rules) -> str:
        """See GameKind."""
        return (
            f"A board has {rules.height} rows of {rules.width} squares, numbered from 1 in reading order. X and O take "
            f"free squares in turn, X first; {rules.connect} in a row, across, down or diagonally, win."
        )

    def place_text(self, place: Place) -> str:
        """See GameKind."""
        return f"row {place[0]}, column {place[1]}"

    def line_squares(self, rules: Rules, line: str) -> list[Place]:
        """See GameKind."""
        places = [divmod(int(number) - 1, rules.width) for number in line.split(", ")]
        return [(row + 1, column + 1) for row, column in places]


def kind() -> TicTacToe:
    """Positions, and games to their end."""
    return TicTacToe()
