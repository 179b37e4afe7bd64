"""The measures of a sound against another: names, units, and pooling over files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from vschaos.dsp import STFT
from vschaos.evaluation.loudness import loudness_lufs
from vschaos.evaluation.onsets import onset_sharpness
from vschaos.evaluation.texture import texture_difference
from vschaos.losses import LogSpectralDistance, MultiResolutionDistance, SpectralConvergence

LEAST_RATIO = 1e-7  # -140 dB
TREBLE_HZ = 4000.0
TREBLE_FLOOR_DB = -60.0  # relative to the whole; softer treble counts as none
Measured = dict[str, float | None]  # by key; None where a measure has no meaning
Pool = Callable[[np.ndarray, np.ndarray], float]


class Measure(NamedTuple):
    """A measure of the difference between two sounds.

    Attributes:
        key: in the JSON.
        title: in tables and pictures.
        unit: of the value.
        ideal: the value of two equal sounds.
        pool: values and numbers of frames of the files `[M]` -> one value.
        digits: decimals shown.
    """

    key: str
    title: str
    unit: str
    ideal: float
    pool: Pool
    digits: int = 1


def _mean_of_frames(values: np.ndarray, frames: np.ndarray) -> float:
    return float(np.average(values, weights=frames if frames.sum() else None))


def _mean(values: np.ndarray, frames: np.ndarray) -> float:
    return float(values.mean())


def _median(values: np.ndarray, frames: np.ndarray) -> float:
    return float(np.median(values))


def _mean_size(values: np.ndarray, frames: np.ndarray) -> float:
    return float(np.abs(values).mean())


def _mean_ratio(values: np.ndarray, frames: np.ndarray) -> float:
    """Mean of decibels as ratios."""
    return _decibels(float(np.mean(10 ** (values / 20))))


def _decibels(ratio: float) -> float:
    return 20 * float(np.log10(max(ratio, LEAST_RATIO)))


LSD = Measure("log_spectral_distance", "LSD", "dB", 0.0, _mean_of_frames, 2)
SC = Measure("spectral_convergence", "SC", "dB", _decibels(0.0), _mean_ratio)
LEVEL = Measure("level", "level", "dB", 0.0, _mean_ratio)
MAGNITUDE_MEASURES = (LSD, SC, LEVEL)
SOUND_MEASURES = (
    LSD,
    SC,
    Measure("multi_resolution", "multi-res.", "", 0.0, _mean, 2),
    Measure("loudness", "loudness", "LU", 0.0, _mean),
    Measure("loudness_error", "loudness error", "LU", 0.0, _mean_size),
    Measure("treble_level", "highs", "dB", 0.0, _mean),
    Measure("treble_balance", "highs/all", "dB", 0.0, _mean),
    Measure("onset_sharpness", "onsets", "%", 100.0, _mean, 0),
    Measure("texture", "texture", "dB", 0.0, _mean),
    Measure("pitch_error", "pitch error", "cents", 0.0, _median),
    Measure("pitch_in_tune", "in tune", "%", 100.0, _mean),
    Measure("voicing", "voicing", "%", 100.0, _mean),
)


def compare_magnitudes(output: Tensor, target: Tensor, band: float = 1.0) -> Measured:
    """Distances of magnitudes `[1, F, N]`, and the level relative to the target.

    Args:
        band: see `LogSpectralDistance`.
    """
    return {
        LSD.key: float(LogSpectralDistance()(output, target, band)),
        SC.key: _decibels(float(SpectralConvergence()(output, target))),
        LEVEL.key: _decibels(float(output.norm() / target.norm().clamp_min(LEAST_RATIO))),
    }


def compare_sounds(output: Tensor, target: Tensor, sample_rate: int) -> Measured:
    """Measures of sounds `[1, T]` that need no transform of a model."""
    pair = output[0].numpy(), target[0].numpy()
    loudness, of_target = (loudness_lufs(sound, sample_rate) for sound in pair)
    return {
        "multi_resolution": float(MultiResolutionDistance()(output, target)),
        "loudness": loudness - of_target,
        "loudness_error": loudness - of_target,
        "onset_sharpness": onset_sharpness(*pair, sample_rate),
        "texture": texture_difference(output, target, sample_rate),
        **compare_treble(output, target, sample_rate),
    }


def compare_treble(output: Tensor, target: Tensor, sample_rate: int) -> Measured:
    """The energy above 4 kHz of sounds `[1, T]` relative to the target, in dB: 0 is equal, less is
    dull, more is harsh. `treble_level` is that of the energy itself, `treble_balance` that of its
    share of the whole, which does not depend on the level. None if the target has no treble."""
    (high, whole), (high_target, whole_target) = (
        _treble_and_whole(sound, sample_rate) for sound in (output, target)
    )
    floor = 10 ** (TREBLE_FLOOR_DB / 10)
    if high_target <= floor * whole_target:
        return {"treble_level": None, "treble_balance": None}
    ratio = high / high_target
    balance = ratio / (whole / whole_target) if whole > 0.0 else 1.0
    return {
        "treble_level": 10 * float(np.log10(max(ratio, floor))),
        "treble_balance": 10 * float(np.log10(max(balance, floor))),
    }


def _treble_and_whole(sound: Tensor, sample_rate: int) -> tuple[float, float]:
    """The energy above 4 kHz, and that of the whole."""
    stft = STFT(2048, 512)
    power = stft(sound)[0].abs().double().square().sum(dim=1)
    first = int(TREBLE_HZ * stft.n_fft / sample_rate) + 1
    return float(power[first:].sum()), float(power.sum())


def pooled(
    measures: Sequence[Measure], files: Sequence[Measured], num_frames: Sequence[int]
) -> Measured:
    """One value of each measure for all files; files without a value do not count."""
    result: Measured = {}
    for measure in measures:
        pairs = [
            (value, frames)
            for file, frames in zip(files, num_frames, strict=True)
            if (value := file.get(measure.key)) is not None
        ]
        result[measure.key] = measure.pool(*np.array(pairs, dtype=float).T) if pairs else None
    return result
