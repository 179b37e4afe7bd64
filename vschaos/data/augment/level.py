"""Changes of level, and of sign."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.chance import checked, chosen


class Gain:
    """A level of its own for each excerpt.

    Args:
        range_db: drawn evenly from -range_db to +range_db.
        probability: share of the excerpts that are changed, 0 to 1.
    """

    def __init__(self, range_db: float, probability: float = 1.0) -> None:
        self.range_db = range_db
        self.probability = checked(probability, "data.gain")

    def draw(self, count: int, random: np.random.Generator) -> Tensor:
        """Factors `[count, 1]`, float32."""
        gain_db = random.uniform(-self.range_db, self.range_db, size=(count, 1))
        if self.probability < 1.0:
            gain_db[random.random(count) >= self.probability] = 0.0
        return torch.from_numpy(10 ** (gain_db / 20)).float()


class Polarity:
    """Excerpts upside down. Magnitudes stay as they are; it is for families that model waveforms.

    Args:
        probability: share of the excerpts that are turned, 0 to 1.
    """

    def __init__(self, probability: float) -> None:
        self.probability = checked(probability, "data.polarity")

    def __call__(self, audio: Tensor, random: np.random.Generator) -> Tensor:
        """`[B, T] -> [B, T]`."""
        rows = chosen(self.probability, len(audio), random)
        return audio.index_copy(0, rows, -audio[rows]) if len(rows) else audio
