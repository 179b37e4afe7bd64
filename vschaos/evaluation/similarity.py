"""Similarity of sounds and their reconstructions: file by file, and pooled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import NamedTuple

import torch

from vschaos.data.pitch.tracking import Tracker
from vschaos.evaluation.baselines import Reconstruction
from vschaos.evaluation.excerpts import Excerpt
from vschaos.evaluation.measures import (
    LSD,
    MAGNITUDE_MEASURES,
    SOUND_MEASURES,
    Measure,
    Measured,
    compare_magnitudes,
    compare_sounds,
    pooled,
)
from vschaos.evaluation.pitch import compare_pitch, follow_pitch
from vschaos.evaluation.spectra import is_audible, magnitudes_of
from vschaos.models.base import Model


class FileMetrics(NamedTuple):
    """The measures of one file.

    Attributes:
        name: of the file.
        num_frames: audible ones.
        metrics: the model's own.
        magnitudes: by reconstruction.
        sounds: by inversion and reconstruction.
    """

    name: str
    num_frames: int
    metrics: Measured
    magnitudes: dict[str, Measured]
    sounds: dict[str, dict[str, Measured]] = {}  # noqa: RUF012  never changed in place


def measure_file(
    model: Model, excerpt: Excerpt, reconstructions: Iterable[Reconstruction]
) -> FileMetrics:
    """The model's own metrics of one sound, and the measures of reconstructed magnitudes."""
    target = magnitudes_of(model, excerpt.audio)
    return FileMetrics(
        excerpt.name,
        int(is_audible(target)[0].sum()),
        {key: float(value) for key, value in model.metrics(excerpt.batch).items()},
        {
            one.name: compare_magnitudes(one.magnitudes(excerpt), target, excerpt.band)
            for one in reconstructions
        },
    )


def measure_sounds(
    model: Model,
    excerpt: Excerpt,
    reconstructions: Sequence[Reconstruction],
    inversions: Sequence[str],
    tracker: Tracker | None,
) -> dict[str, dict[str, Measured]]:
    """Measures of the reconstructions of one sound, by inversion and reconstruction."""
    rate, target = model.sample_rate, magnitudes_of(model, excerpt.audio)
    pitch = None if tracker is None else follow_pitch(tracker, excerpt.audio[0].numpy(), rate)
    result: dict[str, dict[str, Measured]] = {inversion: {} for inversion in inversions}
    for inversion in inversions:
        for one in reconstructions:
            sound = torch.nan_to_num(one.sound(excerpt, inversion))
            measured = compare_magnitudes(magnitudes_of(model, sound), target, excerpt.band)
            measured |= compare_sounds(sound, excerpt.audio, rate)
            if tracker is not None and pitch is not None:
                followed = follow_pitch(tracker, sound[0].numpy(), rate)
                measured |= compare_pitch(followed, pitch, tracker.threshold)
            result[inversion][one.name] = measured
    return result


def mean_metrics(files: Sequence[FileMetrics]) -> Measured:
    """The model's own metrics, means over the files that have them."""
    rows: dict[str, list[float]] = {}
    for file in files:
        for key, value in file.metrics.items():
            if value is not None and isfinite(value):  # not for a label unknown in a file
                rows.setdefault(key, []).append(value)
    return {key: sum(values) / len(values) for key, values in rows.items()}


def pool_magnitudes(files: Sequence[FileMetrics]) -> dict[str, Measured]:
    """By reconstruction, the measures of the magnitudes of all files."""
    return _pool(files, MAGNITUDE_MEASURES, [file.magnitudes for file in files])


def pool_sounds(files: Sequence[FileMetrics]) -> dict[str, dict[str, Measured]]:
    """By inversion and reconstruction, the measures of the sounds of all files."""
    return {
        inversion: _pool(files, SOUND_MEASURES, [file.sounds[inversion] for file in files])
        for inversion in files[0].sounds
    }


def _pool(
    files: Sequence[FileMetrics], measures: Sequence[Measure], rows: Sequence[dict[str, Measured]]
) -> dict[str, Measured]:
    frames = [file.num_frames for file in files]
    return {name: pooled(measures, [row[name] for row in rows], frames) for name in rows[0]}


def best_and_worst(files: Sequence[FileMetrics], name: str, count: int) -> dict[str, FileMetrics]:
    """The files with the lowest and the highest log-spectral distance of a reconstruction, by
    title."""
    ordered = sorted(files, key=lambda file: file.magnitudes[name][LSD.key] or 0.0)
    count = min(count, (len(ordered) + 1) // 2)
    best = {f"best_{number}": file for number, file in enumerate(ordered[:count], 1)}
    rest = ordered[count:][::-1]
    return best | {f"worst_{number}": file for number, file in enumerate(rest[:count], 1)}
