"""A residual convolutional network for games on a board with a fixed set of actions (Silver et al. 2018)."""

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from zeroloop.contracts import Environment
from zeroloop.errors import SettingError
from zeroloop.networks import GraphOps, Node, PlanesNetwork
from zeroloop.observers import PlanesEnvironment, PlanesObserver


class ResNetConfig(BaseModel):
    """Size of a ResNet. Cost grows with channels squared times blocks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: int = Field(64, ge=1)
    blocks: int = Field(4, ge=0)
    policy_channels: int = Field(32, ge=1)
    """Channels that the policy heads read, per square."""
    value_channels: int = Field(8, ge=1)
    value_hidden: int = Field(64, ge=1)


Config = ResNetConfig


class ConvNorm(nn.Module):
    """Convolution without bias, then batch normalisation: [n, inputs, H, W] -> [n, outputs, H, W]."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.conv(x))
        return y

    @torch.no_grad()
    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the one convolution that equals this module in evaluation mode."""
        norm = self.norm
        assert norm.running_mean is not None and norm.running_var is not None
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        return self.conv.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


class ResidualBlock(nn.Module):
    """relu(x + f(x)), the activation after the sum as in AlphaZero: each normalisation then folds into its
    convolution, which pre-activation blocks do not allow."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels, 3)
        self.second = ConvNorm(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


class ResNet(PlanesNetwork):
    """Policy and value from planes.

    Auxiliary heads share the features of the policy: `reply` predicts the opponent's answer, `soft_policy` a flattened
    policy (Wu, KataGo: "Accelerating Self-Play Learning in Go", section 4, and its later notes on soft policies).
    """

    def __init__(self, config: ResNetConfig, observation_shape: tuple[int, int, int], num_actions: int) -> None:
        super().__init__()
        planes, height, width = observation_shape
        squares = height * width
        self.config = config
        self.observer = PlanesObserver(observation_shape)
        self.num_actions = num_actions
        self.stem = ConvNorm(planes, config.channels, 3)
        self.blocks = nn.ModuleList(ResidualBlock(config.channels) for _ in range(config.blocks))
        self.policy_conv = ConvNorm(config.channels, config.policy_channels, 1)
        self.policy = nn.Linear(config.policy_channels * squares, num_actions)
        self.reply = nn.Linear(config.policy_channels * squares, num_actions)
        self.soft_policy = nn.Linear(config.policy_channels * squares, num_actions)
        self.value_conv = ConvNorm(config.channels, config.value_channels, 1)
        self.value_hidden = nn.Linear(config.value_channels * squares, config.value_hidden)
        self.wdl = nn.Linear(config.value_hidden, 3)
        self._initialise()

    def _initialise(self) -> None:
        for head in (self.policy, self.reply, self.soft_policy, self.wdl):
            # Near-uniform policies and near-zero values: an untrained network should have no opinion.
            nn.init.normal_(head.weight, std=0.1 / head.in_features**0.5)
            nn.init.zeros_(head.bias)
        # Residual branches start at full strength (gamma 1); starting them at 0 learned neither faster nor better here.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _trunk(self, planes: Tensor) -> Tensor:
        x = F.relu(self.stem(planes.contiguous(memory_format=torch.channels_last)))
        for block in self.blocks:
            x = block(x)
        return x

    def _wdl(self, x: Tensor) -> Tensor:
        y: Tensor = self.wdl(F.relu(self.value_hidden(F.relu(self.value_conv(x)).flatten(1))))
        return y

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Policy logits [n, num_actions] and wdl logits [n, 3] from planes float32 [n, C, H, W]."""
        x = self._trunk(observations)
        return self.policy(F.relu(self.policy_conv(x)).flatten(1)), self._wdl(x)

    def forward_training(self, observations: Tensor) -> list[dict[str, Tensor]]:
        """Logits of every head: policy, reply, soft_policy [n, num_actions] and value [n, 3] (win, draw, loss)."""
        x = self._trunk(observations)
        features = F.relu(self.policy_conv(x)).flatten(1)
        heads = {name: getattr(self, name)(features) for name in ("policy", "reply", "soft_policy")}
        return [{**heads, "value": self._wdl(x)}]

    def export_graph(self, ops: GraphOps, planes: Node) -> tuple[Node, Node]:
        """Policy and wdl logits as `forward` computes them in evaluation mode; see zeroloop.networks.GraphOps."""
        x = ops.conv(planes, *self.stem.folded())
        for block in self.blocks:
            assert isinstance(block, ResidualBlock)
            x = ops.conv(ops.conv(x, *block.first.folded()), *block.second.folded(), residual=x)
        policy = ops.linear(ops.conv(x, *self.policy_conv.folded()), self.policy.weight, self.policy.bias)
        value = ops.conv(x, *self.value_conv.folded())
        value = ops.linear(value, self.value_hidden.weight, self.value_hidden.bias, relu=True)
        return policy, ops.linear(value, self.wdl.weight, self.wdl.bias)


def build(config: ResNetConfig, environment: Environment) -> ResNet:
    """An untrained network for `environment`; weights are drawn from torch's global generator.

    Raises SettingError where the environment has no planes or no fixed set of actions.
    """
    if not isinstance(environment, PlanesEnvironment):
        raise SettingError(
            f"network: {environment.name} cannot be observed as planes; give it observation_shape and observe() "
            "(zeroloop/observers.py), or choose the network 'reasoners'"
        )
    if environment.num_actions == 0:
        raise SettingError(
            f"network: 'resnet' needs a fixed set of actions, but environment {environment.name!r} has none;"
            " choose a network that scores actions one by one"
        )
    return ResNet(config, environment.observation_shape, environment.num_actions)
