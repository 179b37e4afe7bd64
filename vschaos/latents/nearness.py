"""Points of a latent space, moved to where sounds are."""

import torch
from torch import Tensor

WIDTH = 1.0  # of the kernel, in standard deviations
AT_ONCE = 1024  # points; all distances of more would take much memory


def near_known(points: Tensor, known: Tensor, width: float = WIDTH) -> Tensor:
    """The mean of known points around each point, weighted by a Gaussian of their distance from
    it (one step of a mean shift, Fukunaga & Hostetler 1975): a smooth path stays smooth, and ends
    among the known ones however far away it was.

    Args:
        points: `[Z, N]`.
        known: `[Z, M]`, at least one.
        width: of the Gaussian.

    Returns:
        `[Z, N]`.

    Example:
        >>> near_known(torch.tensor([[-9.0, 0.0, 9.0]]), torch.tensor([[-1.0, 1.0]])).round().int()
        tensor([[-1,  0,  1]], dtype=torch.int32)
    """
    parts = []
    for part in points.T.split(AT_ONCE):
        squares = torch.cdist(part.double(), known.T.double()).square()
        parts.append(torch.softmax(squares * (-0.5 / width**2), dim=1) @ known.T.double())
    return torch.cat(parts).T.to(points.dtype)
