"""Oscillators: their spectra, aliasing, and the decimator."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from vschaos.dsp.virtual_analog import NUM_TAPS, Decimator, Oscillator

RATE = 44100
C6, C7 = 1046.5, 2093.0


def full(value: float) -> torch.Tensor:
    return torch.full([1, 1], value, dtype=torch.float64)


def tone(hertz: float, shape: float, width: float = 0.5, length: int = RATE // 2) -> np.ndarray:
    steps = torch.full([1, 2 * length], hertz / (2 * RATE), dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    wave = Oscillator()(torch.cumsum(steps, 1), zero, full(shape), full(width))
    before = torch.zeros(1, NUM_TAPS - 1, dtype=torch.float64)
    return Decimator()(wave, before)[0][0, NUM_TAPS:].numpy()


def alias_db(sound: np.ndarray, hertz: float) -> float:
    """Power between the harmonics, relative to theirs, from 20 Hz to 20 kHz."""
    power = np.abs(np.fft.rfft(sound * np.kaiser(len(sound), 20))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    harmonic = np.round(frequencies / hertz)
    is_near = (np.abs(frequencies - harmonic * hertz) < 25) & (harmonic > 0)
    is_heard = (frequencies > 20) & (frequencies < 20000)
    is_tone = is_near & (frequencies < RATE / 2)
    return float(10 * np.log10(power[~is_near & is_heard].sum() / power[is_tone].sum()))


@pytest.mark.parametrize(("hertz", "most"), [(C6, -55.0), (C7, -50.0)])
@pytest.mark.parametrize(("shape", "width"), [(1.0, 0.5), (2.0, 0.5), (2.0, 0.1), (1.5, 0.3)])
def test_aliases_are_out_of_hearing(hertz: float, most: float, shape: float, width: float) -> None:
    assert alias_db(tone(hertz, shape, width), hertz) < most


def test_a_naive_saw_would_fail() -> None:
    time = np.arange(RATE // 2)
    assert alias_db(2.0 * (time * C6 / RATE % 1.0) - 1.0, C6) > -20.0


def harmonics(sound: np.ndarray, hertz: float, count: int) -> np.ndarray:
    """Amplitudes, by the inner product with each."""
    turns = np.outer(np.arange(1, count + 1), np.arange(len(sound)) * hertz / RATE)
    window = np.hanning(len(sound))
    return np.abs((np.exp(-2j * np.pi * turns) * window) @ sound) * 2 / window.sum()


def test_spectra_are_those_of_saw_and_pulse() -> None:
    """Amplitudes of 2 / (pi k), with sin(pi k w) for a pulse, within .3 dB of the first 12."""
    numbers = np.arange(1, 13)
    saw = harmonics(tone(220.0, 1.0), 220.0, 12)
    assert np.abs(20 * np.log10(saw * math.pi * numbers / 2)).max() < 0.3
    pulse = harmonics(tone(220.0, 2.0, 0.23), 220.0, 12)
    expected = 4 / (math.pi * numbers) * np.abs(np.sin(math.pi * numbers * 0.23))
    assert np.abs(20 * np.log10(pulse / expected)).max() < 0.3
    sine = harmonics(tone(220.0, 0.0), 220.0, 3)
    assert abs(sine[0] - 1.0) < 1e-3
    assert sine[1:].max() < 1e-3


def test_a_pulse_has_no_offset_at_any_width() -> None:
    for width in (0.05, 0.5, 0.95):
        assert abs(tone(441.0, 2.0, width).mean()) < 1e-3


def test_phases_that_run_backwards_mirror_the_wave() -> None:
    phase = torch.arange(1, 401, dtype=torch.float64)[None] * 0.0123
    zero = torch.zeros(1, dtype=torch.float64)
    forwards = Oscillator()(phase, zero, full(1.0), full(0.5))
    backwards = Oscillator()(-phase, zero, full(1.0), full(0.5))
    assert (forwards + backwards).abs().max() < 1e-9


def test_a_phase_that_stands_still_is_finite() -> None:
    still = torch.zeros(1, 8, dtype=torch.float64)
    assert torch.isfinite(Oscillator()(still, still[:, 0], full(2.0), full(0.5))).all()


def test_the_decimator_passes_and_stops() -> None:
    part = Decimator()
    response = torch.fft.rfft(part.taps[0, 0], 2**13).abs()
    share = torch.arange(len(response)) / (len(response) - 1)  # of the lower rate
    decibels = 20 * torch.log10(response + 1e-12)
    assert decibels[share < 0.4].abs().max() < 0.01
    assert decibels[share > 0.6].max() < -78.0


def test_the_gradient_is_right() -> None:
    torch.manual_seed(0)
    phase = torch.cumsum(0.02 + 0.05 * torch.rand(1, 40, dtype=torch.float64), 1)
    inputs = (phase, full(1.4), full(0.3))
    for tensor in inputs:
        tensor.requires_grad_()
    zero = torch.zeros(1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda p, s, w: Oscillator()(p, zero, s, w), inputs, rtol=1e-4)
