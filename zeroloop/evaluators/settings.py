"""Settings of evaluators."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from zeroloop.evaluators.engines import check_batch_sizes

Backend = Literal["auto", "int8", "bf16", "native", "fp32", "torch"]


class EvaluatorSettings(BaseModel):
    """How a network is turned into the fastest evaluator that is still the same player."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Backend = "auto"
    """`auto` measures all that the network can run in once and keeps the fastest one within tolerance; the choice
    depends on timing, so a run that must be repeatable stores `evaluator.backend` and asks for it by name. `native`:
    float32 without padding in the compiled core, for pairs of reasoners on a CPU."""
    batch_sizes: tuple[int, ...] = (32, 8)
    """Fixed batch sizes, largest first: the bulk runs in the first, a remainder in smaller ones. Speed a row is flat
    from 16 upwards (docs/benchmarks.md), so small sizes waste least on padding. `native` needs none."""
    calibration_positions: int = Field(128, ge=1)
    """Real positions, at most, that activation ranges and errors are measured on; with more the
    error stays the same (docs/benchmarks.md), and each refresh evaluates them twice in float32."""
    max_value_error: float = Field(0.03, gt=0)
    """Largest mean |value difference| to eager float32. Sound int8 measures about 0.006 and played as well as float32;
    ranges that clip 0.2 % of the activations reach 0.04."""
    max_policy_error: float = Field(0.03, gt=0)
    """Largest mean total variation distance between the policies, over all actions; sound int8 measures about 0.006."""
    cache_entries: int = Field(1 << 18, ge=0)
    """Positions that the evaluation cache of one actor holds; 0 switches it off."""

    @field_validator("batch_sizes")
    @classmethod
    def _descending(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        return check_batch_sizes(sizes)
