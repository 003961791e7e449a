"""AdamATan2: Adam without an epsilon, so that the scale of the loss has no influence at all (Everett et al. 2024)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class AdamATan2(torch.optim.Optimizer):
    """p -= lr / (1 - beta1^t) * atan2(m, sqrt(v / (1 - beta2^t))), after p *= 1 - lr * weight_decay.

    Unlike m / (sqrt(v) + eps), the step is bounded by pi / 2 learning rates before the correction of its bias.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.95),
        weight_decay: float = 0.0,
    ) -> None:
        if lr < 0 or weight_decay < 0 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"lr {lr} and weight_decay {weight_decay} must be at least 0, betas {betas} in [0, 1)")
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if params:
                self._update(params, group)
        return loss

    def _update(self, params: list[Tensor], group: dict[str, Any]) -> None:
        for p in params:
            if not self.state[p]:
                self.state[p] = {"step": torch.zeros(()), "mean": torch.zeros_like(p), "square": torch.zeros_like(p)}
        (beta1, beta2), rate = group["betas"], group["lr"]
        gradients = [p.grad for p in params if p.grad is not None]
        means, squares = ([self.state[p][name] for p in params] for name in ("mean", "square"))
        steps = [self.state[p]["step"] for p in params]
        torch._foreach_add_(steps, 1)
        step = float(steps[0])
        torch._foreach_mul_(params, 1 - rate * group["weight_decay"])
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
        scales = torch._foreach_sqrt(torch._foreach_div(squares, 1 - beta2**step))
        for p, mean, scale in zip(params, means, scales, strict=True):
            p.add_(torch.atan2(mean, scale), alpha=-rate / (1 - beta1**step))
