"""Features of all sounds of a dataset, computed once and memory-mapped.

The features of a cached waveform are arrays in `features/`, beside `sounds/`.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.data.cache.arrays import (
    DamagedArrayError,
    array_bytes,
    map_array,
    new_array,
    read_header,
    verify,
)
from vschaos.data.cache.manifest import SOUNDS, cache_in_use
from vschaos.data.cache.manifest import SUFFIX as SOUND_SUFFIX
from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.features.feature import Feature, compute
from vschaos.files import check_room
from vschaos.locks import BusyError, Lock, claimed
from vschaos.parallel import IsInterrupted, Progress, in_processes, on_all_cores, share_work

FOLDER, SUFFIX = "features", ".feature"  # in the cache
IDENTITY_LENGTH = 24  # of its hexadecimal digits in the name of a file
MOST_MAPPED = 5_000  # files at once: systems allow for some 65,000 maps, and sounds take 20,000
SHORT_MINUTES = 1.0  # of sound, that is done before another process has imported torch
logger = logging.getLogger(__name__)


class FeatureStore:
    """One feature of the files of a dataset, float32, memory-mapped.

    Args:
        feature: what it is.
        paths: its files in the cache, by the name of the sound file.
        lock: of the dataset, held as long as the store is there.
    """

    def __init__(
        self, feature: Feature, paths: Mapping[str, Path], lock: Lock | None = None
    ) -> None:
        self.feature = feature
        self.paths = dict(paths)
        self.lock = lock
        self._outside = np.array(feature.outside, dtype=np.float32)
        self._mapped: dict[str, np.ndarray] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers that make batches map the files themselves rather than get a copy of them."""
        return FeatureStore, (self.feature, self.paths)

    def read(self, file: StoredFile, first_frame: int, num_frames: int) -> np.ndarray:
        """`[C, num_frames]` of a file from `first_frame` on, frame n being at its sample
        `n * hop_length`; before and after it, or the part of it that is given, are the values that
        the feature declares."""
        values = np.empty((len(self._outside), num_frames), dtype=np.float32)
        self.fill(values[None], [file], [first_frame])
        return values

    def check_sounds(self, names: Iterable[str], waveform_of: Callable[[str], Waveform]) -> None:
        """Has the feature look at sounds before a training; see `Feature.check_sounds`."""
        self.feature.check_sounds({name: self._frames(name) for name in names}, waveform_of)

    def fill(
        self, rows: np.ndarray, files: Sequence[StoredFile], first_frames: Sequence[int]
    ) -> None:
        """Reads an excerpt of each of B files into `[B, C, N]`, from `first_frames` on."""
        num_frames = rows.shape[2]
        for row, file, start in zip(rows, files, first_frames, strict=True):
            frames, end = self._frames(file.name), start + num_frames
            # frames whose sample lies in the file, or in its part
            low, high = (
                self.feature.num_frames(n) for n in (file.offset, file.offset + file.length)
            )
            first, last = max(start, low), min(end, high)
            if last - first < num_frames:
                row[:] = self._outside[:, None]
            if first < last:
                row[:, first - start : last - start] = frames[first:last].T

    def _frames(self, name: str) -> np.ndarray:
        """`[N, C]`."""
        frames = self._mapped.get(name)
        if frames is None:
            if len(self._mapped) >= MOST_MAPPED:
                self._mapped.clear()
            frames = map_array(self.paths[name]).reshape(-1, len(self._outside))
            self._mapped[name] = frames
        return frames


