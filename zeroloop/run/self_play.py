"""The loop over tasks of all families: play, extract, train, compare, keep the better."""

import asyncio
import copy
import json
import re
import statistics
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from zeroloop.config import Layer, merge
from zeroloop.contracts import Task
from zeroloop.data.episode_files import read_episodes, write_episodes
from zeroloop.data.extraction import Lesson, TrainingDataExtractor, learner_batch, lessons
from zeroloop.data.packing import observations, sizes
from zeroloop.data.replay import Batch
from zeroloop.devices import checked_device
from zeroloop.errors import CheckpointError, SettingError
from zeroloop.evaluators.cached import CachedEvaluator
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.files import make_directory
from zeroloop.learning import checkpoint as checkpoints
from zeroloop.learning.learner import Learner
from zeroloop.learning.settings import LearnerSettings
from zeroloop.networks._reasoner import Reasoner
from zeroloop.networks.hrm import HRMConfig, create_hrm_agent
from zeroloop.networks.reasoners import Reasoners, ReasonersConfig
from zeroloop.networks.trm import TRMConfig, create_trm_agent
from zeroloop.observers import Observations, TokensObserver
from zeroloop.records import SelfPlayEpisode, TrainingExample
from zeroloop.run.arena import ArenaSettings, Float64, compare_returns, play
from zeroloop.run.players import seeded
from zeroloop.seeding import stream, stream_seed
from zeroloop.selfplay.episodes import MCTSConfig, SelfPlayEpisodeGenerator, mcts_settings, search_settings
from zeroloop.tasks import (
    BaseTaskGenerator,
    CodeGenerationTaskGenerator,
    MathProblemGenerator,
    MCTSSearchTaskGenerator,
    MultiStepReasoningGenerator,
    is_held_out,
    kind_of,
)
from zeroloop.tasks._mixture import MAX_ACTIONS, MAX_TOKENS, Mixture

ENVIRONMENT = "tasks"
"""What checkpoints of this trainer name as their environment."""
PART = 16
"""States that a part of a batch has at least: smaller ones would cost more time than their room saves."""
_DRAWS = 200
"""Tasks that are drawn for each one that is wanted, before the generator counts as having none."""


class TrainerConfig(BaseModel):
    """Settings of a SelfPlayTrainer: its `config`, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    games_per_iteration: int = Field(100, ge=1)
    """Episodes of an iteration."""
    batch_size: int = Field(64, ge=1)
    """States of a training step."""
    parallel_batch_size: int = Field(32, ge=1)
    """Episodes that are played at once."""
    max_buffer_size: int = Field(10_000, ge=1)
    """Newest episodes that are trained on."""
    mcts: dict[str, Any] = {}
    """The search, see MCTSConfig."""
    max_steps: int = Field(50, ge=1)
    """Steps of an episode, at most."""
    timeout: float | None = Field(120.0, gt=0)
    """Seconds of an episode, at most; none for runs that must be repeatable to the bit."""
    difficulty_range: tuple[float, float] = (0.1, 1.0)
    """Of the tasks that the four generators make."""
    temperature_steps: int = Field(2, ge=0)
    """Steps of a training episode whose actions are drawn by the search's policy."""
    reuse: float = Field(2.0, gt=0)
    """Times that each state is drawn on average."""
    eval_games: int | None = Field(None, ge=2)
    """Held-out tasks on which the new networks meet the best ones; none: a quarter of `games_per_iteration`, but 8 at
    least."""
    success_weight: float = Field(1.0, ge=0)
    failure_weight: float = Field(0.3, ge=0)
    """Of examples from episodes that did not succeed."""
    learner: LearnerSettings = LearnerSettings(warmup_steps=20, learning_rate=1e-3)
    """How both networks are trained; its `batch_size` and `reuse` are those above."""
    evaluator: EvaluatorSettings = EvaluatorSettings(backend="native")
    """How networks are made fast for the search; the backend "auto" measures which is fastest, and cannot be repeated
    to the bit."""
    iterations: int | None = Field(None, ge=1)
    """Length of the run, where it is known: the learning rate falls towards its end."""
    seed: int = Field(0, ge=0)
    """All randomness follows from it."""


