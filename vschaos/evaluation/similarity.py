"""Similarity of sounds and their reconstructions: file by file, and pooled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import NamedTuple

import torch

from vschaos.data.pitch.tracking import Tracker
from vschaos.evaluation.baselines import Baseline
from vschaos.evaluation.excerpts import Excerpt
from vschaos.evaluation.measures import (
    LSD,
    MAGNITUDE_MEASURES,
    SOUND_MEASURES,
    Measured,
    compare_magnitudes,
    compare_pitch,
    compare_sounds,
    follow_pitch,
    pitch_measures,
    pooled,
)
from vschaos.evaluation.spectra import is_audible, magnitudes_of
from vschaos.models.base import Model


class FileMetrics(NamedTuple):
    """The measures of one file.

    Attributes:
        name: of the file.
        num_frames: audible ones.
        metrics: the model's own.
        magnitudes: by baseline.
        sounds: by inversion and baseline.
    """

    name: str
    num_frames: int
    metrics: Measured
    magnitudes: dict[str, Measured] = {}  # noqa: RUF012  never changed in place
    sounds: dict[str, dict[str, Measured]] = {}  # noqa: RUF012


@torch.inference_mode()
def file_metrics(model: Model, excerpt: Excerpt) -> FileMetrics:
    """The model's own metrics of one sound."""
    metrics: Measured = {key: float(value) for key, value in model.metrics(excerpt.batch).items()}
    num_frames = int(is_audible(magnitudes_of(model, excerpt.audio))[0].sum())
    return FileMetrics(excerpt.name, num_frames, metrics)


@torch.inference_mode()
def compare_file_magnitudes(
    model: Model, excerpt: Excerpt, baselines: Iterable[Baseline]
) -> dict[str, Measured]:
    """Measures of the magnitudes of one sound, by baseline."""
    target = magnitudes_of(model, excerpt.audio)
    return {
        baseline.name: compare_magnitudes(baseline.magnitudes(excerpt), target)
        for baseline in baselines
    }


@torch.inference_mode()
def compare_file_sounds(
    model: Model,
    excerpt: Excerpt,
    baselines: Iterable[Baseline],
    inversions: Sequence[str],
    tracker: Tracker | None,
) -> dict[str, dict[str, Measured]]:
    """Measures of the reconstructions of one sound, by inversion and baseline."""
    rate, target = model.sample_rate, magnitudes_of(model, excerpt.audio)
    pitch = None if tracker is None else follow_pitch(tracker, excerpt.audio[0].numpy(), rate)
    result: dict[str, dict[str, Measured]] = {inversion: {} for inversion in inversions}
    for inversion in inversions:
        for baseline in baselines:
            sound = torch.nan_to_num(baseline.sound(excerpt, inversion))
            measured = compare_magnitudes(magnitudes_of(model, sound), target)
            measured |= compare_sounds(sound, excerpt.audio, rate)
            if tracker is not None and pitch is not None:
                followed = follow_pitch(tracker, sound[0].numpy(), rate)
                measured |= pitch_measures(compare_pitch(followed, pitch, tracker.threshold))
            result[inversion][baseline.name] = measured
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
    """By baseline, the measures of the magnitudes of all files."""
    frames = [file.num_frames for file in files]
    return {
        name: pooled(MAGNITUDE_MEASURES, [file.magnitudes[name] for file in files], frames)
        for name in files[0].magnitudes
    }


def pool_sounds(files: Sequence[FileMetrics]) -> dict[str, dict[str, Measured]]:
    """By inversion and baseline, the measures of the sounds of all files."""
    frames = [file.num_frames for file in files]
    return {
        inversion: {
            name: pooled(SOUND_MEASURES, [file.sounds[inversion][name] for file in files], frames)
            for name in measured
        }
        for inversion, measured in files[0].sounds.items()
    }


def best_and_worst(files: Sequence[FileMetrics], name: str, count: int) -> dict[str, FileMetrics]:
    """The files with the lowest and the highest log-spectral distance of a baseline, by title."""
    ordered = sorted(files, key=lambda file: file.magnitudes[name][LSD.key] or 0.0)
    count = min(count, (len(ordered) + 1) // 2)
    best = {f"best_{number}": file for number, file in enumerate(ordered[:count], 1)}
    rest = [file for file in reversed(ordered) if file not in ordered[:count]]
    return best | {f"worst_{number}": file for number, file in enumerate(rest[:count], 1)}
