"""Spectra and labels of any model, by its capabilities."""

from __future__ import annotations

import torch
from torch import Tensor

from vschaos.dsp import STFT
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, Labelled, Representation, Spectral

AUDIBLE_DB = -60.0  # relative to the loudest frame of a sound; softer frames are not evaluated


def representation_of(model: Model) -> Representation:
    """The representation of a spectral model; for others an STFT of 2048 samples every 512."""
    if isinstance(model, Spectral):
        return model.representation()
    return Representation(STFT(2048, 512))


def magnitudes_of(model: Model, audio: Tensor) -> Tensor:
    """`[B, T]` -> magnitudes `[B, F, M]` in the model's representation."""
    return representation_of(model).transform.to(audio.device)(audio).abs()


def decode_magnitudes(model: Autoencoder, latents: Tensor, labels: Labels | None) -> Tensor:
    """`[B, Z, N]` -> magnitudes `[B, F, N]`: without a phase if the model is spectral, else of the
    decoded sound."""
    if isinstance(model, Spectral):
        return model.decode_magnitudes(latents, labels)
    return nearest_frames(magnitudes_of(model, model.decode(latents, labels)), latents.shape[2])


def reconstruct_magnitudes(model: Autoencoder, audio: Tensor, labels: Labels | None) -> Tensor:
    """`[B, T]` -> the magnitudes `[B, F, M]` of its reconstruction, likewise."""
    if isinstance(model, Spectral):
        return model.decode_magnitudes(model.encode(audio, labels), labels)
    return magnitudes_of(model, model.reconstruct(audio, labels))


def is_audible(magnitudes: Tensor) -> Tensor:
    """The frames of `[B, F, N]` that are loud enough to count, `[B, N]`; all of them in silence."""
    level = magnitudes.norm(dim=1)
    return level >= level.amax(dim=1, keepdim=True) * 10 ** (AUDIBLE_DB / 20)


def nearest_frames(values: Tensor, num_frames: int) -> Tensor:
    """`[..., M]` -> `[..., num_frames]`, the nearest frames at evenly spaced positions: a transform
    and a model may have different numbers of frames."""
    if values.shape[-1] == num_frames:
        return values
    places = torch.linspace(0, values.shape[-1] - 1, num_frames).round().long()
    return values[..., places.to(values.device)]


def conditioning_tasks(model: Model) -> list[str]:
    """The labels that condition a model; none if it knows no labels."""
    return model.conditioning_tasks if isinstance(model, Labelled) else []


def predicted_tasks(model: Model) -> list[str]:
    """The labels that a model predicts; none if it knows no labels."""
    return model.predicted_tasks if isinstance(model, Labelled) else []
