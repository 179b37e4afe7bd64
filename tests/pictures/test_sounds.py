"""A tone is drawn at its pitch and time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from vschaos.pictures import Spectrogram, draw_sounds, picture_of_sounds

RATE = 16000


def test_a_tone_is_brighter_than_silence(tone: Callable[..., np.ndarray]) -> None:
    sound = tone(440.0, RATE, 1.0)
    silence = np.zeros(RATE, dtype=np.float32)
    pair = picture_of_sounds([{"in": sound, "out": silence}], RATE)
    height, width, colours = pair.shape
    assert (height, colours) == (200, 3)
    left, right = pair[40:160, 80:380], pair[40:160, width // 2 + 60 : width - 120]
    assert right.max() < 10
    rows = left.sum(axis=(1, 2))
    octaves_above_40 = (1.0 - rows.argmax() / len(rows)) * np.log2(RATE / 2 / 40)
    assert abs(octaves_above_40 - np.log2(440 / 40)) < 0.6


def test_rows_and_columns_are_as_many_as_the_sounds(tone: Callable[..., np.ndarray]) -> None:
    sound = tone(440.0, RATE, 0.3)
    one = picture_of_sounds([{"a": sound}], RATE)
    more = picture_of_sounds([{"a": sound, "b": sound}, {"c": sound}], RATE, [(0.1, "A")])
    assert more.shape[0] > 1.8 * one.shape[0]
    assert more.shape[1] > 1.7 * one.shape[1]


def test_a_picture_beside_a_sound_is_a_png(tmp_path: Path, tone: Callable[..., np.ndarray]) -> None:
    file = tmp_path / "a.png"
    draw_sounds(file, {"a": tone(440.0, RATE, 0.3)}, RATE, np.zeros((2, 30)), [(0.1, "A")])
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_spectrogram_is_the_same_in_blocks_and_no_larger_for_a_long_sound(
    tone: Callable[..., np.ndarray],
) -> None:
    sound = tone(440.0, RATE, 60.0)  # 3,758 frames
    whole, blocks = Spectrogram(RATE), Spectrogram(RATE)
    whole.add(sound)
    for start in range(0, len(sound), 70_001):
        blocks.add(sound[start : start + 70_001])
        blocks.levels()  # changes nothing
    np.testing.assert_allclose(blocks.levels(), whole.levels(), atol=1e-3)  # dB
    assert whole.levels().shape == (320, 940)
    short = Spectrogram(RATE)
    short.add(sound[: 5 * RATE])
    assert short.levels().shape == (320, 320)
    # a steady tone has its level, however many frames a column holds
    assert abs(whole.levels()[:, 100].max() - short.levels()[:, 100].max()) < 0.1
