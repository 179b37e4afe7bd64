"""What a cache holds, and what of it may go."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from vschaos.data.cache.manifest import SOUNDS, SUFFIX, Manifest, cache_lock, find_manifests
from vschaos.data.cache.waveform import DamagedWaveformError, verify
from vschaos.data.features import files as feature_files
from vschaos.data.parallel import IsInterrupted, Progress, on_all_cores

DAY_SECONDS = 86400.0
PITCH = "pitch"  # frames of `extract_pitch.py`


class Kept(NamedTuple):
    """A dataset in a cache, at one rate and of one channel.

    Attributes:
        days: since it was used last.
        is_in_use: a training runs with it, or something else that opened it.
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


class Others(NamedTuple):
    """What else lies in a cache: bytes of each kind."""

    unlisted: int
    pitch: int
    earlier: int
    unlisted_features: int


class Checked(NamedTuple):
    """Numbers of files that were read, and of those that were damaged."""

    sounds: int
    features: int
    damaged: int


def kept_in(cache: Path) -> list[Kept]:
    """All datasets of a cache, the last used one first."""
    return [_kept(manifest) for manifest in find_manifests(cache)]


def others_in(cache: Path) -> Others:
    listed = _waveforms_of(find_manifests(cache))
    return Others(
        sum(_size(path) for path in _files_of_sounds(cache) if path not in listed),
        sum(_size(path) for path in (cache / PITCH).glob("*")),
        sum(_size(path) for folder in _earlier(cache) for path in folder.glob("*")),
        sum(
            _size(path)
            for path in _files_of_features(cache)
            if feature_files.sound_of(path) not in listed
        ),
    )


def clear(
    cache: Path,
    is_unwanted: Callable[[Kept], bool],
    pitch: bool = False,
    feature_days: float | None = None,
) -> list[Kept]:
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
        unwanted = [kept for kept in kept_in(cache) if is_unwanted(kept)]
        gone = [kept.manifest for kept in unwanted if not kept.is_in_use]
        removed = _waveforms_of(gone)
        for manifest in gone:
            manifest.path.unlink()
            manifest.lock().let_go(removes=True)
        left = kept_in(cache)
        listed = _waveforms_of([kept.manifest for kept in left])
        # what a running training began with may not be listed any more
        is_quiet = not any(kept.is_in_use for kept in left)
        for path in _files_of_sounds(cache):
            if path not in listed and (is_quiet or path in removed):
                path.unlink(missing_ok=True)
        used = _waveforms_of([kept.manifest for kept in left if kept.is_in_use])
        for path in _files_of_features(cache):
            sound = feature_files.sound_of(path)
            is_gone = sound not in listed and (is_quiet or sound in removed)
            is_old = feature_days is not None and _days(path) >= feature_days and sound not in used
            # nothing is computed just now: what a killed process has left may go at once
            if is_gone or is_old or path.suffix != feature_files.SUFFIX:
                path.unlink(missing_ok=True)
        for folder in [*_earlier(cache), *([cache / PITCH] if pitch else [])]:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.let_go()
    return [kept for kept in unwanted if kept.is_in_use]


def remove_damaged(cache: Path) -> Checked:
    """Reads all sounds and features of a cache and removes those that are damaged. They are
    imported and computed again when they are needed."""
    sounds = [path for path in _files_of_sounds(cache) if path.suffix == SUFFIX]
    features = [path for path in _files_of_features(cache) if path.suffix == feature_files.SUFFIX]
    paths = [*sounds, *features]
    total = sum(_size(path) for path in paths) / 1e6

    with Progress("checking", total, "MB") as progress:

        def is_damaged(path: Path, is_interrupted: IsInterrupted) -> bool:
            read: Callable[..., object] = verify if path.suffix == SUFFIX else feature_files.verify
            try:
                read(path, lambda num_bytes: progress(num_bytes / 1e6))
            except DamagedWaveformError:
                return True
            except FileNotFoundError:  # cleared meanwhile
                return False
            return False

        damaged = [path for path, is_bad in on_all_cores(is_damaged, paths) if is_bad]
    for path in damaged:
        path.unlink(missing_ok=True)
    return Checked(len(sounds), len(features), len(damaged))


def _kept(manifest: Manifest) -> Kept:
    lock = manifest.lock()
    is_free = lock.take()
    lock.let_go()
    waveforms = [
        known.waveform for _, _, known in manifest.waveforms() if known.waveform is not None
    ]
    paths = _waveforms_of([manifest])
    return Kept(
        manifest,
        _days(manifest.path),
        not is_free,
        len(waveforms),
        sum(waveform.length for waveform in waveforms) / manifest.sample_rate / 60,
        sum(map(_size, paths)),
        sum(_size(path) for path in features_of(manifest.cache, paths)),
    )


def _waveforms_of(manifests: Collection[Manifest]) -> set[Path]:
    return {path for manifest in manifests for _, path, _ in manifest.waveforms()}


def _files_of_sounds(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / SOUNDS).glob("*/*") if path.is_file())


def features_of(cache: Path, sounds: Collection[Path]) -> list[Path]:
    """Files of features that were computed from these cached waveforms."""
    return [path for path in _files_of_features(cache) if feature_files.sound_of(path) in sounds]


def _files_of_features(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / feature_files.FEATURES).glob("*/*") if path.is_file())


def _earlier(cache: Path) -> Iterator[Path]:
    """Folders that an earlier version of vschaos left."""
    for index in cache.glob("*/index.json"):
        if re.fullmatch("[0-9a-f]{20}", index.parent.name):
            yield index.parent


def _days(path: Path) -> float:
    """Since it was used last."""
    return max(time.time() - path.stat().st_mtime, 0.0) / DAY_SECONDS


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
