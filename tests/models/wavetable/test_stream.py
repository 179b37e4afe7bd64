"""A wavetable as it is played: blocks, voices, silence, no clicks, quick windows, other rates."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.clicks import clicking_hops
from tests.tolerances import INAUDIBLE
from vschaos.export import script_stream
from vschaos.models.wavetable import Wavetable

HOP, RATE = 256, 44100
DULL = 0.4, 10.0, 0.5, -60.0  # octaves, dB, octaves, dB
SAME = 1e-5  # of full scale: products of several frames add in another order


@pytest.fixture(scope="module")
def model() -> Wavetable:
    """Not trained, and dull: on the pulses of bright tones no click is found."""
    torch.manual_seed(0)
    model = Wavetable({}, hidden_dim=32, state_dim=32)
    model.network.partial_db.mul_(4.0)  # partials fall by 24 dB an octave
    model.timbre.scale.centre.copy_(torch.tensor(DULL)[:, None])
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def compiled(model: Wavetable) -> Any:
    scripted = script_stream(model.stream().eval(), RATE)
    scripted.get_methods()
    return scripted


@pytest.fixture
def played(compiled: Any) -> Any:
    compiled.engine.stream.reset()
    return compiled


def music(num_hops: int = 64) -> Tensor:
    """A glide of a saw, noise and rests, `[1, 1, T]`."""
    torch.manual_seed(1)
    seconds = torch.arange(num_hops * HOP) / RATE
    cycles = 200.0 * seconds + 100.0 * seconds**2
    glide = sum((0.2 / k * torch.sin(2 * math.pi * k * cycles) for k in range(1, 12)), 0 * cycles)
    swell = (torch.sin(9.0 * seconds) + 0.5).clamp(0.0, 1.0)
    return (swell * (glide + 0.02 * torch.randn(len(seconds))))[None, None]


@torch.inference_mode()
def in_blocks(model: Any, method: str, values: Tensor, sizes: list[int]) -> Tensor:
    """In blocks of so many hops."""
    ratio = 1 if method == "decode" else HOP
    parts, start = [], 0
    for size in itertools.cycle(sizes):
        if start >= values.shape[2]:
            break
        parts.append(getattr(model, method)(values[:, :, start : start + size * ratio]))
        start += size * ratio
    return torch.cat(parts, 2)


def test_controls_have_the_fixed_names(played: Any) -> None:
    names = ["pitch", "confidence", "loudness", "brightness", "odd_even", "richness", "noisiness"]
    names += ["z1", "z2", "z3", "z4"]
    assert played.encode_output_labels == names
    assert played.decode_input_labels == names
    assert "reverb" not in played.get_attributes()


@pytest.mark.parametrize("sizes", [[1], [3, 1, 7]])
def test_blocks_do_not_matter(played: Any, sizes: list[int]) -> None:
    frames = in_blocks(played, "encode", music(), [64])
    for method, given in {"encode": music(), "decode": frames, "forward": music()}.items():
        outputs = []
        for each in ([64], sizes):
            played.engine.stream.reset()
            outputs.append(in_blocks(played, method, given, each))
        scale = max(1.0, float(outputs[0].abs().max()))
        assert (outputs[0] - outputs[1]).abs().max() < SAME * scale


@torch.inference_mode()
def test_voices_that_stay_keep_their_sound(played: Any) -> None:
    frames = in_blocks(played, "encode", music(), [64])
    alone = in_blocks(played, "decode", frames, [8])
    played.engine.stream.reset()
    parts = []
    for n, start in enumerate(range(0, 64, 16)):
        block = frames[:, :, start : start + 16]
        voices = torch.cat([block, block.flip(2)]) if n % 2 else block
        parts.append(in_blocks(played, "decode", voices, [8])[:1])
    assert (torch.cat(parts, 2) - alone).abs().max() < SAME


@torch.inference_mode()
def test_silence_gives_silence_and_what_is_no_number_no_harm(played: Any) -> None:
    silence = torch.zeros(1, 1, 32 * HOP)
    assert played.forward(silence).abs().max() < INAUDIBLE
    poisoned = music(32).clone()
    poisoned[0, 0, 1000:3000:7] = math.nan
    assert played.forward(poisoned).isfinite().all()
    controls = played.encode(poisoned)
    controls[:, :, ::3] = math.nan
    assert played.decode(controls).isfinite().all()
    clean = played.forward(music())
    assert clean.isfinite().all()
    assert clean.abs().max() > 0.01


@pytest.mark.parametrize("name", ["brightness", "odd_even", "richness", "pitch", "z1"])
@torch.inference_mode()
def test_no_step_of_a_control_clicks(played: Any, name: str) -> None:
    """Every 16 hops."""
    names = played.decode_input_labels
    frame = torch.zeros(len(names))
    values = {"pitch": 57.0, "confidence": 1.0, "loudness": -30.0}
    for key, value in values.items():
        frame[names.index(key)] = value
    frames = frame[None, :, None].repeat(1, 1, 96)
    steps = [60.0, 57.0, 59.0, 57.0, 64.0, 57.0] if name == "pitch" else [0, 1, 0.5, 1.5, 0, 1]
    if name == "richness":  # more of it has pulses
        steps = [-step for step in steps]
    frames[0, names.index(name)] = torch.tensor(steps).float().repeat_interleave(16)
    sound = in_blocks(played, "decode", frames, [4])[0, 0]
    assert [hop for hop in clicking_hops(sound.numpy(), HOP) if hop >= 8] == []


@torch.inference_mode()
def test_a_quicker_window_hears_the_same_descriptors(model: Wavetable) -> None:
    time = torch.arange(60 * HOP) / RATE
    tone = sum((0.2 / k * torch.sin(880 * math.pi * k * time) for k in range(1, 25)), 0 * time)
    heard = []
    for max_delay in (2000, 600, 350):
        stream = model.stream(max_delay).eval()
        assert stream.get_delay() <= max_delay
        heard.append(stream.encode(tone[None, None])[0, 3:6, 30:].mean(1))
    # standard deviations
    assert max(float((other - heard[0]).abs().max()) for other in heard[1:]) < 0.2


@torch.inference_mode()
def test_at_another_rate_it_hears_and_plays_the_same(model: Wavetable) -> None:
    stream = model.stream().eval()
    outputs = []
    for rate in (44100, 48000):
        stream.sample_rate = rate
        stream.reset()
        time = torch.arange(80 * HOP) / rate
        tone = sum((0.2 / k * torch.sin(440 * math.pi * k * time) for k in range(1, 30)), 0 * time)
        frames = stream.encode(tone[None, None])
        again = stream.encode(stream.decode(frames))
        outputs.append((frames[0, :7, 40:].mean(1), again[0, :7, 60:].mean(1)))
    for at_rate, at_own in zip(outputs[1], outputs[0], strict=True):
        assert (at_rate[:6] - at_own[:6]).abs().max() < 0.1
