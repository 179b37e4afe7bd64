"""Track the pitch of a dataset's files; results are cached, so that no file is tracked twice."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import UnusableAudioError, Waveform, duration_seconds, read_blocks
from vschaos.data.cache.store import default_cache
from vschaos.data.files import check_root, left_out, list_sounds
from vschaos.data.parallel import Progress
from vschaos.data.pitch.tracking import LEVEL_WINDOW, SAMPLE_RATE, Frames, Tracker, track
from vschaos.files import written_whole

FORMAT = 2  # of the cached frames; those of other formats are tracked again
SILENCE_DB = -80.0  # a sound without a louder frame is silent
logger = logging.getLogger(__name__)


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


def track_dataset(
    root: Path, tracker: Tracker, cache: Path | None = None, channel: str | int = "mix"
) -> tuple[dict[str, TrackedSound], int]:
    """Tracks all sounds of a dataset, or reads their pitch from the cache.

    Args:
        root: the dataset, with its sounds in `root/data` (or in `root` itself if there is no such
            folder).
        cache: results go to `cache/pitch`; by default in the user's cache folder.
        channel: `mix`, or the number of one channel from 1 on.

    Returns:
        pitches by the name of the file, relative to `root`, and the number of files that were left
        out since they cannot be read.

    Raises:
        FileNotFoundError: no such folder, or no audio file in it.
        ValueError: none of its files can be read.
        KeyboardInterrupt: Ctrl-C, with a message that says what is cached.
    """
    check_root(root)
    paths = list_sounds(root)
    for name, reason in left_out(root).items():
        logger.warning("left out %s: %s", name, reason)
    cache = (cache or default_cache()) / "pitch"
    tracked: dict[str, TrackedSound] = {}
    num_done = 0
    seconds = sum(_seconds_to_track(path, tracker, cache, channel) for path in paths)
    try:
        with Progress("tracking pitch", seconds, "s of sound") as progress:
            for path in paths:
                name = path.relative_to(root).as_posix()
                try:
                    tracked[name] = _track_named(name, path, tracker, cache, progress, channel)
                except UnusableAudioError as error:
                    logger.warning("skipped %s: %s", name, error)
                num_done += 1
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            f"stopped after {num_done} of {len(paths)} files; their pitches are cached, and "
            f"the same command resumes there. The labels of {root} are as they were."
        ) from stop
    _warn(tracked, len(paths))
    if not tracked:
        raise ValueError(f"none of the {len(paths)} files in {root} can be read: see above why")
    return tracked, len(paths) - len(tracked)


def track_file(
    path: Path,
    tracker: Tracker,
    cache: Path,
    progress: Callable[[float], object] = lambda seconds: None,
    channel: str | int = "mix",
) -> TrackedSound:
    """Tracks the pitch of a file, or reads it from the cache.

    Args:
        cache: folder with one file for each file, tracker, hop and channel.
        progress: called again and again with the seconds tracked since.
        channel: `mix`, or the number of one channel from 1 on.

    Raises:
        UnusableAudioError: it cannot be read.
    """
    cached = _cached_at(path, tracker, cache, channel)
    try:
        return _load(cached)
    # not there, or not whole
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        tracked = _track(path, tracker, progress, channel)
    with written_whole(cached) as partial, partial.open("wb") as file:
        np.savez(file, seconds=np.float64(tracked.seconds), **tracked.frames._asdict())
    return tracked


def _track_named(
    name: str,
    path: Path,
    tracker: Tracker,
    cache: Path,
    progress: Callable[[float], object],
    channel: str | int,
) -> TrackedSound:
    if any(character in name for character in "\t\n\r"):
        raise UnusableAudioError(
            "its name has a tab or a line break, which would break metadata.txt"
        )
    return track_file(path, tracker, cache, progress, channel)


def _track(
    path: Path, tracker: Tracker, progress: Callable[[float], object], channel: str | int
) -> TrackedSound:
    num_samples = 0

    def counted() -> Iterator[Waveform]:
        nonlocal num_samples
        for block in read_blocks(path, SAMPLE_RATE, channel):
            num_samples += len(block)
            yield block

    parts = []
    for frames in track(tracker, counted()):
        parts.append(frames)
        progress(len(frames.pitch_hz) * tracker.hop_length / SAMPLE_RATE)
    if not parts:
        raise UnusableAudioError("it is empty")
    frames = Frames(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    return TrackedSound(frames, num_samples / SAMPLE_RATE)


def _load(cached: Path) -> TrackedSound:
    """
    Raises:
        OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile: it is
            damaged.
    """
    with cached.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        tracked = TrackedSound(
            Frames(*(arrays[name] for name in Frames._fields)), float(arrays["seconds"])
        )
    if len({values.shape for values in tracked.frames}) != 1 or not tracked.frames.pitch_hz.size:
        raise ValueError(f"{cached} holds arrays of different lengths")
    return tracked


def _cached_at(path: Path, tracker: Tracker, cache: Path, channel: str | int) -> Path:
    about = path.stat()
    settings = [
        FORMAT,
        str(path.resolve()),
        about.st_size,
        about.st_mtime_ns,
        tracker.name,
        tracker.hop_length,
    ]
    if channel != "mix":
        settings.append(str(channel))
    return cache / f"{hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:20]}.npz"


def _seconds_to_track(path: Path, tracker: Tracker, cache: Path, channel: str | int) -> float:
    if _cached_at(path, tracker, cache, channel).exists():
        return 0.0
    try:
        return duration_seconds(path)
    except UnusableAudioError:  # reported when it is tracked
        return 0.0


def _warn(tracked: dict[str, TrackedSound], num_files: int) -> None:
    reasons = {name: sound.without_pitch for name, sound in tracked.items() if sound.without_pitch}
    for name, reason in reasons.items():
        logger.warning("no pitch in %s: %s", name, reason)
    if reasons:
        logger.warning("%d of %d files without a pitch", len(reasons), num_files)
    if num_files > len(tracked):
        logger.warning("skipped %d of %d files", num_files - len(tracked), num_files)
