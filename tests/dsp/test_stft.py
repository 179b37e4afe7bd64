"""Analysis and synthesis give sound back exactly, whole and in blocks."""

import math

import pytest
import torch
from torch import Tensor

from vschaos.dsp import STFT, StreamingSTFT

SIZES = [(1024, 256), (2048, 512), (2048, 256), (8192, 2048)]


def error_db(output: Tensor, target: Tensor) -> float:
    return 20 * math.log10(float((output - target).norm() / target.norm()) + 1e-12)


@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
@pytest.mark.parametrize("length", [1, 255, 5000, 20000])
def test_a_sound_comes_back(n_fft: int, hop_length: int, length: int) -> None:
    stft = STFT(n_fft, hop_length)
    audio = torch.randn(2, length)
    spectrum = stft(audio)
    assert spectrum.shape == (2, n_fft // 2 + 1, stft.num_frames(length))
    assert error_db(stft.inverse(spectrum, length), audio) < -90


def test_a_sine_has_its_amplitude() -> None:
    stft = STFT(2048, 512)
    sine = 0.3 * torch.sin(2 * math.pi * 64 / 2048 * torch.arange(8192)).unsqueeze(0)
    assert float(stft.analyse(sine).abs().amax()) == pytest.approx(0.3, rel=1e-4)


def test_magnitudes_are_those_of_the_spectrum() -> None:
    stft = STFT(1024, 256)
    audio = torch.cat([torch.randn(1, 3000), torch.zeros(1, 3000)], dim=1)
    expected = stft.analyse(audio).abs()
    assert torch.allclose(stft.magnitudes(audio), expected, rtol=1e-5, atol=1e-12)


def test_it_is_torch_stft_up_to_its_scale() -> None:
    audio = torch.randn(1, 6000)
    window = torch.hann_window(1024)
    theirs = torch.stft(audio, 1024, 256, window=window, center=False, return_complex=True)
    ours = STFT(1024, 256).analyse(audio)
    assert torch.allclose(ours * window.sum() / 2, theirs, atol=1e-3)


@pytest.mark.parametrize(("n_fft", "hop_length"), [(1000, 250), (1024, 512), (1000, 256), (64, 0)])
def test_sizes_that_cannot_work_are_refused(n_fft: int, hop_length: int) -> None:
    with pytest.raises(ValueError, match="transform"):
        STFT(n_fft, hop_length)


@pytest.mark.parametrize("synthesis_length", [0, 256, 700, 2304])
def test_a_synthesis_that_cannot_work_is_refused(synthesis_length: int) -> None:
    with pytest.raises(ValueError, match="synthesis_length"):
        STFT(2048, 256, synthesis_length)


@pytest.mark.parametrize("synthesis_length", [512, 768, 1024, 1792, 2048])
@pytest.mark.parametrize("length", [1, 255, 5000])
def test_a_short_synthesis_gives_the_sound_back(synthesis_length: int, length: int) -> None:
    stft = STFT(2048, 256, synthesis_length)
    audio = torch.randn(2, length)
    assert error_db(stft.inverse(stft(audio), length), audio) < -90


@pytest.mark.parametrize(("synthesis_length", "delay"), [(512, 1024), (1024, 1280), (2048, 1792)])
def test_a_short_synthesis_waits_less_to_the_sample(synthesis_length: int, delay: int) -> None:
    stream = torch.jit.script(Echo(StreamingSTFT(STFT(2048, 256, synthesis_length))))
    assert StreamingSTFT(STFT(2048, 256, synthesis_length)).delay == delay
    audio = torch.randn(1, 40 * 256)
    for sizes in ([1], [7], [1, 5, 2, 16, 3]):
        stream.reset()
        output = torch.cat([stream(block) for block in blocks(audio, sizes, 256)], dim=1)
        assert error_db(output[:, delay:], audio[:, :-delay]) < -90
        assert float(output[:, :delay].abs().max()) < 1e-5


@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_a_stream_comes_back_later_whatever_the_blocks(n_fft: int, hop_length: int) -> None:
    stream = torch.jit.script(Echo(StreamingSTFT(STFT(n_fft, hop_length))))
    audio = torch.randn(1, 40 * hop_length)
    delay = n_fft - hop_length
    for sizes in ([1], [2], [7], [1, 5, 2, 16, 3]):
        stream.reset()
        output = torch.cat([stream(block) for block in blocks(audio, sizes, hop_length)], dim=1)
        assert error_db(output[:, delay:], audio[:, :-delay]) < -90
        assert float(output[:, :delay].abs().max()) < 1e-5


def test_the_batch_may_change_while_rows_keep_their_past() -> None:
    stream = StreamingSTFT(STFT(1024, 256))
    audio = torch.randn(3, 4096)
    alone = StreamingSTFT(STFT(1024, 256))
    kept = [alone.synthesise(alone.analyse(audio[:1, n : n + 512])) for n in range(0, 4096, 512)]
    for n, expected in zip(range(0, 4096, 512), kept, strict=True):
        rows = 1 + n // 512 % 3
        output = stream.synthesise(stream.analyse(audio[:rows, n : n + 512]))
        assert output.shape == (rows, 512)
        assert torch.allclose(output[:1], expected, atol=1e-6)


class Echo(torch.nn.Module):
    def __init__(self, stft: StreamingSTFT) -> None:
        super().__init__()
        self.stft = stft

    def forward(self, audio: Tensor) -> Tensor:
        return self.stft.synthesise(self.stft.analyse(audio))

    @torch.jit.export
    def reset(self) -> None:
        self.stft.reset()


def blocks(audio: Tensor, hops: list[int], hop_length: int) -> list[Tensor]:
    found, start, k = [], 0, 0
    while start < audio.shape[-1]:
        size = hops[k % len(hops)] * hop_length
        found.append(audio[..., start : start + size])
        start, k = start + size, k + 1
    return found


def test_the_longest_synthesis_within_a_delay() -> None:
    stft = STFT(2048, 256)
    assert stft.within(1792).synthesis_length == 2048
    assert stft.within(10**6).synthesis_length == 2048
    assert stft.within(1791).delay <= 1791
    assert stft.within(1024).synthesis_length == 512
    for max_delay in range(1024, 1800, 100):
        delay = stft.within(max_delay).delay
        assert max_delay - 128 < delay <= max_delay
    with pytest.raises(ValueError, match="waits at least 1024"):
        stft.within(1023)
