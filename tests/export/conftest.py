"""A model to export."""

import copy
import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from tests.export.playing import SOUNDS, fresh, sound
from vschaos.batch import Batch
from vschaos.dsp import STFT, LogMagnitude
from vschaos.export import script_stream
from vschaos.labels import Labels
from vschaos.layers import Perceptron
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE

RATE = 44100


@pytest.fixture(scope="session")
def music() -> Tensor:
    """`[1, 1, T]`: a decaying chord, a sweep, silence and noise, 32 times 8192 samples."""
    torch.manual_seed(3)
    seconds = torch.arange(32 * 8192 // 4) / RATE
    chord = sum(torch.sin(2 * math.pi * hz * seconds) for hz in (220.0, 277.2, 329.6)) / 6
    chord = chord * torch.exp(-4 * (seconds % 0.4))
    sweep = 0.4 * torch.sin(2 * math.pi * (80 * seconds + 900 * seconds**2))
    noise = 0.1 * torch.randn(len(seconds))
    return torch.cat([chord, sweep, 0 * seconds, noise])[None, None]


@pytest.fixture(scope="session")
def train(nothing_known: Callable[..., Labels]) -> Callable[[Tensor, int], SpectralVAE]:
    """A small model from a sound `[1, T]` and so many steps of training."""

    def make(sound: Tensor, num_steps: int) -> SpectralVAE:
        torch.manual_seed(0)
        model = SpectralVAE(
            {},
            sample_rate=RATE,
            transform=STFT(2048, 512),
            log_magnitude=partial(LogMagnitude, floor_db=-80.0),
            encoder=partial(Perceptron, hidden_dims=[64]),
            decoder=partial(Perceptron, hidden_dims=[64]),
            latent=GaussianLatent(dim=6),
        )
        excerpts = sound.unfold(1, model.excerpt_length, 997)[0]
        model.fit(unlabelled(excerpts))
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        for step in range(num_steps):
            optimizer.zero_grad()
            batch = excerpts[step % 8 :: 8]
            model.losses(Batch(batch, nothing_known(len(batch))))["log_magnitude"].backward()
            optimizer.step()
        return model.eval().requires_grad_(False)

    return make


@pytest.fixture(scope="session")
def model(music: Tensor, train: Callable[[Tensor, int], SpectralVAE]) -> SpectralVAE:
    """A little trained: weights as they are drawn give spectra unlike any sound."""
    return train(music[0], 60)


@pytest.fixture(scope="session")
def compiled_model(model: SpectralVAE) -> torch.jit.ScriptModule:
    scripted = script_stream(model.stream().eval(), model.sample_rate)
    scripted.get_methods()
    return scripted


@pytest.fixture
def scripted(compiled_model: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """As it was scripted, with settings and a state of its own; what is compiled is shared."""
    model = copy.deepcopy(compiled_model)
    model.is_warm = False
    return model


@pytest.fixture(scope="session")
def trained(train: Callable[[Tensor, int], SpectralVAE]) -> SpectralVAE:
    """On the sounds that it plays here, at several levels, and silence."""
    parts = [level * sound(name, 40)[0] for name in SOUNDS for level in (1.0, 0.3, 0.0)]
    return train(torch.cat(parts, dim=1), 300)


@pytest.fixture(scope="session")
def compiled(trained: SpectralVAE) -> torch.jit.ScriptModule:
    model = script_stream(trained.stream().eval(), trained.sample_rate)
    model.get_methods()
    return model


@pytest.fixture
def instrument(compiled: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    fresh(compiled)
    return compiled
