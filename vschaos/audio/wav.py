"""32-bit float wav files that depend on their samples alone: the same sound, the same bytes.

libsndfile writes the time of day into each of its float files (chunk `PEAK`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

FLOAT = 3  # WAVE_FORMAT_IEEE_FLOAT
SAMPLE_BYTES = 4
LARGEST = 0xFFFF_FFFF  # size in 32 bits; in RF64 it means that the real one is in `ds64`
FORMAT = struct.Struct("<4sI4s 4sIQQQI 4sIHHIIHHH")
SAMPLES = struct.Struct("<4sII 4sI")


class WavWriter:
    """Writes a sound of unknown length block by block; the header is completed at the end.

    Beyond 4 GB the file becomes RF64 (EBU Tech 3306), for whose sizes a `JUNK` chunk keeps room.

    Args:
        path: of the file.
        sample_rate: Hz.
        num_channels: C.
        chunks: others beside the sound, as name (four bytes) and content; they follow the format,
            where programs that do not search for them look.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with WavWriter(Path(folder) / "a.wav", 44100, num_channels=2) as file:
    ...         file.write(np.zeros((2, 100), np.float32))
    ...     (Path(folder) / "a.wav").stat().st_size
    894
    """

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        num_channels: int,
        chunks: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        self.sample_rate = sample_rate
        self.num_channels = num_channels
        self._further = b"".join(_chunk(name, content) for name, content in chunks)
        self.length = 0
        self._file = path.open("wb")
        self._file.write(self._header())

    def write(self, block: np.ndarray) -> None:
        """Appends `[C, T]`, or `[T]` to a file of one channel."""
        channels = np.atleast_2d(block)
        if len(channels) != self.num_channels:
            raise ValueError(f"expected {self.num_channels} channels, got {len(channels)}")
        self._file.write(np.ascontiguousarray(channels.T, dtype="<f4").data)
        self.length += channels.shape[1]

    def close(self) -> None:
        with self._file:
            self._file.seek(0)
            self._file.write(self._header())

    def __enter__(self) -> WavWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:  # a header of too few samples would pass for a whole sound
            self._file.close()

    def _header(self) -> bytes:
        frame_bytes = SAMPLE_BYTES * self.num_channels
        num_bytes = frame_bytes * self.length
        riff_bytes = FORMAT.size + len(self._further) + SAMPLES.size - 8 + num_bytes
        if riff_bytes < LARGEST:
            riff, room, large_sizes = b"RIFF", b"JUNK", (0, 0, 0)
        else:
            riff, room, large_sizes = b"RF64", b"ds64", (riff_bytes, num_bytes, self.length)
            riff_bytes = num_bytes = LARGEST
        rates = (self.sample_rate, frame_bytes * self.sample_rate)
        sound_format = FORMAT.pack(
            *(riff, riff_bytes, b"WAVE"),
            *(room, 28, *large_sizes, 0),
            *(b"fmt ", 18, FLOAT, self.num_channels, *rates, frame_bytes, 8 * SAMPLE_BYTES, 0),
        )
        samples = SAMPLES.pack(b"fact", 4, min(self.length, LARGEST), b"data", num_bytes)
        return sound_format + self._further + samples


def _chunk(name: bytes, content: bytes) -> bytes:
    if len(name) != 4:
        raise ValueError(f"the name of a chunk must be four bytes, got {name!r}")
    padding = b"\0" * (len(content) % 2)  # chunks begin at even places
    return name + struct.pack("<I", len(content)) + content + padding
