"""Distances are zero on identity and as large as their definitions say."""

import math

import pytest
import torch

from vschaos.layers import Gaussian
from vschaos.losses import GaussianKL, LogSpectralDistance, SpectralConvergence


def test_distances_of_a_sound_to_itself_are_zero() -> None:
    x = torch.rand(1, 9, 7)
    assert float(SpectralConvergence()(x, x)) == 0.0
    assert float(LogSpectralDistance()(x, x)) == 0.0


def test_log_spectral_distance_is_that_of_the_definition() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(9, 7, generator=generator) + 0.1
    x[:, 3] *= 1e-5  # more than 60 dB below: not counted
    y = torch.rand(9, 7, generator=generator)
    floor = float(x.max()) * 1e-4
    expected = []
    for n in (0, 1, 2, 4, 5, 6):
        db = [
            20 * math.log10(max(float(x[f, n]), floor) / max(float(y[f, n]), floor))
            for f in range(9)
        ]
        expected.append(math.sqrt(sum(value**2 for value in db) / 9))
    distance = LogSpectralDistance()(y.unsqueeze(0), x.unsqueeze(0))
    assert float(distance) == pytest.approx(sum(expected) / 6, rel=1e-4)


def test_silence_against_silence_is_no_distance() -> None:
    silence = torch.zeros(1, 9, 7)
    assert float(LogSpectralDistance()(silence, silence)) == 0.0
    assert float(SpectralConvergence()(silence, silence)) == 0.0


def test_kl_is_that_of_torch() -> None:
    mean, log_variance = torch.randn(4, 3, 5), torch.randn(4, 3, 5)
    posterior = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    prior = torch.distributions.Normal(torch.zeros(()), torch.ones(()))
    expected = torch.distributions.kl_divergence(posterior, prior).mean(dim=(0, 2)).sum()
    assert float(GaussianKL()(Gaussian(mean, log_variance))) == pytest.approx(float(expected), 1e-5)


def test_free_bits_are_free() -> None:
    mean = torch.zeros(1, 2, 1, requires_grad=True)
    nearly_prior = Gaussian(mean + 0.01, torch.zeros(1, 2, 1))
    loss = GaussianKL(free_bits=0.5)(nearly_prior)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(1.0)
    assert mean.grad is not None
    assert float(mean.grad.abs().max()) == 0.0
