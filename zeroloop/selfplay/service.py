"""Searches that many coroutines ask for, run as one forest with one network call for all of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from zeroloop.contracts import Environment, Evaluator, Float32, LeafRows, Leaves, State
from zeroloop.errors import EnvironmentFailedError
from zeroloop.records import MCTSTrace
from zeroloop.search import SearchSettings, make_forest, root_noise
from zeroloop.search.slots import SlotStates, state_id

_NO_NOISE = np.zeros(2, np.int32), np.zeros(0, np.float32)


class SearchService:
    """One forest for all searches that are being asked for at a time.

    environment: whose states are searched; it may hold states of many others (zeroloop/tasks/_mixture.py).
    num_trees: searches at once; who comes later waits for a seat. simulations: run so far.

    Law: what a search finds does not depend on which others run beside it.
    """

    def __init__(
        self, environment: Environment, evaluator: Evaluator, settings: SearchSettings, num_trees: int
    ) -> None:
        self.environment, self.evaluator, self.settings = environment, evaluator, settings
        self._forest = make_forest(num_trees, settings)
        slots = self._forest.num_slots + num_trees
        self._states = _GuardedStates(environment, slots, settings.lookahead and settings.proofs)
        self._free = asyncio.Queue[int]()
        for tree in range(num_trees):
            self._free.put_nowait(tree)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._driver: asyncio.Task[None] | None = None

    @property
    def simulations(self) -> int:
        """Simulations of all searches so far."""
        return self._forest.total_simulations

    @property
    def busy(self) -> int:
        """Searches that are running."""
        return len(self._waiting)

    @asynccontextmanager
    async def seat(self) -> AsyncIterator["Seat"]:
        """A tree for the searches of one episode, for as long as the context lasts; waits until one is free."""
        tree = await self._free.get()
        try:
            yield Seat(self, tree)
        finally:
            self._free.put_nowait(tree)

    async def run(
        self, tree: int, state: State, simulations: int, played: int, noise: np.random.Generator | None
    ) -> None:
        """One search in `tree`; when it is cancelled, the tree is free again at once."""
        source = self._forest.num_slots + tree
        self._states.write(source, state)
        offsets, draws = _NO_NOISE
        if noise is not None:
            counts = np.array([len(self.environment.legal_actions(state))], np.int32)
            offsets, draws = root_noise(self.settings, noise, counts)
        trees, sources, budgets, actions = (
            np.array([number], np.int32) for number in (tree, source, simulations, played)
        )
        self._waiting[tree] = future = asyncio.get_running_loop().create_future()
        self._forest.begin(trees, sources, budgets, actions, offsets, draws)
        if self._driver is None or self._driver.done():
            self._driver = asyncio.create_task(self._drive())
        try:
            await future
        finally:
            if self._waiting.pop(tree, None) is not None:
                self._forest.stop(tree)
                self._take_finished()  # it may have ended just now: the next search in this tree must not hear of it

    async def _drive(self) -> None:
        """Advance all searches until none runs; between two rounds, whoever waits may go on."""
        try:
            while self._waiting:
                self._round()
                await asyncio.sleep(0)
        except Exception as error:
            for tree in list(self._waiting):
                self._finish(tree, error)

    def _round(self) -> None:
        self._take_finished()
        request = self._forest.select()
        if not len(request):
            self._take_finished()
            return
        roots = np.array(request.slots[request.actions < 0])
        trees = dict(zip(request.slots.tolist(), request.trees.tolist(), strict=True))
        leaves = self._states.expand(request)
        rows = LeafRows(self._states, leaves.slots, leaves.offsets, leaves.actions, np.isin(leaves.slots, roots))
        self._forest.expand(leaves, *self._evaluated(rows))
        failed = {trees[slot]: error for slot, error in self._states.failures.items()}
        self._states.failures.clear()
        for tree, error in failed.items():
            if tree in self._waiting:
                self._forest.stop(tree)
                self._finish(tree, EnvironmentFailedError(f"{type(error).__name__}: {error}"))
        self._take_finished()

    def _take_finished(self) -> None:
        for tree in self._forest.take_finished().tolist():
            self._finish(tree)

    def _evaluated(self, leaves: LeafRows) -> tuple[Float32, Float32]:
        """Logits and values; states that cannot be shown get none, and count as failures."""
        if not len(leaves.slots):
            return np.zeros(0, np.float32), np.zeros(0, np.float32)
        try:
            return self.evaluator(leaves)
        except Exception:
            shown = np.array([self._can_be_shown(leaves, row) for row in range(len(leaves.slots))])
            if shown.all():
                raise
        logits, values = np.zeros(len(leaves.actions), np.float32), np.zeros(len(leaves.slots), np.float32)
        if shown.any():
            counts = np.diff(leaves.offsets)
            some = _rows(leaves, np.flatnonzero(shown))
            logits[np.repeat(shown, counts)], values[shown] = self.evaluator(some)
        return logits, values

    def _can_be_shown(self, leaves: LeafRows, row: int) -> bool:
        try:
            self.evaluator(_rows(leaves, np.array([row])))
        except Exception as error:
            self._states.failures[int(leaves.slots[row])] = error
            return False
        return True

    def _finish(self, tree: int, error: BaseException | None = None) -> None:
        future = self._waiting.pop(tree, None)
        if future is None or future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    def trace(self, tree: int, root: State, selected: int, seconds: float) -> MCTSTrace:
        """The record of the search that has ended in `tree`; selected: the action that was chosen."""
        found = self._forest.results(np.array([tree], np.int32))
        dump = self._forest.tree(tree)
        environment = self.environment
        names = [environment.action_name(root, int(action)) for action in found["actions"]]
        visits = found["visit_counts"].tolist()
        count = dump["node_num_edges"][0]
        exact = dump["edge_proven"][:count].tolist()
        q_values = found["action_values"].tolist()
        return MCTSTrace(
            root_state_id=state_id(environment, root),
            num_simulations=int(found["simulations"][0]),
            visit_counts=dict(zip(names, visits, strict=True)),
            q_values={n: q for n, q, v, e in zip(names, q_values, visits, exact, strict=True) if v or e},
            prior_probs=dict(zip(names, found["priors"].tolist(), strict=True)),
            selected_action=environment.action_name(root, selected),
            tree_depth=_depth(dump),
            search_time=seconds,
            value_estimates=self._values(dump, root, float(found["root_values"][0])),
            action_weights={n: w for n, w in zip(names, found["action_weights"].tolist(), strict=True) if w > 0},
            proven={n: q for n, q, e in zip(names, q_values, exact, strict=True) if e},
        )

    def _values(self, dump: dict[str, Any], root: State, root_value: float) -> dict[str, float]:
        """Mean return by state id: of the root, then of all other states in the tree."""
        found = {state_id(self.environment, root): root_value}
        for slot, mean in zip(dump["node_slot"][1:].tolist(), dump["node_mean"][1:].tolist(), strict=True):
            if slot >= 0:
                found.setdefault(state_id(self.environment, self._states.read(slot)), mean)
        return found

    def choose(self, tree: int, temperature: float, rng: np.random.Generator) -> int:
        """An action of the search that has ended in `tree`: the best, or one drawn by the search's policy."""
        uniform = np.array([rng.random()], np.float32)
        trees, temperatures = np.array([tree], np.int32), np.array([temperature], np.float32)
        return int(self._forest.choose(trees, temperatures, uniform)[0])


