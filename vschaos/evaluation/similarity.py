"""How like the sounds are what candidates make of them: file by file, and all together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from vschaos.data.pitch.tracking import Frames, Tracker
from vschaos.evaluation.baselines import Baseline
from vschaos.evaluation.excerpts import Excerpt, is_audible
from vschaos.evaluation.measures import (
    AFTER_PHASE,
    BEFORE_PHASE,
    LSD,
    Measured,
    compare_magnitudes,
    compare_sounds,
    compared_pitch,
    follow_pitch,
    pitch_kept,
    pooled,
)
from vschaos.models.capabilities import Representation


class FileMetrics(NamedTuple):
    """What was measured of one file.

    Attributes:
        name: of it.
        num_frames: that are heard.
        before: by candidate, of magnitudes.
        after: by inversion and by candidate, of sounds.
    """

    name: str
    num_frames: int
    before: dict[str, Measured]
    after: dict[str, dict[str, Measured]]


@torch.inference_mode()
def compare_file_magnitudes(
    excerpt: Excerpt, baselines: Iterable[Baseline], representation: Representation
) -> FileMetrics:
    """One sound before the phase is sought."""
    target = representation.transform(excerpt.audio).abs()
    before = {
        candidate.name: compare_magnitudes(candidate.magnitudes(excerpt), target)
        for candidate in baselines
    }
    return FileMetrics(excerpt.name, int(is_audible(target)[0].sum()), before, {})


@torch.inference_mode()
def compare_file_sounds(
    excerpt: Excerpt,
    baselines: Iterable[Baseline],
    inversions: Sequence[str],
    representation: Representation,
    sample_rate: int,
    tracker: Tracker | None,
) -> dict[str, dict[str, Measured]]:
    """The same after it: by inversion, by candidate."""
    transform = representation.transform
    target = transform(excerpt.audio).abs()
    own = _followed(tracker, excerpt.audio[0].numpy(), sample_rate)
    judged: dict[str, dict[str, Measured]] = {inversion: {} for inversion in inversions}
    for inversion in inversions:
        for candidate in baselines:
            sound = torch.nan_to_num(candidate.sound(excerpt, inversion))
            measured = compare_magnitudes(transform(sound).abs(), target)
            measured |= compare_sounds(sound, excerpt.audio, sample_rate)
            if tracker is not None and own is not None:
                followed = follow_pitch(tracker, sound[0].numpy(), sample_rate)
                measured |= compared_pitch(pitch_kept(followed, own, tracker.threshold))
            judged[inversion][candidate.name] = measured
    return judged


def summarise(files: Sequence[FileMetrics]) -> dict[str, Any]:
    """All files together: `before_phase` by candidate, `after_phase` by inversion and candidate."""
    frames = [file.num_frames for file in files]
    before = {
        name: pooled(BEFORE_PHASE, [file.before[name] for file in files], frames)
        for name in files[0].before
    }
    after = {
        inversion: {
            name: pooled(AFTER_PHASE, [file.after[inversion][name] for file in files], frames)
            for name in judged
        }
        for inversion, judged in files[0].after.items()
    }
    return {"before_phase": before, "after_phase": after}


def best_and_worst(files: Sequence[FileMetrics], name: str, count: int) -> dict[str, FileMetrics]:
    """The files in which a candidate comes nearest and least near, by log-spectral distance: by
    what they are called."""
    ordered = sorted(files, key=lambda file: file.before[name][LSD.key] or 0.0)
    count = min(count, (len(ordered) + 1) // 2)
    best = {f"best_{number}": file for number, file in enumerate(ordered[:count], 1)}
    rest = [file for file in reversed(ordered) if file not in ordered[:count]]
    return best | {f"worst_{number}": file for number, file in enumerate(rest[:count], 1)}


def _followed(tracker: Tracker | None, sound: np.ndarray, sample_rate: int) -> Frames | None:
    return None if tracker is None else follow_pitch(tracker, sound, sample_rate)
