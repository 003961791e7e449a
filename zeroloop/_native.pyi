"""
The compiled core: search forest, native games, evaluation cache, reasoners.
"""

from collections.abc import Mapping
from typing import Annotated

import numpy
from numpy.typing import NDArray


class Request:
    """Rows for an environment to expand; see zeroloop.contracts.Request."""

    def __init__(self, parent_slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], actions: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    def __len__(self) -> int: ...

    @property
    def trees(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def parent_slots(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def actions(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def slots(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

class Leaves:
    """
    Expanded rows. slots, offsets, actions: the live rows, see zeroloop.contracts.Leaves.
    """

    @staticmethod
    def from_arrays(environment: object | None, slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], rewards: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], discounts: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], terminals: Annotated[NDArray[numpy.bool_], dict(shape=(None,), order='C', device='cpu', writable=False)], offsets: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], actions: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], outcomes: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None) -> Leaves: ...

    @property
    def environment(self) -> object: ...

    def __len__(self) -> int: ...

    @property
    def num_actions(self) -> int:
        """Legal actions of all live rows together."""

    @property
    def roots(self) -> None:
        """None: the forest's request knows them."""

    @property
    def slots(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def offsets(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def actions(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def all_slots(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def all_offsets(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def all_actions(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    @property
    def rewards(self) -> Annotated[NDArray[numpy.float32], dict(shape=(None,))]: ...

    @property
    def discounts(self) -> Annotated[NDArray[numpy.float32], dict(shape=(None,))]: ...

    @property
    def outcomes(self) -> Annotated[NDArray[numpy.float32], dict(shape=(None,))]: ...

    @property
    def terminals(self) -> Annotated[NDArray[numpy.bool_], dict(shape=(None,))]: ...

class Forest:
    """Search trees that advance together; see zeroloop.search."""

    def __init__(self, num_trees: int, *, gumbel: bool, proofs: bool, minmax: bool, reuse_subtree: bool, c_puct: float, fpu_reduction: float, noise_fraction: float, forced_playouts: float, gumbel_max_considered: int, gumbel_c_visit: float, gumbel_c_scale: float, best_return: float, leaves_per_tree: int, virtual_loss: float, max_nodes: int, max_depth: int) -> None: ...

    def begin(self, trees: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], source_slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], budgets: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], actions: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], noise_offsets: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], noise: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    def select(self) -> Request: ...

    def expand(self, leaves: Leaves, logits: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], values: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    def take_finished(self) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    def results(self, trees: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> dict: ...

    def choose(self, trees: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], temperatures: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], uniforms: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> Annotated[NDArray[numpy.int32], dict(shape=(None,))]: ...

    def stop(self, tree: int) -> None:
        """
        End the search in a tree where it is; it will not be among the finished ones.
        """

    def tree(self, tree: int) -> dict:
        """Nodes and edges of one tree as arrays; node 0 is the root."""

    @property
    def num_trees(self) -> int: ...

    @property
    def num_slots(self) -> int: ...

    @property
    def total_simulations(self) -> int: ...

class LentLeaves(Leaves):
    """Leaves whose memory the next expand uses again."""

class ConnectFourStates:
    """
    Connect Four positions on the 7x6 board; see zeroloop.contracts.BatchEnvironment.
    """

    def __init__(self, num_slots: int, lookahead: bool = True) -> None: ...

    @property
    def num_slots(self) -> int: ...

    def write(self, slot: int, state: tuple[int, int]) -> None:
        """Put (own stones, all stones) into a slot."""

    def read(self, slot: int) -> tuple[int, int]:
        """The (own stones, all stones) of a slot."""

    def expand(self, request: Request) -> object:
        """Leaves over all rows of a request."""

    def legal(self, slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> object: ...

    def keys(self, slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> object: ...

    def observe(self, slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], symmetries: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float32], dict(shape=(None, 2, 6, 7), order='C', device='cpu')]) -> None: ...

    def rollout(self, slots: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], seed: int) -> object:
        """
        Results of uniformly random play to the end, float32 [n], for the player to move in each slot.
        """

