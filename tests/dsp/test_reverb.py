"""A room decays as it says, costs nothing when it is off, and is the same live."""

import io
import math

import pytest
import torch
from torch import Tensor

from tests.clicks import clicks
from tests.tolerances import ROUNDING
from vschaos.dsp.reverb import Room, StreamingRoom

RATE, HOP = 16000, 256


def room(
    seconds: float = 0.5, level_db: float = -10.0, decay_seconds: float = 0.3, seed: int = 0
) -> Room:
    made = Room(RATE, seconds, num_bands=5, seed=seed)
    with torch.no_grad():
        made.level.fill_(level_db / 20)
        made.decay.fill_(math.log(decay_seconds))
    return made


def sound(batch: int = 2, num_hops: int = 60) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return 0.3 * torch.randn(batch, num_hops * HOP, generator=random)


def test_the_direct_sound_is_untouched_and_the_tail_follows() -> None:
    reverb = room()
    impulse = torch.zeros(1, 12000)
    impulse[0, 100] = 1.0
    with torch.no_grad():
        output, tail = reverb(impulse)[0], reverb.impulse_response()
    assert float(output[:100].abs().max()) < ROUNDING
    assert float(output[100]) == pytest.approx(1.0, abs=1e-5)
    assert float((output[101 : 100 + len(tail)] - tail[1:]).abs().max()) < ROUNDING
    assert torch.equal(tail, room().impulse_response())


@pytest.mark.parametrize("decay_seconds", [0.1, 0.4])
def test_it_decays_in_its_time(decay_seconds: float) -> None:
    with torch.no_grad():
        tail = room(1.0, -10.0, decay_seconds).impulse_response()
    left = tail.square().flip(0).cumsum(0).flip(0)  # Schroeder 1965
    decibels = 10 * (left / left[0]).log10()
    start, end = (int((decibels < level).nonzero()[0]) for level in (-5.0, -35.0))
    assert 2 * (end - start) / RATE == pytest.approx(decay_seconds, rel=0.1)


def test_levels_are_those_of_the_bands() -> None:
    reverb = room(1.0)
    with torch.no_grad():
        energy = float(reverb.impulse_response().square().sum())
        assert 10 * math.log10(energy) == pytest.approx(-10.0, abs=1.0)
        reverb.level[1:] = -5.0
        spectrum = torch.fft.rfft(reverb.impulse_response()).abs().square()
    frequencies = torch.fft.rfftfreq(RATE, 1 / RATE)
    assert float(spectrum[frequencies < 250].sum() / spectrum.sum()) > 0.99


def test_the_tail_waits_for_its_onset() -> None:
    reverb = room()
    with torch.no_grad():
        reverb.onset.fill_(0.0)  # 50 ms
        tail = reverb.impulse_response()
    first = int(tail.abs().gt(1e-4).nonzero()[0]) / RATE
    assert first == pytest.approx(0.05, abs=0.001)


def test_gradients_reach_all_parameters() -> None:
    reverb = room().double()
    audio = sound(1, 8).double()
    (reverb(audio) - audio.roll(900, 1)).square().mean().backward()
    for name, parameter in reverb.named_parameters():
        assert parameter.grad is not None, name
        assert bool((parameter.grad.abs() > 0).all()), name


