"""A bank of partials is the sum of sines that it says, for hours and however it is cut."""

import io
import math
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from tests.clicks import clicks
from tests.tolerances import ROUNDING
from vschaos.dsp.oscillators import HarmonicBank, HarmonicState, StreamingHarmonicBank

RATE, HOP = 44100, 256


def decibels(difference: Tensor, target: Tensor) -> float:
    return 20 * math.log10(float(difference.norm() / target.norm()) + 1e-12)


def controls(batch: int = 2, num_frames: int = 40, partials: int = 100) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    frames = torch.arange(num_frames).double()
    depth = torch.arange(1, batch + 1).unsqueeze(1) / 24
    f0_hz = 150.0 * torch.exp2(depth * torch.sin(frames / 5))
    return f0_hz, torch.rand(batch, partials, num_frames, generator=random) / partials


def by_definition(f0_hz: Tensor, amplitudes: Tensor) -> Tensor:
    """`sum_k a_k(t) sin(2 pi k phi(t))` in float64, sample by sample, without fade."""
    f0_hz = torch.cat([f0_hz[:, :1], f0_hz], 1)
    amplitudes = torch.cat([torch.zeros_like(amplitudes[:, :, :1]), amplitudes], 2).double()
    ramp = torch.arange(HOP).double() / HOP

    def ramped(frames: Tensor) -> Tensor:
        before, after = frames[..., :-1, None], frames[..., 1:, None]
        return (before + (after - before) * ramp).flatten(-2)

    # the integral of a ramp from sample to sample is that of the trapezoid below it
    frequency = torch.cat([ramped(f0_hz), f0_hz[:, -1:]], 1)
    cycles = torch.cumsum((frequency[:, :-1] + frequency[:, 1:]) / 2, 1) / RATE
    cycles = torch.nn.functional.pad(cycles, (1, -1))
    partials = torch.arange(1, amplitudes.shape[1] + 1).unsqueeze(1)
    sines = torch.sin(2 * math.pi * (partials * cycles.unsqueeze(1)).remainder(1.0))
    return (ramped(amplitudes) * sines).sum(1)


def steady(f0_hz: float, seconds: float, partials: int = 100) -> Tensor:
    num_frames = round(seconds * RATE / HOP)
    amplitudes = torch.full([1, partials, num_frames], 1.0 / partials)
    return HarmonicBank(RATE, num_partials=partials)(
        torch.full([1, num_frames], f0_hz, dtype=torch.float64), amplitudes
    )


@pytest.mark.parametrize("partials", [1, 7, 60, 100])
def test_it_is_the_sum_by_definition(partials: int) -> None:
    f0_hz, amplitudes = controls(partials=partials)
    sound = HarmonicBank(RATE, num_partials=partials)(f0_hz, amplitudes)
    expected = by_definition(f0_hz, amplitudes)
    assert sound.dtype == torch.float32
    assert decibels(sound - expected, expected) < -120  # of 24 bits, added up


@pytest.mark.parametrize("f0_hz", [55.0, 441.7, 1760.0])
def test_the_frequency_is_exact(f0_hz: float) -> None:
    sound = steady(f0_hz, 2.0, partials=1)[0, HOP:].double()
    time = torch.arange(HOP, HOP + len(sound)).double() / RATE
    expected = torch.sin(2 * math.pi * f0_hz * time)
    # a hundredth of a cent is, after 2 s, a phase of -23 dB at 1760 Hz and of -53 dB at 55 Hz
    assert decibels(sound - expected, expected) < -100


def test_the_phase_holds_for_hours() -> None:
    bank = HarmonicBank(RATE)
    num_frames = 1000
    vibrato = 440.0 * torch.exp2(torch.sin(torch.arange(num_frames + 1).double() / 9) / 24)
    vibrato[-1] = vibrato[0]  # a loop
    rounds = 10 * 3600 * RATE // (num_frames * HOP)
    phase = torch.zeros(1, dtype=torch.float64)
    for _ in range(rounds):
        phase = bank.advance(vibrato.unsqueeze(0), phase)[1]
    cycles = sum(Fraction(hertz) for hertz in vibrato[:-1].tolist()) * rounds * HOP / RATE
    expected = float(cycles - round(cycles))
    drift = abs(math.remainder(float(phase) - expected, 1.0))
    assert 1200 * math.log2(1 + drift / float(cycles)) < 0.01
    # the highest partial turns a hundred times as far
    assert 20 * math.log10(2 * math.pi * 100 * drift + 1e-12) < -90
    amplitudes = torch.full([1, 100, 4], 0.01)
    sounds = [
        bank.continued(
            vibrato[None, :4],
            amplitudes,
            HarmonicState(start, vibrato[:1], torch.full([1, 100], 0.01)),
        )[0]
        for start in (phase, torch.tensor([expected], dtype=torch.float64))
    ]
    assert decibels(sounds[0] - sounds[1], sounds[1]) < -90


