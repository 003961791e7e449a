import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from zeroloop.errors import MissingExtraError, SettingError
from zeroloop.evaluators import compiled, openvino_graph
from zeroloop.evaluators.compiled import compile_network
from zeroloop.evaluators.network import NetworkEvaluator
from zeroloop.evaluators.settings import EvaluatorSettings
from zeroloop.networks import PlanesNetwork
from zeroloop.observers import PlanesObserver
from zeroloop.seeding import stream
from zeroloop.testing.evaluators import EvaluatorConformance, random_leaves

pytestmark = pytest.mark.skipif(find_spec("openvino") is None, reason="the cpu extra is not installed")


class TestInt8(EvaluatorConformance):
    backend = "int8"

    @pytest.fixture(autouse=True)
    def _given(self, environment, network, positions):
        type(self).environment, self.net, self.positions = environment, network, positions

    def evaluator(self):
        evaluator = compile_network(self.net, self.positions, EvaluatorSettings(backend=self.backend))
        assert evaluator.backend == evaluator.choice == self.backend
        return evaluator


class TestBfloat16(TestInt8):
    backend = "bf16"


class TestFloat32(TestInt8):
    backend = "fp32"


class TestTorch(TestInt8):
    backend = "torch"


@pytest.mark.parametrize(("backend", "largest"), [("int8", 0.02), ("bf16", 0.01), ("fp32", 1e-5), ("torch", 1e-6)])
def test_errors_on_unseen_positions_are_small(environment, network, positions, backend, largest):
    evaluator = compile_network(network, positions[:128], EvaluatorSettings(backend=backend))
    leaves = random_leaves(environment, 300, stream(7, "unseen"))
    logits, values = evaluator(leaves)
    expected_logits, expected_values = NetworkEvaluator(network)(leaves)
    assert np.abs(values - expected_values).mean() <= largest
    assert np.abs(logits - expected_logits).mean() <= 5 * largest
    assert max(evaluator.error) <= largest


def test_planes_with_negative_values_are_quantised_too(environment, network, positions):
    shifted = positions - 0.5
    evaluator = compile_network(network, shifted, EvaluatorSettings(backend="int8", max_value_error=0.05))
    assert evaluator.backend == "int8"


def test_refresh_is_deterministic_and_changes_the_version(environment, network, other_network, positions):
    settings = EvaluatorSettings(backend="int8")
    leaves = random_leaves(environment, 40, stream(1, "x"))
    evaluator = compile_network(network, positions, settings)
    before, version = evaluator(leaves)[0].copy(), evaluator.version
    evaluator.refresh(other_network)
    after = evaluator(leaves)
    fresh = compile_network(other_network, positions, settings)(leaves)
    assert evaluator.version != version and not np.array_equal(before, after[0])
    assert np.array_equal(after[0], fresh[0]) and np.array_equal(after[1], fresh[1])


def test_auto_chooses_a_backend_that_can_be_asked_for_by_name(network, positions):
    evaluator = compile_network(network, positions[:32])
    assert evaluator.choice in compiled.BACKENDS and evaluator.backend in compiled.BACKENDS
    assert (
        compile_network(network, positions[:32], EvaluatorSettings(backend=evaluator.choice)).choice == evaluator.choice
    )


def test_too_large_errors_fall_back_with_a_warning(network, positions):
    absurd = EvaluatorSettings(backend="int8", max_value_error=1e-12)
    with pytest.warns(
        UserWarning, match=r"'(int8|bf16|fp32)' is too far from the network: value error 0\.\d+"
    ) as caught:
        evaluator = compile_network(network, positions[:64], absurd)
    assert len(caught) == 3 and evaluator.backend == "torch" and evaluator.choice == "int8"


@pytest.mark.parametrize("backend", ["auto", "int8"])
def test_without_openvino_torch_answers_with_a_warning(without_openvino, environment, network, positions, backend):
    with pytest.warns(UserWarning, match=r"zeroloop\[cpu\].*running torch eagerly"):
        evaluator = compile_network(network, positions, EvaluatorSettings(backend=backend))
    leaves = random_leaves(environment, 20, stream(1, "x"))
    assert evaluator.backend == "torch"
    assert np.array_equal(evaluator(leaves)[0], NetworkEvaluator(network)(leaves)[0])


def test_torch_asked_for_by_name_needs_no_openvino(without_openvino, network, positions):
    assert compile_network(network, positions, EvaluatorSettings(backend="torch")).backend == "torch"


def test_the_missing_extra_is_named(without_openvino):
    with pytest.raises(MissingExtraError, match=r"pip install 'zeroloop\[cpu\]'"):
        openvino_graph.load_openvino()


def test_telemetry_is_off():
    code = """
import sys
from zeroloop.evaluators.openvino_graph import load_openvino
load_openvino()
from openvino.tools.ovc import telemetry_utils
assert telemetry_utils.tm.__name__ == "openvino.tools.ovc.telemetry_stub", telemetry_utils.tm
assert not [name for name, module in sys.modules.items() if name.startswith("openvino_telemetry") and module]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_network_without_a_graph_runs_eagerly(environment, positions):
    class Linear(PlanesNetwork):
        observer, num_actions = PlanesObserver(environment.observation_shape), environment.num_actions

        def __init__(self):
            super().__init__()
            self.policy, self.wdl = nn.Linear(84, 7), nn.Linear(84, 3)

        def forward(self, planes):
            return self.policy(planes.flatten(1)), self.wdl(planes.flatten(1))

    with pytest.warns(UserWarning, match="Linear has no export_graph"):
        assert compile_network(Linear(), positions).backend == "torch"


def test_sizes_that_answer_differently_are_left_out(network, positions, monkeypatch):
    class Shifted(compiled.OpenVinoEngine):
        def run(self):
            super().run()
            self.values += len(self.values) * 1e-6

    monkeypatch.setattr(compiled, "OpenVinoEngine", Shifted)
    assert len(compiled.build_runner(network, "fp32", positions, (32, 8)).engines) == 1


@pytest.mark.parametrize("shape", [(0, 2, 6, 7), (5, 3, 6, 7), (5, 42)])
def test_positions_must_fit_the_network(network, shape):
    with pytest.raises(SettingError, match=r"calibration needs positions of shape \[n, 2, 6, 7\]"):
        compile_network(network, np.zeros(shape, np.float32))


@pytest.mark.parametrize("setting", [{"batch_sizes": ()}, {"batch_sizes": (8, 32)}, {"backend": "int4"}, {"cache": 1}])
def test_bad_settings_are_refused(setting):
    with pytest.raises(ValidationError):
        EvaluatorSettings(**setting)


def test_training_mode_and_gradients_are_left_as_they_were(network, positions):
    network.train()
    try:
        compile_network(network, positions[:16], EvaluatorSettings(backend="int8"))
        assert network.training and all(parameter.requires_grad for parameter in network.parameters())
        assert torch.is_grad_enabled()
    finally:
        network.eval()
