"""Networks on a stream: any blocks, any batch, and nothing that stays once it is over."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from tests.export.playing import fresh
from tests.tolerances import INAUDIBLE, ROUNDING
from vschaos.batch import Batch
from vschaos.dsp import STFT, LogMagnitude
from vschaos.export import script_stream
from vschaos.labels import Labels
from vschaos.layers import (
    CausalConvolution,
    ConvolutionalDecoder,
    ConvolutionalEncoder,
    Network,
    Recurrence,
    Remembering,
)
from vschaos.layers.streaming import StreamingNetwork
from vschaos.models.spectral_vae import (
    BernoulliOutput,
    GaussianLatent,
    GaussianOutput,
    Output,
    SpectralVAE,
)

RATE, HOP, Z = 16000, 128, 4
SIZES: dict[str, Any] = {"channels": [4, 8], "strides": [4, 4], "hidden_dims": [16]}
GRU = partial(Remembering, hidden_dims=[32], memory=partial(Recurrence, width=16, context=4))
CAUSAL = partial(
    Remembering, hidden_dims=[32], memory=partial(CausalConvolution, width=16, dilations=[1, 2])
)
Pair = tuple[Callable[[int, int], Network], Callable[[int, int], Network]]
PAIRS: dict[str, Pair] = {
    "conv": (partial(ConvolutionalEncoder, **SIZES), partial(ConvolutionalDecoder, **SIZES)),
    "gru": (GRU, GRU),
    "causal": (CAUSAL, CAUSAL),
}


def make(name: str, output: Callable[[LogMagnitude], Output] = Output) -> SpectralVAE:
    """Trained a little, so that it tells sounds from each other and from silence."""
    torch.manual_seed(0)
    model = SpectralVAE(
        {},
        sample_rate=RATE,
        transform=STFT(512, HOP),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=PAIRS[name][0],
        decoder=PAIRS[name][1],
        latent=GaussianLatent(dim=Z),
        output=output,
        excerpt_frames=6,
    )
    sound = music(400)[0]
    excerpts = sound.unfold(1, model.excerpt_length, 577)[0]
    model.fit(unlabelled(excerpts))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    values = torch.zeros(len(excerpts[::8]), 0, len(model.excerpt_centres))
    for step in range(60):
        optimizer.zero_grad()
        batch = excerpts[step % 8 :: 8]
        losses = model.losses(Batch(batch, Labels(values[: len(batch)], values[: len(batch)] > 0)))
        losses["kl"] = 1e-3 * losses["kl"]
        sum(losses.values(), torch.zeros(())).backward()
        optimizer.step()
    return model.eval().requires_grad_(False)


def music(hops: int) -> Tensor:
    """`[1, 1, T]`: a falling tone that comes and goes, with silence between."""
    seconds = torch.arange(hops * HOP) / RATE
    tone = torch.sin(2 * math.pi * (900 * seconds - 100 * seconds**2))
    return (0.3 * tone * torch.exp(-6 * (seconds % 0.5)) * (seconds % 1.5 < 1.0))[None, None]


@pytest.fixture(scope="module", params=PAIRS)
def model(request: pytest.FixtureRequest) -> SpectralVAE:
    return make(request.param)


@pytest.fixture(scope="module")
def compiled(model: SpectralVAE) -> torch.jit.ScriptModule:
    return script_stream(model.stream().eval(), RATE)


@pytest.fixture
def scripted(compiled: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    fresh(compiled)
    return compiled


def blocks(sound: Tensor, ratio: int) -> list[Tensor]:
    """Of any whole number of hops."""
    generator = torch.Generator().manual_seed(1)
    length, sizes = sound.shape[2] * ratio // HOP, []
    while sum(sizes) < length:
        sizes.append(int(torch.randint(1, 9, (1,), generator=generator)))
    sizes[-1] -= sum(sizes) - length
    return list(sound.split([size * HOP // ratio for size in sizes], dim=2))


@torch.inference_mode()
def test_blocks_of_a_host_do_not_matter(scripted: torch.jit.ScriptModule) -> None:
    sound = music(60)
    latents = torch.randn(1, Z, 60)
    for mode in ("keep_input", "rtisi"):
        scripted.set_inversion_mode(mode)
        for method, values, ratio in (
            ("forward", sound, 1),
            ("encode", sound, 1),
            ("decode", latents, HOP),
        ):
            scripted.engine.stream.reset()
            whole = getattr(scripted, method)(values)
            scripted.engine.stream.reset()
            parts = [getattr(scripted, method)(block) for block in blocks(values, ratio)]
            assert (torch.cat(parts, dim=2) - whole).abs().max() < INAUDIBLE


@torch.inference_mode()
def test_a_stream_is_what_the_model_gives_offline(
    model: SpectralVAE, scripted: torch.jit.ScriptModule
) -> None:
    sound = music(80)
    output, offline = scripted.forward(sound), model.reconstruct(sound[0], inversion="keep_input")
    delay = scripted.get_latency()[0]
    assert (output[0, :, delay:] - offline[:, :-delay]).abs().max() < INAUDIBLE
    latents = model.encode(sound[0])
    assert (scripted.encode(sound) - latents[:, :, :80]).abs().max() < INAUDIBLE


@torch.inference_mode()
def test_methods_and_rows_of_a_batch_do_not_disturb_each_other(
    scripted: torch.jit.ScriptModule,
) -> None:
    sound, other = music(60), 0.2 * torch.randn(1, 1, 60 * HOP)
    alone = scripted.forward(sound)
    scripted.engine.stream.reset()
    parts = []
    for number, (block, noise) in enumerate(zip(blocks(sound, 1), blocks(other, 1), strict=True)):
        scripted.encode(noise)
        scripted.decode(torch.randn(1, Z, 3))
        batch = [torch.cat([block, noise]), block][number % 2]
        parts.append(scripted.forward(batch)[:1])
    assert (torch.cat(parts, dim=2) - alone).abs().max() < INAUDIBLE


@torch.inference_mode()
def test_a_reset_forgets_all(scripted: torch.jit.ScriptModule) -> None:
    sound = music(40)
    calls = (("forward", sound), ("encode", sound), ("decode", torch.ones(1, Z, 20)))
    for method, values in calls:
        scripted.engine.stream.reset()
        first = getattr(scripted, method)(values)
        getattr(scripted, method)(values.flip(2))
        scripted.engine.stream.reset()
        assert (getattr(scripted, method)(values) - first).abs().max() < ROUNDING


@torch.inference_mode()
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", PAIRS)
def test_what_is_no_number_does_not_stay(name: str, bad: float) -> None:
    torch.manual_seed(0)
    network = torch.jit.script(StreamingNetwork(PAIRS[name][0](257, Z).eval()))
    network(torch.full((2, 257, 3), bad))
    assert torch.isfinite(network.memory).all()
    after = network(torch.randn(2, 257, 30, generator=torch.Generator().manual_seed(1)))
    assert torch.isfinite(after).all()


@torch.inference_mode()
def test_silence_is_silent_once_the_memory_is_over(
    model: SpectralVAE, scripted: torch.jit.ScriptModule
) -> None:
    scripted.forward(music(60))
    through = scripted.forward(torch.zeros(1, 1, 200 * HOP))
    tail = (8 + 8 * model.context) * HOP
    assert 10 * torch.log10(through[:, :, tail:].square().mean() + 1e-20) < -80


@torch.inference_mode()
def test_nothing_a_host_sends_spoils_what_comes_later(scripted: torch.jit.ScriptModule) -> None:
    sound = music(120)
    expected = scripted.forward(sound)
    for spoiled in (math.nan * sound, math.inf * sound, 1e30 * sound, 1e-40 * sound):
        scripted.forward(spoiled)
        scripted.decode(math.nan * torch.ones(1, Z, 8))
    scripted.forward(torch.zeros(1, 1, 400 * HOP))
    output = scripted.forward(sound)[:, :, 60 * HOP :]
    assert (output - expected[:, :, 60 * HOP :]).norm() < 1e-3 * expected.norm()


@pytest.mark.parametrize("output", [GaussianOutput, BernoulliOutput])
def test_what_a_decoder_says_is_played(output: Callable[[LogMagnitude], Output]) -> None:
    model = make("causal", output)
    scripted = script_stream(model.stream().eval(), RATE)
    sound = music(60)
    with torch.inference_mode():
        played = scripted.forward(sound)
    offline = model.reconstruct(sound[0], inversion="keep_input")
    delay = scripted.get_latency()[0]
    assert (played[0, :, delay:] - offline[:, :-delay]).abs().max() < INAUDIBLE
