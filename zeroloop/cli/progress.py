"""A run's progress for people: a live panel on a terminal, one plain line per iteration elsewhere."""

import sys
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from zeroloop.reports import Fields, Value


def _count(value: Value) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def _percent(value: Value) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) else "-"


def _number(value: Value) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else str(value)


def _signed(value: Value) -> str:
    return f"{value:+.0f}" if isinstance(value, int | float) else str(value)


def clock(value: Value) -> str:
    """Seconds as people read them: 75 -> 1:15, 3675 -> 1:01:15."""
    seconds = int(value) if isinstance(value, int | float) else 0
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


COLUMNS: dict[str, tuple[str, Callable[[Value], str]]] = {
    "seconds": ("time", clock),
    "games": ("games", _count),
    "positions_per_second": ("positions/s", _count),
    "simulations_per_second": ("simulations/s", _count),
    "cache_hit_rate": ("cache hits", _percent),
    "policy_loss": ("policy loss", _number),
    "value_loss": ("value loss", _number),
    "examples_per_second": ("examples/s", _count),
    "token_loss": ("token loss", _number),
    "train_exact": ("exact in training", _percent),
    "exact": ("exact", _percent),
    "valid": ("any valid", _percent),
    "segments": ("segments", _number),
    "elo": ("Elo", _signed),
    "weak_error": ("weak error", _percent),
    "not_good": ("without good solution", _percent),
}
"""What is shown of the fields in zeroloop/reports.py, in this order."""


def facts(fields: Fields) -> dict[str, str]:
    """Label -> text of the fields that have a column and a value."""
    return {label: write(fields[name]) for name, (label, write) in COLUMNS.items() if fields.get(name) is not None}


def _grades(fields: Fields) -> Iterator[str]:
    """Tables of `weak_error_before.SET` and `weak_error_after.SET` and the like, empty where nothing was graded."""
    for measure in ("weak_error", "not_good"):
        sets = [name.partition(".")[2] for name in fields if name.startswith(f"{measure}_after.")]
        unguided = any(name.startswith(f"{measure}_unguided.") for name in fields)
        columns = {"before": "before", "after": "after"} | ({"unguided": "no network"} if unguided else {})
        if sets:
            yield f"{COLUMNS[measure][0]:<22}" + "".join(f"{title:>12}" for title in columns.values())
        for name in sets:
            shares = (_percent(fields.get(f"{measure}_{when}.{name}")) for when in columns)
            yield f"{name:<22}" + "".join(f"{share:>12}" for share in shares)


class ConsoleReporter:
    """A Reporter (zeroloop/reports.py) for a console; use it as a context manager, so that the terminal is restored."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stdout, highlight=False)
        self.result: Fields = {}
        self._latest: dict[str, Value] = {}
        self._live = Live(console=self.console, get_renderable=self._panel, refresh_per_second=4, transient=True)

    def __enter__(self) -> "ConsoleReporter":
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def started(self, summary: Fields) -> None:
        self._latest = {}
        words = (f"{name.replace('_', ' ')} {value}" for name, value in summary.items() if value is not None)
        self._print("; ".join(words))

    def progress(self, fields: Fields) -> None:
        self._latest.update(fields)

    def iteration(self, fields: Fields) -> None:
        self._latest.update(fields)
        words = [f"iteration {self._of(fields)}", *(f"{label} {text}" for label, text in facts(fields).items())]
        if fields.get("promoted"):
            words.append("promoted")
        self._print("  ".join(words))

    def message(self, text: str) -> None:
        self._print(text)

    def finished(self, fields: Fields) -> None:
        self.result = dict(fields)
        self._live.stop()
        for line in _grades(fields):
            self._print(line)
        self._print("finished  " + "  ".join(f"{label} {text}" for label, text in facts(fields).items()))

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    @staticmethod
    def _of(fields: Fields) -> str:
        total = fields.get("iterations")
        return f"{fields.get('iteration', '?')}" + (f"/{total}" if total else "")

    def _panel(self) -> Group:
        """What happens now, how far the run is, and the latest numbers."""
        latest = self._latest
        if not latest:
            return Group(Text("starting", style="dim"))
        head = Table.grid(padding=(0, 2))
        fraction = latest.get("fraction")
        completed = float(fraction) if isinstance(fraction, int | float) else 0.0
        left = latest.get("seconds_left")
        head.add_row(
            Text(str(latest.get("phase", "")), style="bold"),
            Text(f"iteration {self._of(latest)}"),
            ProgressBar(total=1.0, completed=completed, width=30),
            Text("" if left is None else f"{clock(left)} left"),
        )
        shown = list(facts(latest).items())
        return Group(head, *(_table(shown[begin : begin + 5]) for begin in range(0, len(shown), 5)))


def _table(entries: Sequence[tuple[str, str]]) -> Table:
    """Labels above values; five fit into 80 columns."""
    table = Table.grid(padding=(0, 2))
    table.add_row(*(Text(label, style="dim") for label, _ in entries))
    table.add_row(*(text for _, text in entries))
    return table
