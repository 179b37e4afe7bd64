"""The measures of a sound against another: names, units, and pooling over files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from vschaos.audio.files import Waveform
from vschaos.evaluation.measures.fundamental import PitchComparison
from vschaos.evaluation.measures.loudness import loudness_lufs
from vschaos.evaluation.measures.onsets import onset_sharpness
from vschaos.evaluation.measures.treble import compare_treble
from vschaos.losses import LogSpectralDistance, MultiResolutionDistance, SpectralConvergence

LEAST_RATIO = 1e-7  # -140 dB
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
    return float(np.average(values, weights=frames)) if frames.sum() else float(values.mean())


def _mean(values: np.ndarray, frames: np.ndarray) -> float:
    return float(values.mean())


def _median(values: np.ndarray, frames: np.ndarray) -> float:
    return float(np.median(values))


def _mean_size(values: np.ndarray, frames: np.ndarray) -> float:
    return float(np.abs(values).mean())


def _mean_ratio(values: np.ndarray, frames: np.ndarray) -> float:
    """Mean of decibels as ratios."""
    return 20 * float(np.log10(np.mean(10 ** (values / 20))))


LEAST_DB = 20 * float(np.log10(LEAST_RATIO))
LSD = Measure("log_spectral_distance", "LSD", "dB", 0.0, _mean_of_frames, 2)
SC = Measure("spectral_convergence", "SC", "dB", LEAST_DB, _mean_ratio)
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
    Measure("pitch_error", "pitch error", "cents", 0.0, _median),
    Measure("pitch_in_tune", "in tune", "%", 100.0, _mean),
    Measure("voicing", "voicing", "%", 100.0, _mean),
)


def compare_magnitudes(output: Tensor, target: Tensor) -> Measured:
    """Distances of magnitudes `[1, F, N]`, and the level relative to the target."""
    convergence = float(SpectralConvergence()(output, target))
    level = float(output.norm() / target.norm().clamp_min(LEAST_RATIO))
    return {
        LSD.key: float(LogSpectralDistance()(output, target)),
        SC.key: 20 * float(np.log10(max(convergence, LEAST_RATIO))),
        LEVEL.key: 20 * float(np.log10(max(level, LEAST_RATIO))),
    }


def compare_sounds(output: Tensor, target: Tensor, sample_rate: int) -> Measured:
    """Measures of sounds `[1, T]` that need no transform of a model."""
    pair = output[0].numpy(), target[0].numpy()
    treble = compare_treble(*pair, sample_rate)
    sharpness = onset_sharpness(*pair, sample_rate)
    loudness = _loudness_error(*pair, sample_rate)
    return {
        "multi_resolution": float(MultiResolutionDistance()(output, target)),
        "loudness": loudness,
        "loudness_error": loudness,
        "treble_level": None if treble is None else treble.level_db,
        "treble_balance": None if treble is None else treble.balance_db,
        "onset_sharpness": None if sharpness is None else 100 * sharpness,
    }


def pitch_measures(pitch: PitchComparison | None) -> Measured:
    """A comparison of pitch as measures."""
    if pitch is None:
        return {"pitch_error": None, "pitch_in_tune": None, "voicing": None}
    return {
        "pitch_error": pitch.error_cents,
        "pitch_in_tune": None if pitch.in_tune is None else 100 * pitch.in_tune,
        "voicing": 100 * pitch.voicing,
    }


def pooled(
    measures: Sequence[Measure], files: Sequence[Measured], num_frames: Sequence[int]
) -> Measured:
    """One value of each measure for all files; files without a value do not count."""
    result: Measured = {}
    for measure in measures:
        pairs = [
            (value, frames)
            for one, frames in zip(files, num_frames, strict=True)
            if (value := one.get(measure.key)) is not None
        ]
        rows = np.array(pairs, dtype=float).reshape(-1, 2).T
        result[measure.key] = measure.pool(rows[0], rows[1]) if pairs else None
    return result


def _loudness_error(output: Waveform, target: Waveform, sample_rate: int) -> float:
    return loudness_lufs(output, sample_rate) - loudness_lufs(target, sample_rate)
