"""The pitch of a sound compared with that of another."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from vschaos.audio.files import Waveform, resample
from vschaos.data.pitch.tracking import SAMPLE_RATE, Frames, Tracker, track
from vschaos.evaluation.measures import Measured

IN_TUNE_CENTS = 50.0
RANGE_DB = 50.0  # below the loudest frame; softer frames do not count


def default_tracker() -> str:
    """The pitch tracker by default: the fast one, if it is installed."""
    return "swift" if find_spec("swift_f0") else "tiny"


def follow_pitch(tracker: Tracker, sound: Waveform, sample_rate: int) -> Frames:
    """The pitch of a sound `[T]`, frame by frame."""
    samples = resample(np.ascontiguousarray(sound, dtype=np.float32), sample_rate, SAMPLE_RATE)
    parts = [Frames(*[np.zeros(0)] * len(Frames._fields)), *track(tracker, [samples])]
    return Frames(*(np.concatenate(row) for row in zip(*parts, strict=True)))


def compare_pitch(output: Frames, target: Frames, threshold: float) -> Measured:
    """Compares the frames within 50 dB of the loudest of `target`.

    Args:
        threshold: the least confidence of a voiced frame.

    Returns:
        pitch_error: median absolute error in cents over the frames that are voiced in both sounds.
        pitch_in_tune: per cent of these frames that are within 50 cents.
        voicing: per cent of all frames that are voiced in both sounds or in neither.
    """
    measured: Measured = {"pitch_error": None, "pitch_in_tune": None, "voicing": None}
    if not len(target.level_db):
        return measured
    counts = target.level_db >= target.level_db.max() - RANGE_DB
    voiced, voiced_target = (frames.confidence[counts] >= threshold for frames in (output, target))
    measured["voicing"] = 100 * float((voiced == voiced_target).mean())
    if (both := voiced & voiced_target).any():
        ratio = output.pitch_hz[counts][both] / target.pitch_hz[counts][both]
        cents = np.abs(1200 * np.log2(ratio))
        measured["pitch_error"] = float(np.median(cents))
        measured["pitch_in_tune"] = 100 * float((cents <= IN_TUNE_CENTS).mean())
    return measured
