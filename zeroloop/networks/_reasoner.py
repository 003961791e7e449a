"""What HRM, TRM and the plain transformer have in common: inputs, segments, halting, heads, files.

A reasoner keeps two states per token, z_h and z_l. One *segment* updates z_l `l_cycles` times and then z_h, all that
`h_cycles` times; only the last updates carry a gradient. Segments follow each other until a row halts, each starting
from the states that the last one left (deep supervision: every segment is trained to give the answer).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from zeroloop import vocabulary
from zeroloop.devices import checked_device
from zeroloop.errors import CheckpointError, SettingError, unknown_name
from zeroloop.networks._heads import Actions, PointerPolicy, ValueHead, small
from zeroloop.networks._transformer import (
    BlockSizes,
    Context,
    Linear,
    Rotation,
    attention_bias,
    cast_weights,
    rotation,
    truncated_normal_,
    wide,
)


class ReasonerConfig(BaseModel):
    """Settings that all reasoners have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vocab_size: int = Field(vocabulary.SIZE, ge=2)
    max_tokens: int = Field(256, ge=1)
    """The longest input, in tokens, without the prefix."""
    head_dim: int = Field(64, ge=4, multiple_of=4)
    """Size of an attention head."""
    expansion: float = Field(4.0, gt=0)
    """Inner size of the feed-forward parts, before the factor 2/3 of gated ones."""
    inner_multiple: int = Field(256, ge=1)
    """What this inner size is rounded up to a multiple of."""
    h_cycles: int = Field(2, ge=1)
    """Updates of z_h in a segment."""
    l_cycles: int = Field(2, ge=1)
    """Updates of z_l before each update of z_h."""
    gradient: Literal["one_step", "last_cycle"] = "last_cycle"
    """How much of a segment is back-propagated through: its last update of z_l and z_h, or its whole last cycle."""
    positions: Literal["rope", "learned", "coordinates", "off"] = "rope"
    """Rotary by place in the sequence; learned vectors; rotary by the (row, column) given with each token; none."""
    local: bool = False
    """Have heads of attention that look less at what is far away; needs the positions "coordinates"."""
    prefix_tokens: int = Field(1, ge=0)
    """Vectors of its own in front of the tokens ("puzzle embedding"); the heads for a whole row read the first."""
    num_prefixes: int = Field(1, ge=1)
    """Different prefixes to choose among, one for each kind of task."""
    q_continue: bool = False
    """Halt where q_halt exceeds a learned q_continue (HRM) instead of 0 (TRM)."""
    deep_supervision: bool = True
    """Train the answers of all segments, or (False) of the last one only."""
    predict_tokens: bool = False
    """Have a head that gives an answer token for each token of the input."""
    policy: Literal["off", "pointer", "linear"] = "off"
    """Score the actions that come with each row one by one, or give one logit for each of `num_actions`."""
    num_actions: int = Field(0, ge=0)
    value: Literal["off", "wdl", "categorical"] = "off"
    """Win, draw and loss; or `value_bins` equal steps from -1 to 1, of which tasks use the upper half."""
    value_bins: int = Field(65, ge=3)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, dim in self.dims().items():
            if dim % self.head_dim:
                raise ValueError(
                    f"{name} {dim} must be a multiple of head_dim {self.head_dim}; choose e.g. "
                    f"{max(1, round(dim / self.head_dim)) * self.head_dim}, or another head_dim"
                )
        if self.local and self.positions != "coordinates":
            raise ValueError(f"local needs the positions 'coordinates', not {self.positions!r}")
        if (self.policy == "linear") != (self.num_actions > 0):
            raise ValueError("num_actions must be above 0 for the policy 'linear', and 0 for any other")
        return self

    def dims(self) -> dict[str, int]:
        """The widths of the states by the names of their settings: that of z_h first, that of z_l last."""
        raise NotImplementedError

    @property
    def block_sizes(self) -> BlockSizes:
        """The sizes of all blocks."""
        return BlockSizes(self.head_dim, self.expansion, self.inner_multiple)

    @property
    def segments(self) -> int:
        """The most segments that a row may take."""
        raise NotImplementedError

    @classmethod
    def presets(cls) -> Mapping[str, Self]:
        """Named settings."""
        raise NotImplementedError

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """The named settings with some of them changed. Raises UnknownNameError with the nearest name."""
        known = cls.presets()
        if name not in known:
            raise unknown_name("preset", name, known)
        return cls(**{**known[name].model_dump(), **changes})


