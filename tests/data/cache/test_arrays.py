"""An array in the cache is what was written, or refused, and whole or not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vschaos.data.cache.arrays import (
    HEADER_LENGTH,
    DamagedArrayError,
    array_bytes,
    map_array,
    new_array,
    read_header,
    verify,
)

ABOUT = {"rate": 44100, "peak": 0.1 + 0.2, "name": "über"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "one.array"
    with new_array(path) as array:
        for first in (0, 6, 6):
            array.append(np.arange(first, first + 6).reshape(2, 3))
        array.about = ABOUT
    return path


def test_blocks_are_joined_along_the_first_axis(path: Path) -> None:
    header = verify(path)
    assert header == read_header(path)
    assert (header.shape, header.about) == ((6, 3), ABOUT)
    assert path.stat().st_size == array_bytes(header.shape)
    assert map_array(path).tolist() == [*range(12), *range(6, 12)]


@pytest.mark.parametrize("place", [0, 8, 20, HEADER_LENGTH - 1, HEADER_LENGTH, -1])
def test_a_flipped_bit_is_found_anywhere(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArrayError, match="damaged"):
        verify(path)


@pytest.mark.parametrize("length", [0, 10, HEADER_LENGTH, HEADER_LENGTH + 71, HEADER_LENGTH + 73])
def test_another_length_is_found_in_the_header_alone(path: Path, length: int) -> None:
    path.write_bytes((path.read_bytes() + b"more")[:length])
    with pytest.raises(DamagedArrayError, match="damaged"):
        read_header(path)


def test_an_error_leaves_what_was_there(path: Path) -> None:
    before = path.read_bytes()

    def write() -> None:
        with new_array(path) as array:
            array.append(np.ones(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert [(one, one.read_bytes()) for one in path.parent.iterdir()] == [(path, before)]
