"""A model that has metrics and no capability, and runs of models like it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.evaluation import rendered
from vschaos.instrument.stream import Stream
from vschaos.labels import Labels
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


class RenderedTones:
    """A data module that renders three sines."""

    names = ("rendered 0", "rendered 1", "rendered 2")

    def open(self, model: Model, _split: object = None) -> None:
        self.model, self.validation = model, self

    def __getitem__(self, index: int) -> Batch:
        seconds = torch.arange(4000) / self.model.sample_rate
        nothing = torch.zeros(1, 0, len(self.model.centres(4000)))
        pitch = torch.tensor([300.0 + 100.0 * index])
        audio = 0.3 * torch.sin(2 * torch.pi * pitch * seconds)[None]
        return Batch(audio, Labels(nothing, nothing > 0), targets={"pitch": pitch})


def of_rendered_tones(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that was trained without files."""
    monkeypatch.setattr(rendered, "build", lambda config, seed: RenderedTones())
    config = {**run.config, "data": {"renderer": {}}}
    split = {"train": [], "held_out": [], "parts": {}, "digests": {}}
    return replace(with_model(run, model), config=config, split=split)
