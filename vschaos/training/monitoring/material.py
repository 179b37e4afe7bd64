"""Validation sounds for monitoring: the same ones every time."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.batch import Batch
from vschaos.data.datamodule import ValidationSounds
from vschaos.evaluation.excerpts import Excerpt
from vschaos.labels import Labels
from vschaos.models.base import Model

SHORT_SECONDS = 1.0  # of each sound whose frames are shown in the latent space


class Material:
    """Excerpts of the validation sounds.

    Args:
        held_out: the sounds.
        model: determines their frames.
        num_sounds: number of `excerpts`.
        seconds: of each of these.
        device: of the model.

    Attributes:
        excerpts: to listen to.
        short_excerpts: of all sounds.
    """

    def __init__(
        self,
        held_out: ValidationSounds,
        model: Model,
        num_sounds: int,
        seconds: float,
        device: torch.device,
    ) -> None:
        count = len(held_out)
        picked = np.unique(np.linspace(0, count - 1, min(num_sounds, count)).round().astype(int))
        names = held_out.names
        batches = [held_out[index] for index in range(count)]

        def cut(index: int, wanted: float) -> Excerpt:
            length = round(wanted * model.sample_rate)
            batch = loudest_part(batches[index], model, length)
            labels = Labels(*(part.to(device) for part in batch.labels))
            return Excerpt(names[index], batch.audio.to(device), labels)

        self.excerpts = [cut(index, seconds) for index in picked]
        self.short_excerpts = [cut(index, SHORT_SECONDS) for index in range(count)]


def loudest_part(batch: Batch, model: Model, length: int) -> Batch:
    """A sound `[1, T]` and its labels, cut to the `length` samples that are loudest; the cut begins
    at a frame."""
    hop = model.hop_length
    if batch.audio.shape[1] <= length:
        return batch
    energy = batch.audio[0].double().square().cumsum(0)
    starts = torch.arange(0, batch.audio.shape[1] - length, hop)
    first = int((energy[starts + length - 1] - energy[starts]).argmax())
    audio = batch.audio[:, first * hop : first * hop + length]
    count = len(model.centres(length))
    return Batch(audio, Labels(*(part[:, :, first : first + count] for part in batch.labels)))
