"""Partials and noise as they were made, at any pitch, in blocks, for any number of voices."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.tolerances import INAUDIBLE
from vschaos.dsp.loudness import a_weighting
from vschaos.dsp.noise import FilteredNoise
from vschaos.dsp.oscillators import HarmonicBank
from vschaos.dsp.partial_meter import PartialFrames, PartialMeter
from vschaos.dsp.pitch import note_to_hz

RATE, HOP, FRAMES, PARTIALS = 44100, 256, 80, 100


def vibrato(note: float) -> Tensor:
    """30 cents at 5.5 Hz, `[1, N]`."""
    time = torch.arange(FRAMES) * HOP / RATE
    return (note + 0.3 * torch.sin(2 * math.pi * 5.5 * time))[None]


def spectrum() -> Tensor:
    """A bright one with a ripple, `[1, K, N]`."""
    numbers = torch.arange(1, PARTIALS + 1)
    amplitudes = 0.2 / numbers**1.2 * (1 + 0.5 * torch.cos(3.0 * numbers))
    return amplitudes[None, :, None].repeat(1, 1, FRAMES)


def sound(note: float, level: float) -> Tensor:
    tone = HarmonicBank(RATE, HOP)(note_to_hz(vibrato(note).double()), spectrum())
    return tone + FilteredNoise(HOP)(torch.full([1, 65, FRAMES], level))


def measured(audio: Tensor, note: Tensor, meter: PartialMeter | None = None) -> PartialFrames:
    """Frame n of what is returned is of sample `(n + 1) * HOP`, as those of the bank."""
    meter = meter or PartialMeter(RATE, HOP, num_partials=PARTIALS)
    late = meter.delay // HOP
    audio = torch.nn.functional.pad(audio, (0, (late + 1) * HOP))[:, meter.delay % HOP :]
    audio = audio[:, : (FRAMES + late) * HOP]
    tracked = torch.stack([note, torch.ones_like(note)], 1)
    found = meter(audio, torch.cat([tracked[:, :, :1].repeat(1, 1, late), tracked], 2))
    return PartialFrames(found.amplitudes[:, :, late:], found.noise[:, late:])


@pytest.mark.parametrize("note", [33.0, 38.0, 45.0, 69.0, 93.0])
def test_partials_and_noise_are_those_that_were_made(note: float) -> None:
    """Two to four periods a window at 55 to 110 Hz; vibrato everywhere."""
    found = measured(sound(note, 0.01), vibrato(note))
    inside = slice(12, -12)
    # within 30 dB of the strongest, as far as the bank does not fade them; weaker ones are noise
    hertz = note_to_hz(torch.tensor(note)) * torch.arange(1, PARTIALS + 1)
    meant = spectrum()[0, :, 0]
    counts = (meant > 0.03 * meant.max()) & (hertz < 0.85 * RATE / 2)
    power = found.amplitudes[0, :, inside].square().mean(1)
    assert (10 * torch.log10(power / meant.square()))[counts].abs().max() < 0.6  # dB
    weights = a_weighting(torch.linspace(0, RATE / 2, 4097))
    noise = 10 * torch.log10(found.noise[0, inside] / (0.01**2 * weights.mean()))
    assert abs(float(noise.mean())) < 1.0
    assert noise.std() < 1.5


def test_a_glide_is_no_noise() -> None:
    """Of half an octave in .46 s; at the pitch of each frame alone partial 20 would be smeared."""
    note = torch.linspace(60.0, 66.0, FRAMES)[None]
    tone = HarmonicBank(RATE, HOP)(note_to_hz(note.double()), spectrum())
    found = measured(tone, note)
    power = 0.5 * found.amplitudes.square().sum(1)
    share_db = 10 * torch.log10(found.noise / power)[0, 12:-12]
    assert share_db.max() < -30.0


def test_blocks_and_voices_do_not_matter() -> None:
    audio = torch.cat([sound(45.0, 0.01), sound(69.0, 0.001)])
    tracked = torch.stack([torch.cat([vibrato(45.0), vibrato(69.0)]), torch.ones(2, FRAMES)], 1)
    whole = PartialMeter(RATE, HOP)(audio, tracked)
    stream = torch.jit.script(PartialMeter(RATE, HOP))
    parts = [
        stream(audio[:, n * HOP : (n + 5) * HOP], tracked[:, :, n : n + 5])
        for n in range(0, FRAMES, 5)
    ]
    assert (torch.cat([p.amplitudes for p in parts], 2) - whole.amplitudes).abs().max() < INAUDIBLE
    stream.reset()
    half = FRAMES // 2
    first = stream(audio[:1, : half * HOP], tracked[:1, :, :half])
    both = stream(audio[:, half * HOP :], tracked[:, :, half:])
    alone = torch.cat([first.amplitudes, both.amplitudes[:1]], 2)
    assert (alone - whole.amplitudes[:1]).abs().max() < INAUDIBLE


@pytest.mark.parametrize("window", [2048, 1024, 512])
def test_anything_gives_finite_frames(window: int) -> None:
    meter = PartialMeter(RATE, HOP, window, num_partials=8)
    audio = torch.randn(1, 6 * HOP)
    audio[0, 100:400:7], audio[0, 900] = math.nan, math.inf
    tracked = torch.tensor([[[0.0, 130.0, 60.0, -500.0, 500.0, math.nan], [1.0] * 6]])
    found = meter(audio, tracked)
    assert found.amplitudes.isfinite().all()
    assert found.noise.isfinite().all()
    meter.reset()
    silent = meter(torch.zeros(1, 6 * HOP), torch.zeros(1, 2, 6))
    assert not silent.amplitudes.any()
    assert not silent.noise.any()


def test_another_rate_is_measured_by_its_hertz() -> None:
    note = torch.full([1, FRAMES], 57.0)
    tone = HarmonicBank(48000, HOP)(note_to_hz(note.double()), spectrum())
    meter = PartialMeter(RATE, HOP)
    meter.take_rate(48000)
    found = measured(tone, note, meter).amplitudes[0, :20, 40]
    assert (20 * torch.log10(found / spectrum()[0, :20, 0])).abs().max() < 0.2


def test_a_window_shorter_than_a_hop_is_refused() -> None:
    with pytest.raises(ValueError, match="window of the partials must be at least hop_length"):
        PartialMeter(RATE, 512, 256)
