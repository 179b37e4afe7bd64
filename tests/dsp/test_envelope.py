"""Envelopes: their curve, whatever the gate does, in any blocks."""

from __future__ import annotations

import math

import torch

from vschaos.dsp.envelope import ADSR, GateReader
from vschaos.dsp.scan import decay_scan

RATE = 1000
ATTACK, DECAY, SUSTAIN, RELEASE = 0.0205, 0.1, 0.4, 0.15


def full(value: float) -> torch.Tensor:
    return torch.full([1, 1], value, dtype=torch.float64)


def envelope(gate: torch.Tensor, size: int = 0, attack: float = ATTACK) -> torch.Tensor:
    """`[B, T]` -> `[B, T]`, in blocks of `size`."""
    reader, adsr = GateReader(), ADSR(RATE)
    state, level = reader.silence(gate.shape[0]), gate.new_zeros(gate.shape[0])
    blocks = []
    for block in gate.split(size or gate.shape[1], 1):
        gates, state = reader(block, state)
        factor, offset = adsr(gates, full(attack), full(DECAY), full(SUSTAIN), full(RELEASE))
        blocks.append(decay_scan(factor, offset, level))
        level = blocks[-1][:, -1]
    return torch.cat(blocks, 1)


def gate_of(*edges: int, length: int = 1024) -> torch.Tensor:
    """On from the first to the second, from the third to the fourth, ..."""
    gate = torch.zeros(1, length, dtype=torch.float64)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        gate[:, start:end] = 0.7
    return gate


def test_the_curve_is_that_of_continuous_time() -> None:
    """An attack that ends between two samples; sample n is the moment n + 1."""
    made = envelope(gate_of(0, 400))[0]
    time = (torch.arange(1024, dtype=torch.float64) + 1) / RATE
    rising = (1 - torch.exp(-3.0 * time / ATTACK)) / (1 - math.exp(-3.0))
    decades = math.log(1000.0)
    falling = SUSTAIN + (1 - SUSTAIN) * torch.exp(-decades * (time - ATTACK) / DECAY)
    held = torch.where(time < ATTACK, rising, falling)
    released = held[399] * torch.exp(-decades * (time - 0.4) / RELEASE)
    expected = torch.where(time <= 0.4, held, released)
    assert (made - expected).abs().max() < 1e-9


def test_a_release_falls_by_60_db_in_its_time() -> None:
    made = envelope(gate_of(0, 400))[0]
    assert abs(20 * math.log10(made[549] / made[399]) + 60.0) < 0.1


def test_blocks_do_not_matter() -> None:
    gate = gate_of(3, 90, 95, 130, 200, 700, 701, 702)
    whole = envelope(gate)
    for size in (32, 96, 256):
        assert (envelope(gate, size) - whole).abs().max() < 1e-12


def test_a_note_that_comes_again_goes_on_from_where_it_is() -> None:
    """Neither a jump nor much above 1, also for a gate of one sample."""
    made = envelope(gate_of(0, 60, 61, 120, 121, 122, 123, 400), attack=0.01)[0]
    assert made.max() <= 1.05
    assert made.diff().abs().max() < 3.2 / (0.01 * RATE)
    assert made[61] > made[60]


def test_silence_stays_silent() -> None:
    assert not envelope(torch.zeros(2, 64, dtype=torch.float64)).any()
    assert not envelope(gate_of(0, 64, length=64) * 1e-3).any()  # below the threshold


def test_the_gradient_follows_an_attack_between_samples() -> None:
    """A longer attack delays the decay: the level is higher from then on, not lower."""
    values = [ATTACK, DECAY, SUSTAIN, RELEASE]
    inputs = [full(value).requires_grad_() for value in values]
    gates, _ = GateReader()(gate_of(0, 60, length=96), GateReader().silence(1))

    def run(*settings: torch.Tensor) -> torch.Tensor:
        factor, offset = ADSR(RATE)(gates, *settings)
        return decay_scan(factor, offset, torch.zeros(1, dtype=torch.float64))

    assert torch.autograd.gradcheck(run, inputs, rtol=1e-4)
    (slope,) = torch.autograd.grad(run(*inputs)[0, 40], inputs[:1])
    assert slope > 0
