"""Distances between spectra, all of them 0 between one and itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Distance(nn.Module):
    """A distance of an output from its target, as one number.

    Attributes:
        of: the representation that is compared, `log_magnitude` or `magnitudes`.
    """

    of = "magnitudes"

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """`[B, F, N]`, twice -> scalar."""
        raise NotImplementedError


class SpectrumDistance(Distance):
    """A distance that applies to either representation.

    Args:
        of: `log_magnitude` or `magnitudes`.
    """

    def __init__(self, of: str = "log_magnitude") -> None:
        super().__init__()
        if of not in ("log_magnitude", "magnitudes"):
            raise ValueError(f"of must be log_magnitude or magnitudes, got {of!r}")
        self.of = of


class MeanSquare(SpectrumDistance):
    """`mean((y - x)^2)` (L2): maximum likelihood if all errors are normal with one variance.

    Example:
        >>> float(MeanSquare()(torch.zeros(1, 2, 1), torch.tensor([[[1.0], [3.0]]])))
        5.0
    """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return nn.functional.mse_loss(output, target)


class FrameRMSE(SpectrumDistance):
    """Root mean square over the bins of `y - x`, as a mean over the frames.

    Of logarithms it is the log-spectral distance. Compared with `MeanSquare`, frames with large
    errors have smaller gradients, and frames with small errors larger ones.

    Example:
        >>> float(FrameRMSE()(torch.zeros(1, 2, 1), torch.tensor([[[1.0], [7.0]]])))
        5.0
    """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        # a norm, whose gradient torch takes for 0 where nothing differs
        return (output - target).norm(dim=1).mean() / math.sqrt(output.shape[1])


class MeanAbsolute(SpectrumDistance):
    """`mean(|y - x|)` (L1): a few large errors matter less.

    Example:
        >>> float(MeanAbsolute()(torch.zeros(1, 2, 1), torch.tensor([[[1.0], [3.0]]])))
        2.0
    """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return nn.functional.l1_loss(output, target)


class LogMagnitudeDistance(Distance):
    """`mean(|log(y + e) - log(x + e)|^p)`, in nepers, as in Arik et al. 2019 (eq. 3; p = 1).

    Args:
        power: p, 1 or 2.
        epsilon_db: e, relative to the loudest of the batch.

    Example:
        >>> x = torch.ones(1, 4, 3)
        >>> round(float(LogMagnitudeDistance()(0.5 * x, x)), 3)  # log 2
        0.693
    """

    def __init__(self, power: int = 1, epsilon_db: float = -100.0) -> None:
        super().__init__()
        if power not in (1, 2):
            raise ValueError(f"power must be 1 or 2, got {power}")
        self.power = power
        self.epsilon = 10 ** (epsilon_db / 20)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        floor = (self.epsilon * target.amax()).clamp_min(1e-12)
        return (torch.log(output + floor) - torch.log(target + floor)).abs().pow(self.power).mean()


class SpectralConvergence(Distance):
    """`||X - Y|| / ||X||`, Frobenius norms over all bins and frames: loud partials dominate.

    Example:
        >>> x = torch.ones(1, 4, 3)
        >>> float(SpectralConvergence()(0.5 * x, x))
        0.5
    """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Magnitudes `[B, F, N]`, twice -> scalar."""
        return (output - target).norm() / target.norm().clamp_min(1e-7)


class FrameConvergence(Distance):
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


class ItakuraSaito(Distance):
    """`mean(p / q - log(p / q) - 1)`, p the power of the target and q that of the output.

    Maximum likelihood if p is q times an exponential variable (Itakura & Saito 1968; Févotte et al.
    2009, eq. 8). It does not depend on the level, and is larger where the output is too soft.

    Args:
        floor_db: added to both powers, relative to the loudest of the batch.

    Example:
        >>> x = torch.ones(1, 4, 3)
        >>> round(float(ItakuraSaito()(x, 2 * x)), 3)  # 4 - log 4 - 1
        1.614
    """

    def __init__(self, floor_db: float = -60.0) -> None:
        super().__init__()
        self.floor = 10 ** (floor_db / 20)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        floor = (self.floor * target.amax()).clamp_min(1e-7).square()
        log_ratio = torch.log((target.square() + floor) / (output.square() + floor))
        return (torch.exp(log_ratio) - log_ratio - 1.0).mean()


class LogSpectralDistance(Distance):
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

    def forward(self, output: Tensor, target: Tensor, band: float = 1.0) -> Tensor:
        """Magnitudes of one or more whole sounds `[B, F, N]`, twice -> scalar in dB.

        Args:
            band: share of the frequencies that the target can hold. Bins above it are empty, and
                would make the mean over the bins as much smaller.
        """
        count = int(band * (target.shape[1] - 1)) + 1
        output, target = output[:, :count], target[:, :count]
        return torch.cat([self.frames(*pair) for pair in zip(output, target, strict=True)]).mean()

    def frames(self, output: Tensor, target: Tensor) -> Tensor:
        """Magnitudes of one sound `[F, N]`, twice -> dB of each frame that is loud enough."""
        floor = (target.amax() * self.floor).clamp_min(1e-12)
        level = target.norm(dim=0)
        audible = level >= level.amax() * self.range
        ratio = output.clamp_min(floor) / target.clamp_min(floor)
        return (20 * torch.log10(ratio)).square().mean(dim=0).sqrt()[audible]
