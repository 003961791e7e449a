"""`zeroloop train`: a player from zero, or the continuation of a run."""

import argparse
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console

from zeroloop import config
from zeroloop.cli import INTERRUPTED
from zeroloop.cli.arguments import Parser, json_output
from zeroloop.cli.progress import ConsoleReporter
from zeroloop.cli.recipes import read_recipe, recipes
from zeroloop.config import Layer
from zeroloop.errors import SettingError, UsageError
from zeroloop.reports import Reporter
from zeroloop.run.directory import CONFIG, RunDirectory, is_run
from zeroloop.run.settings import RunSettings, SupervisedSettings

Settings: TypeAlias = RunSettings | SupervisedSettings

NETWORK_SETTINGS = ("network_options", "network_preset")
"""Settings that mean something for one network only."""
LENGTHS = ("iterations", "minutes")
"""Settings that may change when a run is resumed: how long it goes on."""


def run(words: Sequence[str]) -> int:
    """Exit code 0 when the run reached its end, 130 when Ctrl-C stopped it."""
    model = SupervisedSettings if {*words} & _supervised_recipes() else RunSettings
    parser = _parser(model)
    own, typed = parser.split(words)
    arguments = parser.parse(own)
    if not arguments.recipe and not arguments.config and not arguments.resume:
        raise UsageError(f"which recipe? {', '.join(recipes())}; or give your own settings with --config FILE")
    if arguments.preset and not arguments.recipe:
        raise UsageError("--preset chooses among the presets of a recipe; name the recipe too")
    path, layers = _place(arguments), _layers(arguments)
    model = _model(layers, path)
    overrides = _one_length(config.parse_overrides(model, typed))
    if arguments.resume:
        return _train(path, _continued(path, model, arguments, layers, overrides), arguments)
    return _train(path, _started(path, model, layers, overrides), arguments)


def _supervised_recipes() -> set[str]:
    return {name for name in recipes() if "puzzle" in read_recipe(name)[0].values}


def _model(layers: Sequence[Layer], path: Path) -> type[Settings]:
    """What kind of run it is: one that names a puzzle is supervised."""
    if not layers and is_run(path):
        layers = [config.read_toml(path / CONFIG)]
    return SupervisedSettings if any("puzzle" in layer.values for layer in layers) else RunSettings


def _parser(model: type[Settings]) -> Parser:
    parser = Parser("train", "Train a player or a solver of puzzles from zero, or continue a run.", lambda: model)
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help=f"one of {', '.join(recipes())}")
    parser.add_argument("--preset", metavar="NAME", help="which of the recipe's presets (default: its first)")
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
    layers = read_recipe(arguments.recipe, arguments.preset) if arguments.recipe else []
    return [*layers, config.read_toml(arguments.config)] if arguments.config else layers


def _one_length(overrides: Layer) -> Layer:
    """`--iterations` alone also lifts the time limit of the recipe, and `--minutes` its number of iterations."""
    given = [name for name in LENGTHS if name in overrides.values]
    if len(given) != 1:
        return overrides
    other = LENGTHS[1 - LENGTHS.index(given[0])]
    return Layer({**overrides.values, other: None}, overrides.place)


def _started(path: Path, model: type[Settings], layers: Sequence[Layer], overrides: Layer) -> Settings:
    """The settings of a new run, on disk before slow imports begin: it can be resumed whenever it is killed."""
    settings = config.merge(model, *(_for_network(layer, overrides) for layer in layers), overrides)
    RunDirectory.create(path, config.dump(settings)).close()
    return settings


def _for_network(layer: Layer, overrides: Layer) -> Layer:
    """`layer` without the options of its network where the command line chooses another one."""
    own = layer.values.get("network")
    if own is None or overrides.values.get("network", own) == own:
        return layer
    return Layer({name: value for name, value in layer.values.items() if name not in NETWORK_SETTINGS}, layer.place)


def _continued(
    path: Path, model: type[Settings], arguments: argparse.Namespace, layers: Sequence[Layer], overrides: Layer
) -> Settings:
    """The settings that an existing run was started with; only its length may change."""
    with RunDirectory.open(path) as directory:
        if not is_run(path):  # killed before its settings were written: begin with those given now
            settings = config.merge(model, *layers, overrides)
        else:
            layer = config.parse_toml(directory.read_config(), str(path / CONFIG))
            _check_recipe(arguments, layers, layer, path)
            stored = config.merge(model, layer)
            extra = layers[len(read_recipe(arguments.recipe, arguments.preset)) :] if arguments.recipe else layers
            settings = config.merge(model, Layer(stored.model_dump(), "the run"), *extra, overrides)
            _check_same(stored, settings, path)
        directory.write_config(config.dump(settings))
    return settings


def _check_recipe(arguments: argparse.Namespace, layers: Sequence[Layer], stored: Layer, path: Path) -> None:
    """Raises UsageError where the recipe given is for another game or puzzle than the run's."""
    if not arguments.recipe:
        return
    wanted, found = (_subject(layer.values) for layer in (layers[0], stored))
    if wanted != found:
        raise UsageError(f"{path} is a run of {found!r}, but recipe {arguments.recipe!r} is for {wanted!r}")


def _subject(values: Mapping[str, Any]) -> str:
    return str(values["puzzle"] if "puzzle" in values else values.get("game", RunSettings.model_fields["game"].default))


def _check_same(stored: Settings, settings: Settings, path: Path) -> None:
    for name, (before, now) in config.differences(stored, settings).items():
        if name not in LENGTHS:
            raise SettingError(
                f"{name}: the run in {path} was started with {before}, not {now}; a resumed run keeps its settings, "
                "only iterations and minutes may change. Start a new run with another --run"
            )


def _train(path: Path, settings: Settings, arguments: argparse.Namespace) -> int:
    reporter = ConsoleReporter(Console(stderr=arguments.json, highlight=False))
    place = shlex.quote(str(path))
    with json_output(arguments.json) as print_json:
        try:
            with reporter:
                _run(settings, path, reporter)
        except KeyboardInterrupt:
            reporter.message(f"interrupted; continue with: zeroloop train --run {place} --resume")
            return INTERRUPTED
        except UsageError:  # settings that only the parts themselves could check: there is no run to keep
            if not arguments.resume and not any(path.glob("checkpoints/*.pt")):
                shutil.rmtree(path)
            raise
        print_json(reporter.result)
        if isinstance(settings, RunSettings):
            reporter.message(f"play against it: zeroloop play {settings.game} --checkpoint {place}")
        if isinstance(settings, SupervisedSettings) or "weak_error_after.mean" in reporter.result:
            reporter.message(f"measure it:      zeroloop evaluate {place}")
    return 0


def _run(settings: Settings, path: Path, reporter: Reporter) -> None:
    if isinstance(settings, SupervisedSettings):
        from zeroloop.run.supervised import train_supervised  # slow: brings torch

        train_supervised(settings, path, resume=True, reporter=reporter)
    else:
        from zeroloop.run.trainer import train  # slow: brings torch

        train(settings, path, resume=True, reporter=reporter)
