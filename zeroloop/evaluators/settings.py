"""Settings of evaluators."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Backend = Literal["auto", "int8", "bf16", "fp32", "torch"]


class EvaluatorSettings(BaseModel):
    """How a network is turned into the fastest evaluator that is still the same player."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Backend = "auto"
    """`auto` measures int8, bf16 and torch once and keeps the fastest one within tolerance; the choice depends on
    timing, so a run that must be repeatable stores `evaluator.backend` and asks for it by name."""
    batch_sizes: tuple[int, ...] = (32, 8)
    """Fixed batch sizes, largest first: the bulk runs in the first, a remainder in smaller ones. Speed a row is flat
    from 16 upwards (docs/benchmarks.md), so small sizes waste least on padding."""
    calibration_positions: int = Field(256, ge=1)
    """Real positions, at most, that activation ranges and errors are measured on."""
    max_value_error: float = Field(0.03, gt=0)
    """Largest mean |value difference| to eager float32. Values of neighbouring moves typically differ by 0.1 and a
    search averages over errors of single positions; int8 measures about a quarter of this, broken ranges ten times."""
    max_policy_error: float = Field(0.03, gt=0)
    """Largest mean total variation distance between the policies, over all actions."""
    cache_entries: int = Field(1 << 18, ge=0)
    """Positions that the evaluation cache of one actor holds; 0 switches it off."""
