"""Whole search trees, kept in golden/: a change of any visit count or value must be meant.

Write them anew with `python tests/search/test_golden.py`, and look at the difference before committing it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroloop import registry
from zeroloop.search import SearchSettings
from zeroloop.testing.toy import HashEvaluator, ToyEnvironment
from zeroloop.testing.trees import NativeSearch, check_tree

GOLDEN = Path(__file__).parent / "golden"
NOISE = [0.5, 0.0, 0.125, 0.25, 0.0, 0.125, 0.0]

# name: environment, moves before the search, settings, noise, action played after a first search
SEARCHES: dict[str, tuple[str, str, dict[str, Any], list[float] | None, int]] = {
    "tic_tac_toe_puct": ("tic_tac_toe", "5", {"num_simulations": 40}, None, -1),
    "tic_tac_toe_proof": ("tic_tac_toe", "5219", {"num_simulations": 80}, None, -1),
    "connect_four_puct": ("connect_four", "44", {"num_simulations": 48, "forced_playouts": 2.0}, NOISE, -1),
    "connect_four_gumbel": ("connect_four", "44", {"num_simulations": 48, "root_policy": "gumbel"}, NOISE, -1),
    "connect_four_virtual_loss": ("connect_four", "", {"num_simulations": 48, "leaves_per_tree": 4}, None, -1),
    "connect_four_reuse": ("connect_four", "4", {"num_simulations": 48}, None, 3),
    "toy_single_agent": ("toy", "", {"num_simulations": 40, "value_range": "minmax"}, None, -1),
}


def searched_tree(name: str) -> dict[str, Any]:
    """The tree of a named search: path of actions -> [visits, mean return, is it exact], visited or proven edges."""
    game_name, moves, settings, noise, played = SEARCHES[name]
    if game_name == "toy":
        game: Any = ToyEnvironment(seed=4, num_players=1, step_reward=0.05)
    else:
        game = registry.load("envs", game_name).environment()
    state = game.initial_state({"moves": moves})
    native = NativeSearch(game, HashEvaluator(game), SearchSettings(**settings))
    result = native.search(state, noise=None if noise is None else np.array(noise, np.float32))
    if played >= 0:
        result = native.search(game.step(state, played).state, played=played)
    edges = edges_by_path(check_tree(native.forest, 0))
    return {"chosen": int(result.chosen[0]), "root_value": number(result.root_values[0]), "edges": edges}


def edges_by_path(tree: dict[str, np.ndarray]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}

    def walk(node: int, path: str) -> None:
        first = tree["node_first_edge"][node]
        for e in range(first, first + tree["node_num_edges"][node]):
            if not tree["edge_visits"][e] and not tree["edge_proven"][e]:
                continue
            here = f"{path} {tree['edge_action'][e]}".strip()
            found[here] = [int(tree["edge_visits"][e]), number(tree["edge_value"][e]), bool(tree["edge_proven"][e])]
            if tree["edge_child"][e] >= 0:
                walk(tree["edge_child"][e], here)

    walk(0, "")
    return found


def number(value: np.floating) -> float:
    return round(float(value), 5)


@pytest.mark.parametrize("name", SEARCHES)
def test_tree_is_as_it_was(name: str) -> None:
    expected, actual = json.loads((GOLDEN / f"{name}.json").read_text()), searched_tree(name)
    assert actual["chosen"] == expected["chosen"]
    assert {path: (edge[0], edge[2]) for path, edge in actual["edges"].items()} == {
        path: (edge[0], edge[2]) for path, edge in expected["edges"].items()
    }
    for path, edge in expected["edges"].items():
        assert actual["edges"][path][1] == pytest.approx(edge[1], abs=2e-5), path
    assert actual["root_value"] == pytest.approx(expected["root_value"], abs=2e-5)


def write_golden(name: str) -> None:
    tree = searched_tree(name)
    edges = ",\n".join(f"    {json.dumps(path)}: {json.dumps(edge)}" for path, edge in tree["edges"].items())
    head = f'"chosen": {tree["chosen"]},\n  "root_value": {tree["root_value"]}'
    (GOLDEN / f"{name}.json").write_text(f'{{\n  {head},\n  "edges": {{\n{edges}\n  }}\n}}\n')


if __name__ == "__main__":
    for each in SEARCHES:
        write_golden(each)