class Inputs(NamedTuple):
    """A batch of n rows, all on the network's device.

    tokens: int64 [n, T], padded at the end with 0. coordinates: [n, T, 2] row and column of each token, for networks
    whose positions are "coordinates"; [1, T, 2] where they are the same in all rows. prefixes: int64 [n] kind of each
    row; None means 0. actions: for pointer policies.
    """

    tokens: Tensor
    coordinates: Tensor | None = None
    prefixes: Tensor | None = None
    actions: Actions | None = None


class Carry(NamedTuple):
    """The states of n rows between segments: z_h [n, P + T, width of H], z_l [n, P + T, width of L]."""

    z_h: Tensor
    z_l: Tensor

    def take(self, rows: Tensor) -> "Carry":
        """The carry of some rows."""
        return Carry(self.z_h[rows], self.z_l[rows])

    def detach(self) -> "Carry":
        """The same states, through which no gradient flows."""
        return Carry(self.z_h.detach(), self.z_l.detach())


class Output(NamedTuple):
    """What the heads say, all float32 logits; None where the network has no such head.

    halt: [n, 2] q_halt and q_continue. tokens: [n, T, vocab_size]. policy: [m] in the order of the actions, or
    [n, num_actions]. value: [n, 3] win, draw, loss, or [n, value_bins].
    """

    halt: Tensor
    tokens: Tensor | None
    policy: Tensor | None
    value: Tensor | None


class Prediction(NamedTuple):
    """Final answers. output: of the segment that each row halted after. segments: int64 [n] how many each row took."""

    output: Output
    segments: Tensor


