"""Distributions whose parameters are the output of a network.

A named tuple has no methods in TorchScript, hence the functions.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Gaussian(NamedTuple):
    """Independent normal variables.

    Attributes:
        mean: any shape.
        log_variance: the same shape.
    """

    mean: Tensor
    log_variance: Tensor


def gaussian(parameters: Tensor) -> Gaussian:
    """Splits `[B, 2 Z, N]` into mean and log-variance, `[B, Z, N]` each.

    The log-variance is clamped to -12 ... 6, against overflow and posteriors so narrow that an
    optimiser step can throw them anywhere.
    """
    # bfloat16 is too coarse for the sums that follow
    mean, log_variance = parameters.float().chunk(2, dim=1)
    return Gaussian(mean, log_variance.clamp(-12.0, 6.0))


def sample(distribution: Gaussian, temperature: float = 1.0) -> Tensor:
    """A sample by reparameterisation; `temperature` scales it, 0 gives the mean."""
    if temperature == 0.0:
        return distribution.mean
    deviation = torch.exp(0.5 * distribution.log_variance)
    return distribution.mean + temperature * deviation * torch.randn_like(deviation)
