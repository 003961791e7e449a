"""What each part of the Connect Four recipe is worth: the same CPU time with and without it.

    python -m benchmarks.ablation --minutes 4 --seeds 1 --out build/ablation.jsonl base no_forced_playouts ...

Every run has one worker and stops by the CPU time of its process, so that a busy machine changes nothing but the wait;
two run side by side. Graded on the `choose` half of the positions: mean weak error of the six sets, in percent, of the
bare network (1,000 positions a set) and with 200 simulations (500 a set).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

BASE = {"workers": 1, "selfplay.actors": 1, "selfplay.moves_per_iteration": 10_000, "arena_every": 10_000}
BASE |= {"grading.positions": 0, "arena.num_pairs": 32}

VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "no_proofs": {"search.proofs": False, "search.lookahead": False},
    "no_lookahead": {"search.lookahead": False},
    "no_forced_playouts": {"search.forced_playouts": 0.0},
    "forced_playouts": {"search.forced_playouts": 2.0},
    "no_surprise": {"examples.surprise_weight": 0.0},
    "no_auxiliary": {"learner.soft_policy_weight": 0.0, "learner.reply_weight": 0.0},
    "strong_soft_policy": {"learner.soft_policy_weight": 4.0},
    "no_subtree_reuse": {"search.reuse_subtree": False},
    "no_proven_records": {"selfplay.record_proven": False},
    "archive": {"selfplay.archive_fraction": 0.3},
    "archive_only": {"selfplay.archive_fraction": 0.5, "selfplay.opening_fraction": 0.0},
    "no_openings": {"selfplay.opening_fraction": 0.0},
    "all_openings": {"selfplay.opening_fraction": 0.9},
    "gumbel": {"search.root_policy": "gumbel"},
    "full_64": {"search.num_simulations": 64},
    "full_200": {"search.num_simulations": 200},
    "no_playout_cap": {"search.num_simulations": 64, "selfplay.full_search_fraction": 1.0},
    "half_full": {"selfplay.full_search_fraction": 0.5},
    "fast_32": {"selfplay.fast_simulations": 32},
    "outcome_only": {"examples.value_lambda": 1.0},
    "lambda_95": {"examples.value_lambda": 0.95},
    "lambda_80": {"examples.value_lambda": 0.8},
    "lambda_60": {"examples.value_lambda": 0.6},
    "rate_4e-3": {"learner.learning_rate": 4e-3},
    "rate_1e-3": {"learner.learning_rate": 1e-3},
    "reuse_2": {"learner.reuse": 2.0},
    "reuse_8": {"learner.reuse": 8.0},
    "batch_128": {"learner.batch_size": 128},
    "value_weight_2": {"learner.value_weight": 2.0},
    "wide_64x4": {"network_options.channels": 64},
    "deep_32x6": {"network_options.blocks": 6},
    "middle_48x4": {"network_options.channels": 48},
    "iteration_20k": {"selfplay.moves_per_iteration": 20_000},
    "iteration_5k": {"selfplay.moves_per_iteration": 5_000},
    "temperature_30": {"selfplay.temperature_plies": 30},
    "c_puct_2": {"search.c_puct": 2.0},
    "small_window": {"replay.fraction": 0.35},
}


def settings(overrides: dict[str, Any], seed: int, minutes: float) -> dict[str, Any]:
    """The connect_four_small recipe with the base and a variant's changes, as nested settings."""
    import tomllib

    import zeroloop.run

    recipe = Path(zeroloop.run.__file__).parent / "recipes/connect_four_small.toml"
    nested = tomllib.loads(recipe.read_text()) | {"seed": seed, "minutes": minutes}
    for path, value in (BASE | overrides).items():
        *groups, name = path.split(".")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = value
    return nested


def measure(overrides: dict[str, Any], seed: int, minutes: float, directory: Path) -> dict[str, Any]:
    """Train one variant and grade the network that it ends with."""
    from zeroloop.learning import checkpoint as checkpoints
    from zeroloop.reports import SilentReporter
    from zeroloop.run import telemetry, trainer
    from zeroloop.run.grading import grade
    from zeroloop.run.players import load_player
    from zeroloop.run.positions import read_positions, shipped_sets
    from zeroloop.run.settings import RunSettings

    telemetry.time = SimpleNamespace(monotonic=time.process_time)  # type: ignore[attr-defined]
    wanted = RunSettings.model_validate(settings(overrides, seed, minutes))
    outcome = trainer.train(wanted, directory, resume=False, reporter=SilentReporter())
    last = directory / f"checkpoints/iteration_{outcome.iterations}.pt"
    player = load_player(str(last))
    evaluator = player.evaluator(wanted.evaluator)
    report: dict[str, Any] = {"iterations": outcome.iterations, "examples": 0, "bare": {}, "searched": {}}
    report["examples"] = checkpoints.load(last).training["replay"]["total"]  # type: ignore[index]
    for name, path in shipped_sets("choose").items():
        positions = read_positions(path, player.environment)
        for label, count, simulations in (("bare", 1000, 0), ("searched", 500, 200)):
            chosen = positions[:count]
            found = grade(player.environment, evaluator, chosen, wanted.search, simulations)
            report[label][name] = round(100 * found.weak_error, 2)
    for label in ("bare", "searched"):
        report[f"{label}_mean"] = round(sum(report[label].values()) / len(report[label]), 3)
    return report


def main() -> None:
    """Run the named variants and append one line each to the output file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(VARIANTS)}; or path=value,path=value")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/ablation.jsonl"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name, seed = arguments.names[0], arguments.seeds[0]
        print(json.dumps(measure(overrides(name), seed, arguments.minutes, Path(arguments.one))))
        return

    def job(item: tuple[str, int]) -> None:
        name, seed = item
        with tempfile.TemporaryDirectory() as scratch:
            words = ["--one", f"{scratch}/run", "--seeds", str(seed), "--minutes", str(arguments.minutes), name]
            done = subprocess.run([sys.executable, "-m", "benchmarks.ablation", *words], capture_output=True, text=True)
        line = {"name": name, "seed": seed, "minutes": arguments.minutes}
        line |= json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr[-500:]}
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        with arguments.out.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(name, seed, line.get("bare_mean"), line.get("searched_mean"), line.get("error", ""), flush=True)

    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(job, [(name, seed) for seed in arguments.seeds for name in arguments.names]))


def overrides(name: str) -> dict[str, Any]:
    """The changes of a named variant, or those written out as path=value,path=value."""
    if "=" not in name:
        return VARIANTS[name]
    pairs = (word.split("=") for word in name.split(","))
    return {path: json.loads(value) for path, value in pairs}


if __name__ == "__main__":
    main()
