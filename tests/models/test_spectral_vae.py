"""The spectral VAE learns, and keeps the contract of all models."""

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from vschaos.labels import Labels
from vschaos.layers import Perceptron
from vschaos.models.base import Model
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE
from vschaos.transforms import STFT, LogMagnitude

RATE = 16000


def tiny(seed: int = 0, hidden: int = 32) -> SpectralVAE:
    torch.manual_seed(seed)
    return SpectralVAE(
        {},
        sample_rate=RATE,
        transform=STFT(512, 128),
        contrast=partial(LogMagnitude, floor_db=-80.0),
        encoder=partial(Perceptron, hidden_dims=[hidden]),
        decoder=partial(Perceptron, hidden_dims=[hidden]),
        latent=GaussianLatent(dim=4, free_bits=0.02),
    )


def tones(num: int, length: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    hz = 200 * 2 ** (3 * torch.rand(num, 1, generator=generator))
    phase = 2 * math.pi * torch.rand(num, 1, generator=generator)
    return 0.3 * torch.sin(2 * math.pi * hz * torch.arange(length) / RATE + phase)


def test_every_loss_moves_what_it_should(nothing_known: Callable[..., Labels]) -> None:
    model = tiny()
    audio = tones(8, model.excerpt_length)
    model.fit(audio)
    losses = model.losses(audio, nothing_known(8))
    assert set(losses) == {"contrast", "convergence", "kl"}
    sum(losses.values(), torch.zeros(())).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_sounds_come_back_as_long_as_they_went_in() -> None:
    model = tiny()
    model.fit(tones(8, 4096))
    for length in (1, 127, 128, 3000):
        for inversion in (None, *model.inversions):
            assert model.reconstruct(tones(2, length), inversion=inversion).shape == (2, length)


def test_latents_decode_to_the_sound_that_has_as_many_frames() -> None:
    model = tiny()
    model.fit(tones(8, 4096))
    for num_frames in (4, 5, 40):
        audio = model.decode(torch.zeros(3, 4, num_frames))
        assert model.encode(audio).shape == (3, 4, num_frames)


def test_what_cannot_be_decoded_is_refused() -> None:
    model = tiny()
    with pytest.raises(ValueError, match="at least 4 latent frames"):
        model.decode(torch.zeros(1, 4, 3))
    with pytest.raises(ValueError, match="keep_input"):
        model.decode(torch.zeros(1, 4, 8), inversion="keep_input")
    with pytest.raises(ValueError, match="inversion must be one of"):
        model.decode(torch.zeros(1, 4, 8), inversion="magic")


def test_a_tone_comes_back_at_its_pitch_after_a_short_training() -> None:
    model = tiny(hidden=128)
    train(model, steps=400)
    for hz in (311.0, 622.0, 987.0):
        tone = 0.3 * torch.sin(2 * math.pi * hz * torch.arange(8192) / RATE).unsqueeze(0)
        with torch.no_grad():
            output = model.reconstruct(tone)
        assert abs(12 * math.log2(strongest_hz(output) / hz)) < 0.5, hz


def test_it_is_a_model() -> None:
    assert isinstance(tiny(), Model)


def train(model: SpectralVAE, steps: int) -> None:
    values = torch.zeros(128, 0, 1)
    model.fit(tones(256, model.excerpt_length))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(steps):
        losses = model.losses(
            tones(128, model.excerpt_length, seed=step), Labels(values, values > 0)
        )
        optimizer.zero_grad()
        (losses["contrast"] + 1e-3 * losses["kl"]).backward()
        optimizer.step()


def strongest_hz(audio: Tensor) -> float:
    size = 1 << 17
    spectrum = torch.fft.rfft(audio[0] * torch.hann_window(audio.shape[1]), n=size).abs()
    return float(spectrum.argmax()) * RATE / size
