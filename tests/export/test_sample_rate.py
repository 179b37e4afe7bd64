"""An exported model plays at the rate of its host."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from tests.dsp.test_rate import RATES, frequency
from tests.export.playing import HOP, RATE, fresh, tones
from tests.export.test_clicks import EVERY, SETTLED, blocks, clicking
from tests.tolerances import INAUDIBLE
from vschaos.dsp import STFT, sizes_at_rate

MODES = ["keep_input", "rtisi", "scan"]
USUAL = {22050, 44100, 48000, 96000}
RATES_OF_HOSTS = [
    pytest.param(rate, marks=[] if rate in USUAL else pytest.mark.slow) for rate in RATES
]


@pytest.fixture(autouse=True)
def _at_its_own_rate(instrument: torch.jit.ScriptModule):
    yield
    instrument.set_sample_rate(RATE)
    instrument.forward(torch.zeros(1, 1, HOP))
    fresh(instrument)


def chord(rate: int, seconds: float) -> Tensor:
    """`[1, 1, T]`, whole buffers of 2048 samples."""
    times = torch.arange(int(seconds * rate) // 2048 * 2048, dtype=torch.float64) / rate
    return (0.3 * tones(times, 110.0, 138.6, 164.8, 220.0)).float()[None, None]


def played(
    model: torch.jit.ScriptModule, method: str, values: Tensor, sizes: list[int] | None = None
) -> Tensor:
    """The output of a new stream for blocks of these hops, in turn."""
    model.engine.stream.reset()
    per_hop = HOP if method != "decode" else 1
    outputs = []
    with torch.inference_mode():
        for start, hops in blocks(values.shape[2] // per_hop, sizes or [4]):
            block = values[:, :, start * per_hop : (start + hops) * per_hop]
            outputs.append(getattr(model, method)(block))
    return torch.cat(outputs, dim=2)


def distance_db(output: Tensor, target: Tensor, rate: int) -> float:
    """Log-spectral distance of `[T]`, below 5 kHz."""
    sizes = sizes_at_rate(2048, 512, 2048, RATE, rate)
    stft = STFT(2048, 512)
    stft.resize(sizes.n_fft, sizes.hop_length, sizes.n_fft, sizes.num_bins)
    spectra = [stft.analyse(sound[None])[0, :232].abs() for sound in (output, target)]
    levels = [20 * torch.log10(spectrum + 1e-4) for spectrum in spectra]
    return float((levels[0] - levels[1]).square().mean(dim=0).sqrt().mean())


@pytest.mark.parametrize("rate", RATES_OF_HOSTS)
def test_the_pitch_is_that_of_the_input(instrument: torch.jit.ScriptModule, rate: int) -> None:
    assert instrument.set_sample_rate(rate) == 0
    assert instrument.get_sample_rate() == [rate]
    output = played(instrument, "forward", chord(rate, 1.5))[0, 0]
    for hz in (110.0, 220.0):
        found = frequency(output[len(output) // 3 :], rate, hz)
        assert abs(1200 * math.log2(found / hz)) < 5.0


@pytest.mark.parametrize("rate", RATES_OF_HOSTS)
@pytest.mark.parametrize("mode", MODES)
def test_a_reconstruction_is_as_near_as_at_the_trained_rate(
    instrument: torch.jit.ScriptModule, rate: int, mode: str
) -> None:
    assert instrument.set_inversion_mode(mode) == 0
    distances = []
    for each in (RATE, rate):
        assert instrument.set_sample_rate(each) == 0
        sound = chord(each, 1.5)
        output = played(instrument, "forward", sound)[0, 0]
        delay = instrument.get_latency()[0]
        distances.append(distance_db(output[delay:], sound[0, 0, :-delay], each))
    # a host below 32 kHz hears less than the model, and reads silence above
    assert distances[1] < distances[0] + (0.3 if rate >= 32000 else 0.6)


@pytest.mark.parametrize("rate", RATES_OF_HOSTS)
def test_the_latency_is_told(instrument: torch.jit.ScriptModule, rate: int) -> None:
    assert instrument.set_mix(0.0) == 0  # the input, as late as the model
    for mode in ("keep_input", "rtisi"):
        assert instrument.set_inversion_mode(mode) == 0
        assert instrument.set_sample_rate(rate) == 0
        delay = instrument.get_latency()[0]
        sound = chord(rate, 0.5)
        output = played(instrument, "forward", sound, [1, 3])
        assert torch.allclose(output[..., delay:], sound[..., :-delay], atol=INAUDIBLE)
        assert 0.03 < delay / rate < 0.09


@pytest.mark.parametrize("rate", [16000, 22050, 48000, 96000, 192000])
@pytest.mark.parametrize("method", ["encode", "decode", "forward"])
def test_blocks_are_not_audible_at_any_rate(
    instrument: torch.jit.ScriptModule, rate: int, method: str
) -> None:
    assert instrument.set_sample_rate(rate) == 0
    sound = torch.cat([chord(rate, 0.5), 0.5 * chord(rate, 0.5).flip(2)])
    values = sound
    if method == "decode":
        assert instrument.set_inversion_mode("scan") == 0
        values = played(instrument, "encode", sound)
    expected = played(instrument, method, values)
    for sizes in ([1], [3, 7, 5], [64]):
        found = played(instrument, method, values, sizes)
        assert found.shape == expected.shape
        assert float((found - expected).abs().max()) < INAUDIBLE * max(1.0, float(expected.max()))


@pytest.mark.parametrize("rate", [16000, 48000, 96000])
def test_blocks_leave_the_spectrum_where_phases_are_searched(
    instrument: torch.jit.ScriptModule, rate: int
) -> None:
    """A search may come to other phases by the last digit of a magnitude, which on AVX2 depends on
    how many frames a call has; their spectrum is as near as the search comes to any, -28 dB."""
    assert instrument.set_sample_rate(rate) == 0
    assert instrument.set_inversion_mode("rtisi") == 0
    values = played(instrument, "encode", chord(rate, 0.5))
    window = torch.hann_window(4096)

    def spectrum(sizes: list[int]) -> Tensor:
        sound = played(instrument, "decode", values, sizes)[:, 0]
        return torch.stft(sound, 4096, 1024, window=window, return_complex=True).abs()

    expected = spectrum([64])
    for sizes in ([1], [3, 7, 5]):
        assert (spectrum(sizes) - expected).norm() < 10 ** (-26 / 20) * expected.norm()


@pytest.mark.parametrize("method", ["forward", "decode"])
def test_a_change_does_not_click(instrument: torch.jit.ScriptModule, method: str) -> None:
    rates = [48000, 96000, 44100, 192000, 22050, 44100]
    playing = chord(RATE, 3.5)
    values = played(instrument, "encode", playing) if method == "decode" else playing
    instrument.engine.stream.reset()
    per_hop = HOP if method == "forward" else 1
    outputs = []
    for start, hops in itertools.islice(blocks(values.shape[2] // per_hop, [4]), 200):
        if start % EVERY == 0 and start >= SETTLED and rates:
            assert instrument.set_sample_rate(rates.pop(0)) == 0
        with torch.inference_mode():
            block = values[:, :, start * per_hop : (start + hops) * per_hop]
            outputs.append(getattr(instrument, method)(block))
    assert not rates
    output = torch.cat(outputs, dim=2)
    assert float(output[..., -4 * HOP :].abs().max()) > 0.05
    found = clicking(output)
    if method == "decode":
        found = [hop for hop in found if hop % EVERY == 0]
    assert not found


def test_nonsense_is_refused_and_the_trained_rate_is_as_before(
    instrument: torch.jit.ScriptModule,
) -> None:
    sound = chord(RATE, 0.5)
    before = played(instrument, "forward", sound)
    for rate in (-2147483648, 0, 15999, 192001):
        assert instrument.set_sample_rate(rate) != 0
    assert instrument.get_sample_rate() == [RATE]
    assert instrument.set_sample_rate(48000) == 0
    played(instrument, "forward", sound)
    assert instrument.set_sample_rate(RATE) == 0
    assert torch.allclose(played(instrument, "forward", sound), before, atol=INAUDIBLE)


def test_a_voice_may_join_while_a_frame_waits(instrument: torch.jit.ScriptModule) -> None:
    assert instrument.set_sample_rate(96000) == 0
    sound = chord(96000, 0.5)
    expected = played(instrument, "forward", sound)
    instrument.engine.stream.reset()
    outputs = []
    with torch.inference_mode():
        for n, block in enumerate(sound.split(HOP, dim=2)):
            voices = 1 + (n > 20)
            output = instrument.forward(block.expand(voices, -1, -1))
            assert output.shape == (voices, 1, HOP)
            outputs.append(output[:1])
    assert torch.allclose(torch.cat(outputs, dim=2), expected, atol=INAUDIBLE)


@pytest.mark.parametrize("rate", RATES_OF_HOSTS)
def test_latents_have_the_same_pitch_at_any_rate(
    instrument: torch.jit.ScriptModule, rate: int
) -> None:
    latents = played(instrument, "encode", chord(RATE, 0.5))[:, :, -8:].mean(dim=2, keepdim=True)
    found = []
    for each in (RATE, rate):
        assert instrument.set_sample_rate(each) == 0
        num_hops = int(2.0 * each) // HOP
        output = played(instrument, "decode", latents.expand(-1, -1, num_hops))[0, 0]
        found.append(frequency(output[len(output) // 3 :], each, 220.0))
    assert abs(1200 * math.log2(found[1] / found[0])) < 5.0
