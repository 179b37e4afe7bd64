"""Whether a sound has kept its pitch."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import Waveform, resample
from vschaos.data.pitch.tracking import SAMPLE_RATE, Frames, Tracker, track

IN_TUNE_CENTS = 50.0
RANGE_DB = 50.0  # below its loudest frame, what of a sound counts


class PitchKept(NamedTuple):
    """What became of the pitch of a sound.

    Attributes:
        error_cents: median of the absolutes, over the frames that are voiced in both sounds.
        in_tune: share of them that is within 50 cents.
        voicing: share of all frames that are voiced in both sounds or in neither.
    """

    error_cents: float | None
    in_tune: float | None
    voicing: float


def default_tracker() -> str:
    """The network that is taken where nobody names one: the quick one, if it is installed."""
    return "swift" if find_spec("swift_f0") else "tiny"


def follow_pitch(tracker: Tracker, sound: Waveform, sample_rate: int) -> Frames:
    """The pitch of a sound `[T]`, frame by frame."""
    at_once = resample(np.ascontiguousarray(sound, dtype=np.float32), sample_rate, SAMPLE_RATE)
    parts = list(track(tracker, [at_once]))
    rows = zip(*parts, strict=True) if parts else [[np.zeros(0)]] * len(Frames._fields)
    return Frames(*(np.concatenate(row) for row in rows))


def pitch_kept(output: Frames, target: Frames, threshold: float) -> PitchKept | None:
    """Compares frames, of which those within 50 dB of the loudest of `target` count.

    Args:
        threshold: the confidence from which a frame is voiced.

    Returns:
        None if there is no frame at all.
    """
    if not len(target.level_db):
        return None
    counts = target.level_db >= target.level_db.max() - RANGE_DB
    voiced, voiced_before = (frames.confidence[counts] >= threshold for frames in (output, target))
    both = voiced & voiced_before
    voicing = float((voiced == voiced_before).mean())
    if not both.any():
        return PitchKept(None, None, voicing)
    ratio = output.pitch_hz[counts][both] / target.pitch_hz[counts][both]
    cents = np.abs(1200 * np.log2(ratio))
    return PitchKept(float(np.median(cents)), float((cents <= IN_TUNE_CENTS).mean()), voicing)
