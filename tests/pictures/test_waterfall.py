"""A table is drawn with its first cycle in front and its last one behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vschaos.pictures import draw_waterfall, picture_of_cycles


def ink(picture: np.ndarray) -> np.ndarray:
    """How dark the rows of the plot are, without title and axis."""
    dark: np.ndarray = (255 - picture[40:-40].min(axis=2)).sum(axis=1).astype(float)
    return dark


def test_later_cycles_are_further_up() -> None:
    phase = np.arange(256) / 256
    flat, sine = np.zeros((8, 256)), np.sin(2 * np.pi * phase)
    front, back = flat.copy(), flat.copy()
    front[0], back[-1] = sine, sine
    height = len(ink(picture_of_cycles(flat, "")))
    only_front = ink(picture_of_cycles(front, "")) - ink(picture_of_cycles(back, ""))
    assert only_front[-height // 8 :].sum() > 0  # the sine of the first is below
    assert only_front[: height // 8].sum() < 0  # that of the last above


@pytest.mark.parametrize("count", [1, 2, 256])
def test_any_number_of_cycles_is_drawn(tmp_path: Path, count: int) -> None:
    table = np.random.default_rng(0).uniform(-1, 1, (count, 2048)).astype(np.float32)
    draw_waterfall(tmp_path / "é.png", table, "a")
    assert (tmp_path / "é.png").read_bytes().startswith(b"\x89PNG")


def test_silence_is_drawn() -> None:
    assert picture_of_cycles(np.zeros((3, 64)), "silence").shape[2] == 3
