"""Whatever is turned while a model plays, nothing clicks, and blocks do not matter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.clicks import FRAME, clicks
from vschaos.export import Host, script_stream
from vschaos.models.spectral_vae import SpectralVAE

HOP, RATE = 512, 44100
EVERY = 16  # hops from one change to the next
SETTLED = 16  # hops after which the beginning is over
MODES = ["keep_input", "rtisi", "scan"]
Setting = tuple[str, object]


def to_and_fro(*choices: object) -> list[object]:
    """Each of them followed by each other."""
    pairs = itertools.permutations(choices, 2)
    return [choice for pair in pairs for choice in pair]


TURNS: dict[str, list[list[Setting]]] = {
    "inversion_mode": [[("inversion_mode", mode)] for mode in to_and_fro(*MODES)],
    "inversion_mode in a mixture": [
        [("mix", 0.5)],
        *([("inversion_mode", mode)] for mode in to_and_fro(*MODES)),
    ],
    "temperature": [[("temperature", value)] for value in (3.0, 0.0, 1.0, 0.0)],
    "dimred": [[("dimred", view)] for view in to_and_fro("none", "pca", "spherical")],
    "gain": [[("gain", value)] for value in (-100.0, 6.0, -20.0, 0.0, -6.0)],
    "mix": [[("mix", value)] for value in (0.0, 1.0, 0.5, 0.0, 0.3, 1.0)],
    "freeze": [[("freeze", value)] for value in (1, 0, 1, 0)],
    "smoothing": [[("smoothing", value)] for value in (500.0, 0.0, 50.0, 0.0)],
    "jitter": [[("jitter", value)] for value in (0.5, 0.0, 2.0, 0.0)],
    "reset": [
        [("reset", True)],
        [("inversion_mode", "rtisi")],
        [("reset", True)],
        [("mix", 0.5)],
        [("reset", True), ("reset", True)],
        [("inversion_mode", "scan"), ("reset", True)],
        [("freeze", 1)],
        [("reset", True), ("gain", -20.0)],
        [("smoothing", 100.0), ("reset", True)],
    ],
    "all at once": [
        [
            ("inversion_mode", mode),
            ("mix", mix),
            ("gain", gain),
            ("freeze", freeze),
            ("smoothing", 80.0 * mix),
            ("dimred", view),
            ("reset", mix > 0.4),
        ]
        for mode, mix, gain, freeze, view in zip(
            to_and_fro(*MODES),
            itertools.cycle([1.0, 0.3, 0.7]),
            itertools.cycle([0.0, -12.0, 6.0, -30.0]),
            itertools.cycle([0, 0, 1]),
            itertools.cycle(["none", "pca", "ica", "spherical"]),
            strict=False,
        )
    ],
}
SOUNDS: dict[str, Callable[[Tensor], Tensor]] = {
    "low tone": lambda seconds: 0.4 * tones(seconds, 55.0),
    "chord": lambda seconds: 0.3 * tones(seconds, 110.0, 138.6, 164.8, 220.0),
    "quiet pad": lambda seconds: 0.03 * tones(seconds, 195.5, 196.0, 246.9, 247.5, 293.7),
}


def tones(seconds: Tensor, *hz: float) -> Tensor:
    """Of equal levels, that begin softly; at most 1."""
    together = torch.stack([torch.sin(2 * math.pi * f * seconds) for f in hz]).mean(dim=0)
    return together * (seconds / 0.05).clamp(max=1.0)


@pytest.fixture(scope="module")
def trained(train: Callable[[Tensor, int], SpectralVAE]) -> SpectralVAE:
    """On the sounds that it plays here, at several levels, and silence."""
    parts = [level * sound(name, 40)[0] for name in SOUNDS for level in (1.0, 0.3, 0.0)]
    return train(torch.cat(parts, dim=1), 300)


@pytest.fixture
def instrument(trained: SpectralVAE) -> torch.jit.ScriptModule:
    model = script_stream(trained.stream().eval(), RATE)
    model.get_methods()
    return model


def sound(name: str, num_hops: int) -> Tensor:
    """`[1, 1, T]`."""
    return SOUNDS[name](torch.arange(num_hops * HOP, dtype=torch.float64) / RATE).float()[
        None, None
    ]


def turned(
    model: torch.jit.ScriptModule,
    method: str,
    values: Tensor,
    turns: list[list[Setting]],
    sizes: list[int],
) -> Tensor:
    """What comes out `[B, C, T]` of a fresh model whose settings are changed every `EVERY` hops,
    in blocks of so many hops, or fewer where a change comes before."""
    model.stream.reset()
    _, in_ratio, _, _ = getattr(model, f"{method}_params").tolist()
    per_hop = HOP // in_ratio
    outputs = []
    for start, hops in blocks(values.shape[2] // per_hop, sizes):
        if start % EVERY == 0 and SETTLED <= start < SETTLED + EVERY * len(turns):
            for name, value in turns[(start - SETTLED) // EVERY]:
                assert getattr(model, f"set_{name}")(value) == 0
        with torch.inference_mode():
            block = values[:, :, start * per_hop : (start + hops) * per_hop]
            outputs.append(getattr(model, method)(block))
    return torch.cat(outputs, dim=2)


def blocks(num_hops: int, sizes: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for size in itertools.cycle(sizes):
        if start >= num_hops:
            return
        hops = min(size, EVERY - start % EVERY, num_hops - start)
        yield start, hops
        start += hops


def clicking_hops(output: Tensor) -> list[int]:
    """Hops at whose beginning the first row clicks, once it plays.

    There lies all that a setting can break; a frame of its own may well hold a pulse of the sound.
    """
    found = np.array([at for at in clicks(output[0, 0].numpy()) if at > SETTLED * HOP])
    hops = np.round(found / HOP).astype(int)
    return [int(hop) for hop in hops[np.abs(found - hops * HOP) <= FRAME]]


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("kind", SOUNDS)
@pytest.mark.parametrize("method", ["forward", "decode"])
def test_no_setting_clicks(
    instrument: torch.jit.ScriptModule, name: str, kind: str, method: str
) -> None:
    torch.manual_seed(0)
    playing = sound(kind, SETTLED + EVERY * (len(TURNS[name]) + 1))
    values = instrument.encode(playing) if method == "decode" else playing
    output = turned(instrument, method, values, TURNS[name], [4])
    assert not clicking_hops(output)
    beginning = slice(EVERY // 2 * HOP, SETTLED * HOP)
    level = output[0, 0, beginning].square().mean() / playing[0, 0, beginning].square().mean()
    assert 10 * math.log10(level) > -12.0  # it plays


def test_a_cut_would_be_found(instrument: torch.jit.ScriptModule) -> None:
    playing = sound("low tone", 4 * SETTLED)
    first = instrument.forward(playing[:, :, : 2 * SETTLED * HOP])
    instrument.stream.reset()
    second = instrument.forward(playing[:, :, 2 * SETTLED * HOP :])
    assert 2 * SETTLED in clicking_hops(torch.cat([first, second], dim=2))


@pytest.mark.parametrize("name", ["inversion_mode in a mixture", "gain", "mix", "all at once"])
@pytest.mark.parametrize("method", ["forward", "decode"])
def test_blocks_do_not_matter_when_settings_change(
    instrument: torch.jit.ScriptModule, name: str, method: str
) -> None:
    playing = sound("chord", SETTLED + EVERY * (len(TURNS[name]) + 1))
    values = instrument.encode(playing) if method == "decode" else playing
    outputs = []
    for sizes in ([1], [4], [16], [3, 7, 5]):
        host = Host(instrument, method)
        for setting, value in {"inversion_mode": "keep_input", "mix": 1.0, "gain": 0.0}.items():
            host.set(setting, value)
        for setting, value in {"freeze": 0, "smoothing": 0.0, "dimred": "none"}.items():
            host.set(setting, value)
        outputs.append(turned(instrument, method, values, TURNS[name], sizes))
    for output in outputs[1:]:
        assert (output - outputs[0]).abs().max() < 1e-5


def test_a_mode_goes_on_from_what_sounds(instrument: torch.jit.ScriptModule) -> None:
    """No hole where one looks ahead, and no phase of long ago: the level stays."""
    num_hops = SETTLED + EVERY * (len(TURNS["inversion_mode"]) + 1)
    output = turned(
        instrument, "forward", sound("low tone", num_hops), TURNS["inversion_mode"], [4]
    )
    level = output[0, 0, SETTLED * HOP :].unfold(0, 2 * HOP, HOP).square().mean(dim=1).sqrt()
    assert 20 * np.log10(float(level.min() / level.median())) > -6.0


def test_what_was_heard_before_a_reset_dies_away(
    instrument: torch.jit.ScriptModule, music: Tensor
) -> None:
    playing = sound("chord", 64)
    fresh = instrument.forward(playing)
    instrument.set_smoothing(5000.0)
    instrument.forward(music)
    instrument.set_smoothing(0.0)
    instrument.set_reset(True)
    after = instrument.forward(playing)
    assert not torch.allclose(after[:, :, :HOP], fresh[:, :, :HOP], atol=1e-3)
    torch.testing.assert_close(after[:, :, 8 * HOP :], fresh[:, :, 8 * HOP :], atol=1e-5, rtol=0.0)
