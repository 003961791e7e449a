"""HRM for the policy and TRM for the value, over tokens: the pair of reasoners that guides a search."""

from typing import Any, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from zeroloop.contracts import Environment
from zeroloop.networks import GameNetwork, Part, SegmentedNetwork, SilentPart
from zeroloop.networks import _native_reasoner as native_reasoner
from zeroloop.networks._heads import Actions
from zeroloop.networks._reasoner import Carry, Inputs, Output, Reasoner
from zeroloop.networks.hrm import HRMConfig, create_hrm_agent
from zeroloop.networks.trm import TRMConfig, create_trm_agent
from zeroloop.observers import Observations, TokensObserver


class ReasonersConfig(BaseModel):
    """Sizes of both agents, and how long they think."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(64, ge=4)
    """Width of all states."""
    head_dim: int = Field(16, ge=4)
    """Size of an attention head."""
    hrm_layers: int = Field(1, ge=1)
    """Layers of each of HRM's two networks."""
    trm_layers: int = Field(1, ge=1)
    """Layers of TRM's network."""
    h_cycles: int = Field(1, ge=1)
    """Updates of the slow state in a segment."""
    l_cycles: int = Field(2, ge=1)
    """Updates of the fast state before each of these."""
    expansion: float = Field(3.0, gt=0)
    """Inner size of the feed-forward parts, before the factor 2/3 of gated ones; a multiple of 32."""
    local: bool = True
    """Have heads of attention that look less at what is far away on the board."""
    segments: int = Field(1, ge=1)
    """Segments that the evaluation of a leaf takes, at most: the policy and the value of each row halt by themselves
    where what they have learned about halting says that more would change nothing."""
    root_segments: int | None = Field(None, ge=1)
    """The same at the root of a search; None: as for leaves."""
    training_segments: int = Field(2, ge=1)
    """Segments that a training step unrolls, each with its own loss and no gradient from one to the next."""
    value: Literal["wdl", "categorical"] = "wdl"
    """Win, draw and loss, or the distribution of the return over equal bins."""
    hrm: dict[str, Any] = {}
    """Settings of HRMConfig that differ from those above: {h_dim = 512, l_dim = 256, num_l_layers = 4}."""
    trm: dict[str, Any] = {}
    """Settings of TRMConfig that differ from those above."""

    @model_validator(mode="after")
    def _agents_exist(self) -> Self:
        try:
            self.agents(max_tokens=1)
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join(map(str, (error.title.removesuffix("Config").lower(), *first["loc"])))
            raise ValueError(f"{path}: {first['msg']}") from error
        return self

    def agents(self, max_tokens: int) -> tuple[HRMConfig, TRMConfig]:
        """The settings of both agents."""
        shared: dict[str, Any] = {
            "max_tokens": max_tokens,
            "head_dim": self.head_dim,
            "expansion": self.expansion,
            "inner_multiple": 32,
            "h_cycles": self.h_cycles,
            "l_cycles": self.l_cycles,
            "gradient": "last_cycle",
            "positions": "coordinates",
            "local": self.local,
        }
        hrm = {"num_h_layers": self.hrm_layers, "num_l_layers": self.hrm_layers}
        hrm |= {"h_dim": self.width, "l_dim": self.width, **shared, **self.hrm}
        trm = {"latent_dim": self.width, "num_layers": self.trm_layers, "value": self.value, **shared, **self.trm}
        return HRMConfig(**hrm), TRMConfig(**trm)


Config = ReasonersConfig


class ReasonerPart(Part):
    """One agent over the tokens of observations int16 [n, size]."""

    def __init__(self, agent: Reasoner, observer: TokensObserver) -> None:
        super().__init__()
        self.agent, self.observer = agent, observer

    def start(self) -> list[Tensor]:
        """z_h and z_l."""
        return [state[0] for state in self.agent.start(1, self.observer.num_tokens)]

    def forward(self, observations: Tensor, *carry: Tensor) -> tuple[Tensor, ...]:
        """See Part; policy logits are 0 where illegal."""
        inputs, legal = self.inputs(observations)
        after, output = self.agent(Carry(*carry), inputs)
        return self.answer(output, legal), output.halt[:, :1], *after

    def inputs(self, observations: Tensor) -> tuple[Inputs, Tensor]:
        """The agent's inputs, in which illegal actions have no tokens, and bool [n, num_actions] what is legal."""
        fields = self.observer.fields(observations.long())
        rows = torch.arange(len(observations), device=observations.device).repeat_interleave(self.observer.num_actions)
        actions = Actions(fields.action_tokens.flatten(0, 1), fields.anchors.flatten(0, 1), rows)
        return Inputs(fields.tokens, fields.coordinates, actions=actions), fields.action_tokens[:, :, 0] > 0

    def answer(self, output: Output, legal: Tensor) -> Tensor:
        """Policy logits [n, num_actions] or value logits [n, k]."""
        if output.value is not None:
            return output.value
        assert output.policy is not None
        return output.policy.view(legal.shape) * legal

    def answers(self, observations: Tensor, segments: int) -> list[tuple[Tensor, Tensor]]:
        """Answer and halt logit [n] after each of `segments` segments."""
        inputs, legal = self.inputs(observations)
        x, context = self.agent.embed(inputs), self.agent.context(inputs)
        carry = self.agent.start(*inputs.tokens.shape)
        found = []
        for _ in range(segments):
            carry = self.agent.segment(carry.detach(), x, context)
            output = self.agent.heads(carry.z_h, inputs)
            found.append((self.answer(output, legal), output.halt[:, 0]))
        return found


