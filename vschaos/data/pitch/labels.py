"""Pitch classes and octaves of a dataset's sounds, found by a tracker and written as labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.data.metadata.folders import Segment, TaskLabels, write_labels
from vschaos.data.pitch.extraction import SILENCE_DB, track_dataset
from vschaos.data.pitch.notes import PITCH_CLASSES, nearest_note, pitch_and_octave
from vschaos.data.pitch.tracking import SAMPLE_RATE, Frames, Tracker

OCTAVES = tuple(str(octave) for octave in range(10))
UNVOICED = -1
QUIET_DB = 60.0  # below a file's loudest frame
SMOOTHED_FRAMES = 3


@dataclass(frozen=True)
class Voicing:
    """Which frames have a pitch.

    Attributes:
        threshold: the least confidence, 0 to 1.
        fmin_hz, fmax_hz: the range of the pitch.
    """

    threshold: float
    fmin_hz: float
    fmax_hz: float

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"--threshold must be 0 to 1, got {self.threshold:g}")
        if not (0 < self.fmin_hz < self.fmax_hz and math.isfinite(self.fmax_hz)):
            raise ValueError(
                f"--fmin and --fmax must be frequencies in Hz, the lower one first; "
                f"got {self.fmin_hz:g} and {self.fmax_hz:g}"
            )


class Extraction(NamedTuple):
    """What `extract_pitch` did.

    Attributes:
        voiced_seconds, seconds: with a pitch, and in all.
        num_files, num_skipped: labelled, and left out.
        folders: of the labels, by task.
        backups: of labels that were there before, by task.
    """

    voiced_seconds: float
    seconds: float
    num_files: int
    num_skipped: int
    folders: dict[str, Path]
    backups: dict[str, Path]


def extract_pitch(
    root: Path,
    tracker: Tracker,
    voicing: Voicing,
    cache: Path | None = None,
    channel: str | int = "mix",
) -> Extraction:
    """Writes `root/metadata/pitch` and `root/metadata/octave`.

    Args:
        root: the dataset, with its sounds in `root/data` (or in `root` itself if there is no such
            folder).
        cache: tracked pitches go to `cache/pitch`; by default in the user's cache folder.
        channel: `mix`, or the number of one channel from 1 on.

    Raises:
        FileNotFoundError: no such folder, or no audio file in it.
        ValueError: none of its files can be read.
    """
    tracked, num_skipped = track_dataset(root, tracker, cache, channel)
    pitch: dict[str, list[Segment]] = {}
    octave: dict[str, list[Segment]] = {}
    voiced = total = 0.0
    hop_seconds = tracker.hop_length / SAMPLE_RATE
    for name, sound in tracked.items():
        notes = find_notes(sound.frames, voicing)
        if sound.without_pitch:
            notes[:] = UNVOICED
        classes, octaves = pitch_and_octave(notes)
        pitch[name] = segments(np.where(notes < 0, UNVOICED, classes), hop_seconds, sound.seconds)
        octave[name] = segments(np.where(notes < 0, UNVOICED, octaves), hop_seconds, sound.seconds)
        voiced += sum(part.offset - part.onset for part in pitch[name] if part.value is not None)
        total += sound.seconds
    labels = (
        TaskLabels("pitch", PITCH_CLASSES, pitch, channel),
        TaskLabels("octave", OCTAVES, octave, channel),
    )
    backups = write_labels(root, labels)
    folders = {task.name: root / "metadata" / task.name for task in labels}
    return Extraction(voiced, total, len(tracked), num_skipped, folders, backups)


def find_notes(frames: Frames, voicing: Voicing) -> np.ndarray:
    """The nearest notes as MIDI numbers, -1 where there is no pitch: `[N]`."""
    is_voiced = (
        (frames.confidence >= voicing.threshold)
        & (frames.pitch_hz >= voicing.fmin_hz)
        & (frames.pitch_hz <= voicing.fmax_hz)
        & (frames.level_db >= max(frames.level_db.max() - QUIET_DB, SILENCE_DB))
    )
    notes = np.where(is_voiced, nearest_note(frames.pitch_hz.clip(1.0)), UNVOICED)
    # a median of three takes out what lasts one frame, and moves no border between longer notes
    edge = SMOOTHED_FRAMES // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(notes, edge, mode="edge"), SMOOTHED_FRAMES
    )
    return np.median(windows, axis=1).astype(int)


def segments(values: np.ndarray, hop_seconds: float, seconds: float) -> list[Segment]:
    """Frames `[N]` of equal value, joined; negative ones become None.

    Borders lie halfway between the centres of frames; frame n is centred at `n * hop_seconds`.

    Example:
        >>> for segment in segments(np.array([-1, 3, 3, 5]), 0.01, 0.04):
        ...     print(segment)
        Segment(onset=0.0, offset=0.005, value=None)
        Segment(onset=0.005, offset=0.025, value=3)
        Segment(onset=0.025, offset=0.04, value=5)
    """
    firsts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    onsets = [0.0, *(float(first - 0.5) * hop_seconds for first in firsts[1:])]
    return [
        Segment(onset, offset, None if values[first] < 0 else int(values[first]))
        for first, onset, offset in zip(firsts, onsets, [*onsets[1:], seconds], strict=True)
    ]
