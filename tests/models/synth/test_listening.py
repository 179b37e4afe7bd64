"""A voice follows a sound: pitch, notes and settings, in blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.tolerances import INAUDIBLE
from vschaos.instrument.stream import script
from vschaos.models.synth import Synth
from vschaos.models.synth.listening import Laws
from vschaos.models.synth.parameters import PARAMETERS

RATE, HOP = 44100, 256
NOTE_SECONDS = 0.25


def tone(pitch: float, seconds: float = NOTE_SECONDS, rms: float = 0.2) -> Tensor:
    """A saw that ends, `[1, T]`, then as much silence."""
    count = round(seconds * RATE) // HOP * HOP
    phase = torch.arange(count) * (440.0 * 2 ** ((pitch - 69.0) / 12.0) / RATE)
    saw = rms * np.sqrt(3.0) * (2.0 * (phase % 1.0) - 1.0)
    return torch.cat([saw, torch.zeros(count)])[None]


@pytest.fixture(scope="module")
def model() -> Synth:
    torch.manual_seed(0)
    model = Synth({}, "mono", seconds=0.2, channels=8, hidden_dim=16).eval()
    return model.requires_grad_(False)


@pytest.fixture(scope="module")
def stream(model: Synth) -> torch.jit.ScriptModule:
    return script(model.stream())


@pytest.fixture
def fresh(stream: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    stream.reset()
    stream.follow, stream.smoothing = "follow", 30.0
    return stream


@pytest.mark.parametrize("method", ["encode", "forward"])
def test_blocks_of_any_size_give_the_same(fresh: torch.jit.ScriptModule, method: str) -> None:
    sound = torch.cat([tone(50.0), tone(57.5)], 1)[:, None].repeat(2, 1, 1)
    sound[1] = sound[1].roll(5 * HOP, 1)
    call = getattr(fresh, method)
    with torch.inference_mode():
        whole = call(sound)
        for size in (HOP, 3 * HOP):
            fresh.reset()
            parts = torch.cat([call(part) for part in sound.split(size, 2)], 2)
            # values in Hz and ms may be large
            scale = whole.abs().amax(2, keepdim=True).clamp_min(1.0)
            assert ((parts - whole).abs() / scale).max() < INAUDIBLE


def test_it_hears_the_pitch_and_says_when_it_is_sure(
    model: Synth, fresh: torch.jit.ScriptModule
) -> None:
    (encode,) = (method for method in model.stream().methods if method.name == "encode")
    assert [control.name for control in encode.outlets[-2:]] == ["pitch", "confidence"]
    with torch.inference_mode():
        pitch, confidence = fresh.encode(tone(57.5)[:, None])[0, -2:]
    assert float(pitch[-1]) == pytest.approx(57.5, abs=0.1)
    assert float(confidence.max()) > 0.9
    assert float(confidence[0]) < 0.5


def test_it_plays_the_notes_that_it_hears_and_is_silent_between(
    fresh: torch.jit.ScriptModule,
) -> None:
    sounds = torch.cat([tone(52.0), tone(59.0)], 1)[:, None]
    with torch.inference_mode():
        played = fresh.forward(sounds)[0, 0]
    # as if it were in tune with a voice without vibrato
    count = sounds.shape[2] // 4
    assert played[: 6 * HOP].abs().max() < INAUDIBLE  # the pitch is not known yet
    assert played[8 * HOP : count].square().mean().sqrt() > 1e-3
    assert torch.isfinite(played).all()


def test_what_is_held_stays(fresh: torch.jit.ScriptModule) -> None:
    with torch.inference_mode():
        first = fresh.encode(tone(50.0)[:, None])[0, :-2, -1]
        fresh.follow = "hold"
        held = fresh.encode(tone(70.0, rms=0.5)[:, None])[0, :-2]
        # semitones and switches apart, values end where they were going
        torch.testing.assert_close(held[:, -1], first, rtol=1e-3, atol=1e-3)
        fresh.follow = "follow"
        other = fresh.encode(tone(70.0, rms=0.5)[:, None])[0, :-2, -1]
    assert (other - first).abs().max() > 1e-2


def test_smoothing_slows_what_is_found(fresh: torch.jit.ScriptModule) -> None:
    with torch.inference_mode():
        fresh.smoothing = 0.0
        quick = fresh.encode(tone(50.0)[:, None])[0, :-2]
        fresh.reset()
        fresh.smoothing = 300.0
        slow = fresh.encode(tone(50.0)[:, None])[0, :-2]
    steps = [rows.diff(dim=1).abs().amax(1) for rows in (quick, slow)]
    moved = steps[0] > 0.0
    assert moved.any()
    assert (steps[1][moved] < 0.5 * steps[0][moved]).all()


@pytest.mark.parametrize("method", ["encode", "forward"])
def test_anything_comes_in(fresh: torch.jit.ScriptModule, method: str) -> None:
    shape = [1, 1, 16 * HOP]
    inputs = (torch.zeros(shape), torch.full(shape, torch.nan), 1e3 * torch.randn(shape))
    with torch.inference_mode():
        for sound in inputs:
            assert torch.isfinite(getattr(fresh, method)(sound)).all()


def test_values_of_all_laws() -> None:
    positions = torch.rand(20, len(PARAMETERS), generator=torch.Generator().manual_seed(0))
    values = Laws(PARAMETERS)(positions)
    for place, parameter in enumerate(PARAMETERS):
        expected = parameter.value_at(positions[:, place].double())
        torch.testing.assert_close(
            values[:, place].double(),
            expected,
            rtol=1e-4,
            atol=1e-4 * (parameter.high - parameter.low),
        )
