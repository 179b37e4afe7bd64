"""Latent spaces: Gaussian, order and importance, projection, completion, temporal prior."""

from vschaos.latents.completion import LatentCompletion
from vschaos.latents.gaussian import GaussianLatent
from vschaos.latents.importance import num_important, order_latents
from vschaos.latents.prior import LatentPrior, Stretch
from vschaos.latents.prior_sampler import PriorSampler
from vschaos.latents.projection import PROJECTIONS, LatentProjection, principal_plane

__all__ = [
    "PROJECTIONS",
    "GaussianLatent",
    "LatentCompletion",
    "LatentPrior",
    "LatentProjection",
    "PriorSampler",
    "Stretch",
    "num_important",
    "order_latents",
    "principal_plane",
]
