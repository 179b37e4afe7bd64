"""Scans: what a loop gives, in any blocks."""

from __future__ import annotations

import pytest
import torch

from vschaos.dsp.scan import CHUNK, affine_scan, decay_scan

NEAR = 1e-12  # some hundred roundings of float64


def test_an_affine_scan_is_its_loop() -> None:
    torch.manual_seed(0)
    matrices = 0.6 * torch.randn(2, 3 * CHUNK, 2, 2, dtype=torch.float64)
    offsets = torch.randn(2, 3 * CHUNK, 2, dtype=torch.float64)
    state = first = torch.randn(2, 2, dtype=torch.float64)
    expected = []
    for n in range(3 * CHUNK):
        state = (matrices[:, n] @ state.unsqueeze(2)).squeeze(2) + offsets[:, n]
        expected.append(state)
    states = affine_scan(matrices, offsets, first)
    assert (states - torch.stack(expected, 1)).abs().max() < NEAR


def test_a_decay_scan_is_its_loop_in_any_blocks() -> None:
    torch.manual_seed(0)
    factors, offsets = torch.rand(2, 5, 6 * CHUNK, dtype=torch.float64)
    state = first = torch.randn(5, dtype=torch.float64)
    expected = []
    for n in range(6 * CHUNK):
        state = factors[:, n] * state + offsets[:, n]
        expected.append(state)
    whole = decay_scan(factors, offsets, first)
    assert (whole - torch.stack(expected, 1)).abs().max() < NEAR
    for size in (CHUNK, 2 * CHUNK, 3 * CHUNK):
        state, blocks = first, []
        for a, b in zip(factors.split(size, 1), offsets.split(size, 1), strict=True):
            blocks.append(decay_scan(a, b, state))
            state = blocks[-1][:, -1]
        assert (torch.cat(blocks, 1) - whole).abs().max() < NEAR


def test_the_gradient_of_a_scan_is_right() -> None:
    torch.manual_seed(0)
    double = {"dtype": torch.float64, "requires_grad": True}
    matrices, offsets = torch.rand(1, 4, 2, 2, **double), torch.rand(1, 4, 2, **double)
    assert torch.autograd.gradcheck(
        lambda m, b, s: affine_scan(m, b, s, 2), (matrices, offsets, torch.rand(1, 2, **double))
    )
    factors, offsets = torch.rand(2, 8, **double), torch.rand(2, 8, **double)
    assert torch.autograd.gradcheck(
        lambda a, b, s: decay_scan(a, b, s, 4), (factors, offsets, torch.rand(2, **double))
    )


def test_whole_chunks_are_asked_for() -> None:
    with pytest.raises(ValueError, match="must be a multiple of 32 samples, got 33"):
        decay_scan(torch.ones(1, 33), torch.ones(1, 33), torch.zeros(1))
    with pytest.raises(ValueError, match="must be a multiple of 32 samples, got 1"):
        affine_scan(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2), torch.zeros(1, 2))
