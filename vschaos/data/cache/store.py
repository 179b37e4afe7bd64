"""All sounds of a dataset at one rate, imported once and memory-mapped."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vschaos.audio.files import Waveform, check_channel
from vschaos.data.cache.arrays import DamagedArrayError, map_array, read_header
from vschaos.data.cache.importing import Importer
from vschaos.data.cache.manifest import CachedWaveform, Manifest, cache_in_use, find_manifests
from vschaos.data.files import check_root, left_out, list_sounds, name_in
from vschaos.data.full_scale import beyond, check_choice, gain_for, is_beyond, usual_peak
from vschaos.data.remarks import warn_of_sounds, why_short
from vschaos.locks import Lock

BLOCK_LENGTH = 1 << 20  # samples that are measured at once
MOST_MAPPED = 20_000  # files at once; systems allow for some 65,000 maps
logger = logging.getLogger(__name__)


class StoredFile(NamedTuple):
    """Where a file's samples, or those of a part of it, lie in the store.

    Attributes:
        name: of the file.
        start: of the samples in the store.
        length: how many there are.
        offset: samples of the file before them.
    """

    name: str
    start: int
    length: int
    offset: int = 0

    def part(self, first: int, end: int) -> StoredFile:
        """Its samples from `first` to just before `end`; there is silence before and after it."""
        return StoredFile(self.name, self.start + first, end - first, self.offset + first)


class SkippedFile(NamedTuple):
    """A file that could not be used."""

    name: str
    reason: str


class SoundStore:
    """The usable sounds of a dataset: one channel, one rate, float32, memory-mapped.

    Each has its own cached waveform; in `files` they are laid one after the other.

    Args:
        sample_rate: Hz.
        waveforms: of the usable files, paths and headers by name.
        skipped: the other files, with the reason.
        lock: held as long as the store is there.
        beyond_full_scale: what is done to sounds beyond it, `scale` or `keep`.
        digests: SHA-256 of the files' bytes, by name.
        scaled_to: peak of those that are scaled; by default the median of the others.

    Attributes:
        files: the usable ones, in the order of `waveforms`.
        gains: by what each is multiplied as it is read, by name.
        usual_peak: to which those beyond full scale are scaled.
    """

    def __init__(
        self,
        sample_rate: int,
        waveforms: Mapping[str, tuple[Path, CachedWaveform]],
        skipped: Sequence[SkippedFile] = (),
        lock: Lock | None = None,
        beyond_full_scale: str = "keep",
        digests: Mapping[str, str] | None = None,
        scaled_to: float | None = None,
    ) -> None:
        self.sample_rate = sample_rate
        self.waveforms = dict(waveforms)
        self.skipped = list(skipped)
        self.lock = lock
        self.digests = dict(digests or {})
        self.files: list[StoredFile] = []
        start = 0
        for name, (_, waveform) in waveforms.items():
            self.files.append(StoredFile(name, start, waveform.length))
            start += waveform.length
        self._beyond_full_scale = beyond_full_scale
        peaks = [waveform.peak for _, waveform in waveforms.values()]
        self.scale_to(usual_peak(peaks) if scaled_to is None else scaled_to)
        self._mapped: dict[str, Waveform] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers of a loader map the waveforms themselves instead of getting a copy."""
        given = self.sample_rate, self.waveforms, self.skipped, None, self._beyond_full_scale
        return SoundStore, (*given, None, self.usual_peak)

    def scale_to(self, peak: float) -> None:
        """Scales the files beyond full scale to that peak, if they are to be scaled."""
        self.usual_peak = peak
        self.gains = {
            name: gain_for(waveform.peak, self._beyond_full_scale, peak)
            for name, (_, waveform) in self.waveforms.items()
        }

    def peak(self, name: str) -> float:
        """The largest of a file's samples, as they are read."""
        return self.waveforms[name][1].peak * self.gains[name]

    def read(self, file: StoredFile, start: int, length: int) -> Waveform:
        """`[length]` samples of a file from `start` on; there are zeros before and after it."""
        excerpt = np.empty(length, dtype=np.float32)
        self.fill(excerpt[None], [file], [start])
        return excerpt

    def band(self, name: str) -> float:
        """The share of its frequencies that a file can hold, by its own rate: 0 to 1."""
        return min(self.waveforms[name][1].file_rate / self.sample_rate, 1.0)

    def fill(self, rows: np.ndarray, files: Sequence[StoredFile], starts: Sequence[int]) -> None:
        """Reads an excerpt of each of B files into `[B, length]`, from `starts` on."""
        length = rows.shape[1]
        for row, (name, _, total, offset), start in zip(rows, files, starts, strict=True):
            samples, end, gain = self.samples(name), start + length, self.gains[name]
            if start >= 0 and end <= total:
                row[:] = samples[offset + start : offset + end]
            else:
                first, last = max(start, 0), max(min(end, total), 0)
                row[:] = 0.0
                if first < last:
                    row[first - start : last - start] = samples[offset + first : offset + last]
            if gain != 1.0:
                row *= np.float32(gain)

    def level(self, file: StoredFile) -> float:
        """Its root mean square."""
        power = 0.0
        for start in range(0, file.length, BLOCK_LENGTH):
            block = self.read(file, start, min(BLOCK_LENGTH, file.length - start))
            power += float(np.square(block, dtype=np.float64).sum())
        return float(np.sqrt(power / max(file.length, 1)))

    def samples(self, name: str) -> Waveform:
        """All of a file `[T]`, memory-mapped, as it is cached: not scaled."""
        samples = self._mapped.get(name)
        if samples is None:
            if len(self._mapped) >= MOST_MAPPED:
                self._mapped.clear()
            samples = self._mapped[name] = map_array(self.waveforms[name][0])
        return samples


