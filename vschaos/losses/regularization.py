"""Divergences of a posterior from its prior, the standard normal."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vschaos.layers.distributions import Gaussian


class Discrepancy(nn.Module):
    """A discrepancy between latents and their prior, as one number."""

    def forward(self, posterior: Gaussian, latents: Tensor) -> Tensor:
        """Posterior over `[B, Z, N]`, and latents drawn from it -> scalar."""
        raise NotImplementedError


class GaussianDivergence(Discrepancy):
    """A divergence of independent Gaussians, summed over the latent dimensions and averaged over
    all else, in nats.

    Args:
        free_bits: nats of each dimension without a cost (Kingma et al. 2016, appendix C8), against
            an early collapse.
    """

    def __init__(self, free_bits: float = 0.0) -> None:
        super().__init__()
        self.free_bits = free_bits

    def forward(self, posterior: Gaussian, latents: Tensor | None = None) -> Tensor:
        """Posterior over `[B, Z, N]` -> scalar in nats."""
        return self.per_dimension(posterior).clamp_min(self.free_bits).sum()

    def per_dimension(self, posterior: Gaussian) -> Tensor:
        """Posterior over `[B, Z, N]` -> nats of each dimension `[Z]`."""
        return self.nats(*posterior).mean(dim=(0, 2))

    def nats(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Divergence of each variable; all of one shape."""
        raise NotImplementedError


class GaussianKL(GaussianDivergence):
    """Kullback-Leibler divergence of the posterior from the prior: `(m^2 + v - 1 - log v) / 2`
    (Kingma & Welling 2014, appendix B).

    Example:
        >>> standard = Gaussian(torch.zeros(1, 8, 1), torch.zeros(1, 8, 1))
        >>> float(GaussianKL()(standard))
        0.0
    """

    def nats(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        return 0.5 * (mean.square() + torch.exp(log_variance) - 1.0 - log_variance)


class ReverseKL(GaussianDivergence):
    """Kullback-Leibler divergence of the prior from the posterior:
    `((1 + m^2) / v - 1 + log v) / 2`.

    It is large for a posterior that is narrow where the prior is wide: mass-covering, not
    mode-seeking.
    """

    def nats(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        inverse = torch.exp(-log_variance)
        return 0.5 * ((1.0 + mean.square()) * inverse - 1.0 + log_variance)


class SymmetricKL(GaussianDivergence):
    """The sum of both ways (Jeffreys 1946): `((m^2 + v) + (1 + m^2) / v) / 2 - 1`."""

    def nats(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        squared, inverse = mean.square(), torch.exp(-log_variance)
        return 0.5 * (squared + torch.exp(log_variance) + (1.0 + squared) * inverse) - 1.0


class Renyi(GaussianDivergence):
    """Rényi divergence of the posterior from the prior (van Erven & Harremoës 2014, eq. 10).

    `a m^2 / (2 s) + log(s / v^(1 - a)) / (2 (1 - a))`, `s = (1 - a) v + a`. It grows from 0 with
    a, to the Kullback-Leibler divergence at a = 1.

    Args:
        alpha: a, between 0 and 1, neither included.
        free_bits: see `GaussianDivergence`.
    """

    def __init__(self, alpha: float = 0.5, free_bits: float = 0.0) -> None:
        super().__init__(free_bits)
        if not 0.0 < alpha < 1.0:
            raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
        self.alpha = alpha

    def nats(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        rest = 1.0 - self.alpha
        mixed = rest * torch.exp(log_variance) + self.alpha
        shape = (torch.log(mixed) - rest * log_variance) / (2.0 * rest)
        return 0.5 * self.alpha * mean.square() / mixed + shape


class MMD(Discrepancy):
    """Squared maximum mean discrepancy between sampled latents and samples of the prior.

    `E k(z, z') + E k(p, p') - 2 E k(z, p)`, over pairs of different latents z and points p, as many
    (Gretton et al. 2012, lemma 6; as a regulariser Tolstikhin et al. 2018, algorithm 2). It
    compares the distribution of all latents together with the prior, not each posterior; about 0,
    also slightly below, if they are equal.

    Args:
        kernel: `inverse_multiquadric`, `c / (c + d^2)`, or `rbf`, `exp(-d^2 / c)`; d is the
            distance of two latents and `c = 2 Z s`, the mean of `d^2` in the prior where s is 1.
        scales: s; the kernel is the mean over them.
    """

    def __init__(
        self,
        kernel: str = "inverse_multiquadric",
        scales: tuple[float, ...] | list[float] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    ) -> None:
        super().__init__()
        if kernel not in ("inverse_multiquadric", "rbf"):
            raise ValueError(f"kernel must be inverse_multiquadric or rbf, got {kernel!r}")
        if not scales or min(scales) <= 0.0:
            raise ValueError(f"scales must be numbers above 0, got {list(scales)}")
        self.kernel = kernel
        self.scales = tuple(scales)

    def forward(self, posterior: Gaussian, latents: Tensor) -> Tensor:
        drawn = latents.transpose(1, 2).flatten(0, 1)  # [M, Z]
        return self.between(drawn, torch.randn_like(drawn))

    def between(self, one: Tensor, other: Tensor) -> Tensor:
        """Two sets of points `[M, Z]`, M at least 2 -> scalar."""
        count = len(one)
        if count < 2:
            return one.new_zeros(())
        within = self._similarity(one, one) + self._similarity(other, other)
        # the diagonals, the similarity 1 of each point to itself, are left out
        mean = (within.sum() - 2 * count) / (count * (count - 1))
        return mean - 2.0 * self._similarity(one, other).mean()

    def _similarity(self, one: Tensor, other: Tensor) -> Tensor:
        norms = one.square().sum(dim=1, keepdim=True) + other.square().sum(dim=1)
        squared = (norms - 2.0 * one @ other.T).clamp_min(0.0)
        total = torch.zeros_like(squared)
        for scale in self.scales:
            width = 2.0 * one.shape[1] * scale
            if self.kernel == "rbf":
                total = total + torch.exp(-squared / width)
            else:
                total = total + width / (width + squared)
        return total / len(self.scales)
