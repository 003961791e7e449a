"""The outer loop: self-play and learning side by side, matches between networks, checkpoints, resume.

In iteration k the actors play with the weights that learning had reached when k began, while the learner trains on the
games of the iterations before. Both depend only on what was fixed by then, so that they share the cores freely and the
run is still a function of its settings.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zeroloop import config
from zeroloop.contracts import TaskEnvironment
from zeroloop.data.episodes import EpisodeStore
from zeroloop.data.examples import Examples
from zeroloop.data.replay import Batch, ReplayWindow
from zeroloop.devices import checked_device
from zeroloop.errors import DivergedError, RunDirectoryError, SettingError
from zeroloop.evaluators.compiled import CompiledEvaluator, compile_network
from zeroloop.files import atomic_write
from zeroloop.learning import checkpoint as checkpoints
from zeroloop.learning.learner import Learner
from zeroloop.observers import Observations
from zeroloop.reports import Reporter
from zeroloop.run.arena import MatchResult, play_match
from zeroloop.run.directory import RunDirectory
from zeroloop.run.hosts import Hosts
from zeroloop.run.league import League, Weights
from zeroloop.run.players import cached, make_environment, make_network, random_observations
from zeroloop.run.pool import Job, StoppedError, WorkPool
from zeroloop.run.settings import RunSettings
from zeroloop.run.telemetry import Telemetry, Totals, TrainingOutcome, match_fields, match_text, mean_error, summary
from zeroloop.run.yardstick import AnyGrade, restored_grade
from zeroloop.seeding import stream
from zeroloop.selfplay.actor import check_demonstrations, new_curriculum

SEGMENTS = 16
"""Pieces that an actor's quota is cut into: at the end of an iteration, cores wait for each other for one at most."""


def train(settings: RunSettings, directory: Path, resume: bool, reporter: Reporter) -> TrainingOutcome:
    """Train as `settings` say, in a new run directory or, with `resume`, from the last checkpoint of an existing one.

    Every iteration is saved when it ends; one that was interrupted is played again on resume, to the same games.
    Raises RunDirectoryError, SettingError, CheckpointError; KeyboardInterrupt passes through with nothing saved lost.
    """
    training = _Training(settings, reporter)
    opened = RunDirectory.open(directory) if resume else RunDirectory.create(directory, config.dump(settings))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the worker threads fill the cores
    try:
        with opened as run:
            return training.run(run)
    finally:
        torch.set_num_threads(threads)


