"""Pitch classes and octaves of a dataset's sounds, found by a tracker and written as labels."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import UnusableAudioError, Waveform, duration_seconds, read_blocks
from vschaos.data.cache.arrays import DamagedArrayError, map_array, new_array, verify
from vschaos.data.cache.store import default_cache
from vschaos.data.files import check_root, left_out, list_sounds, name_in
from vschaos.data.metadata.writing import Segment, TaskLabels, write_labels
from vschaos.data.pitch.notes import PITCH_CLASSES, nearest_note, pitch_and_octave
from vschaos.data.pitch.tracking import LEVEL_WINDOW, SAMPLE_RATE, Frames, Tracker, track
from vschaos.parallel import Progress

SILENCE_DB = -80.0  # a sound without a louder frame is silent
OCTAVES = tuple(str(octave) for octave in range(10))
UNVOICED = -1
QUIET_DB = 60.0  # below a file's loudest frame
SMOOTHED_FRAMES = 3
logger = logging.getLogger(__name__)


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


class TrackedSound(NamedTuple):
    """The pitch of a whole sound."""

    frames: Frames
    seconds: float

    @property
    def without_pitch(self) -> str:
        """Why it cannot have a pitch; empty where it can."""
        if self.seconds < LEVEL_WINDOW / SAMPLE_RATE:
            return f"it lasts {1000 * self.seconds:.0f} ms, too short for a pitch"
        if self.frames.level_db.max() < SILENCE_DB:
            return f"it is silent (below {SILENCE_DB:.0f} dB)"
        return ""


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
        KeyboardInterrupt: Ctrl-C, with a message that says what is cached.
    """
    check_root(root)
    paths = list_sounds(root)
    for name, reason in left_out(root).items():
        logger.warning("left out %s: %s", name, reason)
    cached = PitchCache((cache or default_cache()) / "pitch", tracker, channel)
    tracked = _track_all(root, paths, cached)
    pitch: dict[str, list[Segment]] = {}
    octave: dict[str, list[Segment]] = {}
    hop_seconds = tracker.hop_length / SAMPLE_RATE
    for name, sound in tracked.items():
        notes = find_notes(sound.frames, voicing)
        if sound.without_pitch:
            notes[:] = UNVOICED
        classes, octaves = pitch_and_octave(notes)
        pitch[name] = segments(np.where(notes < 0, UNVOICED, classes), hop_seconds, sound.seconds)
        octave[name] = segments(np.where(notes < 0, UNVOICED, octaves), hop_seconds, sound.seconds)
    labels = (
        TaskLabels("pitch", PITCH_CLASSES, pitch, channel),
        TaskLabels("octave", OCTAVES, octave, channel),
    )
    return Extraction(
        sum(s.offset - s.onset for track in pitch.values() for s in track if s.value is not None),
        sum(sound.seconds for sound in tracked.values()),
        len(tracked),
        len(paths) - len(tracked),
        {task.name: root / "metadata" / task.name for task in labels},
        write_labels(root, labels),
    )


class PitchCache:
    """Pitches of sound files: each is tracked once, and found again by its path, size and time.

    Args:
        folder: of the cached pitches.
        tracker: finds them.
        channel: of the sounds, `mix` or the number of one channel from 1 on.
    """

    def __init__(self, folder: Path, tracker: Tracker, channel: str | int) -> None:
        self.folder = folder
        self.tracker = tracker
        self.channel = channel

    def path_of(self, sound: Path) -> Path:
        """Where the pitch of a file is cached."""
        about, tracker = sound.stat(), self.tracker
        stamp = str(sound.resolve()), about.st_size, about.st_mtime_ns
        key = json.dumps([*stamp, tracker.name, tracker.hop_length, str(self.channel)])
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.pitch"

    def seconds_missing(self, sound: Path) -> float:
        """How much of a file is still to be tracked."""
        if self.path_of(sound).exists():
            return 0.0
        try:
            return duration_seconds(sound)
        except UnusableAudioError:  # reported when it is tracked
            return 0.0

    def track(self, sound: Path, progress: Callable[[float], object]) -> TrackedSound:
        """
        Args:
            progress: called again and again with the seconds tracked since.

        Raises:
            UnusableAudioError: the file cannot be read.
        """
        path = self.path_of(sound)
        try:
            seconds = verify(path).about["seconds"]
        except (FileNotFoundError, DamagedArrayError):
            seconds = self._write(path, sound, progress)
        return TrackedSound(Frames(*map_array(path).reshape(-1, len(Frames._fields)).T), seconds)

    def _write(self, path: Path, sound: Path, progress: Callable[[float], object]) -> float:
        num_samples = 0

        def counted() -> Iterator[Waveform]:
            nonlocal num_samples
            for block in read_blocks(sound, SAMPLE_RATE, self.channel):
                num_samples += len(block)
                yield block

        with new_array(path) as array:
            for frames in track(self.tracker, counted()):
                array.append(np.stack(frames, axis=1))
                progress(len(frames.pitch_hz) * self.tracker.hop_length / SAMPLE_RATE)
            if not num_samples:
                raise UnusableAudioError("it is empty")
            seconds = num_samples / SAMPLE_RATE
            array.about = {"seconds": seconds}
        return seconds


def _track_all(root: Path, paths: list[Path], cache: PitchCache) -> dict[str, TrackedSound]:
    tracked: dict[str, TrackedSound] = {}
    num_done = 0
    try:
        total = sum(map(cache.seconds_missing, paths))
        with Progress("tracking pitch", total, "s of sound") as progress:
            for path in paths:
                name = name_in(path, root)
                try:
                    if any(character in name for character in "\t\n\r"):
                        raise UnusableAudioError(
                            "its name has a tab or a line break, which would break metadata.txt"
                        )
                    tracked[name] = cache.track(path, progress)
                except UnusableAudioError as error:
                    logger.warning("skipped %s: %s", name, error)
                num_done += 1
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            f"stopped after {num_done} of {len(paths)} files; their pitches are cached, and "
            f"the same command resumes there. The labels of {root} are as they were."
        ) from stop
    without = {name: sound.without_pitch for name, sound in tracked.items() if sound.without_pitch}
    for name, reason in without.items():
        logger.warning("no pitch in %s: %s", name, reason)
    if without:
        logger.warning("%d of %d files without a pitch", len(without), len(paths))
    if len(paths) > len(tracked):
        logger.warning("skipped %d of %d files", len(paths) - len(tracked), len(paths))
    if not tracked:
        raise ValueError(f"none of the {len(paths)} files in {root} can be read: see above why")
    return tracked


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
