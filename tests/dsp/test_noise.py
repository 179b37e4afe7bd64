"""Noise has the spectrum and the level asked for, and is the same however it is cut."""

import io
import math

import pytest
import torch
from torch import Tensor

from tests.tolerances import ROUNDING
from vschaos.dsp.noise import FilteredNoise, StreamingFilteredNoise, WhiteNoise

HOP, BANDS = 256, 65


def at(position: int) -> Tensor:
    return torch.full([1], position)


def spectrum(sound: Tensor) -> Tensor:
    """Mean power of `[T]` in the bands, under a Hann window as wide as they are."""
    size = 2 * (BANDS - 1)
    window = torch.hann_window(size)
    frames = torch.fft.rfft(sound.unfold(0, size, size // 2) * window)
    return frames.abs().square().mean(0) / window.square().sum()


def magnitudes(batch: int = 2, num_frames: int = 40) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(batch, BANDS, num_frames, generator=random)


def test_white_noise_is_white() -> None:
    noise = WhiteNoise()(at(0), 4, 1 << 16)
    assert float(noise.mean().abs()) < 0.01
    assert float(noise.square().mean()) == pytest.approx(1.0, abs=0.01)
    assert float(noise.abs().max()) == pytest.approx(math.sqrt(3.0), abs=0.01)
    counts = torch.histc(noise, 20) / noise.numel()
    torch.testing.assert_close(counts, torch.full([20], 0.05), atol=0.002, rtol=0.0)
    for lag in (1, 2, 16, 256, 4096):
        related = (noise[:, lag:] * noise[:, :-lag]).mean(1)
        assert float(related.abs().max()) < 0.02  # 5 deviations of independent samples
    voices = torch.corrcoef(noise) - torch.eye(4)
    assert float(voices.abs().max()) < 0.02
    powers = 10 * spectrum(noise[0]).log10()
    assert float((powers[1:-1] - powers[1:-1].mean()).abs().max()) < 1.0


def test_white_noise_depends_on_place_seed_and_voice_alone() -> None:
    white = WhiteNoise(3)
    noise = white(at(0), 4, 5000)
    assert torch.equal(white(at(3000), 2, 2000), noise[:2, 3000:])
    assert torch.equal(white(at(0), 100, 5000)[:4], noise)  # more voices than keys made before
    assert not torch.equal(WhiteNoise(4)(at(0), 4, 5000), noise)
    after_a_day = white(at((1 << 32) - 100), 1, 200)
    assert float(after_a_day.square().mean()) == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize("level", [1.0, 0.01])
def test_equal_magnitudes_are_the_rms(level: float) -> None:
    noise = FilteredNoise()(torch.full([1, BANDS, 400], level))[0, HOP:]
    decibels = 20 * math.log10(float(noise.square().mean().sqrt()) / level)
    assert abs(decibels) < 0.1


def test_one_band_has_its_share_of_the_power() -> None:
    frames = torch.zeros(1, BANDS, 2000)
    frames[:, 20] = 1.0
    noise = FilteredNoise()(frames)[0, HOP:]
    # the window blurs a band over its neighbours, by 1/4, 1/2, 1/4 in magnitude
    expected = 10 * math.log10((0.25**2 + 0.5**2 + 0.25**2 + 2 * 0.25 * 0.5 * 0.5) / (BANDS - 1))
    decibels = 10 * math.log10(float(noise.square().mean()))
    assert abs(decibels - expected) < 2.0
    assert int(spectrum(noise).argmax()) == 20


def test_the_spectrum_is_that_of_the_magnitudes() -> None:
    band = torch.arange(BANDS)
    curve = 10 ** (torch.sin(band / 6.0) - 1.0)  # 40 dB up and down
    noise = FilteredNoise()(curve.reshape(1, -1, 1).expand(1, BANDS, 3000))[0, HOP:]
    off = 10 * spectrum(noise)[1:-1].log10() - 20 * curve[1:-1].log10()
    assert float(off.abs().median()) < 0.5
    assert float(off.abs().max()) < 2.0  # in valleys, which both windows fill up


def test_it_is_white_noise_through_filters_that_fade_into_each_other() -> None:
    """Each hop by definition: the whole noise convolved with the filters of either frame."""
    frames = magnitudes(1, 6)
    noise = FilteredNoise(seed=5)
    white = noise.white(at(0), 1, 7 * HOP)[0].double()
    size = 2 * (BANDS - 1)
    window = torch.hann_window(size + 1, periodic=False, dtype=torch.float64)[1:-1]
    taps = torch.fft.irfft(frames[0].T.double(), n=size).roll(size // 2, 1)[:, 1:] * window
    taps = torch.cat([torch.zeros_like(taps[:1]), taps])
    filtered = torch.nn.functional.conv1d(white[None, None], taps.unsqueeze(1), padding="same")[0]
    ramp = torch.arange(HOP).double() / HOP
    expected = []
    for n in range(6):
        part = slice(HOP // 2 + n * HOP, HOP // 2 + (n + 1) * HOP)
        before, after = filtered[n, part], filtered[n + 1, part]
        expected.append(before + ramp * (after - before))
    assert float((noise(frames)[0] - torch.cat(expected)).abs().max()) < 10 * ROUNDING


@pytest.mark.parametrize("sizes", [[1], [2], [8], [1, 5, 2, 16, 3]])
def test_blocks_do_not_matter(sizes: list[int]) -> None:
    frames = magnitudes()
    noise = FilteredNoise(seed=2)
    stream = torch.jit.script(StreamingFilteredNoise(noise))
    for _ in range(2):
        stream.reset()
        parts, start = [], 0
        while start < frames.shape[2]:
            size = sizes[len(parts) % len(sizes)]
            parts.append(stream(frames[:, :, start : start + size]))
            start += size
        assert float((torch.cat(parts, 1) - noise(frames)).abs().max()) <= ROUNDING


def test_voices_that_stay_go_on() -> None:
    frames = magnitudes(4, 9)
    noise = FilteredNoise()
    stream = StreamingFilteredNoise(noise)
    parts = [
        stream(frames[:rows, :, start : start + 3]) for start, rows in ((0, 1), (3, 4), (6, 1))
    ]
    sound = torch.cat([part[:1] for part in parts], 1)
    assert float((sound - noise(frames[:1])).abs().max()) <= ROUNDING


def test_silence_is_silent_and_nothing_is_infinite() -> None:
    frames = magnitudes()
    stream = StreamingFilteredNoise(FilteredNoise())
    assert float(stream(frames * 0).abs().max()) < ROUNDING
    for value in (float("nan"), float("inf"), -float("inf")):
        broken = frames.clone()
        broken[:, :, -1] = value
        assert bool(stream(broken).isfinite().all())
        assert bool(stream(frames).isfinite().all())


def test_gradients_are_those_of_the_sound() -> None:
    frames = torch.rand(1, 5, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(FilteredNoise(hop_length=8, num_bands=5), (frames,))


def test_it_is_saved_with_its_constants() -> None:
    stream = StreamingFilteredNoise(FilteredNoise())
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(stream), file)
    file.seek(0)
    difference = torch.jit.load(file)(magnitudes()) - stream(magnitudes())
    assert float(difference.abs().max()) <= ROUNDING


@pytest.mark.parametrize(("hop_length", "num_bands"), [(256, 130), (255, 65), (256, 1)])
def test_filters_longer_than_a_hop_are_refused(hop_length: int, num_bands: int) -> None:
    with pytest.raises(ValueError, match=f"got {num_bands} for a hop of {hop_length}"):
        FilteredNoise(hop_length, num_bands)
