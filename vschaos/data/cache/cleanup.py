"""List what a cache holds, verify it, and remove what is not needed any more."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from vschaos.data.cache.arrays import DamagedArrayError, verify
from vschaos.data.cache.manifest import SOUNDS, SUFFIX, Manifest, cache_lock, find_manifests
from vschaos.data.features import store as features
from vschaos.parallel import IsInterrupted, Progress, on_all_cores

DAY_SECONDS = 86400.0
PITCH = "pitch"  # frames of `extract_pitch.py`


class CachedDataset(NamedTuple):
    """A dataset in a cache, at one rate and of one channel.

    Attributes:
        days: since it was used last.
        is_in_use: a training has opened it, or something else.
        num_bytes: of the sounds; some may be shared with other datasets.
        num_feature_bytes: of the features of these sounds.
    """

    manifest: Manifest
    days: float
    is_in_use: bool
    num_files: int
    minutes: float
    num_bytes: int
    num_feature_bytes: int


class Usage(NamedTuple):
    """Bytes of a cache: of all its sounds, features and pitches, and of those among them that
    belong to no dataset any more."""

    total: int
    unlisted_sounds: int
    unlisted_features: int
    pitch: int


class Verified(NamedTuple):
    """Numbers of files that were read, and of those that were damaged."""

    sounds: int
    features: int
    damaged: int


def list_datasets(cache: Path) -> list[CachedDataset]:
    """All datasets of a cache, the last used one first."""
    return [_describe(manifest) for manifest in find_manifests(cache)]


def measure_usage(cache: Path) -> Usage:
    sounds = {path: _size(path) for path in _files(cache, SOUNDS)}
    of_features = {path: _size(path) for path in _files(cache, features.FOLDER)}
    listed = _waveforms_of(find_manifests(cache))
    pitch = sum(map(_size, (cache / PITCH).glob("*")))
    return Usage(
        sum(sounds.values()) + sum(of_features.values()) + pitch,
        sum(size for path, size in sounds.items() if path not in listed),
        sum(size for path, size in of_features.items() if features.sound_of(path) not in listed),
        pitch,
    )


def clear(
    cache: Path,
    is_unwanted: Callable[[CachedDataset], bool],
    pitch: bool = False,
    feature_days: float | None = None,
) -> list[CachedDataset]:
    """Removes datasets, the sounds that no other one shares with their features, and what nobody
    lists; but nothing that is in use.

    Args:
        pitch: removes tracked pitches as well.
        feature_days: removes features that were not used for so long, as those of another version.

    Returns:
        those that are unwanted and in use.

    Raises:
        ValueError: sounds are imported, or features computed, just now.
    """
    lock = cache_lock(cache)
    if not lock.take():
        raise ValueError(
            f"sounds are imported to {cache}, or features computed, just now: "
            "clear it when that is done"
        )
    try:
        unwanted = [dataset for dataset in list_datasets(cache) if is_unwanted(dataset)]
        gone = [dataset.manifest for dataset in unwanted if not dataset.is_in_use]
        removed = _waveforms_of(gone)
        for manifest in gone:
            manifest.path.unlink()
            manifest.lock().let_go(removes=True)
        left = list_datasets(cache)
        listed = _waveforms_of(dataset.manifest for dataset in left)
        in_use = [dataset.manifest for dataset in left if dataset.is_in_use]
        used = _waveforms_of(in_use)

        def is_gone(sound: Path) -> bool:
            # what a running training began with may not be listed any more
            return sound not in listed and (not in_use or sound in removed)

        for path in _files(cache, SOUNDS):
            if is_gone(path):
                path.unlink(missing_ok=True)
        for path in _files(cache, features.FOLDER):
            sound = features.sound_of(path)
            is_old = feature_days is not None and _days(path) >= feature_days and sound not in used
            # nothing is computed just now: what a killed process has left may go at once
            if is_gone(sound) or is_old or path.suffix != features.SUFFIX:
                path.unlink(missing_ok=True)
        if pitch:
            shutil.rmtree(cache / PITCH, ignore_errors=True)
    finally:
        lock.let_go()
    return [dataset for dataset in unwanted if dataset.is_in_use]


def remove_damaged(cache: Path) -> Verified:
    """Reads all sounds and features of a cache and removes those that are damaged. They are
    imported and computed again when they are needed."""
    sounds = [path for path in _files(cache, SOUNDS) if path.suffix == SUFFIX]
    of_features = [
        path for path in _files(cache, features.FOLDER) if path.suffix == features.SUFFIX
    ]
    paths = [*sounds, *of_features]
    with Progress("checking", sum(map(_size, paths)) / 1e6, "MB") as progress:

        def is_damaged(path: Path, is_interrupted: IsInterrupted) -> bool:
            try:
                verify(path, lambda num_bytes: progress(num_bytes / 1e6))
            except DamagedArrayError:
                return True
            except FileNotFoundError:  # cleared meanwhile
                return False
            return False

        damaged = [path for path, is_bad in on_all_cores(is_damaged, paths) if is_bad]
    for path in damaged:
        path.unlink(missing_ok=True)
    return Verified(len(sounds), len(of_features), len(damaged))


def _describe(manifest: Manifest) -> CachedDataset:
    lock = manifest.lock()
    is_free = lock.take()
    lock.let_go()
    lengths = [waveform.length for *_, waveform in manifest.waveforms()]
    sounds = _waveforms_of([manifest])
    of_features = [
        path
        for path in _files(manifest.cache, features.FOLDER)
        if features.sound_of(path) in sounds
    ]
    return CachedDataset(
        manifest,
        _days(manifest.path),
        not is_free,
        len(lengths),
        sum(lengths) / manifest.sample_rate / 60,
        sum(map(_size, sounds)),
        sum(map(_size, of_features)),
    )


def _waveforms_of(manifests: Iterable[Manifest]) -> set[Path]:
    return {path for manifest in manifests for _, path, *_ in manifest.waveforms()}


def _files(cache: Path, folder: str) -> list[Path]:
    return sorted(path for path in (cache / folder).glob("*/*") if path.is_file())


def _days(path: Path) -> float:
    """Since it was used last."""
    return max(time.time() - path.stat().st_mtime, 0.0) / DAY_SECONDS


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
