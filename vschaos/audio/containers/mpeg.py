"""MP3: a sequence of frames. A first frame without sound (Xing, Info) may state their number;
otherwise decoders estimate it from the size of the file, and stop there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from vschaos.audio.containers.stream import Stream, patched

HEAD = 48  # bytes of a frame that are looked at: header, side information, and a tag
MOST_JUNK = 1 << 20  # bytes that are searched for the next frame
TAGS = (b"Xing", b"Info")
HAS_COUNT = 1  # the first flag of a tag
RATES_HZ = (44100, 48000, 32000)  # of MPEG 1; MPEG 2 has half of them, MPEG 2.5 a quarter
KBPS = {  # by layer, and whether it is MPEG 1
    (1, True): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (2, True): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, True): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (1, False): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, False): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (3, False): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


class Kind(NamedTuple):
    """What all frames of a sound have in common.

    Attributes:
        divisor: of the sample rates: 1, 2 or 4 for MPEG 1, 2 and 2.5.
    """

    divisor: int
    layer: int
    rate_hz: int
    is_mono: bool

    @property
    def tag_place(self) -> int:
        """Bytes of a frame before a tag: header and side information."""
        side = (17, 32) if self.divisor == 1 else (9, 17)
        return 4 + side[not self.is_mono]


class Frame(NamedTuple):
    """A frame, and the first bytes of it; `before` is where the one before it ended."""

    place: int
    length: int
    kind: Kind
    head: bytes
    before: int

    @property
    def has_tag(self) -> bool:
        place = self.kind.tag_place
        is_tag = self.head[place : place + 4] in TAGS and not any(self.head[6:place])
        return is_tag and self.kind.layer == 3


def find_in_mpeg(file: BinaryIO, start: int, end: int) -> list[Stream]:
    """The sounds of a file, each with the number of its frames; nothing if it is no MP3.

    One ends where a tag begins another, or where frames are of another kind.
    """
    streams, first, count = [], None, 0
    for frame in _frames(file, start, end):
        if first is None or frame.has_tag or frame.kind != first.kind:
            if first is not None:
                streams.append(_stream(first, count, frame.before))
            first, count = frame, 0
        count += frame.place + frame.length <= end
    return [*streams, _stream(first, count, end)] if first is not None else []


def length_of_id3(file: BinaryIO, place: int) -> int:
    """Bytes of an ID3v2 tag that begins there; 0 if none does."""
    file.seek(place)
    head = file.read(10)
    if len(head) < 10 or not head.startswith(b"ID3") or any(size & 0x80 for size in head[6:]):
        return 0
    size = sum(seven << shift for seven, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    return 10 + size + (10 if head[5] & 0x10 else 0)


def _stream(first: Frame, count: int, end: int) -> Stream:
    """The sound from a frame on, of `count` frames that are whole."""
    whole = range(first.place, end)
    if first.kind.layer != 3:
        return Stream((whole,))
    place = first.kind.tag_place
    if not first.has_tag:
        return Stream((_tag_frame(first, count), whole))
    flags, number = (int.from_bytes(first.head[place + n :][:4], "big") for n in (4, 8))
    if not flags & HAS_COUNT:
        return Stream((_tag_frame(first, count - 1), range(first.place + first.length, end)))
    if number == count - 1:
        return Stream((whole,))
    return Stream(patched(whole, first.place + place + 8, (count - 1).to_bytes(4, "big")))


def _tag_frame(first: Frame, count: int) -> bytes:
    """A frame without sound, that says how many follow it."""
    header = bytes([first.head[0], first.head[1] | 1, *first.head[2:4]])  # without a checksum
    numbers = HAS_COUNT.to_bytes(4, "big") + count.to_bytes(4, "big")
    frame = header.ljust(first.kind.tag_place, b"\0") + TAGS[0] + numbers
    return frame.ljust(first.length, b"\0")


def _frames(file: BinaryIO, place: int, end: int) -> Iterator[Frame]:
    """Frames of a file; what lies between them, as further tags, is passed over."""
    before, kind = place, None
    while place < end and place - before < MOST_JUNK:
        frame = _frame(file, place, before)
        if frame is None or (frame.kind != kind and not _goes_on(file, frame)):
            tag = length_of_id3(file, place)
            place = place + tag if tag else _next_sync(file, place + 1, end)
            before = place if tag else before
            continue
        yield frame
        kind = frame.kind
        place = before = place + frame.length


def _goes_on(file: BinaryIO, frame: Frame) -> bool:
    """Whether another one follows a frame: two letters in a text may look like its first bytes."""
    place = frame.place + frame.length
    following = _frame(file, place, place)
    return following is not None and following.kind == frame.kind


def _frame(file: BinaryIO, place: int, before: int) -> Frame | None:
    file.seek(place)
    head = file.read(HEAD)
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    divisor = {0: 4, 2: 2, 3: 1}.get(head[1] >> 3 & 3)
    layer = 4 - (head[1] >> 1 & 3)
    rate, padding, kbps = head[2] >> 2 & 3, head[2] >> 1 & 1, (head[2] >> 4) - 1
    if divisor is None or layer == 4 or rate == 3 or not 0 <= kbps < 14:
        return None
    rate_hz = RATES_HZ[rate] // divisor
    bits = 1000 * KBPS[layer, divisor == 1][kbps]
    samples = 384 if layer == 1 else 576 if layer == 3 and divisor > 1 else 1152
    slot = 4 if layer == 1 else 1  # bytes
    length = (samples // 8 // slot * bits // rate_hz + padding) * slot
    return Frame(place, length, Kind(divisor, layer, rate_hz, head[3] >> 6 == 3), head, before)


def _next_sync(file: BinaryIO, place: int, end: int) -> int:
    file.seek(place)
    found = file.read(1 << 12)
    step = found.find(b"\xff")
    return place + (step if step >= 0 else max(len(found), 1))
