"""How sharp onsets are."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.dsp import STFT

WINDOW_SECONDS = 0.012  # about the time in which a click is distinguished from a fade
APART_SECONDS = 0.05  # least distance of onsets
NEAR_SECONDS = 0.03  # tolerance of an onset in time
LEAST_SHARE = 0.3  # of the highest flux, for an onset
LEAST_RISE = 0.1  # of the sound's highest amplitude, within one frame: slower ones are swells
LEAST_FLUX = 1e-9
BANDS = 20  # single bins flicker with an estimated phase


def onset_sharpness(output: Waveform, target: Waveform, sample_rate: int) -> float | None:
    """Spectral flux of `output` at the onsets of `target`, against that of `target`; both `[T]`.

    Spectral flux is the sum over 20 bands, evenly spaced in log frequency, of the growth of their
    amplitudes from one frame (12 ms, hops of a quarter) to the next. Onsets are its peaks of at
    least 0.3 of the highest one, 50 ms apart, and of a tenth of the highest amplitude: a pad that
    swells has none. Each is compared with the highest flux of `output` within 30 ms, at equal RMS.
    Returns the mean ratio over the onsets in per cent: 100 is as sharp, less is smeared. None
    without onsets.
    """
    amplitudes = _amplitudes(target, sample_rate)
    before, onsets = _flux(amplitudes), _onsets(amplitudes, sample_rate)
    if not onsets:
        return None
    after = _flux(_amplitudes(output, sample_rate)) * _rms(target) / max(_rms(output), LEAST_FLUX)
    reach = _num_frames(NEAR_SECONDS, sample_rate)
    ratios = [after[max(n - reach, 0) : n + reach + 1].max() / before[n] for n in onsets]
    return 100 * float(np.mean(ratios))


def _onsets(amplitudes: np.ndarray, sample_rate: int) -> list[int]:
    """The frames before which they lie, of bands `[bands, N]`."""
    flux = _flux(amplitudes)
    least = max(LEAST_SHARE * flux.max(initial=0.0), LEAST_RISE * amplitudes.sum(axis=0).max())
    return _peaks(flux, _num_frames(APART_SECONDS, sample_rate), max(least, LEAST_FLUX))


def _rms(sound: Waveform) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0


def _num_frames(seconds: float, sample_rate: int) -> int:
    return max(1, round(seconds * sample_rate / _hop(sample_rate)))


def _hop(sample_rate: int) -> int:
    window = 2 ** round(np.log2(WINDOW_SECONDS * sample_rate))
    return max(window // 4, 1)


def _amplitudes(sound: Waveform, sample_rate: int) -> np.ndarray:
    """`[T]` -> amplitudes of bands `[bands, N]`."""
    hop = _hop(sample_rate)
    samples = torch.from_numpy(np.ascontiguousarray(sound, dtype=np.float32))[None]
    power = STFT(4 * hop, hop)(samples)[0].abs().double().square().numpy()
    edges = np.unique(np.geomspace(1, len(power), BANDS + 1).round().astype(int))
    return np.sqrt(np.add.reduceat(power, edges[:-1], axis=0))


def _flux(amplitudes: np.ndarray) -> np.ndarray:
    """`[bands, N]` -> `[N - 1]`."""
    return np.maximum(np.diff(amplitudes, axis=1), 0.0).sum(axis=0)


def _peaks(flux: np.ndarray, apart: int, least: float) -> list[int]:
    """Frames whose flux is the maximum within `apart` frames."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(flux, apart), 2 * apart + 1)
    return np.flatnonzero((flux >= around.max(axis=1)) & (flux >= least)).tolist()
