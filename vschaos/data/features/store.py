"""Features of all sounds of a dataset, computed once and memory-mapped."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from vschaos.data.cache.locks import Lock
from vschaos.data.cache.manifest import cache_lock
from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.features.computing import FeatureOfSound, compute_missing
from vschaos.data.features.feature import Feature
from vschaos.data.features.files import map_feature

MOST_MAPPED = 5_000  # files at once: systems allow for some 65,000 maps, and sounds take 20,000


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
            frames = self._mapped[name] = map_feature(self.paths[name], len(self._outside))
        return frames


def open_features(
    store: SoundStore,
    features: Iterable[Feature] | Mapping[str, Feature],
    num_processes: int | None = None,
) -> dict[str, FeatureStore]:
    """Opens features of the sounds of a store, by name, computing those that are not cached.

    A cached feature is found by the waveform, and by name, version and arguments of the feature,
    and by the gain of a sound that the store scales. Each is read whole as it is opened; a damaged
    one is computed again.

    Args:
        features: by name, or with the names that they have.
        num_processes: to compute in; by default as many as there are cores.

    Raises:
        ValueError: two features have one name, one is of another sample rate, one does not return
            what it promises (`FeatureError`), or there is no room for them.
        OSError: the cache cannot be written.
    """
    wanted: dict[str, list[FeatureOfSound]] = {}
    named = (
        features.items()
        if isinstance(features, Mapping)
        else [(feature.name, feature) for feature in features]
    )
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
    _compute([one for of_feature in wanted.values() for one in of_feature], num_processes)
    return {
        name: FeatureStore(
            of_feature[0].feature, {one.name: one.path for one in of_feature}, store.lock
        )
        for name, of_feature in wanted.items()
        if of_feature
    }


def _compute(wanted: Sequence[FeatureOfSound], num_processes: int | None) -> None:
    if not wanted:
        return
    cache = wanted[0].sound.parents[2]
    lock = cache_lock(cache)  # nothing is cleared meanwhile
    lock.take(is_shared=True, waits=True)
    try:
        compute_missing(wanted, num_processes)
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        reason = f"{error.strerror}, as features were computed (data.dataset.cache)"
        raise OSError(error.errno, reason, str(cache)) from error
    finally:
        lock.let_go()
    with suppress(OSError):  # a cache that can only be read
        for one in wanted:
            os.utime(one.path)  # is used now, see `vschaos.data.cache.cleanup`
