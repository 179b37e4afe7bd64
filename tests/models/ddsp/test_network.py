"""Spectra as loud as is asked for, whatever the weights are, and the same in blocks."""

from __future__ import annotations

import pytest
import torch

from tests.tolerances import INAUDIBLE, ROUNDING
from vschaos.dsp.loudness import LoudnessMeter
from vschaos.dsp.noise import FilteredNoise
from vschaos.dsp.oscillators import HarmonicBank
from vschaos.models.ddsp.network import ControlNetwork

RATE, HOP, FRAMES = 44100, 256, 200


def network() -> ControlNetwork:
    torch.manual_seed(0)
    made = ControlNetwork(RATE)
    for weight in made.after.parameters():
        weight.data.mul_(3.0)  # a spectrum that is far from the mean
    return made.eval()


def controls(pitch: float, loudness: float, frames: int = FRAMES) -> torch.Tensor:
    frame = torch.tensor([pitch, 1.0, loudness, 0.5, -0.5, 1.0, -1.0])
    return frame[None, :, None].repeat(1, 1, frames)


def hidden(net: ControlNetwork, rows: int = 1) -> torch.Tensor:
    return torch.zeros(rows, net.memory_size)


@pytest.mark.parametrize("pitch", [33.0, 60.0, 96.0, 120.0])
@pytest.mark.parametrize("loudness", [-50.0, -20.0])
@torch.inference_mode()
def test_the_loudness_is_obeyed(pitch: float, loudness: float) -> None:
    net, asked = network(), controls(pitch, loudness)
    partials, noise, _ = net(asked, hidden(net))
    hertz = 440 * torch.exp2((asked[:, 0].double() - 69) / 12)
    sound = HarmonicBank(RATE, HOP)(hertz, partials) + FilteredNoise(HOP)(noise)
    measured = LoudnessMeter(RATE, HOP)(sound)[0, 0, 20:].mean()
    # between its bands the noise's magnitudes, not powers, are lines: .5 dB at most
    assert abs(float(measured) - loudness) < 0.5


@torch.inference_mode()
def test_silence_is_exact_and_partials_end_at_the_nyquist_frequency() -> None:
    net = network()
    partials, noise, _ = net(controls(60.0, -80.0), hidden(net))
    assert not partials.any()
    assert not noise.any()
    partials, _, _ = net(controls(96.0, -20.0), hidden(net))
    above = torch.arange(1, 101) * 2093.0 > RATE / 2
    assert not partials[0, above].any()
    assert partials[0, ~above].all()


@torch.inference_mode()
def test_any_controls_give_finite_amplitudes() -> None:
    net = network()
    for pitch, loudness in ((0.0, 0.0), (127.0, 0.0), (-500.0, -79.0), (500.0, 20.0)):
        partials, noise, _ = net(controls(pitch, loudness, 3), hidden(net))
        assert partials.isfinite().all()
        assert noise.isfinite().all()
        assert max(partials.max(), noise.max()) <= net.spectrum.loudest


@torch.inference_mode()
def test_blocks_continue_each_other_as_scripted() -> None:
    net = network()
    asked = controls(60.0, -20.0, 40).repeat(2, 1, 1)
    asked[:, 0] += torch.linspace(0, 12, 40)
    whole = net(asked, hidden(net, 2))
    scripted, state, parts = torch.jit.script(net), hidden(net, 2), []
    for block in asked.split(7, 2):
        partials, noise, state = scripted(block, state)
        parts.append(torch.cat([partials, noise], 1))
    assert (torch.cat(parts, 2) - torch.cat(whole[:2], 1)).abs().max() < INAUDIBLE
    assert (state - whole[2]).abs().max() < 100 * ROUNDING  # of forty steps


def test_it_is_small() -> None:
    assert 10_000 < sum(weight.numel() for weight in ControlNetwork(RATE).parameters()) < 150_000
