"""Reasoners: training steps, of the paper's Sudoku TRM and of a pair for a search, and leaf evaluations a second.

The baseline is the pseudo-code of the paper (arXiv 2510.04871, figure 3) in plain PyTorch modules: float32, or under
`torch.autocast` in bfloat16 that casts weights at every use, as the published code does. What is compared runs in turns
in one process; rates are medians of the rounds.
"""

import copy
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zeroloop.data.replay import Batch
from zeroloop.envs import connect_four, path_finding
from zeroloop.evaluators.compiled import build_runner
from zeroloop.evaluators.engines import run_observations
from zeroloop.learning.deep_supervision import DeepSupervision
from zeroloop.learning.learner import Learner
from zeroloop.learning.optimization import compute_dtype
from zeroloop.learning.settings import LearnerSettings, SupervisionSettings
from zeroloop.networks import reasoners
from zeroloop.networks.trm import TRMAgent, TRMConfig
from zeroloop.puzzles import sudoku
from zeroloop.run.players import make_environment, random_observations
from zeroloop.seeding import stream

PAIRS = {
    "small": {},
    "seed": {
        "head_dim": 64,
        "hrm": {"h_dim": 512, "l_dim": 256, "num_h_layers": 2, "num_l_layers": 4, "h_cycles": 2, "l_cycles": 2},
        "trm": {"latent_dim": 256, "num_layers": 2, "h_cycles": 3, "l_cycles": 6},
    },
}
"""Options of `reasoners.Config` that are measured."""
BACKEND_NAMES = {"torch": "eager", "native": "native"}


def run(quick: bool = False) -> dict[str, dict[str, Any]]:
    """Rates of all cases."""
    return {"training, rows/s": training(quick), "training of a pair, rows/s": pairs(quick), "leaves/s": leaves(quick)}


