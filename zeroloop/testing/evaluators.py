"""Laws that every evaluator and every network obeys, as test classes.

    class TestMyEvaluator(EvaluatorConformance):
        environment = connect_four.environment()

        def evaluator(self):
            return MyEvaluator()

in a file that pytest collects checks them all; `NetworkConformance` does the same for networks.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from zeroloop.contracts import Environment, Evaluator, Float32, Int32, LeafRows, Leaves
from zeroloop.networks import PlanesNetwork
from zeroloop.search.slots import batch_environment
from zeroloop.seeding import stream


def random_states(environment: Environment, rows: int, rng: np.random.Generator) -> list[list[int]]:
    """`rows` lists of actions, each a random legal path from the start to a state that is not terminal."""
    paths: list[list[int]] = []
    while len(paths) < rows:
        state, path = environment.initial_state(), []
        paths.append([])
        while len(paths) < rows:
            action = int(rng.choice(environment.legal_actions(state)))
            state = environment.step(state, action).state
            if not environment.legal_actions(state):
                break
            path.append(action)
            paths.append(list(path))
    return paths


def leaves_of(environment: Environment, paths: Sequence[Sequence[int]]) -> LeafRows:
    """The states that `paths` lead to, in slots 0, 1, ... of a new batch."""
    batch = batch_environment(environment, max(1, len(paths)))
    for slot, path in enumerate(paths):
        state = environment.initial_state()
        for action in path:
            state = environment.step(state, action).state
        batch.write(slot, state)
    slots = np.arange(len(paths), dtype=np.int32)
    return LeafRows(batch, slots, *batch.legal(slots))


def random_leaves(environment: Environment, rows: int, rng: np.random.Generator) -> LeafRows:
    """`rows` states of random play that are not terminal; neighbouring rows come from the same episode."""
    return leaves_of(environment, random_states(environment, rows, rng))


def some_rows(leaves: Leaves, rows: Int32) -> LeafRows:
    """The given rows of `leaves`, in that order."""
    slots = leaves.slots[rows]
    return LeafRows(leaves.environment, slots, *leaves.environment.legal(slots))


def observations(leaves: Leaves) -> Float32:
    """Canonical planes float32 [n, C, H, W]."""
    shape = leaves.environment.environment.observation_shape
    planes = np.zeros((len(leaves.slots), *shape), np.float32)
    leaves.environment.observe(leaves.slots, leaves.environment.keys(leaves.slots)[1], planes)
    return planes


class EvaluatorConformance:
    """The laws of contracts.Evaluator, one test each. rows: size of the tested batches."""

    environment: ClassVar[Environment]
    rows: ClassVar[int] = 75

    def evaluator(self) -> Evaluator:
        """A fresh evaluator; equal ones on every call."""
        raise NotImplementedError

    def leaves(self) -> LeafRows:
        return random_leaves(self.environment, self.rows, stream(1, "evaluator conformance"))

    def test_one_logit_per_legal_action_and_one_value_per_row(self) -> None:
        leaves = self.leaves()
        logits, values = self.evaluator()(leaves)
        assert logits.dtype == values.dtype == np.float32
        assert logits.shape == leaves.actions.shape and values.shape == leaves.slots.shape

    def test_answers_are_finite_and_values_in_range(self) -> None:
        logits, values = self.evaluator()(self.leaves())
        assert np.isfinite(logits).all()
        low = -1 if self.environment.num_players == 2 else 0
        assert (values >= low - 1e-5).all() and (values <= 1 + 1e-5).all()

    def test_no_rows_give_no_answers(self) -> None:
        logits, values = self.evaluator()(some_rows(self.leaves(), np.zeros(0, np.int32)))
        assert logits.shape == values.shape == (0,)

    def test_an_answer_does_not_depend_on_the_batch(self) -> None:
        evaluator, leaves = self.evaluator(), self.leaves()
        logits, values = (answers.copy() for answers in evaluator(leaves))
        order = stream(1, "order").permutation(self.rows).astype(np.int32)
        for rows in [order, order[: self.rows // 2], *order[:8, None]]:
            some_logits, some_values = evaluator(some_rows(leaves, rows))
            expected = np.concatenate([logits[leaves.offsets[row] : leaves.offsets[row + 1]] for row in rows])
            assert np.array_equal(some_logits, expected) and np.array_equal(some_values, values[rows])

    def test_equal_evaluators_give_equal_answers(self) -> None:
        leaves = self.leaves()
        first, second = self.evaluator()(leaves), self.evaluator()(leaves)
        assert np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1])

    def test_states_with_one_key_get_one_answer(self) -> None:
        """Images of a state under the environment's symmetries, reached by transformed actions, share a cache key:
        then they must share values, and logits by action on the canonical board."""
        paths = random_states(self.environment, self.rows, stream(2, "evaluator conformance"))
        evaluator = self.evaluator()
        known: dict[int, tuple[float, dict[int, float]]] = {}
        for action_map in self.environment.symmetries:
            leaves = leaves_of(self.environment, [action_map[path].tolist() for path in paths])
            keys = leaves.environment.keys(leaves.slots)[0].tolist()
            for key, answer in zip(keys, self._canonical(evaluator, leaves), strict=True):
                assert known.setdefault(key, answer) == answer

    def _canonical(self, evaluator: Evaluator, leaves: LeafRows) -> list[tuple[float, dict[int, float]]]:
        """Value and logits by canonical action of each row."""
        logits, values = evaluator(leaves)
        symmetries = leaves.environment.keys(leaves.slots)[1]
        answers = []
        for row, symmetry in enumerate(symmetries.tolist()):
            some = slice(leaves.offsets[row], leaves.offsets[row + 1])
            actions = self.environment.symmetries[symmetry][leaves.actions[some]].tolist()
            answers.append((float(values[row]), dict(zip(actions, logits[some].tolist(), strict=True))))
        return answers


class TensorOps:
    """GraphOps on plain tensors: what `export_graph` must agree with `forward` in."""

    def conv(self, x: Tensor, weight: Tensor, bias: Tensor, residual: Tensor | None = None) -> Tensor:
        y = F.conv2d(x, weight, bias, padding="same")
        return F.relu(y if residual is None else y + residual)

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor, relu: bool = False) -> Tensor:
        y = F.linear(x.flatten(1), weight, bias)
        return F.relu(y) if relu else y


class NetworkConformance:
    """The laws of networks.PlanesNetwork, one test each."""

    environment: ClassVar[Environment]

    def network(self) -> PlanesNetwork:
        """A small network for `environment`."""
        raise NotImplementedError

    def planes(self, rows: int = 24) -> Tensor:
        leaves = random_leaves(self.environment, rows, stream(1, "network conformance"))
        return torch.from_numpy(observations(leaves))

    def test_it_knows_its_shapes(self) -> None:
        network = self.network()
        assert network.observation_shape == self.environment.observation_shape
        assert network.num_actions == self.environment.num_actions
        policy, wdl = network(self.planes())
        assert policy.shape == (24, network.num_actions) and wdl.shape == (24, 3)
        assert policy.isfinite().all() and wdl.isfinite().all()

    def test_an_untrained_network_has_no_strong_opinion(self) -> None:
        policy, wdl = self.network().eval()(self.planes())
        assert policy.abs().max() < 2 and wdl.abs().max() < 2

    def test_an_answer_does_not_depend_on_the_batch(self) -> None:
        network, planes = self.network().eval(), self.planes()
        policy, wdl = network(planes)
        for row in range(0, 24, 5):
            one_policy, one_wdl = network(planes[row : row + 1])
            torch.testing.assert_close(one_policy[0], policy[row], atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(one_wdl[0], wdl[row], atol=1e-5, rtol=1e-4)

    def test_training_heads_agree_with_forward_and_reach_every_parameter(self) -> None:
        network, planes = self.network(), self.planes()
        (heads,) = network.forward_training(planes)
        for logits in heads.values():
            assert logits.shape in ((24, network.num_actions), (24, 3)) and logits.isfinite().all()
        sum(logits.square().sum() for logits in heads.values()).backward()  # type: ignore[union-attr]
        assert all(parameter.grad is not None for parameter in network.parameters())
        network.eval()
        policy, wdl = network(planes)
        (heads,) = network.forward_training(planes)
        torch.testing.assert_close(heads["policy"], policy)
        torch.testing.assert_close(heads["value"], wdl)

    @torch.no_grad()
    def test_the_exported_graph_agrees_with_forward(self) -> None:
        network, planes = self.network(), self.planes()
        if type(network).export_graph is PlanesNetwork.export_graph:
            return  # it only runs eagerly, which is allowed
        network.train()
        for _ in range(3):
            network(planes)  # normalisation statistics other than the initial ones
        network.eval()
        for exported, expected in zip(network.export_graph(TensorOps(), planes), network(planes), strict=True):
            torch.testing.assert_close(exported, expected, atol=1e-5, rtol=1e-3)
