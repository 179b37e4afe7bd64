"""The latent space: from an encoder's output to a posterior, and what that may cost."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vschaos.latents.completion import LatentCompletion
from vschaos.latents.importance import order_latents
from vschaos.latents.projection import LatentProjection
from vschaos.layers import Gaussian, gaussian, sample
from vschaos.losses import GaussianKL

WATCHED_STEPS = 500  # of training, over which centre and spread are averaged
DRAWN_KEPT = 4096  # latents of the last of these steps, for views of the space
DRAWN_PER_STEP = 16
SEEN = (0.005, 0.995)  # quantiles of what was drawn, between which a latent's range lies
UNSEEN = (-3.0, 3.0)  # the range where nothing was drawn


class GaussianLatent(nn.Module):
    """A standard normal space of `dim` dimensions.

    A posterior that pays little for its divergence may lie anywhere, narrow or wide. So that a
    slider from -3 to 3 means the same in every model, players see latents in deviations of what
    the training drew, the most important first, each with the sign by which more of it is brighter
    or louder (see `arrangement`): `outward` leads to them, `inward` back.

    Args:
        dim: Z.
        free_bits: nats a dimension may carry at no cost.
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
            raise ValueError(f"model.latent.dim must be at least 1, {dim} came")
        self.dim = dim
        self.num_parameters = 2 * dim
        self.kl = GaussianKL(free_bits)
        self.register_buffer("centre", torch.zeros(dim, 1))
        self.register_buffer("spread", torch.ones(dim, 1))
        self.register_buffer("steps", torch.zeros(()))
        self.register_buffer("drawn", torch.zeros(dim, DRAWN_KEPT))
        self.register_buffer("order", torch.arange(dim))
        self.register_buffer("signs", torch.ones(dim, 1))
        self.register_buffer("importance", torch.zeros(dim))
        self.register_load_state_dict_pre_hook(_as_learnt)

    def forward(self, parameters: Tensor) -> Gaussian:
        """`[B, 2 Z, N]` of an encoder -> posterior over `[B, Z, N]`."""
        return gaussian(parameters)

    def standardize(self, latents: Tensor) -> Tensor:
        """`[B, Z, N]` of the networks -> those of a player, in deviations."""
        deviations = (latents - self.centre) / self.spread
        return deviations.index_select(1, self.order) * self.signs

    def unstandardize(self, latents: Tensor) -> Tensor:
        """`[B, Z, N]` of a player, in deviations -> those of the networks."""
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
        """Posterior over `[B, Z, N]` -> nats a frame that each of a player's latents says `[Z]`.

        It is the divergence in a player's deviations: one that lies elsewhere than the standard
        normal, but at the same place for all sounds, says nothing.
        """
        log_variance = posterior.log_variance - 2.0 * self.spread.log()
        log_variance = log_variance.index_select(1, self.order)
        return self.kl.per_dimension(Gaussian(self.standardize(posterior.mean), log_variance))

    @torch.jit.unused
    @torch.no_grad()
    def watch(self, posterior: Gaussian) -> None:
        """Takes the posterior of a batch `[B, Z, N]` into centre and spread: mean and deviation of
        what is drawn from all posteriors together."""
        mean = posterior.mean.mean(dim=(0, 2)).unsqueeze(1)
        within = posterior.log_variance.exp().mean(dim=(0, 2)).unsqueeze(1)
        between = (posterior.mean - mean).square().mean(dim=(0, 2)).unsqueeze(1)
        share = 1.0 / torch.clamp(self.steps + 1.0, max=WATCHED_STEPS)
        self.centre.lerp_(mean, share)
        self.spread.copy_(self.spread.square().lerp(within + between, share).sqrt())
        points = sample(posterior).transpose(0, 1).flatten(1)[:, :DRAWN_PER_STEP]
        order = torch.arange(points.shape[1], device=points.device)
        places = (self.steps.long() * DRAWN_PER_STEP + order) % DRAWN_KEPT
        self.drawn.index_copy_(1, places, points)
        self.steps.add_(1.0)

    @torch.jit.unused
    @torch.no_grad()
    def order_latents(self, decode: Callable[[Tensor], Tensor]) -> None:
        """Puts what a player sees in order, by what was drawn last and what it sounds like:
        `decode` takes latents of the networks `[1, Z, N]` to magnitudes `[1, F, N]`."""
        found = order_latents(self._drawn(), decode)
        if found is not None:
            self.order.copy_(found.order)
            self.signs.copy_(found.signs.unsqueeze(1))
            self.importance.copy_(found.importance)

    @torch.jit.unused
    def kept(self, num_kept: int | None = None) -> LatentCompletion:
        """What fills the space in from its first dimensions; from all, if not given how many."""
        if num_kept is None:
            return LatentCompletion(self.dim, self.drawn[:, :0])
        return LatentCompletion(num_kept, self._drawn_standardized())

    @torch.jit.unused
    def views(self, num_kept: int) -> LatentProjection:
        """Other coordinates of the first dimensions, from what was drawn last."""
        views = LatentProjection(num_kept)
        views.fit(self._drawn_standardized()[:num_kept])
        return views

    @torch.jit.unused
    def ranges(self) -> list[tuple[float, float]]:
        """Lowest and highest value of each latent, in deviations, that the training drew; but for
        the rarest."""
        drawn = self._drawn_standardized()
        if drawn.shape[1] < 2:
            return [UNSEEN] * self.dim
        low, high = torch.quantile(drawn, torch.tensor(SEEN), dim=1).tolist()
        return [(round(a, 2), round(b, 2)) for a, b in zip(low, high, strict=True)]

    @torch.jit.unused
    def _drawn(self) -> Tensor:
        return self.drawn[:, : min(int(self.steps) * DRAWN_PER_STEP, DRAWN_KEPT)]

    @torch.jit.unused
    def _drawn_standardized(self) -> Tensor:
        return self.standardize(self._drawn()[None])[0].cpu()


def _as_learnt(latent: nn.Module, state: dict[str, Tensor], prefix: str, *unused: object) -> None:
    """Weights from before latents were put in order leave them as they are."""
    for name in ("order", "signs", "importance"):
        state.setdefault(f"{prefix}{name}", latent.get_buffer(name))