def test_gradients_are_those_of_the_sound() -> None:
    reverb = Room(1000, 0.05, num_bands=2).double()
    audio = torch.randn(2, 60, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(reverb, (audio,))
    values = tuple(parameter.detach().clone().requires_grad_() for parameter in reverb.parameters())
    names = [name for name, _ in reverb.named_parameters()]

    def rendered(*given: Tensor) -> Tensor:
        parameters = dict(zip(names, given, strict=True))
        return torch.func.functional_call(reverb, parameters, (audio.detach(),))

    assert torch.autograd.gradcheck(rendered, values)


def test_it_learns_a_room() -> None:
    """From wrong values to those of a room whose noise is another's."""
    target = room(0.25, -6.0, 0.4, seed=1)
    learning = room(0.25, -20.0, 0.15)
    with torch.no_grad():
        meant = target.impulse_response().square().reshape(-1, 250).sum(1)
    optimiser = torch.optim.Adam([learning.level, learning.decay], lr=0.04)
    for _ in range(120):
        made = learning.impulse_response().square().reshape(-1, 250).sum(1)
        loss = ((made + 1e-8).log() - (meant + 1e-8).log()).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    made = float(learning.impulse_response().square().sum().detach())
    assert 10 * math.log10(made / float(meant.sum())) == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("sizes", [[1], [2], [8], [1, 5, 2, 16, 3]])
def test_live_it_is_the_same(sizes: list[int]) -> None:
    reverb, audio = room(), sound()
    stream = torch.jit.script(StreamingRoom(reverb))
    stream(torch.zeros(2, HOP), 1.0)  # reaches the amount
    parts, start = [], 0
    while start < audio.shape[1]:
        size = sizes[len(parts) % len(sizes)] * HOP
        parts.append(stream(audio[:, start : start + size], 1.0))
        start += size
    with torch.no_grad():
        difference = torch.cat(parts, 1) - reverb(audio)
    assert float(difference.abs().max()) <= 2 * ROUNDING  # of a sound that peaks at 2


def test_voices_that_stay_keep_their_tails() -> None:
    reverb, audio = room(), sound(4, 30)
    stream = StreamingRoom(reverb)
    stream(torch.zeros(1, HOP), 0.5)
    parts = [
        stream(audio[:rows, start * HOP : (start + 10) * HOP], 0.5)
        for start, rows in ((0, 1), (10, 4), (20, 1))
    ]
    with torch.no_grad():
        expected = reverb(audio[:1], 0.5)
    difference = torch.cat([part[:1] for part in parts], 1) - expected
    assert float(difference.abs().max()) <= 2 * ROUNDING


def test_off_it_does_nothing() -> None:
    stream, audio = StreamingRoom(room()), sound()
    assert stream(audio, 0.0) is audio
    stream(audio, 1.0)
    stream(audio, 0.0)
    assert stream(audio, 0.0) is audio
    stream(torch.zeros(2, HOP), 1.0)
    assert float(stream(torch.zeros(2, 10 * HOP), 1.0).abs().max()) < ROUNDING


def test_it_does_not_click() -> None:
    time = torch.arange(40 * HOP) / RATE
    audio = 0.3 * torch.sin(2 * math.pi * 300 * time).unsqueeze(0)
    stream = StreamingRoom(room(level_db=0.0))
    amounts = [0.0, 0.0, 1.0, 1.0, 0.3, 0.0, 0.0, 0.9]
    hops = audio.split(5 * HOP, 1)
    output = torch.cat(
        [stream(part, amount) for part, amount in zip(hops, amounts, strict=True)], 1
    )
    assert clicks(output[0].numpy()) == []


def test_the_tail_stays_finite() -> None:
    stream, audio = StreamingRoom(room()), sound()
    stream(audio, 1.0)
    stream(torch.full_like(audio, float("nan")), 1.0)
    assert bool(stream(audio, 1.0).isfinite().all())


def test_reset_forgets_the_tail() -> None:
    stream = torch.jit.script(StreamingRoom(room()))
    stream(sound(), 1.0)
    stream.reset()
    assert float(stream(torch.zeros(2, 4 * HOP), 1.0).abs().max()) < ROUNDING


def test_it_is_saved_with_its_response() -> None:
    stream = StreamingRoom(room())
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(stream), file)
    file.seek(0)
    loaded = torch.jit.load(file).float()
    assert float((loaded(sound(), 1.0) - stream(sound(), 1.0)).abs().max()) <= ROUNDING


@pytest.mark.parametrize("num_bands", [0, 8])
def test_bands_beyond_the_sound_are_refused(num_bands: int) -> None:
    with pytest.raises(ValueError, match=f"got {num_bands}"):
        Room(RATE, num_bands=num_bands)
