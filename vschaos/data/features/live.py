"""Pitch and loudness as an instrument measures them live: by the same modules, equally late."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from vschaos.audio.files import Waveform
from vschaos.data.features.feature import Feature
from vschaos.dsp.loudness import LOWEST_DB, LoudnessMeter
from vschaos.dsp.pitch import HIGHEST_HZ, PitchTracker

FRAMES_AT_ONCE = 1024  # hops that are read from the file at a time


@dataclass(frozen=True)
class LiveFeature(Feature):
    """A feature that a streaming module computes, as it hears a file from its start.

    Frame n is what the module tells as soon as it has the samples before `(n + 1) * hop_length`: in
    a stream, at the end of the hop that begins with the frame's sample. It describes the `window`
    samples before, so it is true of a moment `delay` samples before that end.

    Args:
        sample_rate, hop_length: see `Feature`.
        window: samples of a frame, at least `hop_length`.
    """

    window: int = 2048

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("window", lowest=self.hop_length)
        self.make()

    @abstractmethod
    def make(self) -> nn.Module:
        """The module, `[1, N * hop_length]` -> `[1, C, N]`, its state cleared."""

    def __call__(self, waveform: Waveform) -> np.ndarray:
        """`[T] -> [C, N]`, float32; zeros follow the last sample."""
        return measured(self.make(), waveform, self.hop_length)


@dataclass(frozen=True)
class LivePitch(LiveFeature):
    """Fractional MIDI note and confidence of `vschaos.dsp.pitch.PitchTracker`.

    Args:
        highest_hz, hold_below: see there.

    Example:
        >>> seconds = np.arange(44100) / 44100
        >>> note, confidence = LivePitch(44100, 256)(np.sin(2 * np.pi * 220 * seconds))[:, 80]
        >>> round(float(note), 2), round(float(confidence), 2)
        (57.0, 1.0)
    """

    highest_hz: float = HIGHEST_HZ
    hold_below: float = 0.5

    name = "live_pitch"
    version = 1
    channels = ("pitch", "confidence")
    outside = (60.0, 0.0)  # the resting note of the tracker

    def make(self) -> nn.Module:
        return PitchTracker(
            self.sample_rate,
            self.hop_length,
            self.window,
            highest_hz=self.highest_hz,
            hold_below=self.hold_below,
            resting_note=self.outside[0],
        )


@dataclass(frozen=True)
class LiveLoudness(LiveFeature):
    """A-weighted level of `vschaos.dsp.loudness.LoudnessMeter`, in dB(A) re full scale, -80..0."""

    name = "live_loudness"
    version = 1
    channels = ("loudness",)
    outside = (LOWEST_DB,)

    def make(self) -> nn.Module:
        return LoudnessMeter(self.sample_rate, self.hop_length, self.window)


def measured(module: nn.Module, waveform: Waveform, hop_length: int, late: int = 0) -> np.ndarray:
    """What a streaming module tells of a sound `[T]` from its start, `[C, N]`, N its hops.

    Args:
        module: `[1, N * hop_length]` -> `[1, C, N]`, its state cleared.
        late: samples by which it hears the sound later.
    """
    length = -(-len(waveform) // hop_length) * hop_length
    at_once = FRAMES_AT_ONCE * hop_length
    values = []
    with torch.inference_mode():
        for first in range(0, max(length, 1), at_once):
            hops = np.zeros(min(at_once, length - first), np.float32)
            begin = first - late
            samples = waveform[max(begin, 0) : max(begin + len(hops), 0)]
            offset = max(-begin, 0)
            hops[offset : offset + len(samples)] = samples
            values.append(module(torch.from_numpy(hops)[None])[0].numpy())
    return np.concatenate(values, axis=1)
