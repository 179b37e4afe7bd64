"""EMA of weights: the settings of torch's `AveragedModel`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


class WeightAveraging:
    """Settings of an exponential mean of weights (Polyak & Juditsky 1992; as in Tarvainen & Valpola
    2017, section 2).

    The mean keeps `decay` of itself at each step, in the first ones less: `(1 + k) / (10 + k)` at
    step k at most. Buffers are those of the model.

    Args:
        decay: 0.999 averages over some 1,000 steps; 0 switches the mean off.
    """

    def __init__(self, decay: float) -> None:
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"training.ema.decay must be from 0, no mean, to below 1, got {decay}")
        self.decay = decay

    def averaged(self, model: nn.Module) -> AveragedModel:
        """A copy of a model, to be updated with its weights after each step."""
        averaged = AveragedModel(model, multi_avg_fn=self._update)
        averaged.requires_grad_(False)
        return averaged

    def _update(self, mean: Any, weights: Any, step: Tensor | int) -> None:
        count = int(step)
        share = 1.0 - min(self.decay, (1 + count) / (10 + count))
        torch._foreach_lerp_(mean, weights, share)
