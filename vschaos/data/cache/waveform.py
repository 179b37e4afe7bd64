"""One imported sound in a file of its own: a header, then float32 samples."""

from __future__ import annotations

import mmap
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.audio.channels import Origin
from vschaos.audio.files import Waveform
from vschaos.data.cache.locks import Lock

FORMAT = 3  # of the files; those of other formats are not found, and imported again
MAGIC = b"vschaos\n"
HEADER = struct.Struct("<8sIIQfIIIf")  # and a checksum of itself, and zeros
HEADER_LENGTH = 64  # bytes
CHUNK = 1 << 20  # bytes
PAUSE_SECONDS = 0.05  # between two checks of what another process writes


class DamagedWaveformError(ValueError):
    """A file that is not what was written."""


class BusyError(Exception):
    """Another process or thread is writing that waveform."""


class CachedWaveform(NamedTuple):
    """What the header says.

    Attributes:
        sample_rate: Hz.
        length: samples.
        peak: the largest of their absolutes.
        checksum: of the samples, CRC-32: against accidents, not against forgers.
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

    @property
    def num_bytes(self) -> int:
        """Of the file."""
        return HEADER_LENGTH + 4 * self.length


def write_waveform(
    path: Path,
    blocks: Iterable[Waveform],
    sample_rate: int,
    check: Callable[[CachedWaveform], object] = lambda waveform: None,
    origin: Origin | None = None,
) -> CachedWaveform:
    """Writes beside, then renames: a waveform is complete or missing. The caller has claimed it.

    Args:
        check: called at the end; raises if the waveform shall not be cached.
        origin: knows the file at the end, as it is.
    """
    length, peak, checksum = 0, 0.0, 0
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(bytes(HEADER_LENGTH))
            for block in blocks:
                samples = np.ascontiguousarray(block, dtype="<f4").data
                file.write(samples)
                length += len(block)
                peak = max(peak, float(np.abs(block).max(initial=0.0)))
                checksum = zlib.crc32(samples, checksum)
            origin = origin or Origin()
            waveform = CachedWaveform(
                sample_rate,
                length,
                _single(peak),
                checksum,
                origin.sample_rate,
                origin.num_channels,
                _single(origin.mix_db),
            )
            check(waveform)
            file.seek(0)
            file.write(_header(waveform))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return waveform


def read_header(path: Path) -> CachedWaveform:
    """
    Raises:
        FileNotFoundError: there is no such waveform.
        DamagedWaveformError: its header or its length is not what was written.
    """
    with path.open("rb") as file:
        header = file.read(HEADER_LENGTH)
        num_bytes = os.fstat(file.fileno()).st_size
    if len(header) < HEADER_LENGTH or not header.startswith(MAGIC):
        raise DamagedWaveformError(f"{path} is no imported sound")
    _, _, *values = HEADER.unpack_from(header)
    waveform = CachedWaveform(*values)
    if header != _header(waveform) or num_bytes != waveform.num_bytes:
        raise DamagedWaveformError(f"{path} is damaged")
    return waveform


def verify(
    path: Path, progress: Callable[[int], object] = lambda num_bytes: None
) -> CachedWaveform:
    """Reads all of a waveform.

    Args:
        progress: called again and again with the number of bytes read since.

    Raises:
        FileNotFoundError: there is no such waveform.
        DamagedWaveformError: it is not what was written.
    """
    waveform, checksum = read_header(path), 0
    with path.open("rb") as file:
        file.seek(HEADER_LENGTH)
        while chunk := file.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
            progress(len(chunk))
    if checksum != waveform.checksum:
        raise DamagedWaveformError(f"{path} is damaged")
    return waveform


def map_waveform(path: Path) -> Waveform:
    """Its samples `[T]`, read from the disk as they are asked for; they cannot be written.

    Raises:
        OSError: there is no such waveform.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, dtype="<f4", offset=HEADER_LENGTH)


@contextmanager
def claimed(path: Path, waits: bool, is_interrupted: Callable[[], bool]) -> Iterator[None]:
    """Claims a waveform that is going to be written, or that another process may have written.

    Args:
        waits: until another one lets go of it.

    Raises:
        BusyError: another one holds it, and `waits` is not set or it is time to stop.
    """
    lock = _taken(path.with_suffix(".lock"))
    while lock is None:
        if not waits or is_interrupted():
            raise BusyError(str(path))
        time.sleep(PAUSE_SECONDS)
        lock = _taken(path.with_suffix(".lock"))
    try:
        yield
    finally:
        lock.let_go(removes=True)


def _single(value: float) -> float:
    """As a header keeps it."""
    return float(np.float32(value))


def _taken(path: Path) -> Lock | None:
    lock = Lock(path)
    if lock.take() and lock.is_there:  # who held it before has removed it
        return lock
    lock.let_go()
    return None


def _header(waveform: CachedWaveform) -> bytes:
    header = HEADER.pack(MAGIC, FORMAT, *waveform)
    return (header + struct.pack("<I", zlib.crc32(header))).ljust(HEADER_LENGTH, b"\0")
