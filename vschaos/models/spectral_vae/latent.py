"""The latent space: from an encoder's output to a posterior, and what that may cost."""

from __future__ import annotations

from torch import Tensor, nn

from vschaos.layers import Gaussian, gaussian
from vschaos.losses import GaussianKL


class GaussianLatent(nn.Module):
    """A standard normal space of `dim` dimensions.

    Args:
        dim: Z.
        free_bits: nats a dimension may carry at no cost.
    """

    def __init__(self, dim: int, free_bits: float = 0.0) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"model.latent.dim must be at least 1, {dim} came")
        self.dim = dim
        self.num_parameters = 2 * dim
        self.kl = GaussianKL(free_bits)

    def forward(self, parameters: Tensor) -> Gaussian:
        """`[B, 2 Z, N]` of an encoder -> posterior over `[B, Z, N]`."""
        return gaussian(parameters)

    def divergence(self, posterior: Gaussian) -> Tensor:
        """Posterior over `[B, Z, N]` -> nats a frame, scalar."""
        return self.kl(posterior)
