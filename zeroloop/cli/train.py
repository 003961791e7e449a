"""`zeroloop train`: a player from zero, or the continuation of a run."""

import argparse
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from zeroloop import config
from zeroloop.cli import INTERRUPTED
from zeroloop.cli.arguments import Parser, json_output
from zeroloop.cli.progress import ConsoleReporter
from zeroloop.cli.recipes import read_recipe, recipes
from zeroloop.config import Layer
from zeroloop.errors import SettingError, UsageError
from zeroloop.run.directory import CONFIG, RunDirectory, is_run
from zeroloop.run.settings import RunSettings

LENGTHS = ("iterations", "minutes")
"""Settings that may change when a run is resumed: how long it goes on."""


def run(words: Sequence[str]) -> int:
    """Exit code 0 when the run reached its end, 130 when Ctrl-C stopped it."""
    parser = _parser()
    own, typed = parser.split(words)
    arguments = parser.parse(own)
    if not arguments.recipe and not arguments.config and not arguments.resume:
        raise UsageError(f"which recipe? {', '.join(recipes())}; or give your own settings with --config FILE")
    overrides = _one_length(config.parse_overrides(RunSettings, typed))
    path = _place(arguments)
    settings = _continued(path, arguments, overrides) if arguments.resume else _started(path, arguments, overrides)
    return _train(path, settings, arguments)


def _parser() -> Parser:
    parser = Parser("train", "Train a player from zero, or continue a run.", lambda: RunSettings)
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help=f"one of {', '.join(recipes())}")
    parser.add_argument("--run", type=Path, metavar="DIR", help="the run directory (default: runs/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="continue the run in the run directory")
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML settings that go over the recipe's")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return parser


def _place(arguments: argparse.Namespace) -> Path:
    if arguments.run is not None:
        return Path(arguments.run)
    if not arguments.recipe and not arguments.config:
        raise UsageError("which run? give its directory with --run")
    name: str = arguments.recipe or arguments.config.stem
    return Path("runs") / name


def _layers(arguments: argparse.Namespace) -> list[Layer]:
    layers = [read_recipe(arguments.recipe)] if arguments.recipe else []
    return [*layers, config.read_toml(arguments.config)] if arguments.config else layers


def _one_length(overrides: Layer) -> Layer:
    """`--iterations` alone also lifts the time limit of the recipe, and `--minutes` its number of iterations."""
    given = [name for name in LENGTHS if name in overrides.values]
    if len(given) != 1:
        return overrides
    other = LENGTHS[1 - LENGTHS.index(given[0])]
    return Layer({**overrides.values, other: None}, overrides.place)


def _started(path: Path, arguments: argparse.Namespace, overrides: Layer) -> RunSettings:
    """The settings of a new run, on disk before slow imports begin: it can be resumed whenever it is killed."""
    settings = config.merge(RunSettings, *_layers(arguments), overrides)
    RunDirectory.create(path, config.dump(settings)).close()
    return settings


def _continued(path: Path, arguments: argparse.Namespace, overrides: Layer) -> RunSettings:
    """The settings that an existing run was started with; only its length may change."""
    layers = _layers(arguments)
    with RunDirectory.open(path) as directory:
        if not is_run(path):  # killed before its settings were written: begin with those given now
            settings = config.merge(RunSettings, *layers, overrides)
        else:
            stored = config.merge(RunSettings, config.parse_toml(directory.read_config(), str(path / CONFIG)))
            _check_game(arguments, layers, stored, path)
            extra = layers[1:] if arguments.recipe else layers
            settings = config.merge(RunSettings, Layer(stored.model_dump(), "the run"), *extra, overrides)
            _check_same(stored, settings, path)
        directory.write_config(config.dump(settings))
    return settings


def _check_game(arguments: argparse.Namespace, layers: Sequence[Layer], stored: RunSettings, path: Path) -> None:
    game = layers[0].values.get("game", stored.game) if arguments.recipe else stored.game
    if game != stored.game:
        raise UsageError(f"{path} is a run of {stored.game!r}, but recipe {arguments.recipe!r} is for {game!r}")


def _check_same(stored: RunSettings, settings: RunSettings, path: Path) -> None:
    for name, (before, now) in config.differences(stored, settings).items():
        if name not in LENGTHS:
            raise SettingError(
                f"{name}: the run in {path} was started with {before}, not {now}; a resumed run keeps its settings, "
                "only iterations and minutes may change. Start a new run with another --run"
            )


def _train(path: Path, settings: RunSettings, arguments: argparse.Namespace) -> int:
    reporter = ConsoleReporter(Console(stderr=arguments.json, highlight=False))
    place = shlex.quote(str(path))
    with json_output(arguments.json) as print_json:
        try:
            with reporter:
                from zeroloop.run.trainer import train  # slow: brings torch

                train(settings, path, resume=True, reporter=reporter)
        except KeyboardInterrupt:
            reporter.message(f"interrupted; continue with: zeroloop train --run {place} --resume")
            return INTERRUPTED
        except UsageError:  # settings that only the parts themselves could check: there is no run to keep
            if not arguments.resume and not any(path.glob("checkpoints/*.pt")):
                shutil.rmtree(path)
            raise
        print_json(reporter.result)
        reporter.message(f"play against it: zeroloop play {settings.game} --checkpoint {place}")
        if any(name.startswith("weak_error_after.") for name in reporter.result):
            reporter.message(f"measure it:      zeroloop evaluate {place}")
    return 0
