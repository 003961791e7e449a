"""Supervised training of a reasoner: one optimiser step a segment, halted rows replaced by fresh ones.

Wang et al. 2025 (arXiv 2506.21734), "Deep supervision" and "Adaptive computational time"; the halting loss of
Jolicoeur-Martineau 2025 (arXiv 2510.04871) where the network has no q_continue.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zeroloop.learning.adam_atan2 import AdamATan2
from zeroloop.learning.compilation import compile_blocks
from zeroloop.learning.optimization import Updater, compute_dtype, decayed_groups
from zeroloop.learning.settings import SupervisionSettings
from zeroloop.networks._reasoner import Carry, Inputs, Reasoner
from zeroloop.vocabulary import PAD

Draw = Callable[[int, int], tuple[Tensor, Tensor]]
"""(step, count) -> questions and answers, int64 [count, T] each."""


def stablemax_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """[...] nats of targets [...] under s(x) / sum s, where s(x) = x + 1 for x >= 0 and 1 / (1 - x) below, in float64
    (Prieto et al. 2025): softmax without its exponential, which small data sets saturate."""
    x = logits.double()
    s = torch.where(x >= 0, x + 1, 1 / (1 - x.clamp(max=0)))
    log_probs = (s / s.sum(-1, keepdim=True)).log()
    return -log_probs.gather(-1, target.unsqueeze(-1)).squeeze(-1).float()


class DeepSupervision:
    """Trains `network` in place and keeps an exponential moving average of its weights, which is what answers.

    `batch_size` rows are in work, each at a segment of its own. A step gives every row one more segment, learns from
    its answer, and replaces the rows that halted. coordinates: int64 [T, 2] of the tokens, the same for all rows.
    """

    def __init__(self, network: Reasoner, settings: SupervisionSettings, coordinates: Tensor, seed: int) -> None:
        self.settings, self.network = settings, network
        self.device = next(network.parameters()).device
        network.compute_dtype = compute_dtype(settings.precision, self.device)
        self.updater = Updater(network, _optimizer(network, settings), settings)
        if settings.compile:
            compile_blocks(network)
        self._random = torch.Generator().manual_seed(seed % 2**63)
        self.begin(coordinates)

    def begin(self, coordinates: Tensor, batch_size: int | None = None) -> None:
        """Give up the rows in work; go on with others of these coordinates, by default `settings.batch_size` rows."""
        rows, length = batch_size or self.settings.batch_size, len(coordinates)
        self.batch_size = rows
        self._coordinates = coordinates.to(self.device)[None]
        self._questions = torch.zeros((rows, length), dtype=torch.int64, device=self.device)
        self._answers = torch.zeros_like(self._questions)
        self._taken = torch.zeros(rows, dtype=torch.int64, device=self.device)
        self._halted = torch.ones(rows, dtype=torch.bool, device=self.device)
        start = self.network.start(rows, length)
        self._carry = Carry(start.z_h.clone(), start.z_l.clone())

    def step(self, draw: Draw, progress: float) -> dict[str, Tensor]:
        """One segment for every row; scalars to watch. progress: 0 to 1, sets the learning rate.

        loss, token_loss, halt_loss; token_accuracy; halted: rows that ended; exact, segments: of these rows, the sum of
        right answers and of segments taken. Raises DivergedError where the loss is not finite; weights are as before.
        """
        self._renew(draw)
        self.network.train()
        inputs = self._inputs()
        carry, output = self.network(self._carry, inputs)
        assert output.tokens is not None
        self._taken += 1
        last = self._taken >= self.network.config.segments
        weight = torch.ones_like(self._taken) if self.network.config.deep_supervision else last
        labelled = self._answers != PAD
        right = (output.tokens.argmax(-1) == self._answers) | ~labelled
        exact = right.all(-1)
        token_loss = self._token_loss(output.tokens, labelled)
        halt_loss = F.binary_cross_entropy_with_logits(output.halt[:, 0], exact.float(), reduction="none")
        if self.network.config.q_continue:
            future = self._future(carry, inputs, last)
            halt_loss = halt_loss + F.binary_cross_entropy_with_logits(output.halt[:, 1], future, reduction="none")
        loss = ((token_loss + self.settings.halt_weight * halt_loss) * weight).mean()
        self.updater.update(loss, progress, self._rows_on_cpu)
        self._carry = carry
        with torch.no_grad():
            self._halted = last | (self.network.wants_to_halt(output.halt) & (self._taken >= self._least_segments()))
            token_accuracy = (right & labelled).sum() / labelled.sum()
            return {
                "loss": loss.detach(),
                "token_loss": token_loss.detach().mean(),
                "halt_loss": halt_loss.detach().mean(),
                "token_accuracy": token_accuracy,
                "halted": self._halted.sum(),
                "exact": (exact & self._halted).sum(),
                "segments": (self._taken * self._halted).sum(),
            }

    def rows(self) -> dict[str, Tensor]:
        """The rows in work: questions and answers [rows, T], segments taken and whether they halted [rows]."""
        return {name: getattr(self, f"_{name}") for name in ("questions", "answers", "taken", "halted")}

    def _rows_on_cpu(self) -> dict[str, Any]:
        return {name: tensor.cpu().numpy() for name, tensor in self.rows().items()}

    def state_dict(self) -> dict[str, Any]:
        """All that training depends on, rows in work included, as tensors and plain data; not a copy."""
        rows = {"rows": self.rows(), "carry": list(self._carry), "random": self._random.get_state()}
        return self.updater.state_dict() | rows

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from `state_dict()`, bit for bit. Raises CheckpointError when it is of a different network."""
        self.updater.load_state_dict(state)
        for name, tensor in self.rows().items():
            tensor.copy_(state["rows"][name])
        self._carry = Carry(*(tensor.to(self.device) for tensor in state["carry"]))
        self._random.set_state(state["random"].cpu())

    def _renew(self, draw: Draw) -> None:
        """Put fresh puzzles and start states into the rows that halted."""
        rows = self._halted.nonzero().squeeze(1)
        if not len(rows):
            return
        questions, answers = draw(self.updater.steps, len(rows))
        self._questions[rows] = questions.to(self.device)
        self._answers[rows] = answers.to(self.device)
        self._taken[rows] = 0
        start = self.network.start(1, self._questions.shape[1])
        for state, fresh in zip(self._carry, start, strict=True):
            state[rows] = fresh

    def _inputs(self) -> Inputs:
        return Inputs(self._questions, self._coordinates)

    def _token_loss(self, logits: Tensor, labelled: Tensor) -> Tensor:
        """[rows] mean nats of the labelled tokens."""
        if self.settings.loss == "stablemax":
            nats = stablemax_cross_entropy(logits, self._answers)
        else:
            nats = F.cross_entropy(logits.transpose(1, 2), self._answers, reduction="none")
        return (nats * labelled).sum(1) / labelled.sum(1).clamp(min=1)

    @torch.no_grad()
    def _future(self, carry: Carry, inputs: Inputs, last: Tensor) -> Tensor:
        """[rows] what one more segment would be worth: the target of q_continue, a one-step bootstrap."""
        halt = self.network(carry, inputs)[1].halt
        return torch.where(last, halt[:, 0], halt.amax(1)).sigmoid()

    def _least_segments(self) -> Tensor:
        """[rows] segments below which a row must go on: mostly none, else 2 to the most."""
        rows, most = len(self._taken), self.network.config.segments
        explores = torch.rand(rows, generator=self._random) < self.settings.halt_exploration
        least = torch.randint(2, most + 1, (rows,), generator=self._random) if most > 1 else torch.ones(rows)
        return torch.where(explores, least, 0).to(self.device)


def _optimizer(network: nn.Module, settings: SupervisionSettings) -> torch.optim.Optimizer:
    groups = decayed_groups(network, settings.weight_decay)
    betas = (0.9, settings.beta2)
    if settings.optimizer == "adam_atan2":
        return AdamATan2(groups, lr=settings.learning_rate, betas=betas)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas, fused=True)
