"""Everything that defines a run, composed of each part's own settings."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zeroloop.data.examples import ExampleSettings
from zeroloop.data.replay import ReplaySettings
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.learning.settings import LearnerSettings, SupervisionSettings
from zeroloop.machine import cores
from zeroloop.run.arena import ArenaSettings
from zeroloop.search import SearchSettings
from zeroloop.selfplay import SelfPlaySettings


class GradingSettings(BaseModel):
    """Grading against exactly scored positions, where the game has some."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    simulations: int = Field(600, ge=1)
    """Simulations per move in the grades before and after the run; each iteration grades the bare network."""
    positions: int = Field(100, ge=0, le=1000)
    """Positions of each set for the grades before and after (0: no grading)."""


class _AnyRun(BaseModel):
    """What runs of every kind have: an end, a seed, threads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(1, ge=0)
    """All randomness of the run follows from it."""
    iterations: int | None = Field(None, ge=1)
    """Iterations until the run ends."""
    minutes: float | None = Field(None, gt=0)
    """Wall time until the run ends, at the end of an iteration."""
    workers: int = Field(0, ge=0)
    """Threads; 0: one per core that this process may use."""
    device: str = "auto"
    """Of the networks: cpu, cuda, cuda:N, mps; auto: the first CUDA device where there is one, else the CPU."""

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.iterations is None and self.minutes is None:
            raise ValueError("a run needs an end: set iterations or minutes")
        return self

    @property
    def threads(self) -> int:
        """Worker threads, with 0 resolved."""
        return self.workers or cores()

    def progress(self, iteration: int, seconds: float) -> float:
        """Share of the run that is over: by iterations where they are set, which makes it repeatable, else by time."""
        if self.iterations is not None:
            return iteration / self.iterations
        assert self.minutes is not None
        return seconds / (60 * self.minutes)

    @property
    def end(self) -> str:
        """The length of the run in words."""
        return f"{self.iterations} iterations" if self.iterations else f"{self.minutes:g} minutes"


class RunSettings(_AnyRun):
    """One run of self-play. With `iterations` and the same seed, two runs end in the same weights, bit for bit."""

    game: str = "connect_four"
    """The environment: a file name in zeroloop/envs, see `zeroloop list`."""
    game_options: dict[str, Any] = {}
    """Arguments of the environment, such as width, height, connect."""
    network: str = "resnet"
    """The network: a file name in zeroloop/networks."""
    network_options: dict[str, Any] = {}
    """Settings of the network, such as channels and blocks."""
    search: SearchSettings = SearchSettings()
    selfplay: SelfPlaySettings = SelfPlaySettings()
    examples: ExampleSettings = ExampleSettings()
    replay: ReplaySettings = ReplaySettings()
    learner: LearnerSettings = LearnerSettings()
    evaluator: EvaluatorSettings = EvaluatorSettings()
    arena: ArenaSettings = ArenaSettings()
    arena_every: int = Field(10, ge=1)
    """Iterations between matches of the newest network against the best; one more is played at the end."""
    grading: GradingSettings = GradingSettings()
    keep_checkpoints: int = Field(10, ge=1)
    """Every so many iterations the checkpoint is kept for good; of the others only the newest."""


class Stage(BaseModel):
    """Easier puzzles to train on for a while. Nothing is graded on them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    until: float = Field(gt=0, lt=1)
    """Share of the run at which the stage ends."""
    puzzle_options: dict[str, int | float] = {}
    """Arguments of the puzzle that differ from the run's."""
    batch_size: int | None = Field(None, ge=1)
    """Puzzles that are being worked on at once; none: as many as afterwards."""


class SupervisedSettings(_AnyRun):
    """One run of supervised training on puzzles. As with self-play, `iterations` make it repeatable bit for bit."""

    puzzle: str = "sudoku"
    """The puzzle: a file name in zeroloop/puzzles, see `zeroloop list`."""
    puzzle_options: dict[str, int | float] = {}
    """Arguments of the puzzle, such as box_height, box_width, height, width."""
    curriculum: list[Stage] = []
    """Stages before the puzzle itself, such as the same on smaller grids: [{until = 0.2, puzzle_options = {...}}]."""
    network: str = "trm"
    """The network: hrm, trm or plain."""
    network_preset: str | None = None
    """Named settings of the network, such as small or sudoku; `network_options` go over them."""
    network_options: dict[str, int | float | bool | str] = {}
    """Settings of the network."""
    train_puzzles: int = Field(20_000, ge=1)
    """Different puzzles to train on, at most."""
    validation_puzzles: int = Field(256, ge=1)
    """Puzzles that each iteration is graded on; they choose the best weights."""
    test_puzzles: int = Field(1000, ge=1)
    """Puzzles that nothing is chosen with; they grade the finished run."""
    augment: bool = True
    """Show each training puzzle in a random guise (a symmetry of the puzzle) each time."""
    steps_per_iteration: int = Field(200, ge=1)
    """Learner steps between gradings and checkpoints."""
    patience: int = Field(0, ge=0)
    """Iterations without a better grade until the run ends early; 0: never."""
    learner: SupervisionSettings = SupervisionSettings()
    keep_checkpoints: int = Field(10, ge=1)
    """Every so many iterations the checkpoint is kept for good; of the others only the newest."""

    @model_validator(mode="after")
    def _stages_in_order(self) -> Self:
        ends = [stage.until for stage in self.curriculum]
        if ends != sorted(set(ends)):
            raise ValueError(f"curriculum: stages must end one after the other, not at {ends}; raise `until`")
        return self

    def stage(self, progress: float) -> int:
        """The index of the stage at `progress` (0 to 1); the number of stages after the last."""
        return sum(stage.until <= progress for stage in self.curriculum)
