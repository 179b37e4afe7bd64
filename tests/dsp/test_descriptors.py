"""Descriptors mean what their names say, whatever the level."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from vschaos.dsp.descriptors import DESCRIPTORS, Descriptors

PARTIALS = 50
NUMBERS = torch.arange(1, PARTIALS + 1)


def described(amplitudes: Tensor, noise: float = 1e-5, note: float = 45.0) -> dict[str, float]:
    describe = Descriptors(44100, PARTIALS)
    found = describe(
        torch.full([1, 1], note), amplitudes.float()[None, :, None], torch.full([1, 1], noise)
    )
    return dict(zip(DESCRIPTORS, found[0, :, 0].tolist(), strict=True))


SINE = (NUMBERS == 1).float()
SAW = 1.0 / NUMBERS
SQUARE = SAW * (NUMBERS % 2)


def test_a_sine_a_saw_and_a_square() -> None:
    assert described(SINE)["brightness"] == pytest.approx(0.0, abs=1e-3)
    assert described(SINE)["richness"] == pytest.approx(0.0, abs=2e-3)
    assert described(SQUARE)["odd_even"] == pytest.approx(39.9, abs=0.2)  # the limit
    odd, even = SAW[::2].sum(), SAW[1::2].sum()
    # the knee takes a little of the highest ones
    assert described(SAW)["odd_even"] == pytest.approx(20 * math.log10(float(odd / even)), abs=0.5)
    centroid = float((SAW * torch.log2(NUMBERS)).sum() / SAW.sum())
    assert described(SAW)["brightness"] == pytest.approx(centroid - 0.2, abs=0.05)  # the knee


def test_darker_narrower_and_noisier() -> None:
    def cut(partial: int) -> Tensor:
        return SAW * (partial >= NUMBERS)

    bright = [described(cut(highest))["brightness"] for highest in (4, 8, 16, 32)]
    steps = [later - first for first, later in pairwise(bright)]
    assert all(0.2 < step < 0.6 for step in steps)  # octave by octave
    # the same centroid: all of it there, or two octaves to either side
    hump, wings = torch.zeros(PARTIALS), torch.zeros(PARTIALS)
    hump[3], wings[0], wings[15] = 1.0, 1.0, 1.0
    assert described(hump)["brightness"] == pytest.approx(described(wings)["brightness"])
    assert described(hump)["richness"] == pytest.approx(0.0, abs=2e-3)
    assert described(wings)["richness"] == pytest.approx(2.0, abs=1e-3)
    louder = [described(SAW, noise)["noisiness"] for noise in (1e-5, 1e-4, 1e-3)]
    assert louder[1] - louder[0] == pytest.approx(10.0, abs=0.01)
    assert louder[2] - louder[1] == pytest.approx(10.0, abs=0.01)


def test_the_level_does_not_count() -> None:
    loud, soft = described(SAW, 1e-4), described(0.01 * SAW, 1e-8)
    assert loud == pytest.approx(soft, abs=1e-3)


def test_silence_and_extremes_are_finite_and_have_slopes() -> None:
    for amplitudes, noise in ((0 * SAW, 0.0), (SINE, 0.0), (1e6 * SAW, 1e9), (0 * SAW, 1.0)):
        assert all(map(math.isfinite, described(amplitudes, noise).values()))
    describe = Descriptors(44100, PARTIALS)
    for start in (SINE, SQUARE, 0 * SAW):
        amplitudes = start.float()[None, :, None].clone().requires_grad_()
        describe.of_tone(amplitudes).sum().backward()
        assert amplitudes.grad is not None
        assert amplitudes.grad.isfinite().all()
