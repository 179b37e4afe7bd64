"""What a decoder says of a frame is a distribution of it, and learnt as one."""

from __future__ import annotations

import math

import pytest
import torch

from vschaos.dsp import LogMagnitude
from vschaos.models.spectral_vae import BernoulliOutput, GaussianOutput, Output

F = 5


@pytest.fixture
def log_magnitude() -> LogMagnitude:
    torch.manual_seed(0)
    found = LogMagnitude(F, floor_db=-80.0)
    found.fit(torch.rand(3, F, 20))
    return found


def test_the_plain_one_says_the_contrast(log_magnitude: LogMagnitude) -> None:
    output, parameters = Output(log_magnitude), torch.randn(2, F, 3)
    assert output(parameters) is parameters
    assert output.losses(parameters, parameters) == {}


def test_the_plain_likelihood_is_that_of_torch(log_magnitude: LogMagnitude) -> None:
    output = GaussianOutput(log_magnitude, beta=0.0)
    parameters, truth = torch.randn(2, 2 * F, 3), torch.randn(2, F, 3)
    mean, log_variance = parameters[:, :F], parameters[:, F:]
    normal = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    found = output.losses(parameters, truth)["likelihood"]
    assert float(found) == pytest.approx(-float(normal.log_prob(truth).mean()), rel=1e-5)
    assert torch.equal(output(parameters), mean)


def test_with_beta_1_the_mean_learns_as_from_mean_squares(log_magnitude: LogMagnitude) -> None:
    output = GaussianOutput(log_magnitude, beta=1.0)
    parameters, truth = torch.randn(2, 2 * F, 3, requires_grad=True), torch.randn(2, F, 3)
    (gradient,) = torch.autograd.grad(output.losses(parameters, truth)["likelihood"], parameters)
    expected = (parameters[:, :F] - truth).detach() / truth.numel()
    assert torch.allclose(gradient[:, :F], expected, atol=1e-6)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_it_learns_mean_and_deviation_of_each_bin(log_magnitude: LogMagnitude, beta: float) -> None:
    torch.manual_seed(0)
    output = GaussianOutput(log_magnitude, beta)
    means, deviations = torch.linspace(-1, 1, F), torch.linspace(0.2, 1.5, F)
    truth = means[:, None] + deviations[:, None] * torch.randn(1, F, 4000)
    parameters = torch.zeros(1, 2 * F, 1, requires_grad=True)
    optimizer = torch.optim.Adam([parameters], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        output.losses(parameters.expand(-1, -1, 4000), truth)["likelihood"].backward()
        optimizer.step()
    found = parameters.detach()[0, :, 0]
    assert (found[:F] - means).abs().max() < 0.08
    assert (torch.exp(0.5 * found[F:]) / deviations - 1).abs().max() < 0.08


def test_a_probability_spans_silence_to_the_loudest(log_magnitude: LogMagnitude) -> None:
    output = BernoulliOutput(log_magnitude)
    low, high = (torch.full((1, F, 1), value) for value in (-50.0, 50.0))
    assert float(log_magnitude.inverse(output(low)).abs().max()) < 1e-6
    loudest = math.exp(float(log_magnitude.highest_log))
    assert float(log_magnitude.inverse(output(high)).min()) == pytest.approx(loudest, rel=1e-3)


def test_its_likelihood_is_the_cross_entropy_and_least_at_the_truth(
    log_magnitude: LogMagnitude,
) -> None:
    output = BernoulliOutput(log_magnitude)
    shares = torch.linspace(0.1, 0.9, F).reshape(1, F, 1)
    bounds = log_magnitude.bounds()
    truth = bounds[0] + (bounds[1] - bounds[0]) * shares
    logits = torch.randn(1, F, 1)
    p = torch.sigmoid(logits)
    entropy = -(shares * p.log() + (1 - shares) * (1 - p).log()).mean()
    assert float(output.losses(logits, truth)["likelihood"]) == pytest.approx(float(entropy), 1e-4)
    logits = torch.zeros(1, F, 1, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        output.losses(logits, truth)["likelihood"].backward()
        optimizer.step()
    assert torch.allclose(output(logits.detach()), truth, atol=1e-2)


def test_a_beta_that_cannot_be_is_refused(log_magnitude: LogMagnitude) -> None:
    with pytest.raises(ValueError, match=r"model\.output\.beta must be from 0 to 1"):
        GaussianOutput(log_magnitude, beta=1.5)
