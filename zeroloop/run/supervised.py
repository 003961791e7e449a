"""Supervised runs: a reasoner learns to answer puzzles, with validation, early stopping and exact resume."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor

from zeroloop import config, registry
from zeroloop.data.pools import held_out, make_pools, training_pool
from zeroloop.devices import checked_device
from zeroloop.errors import DivergedError, RunDirectoryError, SettingError
from zeroloop.files import atomic_write
from zeroloop.learning import checkpoint as checkpoints
from zeroloop.learning.deep_supervision import DeepSupervision
from zeroloop.networks._reasoner import Inputs, Reasoner, ReasonerConfig
from zeroloop.puzzles import Pairs, Puzzle, UInt8
from zeroloop.reports import Reporter
from zeroloop.run.directory import RunDirectory
from zeroloop.run.players import checkpoint_path, network_config, seeded
from zeroloop.run.settings import SupervisedSettings
from zeroloop.seeding import stream, stream_seed


@dataclass(frozen=True)
class AnswerGrade:
    """Answers to puzzles: share equal to the stored one, share that solves the puzzle, mean segments, seconds."""

    puzzles: int
    exact: float
    valid: float
    segments: float
    seconds: float


@dataclass(frozen=True)
class Solver:
    """A trained reasoner: its puzzle, its `average` and `raw` weights, and the test puzzles that training never saw."""

    puzzle: Puzzle
    networks: dict[str, Reasoner]
    test: Pairs


def load_solver(source: str) -> Solver | None:
    """The solver in a checkpoint or a run directory (its best weights); None where the checkpoint is of a game.

    Raises CheckpointError for a file that cannot be loaded, or of another version of the puzzle.
    """
    path = checkpoint_path(source)
    saved = checkpoints.load(path)
    if saved.environment not in registry.names("puzzles"):
        return None
    puzzle: Puzzle = registry.build("puzzles", saved.environment, saved.environment_options)
    checkpoints.load(path, environment_version=puzzle.version)
    assert saved.training is not None
    raw = saved.training["raw"] if "raw" in saved.training else saved.training["learner"]["network"]
    networks = {}
    for name, weights in (("average", saved.weights), ("raw", raw)):
        settings = network_config(_reasoner_module(saved.network), saved.network_config)
        networks[name] = make_reasoner(saved.network, settings, seed=0).eval()
        replace(saved, weights=weights).load_into(networks[name])
    return Solver(puzzle, networks, held_out(puzzle, saved.metrics["seed"], saved.metrics["test_puzzles"]))


def reasoner_config(name: str, preset: str | None, options: Mapping[str, Any], puzzle: Puzzle) -> ReasonerConfig:
    """Settings of the network `name` for an answer token for each token of `puzzle`: a preset's, with these changes.

    Raises UnknownNameError, or SettingError for options that the network does not take.
    """
    module = _reasoner_module(name)
    values = module.Config.preset(preset).model_dump() if preset else {}
    values |= {
        "vocab_size": puzzle.vocab_size,
        "max_tokens": len(puzzle.coordinates),
        "predict_tokens": True,
        "policy": "off",
        "value": "off",
    }
    config: ReasonerConfig = network_config(module, {**values, **options})
    return config


def make_reasoner(name: str, config: ReasonerConfig, seed: int) -> Reasoner:
    """The untrained network `name` with weights drawn from `seed`."""
    module = _reasoner_module(name)
    network: Reasoner = seeded(seed, lambda: module.Agent(config))
    return network


def _reasoner_module(name: str) -> Any:
    module = registry.load("networks", name)
    if not hasattr(module, "Agent"):
        raise SettingError(f"network: {name!r} gives no answer tokens; choose hrm, trm or plain")
    return module


@torch.inference_mode()
def grade_answers(
    network: Reasoner, puzzle: Puzzle, pairs: Pairs, segments: int | None = None, halt: bool = True, rows: int = 256
) -> AnswerGrade:
    """How well `network` answers `pairs`; `rows` at once, which has no influence on the answers."""
    began = time.perf_counter()
    exact, valid, taken = (np.empty(len(pairs)) for _ in range(3))
    device = next(network.parameters()).device
    for begin in range(0, len(pairs), rows):
        chunk = slice(begin, begin + rows)
        questions, answers = pairs.take(chunk)
        found = network.predict(_inputs(puzzle, questions, device), segments, halt)
        assert found.output.tokens is not None
        given = found.output.tokens.argmax(-1).cpu().numpy().astype(np.uint8)
        exact[chunk], valid[chunk] = (given == answers).all(1), puzzle.valid(questions, given)
        taken[chunk] = found.segments.cpu().numpy()
    seconds = time.perf_counter() - began
    return AnswerGrade(len(pairs), float(exact.mean()), float(valid.mean()), float(taken.mean()), seconds)


def _inputs(puzzle: Puzzle, questions: UInt8, device: torch.device) -> Inputs:
    tokens, coordinates = torch.from_numpy(questions.astype(np.int64)), torch.from_numpy(puzzle.coordinates)[None]
    return Inputs(tokens.to(device), coordinates.to(device))


def train_supervised(
    settings: SupervisedSettings, directory: Path, resume: bool, reporter: Reporter
) -> dict[str, AnswerGrade]:
    """Train as `settings` say, in a new run directory or, with `resume`, from the last checkpoint of an existing one.

    Returns grades on the test pool: `average` and `raw` weights, of the iteration that was best on the validation pool
    and of the last. Raises RunDirectoryError, SettingError, CheckpointError; DivergedError with the rows it happened on
    in reports/diverged.npz, and every checkpoint as it was.
    """
    opened = RunDirectory.open(directory) if resume else RunDirectory.create(directory, config.dump(settings))
    threads = torch.get_num_threads()
    torch.set_num_threads(settings.threads)
    try:
        with opened as run:
            return _Training(settings, run, reporter).run()
    finally:
        torch.set_num_threads(threads)


class _Training:
    """The state of a run between iterations, and the steps that change it."""

    def __init__(self, settings: SupervisedSettings, directory: RunDirectory, reporter: Reporter) -> None:
        self.settings, self.directory, self.reporter = settings, directory, reporter
        self.puzzle: Puzzle = registry.build("puzzles", settings.puzzle, settings.puzzle_options)
        chosen = settings.network, settings.network_preset, settings.network_options
        self.network_config = reasoner_config(*chosen, self.puzzle)
        network = make_reasoner(settings.network, self.network_config, settings.seed)
        network.to(checked_device(settings.device))
        self.parameters = network.get_parameter_count()
        sizes = (settings.test_puzzles, settings.validation_puzzles, settings.train_puzzles)
        self.pools = make_pools(self.puzzle, settings.seed, *sizes)
        coordinates = torch.from_numpy(self.puzzle.coordinates)
        seed = stream_seed(settings.seed, "halting")
        self.learner = DeepSupervision(network, settings.learner, coordinates, seed)
        self.subjects = self._subjects()
        self._begin(settings.stage(0))
        self.iteration = self.best_iteration = self.improved_iteration = 0
        self.best = -1.0
        self.answered = 0
        self.seconds = 0.0

    def run(self) -> dict[str, AnswerGrade]:
        resumed = self._restore()
        self.reporter.started(
            {
                "puzzle": self.settings.puzzle,
                "network": f"{self.settings.network}, {self.parameters:,} parameters",
                "puzzles": f"{len(self.pools.train):,} to train on",
                "device": str(self.learner.device),
                "threads": self.settings.threads,
                "end": self.settings.end,
                "run": str(self.directory.path),
                "resumed": f"iteration {self.iteration}" if resumed else None,
            }
        )
        if not resumed:
            self._save()
        while self._progress() < 1 and not self._stalled():
            self._iterate()
        return self._finish()

    def _progress(self) -> float:
        return self.settings.progress(self.iteration, self.seconds)

    def _stalled(self) -> bool:
        patience = self.settings.patience
        return bool(patience) and self.iteration - self.improved_iteration >= patience

    def _subjects(self) -> list[tuple[Puzzle, Pairs]]:
        """The puzzles of the curriculum and then the run's own, each with those to train on."""
        settings, found = self.settings, []
        for number, stage in enumerate(settings.curriculum, 1):
            options = {**settings.puzzle_options, **stage.puzzle_options}
            easier: Puzzle = registry.build("puzzles", settings.puzzle, options)
            pool = training_pool(easier, settings.seed, settings.train_puzzles)
            try:
                self.learner.network.check(_inputs(easier, pool.questions[:1], self.learner.device))
            except SettingError as error:
                raise SettingError(f"curriculum: the network cannot take stage {number}: {error}") from None
            found.append((easier, pool))
        return [*found, (self.puzzle, self.pools.train)]

    def _begin(self, stage: int) -> None:
        """Go on with the puzzles of a stage; the rows in work are given up."""
        self.stage = stage
        batch_size = self.settings.curriculum[stage].batch_size if stage < len(self.settings.curriculum) else None
        self.learner.begin(torch.from_numpy(self.subjects[stage][0].coordinates), batch_size)

    def _iterate(self) -> None:
        began, progress = time.monotonic() - self.seconds, self._progress()
        if self.settings.stage(progress) != self.stage:
            self._begin(self.settings.stage(progress))
        watched: list[dict[str, Tensor]] = []
        for _ in range(self.settings.steps_per_iteration):
            try:
                watched.append(self.learner.step(self._draw, progress))
            except DivergedError as error:
                raise self.directory.keep_batch(error) from error
            self.reporter.progress(
                {"iteration": self.iteration, "iterations": self.settings.iterations, "phase": "learning"}
                | {"fraction": min(1.0, progress), "steps": self.learner.updater.steps}
            )
        learning_seconds = time.monotonic() - began - self.seconds
        totals = {name: float(torch.stack([step[name].double() for step in watched]).sum()) for name in watched[0]}
        halted = max(1.0, totals["halted"])
        self.answered += int(totals["halted"])
        self.iteration += 1
        graded = self._graded()
        self.seconds = time.monotonic() - began
        steps = len(watched)
        fields = {
            "iteration": self.iteration,
            "iterations": self.settings.iterations,
            "steps": self.learner.updater.steps,
            "puzzles": self.answered,
            "stage": self.stage,
            "examples_per_second": self.learner.batch_size * steps / learning_seconds,
            "loss": totals["loss"] / steps,
            "token_loss": totals["token_loss"] / steps,
            "halt_loss": totals["halt_loss"] / steps,
            "token_accuracy": totals["token_accuracy"] / steps,
            "train_exact": totals["exact"] / halted,
            "train_segments": totals["segments"] / halted,
            **graded,
            "memory_gib": psutil.Process().memory_info().rss / 2**30,
            "seconds": self.seconds,
        }
        self.directory.append_metrics(fields)
        self._save()
        self.reporter.iteration(fields)

    def _graded(self) -> dict[str, float]:
        """Grade the averaged weights on the validation pool, and keep in mind which are best; in a stage of the
        curriculum the newest are."""
        if self.stage < len(self.settings.curriculum):
            self.best_iteration = self.improved_iteration = self.iteration
            return {}
        graded = grade_answers(self.learner.updater.average, self.puzzle, self.pools.validation)
        if graded.exact > self.best:
            self.improved_iteration = self.iteration
        if graded.exact >= self.best:  # of equals the one that was trained longest
            self.best, self.best_iteration = graded.exact, self.iteration
        return {"exact": graded.exact, "valid": graded.valid, "segments": graded.segments}

    def _draw(self, step: int, count: int) -> tuple[Tensor, Tensor]:
        """Fresh training puzzles for a step, each in a random guise."""
        rng = stream(self.settings.seed, "draw", step)
        puzzle, pool = self.subjects[self.stage]
        pairs = pool.take(rng.integers(len(pool), size=count))
        if self.settings.augment:
            pairs = puzzle.augment(pairs, rng)
        questions, answers = (torch.from_numpy(grid.astype(np.int64)) for grid in pairs)
        return questions, answers

    def _finish(self) -> dict[str, AnswerGrade]:
        """Grades of the best and the last weights on the test pool."""
        self.reporter.progress({"phase": "grading", "fraction": 1.0})
        grades: dict[str, AnswerGrade] = {}
        last = {"average": self.learner.updater.average, "raw": self.learner.network}
        for name, network in last.items():
            grades[f"last_{name}"] = grade_answers(network, self.puzzle, self.pools.test)
        best = checkpoints.load(self.directory.best_checkpoint)
        assert best.training is not None
        for name, weights in (("average", best.weights), ("raw", best.training["raw"])):
            self.learner.updater.average.load_state_dict(weights)
            grades[f"best_{name}"] = grade_answers(self.learner.updater.average, self.puzzle, self.pools.test)
        report = {
            "run": str(self.directory.path),
            "iterations": self.iteration,
            "best_iteration": self.best_iteration,
            "steps": self.learner.updater.steps,
            "seconds": self.seconds,
            "test": {name: asdict(grade) for name, grade in grades.items()},
        }
        atomic_write(self.directory.reports / "training.json", json.dumps(report, indent=2).encode() + b"\n")
        chosen = grades["best_average"]
        self.reporter.finished(
            {
                "seconds": self.seconds,
                "iterations": self.iteration,
                "best": str(self.directory.best_checkpoint),
                **{f"{what}.{name}": getattr(g, what) for name, g in grades.items() for what in ("exact", "valid")},
                "exact": chosen.exact,
                "valid": chosen.valid,
                "segments": chosen.segments,
            }
        )
        return grades

    # ---- checkpoints ------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        state = {
            "learner": self.learner.state_dict(),
            "stage": self.stage,
            "best": self.best,
            "best_iteration": self.best_iteration,
            "improved_iteration": self.improved_iteration,
            "answered": self.answered,
            "seconds": self.seconds,
        }
        checkpoints.save(self.directory.checkpoint(self.iteration), self._checkpoint(state))
        self._save_best()
        self.directory.prune(self.iteration, self.settings.keep_checkpoints)

    def _save_best(self) -> None:
        """Keep the current weights as the best, if they are; also after a kill between the two files."""
        if self.best_iteration == self.iteration:
            raw = {"raw": dict(self.learner.network.state_dict())}
            checkpoints.save(self.directory.best_checkpoint, self._checkpoint(raw))

    def _checkpoint(self, training: dict[str, Any]) -> checkpoints.Checkpoint:
        return checkpoints.Checkpoint(
            environment=self.puzzle.name,
            environment_options=dict(self.settings.puzzle_options),
            environment_version=self.puzzle.version,
            network=self.settings.network,
            network_config=self.network_config.model_dump(),
            weights=dict(self.learner.updater.average.state_dict()),
            iteration=self.iteration,
            metrics={"seed": self.settings.seed, "test_puzzles": self.settings.test_puzzles},
            training=training,
        )

    def _restore(self) -> bool:
        """Take up the last checkpoint of the directory; False where there is none yet."""
        saved = self.directory.saved_iterations()
        if not saved:
            return False
        path = self.directory.checkpoint(saved[-1])
        loaded = checkpoints.load(
            path,
            environment=self.puzzle.name,
            environment_version=self.puzzle.version,
            environment_options=dict(self.settings.puzzle_options),
        )
        if loaded.training is None or "learner" not in loaded.training:
            raise RunDirectoryError(f"{path} holds no training state; resume needs a checkpoint that this run wrote")
        state = loaded.training
        self._begin(state["stage"])
        self.learner.load_state_dict(state["learner"])
        self.iteration, self.best, self.best_iteration = loaded.iteration, state["best"], state["best_iteration"]
        self.improved_iteration = state["improved_iteration"]
        self.answered, self.seconds = state["answered"], state["seconds"]
        self.directory.rewind_metrics(self.iteration)
        self._save_best()
        return True
