"""Recognises kinds of files by their first bytes, not by their names."""

from __future__ import annotations

import os
from typing import BinaryIO

from vschaos.audio.containers.chunks import find_in_aiff, find_in_caf, find_in_wav
from vschaos.audio.containers.flac import find_in_flac
from vschaos.audio.containers.mpeg import find_in_mpeg, length_of_id3
from vschaos.audio.containers.ogg import find_in_ogg
from vschaos.audio.containers.stream import Stream

LONGEST_MAGIC = 4
KINDS = {
    b"RIFF": find_in_wav,
    b"RF64": find_in_wav,
    b"FORM": find_in_aiff,
    b"caff": find_in_caf,
    b"fLaC": find_in_flac,
    b"OggS": find_in_ogg,
}


def find_streams(file: BinaryIO) -> list[Stream] | None:
    """The sounds of a file, one after the other; None if the decoder can read it as it is: the
    file is one sound with a correct header, or of an unknown kind.

    Args:
        file: opened for reading, with a buffer.
    """
    size = os.fstat(file.fileno()).st_size
    start = length_of_id3(file, 0)
    file.seek(start)
    find = KINDS.get(file.read(LONGEST_MAGIC), find_in_mpeg)
    found = find(file, start, size)
    is_whole = len(found) == 1 and found[0] == Stream((range(start, size),))
    return None if is_whole else found or None
