"""Pitch and pace go their own ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.data.augment import PitchShift, TimeStretch
from vschaos.data.augment.speed import resampled, stretched

Tone = Callable[..., np.ndarray]
Listen = Callable[[np.ndarray, int], tuple[float, float]]
RATE = 8000


@pytest.mark.parametrize("factor", [0.67, 0.9, 1.2, 1.5])
@pytest.mark.parametrize("frequency_hz", [100.0, 440.0, 1730.0])
def test_a_tone_lasts_longer_or_shorter_at_its_pitch(
    tone: Tone, listen: Listen, factor: float, frequency_hz: float
) -> None:
    length = 2048
    audio = torch.from_numpy(tone(frequency_hz, RATE, 0.256)).unsqueeze(0)
    played = stretched(audio, round(factor * length))
    assert played.shape == (1, round(factor * length))
    found_hz, level_db = listen(played[0].numpy(), RATE)
    assert found_hz == pytest.approx(frequency_hz, rel=5e-3)  # a twelfth of a semitone
    assert level_db == pytest.approx(20 * np.log10(0.5), abs=1.0)  # what seams cost


def test_what_happens_in_the_middle_stays_in_the_middle() -> None:
    audio = torch.zeros(1, 2048)
    audio[0, 900:1100] = torch.randn(200, generator=torch.Generator().manual_seed(0))
    for length in (1500, 2048, 2800):
        energy = stretched(audio, length)[0].square()
        centre = float((energy * torch.arange(length)).sum() / energy.sum())
        assert centre / length == pytest.approx(
            1000 / 2048, abs=0.2
        )  # half of a piece and of itself


@pytest.mark.parametrize("given", [5, 31, 2048])
@pytest.mark.parametrize("length", [4, 40, 3001])
def test_any_length_becomes_any_other_and_silence_stays_silent(given: int, length: int) -> None:
    assert torch.equal(stretched(torch.zeros(2, given), length), torch.zeros(2, length))
    noise = torch.randn(2, given, generator=torch.Generator().manual_seed(0))
    played = stretched(noise, length)
    assert played.shape == (2, length)
    assert torch.isfinite(played).all()
    assert played.abs().max() <= noise.abs().max() + 1e-6


def test_rows_do_not_hear_each_other(tone: Tone) -> None:
    audio = torch.from_numpy(np.stack([tone(hz, RATE, 0.256) for hz in (200.0, 555.0)]))
    alone = torch.cat([stretched(row.unsqueeze(0), 2500) for row in audio])
    torch.testing.assert_close(stretched(audio, 2500), alone)


@pytest.mark.parametrize("semitones", [-6, -1, 3, 6])
def test_a_stretch_and_a_tape_speed_shift_the_pitch_alone(
    tone: Tone, listen: Listen, semitones: int
) -> None:
    audio = torch.from_numpy(tone(440.0, RATE, 0.256)).unsqueeze(0)
    shifted = resampled(stretched(audio, round(2048 * 2 ** (semitones / 12))), 2048)
    frequency_hz, _ = listen(shifted[0].numpy(), RATE)
    assert 12 * np.log2(frequency_hz / 440.0) == pytest.approx(semitones, abs=0.1)


def test_lengths_are_drawn_within_their_range_and_as_often_as_asked() -> None:
    random = np.random.default_rng(0)
    times = np.array([TimeStretch(1.5, 1.0).draw_length(2048, random) for _ in range(500)]) / 2048
    assert 1 / 1.51 < times.min() < 0.7
    assert 1.45 < times.max() < 1.51
    pitches = [PitchShift(6.0, 1.0).draw_length(2048, random, True) for _ in range(300)]
    found = {round(12 * np.log2(length / 2048)) for length in pitches}
    assert found == set(range(-6, 7))
    never = [TimeStretch(1.5, 0.0), PitchShift(6.0, 0.0)]
    assert all(one.draw_length(2048, random) == 2048 for one in never for _ in range(50))
    half = TimeStretch(1.5, 0.5)
    changed = np.mean([half.draw_length(2048, random) != 2048 for _ in range(1000)])
    assert 0.43 < changed < 0.57


def test_a_factor_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"data\.time_stretch\.max_factor"):
        TimeStretch(0.5, 1.0)
