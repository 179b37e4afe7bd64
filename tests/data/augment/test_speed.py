"""At another speed a sound is the same sound, higher or lower."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.data.augment import Varispeed

Tone = Callable[..., np.ndarray]
Listen = Callable[[np.ndarray, int], tuple[float, float]]
RATE = 8000


@pytest.mark.parametrize("length", [1024, 2048])
@pytest.mark.parametrize("semitones", [-4.0, -1.0, 0.5, 4.0])
def test_varispeed_shifts_a_tone_and_keeps_its_level(
    tone: Tone, listen: Listen, length: int, semitones: float
) -> None:
    varispeed = Varispeed(4.0, 1.0)
    read = round(length * 2 ** (semitones / 12))
    played = varispeed(torch.from_numpy(tone(700.0, RATE, 1.0)[:read]).unsqueeze(0), length)
    assert played.shape == (1, length)
    # a Hann window, as that of the transform, hides the edges
    frequency_hz, level_db = listen(played[0].numpy(), RATE)
    assert frequency_hz == pytest.approx(700.0 * read / length, rel=2e-3)
    assert level_db == pytest.approx(20 * np.log10(0.5), abs=0.1)


def test_varispeed_draws_lengths_within_its_range() -> None:
    random = np.random.default_rng(0)
    drawn = {Varispeed(4.0, 1.0).draw_length(2048, random) for _ in range(500)}
    semitones = 12 * np.log2(np.array(sorted(drawn)) / 2048)
    assert -4.5 < semitones[0] < -3.5  # lengths that suit the transform lie up to 0.5 apart
    assert 3.5 < semitones[-1] < 4.5
    assert len(drawn) >= 8
    assert all(length % 2 == 0 for length in drawn)


def test_varispeed_changes_the_share_of_batches_asked_for(tone: Tone) -> None:
    random = np.random.default_rng(0)
    never, half = Varispeed(4.0, 0.0), Varispeed(4.0, 0.5)
    assert all(never.draw_length(2048, random) == 2048 for _ in range(100))
    changed = np.mean([half.draw_length(2048, random) != 2048 for _ in range(2000)])
    assert 0.40 < changed < 0.52  # a draw near 0 leaves the length as it is
    audio = torch.from_numpy(tone()[:2048]).unsqueeze(0)
    assert never(audio, 2048) is audio
