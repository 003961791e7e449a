"""`zeroloop play`: a game in the terminal, with the search's opinion of each move on request."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zeroloop import registry
from zeroloop.cli.arguments import Parser, at_least
from zeroloop.contracts import Action, Environment, Evaluator, State
from zeroloop.errors import IllegalActionError
from zeroloop.evaluators.rollout import RolloutEvaluator
from zeroloop.run.grading import playing_settings
from zeroloop.run.players import load_player, search_settings
from zeroloop.search import SearchResult, search
from zeroloop.search.settings import SearchSettings
from zeroloop.seeding import stream

HELP = "a move; ? or hint: the search's opinion; u or undo: take back; q or quit"


def run(words: Sequence[str]) -> int:
    """Exit code 0 when the game was played or left."""
    arguments = _parser().parse(words)
    environment, evaluator = _opponent(arguments)
    settings = playing_settings(search_settings(environment), arguments.simulations)
    machine = Machine(environment, evaluator, settings, stream(arguments.seed, "play"))
    humans = {"first": {0}, "second": {1}, "both": {0, 1}, "none": set()}[arguments.side]
    Game(machine, humans if environment.num_players == 2 else {0, 1}).play()
    return 0


def _parser() -> Parser:
    parser = Parser("play", f"Play in the terminal. Type {HELP}.")
    option = parser.add_argument
    option("game", metavar="GAME", help="a game of `zeroloop list`")
    option("--checkpoint", metavar="CHECKPOINT|RUN", help="the opponent (default: a search with random playouts)")
    option("--simulations", type=at_least(1), default=400, metavar="K", help="per move of the opponent, default 400")
    sides = "who you are: the first player (default), the second, both, or none to watch"
    option("--side", choices=("first", "second", "both", "none"), default="first", help=sides)
    option("--seed", type=at_least(0), default=0, metavar="S", help="of the opponent's randomness, default 0")
    return parser


def _opponent(arguments: argparse.Namespace) -> tuple[Environment, Evaluator]:
    module = registry.load("envs", arguments.game)
    if arguments.checkpoint is None:
        return module.environment(), RolloutEvaluator(arguments.seed)
    player = load_player(arguments.checkpoint, arguments.game)
    return player.environment, player.evaluator()


@dataclass(frozen=True)
class Machine:
    """The opponent, which is also the adviser."""

    environment: Environment
    evaluator: Evaluator
    settings: SearchSettings
    rng: np.random.Generator

    def think(self, state: State) -> SearchResult:
        """The search of one state."""
        return search(self.environment, self.evaluator, [state], self.settings, self.rng)

    def opinion(self, state: State) -> str:
        """A table of the legal actions: visits, value for the mover, prior of the network; and what is proven."""
        result = self.think(state)
        lines = [f"{'move':>6}{'visits':>8}{'value':>8}{'prior':>8}"]
        for index in np.argsort(-result.visit_counts, kind="stable"):
            name = self.environment.action_name(state, int(result.actions[index]))
            prior, value = result.priors[index], result.action_values[index]
            lines.append(f"{name:>6}{result.visit_counts[index]:>8}{value:>+8.2f}{prior:>8.1%}")
        best = self.environment.action_name(state, int(result.chosen[0]))
        return "\n".join([*lines, f"best: {best}; {_verdict(result)}"])


def _verdict(result: SearchResult) -> str:
    proven = float(result.proven[0])
    if math.isnan(proven):
        return f"expected result {float(result.root_values[0]):+.2f}, nothing proven"
    return f"proven {'win' if proven > 0 else 'loss' if proven < 0 else 'draw'} ({proven:+.2f})"


class Game:
    """One game between the machine and the people in the seats `humans` (0 moves first)."""

    def __init__(self, machine: Machine, humans: set[int]) -> None:
        self.machine, self.environment, self.humans = machine, machine.environment, humans
        self.history: list[State] = [self.environment.initial_state()]
        self.total = 0.0

    @property
    def _seat(self) -> int:
        return (len(self.history) - 1) % 2

    def play(self) -> None:
        """Play until the game ends or a person leaves it."""
        while self.environment.legal_actions(self.history[-1]):
            state = self.history[-1]
            if self._seat not in self.humans:
                action = int(self.machine.think(state).chosen[0])
                print(f"machine plays {self.environment.action_name(state, action)}", flush=True)
                self._step(action)
                continue
            print(self.environment.describe(state), flush=True)
            if not self._turn(state):
                print("goodbye")
                return

    def _turn(self, state: State) -> bool:
        """Let a person move or take back; False when they leave."""
        while True:
            try:
                text = input("your move: ").strip()
            except EOFError:
                print()
                return False
            match text.lower():
                case "":
                    print(HELP)
                case "q" | "quit":
                    return False
                case "?" | "hint":
                    print(self.machine.opinion(state), flush=True)
                case "u" | "undo":
                    if self._undo():
                        return True
                    print("there is no move of yours to take back")
                case _:
                    try:
                        self._step(self.environment.parse_action(state, text))
                    except IllegalActionError as problem:
                        print(f"{problem}; or {HELP.partition('; ')[2]}")
                    else:
                        return True

    def _undo(self) -> bool:
        """Go back to the last position in which a person moved; False where there is none."""
        turns = [index for index in range(len(self.history) - 1) if index % 2 in self.humans]
        if turns:
            del self.history[turns[-1] + 1 :]
        return bool(turns)

    def _step(self, action: Action) -> None:
        transition = self.environment.step(self.history[-1], action)
        seat = self._seat
        self.history.append(transition.state)
        self.total += transition.reward
        if transition.terminal:
            print(self.environment.describe(transition.state))
            print(self._result(seat, transition.reward), flush=True)

    def _result(self, seat: int, reward: float) -> str:
        """What the last mover's reward means for the people at the board."""
        if self.environment.num_players == 1:
            return f"the end; return {self.total:+.2f}"
        if reward == 0:
            return "a draw"
        winner = seat if reward > 0 else 1 - seat
        if self.humans == {winner}:
            return "you win"
        if self.humans == {1 - winner}:
            return "the machine wins"
        return f"the {'second' if winner else 'first'} player wins"
