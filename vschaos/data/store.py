"""All sounds of a dataset at one rate, in one memory-mapped file that is made once."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from tqdm import tqdm

from vschaos.audio import (
    AUDIO_EXTENSIONS,
    UnusableAudioError,
    Waveform,
    find_audio_files,
    read_blocks,
)
from vschaos.data.importing import room_for
from vschaos.files import check_room, partial_folder

FORMAT = 1  # of the folders below; other numbers are made anew
SILENCE = 10 ** (-80 / 20)  # a file with no sample above it is silent
SILENT_REASON = "it is silent (no sample above -80 dB)"
logger = logging.getLogger(__name__)


class StoredFile(NamedTuple):
    """Where a file's samples lie in the store."""

    name: str
    start: int
    length: int


class SkippedFile(NamedTuple):
    """A file that could not be used."""

    name: str
    reason: str


class SoundStore:
    """The usable sounds of a dataset: one channel, one rate, float32, memory-mapped.

    Attributes:
        sample_rate: Hz.
        files: those that can be used, in sorted order.
        skipped: those that cannot, with the reason.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        if index["format"] != FORMAT:
            raise ValueError(f"{folder} has format {index['format']}, {FORMAT} expected")
        self.sample_rate: int = index["sample_rate"]
        self.files = [StoredFile(*entry) for entry in index["files"]]
        self.skipped = [SkippedFile(*entry) for entry in index["skipped"]]
        length = 0
        for file in self.files:
            if file.start != length or file.length < 0:
                raise ValueError(f"{folder} lists {file.name} where it cannot lie")
            length += file.length
        if (folder / "samples.f32").stat().st_size != 4 * length:
            raise ValueError(f"{folder} does not hold the samples that it lists")
        self._samples: np.ndarray = (
            np.memmap(folder / "samples.f32", dtype="<f4", mode="r")
            if length
            else np.zeros(0, "f4")
        )

    def __reduce__(self) -> tuple[type[SoundStore], tuple[Path]]:
        """Workers that make batches open the store anew rather than get a copy of its sounds."""
        return SoundStore, (self.folder,)

    def read(self, file: StoredFile, start: int, length: int) -> Waveform:
        """`[length]` samples of a file from `start` on; there are zeros before and after it."""
        excerpt = np.zeros(length, dtype=np.float32)
        first, last = max(start, 0), min(start + length, file.length)
        if first < last:
            excerpt[first - start : last - start] = self._samples[
                file.start + first : file.start + last
            ]
        return excerpt

    @property
    def duration_seconds(self) -> float:
        return sum(file.length for file in self.files) / self.sample_rate


def open_store(
    root: Path,
    sample_rate: int,
    channel: str | int,
    min_length: int,
    n_files: int | None = None,
    cache: Path | None = None,
    needed: Collection[str] = (),
) -> SoundStore:
    """Opens the store of a dataset, importing its sounds if that was not done before.

    Args:
        root: the dataset, with its sounds in `root/data` (or in `root` itself if there is no such
            folder).
        sample_rate: Hz, to which all is resampled.
        channel: `mix`, or the number of one channel from 1 on.
        min_length: samples below which a file is too short.
        n_files: takes that many files only, evenly spread over the sorted list.
        cache: where stores are kept; by default in the user's cache folder.
        needed: names of files that must be among them, if they are there at all.

    Raises:
        FileNotFoundError: no such folder, or no audio file in it.
        ValueError: none of its files can be used, or there is no room for what they hold.
    """
    paths = _list_needed(root, n_files, needed)
    stamps = [[name_in(path, root), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
    settings = [FORMAT, str(root.resolve()), sample_rate, str(channel), min_length, stamps]
    key = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:20]
    folder = (cache or default_cache()) / key
    try:
        store = SoundStore(folder)
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not whole
        try:
            _import_sounds(folder, root, paths, sample_rate, channel, min_length)
        except OSError as error:
            if error.filename is not None:
                raise
            reason = f"{error.strerror}, as the sounds were imported (data.dataset.cache)"
            raise OSError(error.errno, reason, str(folder.parent)) from error
        store = SoundStore(folder)
    for name, reason in store.skipped:
        logger.warning("skipped %s: %s", name, reason)
    if not store.files:
        raise ValueError(f"none of the {len(paths)} files in {root} can be used: see above why")
    if store.skipped:
        logger.warning("skipped %d of %d files", len(store.skipped), len(paths))
    return store


def _list_needed(root: Path, n_files: int | None, needed: Collection[str]) -> list[Path]:
    paths = list_sounds(root, n_files)
    names = {name_in(path, root) for path in paths}
    if n_files is None or names.issuperset(needed):
        return paths
    # a file more or less, and others are picked
    return [path for path in list_sounds(root) if name_in(path, root) in needed] or paths


def short_reason(length: int, sample_rate: int, min_length: int) -> str:
    return f"it is too short: {length} samples at {sample_rate} Hz, at least {min_length} expected"


def list_sounds(root: Path, n_files: int | None = None) -> list[Path]:
    """The audio files of a dataset in sorted order, or `n_files` of them evenly spread.

    Raises:
        FileNotFoundError: no such folder, or no audio file in it.
        ValueError: `n_files` is below 1.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"the folder of a dataset was expected (data.dataset.root); there is no folder {root}"
        )
    folder = root / "data" if (root / "data").is_dir() else root
    paths = find_audio_files(folder)
    if not paths:
        raise FileNotFoundError(
            f"there is no audio file in {folder} ({', '.join(AUDIO_EXTENSIONS)} are looked for)"
        )
    if n_files is None:
        return paths
    if n_files < 1:
        raise ValueError(f"data.dataset.n_files must be at least 1, {n_files} came")
    picked = np.linspace(0, len(paths) - 1, min(n_files, len(paths))).round().astype(int)
    return [paths[index] for index in picked]


