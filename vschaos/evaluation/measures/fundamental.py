"""The pitch of a sound compared with another."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import Waveform, resample
from vschaos.data.pitch.tracking import SAMPLE_RATE, Frames, Tracker, track

IN_TUNE_CENTS = 50.0
RANGE_DB = 50.0  # below the loudest frame; softer frames do not count


class PitchComparison(NamedTuple):
    """Differences of pitch and voicing.

    Attributes:
        error_cents: median absolute error over the frames that are voiced in both sounds.
        in_tune: share of these frames within 50 cents.
        voicing: share of all frames that are voiced in both sounds or in neither.
    """

    error_cents: float | None
    in_tune: float | None
    voicing: float


def default_tracker() -> str:
    """The pitch tracker by default: the fast one, if it is installed."""
    return "swift" if find_spec("swift_f0") else "tiny"


def follow_pitch(tracker: Tracker, sound: Waveform, sample_rate: int) -> Frames:
    """The pitch of a sound `[T]`, frame by frame."""
    samples = resample(np.ascontiguousarray(sound, dtype=np.float32), sample_rate, SAMPLE_RATE)
    parts = list(track(tracker, [samples]))
    rows = zip(*parts, strict=True) if parts else [[np.zeros(0)]] * len(Frames._fields)
    return Frames(*(np.concatenate(row) for row in rows))


def compare_pitch(output: Frames, target: Frames, threshold: float) -> PitchComparison | None:
    """Compares the frames within 50 dB of the loudest of `target`.

    Args:
        threshold: the least confidence of a voiced frame.

    Returns:
        None if there is no frame at all.
    """
    if not len(target.level_db):
        return None
    counts = target.level_db >= target.level_db.max() - RANGE_DB
    voiced, voiced_target = (frames.confidence[counts] >= threshold for frames in (output, target))
    both = voiced & voiced_target
    voicing = float((voiced == voiced_target).mean())
    if not both.any():
        return PitchComparison(None, None, voicing)
    ratio = output.pitch_hz[counts][both] / target.pitch_hz[counts][both]
    cents = np.abs(1200 * np.log2(ratio))
    return PitchComparison(float(np.median(cents)), float((cents <= IN_TUNE_CENTS).mean()), voicing)
