"""Shares of a sound's time in which it plays one note at a time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from vschaos.data.features.one_note import accompanied_share, clear_share, pitched_share

RATE, HOP = 44100, 256
TIME = np.arange(round(1.4 * RATE)) / RATE


def frames_of(count: int, confidence: float, loudness: float = -20.0) -> np.ndarray:
    return np.stack([np.full(count, 60.0), np.full(count, confidence), np.full(count, loudness)], 1)


def tone(hertz: np.ndarray | float, stiffness: float = 0.0) -> np.ndarray:
    """Ten partials."""
    cycles = np.cumsum(np.broadcast_to(hertz, TIME.shape)) / RATE
    numbers = np.arange(1, 11)
    stretched = numbers * np.sqrt(1.0 + stiffness * numbers**2)
    return np.asarray(0.1 * sum(np.sin(2 * np.pi * k * cycles + k * k) / k for k in stretched))


def share(sound: np.ndarray, hertz: np.ndarray | float) -> float:
    """As by a tracker that finds this fundamental at once."""
    known = np.broadcast_to(hertz, TIME.shape)[: len(sound)][HOP - 1 :: HOP]
    frames = frames_of(len(known), 1.0)
    frames[:, 0] = 69.0 + 12.0 * np.log2(known / 440.0)
    return accompanied_share(frames, sound.astype(np.float32), RATE, HOP, 0)


@lru_cache(maxsize=1)
def noise() -> np.ndarray:
    random = np.random.default_rng(0)
    return 0.1 * random.standard_normal(len(TIME))


def test_the_pitched_share_is_of_the_audible_time() -> None:
    half = np.concatenate([frames_of(50, 1.0), frames_of(50, 0.0)])
    assert pitched_share(half) == 0.5
    half[50:, 2] = -75.0  # a rest
    assert pitched_share(half) == 1.0
    assert pitched_share(frames_of(0, 1.0)) == 0.0


def test_the_clear_share_is_of_what_is_loud() -> None:
    """One note that rings on when the others of a chord have died away makes no melody of it."""
    chord = np.concatenate([frames_of(50, 0.85), frames_of(200, 1.0, -35.0)])
    assert clear_share(chord) == 0.0
    assert clear_share(chord[50:]) == 1.0
    click = np.concatenate([frames_of(2, 0.6, 0.0), frames_of(200, 1.0)])
    assert clear_share(click) > 0.95
    assert clear_share(frames_of(0, 1.0)) == clear_share(frames_of(9, 0.2)) == 1.0


VIBRATO, GLIDE = 220.0 * 2 ** (0.025 * np.sin(35.0 * TIME)), 110.0 * 2**TIME
TRILL = np.where(TIME % 0.6 < 0.3, 220.0, 277.2)


@pytest.mark.parametrize(
    ("sound", "hertz"),
    [
        pytest.param(tone(196.0), 196.0, id="a note"),
        pytest.param(tone(49.0), 49.0, id="a low note"),
        pytest.param(tone(82.4, 2e-4), 82.4, id="a stiff string"),
        pytest.param(tone(196.0) + 0.3 * noise(), 196.0, id="a breathy note"),
        pytest.param(tone(VIBRATO), VIBRATO, id="vibrato"),
        pytest.param(tone(GLIDE), GLIDE, id="a glide"),
        pytest.param(tone(TRILL), TRILL, id="a trill"),
        pytest.param(tone(196.0) + 0.1 * tone(233.1), 196.0, id="another 20 dB softer"),
        pytest.param(noise(), 196.0, id="noise"),
        pytest.param(0.0 * TIME, 196.0, id="silence"),
        pytest.param(tone(196.0)[:300], 196.0, id="hardly a sound"),
        pytest.param(tone(196.0)[:0], 196.0, id="none"),
    ],
)
def test_single_notes_are_not_accompanied(sound: np.ndarray, hertz: np.ndarray | float) -> None:
    assert share(sound, hertz) <= 0.25


@pytest.mark.parametrize("hertz", [233.1, 246.9, 369.99])  # minor and major third, major seventh
def test_a_note_beside_a_louder_one_is_found(hertz: float) -> None:
    assert share(tone(196.0) + 0.35 * tone(hertz), 196.0) > 0.9  # 9 dB softer


def test_broken_samples_and_long_sounds_are_taken() -> None:
    sound = (tone(196.0) + 0.35 * tone(246.9)).astype(np.float32)
    sound[30000] = np.nan
    assert share(sound, 196.0) > 0.5
    frames = frames_of(200 * len(sound) // HOP, 1.0)
    frames[:, 0] = 69.0 + 12.0 * np.log2(196.0 / 440.0)
    # not all of it is looked at; the sound is cut at each repetition
    assert accompanied_share(frames, np.tile(sound, 200), RATE, HOP, 0) > 0.5
