"""FLAC: the number of samples in its header may be missing, wrong, or that of the first of several
files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

from vschaos.audio.containers.stream import Stream, patched

# the marker, and the head of the block that has to follow it: STREAMINFO, of 34 bytes
BEGINNING = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
LONGEST = 8  # bytes of it
TOTAL_PLACE = 18  # 64 bits: rate, channels, depth, and 36 bits with the number of samples
TOTAL = (1 << 36) - 1
BLOCK = 1 << 20  # bytes


def find_in_flac(file: BinaryIO, start: int, end: int) -> list[Stream]:
    """All sounds, each from one beginning to the next. Their numbers of samples are removed, so
    that the decoder reads to the end."""
    beginnings = [*_find_beginnings(file, start, end), end]
    streams = []
    for first, last in pairwise(beginnings):
        file.seek(first + TOTAL_PLACE)
        packed = file.read(8)
        if len(packed) < 8:
            break
        number = int.from_bytes(packed, "big")
        unknown = (number & ~TOTAL).to_bytes(8, "big")
        spans = patched(range(first, last), first + TOTAL_PLACE, unknown)
        streams.append(Stream(spans, number & TOTAL))
    return streams


def _find_beginnings(file: BinaryIO, start: int, end: int) -> Iterator[int]:
    file.seek(start)
    place, before = start, b""
    while place < end and (block := file.read(BLOCK)):
        searched = before + block
        for found in BEGINNING.finditer(searched):
            yield place - len(before) + found.start()
        before, place = searched[1 - LONGEST :], place + len(block)
