"""Distances and divergences, one per class; each gives one number, unweighted."""

from vschaos.losses.multi_resolution import MultiResolutionDistance
from vschaos.losses.reconstruction import (
    Distance,
    FrameConvergence,
    FrameRMSE,
    ItakuraSaito,
    LogMagnitudeDistance,
    LogSpectralDistance,
    MeanAbsolute,
    MeanSquare,
    SpectralConvergence,
)
from vschaos.losses.regularization import (
    MMD,
    Discrepancy,
    GaussianKL,
    Renyi,
    ReverseKL,
    SymmetricKL,
)

__all__ = [
    "MMD",
    "Discrepancy",
    "Distance",
    "FrameConvergence",
    "FrameRMSE",
    "GaussianKL",
    "ItakuraSaito",
    "LogMagnitudeDistance",
    "LogSpectralDistance",
    "MeanAbsolute",
    "MeanSquare",
    "MultiResolutionDistance",
    "Renyi",
    "ReverseKL",
    "SpectralConvergence",
    "SymmetricKL",
]
