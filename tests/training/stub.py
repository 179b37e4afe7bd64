"""A model and a renderer that are as small as the contract allows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from vschaos.batch import Batch
from vschaos.instrument.stream import Stream
from vschaos.labels import Vocabulary
from vschaos.models.base import Metric, Model


class Level(Model):
    """Estimates something of the mean square of each sound, by a line.

    Args:
        of: `loudness`, a feature, or `amplitude`, a target.
    """

    def __init__(
        self, vocabularies: Mapping[str, Vocabulary], sample_rate: int, hop_length: int, of: str
    ) -> None:
        super().__init__()
        self.vocabularies = dict(vocabularies)
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.excerpt_length = 8 * hop_length
        self.excerpt_centres = [4 * hop_length]
        self.tracked_metrics = (Metric("error", "error"),)
        self.of = of
        self.line = nn.Linear(1, 1)
        self.batches: list[Batch] = []

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        self.losses(batch)

    def centres(self, length: int) -> Tensor:
        return torch.arange(0, length, self.hop_length)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        wanted = {**batch.features, **batch.targets}[self.of].reshape(len(batch.audio), -1)
        level = batch.audio.square().mean(dim=1, keepdim=True)
        return {"error": (self.line(level) - wanted.mean(dim=1, keepdim=True)).square().mean()}

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        return self.losses(batch)

    def stream(self, max_delay: int | None = None) -> Stream:
        raise NotImplementedError


class Sine:
    """Sines of a random amplitude and frequency.

    Args:
        highest_hz: of the frequencies.
    """

    def __init__(self, highest_hz: float) -> None:
        self.highest_hz = highest_hz

    def draw(self, random: np.random.Generator, count: int) -> dict[str, Tensor]:
        return {
            "amplitude": torch.from_numpy(random.uniform(0.1, 1.0, count)),
            "frequency": torch.from_numpy(random.uniform(50.0, self.highest_hz, count)),
        }

    def render(self, parameters: Mapping[str, Tensor], sample_rate: int, length: int) -> Tensor:
        turns = torch.arange(length) / sample_rate * parameters["frequency"][:, None]
        return parameters["amplitude"][:, None] * torch.sin(2 * torch.pi * turns)
