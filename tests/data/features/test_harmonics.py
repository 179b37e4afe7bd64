"""What a harmonic instrument learns from: controls as they are heard live, partials of that moment,
and what is said of sounds without a pitch."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from vschaos.data.features import Harmonics, LiveLoudness

RATE, HOP = 44100, 256
FEATURE = Harmonics(RATE, HOP, num_partials=10)


def tone(midi: np.ndarray, amplitudes: tuple[float, ...], level: np.ndarray) -> np.ndarray:
    cycles = np.cumsum(440 * 2 ** ((midi - 69) / 12)) / RATE
    partials = [a * np.sin(2 * np.pi * k * cycles) for k, a in enumerate(amplitudes, 1)]
    return (level * sum(partials)).astype(np.float32)


def named(values: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(FEATURE.channels, values, strict=True))


def test_partials_are_those_of_the_tone() -> None:
    flat = np.ones(RATE // 2)
    found = named(FEATURE(tone(57 * flat, (0.2, 0.1, 0.05), flat)))
    for number, meant in ((1, 0.2), (2, 0.1), (3, 0.05), (4, 0.0)):
        assert np.abs(found[f"partial_{number}"][20:70] - meant).max() < 2e-3  # 1 % of the first
    assert np.abs(found["pitch"][20:70] - 57).max() < 0.01
    assert max(found[f"noise_{n}"][20:70].max() for n in range(1, 66)) < 1e-3


def test_controls_and_partials_describe_one_moment() -> None:
    time = np.arange(RATE)
    level = 10 ** ((-30 + 6 * np.sin(2 * np.pi * 2 * time / RATE)) / 20)
    glide = 57 + 3 * np.sin(2 * np.pi * 1.5 * time / RATE)
    found = named(FEATURE(tone(glide, (1.0,), level)))
    frames = np.arange(20, 160)
    moments = (frames + 1) * HOP - FEATURE.delay
    # a window's middle is its moment but for the curve of the glide; a hop off is .16 semitones
    assert np.abs(found["pitch"][frames] - glide[moments]).max() < 0.08
    # analysed along its swell; a hop off is .4 dB
    swell = 20 * np.log10(found["partial_1"][frames] / level[moments])
    assert np.abs(swell).max() < 0.2


def test_controls_are_causal_and_the_same_as_live() -> None:
    random = np.random.default_rng(0)
    sound = (0.1 * random.standard_normal(100 * HOP)).astype(np.float32)
    other = sound.copy()
    other[60 * HOP :] = 0
    heard, changed = FEATURE(sound), FEATURE(other)
    controls = slice(0, 3 + FEATURE.num_levels)
    assert np.array_equal(heard[controls, :60], changed[controls, :60])
    loudness = LiveLoudness(RATE, HOP)(sound)  # the slowest, so it is not delayed
    assert np.abs(named(heard)["loudness"] - loudness).max() < 1e-4  # dB: digits of float32


def test_unvoiced_frames_have_noise_alone() -> None:
    random = np.random.default_rng(0)
    found = named(FEATURE((0.1 * random.standard_normal(RATE)).astype(np.float32)))
    unvoiced = found["confidence"] < 0.5
    assert unvoiced.mean() > 0.9
    assert max(found[f"partial_{k}"][unvoiced].max() for k in range(1, 11)) == 0
    power = np.mean([found[f"noise_{n}"][20:] ** 2 for n in range(5, 60)])
    assert abs(10 * np.log10(power / 0.01)) < 0.5  # dB


def test_a_long_sound_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    sound = (0.1 * random.standard_normal(30 * HOP + 7)).astype(np.float32)
    whole = FEATURE(sound)
    assert whole.shape == (len(FEATURE.channels), 31)
    monkeypatch.setattr("vschaos.data.features.live.FRAMES_AT_ONCE", 4)
    assert np.abs(FEATURE(sound) - whole).max() < 1e-3  # dB and semitones; float32 of other shapes


def frames_of(pitch: np.ndarray, confidence: float) -> np.ndarray:
    ones = np.ones(len(pitch))
    return np.stack([pitch, confidence * ones, -20 * ones], 1)


def silence(name: str) -> np.ndarray:
    return np.zeros(RATE, np.float32)


def test_sounds_without_a_pitch_are_named(caplog: pytest.LogCaptureFixture) -> None:
    melody = frames_of(np.repeat([60.0, 67.0, 62.0], 50), 1.0)
    drums = frames_of(np.full(150, 60.0), 0.2)
    chords = np.concatenate([frames_of(np.full(60, 60.0), 0.95), frames_of(np.full(90, 48.0), 0.8)])
    with caplog.at_level(logging.WARNING):
        FEATURE.check_sounds({"song.wav": melody}, silence)
        assert not caplog.messages
        FEATURE.check_sounds(
            {"song.wav": melody, "drums.wav": drums, "chords.wav": chords}, silence
        )
    assert len(caplog.messages) == 2
    assert "drums.wav: 0% of its time has a pitch" in caplog.messages[0]
    assert "chords.wav: 40% of its loudest voiced time has one clear pitch" in caplog.messages[1]
    with pytest.raises(ValueError, match="no pitch is found"):
        FEATURE.check_sounds({"drums.wav": drums}, silence)


@pytest.mark.parametrize(
    ("notes", "is_one"),
    [
        pytest.param([(220.0, 1)], True, id="a note"),
        pytest.param([(220.0, 2)], True, id="a note of odd partials"),
        pytest.param([(660.0, 1), (880.0, 1)], False, id="a fourth"),
        pytest.param([(440.0, 1), (550.0, 1), (660.0, 1)], False, id="a chord"),
        pytest.param([(220.0, 1), (415.3, 3)], False, id="a softer note beside"),
    ],
)
def test_chords_are_warned_of(
    caplog: pytest.LogCaptureFixture, notes: list[tuple[float, int]], is_one: bool
) -> None:
    """In just intonation they have one clear pitch, that of their common period; the last one has
    that of its louder note."""
    feature = Harmonics(RATE, HOP, num_partials=20)
    seconds = np.arange(RATE) / RATE
    sound = sum(
        0.1 / k / step * np.sin(2 * np.pi * k * hertz * seconds)
        for hertz, step in notes
        for k in range(1, 8, step)
    )
    values = feature(np.asarray(sound, np.float32))
    with caplog.at_level(logging.WARNING):
        feature.check_sounds({"x.wav": values.T}, lambda name: np.asarray(sound, np.float32))
    assert caplog.messages == [] or "x.wav: " in caplog.messages[0]
    assert any("several notes at once" in line for line in caplog.messages) is not is_one


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="window of harmonics must be"):
        Harmonics(RATE, HOP, window=100)
    with pytest.raises(ValueError, match="num_partials of harmonics must be"):
        Harmonics(RATE, HOP, num_partials=0)
    assert torch.tensor(FEATURE.outside).isfinite().all()
