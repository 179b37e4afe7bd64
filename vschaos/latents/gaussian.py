"""A Gaussian latent space: posterior, divergence, and standardized latents for players."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vschaos.latents.completion import LatentCompletion
from vschaos.latents.importance import order_latents
from vschaos.latents.projection import LatentProjection
from vschaos.layers import Gaussian, gaussian, sample
from vschaos.losses import GaussianKL

STATISTICS_STEPS = 500  # of training, over which centre and spread are averaged
NUM_DRAWN = 4096  # latents of the last steps, for ranges, order, projection and completion
DRAWN_PER_STEP = 16
RANGE_QUANTILES = (0.005, 0.995)  # of sampled latents, the ends of a latent's range
DEFAULT_RANGE = (-3.0, 3.0)  # before training


class GaussianLatent(nn.Module):
    """A standard normal space of `dim` dimensions.

    With a small weight of the divergence, posteriors may have any mean and width. So that a slider
    from -3 to 3 means the same in every model, players see latents standardized by what training
    sampled, the most important first, each with the sign that makes sounds brighter or louder (see
    `importance`): `standardize` leads to them, `unstandardize` back.

    Args:
        dim: Z.
        free_bits: nats per dimension without a cost.
    """

    centre: Tensor
    spread: Tensor
    steps: Tensor
    drawn: Tensor
    order: Tensor
    signs: Tensor
    importance: Tensor

    def __init__(self, dim: int, free_bits: float = 0.0) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"model.latent.dim must be at least 1, got {dim}")
        self.dim = dim
        self.num_parameters = 2 * dim
        self.kl = GaussianKL(free_bits)
        self.register_buffer("centre", torch.zeros(dim, 1))
        self.register_buffer("spread", torch.ones(dim, 1))
        self.register_buffer("steps", torch.zeros(()))
        self.register_buffer("drawn", torch.zeros(dim, NUM_DRAWN))
        self.register_buffer("order", torch.arange(dim))
        self.register_buffer("signs", torch.ones(dim, 1))
        self.register_buffer("importance", torch.zeros(dim))

    def forward(self, parameters: Tensor) -> Gaussian:
        """`[B, 2 Z, N]` of an encoder -> posterior over `[B, Z, N]`."""
        return gaussian(parameters)

    def standardize(self, latents: Tensor) -> Tensor:
        """`[B, Z, N]` of the networks -> standardized, in the order of a player."""
        deviations = (latents - self.centre) / self.spread
        return deviations.index_select(1, self.order) * self.signs

    def unstandardize(self, latents: Tensor) -> Tensor:
        """Inverse of `standardize`."""
        signed = latents * self.signs
        return (
            torch.empty_like(signed).index_copy(1, self.order, signed) * self.spread + self.centre
        )

    @torch.jit.unused
    def divergence(self, posterior: Gaussian) -> Tensor:
        """Posterior over `[B, Z, N]` -> nats a frame, scalar."""
        return self.kl(posterior)

    @torch.jit.unused
    def information(self, posterior: Gaussian) -> Tensor:
        """Posterior over `[B, Z, N]` -> nats per frame of each standardized latent `[Z]`.

        The divergence is that of standardized latents: a latent whose posterior is the same for all
        sounds has none, whatever its mean.
        """
        log_variance = posterior.log_variance - 2.0 * self.spread.log()
        log_variance = log_variance.index_select(1, self.order)
        return self.kl.per_dimension(Gaussian(self.standardize(posterior.mean), log_variance))

    @torch.jit.unused
    @torch.no_grad()
    def update_statistics(self, posterior: Gaussian) -> None:
        """Updates centre and spread with the posterior of a batch `[B, Z, N]`: mean and standard
        deviation of samples from all posteriors together."""
        mean = posterior.mean.mean(dim=(0, 2)).unsqueeze(1)
        within_variance = posterior.log_variance.exp().mean(dim=(0, 2)).unsqueeze(1)
        between_variance = (posterior.mean - mean).square().mean(dim=(0, 2)).unsqueeze(1)
        share = 1.0 / torch.clamp(self.steps + 1.0, max=STATISTICS_STEPS)
        self.centre.lerp_(mean, share)
        self.spread.copy_(
            self.spread.square().lerp(within_variance + between_variance, share).sqrt()
        )
        points = sample(posterior).transpose(0, 1).flatten(1)[:, :DRAWN_PER_STEP]
        order = torch.arange(points.shape[1], device=points.device)
        places = (self.steps.long() * DRAWN_PER_STEP + order) % NUM_DRAWN
        self.drawn.index_copy_(1, places, points)
        self.steps.add_(1.0)

    @torch.jit.unused
    @torch.no_grad()
    def order_latents(self, decode: Callable[[Tensor], Tensor]) -> None:
        """Orders standardized latents by importance, measured at the last samples; `decode` takes
        latents of the networks `[1, Z, N]` to magnitudes `[1, F, N]`."""
        found = order_latents(self._drawn(), decode)
        if found is not None:
            self.order.copy_(found.order)
            self.signs.copy_(found.signs.unsqueeze(1))
            self.importance.copy_(found.importance)

    @torch.jit.unused
    def completion(self, num_latents: int | None = None) -> LatentCompletion:
        """Completes the first latents to all; all are given if `num_latents` is not."""
        if num_latents is None:
            return LatentCompletion(self.dim, self.drawn[:, :0])
        return LatentCompletion(num_latents, self.drawn_standardized())

    @torch.jit.unused
    def played(self) -> "GaussianLatent":
        """A copy without the samples of the training, which nobody needs who plays: an eighth of a
        megabyte for eight latents."""
        played = copy.deepcopy(self)
        played.drawn = self.drawn[:, :0].clone()
        return played

    @torch.jit.unused
    def projection(self, num_latents: int) -> LatentProjection:
        """Other coordinates of the first latents, fitted to the last samples."""
        projection = LatentProjection(num_latents)
        projection.fit(self.drawn_standardized()[:num_latents])
        return projection

    @torch.jit.unused
    def ranges(self) -> list[tuple[float, float]]:
        """Range of each standardized latent in training, without the rarest values."""
        drawn = self.drawn_standardized()
        if drawn.shape[1] < 2:
            return [DEFAULT_RANGE] * self.dim
        low, high = torch.quantile(drawn, torch.tensor(RANGE_QUANTILES), dim=1).tolist()
        return [(round(a, 2), round(b, 2)) for a, b in zip(low, high, strict=True)]

    @torch.jit.unused
    def _drawn(self) -> Tensor:
        return self.drawn[:, : min(int(self.steps) * DRAWN_PER_STEP, NUM_DRAWN)]

    @torch.jit.unused
    def drawn_standardized(self) -> Tensor:
        """Samples of the last steps of training, `[Z, M]`, M from 0 to `NUM_DRAWN`."""
        return self.standardize(self._drawn()[None])[0].cpu()
