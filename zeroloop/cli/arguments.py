"""What the subcommands share: a parser whose errors help, number types, and JSON output."""

import argparse
import contextlib
import difflib
import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from pydantic import BaseModel

from zeroloop.config import describe
from zeroloop.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError with the nearest right word, and lists settings in its help.

    settings: loads the settings model whose settings the command takes as `--group.setting VALUE`.
    """

    def __init__(self, command: str, description: str, settings: Callable[[], type[BaseModel]] | None = None):
        super().__init__(prog=f"zeroloop {command}", description=description, allow_abbrev=False)
        self._settings = settings

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """The parsed words. Raises UsageError for a word that is not understood."""
        arguments, rest = self.parse_known_args(words)
        if rest:
            word = rest[0].partition("=")[0]
            close = difflib.get_close_matches(word, self._option_string_actions, n=1)
            self.error(f"unexpected argument {word!r}" + (f"; did you mean {close[0]}?" if close else ""))
        return arguments

    def split(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """The words for this parser, and those that are settings: an unknown `--name` with the value behind it."""
        own: list[str] = []
        settings: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if not word.startswith("--") or word.partition("=")[0] in self._option_string_actions:
                own.append(word)
                continue
            settings.append(word)
            if "=" not in word and rest and not rest[0].startswith("--"):
                settings.append(rest.pop(0))
        return own, settings

    def format_help(self) -> str:
        text = super().format_help()
        if self._settings is None:
            return text
        return text + "\nsettings, in a TOML file or as options:\n" + "\n".join(_settings_help(self._settings())) + "\n"


def _settings_help(model: type[BaseModel]) -> Iterator[str]:
    for doc in describe(model):
        yield f"  --{doc.path.replace('_', '-')}  {doc.kind}  [{doc.default}]"
        yield from textwrap.wrap(doc.text, 100, initial_indent=" " * 8, subsequent_indent=" " * 8)


def at_least(lowest: int) -> Callable[[str], int]:
    """A number type for `add_argument`: an integer no smaller than `lowest`."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < lowest:
            raise argparse.ArgumentTypeError(f"{value} is not allowed; must be {lowest} or more")
        return value

    return number


@contextlib.contextmanager
def json_output(wanted: bool) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A function that prints its argument as the one JSON object on stdout; whatever else is printed goes to stderr.

    Where JSON is not wanted, the function prints nothing and stdout is left alone.
    """
    if not wanted:
        yield lambda fields: None
        return
    stdout = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        yield lambda fields: print(json.dumps(fields), file=stdout, flush=True)
