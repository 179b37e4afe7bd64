"""Whatever a host and a player do for ten minutes, what comes out is finite, bounded and smooth."""

from __future__ import annotations

import math
import random
import resource

import pytest
import torch
from torch import Tensor

from tests.clicks import clicking_hops
from tests.export.playing import SOUNDS, turn_back
from tests.tolerances import INAUDIBLE

HOP, RATE = 512, 44100
SETTINGS: dict[str, list[object]] = {
    "inversion_mode": ["keep_input", "rtisi", "scan", "random"],
    "temperature": [0.0, 1.0, 10.0],
    "dimred": ["none", "pca", "ica", "spherical"],
    "gain": [-100.0, -20.0, 0.0, 6.0],
    "mix": [0.0, 0.5, 1.0],
    "freeze": [0, 1],
    "smoothing": [0.0, 50.0, 5000.0],
    "jitter": [0.0, 0.5],
    "match": [0.0, 1.0],
}


def inputs(random_: random.Random, batch: int, inlets: int, length: int) -> Tensor:
    """Noise, a tone, silence, +60 dB, denormals, and no numbers at all."""
    noise = torch.randn(batch, inlets, length)
    seconds = torch.arange(length) / RATE
    tone = torch.sin(2 * math.pi * random_.uniform(50, 5000) * seconds).expand(batch, inlets, -1)
    kinds = [0.1 * noise, 0.3 * tone, 0 * noise, 1000 * noise, 1e-40 * noise, noise / 0.0]
    kinds.append(torch.full_like(noise, math.nan))
    return random_.choices(kinds, weights=[5, 5, 3, 1, 1, 1, 1])[0]


def play(model: torch.jit.ScriptModule, seconds: float, seed: int) -> None:
    random_ = random.Random(seed)
    torch.manual_seed(seed)
    played = 0
    while played < seconds * RATE:
        if random_.random() < 0.2:
            name = random_.choice(list(SETTINGS))
            assert getattr(model, f"set_{name}")(random_.choice(SETTINGS[name])) == 0
        if random_.random() < 0.02:
            model.set_reset(True)
        method = random_.choice(["encode", "decode", "forward", "forward"])
        inlets, in_ratio, outlets, out_ratio = getattr(model, f"{method}_params").tolist()
        batch, hops = random_.choice([1, 1, 1, 2, 3]), random_.choice([1, 1, 2, 4, 8, 16])
        values = inputs(random_, batch, inlets, hops * HOP // in_ratio)
        with torch.inference_mode():
            output = getattr(model, method)(values)
        assert output.shape == (batch, outlets, hops * HOP // out_ratio)
        assert torch.isfinite(output).all()
        assert output.abs().max() <= 100.0
        played += hops * HOP


def turn(model: torch.jit.ScriptModule, random_: random.Random) -> None:
    """Some setting to some value. Latents drawn at random are left to others: they make pulses,
    which are the sound's own."""
    smooth = {name: SETTINGS[name] for name in SETTINGS if name not in ("temperature", "jitter")}
    name = random_.choice([*smooth, "inversion_mode", "reset"])
    value = True if name == "reset" else random_.choice(smooth[name])
    assert getattr(model, f"set_{name}")(value) == 0


def play_while_turning(
    model: torch.jit.ScriptModule, kind: str, start: int, num_hops: int, random_: random.Random
) -> tuple[Tensor, set[int]]:
    """A sound from hop `start` on in random blocks and batches -> what comes out of it `[T]`, and
    the hops at which settings were turned."""
    seconds = (start * HOP + torch.arange(num_hops * HOP, dtype=torch.float64)) / RATE
    playing = SOUNDS[kind](seconds).float()
    outputs, turned, hop = [], set(), 0
    while hop < num_hops:
        if random_.random() < 0.2:
            turn(model, random_)
            turned.add(hop)
        hops = random_.choice([1, 1, 2, 4, 8, 16])
        block = playing[hop * HOP : (hop + hops) * HOP].expand(1, 1, -1)
        others = 0.1 * torch.randn(random_.choice([0, 0, 1, 2]), 1, block.shape[2])
        with torch.inference_mode():
            outputs.append(model.forward(torch.cat([block, others]))[0, 0])
        hop += hops
    return torch.cat(outputs), turned


@pytest.mark.parametrize("kind", SOUNDS)
@pytest.mark.parametrize("seconds", [9.0, pytest.param(200.0, marks=pytest.mark.slow)])
def test_whatever_is_turned_nothing_clicks(
    instrument: torch.jit.ScriptModule, kind: str, seconds: float
) -> None:
    torch.manual_seed(0)
    random_ = random.Random(kind)
    start, piece = 0, 800
    while start < seconds * RATE / HOP:
        output, turned = play_while_turning(instrument, kind, start, piece, random_)
        assert not turned.intersection(clicking_hops(output.numpy(), HOP))
        start += piece


@pytest.mark.parametrize("seconds", [20.0, pytest.param(600.0, marks=pytest.mark.slow)])
def test_whatever_comes_the_next_clean_sound_is_clean(
    instrument: torch.jit.ScriptModule, music: Tensor, seconds: float
) -> None:
    clean = music[:, :, : 80 * HOP]
    with torch.inference_mode():
        expected = instrument.forward(clean)
    play(instrument, seconds / 2, seed=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    play(instrument, seconds / 2, seed=1)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 64
    turn_back(instrument)
    silence = torch.zeros(1, 1, 200 * HOP)
    with torch.inference_mode():
        tail = instrument.forward(silence)
        output = instrument.forward(clean)
    assert level_db(tail[:, :, 8 * HOP :]) < -80
    assert (output - expected).norm() < INAUDIBLE * expected.norm()


@pytest.mark.parametrize("mode", SETTINGS["inversion_mode"])
def test_silence_in_gives_silence_out(
    instrument: torch.jit.ScriptModule, music: Tensor, mode: str
) -> None:
    instrument.set_inversion_mode(mode)
    silence = torch.zeros(1, 1, 40 * HOP)
    with torch.inference_mode():
        instrument.forward(music)
        through = instrument.forward(silence)
        instrument.decode(instrument.encode(music))
        decoded = instrument.decode(instrument.encode(silence))
    tail = 10 * HOP  # a window, what looks ahead, and what is overlapped and added
    assert level_db(through[:, :, tail:]) < -80
    assert level_db(decoded[:, :, tail:]) < -80


def level_db(sound: Tensor) -> float:
    return 10 * math.log10(float(sound.square().mean()) + 1e-20)
