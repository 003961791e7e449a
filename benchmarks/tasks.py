"""Tasks: verdicts a second, wrong and right answers in bulk, what is solved without a network, and episodes a second
one at a time and side by side."""

import asyncio
import itertools
import time
from random import Random
from typing import Any

import numpy as np
import torch

from zeroloop.contracts import Task, TaskKind
from zeroloop.evaluators.rollout import playout
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.networks.hrm import create_hrm_agent
from zeroloop.networks.reasoners import ReasonersConfig
from zeroloop.networks.trm import create_trm_agent
from zeroloop.run.trials import grade_tasks
from zeroloop.search import SearchSettings
from zeroloop.seeding import stream
from zeroloop.selfplay.episodes import SelfPlayEpisodeGenerator
from zeroloop.tasks import kinds
from zeroloop.tasks._code import CodeKind
from zeroloop.tasks._mixture import MAX_TOKENS, Mixture


def run(quick: bool = False) -> dict[str, dict[str, Any]]:
    """Rates and counts of all cases."""
    return {
        "verifiers": verifiers(10 if quick else 20_000),
        "solved without a network": baselines(1 if quick else 30, 10 if quick else 200),
        "episodes/s": episodes(2 if quick else 128),
    }


def verifiers(answers: int, family: str | None = None) -> dict[str, dict[str, float]]:
    """By kind, over `answers` right and as many wrong answers to tasks of all difficulties: verdicts a second on one
    core, right ones that were refused, wrong ones that were accepted. Programs: see benchmarks/verdicts.py."""
    found = {}
    for kind in (each for each in kinds(family) if not isinstance(each, CodeKind)):
        rng = stream(1, "verifiers", kind.name)
        tasks = [kind.make(rng, difficulty) for difficulty in np.linspace(0, 1, max(2, min(200, answers // 10)))]
        right = _answers(kind, tasks, "notations", answers)
        wrong = _answers(kind, tasks, "near_misses", answers)
        start = time.process_time()
        refused = sum(kind.verify(*each).verdict != "correct" for each in right)
        accepted = sum(kind.verify(*each).verdict != "wrong" for each in wrong)
        seconds = time.process_time() - start
        found[kind.name] = {
            "verdicts/s": 2 * answers / seconds,
            "answers": 2 * answers,
            "refused": refused,
            "accepted": accepted,
        }
    return found


def _answers(kind: TaskKind, tasks: list[Task], form: str, count: int) -> list[tuple[Task, Any]]:
    """So many answers, from all tasks in turns."""
    each = -(-count // len(tasks))
    pairs = []
    for number, task in enumerate(tasks):
        made = getattr(kind, form)(task, stream(number, form))
        pairs += [(task, answer) for answer in itertools.islice(made, each)]
    return pairs[:count]


def baselines(count: int, simulations: int) -> dict[str, dict[str, list[float]]]:
    """By kind of the family "reasoning", at difficulty 0.1, 0.5 and 0.9: the share of `count` tasks that are solved by
    random play (ten episodes each), by search with equal priors and values of 0, without lookahead (twice as many
    simulations in deduction, four times in Sokoban), and, where the kind has one, by its classical heuristic, such as
    assigning the most constrained variable without ever going back."""
    found = {}
    for kind in kinds("reasoning"):
        budget = simulations * {"deduction": 2, "sokoban": 4}.get(kind.name, 1)
        rows = [_baselines(kind, difficulty, count, budget) for difficulty in (0.1, 0.5, 0.9)]
        columns = ("random", "search", "heuristic")[: len(rows[0])]
        found[kind.name] = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
    return found


def _baselines(kind: TaskKind, difficulty: float, count: int, simulations: int) -> list[float]:
    mixture = Mixture([kind.name])
    tasks = [kind.make(stream(seed, "baselines", kind.name), difficulty) for seed in range(count)]
    random = [playout(mixture, mixture.initial_state(task), 0, Random(seed)) for seed, task in enumerate(tasks * 10)]
    settings = SearchSettings(lookahead=False)
    grade = grade_tasks(mixture, UniformEvaluator(), tasks, settings, simulations)
    shares = [np.mean(np.array(random) >= kind.min_score), grade.good]
    if heuristic := getattr(kind, "baseline", None):
        shares.append(np.mean([kind.verify(task, heuristic(task)).score >= kind.min_score for task in tasks]))
    return [*map(float, shares)]


def episodes(count: int) -> dict[str, float]:
    """Episodes a second on the same Countdown tasks with a small pair, one at a time and all at once; one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    policy, value = ReasonersConfig(value="categorical").agents(MAX_TOKENS)
    (kind,) = (each for each in kinds("math") if each.name == "countdown")
    rng = stream(1, "episodes")
    tasks = [{"task_id": str(i), **kind.make(rng, 0.5)} for i in range(count)]
    rates = {}
    for parallel in (1, count):
        generator = SelfPlayEpisodeGenerator(
            create_hrm_agent(policy), create_trm_agent(value), {"num_simulations": 32}, parallel=parallel
        )

        async def play(generator: SelfPlayEpisodeGenerator = generator) -> None:
            await asyncio.gather(*(generator.generate_episode(task, timeout=None) for task in tasks))

        start = time.perf_counter()
        asyncio.run(play())
        rates[f"{parallel} at a time"] = count / (time.perf_counter() - start)
    torch.set_num_threads(threads)
    return {**rates, "ratio": rates[f"{count} at a time"] / rates["1 at a time"]}
