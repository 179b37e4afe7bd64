"""Distributions that a network puts out.

A named tuple has no methods in TorchScript: what is done with one are functions.
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

    The log-variance is held within -12 and 6: beyond lie overflow and posteriors so narrow that a
    step of the optimiser can throw them anywhere.
    """
    # whatever the network computes in: bfloat16 is too coarse for what is summed up from here
    mean, log_variance = parameters.float().chunk(2, dim=1)
    return Gaussian(mean, log_variance.clamp(-12.0, 6.0))


def sample(distribution: Gaussian, temperature: float = 1.0) -> Tensor:
    """A sample by reparameterisation; `temperature` scales the deviation, 0 gives the mean."""
    if temperature == 0.0:
        return distribution.mean
    deviation = torch.exp(0.5 * distribution.log_variance)
    return distribution.mean + temperature * deviation * torch.randn_like(deviation)
