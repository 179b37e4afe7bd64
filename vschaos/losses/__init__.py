"""Distances and divergences, one per class; each gives one number, unweighted."""

from vschaos.losses.multi_resolution import MultiResolutionDistance
from vschaos.losses.reconstruction import (
    FrameConvergence,
    LogSpectralDistance,
    SpectralConvergence,
)
from vschaos.losses.regularization import GaussianKL

__all__ = [
    "FrameConvergence",
    "GaussianKL",
    "LogSpectralDistance",
    "MultiResolutionDistance",
    "SpectralConvergence",
]
