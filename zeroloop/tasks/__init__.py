"""Verifiable tasks: one file for each kind, with its generator, verifier and reference solver."""

from zeroloop.tasks._generators import (
    BaseTaskGenerator,
    CodeGenerationTaskGenerator,
    FamilyTaskGenerator,
    MathProblemGenerator,
    MCTSSearchTaskGenerator,
    MultiStepReasoningGenerator,
    ReasoningGymTaskGenerator,
)
from zeroloop.tasks._kinds import is_held_out, kind_of, kinds, verify

__all__ = [
    "BaseTaskGenerator",
    "CodeGenerationTaskGenerator",
    "FamilyTaskGenerator",
    "MCTSSearchTaskGenerator",
    "MathProblemGenerator",
    "MultiStepReasoningGenerator",
    "ReasoningGymTaskGenerator",
    "is_held_out",
    "kind_of",
    "kinds",
    "verify",
]
