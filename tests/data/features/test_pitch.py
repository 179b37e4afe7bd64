"""A tone's pitch comes back at its pitch."""

from __future__ import annotations

import numpy as np
import pytest

from vschaos.data.features.pitch import Pitch

RATE = 44100
NOTES = np.linspace(33, 93, 21)  # 55 to 1760 Hz
WHOLE = slice(4, -4)  # frames whose windows lie within the sound
AMPLITUDES = {
    "saw": lambda k: 1 / k,
    "soft": lambda k: 1 / k**2,
    "odd": lambda k: (k % 2) / k,
    "without fundamental": lambda k: (k > 1) / k,
    "sine": lambda k: k == 1,
}


def _tone(note: float, kind: str, seconds: float = 0.15) -> np.ndarray:
    """Harmonics with random phases below .95 of the Nyquist frequency, mean square .01."""
    random = np.random.default_rng(0)
    frequency = 440 * 2 ** ((note - 69) / 12)
    k = np.arange(1, int(min(0.475 * RATE / frequency, 60)) + 1)[:, None]
    cycles = k * frequency * np.arange(int(seconds * RATE)) / RATE
    partials = np.sin(2 * np.pi * (cycles + random.random(k.shape)))
    sound = (AMPLITUDES[kind](k) * partials).sum(axis=0)
    return sound / np.sqrt(np.mean(sound**2)) * 0.1


def _errors_cents(kind: str, noise: float) -> np.ndarray:
    """Of all frames of all notes, their absolutes."""
    random, feature, errors = np.random.default_rng(1), Pitch(RATE, 256), []
    for note in NOTES:
        sound = _tone(note, kind)
        sound = sound + noise * random.standard_normal(len(sound))
        errors.append(100 * (feature(sound.astype(np.float32))[0, WHOLE] - note))
    return np.abs(np.array(errors))


@pytest.mark.parametrize("kind", AMPLITUDES)
def test_tones_come_back_at_their_pitch(kind: str) -> None:
    errors = _errors_cents(kind, noise=0)
    assert np.median(errors) < 1  # a parabola is not quite the form of a dip: .4 for a saw
    assert errors.max() < 5  # at 1760 Hz, whose period is 25 samples


@pytest.mark.parametrize("kind", AMPLITUDES)
def test_noise_makes_no_octave_errors(kind: str) -> None:
    errors = _errors_cents(kind, noise=0.1 * 10 ** (-10 / 20))  # 10 dB below the tone
    assert np.mean(errors > 50) < 0.005
    assert np.median(errors) < 10


def test_confidence_tells_tones_from_noise_and_silence() -> None:
    feature = Pitch(RATE, 256)
    tone = _tone(60, "saw").astype(np.float32)
    noise = np.random.default_rng(2).normal(0, 0.1, 8000).astype(np.float32)
    assert feature(tone)[1, WHOLE].min() > 0.95
    assert feature(noise)[1, WHOLE].max() < 0.6
    for silence in (np.zeros(5000), np.full(5000, 0.3), np.full(1, 0.3)):
        inside = feature(silence.astype(np.float32))[:, WHOLE]
        assert (inside == 0).all()


@pytest.mark.parametrize("sound", [np.full(3000, 0.3), np.eye(1, 6000, 700)[0]])
def test_an_edge_has_no_pitch(sound: np.ndarray) -> None:
    """Half of a window is exactly zero: differences are those of rounding."""
    # where an impulse leaves the window, d falls from 2 to 1: d' is 7 / 16 by the parabola
    assert (Pitch(RATE, 64)(sound.astype(np.float32))[1] < 0.57).all()


def test_gain_does_not_matter() -> None:
    feature, sound = Pitch(RATE, 256), _tone(57.3, "saw").astype(np.float32)
    quiet, loud = feature(sound / 64), feature(sound * 4)
    assert quiet == pytest.approx(loud, abs=1e-3)


@pytest.mark.parametrize(("window", "lowest_hz"), [(2048, 45), (1024, 90), (512, 180)])
def test_a_shorter_window_hears_higher_notes(window: int, lowest_hz: float) -> None:
    feature = Pitch(RATE, 256, window, lowest_hz=lowest_hz)
    note = 69 + 12 * np.log2(1.05 * lowest_hz / 440)
    values = feature(_tone(note, "saw").astype(np.float32))[:, WHOLE]
    assert values[0] == pytest.approx(note, abs=0.05)
    with pytest.raises(ValueError, match="window of pitch must be at least"):
        Pitch(RATE, 256, window, lowest_hz=0.9 * lowest_hz)


def test_a_causal_frame_is_half_a_window_late() -> None:
    seconds = np.arange(RATE // 2) / RATE
    notes = 57 + 24 * seconds  # two octaves a second
    sound = 0.2 * np.sin(2 * np.pi * np.cumsum(440 * 2 ** ((notes - 69) / 12)) / RATE)
    centred = Pitch(RATE, 256)(sound.astype(np.float32))[0]
    causal = Pitch(RATE, 256, look_ahead=0)(sound.astype(np.float32))[0]
    assert np.array_equal(causal[8:80], centred[4:76])  # 1024 samples are four hops
    # YIN compares the window's first half with a later one: the middle of both is a little early
    assert centred[8:76] == pytest.approx(notes[::256][8:76], abs=0.3)


@pytest.mark.parametrize(("lowest", "highest"), [(0, 1000), (500, 100), (50, 20000)])
def test_a_range_is_checked(lowest: float, highest: float) -> None:
    with pytest.raises(ValueError, match="lowest_hz and highest_hz of pitch must be"):
        Pitch(RATE, 256, lowest_hz=lowest, highest_hz=highest)
