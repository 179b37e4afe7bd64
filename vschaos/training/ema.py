"""The mean of a model's weights over the last steps of a training."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from vschaos.models.base import Model


class WeightAveraging:
    """Settings of a mean of weights.

    Args:
        decay: share of the mean that a step leaves: at 0.999 it goes back some 1,000 steps; 0 for
            no mean.
    """

    def __init__(self, decay: float) -> None:
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"training.ema.decay must be 0, for no mean, or below 1, {decay} came")
        self.decay = decay


class AveragedModel(nn.Module):
    """A model whose weights are the exponential mean of another's (Polyak & Juditsky 1992; as in
    Tarvainen & Valpola 2017, section 2).

    In the first steps the mean goes back less far: it leaves `(1 + k) / (10 + k)` of itself at step
    k at most. Statistics are the other model's own.

    Args:
        model: of which it starts as a copy.
        averaging: how far back the mean goes.
    """

    steps: Tensor

    def __init__(self, model: Model, averaging: WeightAveraging) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(False)
        self.decay = averaging.decay
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def follow(self, model: Model) -> None:
        """Takes in the weights of a step."""
        count = int(self.steps)
        share = 1.0 - min(self.decay, (1 + count) / (10 + count))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), share)
        torch._foreach_copy_(list(self.model.buffers()), list(model.buffers()))
        self.steps += 1
