"""Distances are zero on identity and as large as their definitions say."""

import math

import pytest
import torch

from vschaos.layers import Gaussian
from vschaos.losses import (
    Distance,
    FrameConvergence,
    FrameRMSE,
    GaussianKL,
    ItakuraSaito,
    LogMagnitudeDistance,
    LogSpectralDistance,
    MeanAbsolute,
    MeanSquare,
    SpectralConvergence,
)


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


def test_log_spectral_distance_of_a_band_is_that_of_its_bins_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = torch.rand(1, 9, 7, generator=generator), torch.rand(1, 9, 7, generator=generator)
    x[:, 5:], y[:, 5:] = 0.0, 0.0
    distance = LogSpectralDistance()
    of_band, of_all = float(distance(y, x, band=0.5)), float(distance(y, x))
    assert of_band == float(distance(y[:, :5], x[:, :5]))
    assert of_band == pytest.approx(of_all * math.sqrt(9 / 5), rel=1e-5)


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


DISTANCES = [
    MeanSquare(),
    MeanAbsolute("magnitudes"),
    LogMagnitudeDistance(),
    LogMagnitudeDistance(power=2),
    ItakuraSaito(),
    FrameConvergence(),
    FrameRMSE(),
]


@pytest.mark.parametrize("distance", DISTANCES, ids=lambda one: type(one).__name__)
def test_gradient_descent_reaches_the_target_from_any_spectrum(distance: Distance) -> None:
    torch.manual_seed(0)
    target = torch.rand(2, 6, 3) + 0.1
    logs = (0.5 * torch.randn(2, 6, 3) - 0.5).requires_grad_()
    optimizer = torch.optim.Adam([logs], lr=0.03)
    assert float(distance(target, target)) == pytest.approx(0.0, abs=1e-6)
    for _ in range(800):
        optimizer.zero_grad()
        distance(torch.exp(logs), target).backward()
        optimizer.step()
    assert float((torch.exp(logs.detach()) - target).abs().max()) < 0.03


def test_distances_are_those_of_their_definitions() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand(2, 5, 3, generator=generator) + 0.05 for _ in range(2))
    pairs = list(zip(x.flatten().tolist(), y.flatten().tolist(), strict=True))
    floor = float(x.max()) * 1e-5

    def mean(terms: list[float]) -> object:
        return pytest.approx(sum(terms) / len(terms), rel=1e-4)

    assert float(MeanSquare()(y, x)) == mean([(b - a) ** 2 for a, b in pairs])
    assert float(MeanAbsolute()(y, x)) == mean([abs(b - a) for a, b in pairs])
    nepers = [abs(math.log(b + floor) - math.log(a + floor)) for a, b in pairs]
    assert float(LogMagnitudeDistance()(y, x)) == mean(nepers)
    assert float(LogMagnitudeDistance(power=2)(y, x)) == mean([value**2 for value in nepers])


def test_frames_have_equal_gradients_whatever_their_error() -> None:
    output = torch.tensor([[[0.1, 10.0], [0.1, 10.0]]], requires_grad=True)  # [1, F, N]
    FrameRMSE()(output, torch.zeros(1, 2, 2)).backward()
    assert output.grad is not None
    near, far = output.grad.norm(dim=1)[0].tolist()
    assert near == pytest.approx(far, rel=1e-3)
    in_decibels = LogSpectralDistance()(torch.full((1, 4, 3), 0.5), torch.ones(1, 4, 3))
    logs = FrameRMSE()(torch.full((1, 4, 3), 0.5).log(), torch.zeros(1, 4, 3))
    assert 20 * math.log10(math.e) * float(logs) == pytest.approx(float(in_decibels), rel=1e-4)


def test_itakura_saito_is_the_likelihood_of_exponential_powers() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand(1, 5, 3, generator=generator) + 0.5 for _ in range(2))
    power, expected = x.square(), y.square()
    likelihood = torch.distributions.Exponential(1.0 / expected).log_prob(power)
    best = torch.distributions.Exponential(1.0 / power).log_prob(power)
    distance = ItakuraSaito(floor_db=-100.0)
    assert float(distance(y, x)) == pytest.approx(float((best - likelihood).mean()), rel=1e-3)
    louder = float(distance(100 * y, 100 * x))
    assert louder == pytest.approx(float(distance(y, x)), rel=1e-3)
    assert float(distance(0.5 * x, x)) > float(distance(2.0 * x, x))  # too soft costs more


@pytest.mark.parametrize("distance", DISTANCES, ids=lambda one: type(one).__name__)
def test_silence_gives_finite_distances(distance: Distance) -> None:
    silence, sound = torch.zeros(1, 4, 2), torch.rand(1, 4, 2)
    for output, target in ((silence, silence), (sound, silence), (silence, sound)):
        output = output.clone().requires_grad_()
        distance(output, target).backward()
        assert output.grad is not None
        assert torch.isfinite(output.grad).all()


def test_invalid_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="of must be log_magnitude or magnitudes"):
        MeanSquare("phase")
    with pytest.raises(ValueError, match="power must be 1 or 2"):
        LogMagnitudeDistance(power=3)
