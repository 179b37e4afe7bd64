"""Latents are ordered by importance; larger values are brighter or louder."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from vschaos.latents.completion import LatentCompletion
from vschaos.latents.gaussian import DRAWN_PER_STEP
from vschaos.latents.importance import num_important, order_latents
from vschaos.models.spectral_vae import GaussianLatent

BINS = 64


def decoder(tilts: tuple[float, ...]) -> Callable[[Tensor], Tensor]:
    """Each latent tilts the spectrum by so many nepers from its lowest to its highest bin."""
    slope = torch.linspace(-0.5, 0.5, BINS).unsqueeze(1)
    return lambda latents: torch.exp(slope @ torch.tensor(tilts).unsqueeze(0) @ latents)


def louder(gains: tuple[float, ...]) -> Callable[[Tensor], Tensor]:
    return lambda latents: torch.exp(torch.ones(BINS, 1) @ torch.tensor([gains]) @ latents)


@pytest.fixture
def points() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(3, 2000)


def test_the_latent_that_changes_the_spectrum_most_is_first(points: Tensor) -> None:
    found = order_latents(points, decoder((0.5, -2.0, 0.1)))
    assert found is not None
    assert found.order.tolist() == [1, 0, 2]
    assert found.signs.tolist() == [-1.0, 1.0, 1.0]
    # two values of deviation 1 differ by sqrt(2); a slope of 2 nepers has an rms of 2 / sqrt(12)
    tilt_db = 8.686 * 2.0 / 12**0.5
    assert float(found.importance[0]) == pytest.approx(tilt_db * 2**0.5 * 0.8, rel=0.1)
    assert float(found.importance[0] / found.importance[1]) == pytest.approx(4.0, rel=0.1)


def test_the_positive_direction_is_louder_where_brightness_is_constant(points: Tensor) -> None:
    found = order_latents(points, louder((-1.0, 0.3, 0.1)))
    assert found is not None
    assert found.signs.tolist() == [-1.0, 1.0, 1.0]


def test_the_order_is_deterministic_and_uses_no_random_numbers(points: Tensor) -> None:
    state = torch.get_rng_state()
    first, second = (order_latents(points, decoder((0.5, -2.0, 0.1))) for _ in range(2))
    assert first is not None
    assert second is not None
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), state)


def test_standardizing_orders_latents_and_is_invertible(points: Tensor) -> None:
    latent = GaussianLatent(3)
    latent.centre.copy_(torch.tensor([[1.0], [2.0], [3.0]]))
    latent.spread.copy_(torch.tensor([[1.0], [0.5], [2.0]]))
    inner = points[None] * latent.spread + latent.centre
    latent.drawn[:, : points.shape[1]] = inner[0]
    latent.steps.fill_(points.shape[1] // DRAWN_PER_STEP)
    torch.testing.assert_close(latent.standardize(inner), points[None])
    latent.order_latents(lambda x: decoder((0.5, -2.0, 0.1))((x - latent.centre) / latent.spread))
    seen = torch.stack([-points[1], points[0], points[2]])
    torch.testing.assert_close(latent.standardize(inner), seen[None], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(latent.unstandardize(latent.standardize(inner)), inner)
    before = latent.ranges()
    assert before[0][0] == pytest.approx(-before[0][1], abs=0.4)


def test_the_number_of_important_latents() -> None:
    assert num_important([]) == 0
    assert num_important([0.0, 0.0]) == 0
    assert num_important([1.0] * 10) == 9
    assert num_important([10.0, 0.1, 0.1]) == 1


def test_completion_takes_the_mean_of_near_samples() -> None:
    """Latents on a ring: the first coordinate determines the second; zeros are a worse estimate."""
    torch.manual_seed(1)
    angle = 3.14 * torch.rand(4096)
    ring = torch.stack([1.5 * torch.cos(angle), 1.5 * torch.sin(angle)])
    completion = torch.jit.script(LatentCompletion(1, ring))
    filled = completion(ring[None, :1])
    assert torch.equal(filled[0, 0], ring[0])
    assert float((filled[0, 1] - ring[1]).abs().mean()) < 0.15 * float(ring[1].mean())
    far = completion(torch.tensor([[[50.0, -50.0]]]))
    assert torch.isfinite(far).all()
    assert far[0, 1].abs().max() < 1.6


def test_completion_does_not_change_given_latents() -> None:
    latents = torch.randn(2, 3, 5)
    assert LatentCompletion(3, torch.randn(3, 100))(latents) is latents


@pytest.mark.parametrize("count", [0, 4, -1])
def test_too_many_latents_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="--latents must be from 1 to 3"):
        LatentCompletion(count, torch.randn(3, 100))
