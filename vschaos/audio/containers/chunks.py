"""WAV, AIFF and CAF: chunks of a name, a size and as many bytes; the size of that which holds the
samples is 0, -1 or too small where a recorder lost power, or a program wrote to a pipe."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from vschaos.audio.containers.stream import Stream, patched

UNKNOWN = 0xFFFFFFFF  # as a size: up to the end of the file
TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")  # what taggers append to any file
BLOCK = 1 << 16  # bytes


class Layout(NamedTuple):
    """How chunks are written: the name of that with the samples, sizes, bytes before the first."""

    samples: bytes
    size: struct.Struct
    first: int


class Chunk(NamedTuple):
    """A chunk: its name, and the places of its size and of its content, as the size says."""

    name: bytes
    size_place: int
    content: range


WAV = Layout(b"data", struct.Struct("<I"), 12)
AIFF = Layout(b"SSND", struct.Struct(">I"), 12)
CAF = Layout(b"data", struct.Struct(">q"), 8)


def find_in_wav(file: BinaryIO, start: int, end: int) -> list[Stream]:
    """The sound, and those of further files that were appended to it."""
    samples = _find_samples(file, start, end, WAV)
    if samples is None:
        return []
    content, is_64 = samples.content, False
    if len(content) == UNKNOWN:
        content, is_64 = _content_by_ds64(file, start, end, content)
        if not is_64:  # up to the end, as decoders understand it too
            return [Stream((range(start, end),))]
    rest = _padded(content, end)
    if _magic(file, rest) in (b"RIFF", b"RF64"):
        return [Stream((range(start, rest),)), *find_in_wav(file, rest, end)]
    if not _is_more_sound(file, rest, end, WAV):
        return [Stream((range(start, end),))]
    spans = patched(range(start, end), samples.size_place, WAV.size.pack(UNKNOWN))
    # RF64 by another name has its size where every WAV has it
    return [Stream((b"RIFF", range(start + 4, samples.size_place), *spans[1:]))]


def find_in_aiff(file: BinaryIO, start: int, end: int) -> list[Stream]:
    """The sound, with the size of its samples' chunk corrected."""
    samples = _find_samples(file, start, end, AIFF)
    if (
        samples is None
        or not samples.content
        or not _is_more_sound(file, _padded(samples.content, end), end, AIFF)
    ):
        return [Stream((range(start, end),))]
    size = min(end - samples.content.start, UNKNOWN)
    return [Stream(patched(range(start, end), samples.size_place, AIFF.size.pack(size)))]


def find_in_caf(file: BinaryIO, start: int, end: int) -> list[Stream]:
    """The sound, with the size of its samples' chunk corrected; the decoder does not know -1, by
    which the format means "up to the end"."""
    samples = _find_samples(file, start, end, CAF)
    if samples is None or not _is_more_sound(file, samples.content.stop, end, CAF):
        return [Stream((range(start, end),))]
    size = CAF.size.pack(end - samples.content.start)
    return [Stream(patched(range(start, end), samples.size_place, size))]


def _find_samples(file: BinaryIO, start: int, end: int, layout: Layout) -> Chunk | None:
    chunks = _chunks(file, start + layout.first, end, layout)
    return next((chunk for chunk in chunks if chunk.name == layout.samples), None)


def _chunks(file: BinaryIO, place: int, end: int, layout: Layout) -> Iterator[Chunk]:
    head = 4 + layout.size.size
    while place + head <= end:
        file.seek(place)
        name, size = file.read(4), file.read(layout.size.size)
        if len(size) < layout.size.size:
            return
        content = place + head
        length = max(layout.size.unpack(size)[0], 0)
        yield Chunk(name, place + 4, range(content, content + length))
        place = content + length + (length % 2 if layout is not CAF else 0)


def _content_by_ds64(file: BinaryIO, start: int, end: int, content: range) -> tuple[range, bool]:
    """The samples of an RF64, whose size is in a chunk of its own."""
    for chunk in _chunks(file, start + WAV.first, content.start, WAV):
        if chunk.name == b"ds64" and _magic(file, start) == b"RF64":
            file.seek(chunk.content.start + 8)
            (length,) = struct.unpack("<Q", file.read(8))
            return range(content.start, content.start + min(length, end)), True
    return content, False


def _is_more_sound(file: BinaryIO, place: int, end: int, layout: Layout) -> bool:
    """Whether what follows the samples is more of them: neither nothing, nor zeros, nor tags, nor
    chunks that end where the file does."""
    file.seek(place)
    if place >= end or file.read(8).startswith(TAGS):
        return False
    return not _are_chunks(file, place, end, layout) and _has_content(file, place, end)


def _are_chunks(file: BinaryIO, place: int, end: int, layout: Layout) -> bool:
    last = place
    for name, _, content in _chunks(file, place, end, layout):
        if not all(32 <= letter < 127 for letter in name) or content.stop > end:
            return False
        last = content.stop
    return end - last <= 1 if last > place else end - place < 4


def _has_content(file: BinaryIO, place: int, end: int) -> bool:
    file.seek(place)
    while place < end and (block := file.read(min(BLOCK, end - place))):
        if block.strip(b"\0"):
            return True
        place += len(block)
    return False


def _padded(content: range, end: int) -> int:
    return min(content.stop + len(content) % 2, end)


def _magic(file: BinaryIO, place: int) -> bytes:
    file.seek(place)
    return file.read(4)
