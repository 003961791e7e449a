"""An actor: many games played at once by one search forest, for training."""

import json
from collections import deque
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from zeroloop import _native
from zeroloop.contracts import (
    DemonstratingEnvironment,
    Environment,
    Evaluator,
    GradedTaskEnvironment,
    Int32,
    State,
    TaskEnvironment,
)
from zeroloop.data.episodes import FAST, FULL, GameEpisode
from zeroloop.errors import SettingError
from zeroloop.search import SearchSettings, advance, batch_environment, make_forest, root_noise
from zeroloop.seeding import stream
from zeroloop.selfplay.curriculum import Curriculum
from zeroloop.selfplay.game import GameInPlay, pack, unpack
from zeroloop.selfplay.settings import SelfPlaySettings

Task: TypeAlias = dict[str, Any] | None
_DRAWS = 200
"""Tasks that are drawn for a demonstration, before the solvers count as knowing none."""


@dataclass
class ActorStatistics:
    """Counts since the actor began: searched moves, simulations, finished games, moves of demonstrations."""

    moves: int = 0
    simulations: int = 0
    games: int = 0
    demonstrated: int = 0


class Actor:
    """Games of two players, or episodes of one agent on tasks, played by search and recorded.

    What an actor plays is a function of its index, the seed, and the evaluators and quotas of the iterations so far;
    other actors and the order in which segments run have no influence. Between iterations its whole state is `state()`.
    """

    def __init__(
        self, environment: Environment, index: int, seed: int, search: SearchSettings, settings: SelfPlaySettings
    ) -> None:
        self.environment, self.index, self.seed, self.settings = environment, index, seed, settings
        self.search = search.model_copy(
            update={"num_simulations": max(search.num_simulations, settings.fast_simulations)}
        )
        self.budgets = {FAST: settings.fast_simulations, FULL: search.num_simulations}
        self.statistics = ActorStatistics()
        self._next_game = self._quota = 0
        self._archive: deque[tuple[Task, list[int]]] = deque(maxlen=settings.archive_games)
        self._games: list[GameInPlay] = []
        self._curriculum = new_curriculum(environment, settings)
        check_demonstrations(environment, settings)
        self._episodes: list[GameEpisode] = []
        self._forest = make_forest(settings.games_per_actor, self.search)
        slots = self._forest.num_slots + settings.games_per_actor
        self._batch = batch_environment(environment, slots, search.lookahead and search.proofs)
        self._slots = np.arange(self._forest.num_slots, slots, dtype=np.int32)

    # ---- one iteration ----------------------------------------------------------------------------------------------

    def begin_iteration(self, iteration: int, evaluator: Evaluator, moves: int) -> None:
        """Take new weights and a quota of moves. Running searches start afresh, since their evaluations are old."""
        self._iteration, self._evaluator, self._quota = iteration, evaluator, moves
        self._rng = stream(self.seed, "actor", self.index, iteration)
        first = not self._games
        if first:
            self._games = [self._new_game() for _ in self._slots]
        self._forest = make_forest(self.settings.games_per_actor, self.search)
        for slot, game in zip(self._slots, self._games, strict=True):
            self._batch.write(int(slot), self._state(game))
        everyone = np.arange(len(self._games), dtype=np.int32)
        self._begin_searches(everyone, np.full(len(everyone), -1, np.int32), draw_kinds=first)

    @property
    def remaining(self) -> int:
        """Moves of the quota that are still to be made."""
        return max(0, self._quota)

    def play(self, moves: int) -> None:
        """Make about `moves` moves of the quota (whole rounds)."""
        target = self._quota - moves
        before = self._forest.total_simulations
        while self._quota > max(0, target):
            advance(self._forest, self._batch, self._evaluator)
            trees = self._forest.take_finished()
            if len(trees):
                self._move(trees)
                self._demonstrate()
        self.statistics.simulations += self._forest.total_simulations - before

    def take_episodes(self) -> list[GameEpisode]:
        """Games finished since the last call."""
        taken, self._episodes = self._episodes, []
        return taken

    # ---- moves ------------------------------------------------------------------------------------------------------

    def _begin_searches(self, trees: Int32, actions: Int32, draw_kinds: bool = True) -> None:
        if draw_kinds:
            full = self._rng.random(len(trees)) < self.settings.full_search_fraction
            for tree, is_full in zip(trees, full, strict=True):
                self._games[tree].kind = FULL if is_full else FAST
        kinds = np.array([self._games[tree].kind for tree in trees])
        counts = np.diff(self._batch.legal(self._slots[trees])[0])
        if self.search.root_policy == "puct":
            counts = np.where(kinds == FULL, counts, 0)
        offsets, noise = root_noise(self.search, self._rng, counts)
        budgets = np.where(kinds == FULL, self.budgets[FULL], self.budgets[FAST]).astype(np.int32)
        self._forest.begin(trees, self._slots[trees], budgets, actions, offsets, noise)

    def _move(self, trees: Int32) -> None:
        """Play the found move in the games of finished searches, and start their next searches."""
        plies = np.array([len(self._games[tree]) for tree in trees])
        temperatures = np.where(plies < self.settings.temperature_plies, 1.0, 0.0).astype(np.float32)
        actions = self._forest.choose(trees, temperatures, self._rng.random(len(trees), np.float32))
        self._record(trees, actions)
        slots = self._slots[trees]
        leaves = self._batch.expand(_native.Request(slots, actions, slots))
        for row in np.flatnonzero(leaves.terminals):
            tree = int(trees[row])
            self._finish(tree)
            actions[row] = -1
        self._quota -= len(trees)
        self.statistics.moves += len(trees)
        self._begin_searches(trees, actions)

    def _record(self, trees: Int32, actions: Int32) -> None:
        found = self._forest.results(trees)
        columns = ("actions", "visit_counts", "action_weights", "priors", "action_values")
        policies = np.stack([found[name] for name in columns], axis=1, dtype=np.float64)
        rows = zip(
            *(trees.tolist(), actions.tolist(), found["offsets"][:-1].tolist(), found["offsets"][1:].tolist()),
            *(found[name].tolist() for name in ("root_values", "raw_values", "proven")),
            strict=True,
        )
        lost = -self.search.best_return if self.environment.num_players == 2 else 0.0
        for tree, action, start, end, root_value, raw_value, proven in rows:
            game = self._games[tree]
            if self.settings.record_proven and proven > lost:  # False where nothing is proven: NaN
                game.kind = FULL
            game.add(action, root_value, raw_value, proven, policies[start:end])

    def _finish(self, tree: int) -> None:
        """Keep the finished game and put a new one in its place."""
        game = self._games[tree]
        outcome = self._outcome(game)
        self._episodes.append(game.episode(self.environment, self.index, self._iteration, outcome))
        self._archive.append((game.task, game.actions))
        if self._curriculum is not None and game.task is not None:
            assert isinstance(self.environment, GradedTaskEnvironment)
            success = self.environment.succeeds(game.task, outcome)
            self._curriculum.note(self.environment.sort(game.task), game.task["difficulty"], success)
        self.statistics.games += 1
        self._games[tree] = fresh = self._new_game()
        self._batch.write(int(self._slots[tree]), self._state(fresh))

    def _demonstrate(self) -> None:
        """Let classical solvers play until their moves have their share."""
        share, counts = self.settings.demonstrations, self.statistics
        while counts.demonstrated * (1 - share) < counts.moves * share:
            episode = self._demonstration()
            self._episodes.append(episode)
            counts.demonstrated += len(episode)

    def _demonstration(self) -> GameEpisode:
        """A good solution of a fresh task."""
        assert isinstance(self.environment, DemonstratingEnvironment)
        for _ in range(_DRAWS):
            task = self.environment.sample_task(self._rng)
            game = GameInPlay(self._next_game, 0, task)
            for action in self.environment.demonstration(task):
                game.add_demonstrated(action)
            outcome = self._outcome(game)
            if self.environment.succeeds(task, outcome):
                self._next_game += 1
                return game.episode(self.environment, self.index, self._iteration, outcome)
        raise SettingError(
            f"selfplay.demonstrations: no solver knew a good solution of any of {_DRAWS} tasks of "
            f"{self.environment.name!r}; set it to 0"
        )

    # ---- starts -----------------------------------------------------------------------------------------------------

    def _new_game(self) -> GameInPlay:
        task, actions = self._opening()
        game = GameInPlay(self._next_game, len(actions), task)
        self._next_game += 1
        for action in actions:
            game.add_opening(action)
        return game

    def _opening(self) -> tuple[Task, list[int]]:
        """The task of a new game, and the moves that it begins with."""
        kind = self._rng.random()
        if kind < self.settings.archive_fraction and self._archive:
            task, actions = self._archive[int(self._rng.integers(len(self._archive)))]
            return task, actions[: int(self._rng.integers(len(actions)))]
        task = self._new_task()
        if 0 <= kind - self.settings.archive_fraction < self.settings.opening_fraction:
            return task, self._random_moves(task, int(self._rng.integers(1, self.settings.opening_plies + 1)))
        return task, []

    def _new_task(self) -> Task:
        if self._curriculum is not None:
            assert isinstance(self.environment, GradedTaskEnvironment)
            return self.environment.sample_task(self._rng, limit=self._curriculum.limit)
        return self.environment.sample_task(self._rng) if isinstance(self.environment, TaskEnvironment) else None

    def _random_moves(self, task: Task, count: int) -> list[int]:
        """Up to `count` random moves that do not end the game."""
        state, actions = self.environment.initial_state(task), []
        for _ in range(count):
            action = int(self._rng.choice(self.environment.legal_actions(state)))
            transition = self.environment.step(state, action)
            if transition.terminal:
                break
            state = transition.state
            actions.append(action)
        return actions

    def _state(self, game: GameInPlay) -> State:
        state = self.environment.initial_state(game.task)
        for action in game.actions:
            state = self.environment.step(state, action).state
        return state

    def _outcome(self, game: GameInPlay) -> float:
        """The return of whoever moved first."""
        state, outcome, weight = self.environment.initial_state(game.task), 0.0, 1.0
        for action in game.actions:
            state, reward, discount, _ = self.environment.step(state, action)
            outcome += weight * reward
            weight *= discount
        return outcome

    # ---- checkpoint -------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything that the next iteration depends on: arrays and plain data."""
        lengths = np.array([len(actions) for _, actions in self._archive], np.int64)
        return {
            "next_game": self._next_game,
            "statistics": vars(self.statistics).copy(),
            "games": pack(self._games),
            "archive": np.array([a for _, actions in self._archive for a in actions], np.int32),
            "archive_lengths": lengths,
            "archive_tasks": json.dumps([task for task, _ in self._archive]),
            "curriculum": self._curriculum.state() if self._curriculum else {},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned."""
        self._next_game = state["next_game"]
        self.statistics = ActorStatistics(**state["statistics"])
        self._games = unpack(state["games"])
        if self._curriculum:
            self._curriculum.restore(state["curriculum"])
        ends = np.cumsum(state["archive_lengths"])
        games = np.split(state["archive"], ends[:-1]) if len(ends) else []
        tasks = json.loads(state["archive_tasks"])
        pairs = zip(tasks, (game.tolist() for game in games), strict=True)
        self._archive = deque(pairs, maxlen=self.settings.archive_games)


def new_curriculum(environment: Environment, settings: SelfPlaySettings) -> Curriculum | None:
    """The curriculum that `settings` ask for. Raises SettingError where tasks of the environment have no difficulty."""
    if not settings.curriculum:
        return None
    if not isinstance(environment, GradedTaskEnvironment):
        raise SettingError(
            f"selfplay.curriculum: tasks of {environment.name!r} have no difficulties; leave it out, or set game to "
            "'tasks'"
        )
    return Curriculum(*environment.difficulty)


def check_demonstrations(environment: Environment, settings: SelfPlaySettings) -> None:
    """Raises SettingError where `settings` ask for demonstrations that the environment cannot give."""
    if settings.demonstrations and not isinstance(environment, DemonstratingEnvironment):
        raise SettingError(
            f"selfplay.demonstrations: {environment.name!r} knows no solutions of its own; leave it at 0, or set "
            "game to 'tasks'"
        )
