"""Levels of bands: powers add up, a tone lies in its band, blocks and batches do not matter."""

from __future__ import annotations

import math

import pytest
import torch

from tests.tolerances import INAUDIBLE
from vschaos.dsp.band_levels import LEAST_DB, BandMeter

RATE, HOP = 44100, 256


def noise(rows: int, hops: int) -> torch.Tensor:
    return 0.1 * torch.randn(rows, hops * HOP, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("window", [512, 1024, 2048])
def test_the_powers_of_all_bands_are_the_mean_square(window: int) -> None:
    levels = BandMeter(RATE, HOP, window)(noise(1, 400))[0, :, 10:]
    power = (10 ** (levels / 10)).sum(0).mean()
    assert abs(10 * math.log10(power / 0.01)) < 0.1  # dB; 400 windows of noise


@pytest.mark.parametrize("hertz", [110.0, 1000.0, 8000.0])
def test_a_tone_lies_in_the_bands_around_it(hertz: float) -> None:
    sound = 0.1 * torch.sin(2 * math.pi * hertz / RATE * torch.arange(20 * HOP))
    powers = 10 ** (BandMeter(RATE, HOP)(sound[None])[0, :, -1] / 10)
    loudest = int(powers.argmax())
    around = powers[max(loudest - 2, 0) : loudest + 3].sum()
    assert around > 0.95 * powers.sum()
    assert abs(10 * math.log10(powers.sum() / 0.005)) < 0.2  # a sine of amplitude .1


def test_blocks_and_batches_do_not_matter() -> None:
    sound, meter = noise(2, 40), BandMeter(RATE, HOP)
    whole = meter(sound)
    stream = torch.jit.script(BandMeter(RATE, HOP))
    blocks = torch.cat([stream(sound[:, n * HOP : (n + 4) * HOP]) for n in range(0, 40, 4)], 2)
    assert (whole - blocks).abs().max() < INAUDIBLE
    meter.reset()
    assert (meter(sound[1:]) - whole[1:]).abs().max() < INAUDIBLE


def test_silence_and_nonsense_have_levels() -> None:
    meter = BandMeter(RATE, HOP)
    assert (meter(torch.zeros(1, 10 * HOP)) == LEAST_DB).all()
    wrong = torch.full([1, 10 * HOP], math.nan)
    wrong[0, 5] = math.inf
    assert meter(wrong).isfinite().all()


def test_a_window_is_from_a_hop_to_the_transform() -> None:
    for window in (HOP - 1, 4096):
        with pytest.raises(ValueError, match="window of the band levels must be"):
            BandMeter(RATE, HOP, window)
