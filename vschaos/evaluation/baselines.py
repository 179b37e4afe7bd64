"""Reconstructions that are compared: of the model, of PCA of its size, of the transform alone."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from vschaos.dsp import INVERSIONS, invert
from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.evaluation.pca import PCA
from vschaos.evaluation.spectra import magnitudes_of, reconstruct_magnitudes
from vschaos.models.capabilities import Autoencoder, Representation, Spectral


class Baseline(Protocol):
    """A reconstruction of sounds: the model's own, or one that it is compared with."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        """`[1, F, N]`, before the phase is estimated."""
        ...

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        """`[1, T]`."""
        ...


class ModelReconstruction(NamedTuple):
    """A trained model, conditioned on the known labels of a sound, else on those it predicts."""

    model: Autoencoder
    name: str = "model"

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        labels = infer_labels(self.model, excerpt)
        return reconstruct_magnitudes(self.model, excerpt.audio, labels)

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        labels = infer_labels(self.model, excerpt)
        if isinstance(self.model, Spectral):
            return self.model.reconstruct(excerpt.audio, labels, inversion=inversion)
        return self.model.reconstruct(excerpt.audio, labels)


class PCAReconstruction(NamedTuple):
    """PCA, with the transform and the phase of the model."""

    pca: PCA
    representation: Representation
    name: str

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        return self.pca(self.representation.transform(excerpt.audio).abs())

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        return _inverted(self.representation, self.magnitudes(excerpt), excerpt, inversion)


class TransformReconstruction(NamedTuple):
    """Analysis, phase estimation and synthesis alone: the error of the phase."""

    representation: Representation
    name: str = "transform alone"

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        return self.representation.transform(excerpt.audio).abs()

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        return _inverted(self.representation, self.magnitudes(excerpt), excerpt, inversion)


class Silence(NamedTuple):
    """Zeros: the scale of the error measures."""

    model: Autoencoder
    name: str = "silence"

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        return torch.zeros_like(magnitudes_of(self.model, excerpt.audio))

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        return torch.zeros_like(excerpt.audio)


def _inverted(
    representation: Representation, magnitudes: Tensor, excerpt: Excerpt, inversion: str
) -> Tensor:
    transform, length = representation.transform, excerpt.audio.shape[1]
    # an inversion of the family's own needs no estimated phase: baselines keep that of the input
    known = inversion if inversion in INVERSIONS else "keep_input"
    return invert(transform, magnitudes, length, known, transform(excerpt.audio))
