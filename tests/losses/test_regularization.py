"""Divergences equal their definitions, computed in other ways."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from vschaos.layers import Gaussian
from vschaos.losses import MMD, Discrepancy, GaussianKL, Renyi, ReverseKL, SymmetricKL

PRIOR = Normal(0.0, 1.0)
DIVERGENCES: list[Discrepancy] = [GaussianKL(), ReverseKL(), SymmetricKL(), Renyi(0.5), Renyi(0.9)]


@pytest.fixture
def posterior() -> Gaussian:
    torch.manual_seed(0)
    return Gaussian(torch.randn(4, 3, 5), 0.7 * torch.randn(4, 3, 5))


def torch_normal(posterior: Gaussian) -> Normal:
    return Normal(posterior.mean, torch.exp(0.5 * posterior.log_variance))


def summed(nats: Tensor) -> float:
    return float(nats.mean(dim=(0, 2)).sum())


def test_kl_both_ways_are_those_of_torch(posterior: Gaussian) -> None:
    forward = summed(kl_divergence(torch_normal(posterior), PRIOR))
    backward = summed(kl_divergence(PRIOR, torch_normal(posterior)))
    latents = posterior.mean
    assert float(GaussianKL()(posterior, latents)) == pytest.approx(forward, rel=1e-5)
    assert float(ReverseKL()(posterior, latents)) == pytest.approx(backward, rel=1e-5)
    assert float(SymmetricKL()(posterior, latents)) == pytest.approx(forward + backward, rel=1e-5)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (1.3, 0.4), (-2.0, 1.7)])
def test_renyi_is_its_integral(alpha: float, mean: float, deviation: float) -> None:
    x = np.linspace(-30, 30, 600_001)
    log_q = -0.5 * ((x - mean) / deviation) ** 2 - math.log(deviation)
    log_p = -0.5 * x**2
    product = np.exp(alpha * log_q + (1 - alpha) * log_p) / math.sqrt(2 * math.pi)
    expected = math.log(np.trapezoid(product, x)) / (alpha - 1)
    said = Gaussian(torch.full((1, 1, 1), mean), torch.full((1, 1, 1), 2 * math.log(deviation)))
    assert float(Renyi(alpha)(said, said.mean)) == pytest.approx(expected, abs=2e-5)


def test_renyi_ends_at_kl(posterior: Gaussian) -> None:
    near = float(Renyi(0.9999)(posterior, posterior.mean))
    assert near == pytest.approx(float(GaussianKL()(posterior, posterior.mean)), rel=1e-2)


@pytest.mark.parametrize("divergence", DIVERGENCES, ids=lambda one: type(one).__name__)
def test_the_prior_is_no_distance_from_itself_and_all_else_is(divergence: Discrepancy) -> None:
    standard = Gaussian(torch.zeros(2, 3, 1), torch.zeros(2, 3, 1))
    assert float(divergence(standard, standard.mean)) == pytest.approx(0.0, abs=1e-6)
    for other in (standard._replace(mean=standard.mean + 0.3), standard._replace(
        log_variance=standard.log_variance - 1.0
    )):  # fmt: skip
        assert float(divergence(other, other.mean)) > 0.05


@pytest.mark.parametrize("divergence", DIVERGENCES, ids=lambda one: type(one).__name__)
def test_gradients_lead_to_the_prior(divergence: Discrepancy, posterior: Gaussian) -> None:
    mean = posterior.mean.clone().requires_grad_()
    log_variance = posterior.log_variance.clone().requires_grad_()
    optimizer = torch.optim.Adam([mean, log_variance], lr=0.05)
    for _ in range(400):
        optimizer.zero_grad()
        divergence(Gaussian(mean, log_variance), mean).backward()
        optimizer.step()
    assert float(mean.detach().abs().max()) < 0.02
    assert float(log_variance.detach().abs().max()) < 0.02


@pytest.mark.parametrize("kernel", ["rbf", "inverse_multiquadric"])
def test_mmd_is_its_sum_over_pairs(kernel: str) -> None:
    torch.manual_seed(0)
    one, other = torch.randn(7, 3) + 1.0, torch.randn(7, 3)

    def similar(a: Tensor, b: Tensor) -> float:
        squared, width = float((a - b).square().sum()), 2 * 3 * 0.5
        return math.exp(-squared / width) if kernel == "rbf" else width / (width + squared)

    pairs = [(i, j) for i in range(7) for j in range(7)]
    expected = sum(
        similar(points[i], points[j]) / 42 for points in (one, other) for i, j in pairs if i != j
    ) - 2 * sum(similar(one[i], other[j]) / 49 for i, j in pairs)
    assert float(MMD(kernel, [0.5]).between(one, other)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kernel", ["rbf", "inverse_multiquadric"])
def test_mmd_is_larger_for_other_distributions_than_the_prior(kernel: str) -> None:
    torch.manual_seed(0)
    distance = MMD(kernel)
    flat = Gaussian(torch.zeros(1), torch.zeros(1))
    drawn = torch.randn(200, 4, 3)
    found = [float(distance(flat, torch.randn(200, 4, 3))) for _ in range(10)]
    assert abs(sum(found) / 10) < 2e-3  # without bias
    for elsewhere in (drawn + 0.5, 0.3 * drawn, 2.0 * drawn):
        assert float(distance(flat, elsewhere)) > 0.02
    assert float(distance(flat, drawn[:1, :, :1])) == 0.0  # one alone has no neighbours


def test_free_bits_cost_nothing_in_any_divergence() -> None:
    near = Gaussian(torch.full((1, 2, 1), 0.01), torch.zeros(1, 2, 1))
    assert float(Renyi(0.5, free_bits=0.5)(near, near.mean)) == pytest.approx(1.0)
    assert float(SymmetricKL(free_bits=0.5)(near, near.mean)) == pytest.approx(1.0)


def test_what_cannot_be_is_refused() -> None:
    for alpha in (0.0, 1.0, 2.0):
        with pytest.raises(ValueError, match="alpha must lie between 0 and 1"):
            Renyi(alpha)
    with pytest.raises(ValueError, match="kernel must be"):
        MMD("linear")
    with pytest.raises(ValueError, match="scales must be"):
        MMD(scales=[])
