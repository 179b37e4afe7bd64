"""Projections of a latent space are invertible and have the properties of their names."""

import numpy as np
import pytest
import torch

from vschaos.latents.projection import PROJECTIONS, LatentProjection, principal_plane


def fitted(dim: int) -> tuple[LatentProjection, torch.Tensor]:
    """Views of a skewed, stretched cloud that lies off the centre, and the cloud `[Z, M]`."""
    torch.manual_seed(dim)
    cloud = torch.randn(dim, dim) @ torch.randn(dim, 4096).pow(3) + 1.0
    projection = LatentProjection(dim)
    projection.fit(cloud)
    return projection, cloud


@pytest.mark.parametrize("view", PROJECTIONS)
@pytest.mark.parametrize("dim", [1, 2, 3, 8])
def test_a_projection_is_invertible(view: str, dim: int) -> None:
    projection, cloud = fitted(dim)
    scripted = torch.jit.script(projection)
    scripted.mode = view
    latents = cloud[None, :, :200]
    seen = scripted.standardize(latents)
    assert seen.shape == latents.shape
    assert view == "none" or not torch.allclose(seen, latents, atol=1e-2)
    torch.testing.assert_close(scripted.unstandardize(seen), latents, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("view", ["pca", "ica"])
def test_components_are_uncorrelated_of_unit_deviation_and_ordered(view: str) -> None:
    projection, cloud = fitted(6)
    projection.mode = view
    covariance = torch.cov(projection.standardize(cloud[None])[0])
    torch.testing.assert_close(covariance, torch.eye(6), atol=0.02, rtol=0.02)
    reach = (projection.from_pca if view == "pca" else projection.from_ica).norm(dim=0)
    assert (reach.diff() <= 1e-5).all()


def test_independent_components_are_found() -> None:
    projection, _ = fitted(3)
    torch.manual_seed(3)
    mixing = torch.randn(3, 3)
    found = projection.to_ica @ mixing  # a permutation with signs and lengths
    strongest = found.abs().amax(dim=1)
    assert (found.abs().sum(dim=1) < 1.2 * strongest).all()


def test_the_first_spherical_coordinate_is_the_distance() -> None:
    projection, cloud = fitted(5)
    projection.mode = "pca"
    distance = projection.standardize(cloud[None])[0].norm(dim=0)
    projection.mode = "spherical"
    torch.testing.assert_close(projection.standardize(cloud[None])[0, 0], distance)


def test_too_few_latents_leave_all_as_it_is() -> None:
    projection = LatentProjection(4)
    projection.fit(torch.randn(4, 8))
    projection.mode = "pca"
    latents = torch.randn(1, 4, 3)
    torch.testing.assert_close(projection.standardize(latents), latents)


def test_the_plane_is_that_of_the_greatest_variance() -> None:
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((6, 6)))[0]
    sizes = np.array([5.0, 2.0, 0.1, 0.1, 0.1, 0.1])
    points = axes @ (sizes[:, None] * random.standard_normal((6, 500))) + 3.0
    plane, shares = principal_plane(points)
    for row, size in zip(plane, sizes, strict=False):
        assert row.std() == pytest.approx(size, rel=0.1)
    assert shares == pytest.approx([25 / 29, 4 / 29], abs=0.04)
    assert principal_plane(points[:1])[0].shape == (1, 500)
