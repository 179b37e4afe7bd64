"""A table is drawn with its first cycle in front and its last one behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vschaos.pictures import draw_waterfall, picture_of_cycles


def test_later_cycles_are_further_up_and_to_the_right() -> None:
    lines = picture_of_cycles(np.zeros((8, 256)), "")[40:-40].astype(int)
    is_line = np.ptp(lines, axis=2) > 60  # coloured
    rows = np.flatnonzero(is_line.sum(axis=1) > 200)
    last, first = (lines[row][is_line[row]].mean(axis=0) for row in (rows[0], rows[-1]))
    assert first[0] > first[2] + 60  # yellow
    assert last[2] > last[0] + 30  # blue
    assert np.argmax(is_line[rows[0]]) > np.argmax(is_line[rows[-1]]) + 50


@pytest.mark.parametrize("count", [1, 2, 256])
def test_any_number_of_cycles_is_drawn(tmp_path: Path, count: int) -> None:
    table = np.random.default_rng(0).uniform(-1, 1, (count, 2048)).astype(np.float32)
    draw_waterfall(tmp_path / "é.png", table, "a")
    assert (tmp_path / "é.png").read_bytes().startswith(b"\x89PNG")


def test_silence_is_drawn() -> None:
    assert picture_of_cycles(np.zeros((3, 64)), "silence").shape[2] == 3
