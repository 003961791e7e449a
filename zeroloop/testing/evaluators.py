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
from zeroloop.networks import GameNetwork, PlanesNetwork, value_of
from zeroloop.observers import PlanesEnvironment
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
    environment = leaves.environment.environment
    assert isinstance(environment, PlanesEnvironment)
    planes = np.zeros((len(leaves.slots), *environment.observation_shape), np.float32)
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
    """The laws of networks.GameNetwork, one test each."""

    environment: ClassVar[Environment]

    def network(self) -> GameNetwork:
        """A small network for `environment`."""
        raise NotImplementedError

    def shown(self, network: GameNetwork, rows: int = 24) -> Tensor:
        """Observations of random states."""
        leaves = random_leaves(self.environment, rows, stream(1, "network conformance"))
        out = np.zeros((rows, *network.observer.shape), network.observer.dtype)
        network.observer(leaves.environment, leaves.slots, leaves.environment.keys(leaves.slots)[1], out)
        return torch.from_numpy(out)

    def test_it_knows_its_shapes(self) -> None:
        network = self.network()
        assert network.num_actions == self.environment.num_actions
        policy, value = network(self.shown(network))
        assert policy.shape == (24, network.num_actions) and value.shape[0] == 24 and value.shape[1] >= 3
        assert policy.isfinite().all() and value.isfinite().all()
        assert value_of(value).shape == (24,) and value_of(value).abs().max() <= 1

    def test_an_untrained_network_has_no_strong_opinion(self) -> None:
        network = self.network().eval()
        policy, value = network(self.shown(network))
        assert policy.abs().max() < 2 and value.abs().max() < 2

    def test_an_answer_does_not_depend_on_the_batch(self) -> None:
        network = self.network().eval()
        shown = self.shown(network)
        policy, value = network(shown)
        for row in range(0, 24, 5):
            one_policy, one_value = network(shown[row : row + 1])
            torch.testing.assert_close(one_policy[0], policy[row], atol=1e-4, rtol=1e-3)
            torch.testing.assert_close(one_value[0], value[row], atol=1e-4, rtol=1e-3)

    def test_training_heads_reach_every_parameter_and_one_answer_is_that_of_forward(self) -> None:
        network = self.network()
        shown = self.shown(network)
        answers = network.forward_training(shown)
        width = network(shown)[1].shape[1]
        for logits in (logits for heads in answers for logits in heads.values()):
            assert logits.shape in ((24, network.num_actions), (24, width), (24,)) and logits.isfinite().all()
        total = torch.stack([logits.square().sum() for heads in answers for logits in heads.values()]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        trained = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
        assert {*dict(network.named_parameters())} == trained
        network.eval()
        policy, value = network(shown)
        assert any(
            torch.allclose(heads["policy"], policy, atol=1e-5) and torch.allclose(heads["value"], value, atol=1e-5)
            for heads in network.forward_training(shown)
        )

    @torch.no_grad()
    def test_the_exported_graph_agrees_with_forward(self) -> None:
        network = self.network()
        if not isinstance(network, PlanesNetwork) or type(network).export_graph is PlanesNetwork.export_graph:
            return  # it only runs eagerly, which is allowed
        shown = self.shown(network)
        network.train()
        for _ in range(3):
            network(shown)  # normalisation statistics other than the initial ones
        network.eval()
        for exported, expected in zip(network.export_graph(TensorOps(), shown), network(shown), strict=True):
            torch.testing.assert_close(exported, expected, atol=1e-5, rtol=1e-3)
