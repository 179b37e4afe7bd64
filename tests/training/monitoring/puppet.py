"""A made-up model that obeys, hears and says what it is told to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.data.cache.store import StoredFile
from vschaos.data.excerpts import WholeSounds
from vschaos.instrument.stream import Stream
from vschaos.labels import Labels, Vocabulary
from vschaos.models.base import Model
from vschaos.training.monitoring.material import Material

RATE, HOP = 8000, 100
SOFT, LOUD = 0.1, 0.4


class Puppet(Model):
    """Plays a sine and takes loudness for pitch.

    Args:
        nats: of each latent.
        obeyed: octaves from class to class, or per unit of a number.
        told_to_encoder: the label moves the latents.
        hears: how often it is right.
        vocabulary: of its label.
    """

    def __init__(
        self,
        nats: Sequence[float] | None = (1.0, 1.0),
        obeyed: float = 1.0,
        told_to_encoder: bool = False,
        hears: bool = True,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        super().__init__()
        self.sample_rate, self.hop_length, self.latent_dim = RATE, HOP, 2
        self.vocabularies = {"pitch": vocabulary or Vocabulary(("low", "high"))}
        self.conditioning_tasks = self.predicted_tasks = ["pitch"]
        self.inversions = ("none",)
        self.nats, self.obeyed = nats, obeyed
        self.told_to_encoder, self.hears = told_to_encoder, hears

    def fit(self, audio: Tensor) -> None: ...

    def centres(self, length: int) -> Tensor:
        return torch.arange(length // HOP) * HOP

    def losses(self, audio: Tensor, labels: Labels) -> dict[str, Tensor]:
        return {}

    def distances(self, audio: Tensor, labels: Labels) -> dict[str, Tensor]:
        return {}

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        frames = torch.zeros(len(audio), 2, len(self.centres(audio.shape[1])))
        if self.told_to_encoder and labels is not None:
            return frames + labels.values[:, :1]
        return frames

    def decode(
        self, latents: Tensor, labels: Labels | None = None, inversion: str | None = None
    ) -> Tensor:
        octaves = self.obeyed * labels.values[:, 0, :1] if labels else torch.zeros(1, 1)
        seconds = torch.arange(latents.shape[2] * HOP) / RATE
        return 0.5 * torch.sin(2 * math.pi * 300 * 2**octaves * seconds)

    def predict(self, audio: Tensor) -> Tensor:
        level = audio.square().mean().sqrt() * math.sqrt(2)
        heard = float(level > (SOFT + LOUD) / 2) if self.hears else 0.0
        return torch.full((1, 1, len(self.centres(audio.shape[1]))), heard)

    def reconstruct(
        self,
        audio: Tensor,
        labels: Labels | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> Tensor:
        return 3.0 * audio

    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor | None:
        return None if self.nats is None else torch.tensor(self.nats)

    def stream(self, max_delay: int | None = None) -> Stream:
        raise NotImplementedError


class Sounds(WholeSounds):
    """Sines of one second, every other one loud; loud ones are of class 1, and that is known of
    some."""

    def __init__(self, model: Model, known: Sequence[bool] = (True,) * 6) -> None:
        self.model, self.known = model, known
        self.files = [StoredFile(f"data/{n}.wav", n * RATE, RATE) for n in range(len(known))]

    def __getitem__(self, index: int) -> Batch:
        loud = float(index % 2)
        audio = (LOUD if loud else SOFT) * torch.sin(0.2 * torch.arange(float(RATE)))
        values = torch.full((1, 1, len(self.model.centres(RATE))), loud)
        return Batch(audio[None], Labels(values, torch.full_like(values, self.known[index]) > 0))


def material(model: Model, known: Sequence[bool] = (True,) * 6) -> Material:
    return Material(Sounds(model, known), model, 3, 0.5, torch.device("cpu"))
