"""Properties: initial statistics, norms, rotations, and casts of the shared parts."""

import pytest
import torch

from zeroloop.networks._transformer import (
    Attention,
    Block,
    BlockSizes,
    Context,
    Linear,
    Stack,
    attention_bias,
    cast_weights,
    rms_norm,
    rotation,
    truncated_normal_,
)


@pytest.mark.parametrize("std", [1.0, 0.05])
def test_truncated_normals_have_the_std_that_was_asked_for(std: float) -> None:
    torch.manual_seed(0)
    drawn = truncated_normal_(torch.empty(400_000), std)
    assert drawn.std().item() == pytest.approx(std, rel=0.01)
    assert drawn.mean().item() == pytest.approx(0, abs=0.01 * std)
    bound = 2 * std / 0.8796256610342398
    assert 0.99 * bound < drawn.abs().max().item() <= bound * 1.0001


def test_a_linear_layer_starts_at_one_over_the_root_of_its_inputs() -> None:
    torch.manual_seed(0)
    layer = Linear(400, 300, bias=True)
    assert layer.weight.std().item() == pytest.approx(1 / 20, rel=0.02)
    assert layer.bias is not None and not layer.bias.any()


@pytest.mark.parametrize(("dim", "inner"), [(512, 1536), (256, 768), (128, 512), (97, 512)])
def test_inner_sizes_of_swiglu(dim: int, inner: int) -> None:
    assert BlockSizes(64, 4.0, 256).inner(dim) == inner


@pytest.mark.parametrize(("dim", "count"), [(512, 3_407_872), (256, 851_968)])
def test_parameters_of_a_block(dim: int, count: int) -> None:
    assert sum(p.numel() for p in Block(dim, BlockSizes(64, 4.0, 256)).parameters()) == count


def test_a_norm_has_root_mean_square_one_and_keeps_the_dtype() -> None:
    x = 7 * torch.randn(3, 5, 64)
    assert torch.allclose(rms_norm(x).square().mean(-1), torch.ones(3, 5), atol=1e-4)
    assert rms_norm(x.bfloat16()).dtype == torch.bfloat16


def test_rotated_products_depend_on_the_distance_alone() -> None:
    turn = rotation(torch.arange(10)[None, :, None], 16)
    q, k = (turn(torch.randn(16).expand(1, 10, 1, 1, 16))[0, :, 0, 0] for _ in range(2))
    products = q @ k.T
    for distance in range(-9, 10):
        diagonal = products.diagonal(distance)
        assert torch.allclose(diagonal, diagonal[0].expand_as(diagonal), atol=1e-4)
    assert (products[0, 1:] - products[0, 0]).abs().min() > 1e-4, "and do depend on it"


def test_a_rotation_by_hand() -> None:
    turn = rotation(torch.tensor([[[0], [1]]]), 4)
    x = torch.tensor([1.0, 2.0, 3.0, 4.0]).expand(1, 2, 1, 1, 4)
    one, slow = torch.tensor(1.0), torch.tensor(0.01)  # theta ** (-0/4) and theta ** (-2/4)
    turned = [
        one.cos() * 1 - one.sin() * 3,
        slow.cos() * 2 - slow.sin() * 4,
        one.cos() * 3 + one.sin() * 1,
        slow.cos() * 4 + slow.sin() * 2,
    ]
    assert torch.allclose(turn(x)[0, 0], x[0, 0])
    assert torch.allclose(turn(x)[0, 1, 0, 0], torch.stack(turned))


def test_with_coordinates_rows_and_columns_turn_different_pairs() -> None:
    turn = rotation(torch.tensor([[[0, 0], [0, 5], [5, 0]]]), 8)
    assert turn.cos.shape == (1, 3, 1, 1, 4)
    same = turn.cos[0, :, 0, 0] == turn.cos[0, 0, 0, 0]
    assert same[1].tolist() == [True, True, False, False]
    assert same[2].tolist() == [False, False, True, True]


def test_attention_by_hand() -> None:
    torch.manual_seed(0)
    layer = Attention(8, 4)
    x = torch.randn(2, 3, 8)
    q, k, v = (x @ w.T for w in layer.qkv.weight.split(8))
    expected = torch.empty(2, 3, 8)
    for head in (slice(0, 4), slice(4, 8)):
        scores = q[..., head] @ k[..., head].transpose(1, 2) / 2
        expected[..., head] = scores.softmax(-1) @ v[..., head]
    found = layer(x, Context(None, {}))
    assert torch.allclose(found, expected @ layer.output.weight.T, atol=1e-5)


def test_hidden_keys_have_no_influence() -> None:
    layer, x = Attention(8, 4), torch.randn(1, 3, 8)
    visible = torch.tensor([True, True, False])[None, None, None]
    bias = {2: attention_bias(2, visible, None, torch.float32)}
    other = x.clone()
    other[:, 2] = 100
    found = [layer(each, Context(None, bias))[:, :2] for each in (x, other)]
    assert torch.equal(*found)


def test_a_token_mixer_normalises_over_the_tokens() -> None:
    torch.manual_seed(0)
    block = Block(8, BlockSizes(4, 4.0, 256), mixed_length=5)
    x = torch.randn(2, 5, 8)
    columns = x.transpose(1, 2)
    gate, up = (columns @ block.mixer.gate_up.weight.T).chunk(2, -1)
    mixed = columns + (torch.nn.functional.silu(gate) * up) @ block.mixer.down.weight.T
    mixed = (mixed / (mixed.square().mean(-1, keepdim=True) + 1e-5).sqrt()).transpose(1, 2)
    expected = mixed + block.mlp(mixed)
    expected = expected / (expected.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    assert torch.allclose(block(x, Context(None, {})), expected, atol=1e-5)


def test_weights_cast_for_a_pass_receive_gradients_and_are_restored() -> None:
    torch.manual_seed(0)
    stack = Stack(1, 8, BlockSizes(4, 4.0, 256))
    x = torch.randn(2, 3, 8, dtype=torch.bfloat16)
    with cast_weights(stack, torch.bfloat16):
        y = stack(stack(x, Context(None, {})), Context(None, {}))
    y.float().sum().backward()
    assert y.dtype == torch.bfloat16
    for layer in stack.modules():
        if isinstance(layer, Linear):
            assert layer.cast_weight is None
            assert layer.weight.grad is not None and layer.weight.grad.dtype == torch.float32


def test_local_heads_look_at_neighbours():
    """Between equal keys, what a head sees falls by exp(slope) with each step away; the last head sees all alike."""
    attention = Attention(dim=12, head_dim=4)
    with torch.no_grad():
        attention.qkv.weight[:24] = 0  # queries and keys
        attention.qkv.weight[24:] = torch.eye(12)
        attention.output.weight[:] = torch.eye(12)
    apart = (torch.arange(5)[:, None] - torch.arange(5)).abs().float()[None, None]
    bias = attention_bias(3, None, apart, torch.float32)
    x = torch.zeros(1, 5, 12)
    x[0, 0] = 1  # what a token sees of the first one is how much it attends to it
    seen = attention(x, Context(None, {3: bias}))[0]
    shares = [torch.softmax(-slope * apart[0, 0], -1)[:, 0] for slope in (2.0, 1.0, 0.0)]
    assert torch.allclose(seen, torch.stack(shares, 1).repeat_interleave(4, dim=1), atol=1e-6)
