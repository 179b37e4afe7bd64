"""The state-variable filter: its equations, its frequency response, its stability."""

from __future__ import annotations

import math

import pytest
import torch

from vschaos.dsp.filter import StateVariableFilter

RATE = 44100
# of float32 beside a loop in float64, relative to the largest sample: -100 dB
SINGLE = 1e-5


def loop(audio: torch.Tensor, cutoff: torch.Tensor, resonance: torch.Tensor) -> torch.Tensor:
    """Low, band and high of one voice, sample by sample (Simper 2013), `[3, T]`."""
    first = second = 0.0
    rows = []
    for x, hz, q in zip(audio.tolist(), cutoff.tolist(), resonance.tolist(), strict=True):
        g, k = math.tan(math.pi * hz / RATE), 1.0 / q
        v1 = (first + g * (x - second)) / (1.0 + g * (g + k))
        v2 = second + g * v1
        first, second = 2.0 * v1 - first, 2.0 * v2 - second
        rows.append([v2, k * v1, x - k * v1 - v2])
    return torch.tensor(rows, dtype=torch.float64).T


def swept(length: int = 1024) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    time = torch.arange(length, dtype=torch.float64)
    cutoff = 60.0 * 200.0 ** (0.5 - 0.5 * torch.cos(time / 70))
    return torch.randn(length, dtype=torch.float64), cutoff, 0.5 + 19.5 * (time % 300) / 300


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-11), (torch.float32, SINGLE)])
def test_it_is_its_loop_while_all_moves(dtype: torch.dtype, tolerance: float) -> None:
    inputs = swept()
    expected = loop(*inputs)
    zeros = torch.zeros(1, 2, dtype=dtype)
    responses, _ = StateVariableFilter(RATE)(*(x.to(dtype)[None] for x in inputs), zeros)
    error = (torch.cat(list(responses)).double() - expected).abs().max() / expected.abs().max()
    assert error < tolerance


@pytest.mark.parametrize("cutoff", [100.0, 1000.0, 9000.0])
@pytest.mark.parametrize("resonance", [0.7071, 8.0])
def test_the_response_is_that_of_the_analogue_filter(cutoff: float, resonance: float) -> None:
    """At frequencies that the trapezoidal rule bends: `tan(pi f / fs)` in place of f."""
    impulse = torch.zeros(1, 2**15, dtype=torch.float64)
    impulse[0, 0] = 1.0
    double = torch.float64
    responses, _ = StateVariableFilter(RATE)(
        impulse,
        torch.full([1, 1], cutoff, dtype=double),
        torch.full([1, 1], resonance, dtype=double),
        torch.zeros(1, 2, dtype=double),
    )
    bins = torch.arange(1, 2**14, 37)
    w = torch.tan(math.pi * bins.double() / 2**15) / math.tan(math.pi * cutoff / RATE)
    s = 1j * w
    denominator = s**2 + s / resonance + 1.0
    for response, numerator in zip(responses, (1.0, s / resonance, s**2), strict=True):
        found = torch.fft.rfft(response[0])[bins]
        assert (found - numerator / denominator).abs().max() < 1e-6


def test_low_band_and_high_are_met_by_the_morph() -> None:
    audio, cutoff, resonance = (x[None] for x in swept(64))
    part = StateVariableFilter(RATE)
    responses, _ = part(audio, cutoff, resonance, torch.zeros(1, 2, dtype=torch.float64))
    for position, expected in zip((0.0, 0.5, 1.0), responses, strict=True):
        morphed = part.morphed(responses, torch.full([1, 1], position, dtype=torch.float64))
        assert (morphed - expected).abs().max() < 1e-12
    middle = part.morphed(responses, torch.full([1, 1], 0.25, dtype=torch.float64))
    assert (middle - 0.5 * (responses.low + responses.band)).abs().max() < 1e-12


def test_wild_modulation_stays_bounded() -> None:
    """A cutoff that jumps over its whole range at each sample, at the highest resonance."""
    torch.manual_seed(0)
    cutoff = torch.where(torch.rand(1, 2**14) < 0.5, 0.0, 1e9)
    noise = torch.rand(1, 2**14) * 2.0 - 1.0
    responses, state = StateVariableFilter(RATE)(
        noise, cutoff, torch.full([1, 1], 20.0), torch.zeros(1, 2)
    )
    assert max(response.abs().max() for response in responses) < 100.0
    silence, _ = StateVariableFilter(RATE)(
        torch.zeros(1, 2**14), torch.full([1, 1], 500.0), torch.full([1, 1], 20.0), state
    )
    assert silence.low[0, -1000:].abs().max() < 1e-4


def test_the_gradient_is_right() -> None:
    torch.manual_seed(0)
    part = StateVariableFilter(1000)
    inputs = (
        torch.randn(1, 32, dtype=torch.float64),
        60.0 + 300.0 * torch.rand(1, 32, dtype=torch.float64),
        torch.full([1, 1], 3.0, dtype=torch.float64),
        torch.randn(1, 2, dtype=torch.float64),
    )
    for tensor in inputs:
        tensor.requires_grad_()
    assert torch.autograd.gradcheck(lambda *x: tuple(part(*x)[0]), inputs, rtol=1e-4)