class Seat:
    """One tree of a service: searches that follow each other in one episode."""

    def __init__(self, service: SearchService, tree: int) -> None:
        self._service, self._tree = service, tree

    async def search(
        self,
        state: State,
        simulations: int,
        rng: np.random.Generator,
        temperature: float = 0.0,
        noise: bool = False,
        played: int = -1,
    ) -> tuple[int, MCTSTrace]:
        """The action that a search from `state` chooses, and its record.

        played: the action that led here from the state searched before, whose subtree is kept; -1 for none.
        Raises EnvironmentFailedError where the rules raised something.
        """
        began = time.perf_counter()
        await self._service.run(self._tree, state, simulations, played, rng if noise else None)
        action = self._service.choose(self._tree, temperature, rng)
        return action, self._service.trace(self._tree, state, action, time.perf_counter() - began)


class _GuardedStates(SlotStates):
    """States whose environment may fail: a state that cannot be reached is one where the episode is over.

    failures: by slot, what was raised since they were last cleared.
    """

    def __init__(self, environment: Environment, num_slots: int, lookahead: bool) -> None:
        super().__init__(environment, num_slots, lookahead)
        self.failures: dict[int, Exception] = {}

    def _expand(self, parent: int, action: int, slot: int) -> tuple[list[int], float, float, list[float]]:
        try:
            return super()._expand(parent, action, slot)
        except Exception as error:
            self.failures[int(slot)] = error
            return [], 0.0, 0.0, []


def _rows(leaves: Leaves, rows: Any) -> LeafRows:
    """Some rows of `leaves`."""
    parts = [leaves.actions[leaves.offsets[row] : leaves.offsets[row + 1]] for row in rows]
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int32)
    roots = None if leaves.roots is None else leaves.roots[rows]
    return LeafRows(leaves.environment, leaves.slots[rows], offsets, np.concatenate(parts), roots)


def _depth(dump: dict[str, Any]) -> int:
    """Steps from the root to the deepest node."""
    first, count, child = (dump[name].tolist() for name in ("node_first_edge", "node_num_edges", "edge_child"))
    depth = deepest = 0
    level = [0]
    while level:
        deepest = depth
        level = [c for node in level for c in child[first[node] : first[node] + count[node]] if c >= 0]
        depth += 1
    return deepest
