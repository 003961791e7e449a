"""Regenerates the exactly scored Connect Four positions in `zeroloop/run/positions` (see docs/positions.md).

    python benchmarks/make_positions.py [--positions 1000] [--seed 1] [--out DIR] [--work DIR]

Needs the `solver` extra. The scored candidates are kept in the work directory: an interrupted run resumes there, and
ends in the same files, because candidate i of a phase depends on (seed, phase, i) only.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bitbully import BitBully, Board
from rich.progress import Progress

from zeroloop.seeding import stream

CELLS = 42
PHASES = {"beginning": range(15), "middle": range(15, 29), "end": range(29, 42)}
"""Stones on the board; 41 at most, so that a move is left."""
DIFFICULTIES = {"easy": range(1, 14), "medium": range(14, 28), "hard": range(28, 43)}
"""Moves until the end of the game under perfect play by both."""
HALVES = ("choose", "report")
OUT = Path(__file__).resolve().parent.parent / "zeroloop" / "run" / "positions" / "connect_four"


def moves_left(score: int, stones: int) -> int:
    """Moves until the game ends under perfect play, from the exact score of a position with `stones` stones.

    A player who wins with their k-th stone has the score 22 - k.
    """
    if score > 0:
        return 2 * (22 - score - stones // 2) - 1
    if score < 0:
        return 2 * (22 + score - (stones + 1) // 2)
    return CELLS - stones


def difficulties(phase: str) -> list[str]:
    """The difficulties that exist in a phase: no game lasts longer than there are free cells."""
    free = CELLS - PHASES[phase].start
    return [name for name, lengths in DIFFICULTIES.items() if lengths.start <= free]


def random_position(rng: np.random.Generator, stones: int) -> tuple[str, Board]:
    """Moves (columns 1-7) and board after `stones` uniformly random legal moves that did not end the game."""
    while True:
        board, moves = Board(), ""
        while len(moves) < stones and not board.has_win():
            column = int(rng.choice(board.legal_moves()))
            board.play(column)
            moves += str(column + 1)
        if not board.has_win():
            return moves, board


def resume(path: Path) -> list[dict[str, Any]]:
    """The candidates scored so far; a line torn by an interruption is cut off."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    path.write_text(whole + "\n" if whole else "", encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def canonical(board: Board) -> int:
    """One key for a position and its mirror image; unlike positions and movers have unlike keys."""
    return min(board.uid(), board.mirror().uid())


def candidates(seed: int, phase: str, start: int) -> Iterator[tuple[int, str, Board]]:
    """Candidates start, start + 1, ... of a phase."""
    index = start
    while True:
        rng = stream(seed, "positions", phase, index)
        moves, board = random_position(rng, int(rng.choice(PHASES[phase])))
        yield index, moves, board
        index += 1


def make_phase(phase: str, wanted: int, seed: int, work: Path, progress: Progress) -> dict[str, list[dict[str, Any]]]:
    """`wanted` scored positions of each difficulty that the phase has, in the order they were drawn."""
    path = work / f"{phase}-{seed}.jsonl"
    done = resume(path)
    sets: dict[str, list[dict[str, Any]]] = {name: [] for name in difficulties(phase)}
    bars = {name: progress.add_task(f"{phase}-{name}", total=wanted) for name in sets}
    seen: set[int] = set()
    solver = BitBully()

    def keep(row: dict[str, Any], board: Board) -> bool:
        left = moves_left(max(row["move_scores"].values()), len(row["moves"]))
        name = next(name for name, lengths in DIFFICULTIES.items() if left in lengths)
        new = len(sets[name]) < wanted and canonical(board) not in seen
        if new:
            seen.add(canonical(board))
            sets[name].append(row)
            progress.advance(bars[name])
        return new

    for row in done:
        keep(row, Board([int(move) - 1 for move in row["moves"]]))
    with path.open("a", encoding="utf-8") as file:
        for index, moves, board in candidates(seed, phase, done[-1]["candidate"] + 1 if done else 0):
            if all(len(rows) == wanted for rows in sets.values()):
                return sets
            left = moves_left(solver.mtdf(board), len(moves))
            name = next(name for name, lengths in DIFFICULTIES.items() if left in lengths)
            if len(sets[name]) == wanted or canonical(board) in seen:
                continue  # decided by the cheap score of the position, before its moves are scored
            scores = {str(column + 1): score for column, score in sorted(solver.score_all_moves(board).items())}
            row = {"candidate": index, "moves": moves, "move_scores": scores}
            keep(row, board)
            file.write(json.dumps(row) + "\n")
            file.flush()
    raise AssertionError("candidates never end")


def main() -> None:
    """Write `{choose,report}/{phase}-{difficulty}.jsonl`; the positions of a set alternate between the halves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--positions", type=int, default=1000, help="positions in each half of each set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", type=Path, default=Path("build/positions"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    with Progress() as progress:
        for phase in PHASES:
            sets = make_phase(phase, 2 * options.positions, options.seed, options.work, progress)
            for name, rows in sets.items():
                for offset, half in enumerate(HALVES):
                    path = options.out / half / f"{phase}-{name}.jsonl"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    lines = (
                        json.dumps({key: row[key] for key in ("moves", "move_scores")}, separators=(",", ":")) + "\n"
                        for row in rows[offset::2]
                    )
                    path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
