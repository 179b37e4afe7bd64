"""A model that has metrics and no capability."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.instrument.stream import Stream
from vschaos.models.base import Metric, Model
from vschaos.runs import Run

HOP = 256


class Player(Model):
    """Metrics, and no other capability."""

    tracked_metrics = (Metric("peak_level", "peak", "dB", 1),)

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.hop_length = HOP
        self.excerpt_length = 4 * HOP
        self.excerpt_centres = self.centres(4 * HOP).tolist()
        self.vocabularies = {}

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        pass

    def centres(self, length: int) -> Tensor:
        return torch.arange(HOP // 2, length + HOP // 2, HOP)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        return {}

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        peak = batch.audio.abs().amax()
        return {"peak_level": 20 * torch.log10(peak), "duration": torch.tensor(0.3)}

    def stream(self, max_delay: int | None = None) -> Stream:
        raise NotImplementedError


def with_model(run: Run, model: Model) -> Run:
    """A run with another model, which knows no labels."""
    return replace(run, model=model.eval(), vocabularies={})
