"""Latent projection: principal or independent components, or angles, of the latents."""

import numpy as np
import torch
from torch import Tensor, nn

PROJECTIONS = ("none", "pca", "ica", "spherical")
ICA_ROUNDS = 400
ICA_TOLERANCE = 1e-3  # of the cosine between one round and the next


class LatentProjection(nn.Module):
    """Projects latents to principal or independent components or to spherical coordinates.

    All are invertible. `pca`: uncorrelated, of unit variance, the largest component first. `ica`:
    independent components, likewise ordered. `spherical`: distance from the centre and angles of
    the principal components, in radians, the last one from -pi to pi and the others from 0 to pi.

    Args:
        dim: Z.
    """

    to_pca: Tensor
    from_pca: Tensor
    to_ica: Tensor
    from_ica: Tensor
    centre: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.mode = "none"
        self.dim = dim
        for name in ("to_pca", "from_pca", "to_ica", "from_ica"):
            self.register_buffer(name, torch.eye(dim), persistent=False)
        self.register_buffer("centre", torch.zeros(dim, 1), persistent=False)

    @torch.jit.unused
    @torch.no_grad()
    def fit(self, latents: Tensor) -> None:
        """Fits the components to latents `[Z, M]`; does nothing with too few of them."""
        if latents.shape[1] <= 2 * self.dim:
            return
        centre = latents.mean(dim=1, keepdim=True)
        covariance = torch.cov(latents.double()).reshape(self.dim, self.dim)
        power, axes = torch.linalg.eigh(covariance)
        power, axes = power.flip(0).clamp_min(1e-8), axes.flip(1)
        from_pca = _with_signs(axes * power.sqrt())
        self.centre.copy_(centre)
        self.from_pca.copy_(from_pca)
        self.to_pca.copy_(torch.linalg.inv(from_pca))
        whitened = self.to_pca.double() @ (latents - centre).double()
        from_ica = from_pca @ _unmixing(whitened).T
        from_ica = _with_signs(from_ica[:, from_ica.norm(dim=0).argsort(descending=True)])
        self.from_ica.copy_(from_ica)
        self.to_ica.copy_(torch.linalg.inv(from_ica))

    @torch.jit.export
    def standardize(self, latents: Tensor) -> Tensor:
        """`[B, Z, N]` -> the same in the coordinates of `mode`."""
        if self.mode == "pca":
            return self.to_pca @ (latents - self.centre)
        if self.mode == "ica":
            return self.to_ica @ (latents - self.centre)
        if self.mode == "spherical":
            return _to_angles(self.to_pca @ (latents - self.centre))
        return latents

    @torch.jit.export
    def unstandardize(self, coordinates: Tensor) -> Tensor:
        """Inverse of `standardize`."""
        if self.mode == "pca":
            return self.from_pca @ coordinates + self.centre
        if self.mode == "ica":
            return self.from_ica @ coordinates + self.centre
        if self.mode == "spherical":
            return self.from_pca @ _from_angles(coordinates) + self.centre
        return coordinates


def principal_plane(latents: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Latents `[Z, M]` on their first two principal axes, `[2, M]` (`[1, M]` if Z is 1), and the
    shares of these axes in the variance."""
    centred = latents - latents.mean(axis=1, keepdims=True)
    axes, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    power = sizes**2 / max(float((sizes**2).sum()), 1e-12)
    return axes[:, :2].T @ centred, power[:2].round(3).tolist()


def _with_signs(axes: Tensor) -> Tensor:
    """Columns whose largest entries are positive: a component has no sign of its own."""
    largest = axes.abs().argmax(dim=0)
    return axes * axes[largest, torch.arange(axes.shape[1])].sign()


def _unmixing(whitened: Tensor) -> Tensor:
    """The rotation `[Z, Z]` to independent components of whitened latents `[Z, M]`.

    FastICA, all components at once, with the hyperbolic tangent: A. Hyvärinen and E. Oja,
    "Independent component analysis: algorithms and applications", 2000, section 6.
    """
    dim, count = whitened.shape
    random = torch.Generator().manual_seed(0)
    rotation = _nearest_rotation(torch.randn(dim, dim, generator=random, dtype=whitened.dtype))
    for _ in range(ICA_ROUNDS):  # components of one distribution never stop turning
        bent = torch.tanh(rotation @ whitened)
        slope = 1.0 - bent.square().mean(dim=1, keepdim=True)
        turned = _nearest_rotation(bent @ whitened.T / count - slope * rotation)
        still = (turned * rotation).sum(dim=1).abs()  # cosines between before and after
        rotation = turned
        if float(still.min()) > 1.0 - ICA_TOLERANCE:
            break
    return rotation


def _nearest_rotation(matrix: Tensor) -> Tensor:
    left, _, right = torch.linalg.svd(matrix)
    return left @ right


def _to_angles(points: Tensor) -> Tensor:
    """Cartesian `[B, Z, N]` -> distance and Z - 1 angles."""
    dim = points.shape[1]
    if dim < 2:
        return points
    tails = torch.sqrt(
        points.square().flip(1).cumsum(1).flip(1)
    )  # norms of the coordinates from k on
    angles = torch.atan2(tails[:, 1:], points[:, :-1])
    last = torch.atan2(points[:, dim - 1 :], points[:, dim - 2 : dim - 1])
    return torch.cat([tails[:, :1], angles[:, : dim - 2], last], dim=1)


def _from_angles(coordinates: Tensor) -> Tensor:
    """The inverse of `_to_angles`."""
    if coordinates.shape[1] < 2:
        return coordinates
    distance, angles = coordinates[:, :1], coordinates[:, 1:]
    sines = torch.cumprod(torch.sin(angles), dim=1)
    before = torch.cat([torch.ones_like(distance), sines], dim=1)
    cosines = torch.cat([torch.cos(angles), torch.ones_like(distance)], dim=1)
    return distance * before * cosines
