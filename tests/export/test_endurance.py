"""Whatever a host and a player do for ten minutes, what comes out is finite and bounded."""

from __future__ import annotations

import math
import random
import resource

import pytest
import torch
from torch import Tensor

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


def settle(model: torch.jit.ScriptModule) -> None:
    for name, values in SETTINGS.items():
        getattr(model, f"set_{name}")(values[0] if name != "gain" else 0.0)
    model.set_mix(1.0)


@pytest.mark.parametrize("seconds", [20.0, pytest.param(600.0, marks=pytest.mark.slow)])
def test_whatever_comes_the_next_clean_sound_is_clean(
    scripted: torch.jit.ScriptModule, music: Tensor, seconds: float
) -> None:
    with torch.inference_mode():
        expected = scripted.forward(music[:, :, : 80 * HOP])
    play(scripted, seconds / 2, seed=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    play(scripted, seconds / 2, seed=1)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 64
    settle(scripted)
    silence = torch.zeros(1, 1, 200 * HOP)
    with torch.inference_mode():
        tail = scripted.forward(silence)
        output = scripted.forward(music[:, :, : 80 * HOP])
    assert 10 * torch.log10(tail[:, :, 100 * HOP :].square().mean() + 1e-20) < -50
    # after silence as from a fresh start, but for what is as soft as the silence itself
    assert (output - expected).norm() < 0.02 * expected.norm()