def open_store(
    root: Path,
    sample_rate: int,
    channel: str | int,
    min_length: int,
    n_files: int | None = None,
    cache: Path | None = None,
    needed: Collection[str] = (),
    beyond_full_scale: str = "keep",
) -> SoundStore:
    """Opens the sounds of a dataset, importing those that were not imported before.

    A cached waveform is found by the bytes of the file, the rate and the channel: a file that
    changed is imported again, and it alone, even if its size and time of change are as before; one
    that was touched or moved is not (see `vschaos.data.cache.manifest`). It is verified when it
    is opened for the first time after it was written (the checksum takes less than a second for
    an hour of sound), and then whenever its stamp has changed.

    Args:
        root: the dataset, with its sounds in `root/data` (or in `root` itself if there is no such
            folder).
        sample_rate: Hz, to which all is resampled.
        channel: `mix`, or the number of one channel from 1 on.
        min_length: samples below which a file is too short.
        n_files: takes that many files only, evenly spread over the sorted list.
        cache: folder of imported sounds; by default the user's own.
        needed: names of files that must be among them, if they are there at all.
        beyond_full_scale: files whose peak is: `scale` to the median peak of the others, `keep` or
            `skip`.

    Raises:
        FileNotFoundError: no such folder, or no audio file in it.
        ValueError: none of its files can be used, there is no room for what they hold, or a
            setting is none.
        OSError: the cache cannot be written.
    """
    check_channel(channel)
    check_choice(beyond_full_scale)
    if not needed:  # a run that began with it is resumed
        check_root(root)
    for name, reason in left_out(root).items():
        logger.warning("left out %s: %s", name, reason)
    paths = {name_in(path, root): path for path in _list_needed(root, n_files, needed)}
    cache = cache or default_cache()
    with cache_in_use(cache, "the sounds were imported"):
        manifest = Manifest(cache, root, sample_rate, channel)
        lock = manifest.lock()
        lock.take(is_shared=True, waits=True)
        manifest.recall()
        reasons = Importer(manifest)(paths)
    manifest.touch()
    imported = {name: (path, waveform) for name, path, _, waveform in manifest.waveforms()}
    usable, skipped = {}, []
    for name in paths:
        reason = reasons.get(name) or _unwanted(imported[name][1], min_length, beyond_full_scale)
        if reason:
            skipped.append(SkippedFile(name, reason))
            logger.warning("skipped %s: %s", name, reason)
        else:
            usable[name] = imported[name]
    if not usable:
        raise ValueError(f"none of the {len(paths)} files in {root} can be used: see above why")
    if skipped:
        logger.warning("skipped %d of %d files", len(skipped), len(paths))
    waveforms = {name: waveform for name, (_, waveform) in usable.items()}
    warn_of_sounds(waveforms, sample_rate, manifest.channel, beyond_full_scale)
    digests = {name: manifest.known[name].digest for name in usable}
    return SoundStore(sample_rate, usable, skipped, lock, beyond_full_scale, digests)


def find_stores(
    cache: Path,
    sample_rate: int,
    channel: str | int,
    names: Collection[str],
    beyond_full_scale: str = "keep",
    digests: Mapping[str, str] | None = None,
) -> dict[str, SoundStore]:
    """Stores that have exactly these files, as they were imported last, by the folder of their
    dataset, which need not exist any more; the last used one comes first.

    Args:
        digests: the first digits of the SHA-256 of their bytes, by name, as far as it is known.
    """
    found: dict[str, SoundStore] = {}
    for manifest in find_manifests(cache):
        if (manifest.sample_rate, manifest.channel) != (sample_rate, str(channel)):
            continue
        waveforms = {
            name: (path, waveform)
            for name, path, digest, waveform in manifest.waveforms()
            if name in names
            and digest.startswith((digests or {}).get(name, ""))
            and _is_there(path, waveform)
        }
        if waveforms.keys() == set(names):
            store = SoundStore(sample_rate, waveforms, beyond_full_scale=beyond_full_scale)
            found.setdefault(manifest.root, store)
    return found


def _is_there(path: Path, waveform: CachedWaveform) -> bool:
    try:
        return read_header(path).about == waveform._asdict()
    except (OSError, DamagedArrayError):
        return False


def _unwanted(waveform: CachedWaveform, min_length: int, beyond_full_scale: str) -> str:
    """Why a readable sound is skipped; empty if it is not."""
    if waveform.length < min_length:
        return why_short(waveform.length, waveform.sample_rate, min_length)
    if beyond_full_scale == "skip" and is_beyond(waveform.peak):
        return f"{beyond(waveform.peak)} (data.dataset.beyond_full_scale=skip)"
    return ""


def _list_needed(root: Path, n_files: int | None, needed: Collection[str]) -> list[Path]:
    paths = list_sounds(root, n_files)
    names = {name_in(path, root) for path in paths}
    if n_files is None or names.issuperset(needed):
        return paths
    # a file more or less, and others are picked
    return [path for path in list_sounds(root) if name_in(path, root) in needed] or paths


def default_cache() -> Path:
    """`VSCHAOS_CACHE` if that is set, else `~/.cache/vschaos`."""
    return Path(os.environ.get("VSCHAOS_CACHE") or Path.home() / ".cache" / "vschaos")
