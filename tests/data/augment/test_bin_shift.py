"""Shifted by bins, partials move by as many Hz, whatever they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.data.augment import BinShift

Tone = Callable[..., np.ndarray]
Listen = Callable[[np.ndarray, int], tuple[float, float]]
RATE = 8000


@pytest.mark.parametrize("frequency_hz", [500.0, 1730.0])
def test_a_tone_moves_by_whole_bins(tone: Tone, listen: Listen, frequency_hz: float) -> None:
    audio = torch.from_numpy(tone(frequency_hz, RATE, 0.256)).expand(200, 2048)
    shifted, rows = BinShift(3, 1.0)(audio, np.random.default_rng(0))
    assert rows.tolist() == list(range(200))
    moved = set()
    for row in shifted[:60]:
        found_hz, level_db = listen(row.numpy(), RATE)
        bins = (found_hz - frequency_hz) / (RATE / 2048)
        assert bins == pytest.approx(round(bins), abs=0.15)  # ringing at the edges
        assert level_db == pytest.approx(20 * np.log10(0.5), abs=0.2)
        moved.add(round(bins))
    assert moved == {-3, -2, -1, 1, 2, 3}


def test_the_others_are_left_alone() -> None:
    audio = torch.randn(1000, 64, generator=torch.Generator().manual_seed(0))
    shifted, rows = BinShift(3, 0.3)(audio, np.random.default_rng(0))
    assert 240 < len(rows) < 360  # four deviations
    changed = (shifted != audio).any(dim=1)
    assert torch.equal(changed.nonzero()[:, 0], rows)
    untouched, none = BinShift(3, 0.0)(audio, np.random.default_rng(0))
    assert untouched is audio
    assert not len(none)


@pytest.mark.parametrize("length", [63, 64])
def test_silence_stays_silent_and_as_long(length: int) -> None:
    shifted, _ = BinShift(90, 1.0)(torch.zeros(5, length), np.random.default_rng(0))
    assert torch.equal(shifted, torch.zeros(5, length))


def test_a_range_without_a_bin_is_refused() -> None:
    with pytest.raises(ValueError, match=r"data\.bin_shift\.range_bins"):
        BinShift(0, 1.0)
