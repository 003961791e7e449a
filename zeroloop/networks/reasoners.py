"""HRM for the policy and TRM for the value, over tokens: the pair of reasoners that guides a search."""

from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from zeroloop.contracts import Environment
from zeroloop.networks import GameNetwork
from zeroloop.networks._reasoner import Actions, Carry, Inputs
from zeroloop.networks.hrm import HRMConfig, create_hrm_agent
from zeroloop.networks.trm import TRMConfig, create_trm_agent
from zeroloop.observers import TokensObserver


class ReasonersConfig(BaseModel):
    """Sizes of both agents, and how long they think."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(64, ge=4)
    """Width of all states."""
    head_dim: int = Field(32, ge=4)
    """Size of an attention head."""
    hrm_layers: int = Field(1, ge=1)
    """Layers of each of HRM's two networks."""
    trm_layers: int = Field(1, ge=1)
    """Layers of TRM's network."""
    h_cycles: int = Field(1, ge=1)
    """Updates of the slow state in a segment."""
    l_cycles: int = Field(2, ge=1)
    """Updates of the fast state before each of these."""
    segments: int = Field(1, ge=1)
    """Segments that an evaluation takes."""
    training_segments: int = Field(2, ge=1)
    """Segments that a training step unrolls, each with its own loss and no gradient from one to the next."""
    value: Literal["wdl", "categorical"] = "wdl"
    """Win, draw and loss, or the distribution of the return over equal bins."""


Config = ReasonersConfig


class Reasoners(GameNetwork):
    """Policy logits by an HRM that points at the legal actions, value logits by a TRM; both see the same tokens."""

    traceable = True

    def __init__(self, config: ReasonersConfig, observer: TokensObserver) -> None:
        super().__init__()
        self.config = config
        self.observer: TokensObserver = observer
        self.num_actions = observer.num_actions
        shared: dict[str, Any] = {
            "max_tokens": observer.num_tokens,
            "head_dim": config.head_dim,
            "h_cycles": config.h_cycles,
            "l_cycles": config.l_cycles,
            "gradient": "last_cycle",
            "positions": "coordinates",
        }
        layers = {"num_h_layers": config.hrm_layers, "num_l_layers": config.hrm_layers}
        self.policy = create_hrm_agent(HRMConfig(h_dim=config.width, l_dim=config.width, **layers, **shared))
        self.value = create_trm_agent(
            TRMConfig(latent_dim=config.width, num_layers=config.trm_layers, value=config.value, **shared)
        )

    def train_in(self, dtype: torch.dtype) -> None:
        """Both agents cast by themselves: threads share the cache of `torch.autocast`, and each may empty it."""
        self.policy.compute_dtype = self.value.compute_dtype = dtype

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [n, num_actions] (0 where illegal) and value logits [n, k] from tokens int16 [n, size]."""
        return self._answers(observations, self.config.segments)[-1]

    def forward_training(self, observations: Tensor) -> list[dict[str, Tensor]]:
        """The same after each of `training_segments` segments."""
        answers = self._answers(observations, self.config.training_segments)
        return [{"policy": policy, "value": value} for policy, value in answers]

    def _answers(self, observations: Tensor, segments: int) -> list[tuple[Tensor, Tensor]]:
        inputs, legal = self._inputs(observations)
        policy_carry: Carry | None = None
        value_carry: Carry | None = None
        answers = []
        for _ in range(segments):
            policy_carry, policy = self.policy(policy_carry, inputs)
            value_carry, value = self.value(value_carry, inputs)
            assert policy.policy is not None and value.value is not None
            answers.append((policy.policy.view(legal.shape) * legal, value.value))
        return answers

    def _inputs(self, observations: Tensor) -> tuple[Inputs, Tensor]:
        """The agents' inputs, in which illegal actions have no tokens, and bool [n, num_actions] what is legal."""
        fields = self.observer.fields(observations.long())
        rows = torch.arange(len(observations), device=observations.device).repeat_interleave(self.num_actions)
        actions = Actions(fields.action_tokens.flatten(0, 1), fields.anchors.flatten(), rows)
        return Inputs(fields.tokens, fields.coordinates, actions=actions), fields.action_tokens[:, :, 0] > 0


def build(config: ReasonersConfig, environment: Environment) -> Reasoners:
    """An untrained pair for `environment`; weights are drawn from torch's global generator.

    Raises SettingError where the environment cannot be observed as tokens.
    """
    return Reasoners(config, TokensObserver(environment))
