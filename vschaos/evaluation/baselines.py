"""What is compared: the model, PCA of as many numbers, and the transform alone."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from vschaos.dsp import INVERSIONS, invert
from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.evaluation.pca import PCA
from vschaos.models.base import Model
from vschaos.models.capabilities import Representation


class Baseline(Protocol):
    """A way from a sound to a sound that should be like it."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        """`[1, F, N]`, before the phase is sought."""
        ...

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        """`[1, T]`."""
        ...


class TheModel(NamedTuple):
    """A trained model; told what is known of a sound, else what it hears itself."""

    model: Model
    name: str = "model"

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        labels = infer_labels(self.model, excerpt)
        return self.model.decode_magnitudes(self.model.encode(excerpt.audio, labels), labels)

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        labels = infer_labels(self.model, excerpt)
        return self.model.reconstruct(excerpt.audio, labels, inversion=inversion)


class ThePCA(NamedTuple):
    """PCA, with the transform and the phases of the model."""

    pca: PCA
    representation: Representation
    name: str

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        return self.pca(self.representation.transform(excerpt.audio).abs())

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        return _inverted(self.representation, self.magnitudes(excerpt), excerpt, inversion)


class TheTransform(NamedTuple):
    """Analysis, phase and synthesis, with nothing between: what the phase alone costs."""

    representation: Representation
    name: str = "transform alone"

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        return self.representation.transform(excerpt.audio).abs()

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        return _inverted(self.representation, self.magnitudes(excerpt), excerpt, inversion)


class Silence(NamedTuple):
    """Nothing: what the distances say of it tells how to read them."""

    representation: Representation
    name: str = "silence"

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        return torch.zeros_like(self.representation.transform(excerpt.audio).abs())

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        return torch.zeros_like(excerpt.audio)


def _inverted(
    representation: Representation, magnitudes: Tensor, excerpt: Excerpt, inversion: str
) -> Tensor:
    transform, length = representation.transform, excerpt.audio.shape[1]
    # a family with ways of its own has no such phase to find: what it is compared with keeps its
    way = inversion if inversion in INVERSIONS else "keep_input"
    return invert(transform, magnitudes, length, way, transform(excerpt.audio))
