"""How loud a rendered sound is, and how far two are apart."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch.nn import functional

from vschaos.dsp.loudness import a_weighting
from vschaos.dsp.stft import STFT
from vschaos.losses import LogSpectralDistance

FRAME_SECONDS = 0.05
QUIETEST_DB = -120.0
WINDOW, HOP = 2048, 512


def loudness_db(audio: np.ndarray, sample_rate: int) -> float:
    """The A-weighted level of the loudest 50 ms, dB(A) re full scale, -120 for silence.

    A sine of amplitude 1 at 1 kHz has -3 dB. The sound is weighted as a whole in its spectrum.

    Args:
        audio: `[C, T]`; channels are averaged.

    Example:
        >>> sine = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)[None]
        >>> round(loudness_db(sine, 8000), 1), loudness_db(0 * sine, 8000)
        (-3.0, -120.0)
    """
    mono = np.asarray(audio, dtype=np.float64).mean(axis=0)
    spectrum = np.fft.rfft(mono) * _weights(len(mono), sample_rate)
    frame = min(max(round(FRAME_SECONDS * sample_rate), 1), len(mono))
    count = len(mono) // frame
    powers = np.fft.irfft(spectrum, len(mono))[: count * frame].reshape(count, frame)
    power = np.square(powers).mean(axis=1).max()
    return float(max(10 * np.log10(max(power, 1e-30)), QUIETEST_DB))


def spectral_distance_db(audio: np.ndarray, target: np.ndarray) -> float:
    """Log-spectral distance of two sounds `[C, T]` of one length, dB, phases left out."""
    stft = STFT(WINDOW, HOP)
    sounds = torch.from_numpy(np.stack([audio.mean(axis=0), target.mean(axis=0)])).float()
    after = max(WINDOW - sounds.shape[1], -sounds.shape[1] % HOP)
    output, wanted = stft.analyse(functional.pad(sounds, (0, after))).abs()
    if not bool(wanted.any()):
        return 0.0 if not bool(output.any()) else -QUIETEST_DB
    return LogSpectralDistance()(output[None], wanted[None]).item()


@functools.lru_cache(maxsize=4)
def _weights(length: int, sample_rate: int) -> np.ndarray:
    frequencies = torch.from_numpy(np.fft.rfftfreq(length, 1 / sample_rate))
    return a_weighting(frequencies).sqrt().numpy()
