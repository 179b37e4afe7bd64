"""Texture and match of an exported model: exact in blocks, without clicks, there or not."""

from __future__ import annotations

import itertools
from functools import partial

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from tests.clicks import clicking_hops
from tests.tolerances import INAUDIBLE
from vschaos.dsp import STFT, LogMagnitude
from vschaos.export import script_stream
from vschaos.layers import Perceptron
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE

HOP, RATE = 512, 44100
NUM_HOPS = 48
LATE = 4  # hops until a frame is heard


def sound(num_hops: int = NUM_HOPS) -> Tensor:
    """`[1, 1, T]`: noise above a low tone."""
    torch.manual_seed(5)
    seconds = torch.arange(num_hops * HOP) / RATE
    tone = 0.3 * torch.sin(2 * torch.pi * 110.0 * seconds)
    return (tone + 0.05 * torch.randn(len(seconds)))[None, None]


@pytest.fixture(scope="module")
def compiled() -> torch.jit.ScriptModule:
    """Trained for some steps, and taught that all is noise."""
    torch.manual_seed(0)
    model = SpectralVAE(
        {},
        sample_rate=RATE,
        transform=STFT(2048, HOP),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=partial(Perceptron, hidden_dims=[32]),
        decoder=partial(Perceptron, hidden_dims=[32]),
        latent=GaussianLatent(dim=4),
        texture_bands=12,
    )
    excerpts = sound()[0].unfold(1, 2048, 997)[0]
    model.fit(unlabelled(excerpts))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(40):
        optimizer.zero_grad()
        model.losses(unlabelled(excerpts))["log_magnitude"].backward()
        optimizer.step()
    with torch.no_grad():
        last = [layer for layer in model.decoder.modules() if isinstance(layer, torch.nn.Linear)]
        last[-1].bias[-12:] = 2.0
    model = model.eval().requires_grad_(False)
    return script_stream(model.stream().eval(), RATE)


@pytest.fixture
def instrument(compiled: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    for name, value in {"texture": 1.0, "match": 0.0, "freeze": 0}.items():
        assert getattr(compiled, f"set_{name}")(value) == 0
    compiled.set_inversion_mode("keep_input")
    compiled.set_sample_rate(RATE)
    compiled.engine.stream.reset()
    return compiled


def played(model: torch.jit.ScriptModule, method: str, values: Tensor, hops: list[int]) -> Tensor:
    ratio = int(getattr(model, f"{method}_params")[1])
    outputs, start = [], 0
    with torch.inference_mode():
        for count in itertools.cycle(hops):
            if start * HOP // ratio >= values.shape[2]:
                return torch.cat(outputs, dim=2)
            block = values[:, :, start * HOP // ratio : (start + count) * HOP // ratio]
            outputs.append(getattr(model, method)(block))
            start += count
    raise AssertionError


def level_db(output: Tensor) -> float:
    return 10 * float(output[0, 0, LATE * HOP :].square().mean().log10())


@pytest.mark.parametrize("rate", [RATE, pytest.param(48000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("method", ["forward", "decode"])
def test_blocks_are_not_audible(instrument: torch.jit.ScriptModule, method: str, rate: int) -> None:
    values = sound()
    if method == "decode":
        values = instrument.encode(values)
    instrument.set_match(1.0)
    instrument.set_sample_rate(rate)
    outputs = []
    for hops in ([NUM_HOPS], [1], [3, 1, 8]):
        instrument.engine.stream.reset()
        outputs.append(played(instrument, method, values, hops))
    for output in outputs[1:]:
        assert (output - outputs[0]).abs().max() < INAUDIBLE


def test_texture_is_noise_and_repeats_after_a_reset(instrument: torch.jit.ScriptModule) -> None:
    latents = instrument.encode(sound())
    rough = played(instrument, "decode", latents, [8])
    instrument.engine.stream.reset()
    assert (played(instrument, "decode", latents, [8]) - rough).abs().max() < INAUDIBLE
    instrument.set_texture(0.0)
    instrument.engine.stream.reset()
    smooth = played(instrument, "decode", latents, [8])
    assert level_db(rough.diff(n=2)) > level_db(smooth.diff(n=2)) + 1.0  # in the highs
    assert instrument.set_texture(1.5) != 0


def test_match_gives_back_the_level_and_freeze_holds_it(
    instrument: torch.jit.ScriptModule,
) -> None:
    instrument.set_texture(0.0)
    values = torch.cat([sound(), 0.4 * sound()], dim=2)
    quarter = [level_db(part) for part in values.chunk(2, dim=2)]
    errors = {}
    for match in (0.0, 1.0):
        instrument.set_match(match)
        instrument.engine.stream.reset()
        parts = played(instrument, "forward", values, [4]).chunk(2, dim=2)
        errors[match] = [abs(level_db(p) - w) for p, w in zip(parts, quarter, strict=True)]
    # phases of the input and magnitudes of the model disagree, which costs some level
    assert max(errors[1.0]) < 2.0
    assert max(errors[1.0]) < max(errors[0.0])
    instrument.engine.stream.reset()
    first = level_db(played(instrument, "forward", sound(), [4]))
    instrument.set_freeze(1)
    frozen = level_db(played(instrument, "forward", 0.4 * sound(), [4]))
    assert frozen == pytest.approx(first, abs=2.0)


@pytest.mark.parametrize("name", ["texture", "match"])
def test_turning_does_not_click(instrument: torch.jit.ScriptModule, name: str) -> None:
    instrument.set_texture(0.0)
    seconds = torch.arange(NUM_HOPS * HOP) / RATE
    tone = (0.3 * torch.sin(2 * torch.pi * 110.0 * seconds))[None, None]
    outputs = []
    for n, part in enumerate(tone.split(8 * HOP, dim=2)):
        getattr(instrument, f"set_{name}")(float(n % 2))
        outputs.append(played(instrument, "forward", part, [4]))
    heard = torch.cat(outputs, dim=2)[0, 0].numpy()
    if name == "match":  # texture is noise, which is full of what a click is told by
        assert [hop for hop in clicking_hops(heard, HOP) if hop > 2 * LATE] == []
    steps = abs(heard[1:] - heard[:-1])[LATE * HOP :]
    usual, largest = (steps.max() if len(steps) else 0.0 for steps in (steps[: 4 * HOP], steps))
    assert largest < 3.0 * usual


def test_silence_stays_silent(instrument: torch.jit.ScriptModule) -> None:
    instrument.set_match(1.0)
    output = played(instrument, "forward", torch.zeros(1, 1, 16 * HOP), [4])
    assert output.abs().max() < INAUDIBLE
