"""Distances between magnitude spectra."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpectralConvergence(nn.Module):
    """`||X - Y|| / ||X||`, Frobenius norms over all bins and frames: loud partials decide it.

    Example:
        >>> x = torch.ones(1, 4, 3)
        >>> float(SpectralConvergence()(0.5 * x, x))
        0.5
    """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Magnitudes `[B, F, N]`, twice -> scalar."""
        return (output - target).norm() / target.norm().clamp_min(1e-7)


class FrameConvergence(nn.Module):
    """`||x - y|| / ||x||` of each frame, as a mean: soft frames count as much as loud ones.

    Frames more than `range_db` below the loudest one count less and less.

    Example:
        >>> x = torch.tensor([[[1.0, 0.1]]])
        >>> float(FrameConvergence()(0.5 * x, x))
        0.5
    """

    def __init__(self, range_db: float = 40.0) -> None:
        super().__init__()
        self.range = 10 ** (-range_db / 20)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Magnitudes `[B, F, N]`, twice -> scalar."""
        level = target.norm(dim=1)
        floor = (level.amax() * self.range).clamp_min(1e-7)
        return ((output - target).norm(dim=1) / torch.maximum(level, floor)).mean()


class LogSpectralDistance(nn.Module):
    """Root mean square over the bins of the difference in decibels, as a mean over the frames.

    Magnitudes count from `floor_db` below the sound's loudest bin upwards; frames more than
    `range_db` below the loudest frame are left out.

    Example:
        >>> x = torch.rand(1, 4, 3) + 0.5
        >>> round(float(LogSpectralDistance()(0.5 * x, x)), 3)
        6.021
    """

    def __init__(self, floor_db: float = -80.0, range_db: float = 60.0) -> None:
        super().__init__()
        self.floor = 10 ** (floor_db / 20)
        self.range = 10 ** (-range_db / 20)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Magnitudes of one or more whole sounds `[B, F, N]`, twice -> scalar in dB."""
        return torch.cat([self.frames(*pair) for pair in zip(output, target, strict=True)]).mean()

    def frames(self, output: Tensor, target: Tensor) -> Tensor:
        """Magnitudes of one sound `[F, N]`, twice -> dB of each frame that counts."""
        floor = (target.amax() * self.floor).clamp_min(1e-12)
        level = target.norm(dim=0)
        heard = level >= level.amax() * self.range
        ratio = output.clamp_min(floor) / target.clamp_min(floor)
        return (20 * torch.log10(ratio)).square().mean(dim=0).sqrt()[heard]
