"""Seven examples of self-play on verifiable tasks. Run all of them, or some by number:

python training/examples/self_play_example.py [1 2 ...]
"""

import asyncio
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # `training` and `src` lie in the repository's root

from src.agents.hrm_agent import create_hrm_agent
from src.agents.trm_agent import create_trm_agent
from src.training.system_config import HRMConfig, TRMConfig
from training.self_play_generator import (
    CodeGenerationTaskGenerator,
    MathProblemGenerator,
    MCTSSearchTaskGenerator,
    MultiStepReasoningGenerator,
    SelfPlayDataset,
    SelfPlayEpisodeGenerator,
    SelfPlayTrainer,
    TrainingDataExtractor,
    collate_examples,
)

SMALL = {
    "games_per_iteration": 8,
    "batch_size": 16,
    "parallel_batch_size": 8,
    "max_buffer_size": 100,
    "difficulty_range": (0.0, 0.3),
    "max_steps": 15,
    "mcts": {"num_simulations": 16, "c_puct": 1.25},
}


def small_agents():
    """An HRM and a TRM for an ordinary computer."""
    hrm = create_hrm_agent(HRMConfig(h_dim=32, l_dim=32, num_h_layers=1, num_l_layers=1, head_dim=16), device="cpu")
    trm = create_trm_agent(TRMConfig(latent_dim=32, num_layers=1, head_dim=16, h_cycles=1, l_cycles=2), device="cpu")
    return hrm, trm


async def basic_episode() -> None:
    """1. One task, solved by search without any network."""
    (task,) = MathProblemGenerator(difficulty_range=(0.0, 0.3), seed=42, kinds=["countdown"]).generate(1)
    generator = SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 100})
    episode = await generator.generate_episode(task, max_steps=20, timeout=60.0)
    print(task["problem"])
    print(f"{episode.outcome}: {episode.metadata['answer']} ({episode.metadata['evidence']})")
    for claim in episode.metadata["claims"]:
        print(f"  {claim}")
    first = episode.mcts_traces[0]
    print(f"the first search: {first.num_simulations} simulations, depth {first.tree_depth}")


async def with_agents() -> None:
    """2. Many tasks at once, guided by an HRM and a TRM: they share every network call."""
    hrm, trm = small_agents()
    generator = SelfPlayEpisodeGenerator(hrm, trm, mcts_config={"num_simulations": 16, "c_puct": 1.25}, device="cpu")
    tasks = MCTSSearchTaskGenerator((0.0, 0.3), seed=1).generate(8)
    episodes = await asyncio.gather(*(generator.generate_episode(task, max_steps=15) for task in tasks))
    for episode in episodes:
        print(f"{episode.metadata['task']['kind']:<14}{episode.outcome:<20}{episode.metadata.get('reason', '')}")


async def one_iteration() -> None:
    """3. Play, extract, train, compare, keep the better."""
    with tempfile.TemporaryDirectory() as directory:
        trainer = SelfPlayTrainer(*small_agents(), config=SMALL, device="cpu", checkpoint_dir=directory)
        metrics = await trainer.iteration(0)
        for name in ("success_rate", "policy_loss", "value_loss", "eval_success_rate", "best_success_rate"):
            print(f"{name:<20}{metrics[name]:.3f}")


async def several_iterations() -> None:
    """4. The loop, and what it says about itself."""
    with tempfile.TemporaryDirectory() as directory:
        trainer = SelfPlayTrainer(*small_agents(), config=SMALL, checkpoint_dir=directory)
        for number in range(2):
            metrics = await trainer.iteration(number)
            print(f"iteration {number}: {metrics['success_rate']:.0%} solved, {metrics['states']:.0f} states")
        print(trainer.get_quality_metrics())
        print(trainer.get_resource_usage())


async def task_diversity() -> None:
    """5. Tasks of all four families."""
    for family in (
        MathProblemGenerator,
        CodeGenerationTaskGenerator,
        MultiStepReasoningGenerator,
        MCTSSearchTaskGenerator,
    ):
        tasks = family(seed=1).generate(20)
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(Counter(t["kind"] for t in tasks).items()))
        print(f"{family.__name__}: {kinds}")
        print(f"  for example: {tasks[0]['problem'].splitlines()[0]}")


async def data_extraction() -> None:
    """6. Examples of four types, and batches of them."""
    from torch.utils.data import DataLoader

    tasks = MathProblemGenerator((0.0, 0.4), seed=7, kinds=["countdown"]).generate(12)
    generator = SelfPlayEpisodeGenerator(mcts_config={"num_simulations": 60})
    episodes = await asyncio.gather(*map(generator.generate_episode, tasks))
    data = TrainingDataExtractor(success_weight=1.0, failure_weight=0.3).extract_examples(episodes)
    for name, examples in data.items():
        print(f"{name:<12}{len(examples):>4}   {str(examples[0].target)[:90] if examples else ''}")
    loader = DataLoader(SelfPlayDataset(data["policy"], "policy"), batch_size=8, collate_fn=collate_examples)
    batch = next(iter(loader))
    print(f"a batch: states {tuple(batch['state'].shape)}, targets {tuple(batch['target'].shape)}")


async def checkpoints() -> None:
    """7. Save, and go on in another trainer."""
    with tempfile.TemporaryDirectory() as directory:
        trainer = SelfPlayTrainer(*small_agents(), config=SMALL, checkpoint_dir=directory)
        await trainer.iteration(0)
        trainer._save_checkpoint(0, best=True)
        other = SelfPlayTrainer(config=SMALL, checkpoint_dir=directory)
        other.load_checkpoint(Path(directory) / "best_model.pt")
        count = len(other.episode_buffer)
        print(f"iteration {other.current_iteration}, best {other.best_model_metric:.0%}, {count} episodes")


EXAMPLES = (
    basic_episode,
    with_agents,
    one_iteration,
    several_iterations,
    task_diversity,
    data_extraction,
    checkpoints,
)


def main(words: list[str]) -> int:
    """Run the examples with these numbers, or all."""
    logging.basicConfig(level=logging.WARNING)
    numbers = [int(word) for word in words] or range(1, len(EXAMPLES) + 1)
    for number in numbers:
        example = EXAMPLES[number - 1]
        print(f"\n{(example.__doc__ or '').splitlines()[0]}")
        asyncio.run(example())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
