"""Latent completion: all latents from the first few."""

import torch
from torch import Tensor, nn

BANDWIDTH = 0.25  # of the kernel, in standard deviations


class LatentCompletion(nn.Module):
    """Completes the first K latents to all Z.

    The others get their conditional mean by kernel regression (Nadaraya 1964, Watson 1964): the
    mean of sampled latents, weighted by a Gaussian of their distance in the first K. Linear
    regression is hardly better than zeros: the latents of a VAE are uncorrelated, although sounds
    fill only parts of the space.

    Args:
        num_latents: K, 1 to Z.
        drawn: samples of training, standardized, `[Z, M]`; with none, the others are zeros.

    Example:
        >>> drawn = torch.tensor([[-1.0, 1.0], [2.0, 3.0]])
        >>> LatentCompletion(1, drawn)(torch.tensor([[[1.0, -1.0, 0.0]]]))
        tensor([[[ 1.0000, -1.0000,  0.0000],
                 [ 3.0000,  2.0000,  2.5000]]])
    """

    near: Tensor
    others: Tensor

    def __init__(self, num_latents: int, drawn: Tensor) -> None:
        super().__init__()
        dim = drawn.shape[0]
        if not 1 <= num_latents <= dim:
            raise ValueError(f"--latents must be from 1 to {dim}, got {num_latents}")
        self.num_latents = num_latents
        self.steepness = -0.5 / BANDWIDTH**2
        self.dim = dim
        drawn = drawn.T if drawn.shape[1] else drawn.new_zeros(1, dim)
        self.register_buffer("near", drawn[:, :num_latents].clone(), persistent=False)
        self.register_buffer("others", drawn[:, num_latents:].clone(), persistent=False)

    def forward(self, latents: Tensor) -> Tensor:
        """`[B, K, N]` -> `[B, Z, N]`."""
        if self.num_latents == self.dim:
            return latents
        points = latents.transpose(1, 2).unsqueeze(2)  # [B, N, 1, K]
        distances = (points - self.near).square().sum(dim=3)  # [B, N, M]
        weights = torch.softmax(distances * self.steepness, dim=2)
        return torch.cat([latents, (weights @ self.others).transpose(1, 2)], dim=1)
