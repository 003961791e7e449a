"""Connect Four on boards of several sizes: both sides of a game, played from a position to its end."""

import re

from zeroloop.tasks._games import GameKind, Place, Rules


class ConnectFour(GameKind):
    """Dial: from the end of games on 5x4 squares to the middle of games on 7x6.

    Positions of the environment do not hold the moves that were made: what `verify` wants is the list of all that were
    made from the start on.
    """

    name = "connect_four"
    environment_name = "connect_four"
    drop = True
    largest = (9, 9, 81)
    levels = (
        ((4, 4, 3, 2, 6, 1, 1.0), (5, 4, 4, 9, 13, 1, 1.0)),
        ((5, 4, 4, 6, 9, 5, 1.0),),
        ((5, 5, 4, 8, 12, 7, 1.0), (6, 5, 4, 12, 16, 7, 1.0)),
        ((6, 5, 4, 11, 15, 9, 1.0), (7, 6, 4, 21, 25, 7, 1.0)),
        ((7, 5, 4, 15, 19, 9, 1.0), (7, 6, 4, 20, 24, 9, 1.0)),
    )
    claim = re.compile(
        r"(?P<sign>[XO]) plays column (?P<number>\d): (?P<place>row \d)"
        r"(?P<end>, and wins with (?P<connect>\d) in a row: (?P<line>\(\d, \d\)(?:, \(\d, \d\))*)"
        r"|, and the board is full: a draw)?\.",
        re.ASCII,
    )

    def statement(self, rules: Rules) -> str:
        """See GameKind."""
        return (
            f"X and O drop stones in turn, X first, into {rules.width} columns of {rules.height} squares, numbered "
            f"from 1 on the left; {rules.connect} in a row, across, upwards or diagonally, win."
        )

    def place_text(self, place: Place) -> str:
        """See GameKind."""
        return f"row {place[0]}"

    def line_squares(self, rules: Rules, line: str) -> list[Place]:
        """See GameKind."""
        return [(int(row), int(column)) for column, row in re.findall(r"\((\d), (\d)\)", line)]


def kind() -> ConnectFour:
    """Positions, and games to their end."""
    return ConnectFour()