class EagerBlock(nn.Module):
    """Attention with rotary positions and SwiGLU, post-norm."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        inner = 256 * -(-round(4 * dim * 2 / 3) // 256)
        self.heads = heads
        self.qkv, self.out = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.gate, self.up = nn.Linear(dim, inner, bias=False), nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        n, length, dim = x.shape
        q, k, v = self.qkv(x).chunk(3, -1)
        q, k, v = (each.view(n, length, self.heads, -1).transpose(1, 2) for each in (q, k, v))
        q, k = self.rotate(q), self.rotate(k)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, length, dim)
        x = self.norm(x + self.out(mixed))
        return self.norm(x + self.down(F.silu(self.gate(x)) * self.up(x)))

    @staticmethod
    def norm(x: Tensor) -> Tensor:
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-5)).to(x.dtype)

    @staticmethod
    def rotate(x: Tensor) -> Tensor:
        half = x.shape[-1] // 2
        angle = torch.arange(x.shape[2])[:, None] * 10_000.0 ** (-torch.arange(half) / half)
        cos, sin = torch.cat((angle.cos(),) * 2, -1), torch.cat((angle.sin(),) * 2, -1)
        first, second = x.float().chunk(2, -1)
        return (x.float() * cos + torch.cat((-second, first), -1) * sin).to(x.dtype)


class EagerTRM(nn.Module):
    """One network, T - 1 recursions without gradient and one with; heads for the answer and for halting."""

    def __init__(self, config: TRMConfig) -> None:
        super().__init__()
        self.config, dim = config, config.latent_dim
        self.embed, self.prefix = nn.Embedding(config.vocab_size, dim), config.prefix_tokens
        self.net = nn.ModuleList(EagerBlock(dim, dim // config.head_dim) for _ in range(config.num_layers))
        self.answer, self.halt = nn.Linear(dim, config.vocab_size, bias=False), nn.Linear(dim, 1)

    def recursion(self, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        for _ in range(self.config.l_cycles):
            z = self.apply_net(x + y + z)
        return self.apply_net(y + z), z

    def apply_net(self, x: Tensor) -> Tensor:
        for block in self.net:
            x = block(x)
        return x

    def forward(self, tokens: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = F.pad(self.embed(tokens), (0, 0, self.prefix, 0))
        with torch.no_grad():
            for _ in range(self.config.h_cycles - 1):
                y, z = self.recursion(x, y, z)
        y, z = self.recursion(x, y, z)
        return y.detach(), z.detach(), self.answer(y[:, self.prefix :]), self.halt(y[:, 0]).squeeze(-1)


def eager_step(config: TRMConfig, rows: int, autocast: bool) -> Callable[[Tensor, Tensor], None]:
    """A training step of the baseline: one segment, AdamW."""
    network = EagerTRM(config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    state = torch.randn(2, rows, config.prefix_tokens + config.max_tokens, config.latent_dim)

    def step(questions: Tensor, answers: Tensor) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast, cache_enabled=False):
            _, _, logits, halt = network(questions, state[0], state[1])
        exact = (logits.argmax(-1) == answers).all(-1).float()
        loss = F.cross_entropy(logits.float().transpose(1, 2), answers)
        loss = loss + 0.5 * F.binary_cross_entropy_with_logits(halt.float(), exact)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def our_step(config: TRMConfig, rows: int, precision: str, compiled: bool) -> Callable[[Tensor, Tensor], None]:
    """A step of DeepSupervision with the same optimiser."""
    settings = SupervisionSettings(
        batch_size=rows, optimizer="adamw", precision=precision, learning_rate=1e-4, compile=compiled
    )
    learner = DeepSupervision(TRMAgent(config), settings, torch.from_numpy(sudoku.puzzle().coordinates), 1)
    return lambda questions, answers: learner.step(lambda _, count: (questions[:count], answers[:count]), 0.0) and None


def training(quick: bool) -> dict[str, float]:
    """Rows a second."""
    torch.manual_seed(1)
    rows, rounds = (2, 1) if quick else (8, 3)
    config = TRMConfig.preset("sudoku", **({"latent_dim": 64, "h_cycles": 1} if quick else {}))
    pairs = sudoku.puzzle(hardening=0).generate(1, rows)
    questions, answers = (torch.from_numpy(grid.astype(np.int64)) for grid in pairs)
    cases = {
        "eager, float32": eager_step(config, rows, autocast=False),
        "ours, float32": our_step(config, rows, "fp32", compiled=False),
        "ours, float32, compiled": our_step(config, rows, "fp32", compiled=not quick),
    }
    if compute_dtype("auto", torch.device("cpu")) == torch.bfloat16:  # elsewhere it is emulated, and very slow
        cases |= {
            "eager, bfloat16 by autocast": eager_step(config, rows, autocast=True),
            "ours, bfloat16": our_step(config, rows, "bf16", compiled=False),
            "ours, bfloat16, compiled": our_step(config, rows, "bf16", compiled=not quick),
        }
    return rates({name: (lambda step=step: step(questions, answers)) for name, step in cases.items()}, rows, rounds)


def pairs(quick: bool) -> dict[str, dict[str, float]]:
    """Rows a second of a learner's step, one segment, one thread: eager torch, and the compiled core."""
    found: dict[str, dict[str, float]] = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rows, rounds = (4, 1) if quick else (64, 9)
    options = {"tasks": {"kinds": ["equation"], "difficulty": [0.0, 0.5]}, "path_finding": {}}
    for name, settings in options.items():
        environment = make_environment(name, settings)
        network = reasoners.build(reasoners.Config(training_segments=1), environment)
        shown = random_observations(environment, network.observer, rows, stream(1, "pairs"))
        legal = network.observer.fields(shown).action_tokens[:, :, 0] > 0
        batch = Batch(
            observations=shown,
            policy=(legal / legal.sum(1, keepdims=True)).astype(np.float32),
            legal=legal,
            wdl=np.full((rows, 3), 1 / 3, np.float32),
            reply=np.zeros(legal.shape, np.float32),
            weight=np.ones(rows, np.float32),
        )
        cases: dict[str, Callable[[], Any]] = {}
        for native in (False, True):
            trained = copy.deepcopy(network)
            trained.native = native
            learner = Learner(trained, LearnerSettings(precision="fp32"))
            cases["native" if native else "eager"] = partial(learner.train, [batch], 0.0)
        found[f"{environment.name}, width 64, batch {rows}"] = rates(cases, rows, rounds)
    torch.set_num_threads(threads)
    return found


def leaves(quick: bool) -> dict[str, dict[str, float]]:
    """Leaves a second of the pair on Connect Four (43 tokens) and path finding (69 tokens), observations made
    beforehand, one segment, one thread."""
    found: dict[str, dict[str, float]] = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rounds = 1 if quick else 3
    for game in (connect_four, path_finding):
        environment = game.environment()
        for label, options in ({"small": {}} if quick else PAIRS).items():
            network = reasoners.build(reasoners.Config(**options), environment).eval()
            for rows in (4,) if quick else (64, 512) if label == "small" else (16,):
                shown = random_observations(environment, network.observer, rows, stream(1, "leaves"))
                cases: dict[str, Callable[[], Any]] = {}
                for backend in ("torch", "native", "fp32", "bf16"):
                    runner = build_runner(network, backend, shown, [rows if backend == "torch" else min(rows, 32)])
                    cases[BACKEND_NAMES.get(backend, f"compiled, {backend}")] = partial(run_observations, runner, shown)
                name = f"{environment.name}, {network.observer.num_tokens} tokens, {label}, batch {rows}"
                found[name] = rates(cases, rows, rounds)
    torch.set_num_threads(threads)
    return found


def rates(cases: dict[str, Callable[[], Any]], rows: int, rounds: int) -> dict[str, float]:
    """Rows a second of each case: the median over rounds in which they take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for round_ in range(rounds + 1):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            if round_ or rounds == 1:  # the first round warms up
                seconds[name].append(time.perf_counter() - start)
    return {name: rows / statistics.median(times) for name, times in seconds.items()}
