"""The meter's levels are those of the standard, live as offline."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.tolerances import ROUNDING
from vschaos.dsp.loudness import LoudnessMeter, a_weighting

# IEC 61672-1, table 3: nominal frequencies in Hz, A-weighting in dB
STANDARD = {31.5: -39.4, 63: -26.2, 125: -16.1, 250: -8.6, 500: -3.2, 1000: 0.0}
STANDARD |= {2000: 1.2, 4000: 1.0, 8000: -1.1, 16000: -6.6}
FULL_SCALE_SINE_DB = -3.01


def _sine(hz: float, rate: int, seconds: float, amplitude: float = 1.0) -> Tensor:
    time = torch.arange(int(rate * seconds) // 256 * 256, dtype=torch.float64) / rate
    return amplitude * torch.sin(2 * math.pi * hz * time).float()[None]


def test_the_curve_is_that_of_the_standard() -> None:
    # the table is rounded to .1 dB, and holds for exact frequencies 1000 * 10^(k / 10)
    exact = 1000 * 10 ** (np.round(10 * np.log10(np.array([*STANDARD]) / 1000)) / 10)
    levels = 10 * torch.log10(a_weighting(torch.from_numpy(exact)))
    assert levels.tolist() == pytest.approx([*STANDARD.values()], abs=0.051)


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("hz", [40, 50, 63, 100, 200, 400, 1000, 2500, 6000, 10000, 13000, 16000])
def test_a_tone_has_the_level_of_the_formula(rate: int, hz: float) -> None:
    levels = LoudnessMeter(rate, 256, 2048)(_sine(hz, rate, 0.6))[0, 0, -40:]
    weight = 10 * math.log10(a_weighting(torch.tensor([float(hz)]).double()).item())
    # 3 periods of 40 Hz in a window ripple by some .1 dB: their mean counts
    assert levels.mean().item() == pytest.approx(FULL_SCALE_SINE_DB + weight, abs=0.2)


def test_the_window_does_not_change_a_level() -> None:
    sound = _sine(1500, 44100, 0.3, 0.2)
    levels = [LoudnessMeter(44100, 256, window)(sound)[0, 0, -1] for window in (512, 1024, 2048)]
    assert torch.stack(levels).tolist() == pytest.approx([levels[0].item()] * 3, abs=0.05)


def test_a_hop_of_another_length_measures_the_same() -> None:
    sound = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, (1, 8192)))
    long = LoudnessMeter(22050, 512, 1024)(sound)
    short = LoudnessMeter(22050, 128, 1024)(sound)
    assert (short[..., 3::4] - long).abs().max() < 1e-4  # dB, float32 of some 20


def test_an_onset_is_heard_when_the_delay_says() -> None:
    meter = LoudnessMeter(44100, 64, 2048)
    sound = _sine(1000, 44100, 0.5)
    sound[:, :8192] = 0
    levels = meter(sound)[0, 0]
    half = FULL_SCALE_SINE_DB - 3.01  # of the power: half of the window
    first = int((levels > half).nonzero()[0])
    assert (first + 1) * 64 - meter.delay == pytest.approx(8192, abs=64)


@pytest.mark.parametrize("scripted", [False, True])
def test_blocks_and_batches_do_not_matter(scripted: bool) -> None:
    sounds = torch.from_numpy(np.random.default_rng(1).normal(0, 0.1, (3, 256 * 40))).float()
    whole = LoudnessMeter()(sounds)
    meter = LoudnessMeter()
    stream = torch.jit.script(meter) if scripted else meter
    parts, start = [], 0
    for hops in (1, 3, 2, 8, 1, 16, 9):
        parts.append(stream(sounds[:, start : start + hops * 256]))
        start += hops * 256
    assert (torch.cat(parts, 2) - whole).abs().max() < 100 * ROUNDING  # of levels near -30 dB
    stream.reset()
    assert (stream(sounds[:1]) - whole[:1]).abs().max() < 100 * ROUNDING


def test_voices_that_stay_keep_their_past() -> None:
    sounds = torch.from_numpy(np.random.default_rng(2).normal(0, 0.1, (4, 256 * 24))).float()
    meter = LoudnessMeter()
    parts = [
        meter(sounds[:rows, start * 256 : (start + 8) * 256])[0]
        for start, rows in ((0, 1), (8, 4), (16, 1))
    ]
    alone = LoudnessMeter()(sounds[:1])[0]
    assert (torch.cat(parts, 1) - alone).abs().max() < 100 * ROUNDING


def test_levels_are_bounded_and_finite_whatever_comes() -> None:
    meter = LoudnessMeter()
    assert (meter(torch.zeros(1, 2048)) == -80).all()
    strange = torch.full((1, 4096), 1e30)
    strange[:, ::3], strange[:, 1::7] = float("nan"), -float("inf")
    assert ((meter(strange) <= 0) & (meter(strange) >= -80)).all()
    for _ in range(4):  # the filter forgets
        quiet = meter(torch.zeros(1, 44032))
    assert (quiet == -80).all()


def test_a_constant_is_not_heard() -> None:
    assert LoudnessMeter()(torch.full((1, 88064), 0.5))[0, 0, -1] == -80


@pytest.mark.parametrize(("hop", "window"), [(256, 128), (0, 128)])
def test_sizes_are_checked(hop: int, window: int) -> None:
    with pytest.raises(ValueError, match="window of the loudness must be at least hop_length"):
        LoudnessMeter(44100, hop, window)
