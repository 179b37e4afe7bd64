"""Measures of sounds with known differences."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.data.pitch.networks import make_tracker
from vschaos.data.pitch.tracking import Frames
from vschaos.dsp import STFT
from vschaos.evaluation.loudness import loudness_lufs
from vschaos.evaluation.measures import (
    MAGNITUDE_MEASURES,
    SOUND_MEASURES,
    compare_magnitudes,
    compare_sounds,
    compare_treble,
    pooled,
)
from vschaos.evaluation.onsets import onset_sharpness
from vschaos.evaluation.pitch import compare_pitch, follow_pitch

RATE = 44100
Tone = Callable[..., np.ndarray]


def noise(seconds: float = 1.0, level: float = 0.1) -> np.ndarray:
    random = np.random.default_rng(0)
    return (level * random.standard_normal(round(seconds * RATE))).astype(np.float32)


def row(sound: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(sound, dtype=np.float32))[None]


def test_twice_the_magnitudes_are_six_decibels() -> None:
    magnitudes = STFT(1024, 256)(row(noise())).abs()
    measured = compare_magnitudes(2 * magnitudes, magnitudes)
    assert measured["log_spectral_distance"] == pytest.approx(6.02, abs=0.01)
    assert measured["spectral_convergence"] == pytest.approx(0.0, abs=0.01)
    assert measured["level"] == pytest.approx(6.02, abs=0.01)


def test_bins_that_a_sound_cannot_have_do_not_make_it_nearer() -> None:
    """As of a file of 8 kHz in a model of 32 kHz."""
    magnitudes = STFT(1024, 256)(row(noise())).abs()
    band = 0.25
    filled = magnitudes * (torch.arange(513) <= 128).unsqueeze(1)
    of_all, of_band = (
        compare_magnitudes(2 * filled, filled, share)["log_spectral_distance"]
        for share in (1.0, band)
    )
    assert of_band == pytest.approx(6.02, abs=0.01)
    assert of_all == pytest.approx(6.02 * (129 / 513) ** 0.5, abs=0.01)


def test_a_sound_equals_itself_by_every_measure() -> None:
    sound = row(noise())
    measured = compare_sounds(sound, sound, RATE)
    for measure in SOUND_MEASURES:
        if measure.key in measured:
            assert measured[measure.key] == pytest.approx(measure.ideal, abs=1e-6), measure.key


@pytest.mark.parametrize("rate", [48000, 44100, 32000, 16000])
def test_loudness_is_that_of_the_recommendation(tone: Tone, rate: int) -> None:
    """BS.1770: a full sine of 997 Hz in one channel has -3.01."""
    sine = tone(997.0, rate, 2.0, 1.0)
    assert loudness_lufs(sine, rate) == pytest.approx(-3.01, abs=0.1)
    assert loudness_lufs(0.1 * sine, rate) == pytest.approx(-23.01, abs=0.1)


def test_low_frequencies_count_less_and_pauses_not_at_all(tone: Tone) -> None:
    middle = loudness_lufs(tone(997.0, RATE, 1.0), RATE)
    assert loudness_lufs(tone(40.0, RATE, 1.0), RATE) < middle - 4.0
    assert loudness_lufs(tone(8000.0, RATE, 1.0), RATE) == pytest.approx(middle + 3.3, abs=0.3)
    paused = np.concatenate([tone(997.0, RATE, 2.0), np.zeros(4 * RATE, np.float32)])
    assert loudness_lufs(paused, RATE) == pytest.approx(middle, abs=0.6)


def treble(output: np.ndarray, target: np.ndarray, rate: int = RATE) -> list[float | None]:
    """Level and balance in dB."""
    measured = compare_treble(row(output), row(target), rate)
    return [measured["treble_level"], measured["treble_balance"]]


def test_filtered_treble_is_measured(tone: Tone) -> None:
    low, high = tone(500.0, RATE, 1.0), tone(8000.0, RATE, 1.0, 0.05)
    assert treble(low + 0.1 * high, low + high) == pytest.approx([-20.0, -20.0], abs=0.2)
    fade = np.hanning(RATE)  # a cut end has treble of its own
    assert treble(low * fade, (low + high) * fade)[0] == pytest.approx(-60.0)


def test_a_lower_level_does_not_change_the_balance() -> None:
    assert treble(0.5 * noise(), noise()) == pytest.approx([-6.02, 0.0], abs=0.01)


def test_silence_has_the_least_treble() -> None:
    assert treble(0.0 * noise(), noise()) == pytest.approx([-60.0, 0.0])


def test_a_sound_without_treble_has_no_measures_of_it(tone: Tone) -> None:
    assert treble(noise(), tone(500.0, RATE, 1.0) * np.hanning(RATE)) == [None, None]
    assert treble(noise(), noise(), 8000) == [None, None]  # nothing is above 4 kHz there


def clicks() -> np.ndarray:
    sound = np.zeros(RATE, np.float32)
    sound[[5000, 20000, 35000]] = 1.0
    return sound


def test_a_smeared_click_is_less_sharp() -> None:
    window = np.hanning(882)  # 20 ms
    smeared = np.convolve(clicks(), window)[:RATE]
    sharpness = onset_sharpness(smeared, clicks(), RATE)
    assert sharpness is not None
    assert sharpness < 20.0
    shorter = onset_sharpness(np.convolve(clicks(), np.hanning(220))[:RATE], clicks(), RATE)
    assert shorter is not None
    assert sharpness < shorter < 90.0


def test_sharpness_does_not_depend_on_level_or_a_short_delay() -> None:
    assert onset_sharpness(0.1 * clicks(), clicks(), RATE) == pytest.approx(100.0)
    late = np.roll(clicks(), 441)
    assert onset_sharpness(late, clicks(), RATE) == pytest.approx(100.0, abs=10.0)


def test_a_swell_has_no_onset(tone: Tone) -> None:
    swell = tone(440.0, RATE, 1.0) * np.hanning(RATE).astype(np.float32)
    assert onset_sharpness(swell, swell, RATE) is None


def frames(cents: float, voiced: list[bool]) -> Frames:
    count = len(voiced)
    pitch = np.full(count, 440.0 * 2 ** (cents / 1200))
    return Frames(pitch, np.array(voiced, dtype=float), np.full(count, -20.0))


def test_thirty_cents_are_thirty_cents() -> None:
    measured = compare_pitch(frames(30.0, [True] * 4), frames(0.0, [True] * 4), 0.5)
    expected = {"pitch_error": 30.0, "pitch_in_tune": 100.0, "voicing": 100.0}
    assert measured == pytest.approx(expected)


def test_an_octave_is_out_of_tune_and_half_the_frames_are_voiced() -> None:
    output = frames(-1200.0, [True, True, False, False])
    measured = compare_pitch(output, frames(0.0, [True] * 4), 0.5)
    expected = {"pitch_error": 1200.0, "pitch_in_tune": 0.0, "voicing": 50.0}
    assert measured == pytest.approx(expected)


def test_soft_frames_do_not_count() -> None:
    target = frames(0.0, [True] * 4)._replace(level_db=np.array([-20.0, -20.0, -80.0, -80.0]))
    output = frames(0.0, [True, True, False, False])
    assert compare_pitch(output, target, 0.5)["voicing"] == 100.0


def test_the_tracker_measures_thirty_cents(tone: Tone) -> None:
    pytest.importorskip("swift_f0")
    tracker = make_tracker("swift")
    harmonics = [
        sum(tone(k * hz, RATE, 1.0, 0.3 / k) for k in range(1, 6)) for hz in (300.0, 305.243)
    ]
    target, output = (follow_pitch(tracker, sound, RATE) for sound in harmonics)
    measured = compare_pitch(output, target, tracker.threshold)
    assert measured["pitch_error"] == pytest.approx(30.0, abs=5.0)
    assert measured["pitch_in_tune"] == 100.0


@pytest.mark.parametrize("length", [1, 2, 600, RATE])
def test_silence_and_one_frame_give_numbers(length: int) -> None:
    silence, sound = row(np.zeros(length)), row(noise()[:length])
    stft = STFT(2048, 512)
    for output, target in ((silence, silence), (silence, sound), (sound, silence), (sound, sound)):
        measured = compare_sounds(output, target, RATE)
        measured |= compare_magnitudes(stft(output).abs(), stft(target).abs())
        assert all(value is None or math.isfinite(value) for value in measured.values())


@pytest.mark.parametrize("length", [0, 1, 600])
def test_pitch_of_next_to_nothing(length: int) -> None:
    pytest.importorskip("swift_f0")
    tracker = make_tracker("swift")
    followed = follow_pitch(tracker, np.zeros(length, np.float32), RATE)
    measured = compare_pitch(followed, followed, tracker.threshold)
    assert all(value is None or math.isfinite(value) for value in measured.values())


def test_files_are_pooled_by_frames_and_by_ratios() -> None:
    files = [
        {"log_spectral_distance": 2.0, "spectral_convergence": 0.0, "level": None},
        {"log_spectral_distance": 6.0, "spectral_convergence": -6.0206, "level": None},
    ]
    together = pooled(MAGNITUDE_MEASURES, files, [30, 10])
    assert together["log_spectral_distance"] == pytest.approx(3.0)
    assert together["spectral_convergence"] == pytest.approx(20 * math.log10(0.75), abs=1e-3)
    assert together["level"] is None


def test_noise_that_is_smoothed_or_stuttered_has_another_texture() -> None:
    sound = row(noise(2.0))
    stft = STFT(2048, 512)
    spectrum = stft(sound)
    magnitudes = spectrum.abs().clamp_min(1e-9)
    even = magnitudes.log().mean().exp() * torch.ones_like(magnitudes)
    smooth = stft.inverse(even * spectrum / magnitudes, sound.shape[1])
    assert -3.0 < texture_of(smooth, sound) < -1.0
    assert texture_of(row(np.random.default_rng(1).standard_normal(2 * RATE)), sound) == (
        pytest.approx(0.0, abs=0.1)  # other noise, louder, is as rough
    )


def test_only_noise_has_texture(tone: Tone) -> None:
    chord = sum(tone(hz, RATE, 2.0, 0.1) for hz in (220.0, 277.2, 329.6, 4000.0))
    clicks = np.zeros(2 * RATE, np.float32)
    clicks[::5000] = 0.9
    for sound in (chord, clicks, np.zeros(2 * RATE), noise(0.1), noise(0.001)):
        assert compare_sounds(row(sound), row(sound), RATE)["texture"] is None


def texture_of(output: torch.Tensor, target: torch.Tensor) -> float:
    measured = compare_sounds(output, target, RATE)["texture"]
    assert measured is not None
    return measured
