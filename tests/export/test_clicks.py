"""Whatever is turned while a model plays, nothing clicks, and blocks do not matter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.clicks import clicking_hops
from tests.export.playing import HOP, SOUNDS, fresh, sound
from tests.tolerances import GROWN, INAUDIBLE

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
    "match": [[("match", value)] for value in (0.0, 1.0, 0.3, 1.0)],
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


def turned(
    model: torch.jit.ScriptModule,
    method: str,
    values: Tensor,
    turns: list[list[Setting]],
    sizes: list[int],
) -> Tensor:
    """What comes out `[B, C, T]` of a model whose settings are changed every `EVERY` hops,
    in blocks of so many hops, or fewer where a change comes before."""
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


def clicking(output: Tensor) -> list[int]:
    """Hops at which the first row clicks, once it plays."""
    return [hop for hop in clicking_hops(output[0, 0].numpy(), HOP) if hop > SETTLED]


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize(
    "kind",
    [  # clicks are heard most on the lowest and on the softest
        pytest.param(kind, marks=pytest.mark.slow if kind == "chord" else ()) for kind in SOUNDS
    ],
)
@pytest.mark.parametrize("method", ["forward", "decode"])
def test_no_setting_clicks(
    instrument: torch.jit.ScriptModule, name: str, kind: str, method: str
) -> None:
    torch.manual_seed(0)
    playing = sound(kind, SETTLED + EVERY * (len(TURNS[name]) + 1))
    values = instrument.encode(playing) if method == "decode" else playing
    instrument.engine.stream.reset()
    output = turned(instrument, method, values, TURNS[name], [4])
    found = clicking(output)
    if method == "decode":  # it changes at once, and has pulses at the centres of frames
        found = [hop for hop in found if hop % EVERY == 0]
    assert not found
    beginning = slice(EVERY // 2 * HOP, SETTLED * HOP)
    level = output[0, 0, beginning].square().mean() / playing[0, 0, beginning].square().mean()
    assert 10 * math.log10(level) > -12.0  # it plays


def test_a_cut_would_be_found(instrument: torch.jit.ScriptModule) -> None:
    playing = sound("low tone", 4 * SETTLED)
    first = instrument.forward(playing[:, :, : 2 * SETTLED * HOP])
    instrument.engine.stream.reset()
    second = instrument.forward(playing[:, :, 2 * SETTLED * HOP :])
    assert 2 * SETTLED in clicking(torch.cat([first, second], dim=2))


@pytest.mark.parametrize("name", ["inversion_mode in a mixture", "gain", "mix", "all at once"])
@pytest.mark.parametrize("method", ["forward", "decode"])
def test_blocks_do_not_matter_when_settings_change(
    instrument: torch.jit.ScriptModule, name: str, method: str
) -> None:
    playing = sound("chord", SETTLED + EVERY * (len(TURNS[name]) + 1))
    values = instrument.encode(playing) if method == "decode" else playing
    outputs = []
    for sizes in ([1], [4], [16], [3, 7, 5]):
        fresh(instrument)
        outputs.append(turned(instrument, method, values, TURNS[name], sizes))
    for output in outputs[1:]:
        assert (output - outputs[0]).abs().max() < GROWN


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
    # a match begins with frames that reach back, and forgets them with a time constant of two hops
    after, fresh = after[:, :, 32 * HOP :], fresh[:, :, 32 * HOP :]
    torch.testing.assert_close(after, fresh, atol=INAUDIBLE, rtol=0.0)