class Reasoner(nn.Module):
    """The base of the token networks; subclasses say how the two states are updated.

    compute_dtype: of the activations; weights stay float32. Heads answer in float32.
    """

    kind: ClassVar[str]
    """The file's name in `zeroloop/networks`."""
    config_class: ClassVar[type[ReasonerConfig]]
    h_init: Tensor
    l_init: Tensor

    def __init__(self, config: ReasonerConfig) -> None:
        super().__init__()
        self.config: Any = config
        self.compute_dtype = torch.float32
        widths = list(config.dims().values())
        h_dim, l_dim = widths[0], widths[-1]
        self.embed_scale = l_dim**0.5
        self.embedding = nn.Parameter(truncated_normal_(torch.empty(config.vocab_size, l_dim), 1 / self.embed_scale))
        self.prefix = nn.Parameter(torch.zeros(config.num_prefixes, config.prefix_tokens, l_dim))
        if config.positions == "learned":
            length = config.prefix_tokens + config.max_tokens
            self.places = nn.Parameter(truncated_normal_(torch.empty(length, l_dim), 1 / self.embed_scale))
        self.register_buffer("h_init", truncated_normal_(torch.empty(h_dim), 1.0))
        self.register_buffer("l_init", truncated_normal_(torch.empty(l_dim), 1.0))
        self.halt_head = Linear(h_dim, 2, bias=True)
        # Almost never halt at first, whatever the state.
        nn.init.zeros_(self.halt_head.weight)
        nn.init.constant_(self.halt_head.bias, -5)  # type: ignore[arg-type]
        self.token_head = Linear(h_dim, config.vocab_size) if config.predict_tokens else None
        self.policy_head: PointerPolicy | Linear | None = None
        if config.policy == "pointer":
            self.policy_head = PointerPolicy(h_dim, l_dim)
        elif config.policy == "linear":
            self.policy_head = small(Linear(h_dim, config.num_actions, bias=True))
        outputs = {"off": 0, "wdl": 3, "categorical": config.value_bins}[config.value]
        self.value_head = ValueHead(h_dim, l_dim, outputs) if outputs else None

    # ---- what a subclass says ---------------------------------------------------------------------------------------

    def update_low(self, carry: Carry, x: Tensor, context: Context) -> Tensor:
        """The next z_l, given the embedded input x [n, P + T, width of L]."""
        raise NotImplementedError

    def update_high(self, carry: Carry, context: Context) -> Tensor:
        """The next z_h."""
        raise NotImplementedError

    # ---- a pass -----------------------------------------------------------------------------------------------------

    def start(self, rows: int, length: int) -> Carry:
        """The states that `rows` inputs of `length` tokens begin with."""
        shape = (rows, self.config.prefix_tokens + length, -1)
        h_init, l_init = self.h_init.to(self.compute_dtype), self.l_init.to(self.compute_dtype)
        return Carry(h_init.expand(*shape), l_init.expand(*shape))

    def embed(self, inputs: Inputs) -> Tensor:
        """[n, P + T, width of L] in `compute_dtype`: prefix and tokens, scaled to unit variance."""
        rows = len(inputs.tokens)
        tokens = F.embedding(inputs.tokens, self.embedding)
        prefixes = self.prefix[:1].expand(rows, -1, -1) if inputs.prefixes is None else self.prefix[inputs.prefixes]
        x = torch.cat((prefixes, tokens), dim=1)
        if self.config.positions == "learned":
            x = 0.5**0.5 * (x + self.places[: x.shape[1]])
        y: Tensor = (self.embed_scale * x).to(self.compute_dtype)
        return y

    def context(self, inputs: Inputs) -> Context:
        """What all layers read about the positions and the padding of `inputs`."""
        prefix = self.config.prefix_tokens
        turn: Rotation | None = None
        distance: Tensor | None = None
        if self.config.positions == "rope":
            places = torch.arange(prefix + inputs.tokens.shape[1], device=inputs.tokens.device)
            turn = rotation(places[None, :, None], self.config.head_dim)
        elif self.config.positions == "coordinates":
            if inputs.coordinates is None:
                raise SettingError("inputs.coordinates: this network needs the row and column of each token")
            # Tokens start at (1, 1), so that only the prefix is at the origin.
            turn = rotation(F.pad(inputs.coordinates + 1, (0, 0, prefix, 0)), self.config.head_dim)
            if self.config.local:
                apart = (inputs.coordinates[:, :, None] - inputs.coordinates[:, None]).abs().sum(-1)
                distance = F.pad(apart.float(), (prefix, 0, prefix, 0))[:, None]  # the prefix is near everything
        padded = inputs.tokens == vocabulary.PAD
        visible: Tensor | None = None
        if self._is_captured(inputs.tokens) or bool(padded.any()):
            visible = F.pad(~padded, (prefix, 0), value=True)[:, None, None, :]
        heads = {dim // self.config.head_dim for dim in self.config.dims().values()}
        found = {each: attention_bias(each, visible, distance, self.compute_dtype) for each in heads}
        return Context(turn, {each: bias for each, bias in found.items() if bias is not None})

    @staticmethod
    def _is_captured(tokens: Tensor) -> bool:
        """Whether this pass is being recorded, so that it must fit any input and may not look at this one."""
        return torch._C._get_tracing_state() is not None or (
            tokens.is_cuda and torch.cuda.is_current_stream_capturing()
        )

    def segment(self, carry: Carry, x: Tensor, context: Context) -> Carry:
        """The states after one segment; see `ReasonerConfig.gradient`."""
        config = self.config
        through = 1 if config.gradient == "one_step" else config.l_cycles
        with cast_weights(self, self.compute_dtype):
            with torch.no_grad():
                for _ in range(config.h_cycles - 1):
                    carry = self._cycle(carry, x, context, config.l_cycles)
                for _ in range(config.l_cycles - through):
                    carry = carry._replace(z_l=self.update_low(carry, x, context))
            return self._cycle(carry, x, context, through)

    def _cycle(self, carry: Carry, x: Tensor, context: Context, updates: int) -> Carry:
        for _ in range(updates):
            carry = carry._replace(z_l=self.update_low(carry, x, context))
        return carry._replace(z_h=self.update_high(carry, context))

    def halt_logits(self, z_h: Tensor) -> Tensor:
        """q_halt and q_continue, float32 [n, 2]."""
        logits: Tensor = self.halt_head(wide(z_h[:, 0]))
        return logits

    def wants_to_halt(self, halt: Tensor) -> Tensor:
        """bool [n] from `halt_logits`."""
        return halt[:, 0] > (halt[:, 1] if self.config.q_continue else 0)

    def heads(self, z_h: Tensor, inputs: Inputs) -> Output:
        """All answers from the states z_h."""
        tokens = policy = value = None
        prefix, actions, symbols = self.config.prefix_tokens, inputs.actions, self.embedding * self.embed_scale
        if self.token_head is not None:
            tokens = wide(self.token_head(z_h[:, prefix:]))
        if isinstance(self.policy_head, PointerPolicy):
            if actions is not None:
                policy = self.policy_head(z_h, prefix, symbols, actions)
        elif self.policy_head is not None:
            policy = self.policy_head(wide(z_h[:, 0]))
        if self.value_head is not None:
            value = self.value_head(z_h, prefix, symbols, actions)
        return Output(self.halt_logits(z_h), tokens, policy, value)

    def forward(self, carry: Carry | None, inputs: Inputs) -> tuple[Carry, Output]:
        """One segment and its answers; the carry comes back detached, for the next segment."""
        carry = self.start(*inputs.tokens.shape) if carry is None else carry
        after = self.segment(carry, self.embed(inputs), self.context(inputs))
        return after.detach(), self.heads(after.z_h, inputs)

    # ---- answers ----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def predict(self, inputs: Inputs | Tensor, segments: int | None = None, halt: bool = True) -> Prediction:
        """Answers to `inputs`, or to tokens int64 [n, T] alone, after at most `segments` segments (default: the
        configured most).

        With `halt`, each row stops where it says so and is left out of what follows: neither its states nor its answer
        change any more, and neither depends on the other rows. Raises SettingError for inputs the network cannot take.
        """
        if isinstance(inputs, Tensor):
            inputs = Inputs(inputs)
        self.check(inputs)
        most = self.config.segments if segments is None else segments
        if most < 1:
            raise SettingError(f"segments must be at least 1, not {most}")
        x, context, carry = self.embed(inputs), self.context(inputs), self.start(*inputs.tokens.shape)
        final, taken = torch.empty_like(carry.z_h), torch.full((len(x),), most, device=x.device)
        rows = torch.arange(len(x), device=x.device)
        for count in range(1, most + 1):
            carry = self.segment(carry, x, context)
            going = torch.ones_like(rows, dtype=torch.bool)
            if count == most:
                going[:] = False
            elif halt:
                going = ~self.wants_to_halt(self.halt_logits(carry.z_h))
            if not going.all():
                done = rows[~going]
                final[done], taken[done] = carry.z_h[~going], count
                rows, x, carry, context = rows[going], x[going], carry.take(going), context.take(going)
            if not len(rows):
                break
        return Prediction(self.heads(final, inputs), taken)

    def check(self, inputs: Inputs) -> None:
        """Raises SettingError where the network cannot take `inputs`, and says which value is at fault."""
        config, tokens = self.config, inputs.tokens
        for name, tensor in (*inputs._asdict().items(), *(inputs.actions._asdict().items() if inputs.actions else ())):
            if isinstance(tensor, Tensor) and tensor.device != self.embedding.device:
                raise SettingError(
                    f"inputs.{name} is on {tensor.device}, the network on {self.embedding.device}; move one of them"
                )
            if isinstance(tensor, Tensor) and tensor.is_floating_point() and not bool(tensor.isfinite().all()):
                raise SettingError(f"inputs.{name} has values that are not finite; give indices and coordinates")
        if tokens.dim() != 2 or not 1 <= tokens.shape[1] <= config.max_tokens:
            raise SettingError(
                f"inputs.tokens must be [rows, 1 to {config.max_tokens} tokens], not {list(tokens.shape)}; raise "
                "max_tokens, or shorten the input"
            )
        self._check_ids("inputs.tokens", tokens)
        shapes = [(*tokens.shape, 2), (1, tokens.shape[1], 2)]
        if inputs.coordinates is not None and inputs.coordinates.shape not in shapes:
            raise SettingError(
                f"inputs.coordinates must be {list(shapes[0])}, not {list(inputs.coordinates.shape)}; give the row "
                "and column of each token"
            )
        if (
            inputs.prefixes is not None
            and not 0 <= int(inputs.prefixes.min()) <= int(inputs.prefixes.max()) < config.num_prefixes
        ):
            raise SettingError(
                f"inputs.prefixes must be from 0 to {config.num_prefixes - 1}; raise num_prefixes, or correct them"
            )
        if inputs.actions is not None:
            self._check_ids("inputs.actions.tokens", inputs.actions.tokens)
            counts = torch.bincount(inputs.actions.rows, minlength=len(tokens))
            if len(counts) != len(tokens) or not bool((counts > 0).all()):
                raise SettingError("inputs.actions: every row needs at least one action; leave finished states out")

    def _check_ids(self, name: str, ids: Tensor) -> None:
        if ids.is_floating_point() or ids.numel() == 0:
            raise SettingError(f"{name} must be ids, at least one, as integers; got {list(ids.shape)} {ids.dtype}")
        low, high = int(ids.min()), int(ids.max())
        if low < 0 or high >= self.config.vocab_size:
            raise SettingError(
                f"{name} holds id {low if low < 0 else high}; this network's vocabulary has 0 to "
                f"{self.config.vocab_size - 1}. Encode with its vocabulary, or build it with a larger vocab_size"
            )

    def get_parameter_count(self) -> int:
        """Trained numbers without the prefix, which the papers count apart as puzzle embeddings."""
        return sum(weight.numel() for weight in self.parameters()) - self.prefix.numel()

    # ---- files ------------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write weights and configuration to one safetensors file."""
        tensors = {name: tensor.detach().contiguous() for name, tensor in self.state_dict().items()}
        metadata = {"kind": self.kind, "config": self.config.model_dump_json()}
        save_file(tensors, str(path), metadata=metadata)

    @classmethod
    def load(cls, path: str | Path, device: str | torch.device = "cpu") -> Self:
        """The network in a file that `save` wrote.

        Raises CheckpointError where the file is missing, damaged, of another kind of network, or does not fit.
        """
        try:
            with safe_open(str(path), framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no dict
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"cannot read {path}: {error}; give a file that save() wrote") from error
        if metadata.get("kind") != cls.kind:
            raise CheckpointError(f"{path} holds a network of kind {metadata.get('kind')!r}, not {cls.kind!r}")
        try:
            network = cls(cls.config_class(**json.loads(metadata["config"])))
            network.load_state_dict(tensors)
        except (KeyError, ValueError, ValidationError, RuntimeError) as error:
            raise CheckpointError(
                f"{path} does not fit the configuration in it: {str(error).splitlines()[-1].strip()}; restore a copy"
            ) from error
        return network.to(checked_device(device))
