"""Voices that play are not disturbed by those that join and leave: mc.nn~, B = 1 -> 4 -> 2 -> 4."""

import math
from collections.abc import Sequence
from functools import partial

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from tests.export.playing import fresh
from tests.export.test_generating import generating
from vschaos.dsp import STFT, LogMagnitude
from vschaos.export import script_stream
from vschaos.layers import Network
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE

__all__ = ["generating"]  # a fixture

RATE, HOP, HOPS = 16000, 128, 8  # hops between changes of the batch
BATCHES = (1, 4, 2, 4)
LENGTH = len(BATCHES) * HOPS * HOP
MODES = ("keep_input", "rtisi", "scan", "random")
SETTINGS = ({}, {"smoothing": 200.0}, {"freeze": 1}, {"mix": 0.5, "gain": -6.0})
NEAR = 1e-5  # of full scale: last digits of transforms of several rows at once


class Pointwise(Network):
    """Each output is one of the inputs, and what remains of it from frames before: without sums,
    whose last digits depend on how many rows are summed, and which a search for phases would
    never forget."""

    def __init__(self, in_dim: int, out_dim: int) -> None:
        super().__init__(context=4, memory_size=out_dim)
        self.register_buffer("source", torch.arange(out_dim) * max(in_dim // out_dim, 1) % in_dim)
        self.scale = torch.nn.Parameter(0.5 + torch.rand(out_dim, 1))

    def forward(self, frames: Tensor) -> Tensor:
        memory = frames.new_zeros(frames.shape[0], self.memory_size)
        return self.continued(frames, memory)[0]

    def continued(self, frames: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        remembered = torch.jit.annotate(list[Tensor], [])
        for n in range(frames.shape[2]):
            now = frames[:, :, n].index_select(1, self.source) * self.scale[:, 0]
            memory = 0.5 * memory + 0.5 * now
            remembered.append(memory)
        return torch.stack(remembered, dim=2), memory


@pytest.fixture(scope="module")
def sounds() -> Tensor:
    """`[4, 1, T]`: falling tones that are struck again and again."""
    seconds = torch.arange(LENGTH) / RATE
    hertz = torch.tensor([900.0, 600.0, 500.0, 1500.0])[:, None]
    tones = torch.sin(2 * math.pi * (hertz * seconds - 100 * seconds**2))
    return (0.3 * tones * torch.exp(-6 * (seconds % 0.1)))[:, None]


@pytest.fixture(scope="module")
def stream(sounds: Tensor) -> torch.jit.ScriptModule:
    torch.manual_seed(0)
    model = SpectralVAE(
        {},
        sample_rate=RATE,
        transform=STFT(512, HOP),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=Pointwise,
        decoder=Pointwise,
        latent=GaussianLatent(dim=4),
    )
    model.fit(unlabelled(sounds[:, 0]))
    return script_stream(model.eval().requires_grad_(False).stream().eval(), RATE)


@torch.inference_mode()
def played(
    model: torch.jit.ScriptModule, method: str, values: Tensor, batches: Sequence[int], row: int = 0
) -> Tensor:
    """A row of values `[4, C, T]` as it sounds in batches of so many voices, `[C, T]`; nothing
    while it is not among them."""
    parts = []
    for block, rows in zip(values.chunk(len(batches), dim=2), batches, strict=True):
        output = getattr(model, method)(block[:rows])
        parts.append(output[row] if row < rows else output[0, :, :0])
    return torch.cat(parts, dim=1)


def begun(model: torch.jit.ScriptModule, mode: str, settings: dict[str, float]) -> None:
    fresh(model)
    for name, value in {"inversion_mode": mode, **settings}.items():
        assert getattr(model, f"set_{name}")(value) == 0


def inputs(model: torch.jit.ScriptModule, method: str, sounds: Tensor) -> Tensor:
    if method != "decode":
        return sounds
    fresh(model)
    with torch.inference_mode():
        return model.encode(sounds)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize(
    ("method", "mode"),
    [("encode", "scan"), *((method, mode) for method in ("decode", "forward") for mode in MODES)],
)
def test_the_first_voice_is_that_which_plays_alone(
    stream: torch.jit.ScriptModule,
    sounds: Tensor,
    method: str,
    mode: str,
    settings: dict[str, float],
) -> None:
    values = inputs(stream, method, sounds)
    begun(stream, mode, settings)
    alone = played(stream, method, values, [1] * len(BATCHES))
    begun(stream, mode, settings)
    among = played(stream, method, values, BATCHES)
    assert alone.abs().max() > 0.01
    if mode == "random":  # phases are drawn for all rows together, so that levels alone can agree
        level, others = (x.square().mean().sqrt() for x in (alone, among))
        assert 0.7 < float(others / level) < 1.4
    else:
        assert (among - alone).abs().max() < NEAR * max(1.0, float(alone.abs().max()))


@pytest.mark.parametrize("mode", MODES[:3])
def test_a_voice_that_joins_begins_as_it_would_alone(
    stream: torch.jit.ScriptModule, sounds: Tensor, mode: str
) -> None:
    """Held latents, memories and phases of the one that had its place before are gone."""
    begun(stream, mode, {"freeze": 1})
    joined = played(stream, "forward", sounds, BATCHES, row=3)[:, -HOPS * HOP :]
    begun(stream, mode, {"freeze": 1})
    alone = played(stream, "forward", sounds[3:, :, -HOPS * HOP :], [1])
    assert alone.abs().max() > 0.01
    assert (joined - alone).abs().max() < NEAR


def test_what_plays_by_itself_goes_on_when_others_join(
    generating: torch.jit.ScriptModule,
) -> None:
    """A search for phases carries last digits on, and so levels of hops are compared."""
    values = torch.ones(4, 1, 4 * HOPS)
    levels = []
    for batches in ([1] * len(BATCHES), BATCHES):
        begun(generating, "scan", {"seed": 3})
        sound = played(generating, "generate", values, batches)[0]
        levels.append(sound.unfold(0, 2048, 512).square().mean(dim=1).sqrt())
    assert (levels[1] - levels[0]).abs().max() < 0.05 * levels[0].max()
