"""Outputs of a decoder: log-magnitudes, or a distribution of them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vschaos.dsp import LogMagnitude

LOG_VARIANCES = (-8.0, 4.0)  # of normalised log-magnitudes; against overflow


class Output(nn.Module):
    """The log-magnitudes themselves.

    Args:
        log_magnitude: of the model.

    Attributes:
        per_bin: parameters of each of F bins.
    """

    def __init__(self, log_magnitude: LogMagnitude) -> None:
        super().__init__()
        self.per_bin = 1

    def forward(self, parameters: Tensor) -> Tensor:
        """Parameters `[B, per_bin F, N]` -> mean log-magnitudes `[B, F, N]`."""
        return parameters

    @torch.jit.unused
    def losses(self, parameters: Tensor, log_magnitude: Tensor) -> dict[str, Tensor]:
        """Parameters and true log-magnitudes -> further losses, of a distribution."""
        return {}


class GaussianOutput(Output):
    """A normal distribution of each bin's log-magnitude, with a decoded variance.

    Its loss `likelihood` is the negative log-likelihood, in nats a bin:
    `log(2 pi v) / 2 + (x - m)^2 / (2 v)`, m and v decoded (Nix & Weigend 1994). With `beta`
    each bin's term is weighted by `v^beta`, without its gradient (beta-NLL, Seitzer et al.
    2022, eq. 5): 0 is the plain one, 1 learns the mean as a squared error does.

    Args:
        log_magnitude: of the model.
        beta: 0 to 1.
    """

    def __init__(self, log_magnitude: LogMagnitude, beta: float = 0.5) -> None:
        super().__init__(log_magnitude)
        if not 0.0 <= beta <= 1.0:
            raise ValueError(f"model.output.beta must be from 0 to 1, got {beta}")
        self.per_bin = 2
        self.beta = beta

    def forward(self, parameters: Tensor) -> Tensor:
        return parameters.chunk(2, dim=1)[0]

    @torch.jit.unused
    def losses(self, parameters: Tensor, log_magnitude: Tensor) -> dict[str, Tensor]:
        mean, log_variance = parameters.chunk(2, dim=1)
        log_variance = log_variance.clamp(*LOG_VARIANCES)
        squared = (log_magnitude - mean).square() * torch.exp(-log_variance)
        nats = 0.5 * (squared + log_variance + math.log(2 * math.pi))
        return {"likelihood": (nats * torch.exp(self.beta * log_variance.detach())).mean()}


class BernoulliOutput(Output):
    """How probable it is that a bin sounds, its contrast being that probability, from silence (0)
    to as loud as ever (1).

    Its loss `likelihood` is the cross-entropy `-(x log p + (1 - x) log(1 - p))`, in nats a bin
    (Kingma & Welling 2014, appendix C.1), for x between 0 and 1 as well: least at p = x, but never
    0 there.

    Args:
        log_magnitude: of the model.
    """

    def __init__(self, log_magnitude: LogMagnitude) -> None:
        super().__init__(log_magnitude)
        self.log_magnitude = log_magnitude

    def forward(self, parameters: Tensor) -> Tensor:
        low, high = self.log_magnitude.bounds()
        return low + (high - low) * torch.sigmoid(parameters)

    @torch.jit.unused
    def losses(self, parameters: Tensor, log_magnitude: Tensor) -> dict[str, Tensor]:
        low, high = self.log_magnitude.bounds()
        share = ((log_magnitude - low) / (high - low)).clamp(0.0, 1.0)
        nats = nn.functional.binary_cross_entropy_with_logits(parameters, share)
        return {"likelihood": nats}
