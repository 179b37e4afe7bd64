"""The interpolation loss: sounds between two latents should be as loud as both."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

Decode = Callable[[Tensor], Tensor]  # latents of the first rows of a batch -> magnitudes


class InterpolationLoss(nn.Module):
    """Loss of level on straight lines through the latent space.

    Examples of a batch are paired, each with the next one, and the latents at one random point of
    the line between them are decoded. Decoded levels below the interpolated
    log-level of the two ends cost, levels above do not. A decoder that learns sounds alone may be
    silent between them, where players pass.

    Args:
        share: of the examples of a batch that are the first of a pair, above 0 and up to 1.
        range_db: ends further below the loudest frame of the batch count as loud as that.
    """

    def __init__(self, share: float = 0.25, range_db: float = 40.0) -> None:
        super().__init__()
        if not 0.0 < share <= 1.0:
            raise ValueError(f"model.interpolation.share must be above 0 and up to 1, got {share}")
        self.share = share
        self.range = 10 ** (-range_db / 20)

    def forward(self, latents: Tensor, magnitudes: Tensor, decode: Decode) -> Tensor:
        """The mean loss over pairs and frames.

        Args:
            latents: `[B, Z, N]`.
            magnitudes: true ones of the last M of these frames, `[B, F, M]`.
            decode: `[P, Z, N]`, between the first P examples and those that follow them -> their
                last M frames, `[P, F, M]`.

        Returns:
            scalar in nepers (8.7 dB each), 0 for a batch of one.
        """
        if len(latents) < 2:
            return latents.new_zeros(())
        count = math.ceil(self.share * len(latents))
        position = torch.rand(count, 1, 1, device=latents.device)
        level = magnitudes.norm(dim=1, keepdim=True)
        level = torch.log(level.clamp_min((level.amax() * self.range).clamp_min(1e-7)))
        points, straight = (
            torch.lerp(ends[:count], ends.roll(-1, 0)[:count], position)
            for ends in (latents, level)
        )
        decoded = torch.log(decode(points).norm(dim=1, keepdim=True).clamp_min(1e-7))
        return (straight - decoded).clamp_min(0.0).mean()