def default_cache() -> Path:
    """`VSCHAOS_CACHE` if that is set, else `~/.cache/vschaos`."""
    return Path(os.environ.get("VSCHAOS_CACHE") or Path.home() / ".cache" / "vschaos")


def _import_sounds(
    folder: Path,
    root: Path,
    paths: Sequence[Path],
    sample_rate: int,
    channel: str | int,
    min_length: int,
) -> None:
    """Writes beside, then renames: a store is whole or not there."""
    room = room_for(paths, sample_rate)
    check_room(folder.parent, room, "the imported sounds", "data.dataset.cache")
    files: list[StoredFile] = []
    skipped: list[SkippedFile] = []
    with partial_folder(folder) as partial:
        with (partial / "samples.f32").open("wb") as samples:
            for path in tqdm(paths, desc="importing sounds", unit="file", leave=False):
                name, start = name_in(path, root), samples.tell()
                try:
                    length = _import_file(samples, path, sample_rate, channel, min_length)
                    files.append(StoredFile(name, start // 4, length))
                except UnusableAudioError as error:
                    samples.seek(start)
                    samples.truncate()
                    skipped.append(SkippedFile(name, str(error)))
        index: dict[str, Any] = {
            "format": FORMAT,
            "sample_rate": sample_rate,
            "files": files,
            "skipped": skipped,
        }
        (partial / "index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            partial.rename(folder)
        except OSError:  # another training made the same store meanwhile
            SoundStore(folder)


def _import_file(
    samples: BinaryIO, path: Path, sample_rate: int, channel: str | int, min_length: int
) -> int:
    length, peak = 0, 0.0
    for block in read_blocks(path, sample_rate, channel):
        samples.write(block.astype("<f4").tobytes())
        length += len(block)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
    if length == 0:
        raise UnusableAudioError("it is empty")
    if length < min_length:
        raise UnusableAudioError(short_reason(length, sample_rate, min_length))
    if peak < SILENCE:
        raise UnusableAudioError(SILENT_REASON)
    return length


def name_in(path: Path, root: Path) -> str:
    """What a file is called in its dataset: its path relative to `root`, with `/`."""
    return path.relative_to(root).as_posix()
