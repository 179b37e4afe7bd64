"""Divergences of a posterior from its prior."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vschaos.layers.distributions import Gaussian


class GaussianKL(nn.Module):
    """Kullback-Leibler divergence of a Gaussian posterior from the standard normal, in nats.

    Kingma & Welling 2014, appendix B, summed over the latent dimensions and averaged over all
    else. `free_bits` is what each dimension may carry at no cost (Kingma et al. 2016, appendix C8),
    which keeps dimensions from dying early.

    Example:
        >>> standard = Gaussian(torch.zeros(1, 8, 1), torch.zeros(1, 8, 1))
        >>> float(GaussianKL()(standard))
        0.0
    """

    def __init__(self, free_bits: float = 0.0) -> None:
        super().__init__()
        self.free_bits = free_bits

    def forward(self, posterior: Gaussian) -> Tensor:
        """Posterior over `[B, Z, N]` -> scalar in nats."""
        return self.per_dimension(posterior).clamp_min(self.free_bits).sum()

    @staticmethod
    def per_dimension(posterior: Gaussian) -> Tensor:
        """Posterior over `[B, Z, N]` -> nats of each dimension `[Z]`."""
        mean, log_variance = posterior
        nats = 0.5 * (mean.square() + torch.exp(log_variance) - 1.0 - log_variance)
        return nats.mean(dim=(0, 2))