class _Training:
    """The state of a run between iterations, and the steps that change it."""

    directory: RunDirectory
    store: EpisodeStore
    hosts: Hosts
    telemetry: Telemetry

    def __init__(self, settings: RunSettings, reporter: Reporter) -> None:
        self.settings, self.reporter = settings, reporter
        self.environment = make_environment(settings.game, settings.game_options)
        if self.environment.num_players == 1 and not isinstance(self.environment, TaskEnvironment):
            raise SettingError(
                f"game: {settings.game} has one player and no tasks; give it sample_task() and excess() "
                "(TaskEnvironment in zeroloop/contracts.py)"
            )
        # These refuse what actors would, before anything is written.
        new_curriculum(self.environment, settings.selfplay)
        check_demonstrations(self.environment, settings.selfplay)
        network, options = settings.network, settings.network_options
        device = checked_device(settings.device)
        self.network, self.scratch = (
            make_network(network, options, self.environment, settings.seed).to(device) for _ in range(2)
        )
        self.learner = Learner(self.network, settings.learner)
        self.replay = ReplayWindow(self.environment, settings.replay, self.network.observer)
        self.current: Weights = self.learner.weights()
        self.league = League(self.current)
        self.backend = settings.evaluator.backend
        self.iteration = 0
        self.credit = 0.0  # learner steps that recorded examples have paid for
        self.seconds = 0.0  # of wall time, over all processes that worked on this run
        self.before: dict[str, AnyGrade] = {}
        self.unguided: dict[str, AnyGrade] = {}

    # ---- the loop ---------------------------------------------------------------------------------------------------

    def run(self, directory: RunDirectory) -> TrainingOutcome:
        self.directory, self.store = directory, EpisodeStore(directory.episodes)
        with closing(Hosts(self.settings, self.environment)) as self.hosts:
            return self._run()

    def _run(self) -> TrainingOutcome:
        resumed = self._restore()
        self.telemetry = Telemetry(self.settings, self.hosts, self.seconds)
        self._take_weights()
        parameters = sum(weight.numel() for weight in self.network.parameters())
        iteration = self.iteration if resumed else None
        self.reporter.started(summary(self.settings, parameters, self.backend, self.directory.path, iteration))
        if not resumed:
            self.before = self.hosts.grades("searched")
            if isinstance(self.environment, TaskEnvironment):
                self.unguided = self.hosts.grades("unguided")
            self._save_best()
            self._save()
        while self.settings.progress(self.iteration, self.seconds) < 1:
            self._iterate()
        return self._finish()

    def _iterate(self) -> None:
        settings, before = self.settings, self.telemetry.totals()
        quota = max(1, settings.selfplay.moves_per_iteration // settings.selfplay.actors)
        self.hosts.begin_iteration(self.iteration, quota)
        learned: dict[str, float] = {}
        matches: list[MatchResult] = []
        jobs: list[Job] = []
        pool: WorkPool
        steps, progress = int(self.credit), settings.progress(self.iteration, self.seconds)
        self.credit -= steps
        if steps:
            jobs.append(lambda: learned.update(self.learner.train(self._batches(steps, pool), progress)))
        if self.iteration and self.iteration % settings.arena_every == 0:
            jobs.append(lambda: matches.append(self._match()))
        pool = WorkPool(jobs, self.hosts.each, quota // SEGMENTS)
        try:
            pool.run(settings.threads, lambda: self.reporter.progress(self._live(before)))
        except DivergedError as error:
            raise self.directory.keep_batch(error) from error
        for match in matches:
            self._judge(match)
        self.credit += self._collect() * settings.learner.reuse / settings.learner.batch_size
        hit_rate = self.hosts.cache_hit_rate()
        self.iteration += 1
        self.current = self.learner.weights()
        self._take_weights()
        self.seconds = self.telemetry.seconds
        fields = self._live(before) | {
            "cache_hit_rate": hit_rate,
            "examples": self.replay.total,
            "window": len(self.replay),
            **learned,
            **(match_fields(matches[0]) if matches else {}),
        }
        fields |= mean_error(self.hosts.grades("bare"))
        self.directory.append_metrics(fields)
        self._save()
        self.reporter.iteration(fields)

    def _live(self, before: Totals) -> dict[str, Any]:
        return self.telemetry.live(self.iteration, self.league.elo, before)

    def _batches(self, steps: int, pool: WorkPool) -> Iterator[Batch]:
        rng = stream(self.settings.seed, "learner", self.iteration)
        for _ in range(steps):
            if pool.stopping:
                raise StoppedError
            yield self.replay.sample(rng, self.settings.learner.batch_size)

    def _collect(self) -> int:
        """Store the finished games and take their examples into the window; the number of new examples."""
        episodes, found = self.hosts.take_games()
        if not episodes:
            return 0
        part = self.store.append(episodes, number=self.replay.part + 1)
        new = Examples.concatenate(found)
        self.replay.append(new, part.number)
        return len(new)

    def _finish(self) -> TrainingOutcome:
        """A last match and the closing grades, of the best network."""
        if self.iteration > self.league.best_iteration:
            self.reporter.progress({"phase": "arena", "fraction": 1.0})
            self._judge(self._match())
            self._save_best()
        self.reporter.progress({"phase": "grading", "fraction": 1.0})
        self.hosts.take_weights(self.league.best, self._calibration(), self.backend)
        after = self.hosts.grades("searched")
        outcome = TrainingOutcome(
            self.directory.path, self.iteration, self.league.elo, self.before, after, self.unguided
        )
        fields = outcome.fields() | {"best": str(self.directory.best_checkpoint), "seconds": self.telemetry.seconds}
        report = fields | {"ratings": [asdict(rating) for rating in self.league.ratings()]}
        atomic_write(self.directory.reports / "training.json", json.dumps(report, indent=2).encode() + b"\n")
        self.reporter.finished(fields)
        return outcome

    # ---- networks ---------------------------------------------------------------------------------------------------

    def _take_weights(self) -> None:
        """Give every actor the current weights. A backend chosen by measuring is chosen once and kept on resume."""
        shown = self._calibration()
        if self.backend == "auto":
            self.backend = self._compiled(self.current, shown).choice
        self.hosts.take_weights(self.current, shown, self.backend)

    def _compiled(self, weights: Weights, shown: Observations) -> CompiledEvaluator:
        self.scratch.load_state_dict(weights)
        settings = self.settings.evaluator.model_copy(update={"backend": self.backend})
        return compile_network(self.scratch, shown, settings)

    def _calibration(self) -> Observations:
        """Real positions for this iteration's quantisation, the same on resume."""
        rng = stream(self.settings.seed, "calibration", self.iteration)
        count = self.settings.evaluator.calibration_positions
        if not len(self.replay):
            return random_observations(self.environment, self.network.observer, count, rng)
        return self.replay.sample(rng, count).observations

    # ---- arena ------------------------------------------------------------------------------------------------------

    def _match(self) -> MatchResult:
        """The current network against the best so far; runs beside the learner, so it reads no weights of its."""
        shown = self._calibration()
        candidate, best = (
            cached(self._compiled(weights, shown), self.settings.evaluator)
            for weights in (self.current, self.league.best)
        )
        rng = stream(self.settings.seed, "arena", self.iteration)
        return play_match(self.environment, candidate, best, self.settings.search, self.settings.arena, rng)

    def _judge(self, match: MatchResult) -> None:
        self.league.judge(self.iteration, self.current, match)
        if match.promoted:
            self._save_best()
        self.reporter.message(match_text(self.iteration, match))

    # ---- checkpoints ------------------------------------------------------------------------------------------------

    def _checkpoint(self, iteration: int, weights: Weights, training: dict[str, Any] | None) -> checkpoints.Checkpoint:
        return checkpoints.Checkpoint(
            environment=self.environment.name,
            environment_options=dict(self.settings.game_options),
            environment_version=self.environment.version,
            network=self.settings.network,
            network_config=dict(self.settings.network_options),
            weights=weights,
            iteration=iteration,
            training=training,
        )

    def _save_best(self) -> None:
        best = self._checkpoint(self.league.best_iteration, self.league.best, None)
        checkpoints.save(self.directory.best_checkpoint, best)

    def _save(self) -> None:
        training = {
            "learner": self.learner.state_dict(),
            "actors": [_tensors(state) for state in self.hosts.states()],
            "replay": self.replay.state(),
            "league": self.league.state(),
            "credit": self.credit,
            "seconds": self.seconds,
            "backend": self.backend,
            "before": {name: asdict(grade) for name, grade in self.before.items()},
            "unguided": {name: asdict(grade) for name, grade in self.unguided.items()},
        }
        path = self.directory.checkpoint(self.iteration)
        checkpoints.save(path, self._checkpoint(self.iteration, self.current, training))
        self.directory.prune(self.iteration, self.settings.keep_checkpoints)

    def _restore(self) -> bool:
        """Take up the last checkpoint of the directory; False where there is none yet."""
        saved = self.directory.saved_iterations()
        if not saved:
            return False
        path = self.directory.checkpoint(saved[-1])
        loaded = checkpoints.load(
            path,
            environment=self.environment.name,
            environment_version=self.environment.version,
            environment_options=dict(self.settings.game_options),
        )
        if loaded.training is None:
            raise RunDirectoryError(f"{path} holds no training state; resume needs a checkpoint that this run wrote")
        state = loaded.training
        self.iteration, self.current = loaded.iteration, loaded.weights
        self.learner.load_state_dict(state["learner"])
        self.hosts.restore([_arrays(actor) for actor in state["actors"]])
        self.replay.restore(state["replay"], self.store, self.environment, self.settings.examples)
        self.league.restore(state["league"])
        self.credit, self.seconds, self.backend = state["credit"], state["seconds"], state["backend"]
        self.before, self.unguided = (
            {name: restored_grade(grade) for name, grade in state[when].items()} for when in ("before", "unguided")
        )
        self.directory.rewind_metrics(self.iteration)
        self._save_best()
        return True


def _tensors(state: dict[str, Any]) -> dict[str, Any]:
    """Arrays as tensors, which checkpoints hold."""
    return _mapped(state, lambda value: torch.tensor(value) if isinstance(value, np.ndarray) else value)


def _arrays(state: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `_tensors`."""
    return _mapped(state, lambda value: value.numpy() if isinstance(value, torch.Tensor) else value)


def _mapped(state: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    return {key: _mapped(value, change) if isinstance(value, dict) else change(value) for key, value in state.items()}
