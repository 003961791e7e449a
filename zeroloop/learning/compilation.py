"""Fused training steps by torch.compile."""

import torch
from torch import nn
from torch._inductor.cpp_builder import get_cpp_compiler
from torch._inductor.exc import InvalidCxxCompiler

from zeroloop.errors import SettingError
from zeroloop.networks._transformer import Block

VARIANTS = 64
"""Shapes and modes that one block may be compiled for, before torch gives up and goes on slowly without a word."""


def compile_blocks(network: nn.Module) -> None:
    """Compile each transformer block of `network`, in place, when it is first called with inputs of a new shape.

    A recursive network calls few blocks dozens of times a pass, so that little code is compiled for much of the work.
    Copies of the network are not compiled. Raises SettingError where there are blocks on a CPU and no C++ compiler.
    """
    blocks = [module for module in network.modules() if isinstance(module, Block)]
    if blocks and next(network.parameters()).device.type == "cpu":
        _check_compiler()
    torch._dynamo.config.recompile_limit = VARIANTS
    for block in blocks:
        block.compile(dynamic=False)


def _check_compiler() -> None:
    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        raise SettingError(
            "learner.compile: no C++ compiler was found; install one (`zeroloop doctor` says how), name it in the "
            "environment variable CXX, or train without: --learner.compile=false"
        ) from None
