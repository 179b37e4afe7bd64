"""A few of the latents, and the others as they mostly are where these are so."""

import torch
from torch import Tensor, nn

REACH = 0.25  # deviations within which drawn latents count as near


class LatentCompletion(nn.Module):
    """Fills a latent space in from its first dimensions.

    The others get their conditional mean given those kept, by the regression of Nadaraya (1964) and
    Watson (1964): the mean of drawn latents, each weighing the more the nearer it lies in the
    dimensions kept. Linear regression gives hardly better than zeros: a VAE keeps its dimensions
    uncorrelated, and yet sounds fill only some places of their space.

    Args:
        num_kept: K, the first ones, 1 to Z.
        drawn: latents of the training, in deviations, `[Z, M]`; without any, zeros fill in.

    Example:
        >>> drawn = torch.tensor([[-1.0, 1.0], [2.0, 3.0]])
        >>> KeptLatents(1, drawn)(torch.tensor([[[1.0, -1.0, 0.0]]]))
        tensor([[[ 1.0000, -1.0000,  0.0000],
                 [ 3.0000,  2.0000,  2.5000]]])
    """

    near: Tensor
    others: Tensor

    def __init__(self, num_kept: int, drawn: Tensor) -> None:
        super().__init__()
        dim = drawn.shape[0]
        if not 1 <= num_kept <= dim:
            raise ValueError(f"--latents must be from 1 to {dim}, {num_kept} came")
        self.num_kept = num_kept
        self.steepness = -0.5 / REACH**2
        self.dim = dim
        drawn = drawn.T if drawn.shape[1] else drawn.new_zeros(1, dim)
        self.register_buffer("near", drawn[:, :num_kept].clone(), persistent=False)
        self.register_buffer("others", drawn[:, num_kept:].clone(), persistent=False)

    def forward(self, latents: Tensor) -> Tensor:
        """`[B, K, N]` -> `[B, Z, N]`."""
        if self.num_kept == self.dim:
            return latents
        points = latents.transpose(1, 2).unsqueeze(2)  # [B, N, 1, K]
        distances = (points - self.near).square().sum(dim=3)  # [B, N, M]
        weights = torch.softmax(distances * self.steepness, dim=2)
        return torch.cat([latents, (weights @ self.others).transpose(1, 2)], dim=1)
