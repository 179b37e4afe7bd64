"""One feature of one sound in a file of the cache: a header, then float32 frames `[N, C]`."""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.data.cache.manifest import SOUNDS
from vschaos.data.cache.manifest import SUFFIX as SOUND_SUFFIX
from vschaos.data.cache.waveform import CHUNK, DamagedWaveformError
from vschaos.files import written_whole

FEATURES = "features"  # folder in the cache
SUFFIX = ".feature"
FORMAT = 1  # of the files; those of other numbers are computed again
MAGIC = b"vschaos feature\n"
HEADER = struct.Struct("<16sIIIIQII32s")  # and a checksum of itself, and zeros
HEADER_LENGTH = 128  # bytes
IDENTITY_LENGTH = 24  # of its hexadecimal digits in the name of a file


class FeatureHeader(NamedTuple):
    """
    Attributes:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        num_channels, num_frames: C and N.
        sound_checksum: of the waveform that it was computed from.
        checksum: of the frames, CRC-32: against accidents, not against forgers.
        identity: SHA-256, see `Feature.identity`.
    """

    sample_rate: int
    hop_length: int
    num_channels: int
    num_frames: int
    sound_checksum: int
    checksum: int
    identity: bytes

    @property
    def num_bytes(self) -> int:
        """Of the file."""
        return HEADER_LENGTH + 4 * self.num_channels * self.num_frames


def feature_path(sound: Path, identity: str) -> Path:
    """Where a feature of a cached waveform lies: `features/`, beside `sounds/`."""
    name = f"{sound.stem}.{identity[:IDENTITY_LENGTH]}{SUFFIX}"
    return sound.parents[2] / FEATURES / sound.parent.name / name


def sound_of(path: Path) -> Path:
    """The cached waveform that a feature, or what is left of one, was computed from."""
    name = f"{path.name.partition('.')[0]}{SOUND_SUFFIX}"
    return path.parents[2] / SOUNDS / path.parent.name / name


def write_feature(path: Path, values: np.ndarray, header: FeatureHeader) -> None:
    """Writes beside, then renames: the file is whole or not there.

    Args:
        values: `[C, N]`.
        header: its checksum is replaced by that of the values.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    frames = np.ascontiguousarray(values.T, dtype="<f4").data.cast("B")
    with written_whole(path) as partial, partial.open("wb") as file:
        file.write(_packed(header._replace(checksum=zlib.crc32(frames))))
        file.write(frames)


def read_header(path: Path) -> FeatureHeader:
    """
    Raises:
        FileNotFoundError: there is no such file.
        DamagedWaveformError: its header or its length is not what was written.
    """
    with path.open("rb") as file:
        packed = file.read(HEADER_LENGTH)
        num_bytes = os.fstat(file.fileno()).st_size
    if len(packed) < HEADER_LENGTH or not packed.startswith(MAGIC):
        raise DamagedWaveformError(f"{path} is no cached feature")
    _, _, *values = HEADER.unpack_from(packed)
    header = FeatureHeader(*values)
    if packed != _packed(header) or num_bytes != header.num_bytes:
        raise DamagedWaveformError(f"{path} is damaged")
    return header


def verify(path: Path, progress: Callable[[int], object] = lambda num_bytes: None) -> FeatureHeader:
    """Reads all of a file; reports to `progress` how many bytes were read, again and again.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedWaveformError: it is not what was written.
    """
    header, checksum = read_header(path), 0
    with path.open("rb") as file:
        file.seek(HEADER_LENGTH)
        while chunk := file.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
            progress(len(chunk))
    if checksum != header.checksum:
        raise DamagedWaveformError(f"{path} is damaged")
    return header


def map_feature(path: Path, num_channels: int) -> np.ndarray:
    """Its frames `[N, C]`, read from the disk as they are asked for; they cannot be written.

    Raises:
        OSError: there is no such file.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, dtype="<f4", offset=HEADER_LENGTH).reshape(-1, num_channels)


def _packed(header: FeatureHeader) -> bytes:
    packed = HEADER.pack(MAGIC, FORMAT, *header)
    return (packed + struct.pack("<I", zlib.crc32(packed))).ljust(HEADER_LENGTH, b"\0")
