"""Sounds cut into notes at their onsets, and how long a note is held."""

from __future__ import annotations

import itertools
import math

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.data.notes.onsets import find_onsets

SHORTEST_SECONDS = 0.05  # of a piece: less is a click, and no note
BEFORE_ONSET_SECONDS = 0.02  # in which the beginning of a piece is looked for, and as long after
SILENT = 1e-4  # peak, -80 dB re full scale
BEGIN_DB = -40.0  # below the peak: where a piece begins
LOUDER = 1.1  # times the peak of what was before
END_DB = -60.0  # below the peak: what is softer is not there any more
FRAME_SECONDS = 0.01  # of levels over time
STEEPER = 2.0  # times as fast as before, and this many dB/s more, must a level fall, for a release
RELEASE_DB_A_SECOND = 20.0


def cut(sound: Waveform, sample_rate: int, longest_seconds: float) -> list[tuple[int, int]]:
    """First sample and end of each piece of `[T]`: from an onset to the next, or until nothing is
    heard any more; the whole sound if it is silent."""
    longest = round(longest_seconds * sample_rate)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak < SILENT:
        return [(0, min(len(sound), longest))]
    shortest, near = (
        round(seconds * sample_rate) for seconds in (SHORTEST_SECONDS, BEFORE_ONSET_SECONDS)
    )
    starts = [_beginning(sound, 0, len(sound)) or 0]
    for second in find_onsets(sound, sample_rate):
        onset = round(second * sample_rate)
        if onset - starts[-1] >= shortest:
            first = max(onset - near, starts[-1] + 1)
            before = float(np.abs(sound[first - near : first]).max(initial=0.0))
            starts.append(_beginning(sound, first, onset + near, before) or onset)
    pieces = []
    for start, following in itertools.pairwise([*starts, len(sound)]):
        end = min(following, start + longest)
        end = start + _audible_length(sound[start:end], peak)
        if end - start >= shortest:
            pieces.append((start, end))
    return pieces or [(0, min(len(sound), longest))]


def held_seconds(audio: Waveform, sample_rate: int) -> float:
    """How long a note is held, as its level over time tells: until it begins to fall faster.

    From its loudest moment on the level in dB is drawn by a broken line of two parts, by least
    squares. If the second falls clearly faster than the first, the note is released where it
    begins; if not, it is held to the end, as what is struck or plucked and rings.
    """
    levels = _levels_db(audio, sample_rate)
    seconds = len(audio) / sample_rate
    top = int(levels.argmax())
    falling = levels[top:]
    heard = np.flatnonzero(falling >= falling[0] + END_DB)
    falling = falling[: heard[-1] + 1]
    if len(falling) < 6:
        return seconds
    times = np.arange(len(falling)) * FRAME_SECONDS
    best, release, slopes = math.inf, 0, (0.0, 0.0)
    for knee in range(2, len(falling) - 2):
        columns = np.stack(
            [np.ones_like(times), times, np.maximum(times - times[knee], 0.0)], axis=1
        )
        line, *_ = np.linalg.lstsq(columns, falling, rcond=None)
        error = float(np.square(columns @ line - falling).sum())
        if error < best:
            best, release, slopes = error, knee, (-float(line[1]), -float(line[1] + line[2]))
    before, after = slopes
    if after > max(before, 0.0) * STEEPER + RELEASE_DB_A_SECOND:
        return min((top + release + 0.5) * FRAME_SECONDS, seconds)
    return seconds


def _beginning(sound: Waveform, first: int, end: int, before: float = 0.0) -> int | None:
    """The sample from `first` on at which what lies before `end` begins: 40 dB below its peak, and
    louder than what was `before`; None if it never is."""
    part = np.abs(sound[first:end])
    least = max(part.max(initial=0.0) * 10 ** (BEGIN_DB / 20), LOUDER * before)
    loud = np.flatnonzero(part >= least)
    return first + int(loud[0]) if len(loud) else None


def _audible_length(piece: Waveform, peak: float) -> int:
    """Samples until nothing of a piece is heard any more beside the file's peak."""
    loud = np.flatnonzero(np.abs(piece) >= max(peak * 10 ** (END_DB / 20), SILENT))
    return int(loud[-1]) + 1 if len(loud) else 0


def _levels_db(audio: Waveform, sample_rate: int) -> np.ndarray:
    """Levels of 10 ms each, `[N]`, -120 dB at least."""
    frame = max(round(FRAME_SECONDS * sample_rate), 1)
    count = max(len(audio) // frame, 1)
    parts = np.resize(audio[: count * frame].astype(np.float64), (count, frame))
    return 10.0 * np.log10(np.maximum(np.square(parts).mean(axis=1), 1e-12))
