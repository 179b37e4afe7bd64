"""Principal component analysis of the training frames: the linear baseline of a spectral model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy.linalg import eigh
from torch import Tensor

from vschaos.generation.material import Material
from vschaos.models.capabilities import Representation
from vschaos.progress import Progress

MAX_FRAMES = 40_000
MAX_SECONDS = 3600.0
CLIP_SECONDS = 60.0
LOG_OFFSET = 1e-3
Codec = tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]


class PCA(NamedTuple):
    """The best linear code of frames by a few numbers.

    Attributes:
        name: of the log-magnitude in which it is linear.
        forward, inverse: magnitudes <-> that log-magnitude.
        mean: `[F, 1]`.
        axes: `[F, Z]`, orthonormal.
    """

    name: str
    forward: Callable[[Tensor], Tensor]
    inverse: Callable[[Tensor], Tensor]
    mean: Tensor
    axes: Tensor

    def __call__(self, magnitudes: Tensor) -> Tensor:
        """Magnitudes `[1, F, N]` through Z numbers a frame and back."""
        centred = self.forward(magnitudes) - self.mean
        return self.inverse(self.axes @ (self.axes.T @ centred) + self.mean)


def fit_pca(material: Material, representation: Representation, dim: int) -> list[PCA]:
    """PCA of the training frames, `dim` numbers a frame: in the logarithm and, if the model has
    one, in its own log-magnitude. An empty list if these sounds are gone."""
    domains = _domains(representation)
    sums = {name: _Sums() for name in domains}
    for magnitudes in _training_magnitudes(material, representation):
        for name, (forward, _) in domains.items():
            sums[name].add(forward(magnitudes)[0])
    return [
        PCA(name, forward, inverse, *sums[name].axes(dim))
        for name, (forward, inverse) in domains.items()
        if sums[name].count > 1
    ]


def _domains(representation: Representation) -> dict[str, Codec]:
    domains: dict[str, Codec] = {
        f"log(x + {LOG_OFFSET:g})": (
            lambda magnitudes: torch.log(magnitudes + LOG_OFFSET),
            lambda logs: (torch.exp(logs) - LOG_OFFSET).clamp_min(0.0),
        )
    }
    log_magnitude = representation.log_magnitude
    if log_magnitude is not None:
        inverse: Callable[[Tensor], Tensor] = log_magnitude.inverse  # type: ignore[assignment]
        domains["the model's log-magnitude"] = (log_magnitude, inverse)
    return domains


def _training_magnitudes(material: Material, representation: Representation) -> Iterator[Tensor]:
    """`[1, F, N]`, frames evenly spread over the training's sounds."""
    names = material.names("train")
    clips = [
        (name, place)
        for name in names
        for place in np.linspace(
            0.0, 1.0, math.ceil(material.seconds_of(name, "train") / CLIP_SECONDS)
        )
    ]
    seconds = sum(min(material.seconds_of(name, "train"), CLIP_SECONDS) for name, _ in clips)
    every = max(1, math.ceil(seconds / MAX_SECONDS))
    transform, rate = representation.transform, material.run.sample_rate
    num_frames = seconds / every * rate / transform.hop_length
    step = max(1, math.ceil(num_frames / MAX_FRAMES))
    for name, place in Progress(clips[::every], desc="PCA", unit="file"):
        clip = material.clip(name, CLIP_SECONDS, "train", place)
        if clip is not None:
            samples = torch.from_numpy(np.array(clip.audio, dtype=np.float32))[None]
            yield transform(samples).abs()[:, :, ::step]


class _Sums:
    """Running sums for mean and covariance."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = torch.zeros(())
        self._products = torch.zeros(())

    def add(self, frames: Tensor) -> None:
        """`[F, N]`."""
        frames = frames.double()
        self.count += frames.shape[1]
        self._sum = self._sum + frames.sum(dim=1)
        self._products = self._products + frames @ frames.T

    def axes(self, dim: int) -> tuple[Tensor, Tensor]:
        """Mean `[F, 1]` and the `dim` strongest axes `[F, dim]`."""
        mean = self._sum / self.count
        covariance = (self._products / self.count - torch.outer(mean, mean)).numpy()
        size = len(covariance)
        _, axes = eigh(covariance, subset_by_index=[max(0, size - dim), size - 1])
        return mean.float()[:, None], torch.from_numpy(axes.copy()).float()
