"""Tables sound as the sum of their partials, at any pitch, for hours and however they are cut."""

import io
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.clicks import clicks
from tests.tolerances import ROUNDING
from vschaos.dsp.oscillators import HarmonicBank, HarmonicState
from vschaos.dsp.wavetable import StreamingWavetableOscillator, WavetableOscillator, cycles

RATE, HOP = 44100, 256


def decibels(difference: Tensor, target: Tensor) -> float:
    return 20 * math.log10(float(difference.norm() / target.norm()) + 1e-12)


def controls(batch: int = 2, num_frames: int = 40, partials: int = 100) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    depth = torch.arange(1, batch + 1).unsqueeze(1) / 24
    f0_hz = 150.0 * torch.exp2(depth * torch.sin(torch.arange(num_frames).double() / 5))
    return f0_hz, torch.rand(batch, partials, num_frames, generator=random) / partials


def steady(f0_hz: float, spectrum: Tensor, seconds: float) -> Tensor:
    """A tone `[T]` of constant amplitudes `[K]`, after its rise."""
    num_frames = math.ceil(seconds * RATE / HOP) + 1
    oscillator = WavetableOscillator(RATE, num_partials=len(spectrum))
    amplitudes = spectrum[None, :, None].expand(1, -1, num_frames)
    return oscillator(torch.full([1, num_frames], f0_hz).double(), amplitudes)[0, HOP:]


def saw(partials: int) -> Tensor:
    return 0.5 / torch.arange(1, partials + 1)


@pytest.mark.parametrize("size", [7, 64])
def test_a_cycle_is_the_sum_of_its_sines(size: int) -> None:
    amplitudes = torch.rand(2, 5, 40, dtype=torch.float64)
    partials = torch.arange(
        1, (size + 1) // 2
    ).double()  # those of fewer points than two are left out
    turns = partials.unsqueeze(1) * torch.arange(size) / size
    expected = amplitudes[..., : len(partials)] @ torch.sin(2 * math.pi * turns)
    assert float((cycles(amplitudes, size)[..., :size] - expected).abs().max()) < ROUNDING


def test_the_spectra_of_a_saw_and_of_a_square_are_these() -> None:
    time = torch.arange(2048) / 2048
    numbers = torch.arange(1, 500)
    ramp = cycles(2 / math.pi / numbers, 2048)
    assert float((ramp - (1 - 2 * time))[40:-40].abs().max()) < 0.05  # but for ripples at its ends
    square = cycles(4 / math.pi / numbers * (numbers % 2), 2048)
    assert float((square - torch.where(time < 0.5, 1.0, -1.0))[40:980].abs().max()) < 0.05


@pytest.mark.parametrize("partials", [1, 7, 100, 513])
def test_it_is_the_sum_of_its_partials(partials: int) -> None:
    f0_hz, amplitudes = controls(partials=partials)
    expected = HarmonicBank(RATE, num_partials=partials)(f0_hz, amplitudes)
    sound = WavetableOscillator(RATE, num_partials=partials)(f0_hz, amplitudes)
    assert sound.dtype == torch.float32
    assert decibels(sound - expected, expected) < -95


def test_the_worst_of_spectra_is_read_as_well() -> None:
    spectrum = torch.zeros(128)
    spectrum[-1] = 1.0
    sound = steady(110.0, spectrum, 0.2).double()
    time = torch.arange(HOP, HOP + len(sound)).double() / RATE
    expected = torch.sin(2 * math.pi * 128 * 110.0 * time)
    assert decibels(sound - expected, expected) < -90


@pytest.mark.parametrize("f0_hz", [41.2, 110.3, 220.3, 1109.7, 3951.1])
def test_nothing_folds_back(f0_hz: float) -> None:
    # a window that lets through -100 dB four bins beside a partial
    sound = steady(f0_hz, saw(512), 1.0)[:RATE].double()
    spectrum = torch.fft.rfft(sound * torch.blackman_window(RATE, dtype=torch.float64).square())
    bins = torch.arange(len(spectrum))
    off = (bins - (bins / f0_hz).round() * f0_hz).abs()
    power = spectrum.abs().square()
    aside = power[(off > 8) | (bins < 8)].sum()
    assert 10 * math.log10(float(aside / power.sum()) + 1e-15) < -95


def test_all_notes_are_as_loud() -> None:
    levels = [
        20 * math.log10(float(steady(f0_hz, saw(8), 1.0).square().mean().sqrt()))
        for f0_hz in (55.0, 110.0, 440.0, 1760.0)
    ]
    assert max(levels) - min(levels) < 0.05  # of ends within a period


def test_a_glide_is_in_tune() -> None:
    num_frames = 4 * RATE // HOP
    f0_hz = 30.0 * (4000 / 30.0) ** torch.linspace(0, 1, num_frames).double().unsqueeze(0)
    oscillator = WavetableOscillator(RATE, num_partials=1)
    amplitudes = torch.ones(1, 1, num_frames)
    state = HarmonicState(torch.zeros(1).double(), f0_hz[:, 0], amplitudes[:, :, 0])
    sine = oscillator.continued(f0_hz, amplitudes, state)[0]
    cosine = oscillator.continued(f0_hz, amplitudes, state._replace(phase=state.phase + 0.25))[0]
    phase = np.unwrap(torch.atan2(sine.double(), cosine.double())[0].numpy())
    found_hz = np.diff(phase) * RATE / (2 * np.pi)
    meant_hz = np.interp(
        np.arange(len(found_hz)) + 0.5, np.arange(num_frames) * HOP + HOP, f0_hz[0]
    )
    cents = np.abs(1200 * np.log2(found_hz / meant_hz))
    assert np.median(cents) < 0.1
    assert cents.max() < 1.0


