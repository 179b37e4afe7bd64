"""The log-spectral distance of sounds whatever their level, by which found settings are judged."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from vschaos.dsp import STFT
from vschaos.losses import LogSpectralDistance

LEVEL = 0.1  # RMS at which sounds are compared
SILENT = 1e-5  # RMS, -100 dB: below it there is nothing that could be brought to a level
WINDOW, HOP = 2048, 512


def log_spectral_distances(output: Tensor, target: Tensor) -> Tensor:
    """`LogSpectralDistance` of each sound, in dB, by windows of 2048 samples: `[B, T]`, `[T]` ->
    `[B]`."""
    outputs, wanted = magnitudes(at_one_level(output)), magnitudes(at_one_level(target[None]))
    distance = LogSpectralDistance()
    return torch.stack([distance(one[None], wanted) for one in outputs])


def at_one_level(sounds: Tensor) -> Tensor:
    """`[B, T]`; silence stays what it is."""
    # with the square inside the root at least that of silence, its gradient is finite
    level = sounds.square().mean(1, keepdim=True).clamp_min(SILENT**2).sqrt()
    return sounds * (LEVEL / level)


def magnitudes(sounds: Tensor) -> Tensor:
    """`[B, T]` -> `[B, F, N]`, of whole windows alone: `STFT` lays zeros around a sound."""
    lacking = max(WINDOW - sounds.shape[1], -sounds.shape[1] % HOP)
    return STFT(WINDOW, HOP).analyse(functional.pad(sounds, (0, lacking))).abs()
