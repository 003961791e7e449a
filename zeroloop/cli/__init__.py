"""The `zeroloop` command: one module per subcommand, imported only when it is asked for."""

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence

import zeroloop
from zeroloop.errors import UsageError, ZeroloopError, unknown_name

COMMANDS = {
    "train": "train a player or a solver of puzzles from zero, or continue a run",
    "evaluate": "measure a checkpoint on exactly scored positions or held-out puzzles",
    "generate": "make verifiable tasks of a family",
    "verify": "check answers to tasks",
    "pddl": "read, solve, verify and write planning problems in PDDL",
    "play": "play against a checkpoint in the terminal",
    "bench": "measure the speed of a part",
    "list": "show the games, puzzles, networks, recipes and benchmarks there are",
    "doctor": "show what this machine offers and what is missing",
}

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of a command line: 0, 1 where it failed, 2 where it was not understood, 130 on Ctrl-C.

    What goes wrong is one line on stderr. ZEROLOOP_TRACEBACK=1 shows where it came from.
    """
    try:
        return _dispatch([*(sys.argv[1:] if argv is None else argv)])  # `list` is a subcommand's module here
    except SystemExit as exit_request:  # argparse after --help
        return int(exit_request.code or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe has seen enough
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as problem:
        if os.environ.get("ZEROLOOP_TRACEBACK"):
            raise
        print(f"error: {_one_line(problem)}", file=sys.stderr)
        return problem.exit_code if isinstance(problem, ZeroloopError) else 1


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return 0 if words else UsageError.exit_code
    if words[0] == "--version":
        print(f"zeroloop {zeroloop.__version__}")
        return 0
    if words[0] not in COMMANDS:
        raise unknown_name("command", words[0], COMMANDS)
    result: int = importlib.import_module(f"zeroloop.cli.{words[0]}").run(words[1:])
    return result


def _overview() -> str:
    lines = [f"  {name:<10}{what}" for name, what in COMMANDS.items()]
    return "\n".join(
        ["usage: zeroloop COMMAND ...", "", *lines, "", "`zeroloop COMMAND --help` lists what a command takes."]
    )


def _one_line(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    if isinstance(problem, ZeroloopError | OSError):
        return text
    kind = type(problem).__name__
    return f"unexpected {kind}: {text}; this is a fault of Zeroloop, ZEROLOOP_TRACEBACK=1 shows where it happened"
