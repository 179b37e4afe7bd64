"""The manifest of a dataset: digests of its files, and the waveforms that were imported from them.

A file is known by the SHA-256 of its bytes. So as not to read hours of sound at every start, a
manifest has for each file a stamp (size, times of the last change and of the last change of its
entry, number of the entry) of when its bytes were read: as long as the stamp is the same, so are
the bytes. A program that writes other bytes and puts the time of change back is noticed, since the
time of the entry's change cannot be set; a stamp so young that another change might not show in it
is not trusted. What is left: disks that are written without their file system, and Windows, which
has no time of an entry's change, so that size and time of change decide there alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from vschaos.data.cache.arrays import FORMAT
from vschaos.data.cache.sources import FileStamp
from vschaos.locks import Lock

FOLDER, SOUNDS = "datasets", "sounds"  # in the cache
SUFFIX = ".sound"
# what may be wrong with a text file that we did not write
UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class CachedWaveform(NamedTuple):
    """What is known of an imported sound, `about` in the header of its array.

    Attributes:
        sample_rate: Hz.
        length: samples.
        peak: the largest of their absolutes.
        checksum: of the samples.
        file_rate: Hz, of the file.
        num_channels: of the file.
        mix_db: level of the mix of all channels, against theirs.
    """

    sample_rate: int
    length: int
    peak: float
    checksum: int
    file_rate: int
    num_channels: int
    mix_db: float


class Known(NamedTuple):
    """The entry of a file.

    Attributes:
        stamp: of when its bytes were read; none if it cannot be trusted.
        digest: SHA-256 of these bytes.
        reason: why it has no usable sound; empty if it has.
        waveform: imported from it, if there is one.
        waveform_stamp: of when the waveform was last verified; none before.
    """

    stamp: FileStamp | None
    digest: str
    reason: str = ""
    waveform: CachedWaveform | None = None
    waveform_stamp: FileStamp | None = None

    @classmethod
    def from_json(cls, entry: Any) -> Known:
        """
        Raises:
            ValueError, TypeError: it is not what `Manifest.write` writes.
        """
        stamp, digest, reason, waveform, waveform_stamp = entry
        if not re.fullmatch("[0-9a-f]{64}", digest) or not isinstance(reason, str):
            raise ValueError(f"expected a SHA-256 and a reason, got {digest!r} and {reason!r}")
        return cls(
            FileStamp(*stamp) if stamp else None,
            digest,
            reason,
            CachedWaveform(*waveform) if waveform else None,
            FileStamp(*waveform_stamp) if waveform_stamp else None,
        )


class Manifest:
    """The entries of a dataset's files at one rate and of one channel.

    It is a text file in the cache, and nothing is lost if it is: then all files are read once.

    Args:
        cache: folder of imported sounds.
        root: the dataset.
        sample_rate: Hz, to which sounds are resampled.
        channel: `mix`, or the number of one channel from 1 on.

    Attributes:
        path: of the text file.
        known: by name of the file.
    """

    def __init__(self, cache: Path, root: Path, sample_rate: int, channel: str | int) -> None:
        self.cache = cache
        self.root = str(root.resolve())
        self.sample_rate = sample_rate
        self.channel = str(channel)
        key = _digest([self.root, sample_rate, self.channel])[:20]
        self.path = cache / FOLDER / f"{key}.json"
        self.known: dict[str, Known] = {}

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """
        Raises:
            UNREADABLE: it is not there, or is not what `write` writes.
        """
        payload = json.loads(path.read_text(encoding="utf-8"))
        if payload["format"] != FORMAT:
            raise ValueError(f"expected format {FORMAT} in {path}, got {payload['format']}")
        manifest = cls(
            path.parents[1], Path(payload["root"]), int(payload["sample_rate"]), payload["channel"]
        )
        if manifest.path != path:
            raise ValueError(f"{path} is of another dataset than it says")
        manifest.known = {name: Known.from_json(entry) for name, entry in payload["files"].items()}
        return manifest

    def recall(self) -> None:
        """Takes over what was written before; damaged ones are as if they were not there."""
        with suppress(*UNREADABLE):
            self.known = self.read(self.path).known

    def touch(self) -> None:
        """Notes that its sounds are used now."""
        with suppress(OSError):
            os.utime(self.path)

    def write(self) -> None:
        payload = {
            "format": FORMAT,
            "root": self.root,
            "sample_rate": self.sample_rate,
            "channel": self.channel,
            "files": self.known,
        }
        # not `written_whole`: several trainings may write theirs at once
        partial = self.path.with_suffix(f".{os.getpid()}.partial")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(payload), encoding="utf-8")
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)

    def waveform_path(self, digest: str) -> Path:
        """Where the import of such bytes lies. Datasets that share a file share its import."""
        key = _digest([FORMAT, digest, self.sample_rate, self.channel])
        return self.cache / SOUNDS / key[:2] / f"{key[2:32]}{SUFFIX}"

    def waveforms(self) -> Iterator[tuple[str, Path, str, CachedWaveform]]:
        """Imported files: names, paths of their waveforms, digests, and what is known of them."""
        for name, known in self.known.items():
            if known.waveform is not None:
                yield name, self.waveform_path(known.digest), known.digest, known.waveform

    def lock(self) -> Lock:
        """To be held, together with others, by whoever uses the sounds."""
        return Lock(self.path.with_suffix(".lock"))


def find_manifests(cache: Path) -> list[Manifest]:
    """All of a cache, the last used one first; damaged ones are left out."""
    found = []
    for path in (cache / FOLDER).glob("*.json"):
        with suppress(*UNREADABLE):
            found.append((path.stat().st_mtime, Manifest.read(path)))
    return [manifest for _, manifest in sorted(found, key=lambda entry: -entry[0])]


def cache_lock(cache: Path) -> Lock:
    """To be held by those who write to a cache, together, and alone by the one who clears it."""
    return Lock(cache / "lock")


@contextmanager
def cache_in_use(cache: Path, work: str) -> Iterator[None]:
    """Holds a cache that is written to, so that nothing is cleared meanwhile.

    Args:
        work: what is done, for the message of an error.

    Raises:
        OSError: the cache cannot be written.
    """
    lock = cache_lock(cache)
    lock.take(is_shared=True, waits=True)
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        reason = f"{error.strerror}, as {work} (data.dataset.cache)"
        raise OSError(error.errno, reason, str(cache)) from error
    finally:
        lock.let_go()


def _digest(settings: list[Any]) -> str:
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()
