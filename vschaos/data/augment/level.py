"""Changes of level and of sign, and mixtures of two sounds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.chance import checked, chosen
from vschaos.labels import Labels


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


class MixUp:
    """Excerpts with another one of the batch in them, mostly of another file.

    The other one's share is drawn evenly from 0 to `max_share`, and the excerpt keeps the rest.

    Args:
        max_share: of the amplitude, 0 to 1.
        probability: share of the excerpts that are changed, 0 to 1.
    """

    def __init__(self, max_share: float, probability: float) -> None:
        if not 0.0 <= max_share <= 1.0:
            raise ValueError(f"data.mix_up.max_share must be from 0 to 1, got {max_share}")
        self.max_share = max_share
        self.probability = checked(probability, "data.mix_up")

    def __call__(
        self, audio: Tensor, labels: Labels, random: np.random.Generator
    ) -> tuple[Tensor, Labels]:
        """`[B, T] -> [B, T]`, and labels `[B, L, N]` that are unknown where the two differ."""
        count = len(audio)
        rows = chosen(self.probability, count, random)
        if not len(rows) or count < 2:
            return audio, labels
        others = (rows + torch.from_numpy(random.integers(1, count, size=len(rows)))) % count
        share = torch.from_numpy(random.uniform(0.0, self.max_share, (len(rows), 1))).to(audio)
        mixed = audio.index_copy(0, rows, (1.0 - share) * audio[rows] + share * audio[others])
        agree = labels.known[others] & (labels.values[others] == labels.values[rows])
        known = labels.known.index_copy(0, rows, labels.known[rows] & agree)
        return mixed, labels._replace(known=known)
