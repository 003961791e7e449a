"""Self-play on verifiable tasks under the import path of the document this project was created from."""

from zeroloop.data.extraction import SelfPlayDataset, TrainingDataExtractor, collate_examples
from zeroloop.records import Action, MCTSTrace, SelfPlayEpisode, State, TrainingExample
from zeroloop.run.self_play import SelfPlayTrainer
from zeroloop.selfplay.episodes import SelfPlayEpisodeGenerator
from zeroloop.tasks import (
    BaseTaskGenerator,
    CodeGenerationTaskGenerator,
    MathProblemGenerator,
    MCTSSearchTaskGenerator,
    MultiStepReasoningGenerator,
)

__all__ = [
    "Action",
    "BaseTaskGenerator",
    "CodeGenerationTaskGenerator",
    "MCTSSearchTaskGenerator",
    "MCTSTrace",
    "MathProblemGenerator",
    "MultiStepReasoningGenerator",
    "SelfPlayDataset",
    "SelfPlayEpisode",
    "SelfPlayEpisodeGenerator",
    "SelfPlayTrainer",
    "State",
    "TrainingDataExtractor",
    "TrainingExample",
    "collate_examples",
]
