"""Arrays in the cache, a file for each, with a header that describes it and a checksum.

Sounds, features and tracked pitches are such arrays. A file is whole or not there.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from vschaos.files import written_whole

FORMAT = 4  # of the files; those of other formats count as damaged
MAGIC = b"vschaos%d" % FORMAT
HEADER_LENGTH = 512  # bytes: MAGIC, a checksum of the text, and the text, JSON filled with spaces
CHECKSUM = struct.Struct("<I")  # CRC-32: against accidents, not against forgers
CHUNK = 1 << 20  # bytes


class DamagedArrayError(ValueError):
    """A file that is not what was written."""


class ArrayHeader(NamedTuple):
    """
    Attributes:
        shape: of the array.
        checksum: of its bytes.
        about: what else is known of it, by name: numbers and strings.
    """

    shape: tuple[int, ...]
    checksum: int
    about: dict[str, Any]


class ArrayWriter:
    """An array that is being written, block by block.

    Attributes:
        about: set before the end, see `ArrayHeader`.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.shape: tuple[int, ...] = (0,)
        self.checksum = 0
        self.about: dict[str, Any] = {}

    def append(self, block: np.ndarray) -> None:
        """Appends `[n, ...]` along the first axis."""
        data = np.ascontiguousarray(block, dtype="<f4").data.cast("B")
        self._file.write(data)
        self.checksum = zlib.crc32(data, self.checksum)
        self.shape = (self.shape[0] + len(block), *block.shape[1:])


@contextmanager
def new_array(path: Path) -> Iterator[ArrayWriter]:
    """Gives an array to write to `path`; an error leaves what was there.

    Raises:
        OSError: it cannot be written.
    """
    with written_whole(path) as partial, partial.open("wb") as file:
        file.write(bytes(HEADER_LENGTH))
        array = ArrayWriter(file)
        yield array
        file.seek(0)
        file.write(_packed(ArrayHeader(array.shape, array.checksum, array.about)))


def array_bytes(shape: tuple[int, ...]) -> int:
    """Size of the file of such an array."""
    return HEADER_LENGTH + 4 * int(np.prod(shape, dtype=object))


def read_header(path: Path) -> ArrayHeader:
    """
    Raises:
        FileNotFoundError: there is no such file.
        DamagedArrayError: its header or its size is not what was written.
    """
    with path.open("rb") as file:
        packed = file.read(HEADER_LENGTH)
        num_bytes = os.fstat(file.fileno()).st_size
    text = packed[len(MAGIC) + CHECKSUM.size :]
    if len(packed) < HEADER_LENGTH or packed != _sealed(text):
        raise DamagedArrayError(f"{path} is damaged, or of another version of vschaos")
    shape, *values = json.loads(text)
    header = ArrayHeader(tuple(shape), *values)
    if num_bytes != array_bytes(header.shape):
        raise DamagedArrayError(f"{path} is damaged")
    return header


def verify(path: Path, progress: Callable[[int], object] = lambda num_bytes: None) -> ArrayHeader:
    """Reads all of an array, and returns its header.

    Args:
        progress: called again and again with the number of bytes read since.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedArrayError: it is not what was written.
    """
    header, checksum = read_header(path), 0
    with path.open("rb") as file:
        file.seek(HEADER_LENGTH)
        while chunk := file.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
            progress(len(chunk))
    if checksum != header.checksum:
        raise DamagedArrayError(f"{path} is damaged")
    return header


def map_array(path: Path) -> np.ndarray:
    """All of its values in a row, float32, read from the disk as they are asked for; they cannot be
    written.

    Raises:
        OSError: there is no such file.
    """
    return np.asarray(np.memmap(path, dtype="<f4", mode="r", offset=HEADER_LENGTH))


def _packed(header: ArrayHeader) -> bytes:
    text = json.dumps(header).encode()
    return _sealed(text.ljust(HEADER_LENGTH - len(MAGIC) - CHECKSUM.size))


def _sealed(text: bytes) -> bytes:
    return MAGIC + CHECKSUM.pack(zlib.crc32(text)) + text
