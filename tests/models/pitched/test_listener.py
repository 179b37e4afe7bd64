"""The listener: one moment for all controls, blocks and voices that do not matter."""

from __future__ import annotations

import math

import pytest
import torch

from tests.tolerances import INAUDIBLE
from vschaos.dsp.loudness import a_weighting
from vschaos.models.pitched.listener import WINDOWS, Listener, delay_of, window_within
from vschaos.models.pitched.timbre import TimbreEncoder

RATE, HOP = 44100, 256


def listener(window: int = 2048) -> Listener:
    torch.manual_seed(0)
    return Listener(RATE, HOP, window, TimbreEncoder().eval())


def tones(hops: int = 60) -> torch.Tensor:
    time = torch.arange(hops * HOP) / RATE
    levels = torch.tensor([[0.2], [0.02]])
    return levels * torch.sin(2 * math.pi * torch.tensor([[330.0], [220.0]]) * time)


@pytest.mark.parametrize("window", WINDOWS)
@torch.inference_mode()
def test_it_hears_pitch_and_loudness(window: int) -> None:
    heard = listener(window)(tones())[:, :, -1]
    assert (heard[:, 0] - torch.tensor([64.02, 57.0])).abs().max() < 0.02
    assert (heard[:, 1] > 0.99).all()
    weights_db = 10 * torch.log10(a_weighting(torch.tensor([330.0, 220.0])))
    meant = torch.tensor([-16.99, -36.99]) + weights_db  # of sines with amplitudes of .2 and .02
    assert (heard[:, 2] - meant).abs().max() < 0.2
    assert heard.shape[1] == 3 + 4


@torch.inference_mode()
def test_blocks_and_voices_do_not_matter() -> None:
    sound, whole = tones(), listener()(tones())
    stream = torch.jit.script(listener())
    blocks = [stream(sound[:, n * HOP : (n + 5) * HOP]) for n in range(0, 60, 5)]
    assert (torch.cat(blocks, 2) - whole).abs().max() < INAUDIBLE * 10  # notes and dB, not samples
    stream.reset()
    first = stream(sound[:1, : 30 * HOP])
    both = stream(sound[:, 30 * HOP :])
    voice = torch.cat([first, both[:1]], 2)
    assert (voice - whole[:1]).abs().max() < INAUDIBLE * 10


@pytest.mark.parametrize("window", WINDOWS)
@torch.inference_mode()
def test_all_controls_describe_the_same_moment(window: int) -> None:
    """A gap between two tones is in the middle of what each part hears of it."""
    ear = listener(window)
    middle = 40 * HOP + 100
    sound = tones(80)[:1].clone()
    sound[:, middle - 30 : middle + 30] *= 0.0
    heard = ear(sound)[0]
    quiet = int(heard[2, 20:].argmin()) + 20
    assert abs((quiet + 1) * HOP - ear.delay - middle) <= HOP // 2 + 30


def test_the_longest_window_within_a_delay_is_chosen() -> None:
    delays = [delay_of(RATE, HOP, window) for window in WINDOWS]
    assert delays == sorted(delays, reverse=True)
    for window, delay in zip(WINDOWS, delays, strict=True):
        assert window_within(RATE, HOP, delay) == window
        assert window_within(RATE, HOP, delay + 10) == window
    with pytest.raises(ValueError, match="max_delay must be at least"):
        window_within(RATE, HOP, 100)


@torch.inference_mode()
def test_the_level_does_not_change_the_timbre() -> None:
    ear = listener()
    loud = ear(tones(30)[:1])[:, 3:, -1]
    ear.reset()
    soft = ear(0.1 * tones(30)[:1])[:, 3:, -1]
    assert (loud - soft).abs().max() < 0.02
    ear.reset()
    assert not ear(torch.zeros(1, 5 * HOP))[:, 3:].any()