class EvaluationCache:
    """Answers of an evaluator by canonical state key; for one thread."""

    def __init__(self, capacity: int) -> None: ...

    def begin(self, keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], symmetries: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], offsets: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], actions: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], action_maps: Annotated[NDArray[numpy.int32], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> tuple:
        """
        (rows, offsets, actions) of the rows that the evaluator must be asked; finish() has to follow.
        """

    def finish(self, logits: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], values: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> tuple:
        """
        (logits, values) of all rows of begin(), given the evaluator's answers for those it returned.
        """

    def clear(self) -> None: ...

    def __len__(self) -> int: ...

    @property
    def hits(self) -> int: ...

    @property
    def duplicates(self) -> int: ...

    @property
    def misses(self) -> int: ...

def maze_generate(seed: int, count: int, height: int, width: int, low: float, high: float) -> tuple[Annotated[NDArray[numpy.uint8], dict(shape=(None,))], Annotated[NDArray[numpy.int32], dict(shape=(None,))], Annotated[NDArray[numpy.int32], dict(shape=(None,))], Annotated[NDArray[numpy.uint8], dict(shape=(None,))]]:
    """
    Perfect mazes: walls uint8 [count * cells], start and goal cells int32 [count], and the cells of the one way between them uint8 [count * cells]. A goal's distance is a share between low and high of the greatest distance from its start.
    """

class ReasonerAgent:
    """
    One agent's weights, packed; zeroloop/networks/_native_reasoner.py names them.
    """

    def __init__(self, weights: Mapping[str, Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]], head_dim: int, h_cycles: int, l_cycles: int, axes: int, local: bool, through: int = 0) -> None:
        """
        axes: 2 where attention turns by the row and the column of each token, 1 where by its place among all. through: the updates of z_l, the last ones, that a segment's gradient goes through; 0: for inference.
        """

class NativeReasoners:
    """A pair of reasoners on one core; an agent may be missing."""

    def __init__(self, policy: ReasonerAgent | None, value: ReasonerAgent | None, num_tokens: int, num_actions: int, instructions: str = '') -> None: ...

    @staticmethod
    def instruction_sets() -> list[str]:
        """Those that this machine has, best first."""

    def evaluate(self, observations: Annotated[NDArray[numpy.int16], dict(shape=(None, None), order='C', device='cpu', writable=False)], budgets: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], halting: bool, policy: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], values: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')]) -> None:
        """
        Fills policy float32 [n, num_actions] and values float32 [n]; observations: int16 [n, size].
        """

class ReasonerMemory:
    """Memory of a ReasonerTraining; of another one after its backward."""

    def __init__(self) -> None: ...

class ReasonerTraining:
    """
    One pass of an agent packed for training over observations int16 [n, size], and the way back, on one core; forward comes first, once each.
    """

    def __init__(self, agent: ReasonerAgent, memory: ReasonerMemory, observations: Annotated[NDArray[numpy.int16], dict(shape=(None, None), order='C', device='cpu', writable=False)], num_tokens: int, num_actions: int, segments: int, instructions: str = '') -> None: ...

    @property
    def outputs(self) -> int:
        """Numbers in an answer."""

    def forward(self, answers: Annotated[NDArray[numpy.float32], dict(shape=(None, None, None), order='C', device='cpu')], halts: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')]) -> None:
        """
        Fills answers float32 [segments, n, outputs], zero before, and halt logits [segments, n].
        """

    def backward(self, answers: Annotated[NDArray[numpy.float32], dict(shape=(None, None, None), order='C', device='cpu')], halts: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], gradients: Mapping[str, Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')]]) -> None:
        """
        Fills gradients, which are named and shaped like the weights, from those of answers and halt logits.
        """

def sudoku_generate(seed: int, count: int, box_height: int, box_width: int, least_clues: int, most_clues: int, rounds: int) -> tuple[Annotated[NDArray[numpy.uint8], dict(shape=(None,))], Annotated[NDArray[numpy.uint8], dict(shape=(None,))]]:
    """
    Puzzles with one solution, and these solutions: uint8 [count * cells] each, 0 for an empty cell. Clues that others imply are taken away down to a number from least_clues to most_clues.
    """

def sudoku_solve(puzzles: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], box_height: int, box_width: int, limit: int) -> tuple[Annotated[NDArray[numpy.int32], dict(shape=(None,))], Annotated[NDArray[numpy.uint8], dict(shape=(None,))], Annotated[NDArray[numpy.int64], dict(shape=(None,))]]:
    """
    Of puzzles uint8 [n, cells]: solutions found up to the limit int32 [n], the first one uint8 [n * cells] (zeros where there is none), and guesses int64 [n].
    """
