"""Spectra are moved to what is asked of them, and no further than a pitch allows."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vschaos.dsp.descriptors import Descriptors
from vschaos.models.wavetable.obedience import LARGEST_CHANGE, Obedience

PARTIALS = 100
NUMBERS = torch.arange(1, PARTIALS + 1).float()
SPREAD = torch.tensor([[0.4], [4.0], [0.2]])  # a usual instrument's
STEPS = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
SAW = 1 / NUMBERS
CLARINET = SAW * (1 - 0.9 * (NUMBERS % 2 == 0).float())
ROUGH = SAW * torch.exp(torch.randn(PARTIALS, generator=torch.Generator().manual_seed(0)))
SPECTRA = {"saw": SAW, "clarinet": CLARINET, "rough": ROUGH * (NUMBERS < 60)}


def missed(amplitudes: Tensor, moved: int) -> tuple[Tensor, Tensor]:
    """Standard deviations that are missed `[3, 5]`, and gains, as one descriptor is moved."""
    describe = Descriptors(44100, PARTIALS)
    given = amplitudes[None, :, None].repeat(1, 1, len(STEPS))
    wanted = describe.of_tone(given)
    wanted[0, moved] += STEPS * SPREAD[moved]
    gains = Obedience(describe)(given, wanted, SPREAD)
    return ((describe.of_tone(given * gains.exp()) - wanted) / SPREAD)[0], gains[0]


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("moved", range(3))
def test_what_can_be_had_is_had(name: str, moved: int) -> None:
    off, gains = missed(SPECTRA[name], moved)
    assert off.abs().max() < 0.2
    assert gains[:, 2].abs().max() < 0.01  # as it is asked for already


@pytest.mark.parametrize("moved", range(3))
def test_what_cannot_be_had_is_approached(moved: int) -> None:
    """Four partials, the highest notes: two deviations are too much of most."""
    off, gains = missed(SAW * (NUMBERS <= 4), moved)
    assert off[moved].abs().max() < 2.0  # never farther than without
    assert off[moved, 2].abs() < 0.01
    assert gains.isfinite().all()
    octaves = torch.log2(NUMBERS) - 2.0
    most = torch.tensor(LARGEST_CHANGE).tolist()
    limit = most[0] * octaves.abs() + most[1] + most[2] * octaves.square()
    assert (gains.abs() <= limit[:, None] + 1e-3).all()


def test_silence_stays() -> None:
    describe = Descriptors(44100, PARTIALS)
    gains = Obedience(describe)(torch.zeros(1, PARTIALS, 2), torch.ones(1, 3, 2), SPREAD)
    assert gains.isfinite().all()


def test_gradients_pass() -> None:
    describe = Descriptors(44100, PARTIALS)
    given = SAW[None, :, None].clone().requires_grad_()
    wanted = describe.of_tone(SAW[None, :, None]) + 0.5 * SPREAD
    gains = Obedience(describe)(given, wanted, SPREAD)
    (given * gains.exp()).square().sum().backward()
    assert given.grad is not None
    assert given.grad.isfinite().all()
    assert given.grad.abs().max() > 0
