"""Whether something is changed at all."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def checked(probability: float, key: str) -> float:
    """
    Raises:
        ValueError: no probability.
    """
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"{key}.probability must be from 0 to 1, got {probability}")
    return probability


def chosen(probability: float, count: int, random: np.random.Generator) -> Tensor:
    """Which rows of a batch are changed: their numbers, in order."""
    return torch.from_numpy(np.flatnonzero(random.random(count) < probability))
