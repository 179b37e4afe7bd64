"""The low-frequency oscillator: its rate, its shape, and where it goes on."""

from __future__ import annotations

import torch

from vschaos.dsp.low_frequency import LowFrequencyOscillator

RATE = 1000


def wave(hertz: float, shape: float, length: int = 1000) -> torch.Tensor:
    double = torch.float64
    part, phase = LowFrequencyOscillator(RATE), torch.zeros(1, dtype=double)
    blocks = []
    for start in range(0, length, 250):
        size = min(250, length - start)
        full = [torch.full([1, 1], value, dtype=double) for value in (hertz, shape)]
        block, phase = part(*full, size, phase)
        blocks.append(block)
    return torch.cat(blocks, 1)[0]


def test_it_counts_its_rate_and_fills_its_range() -> None:
    for shape in (0.0, 0.3, 0.5, 1.0):
        made = wave(4.0, shape)
        assert made.max() > 0.9
        assert made.min() < -0.9
        assert made.abs().max() <= 1.0
        upward = ((made[1:] > 0) & (made[:-1] <= 0)).sum()
        assert upward in (3, 4)
        assert abs(made.mean()) < 0.02


def test_its_peak_moves_from_left_to_right() -> None:
    falling, triangle, rising = (wave(2.0, shape).diff() for shape in (0.0, 0.5, 1.0))
    assert (falling < 0).double().mean() > 0.95
    assert abs((triangle < 0).double().mean() - 0.5) < 0.02
    assert (rising > 0).double().mean() > 0.95


def test_it_begins_at_0_and_rises() -> None:
    made = wave(1.0, 0.5)
    assert abs(made[0]) < 0.01
    assert made[100] > made[0]


def test_the_gradient_is_right() -> None:
    part = LowFrequencyOscillator(RATE)
    inputs = [torch.tensor([[value]], dtype=torch.float64) for value in (3.3, 0.37)]
    for tensor in inputs:
        tensor.requires_grad_()
    zero = torch.zeros(1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda r, s: part(r, s, 64, zero)[0], inputs, rtol=1e-4)
