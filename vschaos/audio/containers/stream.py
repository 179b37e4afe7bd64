"""One sound within a file, as the decoder reads it."""

from __future__ import annotations

import io
from typing import BinaryIO, NamedTuple


class Stream(NamedTuple):
    """One sound within a file: some of the file's bytes, with corrected headers among them.

    Attributes:
        spans: one after the other, bytes of the file (a range of their places) or other bytes.
        declared: samples of each channel in its header; 0 if it states none, or a wrong number.
    """

    spans: tuple[range | bytes, ...]
    declared: int = 0


def patched(span: range, place: int, corrected: bytes) -> tuple[range | bytes, ...]:
    """The bytes of a file within `span`, those from `place` on replaced."""
    end = place + len(corrected)
    return (range(span.start, place), corrected, range(end, max(span.stop, end)))


class StreamReader(io.RawIOBase):
    """A stream as a file to read from.

    Args:
        file: it belongs to; is closed with this one.
        stream: part of it.
    """

    def __init__(self, file: BinaryIO, stream: Stream) -> None:
        super().__init__()
        self._file = file
        self._spans = [span for span in stream.spans if len(span)]
        self._length = sum(len(span) for span in self._spans)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}
        self._position = max(origin[whence] + offset, 0)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        start, filled = 0, 0
        for span in self._spans:
            first = self._position - start
            start += len(span)
            if not 0 <= first < len(span):
                continue
            found = self._read(span, first, len(buffer) - filled)
            buffer[filled : filled + len(found)] = found
            filled += len(found)
            self._position += len(found)
            if filled == len(buffer):
                break
        return filled

    def close(self) -> None:
        self._file.close()
        super().close()

    def _read(self, span: range | bytes, first: int, count: int) -> bytes:
        if isinstance(span, bytes):
            return span[first : first + count]
        self._file.seek(span.start + first)
        return self._file.read(min(count, len(span) - first))
