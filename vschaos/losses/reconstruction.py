"""Distances between spectra, all of them 0 between one and itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Distance(nn.Module):
    """How far an output is from its target, one number.

    Attributes:
        of: what is compared, `contrast` or `magnitudes`.
    """

    of = "magnitudes"

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """`[B, F, N]`, twice -> scalar."""
        raise NotImplementedError


class MeanSquare(Distance):
    """`mean((y - x)^2)`: what is likeliest if all errors are as large and normal (L2).

    Args:
        of: `contrast` or `magnitudes`.

    Example:
        >>> float(MeanSquare()(torch.zeros(1, 2, 1), torch.tensor([[[1.0], [3.0]]])))
        5.0
    """

    def __init__(self, of: str = "log_magnitude") -> None:
        super().__init__()
        self.of = _either(of)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return nn.functional.mse_loss(output, target)


class FrameRMSE(Distance):
    """Root mean square over the bins of `y - x`, as a mean over the frames.

    The log-spectral distance of a contrast that is a logarithm. Against `MeanSquare`, frames that
    are hard to tell pull less, and those that nearly fit more.

    Args:
        of: `contrast` or `magnitudes`.

    Example:
        >>> float(FrameRMSE()(torch.zeros(1, 2, 1), torch.tensor([[[1.0], [7.0]]])))
        5.0
    """

    def __init__(self, of: str = "log_magnitude") -> None:
        super().__init__()
        self.of = _either(of)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        # a norm, whose slope torch takes for 0 where nothing differs
        return (output - target).norm(dim=1).mean() / math.sqrt(output.shape[1])


class MeanAbsolute(Distance):
    """`mean(|y - x|)`: a few large errors matter less (L1).

    Args:
        of: `contrast` or `magnitudes`.

    Example:
        >>> float(MeanAbsolute()(torch.zeros(1, 2, 1), torch.tensor([[[1.0], [3.0]]])))
        2.0
    """

    def __init__(self, of: str = "log_magnitude") -> None:
        super().__init__()
        self.of = _either(of)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return nn.functional.l1_loss(output, target)


class LogMagnitudeDistance(Distance):
    """`mean(|log(y + e) - log(x + e)|^p)`, in nepers, as in Arik et al. 2019 (eq. 3; p = 1).

    Args:
        power: p, 1 or 2.
        epsilon_db: e, against the loudest of the batch.

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
    """`||X - Y|| / ||X||`, Frobenius norms over all bins and frames: loud partials decide it.

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

    What is likeliest if p is q times an exponential variable (Itakura & Saito 1968; Févotte et al.
    2009, eq. 8). It is the same at any level, and dearer where the output is too soft.

    Args:
        floor_db: power counts from there upwards, against the loudest of the batch.

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


def _either(of: str) -> str:
    if of not in ("log_magnitude", "magnitudes"):
        raise ValueError(f"of must be log_magnitude or magnitudes, got {of!r}")
    return of
