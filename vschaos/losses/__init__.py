"""Distances and divergences, one per class; each gives one number, unweighted."""

from vschaos.losses.reconstruction import LogSpectralDistance, SpectralConvergence
from vschaos.losses.regularization import GaussianKL

__all__ = ["GaussianKL", "LogSpectralDistance", "SpectralConvergence"]
