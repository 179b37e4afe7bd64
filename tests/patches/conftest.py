"""Small instruments to play in patches."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.batches import unlabelled
from tests.export.test_host import Toy
from vschaos.dsp import STFT, LogMagnitude
from vschaos.export import script_stream
from vschaos.layers import Perceptron
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE

RATE = 44100


@pytest.fixture(scope="session")
def noise() -> np.ndarray:
    """`[1, T]`: 0.2 s, not a whole number of blocks."""
    return np.random.default_rng(1).uniform(-0.5, 0.5, (1, 8820)).astype(np.float32)


@pytest.fixture(scope="session")
def instrument(noise: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `.ts` with hops of 256 samples and four latents; it has learnt nothing."""
    torch.manual_seed(0)
    model = SpectralVAE(
        {},
        sample_rate=RATE,
        transform=STFT(1024, 256),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=partial(Perceptron, hidden_dims=[16]),
        decoder=partial(Perceptron, hidden_dims=[16]),
        latent=GaussianLatent(dim=4),
    )
    model.fit(unlabelled(torch.from_numpy(noise[0]).unfold(0, model.excerpt_length, 997)))
    path = tmp_path_factory.mktemp("instrument") / "instrument.ts"
    scripted = script_stream(model.eval().requires_grad_(False).stream().eval(), RATE)
    scripted.save(str(path))
    return path


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `.ts` that loads at once: `forward` is a gain, `slow` has 2 inlets and 3 outlets."""
    path = tmp_path_factory.mktemp("toy") / "toy.ts"
    torch.jit.script(Toy()).save(str(path))
    return path
