"""The search itself: four lines that tie the forest, the rules and the evaluator together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zeroloop import _native
from zeroloop.contracts import (
    BatchEnvironment,
    Environment,
    Evaluator,
    Float32,
    Int32,
    LeafRows,
    Leaves,
    Request,
    State,
)
from zeroloop.search.settings import SearchSettings
from zeroloop.search.slots import batch_environment
from zeroloop.search.ways import Way, Ways

ROOM = 4
"""A tree that is kept from move to move holds so many times the simulations of a move, at most."""


@dataclass(frozen=True)
class SearchResult:
    """What finished searches know about their roots: B roots, m root actions in CSR form.

    offsets: int32 [B + 1]. actions: int32 [m]. visit_counts: int32 [m] simulations through each root action.
    action_values: float32 [m] mean return for the root's mover, exact where proven. priors: float32 [m] the
    evaluator's policy before noise. action_weights: float32 [m] policy target, rows sum to 1. root_values: float32 [B]
    for the player to move. raw_values: float32 [B] the evaluator's. proven: float32 [B] exact value, NaN where the
    search proved none. simulations: int32 [B] simulations run now (reused visits not counted).
    """

    offsets: Int32
    actions: Int32
    visit_counts: Int32
    action_values: Float32
    priors: Float32
    action_weights: Float32
    root_values: Float32
    raw_values: Float32
    proven: Float32
    simulations: Int32
    chosen: Int32
    """int32 [B]: the best action of each root (temperature 0), -1 where the root is terminal."""


def make_forest(num_trees: int, settings: SearchSettings) -> _native.Forest:
    """A forest whose trees hold one search of `settings.num_simulations` each.

    Raises ArenaFullError where the trees together need more slots than can be addressed.
    """
    return _native.Forest(
        num_trees,
        gumbel=settings.root_policy == "gumbel",
        proofs=settings.proofs,
        minmax=settings.value_range == "minmax",
        max_nodes=settings.max_nodes or settings.num_simulations + 2,
        **settings.model_dump(
            include={
                *("reuse_subtree", "c_puct", "fpu_reduction", "noise_fraction", "forced_playouts", "best_return"),
                *("gumbel_max_considered", "gumbel_c_visit", "gumbel_c_scale", "leaves_per_tree", "virtual_loss"),
                "max_depth",
            }
        ),
    )


def advance(
    forest: _native.Forest, environment: BatchEnvironment, evaluator: Evaluator, ways: Ways | None = None
) -> bool:
    """One round: a leaf of every running tree is selected, expanded, evaluated and backed up. False when none ran."""
    request = forest.select()
    if not len(request):
        return False
    leaves = environment.expand(request)
    if ways is not None:
        ways.note(request, leaves)
    logits, values = evaluator(_with_roots(request, leaves))
    forest.expand(leaves, logits, values)
    return True


def _with_roots(request: Request, leaves: Leaves) -> Leaves:
    """`leaves` with the rows marked that were copied and not stepped, where there are some: searches begin at them."""
    copied = request.actions < 0
    if not copied.any():
        return leaves
    roots = np.isin(leaves.slots, request.slots[copied])
    return LeafRows(leaves.environment, leaves.slots, leaves.offsets, leaves.actions, roots)


def root_noise(settings: SearchSettings, rng: np.random.Generator, counts: Int32) -> tuple[Int32, Float32]:
    """Noise for roots with the given numbers of legal actions, as CSR: offsets int32 [B + 1], noise float32 [m].

    Dirichlet with parameters `noise_concentration / count` (PUCT), or standard Gumbel (Danihelka 2022).
    """
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    if settings.root_policy == "gumbel":
        return offsets, rng.gumbel(size=offsets[-1]).astype(np.float32)
    alphas = np.repeat(settings.noise_concentration / np.maximum(counts, 1), counts)
    gammas = np.maximum(rng.gamma(alphas), 1e-30)
    rows = np.repeat(np.arange(len(counts)), counts)
    sums = np.bincount(rows, gammas, minlength=len(counts))
    return offsets, (gammas / sums[rows]).astype(np.float32)


def search(
    environment: Environment,
    evaluator: Evaluator,
    states: Sequence[State],
    settings: SearchSettings,
    rng: np.random.Generator | None = None,
    noise: bool = False,
) -> SearchResult:
    """The result of one search per state, all run as one batch.

    `noise` adds root noise drawn from `rng`; without it the search is deterministic. Terminal states get empty rows.
    """
    forest = make_forest(len(states), settings)
    batch = batch_environment(environment, forest.num_slots + len(states), settings.lookahead and settings.proofs)
    trees = np.arange(len(states), dtype=np.int32)
    sources = (forest.num_slots + trees).astype(np.int32)
    for slot, state in zip(sources, states, strict=True):
        batch.write(int(slot), state)
    offsets, draws = np.zeros(len(states) + 1, np.int32), np.zeros(0, np.float32)
    if noise:
        if rng is None:
            raise ValueError("search: noise needs a random generator; pass rng=zeroloop.seeding.stream(seed, name)")
        offsets, draws = root_noise(settings, rng, np.diff(batch.legal(sources)[0]))
    budgets = np.full(len(states), settings.num_simulations, np.int32)
    forest.begin(trees, sources, budgets, np.full(len(states), -1, np.int32), offsets, draws)
    while advance(forest, batch, evaluator):
        pass
    return results(forest, trees)


def solve(
    environment: Environment,
    evaluator: Evaluator,
    states: Sequence[State],
    settings: SearchSettings,
    on_end: Callable[[int], None] = lambda ended: None,
) -> list[Way]:
    """The best way from each state to an end of its episode that comes up while all are played at once by a single
    agent: what is played are the best moves, without noise, but a simulation may have come upon a better end.

    Each move has `settings.num_simulations` simulations of its own. With `settings.reuse_subtree` what its tree knows
    from the moves before stays beside them; where that would be more than ROOM times as many together, the move has
    fewer of its own. on_end: is told how many episodes have ended.
    """
    simulations, room = settings.num_simulations, ROOM if settings.reuse_subtree else 1
    forest = make_forest(len(states), settings.model_copy(update={"max_nodes": room * simulations + 2}))
    sources = np.arange(forest.num_slots, forest.num_slots + len(states), dtype=np.int32)
    batch = batch_environment(environment, forest.num_slots + len(states), settings.lookahead and settings.proofs)
    for slot, state in zip(sources, states, strict=True):
        batch.write(int(slot), state)
    ways = Ways(forest.num_slots + len(states), sources)

    def begin(trees: Int32, actions: Int32, known: Int32) -> None:
        budgets = np.minimum(known + simulations, room * simulations).astype(np.int32)
        no_noise = np.zeros(len(trees) + 1, np.int32), np.zeros(0, np.float32)
        forest.begin(trees, sources[trees], budgets, actions, *no_noise)

    live = np.flatnonzero(np.diff(batch.legal(sources)[0])).astype(np.int32)
    ended = len(states) - len(live)
    begin(live, np.full(len(live), -1, np.int32), np.zeros(len(live), np.int32))
    while True:
        running = advance(forest, batch, evaluator, ways)
        trees = forest.take_finished()
        if len(trees):
            found = results(forest, trees)
            leaves = batch.expand(request := _native.Request(sources[trees], found.chosen, sources[trees]))
            ways.play(trees, request, leaves)
            visits = found.visit_counts[found.actions == np.repeat(found.chosen, np.diff(found.offsets))]
            on = ~leaves.terminals
            if not on.all():
                ended += int(leaves.terminals.sum())
                on_end(ended)
            begin(trees[on], found.chosen[on], np.maximum(0, visits[on] - 1) * settings.reuse_subtree)
            ways.keep(forest, trees[on])
        elif not running:
            return ways.best


def results(forest: _native.Forest, trees: Int32) -> SearchResult:
    """What the forest knows about the roots of the given trees."""
    raw = forest.results(trees)
    chosen = np.full(len(trees), -1, np.int32)
    open_rows = np.flatnonzero(np.diff(raw["offsets"]))
    zeros = np.zeros(len(open_rows), np.float32)
    chosen[open_rows] = forest.choose(trees[open_rows], zeros, zeros)
    return SearchResult(**raw, chosen=chosen)
