"""Features of sounds to files in the cache: those that are missing or damaged, in processes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.data.cache.waveform import (
    BusyError,
    DamagedWaveformError,
    claimed,
    map_waveform,
    read_header,
)
from vschaos.data.features.feature import Feature, compute
from vschaos.data.features.files import FeatureHeader, feature_path, verify, write_feature
from vschaos.data.parallel import IsInterrupted, Progress, in_processes, on_all_cores
from vschaos.files import check_room

logger = logging.getLogger(__name__)


class FeatureOfSound(NamedTuple):
    """A feature of one file.

    Attributes:
        name: of the file.
        sound: its cached waveform.
        length: samples of it.
        gain: by which the sound is scaled as it is served.
    """

    feature: Feature
    name: str
    sound: Path
    length: int
    gain: float = 1.0

    @property
    def identity(self) -> str:
        """SHA-256 of the feature's, and of the gain where there is one."""
        if self.gain == 1.0:
            return self.feature.identity
        scaled = f"{self.feature.identity} {self.gain!r}"
        return hashlib.sha256(scaled.encode()).hexdigest()

    @property
    def path(self) -> Path:
        """Where it is cached."""
        return feature_path(self.sound, self.identity)

    @property
    def header(self) -> FeatureHeader:
        """What its file must say; the checksum of its frames is known by the file alone."""
        feature = self.feature
        return FeatureHeader(
            feature.sample_rate,
            feature.hop_length,
            len(feature.channels),
            feature.num_frames(self.length),
            read_header(self.sound).checksum,
            0,
            bytes.fromhex(self.identity),
        )

    @property
    def minutes(self) -> float:
        return self.length / self.feature.sample_rate / 60


def compute_missing(wanted: Sequence[FeatureOfSound], num_processes: int | None = None) -> None:
    """Computes features that are not in the cache, or are damaged there.

    Each is cached as soon as it is computed: after Ctrl-C or a kill, only those in work are lost.
    Several processes may compute the same features at once, and share the work.

    Args:
        num_processes: by default as many as there are cores.

    Raises:
        FeatureError: a function fails, or returns what is not valid; names feature and file.
        ValueError: there is no room for them.
        OSError: the cache cannot be written.
    """
    missing = _missing(wanted)
    if not missing:
        return
    minutes = sum(one.minutes for one in missing)
    num_bytes = sum(one.header.num_bytes for one in missing)
    cache = missing[0].sound.parents[2]
    check_room(cache, num_bytes, "the features", "data.dataset.cache")
    logger.info(
        "computing %s of %.1f minutes of sound, %.0f MB, to %s",
        " and ".join(dict.fromkeys(one.feature.name for one in missing)),
        *(minutes, num_bytes / 1e6, cache),
    )
    longest_first = sorted(missing, key=lambda one: -one.length)
    with Progress("computing features", minutes, "minutes of sound") as progress:
        left = _take_turns(longest_first, progress, False, num_processes)
        # another training computes these: it may yet fail, or be killed
        _take_turns(left, progress, True, num_processes)


def _take_turns(
    wanted: Sequence[FeatureOfSound], progress: Progress, waits: bool, num_processes: int | None
) -> list[FeatureOfSound]:
    """Computes them, and returns those that another training computes just now."""
    left = []
    for one, is_there in in_processes(partial(compute_one, waits=waits), wanted, num_processes):
        if is_there:
            progress(one.minutes)
        else:
            left.append(one)
    return left


def compute_one(one: FeatureOfSound, waits: bool) -> bool:
    """Whether it is in the cache now; if not, another process computes it.

    Args:
        waits: for that process.

    Raises:
        FeatureError, OSError: see `compute_missing`.
    """
    try:
        with claimed(one.path, waits, lambda: False):
            if not _is_whole(one):
                waveform = map_waveform(one.sound)
                if one.gain != 1.0:  # of few files: a copy of a whole one is affordable
                    waveform = waveform * np.float32(one.gain)
                values = compute(one.feature, waveform, one.name)
                write_feature(one.path, values, one.header)
    except BusyError:
        return False
    return True


def _missing(wanted: Sequence[FeatureOfSound]) -> list[FeatureOfSound]:
    """All that are there are read: they are small beside the sounds."""
    there = {one.path: one for one in wanted if one.path.is_file()}
    missing = [one for one in wanted if one.path not in there]
    sizes = {path: path.stat().st_size / 1e6 for path in there}
    with Progress("checking features", sum(sizes.values()), "MB") as progress:

        def check(path: Path, is_interrupted: IsInterrupted) -> bool:
            is_whole = _is_whole(there[path])
            progress(sizes[path])
            return is_whole

        for path, is_whole in on_all_cores(check, there):
            if not is_whole:
                one = there[path]
                logger.warning(
                    "the cached %s of %s is damaged, or of another import: it is computed again",
                    *(one.feature.name, one.name),
                )
                missing.append(one)
    return missing


def _is_whole(one: FeatureOfSound) -> bool:
    """Whether it is in the cache, as it was written, and of this waveform."""
    try:
        return verify(one.path)._replace(checksum=0) == one.header
    except (FileNotFoundError, DamagedWaveformError):
        return False
