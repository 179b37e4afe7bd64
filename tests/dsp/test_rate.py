"""At any rate of a host a transform reads and writes the trained frequencies."""

import math

import pytest
import torch
from torch import Tensor

from vschaos.dsp import RTISI, STFT, StreamingSTFT, TransformSizes, refined_scan, sizes_at_rate

RATES = [16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000]
# of a window's length and of the phases, half of what a careful listener notices
CENTS = 5.0


def resized(rate: int, synthesis_length: int = 2048) -> tuple[STFT, TransformSizes]:
    sizes = sizes_at_rate(2048, 512, synthesis_length, 44100, rate)
    stft = STFT(2048, 512, synthesis_length)
    stft.resize(sizes.n_fft, sizes.hop_length, sizes.synthesis_length, sizes.num_bins)
    return stft, sizes


def sine(hz: float, rate: int, seconds: float = 1.0) -> Tensor:
    """`[1, T]`."""
    return torch.sin(2 * math.pi * hz / rate * torch.arange(int(seconds * rate)).double())[
        None
    ].float()


def frequency(sound: Tensor, rate: int, near: float) -> float:
    """Hz of the strongest partial within a tone of `near`, between bins by a parabola of logs."""
    length = sound.shape[-1]
    window = torch.hann_window(length, dtype=torch.float64)
    spectrum = torch.fft.rfft(sound.double() * window, n=4 * length).abs()
    low, high = (int(near * factor * 4 * length / rate) for factor in (0.89, 1.12))
    peak = low + int(spectrum[low:high].argmax())
    left, top, right = spectrum[peak - 1 : peak + 2].log().tolist()
    return (peak + 0.5 * (left - right) / (left - 2 * top + right)) * rate / (4 * length)


def test_at_the_trained_rate_sizes_are_those_of_the_training() -> None:
    for synthesis_length in (1024, 2048):
        stft = STFT(2048, 512, synthesis_length)
        sizes = sizes_at_rate(2048, 512, synthesis_length, 44100, 44100)
        assert sizes == TransformSizes(2048, 512, synthesis_length, 1025, 1, 1, stft.delay)


@pytest.mark.parametrize("rate", RATES)
def test_bins_lie_at_the_trained_frequencies(rate: int) -> None:
    _, sizes = resized(rate)
    trained, host = 44100 / 2048, rate / sizes.n_fft
    assert abs(1200 * math.log2(host / trained)) < CENTS / 2
    assert (sizes.num_bins - 1) * host <= rate / 2
    assert sizes.num_bins == min(1025, sizes.n_fft // 2 + 1)


@pytest.mark.parametrize("rate", RATES)
def test_frames_follow_each_other_about_as_in_training(rate: int) -> None:
    _, sizes = resized(rate)
    assert sizes.hop_length * sizes.frames_per_hop == 512 * sizes.hops_per_frame
    seconds = sizes.hop_length / rate
    assert 0.5 * 512 / 44100 < seconds <= 512 / 44100 / 0.9 + 1e-9
    assert sizes.n_fft / sizes.hop_length > 3.5  # windows overlap as the phase wants it


@pytest.mark.parametrize("rate", [8000, 44100, 192000, 384000])
@pytest.mark.parametrize("n_fft", [64, 512, 8192])
def test_any_model_has_sizes_at_any_rate(n_fft: int, rate: int) -> None:
    sizes = sizes_at_rate(n_fft, n_fft // 4, n_fft, 22050, rate)
    assert sizes.n_fft >= sizes.hop_length >= 1
    assert sizes.delay >= 0


@pytest.mark.parametrize("synthesis_length", [1024, 1536, 2048])
@pytest.mark.parametrize("rate", RATES)
def test_a_sound_of_the_trained_band_comes_back_as_late_as_said(
    rate: int, synthesis_length: int
) -> None:
    stft, sizes = resized(rate, synthesis_length)
    streaming = StreamingSTFT(stft)
    streaming.resize(sizes.n_fft, sizes.hop_length, sizes.synthesis_length, sizes.num_bins)
    hops = 8 * sizes.n_fft // sizes.hop_length
    sound = sum(sine(hz, rate, 1.0) for hz in (440.0, 1234.5, 6000.0)) / 3
    sound = sound[:, : hops * sizes.hop_length]
    outputs = []
    for block in (sound[:, : 3 * sizes.hop_length], sound[:, 3 * sizes.hop_length :]):
        spectrum = streaming.analyse(block)
        assert spectrum.shape[1] == sizes.num_bins
        outputs.append(streaming.synthesise(spectrum))
    output = torch.cat(outputs, dim=1)
    assert output.shape == sound.shape
    assert streaming.delay == sizes.delay
    settled = 2 * sizes.n_fft  # the beginning of the sines has frequencies above the band
    error = output[:, sizes.delay :] - sound[:, : sound.shape[1] - sizes.delay]
    assert float(error[:, settled:].abs().max()) < 1e-4


@pytest.mark.parametrize("rate", [48000, 192000])
def test_above_the_trained_band_there_is_nothing(rate: int) -> None:
    stft, sizes = resized(rate)
    noise = stft.synthesise(stft.analyse(torch.randn(1, 16 * sizes.n_fft)))[0]
    spectrum = torch.fft.rfft(noise * torch.hann_window(len(noise))).abs()
    edge = int(len(spectrum) * 44100 / rate * 1.02)
    # the windows of the frames leak a little across the edge of the band
    assert spectrum[edge:].square().mean() < 1e-6 * spectrum[:edge].square().mean()


def test_magnitudes_of_a_sound_are_the_same_at_any_rate() -> None:
    expected = resized(44100)[0].analyse(sine(1000.0, 44100)).abs().amax(dim=2)
    for rate in RATES:
        stft, sizes = resized(rate)
        magnitudes = stft.analyse(sine(1000.0, rate)).abs().amax(dim=2)
        count = sizes.num_bins
        # a window may be 2.5 cents out of tune: 0.07 of a bin at 1000 Hz
        assert float((magnitudes - expected[:, :count]).abs().max()) < 0.1


@pytest.mark.parametrize("look_ahead", [0, 1])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hz", [220.0, 1000.0])
def test_a_found_phase_has_the_pitch_of_the_magnitudes(
    rate: int, hz: float, look_ahead: int
) -> None:
    stft, sizes = resized(rate)
    find = RTISI(2048, 512) if look_ahead else refined_scan(2048, 512)
    find.resize(sizes.n_fft, sizes.hop_length, sizes.num_bins)
    magnitudes = stft.analyse(sine(hz, rate)).abs()
    sound = stft.synthesise(find(magnitudes))[0, 2 * sizes.n_fft : -sizes.n_fft]
    assert abs(1200 * math.log2(frequency(sound, rate, hz) / hz)) < CENTS
