"""How sharply sounds begin."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.dsp import STFT

WINDOW_SECONDS = 0.012  # about as long as ears need to tell a click from a fade
APART_SECONDS = 0.05  # onsets
NEAR_SECONDS = 0.03  # that an onset may be off
LEAST_SHARE = 0.3  # of the strongest flux, that is an onset
LEAST_RISE = 0.1  # of the sound's highest amplitude, within one frame: slower ones are swells
LEAST_FLUX = 1e-9
BANDS = 20  # bins alone flicker with any phase that was guessed


def onset_sharpness(output: Waveform, target: Waveform, sample_rate: int) -> float | None:
    """Spectral flux of `output` at the onsets of `target`, against that of `target`; both `[T]`.

    Spectral flux is the sum over 20 bands, of even musical width, of what their amplitudes grow
    from one frame (12 ms, a quarter of it apart) to the next. Onsets are its peaks of at least 0.3
    of the highest one, 50 ms apart, and of a tenth of the highest amplitude: a pad that swells has
    none. For each, the highest flux of `output` within 30 ms is taken; both sounds are brought to
    the same level before. 1 is as sharp, less is smeared; the mean over the onsets. None if there
    are none.
    """
    heard = _amplitudes(target, sample_rate)
    before = _flux(heard)
    least = max(LEAST_SHARE * before.max(initial=0.0), LEAST_RISE * heard.sum(axis=0).max())
    onsets = _peaks(before, _num_frames(APART_SECONDS, sample_rate), max(least, LEAST_FLUX))
    if not onsets:
        return None
    after = _flux(_amplitudes(output, sample_rate)) * _rms(target) / max(_rms(output), LEAST_FLUX)
    reach = _num_frames(NEAR_SECONDS, sample_rate)
    ratios = [after[max(n - reach, 0) : n + reach + 1].max() / before[n] for n in onsets]
    return float(np.mean(ratios))


def _rms(sound: Waveform) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0


def _num_frames(seconds: float, sample_rate: int) -> int:
    return max(1, round(seconds * sample_rate / _hop(sample_rate)))


def _hop(sample_rate: int) -> int:
    window = 2 ** round(np.log2(WINDOW_SECONDS * sample_rate))
    return max(window // 4, 1)


def _amplitudes(sound: Waveform, sample_rate: int) -> np.ndarray:
    """`[T]` -> those of bands `[bands, N]`."""
    hop = _hop(sample_rate)
    samples = torch.from_numpy(np.ascontiguousarray(sound, dtype=np.float32))[None]
    power = STFT(4 * hop, hop)(samples)[0].abs().double().square().numpy()
    edges = np.unique(np.geomspace(1, len(power), BANDS + 1).round().astype(int))
    return np.sqrt(np.add.reduceat(power, edges[:-1], axis=0))


def _flux(amplitudes: np.ndarray) -> np.ndarray:
    """`[bands, N]` -> `[N - 1]`."""
    return np.maximum(np.diff(amplitudes, axis=1), 0.0).sum(axis=0)


def _peaks(flux: np.ndarray, apart: int, least: float) -> list[int]:
    """Frames whose flux is the highest of all that are at most `apart` frames away."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(flux, apart), 2 * apart + 1)
    return np.flatnonzero((flux >= around.max(axis=1)) & (flux >= least)).tolist()
