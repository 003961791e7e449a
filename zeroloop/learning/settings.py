"""Settings of the learner, with their units and sources."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LearnerSettings(BaseModel):
    """How the network is trained. Defaults are for a small ResNet on a CPU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(256, ge=2)
    """Examples per step."""
    reuse: float = Field(4.0, gt=0)
    """Times that each recorded example is drawn on average: steps = examples * reuse / batch_size."""
    learning_rate: float = Field(2e-3, gt=0)
    """Peak step size of AdamW (Loshchilov & Hutter 2019)."""
    final_learning_rate: float = Field(0.1, gt=0, le=1)
    """Share of `learning_rate` that is left at the end of the run; the decay is linear and starts half-way."""
    warmup_steps: int = Field(100, ge=0)
    """Steps over which the learning rate rises from zero."""
    weight_decay: float = Field(1e-4, ge=0)
    """Decoupled decay per unit of learning rate; on convolutions and matrices only."""
    gradient_clip: float = Field(4.0, gt=0)
    """Largest norm of the gradient of all weights together."""
    ema_decay: float = Field(0.99, ge=0, lt=1)
    """Decay per step of the averaged weights, which are the ones that play (shorter during the first steps)."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """`auto`: bfloat16 where the processor multiplies it natively, else float32."""
    compile: bool = False
    """Fuse transformer blocks with torch.compile: faster steps after a start of some 15 s; needs a C++ compiler. The
    compiled core trains pairs of reasoners in float32 on a CPU, faster still, whatever this says."""
    value_weight: float = Field(1.0, ge=0)
    """Weight of the win/draw/loss cross-entropy beside the policy's (which is 1)."""
    reply_weight: float = Field(0.15, ge=0)
    """Weight of predicting the policy at the next ply (Wu 2019, section 3.4)."""
    avoid_weight: float = Field(0.5, ge=0)
    """Weight of keeping the policy away from actions that are known to be bad."""
    soft_policy_weight: float = Field(1.0, ge=0)
    """Weight of predicting the flattened policy target (KataGo 2023); its gradients are small."""
    halt_weight: float = Field(0.2, ge=0)
    """Weight of predicting which answers of a network that thinks in segments are final."""
    halt_tolerance: float = Field(0.05, ge=0)
    """An answer is final where the last one differs by no more: total variation of policies, difference of values."""
    soft_policy_temperature: float = Field(4.0, ge=1)
    """The flattened target is `policy ** (1 / temperature)`, renormalised."""


class SupervisionSettings(BaseModel):
    """How a reasoner is trained on questions and answers, one optimiser step a segment (deep supervision)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(128, ge=1)
    """Puzzles that are being worked on at once."""
    optimizer: Literal["adamw", "adam_atan2"] = "adam_atan2"
    """AdamW, or AdamATan2, which the papers use."""
    learning_rate: float = Field(1e-3, gt=0)
    """Peak step size."""
    final_learning_rate: float = Field(0.1, gt=0, le=1)
    """Share of `learning_rate` that is left at the end of the run; the decay is linear and starts half-way."""
    warmup_steps: int = Field(200, ge=0)
    """Steps over which the learning rate rises from zero (2,000 in the papers)."""
    weight_decay: float = Field(0.1, ge=0)
    """Decoupled decay per unit of learning rate; on matrices only."""
    beta2: float = Field(0.95, ge=0, lt=1)
    """Decay of the squared gradients."""
    gradient_clip: float = Field(1.0, gt=0)
    """Largest norm of the gradient of all weights together."""
    ema_decay: float = Field(0.999, ge=0, lt=1)
    """Decay per step of the averaged weights (shorter during the first steps)."""
    loss: Literal["softmax", "stablemax"] = "softmax"
    """Cross-entropy over softmax, or over stablemax in float64 as the papers have it for small data."""
    halt_weight: float = Field(0.5, ge=0)
    """Weight of each halting loss beside the loss of the tokens."""
    halt_exploration: float = Field(0.1, ge=0, le=1)
    """Share of puzzles that are not let halt before a random number of segments."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Of the activations; `auto`: bfloat16 where the processor multiplies it natively, else float32."""
    compile: bool = False
    """Fuse transformer blocks with torch.compile: faster steps after some 10 s for each size of puzzle; needs a C++
    compiler."""