@dataclass(frozen=True)
class FeatureOfSound:
    """A feature of one file.

    Args:
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
    def shape(self) -> tuple[int, int]:
        """`N, C`."""
        return self.feature.num_frames(self.length), len(self.feature.channels)

    @property
    def about(self) -> dict[str, Any]:
        """What its file must say of it."""
        return {"identity": self.identity, "sound": read_header(self.sound).checksum}

    @property
    def minutes(self) -> float:
        return self.length / self.feature.sample_rate / 60

    @property
    def is_whole(self) -> bool:
        """Whether it is in the cache, as it was written, and of this waveform."""
        try:
            header = verify(self.path)
        except (FileNotFoundError, DamagedArrayError):
            return False
        return (header.shape, header.about) == (self.shape, self.about)


def open_features(
    store: SoundStore,
    features: Iterable[Feature] | Mapping[str, Feature],
    num_processes: int | None = None,
) -> dict[str, FeatureStore]:
    """Opens features of the sounds of a store, by name, computing those that are not cached.

    A cached feature is found by the waveform, and by name, version and arguments of the feature,
    and by the gain of a sound that the store scales. Each is read whole as it is opened; a damaged
    one is computed again. Each is cached as soon as it is computed: after Ctrl-C or a kill, only
    those in work are lost. Several processes may compute the same features, and share the work.

    Args:
        features: by name, or with the names that they have.
        num_processes: to compute in; by default as many as there are cores, and this one alone for
            a minute or less.

    Raises:
        ValueError: two features have one name, one is of another sample rate, one does not return
            what it promises (`FeatureError`), or there is no room for them.
        OSError: the cache cannot be written.
    """
    named = features.items() if isinstance(features, Mapping) else [(f.name, f) for f in features]
    wanted: dict[str, list[FeatureOfSound]] = {}
    for name, feature in named:
        if name in wanted:
            raise ValueError(f"names of features must be distinct, got {name} twice")
        if feature.sample_rate != store.sample_rate:
            raise ValueError(
                f"sample_rate of feature {name} must be that of the sounds, "
                f"{store.sample_rate} Hz, got {feature.sample_rate}"
            )
        wanted[name] = [
            FeatureOfSound(feature, file, path, waveform.length, store.gains[file])
            for file, (path, waveform) in store.waveforms.items()
        ]
    every = [one for of_feature in wanted.values() for one in of_feature]
    if every:
        cache = every[0].sound.parents[2]
        with cache_in_use(cache, "features were computed"):
            _compute(_missing(every), cache, num_processes)
    with suppress(OSError):  # a cache that can only be read
        for one in every:
            os.utime(one.path)  # is used now, see `vschaos.data.cache.cleanup`
    return {
        name: FeatureStore(ones[0].feature, {one.name: one.path for one in ones}, store.lock)
        for name, ones in wanted.items()
        if ones
    }


def feature_path(sound: Path, identity: str) -> Path:
    """Where a feature of a cached waveform lies."""
    name = f"{sound.stem}.{identity[:IDENTITY_LENGTH]}{SUFFIX}"
    return sound.parents[2] / FOLDER / sound.parent.name / name


def sound_of(path: Path) -> Path:
    """The cached waveform that a feature, or what is left of one, was computed from."""
    name = f"{path.name.partition('.')[0]}{SOUND_SUFFIX}"
    return path.parents[2] / SOUNDS / path.parent.name / name


def _missing(wanted: Sequence[FeatureOfSound]) -> list[FeatureOfSound]:
    """Those that are not cached, or damaged. All that are cached are read: they are small beside
    the sounds."""
    sizes = {one: one.path.stat().st_size / 1e6 for one in wanted if one.path.is_file()}
    missing = [one for one in wanted if one not in sizes]
    with Progress("checking features", sum(sizes.values()), "MB") as progress:

        def check(one: FeatureOfSound, is_interrupted: IsInterrupted) -> bool:
            is_whole = one.is_whole
            progress(sizes[one])
            return is_whole

        for one, is_whole in on_all_cores(check, sizes):
            if not is_whole:
                logger.warning(
                    "the cached %s of %s is damaged, or of another import: it is computed again",
                    *(one.feature.name, one.name),
                )
                missing.append(one)
    return missing


def _compute(missing: Sequence[FeatureOfSound], cache: Path, num_processes: int | None) -> None:
    if not missing:
        return
    minutes = sum(one.minutes for one in missing)
    num_bytes = sum(array_bytes(one.shape) for one in missing)
    check_room(cache, num_bytes, "the features", "data.dataset.cache")
    logger.info(
        "computing %s of %.1f minutes of sound, %.0f MB, to %s",
        " and ".join(dict.fromkeys(one.feature.name for one in missing)),
        *(minutes, num_bytes / 1e6, cache),
    )
    if num_processes is None and minutes < SHORT_MINUTES:
        num_processes = 1
    run = partial(in_processes, num_processes=num_processes)
    longest_first = sorted(missing, key=lambda one: -one.length)
    with Progress("computing features", minutes, "minutes of sound") as progress:
        for one, _ in share_work(run, _compute_one, longest_first):
            progress(one.minutes)


def _compute_one(one: FeatureOfSound, waits: bool) -> bool | None:
    """True if it is in the cache now; None if another process computes it, unless this `waits`."""
    try:
        with claimed(one.path, waits, lambda: False):
            if not one.is_whole:
                waveform = map_array(one.sound)
                if one.gain != 1.0:  # of few files: a copy of a whole one is affordable
                    waveform = waveform * np.float32(one.gain)
                values = compute(one.feature, waveform, one.name)
                with new_array(one.path) as array:
                    array.append(values.T)
                    array.about = one.about
    except BusyError:
        return None
    return True
