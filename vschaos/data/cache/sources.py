"""Files to import: which bytes they hold, and how much room their sounds will take."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import UnusableAudioError, duration_seconds
from vschaos.parallel import IsInterrupted, StoppedError

SETTLED_SECONDS = 2.0  # the coarsest clock of a file system that is in use
FILES_ASKED = 100  # of each kind, headers are read; the others are guessed by their size
BYTES_PER_SAMPLE = 4
CHUNK = 1 << 20  # bytes


class ChangedError(Exception):
    """A file is not what it was when its bytes were read."""


class FileStamp(NamedTuple):
    """What a file system says of a file; all times in nanoseconds since 1970."""

    size: int
    changed: int
    entry_changed: int
    entry: int

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """
        Raises:
            OSError: there is no such file.
        """
        about = path.stat()
        return cls(about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)

    def is_settled(self, at: float) -> bool:
        """Whether a change after the time `at`, in seconds since 1970, would change it."""
        youngest = max(self.changed, self.entry_changed)
        return youngest < (at - SETTLED_SECONDS) * 1e9


class Source(NamedTuple):
    """A file whose bytes were read.

    Attributes:
        stamp: of before that.
        is_sure: a change since would show in the stamp.
        digest: SHA-256 of them.
    """

    path: Path
    stamp: FileStamp
    is_sure: bool
    digest: str

    def check_unchanged(self) -> None:
        """
        Raises:
            ChangedError: it holds other bytes now.
            OSError: it is gone.
        """
        is_changed = FileStamp.of(self.path) != self.stamp
        if is_changed or (not self.is_sure and recognise(self.path).digest != self.digest):
            raise ChangedError


def recognise(path: Path, is_interrupted: IsInterrupted = lambda: False) -> Source:
    """Reads all bytes of a file.

    Raises:
        OSError: it cannot be read.
    """
    began, stamp, digest = time.time(), FileStamp.of(path), hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if is_interrupted():
                raise StoppedError
            digest.update(chunk)
    is_sure = stamp.is_settled(began) and FileStamp.of(path) == stamp
    return Source(path, stamp, is_sure, digest.hexdigest())


def room_for(paths: Sequence[Path], sample_rate: int) -> int:
    """Bytes that sounds take once imported, about: one channel, float32, at `sample_rate` Hz."""
    by_kind: dict[str, list[tuple[Path, int]]] = {}
    for path in paths:
        with suppress(OSError):
            by_kind.setdefault(path.suffix.lower(), []).append((path, path.stat().st_size))
    seconds = sum(_guess_seconds(files) for files in by_kind.values())
    return int(seconds * sample_rate) * BYTES_PER_SAMPLE


def _guess_seconds(files: Sequence[tuple[Path, int]]) -> float:
    sizes = np.array([size for _, size in files], dtype=float)
    asked = np.unique(np.linspace(0, len(files) - 1, FILES_ASKED).round().astype(int))
    seconds = 0.0
    for index in asked:
        with suppress(UnusableAudioError):  # reported when it is imported
            seconds += duration_seconds(files[index][0])
    return float(seconds * sizes.sum() / max(sizes[asked].sum(), 1.0))
