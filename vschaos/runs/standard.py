"""Frames in standard deviations, whatever the units of their numbers are."""

from __future__ import annotations

import numpy as np

from vschaos.models.capabilities import Autoencoder


def standardize(model: Autoencoder, frames: np.ndarray) -> np.ndarray:
    """Frames `[Z, N]` of a model -> the same about 0, with deviations of about 1; latents are so
    already, other controls by their usual ranges."""
    mean, deviation = _statistics(model)
    return ((frames - mean) / deviation).astype(np.float32)


def unstandardize(model: Autoencoder, frames: np.ndarray) -> np.ndarray:
    """The inverse, `[Z, N]`, within the bounds of each control."""
    mean, deviation = _statistics(model)
    low, high = np.array([control.bounds[:2] for control in model.frame_controls()]).T[:, :, None]
    return np.clip(frames * deviation + mean, low, high).astype(np.float32)


def _statistics(model: Autoencoder) -> np.ndarray:
    """Mean and standard deviation, `[2, Z, 1]`."""
    return np.array([control.statistics for control in model.frame_controls()]).T[:, :, None]
