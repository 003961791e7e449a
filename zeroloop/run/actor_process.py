"""An actor in a process of its own: rules in Python hold the interpreter's lock, for which threads would wait."""

import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import torch

from zeroloop.data.episodes import GameEpisode
from zeroloop.data.examples import Examples
from zeroloop.errors import ActorLostError
from zeroloop.evaluators.settings import Backend
from zeroloop.observers import Observations
from zeroloop.run.actor_host import ActorHost, Standing
from zeroloop.run.league import Weights
from zeroloop.run.players import make_environment
from zeroloop.run.settings import RunSettings
from zeroloop.run.yardstick import AnyGrade, Grading, Yardstick
from zeroloop.selfplay.actor import ActorStatistics

GRACE_SECONDS = 30.0
"""How long a process may take to end once its pipe is closed."""
_NOWHERE = Standing(0, ActorStatistics(), None)


class ActorProcess:
    """An ActorHost in a process of its own, which ends with this one, however that ends.

    Each method raises what the host's raised; ActorLostError where the process has ended.
    """

    def __init__(self, settings: RunSettings, index: int) -> None:
        self._index, self.standing = index, _NOWHERE
        self._pipe, theirs = Pipe()
        program = f"import sys; sys.path[:] = {sys.path!r}; from zeroloop.run.actor_process import serve; "
        with theirs:
            descriptor = theirs.fileno()
            command = [sys.executable, "-c", f"{program}serve({descriptor})"]
            self._process = subprocess.Popen(command, pass_fds=[descriptor])
        _send(self._pipe, (settings, index))

    @property
    def remaining(self) -> int:
        """See Actor."""
        return self.standing.remaining

    def take_weights(self, weights: Weights, shown: Observations, backend: Backend) -> None:
        """See ActorHost."""
        self._ask("take_weights", {name: weight.cpu() for name, weight in weights.items()}, shown, backend)

    def begin_iteration(self, iteration: int, quota: int) -> None:
        """See ActorHost."""
        self._ask("begin_iteration", iteration, quota)

    def play(self, moves: int) -> None:
        """See ActorHost."""
        self._ask("play", moves)

    def take_games(self) -> tuple[list[GameEpisode], Examples | None]:
        """See ActorHost."""
        games: tuple[list[GameEpisode], Examples | None] = self._ask("take_games")
        return games

    def sets(self) -> list[str]:
        """See ActorHost."""
        sets: list[str] = self._ask("sets")
        return sets

    def grades(self, names: Sequence[str], how: Grading) -> dict[str, AnyGrade]:
        """See ActorHost."""
        grades: dict[str, AnyGrade] = self._ask("grades", names, how)
        return grades

    def state(self) -> dict[str, Any]:
        """See ActorHost."""
        state: dict[str, Any] = self._ask("state")
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """See ActorHost."""
        self._ask("restore", state)

    def close(self) -> None:
        """End the process, after what it is doing; kill it where that takes too long."""
        self._pipe.close()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, method: str, *arguments: Any) -> Any:
        try:
            _send(self._pipe, (method, arguments))
            answer, error, self.standing = _receive(self._pipe)
        except (EOFError, OSError) as lost:
            raise ActorLostError(
                f"the process of actor {self._index} ended by itself, with status {self._process.wait(GRACE_SECONDS)} "
                "(-9: killed, as a rule because memory ran out); resume the run, with fewer selfplay.actors or "
                "selfplay.games_per_actor where memory is short"
            ) from lost
        if error is not None:
            raise error
        return answer


def serve(descriptor: int) -> None:
    """Be the host that the other end of a pipe asks for, and do what it says until it closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other end decides what an interruption means
    torch.set_num_threads(1)
    with Connection(descriptor) as pipe:
        settings, index = _receive(pipe)
        host: ActorHost | None = None
        while True:
            answer, error = None, None
            try:
                method, arguments = _receive(pipe)
                host = host or _host(settings, index)
                answer = getattr(host, method)(*arguments)
            except EOFError:
                return
            except Exception as raised:
                error = _portable(raised)
            try:
                _send(pipe, (answer, error, host.standing if host else _NOWHERE))
            except BrokenPipeError:
                return


def _host(settings: RunSettings, index: int) -> ActorHost:
    environment = make_environment(settings.game, settings.game_options)
    return ActorHost(settings, index, environment, Yardstick(environment, settings.search, settings.grading))


def _portable(error: Exception) -> Exception:
    """`error` with where it was raised, or what it says where it cannot be sent."""
    error.add_note(f"in the process of an actor:\n{''.join(traceback.format_tb(error.__traceback__))}")
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


# Not Connection.send, by which torch would hand tensors over in shared memory.
def _send(pipe: Connection, message: Any) -> None:
    pipe.send_bytes(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))


def _receive(pipe: Connection) -> Any:
    return pickle.loads(pipe.recv_bytes())
