"""All measures of a sound against another: their names, their units, and how files are pooled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from vschaos.audio.files import Waveform
from vschaos.evaluation.measures.fundamental import PitchKept
from vschaos.evaluation.measures.loudness import loudness_lufs
from vschaos.evaluation.measures.onsets import onset_sharpness
from vschaos.evaluation.measures.treble import treble_kept
from vschaos.losses import LogSpectralDistance, MultiResolutionDistance, SpectralConvergence

LEAST_RATIO = 1e-7  # -140 dB
Measured = dict[str, float | None]  # by key; None where a measure has no meaning
Pool = Callable[[np.ndarray, np.ndarray], float]


class Measure(NamedTuple):
    """A number that tells how a sound differs from another.

    Attributes:
        key: in the JSON.
        title: in tables and pictures.
        unit: of it.
        ideal: the value of two sounds that are the same.
        pool: values and numbers of frames of the files `[M]` -> one value.
        digits: after the point.
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
    """Of decibels, as the ratios that they stand for."""
    return 20 * float(np.log10(np.mean(10 ** (values / 20))))


LEAST_DB = 20 * float(np.log10(LEAST_RATIO))
LSD = Measure("log_spectral_distance", "LSD", "dB", 0.0, _mean_of_frames, 2)
SC = Measure("spectral_convergence", "SC", "dB", LEAST_DB, _mean_ratio)
LEVEL = Measure("level", "level", "dB", 0.0, _mean_ratio)
BEFORE_PHASE = (LSD, SC, LEVEL)
AFTER_PHASE = (
    LSD,
    SC,
    Measure("multi_resolution", "multi-res.", "", 0.0, _mean, 2),
    Measure("loudness", "loudness", "LU", 0.0, _mean),
    Measure("loudness_error", "loudness off", "LU", 0.0, _mean_size),
    Measure("treble_kept", "highs", "dB", 0.0, _mean),
    Measure("treble_balance", "highs/all", "dB", 0.0, _mean),
    Measure("onset_sharpness", "onsets", "%", 100.0, _mean, 0),
    Measure("pitch_error", "pitch off", "cents", 0.0, _median),
    Measure("pitch_in_tune", "in tune", "%", 100.0, _mean),
    Measure("voicing", "voicing", "%", 100.0, _mean),
)


def compare_magnitudes(output: Tensor, target: Tensor) -> Measured:
    """Magnitudes `[1, F, N]`, twice: distances, and the level against that of the target."""
    convergence = float(SpectralConvergence()(output, target))
    level = float(output.norm() / target.norm().clamp_min(LEAST_RATIO))
    return {
        LSD.key: float(LogSpectralDistance()(output, target)),
        SC.key: 20 * float(np.log10(max(convergence, LEAST_RATIO))),
        LEVEL.key: 20 * float(np.log10(max(level, LEAST_RATIO))),
    }


def compare_sounds(output: Tensor, target: Tensor, sample_rate: int) -> Measured:
    """Sounds `[1, T]`, twice: what needs no transform of a model."""
    made, meant = output[0].numpy(), target[0].numpy()
    treble = treble_kept(made, meant, sample_rate)
    sharpness = onset_sharpness(made, meant, sample_rate)
    louder = _loudness_error(made, meant, sample_rate)
    return {
        "multi_resolution": float(MultiResolutionDistance()(output, target)),
        "loudness": louder,
        "loudness_error": louder,
        "treble_kept": None if treble is None else treble.kept_db,
        "treble_balance": None if treble is None else treble.balance_db,
        "onset_sharpness": None if sharpness is None else 100 * sharpness,
    }


def compared_pitch(kept: PitchKept | None) -> Measured:
    """The same of what became of the pitch."""
    if kept is None:
        return {"pitch_error": None, "pitch_in_tune": None, "voicing": None}
    return {
        "pitch_error": kept.error_cents,
        "pitch_in_tune": None if kept.in_tune is None else 100 * kept.in_tune,
        "voicing": 100 * kept.voicing,
    }


def pooled(
    measures: Sequence[Measure], files: Sequence[Measured], num_frames: Sequence[int]
) -> Measured:
    """One value of each measure for all files; those without a value do not count."""
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