@pytest.mark.parametrize("f0_hz", [147.0, 1500.0, 3000.0, 12000.0])
def test_nothing_folds_back(f0_hz: float) -> None:
    # a window that lets through -100 dB four bins beside a partial
    sound = steady(f0_hz, 1.5)[0, HOP : HOP + RATE].double()
    spectrum = torch.fft.rfft(sound * torch.blackman_window(RATE, dtype=torch.float64).square())
    bins = torch.arange(len(spectrum))
    off = (bins - (bins / f0_hz).round() * f0_hz).abs()
    power = spectrum.abs().square()
    aside = power[(off > 8) | (bins < 8)].sum()
    assert 10 * math.log10(float(aside / power.sum()) + 1e-15) < -100


def test_partials_fade_out_below_the_nyquist_frequency() -> None:
    levels = [float(steady(f0_hz, 0.2, 1)[0, HOP:].abs().max()) for f0_hz in (19500, 20950, 22050)]
    assert levels[0] == pytest.approx(1.0, abs=0.02)
    assert levels[1] == pytest.approx(0.5, abs=0.02)
    assert levels[2] < ROUNDING


@pytest.mark.parametrize("sizes", [[1], [2], [8], [1, 5, 2, 16, 3]])
def test_blocks_do_not_matter(sizes: list[int]) -> None:
    f0_hz, amplitudes = controls()
    bank = HarmonicBank(RATE)
    stream = torch.jit.script(StreamingHarmonicBank(bank))
    for _ in range(2):
        stream.reset()
        parts, start = [], 0
        while start < f0_hz.shape[1]:
            size = sizes[len(parts) % len(sizes)]
            part = slice(start, start + size)
            parts.append(stream(f0_hz[:, part], amplitudes[:, :, part]))
            start += size
        difference = torch.cat(parts, 1) - bank(f0_hz, amplitudes)
        assert float(difference.abs().max()) <= ROUNDING


def test_voices_that_stay_go_on() -> None:
    f0_hz, amplitudes = controls(batch=4, num_frames=9)
    bank = HarmonicBank(RATE)
    stream = StreamingHarmonicBank(bank)
    parts = [
        stream(f0_hz[:rows, start : start + 3], amplitudes[:rows, :, start : start + 3])
        for start, rows in ((0, 1), (3, 4), (6, 1))
    ]
    sound = torch.cat([part[:1] for part in parts], 1)
    assert float((sound - bank(f0_hz[:1], amplitudes[:1])).abs().max()) <= ROUNDING
    new = bank(f0_hz[1:, 3:6], amplitudes[1:, :, 3:6])
    assert float((parts[1][1:] - new).abs().max()) <= ROUNDING


def test_no_control_clicks() -> None:
    random = torch.Generator().manual_seed(1)
    level = torch.randint(0, 2, [1, 1, 60], generator=random).float().repeat_interleave(5, 2)
    notes = 72 + 24 * torch.rand(1, 30, generator=random).repeat_interleave(10, 1)
    f0_hz = 440 * torch.exp2((notes - 69) / 12)
    bank = HarmonicBank(RATE, num_partials=1)  # several make pulses, which would hide clicks
    assert clicks(bank(f0_hz, 0.3 * level)[0].numpy()) == []
    stepped = by_definition(f0_hz.double(), torch.ones(1, 1, 300)) * level.repeat_interleave(HOP, 2)
    assert len(clicks(stepped[0, 0].numpy())) > 10


def test_gradients_are_those_of_the_sound() -> None:
    f0_hz, amplitudes = controls(batch=1, num_frames=3, partials=5)
    bank = HarmonicBank(RATE, hop_length=8, num_partials=5)
    amplitudes = amplitudes.double().requires_grad_()
    assert torch.autograd.gradcheck(bank, (f0_hz.requires_grad_(), amplitudes))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 0.0, -5.0, 1e9])
def test_it_stays_finite(value: float) -> None:
    f0_hz, amplitudes = controls()
    stream = StreamingHarmonicBank(HarmonicBank(RATE))
    broken = f0_hz.clone()
    broken[:, 7] = value
    assert bool(stream(broken, amplitudes).isfinite().all())
    if not math.isfinite(value):
        assert bool(stream(f0_hz, torch.full_like(amplitudes, value)).isfinite().all())
    stream(f0_hz[:, :1], amplitudes[:, :, :1] * 0)
    assert float(stream(f0_hz, amplitudes * 0).abs().max()) < ROUNDING


def test_a_change_of_precision_is_survived() -> None:
    f0_hz, amplitudes = controls()
    stream = StreamingHarmonicBank(HarmonicBank(RATE)).to(torch.float32)
    expected = HarmonicBank(RATE)(f0_hz, amplitudes)
    assert float((stream(f0_hz, amplitudes) - expected).abs().max()) <= ROUNDING


def test_it_is_saved_with_its_constants() -> None:
    f0_hz, amplitudes = controls()
    stream = StreamingHarmonicBank(HarmonicBank(RATE))
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(stream), file)
    file.seek(0)
    difference = torch.jit.load(file)(f0_hz, amplitudes) - stream(f0_hz, amplitudes)
    assert float(difference.abs().max()) <= ROUNDING


def test_a_bank_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="num_partials must be 1 or more, got 0"):
        HarmonicBank(RATE, num_partials=0)