def test_it_sounds_the_same_after_ten_hours() -> None:
    hertz, at_once = 441.7, 1000  # frames
    rounds = 10 * 3600 * RATE // (at_once * HOP)
    oscillator = WavetableOscillator(RATE, num_partials=40)
    f0_hz = torch.full([1, at_once + 1], hertz, dtype=torch.float64)
    phase = torch.zeros(1, dtype=torch.float64)
    for _ in range(rounds):
        phase = oscillator.advance(f0_hz, phase)[1]
    amplitudes = saw(40)[None, :, None].expand(1, -1, 8)
    state = HarmonicState(phase, f0_hz[:, 0], amplitudes[:, :, 0])
    sound = oscillator.continued(f0_hz[:, :8], amplitudes, state)[0][0]
    cycles_before = Fraction(hertz) * rounds * at_once * HOP / RATE
    start = float(cycles_before - round(cycles_before))
    turns = (start + hertz * torch.arange(8 * HOP).double() / RATE) * torch.arange(1, 41)[:, None]
    expected = (saw(40)[:, None] * torch.sin(2 * math.pi * turns)).sum(0)
    assert decibels(sound - expected, expected) < -90


@pytest.mark.parametrize("sizes", [[1], [2], [8], [1, 5, 2, 16, 3]])
def test_blocks_do_not_matter(sizes: list[int]) -> None:
    f0_hz, amplitudes = controls()
    oscillator = WavetableOscillator(RATE)
    stream = torch.jit.script(StreamingWavetableOscillator(oscillator))
    for _ in range(2):
        stream.reset()
        parts, start = [], 0
        while start < f0_hz.shape[1]:
            part = slice(start, start + sizes[len(parts) % len(sizes)])
            parts.append(stream(f0_hz[:, part], amplitudes[:, :, part]))
            start = part.stop
        difference = torch.cat(parts, 1) - oscillator(f0_hz, amplitudes)
        assert float(difference.abs().max()) <= ROUNDING


def test_voices_that_stay_go_on() -> None:
    f0_hz, amplitudes = controls(batch=4, num_frames=9)
    oscillator = WavetableOscillator(RATE)
    stream = StreamingWavetableOscillator(oscillator)
    parts = [
        stream(f0_hz[:rows, start : start + 3], amplitudes[:rows, :, start : start + 3])
        for start, rows in ((0, 1), (3, 4), (6, 1))
    ]
    sound = torch.cat([part[:1] for part in parts], 1)
    assert float((sound - oscillator(f0_hz[:1], amplitudes[:1])).abs().max()) <= ROUNDING
    new = oscillator(f0_hz[1:, 3:6], amplitudes[1:, :, 3:6])
    assert float((parts[1][1:] - new).abs().max()) <= ROUNDING


def test_no_change_of_table_or_pitch_clicks() -> None:
    random = torch.Generator().manual_seed(1)
    spectra = 0.3 * torch.eye(4)[torch.randint(0, 4, [60], generator=random)].T[None]
    amplitudes = spectra.repeat_interleave(5, 2)  # each table is another sine
    notes = 60 + 24 * torch.rand(1, 30, generator=random).repeat_interleave(10, 1)
    f0_hz = 440 * torch.exp2((notes - 69) / 12)
    assert clicks(WavetableOscillator(RATE, num_partials=4)(f0_hz, amplitudes)[0].numpy()) == []


def test_gradients_are_those_of_the_sound() -> None:
    f0_hz, amplitudes = controls(batch=1, num_frames=3, partials=5)
    oscillator = WavetableOscillator(RATE, hop_length=8, num_partials=5)
    amplitudes = amplitudes.double().requires_grad_()
    assert torch.autograd.gradcheck(oscillator, (f0_hz.requires_grad_(), amplitudes))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 0.0, -5.0, 1e9])
def test_it_stays_finite(value: float) -> None:
    f0_hz, amplitudes = controls()
    stream = StreamingWavetableOscillator(WavetableOscillator(RATE))
    broken = f0_hz.clone()
    broken[:, 7] = value
    assert bool(stream(broken, amplitudes).isfinite().all())
    if not math.isfinite(value):
        assert bool(stream(f0_hz, torch.full_like(amplitudes, value)).isfinite().all())
    stream(f0_hz[:, :1], amplitudes[:, :, :1] * 0)
    assert float(stream(f0_hz, amplitudes * 0).abs().max()) < ROUNDING


@pytest.mark.parametrize("phase", [-1e-20, -0.5, 0.5, 0.0])
def test_the_ends_of_a_cycle_meet(phase: float) -> None:
    oscillator = WavetableOscillator(RATE, num_partials=3)
    amplitudes = torch.ones(1, 3, 1)
    start = torch.tensor([phase], dtype=torch.float64)
    hertz = torch.full([1, 1], 100.0, dtype=torch.float64)
    state = HarmonicState(start, hertz[0], amplitudes[:, :, 0])
    angle = 2 * math.pi * (phase + 100.0 * torch.arange(HOP) / RATE)
    expected = sum(torch.sin(k * angle) for k in (1, 2, 3))
    sound = oscillator.continued(hertz, amplitudes, state)[0][0]
    assert decibels(sound - expected, expected) < -90


def test_it_is_saved_with_its_constants() -> None:
    f0_hz, amplitudes = controls()
    stream = StreamingWavetableOscillator(WavetableOscillator(RATE))
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(stream), file)
    file.seek(0)
    difference = torch.jit.load(file)(f0_hz, amplitudes) - stream(f0_hz, amplitudes)
    assert float(difference.abs().max()) <= ROUNDING


def test_a_table_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="num_partials must be 1 or more, got 0"):
        WavetableOscillator(RATE, num_partials=0)
