"""Models without a network: one with every capability, one with few, one with none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.data.datamodule import ValidationSounds
from vschaos.dsp import STFT
from vschaos.instrument.controls import AUDIO, Control, Method
from vschaos.instrument.stream import Stream
from vschaos.labels import Labels, Vocabulary
from vschaos.models.base import Model
from vschaos.models.capabilities import (
    Autoencoder,
    Labelled,
    LatentStatistics,
    Representation,
    Spectral,
)
from vschaos.training.monitoring.material import Material

RATE, HOP = 8000, 128
SOFT, LOUD = 0.1, 0.4


class Player(Model):
    """Has no capability at all."""

    tracked_metrics = ()

    def __init__(self) -> None:
        super().__init__()
        self.sample_rate, self.hop_length = RATE, HOP
        self.excerpt_length, self.excerpt_centres = HOP, [0]
        self.vocabularies: dict[str, Vocabulary] = {}

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None: ...

    def centres(self, length: int) -> Tensor:
        return torch.arange(length // HOP) * HOP

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        return {}

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        return {}

    def stream(self, max_delay: int | None = None, *options: Any) -> Stream:
        return Stream([Method("play", [], HOP, [AUDIO], 1)], [], HOP, 0)


class Sine(Player, Autoencoder):
    """Plays a sine, by pitch and amplitude."""

    def __init__(self) -> None:
        super().__init__()
        self.latent_dim = 2

    def frame_controls(self) -> list[Control]:
        return [
            Control("pitch", 50.0, 80.0, "MIDI note", default=60.0, movement="uniform"),
            Control("amplitude", 0.0, 1.0, "amplitude", movement="gate"),
        ]

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        return torch.tensor([60.0, 1.0])[None, :, None].repeat(len(audio), 1, audio.shape[1] // HOP)

    def decode(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        pitch, amplitude = latents.repeat_interleave(HOP, dim=2).unbind(1)
        hertz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
        return amplitude * torch.sin(2 * math.pi * hertz.cumsum(1) / RATE)

    def reconstruct(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        return self.decode(self.encode(audio))


class Puppet(Player, Spectral, LatentStatistics, Labelled):
    """Plays a sine and takes loudness for pitch.

    Args:
        nats: of each latent.
        octaves: by which its label changes the sine, from class to class or per unit of a number.
        conditions_encoder: whether the label moves the latents.
        is_right: whether its predictions are right.
        vocabulary: of its label.
    """

    inversions = ("none",)

    def __init__(
        self,
        nats: Sequence[float] = (1.0, 1.0),
        octaves: float = 1.0,
        conditions_encoder: bool = False,
        is_right: bool = True,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        super().__init__()
        self.latent_dim = 2
        self.vocabularies = {"pitch": vocabulary or Vocabulary(("low", "high"))}
        self.conditioning_tasks = self.predicted_tasks = ["pitch"]
        self.nats, self.octaves = nats, octaves
        self.conditions_encoder, self.is_right = conditions_encoder, is_right
        self.transform = STFT(4 * HOP, HOP)

    def frame_controls(self) -> list[Control]:
        return [Control(f"latent {number}", -3.0, 3.0, "sigma") for number in (1, 2)]

    def representation(self) -> Representation:
        return Representation(self.transform)

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        frames = torch.zeros(len(audio), 2, len(self.centres(audio.shape[1])))
        if self.conditions_encoder and labels is not None:
            return frames + labels.values[:, :1]
        return frames

    def decode(
        self, latents: Tensor, labels: Labels | None = None, inversion: str | None = None
    ) -> Tensor:
        octaves = self.octaves * labels.values[:, 0, :1] if labels else torch.zeros(len(latents), 1)
        seconds = torch.arange(latents.shape[2] * HOP) / RATE
        return 0.5 * torch.sin(2 * math.pi * 300 * 2**octaves * seconds)

    def decode_magnitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        return self.transform.magnitudes(self.decode(latents, labels))

    def predict(self, audio: Tensor) -> Tensor:
        level = audio.square().mean().sqrt() * math.sqrt(2)
        predicted = float(level > (SOFT + LOUD) / 2) if self.is_right else 0.0
        return torch.full((1, 1, len(self.centres(audio.shape[1]))), predicted)

    def reconstruct(
        self,
        audio: Tensor,
        labels: Labels | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> Tensor:
        return 3.0 * audio

    def order_latents(self) -> None: ...

    def importance(self) -> list[float]:
        return []

    def complete(self, latents: Tensor) -> Tensor:
        return latents

    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor:
        return torch.tensor(self.nats)


class Sounds(ValidationSounds):
    """Sines of one second, every other one loud; loud ones are of class 1, and that is known of
    some."""

    def __init__(self, model: Model, known: Sequence[bool] = (True,) * 6) -> None:
        self.model, self.known = model, known
        self.names = [f"data/{number}.wav" for number in range(len(known))]

    def __getitem__(self, index: int) -> Batch:
        loud = float(index % 2)
        audio = (LOUD if loud else SOFT) * torch.sin(0.2 * torch.arange(float(RATE)))
        values = torch.full((1, 1, len(self.model.centres(RATE))), loud)
        return Batch(audio[None], Labels(values, torch.full_like(values, self.known[index]) > 0))


def material(model: Model, known: Sequence[bool] = (True,) * 6) -> Material:
    return Material(Sounds(model, known), model, 3, 0.5, torch.device("cpu"))