class Reasoners(SegmentedNetwork):
    """Policy logits by an HRM that points at the legal actions, value logits by a TRM; both see the same tokens.

    policy, value: the agents; one of them may be missing, and its answer is 0 then. segments, root_segments,
    training_segments: see ReasonersConfig.
    """

    traceable = True
    native: bool = True
    """Whether the core trains the agents that it knows, on CPUs in float32; else torch does."""

    def __init__(
        self,
        policy: Reasoner | None,
        value: Reasoner | None,
        observer: TokensObserver,
        segments: int = 1,
        root_segments: int | None = None,
        training_segments: int = 2,
    ) -> None:
        super().__init__()
        self.observer: TokensObserver = observer
        self.num_actions = observer.num_actions
        self.segments, self.root_segments = segments, root_segments or segments
        self.training_segments = training_segments
        self.policy_part = ReasonerPart(policy, observer) if policy else SilentPart(self.num_actions)
        self.value_part = ReasonerPart(value, observer) if value else SilentPart(3)

    def train_in(self, dtype: torch.dtype) -> None:
        """Both agents cast by themselves: threads share the cache of `torch.autocast`, and each may empty it."""
        for part in self._parts().values():
            part.agent.compute_dtype = dtype

    @property
    def agents(self) -> tuple[Reasoner | None, Reasoner | None]:
        """Of the policy and of the value."""
        policy, value = (
            part.agent if isinstance(part, ReasonerPart) else None for part in (self.policy_part, self.value_part)
        )
        return policy, value

    @property
    def pads(self) -> bool:
        """See GameNetwork."""
        return not all(map(self._trains_natively, self._parts().values()))

    def _trains_natively(self, part: ReasonerPart) -> bool:
        return self.native and native_reasoner.is_trained(part.agent)

    def smaller(self, observations: Observations | None) -> list[tuple[TokensObserver, GameNetwork]]:
        """See GameNetwork: for each size that at least one in twenty of `observations` needs; without these, for a
        quarter and half of the tokens, as more sizes would leave eager networks with batches that are too small."""
        if observations is None:
            lengths = [each.num_tokens for each in _smaller_observers(self.observer)]
            shorter = sorted({length for length in lengths if length < self.observer.num_tokens})
            rooms = [TokensObserver(length, self.num_actions) for length in shorter]
            return [(observer, self.seen_by(observer)) for observer in rooms]
        found: list[tuple[TokensObserver, GameNetwork]] = []
        rest = observations
        for observer in _smaller_observers(self.observer):
            fits = observer.fits(rest, self.observer)
            if fits.sum() * WORTHWHILE >= len(observations):
                found.append((observer, self.seen_by(observer)))
                rest = rest[~fits]
        return found

    def seen_by(self, observer: TokensObserver) -> "Reasoners":
        """See GameNetwork."""
        other = Reasoners(*self.agents, observer, self.segments, self.root_segments, self.training_segments)
        other.halting, other.native = self.halting, self.native
        return other.train(self.training)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [n, num_actions] (0 where illegal) and value logits [n, k] from tokens int16 [n, size]."""
        return self._answer(self.policy_part, observations), self._answer(self.value_part, observations)

    def _answer(self, part: Part, observations: Tensor) -> Tensor:
        if not isinstance(part, ReasonerPart):
            silence: Tensor = part(observations)[0]
            return silence
        answers = part.answers(observations, self.segments)
        return _halted(answers) if self.halting else answers[-1][0]

    def forward_training(self, observations: Tensor) -> list[dict[str, Tensor]]:
        """The same after each of `training_segments` segments, and the halt logits [n] of both."""
        found: list[dict[str, Tensor]] = [{} for _ in range(self.training_segments)]
        for name, part in self._parts().items():
            if self._trains_natively(part):
                answers = native_reasoner.answers(part.agent, self.observer, observations, self.training_segments)
            else:
                answers = part.answers(observations, self.training_segments)
            for heads, (answer, halt) in zip(found, answers, strict=True):
                heads |= {name: answer, f"{name}_halt": halt}
        return found

    def _parts(self) -> dict[str, ReasonerPart]:
        """The parts that are there."""
        parts = {"policy": self.policy_part, "value": self.value_part}
        return {name: part for name, part in parts.items() if isinstance(part, ReasonerPart)}


WORTHWHILE = 20
"""A size of its own is for at least one observation in so many."""
_STEP = 8


def _smaller_observers(full: TokensObserver) -> list[TokensObserver]:
    """Room for a quarter, half and all of the tokens and of the actions, the cheapest first, without `full`."""
    tokens, actions = (
        sorted({-(-most // (share * _STEP)) * _STEP for share in (4, 2)} | {most})
        for most in (full.num_tokens, full.num_actions)
    )
    pairs = [(t, a) for t in tokens for a in actions if (t, a) < (full.num_tokens, full.num_actions)]
    return [TokensObserver(t, a) for t, a in pairs if t <= full.num_tokens and a <= full.num_actions]


def _halted(answers: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Of each row the first answer whose halt logit is above 0, else the last."""
    chosen = answers[-1][0]
    for answer, halt in reversed(answers[:-1]):
        chosen = torch.where(halt.unsqueeze(-1) > 0, answer, chosen)
    return chosen


def build(config: ReasonersConfig, environment: Environment) -> Reasoners:
    """An untrained pair for `environment`; weights are drawn from torch's global generator.

    Raises SettingError where the environment cannot be observed as tokens.
    """
    observer = TokensObserver.of(environment)
    policy, value = config.agents(observer.num_tokens)
    return Reasoners(
        create_hrm_agent(policy),
        create_trm_agent(value),
        observer,
        config.segments,
        config.root_segments,
        config.training_segments,
    )
