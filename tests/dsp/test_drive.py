"""The drive: its curve, less aliasing than the curve alone, and nothing at 0 dB."""

from __future__ import annotations

import math

import torch

from vschaos.dsp.drive import Drive

RATE = 44100


def driven(audio: torch.Tensor, decibels: float) -> torch.Tensor:
    amount = torch.full([1, 1], decibels, dtype=audio.dtype)
    return Drive()(audio, amount, torch.zeros(1, dtype=torch.float64))[0]


def sine(hertz: float, length: int = RATE) -> torch.Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(length, dtype=torch.float64) / RATE)[None]


def aliases_db(sound: torch.Tensor, hertz: int) -> float:
    """Power up to 5 kHz that is not at a multiple of a frequency, relative to all; one second."""
    power = torch.fft.rfft(sound[0]).abs().square()
    bins = torch.arange(len(power))
    is_harmonic = bins % hertz == 0
    return float(
        10 * torch.log10(power[~is_harmonic & (bins > 20) & (bins < 5000)].sum() / power[1:].sum())
    )


def test_a_slow_sound_follows_the_curve() -> None:
    audio = sine(5.0, 8820)
    for decibels in (6.0, 24.0):
        gain = 10 ** (decibels / 20)
        expected = torch.tanh(gain * audio) * gain**-0.25
        assert (driven(audio, decibels) - expected)[:, 1:].abs().max() < 0.01


def test_nothing_happens_at_0_db_and_it_begins_softly() -> None:
    audio = sine(440.0, 1000)
    assert torch.equal(driven(audio, 0.0), audio)
    assert (driven(audio, 0.1) - audio).abs().max() < 0.02


def test_it_aliases_less_than_its_curve() -> None:
    """The n-th wave of 2,411 Hz falls on no multiple of it below the ninth."""
    audio, gain = sine(2411.0), 10 ** (18.0 / 20)
    plain = aliases_db(torch.tanh(gain * audio), 2411)
    assert aliases_db(driven(audio, 18.0), 2411) < plain - 12.0


def test_single_precision_is_enough_where_nothing_moves() -> None:
    """The quotient of small differences would be noise."""
    audio = sine(1.0, 4000)
    exact = driven(audio, 20.0)
    assert (driven(audio.float(), 20.0) - exact).abs().max() < 1e-4
    assert torch.isfinite(driven(torch.full([1, 64], 1e6), 24.0)).all()
    assert not driven(torch.zeros(1, 64), 24.0).any()


def test_blocks_do_not_matter_and_the_gradient_is_right() -> None:
    audio, amount = sine(300.0, 96), torch.full([1, 1], 12.0, dtype=torch.float64)
    whole = driven(audio, 12.0)
    state, blocks = torch.zeros(1, dtype=torch.float64), []
    for block in audio.split(32, 1):
        made, state = Drive()(block, amount, state)
        blocks.append(made)
    assert (torch.cat(blocks, 1) - whole).abs().max() < 1e-12
    inputs = (audio[:, :32].clone().requires_grad_(), amount.requires_grad_())
    zero = torch.zeros(1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x, a: Drive()(x, a, zero)[0], inputs, rtol=1e-4)
