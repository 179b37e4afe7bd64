"""Corruption of the encoder's input in training; targets stay clean."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


class TimeMask:
    """Sets a part of each sound to silence.

    Args:
        max_share: of a sound; length (from 0 on) and position are uniform.
        probability: share of the sounds, 0 to 1.
    """

    def __init__(self, max_share: float, probability: float) -> None:
        _check("time_mask.max_share", max_share)
        _check("time_mask.probability", probability)
        self.max_share = max_share
        self.probability = probability

    def __call__(self, audio: Tensor) -> Tensor:
        """`[B, T] -> [B, T]`."""
        if self.probability == 0.0:
            return audio
        hidden = _stretches(audio, audio.shape[1], self.max_share)
        return audio.masked_fill(hidden & _rows(audio, self.probability)[:, None], 0.0)


class FrequencyMask:
    """Sets a band of bins to silence, the same in all frames of a sound.

    Args:
        max_share: of the bins; width (from 0 on) and position are uniform.
        probability: share of the sounds, 0 to 1.
    """

    def __init__(self, max_share: float, probability: float) -> None:
        _check("frequency_mask.max_share", max_share)
        _check("frequency_mask.probability", probability)
        self.max_share = max_share
        self.probability = probability

    def __call__(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N] -> [B, F, N]`."""
        if self.probability == 0.0:
            return magnitudes
        hidden = _stretches(magnitudes, magnitudes.shape[1], self.max_share)
        hidden = hidden & _rows(magnitudes, self.probability)[:, None]
        return magnitudes.masked_fill(hidden.unsqueeze(2), 0.0)


class MagnitudeNoise:
    """Multiplies each bin by random noise.

    Args:
        deviation_db: of their levels.
        probability: share of the sounds, 0 to 1.
    """

    def __init__(self, deviation_db: float, probability: float) -> None:
        if deviation_db < 0.0:
            raise ValueError(
                f"model.corruption.noise.deviation_db must be at least 0, got {deviation_db}"
            )
        _check("noise.probability", probability)
        self.deviation = deviation_db * math.log(10) / 20
        self.probability = probability

    def __call__(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N] -> [B, F, N]`."""
        if self.probability == 0.0:
            return magnitudes
        deviation = self.deviation * _rows(magnitudes, self.probability)[:, None, None]
        return magnitudes * torch.exp(deviation * torch.randn_like(magnitudes))


class Corruption:
    """Time masks, frequency masks and noise on the magnitudes of sounds.

    Random numbers are those of torch, seeded by the training at each step.

    Args:
        time_mask, frequency_mask, noise: applied in this order; none is skipped.
    """

    def __init__(
        self,
        time_mask: TimeMask | None = None,
        frequency_mask: FrequencyMask | None = None,
        noise: MagnitudeNoise | None = None,
    ) -> None:
        self.time_mask = time_mask
        self.frequency_mask = frequency_mask
        self.noise = noise

    def __call__(
        self, audio: Tensor, magnitudes: Tensor, measure: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Sounds `[B, T]` and their magnitudes `[B, F, N]` -> corrupted ones, or the same object
        if all probabilities are 0; `measure` gives the magnitudes of sounds."""
        if self.time_mask is not None:
            interrupted = self.time_mask(audio)
            if interrupted is not audio:
                magnitudes = measure(interrupted)
        if self.frequency_mask is not None:
            magnitudes = self.frequency_mask(magnitudes)
        return magnitudes if self.noise is None else self.noise(magnitudes)


def _rows(like: Tensor, probability: float) -> Tensor:
    return torch.rand(len(like), device=like.device) < probability


def _stretches(like: Tensor, length: int, max_share: float) -> Tensor:
    """A stretch in each row `[B, length]`, of any length up to that share."""
    share, place = torch.rand(2, len(like), 1, device=like.device)
    size = share * max_share * length
    start = place * (length - size)
    positions = torch.arange(length, device=like.device)
    return (positions >= start) & (positions < start + size)


def _check(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"model.corruption.{name} must be from 0 to 1, got {value}")
