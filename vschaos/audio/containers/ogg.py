"""Ogg: several files may follow each other ("chained"), of which decoders read the first."""

from __future__ import annotations

from typing import BinaryIO

from vschaos.audio.containers.stream import Stream

MAGIC = b"OggS"
HEAD = 27  # bytes of a page before the sizes of its segments
IS_FIRST = 2  # flag of a page that begins a logical stream
BLOCK = 1 << 16  # bytes


def find_in_ogg(file: BinaryIO, start: int, end: int) -> list[Stream]:
    """The files of a chain. Logical streams that begin together are one of them."""
    beginnings, place, was_first = [start], start, True
    while place < end:
        file.seek(place)
        head = file.read(HEAD)
        if len(head) < HEAD or not head.startswith(MAGIC):
            place = _find_page(file, place + 1, end)
            continue
        is_first = bool(head[5] & IS_FIRST)
        if is_first and not was_first:
            beginnings.append(place)
        was_first = is_first
        place += HEAD + head[26] + sum(file.read(head[26]))
    ends = [*beginnings[1:], end]
    return [Stream((range(*both),)) for both in zip(beginnings, ends, strict=True)]


def _find_page(file: BinaryIO, place: int, end: int) -> int:
    while place < end:
        file.seek(place)
        block = file.read(BLOCK)
        found = block.find(MAGIC)
        if found >= 0:
            return place + found
        place += max(len(block) - len(MAGIC) + 1, len(MAGIC))
    return end