class SelfPlayTrainer:
    """Trains an HRM and a TRM on tasks of every family by what their own search finds.

    hrm_agent, trm_agent: trained in place; where both are missing, a small pair is made. config: settings of
    TrainerConfig by name. checkpoint_dir: `iteration_N.pt`, `best_model.pt` and the episodes are kept there.
    task_generators: by name, for you to change; every generator gives as many tasks as the others.

    current_iteration, best_model_metric: of the last iteration; the share of held-out tasks that the best networks
    solve. episode_buffer: the newest episodes. data_extractor: what they are turned into examples by.

    Law: with the same seed, config and checkpoint, an interrupted run ends in the same weights as one that was not,
    as long as no episode ran out of time.
    """

    def __init__(
        self,
        hrm_agent: Reasoner | None = None,
        trm_agent: Reasoner | None = None,
        config: Mapping[str, Any] | None = None,
        device: str = "cpu",
        checkpoint_dir: str | Path = "./checkpoints/self_play",
    ) -> None:
        self.config = merge(TrainerConfig, Layer(dict(config or {}), "config"))
        mcts_settings(self.config.mcts)
        self.device = checked_device(device)
        self.checkpoint_dir = Path(checkpoint_dir)
        seed = self.config.seed
        if hrm_agent is None and trm_agent is None:
            hrm_agent, trm_agent = seeded(seed, _small_pair)
        self.task_generators: dict[str, BaseTaskGenerator] = {
            name: generator(self.config.difficulty_range, stream_seed(seed, "generator", name) >> 65)
            for name, generator in (
                ("math", MathProblemGenerator),
                ("code", CodeGenerationTaskGenerator),
                ("reasoning", MultiStepReasoningGenerator),
                ("search", MCTSSearchTaskGenerator),
            )
        }
        self.data_extractor = TrainingDataExtractor(self.config.success_weight, self.config.failure_weight)
        self.episode_buffer: deque[SelfPlayEpisode] = deque(maxlen=self.config.max_buffer_size)
        self.current_iteration = 0
        self.best_model_metric = 0.0
        self.history: list[dict[str, float]] = []
        self._take_agents(hrm_agent, trm_agent)

    def _take_agents(self, hrm_agent: Reasoner | None, trm_agent: Reasoner | None) -> None:
        """Train these from now on; they are the best until others are shown to be better."""
        config, seed = self.config, self.config.seed
        self.generator, self._challenger = (
            SelfPlayEpisodeGenerator(
                copy.deepcopy(hrm_agent),
                copy.deepcopy(trm_agent),
                config.mcts,
                str(self.device),
                config.parallel_batch_size,
                seed,
            )
            for _ in range(2)
        )
        self.hrm_agent, self.trm_agent = (
            None if agent is None else agent.to(self.device) for agent in (hrm_agent, trm_agent)
        )
        network = Reasoners(self.hrm_agent, self.trm_agent, TokensObserver(MAX_TOKENS, MAX_ACTIONS))
        settings = config.learner.model_copy(update={"batch_size": config.batch_size, "reuse": config.reuse})
        self.learner = Learner(network, settings)
        self._lessons: deque[list[Lesson]] = deque(maxlen=config.max_buffer_size)
        self._best = self.learner.weights()
        self._equip(self.generator, self._best)

    # ---- the loop ---------------------------------------------------------------------------------------------------

    async def iteration(self, iteration_num: int) -> dict[str, float]:
        """One turn of the loop: play, extract, train, compare with the best, save. What was measured."""
        began = time.perf_counter()
        self.current_iteration = iteration_num
        episodes = await self.run_self_play(self.config.games_per_iteration)
        played = time.perf_counter()
        self._remember(episodes)
        losses = self.train()
        trained = time.perf_counter()
        grades = await self.evaluate_models(self.config.eval_games or max(8, self.config.games_per_iteration // 4))
        if grades["improved"]:
            self._best = self.learner.weights()
            self._equip(self.generator, self._best)
        self.best_model_metric = grades["eval_success_rate" if grades["improved"] else "best_success_rate"]
        metrics = {
            "iteration": iteration_num,
            **_summary(episodes),
            **losses,
            **grades,
            "best_model_metric": self.best_model_metric,
            "buffer_size": len(self.episode_buffer),
            "self_play_seconds": played - began,
            "training_seconds": trained - played,
            "evaluation_seconds": time.perf_counter() - trained,
        }
        self.history.append(metrics)
        self._save_episodes(episodes)
        self._save_checkpoint(iteration_num, best=bool(grades["improved"]) or iteration_num == 0)
        return metrics

    async def run_self_play(self, num_games: int) -> list[SelfPlayEpisode]:
        """The episodes of `num_games` fresh tasks, as many from each generator, played by the best networks with noise.

        Raises SettingError for a negative number, and where a generator makes no usable task.
        """
        if isinstance(num_games, bool) or not isinstance(num_games, int) or num_games < 0:
            raise SettingError(f"num_games must be an integer of at least 0, not {num_games!r}")
        tasks = [_training_task(generator, name) for name, generator in self._turns(self.task_generators, num_games)]
        self.generator.mcts_config = mcts_settings(
            {"noise": True, "temperature_steps": self.config.temperature_steps, **self.config.mcts}
        )
        return await self._play(self.generator, tasks)

    def train(self, training_data: Mapping[str, Sequence[TrainingExample]] | None = None) -> dict[str, float]:
        """Train the HRM on policies and negative examples and the TRM on values; means of the losses.

        training_data: examples by type, as `extract_examples` gives them; without it, the episode buffer is drawn from,
        and the number of steps follows from the newest iteration's states.
        """
        if training_data is not None:
            pool = lessons(training_data)
            fresh = len(pool)
        else:
            pool = [lesson for episode in self._lessons for lesson in episode]
            fresh = sum(map(len, list(self._lessons)[-self.config.games_per_iteration :]))
        if not pool:
            return {"loss": float("nan"), "steps": float(self.learner.updater.steps), "states": 0.0}
        steps = max(1, round(fresh * self.config.reuse / self.config.batch_size))
        rng = stream(self.config.seed, "training", self.learner.updater.steps)
        progress = self.current_iteration / self.config.iterations if self.config.iterations else 0.0
        found = self.learner.train(self._batches(pool, steps, rng), progress)
        return {**found, "states": float(len(pool))}

    async def evaluate_models(self, num_eval_games: int) -> dict[str, Any]:
        """New networks against the best, on the same held-out tasks and seeds, without noise: on tasks each alone, at
        games against each other from both sides.

        eval_success_rate, best_success_rate: shares that the new and the best ones solve; of a game, their share of the
        points. difference, low, high: mean difference of their scores with a 95 % interval; improved: what the paired
        test says (run/arena.py).
        """
        tasks = self._held_out(num_eval_games)
        are_games = [_is_game(task) for task in tasks]
        games, others = (
            [task for task, is_game in zip(tasks, are_games, strict=True) if is_game is wanted]
            for wanted in (True, False)
        )
        self._equip(self._challenger, self.learner.weights())
        quiet = mcts_settings({**self.config.mcts, "noise": False, "temperature_steps": 0})
        points = await asyncio.to_thread(self._match, games, quiet)
        scores, shares = [], []
        for generator, won in ((self._challenger, points), (self.generator, 1 - points)):
            generator.mcts_config = quiet
            solved = await self._play(generator, others)
            scores.append(np.array([*map(_score, solved), *won]))
            shares.append((sum(episode.outcome == "success" for episode in solved) + float(won.sum())) / len(tasks))
        compared = compare_returns(scores[0], scores[1], ArenaSettings())
        return {
            "eval_success_rate": shares[0],
            "best_success_rate": shares[1],
            "difference": compared.difference,
            "low": compared.low,
            "high": compared.high,
            "improved": compared.promoted,
        }

    def _match(self, games: Sequence[Task], config: MCTSConfig) -> Float64:
        """float64 [n]: the points of the challenger, of 1 for each game, which both begin once."""
        rules = Mixture(num_players=2)
        starts = [rules.initial_state(task) for task in games]
        sides = [CachedEvaluator(each.guide) for each in (self._challenger, self.generator)]
        seats = [0] * len(starts) + [1] * len(starts)
        playing = search_settings(config, rules.num_players)
        first, second = np.split(np.sign(play(rules, sides, starts + starts, seats, playing).returns), 2)
        points: Float64 = (2 + first - second) / 4
        return points

    async def _play(self, generator: SelfPlayEpisodeGenerator, tasks: Sequence[Task]) -> list[SelfPlayEpisode]:
        waiting = [generator.generate_episode(task, self.config.max_steps, self.config.timeout) for task in tasks]
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # batches of the search are small: more threads wait for each other
        try:
            return list(await asyncio.gather(*waiting))
        finally:
            torch.set_num_threads(threads)

    def _remember(self, episodes: Sequence[SelfPlayEpisode]) -> None:
        self.episode_buffer.extend(episodes)
        self._lessons.extend(lessons(self.data_extractor.extract_examples([episode])) for episode in episodes)

    def _batches(self, pool: Sequence[Lesson], steps: int, rng: np.random.Generator) -> Iterator[list[Batch]]:
        """Batches of random states; where the network pads, in parts of at least PART that need about as much room."""
        for _ in range(steps):
            rows = rng.integers(len(pool), size=self.config.batch_size)
            chosen = sorted((pool[row] for row in rows.tolist()), key=lambda lesson: sizes(lesson.value.state))
            count = max(1, len(chosen) // PART) if self.learner.network.pads else 1
            yield [learner_batch([chosen[i] for i in part]) for part in np.array_split(range(len(chosen)), count)]

    # ---- tasks ------------------------------------------------------------------------------------------------------

    def _turns(
        self, generators: Mapping[str, BaseTaskGenerator], count: int
    ) -> Iterator[tuple[str, BaseTaskGenerator]]:
        """Generators in turns; where the count does not come out even, which of them get one more changes."""
        if not generators:
            raise SettingError("task_generators is empty; give it at least one generator")
        names = list(generators)
        for index in range(count):
            name = names[(index + self.current_iteration) % len(names)]
            yield name, generators[name]

    def _held_out(self, count: int) -> list[Task]:
        """Tasks that training never draws, the same ones each time."""
        if count < 2:
            raise SettingError(f"num_eval_games must be at least 2, not {count}")
        twins = {}
        for name, generator in self.task_generators.items():
            twins[name] = copy.deepcopy(generator)
            twins[name].rng = stream(self.config.seed, "evaluation", name)
        names = list(twins)
        return [_evaluation_task(twins[names[i % len(names)]], names[i % len(names)], i) for i in range(count)]

    # ---- networks ---------------------------------------------------------------------------------------------------

    def _equip(self, generator: SelfPlayEpisodeGenerator, weights: Mapping[str, Tensor]) -> None:
        """Let `generator` search with these weights."""
        network = Reasoners(generator.hrm_agent, generator.trm_agent, TokensObserver(MAX_TOKENS, MAX_ACTIONS))
        network.load_state_dict(weights)
        settings = self.config.evaluator
        generator.use(generator.evaluator(self._calibration(settings.calibration_positions), settings))

    def _calibration(self, count: int) -> Observations | None:
        """States of the buffer to check compiled networks on; None where there are none yet."""
        pool = [lesson.value.state for episode in self._lessons for lesson in episode]
        if not pool:
            return None
        rng = stream(self.config.seed, "calibration", self.learner.updater.steps)
        chosen = [pool[row] for row in rng.integers(len(pool), size=count).tolist()]
        return observations(chosen, TokensObserver(MAX_TOKENS, MAX_ACTIONS))

    # ---- metrics ----------------------------------------------------------------------------------------------------

    def get_quality_metrics(self) -> dict[str, float]:
        """How self-play went over the iterations so far; zeros before the first.

        success_rate_trend: slope of the success rate, per iteration (least squares).
        """
        rates = [each["success_rate"] for each in self.history]
        lengths = [each["avg_episode_length"] for each in self.history]
        return {
            "avg_success_rate": statistics.fmean(rates) if rates else 0.0,
            "success_rate_std": statistics.pstdev(rates) if rates else 0.0,
            "success_rate_trend": float(np.polyfit(range(len(rates)), rates, 1)[0]) if len(rates) > 1 else 0.0,
            "avg_episode_length": statistics.fmean(lengths) if lengths else 0.0,
            "total_episodes_generated": float(sum(each["episodes"] for each in self.history)),
            "best_success_rate": max(rates, default=0.0),
        }

    def get_resource_usage(self) -> dict[str, float]:
        """Load of the processor in percent of all cores, memory of the machine, and of the GPU where one is used."""
        memory = psutil.virtual_memory()
        found = {
            "cpu_percent": float(psutil.cpu_percent(interval=None)),
            "memory_used_gb": memory.used / 2**30,
            "memory_percent": float(memory.percent),
        }
        if self.device.type == "cuda":
            found["gpu_memory_allocated_gb"] = torch.cuda.memory_allocated(self.device) / 2**30
            found["gpu_memory_reserved_gb"] = torch.cuda.memory_reserved(self.device) / 2**30
        return found

    # ---- checkpoints ------------------------------------------------------------------------------------------------

    def _save_checkpoint(self, iteration: int, best: bool = False) -> Path:
        """Write `iteration_N.pt`, from which `load_checkpoint` goes on, and with `best` the same as best_model.pt."""
        make_directory(self.checkpoint_dir)
        configs = {
            name: None if agent is None else agent.config.model_dump()
            for name, agent in (("hrm", self.hrm_agent), ("trm", self.trm_agent))
        }
        saved = checkpoints.Checkpoint(
            environment=ENVIRONMENT,
            environment_version=Mixture.version,
            network="reasoners",
            network_config=configs,
            weights=self._best,
            iteration=iteration,
            training={
                "learner": self.learner.state_dict(),
                "best_model_metric": self.best_model_metric,
                "history": self.history,
                "config": self.config.model_dump(mode="json"),
                "generators": {
                    name: json.dumps(generator.rng.bit_generator.state)
                    for name, generator in self.task_generators.items()
                    if isinstance(getattr(generator, "rng", None), np.random.Generator)
                },
            },
        )
        path = self.checkpoint_dir / f"iteration_{iteration}.pt"
        checkpoints.save(path, saved)
        if best:
            checkpoints.save(self.checkpoint_dir / "best_model.pt", saved)
        return path

    def load_checkpoint(self, path: str | Path) -> None:
        """Go on from a checkpoint: agents, optimiser, generators, metrics, and the episodes that lie beside it.

        Raises CheckpointError where the file is missing, damaged, or of another kind of run.
        """
        saved = checkpoints.load(Path(path), environment=ENVIRONMENT, environment_version=Mixture.version)
        state = saved.training
        if state is None or "generators" not in state:
            raise CheckpointError(f"{path} holds no training state of a SelfPlayTrainer; give one that it has saved")
        hrm, trm = saved.network_config["hrm"], saved.network_config["trm"]
        self._take_agents(
            None if hrm is None else create_hrm_agent(HRMConfig(**hrm)),
            None if trm is None else create_trm_agent(TRMConfig(**trm)),
        )
        self.learner.load_state_dict(state["learner"])
        self._best = saved.weights
        self.current_iteration, self.best_model_metric = saved.iteration, state["best_model_metric"]
        self.history = list(state["history"])
        for name, text in state["generators"].items():
            if name in self.task_generators:
                self.task_generators[name].rng.bit_generator.state = json.loads(text)
        self.episode_buffer.clear()
        self._lessons.clear()
        for number, file in self._episode_files(Path(path).parent):
            if number <= saved.iteration:
                self._remember(self._read(file))
        self._equip(self.generator, self._best)

    def _save_episodes(self, episodes: Sequence[SelfPlayEpisode]) -> None:
        directory = self.checkpoint_dir / "episodes"
        make_directory(directory)
        write_episodes(directory / f"iteration_{self.current_iteration}.parquet", episodes)

    def _episode_files(self, directory: Path) -> list[tuple[int, Path]]:
        """Files of episodes by iteration, in order."""
        found = []
        for file in (directory / "episodes").glob("iteration_*.parquet"):
            if match := re.fullmatch(r"iteration_(\d+)", file.stem):
                found.append((int(match.group(1)), file))
        return sorted(found)

    def _read(self, file: Path) -> list[SelfPlayEpisode]:
        return read_episodes(file, {players: Mixture(num_players=players) for players in (1, 2)})


def _small_pair() -> tuple[Reasoner, Reasoner]:
    policy, value = ReasonersConfig(value="categorical").agents(max_tokens=MAX_TOKENS)
    return create_hrm_agent(policy), create_trm_agent(value)


def _training_task(generator: BaseTaskGenerator, name: str) -> Task:
    """The next task of a generator that is not held out."""
    for _ in range(_DRAWS):
        (task,) = generator.generate(1)
        if not _belongs_to_evaluation(task):
            return task
    raise SettingError(f"task_generators[{name!r}] makes only tasks that are held out for evaluation; widen it")


def _evaluation_task(generator: BaseTaskGenerator, name: str, index: int) -> Task:
    """The next held-out task; of generators whose tasks have no kind, which are not split, the next one."""
    for _ in range(_DRAWS):
        (task,) = generator.generate(1)
        if _belongs_to_evaluation(task) or not (isinstance(task, dict) and task.get("kind")):
            return {**task, "task_id": f"evaluation-{index}-{task.get('task_id', '')}"}
    raise SettingError(f"task_generators[{name!r}] makes no task that is held out for evaluation; widen it")


def _belongs_to_evaluation(task: Task) -> bool:
    if not isinstance(task, dict) or not task.get("kind"):
        return False
    try:
        return is_held_out(kind_of(task), task)
    except Exception:
        return False  # a broken task: its episode will say why


def _is_game(task: Task) -> bool:
    """Whether two play it; a broken task is none, and its episode will say why."""
    try:
        kind = kind_of(task)
        environment = kind.environment(task)
        environment.initial_state(task)
    except Exception:
        return False
    return environment.num_players == 2


def _score(episode: SelfPlayEpisode) -> float:
    """What an episode is worth in a comparison."""
    return float(episode.metadata.get("score", 0.0)) if episode.outcome in ("success", "failure") else 0.0


def _summary(episodes: Sequence[SelfPlayEpisode]) -> dict[str, float]:
    """Counts and means of self-play."""
    count = max(1, len(episodes))
    outcomes = [episode.outcome for episode in episodes]
    return {
        "episodes": float(len(episodes)),
        "success_rate": outcomes.count("success") / count,
        "error_rate": outcomes.count("error") / count,
        "avg_episode_length": sum(episode.episode_length for episode in episodes) / count,
        "avg_reward": sum(episode.total_reward for episode in episodes) / count,
        "search_efficiency": sum(episode.search_efficiency for episode in episodes) / count,
    }
