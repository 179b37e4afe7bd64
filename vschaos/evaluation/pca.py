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
FRAMES_AT_ONCE = 4096


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

    def reconstruct(self, magnitudes: Tensor) -> Tensor:
        """Magnitudes `[1, F, N]` through Z numbers a frame and back."""
        centred = self.forward(magnitudes) - self.mean
        return self.inverse(self.axes @ (self.axes.T @ centred) + self.mean)


def fit_pca(material: Material, representation: Representation, dim: int) -> list[PCA]:
    """PCA of the training frames, `dim` numbers a frame: in the logarithm and, if the model has
    one, in its own log-magnitude. An empty list if these sounds are gone."""
    parts = list(_training_magnitudes(material, representation))
    frames = torch.cat(parts, dim=2) if parts else torch.zeros(1, 1, 0)
    if frames.shape[2] < 2:
        return []
    domains: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
        f"log(x + {LOG_OFFSET:g})": (
            lambda magnitudes: torch.log(magnitudes + LOG_OFFSET),
            lambda logs: (torch.exp(logs) - LOG_OFFSET).clamp_min(0.0),
        )
    }
    log_magnitude = representation.log_magnitude
    if log_magnitude is not None:
        inverse: Callable[[Tensor], Tensor] = log_magnitude.inverse  # type: ignore[assignment]
        domains["the model's log-magnitude"] = (log_magnitude, inverse)
    return [
        PCA(name, forward, inverse, *principal_axes(forward(frames)[0], dim))
        for name, (forward, inverse) in domains.items()
    ]


def _training_magnitudes(material: Material, representation: Representation) -> Iterator[Tensor]:
    """`[1, F, N]`, at most about `MAX_FRAMES` in all, evenly spread over the training's sounds."""
    seconds = {name: material.seconds_of(name, "train") for name in material.names("train")}
    clips = [
        (name, place)
        for name, duration in seconds.items()
        for place in np.linspace(0.0, 1.0, math.ceil(duration / CLIP_SECONDS)).tolist()
    ]
    total = sum(min(seconds[name], CLIP_SECONDS) for name, _ in clips)
    every = max(1, math.ceil(total / MAX_SECONDS))
    transform, rate = representation.transform, material.run.sample_rate
    num_frames = total / every * rate / transform.hop_length
    step = max(1, math.ceil(num_frames / MAX_FRAMES))
    for name, place in Progress(clips[::every], desc="PCA", unit="file"):
        clip = material.clip(name, CLIP_SECONDS, "train", place)
        if clip is not None:
            samples = torch.from_numpy(np.array(clip.audio, dtype=np.float32))[None]
            yield transform(samples).abs()[:, :, ::step]


def principal_axes(frames: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """`[F, N]` -> mean `[F, 1]` and the `dim` strongest axes `[F, dim]`."""
    mean = frames.double().mean(dim=1, keepdim=True)
    size = len(frames)
    covariance = torch.zeros(size, size, dtype=torch.float64)
    for part in frames.split(FRAMES_AT_ONCE, dim=1):  # in double precision all take too much memory
        covariance += (part - mean) @ (part - mean).T
    _, axes = eigh(covariance.numpy(), subset_by_index=[max(0, size - dim), size - 1])
    return mean.float(), torch.from_numpy(axes.copy()).float()
